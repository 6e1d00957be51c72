//! What compiled code calls: a body for every row of `abi::support`.
//!
//! Each does what the interpreter and the libraries do, by the same functions where there is one. Types are as the row says (guards of the
//! trace have seen to that), so nothing is checked again.
//!
//! Invariant: nothing here collects, runs Lua code, or reads the machine's `pc`; but for [`call_builtin`], which is a safepoint.
//! Invariant: one that fails has not changed what the program can see: an exit executes the instruction again.
#![allow(clippy::missing_safety_doc)]

use crate::call;
use crate::cx::TAIL_CALL;
use crate::dispatch::Step;
use crate::fast;
use crate::ops::arith;
use crate::prng::Prng;
use crate::worker;
use crate::{float, text};
use abi::exit::outcome;
use abi::{frame, tag};
use heap::{
    FuncObj, Node, ProtoObj, StrObj, TabObj, UpvalObj, Value, Vm, gc, inline, number, proto, stack, strtab, table,
};
use std::ptr::null_mut;

/// Types of the table's arguments.
macro_rules! arg_type {
    (vm) => { *mut Vm };
    (num) => { f64 };
    (int) => { i32 };
    (any) => { u64 };
    (ptr) => { *mut u64 };
    (str) => { *mut StrObj };
    (tab) => { *mut TabObj };
    (fun) => { *mut FuncObj };
    (pro) => { *mut ProtoObj };
    (udt) => { *mut heap::UdataObj };
    (void) => { () };
}

macro_rules! define_addresses {
    ($($(#[$doc:meta])* $name:ident $e:ident $f:ident ($($a:ident: $t:ident),*) -> $r:ident;)*) => {
        /// Returns the addresses of all helpers by their numbers.
        pub fn addresses() -> Vec<u64> {
            vec![$({
                let f: unsafe extern "C" fn($(arg_type!($t)),*) -> arg_type!($r) = $name;
                f as *const () as u64
            }),*]
        }
    };
}
abi::for_each_helper!(define_addresses);

/// Returns the address of the nil that stands for absent values; nobody writes it.
pub fn nil_slot() -> u64 {
    // SAFETY: the address of a field.
    unsafe { &raw const (*table::nil_node()).val as u64 }
}

/// Gives a NaN the bits that the interpreter gives it.
#[inline(always)]
fn normal(n: f64) -> f64 {
    f64::from_bits(Value::from_foreign_num(n).0)
}

macro_rules! number_helpers {
    ($($(#[$doc:meta])* $name:ident($($a:ident),*) $e:expr;)*) => {$(
        $(#[$doc])*
        pub unsafe extern "C" fn $name($($a: f64),*) -> f64 {
            $e
        }
    )*};
}
number_helpers! {
    /// `math.sin(x)`
    sin(x) x.sin();
    /// `math.cos(x)`
    cos(x) x.cos();
    /// `math.tan(x)`
    tan(x) normal(x.tan());
    /// `math.asin(x)`
    asin(x) normal(x.asin());
    /// `math.acos(x)`
    acos(x) normal(x.acos());
    /// `math.atan(x)`
    atan(x) normal(x.atan());
    /// `math.sinh(x)`
    sinh(x) normal(x.sinh());
    /// `math.cosh(x)`
    cosh(x) normal(x.cosh());
    /// `math.tanh(x)`
    tanh(x) normal(x.tanh());
    /// `math.exp(x)`
    exp(x) x.exp();
    /// `math.log(x)`
    log(x) normal(x.ln());
    /// `math.log10(x)`
    log10(x) normal(x.log10());
    /// Binary logarithm.
    log2(x) normal(x.log2());
    /// `math.atan2(y, x)`
    atan2(y, x) normal(y.atan2(x));
    /// `math.fmod(x, y)`
    fmod(x, y) normal(x % y);
    /// `x ^ y`
    pow(x, y) normal(x.powf(y));
    /// `x % y`
    modulo(x, y) normal(arith::modulo(x, y));
    /// `math.ldexp(m, e)`
    ldexp(m, e) normal(float::ldexp(m, e));
    /// Rounds down.
    floor(x) arith::floor(x);
    /// Rounds up.
    ceil(x) -arith::floor(-x);
    /// Rounds towards 0.
    trunc(x) x.trunc();
}

/// Low 32 bits of a number.
pub unsafe extern "C" fn tobit(x: f64) -> i32 {
    number::to_bit(x)
}

/// Bytes of a string.
unsafe fn bytes<'a>(s: *mut StrObj) -> &'a [u8] {
    // SAFETY: an argument of compiled code is live, and nothing collects while a helper runs.
    unsafe { StrObj::bytes(s) }
}

/// Interns what a helper made; null if memory is short.
fn interned(vm: &Vm, text: &[u8]) -> *mut StrObj {
    strtab::intern(vm, text).unwrap_or(null_mut())
}

/// Compares strings.
pub unsafe extern "C" fn str_cmp(a: *mut StrObj, b: *mut StrObj) -> i32 {
    // SAFETY: see `bytes`.
    unsafe { StrObj::compare(a, b) as i32 }
}

/// Interns bytes.
pub unsafe extern "C" fn str_new(m: *mut Vm, p: *mut u64, n: i32) -> *mut StrObj {
    // SAFETY: the machine is live; `p` points at `n` readable bytes.
    unsafe { strtab::intern_at(&*m, p.cast(), n.max(0) as usize).unwrap_or(null_mut()) }
}

/// String of a number.
pub unsafe extern "C" fn str_of_num(m: *mut Vm, x: f64) -> *mut StrObj {
    // SAFETY: the machine is live.
    unsafe { inline::number_string(&*m, x) }
}

/// String of an integer.
pub unsafe extern "C" fn str_of_int(m: *mut Vm, x: i32) -> *mut StrObj {
    // SAFETY: the machine is live.
    unsafe { inline::number_string(&*m, f64::from(x)) }
}

/// Number of a string; the bits of nil if it is none.
pub unsafe extern "C" fn str_to_num(s: *mut StrObj) -> f64 {
    // SAFETY: see `bytes`.
    match number::parse(unsafe { bytes(s) }) {
        Some(n) => normal(n),
        None => f64::from_bits(tag::NIL_BITS),
    }
}

/// String of one byte.
pub unsafe extern "C" fn str_char(m: *mut Vm, c: i32) -> *mut StrObj {
    // SAFETY: the machine is live.
    unsafe { inline::char_string(&*m, c as u8) }
}

/// Interns a changed copy.
unsafe fn mapped(m: *mut Vm, s: *mut StrObj, change: impl Fn(&mut [u8])) -> *mut StrObj {
    // SAFETY: see `bytes`; the machine is live.
    let (vm, s) = unsafe { (&*m, bytes(s)) };
    let mut short = [0; 64];
    if let Some(copy) = short.get_mut(..s.len()) {
        copy.copy_from_slice(s);
        change(copy);
        return interned(vm, copy);
    }
    let mut out = Vec::new();
    if !text::has_room(vm, &mut out, s.len()) {
        return null_mut();
    }
    out.extend_from_slice(s);
    change(&mut out);
    interned(vm, &out)
}

/// `string.lower`
pub unsafe extern "C" fn str_lower(m: *mut Vm, s: *mut StrObj) -> *mut StrObj {
    // SAFETY: see `mapped`.
    unsafe { mapped(m, s, <[u8]>::make_ascii_lowercase) }
}

/// `string.upper`
pub unsafe extern "C" fn str_upper(m: *mut Vm, s: *mut StrObj) -> *mut StrObj {
    // SAFETY: see `mapped`.
    unsafe { mapped(m, s, <[u8]>::make_ascii_uppercase) }
}

/// `string.reverse`
pub unsafe extern "C" fn str_reverse(m: *mut Vm, s: *mut StrObj) -> *mut StrObj {
    // SAFETY: see `mapped`.
    unsafe { mapped(m, s, <[u8]>::reverse) }
}

/// `string.rep` without separator.
pub unsafe extern "C" fn str_rep(m: *mut Vm, s: *mut StrObj, n: i32) -> *mut StrObj {
    // SAFETY: see `bytes`; the machine is live.
    let (vm, s) = unsafe { (&*m, bytes(s)) };
    let total = s.len().saturating_mul(n.max(0) as usize);
    let mut out = Vec::new();
    if !text::has_room(vm, &mut out, total) {
        return null_mut();
    }
    text::repeat(&mut out, s, b"", total);
    interned(vm, &out)
}

/// Position of `p` in `s` from `at` on, or -1.
pub unsafe extern "C" fn str_find(s: *mut StrObj, p: *mut StrObj, at: i32) -> i32 {
    // SAFETY: see `bytes`.
    let (s, p) = unsafe { (bytes(s), bytes(p)) };
    let at = (at.max(0) as usize).min(s.len());
    text::find_plain(&s[at..], p).map_or(-1, |i| (at + i) as i32)
}

/// Concatenates `n` boxed strings and numbers.
pub unsafe extern "C" fn cat(m: *mut Vm, p: *mut u64, n: i32) -> *mut StrObj {
    // SAFETY: the machine is live; `p` points at `n` strings and numbers.
    unsafe { strtab::join::join(&*m, p, n.max(0) as usize).unwrap_or(null_mut()) }
}

/// Concatenates two strings.
pub unsafe extern "C" fn cat_two(m: *mut Vm, a: *mut StrObj, b: *mut StrObj) -> *mut StrObj {
    // SAFETY: the machine and the strings are live.
    unsafe { strtab::join::join_two(&*m, a, b).unwrap_or(null_mut()) }
}

/// Cell that its user fills.
pub unsafe extern "C" fn cell(m: *mut Vm, bytes: i32) -> *mut u64 {
    // SAFETY: the machine is live.
    unsafe { inline::cell(&*m, bytes.max(0) as usize).cast() }
}

/// New table.
pub unsafe extern "C" fn tab_new(m: *mut Vm, asize: i32, hbits: i32) -> *mut TabObj {
    // SAFETY: the machine is live.
    unsafe { inline::new_table(&*m, asize as u32, hbits as u32).map_or(null_mut(), |t| t.as_ptr()) }
}

/// Copy of a template.
pub unsafe extern "C" fn tab_dup(m: *mut Vm, t: *mut TabObj) -> *mut TabObj {
    // SAFETY: machine and template are live.
    unsafe { inline::dup_table(&*m, t).map_or(null_mut(), |t| t.as_ptr()) }
}

/// The address, or that of the constant nil.
fn or_nil(slot: *mut u64) -> *mut u64 {
    if slot.is_null() { nil_slot() as *mut u64 } else { slot }
}

/// Address of the value of a key, or of a nil.
pub unsafe extern "C" fn tab_get(t: *mut TabObj, k: u64) -> *mut u64 {
    // SAFETY: table and key are live.
    or_nil(unsafe { table::find(t, Value(k)) })
}

/// Address of the value of a string key, or of a nil.
pub unsafe extern "C" fn tab_get_str(t: *mut TabObj, k: *mut StrObj) -> *mut u64 {
    // SAFETY: table and key are live.
    or_nil(unsafe { table::find_str(t, k) })
}

/// Address of the value of an integer key, or of a nil.
pub unsafe extern "C" fn tab_get_int(t: *mut TabObj, k: i32) -> *mut u64 {
    // SAFETY: the table is live, and the index below its array's size.
    unsafe {
        if (k as u32) < (*t).asize && k >= 0 {
            return (*t).array.add(k as usize);
        }
        or_nil(table::find(t, Value::from_num(f64::from(k))))
    }
}

/// Inserts a key that is absent.
pub unsafe extern "C" fn tab_newkey(m: *mut Vm, t: *mut TabObj, k: u64) -> *mut u64 {
    // SAFETY: machine, table and key are live.
    unsafe { table::new_key(&*m, t, Value(k)).unwrap_or(null_mut()) }
}

/// `#t`
pub unsafe extern "C" fn tab_len(t: *mut TabObj) -> i32 {
    // SAFETY: the table is live.
    unsafe { table::len(t) as i32 }
}

/// First position at or after `at` with a value, or -1.
pub unsafe extern "C" fn tab_next(t: *mut TabObj, at: i32) -> i32 {
    // SAFETY: the table is live.
    unsafe { table::entry_from(t, at as u32).map_or(-1, |(behind, _, _)| behind as i32 - 1) }
}

/// Makes a traversed table be traversed again.
pub unsafe extern "C" fn tab_barrier(m: *mut Vm, t: *mut TabObj) {
    // SAFETY: machine and table are live.
    unsafe { gc::barrier_back(&*m, t) }
}

/// Marks what a traversed closed upvalue got; `p` is its `tv`.
pub unsafe extern "C" fn upval_barrier(m: *mut Vm, p: *mut u64, v: u64) {
    // SAFETY: `p` is the value inside a live closed upvalue; `v` is live.
    unsafe {
        let uv: *mut UpvalObj = p.byte_sub(std::mem::offset_of!(UpvalObj, tv)).cast();
        gc::barrier_upvalue(&*m, uv, Value(v));
    }
}

/// `table.clear`
pub unsafe extern "C" fn tab_clear(_m: *mut Vm, t: *mut TabObj) {
    // SAFETY: the table is live.
    unsafe { table::clear(t) }
}

/// Makes room for `n` array slots.
pub unsafe extern "C" fn tab_reserve(m: *mut Vm, t: *mut TabObj, n: i32) -> i32 {
    // SAFETY: machine and table are live.
    match unsafe { heap::inline::reserve_array(&*m, t, n as u32) } {
        Ok(()) => 0,
        Err(_) => i32::MIN,
    }
}

/// Closure in the frame of `parent` at `base`.
pub unsafe extern "C" fn func_new(m: *mut Vm, p: *mut ProtoObj, parent: *mut FuncObj, base: *mut u64) -> *mut FuncObj {
    // SAFETY: all are live; `base` is where the frame of `parent`, a Lua function, is or will be in the running coroutine.
    unsafe { proto::new_closure(&*m, p, parent, base).unwrap_or(null_mut()) }
}

/// Closes the open upvalues at `slot` and above.
pub unsafe extern "C" fn upvals_close(m: *mut Vm, slot: *mut u64) {
    // SAFETY: `slot` is in the running stack.
    unsafe { stack::close_upvalues(&*m, slot) }
}

/// Next fraction of a generator of `math.random`.
pub unsafe extern "C" fn random(u: *mut heap::UdataObj) -> f64 {
    // SAFETY: an argument of compiled code is live, and so is its payload (`UdataObj::host`); only shared references are given out.
    let host = unsafe { (*u).host.as_ref() };
    let state = host.and_then(|host| (&**host as &dyn std::any::Any).downcast_ref::<std::cell::Cell<Prng>>());
    let Some(state) = state else { return f64::from_bits(tag::NIL_BITS) };
    let mut prng = state.get();
    let n = prng.fraction();
    state.set(prng);
    n
}

/// Answer of [`call_builtin`]: the interpreter goes on with `step`.
fn handed_over(step: Step) -> i32 {
    const _: () = assert!(Step::Next as u64 == outcome::NEXT && Step::Call as u64 == outcome::CALL);
    const _: () = assert!(Step::Fail as u64 == outcome::FAIL && Step::Leave as u64 == outcome::LEAVE);
    1 + step as i32
}

/// Does what the CALL before the link at `base[-1]` does with the function at `base[-2]` and its `n` arguments. Where that is a builtin which
/// simply returns, the results are where the CALL wants them and the answer is 0: `vm.base` and `vm.pc` are the caller's (the
/// stack may have moved). Otherwise the machine is set up for the step that the answer, less one, says.
pub unsafe extern "C" fn call_builtin(m: *mut Vm, base: *mut u64, n: i32) -> i32 {
    // SAFETY: the machine is live and no other reference to it is in use; the frame is complete and the stack below it holds all values.
    unsafe {
        let f = Value(*base.sub(2));
        let link = *base.sub(1);
        let Some(func) = f.as_func() else {
            let vm = &mut *m;
            let pc = link as *const u32;
            vm.base = base.sub(2 + (*pc.sub(1) >> 8) as u8 as usize);
            vm.pc = pc;
            return handed_over(worker::call::call_value(vm, base, n as u64));
        };
        (*m).base = base;
        if (*func).builtin == 0 || fast::does_all((*func).pc) || link & frame::TYPE_LUA != frame::LUA {
            (*m).multres = n as u64;
            return handed_over(Step::Call);
        }
        let recording = (*m).jit.recording;
        let results = worker::call::builtin(m, base, n as u32);
        let vm = &mut *m;
        if !recording {
            // It called Lua code, and there something became hot: but here nobody shows instructions to the recorder.
            crate::jit::stop_recording(vm, abi::abort::Abort::NyiReturn);
        }
        if results < 0 {
            return handed_over(Step::Fail);
        }
        let base = vm.base;
        if results as u64 >= TAIL_CALL {
            return handed_over(worker::call::call_from_builtin(vm, base, results as u64));
        }
        let from = vm.top.get().sub(results as usize);
        worker::ret::return_to_lua(vm, from, results as usize);
        0
    }
}

/// A safepoint of compiled code, whose frames are in memory and in the machine (`base`, `pc`); says whether it succeeded.
///
/// # Safety
/// `m` is a live machine; the running frame is a Lua function's.
pub unsafe extern "C" fn safepoint(m: *mut Vm) -> bool {
    // SAFETY: as the caller says.
    let vm = unsafe { &mut *m };
    !vm.gc_due() || call::collect(vm).is_ok()
}

/// Position of a key among a table's nodes, if it is there.
///
/// # Safety
/// The table is live.
pub unsafe fn node_of(t: *const TabObj, key: Value) -> Option<u32> {
    // SAFETY: a slot that is not in the array is a node's value, its first field.
    unsafe {
        let slot = table::find(t, key);
        if slot.is_null() || (*t).hmask == 0 {
            return None;
        }
        let at = (slot as usize).wrapping_sub((*t).node as usize) / size_of::<Node>();
        (at <= (*t).hmask as usize).then_some(at as u32)
    }
}
