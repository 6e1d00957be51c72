//! Filling an empty hash part with the entries of an old one.
//!
//! The nodes end up as inserting key after key would leave them, which traversal shows. Full tables that lose keys as fast as
//! they get new ones do this again and again, so it waits for nothing that can be had early: a node keeps the hash of its
//! key meanwhile, the hash of the next key is read while this one is placed, and bits say which nodes are free.

use super::insert::{array_index, move_away};
use super::{follow, hash, link};
use crate::object::{Node, TabObj};
use crate::value::Value;
use abi::tag;
use std::mem::MaybeUninit;

/// Words of bits: larger parts are searched node by node.
const WORDS: usize = 512;

/// The nodes of a part that no key has used.
struct Free {
    /// Bits of nodes that are their keys' main positions. All words that the part needs are written.
    taken: [MaybeUninit<u64>; WORDS],
    mapped: bool,
    /// Nodes at and above this index are taken.
    top: u32,
}

impl Free {
    fn new(nodes: u32) -> Free {
        let words = nodes.div_ceil(64) as usize;
        let mut free = Free { taken: [MaybeUninit::uninit(); WORDS], mapped: words <= WORDS, top: nodes };
        if free.mapped {
            free.taken[..words].fill(MaybeUninit::new(0));
        }
        free
    }

    /// Notes that a key sits at its main position.
    #[inline(always)]
    fn note(&mut self, at: u32) {
        if self.mapped {
            // SAFETY: the word was written by `new`, and the index is one of the part's.
            unsafe { *self.taken.get_unchecked_mut(at as usize >> 6).assume_init_mut() |= 1 << (at & 63) };
        }
    }

    /// Takes the last free node or returns `None`.
    #[inline(always)]
    unsafe fn take(&mut self, node: *const Node) -> Option<u32> {
        while self.top > 0 {
            let last = self.top - 1;
            if self.mapped {
                // SAFETY: as in `note`.
                let taken = unsafe { self.taken.get_unchecked(last as usize >> 6).assume_init() };
                let free = !taken << (63 - (last & 63));
                if free != 0 {
                    self.top = last - free.leading_zeros();
                    return Some(self.top);
                }
                self.top = last & !63;
            } else {
                self.top = last;
                // SAFETY: `top` is at most the number of nodes (caller).
                if unsafe { (*node.add(last as usize)).key } == tag::NIL_BITS {
                    return Some(last);
                }
            }
        }
        None
    }
}

/// Moves the entries of an old hash part to the empty one of `t`, a table without shape, in the order of their nodes; returns
/// the first node that found no room, or the number of nodes.
pub(super) unsafe fn refill(t: *mut TabObj, old: &TabObj) -> usize {
    // SAFETY: module contract; both parts have one node more than their masks say, and keys with a value are live.
    unsafe {
        let (node, hmask) = ((*t).node, (*t).hmask);
        let grown = (*t).asize > old.asize;
        let mut free = Free::new((*t).freetop);
        let count = old.hmask as usize + 1;
        let from = |mut i: usize| {
            while i < count {
                let n = old.node.add(i);
                if (*n).val != tag::NIL_BITS {
                    return (i, (*n).val, (*n).key, hash(Value((*n).key)));
                }
                i += 1;
            }
            (count, 0, 0, 0)
        };
        let mut entry = from(0);
        while entry.0 < count {
            let (i, val, key, h) = entry;
            entry = from(i + 1);
            if grown
                && let Some(i) = array_index(Value(key))
                && i < (*t).asize
            {
                *(*t).array.add(i as usize) = val;
                continue;
            }
            let at = h & hmask;
            let mut n = node.add(at as usize);
            if (*n).val == tag::NIL_BITS {
                free.note(at);
            } else {
                let Some(to) = free.take(node) else {
                    (*t).freetop = 0;
                    return i;
                };
                let to = node.add(to as usize);
                let main = node.add(((*n).pad & hmask) as usize);
                if main == n {
                    link(to, follow(n));
                    link(n, to);
                    n = to;
                } else {
                    move_away(n, main, to);
                    (*to).pad = (*n).pad;
                }
            }
            (*n).val = val;
            (*n).key = key;
            (*n).pad = h;
        }
        (*t).freetop = free.top;
        count
    }
}
