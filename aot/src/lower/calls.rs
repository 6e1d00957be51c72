//! Calls of the runtime: helpers, builtins, barriers.

use super::block::HEADER;
use super::{Branching, Lowerer, Refusal, Val, block};
use abi::support::{Arg, Effect, Helper};
use abi::vmfield;
use ir::tree::Item;
use ir::{Ins, Op, Ref, Ty};

impl Lowerer<'_> {
    /// Calls a helper with the text of its arguments; returns the result.
    pub(super) fn helper(&mut self, h: Helper, args: &[String]) -> String {
        let row = h.row();
        let ret = ty(row.ret);
        let f = self.constant(Item::Helper(h), "ptr");
        let list: Vec<String> =
            row.args.iter().zip(args).map(|(a, v)| format!("{}{} {v}", ty(*a), extended(*a))).collect();
        let list = list.join(", ");
        if row.ret == Arg::void {
            // The header of the table, and the collector's own lists.
            let effect = match h {
                Helper::tab_barrier => " nounwind willreturn memory(argmem: readwrite, inaccessiblemem: readwrite)",
                _ => "",
            };
            self.f.line(format_args!("call void {f}({list}){effect}"));
            return String::new();
        }
        let effect = match row.effect {
            Effect::N => " nounwind willreturn memory(none)",
            Effect::L => " nounwind willreturn memory(read)",
            // What the program sees is as before but for the new object; of the old memory the machine is written, and what no code of ours reads.
            Effect::A if h != Helper::func_new => {
                " nounwind willreturn memory(read, argmem: readwrite, inaccessiblemem: readwrite)"
            }
            Effect::A | Effect::S => "",
        };
        self.f.let_(format_args!("call{} {ret} {f}({list}){effect}", extended(row.ret)))
    }

    /// Calls a helper with values; it becomes the value of instruction `at`.
    pub(super) fn helper_into(&mut self, b: &mut Branching, at: usize, h: Helper, vals: &[Val]) -> Result<(), Refusal> {
        let mut vals = vals.iter();
        let mut args = Vec::new();
        for a in h.row().args {
            if *a == Arg::vm {
                args.push("%vm".into());
                continue;
            }
            let v = vals.next().ok_or_else(|| Refusal("a helper lacks arguments".into()))?;
            args.push(match a {
                Arg::any => self.boxed(v),
                Arg::num if v.ty == Ty::Int => self.f.let_(format_args!("sitofp i32 {} to double", v.text)),
                a if block::llvm(v.ty) != ty(*a) => {
                    return Err(Refusal(format!("{} is no {a:?} for {}", v.ty.name(), h.row().name)));
                }
                _ => v.text.to_string(),
            });
        }
        self.call_with(b, at, h, &args)
    }

    pub(super) fn call_with(
        &mut self,
        b: &mut Branching,
        at: usize,
        h: Helper,
        args: &[String],
    ) -> Result<(), Refusal> {
        let row = h.row();
        let r = self.helper(h, args);
        if row.fails {
            let ok = match row.ret {
                Arg::num => {
                    let w = self.f.let_(format_args!("bitcast double {r} to i64"));
                    self.f.let_(format_args!("icmp ne i64 {w}, -1"))
                }
                Arg::int => self.f.let_(format_args!("icmp ne i32 {r}, {}", i32::MIN)),
                _ => self.f.let_(format_args!("icmp ne ptr {r}, null")),
            };
            self.fails(b, at, &ok)?;
        }
        let ins = self.tree.branches[b.branch].trace.ins[at];
        b.vals[at] = Some(Val::new(r, ins.ty));
        Ok(())
    }

    /// Instructions that are calls.
    pub(super) fn call(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let refs: Vec<Ref> = match ins.op {
            Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS | Op::CAT => t.args(ins.a),
            Op::FNEW => Vec::new(),
            _ => ins.refs().collect(),
        };
        let mut vals = Vec::new();
        for r in refs {
            vals.push(self.val(b, r)?);
        }
        let base = b.base.clone();
        let h = match ins.op {
            Op::TOSTR if vals[0].ty == Ty::Int => Helper::str_of_int,
            Op::TOSTR => Helper::str_of_num,
            Op::STRTO => Helper::str_to_num,
            Op::HREF => match vals[1].ty {
                Ty::Str if vals[0].ty == Ty::Tab => {
                    self.get_str(b, at, &vals[0], &vals[1]);
                    return Ok(());
                }
                Ty::Str => Helper::tab_get_str,
                Ty::Int | Ty::Num if vals[0].ty == Ty::Tab => {
                    self.get_number(b, at, &vals[0], &vals[1]);
                    return Ok(());
                }
                Ty::Int => Helper::tab_get_int,
                _ => Helper::tab_get,
            },
            Op::NEWREF => return self.new_key(b, at, ins),
            Op::SNEW => return self.part_of_string(b, at, &vals),
            Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS => match ins.helper() {
                Some(Helper::str_char) => return self.string_of_byte(b, at, &vals),
                Some(Helper::str_cmp) => return self.compare_strings(b, at, &vals),
                Some(Helper::tab_next) => return self.next_entry(b, at, &vals),
                Some(h) => h,
                None => return Err(Refusal("unknown helper".into())),
            },
            Op::TDUP => return self.copy_table(b, at, ins),
            Op::TNEW => return self.new_table(b, at, ins),
            Op::FNEW => return self.new_func(b, at),
            Op::UCLO => {
                return self.close_upvalues(&base, i64::from(ins.a.as_lit()) * 8);
            }
            Op::CAT if vals.len() == 2 && vals.iter().all(|v| v.ty == Ty::Str) => Helper::cat_two,
            Op::CAT => {
                let n = vals.len();
                let space = self.scratch(n);
                for (i, v) in vals.iter().enumerate() {
                    let at = self.at_offset(&space, i as i64 * 8);
                    self.store_boxed(v, &at, block::VALUE);
                }
                return self.call_with(b, at, Helper::cat, &["%vm".into(), space, n.to_string()]);
            }
            _ => ins.helper().ok_or_else(|| Refusal("unknown helper".into()))?,
        };
        self.helper_into(b, at, h, &vals)
    }

    /// CALLB: the called function may do anything; what follows finds its frame by the machine.
    pub(super) fn builtin(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let adr = self.at_offset(&b.base.clone(), i64::from(ins.a.as_lit()) * 8);
        let r = self.helper(Helper::call_builtin, &["%vm".into(), adr, ins.b.as_lit().to_string()]);
        let (on, off) = (self.f.label(), self.f.label());
        let ok = self.f.let_(format_args!("icmp eq i32 {r}, 0"));
        self.f.line(format_args!("br i1 {ok}, label %{on}, label %{off}, !prof !{}", block::weight(1)));
        self.f.begin(&off);
        let less = self.f.let_(format_args!("sub i32 {r}, 1"));
        let wide = self.f.let_(format_args!("zext i32 {less} to i64"));
        self.f.line(format_args!("ret i64 {wide}"));
        self.f.begin(&on);
        let s = t.snap_at(at + 1).ok_or_else(|| Refusal("CALLB without snapshot".into()))?;
        let back = self.vm_load("ptr", vmfield::BASE);
        let old = std::mem::take(&mut b.base);
        b.base = self.at_offset(&back, -i64::from(t.snaps[s].base) * 8);
        self.anchor(&b.base, &old, 0);
        // Exits know the base of their time.
        b.blocks.clear();
        self.attention(b, s)
    }

    /// Leaves through snapshot `s` if somebody wants the interpreter.
    pub(super) fn attention(&mut self, b: &mut Branching, s: usize) -> Result<(), Refusal> {
        // Signals write it.
        let at = self.at_offset("%vm", vmfield::ATTENTION.into());
        let w = self.f.let_(format_args!("load volatile i16, ptr {at}, align 1, !tbaa !{}", block::VM));
        let ok = self.f.let_(format_args!("icmp eq i16 {w}, 0"));
        let exit = self.exit(b, s)?;
        self.guard(&ok, &exit, 1);
        Ok(())
    }

    /// The collector's barriers: inline unless the object was traversed.
    pub(super) fn barrier(&mut self, b: &mut Branching, ins: Ins) -> Result<(), Refusal> {
        let obj = self.val(b, ins.a)?;
        let marked = abi::layout::offset("Header", "marked") as i64;
        let off = if ins.op == Op::TBAR { marked } else { marked - abi::layout::offset("UpvalObj", "tv") as i64 };
        let at = self.at_offset(&obj.text, off);
        let m = self.f.let_(format_args!("load i8, ptr {at}, !tbaa !{HEADER}"));
        let e = self.vm_load("i8", vmfield::GC_EPOCH);
        let ok = self.f.let_(format_args!("icmp ne i8 {m}, {e}"));
        let (on, slow) = (self.f.label(), self.f.label());
        self.f.line(format_args!("br i1 {ok}, label %{on}, label %{slow}, !prof !{}", block::weight(1)));
        self.f.begin(&slow);
        if ins.op == Op::TBAR {
            self.helper(Helper::tab_barrier, &["%vm".into(), obj.text.to_string()]);
        } else {
            let v = self.val(b, ins.b)?;
            let v = self.boxed(&v);
            self.helper(Helper::upval_barrier, &["%vm".into(), obj.text.to_string(), v]);
        }
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        Ok(())
    }
}

/// How LLVM is told that a whole register holds a number of 32 bits: on LoongArch what is called relies on its upper half. Elsewhere it says nothing.
fn extended(a: Arg) -> &'static str {
    if ty(a) == "i32" { " signext" } else { "" }
}

/// Returns the LLVM type of an argument.
fn ty(a: Arg) -> &'static str {
    match a {
        Arg::num => "double",
        Arg::int => "i32",
        Arg::any => "i64",
        Arg::void => "void",
        _ => "ptr",
    }
}
