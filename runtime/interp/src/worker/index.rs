//! Indexing beyond a plain hit: chains of `__index`/`__newindex`, new keys, any key type.

use super::{arith::after_allocation, call_meta, cont, fail, slot, store_a};
use crate::debug;
use crate::dispatch::{Step, constants_of, function_of};
use abi::frame::Cont;
use abi::metamethod::Mm;
use bytecode::{Ins, Mode, Op};
use heap::{TabObj, Value, Vm, gc, metatable, table};

/// Longest chain of metatables that are followed.
const MAX_CHAIN: u32 = 100;

/// What a lookup comes to.
pub(crate) enum Found {
    /// The value.
    Value(Value),
    /// Call this metamethod with (object, key).
    Call(Value, Value),
    /// There is nothing to index: the offending value.
    NotIndexable(Value),
    /// The chain is too long.
    Loop,
}

/// Looks up `o[k]` along the chain of `__index`.
pub(crate) unsafe fn lookup(vm: &Vm, mut o: Value, k: Value) -> Found {
    for _ in 0..MAX_CHAIN {
        // SAFETY: values refer to live objects.
        let mo = unsafe {
            if let Some(t) = o.as_tab() {
                let v = table::get(t, k);
                if !v.is_nil() {
                    return Found::Value(v);
                }
                let mo = metatable::get(vm, (*t).meta, Mm::Index);
                if mo.is_nil() {
                    return Found::Value(Value::NIL);
                }
                mo
            } else {
                let mo = metatable::lookup(vm, o, Mm::Index);
                if mo.is_nil() {
                    return Found::NotIndexable(o);
                }
                mo
            }
        };
        if mo.is_func() {
            return Found::Call(mo, o);
        }
        o = mo;
    }
    Found::Loop
}

/// Object and key of an indexing instruction, and the slot of the object if it is one.
unsafe fn operands(vm: &Vm, ins: Ins) -> (Value, Value, Option<u8>) {
    let Some(op) = ins.op() else { unreachable!("handlers run for their opcodes only") };
    // SAFETY: operands of verified bytecode.
    unsafe {
        let constant = |i: usize| Value(*constants_of(vm.base).sub(1 + i));
        match op {
            Op::GGET | Op::GSET => (Value::from_tab((*function_of(vm.base)).env), constant(ins.d().into()), None),
            _ => {
                let key = match op.modes().c {
                    Mode::Str => constant(ins.c().into()),
                    Mode::Lit => Value::from_num(f64::from(ins.c())),
                    _ => slot(vm, ins.c().into()),
                };
                (slot(vm, ins.b().into()), key, Some(ins.b()))
            }
        }
    }
}

/// Does a `TGET…` or `GGET`.
pub(crate) unsafe fn get(vm: &mut Vm, insn: u32) -> Step {
    // SAFETY: operands of verified bytecode.
    unsafe {
        let (o, k, at) = operands(vm, Ins(insn));
        match lookup(vm, o, k) {
            Found::Value(v) => {
                store_a(vm, insn, v);
                Step::Next
            }
            Found::Call(mo, o) => call_meta(vm, cont(Cont::StoreA), mo, &[o, k]),
            Found::NotIndexable(culprit) => {
                let at = if culprit == o { at } else { None };
                let _ = debug::index_error(vm, culprit, at);
                Step::Fail
            }
            Found::Loop => fail(vm, "loop in gettable"),
        }
    }
}

/// What a store comes to.
pub(crate) enum Stored {
    /// It is done; a key may have been added.
    Done,
    /// Call this metamethod with (object, key, value).
    Call(Value, Value),
    /// There is nothing to index: the offending value.
    NotIndexable(Value),
    /// The chain is too long.
    Loop,
    /// The key is nil or NaN, or memory is short; raised.
    Raised,
}

/// Stores `o[k] = v` along the chain of `__newindex`.
pub(crate) unsafe fn store(vm: &Vm, mut o: Value, k: Value, v: Value) -> Stored {
    for _ in 0..MAX_CHAIN {
        // SAFETY: values refer to live objects.
        let mo = unsafe {
            if let Some(t) = o.as_tab() {
                let at = table::find(t, k);
                if !at.is_null() && *at != abi::tag::NIL_BITS {
                    (*t).nomm = 0;
                    *at = v.0;
                    if heap::inline::is_black(vm, t.cast()) {
                        gc::barrier_back(vm, t);
                    }
                    return Stored::Done;
                }
                let mo = metatable::get(vm, (*t).meta, Mm::Newindex);
                if mo.is_nil() {
                    return add(vm, t, at, k, v);
                }
                mo
            } else {
                let mo = metatable::lookup(vm, o, Mm::Newindex);
                if mo.is_nil() {
                    return Stored::NotIndexable(o);
                }
                mo
            }
        };
        if mo.is_func() {
            return Stored::Call(mo, o);
        }
        o = mo;
    }
    Stored::Loop
}

unsafe fn add(vm: &Vm, t: *mut TabObj, at: *mut u64, k: Value, v: Value) -> Stored {
    // SAFETY: the table is live; `at` is null or where the key's value is.
    unsafe {
        (*t).nomm = 0;
        let at = if at.is_null() {
            if k.is_nil() {
                debug::raise_here(vm, "table index is nil");
                return Stored::Raised;
            }
            if k.as_num().is_some_and(f64::is_nan) {
                debug::raise_here(vm, "table index is NaN");
                return Stored::Raised;
            }
            match table::new_key(vm, t, k) {
                Ok(at) => at,
                Err(_) => return Stored::Raised,
            }
        } else {
            at
        };
        *at = v.0;
        if heap::inline::is_black(vm, t.cast()) {
            gc::barrier_back(vm, t);
        }
        Stored::Done
    }
}

/// Does a `TSET…` or `GSET`.
pub(crate) unsafe fn set(vm: &mut Vm, insn: u32) -> Step {
    // SAFETY: operands of verified bytecode.
    unsafe {
        let ins = Ins(insn);
        let (o, k, at) = operands(vm, ins);
        let v = slot(vm, ins.a().into());
        match store(vm, o, k, v) {
            Stored::Done => {
                if vm.gc_due() {
                    return after_allocation(vm);
                }
                Step::Next
            }
            Stored::Call(mo, o) => call_meta(vm, cont(Cont::Drop), mo, &[o, k, v]),
            Stored::NotIndexable(culprit) => {
                let at = if culprit == o { at } else { None };
                let _ = debug::index_error(vm, culprit, at);
                Step::Fail
            }
            Stored::Loop => fail(vm, "loop in settable"),
            Stored::Raised => Step::Fail,
        }
    }
}

/// Does `TSETM`: stores the multiple results from slot `A` on, raw. Apart from its handler, which would else need a frame.
#[inline(never)]
pub(crate) unsafe fn set_multiple(vm: &mut Vm, insn: u32) -> Step {
    let ins = Ins(insn);
    // SAFETY: slot A-1 holds a table: the verifier demands the TNEW or TDUP before; checked all the same.
    unsafe {
        let a = usize::from(ins.a());
        let Some(t) = slot(vm, a - 1).as_tab() else { return fail(vm, "bad table constructor") };
        let start = *constants_of(vm.base).add(ins.d().into()) as u32;
        let n = vm.multres as u32;
        // The size LuaJIT chooses, since `#` shows it where there are nils.
        let need = start.saturating_add(n);
        if need > (*t).asize && heap::inline::reserve_array(vm, t, need.saturating_add(1)).is_err() {
            return Step::Fail;
        }
        for i in 0..n {
            let v = slot(vm, a + i as usize);
            if table::set_int(vm, t, i64::from(start) + i64::from(i), v).is_err() {
                return Step::Fail;
            }
        }
    }
    Step::Next
}
