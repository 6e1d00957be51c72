//! Profiles: trace trees with counts, as text.
//!
//! ```text
//! kiln profile 1
//! proto @00000000000000a1 12 @app.lua
//! tree @00000000000000a1:17
//! …                                  (`tree::text`)
//! ```
//!
//! `proto` says where a prototype came from: first line, chunk name (bytes that are not printable as `\xNN`). Facts are sorted, so equal profiles
//! have equal texts.

use crate::konst::ProtoKey;
use crate::tree::{self, Reader, RootKey, Tree};
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Write};

/// First line of the text.
pub const HEADER: &str = "kiln profile 1";

/// Where a prototype came from.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Origin {
    /// Name of the chunk.
    pub chunk: Vec<u8>,
    /// First line.
    pub line: u32,
}

/// A profile.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// Origins of the prototypes that traces name.
    pub origins: BTreeMap<ProtoKey, Origin>,
    /// Trees by their roots.
    pub trees: BTreeMap<RootKey, Tree>,
}

impl Profile {
    /// Adds a tree; of two with the same root the one that was entered more often stays.
    pub fn add(&mut self, tree: Tree) {
        let heavier = |t: &Tree| t.branches.first().map_or(0, |b| b.entries);
        match self.trees.entry(tree.key) {
            std::collections::btree_map::Entry::Vacant(v) => {
                v.insert(tree);
            }
            std::collections::btree_map::Entry::Occupied(mut o) if heavier(o.get()) < heavier(&tree) => {
                o.insert(tree);
            }
            std::collections::btree_map::Entry::Occupied(_) => {}
        }
    }

    /// Reads a profile; what cannot be read is left out and told.
    pub fn parse(text: &str) -> Result<(Profile, Vec<String>), String> {
        let rest = text.strip_prefix(HEADER).and_then(|r| r.strip_prefix('\n'));
        let rest = rest.ok_or("this is no profile of this version of kiln")?;
        let mut out = Profile::default();
        let mut wrong = Vec::new();
        let start = rest.lines().take_while(|l| l.starts_with("proto ")).map(|l| l.len() + 1).sum::<usize>();
        for l in rest[..start.min(rest.len())].lines() {
            match origin(l) {
                Some((k, o)) => {
                    out.origins.insert(k, o);
                }
                None => wrong.push(format!("'{l}' is no origin of a prototype")),
            }
        }
        let mut reader = Reader::new(&rest[start.min(rest.len())..]);
        while let Some(t) = reader.tree() {
            match t {
                Ok(c) => out.add(c.tree),
                Err(e) => {
                    wrong.push(e);
                    reader.skip();
                }
            }
        }
        Ok((out, wrong))
    }
}

fn origin(line: &str) -> Option<(ProtoKey, Origin)> {
    let mut words = line.strip_prefix("proto ")?.splitn(3, ' ');
    // A root's key with a made up instruction has the same syntax.
    let key = RootKey::parse(&format!("{}:0", words.next()?))?.proto;
    let line = words.next()?.parse().ok()?;
    Some((key, Origin { line, chunk: unescape(words.next()?)? }))
}

fn unescape(s: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = s.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'\\' {
            let hex = tail.strip_prefix(b"x")?.get(..2)?;
            out.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = &tail[3..];
        } else {
            out.push(*first);
        }
    }
    Some(out)
}

impl Display for Profile {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{HEADER}")?;
        for (k, o) in &self.origins {
            write!(f, "proto {k} {} ", o.line)?;
            for &b in &o.chunk {
                match b {
                    b' '..=b'~' if b != b'\\' => f.write_char(char::from(b))?,
                    _ => write!(f, "\\x{b:02x}")?,
                }
            }
            f.write_char('\n')?;
        }
        let mut text = String::new();
        for t in self.trees.values() {
            tree::write(&mut text, t);
        }
        f.write_str(&text)
    }
}
