//! Object files of `kiln build --emit obj`, loaded into a running machine: `kiln run --aot app.o app.lua`.
//!
//! Such an object holds the image of a program with the code of its trees, and needs one symbol, the runtime's entry, which its `main` calls and
//! nobody here enters. So loading it is: sections that are kept in memory are put behind each other, code first; relocations are applied for the
//! address they will have; pages with code become executable and are never written again.
//!
//! All references lie within one mapping, so 32-bit distances reach, and addresses that code wants from a table get one (the *global offset
//! table*) behind the data.
//!
//! Invariant: no file makes [`read`] panic, or allocate more than [`LIMIT`] and a small multiple of its size. What its code does is
//! another matter: whoever loads an object trusts it as any program.
//! Absent: other processors than x86-64. Cross-built executables do not need this.

mod map;
#[cfg(test)]
mod tests;

use super::aot::code_sizes;
use abi::image::{self, AotImage, Image, ModuleKind};
use goblin::elf::section_header::{SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHT_NOBITS, SHT_RELA};
use goblin::elf::{Elf, header, reloc, sym};
use heap::Vm;
use ir::tree::Packed;
use std::collections::HashMap;
use std::mem::offset_of;

/// Bytes that an object may take in memory.
const LIMIT: u64 = 256 << 20;
/// Pages that are protected differently begin at multiples of this.
const PAGE: u64 = 4096;
/// Name of the image's head.
const HEAD: &str = "kiln_image";
/// What stands for a function that nobody calls: `ud2`.
const TRAP: [u8; 2] = [0x0f, 0x0b];

/// An object, ready to be put at an address.
struct Laid {
    /// Its memory, not relocated: code, then data.
    bytes: Vec<u8>,
    /// Bytes of code, in whole pages.
    code: usize,
    fixes: Vec<Fix>,
    /// Offset of the image's head.
    head: usize,
}

/// A place that depends on addresses.
struct Fix {
    at: usize,
    how: How,
    /// Offset of what is referred to.
    target: u64,
    addend: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// The address, 64 bits.
    Address,
    /// The distance, 32 bits.
    Distance,
}

/// Loads the trees of an object; returns how many there are. The error is a message.
pub fn load(vm: &mut Vm, file: &[u8]) -> Result<usize, String> {
    if !cfg!(target_arch = "x86_64") {
        return Err("object files are not loaded on this processor".into());
    }
    map::install(vm, &read(file)?)
}

fn malformed(what: &str) -> String {
    format!("malformed object file: {what}")
}

/// Reads an object file.
fn read(file: &[u8]) -> Result<Laid, String> {
    let elf = Elf::parse(file).map_err(|e| malformed(&e.to_string()))?;
    if !elf.is_64 || !elf.little_endian || elf.header.e_machine != header::EM_X86_64 {
        return Err("object file for another processor".into());
    }
    if elf.header.e_type != header::ET_REL {
        return Err("no object file: `kiln build --emit obj` makes one".into());
    }
    let mut l = Layout { bytes: Vec::new(), places: HashMap::new() };
    let executable = |flags: u64| flags & u64::from(SHF_EXECINSTR) != 0;
    l.place(&elf, file, executable)?;
    let trap = l.append(&TRAP, 16)?;
    l.append(&[], PAGE)?;
    let code = l.bytes.len();
    l.place(&elf, file, |flags| !executable(flags))?;
    let mut fixes = Vec::new();
    let mut table = HashMap::new();
    for (n, list) in &elf.shdr_relocs {
        let header = elf.section_headers.get(*n).ok_or_else(|| malformed("section of relocations"))?;
        let Some(&(start, size)) = l.places.get(&(header.sh_info as usize)) else { continue };
        if header.sh_type != SHT_RELA {
            return Err(malformed("relocations without addends"));
        }
        for r in list.iter() {
            let target = l.symbol(&elf, r.r_sym, trap)?;
            let (how, bytes, indirect) = match r.r_type {
                reloc::R_X86_64_64 => (How::Address, 8, false),
                reloc::R_X86_64_PC32 | reloc::R_X86_64_PLT32 => (How::Distance, 4, false),
                reloc::R_X86_64_GOTPCREL | reloc::R_X86_64_GOTPCRELX | reloc::R_X86_64_REX_GOTPCRELX => {
                    (How::Distance, 4, true)
                }
                n => return Err(format!("object file with relocations of unknown kind {n}")),
            };
            if r.r_offset.checked_add(bytes).is_none_or(|end| end > size) {
                return Err(malformed("relocation outside of its section"));
            }
            let target = match indirect {
                false => target,
                true => match table.get(&r.r_sym) {
                    Some(word) => *word,
                    None => {
                        let word = l.append(&[0; 8], 8)?;
                        fixes.push(Fix { at: word as usize, how: How::Address, target, addend: 0 });
                        table.insert(r.r_sym, word);
                        word
                    }
                },
            };
            fixes.push(Fix { at: (start + r.r_offset) as usize, how, target, addend: r.r_addend.unwrap_or(0) });
        }
    }
    let head = elf.syms.iter().enumerate().find(|(_, s)| elf.strtab.get_at(s.st_name) == Some(HEAD));
    let (head, _) = head.ok_or("no image of kiln in this object file")?;
    let head = l.symbol(&elf, head, trap)? as usize;
    if l.bytes.len().checked_sub(head).is_none_or(|n| n < size_of::<AotImage>()) {
        return Err(malformed("the image's head"));
    }
    Ok(Laid { bytes: l.bytes, code, fixes, head })
}

/// Sections that have their place.
struct Layout {
    bytes: Vec<u8>,
    /// Offset and size by index.
    places: HashMap<usize, (u64, u64)>,
}

impl Layout {
    /// Adds bytes at a multiple of `align`; returns their offset.
    fn append(&mut self, bytes: &[u8], align: u64) -> Result<u64, String> {
        let at = self.room(bytes.len() as u64, align)?;
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(at)
    }

    /// Adds zeros at a multiple of `align`; returns their offset.
    fn room(&mut self, size: u64, align: u64) -> Result<u64, String> {
        if align > PAGE || !align.is_power_of_two() {
            return Err(malformed("alignment of a section"));
        }
        let at = (self.bytes.len() as u64).next_multiple_of(align);
        let end = at.checked_add(size).filter(|end| *end <= LIMIT).ok_or("object file that takes too much memory")?;
        self.bytes.resize(end as usize, 0);
        Ok(at)
    }

    /// Adds the sections that are kept in memory and whose flags `wanted` likes.
    fn place(&mut self, elf: &Elf<'_>, file: &[u8], wanted: impl Fn(u64) -> bool) -> Result<(), String> {
        for (n, s) in elf.section_headers.iter().enumerate() {
            if s.sh_flags & u64::from(SHF_ALLOC) == 0 || !wanted(s.sh_flags) {
                continue;
            }
            if s.sh_flags & u64::from(SHF_TLS) != 0 {
                return Err(malformed("memory of threads"));
            }
            let at = match s.sh_type {
                SHT_NOBITS => self.room(s.sh_size, s.sh_addralign.max(1))?,
                _ => {
                    let from = usize::try_from(s.sh_offset).ok().and_then(|at| file.get(at..));
                    let bytes = from.and_then(|f| f.get(..usize::try_from(s.sh_size).ok()?));
                    self.append(bytes.ok_or_else(|| malformed("section outside of the file"))?, s.sh_addralign.max(1))?
                }
            };
            self.places.insert(n, (at, s.sh_size));
        }
        Ok(())
    }

    /// Returns the offset of a symbol. The runtime's entry is a trap.
    fn symbol(&self, elf: &Elf<'_>, n: usize, trap: u64) -> Result<u64, String> {
        let s = elf.syms.get(n).ok_or_else(|| malformed("number of a symbol"))?;
        let name = elf.strtab.get_at(s.st_name).unwrap_or("?");
        if s.st_shndx == 0 {
            return match name {
                image::ENTRY => Ok(trap),
                _ => Err(format!("object file that needs '{name}', which is not here")),
            };
        }
        let place = self.places.get(&s.st_shndx).filter(|_| s.st_type() != sym::STT_TLS);
        match place {
            Some((at, size)) if s.st_value <= *size => Ok(at + s.st_value),
            _ => Err(malformed(&format!("place of symbol '{name}'"))),
        }
    }
}

impl Laid {
    /// Returns the memory as it is to be at an address.
    fn at(&self, base: u64) -> Result<Vec<u8>, String> {
        let mut out = self.bytes.clone();
        for f in &self.fixes {
            let to = base.wrapping_add(f.target).wrapping_add_signed(f.addend);
            match f.how {
                How::Address => out[f.at..f.at + 8].copy_from_slice(&to.to_le_bytes()),
                How::Distance => {
                    let distance = to.wrapping_sub(base.wrapping_add(f.at as u64)) as i64;
                    let d = i32::try_from(distance).map_err(|_| malformed("distance of a relocation"))?;
                    out[f.at..f.at + 4].copy_from_slice(&d.to_le_bytes());
                }
            }
        }
        Ok(out)
    }
}

/// What the head of an image in memory says, with all addresses as offsets.
#[derive(Debug)]
struct Found {
    /// The text of the trees: offset and length.
    text: (usize, usize),
    /// The manifest: the same.
    manifest: (usize, usize),
    /// The rows of the trees.
    rows: usize,
    count: usize,
}

/// Looks for the trees in relocated memory.
fn find(memory: &[u8], base: u64, head: usize, code: usize) -> Result<Found, String> {
    let word = |at: usize| u64::from_le_bytes(memory[at..at + 8].try_into().unwrap_or([0; 8]));
    let field = |offset: usize| word(head + offset);
    let half = |offset: usize| field(offset) as u32;
    let other = || "object file of another version of kiln".to_string();
    if field(offset_of!(AotImage, magic)) != image::MAGIC_WORD
        || half(offset_of!(AotImage, version)) != image::VERSION
        || field(offset_of!(AotImage, fingerprint)) != image::FINGERPRINT
    {
        return Err(other());
    }
    let inside = |address: u64, bytes: u64| {
        let at = address.checked_sub(base)?;
        (at.checked_add(bytes)? <= memory.len() as u64).then_some(at as usize)
    };
    let length = field(offset_of!(AotImage, payload_len));
    let payload = inside(field(offset_of!(AotImage, payload)), length).ok_or_else(|| malformed("the payload"))?;
    let image = Image::parse(&memory[payload..payload + length as usize]).map_err(|e| e.to_string())?;
    if image.fingerprint != image::FINGERPRINT {
        return Err(other());
    }
    let traces = image.modules.iter().find(|m| m.kind == ModuleKind::Traces);
    let text = traces.map_or(&[][..], |m| m.code);
    Packed::parse(text).ok_or_else(|| malformed("text of the trees"))?;
    let count = u64::from(half(offset_of!(AotImage, trace_count)));
    let rows = match count {
        0 => 0,
        n => inside(field(offset_of!(AotImage, traces)), n * 16).ok_or_else(|| malformed("the table of trees"))?,
    };
    let mut sizes = code_sizes(image.manifest);
    for row in 0..count as usize {
        let at = |k: usize| inside(word(rows + row * 16 + k * 8), 8);
        let size = sizes.next().flatten().ok_or_else(|| malformed("size of a tree's code"))?;
        if at(0).and_then(|at| at.checked_add(size)).is_none_or(|end| end > code)
            || at(1).is_none_or(|at| at < code || at % 8 != 0)
        {
            return Err(malformed("a row of the table of trees"));
        }
    }
    let place = |part: &[u8]| match part.len() {
        0 => (0, 0),
        n => (part.as_ptr() as usize - memory.as_ptr() as usize, n),
    };
    Ok(Found { text: place(text), manifest: place(image.manifest), rows, count: count as usize })
}
