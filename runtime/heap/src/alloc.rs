//! Size-class arenas with mark bits outside the objects; bump allocation into free runs; lazy sweep.

use crate::vm::{Config, Raise, Vm};

/// What the sweeper must know of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellKind {
    /// Dies silently: tables, functions, upvalues, coroutines, and all buffers.
    Plain,
    /// A string: leaves the intern table when it dies.
    Str,
    /// Owns memory outside the arenas (prototypes, userdata): is dropped when it dies.
    Owner,
}

/// Allocation state.
pub struct Heap {
    /// Limits and modes.
    pub config: Config,
}

impl Heap {
    /// Creates an empty heap.
    pub fn new(config: Config) -> Heap {
        Heap { config }
    }
}

/// Allocates `size` bytes (rounded up to 16), not initialised. Never collects.
#[inline]
pub fn alloc(vm: &Vm, size: usize, kind: CellKind) -> Result<*mut u8, Raise> {
    let _ = (vm, size, kind);
    unimplemented!()
}

/// Returns a buffer that its owner no longer uses.
///
/// # Safety
/// `p` came from `alloc` with the same size and nothing refers to it.
pub unsafe fn free(vm: &Vm, p: *mut u8, size: usize) {
    let _ = (vm, p, size);
    unimplemented!()
}
