//! `math`: IR where the CPU has an instruction, helpers of the runtime elsewhere, so that results are the interpreter's to the last bit.
//!
//! Absent: `frexp`, `randomseed` are called.

use super::{Args, Rec, Results};
use abi::support::Helper;
use ir::{FpMath, Op as I, Ref, Ty};

impl Rec<'_> {
    fn math_helper1(&mut self, args: &Args, h: Helper) -> Results {
        let Some(x) = self.num_arg(args, 0)? else { return Ok(None) };
        Ok(Some(vec![self.call_helper(h, &[x])?]))
    }

    fn math_helper2(&mut self, args: &Args, h: Helper) -> Results {
        let Some(x) = self.num_arg(args, 0)? else { return Ok(None) };
        let Some(y) = self.num_arg(args, 1)? else { return Ok(None) };
        Ok(Some(vec![self.call_helper(h, &[x, y])?]))
    }

    fn math_round(&mut self, args: &Args, f: FpMath) -> Results {
        let Some((x, _)) = args.number(0) else { return Ok(None) };
        if x.ty == Ty::Int {
            return Ok(Some(vec![x]));
        }
        Ok(Some(vec![self.emit(I::FPMATH, Ty::Num, x.r, Ref::lit(f as i32))?]))
    }

    /// Folds the arguments: of equal ones, or with NaN, the later.
    fn math_fold(&mut self, args: &Args, op: I) -> Results {
        if args.count() == 0 || (0..args.count()).any(|i| args.number(i).is_none()) {
            return Ok(None);
        }
        let ints = args.values.iter().all(|(tr, _)| tr.ty == Ty::Int);
        let mut best = args.values[0].0;
        if !ints {
            best = self.as_num(best)?;
        }
        for &(tr, _) in &args.values[1..] {
            let x = if ints { tr } else { self.as_num(tr)? };
            best = self.emit(op, best.ty, best.r, x.r)?;
        }
        Ok(Some(vec![best]))
    }

    fn math_scale(&mut self, args: &Args, factor: f64) -> Results {
        let Some(x) = self.num_arg(args, 0)? else { return Ok(None) };
        let k = self.knum(factor);
        Ok(Some(vec![self.emit(I::MUL, Ty::Num, x.r, k.r)?]))
    }
}

macro_rules! math_functions {
    ($($(#[$doc:meta])* $name:ident $how:ident $arg:expr;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(r: &mut Rec<'_>, args: &Args) -> Results { r.$how(args, $arg) }
    )*};
}
math_functions! {
    /// `math.floor(x)`
    floor math_round FpMath::Floor;
    /// `math.ceil(x)`
    ceil math_round FpMath::Ceil;
    /// `math.acos(x)`
    acos math_helper1 Helper::acos;
    /// `math.asin(x)`
    asin math_helper1 Helper::asin;
    /// `math.atan(x)`
    atan math_helper1 Helper::atan;
    /// `math.cos(x)`
    cos math_helper1 Helper::cos;
    /// `math.cosh(x)`
    cosh math_helper1 Helper::cosh;
    /// `math.exp(x)`
    exp math_helper1 Helper::exp;
    /// `math.log10(x)`
    log10 math_helper1 Helper::log10;
    /// `math.sin(x)`
    sin math_helper1 Helper::sin;
    /// `math.sinh(x)`
    sinh math_helper1 Helper::sinh;
    /// `math.tan(x)`
    tan math_helper1 Helper::tan;
    /// `math.tanh(x)`
    tanh math_helper1 Helper::tanh;
    /// `math.atan2(y, x)`
    atan2 math_helper2 Helper::atan2;
    /// `math.fmod(x, y)`
    fmod math_helper2 Helper::fmod;
    /// `math.ldexp(m, e)`
    ldexp math_helper2 Helper::ldexp;
    /// `math.pow(x, y)`
    pow math_helper2 Helper::pow;
    /// `math.max(x, ...)`
    max math_fold I::MAX;
    /// `math.min(x, ...)`
    min math_fold I::MIN;
    /// `math.deg(x)`
    deg math_scale 57.29577951308232;
    /// `math.rad(x)`
    rad math_scale 0.017453292519943295;
}

/// `math.abs(x)`
pub(super) fn abs(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some(x) = r.num_arg(args, 0)? else { return Ok(None) };
    Ok(Some(vec![r.emit(I::ABS, Ty::Num, x.r, Ref::NONE)?]))
}

/// `math.sqrt(x)`
pub(super) fn sqrt(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some(x) = r.num_arg(args, 0)? else { return Ok(None) };
    Ok(Some(vec![r.emit(I::FPMATH, Ty::Num, x.r, Ref::lit(FpMath::Sqrt as i32))?]))
}

/// `math.log(x [, base])`: with a base the product of the binary logarithm and the inverse of the base's, as the library computes it.
pub(super) fn log(r: &mut Rec<'_>, args: &Args) -> Results {
    if args.count() < 2 {
        return r.math_helper1(args, Helper::log);
    }
    let Some(x) = r.num_arg(args, 0)? else { return Ok(None) };
    let Some(base) = r.num_arg(args, 1)? else { return Ok(None) };
    let one = r.knum(1.0);
    let base = r.call_helper(Helper::log2, &[base])?;
    let inverse = r.emit(I::DIV, Ty::Num, one.r, base.r)?;
    let x = r.call_helper(Helper::log2, &[x])?;
    Ok(Some(vec![r.emit(I::MUL, Ty::Num, x.r, inverse.r)?]))
}

/// `math.modf(x)` of finite numbers but zeros; the sign is a guard, since a zero fraction has it.
pub(super) fn modf(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((_, live)) = args.number(0) else { return Ok(None) };
    if live == 0.0 || !live.is_finite() {
        return Ok(None);
    }
    let Some(x) = r.num_arg(args, 0)? else { return Ok(None) };
    let zero = r.knum(0.0);
    let limit = r.knum(f64::INFINITY.copysign(live));
    // Not GT, which is true if unordered: NaN must fail.
    let (low, high) = if live > 0.0 { (zero, limit) } else { (limit, zero) };
    r.compare(I::LT, Ty::Num, low.r, x.r)?;
    r.compare(I::LT, Ty::Num, x.r, high.r)?;
    let whole = r.emit(I::FPMATH, Ty::Num, x.r, Ref::lit(FpMath::Trunc as i32))?;
    let fraction = if live > 0.0 {
        r.emit(I::SUB, Ty::Num, x.r, whole.r)?
    } else {
        let positive = r.emit(I::SUB, Ty::Num, whole.r, x.r)?;
        r.emit(I::NEG, Ty::Num, positive.r, Ref::NONE)?
    };
    Ok(Some(vec![whole, fraction]))
}

/// `math.random([m [, n]])`: the generator is the builtin's upvalue.
pub(super) fn random(r: &mut Rec<'_>, args: &Args) -> Results {
    let low = if args.count() > 1 { r.num_arg(args, 0)? } else { None };
    let high = if args.count() > 0 { r.num_arg(args, args.count().min(2) - 1)? } else { None };
    if high.is_none() && args.count() > 0 || low.is_none() && args.count() > 1 {
        return Ok(None);
    }
    let one = r.knum(1.0);
    let span = match (low, high) {
        (Some(low), Some(high)) => {
            let d = r.emit(I::SUB, Ty::Num, high.r, low.r)?;
            Some(r.emit(I::ADD, Ty::Num, d.r, one.r)?)
        }
        _ => high,
    };
    let state = r.own_upvalue(args.f, Ty::Udata)?;
    let d = r.call_helper(Helper::random, &[state])?;
    let Some(span) = span else { return Ok(Some(vec![d])) };
    let x = r.emit(I::MUL, Ty::Num, d.r, span.r)?;
    let x = r.emit(I::FPMATH, Ty::Num, x.r, Ref::lit(FpMath::Floor as i32))?;
    Ok(Some(vec![r.emit(I::ADD, Ty::Num, x.r, low.unwrap_or(one).r)?]))
}
