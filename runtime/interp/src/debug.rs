//! What can be told about running code: frames, names, lines, locals, tracebacks, positions of errors, hooks.
//!
//! Everything here reads the one frame layout (`abi::frame`) and the prototypes' debug information.

mod error;
mod frames;
pub(crate) mod hook;
mod names;
mod rebuild;
mod traceback;

pub use error::{arg_error, error_at, position};
pub(crate) use error::{
    call_error, compare_error, error_here, index_error, operand_error, overflow_at_entry, raise_here,
};
pub use frames::{Frame, current_line, current_thread, frame};
pub use hook::{hook, set_hook};
pub use names::{
    FuncInfo, active_lines, chunk_id, frame_name, func_info, local, parameter_name, set_local, upvalue_id,
    upvalue_join, upvalue_name, visible_upvalues,
};
pub use rebuild::{proto_of, to_chunk, to_live_chunk};
pub use traceback::traceback;
