//! A trace tree as a value, and the table of constants that its compiled code reads.
//!
//! A root trace with its side traces is compiled as one function. What cannot be in an object file (addresses of this process) the
//! function reads from a table, one word an [`Item`]; the runtime fills it. Both ends agree by the items' text.
//!
//! Invariant: a branch comes behind its parent, so the root is the first.

mod outline;
mod packed;
#[cfg(test)]
pub(crate) mod tests;
mod text;

pub use outline::{Maps, Objects};
pub use packed::{Packed, PackedTree, pack};
pub use text::{Compiled, Head, Leaving, Outline, Reader, anonymous, write, write_compiled};
pub(crate) use text::{branch, sum, write_branch, write_head};

use crate::konst::{Const, ProtoKey, Shape};
use crate::trace::{Link, Start, Trace};
use abi::support::Helper;
use std::fmt::{Display, Formatter};
use std::sync::Arc;

/// Names a root trace: prototype and instruction it begins at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct RootKey {
    /// The prototype.
    pub proto: ProtoKey,
    /// Index of the instruction.
    pub pc: u32,
}

impl Display for RootKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.proto, self.pc)
    }
}

/// One trace of a tree. The numbers of other traces in its `start` and `link` mean nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// The optimised trace.
    pub trace: Trace,
    /// Index of the parent in the tree, and its exit; nothing for the root.
    pub parent: Option<(usize, u32)>,
    /// The root trace that a link of kind [`Link::Root`] means.
    pub target: Option<RootKey>,
    /// How often it was entered.
    pub entries: u64,
    /// How often each exit was taken.
    pub exits: Vec<u64>,
}

/// A root trace with its side traces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
    /// Where it begins.
    pub key: RootKey,
    /// The root, then side traces, parents first.
    pub branches: Vec<Branch>,
}

/// A word of the table of constants.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Item {
    /// Nothing but a demand: the processor must have an instruction that rounds, where machines of its kind may lack one.
    Rounds,
    /// Address of a helper.
    Helper(Helper),
    /// Address of the compiled code of another root; changes.
    Root(RootKey),
    /// Address of what the runtime knows of an exit, by its number. It begins with the address of the function that the exit goes on with: the
    /// runtime's, or a side trace that was compiled meanwhile.
    Exit(u32),
    /// Address of a byte: 0 makes a guard fail, whose code sets it to 1 then. (Of traces whose exits repeat, for tests.)
    Cell(u32),
    /// A constant, as a register has it: addresses without tags.
    Const(Const),
    /// Byte offset of a key's value in the hash part of tables of a shape.
    Offset(Arc<Shape>, Arc<[u8]>),
}

impl Item {
    /// Says whether the word stays what it is once the table is filled.
    pub const fn is_fixed(&self) -> bool {
        !matches!(self, Item::Root(_))
    }
}

/// Returns about how many instructions were executed from a root's start to each exit of a trace, of which `steps` were recorded behind
/// `before` others. Exits behind LOOP had a round at least.
pub fn work(trace: &Trace, steps: u32, before: u32) -> Vec<u32> {
    let loops = matches!(trace.link, Link::Loop | Link::Again);
    let late = if loops { before + steps.max(abi::exit::EARLY) } else { before + steps };
    let end = trace.ins.iter().position(|i| i.op == crate::Op::LOOP).unwrap_or(trace.ins.len()).max(1) as u32;
    let work =
        |at: u32| if at >= end { late } else { before + (u64::from(at) * u64::from(steps) / u64::from(end)) as u32 };
    trace.snaps.iter().map(|s| work(s.at)).collect()
}

impl Tree {
    /// Returns about how many instructions come before each exit of each branch: its own and those of the branches before it.
    pub fn work(&self) -> Vec<Vec<u32>> {
        let mut out: Vec<Vec<u32>> = Vec::with_capacity(self.branches.len());
        for b in &self.branches {
            let before = b.parent.and_then(|(p, e)| out[p].get(e as usize)).copied().unwrap_or(0);
            out.push(work(&b.trace, b.trace.ins.len() as u32, before));
        }
        out
    }

    /// Finds the branch that continues an exit.
    pub fn side(&self, branch: usize, exit: u32) -> Option<usize> {
        self.branches.iter().position(|b| b.parent == Some((branch, exit)))
    }

    /// Drops the branches that `keep` does not want, by index, and all below them; the root stays. Says how many went.
    pub fn retain(&mut self, keep: impl Fn(usize, &Branch) -> bool) -> usize {
        let mut place: Vec<Option<usize>> = Vec::with_capacity(self.branches.len());
        let before = std::mem::take(&mut self.branches);
        let n = before.len();
        for (i, mut b) in before.into_iter().enumerate() {
            let parent = b.parent.map(|(p, e)| Some((place.get(p).copied().flatten()?, e)));
            let stays = i == 0 || matches!(parent, Some(Some(_))) && keep(i, &b);
            place.push(stays.then_some(self.branches.len()));
            if stays {
                b.parent = parent.flatten();
                self.branches.push(b);
            }
        }
        n - self.branches.len()
    }

    /// Says what is wrong with the shape of the tree, whatever is in its traces.
    pub fn check(&self) -> Result<(), String> {
        (0..self.branches.len()).try_for_each(|i| self.check_branch(i))?;
        if self.branches.is_empty() { Err("the tree is empty".into()) } else { Ok(()) }
    }

    /// Says the same of a branch.
    pub(crate) fn check_branch(&self, i: usize) -> Result<(), String> {
        let b = &self.branches[i];
        let root = b.trace.start == Start::Root;
        match b.parent {
            None if i == 0 && root => {}
            Some((p, e)) if p < i && i > 0 && !root => {
                if e as usize >= self.branches[p].trace.snaps.len() {
                    return Err(format!("branch {i} begins at an exit that is not there"));
                }
            }
            _ => return Err(format!("branch {i} has no place in the tree")),
        }
        if matches!(b.trace.link, Link::Root(_)) != b.target.is_some() || b.exits.len() != b.trace.snaps.len() {
            return Err(format!("branch {i} does not fit its trace"));
        }
        Ok(())
    }
}
