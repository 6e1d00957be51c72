//! Room in the compiler's buffers. Taking memory may fail, and then the recording is given up: never the process.
//!
//! Buffers ask before they grow ([`Growth::room`]) or are made ([`Growth::filled`]). What there is room for already costs one compare. A test may
//! decide that the n-th growth fails, wherever that is ([`Growth::asking`]): nothing that a recording takes is seen by the program before it ends, so
//! it must not matter.

use crate::abort::Abort;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

/// Says of the next growth whether it is to fail.
pub type Ask = Rc<dyn Fn() -> bool>;

/// Permission to grow: always, but in tests.
#[derive(Clone, Default)]
pub struct Growth(Option<Ask>);

impl Growth {
    /// Asks before each growth.
    pub fn asking(ask: Ask) -> Growth {
        Growth(Some(ask))
    }

    /// Passes a growth that is not a vector's: something of no fixed size is about to be made.
    #[inline]
    pub fn pass(&self) -> Result<(), Abort> {
        match &self.0 {
            Some(ask) if ask() => Err(Abort::NoMemory),
            _ => Ok(()),
        }
    }

    /// Makes room for so many elements more.
    #[inline]
    pub fn room<T>(&self, buffer: &mut Vec<T>, more: usize) -> Result<(), Abort> {
        if buffer.capacity() - buffer.len() >= more { Ok(()) } else { self.grow(buffer, more) }
    }

    #[cold]
    fn grow<T>(&self, buffer: &mut Vec<T>, more: usize) -> Result<(), Abort> {
        self.pass()?;
        buffer.try_reserve(more).map_err(|_| Abort::NoMemory)
    }

    /// Makes room for one element more.
    pub fn room_behind<T>(&self, queue: &mut VecDeque<T>) -> Result<(), Abort> {
        if queue.len() < queue.capacity() {
            return Ok(());
        }
        self.pass()?;
        queue.try_reserve(1).map_err(|_| Abort::NoMemory)
    }

    /// Makes a buffer of `n` equal elements.
    pub fn filled<T: Clone>(&self, value: T, n: usize) -> Result<Vec<T>, Abort> {
        let mut buffer = Vec::new();
        self.room(&mut buffer, n)?;
        buffer.resize(n, value);
        Ok(buffer)
    }
}

impl fmt::Debug for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Growth(asks)" } else { "Growth" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_growth_that_is_to_fail_fails_and_takes_nothing() {
        let left = Cell::new(3);
        let growth = Growth::asking(Rc::new(move || {
            left.set(left.get() - 1);
            left.get() == 0
        }));
        let mut buffer: Vec<u64> = Vec::new();
        assert_eq!(growth.room(&mut buffer, 4), Ok(()));
        assert_eq!(growth.room(&mut buffer, 4), Ok(()), "there is room: nobody is asked");
        assert_eq!(growth.filled(7u8, 2), Ok(vec![7, 7]));
        let had = buffer.capacity();
        assert_eq!(growth.room(&mut buffer, had + 1), Err(Abort::NoMemory));
        assert_eq!(buffer.capacity(), had);
        assert_eq!(Growth::default().room(&mut buffer, usize::MAX / 8), Err(Abort::NoMemory), "more than there is");
    }
}
