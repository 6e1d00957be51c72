//! A trace as a value: instructions in SSA form, constants, snapshots.

use crate::konst::Const;
use crate::op::{Kind, Mode, Op};
use crate::ty::Ty;
use abi::hash::FastMap;

/// A reference to an instruction or a constant; or, in an operand of mode `Lit`, a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref(pub u32);

const CONST_BIT: u32 = 1 << 31;

impl Ref {
    /// No reference.
    pub const NONE: Ref = Ref(u32::MAX);
    /// Instruction 0, the base.
    pub const BASE: Ref = Ref(0);

    /// Refers to instruction `i`.
    pub const fn ins(i: usize) -> Ref {
        Ref(i as u32)
    }
    /// Refers to constant `i`.
    pub const fn konst(i: usize) -> Ref {
        Ref(i as u32 | CONST_BIT)
    }
    /// Makes a literal operand.
    pub const fn lit(n: i32) -> Ref {
        Ref(n as u32)
    }
    /// Reads a literal operand.
    pub const fn as_lit(self) -> i32 {
        self.0 as i32
    }
    /// Says whether it refers to a constant.
    pub const fn is_const(self) -> bool {
        self.0 & CONST_BIT != 0 && self.0 != u32::MAX
    }
    /// Says whether it refers to an instruction.
    pub const fn is_ins(self) -> bool {
        self.0 & CONST_BIT == 0
    }
    /// Returns the index of the instruction or constant.
    pub const fn index(self) -> usize {
        (self.0 & !CONST_BIT) as usize
    }
}

impl std::fmt::Debug for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Ref::NONE => write!(f, "-"),
            r if r.is_const() => write!(f, "k{}", r.index()),
            r => write!(f, "{:04}", r.0),
        }
    }
}

/// Flags of an instruction.
pub mod flag {
    /// Leaves the trace if its condition does not hold.
    pub const GUARD: u8 = 1;
    /// Not executed: an allocation or store that exits make up for.
    pub const SINK: u8 = 2;
    /// Has a PHI (it is one's left or right operand).
    pub const PHI: u8 = 4;
}

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ins {
    /// Operation.
    pub op: Op,
    /// Type of the result; of the operands for comparisons; of the value for stores.
    pub ty: Ty,
    /// Bits of [`flag`].
    pub flags: u8,
    /// First operand.
    pub a: Ref,
    /// Second operand.
    pub b: Ref,
}

impl Ins {
    /// Makes an instruction without flags.
    pub const fn new(op: Op, ty: Ty, a: Ref, b: Ref) -> Ins {
        Ins { op, ty, flags: 0, a, b }
    }
    /// Makes a guard.
    pub const fn guard(op: Op, ty: Ty, a: Ref, b: Ref) -> Ins {
        Ins { op, ty, flags: flag::GUARD, a, b }
    }
    /// Says whether it is a guard.
    pub const fn is_guard(self) -> bool {
        self.flags & flag::GUARD != 0
    }
    /// Says whether it is not executed.
    pub const fn is_sunk(self) -> bool {
        self.flags & flag::SINK != 0
    }
    /// Returns the operands that refer to instructions or constants.
    pub fn refs(self) -> impl Iterator<Item = Ref> {
        let (ma, mb) = self.op.modes();
        [(ma, self.a), (mb, self.b)]
            .into_iter()
            .filter(|(m, r)| matches!(m, Mode::Ref | Mode::Cst | Mode::Opt) && *r != Ref::NONE)
            .map(|(_, r)| r)
    }
    /// Says whether it has effects besides its value (guards count).
    pub fn has_effect(self) -> bool {
        self.is_guard() || matches!(self.op.kind(), Kind::Store | Kind::Cmp | Kind::Mark)
    }
}

/// A slot of the stack, counted from the trace's base; -2 is the function's, -1 the link's.
pub type Slot = i32;

/// State of the interpreter at an exit.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Snap {
    /// Index of the first instruction whose exit this is; it is everybody's up to the next snapshot.
    pub at: u32,
    /// Where the interpreter goes on: a Pc constant.
    pub pc: Option<Ref>,
    /// Slot 0 of the frame that goes on, as a slot of the trace.
    pub base: Slot,
    /// One past the highest slot any entry of the frame may have (frames' extents included).
    pub top: Slot,
    /// Number of multiple results, where the next instruction needs it.
    pub multres: Option<u32>,
    /// Slots that differ from what is in memory, ascending. Frame words are entries like others.
    pub entries: Vec<(Slot, Ref)>,
}

/// Where a trace begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Start {
    /// A loop or function head: a root trace.
    Root,
    /// Exit number `.1` of trace number `.0`: a side trace.
    Side(u32, u32),
}

/// What comes behind the last instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Link {
    /// Not finished.
    Open,
    /// To its own LOOP.
    Loop,
    /// To the entry of root trace number `.0`; the last snapshot is stored, the base moves by the snapshot's.
    Root(u32),
    /// To its own entry, tail-, up- or down-recursion: the last snapshot is stored, the base moves by the snapshot's.
    Again,
    /// To the interpreter, by the last snapshot.
    Interp,
}

/// A trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// Instructions; 0 is BASE.
    pub ins: Vec<Ins>,
    /// Constants, each once.
    pub consts: Vec<Const>,
    /// Snapshots by ascending `at`; their index is the exit's number.
    pub snaps: Vec<Snap>,
    /// Where it begins.
    pub start: Start,
    /// The prototype and instruction where it begins (Pc constant).
    pub pc: Ref,
    /// What comes behind its end.
    pub link: Link,
    /// Highest slot (exclusive) that exits or stores may write: the stack is checked for it at entry.
    pub slots: Slot,
    /// Every exit executes its instruction again, branches included: any guard may be made to fail.
    pub repeats: bool,
    interned: FastMap<Const, u32>,
}

impl Default for Trace {
    fn default() -> Trace {
        Trace::new(Start::Root, Const::Null)
    }
}

impl Trace {
    /// Makes an empty trace that begins at `pc`.
    pub fn new(start: Start, pc: Const) -> Trace {
        let mut t = Trace {
            ins: vec![Ins::new(Op::BASE, Ty::Ptr, Ref::NONE, Ref::NONE)],
            consts: Vec::new(),
            snaps: Vec::new(),
            start,
            pc: Ref::NONE,
            link: Link::Open,
            slots: 0,
            repeats: false,
            interned: FastMap::default(),
        };
        t.pc = t.konst(pc);
        t
    }

    /// Gives back memory that only making it takes. A constant that is asked for later is added again.
    pub fn packed(mut self) -> Trace {
        self.interned = FastMap::default();
        self.ins.shrink_to_fit();
        self.consts.shrink_to_fit();
        self.snaps.shrink_to_fit();
        for s in &mut self.snaps {
            s.entries.shrink_to_fit();
        }
        self
    }

    /// Returns the reference of a constant, added if new.
    pub fn konst(&mut self, c: Const) -> Ref {
        if let Some(&i) = self.interned.get(&c) {
            return Ref::konst(i as usize);
        }
        let i = self.consts.len();
        self.interned.insert(c.clone(), i as u32);
        self.consts.push(c);
        Ref::konst(i)
    }

    /// Interns a number; NaNs become the canonical one.
    pub fn knum(&mut self, n: f64) -> Ref {
        self.konst(Const::Num(if n.is_nan() { 0xfff8_0000_0000_0000 } else { n.to_bits() }))
    }

    /// Interns an integer.
    pub fn kint(&mut self, n: i32) -> Ref {
        self.konst(Const::Int(n))
    }

    /// Interns nil, false or true.
    pub fn kpri(&mut self, ty: Ty) -> Ref {
        self.konst(Const::Pri(ty))
    }

    /// Returns the constant behind a reference.
    pub fn as_const(&self, r: Ref) -> Option<&Const> {
        if r.is_const() { self.consts.get(r.index()) } else { None }
    }

    /// Returns the type behind a reference.
    pub fn ty(&self, r: Ref) -> Ty {
        match self.as_const(r) {
            Some(c) => c.ty(),
            None => self.ins[r.index()].ty,
        }
    }

    /// Appends an instruction as it is.
    pub fn push(&mut self, ins: Ins) -> Ref {
        self.ins.push(ins);
        Ref::ins(self.ins.len() - 1)
    }

    /// Returns the number of the snapshot that a guard at `at` leaves through.
    pub fn snap_at(&self, at: usize) -> Option<usize> {
        self.snaps.partition_point(|s| s.at as usize <= at).checked_sub(1)
    }

    /// Returns the index of LOOP, if there is one.
    pub fn loop_at(&self) -> Option<usize> {
        self.ins.iter().position(|i| i.op == Op::LOOP)
    }

    /// Collects the arguments of a call or CAT (a CARG list, one value, nothing) in order.
    pub fn args(&self, list: Ref) -> Vec<Ref> {
        let mut out: Vec<Ref> = self.args_backwards(list).collect();
        out.reverse();
        out
    }

    /// Returns the same arguments from the last to the first.
    pub fn args_backwards(&self, list: Ref) -> impl Iterator<Item = Ref> + '_ {
        let mut rest = list;
        std::iter::from_fn(move || {
            let last = rest;
            match self.ins.get(last.index()).filter(|i| last.is_ins() && i.op == Op::CARG) {
                Some(carg) => {
                    rest = carg.a;
                    Some(carg.b)
                }
                None => {
                    rest = Ref::NONE;
                    Some(last).filter(|&r| r != Ref::NONE)
                }
            }
        })
    }
}
