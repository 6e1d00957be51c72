//! The evaluator on small traces, and on worlds made by hand.

use super::*;
use crate::{ProtoKey, Source, verify};

fn trace(link: &str, text: &str) -> Trace {
    let text = format!("trace root pc=@1:1 slots=9 link={link}\n0 ptr base\n.... snap pc=@1:1 base=0 top=9 []\n{text}");
    let t = Trace::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    verify(&t).unwrap_or_else(|e| panic!("{e}\n{text}"));
    t
}

/// Runs a body that ends with instruction 99, the result; gives slot 0 behind it.
fn result(text: &str) -> Result<Value, String> {
    let t = trace("interp", &format!("{text}\n.... snap pc=@1:2 base=0 top=9 [0:99]"));
    let mut w = World::default();
    let mut tab = Table::new(4, 2);
    tab.array[1] = Value::Num(10.0);
    tab.set(Value::str(b"x"), Value::Num(5.0));
    let tab = w.add_table(tab);
    w.slots.extend([(0, tab), (1, Value::Num(7.0)), (2, Value::Num(-0.0)), (3, Value::str(b"hello"))]);
    match eval(&t, &w, 1000)? {
        Outcome::End { state } => Ok(state.world.slot(0)),
        Outcome::Exit { at, .. } => Err(format!("exit at {at}")),
        Outcome::Fuel => Err("fuel".into()),
    }
}

#[test]
fn scalars() {
    let cases: &[(&str, f64)] = &[
        ("99 int add +2147483647 +1", -2147483648.0),
        ("99 int mul +65536 +65537", 65536.0),
        ("99 int neg -2147483648", -2147483648.0),
        ("99 int mod -7 +3", 2.0),
        ("99 num mod -7.0 +3.0", 2.0),
        ("99 num mod +5.0 -3.0", -1.0),
        ("99 num mod -5.0 +inf", f64::NAN),
        ("99 num min nan +1.0", 1.0),
        ("99 num min +1.0 nan", f64::NAN),
        ("99 num min -0 +0.0", 0.0),
        ("99 num max +0.0 -0", -0.0),
        ("99 num neg +0.0", -0.0),
        ("99 num fpmath -0.5 ceil", -0.0),
        ("99 num fpmath -1.5 floor", -2.0),
        ("99 int tobit +1.5", 2.0),
        ("99 int tobit +4294967295.0", -1.0),
        ("99 int conv +1e300 int.num trunc", -2147483648.0),
        ("99 int conv nan int.num trunc", -2147483648.0),
        ("99 int conv -1.9 int.num trunc", -1.0),
        ("99 > int conv -0 int.num index", 0.0),
        ("99 int bshl +1 +33", 2.0),
        ("99 int bshr -1 +28", 15.0),
        ("99 int bsar -16 +2", -4.0),
        ("99 int brol -2147483648 +1", 1.0),
        ("99 int bswap +1", 16777216.0),
        ("1 num carg +1.0 -1074.0\n99 num calln 1 ldexp", 5e-324),
        ("1 num carg +3.0 -1075.0\n99 num calln 1 ldexp", 1e-323),
        ("1 num carg -5.0 +3.0\n99 num calln 1 fmod", -2.0),
        ("1 str carg \"b\" \"abc\"\n99 int calln 1 str_cmp", 1.0),
        ("1 str carg \"hello\" \"l\"\n2 str carg 1 +3\n99 int calln 2 str_find", 3.0),
        ("99 > num strto \" -0x1.8p1 \"", -3.0),
        ("99 > num strto \"1e2\"", 100.0),
        ("1 > str sload #3\n2 ptr strref 1 +1\n99 int xload 2", 101.0),
        ("1 > tab sload #0\n2 ptr href 1 \"x\"\n99 > num hload 2", 5.0),
        ("1 > tab sload #0\n2 ptr href 1 +1.0\n99 > num hload 2", 10.0),
        ("1 > tab sload #0\n99 int calll 1 tab_len", 1.0),
        ("99 > int sload #1 c", 7.0),
    ];
    for (text, expected) in cases {
        match result(text) {
            Ok(Value::Num(n)) if n.to_bits() == expected.to_bits() || n.is_nan() && expected.is_nan() => {}
            r => panic!("{text}: {r:?}, not {expected:?}"),
        }
    }
}

#[test]
fn strings() {
    let cases: &[(&str, &str)] = &[
        ("99 > str tostr +100000000000000.0", "1e+14"),
        ("99 > str tostr +99999999999999.0", "99999999999999"),
        ("99 > str tostr +0.1", "0.1"),
        ("99 > str tostr -0", "-0"),
        ("99 > str tostr +1e-05", "1e-05"),
        ("99 > str tostr +0.0001", "0.0001"),
        ("99 > str tostr +123456789012345680.0", "1.2345678901235e+17"),
        ("99 > str tostr -7", "-7"),
        ("99 > str tostr nan", "nan"),
        ("99 > str tostr -inf", "-inf"),
        ("1 str carg \"a\" +1\n2 str carg 1 +0.5\n99 > str cat 2", "a10.5"),
        ("1 > str sload #3\n2 ptr strref 1 +1\n99 > str snew 2 +3", "ell"),
        ("99 > str calla \"aBc\" str_upper", "ABC"),
    ];
    for (text, expected) in cases {
        match result(text) {
            Ok(Value::Str(s)) if *s == *expected.as_bytes() => {}
            r => panic!("{text}: {r:?}, not {expected:?}"),
        }
    }
}

#[test]
fn guards_that_fail() {
    let cases = [
        "99 > int addov +2147483647 +1",
        "99 > int subov -2147483648 +1",
        "99 > int mulov +0 -1",
        "99 > int mulov +65536 +65536",
        "99 > int conv -0 int.num",
        "99 > int conv +0.5 int.num",
        "99 > int conv +2147483648.0 int.num index",
        "99 > num strto \"1e\"",
        "99 > num strto \"0x\"",
        "99 > num strto \".\"",
        "99 > int sload #2 c",
        "99 > tab sload #1",
        "1 > num lt nan +1.0\n99 num neg +1.0",
        "1 > num le nan +1.0\n99 num neg +1.0",
        "1 > num eq nan nan\n99 num neg +1.0",
        "1 > num uge nan +1.0\n99 num neg +1.0",
        "1 > int ult -1 +1\n99 num neg +1.0",
        "1 > int abc +4 -1\n99 num neg +1.0",
        "1 > int abc +4 +4\n99 num neg +1.0",
        "1 > tab sload #0\n2 ptr fload 1 tab.node\n3 > ptr hrefk 2 kslot \"y\" 0\n99 num neg +1.0",
        "1 > tab sload #0\n2 int fload 1 tab.shape\n3 > int eq 2 kshape 2[\"y\"]\n99 num neg +1.0",
    ];
    for text in cases {
        let e = result(text).expect_err(text);
        assert!(e.starts_with("exit at"), "{text}: {e}");
    }
    // The same comparisons hold the other way round.
    for text in [
        "1 > num ge nan +1.0",
        "1 > num gt nan +1.0",
        "1 > num ult nan +1.0",
        "1 > num ne nan nan",
        "1 > num eq -0 +0.0",
    ] {
        result(&format!("{text}\n99 num neg +1.0")).expect(text);
    }
    result("1 > tab sload #0\n2 int fload 1 tab.shape\n3 > int eq 2 kshape 2[\"x\"]\n99 num neg +1.0").unwrap();
}

#[test]
fn what_is_not_defined_is_an_error() {
    let cases = [
        (
            "1 > tab sload #0\n2 ptr fload 1 tab.array\n3 ptr aref 2 +4\n99 > num aload 3",
            "the index is outside the array part",
        ),
        ("1 > tab sload #0\n2 ptr fload 1 tab.array\n3 ptr aref 2 +1\n99 str aload 3", "there is no guard"),
        (
            "1 > tab sload #0\n2 ptr fload 1 tab.node\n3 ptr hrefk 2 kslot \"x\" 2\n99 > num hload 3",
            "there is no such node",
        ),
        (
            "1 > tab sload #0\n2 ptr fload 1 tab.node\n3 ptr hrefk 2 kslot \"y\" 1\n99 > num hload 3",
            "there is no guard",
        ),
        ("1 > tab sload #0\n99 > ptr newref 1 \"x\"\n", "the key is in the table"),
        (
            "1 > tab sload #0\n2 ptr fload 1 tab.node\n3 > ptr newref 1 \"y\"\n4 > ptr newref 1 \"z\"\n5 ptr hrefk 2 kslot \"x\" 0\n99 > num hload 5",
            "the address is stale",
        ),
        ("1 ptr strref \"abc\" +3\n99 int xload 1", "there is no such byte"),
        ("1 ptr strref \"abc\" +2\n99 > str snew 1 +2", "bytes outside the string"),
        ("1 > tab sload #0\n2 ptr href 1 \"y\"\n3 num hstore 2 +1.0\n99 num neg +1.0", "a store to NilSlot"),
    ];
    for (text, message) in cases {
        let text = text.replace("99 > ptr newref 1 \"x\"\n", "2 > ptr newref 1 \"x\"\n99 num neg +1.0");
        let e = result(&text).expect_err(&text);
        assert!(e.contains(message), "{text}: {e}");
    }
}

#[test]
fn loops_join_by_phis() {
    let t = trace(
        "loop",
        "1 > + int sload #0 c\n.... snap pc=@1:2 base=0 top=9 [0:1]\n2 --- loop\n3 > + int addov 1 +1\n\
         .... snap pc=@1:3 base=0 top=9 [0:3 1:1]\n4 > int lt 3 +10\n5 int phi 1 3",
    );
    let w = World { slots: [(0, Value::Num(3.0))].into(), ..World::default() };
    let Outcome::Exit { snap: 2, at: 4, state } = eval(&t, &w, 1000).unwrap() else { panic!() };
    assert!(state.world.slot(0).raw_equal(&Value::Num(10.0)) && state.world.slot(1).raw_equal(&Value::Num(9.0)));
    assert!(matches!(eval(&t, &w, 10).unwrap(), Outcome::Fuel));
    // The straight trace does the same, and leaves in an equal state.
    let straight = trace(
        "loop",
        "1 > int sload #0 c\n.... snap pc=@1:2 base=0 top=9 []\n2 > int addov 1 +1\n\
         .... snap pc=@1:3 base=0 top=9 [0:2 1:1]\n3 > int lt 2 +10\n.... snap pc=@1:1 base=0 top=9 [0:2 1:1]",
    );
    assert_eq!(refines(&straight, &t, &w), Ok(Verdict::Same));
    equivalent(&straight, &t, &w).unwrap();
    // Leaving before the first round is earlier, but right; a wrong value is not.
    let eager = trace("interp", "1 > num eq +1.0 +2.0");
    assert_eq!(refines(&straight, &eager, &w), Ok(Verdict::Earlier));
    assert!(equivalent(&straight, &eager, &w).is_err());
    let wrong = trace("interp", ".... snap pc=@1:1 base=0 top=9 [0:+4.0]\n1 > num eq +1.0 +2.0");
    assert!(refines(&straight, &wrong, &w).is_err());
    let unlike = trace("interp", ".... snap pc=@1:3 base=0 top=9 [0:+10.0 1:-9.0]");
    assert_eq!(refines(&straight, &unlike, &w).unwrap_err(), "slot 1: Num(-9.0), not Num(9.0)");
}

#[test]
fn bases_move() {
    // Returns to the frame below, in which slot 0 is loaded; then goes around.
    let t = trace(
        "again",
        "1 > num sload #0\n2 > --- retf kpc @2:7 #3\n.... snap pc=@2:7 base=0 top=6 []\n3 > num sload #0\n\
         .... snap pc=@1:1 base=3 top=6 [3:3]",
    );
    let link = Value::Link(Const::Pc(ProtoKey { hash: 2, instance: 0 }, 7));
    let slots = [(0, Value::Num(1.0)), (-1, link), (-3, Value::Num(2.0))].into();
    let w = World { slots, ..World::default() };
    let Outcome::Fuel = eval(&t, &w, 1000).unwrap() else { panic!() };
    let once = trace(
        "root:5",
        "1 > num sload #0\n2 > --- retf kpc @2:7 #3\n.... snap pc=@2:7 base=0 top=6 []\n3 > num sload #0\n\
         .... snap pc=@1:1 base=3 top=6 [3:3]",
    );
    let Outcome::End { state } = eval(&once, &w, 1000).unwrap() else { panic!() };
    assert_eq!((state.base, state.top), (0, 3));
    assert!(state.world.slot(0).raw_equal(&Value::Num(2.0)));
}

#[test]
fn sunk_objects_are_rebuilt() {
    let body = |s: &str| {
        trace(
            "interp",
            &format!(
                "1 > num sload #1\n2 >{s} tab tnew #3 #1\n3 {s} ptr fload 2 tab.array\n4 {s} ptr aref 3 +1\n5 {s} num astore 4 1\n\
                 6 >{s} ptr newref 2 \"x\"\n7 {s} str hstore 6 \"v\"\n8 >{s} tab tnew #0 #0\n9 {s} ptr fref 2 tab.meta\n\
                 10 {s} tab fstore 9 8\n11 {s} ptr aref 3 +2\n12 {s} tab astore 11 2\n.... snap pc=@1:3 base=0 top=9 [3:2 4:8]"
            ),
        )
    };
    let w = World { slots: [(1, Value::Num(4.0))].into(), ..World::default() };
    let Outcome::End { state } = eval(&body("}"), &w, 100).unwrap() else { panic!() };
    let Value::Table(t) = state.world.slot(3) else { panic!() };
    let t = &state.world.tables[t];
    assert!(t.array[1].raw_equal(&Value::Num(4.0)) && t.get(&Value::str(b"x")).raw_equal(&Value::str(b"v")));
    assert!(
        t.array[2].raw_equal(&state.world.slot(3)) && Value::Table(t.meta.unwrap()).raw_equal(&state.world.slot(4))
    );
    equivalent(&body(""), &body("}"), &w).unwrap();
    // A store that is lost is noticed.
    let mut bad = body("}");
    bad.ins[5] = crate::Ins::new(crate::Op::NOP, crate::Ty::Void, crate::Ref::NONE, crate::Ref::NONE);
    assert!(equivalent(&body(""), &bad, &w).unwrap_err().contains("element 1"));
}

#[test]
fn states_compare_by_structure() {
    let w = World::default();
    let made = |text: &str| trace("interp", text);
    let pair = made("1 > tab tnew #0 #0\n2 > tab tnew #0 #0\n.... snap pc=@1:3 base=0 top=9 [3:1 4:2]");
    let turned = made("1 > tab tnew #0 #0\n2 > tab tnew #0 #0\n.... snap pc=@1:3 base=0 top=9 [3:2 4:1]");
    let one = made("1 > tab tnew #0 #0\n.... snap pc=@1:3 base=0 top=9 [3:1 4:1]");
    let dead =
        made("1 > tab tnew #0 #0\n2 > tab tnew #0 #0\n3 num sstore #20 +1.0\n.... snap pc=@1:3 base=0 top=9 [3:1 4:2]");
    equivalent(&pair, &turned, &w).unwrap();
    equivalent(&pair, &dead, &w).unwrap();
    assert!(equivalent(&pair, &one, &w).is_err() && equivalent(&one, &pair, &w).is_err());
    let number = |n: &str| made(&format!(".... snap pc=@1:3 base=0 top=9 [3:{n}]"));
    equivalent(&number("+3"), &number("+3.0"), &w).unwrap();
    for (x, y) in [("+0", "-0"), ("+0.0", "-0"), ("+3", "\"3\""), ("nil", "false"), ("kframe 8|3", "kframe 16|3")] {
        assert!(equivalent(&number(x), &number(y), &w).is_err(), "{x} {y}");
    }
    equivalent(&number("nil"), &made(".... snap pc=@1:3 base=0 top=9 []"), &w).unwrap();
    let results = |n| made(&format!(".... snap pc=@1:3 base=0 top=9 mres={n} []"));
    assert!(equivalent(&results(1), &results(2), &w).is_err());
}

#[test]
fn calls_are_seen() {
    let t = trace(
        "interp",
        "1 num sstore #4 +1.0\n2 > --- callb #4 #1\n.... snap pc=@1:3 base=0 top=5 []\n3 > num sload #2",
    );
    let u = trace(
        "interp",
        "1 num sstore #4 +2.0\n2 > --- callb #4 #1\n.... snap pc=@1:3 base=0 top=5 []\n3 > num sload #2",
    );
    let mut w = World::default();
    equivalent(&t, &t, &w).unwrap();
    assert_eq!(equivalent(&t, &u, &w).unwrap_err(), "slot 4: Num(2.0), not Num(1.0)");
    let call = |n| format!("> --- callb #4 #{n}\n.... snap pc=@1:3 base=0 top=5 []\n");
    let none = trace("interp", &format!("1 num sstore #4 +1.0\n2 {}3 > num sload #2", call(0)));
    assert!(equivalent(&t, &none, &w).unwrap_err().starts_with("call 0"));
    let twice = trace("interp", &format!("1 num sstore #4 +1.0\n2 {}3 nil sstore #2 nil\n4 {}", call(1), call(1)));
    assert!(equivalent(&t, &twice, &w).unwrap_err().starts_with("number of calls"));
    w.attention = true;
    assert!(matches!(eval(&t, &w, 100).unwrap(), Outcome::Exit { snap: 1, at: 2, .. }));
}

#[test]
fn worlds_of_a_seed_are_equal() {
    let t = crate::random(&mut Source::seeded(5), &crate::Options::default());
    assert_eq!(format!("{:?}", World::random(9, &t)), format!("{:?}", World::random(9, &t)));
}
