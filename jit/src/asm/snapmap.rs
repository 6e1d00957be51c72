//! Exits' maps: what the runtime writes to the stack, and from where.

use super::alloc::Allocation;
use super::place::Place;
use super::select::Selection;
use crate::backend::Request;
use abi::abort::Abort;
use abi::exit::{Loc, SnapMap};
use ir::Ref;
use ir::exitmap::{self, Places};
use ir::sunk::{Name, Names};

pub use ir::exitmap::form;

/// Where the values of an exit are.
struct Here<'a> {
    req: &'a Request<'a>,
    sel: &'a Selection,
    alloc: &'a Allocation,
    snap: usize,
}

/// Makes the maps of all exits. Exits nobody takes have no slots.
pub fn build(req: &Request<'_>, sel: &Selection, alloc: &Allocation) -> Result<Vec<SnapMap>, Abort> {
    let t = req.trace;
    let names = Names::new(t);
    let mut out = Vec::new();
    req.growth.room(&mut out, t.snaps.len())?;
    for (s, snap) in t.snaps.iter().enumerate() {
        let pc = snap.pc.map_or(0, |r| req.bits[r.index()]);
        let mut map = SnapMap { base: snap.base, top: snap.top, pc, multres: snap.multres, ..SnapMap::default() };
        if sel.taken[s] {
            req.growth.room(&mut map.slots, snap.entries.len())?;
            exitmap::build(t, &names, s, &mut Here { req, sel, alloc, snap: s }, &mut map, |_| true)?;
        }
        out.push(map);
    }
    Ok(out)
}

impl Places for Here<'_> {
    fn bits(&mut self, r: Ref) -> Result<u64, Abort> {
        Ok(self.req.bits[r.index()])
    }

    fn key(&mut self, r: Ref) -> Result<u64, Abort> {
        Ok(self.req.keys[r.index()])
    }

    fn place(&mut self, name: Name) -> Result<Loc, Abort> {
        let k = self.sel.snap_vals[self.snap].iter().position(|&x| x == name).ok_or(Abort::Inconsistent)?;
        Ok(match self.alloc.snaps[self.snap][k] {
            Place::Reg(r) if r.is_fpr() => Loc::Fpr(r.number()),
            Place::Reg(r) => Loc::Gpr(r.number()),
            Place::Slot(s) => Loc::Spill(s),
        })
    }
}
