//! Examples, and what must be rejected.

use crate::{Const, Field, Ins, Link, Op, ProtoKey, Ref, Shape, Snap, Start, Trace, Ty, flag};
use std::sync::Arc;

const LOOP: &str = "\
trace root pc=@00000000000000a1:17 slots=12 link=loop
0000     ptr base
....         snap #0 pc=@00000000000000a1:17 base=0 top=4 [ ]
0001 >   int sload   #3 cr
0002 > + int addov   0001 +1
....         snap #1 pc=@00000000000000a1:19 base=0 top=5 mres=2 [ 3:0002 4:\"x\" ]
0003 >   int le      0002 +100
0004     --- loop
0005     int phi     0001 0002
";

fn again(text: &str) -> String {
    Trace::parse(text).unwrap().to_string()
}

#[test]
fn a_loop_reads_and_prints() {
    let t = Trace::parse(LOOP).unwrap();
    assert_eq!(t.to_string(), LOOP);
    assert_eq!(
        t.ins[2],
        Ins { op: Op::ADDOV, ty: Ty::Int, flags: flag::GUARD | flag::PHI, a: Ref::ins(1), b: Ref::konst(1) }
    );
    assert_eq!((t.snaps[1].at, t.snaps[1].multres), (3, Some(2)));
    assert_eq!(t.link, Link::Loop);
}

#[test]
fn labels_comments_and_short_hashes() {
    let text = "; a comment\n\ntrace side:3/5 pc=@a1:17 slots=12 link=root:4 ; more\n 10 ptr BASE\n snap base=0 top=1 [3:30]\n30 }> str carg \"a;\" 40\n40 - ";
    let e = Trace::parse(text).unwrap_err();
    assert_eq!((e.line, e.message.as_str()), (7, "type expected at `-`"));
    let text = text.replace("40 - ", "40 num fpmath 30 floor ; x");
    assert_eq!(
        again(&text),
        "trace side:3/5 pc=@00000000000000a1:17 slots=12 link=root:4\n0000     ptr base\n....         snap #0 base=0 top=1 [ 3:0001 ]\n\
         0001 >}  str carg    \"a;\" 0002\n0002     num fpmath  0001 floor\n"
    );
}

/// One of everything, built by hand.
pub(crate) fn everything() -> Trace {
    let key = ProtoKey { hash: 0xfeed_0000_0000_0001, instance: 2 };
    let mut t = Trace::new(Start::Side(7, 2), Const::Pc(key, 9));
    t.slots = -3;
    let text = |s: &[u8]| -> Arc<[u8]> { s.into() };
    let mut consts: Vec<Const> = [Ty::Nil, Ty::False, Ty::True].map(Const::Pri).to_vec();
    for n in [0.0, -0.0, 1.5, -7.0, 1e300, 5e-324, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, 0.1] {
        consts.push(Const::Num(n.to_bits()));
    }
    consts.extend([0xfff8_0000_0000_0000, 0x7ff8_0000_0000_0001].map(Const::Num));
    consts.extend([0, 1, -1, i32::MAX, i32::MIN].map(Const::Int));
    consts.extend([text(b""), text(b"a\"\\\n\r\t\0\xff ;]"), text("ä".as_bytes())].map(Const::Str));
    consts.extend([Const::Proto(key), Const::Pc(key, 0), Const::Pc(ProtoKey { hash: 1, instance: 0 }, u32::MAX)]);
    consts.extend([
        Const::Frame(24 | 3),
        Const::Frame(u64::MAX),
        Const::Cont(6),
        Const::Templ(key, 2),
        Const::BaseMeta(Ty::Str),
    ]);
    consts.extend((0..abi::builtins::NAMES.len() as u32 + 2).map(Const::Builtin));
    consts.push(Const::Shape(Arc::new(Shape { nodes: 4, keys: vec![text(b"x"), text(b"a,]"), text(b"")] })));
    consts.push(Const::Shape(Arc::new(Shape { nodes: 0, keys: vec![] })));
    consts.extend([Const::Slot(text(b"x"), 3), Const::Null, Const::NilSlot]);
    let refs: Vec<Ref> = consts.into_iter().map(|c| t.konst(c)).collect();
    for &r in &refs {
        let i = t.push(Ins::new(Op::USE, Ty::Void, r, Ref::NONE));
        t.push(Ins::new(Op::BNOT, Ty::Int, i, Ref::NONE));
    }
    for &op in Op::ALL {
        for n in -1..40 {
            let operand = |m| match m {
                crate::Mode::None => Ref::NONE,
                crate::Mode::Lit => Ref::lit(n),
                crate::Mode::Opt if n & 1 == 0 => Ref::NONE,
                crate::Mode::Cst => refs[(n + 1) as usize],
                _ => Ref::ins((n + 1) as usize),
            };
            let (a, b) = op.modes();
            let ty = Ty::ALL[(n + 1) as usize % Ty::ALL.len()];
            t.push(Ins { op, ty, flags: (n & 7) as u8, a: operand(a), b: operand(b) });
        }
    }
    for (i, &r) in refs.iter().enumerate() {
        let pc = (i % 3 != 0).then_some(t.pc);
        let entries = vec![(-2, r), (i as i32, Ref::ins(i)), (300, Ref::NONE)];
        t.snaps.push(Snap { at: i as u32 * 2, pc, base: i as i32 - 4, top: 9, multres: None, entries });
    }
    let at = t.ins.len() as u32;
    t.snaps.push(Snap { at, ..Snap::default() });
    t
}

#[test]
fn everything_reads_back() {
    let t = everything();
    let text = t.to_string();
    let back = Trace::parse(&text).unwrap();
    assert_eq!(back.to_string(), text);
    assert_eq!(back, t.canonical());
    assert_eq!(t.canonical().to_string(), text);
}

#[test]
fn names_of_literals_are_unique() {
    for f in Field::ALL {
        assert_eq!(crate::LitKind::Field.parse(f.name()), Some(*f as i32));
    }
    for kind in [crate::LitKind::Helper, crate::LitKind::Conv, crate::LitKind::FpMath] {
        for n in 0..256 {
            if let Some(name) = kind.name(n) {
                assert_eq!(kind.parse(name), Some(n));
            }
        }
    }
}

#[test]
fn constants_are_interned_by_appearance() {
    let t = Trace::parse("trace root pc=@1:1 slots=0 link=open\n0 ptr base\n1 num add +2.0 +1.0\n2 num add +1.0 +2.0")
        .unwrap();
    assert_eq!(t.consts[1..], [Const::Num(2f64.to_bits()), Const::Num(1f64.to_bits())]);
    assert_eq!((t.ins[2].a, t.ins[2].b), (Ref::konst(2), Ref::konst(1)));
}

#[test]
fn errors_say_what_and_where() {
    let head = "trace root pc=@1:1 slots=0 link=open\n0000 ptr base\n";
    let cases = [
        ("", 1, "`trace` expected: the text is empty"),
        ("hello", 1, "`trace` expected at `hello`"),
        ("trace up", 1, "`root` expected at `up`"),
        ("trace root pc=5", 1, "`@` expected at `5`"),
        ("trace root pc=@1:1 slots=0 link=loops", 1, "unknown link at `loops`"),
        ("trace root pc=@11111111111111111:1", 1, "too many digits at `11111111111111111:1`"),
        (
            "trace root pc=@1:1 slots=4294967296 link=open",
            1,
            "number of slots is out of range at `4294967296 link=open`",
        ),
        ("@0001 num frob 0000", 3, "operation expected at `frob 0000`"),
        ("@0001 foo add 0000 0000", 3, "type expected at `foo add 0000 0000`"),
        ("@0001 num add 0000", 3, "operand expected at the end of the line"),
        ("@0001 num add 0000 -", 3, "reference expected at `-`"),
        ("@0001 num add 0000 0000 0000", 3, "end of the line expected at `0000`"),
        ("@0001 num add 0000 0007", 3, "there is no instruction 0007"),
        ("@0000 num add 0000 0000", 3, "instruction 0000 is there twice"),
        ("@9999999999 num add 0000 0000", 3, "number of an instruction expected at `9999999999 num add 0`"),
        ("@0001 num add 0000 +12345678901", 3, "number expected at `+12345678901`"),
        ("@0001 num add 0000 +", 3, "number expected at `+`"),
        ("@0001 num add 0000 +nan", 3, "number expected at `+nan`"),
        ("@0001 num add 0000 nan:0", 3, "these bits are no NaN at `nan:0`"),
        ("@0001 --- use \"abc", 3, "string without end"),
        ("@0001 --- use \"\\q\"", 3, "unknown escape in a string"),
        ("@0001 --- use \"\\x4\"", 3, "two hexadecimal digits expected after `\\x`"),
        ("@0001 tab fload 0000 tab.foo", 3, "literal operand expected at `tab.foo`"),
        ("@0001 num sload #1 cx", 3, "unknown flag at `cx`"),
        ("@0001 num sload 1", 3, "literal operand expected at `1`"),
        ("@0001 ptr hrefk 0000 0000", 3, "constant expected at `0000`"),
        ("@0001 int use kbuiltin math.foo", 3, "unknown builtin at `kbuiltin math.foo`"),
        ("@0001 lnk use kframe 25|3", 3, "distances are multiples of 8, types are below it at `kframe 25|3`"),
        ("@0001 int use kshape 4[\"x\" \"y\"]", 3, "`,` expected at `\"y\"]`"),
        ("@.... snap #1 base=0 top=0 [ ]", 3, "snapshot #0 expected at `snap #1 base=0 top=0`"),
        ("@.... snap base=0 top=0 [ 3:0009 ]", 3, "there is no instruction 0009"),
        ("@.... snap base=0 top=0 [ 3:0000", 3, "slot expected at the end of the line"),
        ("@.... snap top=0 [ ]", 3, "`base=` expected at `top=0 [ ]`"),
        ("@.... sna", 3, "`snap` expected at `sna`"),
    ];
    for (text, line, message) in cases {
        let text = text.strip_prefix('@').map_or(text.to_string(), |rest| format!("{head}{rest}"));
        let e = Trace::parse(&text).expect_err(&text);
        assert_eq!((e.line, e.message.as_str()), (line, message), "{text}");
    }
}
