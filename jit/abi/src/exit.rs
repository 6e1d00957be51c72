//! How compiled code is entered and left.
//!
//! Entry: `extern "C" fn(vm, base) -> u64`, with `base` the slot 0 of the frame the trace begins in. It returns an [`outcome`].
//! A live exit stub saves all registers into an [`ExitState`] on the native stack and calls the runtime, which restores the frames from the
//! exit's [`SnapMap`]; then it unwinds the native frame and returns the runtime's answer.
//!
//! Invariant: all traces of a process have the same native frame, so code of one trace may jump into another's.

/// What a trace returns. Equal to the interpreter's steps.
pub mod outcome {
    /// The interpreter goes on in the frame of the machine.
    pub const NEXT: u64 = 0;
    /// The interpreter enters the function below the machine's base.
    pub const CALL: u64 = 1;
    /// An error was raised; the frame of the machine is where.
    pub const FAIL: u64 = 2;
    /// Native code that called is returned to.
    pub const LEAVE: u64 = 3;
}

/// An exit after fewer instructions is early: entering and leaving took longer than the code saved.
pub const EARLY: u32 = 28;

/// Number of spill slots of 8 bytes.
pub const SPILLS: usize = 256;

/// The registers at an exit.
#[repr(C)]
pub struct ExitState {
    /// Floating-point registers.
    pub fpr: [u64; 32],
    /// General registers by their hardware numbers.
    pub gpr: [u64; 32],
    /// Spill slots.
    pub spill: [u64; SPILLS],
}

/// Where a value is at an exit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Loc {
    /// General register.
    Gpr(u8),
    /// Floating-point register.
    Fpr(u8),
    /// Spill slot.
    Spill(u16),
    /// A constant: bits as they go to the slot, whatever the form.
    Const(u64),
    /// An object to be rebuilt: index in [`SnapMap::sunk`].
    Sunk(u16),
    /// Nowhere: it is in the slot already. (Only for what a side trace inherits.)
    Memory,
}

/// How the bits at a location become a slot's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// As they are: numbers, frame words, constants.
    Raw,
    /// A 32-bit integer becomes a number.
    Int,
    /// A 32-bit position becomes a control value (`KEY_INDEX`).
    Key,
    /// An address gets this tag (`abi::tag`).
    Gc(u32),
}

/// One slot to write.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SlotMap {
    /// The slot, from the trace's base.
    pub slot: i32,
    /// Where the value is.
    pub loc: Loc,
    /// What it becomes.
    pub form: Form,
}

/// A value of a sunk object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SunkValue {
    /// Where the value is.
    pub loc: Loc,
    /// What it becomes.
    pub form: Form,
}

/// An upvalue of a sunk closure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SunkUp {
    /// The open one of a slot (from the trace's base), found or made; whether the variable is never assigned again.
    Open(i32, bool),
    /// One of a function.
    Of(SunkValue, u32),
    /// One that is rebuilt: index in [`SnapMap::sunk`].
    Closed(u16),
}

/// An object that exits rebuild.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sunk {
    /// A table with array slots, binary logarithm of nodes (0: none), and its stores in order.
    Table {
        /// Array slots.
        asize: u32,
        /// Nodes: `2^hbits`, 0 for none.
        hbits: u32,
        /// Template it is a copy of (tagged value), if any.
        template: Option<u64>,
        /// Key and value of each store.
        stores: Vec<(SunkValue, SunkValue)>,
        /// Metatable, if one was set.
        meta: Option<SunkValue>,
    },
    /// A closure.
    Func {
        /// Its prototype (address).
        proto: u64,
        /// The function it was made in: it gives the environment.
        parent: SunkValue,
        /// Its upvalues.
        upvals: Vec<SunkUp>,
    },
    /// A closed upvalue, which closures share.
    Upval {
        /// The value.
        value: SunkValue,
        /// Never assigned again.
        immutable: bool,
    },
    /// A string of `len` bytes at an address.
    Str {
        /// Address of the bytes.
        ptr: SunkValue,
        /// Number of bytes (int).
        len: SunkValue,
    },
}

/// What an exit restores.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SnapMap {
    /// Slots to write.
    pub slots: Vec<SlotMap>,
    /// Objects to rebuild first, in order.
    pub sunk: Vec<Sunk>,
    /// Slot 0 of the frame that goes on.
    pub base: i32,
    /// Extent of the frames (exclusive).
    pub top: i32,
    /// Address of the instruction that goes on.
    pub pc: u64,
    /// Number of multiple results.
    pub multres: Option<u32>,
}
