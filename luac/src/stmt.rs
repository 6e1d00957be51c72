//! Statements.

use crate::consts::ConstKey;
use crate::error::{Res, message};
use crate::expr::{Expr, Kind};
use crate::func::{NO_JUMP, Parser, Pos, flag};
use crate::intern::Sym;
use crate::scope::Scope;
use crate::token::Tok;
use bytecode::proto::{InternalVar, ProtoFlags};
use bytecode::{Ins, Op, Proto};

/// A loop over `next` returns at most so many values.
const MAX_NEXT_VALUES: u32 = 2;

impl Parser<'_> {
    /// Parses a chunk up to the end of the source.
    pub(crate) fn main(&mut self) -> Res<Proto> {
        self.lex.skip_header()?;
        self.func.flags |= ProtoFlags::VARARG;
        self.open_scope(0);
        self.emit(Ins::ad(Op::FUNCV, 0, 0))?;
        self.lex.next()?;
        self.chunk()?;
        if self.lex.tok != Tok::EOF {
            return Err(self.lex.error_near(message::expected(&Tok::EOF.text())));
        }
        self.close_func(self.lex.line)
    }

    /// Says whether the current token ends a block.
    fn at_block_end(&self) -> bool {
        matches!(self.lex.tok, Tok::ELSE | Tok::ELSEIF | Tok::END | Tok::UNTIL | Tok::EOF)
    }

    /// Parses statements up to the end of a block.
    pub(crate) fn chunk(&mut self) -> Res<()> {
        self.enter_level()?;
        let mut is_last = false;
        while !is_last && !self.at_block_end() {
            is_last = self.statement()?;
            self.accept(Tok::ch(b';'))?;
            self.func.free = self.func.active;
        }
        self.leave_level();
        Ok(())
    }

    fn block(&mut self) -> Res<()> {
        self.open_scope(0);
        self.chunk()?;
        self.close_scope()
    }

    /// Parses a statement; says whether it must be the last one of its block.
    fn statement(&mut self) -> Res<bool> {
        let line = self.lex.line;
        match self.lex.tok {
            Tok::IF => self.if_statement(line)?,
            Tok::WHILE => self.while_statement(line)?,
            Tok::DO => {
                self.lex.next()?;
                self.block()?;
                self.expect_match(Tok::END, Tok::DO, line)?;
            }
            Tok::FOR => self.for_statement(line)?,
            Tok::REPEAT => self.repeat_statement(line)?,
            Tok::FUNCTION => self.function_statement(line)?,
            Tok::LOCAL => {
                self.lex.next()?;
                if self.accept(Tok::FUNCTION)? { self.local_function()? } else { self.local_statement()? }
            }
            Tok::RETURN => {
                self.return_statement()?;
                return Ok(true);
            }
            Tok::BREAK => {
                self.lex.next()?;
                self.add_break()?;
                return Ok(true);
            }
            Tok::LABEL => self.label_statement()?,
            Tok::GOTO => {
                if self.lex.lookahead()? == Tok::NAME {
                    self.lex.next()?;
                    let name = self.name()?;
                    self.add_goto(name)?;
                } else {
                    self.expression_statement()?;
                }
            }
            _ => self.expression_statement()?,
        }
        Ok(false)
    }

    // Assignments and declarations.

    /// Parses a call or an assignment.
    fn expression_statement(&mut self) -> Res<()> {
        let e = self.primary()?;
        if let Kind::Call { pc, .. } = e.kind {
            let ins = self.ins_mut(pc);
            *ins = ins.with_b(1);
            return Ok(());
        }
        let first = self.targets.len();
        self.targets.push(e);
        self.assignment(first)?;
        self.targets.truncate(first);
        Ok(())
    }

    /// Parses an assignment whose first target is on the stack of targets.
    fn assignment(&mut self, first: usize) -> Res<()> {
        let mut target = self.checked_target(first)?;
        while self.accept(Tok::ch(b','))? {
            let e = self.primary()?;
            if let Kind::Local { slot, .. } = e.kind {
                self.rename_hazards(first, slot)?;
            }
            self.check_names(self.targets.len() - first)?;
            self.targets.push(e);
            target = self.checked_target(first)?;
        }
        let count = (self.targets.len() - first) as u32;
        self.expect(Tok::ch(b'='))?;
        let (values, mut last) = self.expr_list()?;
        if values == count {
            if let Kind::Call { pc, base } = last.kind {
                last.kind = if self.op(pc) == Some(Op::VARG) {
                    self.func.free -= 1;
                    Kind::Open(pc)
                } else {
                    Kind::Slot(base)
                };
            }
            self.emit_store(target, &mut last)?;
            self.targets.pop();
        } else {
            self.adjust(count, values, last)?;
        }
        while self.targets.len() > first {
            if let Some(target) = self.targets.pop() {
                self.emit_store(target.kind, &mut Expr::new(Kind::Slot(self.func.free - 1)))?;
            }
        }
        Ok(())
    }

    /// Returns the newest target, which must be something that can be assigned.
    fn checked_target(&self, first: usize) -> Res<Kind> {
        match self.targets[first..].last().map(|e| e.kind) {
            Some(kind @ (Kind::Local { .. } | Kind::Upvalue { .. } | Kind::Global(_) | Kind::Indexed { .. })) => {
                Ok(kind)
            }
            _ => Err(self.lex.error_near(message::SYNTAX)),
        }
    }

    /// Copies a local that is about to be assigned if an earlier target of the same statement reads it.
    fn rename_hazards(&mut self, first: usize, slot: u32) -> Res<()> {
        let copy = self.func.free;
        let mut hazard = false;
        for target in &mut self.targets[first..] {
            hazard |= target.kind.rename_slot(slot, copy);
        }
        if hazard {
            self.emit_ad(Op::MOV, copy, slot)?;
            self.reserve(1)?;
        }
        Ok(())
    }

    /// Makes `values` expressions, of which the last is open, fill `count` slots.
    fn adjust(&mut self, count: u32, values: u32, mut last: Expr) -> Res<()> {
        if let Kind::Call { pc, .. } = last.kind {
            let extra = (count + 1).saturating_sub(values);
            let ins = self.ins_mut(pc);
            *ins = ins.with_b((extra + 1) as u8);
            if extra > 1 {
                self.reserve(extra - 1)?;
            }
        } else {
            if last.kind != Kind::Void {
                self.put_next(&mut last)?;
            }
            if count > values {
                let from = self.func.free;
                self.reserve(count - values)?;
                self.emit_nil(from, count - values)?;
            }
        }
        self.func.free -= values.saturating_sub(count);
        Ok(())
    }

    fn local_statement(&mut self) -> Res<()> {
        let mut count = 0;
        loop {
            let name = self.name()?;
            self.declare(count, name)?;
            count += 1;
            if !self.accept(Tok::ch(b','))? {
                break;
            }
        }
        let (values, last) = if self.accept(Tok::ch(b'='))? { self.expr_list()? } else { (0, Expr::new(Kind::Void)) };
        self.adjust(count, values, last)?;
        self.activate(count);
        Ok(())
    }

    fn local_function(&mut self) -> Res<()> {
        let name = self.name()?;
        self.declare(0, name)?;
        let slot = self.func.free;
        self.reserve(1)?;
        self.activate(1);
        let mut body = self.body(false, self.lex.line)?;
        self.free_expr(&body);
        self.put_in(&mut body, slot)?;
        // The function can see its own name, but before this point the variable has no value.
        let pc = self.func.pc;
        self.var_in(self.func.active - 1).start = pc;
        Ok(())
    }

    fn function_statement(&mut self, line: u32) -> Res<()> {
        self.lex.next()?;
        let mut target = self.variable()?;
        while self.at(b'.') {
            self.field(&mut target)?;
        }
        let is_method = self.at(b':');
        if is_method {
            self.field(&mut target)?;
        }
        let mut body = self.body(is_method, line)?;
        self.emit_store(target.kind, &mut body)?;
        self.set_line(self.func.pc - 1, line);
        Ok(())
    }

    // Jumps.

    fn return_statement(&mut self) -> Res<()> {
        self.lex.next()?;
        self.func.flags |= flag::HAS_RETURN;
        let ins = if self.at_block_end() || self.at(b';') {
            Ins::ad(Op::RET0, 0, 1)
        } else {
            let (count, mut last) = self.expr_list()?;
            let active = self.func.active;
            match last.kind {
                Kind::Call { pc, .. } if count == 1 && self.op(pc) != Some(Op::VARG) => {
                    // A tail call.
                    let call = self.ins(pc);
                    let op = if call.op() == Some(Op::CALLM) { Op::CALLMT } else { Op::CALLT };
                    self.func.pc -= 1;
                    Ins::ad(op, call.a(), u16::from(call.c()))
                }
                Kind::Call { pc, base } => {
                    let call = self.ins_mut(pc);
                    *call = call.with_b(0);
                    Ins::ad(Op::RETM, active as u8, (base - active) as u16)
                }
                _ if count == 1 => Ins::ad(Op::RET1, self.put_any(&mut last)? as u8, 2),
                _ => {
                    self.put_next(&mut last)?;
                    Ins::ad(Op::RET, active as u8, (count + 1) as u16)
                }
            }
        };
        if self.func.flags & ProtoFlags::CHILD != 0 {
            self.emit(Ins::aj(Op::UCLO, 0, 0))?;
        }
        self.emit(ins)?;
        Ok(())
    }

    fn label_statement(&mut self) -> Res<()> {
        self.func.last_target = self.func.pc;
        self.lex.next()?;
        let name = self.name()?;
        let label = self.add_label(name)?;
        self.expect(Tok::LABEL)?;
        // Labels that follow are part of the statement, so that the last one's position is known here.
        while self.lex.tok == Tok::LABEL {
            self.enter_level()?;
            self.label_statement()?;
            self.leave_level();
        }
        self.finish_label(label, self.at_block_end() && self.lex.tok != Tok::UNTIL)
    }

    // Loops and conditions.

    fn while_statement(&mut self, line: u32) -> Res<()> {
        self.lex.next()?;
        let start = self.func.pc;
        self.func.last_target = start;
        let exit = self.condition()?;
        self.open_scope(Scope::LOOP);
        self.expect(Tok::DO)?;
        let head = self.emit_ad(Op::LOOP, self.func.active, 0)?;
        self.block()?;
        let back = self.emit_jump()?;
        self.patch_to(back, start)?;
        self.expect_match(Tok::END, Tok::WHILE, line)?;
        self.close_scope()?;
        self.patch_here(exit)?;
        self.patch_jump(head, self.func.pc)
    }

    fn repeat_statement(&mut self, line: u32) -> Res<()> {
        let head = self.func.pc;
        self.func.last_target = head;
        self.open_scope(Scope::LOOP);
        self.open_scope(0);
        self.lex.next()?;
        self.emit_ad(Op::LOOP, self.func.active, 0)?;
        self.chunk()?;
        self.expect_match(Tok::UNTIL, Tok::REPEAT, line)?;
        // The condition still sees the block's variables.
        let mut exit = self.condition()?;
        if self.scope().flags & Scope::CAPTURED == 0 {
            self.close_scope()?;
        } else {
            // Both ways out of the block close its variables.
            self.add_break()?;
            self.patch_here(exit)?;
            self.close_scope()?;
            exit = self.emit_jump()?;
        }
        self.patch_to(exit, head)?;
        self.patch_jump(head, self.func.pc)?;
        self.close_scope()
    }

    fn for_statement(&mut self, line: u32) -> Res<()> {
        self.open_scope(Scope::LOOP);
        self.lex.next()?;
        let name = self.name()?;
        match self.lex.tok {
            Tok::IN => self.for_in(name)?,
            _ if self.at(b'=') => self.for_numeric(name, line)?,
            _ if self.at(b',') => self.for_in(name)?,
            _ => return Err(self.lex.error_near(message::FOR)),
        }
        self.expect_match(Tok::END, Tok::FOR, line)?;
        self.close_scope()
    }

    fn for_numeric(&mut self, name: Sym, line: u32) -> Res<()> {
        let base = self.func.free;
        self.declare(0, Sym::internal(InternalVar::ForIdx))?;
        self.declare(1, Sym::internal(InternalVar::ForStop))?;
        self.declare(2, Sym::internal(InternalVar::ForStep))?;
        self.declare(3, name)?;
        self.expect(Tok::ch(b'='))?;
        self.expr_next()?;
        self.expect(Tok::ch(b','))?;
        self.expr_next()?;
        if self.accept(Tok::ch(b','))? {
            self.expr_next()?;
        } else {
            self.emit_ad(Op::KSHORT, self.func.free, 1)?;
            self.reserve(1)?;
        }
        self.activate(3);
        self.expect(Tok::DO)?;
        let head = self.emit_open_jump(Op::FORI, base)?;
        self.open_scope(0);
        self.activate(1);
        self.reserve(1)?;
        self.block()?;
        self.close_scope()?;
        let end = self.emit_open_jump(Op::FORL, base)?;
        self.set_line(end, line);
        self.patch_jump(end, head + 1)?;
        self.patch_jump(head, self.func.pc)
    }

    fn for_in(&mut self, name: Sym) -> Res<()> {
        let base = self.func.free + 3;
        let first = self.func.pc;
        self.declare(0, Sym::internal(InternalVar::ForGen))?;
        self.declare(1, Sym::internal(InternalVar::ForState))?;
        self.declare(2, Sym::internal(InternalVar::ForCtl))?;
        self.declare(3, name)?;
        let mut values = 1;
        while self.accept(Tok::ch(b','))? {
            let name = self.name()?;
            self.declare(3 + values, name)?;
            values += 1;
        }
        self.expect(Tok::IN)?;
        let line = self.lex.line;
        let (count, last) = self.expr_list()?;
        self.adjust(3, count, last)?;
        // The iterator is called with copies of generator, state and control, and a frame link.
        self.bump_frame(4)?;
        let is_next = values <= MAX_NEXT_VALUES && self.predict_next(first);
        self.activate(3);
        self.expect(Tok::DO)?;
        let head = self.emit_open_jump(if is_next { Op::ISNEXT } else { Op::JMP }, base)?;
        self.open_scope(0);
        self.activate(values);
        self.reserve(values)?;
        self.block()?;
        self.close_scope()?;
        self.patch_jump(head, self.func.pc)?;
        let call = self.emit_abc(if is_next { Op::ITERN } else { Op::ITERC }, base, values + 1, 3)?;
        let end = self.emit_open_jump(Op::ITERL, base)?;
        self.set_line(call, line);
        self.set_line(end, line);
        self.patch_jump(end, head + 1)
    }

    /// Guesses from the name that the expression which starts at `first` yields an iteration over `next`.
    fn predict_next(&self, first: Pos) -> bool {
        // The expression may have become part of the instruction before it.
        let Some(ins) = self.code.get(self.func.base + first as usize) else { return false };
        let d = ins.d();
        let name = match ins.op() {
            Some(Op::MOV) if u32::from(d) < self.func.active => self.func.names[usize::from(d)],
            Some(Op::UGET) if usize::from(d) < self.func.upvalues => {
                self.vars[usize::from(self.func.upvalue_vars[usize::from(d)])].name
            }
            Some(Op::GGET) => {
                return [Sym::PAIRS, Sym::NEXT]
                    .iter()
                    .any(|name| self.func.consts.get(ConstKey::sym(*name)) == Some(u32::from(d)));
            }
            _ => return false,
        };
        name == Sym::PAIRS || name == Sym::NEXT
    }

    /// Parses a condition and its block; returns the jumps taken when the condition is false.
    fn then_block(&mut self) -> Res<Pos> {
        self.lex.next()?;
        let exit = self.condition()?;
        self.expect(Tok::THEN)?;
        self.block()?;
        Ok(exit)
    }

    fn if_statement(&mut self, line: u32) -> Res<()> {
        let mut ends = NO_JUMP;
        let mut exit = self.then_block()?;
        while self.lex.tok == Tok::ELSEIF {
            let jump = self.emit_jump()?;
            self.append_jumps(&mut ends, jump)?;
            self.patch_here(exit)?;
            exit = self.then_block()?;
        }
        if self.lex.tok == Tok::ELSE {
            let jump = self.emit_jump()?;
            self.append_jumps(&mut ends, jump)?;
            self.patch_here(exit)?;
            self.lex.next()?;
            self.block()?;
        } else {
            self.append_jumps(&mut ends, exit)?;
        }
        self.patch_here(ends)?;
        self.expect_match(Tok::END, Tok::IF, line)
    }
}
