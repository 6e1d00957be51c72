//! Directives of `string.format`: their syntax, and the text they make of numbers, strings and bytes.
//!
//! LuaJIT has a formatter of its own, so what counts is not C's `printf` but: no length modifiers, two digits of width and precision,
//! 64-bit integers, `nan` without a sign, `0` ignored for infinities, `%a` normalised, ties rounded away from zero.
//! Decimal digits of numbers of ordinary size come from exact 128-bit arithmetic. All others come from Rust's exact float formatting,
//! which rounds ties to even: a tie is recognised from the binary exponent of the lowest bit, written with one more digit (which is
//! exact then, and a 5), and rounded by hand.

pub use interp::cx::put_address as put_pointer;
use std::fmt::Write as _;

/// What a directive makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conversion {
    /// `%d`, `%i`
    Int,
    /// `%u`
    Uint,
    /// `%x`, `%X`
    Hex,
    /// `%o`
    Octal,
    /// `%a`, `%A`
    FloatHex,
    /// `%e`, `%E`
    Exponent,
    /// `%f`, `%F`
    Fixed,
    /// `%g`, `%G`
    General,
    /// `%c`
    Char,
    /// `%s`
    Str,
    /// `%q`
    Quoted,
    /// `%p`
    Pointer,
}

/// A directive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Directive {
    /// What it makes.
    pub conversion: Conversion,
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// `0`
    pub zero: bool,
    /// A blank.
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// An upper-case letter.
    pub upper: bool,
    /// Bytes at least.
    pub width: usize,
    /// Digits or bytes behind the `.`.
    pub precision: Option<usize>,
}

impl Directive {
    /// A directive without flags, width and precision.
    pub const fn plain(conversion: Conversion) -> Directive {
        Directive {
            conversion,
            left: false,
            plus: false,
            zero: false,
            space: false,
            alternate: false,
            upper: false,
            width: 0,
            precision: None,
        }
    }
}

/// A piece of a format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'f> {
    /// Text as it is.
    Literal(&'f [u8]),
    /// A directive.
    Directive(Directive),
    /// Text that is no directive, with the byte that is wrong.
    Invalid(&'f [u8]),
}

/// Returns the piece of `format` at `at` and where the next one is; `None` at the end.
pub fn next_piece(format: &[u8], at: usize) -> Option<(Piece<'_>, usize)> {
    let rest = format.get(at..).filter(|rest| !rest.is_empty())?;
    // Formats are short.
    match rest.iter().position(|c| *c == b'%') {
        None => Some((Piece::Literal(rest), format.len())),
        Some(i) if rest.get(i + 1) == Some(&b'%') => Some((Piece::Literal(&rest[..=i]), at + i + 2)),
        Some(0) => {
            let (directive, len) = parse(rest);
            let piece = directive.map_or(Piece::Invalid(&rest[..len]), Piece::Directive);
            Some((piece, at + len))
        }
        Some(i) => Some((Piece::Literal(&rest[..i]), at + i)),
    }
}

/// Parses the directive that `text` begins with; returns it and its length.
fn parse(text: &[u8]) -> (Option<Directive>, usize) {
    let peek = |i: usize| text.get(i).copied().unwrap_or(0);
    let mut d = Directive::plain(Conversion::Str);
    let mut i = 1;
    loop {
        match peek(i) {
            b'-' => d.left = true,
            b'+' => d.plus = true,
            b'0' => d.zero = true,
            b' ' => d.space = true,
            b'#' => d.alternate = true,
            _ => break,
        }
        i += 1;
    }
    d.width = two_digits(&mut i, peek);
    if peek(i) == b'.' {
        i += 1;
        d.precision = Some(two_digits(&mut i, peek));
    }
    d.upper = peek(i).is_ascii_uppercase();
    d.conversion = match peek(i) {
        b'd' | b'i' => Conversion::Int,
        b'u' => Conversion::Uint,
        b'x' | b'X' => Conversion::Hex,
        b'o' => Conversion::Octal,
        b'a' | b'A' => Conversion::FloatHex,
        b'e' | b'E' => Conversion::Exponent,
        b'f' | b'F' => Conversion::Fixed,
        b'g' | b'G' => Conversion::General,
        b'c' => Conversion::Char,
        b's' => Conversion::Str,
        b'q' => Conversion::Quoted,
        b'p' => Conversion::Pointer,
        c => return (None, i + usize::from(c >= 32)),
    };
    (Some(d), i + 1)
}

/// Reads up to two digits at `i`.
fn two_digits(i: &mut usize, peek: impl Fn(usize) -> u8) -> usize {
    let mut n = 0;
    for _ in 0..2 {
        if !peek(*i).is_ascii_digit() {
            break;
        }
        n = n * 10 + usize::from(peek(*i) - b'0');
        *i += 1;
    }
    n
}

/// Appends `body` padded with blanks to the width.
fn put_padded(out: &mut Vec<u8>, d: &Directive, body: &[u8]) {
    let pad = d.width.saturating_sub(body.len());
    if d.left {
        out.extend_from_slice(body);
    }
    out.resize(out.len() + pad, b' ');
    if !d.left {
        out.extend_from_slice(body);
    }
}

/// Appends sign or prefix and body; zeros between them fill the width if `zero`, blanks around them otherwise.
#[inline]
fn put_number(out: &mut Vec<u8>, d: &Directive, zero: bool, prefix: &[u8], body: &[u8]) {
    put_digits(out, d, zero, prefix, 0, body);
}

/// Appends like [`put_number`], with so many zeros before the body in any case.
fn put_digits(out: &mut Vec<u8>, d: &Directive, zero: bool, prefix: &[u8], zeros: usize, body: &[u8]) {
    let pad = d.width.saturating_sub(prefix.len() + zeros + body.len());
    if pad > 0 && !d.left && !zero {
        out.resize(out.len() + pad, b' ');
    }
    out.extend_from_slice(prefix);
    let zeros = if !d.left && zero { zeros + pad } else { zeros };
    if zeros > 0 {
        out.resize(out.len() + zeros, b'0');
    }
    out.extend_from_slice(body);
    if pad > 0 && d.left {
        out.resize(out.len() + pad, b' ');
    }
}

/// Appends a byte (`%c`).
pub fn put_char(out: &mut Vec<u8>, d: &Directive, c: u8) {
    put_padded(out, d, &[c]);
}

/// Appends a string (`%s`).
pub fn put_str(out: &mut Vec<u8>, d: &Directive, s: &[u8]) {
    let len = d.precision.map_or(s.len(), |p| p.min(s.len()));
    put_padded(out, d, &s[..len]);
}

/// Appends a string as the language would write it (`%q`).
pub fn put_quoted(out: &mut Vec<u8>, s: &[u8]) {
    out.push(b'"');
    for (i, &c) in s.iter().enumerate() {
        match c {
            b'"' | b'\\' | b'\n' => out.extend_from_slice(&[b'\\', c]),
            _ if c.is_ascii_control() => {
                // Three digits where a digit follows, else as few as possible.
                out.push(b'\\');
                if s.get(i + 1).is_some_and(u8::is_ascii_digit) {
                    out.extend_from_slice(&[b'0' + c / 100, b'0' + c / 10 % 10, b'0' + c % 10]);
                } else {
                    put_decimal(out, u64::from(c));
                }
            }
            _ => out.push(c),
        }
    }
    out.push(b'"');
}

/// Appends a number in decimal.
pub fn put_decimal(out: &mut Vec<u8>, mut k: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (k % 10) as u8;
        k /= 10;
        if k == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Converts a number for `%d` as the hardware does: truncated, out of range gives the smallest integer.
pub fn to_i64(n: f64) -> i64 {
    if (-9223372036854775808.0..9223372036854775808.0).contains(&n) { n as i64 } else { i64::MIN }
}

/// Converts a number for `%u`, `%x`, `%o`: modulo 2^64.
pub fn to_u64(n: f64) -> u64 {
    to_i64(if n >= 9223372036854775808.0 { n - 18446744073709551616.0 } else { n }) as u64
}

/// Appends an integer (`%d`, `%u`, `%x`, `%o`); for `%d` the bits are those of an `i64`.
pub fn put_int(out: &mut Vec<u8>, d: &Directive, bits: u64) {
    let mut k = bits;
    let mut prefix: &[u8] = b"";
    if d.conversion == Conversion::Int {
        if (k as i64) < 0 {
            k = k.wrapping_neg();
            prefix = b"-";
        } else if d.plus {
            prefix = b"+";
        } else if d.space {
            prefix = b" ";
        }
        if d.width == 0 && d.precision.is_none() {
            out.extend_from_slice(prefix);
            return put_decimal(out, k);
        }
    }
    // An octal number has 22 digits, and a zero at most.
    let mut digits = [b'0'; 24];
    let mut at = digits.len();
    let alternate_octal = d.alternate && d.conversion == Conversion::Octal;
    if k == 0 {
        at -= usize::from(d.precision != Some(0) || alternate_octal);
    } else {
        let alphabet: &[u8; 16] = if d.upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        let shift = match d.conversion {
            Conversion::Hex => 4,
            Conversion::Octal => 3,
            _ => 0,
        };
        while k != 0 {
            at -= 1;
            if shift == 0 {
                digits[at] = b'0' + (k % 10) as u8;
                k /= 10;
            } else {
                digits[at] = alphabet[(k & ((1 << shift) - 1)) as usize];
                k >>= shift;
            }
        }
        at -= usize::from(alternate_octal);
        if d.alternate && d.conversion == Conversion::Hex {
            prefix = if d.upper { b"0X" } else { b"0x" };
        }
    }
    let zeros = d.precision.unwrap_or(0).saturating_sub(digits.len() - at);
    put_digits(out, d, d.zero && d.precision.is_none(), prefix, zeros, &digits[at..]);
}

/// Appends a number (`%e`, `%f`, `%g`, `%a`).
pub fn put_float(out: &mut Vec<u8>, d: &Directive, n: f64) {
    if n.is_nan() {
        let prefix: &[u8] = if d.space { b" " } else { b"" };
        return put_number(out, d, false, prefix, if d.upper { b"NAN" } else { b"nan" });
    }
    let prefix: &[u8] = match (n.is_sign_negative(), d.plus, d.space) {
        (true, _, _) => b"-",
        (_, true, _) => b"+",
        (_, _, true) => b" ",
        _ => b"",
    };
    if n.is_infinite() {
        return put_number(out, d, false, prefix, if d.upper { b"INF" } else { b"inf" });
    }
    if d.conversion == Conversion::FloatHex {
        return put_hex_float(out, d, prefix, n);
    }
    let mut body = Body::new();
    let precision = d.precision.unwrap_or(6);
    match d.conversion {
        Conversion::Fixed => {
            body.fixed(n.abs(), precision);
            if precision == 0 && d.alternate {
                body.push(b'.');
            }
        }
        Conversion::General => put_general(&mut body, d, precision.max(1), n.abs()),
        _ => {
            let exponent = body.scientific(n.abs(), precision);
            if precision == 0 && d.alternate {
                body.push(b'.');
            }
            body.exponent(exponent, d.upper);
        }
    }
    put_number(out, d, d.zero, prefix, body.bytes());
}

/// Writes `n` with `precision` significant digits, in whichever of the two notations fits.
fn put_general(body: &mut Body, d: &Directive, precision: usize, n: f64) {
    let mut digits = Body::new();
    let exponent = digits.scientific(n, precision - 1);
    let text = digits.bytes();
    // The digits alone: all but the point.
    let digit = |i: usize| if i == 0 { text[0] } else { text[i + 1] };
    let mut count = precision;
    if !d.alternate {
        while count > 1 && digit(count - 1) == b'0' {
            count -= 1;
        }
    }
    if exponent < -4 || exponent >= precision as i32 {
        body.push(text[0]);
        if count > 1 || d.alternate {
            body.push(b'.');
        }
        (1..count).for_each(|i| body.push(digit(i)));
        return body.exponent(exponent, d.upper);
    }
    let whole = usize::try_from(exponent + 1).unwrap_or(0);
    if whole == 0 {
        body.push(b'0');
    }
    (0..whole).for_each(|i| body.push(if i < count { digit(i) } else { b'0' }));
    if count > whole || d.alternate {
        body.push(b'.');
    }
    (exponent + 1..0).for_each(|_| body.push(b'0'));
    (whole..count).for_each(|i| body.push(digit(i)));
}

fn put_hex_float(out: &mut Vec<u8>, d: &Directive, sign: &[u8], n: f64) {
    let alphabet: &[u8; 18] = if d.upper { b"0123456789ABCDEFPX" } else { b"0123456789abcdefpx" };
    let bits = n.to_bits();
    let mut mantissa = bits & ((1 << 52) - 1);
    let mut exponent = (bits >> 52 & 0x7ff) as i32;
    if exponent != 0 {
        mantissa |= 1 << 52;
        exponent -= 1023;
    } else if mantissa != 0 {
        let shift = mantissa.leading_zeros() - 11;
        mantissa <<= shift;
        exponent = -1022 - shift as i32;
    }
    let precision = match d.precision {
        None if mantissa == 0 => 0,
        None => 13 - mantissa.trailing_zeros() as usize / 4,
        Some(p) => {
            if p < 13 {
                mantissa += 1 << (51 - 4 * p);
            }
            p
        }
    };
    let mut body = Body::new();
    body.push(b'0' + (mantissa >> 52) as u8);
    if precision > 0 || d.alternate {
        body.push(b'.');
    }
    for i in 0..precision {
        body.push(if i < 13 { alphabet[(mantissa >> (48 - 4 * i) & 15) as usize] } else { b'0' });
    }
    body.push(alphabet[16]);
    let _ = write!(body, "{exponent:+}");
    let mut prefix = sign.to_vec();
    prefix.extend_from_slice(&[b'0', alphabet[17]]);
    put_number(out, d, d.zero, &prefix, body.bytes());
}

/// Powers of ten that 128 bits hold beside a mantissa.
const POWERS: usize = 23;
static POWERS_OF_TEN: [u128; POWERS] = {
    let mut table = [1; POWERS];
    let mut i = 1;
    while i < POWERS {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// Returns `n` (not negative) times ten to the power of `k`, rounded, ties up; `None` if that takes too many bits.
fn scaled(n: f64, k: i32) -> Option<u128> {
    let power = *POWERS_OF_TEN.get(k.unsigned_abs() as usize)?;
    let (mantissa, exponent) = lowest_bit(n);
    // 53 bits and 74 bits.
    let (numerator, mut denominator) =
        if k >= 0 { (u128::from(mantissa) * power, 1) } else { (u128::from(mantissa), power) };
    if exponent < 0 {
        let shift = exponent.unsigned_abs();
        if k >= 0 {
            return (shift < 128).then(|| (numerator >> shift) + (numerator >> (shift - 1) & 1));
        }
        if shift > denominator.leading_zeros() {
            return None;
        }
        denominator <<= shift;
    } else if exponent as u32 > numerator.leading_zeros() {
        return None;
    }
    let numerator = if exponent < 0 { numerator } else { numerator << exponent };
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    Some(quotient + u128::from(rest >= denominator - rest))
}

/// Returns the first `precision + 1` digits of `n`, rounded, ties up, and its power of ten; `None` where that is not easy.
fn significant(n: f64, precision: usize) -> Option<(u64, i32)> {
    if precision > 17 || !(1e-9..1e22).contains(&n) {
        return None;
    }
    let low = POWERS_OF_TEN[precision] as u64;
    // The estimate is right or one too small.
    let binary = (n.to_bits() >> 52) as i32 - 1023;
    let mut exponent = (binary * 1233) >> 12;
    loop {
        let digits = u64::try_from(scaled(n, precision as i32 - exponent)?).ok()?;
        if digits < low * 10 {
            return (digits >= low).then_some((digits, exponent));
        }
        exponent += 1;
    }
}

/// Returns an odd number and a power of two whose product is `n` (not negative); zeros for 0.
fn lowest_bit(n: f64) -> (u64, i32) {
    if n == 0.0 {
        return (0, 0);
    }
    let bits = n.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i32;
    let mantissa = bits & ((1 << 52) - 1) | u64::from(biased != 0) << 52;
    let zeros = mantissa.trailing_zeros();
    (mantissa >> zeros, biased.max(1) - 1075 + zeros as i32)
}

/// Adds one to the last digit; a point is passed over. Returns whether a one is carried out, the digits being zeros then.
fn increment(digits: &mut [u8]) -> bool {
    for c in digits.iter_mut().rev() {
        match c {
            b'.' => {}
            b'9' => *c = b'0',
            _ => {
                *c += 1;
                return false;
            }
        }
    }
    true
}

/// The text of one number: 310 digits, a point and a precision of 100 at most.
struct Body {
    text: [u8; 416],
    len: usize,
}

impl Body {
    fn new() -> Body {
        Body { text: [0; 416], len: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.text[..self.len]
    }

    fn push(&mut self, c: u8) {
        self.text[self.len] = c;
        self.len += 1;
    }

    /// Writes a number with `least` digits at least.
    fn decimal(&mut self, mut n: u64, least: usize) {
        let mut digits = [b'0'; 128];
        let mut at = digits.len();
        while n != 0 {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
        }
        let digits = &digits[at.min(digits.len() - least)..];
        self.text[..digits.len()].copy_from_slice(digits);
        self.len = digits.len();
    }

    /// Writes `n` with `precision` digits behind the point.
    fn fixed(&mut self, n: f64, precision: usize) {
        if let Some(digits) = scaled(n, precision as i32).and_then(|all| u64::try_from(all).ok()) {
            self.decimal(digits, precision + 1);
            if precision > 0 {
                let point = self.len - precision;
                self.text.copy_within(point..self.len, point + 1);
                self.text[point] = b'.';
                self.len += 1;
            }
            return;
        }
        if lowest_bit(n).1 != -(precision as i32) - 1 {
            let _ = write!(self, "{n:.precision$}");
            return;
        }
        // A leading zero takes what is carried out of the digits.
        let _ = write!(self, "0{n:.*}", precision + 1);
        self.len -= if precision == 0 { 2 } else { 1 };
        increment(&mut self.text[..self.len]);
        if self.text[0] == b'0' {
            self.text.copy_within(1..self.len, 0);
            self.len -= 1;
        }
    }

    /// Writes `n` as `d.ddd` with `precision` digits behind the point; returns the power of ten.
    fn scientific(&mut self, n: f64, precision: usize) -> i32 {
        if let Some((digits, exponent)) = significant(n, precision) {
            self.decimal(digits, precision + 1);
            if precision > 0 {
                self.text.copy_within(1..self.len, 2);
                self.text[1] = b'.';
                self.len += 1;
            }
            return exponent;
        }
        let exponent = self.scientific_even(n, precision);
        let (odd, low) = lowest_bit(n);
        // The exponent may be one too large here, by rounding.
        if ![1, 2].contains(&(exponent - precision as i32 - low)) {
            return exponent;
        }
        let mut longer = Body::new();
        let exact = longer.scientific_even(n, precision + 1);
        let dropped = exact - precision as i32;
        let tie = low == dropped - 1
            && longer.bytes().last() == Some(&b'5')
            && (dropped <= 0 || 5u64.checked_pow(dropped as u32).is_some_and(|power| odd % power == 0));
        if !tie {
            return exponent;
        }
        self.text = longer.text;
        self.len = longer.len - if precision == 0 { 2 } else { 1 };
        if increment(&mut self.text[..self.len]) {
            self.text[0] = b'1';
            return exact + 1;
        }
        exact
    }

    fn scientific_even(&mut self, n: f64, precision: usize) -> i32 {
        let _ = write!(self, "{n:.precision$e}");
        let Some(at) = self.bytes().iter().rposition(|c| *c == b'e') else { return 0 };
        let exponent = std::str::from_utf8(&self.text[at + 1..self.len]).ok().and_then(|text| text.parse().ok());
        self.len = at;
        exponent.unwrap_or(0)
    }

    /// Writes an exponent of two digits at least.
    fn exponent(&mut self, exponent: i32, upper: bool) {
        self.push(if upper { b'E' } else { b'e' });
        let _ = write!(self, "{exponent:+03}");
    }
}

impl std::fmt::Write for Body {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let end = self.len + s.len();
        self.text.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
