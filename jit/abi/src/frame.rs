//! Frame links: what `base[-1]` says about returning.
//!
//! A frame is `| func | link | slot 0 | … `, `base` points at slot 0. The link is the return address (a pointer to the
//! instruction after the call, whose two low bits are 0) or a byte distance to the previous frame's base with the frame
//! type in the low three bits.
//!
//! A continuation frame, and a native frame above a Lua function, has two more words below the function: `| id | pc | func | link |`: what to do with the results, and
//! the instruction (plus one) that needed the metamethod. Below a continuation frame may also be a builtin's frame: then the second
//! word is the Rust function to go on with.

/// Bits that hold the type.
pub const TYPE: u64 = 7;
/// Bits that say "not a return address".
pub const TYPE_LUA: u64 = 3;
/// Called by a Lua instruction.
pub const LUA: u64 = 0;
/// Called by native code: returning leaves the run loop.
pub const NATIVE: u64 = 1;
/// A continuation: of an instruction that needed a metamethod, or of a builtin.
pub const CONT: u64 = 2;
/// The hidden frame of a vararg function.
pub const VARG: u64 = 3;
/// The bottom of a coroutine.
pub const COROUTINE: u64 = 5;
/// `pcall` or `xpcall`.
pub const PCALL: u64 = 6;
/// Called by native code that catches errors.
pub const NATIVE_PROTECTED: u64 = 7;

/// What becomes of the results.
macro_rules! continuations {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// A continuation: the word below a continuation frame's return address.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u64)]
        pub enum Cont { $($(#[$doc])* $name),* }
        impl Cont {
            /// All continuations in order of their numbers.
            pub const ALL: &'static [Cont] = &[$(Cont::$name),*];
        }
    };
}
continuations! {
    /// Stores the first result in slot `A` of the instruction.
    StoreA;
    /// Drops the results.
    Drop;
    /// Takes the jump that follows the comparison if the first result is true.
    JumpIfTrue;
    /// Takes the jump that follows the comparison if the first result is false.
    JumpIfFalse;
    /// Goes on concatenating with the first result.
    Concat;
    /// Returns from a hook to the instruction it interrupted.
    Hook;
    /// Goes on with the Rust function in the second word, in the frame of the builtin below.
    Builtin;
}
