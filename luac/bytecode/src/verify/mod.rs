//! Decides whether bytecode may be run: everything the interpreter does not check while it runs.
//!
//! The interpreter has no bounds checks and follows operands blindly, so a dump from anywhere must be proved harmless first. What it
//! does check itself is the *type* of a value: a frame's slots always hold some value, never garbage. The rest is here, one function
//! per operand mode and per group of instructions. Only what LuaJIT's own compiler can emit is let through.
//!
//! Guaranteed of each function:
//!
//! Invariant: `bc[0]` is `FUNCF`, or `FUNCV` for vararg functions, with `A` = frame size; `1 <= frame_size <= 250`;
//! `num_params <= frame_size`; at most 60 upvalues; no other instruction is a head, patched (`I…`, `J…`) or internal to LuaJIT.
//! Invariant: every slot an operand names, alone or as part of a group, is below `frame_size`; so are the function, the link and the
//! fixed arguments of a call (`A`, `A+1`, `A+2 …`) and its fixed results. Only multiple results may go beyond.
//! Invariant: a constant operand names a constant of its kind; number constants are not NaN; template tables have no nil or NaN keys;
//! a primitive is 0–2; `TSETM`'s number is `2^52 + index`. An upvalue operand is below the number of upvalues.
//! Invariant: each upvalue of a child names a slot below the parent's frame size or an upvalue of the parent. (Those of the main
//! function name nothing: a loaded function gets fresh upvalues.) That a variable is immutable is a hint and not verified.
//! Invariant: control flow stays inside `bc[1..]`: jumps land there and the last instruction does not fall off the end. A test or
//! comparison is followed by a `JMP`, and that by another instruction.
//! Invariant: `VARG` occurs in vararg functions only, with `C` = `num_params`.
//! Invariant: multiple results (`CALL`, `CALLM`, `VARG` with `B` = 0) are consumed (`CALLM`, `CALLMT`, `RETM`, `TSETM`) by the next
//! instruction executed, or with one `UCLO` in between, and are consumed from the slot at which they were produced; no other
//! path leads to the consumer.
//! Invariant: `FORI` and `FORL` come in pairs that agree on `A`, as do `ISNEXT` with `ITERN` and `JMP` with `ITERC`; an `ITERN` or
//! `ITERC` is followed by its `ITERL`. `FORL` and `ITERN` are reached through their `FORI` or `ISNEXT` only. (Their *slots* may hold
//! anything by then: the handlers check types.)
//! Invariant: no open upvalue refers to a slot from `A` on at a call (`B` on at a `CAT`), nor to any slot of the frame at a return or
//! tail call. So closures cannot overwrite frame links: see `closures`.
//! Invariant: debug information fits: a line per instruction, a name per upvalue, and never more live variables than slots.

mod closures;
mod groups;
mod multres;
mod operands;
mod quick;

use crate::bad::{BadBytecode, Place};
use crate::ins::Ins;
use crate::op::Op;
use crate::proto::{
    Chunk, DebugInfo, GcConst, MAX_INS, MAX_SLOTS, MAX_UPVALUES, Proto, ProtoFlags, TabConst, UpvalDesc,
};
use crate::undump::MAX_DEPTH;

type Result<T = ()> = std::result::Result<T, BadBytecode>;

/// Checks a chunk: all its functions.
pub fn verify(chunk: &Chunk) -> Result {
    verify_function(&chunk.main)
}

/// Checks a main function and its children.
pub fn verify_function(main: &Proto) -> Result {
    visit(main, 1, &mut 0)
}

/// Checks children first, as they are numbered.
fn visit(proto: &Proto, depth: usize, count: &mut u32) -> Result {
    for k in &proto.kgc {
        if let GcConst::Proto(child) = k {
            if depth == MAX_DEPTH {
                return Err(BadBytecode::new("functions nested too deeply", Place::Function(*count + 1)));
            }
            visit(child, depth + 1, count)?;
            check_captures(proto, child, *count)?;
        }
    }
    *count += 1;
    let function = Function::decode(proto, *count)?;
    function.check_constants()?;
    if !quick::check(&function) {
        operands::check(&function)?;
        groups::check(&function)?;
    }
    multres::check(&function)?;
    closures::check(&function)?;
    match &proto.debug {
        Some(debug) => function.check_debug(debug),
        None => Ok(()),
    }
}

/// Checks how closures of `child`, which has number `number`, find their upvalues in `parent`.
fn check_captures(parent: &Proto, child: &Proto, number: u32) -> Result {
    for uv in &child.upvalues {
        let limit = if uv.is_local() { usize::from(parent.frame_size) } else { parent.upvalues.len() };
        if usize::from(uv.index()) >= limit {
            return Err(BadBytecode::new("upvalue that the enclosing function does not have", Place::Function(number)));
        }
    }
    Ok(())
}

/// A function whose opcodes are known to be valid.
struct Function<'a> {
    proto: &'a Proto,
    ops: Vec<Op>,
    /// The classes of all its opcodes.
    classes: u8,
    number: u32,
}

impl<'a> Function<'a> {
    /// Checks the head and the opcodes.
    fn decode(proto: &'a Proto, number: u32) -> Result<Function<'a>> {
        let bad = |what: &'static str| Err(BadBytecode::new(what, Place::Function(number)));
        if !(2..=MAX_INS).contains(&proto.bc.len()) {
            return bad("function without instructions, or with too many");
        }
        if proto.flags.0 & !ProtoFlags::DUMPED != 0 {
            return bad("unknown function flags");
        }
        if proto.flags.has(ProtoFlags::CHILD) != proto.kgc.iter().any(|k| matches!(k, GcConst::Proto(_))) {
            return bad("wrong flag for child functions");
        }
        if !(1..=MAX_SLOTS).contains(&usize::from(proto.frame_size)) || proto.num_params > proto.frame_size {
            return bad("wrong frame size");
        }
        const BITS: u16 = UpvalDesc::LOCAL | UpvalDesc::IMMUTABLE | 0xff;
        if proto.upvalues.len() > MAX_UPVALUES || proto.upvalues.iter().any(|uv| uv.0 & !BITS != 0) {
            return bad("wrong upvalues");
        }
        let head = if proto.is_vararg() { Op::FUNCV } else { Op::FUNCF };
        if proto.bc[0] != Ins::ad(head, proto.frame_size, 0) {
            return bad("wrong function head");
        }
        let (mut classes, mut valid) = (0, true);
        let mut decode = |ins: &Ins| {
            let op = operands::DUMPED[usize::from(ins.0 as u8)];
            valid &= op.is_some();
            let op = op.unwrap_or(head);
            classes |= quick::class(op);
            op
        };
        let mut ops: Vec<Op> = proto.bc.iter().map(&mut decode).collect();
        ops[0] = head;
        // The head is none of those, so it is looked for behind it.
        let wrong = |ins: &Ins| operands::DUMPED[usize::from(ins.0 as u8)].is_none();
        if !valid && let Some(at) = proto.bc[1..].iter().position(wrong) {
            let what = match proto.bc[at + 1].op() {
                Some(Op::KCDATA) => "cdata constants are not supported",
                _ => "invalid opcode",
            };
            return Err(BadBytecode::new(what, Place::Ins(number, at as u32 + 1)));
        }
        Ok(Function { proto, ops, classes, number })
    }

    fn bad<T>(&self, pc: usize, what: &'static str) -> Result<T> {
        Err(BadBytecode::new(what, Place::Ins(self.number, pc as u32)))
    }

    fn len(&self) -> usize {
        self.ops.len()
    }

    fn ins(&self, pc: usize) -> Ins {
        self.proto.bc[pc]
    }

    /// Returns the target of a jump, which `operands` has checked.
    fn target(&self, pc: usize) -> usize {
        (pc as i64 + 1 + i64::from(self.ins(pc).jump())) as usize
    }

    fn frame_size(&self) -> usize {
        usize::from(self.proto.frame_size)
    }

    /// Calls `f` with each instruction that may be executed after `pc`.
    fn each_successor(&self, pc: usize, mut f: impl FnMut(usize) -> Result) -> Result {
        match flow(self.ops[pc]) {
            Flow::Next => f(pc + 1),
            Flow::Jump => f(self.target(pc)),
            Flow::Branch => f(self.target(pc)).and_then(|()| f(pc + 1)),
            Flow::Test => f(pc + 1).and_then(|()| f(pc + 2)),
            Flow::Leave => Ok(()),
        }
    }

    fn check_constants(&self) -> Result {
        let bad = |what: &'static str| Err(BadBytecode::new(what, Place::Function(self.number)));
        let is_nan = |v: &TabConst| matches!(v, TabConst::Num(n) if n.is_nan());
        if self.proto.knum.iter().any(|n| n.is_nan()) {
            return bad("number constant is a NaN");
        }
        for k in &self.proto.kgc {
            if let GcConst::Tab(t) = k
                && (t.array.iter().any(is_nan)
                    || t.hash.iter().any(|(k, v)| *k == TabConst::Nil || is_nan(k) || is_nan(v)))
            {
                return bad("nil or NaN in a template table");
            }
        }
        Ok(())
    }

    fn check_debug(&self, debug: &DebugInfo) -> Result {
        let bad = |what: &'static str| Err(BadBytecode::new(what, Place::Function(self.number)));
        if debug.lines.len() + 1 != self.len() || debug.upvalue_names.len() != self.proto.upvalues.len() {
            return bad("debug information of another function");
        }
        let mut last = 0;
        for var in &debug.vars {
            if var.start < last || var.end < var.start || var.end as usize > self.len() {
                return bad("wrong variable scope");
            }
            last = var.start;
        }
        // So few cannot be too many at any place.
        if debug.vars.len() <= self.frame_size() {
            return Ok(());
        }
        let mut ends = std::collections::BinaryHeap::new();
        for var in &debug.vars {
            while ends.peek().is_some_and(|&std::cmp::Reverse(end)| end <= var.start) {
                ends.pop();
            }
            if var.end > var.start {
                ends.push(std::cmp::Reverse(var.end));
            }
            if ends.len() > self.frame_size() {
                return bad("more variables than slots");
            }
        }
        Ok(())
    }
}

/// Where control goes after an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// To the next one.
    Next,
    /// To the target.
    Jump,
    /// To the target or the next one.
    Branch,
    /// To the next one, a jump, or beyond it.
    Test,
    /// Out of the function.
    Leave,
}

fn flow(op: Op) -> Flow {
    static FLOW: [Flow; Op::ALL.len()] = {
        let mut flow = [Flow::Next; Op::ALL.len()];
        let mut i = 0;
        while i < flow.len() {
            flow[i] = match Op::ALL[i] {
                _ if i <= Op::ISF as usize => Flow::Test,
                Op::JMP | Op::UCLO | Op::ISNEXT => Flow::Jump,
                Op::FORI | Op::FORL | Op::ITERL => Flow::Branch,
                Op::RETM | Op::RET | Op::RET0 | Op::RET1 | Op::CALLT | Op::CALLMT => Flow::Leave,
                _ => Flow::Next,
            };
            i += 1;
        }
        flow
    };
    FLOW[op as usize]
}
