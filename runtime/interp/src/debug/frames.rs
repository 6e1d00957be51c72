//! Walking the frames of a coroutine.
//!
//! A frame's program counter is found in the frame above it: the return address of a Lua call, the word below a
//! continuation or a native frame, but for those of builtins. Only the running function's is in the machine.

use crate::call::is_continued;
use crate::dispatch::{function_of, proto_of};
use crate::worker::frame_top;
use abi::frame;
use heap::{Func, ProtoObj, Thread, Vm};

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
    /// Function of the caller and index of its next instruction, if the caller is a Lua function.
    pub(crate) caller: Option<(Func<'v>, u32)>,
    /// Number of extra arguments of a vararg function, which are below `base`.
    pub varargs: u32,
    /// Called by a builtin.
    pub(crate) native: bool,
}

/// Returns the running coroutine.
pub fn current_thread(vm: &Vm) -> Thread<'_> {
    // SAFETY: `cur` is live: it runs.
    unsafe { Thread::from_raw(vm.cur) }
}

/// The frame below the one at `base`, with its program counter if it is a Lua function's.
unsafe fn below(base: *mut u64) -> Option<(*mut u64, *const u32)> {
    // SAFETY: `base` is a frame; links are as calls laid them out.
    unsafe {
        let link = *base.sub(1);
        if link & frame::TYPE_LUA == frame::LUA {
            let pc = link as *const u32;
            return Some((base.sub(2 + (*pc.sub(1) >> 8) as u8 as usize), pc));
        }
        let previous = base.byte_sub((link & !frame::TYPE) as usize);
        match link & frame::TYPE {
            frame::COROUTINE => None,
            frame::CONT if !is_continued(base) => Some((previous, *base.sub(3) as *const u32)),
            frame::NATIVE | frame::NATIVE_PROTECTED => {
                let lua = (*function_of(previous)).builtin == 0;
                Some((previous, if lua { *base.sub(3) as *const u32 } else { std::ptr::null() }))
            }
            _ => Some((previous, std::ptr::null())),
        }
    }
}

unsafe fn index_of(pc: *const u32, base: *mut u64) -> Option<u32> {
    // SAFETY: `base` is a frame; `pc`, if any, is inside its prototype.
    unsafe {
        if pc.is_null() || (*function_of(base)).builtin != 0 {
            return None;
        }
        Some(pc.offset_from(ProtoObj::bc(proto_of(base))) as u32)
    }
}

/// Returns the active function at `level` of a coroutine: 0 is the running function (the builtin itself), 1 its caller, …
pub fn frame<'v>(vm: &'v Vm, thread: Thread<'v>, level: u32) -> Option<Frame<'v>> {
    // SAFETY: a live coroutine's frames are intact; the one that runs has its frame in the machine.
    unsafe {
        let co = thread.raw();
        let running = co == vm.cur;
        let dead = (*co).status == abi::costatus::DEAD;
        let (mut base, mut pc, mut top) = if running {
            (vm.base, vm.pc, frame_top(vm))
        } else {
            // Only a coroutine that failed can have stopped in a Lua function.
            ((*co).base, if dead { (*co).pc } else { std::ptr::null() }, (*co).top)
        };
        let stack = (*co).stack;
        let bottom = if co == vm.main { stack.add(2) } else { stack };
        // A coroutine that has not started or is dead has no active function.
        if !running && ((*co).pc.is_null() || dead && base <= stack.add(2)) && co != vm.main {
            return None;
        }
        let mut left = level;
        loop {
            if base <= bottom {
                return None;
            }
            let mut outer = base;
            let mut varargs = 0;
            let link = *base.sub(1);
            if link & frame::TYPE == frame::VARG {
                outer = base.byte_sub((link & !frame::TYPE) as usize);
                varargs = ((link >> 3) as u32 - 2).saturating_sub((*proto_of(base)).num_params.into());
            }
            let next = below(outer);
            if left == 0 {
                let caller = next.and_then(|(b, p)| {
                    if b <= bottom {
                        return None;
                    }
                    Some((Func::from_raw(function_of(b)), index_of(p, b)?))
                });
                return Some(Frame {
                    func: Func::from_raw(function_of(base)),
                    base: base.offset_from(stack) as u32,
                    top: top.offset_from(stack) as u32,
                    pc: index_of(pc, base),
                    thread,
                    caller,
                    varargs,
                    native: is_continued(outer)
                        || matches!(*outer.sub(1) & frame::TYPE, frame::NATIVE | frame::NATIVE_PROTECTED),
                });
            }
            left -= 1;
            top = outer.sub(if is_continued(outer) { 4 } else { 2 });
            (base, pc) = next?;
        }
    }
}

/// Returns the line of instruction `at` (index into the prototype's instructions); 0 where the function is stripped.
pub(crate) fn line_of(f: Func<'_>, at: u32) -> Option<u32> {
    if !f.is_lua() {
        return None;
    }
    // SAFETY: the handle's function is live, and so is its prototype.
    unsafe {
        let pt = heap::FuncObj::proto(f.raw());
        let Some(debug) = (*pt).debug.as_ref() else { return Some(0) };
        if at == 0 { Some(debug.first_line) } else { debug.lines.get(at as usize - 1).copied() }
    }
}

/// Returns the line a frame is at; `None` for builtins, 0 for stripped functions.
pub fn current_line(f: &Frame<'_>) -> Option<u32> {
    line_of(f.func, f.pc?.saturating_sub(1))
}
