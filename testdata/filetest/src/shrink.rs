//! Makes a failing program smaller by removing lines while it goes on failing.
//!
//! Halves, quarters and so on of the remaining lines are tried, then each line, until nothing can go. A candidate that is
//! no valid program does not fail in the sense of the caller, and is thereby rejected.

/// Removes lines from `text` as long as `fails` holds; calls `fails` at most `limit` times.
pub fn shrink(text: &str, limit: usize, mut fails: impl FnMut(&str) -> bool) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut tries = 0;
    let mut size = lines.len().div_ceil(2);
    loop {
        let mut removed = false;
        let mut at = 0;
        while at < lines.len() && tries < limit {
            let end = (at + size).min(lines.len());
            let candidate = [&lines[..at], &lines[end..]].concat();
            tries += 1;
            if !candidate.is_empty() && fails(&(candidate.join("\n") + "\n")) {
                lines = candidate;
                removed = true;
            } else {
                at = end;
            }
        }
        if tries >= limit || (size == 1 && !removed) {
            return lines.join("\n") + "\n";
        }
        if !removed {
            size = size.div_ceil(2);
        }
    }
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
}
