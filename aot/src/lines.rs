//! Line tables: where each instruction of compiled code comes from, as debug information of LLVM.
//!
//! Lowered text names places by number (`!dbg !1000` and on); here is what the numbers mean. A tree is one function at one place of the
//! source; code of inlined functions has their files and lines, without a frame of its own.
//!
//! Invariant: no path that the program's author did not write: chunk names are taken as they are, and no folder is named.

use crate::content::{Place, Program};
use ir::ProtoKey;
use ir::profile::{Origin, Profile};
use ir::tree::RootKey;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Number of the function's node.
pub const FUNCTION: usize = 900;
/// Number of the first place.
pub const FIRST: usize = 1000;

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

    /// Returns the metadata of a function that begins at `root` and whose code comes from `places`.
    pub fn metadata(&self, root: RootKey, places: &[(ProtoKey, u32)]) -> String {
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
        let first = FIRST + places.len();
        let mut out = String::new();
        for (i, (key, pc)) in places.iter().enumerate() {
            let place = self.place(*key).unwrap_or(&unknown);
            let file = scope(place.file());
            let scope = if file == 0 { FUNCTION } else { first + 2 * file + 1 };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "!{} = !DILocation(line: {}, scope: !{scope})", FIRST + i, place.line(*pc));
        }
        for (i, name) in files.iter().enumerate() {
            let (file, scope) = (first + 2 * i, first + 2 * i + 1);
            let _ = writeln!(out, "!{file} = !DIFile(filename: \"{}\", directory: \"\")", quoted(name));
            let _ =
                writeln!(out, "!{scope} = !DILexicalBlockFile(scope: !{FUNCTION}, file: !{file}, discriminator: 0)");
        }
        let name = quoted(&format!("{}:{line}", whole.file()));
        let _ = writeln!(
            out,
            "!{FUNCTION} = distinct !DISubprogram(name: \"{name}\", scope: !{first}, file: !{first}, line: {line}, \
             type: !{0}, scopeLine: {line}, spFlags: DISPFlagDefinition, unit: !{1})\n\
             !{0} = !DISubroutineType(types: !0)\n\
             !{1} = distinct !DICompileUnit(language: DW_LANG_C99, file: !{first}, producer: \"kiln\", isOptimized: true, \
             runtimeVersion: 0, emissionKind: LineTablesOnly, nameTableKind: None)\n\
             !llvm.dbg.cu = !{{!{1}}}\n\
             !llvm.module.flags = !{{!{2}, !{3}}}\n\
             !{2} = !{{i32 2, !\"Debug Info Version\", i32 3}}\n\
             !{3} = !{{i32 7, !\"Dwarf Version\", i32 4}}",
            FUNCTION + 1,
            FUNCTION + 2,
            FUNCTION + 3,
            FUNCTION + 4,
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
