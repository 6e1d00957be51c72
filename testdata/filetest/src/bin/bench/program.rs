//! The benchmark programs: Lua files that describe themselves in their first line.
//!
//! `-- bench: group=NAME small=SIZE [needs=corpus]`. Run without an argument, a program uses its large size; its first
//! argument is another size. It checks its own result and prints it.

use std::path::{Path, PathBuf};

/// The groups in the order of the table.
pub const GROUPS: &[&str] = &["numeric", "calls", "allocation", "tables", "strings", "real", "compile"];

/// One benchmark program.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    /// The file's stem.
    pub name: String,
    /// One of [`GROUPS`].
    pub group: String,
    /// The argument for the small size.
    pub small: String,
    /// Whether it reads the unpacked packages.
    pub needs_corpus: bool,
    /// The Lua file.
    pub path: PathBuf,
}

/// Reads all programs of a directory that match one of the words (all, if there are none), by group and name.
pub fn load(directory: &Path, filter: &[String]) -> Result<Vec<Program>, String> {
    let entries = std::fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
    let mut programs = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| format!("{}: {e}", directory.display()))?.path();
        if path.extension().is_some_and(|e| e == "lua") {
            let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            programs.push(parse(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?);
        }
    }
    programs.retain(|p| {
        filter.is_empty() || filter.iter().any(|f| p.name.contains(f.as_str()) || p.group.contains(f.as_str()))
    });
    if programs.is_empty() {
        return Err(format!("no program in {} matches", directory.display()));
    }
    programs.sort_by_key(|p| (GROUPS.iter().position(|g| *g == p.group), p.name.clone()));
    Ok(programs)
}

fn parse(path: &Path, text: &str) -> Result<Program, String> {
    let line = text.lines().next().unwrap_or_default();
    let facts = line.strip_prefix("-- bench:").ok_or("the first line is not '-- bench: group=… small=…'")?;
    let (mut group, mut small, mut needs_corpus) = (None, None, false);
    for fact in facts.split_whitespace() {
        match fact.split_once('=') {
            Some(("group", g)) if GROUPS.contains(&g) => group = Some(g),
            Some(("small", s)) => small = Some(s),
            Some(("needs", "corpus")) => needs_corpus = true,
            _ => return Err(format!("unknown fact '{fact}' in the first line")),
        }
    }
    Ok(Program {
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        group: group.ok_or("no group= in the first line")?.into(),
        small: small.ok_or("no small= in the first line")?.into(),
        needs_corpus,
        path: path.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_is_read() {
        let p = parse(Path::new("a/x.lua"), "-- bench: group=real small=3 needs=corpus\n").unwrap();
        assert_eq!((p.name.as_str(), p.group.as_str(), p.small.as_str(), p.needs_corpus), ("x", "real", "3", true));
    }

    #[test]
    fn wrong_first_lines_are_named() {
        let parse = |t| parse(Path::new("x.lua"), t).unwrap_err();
        assert!(parse("print(1)").contains("first line"));
        assert!(parse("-- bench: group=nonsense small=1").contains("group=nonsense"));
        assert!(parse("-- bench: group=real").contains("small="));
    }

    #[test]
    fn every_program_of_the_set_describes_itself() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench");
        let programs = load(&directory, &[]).unwrap();
        assert!(programs.len() >= 34, "{} programs", programs.len());
        for group in GROUPS {
            assert!(programs.iter().any(|p| p.group == *group), "no program in group {group}");
        }
    }
}
