//! Tables and upvalues.

use super::Gen;
use crate::field::{Conv, Field};
use crate::konst::{Const, Shape};
use crate::op::Op;
use crate::trace::Ref;
use crate::ty::Ty;
use abi::support::Helper;
use std::sync::Arc;

/// The keys of tables, in order.
const KEYS: [&str; 3] = ["x", "y", "z"];

impl Gen<'_, '_> {
    fn tab(&mut self) -> Ref {
        if self.src.chance(70)
            && let Some(r) = self.known(Ty::Tab)
        {
            return r;
        }
        let slot = self.src.below(2) as i32;
        let r = self.slot(slot);
        if self.t.ty(r) == Ty::Tab { r } else { self.new_table() }
    }

    fn fload(&mut self, t: Ref, f: Field) -> Ref {
        self.emit(Op::FLOAD, f.ty(), t, Ref::lit(f as i32))
    }

    /// Picks the type of a load: of what was stored there, if known.
    fn load_type(&mut self, t: Ref, key: i64) -> Ty {
        // Elements of unknown tables mostly have one type.
        let key = if key < 0 && !self.stored.contains_key(&(t, key)) { i64::MIN } else { key };
        match self.stored.get(&(t, key)) {
            Some(Ty::Int) => Ty::Num,
            Some(ty) if self.src.chance(95) => *ty,
            _ => {
                let ty = self.src.pick(&[Ty::Num, Ty::Num, Ty::Num, Ty::Tab, Ty::Str, Ty::Nil, Ty::True]);
                *self.stored.entry((t, key)).or_insert(ty)
            }
        }
    }

    fn store(&mut self, op: Op, t: Ref, key: i64, address: Ref) {
        let v = self.value();
        let ty = self.t.ty(v);
        self.effect(op, ty, address, v);
        self.stored.insert((t, key), ty);
        if ty.is_gc() {
            self.effect(Op::TBAR, Ty::Void, t, Ref::NONE);
        }
    }

    fn load(&mut self, op: Op, t: Ref, key: i64, address: Ref) {
        let ty = self.load_type(t, key);
        let r = self.guard(op, ty, address, Ref::NONE);
        self.keep(r);
    }

    pub(super) fn array(&mut self) {
        let t = self.tab();
        let size = match self.t.ins.get(t.index()) {
            Some(ins) if ins.op == Op::TNEW => ins.a.as_lit(),
            _ => 4,
        };
        if size == 0 && self.src.chance(90) {
            return self.hash();
        }
        let n = self.src.below(size.max(1) as usize) as i32;
        let i = match self.src.below(10) {
            0 => self.int(),
            1 => {
                let n = self.num();
                self.guard(Op::CONV, Ty::Int, n, Ref::lit(Conv::IntNumIndex as i32))
            }
            2 | 3 => {
                let (i, mask) = (self.int(), self.t.kint(3));
                self.emit(Op::BAND, Ty::Int, i, mask)
            }
            _ => self.t.kint(n),
        };
        let key = match self.t.as_const(i) {
            Some(Const::Int(n)) => -1 - i64::from(*n),
            _ => i64::MIN,
        };
        let asize = self.fload(t, Field::TabAsize);
        self.guard(Op::ABC, Ty::Int, asize, i);
        let array = self.fload(t, Field::TabArray);
        let address = self.emit(Op::AREF, Ty::Ptr, array, i);
        if self.src.chance(50) {
            self.load(Op::ALOAD, t, key, address);
        } else {
            self.store(Op::ASTORE, t, key, address);
        }
    }

    pub(super) fn hash(&mut self) {
        let t = self.tab();
        let k = self.src.below(KEYS.len());
        let key = self.t.konst(Const::Str(KEYS[k].as_bytes().into()));
        if self.fresh.get(&t).is_some_and(|keys| !keys.contains(&k)) && self.src.chance(80) {
            return self.new_key(t, k, key);
        }
        match self.src.below(8) {
            0 => {
                // A key that may be anything.
                let key = if self.src.chance(50) { self.int() } else { self.num() };
                let address = self.emit(Op::HREF, Ty::Ptr, t, key);
                self.guarded_access(t, i64::MIN, address);
            }
            1 => {
                let address = self.emit(Op::HREF, Ty::Ptr, t, key);
                self.guarded_access(t, k as i64, address);
            }
            2 => self.new_key(t, k, key),
            3 => {
                let list = self.emit(Op::CARG, Ty::Void, t, key);
                let address = self.emit(Op::CALLL, Ty::Ptr, list, Ref::lit(Helper::tab_get_str as i32));
                self.load(Op::HLOAD, t, k as i64, address);
            }
            4 => self.walk(t),
            _ => {
                let address = self.node(t, k);
                if self.src.chance(60) {
                    self.load(Op::HLOAD, t, k as i64, address);
                } else {
                    self.store(Op::HSTORE, t, k as i64, address);
                }
            }
        }
    }

    /// Loads from or stores to an address that may be no node's.
    fn guarded_access(&mut self, t: Ref, key: i64, address: Ref) {
        if self.src.chance(60) {
            return self.load(Op::HLOAD, t, key, address);
        }
        let nil = self.t.konst(Const::NilSlot);
        self.guard(Op::NE, Ty::Ptr, address, nil);
        self.store(Op::HSTORE, t, key, address);
    }

    /// Gives the address of a constant key, behind a guard on the shape or on the node.
    fn node(&mut self, t: Ref, k: usize) -> Ref {
        let order = self.fresh.get(&t).cloned();
        let index = order.as_ref().and_then(|keys| keys.iter().position(|x| *x == k)).unwrap_or(k);
        let text = |k: usize| -> Arc<[u8]> { KEYS[k].as_bytes().into() };
        let slot = self.t.konst(Const::Slot(text(k), index as u32));
        let whole = order.as_ref().is_none_or(|keys| keys.contains(&k));
        if whole && self.src.chance(60) {
            let keys = order.unwrap_or_else(|| (0..KEYS.len()).collect()).into_iter().map(text).collect();
            let shape = self.t.konst(Const::Shape(Arc::new(Shape { nodes: 4, keys })));
            let found = self.fload(t, Field::TabShape);
            self.guard(Op::EQ, Ty::Int, found, shape);
            let nodes = self.fload(t, Field::TabNode);
            return self.emit(Op::HREFK, Ty::Ptr, nodes, slot);
        }
        let found = self.fload(t, Field::TabHmask);
        let three = self.t.kint(3);
        self.guard(Op::EQ, Ty::Int, found, three);
        let nodes = self.fload(t, Field::TabNode);
        self.guard(Op::HREFK, Ty::Ptr, nodes, slot)
    }

    /// Inserts a key that is not there.
    fn new_key(&mut self, t: Ref, k: usize, key: Ref) {
        let meta = self.fload(t, Field::TabMeta);
        let null = self.t.konst(Const::Null);
        self.guard(Op::EQ, Ty::Tab, meta, null);
        let found = self.emit(Op::HREF, Ty::Ptr, t, key);
        let nil = self.t.konst(Const::NilSlot);
        self.guard(Op::EQ, Ty::Ptr, found, nil);
        let address = self.guard(Op::NEWREF, Ty::Ptr, t, key);
        self.dirty = true;
        self.store(Op::HSTORE, t, k as i64, address);
        if let Some(keys) = self.fresh.get_mut(&t)
            && !keys.contains(&k)
        {
            keys.push(k);
        }
    }

    /// Looks at a node by position, as `pairs` does.
    fn walk(&mut self, t: Ref) {
        let n = self.src.below(4) as i32;
        let i = self.t.kint(n);
        let hmask = self.fload(t, Field::TabHmask);
        self.guard(Op::ULE, Ty::Int, i, hmask);
        let nodes = self.fload(t, Field::TabNode);
        let address = self.emit(Op::HREFI, Ty::Ptr, nodes, i);
        let key = self.guard(Op::HKLOAD, Ty::Str, address, Ref::NONE);
        self.keep(key);
        self.load(Op::HLOAD, t, i64::from(n), address);
    }

    fn new_table(&mut self) -> Ref {
        let r = if self.src.chance(15) {
            let templ = self.t.konst(Const::Templ(self.key, 0));
            self.guard(Op::TDUP, Ty::Tab, templ, Ref::NONE)
        } else {
            let (asize, hbits) = (self.src.pick(&[0, 3, 5]), self.src.pick(&[0, 2]));
            let r = self.guard(Op::TNEW, Ty::Tab, Ref::lit(asize), Ref::lit(hbits));
            // Without nodes the order of keys is the same, but not their number.
            if hbits == 2 {
                self.fresh.insert(r, Vec::new());
            }
            for i in 0..i64::from(asize) {
                self.stored.insert((r, -1 - i), Ty::Nil);
            }
            r
        };
        self.keep(r)
    }

    pub(super) fn table(&mut self) {
        match self.src.below(9) {
            0..=3 => {
                self.new_table();
            }
            8 => {
                let ty = self.src.pick(&[Ty::Str, Ty::Num]);
                let meta = self.t.konst(if self.src.chance(70) { Const::BaseMeta(ty) } else { Const::Null });
                self.guard(Op::BMETA, Ty::Void, Ref::lit(ty as i32), meta);
            }
            4 => {
                let t = self.tab();
                let r = self.emit(Op::CALLL, Ty::Int, t, Ref::lit(Helper::tab_len as i32));
                self.keep(r);
            }
            5 => {
                // The metatable is there.
                let t = self.tab();
                let meta = self.fload(t, Field::TabMeta);
                let null = self.t.konst(Const::Null);
                self.guard(Op::NE, Ty::Tab, meta, null);
                self.keep(meta);
            }
            6 => {
                // setmetatable
                let (t, meta) = (self.tab(), self.tab());
                let meta = if self.src.chance(70) { meta } else { self.t.konst(Const::Null) };
                let address = self.emit(Op::FREF, Ty::Ptr, t, Ref::lit(Field::TabMeta as i32));
                self.effect(Op::FSTORE, Ty::Tab, address, meta);
                self.effect(Op::TBAR, Ty::Void, t, Ref::NONE);
            }
            _ => {
                let t = self.tab();
                self.effect(Op::CALLS, Ty::Void, t, Ref::lit(Helper::tab_clear as i32));
                self.stored.retain(|(x, _), _| *x != t);
                self.fresh.remove(&t);
            }
        }
    }

    /// Gives the frame's function, whose prototype has upvalues.
    pub(super) fn function(&mut self) -> Ref {
        let f = self.slot(-2);
        let pc = self.fload(f, Field::FuncPc);
        let proto = self.t.konst(Const::Proto(self.key));
        self.guard(Op::EQ, Ty::Proto, pc, proto);
        f
    }

    pub(super) fn upvalue(&mut self) {
        let f = self.function();
        let n = self.src.below(4);
        let op = if n.is_multiple_of(2) { Op::UREFC } else { Op::UREFO };
        let address = self.guard(op, Ty::Ptr, f, Ref::lit(n as i32));
        if self.src.chance(60) {
            let ty = self.stored.get(&(f, n as i64)).copied().unwrap_or([Ty::Num, Ty::Tab, Ty::Str, Ty::Num][n]);
            let ty = if ty == Ty::Int { Ty::Num } else { ty };
            let r = self.guard(Op::ULOAD, ty, address, Ref::NONE);
            self.keep(r);
            return;
        }
        let v = self.value();
        let ty = self.t.ty(v);
        self.effect(Op::USTORE, ty, address, v);
        self.stored.insert((f, n as i64), ty);
        if ty.is_gc() && op == Op::UREFC {
            self.effect(Op::OBAR, Ty::Void, address, v);
        }
    }
}
