//! Fields of objects, and the shapes of tables made on the trace.

use super::alias::{self, Alias, clear, clobber, inserted, is_own, may_be_one, relation, reshape};
use super::place::{Place, name, place};
use super::{Forward, Seen, as_type, chain, ins};
use crate::Builder;
use abi::abort::Abort;
use ir::{Const, Field, Ins, Op, Ref, Shape, Ty};
use std::sync::Arc;

/// Returns the field of a literal.
fn field(lit: Ref) -> Option<Field> {
    Field::ALL.get(lit.as_lit() as usize).copied()
}

/// Forwards a load of a field.
pub(super) fn load(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    let Some(f) = field(ins.b) else { return Ok(Forward::Emit) };
    if let Some(c) = constant(b.seen(), ins.a, f) {
        return Ok(Forward::Use(match c {
            Known::Ref(r) => r,
            Known::Const(c) => b.konst(c),
        }));
    }
    let t = b.seen();
    // Without effects since, a closure has its parent's environment.
    if let Some(c) = t.trace.closure(ins.a).filter(|_| f == Field::FuncEnv && clobber(t) < ins.a.index()) {
        let of_parent = Ins { a: c.parent, ..*ins };
        return Ok(match load(b, &of_parent)? {
            Forward::Emit => Forward::Instead(of_parent),
            found => found,
        });
    }
    let down = match f {
        Field::StrLen | Field::FuncPc | Field::FuncId => super::last(t, Op::CALLB),
        Field::TabArray | Field::TabNode | Field::TabAsize | Field::TabHmask | Field::TabShape => reshape(t, ins.a, 0),
        Field::TabNomm | Field::TabMeta | Field::FuncEnv | Field::FuncUp0 | Field::UdataMeta => {
            let moved = if f == Field::TabNomm { reshape(t, ins.a, 0) } else { clobber(t) };
            match stored(t, ins.a, f, moved) {
                Ok(v) => return Ok(Forward::Use(if b.ty(v) == Ty::Ptr { v } else { as_type(b, v, ins.ty)? })),
                Err(down) => down,
            }
        }
    };
    let fresh = alias::is_fresh(t, ins.a) && down <= ins.a.index();
    if fresh && f == Field::TabMeta {
        return Ok(Forward::Use(b.konst(Const::Null)));
    }
    Ok(super::same(t, ins, down))
}

/// Finds the value that was stored in a field, or the latest instruction that may have changed it.
fn stored(t: Seen<'_>, obj: Ref, f: Field, down: usize) -> Result<Ref, usize> {
    let x = Place::Field(obj, f as i32);
    for i in chain(t, Op::FSTORE, down) {
        match relation(t, x, place(t, t.ins[i].a)) {
            Alias::No => {}
            Alias::Must => return Ok(t.ins[i].b),
            Alias::May(_) => return Err(i),
        }
    }
    Err(down)
}

/// Says whether a field has this value already.
pub(crate) fn is_there(t: Seen<'_>, obj: Ref, f: i32, v: Ref) -> bool {
    let Some(f) = field(Ref::lit(f)) else { return false };
    let moved = if f == Field::TabNomm { reshape(t, obj, 0) } else { clobber(t) };
    match stored(t, obj, f, moved) {
        Ok(x) => x == v,
        Err(down) => {
            chain(t, Op::FLOAD, down).any(|i| Ref::ins(i) == v && t.ins[i].a == obj && t.ins[i].b.as_lit() == f as i32)
        }
    }
}

/// A field that needs no load.
enum Known {
    Ref(Ref),
    Const(Const),
}

/// Returns the value of a field that follows from how the object was made.
fn constant(t: Seen<'_>, obj: Ref, f: Field) -> Option<Known> {
    if let Some(s) = name(t, obj).filter(|_| f == Field::StrLen) {
        return i32::try_from(s.len()).ok().map(|n| Known::Const(Const::Int(n)));
    }
    if !obj.is_ins() {
        return None;
    }
    let made = t.ins[obj.index()];
    let unmoved = || reshape(t, obj, obj.index()) == obj.index();
    match (made.op, f) {
        (Op::SNEW, Field::StrLen) => Some(Known::Ref(made.b)),
        (Op::FNEW, Field::FuncPc) => Some(Known::Ref(made.a)),
        (Op::FNEW, Field::FuncId) => Some(Known::Const(Const::Int(0))),
        (Op::TNEW, Field::TabAsize) if unmoved() => Some(Known::Const(Const::Int(made.a.as_lit()))),
        (Op::TNEW, Field::TabHmask) if unmoved() => Some(Known::Const(Const::Int(nodes(made.b).max(1) - 1))),
        _ => None,
    }
}

/// Nodes of a table made with `2^bits`, 0 for none.
fn nodes(bits: Ref) -> i32 {
    match bits.as_lit() {
        0 => 0,
        n => 1i32.checked_shl(n as u32).unwrap_or(0),
    }
}

/// Keys in order of insertion, and the number of nodes if it is known.
type Layout = (Vec<Arc<[u8]>>, Option<u32>);

/// Returns the keys of a table made on the trace, in order of insertion, and the size of its hash part if that is known: it has not
/// grown. None unless all are constant strings.
fn layout(b: &Builder, table: Ref) -> Option<Layout> {
    let t = b.seen();
    let new = inserted(t, table)?;
    let (mut keys, mut size) = match t.ins[table.index()] {
        i if i.op == Op::TNEW => (Vec::new(), nodes(i.b) as u32),
        i => match t.as_const(*b.state().templates.get(&i.a)?) {
            Some(Const::Shape(s)) => (s.keys.clone(), s.nodes),
            _ => return None,
        },
    };
    for k in new {
        match t.as_const(k) {
            Some(Const::Str(s)) => keys.push(s.clone()),
            _ => return None,
        }
    }
    if keys.len() > size as usize {
        size = 0;
    }
    let grown = size == 0 && !keys.is_empty();
    Some((keys, (!grown).then_some(size)))
}

/// Says whether nodes of the table are where shapes that the recorder saw have them: the part it was made with had room for all keys.
pub(super) fn is_laid_out(b: &Builder, table: Ref) -> bool {
    let t = b.seen();
    if !alias::is_fresh(t, table) {
        return true;
    }
    let made = t.ins[table.index()];
    let (have, room) = match b.state().templates.get(&made.a).map(|&s| t.as_const(s)) {
        Some(Some(Const::Shape(s))) if made.op == Op::TDUP => (s.keys.len(), s.nodes as usize),
        _ if made.op == Op::TDUP => return true,
        _ => (0, nodes(made.b) as usize),
    };
    let new = chain(t, Op::NEWREF, table.index()).filter(|&i| t.ins[i].a == table).count();
    have + new <= room || !is_own(t, table) || layout(b, table).is_none_or(|(_, size)| size.is_some())
}

/// Says whether two addresses, or an object and null, are equal: the same in every round, if that is known.
fn decided(t: Seen<'_>, cmp: &Ins) -> Option<bool> {
    let null = |r: Ref| matches!(t.as_const(r), Some(Const::Null | Const::NilSlot));
    let object = |r: Ref| r.is_ins() && t.ty(r) == Ty::Tab && t.ins[r.index()].op != Op::FLOAD;
    let element = |r: Ref| r.is_ins() && matches!(t.ins[r.index()].op, Op::AREF | Op::HREFK | Op::HREFI | Op::NEWREF);
    match (cmp.a, cmp.b) {
        (a, b) if null(a) && element(b) || null(b) && element(a) => Some(false),
        (a, b) if a == b && null(a) => Some(true),
        (a, b) if null(a) && object(b) || null(b) && object(a) => Some(false),
        _ => None,
    }
}

/// Drops a comparison of a field whose result is known. Learns the shapes of templates.
pub(super) fn compare(b: &mut Builder, cmp: &Ins) -> Result<Forward, Abort> {
    let t = b.seen();
    if let Some(equal) = decided(t, cmp) {
        return if equal == (cmp.op == Op::EQ) { Ok(Forward::Use(Ref::NONE)) } else { Err(Abort::GuardFails) };
    }
    if cmp.a.is_const() && !cmp.b.is_const() {
        // Forwarding made it a constant, whose place is at the right.
        return Ok(Forward::Instead(Ins { a: cmp.b, b: cmp.a, ..*cmp }));
    }
    let load = |r: Ref| ins(t, r, Op::FLOAD).map(|i| (i, r));
    let (Some((l, of)), other) = (match load(cmp.a) {
        Some(l) => (Some(l), cmp.b),
        None => (load(cmp.b), cmp.a),
    }) else {
        return Ok(Forward::Emit);
    };
    let shape = match t.as_const(other) {
        Some(Const::Shape(s)) => s.clone(),
        _ => return Ok(Forward::Emit),
    };
    let current = |t: Seen<'_>| reshape(t, l.a, of.index()) == of.index();
    if cmp.op == Op::EQ && field(l.b) == Some(Field::TabShape) && !alias::is_fresh(t, l.a) {
        b.state_mut().shapes.insert(l.a, (of.index(), other));
        return Ok(Forward::Emit);
    }
    if cmp.op != Op::EQ || field(l.b) != Some(Field::TabShape) || !alias::is_fresh(t, l.a) || !current(t) {
        return Ok(Forward::Emit);
    }
    let table = l.a;
    if let Some((keys, size)) = layout(b, table) {
        // A part whose size is not known has at least room for its keys; addresses in it are then found by key (`is_laid_out`).
        let same = keys == shape.keys && size.is_none_or(|n| n == shape.nodes);
        return if same { Ok(Forward::Use(Ref::NONE)) } else { Err(Abort::GuardFails) };
    }
    let copy = b.seen().ins[table.index()];
    let recording = super::last(b.seen(), Op::LOOP) == 0;
    let mut new = Vec::new();
    for k in inserted(b.seen(), table).unwrap_or_default() {
        new.extend(name(b.seen(), k).map(Arc::<[u8]>::from));
    }
    if copy.op == Op::TDUP && recording && is_own(b.seen(), table) && shape.keys.ends_with(&new) {
        // What the recorder saw of this copy holds for all copies.
        let keys = shape.keys[..shape.keys.len() - new.len()].to_vec();
        let grown = new.is_empty() || keys.len() + new.len() <= shape.nodes as usize;
        if grown && inserted(b.seen(), table).is_some_and(|k| k.len() == new.len()) {
            let of_template = b.konst(Const::Shape(Arc::new(Shape { nodes: shape.nodes, keys })));
            b.state_mut().templates.insert(copy.a, of_template);
            return Ok(Forward::Use(Ref::NONE));
        }
    }
    Ok(Forward::Emit)
}

/// Says whether a barrier of a table made on the trace is needless: nothing was traversed since.
pub(super) fn is_untraversed(t: Seen<'_>, table: Ref) -> bool {
    alias::is_fresh(t, table)
        && super::last(t, Op::CALLB) < table.index()
        && clear(t, table, 0) < table.index()
        && may_be_one(t, table, table)
}
