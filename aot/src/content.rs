//! The program as traces name it: prototypes by what they contain, and the lines of their instructions.
//!
//! Invariant: hashes are those that the runtime gives the same prototypes when it loads them (`abi::content` says what counts).

use abi::content::{Content, Item, Template};
use bytecode::proto::{GcConst, TabConst, TabTemplate};
use bytecode::{Chunk, Proto};
use ir::profile::{Origin, Profile};
use ir::{ProtoKey, Shape};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a prototype is in the sources.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Name of the chunk, with its `@` or `=`.
    pub chunk: Arc<[u8]>,
    /// First line; 0 if unknown.
    pub first_line: u32,
    /// Line of each instruction from the second on; empty if unknown.
    lines: Vec<u32>,
    /// Lines of some instructions, where not all are known.
    some: BTreeMap<u32, u32>,
    /// Number of instructions; 0 if unknown.
    size: u32,
    /// Another prototype of the program has the same contents.
    again: bool,
}

impl Place {
    /// Makes one of what a profile knows; `some` are lines of some instructions.
    pub fn new(chunk: &[u8], first_line: u32, some: BTreeMap<u32, u32>) -> Place {
        Place { chunk: chunk.into(), first_line, lines: Vec::new(), some, size: 0, again: false }
    }

    /// Says whether there are lines at all.
    pub fn has_lines(&self) -> bool {
        !self.lines.is_empty() || !self.some.is_empty() || self.first_line != 0
    }

    /// Returns the line of an instruction, else that of the function.
    pub fn line(&self, pc: u32) -> u32 {
        let at = (pc as usize).checked_sub(1);
        let line = at.and_then(|i| self.lines.get(i)).or_else(|| self.some.get(&pc));
        line.copied().unwrap_or(self.first_line)
    }

    /// Returns the file, or a word for what is no file.
    pub fn file(&self) -> String {
        match self.chunk.split_first() {
            Some((b'@' | b'=', name)) => String::from_utf8_lossy(name).into_owned(),
            _ => "[string]".into(),
        }
    }
}

/// A template table as the runtime loads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Array slots.
    pub slots: u32,
    /// Nodes of the hash part.
    pub nodes: u32,
    /// The hash part's shape, if all keys are strings and there are not too many.
    pub shape: Option<Arc<Shape>>,
}

impl Layout {
    /// Largest part that has a shape.
    const MAX_NODES: u32 = 1 << abi::shape::MAX_BITS;

    fn of(t: &TabTemplate) -> Layout {
        let nodes = match t.hash.len() as u32 {
            0 => 0,
            n => n.max(2).next_power_of_two(),
        };
        let key = |k: &TabConst| match k {
            TabConst::Str(s) => Some(Arc::from(&s[..])),
            _ => None,
        };
        let keys: Option<Vec<Arc<[u8]>>> = t.hash.iter().map(|(k, _)| key(k)).collect();
        let keys = keys.filter(|_| nodes <= Layout::MAX_NODES);
        Layout { slots: t.array.len() as u32, nodes, shape: keys.map(|keys| Arc::new(Shape { nodes, keys })) }
    }
}

/// Prototypes of a program by their hashes. Of several with equal contents the first counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Program {
    places: BTreeMap<u64, Place>,
    /// Template tables by prototype and index of the constant; `None` where equal contents have several (nils do not count).
    templates: BTreeMap<(u64, u32), Option<Layout>>,
    /// Names that its chunks may have when it runs.
    names: BTreeSet<Vec<u8>>,
    /// Prototypes of other chunks that runs of it have loaded.
    loaded: BTreeMap<ProtoKey, Origin>,
}

impl Program {
    /// Adds all prototypes of a chunk.
    pub fn add(&mut self, chunk: &Chunk) {
        self.call(&chunk.name);
        self.proto(&chunk.main, &chunk.name.as_slice().into());
    }

    fn proto(&mut self, p: &Proto, chunk: &Arc<[u8]>) -> u64 {
        let mut h = Content::new(p.num_params, p.is_vararg(), p.bc.len() as u32);
        h = h.code(p.bc.iter().map(|i| i.0));
        h = p.upvalues.iter().fold(h, |h, u| h.word(u.0.into()));
        h = p.knum.iter().fold(h, |h, n| h.word(n.to_bits()));
        for k in &p.kgc {
            h = match k {
                GcConst::Str(s) => h.string(s),
                GcConst::Tab(t) => h.template(template(t)),
                GcConst::Proto(child) => h.child(self.proto(child, chunk)),
            };
        }
        let hash = h.finish();
        for (i, k) in (0..).zip(&p.kgc) {
            if let GcConst::Tab(t) = k {
                let layout = Some(Layout::of(t));
                let known = self.templates.entry((hash, i)).or_insert_with(|| layout.clone());
                if *known != layout {
                    *known = None;
                }
            }
        }
        let (first_line, lines) = p.debug.as_ref().map_or((0, Vec::new()), |d| (d.first_line, d.lines.clone()));
        let place = || Place {
            chunk: chunk.clone(),
            first_line,
            lines,
            some: BTreeMap::new(),
            size: p.bc.len() as u32,
            again: false,
        };
        self.places.entry(hash).and_modify(|p| p.again = true).or_insert_with(place);
        hash
    }

    /// Adds a name that one of its chunks may have when it runs.
    pub fn call(&mut self, name: &[u8]) {
        self.names.insert(normal(name));
    }

    /// Learns which code runs of the program have loaded: what a profile knows of chunks that no chunk of the program has the name of. (Of those
    /// that have one, what the program lacks was changed.)
    pub fn learn(&mut self, profile: &Profile) {
        let others =
            profile.origins.iter().filter(|(k, o)| !self.has(k.hash) && !self.names.contains(&normal(&o.chunk)));
        let others: Vec<_> = others.map(|(k, o)| (*k, o.clone())).collect();
        self.loaded.extend(others);
    }

    /// Says whether a prototype is in code that the program loads when it runs.
    pub fn is_loaded(&self, key: ProtoKey) -> bool {
        self.loaded.contains_key(&key)
    }

    /// Returns the number of instructions of a prototype; 0 if it is unknown.
    pub fn size(&self, key: ProtoKey) -> u32 {
        let own = self.places.get(&key.hash).map(|p| p.size);
        own.or_else(|| self.loaded.get(&key).map(|o| o.size)).unwrap_or(0)
    }

    /// Says whether a prototype with this hash is in the program.
    pub fn has(&self, hash: u64) -> bool {
        self.places.contains_key(&hash)
    }

    /// Says whether two prototypes are of one chunk, and each is there once.
    pub fn are_together(&self, a: u64, b: u64) -> bool {
        let (Some(a), Some(b)) = (self.places.get(&a), self.places.get(&b)) else { return false };
        !a.again && !b.again && Arc::ptr_eq(&a.chunk, &b.chunk)
    }

    /// Returns the hashes of all prototypes.
    pub fn hashes(&self) -> impl Iterator<Item = u64> {
        self.places.keys().copied()
    }

    /// Returns what is known of a template table before the program runs.
    pub fn template(&self, hash: u64, constant: u32) -> Option<&Layout> {
        self.templates.get(&(hash, constant))?.as_ref()
    }

    /// Returns where a prototype is.
    pub fn place(&self, hash: u64) -> Option<&Place> {
        self.places.get(&hash)
    }
}

/// Writes a chunk's name in one way: of a file in the current folder as a path from there.
fn normal(name: &[u8]) -> Vec<u8> {
    let Some((b'@', path)) = name.split_first() else { return name.to_vec() };
    let path = Path::new(OsStr::from_bytes(path));
    let here = std::env::current_dir().ok();
    let path = here.and_then(|h| path.strip_prefix(h).ok()).unwrap_or(path);
    let parts = path.components().filter(|c| *c != std::path::Component::CurDir);
    [b"@", parts.collect::<PathBuf>().as_os_str().as_bytes()].concat()
}

fn template(t: &TabTemplate) -> Template {
    let array = t.array.iter().enumerate().map(|(i, v)| (Item::Num((i as f64).to_bits()), item(v)));
    let hash = t.hash.iter().map(|(k, v)| (item(k), item(v)));
    array.chain(hash).fold(Template::default(), |out, (k, v)| out.entry(k, v))
}

fn item(v: &TabConst) -> Item<'_> {
    match v {
        TabConst::Nil => Item::Nil,
        TabConst::False => Item::Bool(false),
        TabConst::True => Item::Bool(true),
        TabConst::Num(n) => Item::Num(n.to_bits()),
        TabConst::Str(s) => Item::Str(s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(text: &str, strip: bool) -> Program {
        let chunk = luac::compile(text.as_bytes(), b"@a.lua", &luac::Options::default()).expect("Lua");
        let dump = bytecode::dump(&chunk, &bytecode::DumpOptions { strip });
        let mut p = Program::default();
        p.add(&bytecode::load(&dump, b"@a.lua").expect("a dump"));
        p
    }

    #[test]
    fn names_and_lines_do_not_count() {
        let text = "local t = { 1, nil, x = 'y', z = false }\nreturn function(a) return a + t[1] end";
        let (whole, stripped) = (program(text, false), program(text, true));
        let moved = program(&format!("\n\n{}", text.replace("(a) return a", "(b) return b")), false);
        let keys = |p: &Program| p.places.keys().copied().collect::<Vec<_>>();
        assert_eq!(keys(&whole), keys(&stripped));
        assert_eq!(keys(&whole), keys(&moved));
        assert_eq!(keys(&whole).len(), 2);
        let other = program(&text.replace("a + t", "a - t"), false);
        assert!(keys(&other).iter().all(|k| !whole.has(*k)), "the function changed, and what holds it");
    }

    #[test]
    fn lines_of_instructions() {
        let p = program("local x = 1\n\nprint(x)", false);
        let place = p.places.values().next().expect("one");
        assert_eq!((place.file().as_str(), place.line(0), place.line(1), place.line(2)), ("a.lua", 0, 1, 3));
        let known = Place::new(b"=stdin", 7, BTreeMap::from([(4, 9)]));
        assert_eq!((known.file().as_str(), known.line(3), known.line(4)), ("stdin", 7, 9));
        assert_eq!(Place::new(b"return 1", 7, BTreeMap::new()).file(), "[string]");
    }
}
