//! From a finished recording to a published trace.

use super::bind::{Bound, bind};
use super::engine::{Engine, Live, Origin};
use abi::abort::Abort;
use heap::vm::TraceEntry;
use heap::{ProtoObj, Vm};
use ir::{Link, Start};
use jit::backend::{Backend, Code, Request};
use jit::mcode::Entry;
use jit::record::Recorder;

impl Engine {
    /// Optimises, assembles, reserves, publishes.
    pub(crate) fn complete(&mut self, vm: &mut Vm, recorder: &mut Recorder, origin: Origin) -> Result<(), Abort> {
        let log = std::env::var_os("KILN_TRACE_LOG").is_some_and(|v| v == "2");
        if log {
            eprintln!("recorded\n{}", recorder.trace());
        }
        let recorded = recorder.finish()?;
        let trace = recorded.trace;
        if cfg!(debug_assertions)
            && let Err(e) = ir::verify(&trace)
        {
            eprintln!("{trace}\n{e}");
            debug_assert!(false, "the trace does not verify: {e}");
        }
        let number = self.free_number()?;
        let bound = bind(vm, &self.names.borrow(), &trace, self.env.nil_slot).ok_or(Abort::NoMemory)?;
        let (parent, target) = {
            let parent = match trace.start {
                Start::Root => None,
                Start::Side(no, exit) => Some(self.exit_map(no, exit).ok_or(Abort::Inconsistent)?),
            };
            let target = match trace.link {
                Link::Root(no) => {
                    Some(self.traces.get(no as usize).and_then(Option::as_ref).ok_or(Abort::Inconsistent)?.inner)
                }
                _ => None,
            };
            let mut parent = parent.cloned();
            if let Some(p) = &mut parent {
                p.slots.extend_from_slice(recorder.parts());
            }
            (parent, target)
        };
        let at = self.arena.cursor();
        let request = Request {
            trace: &trace,
            number,
            bits: &bound.bits,
            keys: &bound.keys,
            parent: parent.as_ref(),
            target,
            stress: self.stress,
            at,
        };
        let counted = self.watch.wants_exits() || self.watch.stats.is_some() || self.stress;
        let patience = self.params.hotexit.saturating_add(self.params.tryside * 8).min(1 << 30);
        self.backend.be_patient((!counted).then_some(patience));
        let code = self.backend.assemble(&self.env, &request)?;
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
        let address = self.arena.publish(&code.bytes)?;
        debug_assert_eq!(address, at);
        if std::env::var_os("KILN_TRACE_LOG").is_some() {
            eprintln!("trace {number} {origin}\n{trace}", origin = describe(origin));
        }
        self.publish(vm, number, trace, bound, code, address, place, origin);
        self.stopped(vm, number, origin);
        Ok(())
    }

    /// A number that no trace has.
    fn free_number(&mut self) -> Result<u32, Abort> {
        if self.entries.is_empty() {
            self.entries.push(TraceEntry::default());
            self.traces.push(None);
        }
        if self.entries.len() > (self.params.maxtrace as usize).min(60_000) {
            return Err(Abort::TooManyTraces);
        }
        Ok(self.entries.len() as u32)
    }

    /// Makes a trace visible. Cannot fail.
    #[allow(clippy::too_many_arguments)]
    fn publish(
        &mut self,
        vm: &mut Vm,
        number: u32,
        trace: ir::Trace,
        bound: Bound,
        code: Code,
        address: u64,
        place: (u64, u32),
        origin: Origin,
    ) {
        let n = code.exits.len();
        let root = match origin {
            Origin::Root(..) => number,
            Origin::Side(parent, _) => self.traces[parent as usize].as_ref().map_or(parent, |p| p.root),
        };
        let returns = Engine::returns(&trace);
        let live = Live {
            trace,
            place,
            root,
            code: (address, code.bytes.len()),
            inner: address + code.inner as u64,
            cells: code.cells,
            count: code.count,
            maps: code.exits,
            counts: vec![0; n],
            sides: vec![0; n],
            patches: code.patches,
            roots: bound.roots,
            map: code.map,
            regs: code.regs,
            nside: 0,
        };
        let inner = live.inner;
        let entry = matches!(origin, Origin::Root(..)).then(|| self.arena.entry(address + code.entry as u64));
        self.pinned = None;
        self.traces.push(Some(Box::new(live)));
        self.entries.push(TraceEntry { entry: entry.map(heap_entry), start_ins: 0, entries: 0 });
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
            }
            Origin::Side(parent, exit) => {
                self.show(vm);
                if let Some(root) = self.traces[root as usize].as_mut() {
                    root.nside += 1;
                }
                let Some(parent) = self.traces[parent as usize].as_mut() else { return };
                parent.sides[exit as usize] = number;
                for (e, at) in &parent.patches {
                    if *e == exit {
                        let site = parent.code.0 + *at as u64;
                        if let Some(bytes) = self.backend.link_exit(site, inner) {
                            // A site that cannot be written keeps its exit: slower, not wrong.
                            self.arena.patch(site, &bytes);
                        }
                    }
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
