//! Makes a failing program smaller by removing lines while it goes on failing.
//!
//! Halves, quarters and so on of the remaining lines are tried, then each line, each indented block, and each block's
//! first and last line without what stands between, until nothing can go. A candidate that is no valid program does not
//! fail in the sense of the caller, and is thereby rejected.

use std::ops::Range;

/// Removes lines from `text` as long as `fails` holds; calls `fails` at most `limit` times.
pub fn shrink(text: &str, limit: usize, mut fails: impl FnMut(&str) -> bool) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut tries = 0;
    let mut attempt = |lines: &mut Vec<&str>, cuts: &[Range<usize>]| {
        let keep = |at: usize| !cuts.iter().any(|cut| cut.contains(&at));
        let candidate: Vec<&str> = (0..lines.len()).filter(|&at| keep(at)).map(|at| lines[at]).collect();
        tries += 1;
        let better = tries <= limit && !candidate.is_empty() && fails(&(candidate.join("\n") + "\n"));
        if better {
            *lines = candidate;
        }
        (better, tries >= limit)
    };
    let mut size = lines.len().div_ceil(2);
    loop {
        let mut removed = false;
        let mut at = 0;
        while at < lines.len() {
            let end = (at + size).min(lines.len());
            let (mut better, mut over) = attempt(&mut lines, &[at..end]);
            if !better
                && !over
                && let Some(last) = block(&lines, at)
            {
                (better, over) = attempt(&mut lines, &[at..last + 1]);
                if !better && !over {
                    (better, over) = attempt(&mut lines, &[at..at + 1, last..last + 1]);
                }
            }
            if over {
                return lines.join("\n") + "\n";
            }
            removed |= better;
            at += if better { 0 } else { size };
        }
        if size == 1 && !removed {
            return lines.join("\n") + "\n";
        }
        size = if removed { size } else { size.div_ceil(2) };
    }
}

/// Finds the last line of the block that a line opens: the next one with no more indentation.
fn block(lines: &[&str], first: usize) -> Option<usize> {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let depth = indentation(lines[first]);
    let last = (first + 1..lines.len()).find(|&at| indentation(lines[at]) <= depth)?;
    (last > first + 1).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_the_failure_needs() {
        let text: String = (0..100).map(|n| format!("{n}\n")).collect();
        let fails = |text: &str| text.contains("13\n") && text.contains("77\n");
        assert_eq!(shrink(&text, 10_000, fails), "13\n77\n");
        assert!(fails(&shrink(&text, 10, fails)));
    }

    #[test]
    fn removes_blocks() {
        let text = "a\nif x then\n  b\n  needed\nend\nfor y do\n  c\nend\n";
        let balanced =
            |text: &str| text.matches("then").count() + text.matches("do\n").count() == text.matches("end\n").count();
        let fails = |text: &str| balanced(text) && text.contains("needed");
        assert_eq!(shrink(text, 1000, fails), "  needed\n");
    }
}
