//! Literal operands: fields of objects, floating-point functions, conversions, flags of SLOAD.

use crate::ty::Ty;

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident $text:literal $obj:ident.$f:ident $(+ $behind:literal)? $ty:ident;)*) => {
        /// A field that FLOAD, FREF name.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Field { $($(#[$doc])* $name),* }
        impl Field {
            /// All fields.
            pub const ALL: &'static [Field] = &[$(Field::$name),*];
            /// Returns the name in dumps.
            pub const fn name(self) -> &'static str { match self { $(Field::$name => $text),* } }
            /// Returns the byte offset in the object.
            pub const fn offset(self) -> usize { match self { $(Field::$name => abi::layout::offset(stringify!($obj), stringify!($f)) $(+ $behind)?),* } }
            /// Returns the type of a load.
            pub const fn ty(self) -> Ty { match self { $(Field::$name => Ty::$ty),* } }
        }
    };
}
fields! {
    /// Length of a string, int.
    StrLen "str.len" StrObj.len Int;
    /// The prototype of a Lua function (in memory: its first instruction's address). Compared with KProto.
    FuncPc "func.pc" FuncObj.pc Proto;
    /// Builtin number of a function, 0 for Lua functions.
    FuncId "func.id" FuncObj.id Int;
    /// Environment.
    FuncEnv "func.env" FuncObj.env Tab;
    /// First upvalue of a builtin, a value. Operand of FREF only; the address is one of ULOAD.
    FuncUp0 "func.up0" BuiltinObj.call + 8 Ptr;
    /// Metatable or null.
    TabMeta "tab.meta" TabObj.meta Tab;
    /// Array part.
    TabArray "tab.array" TabObj.array Ptr;
    /// Hash part.
    TabNode "tab.node" TabObj.node Ptr;
    /// Slots of the array part, int.
    TabAsize "tab.asize" TabObj.asize Int;
    /// Nodes of the hash part less one, int.
    TabHmask "tab.hmask" TabObj.hmask Int;
    /// Shape, int.
    TabShape "tab.shape" TabObj.shape Int;
    /// Negative metamethod cache, one byte, int.
    TabNomm "tab.nomm" TabObj.nomm Int;
    /// Metatable of a userdata, or null.
    UdataMeta "udata.meta" UdataObj.meta Tab;
}

macro_rules! lits {
    ($(#[$tdoc:meta])* $t:ident { $($(#[$doc:meta])* $name:ident $text:literal;)* }) => {
        $(#[$tdoc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum $t { $($(#[$doc])* $name),* }
        impl $t {
            /// All of them.
            pub const ALL: &'static [$t] = &[$($t::$name),*];
            /// Returns the name in dumps.
            pub const fn name(self) -> &'static str { match self { $($t::$name => $text),* } }
        }
    };
}
lits! {
    /// A function of FPMATH: what has an instruction, or nearly.
    FpMath {
        /// Rounds down.
        Floor "floor";
        /// Rounds up.
        Ceil "ceil";
        /// Rounds towards 0.
        Trunc "trunc";
        /// Square root.
        Sqrt "sqrt";
    }
}
lits! {
    /// A conversion of CONV; the instruction's type is the target's.
    Conv {
        /// int to num: exact.
        NumInt "num.int";
        /// num to int; guard: integral, in range, not -0.
        IntNum "int.num";
        /// num to int for an index; guard: integral, in range; -0 is 0.
        IntNumIndex "int.num index";
        /// int to key: a control value.
        KeyInt "key.int";
        /// key to int.
        IntKey "int.key";
        /// num to int, truncating as `(int)x` on x86 does (out of range and NaN: `i32::MIN`); never a guard.
        IntTrunc "int.num trunc";
    }
}

/// Flags of SLOAD.
pub mod sload {
    /// Side traces: the value is inherited from the parent's exit, not read from memory.
    pub const PARENT: i32 = 1;
    /// Reads a num as int (type int): guard, it is integral.
    pub const CONVERT: i32 = 2;
    /// Nobody writes the slot in this trace: the load may leave the loop.
    pub const READONLY: i32 = 4;
}
