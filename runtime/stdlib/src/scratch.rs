//! A byte buffer for results under construction, reused from call to call.
//!
//! [`take`] hands the thread's buffer out and the guard brings it back, so a short result costs no allocation. A nested user finds
//! no buffer and gets a new one: a callback of `gsub` may itself call `gsub`.
//!
//! Invariant: a buffer comes back empty, and large ones do not come back.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// Capacity in bytes up to which the buffer is kept.
const KEEP: usize = 1 << 18;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A borrowed buffer, empty at first.
pub struct Scratch(Vec<u8>);

/// Takes the buffer.
#[inline]
pub fn take() -> Scratch {
    Scratch(BUFFER.with(Cell::take))
}

/// Appends bytes, mostly few: one alone is stored without a call.
#[inline(always)]
pub fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    match *bytes {
        [] => {}
        [c] => out.push(c),
        _ => out.extend_from_slice(bytes),
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;
    #[inline]
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        if self.0.capacity() <= KEEP {
            let mut buffer = std::mem::take(&mut self.0);
            buffer.clear();
            BUFFER.with(|slot| slot.set(buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_buffers_are_separate_and_come_back_empty() {
        let mut outer = take();
        outer.extend_from_slice(b"outer");
        {
            let mut inner = take();
            assert!(inner.is_empty());
            inner.extend_from_slice(b"inner");
        }
        assert_eq!(outer.as_slice(), b"outer");
        drop(outer);
        let again = take();
        assert!(again.is_empty() && again.capacity() >= 5);
    }
}
