//! What a backend is given and what it gives: one trait for every CPU.

use crate::asm::place::Place;
use abi::abort::Abort;
use abi::exit::SnapMap;
use abi::grow::Growth;
use ir::Trace;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use ir::inline::Template;

/// Whether this crate has a backend for the processor it runs on, and is to use it. Elsewhere nothing is recorded, and precompiled code runs all
/// the same.
pub const LIVE: bool = cfg!(all(target_arch = "x86_64", not(feature = "no-live")));

/// What a backend needs to know of the process.
#[derive(Clone, Debug)]
pub struct Env {
    /// Address of each helper's body by `abi::support::Helper`.
    pub helpers: Vec<u64>,
    /// `extern "C" fn(vm, *mut ExitState, trace: u32, exit: u32, base: *mut u64) -> u64`: restores the frames; its result is what the trace returns.
    pub trace_exit: u64,
    /// Address of the nil that a lookup finds where there is no key: what `Const::NilSlot` is bound to.
    pub nil_slot: u64,
}

/// A trace to be assembled.
pub struct Request<'a> {
    /// The trace, verified.
    pub trace: &'a Trace,
    /// Its number.
    pub number: u32,
    /// Bits of each constant: boxed values for Lua values as they go to a slot; addresses for prototypes (`ProtoObj`), Pc (the instruction),
    /// Slot (byte offset of the node's value, and in `keys` the boxed key), Templ (the table, untagged), Null, NilSlot; numbers otherwise.
    pub bits: &'a [u64],
    /// Boxed key of each Slot constant, 0 for others.
    pub keys: &'a [u64],
    /// What the templates among the constants hold.
    pub templates: &'a [Template],
    /// Side traces: where the values of the parent's exit are, by entry of the parent's snapshot.
    pub parent: Option<&'a SnapMap>,
    /// Entry (behind the prologue) of the root trace that the link names, if it is another.
    pub target: Option<u64>,
    /// Loads may become memory operands (`-O+fuse`).
    pub fuse: bool,
    /// Every guard fails once (a counter before each).
    pub stress: bool,
    /// Address at which the code will lie.
    pub at: u64,
    /// Who decides whether buffers may grow.
    pub growth: Growth,
}

/// Machine code of a trace.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Offset of the entry from the interpreter (root traces).
    pub entry: usize,
    /// Offset of the entry for other traces: behind the prologue, before the stack check.
    pub inner: usize,
    /// What each exit restores, by snapshot.
    pub exits: Vec<SnapMap>,
    /// Places to patch when a side trace is linked to an exit: `(exit, offset)`.
    pub patches: Vec<(u32, usize)>,
    /// Register or spill slot of each instruction's value, for dumps.
    pub regs: Vec<Option<Place>>,
    /// With stress: one flag a guard, set once it failed. The code writes them, so they live as long as it does.
    pub cells: Option<std::sync::Arc<[std::sync::atomic::AtomicU8]>>,
    /// What the end of the trace counts in, if it restores the frames itself later on. It lives as long as the code.
    pub count: Option<std::sync::Arc<std::sync::atomic::AtomicU32>>,
    /// How often the side trace was entered, if the code counts that. It lives as long as the code.
    pub entries: Option<Counter>,
}

/// A counter that compiled code adds to. Many lie in one block: so they are near each other, and few lines of the cache hold them.
#[derive(Clone, Debug)]
pub struct Counter {
    block: Arc<[AtomicU64]>,
    index: usize,
}

impl Counter {
    /// Returns its address, which is valid as long as it or a clone lives.
    pub fn address(&self) -> u64 {
        std::ptr::from_ref(&self.block[self.index]) as u64
    }

    /// Returns what was counted.
    pub fn get(&self) -> u64 {
        self.block[self.index].load(Ordering::Relaxed)
    }
}

/// Where counters come from.
#[derive(Debug, Default)]
pub struct Counters {
    block: Option<Arc<[AtomicU64]>>,
    used: usize,
}

/// Counters of a block.
const BLOCK: usize = 512;

impl Counters {
    /// Returns a counter that is 0.
    pub fn take(&mut self) -> Counter {
        let full = self.used == BLOCK;
        let block = match &self.block {
            Some(block) if !full => block.clone(),
            _ => {
                let block: Arc<[AtomicU64]> = (0..BLOCK).map(|_| AtomicU64::new(0)).collect();
                self.block = Some(block.clone());
                self.used = 0;
                block
            }
        };
        self.used += 1;
        Counter { block, index: self.used - 1 }
    }
}

/// A code generator.
pub trait Backend {
    /// Generates code.
    fn assemble(&mut self, env: &Env, request: &Request<'_>) -> Result<Code, Abort>;
    /// Returns the bytes to be written at the address of a patch site so that the exit jumps to `target` instead of its stub; `None` if that
    /// is out of reach.
    fn link_exit(&self, site: u64, target: u64) -> Option<Vec<u8>>;
}
