//! A set of constants that numbers them in the order of their first use.
//!
//! Keys are numbers or strings packed into 64 bits. Clearing costs nothing, so that functions share tables.

use crate::intern::{Sym, mix};

/// A number or string as a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ConstKey(u64);

impl ConstKey {
    /// Numbers are never NaN here: the bits above mark the other keys.
    const TAG: u64 = 0xffff << 48;

    pub(crate) fn num(n: f64) -> ConstKey {
        ConstKey(n.to_bits())
    }

    pub(crate) fn sym(sym: Sym) -> ConstKey {
        ConstKey(Self::TAG | u64::from(sym.0))
    }

    pub(crate) fn bool(b: bool) -> ConstKey {
        ConstKey(Self::TAG | 1 << 40 | u64::from(b))
    }
}

#[derive(Clone, Copy)]
struct Place {
    key: u64,
    /// The place is taken if this is the table's generation.
    generation: u32,
    index: u32,
}

/// A map from keys to numbers.
pub(crate) struct ConstTable {
    places: Vec<Place>,
    generation: u32,
    len: usize,
}

const FREE: Place = Place { key: 0, generation: 0, index: 0 };

impl ConstTable {
    pub(crate) fn new() -> ConstTable {
        ConstTable { places: vec![FREE; 32], generation: 1, len: 0 }
    }

    /// Forgets all keys.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        if self.generation == u32::MAX {
            self.places.fill(FREE);
            self.generation = 0;
        }
        self.generation += 1;
    }

    /// Returns the number of keys.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn locate(&self, key: ConstKey) -> usize {
        let mask = self.places.len() - 1;
        let mut at = mix(key.0, 0x9e37_79b9_7f4a_7c15) as usize & mask;
        while self.places[at].generation == self.generation && self.places[at].key != key.0 {
            at = (at + 1) & mask;
        }
        at
    }

    /// Returns the number of a key.
    pub(crate) fn get(&self, key: ConstKey) -> Option<u32> {
        let place = self.places[self.locate(key)];
        (place.generation == self.generation).then_some(place.index)
    }

    /// Returns the number of a key and whether it is `new` because the key was not there.
    #[inline]
    pub(crate) fn number(&mut self, key: ConstKey, new: u32) -> (u32, bool) {
        let at = self.locate(key);
        if self.places[at].generation == self.generation {
            return (self.places[at].index, false);
        }
        self.places[at] = Place { key: key.0, generation: self.generation, index: new };
        self.len += 1;
        if self.len * 2 > self.places.len() {
            self.grow();
        }
        (new, true)
    }

    fn grow(&mut self) {
        let size = self.places.len() * 2;
        let old = std::mem::replace(&mut self.places, vec![FREE; size]);
        for place in old.into_iter().filter(|p| p.generation == self.generation) {
            let at = self.locate(ConstKey(place.key));
            self.places[at] = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_numbered_in_order_of_first_use() {
        let mut table = ConstTable::new();
        for round in 0..3 {
            for i in 0..1000u32 {
                assert_eq!(table.number(ConstKey::num(f64::from(i) + 0.5), i), (i, true), "round {round}");
                assert_eq!(table.number(ConstKey::num(f64::from(i / 2) + 0.5), 9999), (i / 2, false));
            }
            assert_eq!(
                (table.len(), table.get(ConstKey::num(7.5)), table.get(ConstKey::num(7.0))),
                (1000, Some(7), None)
            );
            table.clear();
            assert_eq!((table.len(), table.get(ConstKey::num(7.5))), (0, None));
        }
    }

    #[test]
    fn kinds_of_keys_differ() {
        let mut table = ConstTable::new();
        let keys = [
            ConstKey::num(1.0),
            ConstKey::num(0.0),
            ConstKey::sym(Sym(1)),
            ConstKey::sym(Sym(0)),
            ConstKey::bool(true),
        ];
        for (i, key) in keys.into_iter().enumerate() {
            assert_eq!(table.number(key, i as u32), (i as u32, true));
        }
    }

    #[test]
    fn generations_wrap() {
        let mut table = ConstTable::new();
        table.number(ConstKey::num(1.0), 5);
        table.generation = u32::MAX;
        table.clear();
        assert_eq!(table.get(ConstKey::num(1.0)), None);
    }
}
