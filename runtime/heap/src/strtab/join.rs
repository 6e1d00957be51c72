//! Joining strings and numbers to one string: what `..` does.
//!
//! As long as the result is short it is a word in registers, and what is added is shifted behind it. A longer one is put together in a buffer on
//! the stack, short pieces by copying 16 bytes of which more may follow; a large one in its own object. Nothing is allocated for what exists.

use super::{MAX_LEN, SHORT, allocate, enter, find, intern_word, table};
use crate::alloc::{self, CellKind};
use crate::number;
use crate::object::StrObj;
use crate::value::Value;
use crate::vm::{Raise, Vm};
use std::mem::MaybeUninit;
use std::ptr;

/// Bytes of the longest result that is put together on the stack.
const BUFFER: usize = 512;
/// Bytes that may be written behind the end: a number's buffer, or what a copied piece of 16 bytes has too many.
const SLACK: usize = 32;

/// Joins the `n` strings and numbers at `p`; an error is raised.
///
/// # Safety
/// There are `n` live values of these types.
pub unsafe fn join(vm: &Vm, p: *const u64, n: usize) -> Result<*mut StrObj, Raise> {
    let (mut word, mut len, mut i) = (0u128, 0, 0);
    // SAFETY: the values are live, and nothing collects here.
    unsafe {
        while i < n {
            let v = Value(*p.add(i));
            let (w, m) = match v.as_str() {
                Some(s) => (StrObj::word(s), (*s).len as usize),
                None => match number::short(f64::from_bits(v.0)) {
                    Some((w, m)) => (w.into(), m),
                    None => break,
                },
            };
            if len + m > SHORT {
                break;
            }
            // Behind 16 bytes there are only empty strings.
            word |= w.wrapping_shl(8 * len as u32);
            len += m;
            i += 1;
        }
        if i == n {
            return intern_word(vm, word, len);
        }
        join_longer(vm, p, n, (word, len, i))
    }
}

/// Joins two strings.
///
/// # Safety
/// They are live.
pub unsafe fn join_two(vm: &Vm, a: *mut StrObj, b: *mut StrObj) -> Result<*mut StrObj, Raise> {
    // SAFETY: as the caller says.
    unsafe {
        let (m, n) = ((*a).len as usize, (*b).len as usize);
        if m + n > SHORT {
            let values = [Value::from_str(a).0, Value::from_str(b).0];
            return join_longer(vm, values.as_ptr(), 2, (0, 0, 0));
        }
        // Behind 16 bytes there is only an empty string.
        intern_word(vm, StrObj::word(a) | StrObj::word(b).wrapping_shl(8 * m as u32), m + n)
    }
}

/// Says whether the result of joining values is longer than a string may be.
///
/// # Safety
/// As for [`join`].
pub unsafe fn is_too_long(p: *const u64, n: usize) -> bool {
    // SAFETY: as the caller says.
    unsafe { length(p, n) > MAX_LEN }
}

/// Returns the number of bytes of values.
unsafe fn length(p: *const u64, n: usize) -> usize {
    let mut text = [0; 32];
    // SAFETY: the values are live (caller).
    let values = (0..n).map(|i| Value(unsafe { *p.add(i) }));
    values
        .map(|v| match v.as_str() {
            // SAFETY: as above.
            Some(s) => unsafe { (*s).len as usize },
            None => number::format(f64::from_bits(v.0), &mut text),
        })
        .sum()
}

/// Joins values of which the first `i` are a word of `len` bytes.
#[inline(never)]
unsafe fn join_longer(
    vm: &Vm,
    p: *const u64,
    n: usize,
    (word, mut len, i): (u128, usize, usize),
) -> Result<*mut StrObj, Raise> {
    let mut buffer = [const { MaybeUninit::<u8>::uninit() }; BUFFER + SLACK];
    let start: *mut u8 = buffer.as_mut_ptr().cast();
    // SAFETY: up to `len`, at most `BUFFER`, all has been written; what a piece writes behind its end is in the slack.
    unsafe {
        start.cast::<u128>().write_unaligned(word.to_le());
        for i in i..n {
            let v = Value(*p.add(i));
            let to = start.add(len);
            match v.as_str() {
                Some(s) => {
                    let m = (*s).len as usize;
                    if len + m > BUFFER {
                        return join_large(vm, p, n);
                    }
                    copy_string(s, m, to);
                    len += m;
                }
                None => {
                    if let Some((digits, m)) = number::short(f64::from_bits(v.0)) {
                        to.cast::<u64>().write_unaligned(digits.to_le());
                        len += m;
                    } else {
                        to.cast::<[u8; 32]>().write([0; 32]);
                        len += number::format(f64::from_bits(v.0), &mut *to.cast());
                    }
                    if len > BUFFER {
                        return join_large(vm, p, n);
                    }
                }
            }
        }
        let bytes = std::slice::from_raw_parts(start, len);
        // A number that is not short may be all there is of 16 bytes and less.
        super::intern_at(vm, bytes.as_ptr(), bytes.len())
    }
}

/// Copies the `m` bytes of a string, and up to 15 of its cell behind them.
#[inline(always)]
unsafe fn copy_string(s: *const StrObj, m: usize, to: *mut u8) {
    type Piece = MaybeUninit<[u8; 16]>;
    // SAFETY: a cell's size is a multiple of 16, as that of the header is; the caller has the room.
    unsafe {
        let from = s.add(1).cast::<Piece>();
        if m > 64 {
            ptr::copy_nonoverlapping(from.cast::<u8>(), to, m);
            return;
        }
        let mut at = 0;
        while at < m {
            ptr::copy_nonoverlapping(from.byte_add(at), to.add(at).cast::<Piece>(), 1);
            at += 16;
        }
    }
}

/// Joins values whose result is longer than the buffer, in the new object.
#[inline(never)]
unsafe fn join_large(vm: &Vm, p: *const u64, n: usize) -> Result<*mut StrObj, Raise> {
    let mut text = [0; 32];
    // SAFETY: the values are live; the new object has room for all bytes; if the string exists, the new one was never entered.
    unsafe {
        let total = length(p, n);
        let s = allocate(vm, total)?;
        let mut to = s.add(1).cast::<u8>();
        for i in 0..n {
            let v = Value(*p.add(i));
            let (from, m) = match v.as_str() {
                Some(s) => (s.add(1).cast::<u8>().cast_const(), (*s).len as usize),
                None => {
                    let m = number::format(f64::from_bits(v.0), &mut text);
                    (text.as_ptr(), m)
                }
            };
            ptr::copy_nonoverlapping(from, to, m);
            to = to.add(m);
        }
        let bytes = std::slice::from_raw_parts(s.add(1).cast::<u8>(), total);
        let hash = table(vm).hash_long(bytes);
        let found = find(&vm.heap, table(vm), hash, |s| (*s).bits == hash && StrObj::bytes(s) == bytes);
        if !found.is_null() {
            alloc::unalloc(vm, s.cast(), StrObj::size_for(total), CellKind::Str);
            return Ok(found);
        }
        enter(&vm.heap, table(vm), s, hash, total);
        Ok(s)
    }
}
