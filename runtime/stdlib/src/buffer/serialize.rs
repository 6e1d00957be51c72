//! Values to bytes and back, in LuaJIT's format.
//!
//! A value is a tag and its data. Tags from `STR` on are strings of length tag − `STR`; tags, lengths and dictionary numbers are
//! written in one, two or five bytes (`put_length`). A table's tag says whether an array part (from index 0 or 1) and a hash part follow.
//!
//! Invariant: nothing here runs Lua or collects, so handles stay valid throughout.
//! Invariant: nesting is at most `MAX_DEPTH`; what bytes announce is reserved only as far as bytes for it are there.

use super::dictionary::{self, Dictionary};
use heap::handle::Kind;
use heap::{Raise, Tab, Val};
use interp::Cx;

macro_rules! tags {
    ($($name:ident $n:literal;)*) => { $(const $name: u32 = $n;)* };
}
tags! {
    NIL 0x00; FALSE 0x01; TRUE 0x02; NULL 0x03; LIGHTUD32 0x04; LIGHTUD64 0x05; INT 0x06; NUM 0x07;
    TAB 0x08; DICT_MT 0x0e; DICT_STR 0x0f; STR 0x20;
}
/// Added to `TAB`: a hash part; an array part from index 0; one from index 1.
const HASH: u32 = 1;
const ARRAY_FROM_0: u32 = 2;
const ARRAY_FROM_1: u32 = 4;

const MAX_DEPTH: u32 = 100;
/// Largest array part and hash part.
const MAX_ARRAY: u32 = (1 << 27) + 1;
const MAX_HASH: u32 = 1 << 26;

/// Appends a value. `env` has the dictionaries.
pub fn put(cx: &Cx<'_>, out: &mut Vec<u8>, v: Val<'_>, env: Option<Tab<'_>>) -> Result<(), Raise> {
    Writer { cx, env }.value(out, v, MAX_DEPTH)
}

/// Reads a value; returns it and how many bytes it had.
pub fn get<'c>(cx: &'c Cx<'_>, bytes: &[u8], env: Option<Tab<'c>>) -> Result<(Val<'c>, usize), Raise> {
    let mut reader = Reader { cx, env, rest: bytes };
    let v = reader.value(MAX_DEPTH)?;
    Ok((v, bytes.len() - reader.rest.len()))
}

fn put_length(out: &mut Vec<u8>, n: u32) {
    if n < 0xe0 {
        out.push(n as u8);
    } else if n < 0x1fe0 {
        let n = n - 0xe0;
        out.extend_from_slice(&[0xe0 | (n >> 8) as u8, n as u8]);
    } else {
        out.push(0xff);
        out.extend_from_slice(&n.to_le_bytes());
    }
}

struct Writer<'a, 'c> {
    cx: &'a Cx<'c>,
    env: Option<Tab<'a>>,
}

impl Writer<'_, '_> {
    fn value(&self, out: &mut Vec<u8>, v: Val<'_>, depth: u32) -> Result<(), Raise> {
        match v.kind() {
            Kind::Str(s) => {
                put_length(out, STR + s.len() as u32);
                out.extend_from_slice(s.bytes());
            }
            Kind::Num(n) => {
                out.push(NUM as u8);
                out.extend_from_slice(&n.to_bits().to_le_bytes());
            }
            Kind::Nil => out.push(NIL as u8),
            Kind::Bool(b) => out.push(if b { TRUE } else { FALSE } as u8),
            Kind::LightUd(0) => out.push(NULL as u8),
            Kind::LightUd(p) => match u32::try_from(p) {
                Ok(p) => {
                    out.push(LIGHTUD32 as u8);
                    out.extend_from_slice(&p.to_le_bytes());
                }
                Err(_) => {
                    out.push(LIGHTUD64 as u8);
                    out.extend_from_slice(&p.to_le_bytes());
                }
            },
            Kind::Tab(t) => {
                let Some(depth) = depth.checked_sub(1) else { return Err(self.cx.error("too deep to serialize")) };
                self.table(out, t, depth)?;
            }
            _ => return Err(self.cx.error(&format!("cannot serialize '{}'", v.type_name()))),
        }
        Ok(())
    }

    fn table(&self, out: &mut Vec<u8>, t: Tab<'_>, depth: u32) -> Result<(), Raise> {
        let narray = array_len(t);
        let in_array = |key: Val<'_>| key.as_num().is_some_and(|n| n >= 0.0 && n < f64::from(narray) && n.trunc() == n);
        let (mut nhash, mut at) = (0, 0);
        while let Some((next, key, _)) = t.entry_from(at) {
            at = next;
            nhash += u32::from(!in_array(key));
        }
        if let Some(meta) = t.metatable()
            && let Some(i) = dictionary::number_of(self.env, Dictionary::Metatables, meta.val())
        {
            out.push(DICT_MT as u8);
            put_length(out, i);
        }
        let from_1 = t.get_int(0).is_nil();
        let array = match (narray, from_1) {
            (0, _) => 0,
            (_, true) => ARRAY_FROM_1,
            (_, false) => ARRAY_FROM_0,
        };
        out.push((TAB + array + if nhash > 0 { HASH } else { 0 }) as u8);
        if narray > 0 {
            put_length(out, narray);
        }
        if nhash > 0 {
            put_length(out, nhash);
        }
        for i in u32::from(from_1)..narray {
            self.value(out, t.get_int(i64::from(i)), depth)?;
        }
        let mut at = 0;
        while let Some((next, key, v)) = t.entry_from(at) {
            at = next;
            if in_array(key) {
                continue;
            }
            match key.as_str().and_then(|_| dictionary::number_of(self.env, Dictionary::Strings, key)) {
                Some(i) => {
                    out.push(DICT_STR as u8);
                    put_length(out, i);
                }
                None => self.value(out, key, depth)?,
            }
            self.value(out, v, depth)?;
        }
        Ok(())
    }
}

/// Returns the end of what is stored as an array, 0 if there is nothing. Array slots come first in a traversal, each at the position of
/// its index.
fn array_len(t: Tab<'_>) -> u32 {
    let (mut len, mut at) = (0, 0);
    while let Some((next, key, _)) = t.entry_from(at) {
        if key.as_num() != Some(f64::from(next - 1)) {
            break;
        }
        at = next;
        len = next;
    }
    len
}

struct Reader<'a, 'c, 'b> {
    cx: &'a Cx<'c>,
    env: Option<Tab<'a>>,
    rest: &'b [u8],
}

impl<'a> Reader<'a, '_, '_> {
    #[cold]
    fn end(&self) -> Raise {
        self.cx.error("unexpected end of buffer")
    }

    fn take(&mut self, n: usize) -> Result<&[u8], Raise> {
        let Some((taken, rest)) = self.rest.split_at_checked(n) else { return Err(self.end()) };
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Raise> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else { return Err(self.end()) };
        self.rest = rest;
        Ok(*taken)
    }

    fn length(&mut self) -> Result<u32, Raise> {
        let [first] = self.array()?;
        match first {
            0..0xe0 => Ok(u32::from(first)),
            0xff => Ok(u32::from_le_bytes(self.array()?)),
            _ => {
                let [second] = self.array()?;
                Ok((u32::from(first & 0x1f) << 8) + u32::from(second) + 0xe0)
            }
        }
    }

    fn bad_tag(&self, tag: u32) -> Raise {
        self.cx.error(&format!("cannot deserialize tag 0x{tag:02x}"))
    }

    fn entry(&mut self, which: Dictionary) -> Result<Val<'a>, Raise> {
        let i = self.length()?.wrapping_add(1);
        let v = dictionary::entry(self.env, which, i);
        v.ok_or_else(|| self.cx.error(&format!("cannot deserialize dictionary index {}", i as i32)))
    }

    fn value(&mut self, depth: u32) -> Result<Val<'a>, Raise> {
        let cx = self.cx;
        match self.length()? {
            tag @ STR.. => Ok(cx.vm().str(self.take((tag - STR) as usize)?)?.val()),
            INT => Ok(Val::num(f64::from(i32::from_le_bytes(self.array()?)))),
            NUM => Ok(Val::num(f64::from_le_bytes(self.array()?))),
            NIL => Ok(Val::NIL),
            FALSE => Ok(Val::FALSE),
            TRUE => Ok(Val::TRUE),
            NULL => Ok(Val::lightud(0)),
            LIGHTUD32 => Ok(Val::lightud(u64::from(u32::from_le_bytes(self.array()?)))),
            LIGHTUD64 => Ok(Val::lightud(u64::from_le_bytes(self.array()?))),
            DICT_STR => self.entry(Dictionary::Strings),
            tag @ TAB..=DICT_MT => {
                let Some(depth) = depth.checked_sub(1) else { return Err(cx.error("too deep to serialize")) };
                Ok(self.table(tag, depth)?.val())
            }
            tag => Err(self.bad_tag(tag)),
        }
    }

    fn table(&mut self, mut tag: u32, depth: u32) -> Result<Tab<'a>, Raise> {
        let vm = self.cx.vm();
        let mut meta = None;
        if tag == DICT_MT {
            meta = self.entry(Dictionary::Metatables)?.as_tab();
            tag = self.length()?;
            if !(TAB..DICT_MT).contains(&tag) {
                return Err(self.bad_tag(tag));
            }
        }
        let kind = tag - TAB;
        let narray = if kind >= ARRAY_FROM_0 { self.length()? } else { 0 };
        let nhash = if kind & HASH != 0 { self.length()? } else { 0 };
        if narray > MAX_ARRAY || nhash > MAX_HASH {
            return Err(crate::string::bare_error(vm, "table overflow"));
        }
        // Each element has a byte at least.
        let left = self.rest.len() as u32;
        let t = vm.new_table(narray.min(left.saturating_add(1)), nhash.min(left))?;
        for i in u32::from(kind >= ARRAY_FROM_1)..narray {
            let v = self.value(depth)?;
            t.set_int(vm, i64::from(i), v)?;
        }
        for _ in 0..nhash {
            let key = self.value(depth)?;
            if key.is_nil() {
                return Err(self.cx.error("table index is nil"));
            }
            if !t.get(key).is_nil() {
                return Err(self.cx.error("duplicate table key"));
            }
            let v = self.value(depth)?;
            t.set(vm, key, v)?;
        }
        t.set_metatable(vm, meta);
        Ok(t)
    }
}
