//! Turns the state of a finished function into a prototype.

use crate::error::{Res, message};
use crate::func::{Func, MAX_D, Parser, flag};
use crate::scope::{MAX_VARS, Scope};
use bytecode::op::JUMP_BIAS;
use bytecode::proto::{DebugInfo, GcConst, ProtoFlags, UpvalDesc, VarInfo, VarName};
use bytecode::{Ins, Op, Proto};

/// Largest number of constants of a kind.
const MAX_CONSTS: usize = MAX_D as usize + 1;

fn returns(op: Option<Op>) -> bool {
    matches!(op, Some(Op::CALLMT | Op::CALLT | Op::RETM | Op::RET | Op::RET0 | Op::RET1))
}

impl Parser<'_> {
    /// Starts a function inside the current one.
    pub(crate) fn open_func(&mut self) {
        let base = self.func.base + self.func.pc as usize;
        let mut func = self.spare.pop().unwrap_or_else(|| Box::new(Func::new()));
        func.reset(base, self.vars.len(), self.scopes.len());
        self.outer.push(std::mem::replace(&mut self.func, func));
        self.open_scope(0);
    }

    /// Finishes the current function, whose last line is given, and returns to the enclosing one.
    pub(crate) fn close_func(&mut self, last_line: u32) -> Res<Proto> {
        let proto = self.finish(last_line)?;
        if let Some(func) = self.outer.pop() {
            self.spare.push(std::mem::replace(&mut self.func, func));
        }
        Ok(proto)
    }

    /// Adds the final return, and lets returns that came before the first closure close upvalues, too.
    fn finish_returns(&mut self) -> Res<()> {
        let end = self.func.pc;
        if end <= self.func.last_target || !returns(self.op(end - 1)) {
            if self.scope().flags & Scope::CAPTURED != 0 {
                self.emit(Ins::aj(Op::UCLO, 0, 0))?;
            }
            self.emit_ad(Op::RET0, 0, 1)?;
        }
        self.scope().flags |= Scope::NO_CLOSE;
        self.close_scope()?;
        if self.func.flags & flag::FIXUP_RETURN == 0 {
            return Ok(());
        }
        for pc in 1..end {
            let ins = self.ins(pc);
            if ins.op() == Some(Op::FNEW) {
                break;
            }
            if returns(ins.op()) {
                let copy = self.emit(ins)?;
                self.set_line(copy, self.lines[self.func.base + pc as usize]);
                let offset = copy - (pc + 1) + JUMP_BIAS as u32;
                if offset > MAX_D {
                    return Err(self.lex.error_near(message::FIXUP));
                }
                *self.ins_mut(pc) = Ins::ad(Op::UCLO, 0, offset as u16);
            }
        }
        Ok(())
    }

    fn finish(&mut self, last_line: u32) -> Res<Proto> {
        self.finish_returns()?;
        if self.func.kgc.len().max(self.func.knum.len()) > MAX_CONSTS {
            return Err(self.lex.error(message::function_limit(self.func.first_line, MAX_CONSTS, "constants")));
        }
        let debug = (!self.strip).then(|| self.debug_info(last_line));
        let func = &mut *self.func;
        let range = func.base..func.base + func.pc as usize;
        let flags = ProtoFlags(func.flags & !(flag::HAS_RETURN | flag::FIXUP_RETURN));
        let mut bc = self.code[range].to_vec();
        let head = if flags.has(ProtoFlags::VARARG) { Op::FUNCV } else { Op::FUNCF };
        bc[0] = Ins::ad(head, func.frame_size, 0);
        let mut kgc: Vec<GcConst> = func.kgc.drain(..).collect();
        for constant in &mut kgc {
            if let GcConst::Proto(child) = constant {
                child.upvalues.iter_mut().for_each(|upvalue| {
                    *upvalue = match usize::from(upvalue.0).checked_sub(MAX_VARS) {
                        Some(index) => UpvalDesc(index as u16),
                        None => {
                            let var = &self.vars[usize::from(upvalue.0)];
                            let constant = if var.is_written() { 0 } else { UpvalDesc::IMMUTABLE };
                            UpvalDesc(u16::from(var.slot) | UpvalDesc::LOCAL | constant)
                        }
                    }
                });
            }
        }
        self.vars.truncate(func.var_base);
        Ok(Proto {
            flags,
            num_params: func.num_params,
            frame_size: func.frame_size,
            bc,
            upvalues: func.upvalue_from[..func.upvalues].iter().map(|from| UpvalDesc(*from)).collect(),
            kgc,
            knum: func.knum.as_slice().to_vec(),
            debug,
        })
    }

    fn debug_info(&mut self, last_line: u32) -> DebugInfo {
        let func = &self.func;
        let strings = &mut self.lex.strings;
        let entries = &self.vars[func.var_base..];
        // Hardly any entry is no variable.
        let mut vars = Vec::with_capacity(entries.len());
        vars.extend(entries.iter().filter(|var| var.is_variable()).map(|var| VarInfo {
            name: match var.name.as_internal() {
                Some(internal) => VarName::Internal(internal),
                None => VarName::Name(strings.share(var.name)),
            },
            start: var.start,
            end: var.end,
        }));
        DebugInfo {
            first_line: func.first_line,
            num_lines: last_line - func.first_line,
            lines: self.lines[func.base + 1..func.base + func.pc as usize].to_vec(),
            upvalue_names: func.upvalue_vars[..func.upvalues]
                .iter()
                .map(|var| strings.share(self.vars[usize::from(*var)].name))
                .collect(),
            vars,
        }
    }
}
