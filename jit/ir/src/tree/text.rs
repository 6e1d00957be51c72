//! The text of trees, as profiles and images have it.
//!
//! ```text
//! tree @00000000000000a1:17
//! branch root entries=120 exits=0:1,3:40 sum=7c4f1b8e6cc09215
//!   trace root pc=… (the text of a trace, indented)
//! branch 0/3 entries=40 target=@00000000000000a1:17 sum=e4be0a60a3ba2d1f
//!   trace side:0/0 …
//! ```
//!
//! `branch` is followed by the indented text of its trace. Exits that were never taken are not listed. Numbers of other traces in the
//! trace's own text are 0. Compiled code is described by other lines before the branches; profiles have none:
//!
//! ```text
//! tree @00000000000000a1:17
//! facts slots=12 branches=2 link=loop loops
//! item helper pow
//! item root @00000000000000b2:4
//! item exit 0
//! item cell 0
//! item const "x"
//! item offset kshape 4["x","y"] "x"
//! exit 0 3 pc=@00000000000000a1:19 base=0 work=17 multres=2 ended objects
//! ```
//!
//! They say all that is needed before the code runs ([`Outline`]), so of the branches none is read then. `sum` is a hash of the tree's key and all that
//! the branch says: IR that was damaged on its way may still be well-formed, and must not become code.
//!
//! Invariant: [`write`] and [`Reader`] are inverses for trees that [`Tree::check`] accepts and whose traces are canonical.

use super::{Branch, Item, RootKey, Tree};
use crate::konst::{Const, ProtoKey};
use crate::trace::{Link, Start, Trace};
use abi::hash::Sum;
use abi::support::Helper;
use std::fmt::Write;

/// A tree as compiled: its table of constants and what each exit number means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compiled {
    /// The tree.
    pub tree: Tree,
    /// The words of its table.
    pub items: Vec<Item>,
    /// Branch and exit by exit number.
    pub exits: Vec<(u32, u32)>,
}

/// What there is to know of a compiled tree before its code runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outline {
    /// What comes behind the end of the root.
    pub link: Link,
    /// The root trace that a link of kind [`Link::Root`] means.
    pub target: Option<RootKey>,
    /// The words of its table.
    pub items: Vec<Item>,
    /// Its exits by number.
    pub exits: Vec<Leaving>,
    /// Slots that must be free above its base.
    pub slots: i32,
    /// Number of branches.
    pub branches: u32,
    /// Some branch leads back to the start.
    pub loops: bool,
    /// Where its branches begin in the packed text. (Only of packed trees.)
    pub starts: Vec<u32>,
}

/// An exit of compiled code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leaving {
    /// Branch and snapshot.
    pub from: (u32, u32),
    /// Where the interpreter goes on.
    pub pc: Option<RootKey>,
    /// Slot 0 of the frame that goes on.
    pub base: i32,
    /// Number of multiple results.
    pub multres: Option<u32>,
    /// About how many instructions come before it.
    pub work: u32,
    /// It is the end of a branch that leads to the interpreter.
    pub ended: bool,
    /// It makes objects.
    pub objects: bool,
    /// What it makes them of may be something else later: it has to be looked up before the code runs.
    pub early: bool,
    /// Where the outline says how. (Only of packed trees.)
    pub map: Option<u32>,
}

impl Leaving {
    fn new(tree: &Tree, from: (u32, u32), work: &[Vec<u32>]) -> Leaving {
        let (branch, snap) = (from.0 as usize, from.1 as usize);
        let t = &tree.branches[branch].trace;
        let s = &t.snaps[snap];
        let pc = match s.pc.and_then(|r| t.as_const(r)) {
            Some(&Const::Pc(proto, pc)) => Some(RootKey { proto, pc }),
            _ => None,
        };
        Leaving {
            from,
            pc,
            base: s.base,
            multres: s.multres,
            work: work[branch][snap],
            ended: t.link == Link::Interp && snap + 1 == t.snaps.len(),
            objects: s.entries.iter().any(|e| crate::sunk::is_sunk(t, e.1)),
            early: t
                .ins
                .iter()
                .any(|i| i.is_sunk() && i.refs().any(|r| matches!(t.as_const(r), Some(Const::BaseMeta(_))))),
            map: None,
        }
    }

    fn write(&self, out: &mut String) {
        let _ = write!(out, "exit {} {}", self.from.0, self.from.1);
        if let Some(pc) = self.pc {
            let _ = write!(out, " pc={pc}");
        }
        let _ = write!(out, " base={} work={}", self.base, self.work);
        if let Some(n) = self.multres {
            let _ = write!(out, " multres={n}");
        }
        for (is, word) in [(self.ended, " ended"), (self.objects, " objects"), (self.early, " early")] {
            out.push_str(if is { word } else { "" });
        }
        out.push('\n');
    }

    fn parse(text: &str) -> Result<Leaving, String> {
        let mut words = text.split(' ');
        let (b, s) = words.next().zip(words.next()).ok_or("two numbers expected")?;
        let mut out = Leaving { from: (number(b)?, number(s)?), ..Leaving::default() };
        for w in words {
            match w.split_once('=').unwrap_or((w, "")) {
                ("pc", k) => out.pc = Some(RootKey::parse(k).ok_or("place expected")?),
                ("base", n) => out.base = number(n)?,
                ("work", n) => out.work = number(n)?,
                ("multres", n) => out.multres = Some(number(n)?),
                ("ended", "") => out.ended = true,
                ("objects", "") => out.objects = true,
                ("early", "") => out.early = true,
                _ => return Err(format!("unknown word '{w}'")),
            }
        }
        Ok(out)
    }
}

/// Writes the text of a tree.
pub fn write(out: &mut String, tree: &Tree) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "tree {}", tree.key);
    write_branches(out, tree);
}

fn write_branches(out: &mut String, tree: &Tree) {
    for b in &tree.branches {
        let body = anonymous(&b.trace).to_string();
        let head = write_head(b.parent, b.target, b.entries, &b.exits);
        write_branch(out, &head, sum(tree.key, &head, &body), &body);
    }
}

/// Returns what the line of a branch says but for its hash: parent, counts, target.
pub(crate) fn write_head(parent: Option<(usize, u32)>, target: Option<RootKey>, entries: u64, exits: &[u64]) -> String {
    let mut head = match parent {
        None => "root".to_string(),
        Some((p, e)) => format!("{p}/{e}"),
    };
    let _ = write!(head, " entries={entries}");
    let mut before = " exits=";
    for (i, n) in exits.iter().enumerate().filter(|(_, n)| **n != 0) {
        let _ = write!(head, "{before}{i}:{n}");
        before = ",";
    }
    if let Some(t) = target {
        let _ = write!(head, " target={t}");
    }
    head
}

/// Writes a branch: its head, its hash, and the text of its trace.
pub(crate) fn write_branch(out: &mut String, head: &str, sum: u64, body: &str) {
    let _ = writeln!(out, "branch {head} sum={sum:016x}");
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let (line, behind) = rest.split_at(end);
        out.push_str("  ");
        out.push_str(line);
        rest = behind;
    }
}

/// Returns the hash of a branch: of its head without the hash, and of its trace's text.
pub(crate) fn sum(key: RootKey, head: &str, body: &str) -> u64 {
    let h = Sum::new().u64(key.proto.hash).u64(key.proto.instance.into()).u64(key.pc.into());
    h.bytes(head.as_bytes()).bytes(body.as_bytes()).finish()
}

/// What comes before the trees of an image.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// Numbers of instructions that the prototypes named in it have, sorted; 0 if one is unknown. So what a program loads need not be hashed to
    /// know that it has no trees.
    pub sizes: Vec<u32>,
    /// Places where recordings were given up when the profile was made, how often, and why (a name of `abi::abort`): whoever runs the image need
    /// not find that out again.
    pub given_up: Vec<(RootKey, u32, String)>,
}

impl Head {
    /// Writes it.
    pub fn write(&self) -> String {
        let list: Vec<String> = self.sizes.iter().map(u32::to_string).collect();
        let mut out = if list.is_empty() { String::new() } else { format!("sizes {}\n", list.join(" ")) };
        for (key, times, why) in &self.given_up {
            let _ = writeln!(out, "given-up {key} {times} {why}");
        }
        out
    }

    /// Takes it from the text of an image's trees; a text without sizes has 0 alone.
    pub fn take(text: &str) -> (Head, &str) {
        let mut head = Head { sizes: vec![0], given_up: Vec::new() };
        let mut text = text;
        while let Some((line, rest)) = text.split_once('\n') {
            if let Some(list) = line.strip_prefix("sizes ") {
                head.sizes = list.split(' ').filter_map(|n| n.parse().ok()).collect();
            } else if let Some(place) = line.strip_prefix("given-up ") {
                let mut words = place.split(' ');
                let place = words.next().and_then(RootKey::parse).zip(words.next().and_then(|n| n.parse().ok()));
                head.given_up.extend(place.zip(words.next()).map(|((k, n), why)| (k, n, why.to_string())));
            } else {
                break;
            }
            text = rest;
        }
        (head, text)
    }
}

/// Writes the text of a compiled tree: the branches last, so that who wants an outline need not look at them.
pub fn write_compiled(out: &mut String, c: &Compiled) {
    let _ = writeln!(out, "tree {}", c.tree.key);
    write_outline(out, &c.outline());
    write_branches(out, &c.tree);
}

impl Compiled {
    /// Says what there is to know before the code runs.
    pub fn outline(&self) -> Outline {
        let root = self.tree.branches.first();
        let back = |b: &Branch| b.trace.link == Link::Again || b.target == Some(self.tree.key);
        let work = self.tree.work();
        Outline {
            link: root.map_or(Link::Open, |b| b.trace.link),
            target: root.and_then(|b| b.target),
            items: self.items.clone(),
            exits: self.exits.iter().map(|&from| Leaving::new(&self.tree, from, &work)).collect(),
            slots: self.tree.branches.iter().map(|b| b.trace.slots).max().unwrap_or(0),
            branches: self.tree.branches.len() as u32,
            loops: self.tree.branches.iter().any(back),
            starts: Vec::new(),
        }
    }
}

/// Writes the lines of an outline.
pub(super) fn write_outline(out: &mut String, o: &Outline) {
    let link = LINKS.iter().find(|(l, _)| same(*l, o.link)).map_or("open", |l| l.1);
    let loops = if o.loops { " loops" } else { "" };
    let _ = write!(out, "facts slots={} branches={} link={link}{loops}", o.slots, o.branches);
    if let Some(target) = o.target {
        let _ = write!(out, " target={target}");
    }
    out.push('\n');
    for i in &o.items {
        let _ = match i {
            Item::Rounds => writeln!(out, "item rounds"),
            Item::Helper(h) => writeln!(out, "item helper {}", h.row().name),
            Item::Root(k) => writeln!(out, "item root {k}"),
            Item::Cell(n) => writeln!(out, "item cell {n}"),
            Item::Exit(n) => writeln!(out, "item exit {n}"),
            Item::Const(k) => writeln!(out, "item const {k}"),
            Item::Offset(s, key) => {
                writeln!(out, "item offset {} {}", Const::Shape(s.clone()), Const::Str(key.clone()))
            }
        };
    }
    o.exits.iter().for_each(|l| l.write(out));
}

/// Links by their words in `facts`.
const LINKS: [(Link, &str); 5] = [
    (Link::Open, "open"),
    (Link::Loop, "loop"),
    (Link::Again, "again"),
    (Link::Interp, "interp"),
    (Link::Root(0), "root"),
];

/// Says whether two links are of a kind.
fn same(a: Link, b: Link) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

/// Reads the first line of a tree.
fn tree_key(line: &str) -> Option<RootKey> {
    RootKey::parse(line.strip_prefix("tree ")?)
}

/// Returns a trace whose numbers of other traces are 0.
pub fn anonymous(t: &Trace) -> Trace {
    let mut t = t.canonical();
    if let Start::Side(..) = t.start {
        t.start = Start::Side(0, 0);
    }
    if let Link::Root(_) = t.link {
        t.link = Link::Root(0);
    }
    t
}

/// Reads trees from lines, one after the other.
pub struct Reader<'a> {
    lines: std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'a>>>,
}

impl<'a> Reader<'a> {
    /// Begins at the start of a text.
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader { lines: text.lines().enumerate().peekable() }
    }

    /// Reads the next tree; `None` at the end. An error names its line (from 1).
    pub fn tree(&mut self) -> Option<Result<Compiled, String>> {
        let (n, line) = self.lines.next()?;
        Some(self.body(line).map_err(|e| format!("line {}: {e}", n + 1)))
    }

    /// Reads the outline of the next tree, up to its branches.
    pub fn outline(&mut self) -> Result<Outline, String> {
        self.lines.next().and_then(|(_, l)| tree_key(l)).ok_or("`tree @hash:index` expected")?;
        let (items, exits) = (Vec::new(), Vec::new());
        let starts = Vec::new();
        let mut out =
            Outline { link: Link::Open, target: None, items, exits, slots: 0, branches: 1, loops: false, starts };
        while let Some((_, line)) = self.lines.next_if(|(_, l)| !l.starts_with("tree ") && !l.starts_with("branch ")) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "item" => out.items.push(Item::parse(rest).ok_or_else(|| format!("unknown item '{rest}'"))?),
                "exit" => out.exits.push(Leaving::parse(rest)?),
                "facts" => {
                    for w in rest.split(' ') {
                        match w.split_once('=').unwrap_or((w, "")) {
                            ("slots", n) => out.slots = number(n)?,
                            ("branches", n) => out.branches = number(n)?,
                            ("link", l) => {
                                out.link = LINKS.iter().find(|(_, word)| *word == l).ok_or("unknown link")?.0;
                            }
                            ("target", k) => out.target = Some(RootKey::parse(k).ok_or("target is no root")?),
                            ("loops", "") => out.loops = true,
                            _ => return Err(format!("unknown word '{w}'")),
                        }
                    }
                }
                _ => return Err(format!("unknown fact '{word}'")),
            }
        }
        Ok(out)
    }

    /// Reads a branch of a tree, whose lines come next.
    pub(super) fn branch_of(&mut self, key: RootKey) -> Option<Branch> {
        let (_, line) = self.lines.next()?;
        self.branch(key, line.strip_prefix("branch ")?).ok()
    }

    /// Skips to the next tree: what is between cannot be read.
    pub fn skip(&mut self) {
        while self.lines.next_if(|(_, l)| !l.starts_with("tree ")).is_some() {}
    }

    fn body(&mut self, line: &str) -> Result<Compiled, String> {
        let key = tree_key(line).ok_or("`tree @hash:index` expected")?;
        let mut c = Compiled { tree: Tree { key, branches: Vec::new() }, items: Vec::new(), exits: Vec::new() };
        while let Some((_, line)) = self.lines.next_if(|(_, l)| !l.starts_with("tree ")) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "branch" => {
                    let b = self.branch(key, rest)?;
                    c.tree.branches.push(b);
                }
                "item" => c.items.push(Item::parse(rest).ok_or_else(|| format!("unknown item '{rest}'"))?),
                "exit" => c.exits.push(Leaving::parse(rest)?.from),
                "facts" => {}
                _ => return Err(format!("unknown fact '{word}'")),
            }
        }
        c.tree.check()?;
        Ok(c)
    }

    fn branch(&mut self, key: RootKey, head: &str) -> Result<Branch, String> {
        let mut text = String::new();
        while let Some((_, l)) = self.lines.next_if(|(_, l)| l.starts_with("  ")) {
            text.push_str(&l[2..]);
            text.push('\n');
        }
        branch(key, head, &text)
    }
}

/// Reads a branch: what stands behind `branch`, and the text of its trace without indentation.
pub(crate) fn branch(key: RootKey, head: &str, text: &str) -> Result<Branch, String> {
    let (head, seal) = head.rsplit_once(" sum=").ok_or("the branch has no sum")?;
    if u64::from_str_radix(seal, 16) != Ok(sum(key, head, text)) {
        return Err("its sum does not fit: it was damaged".into());
    }
    let mut words = head.split(' ');
    let parent = match words.next() {
        Some("root") => None,
        Some(p) => {
            let (b, e) = p.split_once('/').ok_or("`root` or `branch/exit` expected")?;
            Some((number(b)?, number(e)?))
        }
        None => return Err("`root` or `branch/exit` expected".into()),
    };
    let (mut entries, mut target, mut taken) = (0, None, "");
    for w in words {
        match w.split_once('=') {
            Some(("entries", n)) => entries = number(n)?,
            Some(("exits", list)) => taken = list,
            Some(("target", k)) => target = Some(RootKey::parse(k).ok_or("target is no root")?),
            _ => return Err(format!("unknown word '{w}'")),
        }
    }
    let trace = Trace::parse(text).map_err(|e| e.to_string())?;
    let mut exits = vec![0; trace.snaps.len()];
    for t in taken.split(',').filter(|t| !t.is_empty()) {
        let (e, n) = t.split_once(':').ok_or("`exit:count` expected")?;
        *exits.get_mut(number::<usize>(e)?).ok_or("exit is not there")? = number(n)?;
    }
    Ok(Branch { trace, parent, target, entries, exits })
}

fn number<T: std::str::FromStr>(s: &str) -> Result<T, String> {
    s.parse().map_err(|_| format!("number expected instead of '{s}'"))
}

impl RootKey {
    /// Reads `@hash:index` or `@hash#instance:index`.
    pub fn parse(s: &str) -> Option<RootKey> {
        let (p, pc) = s.strip_prefix('@')?.rsplit_once(':')?;
        let (hash, instance) = p.split_once('#').map_or((p, Some(0)), |(h, i)| (h, i.parse().ok()));
        let hash = u64::from_str_radix(hash, 16).ok()?;
        Some(RootKey { proto: ProtoKey { hash, instance: instance? }, pc: pc.parse().ok()? })
    }
}

impl Item {
    fn parse(s: &str) -> Option<Item> {
        let (word, rest) = s.split_once(' ').unwrap_or((s, ""));
        Some(match word {
            "rounds" => Item::Rounds,
            "helper" => Item::Helper(*Helper::ALL.iter().find(|h| h.row().name == rest)?),
            "root" => Item::Root(RootKey::parse(rest)?),
            "cell" => Item::Cell(rest.parse().ok()?),
            "exit" => Item::Exit(rest.parse().ok()?),
            "const" => Item::Const(Const::parse(rest)?.0),
            "offset" => {
                let (shape, rest) = Const::parse(rest)?;
                match (shape, Const::parse(rest)?.0) {
                    (Const::Shape(s), Const::Str(k)) => Item::Offset(s, k),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }
}
