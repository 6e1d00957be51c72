//! Options before the script, as LuaJIT's standalone program reads them.
//!
//! They are read by hand, not by the argument parser that help and manual pages use, for two reasons: their syntax is not
//! that of other programs (`-lname`, `-jdump=…` and `-O3` take values in their own ways, `-b` takes everything that follows,
//! `-e` and `-l` run in the order given), and building that parser costs more time than starting a machine.
//! `definition` of the command line describes the same options; tests there compare the two. Native executables read some of them from the
//! environment ([`from_environment`]).

use crate::trace::explain::Options as Explain;
use crate::trace::profile::{self, Options as Profile};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// What an option does once the libraries are open, in the order given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// `-e chunk`
    Execute(Vec<u8>),
    /// `-l name`
    Require(Vec<u8>),
    /// `-j command`
    Jit(Vec<u8>),
    /// `-O[options]`
    Optimise(Vec<u8>),
    /// `-Jseed=N`
    Seed(u32),
    /// `-Jexit=stress`
    ExitStress,
}

/// The options of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// What to do before the script.
    pub actions: Vec<Action>,
    /// `-i`
    pub interactive: bool,
    /// `-v`
    pub version: bool,
    /// `-E`
    pub no_environment: bool,
    /// `-e` was given.
    pub executes: bool,
    /// Index of the script; the number of arguments if there is none.
    pub script: usize,
    /// The script is standard input.
    pub script_is_stdin: bool,
    /// Bytes the heap may hold at most; 0 is no limit.
    pub max_memory: usize,
    /// Bytes to allocate between two collections, at least; unless given, what fits the kind of program.
    pub room: Option<usize>,
    /// Instructions that may be executed; 0 is no limit.
    pub max_instructions: u64,
    /// Milliseconds that the program may take; 0 is no limit.
    pub timeout: u64,
    /// The profile to be written; its path is empty if there is to be none.
    pub profile: Profile,
    /// An object file with precompiled traces; empty if there is none.
    pub aot: Vec<u8>,
    /// `kiln explain`: what the report is to be.
    pub explain: Option<Explain>,
}

/// What the arguments ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Run something.
    Run(Options),
    /// `-b…`: hand these arguments to the bytecode compiler.
    Bytecode(Vec<OsString>),
    /// `--help`
    Help,
    /// `--version`
    Version,
    /// The options make no sense: a message, or nothing but the usage.
    Usage(Option<String>),
}

/// Reads the options in `all`, from index `first` on.
pub fn read(all: &[Vec<u8>], first: usize) -> Request {
    let mut o = Options::default();
    let mut i = first;
    while let Some(text) = all.get(i) {
        let [b'-', rest @ ..] = text.as_slice() else { break };
        i += 1;
        // The value of an option: the rest of its argument or the next one.
        let mut value = |rest: &[u8]| {
            if !rest.is_empty() {
                return Some(rest.to_vec());
            }
            let next = all.get(i).cloned();
            i += 1;
            next
        };
        match rest {
            [] => {
                o.script_is_stdin = true;
                i -= 1;
                break;
            }
            b"-" => break,
            b"-help" => return Request::Help,
            b"-version" => return Request::Version,
            b"-no-jit" => o.actions.push(Action::Jit(b"off".to_vec())),
            [b'-', long @ ..] => {
                let (name, given) = match long.iter().position(|c| *c == b'=') {
                    Some(at) => (&long[..at], Some(long[at + 1..].to_vec())),
                    None => (long, None),
                };
                let mut argument = || given.clone().or_else(|| value(&[]));
                let wrong = match name {
                    b"gc-room" => match argument().as_deref().and_then(parse_size) {
                        Some(n) => {
                            o.room = Some(n);
                            continue;
                        }
                        None => "--gc-room needs a size such as 4M, or 0".to_string(),
                    },
                    b"max-memory" => match argument().as_deref().and_then(parse_size).filter(|&n| n > 0) {
                        Some(n) => {
                            o.max_memory = n;
                            continue;
                        }
                        None => "--max-memory needs a size such as 512M".to_string(),
                    },
                    b"max-instructions" => match argument().as_deref().and_then(parse_count) {
                        Some(n) => {
                            o.max_instructions = n;
                            continue;
                        }
                        None => "--max-instructions needs a number above 0".to_string(),
                    },
                    b"profile-out" => match argument() {
                        Some(path) if !path.is_empty() => {
                            o.profile.path = path;
                            continue;
                        }
                        _ => "--profile-out needs the name of a file".to_string(),
                    },
                    b"profile-every" => match argument().as_deref().and_then(profile::seconds) {
                        Some(n) => {
                            o.profile.every = n;
                            continue;
                        }
                        None => "--profile-every needs seconds, such as 60".to_string(),
                    },
                    b"profile-training" => {
                        if given.is_none() {
                            o.profile.training = true;
                            continue;
                        }
                        "--profile-training takes no value".to_string()
                    }
                    b"profile-interval" => match argument().as_deref().and_then(parse_interval) {
                        Some(n) => {
                            o.profile.interval = n;
                            continue;
                        }
                        None => "--profile-interval needs milliseconds, such as 4, or 0 for no samples".to_string(),
                    },
                    b"aot" => match argument() {
                        Some(path) if !path.is_empty() => {
                            o.aot = path;
                            continue;
                        }
                        _ => "--aot needs the name of an object file".to_string(),
                    },
                    b"timeout" => match argument().as_deref().and_then(parse_seconds) {
                        Some(n) => {
                            o.timeout = n;
                            continue;
                        }
                        None => "--timeout needs seconds, such as 2 or 0.5".to_string(),
                    },
                    _ => format!("unknown option '{}'", String::from_utf8_lossy(text)),
                };
                return Request::Usage(Some(wrong));
            }
            b"i" => {
                o.interactive = true;
                o.version = true;
            }
            b"v" => o.version = true,
            [b'E', ..] => o.no_environment = true,
            [b'e', rest @ ..] => {
                o.executes = true;
                match value(rest) {
                    Some(chunk) => o.actions.push(Action::Execute(chunk)),
                    None => return Request::Usage(None),
                }
            }
            [b'l', rest @ ..] => match value(rest) {
                Some(name) => o.actions.push(Action::Require(name)),
                None => return Request::Usage(None),
            },
            [b'j', rest @ ..] => match value(rest) {
                Some(command) => o.actions.push(Action::Jit(command)),
                None => return Request::Usage(None),
            },
            [b'J', rest @ ..] => match value(rest).as_deref().and_then(parse_test_option) {
                Some(action) => o.actions.push(action),
                None => return Request::Usage(Some("-J needs seed=N or exit=stress".to_string())),
            },
            [b'O', rest @ ..] => o.actions.push(Action::Optimise(rest.to_vec())),
            [b'b', ..] if o == Options::default() => {
                let arguments = [text].into_iter().chain(&all[i..]);
                return Request::Bytecode(arguments.map(|a| OsString::from_vec(a.clone())).collect());
            }
            _ => return Request::Usage(None),
        }
    }
    o.script = i.min(all.len());
    Request::Run(o)
}

/// Name of the variable whose options a native executable obeys.
pub const VARIABLE: &str = "KILN_OPTIONS";

/// Reads the options of a native executable: words of [`VARIABLE`], those that set limits or concern the compiler. The error is a message.
pub fn from_environment() -> Result<Options, String> {
    let text = std::env::var_os(VARIABLE).map_or(Vec::new(), OsStringExt::into_vec);
    let words: Vec<Vec<u8>> =
        text.split(|c| c.is_ascii_whitespace()).filter(|w| !w.is_empty()).map(<[u8]>::to_vec).collect();
    let only = |o: &Options| {
        let actions = o.actions.iter().all(|a| !matches!(a, Action::Execute(_) | Action::Require(_)));
        let other = o.interactive
            || o.version
            || o.no_environment
            || o.script_is_stdin
            || !o.aot.is_empty()
            || !o.profile.path.is_empty();
        actions && !other && o.script == words.len()
    };
    match read(&words, 0) {
        Request::Run(o) if only(&o) => Ok(o),
        Request::Usage(Some(message)) => Err(format!("{VARIABLE}: {message}")),
        _ => Err(format!("{VARIABLE}: only -j, -O, -J, --gc-room, --max-memory, --max-instructions, --timeout")),
    }
}

/// Parses a number above 0.
fn parse_count(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|n| *n > 0)
}

/// Parses seconds, whole or not, to milliseconds; a day at most.
fn parse_seconds(text: &[u8]) -> Option<u64> {
    let seconds: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (0.001..=86_400.0).contains(&seconds).then_some((seconds * 1000.0) as u64)
}

/// Parses milliseconds between samples.
fn parse_interval(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|n| *n <= 10_000)
}

/// Reads what is behind `-J`: options of the compiler that are for tests.
fn parse_test_option(text: &[u8]) -> Option<Action> {
    match text {
        b"exit=stress" => Some(Action::ExitStress),
        _ => std::str::from_utf8(text.strip_prefix(b"seed=")?).ok()?.parse().ok().map(Action::Seed),
    }
}

/// Reads the arguments of `kiln explain`: options of the report, then those of a run.
pub fn read_explain(all: &[Vec<u8>], first: usize) -> Request {
    let mut explain = Explain::default();
    let mut i = first;
    loop {
        match all.get(i).map(Vec::as_slice) {
            Some(b"--json") => explain.json = true,
            Some(b"--no-time") => explain.no_time = true,
            Some(b"-o" | b"--output") => {
                i += 1;
                match all.get(i) {
                    Some(file) => explain.output = file.clone(),
                    None => return Request::Usage(Some("-o needs the name of a file".to_string())),
                }
            }
            _ => break,
        }
        i += 1;
    }
    match read(all, i) {
        Request::Run(mut o) if o.script < all.len() || o.executes => {
            explain.program = if o.script < all.len() { all[o.script].clone() } else { b"(command line)".to_vec() };
            o.explain = Some(explain);
            Request::Run(o)
        }
        Request::Run(_) => Request::Usage(Some("explain needs a script".to_string())),
        other => other,
    }
}

/// Reads a size in bytes: a number and `K`, `M`, `G` or nothing.
fn parse_size(text: &[u8]) -> Option<usize> {
    let (digits, shift) = match text {
        [digits @ .., b'K' | b'k'] => (digits, 10),
        [digits @ .., b'M' | b'm'] => (digits, 20),
        [digits @ .., b'G' | b'g'] => (digits, 30),
        digits => (digits, 0),
    };
    let n: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    n.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    fn run(words: &[&str]) -> Options {
        match read(&all(words), 1) {
            Request::Run(o) => o,
            other => panic!("{words:?} gave {other:?}"),
        }
    }

    #[test]
    fn options_end_at_the_script() {
        let o = run(&["kiln", "-lm", "-e", "x", "-E", "a.lua", "-v"]);
        assert_eq!(o.actions, [Action::Require(b"m".to_vec()), Action::Execute(b"x".to_vec())]);
        assert!(o.no_environment && o.executes && !o.version);
        assert_eq!(o.script, 5);
    }

    #[test]
    fn dashes() {
        assert_eq!(run(&["kiln", "--", "-v"]).script, 2);
        let o = run(&["kiln", "-", "a"]);
        assert!(o.script_is_stdin && o.script == 1);
        assert!(!run(&["kiln", "--", "-"]).script_is_stdin);
        assert_eq!(run(&["kiln"]).script, 1);
    }

    #[test]
    fn what_luajit_refuses_is_refused() {
        let wrong = ["-x", "-ii", "-e", "-l", "-j", "-vx", "-v -b"];
        for words in wrong.map(|w| format!("kiln {w}")) {
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(read(&all(&words), 1), Request::Usage(None), "{words:?}");
        }
        assert!(matches!(read(&all(&["kiln", "--none"]), 1), Request::Usage(Some(_))));
    }

    #[test]
    fn bytecode_takes_the_rest() {
        let Request::Bytecode(rest) = read(&all(&["kiln", "-bl", "-e", "x"]), 1) else { panic!("not bytecode") };
        assert_eq!(rest, ["-bl", "-e", "x"]);
    }

    #[test]
    fn options_of_the_compiler() {
        let o = run(&["kiln", "--no-jit", "-Jseed=7", "-J", "exit=stress", "-O2", "a.lua"]);
        let expected =
            [Action::Jit(b"off".to_vec()), Action::Seed(7), Action::ExitStress, Action::Optimise(b"2".to_vec())];
        assert_eq!(o.actions, expected);
        for bad in ["-Jseed=x", "-Jseed", "-Jexit", "-Jnone", "-J"] {
            assert!(matches!(read(&all(&["kiln", bad]), 1), Request::Usage(Some(_))), "{bad}");
        }
    }

    #[test]
    fn explain_takes_options_of_its_own_first() {
        let words = all(&["kiln", "explain", "--json", "-o", "r.json", "-O1", "a.lua", "--json"]);
        let Request::Run(o) = read_explain(&words, 2) else { panic!("not a run") };
        let e = o.explain.expect("it explains");
        assert!(e.json && !e.no_time && e.output == b"r.json" && e.program == b"a.lua");
        assert_eq!((o.script, o.actions.len()), (6, 1));
        for bad in [&["kiln", "explain"][..], &["kiln", "explain", "-o"], &["kiln", "explain", "--nope", "a.lua"]] {
            assert!(matches!(read_explain(&all(bad), 2), Request::Usage(Some(_))), "{bad:?}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(run(&["kiln", "--max-memory", "512M"]).max_memory, 512 << 20);
        assert_eq!(run(&["kiln", "--max-memory=2g", "x"]).max_memory, 2 << 30);
        assert_eq!(run(&["kiln", "--max-memory=4096", "x"]).max_memory, 4096);
        assert_eq!(run(&["kiln", "--gc-room=4M", "x"]).room, Some(4 << 20));
        assert_eq!(run(&["kiln", "--gc-room", "0", "x"]).room, Some(0));
        assert_eq!(run(&["kiln", "x"]).room, None);
        for bad in ["", "x", "-1", "M", "99999999999G", "1T"] {
            for option in ["max-memory", "gc-room"] {
                let words = all(&["kiln", &format!("--{option}={bad}")]);
                assert!(matches!(read(&words, 1), Request::Usage(Some(_))), "{option} {bad}");
            }
        }
        assert!(matches!(read(&all(&["kiln", "--max-memory=0"]), 1), Request::Usage(Some(_))));
    }

    #[test]
    fn limits() {
        let o = run(&["kiln", "--max-instructions", "5000", "--timeout=0.25", "x.lua"]);
        assert_eq!((o.max_instructions, o.timeout, o.script), (5000, 250, 4));
        let o = run(&["kiln", "--profile-out=a", "--profile-every", "2", "--profile-interval=0", "x.lua"]);
        assert_eq!(o.profile, Profile { path: b"a".to_vec(), every: 2000, interval: 0, training: false });
        assert!(run(&["kiln", "--profile-training", "x.lua"]).profile.training);
        for bad in ["--profile-every=0", "--profile-training=1", "--profile-interval=x"] {
            assert!(matches!(read(&all(&["kiln", bad]), 1), Request::Usage(Some(_))), "{bad}");
        }
        assert_eq!(run(&["kiln", "--aot", "a.o", "a.lua"]).aot, b"a.o");
        for bad in
            ["--aot=", "--max-instructions=0", "--max-instructions=x", "--timeout=", "--timeout=-1", "--timeout=nan"]
        {
            assert!(matches!(read(&all(&["kiln", bad]), 1), Request::Usage(Some(_))), "{bad}");
        }
    }
}
