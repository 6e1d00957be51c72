//! Narrowing: numbers become integers where an integer is wanted.
//!
//! All numbers are doubles, and most arithmetic is fast as it is. But an index, an operand of a bit operation, a loop's counter are wanted as
//! integers, and converting costs more than computing. So a wanted conversion is pushed down through the arithmetic that made
//! the number: `int(num(i) + 1)` becomes `i + 1`. What is no longer used as a number is left for dce.
//!
//! * Indices: additions and subtractions are done with overflow guards. The tree may need one conversion of a number at its leaves, as
//!   it did at its root; otherwise it would cost more, and could fail where the number was an integer after all (`t[x + y]` with two
//!   halves). Constants must be small integers. The guard of the last step is left out if a bounds check can stand for it: adding a constant of
//!   at most 2^30 to an integer wraps to what is negative, or above every size of an array.
//! * Bit operations: no guards, as integers are taken modulo 2^32. All leaves must be integers, and no number on the way may be
//!   large enough to be rounded (2^51). Products qualify, unlike in LuaJIT; numbers that are perhaps no integers do not: rounding comes last.
//!
//! Absent: narrowing of accumulations. Absent as well: anything through a PHI, whose operands say nothing in later rounds.

use crate::Builder;
use abi::abort::Abort;
use ir::{Conv, Ins, Op, Ref, Ty};

/// Depth of trees that are narrowed.
const MAX_DEPTH: u32 = 8;
/// Above this a number is rounded, or `tobit` does not find its low bits.
const EXACT: f64 = 2251799813685248.0;
/// Constants with which an index cannot wrap back into an array.
const NEAR: std::ops::RangeInclusive<i32> = -0x4000_0000..=0x3fff_ffff;
/// Constants that are narrowed in indices.
const SMALL: std::ops::RangeInclusive<i32> = -0x8000..=0x7fff;

/// Narrows a number that indexes an array: the result must pass an ABC before it is used.
pub fn narrow_index(b: &mut Builder, r: Ref) -> Result<Ref, Abort> {
    if b.ty(r) == Ty::Int {
        // The bounds check catches an overflow as well.
        return match b.look(r) {
            Some(i) if i.op == Op::ADDOV && near(b, i.b) => b.emit(Ins::new(Op::ADD, Ty::Int, i.a, i.b)),
            _ => Ok(r),
        };
    }
    if let Some((i, x, y)) = splits(b, r) {
        let (x, y) = (index(b, x, 1)?, index(b, y, 1)?);
        let (op, checked) = if i == Op::ADD { (Op::ADD, Op::ADDOV) } else { (Op::SUB, Op::SUBOV) };
        return match near(b, y) {
            true => b.emit(Ins::new(op, Ty::Int, x, y)),
            false => b.emit(Ins::guard(checked, Ty::Int, x, y)),
        };
    }
    convert(b, r, Conv::IntNumIndex)
}

/// Narrows a number that must be an integer: a length, a position. -0 counts as 0.
pub fn narrow_toint(b: &mut Builder, r: Ref) -> Result<Ref, Abort> {
    if b.ty(r) == Ty::Int { Ok(r) } else { index(b, r, 0) }
}

/// Narrows an operand of a bit operation.
pub fn narrow_tobit(b: &mut Builder, r: Ref) -> Result<Ref, Abort> {
    if b.ty(r) == Ty::Int {
        return wrapped(b, r, 0);
    }
    if b.passes().narrow && bound(b, r, 0).is_some_and(|n| n < EXACT) {
        return modular(b, r, 0);
    }
    b.emit(Ins::new(Op::TOBIT, Ty::Int, r, Ref::NONE))
}

/// Narrows `a % b` for numbers. An int stays one if the divisor is a constant above 0.
pub fn narrow_mod(b: &mut Builder, x: Ref, y: Ref) -> Result<Ref, Abort> {
    let k = match (b.kint(y), b.knum(y)) {
        (Some(k), _) => Some(k),
        (_, Some(k)) => exact(k),
        _ => None,
    };
    if let Some(k) = k.filter(|&k| k > 0 && b.passes().narrow) {
        let int = if b.ty(x) == Ty::Int { Some(x) } else { of_int(b, x) };
        if let Some(x) = int {
            let k = b.trace_mut().kint(k);
            return b.emit(Ins::new(Op::MOD, Ty::Int, x, k));
        }
    }
    let (x, y) = (to_num(b, x)?, to_num(b, y)?);
    b.emit(Ins::new(Op::MOD, Ty::Num, x, y))
}

/// Gives a number as num.
pub fn to_num(b: &mut Builder, r: Ref) -> Result<Ref, Abort> {
    match b.ty(r) {
        Ty::Int => b.emit(Ins::new(Op::CONV, Ty::Num, r, Ref::lit(Conv::NumInt as i32))),
        _ => Ok(r),
    }
}

/// Says whether a numeric loop is one of integers, from the values that it has: all are integers, and none behind the end overflows.
pub fn narrow_forl(start: f64, stop: f64, step: f64) -> bool {
    let int = |n: f64| f64::from(n as i32) == n;
    int(start) && int(stop) && int(step) && step != 0.0 && int(stop + step)
}

/// A constant that an int can stand for, whatever is done with it: no -0.
fn exact(k: f64) -> Option<i32> {
    let i = k as i32;
    (f64::from(i).to_bits() == k.to_bits()).then_some(i)
}

fn of_int(b: &Builder, r: Ref) -> Option<Ref> {
    let ins = b.look(r)?;
    (ins.conv() == Some(Conv::NumInt)).then_some(ins.a)
}

fn near(b: &Builder, r: Ref) -> bool {
    b.kint(r).is_some_and(|k| NEAR.contains(&k))
}

fn convert(b: &mut Builder, r: Ref, conv: Conv) -> Result<Ref, Abort> {
    b.emit(Ins::guard(Op::CONV, Ty::Int, r, Ref::lit(conv as i32)))
}

// ---- indices ----

/// Returns operation and operands of a sum or difference that is worth being narrowed.
fn splits(b: &Builder, r: Ref) -> Option<(Op, Ref, Ref)> {
    if !b.passes().narrow {
        return None;
    }
    let ins = b.look(r).filter(|i| matches!(i.op, Op::ADD | Op::SUB) && i.ty == Ty::Num)?;
    (conversions(b, r, 0) <= 1).then_some((ins.op, ins.a, ins.b))
}

/// Too many to be worth it.
const NEVER: u32 = 10;

/// Returns how many conversions of numbers the narrowed tree needs.
fn conversions(b: &Builder, r: Ref, depth: u32) -> u32 {
    if let Some(k) = b.knum(r) {
        return if exact(k).is_some_and(|k| SMALL.contains(&k)) { 0 } else { NEVER };
    }
    if of_int(b, r).is_some() || converted(b, r) {
        return 0;
    }
    match b.look(r) {
        Some(i) if matches!(i.op, Op::ADD | Op::SUB) && depth < MAX_DEPTH => {
            let x = conversions(b, i.a, depth + 1);
            // Otherwise a tree that shares its operands takes exponential time.
            let y = if x > 1 { NEVER } else { conversions(b, i.b, depth + 1) };
            if x + y <= 1 { x + y } else { 1 }
        }
        _ => 1,
    }
}

/// Says whether a guarded conversion of the number is there already.
fn converted(b: &Builder, r: Ref) -> bool {
    if !r.is_ins() {
        return false;
    }
    let mut at = b.last(Op::CONV);
    while let Some(i) = at.filter(|&i| i > r.index()) {
        let old = b.trace().ins[i];
        if old.a == r && old.is_guard() && matches!(old.conv(), Some(Conv::IntNum | Conv::IntNumIndex)) {
            return true;
        }
        at = b.prev(i);
    }
    false
}

/// Narrows a number of an index, with all guards.
fn index(b: &mut Builder, r: Ref, depth: u32) -> Result<Ref, Abort> {
    if let Some(k) = b.knum(r).and_then(exact) {
        return Ok(b.trace_mut().kint(k));
    }
    if let Some(i) = of_int(b, r) {
        return Ok(i);
    }
    if depth < MAX_DEPTH
        && !converted(b, r)
        && let Some((op, x, y)) = splits(b, r)
    {
        let (x, y) = (index(b, x, depth + 1)?, index(b, y, depth + 1)?);
        let checked = if op == Op::ADD { Op::ADDOV } else { Op::SUBOV };
        return b.emit(Ins::guard(checked, Ty::Int, x, y));
    }
    convert(b, r, Conv::IntNumIndex)
}

// ---- bit operations ----

/// Returns a bound of a number that is certainly an integer.
fn bound(b: &Builder, r: Ref, depth: u32) -> Option<f64> {
    if let Some(k) = b.knum(r) {
        return (k.trunc() == k).then_some(k.abs());
    }
    if of_int(b, r).is_some() {
        return Some(2147483648.0);
    }
    let i = b.look(r).filter(|i| i.ty == Ty::Num && depth < MAX_DEPTH)?;
    let bounds = || Some((bound(b, i.a, depth + 1)?, bound(b, i.b, depth + 1)?));
    match i.op {
        Op::ADD | Op::SUB => bounds().map(|(x, y)| x + y),
        Op::MUL => bounds().map(|(x, y)| x * y),
        Op::NEG => bound(b, i.a, depth + 1),
        _ => None,
    }
}

/// Computes a number modulo 2^32; all of it has a bound.
fn modular(b: &mut Builder, r: Ref, depth: u32) -> Result<Ref, Abort> {
    if let Some(k) = b.knum(r) {
        return Ok(b.trace_mut().kint(k as i64 as i32));
    }
    if let Some(i) = of_int(b, r) {
        return wrapped(b, i, depth + 1);
    }
    match b.look(r) {
        Some(i) if i.op == Op::NEG => {
            let x = modular(b, i.a, depth + 1)?;
            b.emit(Ins::new(Op::NEG, Ty::Int, x, Ref::NONE))
        }
        Some(i) => {
            let (x, y) = (modular(b, i.a, depth + 1)?, modular(b, i.b, depth + 1)?);
            b.emit(Ins::new(i.op, Ty::Int, x, y))
        }
        None => b.emit(Ins::new(Op::TOBIT, Ty::Int, r, Ref::NONE)),
    }
}

/// Strips overflow guards from an int that is taken modulo 2^32.
fn wrapped(b: &mut Builder, r: Ref, depth: u32) -> Result<Ref, Abort> {
    let op = match b.look(r).map(|i| i.op) {
        Some(Op::ADDOV) => Op::ADD,
        Some(Op::SUBOV) => Op::SUB,
        Some(Op::MULOV) => Op::MUL,
        _ => return Ok(r),
    };
    let Some(i) = b.look(r).filter(|_| depth < MAX_DEPTH && b.passes().narrow) else { return Ok(r) };
    let (x, y) = (wrapped(b, i.a, depth + 1)?, wrapped(b, i.b, depth + 1)?);
    b.emit(Ins::new(op, Ty::Int, x, y))
}
