//! Runs random programs with Kiln and with stock `luajit`, and compares what they print.
//!
//! Programs come from [`randprog`] (much of the language) and [`randhot`] (what traces assume); each runs with everything compiled, and in one
//! more mode, by its seed: interpreted, compiled while it runs, precompiled with a profile of its own. A run that exceeds its time limit says
//! nothing, on a machine that does other work; such seeds are shown, and too many of them are a failure. Stock `luajit` runs with its own compiler off; where there is none, Kiln's interpreter stands for it.
//!
//! One second by default, `RANDPROG_SECONDS` otherwise; `RANDPROG_SEED` names the first seed. `ORACLE_BIN` replaces the oracle, so that two
//! interpreters, or one in two settings, can be compared; `MODE` names the only mode. A program that differs is reduced and shown. `RANDPROG_DIR`
//! names a folder: there each one is written, the seed in its name, and the run goes on to its end before it fails.
#![forbid(unsafe_code)]

use filetest::case::{Case, Outcome};
use filetest::diff::diff;
use filetest::mode::{MODES, Mode, REFERENCE};
use filetest::subject::{Subject, TempFile};
use filetest::{process, randhot, randprog, shrink};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The status of a process that has overflowed the native stack.
const SEGMENTATION_FAULT: i32 = 139;

/// The modes in which a program runs besides `jit`, by turns: those that find most come most often.
const TURNS: [&str; 12] = [
    "interp",
    "exit-stress",
    "aot-object",
    "default",
    "exit-stress",
    "aot-peers",
    "gc-stress-jit",
    "exit-stress",
    "aot-object",
    "default",
    "exit-stress",
    "bytecode",
];

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

fn named(name: &str) -> &'static Mode {
    MODES.iter().find(|mode| mode.name == name).expect("MODE names a mode")
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

/// Whether the oracle prints something else when it is asked again: addresses are in what the program prints.
fn is_unsteady(oracle: &Subject, text: &str, expected: &Outcome) -> bool {
    run(oracle, REFERENCE, text).is_ok_and(|again| again != *expected)
}

/// What a run says.
enum Verdict {
    Same,
    Differs(String),
    /// It was killed by its time limit.
    Late,
}

/// Runs a program in a mode; says how that differs from what is expected.
fn verdict(subject: &Subject, mode: &Mode, text: &str, expected: &Outcome) -> Verdict {
    match run(subject, mode, text) {
        Ok(actual) if actual == *expected || overflows(&actual) => Verdict::Same,
        Ok(actual) => {
            let lines = |o: &Outcome| [&o.out[..], &o.err[..], &[format!("status {}", o.status)]].concat();
            Verdict::Differs(diff(&lines(expected), &lines(&actual)))
        }
        Err(message) if process::was_killed(&message) => Verdict::Late,
        // What is no program has no executable.
        Err(_) if mode.is_built() && expected.status != 0 => Verdict::Same,
        Err(message) => Verdict::Differs(message),
    }
}

/// Reduces a program that differs, and tells all about it.
fn report(seed: u64, oracle: &Subject, subject: &Subject, mode: &Mode, text: &str) -> String {
    let differs = |text: &str| match run(oracle, REFERENCE, text) {
        Ok(expected) if !says_nothing(&expected) => match verdict(subject, mode, text, &expected) {
            Verdict::Differs(how) if !is_unsteady(oracle, text, &expected) => Some(how),
            _ => None,
        },
        _ => None,
    };
    // What every program begins with stays: its output does not depend on the order of keys.
    let (head, body) = match text.strip_prefix(randhot::PRELUDE) {
        Some(body) => (randhot::PRELUDE, body),
        None => text.split_at(randprog::PRELUDE.len() + 1),
    };
    let body = shrink::shrink(body, 2000, |body| differs(&format!("{head}{body}")).is_some());
    let small = format!("{head}{body}");
    let explained = differs(&small).unwrap_or_else(|| "the reduced program does not differ every time".into());
    format!("RANDPROG_SEED={seed} differs in mode {}; reduced to\n{small}\n{explained}", mode.name)
}

#[test]
fn random_programs_print_what_luajit_prints() {
    let subject = Subject::under_test().unwrap_or_else(|message| panic!("{message}"));
    let oracle = match std::env::var_os("ORACLE_BIN") {
        Some(path) => Subject { kiln: PathBuf::from(path), luac: None, foreign: None },
        None => Subject::oracle(&subject).unwrap_or_else(|| {
            assert!(std::env::var_os("CI").is_none(), "no stock luajit to compare with");
            println!("randprog: no stock luajit to compare with, but Kiln's interpreter");
            subject.clone()
        }),
    };
    let only = std::env::var("MODE").ok();
    let folder = std::env::var_os("RANDPROG_DIR").map(PathBuf::from);
    let limit = Duration::from_secs(number("RANDPROG_SECONDS", 1));
    let first = number("RANDPROG_SEED", 1);
    let start = Instant::now();
    let (mut seed, mut skipped, mut runs, mut failed, mut late) = (first, 0, 0, Vec::new(), Vec::new());
    while start.elapsed() < limit {
        let text = if seed.is_multiple_of(4) { randprog::program(seed) } else { randhot::program(seed) };
        let modes = match &only {
            Some(name) => vec![named(name)],
            None => vec![named("jit"), named(TURNS[(seed / 4) as usize % TURNS.len()])],
        };
        match run(&oracle, REFERENCE, &text) {
            Ok(expected) if !says_nothing(&expected) => {
                for mode in modes {
                    runs += 1;
                    match verdict(&subject, mode, &text, &expected) {
                        Verdict::Same => continue,
                        Verdict::Late => {
                            late.push(format!("{seed} ({})", mode.name));
                            continue;
                        }
                        Verdict::Differs(_) if is_unsteady(&oracle, &text, &expected) => {
                            skipped += 1;
                            break;
                        }
                        Verdict::Differs(_) => {}
                    }
                    let report = report(seed, &oracle, &subject, mode, &text);
                    let Some(folder) = &folder else { panic!("{report}") };
                    println!("{report}");
                    let path = folder.join(format!("{seed}-{}.lua", mode.name));
                    std::fs::create_dir_all(folder)
                        .and_then(|()| std::fs::write(path, &text))
                        .expect("RANDPROG_DIR can be written");
                    failed.push(seed);
                }
            }
            // Too slow a program, or one that is stopped from outside: nothing to compare with.
            Ok(_) | Err(_) => skipped += 1,
        }
        seed += 1;
    }
    println!(
        "randprog: {} programs, seeds {first} to {}, {runs} runs, {skipped} without an answer",
        seed - first,
        seed - 1
    );
    if !late.is_empty() {
        println!("randprog: killed by their time limit: {}", late.join(", "));
    }
    assert!(failed.is_empty(), "seeds {failed:?} differ");
    assert!(skipped * 4 <= seed - first, "the oracle answers too few programs");
    assert!(late.len() < 5 || late.len() * 50 < runs, "{} of {runs} runs were killed by their time limit", late.len());
}
