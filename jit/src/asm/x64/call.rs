//! Calls of helpers, and the collector's barriers.

use super::MACHINE;
use super::emit::{ARRAY, Cc, Cold, Emit, Int, Word, pri_bits, register_bits, slot_bits};
use super::encode::{BASE, Ea, RSP, TMP, VM, XTMP, lea, mr, rm};
use super::short::short;
use crate::asm::alloc::{Copy, Src};
use crate::asm::place::{Place, Reg};
use crate::asm::select::{Arg, Node, get_helper};
use abi::abort::Abort;
use abi::support::{Arg as HelperArg, Helper};
use abi::{tag, vmfield};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use ir::{FpMath, Ins, Op, Ref, Ty};

/// Where an argument comes from.
enum From {
    Vm,
    Operand(Arg, Ty, HelperArg),
    Address(u8, i32),
    Bits(u64),
}

/// Registers a call may change, but for scratch.
const CLOBBERED: [u8; 8] = [1, 2, 6, 7, 8, 9, 10, 11];
/// Space in which a barrier saves registers; it keeps the stack aligned.
const SAVED: i32 = 8 * (8 + 16 + 1);

impl Emit<'_> {
    pub(super) fn call(&mut self, n: &Node, ins: Ins, uses: &[Place], def: Option<Reg>) -> Result<(), Abort> {
        let helper = match ins.op {
            Op::MOD => Helper::modulo,
            Op::POW => Helper::pow,
            Op::FPMATH => match FpMath::ALL[ins.b.as_lit() as usize] {
                FpMath::Floor => Helper::floor,
                FpMath::Ceil => Helper::ceil,
                _ => Helper::trunc,
            },
            Op::TOSTR if self.t.ty(ins.a) == Ty::Int => Helper::str_of_int,
            Op::TOSTR => Helper::str_of_num,
            Op::STRTO => Helper::str_to_num,
            Op::HREF => get_helper(self.t.ty(ins.b)),
            Op::NEWREF => Helper::tab_newkey,
            Op::SNEW => Helper::str_new,
            Op::TNEW => Helper::tab_new,
            Op::TDUP => Helper::tab_dup,
            Op::FNEW => Helper::func_new,
            Op::UCLO => Helper::upvals_close,
            Op::CAT => Helper::cat,
            Op::CALLB => Helper::call_builtin,
            _ => *Helper::ALL.get(ins.b.as_lit() as usize).ok_or(Abort::NyiIr)?,
        };
        let row = helper.row();
        let refs: Vec<Ref> = match ins.op {
            Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS | Op::CAT => self.t.args(ins.a),
            _ => ins.refs().collect(),
        };
        let mut operands = n.args.iter().zip(&refs);
        let mut from = Vec::new();
        match ins.op {
            Op::CAT => {
                for (k, (arg, r)) in n.args.iter().zip(&refs).enumerate() {
                    self.store_arg(Ea::Base(RSP, ARRAY + k as i32 * 8), *arg, uses, self.t.ty(*r));
                }
                from.extend([From::Vm, From::Address(RSP, ARRAY), From::Bits(refs.len() as u64)]);
            }
            Op::TNEW => from.extend([From::Vm, From::Bits(u64::from(ins.a.0)), From::Bits(u64::from(ins.b.0))]),
            Op::TDUP => from.extend([From::Vm, From::Bits(register_bits(self.t, self.req, ins.a))]),
            Op::FNEW => {
                let base = self.t.closure(Ref::ins(n.at)).ok_or(Abort::NyiIr)?.base;
                from.extend([
                    From::Vm,
                    From::Bits(register_bits(self.t, self.req, ins.a)),
                    From::Operand(*n.args.first().ok_or(Abort::NyiIr)?, Ty::Func, HelperArg::fun),
                    From::Address(BASE, base * 8),
                ]);
            }
            Op::UCLO => from.extend([From::Vm, From::Address(BASE, ins.a.as_lit() * 8)]),
            Op::CALLB => {
                from.extend([From::Vm, From::Address(BASE, ins.a.as_lit() * 8), From::Bits(u64::from(ins.b.0))])
            }
            _ => {
                for &ty in row.args {
                    if ty == HelperArg::vm {
                        from.push(From::Vm);
                    } else {
                        let (arg, r) = operands.next().ok_or(Abort::Inconsistent)?;
                        from.push(From::Operand(*arg, self.t.ty(*r), ty));
                    }
                }
            }
        }
        self.arguments(&from, uses)?;
        let adr = *self.env.helpers.get(helper as usize).ok_or(Abort::NyiIr)?;
        dynasm!(self.a.o; .arch x64; mov rax, QWORD adr as i64; call rax);
        if ins.op == Op::CALLB {
            self.after_builtin(n);
            return Ok(());
        }
        if row.fails && n.snap.is_some() {
            match row.ret {
                HelperArg::num => {
                    dynasm!(self.a.o; .arch x64; movq rax, xmm0; cmp rax, BYTE -1);
                    self.exit(n, Cc::E);
                }
                HelperArg::int => {
                    short!(self.a.o; cmp eax, DWORD i32::MIN);
                    self.exit(n, Cc::E);
                }
                HelperArg::void => {}
                _ => {
                    short!(self.a.o; test rax, rax);
                    self.exit(n, Cc::E);
                }
            }
        }
        if let Some(d) = def {
            match row.ret {
                HelperArg::num => self.a.reg(d, Reg::fpr(0)),
                HelperArg::int => short!(self.a.o; mov Rd(d.number()), eax),
                _ => self.a.reg(d, Reg::gpr(TMP)),
            }
        }
        Ok(())
    }

    fn after_builtin(&mut self, n: &Node) {
        let on = self.a.o.new_dynamic_label();
        let leave = self.leave;
        let base = n.snap.map_or(0, |s| self.t.snaps[s].base);
        dynasm!(self.a.o; .arch x64; test eax, eax; je =>on; sub eax, 1; jmp =>leave; =>on);
        rm!(self.a.o, mov, Rq(BASE), QWORD, Ea::Base(VM, vmfield::BASE));
        if base != 0 {
            short!(self.a.o; sub rbp, base * 8);
        }
        self.stress(n);
        self.a.attention();
        self.exit(n, Cc::Ne);
    }

    fn arguments(&mut self, from: &[From], uses: &[Place]) -> Result<(), Abort> {
        let (mut gpr, mut fpr) = (0, 0);
        let mut copies = Vec::new();
        let mut dsts = Vec::new();
        for f in from {
            let num = matches!(f, From::Operand(_, _, HelperArg::num));
            let dst = if num { MACHINE.fpr_args.get(fpr) } else { MACHINE.gpr_args.get(gpr) };
            let dst = *dst.ok_or(Abort::NyiIr)?;
            *(if num { &mut fpr } else { &mut gpr }) += 1;
            dsts.push(dst);
            if let From::Operand(Arg::Use(u), ty, want) = f
                && !(*want == HelperArg::any && *ty == Ty::Num)
            {
                copies.push(Copy { dst: Place::Reg(dst), src: Src::Place(uses[*u as usize]) });
            }
        }
        self.a.copies(&copies, |_| 0);
        for (f, dst) in from.iter().zip(dsts) {
            let d = dst.number();
            match f {
                From::Vm => short!(self.a.o; mov Rq(d), r14),
                From::Bits(b) => self.a.imm(d, *b),
                From::Address(b, disp) => lea!(self.a.o, Rq(d), Ea::Base(*b, *disp)),
                From::Operand(Arg::K(r), _, HelperArg::num) => {
                    let b = register_bits(self.t, self.req, *r);
                    self.a.load_num(d, b);
                }
                From::Operand(Arg::K(r), _, HelperArg::any) => {
                    let b = slot_bits(self.t, self.req, *r);
                    self.a.imm(d, b);
                }
                From::Operand(Arg::K(r), ..) => {
                    let b = register_bits(self.t, self.req, *r);
                    self.a.imm(d, b);
                }
                From::Operand(Arg::Pri(ty), ..) => self.a.imm(d, pri_bits(*ty)),
                From::Operand(Arg::Use(u), Ty::Num, HelperArg::any) => self.a.copy(Place::Reg(dst), uses[*u as usize]),
                From::Operand(Arg::Use(_), Ty::Int, HelperArg::any) => {
                    self.num_of_int(XTMP, d);
                    short!(self.a.o; movq Rq(d), Rx(XTMP));
                }
                From::Operand(Arg::Use(_), ty, HelperArg::any) => {
                    self.a.imm(TMP, ty.tag() << tag::SHIFT);
                    short!(self.a.o; or Rq(d), rax);
                }
                From::Operand(..) => {}
            }
        }
        Ok(())
    }

    /// The collector's barriers: inline unless the object was traversed.
    pub(super) fn barrier(&mut self, n: &Node, ins: Ins, uses: &[Place]) -> Result<(), Abort> {
        let Arg::Use(u) = n.a else { return Err(Abort::NyiIr) };
        let obj = self.use_reg(uses, u);
        let marked = abi::layout::offset("Header", "marked") as i32;
        // OBAR has the address of the value in its upvalue.
        let off = if ins.op == Op::TBAR { marked } else { marked - abi::layout::offset("UpvalObj", "tv") as i32 };
        let (entry, back) = (self.a.o.new_dynamic_label(), self.a.o.new_dynamic_label());
        rm!(self.a.o, movzx, Rd(TMP), BYTE, Ea::Base(VM, vmfield::GC_EPOCH));
        mr!(self.a.o, cmp, BYTE, Ea::Base(obj, off), Rb(TMP));
        self.jcc(Cc::E, entry);
        dynasm!(self.a.o; .arch x64; =>back);
        let value = (ins.op == Op::OBAR).then(|| (n.b, uses.to_vec(), self.t.ty(ins.b)));
        self.cold.push(Cold::Barrier { entry, back, obj, value });
        Ok(())
    }

    pub(super) fn emit_cold(&mut self, c: Cold) {
        match c {
            Cold::Barrier { entry, back, obj, value } => {
                dynasm!(self.a.o; .arch x64; =>entry);
                mr!(self.a.o, mov, QWORD, Ea::Base(RSP, ARRAY), Rq(obj));
                let helper = if let Some((arg, uses, ty)) = value {
                    self.store_arg(Ea::Base(RSP, ARRAY + 8), arg, &uses, ty);
                    Helper::upval_barrier
                } else {
                    Helper::tab_barrier
                };
                let thunk = self.thunk(helper);
                dynasm!(self.a.o; .arch x64; call =>thunk; jmp =>back);
            }
            Cold::Helper { entry, back, helper, args, d, snap } => {
                dynasm!(self.a.o; .arch x64; =>entry);
                for (k, word) in args.into_iter().enumerate() {
                    let ea = Ea::Base(RSP, ARRAY + k as i32 * 8);
                    match word {
                        Word::Reg(r) => mr!(self.a.o, mov, QWORD, ea, Rq(r)),
                        Word::Bits(bits) => self.a.store_bits(ea, bits),
                        Word::Slot(s) => {
                            lea!(self.a.o, Rq(TMP), Ea::Base(BASE, s * 8));
                            mr!(self.a.o, mov, QWORD, ea, Rq(TMP));
                        }
                        Word::None => {}
                    }
                }
                let thunk = self.thunk(helper);
                dynasm!(self.a.o; .arch x64; call =>thunk; test rax, rax);
                self.exit_through(snap, Cc::E);
                dynasm!(self.a.o; .arch x64; mov Rq(d), rax; jmp =>back);
            }
        }
    }

    fn thunk(&mut self, helper: Helper) -> DynamicLabel {
        if let Some((_, l)) = self.thunks.iter().find(|(h, _)| *h == helper) {
            return *l;
        }
        let l = self.a.o.new_dynamic_label();
        self.thunks.push((helper, l));
        l
    }

    /// Subroutines that call a helper with the values in scratch and change no register but scratch.
    pub(super) fn emit_thunks(&mut self) {
        for (helper, l) in std::mem::take(&mut self.thunks) {
            dynasm!(self.a.o; .arch x64; =>l; sub rsp, SAVED);
            for (k, r) in CLOBBERED.into_iter().enumerate() {
                mr!(self.a.o, mov, QWORD, Ea::Base(RSP, k as i32 * 8), Rq(r));
            }
            for x in 0..XTMP {
                mr!(self.a.o, movsd, QWORD, Ea::Base(RSP, 64 + i32::from(x) * 8), Rx(x));
            }
            let adr = self.env.helpers.get(helper as usize).copied().unwrap_or(0);
            dynasm!(self.a.o; .arch x64
                ; mov rdi, r14
                ; mov rsi, [rsp + SAVED + 8 + ARRAY]
                ; mov rdx, [rsp + SAVED + 16 + ARRAY]
                ; mov rcx, [rsp + SAVED + 24 + ARRAY]
                ; mov rax, QWORD adr as i64
                ; call rax);
            for (k, r) in CLOBBERED.into_iter().enumerate() {
                rm!(self.a.o, mov, Rq(r), QWORD, Ea::Base(RSP, k as i32 * 8));
            }
            for x in 0..XTMP {
                rm!(self.a.o, movsd, Rx(x), QWORD, Ea::Base(RSP, 64 + i32::from(x) * 8));
            }
            dynasm!(self.a.o; .arch x64; add rsp, SAVED; ret);
        }
    }
}

impl Int {
    /// Says whether it is register `r`.
    pub fn is_reg(self, r: u8) -> bool {
        matches!(self, Int::Reg(x) if x == r)
    }
}
