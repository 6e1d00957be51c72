//! The printer. It never fails: what is no well-formed operand is printed as a question mark.

use crate::field::sload;
use crate::konst::{Const, ProtoKey};
use crate::lit::LitKind;
use crate::op::Mode;
use crate::trace::{Link, Ref, Snap, Start, Trace, flag};
use abi::builtins;
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Trace {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("trace ")?;
        match self.start {
            Start::Root => f.write_str("root")?,
            Start::Side(t, e) => write!(f, "side:{t}/{e}")?,
        }
        f.write_str(" pc=")?;
        pc(f, self, self.pc)?;
        write!(f, " slots={} link=", self.slots)?;
        match self.link {
            Link::Open => f.write_str("open")?,
            Link::Loop => f.write_str("loop")?,
            Link::Root(t) => write!(f, "root:{t}")?,
            Link::Again => f.write_str("again")?,
            Link::Interp => f.write_str("interp")?,
        }
        if self.repeats {
            f.write_str(" repeats")?;
        }
        f.write_char('\n')?;
        let mut n = 0;
        for at in 0..=self.ins.len() {
            while n < self.snaps.len() && (self.snaps[n].at as usize <= at || at == self.ins.len()) {
                writeln!(f, "{}", self.show_snap(n))?;
                n += 1;
            }
            if at < self.ins.len() {
                writeln!(f, "{}", self.show_ins(at))?;
            }
        }
        Ok(())
    }
}

/// Something that prints itself.
struct Shown<F>(F);

impl<F: Fn(&mut Formatter<'_>) -> Result> Display for Shown<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        (self.0)(f)
    }
}

impl Trace {
    /// Shows instruction `i` as its line of the text has it.
    pub fn show_ins(&self, i: usize) -> impl Display + '_ {
        Shown(move |f: &mut Formatter<'_>| {
            let ins = self.ins[i];
            let mark = |bit, c| if ins.flags & bit != 0 { c } else { ' ' };
            write!(f, "{i:04} {}{}{} ", mark(flag::GUARD, '>'), mark(flag::SINK, '}'), mark(flag::PHI, '+'))?;
            write!(f, "{} ", ins.ty.name())?;
            let name = ins.op.name().to_ascii_lowercase();
            let (ma, mb) = ins.op.modes();
            if ma == Mode::None {
                return f.write_str(&name);
            }
            write!(f, "{name:<7} ")?;
            operand(f, self, ma, LitKind::Number, ins.a)?;
            if mb != Mode::None && !(ins.op.lit_kind() == LitKind::Sload && ins.b == Ref::lit(0)) {
                f.write_char(' ')?;
                operand(f, self, mb, ins.op.lit_kind(), ins.b)?;
            }
            Ok(())
        })
    }

    /// Shows snapshot `n` as its line of the text has it.
    pub fn show_snap(&self, n: usize) -> impl Display + '_ {
        Shown(move |f: &mut Formatter<'_>| {
            let s: &Snap = &self.snaps[n];
            write!(f, "....         snap #{n}")?;
            if let Some(r) = s.pc {
                f.write_str(" pc=")?;
                pc(f, self, r)?;
            }
            write!(f, " base={} top={}", s.base, s.top)?;
            if let Some(m) = s.multres {
                write!(f, " mres={m}")?;
            }
            f.write_str(" [ ")?;
            for &(slot, r) in &s.entries {
                write!(f, "{slot}:{} ", self.show_ref(r))?;
            }
            f.write_char(']')
        })
    }

    /// Shows a reference: the number of an instruction, or a constant.
    pub fn show_ref(&self, r: Ref) -> impl Display + '_ {
        Shown(move |f: &mut Formatter<'_>| operand(f, self, Mode::Ref, LitKind::Number, r))
    }
}

fn operand(f: &mut Formatter<'_>, t: &Trace, mode: Mode, kind: LitKind, r: Ref) -> Result {
    if mode == Mode::Lit {
        let n = r.as_lit();
        return match kind.name(n) {
            Some(name) => f.write_str(name),
            None if kind == LitKind::Sload && (1..8).contains(&n) => {
                for (bit, c) in SLOAD_LETTERS {
                    if n & bit != 0 {
                        f.write_char(c)?;
                    }
                }
                Ok(())
            }
            None => write!(f, "#{n}"),
        };
    }
    if r == Ref::NONE {
        f.write_char('-')
    } else if r.is_ins() {
        write!(f, "{:04}", r.index())
    } else {
        match t.as_const(r) {
            Some(c) => c.fmt(f),
            None => write!(f, "?k{}", r.index()),
        }
    }
}

/// The letters of SLOAD's flags.
pub(super) const SLOAD_LETTERS: [(i32, char); 3] =
    [(sload::PARENT, 'p'), (sload::CONVERT, 'c'), (sload::READONLY, 'r')];

fn pc(f: &mut Formatter<'_>, t: &Trace, r: Ref) -> Result {
    match t.as_const(r) {
        Some(Const::Pc(p, at)) => write!(f, "{p}:{at}"),
        _ => operand(f, t, Mode::Ref, LitKind::Number, r),
    }
}

impl Display for ProtoKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "@{:016x}", self.hash)?;
        if self.instance != 0 { write!(f, "#{}", self.instance) } else { Ok(()) }
    }
}

impl Display for Const {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Const::Pri(crate::Ty::Nil) => f.write_str("nil"),
            Const::Pri(crate::Ty::False) => f.write_str("false"),
            Const::Pri(crate::Ty::True) => f.write_str("true"),
            Const::Pri(t) => write!(f, "?{}", t.name()),
            Const::Num(bits) => number(f, f64::from_bits(*bits)),
            Const::Int(n) => write!(f, "{n:+}"),
            Const::Str(s) => quoted(f, s),
            Const::Proto(p) => write!(f, "kproto {p}"),
            Const::Pc(p, at) => write!(f, "kpc {p}:{at}"),
            Const::Frame(w) => write!(f, "kframe {}|{}", w & !7, w & 7),
            Const::Cont(w) => write!(f, "kcont {w}"),
            Const::Builtin(n) => match builtins::NAMES.get(*n as usize) {
                Some(name) if *n != 0 && builtins::number(name) == *n => write!(f, "kbuiltin {name}"),
                _ => write!(f, "kbuiltin #{n}"),
            },
            Const::Shape(s) => {
                write!(f, "kshape {}[", s.nodes)?;
                for (i, key) in s.keys.iter().enumerate() {
                    if i > 0 {
                        f.write_char(',')?;
                    }
                    quoted(f, key)?;
                }
                f.write_char(']')
            }
            Const::Slot(key, node) => {
                f.write_str("kslot ")?;
                quoted(f, key)?;
                write!(f, " {node}")
            }
            Const::Templ(p, i) => write!(f, "ktempl {p}:{i}"),
            Const::BaseMeta(ty) => write!(f, "kmeta {}", ty.name()),
            Const::Null => f.write_str("null"),
            Const::NilSlot => f.write_str("nilslot"),
        }
    }
}

/// The NaN that arithmetic makes.
pub(crate) const CANONICAL_NAN: u64 = 0xfff8_0000_0000_0000;

fn number(f: &mut Formatter<'_>, n: f64) -> Result {
    if n.is_nan() {
        if n.to_bits() == CANONICAL_NAN { f.write_str("nan") } else { write!(f, "nan:{:016x}", n.to_bits()) }
    } else if n == 0.0 && n.is_sign_negative() {
        f.write_str("-0")
    } else {
        // The shortest digits that read back; always with a point or an exponent.
        write!(f, "{n:+?}")
    }
}

fn quoted(f: &mut Formatter<'_>, s: &[u8]) -> Result {
    f.write_char('"')?;
    for &b in s {
        match b {
            b'"' => f.write_str("\\\"")?,
            b'\\' => f.write_str("\\\\")?,
            b'\n' => f.write_str("\\n")?,
            b'\r' => f.write_str("\\r")?,
            b'\t' => f.write_str("\\t")?,
            b' '..=b'~' => f.write_char(b as char)?,
            _ => write!(f, "\\x{b:02x}")?,
        }
    }
    f.write_char('"')
}
