//! Writes a function in LuaJIT's dump format.
//!
//! Children are written before their parent, in the order of the constants that name them; the reader keeps them on a stack and pops
//! them while it reads the parent's constants, which are stored from the last index down. So one scratch buffer serves all prototypes.
//!
//! Invariant: for code that LuaJIT compiles to the same prototypes the bytes are those of `luajit -b`, but for the order of the hash
//! part of template tables, which there depends on string hashes and here is the order of insertion.
//!
//! Absent: cdata constants; instructions patched by a trace (`J…`), which the owner of the traces restores first.

use crate::format::*;
use crate::ins::Ins;
use crate::op::Op;
use crate::proto::{Chunk, DebugInfo, GcConst, Proto, ProtoFlags, TabConst, TabTemplate, VarName};

/// How to dump.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DumpOptions {
    /// Leaves out debug information and the chunk's name.
    pub strip: bool,
}

/// Dumps a chunk.
pub fn dump(chunk: &Chunk, options: &DumpOptions) -> Vec<u8> {
    dump_function(&chunk.name, &chunk.main, options)
}

/// Dumps a chunk with the entries of template tables that are nil, which LuaJIT leaves out: tables made of them have the same keys and sizes as if
/// they were made of the source. It loads wherever other dumps do.
pub fn dump_whole(chunk: &Chunk, options: &DumpOptions) -> Vec<u8> {
    dump_as(&chunk.name, &chunk.main, options, true)
}

/// Dumps one function (with its children) as a chunk of its own, as `string.dump` does.
pub fn dump_function(chunk_name: &[u8], main: &Proto, options: &DumpOptions) -> Vec<u8> {
    dump_as(chunk_name, main, options, false)
}

fn dump_as(chunk_name: &[u8], main: &Proto, options: &DumpOptions, whole: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(&MAGIC);
    out.push(VERSION);
    let strip = if options.strip { F_STRIP } else { 0 };
    let ffi = if main.flags.has(ProtoFlags::FFI) { F_FFI } else { 0 };
    out.push((F_FR2 | strip | ffi) as u8);
    if !options.strip {
        put_uleb(&mut out, chunk_name.len() as u64);
        out.extend_from_slice(chunk_name);
    }
    let mut writer = Writer { out, body: Vec::with_capacity(1024), debug: Vec::new(), strip: options.strip, whole };
    writer.proto(main);
    writer.out.push(0);
    writer.out
}

struct Writer {
    out: Vec<u8>,
    body: Vec<u8>,
    debug: Vec<u8>,
    strip: bool,
    whole: bool,
}

impl Writer {
    fn proto(&mut self, proto: &Proto) {
        for k in &proto.kgc {
            if let GcConst::Proto(child) = k {
                self.proto(child);
            }
        }
        self.body.clear();
        self.debug.clear();
        let body = &mut self.body;
        body.push(proto.flags.0 & ProtoFlags::DUMPED);
        body.push(proto.num_params);
        body.push(proto.frame_size);
        body.push(proto.upvalues.len() as u8);
        put_uleb(body, proto.kgc.len() as u64);
        put_uleb(body, proto.knum.len() as u64);
        let code = proto.bc.get(1..).unwrap_or_default();
        put_uleb(body, code.len() as u64);
        if !self.strip {
            if let Some(debug) = &proto.debug {
                put_debug(&mut self.debug, debug);
            }
            put_uleb(body, self.debug.len() as u64);
            if let Some(debug) = proto.debug.as_ref().filter(|_| !self.debug.is_empty()) {
                put_uleb(body, u64::from(debug.first_line));
                put_uleb(body, u64::from(debug.num_lines));
            }
        }
        body.reserve(4 * code.len());
        for &ins in code {
            body.extend_from_slice(&unpatched(ins).0.to_le_bytes());
        }
        for uv in &proto.upvalues {
            body.extend_from_slice(&uv.0.to_le_bytes());
        }
        for k in proto.kgc.iter().rev() {
            match k {
                GcConst::Str(s) => {
                    put_uleb(body, u64::from(KGC_STR) + s.len() as u64);
                    body.extend_from_slice(s);
                }
                GcConst::Tab(t) => put_table(body, t, self.whole),
                GcConst::Proto(_) => put_uleb(body, u64::from(KGC_CHILD)),
            }
        }
        for &n in &proto.knum {
            put_number(body, n);
        }
        put_uleb(&mut self.out, (self.body.len() + self.debug.len()) as u64);
        self.out.extend_from_slice(&self.body);
        self.out.extend_from_slice(&self.debug);
    }
}

/// Undoes the patching of loop instructions that were found not worth compiling.
fn unpatched(ins: Ins) -> Ins {
    match ins.op() {
        Some(Op::IFORL) => ins.with_op(Op::FORL),
        Some(Op::IITERL) => ins.with_op(Op::ITERL),
        Some(Op::ILOOP) => ins.with_op(Op::LOOP),
        Some(Op::JFORI) => ins.with_op(Op::FORI),
        _ => ins,
    }
}

fn put_number(out: &mut Vec<u8>, n: f64) {
    if let Some(k) = as_int(n) {
        put_uleb(out, u64::from(k as u32) << 1);
    } else {
        let bits = n.to_bits();
        put_uleb(out, (bits & 0xffff_ffff) << 1 | 1);
        put_uleb(out, bits >> 32);
    }
}

fn put_table(out: &mut Vec<u8>, t: &TabTemplate, whole: bool) {
    let last = t.array.iter().rposition(|v| *v != TabConst::Nil).map_or(0, |i| i + 1);
    let array_len = if whole { t.array.len() } else { last };
    let hash = || t.hash.iter().filter(|(_, v)| whole || *v != TabConst::Nil);
    let hash_len = hash().count();
    put_uleb(out, u64::from(KGC_TAB));
    put_uleb(out, array_len as u64);
    put_uleb(out, hash_len as u64);
    for v in &t.array[..array_len] {
        put_item(out, v, true);
    }
    for (k, v) in hash() {
        put_item(out, k, false);
        put_item(out, v, true);
    }
}

/// Appends an item of a template table; keys are never narrowed to integers.
fn put_item(out: &mut Vec<u8>, item: &TabConst, narrow: bool) {
    match item {
        TabConst::Nil => put_uleb(out, u64::from(KTAB_NIL)),
        TabConst::False => put_uleb(out, u64::from(KTAB_FALSE)),
        TabConst::True => put_uleb(out, u64::from(KTAB_TRUE)),
        TabConst::Str(s) => {
            put_uleb(out, u64::from(KTAB_STR) + s.len() as u64);
            out.extend_from_slice(s);
        }
        TabConst::Num(n) => match as_int(*n).filter(|_| narrow) {
            Some(k) => {
                put_uleb(out, u64::from(KTAB_INT));
                put_uleb(out, u64::from(k as u32));
            }
            None => {
                put_uleb(out, u64::from(KTAB_NUM));
                put_uleb(out, n.to_bits() & 0xffff_ffff);
                put_uleb(out, n.to_bits() >> 32);
            }
        },
    }
}

fn put_debug(out: &mut Vec<u8>, debug: &DebugInfo) {
    let deltas = debug.lines.iter().map(|line| line.wrapping_sub(debug.first_line));
    match line_width(debug.num_lines) {
        1 => out.extend(deltas.map(|d| d as u8)),
        2 => deltas.for_each(|d| out.extend_from_slice(&(d as u16).to_le_bytes())),
        _ => deltas.for_each(|d| out.extend_from_slice(&d.to_le_bytes())),
    }
    for name in &debug.upvalue_names {
        out.extend_from_slice(name);
        out.push(0);
    }
    let mut last = 0;
    for var in &debug.vars {
        match &var.name {
            VarName::Name(name) => {
                out.extend_from_slice(name);
                out.push(0);
            }
            VarName::Internal(kind) => out.push(*kind as u8),
        }
        put_uleb(out, u64::from(var.start.wrapping_sub(last)));
        put_uleb(out, u64::from(var.end.wrapping_sub(var.start)));
        last = var.start;
    }
    out.push(0);
}
