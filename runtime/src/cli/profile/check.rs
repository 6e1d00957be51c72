//! `kiln profile check`: what of a profile still applies to sources.
//!
//! Sources are compiled, not run. A tree applies if all prototypes that it names are among theirs, by content. Chunks that the program made
//! itself, from strings, are not in sources: they are taken to be as they were.

use super::place::{self, file_of};
use super::{BELOW, DONE, Input, paths, percent, reason, report};
use abi::content::{Content, Item, Template};
use bytecode::Proto;
use bytecode::proto::{GcConst, TabConst};
use clap::ArgMatches;
use ir::profile::Profile;
use ir::tree::RootKey;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Checks a profile against sources.
pub fn check(m: &ArgMatches, input: &mut Input) -> Result<u8, String> {
    let file = &paths(m, "profile")[0];
    let least = percent(m, "min-share")?;
    let profile = input.read(file)?;
    let mut given = paths(m, "sources");
    if given.is_empty() {
        given = profile.modules.values().filter_map(|name| file_of(name)).filter(|p| p.is_file()).collect();
        if given.is_empty() && !profile.is_empty() {
            return Err("none of the profile's sources are here: name files or folders".into());
        }
    }
    let mut sources = Sources::default();
    given.iter().try_for_each(|path| sources.add(path))?;
    let (text, share) = text(&super::file_name(file.as_os_str()), &profile, &sources);
    report(&text)?;
    match least.filter(|n| share * 100.0 < *n) {
        Some(n) => {
            super::complain(&format!("{:.1}% is less than {n}%", share * 100.0));
            Ok(BELOW)
        }
        None => Ok(DONE),
    }
}

fn text(name: &str, p: &Profile, sources: &Sources) -> (String, f64) {
    let own = |hash: u64| {
        let mut origins = p.origins.iter().filter(|(k, _)| k.hash == hash).peekable();
        origins.peek().is_some() && origins.all(|(_, o)| file_of(&o.chunk).is_none())
    };
    let found = p.coverage(&|hash| sources.hashes.contains(&hash) || own(hash));
    let roots = found.whole + found.part.len() + found.stale.len();
    let mut out = format!(
        "{name} against {}: {:.1}% of what is hot still applies; {} of {} whole, {} in part, {} stale\n",
        super::plural(sources.files, "file"),
        found.share * 100.0,
        found.whole,
        super::plural(roots, "tree"),
        found.part.len(),
        found.stale.len()
    );
    let mut list: Vec<(&RootKey, &f64, &str)> = Vec::new();
    list.extend(found.stale.iter().map(|(k, n)| (k, n, "stale")));
    list.extend(found.part.iter().map(|(k, n)| (k, n, "in part")));
    list.sort_by(|a, b| b.1.total_cmp(a.1).then_with(|| a.0.cmp(b.0)));
    for (key, lost, word) in list {
        let _ = writeln!(out, "{:5.1}%  {}: {word}", lost * 100.0, place::root(p, *key));
    }
    for (hash, name) in &p.modules {
        if file_of(name).is_some() && !sources.hashes.contains(hash) {
            let name = String::from_utf8_lossy(&name[1..]);
            let _ = writeln!(out, "changed or not given: {name}");
        }
    }
    (out, found.share)
}

/// Prototypes of compiled files.
#[derive(Default)]
struct Sources {
    hashes: BTreeSet<u64>,
    files: usize,
}

impl Sources {
    /// Adds a file, or all `.lua` files below a folder.
    fn add(&mut self, path: &Path) -> Result<(), String> {
        let failed = |e: std::io::Error| format!("cannot read '{}': {}", path.display(), reason(&e));
        if !path.is_dir() {
            let bytes = std::fs::read(path).map_err(failed)?;
            return self.file(path, &bytes);
        }
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Links to folders may lead back.
            let is_folder = entry.file_type().map_err(failed)?.is_dir();
            if is_folder || entry.path().extension().is_some_and(|e| e == "lua") && entry.path().is_file() {
                entries.push(entry.path());
            }
        }
        entries.sort();
        entries.iter().try_for_each(|e| self.add(e))
    }

    fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), String> {
        let name = [b"@", path.as_os_str().as_bytes()].concat();
        let chunk = if bytecode::is_bytecode(bytes) {
            bytecode::load(bytes, &name).map_err(|e| e.message(&name))?
        } else {
            luac::compile(bytes, &name, &luac::Options::default()).map_err(|e| e.to_string())?
        };
        self.proto(&chunk.main);
        self.files += 1;
        Ok(())
    }

    /// Adds a prototype and those in it; returns its hash, as `runtime::trace` makes it of a loaded one.
    fn proto(&mut self, p: &Proto) -> u64 {
        let mut h = Content::new(p.num_params, p.is_vararg(), p.bc.len() as u32);
        h = h.code(p.bc.iter().map(|ins| ins.0));
        h = p.upvalues.iter().fold(h, |h, u| h.word(u.0.into()));
        h = p.knum.iter().fold(h, |h, n| h.word(n.to_bits()));
        for k in &p.kgc {
            h = match k {
                GcConst::Str(s) => h.string(s),
                GcConst::Proto(child) => h.child(self.proto(child)),
                GcConst::Tab(t) => {
                    let array = t.array.iter().enumerate().map(|(i, v)| (Item::Num((i as f64).to_bits()), item(v)));
                    let hash = t.hash.iter().map(|(k, v)| (item(k), item(v)));
                    h.template(array.chain(hash).fold(Template::default(), |t, (k, v)| t.entry(k, v)))
                }
            };
        }
        let hash = h.finish();
        self.hashes.insert(hash);
        hash
    }
}

fn item(v: &TabConst) -> Item<'_> {
    match v {
        TabConst::Nil => Item::Nil,
        TabConst::False => Item::Bool(false),
        TabConst::True => Item::Bool(true),
        TabConst::Num(n) => Item::Num(n.to_bits()),
        TabConst::Str(s) => Item::Str(s),
    }
}
