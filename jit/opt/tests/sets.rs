//! Sets of passes: random traces do what they did before under every pass that works on single instructions, alone and with others.
//!
//! `SEED` is the first seed; a failure prints the seed, the passes, both traces and what differs.

use ir::eval::{World, refines};
use ir::{Link, Op, Options, Source, Trace, random};
use opt::{PASSES, Passes, replay, run};
use std::time::{Duration, Instant};

/// How long each test takes.
const TIME: Duration = Duration::from_millis(500);

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

fn check(choose: impl Fn(usize) -> Passes) {
    let first: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let (start, mut seed) = (Instant::now(), first);
    let (mut compared, mut aborts) = (0u32, 0u32);
    while start.elapsed() < TIME {
        let passes = choose(seed as usize);
        let mut src = Source::seeded(seed);
        let options = Options {
            steps: 4 + seed as usize % 28,
            link: Link::Interp,
            calls: seed.is_multiple_of(4),
            ..Options::default()
        };
        let mut before = random(&mut src, &options);
        if passes.dce {
            no_overflow(&mut before);
        }
        let optimised = || {
            let mut b = replay(&before, passes)?;
            let on = PASSES.iter().filter(|p| passes.get(p.name) == Some(true));
            on.into_iter().try_for_each(|p| run(p.name, &mut b))?;
            Ok::<_, abi::abort::Abort>(b.finish())
        };
        match optimised() {
            Err(_) => aborts += 1,
            Ok(after) => {
                let text = || format!("seed {seed}, {passes:?}\n{before}\nbecame\n{after}");
                ir::verify(&after).unwrap_or_else(|e| panic!("{e}\n{}", text()));
                for n in 0..3 {
                    let world = World::random(seed * 4 + n, &before);
                    refines(&before, &after, &world).unwrap_or_else(|e| panic!("world {n}: {e}\n{}", text()));
                    compared += 1;
                }
            }
        }
        seed += 1;
    }
    assert!(compared > 30 && compared > aborts, "{compared} compared, {aborts} aborts");
}

#[test]
fn single_instructions() {
    let sets: [&[&str]; 7] = [
        &["fold"],
        &["cse"],
        &["dce"],
        &["fold", "cse"],
        &["fold", "narrow"],
        &["fold", "cse", "dce"],
        &["fold", "cse", "narrow", "dce"],
    ];
    check(|n| {
        let mut p = Passes::level(0);
        sets[n % sets.len()].iter().for_each(|name| assert!(p.set(name, true)));
        p
    });
}
