//! The checker of allocations: a proof that every place holds what its reader expects.
//!
//! It walks the steps forwards and knows for each register and slot which values it holds. Each use must read a place that holds its value; each
//! exit's map must name places that hold, at every guard that leaves through it, what the snapshot says; at the loop's head and end each PHI's
//! home must hold its left and right operand. What holds at the head must hold after each round, so the loop is walked until nothing changes.
//!
//! It knows the trace, the nodes and the result, and nothing of how the allocator works.

use super::alloc::{Allocation, Src, Step};
use super::place::{Machine, Place, Reg};
use super::select::{Node, Role, Selection, Val, link_of};
use abi::exit::{Form, Loc, SnapMap};
use ir::{Conv, Link, Op, Ref, Trace, Ty};
use std::collections::{BTreeMap, BTreeSet};

/// What a place may hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Item {
    Val(Val),
    Const(u32),
    Bits(u64),
}

type State = BTreeMap<Place, BTreeSet<Item>>;

struct Checker<'a> {
    t: &'a Trace,
    sel: &'a Selection,
    alloc: &'a Allocation,
    maps: &'a [SnapMap],
    m: &'a Machine,
    loop_at: Option<usize>,
}

/// Checks an allocation and the exits' maps made from it. The error says where and what.
pub fn check(t: &Trace, sel: &Selection, alloc: &Allocation, maps: &[SnapMap], m: &Machine) -> Result<(), String> {
    let c = Checker { t, sel, alloc, maps, m, loop_at: if link_of(t) == Link::Loop { t.loop_at() } else { None } };
    c.order()?;
    let mut state = State::new();
    for h in &sel.inherited {
        let place = match h.loc {
            Loc::Gpr(n) => Place::Reg(Reg::gpr(n)),
            Loc::Fpr(n) => Place::Reg(Reg::fpr(n)),
            Loc::Spill(n) => Place::Slot(n),
            Loc::Const(_) | Loc::Sunk(_) | Loc::Memory => continue,
        };
        state.entry(place).or_default().insert(Item::Val(h.val));
    }
    let head = c.head();
    c.walk(&mut state, 0, head)?;
    let Some(l) = head.filter(|&h| h < alloc.steps.len()) else { return Ok(()) };
    for (k, p) in sel.phis.iter().enumerate() {
        let left = t.ins[p.val as usize].a;
        let want = if left.is_const() { Item::Const(left.0) } else { Item::Val(left.0) };
        c.holds(&state, alloc.homes[k], want).map_err(|e| format!("at the head: {e}"))?;
    }
    for (k, p) in sel.phis.iter().enumerate() {
        state.insert(alloc.homes[k], BTreeSet::from([Item::Val(p.val)]));
    }
    loop {
        let mut round = state.clone();
        c.walk(&mut round, l, None)?;
        let mut next = State::new();
        for (place, items) in &state {
            if alloc.homes.contains(place) {
                next.insert(*place, items.clone());
            } else if let Some(then) = round.get(place) {
                next.insert(*place, items.intersection(then).copied().collect());
            }
        }
        if next == state {
            break;
        }
        state = next;
    }
    Ok(())
}

impl Checker<'_> {
    /// All nodes are there, in order.
    fn order(&self) -> Result<(), String> {
        let seen = self.alloc.steps.iter().filter_map(|s| match s {
            Step::Node { node, .. } => Some(*node),
            _ => None,
        });
        if seen.eq(0..self.sel.nodes.len()) { Ok(()) } else { Err("nodes are missing or out of order".into()) }
    }

    /// Index of the step behind the loop's label.
    fn head(&self) -> Option<usize> {
        self.alloc
            .steps
            .iter()
            .position(|s| matches!(s, Step::Node { node, .. } if self.sel.nodes[*node].role == Role::Loop))
            .map(|k| k + 1)
    }

    fn holds(&self, state: &State, place: Place, want: Item) -> Result<(), String> {
        let found = state.get(&place);
        let inherited = |i: &Item| match (i, want) {
            (Item::Bits(b), Item::Val(v)) => self.sel.inherited.iter().any(|h| {
                let bare = if h.ty.is_gc() || h.ty == Ty::Lightud { abi::tag::PTR_MASK } else { u64::MAX };
                h.val == v && matches!(h.loc, Loc::Const(c) if c & bare == *b)
            }),
            _ => false,
        };
        if found.is_some_and(|f| f.contains(&want) || f.iter().any(inherited)) {
            return Ok(());
        }
        Err(format!("{place:?} holds {found:?}, not {want:?}"))
    }

    /// The value that `r` means at a position.
    fn meaning(&self, r: Ref, at: usize) -> Item {
        if r.is_const() {
            return Item::Const(r.0);
        }
        let phi = self.t.ins.iter().position(|i| i.op == Op::PHI && i.a == r);
        match (self.loop_at, phi) {
            (Some(l), Some(p)) if at >= l && self.sel.phis.iter().any(|q| q.val as usize == p) => Item::Val(p as Val),
            _ => Item::Val(r.0),
        }
    }

    fn walk(&self, state: &mut State, from: usize, to: Option<usize>) -> Result<(), String> {
        let to = to.unwrap_or(self.alloc.steps.len());
        for (i, step) in self.alloc.steps.iter().enumerate().take(to).skip(from) {
            self.step(state, step).map_err(|e| format!("step {i} {step:?}: {e}"))?;
        }
        Ok(())
    }

    fn step(&self, state: &mut State, step: &Step) -> Result<(), String> {
        match step {
            Step::Move { dst, src } => {
                let items = state.get(src).cloned().unwrap_or_default();
                state.insert(*dst, items);
            }
            Step::Copies(copies) => {
                let before = state.clone();
                let mut written = BTreeSet::new();
                for c in copies {
                    if !written.insert(c.dst) {
                        return Err(format!("{:?} is written twice", c.dst));
                    }
                    let items = match c.src {
                        Src::Place(p) => before.get(&p).cloned().unwrap_or_default(),
                        Src::K(r) => BTreeSet::from([Item::Const(r.0)]),
                        Src::Bits(b) => BTreeSet::from([Item::Bits(b)]),
                    };
                    state.insert(c.dst, items);
                }
            }
            Step::Node { node, uses, def } => {
                let n = &self.sel.nodes[*node];
                self.uses(state, n, uses, *def)?;
                if n.call {
                    self.after_call(state);
                }
                // An exit is taken behind the work: the result must not be in the way. Calls deliver behind their exits.
                let mut at_exit = state.clone();
                if let (Some(d), false) = (def, n.call) {
                    at_exit.remove(&Place::Reg(*d));
                }
                if let Some(s) = n.snap {
                    self.exit(&at_exit, s).map_err(|e| format!("exit {s}: {e}"))?;
                }
                if let (Some(d), Some(v)) = (def, n.def) {
                    if d.is_fpr() != self.sel.fpr[v as usize] {
                        return Err(format!("{d:?} is of the wrong class"));
                    }
                    state.insert(Place::Reg(*d), BTreeSet::from([Item::Val(v)]));
                }
                if n.role == Role::End && link_of(self.t) == Link::Loop {
                    for (k, p) in self.sel.phis.iter().enumerate() {
                        let want = self.meaning(self.t.ins[p.val as usize].b, self.t.ins.len());
                        self.holds(state, self.alloc.homes[k], want)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn uses(&self, state: &State, n: &Node, uses: &[Place], def: Option<Reg>) -> Result<(), String> {
        if uses.len() != n.uses.len() {
            return Err("wrong number of uses".into());
        }
        if def.is_some() != n.def.is_some() {
            return Err("result without place".into());
        }
        let reached = self.reached(n);
        for (k, (u, place)) in n.uses.iter().zip(uses).enumerate() {
            self.holds(state, *place, Item::Val(u.val))?;
            if let Some(r) = &reached
                && !r.contains(&u.val)
            {
                return Err(format!("{} is no operand", u.val));
            }
            if !u.any && matches!(place, Place::Slot(_)) {
                return Err(format!("{} needs a register", u.val));
            }
            if let Place::Reg(r) = place
                && r.is_fpr() != self.sel.fpr[u.val as usize]
            {
                return Err(format!("{r:?} is of the wrong class"));
            }
            // A result that is written early must leave the operands alone.
            let first = n.tie && !n.early && (k == 0 || uses[0] == *place);
            let swapped = n.tie && n.comm && !n.early && k == 1;
            if (n.tie || n.early) && def.is_some_and(|d| Place::Reg(d) == *place) && !first && !swapped {
                return Err(format!("the result overwrites {}", u.val));
            }
        }
        Ok(())
    }

    /// The values an instruction may read, folded addresses and loads included.
    fn reached(&self, n: &Node) -> Option<BTreeSet<Val>> {
        if n.role != Role::Op {
            return None;
        }
        let mut out = BTreeSet::new();
        let mut todo: Vec<(Ref, usize)> = self.t.ins[n.at].refs().map(|r| (r, n.at)).collect();
        while let Some((r, at)) = todo.pop() {
            let Item::Val(v) = self.meaning(r, at) else { continue };
            out.insert(v);
            let ins = self.t.ins[r.index()];
            let folds = matches!(
                ins.op,
                Op::AREF | Op::HREFK | Op::FREF | Op::STRREF | Op::CARG | Op::ALOAD | Op::HLOAD | Op::ULOAD | Op::FLOAD
            );
            if folds && v == r.0 {
                todo.extend(ins.refs().map(|x| (x, r.index())));
            }
        }
        Some(out)
    }

    fn after_call(&self, state: &mut State) {
        state.retain(|p, _| match p {
            Place::Reg(r) => self.m.saved.has(*r),
            Place::Slot(_) => true,
        });
    }

    fn exit(&self, state: &State, s: usize) -> Result<(), String> {
        let (snap, map) = (&self.t.snaps[s], &self.maps[s]);
        for &(slot, r) in &snap.entries {
            let Some(m) = map.slots.iter().find(|m| m.slot == slot) else {
                return Err(format!("slot {slot} is not in the map"));
            };
            self.location(state, s, r, m.loc, m.form).map_err(|e| format!("slot {slot}: {e}"))?;
        }
        for (k, v) in self.sel.snap_vals[s].iter().enumerate() {
            self.holds(state, self.alloc.snaps[s][k], Item::Val(*v))?;
        }
        Ok(())
    }

    fn location(&self, state: &State, s: usize, r: Ref, loc: Loc, form: Form) -> Result<(), String> {
        let ty = self.t.ty(r);
        let place = match loc {
            Loc::Const(_) if r.is_const() || ty.is_pri() => return Ok(()),
            Loc::Sunk(_) if r.is_ins() && self.t.ins[r.index()].is_sunk() => return Ok(()),
            Loc::Gpr(n) => Place::Reg(Reg::gpr(n)),
            Loc::Fpr(n) => Place::Reg(Reg::fpr(n)),
            Loc::Spill(n) => Place::Slot(n),
            _ => return Err(format!("{loc:?} for {r:?}")),
        };
        let fits = match ty {
            Ty::Int => form == Form::Int,
            Ty::Key => form == Form::Key,
            Ty::Num => form == Form::Raw || r.is_ins() && self.t.ins[r.index()].is_sunk(),
            ty if ty.is_gc() || ty == Ty::Lightud => form == Form::Gc(ty.tag() as u32),
            _ => form == Form::Raw,
        };
        if !fits {
            return Err(format!("{form:?} for {}", ty.name()));
        }
        let mut r = r;
        while r.is_ins() && self.t.ins[r.index()].is_sunk() {
            let ins = self.t.ins[r.index()];
            if ins.op != Op::CONV || Conv::ALL.get(ins.b.as_lit() as usize) != Some(&Conv::NumInt) {
                return Err("a sunk value has a place".into());
            }
            r = ins.a;
        }
        self.holds(state, place, self.meaning(r, self.t.snaps[s].at as usize))
    }
}
