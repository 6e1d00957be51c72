//! Runs one process with input, a time limit and captured output.
//!
//! Invariant: the call returns soon after the limit, with the process killed and reaped. Output beyond [`OUTPUT_LIMIT`]
//! is read and dropped, so that a runaway program exhausts neither pipe nor memory.

use crate::case::{Outcome, render, render_err};
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const OUTPUT_LIMIT: u64 = 8 << 20;

/// How the error begins of a process that exceeded its limit.
const KILLED: &str = "killed after ";

/// Whether an error of [`run`], or of what runs several processes, says that one exceeded its limit.
pub fn was_killed(error: &str) -> bool {
    error.starts_with(KILLED)
}

/// Runs `command` with `stdin`; a process that exceeds `limit` is killed, and reported as an error.
pub fn run(mut command: Command, stdin: &[u8], limit: Duration) -> Result<Outcome, String> {
    // A group of its own, so that the limit also ends what the process has started.
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("cannot start {:?}: {e}", command.get_program()))?;
    let mut input = child.stdin.take();
    let stdin = stdin.to_vec();
    std::thread::spawn(move || {
        // A program may end without reading its input.
        if let Some(pipe) = input.as_mut() {
            let _ = pipe.write_all(&stdin);
        }
    });
    let out = drain(child.stdout.take());
    let err = drain(child.stderr.take());
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| format!("cannot wait: {e}"))? {
            break status;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
        if start.elapsed() > limit {
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{KILLED}{} s", limit.as_secs()));
        }
    };
    // A surviving grandchild may hold the pipes open.
    let patience = Duration::from_secs(60);
    let collect =
        |pipe: mpsc::Receiver<Vec<u8>>| pipe.recv_timeout(patience).map_err(|_| "output stays open".to_string());
    let (out, err) = (collect(out)?, collect(err)?);
    let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(Outcome { out: render(&out), err: render_err(&err), status })
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(OUTPUT_LIMIT).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        let _ = send.send(bytes);
    });
    receive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn captures_and_kills() {
        let limit = Duration::from_secs(5);
        let outcome = run(sh("cat; echo e >&2; exit 3"), b"in\n", limit).expect("runs");
        assert_eq!((outcome.out, outcome.err, outcome.status), (vec!["in".into()], vec!["e".into()], 3));
        assert!(run(sh("sleep 60"), b"", Duration::from_millis(50)).is_err_and(|e| was_killed(&e)));
        assert!(run(Command::new("/nowhere"), b"", limit).is_err_and(|e| !was_killed(&e)));
        assert_eq!(run(sh("kill -9 $$"), b"", limit).expect("runs").status, 137);
    }
}
