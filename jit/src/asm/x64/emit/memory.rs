//! Which instruction is emitted how; and those on memory: slots, tables, upvalues, fields, addresses.

use super::*;

impl Emit<'_> {
    /// Loads a value of a type from where a Lua value is; guards its type.
    pub(super) fn load(&mut self, n: &Node, ea: Ea, ty: Ty, def: Option<Reg>, guard: bool) {
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
    pub(super) fn op(&mut self, n: &Node, uses: &[Place], def: Option<Reg>) -> Result<(), Abort> {
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
                short!(self.a.o; sub rbp, ins.b.as_lit() * 8);
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
                    Ok(r) => short!(self.a.o; sqrtsd Rx(d), Rx(r)),
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
                    short!(self.a.o; roundsd Rx(d), Rx(r), BYTE mode);
                }
            },
            Op::CONV => self.conv(n, ins, uses, d),
            Op::TOBIT => {
                let bias = self.a.pool(0x4338_0000_0000_0000);
                match self.xmem(n.a, uses) {
                    Ok(r) => short!(self.a.o; movaps Rx(XTMP), Rx(r)),
                    Err(ea) => rm!(self.a.o, movsd, Rx(XTMP), QWORD, ea),
                }
                rm!(self.a.o, addsd, Rx(XTMP), QWORD, bias);
                short!(self.a.o; movd Rd(d), Rx(XTMP));
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
            Op::UFREE => {
                // The list has the highest slot first.
                let first = abi::layout::offset("ThreadObj", "open_upvals") as i32;
                let v = abi::layout::offset("UpvalObj", "v") as i32;
                rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(VM, vmfield::CUR));
                rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(TMP, first));
                let none = self.a.o.new_dynamic_label();
                dynasm!(self.a.o; .arch x64; test rax, rax; jz =>none);
                rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(TMP, v));
                dynasm!(self.a.o; .arch x64; sub rax, rbp; cmp rax, DWORD ins.a.as_lit() * 8);
                self.exit(n, Cc::Ge);
                dynasm!(self.a.o; .arch x64; =>none);
            }
            Op::BMETA => {
                let ea = Ea::Base(VM, vmfield::BASE_META + ins.a.as_lit() * 8);
                match i32::try_from(register_bits(self.t, self.req, ins.b)) {
                    Ok(k) => mi!(self.a.o, cmp, QWORD, ea, DWORD k),
                    Err(_) => {
                        dynasm!(self.a.o; .arch x64; mov rax, QWORD register_bits(self.t, self.req, ins.b) as i64);
                        rm!(self.a.o, cmp, Rq(TMP), QWORD, ea);
                    }
                }
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
                    short!(self.a.o; add Rq(d), BYTE uv("tv") as i8);
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
                self.load(n, ea, ins.ty, def, n.snap.is_some());
            }
            Op::SLOAD => {
                let Arg::Mem(m) = n.a else { return Err(Abort::NyiIr) };
                let ea = self.ea(m, uses);
                if ins.b.as_lit() & sload::CONVERT != 0 {
                    // Equal bits: integral, in range, not -0, and a number at all.
                    rm!(self.a.o, cvttsd2si, Rd(d), QWORD, ea);
                    if ins.is_guard() {
                        self.num_of_int(XTMP, d);
                        short!(self.a.o; movq rax, Rx(XTMP));
                        rm!(self.a.o, cmp, Rq(TMP), QWORD, ea);
                        self.exit(n, Cc::Ne);
                    }
                } else {
                    self.load(n, ea, ins.ty, def, n.snap.is_some());
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
                        short!(self.a.o; sub Rq(d), BYTE PROTO_HEAD as i8);
                    }
                    _ => rm!(self.a.o, mov, Rq(d), QWORD, ea),
                }
            }
            Op::MRES => rm!(self.a.o, mov, Rd(d), DWORD, Ea::Base(VM, vmfield::MULTRES)),
            Op::ASTORE | Op::HSTORE | Op::USTORE | Op::SSTORE | Op::CSTORE => {
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
            Op::TNEW | Op::TDUP => self.new_table(n, ins, d)?,
            Op::NEWREF => self.new_key(n, ins, uses, d)?,
            Op::FNEW => self.new_func(n, ins, uses, d)?,
            _ => return Err(Abort::NyiIr),
        }
        Ok(())
    }

    /// Returns the register of an operand that is an address; constants take scratch.
    pub(super) fn base_reg(&mut self, arg: Arg, uses: &[Place]) -> u8 {
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

    pub(super) fn address(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) {
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
                    const { assert!(NODE == 3 * 8) };
                    dynasm!(self.a.o; .arch x64; mov eax, Rd(i); lea rax, [rax + rax * 2]);
                    lea!(self.a.o, Rq(d), Ea::Index8(a, TMP, 0));
                }
                Int::Imm(k) => lea!(self.a.o, Rq(d), Ea::Base(a, k.wrapping_mul(NODE))),
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

    pub(super) fn field_store(&mut self, n: &Node, ins: Ins, uses: &[Place]) -> Result<(), Abort> {
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
                short!(self.a.o; mov eax, Rd(r));
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
}
