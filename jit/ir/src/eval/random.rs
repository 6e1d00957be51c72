//! Random worlds in which the guards of a trace have a fair chance to hold.
//!
//! The value of a slot is made by looking at what the trace does with it: a table that is asked for key `x` mostly has it, with a value
//! of the type that is loaded; and so on through the tables in it. Each such choice goes wrong now and then.

use super::world::{Func, Table, Upval, Value, World};
use crate::closure::Capture;
use crate::field::Field;
use crate::konst::{Const, Shape};
use crate::op::Op;
use crate::source::Source;
use crate::trace::{Ins, Ref, Trace};
use crate::ty::Ty;
use std::collections::BTreeMap;
use std::sync::Arc;

impl World {
    /// Makes a random world for a trace.
    pub fn random(seed: u64, t: &Trace) -> World {
        // Some worlds are made to follow the trace to its end.
        let luck = Source::seeded(!seed).pick(&[85, 97, 100]);
        World::with_luck(seed, t, luck)
    }

    /// Makes a world for which no choice goes wrong.
    pub fn lucky(seed: u64, t: &Trace) -> World {
        World::with_luck(seed, t, 100)
    }

    fn with_luck(seed: u64, t: &Trace, luck: usize) -> World {
        let mut m = Maker { t, src: Source::seeded(seed), luck, world: World::default(), users: BTreeMap::new() };
        for (i, ins) in t.ins.iter().enumerate() {
            for r in ins.refs() {
                m.users.entry(r).or_default().push(i);
            }
        }
        m.world();
        m.world
    }
}

struct Maker<'a> {
    t: &'a Trace,
    src: Source<'static>,
    luck: usize,
    world: World,
    users: BTreeMap<Ref, Vec<usize>>,
}

/// Tables in tables are made to this depth.
const DEPTH: u32 = 4;

impl Maker<'_> {
    fn lucky(&mut self) -> bool {
        self.src.chance(self.luck)
    }

    fn world(&mut self) {
        // Table 0 is the environment, function 0 that of the frame.
        self.world.add_table(Table::new(0, 4));
        self.world.funcs.push(Func::default());
        self.world.multres = self.src.below(4) as i32;
        self.world.attention = self.luck < 100 && self.src.chance(5);
        for (n, c) in self.t.consts.iter().enumerate() {
            if let Const::Templ(p, i) = c {
                let keys = self.template_keys(Ref::konst(n));
                let mut t = Table::new(self.src.below(4), keys.as_ref().map_or(0, |(_, nodes)| *nodes));
                for (n, v) in t.array.iter_mut().enumerate().skip(1) {
                    *v = Value::Num(n as f64);
                }
                for key in keys.map_or_else(|| vec![Arc::from(&b"x"[..])], |(keys, _)| keys) {
                    t.set(Value::Str(key), Value::Num(1.0));
                }
                self.world.templates.insert((*p, *i), t);
            }
        }
        for (i, c) in self.t.consts.iter().enumerate() {
            if let Const::BaseMeta(ty) = c
                && let Value::Table(m) = self.table(Ref::konst(i), 1)
            {
                self.world.base_meta.insert(*ty, m);
            }
        }
        self.world.slots.insert(-2, Value::Func(0));
        for s in 0..self.t.slots.min(64) {
            let v = self.any(Ty::Num);
            self.world.slots.insert(s, v);
        }
        // Loads of a slot in other frames of the trace find what they expect, too.
        let mut done = BTreeMap::new();
        let mut down = 0;
        for (i, ins) in self.t.ins.iter().enumerate() {
            match ins.op {
                Op::RETF => {
                    if let Some(c) = self.t.as_const(ins.a)
                        && self.lucky()
                    {
                        self.world.slots.insert(down - 1, Value::Link(c.clone()));
                    }
                    down -= ins.b.as_lit();
                }
                Op::SLOAD => {
                    let slot = down + ins.a.as_lit();
                    if done.contains_key(&slot) {
                        continue;
                    }
                    let v = match self.src.below(8) {
                        // Two slots with the same object.
                        0 => done.values().find(|(ty, _)| *ty == ins.ty).map(|(_, v): &(Ty, Value)| v.clone()),
                        _ => None,
                    };
                    let v = match v {
                        Some(v) => v,
                        None => self.wanted(Ref::ins(i), 0),
                    };
                    done.insert(slot, (ins.ty, v.clone()));
                    self.world.slots.insert(slot, v);
                }
                _ => {}
            }
        }
    }

    /// Makes a value that load `r` expects.
    fn wanted(&mut self, r: Ref, depth: u32) -> Value {
        let ins = self.t.ins[r.index()];
        if !self.lucky() {
            return self.any(ins.ty);
        }
        match ins.ty {
            Ty::Tab if depth < DEPTH => self.table(r, depth),
            Ty::Func => self.func(r, depth),
            Ty::Int => Value::Num(self.src.below(12) as f64 - 2.0),
            Ty::Str => self.string(r),
            ty => self.typed(ty),
        }
    }

    fn typed(&mut self, ty: Ty) -> Value {
        match ty {
            Ty::False => Value::Bool(false),
            Ty::True => Value::Bool(true),
            Ty::Num => self.number(),
            Ty::Int => Value::Num(self.src.below(10) as f64),
            Ty::Str => Value::str(self.src.pick(&[&b""[..], b"x", b"abc", b"12", b" 0x10 ", b"Lua 5"])),
            Ty::Tab => {
                let size = self.src.below(6);
                let mut t = Table::new(size, 0);
                t.array.iter_mut().skip(1).for_each(|v| *v = Value::Num(1.0));
                self.world.add_table(t)
            }
            Ty::Func => Value::Func(0),
            Ty::Udata => {
                self.world.udata.push(None);
                Value::Udata(self.world.udata.len() - 1)
            }
            Ty::Lightud => Value::Lightud(self.src.below(3) as u64),
            Ty::Thread => Value::Thread(0),
            Ty::Key => Value::Key(self.src.below(4) as i32),
            _ => Value::Nil,
        }
    }

    /// Makes a value of any type, mostly of another one.
    fn any(&mut self, not: Ty) -> Value {
        let ty = self.src.pick(&[Ty::Nil, Ty::True, Ty::Num, Ty::Str, Ty::Num, not]);
        self.typed(ty)
    }

    fn number(&mut self) -> Value {
        let odd = [-0.0, 0.5, -1.5, 1e9, 4294967296.0, -2147483648.0, 2147483647.0, 1e300, f64::INFINITY, f64::NAN];
        Value::Num(if self.src.chance(85) { self.src.below(10) as f64 } else { self.src.pick(&odd) })
    }

    fn users(&self, r: Ref) -> Vec<(Ref, Ins)> {
        let users = self.users.get(&r).map_or(&[][..], |v| v);
        users.iter().map(|&i| (Ref::ins(i), self.t.ins[i])).collect()
    }

    /// Returns the keys and the number of nodes that the first guard on the shape of a copy of a template says it has: a recorder saw them,
    /// and copies are alike.
    fn template_keys(&self, template: Ref) -> Option<(Vec<Arc<[u8]>>, usize)> {
        let copies = self.users(template).into_iter().filter(|(_, u)| u.op == Op::TDUP);
        copies.flat_map(|(copy, _)| self.users(copy).into_iter().map(move |u| (copy, u))).find_map(
            |(copy, (load, ins))| {
                let shape =
                    (ins.op == Op::FLOAD && ins.field() == Some(Field::TabShape)).then(|| self.equal_const(load))??;
                let Const::Shape(s) = shape else { return None };
                let new =
                    self.users(copy).iter().filter(|(r, u)| u.op == Op::NEWREF && r.index() < load.index()).count();
                Some((s.keys.iter().take(s.keys.len().saturating_sub(new)).cloned().collect(), s.nodes as usize))
            },
        )
    }

    /// Returns the other operand of a guard that says `r` equals a constant.
    fn equal_const(&self, r: Ref) -> Option<&Const> {
        let eq = self.users(r).into_iter().find(|(_, u)| u.op == Op::EQ)?.1;
        self.t.as_const(if eq.a == r { eq.b } else { eq.a })
    }

    fn string(&mut self, r: Ref) -> Value {
        match self.equal_const(r) {
            Some(Const::Str(s)) => Value::Str(s.clone()),
            _ => self.typed(Ty::Str),
        }
    }

    fn func(&mut self, r: Ref, depth: u32) -> Value {
        // All functions have as many upvalues as any is asked for.
        let urefs = self.t.ins.iter().filter(|u| matches!(u.op, Op::UREFO | Op::UREFC | Op::UREFS));
        let mut f = Func::default();
        let asked = urefs.map(|u| (u.b.0 & 255) + 1).max().unwrap_or(0);
        let captured = (0..self.t.ins.len()).filter_map(|i| self.t.closure(Ref::ins(i))).flat_map(|c| c.captures);
        let passed = captured.map(|c| if let Capture::Parent(k) = c { k + 1 } else { 0 }).max().unwrap_or(0);
        for _ in 0..asked.max(passed) {
            let v = Value::Num(self.src.below(5) as f64);
            f.upvals.push(self.world.upvals.len());
            self.world.upvals.push(Upval::Closed(v));
        }
        let id = self.world.funcs.len();
        self.world.funcs.push(Func::default());
        for (u, ins) in self.users(r) {
            match (ins.op, ins.field()) {
                (Op::UREFO | Op::UREFC, _) => {
                    let n = ins.b.0 as usize;
                    let load = self.users(u).into_iter().find(|(_, l)| l.op == Op::ULOAD);
                    let v = match load {
                        Some((l, _)) => self.wanted(l, depth + 1),
                        None => self.typed(Ty::Num),
                    };
                    let open = if self.lucky() { ins.op == Op::UREFO } else { self.src.chance(50) };
                    let slot = -20 - f.upvals[n] as i32;
                    self.world.upvals[f.upvals[n]] = if open {
                        self.world.slots.insert(slot, v);
                        Upval::Open(slot)
                    } else {
                        Upval::Closed(v)
                    };
                }
                (Op::UREFS, _) if self.lucky() => {
                    let n = ins.b.as_lit();
                    self.world.upvals[f.upvals[(n & 255) as usize]] = Upval::Open(n >> 8);
                }
                (_, Some(Field::FuncPc)) => {
                    if let Some(Const::Proto(p)) = self.equal_const(u) {
                        f.proto = Some(*p);
                    }
                }
                (_, Some(Field::FuncId)) => {
                    if let Some(Const::Builtin(n)) = self.equal_const(u) {
                        f.builtin = *n;
                    }
                }
                _ => {}
            }
        }
        self.world.funcs[id] = f;
        Value::Func(id)
    }

    /// Makes a table with what the trace looks for in it.
    fn table(&mut self, r: Ref, depth: u32) -> Value {
        let mut t = Table::new(self.src.pick(&[0, 4, 4, 8, 8, 12]), 0);
        let users = self.users(r);
        let node_users = |m: &Self, f: Field| -> Vec<(Ref, Ins)> {
            let parts = users.iter().filter(|(_, u)| u.op == Op::FLOAD && u.field() == Some(f));
            parts.flat_map(|(p, _)| m.users(*p)).collect()
        };
        self.layout(&mut t, &users, &node_users(self, Field::TabNode));
        // What loads through constant keys expect.
        for (u, ins) in node_users(self, Field::TabNode) {
            if let Some(Const::Slot(key, _)) = self.t.as_const(ins.b) {
                let key = Value::Str(key.clone());
                self.fill(&mut t, key, u, depth);
            }
        }
        for &(u, ins) in users.iter().filter(|(_, u)| u.op == Op::HREF) {
            let present = !self.users(u).iter().any(|(_, x)| x.op == Op::EQ);
            if let (Some(key), true) = (self.const_value(ins.b), present == self.lucky()) {
                self.fill(&mut t, key, u, depth);
            }
        }
        // Elements have the types of the loads, most of them the same.
        let loads = node_users(self, Field::TabArray).into_iter().flat_map(|(a, _)| self.users(a));
        let loads: Vec<Ref> = loads.filter(|(_, l)| l.op == Op::ALOAD).map(|(l, _)| l).collect();
        let favourite = if loads.is_empty() { None } else { Some(self.src.pick(&loads)) };
        for i in 1..t.array.len() {
            t.array[i] = match favourite {
                Some(f) if self.src.chance(90) => self.wanted(f, depth + 1),
                Some(_) => {
                    let l = self.src.pick(&loads);
                    self.wanted(l, depth + 1)
                }
                None => self.number(),
            };
        }
        let meta = users.iter().filter(|(_, u)| u.field() == Some(Field::TabMeta) && u.op == Op::FLOAD);
        let loaded = meta.map(|(u, _)| *u).find(|u| self.users(*u).iter().any(|(_, x)| x.op == Op::NE));
        if let Some(meta) = loaded
            && self.lucky()
            && depth < DEPTH
        {
            if let Value::Table(m) = self.table(meta, depth + 1) {
                t.meta = Some(m);
            }
        } else if !self.lucky() {
            t.meta = Some(0);
        }
        self.world.add_table(t)
    }

    /// Lays out the hash part: nodes where the trace expects them.
    fn layout(&mut self, t: &mut Table, users: &[(Ref, Ins)], nodes: &[(Ref, Ins)]) {
        let mut shape = None;
        for (u, ins) in users {
            match (ins.field(), self.equal_const(*u)) {
                (Some(Field::TabShape), Some(Const::Shape(s))) => shape = shape.or(Some((**s).clone())),
                (Some(Field::TabHmask), Some(Const::Int(n))) if t.cap == 0 => {
                    t.cap = (*n as usize + 1).next_power_of_two()
                }
                _ => {}
            }
        }
        let shape = shape.unwrap_or_else(|| {
            // Keys that HREFK names go to their nodes, others fill the gaps.
            let mut keys: Vec<Option<Arc<[u8]>>> = Vec::new();
            for (_, ins) in nodes {
                if let Some(Const::Slot(key, n)) = self.t.as_const(ins.b)
                    && *n < 64
                    && !keys.contains(&Some(key.clone()))
                {
                    keys.resize(keys.len().max(*n as usize + 1), None);
                    keys[*n as usize] = Some(key.clone());
                }
            }
            let keys = keys.into_iter().enumerate();
            let keys: Vec<Arc<[u8]>> =
                keys.map(|(i, k)| k.unwrap_or_else(|| format!("k{i}").as_bytes().into())).collect();
            Shape { nodes: keys.len().next_power_of_two().max(t.cap) as u32, keys }
        });
        t.cap = (shape.nodes as usize).max(t.cap);
        for key in shape.keys {
            let v = self.number();
            t.nodes.push((Value::Str(key), v));
        }
        if !self.lucky() {
            t.nodes.pop();
        }
    }

    /// Sets a key to what the load through address `u` expects.
    fn fill(&mut self, t: &mut Table, key: Value, u: Ref, depth: u32) {
        if key.is_nil() || matches!(key, Value::Num(n) if n.is_nan()) {
            return;
        }
        if let Some((l, _)) = self.users(u).into_iter().find(|(_, l)| l.op == Op::HLOAD) {
            let v = self.wanted(l, depth + 1);
            t.set(key, v);
        } else if t.find(&key).is_none() {
            t.set(key, Value::Num(1.0));
        }
    }

    fn const_value(&self, r: Ref) -> Option<Value> {
        match self.t.as_const(r)? {
            Const::Str(s) => Some(Value::Str(s.clone())),
            Const::Int(n) => Some(Value::Num(f64::from(*n))),
            Const::Num(bits) => Some(Value::Num(f64::from_bits(*bits))),
            _ => None,
        }
    }
}
