//! Rules for conversions.

use super::{Out, eval, int, num};
use crate::{Builder, narrow};
use abi::abort::Abort;
use ir::{Conv, Ins, Op, Ref};

pub(super) fn constant(b: &mut Builder, ins: &Ins) -> Out {
    match (ins.conv(), b.kint(ins.a), b.knum(ins.a)) {
        (Some(Conv::NumInt), Some(i), _) => num(b, f64::from(i)),
        (Some(c @ (Conv::IntNum | Conv::IntNumIndex | Conv::IntTrunc)), _, Some(n)) => match eval::num_to_int(c, n) {
            Some(i) => int(b, i),
            None if ins.is_guard() => Out::Fails,
            None => Out::Next,
        },
        _ => Out::Next,
    }
}

pub(super) fn constant_tobit(b: &mut Builder, ins: &Ins) -> Out {
    b.knum(ins.a).map_or(Out::Next, |n| int(b, eval::tobit(n)))
}

pub(super) fn back(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = b.look(ins.a) else { return Out::Next };
    match (x.conv(), ins.conv()) {
        (Some(Conv::NumInt), Some(Conv::IntNum | Conv::IntNumIndex | Conv::IntTrunc)) => Out::Is(x.a),
        // As an index -0 became 0, and what was not checked may have been anything.
        (Some(Conv::IntNum), Some(Conv::NumInt)) if x.is_guard() => Out::Is(x.a),
        (Some(Conv::KeyInt), Some(Conv::IntKey)) | (Some(Conv::IntKey), Some(Conv::KeyInt)) => Out::Is(x.a),
        _ => Out::Next,
    }
}

pub(super) fn weaker(b: &mut Builder, ins: &Ins) -> Out {
    if !ins.a.is_ins() {
        return Out::Next;
    }
    let index_serves = match (ins.op, ins.conv()) {
        (Op::TOBIT, _) | (_, Some(Conv::IntTrunc)) => true,
        (_, Some(Conv::IntNumIndex)) => false,
        _ => return Out::Next,
    };
    let mut at = b.last(Op::CONV);
    while let Some(i) = at.filter(|&i| i > ins.a.index()) {
        let old = b.trace().ins[i];
        if old.a == ins.a && old.is_guard() {
            match old.conv() {
                Some(Conv::IntNum) => return Out::Is(Ref::ins(i)),
                Some(Conv::IntNumIndex) if index_serves => return Out::Is(Ref::ins(i)),
                _ => {}
            }
        }
        at = b.prev(i);
    }
    Out::Next
}

pub(super) fn tobit(b: &mut Builder, ins: &Ins) -> Out {
    num::of_int(b, ins.a).map_or(Out::Next, Out::Is)
}

pub(super) fn narrow_conv(b: &mut Builder, ins: &Ins) -> Out {
    narrow::fold_conv(b, ins).map_or(Out::Next, narrowed)
}

pub(super) fn narrow_tobit(b: &mut Builder, ins: &Ins) -> Out {
    narrow::fold_tobit(b, ins).map_or(Out::Next, narrowed)
}

fn narrowed(r: Result<Ref, Abort>) -> Out {
    match r {
        Ok(r) => Out::Is(r),
        Err(abort) => Out::Stop(abort),
    }
}
