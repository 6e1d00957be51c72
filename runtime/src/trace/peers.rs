//! Precompiled trees and live traces as peers: exits that grow side traces, links in both directions.
//!
//! * **Exits.** An exit of a tree stores its slots and jumps to the function in its word of the tree's table: at first the runtime's `leave`, which
//!   counts it as exits of live traces are counted. A hot one gets a side trace. To the recorder its parent is the branch of the tree
//!   as the image's text has it, so its IR is what a live parent's side trace would have, and a profile may contain it. Only the assembler is told
//!   that what it inherits lies in memory ([`from_memory`]). Then the words of the exit are the side trace's entry: no look-up is left.
//! * **Links to trees.** A live trace jumps to a *bridge*: code that gives up the native frame that all traces share and goes on with the tree's
//!   function as the interpreter would call it.
//! * **Links to live traces.** The words of trees that name a root without a usable tree lead to its live trace, if it has one.
//!
//! Invariant: a word that leads to a live trace is reset before that trace is freed.
//! Absent: side traces in profiles whose exit rebuilt objects: to them the objects are there.

use super::aot::Aot;
use super::engine::{Engine, Live};
use super::rebuild::{Rebuild, rebuild};
use super::view::Names;
use super::{aot, bind};
use abi::abort::Abort;
use abi::exit::{Form, Loc, SlotMap, SnapMap};
use heap::vm::TraceCode;
use heap::{Value, Vm};
use ir::profile::protos;
use ir::tree::{Branch, Item, Outline, RootKey};
use ir::{Const, Op, Trace, Ty, sload};
use std::cell::RefCell;

/// An exit of a tree, by its number.
pub(crate) struct Way {
    /// Instruction that goes on; 0 if its function is not there, so that the exit is never taken.
    pub pc: u64,
    /// Slot 0 of the frame that goes on, from the tree's base.
    pub base: i32,
    /// Number of multiple results.
    pub multres: Option<u32>,
    /// The first exit with the same snapshot: there both are counted, and it has the side trace.
    pub first: u32,
    /// Branch and snapshot.
    pub from: (u32, u32),
    /// It is the end of a branch that leads to the interpreter.
    pub ended: bool,
    /// The objects it makes. Such an exit always leaves.
    pub objects: Option<Box<Rebuild>>,
    /// Its word of the table; exits that make objects have none.
    word: Option<u32>,
    /// The side trace that goes on.
    pub next: Option<TraceCode>,
    /// Exits until the policy looks again, and what it is told then.
    left: u32,
    batch: u32,
}

impl Way {
    /// Says whether nobody needs to look at the exit this time.
    #[inline]
    pub fn is_quick(&mut self) -> bool {
        let quick = self.left != 0;
        self.left -= u32::from(quick);
        quick
    }

    /// Says whether a function that it needs was not loaded.
    #[inline]
    pub fn is_lacking(&self) -> bool {
        self.pc == 0
    }

    /// Takes over what is known now.
    pub fn complete(&mut self, now: Way) {
        if self.is_lacking() {
            (self.pc, self.objects) = (now.pc, now.objects);
        }
    }

    /// Lets exits pass until the policy looks again.
    pub fn pass(&mut self, times: u32) {
        (self.left, self.batch) = (times, times);
    }

    /// Returns how many exits have passed since the policy looked last.
    pub fn passed(&mut self) -> u32 {
        std::mem::take(&mut self.batch) - std::mem::take(&mut self.left)
    }

    /// Returns the same for whoever is not the policy.
    pub fn uncounted(&self) -> u32 {
        self.batch - self.left
    }
}

/// Lists the exits of a tree; `branch` reads a branch of it. Objects that are referred to are added to `roots`. The error says what is wrong with
/// the text.
pub(crate) fn ways(
    vm: &Vm,
    names: &RefCell<Names>,
    c: &Outline,
    branch: impl Fn(u32) -> Option<Branch>,
    roots: &mut Vec<Value>,
) -> Result<Vec<Way>, String> {
    let mut out: Vec<Way> = Vec::with_capacity(c.exits.len());
    let mut firsts = abi::hash::FastMap::default();
    let mut last: Option<(u32, Branch)> = None;
    for (n, exit) in c.exits.iter().enumerate() {
        let from = exit.from;
        let place = exit.pc.ok_or("an exit leads nowhere")?;
        let mut pc = bind::bits_and_key(vm, names, &Const::Pc(place.proto, place.pc), roots).map_or(0, |b| b.0);
        let mut objects = None;
        if exit.objects && pc != 0 {
            if last.as_ref().is_none_or(|b| b.0 != from.0) {
                last = Some((from.0, branch(from.0).ok_or("a branch cannot be read")?));
            }
            let t = &last.as_ref().ok_or("a branch cannot be read")?.1.trace;
            match rebuild(vm, names, t, from.1 as usize, roots) {
                Ok(Some(mut made)) => {
                    made.go_on_at(pc);
                    objects = Some(Box::new(made));
                }
                _ if protos(t).any(|k| names.borrow().proto(k).is_none()) => pc = 0,
                _ => return Err("an exit makes what cannot be made here".into()),
            }
        }
        out.push(Way {
            pc,
            objects,
            base: exit.base,
            multres: exit.multres,
            first: *firsts.entry(from).or_insert(n as u32),
            from,
            ended: exit.ended,
            word: None,
            next: None,
            left: 0,
            batch: 0,
        });
    }
    for (n, item) in c.items.iter().enumerate() {
        if let Item::Exit(exit) = item
            && let Some(way) = out.get_mut(*exit as usize)
        {
            way.word = Some(n as u32);
        }
    }
    Ok(out)
}

/// Returns a side trace of an exit that has stored its slots, for the assembler: what it inherits is loaded.
pub(crate) fn from_memory(t: &Trace) -> Trace {
    let mut t = t.clone();
    for ins in &mut t.ins {
        if ins.op == Op::SLOAD && ins.b.as_lit() & sload::PARENT != 0 {
            let flags = if ins.ty == Ty::Int { sload::CONVERT } else { 0 };
            ins.b = ir::Ref::lit(flags);
        }
    }
    t
}

impl Engine {
    /// Returns an exit of a precompiled tree; `None` of live traces.
    pub(crate) fn way(&mut self, trace: u32, exit: u32) -> Option<&mut Way> {
        let i = self.row_of(trace)?;
        self.aot.ways_mut(i).get_mut(exit as usize)
    }

    /// Returns what a side trace at an exit of a tree begins with: the branch, its snapshot, and what that says of slots. Objects that the exit
    /// has rebuilt are in their slots and not inherited.
    pub(crate) fn tree_exit(&mut self, trace: u32, exit: u32) -> Option<(Trace, u32, SnapMap)> {
        let i = self.row_of(trace)?;
        let (branch, snap) = self.way(trace, exit)?.from;
        let mut t = self.read_branch(i, branch)?.trace;
        let sunk: Vec<bool> = t.ins.iter().map(|i| i.is_sunk()).collect();
        let s = t.snaps.get_mut(snap as usize)?;
        s.entries.retain(|(_, r)| !r.is_ins() || !sunk[r.index()]);
        let slots = s.entries.iter().map(|e| SlotMap { slot: e.0, loc: Loc::Memory, form: Form::Raw }).collect();
        Some((t, snap, SnapMap { slots, ..SnapMap::default() }))
    }

    /// Has an exit of a tree go on with a side trace, whose code `to` is. Returns what [`Aot::lead`] needs to undo it.
    pub(crate) fn lead(&mut self, trace: u32, exit: u32, to: TraceCode) -> Option<(usize, u32)> {
        let i = self.row_of(trace)?;
        self.aot.lead((i, exit), Some(to));
        Some((i, exit))
    }

    /// Returns the address that other traces jump to instead of a root's own code: that of a tree has a bridge, which is made when it is first
    /// asked for.
    pub(crate) fn inner(&mut self, vm: &Vm, number: u32) -> Result<u64, Abort> {
        let live = self.traces.get(number as usize).and_then(Option::as_ref).ok_or(Abort::Inconsistent)?;
        if !live.aot || live.inner != 0 {
            return Ok(live.inner);
        }
        let function = self.bound_code(vm, number).ok_or(Abort::Inconsistent)?;
        let code = self.backend.bridge(function);
        self.arena.choose(code.len());
        if !self.arena.fits(code.len()) {
            return Err(Abort::CodeFull);
        }
        let at = self.arena.publish(&code)?;
        let live = self.traces.get_mut(number as usize).and_then(Option::as_mut).ok_or(Abort::Inconsistent)?;
        (live.inner, live.code) = (at, (at, code.len()));
        Ok(at)
    }

    /// Returns the code of the live root trace at a place.
    pub(crate) fn live_code(&self, key: RootKey) -> Option<u64> {
        let p = self.names.borrow().proto(key.proto)?;
        let (number, _) = self.roots.get(&(p as u64, key.pc))?;
        let live = self.traces.get(*number as usize)?.as_ref().filter(|t| !t.aot)?;
        let entry = self.entries.get(*number as usize)?.entry?;
        (live.root == *number && !live.dying).then_some(entry as *const () as u64)
    }

    /// A live root trace has come, or goes: words of trees that name its place are set anew.
    pub(crate) fn renew_links(&mut self, place: (u64, u32)) {
        if !self.aot.has_links() {
            return;
        }
        let key = self.names.borrow().key_of(place.0);
        if let Some(proto) = key {
            self.relink(RootKey { proto, pc: place.1 });
        }
    }
}

impl Live {
    /// Makes room to count exits of a tree.
    pub(crate) fn count_ways(&mut self, c: &Outline) {
        self.work = c.exits.iter().map(|e| e.work).collect();
        let n = self.work.len();
        self.account.loops = c.loops;
        (self.counts, self.tries, self.sides) = (vec![0; n], vec![0; n], vec![0; n]);
    }
}

impl Aot {
    /// Has an exit of a row go on with a function, or leave.
    pub(crate) fn lead(&mut self, (i, exit): (usize, u32), to: Option<TraceCode>) {
        let word = to.map_or(aot::leave_address(), |f| f as *const () as u64);
        for n in 0..self.ways(i).len() {
            let way = &mut self.ways_mut(i)[n];
            if way.first == exit {
                way.next = to;
                if let Some(w) = way.word {
                    self.set_word(i, w as usize, word);
                }
            }
        }
    }
}
