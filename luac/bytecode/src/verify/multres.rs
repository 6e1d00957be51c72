//! Multiple results: each is consumed at once, from where it was produced, and nothing is consumed that was not produced.
//!
//! How many results there are is kept in one place of the virtual machine, which the next call overwrites. `UCLO` keeps it: a compiler
//! puts one between the producer and a `RETM` or `CALLMT`, or lets it jump to a return moved to the end of the function.

use super::{Function, Result, quick};
use crate::op::Op;

pub(super) fn check(f: &Function) -> Result {
    let concerned = |pc: &usize| {
        quick::class(f.ops[*pc]) & quick::MULTRES != 0 && (is_producer(f, *pc) || consumed_slot(f, *pc).is_some())
    };
    if f.classes & quick::MULTRES == 0 || !(1..f.len()).any(|pc| concerned(&pc)) {
        return Ok(());
    }
    // Instructions that run while results are pending.
    let mut fed = vec![false; f.len()];
    for pc in 1..f.len() {
        if !is_producer(f, pc) {
            continue;
        }
        let mut next = pc + 1;
        if f.ops[next] == Op::UCLO {
            fed[next] = true;
            next = f.target(next);
        }
        match consumed_slot(f, next) {
            Some(slot) if slot == usize::from(f.ins(pc).a()) => fed[next] = true,
            Some(_) => return f.bad(pc, "multiple results are used from another slot"),
            None => return f.bad(pc, "multiple results are not used"),
        }
    }
    if fed[1] {
        return f.bad(1, "multiple results are missing");
    }
    for pc in 1..f.len() {
        if consumed_slot(f, pc).is_some() && !fed[pc] {
            return f.bad(pc, "multiple results are missing");
        }
        let feeds = is_producer(f, pc) || fed[pc] && f.ops[pc] == Op::UCLO;
        f.each_successor(pc, |next| {
            if fed[next] && !feeds { f.bad(pc, "multiple results are missing after the instruction") } else { Ok(()) }
        })?;
    }
    Ok(())
}

fn is_producer(f: &Function, pc: usize) -> bool {
    matches!(f.ops[pc], Op::CALL | Op::CALLM | Op::VARG) && f.ins(pc).b() == 0
}

/// Returns the slot from which an instruction takes multiple results.
fn consumed_slot(f: &Function, pc: usize) -> Option<usize> {
    let ins = f.ins(pc);
    let a = usize::from(ins.a());
    match f.ops[pc] {
        Op::CALLM => Some(a + 2 + usize::from(ins.c())),
        Op::CALLMT => Some(a + 2 + usize::from(ins.d())),
        Op::RETM => Some(a + usize::from(ins.d())),
        Op::TSETM => Some(a),
        _ => None,
    }
}
