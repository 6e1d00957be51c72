//! What an image says about its making: text, one fact a line, fields separated by single spaces.
//!
//! ```text
//! kiln 0.1.0
//! target x86_64-unknown-linux-gnu
//! option strip no
//! source main app.lua app.lua 9f3c… 1234
//! source lua json lib/json.lua 01ab… 5678
//! missing lfs app.lua 3
//! ```
//!
//! Bytes outside the printable ones, blanks and backslashes in a field are written `\xNN`.
//!
//! Invariant: equal builds give equal text. There is no time, no host name, no absolute path unless the user named one.

use crate::plan::{Plan, Source};
use crate::target::Target;
use std::fmt::Write;

/// Writes the manifest of a plan.
pub fn write(plan: &Plan, target: &Target, strip: bool) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };
    line(format_args!("kiln {}", env!("CARGO_PKG_VERSION")));
    line(format_args!("target {}", target.triple));
    line(format_args!("option strip {}", if strip { "yes" } else { "no" }));
    let main = [("main", &plan.main)].into_iter();
    for (kind, s) in main.chain(plan.modules.iter().map(|m| ("lua", m))) {
        let Source { name, path, hash, size, .. } = s;
        line(format_args!(
            "source {kind} {} {} {hash:016x} {size}",
            field(name),
            field(path.as_os_str().as_encoded_bytes())
        ));
    }
    for m in &plan.missing {
        line(format_args!("missing {} {} {}", field(&m.name), field(m.file.as_os_str().as_encoded_bytes()), m.line));
    }
    out
}

/// Writes one field so that it has no blank in it.
pub fn field(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "\\".to_string();
    }
    let mut out = String::with_capacity(bytes.len());
    for &b in bytes {
        match b {
            b'!'..=b'~' if b != b'\\' => out.push(char::from(b)),
            _ => {
                let _ = write!(out, "\\x{b:02x}");
            }
        }
    }
    out
}

/// A line, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact<'a> {
    /// First field.
    pub key: &'a str,
    /// The others.
    pub fields: Vec<&'a str>,
}

/// Reads a manifest. Lines that are not text are left out.
pub fn parse(bytes: &[u8]) -> Vec<Fact<'_>> {
    let lines = bytes.split(|&b| b == b'\n').filter_map(|l| std::str::from_utf8(l).ok());
    lines
        .filter_map(|l| {
            let mut fields = l.split(' ');
            let key = fields.next().filter(|k| !k.is_empty())?;
            Some(Fact { key, fields: fields.collect() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_no_blanks() {
        assert_eq!(field(b"a b\\c\n\xff"), "a\\x20b\\x5cc\\x0a\\xff");
        assert_eq!(field(b""), "\\");
        let facts = parse(b"kiln 1\n\nsource main a\\x20b c\n\xff\n");
        assert_eq!(facts.len(), 2);
        assert_eq!(facts[1], Fact { key: "source", fields: vec!["main", "a\\x20b", "c"] });
    }
}
