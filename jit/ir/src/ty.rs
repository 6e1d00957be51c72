//! Types of IR values.
//!
//! The first types are those of Lua values, in the order of their tags (`abi::tag`): a reference of such a type is the bare
//! payload (an object's address), without its tag. `nil`, `false`, `true` have one value each. `num` is a double, `int` a 32-bit integer
//! that stands for the number of the same value.

macro_rules! define_types {
    ($($(#[$doc:meta])* $name:ident = $n:literal $text:literal;)*) => {
        /// A type.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Ty { $($(#[$doc])* $name = $n),* }
        impl Ty {
            /// All types.
            pub const ALL: &'static [Ty] = &[$(Ty::$name),*];
            /// Returns the name in dumps.
            pub const fn name(self) -> &'static str { match self { $(Ty::$name => $text),* } }
        }
    };
}
define_types! {
    /// nil
    Nil = 0 "nil";
    /// false
    False = 1 "fal";
    /// true
    True = 2 "tru";
    /// Light userdata
    Lightud = 3 "lud";
    /// String
    Str = 4 "str";
    /// Coroutine
    Thread = 6 "thr";
    /// Prototype; never in a slot
    Proto = 7 "pro";
    /// Function
    Func = 8 "fun";
    /// Table
    Tab = 11 "tab";
    /// Userdata
    Udata = 12 "udt";
    /// Number
    Num = 13 "num";
    /// Number, as a 32-bit integer
    Int = 14 "int";
    /// Address of a value or of untyped memory; never in a slot
    Ptr = 15 "ptr";
    /// Frame word: a return address, a distance, a continuation. Only in frame slots
    Link = 16 "lnk";
    /// Control value of a `pairs` loop by position: an `int` in registers, `KEY_INDEX << 32 | position` in a slot
    Key = 17 "key";
    /// No value: stores, markers
    Void = 18 "---";
}

impl Ty {
    /// Says whether it is nil, false or true.
    pub const fn is_pri(self) -> bool {
        matches!(self, Ty::Nil | Ty::False | Ty::True)
    }
    /// Says whether values are collectable objects.
    pub const fn is_gc(self) -> bool {
        matches!(self, Ty::Str | Ty::Thread | Ty::Proto | Ty::Func | Ty::Tab | Ty::Udata)
    }
    /// Says whether it is `num` or `int`.
    pub const fn is_number(self) -> bool {
        matches!(self, Ty::Num | Ty::Int)
    }
    /// Returns the 17-bit tag of boxed values (`abi::tag`); meaningless for numbers and types that are not Lua values.
    pub const fn tag(self) -> u64 {
        !(self as u64) & 0x1_ffff
    }
    /// Parses a name.
    pub fn parse(s: &str) -> Option<Ty> {
        Ty::ALL.iter().copied().find(|t| t.name() == s)
    }
}
const _: () =
    assert!(Ty::Tab.tag() == abi::tag::TAB && Ty::Str.tag() == abi::tag::STR && Ty::Udata.tag() == abi::tag::UDATA);
