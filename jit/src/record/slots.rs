//! The shadow stack: what the trace knows to be in each slot; and snapshots of it.

use super::{Rec, Res, Shadow, Tr};
use crate::subject::V;
use abi::abort::Abort;
use ir::{Const, Op, Ref, Slot, Snap, Ty, sload};

/// Slots a trace may use at most.
const MAX_SLOTS: Slot = 1000;

impl Rec<'_> {
    /// Index of a slot in the shadow stack; none for slots below all that is known (varargs of the first frame).
    fn index(&self, slot: Slot) -> usize {
        usize::try_from(slot - self.t.low).unwrap_or(usize::MAX)
    }

    /// What the trace knows of a slot (from the trace's base).
    pub(super) fn known(&self, slot: Slot) -> Option<Tr> {
        self.t.slots.get(self.index(slot)).copied().flatten().map(|s| s.tr)
    }

    /// Value of slot `i` of the running frame; loaded with a guard for the type it has now if the trace does not know it.
    pub(super) fn get(&mut self, i: i32) -> Res<Tr> {
        let slot = self.base() + i;
        if let Some(tr) = self.known(slot) {
            return Ok(tr);
        }
        let v = self.s.slot(i);
        let tr = self.load(slot, v.ty(), 0)?;
        self.observe(tr.r, v);
        Ok(tr)
    }

    /// Tells the optimiser what a value is now, where that helps it to bet: which table, which integer.
    pub(super) fn observe(&mut self, r: Ref, v: V) {
        match (v.ty(), v.int()) {
            (Ty::Tab, _) => self.t.b.observe(r, v.0 as i64),
            (_, Some(n)) => self.t.b.observe(r, n.into()),
            _ => {}
        }
    }

    /// Loads a slot from memory as a type.
    pub(super) fn load(&mut self, slot: Slot, ty: Ty, flags: i32) -> Res<Tr> {
        if ty == Ty::Void {
            return Err(Abort::Inconsistent);
        }
        let tr = self.guard(Op::SLOAD, ty, Ref::lit(slot), Ref::lit(flags))?;
        self.put(slot, tr, true);
        Ok(tr)
    }

    /// Says that a slot has a value, in memory or not.
    pub(super) fn put(&mut self, slot: Slot, tr: Tr, mem: bool) {
        if slot < self.t.low {
            let more = (self.t.low - slot) as usize;
            self.t.slots.splice(0..0, std::iter::repeat_n(None, more));
            self.t.low = slot;
        }
        let i = self.index(slot);
        if i >= self.t.slots.len() {
            self.t.slots.resize(i + 32, None);
        }
        self.t.slots[i] = Some(Shadow { tr, mem });
    }

    /// Sets slot `i` of the running frame.
    pub(super) fn set(&mut self, i: i32, tr: Tr) {
        let slot = self.base() + i;
        self.put(slot, tr, false);
    }

    /// Forgets all slots from `i` of the running frame on: they are dead.
    pub(super) fn forget_above(&mut self, i: i32) {
        let at = self.index(self.base() + i);
        for s in self.t.slots.iter_mut().skip(at) {
            *s = None;
        }
    }

    /// Forgets everything the trace knows about slots but the frames' links: all values come from memory again. For use after all was stored and
    /// somebody else may have changed it; captured variables are slots too, so constants are forgotten like other values.
    pub(super) fn forget_all(&mut self) {
        for s in &mut self.t.slots {
            if s.is_some_and(|s| s.tr.ty != Ty::Link || !s.tr.r.is_const() || !s.mem) {
                *s = None;
            }
        }
    }

    /// Value of the function of the running frame.
    pub(super) fn func(&mut self) -> Res<Tr> {
        self.get(-2)
    }

    /// The live function of the running frame.
    pub(super) fn live_func(&self) -> V {
        self.s.slot(-2)
    }

    /// Accounts the extent of the running frame.
    pub(super) fn extent(&mut self) {
        let top = self.base() + i32::from(self.s.info(self.frame_proto()).frame_size);
        // Continuation frames and builtins' frames lie above it.
        let top = top + 24;
        let t = self.t.b.trace_mut();
        t.slots = t.slots.max(top);
    }

    pub(super) fn frame_proto(&self) -> crate::subject::P {
        self.t.frames.last().map_or(self.t.proto, |f| f.proto)
    }

    /// Makes sure that slots up to `top` (from the trace's base) exist when the trace runs.
    pub(super) fn need_slots(&mut self, top: Slot) -> Res<()> {
        let t = self.t.b.trace_mut();
        t.slots = t.slots.max(top);
        if top > MAX_SLOTS { Err(Abort::StackTooDeep) } else { Ok(()) }
    }

    /// Writes the whole shadow stack to memory, as before a call that may look at it.
    pub(super) fn store_all(&mut self) -> Res<()> {
        let end = self.t.low + self.t.slots.len() as Slot;
        (self.t.low..end).try_for_each(|slot| self.store_slot(slot))
    }

    /// Writes a slot of the shadow stack to memory, if that has not its value.
    pub(super) fn store_slot(&mut self, slot: Slot) -> Res<()> {
        let at = self.index(slot);
        if let Some(s) = self.t.slots.get(at).copied().flatten().filter(|s| !s.mem) {
            self.emit(Op::SSTORE, s.tr.ty, Ref::lit(slot), s.tr.r)?;
            self.t.slots[at] = Some(Shadow { mem: true, ..s });
        }
        Ok(())
    }

    // ---- snapshots ----

    /// Takes a snapshot of the state before the running instruction.
    pub(super) fn snapshot(&mut self) -> Res<()> {
        let pc = self.t.pc;
        self.snapshot_at(pc)
    }

    /// Takes one if effects came since the last: before guards that are not emitted by [`Rec::ins`].
    pub(super) fn snapshot_if_wanted(&mut self) -> Res<()> {
        if self.t.need_snap { self.snapshot() } else { Ok(()) }
    }

    /// Takes a snapshot whose exit goes on at instruction `pc` of the running frame. It replaces the last one if nothing came between; but not the
    /// entry's, which is no branch's: through it the check for room leaves.
    pub(super) fn snapshot_at(&mut self, pc: u32) -> Res<()> {
        let proto = self.frame_proto();
        let key = self.s.key(proto);
        let pc_ref = self.t.b.konst(Const::Pc(key, pc));
        let base = self.base();
        let info = self.s.info(proto);
        let extra = self.t.multres.map_or(0, |(first, n)| first + n as i32);
        let top = (base + i32::from(info.frame_size)).max(extra);
        let live = self.live_slots(proto, pc);
        let mut entries = Vec::new();
        self.t.b.growth().room(&mut entries, self.t.slots.len())?;
        for (i, s) in self.t.slots.iter().enumerate() {
            let slot = i as Slot + self.t.low;
            let Some(s) = s else { continue };
            if s.mem
                || slot >= top
                || (slot >= base && slot < base + 256 && !live.contains(slot - base) && slot >= extra)
            {
                continue;
            }
            entries.push((slot, s.tr.r));
        }
        let multres = self.t.multres.map(|(_, n)| n);
        let at = self.t.b.trace().ins.len() as u32;
        let snap = Snap { at, pc: Some(pc_ref), base, top, multres, entries };
        let limit = self.t.params.maxsnap as usize;
        self.t.b.make_room(0, 1)?;
        let t = self.t.b.trace_mut();
        t.slots = t.slots.max(top);
        match t.snaps.get_mut(1..).and_then(<[Snap]>::last_mut) {
            Some(last) if last.at == at => *last = snap,
            _ => {
                if t.snaps.len() >= limit {
                    return Err(Abort::TooManySnaps);
                }
                t.snaps.push(snap);
            }
        }
        let dead = (base.max(extra)..top.min(base + 256)).filter(|slot| !live.contains(slot - base)).collect();
        self.t.b.note_dead(dead);
        self.t.need_snap = false;
        Ok(())
    }

    /// Lets the next guard take a new snapshot.
    pub(super) fn want_snapshot(&mut self) {
        self.t.need_snap = true;
    }

    /// Reads slots inherited from a parent trace.
    pub(super) fn inherit(&mut self, slot: Slot, ty: Ty) -> Res<Tr> {
        let r = self.t.b.emit(ir::Ins::new(Op::SLOAD, ty, Ref::lit(slot), Ref::lit(sload::PARENT)))?;
        Ok(Tr { r, ty })
    }
}
