//! The printer. It never fails: what is no well-formed operand is printed as a question mark.
//!
//! A profile is a megabyte of this, written when a program ends: lines are put together from bytes, and a constant is spelled once for each trace.

use crate::field::sload;
use crate::konst::{Const, ProtoKey};
use crate::lit::LitKind;
use crate::op::Mode;
use crate::trace::{Link, Ref, Start, Trace, flag};
use abi::builtins;
use std::fmt::{Display, Formatter, Result};
use std::io::Write;
use std::ops::Range;

impl Display for Trace {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.text(false))
    }
}

impl Display for Const {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut out = Vec::new();
        konst(&mut out, self, false);
        f.write_str(&string(out))
    }
}

impl Display for ProtoKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut out = Vec::new();
        proto(&mut out, *self);
        f.write_str(&string(out))
    }
}

impl Trace {
    /// Returns the text without what means something in one process only: numbers of traces and of nodes are 0.
    pub(crate) fn neutral_text(&self) -> String {
        self.text(true)
    }

    /// Returns the line of instruction `i`.
    pub fn show_ins(&self, i: usize) -> String {
        self.part(|p| p.ins(i))
    }

    /// Returns the line of snapshot `n`.
    pub fn show_snap(&self, n: usize) -> String {
        self.part(|p| p.snap(n))
    }

    fn part(&self, print: impl FnOnce(&mut Printer<'_>)) -> String {
        let mut p = Printer::new(self, false, 0);
        print(&mut p);
        string(p.out)
    }

    fn text(&self, neutral: bool) -> String {
        let mut p = Printer::new(self, neutral, 48 * (2 + self.ins.len() + self.snaps.len()));
        p.whole();
        string(p.out)
    }
}

/// A text under way.
struct Printer<'a> {
    t: &'a Trace,
    out: Vec<u8>,
    neutral: bool,
    /// Where constants have been spelled.
    known: Vec<Range<usize>>,
}

impl<'a> Printer<'a> {
    fn new(t: &'a Trace, neutral: bool, room: usize) -> Printer<'a> {
        Printer { t, out: Vec::with_capacity(room), neutral, known: vec![0..0; t.consts.len()] }
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn whole(&mut self) {
        let t = self.t;
        self.put("trace ");
        match t.start {
            Start::Root => self.put("root"),
            Start::Side(..) if self.neutral => self.put("side:0/0"),
            Start::Side(t, e) => self.numbers("side:", t, "/", e),
        }
        self.put(" pc=");
        self.pc(t.pc);
        self.put(" slots=");
        signed(&mut self.out, t.slots);
        self.put(" link=");
        match t.link {
            Link::Open => self.put("open"),
            Link::Loop => self.put("loop"),
            Link::Root(_) if self.neutral => self.put("root:0"),
            Link::Root(t) => {
                self.put("root:");
                decimal(&mut self.out, t, 1);
            }
            Link::Again => self.put("again"),
            Link::Interp => self.put("interp"),
        }
        self.put(if t.repeats { " repeats\n" } else { "\n" });
        let mut n = 0;
        for at in 0..=t.ins.len() {
            while n < t.snaps.len() && (t.snaps[n].at as usize <= at || at == t.ins.len()) {
                self.snap(n);
                self.out.push(b'\n');
                n += 1;
            }
            if at < t.ins.len() {
                self.ins(at);
                self.out.push(b'\n');
            }
        }
    }

    fn numbers(&mut self, before: &str, a: u32, between: &str, b: u32) {
        self.put(before);
        decimal(&mut self.out, a, 1);
        self.put(between);
        decimal(&mut self.out, b, 1);
    }

    fn ins(&mut self, i: usize) {
        let ins = self.t.ins[i];
        decimal(&mut self.out, i as u32, 4);
        let mark = |bit, c| if ins.flags & bit != 0 { c } else { b' ' };
        self.out.extend([b' ', mark(flag::GUARD, b'>'), mark(flag::SINK, b'}'), mark(flag::PHI, b'+'), b' ']);
        self.put(ins.ty.name());
        self.out.push(b' ');
        let name = ins.op.name();
        self.out.extend(name.bytes().map(|c| c.to_ascii_lowercase()));
        let (ma, mb) = ins.op.modes();
        if ma == Mode::None {
            return;
        }
        self.put(&"        "[name.len().min(7)..]);
        self.operand(ma, LitKind::Number, ins.a);
        if mb != Mode::None && !(ins.op.lit_kind() == LitKind::Sload && ins.b == Ref::lit(0)) {
            self.out.push(b' ');
            self.operand(mb, ins.op.lit_kind(), ins.b);
        }
    }

    fn snap(&mut self, n: usize) {
        let s = &self.t.snaps[n];
        self.put("....         snap #");
        decimal(&mut self.out, n as u32, 1);
        if let Some(r) = s.pc {
            self.put(" pc=");
            self.pc(r);
        }
        self.put(" base=");
        signed(&mut self.out, s.base);
        self.put(" top=");
        signed(&mut self.out, s.top);
        if let Some(m) = s.multres {
            self.put(" mres=");
            decimal(&mut self.out, m, 1);
        }
        self.put(" [ ");
        for &(slot, r) in &s.entries {
            signed(&mut self.out, slot);
            self.out.push(b':');
            self.operand(Mode::Ref, LitKind::Number, r);
            self.out.push(b' ');
        }
        self.out.push(b']');
    }

    fn operand(&mut self, mode: Mode, kind: LitKind, r: Ref) {
        if mode == Mode::Lit {
            let n = r.as_lit();
            match kind.name(n) {
                Some(name) => self.put(name),
                None if kind == LitKind::Sload && (1..8).contains(&n) => {
                    self.out.extend(SLOAD_LETTERS.iter().filter(|(bit, _)| n & bit != 0).map(|(_, c)| *c as u8));
                }
                None => {
                    self.out.push(b'#');
                    signed(&mut self.out, n);
                }
            }
        } else if r == Ref::NONE {
            self.out.push(b'-');
        } else if r.is_ins() {
            decimal(&mut self.out, r.0, 4);
        } else {
            match self.t.as_const(r) {
                Some(&Const::Pc(p, at)) => {
                    self.put("kpc ");
                    self.spell(r, |out, _| place(out, p, at));
                }
                Some(c) => self.spell(r, |out, neutral| konst(out, c, neutral)),
                None => {
                    self.put("?k");
                    decimal(&mut self.out, r.index() as u32, 1);
                }
            }
        }
    }

    fn pc(&mut self, r: Ref) {
        match self.t.as_const(r) {
            Some(&Const::Pc(p, at)) => self.spell(r, |out, _| place(out, p, at)),
            _ => self.operand(Mode::Ref, LitKind::Number, r),
        }
    }

    /// Prints a constant, or copies what it printed before.
    fn spell(&mut self, r: Ref, print: impl FnOnce(&mut Vec<u8>, bool)) {
        let known = self.known[r.index()].clone();
        if known.is_empty() {
            let from = self.out.len();
            print(&mut self.out, self.neutral);
            self.known[r.index()] = from..self.out.len();
        } else {
            self.out.extend_from_within(known);
        }
    }
}

/// The letters of SLOAD's flags.
pub(super) const SLOAD_LETTERS: [(i32, char); 3] =
    [(sload::PARENT, 'p'), (sload::CONVERT, 'c'), (sload::READONLY, 'r')];

/// All that is printed is ASCII.
fn string(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Prints a number with so many digits at least.
fn decimal(out: &mut Vec<u8>, mut n: u32, least: usize) {
    // Nearly all are numbers of instructions with four digits, or small.
    let digit = |n: u32| b'0' + (n % 10) as u8;
    match (least, n) {
        (4, ..10_000) => return out.extend_from_slice(&[digit(n / 1000), digit(n / 100), digit(n / 10), digit(n)]),
        (1, ..10) => return out.push(digit(n)),
        (1, ..100) => return out.extend_from_slice(&[digit(n / 10), digit(n)]),
        _ => {}
    }
    let mut digits = [b'0'; 10];
    let mut at = digits.len();
    while n > 0 || at > digits.len() - least {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

fn signed(out: &mut Vec<u8>, n: i32) {
    if n < 0 {
        out.push(b'-');
    }
    decimal(out, n.unsigned_abs(), 1);
}

fn proto(out: &mut Vec<u8>, p: ProtoKey) {
    let digit = |i| b"0123456789abcdef"[(p.hash >> (60 - 4 * i) & 15) as usize];
    out.push(b'@');
    out.extend_from_slice(&std::array::from_fn::<u8, 16, _>(digit));
    if p.instance != 0 {
        out.push(b'#');
        decimal(out, p.instance, 1);
    }
}

fn place(out: &mut Vec<u8>, p: ProtoKey, at: u32) {
    proto(out, p);
    out.push(b':');
    decimal(out, at, 1);
}

fn konst(out: &mut Vec<u8>, c: &Const, neutral: bool) {
    // Writing to memory cannot fail.
    let _ = match c {
        Const::Pri(crate::Ty::Nil) => write!(out, "nil"),
        Const::Pri(crate::Ty::False) => write!(out, "false"),
        Const::Pri(crate::Ty::True) => write!(out, "true"),
        Const::Pri(t) => write!(out, "?{}", t.name()),
        Const::Num(bits) => number(out, f64::from_bits(*bits)),
        Const::Int(n) => write!(out, "{n:+}"),
        Const::Frame(w) => write!(out, "kframe {}|{}", w & !7, w & 7),
        Const::Cont(w) => write!(out, "kcont {w}"),
        Const::Builtin(n) => match builtins::NAMES.get(*n as usize) {
            Some(name) if *n != 0 && builtins::number(name) == *n => write!(out, "kbuiltin {name}"),
            _ => write!(out, "kbuiltin #{n}"),
        },
        Const::BaseMeta(ty) => write!(out, "kmeta {}", ty.name()),
        Const::Null => write!(out, "null"),
        Const::NilSlot => write!(out, "nilslot"),
        Const::Str(s) => {
            quoted(out, s);
            Ok(())
        }
        Const::Proto(p) => {
            out.extend_from_slice(b"kproto ");
            proto(out, *p);
            Ok(())
        }
        Const::Pc(p, at) => {
            out.extend_from_slice(b"kpc ");
            place(out, *p, *at);
            Ok(())
        }
        Const::Templ(p, i) => {
            out.extend_from_slice(b"ktempl ");
            place(out, *p, *i);
            Ok(())
        }
        Const::Shape(s) => {
            out.extend_from_slice(b"kshape ");
            decimal(out, s.nodes, 1);
            out.push(b'[');
            for (i, key) in s.keys.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                quoted(out, key);
            }
            out.push(b']');
            Ok(())
        }
        Const::Slot(key, node) => {
            out.extend_from_slice(b"kslot ");
            quoted(out, key);
            out.push(b' ');
            decimal(out, if neutral { 0 } else { *node }, 1);
            Ok(())
        }
    };
}

/// The NaN that arithmetic makes.
pub(crate) const CANONICAL_NAN: u64 = 0xfff8_0000_0000_0000;

fn number(out: &mut Vec<u8>, n: f64) -> std::io::Result<()> {
    if n.is_nan() {
        if n.to_bits() == CANONICAL_NAN { write!(out, "nan") } else { write!(out, "nan:{:016x}", n.to_bits()) }
    } else if n == 0.0 && n.is_sign_negative() {
        write!(out, "-0")
    } else {
        // The shortest digits that read back; always with a point or an exponent.
        write!(out, "{n:+?}")
    }
}

fn quoted(out: &mut Vec<u8>, s: &[u8]) {
    out.push(b'"');
    for &b in s {
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b' '..=b'~' => out.push(b),
            _ => {
                // Writing to memory cannot fail.
                let _ = write!(out, "\\x{b:02x}");
            }
        }
    }
    out.push(b'"');
}
