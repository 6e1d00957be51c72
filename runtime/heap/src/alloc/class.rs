//! Size classes: multiples of 16 up to 256 bytes, then eight to the doubling.
//!
//! A doubling starts 16 bytes above the power of two, since array parts hold `2^n + 1` slots.

use abi::vmfield;

/// Bytes of the largest cell in a block; larger things have memory of their own.
pub const MAX_SMALL: usize = 32784;
/// Number of size classes.
pub const CLASSES: usize = 16 + 7 * 8 + 1;

const fn sizes() -> [u32; CLASSES] {
    let mut s = [0; CLASSES];
    let mut i = 0;
    while i < 16 {
        s[i] = 16 * (i as u32 + 1);
        i += 1;
    }
    let mut base = 256;
    while i < CLASSES - 1 {
        s[i] = base + 16;
        let mut k = 1;
        while k < 8 {
            let size = base + base / 8 * k;
            // The first step of the lowest doublings coincides with the one above the power of two.
            s[i + k as usize] = if size <= base + 16 { base + 32 } else { size };
            k += 1;
        }
        i += 8;
        base *= 2;
    }
    s[i] = base + 16;
    s
}

/// Bytes of the cells of each class.
pub const SIZES: [u32; CLASSES] = sizes();

const fn by_size() -> [u8; MAX_SMALL / 16 + 1] {
    let mut t = [0; MAX_SMALL / 16 + 1];
    let (mut i, mut class) = (0, 0);
    while i < t.len() {
        if i * 16 > SIZES[class] as usize {
            class += 1;
        }
        t[i] = class as u8;
        i += 1;
    }
    t
}

static BY_SIZE: [u8; MAX_SMALL / 16 + 1] = by_size();
const BY_SIZE_CONST: [u8; MAX_SMALL / 16 + 1] = by_size();

/// Returns the class of cells that hold `size` bytes, which are at most [`MAX_SMALL`].
#[inline(always)]
pub fn of(size: usize) -> usize {
    BY_SIZE[size.div_ceil(16)] as usize
}

/// Returns the same at compile time.
pub const fn of_const(size: usize) -> usize {
    BY_SIZE_CONST[size.div_ceil(16)] as usize
}

const _: () = assert!(SIZES[CLASSES - 1] as usize == MAX_SMALL && MAX_SMALL <= super::BLOCK);
const _: () = {
    let mut i = 1;
    while i < CLASSES {
        assert!(SIZES[i] > SIZES[i - 1] && SIZES[i].is_multiple_of(16));
        i += 1;
    }
};

// What compiled code relies on.
const _: () = {
    let mut bytes = 1;
    while bytes <= vmfield::MAX_CELL {
        let (run, class) = (vmfield::run(bytes), of_const(bytes as usize));
        assert!(run.cell == SIZES[class] as i32 && run.cur == vmfield::RUNS + (class * size_of::<super::Run>()) as i32);
        bytes += 1;
    }
};
