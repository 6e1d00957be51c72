//! Exits of precompiled trees that make objects: their maps.
//!
//! Such an exit has stored its slots, and behind the tree's table of constants what the objects are made of, in the order of
//! [`ir::sunk::spilled`]. The map is that of a live trace's exit whose values are all in spill slots, so `heap::deopt` does the rest.
//!
//! Invariant: a map lists the slots of objects alone; compiled code has stored the others.

use super::bind;
use super::view::Names;
use abi::exit::{ExitState, SnapMap};
use heap::{Value, Vm};
use ir::tree::Objects;
use std::cell::RefCell;

/// An exit that makes objects.
pub(crate) struct Rebuild {
    map: SnapMap,
    /// Words that it needs.
    words: usize,
}

impl Rebuild {
    /// Binds what the outline says of an exit that goes on at the instruction `pc`. Constants are added to `roots`. Nothing if one is not there.
    pub fn new(
        vm: &Vm,
        names: &RefCell<Names>,
        objects: &Objects<'_>,
        pc: u64,
        roots: &mut Vec<Value>,
    ) -> Option<Rebuild> {
        let mut map = objects.map(|c| Some(bind::bits_and_key(vm, names, c, roots)?.0))?;
        map.pc = pc;
        Some(Rebuild { map, words: objects.words })
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
