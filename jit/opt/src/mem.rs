//! Forwarding: what memory holds, as far as the trace so far tells.
//!
//! A load whose value an earlier store or load of the same place tells is not emitted. So are addresses that were computed before, and stores
//! of what is there already. What may lie between is found by walking the chains of the operations that could have changed the place, latest
//! first: each walk ends at the first conflict, and costs no more than the length of its chains.
//!
//! Terms. A *place* is what an address means: a table and a key, a function and an upvalue, an object and a field ([`alias`]). A *clobber* is an
//! instruction that may change any place: `CALLB`, helpers not known to be harmless. A *reshape* may move the parts of a table:
//! `NEWREF`, `table.clear`, clobbers. An instruction is *fresh* if it allocated the table itself.
//!
//! Loops need no rules of their own. While a loop is peeled the instructions before LOOP stand for the round before, those behind it for this one,
//! and both together are a straight trace of two rounds: what holds for that holds for every pair of rounds.
//!
//! Invariant: a place's value is a matter of table and key. A table that grew moves the value, and the address is computed anew.
//! Invariant: no address and no object but constants is used across CALLB: it collects.
//! Invariant: two upvalues of one function are two variables. Where bytecode or `debug.upvaluejoin` make them one, the function is not compiled.
//!
//! Absent: values of templates (TDUP), which are not in the IR.

pub(crate) mod alias;
mod call;
pub(crate) mod field;
pub(crate) mod place;
mod refer;
pub(crate) mod slot;
mod upval;
pub(crate) mod value;

use crate::{Builder, abc, dse};
use abi::abort::Abort;
use abi::hash::FastMap;
use ir::{Const, Conv, Ins, Kind, Op, Ref, Slot, Trace, Ty};

/// What becomes of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Forward {
    /// This stands for it. For what has no value: it is not needed.
    Use(Ref),
    /// It is emitted.
    Emit,
    /// This is emitted instead; nothing more is to be found out about it.
    Instead(Ins),
}

/// Memory of the passes while a trace is built.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Shapes of templates (KTempl to KShape), learned from guards.
    pub(crate) templates: FastMap<Ref, Ref>,
    /// The load and the constant of the latest guard on each table's shape.
    pub(crate) shapes: FastMap<Ref, (usize, Ref)>,
    /// Pairs of tables that only aliasing kept from being told apart, while a loop is peeled.
    pub(crate) wishes: Vec<(Ref, Ref)>,
    /// Bounds checks that a hoisted pair of checks makes superfluous in the loop.
    pub(crate) ranges: Vec<abc::Range>,
    /// Slots that nobody reads behind a recorded snapshot's exit, by number of the snapshot.
    pub(crate) dead: FastMap<usize, Vec<Slot>>,
    /// What values were seen to be while recording: numbers, or any number that tells objects apart.
    pub(crate) seen: FastMap<Ref, i64>,
}

/// Finds what stands for an instruction.
pub(crate) fn forward(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    let on = b.passes();
    if ins.op == Op::ABC {
        return Ok(if on.abc && abc::is_known(b, ins) { Forward::Use(Ref::NONE) } else { Forward::Emit });
    }
    if ins.op.kind() == Kind::Store {
        if on.dse && dse::store(b, ins) {
            return Ok(Forward::Use(Ref::NONE));
        }
        return Ok(if on.fwd { refer::store(b, ins) } else { Forward::Emit });
    }
    if !on.fwd {
        return Ok(Forward::Emit);
    }
    match ins.op {
        Op::ALOAD | Op::HLOAD | Op::ULOAD => value::load(b, ins),
        Op::FLOAD => field::load(b, ins),
        Op::SLOAD => slot::load(b, ins),
        Op::MRES => slot::multres(b, ins),
        Op::CALLL => call::load(b, ins),
        Op::XLOAD => Ok(refer::byte(b, ins)),
        Op::HKLOAD => Ok(refer::key(b, ins)),
        Op::EQ | Op::NE => field::compare(b, ins),
        Op::UFREE => Ok(upval::free(b.seen(), ins)),
        Op::BMETA => Ok(upval::metatable(b.seen(), ins)),
        op if op.kind() == Kind::Refer => refer::address(b, ins),
        _ => Ok(Forward::Emit),
    }
}

/// Says whether the value at an address is known not to be nil, so that a store needs no look for `__newindex`.
pub fn was_non_nil(b: &Builder, addr: Ref) -> bool {
    value::is_non_nil(b, addr)
}

/// How far behind a load of a shape its guard is looked for.
const NEAR: usize = 32;

/// The trace so far, with its chains.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    trace: &'a Trace,
    youngest: &'a [u32; Op::COUNT],
    older: &'a [u32],
    shapes: &'a FastMap<Ref, (usize, Ref)>,
}

impl<'a> Seen<'a> {
    /// Looks at a trace: its youngest instruction of each operation, and the next older one by instruction.
    pub(crate) fn new(
        trace: &'a Trace,
        youngest: &'a [u32; Op::COUNT],
        older: &'a [u32],
        state: &'a State,
    ) -> Seen<'a> {
        Seen { trace, youngest, older, shapes: &state.shapes }
    }
    /// Returns the load of a table's shape that was compared with a constant, and this.
    fn shape(self, table: Ref) -> Option<(usize, Ref)> {
        let &(load, shape) = self.shapes.get(&table)?;
        // What was undone since is no fact.
        let of = Ref::ins(load);
        let is = |i: &Ins| i.op == Op::EQ && (i.a, i.b) == (of, shape);
        let loads = self.trace.ins.get(load).is_some_and(|i| i.op == Op::FLOAD && i.a == table);
        (loads && self.trace.ins[load..].iter().take(NEAR).any(is)).then_some((load, shape))
    }
    /// Returns the latest instruction of an operation.
    fn youngest(self, op: Op) -> Option<usize> {
        Some(self.youngest[op as usize] as usize).filter(|&i| i < self.trace.ins.len())
    }
    /// Returns the next older instruction of the operation.
    fn older(self, i: usize) -> Option<usize> {
        Some(self.older[i] as usize).filter(|&i| i < self.trace.ins.len())
    }
}

impl std::ops::Deref for Seen<'_> {
    type Target = Trace;
    fn deref(&self) -> &Trace {
        self.trace
    }
}

/// Gives the instructions of an operation, latest first, down to (not including) `down`.
pub(crate) fn chain(t: Seen<'_>, op: Op, down: usize) -> impl Iterator<Item = usize> + '_ {
    let above = move |&i: &usize| i > down;
    // Instructions that were removed stay in their chain.
    std::iter::successors(t.youngest(op).filter(above), move |&i| t.older(i).filter(above))
        .filter(move |&i| t.ins[i].op == op)
}

/// Returns the latest instruction of an operation, 0 if there is none.
pub(crate) fn last(t: Seen<'_>, op: Op) -> usize {
    chain(t, op, 0).next().unwrap_or(0)
}

/// Returns the instruction behind a reference, if it has this operation.
pub(crate) fn ins(t: Seen<'_>, r: Ref, op: Op) -> Option<Ins> {
    (r.is_ins() && t.ins[r.index()].op == op).then(|| t.ins[r.index()])
}

/// Finds an earlier equal instruction above `down`.
pub(crate) fn same(t: Seen<'_>, ins: &Ins, down: usize) -> Forward {
    let down = ins.refs().filter(|r| r.is_ins()).fold(down, |d, r| d.max(r.index()));
    chain(t, ins.op, down)
        .find(|&i| (t.ins[i].a, t.ins[i].b, t.ins[i].ty) == (ins.a, ins.b, ins.ty))
        .map_or(Forward::Emit, |i| Forward::Use(Ref::ins(i)))
}

/// Makes a value a load of type `ty`; a value of another type is a guard that fails.
pub(crate) fn as_type(b: &mut Builder, v: Ref, ty: Ty) -> Result<Ref, Abort> {
    let from = b.ty(v);
    if from == ty {
        return Ok(if ty.is_pri() { b.konst(Const::Pri(ty)) } else { v });
    }
    let (conv, guard) = match (from, ty) {
        (Ty::Int, Ty::Num) => (Conv::NumInt, false),
        (Ty::Num, Ty::Int) => (Conv::IntNum, true),
        (Ty::Int, Ty::Key) => (Conv::KeyInt, false),
        (Ty::Key, Ty::Int) => (Conv::IntKey, false),
        _ => return Err(Abort::GuardFails),
    };
    let lit = Ref::lit(conv as i32);
    b.emit(if guard { Ins::guard(Op::CONV, ty, v, lit) } else { Ins::new(Op::CONV, ty, v, lit) })
}
