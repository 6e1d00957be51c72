//! Rules for strings and closures.

use super::{Out, eval, int, num, with};
use crate::Builder;
use abi::support::Helper;
use ir::{Const, Field, Ins, Op, Ref, Ty};

/// Longest constant that joining makes.
const MAX_CAT: usize = 4096;

pub(super) fn constant_tostr(b: &mut Builder, ins: &Ins) -> Out {
    shown(b, ins.a).map_or(Out::Next, |s| string(b, &s))
}

fn string(b: &mut Builder, s: &[u8]) -> Out {
    Out::Is(b.intern(s))
}

/// The bytes of a constant string or number.
fn shown(b: &Builder, r: Ref) -> Option<Vec<u8>> {
    match b.trace().as_const(r)? {
        Const::Str(s) => Some(s.to_vec()),
        Const::Num(bits) => Some(eval::show(f64::from_bits(*bits)).into_bytes()),
        Const::Int(n) => Some(n.to_string().into_bytes()),
        _ => None,
    }
}

pub(super) fn constant_strto(b: &mut Builder, ins: &Ins) -> Out {
    b.kstr(ins.a).and_then(|s| eval::read(&s)).map_or(Out::Next, |n| num(b, n))
}

pub(super) fn constant_call(b: &mut Builder, ins: &Ins) -> Out {
    let Some(h) = ins.helper() else { return Out::Next };
    if let Some(x) = b.knum(ins.a) {
        return match h {
            Helper::floor => num(b, x.floor()),
            Helper::ceil => num(b, x.ceil()),
            Helper::trunc => num(b, x.trunc()),
            Helper::tobit => int(b, eval::tobit(x)),
            _ => Out::Next,
        };
    }
    let Some(args) = b.look(ins.a).filter(|i| i.op == Op::CARG) else {
        return if h == Helper::str_to_num { constant_strto(b, ins) } else { Out::Next };
    };
    if let (Some(x), Some(y)) = (b.knum(args.a), b.knum(args.b)) {
        return match h {
            Helper::modulo => num(b, eval::modulo(x, y)),
            Helper::fmod => num(b, x % y),
            Helper::pow => num(b, x.powf(y)),
            _ => Out::Next,
        };
    }
    match (b.kstr(args.a), b.kstr(args.b)) {
        (Some(x), Some(y)) if h == Helper::str_cmp => int(b, x.cmp(&y) as i32),
        _ => Out::Next,
    }
}

pub(super) fn constant_calla(b: &mut Builder, ins: &Ins) -> Out {
    let Some(h) = ins.helper() else { return Out::Next };
    if let Some(n) = b.kint(ins.a) {
        return match h {
            Helper::str_char => u8::try_from(n).map_or(Out::Next, |c| string(b, &[c])),
            Helper::str_of_int => string(b, n.to_string().as_bytes()),
            _ => Out::Next,
        };
    }
    let Some(s) = b.kstr(ins.a) else { return Out::Next };
    match h {
        Helper::str_lower => string(b, &s.to_ascii_lowercase()),
        Helper::str_upper => string(b, &s.to_ascii_uppercase()),
        Helper::str_reverse => string(b, &s.iter().rev().copied().collect::<Vec<u8>>()),
        _ => Out::Next,
    }
}

pub(super) fn constant_xload(b: &mut Builder, ins: &Ins) -> Out {
    let Some(at) = b.look(ins.a) else { return Out::Next };
    let (Some(s), Some(i)) = (b.kstr(at.a), b.kint(at.b)) else { return Out::Next };
    match usize::try_from(i).ok().and_then(|i| s.get(i)) {
        Some(&byte) => int(b, i32::from(byte)),
        None => Out::Next,
    }
}

pub(super) fn constant_snew(b: &mut Builder, ins: &Ins) -> Out {
    let Some(at) = b.look(ins.a) else { return Out::Next };
    let (Some(s), Some(i), Some(n)) = (b.kstr(at.a), b.kint(at.b), b.kint(ins.b)) else { return Out::Next };
    let part = usize::try_from(i).ok().zip(usize::try_from(n).ok()).and_then(|(i, n)| s.get(i..i.checked_add(n)?));
    part.map_or(Out::Next, |part| string(b, part))
}

pub(super) fn snew_whole(b: &mut Builder, ins: &Ins) -> Out {
    if b.kint(ins.b) == Some(0) {
        return string(b, b"");
    }
    let (Some(at), Some(len)) = (b.look(ins.a), b.look(ins.b)) else { return Out::Next };
    let whole = at.op == Op::STRREF && b.kint(at.b) == Some(0) && len.a == at.a && len.field() == Some(Field::StrLen);
    if whole { Out::Is(at.a) } else { Out::Next }
}

pub(super) fn strref_snew(b: &mut Builder, ins: &Ins) -> Out {
    let Some(part) = b.look(ins.a) else { return Out::Next };
    let Some(at) = b.look(part.a).filter(|i| i.op == Op::STRREF) else { return Out::Next };
    if b.kint(ins.b) == Some(0) {
        return Out::Is(part.a);
    }
    match b.emit(Ins::new(Op::ADD, Ty::Int, at.b, ins.b)) {
        Ok(place) => with(ins, at.a, place),
        Err(abort) => Out::Stop(abort),
    }
}

pub(super) fn len(b: &mut Builder, ins: &Ins) -> Out {
    if ins.field() != Some(Field::StrLen) {
        return Out::Next;
    }
    if let Some(s) = b.kstr(ins.a) {
        return i32::try_from(s.len()).map_or(Out::Next, |n| int(b, n));
    }
    match b.look(ins.a) {
        Some(s) if s.op == Op::SNEW => Out::Is(s.b),
        Some(s) if s.op == Op::CALLA => match s.helper() {
            Some(Helper::str_char) => int(b, 1),
            Some(Helper::str_lower | Helper::str_upper | Helper::str_reverse) => with(ins, s.a, ins.b),
            _ => Out::Next,
        },
        _ => Out::Next,
    }
}

pub(super) fn closure_proto(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.a) {
        Some(f) if ins.field() == Some(Field::FuncPc) => Out::Is(f.a),
        _ => Out::Next,
    }
}

pub(super) fn cat(b: &mut Builder, ins: &Ins) -> Out {
    let list = |r: Ref| b.look(r).filter(|i| i.op == Op::CARG);
    if list(ins.a).is_none() && b.ty(ins.a) == Ty::Str {
        return Out::Is(ins.a);
    }
    // Nothing is collected before all are known to be constants.
    let mut at = ins.a;
    while let Some(arg) = list(at) {
        if !arg.b.is_const() {
            return Out::Next;
        }
        at = arg.a;
    }
    if !at.is_const() {
        return Out::Next;
    }
    let mut joined = Vec::new();
    for arg in b.trace().args(ins.a) {
        match shown(b, arg) {
            Some(s) if joined.len() + s.len() <= MAX_CAT => joined.extend(s),
            _ => return Out::Next,
        }
    }
    string(b, &joined)
}

pub(super) fn compare_same(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.a) {
        Some(args) if ins.helper() == Some(Helper::str_cmp) && args.a == args.b => int(b, 0),
        _ => Out::Next,
    }
}

/// One guard becomes two, so `NE` needs the length to be known.
pub(super) fn eq_snew(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(part), Some(k)) = (b.look(ins.a), b.kstr(ins.b)) else { return Out::Next };
    if b.look(part.a).is_none_or(|i| i.op != Op::STRREF) {
        return Out::Next;
    }
    let Ok(want) = i32::try_from(k.len()) else { return Out::Next };
    match b.kint(part.b) {
        Some(n) if n != want => return Out::guard(ins.op == Op::NE),
        None if ins.op == Op::NE => return Out::Next,
        _ => {}
    }
    let Some(byte) = k.first().filter(|_| k.len() == 1) else {
        // No byte to compare, or too many.
        let want = b.trace_mut().kint(want);
        return if k.is_empty() { Out::Again(Ins { ty: Ty::Int, a: part.b, b: want, ..*ins }) } else { Out::Next };
    };
    let load = |b: &mut Builder| {
        let one = b.trace_mut().kint(want);
        b.emit(Ins::guard(Op::EQ, Ty::Int, part.b, one))?;
        b.emit(Ins::new(Op::XLOAD, Ty::Int, part.a, Ref::NONE))
    };
    match load(b) {
        Ok(got) => {
            let byte = b.trace_mut().kint(i32::from(*byte));
            Out::Again(Ins { ty: Ty::Int, a: got, b: byte, ..*ins })
        }
        Err(abort) => Out::Stop(abort),
    }
}
