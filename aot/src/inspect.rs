//! Reads the image back from an executable or object file.
//!
//! Invariant: any input gives a report or an error of one line: sizes are checked by `goblin` and by the image's parser.

use crate::manifest::{self, field};
use crate::plan::os_message;
use crate::target::Target;
use abi::image::{self, Image, ImageError};
use goblin::elf::Elf;
use std::fmt::Write;
use std::path::Path;

/// An executable's image and the machine it is for.
#[derive(Debug)]
pub struct Inspected<'a> {
    /// `e_machine` of the file.
    pub machine: u16,
    /// The image.
    pub image: Image<'a>,
}

/// Finds the image in a file's bytes.
pub fn find_image(bytes: &[u8]) -> Result<Inspected<'_>, String> {
    let foreign = || "not an executable that kiln built".to_string();
    if !bytes.starts_with(b"\x7fELF") {
        return Err(foreign());
    }
    let elf = Elf::parse(bytes).map_err(|e| format!("malformed ELF file: {e}"))?;
    let section = elf
        .section_headers
        .iter()
        .find(|s| elf.shdr_strtab.get_at(s.sh_name) == Some(image::SECTION))
        .ok_or_else(foreign)?;
    let payload = section.file_range().and_then(|r| bytes.get(r)).ok_or(ImageError::Truncated.to_string())?;
    let image = Image::parse(payload).map_err(|e| e.to_string())?;
    Ok(Inspected { machine: elf.header.e_machine, image })
}

/// How an image is described.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// For people.
    People,
    /// For programs.
    Json,
    /// The manifest as it is stored.
    Manifest,
}

/// Reads `path` and describes its image.
pub fn inspect(path: &Path, style: Style) -> Result<String, String> {
    let refuse = |e: String| format!("{}: {e}", path.display());
    let metadata = std::fs::metadata(path).map_err(|e| refuse(os_message(&e)))?;
    if !metadata.is_file() {
        return Err(refuse("not a regular file".to_string()));
    }
    let bytes = std::fs::read(path).map_err(|e| refuse(os_message(&e)))?;
    let found = find_image(&bytes).map_err(refuse)?;
    Ok(match style {
        Style::Manifest => String::from_utf8_lossy(found.image.manifest).into_owned(),
        _ => report(path, bytes.len(), &found),
    })
}

/// Describes an image for people.
fn report(path: &Path, size: usize, found: &Inspected<'_>) -> String {
    let facts = manifest::parse(found.image.manifest);
    let fact = |key: &str| facts.iter().find(|f| f.key == key).and_then(|f| f.fields.first().copied());
    let target = Target::of_elf_machine(found.machine).map_or("an unknown machine", |t| t.triple);
    let layout =
        if found.image.fingerprint == image::FINGERPRINT { "that of this version" } else { "another version's" };
    let code: usize = found.image.modules.iter().map(|m| m.code.len()).sum();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{}: built by kiln {} for {target}, {size} bytes",
        path.display(),
        clean(fact("kiln").unwrap_or("?"))
    );
    let _ = writeln!(out, "layout {:016x}, {layout}", found.image.fingerprint);
    let count = found.image.modules.len();
    let _ = writeln!(out, "{count} module{}, {code} bytes of bytecode", if count == 1 { "" } else { "s" });
    let width = found.image.modules.iter().map(|m| field(m.name).len()).max().unwrap_or(0).min(40);
    for m in &found.image.modules {
        let source = facts.iter().find(|f| {
            f.key == "source" && f.fields.first() == Some(&m.kind.name()) && f.fields.get(1) == Some(&&*field(m.name))
        });
        let part = |i: usize| source.and_then(|f| f.fields.get(i)).map_or_else(|| "?".to_string(), |s| clean(s));
        let _ = writeln!(
            out,
            "  {:<4} {:width$} {:>8} bytes  from {}, {} bytes, hash {}",
            m.kind.name(),
            field(m.name),
            m.code.len(),
            part(2),
            part(4),
            part(3)
        );
    }
    for f in facts.iter().filter(|f| f.key == "missing" || f.key == "option") {
        let _ = writeln!(out, "{} {}", f.key, clean(&f.fields.join(" ")));
    }
    out
}

/// Returns text without control characters: a manifest may be anyone's.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
