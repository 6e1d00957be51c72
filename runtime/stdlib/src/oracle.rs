//! The stock `luajit` as an oracle for tests, where it is installed.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a program that comes in on standard input; returns what it printed, `None` where there is no `luajit`.
pub fn luajit(program: &str) -> Option<Vec<u8>> {
    let child = Command::new("luajit").arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.ok()?;
    child.stdin.take()?.write_all(program.as_bytes()).ok()?;
    let out = child.wait_with_output().ok()?;
    assert!(out.status.success(), "the oracle's program fails");
    Some(out.stdout)
}

/// Writes bytes as a Lua string literal.
pub fn literal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|b| format!("\\{b:03}")).collect();
    format!("\"{digits}\"")
}

/// A small generator of test data.
pub struct Random(pub u64);

impl Random {
    /// Returns a number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    /// Returns one of `items`.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}
