//! Reads LuaJIT's dump format.
//!
//! The input may be hostile: every count is compared with the bytes that are left before anything is allocated for it, nothing
//! recurses, and functions nest no deeper than [`MAX_DEPTH`] (so that code walking prototypes may recurse).
//!
//! Invariant: no NaN gets through, so a number constant never looks like a tagged value.
//! Invariant: keys of a template table are neither nil nor equal to one another, `-0` is stored as `0`, and no key falls into the array.
//!
//! Absent: checks of the instructions, which `verify` makes; cdata constants, which are refused.

use crate::bad::{BadBytecode, Place};
use crate::format::*;
use crate::ins::Ins;
use crate::op::Op;
use crate::proto::{
    Bytes, Chunk, DebugInfo, GcConst, InternalVar, MAX_INS, MAX_SLOTS, MAX_UPVALUES, Proto, ProtoFlags, TabConst,
    TabTemplate, UpvalDesc, VarInfo, VarName,
};
use std::collections::HashSet;

/// Upper bound of the nesting of functions; LuaJIT's parser nests no deeper than 200.
pub const MAX_DEPTH: usize = 250;
/// Upper bound of the constants an operand can name.
const MAX_CONSTANTS: u32 = 0x1_0000;

type Result<T> = std::result::Result<T, BadBytecode>;

/// Says whether `bytes` starts like a dump, as opposed to source text.
pub fn is_bytecode(bytes: &[u8]) -> bool {
    bytes.first() == Some(&MAGIC[0])
}

/// Reads a dump. A stripped dump has no name of its own and gets `default_chunk_name`. The instructions are not checked yet: see
/// [`crate::verify`].
pub fn undump(bytes: &[u8], default_chunk_name: &[u8]) -> Result<Chunk> {
    let mut r = Reader { bytes, pos: 0, end: bytes.len(), big_endian: false };
    let flags = match bytes.get(..4) {
        Some([a, b, c, version]) if [*a, *b, *c] == MAGIC && *version == VERSION => {
            r.pos = 4;
            r.uleb().map_err(|_| BadBytecode::Incompatible)?
        }
        _ => return Err(BadBytecode::Incompatible),
    };
    if flags & !F_KNOWN != 0 || flags & F_FR2 == 0 {
        return Err(BadBytecode::Incompatible);
    }
    r.big_endian = flags & F_BE != 0;
    let name = if flags & F_STRIP != 0 { default_chunk_name } else { r.string()? };
    let mut stack: Vec<(Proto, usize)> = Vec::new();
    loop {
        let at = r.pos;
        let len = r.uleb()? as usize;
        if len == 0 {
            break;
        }
        if len > r.left() {
            return Err(BadBytecode::new("function longer than the dump", Place::Offset(at)));
        }
        r.end = r.pos + len;
        let proto = r.proto(flags & F_STRIP != 0, &mut stack)?;
        if r.pos != r.end {
            return r.bad("function shorter than its length says");
        }
        r.end = bytes.len();
        stack.push(proto);
    }
    if r.pos != bytes.len() {
        return r.bad("trailing bytes");
    }
    match (stack.pop(), stack.is_empty()) {
        (Some((main, _)), true) => Ok(Chunk { name: name.to_vec(), main }),
        (None, _) => r.bad("no function"),
        _ => r.bad("functions without a parent"),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// End of the current prototype, or of the input.
    end: usize,
    big_endian: bool,
}

/// An item of a template table that can be hashed; numbers are their bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Item<'a> {
    Nil,
    False,
    True,
    Num(u64),
    Str(&'a [u8]),
}

impl From<Item<'_>> for TabConst {
    fn from(item: Item<'_>) -> TabConst {
        match item {
            Item::Nil => TabConst::Nil,
            Item::False => TabConst::False,
            Item::True => TabConst::True,
            Item::Num(bits) => TabConst::Num(f64::from_bits(bits)),
            Item::Str(s) => TabConst::Str(s.into()),
        }
    }
}

impl<'a> Reader<'a> {
    fn left(&self) -> usize {
        self.end - self.pos
    }

    fn bad<T>(&self, what: &'static str) -> Result<T> {
        Err(BadBytecode::new(what, Place::Offset(self.pos)))
    }

    fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        if len > self.left() {
            return self.bad("unexpected end");
        }
        let bytes = &self.bytes[self.pos..self.pos + len];
        self.pos += len;
        Ok(bytes)
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(self.bytes(1)?[0])
    }

    /// Reads ULEB128 of at most `bits` bits.
    fn uleb_bits(&mut self, bits: u32) -> Result<u64> {
        let mut v = 0;
        let mut shift = 0;
        loop {
            let byte = self.u8()?;
            v |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
            if shift >= bits {
                return self.bad("integer too large");
            }
        }
        if v >> bits != 0 { self.bad("integer too large") } else { Ok(v) }
    }

    fn uleb(&mut self) -> Result<u32> {
        Ok(self.uleb_bits(32)? as u32)
    }

    fn string(&mut self) -> Result<&'a [u8]> {
        let len = self.uleb()?;
        self.bytes(len as usize)
    }

    fn u16s(&self, bytes: &[u8]) -> impl Iterator<Item = u16> {
        let big = self.big_endian;
        bytes.as_chunks().0.iter().map(move |b| if big { u16::from_be_bytes(*b) } else { u16::from_le_bytes(*b) })
    }

    fn u32s(&self, bytes: &[u8]) -> impl Iterator<Item = u32> {
        let big = self.big_endian;
        bytes.as_chunks().0.iter().map(move |b| if big { u32::from_be_bytes(*b) } else { u32::from_le_bytes(*b) })
    }

    /// Makes a number of two words read as ULEB128.
    fn number(&mut self, low: u32) -> Result<f64> {
        let high = self.uleb()?;
        let n = f64::from_bits(u64::from(high) << 32 | u64::from(low));
        if n.is_nan() { self.bad("number constant is a NaN") } else { Ok(n) }
    }

    /// Reads a prototype; its children are popped off `stack`. Returns it with the depth of the functions inside.
    fn proto(&mut self, strip: bool, stack: &mut Vec<(Proto, usize)>) -> Result<(Proto, usize)> {
        let flags = ProtoFlags(self.u8()?);
        let num_params = self.u8()?;
        let frame_size = self.u8()?;
        let num_upvalues = usize::from(self.u8()?);
        if flags.0 & !ProtoFlags::DUMPED != 0 {
            return self.bad("unknown function flags");
        }
        if usize::from(frame_size) > MAX_SLOTS {
            return self.bad("too many slots");
        }
        if num_upvalues > MAX_UPVALUES {
            return self.bad("too many upvalues");
        }
        let num_kgc = self.uleb()?;
        let num_knum = self.uleb()?;
        let num_bc = self.uleb()? as usize;
        if num_kgc > MAX_CONSTANTS || num_knum > MAX_CONSTANTS {
            return self.bad("too many constants");
        }
        let debug_len = if strip { 0 } else { self.uleb()? as usize };
        let (first_line, num_lines) = if debug_len > 0 { (self.uleb()?, self.uleb()?) } else { (0, 0) };
        // An instruction takes four bytes and a constant at least one, so nothing larger than the input is allocated.
        if num_bc >= MAX_INS || 4 * num_bc + 2 * num_upvalues + num_kgc as usize + num_knum as usize > self.left() {
            return self.bad("counts exceed the function's length");
        }
        let mut bc = Vec::with_capacity(num_bc + 1);
        let head = if flags.has(ProtoFlags::VARARG) { Op::FUNCV } else { Op::FUNCF };
        bc.push(Ins::ad(head, frame_size, 0));
        let code = self.bytes(4 * num_bc)?;
        bc.extend(self.u32s(code).map(Ins));
        let uv = self.bytes(2 * num_upvalues)?;
        let upvalues = self.u16s(uv).map(UpvalDesc).collect();
        let mut kgc = Vec::with_capacity(num_kgc as usize);
        let mut depth = 1;
        for _ in 0..num_kgc {
            kgc.push(match self.uleb()? {
                KGC_CHILD => {
                    let Some((child, child_depth)) = stack.pop() else { return self.bad("missing child function") };
                    depth = depth.max(child_depth + 1);
                    GcConst::Proto(Box::new(child))
                }
                KGC_TAB => GcConst::Tab(self.table()?),
                tag if tag >= KGC_STR => GcConst::Str(self.bytes((tag - KGC_STR) as usize)?.into()),
                _ => return self.bad("cdata constants are not supported"),
            });
        }
        if depth > MAX_DEPTH {
            return self.bad("functions nested too deeply");
        }
        kgc.reverse();
        let mut knum = Vec::with_capacity(num_knum as usize);
        for _ in 0..num_knum {
            let word = self.uleb_bits(33)?;
            let low = (word >> 1) as u32;
            knum.push(if word & 1 == 0 { f64::from(low as i32) } else { self.number(low)? });
        }
        let debug = if debug_len == 0 {
            None
        } else if debug_len != self.left() {
            return self.bad("debug information of another length");
        } else {
            let lines = self.lines(num_bc, first_line, num_lines)?;
            let upvalue_names = (0..num_upvalues).map(|_| self.name()).collect::<Result<_>>()?;
            let vars = self.vars(num_bc as u32 + 1)?;
            Some(DebugInfo { first_line, num_lines, lines, upvalue_names, vars })
        };
        Ok((Proto { flags, num_params, frame_size, bc, upvalues, kgc, knum, debug }, depth))
    }

    fn table(&mut self) -> Result<TabTemplate> {
        let array_len = self.uleb()? as usize;
        let hash_len = self.uleb()? as usize;
        if array_len.saturating_add(hash_len.saturating_mul(2)) > self.left() {
            return self.bad("template table exceeds the function's length");
        }
        let mut t = TabTemplate { array: Vec::with_capacity(array_len), hash: Vec::with_capacity(hash_len) };
        for _ in 0..array_len {
            t.array.push(self.item()?.into());
        }
        let mut seen = HashSet::with_capacity(hash_len);
        for _ in 0..hash_len {
            let mut key = self.item()?;
            if let Item::Num(bits) = &mut key {
                let n = f64::from_bits(*bits) + 0.0;
                *bits = n.to_bits();
                if n >= 0.0 && n < array_len as f64 && n.fract() == 0.0 {
                    return self.bad("duplicate key in a template table");
                }
            }
            if key == Item::Nil {
                return self.bad("nil key in a template table");
            }
            if !seen.insert(key) {
                return self.bad("duplicate key in a template table");
            }
            let value = self.item()?;
            t.hash.push((key.into(), value.into()));
        }
        Ok(t)
    }

    fn item(&mut self) -> Result<Item<'a>> {
        Ok(match self.uleb()? {
            KTAB_NIL => Item::Nil,
            KTAB_FALSE => Item::False,
            KTAB_TRUE => Item::True,
            KTAB_INT => Item::Num(f64::from(self.uleb()? as i32).to_bits()),
            KTAB_NUM => {
                let low = self.uleb()?;
                Item::Num(self.number(low)?.to_bits())
            }
            tag => Item::Str(self.bytes((tag - KTAB_STR) as usize)?),
        })
    }

    fn lines(&mut self, count: usize, first: u32, num_lines: u32) -> Result<Vec<u32>> {
        let width = line_width(num_lines);
        let bytes = self.bytes(width * count)?;
        let line = |delta: u32| first.wrapping_add(delta);
        Ok(match width {
            1 => bytes.iter().map(|&d| line(u32::from(d))).collect(),
            2 => self.u16s(bytes).map(|d| line(u32::from(d))).collect(),
            _ => self.u32s(bytes).map(line).collect(),
        })
    }

    fn name(&mut self) -> Result<Bytes> {
        match self.bytes[self.pos..self.end].iter().position(|&b| b == 0) {
            Some(len) => {
                let name = self.bytes(len)?.into();
                self.pos += 1;
                Ok(name)
            }
            None => self.bad("unterminated name"),
        }
    }

    /// Reads variable scopes; `limit` is the first position after the function.
    fn vars(&mut self, limit: u32) -> Result<Vec<VarInfo>> {
        let mut vars = Vec::new();
        let mut last = 0u32;
        loop {
            let kind = match self.u8()? {
                0 => return Ok(vars),
                1 => Some(InternalVar::ForIdx),
                2 => Some(InternalVar::ForStop),
                3 => Some(InternalVar::ForStep),
                4 => Some(InternalVar::ForGen),
                5 => Some(InternalVar::ForState),
                6 => Some(InternalVar::ForCtl),
                _ => None,
            };
            let name = match kind {
                Some(kind) => VarName::Internal(kind),
                None => {
                    self.pos -= 1;
                    VarName::Name(self.name()?)
                }
            };
            let start = last.checked_add(self.uleb()?).filter(|&pc| pc <= limit);
            let Some(start) = start else { return self.bad("variable scope outside the function") };
            let end = start.checked_add(self.uleb()?).filter(|&pc| pc <= limit);
            let Some(end) = end else { return self.bad("variable scope outside the function") };
            vars.push(VarInfo { name, start, end });
            last = start;
        }
    }
}
