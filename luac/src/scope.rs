//! Variables, scopes, gotos and labels.
//!
//! Variables, pending gotos and visible labels share one stack; a scope knows where its part begins. A goto is patched as
//! soon as its label and its scope are known; a goto that leaves a scope with captured variables closes them on its way.
//!
//! Invariant: a variable's entry lives as long as its function is open, for the debug information and because closures refer
//! to it; entries of gotos and labels that are done have no name.

use crate::error::{Res, message};
use crate::expr::Kind;
use crate::func::{Parser, Pos, Slot, VarIndex};
use crate::intern::Sym;
use bytecode::Op;
use bytecode::proto::{MAX_LOCALS, MAX_UPVALUES};

/// A chunk has fewer variables than this; larger numbers stand for upvalues.
pub(crate) const MAX_VARS: usize = 65536 - MAX_UPVALUES;

/// A variable, goto or label.
#[derive(Clone, Copy)]
pub(crate) struct Var {
    pub(crate) name: Sym,
    /// Where the variable starts to live; the position of the jump or label.
    pub(crate) start: Pos,
    /// Where the variable ends to live.
    pub(crate) end: Pos,
    /// The variable's slot; the number of variables active at the goto or label.
    pub(crate) slot: u8,
    pub(crate) info: u8,
}

impl Var {
    /// The variable is assigned after its initialisation.
    pub(crate) const WRITTEN: u8 = 1;
    const GOTO: u8 = 2;
    const LABEL: u8 = 4;

    /// Says whether the variable is assigned after its initialisation.
    pub(crate) fn is_written(&self) -> bool {
        self.info & Self::WRITTEN != 0
    }

    fn is_goto(&self) -> bool {
        self.info & Self::GOTO != 0
    }

    fn is_label(&self) -> bool {
        self.info & Self::LABEL != 0
    }

    /// Says whether it is a variable.
    pub(crate) fn is_variable(&self) -> bool {
        self.info & (Self::GOTO | Self::LABEL) == 0
    }
}

/// A block.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    /// First entry on the stack of variables.
    first_var: usize,
    /// Number of variables active outside.
    active: u8,
    pub(crate) flags: u8,
}

impl Scope {
    /// Is a loop that `break` can leave.
    pub(crate) const LOOP: u8 = 1;
    /// Has a `break`.
    const BREAK: u8 = 2;
    /// Has a goto or label.
    const GOTO: u8 = 4;
    /// Has a variable that a closure captures.
    pub(crate) const CAPTURED: u8 = 8;
    /// Captured variables are closed elsewhere.
    pub(crate) const NO_CLOSE: u8 = 16;
}

impl Parser<'_> {
    // Variables.

    fn push_var(&mut self, var: Var) -> Res<usize> {
        let at = self.vars.len();
        if at >= MAX_VARS {
            return Err(self.lex.error(message::chunk_limit(MAX_VARS)));
        }
        self.vars.push(var);
        Ok(at)
    }

    /// Declares the `n`th of a list of variables; it is not active yet.
    pub(crate) fn declare(&mut self, n: u32, name: Sym) -> Res<()> {
        let slot = (self.func.active + n) as usize;
        self.check_limit(slot, MAX_LOCALS, "local variables")?;
        let at = self.push_var(Var { name, start: 0, end: 0, slot: 0, info: 0 })?;
        self.func.locals[slot] = at as VarIndex;
        self.func.names[slot] = name;
        self.lex.strings.note_local(name);
        Ok(())
    }

    /// Activates the next `n` declared variables.
    pub(crate) fn activate(&mut self, n: u32) {
        for slot in self.func.active..self.func.active + n {
            let var = &mut self.vars[usize::from(self.func.locals[slot as usize])];
            (var.start, var.slot, var.info) = (self.func.pc, slot as u8, 0);
        }
        self.func.active += n;
    }

    /// Returns the active variable in a slot.
    pub(crate) fn var_in(&mut self, slot: Slot) -> &mut Var {
        &mut self.vars[usize::from(self.func.locals[slot as usize])]
    }

    fn deactivate(&mut self, active: Slot) {
        while self.func.active > active {
            self.func.active -= 1;
            let pc = self.func.pc;
            self.var_in(self.func.active).end = pc;
        }
    }

    /// Finds out what a name refers to: a local, an upvalue (of all functions on the way) or a global.
    pub(crate) fn resolve(&mut self, name: Sym) -> Res<Kind> {
        if !self.lex.strings.names_local(name) {
            return Ok(Kind::Global(name));
        }
        if let Some(slot) = self.func.find_local(name) {
            return Ok(Kind::Local { slot, var: self.func.locals[slot as usize] });
        }
        let found = self.outer.iter().enumerate().rev().find_map(|(depth, f)| Some((depth, f.find_local(name)?)));
        let Some((depth, slot)) = found else { return Ok(Kind::Global(name)) };
        self.mark_captured(depth, slot);
        let var = self.outer[depth].locals[slot as usize];
        let mut from = usize::from(var);
        for inner in depth + 1..=self.outer.len() {
            let func = self.outer.get_mut(inner).unwrap_or(&mut self.func);
            let known = func.upvalue_vars[..func.upvalues].iter().position(|v| *v == var);
            let index = match known {
                Some(index) => index,
                None if func.upvalues < MAX_UPVALUES => {
                    let index = func.upvalues;
                    func.upvalue_vars[index] = var;
                    func.upvalue_from[index] = from as u16;
                    func.upvalues += 1;
                    index
                }
                None => {
                    let what = message::function_limit(func.first_line, MAX_UPVALUES, "upvalues");
                    return Err(self.lex.error(what));
                }
            };
            from = MAX_VARS + index;
        }
        Ok(Kind::Upvalue { index: (from - MAX_VARS) as u8, var })
    }

    /// Marks the scope of an enclosing function's variable.
    fn mark_captured(&mut self, depth: usize, slot: Slot) {
        let first = self.outer[depth].scope_base;
        let end = self.outer.get(depth + 1).unwrap_or(&self.func).scope_base;
        if let Some(scope) = self.scopes[first..end].iter_mut().rev().find(|s| u32::from(s.active) <= slot) {
            scope.flags |= Scope::CAPTURED;
        }
    }

    // Scopes.

    /// Opens a scope.
    pub(crate) fn open_scope(&mut self, flags: u8) {
        self.scopes.push(Scope { first_var: self.vars.len(), active: self.func.active as u8, flags });
    }

    /// Returns the innermost scope.
    pub(crate) fn scope(&mut self) -> &mut Scope {
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// Closes the innermost scope.
    pub(crate) fn close_scope(&mut self) -> Res<()> {
        let scope = *self.scope();
        self.scopes.pop();
        self.deactivate(u32::from(scope.active));
        self.func.free = self.func.active;
        if scope.flags & (Scope::CAPTURED | Scope::NO_CLOSE) == Scope::CAPTURED {
            self.emit(bytecode::Ins::aj(Op::UCLO, scope.active, 0))?;
        }
        if scope.flags & Scope::BREAK != 0 {
            if scope.flags & Scope::LOOP == 0 {
                // The breaks go on to the loop.
                return self.settle_gotos(scope);
            }
            let label = self.push_goto(Sym::BREAK, Var::LABEL, self.func.pc)?;
            self.resolve_gotos(scope.first_var, label, true)?;
        }
        if scope.flags & Scope::GOTO != 0 { self.settle_gotos(scope) } else { Ok(()) }
    }

    // Gotos and labels.

    fn push_goto(&mut self, name: Sym, info: u8, start: Pos) -> Res<usize> {
        self.push_var(Var { name, start, end: 0, slot: self.func.active as u8, info })
    }

    /// Adds a jump to the innermost loop's end.
    pub(crate) fn add_break(&mut self) -> Res<()> {
        self.scope().flags |= Scope::BREAK;
        let jump = self.emit_jump()?;
        self.push_goto(Sym::BREAK, Var::GOTO, jump).map(|_| ())
    }

    /// Adds a jump to a label.
    pub(crate) fn add_goto(&mut self, name: Sym) -> Res<()> {
        if let Some(label) = self.find_label(name) {
            // A jump backwards in the same scope is a loop.
            self.emit_open_jump(Op::LOOP, u32::from(self.vars[label].slot))?;
        }
        self.scope().flags |= Scope::GOTO;
        let jump = self.emit_jump()?;
        self.push_goto(name, Var::GOTO, jump).map(|_| ())
    }

    /// Adds a label at the next instruction and returns its entry.
    pub(crate) fn add_label(&mut self, name: Sym) -> Res<usize> {
        if self.find_label(name).is_some() {
            return Err(self.lex.error(message::duplicate_label(self.lex.strings.bytes(name))));
        }
        self.scope().flags |= Scope::GOTO;
        self.push_goto(name, Var::LABEL, self.func.pc)
    }

    /// Lets the pending gotos of the innermost scope jump to a label. If nothing follows the label, no variable's scope does.
    pub(crate) fn finish_label(&mut self, label: usize, is_last: bool) -> Res<()> {
        let scope = *self.scope();
        if is_last {
            self.vars[label].slot = scope.active;
        }
        self.resolve_gotos(scope.first_var, label, false)
    }

    fn find_label(&mut self, name: Sym) -> Option<usize> {
        let first = self.scope().first_var;
        self.vars[first..].iter().position(|v| v.name == name && v.is_label()).map(|at| first + at)
    }

    /// Patches the gotos before a label; a label that is `temporary` is dropped.
    fn resolve_gotos(&mut self, first: usize, label: usize, temporary: bool) -> Res<()> {
        let target = self.vars[label];
        if temporary {
            self.vars.truncate(label);
        }
        for at in first..label {
            let var = self.vars[at];
            if var.name != target.name || !var.is_goto() {
                continue;
            }
            if var.slot < target.slot {
                self.lex.line = self.lines[self.func.base + var.start as usize];
                let local = self.func.names[usize::from(var.slot)];
                let strings = &self.lex.strings;
                let what = message::goto_scope(strings.bytes(var.name), strings.bytes(local));
                return Err(self.lex.error(what));
            }
            self.patch_goto(at, target)?;
        }
        Ok(())
    }

    fn patch_goto(&mut self, at: usize, label: Var) -> Res<()> {
        let jump = self.vars[at].start;
        self.vars[at].name = Sym::NONE;
        let ins = self.ins_mut(jump);
        *ins = ins.with_a(label.slot);
        self.patch_to(jump, label.start)
    }

    /// Makes a goto close captured variables.
    fn close_at_goto(&mut self, at: usize) -> Res<()> {
        let Var { start: jump, slot, .. } = self.vars[at];
        let ins = self.ins_mut(jump);
        *ins = ins.with_a(slot);
        if ins.op() == Some(Op::JMP) {
            // Jumps that shared the target come here first.
            if let Some(others) = self.jump_after(jump) {
                self.patch_to(others, jump)?;
            }
            let ins = self.ins_mut(jump);
            *ins = ins.with_op(Op::UCLO).with_jump(-1);
        }
        Ok(())
    }

    /// Patches the gotos to labels of a scope that ends and hands the others on to the scope around it.
    fn settle_gotos(&mut self, scope: Scope) -> Res<()> {
        let end = self.vars.len();
        let captured = scope.flags & Scope::CAPTURED != 0;
        let is_outermost = self.scopes.len() == self.func.scope_base;
        for at in scope.first_var..end {
            let var = self.vars[at];
            if var.name == Sym::NONE {
                continue;
            }
            if var.is_label() {
                self.vars[at].name = Sym::NONE;
                for goto in at + 1..end {
                    if self.vars[goto].name == var.name && self.vars[goto].is_goto() {
                        if captured && self.vars[goto].slot > var.slot {
                            self.close_at_goto(goto)?;
                        }
                        self.patch_goto(goto, var)?;
                    }
                }
            } else if var.is_goto() {
                if is_outermost {
                    self.lex.line = self.lines[self.func.base + var.start as usize];
                    return Err(if var.name == Sym::BREAK {
                        self.lex.error(message::BREAK)
                    } else {
                        self.lex.error(message::undefined_label(self.lex.strings.bytes(var.name)))
                    });
                }
                self.scope().flags |= if var.name == Sym::BREAK { Scope::BREAK } else { Scope::GOTO };
                self.vars[at].slot = scope.active;
                if captured {
                    self.close_at_goto(at)?;
                }
            }
        }
        Ok(())
    }
}
