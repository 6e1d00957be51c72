//! From a finished recording to a published trace.

use super::bind::{Bound, bind};
use super::engine::{Engine, Live, Origin};
use super::inject::Point;
use super::kept::Kept;
use super::lifecycle::FRESH;
use super::peers::from_memory;
use super::policy::Account;
use abi::abort::Abort;
use heap::vm::TraceEntry;
use heap::{ProtoObj, Vm};
use ir::exits::Exits;
use ir::{Link, Start, tree};
use jit::backend::{Backend, Code, Request};
use jit::mcode::Entry;
use jit::record::Recorder;

/// A trace that is ready: its code is in place, and nothing leads to it.
struct Made {
    number: u32,
    trace: ir::Trace,
    /// Instructions recorded.
    steps: u32,
    bound: Bound,
    code: Code,
    address: u64,
    /// Where it begins, as [`Live::place`].
    place: (u64, u32),
}

/// Bytes of code that an instruction of the IR takes at most, its part of the exits included: an estimate.
const INS_BYTES: usize = 24;

impl Engine {
    /// Optimises, assembles, reserves, publishes.
    pub(crate) fn complete(&mut self, vm: &mut Vm, recorder: &mut Recorder, origin: Origin) -> Result<(), Abort> {
        if self.log > 1 {
            eprintln!("recorded\n{}", recorder.trace());
        }
        let trace = recorder.finish()?;
        let kept = match (origin, trace.link) {
            (Origin::Side(parent, _), Link::Root(target)) => vec![parent, target],
            (Origin::Side(parent, _), _) => vec![parent],
            (_, Link::Root(target)) => vec![target],
            _ => Vec::new(),
        };
        if !self.make_room(vm, trace.ins.len() * INS_BYTES, &kept) {
            return Err(Abort::CodeFull);
        }
        let number = self.next_number();
        let may_allocate = || !self.injected(Point::Alloc);
        let bound = bind(vm, &self.names.borrow(), &trace, self.env.nil_slot, &may_allocate).ok_or(Abort::NoMemory)?;
        let mut loaded = None;
        let parent = match trace.start {
            Start::Root => None,
            Start::Side(no, _) if self.row_of(no).is_some() => {
                loaded = Some(from_memory(&trace));
                None
            }
            Start::Side(no, exit) => {
                let mut map = self.exit_map(no, exit).ok_or(Abort::Inconsistent)?;
                map.slots.extend_from_slice(recorder.parts());
                Some(map)
            }
        };
        let target = match trace.link {
            Link::Root(no) => Some(self.inner(vm, no)?),
            _ => None,
        };
        let at = self.arena.choose(trace.ins.len() * INS_BYTES);
        let mut request = Request {
            trace: loaded.as_ref().unwrap_or(&trace),
            number,
            bits: &bound.bits,
            keys: &bound.keys,
            templates: &bound.templates,
            parent: parent.as_ref(),
            target,
            fuse: self.params.fuse,
            stress: self.is_stressed(),
            at,
            growth: self.params.growth.clone(),
        };
        let counted = self.watch.wants_exits() || self.watch.stats.is_some() || self.is_stressed();
        let patience = self.params.hotexit.saturating_add(self.params.tryside * 8).min(1 << 30);
        self.backend.be_patient((!counted).then_some(patience));
        let mut code = self.backend.assemble(&self.env, &request)?;
        if !self.arena.fits(code.bytes.len()) {
            // The estimate was too low: once more, where there is room. (Nothing is freed for it: the trace has its number already.)
            request.at = self.arena.choose(code.bytes.len());
            code = self.backend.assemble(&self.env, &request)?;
        }
        let at = request.at;
        let place = match origin {
            Origin::Root(p, at) => {
                // SAFETY: the prototype is live: it is being recorded.
                let ok = unsafe { interp::jit::can_patch(vm, ProtoObj::bc(p.0 as *const ProtoObj).add(at as usize)) };
                if !ok {
                    return Err(Abort::Inconsistent);
                }
                (p.0, at)
            }
            Origin::Side(..) => (0, 0),
        };
        if self.injected(Point::Code) {
            return Err(Abort::CodeFull);
        }
        let address = self.arena.publish(&code.bytes)?;
        if address != at {
            // Code is not what it was assembled to be anywhere else.
            self.arena.free(address, code.bytes.len());
            return Err(Abort::Inconsistent);
        }
        if self.log > 0 {
            eprintln!("trace {number} {origin}\n{trace}", origin = describe(origin));
        }
        let steps = recorder.count();
        let cost = self.budget.spend(steps, Some(trace.ins.len()));
        self.publish(vm, Made { number, trace, steps, bound, code, address, place }, origin);
        self.charge(number, cost);
        self.arena.synchronise();
        self.stopped(vm, number, origin);
        Ok(())
    }

    /// Makes a trace visible. Cannot fail.
    fn publish(&mut self, vm: &mut Vm, made: Made, origin: Origin) {
        let Made { number, trace, steps, bound, code, address, place } = made;
        let n = code.exits.len();
        let root = match origin {
            Origin::Root(..) => number,
            Origin::Side(parent, _) => self.traces[parent as usize].as_ref().map_or(parent, |p| p.root),
        };
        let returns = trace.link == Link::Interp;
        let back = trace.link == Link::Root(root) || trace.link == Link::Again;
        let before = match origin {
            Origin::Root(..) => 0,
            Origin::Side(parent, exit) => {
                self.traces[parent as usize].as_ref().and_then(|p| p.work.get(exit as usize)).map_or(0, |w| *w)
            }
        };
        let live = Live {
            work: tree::work(&trace, steps, before),
            tries: vec![0; n],
            number,
            undo: Vec::new(),
            tree: None,
            account: Account { loops: trace.link == Link::Again, ..Account::default() },
            heat: FRESH,
            seen: 0,
            dying: false,
            aot: false,
            trace: Kept::new(trace, &code.regs),
            place,
            root,
            code: (address, code.bytes.len()),
            inner: address + code.inner as u64,
            cells: code.cells,
            _count: code.count,
            entered: code.entries,
            maps: Exits::new(code.exits),
            counts: vec![0; n],
            quick: Vec::new(),
            sides: vec![0; n],
            patches: code.patches.into_iter().map(|(exit, at)| (exit, at as u32)).collect(),
            roots: shrunk(bound.roots),
            nside: 0,
        };
        if let Some(s) = &mut self.stress {
            s.disarm(&live);
        }
        let inner = live.inner;
        let entry = heap_entry(self.arena.entry(address + code.entry as u64));
        let row = TraceEntry { entry: matches!(origin, Origin::Root(..)).then_some(entry), ..TraceEntry::default() };
        self.place(number, Box::new(live), row);
        match origin {
            Origin::Root(p, at) => {
                // SAFETY: the prototype is live; `can_patch` said that patching works.
                unsafe {
                    let pc = ProtoObj::bc(p.0 as *const ProtoObj).cast_mut().add(at as usize);
                    self.entries[number as usize].start_ins = *pc;
                    self.show(vm);
                    interp::jit::patch(vm, pc, number as u16);
                }
                self.roots.insert((p.0, at), (number, returns));
                self.renew_links((p.0, at));
            }
            Origin::Side(parent_number, exit) => {
                self.show(vm);
                let written = !self.injected(Point::Code);
                if let Some(root) = self.traces[root as usize].as_mut() {
                    root.nside += 1;
                    root.account.loops |= back;
                }
                let Some(parent) = self.traces[parent_number as usize].as_mut() else { return };
                parent.sides[exit as usize] = number;
                let mut undo = Vec::new();
                for (e, at) in &parent.patches {
                    if *e == exit {
                        let site = parent.code.0 + *at as u64;
                        if let Some(bytes) = self.backend.link_exit(site, inner).filter(|_| written) {
                            undo.push((site, self.arena.read(site, bytes.len())));
                            // A site that cannot be written keeps its exit: slower, not wrong.
                            self.arena.patch(site, &bytes);
                        }
                    }
                }
                let tree = if written { self.lead(parent_number, exit, entry) } else { None };
                if let Some(live) = self.traces[number as usize].as_mut() {
                    (live.undo, live.tree) = (undo, tree);
                }
            }
        }
    }
}

/// The entry as the interpreter calls it.
fn heap_entry(f: Entry) -> unsafe extern "C" fn(*mut Vm, *mut u64) -> u64 {
    // SAFETY: the same function; the compiler crate does not know the machine's type.
    unsafe { std::mem::transmute(f) }
}

fn describe(origin: Origin) -> String {
    match origin {
        Origin::Root(_, at) => format!("root at {at}"),
        Origin::Side(parent, exit) => format!("side of {parent}/{exit}"),
    }
}

/// Gives back what a vector has too much.
fn shrunk<T>(mut v: Vec<T>) -> Vec<T> {
    v.shrink_to_fit();
    v
}
