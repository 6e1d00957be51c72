//! The beginning of a side trace: the parent's values at the exit, and what the parent had sunk.

use super::{Rec, Res, Tr};
use ir::{Ref, Trace};

impl Rec<'_> {
    /// Takes over the values of the parent's snapshot.
    pub(super) fn replay(&mut self, parent: &Trace, exit: usize) -> Res<()> {
        let snap = &parent.snaps[exit];
        if snap.multres.is_some() {
            self.t.multres = None;
        }
        for &(slot, r) in &snap.entries {
            let tr = match parent.as_const(r) {
                Some(c) => {
                    let c = c.clone();
                    self.konst(c)
                }
                None => {
                    let ins = parent.ins[r.index()];
                    self.inherit(slot, ins.ty)?
                }
            };
            self.put(slot, tr, false);
        }
        Ok(())
    }

    /// A value without meaning, for places that need one.
    #[allow(dead_code)]
    fn nothing(&self) -> Tr {
        Tr { r: Ref::NONE, ty: ir::Ty::Void }
    }
}
