//! Mutates Lua sources token by token.
//!
//! Most mutants are refused, with messages worth comparing; those that compile are programs nobody would write. Each mutation is a
//! function of a seed.

use crate::bytecode_fuzz::Random;

/// Tokens that change the structure of a program.
const WORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while", "...", "..", "==", "~=", "<=", "<", "-", "#",
    "(", ")", "{", "}", "[", "]", "=", ",", ";", ":", ".", "::", "0", "1", "-1", "2.5", "1e400", "256", "70000", "''",
    "'x'", "_",
];

/// Splits a source into tokens and what is between them; joined they are the source.
fn tokens(source: &[u8]) -> Vec<&[u8]> {
    let is_word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(&first) = rest.first() {
        let same_kind = |c: &u8| match first {
            _ if is_word(first) => is_word(*c),
            _ if first.is_ascii_whitespace() => c.is_ascii_whitespace(),
            b'.' | b'=' | b'-' => *c == first,
            _ => false,
        };
        let len = rest.iter().position(|c| !same_kind(c)).unwrap_or(rest.len()).max(1);
        tokens.push(&rest[..len]);
        rest = &rest[len..];
    }
    tokens
}

/// Returns a mutation of `source`; the same for the same seed.
pub fn mutate(seed: u64, source: &[u8]) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut tokens = tokens(source);
    for _ in 0..=random.below(3) {
        let len = tokens.len();
        let (at, other) = (random.below(len), random.below(len));
        let word = WORDS[random.below(WORDS.len())].as_bytes();
        match random.below(7) {
            _ if len == 0 => tokens.push(word),
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[other]),
            2 => tokens.swap(at, other),
            3 => tokens[at] = tokens[other],
            4 => tokens[at] = word,
            5 => {
                tokens.insert(at, b" ");
                tokens.insert(at, word);
            }
            _ => {
                // A piece of the program again, somewhere else.
                let piece = tokens[other..(other + random.below(40)).min(len)].to_vec();
                tokens.splice(at..at, piece);
            }
        }
    }
    tokens.concat()
}
