//! Line tables: where each instruction of compiled code comes from, as debug information of LLVM.
//!
//! Lowered text names places by number (`!dbg !1000` and on), and behind them its functions; here is what the numbers mean. A function is at
//! one place of the source, that of its tree; code of inlined functions has their files and lines, without a frame of its own.
//!
//! Invariant: no path that the program's author did not write: chunk names are taken as they are, and no folder is named.

use crate::content::{Place, Program};
use ir::ProtoKey;
use ir::profile::{Origin, Profile};
use ir::tree::RootKey;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// Number of the first place.
pub const FIRST: usize = 1000;

/// Returns the numbers of functions, whose code comes from `places`.
pub fn functions(places: &[&[(ProtoKey, u32)]]) -> Range<usize> {
    let first = FIRST + places.iter().map(|p| p.len()).sum::<usize>();
    first..first + places.len()
}

/// What is known of prototypes: the program's, else what a profile says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lines {
    program: Program,
    origins: BTreeMap<ProtoKey, Place>,
}

impl Lines {
    /// Joins a program and what a profile says of its prototypes.
    pub fn new(program: Program, profile: &Profile) -> Lines {
        let mut some: BTreeMap<ProtoKey, BTreeMap<u32, u32>> = BTreeMap::new();
        for (key, line) in &profile.lines {
            if let Some(o) = profile.origins.get(&key.proto) {
                some.entry(key.proto).or_default().insert(key.pc, o.line.saturating_add(*line));
            }
        }
        let place = |k: &ProtoKey, o: &Origin| Place::new(&o.chunk, o.line, some.get(k).cloned().unwrap_or_default());
        Lines { origins: profile.origins.iter().map(|(k, o)| (*k, place(k, o))).collect(), program }
    }

    /// Returns where a prototype is.
    pub fn place(&self, key: ProtoKey) -> Option<&Place> {
        let own = self.program.place(key.hash).filter(|p| p.has_lines());
        own.or_else(|| self.origins.get(&key)).or_else(|| self.program.place(key.hash))
    }

    /// Returns the program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Names an instruction for people: `file:line`.
    pub fn show(&self, key: RootKey) -> String {
        match self.place(key.proto) {
            Some(p) => format!("{}:{}", p.file(), p.line(key.pc)),
            None => key.to_string(),
        }
    }

    /// Returns the metadata of functions of a tree that begins at `root`; their code comes from `places`.
    pub fn metadata(&self, root: RootKey, places: &[&[(ProtoKey, u32)]]) -> String {
        let mut files: Vec<String> = Vec::new();
        let mut scope = |name: String| {
            files.iter().position(|f| *f == name).unwrap_or_else(|| {
                files.push(name);
                files.len() - 1
            })
        };
        let unknown = Place::new(b"=?", 0, BTreeMap::new());
        let whole = self.place(root.proto).unwrap_or(&unknown);
        let line = whole.line(root.pc);
        scope(whole.file());
        let numbers = functions(places);
        let mut next = numbers.end;
        let mut out = String::new();
        // A block of each file in each function.
        let mut scopes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let places = numbers.clone().zip(places).flat_map(|(f, p)| p.iter().map(move |p| (f, p)));
        for (i, (function, (key, pc))) in places.enumerate() {
            let place = self.place(*key).unwrap_or(&unknown);
            let scope = match scope(place.file()) {
                0 => function,
                file => *scopes.entry((function, file)).or_insert_with(|| {
                    next += 1;
                    next - 1
                }),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "!{} = !DILocation(line: {}, scope: !{scope})", FIRST + i, place.line(*pc));
        }
        let first = next;
        for (i, name) in files.iter().enumerate() {
            let _ = writeln!(out, "!{} = !DIFile(filename: \"{}\", directory: \"\")", first + i, quoted(name));
        }
        for ((function, file), number) in scopes {
            let _ = writeln!(
                out,
                "!{number} = !DILexicalBlockFile(scope: !{function}, file: !{}, discriminator: 0)",
                first + file
            );
        }
        let name = quoted(&format!("{}:{line}", whole.file()));
        let types = first + files.len();
        let [unit, version, dwarf] = [types + 1, types + 2, types + 3];
        for function in numbers {
            let _ = writeln!(
                out,
                "!{function} = distinct !DISubprogram(name: \"{name}\", scope: !{first}, file: !{first}, line: {line}, \
                 type: !{types}, scopeLine: {line}, spFlags: DISPFlagDefinition, unit: !{unit})"
            );
        }
        let _ = writeln!(
            out,
            "!{types} = !DISubroutineType(types: !0)\n\
             !{unit} = distinct !DICompileUnit(language: DW_LANG_C99, file: !{first}, producer: \"kiln\", isOptimized: true, \
             runtimeVersion: 0, emissionKind: LineTablesOnly, nameTableKind: None)\n\
             !llvm.dbg.cu = !{{!{unit}}}\n\
             !llvm.module.flags = !{{!{version}, !{dwarf}}}\n\
             !{version} = !{{i32 2, !\"Debug Info Version\", i32 3}}\n\
             !{dwarf} = !{{i32 7, !\"Dwarf Version\", i32 4}}",
        );
        out
    }
}

/// Writes a text as LLVM's assembly language has it between quotes.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        match b {
            b' '..=b'~' if b != b'"' && b != b'\\' => out.push(char::from(b)),
            _ => {
                let _ = write!(out, "\\{b:02X}");
            }
        }
    }
    out
}
