//! Holds the rules of the repository: crate edges, islands of unsafe code, file sizes, module docs, the root folder.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One row for each crate: name, folder, the workspace crates it may use, where unsafe code may stand (`*` everywhere,
/// otherwise names of modules).
#[rustfmt::skip]
const CRATES: &[(&str, &str, &[&str], &[&str])] = &[
    ("bytecode", "luac/bytecode",     &[],                                                                &[]),
    ("luac",     "luac",              &["bytecode"],                                                      &[]),
    ("abi",      "jit/abi",           &[],                                                                &[]),
    ("ir",       "jit/ir",            &["abi"],                                                           &[]),
    ("opt",      "jit/opt",           &["ir", "abi"],                                                     &[]),
    ("jit",      "jit",               &["abi", "bytecode", "ir", "opt"],                                  &["mcode", "tests"]),
    ("heap",     "runtime/heap",      &["abi", "bytecode"],                                               &["*"]),
    ("interp",   "runtime/interp",    &["abi", "bytecode", "heap"],                                       &["*"]),
    ("stdlib",   "runtime/stdlib",    &["abi", "heap", "interp", "luac"],                                 &["sys"]),
    ("runtime",  "runtime",           &["abi", "bytecode", "luac", "heap", "interp", "stdlib", "jit", "ir", "opt"], &["rt_main", "signal", "loader", "main", "trace"]),
    ("aot",      "aot",               &["abi", "bytecode", "ir", "luac", "opt"],                          &["ll"]),
];

/// What may lie at the root.
const ROOT: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "README",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "COMPATIBILITY.md",
    "LICENSE",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "Makefile",
    ".ci",
    ".cargo",
    ".gitignore",
    ".gitattributes",
    "rustfmt.toml",
    "clippy.toml",
    "rust-toolchain.toml",
    "luac",
    "jit",
    "runtime",
    "aot",
    "testdata",
];

const MAX_LINES: usize = 1200;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root exists")
}

/// Lists the files that git knows or would add, relative to the root.
fn files() -> Vec<PathBuf> {
    let git = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    let list = String::from_utf8(git.stdout).expect("names are UTF-8");
    let files: Vec<PathBuf> = list.lines().map(PathBuf::from).filter(|path| root().join(path).is_file()).collect();
    assert!(!files.is_empty(), "git lists no files: is this a checkout?");
    files
}

fn rust_files() -> Vec<(PathBuf, String)> {
    let rust = files().into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "rs"));
    rust.map(|path| (path.clone(), std::fs::read_to_string(root().join(&path)).expect("source is UTF-8"))).collect()
}

/// Finds the row of the crate that a file belongs to: the longest folder that contains it.
fn owner(
    path: &Path,
) -> Option<&'static (&'static str, &'static str, &'static [&'static str], &'static [&'static str])> {
    CRATES.iter().filter(|row| path.starts_with(row.1)).max_by_key(|row| row.1.len())
}

fn report(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn crates_use_only_what_the_table_allows() {
    let names: BTreeSet<&str> = CRATES.iter().map(|row| row.0).collect();
    let mut found = Vec::new();
    for (name, folder, allowed, _) in CRATES {
        let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("the crate has a manifest");
        let manifest: toml::Table = text.parse().expect("the manifest parses");
        assert_eq!(manifest["package"]["name"].as_str(), Some(*name), "{folder}");
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flatten();
        for (dependency, _) in dependencies.filter(|(dependency, _)| names.contains(dependency.as_str())) {
            if !allowed.contains(&dependency.as_str()) {
                found.push(format!("{name} uses {dependency}"));
            }
        }
        if manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) != Some(true) {
            found.push(format!("{name} does not inherit the workspace lints"));
        }
    }
    report("edges that the design does not have", found);
}

#[test]
fn every_member_is_in_the_table() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
    let manifest: toml::Table = text.parse().expect("the manifest parses");
    let members = manifest["workspace"]["members"].as_array().expect("members is a list");
    let members: BTreeSet<&str> = members.iter().filter_map(toml::Value::as_str).collect();
    let table: BTreeSet<&str> = CRATES.iter().map(|row| row.1).chain(["testdata/filetest"]).collect();
    assert_eq!(members, table);
}

/// Removes string literals and line comments, so that words in them do not count.
fn code_of(line: &str) -> String {
    let (mut code, mut quoted, mut last) = (String::new(), false, ' ');
    for c in line.chars() {
        match c {
            '"' if last != '\\' && last != '\'' => quoted = !quoted,
            '/' if !quoted && last == '/' => {
                code.pop();
                return code;
            }
            c if !quoted => code.push(c),
            _ => {}
        }
        last = if last == '\\' && c == '\\' { ' ' } else { c };
    }
    code
}

fn has_unsafe_code(line: &str) -> bool {
    let code = code_of(line);
    let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == "unsafe")
}

/// Whether a file of a crate is one of the modules in which unsafe code may stand, or below one.
fn is_island(path: &Path, islands: &[&str]) -> bool {
    islands.contains(&"*")
        || path.components().any(|part| {
            let name = part.as_os_str().to_string_lossy();
            islands.contains(&name.trim_end_matches(".rs"))
        })
}

#[test]
fn unsafe_code_stands_in_its_islands() {
    let mut found = Vec::new();
    for (path, text) in rust_files() {
        let islands = owner(&path).map_or(&[][..], |row| row.3);
        if is_island(&path, islands) {
            continue;
        }
        let lines = text.lines().enumerate().filter(|(_, line)| has_unsafe_code(line));
        // A lint attribute such as `forbid(unsafe_code)` is one word, and does not count.
        found.extend(lines.map(|(number, line)| format!("{}:{}: {}", path.display(), number + 1, line.trim())));
    }
    report("unsafe code outside the islands", found);
}

#[test]
fn crates_without_islands_forbid_unsafe_code() {
    let mut found = Vec::new();
    for (name, folder, _, islands) in CRATES {
        let text = std::fs::read_to_string(root().join(folder).join("src/lib.rs")).expect("the crate has a lib.rs");
        if islands.is_empty() && !text.contains("#![forbid(unsafe_code)]") {
            found.push(format!("{name}: lib.rs lacks #![forbid(unsafe_code)]"));
        }
    }
    report("crates that do not forbid unsafe code", found);
}

#[test]
fn unsafe_blocks_say_why_they_are_sound() {
    let mut found = Vec::new();
    for (path, text) in rust_files() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = code_of(line);
            if !(code.contains("unsafe {") || code.contains("unsafe impl")) {
                continue;
            }
            // The comment stands on the line, or above the statement that the block belongs to; one comment may speak for
            // the lines of one statement.
            let above = lines[..number].iter().rev().take(12);
            let above = above.take_while(|line| !line.trim().is_empty());
            let explained = line.contains("SAFETY:") || above.into_iter().any(|line| line.contains("SAFETY:"));
            if !explained {
                found.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    report("unsafe blocks without a SAFETY comment", found);
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut found = Vec::new();
    for (path, text) in rust_files() {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            found.push(format!("{}: {lines} lines, more than {MAX_LINES}", path.display()));
        }
        if !text.starts_with("//!") {
            found.push(format!("{}: does not start with a module comment", path.display()));
        }
        for name in ["utils", "common", "helpers", "misc", "manager"] {
            if path.file_stem().is_some_and(|stem| stem == name) && !path.starts_with("testdata/lua") {
                found.push(format!("{}: a name that says nothing", path.display()));
            }
        }
    }
    report("files against the style", found);
}

#[test]
fn nothing_is_left_undone() {
    // Spelled in two parts, so that this file does not find itself.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"]].map(|parts| parts.concat());
    let mut found = Vec::new();
    for (path, text) in rust_files() {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) || line.trim_start().starts_with("#[ignore") {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    report("work that is left undone", found);
}

/// Safe code could otherwise have the interpreter run anything.
#[test]
fn only_the_compiler_vouches_for_chunks() {
    // Spelled in two parts, so that this file does not find itself.
    let word = ["Sound::", "compiled"].concat();
    let vouching = |(path, text): (PathBuf, String)| text.contains(&word).then_some(path);
    let found: Vec<PathBuf> = rust_files().into_iter().filter_map(vouching).collect();
    // The first is where it is defined and tested.
    assert_eq!(found, ["luac/bytecode/src/sound.rs", "luac/src/lib.rs"].map(PathBuf::from));
}

#[test]
fn the_root_holds_nothing_else() {
    let entries: BTreeSet<String> = files()
        .iter()
        .filter_map(|path| path.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()))
        .collect();
    report("entries at the root", entries.into_iter().filter(|name| !ROOT.contains(&name.as_str())).collect());
}

#[test]
fn text_speaks_of_the_project_alone() {
    // Spelled in parts for the same reason as above.
    let words = [["/wo", "rk/"], ["/ro", "ot/"], ["crates", ".io"], ["regi", "stry+"], ["/ho", "me/"]]
        .map(|parts| parts.concat());
    let mut found = Vec::new();
    for path in files() {
        // The lock file's sources are cargo's own notation.
        if path.ends_with("Cargo.lock") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    report("paths and hosts of a workplace", found);
}

#[test]
fn the_scanner_reads_rust() {
    assert!(has_unsafe_code("let x = unsafe { f() }; // why"));
    assert!(!has_unsafe_code("#![forbid(unsafe_code)]"));
    assert!(!has_unsafe_code("// unsafe here"));
    assert!(!has_unsafe_code("let s = \"unsafe { }\";"));
    assert!(has_unsafe_code("f(\"a\\\"b\", unsafe { g() })"));
    assert!(
        is_island(Path::new("runtime/stdlib/src/sys/linux.rs"), &["sys"])
            && is_island(Path::new("jit/src/mcode.rs"), &["mcode"])
    );
    assert!(!is_island(Path::new("runtime/stdlib/src/string.rs"), &["sys"]));
}
