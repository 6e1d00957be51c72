//! Constants are symbolic: no address, no handle. What cannot be printed cannot be in the IR.
//!
//! A compiler that needs bits asks whoever made the trace to bind each constant (`Request::bind` of the live backend, the
//! constant table of an image).

use crate::ty::Ty;
use std::sync::Arc;

/// Names a prototype by what it contains; equal on every machine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ProtoKey {
    /// Hash of the contents: instructions, constants, children, first line.
    pub hash: u64,
    /// Tells prototypes with equal contents apart within a process; 0 for the first.
    pub instance: u32,
}

/// A constant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Const {
    /// nil, false, true
    Pri(Ty),
    /// A number's bits; NaN is the canonical one.
    Num(u64),
    /// An integer.
    Int(i32),
    /// A string.
    Str(Arc<[u8]>),
    /// A prototype (type `pro`).
    Proto(ProtoKey),
    /// Return address: the instruction with this index (the one behind the call). Type `lnk`.
    Pc(ProtoKey, u32),
    /// Link that is no return address: byte distance and frame type (`abi::frame`). Type `lnk`.
    Frame(u64),
    /// Continuation word. Type `lnk`.
    Cont(u64),
    /// Builtin by number; compared with `func.id`. Type `int`.
    Builtin(u32),
    /// Shape of a hash part: number of nodes and keys in order of insertion; compared with `tab.shape`. Type `int`.
    Shape(Arc<Shape>),
    /// Node of a hash part that holds a key. The index is that of this process. No type of its own: operand of HREFK.
    Slot(Arc<[u8]>, u32),
    /// Template table: collectable constant of a prototype. Operand of TDUP.
    Templ(ProtoKey, u32),
    /// Metatable that all values of a type share (nil, booleans, numbers, strings, functions, coroutines; `false` stands for both booleans).
    /// Type `tab`. Whoever changes one flushes the traces that name it.
    BaseMeta(Ty),
    /// The null address (type `ptr`; compared with `tab.meta` too).
    Null,
    /// The address of the nil that HREF returns for absent keys. Type `ptr`.
    NilSlot,
}

/// A shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Nodes of the hash part, 0 or a power of two.
    pub nodes: u32,
    /// Keys in order of insertion.
    pub keys: Vec<Arc<[u8]>>,
}

impl std::hash::Hash for Shape {
    /// Looks at its size and at the last key: shapes are hashed often, and few differ in their middle alone.
    fn hash<H: std::hash::Hasher>(&self, h: &mut H) {
        (self.nodes, self.keys.len(), self.keys.last()).hash(h);
    }
}

impl Const {
    /// Returns the type.
    pub const fn ty(&self) -> Ty {
        match self {
            Const::Pri(t) => *t,
            Const::Num(_) => Ty::Num,
            Const::Int(_) | Const::Builtin(_) | Const::Shape(_) => Ty::Int,
            Const::Str(_) => Ty::Str,
            Const::Proto(_) => Ty::Proto,
            Const::Pc(..) | Const::Frame(_) | Const::Cont(_) => Ty::Link,
            Const::Slot(..) | Const::Null | Const::NilSlot => Ty::Ptr,
            Const::Templ(..) | Const::BaseMeta(_) => Ty::Tab,
        }
    }
}
