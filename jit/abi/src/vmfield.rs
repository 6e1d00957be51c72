//! Offsets of the machine's fields that compiled code uses. The crate `heap` asserts them.

macro_rules! vmfields {
    ($($(#[$doc:meta])* $name:ident = $n:expr;)*) => {
        $($(#[$doc])* pub const $name: i32 = $n;)*
        /// All of them, by name.
        pub const ALL: &[(&str, i32)] = &[$((stringify!($name), $n)),*];
    };
}
vmfields! {
    /// Slot 0 of the running frame.
    BASE = 2048;
    /// Instruction after the running one.
    PC = 2056;
    /// End of the running builtin's values.
    TOP = 2064;
    /// Number of multiple results, 64 bits.
    MULTRES = 2072;
    /// End of what frames may use.
    STACK_MAX = 2080;
    /// The running coroutine.
    CUR = 2088;
    /// Metatables of the base types, by type index.
    BASE_META = 2096;
    /// Where precompiled code left: address of what the runtime knows of the exit.
    LEFT = 2224;
    /// Number that traversed objects carry, 8 bits: a store into one of them needs its barrier.
    GC_EPOCH = 2232;
    /// Two bytes that are zero unless somebody wants the interpreter's attention: collector due; hook, interrupt, flush.
    ATTENTION = 2233;
    /// Records of the shapes by id ([`crate::shape::RECORD`] bytes each).
    SHAPES = 2240;
    /// Strings of one byte, by byte; null where there is none yet.
    CHARS = 2248;
    /// Allocation runs (`cur`, `end`: 16 bytes) of plain cells by size class.
    RUNS = 4296;
}

/// [`GC_EPOCH`] outside a mark phase: no object carries it.
pub const IDLE: u8 = 255;

/// Bytes of the largest cell that compiled code takes from a run itself. Up to here cells are multiples of 16, each size a class.
pub const MAX_CELL: u32 = 256;

/// A run that cells come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Offset of the address of the next cell.
    pub cur: i32,
    /// Offset of the address behind the last cell.
    pub end: i32,
    /// Bytes of a cell.
    pub cell: i32,
}

/// Returns the run of cells for `bytes`: from 1 to [`MAX_CELL`].
pub const fn run(bytes: u32) -> Run {
    let class = (bytes as i32 + 15) / 16 - 1;
    Run { cur: RUNS + class * 16, end: RUNS + class * 16 + 8, cell: (class + 1) * 16 }
}
