//! Where in the source a trace begins or ends.

use bytecode::{Ins, Op, listing};
use heap::{Func, FuncObj, ProtoObj, StrObj, Value, Vm};
use interp::debug;

/// A position: the function and the index of an instruction in its prototype.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The function.
    pub func: Value,
    /// The instruction; none in builtins.
    pub pc: Option<u32>,
}

/// Returns the running instruction of the innermost Lua function. Builtins above it are passed over.
pub(crate) fn innermost(vm: &Vm) -> Option<Place> {
    let next = upcoming(vm)?;
    Some(Place { pc: next.pc.map(|pc| pc.saturating_sub(1)), ..next })
}

/// Returns the instruction behind it: at an exit the one that the interpreter goes on with.
pub(crate) fn upcoming(vm: &Vm) -> Option<Place> {
    let thread = debug::current_thread(vm);
    let frame = (0..).map_while(|level| debug::frame(vm, thread, level)).find(|f| f.func.is_lua())?;
    Some(Place { func: frame.func.val().raw(), pc: frame.pc })
}

/// Returns the function of the running frame.
pub(crate) fn running(vm: &Vm) -> Value {
    // SAFETY: base[-2] is the function of the running frame (frame layout).
    unsafe { Value(*vm.base.sub(2)) }
}

/// Returns the prototype of a function.
pub(crate) fn proto_of(func: Value) -> Option<*const ProtoObj> {
    let f = func.as_func()?;
    // SAFETY: callers pass live functions.
    unsafe { ((*f).builtin == 0).then(|| FuncObj::proto(f).cast_const()) }
}

/// Returns the line of an instruction of a live prototype; 0 where it is stripped.
pub(crate) fn line(p: *const ProtoObj, pc: u32) -> u32 {
    // SAFETY: the prototype is live (callers have it from functions or from traces, which keep it).
    let (debug, first) = unsafe { ((*p).debug.as_ref(), (*p).first_line) };
    debug.map_or(0, |d| pc.checked_sub(1).and_then(|i| d.lines.get(i as usize)).copied().unwrap_or(first))
}

/// Returns the chunk name of a live prototype.
pub(crate) fn chunk_name<'p>(p: *const ProtoObj) -> &'p [u8] {
    // SAFETY: as in `line`; the name lives as long as the prototype.
    unsafe { StrObj::bytes((*p).chunk_name) }
}

/// Returns `file:line` of an instruction of a live prototype.
pub(crate) fn text(p: *const ProtoObj, pc: u32) -> String {
    String::from_utf8_lossy(&listing::place(chunk_name(p), line(p, pc))).into_owned()
}

impl Place {
    /// Returns `file:line`, or the name of a builtin.
    pub fn text(self) -> String {
        match proto_of(self.func) {
            Some(p) => text(p, self.pc.unwrap_or(0)),
            None => builtin_name(self.func).unwrap_or("(?)").to_string(),
        }
    }
}

/// Returns the name of a builtin.
pub(crate) fn builtin_name(func: Value) -> Option<&'static str> {
    let f = func.as_func()?;
    // SAFETY: callers pass live functions.
    let f = unsafe { Func::from_raw(f) };
    if f.is_lua() { None } else { abi::builtins::NAMES.get(f.builtin_id() as usize).copied() }
}

/// Returns the instructions that belong to a hot place: of a loop from head to end, of a function all.
pub(crate) fn extent(p: *const ProtoObj, at: u32, ins: Ins) -> (u32, u32) {
    // SAFETY: as in `line`.
    let size = unsafe { (*p).size_bc };
    let target = |ins: Ins| (i64::from(at) + 1 + i64::from(ins.jump())).clamp(0, size.into()) as u32;
    match ins.op() {
        Some(Op::FORL | Op::ITERL) => (target(ins), at),
        // Its ITERL follows, and jumps back.
        Some(Op::ITERN) => {
            // SAFETY: verified bytecode: an ITERL follows an ITERN.
            let back = Ins(unsafe { *ProtoObj::bc(p).add(at as usize + 1) });
            let start = i64::from(at) + 2 + i64::from(back.jump());
            if back.op() == Some(Op::ITERL) { (start.clamp(0, size.into()) as u32, at + 1) } else { (at, at + 1) }
        }
        Some(Op::LOOP) => (at, target(ins)),
        _ => (0, size),
    }
}
