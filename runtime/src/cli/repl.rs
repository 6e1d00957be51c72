//! The interactive mode: reads a chunk, runs it, prints its values.
//!
//! A line that is an expression is run as `return line`, so its values are printed; `=expression` is Lua 5.1's way to ask for
//! the same. Input that the compiler calls incomplete goes on in the next line. On a terminal lines can be edited, have a
//! history in `~/.kiln_history`, and Tab completes keywords, globals and fields; elsewhere lines are read as they come.

use super::complete::{Names, Prompt};
use bytecode::{BadBytecode, Ins, Op, Sound};
use heap::Raise;
use interp::Cx;
use luac::SyntaxError;
use runtime::{chunk, program};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

/// The chunk name of what is typed.
const NAME: &[u8] = b"=stdin";

type LineEditor = Editor<Prompt, FileHistory>;

/// Reads and runs chunks until the input ends.
pub fn run(cx: &mut Cx<'_>) -> Result<(), Raise> {
    let mut editor = if std::io::stdin().is_terminal() { open_editor() } else { None };
    loop {
        let text = match &mut editor {
            Some(editor) => edit(cx, editor)?,
            None => read_plain(cx)?,
        };
        let Some(text) = text else { break };
        evaluate(cx, &text)?;
    }
    match (&mut editor, history_file()) {
        // Without a home folder that can be written to there is no history.
        (Some(editor), Some(path)) => drop(editor.save_history(&path)),
        (Some(_), None) => {}
        // The editor has ended its line itself.
        (None, _) => drop(writeln!(std::io::stdout())),
    }
    Ok(())
}

/// Says whether more lines are needed to make a chunk of `text`.
pub fn is_incomplete(text: &str) -> bool {
    compile(text).is_err_and(|e| e.is_incomplete())
}

/// A line that was compiled.
enum Line {
    /// An expression: returns its values.
    Values(Sound),
    /// Any other chunk.
    Chunk(Sound),
}

/// Compiles a line: as an expression if it is one, else as a chunk.
fn compile(text: &str) -> Result<Line, SyntaxError> {
    let plain = |source: &str| luac::compile(source.as_bytes(), NAME, &luac::Options::default());
    match plain(&format!("return {}", text.strip_prefix('=').unwrap_or(text))) {
        Ok(chunk) => Ok(Line::Values(chunk)),
        Err(e) if text.starts_with('=') => Err(e),
        Err(_) => plain(text).map(Line::Chunk),
    }
}

/// Makes what is run of a line; fails with the message.
fn prepare(text: &str) -> Result<Sound, Vec<u8>> {
    match compile(text).map_err(|e| e.message().to_vec())? {
        Line::Values(chunk) => keep_frame(chunk).map_err(|bad| bad.message_bytes(NAME)),
        Line::Chunk(chunk) => Ok(chunk),
    }
}

/// Turns `return f()` into an ordinary call, so that the line shows in tracebacks and positions of errors. The verifier looks at what was
/// changed.
fn keep_frame(chunk: Sound) -> Result<Sound, BadBytecode> {
    let Some(&last) = chunk.main.bc.last() else { return Ok(chunk) };
    let call = match last.op() {
        Some(Op::CALLT) => Op::CALL,
        Some(Op::CALLMT) => Op::CALLM,
        _ => return Ok(chunk),
    };
    let mut chunk = chunk.into_chunk();
    let main = &mut chunk.main;
    main.bc.pop();
    main.bc.push(Ins::abc(call, last.a(), 0, last.d() as u8));
    main.bc.push(Ins::ad(Op::RETM, last.a(), 0));
    if let Some(debug) = &mut main.debug
        && let Some(&line) = debug.lines.last()
    {
        debug.lines.push(line);
    }
    Sound::verified(chunk)
}

fn evaluate(cx: &mut Cx<'_>, text: &str) -> Result<(), Raise> {
    let height = cx.height();
    let results = match prepare(text) {
        Ok(chunk) => {
            chunk::load_sound(cx, chunk)?;
            program::call(cx, 0)?
        }
        Err(message) => {
            cx.push_str(&message)?;
            Err(())
        }
    };
    stdlib::io::flush_all(cx.vm_mut());
    match results {
        Err(()) => program::report(cx, None),
        Ok(0) => {}
        Ok(n) => print(cx, n)?,
    }
    cx.pop(cx.height() - height);
    Ok(())
}

/// Calls `print` with the last `n` values.
fn print(cx: &mut Cx<'_>, n: u32) -> Result<(), Raise> {
    cx.reserve(n + 1)?;
    let first = cx.height() - n;
    cx.push(cx.vm().globals().get_name(cx.vm(), "print")?);
    for i in 0..n {
        cx.push(cx.slot(first + i));
    }
    if cx.pcall(n, Some(0))?.is_err() {
        let why = program::message(cx.slot(cx.height() - 1)).unwrap_or_default();
        program::complain(None, &[b"error calling 'print' (", &*why, b")"].concat());
    }
    stdlib::io::flush_all(cx.vm_mut());
    Ok(())
}

/// Returns the global that the program may set as prompt.
fn prompt(cx: &Cx<'_>, global: &str, default: &str) -> Result<String, Raise> {
    let value = cx.vm().globals().get_name(cx.vm(), global)?;
    Ok(value.as_str().map_or_else(|| default.to_string(), |s| String::from_utf8_lossy(s.bytes()).into_owned()))
}

fn open_editor() -> Option<LineEditor> {
    let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
    let mut editor = Editor::with_config(config).ok()?;
    editor.set_helper(Some(Prompt::default()));
    if let Some(path) = history_file() {
        // The first time there is none.
        let _ = editor.load_history(&path);
    }
    Some(editor)
}

fn history_file() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".kiln_history"))
}

fn edit(cx: &mut Cx<'_>, editor: &mut LineEditor) -> Result<Option<String>, Raise> {
    let prompt = prompt(cx, "_PROMPT", "> ")?;
    if let Some(helper) = editor.helper_mut() {
        helper.names = Names::collect(cx.vm());
    }
    loop {
        match editor.readline(&prompt) {
            Ok(text) => return Ok(Some(text)),
            Err(ReadlineError::Interrupted) => {}
            Err(_) => return Ok(None),
        }
    }
}

fn read_plain(cx: &mut Cx<'_>) -> Result<Option<String>, Raise> {
    let mut text = String::new();
    loop {
        let prompt = if text.is_empty() { prompt(cx, "_PROMPT", "> ")? } else { prompt(cx, "_PROMPT2", ">> ")? };
        // What cannot be shown does not matter to what is read.
        let _ = write!(std::io::stdout(), "{prompt}").and_then(|()| std::io::stdout().flush());
        let mut line = Vec::new();
        match std::io::stdin().lock().read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
        text.push_str(&String::from_utf8_lossy(&line));
        if text.trim().is_empty() || !is_incomplete(&text) {
            return Ok(Some(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_input() {
        for text in ["f(", "for i = 1, 2 do", "x =", "return 1 +", "s = [[a", "={", "function f()"] {
            assert!(is_incomplete(text), "{text}");
        }
        for text in ["", "1 + 1", "=1", "x = 1", "f()", "x = = 1", "end"] {
            assert!(!is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn expressions_call_nothing_in_tail_position() {
        let last = |text: &str| {
            let chunk = prepare(text).expect("a line");
            let ops: Vec<_> = chunk.main.bc.iter().filter_map(|i| i.op()).collect();
            assert_eq!(ops.len(), chunk.main.bc.len());
            assert!(!ops.iter().rev().skip(1).any(|op| matches!(op, Op::CALLT | Op::CALLMT)), "{text}");
            ops.last().copied()
        };
        for text in ["f()", "=f(1)", "f(...)", "f(g())", "a.b:c'x'", "f(1, 2, g())()"] {
            assert_eq!(last(text), Some(Op::RETM), "{text}");
        }
        assert_eq!(last("(f())"), Some(Op::RET1));
        assert_eq!(last("x = f()"), Some(Op::RET0));
        // A chunk stays as it is.
        assert_eq!(last("return f()"), Some(Op::CALLT));
        assert_eq!(prepare("x =").err(), Some(b"stdin:1: unexpected symbol near '<eof>'".to_vec()));
    }
}
