//! A position in a line of text.

use std::fmt::{Display, Formatter};

/// What a step of parsing gives: a value, or what is wrong.
pub(super) type Step<T> = Result<T, String>;

/// A line and a position in it.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str) -> Cursor<'a> {
        Cursor { rest: line }
    }

    /// Gives what was not taken.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    /// Skips spaces, and a comment if it begins here.
    pub(super) fn skip(&mut self) {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(';') {
            self.rest = "";
        }
    }

    pub(super) fn at_end(&mut self) -> bool {
        self.skip();
        self.rest.is_empty()
    }

    /// Gives the next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Gives the character behind the next.
    pub(super) fn second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    /// Takes a character.
    pub(super) fn take_one(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    /// Takes `text` if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes `text`, which must come next.
    pub(super) fn expect(&mut self, text: &str) -> Step<()> {
        if self.eat(text) { Ok(()) } else { Err(format!("`{text}` expected{}", self.near())) }
    }

    /// Takes characters as long as `f` says so.
    pub(super) fn take(&mut self, f: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !f(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// Takes a word: what ends at a space, a bracket, a comma, an equals sign or a comment.
    pub(super) fn word(&mut self) -> &'a str {
        self.skip();
        self.take(|c| !c.is_whitespace() && !matches!(c, '[' | ']' | ',' | ';' | '='))
    }

    /// Takes an unsigned decimal number.
    pub(super) fn unsigned<T: std::str::FromStr>(&mut self, what: &str) -> Step<T> {
        let near = self.near();
        self.take(|c| c.is_ascii_digit()).parse().map_err(|_| format!("{what} expected{near}"))
    }

    /// Takes a decimal number with an optional sign.
    pub(super) fn signed(&mut self, what: &str) -> Step<i32> {
        let near = self.near();
        let minus = self.eat("-");
        let digits = self.take(|c| c.is_ascii_digit());
        let n: i64 = digits.parse().map_err(|_| format!("{what} expected{near}"))?;
        let n = if minus { -n } else { n };
        i32::try_from(n).map_err(|_| format!("{what} is out of range{near}"))
    }

    /// Takes hexadecimal digits, at most 16.
    pub(super) fn hex(&mut self) -> Step<u64> {
        let near = self.near();
        let digits = self.take(|c| c.is_ascii_hexdigit());
        if digits.len() > 16 {
            return Err(format!("too many digits{near}"));
        }
        u64::from_str_radix(digits, 16).map_err(|_| format!("hexadecimal number expected{near}"))
    }

    /// Takes a quoted string.
    pub(super) fn quoted(&mut self) -> Step<Vec<u8>> {
        self.skip();
        self.expect("\"")?;
        let mut out = Vec::new();
        let mut chars = self.rest.char_indices();
        while let Some((i, c)) = chars.next() {
            let byte = match c {
                '"' => {
                    self.rest = &self.rest[i + 1..];
                    return Ok(out);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => b'\n',
                    Some('r') => b'\r',
                    Some('t') => b'\t',
                    Some('"') => b'"',
                    Some('\\') => b'\\',
                    Some('x') => {
                        let mut digit = || chars.next().and_then(|(_, c)| c.to_digit(16));
                        match (digit(), digit()) {
                            (Some(a), Some(b)) => (a * 16 + b) as u8,
                            _ => return Err("two hexadecimal digits expected after `\\x`".into()),
                        }
                    }
                    _ => return Err("unknown escape in a string".into()),
                },
                c => {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
            };
            out.push(byte);
        }
        Err("string without end".into())
    }

    /// Says where something is wrong, for messages.
    pub(super) fn near(&self) -> Near<'a> {
        Near(self.rest)
    }
}

/// A place in a line. It becomes text only if a message needs it.
#[derive(Clone, Copy)]
pub(super) struct Near<'a>(&'a str);

impl Display for Near<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let rest = self.0.trim_start();
        let end = rest.char_indices().nth(20).map_or(rest.len(), |(i, _)| i);
        match rest[..end].trim_end() {
            "" => f.write_str(" at the end of the line"),
            near => write!(f, " at `{near}`"),
        }
    }
}
