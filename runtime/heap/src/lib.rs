//! Values, objects, strings, tables, the garbage collector and the state of a virtual machine.
//!
//! The crate is one of the islands of `unsafe`: it offers two faces. Raw pointers and `u64` values serve the interpreter
//! (`object`, `value`, `table`, `alloc`); borrowed handles (`handle`) serve the libraries, which forbid `unsafe`.
//!
//! Invariant: allocation never collects. Only [`Vm::safepoint`] and [`Vm::collect_full`] do, and they need `&mut Vm`; handles borrow `&Vm`.
//! Invariant: objects never move.
//! Invariant: every slot of a var stack below its end holds a valid value or a frame word; none holds a dangling reference.

pub mod alloc;
pub mod deopt;
pub mod gc;
pub mod handle;
pub mod inline;
pub mod metatable;
pub mod number;
pub mod object;
pub mod proto;
pub mod shape;
pub mod stack;
pub mod strtab;
mod sys;
pub mod table;
pub mod value;
pub mod vm;

pub use handle::{Func, Str, Tab, Thread, Udata, Val};
pub use object::{BuiltinObj, FuncObj, Header, Node, ProtoObj, StrObj, TabObj, ThreadObj, UdataObj, UpvalObj};
pub use sys::keep_freed_memory;
pub use value::Value;
pub use vm::{Raise, Vm};
