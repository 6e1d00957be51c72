//! Numbers and strings: exact conversion both ways.
//!
//! Output is what C's `%.14g` prints, spelled as LuaJIT spells it (`inf`, `-inf`, `nan`): integers of up to 14 digits
//! directly, all else from correctly rounded decimal digits. No locale is involved.
//! Input is scanned as literals are ([`bytecode::numeral`]). A NaN that is read is the canonical one.

use std::io::Write;

/// Significant digits that `tostring` shows.
const DIGITS: usize = 14;
/// The only NaN there is as a value: its upper bits are no tag.
const CANONICAL_NAN: u64 = 0xfff8_0000_0000_0000;

/// Writes a number as `tostring` does into `buf`; returns the length.
pub fn format(n: f64, buf: &mut [u8; 32]) -> usize {
    let i = n as i64;
    if i as f64 == n && i.unsigned_abs() < 100_000_000_000_000 && (i != 0 || n.is_sign_positive()) {
        return format_int(i, buf);
    }
    if n.is_nan() {
        return put(buf, b"nan");
    }
    if n.is_infinite() {
        return if n > 0.0 { put(buf, b"inf") } else { put(buf, b"-inf") };
    }
    format_digits(n, buf)
}

fn put(buf: &mut [u8; 32], s: &[u8]) -> usize {
    buf[..s.len()].copy_from_slice(s);
    s.len()
}

/// Powers of ten that an integer of 14 digits may reach.
const TENS: [u64; DIGITS] = {
    let mut tens = [1; DIGITS];
    let mut i = 1;
    while i < DIGITS {
        tens[i] = tens[i - 1] * 10;
        i += 1;
    }
    tens
};

/// Returns the eight decimal digits of a number below 10^8, the first one in the lowest byte, as numbers: halves, then quarters, then bytes are
/// divided at once.
#[inline(always)]
const fn eight_digits(n: u32) -> u64 {
    let x = (n / 10_000) as u64 | ((n % 10_000) as u64) << 32;
    let hundreds = ((x * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let x = hundreds | (x - 100 * hundreds) << 16;
    let tens = ((x * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (x - 10 * tens) << 8
}

/// Characters `0` in all bytes.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Returns the text of an integer from 0 to 10^8 - 1 (not that of -0) as a word, the first character lowest, and its length.
#[inline(always)]
pub fn short(n: f64) -> Option<(u64, usize)> {
    // Negative numbers saturate to 0, which then differs by its bits.
    let i = n as u32;
    if i >= 100_000_000 || f64::from(i).to_bits() != n.to_bits() {
        return None;
    }
    let digits = eight_digits(i);
    let skip = (digits.trailing_zeros() / 8).min(7);
    Some(((digits + ZEROS) >> (8 * skip), 8 - skip as usize))
}

/// Appends a number as `tostring` writes it.
#[inline]
pub fn append(out: &mut Vec<u8>, n: f64) {
    let from = out.len();
    if let Some((word, len)) = short(n) {
        out.extend_from_slice(&word.to_le_bytes());
        out.truncate(from + len);
        return;
    }
    let mut text = [0; 32];
    let len = format(n, &mut text);
    out.extend_from_slice(&text[..len]);
}

/// Writes an integer of at most 14 digits.
#[inline]
fn format_int(i: i64, buf: &mut [u8; 32]) -> usize {
    buf[0] = b'-';
    let from = usize::from(i < 0);
    let u = i.unsigned_abs();
    let (high, low) = ((u / 100_000_000) as u32, eight_digits((u % 100_000_000) as u32) + ZEROS);
    let mut put = |at: usize, word: u64| buf[at..at + 8].copy_from_slice(&word.to_le_bytes());
    if high == 0 {
        let skip = ((low - ZEROS).trailing_zeros() / 8).min(7);
        put(from, low >> (8 * skip));
        return from + 8 - skip as usize;
    }
    let digits = eight_digits(high);
    let skip = digits.trailing_zeros() / 8;
    put(from, (digits + ZEROS) >> (8 * skip));
    put(from + 8 - skip as usize, low);
    from + 16 - skip as usize
}

/// Writes a finite number: rounds to 14 digits (ties away from zero, as LuaJIT does), drops trailing zeros, chooses the
/// style as `%g` does.
fn format_digits(n: f64, buf: &mut [u8; 32]) -> usize {
    let (digits, exp) = round_digits(n.abs());
    let kept = digits.iter().rposition(|&d| d != b'0').map_or(1, |p| p + 1);
    let digits = &digits[..kept];

    let mut out = &mut buf[..];
    if n.is_sign_negative() {
        let _ = out.write_all(b"-");
    }
    // Every form is at most 1 + 1 + 14 + 5 bytes or, for small exponents, 1 + 5 + 14 bytes.
    let _ = if exp < -4 || exp >= DIGITS as i32 {
        let _ = out.write_all(&digits[..1]);
        if kept > 1 {
            let _ = out.write_all(b".");
            let _ = out.write_all(&digits[1..]);
        }
        write!(out, "e{}{:02}", if exp < 0 { '-' } else { '+' }, exp.abs())
    } else if exp < 0 {
        let _ = out.write_all(b"0.");
        let _ = out.write_all(&b"000"[..(-exp - 1) as usize]);
        out.write_all(digits)
    } else {
        let whole = exp as usize + 1;
        if kept <= whole {
            let _ = out.write_all(digits);
            out.write_all(&b"00000000000000"[..whole - kept])
        } else {
            let _ = out.write_all(&digits[..whole]);
            let _ = out.write_all(b".");
            out.write_all(&digits[whole..])
        }
    };
    32 - out.len()
}

/// Powers of five that 64 bits hold.
const FIVES: [u64; 28] = {
    let mut fives = [1; 28];
    let mut i = 1;
    while i < 28 {
        fives[i] = fives[i - 1] * 5;
        i += 1;
    }
    fives
};

/// Does what [`round_digits`] does for numbers from about 1e-13 to 1e14, in exact integers: `n * 10^k` with the `k` that leaves 14
/// digits before the point is the significand times `5^k`, shifted.
#[inline]
fn round_exactly(n: f64) -> Option<([u8; DIGITS], i32)> {
    let bits = n.to_bits();
    let power = (bits >> 52) as i32 - 1075;
    let significand = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
    // At most one less than the decimal exponent, as log10(2) is rounded down.
    let exp = ((power + 52) * 1233) >> 12;
    for exp in [exp + 1, exp] {
        let k = DIGITS as i32 - 1 - exp;
        let shift = -(power + k);
        if !(1..=100).contains(&shift) {
            return None;
        }
        let scaled = significand * u128::from(*FIVES.get(usize::try_from(k).ok()?)?);
        let mut whole = (scaled >> shift) as u64;
        if scaled >> shift < u128::from(TENS[DIGITS - 1]) {
            continue;
        }
        whole += (scaled >> (shift - 1)) as u64 & 1;
        let exp = if whole == 10 * TENS[DIGITS - 1] { exp + 1 } else { exp };
        let mut digits = [b'0'; DIGITS];
        if whole == 10 * TENS[DIGITS - 1] {
            digits[0] = b'1';
            return Some((digits, exp));
        }
        let put = |to: &mut [u8], n: u64| to.copy_from_slice(&(eight_digits(n as u32) + ZEROS).to_le_bytes());
        put(&mut digits[..8], whole / 100_000_000 * 100);
        put(&mut digits[DIGITS - 8..], whole % 100_000_000);
        return Some((digits, exp));
    }
    None
}

/// Returns the first 14 digits of a finite number, correctly rounded, and its decimal exponent.
fn round_digits(n: f64) -> ([u8; DIGITS], i32) {
    if let Some(rounded) = round_exactly(n) {
        return rounded;
    }
    let mut long = [0u8; 80];
    // Three digits more tell how to round, unless they may have been rounded to a tie themselves.
    let mut exp = sci_digits(n, DIGITS + 3, &mut long);
    if &long[DIGITS..DIGITS + 3] == b"500" {
        exp = sci_digits(n, 60, &mut long);
    }
    let mut digits = [0u8; DIGITS];
    digits.copy_from_slice(&long[..DIGITS]);
    if long[DIGITS] >= b'5' {
        let nines = digits.iter().rev().take_while(|&&d| d == b'9').count();
        digits[DIGITS - nines..].fill(b'0');
        if nines == DIGITS {
            digits[0] = b'1';
            exp += 1;
        } else {
            digits[DIGITS - nines - 1] += 1;
        }
    }
    (digits, exp)
}

/// Writes `count` significant digits (at most 70) of a non-negative finite number; returns the decimal exponent.
fn sci_digits(n: f64, count: usize, out: &mut [u8; 80]) -> i32 {
    let mut rest = &mut out[..];
    // `d.ddd…e-xxx` fits.
    let _ = write!(rest, "{:.*e}", count - 1, n);
    let used = 80 - rest.len();
    let e_at = out[..used].iter().position(|&c| c == b'e').unwrap_or(used);
    let exp = out.get(e_at + 1..used).and_then(|e| std::str::from_utf8(e).ok()?.parse().ok());
    out.copy_within(2..e_at, 1);
    exp.unwrap_or(0)
}

/// Parses a number as LuaJIT does: all of `s`, or nothing.
pub fn parse(s: &[u8]) -> Option<f64> {
    let n = bytecode::parse_number(s)?;
    Some(if n.is_nan() { f64::from_bits(CANONICAL_NAN) } else { n })
}

/// Converts to an integer as LuaJIT's `lj_num2int`/`bit` operations do: modulo 2^32.
#[inline(always)]
pub fn to_bit(n: f64) -> i32 {
    // Adding 2^52 + 2^51 leaves the rounded integer in the low bits.
    (n + 6755399441055744.0).to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(n: f64) -> String {
        let mut buf = [0; 32];
        let len = format(n, &mut buf);
        String::from_utf8_lossy(&buf[..len]).into_owned()
    }

    #[test]
    fn formats_like_luajit() {
        for (n, s) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1e15, "1e+15"),
            (1e14, "1e+14"),
            (99999999999999.0, "99999999999999"),
            (123456789012345.0, "1.2345678901235e+14"),
            (9007199254740992.0, "9.007199254741e+15"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (5e-324, "4.9406564584125e-324"),
            (f64::MAX, "1.7976931348623e+308"),
            (-1.5e300, "-1.5e+300"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
            (12345678901234.5, "12345678901235"),
            (12345678901235.5, "12345678901236"),
            (99999999999999.9, "1e+14"),
        ] {
            assert_eq!(show(n), s);
        }
    }

    #[test]
    fn formats_integers() {
        let mut cases: Vec<u64> =
            (0..14).flat_map(|k| [10u64.pow(k), 10u64.pow(k + 1) - 1, 10u64.pow(k) * 7]).collect();
        cases.extend(0..2_000);
        cases.extend((0..200_000).map(|i| i * 499_999_993 + 11));
        cases.extend((0..100_000).map(|i| i * 997));
        for i in cases.into_iter().filter(|i| *i < 100_000_000_000_000) {
            let text = i.to_string();
            assert_eq!(show(i as f64), text);
            if i > 0 {
                assert_eq!(show(-(i as f64)), format!("-{text}"));
            }
            match short(i as f64) {
                Some((word, n)) => {
                    assert_eq!(&word.to_le_bytes()[..n], text.as_bytes());
                    assert!(n == 8 || word >> (8 * n) == 0);
                }
                None => assert!(i >= 100_000_000),
            }
        }
        for n in [-0.0, -1.0, 0.5, 1e8, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 4294967296.0, 99999999.5] {
            assert_eq!(short(n), None, "{n}");
        }
    }

    #[test]
    fn formats_like_c() {
        let mut x = 0x1234_5678_9abc_def1u64;
        for i in 0..20_000u64 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let n = match i % 3 {
                0 => f64::from_bits(x),
                1 => (x >> 40) as f64 / 64.0,
                _ => (x >> 14) as f64 / 16.0,
            };
            if n.is_finite() {
                let ours = show(n);
                // C rounds exact ties to even.
                let tie = format!("{:.60e}", n.abs())[16..].trim_start_matches('5').starts_with("0000000000000");
                assert!(ours == crate::sys::c_format(n) || tie, "{:x} {ours}", n.to_bits());
            }
        }
    }

    #[test]
    fn parses_luajits_grammar() {
        for (s, n) in [
            ("0", 0.0),
            (" 10 ", 10.0),
            ("-5", -5.0),
            ("+5", 5.0),
            ("5.", 5.0),
            (".5", 0.5),
            ("1e2", 100.0),
            ("1E+2", 100.0),
            ("0x10", 16.0),
            ("0x.8p1", 1.0),
            ("0x1p4", 16.0),
            ("-0xA.8", -10.5),
            ("0b101", 5.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("0x1.fffffffffffff8p0", 2.0),
            ("0x1.fffffffffffff7fffffp0", 1.9999999999999998),
            ("0x0.8p-1074", 0.0),
            ("0x0.80000000000000001p-1074", 5e-324),
            ("0x0.8000001p-1074", 5e-324),
            ("0x123456789abcdef01", 0x123456789abcdef01u128 as f64),
            ("0x1p1023", 8.98846567431158e307),
            ("0x1p1024", f64::INFINITY),
            ("0x1p-1074", 5e-324),
            ("123456789012345678901234567890", 123456789012345678901234567890.0),
            ("1e400", f64::INFINITY),
        ] {
            assert_eq!(parse(s.as_bytes()), Some(n), "{s}");
        }
        assert!(parse(b"-0").is_some_and(|n| n == 0.0 && n.is_sign_negative()));
        assert!(parse(b"nan").is_some_and(f64::is_nan) && parse(b" -NaN ").is_some_and(f64::is_nan));
        for s in [
            "",
            " ",
            "-",
            "0x",
            "1e",
            "1e+",
            ".",
            "1_0",
            "na",
            "x",
            "nanx",
            "1..2",
            "0b",
            "0b2",
            "0b1.0",
            "5\0",
            "1 2",
            "0x1p",
            "1e1048576",
            "--1",
            "+-1",
            "0x.p1",
            "infinit",
        ] {
            assert_eq!(parse(s.as_bytes()), None, "{s}");
        }
    }

    #[test]
    fn bits() {
        assert_eq!([to_bit(-1.0), to_bit(4294967295.0), to_bit(2.5), to_bit(2147483648.0)], [-1, -1, 2, i32::MIN]);
    }
}
