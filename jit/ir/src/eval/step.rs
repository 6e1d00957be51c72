//! One instruction.

use super::machine::{Addr, Eval, Flow, Machine, Val, unboxed};
use super::number;
use super::restore::nodes;
use super::world::{Place, Table, Upval, Value};
use crate::closure::Capture;
use crate::field::{Conv, Field, FpMath, sload};
use crate::konst::Const;
use crate::op::Op;
use crate::trace::{Ins, Ref};
use crate::ty::Ty;

/// Longer strings find no memory.
pub(super) const MAX_STRING: usize = 1 << 16;

fn num(n: f64) -> Val {
    Val::Boxed(Value::Num(n))
}

fn text(s: impl AsRef<[u8]>) -> Val {
    Val::Boxed(Value::str(s.as_ref()))
}

impl Machine<'_> {
    pub(super) fn step(&mut self, i: usize) -> Eval<Flow> {
        let ins = self.t.ins[i];
        let value = if ins.is_sunk() { Some(Val::None) } else { self.value(Ref::ins(i), ins)? };
        match value {
            Some(v) => {
                self.vals[i] = Some(v);
                Ok(Flow::Next)
            }
            None if ins.is_guard() => Ok(Flow::Fail),
            None => Err("the condition does not hold, and there is no guard".into()),
        }
    }

    /// Executes; nothing if the guard fails.
    fn value(&mut self, at: Ref, ins: Ins) -> Eval<Option<Val>> {
        let (a, b) = (ins.a, ins.b);
        let int = ins.ty == Ty::Int;
        let holds = |c: bool| Ok(c.then_some(Val::None));
        Ok(Some(match ins.op {
            Op::LT | Op::GE | Op::LE | Op::GT | Op::ULT | Op::UGE | Op::ULE | Op::UGT => {
                return holds(if int {
                    compare_int(ins.op, self.int(a)?, self.int(b)?)
                } else {
                    compare_num(ins.op, self.num(a)?, self.num(b)?)
                });
            }
            Op::EQ => return holds(equal(&self.val(a)?, &self.val(b)?)),
            Op::NE => return holds(!equal(&self.val(a)?, &self.val(b)?)),
            Op::ABC => return holds((self.int(b)? as u32) < self.int(a)? as u32),
            Op::RETF => {
                let link = self.world.slot(self.base - 1);
                let holds = self.t.as_const(a).is_some_and(|c| link.raw_equal(&Value::Link(c.clone())));
                if !holds {
                    return Ok(None);
                }
                self.move_base(self.base - b.as_lit())?;
                Val::None
            }
            Op::UREFS => {
                let n = b.as_lit();
                let u = self.upvalue(a, (n & 255) as usize)?;
                let slot = self.base + (n >> 8);
                return holds(matches!(self.world.upvals[u], Upval::Open(s) if s == slot));
            }
            Op::UFREE => {
                let low = self.base + a.as_lit();
                return holds(!self.world.upvals.iter().any(|u| matches!(u, Upval::Open(s) if *s >= low)));
            }
            Op::BMETA => {
                let has = self.world.base_meta.keys().any(|ty| *ty as i32 == a.as_lit());
                return holds(has == matches!(self.t.as_const(b), Some(Const::BaseMeta(_))));
            }
            Op::NOP | Op::PHI | Op::LOOP | Op::USE | Op::TBAR | Op::OBAR | Op::CARG => Val::None,
            Op::BASE => Val::Addr(Addr::Base),
            Op::GCSTEP => return holds(!self.world.attention),
            Op::BNOT => Val::Int(!self.int(a)?),
            Op::BSWAP => Val::Int(self.int(a)?.swap_bytes()),
            Op::BAND => Val::Int(self.int(a)? & self.int(b)?),
            Op::BOR => Val::Int(self.int(a)? | self.int(b)?),
            Op::BXOR => Val::Int(self.int(a)? ^ self.int(b)?),
            Op::BSHL => Val::Int(self.int(a)? << (self.int(b)? & 31)),
            Op::BSHR => Val::Int((self.int(a)? as u32 >> (self.int(b)? & 31)) as i32),
            Op::BSAR => Val::Int(self.int(a)? >> (self.int(b)? & 31)),
            Op::BROL => Val::Int(self.int(a)?.rotate_left((self.int(b)? & 31) as u32)),
            Op::BROR => Val::Int(self.int(a)?.rotate_right((self.int(b)? & 31) as u32)),
            Op::ADD if int => Val::Int(self.int(a)?.wrapping_add(self.int(b)?)),
            Op::SUB if int => Val::Int(self.int(a)?.wrapping_sub(self.int(b)?)),
            Op::MUL if int => Val::Int(self.int(a)?.wrapping_mul(self.int(b)?)),
            Op::MOD if int => Val::Int(self.int(a)?.rem_euclid(self.int(b)?)),
            Op::NEG if int => Val::Int(self.int(a)?.wrapping_neg()),
            Op::MIN if int => Val::Int(self.int(a)?.min(self.int(b)?)),
            Op::MAX if int => Val::Int(self.int(a)?.max(self.int(b)?)),
            Op::ADD => num(self.num(a)? + self.num(b)?),
            Op::SUB => num(self.num(a)? - self.num(b)?),
            Op::MUL => num(self.num(a)? * self.num(b)?),
            Op::DIV => num(self.num(a)? / self.num(b)?),
            Op::MOD => num(number::modulo(self.num(a)?, self.num(b)?)),
            Op::POW => num(self.num(a)?.powf(self.num(b)?)),
            Op::NEG => num(-self.num(a)?),
            Op::ABS => num(self.num(a)?.abs()),
            Op::MIN => {
                let (x, y) = (self.num(a)?, self.num(b)?);
                num(if x < y { x } else { y })
            }
            Op::MAX => {
                let (x, y) = (self.num(a)?, self.num(b)?);
                num(if x > y { x } else { y })
            }
            Op::FPMATH => {
                let x = self.num(a)?;
                num(match ins.fpmath().ok_or("unknown function")? {
                    FpMath::Floor => x.floor(),
                    FpMath::Ceil => x.ceil(),
                    FpMath::Trunc => x.trunc(),
                    FpMath::Sqrt => x.sqrt(),
                })
            }
            Op::ADDOV => return Ok(self.int(a)?.checked_add(self.int(b)?).map(Val::Int)),
            Op::SUBOV => return Ok(self.int(a)?.checked_sub(self.int(b)?).map(Val::Int)),
            Op::MULOV => {
                let (x, y) = (self.int(a)?, self.int(b)?);
                let minus0 = (x == 0 && y < 0) || (y == 0 && x < 0);
                return Ok(x.checked_mul(y).filter(|_| !minus0).map(Val::Int));
            }
            Op::CONV => match ins.conv().ok_or("unknown conversion")? {
                Conv::NumInt => num(f64::from(self.int(a)?)),
                Conv::IntNum => return Ok(number::to_int(self.num(a)?).map(Val::Int)),
                // Adding 0 makes 0 of -0 and changes nothing else.
                Conv::IntNumIndex => return Ok(number::to_int(self.num(a)? + 0.0).map(Val::Int)),
                Conv::KeyInt => Val::Key(self.int(a)?),
                Conv::IntKey => Val::Int(self.int(a)?),
                Conv::IntTrunc => Val::Int(number::truncate(self.num(a)?)),
            },
            Op::TOBIT => Val::Int(number::to_bit(self.num(a)?)),
            Op::TOSTR => match self.t.ty(a) {
                Ty::Int => text(self.int(a)?.to_string()),
                _ => text(number::format(self.num(a)?)),
            },
            Op::STRTO => return Ok(number::parse(&self.text(a)?).map(num)),

            Op::AREF => match self.addr(a)? {
                Addr::Array(t, moved) => Val::Addr(Addr::Elem(t, moved, self.int(b)?)),
                x => return Err(format!("{x:?} is no array part")),
            },
            Op::HREFK => {
                let (t, moved) = self.hash_part(a)?;
                let Some(Const::Slot(key, n)) = self.t.as_const(b) else { return Err("no kslot".into()) };
                let table = &self.world.tables[t];
                if *n as usize >= table.cap.max(1) {
                    return Err("there is no such node".into());
                }
                let same = |(k, _): &(Value, Value)| k.raw_equal(&Value::Str(key.clone()));
                let holds = table.nodes.get(*n as usize).is_some_and(same);
                return Ok(holds.then_some(Val::Addr(Addr::Node(t, moved, *n as i32))));
            }
            Op::HREFI => {
                let (t, moved) = self.hash_part(a)?;
                Val::Addr(Addr::Node(t, moved, self.int(b)?))
            }
            Op::HREF => {
                let t = self.table(a)?;
                Val::Addr(self.look_up(t, &self.boxed(b)?))
            }
            Op::NEWREF => {
                let (t, key) = (self.table(a)?, self.boxed(b)?);
                Val::Addr(self.insert(t, key)?)
            }
            Op::UREFO | Op::UREFC => {
                let u = self.upvalue(a, b.0 as usize)?;
                let holds = match self.world.upvals[u] {
                    Upval::Open(s) => ins.op == Op::UREFO && !(self.base - 2..self.base + self.t.slots).contains(&s),
                    Upval::Closed(_) => ins.op == Op::UREFC,
                };
                return Ok(holds.then_some(Val::Addr(Addr::Upval(u))));
            }
            Op::FREF => Val::Addr(Addr::Field(self.table(a)?, ins.field().ok_or("unknown field")?)),
            Op::STRREF => Val::Addr(Addr::Byte(self.text(a)?, self.int(b)?)),

            Op::ALOAD | Op::HLOAD | Op::ULOAD => {
                let v = self.load(&self.addr(a)?)?;
                return Ok(unboxed(v, ins.ty));
            }
            Op::HKLOAD => match self.addr(a)? {
                Addr::Node(t, moved, n) => {
                    let node = self.node(t, moved, n)?;
                    let key = node.map_or(Value::Nil, |n| self.world.tables[t].nodes[n].0.clone());
                    return Ok(unboxed(key, ins.ty));
                }
                x => return Err(format!("{x:?} is no node")),
            },
            Op::FLOAD => self.field(a, ins.field().ok_or("unknown field")?)?,
            Op::XLOAD => match self.addr(a)? {
                Addr::Byte(s, i) => {
                    let byte = usize::try_from(i).ok().and_then(|i| s.get(i));
                    Val::Int(i32::from(*byte.ok_or("there is no such byte")?))
                }
                x => return Err(format!("{x:?} is no byte")),
            },
            Op::SLOAD => {
                let v = self.world.slot(self.base + a.as_lit());
                let parent = b.as_lit() & sload::PARENT != 0;
                return Ok(match unboxed(v, ins.ty) {
                    None if parent && int => return Err("the parent's value is no int".into()),
                    v => v,
                });
            }
            Op::MRES => Val::Int(self.world.multres),

            Op::ASTORE | Op::HSTORE | Op::USTORE => {
                let (to, v) = (self.addr(a)?, self.boxed(b)?);
                self.store(&to, v)?;
                Val::None
            }
            Op::FSTORE => {
                self.store_field(a, b)?;
                Val::None
            }
            Op::SSTORE => {
                let v = self.boxed(b)?;
                self.world.slots.insert(self.base + a.as_lit(), v);
                Val::None
            }
            Op::CSTORE => {
                let v = self.boxed(b)?;
                self.closing.insert(self.base + a.as_lit(), v);
                Val::None
            }
            Op::MSTORE => {
                self.world.multres = self.int(a)?;
                Val::None
            }

            Op::SNEW => match self.addr(a)? {
                Addr::Byte(s, from) => Val::Boxed(Value::Str(self.slice(&s, from, self.int(b)?)?)),
                x => return Err(format!("{x:?} is no byte")),
            },
            Op::TNEW if a.0 > 1 << 16 => return Ok(None),
            Op::TNEW => Val::Boxed(self.world.add_table(Table::new(a.0 as usize, nodes(b)))),
            Op::TDUP => {
                let table = self.template(a)?;
                Val::Boxed(self.world.add_table(table))
            }
            Op::FNEW => self.closure(at)?,
            Op::CAT => {
                let mut out = Vec::new();
                for r in self.t.args(a) {
                    match self.boxed(r)? {
                        Value::Str(s) => out.extend_from_slice(&s),
                        Value::Num(n) => out.extend_from_slice(number::format(n).as_bytes()),
                        v => return Err(format!("{v:?} is concatenated")),
                    }
                }
                if out.len() > MAX_STRING {
                    return Ok(None);
                }
                text(out)
            }
            Op::UCLO => {
                for u in 0..self.world.upvals.len() {
                    if let Upval::Open(s) = self.world.upvals[u]
                        && s >= self.base + a.as_lit()
                    {
                        let v = self.closing.get(&s).cloned().unwrap_or_else(|| self.world.upval(u));
                        self.world.upvals[u] = Upval::Closed(v);
                    }
                }
                self.closing.clear();
                Val::None
            }
            Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS => {
                return self.helper(ins.helper().ok_or("unknown helper")?, &self.t.args(a));
            }
            Op::CALLB => {
                self.callb(self.base + a.as_lit(), b.as_lit());
                return holds(!self.world.attention);
            }
        }))
    }

    fn upvalue(&self, f: Ref, n: usize) -> Eval<usize> {
        let f = &self.world.funcs[self.func(f)?];
        f.upvals.get(n).copied().ok_or_else(|| "there is no such upvalue".into())
    }

    fn hash_part(&self, r: Ref) -> Eval<(usize, u32)> {
        match self.addr(r)? {
            Addr::Nodes(t, moved) => {
                self.current(t, moved)?;
                Ok((t, moved))
            }
            x => Err(format!("{x:?} is no hash part")),
        }
    }

    /// Checks that a table's parts have not moved since.
    fn current(&self, t: usize, moved: u32) -> Eval<()> {
        if self.world.tables[t].moved == moved {
            Ok(())
        } else {
            Err("the address is stale: the table was rehashed".into())
        }
    }

    /// Checks a node's address; nothing if no key is there.
    fn node(&self, t: usize, moved: u32, n: i32) -> Eval<Option<usize>> {
        self.current(t, moved)?;
        let table = &self.world.tables[t];
        if !(0..=table.hmask()).contains(&n) {
            return Err("there is no such node".into());
        }
        Ok(Some(n as usize).filter(|n| *n < table.nodes.len()))
    }

    fn element(&self, t: usize, moved: u32, i: i32) -> Eval<usize> {
        self.current(t, moved)?;
        let i = usize::try_from(i).ok().filter(|i| *i < self.world.tables[t].array.len());
        i.ok_or_else(|| "the index is outside the array part".into())
    }

    pub(super) fn look_up(&self, t: usize, key: &Value) -> Addr {
        let table = &self.world.tables[t];
        match table.find(key) {
            Some(Place::Elem(i)) => Addr::Elem(t, table.moved, i),
            Some(Place::Node(n)) => Addr::Node(t, table.moved, n),
            None => Addr::NilSlot,
        }
    }

    pub(super) fn insert(&mut self, t: usize, key: Value) -> Eval<Addr> {
        let table = &mut self.world.tables[t];
        if key.is_nil() || matches!(key, Value::Num(n) if n.is_nan()) || table.find(&key).is_some() {
            return Err("the key is in the table, nil or NaN".into());
        }
        let place = table.insert(key);
        Ok(match place {
            Place::Elem(i) => Addr::Elem(t, table.moved, i),
            Place::Node(n) => Addr::Node(t, table.moved, n),
        })
    }

    fn load(&self, from: &Addr) -> Eval<Value> {
        Ok(match *from {
            Addr::NilSlot => Value::Nil,
            Addr::Elem(t, moved, i) => self.world.tables[t].array[self.element(t, moved, i)?].clone(),
            Addr::Node(t, moved, n) => {
                self.node(t, moved, n)?.map_or(Value::Nil, |n| self.world.tables[t].nodes[n].1.clone())
            }
            Addr::Upval(u) => self.world.upval(u),
            ref x => return Err(format!("{x:?} is no address of a value")),
        })
    }

    fn store(&mut self, to: &Addr, v: Value) -> Eval<()> {
        match *to {
            Addr::Elem(t, moved, i) => {
                let i = self.element(t, moved, i)?;
                self.world.tables[t].array[i] = v;
            }
            Addr::Node(t, moved, n) => {
                let n = self.node(t, moved, n)?.ok_or("a store to a free node")?;
                self.world.tables[t].nodes[n].1 = v;
            }
            Addr::Upval(u) => self.world.set_upval(u, v),
            ref x => return Err(format!("a store to {x:?}")),
        }
        Ok(())
    }

    fn field(&mut self, object: Ref, field: Field) -> Eval<Val> {
        let meta = |m: Option<usize>| m.map_or(Val::Addr(Addr::Null), |m| Val::Boxed(Value::Table(m)));
        Ok(match field {
            Field::StrLen => Val::Int(self.text(object)?.len() as i32),
            Field::FuncPc => Val::Proto(self.world.funcs[self.func(object)?].proto),
            Field::FuncId => Val::Int(self.world.funcs[self.func(object)?].builtin as i32),
            Field::FuncEnv => Val::Boxed(Value::Table(self.world.funcs[self.func(object)?].env)),
            Field::UdataMeta => match self.val(object)? {
                Val::Boxed(Value::Udata(u)) => meta(self.world.udata[u]),
                v => return Err(format!("{v:?} is no userdata")),
            },
            Field::TabMeta => meta(self.world.tables[self.table(object)?].meta),
            Field::TabArray => {
                let t = self.table(object)?;
                Val::Addr(Addr::Array(t, self.world.tables[t].moved))
            }
            Field::TabNode => {
                let t = self.table(object)?;
                Val::Addr(Addr::Nodes(t, self.world.tables[t].moved))
            }
            Field::TabAsize => Val::Int(self.world.tables[self.table(object)?].array.len() as i32),
            Field::TabHmask => Val::Int(self.world.tables[self.table(object)?].hmask()),
            Field::TabShape => {
                let shape = self.world.tables[self.table(object)?].shape();
                Val::Int(self.note_shape(shape))
            }
            Field::TabNomm => Val::Int(self.world.tables[self.table(object)?].nomm),
            Field::FuncUp0 => return Err("upvalues of builtins are not evaluated".into()),
        })
    }

    fn store_field(&mut self, to: Ref, r: Ref) -> Eval<()> {
        let Addr::Field(t, field) = self.addr(to)? else { return Err("no address of a field".into()) };
        match (field, self.val(r)?) {
            (Field::TabMeta, Val::Boxed(Value::Table(m))) => self.world.tables[t].meta = Some(m),
            (Field::TabMeta, Val::Addr(Addr::Null)) => self.world.tables[t].meta = None,
            (Field::TabNomm, Val::Int(n)) => self.world.tables[t].nomm = n,
            (f, v) => return Err(format!("{v:?} is stored to {}", f.name())),
        }
        Ok(())
    }

    fn closure(&mut self, f: Ref) -> Eval<Val> {
        let c = self.t.closure(f).ok_or("no closure")?;
        let parent = self.func(c.parent)?;
        let mut upvals = Vec::new();
        for capture in &c.captures {
            upvals.push(match *capture {
                Capture::Parent(k) => {
                    *self.world.funcs[parent].upvals.get(k as usize).ok_or("the parent has no such upvalue")?
                }
                Capture::Local { slot, .. } => self.world.open_upvalue(self.base + slot),
            });
        }
        Ok(Val::Boxed(self.world.add_func(self.t, f, parent, upvals)?))
    }

    /// A call that does what no trace can foresee, but always the same.
    fn callb(&mut self, base: i32, args: i32) {
        let w = &mut self.world;
        let args = (0..args).map(|i| w.slot(base + i)).collect();
        w.calls.push((w.slot(base - 2), args));
        let result = Value::Num(w.calls.len() as f64);
        for t in &mut w.tables {
            if let Some(Value::Num(n)) = t.array.get_mut(1) {
                *n += 1.0;
            }
        }
        for u in &mut w.upvals {
            if let Upval::Closed(Value::Num(n)) = u {
                *n += 1.0;
            }
        }
        w.slots.insert(base - 2, result);
        w.multres = 2;
    }
}

fn equal(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Boxed(a), Val::Boxed(b)) => a.raw_equal(b),
        (Val::Int(a), Val::Int(b)) | (Val::Key(a), Val::Key(b)) => a == b,
        (Val::Addr(a), Val::Addr(b)) => a == b,
        (Val::Proto(a), Val::Proto(b)) => a == b,
        _ => false,
    }
}

fn compare_int(op: Op, a: i32, b: i32) -> bool {
    let (ua, ub) = (a as u32, b as u32);
    match op {
        Op::LT => a < b,
        Op::GE => a >= b,
        Op::LE => a <= b,
        Op::GT => a > b,
        Op::ULT => ua < ub,
        Op::UGE => ua >= ub,
        Op::ULE => ua <= ub,
        _ => ua > ub,
    }
}

#[allow(clippy::neg_cmp_op_on_partial_ord)]
fn compare_num(op: Op, a: f64, b: f64) -> bool {
    let unordered = a.is_nan() || b.is_nan();
    match op {
        Op::LT => a < b,
        Op::GE => !(a < b),
        Op::LE => a <= b,
        Op::GT => !(a <= b),
        Op::ULT => a < b || unordered,
        Op::UGE => !(a < b || unordered),
        Op::ULE => a <= b || unordered,
        _ => !(a <= b || unordered),
    }
}
