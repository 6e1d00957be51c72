//! The intern table: equal strings are one object.
//!
//! Open addressing over words of a 47-bit pointer and 17 low bits of the hash; the high bits of the hash choose the slot.
//! Probing is linear and there are no tombstones: only the collector removes strings, and it rebuilds the run of
//! neighbours they stood in. All bytes are hashed, with a seed, so that nobody can construct collisions.
//!
//! Tables do not use that hash but the string's `hash`, made of its number in order of creation (see [`spread`]): names created
//! together hardly ever collide in a table, and the order of traversal does not depend on the seed. Keys that collide
//! in a table of `m` nodes are about `m` strings apart, so making `n` of them costs creating `n * m` strings.
//!
//! Invariant: between the atomic phase and the end of the sweep of this table, a string found here may be dead (unmarked); finding
//! it marks it, so it lives on.

use crate::alloc::{self, CellKind, Heap};
use crate::object::StrObj;
use crate::vm::{Raise, Vm};
use abi::objtype;
use std::mem::MaybeUninit;
use std::ptr;

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
    /// What the words of a short string are mixed with: made of the seed.
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
        crate::sys::advise_huge(self.slots.as_mut_ptr().cast(), slots * 8);
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

#[inline(always)]
fn read4(b: &[u8], at: usize) -> u64 {
    let mut w = [0; 4];
    w.copy_from_slice(&b[at..at + 4]);
    u32::from_le_bytes(w).into()
}

/// Bytes up to which a string is two words.
const SHORT: usize = 16;

/// Returns two words that hold all bytes of a short string.
#[inline(always)]
fn short_words(b: &[u8]) -> (u64, u64) {
    let n = b.len();
    if n >= 8 {
        (read8(b, 0), read8(b, n - 8))
    } else if n >= 4 {
        (read4(b, 0), read4(b, n - 4))
    } else if n > 0 {
        (u64::from(b[0]) << 16 | u64::from(b[n / 2]) << 8 | u64::from(b[n - 1]), 0)
    } else {
        (0, 0)
    }
}

/// Copies; short strings without a library call.
///
/// # Safety
/// There are `b.len()` bytes at `to`, and they are not those of `b`.
#[inline(always)]
unsafe fn copy(b: &[u8], to: *mut u8) {
    let n = b.len();
    // SAFETY: as the caller says; the pieces overlap but stay inside.
    unsafe {
        if n > SHORT {
            ptr::copy_nonoverlapping(b.as_ptr(), to, n);
        } else if n >= 8 {
            let (lo, hi) = short_words(b);
            to.cast::<u64>().write_unaligned(lo.to_le());
            to.add(n - 8).cast::<u64>().write_unaligned(hi.to_le());
        } else if n >= 4 {
            let (lo, hi) = short_words(b);
            to.cast::<u32>().write_unaligned((lo as u32).to_le());
            to.add(n - 4).cast::<u32>().write_unaligned((hi as u32).to_le());
        } else if n > 0 {
            *to = b[0];
            *to.add(n / 2) = b[n / 2];
            *to.add(n - 1) = b[n - 1];
        }
    }
}

impl StrTab {
    /// Hashes all bytes.
    #[inline]
    fn hash(&self, b: &[u8]) -> u32 {
        let words = if b.len() <= SHORT { short_words(b) } else { hash_long(self.seed, b) };
        self.hash_words(words, b.len())
    }

    /// Hashes the words of a string of `n` bytes.
    #[inline(always)]
    fn hash_words(&self, (lo, hi): (u64, u64), n: usize) -> u32 {
        let h = fold(lo ^ self.keys.0, hi ^ self.keys.1);
        let h = fold(h ^ self.seed, K2 ^ n as u64);
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

/// Finds a string; marks it if a sweep might otherwise remove it.
#[inline]
unsafe fn find(heap: &Heap, tab: &StrTab, hash: u32, bytes: &[u8]) -> *mut StrObj {
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
                if (*s).bits == hash && StrObj::bytes(s) == bytes {
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
/// Most strings that programs make are short and exist already, so that case comes first: one branch by length, and hash and comparison are
/// of words in registers.
///
/// # Safety
/// There are `n` readable bytes.
#[inline(always)]
pub unsafe fn intern_at(vm: &Vm, p: *const u8, n: usize) -> Result<*mut StrObj, Raise> {
    // SAFETY: each way reads what its length allows.
    unsafe {
        let word = |p: *const u8| u64::from_le(p.cast::<u64>().read_unaligned());
        let half = |p: *const u8| u64::from(u32::from_le(p.cast::<u32>().read_unaligned()));
        match n {
            8..=SHORT => intern_short(vm, p, n, |p| (word(p), word(p.add(n - 8)))),
            4..8 => intern_short(vm, p, n, |p| (half(p), half(p.add(n - 4)))),
            2..4 => intern_short(vm, p, n, |p| {
                (u64::from(*p) << 16 | u64::from(*p.add(n / 2)) << 8 | u64::from(*p.add(n - 1)), 0)
            }),
            1 if !vm.heap.chars[usize::from(*p)].get().is_null() => Ok(vm.heap.chars[usize::from(*p)].get()),
            _ => intern_any(vm, std::slice::from_raw_parts(p, n)),
        }
    }
}

/// Finds or makes a string of 2 to 16 bytes; `words` reads its two words ([`short_words`]).
///
/// # Safety
/// `words` may read `n` bytes where it is told.
#[inline(always)]
unsafe fn intern_short(
    vm: &Vm,
    p: *const u8,
    n: usize,
    words: impl Fn(*const u8) -> (u64, u64),
) -> Result<*mut StrObj, Raise> {
    let tab = table(vm);
    let ours = words(p);
    let hash = tab.hash_words(ours, n);
    // Mostly it is in the first place, or not at all.
    // SAFETY: the index is masked; entries point at strings.
    unsafe {
        let e = *tab.slots.as_ptr().add((hash >> tab.shift) as usize & tab.mask());
        let s = (e & PTR) as *mut StrObj;
        if (e ^ u64::from(hash) << 47) & !PTR == 0
            && e != 0
            && (*s).len as usize == n
            && words(s.add(1).cast()) == ours
            && tab.left == 0
        {
            return Ok(s);
        }
        intern_slowly(vm, p, n, hash)
    }
}

/// Searches the whole run of neighbours, and makes a string that is not there.
#[inline(never)]
unsafe fn intern_slowly(vm: &Vm, p: *const u8, n: usize, hash: u32) -> Result<*mut StrObj, Raise> {
    // SAFETY: the table is this heap's; the bytes are there (caller).
    unsafe {
        let found = find(&vm.heap, table(vm), hash, std::slice::from_raw_parts(p, n));
        if found.is_null() { make(vm, p, n, hash) } else { Ok(found) }
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

/// Makes a string that does not exist.
#[inline]
unsafe fn make(vm: &Vm, p: *const u8, n: usize, hash: u32) -> Result<*mut StrObj, Raise> {
    let s = allocate(vm, n)?;
    // SAFETY: the bytes are there (caller); the new object has room for them.
    unsafe {
        copy(std::slice::from_raw_parts(p, n), s.add(1).cast());
        enter(&vm.heap, table(vm), s, hash, n);
    }
    Ok(s)
}

/// Finds or makes a string of any length; one of one byte is noted.
#[inline(never)]
fn intern_any(vm: &Vm, bytes: &[u8]) -> Result<*mut StrObj, Raise> {
    let hash = table(vm).hash(bytes);
    // SAFETY: the bytes are there.
    let s = unsafe { intern_slowly(vm, bytes.as_ptr(), bytes.len(), hash)? };
    if let [c] = *bytes {
        vm.heap.chars[usize::from(c)].set(s);
    }
    Ok(s)
}

/// Returns the string that joins `parts`, without an intermediate copy where it is new and large.
pub fn concat(vm: &Vm, parts: &[&[u8]]) -> Result<*mut StrObj, Raise> {
    let len = parts.iter().try_fold(0usize, |n, p| n.checked_add(p.len())).unwrap_or(usize::MAX);
    let mut short = [const { MaybeUninit::<u8>::uninit() }; 256];
    if len <= short.len() {
        let start: *mut u8 = short.as_mut_ptr().cast();
        let mut to = start;
        for p in parts {
            // SAFETY: all parts together fit (just checked), so what is read was written.
            unsafe {
                copy(p, to);
                to = to.add(p.len());
            }
        }
        // SAFETY: as above.
        return unsafe { intern_at(vm, start, len) };
    }
    let s = allocate(vm, len)?;
    // SAFETY: the new object has room for the bytes; if the string exists, the new one was never entered.
    unsafe {
        let mut to = s.add(1).cast::<u8>();
        for p in parts {
            ptr::copy_nonoverlapping(p.as_ptr(), to, p.len());
            to = to.add(p.len());
        }
        let bytes = std::slice::from_raw_parts(s.add(1).cast::<u8>(), len);
        let hash = table(vm).hash(bytes);
        let found = find(&vm.heap, table(vm), hash, bytes);
        if !found.is_null() {
            alloc::unalloc(vm, s.cast(), StrObj::size_for(len), CellKind::Str);
            return Ok(found);
        }
        enter(&vm.heap, table(vm), s, hash, len);
        Ok(s)
    }
}
