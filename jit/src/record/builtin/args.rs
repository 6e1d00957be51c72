//! Arguments of a recorded builtin, as what the library's checks make of them.

use super::{Rec, Res};
use crate::record::Tr;
use crate::subject::V;
use ir::{Conv, Op as I, Ref, Ty};
use std::sync::Arc;

/// The arguments, and the builtin itself.
pub(super) struct Args {
    /// The function.
    pub f: Tr,
    /// Arguments with their live values.
    pub values: Vec<(Tr, V)>,
}

impl Args {
    /// Returns argument `i`, if there is one.
    pub fn at(&self, i: usize) -> Option<(Tr, V)> {
        self.values.get(i).copied()
    }
    /// Returns argument `i` unless it is nil or absent.
    pub fn given(&self, i: usize) -> Option<(Tr, V)> {
        self.at(i).filter(|(tr, _)| tr.ty != Ty::Nil)
    }
    /// Returns argument `i` if it is a table.
    pub fn tab(&self, i: usize) -> Option<(Tr, V)> {
        self.at(i).filter(|(tr, _)| tr.ty == Ty::Tab)
    }
    /// Returns argument `i` if it is a number.
    pub fn number(&self, i: usize) -> Option<(Tr, f64)> {
        self.at(i).filter(|(tr, _)| tr.ty.is_number()).and_then(|(tr, v)| Some((tr, v.num()?)))
    }
    /// Number of arguments.
    pub fn count(&self) -> usize {
        self.values.len()
    }
}

/// A number truncated to an int as CONV does it: the least one for what is none.
fn truncated(n: f64) -> i32 {
    let t = n.trunc();
    if (-2147483648.0..=2147483647.0).contains(&t) { t as i32 } else { i32::MIN }
}

impl Rec<'_> {
    /// Argument `i` as a num; `None` if it is no number.
    pub(super) fn num_arg(&mut self, args: &Args, i: usize) -> Res<Option<Tr>> {
        match args.number(i) {
            Some((tr, _)) => self.as_num(tr).map(Some),
            None => Ok(None),
        }
    }

    /// Argument `i` truncated to an int, with its live value; `None` if it is no number.
    pub(super) fn int_arg(&mut self, args: &Args, i: usize) -> Res<Option<(Tr, i32)>> {
        let Some((tr, n)) = args.number(i) else { return Ok(None) };
        self.as_int(tr, n).map(|tr| Some((tr, truncated(n))))
    }

    /// A number truncated to an int. Where it is integral now, a guard says so: then the arithmetic before can be one of integers.
    fn as_int(&mut self, tr: Tr, live: f64) -> Res<Tr> {
        if tr.ty == Ty::Int {
            return Ok(tr);
        }
        if let Some(&ir::Const::Num(bits)) = self.t.b.trace().as_const(tr.r) {
            return Ok(self.kint(truncated(f64::from_bits(bits))));
        }
        if f64::from(live as i32) == live {
            self.snapshot_if_wanted()?;
            return Ok(Tr { r: opt::narrow::narrow_toint(&mut self.t.b, tr.r)?, ty: Ty::Int });
        }
        self.emit(I::CONV, Ty::Int, tr.r, Ref::lit(Conv::IntTrunc as i32))
    }

    /// Argument `i` if it is a string, with its bytes.
    pub(super) fn str_arg(&self, args: &Args, i: usize) -> Option<(Tr, Arc<[u8]>)> {
        let (tr, v) = args.at(i)?;
        (tr.ty == Ty::Str).then(|| (tr, self.s.bytes(v)))
    }

    /// A constant string.
    pub(super) fn text(&mut self, bytes: &[u8]) -> Tr {
        Tr { r: self.t.b.konst(ir::Const::Str(bytes.into())), ty: Ty::Str }
    }

    /// Guards that a value is the string it is now.
    pub(super) fn is_text(&mut self, s: Tr, bytes: &[u8]) -> Res<()> {
        let k = self.text(bytes);
        if s.r == k.r { Ok(()) } else { self.guard_eq(s, k.r) }
    }

    /// `a + b` of ints, modulo 2^32.
    pub(super) fn int_add(&mut self, a: Tr, b: Tr) -> Res<Tr> {
        self.emit(I::ADD, Ty::Int, a.r, b.r)
    }

    /// `a + k` of ints, modulo 2^32.
    pub(super) fn int_add_k(&mut self, a: Tr, k: i32) -> Res<Tr> {
        if let Some(n) = self.int_const(a) {
            return Ok(self.kint(n.wrapping_add(k)));
        }
        if k == 0 {
            return Ok(a);
        }
        let k = self.kint(k);
        self.int_add(a, k)
    }

    /// Guards a comparison of an int with a constant.
    pub(super) fn int_is(&mut self, op: I, a: Tr, k: i32) -> Res<()> {
        if self.int_const(a).is_some() {
            // The recorder saw the same value: it holds.
            return Ok(());
        }
        let k = self.kint(k);
        self.compare(op, Ty::Int, a.r, k.r)
    }

    /// Value of an int that is a constant.
    pub(super) fn int_const(&self, a: Tr) -> Option<i32> {
        match self.t.b.trace().as_const(a.r) {
            Some(&ir::Const::Int(n)) => Some(n),
            _ => None,
        }
    }
}
