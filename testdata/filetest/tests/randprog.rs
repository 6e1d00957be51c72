//! Runs random programs with Kiln and with stock `luajit`, and compares what they print.
//!
//! One second by default, `RANDPROG_SECONDS` otherwise; `RANDPROG_SEED` names the first seed. `ORACLE_BIN` replaces the
//! oracle, so that two interpreters, or one in two settings, can be compared. A program that differs is reduced and shown.
#![forbid(unsafe_code)]

use filetest::case::{Case, Outcome};
use filetest::diff::diff;
use filetest::mode::{MODES, Mode, REFERENCE};
use filetest::subject::{Subject, TempFile};
use filetest::{randprog, shrink};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The status of a process that has overflowed the native stack.
const SEGMENTATION_FAULT: i32 = 139;

/// Whether a stack has overflowed, in Lua or in native code: where it does is a matter of frame sizes, and not compared.
fn overflows(outcome: &Outcome) -> bool {
    outcome.out.iter().chain(&outcome.err).any(|line| line.contains("stack overflow"))
}

/// Whether stock luajit's outcome says nothing about Kiln: it crashes on deeply nested coroutines.
fn says_nothing(expected: &Outcome) -> bool {
    expected.status == SEGMENTATION_FAULT || overflows(expected)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

fn run(subject: &Subject, mode: &Mode, text: &str) -> Result<Outcome, String> {
    let file = TempFile::new("lua")?;
    std::fs::write(&file.0, text).map_err(|e| e.to_string())?;
    let mut outcome = subject.run(&file.0, &Case { timeout: 10, ..Case::default() }, mode)?;
    // The file's name is in error messages.
    let name = file.0.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for line in outcome.out.iter_mut().chain(&mut outcome.err) {
        *line = line.replace(&name, "random.lua");
    }
    Ok(outcome)
}

#[test]
fn random_programs_print_what_luajit_prints() {
    let subject = Subject::under_test().unwrap_or_else(|message| panic!("{message}"));
    let oracle = match std::env::var_os("ORACLE_BIN") {
        Some(path) => Subject { kiln: PathBuf::from(path), luac: None },
        None => match Subject::oracle(&subject) {
            Some(oracle) => oracle,
            None => {
                assert!(std::env::var_os("CI").is_none(), "no stock luajit to compare with");
                println!("randprog: no stock luajit to compare with");
                return;
            }
        },
    };
    let only = std::env::var("MODE").ok();
    let named = |name: &str| MODES.iter().find(|mode| mode.name == name).expect("MODE names a mode");
    let modes = match &only {
        Some(name) => vec![named(name)],
        None => vec![named("jit"), REFERENCE, named("exit-stress")],
    };
    let limit = Duration::from_secs(number("RANDPROG_SECONDS", 1));
    let first = number("RANDPROG_SEED", 1);
    let start = Instant::now();
    let (mut seed, mut skipped) = (first, 0);
    while start.elapsed() < limit {
        let text = randprog::program(seed);
        let mode = modes[seed as usize % modes.len()];
        let expected = match run(&oracle, REFERENCE, &text) {
            Ok(expected) if !says_nothing(&expected) => expected,
            // Too slow a program, or one that is stopped from outside: nothing to compare with.
            Ok(_) | Err(_) => {
                skipped += 1;
                seed += 1;
                continue;
            }
        };
        let actual = run(&subject, mode, &text);
        if actual.as_ref() != Ok(&expected) && !actual.as_ref().is_ok_and(overflows) {
            let differs = |text: &str| match (run(&oracle, REFERENCE, text), run(&subject, mode, text)) {
                (Ok(expected), Ok(actual)) => !says_nothing(&expected) && !overflows(&actual) && actual != expected,
                (Ok(expected), Err(_)) => !says_nothing(&expected),
                _ => false,
            };
            let small = shrink::shrink(&text, 2000, differs);
            let expected = run(&oracle, REFERENCE, &small).expect("the oracle runs");
            let explained = match run(&subject, mode, &small) {
                Ok(actual) => diff(&[expected.out, expected.err].concat(), &[actual.out, actual.err].concat()),
                Err(message) => message,
            };
            panic!("RANDPROG_SEED={seed} differs in mode {}; reduced to\n{small}\n{explained}", mode.name);
        }
        seed += 1;
    }
    println!("randprog: {} programs, seeds {first} to {}, {skipped} of them without an answer", seed - first, seed - 1);
    assert!(skipped * 4 <= seed - first, "the oracle answers too few programs");
}
