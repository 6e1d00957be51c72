//! `bit`: operations on 32-bit integers.

use super::{Args, Rec, Results};
use crate::record::{Res, Tr};
use ir::{Op as I, Ref, Ty};

impl Rec<'_> {
    /// Argument `i` as the int of its low 32 bits; `None` if it is no number.
    fn bits_arg(&mut self, args: &Args, i: usize) -> Res<Option<Tr>> {
        let Some((tr, _)) = args.number(i) else { return Ok(None) };
        Ok(Some(Tr { r: opt::narrow::narrow_tobit(&mut self.t.b, tr.r)?, ty: Ty::Int }))
    }

    fn bits_unary(&mut self, args: &Args, op: I) -> Results {
        let Some(x) = self.bits_arg(args, 0)? else { return Ok(None) };
        Ok(Some(vec![self.emit(op, Ty::Int, x.r, Ref::NONE)?]))
    }

    fn bits_fold(&mut self, args: &Args, op: I) -> Results {
        let Some(mut x) = self.bits_arg(args, 0)? else { return Ok(None) };
        for i in 1..args.count() {
            let Some(y) = self.bits_arg(args, i)? else { return Ok(None) };
            x = self.emit(op, Ty::Int, x.r, y.r)?;
        }
        Ok(Some(vec![x]))
    }

    fn bits_shift(&mut self, args: &Args, op: I) -> Results {
        let Some(x) = self.bits_arg(args, 0)? else { return Ok(None) };
        let Some(n) = self.bits_arg(args, 1)? else { return Ok(None) };
        Ok(Some(vec![self.emit(op, Ty::Int, x.r, n.r)?]))
    }
}

/// `bit.tobit(x)`
pub(super) fn tobit(r: &mut Rec<'_>, args: &Args) -> Results {
    Ok(r.bits_arg(args, 0)?.map(|x| vec![x]))
}

macro_rules! bit_functions {
    ($($(#[$doc:meta])* $name:ident $how:ident $op:ident;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(r: &mut Rec<'_>, args: &Args) -> Results { r.$how(args, I::$op) }
    )*};
}
bit_functions! {
    /// `bit.bnot(x)`
    bnot bits_unary BNOT;
    /// `bit.bswap(x)`
    bswap bits_unary BSWAP;
    /// `bit.band(x, ...)`
    band bits_fold BAND;
    /// `bit.bor(x, ...)`
    bor bits_fold BOR;
    /// `bit.bxor(x, ...)`
    bxor bits_fold BXOR;
    /// `bit.lshift(x, n)`
    lshift bits_shift BSHL;
    /// `bit.rshift(x, n)`
    rshift bits_shift BSHR;
    /// `bit.arshift(x, n)`
    arshift bits_shift BSAR;
    /// `bit.rol(x, n)`
    rol bits_shift BROL;
    /// `bit.ror(x, n)`
    ror bits_shift BROR;
}
