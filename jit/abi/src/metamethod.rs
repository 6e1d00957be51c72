//! The table of metamethods.
//!
//! Invariant: the first eight are the ones tables cache the absence of (`TabObj::nomm`).

/// Calls the macro `$m` with every metamethod: its Rust name and its key.
#[macro_export]
macro_rules! for_each_metamethod {
    ($m:ident) => {
        $m! {
            Index "__index"; Newindex "__newindex"; Gc "__gc"; Mode "__mode"; Eq "__eq"; Len "__len"; Lt "__lt"; Call "__call";
            Le "__le"; Concat "__concat"; Add "__add"; Sub "__sub"; Mul "__mul"; Div "__div"; Mod "__mod"; Pow "__pow"; Unm "__unm";
            Metatable "__metatable"; Tostring "__tostring"; Pairs "__pairs"; Ipairs "__ipairs"; Name "__name";
        }
    };
}

macro_rules! define_metamethods {
    ($($name:ident $key:literal;)*) => {
        /// A metamethod.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Mm {
            $(#[doc = $key] $name),*
        }
        impl Mm {
            /// All metamethods.
            pub const ALL: &'static [Mm] = &[$(Mm::$name),*];
            /// Returns the key.
            pub const fn key(self) -> &'static str {
                const KEYS: &[&str] = &[$($key),*];
                KEYS[self as usize]
            }
        }
    };
}
for_each_metamethod!(define_metamethods);

/// Number of metamethods.
pub const COUNT: usize = Mm::ALL.len();
/// Number of metamethods whose absence is cached.
pub const CACHED: usize = 8;
const _: () = assert!(Mm::Call as usize == CACHED - 1);
