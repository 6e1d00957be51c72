//! The recorder's view of the running program: everything it may ask, nothing it may do.
//!
//! Invariant: all methods take `&self`. So recording cannot call Lua, collect, or change a slot: the type system is the proof.
//! Slots count from slot 0 of the running frame.

use abi::metamethod::Mm;
use abi::tag;
use bytecode::Ins;
use ir::{ProtoKey, Ty};
use std::sync::Arc;

/// A value's bits (`abi::tag`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct V(pub u64);

impl V {
    /// nil
    pub const NIL: V = V(tag::NIL_BITS);

    /// Returns the type as the IR has it: numbers are `num`.
    pub fn ty(self) -> Ty {
        if self.0 < tag::NUM_LIMIT {
            return Ty::Num;
        }
        let index = (!(self.0 >> tag::SHIFT) & 0x1_ffff) as u8;
        Ty::ALL.iter().copied().find(|t| *t as u8 == index).unwrap_or(Ty::Void)
    }
    /// Returns the number.
    pub fn num(self) -> Option<f64> {
        (self.0 < tag::NUM_LIMIT).then(|| f64::from_bits(self.0))
    }
    /// Returns the number as a 32-bit integer, if it is one (-0 is not).
    pub fn int(self) -> Option<i32> {
        self.num().filter(|n| f64::from(*n as i32).to_bits() == n.to_bits()).map(|n| n as i32)
    }
    /// Says whether it is nil.
    pub fn is_nil(self) -> bool {
        self.0 == tag::NIL_BITS
    }
    /// Makes a number.
    pub fn from_num(n: f64) -> V {
        V(n.to_bits())
    }
}

/// A prototype, for asking about it. Valid while the recording lasts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct P(pub u64);

/// What is fixed about a prototype.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProtoInfo {
    /// Number of fixed parameters.
    pub params: u8,
    /// Slots of a frame.
    pub frame_size: u8,
    /// It takes varargs.
    pub vararg: bool,
    /// Compilation is off for it.
    pub no_jit: bool,
    /// Number of instructions.
    pub size: u32,
}

/// An upvalue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Upval {
    /// Its value.
    pub value: V,
    /// Open upvalues of the running coroutine: the slot, from slot 0 of the running frame. `None`: closed.
    pub open: Option<i64>,
    /// Open, but in another coroutine's stack.
    pub foreign: bool,
}

/// A table's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TabInfo {
    /// Array slots.
    pub asize: u32,
    /// Nodes less one.
    pub hmask: u32,
    /// Shape, 0 for none.
    pub shape: u32,
    /// Metatable or nil.
    pub meta: V,
}

/// The running program, as the recorder sees it.
pub trait Subject {
    /// Returns the prototype of the running frame and the index of the instruction that is about to run; `None` in builtins.
    fn at(&self) -> Option<(P, u32)>;
    /// Returns the distance of the running frame's slot 0 from the bottom of the coroutine's stack, in slots.
    fn base(&self) -> i64;
    /// Identifies the running coroutine.
    fn thread(&self) -> u64;
    /// Returns a slot of the running frame: -2 is the function, -1 the link's raw bits.
    fn slot(&self, i: i32) -> V;
    /// Returns the number of multiple results.
    fn multres(&self) -> u32;

    /// Returns the prototype of a Lua function.
    fn proto(&self, f: V) -> Option<P>;
    /// Returns the number of a builtin, 0 for Lua functions and other values.
    fn builtin(&self, f: V) -> u32;
    /// Returns the stable name of a prototype.
    fn key(&self, p: P) -> ProtoKey;
    /// Returns what is fixed about a prototype.
    fn info(&self, p: P) -> ProtoInfo;
    /// Returns an instruction; compiled ones as they were before.
    fn code(&self, p: P, pc: u32) -> Ins;
    /// Returns the number of the root trace that begins at an instruction.
    fn trace_at(&self, p: P, pc: u32) -> Option<u32>;
    /// Returns the number of slots that hold named locals at an instruction; `None` if there is no debug information.
    fn locals_at(&self, p: P, pc: u32) -> Option<u32>;
    /// Says whether a loop (the index of its closing instruction) was often left without another round.
    fn loop_left(&self, p: P, pc: u32) -> bool;
    /// Splits a return address (a link that is one) into prototype and index.
    fn pc_of(&self, link: u64, f: V) -> Option<(P, u32)>;
    /// Returns the instruction before a return address.
    fn call_before(&self, link: u64) -> Ins;
    /// Says whether a root trace ends by returning to the interpreter.
    fn returns(&self, trace: u32) -> bool;
    /// Returns a number constant.
    fn knum(&self, p: P, i: u32) -> f64;
    /// Returns a string constant.
    fn kstr(&self, p: P, i: u32) -> V;
    /// Returns a child prototype.
    fn kproto(&self, p: P, i: u32) -> P;

    /// Returns the slots of a prototype's frames that closures may capture, a bit each.
    fn captured(&self, p: P) -> [u64; 4];
    /// Returns what closures of a prototype capture: its upvalue descriptors.
    fn captures(&self, p: P) -> Vec<u16>;
    /// Returns the highest slot of the running coroutine that has an open upvalue, from slot 0 of the running frame.
    fn highest_open(&self) -> Option<i64>;
    /// Returns an upvalue of a Lua function.
    fn upvalue(&self, f: V, i: u32) -> Option<Upval>;
    /// Returns the environment of a function.
    fn env(&self, f: V) -> V;
    /// Returns an upvalue of a builtin.
    fn builtin_upvalue(&self, f: V, i: u32) -> V;
    /// Returns the bytes of a string.
    fn bytes(&self, s: V) -> Arc<[u8]>;

    /// Returns a table's header.
    fn tab(&self, t: V) -> TabInfo;
    /// Returns `rawget(t, k)`.
    fn get(&self, t: V, k: V) -> V;
    /// Returns the index of the node that has a key (its value may be nil).
    fn node_of(&self, t: V, k: V) -> Option<u32>;
    /// Returns `#t` without metamethods.
    fn len(&self, t: V) -> u32;
    /// Returns the first position at or after `at` with a value, and key and value; positions are array slots, then nodes.
    fn next(&self, t: V, at: u32) -> Option<(u32, V, V)>;
    /// Returns the keys of a shape.
    fn shape(&self, id: u32) -> Option<Arc<ir::Shape>>;
    /// Returns the metatable of any value, or nil.
    fn metatable(&self, v: V) -> V;
    /// Returns the name of a metamethod (`"__index"`) as a string.
    fn mm_name(&self, mm: Mm) -> V;
}
