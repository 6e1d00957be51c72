//! THE table of tokens.
//!
//! Invariant: reserved words come first, in the order in which the interner numbers them, so that a symbol's number says
//! whether it is a reserved word and which.

/// A token: the byte itself for single characters, a row of the table from [`Tok::FIRST`] on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tok(pub u16);

macro_rules! define_tokens {
    (reserved { $($word:ident $word_text:literal),* $(,)? } other { $($tok:ident $text:literal),* $(,)? }) => {
        #[allow(clippy::upper_case_acronyms)]
        enum Row { $($word,)* $($tok,)* }

        #[allow(missing_docs)]
        impl Tok {
            $(pub(crate) const $word: Tok = Tok(Tok::FIRST + Row::$word as u16);)*
            $(pub(crate) const $tok: Tok = Tok(Tok::FIRST + Row::$tok as u16);)*
            const NAMES: &'static [&'static str] = &[$($word_text,)* $($text,)*];
            /// The reserved words in order.
            pub(crate) const RESERVED: &'static [&'static str] = &[$($word_text,)*];
        }
    };
}

define_tokens! {
    reserved {
        AND "and", BREAK "break", DO "do", ELSE "else", ELSEIF "elseif", END "end", FALSE "false", FOR "for",
        FUNCTION "function", GOTO "goto", IF "if", IN "in", LOCAL "local", NIL "nil", NOT "not", OR "or",
        REPEAT "repeat", RETURN "return", THEN "then", TRUE "true", UNTIL "until", WHILE "while",
    }
    other {
        CONCAT "..", DOTS "...", EQ "==", GE ">=", LE "<=", NE "~=", LABEL "::",
        NUMBER "<number>", NAME "<name>", STRING "<string>", EOF "<eof>",
    }
}

impl Tok {
    /// Number of the table's first row.
    pub(crate) const FIRST: u16 = 256;

    /// Makes the token of a single character.
    pub(crate) const fn ch(c: u8) -> Tok {
        Tok(c as u16)
    }

    /// Says whether the token's text in a message is the source text.
    pub(crate) const fn is_literal(self) -> bool {
        matches!(self, Tok::NUMBER | Tok::NAME | Tok::STRING)
    }

    /// Returns the token as messages show it.
    pub(crate) fn text(self) -> String {
        match self.0 {
            n if n >= Self::FIRST => Self::NAMES[usize::from(n - Self::FIRST)].to_owned(),
            c if (c as u8).is_ascii_control() => format!("char({c})"),
            c => char::from(c as u8).to_string(),
        }
    }
}
