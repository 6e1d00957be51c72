//! What exits restore, as bytes: programs have thousands of exits, and few of them are ever taken.
//!
//! Numbers are varints (seven bits a byte, the lowest first), signed ones with the sign in bit 0. Slots are distances from the slot
//! before, constants are indices of a pool of the trace.
//!
//! Objects to be rebuilt lie behind the slots of their exit.
//!
//! Bytes of an image are read by the same functions, so none of them panics, whatever it reads.

use abi::exit::{Form, Loc, SlotMap, SnapMap, Sunk, SunkUp, SunkValue};

/// The exits of a trace.
#[derive(Default)]
pub struct Exits {
    bytes: Box<[u8]>,
    /// Where each exit begins.
    starts: Box<[u32]>,
    pool: Box<[u64]>,
}

impl Exits {
    /// Packs maps.
    pub fn new(maps: Vec<SnapMap>) -> Exits {
        let (mut w, mut pool) = (Vec::new(), Vec::new());
        let mut starts = Vec::with_capacity(maps.len());
        for map in maps {
            starts.push(w.len() as u32);
            signed(&mut w, map.base.into());
            signed(&mut w, map.top.into());
            // One more, so that 0 is none.
            varint(&mut w, map.multres.map_or(0, |n| u64::from(n) + 1));
            varint(&mut w, pooled(&mut pool, map.pc));
            varint(&mut w, map.slots.len() as u64);
            let mut before = 0;
            for s in &map.slots {
                signed(&mut w, i64::from(s.slot) - before);
                before = s.slot.into();
                put(&mut w, &mut pool, s.loc, s.form);
            }
            varint(&mut w, map.sunk.len() as u64);
            for s in &map.sunk {
                put_sunk(&mut w, &mut pool, s);
            }
        }
        Exits { bytes: w.into(), starts: starts.into(), pool: pool.into() }
    }

    /// Returns the bytes and the pool.
    pub(crate) fn into_parts(self) -> (Box<[u8]>, Box<[u64]>) {
        (self.bytes, self.pool)
    }

    /// Unpacks one exit into `map`, whose memory is used again. Returns `None` if there is no such exit.
    pub fn unpack(&self, exit: u32, map: &mut SnapMap) -> Option<()> {
        Bytes(self.bytes.get(*self.starts.get(exit as usize)? as usize..)?).map(&self.pool, map)
    }
}

/// A byte for both kinds, then what they hold.
fn put(w: &mut Vec<u8>, pool: &mut Vec<u64>, loc: Loc, form: Form) {
    let (kind, held) = match loc {
        Loc::Memory => (0, None),
        Loc::Gpr(r) => (1, Some(u64::from(r))),
        Loc::Fpr(r) => (2, Some(u64::from(r))),
        Loc::Spill(s) => (3, Some(u64::from(s))),
        Loc::Const(bits) => (4, Some(pooled(pool, bits))),
        Loc::Sunk(i) => (5, Some(u64::from(i))),
    };
    let (shape, tag) = match form {
        Form::Raw => (0, None),
        Form::Int => (1, None),
        Form::Key => (2, None),
        Form::Gc(tag) => (3, Some(tag)),
    };
    w.push(kind | shape << 4);
    if let Some(n) = held {
        varint(w, n);
    }
    if let Some(tag) = tag {
        // Tags are small negative numbers.
        signed(w, i64::from(tag as i32));
    }
}

fn put_value(w: &mut Vec<u8>, pool: &mut Vec<u64>, v: SunkValue) {
    put(w, pool, v.loc, v.form);
}

/// A byte for the kind, then what it is made of. What may be absent has a byte before it.
fn put_sunk(w: &mut Vec<u8>, pool: &mut Vec<u64>, s: &Sunk) {
    match s {
        Sunk::Table { asize, hbits, template, stores, meta } => {
            w.push(0);
            varint(w, u64::from(*asize));
            varint(w, u64::from(*hbits));
            w.push(template.is_some().into());
            if let Some(bits) = template {
                varint(w, pooled(pool, *bits));
            }
            varint(w, stores.len() as u64);
            for (key, value) in stores {
                put_value(w, pool, *key);
                put_value(w, pool, *value);
            }
            w.push(meta.is_some().into());
            if let Some(v) = meta {
                put_value(w, pool, *v);
            }
        }
        Sunk::Func { proto, parent, upvals } => {
            w.push(1);
            varint(w, pooled(pool, *proto));
            put_value(w, pool, *parent);
            varint(w, upvals.len() as u64);
            for up in upvals {
                match up {
                    SunkUp::Open(slot, immutable) => {
                        w.push(u8::from(*immutable));
                        signed(w, i64::from(*slot));
                    }
                    SunkUp::Of(v, k) => {
                        w.push(2);
                        put_value(w, pool, *v);
                        varint(w, u64::from(*k));
                    }
                    SunkUp::Closed(k) => {
                        w.push(3);
                        varint(w, u64::from(*k));
                    }
                }
            }
        }
        Sunk::Upval { value, immutable } => {
            w.push(2 + u8::from(*immutable));
            put_value(w, pool, *value);
        }
        Sunk::Str { ptr, len } => {
            w.push(4);
            put_value(w, pool, *ptr);
            put_value(w, pool, *len);
        }
    }
}

/// Returns the index of a constant in the pool. Pools are short.
fn pooled(pool: &mut Vec<u64>, bits: u64) -> u64 {
    let at = pool.iter().rposition(|b| *b == bits).unwrap_or_else(|| {
        pool.push(bits);
        pool.len() - 1
    });
    at as u64
}

/// Writes a number.
pub fn varint(w: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        w.push(n as u8 | 0x80);
        n >>= 7;
    }
    w.push(n as u8);
}

/// Writes a number with a sign.
pub fn signed(w: &mut Vec<u8>, n: i64) {
    varint(w, (n << 1 ^ n >> 63) as u64);
}

/// What is still to be read.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// Reads a byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Reads so many bytes.
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads a word of eight bytes.
    pub fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    /// Reads a number.
    pub fn varint(&mut self) -> Option<u64> {
        let (mut n, mut shift) = (0, 0u32);
        loop {
            let b = self.byte()?;
            n |= u64::from(b & 0x7f).checked_shl(shift)?;
            shift += 7;
            if b < 0x80 {
                return Some(n);
            }
        }
    }

    /// Reads a number that has a smaller type.
    pub fn small<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.varint()?).ok()
    }

    /// Reads what an exit restores into `map`, whose memory is used again.
    pub(crate) fn map(&mut self, pool: &[u64], map: &mut SnapMap) -> Option<()> {
        map.base = self.signed()? as i32;
        map.top = self.signed()? as i32;
        map.multres = self.varint()?.checked_sub(1).map(|n| n as u32);
        map.pc = *pool.get(self.varint()? as usize)?;
        let n = self.varint()?;
        map.slots.clear();
        let mut slot = 0i64;
        for _ in 0..n {
            slot = slot.wrapping_add(self.signed()?);
            let (loc, form) = self.value(pool)?;
            map.slots.push(SlotMap { slot: slot as i32, loc, form });
        }
        map.sunk.clear();
        for _ in 0..self.varint()? {
            map.sunk.push(self.sunk(pool)?);
        }
        Some(())
    }

    /// Reads a number with a sign.
    pub fn signed(&mut self) -> Option<i64> {
        let n = self.varint()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    fn sunk_value(&mut self, pool: &[u64]) -> Option<SunkValue> {
        let (loc, form) = self.value(pool)?;
        Some(SunkValue { loc, form })
    }

    fn sunk(&mut self, pool: &[u64]) -> Option<Sunk> {
        Some(match self.byte()? {
            0 => {
                let (asize, hbits) = (self.varint()? as u32, self.varint()? as u32);
                let template = match self.byte()? {
                    0 => None,
                    _ => Some(*pool.get(self.varint()? as usize)?),
                };
                let n = self.varint()?;
                let mut stores = Vec::with_capacity((n as usize).min(self.0.len()));
                for _ in 0..n {
                    stores.push((self.sunk_value(pool)?, self.sunk_value(pool)?));
                }
                let meta = match self.byte()? {
                    0 => None,
                    _ => Some(self.sunk_value(pool)?),
                };
                Sunk::Table { asize, hbits, template, stores, meta }
            }
            1 => {
                let proto = *pool.get(self.varint()? as usize)?;
                let parent = self.sunk_value(pool)?;
                let n = self.varint()?;
                let mut upvals = Vec::with_capacity((n as usize).min(self.0.len()));
                for _ in 0..n {
                    upvals.push(match self.byte()? {
                        2 => SunkUp::Of(self.sunk_value(pool)?, self.varint()?.try_into().ok()?),
                        3 => SunkUp::Closed(self.varint()?.try_into().ok()?),
                        immutable => SunkUp::Open(self.signed()?.try_into().ok()?, immutable != 0),
                    });
                }
                Sunk::Func { proto, parent, upvals }
            }
            kind @ (2 | 3) => Sunk::Upval { value: self.sunk_value(pool)?, immutable: kind == 3 },
            _ => Sunk::Str { ptr: self.sunk_value(pool)?, len: self.sunk_value(pool)? },
        })
    }

    fn value(&mut self, pool: &[u64]) -> Option<(Loc, Form)> {
        let kinds = self.byte()?;
        let loc = match kinds & 15 {
            0 => Loc::Memory,
            1 => Loc::Gpr(self.varint()? as u8),
            2 => Loc::Fpr(self.varint()? as u8),
            3 => Loc::Spill(self.varint()? as u16),
            4 => Loc::Const(*pool.get(self.varint()? as usize)?),
            _ => Loc::Sunk(self.varint()? as u16),
        };
        let form = match kinds >> 4 {
            0 => Form::Raw,
            1 => Form::Int,
            2 => Form::Key,
            _ => Form::Gc(self.signed()? as i32 as u32),
        };
        Some((loc, form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let locs = [
            Loc::Memory,
            Loc::Gpr(15),
            Loc::Fpr(31),
            Loc::Spill(u16::MAX),
            Loc::Const(u64::MAX),
            Loc::Const(0),
            Loc::Sunk(300),
        ];
        let forms = [Form::Raw, Form::Int, Form::Key, Form::Gc(u32::MAX - 4), Form::Gc(7), Form::Gc(1 << 31)];
        let mut all = Vec::new();
        for (i, loc) in locs.into_iter().enumerate() {
            for (k, form) in forms.into_iter().enumerate() {
                // Far apart, and once downwards.
                let slot = [-2, -1, 0, 1, 63, 64, 250, i32::MAX, i32::MIN][(i + k) % 9];
                all.push(SlotMap { slot, loc, form });
            }
        }
        let value = SunkValue { loc: Loc::Gpr(3), form: Form::Int };
        let other = SunkValue { loc: Loc::Const(12), form: Form::Gc(u32::MAX - 4) };
        let stores = vec![(other, value), (value, value)];
        let upvals =
            vec![SunkUp::Open(-2, true), SunkUp::Open(i32::MAX, false), SunkUp::Of(other, 3), SunkUp::Closed(1)];
        let objects = vec![
            Sunk::Table { asize: u32::MAX, hbits: 0, template: None, stores, meta: Some(other) },
            Sunk::Table { asize: 0, hbits: 3, template: Some(u64::MAX), stores: Vec::new(), meta: None },
            Sunk::Func { proto: 1 << 46, parent: value, upvals },
            Sunk::Upval { value, immutable: true },
            Sunk::Upval { value: other, immutable: false },
        ];
        let maps = vec![
            SnapMap { base: 0, top: 4, pc: 0x7fff_1234_5678, ..SnapMap::default() },
            SnapMap {
                slots: all.clone(),
                base: -7,
                top: i32::MAX,
                pc: u64::MAX,
                multres: Some(u32::MAX),
                ..SnapMap::default()
            },
            SnapMap { sunk: vec![Sunk::Str { ptr: value, len: value }], multres: Some(0), ..SnapMap::default() },
            SnapMap { slots: all[3..9].to_vec(), base: i32::MIN, sunk: objects, ..SnapMap::default() },
            SnapMap::default(),
        ];
        let packed = Exits::new(maps.clone());
        let mut map = SnapMap::default();
        // In both directions: nothing of the map before is left.
        for i in (0..5).chain((0..5).rev()) {
            assert_eq!(packed.unpack(i, &mut map), Some(()));
            assert_eq!(map, maps[i as usize], "exit {i}");
        }
        assert_eq!(packed.unpack(5, &mut map), None);
    }
}
