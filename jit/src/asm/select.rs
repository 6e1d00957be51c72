//! Selection: which instructions become code, with which operands; what is folded into what.
//!
//! A trace becomes a list of [`Node`]s in order of execution. Addresses (AREF, HREFK, FREF, STRREF) vanish into the loads and stores that use
//! them; a load that is used once, behind which nothing is stored before its use, becomes a memory operand (its type check stays where it
//! was). What nobody needs is not selected.
//!
//! A value is named by the index of its instruction. Behind LOOP the left operand of a PHI means the value of this round: the index of the
//! PHI names it. An inherited value that needs a conversion has a second name, above all instructions ([`Selection::inherited`]).
//!
//! Invariant: a value is used only behind its definition, and exits need what their snapshot names, sunk objects' parts included.

use super::few::Few;
use super::quiet;
use crate::backend::{Request, Template};
use abi::abort::Abort;
use abi::exit::{Form, Loc, SnapMap};
use abi::support::{Arg as HelperArg, Helper};
use ir::inline;
use ir::sunk::{self, Names};
use ir::{Const, Conv, Field, FpMath, Ins, Kind, Link, Op, Ref, Trace, Ty, sload};

/// Names a value.
pub type Val = sunk::Name;

/// How an operand is given.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Arg {
    /// There is none.
    None,
    /// Use number `.0` of the node.
    Use(u8),
    /// A constant.
    K(Ref),
    /// nil, false or true.
    Pri(Ty),
    /// Memory.
    Mem(Mem),
}

/// An address.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mem {
    /// Where it starts.
    pub base: Base,
    /// Use number of an index.
    pub index: Option<u8>,
    /// The index counts 8 bytes, not 1.
    pub wide: bool,
    /// Bytes to add.
    pub disp: i32,
}

/// Where an address starts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Base {
    /// The trace's base.
    Stack,
    /// Use number `.0`.
    Use(u8),
    /// The address of a constant.
    K(Ref),
}

/// A use of a value.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Use {
    /// The value.
    pub val: Val,
    /// A spill slot will do.
    pub any: bool,
    /// Position among a call's arguments of its class: where it will be moved to.
    pub arg: Option<u8>,
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// An instruction.
    Op,
    /// The entry: inherited values arrive.
    Entry,
    /// Stack check.
    Stack,
    /// An inherited value becomes what the instruction wants.
    Inherit,
    /// The loop's head.
    Loop,
    /// The end: the link.
    End,
}

/// One step of a trace.
#[derive(Clone, Debug)]
pub struct Node {
    /// Index of the instruction.
    pub at: usize,
    /// What it is.
    pub role: Role,
    /// Values it needs.
    pub uses: Few<Use>,
    /// Value it defines.
    pub def: Option<Val>,
    /// The result begins as a copy of use 0: no other use may be in its register.
    pub tie: bool,
    /// Use 0 and 1 may change places.
    pub comm: bool,
    /// The result is written before all uses are read.
    pub early: bool,
    /// A conversion whose operand is no NaN, or does not matter if it is.
    pub sure: bool,
    /// A call: only saved registers survive.
    pub call: bool,
    /// The exit.
    pub snap: Option<usize>,
    /// First operand.
    pub a: Arg,
    /// Second operand.
    pub b: Arg,
    /// Arguments of a call.
    pub args: Vec<Arg>,
}

/// A loop-carried value.
#[derive(Clone, Copy, Debug)]
pub struct Phi {
    /// The value of a round.
    pub val: Val,
    /// What it is before the first.
    pub left: Operand,
    /// What it is in the next.
    pub right: Operand,
}

/// A value or a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// Value.
    Val(Val),
    /// Constant.
    K(Ref),
}

/// An inherited value.
#[derive(Clone, Copy, Debug)]
pub struct Inherited {
    /// The value.
    pub val: Val,
    /// Where the parent has it.
    pub loc: Loc,
    /// Type of the instruction.
    pub ty: Ty,
}

/// What selection gives.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Nodes in order.
    pub nodes: Vec<Node>,
    /// Values each exit needs; empty for exits nobody takes.
    pub snap_vals: Vec<Vec<Val>>,
    /// Whether anybody leaves through an exit.
    pub taken: Vec<bool>,
    /// Loop-carried values.
    pub phis: Vec<Phi>,
    /// Node of the loop's head.
    pub loop_node: Option<usize>,
    /// Whether each value is a floating-point one.
    pub fpr: Vec<bool>,
    /// Inherited values.
    pub inherited: Vec<Inherited>,
}

/// What the CPU has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cpu {
    /// Rounding instructions.
    pub sse41: bool,
    /// Shifts by any register.
    pub bmi2: bool,
    /// Arithmetic whose result is apart from the operands.
    pub avx: bool,
}

/// Returns how a trace ends: a loop without LOOP begins again.
pub fn link_of(t: &Trace) -> Link {
    match t.link {
        Link::Loop if t.loop_at().is_none() => Link::Again,
        l => l,
    }
}

struct Selector<'a> {
    t: &'a Trace,
    bits: &'a [u64],
    templates: &'a [Template],
    cpu: Cpu,
    fuse: bool,
    names: Names,
    loop_at: Option<usize>,
    need: Vec<bool>,
    count: Vec<u32>,
    fused: Vec<bool>,
    omit: Vec<bool>,
    barriers: Vec<u32>,
    out: Selection,
    uses: Vec<Use>,
}

/// Nodes that an instruction becomes at most, mostly.
const NODES: usize = 4;

/// Selects code for a trace; with `fuse` what is loaded for one instruction is its memory operand.
pub fn select(request: &Request<'_>, cpu: Cpu) -> Result<Selection, Abort> {
    let (t, bits, growth) = (request.trace, request.bits, &request.growth);
    let n = t.ins.len();
    let mut barriers = growth.filled(0, n + 1)?;
    let mut count = growth.filled(0, n)?;
    for (i, ins) in t.ins.iter().enumerate() {
        let hard = ins.op.kind() == Kind::Store && !matches!(ins.op, Op::TBAR | Op::OBAR) && !ins.is_sunk();
        barriers[i + 1] = barriers[i] + u32::from(hard || matches!(ins.op, Op::RETF | Op::LOOP));
        for r in ins.refs().filter(|r| r.is_ins()) {
            count[r.index()] += 1;
        }
    }
    for s in &t.snaps {
        for (_, r) in s.entries.iter().filter(|(_, r)| r.is_ins()) {
            count[r.index()] += 1;
        }
    }
    let mut fpr: Vec<bool> = t.ins.iter().map(|i| i.ty == Ty::Num && i.op.kind() != Kind::Cmp).collect();
    fpr.extend(std::iter::repeat_n(false, n));
    let out = Selection {
        snap_vals: growth.filled(Vec::new(), t.snaps.len())?,
        taken: growth.filled(false, t.snaps.len())?,
        fpr,
        ..Selection::default()
    };
    let mut s = Selector {
        t,
        bits,
        templates: request.templates,
        cpu,
        fuse: request.fuse,
        names: Names::new(t),
        loop_at: t.loop_at(),
        omit: quiet::plan(t),
        need: growth.filled(false, n)?,
        count,
        fused: growth.filled(false, n)?,
        barriers,
        out,
        uses: Vec::new(),
    };
    s.end()?;
    let first = t.snaps.first().map_or(1, |s| s.at.max(1) as usize);
    if n <= first {
        s.stack(n)?;
    }
    for i in (1..n).rev() {
        growth.room(&mut s.out.nodes, NODES)?;
        s.one(i)?;
        if i == first {
            s.stack(i)?;
        }
    }
    s.inherit(request.parent)?;
    s.out.nodes.reverse();
    s.out.loop_node = s.out.nodes.iter().position(|n| n.role == Role::Loop);
    Ok(s.out)
}

impl Selector<'_> {
    fn value(&mut self, r: Ref, at: usize) -> Val {
        let v = self.names.name(r, at);
        self.need[v as usize] = true;
        v
    }

    fn add_use(&mut self, r: Ref, at: usize, any: bool) -> u8 {
        let val = self.value(r, at);
        self.uses.push(Use { val, any, arg: None });
        (self.uses.len() - 1) as u8
    }

    /// Operand in a register, or a constant.
    fn reg(&mut self, r: Ref, at: usize) -> Arg {
        self.operand(r, at, false)
    }

    fn operand(&mut self, r: Ref, at: usize, any: bool) -> Arg {
        match self.t.ty(r) {
            _ if r.is_const() => Arg::K(r),
            ty if ty.is_pri() => Arg::Pri(ty),
            _ => Arg::Use(self.add_use(r, at, any)),
        }
    }

    /// Operand in a register, a spill slot, or a constant.
    fn any(&mut self, r: Ref, at: usize) -> Arg {
        self.operand(r, at, true)
    }

    /// Says whether a load may be the operand of its one use.
    fn is_alone(&self, r: Ref) -> bool {
        self.fuse && self.count[r.index()] == 1
    }

    /// Operand as `any`, or a load that ends here.
    fn fuse(&mut self, r: Ref, at: usize) -> Arg {
        if let Some(m) = self.fusible(r, at) {
            return Arg::Mem(m);
        }
        self.any(r, at)
    }

    fn fusible(&mut self, r: Ref, at: usize) -> Option<Mem> {
        if !r.is_ins() || !self.is_alone(r) || self.need[r.index()] || at >= self.t.ins.len() {
            return None;
        }
        let (j, ins) = (r.index(), self.t.ins[r.index()]);
        if ins.is_sunk() || self.names.phi_of(j) != 0 || self.barriers[j] != self.barriers[at] {
            return None;
        }
        let m = match ins.op {
            Op::ALOAD | Op::HLOAD | Op::ULOAD if ins.ty == Ty::Num => self.mem(ins.a, j, 0),
            Op::SLOAD if ins.ty == Ty::Num && ins.b.as_lit() & (sload::PARENT | sload::CONVERT) == 0 => {
                Mem { base: Base::Stack, index: None, wide: false, disp: ins.a.as_lit() * 8 }
            }
            Op::FLOAD => {
                let f = Field::ALL[ins.b.as_lit() as usize];
                if matches!(f, Field::TabNomm | Field::FuncPc) || !ins.a.is_ins() {
                    return None;
                }
                Mem {
                    base: Base::Use(self.add_use(ins.a, j, false)),
                    index: None,
                    wide: false,
                    disp: f.offset() as i32,
                }
            }
            _ => return None,
        };
        self.fused[j] = true;
        Some(m)
    }

    /// First operand of a comparison with a constant: a register or memory.
    fn fuse_compare(&mut self, r: Ref, k: Ref, at: usize) -> Arg {
        let ins = self.t.ins[r.index()];
        let proto = Field::ALL[ins.b.as_lit() as usize] == Field::FuncPc;
        let alone =
            self.is_alone(r) && self.names.phi_of(r.index()) == 0 && self.barriers[r.index()] == self.barriers[at];
        if proto && alone && ins.a.is_ins() && !ins.is_sunk() && matches!(self.t.as_const(k), Some(Const::Proto(_))) {
            self.fused[r.index()] = true;
            let base = Base::Use(self.add_use(ins.a, r.index(), false));
            return Arg::Mem(Mem { base, index: None, wide: false, disp: Field::FuncPc.offset() as i32 });
        }
        match self.fusible(r, at) {
            Some(m) => Arg::Mem(m),
            None => self.reg(r, at),
        }
    }

    /// Address `r`, used by the instruction at `at`, plus `off` bytes.
    fn mem(&mut self, r: Ref, at: usize, off: i32) -> Mem {
        let plain = |base| Mem { base, index: None, wide: false, disp: off };
        if r.is_const() {
            return plain(Base::K(r));
        }
        let (j, ins) = (r.index(), self.t.ins[r.index()]);
        if self.names.name(r, at) != j as Val {
            return plain(Base::Use(self.add_use(r, at, false)));
        }
        match ins.op {
            Op::AREF if ins.a.is_ins() => {
                let base = Base::Use(self.add_use(ins.a, j, false));
                match self.t.as_const(ins.b) {
                    Some(&Const::Int(k)) if (0..1 << 27).contains(&k) => {
                        Mem { base, index: None, wide: false, disp: k * 8 + off }
                    }
                    Some(_) => {
                        self.uses.pop();
                        plain(Base::Use(self.add_use(r, at, false)))
                    }
                    None => Mem { base, index: Some(self.add_use(ins.b, j, false)), wide: true, disp: off },
                }
            }
            Op::HREFK if ins.a.is_ins() => {
                let base = Base::Use(self.add_use(ins.a, j, false));
                Mem { base, index: None, wide: false, disp: self.bits[ins.b.index()] as i32 + off }
            }
            Op::FREF if ins.a.is_ins() => {
                let base = Base::Use(self.add_use(ins.a, j, false));
                Mem { base, index: None, wide: false, disp: Field::ALL[ins.b.as_lit() as usize].offset() as i32 + off }
            }
            Op::STRREF => {
                let base = if ins.a.is_const() { Base::K(ins.a) } else { Base::Use(self.add_use(ins.a, j, false)) };
                let head = STR_HEAD + off;
                match self.t.as_const(ins.b) {
                    Some(&Const::Int(k)) if (-(1 << 28)..1 << 28).contains(&k) => {
                        Mem { base, index: None, wide: false, disp: k + head }
                    }
                    Some(_) => Mem { base, index: None, wide: false, disp: head },
                    None => Mem { base, index: Some(self.add_use(ins.b, j, false)), wide: false, disp: head },
                }
            }
            _ => plain(Base::Use(self.add_use(r, at, false))),
        }
    }

    /// Notes that an instruction at `at` leaves through exit `s`.
    fn snap(&mut self, s: usize, at: usize) -> Result<(), Abort> {
        // One exit has one map: guards on both sides of the head would mean different rounds.
        if let Some(l) = self.loop_at
            && at > l
            && (self.t.snaps[s].at as usize) < l
            && self.t.snaps[s].entries.iter().any(|(_, r)| r.is_ins() && self.names.phi_of(r.index()) != 0)
        {
            return Err(Abort::NyiIr);
        }
        if self.out.taken[s] {
            return Ok(());
        }
        self.out.taken[s] = true;
        let mut vals = Vec::new();
        for (_, r) in &self.t.snaps[s].entries {
            sunk::parts(self.t, s, *r, &mut |p| {
                let v = self.names.name(p.value, p.at);
                self.need[v as usize] = true;
                if !vals.contains(&v) {
                    vals.push(v);
                }
            })?;
        }
        self.out.snap_vals[s] = vals;
        Ok(())
    }

    fn node(&mut self, at: usize, role: Role) -> Node {
        let uses = Few::of(&self.uses);
        self.uses.clear();
        Node {
            at,
            role,
            uses,
            def: None,
            tie: false,
            comm: false,
            early: false,
            sure: false,
            call: false,
            snap: None,
            a: Arg::None,
            b: Arg::None,
            args: Vec::new(),
        }
    }

    fn end(&mut self) -> Result<(), Abort> {
        let at = self.t.ins.len();
        let last = self.t.snaps.len().checked_sub(1);
        let mut snap = None;
        match link_of(self.t) {
            Link::Open => return Err(Abort::NyiIr),
            Link::Loop => {
                let l = self.loop_at.ok_or(Abort::NyiIr)?;
                for (i, ins) in self.t.ins.iter().enumerate().skip(l) {
                    if ins.op != Op::PHI || ins.is_sunk() || (ins.a.is_ins() && self.t.ins[ins.a.index()].is_sunk()) {
                        continue;
                    }
                    let left = if ins.a.is_const() { Operand::K(ins.a) } else { Operand::Val(ins.a.0) };
                    let right =
                        if ins.b.is_const() { Operand::K(ins.b) } else { Operand::Val(self.names.name(ins.b, at)) };
                    self.out.phis.push(Phi { val: i as Val, left, right });
                }
                for k in 0..self.out.phis.len() {
                    for o in [self.out.phis[k].left, self.out.phis[k].right] {
                        if let Operand::Val(v) = o {
                            self.need[v as usize] = true;
                        }
                    }
                }
            }
            Link::Root(_) | Link::Again => {
                let s = last.ok_or(Abort::NyiIr)?;
                let entries = &self.t.snaps[s].entries;
                for &(_, r) in entries {
                    if r.is_ins() && self.t.ins[r.index()].is_sunk() {
                        return Err(Abort::NyiIr);
                    }
                    self.any(r, at);
                }
            }
            Link::Interp => {
                let s = last.ok_or(Abort::NyiIr)?;
                self.snap(s, at)?;
                snap = Some(s);
            }
        }
        let mut node = self.node(at, Role::End);
        node.snap = snap;
        self.out.nodes.push(node);
        Ok(())
    }

    fn stack(&mut self, at: usize) -> Result<(), Abort> {
        if self.t.snaps.is_empty() {
            return Ok(());
        }
        self.snap(0, 0)?;
        let mut node = self.node(at.saturating_sub(1), Role::Stack);
        node.snap = Some(0);
        self.out.nodes.push(node);
        Ok(())
    }

    fn inherit(&mut self, parent: Option<&SnapMap>) -> Result<(), Abort> {
        let n = self.t.ins.len() as Val;
        for (i, ins) in self.t.ins.iter().enumerate().skip(1).rev() {
            if ins.op != Op::SLOAD || ins.b.as_lit() & sload::PARENT == 0 || !(self.need[i] || ins.is_guard()) {
                continue;
            }
            let slot = ins.a.as_lit();
            let found = parent.and_then(|p| p.slots.iter().find(|m| m.slot == slot));
            let (loc, form) = match found {
                Some(m) if m.loc != Loc::Memory => (m.loc, m.form),
                Some(_) => (Loc::Memory, Form::Raw),
                None => return Err(Abort::Inconsistent),
            };
            let plain = match (loc, form, ins.ty) {
                (Loc::Sunk(_), ..) => return Err(Abort::NyiIr),
                (Loc::Const(_), _, Ty::Int) => false,
                (Loc::Const(_), ..) => true,
                (Loc::Memory, ..) => false,
                (_, Form::Int, Ty::Int) | (_, Form::Key, Ty::Key) => true,
                (_, Form::Gc(t), ty) => {
                    if u64::from(t) != ty.tag() {
                        return Err(Abort::Inconsistent);
                    }
                    true
                }
                (_, Form::Raw, Ty::Num | Ty::Link | Ty::Ptr) => true,
                _ => false,
            };
            if plain {
                if self.need[i] {
                    self.out.inherited.push(Inherited { val: i as Val, loc, ty: ins.ty });
                }
                continue;
            }
            // A conversion, or the load after all.
            let mut node = self.node(i, Role::Inherit);
            node.def = self.need[i].then_some(i as Val);
            match (loc, form, ins.ty) {
                (Loc::Const(b), _, Ty::Int) => {
                    let f = f64::from_bits(b);
                    if f64::from(f as i32).to_bits() != b {
                        return Err(Abort::Inconsistent);
                    }
                    self.out.inherited.push(Inherited {
                        val: i as Val,
                        loc: Loc::Const(u64::from(f as i32 as u32)),
                        ty: Ty::Int,
                    });
                    continue;
                }
                (Loc::Memory, ..) if ins.ty.is_pri() => continue,
                // A guard would need the parent's exit: the recorder emits it as an instruction of its own.
                (Loc::Memory, ..) | (_, Form::Raw, Ty::Int) => return Err(Abort::NyiIr),
                (_, Form::Int, Ty::Num) => {
                    let val = n + i as Val;
                    self.out.inherited.push(Inherited { val, loc, ty: Ty::Int });
                    node.uses = Few::of(&[Use { val, any: false, arg: None }]);
                    node.a = Arg::Use(0);
                }
                _ => return Err(Abort::Inconsistent),
            }
            self.out.nodes.push(node);
        }
        let entry = self.node(0, Role::Entry);
        self.out.nodes.push(entry);
        Ok(())
    }

    #[allow(clippy::too_many_lines)]
    fn one(&mut self, i: usize) -> Result<(), Abort> {
        let ins = self.t.ins[i];
        let need = self.need[i];
        if ins.is_sunk() || !(need || ins.has_effect()) {
            return Ok(());
        }
        let guard = ins.is_guard() && !(ins.op.kind() == Kind::Load && self.omit[i]);
        let (mut tie, mut comm, mut early, mut call) = (false, false, false, false);
        let (mut a, mut b, mut args) = (Arg::None, Arg::None, Vec::new());
        let mut def = need;
        let mut exits = guard;
        let num = ins.ty == Ty::Num;
        match ins.op {
            Op::NOP | Op::BASE | Op::PHI | Op::CARG => return Ok(()),
            Op::USE => {
                if ins.a.is_ins() {
                    self.value(ins.a, i);
                }
                return Ok(());
            }
            Op::LOOP => {
                if self.t.link != Link::Loop {
                    return Ok(());
                }
                let node = self.node(i, Role::Loop);
                self.out.nodes.push(node);
                return Ok(());
            }
            // The call before asked the same.
            Op::GCSTEP if self.t.ins[i - 1].op == Op::CALLB => return Ok(()),
            Op::GCSTEP | Op::RETF => exits = true,
            Op::UREFS => {
                exits = true;
                a = self.reg(ins.a, i);
            }
            Op::LT | Op::GE | Op::LE | Op::GT | Op::ULT | Op::UGE | Op::ULE | Op::UGT | Op::EQ | Op::NE | Op::ABC => {
                exits = true;
                if ins.ty.is_pri() || (ins.a.is_const() && ins.b.is_const()) {
                    // Known here; the optimiser leaves such things only by accident.
                    (a, b) = (Arg::K(ins.a), Arg::K(ins.b));
                    if !ins.a.is_const() || !ins.b.is_const() {
                        return Err(Abort::NyiIr);
                    }
                } else if ins.op == Op::ABC {
                    b = self.reg(ins.b, i);
                    a = self.fuse(ins.a, i);
                } else if num && matches!(ins.op, Op::LT | Op::GE | Op::LE | Op::GT) {
                    // The second operand is compared with the first.
                    b = self.reg(ins.b, i);
                    a = self.fuse(ins.a, i);
                } else {
                    let small = matches!(
                        self.t.as_const(ins.b),
                        Some(Const::Int(_) | Const::Builtin(_) | Const::Shape(_) | Const::Proto(_) | Const::Null)
                    );
                    if small && ins.a.is_ins() && self.t.ins[ins.a.index()].op == Op::FLOAD {
                        a = self.fuse_compare(ins.a, ins.b, i);
                        b = Arg::K(ins.b);
                    } else {
                        a = self.reg(ins.a, i);
                        b = self.fuse(ins.b, i);
                    }
                }
            }
            Op::ADD
            | Op::SUB
            | Op::MUL
            | Op::DIV
            | Op::BAND
            | Op::BOR
            | Op::BXOR
            | Op::ADDOV
            | Op::SUBOV
            | Op::MULOV
            | Op::MIN
            | Op::MAX => {
                if !need && !guard {
                    return Ok(());
                }
                def = true;
                tie = true;
                let (mut x, mut y) = (ins.a, ins.b);
                comm = ins.op.kind() == Kind::Comm;
                if comm && (x.is_const() || (num && self.would_fuse(x, i) && !self.would_fuse(y, i))) {
                    std::mem::swap(&mut x, &mut y);
                }
                a = self.any(x, i);
                early = a == Arg::K(x);
                b = if ins.ty == Ty::Int && ins.op == Op::MULOV { self.reg(y, i) } else { self.fuse(y, i) };
                if !matches!(b, Arg::Use(_)) || early {
                    comm = false;
                }
            }
            Op::MOD if num => {
                call = true;
                def = true;
                args = self.args_of(&[ins.a, ins.b], &[HelperArg::num, HelperArg::num], i);
            }
            Op::MOD => {
                let Some(&Const::Int(k)) = self.t.as_const(ins.b) else { return Err(Abort::NyiIr) };
                if k <= 0 {
                    return Err(Abort::NyiIr);
                }
                a = self.any(ins.a, i);
                b = Arg::K(ins.b);
            }
            Op::POW => {
                call = true;
                args = self.args_of(&[ins.a, ins.b], &[HelperArg::num, HelperArg::num], i);
            }
            Op::BNOT | Op::BSWAP | Op::NEG | Op::ABS => {
                tie = true;
                a = self.any(ins.a, i);
                early = a == Arg::K(ins.a);
            }
            Op::BSHL | Op::BSHR | Op::BSAR | Op::BROL | Op::BROR => {
                if ins.b.is_const() || !self.cpu.bmi2 || matches!(ins.op, Op::BROL | Op::BROR) {
                    a = self.any(ins.a, i);
                    b = self.any(ins.b, i);
                    tie = ins.b.is_const();
                } else {
                    a = self.any(ins.a, i);
                    b = self.reg(ins.b, i);
                }
            }
            Op::FPMATH => {
                let f = FpMath::ALL[ins.b.as_lit() as usize];
                if f == FpMath::Sqrt || self.cpu.sse41 {
                    a = self.fuse(ins.a, i);
                } else {
                    call = true;
                    args = self.args_of(&[ins.a], &[HelperArg::num], i);
                }
            }
            Op::CONV => {
                let c = Conv::ALL[ins.b.as_lit() as usize];
                match c {
                    Conv::NumInt => a = self.fuse(ins.a, i),
                    Conv::KeyInt | Conv::IntKey => {
                        a = self.any(ins.a, i);
                        tie = true;
                    }
                    Conv::IntNum | Conv::IntNumIndex => {
                        a = self.reg(ins.a, i);
                        def = true;
                    }
                    Conv::IntTrunc => a = self.reg(ins.a, i),
                }
            }
            Op::TOBIT => a = self.reg(ins.a, i),
            Op::TOSTR => {
                call = true;
                exits = true;
                let int = self.t.ty(ins.a) == Ty::Int;
                let h = if int { Helper::str_of_int } else { Helper::str_of_num };
                args = self.args_of(&[ins.a], h.row().args, i);
            }
            Op::STRTO => {
                call = true;
                exits = true;
                args = self.args_of(&[ins.a], Helper::str_to_num.row().args, i);
            }
            Op::AREF | Op::STRREF | Op::FREF | Op::HREFI => {
                if !need {
                    return Ok(());
                }
                a = self.reg(ins.a, i);
                b = if ins.op == Op::FREF { Arg::None } else { self.reg(ins.b, i) };
            }
            Op::HREFK => {
                if !need && !guard {
                    return Ok(());
                }
                a = self.reg(ins.a, i);
            }
            Op::HREF => {
                call = true;
                let (_, types) = self.get_helper(ins.b);
                args = self.args_of(&[ins.a, ins.b], types, i);
            }
            Op::NEWREF if inline::has_known_key(self.t, i, self.bits, self.templates) => {
                exits = true;
                def = true;
                early = true;
                a = self.reg(ins.a, i);
            }
            Op::NEWREF => {
                call = true;
                exits = true;
                args = self.args_of(&[ins.a, ins.b], Helper::tab_newkey.row().args, i);
            }
            Op::UREFO | Op::UREFC => {
                a = self.reg(ins.a, i);
                def = need || guard;
            }
            Op::ALOAD | Op::HLOAD | Op::ULOAD | Op::HKLOAD => {
                let off = if ins.op == Op::HKLOAD { 8 } else { 0 };
                if self.fused[i] {
                    def = false;
                }
                if !def && !guard {
                    return Ok(());
                }
                a = Arg::Mem(self.mem(ins.a, i, off));
            }
            Op::XLOAD => {
                if !need {
                    return Ok(());
                }
                a = Arg::Mem(self.mem(ins.a, i, 0));
            }
            Op::FLOAD => {
                if !need {
                    return Ok(());
                }
                a = self.reg(ins.a, i);
            }
            Op::SLOAD => {
                if ins.b.as_lit() & sload::PARENT != 0 {
                    return Ok(());
                }
                if !def && !guard {
                    return Ok(());
                }
                if ins.b.as_lit() & sload::CONVERT != 0 {
                    def = true;
                }
                a = Arg::Mem(Mem { base: Base::Stack, index: None, wide: false, disp: ins.a.as_lit() * 8 });
            }
            Op::MRES => {}
            Op::ASTORE | Op::HSTORE | Op::USTORE => {
                a = Arg::Mem(self.mem(ins.a, i, 0));
                b = self.reg(ins.b, i);
            }
            Op::FSTORE => {
                a = Arg::Mem(self.mem(ins.a, i, 0));
                b = self.reg(ins.b, i);
            }
            Op::SSTORE | Op::CSTORE => {
                a = Arg::Mem(Mem { base: Base::Stack, index: None, wide: false, disp: ins.a.as_lit() * 8 });
                b = self.reg(ins.b, i);
            }
            Op::MSTORE => a = self.reg(ins.a, i),
            Op::SNEW => {
                call = true;
                exits = true;
                args = self.args_of(&[ins.a, ins.b], Helper::str_new.row().args, i);
            }
            Op::TNEW | Op::TDUP if inline::table(ins, self.bits, self.templates).is_some() => {
                exits = true;
                def = true;
            }
            Op::TNEW | Op::TDUP => {
                call = true;
                exits = true;
            }
            Op::FNEW if inline::func(self.t, i).is_some() => {
                exits = true;
                def = true;
                early = true;
                let parent = *self.t.args(ins.b).first().ok_or(Abort::NyiIr)?;
                a = self.reg(parent, i);
            }
            Op::FNEW => {
                call = true;
                exits = true;
                let parent = *self.t.args(ins.b).first().ok_or(Abort::NyiIr)?;
                args = vec![self.any(parent, i)];
            }
            Op::UFREE | Op::BMETA => exits = true,
            Op::UCLO => call = true,
            Op::CAT => {
                call = true;
                exits = true;
                let list = self.t.args(ins.a);
                if list.len() > super::SCRATCH {
                    return Err(Abort::NyiIr);
                }
                args = list.iter().map(|&r| self.any(r, i)).collect();
            }
            Op::TBAR => a = self.reg(ins.a, i),
            Op::OBAR => {
                a = self.reg(ins.a, i);
                b = self.reg(ins.b, i);
            }
            Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS => {
                if !need && !guard && matches!(ins.op, Op::CALLN | Op::CALLL | Op::CALLA) {
                    return Ok(());
                }
                call = true;
                let row = Helper::ALL.get(ins.b.as_lit() as usize).ok_or(Abort::NyiIr)?.row();
                let list = self.t.args(ins.a);
                exits = row.fails;
                args = self.args_of(&list, row.args, i);
            }
            Op::CALLB => {
                call = true;
                exits = true;
            }
        }
        let kind = ins.op.kind();
        let mut node = self.node(i, Role::Op);
        if exits {
            let s = match ins.op {
                Op::CALLB => self.t.snap_at(i + 1),
                _ => self.t.snap_at(i),
            };
            let s = s.ok_or(Abort::NyiIr)?;
            self.snap(s, i)?;
            node.snap = Some(s);
        }
        let has_value =
            !matches!(kind, Kind::Cmp | Kind::Mark) && !matches!(ins.op, Op::CALLB | Op::UCLO | Op::TBAR | Op::OBAR);
        node.def = (def && has_value && self.defines(ins)).then_some(i as Val);
        (node.tie, node.comm, node.early, node.call) = (tie && node.def.is_some(), comm, early, call);
        (node.a, node.b, node.args) = (a, b, args);
        node.sure = self.omit[i];
        self.out.nodes.push(node);
        Ok(())
    }

    /// Says whether an instruction has a value that lives in a register.
    fn defines(&self, ins: Ins) -> bool {
        !matches!(ins.op, Op::ASTORE | Op::HSTORE | Op::USTORE | Op::FSTORE | Op::SSTORE | Op::CSTORE | Op::MSTORE)
            && !ins.ty.is_pri()
            && ins.ty != Ty::Void
    }

    fn would_fuse(&self, r: Ref, at: usize) -> bool {
        r.is_ins()
            && self.is_alone(r)
            && !self.need[r.index()]
            && matches!(self.t.ins[r.index()].op, Op::ALOAD | Op::HLOAD | Op::ULOAD | Op::SLOAD)
            && self.barriers[r.index()] == self.barriers[at]
            && self.names.phi_of(r.index()) == 0
    }

    /// The helper that reads a key, and its argument types.
    fn get_helper(&self, key: Ref) -> (Helper, &'static [HelperArg]) {
        let h = get_helper(self.t.ty(key));
        (h, h.row().args)
    }

    /// Arguments by the helper's types; the machine is left out.
    fn args_of(&mut self, list: &[Ref], types: &[HelperArg], at: usize) -> Vec<Arg> {
        let (mut gpr, mut fpr) = (0, 0);
        let mut out = Vec::new();
        let mut it = list.iter();
        for ty in types {
            let slot = if *ty == HelperArg::num { &mut fpr } else { &mut gpr };
            let n = *slot;
            *slot += 1;
            if *ty == HelperArg::vm {
                continue;
            }
            let Some(&r) = it.next() else { break };
            let arg = self.any(r, at);
            if let Arg::Use(u) = arg {
                let boxed = *ty == HelperArg::any && !self.t.ty(r).is_gc();
                self.uses[u as usize].arg = (!boxed).then_some(n);
            }
            out.push(arg);
        }
        out
    }
}

/// The helper that finds a key of a type.
pub fn get_helper(key: Ty) -> Helper {
    match key {
        Ty::Str => Helper::tab_get_str,
        Ty::Int => Helper::tab_get_int,
        _ => Helper::tab_get,
    }
}

/// Bytes before a string's first.
pub const STR_HEAD: i32 = abi::layout::size("StrObj") as i32;
