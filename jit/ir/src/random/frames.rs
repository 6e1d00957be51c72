//! Closures, upvalues that are slots, and returns to lower frames.
//!
//! Absent: CSTORE: when a captured slot may get its last value so is the recorder's to know. It has files.

use super::{Gen, SLOTS};
use crate::Options;
use crate::closure::Closure;
use crate::konst::{Const, ProtoKey};
use crate::op::Op;
use crate::trace::{Link, Ref};
use crate::ty::Ty;

impl Gen<'_, '_> {
    pub(super) fn frames(&mut self, o: &Options) {
        match self.src.below(7) {
            0 | 1 if !self.returned => self.closure(),
            2 => self.close(),
            3 => {
                let (f, slot, n) = (self.function(), self.src.below(SLOTS as usize) as i32, self.src.below(4) as i32);
                self.guard(Op::UREFS, Ty::Void, f, Ref::lit(slot << 8 | n));
            }
            4 if !self.captures && self.src.chance(50) => {
                let slot = self.src.below(SLOTS as usize) as i32;
                self.guard(Op::UFREE, Ty::Void, Ref::lit(slot), Ref::NONE);
            }
            4 => {
                let v = self.num();
                self.emit(Op::USE, Ty::Void, v, Ref::NONE);
            }
            _ if matches!(self.t.link, Link::Interp | Link::Root(_)) => self.return_down(o),
            _ => self.close(),
        }
    }

    /// Writes what slots have to memory.
    pub(super) fn write_frame(&mut self) {
        for (slot, r) in std::mem::take(&mut self.frame) {
            let ty = self.t.ty(r);
            self.emit(Op::SSTORE, ty, Ref::lit(slot), r);
            self.types.insert(slot, if ty == Ty::Int { Ty::Num } else { ty });
        }
    }

    /// Makes a closure, which may capture any slot. No upvalue of the frame is open before.
    fn closure(&mut self) {
        let parent = self.slot(-2);
        self.write_frame();
        // Asked once: of a slot that was captured it would not hold, unless the closure is sunk.
        if !std::mem::replace(&mut self.captures, true) {
            self.guard(Op::UFREE, Ty::Void, Ref::lit(0), Ref::NONE);
        }
        self.dirty = true;
        let base = self.t.kint(0);
        let mut list = self.emit(Op::CARG, Ty::Void, parent, base);
        for _ in 0..self.src.below(4) {
            let slot = self.src.below(SLOTS as usize) as i32;
            let captured = self.t.kint(slot | Closure::LOCAL);
            list = self.emit(Op::CARG, Ty::Void, list, captured);
        }
        let instance = self.src.below(3) as u32;
        let proto = self.t.konst(Const::Proto(ProtoKey { hash: 0xc1, instance }));
        let f = self.guard(Op::FNEW, Ty::Func, proto, list);
        self.keep(f);
        // A slot that was captured is read again.
        self.loaded.retain(|slot, _| *slot < 0);
    }

    /// Closes upvalues, as the end of a block does.
    fn close(&mut self) {
        self.write_frame();
        let from = self.src.below(SLOTS as usize) as i32;
        self.effect(Op::UCLO, Ty::Void, Ref::lit(from), Ref::lit(0));
    }

    /// Returns to a caller whose frame ends where this one begins: none of its slots is known.
    fn return_down(&mut self, o: &Options) {
        // Whether its slots are captured is not known.
        self.returned = true;
        let link = self.next_pc();
        self.guard(Op::RETF, Ty::Void, link, Ref::lit(SLOTS + 2));
        self.frame_begins(o);
        self.dirty = true;
    }
}
