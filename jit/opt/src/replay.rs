//! Emits a trace that exists through a builder, as if it were recorded: for tests, and for traces that were read.

use crate::{Builder, Limits, Passes};
use abi::abort::Abort;
use ir::{Const, Ins, Mode, Ref, Trace};

/// Emits all of a trace with `passes` on. The passes over the whole trace are not run.
pub fn replay(from: &Trace, passes: Passes) -> Result<Builder, Abort> {
    let mut to = Trace::new(from.start, from.as_const(from.pc).cloned().unwrap_or(Const::Null));
    to.link = from.link;
    (to.slots, to.repeats) = (from.slots, from.repeats);
    let limits = Limits { ins: usize::MAX, consts: usize::MAX, snaps: usize::MAX, ..Limits::default() };
    let mut b = Builder::new(to, passes, limits);
    replay_into(from, &mut b)?;
    Ok(b)
}

/// Emits all of a trace behind what a builder has, BASE excepted.
pub fn replay_into(from: &Trace, b: &mut Builder) -> Result<(), Abort> {
    let mut new: Vec<Ref> = vec![Ref::BASE];
    let mut snaps = from.snaps.iter().peekable();
    for at in 0..=from.ins.len() {
        while let Some(s) = snaps.next_if(|s| s.at as usize <= at || at == from.ins.len()) {
            let mut s = s.clone();
            s.at = b.trace().ins.len() as u32;
            s.pc = s.pc.map(|r| carried(from, b, &new, r));
            for (_, r) in &mut s.entries {
                *r = carried(from, b, &new, *r);
            }
            b.trace_mut().snaps.push(s);
        }
        if let Some(&ins) = from.ins.get(at).filter(|_| at > 0) {
            let ins = operands(from, b, &new, ins);
            new.push(b.emit(ins)?);
        }
    }
    Ok(())
}

fn operands(from: &Trace, b: &mut Builder, new: &[Ref], mut ins: Ins) -> Ins {
    let (ma, mb) = ins.op.modes();
    for (mode, r) in [(ma, &mut ins.a), (mb, &mut ins.b)] {
        if !matches!(mode, Mode::None | Mode::Lit) {
            *r = carried(from, b, new, *r);
        }
    }
    ins
}

fn carried(from: &Trace, b: &mut Builder, new: &[Ref], r: Ref) -> Ref {
    match from.as_const(r) {
        Some(c) => b.konst(c.clone()),
        None if r.is_ins() => new[r.index()],
        None => r,
    }
}
