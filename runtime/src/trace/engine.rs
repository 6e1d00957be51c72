//! The state of the trace compiler: traces, the recording under way, code memory.

use super::events::Watch;
use super::inject::{Inject, Point};
use super::kept::Kept;
use super::penalty::Penalties;
use super::place::{self, Place};
use super::policy::{Account, Budget, Exit};
use super::view::{Names, View};
use abi::abort::{Abort, Blame};
use abi::exit::{ExitState, SnapMap, outcome};
use abi::hash::FastMap;
use bytecode::Op;
use heap::deopt::Moves;
use heap::vm::TraceEntry;
use heap::{Value, Vm};
use ir::Link;
use ir::exits::Exits;
use jit::asm::x64::X64;
use jit::backend::{Counter, Env, LIVE};
use jit::mcode::Arena;
use jit::params::Params;
use jit::record::{Begin, Recorder, Status};
use jit::subject::{P, Subject};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32};
use stdlib::jit::JitState;

/// Instructions that may pass between a hot `ITERN` and its next round.
const PATIENCE: u32 = 2000;
/// Bytes of code that must be free before a recording begins.
const ROOM: usize = 8 << 10;

/// Exits at most between two looks of the policy.
const BATCH: u32 = 31;

/// Beside precompiled trees a loop comes round this many times as often before it is compiled: the profile knew the hot ones, and to compile one
/// more for a run that may soon be over costs more than to interpret it for a while.
const ROOT_PATIENCE: u32 = 8;

/// So do exits of precompiled trees, for the same reason. With 64 short runs gain most (up to two thirds), and long ones lose nothing.
const EXIT_PATIENCE: u32 = 64;

/// And so do places where a recording was given up, until the next one: the profile had its chance to see one succeed.
pub(super) const ABORT_PATIENCE: u32 = 64;

/// A compiled trace.
#[derive(Default)]
pub struct Live {
    /// The optimised IR.
    pub trace: Kept,
    /// Where it begins: address of the prototype, index of the instruction that was patched (root traces).
    pub place: (u64, u32),
    /// The root trace it belongs to (its own number for roots).
    pub root: u32,
    /// Address and size of its code.
    pub code: (u64, usize),
    /// Entry for other traces.
    pub inner: u64,
    /// What exits restore.
    pub maps: Exits,
    /// How often each exit was taken. (Of quick ones, up to when the policy looked last.)
    pub counts: Vec<u32>,
    /// Exits that are taken often; empty until there is one.
    pub quick: Vec<Option<Box<Quick>>>,
    /// Side traces by exit, 0 for none.
    pub sides: Vec<u32>,
    /// Where to patch exits.
    pub patches: Box<[(u32, u32)]>,
    /// What the code counts in, with stress.
    pub cells: Option<Arc<[AtomicU8]>>,
    /// What the code's end counts in: kept as long as the code.
    pub _count: Option<Arc<AtomicU32>>,
    /// How often it was entered, if its code counts that.
    pub entered: Option<Counter>,
    /// Objects that the code refers to.
    pub roots: Vec<Value>,
    /// Number of side traces of a root.
    pub nside: u32,
    /// Its own number.
    pub number: u32,
    /// Instructions from the root's start to each exit, about.
    pub work: Vec<u32>,
    /// Tries to make a side trace by exit.
    pub tries: Vec<u8>,
    /// Bytes of the parent's exits before they were linked, by address.
    pub undo: Vec<(u64, Vec<u8>)>,
    /// The exit of a precompiled tree that leads here: row and number.
    pub tree: Option<(usize, u32)>,
    /// What the tree has done (root traces).
    pub account: Account,
    /// Entries lately, and at the last count.
    pub heat: u32,
    /// See `heat`.
    pub seen: u32,
    /// Flushed while code was running: it only waits to be freed.
    pub dying: bool,
    /// It is a precompiled tree: its code is not in the arena, and its IR is elsewhere.
    pub aot: bool,
}

impl Live {
    /// Says whether an exit is the end of a trace that leads to the interpreter.
    pub(crate) fn ends_at(&self, exit: u32) -> bool {
        self.trace.link == Link::Interp && exit + 1 == self.trace.exits && self.trace.closed
    }
}

/// What such an exit does.
enum Ready {
    /// It writes slots.
    Moves(Moves),
    /// It creates objects, too.
    Map(Box<SnapMap>),
}

/// An exit that is taken often and leads to no other trace.
pub struct Quick {
    ready: Ready,
    /// Slots that must be free above the trace's base: the exit may be the check for them.
    room: usize,
    /// Exits until the policy looks again, and what it is told then.
    left: u32,
    batch: u32,
}

impl Quick {
    /// Returns how often it was taken since the policy looked.
    pub(crate) fn uncounted(&self) -> u32 {
        self.batch - self.left
    }
}

/// What the compiler does.
pub(crate) enum State {
    /// Nothing.
    Idle,
    /// A place is hot; the recording begins with the next instruction, or at a certain one.
    Pending(Pending),
    /// A recording is under way.
    Recording(Box<Recorder>, Origin),
}

/// A hot place.
#[derive(Clone, Copy)]
pub(crate) struct Pending {
    pub(crate) proto: P,
    at: u32,
    base: i64,
    thread: u64,
    waited: u32,
}

/// Where a recording came from.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    /// A hot place: prototype and instruction to be patched.
    Root(P, u32),
    /// A hot exit.
    Side(u32, u32),
}

/// The trace compiler of a machine.
pub struct Engine {
    /// Parameters.
    pub params: Params,
    pub(crate) state: State,
    pub(crate) names: RefCell<Names>,
    pub(crate) roots: FastMap<(u64, u32), (u32, bool)>,
    pub(crate) left: FastMap<(u64, u32), u32>,
    pub(crate) penalties: Penalties,
    pub(crate) entries: Vec<TraceEntry>,
    pub(crate) traces: Vec<Option<Box<Live>>>,
    /// Numbers of freed traces.
    pub(crate) vacant: Vec<u32>,
    pub(crate) budget: Budget,
    /// What is printed of recordings and traces (`KILN_TRACE_LOG`).
    pub(crate) log: u8,
    pub(crate) backend: X64,
    pub(crate) arena: Arena,
    code_memory: CodeMemory,
    /// What the last exit restored: memory for the next one.
    pub(crate) map: SnapMap,
    pub(crate) env: Env,
    /// Every guard fails once, and exits are compared.
    pub(crate) stress: Option<Box<super::stress::Stress>>,
    /// What is made to fail, in tests.
    pub(crate) inject: Option<Rc<Inject>>,
    /// Who is told what happens.
    pub(crate) watch: Watch,
    /// Precompiled trees.
    pub(crate) aot: super::aot::Aot,
    on: bool,
}

/// Where a machine stands with memory for code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CodeMemory {
    /// It is asked for when the first recording begins: most runs of executables, and all short ones, need none.
    Later,
    /// It is there.
    There,
    /// Nothing is recorded: nobody wants it, or the system refused.
    Never,
}

/// Makes the memory for code, with what all traces share.
fn code_memory(params: &Params, env: &Env, backend: &mut X64, watch: &mut Watch) -> Option<Arena> {
    let limit = params.maxmcode as usize * 1024;
    let arena = if watch.perf.is_some() { Arena::nameless(limit) } else { Arena::new(limit) };
    let mut arena = arena.ok()?;
    // Blocks are freed one by one, so this one stays.
    let exit = backend.exit_code(env);
    let at = arena.publish(&exit).ok()?;
    backend.share_exit(Some(at));
    watch.shares_exit(at, &exit);
    Some(arena)
}

impl Engine {
    /// Makes the compiler. One that is not `live` has no code memory and needs none: all it does is to run precompiled code.
    pub(crate) fn new(inject: Option<Inject>, live: bool) -> Box<Engine> {
        let inject = inject.map(Rc::new);
        let params = Params { growth: Inject::growth(inject.as_ref()), ..Params::default() };
        let env = Env {
            helpers: interp::support::addresses(),
            trace_exit: super::leave as *const () as u64,
            nil_slot: interp::support::nil_slot(),
        };
        Box::new(Engine {
            arena: Arena::none(),
            code_memory: if LIVE && live { CodeMemory::Later } else { CodeMemory::Never },
            params,
            state: State::Idle,
            names: RefCell::default(),
            roots: FastMap::default(),
            left: FastMap::default(),
            penalties: Penalties::default(),
            entries: Vec::new(),
            traces: Vec::new(),
            vacant: Vec::new(),
            budget: Budget::default(),
            map: SnapMap::default(),
            log: std::env::var("KILN_TRACE_LOG").ok().and_then(|v| v.parse().ok()).unwrap_or(0),
            backend: if LIVE && live { X64::new() } else { X64::baseline() },
            env,
            stress: None,
            inject,
            watch: Watch::from_environment(),
            aot: super::aot::Aot::default(),
            on: true,
        })
    }

    /// Sees to it that there is memory for code. Where the system has none, nothing is recorded any more, and the library says so.
    pub(crate) fn has_code_memory(&mut self, vm: &mut Vm) -> bool {
        if LIVE && self.code_memory == CodeMemory::Later {
            self.code_memory = CodeMemory::Never;
            match code_memory(&self.params, &self.env, &mut self.backend, &mut self.watch) {
                Some(arena) => {
                    self.arena = arena;
                    self.code_memory = CodeMemory::There;
                }
                None => {
                    vm.host::<JitState>().available = false;
                    self.on = false;
                }
            }
        }
        self.code_memory == CodeMemory::There
    }

    /// Takes over what the program asked for.
    pub(crate) fn configure(&mut self, state: &JitState) {
        self.on = state.on && state.available;
        for (name, _) in Params::TABLE {
            if let Some(v) = state.param(name) {
                self.params.set(name, u32::try_from(v).unwrap_or(0));
            }
        }
        self.arena.set_limit(self.params.maxmcode as usize * 1024);
        for pass in opt::PASSES {
            if let Some(on) = state.flag(pass.name) {
                self.params.passes.set(pass.name, on);
            }
        }
        self.params.fuse = state.flag("fuse") != Some(false);
    }

    /// Passes a point of fault injection; says whether it fails.
    pub(crate) fn injected(&self, point: Point) -> bool {
        self.inject.as_ref().is_some_and(|i| i.fails(point))
    }

    /// Says whether exit stress is on.
    pub(crate) fn is_stressed(&self) -> bool {
        super::stress::IS_HERE && self.stress.is_some()
    }

    /// Returns the state of exit stress, which is on.
    pub(crate) fn stress(&mut self) -> &mut super::stress::Stress {
        self.stress.get_or_insert_default()
    }

    /// How many more times a loop has to come round before it is compiled than `hotloop` says.
    pub(super) fn root_patience(&self) -> u32 {
        self.beside_trees(ROOT_PATIENCE)
    }

    /// Returns `patience` beside precompiled trees, else 1.
    fn beside_trees(&self, patience: u32) -> u32 {
        if self.aot.len() == 0 || self.is_eager() { 1 } else { patience }
    }

    /// Says whether all that is hot is to be compiled, whether it pays or not: that is what so low a threshold is for, and tests want it.
    pub(super) fn is_eager(&self) -> bool {
        self.is_stressed() || self.params.hotloop <= 2
    }

    fn view<'a>(&'a self, vm: &'a Vm) -> View<'a> {
        View { vm, names: &self.names, roots: &self.roots, left: &self.left, restored: false }
    }

    // ---- roots ----

    /// A counter ran out at the instruction before `vm.pc`: says whether to record.
    pub(crate) fn prepare_root(&mut self, vm: &mut Vm) -> bool {
        if !self.on || !matches!(self.state, State::Idle) || stdlib::jit::events::is_delivering(vm) {
            return false;
        }
        let view = self.view(vm);
        let Some((proto, at)) = view.at() else { return false };
        let (base, thread) = (view.base(), view.thread());
        if view.info(proto).no_jit {
            self.watch.refused(vm, Origin::Root(proto, at), Abort::JitOff);
            self.note_abort(vm, Origin::Root(proto, at), Abort::JitOff);
            self.penalties.never(proto, at);
            return false;
        }
        let counted = u64::from(self.penalties.counted(vm, proto, at));
        self.budget.interpreted(counted * self.view(vm).steps(proto, at));
        if !self.penalties.admits(vm, proto, at)
            || !(self.budget.allows() || self.is_eager())
            || !self.make_room(vm, ROOM, &[])
        {
            return false;
        }
        self.note_types(vm, proto, at);
        self.state = State::Pending(Pending { proto, at, base, thread, waited: 0 });
        let number = self.next_number();
        self.watch.began(vm, number, Place { func: place::running(vm), pc: Some(at) }, None);
        true
    }

    /// Begins the recording of a hot place, if the instruction that is about to run is its first.
    fn begin(&mut self, vm: &Vm, p: Pending) -> Result<bool, Abort> {
        let view = self.view(vm);
        let Some((proto, pc)) = view.at() else { return Ok(false) };
        let ins = view.code(p.proto, p.at);
        let op = ins.op().ok_or(Abort::Inconsistent)?;
        let (begin, first) = match op {
            Op::FORL | Op::ITERL => (Begin::Loop(p.at), (i64::from(p.at) + 1 + i64::from(ins.jump())) as u32),
            Op::ITERN => (Begin::Loop(p.at), p.at),
            Op::LOOP => (Begin::Loop(p.at), p.at + 1),
            Op::FUNCF | Op::FUNCV => (Begin::Func, 1),
            _ => return Err(Abort::NyiOp),
        };
        if view.thread() != p.thread {
            return Err(Abort::Coroutine);
        }
        let same_base = view.base() == p.base || op == Op::FUNCV;
        if op == Op::ITERN && ((proto, pc) != (p.proto, first) || !same_base) {
            if view.base() < p.base || p.waited > PATIENCE {
                return Err(Abort::LeftLoop);
            }
            return Ok(false);
        }
        if (proto, pc) != (p.proto, first) || !same_base {
            return Err(Abort::LeftLoop);
        }
        let recorder = Recorder::root(&view, begin, &self.params)?;
        self.state = State::Recording(Box::new(recorder), Origin::Root(p.proto, p.at));
        Ok(true)
    }

    /// Looks at the instruction that is about to run; says whether the recording goes on.
    pub(crate) fn step(&mut self, vm: &mut Vm) -> bool {
        if let State::Pending(mut p) = self.state {
            p.waited += 1;
            self.state = State::Pending(p);
            match self.begin(vm, p) {
                Ok(true) => {}
                Ok(false) => return true,
                Err(why) => {
                    self.give_up(vm, why);
                    return false;
                }
            }
        }
        let State::Recording(mut recorder, origin) = std::mem::replace(&mut self.state, State::Idle) else {
            return false;
        };
        if self.watch.wants_instructions() {
            self.watch.instruction(vm, recorder.depth());
        }
        let why = loop {
            match recorder.step(&self.view(vm)) {
                Ok(Status::Go) => {
                    self.state = State::Recording(recorder, origin);
                    return true;
                }
                Ok(Status::Done) => match self.complete(vm, &mut recorder, origin) {
                    Ok(()) => return false,
                    // Another round may settle the types.
                    Err(Abort::TypeUnstable | Abort::GuardFails) if recorder.unroll(&self.view(vm)) => {
                        if !recorder.wants_again() {
                            self.state = State::Recording(recorder, origin);
                            return true;
                        }
                    }
                    Err(why) => break why,
                },
                Err(why) => break why,
            }
        };
        self.state = State::Recording(recorder, origin);
        self.give_up(vm, why);
        false
    }

    /// Gives the recording up.
    pub(crate) fn give_up(&mut self, vm: &mut Vm, why: Abort) {
        let (origin, steps, recorder) = match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => return,
            State::Pending(p) => (Origin::Root(p.proto, p.at), p.waited, None),
            State::Recording(r, origin) => (origin, r.count(), Some(r)),
        };
        let cost = self.budget.spend(steps, None);
        if let Origin::Side(parent, _) = origin {
            self.charge(parent, cost);
        }
        self.watch.aborted(vm, why, Some(origin), recorder.as_deref());
        self.note_abort(vm, origin, why);
        if let Some(r) = recorder {
            let (p, pc) = r.position();
            if self.log > 0 {
                let op = self.view(vm).code(p, pc).op();
                eprintln!("abort {} at {pc} {op:?} after {steps} start {}", why.name(), r.start().1);
            }
            if why == Abort::Unroll {
                self.retry_recursion(vm, p);
            }
        }
        match origin {
            Origin::Root(p, at) => {
                if why == Abort::LeftLoop {
                    *self.left.entry((p.0, at)).or_default() += 1;
                }
                let patience = self.beside_trees(ABORT_PATIENCE);
                self.penalties.blame(vm, p, at, why, patience);
            }
            Origin::Side(trace, exit) => self.penalise_exit(trace, exit, why),
        }
    }

    /// A function was unrolled too often although it has a trace: one that only returns. Without it, and recorded again soon, at some
    /// other depth, it may become a trace of the recursion. (A precompiled tree stays: that was tried when its profile was made.)
    fn retry_recursion(&mut self, vm: &mut Vm, p: P) {
        if let Some((number, true)) = self.roots.get(&(p.0, 0)).copied()
            && !self.traces.get(number as usize).and_then(Option::as_ref).is_some_and(|t| t.aot)
        {
            self.drop_root(vm, number);
            self.penalties.soon(vm, p, 0);
        }
    }

    // ---- exits ----

    /// Returns what an exit restores.
    pub(crate) fn exit_map(&self, trace: u32, exit: u32) -> Option<SnapMap> {
        let mut map = SnapMap::default();
        self.unpack(trace, exit, &mut map).map(|()| map)
    }

    /// Does the same in memory of before.
    pub(crate) fn unpack(&self, trace: u32, exit: u32, map: &mut SnapMap) -> Option<()> {
        self.traces.get(trace as usize)?.as_ref()?.maps.unpack(exit, map)
    }

    /// Returns the slots that a trace needs above its base.
    pub(crate) fn slots(&self, trace: u32) -> i32 {
        self.traces.get(trace as usize).and_then(Option::as_ref).map_or(0, |t| t.trace.slots)
    }

    /// Does an exit that is ready, if nothing but the program wants to know; `None` if it did not, otherwise how to go on.
    ///
    /// # Safety
    /// As for [`heap::deopt::restore`].
    #[inline]
    pub(crate) unsafe fn leave_quickly(
        &mut self,
        vm: &mut Vm,
        state: &ExitState,
        trace: u32,
        exit: u32,
        base: *mut u64,
    ) -> Option<u64> {
        let live = self.traces.get_mut(trace as usize)?.as_mut()?;
        let quick = live.quick.get_mut(exit as usize)?.as_mut()?;
        let room = (vm.stack_max as usize).saturating_sub(base as usize);
        if quick.left == 0
            || vm.heap.due.get() | vm.heap.attention.get() != 0
            || self.watch.is_curious()
            || room < quick.room
        {
            return None;
        }
        quick.left -= 1;
        // SAFETY: as the caller says.
        let restored = unsafe {
            match &quick.ready {
                Ready::Moves(moves) => {
                    moves.restore(vm, base, state);
                    true
                }
                Ready::Map(map) => heap::deopt::restore(vm, base, state, map).is_ok(),
            }
        };
        Some(if restored { outcome::NEXT } else { outcome::FAIL })
    }

    /// Makes an exit ready for [`Engine::leave_quickly`], or sets when the policy looks at it again.
    fn make_quick(&mut self, trace: u32, exit: u32, batch: u32) {
        if self.is_stressed() || self.watch.stats.is_some() {
            return;
        }
        if let Some(way) = self.way(trace, exit) {
            return way.pass(batch);
        }
        let Some(Some(live)) = self.traces.get_mut(trace as usize) else { return };
        if let Some(Some(quick)) = live.quick.get_mut(exit as usize) {
            (quick.left, quick.batch) = (batch, batch);
            return;
        }
        let mut map = SnapMap::default();
        if live.maps.unpack(exit, &mut map).is_some() {
            let ready = Moves::new(&map).map_or_else(|| Ready::Map(Box::new(map)), Ready::Moves);
            let room = if exit == 0 { live.trace.slots.max(0) as usize * 8 } else { 0 };
            if live.quick.is_empty() {
                live.quick.resize_with(live.counts.len(), || None);
            }
            live.quick[exit as usize] = Some(Box::new(Quick { ready, room, left: batch, batch }));
        }
    }

    /// Counts an exit whose frames were restored, and those that [`Engine::leave_quickly`] did before; says whether to record a side trace.
    pub(crate) fn count_exit(&mut self, vm: &mut Vm, trace: u32, exit: u32) -> bool {
        let eager = self.is_eager();
        let Some(Some(live)) = self.traces.get_mut(trace as usize) else { return false };
        let (root, i, ready) = (live.root, exit as usize, !live.aot);
        let mut times = 1 + match live.quick.get_mut(i) {
            Some(Some(quick)) => std::mem::take(&mut quick.batch) - std::mem::take(&mut quick.left),
            _ => 0,
        };
        let mut ended = live.ends_at(exit);
        if !ready && let Some(way) = self.way(trace, exit) {
            (times, ended) = (1 + way.passed(), way.ended);
        }
        let Some(Some(live)) = self.traces.get_mut(trace as usize) else { return false };
        let (Some(count), Some(&work)) = (live.counts.get_mut(i), live.work.get(i)) else { return false };
        *count = count.saturating_add(times);
        let n = *count;
        if live.dying {
            return false;
        }
        // Behind the end of a trace that does not go on there is nothing to record.
        let patience = if ready || eager { 1 } else { EXIT_PATIENCE };
        let wait = self.params.hotexit.saturating_mul(patience << live.tries[i].min(16));
        let hopeless = u32::from(live.tries[i]) >= self.params.tryside || ended || live.sides[i] != 0;
        let entries = self.entries.get(root as usize).map_or(0, |e| e.entries.wrapping_sub(e.calls));
        let Some(Some(tree)) = self.traces.get_mut(root as usize) else { return false };
        if tree.account.exit(&mut self.budget, Exit { times, work, ended }, entries) && !eager {
            self.retire(vm, root);
            return false;
        }
        if n > self.params.hotexit {
            // It never counts past the exit that is due to be recorded.
            let until = if hopeless || n >= wait { BATCH } else { (wait - n - 1).min(BATCH) };
            self.make_quick(trace, exit, until);
        }
        let Some(Some(tree)) = self.traces.get_mut(root as usize) else { return false };
        if !LIVE
            || hopeless
            || n < wait
            || !self.on
            || !matches!(self.state, State::Idle)
            || vm.jit.recording
            || tree.nside >= self.params.maxside
            || !(eager || tree.account.allows_side() && self.budget.allows())
            || stdlib::jit::events::is_delivering(vm)
            || !self.make_room(vm, ROOM, &[root])
        {
            return false;
        }
        let begin = match self.traces.get(trace as usize) {
            Some(Some(live)) if ready => self.exit_map(trace, exit).map(|map| (live.trace.unpack(), exit, map)),
            _ => self.tree_exit(trace, exit),
        };
        let Some((parent, snap, map)) = begin else { return false };
        let number = self.next_number();
        let at = place::upcoming(vm).unwrap_or(Place { func: place::running(vm), pc: None });
        self.watch.began(vm, number, at, Some((trace, exit)));
        let view = View { restored: true, ..self.view(vm) };
        match Recorder::side(&view, &parent, snap, &map, (trace, exit), &self.params) {
            Ok(r) => {
                self.state = State::Recording(Box::new(r), Origin::Side(trace, exit));
                true
            }
            Err(why) => {
                if self.log > 0 {
                    eprintln!("abort side {trace}/{exit} {}", why.name());
                }
                self.watch.aborted(vm, why, Some(Origin::Side(trace, exit)), None);
                self.note_abort(vm, Origin::Side(trace, exit), why);
                self.budget.spend(0, None);
                self.penalise_exit(trace, exit, why);
                false
            }
        }
    }

    /// The next try at an exit comes after twice as many exits.
    fn penalise_exit(&mut self, trace: u32, exit: u32, why: Abort) {
        let Some(Some(live)) = self.traces.get_mut(trace as usize) else { return };
        if let Some(tries) = live.tries.get_mut(exit as usize)
            && !matches!(why, Abort::Hook | Abort::Flushed)
        {
            *tries = if why.blame() == Blame::Never { u8::MAX } else { tries.saturating_add(1) };
        }
    }

    /// Puts a cost on a trace's tree.
    pub(crate) fn charge(&mut self, trace: u32, cost: u64) {
        let Some(Some(live)) = self.traces.get(trace as usize) else { return };
        let root = live.root;
        if let Some(Some(tree)) = self.traces.get_mut(root as usize) {
            tree.account.cost += cost;
        }
    }

    /// Takes a root out of use: its code did not pay.
    fn retire(&mut self, vm: &mut Vm, root: u32) {
        let Some(Some(live)) = self.traces.get(root as usize) else { return };
        let (proto, at) = (P(live.place.0), live.place.1);
        if self.roots.get(&live.place).is_none_or(|r| r.0 != root) {
            return;
        }
        if self.log > 0 {
            eprintln!("retired {root} {:?}", live.account);
        }
        self.drop_root(vm, root);
        self.watch.refused(vm, Origin::Root(proto, at), Abort::Retired);
        self.note_abort(vm, Origin::Root(proto, at), Abort::Retired);
        let patience = self.beside_trees(ABORT_PATIENCE);
        self.penalties.blame(vm, proto, at, Abort::Retired, patience);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library names what `-O` switches and sets, and the compiler has it: both must agree.
    #[test]
    fn options_of_the_library_are_those_of_the_compiler() {
        let passes: Vec<&str> = opt::PASSES.iter().map(|pass| pass.name).chain(["fuse"]).collect();
        assert_eq!(passes.len(), stdlib::jit::FLAGS.len());
        for level in 0..=3 {
            let mut state = JitState::default();
            assert!(state.set_option(&level.to_string()));
            for name in &passes {
                let on = opt::Passes::level(level).get(name).unwrap_or(level == 3);
                assert_eq!(state.flag(name), Some(on), "{name} at level {level}");
            }
        }
        for &(name, default) in Params::TABLE {
            assert_eq!(JitState::default().param(name), i32::try_from(default).ok(), "{name}");
        }
    }
}
