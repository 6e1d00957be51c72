//! The world a trace runs in: a stack, and objects named by numbers.

use crate::konst::{Const, ProtoKey, Shape};
use crate::trace::{Ref, Slot, Trace};
use crate::ty::Ty;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A boxed value: what a slot, a table or an upvalue holds.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// nil
    #[default]
    Nil,
    /// false, true
    Bool(bool),
    /// Number
    Num(f64),
    /// String
    Str(Arc<[u8]>),
    /// Light userdata
    Lightud(u64),
    /// Coroutine
    Thread(usize),
    /// Userdata, an index of [`World::udata`]
    Udata(usize),
    /// Function, an index of [`World::funcs`]
    Func(usize),
    /// Table, an index of [`World::tables`]
    Table(usize),
    /// Frame word
    Link(Const),
    /// Control value of a `pairs` loop
    Key(i32),
}

impl Value {
    /// Makes a string.
    pub fn str(s: &[u8]) -> Value {
        Value::Str(s.into())
    }

    /// Equality of Lua: numbers by value, strings by content, objects by identity.
    pub fn raw_equal(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Num(a), Value::Num(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Lightud(a), Value::Lightud(b)) => a == b,
            (Value::Thread(a), Value::Thread(b)) => a == b,
            (Value::Udata(a), Value::Udata(b)) => a == b,
            (Value::Func(a), Value::Func(b)) => a == b,
            (Value::Table(a), Value::Table(b)) => a == b,
            (Value::Link(a), Value::Link(b)) => a == b,
            (Value::Key(a), Value::Key(b)) => a == b,
            _ => false,
        }
    }

    /// Says whether it is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }
}

/// Where a key's value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Elem(i32),
    Node(i32),
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Array part; index 0 exists if it is not empty.
    pub array: Vec<Value>,
    /// Keys and values in order of insertion.
    pub nodes: Vec<(Value, Value)>,
    /// Number of nodes, 0 or a power of two.
    pub cap: usize,
    /// Metatable.
    pub meta: Option<usize>,
    /// Cached absence of metamethods.
    pub nomm: i32,
    /// How often the parts moved: addresses of before are not valid.
    pub(super) moved: u32,
}

impl Table {
    /// Makes an empty table with array slots and nodes.
    pub fn new(asize: usize, cap: usize) -> Table {
        Table { array: vec![Value::Nil; asize], cap, ..Table::default() }
    }

    pub(super) fn hmask(&self) -> i32 {
        (self.cap.max(1) - 1) as i32
    }

    /// Returns the shape; none if a key is no string.
    pub(super) fn shape(&self) -> Option<Shape> {
        let key = |(k, _): &(Value, Value)| match k {
            Value::Str(s) => Some(s.clone()),
            _ => None,
        };
        Some(Shape { nodes: self.cap as u32, keys: self.nodes.iter().map(key).collect::<Option<_>>()? })
    }

    fn index(&self, key: &Value) -> Option<i32> {
        match *key {
            Value::Num(n) if n.trunc() == n && n.abs() < 2e9 => Some(n as i32),
            _ => None,
        }
    }

    pub(super) fn find(&self, key: &Value) -> Option<Place> {
        if let Some(i) = self.index(key)
            && (0..self.array.len() as i32).contains(&i)
        {
            return Some(Place::Elem(i));
        }
        self.nodes.iter().position(|(k, _)| k.raw_equal(key)).map(|i| Place::Node(i as i32))
    }

    /// Inserts a key that is absent. A full hash part moves; integers that continue the array part go there.
    pub(super) fn insert(&mut self, key: Value) -> Place {
        if self.nodes.len() >= self.cap {
            self.moved += 1;
            if let Some(i) = self.index(&key)
                && i >= 1
                && i as usize == self.array.len().max(1)
            {
                self.array.resize((i as usize * 2).max(4), Value::Nil);
                for (k, v) in std::mem::take(&mut self.nodes) {
                    match self.index(&k) {
                        Some(i) if (0..self.array.len() as i32).contains(&i) => self.array[i as usize] = v,
                        _ => self.nodes.push((k, v)),
                    }
                }
                return Place::Elem(i);
            }
            self.cap = (self.cap * 2).max(1);
        }
        self.nodes.push((key, Value::Nil));
        Place::Node(self.nodes.len() as i32 - 1)
    }

    /// Gives the value of a key.
    pub fn get(&self, key: &Value) -> Value {
        match self.find(key) {
            Some(Place::Elem(i)) => self.array[i as usize].clone(),
            Some(Place::Node(i)) => self.nodes[i as usize].1.clone(),
            None => Value::Nil,
        }
    }

    /// Sets the value of a key.
    pub fn set(&mut self, key: Value, value: Value) {
        let place = self.find(&key).unwrap_or_else(|| self.insert(key));
        match place {
            Place::Elem(i) => self.array[i as usize] = value,
            Place::Node(i) => self.nodes[i as usize].1 = value,
        }
    }
}

/// A function.
#[derive(Clone, Debug, Default)]
pub struct Func {
    /// Prototype; none for builtins.
    pub proto: Option<ProtoKey>,
    /// Number of the builtin, 0 for Lua functions.
    pub builtin: u32,
    /// Environment, an index of [`World::tables`].
    pub env: usize,
    /// Upvalues, indices of [`World::upvals`].
    pub upvals: Vec<usize>,
}

/// An upvalue.
#[derive(Clone, Debug)]
pub enum Upval {
    /// In a slot of the stack.
    Open(Slot),
    /// On its own.
    Closed(Value),
}

/// A world.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The stack; what is not there is nil. Slots count from the base at entry.
    pub slots: BTreeMap<Slot, Value>,
    /// Number of multiple results.
    pub multres: i32,
    /// Tables.
    pub tables: Vec<Table>,
    /// Functions.
    pub funcs: Vec<Func>,
    /// Upvalues.
    pub upvals: Vec<Upval>,
    /// Userdata: their metatables.
    pub udata: Vec<Option<usize>>,
    /// Metatables that all values of a type share.
    pub base_meta: BTreeMap<Ty, usize>,
    /// Template tables.
    pub templates: BTreeMap<(ProtoKey, u32), Table>,
    /// Somebody wants the interpreter's attention.
    pub attention: bool,
    /// Calls that were made: function and arguments.
    pub calls: Vec<(Value, Vec<Value>)>,
}

impl World {
    /// Gives the value in a slot.
    pub fn slot(&self, s: Slot) -> Value {
        self.slots.get(&s).cloned().unwrap_or_default()
    }

    /// Adds a table.
    pub fn add_table(&mut self, t: Table) -> Value {
        self.tables.push(t);
        Value::Table(self.tables.len() - 1)
    }

    /// Adds a closure of the prototype that FNEW `f` names.
    pub(super) fn add_func(&mut self, t: &Trace, f: Ref, parent: usize, upvals: Vec<usize>) -> Result<Value, String> {
        let Some(Const::Proto(p)) = t.as_const(t.ins[f.index()].a) else { return Err("no prototype".into()) };
        let env = self.funcs[parent].env;
        self.funcs.push(Func { proto: Some(*p), builtin: 0, env, upvals });
        Ok(Value::Func(self.funcs.len() - 1))
    }

    /// Gives the one open upvalue for a slot, made if there is none.
    pub(super) fn open_upvalue(&mut self, slot: Slot) -> usize {
        let open = self.upvals.iter().position(|u| matches!(u, Upval::Open(s) if *s == slot));
        open.unwrap_or_else(|| {
            self.upvals.push(Upval::Open(slot));
            self.upvals.len() - 1
        })
    }

    pub(super) fn upval(&self, u: usize) -> Value {
        match &self.upvals[u] {
            Upval::Open(s) => self.slot(*s),
            Upval::Closed(v) => v.clone(),
        }
    }

    pub(super) fn set_upval(&mut self, u: usize, v: Value) {
        match &mut self.upvals[u] {
            Upval::Open(s) => {
                self.slots.insert(*s, v);
            }
            Upval::Closed(old) => *old = v,
        }
    }
}
