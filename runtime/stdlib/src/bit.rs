//! Operations on 32-bit integers.
//!
//! Numbers become integers as LuaJIT's do: rounded to an integer, modulo 2^32, by the addition of 2^52 + 2^51. Results are signed.

use crate::register;
use crate::string::directive::{self, Conversion, Directive};
use heap::{Raise, Val, Vm};
use interp::{Cx, Ret};

register::library!(bit);

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let tab = register::new_library(vm, "bit", 16)?;
    register::fill(vm, tab, ROWS, "", &[])
}

#[inline]
fn check(cx: &Cx<'_>, i: u32) -> Result<i32, Raise> {
    cx.check_num(i).map(heap::number::to_bit)
}

#[inline]
fn result(cx: &Cx<'_>, n: i32) -> Result<Ret, Raise> {
    cx.ret(Val::num(f64::from(n)))
}

macro_rules! bit_ops {
    (unary { $($(#[$udoc:meta])* $unary:ident $uf:expr;)* } fold { $($(#[$fdoc:meta])* $fold:ident $ff:expr;)* }
     shift { $($(#[$sdoc:meta])* $shift:ident $sf:expr;)* }) => {
        $($(#[$udoc])*
        pub fn $unary(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
            let f: fn(i32) -> i32 = $uf;
            result(cx, f(check(cx, 0)?))
        })*
        $($(#[$fdoc])*
        pub fn $fold(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
            let f: fn(i32, i32) -> i32 = $ff;
            let mut n = check(cx, 0)?;
            for i in 1..cx.nargs() {
                n = f(n, check(cx, i)?);
            }
            result(cx, n)
        })*
        $($(#[$sdoc])*
        pub fn $shift(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
            let f: fn(i32, u32) -> i32 = $sf;
            let n = check(cx, 0)?;
            result(cx, f(n, check(cx, 1)? as u32 & 31))
        })*
    };
}
bit_ops! {
    unary {
        /// `bit.tobit(x)`
        tobit |n| n;
        /// `bit.bnot(x)`
        bnot |n| !n;
        /// `bit.bswap(x)`
        bswap i32::swap_bytes;
    }
    fold {
        /// `bit.band(x, ...)`
        band |a, b| a & b;
        /// `bit.bor(x, ...)`
        bor |a, b| a | b;
        /// `bit.bxor(x, ...)`
        bxor |a, b| a ^ b;
    }
    shift {
        /// `bit.lshift(x, n)`
        lshift |x, n| x << n;
        /// `bit.rshift(x, n)`
        rshift |x, n| (x as u32 >> n) as i32;
        /// `bit.arshift(x, n)`
        arshift |x, n| x >> n;
        /// `bit.rol(x, n)`
        rol i32::rotate_left;
        /// `bit.ror(x, n)`
        ror i32::rotate_right;
    }
}

/// `bit.tohex(x [, n])`
pub fn tohex(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let x = check(cx, 0)? as u32;
    let digits = if cx.nargs() < 2 { 8 } else { check(cx, 1)? };
    let mut out = crate::scratch::take();
    put_hex(&mut out, x, digits);
    cx.ret_str(&out)
}

/// Appends the last `digits` hex digits of `x`, upper case if negative. The count is kept modulo 256, as LuaJIT keeps it.
fn put_hex(out: &mut Vec<u8>, x: u32, digits: i32) {
    let count = digits.wrapping_abs();
    let shown =
        if count < 16 { u64::from(x) & (1u64 << (count.wrapping_mul(4) & 63)).wrapping_sub(1) } else { u64::from(x) };
    let precision = match count.wrapping_add(1) & 255 {
        0 => None,
        n => Some(n as usize - 1),
    };
    directive::put_int(out, &Directive { upper: digits < 0, precision, ..Directive::plain(Conversion::Hex) }, shown);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_digits() {
        let hex = |x, digits| {
            let mut out = Vec::new();
            put_hex(&mut out, x, digits);
            String::from_utf8(out).expect("digits")
        };
        assert_eq!(hex(1, 8), "00000001");
        assert_eq!(hex(u32::MAX, 4), "ffff");
        assert_eq!(hex(255, -2), "FF");
        assert_eq!(hex(255, 0), "");
        assert_eq!(hex(255, 255), "ff");
        assert_eq!(hex(1, 300).len(), 44);
        assert_eq!(hex(5, i32::MIN), "");
    }
}
