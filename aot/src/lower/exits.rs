//! How compiled code is left: exits, ends, loops.

use super::block::{self, STACK, llvm};
use super::{Branching, Lowerer, Pending, Refusal, Val};
use abi::vmfield;
use ir::tree::Item;
use ir::{Const, Link, Op, Ref};
use std::collections::HashMap;

/// What an exit knows of a slot.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Known {
    /// A value of the trace.
    Val(Val),
    /// A constant.
    Const(Const),
}

/// A loop under way.
pub(crate) struct Head {
    label: String,
    /// Label of the block before it.
    before: String,
    /// Name, left value and right operand of each PHI.
    phis: Vec<(String, Val, Ref)>,
}

impl Lowerer<'_> {
    /// What snapshot `s` says of slots.
    fn known(&mut self, b: &Branching, s: usize) -> Result<HashMap<i32, Known>, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let mut out = HashMap::new();
        for &(slot, r) in &t.snaps[s].entries {
            let known = match t.as_const(r) {
                Some(c) => Known::Const(c.clone()),
                None if t.ty(r).is_pri() => Known::Const(Const::Pri(t.ty(r))),
                None if t.ins[r.index()].is_sunk() => return Err(Refusal("an exit rebuilds an object".into())),
                None => Known::Val(self.val(b, r)?),
            };
            out.insert(slot, known);
        }
        Ok(out)
    }

    /// Returns the label of the block that leaves through snapshot `s`.
    pub fn exit(&mut self, b: &mut Branching, s: usize) -> Result<String, Refusal> {
        if let Some(l) = b.blocks.get(&s) {
            return Ok(l.clone());
        }
        let known = self.known(b, s)?;
        let label = self.f.label();
        b.blocks.insert(s, label.clone());
        if let Some(side) = self.tree.side(b.branch, s as u32) {
            self.pending.push(Pending { branch: side, label: label.clone(), base: b.base.clone(), parent: known });
        } else {
            let here = self.f.current();
            self.f.begin(&label);
            self.leave(b.branch, s, &b.base.clone(), &known)?;
            self.f.reopen(&here);
        }
        Ok(label)
    }

    /// Leaves to the interpreter: stores the slots, notes the exit, ends in the runtime, or in a side trace that was compiled later.
    pub fn leave(&mut self, branch: usize, s: usize, base: &str, known: &HashMap<i32, Known>) -> Result<(), Refusal> {
        self.store_slots(base, known)?;
        let number = self.exits.len();
        self.exits.push((branch as u32, s as u32));
        let table = format!("@{}.k", self.name);
        self.vm_store("ptr", &table, vmfield::LEFT);
        self.vm_store("i64", &number.to_string(), vmfield::LEFT + 8);
        let next = self.constant(Item::Exit(number as u32), "ptr");
        self.jump_to(&next, base);
        Ok(())
    }

    fn jump_to(&mut self, function: &str, base: &str) {
        let r = self.f.let_(format_args!("musttail call i64 {function}(ptr %vm, ptr {base})"));
        self.f.line(format_args!("ret i64 {r}"));
    }

    fn store_slots(&mut self, base: &str, known: &HashMap<i32, Known>) -> Result<(), Refusal> {
        let mut slots: Vec<_> = known.iter().collect();
        slots.sort_by_key(|(slot, _)| **slot);
        for (&slot, known) in slots {
            let at = self.at_offset(base, i64::from(slot) * 8);
            let v = self.materialise(known);
            self.store_boxed(&v, &at, STACK);
        }
        Ok(())
    }

    /// Makes a value of what is known.
    pub fn materialise(&mut self, known: &Known) -> Val {
        match known {
            Known::Val(v) => v.clone(),
            Known::Const(c) => self.konst(c),
        }
    }

    /// Begins the loop at instruction `at`: PHIs get names.
    pub(super) fn loop_head(&mut self, b: &mut Branching, at: usize) -> Result<Head, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let label = self.f.label();
        let before = self.f.current();
        let mut phis = Vec::new();
        for ins in &t.ins[at..] {
            let sunk = ins.is_sunk() || (ins.a.is_ins() && t.ins[ins.a.index()].is_sunk());
            if ins.op == Op::PHI && !sunk {
                phis.push((self.f.name(), self.val(b, ins.a)?, ins.a, ins.b));
            }
        }
        for (name, left, a, _) in &phis {
            if a.is_ins() {
                b.vals[a.index()] = Some(Val { text: name.as_str().into(), ty: left.ty });
            }
        }
        self.f.line(format_args!("br label %{label}"));
        self.f.begin(&label);
        let phis = phis.into_iter().map(|(name, left, _, right)| (name, left, right)).collect();
        b.blocks.clear();
        Ok(Head { label, before, phis })
    }

    /// What comes behind the last instruction.
    pub(super) fn end(&mut self, b: &mut Branching, head: Option<Head>) -> Result<(), Refusal> {
        let branch = &self.tree.branches[b.branch];
        let t = &branch.trace;
        let last = t.snaps.len().checked_sub(1).ok_or_else(|| Refusal("there is no snapshot".into()))?;
        let own = b.branch == 0;
        match (t.link, head) {
            (Link::Loop, Some(head)) => {
                let mut rights = Vec::new();
                for (_, _, right) in &head.phis {
                    rights.push(self.val(b, *right)?);
                }
                let (last, before) = (self.f.current(), &head.before);
                for ((name, left, _), right) in head.phis.iter().zip(rights) {
                    if llvm(left.ty) != llvm(right.ty) {
                        return Err(Refusal("a PHI joins different types".into()));
                    }
                    let (ty, l, r) = (llvm(left.ty), &left.text, &right.text);
                    self.f.phi(&head.label, format_args!("{name} = phi {ty} [ {l}, %{before} ], [ {r}, %{last} ]"));
                }
                self.f.line(format_args!("br label %{}", head.label));
                Ok(())
            }
            (Link::Interp, _) => {
                let exit = self.exit(b, last)?;
                self.f.line(format_args!("br label %{exit}"));
                Ok(())
            }
            (Link::Loop | Link::Again, _) if own => self.again(b, last),
            (Link::Root(_), _) if branch.target == Some(self.tree.key) => self.again(b, last),
            (Link::Root(_), _) => {
                let Some(target) = branch.target else { return Err(Refusal("the link has no target".into())) };
                let known = self.known(b, last)?;
                self.store_slots(&b.base.clone(), &known)?;
                let base = self.moved(b, last);
                self.vm_store("ptr", &base, vmfield::BASE);
                let pc = t.snaps[last].pc.and_then(|r| t.as_const(r)).cloned();
                let pc = self.constant(Item::Const(pc.ok_or_else(|| Refusal("the link has no place".into()))?), "i64");
                self.vm_store("i64", &pc, vmfield::PC);
                let f = self.constant(Item::Root(target), "ptr");
                self.jump_to(&f, &base);
                Ok(())
            }
            (link, _) => Err(Refusal(format!("link {link:?}"))),
        }
    }

    /// Goes to the tree's start.
    fn again(&mut self, b: &mut Branching, last: usize) -> Result<(), Refusal> {
        let known = self.known(b, last)?;
        self.store_slots(&b.base.clone(), &known)?;
        let base = self.moved(b, last);
        self.back.push((self.f.current(), base));
        self.f.line(format_args!("br label %start"));
        Ok(())
    }

    /// Sets the number of results if the snapshot has one; returns its base.
    fn moved(&mut self, b: &Branching, s: usize) -> String {
        let snap = &self.tree.branches[b.branch].trace.snaps[s];
        if let Some(n) = snap.multres {
            self.vm_store("i64", &n.to_string(), vmfield::MULTRES);
        }
        self.at_offset(&b.base, i64::from(snap.base) * 8)
    }

    /// Makes a value of a constant, as a register has it.
    pub fn konst(&mut self, c: &Const) -> Val {
        let ty = c.ty();
        let text: String = match c {
            Const::Pri(ty) => block::pri(*ty),
            Const::Num(bits) => block::double(*bits),
            Const::Int(n) => n.to_string(),
            Const::Builtin(n) => n.to_string(),
            Const::Frame(w) | Const::Cont(w) => (*w as i64).to_string(),
            Const::Null => "null".into(),
            Const::Shape(_) => self.constant_int(Item::Const(c.clone())),
            _ => self.constant(Item::Const(c.clone()), if llvm(ty) == "ptr" { "ptr" } else { "i64" }),
        };
        Val { text: text.into(), ty }
    }

    fn constant_int(&mut self, item: Item) -> String {
        self.constant(item, "i32")
    }
}
