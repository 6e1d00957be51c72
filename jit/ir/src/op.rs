//! THE IR table: every operation, its kind and operands. Names are LuaJIT's where LuaJIT has the operation.
//!
//! A row is the law of the operation, its name, its [`Kind`], the modes of its operands. Consumers expand the table with
//! [`for_each_ir!`] and never list operations: text, verifier, evaluator, optimiser, backends.
//!
//! A *guard* (flag of an instruction) leaves the trace through the latest snapshot at or before it if its condition does not hold: a
//! comparison that is false, a load whose value has another type than the instruction's, a call that failed.
//! An operation that may fail does so without any effect: the exit executes the bytecode instruction again.

/// Calls the macro `$m` with every row of the IR table.
#[macro_export]
macro_rules! for_each_ir {
    ($m:ident) => {
        $m! {
            // ---- comparisons: always guards; the type is that of the operands (num, int; EQ and NE: any) ----
            /// `a < b`; false if unordered
            LT      Cmp   Ref  Ref;
            /// `not (a < b)`; true if unordered
            GE      Cmp   Ref  Ref;
            /// `a <= b`; false if unordered
            LE      Cmp   Ref  Ref;
            /// `not (a <= b)`; true if unordered
            GT      Cmp   Ref  Ref;
            /// `a < b` as unsigned integers; as numbers: `a < b` or unordered
            ULT     Cmp   Ref  Ref;
            /// `not ULT`
            UGE     Cmp   Ref  Ref;
            /// `a <= b` as unsigned integers; as numbers: `a <= b` or unordered
            ULE     Cmp   Ref  Ref;
            /// `not ULE`
            UGT     Cmp   Ref  Ref;
            /// `a == b`: numbers by value, all else by identity
            EQ      Cmp   Ref  Ref;
            /// `not (a == b)`
            NE      Cmp   Ref  Ref;
            /// Array bounds check: `b` (int) is below `a` (int, size of the array part) as unsigned integers
            ABC     Cmp   Ref  Ref;
            /// Upvalue number `b & 255` of function `a` is open and is slot `b >> 8` (signed) of the trace: the trace reads and writes the slot
            UREFS   Cmp   Ref  Lit;
            /// No upvalue at slot `a` (signed) of the trace or above is open
            UFREE   Cmp   Lit  None;
            /// The metatable of base type `a` (its index) is `b`: `kmeta` or null
            BMETA   Cmp   Lit  Cst;
            /// Returns to a lower frame: the link of the frame at the base is `a` (Pc constant; Frame constant where that is the hidden frame of a vararg
            /// function, which is left together with the one below); the base moves down by `b` slots. Slots of
            /// later instructions and snapshots count from the new base
            RETF    Cmp   Cst  Lit;

            // ---- structure ----
            /// Nothing
            NOP     Mark  None None;
            /// Base of the frame at entry; instruction 0
            BASE    Mark  None None;
            /// Joins at the loop's head: `a` before the first round, `b` at the end of each
            PHI     Mark  Ref  Ref;
            /// Where the loop begins: what is before runs once
            LOOP    Mark  None None;
            /// Guard: nobody wants the interpreter's attention (collector due, hook, interrupt, flush)
            GCSTEP  Mark  None None;
            /// Value `a` is needed here although nothing uses it
            USE     Mark  Ref  None;

            // ---- constants' companions ----
            /// `~a`
            BNOT    Norm  Ref  None;
            /// Bytes of `a` swapped
            BSWAP   Norm  Ref  None;
            /// `a & b`
            BAND    Comm  Ref  Ref;
            /// `a | b`
            BOR     Comm  Ref  Ref;
            /// `a ^ b`
            BXOR    Comm  Ref  Ref;
            /// `a << (b & 31)`
            BSHL    Norm  Ref  Ref;
            /// `a >> (b & 31)`, logical
            BSHR    Norm  Ref  Ref;
            /// `a >> (b & 31)`, arithmetic
            BSAR    Norm  Ref  Ref;
            /// Rotates left by `b & 31`
            BROL    Norm  Ref  Ref;
            /// Rotates right by `b & 31`
            BROR    Norm  Ref  Ref;

            // ---- arithmetic: num, or int modulo 2^32 ----
            /// `a + b`
            ADD     Comm  Ref  Ref;
            /// `a - b`
            SUB     Norm  Ref  Ref;
            /// `a * b`
            MUL     Comm  Ref  Ref;
            /// `a / b`, num only
            DIV     Norm  Ref  Ref;
            /// `a % b` as Lua has it; int: `b` is a constant above 0
            MOD     Norm  Ref  Ref;
            /// `a ^ b`, num only
            POW     Norm  Ref  Ref;
            /// `-a`
            NEG     Norm  Ref  None;
            /// `|a|`, num only
            ABS     Norm  Ref  None;
            /// Lesser, as `math.min`: `b` unless `a < b`
            MIN     Norm  Ref  Ref;
            /// Greater, as `math.max`: `b` unless `a > b`
            MAX     Norm  Ref  Ref;
            /// Function `b` ([`FpMath`](crate::FpMath)) of num `a`
            FPMATH  Norm  Ref  Lit;
            /// `a + b` of ints; guard: no overflow
            ADDOV   Comm  Ref  Ref;
            /// `a - b` of ints; guard: no overflow
            SUBOV   Norm  Ref  Ref;
            /// `a * b` of ints; guard: no overflow, and not the product -0
            MULOV   Comm  Ref  Ref;

            // ---- conversions ----
            /// `a` as the instruction's type; `b` is a [`Conv`](crate::Conv). num to int as guard: the value is integral and not -0
            CONV    Norm  Ref  Lit;
            /// num to the int of its low 32 bits, as `bit.tobit`
            TOBIT   Norm  Ref  None;
            /// num or int to str
            TOSTR   Alloc Ref  None;
            /// str to num; guard: it is a numeral
            STRTO   Norm  Ref  None;

            // ---- addresses: all ptr ----
            /// Address of element `b` (int) of the array part `a` (ptr, `tab.array`)
            AREF    Refer Ref  Ref;
            /// Address of the value in node `b` (KSlot) of the hash part `a` (ptr, `tab.node`). Guard: the node's key is the
            /// constant's. Without guard the table's shape has been compared
            HREFK   Refer Ref  Cst;
            /// Address of the value in node number `b` (int) of the hash part `a` (ptr, `tab.node`)
            HREFI   Refer Ref  Ref;
            /// Address of the value of key `b` in table `a`, or of a nil that nobody writes (knil)
            HREF    Refer Ref  Ref;
            /// Address of the value of key `b`, inserted into table `a`, which lacks it; guard: memory suffices
            NEWREF  Store Ref  Ref;
            /// Address of upvalue number `b` of function `a`; guard: it is open, and its slot is not one of the trace's
            UREFO   Refer Ref  Lit;
            /// Address of upvalue number `b` of function `a`; guard: it is closed
            UREFC   Refer Ref  Lit;
            /// Address of field `b` of object `a`
            FREF    Refer Ref  Lit;
            /// Address of byte `b` (int, from 0) of str `a`
            STRREF  Refer Ref  Ref;

            // ---- loads: guard on the type ----
            /// Value at array address `a`
            ALOAD   Load  Ref  None;
            /// Value at hash address `a`
            HLOAD   Load  Ref  None;
            /// Key of the node whose value is at `a` (HREFI)
            HKLOAD  Load  Ref  None;
            /// Value at upvalue address `a`
            ULOAD   Load  Ref  None;
            /// Field `b` ([`Field`](crate::Field)) of object `a`
            FLOAD   Load  Ref  Lit;
            /// Byte at `a` (STRREF) as int
            XLOAD   Load  Ref  None;
            /// Slot `a` (signed, from the trace's base); `b` is a set of [`sload`](crate::sload) flags
            SLOAD   Load  Lit  Lit;
            /// Number of multiple results in the machine, int
            MRES    Load  None None;

            // ---- stores ----
            /// Value `b` to array address `a`
            ASTORE  Store Ref  Ref;
            /// Value `b` to hash address `a`
            HSTORE  Store Ref  Ref;
            /// Value `b` to upvalue address `a`
            USTORE  Store Ref  Ref;
            /// `b` to field address `a` (FREF)
            FSTORE  Store Ref  Ref;
            /// Value `b` to stack slot `a` (signed)
            SSTORE  Store Lit  Ref;
            /// Value `b` to captured slot `a` (signed), for the UCLO behind it: nothing else reads it there
            CSTORE  Store Lit  Ref;
            /// Number of multiple results in the machine becomes `a`
            MSTORE  Store Ref  None;

            // ---- allocation: guard, memory suffices ----
            /// String of `b` (int) bytes at `a` (ptr)
            SNEW    Alloc Ref  Ref;
            /// Table with `a` array slots and `2^b` nodes (0: none)
            TNEW    Alloc Lit  Lit;
            /// Copy of template `a` (KTempl)
            TDUP    Alloc Cst  None;
            /// Closure of `a` (KProto); `b` is a CARG list: the parent (fun), slot 0 of the frame (int constant), and what is captured: the
            /// prototype's descriptors, each an int constant ([`Closure`](crate::Closure))
            FNEW    Alloc Cst  Ref;
            /// Concatenation of the values of the CARG list `a` (strings, numbers)
            CAT     Alloc Ref  None;

            // ---- barriers ----
            /// Table `a` is traversed again if it was
            TBAR    Store Ref  None;
            /// A closed upvalue at `a` (UREFC) got object `b`
            OBAR    Store Ref  Ref;
            /// Open upvalues at slot `a` and above are closed. If `b` is 1 they all are of closures made on the trace, and CSTOREs
            /// before it have their values
            UCLO    Store Lit  Lit;

            // ---- calls of helpers (`abi::support`): `a` is an argument, a CARG list, or nothing; `b` the helper ----
            /// Pure
            CALLN   Norm  Opt  Lit;
            /// Allocates; may be repeated, or left out if unused
            CALLA   Alloc Opt  Lit;
            /// Reads memory
            CALLL   Load  Opt  Lit;
            /// Has effects
            CALLS   Store Opt  Lit;
            /// List of arguments: `a` (a CARG, or the first), then `b`
            CARG    Norm  Ref  Ref;
            /// Calls the function at slot `a - 2` as the interpreter would, with `b` arguments from slot `a` on. The whole frame was written (SSTORE),
            /// the link of the call at `a - 1` included. It may do anything: collect, run Lua, fail. Results are in slots as
            /// the call instruction before the link's pc says. Guard: it returned normally and nobody wants attention; the exit's snapshot is
            /// the one *behind* it: the recorder puts a GCSTEP there, so that the snapshot is of this place alone. No object but constants lives in a
            /// register across it
            CALLB   Store Lit  Lit;
        }
    };
}

/// What an operation does, as far as the optimiser cares.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A comparison: a guard without value.
    Cmp,
    /// A marker; never moved, merged or removed by general rules.
    Mark,
    /// A pure function of its operands.
    Norm,
    /// A pure function that commutes.
    Comm,
    /// An address; pure as long as what it depends on is.
    Refer,
    /// Reads memory.
    Load,
    /// Writes memory; never removed by general rules.
    Store,
    /// A new object; removable if unused.
    Alloc,
}

/// What an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Nothing.
    None,
    /// An instruction or a constant.
    Ref,
    /// A constant.
    Cst,
    /// A number that is no reference.
    Lit,
    /// A reference or nothing.
    Opt,
}

macro_rules! define_ir {
    ($($(#[$doc:meta])+ $name:ident $kind:ident $a:ident $b:ident;)*) => {
        /// An operation.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])+ $name),* }
        impl Op {
            /// All operations.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];
            /// Number of operations.
            pub const COUNT: usize = Op::ALL.len();
            /// Returns the name in upper case, as LuaJIT's dumps have it.
            pub const fn name(self) -> &'static str { Self::NAMES[self as usize] }
            /// Returns the kind.
            pub const fn kind(self) -> Kind { Self::ROWS[self as usize].0 }
            /// Returns the modes of both operands.
            pub const fn modes(self) -> (Mode, Mode) { (Self::ROWS[self as usize].1, Self::ROWS[self as usize].2) }
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
            const ROWS: &'static [(Kind, Mode, Mode)] = &[$((Kind::$kind, Mode::$a, Mode::$b)),*];
        }
    };
}
for_each_ir!(define_ir);

impl Op {
    /// Returns the comparison that holds exactly when this one does not.
    pub const fn negated(self) -> Op {
        match self {
            Op::LT => Op::GE,
            Op::GE => Op::LT,
            Op::LE => Op::GT,
            Op::GT => Op::LE,
            Op::ULT => Op::UGE,
            Op::UGE => Op::ULT,
            Op::ULE => Op::UGT,
            Op::UGT => Op::ULE,
            Op::EQ => Op::NE,
            Op::NE => Op::EQ,
            op => op,
        }
    }
}
