//! Upvalues and closures.
//!
//! An open upvalue is a slot. If the slot is one of the trace's own frames, a guard compares its address (UREFS) and the trace goes on with the
//! slot itself, as the shadow stack has it: no memory is read or written. Other open upvalues are outside of the trace's slots, which UREFO
//! guards; closed ones have their value in themselves (UREFC). So what the shadow stack says stays true whatever is stored to an upvalue.
//!
//! A closure may capture slots that the trace holds in registers: nobody can read them in memory before an exit or a call that
//! stores them anyway. Only closing (UCLO) copies from memory, so it stores what it closes first.

use super::{Rec, Res, Tr};
use crate::subject::Upval;
use abi::abort::Abort;
use ir::{Const, Op as I, Ref, Slot, Ty};

/// Bits of UREFS's literal below the slot.
const SLOT_SHIFT: u32 = 8;

/// Where an upvalue is.
enum Up {
    /// In a slot of the trace.
    Slot(Slot),
    /// In memory at an address; closed or not.
    Memory(Ref, bool),
}

impl Rec<'_> {
    /// Finds upvalue `i` of the running function.
    fn upvalue(&mut self, i: u32) -> Res<(Up, Upval)> {
        let f = self.func()?;
        let uv = self.s.upvalue(self.live_func(), i).ok_or(Abort::Inconsistent)?;
        if let Some(open) = uv.open {
            let slot = i64::from(self.base()) + open;
            let top = self.base() + i32::from(self.s.info(self.t.proto).frame_size);
            if (0..i64::from(top)).contains(&slot) {
                let lit = Ref::lit(i as i32 | (slot as i32) << SLOT_SHIFT);
                self.guard(I::UREFS, Ty::Void, f.r, lit)?;
                return Ok((Up::Slot(slot as Slot), uv));
            }
        }
        let closed = uv.open.is_none() && !uv.foreign;
        let op = if closed { I::UREFC } else { I::UREFO };
        let at = self.guard(op, Ty::Ptr, f.r, Ref::lit(i as i32))?;
        Ok((Up::Memory(at.r, closed), uv))
    }

    pub(super) fn rec_uget(&mut self, a: i32, i: u32) -> Res<()> {
        let v = match self.upvalue(i)? {
            (Up::Slot(slot), uv) => match self.known(slot) {
                Some(v) => v,
                None => self.load(slot, uv.value.ty(), 0)?,
            },
            (Up::Memory(at, _), uv) => self.load_at(I::ULOAD, at, uv.value)?,
        };
        self.set(a, v);
        Ok(())
    }

    pub(super) fn rec_uset(&mut self, i: u32, v: Tr) -> Res<()> {
        match self.upvalue(i)?.0 {
            Up::Slot(slot) => self.put(slot, v, false),
            Up::Memory(at, closed) => {
                self.emit(I::USTORE, v.ty, at, v.r)?;
                if closed && v.ty.is_gc() {
                    self.emit(I::OBAR, v.ty, at, v.r)?;
                }
            }
        }
        Ok(())
    }

    /// Closes the upvalues from slot `a` on.
    pub(super) fn rec_uclo(&mut self, a: i32) -> Res<()> {
        if self.depth() >= self.t.inherited && !self.t.closures {
            // The frame is of this trace, and nothing captured its slots.
            return Ok(());
        }
        let captured = self.s.captured(self.t.proto);
        let size = i32::from(self.s.info(self.t.proto).frame_size);
        for i in a..size.min(256) {
            if captured[i as usize / 64] >> (i % 64) & 1 != 0 {
                self.store_slot(self.base() + i)?;
            }
        }
        self.emit(I::UCLO, Ty::Void, Ref::lit(self.base() + a), Ref::NONE)?;
        Ok(())
    }

    /// Makes a closure.
    pub(super) fn rec_fnew(&mut self, a: i32, d: u32) -> Res<()> {
        let p = self.s.kproto(self.t.proto, d);
        let p = self.konst(Const::Proto(self.s.key(p)));
        let base = self.base();
        // The parent is read from memory. What is written there is what an exit would write: it is no effect.
        self.func()?;
        self.store_slot(base - 2)?;
        self.t.effect = false;
        let f = self.guard(I::FNEW, Ty::Func, p.r, Ref::lit(base))?;
        self.t.closures = true;
        self.set(a, f);
        Ok(())
    }
}
