//! A value as 64 bits: LuaJIT's GC64 NaN-boxing (see `abi::tag`).
//!
//! `Value` is the raw form the interpreter and the collector use: copying it roots nothing. Libraries see `handle::Val`.

use crate::object::{FuncObj, Header, StrObj, TabObj, ThreadObj, UdataObj};
use abi::tag;

/// A value's bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Value(pub u64);

macro_rules! object_values {
    ($($is:ident $as_:ident $from:ident $t:ty, $tag:ident;)*) => { #[allow(clippy::should_implement_trait)] impl Value {$(
        #[doc = concat!("Says whether it is a `", stringify!($t), "`.")]
        #[inline(always)]
        pub const fn $is(self) -> bool { self.0 >> tag::SHIFT == tag::$tag }
        #[doc = concat!("Returns the `", stringify!($t), "`, if it is one.")]
        #[inline(always)]
        pub const fn $as_(self) -> Option<*mut $t> {
            let p = self.0 ^ (tag::$tag << tag::SHIFT);
            if p >> tag::SHIFT == 0 { Some(p as *mut $t) } else { None }
        }
        #[doc = concat!("Tags a `", stringify!($t), "`.")]
        #[inline(always)]
        pub fn $from(p: *mut $t) -> Value { Value(p as u64 | tag::$tag << tag::SHIFT) }
    )*}};
}
object_values! {
    is_str as_str from_str StrObj, STR;
    is_tab as_tab from_tab TabObj, TAB;
    is_func as_func from_func FuncObj, FUNC;
    is_udata as_udata from_udata UdataObj, UDATA;
    is_thread as_thread from_thread ThreadObj, THREAD;
}

impl Value {
    /// nil
    pub const NIL: Value = Value(tag::NIL_BITS);
    /// false
    pub const FALSE: Value = Value(tag::FALSE_BITS);
    /// true
    pub const TRUE: Value = Value(tag::TRUE_BITS);

    /// Makes a number; `n` must not be a NaN with a payload (see [`Value::from_foreign_num`]).
    #[inline(always)]
    pub const fn from_num(n: f64) -> Value {
        Value(n.to_bits())
    }

    /// Makes a number from untrusted bits: all NaNs become the one the hardware makes.
    #[inline(always)]
    pub const fn from_foreign_num(n: f64) -> Value {
        if n.is_nan() { Value(0xfff8_0000_0000_0000) } else { Value(n.to_bits()) }
    }

    /// Makes a boolean.
    #[inline(always)]
    pub const fn from_bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    /// Makes a light userdata from the low 47 bits of `p`.
    #[inline(always)]
    pub const fn from_lightud(p: u64) -> Value {
        Value(p & tag::PTR_MASK | tag::LIGHTUD << tag::SHIFT)
    }

    /// Returns the 17-bit tag; meaningless for numbers.
    #[inline(always)]
    pub const fn tag(self) -> u64 {
        self.0 >> tag::SHIFT
    }

    /// Says whether it is nil.
    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.0 == tag::NIL_BITS
    }

    /// Says whether it is neither nil nor false.
    #[inline(always)]
    pub const fn is_true(self) -> bool {
        self.0 < tag::FALSE_BITS
    }

    /// Says whether it is a boolean.
    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 == tag::FALSE_BITS || self.0 == tag::TRUE_BITS
    }

    /// Says whether it is a number.
    #[inline(always)]
    pub const fn is_num(self) -> bool {
        self.0 < tag::NUM_LIMIT
    }

    /// Says whether it is a light userdata.
    #[inline(always)]
    pub const fn is_lightud(self) -> bool {
        self.tag() == tag::LIGHTUD
    }

    /// Returns the number, if it is one.
    #[inline(always)]
    pub const fn as_num(self) -> Option<f64> {
        if self.is_num() { Some(f64::from_bits(self.0)) } else { None }
    }

    /// Says whether it refers to a collectable object.
    #[inline(always)]
    pub const fn is_gc(self) -> bool {
        let t = self.tag();
        self.0 >= tag::NUM_LIMIT && t <= tag::STR
    }

    /// Says the same of the high half alone, which compilers test in several values at once.
    #[inline(always)]
    pub const fn has_gc_tag(self) -> bool {
        const FIRST: u32 = (tag::NUM_LIMIT >> 32) as u32;
        const LAST: u32 = ((tag::STR << tag::SHIFT | tag::PTR_MASK) >> 32) as u32;
        ((self.0 >> 32) as u32).wrapping_sub(FIRST) <= LAST - FIRST
    }

    /// Returns the collectable object behind the value.
    #[inline(always)]
    pub const fn as_gc(self) -> Option<*mut Header> {
        if self.is_gc() { Some((self.0 & tag::PTR_MASK) as *mut Header) } else { None }
    }

    /// Returns the type number: 0 nil, 1 false, 2 true, 3 light userdata, 4 string, … 13 number (`abi::objtype`).
    #[inline(always)]
    pub const fn type_index(self) -> usize {
        if self.is_num() { 13 } else { (!self.tag() & 0x1_ffff) as usize }
    }

    /// Returns the name of the type, as `type` does.
    pub const fn type_name(self) -> &'static str {
        const NAMES: [&str; 14] = [
            "nil", "boolean", "boolean", "userdata", "string", "upval", "thread", "proto", "function", "trace",
            "cdata", "table", "userdata", "number",
        ];
        let i = self.type_index();
        if i < 14 { NAMES[i] } else { "no value" }
    }

    /// Compares raw, as `rawequal` does: numbers by value, all else by identity.
    #[inline(always)]
    pub fn raw_eq(self, other: Value) -> bool {
        if self.is_num() && other.is_num() {
            f64::from_bits(self.0) == f64::from_bits(other.0)
        } else {
            self.0 == other.0
        }
    }
}
