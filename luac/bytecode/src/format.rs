//! The constants of LuaJIT's dump format, shared by writer and reader.
//!
//! `dump = header proto+ 0`, `header = ESC 'L' 'J' version flags [name]`; each prototype carries its length in front and follows its
//! children. Integers are ULEB128 of 32 bits; the first word of a number constant has 33 bits, the lowest telling integers from doubles.

/// The bytes every dump starts with.
pub const MAGIC: [u8; 3] = [0x1b, b'L', b'J'];
/// Version of the format.
pub const VERSION: u8 = 2;

/// Header flag: words are big-endian.
pub const F_BE: u32 = 0x01;
/// Header flag: without debug information.
pub const F_STRIP: u32 = 0x02;
/// Header flag: uses FFI constants.
pub const F_FFI: u32 = 0x04;
/// Header flag: a frame link takes a slot of its own (always, on 64-bit targets).
pub const F_FR2: u32 = 0x08;
/// All header flags.
pub const F_KNOWN: u32 = 0x0f;

/// Collectable constant: the prototype read last and not used yet.
pub const KGC_CHILD: u32 = 0;
/// Collectable constant: template table.
pub const KGC_TAB: u32 = 1;
/// Collectable constant: string; its length is added. Tags in between are cdata.
pub const KGC_STR: u32 = 5;

/// Template table item: nil.
pub const KTAB_NIL: u32 = 0;
/// Template table item: false.
pub const KTAB_FALSE: u32 = 1;
/// Template table item: true.
pub const KTAB_TRUE: u32 = 2;
/// Template table item: 32-bit integer.
pub const KTAB_INT: u32 = 3;
/// Template table item: double, low word first.
pub const KTAB_NUM: u32 = 4;
/// Template table item: string; its length is added.
pub const KTAB_STR: u32 = 5;

/// Number of bytes of an entry in the line table of a function of `num_lines` lines.
pub const fn line_width(num_lines: u32) -> usize {
    match num_lines {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        _ => 4,
    }
}

/// Returns `n` as an integer, if the conversion keeps every bit (`-0` does not).
pub fn as_int(n: f64) -> Option<i32> {
    let k = n as i32;
    (f64::from(k).to_bits() == n.to_bits()).then_some(k)
}

/// Appends `v` in ULEB128.
pub fn put_uleb(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}
