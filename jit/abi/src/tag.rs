//! Value tags: LuaJIT's GC64 NaN-boxing.
//!
//! A value is a double, or a 17-bit tag in the high bits over a 47-bit pointer. Tags are the one's complements of small
//! numbers, so every tagged value is a (negative, quiet) NaN that arithmetic never produces: hardware makes only
//! `0xfff8_0000_0000_0000`.

/// Position of the tag.
pub const SHIFT: u32 = 47;
/// Mask of the pointer.
pub const PTR_MASK: u64 = (1 << SHIFT) - 1;
/// The tags, as 17-bit one's complements.
macro_rules! tags {
    ($($(#[$doc:meta])* $name:ident = $n:literal;)*) => { $($(#[$doc])* pub const $name: u64 = !$n & 0x1_ffff;)* };
}
tags! {
    /// nil
    NIL = 0;
    /// false
    FALSE = 1;
    /// true
    TRUE = 2;
    /// Light userdata: an opaque 47-bit number.
    LIGHTUD = 3;
    /// String
    STR = 4;
    /// Upvalue (never a value of the program)
    UPVAL = 5;
    /// Coroutine
    THREAD = 6;
    /// Prototype (never a value of the program)
    PROTO = 7;
    /// Function
    FUNC = 8;
    /// Trace (never a value of the program)
    TRACE = 9;
    /// Cdata (not supported)
    CDATA = 10;
    /// Table
    TAB = 11;
    /// Userdata
    UDATA = 12;
    /// One above the greatest tag of a number's high bits
    NUMX = 13;
}

/// The bits of nil.
pub const NIL_BITS: u64 = !0;
/// The bits of false.
pub const FALSE_BITS: u64 = !(1 << SHIFT);
/// The bits of true.
pub const TRUE_BITS: u64 = !(2 << SHIFT);
/// Bits below this are numbers.
pub const NUM_LIMIT: u64 = NUMX << SHIFT;
/// High half of a control slot that holds the position of a specialised `pairs` loop: no light userdata has these bits.
pub const KEY_INDEX: u64 = 0xfffe_7fff;

// Nil and false are the two greatest values, so truth is one comparison.
const _: () = assert!(NIL_BITS > FALSE_BITS && FALSE_BITS > TRUE_BITS && TRUE_BITS > (STR << SHIFT | PTR_MASK));
const _: () = assert!(NUM_LIMIT == 0xfff9_0000_0000_0000);
const _: () = assert!(KEY_INDEX << 32 >> SHIFT == LIGHTUD);
