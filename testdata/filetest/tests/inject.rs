//! Fault injection: what fails while a trace is made must not change what a program prints.
//!
//! Every program of `testdata/regress` runs with the n-th point of each kind failing, n walking upwards: the first points one by one, later
//! ones in growing steps, up to the last that the longest recordings have.
#![forbid(unsafe_code)]

use filetest::case::{self, Case};
use filetest::mode::{Form, Mode};
use filetest::subject::Subject;
use filetest::suite;
use std::time::{Duration, Instant};

const KINDS: [&str; 5] = ["grow", "alloc", "code", "hook", "event"];

/// Points that are made to fail: for the kinds that every instruction passes, and for those that every trace passes.
fn walk(kind: &str) -> Vec<u64> {
    let last = if matches!(kind, "alloc" | "code") { 40 } else { 3000 };
    let mut list = vec![1];
    while let Some(&n) = list.last().filter(|n| **n < last) {
        list.push(n + 1 + n / 3);
    }
    list
}

#[test]
fn programs_do_not_notice_what_fails_in_the_compiler() {
    let subject = Subject::under_test().unwrap_or_else(|message| panic!("{message}"));
    let seconds = std::env::var("INJECT_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(30);
    let (start, limit) = (Instant::now(), Duration::from_secs(seconds));
    let mut runs = 0;
    let files = suite::files(&suite::testdata().join("regress"), "lua");
    assert!(!files.is_empty());
    for round in 0.. {
        let mut left = false;
        for path in &files {
            let text = std::fs::read_to_string(path).expect("the program can be read");
            let case: Case = case::parse(&text).expect("the program parses");
            if !case.runs_in("jit") {
                continue;
            }
            for kind in KINDS {
                let Some(n) = walk(kind).get(round).copied() else { continue };
                if start.elapsed() > limit {
                    println!("inject: {runs} runs, rounds 0 to {round} begun");
                    return;
                }
                left = true;
                let value: &'static str = format!("{kind}@{n}").leak();
                let env: &'static [(&str, &str)] = vec![("KILN_INJECT", value)].leak();
                let args = &["-Ohotloop=1", "-Ohotexit=1"];
                let mode = Mode { name: "inject", args, env, form: Form::Source, patience: 4 };
                let outcome = subject.run(path, &case, &mode).unwrap_or_else(|e| panic!("{value} {path:?}: {e}"));
                assert_eq!(outcome, case.expected, "KILN_INJECT={value} {}", path.display());
                runs += 1;
            }
        }
        if !left {
            break;
        }
    }
    println!("inject: {runs} runs, all points");
}
