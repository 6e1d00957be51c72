//! Fault injection: what fails while a trace is made must not change what a program prints.
//!
//! Every program of `testdata/regress`, and a dozen benchmarks at a tiny size, runs with the n-th point of each kind failing, n walking upwards
//! one by one until the program ends without having reached its n-th point. `FILTER` takes some programs; `INJECT_STEP=k` takes every k-th point, for
//! machines that have little time: of each program and kind others.
//!
//! Invariant: every walk comes to its end; a program that does not is a failure, and so is a kind that is hardly ever reached.
#![forbid(unsafe_code)]

use filetest::case::{self, Case, Outcome};
use filetest::mode::{Form, Mode, REFERENCE};
use filetest::subject::{Subject, TempFile};
use filetest::suite;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Kinds of points, and how many of each at least are reached by all programs together.
const KINDS: [(&str, usize); 5] = [("grow", 12_000), ("alloc", 700), ("code", 300), ("hook", 8_000), ("event", 8_000)];

/// Benchmarks and their sizes: loops of all kinds, calls, recursion, errors, coroutines, strings, metamethods, in some milliseconds.
const BENCHMARKS: [(&str, &str); 12] = [
    ("closures", "20"),
    ("coroutine_ring", "2"),
    ("errors", "20"),
    ("fannkuch", "4"),
    ("nbody", "5"),
    ("proxies", "2"),
    ("queens", "4"),
    ("records", "20"),
    ("sort_cmp", "20"),
    ("string_build", "20"),
    ("varargs", "2"),
    ("vm", "3"),
];

/// No program has more points of a kind.
const LAST: usize = 100_000;

struct Program {
    path: PathBuf,
    case: Case,
    expected: Outcome,
}

/// The programs, with what the interpreter prints.
fn programs(subject: &Subject) -> Vec<Program> {
    let mut list = Vec::new();
    for path in suite::files(&suite::testdata().join("regress"), "lua") {
        let text = std::fs::read_to_string(&path).expect("the program can be read");
        let case = case::parse(&text).expect("the program parses");
        if case.runs_in("jit") {
            list.push((path, case));
        }
    }
    let wanted = std::env::var("FILTER").unwrap_or_default();
    for (name, size) in BENCHMARKS {
        let path = suite::testdata().join("bench").join(format!("{name}.lua"));
        if path.to_string_lossy().contains(&wanted) {
            list.push((path, Case { args: vec![size.into()], timeout: 60, ..Case::default() }));
        }
    }
    let interpreted = |(path, case): (PathBuf, Case)| {
        let expected = subject.run(&path, &case, REFERENCE).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        Program { path, case, expected }
    };
    list.into_iter().map(interpreted).collect()
}

/// Runs a program with its n-th point failing. Says whether there was one.
fn reaches(subject: &Subject, program: &Program, kind: &str, n: usize) -> Result<bool, String> {
    let mark = TempFile::new("mark")?;
    let (value, at) = (format!("{kind}@{n}"), mark.0.to_string_lossy().into_owned());
    let title = format!("KILN_INJECT={value} {}", program.path.display());
    // A mode is made of constants.
    let env: &'static [(&str, &str)] = vec![("KILN_INJECT", &*value.leak()), ("KILN_INJECT_MARK", &*at.leak())].leak();
    let args = &["-Ohotloop=1", "-Ohotexit=1"];
    let mode = Mode { name: "inject", args, train: &[], build: &[], env, form: Form::Source, patience: 4 };
    let outcome = subject.run(&program.path, &program.case, &mode).map_err(|e| format!("{title}: {e}"))?;
    if outcome != program.expected {
        return Err(format!("{title}: expected {:#?}, got {outcome:#?}", program.expected));
    }
    Ok(mark.0.exists())
}

/// Walks upwards to the first of some n that a program has no point for; returns the number of points that failed.
fn walk(
    subject: &Subject,
    program: &Program,
    kind: &str,
    points: impl Iterator<Item = usize>,
) -> Result<usize, String> {
    for (failed, n) in points.take_while(|n| *n <= LAST).enumerate() {
        if !reaches(subject, program, kind, n)? {
            return Ok(failed);
        }
    }
    Err(format!("{}: no end of {kind} points", program.path.display()))
}

/// Every how many points one is taken.
fn step() -> usize {
    let Ok(text) = std::env::var("INJECT_STEP") else { return 1 };
    text.parse()
        .ok()
        .filter(|n| *n > 0)
        .unwrap_or_else(|| panic!("INJECT_STEP is '{text}': it must be a number from 1 on"))
}

fn shown(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[test]
fn programs_do_not_notice_what_fails_in_the_compiler() {
    let subject = Subject::under_test().unwrap_or_else(|message| panic!("{message}"));
    let programs = programs(&subject);
    assert!(!programs.is_empty(), "no program");
    let step = step();
    let next = AtomicUsize::new(0);
    let totals = KINDS.map(|_| AtomicUsize::new(0));
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Relaxed);
                    let Some(program) = programs.get(at) else { break };
                    let mut counts = String::new();
                    for (i, ((kind, _), total)) in KINDS.iter().zip(&totals).enumerate() {
                        match walk(&subject, program, kind, (1 + (at + i) % step..).step_by(step)) {
                            Ok(reached) => {
                                total.fetch_add(reached, Relaxed);
                                counts += &format!(" {kind} {reached}");
                            }
                            Err(message) => failures.lock().expect("nobody panics").push(message),
                        }
                    }
                    println!("inject: {}:{counts}", shown(&program.path));
                }
            });
        }
    });
    let failures = failures.into_inner().expect("nobody panics");
    assert!(failures.is_empty(), "{} walks fail:\n{}", failures.len(), failures.join("\n"));
    let totals = totals.map(AtomicUsize::into_inner);
    println!(
        "inject: {} programs, {} points failed: {totals:?} of {KINDS:?}",
        programs.len(),
        totals.iter().sum::<usize>()
    );
    if std::env::var_os("FILTER").is_none() {
        for ((kind, least), reached) in KINDS.iter().zip(totals) {
            assert!(reached >= (*least / step).max(1), "only {reached} points of kind {kind} were reached");
        }
    }
}
