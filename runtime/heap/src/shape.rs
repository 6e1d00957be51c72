//! Shapes: ids of hash-part layouts, equal for tables built alike.
//!
//! A shape says how many nodes a hash part has and which string keys were inserted in which order; from that follows
//! where each key sits, how the chains run and which nodes are free. So compiled code that has compared one id knows the node
//! of every key. The id is in the table's header; 0 says "none": some key is no string, or the table is used as a
//! dictionary (more than [`MAX_KEYS`] keys, too many tables that differ).
//!
//! Ids form a tree. Its roots are the empty parts of each size; inserting a key leads from a shape to the next, and the
//! record of the next one holds all that the insertion changes, so inserting a key the second time is two stores and
//! no search. The latest transition of a shape is kept in its record, the others in one hash table.
//! A part that is full moves its keys to one of twice the size *in order of their insertion*: a table that has grown
//! has the shape of one that was created large enough. The move is recorded as well ([`Plan`]): the new nodes are
//! copied from an image and the values scattered, no key is hashed. And since tables that begin with the same key mostly end alike,
//! the first key remembers how far such tables usually grow, and later ones begin with that size.
//!
//! Unlike in other tables a node of a shaped table stays its key's while the value is nil: deletion changes no shape. Keys
//! without values go when the part grows.
//!
//! Symbolically a shape is its size and its keys in order ([`keys`], [`from_keys`]).
//!
//! Invariant: two tables of equal nonzero shape have equal `hmask` and `freetop`, and equal keys and links in each node.
//! Invariant: keys of shapes are roots of the collector; shapes are never freed, but bounded by [`MAX_SHAPES`].

use crate::alloc::Heap;
use crate::object::{Node, ShapeRecord, StrObj, TabObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
pub use abi::shape::NONE;
pub(crate) use abi::shape::root;
use abi::shape::{MAX_BITS, MOVED, NO_LINK};
use abi::tag;
use std::ptr;

/// Most keys of a shape.
pub const MAX_KEYS: u32 = 64;
/// Most shapes of a machine.
pub const MAX_SHAPES: usize = 1 << 14;
/// Most transitions from an empty shape, and from others.
const MAX_FIRST: u16 = 256;
const MAX_NEXT: u16 = 8;
/// The same for parts that are created large because others have grown.
const MAX_GUESS: u8 = 4;

/// One shape.
type Record = ShapeRecord;

const _: () = assert!(size_of::<Record>() == abi::shape::RECORD);

/// A shape without a transition.
const EMPTY: Record = Record {
    last_key: 0,
    last: NONE,
    last_freetop: 0,
    last_at: 0,
    last_link: NO_LINK,
    parent: NONE,
    key: ptr::null_mut(),
    at: 0,
    link: NO_LINK,
    freetop: 0,
    count: 0,
    bits: 0,
    children: 0,
    plan: 0,
    guess: 0,
    pad: 0,
};

/// How the part of a full table moves to one of twice the size.
struct Plan {
    /// The shape that follows.
    to: u32,
    /// The new nodes, values nil.
    image: Box<[Node]>,
    /// Where the value of each old node goes.
    moves: Box<[u16]>,
}

/// How far tables with one first key grow.
struct Guess {
    key: *mut StrObj,
    bits: u8,
    created: u16,
    grown: u16,
}

/// The shapes of a machine.
pub(crate) struct Shapes {
    list: Vec<Record>,
    plans: Vec<Plan>,
    guesses: Vec<Guess>,
    /// Transitions: numbers of shapes by parent and key.
    index: Box<[u32]>,
    /// Guesses by key.
    guess_index: Box<[u32]>,
}

fn slot_of(a: u32, key: *const StrObj) -> usize {
    let h = (key as u64 ^ u64::from(a) << 48 ^ u64::from(a)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (h >> 40) as usize
}

impl Shapes {
    pub fn new() -> Shapes {
        let mut list = Vec::with_capacity(64);
        for bits in [0].into_iter().chain(0..=MAX_BITS) {
            list.push(Record { freetop: if bits > 0 { 1 << bits } else { 0 }, bits: bits as u8, ..EMPTY });
        }
        Shapes {
            list,
            plans: Vec::new(),
            guesses: Vec::new(),
            index: vec![0; 64].into_boxed_slice(),
            guess_index: vec![0; 64].into_boxed_slice(),
        }
    }

    /// Returns where the records are; making a shape moves them.
    pub fn records(&self) -> *const Record {
        self.list.as_ptr()
    }

    /// Returns the shape after inserting `key`, if there is one.
    fn find(&self, from: u32, key: *mut StrObj) -> Option<u32> {
        let mask = self.index.len() - 1;
        let mut i = slot_of(from, key) & mask;
        loop {
            let id = self.index[i];
            if id == NONE {
                return None;
            }
            let r = &self.list[id as usize];
            if r.key == key && r.parent == from {
                return Some(id);
            }
            i = (i + 1) & mask;
        }
    }

    /// Makes the shape after inserting `key`; [`NONE`] where a limit is reached.
    fn add(&mut self, from: u32, key: *mut StrObj, placed: &Placed, freetop: u32) -> u32 {
        let id = self.list.len();
        let p = &mut self.list[from as usize];
        let most = if p.count == 0 { MAX_FIRST } else { MAX_NEXT };
        if p.children >= most || u32::from(p.count) >= MAX_KEYS || id >= MAX_SHAPES {
            return NONE;
        }
        p.children += 1;
        let (count, bits, guess) = (p.count + 1, p.bits, p.guess);
        let (at, link) = (placed.at, placed.link);
        self.list.push(Record { parent: from, key, at, link, freetop, count, bits, guess, ..EMPTY });
        if count == 1 {
            self.list[id].guess = self.guess_for(key);
        }
        if id * 2 > self.index.len() {
            self.index = vec![0; self.index.len() * 2].into_boxed_slice();
            for id in MAX_BITS + 2..self.list.len() as u32 {
                self.enter(id);
            }
        } else {
            self.enter(id as u32);
        }
        id as u32
    }

    fn enter(&mut self, id: u32) {
        let r = &self.list[id as usize];
        let mask = self.index.len() - 1;
        let mut i = slot_of(r.parent, r.key) & mask;
        while self.index[i] != NONE {
            i = (i + 1) & mask;
        }
        self.index[i] = id;
    }

    /// Returns the slot of `guess_index` that has the guess for a first key, or should have it.
    fn guess_slot(&self, key: *const StrObj) -> usize {
        let mask = self.guess_index.len() - 1;
        let mut i = slot_of(0, key) & mask;
        while self.guess_index[i] != 0 && self.guesses[self.guess_index[i] as usize - 1].key.cast_const() != key {
            i = (i + 1) & mask;
        }
        i
    }

    /// Returns the guess for a first key, made on first use.
    fn guess_for(&mut self, key: *mut StrObj) -> u32 {
        let slot = self.guess_slot(key);
        if self.guess_index[slot] != 0 {
            return self.guess_index[slot];
        }
        self.guesses.push(Guess { key, bits: 1, created: 0, grown: 0 });
        if self.guesses.len() * 2 > self.guess_index.len() {
            self.guess_index = vec![0; self.guess_index.len() * 2].into_boxed_slice();
            for i in 0..self.guesses.len() - 1 {
                let slot = self.guess_slot(self.guesses[i].key);
                self.guess_index[slot] = i as u32 + 1;
            }
        }
        let slot = self.guess_slot(key);
        self.guess_index[slot] = self.guesses.len() as u32;
        self.guesses.len() as u32
    }

    /// Follows or makes the transition by `key`.
    fn step(&mut self, from: u32, key: *mut StrObj, placed: &Placed, freetop: u32) -> u32 {
        let to = match self.find(from, key) {
            Some(to) => to,
            None => self.add(from, key, placed, freetop),
        };
        if to != NONE {
            let n = self.list[to as usize];
            let r = &mut self.list[from as usize];
            (r.last_key, r.last) = (Value::from_str(key).0, to);
            (r.last_at, r.last_link, r.last_freetop) = (n.at, n.link, n.freetop);
        }
        to
    }

    /// Returns the keys of a shape in order of insertion.
    fn chain(&self, id: u32) -> Vec<*mut StrObj> {
        let mut keys = Vec::with_capacity(self.list[id as usize].count.into());
        let mut at = id;
        while !self.list[at as usize].key.is_null() {
            keys.push(self.list[at as usize].key);
            at = self.list[at as usize].parent;
        }
        keys.reverse();
        keys
    }
}

/// Where a key was put.
pub(crate) struct Placed {
    /// As [`Record::at`].
    at: u32,
    /// As [`Record::link`].
    link: u32,
}

impl Placed {
    /// Describes the node of a key, the head of its chain (or null), and whether another key moved.
    pub unsafe fn new(t: *const TabObj, node: *const Node, head: *const Node, moved: bool) -> Placed {
        // SAFETY: both are nodes of the table.
        unsafe {
            let at = |n: *const Node| n.byte_offset_from((*t).node) as u32;
            let link = match moved {
                true => MOVED,
                false if head.is_null() => NO_LINK,
                false => at(head),
            };
            Placed { at: at(node), link }
        }
    }
}

#[allow(clippy::mut_from_ref)]
fn shapes(vm: &Vm) -> &mut Shapes {
    // SAFETY: one thread uses the machine; the functions here do not hold it across calls that come back.
    unsafe { &mut *vm.heap.shapes.get() }
}

/// Inserts a key by the latest transition of the table's shape, if that is the key's; returns where its value goes, or null.
///
/// # Safety
/// The table is live (without a shape it has no transition).
#[inline(always)]
pub(crate) unsafe fn insert_known(vm: &Vm, t: *mut TabObj, key: *mut StrObj) -> *mut u64 {
    // SAFETY: ids in tables are in the list; the record was made by the same insertion into a part with the same layout.
    unsafe {
        let r = vm.heap.shape_records.get().add((*t).shape as usize);
        let k = Value::from_str(key).0;
        if (*r).last_key != k || (*r).last_link == MOVED {
            return ptr::null_mut();
        }
        let n = (*t).node.byte_add((*r).last_at as usize);
        (*n).key = k;
        if (*r).last_link != NO_LINK {
            let head = (*t).node.byte_add((*r).last_link as usize);
            let distance = n.byte_offset_from(head) as i32;
            let next = (*head).next;
            (*n).next = if next == 0 { 0 } else { next - distance };
            (*head).next = distance;
        }
        (*t).freetop = (*r).last_freetop;
        (*t).shape = (*r).last;
        &raw mut (*n).val
    }
}

/// Gives a table the shape after the insertion of a key that was just placed.
///
/// # Safety
/// The table is live and has a shape; the key is live.
pub(crate) unsafe fn advance(vm: &Vm, t: *mut TabObj, key: *mut StrObj, placed: &Placed) {
    // SAFETY: as the caller says.
    unsafe { (*t).shape = shapes(vm).step((*t).shape, key, placed, (*t).freetop) }
    vm.heap.shape_records.set(shapes(vm).records());
}

/// Returns the number of nodes that a table begins with whose first key is `key`.
pub(crate) fn first_size(vm: &Vm, key: *mut StrObj) -> u32 {
    let s = shapes(vm);
    let g = s.guess_index[s.guess_slot(key)];
    if g == 0 {
        return 2;
    }
    let g = &mut s.guesses[g as usize - 1];
    g.created += 1;
    if g.created == u16::MAX {
        g.created /= 2;
        g.grown /= 2;
    }
    1 << g.bits
}

/// Notes that a table has outgrown `bits`: if most do, those with the same first key will begin larger.
fn note_growth(s: &mut Shapes, shape: u32, bits: u8) {
    let g = s.list[shape as usize].guess;
    if g == 0 {
        return;
    }
    let g = &mut s.guesses[g as usize - 1];
    if bits == g.bits && g.bits < MAX_GUESS {
        g.grown = g.grown.saturating_add(1);
        if g.grown >= 4 && g.grown >= g.created / 2 {
            (g.bits, g.created, g.grown) = (g.bits + 1, 0, 0);
        }
    }
}

/// What growing a full shaped part needs.
pub(crate) enum Growth {
    /// The image, the moves of values and the shape that follows.
    Known(*const Node, *const u16, u32),
    /// The keys in order of insertion.
    Keys(Vec<*mut StrObj>),
}

/// Says how a full part of a shape grows to twice the size.
pub(crate) fn growth(vm: &Vm, shape: u32) -> Growth {
    let s = shapes(vm);
    let r = &s.list[shape as usize];
    let (plan, bits) = (r.plan, r.bits);
    note_growth(s, shape, bits);
    match plan.checked_sub(1) {
        Some(i) => {
            let p = &s.plans[i as usize];
            Growth::Known(p.image.as_ptr(), p.moves.as_ptr(), p.to)
        }
        None => Growth::Keys(s.chain(shape)),
    }
}

/// Returns the `freetop` of tables of a shape.
pub(crate) fn freetop(vm: &Vm, id: u32) -> u32 {
    shapes(vm).list[id as usize].freetop
}

/// Records how a part of shape `from` with `old` nodes has grown.
///
/// # Safety
/// The table has a shape with exactly the keys of `from`, in the same order, and twice the nodes; `old` is the old part.
pub(crate) unsafe fn record_growth(vm: &Vm, from: u32, old: *const Node, t: *const TabObj) {
    // SAFETY: both parts have the sizes that the shapes say.
    unsafe {
        let nodes = (*t).hmask as usize + 1;
        let image: Box<[Node]> = (0..nodes).map(|i| Node { val: tag::NIL_BITS, ..*(*t).node.add(i) }).collect();
        let moves =
            (0..nodes / 2).map(|i| image.iter().position(|n| n.key == (*old.add(i)).key).unwrap_or(0) as u16).collect();
        let s = shapes(vm);
        s.plans.push(Plan { to: (*t).shape, image, moves });
        s.list[from as usize].plan = s.plans.len() as u32;
    }
}

/// Marks the keys of all shapes.
pub(crate) fn mark(heap: &Heap) {
    // SAFETY: a read; keys are live since they are roots.
    unsafe {
        let s = &*heap.shapes.get();
        for r in s.list.iter().filter(|r| !r.key.is_null()) {
            heap.mark(r.key.cast());
        }
        for g in &s.guesses {
            heap.mark(g.key.cast());
        }
    }
}

/// Returns the number of nodes (0 or a power of two) and the keys of a shape in order of insertion.
pub fn keys(vm: &Vm, id: u32) -> Option<(u32, Vec<*mut StrObj>)> {
    let s = shapes(vm);
    let r = s.list.get(id as usize).filter(|_| id != NONE)?;
    let nodes = if r.bits == 0 { 0 } else { 1 << r.bits };
    Some((nodes, s.chain(id)))
}

/// Returns the shape of a part of `nodes` nodes after the insertion of `keys` in that order, and the node of each key;
/// `None` where there is no such shape (a limit, too many keys, a key twice).
pub fn from_keys(vm: &Vm, nodes: u32, keys: &[*mut StrObj]) -> Result<Option<(u32, Vec<u32>)>, Raise> {
    if nodes > 1 << MAX_BITS || keys.len() > nodes as usize || nodes == 1 {
        return Ok(None);
    }
    let t = crate::table::new(vm, 0, nodes)?;
    // SAFETY: the table is new, the keys are live (handles of the caller), nothing collects.
    unsafe {
        for &k in keys {
            if !crate::table::find_str(t, k).is_null() {
                return Ok(None);
            }
            crate::table::set_str(vm, t, k, Value::TRUE)?;
        }
        if (*t).shape == NONE || (*t).hmask != nodes.saturating_sub(1) {
            return Ok(None);
        }
        let node = |k: &*mut StrObj| crate::table::find_str(t, *k).cast::<Node>().offset_from((*t).node) as u32;
        Ok(Some(((*t).shape, keys.iter().map(node).collect())))
    }
}

#[cfg(test)]
mod tests;
