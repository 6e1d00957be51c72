//! Names prototypes by what they contain, equal wherever they were compiled or loaded.
//!
//! Whoever has a prototype, in whatever form, feeds its parts in this order: head, instructions, upvalues, number constants, collectable
//! constants. Names, lines and the chunk do not count: a function that only moved in its file is the same.
//!
//! Invariant: what dumps lack (nils of templates) does not count either.

use crate::hash::Sum;

/// Version of these hashes: what is hashed, in which order, and how. Compiled code and runtime must agree on it
/// ([`crate::image::FINGERPRINT`]), or no function would be known again.
pub const VERSION: u64 = 2;

/// A hash of a prototype's contents under way.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Content(Sum);

impl Content {
    /// Begins with the head: number of parameters, whether it is a vararg function, number of instructions.
    pub const fn new(params: u8, vararg: bool, instructions: u32) -> Content {
        Content(Sum::new().u64(params as u64).u64(vararg as u64).u64(instructions as u64))
    }
    /// Adds the instructions, two to a word.
    pub fn code(self, mut instructions: impl Iterator<Item = u32>) -> Content {
        let mut h = self.0;
        while let Some(first) = instructions.next() {
            h = h.u64(u64::from(first) | u64::from(instructions.next().unwrap_or(0)) << 32);
        }
        Content(h)
    }
    /// Adds a word: an upvalue's description, the bits of a number.
    pub const fn word(self, word: u64) -> Content {
        Content(self.0.u64(word))
    }
    /// Adds a string constant.
    pub const fn string(self, bytes: &[u8]) -> Content {
        Content(self.0.u64(1).bytes(bytes))
    }
    /// Adds a child prototype by its hash.
    pub const fn child(self, hash: u64) -> Content {
        Content(self.0.u64(2).u64(hash))
    }
    /// Adds a template table.
    pub const fn template(self, t: Template) -> Content {
        Content(self.0.u64(3).u64(t.0))
    }
    /// Returns the hash.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0.finish()
    }
}

/// A hash of a template's entries, whatever their order.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Template(u64);

impl Template {
    /// Adds an entry; elements of the array have number keys. Entries that are nil do not count.
    pub const fn entry(self, key: Item<'_>, value: Item<'_>) -> Template {
        if matches!(value, Item::Nil) {
            return self;
        }
        Template(self.0.wrapping_add(value.add(key.add(Sum::new())).finish()))
    }
}

/// A key or value of a template.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// nil
    Nil,
    /// false or true
    Bool(bool),
    /// A number's bits.
    Num(u64),
    /// A string.
    Str(&'a [u8]),
}

impl Item<'_> {
    const fn add(self, h: Sum) -> Sum {
        match self {
            Item::Nil => h.u64(0),
            Item::Bool(b) => h.u64(1 + b as u64),
            Item::Num(bits) => h.u64(3).u64(bits),
            Item::Str(s) => h.u64(4).bytes(s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Item, Template, VERSION};

    /// Whoever changes the hash changes the version, too.
    #[test]
    fn a_version_names_one_hash() {
        let template = Template::default().entry(Item::Num(7), Item::Str(b"seven")).entry(Item::Bool(true), Item::Nil);
        let hash =
            Content::new(2, true, 3).code([1, 2, 3].into_iter()).word(4).string(b"five").child(6).template(template);
        assert_eq!((VERSION, hash.finish()), (2, 0x736c_6a69_1669_ffe7));
    }
}
