//! The beginning of a side trace: the parent's values at the exit.

use super::{Rec, Res};
use abi::abort::Abort;
use abi::exit::SnapMap;
use ir::Trace;

impl Rec<'_> {
    /// Takes over the values of the parent's snapshot.
    pub(super) fn replay(&mut self, parent: &Trace, exit: usize, _map: &SnapMap) -> Res<()> {
        let snap = parent.snaps.get(exit).ok_or(Abort::Inconsistent)?;
        for &(slot, r) in &snap.entries {
            let tr = match parent.as_const(r) {
                Some(c) => self.konst(c.clone()),
                None => self.inherit(slot, parent.ins[r.index()].ty)?,
            };
            self.put(slot, tr, false);
        }
        self.snapshot()
    }
}
