//! Table accesses: finding the place of a key, loading, storing, along chains of `__index` and `__newindex`.
//!
//! A key's place is found with guards that say why it is there: bounds for array slots, the shape or the node's key for constant strings, a
//! lookup for all else. A table with a shape holds string keys only, and its shape tells which: so a key is proved absent without a look at
//! the nodes. Absence matters twice: for metamethods, and for stores, which then insert.
//!
//! Invariant: what finds a place has no effects, so a store has all its guards before it.

use super::{Rec, Res, Status, Tr};
use crate::subject::V;
use abi::abort::Abort;
use abi::frame::Cont;
use abi::metamethod::{CACHED, Mm};
use bytecode::{Ins, Op};
use ir::{Const, Field, Ins as Ir, Op as I, Ref, Ty, flag};

/// A value, and what it is now.
pub(super) type Val = (Tr, V);

/// Longest chain of metatables that is compiled.
const MAX_CHAIN: u32 = 10;
/// No array part has more slots.
const MAX_ARRAY: f64 = ((1u32 << 27) + 1) as f64;

/// Where the value of a key is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// In an array slot.
    Array(Ref),
    /// In a node that is surely the key's.
    Node(Ref),
    /// Where a lookup says: perhaps the nil that nobody writes.
    Found(Ref),
    /// Surely nowhere.
    Absent,
}

impl Place {
    fn address(self) -> Option<Ref> {
        match self {
            Place::Array(r) | Place::Node(r) | Place::Found(r) => Some(r),
            Place::Absent => None,
        }
    }
}

/// What a lookup comes to.
enum Found {
    /// The value.
    Value(Tr),
    /// The metamethod is to be called with (object, key).
    Call(Val, Tr),
}

impl Rec<'_> {
    /// Does a `TGET…`, `TSET…`, `GGET` or `GSET`.
    pub(super) fn rec_index(&mut self, op: Op, ins: Ins) -> Res<()> {
        let (a, b, c) = (i32::from(ins.a()), i32::from(ins.b()), i32::from(ins.c()));
        let (o, k) = match op {
            Op::GGET | Op::GSET => {
                let f = self.func()?;
                let env = self.field(f, Field::FuncEnv)?;
                let name = self.s.kstr(self.t.proto, ins.d().into());
                ((env, self.s.env(self.live_func())), (self.kstr_of(name), name))
            }
            Op::TGETS | Op::TSETS => {
                let name = self.s.kstr(self.t.proto, c as u32);
                ((self.get(b)?, self.s.slot(b)), (self.kstr_of(name), name))
            }
            Op::TGETB | Op::TSETB => {
                let k = self.kint(c);
                ((self.get(b)?, self.s.slot(b)), (k, V::from_num(f64::from(c))))
            }
            Op::TGETV | Op::TSETV => ((self.get(b)?, self.s.slot(b)), (self.get(c)?, self.s.slot(c))),
            Op::TSETM => return self.rec_tsetm(a, ins.d().into()),
            _ => return Err(Abort::NyiOp),
        };
        let ret = self.t.pc + 1;
        if matches!(op, Op::GSET | Op::TSETS | Op::TSETB | Op::TSETV) {
            let v = self.get(a)?;
            if let Some((mo, o)) = self.store(o, k, v)? {
                self.call_metamethod(Cont::Drop as u64, ret, mo, &[o, k.0, v])?;
            }
            return Ok(());
        }
        match self.lookup(o, k)? {
            Found::Value(v) => self.set(a, v),
            Found::Call(mo, o) => self.call_metamethod(Cont::StoreA as u64, ret, mo, &[o, k.0])?,
        }
        Ok(())
    }

    /// Looks up `o[k]`.
    fn lookup(&mut self, mut o: Val, k: Val) -> Res<Found> {
        for _ in 0..MAX_CHAIN {
            let mo = if o.0.ty == Ty::Tab {
                let (v, nil) = self.raw_get(o, k)?;
                if !nil {
                    return Ok(Found::Value(v));
                }
                match self.metamethod(o, Mm::Index)? {
                    Some(mo) => mo,
                    None => return Ok(Found::Value(v)),
                }
            } else {
                self.metamethod(o, Mm::Index)?.ok_or(Abort::Error)?
            };
            if mo.0.ty == Ty::Func {
                return Ok(Found::Call(mo, o.0));
            }
            o = mo;
        }
        Err(Abort::NyiMeta)
    }

    /// Returns `rawget(t, k)` and whether it is nil.
    pub(super) fn raw_get(&mut self, t: Val, k: Val) -> Res<(Tr, bool)> {
        let place = self.place(t, k)?;
        let v = self.s.get(t.1, k.1);
        Ok((self.load_place(place, v)?, v.is_nil()))
    }

    /// Stores `o[k] = v`, or returns the metamethod to call and the object to call it with.
    fn store(&mut self, mut o: Val, k: Val, v: Tr) -> Res<Option<(Val, Tr)>> {
        for _ in 0..MAX_CHAIN {
            let mo = if o.0.ty == Ty::Tab {
                let place = self.place(o, k)?;
                let old = self.s.get(o.1, k.1);
                if !old.is_nil() {
                    if place.address().is_some_and(|r| opt::was_non_nil(&self.t.b, r)) {
                        return self.write(o.0, place, k, v).map(|()| None);
                    }
                    self.exists(place)?;
                    if self.s.tab(o.1).meta.is_nil() {
                        // Cheaper than a look at the old value, and mostly outside loops.
                        self.metamethod(o, Mm::Newindex)?;
                    } else {
                        self.load_place(place, old)?;
                    }
                    return self.write(o.0, place, k, v).map(|()| None);
                }
                match self.metamethod(o, Mm::Newindex)? {
                    Some(mo) => {
                        self.load_place(place, old)?;
                        mo
                    }
                    None => {
                        self.exists(place)?;
                        return self.write(o.0, place, k, v).map(|()| None);
                    }
                }
            } else {
                self.metamethod(o, Mm::Newindex)?.ok_or(Abort::Error)?
            };
            if mo.0.ty == Ty::Func {
                return Ok(Some((mo, o.0)));
            }
            o = mo;
        }
        Err(Abort::NyiMeta)
    }

    /// Stores `rawset(t, k, v)`.
    pub(super) fn raw_set(&mut self, t: Val, k: Val, v: Tr) -> Res<()> {
        let place = self.place(t, k)?;
        self.exists(place)?;
        self.write(t.0, place, k, v)
    }

    /// Guards that a lookup found a node.
    fn exists(&mut self, place: Place) -> Res<()> {
        if let Place::Found(r) = place {
            let nil = self.konst(Const::NilSlot);
            self.guard(I::NE, Ty::Ptr, r, nil.r)?;
        }
        Ok(())
    }

    /// Writes a value to a place of its table; a key that is absent is inserted.
    fn write(&mut self, t: Tr, place: Place, k: Val, v: Tr) -> Res<()> {
        let (op, at) = match place {
            Place::Array(r) => (I::ASTORE, r),
            Place::Node(r) | Place::Found(r) => (I::HSTORE, r),
            Place::Absent => (I::HSTORE, self.insert(t, k)?),
        };
        self.emit(op, v.ty, at, v.r)?;
        if v.ty.is_gc() {
            self.emit(I::TBAR, Ty::Void, t.r, Ref::NONE)?;
        }
        if matches!(place, Place::Node(_) | Place::Found(_)) && self.may_be_metamethod(k) {
            let at = self.emit(I::FREF, Ty::Ptr, t.r, Ref::lit(Field::TabNomm as i32))?;
            let zero = self.kint(0);
            self.emit(I::FSTORE, Ty::Int, at.r, zero.r)?;
        }
        Ok(())
    }

    /// Says whether a key may be the name of a metamethod whose absence tables remember.
    fn may_be_metamethod(&self, (k, kv): Val) -> bool {
        k.ty == Ty::Str && (!k.r.is_const() || Mm::ALL[..CACHED].iter().any(|&mm| self.s.mm_name(mm) == kv))
    }

    /// Inserts a key that is absent; the result is the address of its value.
    fn insert(&mut self, t: Tr, k: Val) -> Res<Ref> {
        let key = match (k.0.ty, k.1.num()) {
            (Ty::Nil, _) => return Err(Abort::NyiKey),
            (_, Some(n)) if n.is_nan() => return Err(Abort::NyiKey),
            (_, Some(n)) => {
                let key = self.hash_key(k.0, n)?;
                if k.0.ty == Ty::Num && !key.r.is_const() {
                    // Not NaN.
                    self.guard(I::EQ, Ty::Num, key.r, key.r)?;
                }
                key
            }
            _ => k.0,
        };
        self.ins(Ir { op: I::NEWREF, ty: Ty::Ptr, flags: flag::GUARD, a: t.r, b: key.r })
    }

    /// Loads what a place holds now, with a guard for its type.
    fn load_place(&mut self, place: Place, v: V) -> Res<Tr> {
        let (op, at) = match place {
            Place::Array(r) => (I::ALOAD, r),
            Place::Node(r) | Place::Found(r) => (I::HLOAD, r),
            Place::Absent => return Ok(self.pri(Ty::Nil)),
        };
        self.load_at(op, at, v)
    }

    /// Loads from an address, with a guard for the type the value has now.
    pub(super) fn load_at(&mut self, op: I, at: Ref, v: V) -> Res<Tr> {
        match v.ty() {
            Ty::Void => Err(Abort::Inconsistent),
            ty @ (Ty::Nil | Ty::False | Ty::True) => {
                self.guard(op, ty, at, Ref::NONE)?;
                Ok(self.pri(ty))
            }
            ty => {
                let loaded = self.guard(op, ty, at, Ref::NONE)?;
                self.observe(loaded.r, v);
                Ok(loaded)
            }
        }
    }

    /// Loads a field of an object.
    pub(super) fn field(&mut self, o: Tr, f: Field) -> Res<Tr> {
        self.emit(I::FLOAD, f.ty(), o.r, Ref::lit(f as i32))
    }

    /// Finds where the value of a key is.
    fn place(&mut self, t: Val, k: Val) -> Res<Place> {
        match k.0.ty {
            Ty::Nil => Ok(Place::Absent),
            Ty::Num | Ty::Int => self.place_number(t, k),
            Ty::Str if k.0.r.is_const() => self.place_field(t, k),
            _ => self.place_hash(t, k.0, k.1),
        }
    }

    fn place_number(&mut self, t: Val, k: Val) -> Res<Place> {
        let Some(n) = k.1.num() else { return Err(Abort::Inconsistent) };
        let info = self.s.tab(t.1);
        let i = n as i32;
        if f64::from(i) == n {
            let index = self.array_index(k.0, n)?;
            let size = self.field(t.0, Field::TabAsize)?;
            self.t.b.observe(size.r, i64::from(info.asize));
            if (i as u32) < info.asize {
                self.guard(I::ABC, Ty::Int, size.r, index.r)?;
                let array = self.field(t.0, Field::TabArray)?;
                return Ok(Place::Array(self.emit(I::AREF, Ty::Ptr, array.r, index.r)?.r));
            }
            self.guard(I::ULE, Ty::Int, size.r, index.r)?;
        } else if !k.0.r.is_const() {
            // No index now; it may be one another time.
            self.not_an_index(t.0, k.0, n, info.asize)?;
        }
        let key = self.hash_key(k.0, n)?;
        self.place_hash(t, key, k.1)
    }

    /// Guards that a number is not an index of the array part of `t`.
    fn not_an_index(&mut self, t: Tr, k: Tr, n: f64, asize: u32) -> Res<()> {
        if asize == 0 {
            let (size, zero) = (self.field(t, Field::TabAsize)?, self.kint(0));
            return self.guard_eq(size, zero.r);
        }
        if n.is_nan() || n > MAX_ARRAY {
            let limit = self.knum(MAX_ARRAY);
            self.guard(I::GT, Ty::Num, k.r, limit.r)?;
        } else if n < 0.0 {
            let zero = self.knum(0.0);
            self.guard(I::LT, Ty::Num, k.r, zero.r)?;
        } else {
            let whole = self.emit(I::FPMATH, Ty::Num, k.r, Ref::lit(ir::FpMath::Trunc as i32))?;
            self.guard(I::NE, Ty::Num, k.r, whole.r)?;
        }
        Ok(())
    }

    /// A number as an index; whoever uses it checks bounds first.
    fn array_index(&mut self, k: Tr, n: f64) -> Res<Tr> {
        if k.r.is_const() {
            return Ok(self.kint(n as i32));
        }
        self.snapshot_if_wanted()?;
        Ok(Tr { r: opt::narrow::narrow_index(&mut self.t.b, k.r)?, ty: Ty::Int })
    }

    /// A number as a key of the hash part.
    fn hash_key(&mut self, k: Tr, n: f64) -> Res<Tr> {
        // -0 is 0.
        if k.r.is_const() { Ok(self.knum(n + 0.0)) } else { self.as_num(k) }
    }

    /// Guards that a table has no nodes.
    fn no_nodes(&mut self, t: Tr) -> Res<Place> {
        let (mask, zero) = (self.field(t, Field::TabHmask)?, self.kint(0));
        self.guard_eq(mask, zero.r)?;
        Ok(Place::Absent)
    }

    /// Guards the shape of a table.
    fn guard_shape(&mut self, t: Tr, id: u32) -> Res<()> {
        let shape = self.s.shape(id).ok_or(Abort::Inconsistent)?;
        let (have, want) = (self.field(t, Field::TabShape)?, self.konst(Const::Shape(shape)));
        self.guard_eq(have, want.r)
    }

    /// Finds the place of a constant string.
    fn place_field(&mut self, t: Val, k: Val) -> Res<Place> {
        let info = self.s.tab(t.1);
        let node = self.s.node_of(t.1, k.1);
        let slot = |r: &mut Self, i| {
            let name = r.s.bytes(k.1);
            r.konst(Const::Slot(name, i)).r
        };
        if info.shape != 0 {
            self.guard_shape(t.0, info.shape)?;
            let Some(i) = node else { return Ok(Place::Absent) };
            let (nodes, slot) = (self.field(t.0, Field::TabNode)?, slot(self, i));
            return Ok(Place::Node(self.emit(I::HREFK, Ty::Ptr, nodes.r, slot)?.r));
        }
        let Some(i) = node else { return self.place_hash(t, k.0, k.1) };
        let (mask, want) = (self.field(t.0, Field::TabHmask)?, self.kint(info.hmask as i32));
        self.guard_eq(mask, want.r)?;
        let (nodes, slot) = (self.field(t.0, Field::TabNode)?, slot(self, i));
        Ok(Place::Node(self.guard(I::HREFK, Ty::Ptr, nodes.r, slot)?.r))
    }

    /// Finds the place of a key that is not in the array part.
    fn place_hash(&mut self, t: Val, k: Tr, kv: V) -> Res<Place> {
        let info = self.s.tab(t.1);
        if info.hmask == 0 {
            return self.no_nodes(t.0);
        }
        if info.shape != 0 && k.ty != Ty::Str {
            self.guard_shape(t.0, info.shape)?;
            return Ok(Place::Absent);
        }
        let r = self.emit(I::HREF, Ty::Ptr, t.0.r, k.r)?;
        if self.s.node_of(t.1, kv).is_some() {
            return Ok(Place::Found(r.r));
        }
        let nil = self.konst(Const::NilSlot);
        self.guard_eq(r, nil.r)?;
        Ok(Place::Absent)
    }

    // ---- iteration ----

    /// Prepares a loop over `pairs`: by position if it calls `next` on a table from the beginning.
    pub(super) fn rec_isnext(&mut self, a: i32) -> Res<()> {
        let [f, t, control] = [self.get(a - 3)?, self.get(a - 2)?, self.get(a - 1)?];
        if f.ty != Ty::Func || t.ty != Ty::Tab || control.ty != Ty::Nil {
            return Ok(());
        }
        let live = self.s.slot(a - 3);
        self.specialise_func(f, live)?;
        if self.s.builtin(live) == abi::builtins::number("next") {
            let zero = self.kint(0);
            let key = self.emit(I::CONV, Ty::Key, zero.r, Ref::lit(ir::Conv::KeyInt as i32))?;
            self.set(a - 1, key);
        }
        Ok(())
    }

    /// A round of a loop over `pairs`: by position, or by a call.
    pub(super) fn rec_itern(&mut self, a: i32, b: i32) -> Res<Status> {
        let (control, tv) = (self.s.slot(a - 1).0, self.s.slot(a - 2));
        if control >> 32 != abi::tag::KEY_INDEX || tv.ty() != Ty::Tab {
            return self.rec_iterc(a, b);
        }
        let slot = self.base() + a - 1;
        let key = match self.known(slot) {
            Some(k) => k,
            None => self.load(slot, Ty::Key, 0)?,
        };
        if key.ty != Ty::Key {
            return Err(Abort::Inconsistent);
        }
        let t = self.get(a - 2)?;
        let at = self.emit(I::CONV, Ty::Int, key.r, Ref::lit(ir::Conv::IntKey as i32))?;
        let Some((found, k, v)) = self.s.next(tv, control as u32) else {
            let (found, none) = (self.next_position(t, at)?, self.kint(-1));
            self.guard_eq(found, none.r)?;
            let nil = self.pri(Ty::Nil);
            self.set(a, nil);
            return self.leave_pairs(a);
        };
        // Where there are no holes in the array part, the next one is it.
        let at_once = found == control as u32 && found < self.s.tab(tv).asize;
        let position = if at_once { at } else { self.next_position(t, at)? };
        let (key, value) = self.entry((t, tv), position, found, (k, v), b > 2)?;
        let one = self.kint(1);
        let next = self.emit(I::ADD, Ty::Int, position.r, one.r)?;
        let next = self.emit(I::CONV, Ty::Key, next.r, Ref::lit(ir::Conv::KeyInt as i32))?;
        self.set(a - 1, next);
        self.forget_above(a);
        self.set(a, key);
        if b > 2 {
            self.set(a + 1, value);
        }
        Ok(Status::Go)
    }

    /// Key and value at position `at` of a table (`live` now, which has `k` and `v`). The value is loaded where it is wanted, or says that there is an
    /// entry; otherwise the key is both.
    pub(super) fn entry(&mut self, t: Val, at: Tr, live: u32, (k, v): (V, V), both: bool) -> Res<(Tr, Tr)> {
        let size = self.field(t.0, Field::TabAsize)?;
        if live < self.s.tab(t.1).asize {
            self.guard(I::ABC, Ty::Int, size.r, at.r)?;
            let array = self.field(t.0, Field::TabArray)?;
            let r = self.emit(I::AREF, Ty::Ptr, array.r, at.r)?;
            return Ok((at, self.load_at(I::ALOAD, r.r, v)?));
        }
        // Signed: -1 is the end.
        self.guard(I::LE, Ty::Int, size.r, at.r)?;
        let n = self.emit(I::SUB, Ty::Int, at.r, size.r)?;
        let nodes = self.field(t.0, Field::TabNode)?;
        let r = self.emit(I::HREFI, Ty::Ptr, nodes.r, n.r)?;
        let key = self.load_at(I::HKLOAD, r.r, k)?;
        let value = if both { self.load_at(I::HLOAD, r.r, v)? } else { key };
        Ok((key, value))
    }

    /// First position at or after `at` with a value, -1 if there is none.
    pub(super) fn next_position(&mut self, t: Tr, at: Tr) -> Res<Tr> {
        self.call_helper(abi::support::Helper::tab_next, &[t, at])
    }
}
