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
use ir::{Conv, FpMath, Ins, Op, Ref, Ty};

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
    if converted(b, r, Conv::IntNumIndex).is_none()
        && let Some((op, x, y)) = splits(b, r)
    {
        let (x, y) = (checked(b, x, Conv::IntNumIndex, 1)?, checked(b, y, Conv::IntNumIndex, 1)?);
        return match near(b, y) {
            true => b.emit(Ins::new(op, Ty::Int, x, y)),
            false => sum(b, op, x, y),
        };
    }
    narrow_toint(b, r)
}

/// Narrows a number that must be an integer: a length, a position. -0 counts as 0.
pub fn narrow_toint(b: &mut Builder, r: Ref) -> Result<Ref, Abort> {
    if b.ty(r) == Ty::Int { Ok(r) } else { b.emit(conversion(r, Conv::IntNumIndex)) }
}

/// Narrows an operand of a bit operation.
pub fn narrow_tobit(b: &mut Builder, r: Ref) -> Result<Ref, Abort> {
    if b.ty(r) == Ty::Int { wrapped(b, r, 0) } else { b.emit(Ins::new(Op::TOBIT, Ty::Int, r, Ref::NONE)) }
}

/// Gives `a % b` of numbers. An int stays one if the divisor is a constant above 0, and what is computed from ints without being rounded is one if that is a
/// power of two, as that divides 2^32; otherwise it is `a - floor(a / b) * b`, of which rules and other instructions know more than of a remainder.
pub fn narrow_mod(b: &mut Builder, x: Ref, y: Ref) -> Result<Ref, Abort> {
    let k = match (b.kint(y), b.knum(y)) {
        (Some(k), _) => Some(k),
        (_, Some(k)) => exact(k),
        _ => None,
    };
    if let Some(k) = k.filter(|&k| k > 0 && b.passes().narrow) {
        let int = match if b.ty(x) == Ty::Int { Some(x) } else { of_int(b, x) } {
            None if k & (k - 1) == 0 && certain(b, x) => Some(modular(b, x, 0)?),
            int => int,
        };
        if let Some(x) = int {
            let k = b.trace_mut().kint(k);
            return b.emit(Ins::new(Op::MOD, Ty::Int, x, k));
        }
    }
    let (x, y) = (to_num(b, x)?, to_num(b, y)?);
    if !b.passes().fold {
        return b.emit(Ins::new(Op::MOD, Ty::Num, x, y));
    }
    let quotient = b.emit(Ins::new(Op::DIV, Ty::Num, x, y))?;
    let floor = b.emit(Ins::new(Op::FPMATH, Ty::Num, quotient, Ref::lit(FpMath::Floor as i32)))?;
    let product = b.emit(Ins::new(Op::MUL, Ty::Num, floor, y))?;
    b.emit(Ins::new(Op::SUB, Ty::Num, x, product))
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

fn conversion(r: Ref, conv: Conv) -> Ins {
    Ins::guard(Op::CONV, Ty::Int, r, Ref::lit(conv as i32))
}

// ---- with guards ----

/// Narrows a guarded conversion of a sum or difference, if it pays. For fold.
pub(crate) fn fold_conv(b: &mut Builder, ins: &Ins) -> Option<Result<Ref, Abort>> {
    let conv = ins.conv().filter(|_| ins.is_guard())?;
    let (op, x, y) = splits(b, ins.a)?;
    let narrowed = |b: &mut Builder| {
        let (x, y) = (checked(b, x, conv, 1)?, checked(b, y, conv, 1)?);
        sum(b, op, x, y)
    };
    Some(narrowed(b))
}

/// Returns operation and operands of a sum or difference that is worth being narrowed.
fn splits(b: &Builder, r: Ref) -> Option<(Op, Ref, Ref)> {
    if !b.passes().narrow {
        return None;
    }
    let ins = b.look(r).filter(|i| matches!(i.op, Op::ADD | Op::SUB) && i.ty == Ty::Num)?;
    (of_both(b, &ins, 0) <= 1).then_some((ins.op, ins.a, ins.b))
}

/// Too many to be worth it.
const NEVER: u32 = 10;

/// Returns how many conversions of numbers the narrowed tree needs.
fn conversions(b: &Builder, r: Ref, depth: u32) -> u32 {
    if let Some(k) = b.knum(r) {
        return if exact(k).is_some_and(|k| SMALL.contains(&k)) { 0 } else { NEVER };
    }
    if of_int(b, r).is_some() || converted(b, r, Conv::IntNumIndex).is_some() {
        return 0;
    }
    match b.look(r) {
        // Where its operands need more it is converted itself.
        Some(i) if matches!(i.op, Op::ADD | Op::SUB) && depth < MAX_DEPTH => of_both(b, &i, depth + 1).min(1),
        _ => 1,
    }
}

/// Returns how many conversions both operands need; more than one is as bad as many.
fn of_both(b: &Builder, ins: &Ins, depth: u32) -> u32 {
    match conversions(b, ins.a, depth) {
        x @ 0..=1 => x + conversions(b, ins.b, depth),
        x => x,
    }
}

/// Finds a guarded conversion of the number that checks as much as `conv`.
fn converted(b: &Builder, r: Ref, conv: Conv) -> Option<usize> {
    let mut at = b.last(Op::CONV);
    while let Some(i) = at.filter(|&i| r.is_ins() && i > r.index()) {
        let old = b.trace().ins[i];
        let enough = |c: Conv| c == Conv::IntNum || c == Conv::IntNumIndex && conv == Conv::IntNumIndex;
        if old.a == r && old.is_guard() && old.conv().is_some_and(enough) {
            return Some(i);
        }
        at = b.prev(i);
    }
    None
}

/// Narrows a number with all guards.
fn checked(b: &mut Builder, r: Ref, conv: Conv, depth: u32) -> Result<Ref, Abort> {
    if let Some(k) = b.knum(r).and_then(exact) {
        return Ok(b.trace_mut().kint(k));
    }
    if let Some(i) = of_int(b, r) {
        return Ok(i);
    }
    if let Some(i) = converted(b, r, conv) {
        return Ok(Ref::ins(i));
    }
    if depth < MAX_DEPTH
        && let Some((op, x, y)) = splits(b, r)
    {
        let (x, y) = (checked(b, x, conv, depth + 1)?, checked(b, y, conv, depth + 1)?);
        return sum(b, op, x, y);
    }
    // Folding would try to narrow it again.
    b.emit_raw(conversion(r, conv))
}

fn sum(b: &mut Builder, op: Op, x: Ref, y: Ref) -> Result<Ref, Abort> {
    b.emit(Ins::guard(if op == Op::ADD { Op::ADDOV } else { Op::SUBOV }, Ty::Int, x, y))
}

// ---- modulo 2^32 ----

/// Narrows `tobit` of a number, if it is certainly an integer. For fold.
pub(crate) fn fold_tobit(b: &mut Builder, ins: &Ins) -> Option<Result<Ref, Abort>> {
    (b.passes().narrow && certain(b, ins.a)).then(|| modular(b, ins.a, 0))
}

/// Says whether a number is certainly an integer that was not rounded.
fn certain(b: &Builder, r: Ref) -> bool {
    bound(b, r, 0).is_some_and(|n| n < EXACT)
}

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
        None => Err(Abort::Inconsistent),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Passes};
    use ir::Trace;

    /// A num and an int from slots, and the num of the int.
    fn start(passes: Passes) -> (Builder, Ref, Ref, Ref) {
        let text = "trace root pc=@a1:1 slots=9 link=open\n0000 ptr base\nsnap pc=@a1:1 base=0 top=9 [ ]\n\
            0001 > num sload #1\n0002 > int sload #2 c\n0003 num conv 0002 num.int\n";
        let trace = Trace::parse(text).expect("well-formed");
        (Builder::new(trace, passes, Limits::default()), Ref::ins(1), Ref::ins(2), Ref::ins(3))
    }

    fn num(b: &mut Builder, op: Op, x: Ref, y: Ref) -> Ref {
        b.emit(Ins::new(op, Ty::Num, x, y)).expect("no abort")
    }

    fn shown(b: &Builder, r: Ref) -> String {
        b.trace().show_ins(r.index()).split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_bounds_check_stands_for_the_last_overflow_guard() {
        let (mut b, _, _, i) = start(Passes::default());
        let (one, two) = (b.trace_mut().knum(1.0), b.trace_mut().knum(2.0));
        let inner = num(&mut b, Op::ADD, i, one);
        let outer = num(&mut b, Op::SUB, inner, two);
        let r = narrow_index(&mut b, outer).expect("no abort");
        assert_eq!(shown(&b, r), "int add 0006 -2");
        assert_eq!(shown(&b, Ref::ins(6)), "> int addov 0002 +1");
        let r = narrow_toint(&mut b, outer).expect("no abort");
        assert_eq!(shown(&b, r), "> int addov 0006 -2");
        // An int that was added with a guard needs it no more.
        let r = narrow_index(&mut b, r).expect("no abort");
        assert_eq!(shown(&b, r), "int add 0006 -2");
    }

    #[test]
    fn an_index_of_two_unknown_parts_keeps_its_guard() {
        let (mut b, x, j, i) = start(Passes::default());
        let sum = num(&mut b, Op::ADD, x, i);
        let r = narrow_index(&mut b, sum).expect("no abort");
        assert_eq!(shown(&b, r), "> int addov 0005 0002");
        assert_eq!(shown(&b, Ref::ins(5)), "> int conv 0001 int.num index");
        assert_eq!(narrow_index(&mut b, j), Ok(j));
    }

    #[test]
    fn nothing_is_narrowed_if_the_pass_is_off() {
        let (mut b, _, _, i) = start(Passes { narrow: false, ..Passes::default() });
        let k = b.trace_mut().knum(1.0);
        let sum = num(&mut b, Op::ADD, i, k);
        let r = narrow_index(&mut b, sum).expect("no abort");
        assert_eq!(shown(&b, r), "> int conv 0004 int.num index");
        let r = narrow_tobit(&mut b, sum).expect("no abort");
        assert_eq!(
            shown(&b, r),
            "int conv 0004 int.num index".replace("int conv", "> int conv"),
            "the conversion serves"
        );
        let r = narrow_mod(&mut b, i, k).expect("no abort");
        assert_eq!(b.ty(r), Ty::Num);
    }

    #[test]
    fn bit_operations_need_no_overflow_guards() {
        let (mut b, _, j, _) = start(Passes::default());
        let k = b.trace_mut().kint(7);
        let sum = b.emit(Ins::guard(Op::ADDOV, Ty::Int, j, k)).expect("no abort");
        let r = narrow_tobit(&mut b, sum).expect("no abort");
        assert_eq!(shown(&b, r), "int add 0002 +7");
    }

    #[test]
    fn remainders_of_integers_are_integers() {
        let (mut b, x, _, i) = start(Passes::default());
        let (k, minus, half) = (b.trace_mut().knum(6.0), b.trace_mut().knum(-6.0), b.trace_mut().knum(0.5));
        let r = narrow_mod(&mut b, i, k).expect("no abort");
        assert_eq!(shown(&b, r), "int mod 0002 +6");
        for (x, y) in [(i, minus), (i, half), (x, k)] {
            let r = narrow_mod(&mut b, x, y).expect("no abort");
            assert_eq!(b.ty(r), Ty::Num);
        }
    }

    #[test]
    fn remainders_by_powers_of_two_need_low_bits_alone() {
        let (mut b, x, _, i) = start(Passes::default());
        let [five, one, six, sixteen] = [5.0, 1.0, 6.0, 16.0].map(|k| b.trace_mut().knum(k));
        let product = num(&mut b, Op::MUL, i, five);
        let sum = num(&mut b, Op::ADD, product, one);
        let r = narrow_mod(&mut b, sum, sixteen).expect("no abort");
        assert_eq!(shown(&b, r), "int band 0007 +15");
        assert_eq!(
            (shown(&b, Ref::ins(6)), shown(&b, Ref::ins(7))),
            ("int mul 0002 +5".into(), "int add 0006 +1".into())
        );
        // What is no power of two asks for all bits, and what may have a fraction or was rounded has none.
        let unknown = num(&mut b, Op::ADD, product, x);
        let square = num(&mut b, Op::MUL, product, product);
        for (x, k) in [(sum, six), (unknown, sixteen), (square, sixteen)] {
            let r = narrow_mod(&mut b, x, k).expect("no abort");
            assert_eq!(b.ty(r), Ty::Num);
        }
    }

    #[test]
    fn trees_that_share_their_operands_take_little_time() {
        let (mut b, _, _, i) = start(Passes::default());
        let mut x = i;
        for _ in 0..200 {
            x = num(&mut b, Op::ADD, x, x);
            narrow_index(&mut b, x).expect("no abort");
            narrow_tobit(&mut b, x).expect("no abort");
        }
    }

    #[test]
    fn loops_of_integers_are_those_that_cannot_overflow() {
        assert!(narrow_forl(1.0, 10.0, 1.0) && narrow_forl(10.0, 1.0, -3.0) && narrow_forl(1.0, 2147483646.0, 1.0));
        assert!(!narrow_forl(1.0, 2147483647.0, 1.0) && !narrow_forl(1.5, 10.0, 1.0) && !narrow_forl(1.0, 10.0, 0.0));
        assert!(
            !narrow_forl(1.0, f64::INFINITY, 1.0)
                && !narrow_forl(1.0, f64::NAN, 1.0)
                && !narrow_forl(1.0, -2147483648.0, -1.0)
        );
    }
}
