//! Random traces do after the passes what they did before, in random worlds: by the evaluator, which shares no code with the passes.
//!
//! Passes may leave a trace earlier than it was left before (guards before a loop), never in a state it did not pass. How often they do, and how
//! often something was optimised at all, is checked too: a pass that does nothing, or leaves at once, would pass otherwise.
//!
//! `KILN_SEED` is the first seed, `KILN_CASES` the number of traces of each kind.

use ir::Source;
use ir::eval::{Verdict, World, eval, refines};
use ir::{Link, Op, Trace};
use ir::{Options, random};
use opt::{PASSES, Passes, replay, run};

fn env(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or)
}

/// What became of the traces.
#[derive(Default, Debug)]
struct Counts {
    traces: u32,
    /// The passes gave up.
    aborts: u32,
    /// With LOOP.
    peeled: u32,
    /// With sunk instructions.
    sunk: u32,
    /// With fewer loads or stores.
    shorter: u32,
    same: u32,
    earlier: u32,
    open: u32,
    later: u32,
}

/// Runs passes over a trace; gives nothing if they give up.
fn optimised(t: &Trace, names: &[&str]) -> Option<Trace> {
    let mut passes = Passes::level(0);
    for name in names {
        assert!(passes.set(name, true));
    }
    let mut b = replay(t, passes).ok()?;
    for pass in PASSES.iter().filter(|p| names.contains(&p.name)) {
        run(pass.name, &mut b).ok()?;
    }
    Some(b.finish())
}

fn accesses(t: &Trace) -> usize {
    t.ins
        .iter()
        .take_while(|i| i.op != Op::LOOP)
        .filter(|i| matches!(i.op.kind(), ir::Kind::Load | ir::Kind::Store))
        .count()
}

/// Takes the guards of overflow away: dce drops them with values that nobody uses, and leaves later than before.
fn no_overflow(t: &mut Trace) {
    for i in &mut t.ins {
        let plain = match i.op {
            Op::ADDOV => Op::ADD,
            Op::SUBOV => Op::SUB,
            Op::MULOV => Op::MUL,
            _ => continue,
        };
        *i = ir::Ins::new(plain, i.ty, i.a, i.b);
    }
}

/// Says whether the trace is left later than it was, for a guard was known to hold that fails here: that a key just inserted is in the node
/// where the trace looks for it. No recorded trace looks for it elsewhere.
fn leaves_later(t: &Trace, new: &Trace, names: &[&str], world: &World) -> bool {
    // With all snapshots, so that it can be seen to pass the state.
    let names: Vec<&str> = names.iter().copied().filter(|n| !matches!(*n, "dce" | "sink")).collect();
    let Some(passing) = optimised(t, &names) else { return false };
    refines(&passing, t, world) == Ok(Verdict::Earlier) && refines(&passing, new, world).is_ok()
}

/// Checks traces of one kind under passes.
fn check(link: Link, names: &[&str]) -> Counts {
    let mut c = Counts::default();
    let first = env("KILN_SEED", 1);
    for seed in first..first + env("KILN_CASES", 400) {
        let mut src = Source::seeded(seed);
        let steps = 4 + src.below(28);
        let calls = src.chance(25);
        let mut t = random(&mut src, &Options { link, steps, calls, ..Options::default() });
        if ir::verify(&t).is_err() {
            continue;
        }
        if names.contains(&"dce") {
            no_overflow(&mut t);
        }
        c.traces += 1;
        let Some(new) = optimised(&t, names) else {
            c.aborts += 1;
            continue;
        };
        c.peeled += u32::from(new.loop_at().is_some());
        c.sunk += u32::from(new.ins.iter().any(|i| i.is_sunk()));
        c.shorter += u32::from(accesses(&new) < accesses(&t));
        let text = || format!("seed {seed}, passes {names:?}\n{t}\nbecame\n{new}");
        ir::verify(&new).unwrap_or_else(|e| panic!("{e}\n{}", text()));
        for n in 0..6 {
            let world = if n < 3 { World::lucky(seed * 8 + n, &t) } else { World::random(seed * 8 + n, &t) };
            match refines(&t, &new, &world) {
                Ok(Verdict::Same) => c.same += 1,
                Ok(Verdict::Earlier) => c.earlier += 1,
                Ok(Verdict::Open) => c.open += 1,
                Err(_) if leaves_later(&t, &new, names, &world) => c.later += 1,
                Err(e) => panic!("world {n}: {e}\n{}", text()),
            }
        }
    }
    eprintln!("{names:?}: {c:?}");
    c
}

#[test]
fn forwarding_changes_nothing() {
    let c = check(Link::Interp, &["fwd"]);
    assert!(c.shorter * 4 > c.traces && (c.earlier + c.later) * 50 < c.same, "{c:?}");
}

#[test]
fn straight_traces_keep_their_meaning() {
    let c = check(Link::Interp, &["fold", "cse", "fwd", "dse", "abc", "sink", "dce"]);
    assert!(c.sunk > 0 && c.shorter * 4 > c.traces && (c.earlier + c.later) * 20 < c.same, "{c:?}");
}

#[test]
fn peeled_loops_keep_their_meaning() {
    let c = check(Link::Loop, &["loop"]);
    assert!(c.peeled * 4 > c.traces && (c.earlier + c.later) * 10 < c.same, "{c:?}");
}

#[test]
fn optimised_loops_keep_their_meaning() {
    let c = check(Link::Loop, &["fold", "cse", "fwd", "narrow", "dse", "abc", "loop", "sink", "dce"]);
    assert!(c.peeled * 4 > c.traces && (c.earlier + c.later) * 4 < c.same, "{c:?}");
}

/// The traces of the files of these passes, in many worlds: whatever the files show is right, too.
#[test]
fn traces_of_the_files_keep_their_meaning() {
    let (mut same, mut earlier) = (0, 0);
    for dir in ["fwd", "dse", "loop", "abc", "sink"] {
        for entry in std::fs::read_dir(format!("{}/testdata/{dir}", env!("CARGO_MANIFEST_DIR"))).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let names: Vec<&str> = text.lines().next().unwrap().trim_start_matches("; test ").split(' ').collect();
            let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with(';')).collect();
            for case in format!("\n{}", lines.join("\n")).split("\ntrace ").skip(1) {
                let t = Trace::parse(&format!("trace {case}")).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                // Traces that are not finished end nowhere.
                let Some(new) = optimised(&t, &names).filter(|_| t.snaps.last().is_some()) else { continue };
                for seed in 0..40 {
                    let world = if seed < 20 { World::lucky(seed, &t) } else { World::random(seed, &t) };
                    match refines(&t, &new, &world) {
                        Ok(Verdict::Earlier) => earlier += 1,
                        Ok(_) => same += 1,
                        Err(_) if leaves_later(&t, &new, &names, &world) => {}
                        // Short examples do without the checks that make accesses defined in every world.
                        Err(_) if eval(&t, &world, 4000).is_err() => {}
                        Err(e) => panic!("{}, world {seed}: {e}\n{t}\nbecame\n{new}", path.display()),
                    }
                }
            }
        }
    }
    eprintln!("files: {same} same, {earlier} earlier");
    assert!(same > 400 && earlier < same, "{same} same, {earlier} earlier");
}
