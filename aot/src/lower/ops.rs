//! Which instruction is lowered how.

use super::{Branching, Lowerer, Refusal, block};
use ir::tree::Item;
use ir::{Ins, Op};

/// Rounds of a loop that is entered, as a guess.
const ROUNDS: u64 = 16;

impl Lowerer<'_> {
    /// Lowers instruction `at`.
    pub(super) fn op(&mut self, b: &mut Branching, at: usize) -> Result<(), Refusal> {
        let ins: Ins = self.tree.branches[b.branch].trace.ins[at];
        if ins.is_sunk() {
            return Ok(());
        }
        if ins.is_guard() && ins.op != Op::CALLB {
            self.spoilt(b, at)?;
        }
        if self.strip_ends(b, at, ins)? {
            return Ok(());
        }
        match ins.op {
            Op::NOP | Op::BASE | Op::PHI | Op::LOOP | Op::USE | Op::CARG => Ok(()),
            Op::LT | Op::GE | Op::LE | Op::GT | Op::ULT | Op::UGE | Op::ULE | Op::UGT | Op::EQ | Op::NE | Op::ABC => {
                self.compare(b, at, ins)
            }
            Op::GCSTEP => {
                // The call before asked the same.
                if self.tree.branches[b.branch].trace.ins[at - 1].op == Op::CALLB {
                    return Ok(());
                }
                let s = self.snap_at(b, at)?;
                self.attention(b, s)
            }
            Op::RETF => {
                let link = self.val(b, ins.a)?;
                let adr = self.at_offset(&b.base.clone(), -8);
                let w = self.f.let_(format_args!("load i64, ptr {adr}, !tbaa !{}", block::STACK));
                let ok = self.f.let_(format_args!("icmp eq i64 {w}, {}", link.text));
                self.fails(b, at, &ok)?;
                let (old, slots) = (b.base.clone(), ins.b.as_lit());
                b.base = self.at_offset(&old, -i64::from(slots) * 8);
                self.anchor(&b.base, &old, -slots);
                self.returned.insert(b.base.clone(), (old, slots));
                b.blocks.clear();
                Ok(())
            }
            Op::BNOT
            | Op::BSWAP
            | Op::BAND
            | Op::BOR
            | Op::BXOR
            | Op::BSHL
            | Op::BSHR
            | Op::BSAR
            | Op::BROL
            | Op::BROR
            | Op::ADD
            | Op::SUB
            | Op::MUL
            | Op::DIV
            | Op::MOD
            | Op::POW
            | Op::NEG
            | Op::ABS
            | Op::MIN
            | Op::MAX
            | Op::ADDOV
            | Op::SUBOV
            | Op::MULOV => self.arith(b, at, ins),
            Op::FPMATH | Op::CONV | Op::TOBIT => self.convert(b, at, ins),
            Op::AREF | Op::HREFK | Op::HREFI | Op::FREF | Op::STRREF => self.address(b, at, ins),
            Op::UREFO | Op::UREFC | Op::UREFS => self.upvalue(b, at, ins),
            Op::UFREE => self.none_open(b, at, ins),
            Op::BMETA => self.base_metatable(b, at, ins),
            Op::ALOAD | Op::HLOAD | Op::HKLOAD | Op::ULOAD | Op::FLOAD | Op::XLOAD | Op::SLOAD | Op::MRES => {
                self.loads(b, at, ins)
            }
            Op::ASTORE | Op::HSTORE | Op::USTORE | Op::FSTORE | Op::SSTORE | Op::CSTORE | Op::MSTORE => {
                self.stores(b, ins)
            }
            Op::TOSTR
            | Op::STRTO
            | Op::HREF
            | Op::NEWREF
            | Op::SNEW
            | Op::TNEW
            | Op::TDUP
            | Op::FNEW
            | Op::CAT
            | Op::UCLO
            | Op::CALLN
            | Op::CALLA
            | Op::CALLL
            | Op::CALLS => self.call(b, at, ins),
            Op::TBAR | Op::OBAR => self.barrier(b, ins),
            Op::CALLB => self.builtin(b, at, ins),
        }
    }

    pub(super) fn snap_at(&self, b: &Branching, at: usize) -> Result<usize, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        t.snap_at(at).ok_or_else(|| Refusal("a guard without snapshot".into()))
    }

    /// Leaves before instruction `at` if its cell says so, where exits repeat their instructions.
    fn spoilt(&mut self, b: &mut Branching, at: usize) -> Result<(), Refusal> {
        if !self.tree.branches[b.branch].trace.repeats {
            return Ok(());
        }
        let s = self.snap_at(b, at)?;
        let exit = self.exit(b, s)?;
        let number = self.table().cells;
        self.table().cells += 1;
        let cell = self.constant(Item::Cell(number), "ptr");
        let v = self.f.let_(format_args!("load i8, ptr {cell}"));
        let ok = self.f.let_(format_args!("icmp ne i8 {v}, 0"));
        let (on, fail) = (self.f.label(), self.f.label());
        self.f.line(format_args!("br i1 {ok}, label %{on}, label %{fail}, !prof !{}", block::weight(1)));
        self.f.begin(&fail);
        self.f.line(format_args!("store i8 1, ptr {cell}"));
        self.f.line(format_args!("br label %{exit}"));
        self.f.begin(&on);
        Ok(())
    }

    /// Goes on if `ok`; else leaves as instruction `at` does.
    pub(super) fn fails(&mut self, b: &mut Branching, at: usize, ok: &str) -> Result<(), Refusal> {
        let s = self.snap_at(b, at)?;
        match self.asked_again(b, at, s)? {
            Some((label, taken)) => {
                let weight = self.weight(b, taken, 1);
                self.guard(ok, &label, weight);
                Ok(())
            }
            None => self.fails_through(b, s, ok),
        }
    }

    /// Goes on if `ok`; else leaves through snapshot `s`.
    pub(super) fn fails_through(&mut self, b: &mut Branching, s: usize, ok: &str) -> Result<(), Refusal> {
        let label = self.exit(b, s)?;
        let side = self.tree.side(b.branch, s as u32).is_some();
        let taken = self.tree.branches[b.branch].exits[s];
        // Exits that got a side trace were not counted any more.
        let weight = self.weight(b, taken, if side { 256 } else { 1 });
        self.guard(ok, &label, weight);
        Ok(())
    }

    /// Returns how often of 1024 times an exit is taken that programs took `taken` times, but `least`. A loop that was entered goes round: how often
    /// is not in profiles.
    fn weight(&self, b: &Branching, taken: u64, least: u64) -> u64 {
        let rounds = if b.looped { ROUNDS } else { 1 };
        let entries = self.tree.branches[b.branch].entries.max(1);
        let weight = taken.saturating_mul(1024) / entries.max(taken).saturating_mul(rounds).max(1);
        weight.clamp((least / rounds).max(1), 512)
    }
}
