//! The parser.
//!
//! Operands that name instructions keep their labels until the last line is read; then labels become references.

use super::cursor::{Cursor, Step};
use super::print::{CANONICAL_NAN, SLOAD_LETTERS};
use crate::konst::{Const, ProtoKey, Shape};
use crate::lit::LitKind;
use crate::op::{Mode, Op};
use crate::trace::{Ins, Link, Ref, Snap, Start, Trace, flag};
use crate::ty::Ty;
use abi::builtins;
use std::collections::HashMap;
use std::fmt::{Display, Formatter};
use std::sync::Arc;

/// Why a text is no trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Display for ParseError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

impl Trace {
    /// Reads the text of a trace. The result's operands fit their modes and refer to what exists; it is not verified.
    pub fn parse(text: &str) -> Result<Trace, ParseError> {
        let mut p = Parser { trace: None, labels: HashMap::new(), ins_lines: Vec::new(), snap_lines: Vec::new() };
        let mut last = 0;
        for (i, line) in text.lines().enumerate() {
            last = i + 1;
            let mut cur = Cursor::new(line);
            if !cur.at_end() {
                p.line(&mut cur, last).map_err(|message| ParseError { line: last, message })?;
            }
        }
        p.finish(last.max(1))
    }
}

/// Instructions are at most so many, so that no label is taken for a constant.
const MAX_INS: u32 = 1 << 30;

struct Parser {
    trace: Option<Trace>,
    /// Index of the instruction with a label.
    labels: HashMap<u32, u32>,
    ins_lines: Vec<usize>,
    snap_lines: Vec<usize>,
}

impl Parser {
    fn line(&mut self, cur: &mut Cursor<'_>, line: usize) -> Step<()> {
        let Some(trace) = &mut self.trace else {
            self.trace = Some(header(cur)?);
            return Ok(());
        };
        if cur.eat("....") || matches!(cur.peek(), Some('s')) {
            let snap = snapshot(cur, trace)?;
            trace.snaps.push(snap);
            self.snap_lines.push(line);
        } else {
            let near = cur.near();
            let label: u32 = cur.unsigned("number of an instruction")?;
            if label >= MAX_INS {
                return Err(format!("number of an instruction is out of range{near}"));
            }
            let ins = instruction(cur, trace)?;
            if self.labels.insert(label, trace.ins.len() as u32).is_some() {
                return Err(format!("instruction {label:04} is there twice"));
            }
            trace.ins.push(ins);
            self.ins_lines.push(line);
        }
        if cur.at_end() { Ok(()) } else { Err(format!("end of the line expected{}", cur.near())) }
    }

    fn finish(self, last: usize) -> Result<Trace, ParseError> {
        let Some(mut trace) = self.trace else {
            return Err(ParseError { line: last, message: "`trace` expected: the text is empty".into() });
        };
        let resolve = |r: &mut Ref, line: usize| {
            if !r.is_ins() {
                return Ok(());
            }
            match self.labels.get(&r.0) {
                Some(&i) => *r = Ref::ins(i as usize),
                None => return Err(ParseError { line, message: format!("there is no instruction {:04}", r.0) }),
            }
            Ok(())
        };
        for (ins, &line) in trace.ins.iter_mut().zip(&self.ins_lines) {
            let (ma, mb) = ins.op.modes();
            if matches!(ma, Mode::Ref | Mode::Opt) {
                resolve(&mut ins.a, line)?;
            }
            if matches!(mb, Mode::Ref | Mode::Opt) {
                resolve(&mut ins.b, line)?;
            }
        }
        for (snap, &line) in trace.snaps.iter_mut().zip(&self.snap_lines) {
            for (_, r) in &mut snap.entries {
                resolve(r, line)?;
            }
        }
        Ok(trace)
    }
}

fn header(cur: &mut Cursor<'_>) -> Step<Trace> {
    let near = cur.near();
    if cur.word() != "trace" {
        return Err(format!("`trace` expected{near}"));
    }
    cur.skip();
    let start = if cur.eat("side:") {
        let t = cur.unsigned("number of a trace")?;
        cur.expect("/")?;
        Start::Side(t, cur.unsigned("number of an exit")?)
    } else {
        cur.expect("root")?;
        Start::Root
    };
    key(cur, "pc")?;
    let pc = pc(cur)?;
    let mut trace = Trace::new(start, pc);
    trace.ins.clear();
    key(cur, "slots")?;
    trace.slots = cur.signed("number of slots")?;
    key(cur, "link")?;
    trace.link = if cur.eat("root:") {
        Link::Root(cur.unsigned("number of a trace")?)
    } else {
        let near = cur.near();
        match cur.word() {
            "open" => Link::Open,
            "loop" => Link::Loop,
            "again" => Link::Again,
            "interp" => Link::Interp,
            _ => return Err(format!("unknown link{near}")),
        }
    };
    cur.skip();
    trace.repeats = cur.eat("repeats");
    if cur.at_end() { Ok(trace) } else { Err(format!("end of the line expected{}", cur.near())) }
}

/// Takes `name=`.
fn key(cur: &mut Cursor<'_>, name: &str) -> Step<()> {
    cur.skip();
    if !cur.eat(name) {
        return Err(format!("`{name}=` expected{}", cur.near()));
    }
    cur.expect("=")
}

fn instruction(cur: &mut Cursor<'_>, trace: &mut Trace) -> Step<Ins> {
    let mut flags = 0;
    loop {
        cur.skip();
        flags |= match cur.peek() {
            Some('>') => flag::GUARD,
            Some('}') => flag::SINK,
            Some('+') => flag::PHI,
            _ => break,
        };
        cur.take_one();
    }
    let near = cur.near();
    let ty = Ty::parse(cur.word()).ok_or_else(|| format!("type expected{near}"))?;
    cur.skip();
    let near = cur.near();
    let name = cur.word().to_ascii_uppercase();
    let op = Op::ALL.iter().copied().find(|op| op.name() == name);
    let op = op.ok_or_else(|| format!("operation expected{near}"))?;
    let (ma, mb) = op.modes();
    let a = operand(cur, trace, ma, LitKind::Number)?;
    let b = operand(cur, trace, mb, op.lit_kind())?;
    Ok(Ins { op, ty, flags, a, b })
}

fn operand(cur: &mut Cursor<'_>, trace: &mut Trace, mode: Mode, kind: LitKind) -> Step<Ref> {
    cur.skip();
    let near = cur.near();
    match mode {
        Mode::None => Ok(Ref::NONE),
        Mode::Lit => literal(cur, kind),
        Mode::Ref => match reference(cur, trace)? {
            Ref::NONE => Err(format!("reference expected{near}")),
            r => Ok(r),
        },
        Mode::Opt => reference(cur, trace),
        Mode::Cst => match reference(cur, trace)? {
            r if r.is_const() => Ok(r),
            _ => Err(format!("constant expected{near}")),
        },
    }
}

fn literal(cur: &mut Cursor<'_>, kind: LitKind) -> Step<Ref> {
    if cur.eat("#") {
        return cur.signed("literal number").map(Ref::lit);
    }
    let near = cur.near();
    let mut name = cur.word().to_string();
    if kind == LitKind::Sload {
        let mut flags = 0;
        for c in name.chars() {
            let bit = SLOAD_LETTERS.iter().find(|l| l.1 == c).ok_or_else(|| format!("unknown flag{near}"))?;
            flags |= bit.0;
        }
        return Ok(Ref::lit(flags));
    }
    // Names may have more than one word; literals come last.
    while !cur.at_end() {
        let more = cur.word();
        if more.is_empty() {
            break;
        }
        name.push(' ');
        name.push_str(more);
    }
    kind.parse(&name).map(Ref::lit).ok_or_else(|| format!("literal operand expected{near}"))
}

/// Takes `-`, an instruction's label or a constant.
fn reference(cur: &mut Cursor<'_>, trace: &mut Trace) -> Step<Ref> {
    cur.skip();
    if cur.peek().is_some_and(|c| c.is_ascii_digit()) {
        let near = cur.near();
        let label: u32 = cur.unsigned("instruction")?;
        return if label < MAX_INS { Ok(Ref(label)) } else { Err(format!("there is no such instruction{near}")) };
    }
    if cur.peek() == Some('-') && !cur.second().is_some_and(|c| c.is_ascii_digit() || c == 'i') {
        cur.take_one();
        return Ok(Ref::NONE);
    }
    constant(cur).map(|c| trace.konst(c))
}

impl Const {
    /// Reads a constant; returns it and what comes behind.
    pub fn parse(text: &str) -> Option<(Const, &str)> {
        let mut cur = Cursor::new(text);
        let c = constant(&mut cur).ok()?;
        Some((c, cur.rest()))
    }
}

fn constant(cur: &mut Cursor<'_>) -> Step<Const> {
    cur.skip();
    let near = cur.near();
    match cur.peek() {
        Some('"') => return cur.quoted().map(|s| Const::Str(s.into())),
        Some('+' | '-') => return number(cur.word()).ok_or_else(|| format!("number expected{near}")),
        _ => {}
    }
    if cur.eat("nan:") {
        let bits = cur.hex()?;
        let nan = f64::from_bits(bits).is_nan();
        return if nan { Ok(Const::Num(bits)) } else { Err(format!("these bits are no NaN{near}")) };
    }
    let word = cur.word();
    cur.skip();
    Ok(match word {
        "nil" => Const::Pri(Ty::Nil),
        "false" => Const::Pri(Ty::False),
        "true" => Const::Pri(Ty::True),
        "nan" => Const::Num(CANONICAL_NAN),
        "null" => Const::Null,
        "nilslot" => Const::NilSlot,
        "kproto" => Const::Proto(proto(cur)?),
        "kpc" => pc(cur)?,
        "ktempl" => {
            let p = proto(cur)?;
            cur.expect(":")?;
            Const::Templ(p, cur.unsigned("number of a template")?)
        }
        "kmeta" => match Ty::parse(cur.word()) {
            Some(ty) => Const::BaseMeta(ty),
            None => return Err(format!("type expected{near}")),
        },
        "kframe" => {
            let distance: u64 = cur.unsigned("distance")?;
            cur.expect("|")?;
            let ty: u64 = cur.unsigned("frame type")?;
            if distance & 7 != 0 || ty > 7 {
                return Err(format!("distances are multiples of 8, types are below it{near}"));
            }
            Const::Frame(distance | ty)
        }
        "kcont" => Const::Cont(cur.unsigned("continuation")?),
        "kbuiltin" => {
            if cur.eat("#") {
                return Ok(Const::Builtin(cur.unsigned("number of a builtin")?));
            }
            match builtins::number(cur.word()) {
                0 => return Err(format!("unknown builtin{near}")),
                n => Const::Builtin(n),
            }
        }
        "kshape" => {
            let nodes = cur.unsigned("number of nodes")?;
            cur.expect("[")?;
            let mut keys: Vec<Arc<[u8]>> = Vec::new();
            cur.skip();
            while !cur.eat("]") {
                if !keys.is_empty() {
                    cur.expect(",")?;
                }
                keys.push(cur.quoted()?.into());
                cur.skip();
            }
            Const::Shape(Arc::new(Shape { nodes, keys }))
        }
        "kslot" => {
            let key = cur.quoted()?;
            cur.skip();
            Const::Slot(key.into(), cur.unsigned("number of a node")?)
        }
        _ => return Err(format!("operand expected{near}")),
    })
}

/// Takes `@hash` or `@hash#instance`.
fn proto(cur: &mut Cursor<'_>) -> Step<ProtoKey> {
    cur.expect("@")?;
    let hash = cur.hex()?;
    let instance = if cur.eat("#") { cur.unsigned("instance of a prototype")? } else { 0 };
    Ok(ProtoKey { hash, instance })
}

/// Takes `@hash:index`.
fn pc(cur: &mut Cursor<'_>) -> Step<Const> {
    let p = proto(cur)?;
    cur.expect(":")?;
    Ok(Const::Pc(p, cur.unsigned("index of an instruction")?))
}

/// Reads a number with its sign: an int if it has digits only.
fn number(word: &str) -> Option<Const> {
    let digits = &word[1..];
    if digits.is_empty() {
        return None;
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) && word != "-0" {
        return word.parse().ok().map(Const::Int);
    }
    if digits != "inf" && !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    word.parse::<f64>().ok().map(|n| Const::Num(n.to_bits()))
}

fn snapshot(cur: &mut Cursor<'_>, trace: &mut Trace) -> Step<Snap> {
    let near = cur.near();
    if cur.word() != "snap" {
        return Err(format!("`snap` expected{near}"));
    }
    let mut snap = Snap { at: trace.ins.len() as u32, ..Snap::default() };
    cur.skip();
    if cur.eat("#") {
        let n: usize = cur.unsigned("number of the snapshot")?;
        if n != trace.snaps.len() {
            return Err(format!("snapshot #{} expected{near}", trace.snaps.len()));
        }
    }
    cur.skip();
    if cur.eat("pc=") {
        let c = pc(cur)?;
        snap.pc = Some(trace.konst(c));
    }
    key(cur, "base")?;
    snap.base = cur.signed("slot")?;
    key(cur, "top")?;
    snap.top = cur.signed("slot")?;
    cur.skip();
    if cur.eat("mres=") {
        snap.multres = Some(cur.unsigned("number of results")?);
    }
    cur.skip();
    cur.expect("[")?;
    cur.skip();
    while !cur.eat("]") {
        let slot = cur.signed("slot")?;
        cur.expect(":")?;
        snap.entries.push((slot, reference(cur, trace)?));
        cur.skip();
    }
    Ok(snap)
}
