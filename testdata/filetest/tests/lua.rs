//! Runs every program of `testdata/lua` and `testdata/regress` in every mode.

#![forbid(unsafe_code)]
use filetest::case::{self, Case, Outcome};
use filetest::diff::diff;
use filetest::mode::{self, Form, Mode, ON_DEMAND, REFERENCE};
use filetest::subject::Subject;
use filetest::suite::{self, Report};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let subject = match Subject::under_test() {
        Ok(subject) => subject,
        Err(message) => {
            println!("lua: {message}");
            return ExitCode::FAILURE;
        }
    };
    let oracle = Subject::oracle(&subject);
    let only = std::env::var("MODE").ok();
    let bless = std::env::var("BLESS").is_ok_and(|value| value == "1");
    let mut modes = mode::all();
    modes.retain(|mode| only.as_ref().is_none_or(|name| mode.name == *name));
    if modes.is_empty() {
        println!("lua: no mode of this name");
        return ExitCode::FAILURE;
    }
    let mut files = suite::files(&suite::testdata().join("lua"), "lua");
    files.extend(suite::files(&suite::testdata().join("regress"), "lua"));
    suite::run("lua", &files, |path| {
        let mut report = Report::default();
        let test = std::fs::read(path)
            .map_err(|e| e.to_string())
            .and_then(|bytes| String::from_utf8(bytes).map_err(|e| e.to_string()))
            .and_then(|text| case::parse(&text).map(|case| (text, case)));
        match test {
            Ok((_, case)) if subject.is_luajit() && case.luajit_differs.is_some() => {}
            Ok((text, case)) if bless => report.check("bless", rewrite(path, &text, &case, &subject)),
            Ok((_, case)) => check(path, &case, &subject, oracle.as_ref(), &modes, &mut report),
            Err(message) => report.check("read", Err(message)),
        }
        report
    })
}

fn rewrite(path: &Path, text: &str, case: &Case, subject: &Subject) -> Result<(), String> {
    let outcome = subject.run(path, case, REFERENCE)?;
    let new = case::bless(text, &outcome);
    if new != text { std::fs::write(path, new).map_err(|e| e.to_string()) } else { Ok(()) }
}

fn check(path: &Path, case: &Case, subject: &Subject, oracle: Option<&Subject>, modes: &[Mode], report: &mut Report) {
    let oracle = oracle.filter(|_| case.luajit_differs.is_none());
    if let Some(oracle) = oracle {
        let outcome = oracle.run(path, case, REFERENCE);
        report.check("stock luajit", outcome.and_then(|outcome| compare(&case.expected, &outcome)));
    }
    let asked = modes.len() == 1 || path.components().any(|c| c.as_os_str() == "regress");
    for mode in modes.iter().filter(|mode| case.runs_in(mode.name) && (asked || !ON_DEMAND.contains(&mode.name))) {
        if mode.form != Form::StrippedDump {
            let outcome = subject.run(path, case, mode);
            report.check(mode.name, outcome.and_then(|outcome| compare(&case.expected, &outcome)));
        } else if let Some(oracle) = oracle {
            // What is left of messages without debug information is for LuaJIT to say.
            let result = oracle.run(path, case, mode).and_then(|expected| {
                let outcome = subject.run(path, case, mode)?;
                compare(&expected, &outcome)
            });
            report.check(mode.name, result);
        }
    }
}

fn compare(expected: &Outcome, actual: &Outcome) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    let mut text = String::new();
    for (what, expected, actual) in [("stdout", &expected.out, &actual.out), ("stderr", &expected.err, &actual.err)] {
        if expected != actual {
            text += &format!("    {what}:\n{}", diff(expected, actual));
        }
    }
    if expected.status != actual.status {
        text += &format!("    status: expected {}, got {}\n", expected.status, actual.status);
    }
    Err(text)
}
