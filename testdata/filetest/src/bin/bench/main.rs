//! `bench`: runs the benchmark programs under several Lua engines and prints ratios.
//!
//! Every number is a ratio to one reference engine, measured in the same run: machines are noisy and differ, ratios of
//! alternating runs much less. For each program the engines take turns, round after round, so that each runs about as often after each
//! of the others: who runs after a program that used much memory waits for it to be cleared. CPU time (user and system) and peak resident
//! memory are medians over the rounds. While an engine's runs of a program disagree, as when the machine was slow for a while, there are
//! more rounds of that program, up to three times as many. Where runs are short, one that does not count comes first: it finds files and
//! pages that the others have in memory. The table goes to stdout and to `table.txt` in the output directory,
//! every single measurement to `runs.jsonl` beside it.
//!
//! Invariant: all engines print the same text for a program; one that does not, or fails, has no ratio and the exit
//! status is 1.
//!
//! Absent: wall-clock time, absolute times in the table.
#![forbid(unsafe_code)]

mod engine;
mod measure;
mod program;
mod report;
mod stats;

use clap::{Parser, ValueEnum};
use engine::{Engine, Workshop};
use measure::{Job, Meter, Usage};
use program::Program;
use report::{Report, Row};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Which of a program's problem sizes to run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// About ten milliseconds in LuaJIT, its start and its compiler's work included.
    Tiny,
    /// About a tenth of a second in LuaJIT's interpreter.
    Small,
    /// About a second.
    Large,
}

impl Size {
    /// The argument of a program; the large size is what it does without.
    fn of(self, program: &Program) -> Option<&str> {
        match self {
            Size::Tiny => Some(&program.tiny),
            Size::Small => Some(&program.small),
            Size::Large => None,
        }
    }
}

/// Runs the benchmark programs under several Lua engines, alternating, and prints ratios to a reference engine.
#[derive(Parser)]
#[command(name = "bench")]
struct Options {
    /// Run only programs whose name or group contains one of these words
    filter: Vec<String>,
    /// An engine as NAME=COMMAND, repeatable; replaces the default engines. NAME=build:KILN measures executables that KILN builds with a
    /// profile, NAME=compile:CC the programs in C that CC compiles
    #[arg(short, long = "engine", value_name = "NAME=COMMAND", value_parser = engine::parse)]
    engines: Vec<Engine>,
    /// Of the engines, keep only those with these names
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// The engine that counts as 1.00
    #[arg(long, value_name = "NAME", default_value = "luajit")]
    reference: String,
    /// How often each engine runs each program at least
    #[arg(short, long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Per cent by which half of an engine's runs of a program may differ from their median before there are more rounds of it
    #[arg(long, value_name = "PERCENT", default_value_t = 4.0)]
    settled: f64,
    /// Problem size (default: large, with --instructions small)
    #[arg(short, long, value_enum)]
    size: Option<Size>,
    /// Problem size with which engines that build take their profiles
    #[arg(long, value_name = "SIZE", value_enum, default_value_t = Size::Small)]
    profile_size: Size,
    /// Count instructions under valgrind instead of time; no memory
    #[arg(long)]
    instructions: bool,
    /// How often each engine starts for the start-up line; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 50)]
    starts: u32,
    /// Seconds after which a run counts as failed
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u64,
    /// Directory of the programs
    #[arg(long, value_name = "DIRECTORY", default_value = "testdata/bench")]
    programs: PathBuf,
    /// Directory of the unpacked packages, as testdata/corpus/fetch.sh leaves it
    #[arg(long, value_name = "DIRECTORY", default_value = "target/corpus")]
    corpus: PathBuf,
    /// Directory for table.txt and runs.jsonl
    #[arg(long, value_name = "DIRECTORY", default_value = "target/bench")]
    out: PathBuf,
    /// List the programs and stop
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    // First of all, while this process is still small: see `measure`.
    if let Some(code) = measure::serve() {
        return code;
    }
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything; false when some engine failed some program.
fn run(options: &Options) -> Result<bool, String> {
    let programs = program::load(&options.programs, &options.filter)?;
    if options.list {
        for p in &programs {
            println!("{:24} {:12} small={:8} tiny={}", p.name, p.group, p.small, p.tiny);
        }
        return Ok(true);
    }
    let engines = engine::select(&options.engines, &options.only, &options.reference)?;
    if let Some(p) = programs.iter().find(|p| p.needs_corpus)
        && !options.corpus.is_dir()
    {
        let dir = options.corpus.display();
        return Err(format!("{} needs the packages in {dir}: run testdata/corpus/fetch.sh {dir} first", p.name));
    }
    std::fs::create_dir_all(&options.out).map_err(|e| format!("cannot create {}: {e}", options.out.display()))?;

    let meter = Meter {
        valgrind: options.instructions,
        timeout: Duration::from_secs(options.timeout),
        scratch: options.out.clone(),
        corpus: absolute(&options.corpus)?,
    };
    meter.check()?;
    let shop = Workshop { folder: absolute(&options.out)?, corpus: meter.corpus.clone(), limit: meter.timeout };
    let rounds = if options.instructions { 1 } else { options.rounds };
    let mut report = Report::create(&options.out, &engines, &options.reference, options.instructions)?;
    for program in &programs {
        let row = run_program(options, &meter, &shop, program, &engines, rounds, &mut report)?;
        report.add(row);
    }
    if options.starts > 0 && options.filter.is_empty() {
        let starts = if options.instructions { 1 } else { options.starts };
        let job = Job { arguments: vec!["-e".into(), String::new()], size: None };
        let nothing = Program::empty(&options.out.join("start.lua"))?;
        let made: Vec<_> = engines.iter().map(|e| e.made(&nothing, None, &shop)).collect();
        let rounds = Rounds { count: starts, most: starts, settled: 0.0, warm: true };
        let mut row = run_rounds(&nothing, &meter, &job, &made, rounds, &mut report)?;
        // A run of a millisecond is over before its memory can be seen; no ratio comes of no number.
        row.runs.iter_mut().flatten().for_each(|u| u.memory = f64::NAN);
        report.add(row);
    }
    report.finish(&mut std::io::stdout())
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn run_program(
    options: &Options,
    meter: &Meter,
    shop: &Workshop,
    program: &Program,
    engines: &[Engine],
    rounds: u32,
    report: &mut Report,
) -> Result<Row, String> {
    let default = if options.instructions { Size::Small } else { Size::Large };
    let size = options.size.unwrap_or(default);
    report.progress(&program.name);
    let made: Vec<_> = engines.iter().map(|e| e.made(program, options.profile_size.of(program), shop)).collect();
    let job = Job { arguments: vec![program.path.display().to_string()], size: size.of(program).map(String::from) };
    let most = if options.instructions { rounds } else { rounds.saturating_mul(MORE) };
    let warm = size == Size::Tiny && !options.instructions;
    let rounds = Rounds { count: rounds, most, settled: options.settled / 100.0, warm };
    run_rounds(program, meter, &job, &made, rounds, report)
}

/// Rounds of a program whose runs disagree, in multiples of what was asked for.
const MORE: u32 = 3;

/// How often the engines take turns.
#[derive(Clone, Copy)]
struct Rounds {
    /// How many rounds count at least.
    count: u32,
    /// How many there are at most.
    most: u32,
    /// The deviation of each engine's runs at which there are no more.
    settled: f64,
    /// Whether there is one before, which does not.
    warm: bool,
}

/// Says whether runs agree, at least most of them.
fn is_settled(runs: &[Usage], most: f64) -> bool {
    runs.is_empty() || stats::deviation(&runs.iter().map(|u| u.cost).collect::<Vec<_>>()) <= most
}

/// Who runs when. A program that used much memory leaves it in a state that the next one pays for, or gains from: so each engine runs
/// about as often after each of the others.
struct Turns<'a> {
    /// Its orders are the same whenever it is measured.
    program: &'a str,
    /// How often an engine (row) was followed by another (column).
    followed: Vec<Vec<u32>>,
    last: Option<usize>,
}

impl<'a> Turns<'a> {
    fn new(program: &'a str, engines: usize) -> Turns<'a> {
        Turns { program, followed: vec![vec![0; engines]; engines], last: None }
    }

    /// Returns the order of the next round, in which each of these engines has a turn.
    fn round(&mut self, round: i64, engines: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut left: Vec<usize> = engines.collect();
        let mut order = Vec::with_capacity(left.len());
        while let Some(next) = (0..left.len()).min_by_key(|&i| {
            let mut h = DefaultHasher::new();
            (self.program, round, left[i]).hash(&mut h);
            (self.last.map_or(0, |last| self.followed[last][left[i]]), h.finish())
        }) {
            let next = left.swap_remove(next);
            if let Some(last) = self.last.replace(next) {
                self.followed[last][next] += 1;
            }
            order.push(next);
        }
        order
    }
}

/// Lets the engines take turns at one job, and checks that they print the same.
fn run_rounds(
    program: &Program,
    meter: &Meter,
    job: &Job,
    engines: &[Result<Option<Engine>, String>],
    rounds: Rounds,
    report: &mut Report,
) -> Result<Row, String> {
    let name = program.name.as_str();
    let mut runs: Vec<Vec<Usage>> = vec![Vec::new(); engines.len()];
    let mut failures: Vec<Option<String>> = engines.iter().map(|e| e.as_ref().err().cloned()).collect();
    let mut first_output: Option<(&Engine, String)> = None;
    let first = if rounds.warm { -1 } else { 0 };
    let present: Vec<(usize, &Engine)> =
        engines.iter().enumerate().filter_map(|(i, e)| Some((i, e.as_ref().ok()?.as_ref()?))).collect();
    let mut turns = Turns::new(name, present.len());
    for round in first..i64::from(rounds.most) {
        if round >= i64::from(rounds.count) && runs.iter().all(|r| is_settled(r, rounds.settled)) {
            break;
        }
        for turn in turns.round(round, (0..present.len()).filter(|&k| failures[present[k].0].is_none())) {
            let (i, engine) = present[turn];
            let done = match meter.run(engine, job)? {
                Ok(done) => done,
                Err(reason) => {
                    failures[i] = Some(reason);
                    continue;
                }
            };
            match &first_output {
                Some((other, output)) if *output != done.output => {
                    failures[i] = Some(format!("prints something else than {}", other.name));
                    continue;
                }
                Some(_) => {}
                None => first_output = Some((engine, done.output)),
            }
            if round >= 0 {
                report.log(name, &engine.name, round, done.usage)?;
                runs[i].push(done.usage);
            }
        }
    }
    Ok(Row { name: name.into(), group: program.group.clone(), runs, failures })
}

#[cfg(test)]
mod tests {
    use super::Turns;

    #[test]
    fn every_engine_has_every_turn() {
        let mut turns = Turns::new("sieve", 3);
        let orders: Vec<Vec<usize>> = (0..40).map(|round| turns.round(round, 0..3)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2]);
        }
        for (engine, turn) in (0..3).flat_map(|e| (0..3).map(move |t| (e, t))) {
            assert!(orders.iter().any(|o| o[turn] == engine), "engine {engine} never has turn {turn}");
        }
    }

    #[test]
    fn every_engine_runs_about_as_often_after_each_of_the_others() {
        for (program, n) in ["sieve", "life", "sort", "vm"].into_iter().flat_map(|p| (2..7).map(move |n| (p, n))) {
            let mut turns = Turns::new(program, n);
            (0..10 * n as i64).for_each(|round| drop(turns.round(round, 0..n)));
            let pairs = (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b);
            let times: Vec<u32> = pairs.map(|(a, b)| turns.followed[a][b]).collect();
            assert!(times.iter().all(|t| (9..=12).contains(t)), "{program}, {n} engines: {times:?}");
        }
    }

    #[test]
    fn orders_are_the_same_each_time_and_pass_over_who_is_absent() {
        let orders = || {
            let mut turns = Turns::new("sieve", 4);
            (-1..5).map(|round| turns.round(round, [0, 1, 3].into_iter())).collect::<Vec<_>>()
        };
        assert_eq!(orders(), orders());
        assert!(orders().iter().all(|o| o.len() == 3 && !o.contains(&2)));
        assert!(orders().windows(2).any(|w| w[0] != w[1]));
    }
}
