//! Completion for the interactive mode.
//!
//! The line editor runs while the machine is not at hand, so the names it offers are collected before each prompt: all string
//! keys that are reachable from the globals through a few tables.

use super::repl::is_incomplete;
use heap::{Tab, Val, Vm};
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// How deep names are collected: `a.b.c`.
const MAX_DEPTH: usize = 3;
/// How many names are collected.
const MAX_NAMES: usize = 20_000;

const KEYWORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// The names of fields by the path of their table; the globals have the empty path.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, Vec<String>>);

impl Names {
    /// Collects the names that the globals reach.
    pub fn collect(vm: &Vm) -> Names {
        let mut names = Names::default();
        let mut seen = HashSet::new();
        let mut strings = Vec::new();
        let mut count = 0;
        let mut queue: VecDeque<(String, usize, Tab<'_>)> = VecDeque::from([(String::new(), 0, vm.globals())]);
        while let Some((path, depth, table)) = queue.pop_front() {
            if !seen.insert(table.val().address()) {
                continue;
            }
            let mut fields = Vec::new();
            let mut at = 0;
            while let Some((next, key, value)) = table.entry_from(at) {
                at = next;
                let Some(name) = identifier(key) else { continue };
                count += 1;
                if count > MAX_NAMES {
                    return names;
                }
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if value.as_str().is_some() {
                    strings.push(below);
                } else if let (Some(t), true) = (value.as_tab(), depth + 1 < MAX_DEPTH) {
                    queue.push_back((below, depth + 1, t));
                }
                fields.push(name);
            }
            fields.sort();
            names.0.insert(path, fields);
        }
        // Methods of a string are the library's functions.
        if let Some(methods) = names.0.get("string").cloned() {
            names.0.extend(strings.into_iter().map(|path| (path, methods.clone())));
        }
        names
    }

    /// Returns where the word before `pos` starts, and what could complete it.
    fn complete(&self, line: &str, pos: usize) -> (usize, Vec<String>) {
        let before = &line[..pos];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
        let chain = before.rfind(|c| !is_part(c)).map_or(before, |i| &before[i + 1..]);
        let (path, word) = chain.rsplit_once(['.', ':']).unwrap_or(("", chain));
        let fields = self.0.get(&path.replace(':', ".")).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<String> = fields.iter().filter(|f| f.starts_with(word)).cloned().collect();
        if chain == word && !word.is_empty() {
            found.extend(KEYWORDS.iter().filter(|k| k.starts_with(word)).map(ToString::to_string));
            found.sort();
        }
        (pos - word.len(), found)
    }
}

fn identifier(key: Val<'_>) -> Option<String> {
    let bytes = key.as_str()?.bytes();
    let is_name = bytes.first().is_some_and(|b| !b.is_ascii_digit())
        && bytes.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// What the line editor asks while a line is typed.
#[derive(Debug, Default)]
pub struct Prompt {
    /// What can be completed.
    pub names: Names,
}

impl Completer for Prompt {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.names.complete(line, pos))
    }
}

impl Validator for Prompt {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let incomplete = is_incomplete(context.input());
        Ok(if incomplete { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Prompt {
    type Hint = String;
}

impl Highlighter for Prompt {}

impl Helper for Prompt {}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn words_are_completed_where_they_are() {
        let mut names = Names::default();
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        names.0.insert(String::new(), list(&["print", "string", "failed"]));
        names.0.insert("string".to_string(), list(&["find", "format", "rep"]));
        assert_eq!(names.complete("pr", 2), (0, list(&["print"])));
        assert_eq!(names.complete("x = string.f", 12), (11, list(&["find", "format"])));
        assert_eq!(names.complete("f(string:", 9), (9, list(&["find", "format", "rep"])));
        assert_eq!(names.complete("fa", 2), (0, list(&["failed", "false"])));
        assert_eq!(names.complete("", 0), (0, list(&["print", "string", "failed"])));
        assert_eq!(names.complete("nothing.at.all", 14), (11, list(&[])));
    }
}
