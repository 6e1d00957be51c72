//! What random traces promise.

use super::{Options, random};
use crate::eval::{Outcome, World, equivalent, eval};
use crate::source::Source;
use crate::{Link, Op, Ref, Trace, verify};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Options by seed: all links, all kinds of values.
fn options(seed: u64) -> Options {
    let link = [Link::Interp, Link::Loop, Link::Root(3)][seed as usize % 3];
    Options {
        steps: 4 + seed as usize % 30,
        link,
        objects: !seed.is_multiple_of(7),
        strings: !seed.is_multiple_of(5),
        calls: !seed.is_multiple_of(4),
    }
}

/// Runs for the seeds 0, 1, 2 … for some time.
fn seeds(mut f: impl FnMut(u64)) {
    let start = Instant::now();
    for seed in 0.. {
        f(seed);
        if seed >= 500 && start.elapsed() > Duration::from_millis(700) {
            break;
        }
    }
}

#[test]
fn random_traces_verify_and_read_back() {
    seeds(|seed| {
        let t = random(&mut Source::seeded(seed), &options(seed));
        verify(&t).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{t}"));
        let text = t.to_string();
        let back = Trace::parse(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        assert_eq!(back, t.canonical(), "seed {seed}");
        assert_eq!(back.to_string(), text, "seed {seed}");
        verify(&back).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{t}"));
    });
}

/// Of which variable an upvalue is, is found without looking for the owner; nobody sees it.
#[test]
fn upvalues_are_compared_as_their_variables_are() {
    let (mut same, mut other) = (0, 0);
    seeds(|seed| {
        let t = random(&mut Source::seeded(seed), &options(seed));
        let upvalues: Vec<(Ref, u32)> = (0..t.ins.len())
            .map(Ref::ins)
            .filter_map(|f| Some((f, t.closure(f)?.captures.len() as u32)))
            .flat_map(|(f, n)| (0..=n).map(move |i| (f, i)))
            .collect();
        for &(f, i) in &upvalues {
            for &(g, k) in &upvalues {
                let v = t.variable(g, k);
                let is = t.is_variable(f, i, v);
                assert_eq!(is, t.variable(f, i) == v, "seed {seed}: {f:?} {i} {v:?}\n{t}");
                (same, other) = (same + u32::from(is && (f, i) != (g, k)), other + u32::from(!is));
            }
        }
    });
    assert!(same > 20 && other > 200, "{same} {other}");
}

#[test]
fn every_operation_is_made() {
    let mut made = BTreeSet::new();
    seeds(|seed| made.extend(random(&mut Source::seeded(seed), &options(seed)).ins.iter().map(|ins| ins.op)));
    // Loops are made by peeling, gaps by removing; captured slots get values only where all closures on them are known.
    let others = [Op::NOP, Op::PHI, Op::LOOP, Op::CSTORE];
    let missing: Vec<&Op> = Op::ALL.iter().filter(|op| !made.contains(op) && !others.contains(op)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn traces_from_few_bytes_verify() {
    for n in 0..400usize {
        let bytes: Vec<u8> = (0..n).map(|i| (i * i + 7 * n) as u8).collect();
        let t = random(&mut Source::bytes(&bytes), &options(n as u64));
        verify(&t).unwrap_or_else(|e| panic!("{n} bytes: {e}\n{t}"));
    }
}

#[test]
fn random_traces_do_nothing_undefined() {
    let mut fails = BTreeMap::<Op, u32>::new();
    let mut ends = BTreeMap::new();
    let mut failed = BTreeSet::new();
    let mut passed = BTreeSet::new();
    seeds(|seed| {
        let t = random(&mut Source::seeded(seed), &options(seed));
        for w in 0..4 {
            let world = World::random(seed * 4 + w, &t);
            match eval(&t, &world, 4000).unwrap_or_else(|e| panic!("seed {seed}, world {w}: {e}\n{t}")) {
                Outcome::Exit { at, snap, .. } => {
                    assert!(snap < t.snaps.len());
                    failed.insert(t.ins[at].op);
                    *fails.entry(t.ins[at].op).or_insert(0) += 1;
                    passed.extend(t.ins[..at].iter().filter(|i| i.is_guard()).map(|i| i.op));
                    // An exit in the last quarter is nearly an end.
                    *ends.entry(if at * 4 > t.ins.len() * 3 { "late" } else { "early" }).or_insert(0) += 1;
                }
                Outcome::End { .. } => {
                    passed.extend(t.ins.iter().filter(|i| i.is_guard()).map(|i| i.op));
                    *ends.entry("end").or_insert(0) += 1;
                }
                Outcome::Fuel => *ends.entry("fuel").or_insert(0) += 1,
            }
            equivalent(&t, &t, &world).unwrap_or_else(|e| panic!("seed {seed}, world {w}: {e}\n{t}"));
        }
    });
    if std::env::var_os("SHOW").is_some() {
        eprintln!("{ends:?} {fails:?}");
    }
    let total: i32 = ends.values().sum();
    assert!(ends["end"] * 10 > total && ends["early"] * 10 > total && ends["late"] * 20 > total, "{ends:?}");
    assert!(ends.get("fuel").copied().unwrap_or(0) * 50 < total, "{ends:?}");
    // Each guard both holds and fails somewhere, but for those that never fail here.
    let guards =
        [Op::LT, Op::EQ, Op::NE, Op::ABC, Op::ADDOV, Op::MULOV, Op::CONV, Op::STRTO, Op::HREFK, Op::UREFO, Op::UREFC];
    let loads = [Op::ALOAD, Op::HLOAD, Op::ULOAD, Op::SLOAD, Op::HKLOAD, Op::GCSTEP, Op::CALLB, Op::UREFS, Op::RETF];
    for op in guards.into_iter().chain(loads) {
        assert!(
            failed.contains(&op) && passed.contains(&op),
            "{op:?}: {} {}",
            failed.contains(&op),
            passed.contains(&op)
        );
    }
}

#[test]
fn damage_is_noticed() {
    // Operands are changed at random; the evaluator must see most changes that matter. What is left is dead or equal.
    let (mut seen, mut total) = (0, 0);
    seeds(|seed| {
        let mut src = Source::seeded(seed);
        let t = random(&mut src, &options(seed));
        let mut bad = t.clone();
        let i = 1 + src.below(bad.ins.len() - 1);
        let ins = &mut bad.ins[i];
        match ins.op {
            Op::ADD | Op::ADDOV => ins.op = Op::MUL,
            Op::LT | Op::LE | Op::EQ | Op::NE => ins.op = ins.op.negated(),
            Op::ASTORE | Op::HSTORE | Op::USTORE | Op::MSTORE => ins.op = Op::NOP,
            _ => return,
        }
        if ins.op == Op::MUL {
            ins.flags = 0;
        } else if ins.op == Op::NOP {
            *ins = crate::Ins::new(Op::NOP, crate::Ty::Void, crate::Ref::NONE, crate::Ref::NONE);
        }
        total += 1;
        let differs = |w| equivalent(&t, &bad, &World::random(w, &t)).is_err();
        seen += usize::from((0..12).any(differs));
    });
    assert!(total > 20 && seen * 4 > total, "{seen} of {total}");
}
