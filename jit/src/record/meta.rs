//! Metamethods: which one a value has, calling it, going on with its result.
//!
//! The frame of a metamethod is the interpreter's: above the running frame's slots come the continuation word, the instruction to go on with, the
//! function and the distance. The recorder writes them into the shadow stack as values, so snapshots restore them like other slots.
//!
//! That a metamethod is absent is proved by the metatable's shape, or by a lookup. Values that are neither tables nor userdata have a
//! metatable by type, which the machine keeps: a guard (BMETA) asks for the one that there is now, once between calls that may change it.
//!
//! Absent: builtins as metamethods, but for those that `__call` leads to from a plain call.

use super::index::Val;
use super::{Entry, Rec, Res, Status, Tr};
use crate::subject::V;
use abi::abort::Abort;
use abi::frame::{self, Cont};
use abi::metamethod::Mm;
use bytecode::Op;
use ir::{Const, Field, Op as I, Ref, Ty};

impl Rec<'_> {
    /// Metamethod of a value now, with guards that it has it; `None`: guarded to be absent.
    pub(super) fn metamethod(&mut self, (o, ov): Val, mm: Mm) -> Res<Option<Val>> {
        let mv = self.s.metatable(ov);
        let mt = match o.ty {
            Ty::Tab | Ty::Udata => {
                let mt = self.meta_field(o)?;
                let null = self.konst(Const::Null);
                if mv.is_nil() {
                    self.guard(I::EQ, Ty::Tab, mt.r, null.r)?;
                    return Ok(None);
                }
                self.guard(I::NE, Ty::Tab, mt.r, null.r)?;
                mt
            }
            ty => match self.base_metatable(ty, ov)? {
                Some(mt) => mt,
                None => return Ok(None),
            },
        };
        let name = self.s.mm_name(mm);
        let key = self.kstr_of(name);
        let v = self.s.get(mv, name);
        let (mo, nil) = self.raw_get((mt, mv), (key, name))?;
        Ok(if nil { None } else { Some((mo, v)) })
    }

    /// The metatable of a value that is neither table nor userdata: guarded to be the one its type has now, or to be absent (`None`).
    pub(super) fn base_metatable(&mut self, ty: Ty, v: V) -> Res<Option<Tr>> {
        let mv = self.s.metatable(v);
        let ty = match ty {
            Ty::True => Ty::False,
            Ty::Int => Ty::Num,
            ty => ty,
        };
        let mt = self.konst(if mv.is_nil() { Const::Null } else { Const::BaseMeta(ty) });
        self.guard(I::BMETA, Ty::Void, Ref::lit(ty as i32), mt.r)?;
        Ok((!mv.is_nil()).then_some(mt))
    }

    /// Loads the metatable of a table or userdata.
    fn meta_field(&mut self, o: Tr) -> Res<Tr> {
        self.field(o, if o.ty == Ty::Tab { Field::TabMeta } else { Field::UdataMeta })
    }

    /// The metamethod that two values agree on.
    fn shared_metamethod(&mut self, x: Val, y: Val, mm: Mm) -> Res<Option<Val>> {
        let Some(m) = self.metamethod(x, mm)? else { return Ok(None) };
        if x.0.ty == y.0.ty && self.s.metatable(x.1) == self.s.metatable(y.1) {
            if matches!(x.0.ty, Ty::Tab | Ty::Udata) {
                let (p, q) = (self.meta_field(x.0)?, self.meta_field(y.0)?);
                self.guard_eq(p, q.r)?;
            }
            return Ok(Some(m));
        }
        let Some(n) = self.metamethod(y, mm)? else { return Ok(None) };
        if m.0.ty != n.0.ty {
            return Ok(None);
        }
        let same = m.1 == n.1;
        self.guard(if same { I::EQ } else { I::NE }, m.0.ty, m.0.r, n.0.r)?;
        Ok(same.then_some(m))
    }

    /// Calls metamethod `mo` above the running frame, to go on as `cont` says at instruction `ret`.
    pub(super) fn call_metamethod(&mut self, cont: u64, ret: u32, mo: Val, args: &[Tr]) -> Res<()> {
        let (mut f, mut live) = mo;
        let mut list = Vec::with_capacity(args.len() + 1);
        if f.ty != Ty::Func {
            list.push(f);
            (f, live) = self.rec_call_meta(f, live)?;
        }
        list.extend_from_slice(args);
        let Some(p) = self.specialise_func(f, live)? else { return Err(Abort::NyiMeta) };
        self.check_proto(p)?;
        let top = i32::from(self.s.info(self.frame_proto()).frame_size);
        let callee = top + 4;
        let words = [Const::Cont(cont), Const::Pc(self.key(), ret)];
        let [cont_word, pc] = words.map(|c| self.konst(c));
        let link = self.konst(Const::Frame((callee as u64) << 3 | frame::CONT));
        self.set(top, cont_word);
        self.set(top + 1, pc);
        self.set(top + 2, f);
        self.set(top + 3, link);
        for (i, v) in list.iter().enumerate() {
            self.set(callee + i as i32, *v);
        }
        self.push_frame(p, callee, list.len() as i32, Entry::Cont { ret, cont })
    }

    pub(super) fn rec_arith_meta(&mut self, mm: Mm, l: Val, r: Val) -> Res<()> {
        let mo = match self.metamethod(l, mm)? {
            Some(mo) => mo,
            None => self.metamethod(r, mm)?.ok_or(Abort::Error)?,
        };
        self.call_metamethod(Cont::StoreA as u64, self.t.pc + 1, mo, &[l.0, r.0])
    }

    pub(super) fn rec_len_meta(&mut self, v: Tr, live: V) -> Res<()> {
        let mo = self.metamethod((v, live), Mm::Len)?.ok_or(Abort::Error)?;
        let nil = self.pri(Ty::Nil);
        self.call_metamethod(Cont::StoreA as u64, self.t.pc + 1, mo, &[v, nil])
    }

    pub(super) fn rec_order_meta(&mut self, cmp: I, jump_if: bool, l: Val, r: Val) -> Res<()> {
        let ret = self.t.pc + 1;
        let mm = if cmp == I::LE { Mm::Le } else { Mm::Lt };
        if let Some(mo) = self.shared_metamethod(l, r, mm)? {
            return self.call_metamethod(jump_on(jump_if), ret, mo, &[l.0, r.0]);
        }
        if mm == Mm::Le {
            // `l <= r` is `not (r < l)`.
            if let Some(mo) = self.shared_metamethod(r, l, Mm::Lt)? {
                return self.call_metamethod(jump_on(!jump_if), ret, mo, &[r.0, l.0]);
            }
        }
        Err(Abort::Error)
    }

    /// Says whether a metamethod decides about two different objects (and was called).
    pub(super) fn rec_equal_meta(&mut self, jump_if: bool, l: Val, r: Val) -> Res<bool> {
        let Some(mo) = self.shared_metamethod(l, r, Mm::Eq)? else { return Ok(false) };
        self.guard(I::NE, l.0.ty, l.0.r, r.0.r)?;
        self.call_metamethod(jump_on(jump_if), self.t.pc + 1, mo, &[l.0, r.0])?;
        Ok(true)
    }

    /// The function that calling a value calls.
    pub(super) fn rec_call_meta(&mut self, f: Tr, live: V) -> Res<Val> {
        match self.metamethod((f, live), Mm::Call)? {
            Some(mo) if mo.0.ty == Ty::Func => Ok(mo),
            _ => Err(Abort::Error),
        }
    }

    /// Goes on with the instruction before `ret`, whose metamethod returned. Its frame is gone.
    pub(super) fn rec_continue(&mut self, ret: u32, cont: u64, values: Vec<Tr>) -> Res<Status> {
        let proto = self.frame_proto();
        let ins = self.s.code(proto, ret - 1);
        let result = values.first().copied().unwrap_or(self.pri(Ty::Nil));
        let live = self.returned();
        self.forget_above(self.s.info(proto).frame_size.into());
        (self.t.proto, self.t.pc) = (proto, ret);
        self.t.multres = None;
        let truth = !matches!(result.ty, Ty::Nil | Ty::False);
        match Cont::ALL.get((cont & 0xff) as usize) {
            Some(Cont::StoreA) => self.set(ins.a().into(), result),
            Some(Cont::Drop) => {}
            Some(Cont::JumpIfTrue) => self.take_jump(ret, truth),
            Some(Cont::JumpIfFalse) => self.take_jump(ret, !truth),
            Some(Cont::Concat) => {
                let at = (cont >> 8) as i32;
                self.concat_down(ins, ret, at, Some((result, live)))?;
            }
            _ => return Err(Abort::NyiMeta),
        }
        Ok(Status::Go)
    }

    /// What the running return instruction returns first.
    fn returned(&self) -> V {
        let Some((proto, pc)) = self.s.at() else { return V::NIL };
        let ins = self.s.code(proto, pc);
        match ins.op() {
            Some(Op::RET | Op::RET1 | Op::RETM) => self.s.slot(ins.a().into()),
            _ => V::NIL,
        }
    }

    /// Goes on behind a comparison.
    fn take_jump(&mut self, ret: u32, taken: bool) {
        let jump = self.s.code(self.t.proto, ret);
        let to = i64::from(ret) + 1 + if taken { i64::from(jump.jump()) } else { 0 };
        self.t.pc = to as u32;
        self.want_snapshot();
    }
}

/// Continuation of a comparison that jumps if the result is `truth`.
fn jump_on(truth: bool) -> u64 {
    (if truth { Cont::JumpIfTrue } else { Cont::JumpIfFalse }) as u64
}
