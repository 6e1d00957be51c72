//! The lexer: bytes to tokens, one at a time, with at most one token of lookahead.
//!
//! A table of byte classes drives the inner loops. Names and plain literals are interned straight from the source; a literal
//! with escapes is decoded into a buffer that is used again and again.
//!
//! Invariant: `line` is the line the scanner stands on, lookahead included, and `last_line` what it was before the current
//! token; instructions take their lines from the latter, as in LuaJIT.

use crate::error::{Res, SyntaxError, message};
use crate::intern::{Interner, Sym, Tables};
use crate::token::Tok;
use bytecode::{chunk_id, parse_number};

const IDENT: u8 = 1;
const DIGIT: u8 = 2;
const HEX: u8 = 4;
const SPACE: u8 = 8;
/// Ends the plain part of a quoted string.
const STRING_STOP: u8 = 16;
const EOL: u8 = 32;

/// Classes of bytes; every byte above ASCII is part of identifiers.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let c = i as u8;
        table[i] = match c {
            b'0'..=b'9' => IDENT | DIGIT | HEX,
            b'a'..=b'f' | b'A'..=b'F' => IDENT | HEX,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => IDENT,
            b'\n' | b'\r' => SPACE | STRING_STOP | EOL,
            b' ' | b'\t' | 0x0b | 0x0c => SPACE,
            b'"' | b'\'' | b'\\' => STRING_STOP,
            _ => 0,
        };
        i += 1;
    }
    table
};

fn is(class: u8, byte: Option<u8>) -> bool {
    byte.is_some_and(|b| CLASS[usize::from(b)] & class != 0)
}

/// Returns the number of bytes before the next line break, looking at eight at a time.
fn line_length(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Marks the bytes of `word` that are zero; above the first, others may be marked, too.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (chunks, rest) = text.as_chunks::<8>();
    for (i, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let found = zeros(word ^ (ONES * b'\n' as u64)) | zeros(word ^ (ONES * b'\r' as u64));
        if found != 0 {
            return i * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    chunks.len() * 8 + rest.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(rest.len())
}

/// Returns how many of a word's eight bytes, from the first on, are part of an identifier, and the word without the others.
#[inline]
fn identifier(word: u64) -> (usize, u64) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    // Each byte counts for itself: below 128 its lower bits and what is added make 255 at most.
    let low = word & !TOPS;
    let from = |bytes: u64, least: u8| bytes + ONES * u64::from(128 - least);
    let letters = low | ONES << 5;
    let is_letter = from(letters, b'a') & !from(letters, b'z' + 1);
    let is_digit = from(low, b'0') & !from(low, b'9' + 1);
    let is_other = from(low ^ (ONES * u64::from(b'_')), 1);
    let end = !(word | is_letter | is_digit | !is_other) & TOPS;
    match end.trailing_zeros() / 8 {
        8 => (8, word),
        len => (len as usize, word & ((1 << (len * 8)) - 1)),
    }
}

/// Size of the largest source.
const MAX_SOURCE: usize = 0x7fff_ff00;

/// Lines are counted up to here.
const MAX_LINE: u32 = 0x7fff_ff00;

/// Where the text of the last literal is, for messages.
#[derive(Clone, Copy)]
enum Text {
    /// In the source, from here to the scanner's position.
    Source(usize),
    /// In the buffer.
    Buffer,
    /// A long string with this many equal signs, which is the current value.
    Long(usize),
}

/// The lexer's state.
pub(crate) struct Lexer<'a> {
    source: &'a [u8],
    pos: usize,
    /// Line of the scanner.
    pub(crate) line: u32,
    /// Line at which the current token was asked for.
    pub(crate) last_line: u32,
    /// The current token.
    pub(crate) tok: Tok,
    /// String of the current token, if it is a name, reserved word or string.
    pub(crate) sym: Sym,
    /// Value of the current token, if it is a number.
    pub(crate) num: f64,
    /// The token after the current one; `EOF` if it was not asked for.
    ahead: Tok,
    ahead_sym: Sym,
    ahead_num: f64,
    text: Text,
    buffer: Vec<u8>,
    /// All strings.
    pub(crate) strings: Interner<'a>,
    chunk_name: &'a [u8],
}

/// What a lexer leaves to the next one: its buffers.
pub(crate) struct Kept {
    tables: Tables,
    buffer: Vec<u8>,
}

impl Kept {
    /// Makes the buffers of the first lexer.
    pub(crate) fn new() -> Kept {
        Kept { tables: Tables::new(), buffer: Vec::new() }
    }
}

impl<'a> Lexer<'a> {
    /// Returns the buffers.
    pub(crate) fn into_kept(self) -> Kept {
        Kept { tables: self.strings.into_tables(), buffer: self.buffer }
    }

    /// Makes a lexer at the beginning of `source`.
    #[inline]
    pub(crate) fn new(source: &'a [u8], chunk_name: &'a [u8], kept: Kept) -> Lexer<'a> {
        Lexer {
            source,
            pos: 0,
            line: 1,
            last_line: 1,
            tok: Tok::EOF,
            sym: Sym::NONE,
            num: 0.0,
            ahead: Tok::EOF,
            ahead_sym: Sym::NONE,
            ahead_num: 0.0,
            text: Text::Source(0),
            buffer: kept.buffer,
            strings: Interner::new(source, kept.tables),
            chunk_name,
        }
    }

    /// Skips a byte order mark and a `#` line. Fails if the source is too large, or bytecode.
    pub(crate) fn skip_header(&mut self) -> Res<()> {
        if self.source.len() > MAX_SOURCE {
            return Err(SyntaxError::new(message::MEMORY.into(), 0, 0));
        }
        if self.source.starts_with(b"\xef\xbb\xbf") {
            self.pos = 3;
        }
        if self.peek() == Some(b'#') {
            self.skip_line();
            if self.peek().is_some() {
                self.newline()?;
            }
        }
        // A header in front of bytecode could hide it from a check of the first byte.
        if self.pos > 0 && self.peek() == Some(b'\x1b') {
            return Err(SyntaxError::new(message::BYTECODE.into(), 0, self.pos));
        }
        Ok(())
    }

    /// Goes to the next token.
    #[inline]
    pub(crate) fn next(&mut self) -> Res<()> {
        self.last_line = self.line;
        if self.ahead == Tok::EOF {
            return self.scan();
        }
        (self.tok, self.sym, self.num) = (self.ahead, self.ahead_sym, self.ahead_num);
        self.ahead = Tok::EOF;
        Ok(())
    }

    /// Returns the token after the current one.
    pub(crate) fn lookahead(&mut self) -> Res<Tok> {
        let current = (self.tok, self.sym, self.num);
        self.scan()?;
        (self.ahead, self.ahead_sym, self.ahead_num) = (self.tok, self.sym, self.num);
        (self.tok, self.sym, self.num) = current;
        Ok(self.ahead)
    }

    /// Makes the error `what` near the current token.
    #[cold]
    pub(crate) fn error_near(&self, what: impl AsRef<[u8]>) -> SyntaxError {
        self.error_at(self.tok, what)
    }

    /// Makes the error `what` that names no token.
    #[cold]
    pub(crate) fn error(&self, what: impl AsRef<[u8]>) -> SyntaxError {
        self.error_at(Tok(0), what)
    }

    #[cold]
    fn error_at(&self, tok: Tok, what: impl AsRef<[u8]>) -> SyntaxError {
        let mut text = chunk_id(self.chunk_name);
        text.extend_from_slice(format!(":{}: ", self.line).as_bytes());
        text.extend_from_slice(what.as_ref());
        // Token 0 is a zero byte in the source, too; LuaJIT shows neither.
        if tok != Tok(0) {
            let near = if tok.is_literal() { self.literal_text() } else { tok.text().into_bytes() };
            let shown = near.split(|&b| b == 0).next().unwrap_or(&[]);
            text.extend_from_slice(b" near '");
            text.extend_from_slice(shown);
            text.push(b'\'');
        }
        SyntaxError::new(text, self.line, self.pos)
    }

    fn literal_text(&self) -> Vec<u8> {
        match self.text {
            Text::Source(start) => self.source[start..self.pos].to_vec(),
            Text::Buffer => self.buffer.clone(),
            Text::Long(level) => {
                let signs = vec![b'='; level];
                let sym = if self.ahead == Tok::EOF { self.sym } else { self.ahead_sym };
                [b"[", &*signs, b"[", self.strings.bytes(sym), b"]", &*signs, b"]"].concat()
            }
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.source.get(self.pos).copied()
    }

    #[inline]
    fn peek_at(&self, offset: usize) -> Option<u8> {
        self.source.get(self.pos + offset).copied()
    }

    /// Skips a line break: `\n`, `\r`, `\r\n` or `\n\r`.
    #[inline]
    fn newline(&mut self) -> Res<()> {
        let first = self.peek();
        self.pos += 1;
        let second = self.peek();
        if is(EOL, second) && second != first {
            self.pos += 1;
        }
        self.line += 1;
        if self.line >= MAX_LINE { Err(self.error_near(message::LINES)) } else { Ok(()) }
    }

    /// Goes to the end of the line.
    fn skip_line(&mut self) {
        self.pos += line_length(&self.source[self.pos..]);
    }

    /// Skips bytes of a class.
    #[inline]
    fn skip_class(&mut self, class: u8) {
        let rest = &self.source[self.pos..];
        self.pos += rest.iter().position(|b| CLASS[usize::from(*b)] & class == 0).unwrap_or(rest.len());
    }

    /// Skips spaces, eight at a time.
    #[inline]
    fn skip_spaces(&mut self) {
        while let Some(chunk) = self.source[self.pos..].first_chunk() {
            let others = u64::from_le_bytes(*chunk) ^ u64::from_le_bytes([b' '; 8]);
            self.pos += others.trailing_zeros() as usize / 8;
            if others != 0 {
                return;
            }
        }
        while self.peek() == Some(b' ') {
            self.pos += 1;
        }
    }

    /// Scans a token. It becomes the current one; after an error, the current one is what it was.
    fn scan(&mut self) -> Res<()> {
        loop {
            let Some(c) = self.peek() else { return self.found(Tok::EOF) };
            if CLASS[usize::from(c)] & IDENT != 0 {
                let start = self.pos;
                if c.is_ascii_digit() {
                    return self.scan_number(start);
                }
                // Most names are shorter than eight bytes; looking at all of them at once guesses no length.
                let (len, word) = match self.source[start..].first_chunk() {
                    Some(chunk) => identifier(u64::from_le_bytes(*chunk)),
                    None => (0, 0),
                };
                self.pos += len;
                self.sym = if (1..8).contains(&len) {
                    self.strings.intern_word(start, len, word)
                } else {
                    self.skip_class(IDENT);
                    self.strings.intern_source(start, self.pos)
                };
                self.text = Text::Source(start);
                return self.found(self.sym.token());
            }
            match c {
                b' ' | b'\t' | 0x0b | 0x0c => {
                    self.pos += 1;
                    self.skip_spaces();
                }
                b'\n' | b'\r' => {
                    self.newline()?;
                    self.skip_spaces();
                }
                b'-' => {
                    self.pos += 1;
                    if self.peek() != Some(b'-') {
                        return self.found(Tok::ch(b'-'));
                    }
                    self.pos += 1;
                    self.skip_comment()?;
                }
                b'[' => {
                    return match self.skip_brackets(b'[') {
                        Ok(level) => self.scan_long_string(level),
                        Err(0) => self.found(Tok::ch(b'[')),
                        Err(_) => Err(self.error_at(Tok::STRING, message::LONG_DELIMITER)),
                    };
                }
                b'=' => return self.one_or_two(b'=', b'=', Tok::EQ),
                b'<' => return self.one_or_two(b'<', b'=', Tok::LE),
                b'>' => return self.one_or_two(b'>', b'=', Tok::GE),
                b'~' => return self.one_or_two(b'~', b'=', Tok::NE),
                b':' => return self.one_or_two(b':', b':', Tok::LABEL),
                b'"' | b'\'' => return self.scan_string(c),
                b'.' => {
                    let start = self.pos;
                    self.pos += 1;
                    return match self.peek() {
                        Some(b'.') => {
                            self.pos += 1;
                            self.one_or_two_here(b'.', Tok::CONCAT, Tok::DOTS)
                        }
                        Some(b'0'..=b'9') => self.scan_number(start),
                        _ => self.found(Tok::ch(b'.')),
                    };
                }
                _ => {
                    self.pos += 1;
                    return self.found(Tok::ch(c));
                }
            }
        }
    }

    #[inline]
    fn found(&mut self, tok: Tok) -> Res<()> {
        self.tok = tok;
        Ok(())
    }

    #[inline]
    fn one_or_two(&mut self, one: u8, second: u8, two: Tok) -> Res<()> {
        self.pos += 1;
        self.one_or_two_here(second, Tok::ch(one), two)
    }

    #[inline]
    fn one_or_two_here(&mut self, second: u8, one: Tok, two: Tok) -> Res<()> {
        if self.peek() == Some(second) {
            self.pos += 1;
            self.found(two)
        } else {
            self.found(one)
        }
    }

    /// Scans a number that starts at `start`; the scanner is there or behind its point.
    fn scan_number(&mut self, start: usize) -> Res<()> {
        let hex = self.peek() == Some(b'0') && matches!(self.peek_at(1), Some(b'x' | b'X'));
        let marker = if hex { b'p' } else { b'e' };
        let mut last = b'0';
        while let Some(c) = self.peek() {
            let continues = match c {
                b'.' => true,
                b'+' | b'-' => last | 0x20 == marker,
                _ => CLASS[usize::from(c)] & IDENT != 0,
            };
            if !continues {
                break;
            }
            last = c;
            self.pos += 1;
        }
        self.text = Text::Source(start);
        match parse_number(&self.source[start..self.pos]) {
            Some(num) => {
                self.num = num;
                self.found(Tok::NUMBER)
            }
            None => Err(self.error_at(Tok::NUMBER, message::NUMBER)),
        }
    }

    /// Skips `[==[` or `]==]` up to the second bracket and returns its level. If there is no second bracket, skips what is
    /// there and returns the number of equal signs as an error.
    fn skip_brackets(&mut self, bracket: u8) -> Result<usize, usize> {
        self.text = Text::Source(self.pos);
        self.pos += 1;
        let start = self.pos;
        while self.peek() == Some(b'=') {
            self.pos += 1;
        }
        let level = self.pos - start;
        if self.peek() == Some(bracket) { Ok(level) } else { Err(level) }
    }

    /// Skips a comment after its two dashes.
    fn skip_comment(&mut self) -> Res<()> {
        if self.peek() == Some(b'[')
            && let Ok(level) = self.skip_brackets(b'[')
        {
            return self.skip_long(level, message::LONG_COMMENT).map(|_| ());
        }
        self.skip_line();
        Ok(())
    }

    /// Skips the inside and the end of a long bracket, from the second opening bracket on. Returns the range of the inside,
    /// without a first line break, and whether it holds a carriage return.
    fn skip_long(&mut self, level: usize, unfinished: &str) -> Res<(usize, usize, bool)> {
        self.pos += 1;
        if is(EOL, self.peek()) {
            self.newline()?;
        }
        let (start, mut returns) = (self.pos, false);
        loop {
            match self.peek() {
                None => return Err(self.error_at(Tok::EOF, unfinished)),
                Some(b']') => {
                    let end = self.pos;
                    if self.skip_brackets(b']') == Ok(level) {
                        self.pos += 1;
                        return Ok((start, end, returns));
                    }
                }
                Some(b'\n') if self.peek_at(1) != Some(b'\r') => self.newline()?,
                Some(b'\n' | b'\r') => {
                    returns = true;
                    self.newline()?;
                }
                Some(_) => self.pos += 1,
            }
        }
    }

    fn scan_long_string(&mut self, level: usize) -> Res<()> {
        let (start, end, returns) = self.skip_long(level, message::LONG_STRING)?;
        self.sym = if returns {
            self.buffer.clear();
            let mut bytes = self.source[start..end].iter().copied().peekable();
            while let Some(b) = bytes.next() {
                if CLASS[usize::from(b)] & EOL == 0 {
                    self.buffer.push(b);
                } else {
                    bytes.next_if(|&next| CLASS[usize::from(next)] & EOL != 0 && next != b);
                    self.buffer.push(b'\n');
                }
            }
            self.strings.intern_decoded(&self.buffer)
        } else {
            self.strings.intern_source(start, end)
        };
        self.text = Text::Long(level);
        self.found(Tok::STRING)
    }

    /// Skips the part of a quoted string that needs no attention.
    #[inline]
    fn skip_plain(&mut self) -> Option<u8> {
        let rest = &self.source[self.pos..];
        self.pos += rest.iter().position(|b| CLASS[usize::from(*b)] & STRING_STOP != 0).unwrap_or(rest.len());
        self.peek()
    }

    fn scan_string(&mut self, delimiter: u8) -> Res<()> {
        let start = self.pos;
        self.pos += 1;
        self.text = Text::Source(start);
        loop {
            match self.skip_plain() {
                Some(c) if c == delimiter => {
                    self.sym = self.strings.intern_source(start + 1, self.pos);
                    self.pos += 1;
                    return self.found(Tok::STRING);
                }
                Some(b'\\') => return self.scan_escaped(start, delimiter),
                Some(b'"' | b'\'') => self.pos += 1,
                stop => return Err(self.unfinished_string(stop)),
            }
        }
    }

    /// Scans a string from its first escape on.
    fn scan_escaped(&mut self, start: usize, delimiter: u8) -> Res<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.source[start..self.pos]);
        self.text = Text::Buffer;
        loop {
            let from = self.pos;
            let stop = self.skip_plain();
            self.buffer.extend_from_slice(&self.source[from..self.pos]);
            match stop {
                Some(c) if c == delimiter => {
                    self.pos += 1;
                    self.sym = self.strings.intern_decoded(&self.buffer[1..]);
                    self.buffer.push(delimiter);
                    return self.found(Tok::STRING);
                }
                Some(b'\\') => self.scan_escape()?,
                Some(c @ (b'"' | b'\'')) => {
                    self.buffer.push(c);
                    self.pos += 1;
                }
                stop => return Err(self.unfinished_string(stop)),
            }
        }
    }

    #[cold]
    fn unfinished_string(&self, stop: Option<u8>) -> SyntaxError {
        self.error_at(if stop.is_none() { Tok::EOF } else { Tok::STRING }, message::STRING)
    }

    /// Decodes one escape sequence into the buffer; the scanner is at its backslash.
    fn scan_escape(&mut self) -> Res<()> {
        self.pos += 1;
        let Some(c) = self.peek() else { return Ok(()) };
        let byte = match c {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'"' | b'\'' => c,
            b'x' => {
                let Some(value) = self.hex_at(1).zip(self.hex_at(2)).map(|(high, low)| high << 4 | low) else {
                    return Err(self.invalid_escape());
                };
                self.pos += 2;
                value as u8
            }
            b'u' => return self.scan_unicode_escape(),
            b'z' => {
                self.pos += 1;
                while is(SPACE, self.peek()) {
                    if is(EOL, self.peek()) {
                        self.newline()?;
                    } else {
                        self.pos += 1;
                    }
                }
                return Ok(());
            }
            b'\n' | b'\r' => {
                self.buffer.push(b'\n');
                return self.newline();
            }
            b'0'..=b'9' => {
                let mut value = 0u32;
                for _ in 0..3 {
                    let Some(d @ b'0'..=b'9') = self.peek() else { break };
                    value = value * 10 + u32::from(d - b'0');
                    self.pos += 1;
                }
                let Ok(value) = u8::try_from(value) else { return Err(self.invalid_escape()) };
                self.buffer.push(value);
                return Ok(());
            }
            _ => return Err(self.invalid_escape()),
        };
        self.buffer.push(byte);
        self.pos += 1;
        Ok(())
    }

    /// Decodes `\u{…}`, digits of base 16; the scanner is at the `u`.
    fn scan_unicode_escape(&mut self) -> Res<()> {
        if self.peek_at(1) != Some(b'{') {
            return Err(self.invalid_escape());
        }
        self.pos += 2;
        let mut code = 0u32;
        loop {
            let Some(digit) = self.hex_at(0) else { return Err(self.invalid_escape()) };
            code = code << 4 | digit;
            self.pos += 1;
            if code > 0x10_ffff {
                return Err(self.invalid_escape());
            }
            if self.peek() == Some(b'}') {
                break;
            }
        }
        self.pos += 1;
        // `char` excludes the surrogates, as LuaJIT does.
        let Some(character) = char::from_u32(code) else { return Err(self.invalid_escape()) };
        self.buffer.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn hex_at(&self, offset: usize) -> Option<u32> {
        self.peek_at(offset).filter(|&b| CLASS[usize::from(b)] & HEX != 0).and_then(|b| char::from(b).to_digit(16))
    }

    #[cold]
    fn invalid_escape(&self) -> SyntaxError {
        self.error_at(Tok::STRING, message::ESCAPE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the strings of all tokens up to the end.
    fn strings(source: &[u8]) -> Vec<Vec<u8>> {
        let mut lexer = Lexer::new(source, b"=test", Kept::new());
        let mut all = Vec::new();
        loop {
            lexer.next().unwrap();
            match lexer.tok {
                Tok::EOF => return all,
                Tok::STRING | Tok::NAME => all.push(lexer.strings.bytes(lexer.sym).to_vec()),
                tok => all.push(tok.text().into_bytes()),
            }
        }
    }

    #[test]
    fn identifiers_end_where_the_table_of_classes_says() {
        for at in 0..8 {
            for byte in 0..=255u8 {
                for others in [*b"aZ_09\x80\xff~", [b'x'; 8], *b"--------"] {
                    let mut bytes = others;
                    bytes[at] = byte;
                    let len = bytes.iter().position(|b| CLASS[usize::from(*b)] & IDENT == 0).unwrap_or(8);
                    let mut word = bytes;
                    word[len..].fill(0);
                    assert_eq!(identifier(u64::from_le_bytes(bytes)), (len, u64::from_le_bytes(word)), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn tokens_are_found_at_every_distance_from_the_end() {
        for spaces in 0..20 {
            for len in 1..20 {
                let name = vec![b'n'; len];
                let source = [&vec![b' '; spaces], &name[..], b"\n", &vec![b' '; spaces], b"\t =", &name].concat();
                assert_eq!(strings(&source), [name.clone(), b"=".to_vec(), name.clone()], "{spaces} {len}");
            }
        }
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(strings(br"'a\n\65\x42\u{20ac}\z   b\'' "), [b"a\n\x41B\xe2\x82\xacb'"]);
        assert_eq!(strings(b"'\\\r\n' '\\0001'"), [b"\n".to_vec(), b"\x001".to_vec()]);
    }

    #[test]
    fn long_brackets_normalise_line_breaks() {
        assert_eq!(strings(b"[[\r\na\rb\n\rc\n\n]] [=[]]]=]"), [b"a\nb\nc\n\n".to_vec(), b"]]".to_vec()]);
        assert_eq!(strings(b"--[[ x\n]] a --[==[ ]] ]==] b --[=x\nc -- d"), [b"a", b"b", b"c"]);
    }

    #[test]
    fn lines_are_counted() {
        for (source, lines) in
            [("a\nb", 2), ("\r\n\n\r\r\r", 5), ("[[\n\n]]", 3), ("'\\\n\\z\n\n'", 4), ("--\n--[[\n]]", 3)]
        {
            let mut lexer = Lexer::new(source.as_bytes(), b"=test", Kept::new());
            while lexer.next().is_ok() && lexer.tok != Tok::EOF {}
            assert_eq!(lexer.line, lines, "{source:?}");
        }
    }

    #[test]
    fn line_ends_are_found_anywhere() {
        for at in 0..40 {
            for end in [b'\n', b'\r'] {
                let mut text = vec![0x0b; 40];
                text[at] = end;
                assert_eq!(line_length(&text), at);
            }
        }
        assert_eq!((line_length(b""), line_length(&[0x8a; 19])), (0, 19));
    }

    #[test]
    fn one_token_can_be_seen_ahead() {
        let mut lexer = Lexer::new(b"a 'b' 1 c", b"=test", Kept::new());
        lexer.next().unwrap();
        assert_eq!((lexer.lookahead().unwrap(), lexer.tok), (Tok::STRING, Tok::NAME));
        assert_eq!(lexer.strings.bytes(lexer.sym), b"a");
        lexer.next().unwrap();
        assert_eq!(lexer.strings.bytes(lexer.sym), b"b");
        lexer.next().unwrap();
        assert_eq!((lexer.tok, lexer.num), (Tok::NUMBER, 1.0));
    }
}
