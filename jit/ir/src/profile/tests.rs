//! Tests of profiles: laws of merging, texts and their damage, shares.

use super::*;
use crate::tree::Branch;
use crate::tree::tests::{key, sample};
use crate::{Const, Link, Options, Source, Start, Trace, random, rounds, verify};

/// A trace of a few that there are: so that profiles have some in common.
fn trace(which: usize, side: bool) -> Trace {
    let mut src = Source::seeded(which as u64);
    let mut t = random(&mut src, &Options { steps: 3, link: Link::Interp, ..Options::default() });
    if side {
        t.start = Start::Side(0, 0);
    }
    t.canonical()
}

/// Has a root trace begin in the prototype of its key.
fn begin(mut t: Tree) -> Tree {
    let trace = &mut t.branches[0].trace;
    trace.pc = trace.konst(Const::Pc(t.key.proto, 1));
    *trace = trace.canonical();
    t
}

/// A tree whose root begins in prototype `p`; its traces are of the few.
fn tree(src: &mut Source<'_>, p: u64) -> Tree {
    let k = RootKey { proto: ProtoKey { hash: p, instance: 0 }, pc: src.below(2) as u32 };
    let mut t = Tree { key: k, branches: Vec::new() };
    for i in 0..1 + src.below(5) {
        let trace = trace(src.below(2), i > 0);
        let parent = (i > 0).then(|| {
            let p = src.below(i);
            (p, src.below(t.branches[p].trace.snaps.len().min(2)) as u32)
        });
        let exits = trace.snaps.iter().map(|_| src.below(100) as u64).collect();
        // Now and then close to the largest number.
        let entries = if src.chance(5) { u64::MAX - 3 } else { src.below(1000) as u64 };
        t.branches.push(Branch { trace, parent, target: None, entries, exits });
    }
    begin(t)
}

fn profile(src: &mut Source<'_>) -> Profile {
    let mut p = Profile::default();
    for _ in 0..src.below(4) {
        let hash = src.below(2) as u64;
        assert_eq!(p.add(tree(src, hash)), 0);
    }
    let names: [&[u8]; 4] = [b"@a.lua", b"=x y", b"@\xff\\n", b""];
    for _ in 0..src.below(6) {
        let k = key(src.below(3) as u64, src.below(2) as u32);
        let n = if src.chance(10) { u64::MAX } else { src.below(9) as u64 };
        match src.below(6) {
            0 => least(&mut p.modules, [(k.proto.hash, src.pick(&names).to_vec())].into()),
            1 => {
                let origin =
                    Origin { chunk: src.pick(&names).to_vec(), line: src.below(4) as u32, size: src.below(3) as u32 };
                least(&mut p.origins, [(k.proto, origin)].into());
            }
            2 => least(&mut p.lines, [(k, src.below(9) as u32)].into()),
            3 => {
                let (side, what) = (src.chance(50), src.pick(&["", "print"]).to_string());
                p.give_up(GivenUp { root: k, side, reason: "nyi-builtin".into(), at: k, what }, n);
            }
            4 => sum(&mut p.types, [((k, 3, "num".to_string()), n)].into()),
            _ => {
                let on = if src.chance(50) { Spent::Root(k) } else { src.pick(&Spent::OTHER).0 };
                p.spend(on, n);
            }
        }
    }
    p
}

fn merged(list: &[&Profile]) -> Profile {
    let mut out = Profile::default();
    list.iter().for_each(|p| out.merge((*p).clone()));
    out
}

/// Reads a text in which nothing is wrong.
fn read(text: &str) -> Profile {
    let (p, wrong) = Profile::parse(text).expect("a profile");
    assert_eq!(wrong, [], "{text}");
    p
}

/// Trees are written without being taken out first; nobody sees it.
#[test]
fn texts_have_what_the_trees_have() {
    for seed in 0..200 {
        let p = profile(&mut Source::seeded(seed));
        let mut trees = String::new();
        p.trees().iter().for_each(|t| crate::tree::write(&mut trees, t));
        assert!(p.to_string().contains(&format!("{trees}end ")), "seed {seed}");
    }
}

#[test]
fn merging_is_commutative_and_associative() {
    let mut shared = 0;
    for seed in 0..300 {
        let mut src = Source::seeded(seed);
        let [a, b, c] = [profile(&mut src), profile(&mut src), profile(&mut src)];
        assert_eq!(merged(&[&a, &b]), merged(&[&b, &a]), "seed {seed}");
        let (ab, bc) = (merged(&[&a, &b]), merged(&[&b, &c]));
        assert_eq!(merged(&[&ab, &c]), merged(&[&a, &bc]), "seed {seed}");
        assert_eq!(merged(&[&a]), a, "the empty profile is neutral");
        let (apart, together) = (a.trees().len() + b.trees().len(), ab.trees().len());
        shared += usize::from(together < apart);
    }
    assert!(shared > 50, "{shared}: nothing was merged");
}

#[test]
fn counts_are_added() {
    let mut src = Source::seeded(1);
    let t = tree(&mut src, 7);
    let mut p = Profile::default();
    p.add(t);
    let once = p.clone();
    p.merge(once.clone());
    for (a, b) in once.trees()[0].branches.iter().zip(&p.trees()[0].branches) {
        assert_eq!((&a.trace, a.parent), (&b.trace, b.parent));
        assert_eq!(b.entries, a.entries.saturating_mul(2));
        assert!(a.exits.iter().zip(&b.exits).all(|(a, b)| *b == a * 2));
    }
}

#[test]
fn texts_read_back() {
    for seed in 0..200 {
        let p = profile(&mut Source::seeded(seed));
        let text = p.to_string();
        assert_eq!(read(&text), p, "seed {seed}\n{text}");
        assert_eq!(read(&text.replace('\n', "\r\n")), p, "seed {seed}");
    }
}

#[test]
fn the_heaviest_is_chosen() {
    let side = |n: usize, exit: u32, entries: u64| {
        let t = trace(n, true);
        Branch { exits: vec![0; t.snaps.len()], trace: t, parent: Some((0, exit)), target: None, entries }
    };
    let root = |n: usize, entries: u64| {
        let t = trace(n, false);
        Branch { exits: vec![0; t.snaps.len()], trace: t, parent: None, target: None, entries }
    };
    let k = key(1, 2);
    let mut p = Profile::default();
    p.add(Tree { key: k, branches: vec![root(0, 5), side(1, 0, 3)] });
    p.add(Tree { key: k, branches: vec![root(0, 5), side(2, 0, 4)] });
    p.add(Tree { key: k, branches: vec![root(1, 9), side(1, 0, 90)] });
    assert_eq!(p.trees().len(), 2, "two variants");
    let chosen = p.chosen();
    assert_eq!(chosen.len(), 1);
    let counts: Vec<u64> = chosen[0].branches.iter().map(|b| b.entries).collect();
    assert_eq!(counts, [10, 4], "entered more often together; of its side traces the heavier");
    chosen[0].check().expect("a tree");
}

#[test]
fn keys_lie_elsewhere_in_other_processes() {
    let one = |node: u32| {
        let mut t = trace(0, false);
        let k = t.konst(Const::Slot(b"x".as_slice().into(), node));
        let table = t.konst(Const::Null);
        t.ins.push(crate::Ins::new(crate::Op::HREFK, crate::Ty::Ptr, table, k));
        Branch { exits: vec![0; t.snaps.len()], trace: t, parent: None, target: None, entries: 1 }
    };
    let mut p = Profile::default();
    p.add(Tree { key: key(1, 2), branches: vec![one(3)] });
    p.add(Tree { key: key(1, 2), branches: vec![one(5)] });
    assert_eq!(p.trees().len(), 1);
}

#[test]
fn what_is_no_profile_is_an_error() {
    for (text, why) in [
        ("", "empty"),
        ("\u{7f}ELF", "no profile"),
        ("kiln profile 2\nend 1\n", "version 2; this kiln reads version 3"),
        ("kiln profile 10\n", "version 10"),
        ("kiln profile\n", "no profile"),
    ] {
        let e = Profile::parse(text).expect_err("not read");
        assert!(e.contains(why), "{e}");
    }
    assert_eq!(Profile::read(b"kiln profile 3\nend 1\n").map(|p| p.0), Ok(Profile::default()));
    let (_, wrong) = Profile::read(b"kiln profile 3\n\xff\xfe\nend 2\n").expect("its first line is one");
    assert_eq!(wrong.len(), 1);
}

#[test]
fn what_is_sound_of_a_damaged_text_serves() {
    let mut p = Profile::default();
    let side = |parent: usize| {
        let t = trace(1, true);
        Branch { exits: vec![0; t.snaps.len()], trace: t, parent: Some((parent, 0)), target: None, entries: 10 }
    };
    let t = trace(0, false);
    let root = Branch { exits: vec![0; t.snaps.len()], trace: t, parent: None, target: None, entries: 50 };
    p.add(begin(Tree { key: key(1, 2), branches: vec![root.clone(), side(0), side(1)] }));
    p.add(begin(Tree { key: key(3, 2), branches: vec![root] }));
    p.spend(Spent::Interpreted, 4);
    let text = p.to_string();
    // A constant or a count of the first side trace: it goes, with what is below it.
    let bad = text.replacen("branch 0/0 entries=10", "branch 0/0 entries=11", 1);
    let (q, wrong) = Profile::parse(&bad).expect("a profile");
    let sizes: Vec<usize> = q.trees().iter().map(|t| t.branches.len()).collect();
    assert_eq!(sizes, [1, 1], "{wrong:?}");
    assert!(wrong[0].message.contains("trace 1 of tree") && wrong[1].message.contains(": 1 more"), "{wrong:?}");
    // Cut off anywhere: what is before stays, and it is said.
    let mut last = 0;
    for end in 0..text.len() - 1 {
        let Ok((q, wrong)) = Profile::parse(&text[..end]) else { continue };
        assert!(!wrong.is_empty(), "{end}");
        last = q.trees().iter().map(|t| t.branches.len()).sum();
    }
    assert_eq!(last, 4, "the last line has no tree");
    // A line is missing, or there is one more.
    for bad in [text.replacen("time interpreted 4\n", "", 1), text.replacen("time ", "tome ", 1), text.clone() + "x"] {
        let (q, wrong) = Profile::parse(&bad).expect("a profile");
        assert_eq!((wrong.len(), q.trees().len()), (1, 2), "{wrong:?}");
    }
}

#[test]
fn too_deep_trees_are_cut() {
    let t = trace(0, true);
    let n = t.snaps.len();
    let mut branches =
        vec![Branch { trace: trace(0, false), parent: None, target: None, entries: 1, exits: vec![0; n] }];
    for i in 0..MAX_DEPTH + 10 {
        let parent = Some((i, 0));
        branches.push(Branch { trace: t.clone(), parent, target: None, entries: 1, exits: vec![0; n] });
    }
    let mut p = Profile::default();
    assert_eq!(p.add(Tree { key: key(1, 2), branches }), 10);
    assert_eq!(p.trees()[0].branches.len(), MAX_DEPTH + 1);
}

#[test]
fn shares_trimming_and_comparing() {
    let one = |k: RootKey, entries: u64, side: u64| {
        let (t, s) = (trace(0, false), trace(1, true));
        let (n, m) = (t.snaps.len(), s.snaps.len());
        let branches = vec![
            Branch { trace: t, parent: None, target: None, entries, exits: vec![0; n] },
            Branch { trace: s, parent: Some((0, 0)), target: None, entries: side, exits: vec![0; m] },
        ];
        Tree { key: k, branches }
    };
    let (a, b, c) = (key(3, 1), key(6, 1), key(9, 1));
    let mut p = Profile::default();
    p.add(one(a, 890, 10));
    p.add(one(b, 50, 40));
    p.add(one(c, 10, 0));
    let shares = p.shares();
    assert_eq!((shares[&a], shares[&b], shares[&c]), (0.9, 0.09, 0.01));
    let mut q = p.clone();
    assert_eq!(q.trim(0.02), (1, 1), "a tree of one percent, a side trace of one percent");
    assert_eq!(q.trees().iter().map(|t| t.branches.len()).collect::<Vec<_>>(), [1, 2]);
    let changes = p.diff(&q);
    assert_eq!(changes.len(), 3);
    assert!(changes[0].after > changes[0].before && changes[2].after.is_none());
    // Samples count more than entries, where there are any.
    p.spend(Spent::Root(c), 30);
    p.spend(Spent::Root(b), 10);
    assert_eq!(p.shares()[&c], 0.75);
    assert_eq!(p.shares()[&a], 0.0);
    let mut trimmed = p.clone();
    assert_eq!(trimmed.trim(0.0), (0, 0));
    assert_eq!(trimmed.trees(), p.trees());
}

#[test]
fn coverage_goes_by_prototypes() {
    let mut src = Source::seeded(3);
    let mut p = Profile::default();
    p.add(tree(&mut src, 1));
    p.add(tree(&mut src, 2));
    assert_eq!(p.coverage(&|_| true).share, 1.0);
    let none = p.coverage(&|_| false);
    assert_eq!((none.share, none.stale.len(), none.whole), (0.0, 2, 0));
    let some = p.coverage(&|h| h != 2);
    assert!(some.stale.iter().all(|(k, _)| k.proto.hash == 2) && !some.stale.is_empty());
    assert_eq!(Profile::default().coverage(&|_| false).share, 1.0);
}

/// Pieces that texts are spoilt with.
const PIECES: &[&str] = &[
    "tree ",
    "branch ",
    "root",
    "0/0",
    "1/4294967295",
    "entries=",
    "exits=0:1,",
    "target=@1:2",
    "sum=",
    "\nend 1\n",
    "end ",
    "time ",
    "types ",
    "abort ",
    "proto ",
    "line ",
    "module ",
    "@",
    ":",
    "#",
    "18446744073709551616",
    "-1",
    "\\x",
    "  ",
    "\n",
    " ",
    "kslot \"x\" 4294967295",
    "phi",
    "snap",
    "nan",
    "\u{0}",
    "é",
];

/// Sets the sums and the end right, so that what lies behind them is reached.
fn reseal(text: &str) -> String {
    let mut out = crate::tree::tests::reseal(text);
    if let Some(at) = out.rfind("end ") {
        out.truncate(at);
        out += &format!("end {}\n", out.lines().count());
    }
    out
}

/// A profile of a runtime whose library differs: a trace that names what is not here goes, and the rest stays.
#[test]
fn a_builtin_that_is_not_here_costs_its_trace() {
    let of = |name: &str| {
        let mut t = sample(2);
        t.branches.truncate(1);
        let trace = "trace root pc=@0000000000000002:7 slots=4 link=interp
0000     ptr base
....         snap #0 pc=@0000000000000002:7 base=0 top=2 [ ]
0001 >   fun sload   #1
0002     int fload   0001 func.id
0003 >   int eq      0002 kbuiltin NAME
";
        t.branches[0].trace = crate::Trace::parse(&trace.replace("NAME", name)).expect("a trace");
        t.branches[0].exits = vec![1];
        t
    };
    let mut p = Profile::default();
    p.add(begin(of("math.floor")));
    let mut other = of("string.byte");
    other.key = key(3, 7);
    p.add(begin(other));
    let whole = p.to_string();
    assert_eq!(read(&whole).trees().len(), 2, "{whole}");
    let (rest, wrong) = Profile::parse(&reseal(&whole.replace("math.floor", "math.flour"))).expect("a profile");
    assert_eq!((rest.trees().len(), wrong.len()), (1, 1), "{wrong:?}");
    assert!(wrong[0].to_string().contains("math.flour"), "{}", wrong[0]);
}

#[test]
fn hostile_text_is_answered() {
    let (mut sound, mut damaged) = (0, 0);
    for seed in rounds(300) {
        let mut src = Source::seeded(seed);
        let mut p = profile(&mut src);
        p.add(begin(sample(seed)));
        let text = p.to_string();
        for _ in 0..8 {
            let mut bad = text.clone();
            for _ in 0..1 + src.below(3) {
                let mut at = src.below(bad.len() + 1);
                let mut end = (at + src.below(8)).min(bad.len());
                while !bad.is_char_boundary(at) {
                    at -= 1;
                }
                while !bad.is_char_boundary(end) {
                    end += 1;
                }
                let mut piece = src.pick(PIECES);
                // Half of the time only a digit: what is well-formed may still be wrong.
                if let Some(digit) = bad[at..].find(|c: char| c.is_ascii_digit()).filter(|_| src.chance(50)) {
                    (at, end) = (at + digit, at + digit + 1);
                    piece = src.pick(&["0", "1", "7"]);
                }
                bad.replace_range(at..end, piece);
            }
            if src.chance(70) {
                bad = reseal(&bad);
            }
            let Ok((q, wrong)) = Profile::parse(&bad) else { continue };
            sound += usize::from(wrong.is_empty());
            damaged += usize::from(!wrong.is_empty());
            assert_eq!(read(&q.to_string()), q, "seed {seed}\n{bad}");
            for t in q.chosen().iter().chain(&q.trees()) {
                t.check().expect("a tree");
                t.branches.iter().for_each(|b| verify(&b.trace).expect("a trace"));
            }
            let mut trimmed = q.clone();
            trimmed.trim(0.1);
            let _ = (q.diff(&trimmed), q.coverage(&|h| h % 2 == 0));
            let mut both = q.clone();
            both.merge(p.clone());
            let mut other = p.clone();
            other.merge(q);
            assert_eq!(both, other, "seed {seed}");
        }
    }
    assert!(sound > 20 && damaged > 100, "{sound} {damaged}");
}
