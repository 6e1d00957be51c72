//! The machine: values of instructions, and the loop over them.

use super::world::{Value, World};
use super::{Outcome, State, number};
use crate::field::Field;
use crate::konst::{Const, ProtoKey, Shape};
use crate::op::Op;
use crate::trace::{Link, Ref, Slot, Trace};
use crate::ty::Ty;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A result, or what the trace did that is not defined.
pub(super) type Eval<T> = Result<T, String>;

/// An address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Addr {
    Base,
    Null,
    NilSlot,
    /// Array part of a table, which had moved so often.
    Array(usize, u32),
    /// Hash part.
    Nodes(usize, u32),
    /// Element of an array part.
    Elem(usize, u32, i32),
    /// Node of a hash part.
    Node(usize, u32, i32),
    Upval(usize),
    Field(usize, Field),
    Byte(Arc<[u8]>, i32),
}

/// What an instruction gives.
#[derive(Clone, Debug)]
pub(super) enum Val {
    Boxed(Value),
    Int(i32),
    Key(i32),
    Addr(Addr),
    Proto(Option<ProtoKey>),
    /// Nothing: stores, guards, markers, what is sunk.
    None,
}

/// What comes after an instruction.
pub(super) enum Flow {
    Next,
    Fail,
}

#[derive(Clone)]
pub(super) struct Machine<'a> {
    pub t: &'a Trace,
    pub world: World,
    pub vals: Vec<Option<Val>>,
    /// Current base, from the base at entry.
    pub base: Slot,
    /// Values of captured slots, for the next UCLO.
    pub closing: BTreeMap<Slot, Value>,
    /// The shapes seen; their number is the index plus one.
    pub shapes: Vec<Shape>,
}

/// Called at each snapshot that is passed.
pub(super) type Watch<'w> = dyn FnMut(usize, &Machine<'_>) -> Eval<()> + 'w;

impl<'a> Machine<'a> {
    pub(super) fn new(t: &'a Trace, world: &World) -> Machine<'a> {
        Machine {
            t,
            world: world.clone(),
            vals: vec![None; t.ins.len()],
            base: 0,
            closing: BTreeMap::new(),
            shapes: Vec::new(),
        }
    }

    pub(super) fn run(mut self, fuel: usize, watch: &mut Watch<'_>) -> Eval<Outcome> {
        let t = self.t;
        let loop_at = t.loop_at();
        let mut i = 0;
        for _ in 0..fuel {
            for (n, _) in t.snaps.iter().enumerate().filter(|(_, s)| s.at as usize == i) {
                watch(n, &self)?;
            }
            if i < t.ins.len() {
                let flow = self.step(i).map_err(|e| format!("{e}: {}", t.show_ins(i)))?;
                if let Flow::Fail = flow {
                    let behind = t.ins[i].op == Op::CALLB;
                    let snap = t.snap_at(if behind { i + 1 } else { i }).ok_or("a guard without snapshot failed")?;
                    return Ok(Outcome::Exit { snap, at: i, state: self.restore(snap)? });
                }
                i += 1;
                continue;
            }
            match (t.link, loop_at) {
                (Link::Loop, Some(l)) => {
                    self.join()?;
                    i = l + 1;
                }
                (Link::Loop | Link::Again, _) => {
                    let state = self.last()?;
                    if Some(&state.pc) != t.as_const(t.pc) {
                        return Err("the last snapshot does not lead to the trace's entry".into());
                    }
                    self.move_base(state.base)?;
                    self.world = state.world;
                    self.vals.fill(None);
                    i = 0;
                }
                (Link::Root(_) | Link::Interp | Link::Open, _) => return Ok(Outcome::End { state: self.last()? }),
            }
        }
        Ok(Outcome::Fuel)
    }

    /// Moves the base, within what stacks allow.
    pub(super) fn move_base(&mut self, base: Slot) -> Eval<()> {
        self.base = base;
        if base.abs() < 1 << 24 { Ok(()) } else { Err("the base leaves the stack".into()) }
    }

    fn last(&self) -> Eval<State> {
        self.restore(self.t.snaps.len().checked_sub(1).ok_or("the end has no snapshot")?)
    }

    /// Gives the left operands of all PHIs the values of the right ones, at once.
    fn join(&mut self) -> Eval<()> {
        let phis = self.t.ins.iter().filter(|ins| ins.op == Op::PHI);
        let new: Vec<(usize, Val)> = phis.map(|p| Ok((p.a.index(), self.val(p.b)?))).collect::<Eval<_>>()?;
        for (i, v) in new {
            self.vals[i] = Some(v);
        }
        Ok(())
    }

    /// Gives the value behind a reference.
    pub(super) fn val(&self, r: Ref) -> Eval<Val> {
        let Some(c) = self.t.as_const(r) else {
            let v = self.vals.get(r.index()).cloned().flatten();
            return v.ok_or_else(|| format!("{r:?} has no value"));
        };
        Ok(match c {
            Const::Pri(Ty::False) => Val::Boxed(Value::Bool(false)),
            Const::Pri(Ty::True) => Val::Boxed(Value::Bool(true)),
            Const::Pri(_) => Val::Boxed(Value::Nil),
            Const::Num(bits) => Val::Boxed(Value::Num(f64::from_bits(*bits))),
            Const::Int(n) => Val::Int(*n),
            Const::Str(s) => Val::Boxed(Value::Str(s.clone())),
            Const::Proto(p) => Val::Proto(Some(*p)),
            Const::Pc(..) | Const::Frame(_) | Const::Cont(_) => Val::Boxed(Value::Link(c.clone())),
            Const::Builtin(n) => Val::Int(*n as i32),
            Const::Shape(s) => Val::Int(self.shape_number(s)),
            Const::BaseMeta(ty) => match self.world.base_meta.get(ty) {
                Some(m) => Val::Boxed(Value::Table(*m)),
                None => return Err(format!("{c} is not there")),
            },
            Const::Null => Val::Addr(Addr::Null),
            Const::NilSlot => Val::Addr(Addr::NilSlot),
            Const::Slot(..) | Const::Templ(..) => {
                return Err(format!("{c} has no value of its own"));
            }
        })
    }

    /// Returns the number of a shape that was seen by [`Machine::note_shape`]; -1 is none's.
    fn shape_number(&self, s: &Shape) -> i32 {
        self.shapes.iter().position(|x| x == s).map_or(-1, |i| i as i32 + 1)
    }

    /// Returns the number of a table's shape, 0 if it has none.
    pub(super) fn note_shape(&mut self, s: Option<Shape>) -> i32 {
        let Some(s) = s else { return 0 };
        if !self.shapes.contains(&s) {
            self.shapes.push(s.clone());
        }
        self.shape_number(&s)
    }

    pub(super) fn int(&self, r: Ref) -> Eval<i32> {
        match self.val(r)? {
            Val::Int(n) | Val::Key(n) => Ok(n),
            v => Err(format!("{v:?} is no int")),
        }
    }

    pub(super) fn num(&self, r: Ref) -> Eval<f64> {
        match self.val(r)? {
            Val::Boxed(Value::Num(n)) => Ok(n),
            v => Err(format!("{v:?} is no num")),
        }
    }

    pub(super) fn table(&self, r: Ref) -> Eval<usize> {
        match self.val(r)? {
            Val::Boxed(Value::Table(t)) => Ok(t),
            v => Err(format!("{v:?} is no table")),
        }
    }

    pub(super) fn func(&self, r: Ref) -> Eval<usize> {
        match self.val(r)? {
            Val::Boxed(Value::Func(f)) => Ok(f),
            v => Err(format!("{v:?} is no function")),
        }
    }

    pub(super) fn text(&self, r: Ref) -> Eval<Arc<[u8]>> {
        match self.val(r)? {
            Val::Boxed(Value::Str(s)) => Ok(s),
            v => Err(format!("{v:?} is no string")),
        }
    }

    pub(super) fn addr(&self, r: Ref) -> Eval<Addr> {
        match self.val(r)? {
            Val::Addr(a) => Ok(a),
            v => Err(format!("{v:?} is no address")),
        }
    }

    pub(super) fn boxed(&self, r: Ref) -> Eval<Value> {
        boxed(self.val(r)?)
    }
}

/// Gives what a slot would hold.
pub(super) fn boxed(v: Val) -> Eval<Value> {
    match v {
        Val::Boxed(v) => Ok(v),
        Val::Int(n) => Ok(Value::Num(f64::from(n))),
        Val::Key(n) => Ok(Value::Key(n)),
        v => Err(format!("{v:?} cannot be stored")),
    }
}

/// Gives a value as a load of the type does; nothing if it has another type.
pub(super) fn unboxed(v: Value, ty: Ty) -> Option<Val> {
    let fits = match (&v, ty) {
        (Value::Num(n), Ty::Int) => return number::to_int(*n).map(Val::Int),
        (Value::Key(n), Ty::Key) => return Some(Val::Key(*n)),
        (Value::Nil, Ty::Nil) | (Value::Bool(false), Ty::False) | (Value::Bool(true), Ty::True) => true,
        (Value::Num(_), Ty::Num) | (Value::Str(_), Ty::Str) | (Value::Lightud(_), Ty::Lightud) => true,
        (Value::Thread(_), Ty::Thread) | (Value::Udata(_), Ty::Udata) | (Value::Link(_), Ty::Link) => true,
        (Value::Func(_), Ty::Func) | (Value::Table(_), Ty::Tab) => true,
        _ => false,
    };
    fits.then_some(Val::Boxed(v))
}
