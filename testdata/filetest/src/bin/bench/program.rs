//! The benchmark programs: Lua files that describe themselves in their first line.
//!
//! `-- bench: group=NAME small=SIZE tiny=SIZE [needs=corpus]`. Run without an argument, a program uses its large size; its first
//! argument is another size. It checks its own result and prints it. A file of the same name in the folder `c` is the same program in C.

use std::path::{Path, PathBuf};

/// The groups in the order of the table.
pub const GROUPS: &[&str] = &["numeric", "calls", "allocation", "tables", "strings", "real"];

/// One benchmark program.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    /// The file's stem.
    pub name: String,
    /// One of [`GROUPS`].
    pub group: String,
    /// The argument for the small size.
    pub small: String,
    /// The argument for the tiny size.
    pub tiny: String,
    /// Whether it reads the unpacked packages.
    pub needs_corpus: bool,
    /// The Lua file.
    pub path: PathBuf,
    /// The same program in C.
    pub c: Option<PathBuf>,
}

impl Program {
    /// Writes the program that only starts. It is in a group of its own.
    pub fn empty(path: &Path) -> Result<Program, String> {
        std::fs::write(path, "").map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        let (small, tiny) = (String::new(), String::new());
        Ok(Program {
            name: "start".into(),
            group: "start".into(),
            small,
            tiny,
            needs_corpus: false,
            path: path.into(),
            c: None,
        })
    }
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
    let facts = line.strip_prefix("-- bench:").ok_or("the first line is not '-- bench: group=… small=… tiny=…'")?;
    let (mut group, mut small, mut tiny, mut needs_corpus) = (None, None, None, false);
    for fact in facts.split_whitespace() {
        match fact.split_once('=') {
            Some(("group", g)) if GROUPS.contains(&g) => group = Some(g),
            Some(("small", s)) => small = Some(s),
            Some(("tiny", s)) => tiny = Some(s),
            Some(("needs", "corpus")) => needs_corpus = true,
            _ => return Err(format!("unknown fact '{fact}' in the first line")),
        }
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Program {
        c: Some(path.with_file_name("c").join(format!("{name}.c"))).filter(|c| c.is_file()),
        name,
        group: group.ok_or("no group= in the first line")?.into(),
        small: small.ok_or("no small= in the first line")?.into(),
        tiny: tiny.ok_or("no tiny= in the first line")?.into(),
        needs_corpus,
        path: path.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_is_read() {
        let p = parse(Path::new("a/x.lua"), "-- bench: group=real small=3 tiny=1 needs=corpus\n").unwrap();
        assert_eq!((p.name.as_str(), p.group.as_str(), p.small.as_str(), p.needs_corpus), ("x", "real", "3", true));
        assert_eq!((p.tiny.as_str(), p.c), ("1", None));
    }

    #[test]
    fn wrong_first_lines_are_named() {
        let parse = |t| parse(Path::new("x.lua"), t).unwrap_err();
        assert!(parse("print(1)").contains("first line"));
        assert!(parse("-- bench: group=nonsense small=1").contains("group=nonsense"));
        assert!(parse("-- bench: group=real").contains("small="));
        assert!(parse("-- bench: group=real small=1").contains("tiny="));
    }

    #[test]
    fn every_program_of_the_set_describes_itself() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench");
        let programs = load(&directory, &[]).unwrap();
        assert!(programs.len() >= 34, "{} programs", programs.len());
        for group in GROUPS {
            assert!(programs.iter().any(|p| p.group == *group), "no program in group {group}");
        }
        let in_c: Vec<&str> = programs.iter().filter(|p| p.c.is_some()).map(|p| p.name.as_str()).collect();
        let files = std::fs::read_dir(directory.join("c")).unwrap().count();
        assert_eq!(in_c.len(), files, "a file in C has no program of its name: {in_c:?}");
        for p in &programs {
            assert_ne!(p.tiny, p.small, "{}: a profile of the small size tells what the tiny one does", p.name);
        }
    }
}
