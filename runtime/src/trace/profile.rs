//! Profiles: what was hot and compiled in a run, written at its end.
//!
//! Idea: traces are symbolic (`ir`), so the profile is their text with counts. The text and its rules are in `ir::profile`.
//!
//! Invariant: a file is written whole or not at all: to a name beside it first.

use super::engine::{Engine, Live};
use super::place;
use heap::{ProtoObj, Vm};
use ir::profile::{Origin, Profile};
use ir::tree::{Branch, RootKey, Tree};
use ir::{Const, Link, ProtoKey, Start};
use std::path::PathBuf;

/// What is to be written.
pub(crate) struct Output {
    path: PathBuf,
}

/// Has a profile written when the machine ends. Says whether there is a compiler to be watched.
pub fn start(vm: &mut Vm, path: PathBuf) -> bool {
    let Some(e) = super::engine(vm) else { return false };
    e.watch.profile = Some(Output { path });
    vm.host::<stdlib::AtExit>().actions.push(finish);
    true
}

fn finish(vm: &mut Vm) {
    let Some(e) = super::engine(vm) else { return };
    let Some(output) = e.watch.profile.take() else { return };
    let text = e.profile(vm).to_string();
    if let Err(why) = write(&output.path, text.as_bytes()) {
        let message = format!("cannot write profile '{}': {why}", output.path.display());
        crate::program::complain(Some(b"kiln"), message.as_bytes());
    }
}

fn write(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    let done = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    if done.is_err() {
        // It may not even have been made.
        let _ = std::fs::remove_file(&part);
    }
    done
}

impl Engine {
    /// Collects the profile of what is compiled now.
    pub(crate) fn profile(&self, vm: &Vm) -> Profile {
        let mut out = Profile::default();
        for live in self.traces.iter().flatten().filter(|t| t.root == t.number && !t.dying) {
            let Some(tree) = self.tree(live) else { continue };
            for b in &tree.branches {
                for c in &b.trace.consts {
                    if let Const::Pc(key, _) | Const::Proto(key) | Const::Templ(key, _) = c {
                        self.origin(vm, *key, &mut out);
                    }
                }
            }
            out.add(tree);
        }
        out
    }

    fn origin(&self, _vm: &Vm, key: ProtoKey, out: &mut Profile) {
        let Some(p) = self.names.borrow().proto(key) else { return };
        // SAFETY: named prototypes are alive until they are swept from the names.
        let line = unsafe { (*p.cast::<ProtoObj>()).first_line };
        let chunk = place::chunk_name(p);
        out.origins.entry(key).or_insert_with(|| Origin { chunk: chunk.to_vec(), line });
    }

    fn key_of(&self, live: &Live) -> Option<RootKey> {
        let t = live.trace.unpack();
        match t.as_const(t.pc) {
            Some(Const::Pc(proto, _)) if live.place.0 != 0 => Some(RootKey { proto: *proto, pc: live.place.1 }),
            _ => None,
        }
    }

    fn tree(&self, root: &Live) -> Option<Tree> {
        if root.aot {
            return self.grown_tree(root);
        }
        let key = self.key_of(root)?;
        let mut tree = Tree { key, branches: Vec::new() };
        self.grow(&mut tree, root, None, u64::from(self.entries.get(root.number as usize)?.entries));
        Some(tree)
    }

    /// A precompiled tree with the side traces that this run has added.
    fn grown_tree(&self, root: &Live) -> Option<Tree> {
        let mut tree = self.counted_tree(root.number)?;
        for (exit, &side) in root.sides.iter().enumerate().filter(|(_, n)| **n != 0) {
            let (branch, snap) = self.way_of(root.number, exit as u32)?;
            let free =
                tree.side(branch as usize, snap).is_none() && !rebuilds(&tree.branches[branch as usize].trace, snap);
            if let Some(Some(t)) = self.traces.get(side as usize)
                && free
            {
                self.grow(&mut tree, t, Some((branch as usize, snap)), u64::from(root.counts[exit]));
            }
        }
        Some(tree)
    }

    fn grow(&self, tree: &mut Tree, live: &Live, parent: Option<(usize, u32)>, entries: u64) {
        let target = match live.trace.link {
            Link::Root(n) => match self.traces.get(n as usize).and_then(Option::as_ref).and_then(|t| self.key_of(t)) {
                Some(k) => Some(k),
                None => return,
            },
            _ => None,
        };
        if matches!(live.trace.start, Start::Root) != parent.is_none() {
            return;
        }
        let exits = live.counts.iter().map(|n| u64::from(*n)).collect::<Vec<u64>>();
        let at = tree.branches.len();
        tree.branches.push(Branch { trace: live.trace.unpack(), parent, target, entries, exits });
        for (exit, &side) in live.sides.iter().enumerate().filter(|(_, n)| **n != 0) {
            if let Some(Some(t)) = self.traces.get(side as usize) {
                self.grow(tree, t, Some((at, exit as u32)), u64::from(live.counts[exit]));
            }
        }
    }
}

/// Says whether an exit rebuilds objects: a side trace of precompiled code does not know them.
fn rebuilds(t: &ir::Trace, snap: u32) -> bool {
    t.snaps[snap as usize].entries.iter().any(|(_, r)| r.is_ins() && t.ins[r.index()].is_sunk())
}
