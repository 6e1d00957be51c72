//! What an image says about its making: text, one fact a line, fields separated by single spaces.
//!
//! ```text
//! kiln 0.1.0
//! target x86_64-unknown-linux-gnu
//! option strip no
//! option cpu baseline
//! source main app.lua app.lua 9f3c… 1234
//! source lua json lib/json.lua 01ab… 5678
//! missing lfs app.lua 3
//! profile 1234567 1200000 time
//! spent interpreted 34
//! proto @00000000000000a1 12+40 plugins/a.lua
//! line @00000000000000a1:17 3
//! tree lua.app_lua_3.… app.lua:3 12 40 5000 1200000 2312 1200 0
//! dropped stale 2 34567
//! ```
//!
//! `option` lines are the recipe: how to build the same again. `profile` says what the profile is worth, the part of it that is compiled, and whether
//! worth is time or work ([`crate::select::Scale`]); `spent` samples of what is no trace; `tree` symbol, place, traces, exits, entries,
//! worth, bytes of code, samples, traces of code that is loaded when the program runs; of that code `proto` and `line` say what profiles say;
//! `dropped` reason, traces, worth.
//!
//! Bytes outside the printable ones, blanks and backslashes in a field are written `\xNN`.
//!
//! Invariant: equal builds give equal text. There is no time, no host name, no absolute path unless the user named one.

use crate::cpu::Cpu;
use crate::link::Libc;
use crate::ll::{Level, Settings};
use crate::plan::{Plan, Source};
use crate::target::Target;
use crate::traces::{Compiled, Done};
use std::fmt::Write;

/// How an image is made: what a rebuild repeats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipe {
    /// Target, CPU, level.
    pub settings: Settings,
    /// Debug information of the bytecode is left out.
    pub strip: bool,
    /// Where libc comes from.
    pub libc: Libc,
    /// The symbols of the runtime are kept.
    pub symbols: bool,
    /// Nothing is compiled while the program runs.
    pub no_jit: bool,
}

impl Recipe {
    /// Reads the recipe of a manifest; what is not said is the default.
    pub fn parse(facts: &[Fact<'_>]) -> Result<Recipe, String> {
        let first = |key: &str| facts.iter().find(|f| f.key == key).and_then(|f| f.fields.first().copied());
        let option = |name: &str| {
            let fact = facts.iter().find(|f| f.key == "option" && f.fields.first() == Some(&name));
            fact.and_then(|f| f.fields.get(1).copied())
        };
        let name = first("target").ok_or("the manifest names no target")?;
        let target = Target::find(name).ok_or_else(|| format!("unknown target '{name}'"))?;
        let level = match option("level") {
            Some("0") => Level::O0,
            Some("1") => Level::O1,
            Some("3") => Level::O3,
            _ => Level::O2,
        };
        let cpu = Cpu::find(target, option("cpu").unwrap_or("baseline"))?;
        let yes = |name| option(name) == Some("yes");
        Ok(Recipe {
            settings: Settings { target, cpu, level },
            strip: yes("strip"),
            libc: match option("static") {
                Some("yes") => Libc::Static,
                Some("no") => Libc::Shared,
                _ => Libc::Auto,
            },
            symbols: yes("symbols"),
            no_jit: option("jit") == Some("no"),
        })
    }
}

/// Writes the manifest of a plan.
pub fn write(plan: &Plan, recipe: &Recipe, traces: &Compiled) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };
    let word = |b: bool| if b { "yes" } else { "no" };
    line(format_args!("kiln {}", env!("CARGO_PKG_VERSION")));
    line(format_args!("target {}", recipe.settings.target.triple));
    line(format_args!("option strip {}", word(recipe.strip)));
    let libc = match recipe.libc {
        Libc::Auto => "auto",
        Libc::Static => "yes",
        Libc::Shared => "no",
    };
    line(format_args!("option static {libc}"));
    line(format_args!("option symbols {}", word(recipe.symbols)));
    line(format_args!("option jit {}", word(!recipe.no_jit)));
    line(format_args!("option cpu {}", recipe.settings.cpu.name));
    line(format_args!("option level {}", recipe.settings.level.number()));
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
    if traces.work > 0 || !traces.trees.is_empty() {
        line(format_args!("profile {} {} {}", traces.work, traces.covered(), traces.unit()));
    }
    for (what, samples) in &traces.spent {
        line(format_args!("spent {what} {samples}"));
    }
    for (k, o) in &traces.origins {
        line(format_args!("proto {k} {}+{} {}", o.line, o.size, field(&o.chunk)));
    }
    for (k, n) in &traces.lines {
        line(format_args!("line {k} {n}"));
    }
    for t in &traces.trees {
        let (name, place) = (field(t.name.as_bytes()), field(t.place.as_bytes()));
        let Done { traces, exits, entries, work, code, samples, loaded, .. } = t;
        line(format_args!("tree {name} {place} {traces} {exits} {entries} {work} {code} {samples} {loaded}"));
    }
    for d in &traces.drops {
        line(format_args!("dropped {} {} {}", field(d.reason.as_bytes()), d.traces, d.work));
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

/// Reads one field.
pub fn unfield(text: &str) -> Vec<u8> {
    if text == "\\" {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(1..3).and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
        rest = match hex {
            Some(b) if *first == b'\\' && tail[0] == b'x' => {
                out.push(b);
                &tail[3..]
            }
            _ => {
                out.push(*first);
                tail
            }
        };
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

impl Fact<'_> {
    /// Returns a field; nothing if it is missing.
    pub fn text(&self, at: usize) -> &str {
        self.fields.get(at).copied().unwrap_or_default()
    }

    /// Returns a field as a number; 0 if it is none.
    pub fn number(&self, at: usize) -> u64 {
        self.text(at).parse().unwrap_or(0)
    }
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
        for bytes in [&b"a b\\c\n\xff"[..], b"", b"\\x20", b"plain"] {
            assert_eq!(unfield(&field(bytes)), bytes);
        }
        let facts = parse(b"kiln 1\n\nsource main a\\x20b c\n\xff\n");
        assert_eq!(facts.len(), 2);
        assert_eq!(facts[1], Fact { key: "source", fields: vec!["main", "a\\x20b", "c"] });
    }
}
