//! The list of what is not compiled, in COMPATIBILITY.md, is made from the tables. `BLESS=1` writes it.

use super::{How, ROWS};
use abi::abort::Abort;
use std::fmt::Write;

const BEGIN: &str = "<!-- made from the table of recorded builtins -->\n";
const END: &str = "<!-- end -->\n";

fn name(id: u32) -> &'static str {
    abi::builtins::NAMES[id as usize]
}

fn list() -> String {
    let mut out = String::from("\n| builtin | in compiled code | called, where |\n|---|---|---|\n");
    let mut rows: Vec<_> = ROWS.iter().collect();
    rows.sort_by_key(|row| name(row.id));
    for row in &rows {
        let (how, but) = match row.how {
            How::Compile(_) => ("compiled".to_owned(), row.but.to_owned()),
            How::Protect { .. } => {
                ("compiled; ends the trace if it calls a builtin that is not".to_owned(), String::new())
            }
            How::Stop(abort) => (format!("ends the trace: `{}`", abort.name()), String::new()),
        };
        let _ = writeln!(out, "| `{}` | {how} | {but} |", name(row.id));
    }
    out += "\n| abort | message |\n|---|---|\n";
    for abort in Abort::ALL {
        let _ = writeln!(out, "| `{}` | {} |", abort.name(), abort.message());
    }
    out + "\n"
}

#[test]
fn the_document_lists_what_is_not_compiled() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../COMPATIBILITY.md");
    let text = std::fs::read_to_string(path).expect("the document");
    let (head, rest) = text.split_once(BEGIN).expect("the beginning of the list");
    let (old, tail) = rest.split_once(END).expect("the end of the list");
    let new = list();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{new}{END}{tail}")).expect("written");
        return;
    }
    assert_eq!(old, new, "run with BLESS=1");
}
