//! Why a recording was given up: every reason, its name and what a report says.
//!
//! A row is a reason, its stable name (profiles, `kiln explain --json`), the message of `-jv`, and what blame follows: `Again` tries later
//! with a higher threshold, `Never` marks the place as not compilable at once, `Blameless` costs nothing (it was not the program's code).

macro_rules! aborts {
    ($($(#[$doc:meta])* $name:ident $text:literal $message:literal $blame:ident;)*) => {
        /// A reason to give up a recording.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Abort { $($(#[$doc])* $name),* }
        impl Abort {
            /// All reasons.
            pub const ALL: &'static [Abort] = &[$(Abort::$name),*];
            /// Returns the stable name.
            pub const fn name(self) -> &'static str { match self { $(Abort::$name => $text),* } }
            /// Returns the message for people.
            pub const fn message(self) -> &'static str { match self { $(Abort::$name => $message),* } }
            /// Returns what follows.
            pub const fn blame(self) -> Blame { match self { $(Abort::$name => Blame::$blame),* } }
        }
    };
}

/// What follows from an abort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// Tried again later, each time later.
    Again,
    /// Not tried again until the cause decays.
    Never,
    /// Tried again at once.
    Blameless,
}

aborts! {
    /// The trace has too many instructions (`maxrecord`).
    TooLong "too-long" "trace too long" Again;
    /// Too many constants (`maxirconst`).
    TooManyConsts "too-many-constants" "too many constants" Again;
    /// Too many snapshots (`maxsnap`).
    TooManySnaps "too-many-snapshots" "too many snapshots" Again;
    /// Too many stack slots.
    StackTooDeep "stack-too-deep" "frames of inlined calls too large" Again;
    /// A call depth limit.
    CallDepth "call-depth" "inlined calls nested too deeply" Again;
    /// Unrolled too often (`callunroll`, `recunroll`).
    Unroll "unroll" "call unrolled too often" Again;
    /// An inner loop was entered: it will get its own trace.
    InnerLoop "inner-loop" "inner loop in root trace" Again;
    /// The loop was left while recording.
    LeftLoop "left-loop" "leaving loop in root trace" Again;
    /// Loop unrolling limit (`loopunroll`).
    LoopUnroll "loop-unroll" "loop unroll limit reached" Again;
    /// A guard that would always fail.
    GuardFails "guard-fails" "guard would always fail" Again;
    /// Types at the loop's end differ from those at its head.
    TypeUnstable "type-unstable" "type instability at the end of the loop" Again;
    /// An error was raised.
    Error "error" "error thrown or hook called during recording" Again;
    /// A coroutine switch.
    Coroutine "coroutine" "coroutine switched" Again;
    /// A hook became active.
    Hook "hook" "hook became active" Blameless;
    /// Flushed, or switched off.
    Flushed "flushed" "flushed or switched off" Blameless;
    /// Blacklisted prototype or loop.
    Blacklisted "blacklisted" "blacklisted" Again;
    /// Compilation is off for the function.
    JitOff "jit-off" "JIT compilation disabled for function" Never;
    /// An instruction that is not compiled.
    NyiOp "nyi-bytecode" "bytecode not compiled here" Never;
    /// A builtin that is not compiled.
    NyiBuiltin "nyi-builtin" "builtin not compiled" Never;
    /// A builtin with arguments that are not compiled.
    NyiArgs "nyi-arguments" "builtin not compiled with these arguments" Again;
    /// A metamethod that is not compiled.
    NyiMeta "nyi-metamethod" "metamethod not compiled" Again;
    /// Returns to native code.
    NyiReturn "nyi-return" "return to native frame" Again;
    /// A return below the start of the trace.
    NyiLowerFrame "nyi-lower-frame" "return to lower frame" Again;
    /// Upvalue cases.
    NyiUpvalue "nyi-upvalue" "upvalue not compiled" Again;
    /// Varargs that are not compiled.
    NyiVararg "nyi-vararg" "vararg case not compiled" Again;
    /// Table key cases (nil, NaN).
    NyiKey "nyi-key" "store with nil or NaN key" Again;
    /// The code memory is full.
    CodeFull "code-full" "code memory full" Blameless;
    /// The trace needs more registers and spill slots than there are.
    Spills "spills" "too many spill slots" Again;
    /// Too many PHIs.
    Phis "phis" "too many loop-carried values" Again;
    /// No memory for the recording, the optimiser or the assembler.
    NoMemory "no-memory" "out of memory while compiling" Blameless;
    /// No free trace number.
    TooManyTraces "too-many-traces" "too many traces" Blameless;
    /// Something the backend has no code for.
    NyiIr "nyi-ir" "IR not compiled by the backend" Never;
    /// The policy retired the root.
    Retired "retired" "retired: compiled code did not pay" Again;
    /// Something the recorder relies on changed under it (cannot be observed by the program).
    Inconsistent "inconsistent" "recorded state changed" Again;
}
