//! Hostile text: whatever is read, the parser answers; what it accepts, prints and reads back, and may be given to the verifier; what
//! that accepts, to the evaluator.

use crate::eval::{World, eval};
use crate::source::Source;
use crate::{Link, Options, Trace, random, verify};
use std::time::{Duration, Instant};

/// Pieces that texts are spoilt with.
const PIECES: &[&str] = &[
    "trace",
    "root",
    "side:",
    "pc=",
    "@",
    "link=",
    "snap",
    "....",
    "[",
    "]",
    "#",
    "-",
    "+",
    ">",
    "}",
    ":",
    ";",
    "\"",
    "\\x",
    "\n",
    " ",
    "4294967295",
    "99999999999999999999",
    "-2147483648",
    "nan",
    "nan:",
    "inf",
    "kshape",
    "kslot",
    "kframe",
    "|",
    "kpc",
    "ptr",
    "base",
    "phi",
    "loop",
    "calln",
    "carg",
    "0000",
    "0001",
    "é",
    "\u{0}",
    "\t",
    "kbuiltin",
    "kmeta",
    "int.num index",
    "sload",
    "= ",
];

fn spoil(src: &mut Source<'_>, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    for _ in 0..1 + src.below(4) {
        let n = src.below(lines.len());
        match src.below(6) {
            0 => {
                lines.remove(n);
            }
            1 => {
                let line = lines[src.below(lines.len())].clone();
                lines.insert(n, line);
            }
            2 => {
                let m = src.below(lines.len());
                lines.swap(n, m);
            }
            _ => {
                let mut chars: Vec<char> = lines[n].chars().collect();
                let at = src.below(chars.len() + 1);
                let end = (at + src.below(6)).min(chars.len());
                let piece = src.pick(PIECES);
                chars.splice(at..end, piece.chars());
                lines[n] = chars.into_iter().collect();
            }
        }
        if lines.is_empty() {
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

#[test]
fn hostile_text_is_answered() {
    let start = Instant::now();
    let (mut accepted, mut rejected, mut verified) = (0, 0, 0);
    for seed in 0.. {
        if seed > 300 && start.elapsed() > Duration::from_millis(700) {
            break;
        }
        let mut src = Source::seeded(seed);
        let link = src.pick(&[Link::Interp, Link::Loop]);
        let text = random(&mut src, &Options { steps: 8, link, ..Options::default() }).to_string();
        for _ in 0..8 {
            let bad = spoil(&mut src, &text);
            match Trace::parse(&bad) {
                Ok(t) => {
                    accepted += 1;
                    let text = t.to_string();
                    let back = Trace::parse(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
                    assert_eq!(back, t.canonical(), "seed {seed}\n{bad}");
                    if verify(&t).is_ok() {
                        verified += 1;
                        // It may do what is not defined, but it ends.
                        let _ = eval(&t, &World::random(seed, &t), 1000);
                    }
                }
                Err(e) => {
                    assert!(e.line <= bad.lines().count().max(1) && !e.message.is_empty(), "seed {seed}: {e}");
                    rejected += 1;
                }
            }
        }
    }
    assert!(accepted > 100 && rejected > 100 && verified > 20, "{accepted} {rejected} {verified}");
}

#[test]
fn noise_is_answered() {
    let mut src = Source::seeded(1);
    for _ in 0..3000 {
        let n = src.below(40);
        let noise: String = (0..n).map(|_| src.pick(PIECES)).collect::<Vec<_>>().concat();
        let whole = format!("trace root pc=@1:1 slots=1 link=open\n{noise}");
        for text in [noise, whole] {
            if let Ok(t) = Trace::parse(&text) {
                let _ = verify(&t);
            }
        }
    }
}
