//! Arithmetic on what is not two numbers: numeric strings, metamethods, errors; `#` and numeric `for` likewise.

use super::{call_meta, cont, fail, safepoint, slot, store_a};
use crate::debug;
use crate::dispatch::{Step, constants_of};
use crate::ops::arith::modulo;
use abi::frame::Cont;
use abi::metamethod::Mm;
use bytecode::{Ins, Meta, Mode, Op};
use heap::{Value, Vm, metatable, number};

/// Converts a number or numeric string.
pub(crate) fn to_number(v: Value) -> Option<f64> {
    if let Some(n) = v.as_num() {
        return Some(n);
    }
    let s = v.as_str()?;
    // SAFETY: a value refers to a live string.
    number::parse(unsafe { heap::StrObj::bytes(s) })
}

/// Returns the metamethod that instructions of a kind may call.
pub(crate) fn metamethod_of(meta: Meta) -> Option<Mm> {
    Some(match meta {
        Meta::Lt => Mm::Lt,
        Meta::Le => Mm::Le,
        Meta::Eq => Mm::Eq,
        Meta::Unm => Mm::Unm,
        Meta::Len => Mm::Len,
        Meta::Add => Mm::Add,
        Meta::Sub => Mm::Sub,
        Meta::Mul => Mm::Mul,
        Meta::Div => Mm::Div,
        Meta::Mod => Mm::Mod,
        Meta::Pow => Mm::Pow,
        Meta::Concat => Mm::Concat,
        Meta::Index => Mm::Index,
        Meta::Newindex => Mm::Newindex,
        Meta::Call => Mm::Call,
        Meta::Gc => Mm::Gc,
        Meta::NoMeta => return None,
    })
}

/// Does the arithmetic instruction `insn`.
pub(crate) unsafe fn arith(vm: &mut Vm, insn: u32) -> Step {
    let ins = Ins(insn);
    let Some(op) = ins.op() else { return fail(vm, "bad instruction") };
    // SAFETY: operands of verified bytecode.
    unsafe {
        let (x, y) = if op == Op::UNM {
            let v = slot(vm, ins.d().into());
            (v, v)
        } else {
            let b = slot(vm, ins.b().into());
            match op.modes().c {
                Mode::Num => {
                    let c = Value(*constants_of(vm.base).add(ins.c().into()));
                    if op as u8 >= Op::ADDNV as u8 { (c, b) } else { (b, c) }
                }
                _ => (b, slot(vm, ins.c().into())),
            }
        };
        let meta = op.modes().meta;
        if let (Some(a), Some(b)) = (to_number(x), to_number(y)) {
            let r = match meta {
                Meta::Add => a + b,
                Meta::Sub => a - b,
                Meta::Mul => a * b,
                Meta::Div => a / b,
                Meta::Mod => modulo(a, b),
                Meta::Pow => a.powf(b),
                _ => -a,
            };
            store_a(vm, insn, Value::from_foreign_num(r));
            return Step::Next;
        }
        let Some(mm) = metamethod_of(meta) else { return fail(vm, "bad instruction") };
        let mut mo = metatable::lookup(vm, x, mm);
        if mo.is_nil() {
            mo = metatable::lookup(vm, y, mm);
            if mo.is_nil() {
                let (culprit, at) = if to_number(x).is_some() {
                    (
                        y,
                        if op as u8 >= Op::ADDNV as u8 && op as u8 <= Op::MODNV as u8 {
                            Some(ins.b())
                        } else {
                            Some(ins.c())
                        },
                    )
                } else if op == Op::UNM {
                    (x, Some(ins.d() as u8))
                } else {
                    (x, Some(ins.b()))
                };
                let _ = debug::operand_error(vm, "perform arithmetic on", culprit, at);
                return Step::Fail;
            }
        }
        call_meta(vm, cont(Cont::StoreA), mo, &[x, y])
    }
}

/// Does `LEN` on what is neither a string nor a table.
pub(crate) unsafe fn len(vm: &mut Vm, insn: u32) -> Step {
    // SAFETY: operands of verified bytecode.
    unsafe {
        let at = Ins(insn).d();
        let v = slot(vm, at.into());
        let mo = metatable::lookup(vm, v, Mm::Len);
        if mo.is_nil() {
            let _ = debug::operand_error(vm, "get length of", v, Some(at as u8));
            return Step::Fail;
        }
        call_meta(vm, cont(Cont::StoreA), mo, &[v, Value::NIL])
    }
}

/// Converts the control values of a numeric `for`.
pub(crate) unsafe fn for_loop(vm: &mut Vm, insn: u32) -> Step {
    let a = Ins(insn).a() as usize;
    // SAFETY: operands of verified bytecode.
    unsafe {
        for (i, what) in ["initial value", "limit", "step"].iter().enumerate() {
            match to_number(slot(vm, a + i)) {
                Some(n) => *vm.base.add(a + i) = Value::from_foreign_num(n).0,
                None => return fail(vm, &format!("'for' {what} must be a number")),
            }
        }
    }
    Step::Next
}

/// A safepoint inside an instruction that is otherwise done.
pub(crate) fn after_allocation(vm: &mut Vm) -> Step {
    match safepoint(vm) {
        Ok(()) => Step::Next,
        Err(_) => Step::Fail,
    }
}
