//! A line difference for people: common head and tail are elided, the rest is shown as removed and added lines.
//!
//! The longest common subsequence is computed over the differing middle only, which is small for a failing test; above a
//! few hundred lines the middle is shown as it is.

const CONTEXT: usize = 2;
const LCS_LIMIT: usize = 400;

/// Shows how `actual` differs from `expected`, one line each, `-` for missing and `+` for unexpected lines.
pub fn diff(expected: &[String], actual: &[String]) -> String {
    let head = expected.iter().zip(actual).take_while(|(a, b)| a == b).count();
    let most = expected.len().min(actual.len()) - head;
    let tail = expected.iter().rev().zip(actual.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    for (number, line) in expected.iter().enumerate().take(head).skip(head.saturating_sub(CONTEXT)) {
        text += &format!("  {:4}   {line}\n", number + 1);
    }
    let removed = &expected[head..expected.len() - tail];
    let added = &actual[head..actual.len() - tail];
    for (number, (mark, line)) in script(removed, added).into_iter().enumerate() {
        if number == 60 {
            text += "         ...\n";
            break;
        }
        text += &format!("       {mark} {line}\n");
    }
    for (number, line) in actual.iter().enumerate().skip(actual.len() - tail).take(CONTEXT) {
        text += &format!("  {:4}   {line}\n", number + 1);
    }
    text
}

fn script<'a>(old: &'a [String], new: &'a [String]) -> Vec<(char, &'a String)> {
    if old.len().max(new.len()) > LCS_LIMIT {
        return old.iter().map(|line| ('-', line)).chain(new.iter().map(|line| ('+', line))).collect();
    }
    // common[i][j]: length of the longest common subsequence of old[i..] and new[j..].
    let mut common = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', &old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', &old[i]));
            i += 1;
        } else {
            lines.push(('+', &new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(String::from).collect()
    }

    #[test]
    fn shows_only_what_differs() {
        let text = diff(&lines("a b c d e f g"), &lines("a b c x e f g"));
        assert!(
            text.contains("- d") && text.contains("+ x") && !text.contains(" a\n") && !text.contains(" g\n"),
            "{text}"
        );
        assert!(diff(&lines("a a"), &lines("a")).contains("- a"));
    }
}
