//! The handlers, one per row of the opcode table, and the table of them.
//!
//! A handler's name is its opcode's; expanding the opcode table over this module makes a missing handler a compile error.
#![allow(non_snake_case)]

#[macro_use]
pub(crate) mod ret;

pub(crate) mod arith;
pub(crate) mod call;
pub(crate) mod compare;
pub(crate) mod index;
pub(crate) mod load;
pub(crate) mod loops;

use arith::*;
use call::*;
use compare::*;
use index::*;
use load::*;
use loops::{FORI, FORL, IFORL, IITERL, ILOOP, ISNEXT, ITERL, ITERN, JFORI, JFORL, JITERL, JLOOP, JMP, LOOP};
use ret::*;

use crate::fast;
use crate::jit::JITERN;
use heap::vm::Handler;

/// First opcode of the builtins' own heads.
pub(crate) const FAST_BASE: usize = bytecode::op::OP_COUNT;

macro_rules! handler_table {
    ($($(#[$doc:meta])+ $name:ident $a:ident, $b:ident, $c:ident, $mm:ident;)*) => {
        static OPS: &[Handler] = &[$($name),*];
    };
}
bytecode::for_each_op!(handler_table);

/// Handlers by opcode: the bytecode's, then the builtin heads'.
pub(crate) static HANDLERS: [Handler; 256] = {
    let mut table: [Handler; 256] = [trap; 256];
    let mut i = 0;
    while i < OPS.len() {
        table[i] = OPS[i];
        i += 1;
    }
    let mut i = 0;
    while i < fast::HEADS.len() {
        table[FAST_BASE + i] = fast::HEADS[i].1;
        i += 1;
    }
    table[JITERN as usize] = loops::JITERN;
    table
};

handlers! {
    /// Stands for opcodes that verified bytecode does not hold.
    fn trap(_base, _pc, _insn, _vm, _k) {
        std::process::abort()
    }
}
// Forms of LuaJIT's own library code: the verifier refuses them.
use trap as FUNCCW;
use trap as KCDATA;
use trap as ISTYPE;
use trap as ISNUM;
use trap as TGETR;
use trap as TSETR;
