//! The constant part of a table constructor, laid out as LuaJIT lays it out.
//!
//! A dump shows which keys are in the array part and which in the hash part, and that follows from the history of growth of
//! the table that LuaJIT fills while it parses. So this is that table without its hashing: a hash part knows only how many
//! keys it can take.
//!
//! Invariant: keys of the hash part are in order of insertion.
//! Absent: where a key with the constant value nil is in the hash part, LuaJIT may put another key over it if both have the
//! same main position; which keys do is an accident, and here none does.

use crate::consts::{ConstKey, ConstTable};
use crate::intern::{Interner, Sym};
use bytecode::proto::{TabConst, TabTemplate};

/// A key or value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Const {
    Nil,
    False,
    True,
    Num(f64),
    Str(Sym),
    /// Marks a key whose value is set when the program runs.
    Later,
}

/// Array parts hold fewer slots than this.
const MAX_ARRAY: u32 = (1 << 27) + 1;
const MAX_ARRAY_BITS: usize = 28;

/// A table under construction.
pub(crate) struct Template {
    array: Vec<Const>,
    hash: Vec<(Const, Const)>,
    /// Number of nodes of the hash part.
    nodes: usize,
    /// Where keys are in `hash`, once there are more than [`FEW`].
    index: Option<ConstTable>,
}

/// So many keys are found by looking at all of them.
const FEW: usize = 8;

/// Returns the binary logarithm of a hash part's size that takes `count` keys; 0 for none.
pub(crate) fn hash_bits(count: u32) -> u32 {
    match count {
        0 => 0,
        1 => 1,
        n => 1 + (n - 1).ilog2(),
    }
}

fn key_of(value: Const) -> ConstKey {
    match value {
        Const::Num(n) => ConstKey::num(n),
        Const::Str(sym) => ConstKey::sym(sym),
        Const::True => ConstKey::bool(true),
        Const::Nil | Const::False | Const::Later => ConstKey::bool(false),
    }
}

/// Returns the key as an index of the array part, which it is if the array is large enough.
fn array_index(key: Const) -> Option<u32> {
    match key {
        Const::Num(n) if n >= 0.0 && n < f64::from(MAX_ARRAY) && n.trunc() == n => Some(n as u32),
        _ => None,
    }
}

fn bin(index: u32) -> usize {
    if index > 2 { (index - 1).ilog2() as usize } else { 0 }
}

impl Template {
    /// Makes a table with so many array slots, 0 included, and room for so many other keys.
    pub(crate) fn new(slots: u32, keys: u32) -> Template {
        let mut table = Template { array: Vec::new(), hash: Vec::new(), nodes: 0, index: None };
        table.resize(slots, hash_bits(keys));
        table
    }

    /// Returns the number of array slots, 0 included.
    pub(crate) fn slots(&self) -> u32 {
        self.array.len() as u32
    }

    /// Sets a key that is not nil.
    pub(crate) fn set(&mut self, key: Const, value: Const) {
        if let Some(slot) = array_index(key).and_then(|i| self.array.get_mut(i as usize)) {
            *slot = value;
        } else if let Some(at) = self.find(key) {
            self.hash[at].1 = value;
        } else if self.hash.len() < self.nodes {
            self.push(key, value);
        } else {
            self.rehash(key);
            self.set(key, value);
        }
    }

    fn find(&self, key: Const) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key_of(key)).map(|at| at as usize),
            None => self.hash.iter().position(|(k, _)| *k == key),
        }
    }

    fn push(&mut self, key: Const, value: Const) {
        self.hash.push((key, value));
        if self.hash.len() > FEW {
            let index = self.index.get_or_insert_with(ConstTable::new);
            let indexed = index.len();
            for (at, (key, _)) in self.hash.iter().enumerate().skip(indexed) {
                index.number(key_of(*key), at as u32);
            }
        }
    }

    /// Resizes the array part; the hash part keeps its size.
    pub(crate) fn resize_array(&mut self, slots: u32) {
        self.resize(slots, self.nodes.max(1).ilog2());
    }

    fn resize(&mut self, slots: u32, bits: u32) {
        let old = std::mem::take(&mut self.hash);
        self.index = None;
        self.nodes = if bits == 0 { 0 } else { 1 << bits };
        let cut = if (slots as usize) < self.array.len() { self.array.split_off(slots as usize) } else { Vec::new() };
        self.array.resize(slots as usize, Const::Nil);
        for (i, value) in cut.into_iter().enumerate().filter(|(_, value)| *value != Const::Nil) {
            self.set(Const::Num(f64::from(slots) + i as f64), value);
        }
        for (key, value) in old.into_iter().filter(|(_, value)| *value != Const::Nil) {
            self.set(key, value);
        }
    }

    /// Makes room for a key that does not fit: as many integer keys as possible go to an array part that is more than half
    /// full, everything else to the hash part.
    fn rehash(&mut self, new: Const) {
        let mut bins = [0u32; MAX_ARRAY_BITS];
        let mut keys = 1;
        for (i, _) in self.array.iter().enumerate().filter(|(_, value)| **value != Const::Nil) {
            bins[bin(i as u32)] += 1;
            keys += 1;
        }
        for (key, _) in self.hash.iter().filter(|(_, value)| *value != Const::Nil) {
            keys += 1;
            if let Some(i) = array_index(*key) {
                bins[bin(i)] += 1;
            }
        }
        if let Some(i) = array_index(new) {
            bins[bin(i)] += 1;
        }
        let integers: u32 = bins.iter().sum();
        let (mut slots, mut moved, mut sum) = (0, 0, 0);
        for (b, &count) in bins.iter().enumerate() {
            if 2 * integers <= 1 << b || sum == integers {
                break;
            }
            sum += count;
            if count > 0 && 2 * sum > 1 << b {
                slots = (2 << b) + 1;
                moved = sum;
            }
        }
        self.resize(slots, hash_bits(keys - moved));
    }

    /// Returns the finished table. Keys that wait for a value have nil.
    pub(crate) fn finish(self, strings: &mut Interner) -> TabTemplate {
        let mut value = |c: Const| match c {
            Const::Nil | Const::Later => TabConst::Nil,
            Const::False => TabConst::False,
            Const::True => TabConst::True,
            Const::Num(n) => TabConst::Num(n),
            Const::Str(sym) => TabConst::Str(strings.share(sym)),
        };
        TabTemplate {
            array: self.array.into_iter().map(&mut value).collect(),
            hash: self.hash.into_iter().map(|(k, v)| (value(k), value(v))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the array part's size and the integer keys of the hash part after setting integer keys to true.
    fn layout(slots: u32, keys: u32, set: &[i32]) -> (u32, Vec<f64>) {
        let mut table = Template::new(slots, keys);
        for key in set {
            table.set(Const::Num(f64::from(*key)), Const::True);
        }
        let hash = table.hash.iter().map(|(k, _)| match k {
            Const::Num(n) => *n,
            other => panic!("{other:?}"),
        });
        let hash = hash.collect();
        (table.slots(), hash)
    }

    #[test]
    fn sizes_of_hash_parts() {
        assert_eq!([0, 1, 2, 3, 4, 5, 8, 9].map(hash_bits), [0, 1, 1, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn integer_keys_move_to_the_array_when_the_table_grows() {
        assert_eq!(layout(0, 1, &[1, 2]), (0, vec![1.0, 2.0]));
        assert_eq!(layout(0, 1, &[1, 2, 3]), (5, vec![]));
        assert_eq!(layout(0, 1, &[10, 20, 30]), (0, vec![10.0, 20.0, 30.0]));
        assert_eq!(layout(4, 0, &[1, 2, 3]), (4, vec![]));
        assert_eq!(layout(0, 1, &[-1, 0]), (0, vec![-1.0, 0.0]));
    }

    #[test]
    fn keys_are_found_again() {
        let mut table = Template::new(0, 1);
        for round in 0..2 {
            for i in 0..100 {
                table.set(Const::Num(f64::from(i) + 0.5), Const::Num(f64::from(round)));
            }
        }
        assert_eq!(table.hash.len(), 100);
        assert!(table.hash.iter().all(|(_, value)| *value == Const::Num(1.0)));
    }
}
