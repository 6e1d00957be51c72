//! `KILN_GDB=1`: tells gdb of traces, through its interface for compilers (`__jit_debug_register_code`).
//!
//! For each trace a small ELF object is made in memory: an empty section at the code's address, one symbol, and unwind information. All
//! traces have the same native frame (`jit::asm::x64`), so that information is the same but for the length. The code that all exits share has
//! an object of its own: it begins with that frame and a word on it, and makes room for the registers.
//!
//! Written by hand, because the sections have addresses, which writers of relocatable objects do not give them.
//!
//! Invariant: entries of the list live until they are taken out of it.

use jit::asm::x64::{FRAME, REGS};
use std::ops::Range;
use std::ptr::null_mut;

/// One object, as gdb reads it.
#[repr(C)]
struct CodeEntry {
    next: *mut CodeEntry,
    prev: *mut CodeEntry,
    file: *const u8,
    size: u64,
}

/// The list, as gdb reads it.
#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut CodeEntry,
    first: *mut CodeEntry,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// gdb finds it by its name.
#[unsafe(no_mangle)]
static mut __jit_debug_descriptor: Descriptor =
    Descriptor { version: 1, action: 0, relevant: null_mut(), first: null_mut() };

/// gdb stops here.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    // SAFETY: no instruction; it keeps the function and its calls.
    unsafe { std::arch::asm!("/* {0} */", in(reg) &raw const __jit_debug_descriptor) };
}

/// Number of the code that all exits share: traces have higher ones.
const EXIT: u32 = 0;

/// The objects that gdb knows.
#[derive(Default)]
pub(crate) struct Gdb {
    /// Number of the trace, entry, and the object itself.
    entries: Vec<(u32, Box<CodeEntry>, Vec<u8>)>,
}

impl Gdb {
    /// Tells of a trace: its number, its name, address and size of its code.
    pub fn add(&mut self, number: u32, name: &str, (at, size): (u64, usize)) {
        self.register(number, object(name, at, size, &trace_rows()));
    }

    /// Tells of the code that all exits share. It stays.
    pub fn add_exit(&mut self, name: &str, at: u64, code: &[u8]) {
        self.register(EXIT, object(name, at, code.len(), &exit_rows(code)));
    }

    fn register(&mut self, number: u32, file: Vec<u8>) {
        let mut entry =
            Box::new(CodeEntry { next: null_mut(), prev: null_mut(), file: file.as_ptr(), size: file.len() as u64 });
        // SAFETY: one thread; the entry and its file stay where they are until they are unlinked.
        unsafe {
            let d = &raw mut __jit_debug_descriptor;
            entry.next = (*d).first;
            if !(*d).first.is_null() {
                (*(*d).first).prev = &raw mut *entry;
            }
            (*d).first = &raw mut *entry;
            (*d).relevant = &raw mut *entry;
            (*d).action = REGISTER;
        }
        __jit_debug_register_code();
        self.entries.push((number, entry, file));
    }

    /// Takes all traces back.
    pub fn forget_all(&mut self) {
        self.forget_those(|number| number != EXIT);
    }

    /// Takes a trace back.
    pub fn forget(&mut self, number: u32) {
        self.forget_those(|n| n == number);
    }

    fn forget_those(&mut self, these: impl Fn(u32) -> bool) {
        for (_, mut entry, _file) in self.entries.extract_if(.., |e| these(e.0)) {
            Gdb::unlink(&mut entry);
        }
    }

    fn unlink(entry: &mut CodeEntry) {
        // SAFETY: the entry is in the list, as `add` linked it.
        unsafe {
            let d = &raw mut __jit_debug_descriptor;
            if entry.prev.is_null() {
                (*d).first = entry.next
            } else {
                (*entry.prev).next = entry.next
            }
            if !entry.next.is_null() {
                (*entry.next).prev = entry.prev;
            }
            (*d).relevant = &raw mut *entry;
            (*d).action = UNREGISTER;
        }
        __jit_debug_register_code();
    }
}

impl Drop for Gdb {
    fn drop(&mut self) {
        self.forget_those(|_| true);
    }
}

// ---- the object ----

const HEADER: usize = 64;
const SECTION: usize = 64;

/// Kinds and flags of sections.
mod section {
    pub const PROGBITS: u32 = 1;
    pub const SYMTAB: u32 = 2;
    pub const STRTAB: u32 = 3;
    pub const NOBITS: u32 = 8;
    pub const ALLOC: u64 = 2;
    pub const EXECUTE: u64 = 4;
}

struct Section {
    name: &'static str,
    kind: u32,
    flags: u64,
    address: u64,
    size: usize,
    bytes: Vec<u8>,
    link: u32,
    info: u32,
    entry: u64,
}

/// Makes the object of `size` bytes of code that lie at `at`.
fn object(symbol: &str, at: u64, size: usize, rows: &Rows) -> Vec<u8> {
    let strings = [b"\0", symbol.as_bytes(), b"\0"].concat();
    let mut symbols = vec![0; 24];
    // Name, a global function, section 1, place in it, size.
    symbols.extend_from_slice(&1u32.to_le_bytes());
    symbols.extend_from_slice(&[0x12, 0, 1, 0]);
    symbols.extend_from_slice(&0u64.to_le_bytes());
    symbols.extend_from_slice(&(size as u64).to_le_bytes());
    let unwind = frames(at, size, rows);
    let plain = |name, kind, bytes: Vec<u8>, link, info, entry| Section {
        name,
        kind,
        flags: 0,
        address: 0,
        size: bytes.len(),
        bytes,
        link,
        info,
        entry,
    };
    let mut sections = vec![
        Section {
            flags: section::ALLOC | section::EXECUTE,
            address: at,
            size,
            ..plain(".text", section::NOBITS, Vec::new(), 0, 0, 0)
        },
        Section { flags: section::ALLOC, ..plain(".eh_frame", section::PROGBITS, unwind, 0, 0, 0) },
        // Linked to the strings; one local symbol, the empty one.
        plain(".symtab", section::SYMTAB, symbols, 4, 1, 24),
        plain(".strtab", section::STRTAB, strings, 0, 0, 0),
    ];
    let mut names = vec![0];
    let mut name_at = Vec::new();
    for name in sections.iter().map(|s| s.name).chain([".shstrtab"]) {
        name_at.push(names.len() as u32);
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    sections.push(plain(".shstrtab", section::STRTAB, names, 0, 0, 0));

    let count = sections.len() + 1;
    let mut file = header(count as u16);
    let mut table = vec![0; SECTION];
    let mut body = Vec::new();
    let start = HEADER + count * SECTION;
    for (s, name) in sections.iter().zip(name_at) {
        body.resize(body.len().next_multiple_of(16), 0);
        let words32 = |table: &mut Vec<u8>, w: &[u32]| w.iter().for_each(|w| table.extend_from_slice(&w.to_le_bytes()));
        let words64 = |table: &mut Vec<u8>, w: &[u64]| w.iter().for_each(|w| table.extend_from_slice(&w.to_le_bytes()));
        words32(&mut table, &[name, s.kind]);
        words64(&mut table, &[s.flags, s.address, (start + body.len()) as u64, s.size as u64]);
        words32(&mut table, &[s.link, s.info]);
        words64(&mut table, &[16, s.entry]);
        body.extend_from_slice(&s.bytes);
    }
    file.extend_from_slice(&table);
    file.extend_from_slice(&body);
    file
}

fn header(sections: u16) -> Vec<u8> {
    let mut h = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // Relocatable, x86-64, version 1.
    for half in [1u16, 62] {
        h.extend_from_slice(&half.to_le_bytes());
    }
    h.extend_from_slice(&1u32.to_le_bytes());
    // No entry, no program header; sections follow the header.
    for word in [0, 0, HEADER as u64] {
        h.extend_from_slice(&u64::to_le_bytes(word));
    }
    h.extend_from_slice(&0u32.to_le_bytes());
    for half in [HEADER as u16, 0, 0, SECTION as u16, sections, sections - 1] {
        h.extend_from_slice(&half.to_le_bytes());
    }
    h
}

/// DWARF's numbers of registers.
mod dwarf {
    pub const RBX: u8 = 3;
    pub const RBP: u8 = 6;
    pub const RSP: u8 = 7;
    pub const R12: u8 = 12;
    pub const RETURN: u8 = 16;
}

fn leb(out: &mut Vec<u8>, mut n: u64) {
    loop {
        let low = (n & 0x7f) as u8;
        n >>= 7;
        out.push(if n == 0 { low } else { low | 0x80 });
        if n == 0 {
            break;
        }
    }
}

/// Rows of unwind information under construction.
struct Rows {
    out: Vec<u8>,
    at: usize,
}

impl Rows {
    fn advance(&mut self, to: usize) {
        self.out.push(0x04);
        self.out.extend_from_slice(&((to - self.at) as u32).to_le_bytes());
        self.at = to;
    }
    fn distance(&mut self, n: i32) {
        self.out.push(0x0e);
        leb(&mut self.out, n as u64);
    }
    fn saved(&mut self, reg: u8, slot: u64) {
        self.out.push(0x80 | reg);
        leb(&mut self.out, slot);
    }
}

/// Bytes of a trace's frame up to that of its caller: spill slots, saved registers, return address.
const WHOLE: i32 = FRAME + 56;
/// Registers in the order in which a trace pushes them.
const PUSHED: [u8; 6] = [dwarf::RBP, dwarf::RBX, dwarf::R12, 13, 14, 15];

/// The frame of a trace.
fn trace_rows() -> Rows {
    let mut rows = Rows { out: Vec::new(), at: 0 };
    // The prologue: two pushes of one byte, four of two, `sub rsp` of seven.
    for ((i, end), reg) in (2..).zip([1, 2, 4, 6, 8, 10]).zip(PUSHED) {
        rows.advance(end);
        rows.distance(i * 8);
        rows.saved(reg, i as u64);
    }
    rows.advance(17);
    rows.distance(WHOLE);
    rows
}

/// The frame of a trace in the code that all exits share: first with the exit's number on it, then with room for the registers.
fn exit_rows(code: &[u8]) -> Rows {
    let mut rows = Rows { out: Vec::new(), at: 0 };
    for (i, reg) in (2..).zip(PUSHED) {
        rows.saved(reg, i);
    }
    rows.distance(WHOLE + 8);
    if let Some((room, given_back)) = room(code) {
        rows.advance(room.start);
        rows.distance(WHOLE);
        rows.advance(room.end);
        rows.distance(WHOLE + REGS);
        rows.advance(given_back.end);
        rows.distance(WHOLE);
    }
    rows
}

/// Returns the instructions that make room for the registers, and that give it back.
fn room(code: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let find = |modrm: u8| {
        let ins = [&[0x48, 0x81, modrm][..], &REGS.to_le_bytes()].concat();
        code.windows(ins.len()).position(|w| w == ins).map(|at| at..at + ins.len())
    };
    Some((find(0xec)?, find(0xc4)?))
}

/// Makes `.eh_frame`: how the frame of the code is left from every instruction.
fn frames(at: u64, size: usize, rows: &Rows) -> Vec<u8> {
    let mut out = Vec::new();
    let block = |out: &mut Vec<u8>, mut body: Vec<u8>| {
        body.resize((body.len() + 4).next_multiple_of(8) - 4, 0);
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(&body);
    };
    // Common part: version 1, `zR`, alignment 1 and -8, return address, absolute addresses; at the entry the caller's frame is behind `rsp`.
    let mut common = vec![0, 0, 0, 0, 1, b'z', b'R', 0, 1, 0x78, dwarf::RETURN, 1, 0];
    common.extend_from_slice(&[0x0c, dwarf::RSP, 8, 0x80 | dwarf::RETURN, 1]);
    block(&mut out, common);

    let mut body = (out.len() as u32 + 4).to_le_bytes().to_vec();
    body.extend_from_slice(&at.to_le_bytes());
    body.extend_from_slice(&(size as u64).to_le_bytes());
    body.push(0);
    body.extend_from_slice(&rows.out);
    block(&mut out, body);
    out.extend_from_slice(&[0; 4]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_exit_makes_room_and_gives_it_back() {
        let env = jit::backend::Env { helpers: Vec::new(), trace_exit: 0x1234, nil_slot: 0 };
        let code = jit::asm::x64::X64::new().exit_code(&env);
        let (made, given_back) = room(&code).expect("both instructions");
        // `pop [rsp + …]` comes before it, the call in between, the epilogue behind.
        assert!(0 < made.start && made.end + 12 < given_back.start && given_back.end < code.len());
        let rows = exit_rows(&code);
        assert_eq!(rows.at, given_back.end);
    }

    #[test]
    fn the_object_is_well_formed() {
        let file = object("TRACE_1 a.lua:1", 0x1000, 80, &trace_rows());
        let word = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("8 bytes"));
        assert_eq!(&file[..4], b"\x7fELF");
        let table = word(40) as usize;
        let count = u16::from_le_bytes([file[60], file[61]]) as usize;
        assert_eq!((table, count), (64, 6));
        for i in 1..count {
            let at = table + i * SECTION;
            let kind = u32::from_le_bytes(file[at + 4..at + 8].try_into().expect("4 bytes"));
            let (offset, size) = (word(at + 24) as usize, word(at + 32) as usize);
            assert!(kind == section::NOBITS || offset + size <= file.len(), "section {i}");
        }
        assert_eq!(word(table + SECTION + 16), 0x1000);
        assert!(file.windows(15).any(|w| w == b"TRACE_1 a.lua:1"));
    }
}
