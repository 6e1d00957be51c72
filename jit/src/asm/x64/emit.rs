//! Emission: steps become machine code, forwards.
//!
//! The native frame, the same for all traces, from `rsp` upwards: 256 spill slots, scratch for arrays of values, the exit's number. An exit
//! saves the registers right below the spill slots, so that both together are an `abi::exit::ExitState`.
//!
//! Each exit has a stub: it pushes its number and jumps to the trace's common exit. Guards jump to the stub with 32-bit distances, which linking
//! patches.

use super::encode::{Asm, BASE, Ea, RSP, TMP, VM, XTMP, lea, mi, mr, rm};
use crate::asm::SCRATCH;
use crate::asm::alloc::{Allocation, Src, Step};
use crate::asm::place::{Place, Reg};
use crate::asm::select::{Arg, Base, Cpu, Mem, Node, Role, Selection, link_of};
use crate::backend::{Code, Env, Request};
use abi::abort::Abort;
use abi::exit::{SPILLS, SnapMap};
use abi::{tag, vmfield};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use ir::{Const, Conv, Field, FpMath, Ins, Link, Op, Ref, Trace, Ty, sload};
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

/// Scratch for arrays of values, from `rsp`.
pub const ARRAY: i32 = SPILLS as i32 * 8;
const EXIT: i32 = ARRAY + SCRATCH as i32 * 8;
const TRACE: i32 = EXIT + 8;
/// Six registers are pushed before; the sum keeps `rsp` aligned.
pub const FRAME: i32 = EXIT + 24;
const _: () = assert!((FRAME + 7 * 8) % 16 == 0);
/// Bytes of an exit's state before the spill slots.
pub const REGS: i32 = 512;
const _: () = assert!(std::mem::offset_of!(abi::exit::ExitState, spill) == REGS as usize);

/// Condition codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Cc {
    O,
    B,
    Ae,
    E,
    Ne,
    Be,
    A,
    S,
    Ns,
    P,
    Np,
    No,
    L,
    Ge,
    Le,
    G,
}

impl Cc {
    /// Returns the condition that holds if this one does not.
    const fn inverse(self) -> Cc {
        match self {
            Cc::O => Cc::No,
            Cc::No => Cc::O,
            Cc::B => Cc::Ae,
            Cc::Ae => Cc::B,
            Cc::E => Cc::Ne,
            Cc::Ne => Cc::E,
            Cc::Be => Cc::A,
            Cc::A => Cc::Be,
            Cc::S => Cc::Ns,
            Cc::Ns => Cc::S,
            Cc::P => Cc::Np,
            Cc::Np => Cc::P,
            Cc::L => Cc::Ge,
            Cc::Ge => Cc::L,
            Cc::Le => Cc::G,
            Cc::G => Cc::Le,
        }
    }
}

/// Code out of the way.
pub(super) enum Cold {
    /// A collector's barrier: `(entry, back, object, value and its type)`.
    Barrier { entry: DynamicLabel, back: DynamicLabel, obj: u8, value: Option<(Arg, Vec<Place>, Ty)> },
}

pub(super) struct Emit<'a> {
    pub a: Asm,
    pub env: &'a Env,
    pub req: &'a Request<'a>,
    pub t: &'a Trace,
    sel: &'a Selection,
    pub exits: Vec<DynamicLabel>,
    pub patches: Vec<(u32, usize)>,
    pub leave: DynamicLabel,
    pub cold: Vec<Cold>,
    head: DynamicLabel,
    inner: DynamicLabel,
    map: Vec<(usize, usize)>,
    /// Subroutines that barriers call.
    pub thunks: Vec<(abi::helpers::Helper, DynamicLabel)>,
    bmi2: bool,
    exit_at: Option<u64>,
    /// The guard under way is the loop's last instruction.
    closing: bool,
    /// It has jumped back to the head.
    closed: bool,
    stress: Option<Arc<[AtomicU8]>>,
    guards: usize,
}

/// Emits a trace.
pub fn emit(
    cpu: Cpu,
    exit_at: Option<u64>,
    env: &Env,
    req: &Request<'_>,
    sel: &Selection,
    alloc: &Allocation,
    maps: Vec<SnapMap>,
) -> Result<Code, Abort> {
    let mut a = Asm::new(req.at);
    let exits = (0..req.trace.snaps.len()).map(|_| a.o.new_dynamic_label()).collect();
    let (head, inner, leave) = (a.o.new_dynamic_label(), a.o.new_dynamic_label(), a.o.new_dynamic_label());
    let guards = sel.nodes.iter().filter(|n| n.snap.is_some()).count();
    let stress = req.stress.then(|| (0..guards).map(|_| AtomicU8::new(0)).collect());
    let mut e = Emit {
        a,
        env,
        req,
        t: req.trace,
        sel,
        exits,
        patches: Vec::new(),
        leave,
        cold: Vec::new(),
        head,
        inner,
        map: Vec::new(),
        thunks: Vec::new(),
        bmi2: cpu.bmi2,
        exit_at,
        closing: false,
        closed: false,
        stress,
        guards: 0,
    };
    e.prologue();
    let inner_at = e.a.o.offset().0;
    for (i, step) in alloc.steps.iter().enumerate() {
        e.closing = e.closes(step, alloc.steps.get(i + 1));
        e.step(step)?;
    }
    e.tail()?;
    e.a.emit_pool();
    let bytes = e.a.o.finalize().map_err(|_| Abort::NyiIr)?;
    Ok(Code {
        bytes,
        entry: 0,
        inner: inner_at,
        exits: maps,
        patches: e.patches,
        map: e.map,
        regs: alloc.shown.iter().take(req.trace.ins.len()).map(|p| p.map_or_else(String::new, name)).collect(),
        cells: e.stress,
    })
}

/// The common part of all exits: the exit's number was pushed. The trace's number is known, or in the frame.
fn leave_trace(a: &mut Asm, env: &Env, trace: Option<u32>) {
    dynasm!(a.o; .arch x64; pop QWORD [rsp + EXIT]; sub rsp, REGS);
    for r in 0..16u8 {
        if r != RSP {
            mr!(a.o, mov, QWORD, Ea::Base(RSP, 256 + i32::from(r) * 8), Rq(r));
        }
        mr!(a.o, movsd, QWORD, Ea::Base(RSP, i32::from(r) * 8), Rx(r));
    }
    dynasm!(a.o; .arch x64; mov rdi, r14; mov rsi, rsp);
    match trace {
        Some(n) => dynasm!(a.o; .arch x64; mov edx, DWORD n as i32),
        None => dynasm!(a.o; .arch x64; mov edx, [rsp + REGS + TRACE]),
    }
    dynasm!(a.o; .arch x64
        ; mov ecx, [rsp + REGS + EXIT]
        ; mov r8, rbp
        ; mov rax, QWORD env.trace_exit as i64
        ; call rax
        ; add rsp, REGS);
}

/// Removes the native frame and returns.
fn epilogue(a: &mut Asm) {
    dynasm!(a.o; .arch x64
        ; add rsp, FRAME
        ; pop r15; pop r14; pop r13; pop r12; pop rbx; pop rbp
        ; ret);
}

/// The common part of all exits as code of its own, for any address.
pub fn exit_code(env: &Env) -> Vec<u8> {
    let mut a = Asm::new(0);
    leave_trace(&mut a, env, None);
    epilogue(&mut a);
    a.o.finalize().unwrap_or_default()
}

/// Returns the name of a place in dumps.
pub fn name(p: Place) -> String {
    const NAMES: [&str; 16] =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
    match p {
        Place::Reg(r) if r.is_fpr() => format!("xmm{}", r.number()),
        Place::Reg(r) => NAMES[r.number() as usize].to_string(),
        Place::Slot(s) => format!("[{s:x}]"),
    }
}

/// Code that fills all registers and spill slots, then jumps into a trace.
#[cfg(test)]
pub fn enter_with(state: &abi::exit::ExitState, inner: u64) -> Vec<u8> {
    let mut a = Asm::new(0);
    dynasm!(a.o; .arch x64
        ; push rbp; push rbx; push r12; push r13; push r14; push r15
        ; sub rsp, FRAME
        ; mov r14, rdi
        ; mov rbp, rsi);
    for (k, b) in state.spill.iter().enumerate() {
        a.store_bits(Ea::slot(k as u16), *b);
    }
    for (k, b) in state.fpr.iter().take(15).enumerate() {
        a.imm(TMP, *b);
        a.reg(Reg::fpr(k as u8), Reg::gpr(TMP));
    }
    for (k, b) in state.gpr.iter().take(16).enumerate().filter(|(k, _)| ![0, 4, 5, 14].contains(k)) {
        a.imm(k as u8, *b);
    }
    a.imm(TMP, inner);
    dynasm!(a.o; .arch x64; jmp rax);
    a.o.finalize().expect("labels")
}

impl Emit<'_> {
    fn prologue(&mut self) {
        let inner = self.inner;
        dynasm!(self.a.o; .arch x64
            ; push rbp; push rbx; push r12; push r13; push r14; push r15
            ; sub rsp, FRAME
            ; mov r14, rdi
            ; mov rbp, rsi
            ; =>inner);
    }

    /// Stubs, the common exit, cold code, the way out.
    fn tail(&mut self) -> Result<(), Abort> {
        while let Some(c) = self.cold.pop() {
            self.emit_cold(c);
        }
        self.emit_thunks();
        let common = self.a.o.new_dynamic_label();
        let mut any = false;
        for s in 0..self.exits.len() {
            if !self.sel.taken[s] {
                continue;
            }
            any = true;
            let l = self.exits[s];
            dynasm!(self.a.o; .arch x64; =>l);
            if s < 128 {
                dynasm!(self.a.o; .arch x64; push BYTE s as i8);
            } else {
                dynasm!(self.a.o; .arch x64; push DWORD s as i32);
            }
            dynasm!(self.a.o; .arch x64; jmp =>common);
        }
        if any {
            dynasm!(self.a.o; .arch x64; =>common);
            if let Some(shared) = self.exit_at {
                // One word was pushed.
                dynasm!(self.a.o; .arch x64; mov DWORD [rsp + TRACE + 8], DWORD self.req.number as i32);
                self.jump_to(shared)?;
            } else {
                leave_trace(&mut self.a, self.env, Some(self.req.number));
            }
        }
        let leave = self.leave;
        dynasm!(self.a.o; .arch x64; =>leave);
        epilogue(&mut self.a);
        Ok(())
    }

    /// Jumps to an address within reach.
    fn jump_to(&mut self, target: u64) -> Result<(), Abort> {
        dynasm!(self.a.o; .arch x64; jmp DWORD 0);
        let site = self.a.o.offset().0 - 4;
        let distance = target.wrapping_sub(self.req.at + site as u64 + 4) as i64;
        let d = i32::try_from(distance).map_err(|_| Abort::CodeFull)?;
        let mut m = self.a.o.alter();
        m.goto(dynasmrt::AssemblyOffset(site));
        m.push_i32(d);
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), Abort> {
        match step {
            Step::Move { dst, src } => self.a.copy(*dst, *src),
            Step::Copies(c) => {
                let (t, req) = (self.t, self.req);
                self.a.copies(c, |s| match s {
                    Src::K(r) => register_bits(t, req, r),
                    Src::Bits(b) => b,
                    Src::Place(_) => 0,
                });
            }
            Step::Node { node, uses, def } => {
                let n = &self.sel.nodes[*node];
                if n.role == Role::Op {
                    self.map.push((self.a.o.offset().0, n.at));
                }
                if n.snap.is_some() && n.role != Role::End && self.t.ins.get(n.at).is_none_or(|i| i.op != Op::CALLB) {
                    self.stress(n);
                }
                match n.role {
                    Role::Entry => {}
                    Role::Loop => {
                        let head = self.head;
                        dynasm!(self.a.o; .arch x64; =>head);
                    }
                    Role::Stack => {
                        lea!(self.a.o, Rq(TMP), Ea::Base(BASE, self.t.slots * 8));
                        rm!(self.a.o, cmp, Rq(TMP), QWORD, Ea::Base(VM, vmfield::STACK_MAX));
                        self.exit(n, Cc::A);
                    }
                    Role::Inherit => {
                        let (Some(d), Some(Place::Reg(s))) = (def, uses.first()) else { return Ok(()) };
                        self.num_of_int(d.number(), s.number());
                    }
                    Role::End => self.end(n, uses)?,
                    Role::Op => self.op(n, uses, *def)?,
                }
            }
        }
        Ok(())
    }

    /// Says whether a step is a guard with one jump, right before the end of a loop.
    fn closes(&self, step: &Step, next: Option<&Step>) -> bool {
        let node = |s: &Step| match s {
            Step::Node { node, .. } => Some(&self.sel.nodes[*node]),
            _ => None,
        };
        let (Some(n), Some(end)) = (node(step), next.and_then(node)) else { return false };
        if n.role != Role::Op || end.role != Role::End || link_of(self.t) != Link::Loop {
            return false;
        }
        let ins = self.t.ins[n.at];
        match ins.op {
            Op::GCSTEP | Op::ABC => true,
            Op::LT | Op::GE | Op::LE | Op::GT | Op::ULT | Op::UGE | Op::ULE | Op::UGT => {
                !matches!((n.a, n.b), (Arg::K(_), Arg::K(_)))
            }
            Op::EQ | Op::NE => ins.ty != Ty::Num && !matches!((n.a, n.b), (Arg::K(_), Arg::K(_))),
            _ => false,
        }
    }

    /// With stress: the guard fails the first time.
    pub fn stress(&mut self, n: &Node) {
        let Some(cells) = &self.stress else { return };
        let at = &cells[self.guards] as *const AtomicU8 as u64;
        self.guards += 1;
        let go = self.a.o.new_dynamic_label();
        self.a.imm(TMP, at);
        dynasm!(self.a.o; .arch x64; cmp BYTE [rax], 0; jne =>go; mov BYTE [rax], 1);
        self.jump_exit(n);
        dynasm!(self.a.o; .arch x64; =>go);
    }

    /// Leaves through the node's exit if the condition holds.
    pub fn exit(&mut self, n: &Node, cc: Cc) {
        let Some(s) = n.snap else { return };
        let l = self.exits[s];
        if self.closing {
            // The loop goes on if the condition does not hold.
            let head = self.head;
            self.jcc(cc.inverse(), head);
            dynasm!(self.a.o; .arch x64; jmp =>l);
            self.closed = true;
        } else {
            self.jcc(cc, l);
        }
        self.patches.push((s as u32, self.a.o.offset().0 - 4));
    }

    /// Jumps if the condition holds.
    pub fn jcc(&mut self, cc: Cc, l: DynamicLabel) {
        match cc {
            Cc::O => dynasm!(self.a.o; .arch x64; jo =>l),
            Cc::B => dynasm!(self.a.o; .arch x64; jb =>l),
            Cc::Ae => dynasm!(self.a.o; .arch x64; jae =>l),
            Cc::E => dynasm!(self.a.o; .arch x64; je =>l),
            Cc::Ne => dynasm!(self.a.o; .arch x64; jne =>l),
            Cc::Be => dynasm!(self.a.o; .arch x64; jbe =>l),
            Cc::A => dynasm!(self.a.o; .arch x64; ja =>l),
            Cc::S => dynasm!(self.a.o; .arch x64; js =>l),
            Cc::P => dynasm!(self.a.o; .arch x64; jp =>l),
            Cc::Ns => dynasm!(self.a.o; .arch x64; jns =>l),
            Cc::Np => dynasm!(self.a.o; .arch x64; jnp =>l),
            Cc::No => dynasm!(self.a.o; .arch x64; jno =>l),
            Cc::L => dynasm!(self.a.o; .arch x64; jl =>l),
            Cc::Ge => dynasm!(self.a.o; .arch x64; jge =>l),
            Cc::Le => dynasm!(self.a.o; .arch x64; jle =>l),
            Cc::G => dynasm!(self.a.o; .arch x64; jg =>l),
        }
    }

    fn jump_exit(&mut self, n: &Node) {
        let Some(s) = n.snap else { return };
        let l = self.exits[s];
        dynasm!(self.a.o; .arch x64; jmp =>l);
        self.patches.push((s as u32, self.a.o.offset().0 - 4));
    }

    fn end(&mut self, n: &Node, uses: &[Place]) -> Result<(), Abort> {
        let head = self.head;
        match link_of(self.t) {
            Link::Loop if self.closed => {}
            Link::Loop => dynasm!(self.a.o; .arch x64; jmp =>head),
            Link::Interp => self.jump_exit(n),
            Link::Root(_) | Link::Again => {
                let snap = self.t.snaps.last().ok_or(Abort::NyiIr)?;
                let mut uses = uses.iter();
                for &(slot, r) in &snap.entries {
                    let ty = self.t.ty(r);
                    let ea = Ea::Base(BASE, slot * 8);
                    if r.is_ins() && !ty.is_pri() {
                        let place = *uses.next().ok_or(Abort::Inconsistent)?;
                        self.store_place(ea, place, ty);
                    } else {
                        let bits = slot_bits(self.t, self.req, r);
                        self.a.store_bits(ea, bits);
                    }
                }
                if let Some(m) = snap.multres {
                    mi!(self.a.o, mov, QWORD, Ea::Base(VM, vmfield::MULTRES), DWORD m as i32);
                }
                if snap.base != 0 {
                    dynasm!(self.a.o; .arch x64; add rbp, snap.base * 8);
                }
                match (link_of(self.t), self.req.target) {
                    (Link::Root(_), Some(target)) => self.jump_to(target)?,
                    (Link::Root(_), None) => return Err(Abort::Inconsistent),
                    _ => {
                        let inner = self.inner;
                        dynasm!(self.a.o; .arch x64; jmp =>inner);
                    }
                }
            }
            Link::Open => return Err(Abort::NyiIr),
        }
        Ok(())
    }

    /// Returns the register of a use.
    pub fn use_reg(&self, uses: &[Place], u: u8) -> u8 {
        match uses[u as usize] {
            Place::Reg(r) => r.number(),
            Place::Slot(_) => TMP,
        }
    }

    /// Returns an address; one that starts at a constant takes the scratch register.
    pub fn ea(&mut self, m: Mem, uses: &[Place]) -> Ea {
        let base = match m.base {
            Base::Stack => BASE,
            Base::Use(u) => self.use_reg(uses, u),
            Base::K(r) => {
                let bits = register_bits(self.t, self.req, r);
                self.a.imm(TMP, bits);
                TMP
            }
        };
        match m.index {
            None => Ea::Base(base, m.disp),
            Some(i) if m.wide => Ea::Index8(base, self.use_reg(uses, i), m.disp),
            Some(i) => Ea::Index1(base, self.use_reg(uses, i), m.disp),
        }
    }

    /// `d` becomes the number of int `s`.
    pub fn num_of_int(&mut self, d: u8, s: u8) {
        dynasm!(self.a.o; .arch x64; xorps Rx(d), Rx(d); cvtsi2sd Rx(d), Rd(s));
    }

    /// Stores the boxed value in a register or slot.
    pub fn store_place(&mut self, ea: Ea, p: Place, ty: Ty) {
        match (ty, p) {
            (Ty::Num, Place::Reg(r)) => mr!(self.a.o, movsd, QWORD, ea, Rx(r.number())),
            (Ty::Num | Ty::Link | Ty::Ptr, Place::Slot(_)) => {
                self.a.copy(Place::Reg(Reg::gpr(TMP)), p);
                mr!(self.a.o, mov, QWORD, ea, Rq(TMP));
            }
            (Ty::Link | Ty::Ptr, Place::Reg(r)) => mr!(self.a.o, mov, QWORD, ea, Rq(r.number())),
            (Ty::Int, _) => {
                dynasm!(self.a.o; .arch x64; xorps Rx(XTMP), Rx(XTMP));
                match p {
                    Place::Reg(r) => dynasm!(self.a.o; .arch x64; cvtsi2sd Rx(XTMP), Rd(r.number())),
                    Place::Slot(s) => rm!(self.a.o, cvtsi2sd, Rx(XTMP), DWORD, Ea::slot(s)),
                }
                mr!(self.a.o, movsd, QWORD, ea, Rx(XTMP));
            }
            (Ty::Key, _) => {
                let r = match p {
                    Place::Reg(r) => r.number(),
                    Place::Slot(_) => {
                        self.a.copy(Place::Reg(Reg::gpr(TMP)), p);
                        TMP
                    }
                };
                mr!(self.a.o, mov, DWORD, ea, Rd(r));
                mi!(self.a.o, mov, DWORD, ea.plus(4), DWORD tag::KEY_INDEX as u32 as i32);
            }
            (ty, _) => {
                self.a.imm(TMP, ty.tag() << tag::SHIFT);
                match p {
                    Place::Reg(r) => dynasm!(self.a.o; .arch x64; or rax, Rq(r.number())),
                    Place::Slot(s) => rm!(self.a.o, or, Rq(TMP), QWORD, Ea::slot(s)),
                }
                mr!(self.a.o, mov, QWORD, ea, Rq(TMP));
            }
        }
    }

    /// Stores an operand, boxed.
    pub fn store_arg(&mut self, ea: Ea, arg: Arg, uses: &[Place], ty: Ty) {
        match arg {
            Arg::Use(u) => self.store_place(ea, uses[u as usize], ty),
            Arg::K(r) => {
                let bits = slot_bits(self.t, self.req, r);
                self.a.store_bits(ea, bits);
            }
            Arg::Pri(p) => self.a.store_bits(ea, pri_bits(p)),
            Arg::None | Arg::Mem(_) => {}
        }
    }

    /// Loads a value of a type from where a Lua value is; guards its type.
    fn load(&mut self, n: &Node, ea: Ea, ty: Ty, def: Option<Reg>, guard: bool) {
        let d = def.map(Reg::number);
        match ty {
            Ty::Num => {
                if guard {
                    mi!(self.a.o, cmp, DWORD, ea.plus(4), DWORD(tag::NUM_LIMIT >> 32) as u32 as i32);
                    self.exit(n, Cc::Ae);
                }
                if let Some(d) = d {
                    rm!(self.a.o, movsd, Rx(d), QWORD, ea);
                }
            }
            Ty::Key => {
                if guard {
                    mi!(self.a.o, cmp, DWORD, ea.plus(4), DWORD tag::KEY_INDEX as u32 as i32);
                    self.exit(n, Cc::Ne);
                }
                if let Some(d) = d {
                    rm!(self.a.o, mov, Rd(d), DWORD, ea);
                }
            }
            Ty::Nil if guard => {
                mi!(self.a.o, cmp, QWORD, ea, BYTE - 1);
                self.exit(n, Cc::Ne);
            }
            Ty::False | Ty::True if guard => {
                mi!(self.a.o, cmp, DWORD, ea.plus(4), DWORD(pri_bits(ty) >> 32) as u32 as i32);
                self.exit(n, Cc::Ne);
            }
            Ty::Nil | Ty::False | Ty::True | Ty::Void => {}
            Ty::Int => {
                if let Some(d) = d {
                    rm!(self.a.o, mov, Rd(d), DWORD, ea);
                }
            }
            Ty::Link | Ty::Ptr => {
                if let Some(d) = d {
                    rm!(self.a.o, mov, Rq(d), QWORD, ea);
                }
            }
            _ => match d {
                Some(d) => {
                    let tags = self.a.pool(ty.tag() << tag::SHIFT);
                    rm!(self.a.o, mov, Rq(d), QWORD, ea);
                    rm!(self.a.o, xor, Rq(d), QWORD, tags);
                    if guard {
                        dynasm!(self.a.o; .arch x64; mov rax, Rq(d); shr rax, BYTE tag::SHIFT as i8);
                        self.exit(n, Cc::Ne);
                    }
                }
                None if guard => {
                    rm!(self.a.o, mov, Rq(TMP), QWORD, ea);
                    dynasm!(self.a.o; .arch x64; shr rax, BYTE tag::SHIFT as i8; cmp eax, DWORD ty.tag() as i32);
                    self.exit(n, Cc::Ne);
                }
                None => {}
            },
        }
    }

    #[allow(clippy::too_many_lines)]
    fn op(&mut self, n: &Node, uses: &[Place], def: Option<Reg>) -> Result<(), Abort> {
        let ins = self.t.ins[n.at];
        if n.call {
            return self.call(n, ins, uses, def);
        }
        let d = def.map_or(TMP, Reg::number);
        match ins.op {
            Op::LT | Op::GE | Op::LE | Op::GT | Op::ULT | Op::UGE | Op::ULE | Op::UGT | Op::EQ | Op::NE | Op::ABC => {
                self.compare(n, ins, uses)?
            }
            Op::GCSTEP => {
                self.a.attention();
                self.exit(n, Cc::Ne);
            }
            Op::RETF => {
                let bits = register_bits(self.t, self.req, ins.a);
                self.a.imm(TMP, bits);
                mr!(self.a.o, cmp, QWORD, Ea::Base(BASE, -8), Rq(TMP));
                self.exit(n, Cc::Ne);
                dynasm!(self.a.o; .arch x64; sub rbp, ins.b.as_lit() * 8);
            }
            Op::ADD | Op::SUB | Op::MUL | Op::DIV | Op::MIN | Op::MAX if ins.ty == Ty::Num => {
                self.num_binary(n, ins.op, uses, d)
            }
            Op::ADD
            | Op::SUB
            | Op::MUL
            | Op::BAND
            | Op::BOR
            | Op::BXOR
            | Op::ADDOV
            | Op::SUBOV
            | Op::MULOV
            | Op::MIN
            | Op::MAX => {
                self.int_binary(n, ins.op, uses, d);
            }
            Op::MOD => self.int_mod(n, ins, uses, d),
            Op::BNOT | Op::BSWAP | Op::NEG | Op::ABS => self.unary(n, ins, uses, d),
            Op::BSHL | Op::BSHR | Op::BSAR | Op::BROL | Op::BROR => self.shift(n, ins, uses, d),
            Op::FPMATH => match FpMath::ALL[ins.b.as_lit() as usize] {
                FpMath::Sqrt => match self.xmem(n.a, uses) {
                    Ok(r) => dynasm!(self.a.o; .arch x64; sqrtsd Rx(d), Rx(r)),
                    Err(ea) => rm!(self.a.o, sqrtsd, Rx(d), QWORD, ea),
                },
                f => {
                    let mode = match f {
                        FpMath::Floor => 9,
                        FpMath::Ceil => 10,
                        _ => 11,
                    };
                    let r = match self.xmem(n.a, uses) {
                        Ok(r) => r,
                        Err(ea) => {
                            rm!(self.a.o, movsd, Rx(d), QWORD, ea);
                            d
                        }
                    };
                    dynasm!(self.a.o; .arch x64; roundsd Rx(d), Rx(r), BYTE mode);
                }
            },
            Op::CONV => self.conv(n, ins, uses, d),
            Op::TOBIT => {
                let bias = self.a.pool(0x4338_0000_0000_0000);
                match self.xmem(n.a, uses) {
                    Ok(r) => dynasm!(self.a.o; .arch x64; movaps Rx(XTMP), Rx(r)),
                    Err(ea) => rm!(self.a.o, movsd, Rx(XTMP), QWORD, ea),
                }
                rm!(self.a.o, addsd, Rx(XTMP), QWORD, bias);
                dynasm!(self.a.o; .arch x64; movd Rd(d), Rx(XTMP));
            }
            Op::AREF | Op::STRREF | Op::FREF | Op::HREFI | Op::HREFK => self.address(n, ins, uses, d),
            Op::UREFS => {
                let f = self.base_reg(n.a, uses);
                let (up, slot) = (ins.b.as_lit() & 255, ins.b.as_lit() >> 8);
                rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(f, FUNC_UPVALS + up * 8));
                rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(TMP, abi::layout::offset("UpvalObj", "v") as i32));
                dynasm!(self.a.o; .arch x64; sub rax, rbp; cmp rax, DWORD slot * 8);
                self.exit(n, Cc::Ne);
            }
            Op::UREFO | Op::UREFC => {
                let f = self.base_reg(n.a, uses);
                let uv = |s| abi::layout::offset("UpvalObj", s) as i32;
                rm!(self.a.o, mov, Rq(d), QWORD, Ea::Base(f, FUNC_UPVALS + ins.b.as_lit() * 8));
                if ins.is_guard() {
                    mi!(self.a.o, cmp, BYTE, Ea::Base(d, uv("closed")), BYTE 0);
                    self.exit(n, if ins.op == Op::UREFO { Cc::Ne } else { Cc::E });
                }
                if ins.op == Op::UREFC {
                    dynasm!(self.a.o; .arch x64; add Rq(d), BYTE uv("tv") as i8);
                } else {
                    rm!(self.a.o, mov, Rq(d), QWORD, Ea::Base(d, uv("v")));
                    if ins.is_guard() {
                        dynasm!(self.a.o; .arch x64; mov rax, Rq(d); sub rax, rbp; cmp rax, DWORD self.t.slots * 8);
                        self.exit(n, Cc::B);
                    }
                }
            }
            Op::ALOAD | Op::HLOAD | Op::ULOAD | Op::HKLOAD => {
                let Arg::Mem(m) = n.a else { return Err(Abort::NyiIr) };
                let ea = self.ea(m, uses);
                self.load(n, ea, ins.ty, def, ins.is_guard());
            }
            Op::SLOAD => {
                let Arg::Mem(m) = n.a else { return Err(Abort::NyiIr) };
                let ea = self.ea(m, uses);
                if ins.b.as_lit() & sload::CONVERT != 0 {
                    // Equal bits: integral, in range, not -0, and a number at all.
                    rm!(self.a.o, cvttsd2si, Rd(d), QWORD, ea);
                    self.num_of_int(XTMP, d);
                    dynasm!(self.a.o; .arch x64; movq rax, Rx(XTMP));
                    if ins.is_guard() {
                        rm!(self.a.o, cmp, Rq(TMP), QWORD, ea);
                        self.exit(n, Cc::Ne);
                    }
                } else {
                    self.load(n, ea, ins.ty, def, ins.is_guard());
                }
            }
            Op::XLOAD => {
                let Arg::Mem(m) = n.a else { return Err(Abort::NyiIr) };
                let ea = self.ea(m, uses);
                rm!(self.a.o, movzx, Rd(d), BYTE, ea);
            }
            Op::FLOAD => {
                let f = Field::ALL[ins.b.as_lit() as usize];
                let r = self.base_reg(n.a, uses);
                let ea = Ea::Base(r, f.offset() as i32);
                match f {
                    Field::TabNomm => rm!(self.a.o, movzx, Rd(d), BYTE, ea),
                    _ if f.ty() == Ty::Int => rm!(self.a.o, mov, Rd(d), DWORD, ea),
                    Field::FuncPc => {
                        rm!(self.a.o, mov, Rq(d), QWORD, ea);
                        dynasm!(self.a.o; .arch x64; sub Rq(d), BYTE PROTO_HEAD as i8);
                    }
                    _ => rm!(self.a.o, mov, Rq(d), QWORD, ea),
                }
            }
            Op::MRES => rm!(self.a.o, mov, Rd(d), DWORD, Ea::Base(VM, vmfield::MULTRES)),
            Op::ASTORE | Op::HSTORE | Op::USTORE | Op::SSTORE => {
                let Arg::Mem(m) = n.a else { return Err(Abort::NyiIr) };
                let ea = self.ea(m, uses);
                self.store_arg(ea, n.b, uses, self.t.ty(ins.b));
            }
            Op::FSTORE => self.field_store(n, ins, uses)?,
            Op::MSTORE => {
                let ea = Ea::Base(VM, vmfield::MULTRES);
                match n.a {
                    Arg::Use(u) => {
                        let r = self.use_reg(uses, u);
                        // The upper half of an int's register is zero.
                        mr!(self.a.o, mov, QWORD, ea, Rq(r));
                    }
                    Arg::K(r) => {
                        let b = register_bits(self.t, self.req, r);
                        self.a.store_bits(ea, b);
                    }
                    _ => return Err(Abort::NyiIr),
                }
            }
            Op::TBAR | Op::OBAR => self.barrier(n, ins, uses)?,
            _ => return Err(Abort::NyiIr),
        }
        Ok(())
    }

    /// Returns the register of an operand that is an address; constants take scratch.
    fn base_reg(&mut self, arg: Arg, uses: &[Place]) -> u8 {
        match arg {
            Arg::Use(u) => self.use_reg(uses, u),
            Arg::K(r) => {
                let b = register_bits(self.t, self.req, r);
                self.a.imm(TMP, b);
                TMP
            }
            _ => TMP,
        }
    }

    /// A number operand: its register or its address.
    pub fn xmem(&mut self, arg: Arg, uses: &[Place]) -> Result<u8, Ea> {
        match arg {
            Arg::Use(u) => match uses[u as usize] {
                Place::Reg(r) => Ok(r.number()),
                Place::Slot(s) => Err(Ea::slot(s)),
            },
            Arg::K(r) => {
                let b = register_bits(self.t, self.req, r);
                Err(self.a.pool(b))
            }
            Arg::Mem(m) => Err(self.ea(m, uses)),
            Arg::None | Arg::Pri(_) => Ok(XTMP),
        }
    }

    fn num_binary(&mut self, n: &Node, op: Op, uses: &[Place], d: u8) {
        let (mut a, mut b) = (self.xmem(n.a, uses), self.xmem(n.b, uses));
        if b.is_ok_and(|b| b == d) && !a.is_ok_and(|a| a == d) {
            std::mem::swap(&mut a, &mut b);
        }
        match a {
            Ok(a) if a == d => {}
            Ok(a) => dynasm!(self.a.o; .arch x64; movaps Rx(d), Rx(a)),
            Err(ea) => rm!(self.a.o, movsd, Rx(d), QWORD, ea),
        }
        macro_rules! go {
            ($op:ident) => {
                match b {
                    Ok(b) => dynasm!(self.a.o; .arch x64; $op Rx(d), Rx(b)),
                    Err(ea) => rm!(self.a.o, $op, Rx(d), QWORD, ea),
                }
            };
        }
        match op {
            Op::ADD => go!(addsd),
            Op::SUB => go!(subsd),
            Op::MUL => go!(mulsd),
            Op::DIV => go!(divsd),
            Op::MIN => go!(minsd),
            _ => go!(maxsd),
        }
    }

    /// An int operand as register, address or immediate.
    fn gmem(&mut self, arg: Arg, uses: &[Place]) -> Int {
        match arg {
            Arg::Use(u) => match uses[u as usize] {
                Place::Reg(r) => Int::Reg(r.number()),
                Place::Slot(s) => Int::Mem(Ea::slot(s)),
            },
            Arg::K(r) => Int::Imm(register_bits(self.t, self.req, r) as u32 as i32),
            Arg::Mem(m) => Int::Mem(self.ea(m, uses)),
            Arg::None | Arg::Pri(_) => Int::Imm(0),
        }
    }

    fn int_move(&mut self, d: u8, x: Int) {
        match x {
            Int::Reg(r) if r == d => {}
            Int::Reg(r) => dynasm!(self.a.o; .arch x64; mov Rd(d), Rd(r)),
            Int::Mem(ea) => rm!(self.a.o, mov, Rd(d), DWORD, ea),
            Int::Imm(k) => self.a.imm(d, u64::from(k as u32)),
        }
    }

    fn int_binary(&mut self, n: &Node, op: Op, uses: &[Place], d: u8) {
        let (mut a, mut b) = (self.gmem(n.a, uses), self.gmem(n.b, uses));
        if b.is_reg(d) && !a.is_reg(d) {
            std::mem::swap(&mut a, &mut b);
        }
        if let (Op::ADD, Int::Reg(x), Int::Imm(k)) = (op, a, b)
            && x != d
        {
            lea!(self.a.o, Rd(d), Ea::Base(x, k));
            return;
        }
        if let (Op::MULOV, Int::Imm(0)) = (op, b) {
            // The product is -0 if the first factor is negative.
            let x = match a {
                Int::Reg(x) => x,
                a => {
                    self.int_move(TMP, a);
                    TMP
                }
            };
            dynasm!(self.a.o; .arch x64; test Rd(x), Rd(x));
            self.exit(n, Cc::S);
            self.a.imm(d, 0);
            return;
        }
        if let (Op::MUL | Op::MULOV, Int::Imm(k)) = (op, b) {
            match a {
                Int::Reg(x) => dynasm!(self.a.o; .arch x64; imul Rd(d), Rd(x), DWORD k),
                x => {
                    self.int_move(d, x);
                    dynasm!(self.a.o; .arch x64; imul Rd(d), Rd(d), DWORD k);
                }
            }
            if op == Op::MULOV {
                self.exit(n, Cc::O);
                // A zero is -0 if the other factor is negative.
                if k < 0 {
                    dynasm!(self.a.o; .arch x64; test Rd(d), Rd(d));
                    self.exit(n, Cc::E);
                }
            }
            return;
        }
        if op == Op::MULOV {
            // Both factors stay in reach: a product of zero may be -0.
            let Int::Reg(y) = b else { return };
            self.int_move(TMP, a);
            dynasm!(self.a.o; .arch x64; or eax, Rd(y));
            let sign = self.a.o.new_dynamic_label();
            dynasm!(self.a.o; .arch x64; movd Rx(XTMP), eax);
            self.int_move(d, a);
            dynasm!(self.a.o; .arch x64; imul Rd(d), Rd(y));
            self.exit(n, Cc::O);
            dynasm!(self.a.o; .arch x64; test Rd(d), Rd(d); jne =>sign; movd eax, Rx(XTMP); test eax, eax);
            self.exit(n, Cc::S);
            dynasm!(self.a.o; .arch x64; =>sign);
            return;
        }
        self.int_move(d, a);
        macro_rules! go {
            ($op:ident) => {
                match b {
                    Int::Reg(b) => dynasm!(self.a.o; .arch x64; $op Rd(d), Rd(b)),
                    Int::Mem(ea) => rm!(self.a.o, $op, Rd(d), DWORD, ea),
                    Int::Imm(k) => match i8::try_from(k) {
                        Ok(k) => dynasm!(self.a.o; .arch x64; $op Rd(d), BYTE k),
                        Err(_) => dynasm!(self.a.o; .arch x64; $op Rd(d), DWORD k),
                    },
                }
            };
        }
        match op {
            Op::ADD => go!(add),
            Op::SUB => go!(sub),
            Op::BAND => go!(and),
            Op::BOR => go!(or),
            Op::BXOR => go!(xor),
            Op::ADDOV => {
                go!(add);
                self.exit(n, Cc::O);
            }
            Op::SUBOV => {
                go!(sub);
                self.exit(n, Cc::O);
            }
            Op::MUL => match b {
                Int::Reg(b) => dynasm!(self.a.o; .arch x64; imul Rd(d), Rd(b)),
                Int::Mem(ea) => rm!(self.a.o, imul, Rd(d), DWORD, ea),
                Int::Imm(_) => {}
            },
            _ => {
                let b = match b {
                    Int::Reg(b) => b,
                    b => {
                        self.int_move(TMP, b);
                        TMP
                    }
                };
                dynasm!(self.a.o; .arch x64; cmp Rd(d), Rd(b));
                if op == Op::MIN {
                    dynasm!(self.a.o; .arch x64; cmovg Rd(d), Rd(b));
                } else {
                    dynasm!(self.a.o; .arch x64; cmovl Rd(d), Rd(b));
                }
            }
        }
    }

    fn int_mod(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        let k = register_bits(self.t, self.req, ins.b) as u32 as i32;
        let a = self.gmem(n.a, uses);
        if k & (k - 1) == 0 {
            self.int_move(TMP, a);
            dynasm!(self.a.o; .arch x64; and eax, DWORD k - 1);
            self.a.reg(Reg::gpr(d), Reg::gpr(TMP));
            return;
        }
        // `rdx` is put aside: the division needs it.
        self.int_move(TMP, a);
        let by = self.a.pool(u64::from(k as u32));
        let positive = self.a.o.new_dynamic_label();
        dynasm!(self.a.o; .arch x64; movq Rx(XTMP), rdx; cdq);
        mem1(&mut self.a, by);
        dynasm!(self.a.o; .arch x64; mov eax, edx; test eax, eax; jns =>positive; add eax, DWORD k; =>positive; movq rdx, Rx(XTMP));
        self.a.reg(Reg::gpr(d), Reg::gpr(TMP));
    }

    fn unary(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        if ins.ty == Ty::Num {
            match self.xmem(n.a, uses) {
                Ok(r) if r == d => {}
                Ok(r) => dynasm!(self.a.o; .arch x64; movaps Rx(d), Rx(r)),
                Err(ea) => rm!(self.a.o, movsd, Rx(d), QWORD, ea),
            }
            if ins.op == Op::NEG {
                let m = self.a.pool16(1 << 63);
                rm!(self.a.o, xorps, Rx(d), OWORD, m);
            } else {
                let m = self.a.pool16(!(1 << 63));
                rm!(self.a.o, andps, Rx(d), OWORD, m);
            }
            return;
        }
        let a = self.gmem(n.a, uses);
        self.int_move(d, a);
        match ins.op {
            Op::BNOT => dynasm!(self.a.o; .arch x64; not Rd(d)),
            Op::BSWAP => dynasm!(self.a.o; .arch x64; bswap Rd(d)),
            _ => dynasm!(self.a.o; .arch x64; neg Rd(d)),
        }
    }

    fn shift(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        let (a, b) = (self.gmem(n.a, uses), self.gmem(n.b, uses));
        if let Int::Imm(k) = b {
            self.int_move(d, a);
            let k = (k & 31) as i8;
            match ins.op {
                Op::BSHL => dynasm!(self.a.o; .arch x64; shl Rd(d), BYTE k),
                Op::BSHR => dynasm!(self.a.o; .arch x64; shr Rd(d), BYTE k),
                Op::BSAR => dynasm!(self.a.o; .arch x64; sar Rd(d), BYTE k),
                Op::BROL => dynasm!(self.a.o; .arch x64; rol Rd(d), BYTE k),
                _ => dynasm!(self.a.o; .arch x64; ror Rd(d), BYTE k),
            }
            return;
        }
        if let (Int::Reg(c), false) = (b, matches!(ins.op, Op::BROL | Op::BROR) || !self.bmi2) {
            let x = match a {
                Int::Reg(x) => x,
                a => {
                    self.int_move(TMP, a);
                    TMP
                }
            };
            match ins.op {
                Op::BSHL => dynasm!(self.a.o; .arch x64; shlx Rd(d), Rd(x), Rd(c)),
                Op::BSHR => dynasm!(self.a.o; .arch x64; shrx Rd(d), Rd(x), Rd(c)),
                _ => dynasm!(self.a.o; .arch x64; sarx Rd(d), Rd(x), Rd(c)),
            }
            return;
        }
        // The count goes to `cl`; what was in `rcx` waits in scratch.
        const RCX: u8 = 1;
        self.int_move(TMP, a);
        let save = d != RCX && !matches!(b, Int::Reg(RCX));
        if save {
            dynasm!(self.a.o; .arch x64; movq Rx(XTMP), rcx);
        }
        self.int_move(RCX, b);
        match ins.op {
            Op::BSHL => dynasm!(self.a.o; .arch x64; shl eax, cl),
            Op::BSHR => dynasm!(self.a.o; .arch x64; shr eax, cl),
            Op::BSAR => dynasm!(self.a.o; .arch x64; sar eax, cl),
            Op::BROL => dynasm!(self.a.o; .arch x64; rol eax, cl),
            _ => dynasm!(self.a.o; .arch x64; ror eax, cl),
        }
        if save {
            dynasm!(self.a.o; .arch x64; movq rcx, Rx(XTMP));
        }
        self.a.reg(Reg::gpr(d), Reg::gpr(TMP));
    }

    fn conv(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        match Conv::ALL[ins.b.as_lit() as usize] {
            Conv::NumInt => {
                let a = self.gmem(n.a, uses);
                dynasm!(self.a.o; .arch x64; xorps Rx(d), Rx(d));
                match a {
                    Int::Reg(r) => dynasm!(self.a.o; .arch x64; cvtsi2sd Rx(d), Rd(r)),
                    Int::Mem(ea) => rm!(self.a.o, cvtsi2sd, Rx(d), DWORD, ea),
                    Int::Imm(k) => self.a.load_num(d, f64::from(k).to_bits()),
                }
            }
            Conv::KeyInt | Conv::IntKey => {
                let a = self.gmem(n.a, uses);
                self.int_move(d, a);
            }
            c => {
                let s = self.xmem(n.a, uses);
                match s {
                    Ok(s) => dynasm!(self.a.o; .arch x64; cvttsd2si Rd(d), Rx(s)),
                    Err(ea) => rm!(self.a.o, cvttsd2si, Rd(d), QWORD, ea),
                }
                if c == Conv::IntTrunc || !ins.is_guard() {
                    return;
                }
                self.num_of_int(XTMP, d);
                if c == Conv::IntNum {
                    match s {
                        Ok(s) => dynasm!(self.a.o; .arch x64; pxor Rx(XTMP), Rx(s); movq rax, Rx(XTMP); test rax, rax),
                        Err(ea) => {
                            dynasm!(self.a.o; .arch x64; movq rax, Rx(XTMP));
                            rm!(self.a.o, cmp, Rq(TMP), QWORD, ea);
                        }
                    }
                    self.exit(n, Cc::Ne);
                } else {
                    match s {
                        Ok(s) => dynasm!(self.a.o; .arch x64; ucomisd Rx(XTMP), Rx(s)),
                        Err(ea) => rm!(self.a.o, ucomisd, Rx(XTMP), QWORD, ea),
                    }
                    self.exit(n, Cc::Ne);
                    self.exit(n, Cc::P);
                }
            }
        }
    }

    fn address(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        let a = self.base_reg(n.a, uses);
        let b = self.gmem(n.b, uses);
        match ins.op {
            Op::FREF => lea!(self.a.o, Rq(d), Ea::Base(a, Field::ALL[ins.b.as_lit() as usize].offset() as i32)),
            Op::AREF => match b {
                Int::Reg(i) => lea!(self.a.o, Rq(d), Ea::Index8(a, i, 0)),
                Int::Imm(k) => lea!(self.a.o, Rq(d), Ea::Base(a, k.wrapping_mul(8))),
                Int::Mem(_) => {}
            },
            Op::STRREF => match b {
                Int::Reg(i) => lea!(self.a.o, Rq(d), Ea::Index1(a, i, STR_HEAD)),
                Int::Imm(k) => lea!(self.a.o, Rq(d), Ea::Base(a, k + STR_HEAD)),
                Int::Mem(_) => {}
            },
            Op::HREFI => match b {
                Int::Reg(i) => {
                    dynasm!(self.a.o; .arch x64; mov eax, Rd(i); lea rax, [rax + rax * 2]);
                    lea!(self.a.o, Rq(d), Ea::Index8(a, TMP, 0));
                }
                Int::Imm(k) => lea!(self.a.o, Rq(d), Ea::Base(a, k.wrapping_mul(24))),
                Int::Mem(_) => {}
            },
            _ => {
                // HREFK
                let off = self.req.bits[ins.b.index()] as i32;
                if ins.is_guard() {
                    let key = self.req.keys[ins.b.index()];
                    self.a.imm(TMP, key);
                    mr!(self.a.o, cmp, QWORD, Ea::Base(a, off + 8), Rq(TMP));
                    self.exit(n, Cc::Ne);
                }
                if n.def.is_some() {
                    lea!(self.a.o, Rq(d), Ea::Base(a, off));
                }
            }
        }
    }

    fn field_store(&mut self, n: &Node, ins: Ins, uses: &[Place]) -> Result<(), Abort> {
        let Arg::Mem(m) = n.a else { return Err(Abort::NyiIr) };
        let ea = self.ea(m, uses);
        let adr = self.t.ins[ins.a.index()];
        if adr.op != Op::FREF {
            return Err(Abort::NyiIr);
        }
        let f = Field::ALL[adr.b.as_lit() as usize];
        match (n.b, f) {
            (Arg::K(r), Field::TabNomm) => mi!(self.a.o, mov, BYTE, ea, BYTE register_bits(self.t, self.req, r) as i8),
            (Arg::Use(u), Field::TabNomm) => {
                let r = self.use_reg(uses, u);
                dynasm!(self.a.o; .arch x64; mov eax, Rd(r));
                mr!(self.a.o, mov, BYTE, ea, Rb(TMP));
            }
            (Arg::K(r), _) if f.ty() == Ty::Int => {
                mi!(self.a.o, mov, DWORD, ea, DWORD register_bits(self.t, self.req, r) as u32 as i32)
            }
            (Arg::K(r), _) => {
                let b = register_bits(self.t, self.req, r);
                self.a.store_bits(ea, b);
            }
            (Arg::Use(u), _) => {
                let r = self.use_reg(uses, u);
                if f.ty() == Ty::Int {
                    mr!(self.a.o, mov, DWORD, ea, Rd(r));
                } else {
                    mr!(self.a.o, mov, QWORD, ea, Rq(r));
                }
            }
            _ => return Err(Abort::NyiIr),
        }
        Ok(())
    }

    fn compare(&mut self, n: &Node, ins: Ins, uses: &[Place]) -> Result<(), Abort> {
        if let (Arg::K(x), Arg::K(y)) = (n.a, n.b) {
            if !self.holds(ins.op, x, y, ins.ty)? {
                self.jump_exit(n);
            }
            return Ok(());
        }
        if ins.op == Op::ABC {
            self.int_compare(n.b, n.a, uses, false);
            self.exit(n, Cc::Ae);
            return Ok(());
        }
        if ins.ty == Ty::Num {
            // `(first, second, condition that leaves)`; an unordered result sets below, equal and parity.
            let (x, y, cc) = match ins.op {
                Op::LT => (n.b, n.a, Cc::Be),
                Op::GE => (n.b, n.a, Cc::A),
                Op::LE => (n.b, n.a, Cc::B),
                Op::GT => (n.b, n.a, Cc::Ae),
                Op::ULT => (n.a, n.b, Cc::Ae),
                Op::UGE => (n.a, n.b, Cc::B),
                Op::ULE => (n.a, n.b, Cc::A),
                Op::UGT => (n.a, n.b, Cc::Be),
                _ => (n.a, n.b, Cc::Ne),
            };
            let x = match self.xmem(x, uses) {
                Ok(r) => r,
                Err(ea) => {
                    rm!(self.a.o, movsd, Rx(XTMP), QWORD, ea);
                    XTMP
                }
            };
            match self.xmem(y, uses) {
                Ok(y) => dynasm!(self.a.o; .arch x64; ucomisd Rx(x), Rx(y)),
                Err(ea) => rm!(self.a.o, ucomisd, Rx(x), QWORD, ea),
            }
            match ins.op {
                Op::EQ => {
                    self.exit(n, Cc::P);
                    self.exit(n, Cc::Ne);
                }
                Op::NE => {
                    let apart = self.a.o.new_dynamic_label();
                    self.jcc(Cc::P, apart);
                    self.exit(n, Cc::E);
                    dynasm!(self.a.o; .arch x64; =>apart);
                }
                _ => self.exit(n, cc),
            }
            return Ok(());
        }
        let wide = !matches!(ins.ty, Ty::Int | Ty::Key);
        self.int_compare(n.a, n.b, uses, wide);
        let cc = match ins.op {
            Op::LT => Cc::Ge,
            Op::GE => Cc::L,
            Op::LE => Cc::G,
            Op::GT => Cc::Le,
            Op::ULT => Cc::Ae,
            Op::UGE => Cc::B,
            Op::ULE => Cc::A,
            Op::UGT => Cc::Be,
            Op::EQ => Cc::Ne,
            _ => Cc::E,
        };
        self.exit(n, cc);
        Ok(())
    }

    /// Compares ints or, wide, addresses. Not both are constants.
    fn int_compare(&mut self, a: Arg, b: Arg, uses: &[Place], wide: bool) {
        if let Arg::K(r) = b {
            let mut bits = register_bits(self.t, self.req, r);
            if let (Arg::Mem(m), Some(Const::Proto(_))) = (a, self.t.as_const(r))
                && m.disp == Field::FuncPc.offset() as i32
            {
                bits += PROTO_HEAD as u64;
            }
            let small = i32::try_from(if wide { bits as i64 } else { i64::from(bits as u32 as i32) });
            match (self.gmem(a, uses), small) {
                (Int::Reg(x), Ok(0)) if wide => dynasm!(self.a.o; .arch x64; test Rq(x), Rq(x)),
                (Int::Reg(x), Ok(0)) => dynasm!(self.a.o; .arch x64; test Rd(x), Rd(x)),
                (Int::Reg(x), Ok(k)) if wide => dynasm!(self.a.o; .arch x64; cmp Rq(x), DWORD k),
                (Int::Reg(x), Ok(k)) => match i8::try_from(k) {
                    Ok(k) => self.a.cmp_byte(x, k),
                    Err(_) => dynasm!(self.a.o; .arch x64; cmp Rd(x), DWORD k),
                },
                (Int::Mem(ea), Ok(k)) if wide => mi!(self.a.o, cmp, QWORD, ea, DWORD k),
                (Int::Mem(ea), Ok(k)) => mi!(self.a.o, cmp, DWORD, ea, DWORD k),
                (Int::Reg(x), Err(_)) => {
                    let k = self.a.pool(bits);
                    rm!(self.a.o, cmp, Rq(x), QWORD, k);
                }
                (Int::Mem(ea), Err(_)) => {
                    self.a.imm(TMP, bits);
                    mr!(self.a.o, cmp, QWORD, ea, Rq(TMP));
                }
                (Int::Imm(_), _) => {}
            }
            return;
        }
        let x = match (a, self.gmem(a, uses)) {
            (_, Int::Reg(x)) => x,
            (Arg::K(r), _) => {
                let bits = register_bits(self.t, self.req, r);
                self.a.imm(TMP, bits);
                TMP
            }
            (_, Int::Mem(ea)) if wide => {
                rm!(self.a.o, mov, Rq(TMP), QWORD, ea);
                TMP
            }
            (_, m) => {
                self.int_move(TMP, m);
                TMP
            }
        };
        match self.gmem(b, uses) {
            Int::Reg(y) if wide => dynasm!(self.a.o; .arch x64; cmp Rq(x), Rq(y)),
            Int::Reg(y) => dynasm!(self.a.o; .arch x64; cmp Rd(x), Rd(y)),
            Int::Mem(ea) if wide => rm!(self.a.o, cmp, Rq(x), QWORD, ea),
            Int::Mem(ea) => rm!(self.a.o, cmp, Rd(x), DWORD, ea),
            Int::Imm(_) => {}
        }
    }

    /// Compares constants.
    fn holds(&self, op: Op, x: Ref, y: Ref, ty: Ty) -> Result<bool, Abort> {
        let (a, b) = (register_bits(self.t, self.req, x), register_bits(self.t, self.req, y));
        let order = match ty {
            Ty::Num => f64::from_bits(a).partial_cmp(&f64::from_bits(b)),
            Ty::Int if matches!(op, Op::LT | Op::GE | Op::LE | Op::GT) => {
                Some((a as u32 as i32).cmp(&(b as u32 as i32)))
            }
            _ => Some(a.cmp(&b)),
        };
        use std::cmp::Ordering::{Equal, Greater, Less};
        Ok(match op {
            Op::LT => order == Some(Less),
            Op::GE => order != Some(Less),
            Op::LE => matches!(order, Some(Less | Equal)),
            Op::GT => !matches!(order, Some(Less | Equal)),
            Op::ULT => matches!(order, Some(Less) | None),
            Op::UGE => matches!(order, Some(Greater | Equal)),
            Op::ULE => order != Some(Greater),
            Op::UGT => order == Some(Greater),
            Op::EQ => order == Some(Equal),
            Op::NE => order != Some(Equal),
            Op::ABC => (b as u32) < (a as u32),
            _ => return Err(Abort::NyiIr),
        })
    }
}

/// `idiv` by a constant of the pool.
fn mem1(a: &mut Asm, ea: Ea) {
    if let Ea::Pool(l) = ea {
        dynasm!(a.o; .arch x64; idiv DWORD [=>l]);
    }
}

/// An int operand.
#[derive(Clone, Copy, Debug)]
pub enum Int {
    /// Register.
    Reg(u8),
    /// Memory.
    Mem(Ea),
    /// Immediate.
    Imm(i32),
}

/// Bytes before a string's first.
const STR_HEAD: i32 = crate::asm::select::STR_HEAD;
/// Bytes before a prototype's first instruction.
const PROTO_HEAD: i32 = 72;
/// Bytes before a function's first upvalue.
const FUNC_UPVALS: i32 = 24;

/// Returns the bits of nil, false, true.
pub fn pri_bits(ty: Ty) -> u64 {
    match ty {
        Ty::Nil => tag::NIL_BITS,
        Ty::False => tag::FALSE_BITS,
        _ => tag::TRUE_BITS,
    }
}

/// Returns a constant's bits as a slot has them.
pub fn slot_bits(t: &Trace, req: &Request<'_>, r: Ref) -> u64 {
    match t.as_const(r) {
        Some(Const::Int(k)) => f64::from(*k).to_bits(),
        Some(Const::Num(b)) => *b,
        Some(Const::Pri(ty)) => pri_bits(*ty),
        Some(Const::Templ(..) | Const::BaseMeta(_)) => req.bits[r.index()] & tag::PTR_MASK | tag::TAB << tag::SHIFT,
        Some(_) => req.bits[r.index()],
        None => pri_bits(t.ty(r)),
    }
}

/// Returns a constant's bits as a register has them.
pub fn register_bits(t: &Trace, req: &Request<'_>, r: Ref) -> u64 {
    match t.as_const(r) {
        Some(Const::Int(k)) => u64::from(*k as u32),
        Some(Const::Num(b)) => *b,
        Some(Const::Builtin(n)) => u64::from(*n),
        Some(Const::Pri(ty)) => pri_bits(*ty),
        Some(Const::Null) => 0,
        Some(Const::Str(_)) => req.bits[r.index()] & tag::PTR_MASK,
        Some(Const::Templ(..) | Const::BaseMeta(_)) => req.bits[r.index()] & tag::PTR_MASK,
        Some(_) => req.bits[r.index()],
        None => 0,
    }
}
