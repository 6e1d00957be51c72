//! Compiles trees: on several threads, with what earlier builds kept.
//!
//! Each thread has an LLVM of its own and takes the largest group of trees that is left. What comes out stands in the order of what went in, so the
//! result does not depend on who did what.

use crate::cache::{Cache, LIMIT};
use crate::lines::Lines;
use crate::ll::{Compiler, Level, Settings};
use crate::lower::{self, Lowered, Member, Refusal};
use crate::select::Effort;
use ir::tree::Tree;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A tree to be compiled.
#[derive(Clone, Debug)]
pub struct Job {
    /// Symbol of its function.
    pub name: String,
    /// The tree.
    pub tree: Tree,
    /// How hard LLVM tries.
    pub effort: Effort,
}

impl Job {
    fn member(&self) -> Member<'_> {
        Member { tree: &self.tree, name: &self.name, cold: &self.effort.cold }
    }
}

/// What LLVM made of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// What it was given.
    pub text: String,
    /// How hard it tried.
    pub level: Level,
    /// The object.
    pub object: Vec<u8>,
    /// An earlier build made it.
    pub cached: bool,
}

/// What became of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is compiled: as it was lowered, and its modules. The first has the function of the tree, the second, if there is one, its cold
    /// side traces.
    Done(Lowered, Vec<Module>),
    /// It is not compiled: why.
    Refused(String),
}

/// How trees are compiled.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// For LLVM.
    pub settings: Settings,
    /// Threads at most; 0 for as many as there are processors.
    pub threads: usize,
    /// What earlier builds kept.
    pub cache: Option<&'a Cache>,
    /// Where code comes from.
    pub lines: &'a Lines,
}

/// Compiles trees in groups; `each` is told of each that is done, on any thread.
pub fn all(
    jobs: &[Job],
    groups: &[Vec<usize>],
    options: Options<'_>,
    each: &(dyn Fn() + Sync),
) -> Result<Vec<Outcome>, String> {
    let mut order: Vec<&[usize]> = groups.iter().map(Vec::as_slice).collect();
    let size = |i: usize| jobs[i].tree.branches.iter().map(|b| b.trace.ins.len()).sum::<usize>();
    order.sort_by_key(|g| std::cmp::Reverse(g.iter().map(|i| size(*i)).sum::<usize>()));
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Outcome>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let work = || -> Result<(), String> {
        let mut llvm = None;
        while let Some(&group) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let members: Vec<_> = group.iter().map(|i| jobs[*i].member()).collect();
            let lowered = lower::group(&members, options.lines);
            // The first is the last: where anything was refused, it does without the others.
            let mut refused = false;
            for (k, lowered) in lowered.into_iter().enumerate().rev() {
                let (i, job) = (group[k], &jobs[group[k]]);
                // Copies are compiled as hard as the first function, which is the largest.
                let copied = if k == 0 { group } else { &group[k..=k] };
                let level = copied.iter().map(|i| jobs[*i].effort.level).max().unwrap_or_default();
                let mut outcome = one(&job.name, lowered, level, options, &mut llvm)?;
                refused |= matches!(outcome, Outcome::Refused(_));
                if k == 0 && refused && group.len() > 1 {
                    let alone = lower::lower(job.member(), options.lines);
                    outcome = one(&job.name, alone, job.effort.level, options, &mut llvm)?;
                }
                *done[i].lock().map_err(|e| e.to_string())? = Some(outcome);
                each();
            }
        }
        Ok(())
    };
    std::thread::scope(|s| {
        let others: Vec<_> = (1..threads.min(order.len())).map(|_| s.spawn(work)).collect();
        let own = work();
        others
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|_| Err("a thread ended early".into())))
            .fold(own, Result::and)
    })?;
    if let Some(cache) = options.cache {
        cache.trim(LIMIT);
    }
    let lost = || "a tree was not compiled".to_string();
    done.into_iter().map(|d| d.into_inner().ok().flatten().ok_or_else(lost)).collect()
}

fn one(
    name: &str,
    lowered: Result<Lowered, Refusal>,
    level: Level,
    options: Options<'_>,
    llvm: &mut Option<Compiler>,
) -> Result<Outcome, String> {
    let lowered = match lowered {
        Ok(l) => l,
        Err(why) => return Ok(Outcome::Refused(why.0)),
    };
    let mut modules = Vec::new();
    for (text, level) in [(Some(&lowered.text), level), (lowered.aside.as_ref(), level.min(Level::O1))] {
        let Some(text) = text else { continue };
        match module(text, level, options, llvm)? {
            Ok(m) => modules.push(m),
            // A mistake in the lowering: the program does without the tree.
            Err(why) => {
                eprintln!("kiln: warning: LLVM refuses {name}: {}", why.lines().next().unwrap_or_default());
                return Ok(Outcome::Refused("refused by LLVM".into()));
            }
        }
    }
    Ok(Outcome::Done(lowered, modules))
}

/// Finds or makes the object of a text; says why LLVM refuses it.
fn module(
    text: &str,
    level: Level,
    options: Options<'_>,
    llvm: &mut Option<Compiler>,
) -> Result<Result<Module, String>, String> {
    let done = |object, cached| Module { text: text.into(), level, object, cached };
    if let Some(object) = options.cache.and_then(|c| c.find(text, level)) {
        return Ok(Ok(done(object, true)));
    }
    if llvm.is_none() {
        *llvm = Some(Compiler::new(options.settings)?);
    }
    let Some(compiler) = llvm.as_ref() else { return Err("no LLVM".into()) };
    let made = compiler.compile(text, level);
    if let (Some(cache), Ok(object)) = (options.cache, &made) {
        cache.keep(text, level, object);
    }
    Ok(made.map(|object| done(object, false)))
}
