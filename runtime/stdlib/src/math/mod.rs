//! The mathematics library.
//!
//! What the C library computes in LuaJIT is computed by it here too, through Rust's floats, so results are equal to the last bit.
//! The state of `random` is a userdata that `random` and `randomseed` have as upvalue.

pub mod float;

use crate::register;
use crate::string::bare_error;
use abi::metamethod::Mm;
use heap::{Raise, Val, Vm};
use interp::prng::Prng;
use interp::{Cx, Ret};
use std::cell::Cell;

register::library!(math);

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let tab = register::new_library(vm, "math", 32)?;
    register::fill(vm, tab, ROWS, "", &["random", "randomseed"])?;
    tab.set_name(vm, "pi", Val::num(std::f64::consts::PI))?;
    tab.set_name(vm, "huge", Val::num(f64::INFINITY))?;
    let state = vm.new_userdata(Some(Box::new(Cell::new(Prng::seeded(0.0)))))?;
    for key in ["random", "randomseed"] {
        let f = register::function(vm, ROWS, key, 1)?;
        f.set_upvalue(vm, 0, state.val());
        tab.set_name(vm, key, f.val())?;
    }
    Ok(())
}

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident $f:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
            let f: fn(f64) -> f64 = $f;
            cx.ret(Val::num(f(cx.check_num(0)?)))
        }
    )*};
}
unary! {
    /// `math.abs(x)`
    abs f64::abs;
    /// `math.acos(x)`
    acos f64::acos;
    /// `math.asin(x)`
    asin f64::asin;
    /// `math.atan(x)`
    atan f64::atan;
    /// `math.ceil(x)`
    ceil f64::ceil;
    /// `math.cos(x)`
    cos f64::cos;
    /// `math.cosh(x)`
    cosh f64::cosh;
    /// `math.exp(x)`
    exp f64::exp;
    /// `math.floor(x)`
    floor f64::floor;
    /// `math.log10(x)`
    log10 f64::log10;
    /// `math.sin(x)`
    sin f64::sin;
    /// `math.sinh(x)`
    sinh f64::sinh;
    /// `math.sqrt(x)`
    sqrt f64::sqrt;
    /// `math.tan(x)`
    tan f64::tan;
    /// `math.tanh(x)`
    tanh f64::tanh;
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident $f:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
            let f: fn(f64, f64) -> f64 = $f;
            let x = cx.check_num(0)?;
            cx.ret(Val::num(f(x, cx.check_num(1)?)))
        }
    )*};
}
binary! {
    /// `math.atan2(y, x)`
    atan2 f64::atan2;
    /// `math.fmod(x, y)`
    fmod |x, y| x % y;
    /// `math.ldexp(m, e)`
    ldexp float::ldexp;
    /// `math.pow(x, y)`
    pow f64::powf;
}

/// `math.frexp(x)`
pub fn frexp(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (fraction, exponent) = float::frexp(cx.check_num(0)?);
    cx.push(Val::num(fraction));
    cx.push(Val::num(f64::from(exponent)));
    cx.ret_last(2)
}

/// `math.modf(x)`
pub fn modf(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (whole, fraction) = float::modf(cx.check_num(0)?);
    cx.push(Val::num(whole));
    cx.push(Val::num(fraction));
    cx.ret_last(2)
}

/// `math.log(x [, base])`
pub fn log(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let x = cx.check_num(0)?;
    if cx.nargs() < 2 {
        return cx.ret(Val::num(x.ln()));
    }
    // A product with the inverse, as LuaJIT rounds it.
    let inverse = 1.0 / cx.check_num(1)?.log2();
    cx.ret(Val::num(x.log2() * inverse))
}

/// Multiplies the argument: these two functions are Lua in LuaJIT, with its errors and its metamethods.
fn scaled(cx: &mut Cx<'_>, name: &str, factor: f64) -> Result<Ret, Raise> {
    if let Some(n) = cx.arg(0).as_num() {
        return cx.ret(Val::num(n * factor));
    }
    let mm = cx.vm().metamethod(cx.arg(0), Mm::Mul);
    if cx.arg(0).as_str().is_some()
        && mm.is_nil()
        && let Ok(n) = cx.check_num(0)
    {
        return cx.ret(Val::num(n * factor));
    }
    if mm.is_nil() {
        let message = format!("[builtin:{name}]:0: attempt to perform arithmetic on a {} value", cx.arg(0).type_name());
        return Err(bare_error(cx.vm(), &message));
    }
    cx.push(mm);
    cx.push(cx.arg(0));
    cx.push(Val::num(factor));
    cx.call(2, Some(1))?;
    cx.ret_last(1)
}

/// `math.deg(x)`
pub fn deg(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    scaled(cx, "deg", 57.29577951308232)
}

/// `math.rad(x)`
pub fn rad(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    scaled(cx, "rad", 0.017453292519943295)
}

/// Folds the arguments; a comparison with NaN, or of equal zeros, takes the later one.
fn fold(cx: &Cx<'_>, keeps: impl Fn(f64, f64) -> bool) -> Result<Ret, Raise> {
    let mut best = cx.check_num(0)?;
    for i in 1..cx.nargs() {
        let x = cx.check_num(i)?;
        if !keeps(best, x) {
            best = x;
        }
    }
    cx.ret(Val::num(best))
}

/// `math.max(x, ...)`
pub fn max(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    fold(cx, |best, x| best > x)
}

/// `math.min(x, ...)`
pub fn min(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    fold(cx, |best, x| best < x)
}

/// Returns the generator of the running function.
fn generator<'c>(cx: &'c Cx<'_>) -> Result<&'c Cell<Prng>, Raise> {
    let state = cx.upvalue(0).as_udata().and_then(|u| u.payload::<Cell<Prng>>());
    state.ok_or_else(|| cx.error("invalid random state"))
}

/// `math.random([m [, n]])`
pub fn random(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let state = generator(cx)?;
    let mut prng = state.get();
    let d = prng.fraction();
    state.set(prng);
    let n = match cx.nargs() {
        0 => d,
        1 => (d * cx.check_num(0)?).floor() + 1.0,
        _ => {
            let low = cx.check_num(0)?;
            let high = cx.check_num(1)?;
            (d * (high - low + 1.0)).floor() + low
        }
    };
    cx.ret(Val::num(n))
}

/// `math.randomseed(x)`
pub fn randomseed(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    generator(cx)?.set(Prng::seeded(cx.check_num(0)?));
    cx.ret0()
}

#[cfg(test)]
mod tests {
    use super::Prng;
    use crate::oracle::luajit;

    #[test]
    fn sequences_are_the_oracles() {
        let seeds = [0.0, 1.0, 42.0, -1.0, 1e300, 0.1, 1605900000.0];
        let mut program = "print(('%.17g'):format(math.random()))\n".to_owned();
        let mut ours = vec![Prng::seeded(0.0).fraction()];
        for seed in seeds {
            program += &format!("math.randomseed({seed:e}) for i=1,20 do print(('%.17g'):format(math.random())) end\n");
            let mut prng = Prng::seeded(seed);
            ours.extend((0..20).map(|_| prng.fraction()));
        }
        let Some(theirs) = luajit(&program) else { return };
        let theirs = String::from_utf8(theirs).expect("numbers");
        let theirs: Vec<f64> = theirs.lines().map(|line| line.parse().expect("a number")).collect();
        assert_eq!(ours, theirs);
    }
}
