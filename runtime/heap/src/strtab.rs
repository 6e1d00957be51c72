//! The intern table: equal strings are one object.
//!
//! Open addressing over words of a 47-bit pointer and 17 low bits of the hash; the high bits of the hash choose the slot.
//! Probing is linear and there are no tombstones: only the collector removes strings, and it rebuilds the run of
//! neighbours they stood in. All bytes are hashed, with a seed, so that nobody can construct collisions.
//!
//! A string of up to 16 bytes is one 128-bit word, padded with zeros: hashed and compared in registers, joined by shifts ([`join`]). Behind the
//! header of every string are such 16 bytes.
//!
//! Tables do not use that hash but the string's `hash`, made of its number in order of creation (see [`spread`]): names created
//! together hardly ever collide in a table, and the order of traversal does not depend on the seed. Keys that collide
//! in a table of `m` nodes are about `m` strings apart, so making `n` of them costs creating `n * m` strings.
//!
//! Invariant: between the atomic phase and the end of the sweep of this table, a string found here may be dead (unmarked); finding
//! it marks it, so it lives on.
//! Invariant: in the first 16 bytes of a string, what is behind its end is zero.

use crate::alloc::class::{self, SIZES};
use crate::alloc::{self, CellKind, Heap};
use crate::object::StrObj;
use crate::vm::{Raise, Vm};
use abi::objtype;
use std::cmp::Ordering;
use std::ptr;

pub mod join;

/// Slots of the smallest table.
const MIN_SLOTS: usize = 1024;
/// Bytes of the longest string.
pub const MAX_LEN: usize = 0x7fff_ff00;
const PTR: u64 = (1 << 47) - 1;

/// The intern table.
pub(crate) struct StrTab {
    slots: Box<[u64]>,
    /// Number of strings.
    count: usize,
    /// `hash >> shift` is the slot where a search begins.
    shift: u32,
    /// Number for the next string.
    next: u32,
    seed: u64,
    /// What the halves of a short string's word are mixed with: made of the seed.
    keys: (u64, u64),
    /// Sweep: slots left to look at, and the slot to go on with. Zero left: no sweep is going on.
    left: usize,
    at: usize,
}

impl StrTab {
    pub fn new(seed: u64) -> StrTab {
        StrTab {
            slots: vec![0; MIN_SLOTS].into_boxed_slice(),
            count: 0,
            shift: 32 - MIN_SLOTS.trailing_zeros(),
            next: 0,
            seed,
            keys: (K0 ^ seed, K1 ^ seed.rotate_left(32)),
            left: 0,
            at: 0,
        }
    }

    /// Bytes of the table.
    pub fn bytes(&self) -> usize {
        self.slots.len() * 8
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    /// Puts a string that is not in the table into its place.
    #[inline(always)]
    fn place(&mut self, hash: u32, entry: u64) {
        let mask = self.mask();
        let mut i = (hash >> self.shift) as usize;
        while self.slots[i & mask] != 0 {
            i += 1;
        }
        self.slots[i & mask] = entry;
    }

    /// Rebuilds the table with `slots` slots, without what a sweep would remove.
    fn rebuild(&mut self, heap: &Heap, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![0; slots].into_boxed_slice());
        self.shift = 32 - slots.trailing_zeros();
        let sweeping = self.left > 0;
        self.left = 0;
        self.count = 0;
        for &e in old.iter().filter(|&&e| e != 0) {
            let s = (e & PTR) as *mut StrObj;
            // SAFETY: entries point at strings whose cells are not reused before the sweep has removed them.
            unsafe {
                if !sweeping || heap.is_marked(s.cast()) {
                    self.place((*s).bits, e);
                    self.count += 1;
                }
            }
        }
    }

    /// Begins a sweep: unmarked strings are dead.
    pub fn begin_sweep(&mut self) {
        self.left = self.slots.len();
        // A run of neighbours must be looked at from its start.
        self.at = self.slots.iter().position(|&e| e == 0).unwrap_or(0);
    }

    /// Looks at about `budget` slots; says whether the sweep has ended.
    pub fn sweep(&mut self, heap: &Heap, budget: usize) -> bool {
        let mask = self.mask();
        if self.left > 0 && budget > 0 {
            let from = self.at & mask;
            // Strings may have come into the gap where the last step ended.
            let mut at = from;
            while self.slots[at] != 0 {
                at = at.wrapping_sub(1) & mask;
            }
            let again = from.wrapping_sub(at) & mask;
            let least = again + self.left.min(budget);
            // A string behind a gap of its run of neighbours may belong there.
            let (mut seen, mut dead, mut gap) = (0, 0, false);
            loop {
                let e = self.slots[at & mask];
                if e == 0 {
                    if seen >= least {
                        break;
                    }
                    gap = false;
                // SAFETY: entries point at strings whose cells are not reused before this sweep has ended.
                } else if !unsafe { heap.is_marked((e & PTR) as *const u8) } {
                    self.slots[at & mask] = 0;
                    dead += 1;
                    gap = true;
                } else if gap {
                    self.slots[at & mask] = 0;
                    // SAFETY: marked strings are live.
                    self.place(unsafe { (*((e & PTR) as *const StrObj)).bits }, e);
                }
                at += 1;
                seen += 1;
            }
            self.count -= dead;
            self.at = at & mask;
            self.left = self.left.saturating_sub(seen - again);
        }
        // Far from the size it would grow to next, so that it does not go back and forth.
        if self.left == 0 && self.count < self.slots.len() / 16 && self.slots.len() > MIN_SLOTS {
            self.rebuild(heap, self.slots.len() / 2);
        }
        self.left == 0
    }
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let m = u128::from(a) * u128::from(b);
    m as u64 ^ (m >> 64) as u64
}

const K0: u64 = 0x9e37_79b9_7f4a_7c15;
const K1: u64 = 0xd1b5_4a32_d192_ed03;
const K2: u64 = 0xaef1_7502_108e_f2d9;

#[inline(always)]
fn read8(b: &[u8], at: usize) -> u64 {
    let mut w = [0; 8];
    w.copy_from_slice(&b[at..at + 8]);
    u64::from_le_bytes(w)
}

/// Bytes up to which a string is one word.
pub const SHORT: usize = 16;

/// Returns the word of the `n` bytes at `p`.
///
/// # Safety
/// There are `n` readable bytes, at most [`SHORT`].
#[inline(always)]
unsafe fn read_word(p: *const u8, n: usize) -> u128 {
    // SAFETY: each way reads what its length allows.
    unsafe {
        let word = |p: *const u8| u64::from_le(p.cast::<u64>().read_unaligned());
        let half = |p: *const u8| u64::from(u32::from_le(p.cast::<u32>().read_unaligned()));
        if n >= 8 {
            // What the last eight bytes share with the first is shifted out.
            let last = word(p.add(n - 8)).checked_shr(8 * (16 - n as u32)).unwrap_or(0);
            return u128::from(word(p)) | u128::from(last) << 64;
        }
        u128::from(match n {
            4.. => half(p) | half(p.add(n - 4)) << (8 * (n - 4)),
            0 => 0,
            _ => u64::from(*p) | u64::from(*p.add(n / 2)) << (8 * (n / 2)) | u64::from(*p.add(n - 1)) << (8 * (n - 1)),
        })
    }
}

impl StrObj {
    /// Returns the first 16 bytes of a string, the first one lowest; zeros behind its end.
    ///
    /// # Safety
    /// `s` is a live string.
    #[inline(always)]
    pub unsafe fn word(s: *const StrObj) -> u128 {
        // SAFETY: the smallest cell of a string has them (module invariant).
        unsafe { u128::from_le(s.add(1).cast::<u128>().read_unaligned()) }
    }

    /// Compares two strings byte by byte.
    ///
    /// # Safety
    /// Both are live.
    #[inline]
    pub unsafe fn compare(a: *const StrObj, b: *const StrObj) -> Ordering {
        // SAFETY: as the caller says.
        unsafe {
            // The zeros behind an end are less than any byte, or equal to one that is zero.
            let (x, y) = (StrObj::word(a), StrObj::word(b));
            if x != y {
                return x.swap_bytes().cmp(&y.swap_bytes());
            }
            let (m, n) = ((*a).len as usize, (*b).len as usize);
            if m.min(n) <= SHORT {
                return m.cmp(&n);
            }
            StrObj::bytes(a).cmp(StrObj::bytes(b))
        }
    }
}

/// A cell holds the header and 16 bytes: the header, one byte and the NUL do not fit into less.
const _: () = assert!(SIZES[class::of_const(StrObj::size_for(0))] as usize >= size_of::<StrObj>() + SHORT);

impl StrTab {
    /// Hashes the word of a string of `n` bytes.
    #[inline(always)]
    fn hash_word(&self, word: u128, n: usize) -> u32 {
        let h = fold(word as u64 ^ self.keys.0, (word >> 64) as u64 ^ self.keys.1 ^ n as u64);
        (h ^ h >> 32) as u32
    }

    /// Hashes more than 16 bytes.
    #[inline]
    fn hash_long(&self, b: &[u8]) -> u32 {
        let (lo, hi) = hash_long(self.seed, b);
        let h = fold(lo ^ self.keys.0, hi ^ self.keys.1);
        let h = fold(h ^ self.seed, K2 ^ b.len() as u64);
        (h ^ h >> 32) as u32
    }
}

/// Hashes more than 16 bytes to two words. The keys depend on the seed: a factor that is known can be made zero.
#[inline(never)]
fn hash_long(seed: u64, b: &[u8]) -> (u64, u64) {
    let n = b.len();
    let (mut x, mut y) = (seed ^ K2, seed.rotate_left(17) ^ K0);
    let (k1, k2) = (seed.rotate_left(29) ^ K1, seed.rotate_left(43) ^ K2);
    let mut at = 0;
    if n >= WIDE {
        (x, y, at) = hash_wide(x, y, k1, b);
    }
    while at + 32 <= n {
        x = fold(read8(b, at) ^ x, read8(b, at + 8) ^ k1);
        y = fold(read8(b, at + 16) ^ y, read8(b, at + 24) ^ k2);
        at += 32;
    }
    if at + 16 <= n {
        x = fold(read8(b, at) ^ x, read8(b, at + 8) ^ k1);
    }
    y = fold(read8(b, n - 16) ^ y, read8(b, n - 8) ^ k2);
    (x, y)
}

/// Strings of at least so many bytes are worth six lanes.
const WIDE: usize = 256;

/// Hashes blocks of 96 bytes in six lanes that do not wait for each other; returns how far it got.
#[inline(never)]
fn hash_wide(x: u64, y: u64, key: u64, b: &[u8]) -> (u64, u64, usize) {
    let mut lanes = [x, y, x ^ K0, y ^ K1, x ^ K1, y ^ K2];
    let (blocks, _) = b.as_chunks::<96>();
    for block in blocks {
        for (i, lane) in lanes.iter_mut().enumerate() {
            *lane = fold(read8(block, 16 * i) ^ *lane, read8(block, 16 * i + 8) ^ key);
        }
    }
    let [a, b, c, d, e, f] = lanes;
    (fold(a ^ key, c ^ K1) ^ e, fold(b ^ key, d ^ K2) ^ f, blocks.len() * 96)
}

/// Finds the string of a hash that `is` says it is; marks it if a sweep might otherwise remove it.
#[inline(always)]
unsafe fn find(heap: &Heap, tab: &StrTab, hash: u32, is: impl Fn(*const StrObj) -> bool) -> *mut StrObj {
    let mask = tab.mask();
    let mut i = (hash >> tab.shift) as usize;
    let want = u64::from(hash) << 47;
    loop {
        // SAFETY: the index is masked.
        let e = unsafe { *tab.slots.get_unchecked(i & mask) };
        if (e ^ want) & !PTR == 0 {
            let s = (e & PTR) as *mut StrObj;
            if s.is_null() {
                return s;
            }
            // SAFETY: entries point at strings.
            unsafe {
                if is(s) {
                    if tab.left > 0 {
                        revive(heap, s);
                    }
                    return s;
                }
            }
        } else if e == 0 {
            return ptr::null_mut();
        }
        i += 1;
    }
}

impl StrObj {
    /// Bytes of the object for a string of `len` bytes.
    pub const fn size_for(len: usize) -> usize {
        size_of::<StrObj>() + len + 1
    }
}

/// Allocates a string object without its bytes.
fn allocate(vm: &Vm, len: usize) -> Result<*mut StrObj, Raise> {
    if len > MAX_LEN {
        return Err(vm.raise_msg("string length overflow"));
    }
    Ok(alloc::alloc(vm, StrObj::size_for(len), CellKind::Str)?.cast())
}

/// Returns where the `n`-th string goes in tables, which use the low bits.
///
/// Strings created one after the other get neighbouring nodes, 64 at a time. The groups of 64 are spread by multiplication with
/// the golden ratio (Knuth, TAOCP 6.4), bits reversed, so that every 2^k-th string does not bunch up.
#[inline]
fn spread(n: u32) -> u32 {
    let group = (n >> 6).wrapping_mul(0x9e37_79b1);
    group.reverse_bits() << 6 | (n ^ group >> 8) & 63
}

/// Fills the header of a new string whose bytes are in place, and enters it.
unsafe fn enter(heap: &Heap, tab: &mut StrTab, s: *mut StrObj, hash: u32, len: usize) {
    // SAFETY: `s` has room for header, bytes and NUL (allocate).
    unsafe {
        let place = spread(tab.next);
        s.write(StrObj { gct: objtype::STR, marked: 0, meta: 0, pad: 0, hash: place, len: len as u32, bits: hash });
        *s.add(1).cast::<u8>().add(len) = 0;
    }
    tab.next = tab.next.wrapping_add(1);
    if (tab.count + 1) * 2 > tab.slots.len() {
        tab.rebuild(heap, tab.slots.len() * 2);
    }
    tab.place(hash, s as u64 | u64::from(hash) << 47);
    tab.count += 1;
}

/// Gives access to the table; the borrow ends before allocation.
#[allow(clippy::mut_from_ref)]
fn table(vm: &Vm) -> &mut StrTab {
    // SAFETY: one thread uses the machine; callers here do not hold it across `allocate`.
    unsafe { &mut *vm.heap.strings.get() }
}

/// Returns the string object with these bytes.
#[inline(never)]
pub fn intern(vm: &Vm, bytes: &[u8]) -> Result<*mut StrObj, Raise> {
    // SAFETY: of bytes that are there.
    unsafe { intern_at(vm, bytes.as_ptr(), bytes.len()) }
}

/// Returns the string object with the `n` bytes at `p`.
///
/// Most strings that programs make are short and exist already: hash and comparison are of a word in registers.
///
/// # Safety
/// There are `n` readable bytes.
#[inline(always)]
pub unsafe fn intern_at(vm: &Vm, p: *const u8, n: usize) -> Result<*mut StrObj, Raise> {
    // SAFETY: as the caller says.
    unsafe {
        match n {
            1 => {
                let known = vm.heap.chars[usize::from(*p)].get();
                if known.is_null() { intern_byte(vm, *p) } else { Ok(known) }
            }
            0..=SHORT => intern_word(vm, read_word(p, n), n),
            _ => intern_long(vm, std::slice::from_raw_parts(p, n)),
        }
    }
}

/// Finds or makes the string of a byte, and notes it.
#[inline(never)]
fn intern_byte(vm: &Vm, c: u8) -> Result<*mut StrObj, Raise> {
    let s = intern_word(vm, c.into(), 1)?;
    vm.heap.chars[usize::from(c)].set(s);
    Ok(s)
}

/// Finds or makes the string of a word.
#[inline(always)]
fn intern_word(vm: &Vm, word: u128, n: usize) -> Result<*mut StrObj, Raise> {
    let tab = table(vm);
    let hash = tab.hash_word(word, n);
    // SAFETY: entries of the table are strings.
    let found = unsafe { find(&vm.heap, tab, hash, |s| (*s).len as usize == n && StrObj::word(s) == word) };
    if found.is_null() { make_short(vm, word, n, hash) } else { Ok(found) }
}

/// Makes the string of a word, which does not exist.
#[inline(never)]
fn make_short(vm: &Vm, word: u128, n: usize, hash: u32) -> Result<*mut StrObj, Raise> {
    let s = allocate(vm, n)?;
    // SAFETY: the cell has room for the word (see `SHORT`).
    unsafe {
        s.add(1).cast::<u128>().write_unaligned(word.to_le());
        enter(&vm.heap, table(vm), s, hash, n);
    }
    Ok(s)
}

/// Finds or makes a string of more than 16 bytes.
#[inline(never)]
fn intern_long(vm: &Vm, bytes: &[u8]) -> Result<*mut StrObj, Raise> {
    let hash = table(vm).hash_long(bytes);
    // SAFETY: entries of the table are strings; the new object has room for the bytes.
    unsafe {
        let found = find(&vm.heap, table(vm), hash, |s| (*s).bits == hash && StrObj::bytes(s) == bytes);
        if !found.is_null() {
            return Ok(found);
        }
        let s = allocate(vm, bytes.len())?;
        ptr::copy_nonoverlapping(bytes.as_ptr(), s.add(1).cast(), bytes.len());
        enter(&vm.heap, table(vm), s, hash, bytes.len());
        Ok(s)
    }
}

/// Marks a string that was found while unmarked ones are removed.
#[cold]
#[inline(never)]
unsafe fn revive(heap: &Heap, s: *mut StrObj) {
    // SAFETY: entries of the table are strings (caller).
    unsafe {
        if heap.mark(s.cast()) {
            heap.total.set(heap.total.get() + StrObj::size_for((*s).len as usize));
        }
    }
}
