//! THE opcode table: every instruction of LuaJIT 2.1's bytecode, one row each.
//!
//! A row is the law of the instruction, its name, the modes of its operands `A`, `B`, `C`/`D`, and the metamethod it may
//! invoke. Where `B` is `None` the instruction has the form `A D` (16-bit `D`), otherwise `A B C`.
//!
//! Consumers expand the table with [`for_each_op!`] and never list opcodes: names, the verifier, the listing and the
//! interpreter's dispatch table all come from here, so a row without a handler does not compile.
//!
//! Invariant: the order of rows is the encoding, and is LuaJIT's; the relations the emitter and interpreter rely on are
//! asserted below the table.

/// Calls the macro `$m` with every row of the opcode table.
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => {
        $m! {
            /// Skips the next jump unless `A < D`.
            ISLT    Var,   None, Var,   Lt;
            /// Skips the next jump unless `not (A < D)`.
            ISGE    Var,   None, Var,   Lt;
            /// Skips the next jump unless `A <= D`.
            ISLE    Var,   None, Var,   Le;
            /// Skips the next jump unless `not (A <= D)`.
            ISGT    Var,   None, Var,   Le;
            /// Skips the next jump unless `A == D`.
            ISEQV   Var,   None, Var,   Eq;
            /// Skips the next jump unless `A ~= D`.
            ISNEV   Var,   None, Var,   Eq;
            /// Skips the next jump unless `A == string D`.
            ISEQS   Var,   None, Str,   Eq;
            /// Skips the next jump unless `A ~= string D`.
            ISNES   Var,   None, Str,   Eq;
            /// Skips the next jump unless `A == number D`.
            ISEQN   Var,   None, Num,   Eq;
            /// Skips the next jump unless `A ~= number D`.
            ISNEN   Var,   None, Num,   Eq;
            /// Skips the next jump unless `A == primitive D`.
            ISEQP   Var,   None, Pri,   Eq;
            /// Skips the next jump unless `A ~= primitive D`.
            ISNEP   Var,   None, Pri,   Eq;
            /// `A = D` and takes the next jump, if `D` is true.
            ISTC    Dst,   None, Var,   NoMeta;
            /// `A = D` and takes the next jump, if `D` is false.
            ISFC    Dst,   None, Var,   NoMeta;
            /// Skips the next jump unless `D` is true.
            IST     None,  None, Var,   NoMeta;
            /// Skips the next jump unless `D` is false.
            ISF     None,  None, Var,   NoMeta;
            /// Raises an error unless the type of `A` is `D`; internal to LuaJIT's own library code.
            ISTYPE  Var,   None, Lit,   NoMeta;
            /// Raises an error unless `A` is a number; internal to LuaJIT's own library code.
            ISNUM   Var,   None, Lit,   NoMeta;
            /// `A = D`
            MOV     Dst,   None, Var,   NoMeta;
            /// `A = not D`
            NOT     Dst,   None, Var,   NoMeta;
            /// `A = -D`
            UNM     Dst,   None, Var,   Unm;
            /// `A = #D`
            LEN     Dst,   None, Var,   Len;
            /// `A = B + C`
            ADDVN   Dst,   Var,  Num,   Add;
            /// `A = B - C`
            SUBVN   Dst,   Var,  Num,   Sub;
            /// `A = B * C`
            MULVN   Dst,   Var,  Num,   Mul;
            /// `A = B / C`
            DIVVN   Dst,   Var,  Num,   Div;
            /// `A = B % C`
            MODVN   Dst,   Var,  Num,   Mod;
            /// `A = C + B`
            ADDNV   Dst,   Var,  Num,   Add;
            /// `A = C - B`
            SUBNV   Dst,   Var,  Num,   Sub;
            /// `A = C * B`
            MULNV   Dst,   Var,  Num,   Mul;
            /// `A = C / B`
            DIVNV   Dst,   Var,  Num,   Div;
            /// `A = C % B`
            MODNV   Dst,   Var,  Num,   Mod;
            /// `A = B + C`
            ADDVV   Dst,   Var,  Var,   Add;
            /// `A = B - C`
            SUBVV   Dst,   Var,  Var,   Sub;
            /// `A = B * C`
            MULVV   Dst,   Var,  Var,   Mul;
            /// `A = B / C`
            DIVVV   Dst,   Var,  Var,   Div;
            /// `A = B % C`
            MODVV   Dst,   Var,  Var,   Mod;
            /// `A = B ^ C`
            POW     Dst,   Var,  Var,   Pow;
            /// `A = B .. … .. C`, all slots from `B` to `C`
            CAT     Dst,   Rbase, Rbase, Concat;
            /// `A = string D`
            KSTR    Dst,   None, Str,   NoMeta;
            /// `A = cdata D`
            KCDATA  Dst,   None, Cdata, NoMeta;
            /// `A = D`, a signed 16-bit integer
            KSHORT  Dst,   None, Lits,  NoMeta;
            /// `A = number D`
            KNUM    Dst,   None, Num,   NoMeta;
            /// `A = primitive D`
            KPRI    Dst,   None, Pri,   NoMeta;
            /// `A … D = nil`
            KNIL    Base,  None, Base,  NoMeta;
            /// `A = upvalue D`
            UGET    Dst,   None, Uv,    NoMeta;
            /// `upvalue A = D`
            USETV   Uv,    None, Var,   NoMeta;
            /// `upvalue A = string D`
            USETS   Uv,    None, Str,   NoMeta;
            /// `upvalue A = number D`
            USETN   Uv,    None, Num,   NoMeta;
            /// `upvalue A = primitive D`
            USETP   Uv,    None, Pri,   NoMeta;
            /// Closes the open upvalues of slots `>= A` and jumps to `D`.
            UCLO    Rbase, None, Jump,  NoMeta;
            /// `A = closure of prototype D`
            FNEW    Dst,   None, Func,  Gc;
            /// `A = {}` with `D & 0x7ff` array slots and `2 ^ (D >> 11)` hash nodes
            TNEW    Dst,   None, Lit,   Gc;
            /// `A = copy of template table D`
            TDUP    Dst,   None, Tab,   Gc;
            /// `A = _G[string D]`
            GGET    Dst,   None, Str,   Index;
            /// `_G[string D] = A`
            GSET    Var,   None, Str,   Newindex;
            /// `A = B[C]`
            TGETV   Dst,   Var,  Var,   Index;
            /// `A = B[string C]`
            TGETS   Dst,   Var,  Str,   Index;
            /// `A = B[C]`, an integer 0–255
            TGETB   Dst,   Var,  Lit,   Index;
            /// `A = rawget(B, C)`; internal to LuaJIT's own library code.
            TGETR   Dst,   Var,  Var,   Index;
            /// `B[C] = A`
            TSETV   Var,   Var,  Var,   Newindex;
            /// `B[string C] = A`
            TSETS   Var,   Var,  Str,   Newindex;
            /// `B[C] = A`, an integer 0–255
            TSETB   Var,   Var,  Lit,   Newindex;
            /// `(A-1)[D…] = A, A+1, …`, the multiple results; the low word of number `D` is the first index.
            TSETM   Base,  None, Num,   Newindex;
            /// `rawset(B, C, A)`; internal to LuaJIT's own library code.
            TSETR   Var,   Var,  Var,   Newindex;
            /// `A, …, A+B-2 = A(A+2, …, A+C+1, multiple results)`
            CALLM   Base,  Lit,  Lit,   Call;
            /// `A, …, A+B-2 = A(A+2, …, A+C)`
            CALL    Base,  Lit,  Lit,   Call;
            /// `return A(A+2, …, A+D+1, multiple results)`
            CALLMT  Base,  None, Lit,   Call;
            /// `return A(A+2, …, A+D)`
            CALLT   Base,  None, Lit,   Call;
            /// `A, …, A+B-2 = (A-3)(A-2, A-1)`, a generic `for`
            ITERC   Base,  Lit,  Lit,   Call;
            /// `ITERC`, specialised to `next`
            ITERN   Base,  Lit,  Lit,   Call;
            /// `A, …, A+B-2 = ...`
            VARG    Base,  Lit,  Lit,   NoMeta;
            /// Verifies that `(A-3)(A-2, A-1)` iterates with `next`, and jumps to the `ITERN`.
            ISNEXT  Base,  None, Jump,  NoMeta;
            /// `return A, …, A+D-1, multiple results`
            RETM    Base,  None, Lit,   NoMeta;
            /// `return A, …, A+D-2`
            RET     Rbase, None, Lit,   NoMeta;
            /// `return`
            RET0    Rbase, None, Lit,   NoMeta;
            /// `return A`
            RET1    Rbase, None, Lit,   NoMeta;
            /// Enters a numeric `for` with index, limit, step in `A`, `A+1`, `A+2`, or jumps over it.
            FORI    Base,  None, Jump,  NoMeta;
            /// `FORI` whose loop is compiled
            JFORI   Base,  None, Jump,  NoMeta;
            /// Closes a numeric `for`: steps and jumps back. Counts hotness.
            FORL    Base,  None, Jump,  NoMeta;
            /// `FORL` that is not compiled
            IFORL   Base,  None, Jump,  NoMeta;
            /// `FORL` with trace `D`
            JFORL   Base,  None, Lit,   NoMeta;
            /// Closes a generic `for`: jumps back unless `A` is nil. Counts hotness.
            ITERL   Base,  None, Jump,  NoMeta;
            /// `ITERL` that is not compiled
            IITERL  Base,  None, Jump,  NoMeta;
            /// `ITERL` with trace `D`
            JITERL  Base,  None, Lit,   NoMeta;
            /// Marks the head of a loop; does nothing. Counts hotness.
            LOOP    Rbase, None, Jump,  NoMeta;
            /// `LOOP` that is not compiled
            ILOOP   Rbase, None, Jump,  NoMeta;
            /// `LOOP` with trace `D`
            JLOOP   Rbase, None, Lit,   NoMeta;
            /// Jumps to `D`.
            JMP     Rbase, None, Jump,  NoMeta;
            /// Head of a function with fixed arguments. Counts hotness.
            FUNCF   Rbase, None, None,  NoMeta;
            /// `FUNCF` that is not compiled
            IFUNCF  Rbase, None, None,  NoMeta;
            /// `FUNCF` with trace `D`
            JFUNCF  Rbase, None, Lit,   NoMeta;
            /// Head of a vararg function. Counts hotness.
            FUNCV   Rbase, None, None,  NoMeta;
            /// `FUNCV` that is not compiled
            IFUNCV  Rbase, None, None,  NoMeta;
            /// `FUNCV` with trace `D`
            JFUNCV  Rbase, None, Lit,   NoMeta;
            /// Pseudo head of a builtin
            FUNCC   Rbase, None, None,  NoMeta;
            /// Pseudo head of a builtin behind a wrapper
            FUNCCW  Rbase, None, None,  NoMeta;
        }
    };
}

macro_rules! define_ops {
    ($($(#[$doc:meta])+ $name:ident $a:ident, $b:ident, $c:ident, $mm:ident;)*) => {
        /// An opcode of LuaJIT 2.1's bytecode.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])+ $name),* }

        impl Op {
            /// All opcodes in the order of their encoding.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
            const MODES: &'static [Modes] = &[$(Modes {
                a: Mode::$a, b: Mode::$b, c: Mode::$c, meta: Meta::$mm,
            }),*];
        }
    };
}

/// What an operand means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Not used.
    None,
    /// Slot that is written.
    Dst,
    /// First slot of a group that is read and written.
    Base,
    /// Slot that is read.
    Var,
    /// First slot of a group that is read.
    Rbase,
    /// Index of an upvalue.
    Uv,
    /// Unsigned literal.
    Lit,
    /// Signed literal.
    Lits,
    /// Primitive: nil, false, true.
    Pri,
    /// Index of a number constant.
    Num,
    /// Index of a string constant.
    Str,
    /// Index of a template table constant.
    Tab,
    /// Index of a prototype constant.
    Func,
    /// Jump, biased by [`JUMP_BIAS`], relative to the next instruction.
    Jump,
    /// Index of a cdata constant.
    Cdata,
}

/// The metamethod (or service) an instruction may need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meta {
    /// `__lt`
    Lt,
    /// `__le`
    Le,
    /// `__eq`
    Eq,
    /// `__unm`
    Unm,
    /// `__len`
    Len,
    /// `__add`
    Add,
    /// `__sub`
    Sub,
    /// `__mul`
    Mul,
    /// `__div`
    Div,
    /// `__mod`
    Mod,
    /// `__pow`
    Pow,
    /// `__concat`
    Concat,
    /// `__index`
    Index,
    /// `__newindex`
    Newindex,
    /// `__call`
    Call,
    /// Allocates.
    Gc,
    /// Neither.
    NoMeta,
}

/// Operand modes and metamethod of an opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modes {
    /// Mode of `A`.
    pub a: Mode,
    /// Mode of `B`; `None` says that the instruction has the form `A D`.
    pub b: Mode,
    /// Mode of `C`, or of `D`.
    pub c: Mode,
    /// Metamethod.
    pub meta: Meta,
}

for_each_op!(define_ops);

/// Number of opcodes.
pub const OP_COUNT: usize = Op::ALL.len();

impl Op {
    /// Returns the opcode of an encoded byte, if there is one.
    pub const fn from_u8(byte: u8) -> Option<Op> {
        if (byte as usize) < OP_COUNT { Some(Op::ALL[byte as usize]) } else { None }
    }

    /// Returns the name, spelled as in LuaJIT.
    pub const fn name(self) -> &'static str {
        Op::NAMES[self as usize]
    }

    /// Returns operand modes and metamethod.
    pub const fn modes(self) -> Modes {
        Op::MODES[self as usize]
    }

    /// Says whether the instruction has the form `A D`.
    pub const fn has_d(self) -> bool {
        matches!(self.modes().b, Mode::None)
    }

    /// Returns the opcode `n` rows further down.
    pub const fn offset(self, n: i8) -> Op {
        Op::ALL[(self as i16 + n as i16) as usize]
    }
}

/// Jump operands are stored with this bias.
pub const JUMP_BIAS: i32 = 0x8000;

// Comparisons come in pairs that differ in the lowest bit; operand swaps map ISLT/ISGE to ISGT/ISLE by xor 3.
const _: () = assert!(Op::ISLT as u8 ^ 1 == Op::ISGE as u8 && Op::ISLE as u8 ^ 1 == Op::ISGT as u8);
const _: () = assert!(Op::ISLT as u8 ^ 3 == Op::ISGT as u8 && Op::ISGE as u8 ^ 3 == Op::ISLE as u8);
const _: () = assert!(Op::ISEQV as u8 ^ 1 == Op::ISNEV as u8 && Op::ISEQS as u8 ^ 1 == Op::ISNES as u8);
const _: () = assert!(Op::ISEQN as u8 ^ 1 == Op::ISNEN as u8 && Op::ISEQP as u8 ^ 1 == Op::ISNEP as u8);
const _: () = assert!(Op::ISTC as u8 ^ 1 == Op::ISFC as u8 && Op::IST as u8 ^ 1 == Op::ISF as u8);
const _: () = assert!(Op::ISTC as u8 + 2 == Op::IST as u8 && Op::ISFC as u8 + 2 == Op::ISF as u8);
// Constant comparison forms follow the variable form; arithmetic groups have the same order.
const _: () = assert!(Op::ISEQV as u8 + 2 == Op::ISEQS as u8 && Op::ISEQS as u8 + 2 == Op::ISEQN as u8);
const _: () = assert!(Op::ADDVN as u8 + 5 == Op::ADDNV as u8 && Op::ADDVN as u8 + 10 == Op::ADDVV as u8);
const _: () = assert!(Op::FORL as u8 + 1 == Op::IFORL as u8 && Op::FORL as u8 + 2 == Op::JFORL as u8);
const _: () = assert!(Op::LOOP as u8 + 1 == Op::ILOOP as u8 && Op::FUNCF as u8 + 1 == Op::IFUNCF as u8);
const _: () = assert!(Op::CALLMT as u8 - Op::CALLM as u8 == Op::CALLT as u8 - Op::CALL as u8);
const _: () = assert!(OP_COUNT == 97);
