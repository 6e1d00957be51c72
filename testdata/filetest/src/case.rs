//! A test program: one Lua file with directives in its head and its expected output in its tail.
//!
//! Directives are comment lines before the first line of code, `-- key: value`:
//!
//! | key | value |
//! |---|---|
//! | `args` | script arguments, separated by blanks |
//! | `stdin` | standard input, `\n` for a newline |
//! | `modes` | only these modes; or, each with a leading `-`, all but these |
//! | `luajit` | `differs <why>`: stock LuaJIT prints something else, and is not compared |
//! | `timeout` | seconds, instead of 60 |
//!
//! The expectation is the block of comment lines that ends the file: `--> line` of standard output, `--! line` of standard
//! error, `--\` after a last line without a newline, `--? 3` for an exit status other than 0. Bytes that are not printable
//! UTF-8 are written `\xNN`, on both sides of the comparison. Addresses on standard error are written `0x?`, and
//! numbers of builtins `[builtin#?]`.
//!
//! Invariant: `parse(bless(text, output)).expected == output`, and blessing twice changes nothing.

use crate::mode::ON_DEMAND;

/// What a program printed and how it ended, in the rendered form that expectations use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output, rendered; the missing newline of a last line shows as a line `\`.
    pub out: Vec<String>,
    /// Standard error, rendered, addresses replaced.
    pub err: Vec<String>,
    /// Exit status; 128 + number for a signal.
    pub status: i32,
}

/// A parsed test program.
#[derive(Debug, Default)]
pub struct Case {
    /// Script arguments.
    pub args: Vec<String>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// The words of the `modes` directive.
    pub modes: Vec<String>,
    /// Why stock LuaJIT is not compared.
    pub luajit_differs: Option<String>,
    /// Seconds before the program is killed.
    pub timeout: u64,
    /// The expectation.
    pub expected: Outcome,
}

impl Case {
    /// Whether the `modes` directive lets `mode` run. What is said of `gc-stress` holds with compiled code, too, what is said of
    /// `aot` of all precompiled code.
    pub fn runs_in(&self, mode: &str) -> bool {
        let plain = if ON_DEMAND.contains(&mode) { "aot" } else { mode.strip_suffix("-jit").unwrap_or(mode) };
        let listed =
            self.modes.iter().map(|word| word.trim_start_matches('-')).any(|word| word == mode || word == plain);
        let excludes = self.modes.iter().all(|word| word.starts_with('-'));
        self.modes.is_empty() || listed != excludes
    }
}

const OUT: &str = "-->";
const ERR: &str = "--!";
const STATUS: &str = "--?";
const NO_NEWLINE: &str = "--\\";

fn is_expectation(line: &str) -> bool {
    [OUT, ERR, STATUS, NO_NEWLINE].iter().any(|mark| line.starts_with(mark))
}

/// Splits a file into the program and the expectation block at its end.
fn split(text: &str) -> (&str, &str) {
    let mut at = text.len();
    for line in text.split_inclusive('\n').rev() {
        if !is_expectation(line) {
            break;
        }
        at -= line.len();
    }
    text.split_at(at)
}

/// Reads directives and expectation of a test program.
pub fn parse(text: &str) -> Result<Case, String> {
    let (program, block) = split(text);
    let mut case = Case { timeout: 60, ..Case::default() };
    for line in program.trim_start_matches('\u{feff}').lines() {
        if !line.starts_with("--") && !line.starts_with('#') {
            break;
        }
        let Some((key, value)) = line.trim_start_matches('-').trim_start().split_once(": ") else { continue };
        match key {
            "args" => case.args = value.split_whitespace().map(String::from).collect(),
            "stdin" => case.stdin = value.replace("\\n", "\n").into_bytes(),
            "modes" => case.modes = value.split_whitespace().map(String::from).collect(),
            "luajit" if value.starts_with("differs") => case.luajit_differs = Some(value.into()),
            "timeout" => case.timeout = value.parse().map_err(|_| format!("bad timeout: {value}"))?,
            _ => {}
        }
    }
    case.expected = parse_block(block)?;
    Ok(case)
}

fn parse_block(block: &str) -> Result<Outcome, String> {
    let mut expected = Outcome::default();
    for line in block.lines() {
        let (mark, rest) = line.split_at(3);
        let text = rest.strip_prefix(' ').unwrap_or(rest).to_string();
        match mark {
            OUT => expected.out.push(text),
            ERR => expected.err.push(text),
            STATUS => expected.status = text.parse().map_err(|_| format!("bad status: {text}"))?,
            _ => expected.out.push("\\".into()),
        }
    }
    Ok(expected)
}

/// Replaces the expectation block of a test program.
pub fn bless(text: &str, outcome: &Outcome) -> String {
    let mut new = split(text).0.to_string();
    if !new.ends_with('\n') {
        new.push('\n');
    }
    for (mark, lines) in [(OUT, &outcome.out), (ERR, &outcome.err)] {
        for line in lines {
            match line.as_str() {
                "" => new += mark,
                "\\" if mark == OUT => new += NO_NEWLINE,
                text => new += &format!("{mark} {text}"),
            }
            new.push('\n');
        }
    }
    if outcome.status != 0 {
        new += &format!("{STATUS} {}\n", outcome.status);
    }
    new
}

/// Renders bytes as lines of printable text.
pub fn render(bytes: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = bytes.split(|&b| b == b'\n').map(render_line).collect();
    if bytes.ends_with(b"\n") || bytes.is_empty() {
        lines.pop();
    } else {
        lines.push("\\".into());
    }
    lines
}

fn render_line(line: &[u8]) -> String {
    let mut text = String::new();
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => text.push(c),
                c if c.is_control() => text += &format!("\\x{:02x}", u32::from(c)),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}

/// Renders standard error: as [`render`], with addresses replaced by `0x?` and without the missing-newline mark.
pub fn render_err(bytes: &[u8]) -> Vec<String> {
    let mut lines = render(bytes);
    if lines.last().is_some_and(|line| line == "\\") {
        lines.pop();
    }
    lines.iter().map(|line| hide_numbers(&hide_addresses(line), "[builtin#")).collect()
}

/// Replaces the digits after each `mark`: numbers of builtins are an interpreter's own.
fn hide_numbers(line: &str, mark: &str) -> String {
    let mut parts = line.split(mark);
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        text += mark;
        text += "?";
        text += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

fn hide_addresses(line: &str) -> String {
    let mut parts = line.split("0x");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        text += "0x";
        text += if digits >= 6 { "?" } else { &part[..digits] };
        text += &part[digits..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blessing_round_trips() {
        let outcome = Outcome {
            out: render(b"a\n\n\x00\xff\tend"),
            err: render_err(b"kiln: x: 0x7f00deadbeef, 0x12\n"),
            status: 3,
        };
        let text = bless("-- args: a b\nprint(1)", &outcome);
        let case = parse(&text).expect("parses");
        assert_eq!(case.expected, outcome);
        assert_eq!(case.args, ["a", "b"]);
        assert_eq!(bless(&text, &outcome), text);
        assert_eq!(outcome.out, ["a", "", "\\x00\\xff\tend", "\\"]);
        assert_eq!(outcome.err, ["kiln: x: 0x?, 0x12"]);
    }

    #[test]
    fn mode_words_include_or_exclude() {
        let with = |words: &str| parse(&format!("-- modes: {words}\n")).expect("parses");
        assert!(with("-stripped").runs_in("interp") && !with("-stripped").runs_in("stripped"));
        assert!(!with("interp").runs_in("stripped") && with("interp").runs_in("interp"));
        assert!(parse("print(1)\n").expect("parses").runs_in("stripped"));
    }
}
