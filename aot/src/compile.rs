//! Compiles trees: on several threads, with what earlier builds kept.
//!
//! Each thread has an LLVM of its own and takes the largest group of trees that is left. What comes out stands in the order of what went in, so the
//! result does not depend on who did what.

use crate::cache::{Cache, LIMIT};
use crate::lines::Lines;
use crate::ll::{Compiler, Level, Settings};
use crate::lower::{self, Lowered, Member, Refusal};
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
    /// How hard LLVM tries, where it is not in a function with others that are worth more.
    pub level: Level,
}

/// What became of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is an object now.
    Done {
        /// As lowered.
        lowered: Lowered,
        /// How hard LLVM tried.
        level: Level,
        /// The object.
        object: Vec<u8>,
        /// An earlier build made it.
        cached: bool,
    },
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
            let members: Vec<_> = group.iter().map(|i| Member { tree: &jobs[*i].tree, name: &jobs[*i].name }).collect();
            let lowered = lower::group(&members, options.lines);
            // The first is the last: where anything was refused, it does without the others.
            let mut refused = false;
            for (k, lowered) in lowered.into_iter().enumerate().rev() {
                let (i, job) = (group[k], &jobs[group[k]]);
                let level = if k == 0 { group.iter().map(|i| jobs[*i].level).max() } else { None };
                let level = level.unwrap_or(job.level);
                let mut outcome = one(&job.name, lowered, level, options, &mut llvm)?;
                refused |= matches!(outcome, Outcome::Refused(_));
                if k == 0 && refused && group.len() > 1 {
                    let alone = lower::lower(&job.tree, &job.name, options.lines);
                    outcome = one(&job.name, alone, level, options, &mut llvm)?;
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
    if let Some(object) = options.cache.and_then(|c| c.find(&lowered.text, level)) {
        return Ok(Outcome::Done { lowered, level, object, cached: true });
    }
    if llvm.is_none() {
        *llvm = Some(Compiler::new(options.settings)?);
    }
    let Some(compiler) = llvm.as_ref() else { return Err("no LLVM".into()) };
    Ok(match compiler.compile(&lowered.text, level) {
        Ok(object) => {
            if let Some(cache) = options.cache {
                cache.keep(&lowered.text, level, &object);
            }
            Outcome::Done { lowered, level, object, cached: false }
        }
        // A mistake in the lowering: the program does without the tree.
        Err(why) => {
            eprintln!("kiln: warning: LLVM refuses {name}: {}", why.lines().next().unwrap_or_default());
            Outcome::Refused("refused by LLVM".into())
        }
    })
}
