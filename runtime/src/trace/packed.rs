//! What exits restore, as bytes: programs have thousands of exits, and few of them are ever taken.
//!
//! Numbers are varints (seven bits a byte, the lowest first), signed ones with the sign in bit 0. Slots are distances from the slot
//! before, constants are indices of a pool of the trace.
//!
//! Absent: objects to be rebuilt. They are few, and stay as they are.

use abi::exit::{Form, Loc, SlotMap, SnapMap, Sunk};

/// The exits of a trace.
#[derive(Default)]
pub struct Exits {
    bytes: Box<[u8]>,
    /// Where each exit begins.
    starts: Box<[u32]>,
    pool: Box<[u64]>,
    /// By exits, ascending.
    sunk: Box<[(u32, Vec<Sunk>)]>,
}

impl Exits {
    /// Packs maps.
    pub fn new(maps: Vec<SnapMap>) -> Exits {
        let (mut w, mut pool) = (Vec::new(), Vec::new());
        let (mut starts, mut sunk) = (Vec::with_capacity(maps.len()), Vec::new());
        for (i, map) in maps.into_iter().enumerate() {
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
            if !map.sunk.is_empty() {
                sunk.push((i as u32, map.sunk));
            }
        }
        Exits { bytes: w.into(), starts: starts.into(), pool: pool.into(), sunk: sunk.into() }
    }

    /// Unpacks one exit into `map`, whose memory is used again. Returns `None` if there is no such exit.
    pub fn unpack(&self, exit: u32, map: &mut SnapMap) -> Option<()> {
        let mut r = Bytes(self.bytes.get(*self.starts.get(exit as usize)? as usize..)?);
        map.base = r.signed()? as i32;
        map.top = r.signed()? as i32;
        map.multres = r.varint()?.checked_sub(1).map(|n| n as u32);
        map.pc = *self.pool.get(r.varint()? as usize)?;
        let n = r.varint()?;
        map.slots.clear();
        let mut slot = 0;
        for _ in 0..n {
            slot += r.signed()?;
            let (loc, form) = r.value(&self.pool)?;
            map.slots.push(SlotMap { slot: slot as i32, loc, form });
        }
        map.sunk.clear();
        if let Ok(k) = self.sunk.binary_search_by_key(&exit, |s| s.0) {
            map.sunk.extend_from_slice(&self.sunk[k].1);
        }
        Some(())
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

/// Returns the index of a constant in the pool. Pools are short.
fn pooled(pool: &mut Vec<u64>, bits: u64) -> u64 {
    let at = pool.iter().rposition(|b| *b == bits).unwrap_or_else(|| {
        pool.push(bits);
        pool.len() - 1
    });
    at as u64
}

pub(super) fn varint(w: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        w.push(n as u8 | 0x80);
        n >>= 7;
    }
    w.push(n as u8);
}

pub(super) fn signed(w: &mut Vec<u8>, n: i64) {
    varint(w, (n << 1 ^ n >> 63) as u64);
}

/// What is still to be read.
pub(super) struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        let (mut n, mut shift) = (0, 0);
        loop {
            let b = self.byte()?;
            n |= u64::from(b & 0x7f) << shift;
            shift += 7;
            if b < 0x80 {
                return Some(n);
            }
        }
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let n = self.varint()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
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
    use abi::exit::SunkValue;

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
            SnapMap { slots: all[3..9].to_vec(), base: i32::MIN, ..SnapMap::default() },
        ];
        let packed = Exits::new(maps.clone());
        let mut map = SnapMap::default();
        // In both directions: nothing of the map before is left.
        for i in (0..4).chain((0..4).rev()) {
            assert_eq!(packed.unpack(i, &mut map), Some(()));
            assert_eq!(map, maps[i as usize], "exit {i}");
        }
        assert_eq!(packed.unpack(4, &mut map), None);
    }
}
