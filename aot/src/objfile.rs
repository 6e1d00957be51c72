//! Makes one relocatable object of several, as `ld -r` does, for any target and without a linker.
//!
//! Sections of equal name, type and flags are put behind each other. Symbols keep their places in them; a symbol that one object defines and
//! another asks for becomes one. Objects here are LLVM's: relocations with addends, no groups, no common symbols.

use goblin::elf::Elf;
use goblin::elf::section_header::{SHF_GROUP, SHF_INFO_LINK, SHF_MERGE, SHF_STRINGS, SHN_ABS, SHN_UNDEF};
use goblin::elf::section_header::{SHT_NOBITS, SHT_NOTE, SHT_PROGBITS, SHT_RELA};
use goblin::elf::sym::{STB_LOCAL, STB_WEAK, STT_FILE, STT_FUNC, STT_OBJECT, STT_SECTION};
use object::elf::{RelocationType, SectionType, SymbolInfo, SymbolOther};
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, FileFlags, RelocationFlags, SectionFlags, SectionKind, SymbolFlags,
    SymbolKind, SymbolScope,
};
use std::collections::HashMap;

/// An object that grows.
struct Merger<'a> {
    out: Object<'a>,
    /// Sections by name, type and flags.
    sections: HashMap<(Vec<u8>, u32, u64), SectionId>,
    globals: HashMap<Vec<u8>, SymbolId>,
}

/// Makes one object of several for the same machine.
pub fn merge(objects: &[&[u8]]) -> Result<Vec<u8>, String> {
    let parsed: Result<Vec<_>, _> = objects.iter().map(|o| Elf::parse(o)).collect();
    let parsed = parsed.map_err(|e| format!("malformed object: {e}"))?;
    let first = parsed.first().ok_or("there is no object")?;
    let architecture = match first.header.e_machine {
        62 => Architecture::X86_64,
        183 => Architecture::Aarch64,
        258 => Architecture::LoongArch64,
        n => return Err(format!("objects for machine {n}")),
    };
    let mut m = Merger {
        out: Object::new(BinaryFormat::Elf, architecture, Endianness::Little),
        sections: HashMap::new(),
        globals: HashMap::new(),
    };
    m.out.flags = FileFlags::Elf {
        os_abi: object::elf::ELFOSABI_NONE,
        abi_version: 0,
        e_flags: object::elf::FileFlags(first.header.e_flags),
    };
    for (elf, bytes) in parsed.iter().zip(objects) {
        m.add(elf, bytes)?;
    }
    m.out.write().map_err(|e| e.to_string())
}

impl Merger<'_> {
    fn add(&mut self, elf: &Elf<'_>, bytes: &[u8]) -> Result<(), String> {
        let mut places = HashMap::new();
        for (i, s) in elf.section_headers.iter().enumerate() {
            if !matches!(s.sh_type, SHT_PROGBITS | SHT_NOBITS | SHT_NOTE) || s.sh_flags & u64::from(SHF_GROUP) != 0 {
                continue;
            }
            // Merging by content needs sizes of elements, which sections of several objects may not share.
            let flags = s.sh_flags & !u64::from(SHF_MERGE | SHF_STRINGS | SHF_INFO_LINK);
            let name = elf.shdr_strtab.get_at(s.sh_name).unwrap_or_default().as_bytes().to_vec();
            let id = self.section(name, s.sh_type, flags);
            let align = s.sh_addralign.max(1);
            let at = if s.sh_type == SHT_NOBITS {
                self.out.append_section_bss(id, s.sh_size, align)
            } else {
                let data = s.file_range().and_then(|r| bytes.get(r)).ok_or("a section lacks bytes")?;
                self.out.append_section_data(id, data, align)
            };
            places.insert(i, (id, at));
        }
        let mut symbols = Vec::new();
        for s in elf.syms.iter() {
            symbols.push(self.symbol(elf, &s, &places)?);
        }
        for (i, s) in elf.section_headers.iter().enumerate().filter(|(_, s)| s.sh_type == SHT_RELA) {
            let Some(&(id, at)) = places.get(&(s.sh_info as usize)) else { continue };
            let list = elf.shdr_relocs.iter().find(|(n, _)| *n == i).ok_or("relocations are missing")?;
            for r in list.1.iter() {
                let (symbol, shift) =
                    symbols.get(r.r_sym).copied().flatten().ok_or("a relocation names a symbol that is not there")?;
                let relocation = Relocation {
                    offset: at + r.r_offset,
                    symbol,
                    addend: r.r_addend.unwrap_or(0) + shift as i64,
                    flags: RelocationFlags::Elf { r_type: RelocationType(r.r_type) },
                };
                self.out.add_relocation(id, relocation).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    fn section(&mut self, name: Vec<u8>, kind: u32, flags: u64) -> SectionId {
        let out = &mut self.out;
        *self.sections.entry((name.clone(), kind, flags)).or_insert_with(|| {
            let plain = if kind == SHT_NOBITS { SectionKind::UninitializedData } else { SectionKind::Data };
            let id = out.add_section(Vec::new(), name, plain);
            *out.section_flags_mut(id) =
                SectionFlags::Elf { sh_type: SectionType(kind), sh_flags: object::elf::SectionFlags(flags) };
            id
        })
    }

    /// Adds a symbol; returns it, and what addends of relocations against it grow by.
    fn symbol(
        &mut self,
        elf: &Elf<'_>,
        s: &goblin::elf::Sym,
        places: &HashMap<usize, (SectionId, u64)>,
    ) -> Result<Option<(SymbolId, u64)>, String> {
        let place = places.get(&s.st_shndx).copied();
        if s.st_type() == STT_SECTION {
            return Ok(place.map(|(id, at)| (self.out.section_symbol(id), at)));
        }
        let name = elf.strtab.get_at(s.st_name).unwrap_or_default().as_bytes().to_vec();
        if s.st_type() == STT_FILE || (name.is_empty() && s.st_shndx == SHN_UNDEF as usize) {
            return Ok(None);
        }
        let section = match (place, s.st_shndx as u32) {
            (Some((id, _)), _) => SymbolSection::Section(id),
            (None, SHN_ABS) => SymbolSection::Absolute,
            (None, SHN_UNDEF) => SymbolSection::Undefined,
            _ => return Err(format!("symbol '{}' is in no section", String::from_utf8_lossy(&name))),
        };
        let local = s.st_bind() == STB_LOCAL;
        let symbol = Symbol {
            name: name.clone(),
            value: s.st_value + place.map_or(0, |(_, at)| at),
            size: s.st_size,
            kind: match s.st_type() {
                STT_FUNC => SymbolKind::Text,
                STT_OBJECT => SymbolKind::Data,
                _ => SymbolKind::Label,
            },
            scope: if local { SymbolScope::Compilation } else { SymbolScope::Linkage },
            weak: s.st_bind() == STB_WEAK,
            section,
            flags: SymbolFlags::Elf { st_info: SymbolInfo(s.st_info), st_other: SymbolOther(s.st_other) },
        };
        if local {
            return Ok(Some((self.out.add_symbol(symbol), 0)));
        }
        let Some(&id) = self.globals.get(&name) else {
            let id = self.out.add_symbol(symbol);
            self.globals.insert(name, id);
            return Ok(Some((id, 0)));
        };
        if section != SymbolSection::Undefined {
            if !self.out.symbol(id).is_undefined() {
                return Err(format!("symbol '{}' is defined twice", String::from_utf8_lossy(&name)));
            }
            *self.out.symbol_mut(id) = symbol;
        }
        Ok(Some((id, 0)))
    }
}
