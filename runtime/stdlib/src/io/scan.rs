//! Reading a number from a stream, as C's `scanf("%lf")` does.
//!
//! The scanner takes the longest run of bytes that may begin a number; what it took stays taken even if no number came of it.

use super::stream::Stream;
use crate::sys;

/// Takes white space and a number; `None` if there is no number.
pub fn number(s: &mut Stream) -> Result<Option<f64>, i32> {
    while matches!(s.peek()?, Some(b' ' | b'\t'..=b'\r')) {
        s.skip();
    }
    let mut text = Vec::with_capacity(32);
    if matches!(s.peek()?, Some(b'+' | b'-')) {
        accept(s, &mut text)?;
    }
    let complete = match s.peek()?.map(|c| c.to_ascii_lowercase()) {
        Some(b'n') => word(s, &mut text, b"nan")?,
        Some(b'i') => {
            word(s, &mut text, b"inf")?
                && (s.peek()?.map(|c| c.to_ascii_lowercase()) != Some(b'i') || word(s, &mut text, b"inity")?)
        }
        _ => digits(s, &mut text)?,
    };
    Ok(if complete { value(&text) } else { None })
}

/// Returns the value of the longest number `text` begins with.
fn value(text: &[u8]) -> Option<f64> {
    // Plain decimals, which are almost all, need no copy; what is odd is for C to decide.
    match std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
        Some(n) if text.last().is_some_and(u8::is_ascii_digit) => Some(n),
        _ => sys::strtod(text),
    }
}

/// Takes the next byte into `text`.
fn accept(s: &mut Stream, text: &mut Vec<u8>) -> Result<(), i32> {
    if let Some(c) = s.peek()? {
        text.push(c);
        s.skip();
    }
    Ok(())
}

/// Takes a word in any case; says whether all of it was there.
fn word(s: &mut Stream, text: &mut Vec<u8>, word: &[u8]) -> Result<bool, i32> {
    for letter in word {
        match s.peek()? {
            Some(c) if c.eq_ignore_ascii_case(letter) => accept(s, text)?,
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Takes digits, a point and an exponent, decimal or hexadecimal; says whether anything followed the sign and `0x`.
fn digits(s: &mut Stream, text: &mut Vec<u8>) -> Result<bool, i32> {
    let sign = text.len();
    let (mut hex, mut digit, mut dot, mut exponent) = (false, false, false, false);
    if s.peek()? == Some(b'0') {
        accept(s, text)?;
        digit = true;
        if matches!(s.peek()?, Some(b'x' | b'X')) {
            accept(s, text)?;
            (hex, digit) = (true, false);
        }
    }
    let marker = if hex { b'p' } else { b'e' };
    while let Some(c) = s.peek()? {
        if c.is_ascii_digit() || (hex && !exponent && c.is_ascii_hexdigit()) {
            digit = true;
        } else if exponent && matches!(c, b'+' | b'-') && text.last().map(u8::to_ascii_lowercase) == Some(marker) {
            // A sign straight behind the exponent's letter.
        } else if digit && !exponent && c.eq_ignore_ascii_case(&marker) {
            (exponent, dot) = (true, true);
        } else if c == b'.' && !dot {
            dot = true;
        } else {
            break;
        }
        accept(s, text)?;
    }
    Ok(text.len() > sign + if hex { 2 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::SeekFrom;

    /// Scans `text`: the number and what is left.
    fn scan(text: &str) -> (Option<f64>, String) {
        let (file, name) = sys::make_temp_file().expect("a temporary file");
        std::fs::remove_file(String::from_utf8(name).expect("a name")).expect("its name goes");
        let mut s = Stream::from_file(file);
        s.write(text.as_bytes()).expect("writes");
        s.seek(SeekFrom::Start(0)).expect("seeks");
        let n = number(&mut s).expect("reads");
        let mut rest = Vec::new();
        s.take(usize::MAX, &mut rest).expect("reads");
        (n, String::from_utf8(rest).expect("text"))
    }

    #[test]
    fn takes_what_scanf_takes() {
        assert_eq!(scan("  12.5 x"), (Some(12.5), " x".into()));
        assert_eq!(scan("-0x10p1,"), (Some(-32.0), ",".into()));
        assert_eq!(scan("1e"), (Some(1.0), String::new()));
        assert_eq!(scan("1e+z"), (Some(1.0), "z".into()));
        assert_eq!(scan("0x"), (None, String::new()));
        assert_eq!(scan("."), (None, String::new()));
        assert_eq!(scan("abc"), (None, "abc".into()));
        assert_eq!(scan("infinity1"), (Some(f64::INFINITY), "1".into()));
        assert_eq!(scan("inx"), (None, "x".into()));
        assert_eq!(scan("\n\n7"), (Some(7.0), String::new()));
        assert_eq!(scan(""), (None, String::new()));
    }
}
