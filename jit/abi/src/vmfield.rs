//! Offsets of the machine's fields that compiled code uses. The crate `heap` asserts them.

macro_rules! vmfields {
    ($($(#[$doc:meta])* $name:ident = $n:expr;)*) => { $($(#[$doc])* pub const $name: i32 = $n;)* };
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
    /// Where precompiled code left: address of its table of constants, and number of its exit (16 bytes).
    LEFT = 2096;
    /// Number that traversed objects carry, 8 bits: a store into one of them needs its barrier.
    GC_EPOCH = 2112;
    /// Two bytes that are zero unless somebody wants the interpreter's attention: collector due; hook, interrupt, flush.
    ATTENTION = 2113;
    /// Allocation runs (`cur`, `end`: 16 bytes) of plain cells by size class.
    RUNS = 2120;
}
