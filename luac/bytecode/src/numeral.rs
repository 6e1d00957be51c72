//! Numbers as text: the one scanner for literals in source and for strings that are converted to numbers.
//!
//! Decimal digits with a fraction and an exponent, hexadecimal with a fraction and a binary exponent, and binary integers;
//! with leading and trailing white space, a sign, `inf`, `infinity` and `nan` outside source text. Results are correctly
//! rounded.
//!
//! Invariant: the lexer hands over text that starts with a digit or a point, so that signs and words never reach it.
//! Absent: the suffixes `LL`, `ULL` and `i`, which make cdata in LuaJIT.

/// Exponents from here on are malformed, not merely out of range.
const MAX_EXPONENT: i64 = 1 << 20;
/// Exponents from here on are not left to the standard library, which saturates them.
const LARGE_EXPONENT: u64 = 1 << 16;

/// Converts text to a number; `None` if it is not a numeral.
pub fn parse_number(text: &[u8]) -> Option<f64> {
    match text {
        // The common case: a few decimal digits.
        [b'0'..=b'9', ..] if text.len() <= 15 && text.iter().all(u8::is_ascii_digit) => {
            Some(text.iter().fold(0u64, |n, &d| n * 10 + u64::from(d - b'0')) as f64)
        }
        _ => parse_general(text),
    }
}

fn parse_general(text: &[u8]) -> Option<f64> {
    let text = trim_space(text);
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match body {
        [b'0', b'x' | b'X', digits @ ..] => parse_hex(digits)?,
        [b'0', b'b' | b'B', digits @ ..] => parse_binary(digits)?,
        [b'0'..=b'9' | b'.', ..] => match parse_short(body) {
            Some(n) => n,
            None => parse_decimal(body)?,
        },
        _ if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") => f64::INFINITY,
        _ if body.eq_ignore_ascii_case(b"nan") => return Some(f64::NAN),
        _ => return None,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}

fn trim_space(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

/// Splits `123.45e-6` into the mantissa's text and the exponent; `marker` is the exponent's letter in lower case.
fn split_exponent(text: &[u8], marker: u8) -> Option<(&[u8], i64)> {
    let Some(at) = text.iter().position(|b| b | 0x20 == marker) else { return Some((text, 0)) };
    let (negative, digits) = match &text[at + 1..] {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut exponent = 0i64;
    for (i, &d) in digits.iter().enumerate() {
        if !d.is_ascii_digit() {
            return None;
        }
        exponent = exponent * 10 + i64::from(d - b'0');
        if i > 0 && exponent >= MAX_EXPONENT {
            return None;
        }
    }
    Some((&text[..at], if negative { -exponent } else { exponent }))
}

/// Digits that a double holds exactly, whatever they are.
const EXACT_DIGITS: usize = 15;
/// Powers of ten, all exact.
const TENS: [f64; EXACT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Converts a few digits with a point and without exponent: the quotient of two exact numbers is rounded once. `None` for all else.
fn parse_short(text: &[u8]) -> Option<f64> {
    if text.len() > EXACT_DIGITS + 1 {
        return None;
    }
    let (mut digits, mut whole) = (0u64, None);
    for (i, &c) in text.iter().enumerate() {
        match c {
            b'0'..=b'9' => digits = digits * 10 + u64::from(c - b'0'),
            b'.' if whole.is_none() => whole = Some(i),
            _ => return None,
        }
    }
    let count = text.len() - usize::from(whole.is_some());
    if count == 0 || count > EXACT_DIGITS {
        return None;
    }
    Some(digits as f64 / TENS[whole.map_or(0, |at| count - at)])
}

fn parse_decimal(text: &[u8]) -> Option<f64> {
    let (mantissa, exponent) = split_exponent(text, b'e')?;
    let points = mantissa.iter().filter(|&&b| b == b'.').count();
    let digits = mantissa.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == 0 || points > 1 || points + digits != mantissa.len() {
        return None;
    }
    if exponent.unsigned_abs() >= LARGE_EXPONENT {
        return parse_shifted(mantissa, exponent);
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Converts a mantissa and an exponent that the standard library would cut off: a long mantissa may make up for it.
fn parse_shifted(mantissa: &[u8], exponent: i64) -> Option<f64> {
    let point = mantissa.iter().position(|&b| b == b'.').unwrap_or(mantissa.len());
    let digits: Vec<u8> = mantissa.iter().copied().filter(u8::is_ascii_digit).collect();
    let Some(first) = digits.iter().position(|&d| d != b'0') else { return Some(0.0) };
    let scale = (point as i64 - first as i64 + exponent).clamp(-9999, 9999);
    let text = [b"0.", &digits[first..], format!("e{scale}").as_bytes()].concat();
    std::str::from_utf8(&text).ok()?.parse().ok()
}

fn parse_binary(digits: &[u8]) -> Option<f64> {
    let significant = digits.iter().position(|&b| b != b'0').map_or(&digits[digits.len()..], |at| &digits[at..]);
    if digits.is_empty() || significant.len() > 64 || digits.iter().any(|b| !matches!(b, b'0' | b'1')) {
        return None;
    }
    Some(significant.iter().fold(0u64, |n, &d| n << 1 | u64::from(d & 1)) as f64)
}

fn parse_hex(text: &[u8]) -> Option<f64> {
    let (mantissa, exponent) = split_exponent(text, b'p')?;
    let (mut bits, mut scale, mut digits, mut point) = (0u64, exponent, 0usize, false);
    for &b in mantissa {
        if b == b'.' {
            if point {
                return None;
            }
            point = true;
            continue;
        }
        let digit = u64::from((b as char).to_digit(16)?);
        digits += 1;
        if point {
            scale -= 4;
        }
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
        } else {
            // A digit that no longer fits only matters for rounding: it leaves a sticky bit.
            bits |= u64::from(digit != 0);
            scale += 4;
        }
    }
    (digits > 0).then(|| scale_bits(bits, scale))
}

/// Returns `bits * 2 ^ scale`, rounded to the nearest double, ties to even.
fn scale_bits(bits: u64, scale: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    // The value is 1.xxx * 2 ^ top.
    let shift = bits.leading_zeros();
    let bits = bits << shift;
    let top = scale + 63 - i64::from(shift);
    if top > 1023 {
        return f64::INFINITY;
    }
    // A normal number keeps 53 bits; each step below 2 ^ -1022 costs one of them.
    let keep = if top >= -1022 { 53 } else { 53 - (-1022 - top) };
    if keep < 0 {
        return 0.0;
    }
    let drop = (64 - keep) as u32;
    let (kept, rest, half) = match drop {
        64 => (0, bits, 1u64 << 63),
        _ => (bits >> drop, bits & ((1 << drop) - 1), 1 << (drop - 1)),
    };
    let rounded = kept + u64::from(rest > half || rest == half && kept & 1 == 1);
    // A carry out of the mantissa walks into the exponent, which is what it should do.
    let exponent = if top >= -1022 { (top + 1022) as u64 } else { 0 };
    f64::from_bits((exponent << 52) + rounded)
}

#[cfg(test)]
mod tests {
    use super::parse_number;

    fn num(text: &str) -> Option<f64> {
        parse_number(text.as_bytes())
    }

    #[test]
    fn decimals() {
        for text in ["0", "7", "123456789012345", "1234567890123456789", "1.5", ".5", "5.", "1e10", "1E-5", "1.e+2"] {
            assert_eq!(num(text), Some(text.parse().unwrap()), "{text}");
        }
        assert_eq!(num("1e400"), Some(f64::INFINITY));
        assert_eq!(num("1e-400"), Some(0.0));
        assert_eq!(num(&format!("0.{}1e1048575", "0".repeat(1048574))), Some(1.0));
        assert_eq!(num(&format!("15{}e-700000", "0".repeat(700000))), Some(15.0));
        assert_eq!(
            (num("1e1048575"), num("2e-1048575"), num("0.0e1048575")),
            (Some(f64::INFINITY), Some(0.0), Some(0.0))
        );
        assert_eq!(num("2.4703282292062327e-324"), Some(0.0));
        assert_eq!(num("2.4703282292062328e-324"), Some(5e-324));
        assert_eq!(num("9007199254740993"), Some(9007199254740992.0));
    }

    /// Short numerals are read as the standard library reads them, wherever the point is.
    #[test]
    fn short_decimals() {
        let mut x = 0x1234_5678_9abc_def1u64;
        for i in 0..40_000usize {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let mut text = format!("{:0width$}", x >> (i % 64), width = i % 19);
            text.insert(i / 7 % (text.len() + 1), '.');
            assert_eq!(num(&text), text.parse().ok(), "{text}");
            assert_eq!(num(&format!("-{text} ")), text.parse().ok().map(|n: f64| -n), "{text}");
        }
        for text in [".", "..", "1.2.", "1 .", "1.e", "1.x", ".-1"] {
            assert_eq!(num(text), None, "{text}");
        }
    }

    #[test]
    fn malformed() {
        for text in ["", " ", ".", "e5", "1e", "1e+", "1..2", "1.2.3", "0x", "0x.", "0xg", "0x1p", "0b", "0b2", "0b1.0"]
        {
            assert_eq!(num(text), None, "{text}");
        }
        for text in
            ["1a", "1 2", "1e5.5", "--1", "+-1", "1LL", "1ULL", "1i", "1e1048576", "0x1e1048576p1048576", "infinit"]
        {
            assert_eq!(num(text), None, "{text}");
        }
        assert_eq!(parse_number(b"1\0"), None);
    }

    #[test]
    fn hexadecimals() {
        assert_eq!(num("0xff"), Some(255.0));
        assert_eq!(num("0XFFFFFFFFFFFFFFFF"), Some(18446744073709551615.0));
        assert_eq!(num("0x10000000000000000"), Some(18446744073709551616.0));
        assert_eq!(num("0x20000000000001"), Some(9007199254740992.0));
        assert_eq!(num("0x20000000000003"), Some(9007199254740996.0));
        assert_eq!(num("0x200000000000010000000000001"), Some(9007199254740994.0 * 2f64.powi(52)));
        assert_eq!(num("0x.8"), Some(0.5));
        assert_eq!(num("0xa.8p1"), Some(21.0));
        assert_eq!(num("0x1p-1074"), Some(5e-324));
        assert_eq!(num("0x1p-1075"), Some(0.0));
        assert_eq!(num("0x1.8p-1075"), Some(5e-324));
        assert_eq!(num("0x1.fffffffffffff8p1023"), Some(f64::INFINITY));
        assert_eq!(num("0x1.fffffffffffff7p1023"), Some(f64::MAX));
        assert_eq!(num("0x0p5"), Some(0.0));
    }

    #[test]
    fn binaries_words_and_signs() {
        assert_eq!(num("0b101"), Some(5.0));
        assert_eq!(num(" \t-12 \n"), Some(-12.0));
        assert_eq!(num("+0x10"), Some(16.0));
        assert_eq!(num("-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(num("Infinity"), Some(f64::INFINITY));
        assert!(num("nan").unwrap().is_nan());
        assert!(num("-0").unwrap().is_sign_negative());
    }
}
