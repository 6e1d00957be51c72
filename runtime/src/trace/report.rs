//! `-jv`: a line for each trace and each recording that was given up, in LuaJIT's format.

use super::place::Place;
use abi::abort::Abort;
use bytecode::Op;
use ir::{Link, Trace};
use stdlib::io::Shared;

/// Writes to where a report goes. A device that fails is noticed by what the program itself writes.
pub(crate) fn write(out: &Shared, text: &str) {
    if let Ok(mut out) = out.try_borrow_mut() {
        let _ = out.write(text.as_bytes()).and_then(|()| out.flush());
    }
}

/// Returns LuaJIT's word for how a trace ends.
pub(crate) fn link_type(trace: &Trace, last: Option<Op>) -> &'static str {
    match trace.link {
        Link::Open => "none",
        Link::Loop => "loop",
        Link::Root(_) => "root",
        Link::Again => match trace.snaps.last().map_or(0, |s| s.base) {
            0 => "tail-recursion",
            1.. => "up-recursion",
            _ => "down-recursion",
        },
        Link::Interp => match last {
            Some(Op::RET | Op::RET0 | Op::RET1 | Op::RETM) => "return",
            Some(Op::CALL | Op::CALLM | Op::CALLT | Op::CALLMT | Op::ITERC) => "stitch",
            _ => "interpreter",
        },
    }
}

/// Returns the trace behind the end, 0 for none.
pub(crate) fn link(number: u32, link: Link) -> u32 {
    match link {
        Link::Loop | Link::Again => number,
        Link::Root(n) => n,
        Link::Open | Link::Interp => 0,
    }
}

/// Returns the parent's number and exit as both reports show them.
pub(crate) fn parent_text(parent: Option<(u32, u32)>) -> String {
    parent.map_or_else(String::new, |(t, e)| format!("({t}/{e}) "))
}

/// The line of a finished trace.
pub(crate) fn stop_line(
    number: u32,
    parent: Option<(u32, u32)>,
    start: &str,
    linktype: &str,
    link: u32,
    end: &Place,
) -> String {
    let head = format!("[TRACE {number:3} {}{start}", parent_text(parent));
    match linktype {
        "interpreter" => format!("{head} -- fallback to interpreter]\n"),
        "stitch" => format!("{head} stitch {}]\n", end.text()),
        "root" if link != number => format!("{head} -> {link}]\n"),
        _ => format!("{head} {linktype}]\n"),
    }
}

/// The line of a precompiled tree that is used from now on.
pub(crate) fn bound_line(number: u32, start: &str, linktype: &str, link: u32, traces: usize) -> String {
    let how = match linktype {
        "root" if link != 0 => format!("-> {link}"),
        _ => linktype.to_string(),
    };
    let sides = match traces {
        0 | 1 => String::new(),
        n => format!(", {} side trace{}", n - 1, if n == 2 { "" } else { "s" }),
    };
    format!("[TRACE {number:3} {start} {how}, precompiled{sides}]\n")
}

/// The line of a recording that was given up.
pub(crate) fn abort_line(parent: Option<(u32, u32)>, start: &str, message: &str, at: &Place) -> String {
    let at = at.text();
    let place = if at == start { String::new() } else { format!(" at {at}") };
    format!("[TRACE --- {}{start} -- {message}{place}]\n", parent_text(parent))
}

/// Returns the whole message of a reason: what is not compiled is named.
pub(crate) fn message(why: Abort, what: Option<&str>) -> String {
    match what {
        Some(what) => format!("{}: {what}", why.message()),
        None => why.message().to_string(),
    }
}
