//! Why a recording was given up: every reason, its name and what a report says.
//!
//! A row is a reason, its stable name (profiles, `kiln explain --json`), the message of `-jv`, what to change in the program (empty: nothing),
//! and what blame follows: `Again` tries later with a higher threshold, `Never` marks the place as not compilable at once, `Blameless` costs nothing (it was not the program's code).

macro_rules! aborts {
    ($($(#[$doc:meta])* $name:ident $text:literal $message:literal $hint:literal $blame:ident;)*) => {
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
            /// Returns what a programmer may change, or nothing.
            pub const fn hint(self) -> &'static str { match self { $(Abort::$name => $hint),* } }
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
    TooLong "too-long" "trace too long"
        "make the loop's body smaller, or raise -Omaxrecord" Again;
    /// Too many constants (`maxirconst`).
    TooManyConsts "too-many-constants" "too many constants"
        "split the loop, or raise -Omaxirconst" Again;
    /// Too many snapshots (`maxsnap`).
    TooManySnaps "too-many-snapshots" "too many snapshots"
        "fewer branches and calls in the loop's body, or raise -Omaxsnap" Again;
    /// Too many stack slots.
    StackTooDeep "stack-too-deep" "frames of inlined calls too large"
        "split functions with very many local variables" Again;
    /// A call depth limit.
    CallDepth "call-depth" "inlined calls nested too deeply"
        "turn deep chains of small calls into a loop" Again;
    /// Unrolled too often (`callunroll`, `recunroll`).
    Unroll "unroll" "call unrolled too often"
        "recursion pays when it is a loop; deep recursion stays in the interpreter" Again;
    /// An inner loop was entered: it will get its own trace.
    InnerLoop "inner-loop" "inner loop in root trace"
        "" Again;
    /// The loop was left while recording.
    LeftLoop "left-loop" "leaving loop in root trace"
        "loops of few rounds pay if the loop around them is hot; make them run longer or unroll them" Again;
    /// Loop unrolling limit (`loopunroll`).
    LoopUnroll "loop-unroll" "loop unroll limit reached"
        "inner loops whose number of rounds varies are better functions or longer loops" Again;
    /// A guard that would always fail.
    GuardFails "guard-fails" "guard would always fail"
        "" Again;
    /// Types at the loop's end differ from those at its head.
    TypeUnstable "type-unstable" "type instability at the end of the loop"
        "keep each variable at one type: no nil or string first and a number later" Again;
    /// An error was raised.
    Error "error" "error thrown or hook called during recording"
        "errors are raised in the loop: test before, instead of catching them with pcall" Again;
    /// A coroutine switch.
    Coroutine "coroutine" "coroutine switched"
        "resume and yield outside of the hot loop, or let each coroutine do more work at a time" Again;
    /// A hook became active.
    Hook "hook" "hook became active"
        "" Blameless;
    /// Flushed, or switched off.
    Flushed "flushed" "flushed or switched off"
        "" Blameless;
    /// Compilation is off for the function.
    JitOff "jit-off" "JIT compilation disabled for function"
        "jit.off was called for this function" Never;
    /// An instruction that is not compiled.
    NyiOp "nyi-bytecode" "bytecode not compiled here"
        "move what is not compiled out of the loop" Never;
    /// A builtin that is not compiled.
    NyiBuiltin "nyi-builtin" "builtin not compiled"
        "move the call of the builtin out of the loop, or collect its work and do it once" Never;
    /// A builtin with arguments that are not compiled.
    NyiArgs "nyi-arguments" "builtin not compiled with these arguments"
        "call the builtin with plain numbers, strings or tables of the usual kind" Again;
    /// A metamethod that is not compiled.
    NyiMeta "nyi-metamethod" "metamethod not compiled"
        "avoid this metamethod in the loop: call a function instead" Again;
    /// Returns to native code.
    NyiReturn "nyi-return" "return to native frame"
        "callbacks of builtins (sort, gsub) end where the builtin goes on: make the callback itself do more" Again;
    /// A return below the start of the trace.
    NyiLowerFrame "nyi-lower-frame" "return to lower frame"
        "" Again;
    /// Varargs that are not compiled.
    NyiVararg "nyi-vararg" "vararg case not compiled"
        "take the arguments by name, or pack them in a table before the loop" Again;
    /// Table key cases (nil, NaN).
    NyiKey "nyi-key" "store with nil or NaN key"
        "do not index with nil or NaN" Again;
    /// The code memory is full.
    CodeFull "code-full" "code memory full"
        "raise -Omaxmcode" Blameless;
    /// The trace needs more registers and spill slots than there are.
    Spills "spills" "too many spill slots"
        "fewer local variables alive at once in the loop" Again;
    /// Too many PHIs.
    Phis "phis" "too many loop-carried values"
        "fewer variables that change in every round" Again;
    /// No memory for the recording, the optimiser or the assembler.
    NoMemory "no-memory" "out of memory while compiling"
        "raise --max-memory" Blameless;
    /// Something the backend has no code for.
    NyiIr "nyi-ir" "IR not compiled by the backend"
        "move what is not compiled out of the loop" Never;
    /// The policy retired the root.
    Retired "retired" "retired: compiled code did not pay"
        "the loop's types or branches change all the time: split it by case" Again;
    /// Something the recorder relies on changed under it (cannot be observed by the program).
    Inconsistent "inconsistent" "recorded state changed"
        "" Again;
}
