//! A function prototype as plain data: what the compiler makes, the dump stores and the runtime loads.
//!
//! Invariant: a constant's index is the operand that names it (`kgc[D]`, `knum[D]`); LuaJIT's negative layout of collectable
//! constants exists only in its memory and, reversed, in its dumps.

use crate::ins::Ins;

/// Upper bound of slots in a frame.
pub const MAX_SLOTS: usize = 250;
/// Upper bound of local variables in a function.
pub const MAX_LOCALS: usize = 200;
/// Upper bound of upvalues in a function.
pub const MAX_UPVALUES: usize = 60;
/// Upper bound of instructions in a function.
pub const MAX_INS: usize = 1 << 26;

/// Properties of a prototype, as LuaJIT's dumps store them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ProtoFlags(pub u8);

impl ProtoFlags {
    /// Has child prototypes.
    pub const CHILD: u8 = 0x01;
    /// Is a vararg function.
    pub const VARARG: u8 = 0x02;
    /// Uses FFI constants.
    pub const FFI: u8 = 0x04;
    /// The JIT is off for this function.
    pub const NOJIT: u8 = 0x08;
    /// Some loop was patched to an `I` opcode.
    pub const ILOOP: u8 = 0x10;
    /// The bits that a dump holds.
    pub const DUMPED: u8 = Self::CHILD | Self::VARARG | Self::FFI;

    /// Says whether all bits of `mask` are set.
    pub const fn has(self, mask: u8) -> bool {
        self.0 & mask == mask
    }
}

/// How a closure finds an upvalue when it is created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpvalDesc(pub u16);

impl UpvalDesc {
    /// The upvalue is a local slot of the enclosing function (otherwise: one of its upvalues).
    pub const LOCAL: u16 = 0x8000;
    /// The variable is never assigned after its initialisation.
    pub const IMMUTABLE: u16 = 0x4000;

    /// Says whether it is a slot of the enclosing function.
    pub const fn is_local(self) -> bool {
        self.0 & Self::LOCAL != 0
    }

    /// Says whether the variable is never assigned again.
    pub const fn is_immutable(self) -> bool {
        self.0 & Self::IMMUTABLE != 0
    }

    /// Returns the slot, or the index of the enclosing function's upvalue.
    pub const fn index(self) -> u8 {
        self.0 as u8
    }
}

/// A string of a prototype. Shared, because names occur again and again in a chunk.
pub type Bytes = std::sync::Arc<[u8]>;

/// A value inside a template table.
#[derive(Clone, PartialEq, Debug)]
pub enum TabConst {
    /// nil
    Nil,
    /// false
    False,
    /// true
    True,
    /// A number; never a NaN.
    Num(f64),
    /// A string.
    Str(Bytes),
}

/// The table a `TDUP` copies.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TabTemplate {
    /// Elements from index 0 on. Nils at the end are room for elements that the program sets; dumps lack them.
    pub array: Vec<TabConst>,
    /// Keys and values in order of insertion; no key is nil, appears twice or falls into the array. A value that is nil
    /// keeps a place for a key that the program sets; dumps lack such keys.
    pub hash: Vec<(TabConst, TabConst)>,
}

/// A collectable constant.
#[derive(Clone, PartialEq, Debug)]
pub enum GcConst {
    /// A string: any bytes.
    Str(Bytes),
    /// A template table.
    Tab(TabTemplate),
    /// A child prototype.
    Proto(Box<Proto>),
}

/// The name of a local variable's scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VarName {
    /// A variable of the program.
    Name(Bytes),
    /// A hidden control variable, e.g. `(for index)`.
    Internal(InternalVar),
}

/// Hidden control variables of loops, numbered as in LuaJIT's dumps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum InternalVar {
    /// `(for index)`
    ForIdx = 1,
    /// `(for limit)`
    ForStop = 2,
    /// `(for step)`
    ForStep = 3,
    /// `(for generator)`
    ForGen = 4,
    /// `(for state)`
    ForState = 5,
    /// `(for control)`
    ForCtl = 6,
}

/// One scope of a local variable, in order of `start`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VarInfo {
    /// Name.
    pub name: VarName,
    /// First bytecode position (index into `bc`) at which the variable lives.
    pub start: u32,
    /// First bytecode position at which it is dead.
    pub end: u32,
}

/// What a stripped dump lacks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DebugInfo {
    /// Line of the definition.
    pub first_line: u32,
    /// Number of lines of the definition.
    pub num_lines: u32,
    /// The line of each instruction; `lines[i]` belongs to `bc[i + 1]`, the header has none.
    pub lines: Vec<u32>,
    /// Names of the upvalues.
    pub upvalue_names: Vec<Bytes>,
    /// Local variables.
    pub vars: Vec<VarInfo>,
}

/// A function prototype.
#[derive(Clone, PartialEq, Debug)]
pub struct Proto {
    /// Properties.
    pub flags: ProtoFlags,
    /// Number of fixed parameters.
    pub num_params: u8,
    /// Number of slots of a frame.
    pub frame_size: u8,
    /// Instructions; `bc[0]` is the head (`FUNCF` or `FUNCV`, `A` = frame size).
    pub bc: Vec<Ins>,
    /// How a closure finds its upvalues.
    pub upvalues: Vec<UpvalDesc>,
    /// Collectable constants.
    pub kgc: Vec<GcConst>,
    /// Number constants; never a NaN.
    pub knum: Vec<f64>,
    /// Debug information; `None` in stripped prototypes.
    pub debug: Option<DebugInfo>,
}

/// A compiled chunk: the main function and the name that messages show.
#[derive(Clone, PartialEq, Debug)]
pub struct Chunk {
    /// Chunk name with its `=` or `@` prefix, or the source text itself.
    pub name: Vec<u8>,
    /// The main function.
    pub main: Proto,
}

impl Proto {
    /// Says whether it is a vararg function.
    pub const fn is_vararg(&self) -> bool {
        self.flags.has(ProtoFlags::VARARG)
    }

    /// Returns the child prototype that constant `d` names.
    pub fn child(&self, d: usize) -> Option<&Proto> {
        match self.kgc.get(d) {
            Some(GcConst::Proto(p)) => Some(p),
            _ => None,
        }
    }
}
