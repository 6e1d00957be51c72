//! The state of the trace compiler: traces, the recording under way, code memory.

use super::events::Watch;
use super::penalty::Penalties;
use super::place::{self, Place};
use super::view::{Names, View};
use abi::abort::Abort;
use abi::exit::SnapMap;
use abi::tag;
use bytecode::Op;
use heap::vm::TraceEntry;
use heap::{ProtoObj, Value, Vm};
use ir::{Link, Trace};
use jit::asm::x64::X64;
use jit::backend::Env;
use jit::mcode::Arena;
use jit::params::Params;
use jit::record::{Begin, Recorder, Status};
use jit::subject::{P, Subject};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32};
use stdlib::jit::JitState;

/// Instructions that may pass between a hot `ITERN` and its next round.
const PATIENCE: u32 = 2000;

/// A compiled trace.
pub struct Live {
    /// The optimised IR.
    pub trace: Trace,
    /// Where it begins: address of the prototype, index of the instruction that was patched (root traces).
    pub place: (u64, u32),
    /// The root trace it belongs to (its own number for roots).
    pub root: u32,
    /// Address and size of its code.
    pub code: (u64, usize),
    /// Entry for other traces.
    pub inner: u64,
    /// What exits restore.
    pub maps: Vec<SnapMap>,
    /// How often each exit was taken.
    pub counts: Vec<u32>,
    /// Side traces by exit, 0 for none.
    pub sides: Vec<u32>,
    /// Where to patch exits.
    pub patches: Vec<(u32, usize)>,
    /// What the code counts in, with stress.
    pub cells: Option<Arc<[AtomicU8]>>,
    /// What the code's end counts in.
    pub count: Option<Arc<AtomicU32>>,
    /// Objects that the code refers to.
    pub roots: Vec<Value>,
    /// Text for dumps.
    pub map: Vec<(usize, usize)>,
    /// Registers for dumps.
    pub regs: Vec<String>,
    /// Number of side traces of a root.
    pub nside: u32,
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
    proto: P,
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
    pub(crate) roots: HashMap<(u64, u32), (u32, bool)>,
    pub(crate) left: HashMap<(u64, u32), u32>,
    pub(crate) penalties: Penalties,
    pub(crate) entries: Vec<TraceEntry>,
    pub(crate) traces: Vec<Option<Box<Live>>>,
    pub(crate) backend: X64,
    pub(crate) arena: Arena,
    pub(crate) env: Env,
    /// Every guard fails once.
    pub stress: bool,
    /// Who is told what happens.
    pub(crate) watch: Watch,
    on: bool,
    /// What traces refer to, each once; none if it is not known.
    pub(crate) pinned: Option<Vec<Value>>,
    /// Number of named prototypes above which those without traces are forgotten.
    names_limit: usize,
}

impl Engine {
    /// Makes the compiler; `None` where there is no backend or no code memory.
    pub(crate) fn new(vm: &Vm) -> Option<Box<Engine>> {
        let params = Params::default();
        let _ = vm;
        let env = Env {
            helpers: interp::support::addresses(),
            trace_exit: super::leave as *const () as u64,
            nil_slot: interp::support::nil_slot(),
        };
        let watch = Watch::from_environment();
        let limit = params.maxmcode as usize * 1024;
        let arena = if watch.perf.is_some() { Arena::nameless(limit) } else { Arena::new(limit) };
        let mut arena = arena.ok()?;
        let mut backend = X64::new();
        // Blocks are freed one by one, so this one stays.
        backend.share_exit(arena.publish(&backend.exit_code(&env)).ok());
        Some(Box::new(Engine {
            arena,
            params,
            state: State::Idle,
            names: RefCell::default(),
            roots: HashMap::new(),
            left: HashMap::new(),
            penalties: Penalties::default(),
            entries: Vec::new(),
            traces: Vec::new(),
            backend,
            env,
            stress: false,
            watch,
            on: true,
            pinned: None,
            names_limit: 64,
        }))
    }

    /// Takes over what the program asked for.
    pub(crate) fn configure(&mut self, state: &JitState) {
        self.on = state.on && state.available;
        for (name, _) in Params::TABLE {
            if let Some(v) = state.param(name) {
                self.params.set(name, u32::try_from(v).unwrap_or(0));
            }
        }
        for pass in opt::PASSES {
            let name = if pass.name == "loops" { "loop" } else { pass.name };
            if let Some(on) = state.flag(name) {
                self.params.passes.set(pass.name, on);
            }
        }
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
            self.penalties.never(vm, proto, at);
            return false;
        }
        if self.penalties.is_blocked(proto, at) {
            return false;
        }
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
        let result = recorder.step(&self.view(vm));
        let why = match result {
            Ok(Status::Go) => {
                self.state = State::Recording(recorder, origin);
                return true;
            }
            Ok(Status::Done) => match self.complete(vm, &mut recorder, origin) {
                Ok(()) => return false,
                Err(why @ (Abort::TypeUnstable | Abort::GuardFails)) if recorder.unroll() => {
                    // Another round may settle the types.
                    let _ = why;
                    self.state = State::Recording(recorder, origin);
                    return true;
                }
                Err(why) => why,
            },
            Err(why) => why,
        };
        self.state = State::Recording(recorder, origin);
        self.give_up(vm, why);
        false
    }

    /// Gives the recording up.
    pub(crate) fn give_up(&mut self, vm: &mut Vm, why: Abort) {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => {}
            State::Pending(p) => {
                self.watch.aborted(vm, why, Some(Origin::Root(p.proto, p.at)), None);
                if why == Abort::LeftLoop {
                    *self.left.entry((p.proto.0, p.at)).or_default() += 1;
                }
                self.penalties.blame(vm, p.proto, p.at, why);
            }
            State::Recording(r, origin) => {
                self.watch.aborted(vm, why, Some(origin), Some(&r));
                if std::env::var_os("KILN_TRACE_LOG").is_some() {
                    let (p, pc) = r.position();
                    let op = self.view(vm).code(p, pc).op();
                    eprintln!("abort {} at {pc} {op:?} after {} start {}", why.name(), r.count(), r.start().1);
                }
                if why == Abort::Unroll {
                    self.retry_recursion(vm, r.position().0);
                }
                match origin {
                    Origin::Root(p, at) => {
                        if why == Abort::LeftLoop {
                            *self.left.entry((p.0, at)).or_default() += 1;
                        }
                        self.penalties.blame(vm, p, at, why);
                    }
                    Origin::Side(trace, exit) => self.penalise_exit(trace, exit, why),
                }
            }
        }
    }

    /// A function was unrolled too often although it has a trace: one that only returns. Without it, and recorded again soon, at some
    /// other depth, it may become a trace of the recursion.
    fn retry_recursion(&mut self, vm: &mut Vm, p: P) {
        if let Some((number, true)) = self.roots.get(&(p.0, 0)).copied() {
            self.drop_root(vm, number);
            self.penalties.soon(vm, p, 0);
        }
    }

    // ---- exits ----

    /// Returns what an exit restores.
    pub(crate) fn exit_map(&self, trace: u32, exit: u32) -> Option<&SnapMap> {
        self.traces.get(trace as usize)?.as_ref()?.maps.get(exit as usize)
    }

    /// Returns the slots that a trace needs above its base.
    pub(crate) fn slots(&self, trace: u32) -> i32 {
        self.traces.get(trace as usize).and_then(Option::as_ref).map_or(0, |t| t.trace.slots)
    }

    /// Counts an exit whose frames were restored; says whether to record a side trace.
    pub(crate) fn count_exit(&mut self, vm: &mut Vm, trace: u32, exit: u32) -> bool {
        let (hotexit, tryside, maxside) = (self.params.hotexit, self.params.tryside, self.params.maxside);
        let Some(Some(live)) = self.traces.get_mut(trace as usize) else { return false };
        let root = live.root;
        let Some(count) = live.counts.get_mut(exit as usize) else { return false };
        *count = count.saturating_add(1);
        let n = *count;
        if !self.on
            || n < hotexit
            || n >= hotexit + tryside * 8
            || !matches!(self.state, State::Idle)
            || vm.jit.recording
        {
            return false;
        }
        if !(n - hotexit).is_multiple_of(8) && n != hotexit {
            return false;
        }
        if self.traces.get(root as usize).and_then(Option::as_ref).is_none_or(|r| r.nside >= maxside) {
            return false;
        }
        let Some(Some(live)) = self.traces.get(trace as usize) else { return false };
        if live.sides[exit as usize] != 0 {
            return false;
        }
        if stdlib::jit::events::is_delivering(vm) {
            return false;
        }
        let number = self.next_number();
        let at = place::upcoming(vm).unwrap_or(Place { func: place::running(vm), pc: None });
        self.watch.began(vm, number, at, Some((trace, exit)));
        let Some(Some(live)) = self.traces.get(trace as usize) else { return false };
        let view = View { restored: true, ..self.view(vm) };
        match Recorder::side(&view, &live.trace, &live.maps[exit as usize], trace, exit, &self.params) {
            Ok(r) => {
                self.state = State::Recording(Box::new(r), Origin::Side(trace, exit));
                true
            }
            Err(why) => {
                if std::env::var_os("KILN_TRACE_LOG").is_some() {
                    eprintln!("abort side {trace}/{exit} {}", why.name());
                }
                self.watch.aborted(vm, why, Some(Origin::Side(trace, exit)), None);
                self.penalise_exit(trace, exit, why);
                false
            }
        }
    }

    fn penalise_exit(&mut self, trace: u32, exit: u32, why: Abort) {
        let stop = self.params.hotexit + self.params.tryside * 8;
        if let Some(Some(live)) = self.traces.get_mut(trace as usize)
            && why.blame() == abi::abort::Blame::Never
            && let Some(count) = live.counts.get_mut(exit as usize)
        {
            *count = stop;
        }
    }

    // ---- life cycle ----

    /// Takes a root trace from its loop or function. Its code stays until the next flush: other traces may jump to it, and exits of
    /// its side traces are still found.
    pub(crate) fn drop_root(&mut self, vm: &mut Vm, number: u32) {
        let Some(Some(live)) = self.traces.get(number as usize) else { return };
        let (place, entry) = (live.place, self.entries.get_mut(number as usize));
        let Some(entry) = entry.filter(|e| live.root == number && e.entry.is_some()) else { return };
        // SAFETY: traces keep their prototypes alive.
        unsafe {
            let pc = ProtoObj::bc(place.0 as *const ProtoObj).cast_mut().add(place.1 as usize);
            interp::jit::unpatch(vm, pc, number as u16);
        }
        entry.entry = None;
        self.roots.remove(&place);
    }

    /// Frees all traces: bytecode is as it was, code that still runs finds its exits.
    pub(crate) fn flush(&mut self, vm: &mut Vm) {
        self.watch.flushed(vm, &self.traces, &self.entries);
        for no in 0..self.traces.len() {
            if let Some(live) = &self.traces[no]
                && live.root == no as u32
            {
                let (proto, at) = live.place;
                // SAFETY: traces keep their prototypes alive.
                unsafe {
                    let pc = ProtoObj::bc(proto as *const ProtoObj).cast_mut().add(at as usize);
                    interp::jit::unpatch(vm, pc, no as u16);
                }
            }
        }
        for e in &mut self.entries {
            e.entry = None;
        }
        self.pinned = None;
        self.roots.clear();
        self.penalties = Penalties::default();
        self.left.clear();
        if vm.jit.depth == 0 {
            for live in self.traces.drain(..).flatten() {
                self.arena.free(live.code.0, live.code.1);
            }
            self.entries.clear();
        }
        self.show(vm);
        if vm.jit.depth > 0 {
            interp::jit::request_attention(vm);
        }
    }

    /// Tells the interpreter where the table of traces is.
    pub(crate) fn show(&mut self, vm: &mut Vm) {
        vm.jit.traces = self.entries.as_mut_ptr();
        vm.jit.ntraces = self.entries.len() as u32;
    }

    /// Hands everything that must stay alive to the collector.
    pub(crate) fn mark(&mut self, vm: &Vm, visit: &mut dyn FnMut(Value)) {
        let proto = |p: u64| Value(p | tag::PROTO << tag::SHIFT);
        if self.pinned.is_none() {
            let mut seen = HashSet::new();
            for live in self.traces.iter().flatten() {
                seen.extend(live.roots.iter().map(|v| v.0));
                if live.place.0 != 0 {
                    seen.insert(proto(live.place.0).0);
                }
            }
            self.pinned = Some(seen.into_iter().map(Value).collect());
        }
        let pinned = self.pinned.as_deref().unwrap_or_default();
        pinned.iter().for_each(|v| visit(*v));
        stdlib::jit::events::mark(vm, visit);
        let mut names = self.names.borrow_mut();
        if let State::Idle = self.state {
            names.forget_strings();
            if names.len() > self.names_limit {
                let kept: HashSet<u64> =
                    pinned.iter().filter(|v| v.tag() == tag::PROTO).map(|v| v.0 & tag::PTR_MASK).collect();
                names.trim(|p| kept.contains(&p));
                self.penalties.trim(|p| kept.contains(&p));
                self.left.retain(|(p, _), _| kept.contains(p));
                self.names_limit = names.len() * 2 + 64;
            }
        }
        names.visit(&mut |p| visit(proto(p)));
    }

    /// Says whether a link leads back to the interpreter.
    pub(crate) fn returns(trace: &Trace) -> bool {
        trace.link == Link::Interp
    }
}
