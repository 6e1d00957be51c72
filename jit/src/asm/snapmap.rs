//! Exits' maps: what the runtime writes to the stack, and from where.

use super::alloc::Allocation;
use super::place::Place;
use super::select::{Selection, canonical, phis_by_left};
use super::sunk::{self, Key, Part, Up};
use super::x64::slot_bits;
use crate::backend::Request;
use abi::abort::Abort;
use abi::exit::{Form, Loc, SlotMap, SnapMap, Sunk, SunkUp, SunkValue};
use ir::{Conv, Op, Ref, Ty, Variable};

struct Maker<'a> {
    req: &'a Request<'a>,
    sel: &'a Selection,
    alloc: &'a Allocation,
    phi_of: &'a [u32],
    loop_at: Option<usize>,
    snap: usize,
    sunk: Vec<(usize, u16)>,
    variables: Vec<(Variable, u16)>,
    map: SnapMap,
}

/// Makes the maps of all exits. Exits nobody takes have no slots.
pub fn build(req: &Request<'_>, sel: &Selection, alloc: &Allocation) -> Result<Vec<SnapMap>, Abort> {
    let t = req.trace;
    let phi_of = phis_by_left(t);
    let mut out = Vec::new();
    req.growth.room(&mut out, t.snaps.len())?;
    for (s, snap) in t.snaps.iter().enumerate() {
        let pc = snap.pc.map_or(0, |r| req.bits[r.index()]);
        let map = SnapMap { base: snap.base, top: snap.top, pc, multres: snap.multres, ..SnapMap::default() };
        let (sunk, variables) = (Vec::new(), Vec::new());
        let mut m = Maker { req, sel, alloc, phi_of: &phi_of, loop_at: t.loop_at(), snap: s, sunk, variables, map };
        if sel.taken[s] {
            req.growth.room(&mut m.map.slots, snap.entries.len())?;
            for &(slot, r) in &snap.entries {
                let (loc, form) = m.value(Part { value: r, at: snap.at as usize })?;
                m.map.slots.push(SlotMap { slot, loc, form });
            }
        }
        out.push(m.map);
    }
    Ok(out)
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

impl Maker<'_> {
    fn value(&mut self, p: Part) -> Result<(Loc, Form), Abort> {
        let (t, r) = (self.req.trace, p.value);
        let ty = t.ty(r);
        if r.is_const() || ty.is_pri() {
            return Ok((Loc::Const(slot_bits(t, self.req, r)), Form::Raw));
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
        let v = canonical(t, self.phi_of, self.loop_at, r, p.at);
        let k = self.sel.snap_vals[self.snap].iter().position(|&x| x == v).ok_or(Abort::Inconsistent)?;
        let loc = match self.alloc.snaps[self.snap][k] {
            Place::Reg(r) if r.is_fpr() => Loc::Fpr(r.number()),
            Place::Reg(r) => Loc::Gpr(r.number()),
            Place::Slot(s) => Loc::Spill(s),
        };
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
        let t = self.req.trace;
        let ins = t.ins[r.index()];
        let object = match ins.op {
            Op::SNEW => {
                let at = r.index();
                let (ptr, len) = (self.part(Part { value: ins.a, at })?, self.part(Part { value: ins.b, at })?);
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
                            let key = SunkValue { loc: Loc::Const(self.req.keys[k.index()]), form: Form::Raw };
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
                    _ => (0, 0, Some(self.req.bits[ins.a.index()])),
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
                Sunk::Func { proto: self.req.bits[ins.a.index()] & abi::tag::PTR_MASK, parent, upvals }
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
