//! Types, literals and kinds of operands by operation.

use super::{Check, ensure};
use crate::field::{Field, sload};
use crate::konst::Const;
use crate::op::Op;
use crate::trace::{Ref, Trace};
use crate::ty::Ty;
use abi::support::{Arg, Effect};

/// Says whether a type is a Lua value's (int stands for a number).
fn is_value(t: Ty) -> bool {
    !matches!(t, Ty::Proto | Ty::Ptr | Ty::Link | Ty::Key | Ty::Void)
}

/// Says whether a slot can hold a value of the type.
pub(super) fn in_slot(t: Ty) -> bool {
    is_value(t) || matches!(t, Ty::Link | Ty::Key)
}

impl Field {
    /// Returns the type of the object that has the field.
    pub const fn object(self) -> Ty {
        match self {
            Field::StrLen => Ty::Str,
            Field::FuncPc | Field::FuncId | Field::FuncEnv | Field::FuncUp0 => Ty::Func,
            Field::TabMeta | Field::TabArray | Field::TabNode => Ty::Tab,
            Field::TabAsize | Field::TabHmask | Field::TabShape | Field::TabNomm => Ty::Tab,
            Field::UdataMeta => Ty::Udata,
        }
    }
}

/// An instruction with what its operands are.
struct Typed<'a> {
    t: &'a Trace,
    ty: Ty,
    a: Ref,
    b: Ref,
}

impl Typed<'_> {
    fn ty_a(&self) -> Ty {
        self.t.ty(self.a)
    }
    fn ty_b(&self) -> Ty {
        self.t.ty(self.b)
    }
    /// The result has the type.
    fn gives(&self, ty: Ty) -> Check {
        ensure(self.ty == ty, "type of the instruction is wrong")
    }
    /// Operand `a`, the result.
    fn unary(&self, a: Ty, result: Ty) -> Check {
        ensure(self.ty_a() == a, "type of the first operand is wrong")?;
        self.gives(result)
    }
    /// Operands `a`, `b`, the result.
    fn binary(&self, a: Ty, b: Ty, result: Ty) -> Check {
        ensure(self.ty_b() == b, "type of the second operand is wrong")?;
        self.unary(a, result)
    }
    /// Both operands and the result have the same type, one of two.
    fn same(&self, x: Ty, y: Ty) -> Check {
        ensure(self.ty == x || self.ty == y, "type of the instruction is wrong")?;
        self.binary(self.ty, self.ty, self.ty)
    }
    /// The address is an instruction of one of these operations.
    fn address(&self, ops: &[Op]) -> Check {
        let made = self.a.is_ins() && ops.contains(&self.t.ins[self.a.index()].op);
        ensure(made && self.ty_a() == Ty::Ptr, "operand is no address of the right kind")
    }
    fn lit(&self, n: Ref, low: i32, high: i32) -> Check {
        ensure((low..=high).contains(&n.as_lit()), "literal is out of range")
    }
    /// A load of a value whose type the load may check.
    fn loads(&self, ops: &[Op]) -> Check {
        self.address(ops)?;
        ensure(is_value(self.ty) && self.ty != Ty::Int, "type of the load is wrong")
    }
    /// A store of a value.
    fn stores(&self, ops: &[Op]) -> Check {
        self.address(ops)?;
        ensure(is_value(self.ty_b()), "value cannot be stored")?;
        self.gives(self.ty_b())
    }
}

const HASH: &[Op] = &[Op::HREFK, Op::HREFI, Op::HREF, Op::NEWREF, Op::CALLL, Op::CALLS];
/// Upvalues of Lua functions, and those of builtins ([`Field::FuncUp0`]).
const UPVAL: &[Op] = &[Op::UREFO, Op::UREFC, Op::FREF];

/// Frames and traces are smaller than this.
pub(super) const MAX_SLOT: i32 = 1 << 20;

pub(super) fn instruction(t: &Trace, i: usize) -> Check {
    let ins = t.ins[i];
    let v = Typed { t, ty: ins.ty, a: ins.a, b: ins.b };
    match ins.op {
        Op::LT | Op::GE | Op::LE | Op::GT | Op::ULT | Op::UGE | Op::ULE | Op::UGT => v.same(Ty::Num, Ty::Int),
        Op::EQ | Op::NE => {
            let null = |r| t.as_const(r) == Some(&Const::Null);
            let table = |r| t.ty(r) == Ty::Tab || null(r);
            if table(v.a) && table(v.b) && (null(v.a) || null(v.b)) {
                return ensure(matches!(v.ty, Ty::Tab | Ty::Ptr), "type of the instruction is wrong");
            }
            ensure(v.ty != Ty::Void, "type of the instruction is wrong")?;
            v.same(v.ty, v.ty)
        }
        Op::ABC => v.binary(Ty::Int, Ty::Int, Ty::Int),
        Op::RETF => {
            ensure(
                matches!(t.as_const(v.a), Some(Const::Pc(..) | Const::Frame(_))),
                "first operand is neither kpc nor kframe",
            )?;
            v.lit(v.b, 0, MAX_SLOT)
        }
        Op::UREFS => ensure(v.ty_a() == Ty::Func, "type of the first operand is wrong"),
        Op::UFREE => v.lit(v.a, -MAX_SLOT, MAX_SLOT),
        Op::BMETA => match t.as_const(v.b) {
            Some(Const::BaseMeta(ty)) => ensure(*ty as i32 == v.a.as_lit(), "kmeta is of another type"),
            k => {
                ensure(k == Some(&Const::Null), "second operand is neither kmeta nor null")?;
                v.lit(v.a, 0, 15)
            }
        },
        Op::BASE => v.gives(Ty::Ptr),
        Op::NOP | Op::LOOP | Op::GCSTEP | Op::USE => Ok(()),
        Op::PHI => v.same(v.ty, v.ty),
        Op::BNOT | Op::BSWAP => v.unary(Ty::Int, Ty::Int),
        Op::BAND | Op::BOR | Op::BXOR | Op::BSHL | Op::BSHR | Op::BSAR | Op::BROL | Op::BROR => {
            v.same(Ty::Int, Ty::Int)
        }
        Op::ADD | Op::SUB | Op::MUL | Op::MIN | Op::MAX => v.same(Ty::Num, Ty::Int),
        Op::MOD => {
            let above0 = matches!(t.as_const(v.b), Some(Const::Int(n)) if *n > 0);
            ensure(v.ty != Ty::Int || above0, "divisor is no constant above 0")?;
            v.same(Ty::Num, Ty::Int)
        }
        Op::DIV | Op::POW => v.same(Ty::Num, Ty::Num),
        Op::NEG => {
            ensure(v.ty.is_number(), "type of the instruction is wrong")?;
            v.unary(v.ty, v.ty)
        }
        Op::ABS => v.unary(Ty::Num, Ty::Num),
        Op::FPMATH => {
            ensure(ins.fpmath().is_some(), "literal is out of range")?;
            v.unary(Ty::Num, Ty::Num)
        }
        Op::ADDOV | Op::SUBOV | Op::MULOV => v.same(Ty::Int, Ty::Int),
        Op::CONV => {
            let (from, to) = ins.conv().ok_or("literal is out of range")?.types();
            v.unary(from, to)
        }
        Op::TOBIT => v.unary(Ty::Num, Ty::Int),
        Op::TOSTR => {
            ensure(v.ty_a().is_number(), "type of the first operand is wrong")?;
            v.gives(Ty::Str)
        }
        Op::STRTO => v.unary(Ty::Str, Ty::Num),
        Op::AREF | Op::HREFI => v.binary(Ty::Ptr, Ty::Int, Ty::Ptr),
        Op::HREFK => {
            ensure(matches!(t.as_const(v.b), Some(Const::Slot(..))), "second operand is no kslot")?;
            v.unary(Ty::Ptr, Ty::Ptr)
        }
        Op::HREF => {
            ensure(is_value(v.ty_b()), "key is no value")?;
            v.unary(Ty::Tab, Ty::Ptr)
        }
        Op::NEWREF => {
            ensure(is_value(v.ty_b()) && v.ty_b() != Ty::Nil, "key is no value or nil")?;
            v.unary(Ty::Tab, Ty::Ptr)
        }
        Op::UREFO | Op::UREFC => {
            v.lit(v.b, 0, 255)?;
            v.unary(Ty::Func, Ty::Ptr)
        }
        Op::FREF => v.unary(ins.field().ok_or("literal is out of range")?.object(), Ty::Ptr),
        Op::STRREF => v.binary(Ty::Str, Ty::Int, Ty::Ptr),
        Op::ALOAD => v.loads(&[Op::AREF]),
        Op::HLOAD => v.loads(HASH),
        Op::HKLOAD => v.loads(&[Op::HREFI]),
        Op::ULOAD => v.loads(UPVAL),
        Op::FLOAD => {
            let field = ins.field().ok_or("literal is out of range")?;
            v.unary(field.object(), field.ty())
        }
        Op::XLOAD => {
            v.address(&[Op::STRREF])?;
            v.gives(Ty::Int)
        }
        Op::SLOAD => slot_load(&v, ins.is_guard()),
        Op::MRES => v.gives(Ty::Int),
        Op::ASTORE => v.stores(&[Op::AREF]),
        Op::HSTORE => v.stores(HASH),
        Op::USTORE => v.stores(UPVAL),
        Op::FSTORE => {
            v.address(&[Op::FREF])?;
            let field = t.ins[v.a.index()].field().ok_or("literal is out of range")?;
            let null = field.ty() == Ty::Tab && t.as_const(v.b) == Some(&Const::Null);
            ensure(null || v.ty_b() == field.ty(), "type of the second operand is wrong")?;
            ensure(v.ty == v.ty_b() || v.ty == field.ty(), "type of the instruction is wrong")
        }
        Op::SSTORE | Op::CSTORE => {
            v.lit(v.a, -MAX_SLOT, MAX_SLOT)?;
            ensure(in_slot(v.ty_b()), "value cannot be in a slot")?;
            v.gives(v.ty_b())
        }
        Op::MSTORE => ensure(v.ty_a() == Ty::Int, "type of the first operand is wrong"),
        Op::SNEW => v.binary(Ty::Ptr, Ty::Int, Ty::Str),
        Op::TNEW => {
            v.lit(v.a, 0, 1 << 27)?;
            v.lit(v.b, 0, 26)?;
            v.gives(Ty::Tab)
        }
        Op::TDUP => {
            ensure(matches!(t.as_const(v.a), Some(Const::Templ(..))), "operand is no ktempl")?;
            v.gives(Ty::Tab)
        }
        Op::FNEW => {
            ensure(matches!(t.as_const(v.a), Some(Const::Proto(..))), "operand is no kproto")?;
            let list = t.args(v.b);
            let parent = list.first().is_some_and(|&r| t.ty(r) == Ty::Func);
            let ints = list.iter().skip(1).all(|&r| matches!(t.as_const(r), Some(Const::Int(_))));
            ensure(parent && list.len() >= 2 && ints, "second operand is no list of a function and int constants")?;
            let c = t.closure(Ref::ins(i)).ok_or("second operand is no list of a function and int constants")?;
            ensure((-MAX_SLOT..=MAX_SLOT).contains(&c.base), "base is out of range")?;
            v.gives(Ty::Func)
        }
        Op::CAT => {
            let good = t.args(v.a).iter().all(|&r| matches!(t.ty(r), Ty::Str | Ty::Num | Ty::Int));
            ensure(good, "what is concatenated is no string or number")?;
            v.gives(Ty::Str)
        }
        Op::TBAR => ensure(v.ty_a() == Ty::Tab, "type of the first operand is wrong"),
        Op::OBAR => {
            v.address(&[Op::UREFC])?;
            ensure(v.ty_b().is_gc(), "second operand is no object")
        }
        Op::UCLO => {
            v.lit(v.b, 0, 1)?;
            v.lit(v.a, -MAX_SLOT, MAX_SLOT)
        }
        Op::CALLN => call(&v, Effect::N),
        Op::CALLA => call(&v, Effect::A),
        Op::CALLL => call(&v, Effect::L),
        Op::CALLS => call(&v, Effect::S),
        Op::CARG => Ok(()),
        Op::CALLB => {
            v.lit(v.a, -MAX_SLOT, MAX_SLOT)?;
            v.lit(v.b, 0, 255)
        }
    }
}

fn slot_load(v: &Typed<'_>, guard: bool) -> Check {
    v.lit(v.a, -MAX_SLOT, MAX_SLOT)?;
    v.lit(v.b, 0, sload::PARENT | sload::CONVERT | sload::READONLY)?;
    let has = |bit| v.b.as_lit() & bit != 0;
    if has(sload::CONVERT) {
        ensure(guard, "a converting load must be a guard")?;
        return v.gives(Ty::Int);
    }
    let good = match v.ty {
        // Parts of the parent's sunk objects are inherited, too.
        Ty::Int | Ty::Ptr => has(sload::PARENT),
        ty => in_slot(ty),
    };
    ensure(good, "type of the load is wrong")
}

fn call(v: &Typed<'_>, effect: Effect) -> Check {
    let helper = *abi::support::Helper::ALL.get(v.b.0 as usize).ok_or("literal is out of range")?;
    let row = helper.row();
    ensure(row.effect == effect, "the helper has another effect")?;
    let args = v.t.args(v.a);
    let wants: Vec<Arg> = row.args.iter().copied().filter(|a| *a != Arg::vm).collect();
    if args.len() != wants.len() {
        return Err(format!("the helper takes {} arguments, not {}", wants.len(), args.len()));
    }
    for (n, (&r, &want)) in args.iter().zip(&wants).enumerate() {
        let ty = v.t.ty(r);
        if !arg_type(want).map_or(is_value(ty), |t| t == ty) {
            return Err(format!("argument {} is {}, not {want:?}", n + 1, ty.name()));
        }
    }
    match row.ret {
        Arg::void => Ok(()),
        ret => ensure(arg_type(ret) == Some(v.ty), "type of the instruction is wrong"),
    }
}

/// Returns the type of an argument or result; nothing for boxed values.
fn arg_type(a: Arg) -> Option<Ty> {
    Some(match a {
        Arg::num => Ty::Num,
        Arg::int => Ty::Int,
        Arg::ptr | Arg::vm => Ty::Ptr,
        Arg::str => Ty::Str,
        Arg::tab => Ty::Tab,
        Arg::fun => Ty::Func,
        Arg::pro => Ty::Proto,
        Arg::udt => Ty::Udata,
        Arg::void => Ty::Void,
        Arg::any => return None,
    })
}
