//! The text of profiles.
//!
//! ```text
//! kiln profile 3
//! module @00000000000000ff app.lua             a chunk that was loaded
//! proto @00000000000000a1 12+40 @app.lua       first line, number of instructions and chunk of a prototype
//! line @00000000000000a1:17 3                  line of an instruction, from the first of its prototype
//! abort @00000000000000a1:17 root nyi-builtin @00000000000000a1:8 2 io.write
//! types @00000000000000a1:17 3 num 2           types of a slot when the place was hot
//! time @00000000000000a1:17 340                samples of processor time
//! time interpreted 12
//! tree @00000000000000a1:17
//! …                                            (`tree::text`)
//! end 9
//! ```
//!
//! One fact a line, sorted; `end` counts the lines before it. Bytes of names that are not printable are `\xNN`. A newer or older kiln has
//! another number in the first line.
//!
//! What was damaged is left out and told: a line, a branch (its hash does not fit) with those below it. The rest serves.

use super::{GivenUp, Origin, Profile, Spent};
use crate::konst::Const;
use crate::tree::{self, Branch, RootKey, Tree};
use crate::verify::verify;
use std::fmt::{Display, Formatter, Write};

/// First line of the text.
pub const HEADER: &str = "kiln profile 3";

/// What every version's first line begins with.
const MAGIC: &str = "kiln profile ";

/// Something in a text that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what was left out for it.
    pub message: String,
}

impl Display for Problem {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Problems that are told one by one; of the others their number is.
const TOLD: usize = 20;

impl Profile {
    /// Reads a profile from the bytes of a file.
    pub fn read(bytes: &[u8]) -> Result<(Profile, Vec<Problem>), String> {
        Profile::parse(&String::from_utf8_lossy(bytes))
    }

    /// Reads a profile. What cannot be used is left out and told; an error says that nothing can be.
    pub fn parse(text: &str) -> Result<(Profile, Vec<Problem>), String> {
        let mut lines = text.lines().enumerate().peekable();
        match lines.next() {
            Some((_, HEADER)) => {}
            Some((_, first)) => {
                let Some(version) = first.strip_prefix(MAGIC) else { return Err("this is no profile of kiln".into()) };
                let version: String = version.chars().take(20).collect();
                let ours = HEADER.trim_start_matches(MAGIC);
                return Err(format!("this is a profile of version {version}; this kiln reads version {ours}"));
            }
            None => return Err("the file is empty".into()),
        }
        let mut out = Profile::default();
        let mut wrong = Wrong::default();
        let mut ended = false;
        let mut last = 0;
        while let Some((n, line)) = lines.next() {
            last = n;
            if ended {
                wrong.add(n, "there is something behind the end".into());
                break;
            }
            if let Some(count) = line.strip_prefix("end ") {
                ended = true;
                if count.parse() != Ok(n) {
                    wrong.add(n, "lines are missing or too many".into());
                }
            } else if let Some(key) = line.strip_prefix("tree ") {
                let mut section = Vec::new();
                while let Some(l) = lines.next_if(|(_, l)| !l.starts_with("tree ") && !l.starts_with("end ")) {
                    last = l.0;
                    section.push(l);
                }
                match RootKey::parse(key) {
                    Some(key) => out.tree(n, key, &section, &mut wrong),
                    None => wrong.add(n, "`tree @hash:index` expected: the tree is left out".into()),
                }
            } else if out.fact(line).is_none() {
                wrong.add(n, format!("unknown fact '{}'", line.chars().take(60).collect::<String>()));
            }
        }
        if !ended {
            wrong.add(last, "the file was cut off: its end is missing".into());
        }
        Ok((out, wrong.list()))
    }

    /// Reads the branches of a tree and adds what is sound.
    fn tree(&mut self, at: usize, key: RootKey, section: &[(usize, &str)], wrong: &mut Wrong) {
        // Branches with their old index.
        let mut kept: Vec<Branch> = Vec::new();
        let mut place: Vec<Option<usize>> = Vec::new();
        let (mut lost, mut orphans) = (0, 0);
        let mut i = 0;
        while let Some(&(n, line)) = section.get(i) {
            i += 1;
            let Some(head) = line.strip_prefix("branch ") else {
                wrong.add(n, "`branch` expected".into());
                continue;
            };
            let mut text = String::new();
            while let Some((_, l)) = section.get(i).filter(|(_, l)| l.starts_with("  ")) {
                text.push_str(&l[2..]);
                text.push('\n');
                i += 1;
            }
            let index = place.len();
            let sound = tree::branch(key, head, &text).and_then(|b| sound(key, b));
            let branch = match sound {
                Ok(b) => b,
                Err(why) => {
                    lost += 1;
                    place.push(None);
                    wrong.add(n, format!("trace {index} of tree {key} is left out: {why}"));
                    continue;
                }
            };
            let parent = match branch.parent {
                None => Some(None),
                Some((p, exit)) => place.get(p).copied().flatten().map(|p| Some((p, exit))),
            };
            let Some(parent) = parent else {
                orphans += 1;
                place.push(None);
                continue;
            };
            let mut tree = Tree { key, branches: Vec::new() };
            std::mem::swap(&mut tree.branches, &mut kept);
            tree.branches.push(Branch { parent, ..branch });
            let last = tree.branches.len() - 1;
            let fits = tree.check_branch(last);
            kept = tree.branches;
            match fits {
                Ok(()) => place.push(Some(last)),
                Err(why) => {
                    kept.pop();
                    lost += 1;
                    place.push(None);
                    wrong.add(n, format!("trace {index} of tree {key} is left out: {why}"));
                }
            }
        }
        if orphans > 0 {
            wrong.add(at, format!("so is what continues it in tree {key}: {orphans} more"));
        }
        if kept.is_empty() {
            if lost == 0 {
                wrong.add(at, format!("tree {key} is empty"));
            }
            return;
        }
        let deep = self.add(Tree { key, branches: kept });
        if deep > 0 {
            wrong.add(at, format!("{deep} traces of tree {key} are too deep and left out"));
        }
    }

    /// Reads a line that is no part of a tree.
    fn fact(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_once(' ')?;
        let mut words = rest.splitn(if kind == "proto" { 3 } else { 6 }, ' ');
        let mut next = || words.next();
        match kind {
            "module" => {
                let (hash, name) = rest.split_once(' ')?;
                super::least(&mut self.modules, [(proto(hash)?.hash, unescape(name)?)].into());
            }
            "proto" => {
                let (key, numbers) = (proto(next()?)?, next()?);
                let (line, size) = numbers.split_once('+').unwrap_or((numbers, "0"));
                let (line, size) = (line.parse().ok()?, size.parse().ok()?);
                let origin = Origin { line, size, chunk: unescape(next()?)? };
                super::least(&mut self.origins, [(key, origin)].into());
            }
            "line" => {
                let key = RootKey::parse(next()?)?;
                super::least(&mut self.lines, [(key, next()?.parse().ok()?)].into());
            }
            "abort" => {
                let root = RootKey::parse(next()?)?;
                let side = match next()? {
                    "root" => false,
                    "side" => true,
                    _ => return None,
                };
                let reason = name(next()?)?;
                let at = RootKey::parse(next()?)?;
                let times = next()?.parse().ok()?;
                let what = next().map_or(Some(String::new()), name)?;
                self.give_up(GivenUp { root, side, reason, at, what }, times);
            }
            "types" => {
                let (key, slot, ty) = (RootKey::parse(next()?)?, next()?.parse().ok()?, name(next()?)?);
                super::sum(&mut self.types, [((key, slot, ty), next()?.parse().ok()?)].into());
            }
            "time" => {
                let on = next()?;
                let spent = match Spent::OTHER.iter().find(|(_, name)| *name == on) {
                    Some((spent, _)) => *spent,
                    None => Spent::Root(RootKey::parse(on)?),
                };
                self.spend(spent, next()?.parse().ok()?);
            }
            _ => return None,
        }
        Some(())
    }
}

/// Checks a branch by itself.
fn sound(key: RootKey, b: Branch) -> Result<Branch, String> {
    verify(&b.trace)?;
    if b.trace.link == crate::trace::Link::Open {
        return Err("its trace has no end".into());
    }
    match b.trace.as_const(b.trace.pc) {
        Some(Const::Pc(p, _)) if *p == key.proto || b.parent.is_some() => Ok(b),
        _ => Err("its trace begins elsewhere".into()),
    }
}

/// What is wrong with a text.
#[derive(Default)]
struct Wrong {
    told: Vec<Problem>,
    more: usize,
}

impl Wrong {
    /// Adds a problem of the line with an index from 0.
    fn add(&mut self, line: usize, message: String) {
        if self.told.len() < TOLD {
            self.told.push(Problem { line: line + 1, message });
        } else {
            self.more += 1;
        }
    }

    fn list(mut self) -> Vec<Problem> {
        if let (1.., Some(last)) = (self.more, self.told.last()) {
            let message = format!("and {} more", self.more);
            self.told.push(Problem { line: last.line, message });
        }
        self.told
    }
}

fn proto(word: &str) -> Option<crate::konst::ProtoKey> {
    // A root's key with a made up instruction has the same syntax.
    Some(RootKey::parse(&format!("{word}:0"))?.proto)
}

/// Takes a word that can stand between spaces.
fn name(word: &str) -> Option<String> {
    let good = !word.is_empty() && word.len() <= 80 && word.bytes().all(|b| b.is_ascii_graphic());
    good.then(|| word.to_string())
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

fn escape(out: &mut String, bytes: &[u8]) {
    for &b in bytes {
        match b {
            b' '..=b'~' if b != b'\\' => out.push(char::from(b)),
            _ => {
                let _ = write!(out, "\\x{b:02x}");
            }
        }
    }
    out.push('\n');
}

impl Display for Profile {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write_text(&mut out)?;
        f.write_str(&out)
    }
}

impl Profile {
    /// Returns the text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut out);
        out
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{HEADER}")?;
        for (hash, name) in &self.modules {
            write!(out, "module @{hash:016x} ")?;
            escape(out, name);
        }
        for (k, o) in &self.origins {
            let size = if o.size == 0 { String::new() } else { format!("+{}", o.size) };
            write!(out, "proto {k} {}{size} ", o.line)?;
            escape(out, &o.chunk);
        }
        for (k, n) in &self.lines {
            writeln!(out, "line {k} {n}")?;
        }
        for (g, n) in &self.aborts {
            let kind = if g.side { "side" } else { "root" };
            let what = if g.what.is_empty() { String::new() } else { format!(" {}", g.what) };
            writeln!(out, "abort {} {kind} {} {} {n}{what}", g.root, g.reason, g.at)?;
        }
        for ((k, slot, ty), n) in &self.types {
            writeln!(out, "types {k} {slot} {ty} {n}")?;
        }
        for (on, n) in &self.time {
            match Spent::OTHER.iter().find(|(s, _)| s == on) {
                Some((_, name)) => writeln!(out, "time {name} {n}")?,
                None => {
                    if let Spent::Root(k) = on {
                        writeln!(out, "time {k} {n}")?;
                    }
                }
            }
        }
        self.forest.write_text(out);
        let lines = memchr::memchr_iter(b'\n', out.as_bytes()).count();
        writeln!(out, "end {lines}")
    }
}
