//! The verifier: says whether a trace is well-formed, and if not, why.
//!
//! Checked are: operands (modes, existence, definition before use), types by operation (module `types`), literals, constants, guards and
//! their snapshots, snapshots and their entries, PHIs, sunk values, and what lives across CALLB.
//!
//! Decisions where the table leaves room:
//! * What can fail and is not sunk is a guard: comparisons, overflow arithmetic, allocations, helpers that fail. What cannot fail is none.
//!   Loads, HREFK, UREFO, UREFC and CONV num to int may be guards or known to succeed.
//! * The argument `vm` of a helper is implied: it is not in the list.
//! * LOOP needs link `loop`; link `loop` without LOOP means the same as `again`. Every finished trace but one with LOOP needs a last snapshot.
//! * What uses a sunk value is itself sunk, or a PHI, or a snapshot.
//! * CALLB has a snapshot directly behind it.
//!
//! Absent: whether a trace does what the program does. That is the evaluator's and the tests' matter.

mod live;
#[cfg(test)]
mod tests;
mod types;

use crate::konst::Const;
use crate::op::{Kind, Mode, Op};
use crate::trace::{Ins, Link, Ref, Snap, Trace, flag};
use crate::ty::Ty;
use std::collections::HashSet;

/// What a check gives: nothing, or what is wrong.
type Check = Result<(), String>;

/// Verifies a trace; the error names the line and what is wrong with it.
pub fn verify(t: &Trace) -> Check {
    constants(t)?;
    if t.ins.is_empty() {
        return Err("there is no instruction: BASE is missing".into());
    }
    if !matches!(t.as_const(t.pc), Some(Const::Pc(..))) {
        return Err("the trace's pc is no kpc".into());
    }
    ensure((-types::MAX_SLOT..=types::MAX_SLOT).contains(&t.slots), "the trace's slots are out of range")?;
    // Operands first: everything else relies on them.
    for i in 0..t.ins.len() {
        at(t, i, operands(t, i))?;
    }
    let loop_at = structure(t)?;
    for i in 0..t.ins.len() {
        at(t, i, types::instruction(t, i))?;
        at(t, i, guard(t, i))?;
        at(t, i, sunk(t, i))?;
    }
    snapshots(t)?;
    if let Some(l) = loop_at {
        phis(t, l)?;
    }
    live::across_callb(t, loop_at)
}

fn at(t: &Trace, i: usize, check: Check) -> Check {
    check.map_err(|e| format!("{e}: {}", t.show_ins(i)))
}

fn ensure(holds: bool, message: &str) -> Check {
    if holds { Ok(()) } else { Err(message.into()) }
}

fn constants(t: &Trace) -> Check {
    let mut seen = HashSet::new();
    for c in &t.consts {
        let good = match c {
            Const::Pri(ty) => ty.is_pri(),
            Const::Num(bits) => !f64::from_bits(*bits).is_nan() || *bits == crate::text::CANONICAL_NAN,
            Const::Builtin(n) => *n != 0 && (*n as usize) < abi::builtins::NAMES.len(),
            Const::Shape(s) => {
                let keys: HashSet<_> = s.keys.iter().collect();
                (s.nodes == 0 || s.nodes.is_power_of_two())
                    && keys.len() == s.keys.len()
                    && keys.len() <= s.nodes as usize
            }
            _ => true,
        };
        if !good {
            return Err(format!("malformed constant {c}"));
        }
        if !seen.insert(c) {
            return Err(format!("constant {c} is there twice"));
        }
    }
    Ok(())
}

fn operands(t: &Trace, i: usize) -> Check {
    let ins = t.ins[i];
    let (ma, mb) = ins.op.modes();
    for (mode, r) in [(ma, ins.a), (mb, ins.b)] {
        match mode {
            Mode::None => ensure(r == Ref::NONE, "there is one operand too many")?,
            Mode::Lit => {}
            Mode::Opt if r == Ref::NONE => {}
            Mode::Cst => ensure(t.as_const(r).is_some(), "operand is no constant")?,
            Mode::Ref | Mode::Opt => defined(t, r, i)?,
        }
        // A list of arguments is no value: it is only the beginning of a list, or a call's.
        if matches!(mode, Mode::Ref | Mode::Opt) && r.is_ins() && t.ins[r.index()].op == Op::CARG {
            let first = r == ins.a && !(ins.op == Op::CARG && r == ins.b) || ins.op == Op::FNEW;
            let list = matches!(ins.op, Op::FNEW | Op::CARG | Op::CAT | Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS);
            ensure(first && list, "operand is a CARG")?;
        }
    }
    Ok(())
}

/// Checks that a reference has a value before instruction `i`.
fn defined(t: &Trace, r: Ref, i: usize) -> Check {
    ensure(r != Ref::NONE, "operand is missing")?;
    if r.is_const() {
        return ensure(r.index() < t.consts.len(), "there is no such constant");
    }
    ensure(r.index() < i, "operand is not defined before")?;
    ensure(has_value(t.ins[r.index()]), "operand has no value")
}

/// Says whether an instruction has a value (a CARG's is a list).
fn has_value(ins: Ins) -> bool {
    match ins.op.kind() {
        Kind::Cmp => false,
        Kind::Mark => ins.op == Op::BASE,
        Kind::Store => match ins.op {
            Op::NEWREF => true,
            Op::CALLS => ins.helper().is_some_and(|h| h.row().ret != abi::support::Arg::void),
            _ => false,
        },
        Kind::Norm | Kind::Comm | Kind::Refer | Kind::Load | Kind::Alloc => true,
    }
}

/// Checks markers and link; gives the index of LOOP.
fn structure(t: &Trace) -> Result<Option<usize>, String> {
    let loop_at = t.loop_at();
    let first_phi = t.ins.iter().position(|ins| ins.op == Op::PHI);
    for (i, ins) in t.ins.iter().enumerate() {
        let good = match ins.op {
            Op::BASE => i == 0,
            Op::LOOP => loop_at == Some(i),
            Op::PHI => loop_at.is_some_and(|l| l < i),
            _ => first_phi.is_none_or(|p| i < p),
        };
        at(t, i, ensure(good && (i != 0 || ins.op == Op::BASE), "instruction is at the wrong place"))?;
    }
    if loop_at.is_some() {
        ensure(t.link == Link::Loop, "there is a LOOP, but the link is not `loop`")?;
    } else if t.link != Link::Open {
        ensure(!t.snaps.is_empty(), "the link needs a last snapshot")?;
    }
    Ok(loop_at)
}

fn guard(t: &Trace, i: usize) -> Check {
    let ins = t.ins[i];
    let helper_fails = || ins.helper().is_some_and(|h| h.row().fails);
    // (must be a guard, may be one)
    let (must, may) = match ins.op {
        Op::GCSTEP | Op::ADDOV | Op::SUBOV | Op::MULOV | Op::STRTO | Op::NEWREF | Op::CALLB => (true, true),
        Op::HREFK | Op::UREFO | Op::UREFC | Op::ALOAD | Op::HLOAD | Op::HKLOAD | Op::ULOAD | Op::SLOAD => (false, true),
        Op::CONV => (false, ins.conv().is_some_and(|c| c.can_fail())),
        Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS => (helper_fails(), helper_fails()),
        op => match op.kind() {
            Kind::Cmp | Kind::Alloc => (true, true),
            _ => (false, false),
        },
    };
    ensure(!must || ins.is_guard() || ins.is_sunk(), "instruction must be a guard")?;
    ensure(may || !ins.is_guard(), "instruction cannot be a guard")?;
    if ins.op == Op::CALLB {
        return ensure(t.snaps.iter().any(|s| s.at as usize == i + 1), "there is no snapshot directly behind");
    }
    ensure(!ins.is_guard() || t.snap_at(i).is_some(), "guard has no snapshot")
}

fn sunk(t: &Trace, i: usize) -> Check {
    let ins = t.ins[i];
    if ins.is_sunk() {
        let may = match ins.op {
            Op::TNEW
            | Op::TDUP
            | Op::SNEW
            | Op::ASTORE
            | Op::HSTORE
            | Op::FSTORE
            | Op::NEWREF
            | Op::TBAR
            | Op::FLOAD
            | Op::USTORE
            | Op::OBAR
            | Op::CSTORE
            | Op::CARG
            | Op::FNEW => true,
            Op::UCLO => ins.b.as_lit() == 1,
            op => op.kind() == Kind::Refer,
        };
        return ensure(may, "instruction cannot be sunk");
    }
    let uses = ins.refs().any(|r| r.is_ins() && t.ins[r.index()].is_sunk());
    ensure(!uses || ins.op == Op::PHI, "operand is sunk")
}

fn snapshots(t: &Trace) -> Check {
    let mut before = 0;
    // The base moves down by RETF.
    let mut down = 0;
    let mut i = 0;
    for (n, s) in t.snaps.iter().enumerate() {
        while i < t.ins.len().min(s.at as usize) {
            if t.ins[i].op == Op::RETF {
                down += i64::from(t.ins[i].b.as_lit());
            }
            i += 1;
        }
        let check = if s.at < before { Err("snapshots are not ascending".into()) } else { snapshot(t, s, down) };
        check.map_err(|e| format!("{e}: {}", t.show_snap(n)))?;
        before = s.at;
    }
    Ok(())
}

fn snapshot(t: &Trace, s: &Snap, down: i64) -> Check {
    ensure(s.at as usize <= t.ins.len(), "snapshot lies behind the end")?;
    ensure(matches!(s.pc.and_then(|r| t.as_const(r)), Some(Const::Pc(..))), "pc is no kpc")?;
    let range = -types::MAX_SLOT..=types::MAX_SLOT;
    ensure(range.contains(&s.base) && range.contains(&s.top), "base or top is out of range")?;
    ensure(s.entries.first().is_none_or(|e| range.contains(&e.0)), "slot is out of range")?;
    ensure(s.entries.is_sorted_by(|a, b| a.0 < b.0), "entries are not ascending")?;
    for &(slot, r) in &s.entries {
        let entry = || -> Check {
            defined(t, r, s.at as usize)?;
            ensure(!r.is_ins() || t.ins[r.index()].op != Op::CARG, "value is a CARG")?;
            ensure(types::in_slot(t.ty(r)), "value cannot be in a slot")?;
            ensure(slot < s.top, "slot is not below top")?;
            ensure(
                t.link == Link::Open || i64::from(slot) - down < i64::from(t.slots),
                "slot is not below the trace's slots",
            )
        };
        entry().map_err(|e| format!("slot {slot}: {e}"))?;
    }
    Ok(())
}

fn phis(t: &Trace, loop_at: usize) -> Check {
    let mut lefts = HashSet::new();
    let mut operands = HashSet::new();
    for (i, ins) in t.ins.iter().enumerate().filter(|(_, ins)| ins.op == Op::PHI) {
        let check = || -> Check {
            ensure(!ins.a.is_ins() || ins.a.index() < loop_at, "left operand is not defined before LOOP")?;
            ensure(ins.a.is_ins(), "left operand is a constant")
        };
        at(t, i, check())?;
        at(t, i, ensure(lefts.insert(ins.a), "left operand has two PHIs"))?;
        operands.extend([ins.a, ins.b]);
    }
    for (i, ins) in t.ins.iter().enumerate() {
        let flagged = ins.flags & flag::PHI != 0;
        let is = operands.contains(&Ref::ins(i));
        at(t, i, ensure(flagged || !is, "operand of a PHI lacks the flag"))?;
        at(t, i, ensure(is || !flagged, "instruction has the flag, but no PHI"))?;
    }
    Ok(())
}

impl crate::Conv {
    /// Says whether the conversion can fail, and so may be a guard.
    pub const fn can_fail(self) -> bool {
        matches!(self, crate::Conv::IntNum | crate::Conv::IntNumIndex)
    }

    /// Returns the types before and behind.
    pub const fn types(self) -> (Ty, Ty) {
        match self {
            crate::Conv::NumInt => (Ty::Int, Ty::Num),
            crate::Conv::IntNum | crate::Conv::IntNumIndex | crate::Conv::IntTrunc => (Ty::Num, Ty::Int),
            crate::Conv::KeyInt => (Ty::Int, Ty::Key),
            crate::Conv::IntKey => (Ty::Key, Ty::Int),
        }
    }
}
