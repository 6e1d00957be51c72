//! Exits' maps: what is written to the stack, and from where. One builder for all compilers: each says where its values are.

use crate::sunk::{self, Key, Name, Names, Part, Up};
use crate::{Const, Conv, Op, Ref, Trace, Ty, Variable};
use abi::abort::Abort;
use abi::exit::{Form, Loc, SlotMap, SnapMap, Sunk, SunkUp, SunkValue};
use abi::tag;

/// What a compiler knows of its constants and values.
pub trait Places {
    /// Bits of a constant: tagged strings, addresses of all other objects.
    fn bits(&mut self, r: Ref) -> Result<u64, Abort>;
    /// The key of a node constant, tagged.
    fn key(&mut self, r: Ref) -> Result<u64, Abort>;
    /// Where a value is.
    fn place(&mut self, name: Name) -> Result<Loc, Abort>;
}

struct Maker<'a, P> {
    t: &'a Trace,
    names: &'a Names,
    places: &'a mut P,
    snap: usize,
    sunk: Vec<(usize, u16)>,
    variables: Vec<(Variable, u16)>,
    map: &'a mut SnapMap,
}

/// Adds the slots of snapshot `snap` that `wanted` names to a map, with the objects they need.
pub fn build<P: Places>(
    t: &Trace,
    names: &Names,
    snap: usize,
    places: &mut P,
    map: &mut SnapMap,
    wanted: impl Fn(Ref) -> bool,
) -> Result<(), Abort> {
    let (sunk, variables) = (Vec::new(), Vec::new());
    let mut m = Maker { t, names, places, snap, sunk, variables, map };
    let s = &t.snaps[snap];
    for &(slot, r) in s.entries.iter().filter(|e| wanted(e.1)) {
        let (loc, form) = m.value(Part { value: r, at: s.at as usize })?;
        m.map.slots.push(SlotMap { slot, loc, form });
    }
    Ok(())
}

/// Returns how a register's value of a type becomes a slot's.
pub fn form(ty: Ty) -> Form {
    match ty {
        Ty::Int => Form::Int,
        Ty::Key => Form::Key,
        Ty::Num | Ty::Link | Ty::Ptr | Ty::Void => Form::Raw,
        ty => Form::Gc(ty.tag() as u32),
    }
}

/// Returns the bits of nil, false or true.
pub const fn pri_bits(ty: Ty) -> u64 {
    match ty {
        Ty::Nil => tag::NIL_BITS,
        Ty::False => tag::FALSE_BITS,
        _ => tag::TRUE_BITS,
    }
}

/// Returns a constant as a slot has it; `bits` are those of [`Places::bits`].
pub fn slot_bits(c: &Const, bits: u64) -> u64 {
    match c {
        Const::Int(k) => f64::from(*k).to_bits(),
        Const::Num(b) => *b,
        Const::Pri(ty) => pri_bits(*ty),
        Const::Templ(..) | Const::BaseMeta(_) => bits & tag::PTR_MASK | tag::TAB << tag::SHIFT,
        _ => bits,
    }
}

impl<P: Places> Maker<'_, P> {
    fn value(&mut self, p: Part) -> Result<(Loc, Form), Abort> {
        let (t, r) = (self.t, p.value);
        let ty = t.ty(r);
        if let Some(c) = t.as_const(r) {
            let bits = slot_bits(c, self.places.bits(r)?);
            return Ok((Loc::Const(bits), Form::Raw));
        }
        if ty.is_pri() {
            return Ok((Loc::Const(pri_bits(ty)), Form::Raw));
        }
        let ins = t.ins[r.index()];
        if ins.is_sunk() {
            return match ins.op {
                Op::CONV if Conv::ALL.get(ins.b.as_lit() as usize) == Some(&Conv::NumInt) => {
                    self.value(Part { value: ins.a, at: p.at })
                }
                Op::CONV => Err(Abort::NyiIr),
                _ => Ok((Loc::Sunk(self.object(r)?), Form::Gc(ty.tag() as u32))),
            };
        }
        let loc = self.places.place(self.names.name(r, p.at))?;
        Ok((loc, form(ty)))
    }

    fn part(&mut self, p: Part) -> Result<SunkValue, Abort> {
        let (loc, form) = self.value(p)?;
        Ok(SunkValue { loc, form })
    }

    fn object(&mut self, r: Ref) -> Result<u16, Abort> {
        if let Some(&(_, k)) = self.sunk.iter().find(|(i, _)| *i == r.index()) {
            return Ok(k);
        }
        let t = self.t;
        let ins = t.ins[r.index()];
        let object = match ins.op {
            Op::SNEW => {
                let [ptr, len] = sunk::bytes(t, self.snap, r.index());
                let (ptr, len) = (self.part(ptr)?, self.part(len)?);
                Sunk::Str { ptr, len }
            }
            Op::TNEW | Op::TDUP => {
                let mut stores = Vec::new();
                let mut meta = None;
                for s in sunk::stores(t, self.snap, r.index())? {
                    match s.key {
                        Key::Meta if sunk::is_null(t, s.value.value) => meta = None,
                        Key::Meta => meta = Some(self.part(s.value)?),
                        Key::Node(k) => {
                            let key = SunkValue { loc: Loc::Const(self.places.key(k)?), form: Form::Raw };
                            stores.push((key, self.part(s.value)?));
                        }
                        Key::Value(k) => {
                            let key = self.part(k)?;
                            stores.push((key, self.part(s.value)?));
                        }
                    }
                }
                let (asize, hbits, template) = match ins.op {
                    Op::TNEW => (ins.a.0, ins.b.0, None),
                    _ => (0, 0, Some(self.places.bits(ins.a)?)),
                };
                Sunk::Table { asize, hbits, template, stores, meta }
            }
            Op::FNEW => {
                let mut upvals = Vec::new();
                for up in sunk::upvalues(t, self.snap, r.index())? {
                    upvals.push(match up {
                        Up::Open(slot, immutable) => SunkUp::Open(slot, immutable),
                        Up::Of(f, k) => SunkUp::Of(self.part(f)?, k),
                        Up::Closed(variable, immutable, v) => SunkUp::Closed(self.variable(variable, immutable, v)?),
                    });
                }
                let parent = t.closure(r).ok_or(Abort::NyiIr)?.parent;
                let parent = self.part(Part { value: parent, at: r.index() })?;
                Sunk::Func { proto: self.places.bits(ins.a)? & abi::tag::PTR_MASK, parent, upvals }
            }
            _ => return Err(Abort::NyiIr),
        };
        // Bits of a template are the bare address; the map has it as a value.
        let object = match object {
            Sunk::Table { asize, hbits, template: Some(b), stores, meta } => {
                let boxed = b & abi::tag::PTR_MASK | abi::tag::TAB << abi::tag::SHIFT;
                Sunk::Table { asize, hbits, template: Some(boxed), stores, meta }
            }
            o => o,
        };
        let k = self.map.sunk.len() as u16;
        self.map.sunk.push(object);
        self.sunk.push((r.index(), k));
        Ok(k)
    }

    /// Returns the closed upvalue that a variable becomes.
    fn variable(&mut self, v: Variable, immutable: bool, value: Part) -> Result<u16, Abort> {
        if let Some(&(_, k)) = self.variables.iter().find(|x| x.0 == v) {
            return Ok(k);
        }
        let value = self.part(value)?;
        let k = self.map.sunk.len() as u16;
        self.map.sunk.push(Sunk::Upval { value, immutable });
        self.variables.push((v, k));
        Ok(k)
    }
}
