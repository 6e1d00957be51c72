//! Writes functions that no compiler would write.
//!
//! Instructions are drawn at random, operands by mode, loops and multiple results as groups; whatever the verifier objects to is drawn
//! again. So all it accepts comes up: slots that hold frame links and leftovers, loops whose control variables are overwritten, tables
//! that are none. The result is a dump; the same for the same seed.

use crate::bytecode_fuzz::Random;
use bytecode::proto::{ProtoFlags, TabConst, TabTemplate, UpvalDesc};
use bytecode::{BadBytecode, Chunk, DumpOptions, GcConst, Ins, Mode, Op, Place, Proto, dump, verify_function};

/// Names that lead somewhere: base functions and metamethods, nothing that reaches outside the machine.
const NAMES: &[&str] = &[
    "next",
    "pairs",
    "ipairs",
    "pcall",
    "xpcall",
    "setmetatable",
    "getmetatable",
    "tostring",
    "select",
    "unpack",
    "type",
    "error",
    "rawset",
    "rawget",
    "rawequal",
    "assert",
    "collectgarbage",
    "newproxy",
    "loadstring",
    "x",
    "y",
    "n",
    "_G",
    "__index",
    "__newindex",
    "__call",
    "__concat",
    "__add",
    "__unm",
    "__len",
    "__lt",
    "__le",
    "__eq",
    "__gc",
    "__mode",
    "coroutine",
    "wrap",
    "yield",
    "create",
    "resume",
    "string",
    "gsub",
    "format",
    "table",
    "sort",
    "concat",
    "insert",
    "debug",
    "getlocal",
    "setlocal",
    "getinfo",
    "traceback",
    "sethook",
    "upvaluejoin",
    "setupvalue",
    "getupvalue",
    "l",
    "v",
];
/// Deepest nesting of functions and of loops.
const DEPTH: usize = 3;
/// How often an instruction is drawn again before the function is given up.
const REPAIRS: usize = 2000;

/// Returns a dump that the verifier accepts, but for rare seeds.
pub fn generate(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let main = loop {
        if let Some(proto) = function(&mut random, 0, 12, 2) {
            break proto;
        }
    };
    dump(&Chunk { name: b"@generated.lua".to_vec(), main }, &DumpOptions { strip: true })
}

struct Writer<'r> {
    random: &'r mut Random,
    proto: Proto,
}

/// Writes a function inside one of `parent_size` slots and `parent_upvalues` upvalues. `None` if it resists all repairs.
fn function(random: &mut Random, depth: usize, parent_size: u8, parent_upvalues: usize) -> Option<Proto> {
    let frame_size = 2 + random.below(14) as u8;
    let vararg = random.below(2) == 0;
    let upvalue = |random: &mut Random| {
        let local = parent_upvalues == 0 || random.below(3) > 0;
        let index = if local { random.below(parent_size.into()) } else { random.below(parent_upvalues) } as u16;
        UpvalDesc(index | if local { UpvalDesc::LOCAL } else { 0 })
    };
    let upvalues: Vec<UpvalDesc> = (0..random.below(4)).map(|_| upvalue(random)).collect();
    let mut kgc: Vec<GcConst> =
        (0..3 + random.below(8)).map(|_| GcConst::Str(NAMES[random.below(NAMES.len())].as_bytes().into())).collect();
    let item = |random: &mut Random| match random.below(4) {
        0 => TabConst::True,
        1 => TabConst::Num(random.below(5) as f64),
        2 => TabConst::Str(NAMES[random.below(NAMES.len())].as_bytes().into()),
        _ => TabConst::Nil,
    };
    let array = (0..random.below(6)).map(|_| item(random)).collect();
    let hash = vec![(TabConst::Str(b"x"[..].into()), item(random)), (TabConst::Num(-1.0), item(random))];
    kgc.push(GcConst::Tab(TabTemplate { array, hash }));
    let mut flags = if vararg { ProtoFlags::VARARG } else { 0 };
    for _ in 0..if depth < DEPTH { random.below(4) } else { 0 } {
        kgc.push(GcConst::Proto(Box::new(function(random, depth + 1, frame_size, upvalues.len())?)));
        flags |= ProtoFlags::CHILD;
    }
    let biased = |n: u32| f64::from_bits(0x4330_0000_0000_0000 | u64::from(n));
    let knum = vec![1.0, -1.0, 0.5, 3.0, 1e300, f64::INFINITY, biased(1), biased(random.below(40) as u32)];
    let head = Ins::ad(if vararg { Op::FUNCV } else { Op::FUNCF }, frame_size, 0);
    let num_params = random.below(usize::from(frame_size) + 1).min(4) as u8;
    let proto =
        Proto { flags: ProtoFlags(flags), num_params, frame_size, bc: vec![head], upvalues, kgc, knum, debug: None };
    let mut writer = Writer { random, proto };
    writer.block(12, 0);
    writer.put(Ins::ad(Op::UCLO, 0, 0x8000));
    writer.put(Ins::ad(Op::RET0, 0, 1));
    writer.repair()
}

impl Writer<'_> {
    fn put(&mut self, ins: Ins) {
        self.proto.bc.push(ins);
    }

    fn slot(&mut self) -> u8 {
        self.random.below(self.proto.frame_size.into()) as u8
    }

    /// Returns a slot with `room` slots from it on, if the frame is that large.
    fn slot_with(&mut self, room: u8) -> u8 {
        self.random.below(usize::from(self.proto.frame_size.saturating_sub(room)) + 1) as u8
    }

    fn constant(&mut self, wanted: fn(&GcConst) -> bool) -> u16 {
        let fitting: Vec<usize> = (0..self.proto.kgc.len()).filter(|&i| wanted(&self.proto.kgc[i])).collect();
        fitting.get(self.random.below(fitting.len())).map_or(0, |&i| i as u16)
    }

    fn operand(&mut self, mode: Mode) -> u16 {
        match mode {
            Mode::None => 0,
            Mode::Dst | Mode::Base | Mode::Var | Mode::Rbase => self.slot().into(),
            Mode::Uv => self.random.below(self.proto.upvalues.len()) as u16,
            Mode::Pri => self.random.below(3) as u16,
            Mode::Lit | Mode::Lits => self.random.below(6) as u16,
            Mode::Num => self.random.below(self.proto.knum.len()) as u16,
            Mode::Str => self.constant(|k| matches!(k, GcConst::Str(_))),
            Mode::Tab => self.constant(|k| matches!(k, GcConst::Tab(_))),
            Mode::Func => self.constant(|k| matches!(k, GcConst::Proto(_))),
            Mode::Jump => (0x8000 + self.random.below(24) as i32 - 8) as u16,
            Mode::Cdata => 0,
        }
    }

    /// Draws an instruction with operands of the right modes.
    fn any(&mut self) -> Ins {
        let op = Op::ALL[self.random.below(Op::ALL.len())];
        let modes = op.modes();
        let a = self.operand(modes.a) as u8;
        if op.has_d() {
            return Ins::ad(op, a, self.operand(modes.c));
        }
        let b = self.operand(modes.b) as u8;
        let c = self.operand(modes.c) as u8;
        match op {
            Op::CAT => Ins::abc(op, a, b.min(c), b.max(c)),
            Op::VARG => Ins::abc(op, a, b, self.proto.num_params),
            _ => Ins::abc(op, a, b, c),
        }
    }

    /// Writes about `len` instructions or groups.
    fn block(&mut self, len: usize, depth: usize) {
        for _ in 0..self.random.below(len) + 2 {
            match self.random.below(10) {
                0 if depth < DEPTH => self.numeric_loop(depth),
                1 if depth < DEPTH => self.generic_loop(depth),
                2 => self.multiple_results(),
                3 => self.named_call(),
                4 => {
                    let test = Op::ALL[self.random.below(Op::ISF as usize + 1)];
                    let (a, d) = (self.operand(test.modes().a) as u8, self.operand(test.modes().c));
                    self.put(Ins::ad(test, a, d));
                    let jump = self.operand(Mode::Jump);
                    self.put(Ins::ad(Op::JMP, 0, jump));
                }
                _ => {
                    let ins = self.any();
                    self.put(ins);
                }
            }
        }
    }

    fn numeric_loop(&mut self, depth: usize) {
        let a = self.slot_with(4);
        for i in 0..3 {
            if self.random.below(8) > 0 {
                let n = self.random.below(4) as u16;
                self.put(Ins::ad(Op::KSHORT, a.saturating_add(i), n));
            }
        }
        let start = self.proto.bc.len();
        self.put(Ins::aj(Op::FORI, a, 0));
        self.block(4, depth + 1);
        let end = self.proto.bc.len();
        self.put(Ins::aj(Op::FORL, a, start as i32 - end as i32));
        self.proto.bc[start] = Ins::aj(Op::FORI, a, (end - start) as i32);
    }

    fn generic_loop(&mut self, depth: usize) {
        let a = 3 + self.slot_with(7);
        if self.random.below(4) > 0 {
            // next, {…}, nil
            if let Some(i) = self.proto.kgc.iter().position(|k| *k == GcConst::Str(b"next"[..].into())) {
                self.put(Ins::ad(Op::GGET, a - 3, i as u16));
            }
            let d = self.operand(Mode::Tab);
            self.put(Ins::ad(Op::TDUP, a - 2, d));
            self.put(Ins::ad(Op::KPRI, a - 1, 0));
        }
        let next = self.random.below(2) == 0;
        let start = self.proto.bc.len();
        let entry = if next { Op::ISNEXT } else { Op::JMP };
        self.put(Ins::aj(entry, a, 0));
        self.block(4, depth + 1);
        let iter = self.proto.bc.len();
        let results = 2 + self.random.below(2) as u8;
        self.put(Ins::abc(if next { Op::ITERN } else { Op::ITERC }, a, results, 3));
        self.put(Ins::aj(Op::ITERL, a, start as i32 - iter as i32 - 1));
        self.proto.bc[start] = Ins::aj(entry, a, (iter - start) as i32 - 1);
    }

    fn multiple_results(&mut self) {
        let from = 2 + self.slot_with(4);
        let producer = match self.random.below(2) {
            0 => Ins::abc(Op::VARG, from, 0, self.proto.num_params),
            _ => Ins::abc(Op::CALL, from, 0, 1),
        };
        self.put(producer);
        if self.random.below(4) == 0 {
            let a = self.slot();
            self.put(Ins::ad(Op::UCLO, a, 0x8000));
        }
        let consumer = match self.random.below(4) {
            0 => Ins::abc(Op::CALLM, from - 2, self.random.below(3) as u8, 0),
            1 => Ins::ad(Op::CALLMT, from - 2, 0),
            2 => Ins::ad(Op::RETM, from, 0),
            _ => Ins::ad(Op::TSETM, from, 6 + self.random.below(2) as u16),
        };
        self.put(consumer);
    }

    /// Calls a global function or a child with whatever lies in the slots.
    fn named_call(&mut self) {
        let a = self.slot_with(4);
        let callee = match self.random.below(2) {
            0 => Ins::ad(Op::GGET, a, self.operand(Mode::Str)),
            _ => Ins::ad(Op::FNEW, a, self.operand(Mode::Func)),
        };
        self.put(callee);
        let (b, c) = (self.random.below(4) as u8, 1 + self.random.below(4) as u8);
        self.put(Ins::abc(Op::CALL, a, b.max(1), c));
    }

    /// Draws again whatever the verifier refuses; a jump at the end of its patience.
    fn repair(mut self) -> Option<Proto> {
        for _ in 0..REPAIRS {
            match verify_function(&self.proto) {
                Ok(()) => return Some(self.proto),
                Err(BadBytecode::Malformed { place: Place::Ins(_, pc), .. }) => {
                    let pc = pc as usize;
                    self.proto.bc[pc] = match self.random.below(8) {
                        0 => Ins::aj(Op::JMP, 0, 0),
                        1 => Ins::ad(Op::UCLO, 0, 0x8000),
                        2 => Ins::ad(Op::KPRI, 0, 0),
                        _ => self.any(),
                    };
                }
                Err(_) => return None,
            }
        }
        None
    }
}
