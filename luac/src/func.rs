//! The function being compiled: its instructions, constants, free slots and jump lists.
//!
//! A list of jumps that wait for the same target is threaded through the jump operands of the instructions themselves.
//! Slots above the active variables are a stack of temporaries.
//!
//! Invariant: all functions share one stack of instructions; a nested function's follow what its parent has so far.
//! Positions in a function count from its own first instruction, its head.

use crate::consts::{ConstKey, ConstTable};
use crate::error::{Res, message};
use crate::expr::{Expr, Kind};
use crate::intern::Sym;
use crate::lex::{self, Lexer};
use bytecode::op::JUMP_BIAS;
use bytecode::proto::{GcConst, MAX_INS, MAX_LOCALS, MAX_SLOTS, MAX_UPVALUES};
use bytecode::{Ins, Op};

/// Position of an instruction in its function.
pub(crate) type Pos = u32;
/// A slot of the frame.
pub(crate) type Slot = u32;
/// Index into the stack of variables.
pub(crate) type VarIndex = u16;

/// The end of a jump list.
pub(crate) const NO_JUMP: Pos = u32::MAX;
/// Operand `A` of an instruction whose result is not wanted.
pub(crate) const NO_SLOT: u8 = 0xff;
/// Largest operand of 8 bits.
pub(crate) const MAX_BYTE: u32 = 0xff;
/// Largest operand of 16 bits.
pub(crate) const MAX_D: u32 = 0xffff;
/// Nesting of statements and expressions stays below.
const MAX_LEVEL: u32 = 200;

/// Flags of a function beyond those of its prototype.
pub(crate) mod flag {
    /// A return was compiled.
    pub(crate) const HAS_RETURN: u8 = 0x20;
    /// Returns before the first closure need a fixup.
    pub(crate) const FIXUP_RETURN: u8 = 0x40;
}

/// State of one function.
pub(crate) struct Func {
    /// First instruction on the shared stack.
    pub(crate) base: usize,
    /// Next position.
    pub(crate) pc: Pos,
    /// Position of the last jump target; instructions before it must not be merged with later ones.
    pub(crate) last_target: Pos,
    /// Jumps to the next instruction.
    pub(crate) pending: Pos,
    /// First free slot.
    pub(crate) free: Slot,
    /// Number of active variables, which occupy the first slots.
    pub(crate) active: Slot,
    /// Line of the definition, 0 for the main function.
    pub(crate) first_line: u32,
    pub(crate) flags: u8,
    pub(crate) num_params: u8,
    pub(crate) frame_size: u8,
    /// First of the function's variables.
    pub(crate) var_base: usize,
    /// First of the function's scopes.
    pub(crate) scope_base: usize,
    pub(crate) consts: ConstTable,
    pub(crate) knum: Vec<f64>,
    pub(crate) kgc: Vec<GcConst>,
    /// Variable in each slot.
    pub(crate) locals: [VarIndex; MAX_LOCALS],
    /// Name of the variable in each slot.
    pub(crate) names: [Sym; MAX_LOCALS],
    /// Number of upvalues.
    pub(crate) upvalues: usize,
    /// Variable each upvalue refers to.
    pub(crate) upvalue_vars: [VarIndex; MAX_UPVALUES],
    /// Where the enclosing function has it: a variable, or from `MAX_VARS` on its own upvalue.
    pub(crate) upvalue_from: [VarIndex; MAX_UPVALUES],
}

impl Func {
    pub(crate) fn new() -> Func {
        Func {
            base: 0,
            pc: 0,
            last_target: 0,
            pending: NO_JUMP,
            free: 0,
            active: 0,
            first_line: 0,
            flags: 0,
            num_params: 0,
            frame_size: 1,
            var_base: 0,
            scope_base: 0,
            consts: ConstTable::new(),
            knum: Vec::with_capacity(8),
            kgc: Vec::with_capacity(32),
            locals: [0; MAX_LOCALS],
            names: [Sym::NONE; MAX_LOCALS],
            upvalues: 0,
            upvalue_vars: [0; MAX_UPVALUES],
            upvalue_from: [0; MAX_UPVALUES],
        }
    }

    /// Makes the state that of a new function.
    pub(crate) fn reset(&mut self, base: usize, var_base: usize, scope_base: usize) {
        self.base = base;
        self.var_base = var_base;
        self.scope_base = scope_base;
        (self.pc, self.last_target, self.pending) = (0, 0, NO_JUMP);
        (self.free, self.active, self.upvalues) = (0, 0, 0);
        (self.first_line, self.flags, self.num_params, self.frame_size) = (0, 0, 0, 1);
        self.consts.clear();
        self.knum.clear();
        self.kgc.clear();
    }

    /// Returns the slot of the active variable with a name.
    pub(crate) fn find_local(&self, name: Sym) -> Option<Slot> {
        self.names[..self.active as usize].iter().rposition(|n| *n == name).map(|slot| slot as Slot)
    }
}

/// The compiler: lexer, functions and the stacks they share.
#[allow(clippy::vec_box, reason = "states are large and change places with every function")]
pub(crate) struct Parser<'a> {
    pub(crate) lex: Lexer<'a>,
    pub(crate) strip: bool,
    /// The current function.
    pub(crate) func: Box<Func>,
    /// Its enclosing functions, outermost first.
    pub(crate) outer: Vec<Box<Func>>,
    /// Finished functions, to be used again.
    pub(crate) spare: Vec<Box<Func>>,
    /// Instructions of all open functions.
    pub(crate) code: Vec<Ins>,
    /// Their lines.
    pub(crate) lines: Vec<u32>,
    /// Variables, gotos and labels of all open functions.
    pub(crate) vars: Vec<crate::scope::Var>,
    /// Scopes of all open functions.
    pub(crate) scopes: Vec<crate::scope::Scope>,
    /// Left sides of open assignments.
    pub(crate) targets: Vec<Expr>,
    level: u32,
}

/// What a parser leaves to the next one: its buffers, all empty.
#[allow(clippy::vec_box, reason = "as in the parser")]
pub(crate) struct Kept {
    lex: lex::Kept,
    outer: Vec<Box<Func>>,
    spare: Vec<Box<Func>>,
    code: Vec<Ins>,
    lines: Vec<u32>,
    vars: Vec<crate::scope::Var>,
    scopes: Vec<crate::scope::Scope>,
    targets: Vec<Expr>,
}

impl Kept {
    /// Makes the buffers of the first parser.
    pub(crate) fn new() -> Kept {
        Kept {
            lex: lex::Kept::new(),
            outer: Vec::new(),
            spare: Vec::new(),
            code: Vec::with_capacity(512),
            lines: Vec::with_capacity(512),
            vars: Vec::with_capacity(64),
            scopes: Vec::with_capacity(16),
            targets: Vec::with_capacity(8),
        }
    }
}

impl<'a> Parser<'a> {
    /// Makes a parser at the beginning of `source`.
    #[inline]
    pub(crate) fn new(source: &'a [u8], chunk_name: &'a [u8], strip: bool, kept: Kept) -> Parser<'a> {
        let Kept { lex, outer, mut spare, code, lines, vars, scopes, targets } = kept;
        let lex = Lexer::new(source, chunk_name, lex);
        let mut func = spare.pop().unwrap_or_else(|| Box::new(Func::new()));
        func.reset(0, 0, 0);
        Parser { lex, strip, func, outer, spare, code, lines, vars, scopes, targets, level: 0 }
    }

    /// Returns the buffers; an error may have left something in them.
    pub(crate) fn into_kept(self) -> Kept {
        let Parser { lex, func, mut outer, mut spare, mut code, mut lines, mut vars, mut scopes, mut targets, .. } =
            self;
        spare.push(func);
        spare.append(&mut outer);
        spare.iter_mut().for_each(|func| func.kgc.clear());
        code.clear();
        lines.clear();
        vars.clear();
        scopes.clear();
        targets.clear();
        Kept { lex: lex.into_kept(), outer, spare, code, lines, vars, scopes, targets }
    }

    /// Fails unless `value < limit`.
    pub(crate) fn check_limit(&self, value: usize, limit: usize, what: &str) -> Res<()> {
        if value < limit {
            return Ok(());
        }
        Err(self.lex.error(message::function_limit(self.func.first_line, limit, what)))
    }

    /// Enters a level of nesting.
    pub(crate) fn enter_level(&mut self) -> Res<()> {
        self.level += 1;
        if self.level >= MAX_LEVEL { Err(self.lex.error(message::LEVELS)) } else { Ok(()) }
    }

    /// Leaves a level of nesting.
    pub(crate) fn leave_level(&mut self) {
        self.level -= 1;
    }

    /// Fails if a list of so many variables is too long at this level.
    pub(crate) fn check_names(&self, count: usize) -> Res<()> {
        self.check_limit(self.level as usize + count, MAX_LEVEL as usize, "variable names")
    }

    // Instructions.

    /// Returns the instruction at a position.
    #[inline]
    pub(crate) fn ins(&self, pc: Pos) -> Ins {
        self.code[self.func.base + pc as usize]
    }

    /// Returns the instruction at a position, to be changed.
    #[inline]
    pub(crate) fn ins_mut(&mut self, pc: Pos) -> &mut Ins {
        &mut self.code[self.func.base + pc as usize]
    }

    /// Returns the opcode at a position.
    #[inline]
    pub(crate) fn op(&self, pc: Pos) -> Option<Op> {
        self.ins(pc).op()
    }

    /// Sets the line of the instruction at a position.
    pub(crate) fn set_line(&mut self, pc: Pos, line: u32) {
        self.lines[self.func.base + pc as usize] = line;
    }

    /// Appends an instruction.
    #[inline]
    pub(crate) fn emit(&mut self, ins: Ins) -> Res<Pos> {
        let pc = self.func.pc;
        if self.func.pending != NO_JUMP {
            let list = std::mem::replace(&mut self.func.pending, NO_JUMP);
            self.patch_values(list, pc, NO_SLOT, pc)?;
        }
        let at = self.func.base + pc as usize;
        if at < self.code.len() {
            self.code[at] = ins;
            self.lines[at] = self.lex.last_line;
        } else {
            self.check_limit(at, MAX_INS, "bytecode instructions")?;
            self.code.push(ins);
            self.lines.push(self.lex.last_line);
        }
        self.func.pc = pc + 1;
        Ok(pc)
    }

    /// Appends an instruction of the form `A D`.
    #[inline]
    pub(crate) fn emit_ad(&mut self, op: Op, a: Slot, d: u32) -> Res<Pos> {
        self.emit(Ins::ad(op, a as u8, d as u16))
    }

    /// Appends an instruction of the form `A B C`.
    #[inline]
    pub(crate) fn emit_abc(&mut self, op: Op, a: Slot, b: u32, c: u32) -> Res<Pos> {
        self.emit(Ins::abc(op, a as u8, b as u8, c as u8))
    }

    /// Appends an instruction with a jump that is the end of its list.
    pub(crate) fn emit_open_jump(&mut self, op: Op, a: Slot) -> Res<Pos> {
        self.emit(Ins::aj(op, a as u8, -1))
    }

    // Constants.

    /// Returns the index of a number constant.
    pub(crate) fn const_num(&mut self, n: f64) -> u32 {
        let func = &mut *self.func;
        let (index, new) = func.consts.number(ConstKey::num(n), func.knum.len() as u32);
        if new {
            func.knum.push(n);
        }
        index
    }

    /// Returns the index of a string constant.
    pub(crate) fn const_str(&mut self, sym: Sym) -> u32 {
        let func = &mut *self.func;
        let (index, new) = func.consts.number(ConstKey::sym(sym), func.kgc.len() as u32);
        if new {
            func.kgc.push(GcConst::Str(self.lex.strings.share(sym)));
        }
        index
    }

    /// Adds a constant that is equal to no other.
    pub(crate) fn const_unique(&mut self, value: GcConst) -> u32 {
        self.func.kgc.push(value);
        self.func.kgc.len() as u32 - 1
    }

    // Slots.

    /// Makes the frame large enough for so many more temporaries.
    pub(crate) fn bump_frame(&mut self, n: u32) -> Res<()> {
        let size = self.func.free + n;
        if size > u32::from(self.func.frame_size) {
            if size >= MAX_SLOTS as u32 {
                return Err(self.lex.error_near(message::SLOTS));
            }
            self.func.frame_size = size as u8;
        }
        Ok(())
    }

    /// Takes the next free slots.
    #[inline]
    pub(crate) fn reserve(&mut self, n: u32) -> Res<()> {
        self.bump_frame(n)?;
        self.func.free += n;
        Ok(())
    }

    /// Gives a slot back, if it is a temporary.
    #[inline]
    pub(crate) fn free_slot(&mut self, slot: Slot) {
        if slot >= self.func.active {
            self.func.free -= 1;
        }
    }

    /// Gives an expression's slot back, if it has a temporary.
    #[inline]
    pub(crate) fn free_expr(&mut self, e: &Expr) {
        if let Kind::Slot(slot) = e.kind {
            self.free_slot(slot);
        }
    }

    // Jump lists.

    fn next_jump(&self, pc: Pos) -> Pos {
        match self.ins(pc).jump() {
            -1 => NO_JUMP,
            offset => (pc + 1).wrapping_add_signed(offset),
        }
    }

    /// Returns the jump after `pc` in its list.
    pub(crate) fn jump_after(&self, pc: Pos) -> Option<Pos> {
        Some(self.next_jump(pc)).filter(|next| *next != NO_JUMP)
    }

    /// The position of the test that a jump belongs to.
    fn test_of(pc: Pos) -> Pos {
        pc.saturating_sub(1)
    }

    /// Says whether some jump of a list leaves no value behind.
    pub(crate) fn lacks_value(&self, mut list: Pos) -> bool {
        while list != NO_JUMP {
            let ins = self.ins(Self::test_of(list));
            if !matches!(ins.op(), Some(Op::ISTC | Op::ISFC)) && ins.a() != NO_SLOT {
                return true;
            }
            list = self.next_jump(list);
        }
        false
    }

    /// Makes the test before a jump store its value in `slot`; says whether it is able to.
    fn patch_test(&mut self, pc: Pos, slot: u8) -> bool {
        let at = Self::test_of(pc);
        let ins = self.ins(at);
        match ins.op() {
            Some(op @ (Op::ISTC | Op::ISFC)) => {
                *self.ins_mut(at) = if slot != NO_SLOT && u16::from(slot) != ins.d() {
                    ins.with_a(slot)
                } else {
                    ins.with_op(op.offset(2)).with_a(0)
                };
                true
            }
            _ if ins.a() != NO_SLOT => false,
            _ if slot == NO_SLOT => {
                *self.ins_mut(at) = Ins::aj(Op::JMP, self.ins(pc).a(), 0);
                true
            }
            _ => {
                *self.ins_mut(at) = ins.with_a(slot);
                let after = self.ins_mut(at + 1);
                if slot >= after.a() {
                    *after = after.with_a(slot + 1);
                }
                true
            }
        }
    }

    /// Makes the jumps of a list drop their values.
    pub(crate) fn drop_values(&mut self, mut list: Pos) {
        while list != NO_JUMP {
            self.patch_test(list, NO_SLOT);
            list = self.next_jump(list);
        }
    }

    /// Makes the jump at `pc` go to `target`.
    pub(crate) fn patch_jump(&mut self, pc: Pos, target: Pos) -> Res<()> {
        let offset = target.wrapping_sub(pc + 1).wrapping_add(JUMP_BIAS as u32);
        if offset > MAX_D {
            return Err(self.lex.error_near(message::JUMP));
        }
        let ins = self.ins_mut(pc);
        *ins = ins.with_d(offset as u16);
        Ok(())
    }

    /// Appends the second list to the first.
    pub(crate) fn append_jumps(&mut self, first: &mut Pos, second: Pos) -> Res<()> {
        if second == NO_JUMP {
            return Ok(());
        }
        if *first == NO_JUMP {
            *first = second;
            return Ok(());
        }
        let mut last = *first;
        while let Some(next) = self.jump_after(last) {
            last = next;
        }
        self.patch_jump(last, second)
    }

    /// Makes the jumps of a list go to `with_value` if they can leave their value in `slot`, to `without` otherwise.
    pub(crate) fn patch_values(&mut self, mut list: Pos, with_value: Pos, slot: u8, without: Pos) -> Res<()> {
        while list != NO_JUMP {
            let next = self.next_jump(list);
            let target = if self.patch_test(list, slot) { with_value } else { without };
            self.patch_jump(list, target)?;
            list = next;
        }
        Ok(())
    }

    /// Makes the jumps of a list go to the next instruction.
    pub(crate) fn patch_here(&mut self, list: Pos) -> Res<()> {
        self.func.last_target = self.func.pc;
        let mut pending = self.func.pending;
        self.append_jumps(&mut pending, list)?;
        self.func.pending = pending;
        Ok(())
    }

    /// Makes the jumps of a list go to `target`, which is compiled or comes next.
    pub(crate) fn patch_to(&mut self, list: Pos, target: Pos) -> Res<()> {
        if target == self.func.pc { self.patch_here(list) } else { self.patch_values(list, target, NO_SLOT, target) }
    }

    /// Appends a jump and returns the list that it and the pending jumps make.
    pub(crate) fn emit_jump(&mut self) -> Res<Pos> {
        let pending = std::mem::replace(&mut self.func.pending, NO_JUMP);
        let last = self.func.pc - 1;
        let mut jump = if last >= self.func.last_target && self.op(last) == Some(Op::UCLO) {
            let ins = self.ins_mut(last);
            *ins = ins.with_jump(-1);
            self.func.last_target = last + 1;
            last
        } else {
            self.emit_open_jump(Op::JMP, self.func.free)?
        };
        self.append_jumps(&mut jump, pending)?;
        Ok(jump)
    }
}
