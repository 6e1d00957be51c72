//! What no trace knows: chunks that were loaded, recordings that were given up, types at hot places.
//!
//! Invariant: what a program can make many of is kept up to a limit.

use super::super::engine::{Engine, Origin};
use super::super::place;
use super::super::view::View;
use abi::abort::Abort;
use bytecode::{Ins, Op};
use heap::{ProtoObj, Value, Vm};
use ir::profile::{GivenUp, Profile};
use ir::tree::RootKey;
use jit::subject::{P, Subject};

/// Facts of a kind at most.
const MOST: usize = 10_000;

impl Engine {
    /// A chunk was loaded.
    pub(crate) fn note_module(&mut self, vm: &Vm, main: *mut ProtoObj) {
        let Some(output) = &self.watch.profile else { return };
        let name = place::chunk_name(main);
        // Chunks that are texts have their text as name.
        if !matches!(name.first(), Some(b'@' | b'=')) || output.kept.modules.len() >= MOST {
            return;
        }
        let hash = View::of(vm, self).key(P(main as u64)).hash;
        let mut fact = Profile::default();
        fact.modules.insert(hash, name.to_vec());
        self.note(&[], |kept| kept.merge(fact));
    }

    /// A recording was given up, or what it had made was retired.
    pub(crate) fn note_abort(&mut self, vm: &Vm, origin: Origin, why: Abort) {
        let Some(output) = &self.watch.profile else { return };
        // It was not the program's code.
        if matches!(why, Abort::Flushed | Abort::Hook) || output.kept.aborts.len() >= MOST {
            return;
        }
        let view = View::of(vm, self);
        let (side, root) = match origin {
            Origin::Root(p, pc) => (false, Some(RootKey { proto: view.key(p), pc })),
            Origin::Side(trace, _) => (true, self.root_of(vm, trace)),
        };
        let Some(root) = root else { return };
        let running = place::innermost(vm).and_then(|at| Some((place::proto_of(at.func)?, at.pc?)));
        let at = running.map_or(root, |(p, pc)| RootKey { proto: view.key(P(p as u64)), pc });
        let what = super::super::events::culprit(vm, why).unwrap_or_default().to_string();
        let fact = GivenUp { root, side, reason: why.name().to_string(), at, what };
        self.note(&[root, at], |kept| kept.give_up(fact, 1));
    }

    /// A place became hot: notes the types that are in its slots.
    pub(crate) fn note_types(&mut self, vm: &Vm, p: P, at: u32) {
        let Some(output) = &self.watch.profile else { return };
        if output.kept.types.len() >= MOST {
            return;
        }
        let view = View::of(vm, self);
        let key = RootKey { proto: view.key(p), pc: at };
        let ins: Ins = view.code(p, at);
        // SAFETY: the prototype is live: it runs.
        let (params, frame) = unsafe {
            let p = &*(p.0 as *const ProtoObj);
            (u32::from(p.num_params), u32::from(p.frame_size))
        };
        let a = u32::from(ins.a());
        // What lies above is not in use.
        let slots = match ins.op() {
            Some(Op::FUNCF | Op::FUNCV) => params.min(vm.multres as u32),
            Some(Op::FORL) => a + 4,
            _ => a,
        };
        let types: Vec<(u32, &str)> = (0..slots.min(frame))
            .map(|i| {
                // SAFETY: a slot of the running frame.
                let v = Value(unsafe { *vm.base.add(i as usize) });
                (i, v.type_name())
            })
            .collect();
        self.note(&[key], |kept| {
            for (slot, name) in types {
                let n = kept.types.entry((key, slot, name.to_string())).or_default();
                *n = n.saturating_add(1);
            }
        });
    }

    /// Adds facts about places, whose names are kept with them.
    fn note(&mut self, places: &[RootKey], add: impl FnOnce(&mut Profile)) {
        let mut names = Profile::default();
        places.iter().for_each(|k| self.name(*k, &mut names));
        if let Some(output) = &mut self.watch.profile {
            output.kept.merge(names);
            add(&mut output.kept);
        }
    }
}
