//! Concatenation: from the right, as many strings and numbers at once as there are, metamethods for the rest.
//!
//! The operands are temporaries of the frame, so partial results go back into their slots. The state of an interrupted
//! concatenation is one number, the slot of the result so far, kept in the continuation word.

use super::{arith::after_allocation, call_meta, fail, store_a};
use crate::debug;
use crate::dispatch::Step;
use crate::text;
use abi::frame::Cont;
use abi::metamethod::Mm;
use bytecode::Ins;
use heap::strtab::{self, MAX_LEN};
use heap::{Raise, StrObj, Value, Vm, metatable, number};
use std::mem::MaybeUninit;

/// Does `CAT`.
pub(crate) unsafe fn concat(vm: &mut Vm, insn: u32) -> Step {
    // SAFETY: operands of verified bytecode.
    unsafe { concat_down(vm, insn, Ins(insn).c().into()) }
}

/// Goes on with the operands `B … last` of `insn`.
pub(crate) unsafe fn concat_down(vm: &mut Vm, insn: u32, mut last: usize) -> Step {
    let first = usize::from(Ins(insn).b());
    // SAFETY: operands of verified bytecode are inside the frame.
    unsafe {
        while last > first {
            let (x, y) = (super::slot(vm, last - 1), super::slot(vm, last));
            let text = |v: Value| v.is_str() || v.is_num();
            if text(x) && text(y) {
                let mut start = last - 1;
                while start > first && text(super::slot(vm, start - 1)) {
                    start -= 1;
                }
                match join(vm, vm.base.add(start), last - start + 1) {
                    Ok(v) => *vm.base.add(start) = v.0,
                    Err(NotJoined::TooLong) => return fail(vm, "string length overflow"),
                    Err(NotJoined::Raised) => return Step::Fail,
                }
                last = start;
                continue;
            }
            let mut mo = metatable::lookup(vm, x, Mm::Concat);
            if mo.is_nil() {
                mo = metatable::lookup(vm, y, Mm::Concat);
                if mo.is_nil() {
                    let (culprit, at) = if text(x) { (y, last) } else { (x, last - 1) };
                    let _ = debug::operand_error(vm, "concatenate", culprit, Some(at as u8));
                    return Step::Fail;
                }
            }
            return call_meta(vm, Cont::Concat as u64 | (last as u64 - 1) << 8, mo, &[x, y]);
        }
        store_a(vm, insn, super::slot(vm, first));
        after_allocation(vm)
    }
}

/// Why texts are not joined.
pub(crate) enum NotJoined {
    /// The result would be too long.
    TooLong,
    /// Memory is short; raised.
    Raised,
}

fn raised(_: Raise) -> NotJoined {
    NotJoined::Raised
}

/// Joins the `n` strings and numbers at `p`.
pub(crate) unsafe fn join(vm: &Vm, p: *const u64, n: usize) -> Result<Value, NotJoined> {
    // SAFETY: the values are live: nothing collects here.
    unsafe {
        let operand = |i: usize| Value(*p.add(i));
        // Numbers are written into a buffer of their own; two to four operands need no allocation for the list.
        let mut numbers = [const { MaybeUninit::<[u8; 32]>::uninit() }; 4];
        let mut parts: [&[u8]; 4] = [&[]; 4];
        let s = if n <= 4 {
            let mut total = 0usize;
            for (i, buf) in numbers.iter_mut().enumerate().take(n) {
                let v = operand(i);
                parts[i] = match v.as_str() {
                    Some(s) => StrObj::bytes(s),
                    None => {
                        let buf = buf.write([0; 32]);
                        let len = number::format(f64::from_bits(v.0), buf);
                        &buf[..len]
                    }
                };
                total += parts[i].len();
            }
            if total > MAX_LEN {
                return Err(NotJoined::TooLong);
            }
            strtab::concat(vm, &parts[..n])
        } else {
            // The length is known before anything is copied: two gigabytes of it would be in vain.
            let strings = (0..n).filter_map(|i| operand(i).as_str());
            let total: usize = strings.map(|s| StrObj::bytes(s).len()).sum();
            if total > MAX_LEN {
                return Err(NotJoined::TooLong);
            }
            let mut text = Vec::new();
            if !text::has_room(vm, &mut text, total) {
                return Err(raised(vm.raise_oom()));
            }
            for i in 0..n {
                let v = operand(i);
                match v.as_str() {
                    Some(s) => text.extend_from_slice(StrObj::bytes(s)),
                    None => {
                        let mut buf = [0; 32];
                        let len = number::format(f64::from_bits(v.0), &mut buf);
                        text.extend_from_slice(&buf[..len]);
                    }
                }
            }
            if text.len() > MAX_LEN {
                return Err(NotJoined::TooLong);
            }
            strtab::intern(vm, &text)
        };
        s.map(Value::from_str).map_err(raised)
    }
}
