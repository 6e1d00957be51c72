//! Places: what an address means.

use super::{Seen, ins};
use abi::support::Helper;
use ir::{Const, Conv, Field, Op, Ref, Ty};

/// A place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// The value of a key in a table.
    Slot(Part, Ref, Key),
    /// Upvalue: open, function, number.
    Up(bool, Ref, i32),
    /// Field of an object.
    Field(Ref, i32),
    /// Nothing is known.
    Any,
}

/// Which part of a table an address is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Array part.
    Array,
    /// Hash part.
    Hash,
    /// Either: a number as key.
    Either,
}

/// A key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    /// `base + offset` modulo 2^32; without base an integral constant.
    Int(Ref, i32),
    /// That of a node: hash part, number of the node as `base + offset`.
    Node(Ref, Ref, i32),
    /// Any other, by reference and type.
    Val(Ref, Ty),
}

/// What two keys are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rel {
    /// Surely the same.
    Same,
    /// Surely different.
    Differ,
    /// Unknown.
    Maybe,
}

/// Splits an int into a base and a constant offset (modulo 2^32); a constant has no base.
pub(crate) fn split(t: Seen<'_>, r: Ref) -> (Ref, i32) {
    let (mut r, mut off) = (r, 0i32);
    loop {
        if let Some(&Const::Int(k)) = t.as_const(r) {
            return (Ref::NONE, off.wrapping_add(k));
        }
        if !r.is_ins() {
            return (r, off);
        }
        let i = t.ins[r.index()];
        let k = |r: Ref| if let Some(&Const::Int(k)) = t.as_const(r) { Some(k) } else { None };
        match (i.op, i.ty, k(i.a), k(i.b)) {
            (Op::ADD | Op::ADDOV, Ty::Int, _, Some(n)) => (r, off) = (i.a, off.wrapping_add(n)),
            (Op::ADD | Op::ADDOV, Ty::Int, Some(n), _) => (r, off) = (i.b, off.wrapping_add(n)),
            (Op::SUB | Op::SUBOV, Ty::Int, _, Some(n)) => (r, off) = (i.a, off.wrapping_sub(n)),
            _ => return (r, off),
        }
    }
}

/// Returns what a key is.
pub(crate) fn key_of(t: Seen<'_>, r: Ref) -> Key {
    match t.as_const(r) {
        Some(&Const::Num(bits)) => {
            let n = f64::from_bits(bits);
            if n == f64::from(n as i32) { Key::Int(Ref::NONE, n as i32) } else { Key::Val(r, Ty::Num) }
        }
        _ => match ins(t, r, Op::CONV) {
            Some(c) if c.b.as_lit() == Conv::NumInt as i32 => key_of(t, c.a),
            _ if t.ty(r) == Ty::Int => {
                let (base, off) = split(t, r);
                Key::Int(base, off)
            }
            _ => Key::Val(r, t.ty(r)),
        },
    }
}

/// Compares two keys.
pub(crate) fn key_rel(t: Seen<'_>, a: Key, b: Key) -> Rel {
    let differ = |d| if d { Rel::Differ } else { Rel::Maybe };
    match (a, b) {
        _ if a == b => Rel::Same,
        (Key::Int(x, _), Key::Int(y, _)) => differ(x == y),
        (Key::Node(n, x, _), Key::Node(m, y, _)) => differ(n == m && x == y),
        (Key::Node(..), _) | (_, Key::Node(..)) => Rel::Maybe,
        (Key::Val(r, ty), Key::Int(..)) | (Key::Int(..), Key::Val(r, ty)) => differ(ty != Ty::Num || r.is_const()),
        (Key::Val(r, Ty::Str), Key::Val(s, Ty::Str)) => match (name(t, r), name(t, s)) {
            (Some(x), Some(y)) if x == y => Rel::Same,
            (x, y) => differ(x.is_some() && y.is_some()),
        },
        (Key::Val(r, x), Key::Val(s, y)) => differ(x != y || r.is_const() && s.is_const()),
    }
}

/// Returns the bytes of a constant key.
pub(crate) fn name<'a>(t: Seen<'a>, key: Ref) -> Option<&'a [u8]> {
    match t.trace.as_const(key) {
        Some(Const::Str(s) | Const::Slot(s, _)) => Some(s),
        _ => None,
    }
}

/// Returns the table that a pointer to one of its parts belongs to.
fn owner(t: Seen<'_>, part: Ref, field: Field) -> Option<Ref> {
    ins(t, part, Op::FLOAD).filter(|i| i.b.as_lit() == field as i32).map(|i| i.a)
}

/// Returns what an address means.
pub(crate) fn place(t: Seen<'_>, addr: Ref) -> Place {
    if !addr.is_ins() {
        return Place::Any;
    }
    let i = t.ins[addr.index()];
    let keyed = |table, key| {
        let k = key_of(t, key);
        let part = if matches!(k, Key::Int(..)) || t.ty(key).is_number() { Part::Either } else { Part::Hash };
        Place::Slot(part, table, k)
    };
    match i.op {
        Op::AREF => match owner(t, i.a, Field::TabArray) {
            Some(table) => Place::Slot(Part::Array, table, key_of(t, i.b)),
            None => Place::Any,
        },
        Op::HREFK => match owner(t, i.a, Field::TabNode) {
            Some(table) => Place::Slot(Part::Hash, table, Key::Val(i.b, Ty::Str)),
            None => Place::Any,
        },
        Op::HREFI => match owner(t, i.a, Field::TabNode) {
            Some(table) => {
                let (base, off) = split(t, i.b);
                Place::Slot(Part::Hash, table, Key::Node(i.a, base, off))
            }
            None => Place::Any,
        },
        Op::HREF | Op::NEWREF => keyed(i.a, i.b),
        Op::CALLL
            if [Helper::tab_get, Helper::tab_get_int, Helper::tab_get_str]
                .iter()
                .any(|&h| i.b.as_lit() == h as i32) =>
        {
            match t.args(i.a)[..] {
                [table, key] => keyed(table, key),
                _ => Place::Any,
            }
        }
        Op::UREFO | Op::UREFC => Place::Up(i.op == Op::UREFO, i.a, i.b.as_lit()),
        Op::FREF => Place::Field(i.a, i.b.as_lit()),
        _ => Place::Any,
    }
}
