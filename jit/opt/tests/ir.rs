//! Every file under `testdata` is traces before passes, and what they are afterwards.
//!
//! The first line names the passes: `; test fold cse`. A trace follows, then what becomes of it as comments: the trace, or the abort. A file may
//! have many traces. Every instruction is emitted through a builder with the passes on; then those that need the whole trace run. What goes in and
//! what comes out is verified.
//!
//! `BLESS=1` rewrites the expectations. Each fold rule must fire in the file of its name, and let another instruction of its operations be. Each pass must
//! change a trace of the folder of its name, and leave another as it is without it.

use ir::Trace;
use opt::{PASSES, Passes, replay, run};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "ir") {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// How often each rule fired, and how often it did not for an instruction of its operations.
type Hits = HashMap<&'static str, (u32, u32)>;
/// How many traces of its folder each pass changed, and how many not.
type Changes = HashMap<&'static str, (u32, u32)>;

/// What was counted.
#[derive(Default)]
struct Counts {
    hits: Hits,
    changes: Changes,
}

/// Runs the passes over one trace; gives the text of what comes out.
fn case(text: &str, names: &[&str], counts: &mut Counts) -> Result<String, String> {
    let out = optimised(text, names, Some(&mut counts.hits))?;
    for pass in PASSES.iter().filter(|pass| names.contains(&pass.name)) {
        let others: Vec<&str> = names.iter().copied().filter(|name| *name != pass.name).collect();
        let (changed, unchanged) = counts.changes.entry(pass.name).or_default();
        *(if optimised(text, &others, None)? == out { unchanged } else { changed }) += 1;
    }
    Ok(out)
}

fn optimised(text: &str, names: &[&str], hits: Option<&mut Hits>) -> Result<String, String> {
    let trace = Trace::parse(text).map_err(|e| e.to_string())?;
    ir::verify(&trace)?;
    let mut passes = Passes::level(0);
    for name in names {
        if !passes.set(name, true) {
            return Err(format!("there is no pass `{name}`"));
        }
    }
    let mut b = match replay(&trace, passes) {
        Ok(b) => b,
        Err(abort) => return Ok(format!("abort {}\n", abort.name())),
    };
    if let Some(hits) = hits {
        for (name, (fired, declined)) in b.rule_hits() {
            let sum = hits.entry(name).or_default();
            *sum = (sum.0 + fired, sum.1 + declined);
        }
    }
    for pass in PASSES.iter().filter(|p| names.contains(&p.name)) {
        if let Err(abort) = run(pass.name, &mut b) {
            return Ok(format!("abort {}\n", abort.name()));
        }
    }
    let out = b.finish();
    let text = out.to_string();
    ir::verify(&out).map_err(|e| format!("{e}\n{text}"))?;
    Ok(text)
}

/// Runs a file; gives it with the expectations that would be right.
fn blessed(text: &str, counts: &mut Counts) -> Result<String, String> {
    let first = text.lines().next().unwrap_or_default();
    let names = first.strip_prefix("; test ").ok_or("the first line must be `; test PASS...`")?;
    let names: Vec<&str> = names.split_whitespace().collect();
    let mut out = String::new();
    let mut input = String::new();
    let mut flush = |input: &mut String, out: &mut String| -> Result<(), String> {
        if !input.is_empty() {
            out.push_str(input);
            for line in case(input, &names, counts)?.lines() {
                writeln!(out, "; {line}").unwrap();
            }
            input.clear();
        }
        Ok(())
    };
    for line in text.lines() {
        let starts = line.starts_with("trace ");
        if starts {
            let before = !input.is_empty();
            flush(&mut input, &mut out)?;
            if before {
                out.push('\n');
            }
        }
        if starts || !input.is_empty() {
            // Comments behind a trace are its old expectation.
            if !line.starts_with(';') && !line.trim().is_empty() {
                input.push_str(line);
                input.push('\n');
            }
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    flush(&mut input, &mut out)?;
    Ok(out)
}

#[test]
fn files_have_what_they_expect() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut errors = String::new();
    let mut missing = Vec::new();
    let mut changes = Changes::new();
    for path in files(Path::new(DATA)) {
        let name = path.strip_prefix(DATA).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut here = Counts::default();
        match blessed(&text, &mut here) {
            Err(e) => writeln!(errors, "{name}: {e}").unwrap(),
            Ok(new) if bless => std::fs::write(&path, new).unwrap(),
            Ok(new) if new != text => writeln!(errors, "{name}: expected\n{text}\nfound\n{new}").unwrap(),
            Ok(_) => {}
        }
        let (folder, file) = name.split_once('/').unwrap_or_default();
        if let Some(rule) = file.strip_suffix(".ir").filter(|_| folder == "fold") {
            match here.hits.get(rule) {
                Some((0, _)) => missing.push(format!("{name} does not make the rule fire")),
                Some((_, 0)) => missing
                    .push(format!("{name} has no instruction of its operations for which the rule does not fire")),
                None => missing.push(format!("{name} is named like no rule")),
                Some(_) => {}
            }
        }
        for (pass, (changed, unchanged)) in here.changes.into_iter().filter(|(pass, _)| *pass == folder) {
            let sum = changes.entry(pass).or_default();
            *sum = (sum.0 + changed, sum.1 + unchanged);
        }
    }
    assert!(errors.is_empty(), "{errors}");
    for rule in opt::rule_names() {
        if !Path::new(DATA).join(format!("fold/{rule}.ir")).exists() {
            missing.push(format!("{rule} has no file"));
        }
    }
    for pass in PASSES {
        match changes.get(pass.name) {
            None | Some((0, _)) => missing.push(format!("no trace of folder {} is changed by the pass", pass.name)),
            Some((_, 0)) => missing.push(format!("no trace of folder {} is left alone by the pass", pass.name)),
            Some(_) => {}
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
