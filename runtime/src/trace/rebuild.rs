//! Exits of precompiled trees that make objects: their maps.
//!
//! Such an exit has stored its slots, and behind the tree's table of constants what the objects are made of, in the order of
//! [`ir::sunk::spilled`]. The map is that of a live trace's exit whose values are all in spill slots, so `heap::deopt` does the rest.
//!
//! Invariant: a map lists the slots of objects alone; compiled code has stored the others.

use super::bind;
use super::view::Names;
use abi::abort::Abort;
use abi::exit::{ExitState, Loc, SnapMap};
use heap::{Value, Vm};
use ir::exitmap::{self, Places};
use ir::sunk::{self, Name};
use ir::{Ref, Trace};
use std::cell::RefCell;

/// An exit that makes objects.
pub(crate) struct Rebuild {
    map: SnapMap,
    /// Words that it needs.
    words: usize,
}

struct Here<'a> {
    vm: &'a Vm,
    names: &'a RefCell<Names>,
    trace: &'a Trace,
    spilled: Vec<Name>,
    roots: &'a mut Vec<Value>,
}

impl Here<'_> {
    fn constant(&mut self, r: Ref) -> Result<(u64, u64), Abort> {
        let c = self.trace.as_const(r).ok_or(Abort::Inconsistent)?;
        bind::bits_and_key(self.vm, self.names, c, self.roots).ok_or(Abort::NoMemory)
    }
}

impl Places for Here<'_> {
    fn bits(&mut self, r: Ref) -> Result<u64, Abort> {
        self.constant(r).map(|c| c.0)
    }

    fn key(&mut self, r: Ref) -> Result<u64, Abort> {
        self.constant(r).map(|c| c.1)
    }

    fn place(&mut self, name: Name) -> Result<Loc, Abort> {
        let n = self.spilled.iter().position(|n| *n == name).ok_or(Abort::Inconsistent)?;
        u16::try_from(n).map(Loc::Spill).map_err(|_| Abort::Inconsistent)
    }
}

/// Describes the objects that snapshot `snap` makes, if there are any. The map's `pc` is to be set. Constants are added to `roots`.
pub(crate) fn rebuild(
    vm: &Vm,
    names: &RefCell<Names>,
    t: &Trace,
    snap: usize,
    roots: &mut Vec<Value>,
) -> Result<Option<Rebuild>, Abort> {
    let s = &t.snaps[snap];
    if !s.entries.iter().any(|e| sunk::is_sunk(t, e.1)) {
        return Ok(None);
    }
    let values = sunk::Names::new(t);
    let spilled = sunk::spilled(t, &values, snap)?;
    let words = spilled.len();
    let mut map = SnapMap { base: s.base, top: s.top, multres: s.multres, ..SnapMap::default() };
    let mut here = Here { vm, names, trace: t, spilled, roots };
    exitmap::build(t, &values, snap, &mut here, &mut map, |r| sunk::is_sunk(t, r))?;
    Ok(Some(Rebuild { map, words }))
}

impl Rebuild {
    /// Sets the instruction that goes on.
    pub fn go_on_at(&mut self, pc: u64) {
        self.map.pc = pc;
    }

    /// Makes the objects and sets the machine on the instruction that goes on; says whether memory sufficed (otherwise the error was raised).
    ///
    /// # Safety
    /// As for [`heap::deopt::restore`]; `spilled` points to the words that the exit has stored.
    pub unsafe fn restore(&self, vm: &mut Vm, base: *mut u64, state: &mut ExitState, spilled: *const u64) -> bool {
        // SAFETY: as the caller says; no exit has more words than a state has spill slots.
        unsafe {
            let words = self.words.min(state.spill.len());
            state.spill[..words].copy_from_slice(std::slice::from_raw_parts(spilled, words));
            heap::deopt::restore(vm, base, state, &self.map).is_ok()
        }
    }
}
