//! What goes into an executable: the program, the modules it reaches, compiled; and those that were not found.
//!
//! The search goes breadth first from the program and from the modules that the user named, so that a module is reported with
//! the first place that requires it; modules are then sorted by name.

use crate::find::{Finder, is_builtin};
use crate::scan::{self, Required};
use abi::hash::Sum;
use abi::image::{self, Image, Module, ModuleKind};
use bytecode::dump::dump_whole;
use bytecode::{DumpOptions, Sound};
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// A compiled file.
#[derive(Debug)]
pub struct Source {
    /// The name `require` uses; for the program, its script's name.
    pub name: Vec<u8>,
    /// The file.
    pub path: PathBuf,
    /// Bytes of the file.
    pub size: usize,
    /// Hash of the file's bytes.
    pub hash: u64,
    /// The bytecode dump.
    pub code: Vec<u8>,
}

/// A module that no file was found for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Its name.
    pub name: Vec<u8>,
    /// The file that requires it.
    pub file: PathBuf,
    /// The line there.
    pub line: u32,
    /// Every call that requires it is protected.
    pub guarded: bool,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = String::from_utf8_lossy(&self.name);
        write!(
            f,
            "{}:{}: module '{name}' not found (--module {name}=FILE or --include FOLDER adds it)",
            self.file.display(),
            self.line
        )
    }
}

/// Everything an image is made of.
#[derive(Debug)]
pub struct Plan {
    /// The program.
    pub main: Source,
    /// Its modules, by name.
    pub modules: Vec<Source>,
    /// What was not found, in the order of discovery.
    pub missing: Vec<Missing>,
}

impl Plan {
    /// Returns the program and its modules.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        [&self.main].into_iter().chain(&self.modules)
    }
}

/// Compiles `script` and all modules that it reaches or that `finder` names. `strip` leaves out debug information; `each` is
/// told of every file that is about to be compiled.
pub fn make(script: &Path, finder: &Finder, strip: bool, mut each: impl FnMut(&Path)) -> Result<Plan, String> {
    let options = DumpOptions { strip };
    let mut compile = |name: &[u8], path: &Path| {
        each(path);
        compile_file(name, path, &options)
    };
    let script_name = script.file_name().map_or(&b"main"[..], |n| n.as_encoded_bytes());
    let (main, needs) = compile(script_name, script)?;
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut queue: VecDeque<(Required, PathBuf)> = needs.into_iter().map(|r| (r, script.to_path_buf())).collect();
    let named = finder.named().map(|n| Required { name: n.to_vec(), line: 0, guarded: false });
    queue.extend(named.map(|r| (r, PathBuf::new())));
    let (mut modules, mut missing) = (Vec::new(), Vec::<Missing>::new());
    while let Some((required, file)) = queue.pop_front() {
        let Required { name, line, guarded } = required;
        if is_builtin(&name) {
            continue;
        }
        if !seen.insert(name.clone()) {
            if let Some(m) = missing.iter_mut().find(|m| m.name == name && m.guarded && !guarded) {
                *m = Missing { name, file, line, guarded };
            }
            continue;
        }
        let Some(path) = finder.find(&name) else {
            missing.push(Missing { name, file, line, guarded });
            continue;
        };
        let (module, needs) = compile(&name, &path)?;
        modules.push(module);
        queue.extend(needs.into_iter().map(|r| (r, path.clone())));
    }
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Plan { main, modules, missing })
}

/// Makes the payload of an image.
pub fn payload(plan: &Plan, manifest: &str, traces: &str) -> Vec<u8> {
    let main = [Module { kind: ModuleKind::Main, name: &plan.main.name, code: &plan.main.code }];
    let others = plan.modules.iter().map(|m| Module { kind: ModuleKind::Lua, name: &m.name, code: &m.code });
    let packed = ir::tree::pack(traces);
    let traces = (!traces.is_empty()).then_some(Module { kind: ModuleKind::Traces, name: b"traces", code: &packed });
    let modules = main.into_iter().chain(others).chain(traces).collect();
    Image { fingerprint: image::FINGERPRINT, manifest: manifest.as_bytes(), modules }.encode()
}

fn compile_file(name: &[u8], path: &Path, options: &DumpOptions) -> Result<(Source, Vec<Required>), String> {
    let bytes = std::fs::read(path).map_err(|e| format!("cannot read '{}': {}", path.display(), os_message(&e)))?;
    let chunk_name = [b"@", path.as_os_str().as_encoded_bytes()].concat();
    let chunk = compile(&bytes, &chunk_name)?;
    let source = Source {
        name: name.to_vec(),
        path: path.to_path_buf(),
        size: bytes.len(),
        hash: Sum::new().bytes(&bytes).finish(),
        code: dump_whole(&chunk, options),
    };
    Ok((source, scan::requires(&chunk.main)))
}

/// Compiles source text, or reads and verifies a dump.
fn compile(bytes: &[u8], chunk_name: &[u8]) -> Result<Sound, String> {
    if bytecode::is_bytecode(bytes) {
        return bytecode::load(bytes, chunk_name).map_err(|e| e.message(chunk_name));
    }
    luac::compile(bytes, chunk_name, &luac::Options::default()).map_err(|e| e.to_string())
}

/// Returns the text of an error of the operating system, without Rust's `(os error 2)`.
pub fn os_message(e: &std::io::Error) -> String {
    let text = e.to_string();
    match text.find(" (os error ") {
        Some(i) => text[..i].to_string(),
        None => text,
    }
}
