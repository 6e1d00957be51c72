//! Arithmetic, bit operations, conversions, comparisons. Results have the interpreter's bits: nothing is contracted or reassociated.

use super::whole::Whole;
use super::{Branching, Lowerer, Refusal, Val, block};
use abi::support::Helper;
use ir::tree::Item;
use ir::{Const, Conv, Field, FpMath, Ins, Op, Ref, Ty};

impl Lowerer<'_> {
    /// Comparisons: guards.
    pub(super) fn compare(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        if let Some(ok) = self.is_function_of(b, ins)? {
            return self.fails(b, at, &ok);
        }
        let (x, y) = (self.val(b, ins.a)?, self.val(b, ins.b)?);
        let num = x.ty == Ty::Num && y.ty == Ty::Num;
        if num && let Some(ok) = self.compare_whole(b, ins) {
            return self.fails(b, at, &ok);
        }
        let signed = matches!(ins.op, Op::LT | Op::GE | Op::LE | Op::GT);
        let cond = match ins.op {
            Op::LT => "olt",
            Op::GE => "uge",
            Op::LE => "ole",
            Op::GT => "ugt",
            Op::ULT => "ult",
            Op::UGE => "oge",
            Op::ULE => "ule",
            Op::UGT => "ogt",
            Op::EQ => "oeq",
            Op::NE => "une",
            _ => "ult",
        };
        let ok = if num && ins.op != Op::ABC {
            self.f.let_(format_args!("fcmp {cond} double {}, {}", x.text, y.text))
        } else if ins.op == Op::ABC {
            self.f.let_(format_args!("icmp ult i32 {}, {}", y.text, x.text))
        } else {
            let cond = match ins.op {
                Op::EQ => "eq".to_string(),
                Op::NE => "ne".to_string(),
                op => {
                    let bare = op.name().to_ascii_lowercase();
                    let bare = bare.strip_prefix('u').unwrap_or(&bare).to_string();
                    format!("{}{bare}", if signed { "s" } else { "u" })
                }
            };
            let (tx, ty) = (block::llvm(x.ty), block::llvm(y.ty));
            if tx != ty {
                return Err(Refusal(format!("{} is compared with {}", x.ty.name(), y.ty.name())));
            }
            self.f.let_(format_args!("icmp {cond} {tx} {}, {}", x.text, y.text))
        };
        self.fails(b, at, &ok)
    }

    /// Whether a function's prototype is a constant: its first instruction is compared, as the function has it.
    fn is_function_of(&mut self, b: &mut Branching, ins: Ins) -> Result<Option<String>, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let load = ins.a.is_ins().then(|| t.ins[ins.a.index()]);
        let (Some(load), Some(&Const::Proto(key))) = (load, t.as_const(ins.b)) else { return Ok(None) };
        if ins.op != Op::EQ || load.op != Op::FLOAD || load.field() != Some(Field::FuncPc) {
            return Ok(None);
        }
        let proto = self.val(b, ins.a)?;
        let first = self.at_offset(&proto.text, super::memory::PROTO_HEAD);
        let expected = self.constant(Item::Const(Const::Pc(key, 0)), "ptr");
        Ok(Some(self.f.let_(format_args!("icmp eq ptr {first}, {expected}"))))
    }

    /// Arithmetic on numbers and integers.
    pub(super) fn arith(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        if let Some(next) = self.strip_counts(b, at) {
            b.vals[at] = Some(Val::new(next, ins.ty));
            return Ok(());
        }
        let x = self.val(b, ins.a)?;
        let num = ins.ty == Ty::Num;
        let unary = matches!(ins.op, Op::NEG | Op::ABS | Op::BNOT | Op::BSWAP);
        let y = if unary { x.clone() } else { self.val(b, ins.b)? };
        let (p, q) = (x.text.clone(), y.text.clone());
        let text = match ins.op {
            Op::ADD if num => self.f.let_(format_args!("fadd double {p}, {q}")),
            Op::SUB if num => self.f.let_(format_args!("fsub double {p}, {q}")),
            Op::MUL if num => self.f.let_(format_args!("fmul double {p}, {q}")),
            Op::DIV => self.f.let_(format_args!("fdiv double {p}, {q}")),
            Op::MIN | Op::MAX if num => {
                let cond = if ins.op == Op::MIN { "olt" } else { "ogt" };
                let c = self.f.let_(format_args!("fcmp {cond} double {p}, {q}"));
                self.f.let_(format_args!("select i1 {c}, double {p}, double {q}"))
            }
            Op::MIN | Op::MAX => {
                let cond = if ins.op == Op::MIN { "slt" } else { "sgt" };
                let c = self.f.let_(format_args!("icmp {cond} i32 {p}, {q}"));
                self.f.let_(format_args!("select i1 {c}, i32 {p}, i32 {q}"))
            }
            Op::NEG if num => self.f.let_(format_args!("fneg double {p}")),
            Op::ABS => self.f.let_(format_args!("call double @llvm.fabs.f64(double {p})")),
            Op::NEG => self.f.let_(format_args!("sub i32 0, {p}")),
            Op::BNOT => self.f.let_(format_args!("xor i32 {p}, -1")),
            Op::BSWAP => self.f.let_(format_args!("call i32 @llvm.bswap.i32(i32 {p})")),
            Op::ADD => self.f.let_(format_args!("add i32 {p}, {q}")),
            Op::SUB => self.f.let_(format_args!("sub i32 {p}, {q}")),
            Op::MUL => self.f.let_(format_args!("mul i32 {p}, {q}")),
            Op::BAND => self.f.let_(format_args!("and i32 {p}, {q}")),
            Op::BOR => self.f.let_(format_args!("or i32 {p}, {q}")),
            Op::BXOR => self.f.let_(format_args!("xor i32 {p}, {q}")),
            Op::BSHL | Op::BSHR | Op::BSAR => {
                let n = self.f.let_(format_args!("and i32 {q}, 31"));
                let op = match ins.op {
                    Op::BSHL => "shl",
                    Op::BSHR => "lshr",
                    _ => "ashr",
                };
                self.f.let_(format_args!("{op} i32 {p}, {n}"))
            }
            Op::BROL => self.f.let_(format_args!("call i32 @llvm.fshl.i32(i32 {p}, i32 {p}, i32 {q})")),
            Op::BROR => self.f.let_(format_args!("call i32 @llvm.fshr.i32(i32 {p}, i32 {p}, i32 {q})")),
            Op::MOD if num => {
                let d = self.f.let_(format_args!("fdiv double {p}, {q}"));
                let d = self.floor(&d);
                let d = self.f.let_(format_args!("fmul double {d}, {q}"));
                self.f.let_(format_args!("fsub double {p}, {d}"))
            }
            Op::POW => return self.helper_into(b, at, Helper::pow, &[x, y]),
            Op::MOD => {
                // The divisor is a positive constant.
                let r = self.f.let_(format_args!("srem i32 {p}, {q}"));
                let up = self.f.let_(format_args!("add i32 {r}, {q}"));
                let c = self.f.let_(format_args!("icmp slt i32 {r}, 0"));
                self.f.let_(format_args!("select i1 {c}, i32 {up}, i32 {r}"))
            }
            Op::ADDOV | Op::SUBOV | Op::MULOV => {
                let name = match ins.op {
                    Op::ADDOV => "sadd",
                    Op::SUBOV => "ssub",
                    _ => "smul",
                };
                let pair =
                    self.f.let_(format_args!("call {{ i32, i1 }} @llvm.{name}.with.overflow.i32(i32 {p}, i32 {q})"));
                let v = self.f.let_(format_args!("extractvalue {{ i32, i1 }} {pair}, 0"));
                let over = self.f.let_(format_args!("extractvalue {{ i32, i1 }} {pair}, 1"));
                let mut bad = over;
                if ins.op == Op::MULOV {
                    // A product of 0 is -0 if a factor is negative.
                    let z = self.f.let_(format_args!("icmp eq i32 {v}, 0"));
                    let any = self.f.let_(format_args!("or i32 {p}, {q}"));
                    let neg = self.f.let_(format_args!("icmp slt i32 {any}, 0"));
                    let minus = self.f.let_(format_args!("and i1 {z}, {neg}"));
                    bad = self.f.let_(format_args!("or i1 {bad}, {minus}"));
                }
                let ok = self.f.let_(format_args!("xor i1 {bad}, true"));
                if ins.is_guard() {
                    self.fails(b, at, &ok)?;
                }
                v
            }
            op => return Err(Refusal(format!("{} is not arithmetic", op.name()))),
        };
        b.vals[at] = Some(Val::new(text, ins.ty));
        if num {
            self.whole(b, Ref::ins(at));
        }
        Ok(())
    }

    /// Compares numbers that are whole as integers.
    fn compare_whole(&mut self, b: &mut Branching, ins: Ins) -> Option<String> {
        let cond = match ins.op {
            Op::LT | Op::ULT => "slt",
            Op::GE | Op::UGE => "sge",
            Op::LE | Op::ULE => "sle",
            Op::GT | Op::UGT => "sgt",
            Op::EQ => "eq",
            Op::NE => "ne",
            _ => return None,
        };
        let (x, y) = (self.whole(b, ins.a)?, self.whole(b, ins.b)?);
        let (x, y) = (self.long(&x), self.long(&y));
        Some(self.f.let_(format_args!("icmp {cond} i64 {x}, {y}")))
    }

    /// Converts to an integer; any one where the number is out of range, so that converting back gives something else.
    pub(super) fn integer(&mut self, num: &str) -> String {
        let i = self.f.let_(format_args!("fptosi double {num} to i32"));
        self.f.let_(format_args!("freeze i32 {i}"))
    }

    /// Rounds down ([`crate::prelude`]).
    fn floor(&mut self, x: &str) -> String {
        self.rounds = true;
        self.f.let_(format_args!("call double @kiln.floor(double {x})"))
    }

    /// Conversions and rounding.
    pub(super) fn convert(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let x = self.val(b, ins.a)?;
        let p = x.text.clone();
        let text = match ins.op {
            Op::TOBIT => {
                let d = self.f.let_(format_args!("fadd double {p}, 0x4338000000000000"));
                let w = self.f.let_(format_args!("bitcast double {d} to i64"));
                self.f.let_(format_args!("trunc i64 {w} to i32"))
            }
            Op::FPMATH => match ins.fpmath() {
                Some(FpMath::Sqrt) => self.f.let_(format_args!("call double @llvm.sqrt.f64(double {p})")),
                Some(FpMath::Floor) => self.floor(&p),
                Some(FpMath::Ceil) => {
                    let n = self.f.let_(format_args!("fneg double {p}"));
                    let n = self.floor(&n);
                    self.f.let_(format_args!("fneg double {n}"))
                }
                _ => {
                    let m = self.f.let_(format_args!("call double @llvm.fabs.f64(double {p})"));
                    let n = self.floor(&m);
                    self.f.let_(format_args!("call double @llvm.copysign.f64(double {n}, double {p})"))
                }
            },
            _ => match ins.conv().ok_or_else(|| Refusal("unknown conversion".into()))? {
                Conv::NumInt => self.double_of(&p),
                Conv::KeyInt | Conv::IntKey => p.to_string(),
                Conv::IntTrunc => {
                    let i = self.f.let_(format_args!("call i32 @llvm.fptosi.sat.i32.f64(double {p})"));
                    let low =
                        self.f.let_(format_args!("fcmp ogt double {p}, {}", block::double((-2147483649f64).to_bits())));
                    let high =
                        self.f.let_(format_args!("fcmp olt double {p}, {}", block::double(2147483648f64.to_bits())));
                    let fits = self.f.let_(format_args!("and i1 {low}, {high}"));
                    self.f.let_(format_args!("select i1 {fits}, i32 {i}, i32 {}", i32::MIN))
                }
                c => {
                    if let Some(w) = self.whole(b, ins.a).filter(|w| w.size.exact || c == Conv::IntNumIndex) {
                        return self.narrow(b, at, &w);
                    }
                    let i = self.integer(&p);
                    if ins.is_guard() {
                        let back = self.f.let_(format_args!("sitofp i32 {i} to double"));
                        let ok = if c == Conv::IntNum {
                            let u = self.f.let_(format_args!("bitcast double {back} to i64"));
                            let w = self.f.let_(format_args!("bitcast double {p} to i64"));
                            self.f.let_(format_args!("icmp eq i64 {u}, {w}"))
                        } else {
                            self.f.let_(format_args!("fcmp oeq double {back}, {p}"))
                        };
                        self.fails(b, at, &ok)?;
                        self.found_whole(b, ins.a, (&i, false), c == Conv::IntNum);
                    }
                    i
                }
            },
        };
        b.vals[at] = Some(Val::new(text, ins.ty));
        if ins.ty == Ty::Num {
            self.whole(b, Ref::ins(at));
        }
        Ok(())
    }

    /// Makes an integer of a number that is whole; a guard asks whether it has 32 bits.
    fn narrow(&mut self, b: &mut Branching, at: usize, w: &Whole) -> Result<(), Refusal> {
        let ins = self.tree.branches[b.branch].trace.ins[at];
        let long = self.long(w);
        let i = self.f.let_(format_args!("trunc i64 {long} to i32"));
        if ins.is_guard() && !w.fits() {
            let back = self.f.let_(format_args!("sext i32 {i} to i64"));
            let ok = self.f.let_(format_args!("icmp eq i64 {back}, {long}"));
            self.fails(b, at, &ok)?;
            self.found_whole(b, ins.a, (&long, true), w.size.exact);
        }
        b.vals[at] = Some(Val::new(i, Ty::Int));
        Ok(())
    }
}
