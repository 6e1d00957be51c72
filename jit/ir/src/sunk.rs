//! What exits rebuild: sunk allocations and the stores into them.
//!
//! Values have names ([`Names`]): behind LOOP the left operand of a PHI means the value of this round.
//!
//! A sunk object is described by the instructions that would have made it: the allocation, and the sunk stores into it up to the snapshot. If
//! the object is loop-carried, a snapshot in the loop means this round's object, whose parts are this round's values.
//!
//! Of a sunk closure each upvalue is described ([`Up`]).

use crate::{Capture, Const, Field, Op, Ref, Slot, Trace, Variable};
use abi::abort::Abort;

/// Names a value: the index of its instruction, or of the PHI that it is in a loop.
pub type Name = u32;

/// The names of a trace's values.
#[derive(Clone, Debug)]
pub struct Names {
    /// For each instruction the PHI whose left operand it is, or 0.
    phi_of: Vec<u32>,
    loop_at: Option<usize>,
}

impl Names {
    /// Looks at the PHIs of a trace. Sunk objects have none.
    pub fn new(t: &Trace) -> Names {
        let mut phi_of = vec![0; t.ins.len()];
        for (i, ins) in t.ins.iter().enumerate() {
            if ins.op == Op::PHI && ins.a.is_ins() && !ins.is_sunk() && !t.ins[ins.a.index()].is_sunk() {
                phi_of[ins.a.index()] = i as u32;
            }
        }
        Names { phi_of, loop_at: t.loop_at() }
    }

    /// Returns the PHI whose left operand an instruction is, or 0.
    pub fn phi_of(&self, i: usize) -> u32 {
        self.phi_of[i]
    }

    /// Returns where the loop begins.
    pub fn loop_at(&self) -> Option<usize> {
        self.loop_at
    }

    /// Names the value behind `r` for an instruction or snapshot at `at`.
    pub fn name(&self, r: Ref, at: usize) -> Name {
        let i = r.index();
        match self.loop_at {
            Some(l) if at >= l && self.phi_of.get(i).is_some_and(|p| *p as usize > i) => self.phi_of[i],
            _ => i as Name,
        }
    }
}

/// A value that an exit needs, and the position that says which round's it is.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The instruction.
    pub value: Ref,
    /// Position.
    pub at: usize,
}

/// Key of a sunk store.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// A value or constant.
    Value(Part),
    /// The key of a node constant.
    Node(Ref),
    /// The metatable.
    Meta,
}

/// A sunk store.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    /// Where.
    pub key: Key,
    /// What.
    pub value: Part,
}

/// What an upvalue of a sunk closure is.
#[derive(Clone, Copy, Debug)]
pub enum Up {
    /// The open one of a slot.
    Open(Slot, bool),
    /// An upvalue of a function that is there.
    Of(Part, u32),
    /// A variable of its own, of sunk closures; its value.
    Closed(Variable, bool, Part),
}

/// Describes the upvalues of the sunk closure `f` at snapshot `snap`.
pub fn upvalues(t: &Trace, snap: usize, f: usize) -> Result<Vec<Up>, Abort> {
    let end = t.snaps[snap].at as usize;
    let count = t.closure(Ref::ins(f)).ok_or(Abort::NyiIr)?.captures.len();
    (0..count).map(|k| upvalue(t, end, f, k)).collect()
}

fn upvalue(t: &Trace, end: usize, f: usize, k: usize) -> Result<Up, Abort> {
    let (mut f, mut k) = (f, k);
    loop {
        let c = t.closure(Ref::ins(f)).ok_or(Abort::NyiIr)?;
        match *c.captures.get(k).ok_or(Abort::NyiIr)? {
            Capture::Parent(i) if c.parent.is_ins() && t.ins[c.parent.index()].is_sunk() => {
                (f, k) = (c.parent.index(), i as usize);
            }
            Capture::Parent(i) => return Ok(Up::Of(Part { value: c.parent, at: f }, i)),
            Capture::Local { slot, immutable } if t.closed_at(slot, f, end).is_none() => {
                return Ok(Up::Open(slot, immutable));
            }
            Capture::Local { immutable, .. } => {
                let variable = t.variable(Ref::ins(f), k as u32);
                let stores = |&j: &usize| {
                    let s = t.ins[j];
                    let to = |a: Ref| t.is_variable(t.ins[a.index()].a, t.ins[a.index()].b.0, variable);
                    s.op == Op::USTORE && s.is_sunk() && to(s.a)
                };
                let j = (1..end).rev().find(stores).ok_or(Abort::NyiIr)?;
                return Ok(Up::Closed(variable, immutable, Part { value: t.ins[j].b, at: j }));
            }
        }
    }
}

fn position(t: &Trace, snap: usize, obj: usize, store: usize) -> usize {
    let carried = t.ins.iter().any(|i| i.op == Op::PHI && i.a == Ref::ins(obj));
    if carried { t.snaps[snap].at as usize } else { store }
}

/// Returns address and length of the sunk string `obj`.
pub fn bytes(t: &Trace, snap: usize, obj: usize) -> [Part; 2] {
    let at = position(t, snap, obj, obj);
    [t.ins[obj].a, t.ins[obj].b].map(|value| Part { value, at })
}

/// Collects the sunk stores into object `obj` that snapshot `snap` knows.
pub fn stores(t: &Trace, snap: usize, obj: usize) -> Result<Vec<Store>, Abort> {
    let mut out = Vec::new();
    let ends = (t.snaps[snap].at as usize).min(t.ins.len());
    for (i, ins) in t.ins.iter().enumerate().take(ends).skip(obj + 1) {
        if !ins.is_sunk() || !matches!(ins.op, Op::ASTORE | Op::HSTORE | Op::FSTORE) || !ins.a.is_ins() {
            continue;
        }
        let adr = t.ins[ins.a.index()];
        let of_part = |r: Ref| r.is_ins() && t.ins[r.index()].op == Op::FLOAD && t.ins[r.index()].a == Ref::ins(obj);
        let at = position(t, snap, obj, i);
        let part = |value| Part { value, at };
        let key = match adr.op {
            Op::AREF if of_part(adr.a) => Key::Value(part(adr.b)),
            Op::HREFK if of_part(adr.a) => Key::Node(adr.b),
            Op::HREF | Op::NEWREF if adr.a == Ref::ins(obj) => Key::Value(part(adr.b)),
            Op::FREF if adr.a == Ref::ins(obj) && Field::ALL.get(adr.b.as_lit() as usize) == Some(&Field::TabMeta) => {
                Key::Meta
            }
            _ => continue,
        };
        out.push(Store { key, value: part(ins.b) });
    }
    Ok(out)
}

/// Calls `f` for every value that entry `r` of snapshot `snap` needs.
pub fn parts(t: &Trace, snap: usize, r: Ref, f: &mut impl FnMut(Part)) -> Result<(), Abort> {
    walk(t, snap, Part { value: r, at: t.snaps[snap].at as usize }, 0, f)
}

/// Returns the values, each once, that the sunk objects of snapshot `snap` are made of, in an order that depends on the trace alone: where a
/// precompiled exit leaves them.
pub fn spilled(t: &Trace, names: &Names, snap: usize) -> Result<Vec<Name>, Abort> {
    let mut out = Vec::new();
    for &(_, r) in t.snaps[snap].entries.iter().filter(|e| is_sunk(t, e.1)) {
        parts(t, snap, r, &mut |p| {
            let name = names.name(p.value, p.at);
            if !out.contains(&name) {
                out.push(name);
            }
        })?;
    }
    Ok(out)
}

/// Returns those of [`spilled`] that are in no slot of the snapshot: side traces inherit them by their positions.
pub fn needed(t: &Trace, names: &Names, snap: usize) -> Result<Vec<Name>, Abort> {
    let s = &t.snaps[snap];
    let entries = s.entries.iter().filter(|e| e.1.is_ins() && !is_sunk(t, e.1));
    let slots: Vec<Name> = entries.map(|e| names.name(e.1, s.at as usize)).collect();
    let mut out = spilled(t, names, snap)?;
    out.retain(|name| !slots.contains(name));
    Ok(out)
}

/// Says whether a value is a sunk object, or a sunk conversion.
pub fn is_sunk(t: &Trace, r: Ref) -> bool {
    r.is_ins() && t.ins[r.index()].is_sunk() && !t.ins[r.index()].ty.is_pri()
}

/// First of the pseudo slots by which a side trace inherits [`needed`] values.
pub const PARTS: Slot = 1 << 16;

fn walk(t: &Trace, snap: usize, p: Part, depth: usize, f: &mut impl FnMut(Part)) -> Result<(), Abort> {
    let r = p.value;
    if !r.is_ins() || t.ty(r).is_pri() {
        return Ok(());
    }
    let ins = t.ins[r.index()];
    if !ins.is_sunk() {
        f(p);
        return Ok(());
    }
    // Objects that contain each other are not sunk.
    if depth > 16 {
        return Err(Abort::NyiIr);
    }
    match ins.op {
        Op::SNEW => bytes(t, snap, r.index()).into_iter().try_for_each(|p| walk(t, snap, p, depth + 1, f)),
        Op::CONV => walk(t, snap, Part { value: ins.a, at: p.at }, depth + 1, f),
        Op::TNEW | Op::TDUP => {
            for s in stores(t, snap, r.index())? {
                if let Key::Value(k) = s.key {
                    walk(t, snap, k, depth + 1, f)?;
                }
                walk(t, snap, s.value, depth + 1, f)?;
            }
            Ok(())
        }
        Op::FNEW => {
            for up in upvalues(t, snap, r.index())? {
                match up {
                    Up::Open(..) => {}
                    Up::Of(g, _) => walk(t, snap, g, depth + 1, f)?,
                    Up::Closed(_, _, v) => walk(t, snap, v, depth + 1, f)?,
                }
            }
            // Its environment is the parent's.
            let parent = t.closure(r).ok_or(Abort::NyiIr)?.parent;
            walk(t, snap, Part { value: parent, at: r.index() }, depth + 1, f)
        }
        _ => Err(Abort::NyiIr),
    }
}

/// Says whether a constant is the null address.
pub fn is_null(t: &Trace, r: Ref) -> bool {
    matches!(t.as_const(r), Some(Const::Null))
}
