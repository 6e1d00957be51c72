//! What is accepted, and one rejection for each rule.

use crate::{Const, Ins, Op, Ref, Trace, Ty, verify};

const GOOD: &str = r#"
trace root pc=@1:1 slots=9 link=loop
0000 ptr base
.... snap pc=@1:1 base=0 top=4 [ ]
0001 > tab sload #0 r
0002 > + int sload #1 c
0003 int fload 0001 tab.asize
0004 ptr fload 0001 tab.array
0005 > int abc 0003 0002
0006 ptr aref 0004 0002
0007 > + num aload 0006
.... snap pc=@1:2 base=0 top=4 [ 2:0007 3:nil ]
0008 > int addov 0002 +1
0009 > int lt 0008 +100
0010 > tab tnew #2 #0
0011 num callN 0007 sin
0012 num carg 0011 0007
0013 num calln 0012 pow
.... snap pc=@1:3 base=2 top=4 mres=0 [ -1:kframe 16|3 2:0010 3:"x" ]
0014 > --- loop
0015 > + int addov 0002 +1
0016 + num add 0007 0013
0017 int phi 0002 0015
0018 num phi 0007 0016
"#;

fn good() -> Trace {
    Trace::parse(&GOOD.replace("> --- loop", "--- loop")).unwrap()
}

#[test]
fn a_good_trace_is_accepted() {
    verify(&good()).unwrap();
}

/// Verifies a body; the prelude gives 1 tab, 2 num, 3 int, 4 str, 5 fun, 6 array, 7 nodes.
fn body(link: &str, text: &str) -> Result<(), String> {
    let text = format!(
        "trace root pc=@1:1 slots=9 link={link}\n0 ptr base\n.... snap pc=@1:1 base=0 top=4 []\n1 > tab sload #0\n2 > num sload #1\n\
         3 > int sload #2 c\n4 > str sload #3\n5 > fun sload #-2\n6 ptr fload 1 tab.array\n7 ptr fload 1 tab.node\n{text}"
    );
    verify(&Trace::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}")))
}

#[test]
fn bodies_that_are_accepted() {
    let cases = [
        "10 > tab eq 1 1",
        "10 tab fload 1 tab.meta\n11 > tab ne 10 null\n12 ptr fref 1 tab.meta\n13 tab fstore 12 10\n14 ptr fstore 12 null",
        "10 pro fload 5 func.pc\n11 > pro eq 10 kproto @2",
        "10 int fload 1 tab.shape\n11 > int eq 10 kshape 2[\"x\"]\n12 ptr hrefk 7 kslot \"x\" 0\n13 > num hload 12\n14 int hstore 12 3",
        "10 lnk carg 1 4\n11 ptr calll 10 tab_get\n12 > str hload 11",
        "10 int carg 1 2\n11 > ptr calls 10 tab_newkey\n12 num hstore 11 2\n13 --- tbar 1",
        "10 int mod 3 +7",
        "10 >} tab tnew #0 #0\n11 } ptr fload 10 tab.array\n12 } ptr aref 11 +1\n13 } num astore 12 2\n.... snap pc=@1:4 base=0 top=4 [ 0:10 ]",
        "10 > lnk retf kpc @2:5 #3\n.... snap pc=@2:5 base=0 top=4 []\n11 > num lt 2 +1.0",
        "10 key conv 3 key.int\n11 int conv 10 int.key\n12 > int conv 2 int.num\n13 int conv 2 int.num trunc",
        "10 > --- callb #2 #1\n.... snap pc=@1:4 base=0 top=4 [ 0:2 ]\n11 > fun sload #2",
    ];
    for text in cases {
        body("interp", text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    }
}

#[test]
fn each_rule_rejects() {
    let cases = [
        ("10 num add 2 3", "type of the second operand is wrong"),
        ("10 int add 2 2", "type of the second operand is wrong"),
        ("10 > num lt 3 3", "type of the second operand is wrong"),
        ("10 num lt 2 2", "instruction must be a guard"),
        ("10 > num add 2 2", "instruction cannot be a guard"),
        ("10 int addov 3 3", "instruction must be a guard"),
        ("10 > int fload 1 tab.asize", "instruction cannot be a guard"),
        ("10 > num conv 3 num.int", "instruction cannot be a guard"),
        ("10 tab tnew #0 #0", "instruction must be a guard"),
        ("10 > tab tnew #-1 #0", "literal is out of range"),
        ("10 > tab tnew #0 #40", "literal is out of range"),
        ("10 > tab tdup \"x\"", "operand is no ktempl"),
        ("10 > fun fnew ktempl @1:2 1", "operand is no kproto"),
        ("10 int fload 4 tab.asize", "type of the first operand is wrong"),
        ("10 num fload 1 tab.asize", "type of the instruction is wrong"),
        ("10 int fload 1 #99", "literal is out of range"),
        ("10 num fpmath 2 #9", "literal is out of range"),
        ("10 int mod 3 3", "divisor is no constant above 0"),
        ("10 int mod 3 +0", "divisor is no constant above 0"),
        ("10 int div 3 3", "type of the instruction is wrong"),
        ("10 ptr aref 1 3", "type of the first operand is wrong"),
        ("10 ptr aref 6 2", "type of the second operand is wrong"),
        ("10 ptr hrefk 7 \"x\"", "second operand is no kslot"),
        ("10 ptr urefc 5 #256", "literal is out of range"),
        ("10 ptr aref 6 3\n11 > num hload 10", "operand is no address of the right kind"),
        ("10 ptr aref 6 3\n11 > int aload 10", "type of the load is wrong"),
        ("10 ptr aref 6 3\n11 str astore 10 2", "type of the instruction is wrong"),
        ("10 ptr aref 6 3\n11 ptr astore 10 6", "value cannot be stored"),
        ("10 > int sload #3", "type of the load is wrong"),
        ("10 int sload #3 c", "a converting load must be a guard"),
        ("10 ptr sload #3", "type of the load is wrong"),
        ("10 ptr sstore #3 6", "value cannot be in a slot"),
        ("10 num callL 2 sin", "the helper has another effect"),
        ("10 num calln 3 sin", "argument 1 is int, not num"),
        ("10 num calln - sin", "the helper takes 1 arguments, not 0"),
        ("10 ptr calll 1 tab_get", "the helper takes 2 arguments, not 1"),
        ("10 --- callb #2 #1", "instruction must be a guard"),
        ("10 int calln 2 sin", "type of the instruction is wrong"),
        ("10 str calla 4 str_lower", "instruction must be a guard"),
        ("10 num carg 2 2\n11 num add 10 10", "operand is a CARG"),
        ("10 num carg 2 2\n11 num carg 10 10", "operand is a CARG"),
        ("10 > str cat 1", "what is concatenated is no string or number"),
        ("10 --- tbar 2", "type of the first operand is wrong"),
        ("10 --- use 11\n11 --- nop", "operand is not defined before"),
        ("10 --- nop\n11 --- use 10", "operand has no value"),
        ("10 ptr base", "instruction is at the wrong place"),
        ("10 num phi 2 2", "instruction is at the wrong place"),
        ("10 --- loop", "there is a LOOP, but the link is not `loop`"),
        ("10 } num add 2 2", "instruction cannot be sunk"),
        ("10 >} tab tnew #0 #0\n11 ptr fload 10 tab.array", "operand is sunk"),
        ("10 > --- callb #2 #1", "there is no snapshot directly behind"),
        (".... snap base=0 top=0 []", "pc is no kpc"),
        (".... snap pc=@1:1 base=0 top=4 [ 1:2 0:2 ]", "entries are not ascending"),
        (".... snap pc=@1:1 base=0 top=4 [ 1:2 1:2 ]", "entries are not ascending"),
        (".... snap pc=@1:1 base=0 top=4 [ 1:10 ]\n10 --- nop", "slot 1: operand is not defined before"),
        (".... snap pc=@1:1 base=0 top=4 [ 1:6 ]", "slot 1: value cannot be in a slot"),
        (".... snap pc=@1:1 base=0 top=4 [ 4:2 ]", "slot 4: slot is not below top"),
        (".... snap pc=@1:1 base=0 top=40 [ 9:2 ]", "slot 9: slot is not below the trace's slots"),
        ("10 --- use nan:7ff8000000000001", "malformed constant nan:7ff8000000000001"),
        ("10 --- use kshape 3[]", "malformed constant kshape 3[]"),
        ("10 --- use kshape 2[\"x\",\"x\"]", "malformed constant kshape 2[\"x\",\"x\"]"),
        ("10 --- use kbuiltin #0", "malformed constant kbuiltin #0"),
    ];
    for (text, message) in cases {
        let e = body("interp", text).expect_err(text);
        assert!(e == message || e.starts_with(&format!("{message}: ")), "{text}\n{e}\n{message}");
    }
}

#[test]
fn phis_are_checked() {
    let cases = [
        ("10 --- loop\n11 + num add 2 +1.0\n12 num phi 11 11", "left operand is not defined before LOOP"),
        ("10 --- loop\n11 + num add 2 +1.0\n12 num phi +1.0 11", "left operand is a constant"),
        ("10 --- loop\n11 + num add 2 +1.0\n12 num phi 2 11\n13 num phi 2 11", "left operand has two PHIs"),
        ("10 --- loop\n11 num add 2 +1.0\n12 num phi 2 11", "operand of a PHI lacks the flag"),
        ("10 + num add 2 2\n11 --- loop\n12 + num add 10 +1.0", "instruction has the flag, but no PHI"),
        ("10 --- loop\n11 + int add 3 +1\n12 num phi 2 11", "type of the second operand is wrong"),
        ("10 --- loop\n11 --- loop", "instruction is at the wrong place"),
        ("10 num phi 2 2\n11 --- loop", "instruction is at the wrong place"),
        ("10 --- loop\n11 + num add 2 +1.0\n12 num phi 2 11\n13 --- nop", "instruction is at the wrong place"),
    ];
    for (text, message) in cases {
        let e = body("loop", text).expect_err(text);
        assert!(e.starts_with(message), "{text}\n{e}\n{message}");
    }
}

#[test]
fn objects_do_not_live_across_callb() {
    let call = "20 > --- callb #2 #1\n.... snap pc=@1:4 base=0 top=4 []\n";
    let cases = [
        (format!("{call}21 --- use 2"), true),
        (format!("{call}21 --- use 1"), false),
        (format!("{call}21 --- use 6"), false),
        (format!("{call}21 --- use \"x\""), true),
        (format!("{call}.... snap pc=@1:4 base=0 top=4 [ 0:1 ]\n"), false),
        (format!("10 --- loop\n11 --- use 2\n{call}"), true),
        (format!("10 --- loop\n11 --- use 1\n{call}"), false),
        (format!("10 + tab sload #1\n11 --- loop\n12 --- use 10\n{call}21 + tab sload #1\n22 tab phi 10 21"), true),
        (format!("10 + tab sload #1\n11 --- loop\n12 + tab sload #1\n{call}21 tab phi 10 12"), false),
        (format!("10 + tab sload #1\n11 --- loop\n{call}21 + tab sload #1\n22 --- use 10\n23 tab phi 10 21"), false),
        (format!("10 + tab sload #1\n{call}11 --- loop\n21 + tab sload #1\n23 tab phi 10 21"), false),
    ];
    for (text, good) in cases {
        let r = body(if text.contains("loop") { "loop" } else { "interp" }, &text);
        assert_eq!(r.is_ok(), good, "{text}\n{r:?}");
    }
}

#[test]
fn what_text_cannot_say_is_rejected() {
    let mut t = good();
    t.ins[16].b = Ref::konst(99);
    assert!(verify(&t).unwrap_err().starts_with("there is no such constant"));
    let mut t = good();
    t.ins[16].a = Ref::NONE;
    assert!(verify(&t).unwrap_err().starts_with("operand is missing"));
    let mut t = good();
    t.ins[14].b = Ref::ins(1);
    assert!(verify(&t).unwrap_err().starts_with("there is one operand too many"));
    let mut t = good();
    t.ins.clear();
    assert!(verify(&t).is_err());
    let mut t = good();
    t.consts.push(Const::Int(1));
    assert_eq!(verify(&t).unwrap_err(), "constant +1 is there twice");
    let mut t = good();
    t.pc = Ref::ins(1);
    assert_eq!(verify(&t).unwrap_err(), "the trace's pc is no kpc");
    let mut t = good();
    t.snaps[0].at = 12;
    assert!(verify(&t).unwrap_err().starts_with("guard has no snapshot"));
    let mut t = good();
    t.snaps[2].at = 100;
    assert!(verify(&t).unwrap_err().starts_with("snapshot lies behind the end"));
    let mut t = good();
    t.push(Ins::new(Op::NOP, Ty::Void, Ref::NONE, Ref::NONE));
    assert!(verify(&t).is_err());
}
