//! Numbers that are loaded from tables: types of several are asked at once.
//!
//! ```text
//! x = load, y = load, p = x·y       p or …  is no number ─► x no number? ─exit   y no number? ─exit   else (NaN) go on ─┐
//! …                                 both are: go on ◄───────────────────────────────────────────────────────────────────┘
//! ```
//!
//! What is no number has the bits of a NaN, and sums, differences, products, quotients and roots of NaNs are NaNs. So a load notes itself, and what is
//! computed from it says which loads it stands for. Before anything is written or left by another snapshot, as few values as stand for all loads are
//! compared two by two: an unordered pair, which LLVM has one comparison for, is looked at load by load. A number that became an integer, or that a
//! comparison found in order, has been asked by that.
//!
//! Where a store of a table's field comes next, fields of other names that are loaded behind it are loaded before it, so that they are asked together.
//!
//! Invariant: between a load and its question nothing is written, and all guards leave through the load's own snapshot, which knows nothing of
//! the load; so leaving late is leaving.
//! Invariant: a load is asked before LOOP, links and exits with its value. Loads whose exit programs took are asked where they are.

use super::block::{self, ARRAY, NODE};
use super::{Branching, Lowerer, Refusal, Val};
use ir::{Const, Conv, FpMath, Ins, Op, Ref, Trace, Ty};
use std::collections::HashMap;

/// Loads that wait at most.
const MAX: usize = 32;
/// Instructions behind a store that are searched for loads.
const AHEAD: usize = 64;

/// A load that nobody has asked.
struct Load {
    /// Text of its address.
    adr: String,
    class: usize,
    /// It has been asked by something else.
    asked: bool,
}

/// What a branch has not asked yet.
#[derive(Default)]
pub(crate) struct Unasked {
    /// The snapshot that all leave through.
    snap: usize,
    loads: Vec<Load>,
    /// For which loads a value stands: bits by instruction.
    covers: HashMap<usize, u32>,
    /// Instructions that were lowered before their turn.
    early: Vec<usize>,
}

impl Unasked {
    /// Says whether an instruction was lowered before its turn.
    pub fn is_early(&self, at: usize) -> bool {
        self.early.contains(&at)
    }

    fn of(&self, r: Ref) -> u32 {
        if r.is_ins() { self.covers.get(&r.index()).copied().unwrap_or(0) } else { 0 }
    }
}

/// Says whether a result is a NaN if an operand is.
fn passes_nan(ins: Ins) -> bool {
    ins.ty == Ty::Num
        && match ins.op {
            Op::ADD | Op::SUB | Op::MUL | Op::DIV | Op::NEG | Op::ABS => true,
            Op::FPMATH => ins.fpmath() == Some(FpMath::Sqrt),
            _ => false,
        }
}

/// Says whether a guard holds only if no operand is a NaN.
fn refuses_nan(ins: Ins) -> bool {
    ins.is_guard()
        && match ins.op {
            Op::LT | Op::LE | Op::UGE | Op::UGT | Op::EQ => true,
            Op::CONV => matches!(ins.conv(), Some(Conv::IntNum)),
            _ => false,
        }
}

/// The table part and the key that a field is at.
fn field(t: &Trace, adr: Ref) -> Option<(Ref, &[u8])> {
    let ins = t.ins.get(adr.index()).filter(|i| adr.is_ins() && i.op == Op::HREFK)?;
    match t.as_const(ins.b) {
        Some(Const::Slot(key, _)) => Some((ins.a, key)),
        _ => None,
    }
}

impl Lowerer<'_> {
    /// Leaves asking for the type of the number at an address to later, if that is right.
    pub(super) fn asks_later(
        &mut self,
        b: &mut Branching,
        at: usize,
        adr: &str,
        class: usize,
    ) -> Result<bool, Refusal> {
        let s = self.snap_at(b, at)?;
        if !matches!(class, ARRAY | NODE) || self.is_taken(b, s) {
            return Ok(false);
        }
        if b.unasked.loads.len() == MAX {
            self.ask(b)?;
        }
        b.unasked.snap = s;
        b.unasked.loads.push(Load { adr: adr.into(), class, asked: false });
        b.unasked.covers.insert(at, 1 << (b.unasked.loads.len() - 1));
        Ok(true)
    }

    /// Says whether programs left through a snapshot, or every guard of it is to be made to fail.
    fn is_taken(&self, b: &Branching, s: usize) -> bool {
        let branch = &self.tree.branches[b.branch];
        let often = branch.exits[s] > branch.entries / 64;
        branch.trace.repeats || often || self.tree.side(b.branch, s as u32).is_some()
    }

    /// Notes for which loads the value of instruction `at` stands, and which it has asked.
    pub(super) fn covers(&mut self, b: &mut Branching, at: usize) {
        if b.unasked.loads.is_empty() {
            return;
        }
        let ins = self.tree.branches[b.branch].trace.ins[at];
        if passes_nan(ins) {
            let other = if matches!(ins.op, Op::ADD | Op::SUB | Op::MUL | Op::DIV) { b.unasked.of(ins.b) } else { 0 };
            let all = b.unasked.of(ins.a) | other;
            if all != 0 {
                b.unasked.covers.insert(at, all);
            }
        } else if refuses_nan(ins) {
            let other = if ins.op == Op::CONV { 0 } else { b.unasked.of(ins.b) };
            let asked = b.unasked.of(ins.a) | other;
            for (i, l) in b.unasked.loads.iter_mut().enumerate() {
                l.asked |= asked >> i & 1 != 0;
            }
        }
    }

    /// Asks what has to be asked before instruction `at`.
    pub(super) fn ask_before(&mut self, b: &mut Branching, at: usize) -> Result<(), Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let ins = t.ins[at];
        if b.unasked.loads.is_empty() || ins.is_sunk() {
            return Ok(());
        }
        let waits = match ins.op {
            Op::NOP | Op::USE | Op::FREF | Op::AREF | Op::HREFI | Op::STRREF | Op::FLOAD | Op::XLOAD | Op::SLOAD => {
                true
            }
            Op::ALOAD | Op::HLOAD | Op::ULOAD | Op::UREFC | Op::UREFO | Op::UREFS | Op::ABC | Op::TOBIT | Op::CONV => {
                true
            }
            Op::HREFK => ins.is_guard() || self.shape_of(b, at, ins.a).is_some(),
            Op::FPMATH | Op::ADD | Op::SUB | Op::MUL | Op::DIV | Op::NEG | Op::ABS | Op::MIN | Op::MAX => true,
            Op::ADDOV | Op::SUBOV | Op::MULOV | Op::BAND | Op::BOR | Op::BXOR | Op::BNOT => true,
            Op::BSHL | Op::BSHR | Op::BSAR | Op::BROL | Op::BROR | Op::BSWAP => true,
            op => ins.is_guard() && op.kind() == ir::Kind::Cmp,
        };
        let here = !ins.is_guard() || self.snap_at(b, at)? == b.unasked.snap;
        if waits && here {
            return Ok(());
        }
        if matches!(ins.op, Op::HSTORE | Op::ASTORE) {
            self.load_early(b, at)?;
        }
        self.ask(b)
    }

    /// Loads fields that are loaded behind the store at `at`, if no store between writes them.
    fn load_early(&mut self, b: &mut Branching, at: usize) -> Result<(), Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let mut stored = Vec::new();
        for (i, &ins) in t.ins.iter().enumerate().skip(at).take(AHEAD) {
            match ins.op {
                _ if ins.is_sunk() => {}
                Op::HSTORE => match field(t, ins.a) {
                    Some((_, key)) => stored.push(key),
                    None => return Ok(()),
                },
                Op::ASTORE | Op::NOP | Op::FLOAD | Op::FREF | Op::AREF => {}
                Op::HREFK if !ins.is_guard() && self.shape_of(b, i, ins.a).is_some() => {}
                Op::HLOAD if ins.ty == Ty::Num && ins.is_guard() => {
                    let Some((node, key)) = field(t, ins.a) else { return Ok(()) };
                    let there = node.is_ins() && node.index() < at && !t.ins[ins.a.index()].is_guard();
                    let own = self.snap_at(b, i)?;
                    if !there || stored.contains(&key) || self.is_taken(b, own) || b.unasked.loads.len() == MAX {
                        return Ok(());
                    }
                    let place = ins.a.index();
                    if place >= at && !b.unasked.is_early(place) {
                        self.address(b, place, t.ins[place])?;
                        b.unasked.early.push(place);
                    }
                    let adr = self.val(b, ins.a)?.text;
                    let v = self.f.let_(format_args!("load double, ptr {adr}, align 8, !tbaa !{NODE}"));
                    b.vals[i] = Some(Val::new(v, Ty::Num));
                    b.unasked.loads.push(Load { adr: adr.to_string(), class: NODE, asked: false });
                    b.unasked.covers.insert(i, 1 << (b.unasked.loads.len() - 1));
                    b.unasked.early.push(i);
                }
                _ if ins.is_guard() || !matches!(ins.op.kind(), ir::Kind::Norm | ir::Kind::Comm) => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Asks for the types of all loads that wait.
    pub(super) fn ask(&mut self, b: &mut Branching) -> Result<(), Refusal> {
        let u = &mut b.unasked;
        let (snap, loads, covers) = (u.snap, std::mem::take(&mut u.loads), std::mem::take(&mut u.covers));
        let asked = loads.iter().enumerate().filter(|l| l.1.asked).fold(0, |all, (i, _)| all | 1u32 << i);
        let all = (1u64 << loads.len()) as u32;
        let mut open = all.wrapping_sub(1) & !asked;
        let mut values: Vec<(usize, u32)> = covers.into_iter().collect();
        values.sort_unstable();
        let mut chosen: Vec<(usize, u32)> = Vec::new();
        while open != 0 {
            // Of those that stand for most, the first: it is there soonest.
            let best = values.iter().rev().max_by_key(|v| (v.1 & open).count_ones());
            let Some(&(at, of)) = best.filter(|v| v.1 & open != 0) else { break };
            chosen.push((at, of & open));
            open &= !of;
        }
        let mut cold = None;
        for pair in chosen.chunks(2) {
            match *pair {
                [(_, of)] if of.count_ones() == 1 => {
                    let l = &loads[of.trailing_zeros() as usize];
                    let ok = self.is_number(&l.adr, l.class);
                    self.fails_through(b, snap, &ok)?;
                }
                [(x, _)] => self.compare_all(b, (x, x), &mut cold)?,
                [(x, _), (y, _)] => self.compare_all(b, (x, y), &mut cold)?,
                _ => {}
            }
        }
        let Some(label) = cold else { return Ok(()) };
        let on = self.f.label();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&label);
        for (_, l) in loads.iter().enumerate().filter(|(i, _)| asked >> i & 1 == 0) {
            let ok = self.is_number(&l.adr, l.class);
            self.fails_through(b, snap, &ok)?;
        }
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        Ok(())
    }

    /// Goes on if two values are numbers, else to where all are asked.
    fn compare_all(&mut self, b: &Branching, (x, y): (usize, usize), cold: &mut Option<String>) -> Result<(), Refusal> {
        let (x, y) = (self.val(b, Ref::ins(x))?.text, self.val(b, Ref::ins(y))?.text);
        let ok = self.f.let_(format_args!("fcmp ord double {x}, {y}"));
        let label = cold.get_or_insert_with(|| self.f.label()).clone();
        let on = self.f.label();
        self.f.line(format_args!("br i1 {ok}, label %{on}, label %{label}, !prof !{}", block::weight(1)));
        self.f.begin(&on);
        Ok(())
    }
}
