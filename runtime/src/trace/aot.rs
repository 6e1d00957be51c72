//! Precompiled trees: found in the image, installed when their functions are loaded, bound when they are entered for the first time.
//!
//! ```text
//! image ─► rows (packed text of each tree by its root) ─chunk loaded─► bytecode patched ─first entry─► constants bound ─► compiled code
//! ```
//!
//! Each tree gets a trace number when the image is installed. Its outline is read only if it is entered, its text if the recorder continues it:
//! programs with many trees start as fast as those with few. A tree whose constants cannot be bound (a shape that cannot be) is not used.
//!
//! A tree may inline functions of chunks that are not loaded yet, or never will be: a plugin, a module that one run needs and another does not.
//! Their words are 0. A trace asks whether a function is the one it knows before it does anything else with it, and none is at address 0;
//! so what it has for the rest of that function is not reached. Once such a chunk is loaded its words are filled, while no compiled code runs:
//! that may have read some of them.
//!
//! Most of what a program loads has no trees: only functions with as many instructions as one that trees name are hashed.
//!
//! Invariant: code of a tree runs only after all its words are bound; words that name other trees may change at any time.

use super::bind::register_bits;
use super::engine::{ABORT_PATIENCE, Engine, Live};
use super::kept::Kept;
use super::peers::{self, Way};
use super::policy::Budget;
use super::view::{Names, View};
use abi::abort::Abort;
use abi::exit::{ExitState, SPILLS, outcome};
use abi::hash::{FastMap, FastSet};
use abi::image::AotTree;
use heap::vm::{TraceCode, TraceEntry};
use heap::{Node, ProtoObj, Value, Vm};
use ir::tree::{Branch, Compiled, Head, Item, Outline, Packed, PackedTree, Reader, RootKey};
use ir::{Const, Link, ProtoKey, Start, Trace};
use jit::subject::{P, Subject};
use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

/// A precompiled tree.
struct Row {
    key: RootKey,
    tree: AotTree,
    text: PackedTree<'static>,
    /// Its exits, once it is bound. Its code knows where they are.
    ways: Box<[Way]>,
    /// Words of its table.
    words: usize,
    /// Its root leads to the interpreter.
    returns: bool,
    /// Functions that are not there: their words are 0.
    lacks: Vec<ProtoKey>,
    /// Entries until it is bound.
    patience: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Its function was not loaded.
    Absent,
    /// It waits for its first entry.
    Waiting,
    /// It runs.
    Bound,
    /// It cannot be used, or was flushed.
    Dead,
}

/// The precompiled trees of a machine.
#[derive(Default)]
pub(crate) struct Aot {
    rows: Vec<Row>,
    by_root: FastMap<RootKey, usize>,
    /// Instructions and rows by prototype.
    by_proto: FastMap<ProtoKey, Vec<(u32, usize)>>,
    /// Numbers of instructions of all prototypes that trees name, sorted; 0 is any.
    sizes: Vec<u32>,
    /// Recordings that were given up when the profile was made, by prototype: instruction, how often, why.
    given_up: FastMap<ProtoKey, Vec<(u32, u32, Abort)>>,
    /// Functions that bound trees lack, and those of them that were loaded since.
    lacking: FastSet<ProtoKey>,
    news: Vec<ProtoKey>,
    /// Trace number of the first row.
    first: u32,
    /// Words that name another tree: table, index, tree.
    links: Vec<(usize, usize, RootKey)>,
    /// Why none of them is used.
    refused: Option<&'static str>,
    /// What an exit that makes objects has spilled.
    state: Option<Box<ExitState>>,
    /// What the image says of its making.
    manifest: &'static [u8],
}

/// Calls of a function that pass its tree by before that is bound: binding costs about as much as interpreting a short tree so many times, and a program
/// that is soon over enters most of its trees seldom.
const PATIENCE: u32 = 32;

/// Trees of an image that are used at most: numbers of traces have 16 bits.
const MOST: usize = 40_000;

/// Nothing in any register.
const EMPTY: ExitState = ExitState { fpr: [0; 32], gpr: [0; 32], spill: [0; SPILLS] };

/// Installs the trees of an image. Says how many there are.
///
/// # Safety
/// `trees` points to `count` rows that belong to `texts` in this order, and whose code was made for this version of the runtime.
pub unsafe fn install(
    vm: &mut Vm,
    trees: *const AotTree,
    count: usize,
    texts: &Packed<'static>,
    manifest: &'static [u8],
) -> usize {
    let Some(e) = super::engine(vm) else { return 0 };
    let head = texts.head().unwrap_or_default();
    let head = Head::take(&head).0;
    let mut aot = Aot { first: e.next_number(), sizes: head.sizes, manifest, ..Aot::default() };
    for (key, times, why) in head.given_up {
        if let Some(why) = Abort::ALL.iter().find(|a| a.name() == why) {
            aot.given_up.entry(key.proto).or_default().push((key.pc, times, *why));
        }
    }
    for (i, &text) in texts.trees.iter().enumerate().take(count.min(MOST)) {
        let key = text.key;
        // SAFETY: there are `count` rows.
        let tree = unsafe { *trees.add(i) };
        aot.by_root.insert(key, i);
        aot.by_proto.entry(key.proto).or_default().push((key.pc, i));
        aot.rows.push(Row {
            key,
            tree,
            text,
            ways: Box::default(),
            words: 0,
            returns: text.returns,
            lacks: Vec::new(),
            // Loops enter compiled code at once; a function's head is instruction 0.
            patience: if text.key.pc == 0 { PATIENCE } else { 0 },
            state: State::Absent,
        });
    }
    let n = aot.rows.len();
    for i in 0..n {
        let number = aot.first + i as u32;
        let live = Live::precompiled(number, aot.rows[i].key);
        e.place(number, Box::new(live), TraceEntry::default());
    }
    e.aot = aot;
    if n > 0 {
        e.budget = Budget::beside_trees();
    }
    e.show(vm);
    super::changed(vm);
    vm.jit.loaded = loaded;
    vm.jit.bind = bind_entered;
    vm.host::<stdlib::AtExit>().actions.push(tell_unused);
    n
}

/// The trees of an image are not used.
pub fn refuse(vm: &mut Vm, why: &'static str) {
    if let Some(e) = super::engine(vm) {
        e.aot.refused = Some(why);
        vm.host::<stdlib::AtExit>().actions.push(tell_unused);
    }
}

fn tell_unused(vm: &mut Vm) {
    if let Some(e) = super::engine(vm) {
        e.unused();
    }
}

/// A chunk was loaded: its functions get the trees that begin in them.
pub(super) fn loaded(vm: &Vm, main: *mut ProtoObj) {
    let Some(e) = super::engine(vm) else { return };
    e.note_module(vm, main);
    // Functions with equal contents are told apart by the order in which they get their names: here, whether a profile is made or one is used.
    let profiled = e.watch.profile.is_some();
    if e.aot.rows.is_empty() && !profiled {
        return;
    }
    let mut queue = vec![main];
    while let Some(p) = queue.pop() {
        // SAFETY: the chunk was just loaded, so its prototypes are live; sizes describe their own memory.
        let size = unsafe { (*p).size_bc };
        if profiled || e.aot.sizes.first() == Some(&0) || e.aot.sizes.binary_search(&size).is_ok() {
            let key = View::of(vm, e).key(P(p as u64));
            if e.aot.lacking.contains(&key) {
                e.aot.news.push(key);
            }
            for (pc, i) in e.aot.by_proto.get(&key).cloned().unwrap_or_default() {
                if pc < size {
                    e.put(vm, i, p, pc);
                }
            }
            if !e.is_eager() {
                for &(pc, times, why) in e.aot.given_up.get(&key).into_iter().flatten().filter(|g| g.0 < size) {
                    e.penalties.expect(P(p as u64), pc, why, times, ABORT_PATIENCE);
                }
            }
        }
        // SAFETY: as above.
        unsafe {
            for i in 0..(*p).size_kgc as usize {
                let v = Value(*(*p).k.sub(1 + i));
                if v.tag() == abi::tag::PROTO {
                    queue.push((v.0 & abi::tag::PTR_MASK) as *mut ProtoObj);
                }
            }
        }
    }
    e.fill_in(vm);
}

impl Engine {
    /// Gives a tree its place in the bytecode.
    fn put(&mut self, vm: &Vm, i: usize, p: *mut ProtoObj, pc: u32) {
        let number = self.aot.first + i as u32;
        let Row { key, state: State::Absent, .. } = self.aot.rows[i] else { return };
        // SAFETY: the prototype is live and `pc` one of its instructions; the row of the trace exists.
        unsafe {
            let at = ProtoObj::bc(p).cast_mut().add(pc as usize);
            if !interp::jit::can_patch(vm, at) {
                self.aot.rows[i].state = State::Dead;
                self.watch.unused(&key, "there is no such loop or function head, or too many loops over pairs");
                return;
            }
            self.entries[number as usize] = TraceEntry { start_ins: *at, ..TraceEntry::default() };
            if !interp::jit::patch(vm, at, number as u16) {
                return;
            }
        }
        self.aot.rows[i].state = State::Waiting;
        if let Some(live) = self.traces[number as usize].as_mut() {
            live.place = (p as u64, pc);
        }
        self.roots.insert((p as u64, pc), (number, self.aot.rows[i].returns));
        if self.aot.links.iter().any(|l| l.2 == key) {
            self.bind_tree(vm, i);
        }
    }

    /// Binds a tree that waits, and all it links to, or takes it out of use; says whether it may run.
    fn bind_tree(&mut self, vm: &Vm, i: usize) -> bool {
        if !self.bind_or_drop(vm, i) {
            return false;
        }
        let mut left = vec![i];
        while let Some(i) = left.pop() {
            let links = self.aot.links.iter().filter(|l| l.0 == i);
            let targets: Vec<usize> = links.filter_map(|l| self.aot.by_root.get(&l.2).copied()).collect();
            for t in targets {
                // What is entered by links alone is bound here.
                if self.aot.rows[t].state == State::Waiting && self.bind_or_drop(vm, t) {
                    left.push(t);
                }
            }
        }
        true
    }

    /// Fills the table of a tree. The error says why it cannot be used.
    fn bind_one(&mut self, vm: &Vm, i: usize) -> Result<(), String> {
        let text = self.aot.rows[i].text;
        let c = text.outline().ok_or("its outline is damaged")?;
        let mut roots = Vec::new();
        let ways = peers::ways(vm, &self.names, (i, &text), &c, &mut roots)?;
        let mut known = Shapes::default();
        let mut words = Vec::with_capacity(c.items.len());
        let mut links = Vec::new();
        let cells = c.items.iter().filter(|i| matches!(i, Item::Cell(_))).count();
        let cells: Arc<[AtomicU8]> = (0..cells).map(|_| AtomicU8::new(super::stress::PASS)).collect();
        for (n, item) in c.items.iter().enumerate() {
            let word = match item {
                Item::Exit(n) => ways.get(*n as usize).map(|w| std::ptr::from_ref(w) as u64),
                Item::Cell(n) => cells.get(*n as usize).map(|c| c.as_ptr() as u64),
                Item::Rounds => rounds().then_some(0),
                Item::Helper(h) => self.env.helpers.get(*h as usize).copied(),
                Item::Root(key) => {
                    links.push((i, n, *key));
                    Some(self.code_of(*key))
                }
                Item::Const(Const::Shape(shape)) => known.get(vm, &self.names, shape).map(|s| u64::from(s.0)),
                Item::Const(c) => register_bits(vm, &self.names, c, self.env.nil_slot, &mut roots),
                Item::Offset(shape, key) => known.offset(vm, &self.names, shape, key),
            };
            let word = word.or_else(|| function_of(item).map(|_| 0));
            words.push(word.ok_or_else(|| missing(item))?);
        }
        roots.sort_unstable_by_key(|v| v.0);
        roots.dedup();
        let row = &mut self.aot.rows[i];
        // SAFETY: the table has as many words as there are items (the compiler of the image made both), and nothing else writes it.
        unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), row.tree.table, words.len()) };
        row.ways = ways;
        row.words = words.len();
        row.lacks = lacks(&c, &words, &row.ways);
        self.aot.lacking.extend(&row.lacks);
        row.state = State::Bound;
        let number = self.aot.first + i as u32;
        if let Some(live) = self.traces[number as usize].as_mut() {
            live.roots = roots;
            live.count_ways(&c);
            live.cells = (!cells.is_empty()).then_some(cells);
            if let Some(s) = &mut self.stress {
                s.disarm(live);
            }
        }
        // SAFETY: the image's compiler made it a function of this kind.
        let code = unsafe { std::mem::transmute::<*const u8, TraceCode>(row.tree.code) };
        self.watch_bound(vm, number, &c);
        self.entries[number as usize].entry = Some(code);
        self.aot.links.extend(links);
        self.relink(self.aot.rows[i].key);
        Ok(())
    }

    /// Fills words of functions that were not there when their trees were bound, unless compiled code runs.
    fn fill_in(&mut self, vm: &Vm) {
        if self.aot.news.is_empty() || vm.jit.depth > 0 {
            return;
        }
        let news = std::mem::take(&mut self.aot.news);
        for i in 0..self.aot.rows.len() {
            let row = &self.aot.rows[i];
            if row.state != State::Bound || !row.lacks.iter().any(|k| news.contains(k)) {
                continue;
            }
            let mut roots = Vec::new();
            let text = row.text;
            let Some(c) = text.outline() else { continue };
            let Ok(ways) = peers::ways(vm, &self.names, (i, &text), &c, &mut roots) else { continue };
            let mut words = vec![0; c.items.len()];
            for (n, item) in c.items.iter().enumerate().filter(|(_, item)| function_of(item).is_some()) {
                let Item::Const(c) = item else { continue };
                if let Some(bits) = register_bits(vm, &self.names, c, self.env.nil_slot, &mut roots) {
                    words[n] = bits;
                    self.aot.set_word(i, n, bits);
                }
            }
            let row = &mut self.aot.rows[i];
            row.lacks = lacks(&c, &words, &ways);
            for (old, new) in row.ways.iter_mut().zip(ways.into_vec()) {
                old.complete(new);
            }
            let number = self.aot.first + i as u32;
            if let Some(live) = self.traces[number as usize].as_mut() {
                live.roots.append(&mut roots);
                live.roots.sort_unstable_by_key(|v| v.0);
                live.roots.dedup();
            }
        }
    }

    /// Whoever wants to know is told.
    fn watch_bound(&mut self, vm: &Vm, number: u32, c: &Outline) {
        let link = match c.link {
            Link::Root(_) => {
                let target = c.target.and_then(|k| self.aot.by_root.get(&k));
                Link::Root(target.map_or(0, |i| self.aot.first + *i as u32))
            }
            link => link,
        };
        let Some(Some(live)) = self.traces.get_mut(number as usize) else { return };
        live.trace.link = link;
        if self.watch.wants_bound()
            && let Some(i) = number.checked_sub(self.aot.first)
            && let Some(mut whole) = self.read_tree(i as usize)
            && let Some(Some(live)) = self.traces.get_mut(number as usize)
        {
            whole.tree.branches[0].trace.link = link;
            live.trace = Kept::new(whole.tree.branches[0].trace.clone(), &[]);
            let linktype = live.link_type(&self.names.borrow(), vm);
            let code = if self.watch.shows_code() { self.aot.code(i as usize) } else { None };
            self.watch.bound(vm, number, live, linktype, &whole, code);
        }
    }

    /// Says of trees that nobody needed why: their functions were not loaded.
    pub(crate) fn unused(&mut self) {
        if let Some(why) = self.aot.refused {
            self.watch.unused(&"trees", why);
        }
        for row in self.aot.rows.iter().filter(|r| r.state == State::Absent) {
            self.watch.unused(&row.key, "its function was not loaded, or has changed");
        }
    }

    /// Binds a tree that waits, or takes it out of use.
    fn bind_or_drop(&mut self, vm: &Vm, i: usize) -> bool {
        let Err(why) = self.bind_one(vm, i) else { return true };
        self.watch.unused(&self.aot.rows[i].key, &why);
        self.drop_root(vm, self.aot.first + i as u32);
        self.aot.rows[i].state = State::Dead;
        false
    }

    /// Returns the code of a tree, which is bound if it was not.
    pub(crate) fn bound_code(&mut self, vm: &Vm, number: u32) -> Option<u64> {
        let i = self.row_of(number)?;
        if self.aot.rows[i].state == State::Waiting {
            self.bind_tree(vm, i);
        }
        let row = &self.aot.rows[i];
        (row.state == State::Bound).then_some(row.tree.code as u64)
    }

    /// Reads a branch of a tree.
    pub(crate) fn read_branch(&self, i: usize, n: u32) -> Option<Branch> {
        let text = self.aot.rows.get(i)?.text;
        text.branch(*text.outline()?.starts.get(n as usize)?)
    }

    pub(crate) fn read_tree(&self, i: usize) -> Option<Box<Compiled>> {
        Reader::new(&self.aot.rows.get(i)?.text.text()?).tree()?.ok().map(Box::new)
    }

    /// Returns what a link to a root jumps to.
    fn code_of(&self, key: RootKey) -> u64 {
        match self.aot.by_root.get(&key).map(|i| &self.aot.rows[*i]) {
            Some(row) if row.state == State::Bound => row.tree.code as u64,
            _ => self.live_code(key).unwrap_or(go_on as *const () as u64),
        }
    }

    /// Sets the words of all tables that name a root.
    pub(crate) fn relink(&mut self, key: RootKey) {
        let code = self.code_of(key);
        for &(table, word, k) in &self.aot.links {
            if k == key {
                // SAFETY: words of bound tables.
                unsafe { *self.aot.rows[table].tree.table.add(word) = code };
            }
        }
    }

    /// Finds out which objects an exit makes. Nothing if memory is short.
    fn find_objects(&mut self, vm: &Vm, i: usize, exit: u32) -> Option<()> {
        let mut roots = Vec::new();
        let row = &mut self.aot.rows[i];
        row.ways.get_mut(exit as usize)?.find_objects(vm, &self.names, &mut row.text.maps()?, &mut roots)?;
        let live = self.traces.get_mut(self.aot.first as usize + i)?.as_mut()?;
        live.roots.append(&mut roots);
        Some(())
    }

    /// Returns the row of a precompiled tree.
    pub(crate) fn row_of(&self, number: u32) -> Option<usize> {
        let aot = self.traces.get(number as usize)?.as_ref().is_some_and(|t| t.aot);
        number.checked_sub(self.aot.first).map(|i| i as usize).filter(|i| aot && *i < self.aot.rows.len())
    }

    /// A precompiled tree is not to be entered any more.
    pub(crate) fn forget_tree(&mut self, number: u32) {
        let Some(i) = self.row_of(number) else { return };
        self.aot.rows[i].state = State::Dead;
        if let Some(live) = self.traces[number as usize].as_mut() {
            live.place = (0, 0);
        }
        self.relink(self.aot.rows[i].key);
    }
}

/// Gives the bytes of code that each row has: the manifest has a line for each, with the words
/// `tree symbol place traces exits entries worth bytes …`.
pub(crate) fn code_sizes(manifest: &[u8]) -> impl Iterator<Item = Option<usize>> {
    let lines = manifest.split(|b| *b == b'\n').filter(|l| l.starts_with(b"tree "));
    lines.map(|l| std::str::from_utf8(l).ok()?.split(' ').nth(7)?.parse().ok())
}

impl Aot {
    /// Returns the machine code of a row and the address of its table.
    fn code(&self, i: usize) -> Option<(&'static [u8], u64)> {
        let size = code_sizes(self.manifest).nth(i)??;
        let tree = self.rows.get(i)?.tree;
        // SAFETY: the compiler of the image wrote both, in objects that were loaded the size was checked; code is never unmapped.
        Some((unsafe { std::slice::from_raw_parts(tree.code, size) }, tree.table as u64))
    }

    /// Returns the exits of a row; none before it is bound.
    pub(crate) fn ways(&self, i: usize) -> &[Way] {
        &self.rows[i].ways
    }

    /// Returns the numbers of the trees that a tree links to.
    pub(crate) fn targets(&self, number: u32) -> Vec<u32> {
        let of = |l: &&(usize, usize, RootKey)| number == self.first + l.0 as u32;
        let rows = self.links.iter().filter(of).filter_map(|l| self.by_root.get(&l.2));
        rows.map(|i| self.first + *i as u32).collect()
    }

    /// Returns where each exit of a row goes on.
    pub(crate) fn places(&self, i: usize) -> Vec<Option<RootKey>> {
        self.rows[i].text.outline().map_or(Vec::new(), |c| c.exits.iter().map(|e| e.pc).collect())
    }

    /// Does the same for whoever changes them.
    pub(crate) fn ways_mut(&mut self, i: usize) -> &mut [Way] {
        &mut self.rows[i].ways
    }

    /// Says whether bound trees link to roots.
    pub(crate) fn has_links(&self) -> bool {
        !self.links.is_empty()
    }

    /// Sets a word of a bound tree's table.
    pub(crate) fn set_word(&mut self, i: usize, word: usize, to: u64) {
        // SAFETY: words that items describe.
        unsafe { *self.rows[i].tree.table.add(word) = to };
    }

    /// Says whether a trace is a tree whose function was not loaded yet.
    pub(crate) fn is_absent(&self, live: &Live) -> bool {
        live.aot && self.rows[(live.number - self.first) as usize].state == State::Absent
    }

    /// Number of trees.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl Live {
    /// Makes the entry of a precompiled tree in the table of traces.
    fn precompiled(number: u32, key: RootKey) -> Live {
        Live {
            trace: Kept::new(Trace::new(Start::Root, Const::Pc(key.proto, key.pc)), &[]),
            number,
            root: number,
            aot: true,
            ..Live::default()
        }
    }
}

/// Says what a word of a table cannot be.
fn missing(item: &Item) -> String {
    match item {
        Item::Const(c) => format!("{c} is not there"),
        Item::Rounds => "this CPU has no instruction that rounds (SSE4.1)".into(),
        _ => "it was made for another version".into(),
    }
}

/// Returns the function that a word is of.
fn function_of(item: &Item) -> Option<ProtoKey> {
    match item {
        Item::Const(Const::Proto(key) | Const::Pc(key, _) | Const::Templ(key, _)) => Some(*key),
        _ => None,
    }
}

/// Lists the functions that are not there: their words are 0.
fn lacks(c: &Outline, words: &[u64], ways: &[Way]) -> Vec<ProtoKey> {
    let of_items = c.items.iter().zip(words).filter(|(_, w)| **w == 0).filter_map(|(item, _)| function_of(item));
    let of_exits = c.exits.iter().zip(ways).filter(|(_, w)| w.is_lacking()).filter_map(|(e, _)| Some(e.pc?.proto));
    let mut out: Vec<ProtoKey> = Vec::new();
    for key in of_items.chain(of_exits) {
        if !out.contains(&key) {
            out.push(key);
        }
    }
    out
}

/// Ids and nodes of the shapes of one outline, which shares them: each is asked for once.
#[derive(Default)]
struct Shapes(FastMap<usize, (u32, Vec<u32>)>);

impl Shapes {
    fn get(&mut self, vm: &Vm, names: &RefCell<Names>, shape: &Arc<ir::Shape>) -> Option<&(u32, Vec<u32>)> {
        let entry = match self.0.entry(Arc::as_ptr(shape) as usize) {
            Entry::Occupied(e) => e.into_mut(),
            Entry::Vacant(e) => e.insert(names.borrow_mut().nodes_of(vm, shape)?),
        };
        Some(entry)
    }

    /// Byte offset of a key's node.
    fn offset(&mut self, vm: &Vm, names: &RefCell<Names>, shape: &Arc<ir::Shape>, key: &[u8]) -> Option<u64> {
        let k = shape.keys.iter().position(|k| **k == *key)?;
        Some(u64::from(*self.get(vm, names, shape)?.1.get(k)?) * size_of::<Node>() as u64)
    }
}

/// Says whether the processor has an instruction that rounds.
#[cfg(target_arch = "x86_64")]
fn rounds() -> bool {
    std::arch::is_x86_feature_detected!("sse4.1")
}

/// What other processors have the compiler of the image knew, and it did without what some lack.
#[cfg(not(target_arch = "x86_64"))]
const fn rounds() -> bool {
    true
}

/// A tree without code is to be entered: its constants are bound, or it is not used any more.
fn bind_entered(vm: &mut Vm, number: u32) -> Option<TraceCode> {
    let e = super::engine(vm)?;
    let i = e.row_of(number)?;
    let eager = e.is_eager();
    let row = &mut e.aot.rows[i];
    if row.state != State::Waiting {
        return None;
    }
    if row.patience > 0 && !eager {
        row.patience -= 1;
        return None;
    }
    e.fill_in(vm);
    if !e.bind_tree(vm, i) {
        return None;
    }
    e.entries[number as usize].entry
}

/// What a link to a tree that is not in use jumps to: the machine knows where it is.
unsafe extern "C" fn go_on(_vm: *mut Vm, _base: *mut u64) -> u64 {
    outcome::NEXT
}

/// What an exit answers that found nobody to go on with.
unsafe extern "C" fn fail(_vm: *mut Vm, _base: *mut u64) -> u64 {
    outcome::FAIL
}

/// Where precompiled code ends when it leaves: its slots are stored.
pub(crate) const LEAVE: TraceCode = leave;

unsafe extern "C" fn leave(vm: *mut Vm, base: *mut u64) -> u64 {
    // SAFETY: as `left`. What goes on has the same interface, and optimised code jumps to it.
    unsafe {
        let way: *mut Way = (*vm).left.cast();
        let curious = super::engine(&*vm).is_none_or(|e| e.watch.is_curious());
        if !curious && super::is_quiet(&*vm) && Way::leave_quickly(way, &mut *vm, base) {
            return outcome::NEXT;
        }
        let next = left(vm, base);
        next(vm, base)
    }
}

/// Does the runtime's part of an exit; returns what goes on.
///
/// # Safety
/// Compiled code passes its machine and base, and has noted where it left; no other reference to the machine is in use.
#[inline(never)]
unsafe fn left(vm: *mut Vm, base: *mut u64) -> TraceCode {
    // SAFETY: as the caller says. The row's exits are those of the code.
    unsafe {
        let vm = &mut *vm;
        let way = vm.left.cast::<Way>();
        let (i, exit, first) = ((*way).row as usize, (*way).number, (*way).first);
        let quiet = super::is_quiet(vm);
        let Some(e) = super::engine(vm) else { return fail };
        if (*way).is_lacking() || (*way).makes && (*way).objects.is_none() && e.find_objects(vm, i, exit).is_none() {
            return fail;
        }
        let row = &mut e.aot.rows[i];
        let Some(way) = row.ways.get(exit as usize) else { return fail };
        if let Some(objects) = &way.objects {
            let state = e.aot.state.get_or_insert_with(|| Box::new(EMPTY));
            // What compiled code spilled is behind the table's words.
            if !objects.restore(vm, base, state, row.tree.table.add(row.words)) {
                return fail;
            }
        } else {
            vm.base = base.offset(way.base as isize);
            vm.pc = way.pc as *const u32;
            if let Ok(n) = u64::try_from(way.multres) {
                vm.multres = n;
            }
        }
        if (vm.stack_max as usize).saturating_sub(base as usize) < way.room {
            super::make_room(vm, base, (way.room / 8) as i32);
            return go_on;
        }
        let number = e.aot.first + i as u32;
        if e.is_stressed() {
            super::stress::compare(vm, e, number, first);
        }
        if let Some(next) = e.aot.rows[i].ways[exit as usize].next {
            return next;
        }
        if !(quiet && !e.watch.is_curious() && e.aot.rows[i].ways[first as usize].is_quick()) {
            super::look_at_exit(vm, e, quiet, (number, first), None);
        }
        go_on
    }
}
