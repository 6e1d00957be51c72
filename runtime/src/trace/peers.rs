//! Precompiled trees and live traces as peers: exits that grow side traces, links in both directions.
//!
//! * **Exits.** An exit of a tree stores its slots and jumps to the function that stands in what is known of it ([`Way`]): at first the runtime's
//!   `leave`, which counts it as exits of live traces are counted. One that is taken often passes without a look most times. A hot one gets a side trace. To the recorder its parent is the branch of the tree
//!   as the image's text has it, so its IR is what a live parent's side trace would have, and a profile may contain it. Only the assembler is told
//!   that what it inherits lies in memory ([`from_memory`]). Then the exit jumps to the side trace's entry: no look-up is left.
//! * **Links to trees.** A live trace jumps to a *bridge*: code that gives up the native frame that all traces share and goes on with the tree's
//!   function as the interpreter would call it.
//! * **Links to live traces.** The words of trees that name a root without a usable tree lead to its live trace, if it has one.
//!
//! Invariant: a word that leads to a live trace is reset before that trace is freed.
//! Absent: side traces in profiles whose exit rebuilt objects: to them the objects are there.

use super::aot::Aot;
use super::engine::{Engine, Live};
use super::rebuild::Rebuild;
use super::view::Names;
use super::{aot, bind};
use abi::abort::Abort;
use abi::exit::{Form, Loc, SlotMap, SnapMap};
use heap::vm::TraceCode;
use heap::{Value, Vm};
use ir::tree::{Maps, Outline, PackedTree, RootKey};
use ir::{Op, Trace, Ty, sload};
use std::cell::RefCell;

/// An exit of a tree, by its number. Compiled code has its address, and jumps to what stands first.
#[repr(C)]
pub(crate) struct Way {
    /// What compiled code jumps to: the runtime, or the side trace.
    code: TraceCode,
    /// Instruction that goes on; 0 if its function is not there, so that the exit is never taken.
    pub pc: u64,
    /// Slot 0 of the frame that goes on, from the tree's base.
    pub base: i32,
    /// Number of multiple results; less than 0 is none.
    pub multres: i64,
    /// Exits until the policy looks again, and what it is told then. Of exits with the same snapshot those of the first count.
    left: u32,
    batch: u32,
    /// Back to the first exit with the same snapshot.
    back: u32,
    /// It stores slots and nothing else.
    plain: bool,
    /// Bytes that must be free above the tree's base: the exit may be the check for them.
    pub room: usize,
    /// The first exit with the same snapshot: there both are counted, and it has the side trace.
    pub first: u32,
    /// Its number, and the row of its tree.
    pub number: u32,
    pub row: u32,
    /// Branch and snapshot.
    pub from: (u32, u32),
    /// It is the end of a branch that leads to the interpreter.
    pub ended: bool,
    /// The objects it makes. Such an exit always leaves.
    pub objects: Option<Box<Rebuild>>,
    /// It makes objects, and maybe nothing is known of them yet.
    pub makes: bool,
    /// Where the outline says which.
    map: Option<u32>,
    /// The side trace that goes on.
    pub next: Option<TraceCode>,
}

impl Way {
    /// Does what there is to do if nobody needs to look at the exit this time, and it stores slots alone; says whether it did.
    ///
    /// # Safety
    /// `way` is one of a bound tree, which has been left with this base; no other reference to the tree's exits is in use.
    #[inline(always)]
    pub unsafe fn leave_quickly(way: *mut Way, vm: &mut Vm, base: *mut u64) -> bool {
        // SAFETY: as the caller says; the first exit with the snapshot is before this one in the same array.
        unsafe {
            let first = way.sub((*way).back as usize);
            let room = (vm.stack_max as usize).wrapping_sub(base as usize);
            if (*first).left == 0 || !(*way).plain || room < (*way).room {
                return false;
            }
            (*first).left -= 1;
            vm.base = base.offset((*way).base as isize);
            vm.pc = (*way).pc as *const u32;
            if let Ok(n) = u64::try_from((*way).multres) {
                vm.multres = n;
            }
            true
        }
    }

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
            (self.pc, self.objects, self.plain) = (now.pc, now.objects, now.plain);
        }
    }

    /// Finds out which objects it makes. Nothing if that is not possible.
    pub fn find_objects(
        &mut self,
        vm: &Vm,
        names: &RefCell<Names>,
        maps: &mut Maps<'_>,
        roots: &mut Vec<Value>,
    ) -> Option<()> {
        let made = Rebuild::new(vm, names, &maps.at(self.map?)?, self.pc, roots)?;
        self.objects = Some(Box::new(made));
        Some(())
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

/// Lists the exits of the tree in a row. Objects that are referred to are added to `roots`. The error says what is wrong with the outline.
pub(crate) fn ways(
    vm: &Vm,
    names: &RefCell<Names>,
    (row, tree): (usize, &PackedTree<'_>),
    c: &Outline,
    roots: &mut Vec<Value>,
) -> Result<Box<[Way]>, String> {
    let mut out: Vec<Way> = Vec::with_capacity(c.exits.len());
    let mut firsts = abi::hash::FastMap::default();
    let mut maps = None;
    let mut places = bind::Places::default();
    for (n, exit) in c.exits.iter().enumerate() {
        let (from, n) = (exit.from, n as u32);
        let place = exit.pc.ok_or("an exit leads nowhere")?;
        let pc = places.find(names, place, roots).unwrap_or(0);
        let first = *firsts.entry(from).or_insert(n);
        let mut way = Way {
            code: aot::LEAVE,
            pc,
            base: exit.base,
            multres: exit.multres.map_or(-1, i64::from),
            left: 0,
            batch: 0,
            back: n - first,
            plain: !exit.objects && pc != 0,
            room: if n == 0 { c.slots.max(0) as usize * 8 } else { 0 },
            first,
            number: n,
            row: row as u32,
            from,
            ended: exit.ended,
            objects: None,
            makes: exit.objects,
            map: exit.map,
            next: None,
        };
        // There are few stand-ins for addresses: an outline may find none that no constant looks like.
        if exit.objects && exit.map.is_none() {
            return Err("an exit makes what the outline does not describe".into());
        }
        if exit.early && exit.objects && pc != 0 {
            if maps.is_none() {
                maps = tree.maps();
            }
            let found = maps.as_mut().and_then(|maps| way.find_objects(vm, names, maps, roots));
            found.ok_or("an exit makes what cannot be made here")?;
        }
        out.push(way);
    }
    Ok(out.into())
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
        for way in self.ways_mut(i).iter_mut().filter(|w| w.first == exit) {
            way.next = to;
            if !way.makes {
                way.code = to.unwrap_or(aot::LEAVE);
            }
        }
    }
}
