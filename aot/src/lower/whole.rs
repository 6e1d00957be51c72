//! Numbers that are whole: they are there as integers, too.
//!
//! ```text
//! x = φ(…, y)                          w = φ(…, v)
//! i = CONV int.num x ─no─► exit        w fits in 32 bits? ─no─► exit, which stores double(w)
//! y = x + 1                 becomes    v = w + 1
//! ```
//!
//! All numbers of Lua are doubles. One that became an integer by a guard, or was made from one, is known to be whole; so are sums and differences of
//! such numbers, and products, quotients rounded down and remainders by constants, as long as no bit of them is rounded away. Such a number is compared, and converted again, as an integer, and
//! exits make the double. Where all that a PHI joins is whole it joins integers: a loop that counts in a local variable needs no conversion. What
//! is used as a double is computed as a double, as ever; LLVM drops what nobody uses.
//!
//! What is known grows from guard to guard, so it is derived when it is asked for ([`derive`]), and kept with the value.
//!
//! Invariant: an exact integer has the double's bits when it is converted back: -0 is none. One that is not exact may stand for -0: good for
//! comparisons, indices, and sums with what is not 0.

use super::{Branching, Lowerer, Val};
use ir::sunk::{Name, Names};
use ir::{Const, Conv, FpMath, Ins, Op, Ref, Trace, Ty};
use std::collections::HashMap;
use std::rc::Rc;

/// Bits of integers that fit in 32.
const NARROW: u8 = 31;
/// Integers of more bits may be rounded as doubles.
const EXACT: u8 = 52;
/// Bits of what PHIs join at most: rounds may add to it before a guard asks for 32.
const JOINED: u8 = 40;
/// Instructions that are looked through.
const DEPTH: u32 = 8;

/// How large an integer is, and what it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Size {
    /// Its magnitude is at most two to the power of this.
    pub bits: u8,
    /// It is not -0 that it stands for.
    pub exact: bool,
}

impl Size {
    const NARROW: Size = Size { bits: NARROW, exact: true };
    pub(super) const JOINED: Size = Size { bits: JOINED, exact: true };

    /// Says whether a PHI may join it.
    pub(super) fn joins(self) -> bool {
        self.exact && self.bits <= JOINED
    }

    /// Says whether a way may bring it, which asks whether it stands for -0.
    pub(super) fn comes(self) -> bool {
        self.bits <= JOINED
    }
}

/// The integer that a number is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Whole {
    pub(super) text: Rc<str>,
    pub(super) size: Size,
    /// It is an `i64`, else an `i32`.
    pub(super) long: bool,
}

impl Whole {
    /// What a PHI or a start joins under a name.
    pub(super) fn of_join(name: &str) -> Whole {
        Whole { text: name.into(), size: Size::JOINED, long: true }
    }

    /// Says whether it has 32 bits for sure.
    pub(super) fn fits(&self) -> bool {
        self.size.bits <= NARROW
    }

    fn of_int(v: &Val) -> Whole {
        Whole { text: v.text.clone(), size: Size::NARROW, long: false }
    }
}

impl Val {
    /// The value with what is to be known where it is stored: so exits that store the same are found to.
    pub(super) fn stored(v: Val) -> Val {
        let exact = v.whole.filter(|w| w.size.exact);
        Val { whole: exact.map(|w| Whole { size: Size::JOINED, ..w }), ..v }
    }
}

/// Where integers come from: texts of a function that is written, or what is known at the end of one that is not yet.
trait Source {
    type Int: Clone;
    /// What is known of a value already.
    fn seen(&mut self, name: Name) -> Option<Self::Int>;
    /// Notes what has become known of one.
    fn note(&mut self, name: Name, int: &Self::Int);
    fn size(int: &Self::Int) -> Size;
    /// The same integer, of which more is known.
    fn sized(int: &Self::Int, size: Size) -> Self::Int;
    /// A constant.
    fn constant(&mut self, n: i64, size: Size) -> Self::Int;
    /// An integer of the trace.
    fn of_int(&mut self, name: Name) -> Option<Self::Int>;
    /// A sum, difference, product by a constant, or remainder or quotient (rounded down) by a positive constant.
    fn compute(&mut self, op: Op, size: Size, x: &Self::Int, y: &Self::Int) -> Self::Int;
}

/// Returns the integer that a constant number is.
fn constant(bits: u64) -> Option<(i64, Size)> {
    let n = f64::from_bits(bits) as i64;
    let size = Size { bits: (64 - n.unsigned_abs().leading_zeros()) as u8, exact: true };
    ((n as f64).to_bits() == bits && size.bits <= EXACT).then_some((n, size))
}

/// Returns the size of a result. `by` is the right operand if that is a constant, else 0.
fn result(op: Op, x: Size, y: Size, by: f64) -> Option<Size> {
    let positive = by > 0.0;
    let size = match op {
        // Zeros of both signs make +0, and -0 is what nothing else is added to.
        Op::ADD => Size { bits: x.bits.max(y.bits) + 1, exact: x.exact || y.exact },
        Op::SUB => Size { bits: x.bits.max(y.bits) + 1, exact: x.exact || positive },
        Op::MUL if by != 0.0 => Size { bits: x.bits + y.bits, exact: x.exact && positive },
        // Quotients are near enough to round down to the right integer.
        Op::MOD if positive => Size { bits: y.bits, exact: x.exact },
        Op::DIV if positive => x,
        _ => return None,
    };
    (size.bits <= EXACT).then_some(size)
}

/// Derives the integer that the number behind a reference is, for an instruction at `at`.
fn derive<S: Source>(t: &Trace, names: &Names, s: &mut S, (r, at): (Ref, usize), depth: u32) -> Option<S::Int> {
    match t.as_const(r) {
        Some(Const::Num(bits)) => return constant(*bits).map(|(n, size)| s.constant(n, size)),
        Some(_) => return None,
        None => {}
    }
    let name = names.name(r, at);
    let (i, seen) = (name as usize, s.seen(name));
    let ins: Ins = t.ins[i];
    let found = seen.as_ref().is_some_and(|int| S::size(int).bits <= NARROW);
    if found || ins.ty != Ty::Num || ins.is_sunk() || depth == 0 {
        return seen;
    }
    let made = match ins.op {
        Op::CONV if ins.conv() == Some(Conv::NumInt) && seen.is_none() => s.of_int(names.name(ins.a, i)),
        Op::ADD | Op::SUB | Op::MUL | Op::MOD => {
            let by = if let Some(Const::Num(n)) = t.as_const(ins.b) { f64::from_bits(*n) } else { 0.0 };
            computed(t, names, s, (ins, i), (by, seen.as_ref(), depth))
        }
        Op::FPMATH if ins.fpmath() == Some(FpMath::Floor) && ins.a.is_ins() => {
            let i = names.name(ins.a, i) as usize;
            let found = quotient(t, t.ins[i]);
            found.and_then(|(ins, by)| computed(t, names, s, (ins, i), (by, seen.as_ref(), depth)))
        }
        _ => None,
    };
    if let Some(int) = &made {
        s.note(name, int);
    }
    made.or(seen)
}

/// Returns what divides by a positive integer, as a division, and by which. Powers of two have reciprocals that are multiplied by.
fn quotient(t: &Trace, ins: Ins) -> Option<(Ins, f64)> {
    let Some(Const::Num(bits)) = t.as_const(ins.b) else { return None };
    let n = f64::from_bits(*bits);
    let (by, reciprocal) = match ins.op {
        Op::DIV => (n, true),
        Op::MUL => (1.0 / n, n.to_bits() << 12 == 0),
        _ => return None,
    };
    (reciprocal && by > 0.0 && constant(by.to_bits()).is_some()).then_some((Ins { op: Op::DIV, ..ins }, by))
}

/// Derives the integer that an instruction computes; a quotient is rounded down. If it was `seen` its operands may have been found to be smaller since.
fn computed<S: Source>(
    t: &Trace,
    names: &Names,
    s: &mut S,
    (ins, at): (Ins, usize),
    (by, seen, depth): (f64, Option<&S::Int>, u32),
) -> Option<S::Int> {
    let y = match ins.op {
        Op::MUL | Op::MOD | Op::DIV => constant(by.to_bits()).map(|(n, size)| s.constant(n, size))?,
        _ => derive(t, names, s, (ins.b, at), depth - 1)?,
    };
    let x = derive(t, names, s, (ins.a, at), depth - 1)?;
    let size = result(ins.op, S::size(&x), S::size(&y), by)?;
    Some(match seen {
        Some(int) => S::sized(int, size),
        None => s.compute(ins.op, size, &x, &y),
    })
}

/// The writer of a branch as a source: integers have texts.
struct Written<'l, 'a> {
    l: &'l mut Lowerer<'a>,
    b: &'l mut Branching,
}

impl Source for Written<'_, '_> {
    type Int = Whole;

    fn seen(&mut self, name: Name) -> Option<Whole> {
        self.b.vals[name as usize].as_ref()?.whole.clone()
    }

    fn note(&mut self, name: Name, int: &Whole) {
        if let Some(v) = &mut self.b.vals[name as usize] {
            v.whole = Some(int.clone());
        }
    }

    fn size(int: &Whole) -> Size {
        int.size
    }

    fn sized(int: &Whole, size: Size) -> Whole {
        Whole { size, ..int.clone() }
    }

    fn constant(&mut self, n: i64, size: Size) -> Whole {
        Whole { text: n.to_string().into(), size, long: true }
    }

    fn of_int(&mut self, name: Name) -> Option<Whole> {
        self.b.vals[name as usize].as_ref().filter(|v| v.ty == Ty::Int).map(Whole::of_int)
    }

    fn compute(&mut self, op: Op, size: Size, x: &Whole, y: &Whole) -> Whole {
        let (x, y) = (self.l.long(x), self.l.long(y));
        let f = &mut self.l.f;
        let text = match op {
            Op::ADD => f.let_(format_args!("add nsw i64 {x}, {y}")),
            Op::SUB => f.let_(format_args!("sub nsw i64 {x}, {y}")),
            Op::MUL => f.let_(format_args!("mul nsw i64 {x}, {y}")),
            _ => {
                let r = f.let_(format_args!("srem i64 {x}, {y}"));
                let up = f.let_(format_args!("add nsw i64 {r}, {y}"));
                let c = f.let_(format_args!("icmp slt i64 {r}, 0"));
                let r = f.let_(format_args!("select i1 {c}, i64 {up}, i64 {r}"));
                match op {
                    Op::MOD => r,
                    _ => {
                        let whole = f.let_(format_args!("sub nsw i64 {x}, {r}"));
                        f.let_(format_args!("sdiv exact i64 {whole}, {y}"))
                    }
                }
            }
        };
        Whole { text: text.into(), size, long: true }
    }
}

/// What is known at the end of a trace, when all its guards have held.
pub(super) struct AtEnd<'t> {
    t: &'t Trace,
    names: &'t Names,
    known: HashMap<Name, Size>,
}

impl<'t> AtEnd<'t> {
    /// Looks at guards from `from` to `to`. `given` are values that are known to be whole.
    pub fn new(t: &'t Trace, names: &'t Names, from: usize, to: usize, given: HashMap<Name, Size>) -> AtEnd<'t> {
        let mut known = given;
        for (i, ins) in t.ins.iter().enumerate().take(to).skip(from) {
            let exact = match ins.conv().filter(|_| ins.op == Op::CONV && ins.is_guard() && ins.a.is_ins()) {
                Some(Conv::IntNum) => true,
                Some(Conv::IntNumIndex) => false,
                _ => continue,
            };
            let name = names.name(ins.a, i);
            let was = known.get(&name).is_some_and(|s| s.exact);
            known.insert(name, Size { bits: NARROW, exact: exact || was });
        }
        AtEnd { t, names, known }
    }

    /// Returns what is known already.
    pub fn known(&self) -> &HashMap<Name, Size> {
        &self.known
    }

    /// Returns the size of the integer or whole number behind a reference, for whoever uses it at `at`.
    pub fn number(&mut self, r: Ref, at: usize) -> Option<Size> {
        let ty = self.t.as_const(r).map_or(self.t.ty(r), |c| c.ty());
        if ty == Ty::Int { Some(Size::NARROW) } else { self.size(r, at) }
    }

    /// Returns the size of the integer that the number behind a reference is, for whoever uses it at `at`.
    pub fn size(&mut self, r: Ref, at: usize) -> Option<Size> {
        let (t, names) = (self.t, self.names);
        derive(t, names, self, (r, at), DEPTH)
    }
}

impl Source for AtEnd<'_> {
    type Int = Size;

    fn seen(&mut self, name: Name) -> Option<Size> {
        self.known.get(&name).copied()
    }

    // What is derived here is not kept: it may depend on what is given, which may turn out to be wrong.
    fn note(&mut self, _: Name, _: &Size) {}

    fn size(int: &Size) -> Size {
        *int
    }

    fn sized(_: &Size, size: Size) -> Size {
        size
    }

    fn constant(&mut self, _: i64, size: Size) -> Size {
        size
    }

    fn of_int(&mut self, _: Name) -> Option<Size> {
        Some(Size::NARROW)
    }

    fn compute(&mut self, _: Op, size: Size, _: &Size, _: &Size) -> Size {
        size
    }
}

impl Lowerer<'_> {
    /// Returns the integer that the number behind a reference is, if that is known where code is written now.
    pub(super) fn whole(&mut self, b: &mut Branching, r: Ref) -> Option<Whole> {
        let t = &self.tree.branches[b.branch].trace;
        let names = b.names.clone();
        let at = if b.looped { usize::MAX } else { 0 };
        derive(t, &names, &mut Written { l: self, b }, (r, at), DEPTH)
    }

    /// Notes that a guard has found an integer, of 32 bits or `long`, behind a reference, which may be -0 if it is not `exact`.
    pub(super) fn found_whole(&mut self, b: &mut Branching, r: Ref, (int, long): (&str, bool), exact: bool) {
        let name = b.names.name(r, if b.looped { usize::MAX } else { 0 });
        if let Some(v) = b.vals.get_mut(name as usize).and_then(Option::as_mut).filter(|_| r.is_ins()) {
            v.whole = Some(Whole { text: int.into(), size: Size { bits: NARROW, exact }, long });
        }
    }

    /// Returns an integer as an `i64`.
    pub(super) fn long(&mut self, w: &Whole) -> String {
        match w.long {
            true => w.text.to_string(),
            false => self.f.let_(format_args!("sext i32 {} to i64", w.text)),
        }
    }

    /// Returns a number as it is stored outside of the trace's own way: as a double of its integer, so that loops need not have both.
    pub(super) fn as_stored(&mut self, v: Val) -> Val {
        match &v.whole {
            Some(w) if w.size.exact => Val::new(self.double_of_whole(w), Ty::Num),
            _ => v,
        }
    }

    /// Makes a double of an exact integer.
    pub(super) fn double_of_whole(&mut self, w: &Whole) -> String {
        match w.long {
            true => self.f.let_(format_args!("sitofp i64 {} to double", w.text)),
            false => self.double_of(&w.text),
        }
    }

    /// Returns the `i64` that a number is which is known to be whole.
    pub(super) fn joined(&mut self, v: &Val) -> String {
        match v.whole.clone() {
            Some(w) => self.long(&w),
            None if v.ty == Ty::Int => self.long(&Whole::of_int(v)),
            None => self.f.let_(format_args!("fptosi double {} to i64", v.text)),
        }
    }

    /// Returns the `i64` that a number is, and whether it is one that starts join.
    pub(super) fn as_joined(&mut self, v: &Val) -> (String, String) {
        let Some(w) = v.whole.clone().filter(|w| w.size.bits <= JOINED) else {
            return if v.ty == Ty::Int { (self.joined(v), "true".into()) } else { self.ask_whole(&v.text) };
        };
        let int = self.long(&w);
        if w.size.exact {
            return (int, "true".into());
        }
        // It may stand for -0.
        let other = self.f.let_(format_args!("icmp ne i64 {int}, 0"));
        let bits = self.f.let_(format_args!("bitcast double {} to i64", v.text));
        let zero = self.f.let_(format_args!("icmp eq i64 {bits}, 0"));
        (int, self.f.let_(format_args!("or i1 {other}, {zero}")))
    }

    /// Returns the `i64` that a double is, and whether it is one of [`JOINED`] bits.
    pub(super) fn ask_whole(&mut self, double: &str) -> (String, String) {
        let i = self.f.let_(format_args!("fptosi double {double} to i64"));
        let i = self.f.let_(format_args!("freeze i64 {i}"));
        let back = self.f.let_(format_args!("sitofp i64 {i} to double"));
        let x = self.f.let_(format_args!("bitcast double {back} to i64"));
        let y = self.f.let_(format_args!("bitcast double {double} to i64"));
        let same = self.f.let_(format_args!("icmp eq i64 {x}, {y}"));
        let moved = self.f.let_(format_args!("add i64 {i}, {}", 1u64 << JOINED));
        let near = self.f.let_(format_args!("icmp ule i64 {moved}, {}", 2u64 << JOINED));
        (i, self.f.let_(format_args!("and i1 {same}, {near}")))
    }
}
