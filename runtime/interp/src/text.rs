//! Work on bytes that library functions and compiled code share.

use heap::Vm;
use heap::strtab::MAX_LEN;

/// Occurrences of its first byte at which a needle is looked for before a searcher is built.
const TRIES: u32 = 6;

/// Finds bytes. Building a searcher pays only where the first byte of the needle is frequent.
pub fn find_plain(src: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [c] => memchr::memchr(*c, src),
        [first, ..] => {
            let mut from = 0;
            for _ in 0..TRIES {
                let rest = src.get(from..)?;
                let at = from + memchr::memchr(*first, rest)?;
                if src[at..].starts_with(needle) {
                    return Some(at);
                }
                from = at + 1;
            }
            memchr::memmem::find(src.get(from..)?, needle).map(|at| from + at)
        }
    }
}

/// Makes room for `len` bytes in all; says whether the machine's memory limit and the system allow them.
pub fn has_room(vm: &Vm, out: &mut Vec<u8>, len: usize) -> bool {
    let max = vm.heap.config.max_memory;
    let allowed = max == 0 || len <= max.saturating_sub(vm.heap_bytes());
    len <= MAX_LEN && allowed && out.try_reserve(len.saturating_sub(out.len())).is_ok()
}

/// Fills the empty `out` with `total` bytes of copies of `s` with `sep` between them.
pub fn repeat(out: &mut Vec<u8>, s: &[u8], sep: &[u8], total: usize) {
    if let ([c], []) = (s, sep) {
        out.resize(total, *c);
        return;
    }
    if total == 0 {
        return;
    }
    out.extend_from_slice(s);
    if total > s.len() {
        out.extend_from_slice(sep);
    }
    // Doubling copies ever larger pieces.
    while out.len() < total {
        let piece = out.len().min(total - out.len());
        out.extend_from_within(..piece);
    }
}
