//! The short form of a chunk's name that stands before a line number in messages.
//!
//! A name with `=` is shown as it is, a name with `@` is a file whose end matters, and anything else is source text whose
//! first line is quoted.

/// Size of the buffer a short name must fit into, with a terminating zero.
const ID_SIZE: usize = 60;

/// Returns the short form of a chunk name, at most 59 bytes.
pub fn chunk_id(name: &[u8]) -> Vec<u8> {
    // C strings: nothing after a zero byte is part of a name.
    let name = name.split(|&b| b == 0).next().unwrap_or(&[]);
    match name.split_first() {
        Some((b'=', rest)) => rest[..rest.len().min(ID_SIZE - 1)].to_vec(),
        Some((b'@', file)) if file.len() >= ID_SIZE => [b"...", &file[file.len() - (ID_SIZE - 4)..]].concat(),
        Some((b'@', file)) => file.to_vec(),
        _ => {
            let line = name.iter().take(ID_SIZE - 12).take_while(|&&b| b >= b' ').count();
            let (text, dots) = if line < name.len() { (&name[..line.min(ID_SIZE - 15)], "...") } else { (name, "") };
            [b"[string \"", text, dots.as_bytes(), b"\"]"].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::chunk_id;

    fn id(name: &str) -> String {
        String::from_utf8(chunk_id(name.as_bytes())).unwrap()
    }

    #[test]
    fn names_are_kept_and_cut() {
        assert_eq!(id("=stdin"), "stdin");
        assert_eq!(id(&format!("={}", "x".repeat(100))), "x".repeat(59));
        assert_eq!(id("=a\0b"), "a");
    }

    #[test]
    fn files_keep_their_end() {
        assert_eq!(id("@dir/file.lua"), "dir/file.lua");
        assert_eq!(id(&format!("@{}", "y".repeat(59))), "y".repeat(59));
        assert_eq!(id(&format!("@{}end", "y".repeat(60))), format!("...{}end", "y".repeat(53)));
    }

    #[test]
    fn source_is_quoted_up_to_its_first_line() {
        assert_eq!(id("return 1"), "[string \"return 1\"]");
        assert_eq!(id(""), "[string \"\"]");
        assert_eq!(id("return 1\nreturn 2"), "[string \"return 1...\"]");
        assert_eq!(id(&"z".repeat(48)), format!("[string \"{}\"]", "z".repeat(48)));
        assert_eq!(id(&"z".repeat(49)), format!("[string \"{}...\"]", "z".repeat(45)));
    }
}
