//! Runs every transcript of `testdata/cli`.

#![forbid(unsafe_code)]
use filetest::diff::diff;
use filetest::subject::Subject;
use filetest::suite::{self, Report};
use filetest::transcript::{self, Entry};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let subject = match Subject::under_test() {
        Ok(subject) => subject,
        Err(message) => {
            println!("cli: {message}");
            return ExitCode::FAILURE;
        }
    };
    let oracle = Subject::oracle(&subject);
    let bless = std::env::var("BLESS").is_ok_and(|value| value == "1");
    let files = suite::files(&suite::testdata().join("cli"), "cli");
    suite::run("cli", &files, |path| {
        let mut report = Report::default();
        match std::fs::read_to_string(path).map_err(|e| e.to_string()).and_then(|text| transcript::parse(&text)) {
            Ok(mut entries) if bless => report.check("bless", rewrite(path, &mut entries, &subject)),
            Ok(entries) => entries.iter().for_each(|entry| check(entry, &subject, oracle.as_ref(), &mut report)),
            Err(message) => report.check("read", Err(message)),
        }
        report
    })
}

/// What `subject` cannot be asked: the compiler, where there is none, and what stock `luajit` is known to do differently.
fn applies(entry: &Entry, subject: &Subject) -> bool {
    entry.has_oracle() || (!subject.is_luajit() && (subject.luac.is_some() || !entry.uses_luac()))
}

fn rewrite(path: &Path, entries: &mut [Entry], subject: &Subject) -> Result<(), String> {
    for entry in entries.iter_mut().filter(|entry| applies(entry, subject)) {
        entry.expected = transcript::run(entry, subject)?;
    }
    std::fs::write(path, transcript::print(entries)).map_err(|e| e.to_string())
}

fn check(entry: &Entry, subject: &Subject, oracle: Option<&Subject>, report: &mut Report) {
    let title = entry.script.lines().next().unwrap_or_default();
    for (who, subject) in
        [(Some(subject), "kiln"), (oracle.filter(|_| entry.has_oracle()), "stock luajit")].map(|(s, w)| (w, s))
    {
        let Some(subject) = subject.filter(|subject| applies(entry, subject)) else { continue };
        let result = transcript::run(entry, subject).and_then(|actual| {
            let expected = &entry.expected;
            if actual == *expected {
                return Ok(());
            }
            let mut text = String::new();
            for (what, old, new) in [("stdout", &expected.out, &actual.out), ("stderr", &expected.err, &actual.err)] {
                if old != new {
                    text += &format!("    {what}:\n{}", diff(old, new));
                }
            }
            if expected.status != actual.status {
                text += &format!("    status: expected {}, got {}\n", expected.status, actual.status);
            }
            Err(text)
        });
        report.check(&format!("{who}: {title}"), result);
    }
}
