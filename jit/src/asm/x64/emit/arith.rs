//! Arithmetic, bit operations, conversions.

use super::*;

impl Emit<'_> {
    /// A number operand: its register or its address.
    pub(super) fn xmem(&mut self, arg: Arg, uses: &[Place]) -> Result<u8, Ea> {
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

    pub(super) fn num_binary(&mut self, n: &Node, op: Op, uses: &[Place], d: u8) {
        let (mut a, mut b) = (self.xmem(n.a, uses), self.xmem(n.b, uses));
        if self.cpu.avx {
            return self.num_ternary(op, a, b, d);
        }
        if b.is_ok_and(|b| b == d) && !a.is_ok_and(|a| a == d) {
            std::mem::swap(&mut a, &mut b);
        }
        match a {
            Ok(a) if self.same(Reg::fpr(a), Reg::fpr(d)) => {}
            Ok(a) => short!(self.a.o; movaps Rx(d), Rx(a)),
            Err(ea) => rm!(self.a.o, movsd, Rx(d), QWORD, ea),
        }
        macro_rules! go {
            ($op:ident) => {
                match b {
                    Ok(b) => short!(self.a.o; $op Rx(d), Rx(b)),
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

    /// The same with a result apart from both operands.
    fn num_ternary(&mut self, op: Op, a: Result<u8, Ea>, b: Result<u8, Ea>, d: u8) {
        let a = a.unwrap_or_else(|ea| {
            let to = if b.is_ok_and(|b| b == d) { XTMP } else { d };
            rm!(self.a.o, movsd, Rx(to), QWORD, ea);
            to
        });
        macro_rules! go {
            ($op:ident) => {
                match b {
                    Ok(b) => dynasm!(self.a.o; .arch x64; $op Rx(d), Rx(a), Rx(b)),
                    Err(ea) => rm3!(self.a.o, $op, Rx(d), Rx(a), QWORD, ea),
                }
            };
        }
        match op {
            Op::ADD => go!(vaddsd),
            Op::SUB => go!(vsubsd),
            Op::MUL => go!(vmulsd),
            Op::DIV => go!(vdivsd),
            Op::MIN => go!(vminsd),
            _ => go!(vmaxsd),
        }
    }

    /// An int operand as register, address or immediate.
    pub(super) fn gmem(&mut self, arg: Arg, uses: &[Place]) -> Int {
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

    pub(super) fn int_move(&mut self, d: u8, x: Int) {
        match x {
            Int::Reg(r) if self.same(Reg::gpr(r), Reg::gpr(d)) => {}
            Int::Reg(r) => short!(self.a.o; mov Rd(d), Rd(r)),
            Int::Mem(ea) => rm!(self.a.o, mov, Rd(d), DWORD, ea),
            Int::Imm(k) => self.a.imm(d, u64::from(k as u32)),
        }
    }

    pub(super) fn int_binary(&mut self, n: &Node, op: Op, uses: &[Place], d: u8) {
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
            short!(self.a.o; test Rd(x), Rd(x));
            self.exit(n, Cc::S);
            self.a.imm(d, 0);
            return;
        }
        if let (Op::MUL | Op::MULOV, Int::Imm(k)) = (op, b) {
            match a {
                Int::Reg(x) => short!(self.a.o; imul Rd(d), Rd(x), DWORD k),
                x => {
                    self.int_move(d, x);
                    short!(self.a.o; imul Rd(d), Rd(d), DWORD k);
                }
            }
            if op == Op::MULOV {
                self.exit(n, Cc::O);
                // A zero is -0 if the other factor is negative.
                if k < 0 {
                    short!(self.a.o; test Rd(d), Rd(d));
                    self.exit(n, Cc::E);
                }
            }
            return;
        }
        if op == Op::MULOV {
            // Both factors stay in reach: a product of zero may be -0.
            let Int::Reg(y) = b else { return };
            self.int_move(TMP, a);
            short!(self.a.o; or eax, Rd(y));
            let sign = self.a.o.new_dynamic_label();
            short!(self.a.o; movd Rx(XTMP), eax);
            self.int_move(d, a);
            short!(self.a.o; imul Rd(d), Rd(y));
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
                    Int::Reg(b) => short!(self.a.o; $op Rd(d), Rd(b)),
                    Int::Mem(ea) => rm!(self.a.o, $op, Rd(d), DWORD, ea),
                    Int::Imm(k) => match i8::try_from(k) {
                        Ok(k) => short!(self.a.o; $op Rd(d), BYTE k),
                        Err(_) => short!(self.a.o; $op Rd(d), DWORD k),
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
                Int::Reg(b) => short!(self.a.o; imul Rd(d), Rd(b)),
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
                short!(self.a.o; cmp Rd(d), Rd(b));
                if op == Op::MIN {
                    short!(self.a.o; cmovg Rd(d), Rd(b));
                } else {
                    short!(self.a.o; cmovl Rd(d), Rd(b));
                }
            }
        }
    }

    pub(super) fn int_mod(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        let k = register_bits(self.t, self.req, ins.b) as u32 as i32;
        let a = self.gmem(n.a, uses);
        if k & (k - 1) == 0 {
            self.int_move(TMP, a);
            short!(self.a.o; and eax, DWORD k - 1);
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

    pub(super) fn unary(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        if ins.ty == Ty::Num {
            match self.xmem(n.a, uses) {
                Ok(r) if r == d => {}
                Ok(r) => short!(self.a.o; movaps Rx(d), Rx(r)),
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
            Op::BNOT => short!(self.a.o; not Rd(d)),
            Op::BSWAP => dynasm!(self.a.o; .arch x64; bswap Rd(d)),
            _ => short!(self.a.o; neg Rd(d)),
        }
    }

    pub(super) fn shift(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        let (a, b) = (self.gmem(n.a, uses), self.gmem(n.b, uses));
        if let Int::Imm(k) = b {
            self.int_move(d, a);
            let k = (k & 31) as i8;
            match ins.op {
                Op::BSHL => short!(self.a.o; shl Rd(d), BYTE k),
                Op::BSHR => short!(self.a.o; shr Rd(d), BYTE k),
                Op::BSAR => short!(self.a.o; sar Rd(d), BYTE k),
                Op::BROL => short!(self.a.o; rol Rd(d), BYTE k),
                _ => short!(self.a.o; ror Rd(d), BYTE k),
            }
            return;
        }
        if let (Int::Reg(c), false) = (b, matches!(ins.op, Op::BROL | Op::BROR) || !self.cpu.bmi2) {
            let x = match a {
                Int::Reg(x) => x,
                a => {
                    self.int_move(TMP, a);
                    TMP
                }
            };
            match ins.op {
                Op::BSHL => short!(self.a.o; shlx Rd(d), Rd(x), Rd(c)),
                Op::BSHR => short!(self.a.o; shrx Rd(d), Rd(x), Rd(c)),
                _ => short!(self.a.o; sarx Rd(d), Rd(x), Rd(c)),
            }
            return;
        }
        // The count goes to `cl`; what was in `rcx` waits in scratch.
        const RCX: u8 = 1;
        self.int_move(TMP, a);
        let save = d != RCX && !matches!(b, Int::Reg(RCX));
        if save {
            short!(self.a.o; movq Rx(XTMP), rcx);
        }
        self.int_move(RCX, b);
        match ins.op {
            Op::BSHL => short!(self.a.o; shl eax, cl),
            Op::BSHR => short!(self.a.o; shr eax, cl),
            Op::BSAR => short!(self.a.o; sar eax, cl),
            Op::BROL => short!(self.a.o; rol eax, cl),
            _ => short!(self.a.o; ror eax, cl),
        }
        if save {
            short!(self.a.o; movq rcx, Rx(XTMP));
        }
        self.a.reg(Reg::gpr(d), Reg::gpr(TMP));
    }

    pub(super) fn conv(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
        match Conv::ALL[ins.b.as_lit() as usize] {
            Conv::NumInt => {
                let a = self.gmem(n.a, uses);
                short!(self.a.o; xorps Rx(d), Rx(d));
                match a {
                    Int::Reg(r) => short!(self.a.o; cvtsi2sd Rx(d), Rd(r)),
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
                    Ok(s) => short!(self.a.o; cvttsd2si Rd(d), Rx(s)),
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
                            short!(self.a.o; movq rax, Rx(XTMP));
                            rm!(self.a.o, cmp, Rq(TMP), QWORD, ea);
                        }
                    }
                    self.exit(n, Cc::Ne);
                } else {
                    match s {
                        Ok(s) => short!(self.a.o; ucomisd Rx(XTMP), Rx(s)),
                        Err(ea) => rm!(self.a.o, ucomisd, Rx(XTMP), QWORD, ea),
                    }
                    self.exit(n, Cc::Ne);
                    if !n.sure {
                        self.exit(n, Cc::P);
                    }
                }
            }
        }
    }
}

/// `idiv` by a constant of the pool.
fn mem1(a: &mut Asm, ea: Ea) {
    if let Ea::Pool(l) = ea {
        dynasm!(a.o; .arch x64; idiv DWORD [=>l]);
    }
}
