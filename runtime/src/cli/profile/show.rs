//! `kiln profile show`: what is in a profile, hottest first.

use super::place::{self, Sources};
use super::{Input, paths, plural, report};
use abi::abort::Abort;
use clap::ArgMatches;
use ir::profile::{Profile, Spent};
use ir::tree::{RootKey, Tree, write};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Shows profiles, merged.
pub fn show(m: &ArgMatches, input: &mut Input) -> Result<u8, String> {
    let files = paths(m, "profiles");
    let profile = input.merged(&files)?;
    let names: Vec<String> = files.iter().map(|f| super::file_name(f.as_os_str())).collect();
    let options = Options {
        top: m.get_one::<String>("top").map_or(Ok(usize::MAX), |n| n.parse()).map_err(|_| "--top needs a number")?,
        traces: m.get_flag("traces"),
        ir: m.get_flag("ir"),
    };
    report(&text(&names.join(" + "), &profile, &options))
}

struct Options {
    top: usize,
    traces: bool,
    ir: bool,
}

fn text(name: &str, p: &Profile, options: &Options) -> String {
    let trees = p.trees();
    let traces: usize = trees.iter().map(|t| t.branches.len()).sum();
    let mut out = format!("{name}: {} with {}", plural(trees.len(), "tree"), plural(traces, "trace"));
    let places = p.aborts.keys().map(|g| g.root).collect::<std::collections::BTreeSet<_>>().len();
    if places > 0 {
        let _ = write!(out, "; recordings given up at {}", plural(places, "place"));
    }
    out.push('\n');
    out += &time(p);
    let shares = p.shares();
    let mut of_root: BTreeMap<RootKey, Vec<&Tree>> = BTreeMap::new();
    trees.iter().for_each(|t| of_root.entry(t.key).or_default().push(t));
    let mut rows: Vec<Row> = of_root.into_iter().map(|(key, trees)| Row::new(p, key, trees, shares[&key])).collect();
    rows.sort_by(|a, b| {
        b.share.total_cmp(&a.share).then(b.entries.cmp(&a.entries)).then_with(|| a.place.cmp(&b.place))
    });
    if !rows.is_empty() {
        let _ = writeln!(out, "\n share    entries      exits  traces  place");
    }
    let mut sources = Sources::default();
    for row in rows.iter().take(options.top) {
        row.write(&mut out);
        if let Some(line) = sources.line(p, row.key) {
            let _ = writeln!(out, "{:40}| {line}", "");
        }
        if options.traces {
            details(&mut out, p, row);
        }
        if options.ir {
            let mut ir = String::new();
            row.trees.iter().for_each(|t| write(&mut ir, t));
            ir.lines().for_each(|l| {
                let _ = writeln!(out, "    {l}");
            });
        }
    }
    if rows.len() > options.top {
        let rest: f64 = rows[options.top..].iter().map(|r| r.share).sum();
        let _ = writeln!(out, "{:5.1}%  {}", rest * 100.0, plural(rows.len() - options.top, "more place"));
    }
    out + &aborts(p, options)
}

/// Says where the time went.
fn time(p: &Profile) -> String {
    // Samples of long runs on many machines may be more than a u64 counts.
    let of = |s: Spent| p.time.get(&s).copied().map_or(0, u128::from);
    let all: u128 = p.time.values().copied().map(u128::from).sum();
    if all == 0 {
        return String::new();
    }
    let percent = |samples: u128| samples as f64 * 100.0 / all as f64;
    let compiled = all - Spent::OTHER.iter().map(|(s, _)| of(*s)).sum::<u128>();
    let mut out = format!("time, by {all} samples: {:.0}% compiled", percent(compiled));
    for (spent, name) in Spent::OTHER {
        let _ = write!(out, ", {:.0}% {name}", percent(of(spent)));
    }
    out + "\n"
}

/// A root.
struct Row<'a> {
    key: RootKey,
    share: f64,
    entries: u64,
    /// Exits that no side trace continues.
    exits: u64,
    traces: usize,
    place: String,
    trees: Vec<&'a Tree>,
}

impl<'a> Row<'a> {
    fn new(p: &Profile, key: RootKey, trees: Vec<&'a Tree>, share: f64) -> Row<'a> {
        let (mut entries, mut exits) = (0u64, 0u64);
        for t in &trees {
            entries = entries.saturating_add(t.branches[0].entries);
            for (i, b) in t.branches.iter().enumerate() {
                for (e, n) in b.exits.iter().enumerate() {
                    if t.side(i, e as u32).is_none() {
                        exits = exits.saturating_add(*n);
                    }
                }
            }
        }
        let traces = trees.iter().map(|t| t.branches.len()).sum();
        Row { key, share, entries, exits, traces, place: place::root(p, key), trees }
    }

    fn write(&self, out: &mut String) {
        let Row { share, entries, exits, traces, place, trees, .. } = self;
        let variants = if trees.len() > 1 { format!(" ({} variants)", trees.len()) } else { String::new() };
        let _ = writeln!(out, "{:5.1}% {entries:10} {exits:10} {traces:7}  {place}{variants}", share * 100.0);
    }
}

/// Lists the traces of a root and the types at its place.
fn details(out: &mut String, p: &Profile, row: &Row<'_>) {
    let mut slots: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for ((key, slot, ty), n) in &p.types {
        if *key == row.key {
            slots.entry(*slot).or_default().push(if *n > 1 { format!("{ty} {n}") } else { ty.clone() });
        }
    }
    if !slots.is_empty() {
        let list: Vec<String> = slots.iter().map(|(s, types)| format!("{s} {}", types.join("/"))).collect();
        let _ = writeln!(out, "        slots: {}", list.join(", "));
    }
    for t in &row.trees {
        let mut depth: Vec<usize> = Vec::new();
        for (i, b) in t.branches.iter().enumerate() {
            depth.push(b.parent.map_or(0, |(parent, _)| depth[parent] + 1));
            let at = match b.trace.as_const(b.trace.pc) {
                Some(ir::Const::Pc(proto, pc)) => place::text(p, RootKey { proto: *proto, pc: *pc }),
                _ => String::new(),
            };
            let what = match b.parent {
                None => "root".to_string(),
                Some((parent, exit)) => format!("trace {i} at exit {exit} of {parent}, {at}"),
            };
            let what = format!("{what}, {}", plural(b.trace.ins.len(), "instruction"));
            let link = match (b.target, b.trace.link) {
                (Some(k), _) => format!(" -> {}", place::root(p, k)),
                (_, ir::Link::Interp) => " -> interpreter".to_string(),
                _ => " -> itself".to_string(),
            };
            let _ = writeln!(out, "        {:indent$}{what}: {} times{link}", "", b.entries, indent = depth[i] * 2);
        }
    }
}

/// Lists recordings that were given up, most often first.
fn aborts(p: &Profile, options: &Options) -> String {
    let mut list: Vec<_> = p.aborts.iter().collect();
    if list.is_empty() {
        return String::new();
    }
    list.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let mut out = "\ngiven up:\n".to_string();
    for (g, n) in list.iter().take(options.top) {
        let message = Abort::ALL.iter().find(|a| a.name() == g.reason).map_or(g.reason.as_str(), |a| a.message());
        let what = if g.what.is_empty() { String::new() } else { format!(" ({})", g.what) };
        let side = if g.side { ", side trace" } else { "" };
        let at = if g.at == g.root { String::new() } else { format!(", at {}", place::text(p, g.at)) };
        let _ = writeln!(out, "{n:6}  {}{side}: {message}{what}{at}", place::root(p, g.root));
    }
    if list.len() > options.top {
        let _ = writeln!(out, "        {} more", list.len() - options.top);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ir::ProtoKey;

    #[test]
    fn time_is_shared_out_in_percent() {
        let mut p = Profile::default();
        assert_eq!(time(&p), "");
        p.spend(Spent::Compiler, 1);
        let shares = "0% compiled, 0% interpreted, 0% library, 0% collector, 100% compiler";
        assert_eq!(time(&p), format!("time, by 1 samples: {shares}\n"));
        p.spend(Spent::Root(RootKey { proto: ProtoKey { hash: 1, instance: 0 }, pc: 2 }), 2);
        p.spend(Spent::Interpreted, 1);
        let shares = "50% compiled, 25% interpreted, 0% library, 0% collector, 25% compiler";
        assert_eq!(time(&p), format!("time, by 4 samples: {shares}\n"));
    }
}
