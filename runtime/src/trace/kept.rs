//! What stays of a trace's IR, as bytes: side traces and dumps need it, and most traces never see either.
//!
//! Operands are distances back from their instruction or indices of constants, as varints (see `ir::exits`); what is neither is kept as it is.
//! Nothing is lost: [`Kept::unpack`] returns an equal trace.
//!
//! Absent: constants as bytes. They share their texts with other traces.

use ir::exits::{Bytes, signed, varint};
use ir::{Const, Ins, Link, Op, Ref, Slot, Snap, Start, Trace, Ty};
use jit::asm::place::{Place, Reg};

/// The optimised IR of a compiled trace.
pub struct Kept {
    /// Where it begins.
    pub start: Start,
    /// What comes behind its end.
    pub link: Link,
    /// Slots that exits or stores may write.
    pub slots: Slot,
    repeats: bool,
    /// Number of snapshots.
    pub exits: u32,
    /// Whether the last snapshot lies behind the last instruction.
    pub closed: bool,
    pc: Ref,
    /// Operation, type, flags.
    heads: Box<[(Op, Ty, u8)]>,
    /// Operands of the instructions, then the snapshots.
    bytes: Box<[u8]>,
    consts: Box<[Const]>,
    /// Registers and spill slots by instruction.
    places: Box<[u8]>,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept::new(Trace::default(), &[])
    }
}

impl Kept {
    /// Packs a trace and where its values lie.
    pub fn new(t: Trace, places: &[Option<Place>]) -> Kept {
        let mut w = Vec::new();
        for (i, ins) in t.ins.iter().enumerate() {
            operand(&mut w, i as u32, ins.a);
            operand(&mut w, i as u32, ins.b);
        }
        let mut at = 0;
        for s in &t.snaps {
            varint(&mut w, (s.at - at).into());
            at = s.at;
            // One more, so that 0 is none.
            varint(&mut w, s.pc.map_or(0, |r| u64::from(r.0) + 1));
            signed(&mut w, s.base.into());
            signed(&mut w, s.top.into());
            varint(&mut w, s.multres.map_or(0, |n| u64::from(n) + 1));
            varint(&mut w, s.entries.len() as u64);
            let mut before = 0;
            for (slot, r) in &s.entries {
                signed(&mut w, i64::from(*slot) - before);
                before = (*slot).into();
                operand(&mut w, at, *r);
            }
        }
        let mut p = Vec::new();
        for place in places {
            varint(
                &mut p,
                match place {
                    None => 0,
                    Some(Place::Reg(r)) => 1 + 2 * u64::from(r.0),
                    Some(Place::Slot(s)) => 2 + 2 * u64::from(*s),
                },
            );
        }
        Kept {
            start: t.start,
            link: t.link,
            slots: t.slots,
            repeats: t.repeats,
            exits: t.snaps.len() as u32,
            closed: t.snaps.last().is_some_and(|s| s.at as usize >= t.ins.len()),
            pc: t.pc,
            heads: t.ins.iter().map(|i| (i.op, i.ty, i.flags)).collect(),
            bytes: w.into(),
            consts: t.consts.into(),
            places: p.into(),
        }
    }

    /// Returns the trace.
    pub fn unpack(&self) -> Trace {
        let mut t = Trace::new(self.start, Const::Null);
        (t.pc, t.link, t.slots, t.consts) = (self.pc, self.link, self.slots, self.consts.to_vec());
        t.repeats = self.repeats;
        let mut r = Bytes(&self.bytes);
        t.ins = Vec::with_capacity(self.heads.len());
        for (i, (op, ty, flags)) in self.heads.iter().enumerate() {
            let (Some(a), Some(b)) = (read_operand(&mut r, i as u32), read_operand(&mut r, i as u32)) else { break };
            t.ins.push(Ins { op: *op, ty: *ty, flags: *flags, a, b });
        }
        let mut at = 0;
        t.snaps = (0..self.exits).map_while(|_| read_snap(&mut r, &mut at)).collect();
        debug_assert!(t.ins.len() == self.heads.len() && t.snaps.len() == self.exits as usize);
        t.packed()
    }

    /// Returns registers and spill slots by instruction.
    pub fn places(&self) -> Vec<Option<Place>> {
        let mut r = Bytes(&self.places);
        let mut out = Vec::new();
        while let Some(n) = r.varint() {
            out.push(match n.checked_sub(1) {
                None => None,
                Some(n) if n & 1 == 0 => Some(Place::Reg(Reg((n >> 1) as u8))),
                Some(n) => Some(Place::Slot((n >> 1) as u16)),
            });
        }
        out
    }
}

/// Bit of a reference that says constant.
const CONST: u32 = Ref::konst(0).0;

/// Writes an operand of instruction `i`. The two lowest bits say what follows: a distance, the index of a constant, nothing, bits as they are.
fn operand(w: &mut Vec<u8>, i: u32, r: Ref) {
    let n = match r {
        Ref::NONE => 2,
        r if r.is_const() => u64::from(r.0 & !CONST) << 2 | 1,
        r if r.0 <= i => u64::from(i - r.0) << 2,
        r => u64::from(r.0) << 2 | 3,
    };
    varint(w, n);
}

fn read_operand(r: &mut Bytes<'_>, i: u32) -> Option<Ref> {
    let n = r.varint()?;
    let bits = (n >> 2) as u32;
    Some(match n & 3 {
        0 => Ref(i - bits),
        1 => Ref(bits | CONST),
        2 => Ref::NONE,
        _ => Ref(bits),
    })
}

fn read_snap(r: &mut Bytes<'_>, at: &mut u32) -> Option<Snap> {
    *at += r.varint()? as u32;
    let mut s = Snap { at: *at, ..Snap::default() };
    s.pc = r.varint()?.checked_sub(1).map(|n| Ref(n as u32));
    s.base = r.signed()? as Slot;
    s.top = r.signed()? as Slot;
    s.multres = r.varint()?.checked_sub(1).map(|n| n as u32);
    let mut slot = 0;
    let n = r.varint()?;
    s.entries.reserve_exact(n as usize);
    for _ in 0..n {
        slot += r.signed()?;
        s.entries.push((slot as Slot, read_operand(r, *at)?));
    }
    Some(s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let mut t = Trace::new(Start::Side(7, u32::MAX), Const::Null);
        let k = t.konst(Const::Num(u64::MAX));
        let odd = [k, Ref::NONE, Ref::BASE, Ref(1), Ref(90), Ref::lit(i32::MAX), Ref::lit(i32::MIN), Ref::lit(-2)];
        for (i, a) in odd.into_iter().enumerate() {
            t.ins.push(Ins { flags: i as u8 * 36, ..Ins::new(Op::ADD, Ty::Int, a, odd[(i + 3) % 8]) });
        }
        let (base, top) = (i32::MIN, i32::MAX);
        t.snaps.push(Snap { at: 1, pc: Some(Ref::NONE), base, top, multres: Some(u32::MAX), entries: Vec::new() });
        let entries = [-2, 0, 1, 250, i32::MAX, i32::MIN].into_iter().zip(odd).collect();
        t.snaps.push(Snap { at: 9, pc: Some(k), base: -3, top: 0, multres: None, entries });
        t.snaps.push(Snap { at: 9, ..Snap::default() });
        (t.link, t.slots, t.repeats) = (Link::Root(3), -1, true);
        let t = t.packed();
        let places = [None, Some(Place::Reg(Reg(63))), Some(Place::Slot(0)), Some(Place::Slot(u16::MAX)), None];
        let kept = Kept::new(t.clone(), &places);
        assert_eq!((kept.exits, kept.closed), (3, true));
        assert_eq!(kept.unpack(), t);
        assert_eq!(kept.places(), places);
    }
}
