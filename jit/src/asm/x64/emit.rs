//! Emission: steps become machine code, forwards.
//!
//! The native frame, the same for all traces, from `rsp` upwards: 256 spill slots, scratch for arrays of values, the exit's number. An exit
//! saves the registers right below the spill slots, so that both together are an `abi::exit::ExitState`.
//!
//! Each exit has a stub: it pushes its number and jumps to the trace's common exit. Guards jump to the stub with 32-bit distances, which linking
//! patches.

mod arith;
mod compare;
mod memory;

use super::Exits;
use super::encode::{Asm, BASE, Ea, RSP, TMP, VM, XTMP, lea, mi, mr, rm, rm3};
use super::short::short;
use crate::asm::SCRATCH;
use crate::asm::alloc::{Allocation, Src, Step};
use crate::asm::place::{Place, Reg};
use crate::asm::select::{Arg, Base, Cpu, Mem, Node, Role, Selection, link_of};
use crate::backend::{Code, Env, Request};
use abi::abort::Abort;
use abi::exit::{Form, Loc, SPILLS, SnapMap};
use abi::{layout, tag, vmfield};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use ir::{Const, Conv, Field, FpMath, Ins, Link, Op, Ref, Trace, Ty, sload};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32};

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

/// Heads of loops lie at multiples of this: as few lines of code as possible make a round.
const LOOP_ALIGN: u64 = 32;
/// Bytes of code that nobody asks for.
const CODE: usize = 256;
/// Patches that a step adds at most, mostly.
const PATCHES: usize = 8;

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
    /// A helper does the work; its result goes to a register, null through an exit.
    Helper {
        entry: DynamicLabel,
        back: DynamicLabel,
        helper: abi::support::Helper,
        args: [Word; 3],
        d: u8,
        snap: usize,
    },
}

/// An argument of a helper that is called out of the way.
#[derive(Clone, Copy)]
pub(super) enum Word {
    /// Register.
    Reg(u8),
    /// Bits.
    Bits(u64),
    /// Address of a slot.
    Slot(i32),
    /// The helper has fewer arguments.
    None,
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
    /// Subroutines that barriers call.
    pub thunks: Vec<(abi::support::Helper, DynamicLabel)>,
    cpu: Cpu,
    ways: Exits,
    maps: &'a [SnapMap],
    count: Option<Arc<AtomicU32>>,
    /// The guard under way is the loop's last instruction.
    closing: bool,
    /// It has jumped back to the head.
    closed: bool,
    /// Registers that have the same.
    twins: Vec<(Reg, Reg)>,
    stress: Option<Arc<[AtomicU8]>>,
    guards: usize,
}

/// Emits a trace.
pub fn emit(
    cpu: Cpu,
    ways: Exits,
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
        thunks: Vec::new(),
        cpu,
        ways,
        maps: &maps,
        count: None,
        closing: false,
        closed: false,
        twins: Vec::new(),
        stress,
        guards: 0,
    };
    e.prologue();
    let inner_at = e.a.o.offset().0;
    e.count_entry();
    let mut room = CODE;
    for (i, step) in alloc.steps.iter().enumerate() {
        // The assembler's own buffer grows like this: it is not ours to look into.
        if e.a.o.offset().0 > room {
            req.growth.pass()?;
            room *= 2;
        }
        req.growth.room(&mut e.patches, PATCHES)?;
        e.closing = e.closes(step, alloc.steps.get(i + 1));
        e.step(step)?;
    }
    e.tail()?;
    e.a.emit_pool();
    let bytes = e.a.o.finalize().map_err(|_| Abort::NyiIr)?;
    let (patches, cells, count, entries) = (e.patches, e.stress, e.count, e.ways.counter);
    Ok(Code {
        bytes,
        entry: 0,
        inner: inner_at,
        exits: maps,
        patches,
        regs: alloc.shown.iter().take(req.trace.ins.len()).copied().collect(),
        cells,
        count,
        entries,
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
        Some(n) => short!(a.o; mov edx, DWORD n as i32),
        None => short!(a.o; mov edx, [rsp + REGS + TRACE]),
    }
    dynasm!(a.o; .arch x64
        ; mov ecx, [rsp + REGS + EXIT]
        ; mov r8, rbp
        ; mov rax, QWORD env.trace_exit as i64
        ; call rax
        ; add rsp, REGS);
}

/// Removes the native frame.
fn remove_frame(a: &mut Asm) {
    dynasm!(a.o; .arch x64
        ; add rsp, FRAME
        ; pop r15; pop r14; pop r13; pop r12; pop rbx; pop rbp);
}

/// Removes the native frame and returns.
fn epilogue(a: &mut Asm) {
    remove_frame(a);
    dynasm!(a.o; .arch x64; ret);
}

/// Goes from inside a trace to a function with the interface of compiled code.
pub fn bridge(function: u64) -> Vec<u8> {
    let mut a = Asm::new(0);
    dynasm!(a.o; .arch x64; mov rdi, r14; mov rsi, rbp);
    remove_frame(&mut a);
    a.imm(TMP, function);
    dynasm!(a.o; .arch x64; jmp rax);
    a.o.finalize().unwrap_or_default()
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
        dynasm!(self.a.o; .arch x64
            ; push rbp; push rbx; push r12; push r13; push r14; push r15
            ; sub rsp, FRAME
            ; mov r14, rdi
            ; mov rbp, rsi);
    }

    /// Counts an entry of a side trace, if that is wanted.
    fn count_entry(&mut self) {
        if let (Some(machine), Some(counter)) = (self.ways.counted, &self.ways.counter) {
            let at = counter.address();
            // The machine's address is in a register. What is counted is mostly near it: then that is one instruction.
            if let Ok(distance) = i32::try_from(at.wrapping_sub(machine) as i64) {
                dynasm!(self.a.o; .arch x64; add QWORD [r14 + distance], BYTE 1);
            } else {
                self.a.imm(TMP, at);
                dynasm!(self.a.o; .arch x64; add QWORD [rax], BYTE 1);
            }
        }
        let inner = self.inner;
        dynasm!(self.a.o; .arch x64; =>inner);
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
            if s + 1 == self.exits.len() && link_of(self.t) == Link::Interp {
                self.return_to_interpreter(s);
            }
            if s < 128 {
                dynasm!(self.a.o; .arch x64; push BYTE s as i8);
            } else {
                dynasm!(self.a.o; .arch x64; push DWORD s as i32);
            }
            dynasm!(self.a.o; .arch x64; jmp =>common);
        }
        if any {
            dynasm!(self.a.o; .arch x64; =>common);
            if let Some(shared) = self.ways.shared {
                // One word was pushed.
                short!(self.a.o; mov DWORD [rsp + TRACE + 8], DWORD self.req.number as i32);
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

    /// The end of a trace without its runtime: restores the frames, once that was done by the runtime often enough. A side trace would have been
    /// linked by then.
    fn return_to_interpreter(&mut self, s: usize) {
        let Some(patience) = self.ways.patience else { return };
        let map = &self.maps[s];
        if !map.sunk.is_empty() {
            return;
        }
        let count = self.count.insert(Arc::new(AtomicU32::new(patience)));
        let at = Arc::as_ptr(count) as u64;
        let (slow, ready) = (self.a.o.new_dynamic_label(), self.a.o.new_dynamic_label());
        self.a.imm(TMP, at);
        dynasm!(self.a.o; .arch x64; cmp DWORD [rax], BYTE 0; je =>ready; sub DWORD [rax], BYTE 1; jmp =>slow; =>ready);
        if s == 0 {
            // It is the check for room as well, which is the runtime's to make.
            lea!(self.a.o, Rq(TMP), Ea::Base(BASE, self.t.slots * 8));
            rm!(self.a.o, cmp, Rq(TMP), QWORD, Ea::Base(VM, vmfield::STACK_MAX));
            dynasm!(self.a.o; .arch x64; ja =>slow);
        }
        for m in &map.slots {
            let ea = Ea::Base(BASE, m.slot * 8);
            let place = match m.loc {
                Loc::Const(bits) => {
                    self.a.store_bits(ea, bits);
                    continue;
                }
                Loc::Gpr(r) => Place::Reg(Reg::gpr(r)),
                Loc::Fpr(r) => Place::Reg(Reg::fpr(r)),
                Loc::Spill(i) => Place::Slot(i),
                Loc::Memory | Loc::Sunk(_) => continue,
            };
            match (m.form, m.loc) {
                (Form::Raw, Loc::Fpr(_)) => self.store_place(ea, place, Ty::Num),
                (Form::Raw, _) => self.store_place(ea, place, Ty::Ptr),
                (Form::Int, _) => self.store_place(ea, place, Ty::Int),
                (Form::Key, _) => self.store_place(ea, place, Ty::Key),
                (Form::Gc(tag), _) => self.store_tagged(ea, place, u64::from(tag)),
            }
        }
        self.a.imm(TMP, map.pc);
        mr!(self.a.o, mov, QWORD, Ea::Base(VM, vmfield::PC), Rq(TMP));
        if map.base != 0 {
            short!(self.a.o; add rbp, map.base * 8);
        }
        mr!(self.a.o, mov, QWORD, Ea::Base(VM, vmfield::BASE), Rq(BASE));
        if let Some(n) = map.multres {
            mi!(self.a.o, mov, QWORD, Ea::Base(VM, vmfield::MULTRES), DWORD n as i32);
        }
        const { assert!(abi::exit::outcome::NEXT == 0) };
        let leave = self.leave;
        dynasm!(self.a.o; .arch x64; xor eax, eax; jmp =>leave; =>slow);
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
            Step::Move { dst, src } => {
                self.twins.retain(|t| Some(t.0) != dst.reg() && Some(t.1) != dst.reg());
                self.a.copy(*dst, *src);
            }
            Step::Copies(c) => {
                let (t, req) = (self.t, self.req);
                self.a.copies(c, |s| match s {
                    Src::K(r) => register_bits(t, req, r),
                    Src::Bits(b) => b,
                    Src::Place(_) => 0,
                });
                self.twins.clear();
                for copy in c {
                    if let (Place::Reg(d), Src::Place(Place::Reg(s))) = (copy.dst, copy.src)
                        && !c.iter().any(|other| other.dst == Place::Reg(s))
                    {
                        self.twins.push((d, s));
                    }
                }
            }
            Step::Node { node, uses, def } => {
                let n = &self.sel.nodes[*node];
                if n.snap.is_some() && n.role != Role::End && self.t.ins.get(n.at).is_none_or(|i| i.op != Op::CALLB) {
                    self.stress(n);
                }
                match n.role {
                    Role::Entry => {}
                    Role::Loop => {
                        let head = self.head;
                        self.a.align(self.req.at, LOOP_ALIGN);
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
                if n.call || n.role == Role::Loop {
                    self.twins.clear();
                }
                self.twins.retain(|t| Some(t.0) != *def && Some(t.1) != *def);
            }
        }
        Ok(())
    }

    /// Says whether a register has what another has.
    pub(super) fn same(&self, x: Reg, y: Reg) -> bool {
        x == y || self.twins.contains(&(x, y)) || self.twins.contains(&(y, x))
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
        self.exit_through(s, cc);
    }

    /// Leaves through an exit if the condition holds.
    pub fn exit_through(&mut self, s: usize, cc: Cc) {
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
                // An int in several slots is converted once.
                let mut ints: Vec<(Place, Vec<i32>)> = Vec::new();
                for &(slot, r) in &snap.entries {
                    let ty = self.t.ty(r);
                    let ea = Ea::Base(BASE, slot * 8);
                    if r.is_ins() && !ty.is_pri() {
                        let place = *uses.next().ok_or(Abort::Inconsistent)?;
                        if ty != Ty::Int {
                            self.store_place(ea, place, ty);
                        } else if let Some((_, slots)) = ints.iter_mut().find(|i| i.0 == place) {
                            slots.push(slot);
                        } else {
                            ints.push((place, vec![slot]));
                        }
                    } else {
                        let bits = slot_bits(self.t, self.req, r);
                        self.a.store_bits(ea, bits);
                    }
                }
                for (place, slots) in ints {
                    self.store_place(Ea::Base(BASE, slots[0] * 8), place, Ty::Int);
                    for slot in &slots[1..] {
                        mr!(self.a.o, movsd, QWORD, Ea::Base(BASE, slot * 8), Rx(XTMP));
                    }
                }
                if let Some(m) = snap.multres {
                    mi!(self.a.o, mov, QWORD, Ea::Base(VM, vmfield::MULTRES), DWORD m as i32);
                }
                if snap.base != 0 {
                    short!(self.a.o; add rbp, snap.base * 8);
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
                short!(self.a.o; xorps Rx(XTMP), Rx(XTMP));
                match p {
                    Place::Reg(r) => short!(self.a.o; cvtsi2sd Rx(XTMP), Rd(r.number())),
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
            (ty, _) => self.store_tagged(ea, p, ty.tag()),
        }
    }

    /// Stores an address with a tag.
    fn store_tagged(&mut self, ea: Ea, p: Place, bits: u64) {
        self.a.imm(TMP, bits << tag::SHIFT);
        match p {
            Place::Reg(r) => short!(self.a.o; or rax, Rq(r.number())),
            Place::Slot(s) => rm!(self.a.o, or, Rq(TMP), QWORD, Ea::slot(s)),
        }
        mr!(self.a.o, mov, QWORD, ea, Rq(TMP));
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
pub(super) const PROTO_HEAD: i32 = layout::size("ProtoObj") as i32;
/// Bytes before a function's first upvalue.
const FUNC_UPVALS: i32 = layout::size("FuncObj") as i32;

/// Bytes of a node.
const NODE: i32 = layout::size("Node") as i32;

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
        Some(c) => ir::exitmap::slot_bits(c, req.bits[r.index()]),
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
