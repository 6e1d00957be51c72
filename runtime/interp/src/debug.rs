//! What can be told about running code: frames, names, lines, locals, tracebacks, positions of errors, hooks.
//!
//! Everything here reads the one frame layout (`abi::frame`) and the prototypes' debug information.

use heap::{Func, Raise, Str, Thread, Val, Vm};

/// An active function: a level of `debug.getinfo`.
#[derive(Clone, Copy)]
pub struct Frame<'v> {
    /// The function.
    pub func: Func<'v>,
    /// Index of slot 0 in the coroutine's stack.
    pub base: u32,
    /// Index behind the last slot in use.
    pub top: u32,
    /// Index of the next instruction in the prototype, for Lua functions.
    pub pc: Option<u32>,
    /// The coroutine.
    pub thread: Thread<'v>,
    /// Index of the caller's slot 0 and its pc, if the caller is a Lua function that called by an instruction.
    pub(crate) caller: Option<(u32, u32)>,
    /// Number of extra arguments of a vararg function, which are below `base`.
    pub varargs: u32,
}

/// Facts of a function, as `debug.getinfo` shows them.
pub struct FuncInfo<'v> {
    /// Chunk name with its prefix; `=[C]` for builtins.
    pub source: &'v [u8],
    /// Chunk name for messages.
    pub short_src: Vec<u8>,
    /// `Lua`, `main` or `C`.
    pub what: &'static str,
    /// First line; -1 for builtins.
    pub first_line: i32,
    /// Last line; -1 for builtins.
    pub last_line: i32,
    /// Number of upvalues.
    pub nups: u32,
    /// Number of fixed parameters.
    pub nparams: u32,
    /// Takes variable arguments (builtins do).
    pub is_vararg: bool,
}

/// Returns the active function at `level` of a coroutine: 0 is the running function (the builtin itself), 1 its caller, …
pub fn frame<'v>(vm: &'v Vm, thread: Thread<'v>, level: u32) -> Option<Frame<'v>> {
    let _ = (vm, thread, level);
    unimplemented!()
}

/// Returns the running coroutine.
pub fn current_thread(vm: &Vm) -> Thread<'_> {
    // SAFETY: `cur` is live: it runs.
    unsafe { Thread::from_raw(vm.cur) }
}

/// Returns the line a frame is at; `None` for builtins and stripped functions.
pub fn current_line(f: &Frame<'_>) -> Option<u32> {
    let _ = f;
    unimplemented!()
}

/// Returns how the caller names a frame's function: (`global`|`local`|`method`|`field`|`upvalue`|…, name).
pub fn frame_name(vm: &Vm, f: &Frame<'_>) -> Option<(&'static str, Vec<u8>)> {
    let _ = (vm, f);
    unimplemented!()
}

/// Returns name and value of local `n` of a frame: from 1; negative numbers are extra arguments; `(*temporary)` where unnamed.
pub fn local<'v>(vm: &'v Vm, f: &Frame<'v>, n: i32) -> Option<(Vec<u8>, Val<'v>)> {
    let _ = (vm, f, n);
    unimplemented!()
}

/// Stores local `n` of a frame; returns its name.
pub fn set_local(vm: &Vm, f: &Frame<'_>, n: i32, v: Val<'_>) -> Option<Vec<u8>> {
    let _ = (vm, f, n, v);
    unimplemented!()
}

/// Returns the name of parameter `n` (from 1) of a function that need not be active.
pub fn parameter_name(f: Func<'_>, n: u32) -> Option<Vec<u8>> {
    let _ = (f, n);
    unimplemented!()
}

/// Returns the facts of a function.
pub fn func_info(f: Func<'_>) -> FuncInfo<'_> {
    let _ = f;
    unimplemented!()
}

/// Returns all lines with code.
pub fn active_lines(f: Func<'_>) -> Option<Vec<u32>> {
    let _ = f;
    unimplemented!()
}

/// Returns the name of upvalue `i` (from 0): empty where stripped or for builtins.
pub fn upvalue_name(f: Func<'_>, i: u32) -> Option<Vec<u8>> {
    let _ = (f, i);
    unimplemented!()
}

/// Returns an address that identifies upvalue `i` (from 0) of a Lua function or builtin.
pub fn upvalue_id(f: Func<'_>, i: u32) -> Option<u64> {
    let _ = (f, i);
    unimplemented!()
}

/// Makes upvalue `i` of Lua function `f` refer to upvalue `j` of Lua function `g`; says whether both exist.
pub fn upvalue_join(vm: &Vm, f: Func<'_>, i: u32, g: Func<'_>, j: u32) -> bool {
    let _ = (vm, f, i, g, j);
    unimplemented!()
}

/// Returns a traceback as `debug.traceback` makes it: `message` (if any), `stack traceback:`, one line a frame from `level` on.
pub fn traceback(vm: &Vm, thread: Thread<'_>, message: Option<&[u8]>, level: u32) -> Vec<u8> {
    let _ = (vm, thread, message, level);
    unimplemented!()
}

/// Returns the position `chunk:line: ` of the Lua function at `level`, or nothing.
pub fn position(vm: &Vm, level: u32) -> Vec<u8> {
    let _ = (vm, level);
    unimplemented!()
}

/// Raises `message` behind the position of `level`.
pub fn error_at(vm: &Vm, level: u32, message: &[u8]) -> Raise {
    let mut text = position(vm, level);
    text.extend_from_slice(message);
    match vm.str(&text) {
        Ok(s) => vm.raise_val(s.val()),
        Err(raise) => raise,
    }
}

/// Raises "bad argument #i+1 to 'name' (message)" for the running builtin.
pub fn arg_error(vm: &Vm, i: u32, message: &str) -> Raise {
    let _ = (vm, i, message);
    unimplemented!()
}

/// Sets the hook: `mask` of `heap::vm::hookmask`, `count` instructions. A nil function or an empty mask removes it.
pub fn set_hook(vm: &mut Vm, func: Option<Func<'static>>, mask: u8, count: u32) {
    let _ = (vm, func, mask, count);
    unimplemented!()
}

/// Returns hook function (or nil), mask and count.
pub fn hook(vm: &Vm) -> (Val<'_>, u8, u32) {
    let _ = vm;
    unimplemented!()
}

/// Returns the bytecode, constants and prototype facts that `jit.util` shows.
pub fn proto_of(f: Func<'_>) -> Option<*const heap::ProtoObj> {
    let _ = f;
    unimplemented!()
}

/// Rebuilds the plain prototype of a Lua function (for `string.dump` and `jit.bc`).
pub fn to_chunk(f: Func<'_>) -> Option<bytecode::Chunk> {
    let _ = f;
    unimplemented!()
}

/// Returns the string form of a chunk name for messages.
pub fn chunk_id(name: Str<'_>) -> Vec<u8> {
    let _ = name;
    unimplemented!()
}
