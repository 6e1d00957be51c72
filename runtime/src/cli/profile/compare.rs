//! `kiln profile diff`: what became hotter, colder, new, gone.

use super::{Input, paths, percent, place, report};
use clap::ArgMatches;
use ir::profile::{Change, Profile};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Compares two profiles.
pub fn diff(m: &ArgMatches, input: &mut Input) -> Result<u8, String> {
    let (before, after) = (&paths(m, "before")[0], &paths(m, "after")[0]);
    let least = percent(m, "least")?.unwrap_or(1.0);
    let (a, b) = (input.read(before)?, input.read(after)?);
    let name = |p: &std::path::Path| super::file_name(p.as_os_str());
    report(&format!("{} -> {}\n{}", name(before), name(after), text(&a, &b, least)))
}

/// A line of the report; shares in percent.
struct Row {
    place: String,
    before: Option<f64>,
    after: Option<f64>,
    word: &'static str,
}

impl Row {
    fn change(&self) -> f64 {
        self.after.unwrap_or(0.0) - self.before.unwrap_or(0.0)
    }
}

/// Makes the rows. A root that is gone where another is new has changed: its function has other contents now.
fn rows(a: &Profile, b: &Profile) -> Vec<Row> {
    let mut out = Vec::new();
    // What is in one only, by place: shares before and after.
    let mut alone: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for Change { key, before, after } in a.diff(b) {
        let (before, after) = (before.map(|n| n * 100.0), after.map(|n| n * 100.0));
        let place = place::root(if after.is_some() { b } else { a }, key);
        match (before, after) {
            (Some(x), None) => alone.entry(place).or_default().0.push(x),
            (None, Some(y)) => alone.entry(place).or_default().1.push(y),
            _ => {
                let word = if after > before { "hotter" } else { "colder" };
                out.push(Row { place, before, after, word });
            }
        }
    }
    for (place, (before, after)) in alone {
        let some = |list: &[f64]| (!list.is_empty()).then(|| list.iter().sum::<f64>());
        let (before, after) = (some(&before), some(&after));
        let word = match (before, after) {
            (Some(_), Some(_)) => "changed",
            (None, _) => "new",
            _ => "gone",
        };
        out.push(Row { place, before, after, word });
    }
    out.sort_by(|x, y| y.change().abs().total_cmp(&x.change().abs()).then_with(|| x.place.cmp(&y.place)));
    out
}

fn text(a: &Profile, b: &Profile, least: f64) -> String {
    let mut out = " before    after   change  place\n".to_string();
    let share = |n: Option<f64>| n.map_or("      -".to_string(), |n| format!("{n:6.1}%"));
    let mut same = 0;
    for row in rows(a, b) {
        if row.change().abs() < least && row.word != "changed" {
            same += 1;
            continue;
        }
        let (before, after) = (share(row.before), share(row.after));
        let _ = writeln!(out, "{before}  {after}  {:+6.1}  {}: {}", row.change(), row.place, row.word);
    }
    if same > 0 {
        let _ = writeln!(out, "{} with changes below {least}%", super::plural(same, "place"));
    }
    out
}
