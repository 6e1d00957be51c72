//! No object lives in a register across CALLB.
//!
//! A use is at an index: an operand's at its instruction, a snapshot entry's at the snapshot, the left operand of a PHI at LOOP, the
//! right one at the end. What is defined before LOOP and used behind it lives until the end of each round, unless a PHI replaces it.

use super::Check;
use crate::op::Op;
use crate::trace::{Ref, Trace};
use crate::ty::Ty;
use std::collections::HashSet;

pub(super) fn across_callb(t: &Trace, loop_at: Option<usize>) -> Check {
    let calls: Vec<usize> = (0..t.ins.len()).filter(|&i| t.ins[i].op == Op::CALLB).collect();
    if calls.is_empty() {
        return Ok(());
    }
    let lefts: HashSet<Ref> = t.ins.iter().filter(|ins| ins.op == Op::PHI).map(|ins| ins.a).collect();
    let check = |r: Ref, used: usize| -> Check {
        if !r.is_ins() || r == Ref::BASE {
            return Ok(());
        }
        let value = t.ins[r.index()];
        if !value.ty.is_gc() && value.ty != Ty::Ptr || value.op == Op::CARG {
            return Ok(());
        }
        let invariant = loop_at.is_some_and(|l| r.index() < l && used > l) && !lefts.contains(&r);
        let end = if invariant { t.ins.len() } else { used };
        // The left operand of a PHI is defined anew at LOOP.
        let begin = match loop_at {
            Some(l) if lefts.contains(&r) && used > l => l,
            _ => r.index(),
        };
        match calls.iter().find(|&&c| begin < c && c < end) {
            Some(&c) => Err(format!("an object lives across the call at {c:04}: {}", t.show_ins(r.index()))),
            None => Ok(()),
        }
    };
    for (i, ins) in t.ins.iter().enumerate() {
        if ins.op == Op::PHI {
            check(ins.a, loop_at.unwrap_or(i))?;
            check(ins.b, t.ins.len())?;
            continue;
        }
        for r in ins.refs() {
            check(r, i)?;
        }
    }
    for s in &t.snaps {
        for &(_, r) in &s.entries {
            check(r, s.at as usize)?;
        }
    }
    Ok(())
}
