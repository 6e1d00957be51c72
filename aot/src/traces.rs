//! From profiles to objects: which trees are compiled, how they are called, what became of each.

use crate::compile::{self, Job, Module, Options, Outcome};
use crate::content::Program;
use crate::group;
use crate::lines::Lines;
use crate::select::{self, Drop, SAMPLE, Scale};
use ir::ProtoKey;
use ir::profile::{GivenUp, Origin, Profile, Spent};
use ir::tree::{self, Head, RootKey, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The compiled trees of a build.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Text for the image.
    pub text: String,
    /// The trees, in the order of the text.
    pub trees: Vec<Done>,
    /// What was left out.
    pub drops: Vec<Drop>,
    /// What the whole profile is worth ([`Scale`]).
    pub work: u64,
    /// Samples of what ran besides traces, by its name; there are none where worth is work.
    pub spent: Vec<(&'static str, u64)>,
    /// Worth is processor time.
    pub sampled: bool,
    /// Where functions of code that is loaded when the program runs came from: what a rebuild needs to know of them.
    pub origins: BTreeMap<ProtoKey, Origin>,
    /// Lines of their instructions, as profiles have them.
    pub lines: BTreeMap<RootKey, u32>,
}

/// A compiled tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// Symbol of its function.
    pub name: String,
    /// Where it begins.
    pub key: RootKey,
    /// The same for people.
    pub place: String,
    /// Traces in it.
    pub traces: usize,
    /// Those of code that is loaded when the program runs.
    pub loaded: usize,
    /// Exits to the interpreter.
    pub exits: usize,
    /// How often it was entered.
    pub entries: u64,
    /// What it is worth.
    pub work: u64,
    /// Its samples.
    pub samples: u64,
    /// Bytes of machine code.
    pub code: usize,
    /// What LLVM made of it.
    pub modules: Vec<Module>,
}

impl Done {
    /// Says whether an earlier build made all of it.
    pub fn is_cached(&self) -> bool {
        self.modules.iter().all(|m| m.cached)
    }
}

/// Reads profiles and merges them; warns of what cannot be read.
pub fn read(files: &[PathBuf], command: &str) -> Result<Profile, String> {
    let mut out = Profile::default();
    for file in files {
        out.merge(read_one(file, command)?);
    }
    Ok(out)
}

fn read_one(file: &Path, command: &str) -> Result<Profile, String> {
    let name = file.display();
    let bytes = std::fs::read(file).map_err(|e| format!("cannot read '{name}': {}", crate::plan::os_message(&e)))?;
    let (profile, wrong) = Profile::read(&bytes).map_err(|e| format!("'{name}': {e}"))?;
    for w in wrong {
        eprintln!("kiln {command}: warning: '{name}': {w}");
    }
    Ok(profile)
}

/// Compiles the trees of a profile that are of use to a program.
pub fn compile(
    profile: Profile,
    program: &Program,
    options: Options<'_>,
    progress: &dyn Fn(usize) -> Box<dyn Fn() + Sync>,
) -> Result<Compiled, String> {
    let mut out = Compiled::default();
    let (mut kept, mut worths) = (Vec::new(), Vec::new());
    let mut named: BTreeSet<ProtoKey> = BTreeSet::new();
    let chosen = profile.chosen();
    let Profile { origins, lines, time, aborts, .. } = profile;
    let samples = |what| time.get(&what).copied().unwrap_or(0);
    out.sampled = time.keys().any(|s| matches!(s, Spent::Root(_)));
    if out.sampled {
        out.spent = Spent::OTHER.iter().map(|(s, name)| (*name, samples(*s))).filter(|s| s.1 > 0).collect();
        out.work = time.values().fold(0u64, |n, s| n.saturating_add(s.saturating_mul(SAMPLE)));
    }
    for tree in chosen {
        let own = out.sampled.then(|| samples(Spent::Root(tree.key)));
        let scale = Scale::of(&tree, own);
        if !out.sampled {
            out.work = out.work.saturating_add(scale.of_tree(&tree));
        }
        if let Some(tree) = select::choose(tree, program, scale, &mut out.drops) {
            kept.push((tree, own.unwrap_or(0)));
            worths.push((scale, own.unwrap_or(0)));
        }
    }
    let runtime = samples(Spent::Library).saturating_add(samples(Spent::Collector));
    let efforts = select::efforts(options.settings.level, &kept, runtime);
    let job = |((tree, _), effort)| Job { name: symbol(&tree, options.lines), tree, effort };
    let jobs: Vec<Job> = kept.into_iter().zip(efforts).map(job).collect();
    let each = progress(jobs.len());
    let groups = group::of(&jobs.iter().map(|j| &j.tree).collect::<Vec<_>>(), program);
    let outcomes = compile::all(&jobs, &groups, options, &*each)?;
    for ((Job { name, tree, .. }, outcome), (scale, samples)) in jobs.into_iter().zip(outcomes).zip(worths) {
        let (work, traces) = (scale.of_tree(&tree), tree.branches.len());
        let (lowered, modules) = match outcome {
            Outcome::Done(lowered, modules) => (lowered, modules),
            Outcome::Refused(why) => {
                select::note(&mut out.drops, &why, traces, work);
                continue;
            }
        };
        let (mut lost, mut lost_work) = (0, 0);
        let mut loaded = 0;
        // What grows from a branch that was left out is left out with it.
        let mut gone: Vec<Option<&str>> = vec![None; traces];
        for (b, why) in &lowered.refused {
            gone[*b] = Some(&why.0);
        }
        for (i, b) in tree.branches.iter().enumerate() {
            let why = gone[i].or_else(|| gone[b.parent?.0]);
            gone[i] = why;
            if let Some(why) = why {
                let w = scale.worth(b);
                select::note(&mut out.drops, why, 1, w);
                lost += 1;
                lost_work = u64::saturating_add(lost_work, w);
            } else {
                loaded += usize::from(select::is_loaded(b, program));
            }
        }
        named.extend(tree.branches.iter().flat_map(select::named));
        out.trees.push(Done {
            name,
            key: tree.key,
            place: options.lines.show(tree.key),
            traces: traces - lost,
            loaded,
            exits: lowered.exits.len(),
            entries: tree.branches[0].entries,
            work: work.saturating_sub(lost_work),
            samples,
            code: modules.iter().map(|m| code_size(&m.object)).sum(),
            modules,
        });
        let compiled = tree::Compiled { tree, items: lowered.items, exits: lowered.exits };
        tree::write_compiled(&mut out.text, &compiled);
    }
    let given_up = given_up(&aborts, program, &out.trees);
    named.extend(given_up.iter().map(|g| g.0.proto));
    let sizes: BTreeSet<u32> = named.iter().map(|k| program.size(*k)).collect();
    if !out.trees.is_empty() {
        out.text.insert_str(0, &Head { sizes: sizes.into_iter().collect(), given_up }.write());
    }
    named.retain(|k| !program.has(k.hash));
    out.origins = origins.into_iter().filter(|(k, _)| named.contains(k)).collect();
    out.lines = lines.into_iter().filter(|(k, _)| named.contains(&k.proto)).collect();
    Ok(out)
}

/// Returns the places of a program that the profile knows and no tree begins at: how often recordings of them were given up, and why.
fn given_up(aborts: &BTreeMap<GivenUp, u64>, program: &Program, trees: &[Done]) -> Vec<(RootKey, u32, String)> {
    let mut out: BTreeMap<(RootKey, &str), u64> = BTreeMap::new();
    let roots: BTreeSet<RootKey> = trees.iter().map(|t| t.key).collect();
    for (g, times) in aborts {
        let there = program.has(g.root.proto.hash) || program.is_loaded(g.root.proto);
        if !g.side && there && !roots.contains(&g.root) {
            let sum = out.entry((g.root, &g.reason)).or_default();
            *sum = sum.saturating_add(*times);
        }
    }
    out.into_iter().map(|((k, why), n)| (k, u32::try_from(n).unwrap_or(u32::MAX), why.to_string())).collect()
}

/// Names the function of a tree: where it is for people, its key for linkers.
fn symbol(tree: &Tree, lines: &Lines) -> String {
    let RootKey { proto: ProtoKey { hash, instance }, pc } = tree.key;
    let place = lines.show(tree.key);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let place: String = place.rsplit('/').next().unwrap_or_default().chars().map(plain).collect();
    let mut name = format!("lua.{place}.{hash:016x}.{pc}");
    if instance != 0 {
        // Writing to a string cannot fail.
        let _ = write!(name, ".{instance}");
    }
    name
}

/// Returns the bytes of machine code in an object.
fn code_size(object: &[u8]) -> usize {
    let elf = goblin::elf::Elf::parse(object);
    elf.map_or(0, |e| e.section_headers.iter().filter(|s| s.is_executable()).map(|s| s.sh_size as usize).sum())
}

impl Compiled {
    /// Returns the number of traces that were compiled.
    pub fn traces(&self) -> usize {
        self.trees.iter().map(|t| t.traces).sum()
    }

    /// Lists what LLVM made.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.trees.iter().flat_map(|t| &t.modules)
    }

    /// Returns what all traces of the profile are worth.
    pub fn traced(&self) -> u64 {
        let rest = self.spent.iter().fold(0u64, |n, s| n.saturating_add(s.1.saturating_mul(SAMPLE)));
        self.work.saturating_sub(rest)
    }

    /// Names what worth is.
    pub fn unit(&self) -> &'static str {
        if self.sampled { "time" } else { "work" }
    }

    /// Returns the number of traces of code that is loaded when the program runs.
    pub fn loaded(&self) -> usize {
        self.trees.iter().map(|t| t.loaded).sum()
    }

    /// Returns the part of the profile's worth that is compiled.
    pub fn covered(&self) -> u64 {
        self.trees.iter().map(|t| t.work).fold(0, u64::saturating_add)
    }

    /// Returns the symbols of the trees.
    pub fn names(&self) -> Vec<String> {
        self.trees.iter().map(|t| t.name.clone()).collect()
    }
}
