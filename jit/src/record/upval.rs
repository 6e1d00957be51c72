//! Upvalues and closures.
//!
//! An open upvalue is a slot. If the slot is one of the trace's own frames, a guard compares its address (UREFS) and the trace goes on with the
//! slot itself, as the shadow stack has it: no memory is read or written. Other open upvalues are outside of the trace's slots, which UREFO
//! guards; closed ones have their value in themselves (UREFC). So what the shadow stack says stays true whatever is stored to an upvalue.
//!
//! A closure may capture slots that the trace holds in registers: nobody can read them in memory before an exit or a call that
//! stores them anyway. Only closing (UCLO) copies from memory, so it stores what it closes first.
//!
//! What closures made on the trace capture is known, so their upvalues need no guards. If all upvalues that a UCLO closes are such (*own*: the
//! frame is of this trace, or a guard, UFREE, found none open before), the values come as CSTOREs before the UCLO, and USTOREs into the closed
//! upvalues behind it say them again: loads find them there, and exits. So closures need not be made for being called.
//!
//! Invariant: nothing is taken for known across a call of a builtin (CALLB), which may join upvalues.

use super::{Rec, Res, Tr};
use crate::subject::Upval;
use abi::abort::Abort;
use bytecode::proto::UpvalDesc;
use ir::{Capture, Closure, Const, Op as I, Ref, Slot, Ty, Variable};

/// Bits of UREFS's literal below the slot.
const SLOT_SHIFT: u32 = 8;
const _: () = assert!(Closure::LOCAL == UpvalDesc::LOCAL as i32 && Closure::IMMUTABLE == UpvalDesc::IMMUTABLE as i32);
/// Literal of a UCLO that closes only upvalues of closures made on the trace.
const OWN: i32 = 1;

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
        if let Some(up) = self.made_upvalue(f.r, i)? {
            return Ok((up, uv));
        }
        if let Some(open) = uv.open {
            let slot = i64::from(self.base()) + open;
            if self.is_in_frames(slot) {
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

    /// Says whether a slot is one of the trace's frames.
    fn is_in_frames(&self, slot: i64) -> bool {
        let top = self.base() + i32::from(self.s.info(self.t.proto).frame_size);
        (0..i64::from(top)).contains(&slot)
    }

    /// Finds an upvalue of a closure made on the trace, if it is known where it is.
    fn made_upvalue(&mut self, f: Ref, i: u32) -> Res<Option<Up>> {
        let t = self.t.b.trace();
        // The list of instructions is searched for functions made on the trace alone; of others there is nothing to know.
        if !f.is_ins() || t.ins[f.index()].op != I::FNEW {
            return Ok(None);
        }
        let known_from = self.known_from();
        if f.index() < known_from {
            return Ok(None);
        }
        let Variable::Local { owner, slot } = t.variable(f, i) else { return Ok(None) };
        if owner < known_from {
            return Ok(None);
        }
        match t.closed_at(slot, owner, t.ins.len()) {
            None => Ok(self.is_in_frames(slot.into()).then_some(Up::Slot(slot))),
            Some(at) if t.ins[at].b.as_lit() == OWN => {
                let at = self.closed_upvalue(owner, slot)?;
                Ok(Some(Up::Memory(at.r, true)))
            }
            Some(_) => Ok(None),
        }
    }

    /// Address of a closed upvalue of the FNEW `owner`, which captured it in a slot.
    fn closed_upvalue(&mut self, owner: usize, slot: Slot) -> Res<Tr> {
        let f = Ref::ins(owner);
        let c = self.t.b.trace().closure(f).ok_or(Abort::Inconsistent)?;
        let is = |c: &Capture| matches!(c, Capture::Local { slot: s, .. } if *s == slot);
        let k = c.captures.iter().position(is).ok_or(Abort::Inconsistent)?;
        self.emit(I::UREFC, Ty::Ptr, f, Ref::lit(k as i32))
    }

    /// Index of the first instruction from which on nothing unknown happened to upvalues and slots.
    fn known_from(&self) -> usize {
        let ins = &self.t.b.trace().ins;
        ins.iter().rposition(|i| matches!(i.op, I::CALLB | I::RETF)).map_or(0, |i| i + 1)
    }

    /// Finds the variables at slot `level` and above that closures of the trace captured and nothing has closed: slot and owner.
    fn captured_from(&self, level: Slot) -> Vec<(Slot, usize)> {
        let t = self.t.b.trace();
        let mut out: Vec<(Slot, usize)> = Vec::new();
        for (i, ins) in t.ins.iter().enumerate() {
            match ins.op {
                I::FNEW => {
                    for slot in t.closure(Ref::ins(i)).iter().flat_map(|c| c.slots()).filter(|s| *s >= level) {
                        if !out.iter().any(|o| o.0 == slot) {
                            out.push((slot, i));
                        }
                    }
                }
                I::UCLO => out.retain(|o| o.0 < ins.a.as_lit()),
                _ => {}
            }
        }
        out
    }

    /// Says whether all open upvalues at slot `level` and above are of closures made on the trace, since `known_from`.
    fn is_own(&self, level: Slot, known_from: usize) -> bool {
        let frees = |i: &ir::Ins| matches!(i.op, I::UFREE | I::UCLO) && i.a.as_lit() <= level && !i.is_sunk();
        self.depth() >= self.t.inherited || self.t.b.trace().ins[known_from..].iter().any(frees)
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
        let level = self.base() + a;
        let size = i32::from(self.s.info(self.t.proto).frame_size);
        let known_from = self.known_from();
        let open = self.captured_from(level);
        let own = self.is_own(level, known_from);
        if open.is_empty() && own {
            // Nothing captured these slots.
            return Ok(());
        }
        let values: Option<Vec<Tr>> =
            open.iter().map(|o| self.known(o.0).filter(|_| o.0 < self.base() + size)).collect();
        if let Some(values) = values.filter(|_| own && open.iter().all(|o| o.1 >= known_from)) {
            for (&(slot, _), v) in open.iter().zip(&values) {
                self.emit(I::CSTORE, v.ty, Ref::lit(slot), v.r)?;
            }
            self.emit(I::UCLO, Ty::Void, Ref::lit(level), Ref::lit(OWN))?;
            for (&(slot, owner), v) in open.iter().zip(&values) {
                let at = self.closed_upvalue(owner, slot)?;
                self.emit(I::USTORE, v.ty, at.r, v.r)?;
                if v.ty.is_gc() {
                    self.emit(I::OBAR, v.ty, at.r, v.r)?;
                }
            }
            return Ok(());
        }
        let captured = self.s.captured(self.t.proto);
        for i in a..size.min(256) {
            if captured[i as usize / 64] >> (i % 64) & 1 != 0 {
                self.store_slot(self.base() + i)?;
            }
        }
        self.emit(I::UCLO, Ty::Void, Ref::lit(level), Ref::lit(0))?;
        Ok(())
    }

    /// Makes a closure.
    pub(super) fn rec_fnew(&mut self, a: i32, d: u32) -> Res<()> {
        let child = self.s.kproto(self.t.proto, d);
        let p = self.konst(Const::Proto(self.s.key(child)));
        let base = self.base();
        let parent = self.func()?;
        let captures = self.s.captures(child);
        let highest = captures.iter().filter(|d| UpvalDesc(**d).is_local()).map(|d| base + i32::from(d & 255)).max();
        if let Some(slot) = highest {
            self.free_slots(slot)?;
        }
        let mut list = vec![parent, self.kint(base)];
        list.extend(captures.iter().map(|d| Tr { r: self.t.b.trace_mut().kint(i32::from(*d)), ty: Ty::Int }));
        let list = self.arg_list(&list)?;
        let f = self.guard(I::FNEW, Ty::Func, p.r, list)?;
        self.set(a, f);
        Ok(())
    }

    /// Before slots up to `slot` are captured: asks whether the slots above those with upvalues have none indeed, if the frame is not of the trace.
    fn free_slots(&mut self, slot: Slot) -> Res<()> {
        let low = self.s.highest_open().map_or(0, |s| (i64::from(self.base()) + s + 1).clamp(0, 1 << 16) as Slot);
        let known_from = self.known_from();
        if low > slot || self.is_own(slot, known_from) || !self.captured_from(low).is_empty() {
            return Ok(());
        }
        self.guard(I::UFREE, Ty::Void, Ref::lit(low), Ref::NONE)?;
        Ok(())
    }
}
