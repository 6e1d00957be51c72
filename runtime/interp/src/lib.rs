//! The bytecode interpreter: handlers, calls, unwinding, coroutines, and the view builtins have of it.

pub mod cx;
pub mod debug;
pub mod load;

pub use cx::{BuiltinFn, Cx, Ret};
