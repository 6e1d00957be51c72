//! Random traces: compiled code against the reference evaluator.

use super::{Vm, arena, build, restore};
use crate::backend::Code;
use crate::mcode::Arena;
use abi::{tag, vmfield};
use ir::eval::{Outcome, Value, World, eval};

use ir::{Const, Link, Options, Source, Trace, Ty, random};
use std::time::{Duration, Instant};

/// Bits of a value that needs no object.
fn bits(v: &Value) -> u64 {
    match v {
        Value::Nil => tag::NIL_BITS,
        Value::Bool(false) => tag::FALSE_BITS,
        Value::Bool(true) => tag::TRUE_BITS,
        Value::Num(n) if n.is_nan() => 0xfff8 << 48,
        Value::Num(n) => n.to_bits(),
        Value::Key(n) => tag::KEY_INDEX << 32 | u64::from(*n as u32),
        Value::Lightud(n) => tag::LIGHTUD << tag::SHIFT | n,
        Value::Func(i) => tag::FUNC << tag::SHIFT | (0x10000 + 64 * *i as u64),
        Value::Table(i) => tag::TAB << tag::SHIFT | (0x20000 + 64 * *i as u64),
        Value::Str(_) => tag::STR << tag::SHIFT | 0x30000,
        Value::Link(Const::Frame(w) | Const::Cont(w)) => *w,
        Value::Link(Const::Pc(_, n)) => 0x40000 + 4 * u64::from(*n),
        v => panic!("{v:?}"),
    }
}

/// Bits of a constant, as `Request::bits`.
pub(super) fn const_bits(c: &Const) -> u64 {
    match c {
        Const::Pri(ty) => bits(&match ty {
            Ty::Nil => Value::Nil,
            ty => Value::Bool(*ty == Ty::True),
        }),
        Const::Num(b) => *b,
        Const::Int(n) => u64::from(*n as u32),
        Const::Str(s) => bits(&Value::Str(s.clone())),
        Const::Frame(_) | Const::Cont(_) | Const::Pc(..) => bits(&Value::Link(c.clone())),
        _ => 0,
    }
}

fn canonical(b: u64) -> u64 {
    if f64::from_bits(b).is_nan() && b & !(1 << 63) == 0x7ff8 << 48 { 0xfff8 << 48 } else { b }
}

/// How a comparison went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ran {
    Exit,
    End,
    Not,
}

fn compare(a: &mut Arena, t: &Trace, world: &World) -> Result<Ran, String> {
    let expected = match eval(t, world, 100_000) {
        Err(_) | Ok(Outcome::Fuel) => return Ok(Ran::Not),
        Ok(o) => o,
    };
    let (snap, ran) = match &expected {
        Outcome::Exit { snap, .. } => (*snap, Ran::Exit),
        _ => (t.snaps.len() - 1, Ran::End),
    };
    let state = expected.state().ok_or("no state")?;
    a.reset();
    let (code, at) = build(a, t, None, None);
    let mut vm = machine(world);
    let (_, exit) = vm.run(a, &code, at);
    if exit != Some(snap as u32) {
        return Err(format!("left through {exit:?}, not {snap}"));
    }
    for s in -2..state.top {
        if s == -1 {
            continue;
        }
        let (want, found) = (canonical(bits(&state.world.slot(s))), canonical(vm.slot(s)));
        if want != found {
            return Err(format!("slot {s} is {found:x}, not {want:x} (exit {snap})"));
        }
    }
    if ran == Ran::Exit {
        side(a, t, &code, at, snap, world)?;
    }
    let m = vm.fields[vmfield::MULTRES as usize / 8] as i32;
    if m != state.multres {
        return Err(format!("multres is {m}, not {}", state.multres));
    }
    Ok(ran)
}

fn machine(world: &World) -> Vm {
    let slots: Vec<u64> = (0..32).map(|s| bits(&world.slot(s))).collect();
    let mut vm = Vm::new(&slots);
    vm.stack[super::SLOT0 - 2] = bits(&world.slot(-2));
    vm.fields[vmfield::MULTRES as usize / 8] = world.multres as u64;
    if world.attention {
        vm.fields[vmfield::ATTENTION as usize / 8] |= 0xff << (vmfield::ATTENTION % 8 * 8);
    }
    vm
}

/// Links a side trace to the exit that was taken, and takes it again.
fn side(a: &mut Arena, t: &Trace, code: &Code, at: u64, snap: usize, world: &World) -> Result<(), String> {
    let mut plain = machine(world);
    plain.enter(a, at);
    let Some((_, _, _, state)) = plain.last() else { return Err("no exit".into()) };
    if world.attention {
        return Ok(());
    }
    let s = super::side::plus_one(t, snap);
    let (side, side_at) = build(a, &s, Some(&code.exits[snap]), None);
    super::side::link(a, code, at, snap as u32, side_at + side.inner as u64);
    let mut vm = machine(world);
    vm.enter(a, at);
    let Some((_, exit, _, after)) = vm.last() else { return Err("no exit of the side trace".into()) };
    if exit != 1 {
        return Err(format!("the side trace left through {exit}"));
    }
    let before = restore(&code.exits[snap], &state);
    for (k, (slot, found)) in restore(&side.exits[1], &after).into_iter().enumerate() {
        let r = t.snaps[snap].entries[k].1;
        let old = before[k].1;
        let want = match t.ty(r) {
            Ty::Num => (f64::from_bits(old) + 1.0).to_bits(),
            Ty::Int => f64::from((f64::from_bits(old) as i32).wrapping_add(1)).to_bits(),
            _ => old,
        };
        if canonical(want) != canonical(found) {
            return Err(format!("side trace: slot {slot} is {found:x}, not {want:x}"));
        }
    }
    Ok(())
}

fn run(options: Options, optimised: bool, seconds: f64) {
    let mut a = arena();
    let seconds = std::env::var("SECONDS_EACH").ok().and_then(|s| s.parse().ok()).unwrap_or(seconds);
    let start = Instant::now();
    let mut seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0u64);
    let (mut ends, mut exits, mut loops) = (0, 0, 0);
    while start.elapsed() < Duration::from_secs_f64(seconds) {
        let mut t = random(&mut Source::seeded(seed), &options);
        if optimised {
            match opt::replay(&t, opt::Passes::level(3)).and_then(opt::optimise) {
                Ok(better) => t = better,
                Err(_) => {
                    seed += 1;
                    continue;
                }
            }
            loops += usize::from(t.loop_at().is_some());
        }
        for w in 0..4 {
            let world = World::random(seed * 4 + w, &t);
            match compare(&mut a, &t, &world) {
                Ok(Ran::Exit) => exits += 1,
                Ok(Ran::End) => ends += 1,
                Ok(Ran::Not) => {}
                Err(e) => panic!("seed {seed}, world {w}: {e}\n{t}"),
            }
        }
        seed += 1;
    }
    println!("{seed} traces: {ends} ends, {exits} exits, {loops} loops");
    assert!(ends + exits > 40, "{ends} ends, {exits} exits");
}

#[test]
fn straight_traces_do_what_the_evaluator_does() {
    for steps in [6, 24, 90] {
        run(Options { steps, link: Link::Interp, objects: false, strings: false, calls: true }, false, 0.4);
    }
}

#[test]
fn traces_that_begin_again_do_what_the_evaluator_does() {
    for steps in [6, 24, 60] {
        run(Options { steps, link: Link::Loop, objects: false, strings: false, calls: true }, false, 0.4);
    }
}

#[test]
fn peeled_loops_do_what_the_evaluator_does() {
    for steps in [6, 24, 60] {
        run(Options { steps, link: Link::Loop, objects: false, strings: false, calls: true }, true, 0.4);
    }
}
