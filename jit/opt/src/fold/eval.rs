//! What operations give on constants: exactly what the interpreter computes.

use ir::{Conv, FpMath, Op};

/// An operation on nums.
pub(super) fn num(op: Op, x: f64, y: f64) -> Option<f64> {
    Some(match op {
        Op::ADD => x + y,
        Op::SUB => x - y,
        Op::MUL => x * y,
        Op::DIV => x / y,
        Op::MOD => modulo(x, y),
        Op::POW => x.powf(y),
        Op::MIN if x < y => x,
        Op::MAX if x > y => x,
        Op::MIN | Op::MAX => y,
        Op::NEG => -x,
        Op::ABS => x.abs(),
        _ => return None,
    })
}

/// `x % y` of nums.
pub(super) fn modulo(x: f64, y: f64) -> f64 {
    x - (x / y).floor() * y
}

/// A function of FPMATH.
pub(super) fn fpmath(f: FpMath, x: f64) -> f64 {
    match f {
        FpMath::Floor => x.floor(),
        FpMath::Ceil => x.ceil(),
        FpMath::Trunc => x.trunc(),
        FpMath::Sqrt => x.sqrt(),
    }
}

/// An operation on ints, modulo 2^32.
pub(super) fn int(op: Op, x: i32, y: i32) -> Option<i32> {
    let shift = y as u32 & 31;
    Some(match op {
        Op::ADD => x.wrapping_add(y),
        Op::SUB => x.wrapping_sub(y),
        Op::MUL => x.wrapping_mul(y),
        Op::MOD if y > 0 => x.rem_euclid(y),
        Op::MIN => x.min(y),
        Op::MAX => x.max(y),
        Op::BAND => x & y,
        Op::BOR => x | y,
        Op::BXOR => x ^ y,
        Op::BSHL => x << shift,
        Op::BSHR => ((x as u32) >> shift) as i32,
        Op::BSAR => x >> shift,
        Op::BROL => x.rotate_left(shift),
        Op::BROR => x.rotate_right(shift),
        Op::NEG => x.wrapping_neg(),
        Op::BNOT => !x,
        Op::BSWAP => x.swap_bytes(),
        _ => return None,
    })
}

/// An operation with overflow guard; nothing if the guard fails.
pub(super) fn int_ov(op: Op, x: i32, y: i32) -> Option<i32> {
    match op {
        Op::ADDOV => x.checked_add(y),
        Op::SUBOV => x.checked_sub(y),
        // A product that is -0 is no integer.
        Op::MULOV => x.checked_mul(y).filter(|&p| p != 0 || (x >= 0 && y >= 0)),
        _ => None,
    }
}

/// A comparison of nums.
pub(super) fn compare_num(op: Op, x: f64, y: f64) -> Option<bool> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = x.partial_cmp(&y);
    Some(match op {
        Op::LT => order == Some(Less),
        Op::GE => order != Some(Less),
        Op::LE => matches!(order, Some(Less | Equal)),
        Op::GT => !matches!(order, Some(Less | Equal)),
        Op::ULT => matches!(order, Some(Less) | None),
        Op::UGE => matches!(order, Some(Equal | Greater)),
        Op::ULE => order != Some(Greater),
        Op::UGT => order == Some(Greater),
        Op::EQ => order == Some(Equal),
        Op::NE => order != Some(Equal),
        _ => return None,
    })
}

/// A comparison of ints.
pub(super) fn compare_int(op: Op, x: i32, y: i32) -> Option<bool> {
    let (ux, uy) = (x as u32, y as u32);
    Some(match op {
        Op::LT => x < y,
        Op::GE => x >= y,
        Op::LE => x <= y,
        Op::GT => x > y,
        Op::ULT => ux < uy,
        Op::UGE => ux >= uy,
        Op::ULE => ux <= uy,
        Op::UGT | Op::ABC => ux > uy,
        Op::EQ => x == y,
        Op::NE => x != y,
        _ => return None,
    })
}

/// A number that is an integer, -0 included.
pub(super) fn integral(n: f64) -> Option<i32> {
    let i = n as i32;
    (f64::from(i) == n).then_some(i)
}

/// What a conversion of a num to int gives; nothing if its guard fails.
pub(super) fn num_to_int(conv: Conv, n: f64) -> Option<i32> {
    match conv {
        Conv::IntNum => integral(n).filter(|&i| i != 0 || n.is_sign_positive()),
        Conv::IntNumIndex => integral(n),
        Conv::IntTrunc => {
            let t = n.trunc();
            Some(if (-2147483648.0..=2147483647.0).contains(&t) { t as i32 } else { i32::MIN })
        }
        Conv::NumInt | Conv::KeyInt | Conv::IntKey => None,
    }
}

/// `bit.tobit`: the low 32 bits of the nearest integer.
pub(super) fn tobit(n: f64) -> i32 {
    (n + 6755399441055744.0).to_bits() as i32
}

/// Digits that `tostring` shows.
const DIGITS: usize = 14;

/// `tostring` of a number: C's `%.14g`.
pub(super) fn show(n: f64) -> String {
    if n.is_nan() {
        return "nan".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let digits = format!("{:.*e}", DIGITS - 1, n);
    let Some((mantissa, exponent)) = digits.split_once('e') else { return digits };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..DIGITS as i32).contains(&exponent) {
        let fixed = format!("{:.*}", (DIGITS as i32 - 1 - exponent) as usize, n);
        return strip(&fixed).into();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", strip(mantissa), exponent.unsigned_abs())
}

/// Takes away what `%g` does not print: zeros at the end of a fraction.
fn strip(s: &str) -> &str {
    if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.') } else { s }
}

/// Reads plain decimal numerals; nothing for all else, numeral or not.
pub(super) fn read(s: &[u8]) -> Option<f64> {
    let s = std::str::from_utf8(s).ok()?;
    let digits = s.bytes().filter(u8::is_ascii_digit).count();
    let plain = s.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'e' | b'E'));
    (digits > 0 && plain).then(|| s.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_as_tostring_has_them() {
        for (n, s) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-1.5, "-1.5"),
            (1e14, "1e+14"),
            (99999999999999.0, "99999999999999"),
            (123456789012345.0, "1.2345678901234e+14"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e100, "1e+100"),
            (1e300 * 1e10, "inf"),
            (1.23456789012345, "1.2345678901235"),
            (9.99999999999999e22, "1e+23"),
        ] {
            assert_eq!(show(n), s);
        }
    }

    #[test]
    fn products_that_are_minus_zero_overflow() {
        assert_eq!(int_ov(Op::MULOV, 0, -1), None);
        assert_eq!(int_ov(Op::MULOV, 0, 1), Some(0));
        assert_eq!(int_ov(Op::MULOV, 65536, 65536), None);
    }

    #[test]
    fn numerals_that_are_not_plain_are_left_alone() {
        for s in ["", "inf", "nan", "0x10", " 1", "1e", ".", "-", "--1", "1_0", "+1"] {
            assert_eq!(read(s.as_bytes()), None, "{s}");
        }
        assert_eq!(read(b"-1.5e3"), Some(-1500.0));
        assert_eq!(read(b"5."), Some(5.0));
    }
}
