//! Numbers as text, and conversions.

/// Prints as C's `%.14g`.
pub(super) fn format(n: f64) -> String {
    if n.is_nan() {
        return "nan".into();
    }
    if n.is_infinite() || n == 0.0 {
        return n.to_string();
    }
    let science = format!("{n:.13e}");
    let (mantissa, exponent) = science.split_once('e').unwrap_or((&science, "0"));
    let e: i32 = exponent.parse().unwrap_or(0);
    let strip = |s: &str| match s.contains('.') {
        true => s.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => s.to_string(),
    };
    if (-4..14).contains(&e) {
        strip(&format!("{n:.*}", (13 - e) as usize))
    } else {
        format!("{}e{}{:02}", strip(mantissa), if e < 0 { '-' } else { '+' }, e.abs())
    }
}

/// Reads a numeral: decimal, hexadecimal, binary; white space around it, a sign.
pub(super) fn parse(s: &[u8]) -> Option<f64> {
    let s = std::str::from_utf8(s).ok()?;
    let s = s.trim_matches(|c| matches!(c, ' ' | '\t'..='\r'));
    let (negative, s) = match s.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, s.strip_prefix('+').unwrap_or(s)),
    };
    let s = s.to_ascii_lowercase();
    let n = if let Some(digits) = s.strip_prefix("0x") {
        let (mantissa, exponent) = digits.split_once('p').unwrap_or((digits, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || all.len() > 30 || !all.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let e: i32 = exponent.parse().ok()?;
        u128::from_str_radix(&all, 16).ok()? as f64 * 2f64.powi(e - 4 * fraction.len() as i32)
    } else if let Some(digits) = s.strip_prefix("0b") {
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        u64::from_str_radix(digits, 2).ok()? as f64
    } else if s == "inf" || s == "infinity" {
        f64::INFINITY
    } else if s == "nan" {
        f64::NAN
    } else {
        let digit = |c: char| c.is_ascii_digit();
        if !s.starts_with(|c| digit(c) || c == '.') || !s.contains(digit) {
            return None;
        }
        s.parse().ok()?
    };
    Some(if negative { -n } else { n })
}

/// Converts to the int of the same value; -0 has none.
pub(super) fn to_int(n: f64) -> Option<i32> {
    let i = n as i32;
    (f64::from(i).to_bits() == n.to_bits()).then_some(i)
}

/// Converts by truncation; what is out of range becomes the least int.
pub(super) fn truncate(n: f64) -> i32 {
    let n = n.trunc();
    if (-2147483648.0..2147483648.0).contains(&n) { n as i32 } else { i32::MIN }
}

/// The low 32 bits of the rounded number: adding 2^52 + 2^51 leaves them at the end of the mantissa.
pub(super) fn to_bit(n: f64) -> i32 {
    (n + 6755399441055744.0).to_bits() as i32
}

/// `a % b` of Lua.
pub(super) fn modulo(a: f64, b: f64) -> f64 {
    a - (a / b).floor() * b
}
