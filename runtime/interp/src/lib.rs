//! The bytecode interpreter: handlers, calls, unwinding, coroutines, and the view builtins have of it.

mod call;
pub mod cx;
pub mod debug;
mod entry;
pub mod load;
mod meta;

pub use cx::{BuiltinFn, Cx, Ret};
pub use entry::{close, enter, new_vm};
