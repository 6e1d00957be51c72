//! The beginning of a side trace: the parent's values at the exit, and what the parent had sunk.
//!
//! Values are inherited by SLOADs with the flag PARENT, whose slot names the entry of the parent's snapshot. Parts of sunk objects are in no slot:
//! they get pseudo slots from [`PARTS`] on, in the order of [`sunk::needed`], whose locations go to the backend with the parent's map ([`super::Recorder::parts`]).
//! The sunk objects are there twice: as sunk instructions again, for the first snapshot, which stands for the state at the entry; and then
//! really made by the side trace, which may sink them in turn. So what fails while they are made leaves as if nothing had happened.
//!
//! Closures whose variables are closed are made in frames above all others, one for all that share variables; once everything is made, these
//! frames are closed together. Absent: closures of which some variables are closed and others open, and those that would need two frames.

use super::{Rec, Res, Tr};
use abi::abort::Abort;
use abi::exit::{Loc, SlotMap, SnapMap, Sunk, SunkUp, SunkValue};
use ir::sunk::{self, Key, Name, Names, Part, Up};
use ir::{Capture, Closure, Const, Field, Ins, Op, Ref, Slot, Trace, Ty, Variable, flag};
use std::collections::HashMap;

/// How far above the parent's frames closures with closed variables are made.
const ABOVE: Slot = 8;
pub use ir::sunk::PARTS;

/// The parent and what was replayed of it.
struct Parent<'a> {
    trace: &'a Trace,
    exit: usize,
    map: &'a SnapMap,
    names: Names,
    /// Names of parts by pseudo slot.
    parts: Vec<Name>,
    /// Values that are there.
    values: HashMap<Name, Tr>,
    /// Objects made in this round.
    made: HashMap<Ref, Tr>,
    /// They are sunk.
    sink: bool,
    /// Closures that are being made: one may be the value of its own variable.
    busy: Vec<Ref>,
    /// Frames for closed variables.
    frames: Vec<Above>,
}

/// A closed variable of a sunk closure.
struct Closed {
    /// Slot of the closure's frame.
    slot: Slot,
    variable: Variable,
    /// Which of the closure's upvalues it is.
    at: usize,
    value: Tr,
}

/// A frame above all others, for closures whose variables are closed.
struct Above {
    /// Slot 0 of the frame that it stands for.
    of: Slot,
    /// Its own.
    base: Slot,
    /// What was captured in which of its slots.
    variables: Vec<(Slot, Variable)>,
    /// What goes into the variables once they are closed: a closure, which of its upvalues, the value.
    values: Vec<(Tr, usize, Tr)>,
}

impl Rec<'_> {
    /// Takes over the values of the parent's snapshot.
    pub(super) fn replay(&mut self, parent: &Trace, exit: usize, map: &SnapMap) -> Res<()> {
        let snap = parent.snaps.get(exit).ok_or(Abort::Inconsistent)?;
        let is_sunk = |r: Ref| r.is_ins() && parent.ins[r.index()].is_sunk();
        let names = Names::new(parent);
        let parts = sunk::needed(parent, &names, exit)?;
        let mut p = Parent {
            trace: parent,
            exit,
            map,
            names,
            parts,
            values: HashMap::new(),
            made: HashMap::new(),
            sink: true,
            busy: Vec::new(),
            frames: Vec::new(),
        };
        // Where there are multiple results, the instruction that the exit goes on with takes them.
        self.t.multres = self.first_result().zip(snap.multres);
        for &(slot, r) in snap.entries.iter().filter(|e| !is_sunk(e.1)) {
            let tr = match parent.as_const(r) {
                Some(c) => self.konst(c.clone()),
                None => {
                    let name = p.names.name(r, snap.at as usize);
                    let tr = match p.values.get(&name) {
                        Some(tr) => *tr,
                        None => self.inherit(slot, parent.ins[r.index()].ty)?,
                    };
                    p.values.insert(name, tr);
                    tr
                }
            };
            self.put(slot, tr, false);
        }
        for sink in [true, false] {
            p.sink = sink;
            p.made.clear();
            for &(slot, r) in snap.entries.iter().filter(|e| is_sunk(e.1)) {
                let loc = map.slots.iter().find(|s| s.slot == slot).map(|s| s.loc);
                let tr = self.replay_sunk(&mut p, r, loc.ok_or(Abort::Inconsistent)?)?;
                self.put(slot, tr, false);
            }
            self.close_frames(&mut p)?;
            if sink {
                self.snapshot()?;
                if p.made.keys().any(|r| parent.ins[r.index()].op == Op::FNEW) {
                    // What these closures captured is none of the next ones' business.
                    self.raw(&p, Ins::new(Op::UCLO, Ty::Void, Ref::lit(-(1 << 16)), Ref::lit(1)))?;
                }
            }
        }
        if snap.entries.iter().any(|e| is_sunk(e.1)) {
            self.want_snapshot();
        }
        Ok(())
    }

    /// A part of a sunk object: a constant, another sunk object, or a value somewhere.
    fn replay_part(&mut self, p: &mut Parent<'_>, part: Part, v: SunkValue) -> Res<Tr> {
        let r = part.value;
        if let Some(c) = p.trace.as_const(r) {
            return Ok(self.konst(c.clone()));
        }
        let ty = p.trace.ins[r.index()].ty;
        if p.trace.ins[r.index()].is_sunk() {
            return self.replay_sunk(p, r, v.loc);
        }
        if ty.is_pri() {
            return Ok(self.konst(Const::Pri(ty)));
        }
        let name = p.names.name(r, part.at);
        if let Some(tr) = p.values.get(&name) {
            return Ok(*tr);
        }
        let n = p.parts.iter().position(|x| *x == name).ok_or(Abort::Inconsistent)?;
        let slot = PARTS + n as Slot;
        self.t.parts.push(SlotMap { slot, loc: v.loc, form: v.form });
        let tr = self.inherit(slot, ty)?;
        p.values.insert(name, tr);
        Ok(tr)
    }

    /// Makes a sunk object again.
    fn replay_sunk(&mut self, p: &mut Parent<'_>, r: Ref, loc: Loc) -> Res<Tr> {
        if let Some(tr) = p.made.get(&r) {
            return Ok(*tr);
        }
        let ins = p.trace.ins[r.index()];
        let Loc::Sunk(i) = loc else { return Err(Abort::Inconsistent) };
        let map = p.map.sunk.get(usize::from(i)).ok_or(Abort::Inconsistent)?;
        let tr = match (ins.op, map) {
            (Op::SNEW, Sunk::Str { ptr, len }) => {
                let [a, b] = sunk::bytes(p.trace, p.exit, r.index());
                let (a, b) = (self.replay_part(p, a, *ptr)?, self.replay_part(p, b, *len)?);
                self.raw(p, Ins::guard(Op::SNEW, Ty::Str, a.r, b.r))?
            }
            (Op::TNEW, _) => self.raw(p, Ins::guard(Op::TNEW, Ty::Tab, ins.a, ins.b))?,
            (Op::TDUP, _) => {
                let c = p.trace.as_const(ins.a).cloned().ok_or(Abort::Inconsistent)?;
                let k = self.t.b.konst(c);
                self.raw(p, Ins::guard(Op::TDUP, Ty::Tab, k, Ref::NONE))?
            }
            (Op::FNEW, Sunk::Func { parent, upvals, .. }) => self.replay_closure(p, r, *parent, upvals)?,
            _ => return Err(Abort::NyiIr),
        };
        p.made.insert(r, tr);
        if let Sunk::Table { stores, meta, .. } = map {
            let mut located = stores.iter();
            // A key that was stored to several times is inserted once, where it was first, with the last value: NEWREF is for keys that are
            // not there.
            let mut last: Vec<(sunk::Store, SunkValue, SunkValue)> = Vec::new();
            for s in sunk::stores(p.trace, p.exit, r.index())? {
                if let Key::Meta = s.key {
                    let v = self.replay_part(p, s.value, meta.ok_or(Abort::Inconsistent)?)?;
                    let a = self.raw(p, Ins::new(Op::FREF, Ty::Ptr, tr.r, Ref::lit(Field::TabMeta as i32)))?;
                    self.raw(p, Ins::new(Op::FSTORE, Ty::Tab, a.r, v.r))?;
                    continue;
                }
                let (k, v) = located.next().ok_or(Abort::Inconsistent)?;
                let same = |o: &&mut (sunk::Store, SunkValue, SunkValue)| matches!((&o.0.key, &s.key), (Key::Value(a), Key::Value(b)) if a.value == b.value && a.value.is_const());
                match last.iter_mut().find(same) {
                    Some(old) => (old.0.value, old.2) = (s.value, *v),
                    None => last.push((s, *k, *v)),
                }
            }
            for (s, k, v) in last {
                let value = self.replay_part(p, s.value, v)?;
                self.replay_store(p, tr, s.key, k, value)?;
            }
        }
        Ok(tr)
    }

    /// Makes a sunk closure again. If its variables are closed, it is made in a frame above all others, which is closed later.
    fn replay_closure(&mut self, p: &mut Parent<'_>, f: Ref, parent: SunkValue, ups: &[SunkUp]) -> Res<Tr> {
        if p.busy.contains(&f) {
            return Err(Abort::NyiIr);
        }
        p.busy.push(f);
        let ins = p.trace.ins[f.index()];
        let c = p.trace.closure(f).ok_or(Abort::Inconsistent)?;
        let parent = self.replay_part(p, Part { value: c.parent, at: f.index() }, parent)?;
        let closed = self.replay_closed(p, f, &c, ups)?;
        let frame = if closed.is_empty() { None } else { Some(Self::frame_above(p, &c, &closed)?) };
        let base = frame.map_or(c.base, |n| p.frames[n].base);
        let list = p.trace.args(ins.b);
        let mut at = parent.r;
        for (n, &r) in list.iter().enumerate().skip(1) {
            let k = match n {
                1 => self.t.b.trace_mut().kint(base),
                _ => self.t.b.konst(p.trace.as_const(r).cloned().ok_or(Abort::Inconsistent)?),
            };
            at = self.raw(p, Ins::new(Op::CARG, Ty::Void, at, k))?.r;
        }
        let mut fresh = Vec::new();
        for v in closed {
            let Some(frame) = frame.and_then(|n| p.frames.get_mut(n)) else { return Err(Abort::Inconsistent) };
            if frame.variables.iter().any(|x| x.0 == v.slot) {
                continue;
            }
            frame.variables.push((v.slot, v.variable));
            self.need_slots(base + v.slot + 1)?;
            self.raw(p, Ins::new(Op::CSTORE, v.value.ty, Ref::lit(base + v.slot), v.value.r))?;
            fresh.push(v);
        }
        let k = self.t.b.konst(p.trace.as_const(ins.a).cloned().ok_or(Abort::Inconsistent)?);
        let made = self.raw(p, Ins::guard(Op::FNEW, Ty::Func, k, at))?;
        if let Some(frame) = frame.and_then(|n| p.frames.get_mut(n)) {
            frame.values.extend(fresh.into_iter().map(|v| (made, v.at, v.value)));
        }
        p.busy.pop();
        Ok(made)
    }

    /// Returns the frame for a closure's closed variables: the one that has some of them, or a new one.
    fn frame_above(p: &mut Parent<'_>, c: &Closure, closed: &[Closed]) -> Res<usize> {
        let has = |f: &Above, v: &Closed| f.variables.iter().any(|x| x.1 == v.variable);
        let mut having = (0..p.frames.len()).filter(|&n| closed.iter().any(|v| has(&p.frames[n], v)));
        if let Some(n) = having.next() {
            let f = &p.frames[n];
            // A slot may have had another variable before.
            let fits = |v: &Closed| f.variables.iter().all(|x| (x.0 == v.slot) == (x.1 == v.variable));
            let one = having.next().is_none() && f.of == c.base && closed.iter().all(fits);
            return if one { Ok(n) } else { Err(Abort::NyiIr) };
        }
        let size = |i: usize| {
            let c = p.trace.closure(Ref::ins(i));
            c.and_then(|c| c.slots().map(|s| s - c.base + 1).max()).unwrap_or(0)
        };
        let most = (1..p.trace.ins.len()).map(size).max().unwrap_or(0);
        let base = p.trace.snaps[p.exit].top + ABOVE + p.frames.len() as Slot * most;
        p.frames.push(Above { of: c.base, base, variables: Vec::new(), values: Vec::new() });
        Ok(p.frames.len() - 1)
    }

    /// Closes the frames above all others.
    fn close_frames(&mut self, p: &mut Parent<'_>) -> Res<()> {
        let frames = std::mem::take(&mut p.frames);
        let Some(first) = frames.first() else { return Ok(()) };
        self.raw(p, Ins::new(Op::UCLO, Ty::Void, Ref::lit(first.base), Ref::lit(1)))?;
        for (f, at, v) in frames.iter().flat_map(|f| &f.values) {
            let to = self.raw(p, Ins::new(Op::UREFC, Ty::Ptr, f.r, Ref::lit(*at as i32)))?;
            self.raw(p, Ins::new(Op::USTORE, v.ty, to.r, v.r))?;
            if v.ty.is_gc() {
                self.raw(p, Ins::new(Op::OBAR, v.ty, to.r, v.r))?;
            }
        }
        Ok(())
    }

    /// Returns the closed variables that a sunk closure captured itself. All must be closed or none, and no closure that is not sunk may
    /// share them.
    fn replay_closed(&mut self, p: &mut Parent<'_>, f: Ref, c: &Closure, ups: &[SunkUp]) -> Res<Vec<Closed>> {
        let all = sunk::upvalues(p.trace, p.exit, f.index())?;
        let mut out = Vec::new();
        let mut open = 0;
        for (at, capture) in c.captures.iter().enumerate() {
            let Capture::Local { slot, .. } = *capture else { continue };
            let (Up::Closed(variable, _, part), SunkUp::Closed(i)) = (all[at], ups[at]) else {
                open += 1;
                continue;
            };
            let Some(Sunk::Upval { value, .. }) = p.map.sunk.get(usize::from(i)) else {
                return Err(Abort::Inconsistent);
            };
            let made = (1..p.trace.ins.len()).map(Ref::ins).filter(|g| !p.trace.ins[g.index()].is_sunk());
            for g in made {
                let Some(d) = p.trace.closure(g) else { continue };
                let shares = |k: usize| p.trace.is_variable(g, k as u32, variable);
                if d.slots().any(|s| s == slot) && (0..d.captures.len()).any(shares) {
                    return Err(Abort::NyiIr);
                }
            }
            out.push(Closed { slot: slot - c.base, variable, at, value: self.replay_part(p, part, *value)? });
        }
        if open > 0 && !out.is_empty() { Err(Abort::NyiIr) } else { Ok(out) }
    }

    fn replay_store(&mut self, p: &mut Parent<'_>, t: Tr, key: Key, k: SunkValue, value: Tr) -> Res<()> {
        let store = match key {
            Key::Node(slot) => {
                let c = p.trace.as_const(slot).cloned().ok_or(Abort::Inconsistent)?;
                let Const::Slot(..) = c else { return Err(Abort::Inconsistent) };
                let c = self.t.b.konst(c);
                let node = self.raw(p, Ins::new(Op::FLOAD, Ty::Ptr, t.r, Ref::lit(Field::TabNode as i32)))?;
                let at = self.raw(p, Ins::new(Op::HREFK, Ty::Ptr, node.r, c))?;
                Ins::new(Op::HSTORE, value.ty, at.r, value.r)
            }
            Key::Value(part) => {
                let key = self.replay_part(p, part, k)?;
                let asize = self.array_size(t.r);
                let index = match self.t.b.trace().as_const(key.r) {
                    Some(Const::Int(i)) => Some(*i),
                    _ => None,
                };
                if key.ty == Ty::Int && index.is_none_or(|i| (0..asize).contains(&i)) {
                    let array = self.raw(p, Ins::new(Op::FLOAD, Ty::Ptr, t.r, Ref::lit(Field::TabArray as i32)))?;
                    let at = self.raw(p, Ins::new(Op::AREF, Ty::Ptr, array.r, key.r))?;
                    Ins::new(Op::ASTORE, value.ty, at.r, value.r)
                } else {
                    let key = self.as_num(key)?;
                    let at = self.raw(p, Ins::guard(Op::NEWREF, Ty::Ptr, t.r, key.r))?;
                    Ins::new(Op::HSTORE, value.ty, at.r, value.r)
                }
            }
            Key::Meta => return Ok(()),
        };
        self.raw(p, store).map(|_| ())
    }

    /// Array slots of a table that this trace made; many for one whose template is not known here.
    fn array_size(&self, t: Ref) -> i32 {
        match self.t.b.trace().ins[t.index()] {
            Ins { op: Op::TNEW, a, .. } => a.as_lit(),
            _ => i32::MAX,
        }
    }

    /// Emits an instruction, in the first round as one that is not executed.
    fn raw(&mut self, p: &Parent<'_>, ins: Ins) -> Res<Tr> {
        let r = match p.sink {
            // Addresses and loads of fields only say where a sunk store goes.
            true => self.t.b.emit_raw(Ins { flags: flag::SINK, ..ins })?,
            false => self.t.b.emit(ins)?,
        };
        Ok(Tr { r, ty: ins.ty })
    }
}
