//! Heads of builtins: the instructions behind the bytecode's own, so that calling a hot builtin costs no native call.
//!
//! A head sees its arguments like a function's first instruction: slot 0 on, their number in the high half of the instruction.
//! Whatever is not the plain case goes to `FUNCC`, which calls the builtin's Rust function: it must do all cases by itself.
//!
//! Invariant: a builtin without an own head has the head `FUNCC`.

use crate::control;
use crate::ops::FAST_BASE;
use crate::ops::arith::floor;
use crate::ops::call::FUNCC;
use abi::{metamethod::Mm, tag};
use bytecode::Op;
use heap::vm::Handler;
use heap::{StrObj, TabObj};

/// Builtin number of `next`.
pub(crate) const NEXT_ID: u32 = abi::builtins::number("next");

/// Heads by name of the builtin.
pub(crate) static HEADS: &[(&str, Handler)] = &[
    ("pcall", control::head_pcall),
    ("xpcall", control::head_xpcall),
    ("coroutine.resume", control::head_resume),
    ("coroutine.wrap_aux", control::head_wrap_aux),
    ("coroutine.yield", control::head_yield),
    ("next", head_next),
    ("ipairs_aux", head_ipairs_aux),
    ("rawget", head_rawget),
    ("type", head_type),
    ("select", head_select),
    ("assert", head_assert),
    ("getmetatable", head_getmetatable),
    ("setmetatable", head_setmetatable),
    ("tonumber", head_tonumber),
    ("unpack", head_unpack),
    ("math.floor", head_floor),
    ("math.ceil", head_ceil),
    ("math.abs", head_abs),
    ("math.sqrt", head_sqrt),
    ("math.sin", head_sin),
    ("math.cos", head_cos),
    ("math.exp", head_exp),
    ("math.log", head_log),
    ("math.max", head_max),
    ("math.min", head_min),
    ("math.fmod", head_fmod),
    ("math.pow", head_pow),
    ("bit.tobit", head_tobit),
    ("bit.bnot", head_bnot),
    ("bit.bswap", head_bswap),
    ("bit.band", head_band),
    ("bit.bor", head_bor),
    ("bit.bxor", head_bxor),
    ("bit.lshift", head_lshift),
    ("bit.rshift", head_rshift),
    ("bit.arshift", head_arshift),
    ("bit.rol", head_rol),
    ("bit.ror", head_ror),
    ("string.len", head_len),
    ("string.byte", head_byte),
    ("string.char", head_char),
    ("string.sub", head_sub),
    ("tostring", head_tostring),
    ("table.insert", head_insert),
    ("table.remove", head_remove),
    ("rawequal", head_rawequal),
    ("rawset", head_rawset),
];

/// Heads at the begin of [`HEADS`] whose builtins have no Rust function that does the work.
const CONTROL_HEADS: usize = 5;

/// Says whether the head at `pc` does all that its builtin does.
///
/// # Safety
/// `pc` is a builtin's head.
pub(crate) unsafe fn does_all(pc: *const u32) -> bool {
    // SAFETY: as the caller says.
    let op = unsafe { *pc } as usize;
    (FAST_BASE..FAST_BASE + CONTROL_HEADS).contains(&op)
}

/// One instruction for each opcode, so that a builtin can point at its head.
static HEAD_WORDS: [u32; 256] = {
    let mut words = [0; 256];
    let mut i = 0;
    while i < 256 {
        words[i] = i as u32;
        i += 1;
    }
    words
};

const _: () = assert!(FAST_BASE + HEADS.len() <= crate::jit::JITERN as usize);

/// The opcode that each builtin begins with, by its number.
static HEAD_OPS: [u8; abi::builtins::NAMES.len()] = {
    let mut ops = [Op::FUNCC as u8; abi::builtins::NAMES.len()];
    let mut i = 0;
    while i < HEADS.len() {
        let number = abi::builtins::number(HEADS[i].0);
        assert!(number != 0);
        ops[number as usize] = (FAST_BASE + i) as u8;
        i += 1;
    }
    ops
};

/// Returns the first instruction of the builtin with a number.
pub(crate) fn head_of(number: u32) -> *const u32 {
    &raw const HEAD_WORDS[HEAD_OPS[number as usize] as usize]
}

/// Results the head of `string.byte` gives at most.
const MAX_BYTES: f64 = 8.0;
/// More values are unpacked by the builtin, which knows the limit.
const MOST_UNPACKED: usize = 256;

/// Number of arguments.
macro_rules! nargs {
    ($insn:expr) => {
        $insn >> 32
    };
}

macro_rules! number_heads {
    ($($name:ident |$x:ident| $e:expr;)*) => { handlers! {$(
        fn $name(base, pc, insn, vm, k) {
            let v = *base;
            if nargs!(insn) == 0 || v >= tag::NUM_LIMIT {
                jump!(FUNCC, base, pc, insn, vm, k)
            }
            let $x = f64::from_bits(v);
            let r: f64 = $e;
            return_one!(base, r.to_bits(), vm)
        }
    )*}};
}
number_heads! {
    head_floor |x| floor(x);
    head_ceil |x| -floor(-x);
    head_abs |x| x.abs();
    head_sqrt |x| x.sqrt();
    head_sin |x| x.sin();
    head_cos |x| x.cos();
    head_exp |x| x.exp();
}

macro_rules! two_number_heads {
    ($($name:ident |$x:ident, $y:ident| $e:expr;)*) => { handlers! {$(
        fn $name(base, pc, insn, vm, k) {
            if nargs!(insn) != 2 || *base >= tag::NUM_LIMIT || *base.add(1) >= tag::NUM_LIMIT {
                jump!(FUNCC, base, pc, insn, vm, k)
            }
            let $x = f64::from_bits(*base);
            let $y = f64::from_bits(*base.add(1));
            let r: f64 = $e;
            return_one!(base, heap::Value::from_foreign_num(r).0, vm)
        }
    )*}};
}
two_number_heads! {
    // As the hardware's instructions: of two zeros, or with a NaN, the second one.
    head_max |x, y| if x > y { x } else { y };
    head_min |x, y| if x < y { x } else { y };
    head_fmod |x, y| x % y;
    head_pow |x, y| x.powf(y);
}

/// Rounds to an integer modulo 2^32; exact for magnitudes below 2^51, which the heads check.
#[inline(always)]
fn to_bit(x: f64) -> Option<i32> {
    if x.abs() < 2251799813685248.0 { Some(heap::number::to_bit(x)) } else { None }
}

macro_rules! bit_unary_heads {
    ($($name:ident |$x:ident| $e:expr;)*) => { handlers! {$(
        fn $name(base, pc, insn, vm, k) {
            if nargs!(insn) != 0 && let Some($x) = to_bit(f64::from_bits(*base)) {
                let r: i32 = $e;
                return_one!(base, f64::from(r).to_bits(), vm)
            }
            jump!(FUNCC, base, pc, insn, vm, k)
        }
    )*}};
}
bit_unary_heads! {
    head_tobit |x| x;
    head_bnot |x| !x;
    head_bswap |x| x.swap_bytes();
}

macro_rules! bit_heads {
    ($($name:ident |$x:ident, $y:ident| $e:expr;)*) => { handlers! {$(
        fn $name(base, pc, insn, vm, k) {
            if nargs!(insn) == 2
                && let Some($x) = to_bit(f64::from_bits(*base))
                && let Some($y) = to_bit(f64::from_bits(*base.add(1)))
            {
                let r: i32 = $e;
                return_one!(base, f64::from(r).to_bits(), vm)
            }
            jump!(FUNCC, base, pc, insn, vm, k)
        }
    )*}};
}
bit_heads! {
    head_band |x, y| x & y;
    head_bor |x, y| x | y;
    head_bxor |x, y| x ^ y;
    head_lshift |x, y| x.wrapping_shl(y as u32);
    head_rshift |x, y| (x as u32).wrapping_shr(y as u32) as i32;
    head_arshift |x, y| x.wrapping_shr(y as u32);
    head_rol |x, y| x.rotate_left(y as u32 & 31);
    head_ror |x, y| x.rotate_right(y as u32 & 31);
}

handlers! {
    fn head_log(base, pc, insn, vm, k) {
        if nargs!(insn) != 1 || *base >= tag::NUM_LIMIT {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        return_one!(base, heap::Value::from_foreign_num(f64::from_bits(*base).ln()).0, vm)
    }
    fn head_next(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) == 0 || t >> tag::SHIFT != 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        if nargs!(insn) == 1 {
            *base.add(1) = tag::NIL_BITS;
        }
        jump!(next_entry, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn next_entry(base, pc, insn, vm, k) {
        let t = (*base & tag::PTR_MASK) as *const TabObj;
        let key = heap::Value(*base.add(1));
        let found = heap::inline::position_after(t, key);
        if found == u32::MAX {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        // The position goes into a slot, since a local whose address is taken would end the tail call.
        if heap::inline::entry_into(t, found, base) {
            (*vm).multres = 2;
            (*vm).top.set(base.add(2));
            jump!(crate::ops::ret::return_top, base, pc, insn, vm, k)
        }
        return_one!(base, tag::NIL_BITS, vm)
    }
    fn head_ipairs_aux(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) < 2 || t >> tag::SHIFT != 0 || *base.add(1) >= tag::NUM_LIMIT {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let t = t as *const TabObj;
        let i = f64::from_bits(*base.add(1)) as i32 as u32;
        let i = i.wrapping_add(1);
        let v = if i < (*t).asize {
            *(*t).array.add(i as usize)
        } else if (*t).hmask == 0 {
            tag::NIL_BITS
        } else {
            heap::table::get_int(t, i64::from(i as i32)).0
        };
        let link = *base.sub(1);
        if v != tag::NIL_BITS && link & abi::frame::TYPE_LUA == 0 {
            let pc = link as *const u32;
            if load_b!(pc) == 3 {
                *base.sub(2).cast::<f64>() = f64::from(i);
                *base.sub(1) = v;
                next_in_caller!(base, pc, vm)
            }
        }
        if v == tag::NIL_BITS {
            // No result: the loop ends.
            jump!(crate::ops::ret::return_first, base, pc, 0, vm, k)
        }
        *base.cast::<f64>() = f64::from(i);
        *base.add(1) = v;
        jump!(crate::ops::ret::return_first, base, pc, 2, vm, k)
    }
    fn head_rawget(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) < 2 || t >> tag::SHIFT != 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let v = heap::table::get(t as *const TabObj, heap::Value(*base.add(1)));
        return_one!(base, v.0, vm)
    }
    fn head_type(base, pc, insn, vm, k) {
        if nargs!(insn) == 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let i = heap::Value(*base).type_index();
        return_one!(base, (*vm).type_names[i & 15].0, vm)
    }
    fn head_select(base, pc, insn, vm, k) {
        let n = nargs!(insn);
        let v = *base;
        if n == 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        if v < tag::NUM_LIMIT {
            let x = f64::from_bits(v);
            if (1.0..16777216.0).contains(&x) {
                let first = x as u64;
                let count = n.saturating_sub(first);
                (*vm).multres = count;
                (*vm).top.set(base.add(n as usize));
                jump!(crate::ops::ret::return_top, base, pc, insn, vm, k)
            }
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let s = v ^ (tag::STR << tag::SHIFT);
        if s >> tag::SHIFT == 0 {
            let s = s as *const StrObj;
            if (*s).len == 1 && *s.add(1).cast::<u8>() == b'#' {
                return_one!(base, ((n - 1) as f64).to_bits(), vm)
            }
        }
        jump!(FUNCC, base, pc, insn, vm, k)
    }
    fn head_assert(base, pc, insn, vm, k) {
        let n = nargs!(insn);
        if n == 0 || *base >= tag::FALSE_BITS {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        if n == 1 {
            return_one!(base, *base, vm)
        }
        return_many!(base, base, n as usize, vm)
    }
    fn head_getmetatable(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) == 0 || t >> tag::SHIFT != 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let m = (*(t as *const TabObj)).meta;
        if m.is_null() {
            return_one!(base, tag::NIL_BITS, vm)
        }
        let protected = heap::table::get_str(m, (*vm).mm_names[Mm::Metatable as usize]);
        if !protected.is_nil() {
            return_one!(base, protected.0, vm)
        }
        return_one!(base, heap::Value::from_tab(m).0, vm)
    }
    fn head_setmetatable(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        let m = *base.add(1) ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) != 2 || (t | m) >> tag::SHIFT != 0 || !(*(t as *const TabObj)).meta.is_null() {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        (*(t as *mut TabObj)).meta = m as *mut TabObj;
        if heap::inline::is_black(vm, t as *mut heap::Header) {
            jump!(meta_barrier, base, pc, insn, vm, k)
        }
        return_one!(base, *base, vm)
    }
    #[cold]
    #[inline(never)]
    fn meta_barrier(base, _pc, _insn, vm, _k) {
        heap::gc::barrier_back(&*vm, (*base & tag::PTR_MASK) as *mut TabObj);
        return_one!(base, *base, vm)
    }
    fn head_tonumber(base, pc, insn, vm, k) {
        if nargs!(insn) != 1 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        if *base >= tag::NUM_LIMIT {
            if (*base ^ (tag::STR << tag::SHIFT)) >> tag::SHIFT == 0 {
                jump!(string_to_number, base, pc, insn, vm, k)
            }
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        return_one!(base, *base, vm)
    }
    #[inline(never)]
    fn string_to_number(base, _pc, _insn, vm, _k) {
        let v = match heap::number::parse(StrObj::bytes((*base & tag::PTR_MASK) as *const StrObj)) {
            Some(n) => n.to_bits(),
            None => tag::NIL_BITS,
        };
        return_one!(base, v, vm)
    }
    fn head_unpack(base, pc, insn, vm, k) {
        let n = nargs!(insn);
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if n == 0 || n > 3 || t >> tag::SHIFT != 0 || *base.sub(1) & abi::frame::TYPE_LUA != abi::frame::LUA {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        if n == 1 {
            *base.add(1).cast::<f64>() = 1.0;
        }
        if n < 3 {
            jump!(unpack_all, base, pc, insn, vm, k)
        }
        jump!(unpack_range, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn unpack_all(base, pc, insn, vm, k) {
        *base.add(2).cast::<f64>() = f64::from(heap::table::len((*base & tag::PTR_MASK) as *const TabObj));
        jump!(unpack_range, base, pc, insn, vm, k)
    }
    // Slots 0 to 2 hold the table and the range; the caller is a Lua function.
    #[inline(never)]
    fn unpack_range(base, pc, insn, vm, k) {
        let t = (*base & tag::PTR_MASK) as *const TabObj;
        let first = f64::from_bits(*base.add(1));
        let last = f64::from_bits(*base.add(2));
        // Tagged values are NaNs and fail the tests.
        if first >= 0.0 && last < f64::from((*t).asize) && first <= last {
            // Both are truncated, as the builtin does.
            let i = first as u32 as usize;
            let count = last as u32 as usize - i + 1;
            if count <= MOST_UNPACKED && base.add(count) <= (*vm).stack_max {
                return_many!(base, (*t).array.add(i), count, vm)
            }
        }
        jump!(FUNCC, base, pc, insn, vm, k)
    }
    fn head_len(base, pc, insn, vm, k) {
        let s = *base ^ (tag::STR << tag::SHIFT);
        if nargs!(insn) == 0 || s >> tag::SHIFT != 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        return_one!(base, f64::from((*(s as *const StrObj)).len).to_bits(), vm)
    }
    fn head_byte(base, pc, insn, vm, k) {
        let n = nargs!(insn);
        let s = *base ^ (tag::STR << tag::SHIFT);
        if n == 0 || n > 2 || s >> tag::SHIFT != 0 {
            jump!(byte_range, base, pc, insn, vm, k)
        }
        let s = s as *const StrObj;
        let x = if n == 2 { f64::from_bits(*base.add(1)) } else { 1.0 };
        // A tagged value is a NaN and fails the test.
        if x >= 1.0 && x <= f64::from((*s).len) {
            let byte = *s.add(1).cast::<u8>().add(x as usize - 1);
            return_one!(base, f64::from(byte).to_bits(), vm)
        }
        jump!(FUNCC, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn byte_range(base, pc, insn, vm, k) {
        let s = *base ^ (tag::STR << tag::SHIFT);
        if nargs!(insn) != 3 || s >> tag::SHIFT != 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let s = s as *const StrObj;
        let len = f64::from((*s).len);
        let x = f64::from_bits(*base.add(1));
        let y = f64::from_bits(*base.add(2));
        let y = if y > len { len } else { y };
        // Tagged values are NaNs and fail the tests.
        if x >= 1.0 && x <= y && y - x < MAX_BYTES && base.add(16) <= (*vm).stack_max {
            let from = x.to_int_unchecked::<i32>() as usize;
            let count = y.to_int_unchecked::<i32>() as usize + 1 - from;
            let bytes = s.add(1).cast::<u8>().add(from - 1);
            let mut i = 0;
            while i < count {
                base.add(i).write_volatile(f64::from(*bytes.add(i)).to_bits());
                i = crate::dispatch::opaque(i + 1);
            }
            return_many!(base, base, count, vm)
        }
        jump!(FUNCC, base, pc, insn, vm, k)
    }
    fn head_char(base, pc, insn, vm, k) {
        let n = nargs!(insn) as usize;
        let x = f64::from_bits(*base);
        if n == 1 && (0.0..256.0).contains(&x) {
            let made = (&(*vm).heap.chars)[x.to_int_unchecked::<i32>() as u8 as usize].get();
            if !made.is_null() {
                return_one!(base, heap::Value::from_str(made).0, vm)
            }
        }
        if n == 0 || n > 8 || (*vm).gc_due() {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let mut word = 0;
        let mut i = n;
        while i > 0 {
            i -= 1;
            let x = f64::from_bits(*base.add(i));
            if !(0.0..256.0).contains(&x) {
                jump!(FUNCC, base, pc, insn, vm, k)
            }
            word = word << 8 | x.to_int_unchecked::<i32>() as u64;
        }
        // The slot behind the arguments holds the bytes meanwhile: a local whose address is taken would end the tail call.
        let slot = base.add(n);
        *slot = word;
        let made = heap::inline::intern(&*vm, slot.cast::<u8>(), n);
        *slot = tag::NIL_BITS;
        if made.is_null() {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        return_one!(base, heap::Value::from_str(made).0, vm)
    }
    fn head_tostring(base, pc, insn, vm, k) {
        let v = *base;
        if nargs!(insn) == 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        if v >> tag::SHIFT == tag::STR {
            return_one!(base, v, vm)
        }
        if v < tag::NUM_LIMIT && (*vm).base_meta[const { heap::Value::from_num(0.0).type_index() }].is_null() && !(*vm).gc_due() {
            let made = heap::inline::number_string(&*vm, f64::from_bits(v));
            if !made.is_null() {
                return_one!(base, heap::Value::from_str(made).0, vm)
            }
        }
        jump!(FUNCC, base, pc, insn, vm, k)
    }
    // `table.insert(t, v)` where the array part has a slot for `v`.
    fn head_insert(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) != 2 || t >> tag::SHIFT != 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let t = t as *mut TabObj;
        let i = heap::table::len(t) + 1;
        if i >= (*t).asize || heap::inline::is_black(vm, t.cast()) {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        *(*t).array.add(i as usize) = *base.add(1);
        return_none!(base, vm)
    }
    // `table.remove(t)` where the last element is in the array part.
    fn head_remove(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) != 1 || t >> tag::SHIFT != 0 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let t = t as *mut TabObj;
        let i = heap::table::len(t);
        if i == 0 || i >= (*t).asize {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let slot = (*t).array.add(i as usize);
        let v = *slot;
        *slot = tag::NIL_BITS;
        return_one!(base, v, vm)
    }
    // `rawset(t, k, v)` of a key that is there.
    fn head_rawset(base, pc, insn, vm, k) {
        let t = *base ^ (tag::TAB << tag::SHIFT);
        if nargs!(insn) != 3 || t >> tag::SHIFT != 0 || heap::inline::is_black(vm, t as *const heap::Header) {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let t = t as *mut TabObj;
        let slot = heap::table::find(t, heap::Value(*base.add(1)));
        if slot.is_null() {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        (*t).nomm = 0;
        *slot = *base.add(2);
        return_one!(base, *base, vm)
    }
    fn head_rawequal(base, pc, insn, vm, k) {
        if nargs!(insn) < 2 {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let same = heap::Value(*base).raw_eq(heap::Value(*base.add(1)));
        return_one!(base, heap::Value::from_bool(same).0, vm)
    }
    fn head_sub(base, pc, insn, vm, k) {
        let n = nargs!(insn);
        let s = *base ^ (tag::STR << tag::SHIFT);
        if n < 2 || s >> tag::SHIFT != 0 || (*vm).gc_due() {
            jump!(FUNCC, base, pc, insn, vm, k)
        }
        let s = s as *const StrObj;
        let len = i64::from((*s).len);
        let x = f64::from_bits(*base.add(1));
        let y = if n >= 3 { f64::from_bits(*base.add(2)) } else { -1.0 };
        // Tagged values are NaNs and fail the tests; so does what does not fit 32 bits.
        if x.abs() < 2147483648.0 && y.abs() < 2147483648.0 {
            let (mut i, mut j) = (x as i64, y as i64);
            if i < 0 {
                i = (len + i + 1).max(1);
            } else if i == 0 {
                i = 1;
            }
            if j < 0 {
                j = len + j + 1;
            } else if j > len {
                j = len;
            }
            let count = if j < i { 0 } else { (j - i + 1) as usize };
            let from = if count == 0 { 0 } else { (i - 1) as usize };
            if count == 1 {
                let made = (&(*vm).heap.chars)[usize::from(*s.add(1).cast::<u8>().add(from))].get();
                if !made.is_null() {
                    return_one!(base, heap::Value::from_str(made).0, vm)
                }
            }
            let made = heap::inline::intern(&*vm, s.add(1).cast::<u8>().add(from), count);
            if !made.is_null() {
                return_one!(base, heap::Value::from_str(made).0, vm)
            }
        }
        jump!(FUNCC, base, pc, insn, vm, k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_that_do_everything_come_first() {
        let all = ["pcall", "xpcall", "coroutine.resume", "coroutine.wrap_aux", "coroutine.yield"];
        assert!(HEADS[..CONTROL_HEADS].iter().map(|h| h.0).eq(all));
    }
}
