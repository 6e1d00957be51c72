//! Closures, upvalues that are slots, and returns to lower frames.

use super::{Gen, SLOTS};
use crate::Options;
use crate::konst::{Const, ProtoKey};
use crate::op::Op;
use crate::trace::{Link, Ref};
use crate::ty::Ty;

impl Gen<'_, '_> {
    pub(super) fn frames(&mut self, o: &Options) {
        match self.src.below(7) {
            0 | 1 => self.closure(),
            2 => self.close(),
            3 => {
                let (f, slot, n) = (self.function(), self.src.below(SLOTS as usize) as i32, self.src.below(4) as i32);
                self.guard(Op::UREFS, Ty::Void, f, Ref::lit(slot << 8 | n));
            }
            4 => {
                let v = self.num();
                self.emit(Op::USE, Ty::Void, v, Ref::NONE);
            }
            _ if matches!(self.t.link, Link::Interp | Link::Root(_)) => self.return_down(o),
            _ => self.closure(),
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

    /// Makes a closure, which may capture any slot.
    fn closure(&mut self) {
        // The frame's function is the parent.
        self.slot(-2);
        self.write_frame();
        self.dirty = true;
        let instance = self.src.below(3) as u32;
        let proto = self.t.konst(Const::Proto(ProtoKey { hash: 0xc1, instance }));
        let f = self.guard(Op::FNEW, Ty::Func, proto, Ref::lit(0));
        self.keep(f);
        // A slot that was captured is read again.
        self.loaded.retain(|slot, _| *slot < 0);
    }

    /// Closes upvalues, as the end of a block does.
    fn close(&mut self) {
        self.write_frame();
        let from = self.src.below(SLOTS as usize) as i32;
        self.effect(Op::UCLO, Ty::Void, Ref::lit(from), Ref::NONE);
    }

    /// Returns to a caller whose frame ends where this one begins: none of its slots is known.
    fn return_down(&mut self, o: &Options) {
        let link = self.next_pc();
        self.guard(Op::RETF, Ty::Void, link, Ref::lit(SLOTS + 2));
        self.frame_begins(o);
        self.dirty = true;
    }
}
