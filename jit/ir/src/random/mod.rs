//! Random traces, for tests of whoever consumes or transforms traces.
//!
//! A trace is made as a recorder would make it: slots are loaded once and then known, guards have a snapshot, and what was stored or
//! assigned needs a new one. It always verifies, and does nothing undefined in whatever world: array accesses follow bounds checks,
//! addresses are made anew for each access, keys are inserted after a look-up that did not find them. Traces are straight; loops are made by
//! link `loop`, whose last snapshot leads back to the entry.
//!
//! All tables have their keys in the same order, so that guards on shapes hold now and then.

mod frames;
mod object;
mod scalar;
#[cfg(test)]
mod tests;

use crate::eval::{Outcome, World, eval};
use crate::konst::{Const, ProtoKey};
use crate::op::Op;
use crate::source::Source;
use crate::trace::{Ins, Link, Ref, Slot, Snap, Start, Trace};
use crate::ty::Ty;
use crate::{Conv, sload};
use std::collections::BTreeMap;

/// What random traces are made of.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Number of steps, of one to ten instructions each.
    pub steps: usize,
    /// What comes behind the end: [`Link::Loop`], [`Link::Interp`], [`Link::Root`].
    pub link: Link,
    /// Tables, upvalues, metatables.
    pub objects: bool,
    /// Strings.
    pub strings: bool,
    /// Calls of helpers; with objects also CALLB, closures, and returns to lower frames where the trace does not loop.
    pub calls: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { steps: 24, link: Link::Interp, objects: true, strings: true, calls: true }
    }
}

/// Makes random traces of all that there is, with their seeds.
#[cfg(test)]
pub(crate) fn samples() -> impl Iterator<Item = (u64, Trace)> {
    (0..300).map(|seed| (seed, random(&mut Source::seeded(seed), &Options::default())))
}

/// Makes a random trace.
pub fn random(src: &mut Source<'_>, options: &Options) -> Trace {
    let key = ProtoKey { hash: 0xa1, instance: 0 };
    let mut g = Gen {
        t: Trace::new(Start::Root, Const::Pc(key, 1)),
        src,
        key,
        pc: 1,
        dirty: true,
        frame: BTreeMap::new(),
        loaded: BTreeMap::new(),
        types: BTreeMap::new(),
        pool: Vec::new(),
        fresh: BTreeMap::new(),
        stored: BTreeMap::new(),
        captures: false,
        returned: false,
    };
    g.t.slots = SLOTS + 8;
    g.t.link = options.link;
    g.frame_begins(options);
    for _ in 0..options.steps {
        g.step(options);
    }
    g.finish();
    let mut t = g.t;
    let seed = src.bits();
    repair(&mut t, seed);
    t
}

/// Turns guards that fail in some world into such that hold, as a recorder would have found them: comparisons into their opposites, what
/// may overflow or be no integer into what cannot fail.
fn repair(t: &mut Trace, seed: u64) {
    for _ in 0..40 {
        let world = World::lucky(seed, t);
        let Ok(Outcome::Exit { at, .. }) = eval(t, &world, 2 * t.ins.len()) else { return };
        // The end of a loop stays.
        let counts = t.link == Link::Loop && t.ins[at..].iter().all(|ins| ins.op != Op::ADDOV);
        // What protects an access stays, too.
        let field = t.ins[at].refs().any(|r| r.is_ins() && t.ins[r.index()].op == Op::FLOAD);
        let free = !counts && !field && t.ins[at].ty != Ty::Ptr;
        let ins = &mut t.ins[at];
        let sure = |op: Op| (op, 0);
        (ins.op, ins.flags) = match ins.op {
            op if op.negated() != op && free => (op.negated(), ins.flags),
            Op::ADDOV => sure(Op::ADD),
            Op::SUBOV => sure(Op::SUB),
            Op::MULOV => sure(Op::MUL),
            Op::CONV => {
                ins.b = Ref::lit(Conv::IntTrunc as i32);
                sure(Op::CONV)
            }
            _ => return,
        };
    }
}

/// Slots of the frame.
const SLOTS: Slot = 8;
/// The slot that counts rounds of a loop.
const COUNTER: Slot = 4;

struct Gen<'s, 'b> {
    t: Trace,
    src: &'s mut Source<'b>,
    key: ProtoKey,
    pc: u32,
    /// Something was stored or assigned since the last snapshot.
    dirty: bool,
    /// Slots that differ from memory.
    frame: BTreeMap<Slot, Ref>,
    /// Slots that were loaded.
    loaded: BTreeMap<Slot, Ref>,
    /// Types that slots are loaded with.
    types: BTreeMap<Slot, Ty>,
    /// Values to work with.
    pool: Vec<Ref>,
    /// Tables made on the trace, with the keys they got, in order.
    fresh: BTreeMap<Ref, Vec<usize>>,
    /// Types of what was stored by table and key; elements have negative keys.
    stored: BTreeMap<(Ref, i64), Ty>,
    /// Closures have captured slots.
    captures: bool,
    /// It has returned to a lower frame.
    returned: bool,
}

impl Gen<'_, '_> {
    /// Says anew which types slots are loaded with, and forgets what was known of slots.
    fn frame_begins(&mut self, o: &Options) {
        self.frame.clear();
        self.loaded.clear();
        for slot in 0..SLOTS {
            let ty = match slot {
                0 | 1 if o.objects => Ty::Tab,
                2 if o.strings => Ty::Str,
                COUNTER => Ty::Int,
                _ => self.src.pick(&[Ty::Num, Ty::Num, Ty::Int, Ty::Nil, Ty::True, Ty::Num]),
            };
            self.types.insert(slot, ty);
        }
        self.types.insert(-2, Ty::Func);
    }

    fn step(&mut self, o: &Options) {
        match self.src.below(20) {
            0..=3 => self.arithmetic(),
            4 => self.bits(),
            5 => self.conversion(),
            6 | 7 => self.comparison(),
            8 | 9 => self.assign(),
            10 | 11 if o.objects => self.array(),
            12..=14 if o.objects => self.hash(),
            15 if o.objects => self.upvalue(),
            16 if o.objects => self.table(),
            17 if o.strings => self.string(),
            18 if o.calls => self.call(o),
            19 if self.src.chance(20) => {
                self.guard(Op::GCSTEP, Ty::Void, Ref::NONE, Ref::NONE);
            }
            _ => self.arithmetic(),
        }
    }

    fn emit(&mut self, op: Op, ty: Ty, a: Ref, b: Ref) -> Ref {
        self.t.push(Ins::new(op, ty, a, b))
    }

    /// Emits a guard, behind a snapshot if one is due.
    fn guard(&mut self, op: Op, ty: Ty, a: Ref, b: Ref) -> Ref {
        if self.dirty || self.src.chance(15) {
            let pc = self.next_pc();
            self.snap(pc, SLOTS);
        }
        self.t.push(Ins::guard(op, ty, a, b))
    }

    /// Emits what changes memory: the next guard needs a new snapshot.
    fn effect(&mut self, op: Op, ty: Ty, a: Ref, b: Ref) {
        self.emit(op, ty, a, b);
        self.dirty = true;
    }

    fn next_pc(&mut self) -> Ref {
        self.pc += 1;
        self.t.konst(Const::Pc(self.key, self.pc - 1))
    }

    fn snap(&mut self, pc: Ref, top: Slot) {
        let at = self.t.ins.len() as u32;
        let entries = self.frame.iter().map(|(s, r)| (*s, *r)).collect();
        self.t.snaps.push(Snap { at, pc: Some(pc), base: 0, top, multres: None, entries });
        self.dirty = false;
    }

    /// Gives the value of a slot, loaded if it is not known.
    fn slot(&mut self, slot: Slot) -> Ref {
        if let Some(r) = self.frame.get(&slot).or(self.loaded.get(&slot)) {
            return *r;
        }
        let ty = self.types.get(&slot).copied().unwrap_or(Ty::Num);
        let flags = if ty == Ty::Int { sload::CONVERT } else { 0 };
        let r = self.guard(Op::SLOAD, ty, Ref::lit(slot), Ref::lit(flags));
        self.loaded.insert(slot, r);
        self.keep(r)
    }

    /// Remembers a value to work with.
    fn keep(&mut self, r: Ref) -> Ref {
        self.pool.push(r);
        r
    }

    /// Gives a value of a type if there is one already.
    fn known(&mut self, ty: Ty) -> Option<Ref> {
        let of: Vec<Ref> = self.pool.iter().copied().filter(|r| self.t.ty(*r) == ty).collect();
        // Recent ones make longer chains.
        let recent = of.len().saturating_sub(4);
        match of.len() {
            0 => None,
            _ if self.src.chance(50) => Some(self.src.pick(&of[recent..])),
            _ => Some(self.src.pick(&of)),
        }
    }

    fn int(&mut self) -> Ref {
        if self.src.chance(25) {
            let n = self.src.pick(&[0, 1, -1, 2, 3, 5, 7, 10, 31, 32, 100, 255, i32::MAX, i32::MIN]);
            return self.t.kint(n);
        }
        match self.known(Ty::Int) {
            Some(r) => r,
            None => {
                let slot = self.slot(COUNTER);
                if self.t.ty(slot) == Ty::Int { slot } else { self.t.kint(3) }
            }
        }
    }

    fn num(&mut self) -> Ref {
        if self.src.chance(20) {
            let n = [0.0, 1.0, -1.0, 2.0, 0.5, 3.0, 10.0, -0.0, 1e9, 2147483648.0, 1e300, f64::INFINITY, f64::NAN];
            let n = self.src.pick(&n);
            return self.t.knum(n);
        }
        if self.src.chance(85)
            && let Some(r) = self.known(Ty::Num)
        {
            return r;
        }
        let slot = self.src.below(SLOTS as usize) as Slot;
        if self.types[&slot] == Ty::Num
            && let r = self.slot(slot)
            && self.t.ty(r) == Ty::Num
        {
            return r;
        }
        let n = self.int();
        let r = self.emit(Op::CONV, Ty::Num, n, Ref::lit(Conv::NumInt as i32));
        self.keep(r)
    }

    /// Gives a value for a slot or a field.
    fn value(&mut self) -> Ref {
        match self.src.below(8) {
            0 => {
                let ty = self.src.pick(&[Ty::Nil, Ty::False, Ty::True]);
                self.t.kpri(ty)
            }
            1 => self.t.konst(Const::Str(b"s"[..].into())),
            2 | 3 => self.num(),
            4 => self.int(),
            _ if self.pool.is_empty() => self.num(),
            _ => {
                let pool = std::mem::take(&mut self.pool);
                let r = self.src.pick(&pool);
                self.pool = pool;
                r
            }
        }
    }

    /// Picks a slot to assign: not the one that counts.
    fn target(&mut self) -> Slot {
        let slot = self.src.below(SLOTS as usize) as Slot;
        if slot == COUNTER { COUNTER + 1 } else { slot }
    }

    fn assign(&mut self) {
        let slot = self.target();
        let r = self.value();
        self.frame.insert(slot, r);
        self.dirty = true;
        if self.src.chance(10) {
            let ty = self.t.ty(r);
            self.effect(Op::SSTORE, ty, Ref::lit(slot), r);
        }
    }

    fn finish(&mut self) {
        match self.t.link {
            Link::Loop | Link::Again => {
                if self.captures {
                    // As at the end of a block: the next round begins without.
                    self.write_frame();
                    self.effect(Op::UCLO, Ty::Void, Ref::lit(0), Ref::lit(0));
                }
                let i = self.slot(COUNTER);
                let i = if self.t.ty(i) == Ty::Int { i } else { self.t.kint(100) };
                let one = self.t.kint(1);
                let i = self.guard(Op::ADDOV, Ty::Int, i, one);
                self.frame.insert(COUNTER, i);
                self.dirty = true;
                let end = self.t.kint(12);
                self.guard(Op::LE, Ty::Int, i, end);
                // Slots mostly have the types again that they are loaded with.
                let loaded: Vec<(Slot, Ref)> = self.loaded.iter().map(|(s, r)| (*s, *r)).collect();
                for (slot, r) in loaded {
                    let ty = self.t.ty(r);
                    let Some(now) = self.frame.get(&slot) else { continue };
                    if self.t.ty(*now) != ty && self.src.chance(90) {
                        self.frame.insert(slot, r);
                    }
                }
                let pc = self.t.pc;
                self.snap(pc, SLOTS);
            }
            _ => {
                let pc = self.next_pc();
                self.snap(pc, SLOTS);
            }
        }
    }
}
