//! Types of output: the dump itself, C source, C header, ELF object file.
//!
//! The last three hold the dump as an array `luaJIT_BC_<module>`, by which `require` finds it in an executable.

use object::write::{Object, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, FileFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf,
};
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

/// What symbols start with.
const PREFIX: &str = "luaJIT_BC_";
/// Object files for LoongArch: doubles in registers, version 1 of the object format.
const LOONGARCH_FLAGS: elf::FileFlags = elf::FileFlags(0x43);

/// Type of output, and its architecture where that matters.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) form: Form,
    pub(super) arch: Arch,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Raw,
    C,
    Header,
    Elf,
}

#[derive(Clone, Copy)]
pub(super) enum Arch {
    X64,
    Arm64,
    LoongArch64,
}

impl Form {
    pub(super) fn parse(name: &OsStr) -> Result<Form, String> {
        match name.to_ascii_lowercase().to_str() {
            Some("raw") => Ok(Form::Raw),
            Some("c") => Ok(Form::C),
            Some("h") => Ok(Form::Header),
            Some("o" | "obj") => Ok(Form::Elf),
            _ => Err("unknown file type".to_string()),
        }
    }

    /// Returns the form that the extension of an output file asks for.
    pub(super) fn of_output(path: &Path) -> Form {
        path.extension().and_then(|e| Form::parse(e).ok()).unwrap_or(Form::Raw)
    }

    /// Returns the extension of files in a compiled tree.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Form::Raw => "luac",
            Form::C => "c",
            Form::Header => "h",
            Form::Elf => "o",
        }
    }
}

impl Arch {
    pub(super) fn parse(name: &OsStr) -> Result<Arch, String> {
        match name.to_ascii_lowercase().to_str() {
            Some("x64" | "x86_64") => Ok(Arch::X64),
            Some("arm64" | "aarch64") => Ok(Arch::Arm64),
            Some("loongarch64") => Ok(Arch::LoongArch64),
            _ => Err("unknown architecture".to_string()),
        }
    }

    /// Returns the architecture of this machine.
    pub(super) fn host() -> Option<Arch> {
        Arch::parse(OsStr::new(std::env::consts::ARCH)).ok()
    }
}

/// Says whether a module name may contain the byte.
pub(super) fn is_module_char(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-')
}

/// Returns the part of a symbol for a module name; `None` if it contains anything but letters, digits, `_`, `.` and `-`.
pub(super) fn symbol_part(name: &[u8]) -> Option<String> {
    let legal = !name.is_empty() && name.iter().all(|&c| is_module_char(c));
    legal.then(|| name.iter().map(|&c| if c == b'.' || c == b'-' { '_' } else { char::from(c) }).collect())
}

/// Wraps a dump.
pub(super) fn wrap(dump: Vec<u8>, target: Target, module: Option<&str>) -> Result<Vec<u8>, String> {
    if target.form == Form::Raw {
        return Ok(dump);
    }
    let symbol = format!("{PREFIX}{}", module.ok_or("cannot derive module name, use -n name")?);
    match target.form {
        Form::Raw => Ok(dump),
        Form::C => Ok(c_array(
            &format!(
                "#ifdef __cplusplus\nextern \"C\"\n#endif\n#ifdef _WIN32\n__declspec(dllexport)\n#endif\n\
                 const unsigned char {symbol}[] = {{\n"
            ),
            &dump,
        )),
        Form::Header => Ok(c_array(
            &format!("#define {symbol}_SIZE {}\nstatic const unsigned char {symbol}[] = {{\n", dump.len()),
            &dump,
        )),
        Form::Elf => elf_object(&symbol, &dump, target.arch),
    }
}

/// Returns bytes as decimal numbers in lines of at most 78 characters.
fn c_array(head: &str, dump: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(head.len() + dump.len() * 4);
    text.push_str(head);
    let mut width = 0;
    for (i, byte) in dump.iter().enumerate() {
        let len = 1 + byte.checked_ilog10().unwrap_or(0) as usize + 1;
        width += len;
        if width > 78 {
            text.push_str(",\n");
            width = len;
        } else if i > 0 {
            text.push(',');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte}");
    }
    text.push_str("\n};\n");
    text.into_bytes()
}

fn elf_object(symbol: &str, dump: &[u8], arch: Arch) -> Result<Vec<u8>, String> {
    let architecture = match arch {
        Arch::X64 => Architecture::X86_64,
        Arch::Arm64 => Architecture::Aarch64,
        Arch::LoongArch64 => Architecture::LoongArch64,
    };
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    if let Arch::LoongArch64 = arch {
        object.flags = FileFlags::Elf { os_abi: elf::OsAbi(0), abi_version: 0, e_flags: LOONGARCH_FLAGS };
    }
    let section = object.add_section(Vec::new(), b".rodata".to_vec(), SectionKind::ReadOnlyData);
    let id = object.add_symbol(Symbol {
        name: symbol.as_bytes().to_vec(),
        value: 0,
        size: 0,
        kind: SymbolKind::Data,
        scope: SymbolScope::Dynamic,
        weak: false,
        section: SymbolSection::Undefined,
        flags: SymbolFlags::None,
    });
    object.add_symbol_data(id, section, dump, 1);
    // Says that the stack need not be executable.
    object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    object.write().map_err(|e| format!("cannot make an object file: {e}"))
}
