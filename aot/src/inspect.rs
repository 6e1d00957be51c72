//! Reads the image back from an executable or object file.
//!
//! Invariant: any input gives a report or an error of one line: sizes are checked by `goblin` and by the image's parser.

use crate::manifest::{self, Fact, field, unfield};
use crate::plan::os_message;
use crate::select::SAMPLE;
use crate::target::Target;
use abi::image::{self, Image, ImageError, Module, ModuleKind};
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
    let facts = Facts { path, size: bytes.len(), facts: manifest::parse(found.image.manifest), found: &found };
    Ok(match style {
        Style::Manifest => String::from_utf8_lossy(found.image.manifest).into_owned(),
        Style::People => report(&facts),
        Style::Json => json(&facts),
    })
}

/// What a report tells, taken from image and manifest.
struct Facts<'a> {
    path: &'a Path,
    size: usize,
    found: &'a Inspected<'a>,
    facts: Vec<Fact<'a>>,
}

impl<'a> Facts<'a> {
    fn all(&self, key: &str) -> impl Iterator<Item = &Fact<'a>> {
        self.facts.iter().filter(move |f| f.key == key)
    }

    fn first(&self, key: &str) -> Option<&'a str> {
        self.all(key).next().and_then(|f| f.fields.first().copied())
    }

    fn target(&self) -> &'static str {
        Target::of_elf_machine(self.found.machine).map_or("an unknown machine", |t| t.triple)
    }

    fn current(&self) -> bool {
        self.found.image.fingerprint == image::FINGERPRINT
    }

    /// Modules, each with what the manifest says of its source.
    fn modules(&self) -> impl Iterator<Item = (&Module<'a>, Option<&Fact<'a>>)> {
        let modules = self.found.image.modules.iter().filter(|m| m.kind != ModuleKind::Traces);
        modules.map(|m| {
            let name = field(m.name);
            (m, self.all("source").find(|f| f.fields.get(..2) == Some(&[m.kind.name(), &name])))
        })
    }

    /// Adds up a number of all trees.
    fn sum(&self, at: usize) -> u64 {
        self.all("tree").map(|f| f.number(at)).fold(0, u64::saturating_add)
    }

    /// What the profile is worth, the compiled part of it, and what worth is.
    fn work(&self) -> (u64, u64, &'static str) {
        let f = self.all("profile").next();
        let unit = if f.is_some_and(|f| f.text(2) == "time") { "time" } else { "work" };
        f.map_or((0, 0, unit), |f| (f.number(0), f.number(1), unit))
    }
}

/// Names a number of things.
fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// Describes an image for people.
fn report(f: &Facts<'_>) -> String {
    let layout = if f.current() { "that of this version" } else { "another version's" };
    let code: usize = f.modules().map(|(m, _)| m.code.len()).sum();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };
    let version = clean(f.first("kiln").unwrap_or("?"));
    line(format_args!("{}: built by kiln {version} for {}, {} bytes", f.path.display(), f.target(), f.size));
    line(format_args!("layout {:016x}, {layout}", f.found.image.fingerprint));
    line(format_args!("{}, {code} bytes of bytecode", count(f.modules().count() as u64, "module")));
    let width = f.modules().map(|(m, _)| field(m.name).len()).max().unwrap_or(0).min(40);
    for (m, source) in f.modules() {
        let part = |i: usize| source.and_then(|f| f.fields.get(i)).map_or_else(|| "?".to_string(), |s| clean(s));
        let (kind, name, size) = (m.kind.name(), field(m.name), m.code.len());
        let (from, bytes, hash) = (part(2), part(4), part(3));
        line(format_args!("  {kind:<4} {name:width$} {size:>8} bytes  from {from}, {bytes} bytes, hash {hash}"));
    }
    let (work, covered, unit) = f.work();
    if f.all("tree").next().is_some() {
        line(format_args!(
            "{} in {}, {}, {} bytes of code for {}",
            count(f.sum(2), "trace"),
            count(f.all("tree").count() as u64, "tree"),
            count(f.sum(3), "exit"),
            f.sum(6),
            f.target()
        ));
        if f.sum(8) > 0 {
            line(format_args!("  {} of code that is loaded when it runs", count(f.sum(8), "trace")));
        }
        let width = f.all("tree").map(|t| t.text(1).len()).max().unwrap_or(0).min(40);
        let mut trees: Vec<_> = f.all("tree").collect();
        trees.sort_by_key(|t| (std::cmp::Reverse(t.number(5)), t.text(0)));
        for t in trees {
            line(format_args!(
                "  {:width$} {:>4} {:<6} {:>5} exits {:>8} bytes {:>5.1} %",
                clean(t.text(1)),
                t.number(2),
                if t.number(2) == 1 { "trace" } else { "traces" },
                t.number(3),
                t.number(6),
                percent(t.number(5), work)
            ));
        }
    }
    if f.all("profile").next().is_some() {
        let left = f.all("dropped").map(|d| d.number(1)).fold(0, u64::saturating_add);
        let left = count(left, "trace");
        let spent = f.all("spent").map(|s| s.number(1).saturating_mul(SAMPLE)).fold(0, u64::saturating_add);
        let traced = match spent {
            0 => String::new(),
            n => format!(" ({:.1} % of that in traces)", percent(covered, work.saturating_sub(n))),
        };
        line(format_args!(
            "profile: {:.1} % of its {unit} is compiled{traced}, {left} left out",
            percent(covered, work)
        ));
    }
    for d in f.all("dropped") {
        let reason = clean(&String::from_utf8_lossy(&unfield(d.text(0))));
        line(format_args!("  {:>4} {reason}, {:.1} %", d.number(1), percent(d.number(2), work)));
    }
    for m in f.all("missing") {
        line(format_args!("missing {}", clean(&m.fields.join(" "))));
    }
    let options: Vec<String> = f.all("option").map(|o| clean(&o.fields.join(" "))).collect();
    line(format_args!("options: {}", options.join(", ")));
    out
}

/// Describes an image for programs: an object of JSON on one line.
fn json(f: &Facts<'_>) -> String {
    let text = |bytes: &[u8]| quote(&String::from_utf8_lossy(bytes));
    let modules = f.modules().map(|(m, s)| {
        let part = |i: usize| s.map_or("", |f| f.text(i));
        format!(
            "{{\"kind\":\"{}\",\"name\":{},\"bytes\":{},\"source\":{},\"source_bytes\":{},\"hash\":{}}}",
            m.kind.name(),
            text(m.name),
            m.code.len(),
            text(&unfield(part(2))),
            s.map_or(0, |f| f.number(4)),
            quote(part(3))
        )
    });
    let trees = f.all("tree").map(|t| {
        let n = |i: usize| t.number(i);
        format!(
            "{{\"symbol\":{},\"place\":{},\"traces\":{},\"exits\":{},\"entries\":{},\"work\":{},\"code_bytes\":{},\"loaded\":{}}}",
            text(&unfield(t.text(0))),
            text(&unfield(t.text(1))),
            n(2),
            n(3),
            n(4),
            n(5),
            n(6),
            n(8)
        )
    });
    let dropped = f.all("dropped").map(|d| {
        let reason = text(&unfield(d.text(0)));
        format!("{{\"reason\":{reason},\"traces\":{},\"work\":{}}}", d.number(1), d.number(2))
    });
    let missing = f.all("missing").map(|m| {
        let (name, file) = (text(&unfield(m.text(0))), text(&unfield(m.text(1))));
        format!("{{\"name\":{name},\"file\":{file},\"line\":{}}}", m.number(2))
    });
    let options = f.all("option").map(|o| format!("{}:{}", quote(o.text(0)), quote(o.text(1))));
    let (work, covered, unit) = f.work();
    format!(
        "{{\"file\":{},\"kiln\":{},\"target\":{},\"bytes\":{},\"layout\":\"{:016x}\",\"current\":{},\"modules\":[{}],\"trees\":[{}],\
         \"profile\":{{\"{unit}\":{work},\"compiled\":{covered}}},\"dropped\":[{}],\"missing\":[{}],\"options\":{{{}}}}}\n",
        text(f.path.as_os_str().as_encoded_bytes()),
        quote(f.first("kiln").unwrap_or("")),
        quote(f.target()),
        f.size,
        f.found.image.fingerprint,
        f.current(),
        join(modules),
        join(trees),
        join(dropped),
        join(missing),
        join(options)
    )
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Returns text without control characters: a manifest may be anyone's.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
