//! Objects that are right, wrong and damaged.

use super::*;
use ir::Source;
use object_file::{sample, with_manifest};

/// Makes small objects as LLVM does.
mod object_file {
    use abi::image::{FINGERPRINT, Image, MAGIC_WORD, Module, ModuleKind, VERSION};

    /// A section: name, type, flags, contents, relocations (place, kind, symbol, addend).
    type Section = (&'static str, u32, u64, Vec<u8>, Vec<(u64, u64, u64, i64)>);

    /// An object with one tree: `mov rax, [rip + table]; ret` and the like.
    pub fn sample() -> Vec<u8> {
        with_manifest(b"kiln\ntree lua.a a.lua:1 1 0 1 1 40 0 no\n")
    }

    /// The same with another manifest.
    pub fn with_manifest(manifest: &[u8]) -> Vec<u8> {
        let text = ir::tree::pack("tree @0000000000000001:1\n");
        let modules = vec![
            Module { kind: ModuleKind::Main, name: b"a.lua", code: b"x" },
            Module { kind: ModuleKind::Traces, name: b"", code: &text },
        ];
        let payload = Image { fingerprint: FINGERPRINT, manifest, modules }.encode();
        let mut head = Vec::new();
        head.extend(MAGIC_WORD.to_le_bytes());
        head.extend(VERSION.to_le_bytes());
        head.extend(1u32.to_le_bytes());
        head.extend(FINGERPRINT.to_le_bytes());
        head.extend([0; 8]);
        head.extend((payload.len() as u64).to_le_bytes());
        head.extend([0; 16]);
        // Symbols: 1 code, 2 table, 3 payload, 4 rows, 5 head, 6 the runtime's entry.
        elf(&[
            (".text", 1, 6, vec![0x90; 40], vec![(8, 2, 2, -4), (20, 42, 2, -4), (30, 4, 6, -4)]),
            (".bss", 8, 3, vec![0; 64], Vec::new()),
            (".kiln.image", 1, 2, payload, Vec::new()),
            (".data.rel.ro", 1, 3, vec![0; 16], vec![(0, 1, 1, 0), (8, 1, 2, 8)]),
            (".data", 1, 3, head, vec![(24, 1, 3, 0), (40, 1, 4, 0)]),
        ])
    }

    fn elf(sections: &[Section]) -> Vec<u8> {
        let (mut out, mut headers, mut names) = (vec![0; 64], Vec::new(), vec![0u8]);
        let mut strings = vec![0u8];
        let mut symbols = vec![0u8; 24];
        for (i, name) in ["code", "table", "payload", "rows", super::HEAD, abi::image::ENTRY].iter().enumerate() {
            let at = strings.len() as u32;
            strings.extend(name.bytes().chain([0]));
            let section = if i < sections.len() { i as u16 + 1 } else { 0 };
            symbols.extend(at.to_le_bytes());
            symbols.extend([0x10, 0]);
            symbols.extend(section.to_le_bytes());
            symbols.extend([0; 16]);
        }
        let n = sections.len() as u32;
        let mut add =
            |out: &mut Vec<u8>, name: &str, ty: u32, flags: u64, bytes: &[u8], (link, info, each): (u32, u32, u64)| {
                let at = names.len() as u32;
                names.extend(name.bytes().chain([0]));
                while !out.len().is_multiple_of(16) {
                    out.push(0);
                }
                let offset = out.len() as u64;
                if ty != 8 {
                    out.extend(bytes);
                }
                let mut h: Vec<u8> = Vec::new();
                h.extend(at.to_le_bytes());
                h.extend(ty.to_le_bytes());
                for word in [flags, 0, offset, bytes.len() as u64] {
                    h.extend(word.to_le_bytes());
                }
                h.extend(link.to_le_bytes());
                h.extend(info.to_le_bytes());
                for word in [16, each] {
                    h.extend(word.to_le_bytes());
                }
                headers.push(h);
            };
        add(&mut out, "", 0, 0, &[], (0, 0, 0));
        for (name, ty, flags, bytes, _) in sections {
            add(&mut out, name, *ty, *flags, bytes, (0, 0, 0));
        }
        add(&mut out, ".symtab", 2, 0, &symbols, (n + 2, 1, 24));
        add(&mut out, ".strtab", 3, 0, &strings, (0, 0, 0));
        for (i, (_, _, _, _, relocations)) in sections.iter().enumerate().filter(|(_, s)| !s.4.is_empty()) {
            let mut bytes: Vec<u8> = Vec::new();
            for (place, kind, symbol, addend) in relocations {
                bytes.extend(place.to_le_bytes());
                bytes.extend((symbol << 32 | kind).to_le_bytes());
                bytes.extend(addend.to_le_bytes());
            }
            add(&mut out, ".rela", 4, 0, &bytes, (n + 1, i as u32 + 1, 24));
        }
        let last = headers.len() as u16;
        let at = names.len() as u32;
        names.extend(b".names\0");
        let (offset, size) = (out.len() as u64, names.len() as u64);
        out.extend(&names);
        let mut h: Vec<u8> = Vec::new();
        h.extend(at.to_le_bytes());
        h.extend(3u32.to_le_bytes());
        for word in [0, 0, offset, size, 0, 1, 0] {
            h.extend(u64::to_le_bytes(word));
        }
        headers.push(h);
        let table = out.len() as u64;
        out.extend(headers.concat());
        out[..16].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut head: Vec<u8> = Vec::new();
        head.extend([1, 0, 62, 0, 1, 0, 0, 0]);
        head.extend([0; 16]);
        head.extend(table.to_le_bytes());
        head.extend([0; 4]);
        for half in [64u16, 0, 0, 64, last + 1, last] {
            head.extend(half.to_le_bytes());
        }
        out[16..64].copy_from_slice(&head);
        out
    }
}

const BASE: u64 = 0x7f00_0000_0000;

fn word(memory: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(memory[at..at + 8].try_into().expect("eight bytes"))
}

#[test]
fn relocations_lead_where_symbols_are() {
    let laid = read(&sample()).expect("an object");
    assert_eq!(laid.code, PAGE as usize);
    let memory = laid.at(BASE).expect("in reach");
    let distance = |at: usize| i64::from(i32::from_le_bytes(memory[at..at + 4].try_into().expect("four bytes")));
    let table = PAGE as i64;
    assert_eq!(distance(8) + 8 + 4, table);
    // Through the table of addresses.
    let slot = (distance(20) + 20 + 4) as usize;
    assert!(slot >= laid.code && word(&memory, slot) == BASE + table as u64);
    // The runtime's entry is a trap.
    let trap = (distance(30) + 30 + 4) as usize;
    assert_eq!(memory[trap..trap + 2], TRAP);
    let found = find(&memory, BASE, laid.head, laid.code).expect("an image");
    assert_eq!((found.count, word(&memory, found.rows)), (1, BASE));
    assert_eq!(word(&memory, found.rows + 8), BASE + PAGE + 8);
    let texts = Packed::parse(&memory[found.text.0..][..found.text.1]).expect("packed");
    assert_eq!(texts.text().as_deref(), Some("tree @0000000000000001:1\n"));
}

#[test]
fn what_is_no_such_object_is_said() {
    let good = sample();
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        read(&bytes).err().unwrap_or_default()
    };
    assert_eq!(changed(18, 183), "object file for another processor");
    assert_eq!(changed(16, 2), "no object file: `kiln build --emit obj` makes one");
    assert!(read(b"print(1)").err().expect("an error").starts_with("malformed object file: "));
    let name = good.windows(8).position(|w| w == b"rt_main\0").expect("the entry's name");
    assert_eq!(changed(name, b'x'), "object file that needs 'xt_main', which is not here");
    let head = good.windows(8).position(|w| w == image::MAGIC).map(|_| ());
    assert!(head.is_some());
}

#[test]
fn code_of_trees_lies_in_the_object() {
    let found = |manifest: &str| {
        let laid = read(&with_manifest(manifest.as_bytes())).expect("an object");
        let memory = laid.at(BASE).expect("in reach");
        find(&memory, BASE, laid.head, laid.code).map(|f| f.count)
    };
    let line = |size: u64| format!("tree lua.a a.lua:1 1 0 1 1 {size} 0 no\n");
    assert_eq!(found(&line(PAGE)), Ok(1));
    assert_eq!(found(&line(PAGE + 1)), Err(malformed("a row of the table of trees")));
    assert_eq!(found(&line(u64::MAX)), Err(malformed("a row of the table of trees")));
    for none in ["", "tree lua.a a.lua:1", "tree lua.a a.lua:1 1 0 1 1 forty 0 no"] {
        assert_eq!(found(none), Err(malformed("size of a tree's code")), "{none}");
    }
}

/// Any damage is an error, or memory whose parts lie inside of it.
#[test]
fn damaged_objects_do_no_harm() {
    let good = sample();
    let mut src = Source::seeded(11);
    let mut good_ones = 0;
    for round in ir::rounds(20_000) {
        let mut bytes = good.clone();
        for _ in 0..1 + src.below(4) {
            let at = src.below(bytes.len());
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, bytes[at].wrapping_add(1)][src.below(6)];
        }
        if round % 5 == 0 {
            bytes.truncate(src.below(bytes.len()));
        }
        let Ok(laid) = read(&bytes) else { continue };
        let Ok(memory) = laid.at(BASE) else { continue };
        if let Ok(found) = find(&memory, BASE, laid.head, laid.code) {
            good_ones += 1;
            assert!(found.text.0 + found.text.1 <= memory.len() && found.rows + found.count * 16 <= memory.len());
        }
    }
    assert!(good_ones > 100, "only {good_ones} objects were read");
}
