//! Exits: a snapshot's entries become slots, sunk objects are rebuilt.

use super::State;
use super::machine::{Eval, Machine, boxed};
use super::world::{Table, Upval, Value, World};
use crate::closure::{Capture, Variable};
use crate::konst::Const;
use crate::op::Op;
use crate::trace::{Ref, Trace};
use std::collections::HashMap;

impl Machine<'_> {
    /// Gives the state behind an exit through snapshot `n`.
    pub(super) fn restore(&self, n: usize) -> Eval<State> {
        let snap = &self.t.snaps[n];
        let pc = snap.pc.and_then(|r| self.t.as_const(r)).cloned().ok_or("the snapshot has no pc")?;
        let mut world = self.world.clone();
        let mut built = HashMap::new();
        let mut values = Vec::new();
        for &(slot, r) in &snap.entries {
            values.push((slot, self.rebuild(r, snap.at as usize, &mut world, &mut built)?));
        }
        for (slot, v) in values {
            world.slots.insert(self.base + slot, v);
        }
        if let Some(m) = snap.multres {
            world.multres = m as i32;
        }
        let (base, top, multres) = (self.base + snap.base, self.base + snap.top, world.multres);
        Ok(State { pc, base, top, multres, world })
    }

    /// Gives a value for a slot or a field; a sunk object is made once.
    fn rebuild(&self, r: Ref, at: usize, world: &mut World, built: &mut HashMap<Ref, Value>) -> Eval<Value> {
        if !r.is_ins() || !self.t.ins[r.index()].is_sunk() {
            return boxed(self.val(r)?);
        }
        if let Some(v) = built.get(&r) {
            return Ok(v.clone());
        }
        let ins = self.t.ins[r.index()];
        if ins.op == Op::FNEW {
            return self.rebuild_closure(r, at, world, built);
        }
        let table = match ins.op {
            Op::TNEW => Table::new(ins.a.as_lit() as usize, nodes(ins.b)),
            Op::TDUP => self.template(ins.a)?,
            Op::SNEW => {
                let bytes = self.t.ins[ins.a.index()];
                if !ins.a.is_ins() || bytes.op != Op::STRREF {
                    return Err("a sunk string's address is no STRREF".into());
                }
                let text = self.slice(&self.text(bytes.a)?, self.int(bytes.b)?, self.int(ins.b)?)?;
                return Ok(Value::Str(text));
            }
            op => return Err(format!("a sunk {} in a snapshot", op.name())),
        };
        let v = world.add_table(table);
        built.insert(r, v.clone());
        let id = world.tables.len() - 1;
        for j in r.index() + 1..at {
            let store = self.t.ins[j];
            if !store.is_sunk() || target(self.t, j) != Some(r) {
                continue;
            }
            let address = self.t.ins[store.a.index()];
            if store.op == Op::FSTORE {
                world.tables[id].meta = match self.t.as_const(store.b) {
                    Some(Const::Null) => None,
                    _ => match self.rebuild(store.b, at, world, built)? {
                        Value::Table(m) => Some(m),
                        _ => return Err("a sunk metatable is no table".into()),
                    },
                };
                continue;
            }
            let key = match self.t.as_const(address.b) {
                Some(Const::Slot(key, _)) => Value::Str(key.clone()),
                _ => self.rebuild(address.b, at, world, built)?,
            };
            let value = self.rebuild(store.b, at, world, built)?;
            world.tables[id].set(key, value);
        }
        Ok(v)
    }

    /// Makes a sunk closure. Upvalues that the trace has closed have the values of their latest sunk stores.
    fn rebuild_closure(&self, f: Ref, at: usize, world: &mut World, built: &mut HashMap<Ref, Value>) -> Eval<Value> {
        let c = self.t.closure(f).ok_or("no closure")?;
        let Value::Func(parent) = self.rebuild(c.parent, at, world, built)? else { return Err("no parent".into()) };
        let mut upvals = Vec::new();
        for (i, capture) in c.captures.iter().enumerate() {
            upvals.push(match *capture {
                Capture::Parent(k) => *world.funcs[parent].upvals.get(k as usize).ok_or("no such upvalue")?,
                Capture::Local { slot, .. } if self.t.closed_at(slot, f.index(), at).is_none() => {
                    world.open_upvalue(self.base + slot)
                }
                Capture::Local { slot, .. } => {
                    let variable = self.t.variable(f, i as u32);
                    // The first closure that is rebuilt makes it.
                    let sharer = built.iter().find_map(|(g, v)| match (self.t.closure(*g), v) {
                        (Some(d), Value::Func(v)) => {
                            let k = (0..d.captures.len()).find(|&k| self.t.variable(*g, k as u32) == variable)?;
                            world.funcs[*v].upvals.get(k).copied()
                        }
                        _ => None,
                    });
                    match sharer {
                        Some(u) => u,
                        None => {
                            let store = (f.index().min(owner(variable))..at).rev().find(|&j| {
                                let s = self.t.ins[j];
                                let to = |a: Ref| self.t.ins[a.index()];
                                s.op == Op::USTORE && self.t.variable(to(s.a).a, to(s.a).b.0) == variable
                            });
                            let store = store.ok_or_else(|| format!("slot {slot} was closed without a value"))?;
                            let v = self.rebuild(self.t.ins[store].b, at, world, built)?;
                            world.upvals.push(Upval::Closed(v));
                            world.upvals.len() - 1
                        }
                    }
                }
            });
        }
        let v = world.add_func(self.t, f, parent, upvals)?;
        built.insert(f, v.clone());
        Ok(v)
    }

    pub(super) fn template(&self, r: Ref) -> Eval<Table> {
        match self.t.as_const(r) {
            Some(Const::Templ(p, i)) => Ok(self.world.templates.get(&(*p, *i)).cloned().unwrap_or_default()),
            _ => Err("no template".into()),
        }
    }

    pub(super) fn slice(&self, s: &std::sync::Arc<[u8]>, from: i32, len: i32) -> Eval<std::sync::Arc<[u8]>> {
        let range = usize::try_from(from).ok().zip(usize::try_from(len).ok());
        let part = range.and_then(|(from, len)| s.get(from..from.checked_add(len)?));
        part.map(Into::into).ok_or_else(|| "bytes outside the string".into())
    }
}

/// Returns where a variable was captured first.
fn owner(v: Variable) -> usize {
    match v {
        Variable::Local { owner, .. } => owner,
        Variable::Of(..) => 0,
    }
}

/// Returns the number of nodes for a literal of TNEW.
pub(super) fn nodes(hbits: Ref) -> usize {
    match hbits.as_lit() {
        0 => 0,
        n => 1 << n,
    }
}

/// Returns the object that a store writes to, followed through addresses.
fn target(t: &Trace, store: usize) -> Option<Ref> {
    let ins = |r: Ref| if r.is_ins() { t.ins.get(r.index()).copied() } else { None };
    let address = ins(t.ins[store].a)?;
    match (t.ins[store].op, address.op) {
        (Op::ASTORE, Op::AREF) | (Op::HSTORE, Op::HREFK) => Some(ins(address.a)?.a),
        (Op::HSTORE, Op::HREF | Op::NEWREF) | (Op::FSTORE, Op::FREF) => Some(address.a),
        _ => None,
    }
}
