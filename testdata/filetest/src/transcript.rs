//! Transcripts: command lines with what they print, one file for a topic, as they would look in a terminal.
//!
//! ```text
//! # Anything about the next case.
//! $ kiln -e 'error "x"'
//! ! kiln: x
//! ? 1
//! ```
//!
//! A case is: comment lines; `$` lines, one `sh` script; `>` lines of standard output; `!` lines of standard error; `?` and
//! an exit status other than 0. A blank line ends it. A comment that starts with `# luajit differs` exempts the case from
//! the comparison with stock `luajit`, as does any use of `luac`. Each case runs in an empty folder of its own, in which
//! `kiln` and `luac` are on the search path.
//!
//! Invariant: `print(parse(text)) == text` for a blessed file.

use crate::case::Outcome;
use crate::process;
use crate::subject::{Subject, TempFile, neutral_environment};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// One case of a transcript.
#[derive(Debug, Default)]
pub struct Entry {
    /// Comment lines, with their `#`.
    pub comments: Vec<String>,
    /// The script.
    pub script: String,
    /// The expectation.
    pub expected: Outcome,
}

impl Entry {
    /// Whether the script calls the compiler.
    pub fn uses_luac(&self) -> bool {
        self.script.split(|c: char| !c.is_alphanumeric() && c != '.').any(|word| word == "luac")
    }

    /// Whether stock `luajit` must print the same.
    pub fn has_oracle(&self) -> bool {
        !self.uses_luac() && !self.comments.iter().any(|line| line.starts_with("# luajit differs"))
    }
}

/// Reads a transcript.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let (mut entries, mut entry) = (Vec::new(), Entry::default());
    for (number, line) in text.lines().chain([""]).enumerate() {
        let rest = line.get(1..).unwrap_or_default();
        let rest = rest.strip_prefix(' ').unwrap_or(rest).to_string();
        match line.as_bytes().first() {
            None if entry.script.is_empty() && entry.comments.is_empty() => {}
            None => entries.push(std::mem::take(&mut entry)),
            Some(b'#') => entry.comments.push(line.into()),
            Some(b'$') => entry.script += &(rest + "\n"),
            Some(b'>') => entry.expected.out.push(rest),
            Some(b'!') => entry.expected.err.push(rest),
            Some(b'?') => {
                entry.expected.status = rest.parse().map_err(|_| format!("line {}: bad status", number + 1))?
            }
            Some(_) => return Err(format!("line {}: not a transcript line", number + 1)),
        }
    }
    Ok(entries)
}

/// Writes a transcript.
pub fn print(entries: &[Entry]) -> String {
    let texts = entries.iter().map(|entry| {
        let mut text: String = entry.comments.iter().map(|line| format!("{line}\n")).collect();
        let script: Vec<String> = entry.script.lines().map(String::from).collect();
        for (mark, lines) in [('$', &script), ('>', &entry.expected.out), ('!', &entry.expected.err)] {
            text.extend(
                lines.iter().map(|line| if line.is_empty() { format!("{mark}\n") } else { format!("{mark} {line}\n") }),
            );
        }
        if entry.expected.status != 0 {
            text += &format!("? {}\n", entry.expected.status);
        }
        text
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Runs the script of an entry with the programs of `subject`.
pub fn run(entry: &Entry, subject: &Subject) -> Result<Outcome, String> {
    let folder = TempFolder(TempFile::new("folder")?);
    let (bin, work) = (folder.0.0.join("bin"), folder.0.0.join("work"));
    for path in [&bin, &work] {
        std::fs::create_dir_all(path).map_err(|e| e.to_string())?;
    }
    let link =
        |target: &Path, name: &str| std::os::unix::fs::symlink(target, bin.join(name)).map_err(|e| e.to_string());
    link(&subject.kiln, "kiln")?;
    if let Some(luac) = &subject.luac {
        link(luac, "luac")?;
    }
    let mut command = Command::new("sh");
    command.arg("-c").arg(&entry.script).current_dir(&work);
    neutral_environment(&mut command);
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).env("HOME", &work).env("TERM", "dumb");
    process::run(command, b"", Duration::from_secs(120))
}

struct TempFolder(TempFile);

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let text = "# why\n$ kiln x\n$ echo\n> 1\n>\n! no\n? 2\n\n$ luac -p x.lua\n";
        let entries = parse(text).expect("parses");
        assert_eq!(print(&entries), text);
        assert_eq!((entries[0].expected.status, entries[0].uses_luac(), entries[1].uses_luac()), (2, false, true));
        assert!(parse("what\n").is_err());
    }
}
