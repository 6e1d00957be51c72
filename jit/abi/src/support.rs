//! THE table of runtime helpers: functions that compiled code calls, with the platform's C calling convention.
//!
//! A row is the law, the name, effect (`N` pure, `A` allocates, `L` reads memory, `S` writes), whether it can fail, arguments and result. Bodies are
//! `interp::support::<name>`; a row without body does not compile. A helper never collects, never runs Lua, and one that fails
//! (null; for num: the bits of nil; for int: `i32::MIN`) has done nothing: the exit executes the instruction again.
//!
//! Argument types: `vm` the machine; `num` a double; `int` 32 bits; `any` a boxed value; `ptr`, `str`, `tab`, `fun`, `pro`, `udt` addresses.

/// Calls the macro `$m` with every row.
#[macro_export]
macro_rules! for_each_helper {
    ($m:ident) => {
        $m! {
            /// `math.sin(x)`
            sin N sure (x: num) -> num;
            /// `math.cos(x)`
            cos N sure (x: num) -> num;
            /// `math.tan(x)`
            tan N sure (x: num) -> num;
            /// `math.asin(x)`
            asin N sure (x: num) -> num;
            /// `math.acos(x)`
            acos N sure (x: num) -> num;
            /// `math.atan(x)`
            atan N sure (x: num) -> num;
            /// `math.sinh(x)`
            sinh N sure (x: num) -> num;
            /// `math.cosh(x)`
            cosh N sure (x: num) -> num;
            /// `math.tanh(x)`
            tanh N sure (x: num) -> num;
            /// `math.exp(x)`
            exp N sure (x: num) -> num;
            /// `math.log(x)`
            log N sure (x: num) -> num;
            /// `math.log10(x)`
            log10 N sure (x: num) -> num;
            /// Binary logarithm, as `math.log(x, b)` uses it.
            log2 N sure (x: num) -> num;
            /// `math.atan2(y, x)`
            atan2 N sure (y: num, x: num) -> num;
            /// `math.fmod(x, y)`
            fmod N sure (x: num, y: num) -> num;
            /// `x ^ y`
            pow N sure (x: num, y: num) -> num;
            /// `x % y`
            modulo N sure (x: num, y: num) -> num;
            /// `math.ldexp(m, e)`
            ldexp N sure (m: num, e: num) -> num;
            /// Rounds down, where the CPU cannot.
            floor N sure (x: num) -> num;
            /// Rounds up, where the CPU cannot.
            ceil N sure (x: num) -> num;
            /// Rounds towards 0, where the CPU cannot.
            trunc N sure (x: num) -> num;
            /// Low 32 bits of a number far out of range, as `bit.tobit`.
            tobit N sure (x: num) -> int;
            /// Compares strings: below 0, 0, above 0.
            str_cmp N sure (a: str, b: str) -> int;
            /// Interns bytes.
            str_new A fails (m: vm, p: ptr, n: int) -> str;
            /// String of a number.
            str_of_num A fails (m: vm, x: num) -> str;
            /// String of an integer.
            str_of_int A fails (m: vm, x: int) -> str;
            /// Number of a string.
            str_to_num N fails (s: str) -> num;
            /// String of one byte.
            str_char A fails (m: vm, c: int) -> str;
            /// `string.lower`
            str_lower A fails (m: vm, s: str) -> str;
            /// `string.upper`
            str_upper A fails (m: vm, s: str) -> str;
            /// `string.reverse`
            str_reverse A fails (m: vm, s: str) -> str;
            /// `string.rep` without separator.
            str_rep A fails (m: vm, s: str, n: int) -> str;
            /// Position (from 0) of `p` in `s` from `at` (from 0) on, -1 if it is not there.
            str_find N sure (s: str, p: str, at: int) -> int;
            /// Concatenates `n` boxed strings and numbers.
            cat A fails (m: vm, p: ptr, n: int) -> str;
            /// Concatenates two strings.
            cat_two A fails (m: vm, a: str, b: str) -> str;
            /// Cell for an object of so many bytes that is no string; compiled code fills it.
            cell A fails (m: vm, bytes: int) -> ptr;
            /// New table with array slots and `2^hbits` nodes (0: none).
            tab_new A fails (m: vm, asize: int, hbits: int) -> tab;
            /// Copy of a template.
            tab_dup A fails (m: vm, t: tab) -> tab;
            /// Address of the value of a key, or of a nil that nobody writes.
            tab_get L sure (t: tab, k: any) -> ptr;
            /// The same for a string.
            tab_get_str L sure (t: tab, k: str) -> ptr;
            /// The same for an integer, array part included.
            tab_get_int L sure (t: tab, k: int) -> ptr;
            /// Inserts a key that is absent (no nil, no NaN); address of its value. The barrier for the key is done.
            tab_newkey S fails (m: vm, t: tab, k: any) -> ptr;
            /// `#t` without metamethods.
            tab_len L sure (t: tab) -> int;
            /// First position at or after `at` with a value; -1 if there is none. Positions: array slots, then nodes.
            tab_next L sure (t: tab, at: int) -> int;
            /// Makes a traversed table be traversed again.
            tab_barrier S sure (m: vm, t: tab) -> void;
            /// Marks the object that a traversed closed upvalue (its value's address) got.
            upval_barrier S sure (m: vm, p: ptr, v: any) -> void;
            /// Makes sure that a table has `n` array slots, as the end of a constructor does; 0.
            tab_reserve S fails (m: vm, t: tab, n: int) -> int;
            /// `table.clear`
            tab_clear S sure (m: vm, t: tab) -> void;
            /// Next fraction of the generator of `math.random`, from 0 up to 1; nobody else sees its state.
            random S fails (u: udt) -> num;
            /// Closure of a prototype in the frame of `parent` at `base`.
            func_new A fails (m: vm, p: pro, parent: fun, base: ptr) -> fun;
            /// Closes the open upvalues at `slot` and above.
            upvals_close S sure (m: vm, slot: ptr) -> void;
            /// Body of CALLB: calls what is below `base` with `n` arguments; 0, or 1 more than the trace's outcome.
            call_builtin S sure (m: vm, base: ptr, n: int) -> int;
        }
    };
}

/// Type of an argument or result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, non_camel_case_types)]
pub enum Arg {
    vm,
    num,
    int,
    any,
    ptr,
    str,
    tab,
    fun,
    pro,
    udt,
    void,
}

/// What a helper does to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Pure.
    N,
    /// Allocates.
    A,
    /// Reads.
    L,
    /// Writes.
    S,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct HelperRow {
    /// Name.
    pub name: &'static str,
    /// Effect.
    pub effect: Effect,
    /// It can fail.
    pub fails: bool,
    /// Arguments.
    pub args: &'static [Arg],
    /// Result.
    pub ret: Arg,
}

macro_rules! define_helpers {
    ($($(#[$doc:meta])* $name:ident $e:ident $f:ident ($($a:ident: $t:ident),*) -> $r:ident;)*) => {
        /// A helper.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(non_camel_case_types)]
        #[repr(u8)]
        pub enum Helper { $($(#[$doc])* $name),* }
        impl Helper {
            /// All helpers.
            pub const ALL: &'static [Helper] = &[$(Helper::$name),*];
            /// The rows.
            pub const ROWS: &'static [HelperRow] = &[$(HelperRow {
                name: stringify!($name), effect: Effect::$e, fails: $crate::helper_fails!($f), args: &[$(Arg::$t),*], ret: Arg::$r,
            }),*];
            /// Returns the row.
            pub const fn row(self) -> &'static HelperRow { &Self::ROWS[self as usize] }
        }
    };
}
/// `fails` or `sure` as a boolean.
#[macro_export]
#[doc(hidden)]
macro_rules! helper_fails {
    (fails) => {
        true
    };
    (sure) => {
        false
    };
}
for_each_helper!(define_helpers);
