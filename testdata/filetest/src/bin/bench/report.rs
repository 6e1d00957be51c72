//! The table of ratios and the log of single runs.

use crate::engine::Engine;
use crate::measure::Usage;
use crate::program::GROUPS;
use crate::stats::{geometric_mean, median, spread};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

/// All runs of one program, by engine.
pub struct Row {
    /// The program.
    pub name: String,
    /// Its group; a group of its own stands outside the means.
    pub group: String,
    /// For each engine its runs.
    pub runs: Vec<Vec<Usage>>,
    /// For each engine why it has no ratio.
    pub failures: Vec<Option<String>>,
}

/// Which figure of a run a column shows.
type Figure = fn(&Usage) -> f64;

/// Collects rows; writes the log as it goes and the table at the end.
pub struct Report {
    names: Vec<String>,
    reference: usize,
    rows: Vec<Row>,
    log: File,
    table: PathBuf,
    instructions: bool,
}

impl Report {
    /// Starts a report in a directory; `reference` is the name of one of the engines.
    pub fn create(out: &Path, engines: &[Engine], reference: &str, instructions: bool) -> Result<Self, String> {
        let log = out.join("runs.jsonl");
        Ok(Report {
            names: engines.iter().map(|e| e.name.clone()).collect(),
            reference: engines.iter().position(|e| e.name == reference).ok_or("no reference engine")?,
            rows: Vec::new(),
            log: File::create(&log).map_err(|e| format!("cannot write {}: {e}", log.display()))?,
            table: out.join("table.txt"),
            instructions,
        })
    }

    /// Shows on a terminal what runs now.
    pub fn progress(&self, name: &str) {
        if std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K{name}");
        }
    }

    /// Logs one run as a line of JSON: seconds (or instructions) and bytes.
    pub fn log(&mut self, program: &str, engine: &str, round: i64, usage: Usage) -> Result<(), String> {
        let cost = if self.instructions { "instructions" } else { "cpu" };
        let (c, m) = (usage.cost, usage.memory);
        writeln!(self.log, r#"{{"program":{program:?},"engine":{engine:?},"round":{round},"{cost}":{c},"memory":{m}}}"#)
            .map_err(|e| format!("cannot write the log: {e}"))
    }

    /// Adds a program's runs.
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Writes the table to `out` and to its file; false when an engine failed a program.
    pub fn finish(self, out: &mut impl io::Write) -> Result<bool, String> {
        if std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        let text = self.render();
        out.write_all(text.as_bytes()).map_err(|e| format!("cannot write the table: {e}"))?;
        std::fs::write(&self.table, &text).map_err(|e| format!("cannot write {}: {e}", self.table.display()))?;
        Ok(self.rows.iter().all(|r| r.failures.iter().all(Option::is_none)))
    }

    /// Ratio of an engine's median to the reference's.
    fn ratio(&self, row: &Row, engine: usize, of: Figure) -> Option<f64> {
        let middle = |e: usize| median(&row.runs[e].iter().map(of).collect::<Vec<_>>());
        if row.failures[engine].is_some() || row.failures[self.reference].is_some() {
            return None;
        }
        Some(middle(engine) / middle(self.reference)).filter(|r| r.is_finite())
    }

    fn render(&self) -> String {
        let what = if self.instructions { "instructions" } else { "CPU time" };
        let mut parts: Vec<(&str, Figure)> = vec![(what, |u| u.cost)];
        if !self.instructions {
            parts.push(("peak memory", |u| u.memory));
        }
        let widths: Vec<usize> = self.names.iter().map(|n| n.len().max(6)).collect();
        let block: usize = widths.iter().map(|w| w + 2).sum();
        let mut text = format!(
            "Ratios to {}, medians. Spread: the reference's farthest run from its median.\n\n",
            self.names[self.reference]
        );
        let _ = write!(text, "{:26}", "");
        for (label, _) in &parts {
            let _ = write!(text, "  {label:<block$}");
        }
        let _ = write!(text, "\n{:26}", "");
        for _ in &parts {
            text.push_str("  ");
            for (n, w) in self.names.iter().zip(&widths) {
                let _ = write!(text, "{n:>w$}  ");
            }
        }
        text.push_str("  spread\n");

        let mut line = |title: &str, value: &dyn Fn(usize, Figure) -> Option<f64>, spread: Option<f64>| {
            let _ = write!(text, "{title:26}");
            for (_, of) in &parts {
                text.push_str("  ");
                for (e, w) in widths.iter().enumerate() {
                    match value(e, *of) {
                        Some(r) => drop(write!(text, "{r:>w$.2}  ")),
                        None => drop(write!(text, "{:>w$}  ", "-")),
                    }
                }
            }
            if let Some(s) = spread {
                let _ = write!(text, "  {:5.1}%", s * 100.0);
            }
            text.push('\n');
        };
        let mean = |rows: &[&Row], e: usize, of: Figure| {
            let ratios: Vec<f64> = rows.iter().filter_map(|r| self.ratio(r, e, of)).collect();
            (!ratios.is_empty()).then(|| geometric_mean(&ratios))
        };
        let mut grouped = Vec::new();
        for group in GROUPS {
            let rows: Vec<&Row> = self.rows.iter().filter(|r| r.group == *group).collect();
            for row in &rows {
                let costs: Vec<f64> = row.runs[self.reference].iter().map(|u| u.cost).collect();
                line(&format!("  {}", row.name), &|e, of| self.ratio(row, e, of), Some(spread(&costs)));
            }
            if !rows.is_empty() {
                line(&format!("{group} (geometric mean)"), &|e, of| mean(&rows, e, of), None);
            }
            grouped.extend(rows);
        }
        if !grouped.is_empty() {
            line("all (geometric mean)", &|e, of| mean(&grouped, e, of), None);
            line("largest", &|e, of| grouped.iter().filter_map(|r| self.ratio(r, e, of)).reduce(f64::max), None);
            // Columns that lack programs are compared with the others where all have one.
            let complete = |r: &&Row| (0..self.names.len()).all(|e| self.ratio(r, e, |u| u.cost).is_some());
            let common: Vec<&Row> = grouped.iter().copied().filter(complete).collect();
            if (1..grouped.len()).contains(&common.len()) {
                line(&format!("the {} without gaps (mean)", common.len()), &|e, of| mean(&common, e, of), None);
            }
        }
        for row in self.rows.iter().filter(|r| !GROUPS.contains(&r.group.as_str())) {
            let costs: Vec<f64> = row.runs[self.reference].iter().map(|u| u.cost).collect();
            line(&row.name, &|e, of| self.ratio(row, e, of), Some(spread(&costs)));
        }

        let failures = self.rows.iter().flat_map(|r| r.failures.iter().zip(&self.names).map(move |f| (r, f)));
        for (row, (reason, engine)) in failures.filter(|(_, (f, _))| f.is_some()) {
            let _ = write!(text, "\nFAILED {} under {engine}: {}", row.name, reason.as_deref().unwrap_or_default());
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: Vec<Row>) -> Report {
        let log = File::options().write(true).open("/dev/null").unwrap();
        let names = vec!["new".into(), "old".into()];
        Report { names, reference: 1, rows, log, table: "/dev/null".into(), instructions: false }
    }

    fn row(name: &str, cost: f64, failure: Option<&str>) -> Row {
        let u = |cost| vec![Usage { cost, memory: 1000.0 }];
        let failures = vec![failure.map(String::from), None];
        Row { name: name.into(), group: "calls".into(), runs: vec![u(cost), u(2.0)], failures }
    }

    #[test]
    fn ratios_and_means() {
        let text = report(vec![row("fib", 1.0, None), row("ack", 4.0, None)]).render();
        let numbers = |title: &str| -> Vec<String> {
            let line = text.lines().find(|l| l.trim_start().starts_with(title)).unwrap();
            line.split_whitespace().filter(|w| w.contains('.')).map(String::from).collect()
        };
        assert_eq!(numbers("fib"), ["0.50", "1.00", "1.00", "1.00", "0.0%"]);
        assert_eq!(numbers("ack")[0], "2.00");
        assert_eq!(numbers("calls (")[0], "1.00");
        assert_eq!(numbers("all (")[0], "1.00");
        assert_eq!(numbers("largest")[0], "2.00");
        assert!(!text.contains("without gaps"), "{text}");
    }

    #[test]
    fn an_engine_that_has_no_such_program_has_no_ratio_and_no_failure() {
        let mut gap = row("ack", 4.0, None);
        gap.runs[0].clear();
        let r = report(vec![row("fib", 1.0, None), gap]);
        let text = r.render();
        let first = |title: &str| {
            let line = text.lines().find(|l| l.trim_start().starts_with(title)).unwrap();
            line[26..].split_whitespace().next().unwrap().to_string()
        };
        assert_eq!(
            (first("ack"), first("all ("), first("the 1 without gaps")),
            ("-".into(), "0.50".into(), "0.50".into())
        );
        assert!(r.finish(&mut io::sink()).unwrap());
    }

    #[test]
    fn a_failure_has_no_ratio_and_is_named() {
        let r = report(vec![row("fib", 1.0, Some("boom"))]);
        let text = r.render();
        assert!(text.contains("FAILED fib under new: boom"), "{text}");
        assert!(!r.finish(&mut io::sink()).unwrap());
    }
}
