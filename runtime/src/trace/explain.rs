//! `kiln explain`: every hot loop and function of a run, what became of it, and what to change.
//!
//! Events of the compiler are counted by place while the program runs. Time is estimated by sampling: a timer of processor time ticks each
//! millisecond (`stdlib::jit::profile`); a tick in compiled code belongs to the trace's root, one in the interpreter or a builtin to the innermost hot
//! place around the running instruction. Entries are those from the interpreter; exits are those back to it. Traces that jump to
//! each other are not counted: that is what they are for. Of precompiled trees the exits are told apart: by trace and place. How often
//! their traces go on in each other, code does not count.
//!
//! Invariant: places are kept as text, so what the collector does to prototypes does not matter.

use super::engine::{Engine, Live, Origin};
use super::place::{self, Place};
use super::report;
use abi::abort::Abort;
use bytecode::{Ins, Op};
use heap::vm::TraceEntry;
use heap::{ProtoObj, Vm};
use std::collections::{BTreeMap, HashMap};
use stdlib::jit::profile::Sample;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// JSON instead of text.
    pub json: bool,
    /// No sampling: the report depends on the program alone.
    pub no_time: bool,
    /// Where the report goes; standard output if empty.
    pub output: Vec<u8>,
    /// The program, as it is called in the report.
    pub program: Vec<u8>,
}

/// A hot place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Key {
    file: String,
    line: u32,
    at: u32,
    kind: &'static str,
}

/// Why recordings were given up: reason, what was not compiled, where; and whether the recording was one of a side trace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Cause {
    side: bool,
    reason: &'static str,
    what: Option<&'static str>,
    at: String,
}

/// What is known of a hot place.
#[derive(Default)]
struct Spot {
    /// Prototype and instruction, as long as they live.
    place: (u64, u32),
    /// Path of the source file, where there is one.
    path: Option<String>,
    aborts: BTreeMap<Cause, (Abort, u32)>,
    last: Option<Abort>,
    compiled: u32,
    sides: u32,
    entries: u64,
    exits: u64,
    native: u64,
    other: u64,
    left: Vec<Left>,
}

/// An exit of a precompiled tree that was taken.
struct Left {
    /// Trace of the tree, the root being 0, and its exit.
    from: (u32, u32),
    times: u64,
    /// Where the interpreter went on.
    at: String,
}

/// Exits that the report shows of a place.
const MOST_LEFT: usize = 5;

/// What is known of a run.
pub(crate) struct Stats {
    options: Options,
    spots: BTreeMap<Key, Spot>,
    /// Places of root traces by number.
    roots: HashMap<u32, Key>,
    /// First and last instruction of hot places by prototype.
    extents: HashMap<u64, Vec<(u32, u32, Key)>>,
    totals: Totals,
}

/// Samples by what ran.
#[derive(Clone, Copy, Default)]
struct Totals {
    compiled: u64,
    interpreted: u64,
    builtins: u64,
    collector: u64,
    compiler: u64,
}

impl Totals {
    fn all(&self) -> u64 {
        self.compiled + self.interpreted + self.builtins + self.collector + self.compiler
    }
}

/// Interval of samples in milliseconds.
const INTERVAL: u32 = 1;

/// Watches a machine until it ends; then the report is written. Says whether there is a compiler to be watched.
pub fn start(vm: &mut Vm, options: Options) -> bool {
    let sampled = !options.no_time;
    let Some(e) = super::engine(vm) else { return false };
    e.watch.stats = Some(Box::new(Stats {
        options,
        spots: BTreeMap::new(),
        roots: HashMap::new(),
        extents: HashMap::new(),
        totals: Totals::default(),
    }));
    vm.host::<stdlib::AtExit>().actions.push(finish);
    if sampled {
        stdlib::jit::profile::start_native(vm, INTERVAL, sample);
    }
    true
}

fn sample(vm: &mut Vm, sample: Sample) {
    let at = place::upcoming(vm);
    let Some(e) = super::engine(vm) else { return };
    let root = sample.trace.and_then(|t| e.traces.get(t as usize)?.as_ref().map(|live| live.root));
    if let Some(stats) = &mut e.watch.stats {
        stats.sampled(sample, root, at);
    }
}

impl Stats {
    /// Returns the key of a place in a live prototype.
    fn key(p: *const ProtoObj, at: u32, ins: Ins) -> Key {
        let text = place::text(p, at);
        let file = text.rsplit_once(':').map_or(text.as_str(), |(file, _)| file).to_string();
        let kind = if matches!(ins.op(), Some(Op::FUNCF | Op::FUNCV)) { "function" } else { "loop" };
        Key { file, line: place::line(p, at), at, kind }
    }

    fn spot(&mut self, vm: &Vm, p: u64, at: u32) -> (Key, &mut Spot) {
        let proto = p as *const ProtoObj;
        // SAFETY: the prototype is being recorded, or a trace keeps it.
        let ins = Ins(unsafe { interp::original_ins(vm, proto, at) });
        let key = Stats::key(proto, at, ins);
        let list = self.extents.entry(p).or_default();
        if !list.iter().any(|(_, _, k)| *k == key) {
            let (first, last) = place::extent(proto, at, ins);
            list.push((first, last, key.clone()));
        }
        let spot = self.spots.entry(key.clone()).or_default();
        spot.place = (p, at);
        let name = String::from_utf8_lossy(place::chunk_name(proto)).into_owned();
        spot.path = name.strip_prefix('@').map(str::to_string);
        (key, spot)
    }

    /// A recording was given up.
    pub fn aborted(&mut self, vm: &Vm, origin: Origin, why: Abort, what: Option<&'static str>, at: &Place) {
        let (side, key) = match origin {
            Origin::Root(p, pc) => (false, self.spot(vm, p.0, pc).0),
            Origin::Side(trace, _) => match self.roots.get(&trace) {
                Some(key) => (true, key.clone()),
                None => return,
            },
        };
        let Some(spot) = self.spots.get_mut(&key) else { return };
        let cause = Cause { side, reason: why.name(), what, at: at.text() };
        let count = spot.aborts.entry(cause).or_insert((why, 0));
        count.1 += 1;
        if !side {
            spot.last = Some(why);
        }
    }

    /// A trace was published.
    pub fn stopped(&mut self, vm: &Vm, origin: Origin, number: u32, root: u32) {
        match origin {
            Origin::Root(p, pc) => {
                let (key, spot) = self.spot(vm, p.0, pc);
                spot.compiled += 1;
                self.roots.insert(number, key);
            }
            Origin::Side(..) => {
                if let Some(key) = self.roots.get(&root).cloned() {
                    if let Some(spot) = self.spots.get_mut(&key) {
                        spot.sides += 1;
                    }
                    self.roots.insert(number, key);
                }
            }
        }
    }

    /// A precompiled tree is used.
    pub fn bound(&mut self, vm: &Vm, place: (u64, u32), number: u32, sides: u32) {
        let (key, spot) = self.spot(vm, place.0, place.1);
        (spot.compiled, spot.sides) = (spot.compiled + 1, spot.sides + sides);
        self.roots.insert(number, key);
    }

    /// An exit was taken that does not count: the collector was due, or something wanted attention.
    pub fn interrupted(&mut self, trace: u32) {
        if let Some(spot) = self.roots.get(&trace).and_then(|k| self.spots.get_mut(k)) {
            spot.exits += 1;
        }
    }

    /// Traces are about to be freed: their counts are kept.
    pub fn flushed(&mut self, traces: &[Option<Box<Live>>], entries: &[TraceEntry]) {
        for (number, live) in traces.iter().enumerate() {
            let Some(live) = live else { continue };
            self.freed(number as u32, live, entries.get(number));
        }
        self.roots.clear();
        self.extents.clear();
    }

    /// Prototypes that are not alive are about to be freed.
    pub fn sweep(&mut self, alive: &dyn Fn(u64) -> bool) {
        self.extents.retain(|p, _| alive(*p));
        for spot in self.spots.values_mut().filter(|s| s.place.0 != 0 && !alive(s.place.0)) {
            spot.place = (0, 0);
        }
    }

    /// Notes the exits of the precompiled trees that are in use.
    fn precompiled(&mut self, e: &Engine) {
        for live in e.traces.iter().flatten().filter(|t| t.aot) {
            let Some(i) = e.row_of(live.number) else { continue };
            let Some(spot) = self.roots.get(&live.number).and_then(|k| self.spots.get_mut(k)) else { continue };
            let places = e.aot.places(i);
            for ((way, n), to) in e.aot.ways(i).iter().zip(&live.counts).zip(places) {
                // Those that the policy did not look at.
                let more = u64::from(way.uncounted());
                spot.exits += more;
                let times = u64::from(*n) + more;
                if times > 0 {
                    let at = to.and_then(|k| Some(place::text(e.names.borrow().proto(k.proto)?, k.pc)));
                    spot.left.push(Left { from: way.from, times, at: at.unwrap_or_default() });
                }
            }
            spot.left.sort_by_key(|l| (std::cmp::Reverse(l.times), l.from));
        }
    }

    /// A trace is about to be freed.
    pub fn freed(&mut self, number: u32, live: &Live, entry: Option<&TraceEntry>) {
        let Some(spot) = self.roots.get(&live.root).or(self.roots.get(&number)).and_then(|k| self.spots.get_mut(k))
        else {
            return;
        };
        spot.entries += entry.map_or(0, |e| u64::from(e.entries));
        spot.exits += live.counts.iter().map(|n| u64::from(*n)).sum::<u64>();
    }

    fn sampled(&mut self, sample: Sample, root: Option<u32>, at: Option<Place>) {
        let n = u64::from(sample.count);
        match sample.state {
            b'N' => self.totals.compiled += n,
            b'G' => return self.totals.collector += n,
            b'J' => return self.totals.compiler += n,
            b'C' => self.totals.builtins += n,
            _ => self.totals.interpreted += n,
        }
        if let Some(root) = root {
            if let Some(spot) = self.roots.get(&root).and_then(|k| self.spots.get_mut(k)) {
                spot.native += n;
            }
            return;
        }
        let Some((p, pc)) = at.and_then(|at| Some((place::proto_of(at.func)?, at.pc?))) else { return };
        let around = self.extents.get(&(p as u64)).into_iter().flatten();
        let inner = around.filter(|(first, last, _)| (*first..=*last).contains(&pc)).min_by_key(|(a, b, _)| b - a);
        if let Some(spot) = inner.and_then(|(_, _, key)| self.spots.get_mut(key)) {
            spot.other += n;
        }
    }
}

// ---- the report ----

/// A row of the report.
struct Row {
    key: Key,
    status: &'static str,
    spot: Spot,
    hints: Vec<&'static str>,
    source: Option<String>,
}

/// Ends the watch and writes the report.
fn finish(vm: &mut Vm) {
    stdlib::jit::profile::stop_native(vm);
    let Some(e) = super::engine(vm) else { return };
    let Some(mut stats) = e.watch.stats.take() else { return };
    let statuses: BTreeMap<Key, &'static str> =
        stats.spots.iter().map(|(key, spot)| (key.clone(), status(e, spot))).collect();
    stats.precompiled(e);
    stats.flushed(&e.traces, &e.entries);
    let options = stats.options.clone();
    let rows = rows(&mut stats, &statuses);
    let text = if options.json { json(&options, &stats.totals, &rows) } else { text(&options, &stats.totals, &rows) };
    if options.output.is_empty() {
        let out = stdlib::io::standard(vm, 1);
        return report::write(&out, &text);
    }
    use std::os::unix::ffi::OsStrExt;
    if let Err(error) = std::fs::write(std::ffi::OsStr::from_bytes(&options.output), text) {
        let name = String::from_utf8_lossy(&options.output);
        crate::program::complain(Some(b"kiln explain"), format!("cannot write {name}: {error}").as_bytes());
    }
}

fn status(e: &Engine, spot: &Spot) -> &'static str {
    if let Some((number, _)) = e.roots.get(&spot.place) {
        return if e.row_of(*number).is_some() { "precompiled" } else { "compiled" };
    }
    match e.penalties.get(spot.place.0, spot.place.1) {
        Some(p) if p.why == Abort::Retired => "retired",
        Some(p) if p.blocked => "blacklisted",
        _ if spot.last.is_none() && spot.compiled > 0 => "flushed",
        _ => "aborted",
    }
}

fn rows(stats: &mut Stats, statuses: &BTreeMap<Key, &'static str>) -> Vec<Row> {
    let mut files: HashMap<String, Option<Vec<String>>> = HashMap::new();
    let mut rows: Vec<Row> = std::mem::take(&mut stats.spots)
        .into_iter()
        .map(|(key, spot)| {
            let status = statuses.get(&key).copied().unwrap_or("aborted");
            let mut hints: Vec<&'static str> = Vec::new();
            for (cause, (why, _)) in &spot.aborts {
                // What is compiled in the end has no need of hints for its first tries.
                if (!status.ends_with("compiled") || cause.side)
                    && !why.hint().is_empty()
                    && !hints.contains(&why.hint())
                {
                    hints.push(why.hint());
                }
            }
            let source = spot.path.as_ref().and_then(|path| {
                let lines = files.entry(path.clone()).or_insert_with(|| {
                    let bytes = std::fs::read(path).ok().filter(|b| !bytecode::is_bytecode(b))?;
                    Some(String::from_utf8_lossy(&bytes).lines().map(str::to_string).collect())
                });
                Some(lines.as_ref()?.get((key.line as usize).checked_sub(1)?)?.trim().to_string())
            });
            Row { key, status, spot, hints, source }
        })
        .collect();
    rows.sort_by(|a, b| {
        let time = |r: &Row| r.spot.native + r.spot.other;
        time(b).cmp(&time(a)).then_with(|| a.key.cmp(&b.key))
    });
    rows
}

fn percent(n: u64, all: u64) -> u64 {
    (n * 100 + all / 2).checked_div(all).unwrap_or(0)
}

fn text(options: &Options, totals: &Totals, rows: &[Row]) -> String {
    let all = totals.all();
    let mut out = format!("kiln explain {}: ", String::from_utf8_lossy(&options.program));
    out += &match rows.len() {
        0 => "nothing was hot\n".to_string(),
        1 => "1 hot place\n".to_string(),
        n => format!("{n} hot places\n"),
    };
    if all > 0 {
        let p = |n| percent(n, all);
        out += &format!(
            "Time, by {all} samples: {}% compiled, {}% interpreted, {}% library, {}% collector, {}% compiler\n",
            p(totals.compiled),
            p(totals.interpreted),
            p(totals.builtins),
            p(totals.collector),
            p(totals.compiler)
        );
    } else if !options.no_time {
        out += "Time: too short to be sampled\n";
    }
    for row in rows {
        let share = match options.no_time {
            true => String::new(),
            false => format!("{:3}%  ", percent(row.spot.native + row.spot.other, all)),
        };
        out += &format!("\n{share}{}:{} {}: {}", row.key.file, row.key.line, row.key.kind, row.status);
        if row.spot.compiled > 0 {
            out += &format!(
                "; {} entr{}, {} exit{}, {} side trace{}",
                row.spot.entries,
                if row.spot.entries == 1 { "y" } else { "ies" },
                row.spot.exits,
                plural(row.spot.exits),
                row.spot.sides,
                plural(row.spot.sides.into())
            );
        }
        out.push('\n');
        if let Some(source) = row.source.as_ref().filter(|s| !s.is_empty()) {
            out += &format!("    | {source}\n");
        }
        for l in row.spot.left.iter().take(MOST_LEFT) {
            let from = if l.from.0 == 0 { "its root".to_string() } else { format!("its side trace {}", l.from.0) };
            out += &format!("    left {} time{} from {from}, to {}\n", l.times, plural(l.times), l.at);
        }
        if row.spot.left.len() > MOST_LEFT {
            out += &format!("    left at {} more exits\n", row.spot.left.len() - MOST_LEFT);
        }
        for (cause, (why, n)) in &row.spot.aborts {
            let message = report::message(*why, cause.what);
            let side = if cause.side { "side trace " } else { "" };
            out += &format!("    {side}given up {n} time{}: {message}, at {}\n", plural((*n).into()), cause.at);
        }
        for hint in &row.hints {
            out += &format!("    try: {hint}\n");
        }
    }
    out
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Puts a string into JSON.
fn quoted(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            c if (c as u32) < 32 => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out + "\""
}

fn json(options: &Options, totals: &Totals, rows: &[Row]) -> String {
    let mut out = format!("{{\n  \"program\": {},\n", quoted(&String::from_utf8_lossy(&options.program)));
    out += &format!("  \"sampled\": {},\n  \"interval_ms\": {INTERVAL},\n", !options.no_time);
    out += &format!(
        "  \"samples\": {{ \"compiled\": {}, \"interpreted\": {}, \"library\": {}, \"collector\": {}, \"compiler\": {} }},\n",
        totals.compiled, totals.interpreted, totals.builtins, totals.collector, totals.compiler
    );
    let list = |items: Vec<String>, indent: &str| match items.is_empty() {
        true => "[]".to_string(),
        false => format!("[\n{indent}  {}\n{indent}]", items.join(&format!(",\n{indent}  "))),
    };
    let rows = rows.iter().map(|row| {
        let s = &row.spot;
        let aborts = s.aborts.iter().map(|(cause, (why, n))| {
            let message = report::message(*why, cause.what);
            format!(
                "{{ \"reason\": {}, \"message\": {}, \"at\": {}, \"side\": {}, \"times\": {n} }}",
                quoted(cause.reason),
                quoted(&message),
                quoted(&cause.at),
                cause.side
            )
        });
        let left = s.left.iter().map(|l| {
            let (trace, exit) = l.from;
            format!("{{ \"trace\": {trace}, \"exit\": {exit}, \"times\": {}, \"to\": {} }}", l.times, quoted(&l.at))
        });
        let source = row.source.as_deref().map_or("null".to_string(), quoted);
        format!(
            "{{\n      \"file\": {},\n      \"line\": {},\n      \"kind\": \"{}\",\n      \"source\": {source},\n      \"status\": \"{}\",\n      \
             \"samples\": {},\n      \"samples_compiled\": {},\n      \"traces\": {},\n      \"side_traces\": {},\n      \
             \"entries\": {},\n      \"exits\": {},\n      \"left\": {},\n      \"aborts\": {},\n      \"hints\": {}\n    }}",
            quoted(&row.key.file),
            row.key.line,
            row.key.kind,
            row.status,
            s.native + s.other,
            s.native,
            s.compiled,
            s.sides,
            s.entries,
            s.exits,
            list(left.collect(), "      "),
            list(aborts.collect(), "      "),
            list(row.hints.iter().map(|h| quoted(h)).collect(), "      ")
        )
    });
    out += &format!("  \"places\": {}\n}}\n", list(rows.collect(), "  "));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted() {
        assert_eq!(quoted("a\"b\\\n\u{1}"), "\"a\\\"b\\\\\\n\\u0001\"");
    }

    #[test]
    fn reports_of_nothing_are_complete() {
        let options = Options { program: b"a.lua".to_vec(), no_time: true, ..Options::default() };
        assert_eq!(text(&options, &Totals::default(), &[]), "kiln explain a.lua: nothing was hot\n");
        let json = json(&options, &Totals::default(), &[]);
        assert!(json.starts_with("{\n") && json.ends_with("\"places\": []\n}\n"), "{json}");
    }
}
