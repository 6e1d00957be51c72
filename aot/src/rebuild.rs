//! Reads a program back from an executable: modules, recipe and the traces it was built with.

use crate::inspect::find_image;
use crate::manifest::{self, Fact, Recipe, field, unfield};
use crate::plan::{Missing, Plan, Source, os_message};
use abi::image::{FINGERPRINT, Module, ModuleKind};
use ir::ProtoKey;
use ir::profile::{GivenUp, Origin, Profile, Spent};
use ir::tree::{Head, Packed, Reader, RootKey};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// What an executable was made of.
#[derive(Debug)]
pub struct Remade {
    /// Program and modules.
    pub plan: Plan,
    /// How it was made.
    pub recipe: Recipe,
    /// Its traces with their counts.
    pub profile: Profile,
    /// Trees that this version cannot use.
    pub foreign: usize,
}

/// Reads an executable.
pub fn read(path: &Path) -> Result<Remade, String> {
    let refuse = |e: String| format!("{}: {e}", path.display());
    let metadata = std::fs::metadata(path).map_err(|e| refuse(os_message(&e)))?;
    if !metadata.is_file() {
        return Err(refuse("not a regular file".to_string()));
    }
    let bytes = std::fs::read(path).map_err(|e| refuse(os_message(&e)))?;
    parse(&bytes).map_err(refuse)
}

/// Reads the bytes of an executable.
pub fn parse(bytes: &[u8]) -> Result<Remade, String> {
    let found = find_image(bytes)?;
    let facts = manifest::parse(found.image.manifest);
    let recipe = Recipe::parse(&facts)?;
    let (mut sources, mut profile, mut foreign) = (Vec::new(), Profile::default(), 0);
    for m in &found.image.modules {
        if m.kind != ModuleKind::Traces {
            sources.push(source(m, &facts)?);
            continue;
        }
        if found.image.fingerprint != FINGERPRINT {
            foreign = Packed::parse(m.code).map_or(0, |p| p.trees.len());
            continue;
        }
        let text = Packed::parse(m.code).and_then(|p| p.text()).ok_or("the text of the traces is damaged")?;
        let (head, rest) = Head::take(&text);
        for (root, times, reason) in head.given_up {
            profile.give_up(GivenUp { root, side: false, reason, at: root, what: String::new() }, times.into());
        }
        let mut reader = Reader::new(rest);
        // A line for each tree, in the same order.
        let mut lines = facts.iter().filter(|f| f.key == "tree");
        while let Some(tree) = reader.tree() {
            let samples = lines.next().map_or(0, |f| f.number(7));
            match tree {
                Ok(c) => {
                    profile.spend(Spent::Root(c.tree.key), samples);
                    profile.add(c.tree);
                }
                Err(_) => {
                    foreign += 1;
                    reader.skip();
                }
            }
        }
    }
    for f in facts.iter().filter(|f| f.key == "spent") {
        if let Some((what, _)) = Spent::OTHER.iter().find(|s| s.1 == f.text(0)) {
            profile.spend(*what, f.number(1));
        }
    }
    profile.origins.extend(facts.iter().filter(|f| f.key == "proto").filter_map(origin));
    let line = |f: &Fact<'_>| Some((RootKey::parse(f.text(0))?, f.text(1).parse().ok()?));
    profile.lines.extend(facts.iter().filter(|f| f.key == "line").filter_map(line));
    let missing = facts.iter().filter(|f| f.key == "missing").filter_map(missing).collect();
    // The image's parser promises that the first is the program.
    let main = sources.remove(0);
    Ok(Remade { plan: Plan { main, modules: sources, missing }, recipe, profile, foreign })
}

fn source(m: &Module<'_>, facts: &[Fact<'_>]) -> Result<Source, String> {
    let name = field(m.name);
    let fact = facts.iter().find(|f| f.key == "source" && f.fields.get(..2) == Some(&[m.kind.name(), &name]));
    let part = |i: usize| fact.and_then(|f| f.fields.get(i).copied());
    let default = [b"@", m.name].concat();
    bytecode::load(m.code, &default).map_err(|e| format!("module {name}: {}", e.message(&default)))?;
    Ok(Source {
        name: m.name.to_vec(),
        path: OsString::from_vec(part(2).map_or_else(|| m.name.to_vec(), unfield)).into(),
        size: part(4).and_then(|s| s.parse().ok()).unwrap_or(0),
        hash: part(3).and_then(|s| u64::from_str_radix(s, 16).ok()).unwrap_or(0),
        code: m.code.to_vec(),
    })
}

/// Reads where a function of code that is loaded when the program runs came from.
fn origin(f: &Fact<'_>) -> Option<(ProtoKey, Origin)> {
    let [key, numbers, chunk] = f.fields.as_slice() else { return None };
    let (line, size) = numbers.split_once('+')?;
    // The key of its first instruction has the same syntax.
    let key = RootKey::parse(&format!("{key}:0"))?.proto;
    Some((key, Origin { chunk: unfield(chunk), line: line.parse().ok()?, size: size.parse().ok()? }))
}

fn missing(f: &Fact<'_>) -> Option<Missing> {
    let [name, file, line] = f.fields.as_slice() else { return None };
    let file = OsString::from_vec(unfield(file)).into();
    Some(Missing { name: unfield(name), file, line: line.parse().ok()?, guarded: false })
}
