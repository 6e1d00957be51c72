//! One run of one engine: CPU time, peak memory or instructions, and what it printed.
//!
//! Linux starts a child's peak memory (`ru_maxrss`) at the peak of the process that started it. `bench` therefore starts
//! itself once more for each run: that process (see [`serve`]) does nothing before it starts the engine, and is about as
//! small as the smallest of them. Where the engine stayed below even that, the highest `VmHWM` seen while waiting counts.
//! The numbers are passed on in one line.
//!
//! Invariant: nothing may run in `main` before [`serve`].

use crate::engine::{Engine, Kind, find_program};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// The first argument that turns `bench` into the small measuring process.
const SERVE: &str = "--serve-one-measurement";

/// What to run.
pub struct Job {
    /// Arguments after the engine's own.
    pub arguments: Vec<String>,
    /// The size argument, unless it is the program's default.
    pub size: Option<String>,
}

/// What a run used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// CPU seconds, user and system; in instruction mode, instructions.
    pub cost: f64,
    /// Peak resident memory in bytes; 0 in instruction mode.
    pub memory: f64,
}

/// A run that succeeded.
pub struct Done {
    /// What it used.
    pub usage: Usage,
    /// What it wrote to stdout.
    pub output: String,
}

/// How to measure.
pub struct Meter {
    /// Whether instructions are counted under valgrind.
    pub valgrind: bool,
    /// When a run counts as failed.
    pub timeout: Duration,
    /// Where the runs' output may be kept meanwhile.
    pub scratch: PathBuf,
    /// The unpacked packages; programs find them through the environment.
    pub corpus: PathBuf,
}

impl Meter {
    /// Fails when a needed tool is not installed.
    pub fn check(&self) -> Result<(), String> {
        if self.valgrind && find_program("valgrind").is_none() {
            return Err("--instructions needs valgrind: install the package valgrind".into());
        }
        Ok(())
    }

    /// Runs one job. The outer error is trouble with measuring, the inner one the engine's failure.
    pub fn run(&self, engine: &Engine, job: &Job) -> Result<Result<Done, String>, String> {
        let (out, err) = (self.scratch.join("stdout"), self.scratch.join("stderr"));
        let this = std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
        let mut command = Command::new(this);
        command.arg(SERVE).arg(self.timeout.as_millis().to_string()).arg(&out).arg(&err);
        if self.valgrind {
            command.args([
                "valgrind",
                "--tool=callgrind",
                "--callgrind-out-file=/dev/null",
                "--smc-check=all-non-file",
            ]);
        }
        command.args(&engine.command);
        if engine.kind == Kind::Runs {
            command.args(&job.arguments);
        }
        command.args(&job.size);
        command.env("BENCH_CORPUS", &self.corpus);
        let answer = command.stderr(Stdio::inherit()).output().map_err(|e| format!("cannot measure: {e}"))?;
        let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
        let read = |p: &PathBuf| std::fs::read(p).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        let (output, errors) = (read(&out), read(&err));
        let words: Vec<&str> = answer.split_whitespace().collect();
        match words[..] {
            ["ok", cpu, memory] => {
                let number = |s: &str| s.parse::<f64>().map_err(|_| format!("cannot measure: got '{answer}'"));
                let usage = if self.valgrind {
                    let cost = collected(&errors).ok_or_else(|| format!("valgrind gave no count: {errors}"))?;
                    Usage { cost, memory: 0.0 }
                } else {
                    Usage { cost: number(cpu)?, memory: number(memory)? }
                };
                Ok(Ok(Done { usage, output }))
            }
            ["timeout"] => Ok(Err(format!("not done after {} s", self.timeout.as_secs()))),
            ["failed"] => {
                let line = errors.lines().find(|l| !l.starts_with("==") && !l.is_empty());
                Ok(Err(line.unwrap_or("exits with an error").into()))
            }
            _ => Err(format!("cannot measure {}: {}", engine.name, answer.trim())),
        }
    }
}

/// Returns the instruction count that callgrind reports.
fn collected(log: &str) -> Option<f64> {
    let line = log.lines().find(|l| l.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Measures one command and prints the answer, if this process was started for that; otherwise returns `None`.
pub fn serve() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != SERVE {
        return None;
    }
    let timeout = arguments.next().and_then(|t| t.to_str()?.parse().ok()).map(Duration::from_millis);
    let (out, err, program) = (arguments.next(), arguments.next(), arguments.next());
    let (Some(timeout), Some(out), Some(err), Some(program)) = (timeout, out, err, program) else {
        println!("incomplete arguments");
        return Some(ExitCode::FAILURE);
    };
    let started = std::fs::File::create(out).and_then(|out| {
        let err = std::fs::File::create(err)?;
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(out).stderr(err).spawn()
    });
    let answer = match started {
        Ok(child) => await_child(child, timeout),
        Err(e) => Err(e),
    };
    match answer {
        Ok(line) => println!("{line}"),
        Err(e) => println!("{e}"),
    }
    Some(ExitCode::SUCCESS)
}

/// Waits for the child, looking rarely enough not to disturb it, and kills it at the time limit.
fn await_child(mut child: std::process::Child, timeout: Duration) -> std::io::Result<String> {
    let start = Instant::now();
    let pid = child.id().to_string();
    let floor = peak_memory("self");
    let mut seen = None;
    loop {
        // Before the look for its end: a process that has ended shows no memory.
        seen = peak_memory(&pid).max(seen);
        if let Some(done) = child.try_wait4()? {
            let cpu = (done.rusage.utime + done.rusage.stime).as_secs_f64();
            let memory = match (floor, seen) {
                (Some(floor), Some(seen)) if done.rusage.maxrss <= floor => seen,
                _ => done.rusage.maxrss,
            };
            return Ok(match done.status.success() {
                true => format!("ok {cpu} {memory}"),
                false => "failed".into(),
            });
        }
        if start.elapsed() > timeout {
            child.kill()?;
            child.wait4()?;
            return Ok("timeout".into());
        }
        std::thread::sleep((start.elapsed() / 50).clamp(Duration::from_micros(200), Duration::from_millis(10)));
    }
}

/// Returns the peak resident memory so far of a process in bytes; `None` where there is no /proc or no such process.
fn peak_memory(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kb| kb * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrind_count_is_found() {
        assert_eq!(collected("==1== \n==1== Collected : 1234567\n==1==\n"), Some(1234567.0));
        assert_eq!(collected("nothing"), None);
    }

    #[test]
    fn a_child_is_measured() {
        let child = Command::new("true").spawn().unwrap();
        assert!(await_child(child, Duration::from_secs(10)).unwrap().starts_with("ok "));
        let child = Command::new("false").spawn().unwrap();
        assert_eq!(await_child(child, Duration::from_secs(10)).unwrap(), "failed");
    }

    #[test]
    fn own_memory_is_seen() {
        assert!(peak_memory("self").is_none_or(|bytes| bytes > 100_000));
        assert_eq!(peak_memory("nobody"), None);
    }

    #[test]
    fn a_slow_child_is_ended() {
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        assert_eq!(await_child(child, Duration::from_millis(20)).unwrap(), "timeout");
    }
}
