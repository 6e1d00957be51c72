//! What `-jp` prints: samples by function, line, state or zone, or annotated source, with the options of LuaJIT's `jit.p`.
//!
//! Lines with equal counts are ordered by their text, so equal samples give equal reports.

use super::profile::{Sample, dump_stack, interval};
use crate::io::Shared;
use heap::Vm;
use interp::debug;
use std::collections::BTreeMap;

/// Counts by key, and by key below that.
type Counts = BTreeMap<Vec<u8>, u64>;

/// How stacks are split into two levels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Split {
    /// One level, or the stack first.
    No,
    /// The state first.
    State,
    /// Callers below.
    Callers,
    /// Lines below functions.
    Lines,
}

/// How counts are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Show {
    Percent,
    Raw,
    /// `stack count`: what flame graphs are made from.
    Folded,
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Options {
    milliseconds: u32,
    minimum: u64,
    depth: i32,
    /// `v` or `z`.
    states: Option<u8>,
    split: Split,
    show: Show,
    /// Format of stacks.
    format: Option<Vec<u8>>,
    /// Lines around a sample; 0: whole files.
    annotate: Option<u64>,
}

/// A report under way.
pub struct Report {
    options: Options,
    first: Counts,
    second: BTreeMap<Vec<u8>, Counts>,
    samples: u64,
    out: Shared,
}

const LETTERS: &[u8] = b"fFlspvzraAG-";

/// Takes numbers behind `letter` out of a mode.
fn take_number(mode: &mut Vec<u8>, letter: u8, digits_needed: bool) -> Option<u32> {
    let at = (0..mode.len())
        .find(|&i| mode[i] == letter && (!digits_needed || mode.get(i + 1).is_some_and(u8::is_ascii_digit)))?;
    let n = mode[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    let text: Vec<u8> = mode.drain(at..at + 1 + n).skip(1).collect();
    String::from_utf8_lossy(&text).parse().ok()
}

impl Options {
    fn parse(mode: &[u8]) -> Result<Options, String> {
        let mut mode = mode.to_vec();
        let milliseconds = interval(&mode);
        take_number(&mut mode, b'i', false);
        let minimum = take_number(&mut mode, b'm', true).unwrap_or(3).into();
        let mut depth = 1;
        if let Some(at) = mode.iter().position(u8::is_ascii_digit) {
            let n = mode[at..].iter().take_while(|c| c.is_ascii_digit()).count();
            let start = if at > 0 && mode[at - 1] == b'-' { at - 1 } else { at };
            let text: Vec<u8> = mode.drain(start..at + n).collect();
            depth = String::from_utf8_lossy(&text).parse().unwrap_or(100).clamp(-1000, 1000);
        }
        if let Some(c) = mode.iter().find(|c| !LETTERS.contains(c)) {
            return Err(format!("unknown option '{}' of the profiler", char::from(*c)));
        }
        let has = |c: u8| mode.contains(&c);
        let before = |a: &[u8], b: &[u8]| {
            let first = mode.iter().position(|c| a.contains(c));
            first.is_some_and(|i| mode[i..].iter().any(|c| b.contains(c)))
        };
        let states = [b'z', b'v'].into_iter().find(|c| has(*c));
        let mut scope = [b'l', b'f', b'F'].into_iter().find(|c| has(*c));
        if scope.is_none() && states.is_none() {
            scope = Some(b'f');
        }
        let mut show = if has(b'r') { Show::Raw } else { Show::Percent };
        let mut split = Split::No;
        if has(b's') {
            split = Split::Callers;
            if depth == -1 || has(b'-') {
                depth = -2;
            } else if depth == 1 {
                depth = 2;
            }
        } else if before(b"fF", b"l") {
            scope = Some(b'l');
            split = Split::Lines;
        } else if scope.is_none() || before(b"zv", b"lfF") {
            split = Split::State;
        }
        let annotate = if has(b'A') { Some(0) } else { has(b'a').then_some(3) };
        let mut minimum = minimum;
        let path: &[u8] = if has(b'p') { b"p" } else { b"" };
        let format = match scope {
            _ if annotate.is_some() => {
                (split, depth) = (Split::No, 1);
                Some(b"pl".to_vec())
            }
            None => None,
            Some(scope) if has(b'G') => {
                (depth, show, minimum) = (-100, Show::Folded, 0);
                Some([path, &[scope], b"Z;"].concat())
            }
            Some(scope) => {
                let letter = match split {
                    Split::Lines if has(b'f') => b'f',
                    _ if has(b'F') => b'F',
                    _ => scope,
                };
                Some([path, &[letter], if depth >= 0 { b"Z < " } else { b"Z > " }].concat())
            }
        };
        Ok(Options { milliseconds, minimum, depth, states, split, show, format, annotate })
    }
}

impl Report {
    /// Makes a report with the options of `-jp=`; the error says which is unknown.
    pub fn new(mode: &[u8], out: Shared) -> Result<Report, String> {
        let options = Options::parse(mode)?;
        Ok(Report { options, first: Counts::new(), second: BTreeMap::new(), samples: 0, out })
    }

    /// Returns the interval of samples.
    pub fn milliseconds(&self) -> u32 {
        self.options.milliseconds
    }

    /// Takes a sample.
    pub fn take(&mut self, vm: &Vm, sample: Sample) {
        let o = &self.options;
        self.samples += u64::from(sample.count);
        let state = o.states.map(|s| if s == b'v' { state_name(sample.state).to_vec() } else { zone(vm) });
        let thread = debug::current_thread(vm);
        let (mut stack, mut below) = (None, None);
        if let Some(format) = &o.format {
            let text = name_builtins(&dump_stack(vm, thread, format, o.depth, None));
            stack = Some(text);
            match o.split {
                Split::Callers => {
                    let text = stack.take().unwrap_or_default();
                    let at = text.windows(3).position(|w| w == b" < " || w == b" > ");
                    below = at.map(|at| text[at + 3..].to_vec());
                    stack = Some(at.map_or(text.clone(), |at| text[..at].to_vec()));
                }
                Split::Lines => below = Some(dump_stack(vm, thread, b"l", 1, None)),
                Split::No | Split::State => {}
            }
        }
        let (key, second) = match (o.split, state, stack) {
            (Split::State, Some(state), stack) => (state, stack),
            (_, state, Some(stack)) => (stack, below.or(state)),
            (_, Some(state), None) => (state, None),
            (_, None, None) => return,
        };
        *self.first.entry(key.clone()).or_default() += u64::from(sample.count);
        if let Some(second) = second {
            *self.second.entry(key).or_default().entry(second).or_default() += u64::from(sample.count);
        }
    }

    /// Writes the report.
    pub fn finish(self) {
        let mut text = Vec::new();
        if self.samples == 0 {
            if self.options.show != Show::Folded {
                text.extend_from_slice(b"[No samples collected]\n");
            }
        } else if let Some(around) = self.options.annotate {
            self.annotate(around, &mut text);
        } else {
            self.top(&self.first, true, self.samples, b"", &mut text);
        }
        let mut out = self.out.borrow_mut();
        // A device that fails is noticed by what the program writes.
        let _ = out.write(&text).and_then(|()| out.flush());
    }

    fn percent(v: u64, samples: u64) -> u64 {
        (v as f64 * 100.0 / samples as f64 + 0.5).floor() as u64
    }

    fn top(&self, counts: &Counts, outer: bool, samples: u64, indent: &[u8], text: &mut Vec<u8>) {
        let mut keys: Vec<_> = counts.iter().collect();
        keys.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        for (key, &n) in keys {
            let percent = Report::percent(n, samples);
            if percent < self.options.minimum {
                break;
            }
            match self.options.show {
                Show::Percent => text.extend_from_slice(&[indent, format!("{percent:2}%  ").as_bytes(), key].concat()),
                Show::Raw => text.extend_from_slice(&[indent, format!("{n:5}  ").as_bytes(), key].concat()),
                Show::Folded => text.extend_from_slice(&[key, format!(" {n}").as_bytes()].concat()),
            }
            text.push(b'\n');
            if outer && let Some(second) = self.second.get(key) {
                let indent: &[u8] = match self.options.split {
                    Split::Lines | Split::State => b"  -- ",
                    _ if self.options.depth < 0 => b"  -> ",
                    _ => b"  <- ",
                };
                self.top(second, false, n, indent, text);
            }
        }
    }

    fn annotate(&self, around: u64, text: &mut Vec<u8>) {
        let mut files: BTreeMap<String, BTreeMap<u64, u64>> = BTreeMap::new();
        let mut most = 0;
        for (key, &n) in &self.first {
            let percent = Report::percent(n, self.samples);
            most = most.max(n);
            if percent < self.options.minimum {
                continue;
            }
            let key = String::from_utf8_lossy(key).into_owned();
            let place = key.rsplit_once(':').and_then(|(f, l)| Some((f.to_string(), l.parse().ok()?)));
            let (file, line) = place.unwrap_or((key, 0));
            files.entry(file).or_default().insert(line, if self.options.show == Show::Raw { n } else { percent });
        }
        let raw = self.options.show == Show::Raw;
        let width = if raw { 5.max(most.to_string().len()) } else { 5 };
        for (file, lines) in files {
            if file.starts_with(['(', '[']) {
                text.extend_from_slice(format!("\n====== {file} ======\n[Cannot annotate non-file]\n").as_bytes());
                continue;
            }
            let source = match std::fs::read(&file) {
                Ok(source) => source,
                Err(e) => {
                    text.extend_from_slice(format!("====== ERROR: {file}: {e}\n").as_bytes());
                    continue;
                }
            };
            text.extend_from_slice(format!("\n====== {file} ======\n").as_bytes());
            if luac::bytecode::is_bytecode(&source) {
                text.extend_from_slice(b"[Cannot annotate bytecode file]\n");
                continue;
            }
            let mut shown = false;
            for (n, line) in (1..).zip(source.strip_suffix(b"\n").unwrap_or(&source).split(|c| *c == b'\n')) {
                let near = around == 0 || lines.range(n - around.min(n)..=n + around).next().is_some();
                if near && !shown && around != 0 {
                    text.extend_from_slice(format!("@@ {n} @@\n").as_bytes());
                }
                shown = near;
                if near {
                    let mark = match lines.get(&n) {
                        Some(v) if raw => format!("{v:width$} | "),
                        Some(v) => format!(" {v:3}% | "),
                        None => format!("{:1$} | ", "", width),
                    };
                    text.extend_from_slice(&[mark.as_bytes(), line, b"\n"].concat());
                }
            }
        }
    }
}

fn state_name(state: u8) -> &'static [u8] {
    match state {
        b'N' => b"Compiled",
        b'I' => b"Interpreted",
        b'C' => b"C code",
        b'G' => b"Garbage Collector",
        _ => b"JIT Compiler",
    }
}

/// Returns the innermost zone of module `jit.zone`.
fn zone(vm: &Vm) -> Vec<u8> {
    let loaded = crate::register::registry_table(vm, "_LOADED").and_then(|t| t.get_name(vm, "jit.zone"));
    let zones = loaded.ok().and_then(|z| z.as_tab());
    let inner = zones.and_then(|t| t.get_int(t.len().into()).as_str());
    inner.map_or_else(|| b"(none)".to_vec(), |s| s.bytes().to_vec())
}

/// Puts names in the places of the numbers of builtins.
fn name_builtins(text: &[u8]) -> Vec<u8> {
    const START: &[u8] = b"[builtin#";
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(START.len()).position(|w| w == START) {
        out.extend_from_slice(&rest[..at]);
        let behind = &rest[at + START.len()..];
        let digits = behind.iter().take_while(|c| c.is_ascii_digit()).count();
        let number: usize = String::from_utf8_lossy(&behind[..digits]).parse().unwrap_or(0);
        out.extend_from_slice(abi::builtins::NAMES.get(number).map_or(b"?", |n| n.as_bytes()));
        rest = behind.get(digits + 1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(mode: &str) -> Options {
        Options::parse(mode.as_bytes()).expect("parses")
    }

    #[test]
    fn options_are_those_of_luajit() {
        let o = parse("f");
        assert_eq!((o.depth, o.minimum, o.milliseconds, o.split), (1, 3, 10, Split::No));
        assert_eq!(o.format.as_deref(), Some(&b"fZ < "[..]));
        let o = parse("-3Fpi5m1");
        assert_eq!((o.depth, o.minimum, o.milliseconds), (-3, 1, 5));
        assert_eq!(o.format.as_deref(), Some(&b"pFZ > "[..]));
        assert_eq!(parse("v").format, None);
        assert_eq!((parse("vf").split, parse("fv").split), (Split::State, Split::No));
        assert_eq!((parse("fl").split, parse("s").depth, parse("-s").depth), (Split::Lines, 2, -2));
        let o = parse("G");
        assert_eq!((o.depth, o.show, o.minimum), (-100, Show::Folded, 0));
        assert_eq!(o.format.as_deref(), Some(&b"fZ;"[..]));
        assert_eq!(parse("A").annotate, Some(0));
        assert!(Options::parse(b"q").is_err());
    }

    #[test]
    fn builtins_have_names() {
        let n = abi::builtins::number("math.sin");
        assert_eq!(name_builtins(format!("a [builtin#{n}] b").as_bytes()), b"a math.sin b");
    }
}
