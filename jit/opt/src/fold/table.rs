//! THE table of fold rules.
//!
//! A row: the law; its name; operations, types of the instruction, classes of both operands; the function. Constants are at the right
//! of what commutes, and of comparisons (`comm_order`, `cmp_order`), so rules look for them only there.
//! Each rule has a file of its name in `testdata/fold` that makes it fire, and shows where it must not.

use super::{Rule, Set, bits, class, cmp, conv, int, num, string};
use ir::{Op, Ty};

macro_rules! op_sets {
    ($($(#[$doc:meta])+ $name:ident $kind:ident $a:ident $b:ident;)*) => { $(#[allow(dead_code)] const $name: Set = 1 << Op::$name as u8;)* };
}
ir::for_each_ir!(op_sets);

const ANY: Set = Set::MAX;
const KNUM: Set = 1 << class::KNUM;
const KINT: Set = 1 << class::KINT;
const KSTR: Set = 1 << class::KSTR;
const K: Set = KNUM | KINT | KSTR | 1 << class::KOTHER;

const N: u32 = 1 << Ty::Num as u8;
const I: u32 = 1 << Ty::Int as u8;
const S: u32 = 1 << Ty::Str as u8;
const T: u32 = u32::MAX;
/// Types whose values are equal to themselves.
const NOT_NUM: u32 = T & !N;

/// Comparisons by order.
const ORDER: Set = LT | GE | LE | GT | ULT | UGE | ULE | UGT;
const SHIFTS: Set = BSHL | BSHR | BSAR | BROL | BROR;

macro_rules! rules {
    ($($(#[$doc:meta])+ $name:ident: $ops:expr, $types:expr, $a:expr, $b:expr => $run:path;)*) => {
        /// All rules.
        pub(super) const RULES: &[Rule] = &[$(Rule { name: stringify!($name), ops: $ops, types: $types, a: $a, b: $b, run: $run }),*];
        /// Number of rules.
        pub(super) const COUNT: usize = RULES.len();
    };
}

rules! {
    // ---- constants ----
    /// `k1 op k2` of nums is computed.
    num_const: ADD | SUB | MUL | DIV | MOD | POW | MIN | MAX, N, KNUM, KNUM => num::constant;
    /// `op k` of a num is computed.
    num_const1: NEG | ABS | FPMATH, N, KNUM, ANY => num::constant1;
    /// `k1 op k2` of ints is computed modulo 2^32.
    int_const: ADD | SUB | MUL | MOD | MIN | MAX | BAND | BOR | BXOR | SHIFTS, I, KINT, KINT => int::constant;
    /// `op k` of an int is computed.
    int_const1: NEG | BNOT | BSWAP, I, KINT, ANY => int::constant1;
    /// `k1 op k2` with overflow guard is computed; the guard fails if it overflows.
    intov_const: ADDOV | SUBOV | MULOV, I, KINT, KINT => int::constant_ov;
    /// A comparison of numbers is decided.
    cmp_const: ORDER | EQ | NE | ABC, N | I, KNUM | KINT, KNUM | KINT => cmp::constant;
    /// A comparison of different constants of one kind is decided.
    eq_const: EQ | NE, NOT_NUM, K, K => cmp::constant_eq;
    /// A conversion of a constant is computed; its guard fails if it cannot be.
    conv_const: CONV, T, KNUM | KINT, ANY => conv::constant;
    /// `tobit k` is computed.
    tobit_const: TOBIT, I, KNUM, ANY => conv::constant_tobit;
    /// `tostring k` is computed.
    tostr_const: TOSTR, S, KNUM | KINT, ANY => string::constant_tostr;
    /// `tonumber "k"` is computed, of plain decimal numerals.
    strto_const: STRTO, N, KSTR, ANY => string::constant_strto;
    /// Rounding, remainders, comparisons of constants by helpers are computed; nothing that depends on a machine's library.
    calln_const: CALLN, T, KNUM | KSTR | CARG, ANY => string::constant_call;
    /// `lower`, `upper`, `reverse` of a constant string and `char` of a constant are computed.
    calla_const: CALLA, S, KSTR | KINT, ANY => string::constant_calla;
    /// A byte of a constant string at a constant place is known.
    xload_const: XLOAD, I, STRREF, ANY => string::constant_xload;
    /// A part of a constant string is a constant.
    snew_const: SNEW, S, STRREF, KINT => string::constant_snew;

    // ---- num ----
    /// `x - 0 = x`, `x + -0 = x`; but `x + 0` and `x - -0` change -0.
    num_zero: ADD | SUB, N, ANY, KNUM => num::zero;
    /// `x + -y = x - y`, `-x + y = y - x`
    add_neg: ADD, N | I, ANY, ANY => num::add_neg;
    /// `x - -y = x + y`
    sub_neg: SUB, N | I, ANY, NEG => num::sub_neg;
    /// `x * 1 = x / 1 = x`, `x * -1 = x / -1 = -x`
    num_one: MUL | DIV, N, ANY, KNUM => num::one;
    /// `x * 2 = x + x`
    num_double: MUL, N, ANY, KNUM => num::double;
    /// `x / 2^k = x * 2^-k`: both are rounded from the same exact value.
    num_reciprocal: DIV, N, ANY, KNUM => num::reciprocal;
    /// `-x * k = x * -k`, `-x / k = x / -k`
    num_neg_k: MUL | DIV, N, NEG, KNUM => num::neg_k;
    /// `-x * -y = x * y`, `-x / -y = x / y`
    num_neg_neg: MUL | DIV, N, NEG, NEG => num::neg_neg;
    /// `x ^ 0 = 1`, `x ^ 1 = x`; no other power is exact.
    num_pow: POW, N, ANY, KNUM => num::power;
    /// `-(-x) = x`
    neg_neg: NEG, N | I, NEG, ANY => int::left_left;
    /// `||x|| = |x|`
    abs_abs: ABS, N, ABS, ANY => int::left;
    /// `|-x| = |x|`
    abs_neg: ABS, N, NEG, ANY => num::abs_neg;
    /// Rounding what is rounded changes nothing.
    round_round: FPMATH, N, FPMATH, ANY => num::round_round;
    /// Rounding an integer changes nothing.
    round_int: FPMATH, N, CONV, ANY => num::round_int;
    /// `min(x, x) = max(x, x) = x`
    minmax_same: MIN | MAX, N | I, ANY, ANY => int::same;
    /// `min(min(x, y), y) = min(x, y)`, and `max`
    minmax_again: MIN | MAX, N | I, MIN | MAX, ANY => int::minmax_again;
    /// `min` and `max` of integers are taken as integers.
    minmax_int: MIN | MAX, N, CONV, CONV | KNUM => num::minmax_int;

    // ---- int ----
    /// The operands of what commutes are ordered: constants right, else the younger left.
    comm_order: ADD | MUL | ADDOV | MULOV | BAND | BOR | BXOR, N | I, ANY, ANY => int::order;
    /// `x + 0 = x - 0 = x`, with guard too.
    int_zero: ADD | SUB | ADDOV | SUBOV, I, ANY, KINT => int::zero;
    /// `x - k = x + -k`, with guard too unless `k` has no negative.
    int_sub_k: SUB | SUBOV, I, ANY, KINT => int::sub_k;
    /// `0 - x = -x`
    int_neg: SUB, I, KINT, ANY => int::neg;
    /// `x - x = 0`, with guard too.
    int_sub_same: SUB | SUBOV, I, ANY, ANY => int::sub_same;
    /// `(x + y) - x = y`, `(x + y) - y = x`, `(x - y) - x = -y`
    int_cancel_left: SUB, I, ADD | SUB, ANY => int::cancel_left;
    /// `x - (x - y) = y`, `x - (x + y) = -y`
    int_cancel_right: SUB, I, ANY, ADD | SUB => int::cancel_right;
    /// `(x + y) - (x + z) = y - z`, in every order.
    int_cancel_both: SUB, I, ADD, ADD => int::cancel_both;
    /// `(x - y) + y = x`
    int_cancel_add: ADD, I, SUB, ANY => int::cancel_add;
    /// `x * 0 = 0`, `x * 1 = x`, `x * -1 = -x`, `x * 2^k = x << k`
    int_mul_k: MUL, I, ANY, KINT => int::mul_k;
    /// `x * 1 = x`, `x * 2 = x + x` with guard; `x * 0` may be -0 and stays.
    int_mulov_k: MULOV, I, ANY, KINT => int::mulov_k;
    /// `x % 1 = 0`, `x % 2^k = x & (2^k - 1)`
    int_mod_k: MOD, I, ANY, KINT => int::mod_k;
    /// `(x op k1) op k2 = x op (k1 op k2)`
    int_assoc: ADD | MUL | BAND | BOR | BXOR | MIN | MAX, I, ADD | MUL | BAND | BOR | BXOR | MIN | MAX, KINT => int::assoc;
    /// `(x + k1) + k2 = x + (k1 + k2)` with guard, for constants of one sign.
    intov_assoc: ADDOV, I, ADDOV, KINT => int::assoc_ov;

    // ---- bits ----
    /// `~~x = x`, `bswap(bswap(x)) = x`
    bits_twice: BNOT | BSWAP, I, BNOT | BSWAP, ANY => bits::twice;
    /// `x & 0 = 0`, `x & -1 = x`
    band_k: BAND, I, ANY, KINT => bits::and_k;
    /// `x | 0 = x`, `x | -1 = -1`
    bor_k: BOR, I, ANY, KINT => bits::or_k;
    /// `x ^ 0 = x`, `x ^ -1 = ~x`
    bxor_k: BXOR, I, ANY, KINT => bits::xor_k;
    /// `x & x = x | x = x`
    bits_same: BAND | BOR, I, ANY, ANY => int::same;
    /// `x ^ x = 0`
    bxor_same: BXOR, I, ANY, ANY => bits::xor_same;
    /// `(x & y) & y = x & y`, and `|`
    bits_again: BAND | BOR, I, BAND | BOR, ANY => bits::again;
    /// `(x ^ y) ^ y = x`
    bxor_again: BXOR, I, BXOR, ANY => bits::xor_again;
    /// `x op k` takes `k` modulo 32; `x op 0 = x`
    shift_k: SHIFTS, I, ANY, KINT => bits::shift_k;
    /// `x op (y & 31) = x op y`
    shift_mask: SHIFTS, I, ANY, BAND => bits::shift_mask;
    /// `0 op x = 0`; `-1 op x = -1` of arithmetic shift and rotations.
    shift_of_k: SHIFTS, I, KINT, ANY => bits::shift_of_k;
    /// `(x op k1) op k2 = x op (k1 + k2)`
    shift_shift: SHIFTS, I, SHIFTS, KINT => bits::shift_shift;
    /// `(x & k1) op k2 = (x op k2) & (k1 op k2)`, so that masks meet.
    shift_and: BSHL | BSHR | BROL | BROR, I, BAND, KINT => bits::shift_and;
    /// `(x op k1) & k2 = x op k1` if the shift leaves no bit outside `k2`.
    and_shift: BAND, I, BSHL | BSHR, KINT => bits::and_shift;
    /// `(x | k1) & k2 = x & k2` if `k1 & k2 = 0`; `(x & k1) | k2 = x | k2` if `k1 | k2 = -1`.
    and_or: BAND | BOR, I, BAND | BOR, KINT => bits::and_or;
    /// A mask that clears no bit a byte can have is not needed.
    and_byte: BAND, I, XLOAD, KINT => bits::and_byte;

    // ---- comparisons ----
    /// `k < x` is `x > k`: constants are at the right; equality is ordered.
    cmp_order: ORDER | EQ | NE, T, ANY, ANY => cmp::order;
    /// `x` compared with itself is decided; a num may be NaN and is not.
    cmp_same: ORDER | EQ | NE, NOT_NUM, ANY, ANY => cmp::same;
    /// Nothing is below the least integer, nor above the greatest.
    cmp_edge: ORDER, I, ANY, KINT => cmp::edge;
    /// What cannot be negative is not below 0.
    cmp_nonneg: LT | GE, I, XLOAD | FLOAD | BAND | BSHR, KINT => cmp::nonneg;
    /// Nums that are integers are compared as integers.
    cmp_int: ORDER | EQ | NE, N, CONV, CONV => cmp::ints;
    /// A num that is an integer is compared with a constant as an integer.
    cmp_int_k: ORDER | EQ | NE, N, CONV, KNUM => cmp::int_k;
    /// `x ^ k1 = k2` is `x = k1 ^ k2`, `-x = k` is `x = -k`, `~x = k` is `x = ~k`.
    eq_unop: EQ | NE, I, BXOR | NEG | BNOT, KINT => cmp::eq_unop;
    /// Addresses of elements are neither null nor the nil of absent keys.
    eq_addr: EQ | NE, T, AREF | HREFK | HREFI | NEWREF | UREFO | UREFC | FREF | STRREF, K => cmp::eq_addr;
    /// `s:sub(i, j) == "c"` compares length and byte.
    eq_snew: EQ | NE, S, SNEW, KSTR => string::eq_snew;

    // ---- conversions ----
    /// To another type and back, where the first step was exact.
    conv_back: CONV, T, CONV, ANY => conv::back;
    /// A weaker check than one that was done is done.
    conv_weaker: CONV | TOBIT, I, ANY, ANY => conv::weaker;
    /// `tobit` of an integer is the integer.
    tobit_conv: TOBIT, I, CONV, ANY => conv::tobit;

    /// A checked conversion of a sum is the checked sum of conversions, if there are not more of them.
    narrow_conv: CONV, I, ADD | SUB, ANY => conv::narrow_conv;
    /// `tobit` of sums and products of integers that are not rounded is computed modulo 2^32.
    narrow_tobit: TOBIT, I, ADD | SUB | MUL | NEG, ANY => conv::narrow_tobit;

    // ---- strings, objects ----
    /// A part from the start to the end is the string; a part of no bytes is empty.
    snew_whole: SNEW, S, ANY, ANY => string::snew_whole;
    /// The address of a part's byte is that of the whole's.
    strref_snew: STRREF, T, SNEW, ANY => string::strref_snew;
    /// The length of a constant, of a part, of one byte is known.
    len_known: FLOAD, I, KSTR | SNEW | CALLA, ANY => string::len;
    /// The prototype of a closure made here is known.
    fnew_proto: FLOAD, T, FNEW, ANY => string::closure_proto;
    /// Joining constants is a constant; joining one string is that.
    cat_const: CAT, S, ANY, ANY => string::cat;
    /// A string compared with itself is equal.
    strcmp_same: CALLN, I, CARG, ANY => string::compare_same;
}
