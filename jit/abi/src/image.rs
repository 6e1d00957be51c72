//! The image a native executable holds: its modules as bytecode, the build manifest, the table of precompiled traces.
//!
//! There are two parts. The *head* ([`AotImage`]) is a struct that `main` passes to the runtime: it has pointers, so the linker
//! and the dynamic loader finish it. The *payload* has none: lengths and bytes, little endian, in a section of its own
//! ([`SECTION`]), so that an executable's modules can be read back from the file alone, on any machine, stripped or not.
//!
//! ```text
//! payload = magic[8] version:u32 module_count:u32 fingerprint:u64 manifest_len:u64
//!           { kind:u32 name_len:u32 code_len:u64 } * module_count
//!           manifest { name code } * module_count
//! ```
//!
//! Invariant: exactly one module is of kind `Main`, and it is the first.
//! Invariant: [`Image::parse`] accepts only what [`Image::encode`] can make; no input makes it panic or allocate more than
//! a small multiple of the input's size.

use crate::builtins::NAMES;
use crate::content;
use crate::hash::Sum;
use crate::layout::LAYOUTS;
use crate::support::Helper;
use crate::vmfield;

/// First bytes of head and payload.
pub const MAGIC: [u8; 8] = *b"KilnImg\0";
/// Version of the format below.
pub const VERSION: u32 = 6;
/// Name of the section that holds the payload.
pub const SECTION: &str = ".kiln.image";
/// Name of the runtime's entry: `extern "C" fn(argc: i32, argv: *const *const u8, image: *const AotImage) -> i32`.
pub const ENTRY: &str = "rt_main";

/// Calls the macro `$m` with every field of the head: name, type, byte offset, kind of constant.
#[macro_export]
macro_rules! for_each_image_field {
    ($m:ident) => {
        $m! {
            /// [`MAGIC`], as a number in the machine's byte order.
            magic: u64, 0, U64;
            /// [`VERSION`].
            version: u32, 8, U32;
            /// Number of rows of the trace table.
            trace_count: u32, 12, U32;
            /// [`FINGERPRINT`] of the layouts that the compiled code relies on.
            fingerprint: u64, 16, U64;
            /// The payload.
            payload: *const u8, 24, Ptr;
            /// Bytes of the payload.
            payload_len: u64, 32, U64;
            /// The trace table, rows of [`AotTree`](crate::image::AotTree); null if there are none.
            traces: *const u8, 40, Ptr;
            /// Bits of [`flag`](crate::image::flag).
            flags: u64, 48, U64;
        }
    };
}

macro_rules! define_head {
    ($($(#[$doc:meta])* $name:ident: $t:ty, $off:literal, $kind:ident;)*) => {
        /// The head of an image, as `main` passes it.
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        pub struct AotImage {
            $($(#[$doc])* pub $name: $t,)*
        }
        $(const _: () = assert!(std::mem::offset_of!(AotImage, $name) == $off);)*
    };
}
for_each_image_field!(define_head);

const _: () = assert!(size_of::<AotImage>() == 56);

/// What the head says of a program.
pub mod flag {
    /// Nothing is compiled while it runs: memory for code is not asked for.
    pub const NO_JIT: u64 = 1;
}

/// A row of the trace table.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AotTree {
    /// The code: called as all compiled code is.
    pub code: *const u8,
    /// The table of constants, filled by the runtime.
    pub table: *mut u64,
}

/// [`MAGIC`] as the head stores it.
pub const MAGIC_WORD: u64 = u64::from_le_bytes(MAGIC);

/// Hash of what compiled code and runtime must agree on: fields of objects and of the machine, helpers, numbers of builtins, how
/// functions are named.
pub const FINGERPRINT: u64 = layout_fingerprint();

const fn layout_fingerprint() -> u64 {
    let mut h = Sum::new();
    let mut i = 0;
    while i < LAYOUTS.len() {
        let l = &LAYOUTS[i];
        h = h.bytes(l.name.as_bytes()).u64(l.size as u64);
        let mut j = 0;
        while j < l.fields.len() {
            let f = &l.fields[j];
            h = h.bytes(f.name.as_bytes()).u64(f.offset as u64).bytes(f.class.as_bytes());
            j += 1;
        }
        i += 1;
    }
    let mut i = 0;
    while i < vmfield::ALL.len() {
        h = h.bytes(vmfield::ALL[i].0.as_bytes()).u64(vmfield::ALL[i].1 as u64);
        i += 1;
    }
    let mut i = 0;
    while i < Helper::ROWS.len() {
        let row = &Helper::ROWS[i];
        h = h.bytes(row.name.as_bytes()).u64(row.fails as u64).u64(row.ret as u64);
        let mut j = 0;
        while j < row.args.len() {
            h = h.u64(row.args[j] as u64);
            j += 1;
        }
        i += 1;
    }
    // Compiled code knows builtins by their numbers.
    let mut i = 0;
    while i < NAMES.len() {
        h = h.bytes(NAMES[i].as_bytes()).u64(i as u64);
        i += 1;
    }
    h.u64(content::VERSION).finish()
}

/// What a module of an image is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum ModuleKind {
    /// The program.
    Main = 0,
    /// A module that `require` finds by its name.
    Lua = 1,
    /// Text of the precompiled trees, packed, in the order of the trace table.
    Traces = 2,
}

impl ModuleKind {
    /// Returns the name that listings show.
    pub const fn name(self) -> &'static str {
        match self {
            ModuleKind::Main => "main",
            ModuleKind::Lua => "lua",
            ModuleKind::Traces => "traces",
        }
    }

    const fn from_u32(n: u32) -> Option<ModuleKind> {
        match n {
            0 => Some(ModuleKind::Main),
            1 => Some(ModuleKind::Lua),
            2 => Some(ModuleKind::Traces),
            _ => None,
        }
    }
}

/// One module of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Module<'a> {
    /// What it is.
    pub kind: ModuleKind,
    /// The name `require` uses; for the program, its script's name.
    pub name: &'a [u8],
    /// A bytecode dump.
    pub code: &'a [u8],
}

/// A payload, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image<'a> {
    /// [`FINGERPRINT`] of the compiler that made it.
    pub fingerprint: u64,
    /// Build manifest: text, one fact a line.
    pub manifest: &'a [u8],
    /// The modules, the program first.
    pub modules: Vec<Module<'a>>,
}

/// Why bytes are not an image this version reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageError {
    /// The magic is missing.
    NotAnImage,
    /// Another version of the format.
    Version(u32),
    /// The bytes end too early.
    Truncated,
    /// A field has a value it cannot have: which.
    Malformed(&'static str),
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ImageError::NotAnImage => f.write_str("not a Kiln image"),
            ImageError::Version(v) => write!(f, "image version {v}, this program reads version {VERSION}"),
            ImageError::Truncated => f.write_str("truncated image"),
            ImageError::Malformed(what) => write!(f, "malformed image: {what}"),
        }
    }
}

impl std::error::Error for ImageError {}

const HEAD_LEN: usize = 32;
const ROW_LEN: usize = 16;

/// Splits `n` bytes off the front of `rest`.
fn take<'a>(rest: &mut &'a [u8], n: u64) -> Result<&'a [u8], ImageError> {
    let n = usize::try_from(n).map_err(|_| ImageError::Truncated)?;
    let (head, tail) = rest.split_at_checked(n).ok_or(ImageError::Truncated)?;
    *rest = tail;
    Ok(head)
}

fn take_u32(rest: &mut &[u8]) -> Result<u32, ImageError> {
    let b = take(rest, 4)?;
    Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn take_u64(rest: &mut &[u8]) -> Result<u64, ImageError> {
    Ok(u64::from(take_u32(rest)?) | u64::from(take_u32(rest)?) << 32)
}

impl<'a> Image<'a> {
    /// Takes a payload apart. Bytes behind its end are ignored (linkers pad sections).
    pub fn parse(bytes: &'a [u8]) -> Result<Image<'a>, ImageError> {
        let mut rest = bytes;
        if take(&mut rest, 8) != Ok(&MAGIC) {
            return Err(ImageError::NotAnImage);
        }
        let version = take_u32(&mut rest)?;
        if version != VERSION {
            return Err(ImageError::Version(version));
        }
        let count = take_u32(&mut rest)?;
        let fingerprint = take_u64(&mut rest)?;
        let manifest_len = take_u64(&mut rest)?;
        let mut rows = take(&mut rest, u64::from(count) * ROW_LEN as u64)?;
        let manifest = take(&mut rest, manifest_len)?;
        let mut modules = Vec::with_capacity(count as usize);
        while !rows.is_empty() {
            let kind = ModuleKind::from_u32(take_u32(&mut rows)?).ok_or(ImageError::Malformed("kind of a module"))?;
            if (kind == ModuleKind::Main) != modules.is_empty() {
                return Err(ImageError::Malformed("place of the main module"));
            }
            let (name_len, code_len) = (take_u32(&mut rows)?, take_u64(&mut rows)?);
            let name = take(&mut rest, u64::from(name_len))?;
            modules.push(Module { kind, name, code: take(&mut rest, code_len)? });
        }
        if modules.is_empty() {
            return Err(ImageError::Malformed("no main module"));
        }
        Ok(Image { fingerprint, manifest, modules })
    }

    /// Makes the payload. A name longer than 4 GiB is cut off.
    pub fn encode(&self) -> Vec<u8> {
        let size: usize = self.modules.iter().map(|m| ROW_LEN + m.name.len() + m.code.len()).sum();
        let mut out = Vec::with_capacity(HEAD_LEN + self.manifest.len() + size);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(self.modules.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.fingerprint.to_le_bytes());
        out.extend_from_slice(&(self.manifest.len() as u64).to_le_bytes());
        for m in &self.modules {
            out.extend_from_slice(&(m.kind as u32).to_le_bytes());
            out.extend_from_slice(&(m.name.len() as u32).to_le_bytes());
            out.extend_from_slice(&(m.code.len() as u64).to_le_bytes());
        }
        out.extend_from_slice(self.manifest);
        for m in &self.modules {
            out.extend_from_slice(&m.name[..m.name.len().min(u32::MAX as usize)]);
            out.extend_from_slice(m.code);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Image<'static> {
        Image {
            fingerprint: FINGERPRINT,
            manifest: b"kiln 1\n",
            modules: vec![
                Module { kind: ModuleKind::Main, name: b"app.lua", code: b"\x1bLJ" },
                Module { kind: ModuleKind::Lua, name: b"a.b", code: b"" },
            ],
        }
    }

    #[test]
    fn round_trip_with_padding() {
        let mut bytes = sample().encode();
        assert_eq!(Image::parse(&bytes), Ok(sample()));
        bytes.extend_from_slice(&[0; 16]);
        assert_eq!(Image::parse(&bytes), Ok(sample()));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let bytes = sample().encode();
        for n in 0..bytes.len() {
            assert!(Image::parse(&bytes[..n]).is_err(), "{n} of {} bytes", bytes.len());
        }
    }

    #[test]
    fn every_changed_byte_is_an_error_or_an_image() {
        let bytes = sample().encode();
        for i in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut b = bytes.clone();
                b[i] ^= flip;
                if let Ok(image) = Image::parse(&b) {
                    assert_eq!(image.encode(), b[..image.encode().len()], "byte {i}");
                }
            }
        }
    }

    #[test]
    fn huge_counts_do_not_allocate() {
        let mut b = sample().encode();
        b[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Image::parse(&b), Err(ImageError::Truncated));
        let mut b = sample().encode();
        b[24..32].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(Image::parse(&b), Err(ImageError::Truncated));
    }

    #[test]
    fn the_main_module_is_the_first_and_only() {
        let mut two = sample();
        two.modules[1].kind = ModuleKind::Main;
        assert_eq!(Image::parse(&two.encode()), Err(ImageError::Malformed("place of the main module")));
        two.modules.clear();
        assert_eq!(Image::parse(&two.encode()), Err(ImageError::Malformed("no main module")));
    }
}
