//! Operations with metamethods for builtins: these run the metamethod as a native call.

use crate::debug;
use crate::worker::compare::{raw_ordered, shared_metamethod};
use crate::worker::index::{Found, lookup};
use abi::metamethod::Mm;
use heap::{Raise, Value, Vm};

fn call2(vm: &mut Vm, f: Value, a: Value, b: Value) -> Result<Value, Raise> {
    // SAFETY: a builtin runs; its frame has room for three more values, and what is pushed is live.
    unsafe {
        let top = vm.top.get();
        *top = f.0;
        *top.add(1) = a.0;
        *top.add(2) = b.0;
        vm.top.set(top.add(3));
        crate::call::call_native(vm, 2, Some(1))?;
        let top = vm.top.get().sub(1);
        vm.top.set(top);
        Ok(Value(*top))
    }
}

/// Returns `o[k]`.
pub(crate) fn index_native(vm: &mut Vm, o: Value, k: Value) -> Result<Value, Raise> {
    // SAFETY: the values are in slots of the running builtin, so live.
    match unsafe { lookup(vm, o, k) } {
        Found::Value(v) => Ok(v),
        Found::Call(mo, o) => call2(vm, mo, o, k),
        Found::NotIndexable(v) => Err(debug::operand_error(vm, "index", v, None)),
        Found::Loop => Err(debug::error_here(vm, b"loop in gettable")),
    }
}

/// Stores `o[k] = v`.
pub(crate) fn store_native(vm: &mut Vm, o: Value, k: Value, v: Value) -> Result<(), Raise> {
    use crate::worker::index::{Stored, store};
    // SAFETY: the values are in slots of the running builtin, so live; room for four pushes.
    unsafe {
        match store(vm, o, k, v) {
            Stored::Done => Ok(()),
            Stored::Call(mo, o) => {
                let top = vm.top.get();
                for (i, x) in [mo, o, k, v].iter().enumerate() {
                    *top.add(i) = x.0;
                }
                vm.top.set(top.add(4));
                crate::call::call_native(vm, 3, Some(0)).map(|_| ())
            }
            Stored::NotIndexable(v) => Err(debug::operand_error(vm, "index", v, None)),
            Stored::Loop => Err(debug::error_here(vm, b"loop in settable")),
            Stored::Raised => Err(vm.reraise()),
        }
    }
}

/// Returns `a < b`.
pub(crate) fn less_than_native(vm: &mut Vm, a: Value, b: Value) -> Result<bool, Raise> {
    if let Some(r) = raw_ordered(a, b, false) {
        return Ok(r);
    }
    let mo = shared_metamethod(vm, a, b, Mm::Lt);
    if mo.is_nil() {
        return Err(debug::compare_error(vm, a, b));
    }
    Ok(call2(vm, mo, a, b)?.is_true())
}

/// Returns `a == b`.
pub(crate) fn equal_native(vm: &mut Vm, a: Value, b: Value) -> Result<bool, Raise> {
    if a.raw_eq(b) {
        return Ok(true);
    }
    if !(a.is_tab() && b.is_tab() || a.is_udata() && b.is_udata()) {
        return Ok(false);
    }
    let mo = shared_metamethod(vm, a, b, Mm::Eq);
    if mo.is_nil() {
        return Ok(false);
    }
    Ok(call2(vm, mo, a, b)?.is_true())
}
