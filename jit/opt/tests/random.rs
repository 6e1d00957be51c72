//! Every pass alone, all together, and all but one: random traces do what they did before.
//!
//! The reference evaluator runs both traces in random worlds. A failure prints the seed, both traces and what differs; the trace with the fewest
//! steps that fails with the seed is shown.

use abi::abort::Abort;
use ir::eval::{Outcome, Verdict, World, eval, refines};
use ir::{Link, Op, Source, Trace};
use ir::{Options, random};
use opt::{PASSES, Passes, replay, run};
use std::time::{Duration, Instant};

/// How much time each test takes.
const TIME: Duration = Duration::from_millis(500);
/// Worlds a trace runs in.
const WORLDS: u64 = 4;

fn options(seed: u64, steps: usize) -> Options {
    Options {
        steps,
        link: [Link::Interp, Link::Loop, Link::Root(3)][seed as usize % 3],
        objects: !seed.is_multiple_of(7),
        strings: !seed.is_multiple_of(5),
        calls: !seed.is_multiple_of(4),
    }
}

/// Optimises a trace.
fn optimised(t: &Trace, passes: Passes) -> Result<Trace, Abort> {
    let mut b = replay(t, passes)?;
    for pass in PASSES.iter().filter(|p| passes.get(p.name) == Some(true)) {
        run(pass.name, &mut b)?;
    }
    Ok(b.finish())
}

/// What was found in a test.
#[derive(Default)]
struct Count {
    same: u32,
    earlier: u32,
    aborts: u32,
}

/// Compares a trace before and after; the error says what differs.
fn compare(seed: u64, steps: usize, passes: Passes, count: &mut Count) -> Result<(), String> {
    let before = random(&mut Source::seeded(seed), &options(seed, steps));
    // Insertions of a key that is there make shapes that are none.
    if ir::verify(&before).is_err() {
        return Ok(());
    }
    let after = match optimised(&before, passes) {
        Ok(after) => after,
        Err(_) => {
            count.aborts += 1;
            return Ok(());
        }
    };
    let failed = |e: String| format!("{e}\nbefore:\n{before}\nafter:\n{after}");
    ir::verify(&after).map_err(failed)?;
    for n in 0..WORLDS {
        let world_seed = seed * WORLDS + n;
        let world = World::random(world_seed, &before);
        // An overflow nobody looks at need not leave: what goes on then is right, but is not what the first trace does.
        // Nor need the look for a key in a node where it is not, when the key was just inserted: no recorder looks there.
        if let Ok(Outcome::Exit { at, .. }) = eval(&before, &world, 4000)
            && match before.ins[at].op {
                Op::ADDOV | Op::SUBOV | Op::MULOV => passes.dce,
                Op::HREFK => passes.fwd,
                _ => false,
            }
        {
            continue;
        }
        match refines(&before, &after, &world) {
            Ok(Verdict::Earlier) => count.earlier += 1,
            Ok(_) => count.same += 1,
            Err(e) => return Err(failed(format!("world {world_seed}: {e}"))),
        }
    }
    Ok(())
}

/// Compares for some time; `names` says which passes run for a seed.
fn check(choose: impl Fn(u64) -> (String, Passes)) {
    let from = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0u64);
    let factor = std::env::var("FACTOR").ok().and_then(|s| s.parse().ok()).unwrap_or(1u32);
    let start = Instant::now();
    let mut count = Count::default();
    let mut seed = from;
    while start.elapsed() < TIME * factor {
        let (name, passes) = choose(seed);
        let full = 4 + seed as usize % 30;
        if let Err(error) = compare(seed, full, passes, &mut count) {
            let least = (1..full).find_map(|n| compare(seed, n, passes, &mut Count::default()).err());
            panic!("seed {seed}, passes {name}: {}", least.unwrap_or(error));
        }
        seed += 1;
    }
    println!("{} seeds: {} same, {} earlier, {} aborts", seed - from, count.same, count.earlier, count.aborts);
    assert!(count.same > 20 && count.same > 2 * count.aborts, "hardly anything was compared");
    assert!(count.same > 10 * count.earlier, "most traces leave earlier");
}

fn only(name: &str) -> Passes {
    let mut p = Passes::level(0);
    p.set(name, true);
    p
}

#[test]
fn each_pass_alone() {
    check(|seed| {
        let name = PASSES[seed as usize % PASSES.len()].name;
        (name.into(), only(name))
    });
}

#[test]
fn all_passes() {
    check(|_| ("all".into(), Passes::default()));
}

#[test]
fn all_passes_but_one() {
    check(|seed| {
        let name = PASSES[seed as usize % PASSES.len()].name;
        let mut p = Passes::default();
        p.set(name, false);
        (format!("all but {name}"), p)
    });
}
