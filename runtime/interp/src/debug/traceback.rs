//! Tracebacks.

use super::frames::{current_line, frame};
use super::names::{frame_name, func_info};
use heap::{Thread, Vm};

/// Frames shown of the inner end.
const INNER: u32 = 12;
/// Frames shown of the outer end, where there are too many.
const OUTER: u32 = 10;

/// Returns a traceback as `debug.traceback` makes it: `message` (if any), `stack traceback:`, one line a frame from `level` on.
pub fn traceback(vm: &Vm, thread: Thread<'_>, message: Option<&[u8]>, level: u32) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(message) = message {
        text.extend_from_slice(message);
        text.push(b'\n');
    }
    text.extend_from_slice(b"stack traceback:");
    let mut depth = level;
    // Frames are found from the inside, so the count costs one walk of doubling steps and one search.
    let mut total = level;
    let mut step = 1;
    while frame(vm, thread, total).is_some() {
        total += step;
        step *= 2;
    }
    let (mut low, mut high) = (level, total);
    while low < high {
        let middle = low + (high - low) / 2;
        if frame(vm, thread, middle).is_some() { low = middle + 1 } else { high = middle }
    }
    let total = low;
    while let Some(f) = frame(vm, thread, depth) {
        if depth == level.max(INNER) && total > depth + OUTER + 1 && depth >= INNER {
            text.extend_from_slice(b"\n\t...");
            depth = total - OUTER;
            continue;
        }
        depth += 1;
        let info = func_info(f.func);
        let name = frame_name(vm, &f);
        if info.what == "C" && name.is_none() && !f.native {
            text.extend_from_slice(format!("\n\t[builtin#{}]:", f.func.builtin_id()).as_bytes());
        } else {
            text.extend_from_slice(b"\n\t");
            text.extend_from_slice(&info.short_src);
            text.push(b':');
        }
        if let Some(line) = current_line(&f).filter(|l| *l > 0) {
            text.extend_from_slice(format!("{line}:").as_bytes());
        }
        if let Some((_, name)) = name {
            text.extend_from_slice(b" in function '");
            text.extend_from_slice(&name);
            text.push(b'\'');
        } else if info.what == "main" {
            text.extend_from_slice(b" in main chunk");
        } else if info.what == "C" {
            text.extend_from_slice(format!(" at {:#x}", f.func.val().address().unwrap_or(0)).as_bytes());
        } else {
            text.extend_from_slice(b" in function <");
            text.extend_from_slice(&info.short_src);
            text.extend_from_slice(format!(":{}>", info.first_line).as_bytes());
        }
    }
    text
}
