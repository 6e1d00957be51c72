//! Whether two traces do the same.
//!
//! States are equal if pc, base, extent and number of results are, if all slots below the extent hold equal values, if all
//! objects of before have equal contents, and if the same calls were made. Objects made on the trace are equal by structure: there is a
//! one-to-one map between them. Numbers are equal by their bits, NaNs all. Not compared: slots at the extent and above (dead), free
//! nodes and keys without value, nil at the end of an array part.

use super::machine::Machine;
use super::world::{Table, Upval, Value, World};
use super::{Outcome, State, eval};
use crate::trace::Trace;
use std::collections::HashMap;

/// How two evaluations compare, if they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// They end in equal states.
    Same,
    /// The second left earlier, in a state the first passed: the interpreter executes the rest.
    Earlier,
    /// Both ran out of fuel.
    Open,
}

/// Instructions an evaluation may take.
const FUEL: usize = 4000;

/// Says why `b` does not do what `a` does in the world: both end, in equal states, or both run on.
///
/// This is the measure for passes that keep every guard where it is.
pub fn equivalent(a: &Trace, b: &Trace, world: &World) -> Result<(), String> {
    match refines(a, b, world)? {
        Verdict::Earlier => Err("the second trace leaves earlier".into()),
        _ => Ok(()),
    }
}

/// Says why the interpreter's further execution could differ after `b` from what it is after `a`.
///
/// `b` ends in a state equal to that of `a`; or earlier, at a snapshot, in a state equal to one that `a` passed at a snapshot with the
/// same pc: then re-execution does the rest. This is the measure for passes that move guards to earlier places. Tests count how often the
/// verdict is [`Verdict::Earlier`]: a trace that leaves at once refines every other.
pub fn refines(a: &Trace, b: &Trace, world: &World) -> Result<Verdict, String> {
    let first = |e| format!("the first trace: {e}");
    let end = eval(b, world, FUEL * 2).map_err(|e| format!("the second trace: {e}"))?;
    let Some(found) = end.state() else {
        return match eval(a, world, FUEL).map_err(first)? {
            Outcome::Fuel => Ok(Verdict::Open),
            _ => Err("the first trace ends, the second does not".into()),
        };
    };
    let mut passed = false;
    let mut watch = |n: usize, m: &Machine<'_>| {
        let pc = m.t.snaps[n].pc.and_then(|r| m.t.as_const(r));
        if !passed && pc == Some(&found.pc) {
            passed = same_state(&m.restore(n)?, found, world).is_ok();
        }
        Ok(())
    };
    let start = super::machine::Machine::new(a, world).run(FUEL, &mut watch).map_err(first)?;
    let why = match start.state() {
        Some(expected) => match same_state(expected, found, world) {
            Ok(()) => return Ok(Verdict::Same),
            Err(e) => e,
        },
        None => "the second trace ends, the first does not".into(),
    };
    if passed { Ok(Verdict::Earlier) } else { Err(why) }
}

/// Says in what two states differ that began in `initial`.
pub fn same_state(a: &State, b: &State, initial: &World) -> Result<(), String> {
    let differ =
        |what: &str, a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| Err(format!("{what}: {a:?}, not {b:?}"));
    if a.pc != b.pc {
        return Err(format!("pc: {}, not {}", b.pc, a.pc));
    }
    if (a.base, a.top) != (b.base, b.top) {
        return differ("base and extent", &(b.base, b.top), &(a.base, a.top));
    }
    if a.multres != b.multres {
        return differ("number of results", &b.multres, &a.multres);
    }
    if a.world.calls.len() != b.world.calls.len() {
        return differ("number of calls", &b.world.calls.len(), &a.world.calls.len());
    }
    let mut c = Compare { a: &a.world, b: &b.world, maps: [(); 3].map(|()| Map::default()), todo: Vec::new() };
    for i in 0..initial.tables.len() {
        c.object(0, i, i).map_err(|e| format!("table {i}: {e}"))?;
    }
    for i in 0..initial.funcs.len() {
        c.object(1, i, i)?;
    }
    for i in 0..initial.upvals.len() {
        c.object(2, i, i)?;
    }
    let slots = a.world.slots.range(..a.top).chain(b.world.slots.range(..a.top)).map(|(s, _)| *s);
    for s in slots {
        let (x, y) = (a.world.slot(s), b.world.slot(s));
        c.value(&x, &y).map_err(|e| format!("slot {s}: {e}"))?;
    }
    for (i, (x, y)) in a.world.calls.iter().zip(&b.world.calls).enumerate() {
        let why = |e| format!("call {i}: {e}");
        if x.1.len() != y.1.len() {
            return Err(why("another number of arguments".into()));
        }
        c.value(&x.0, &y.0).map_err(why)?;
        for (x, y) in x.1.iter().zip(&y.1) {
            c.value(x, y).map_err(why)?;
        }
    }
    c.contents()
}

/// A one-to-one map.
#[derive(Default)]
struct Map {
    there: HashMap<usize, usize>,
    back: HashMap<usize, usize>,
}

struct Compare<'a> {
    a: &'a World,
    b: &'a World,
    /// Tables, functions, upvalues.
    maps: [Map; 3],
    todo: Vec<(usize, usize, usize)>,
}

impl Compare<'_> {
    /// Says that two objects must be the same.
    fn object(&mut self, kind: usize, a: usize, b: usize) -> Result<(), String> {
        let map = &mut self.maps[kind];
        match (map.there.get(&a), map.back.get(&b)) {
            (None, None) => {
                map.there.insert(a, b);
                map.back.insert(b, a);
                self.todo.push((kind, a, b));
                Ok(())
            }
            (Some(&x), _) if x == b => Ok(()),
            _ => Err("another object".into()),
        }
    }

    fn value(&mut self, a: &Value, b: &Value) -> Result<(), String> {
        let same = match (a, b) {
            (Value::Table(x), Value::Table(y)) => return self.object(0, *x, *y),
            (Value::Func(x), Value::Func(y)) => return self.object(1, *x, *y),
            (Value::Num(x), Value::Num(y)) => x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan(),
            _ => a.raw_equal(b),
        };
        if same { Ok(()) } else { Err(format!("{b:?}, not {a:?}")) }
    }

    fn contents(&mut self) -> Result<(), String> {
        while let Some((kind, a, b)) = self.todo.pop() {
            match kind {
                0 => self.tables(&self.a.tables[a], &self.b.tables[b]).map_err(|e| format!("table {a}: {e}"))?,
                1 => {
                    let (x, y) = (&self.a.funcs[a], &self.b.funcs[b]);
                    if (x.proto, x.builtin, x.upvals.len()) != (y.proto, y.builtin, y.upvals.len()) {
                        return Err(format!("function {a}: another prototype"));
                    }
                    self.object(0, x.env, y.env).map_err(|e| format!("environment of function {a}: {e}"))?;
                    for (&x, &y) in x.upvals.iter().zip(&y.upvals) {
                        self.object(2, x, y).map_err(|e| format!("upvalue of function {a}: {e}"))?;
                    }
                }
                _ => {
                    let check = match (&self.a.upvals[a], &self.b.upvals[b]) {
                        (Upval::Open(x), Upval::Open(y)) if x == y => Ok(()),
                        (Upval::Closed(x), Upval::Closed(y)) => self.value(x, y),
                        (x, y) => Err(format!("{y:?}, not {x:?}")),
                    };
                    check.map_err(|e| format!("upvalue {a}: {e}"))?;
                }
            }
        }
        Ok(())
    }

    fn tables(&mut self, a: &Table, b: &Table) -> Result<(), String> {
        for i in 0..a.array.len().max(b.array.len()) {
            let at = |t: &Table| t.array.get(i).cloned().unwrap_or_default();
            self.value(&at(a), &at(b)).map_err(|e| format!("element {i}: {e}"))?;
        }
        let live = |t: &Table| t.nodes.iter().filter(|n| !n.1.is_nil()).cloned().collect::<Vec<_>>();
        let (x, y) = (live(a), live(b));
        if x.len() != y.len() {
            return Err(format!("{} keys with a value, not {}", y.len(), x.len()));
        }
        for (x, y) in x.iter().zip(&y) {
            self.value(&x.0, &y.0).map_err(|e| format!("key {e}"))?;
            self.value(&x.1, &y.1).map_err(|e| format!("value of {:?}: {e}", x.0))?;
        }
        match (a.meta, b.meta) {
            (None, None) => Ok(()),
            (Some(x), Some(y)) => self.object(0, x, y).map_err(|e| format!("metatable: {e}")),
            _ => Err("one has a metatable".into()),
        }
    }
}
