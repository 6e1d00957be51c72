//! The bytecode interpreter: handlers, calls, unwinding, coroutines, and the view builtins have of it.
//!
//! A program runs as a chain of handlers (`ops`), each of which ends by jumping to the next (`dispatch`). What is not
//! simple is done by plain functions (`worker`), which never run Lua code but say what to do: so metamethods, `pcall`, iterators
//! and coroutines (`control`) use no native stack. Native code calls Lua through `call`, which also unwinds errors. Builtins see all
//! this through `cx`; `debug` tells about running code.
//!
//! Invariant: nothing here unwinds or panics to signal an error of the program.

#[macro_use]
mod dispatch;
#[macro_use]
mod ops;
mod call;
pub mod control;
pub mod cx;
pub mod debug;
mod fast;
pub mod float;
pub mod support;
#[doc(hidden)]
pub use support as helpers;
pub mod jit;
pub mod load;
mod meta;
pub mod prng;
pub mod text;
mod worker;

pub use call::close;
pub use cx::{BuiltinFn, Cx, Ret};
pub use debug::hook::{call_delivered, demand, interrupt, set_budget};
pub use jit::{original_ins, set_jit, set_recording};

use heap::vm::Config;
use heap::{Raise, Value, Vm};

/// Creates a machine that can run code; it has no libraries.
pub fn new_vm(config: Config) -> Box<Vm> {
    let mut vm = Vm::new(config);
    vm.dispatch = ops::HANDLERS;
    // SAFETY: the main stack is empty and has room for the bottom frame, whose function is a builtin: native calls build on it.
    unsafe {
        let bottom = (*vm.main).stack;
        vm.base = bottom.add(2);
        vm.top.set(vm.base);
        *bottom.add(1) = abi::frame::NATIVE;
        if let Ok(f) = load::new_builtin(&vm, 0, bottom_body, 0) {
            *bottom = f.val().raw().0;
        }
        (*vm.main).status = abi::costatus::RUNNING;
    }
    vm
}

fn bottom_body(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.ret0()
}

/// Runs `body` as a builtin at the bottom of the main stack: it may push and call. Returns what it returns.
pub fn with_cx<R>(vm: &mut Vm, body: impl FnOnce(&mut Cx<'_>) -> Result<R, Raise>) -> Result<R, Value> {
    let height = {
        // SAFETY: both point into the running stack.
        unsafe { vm.top.get().offset_from(vm.base) }
    };
    let result = body(&mut Cx::new(vm, 0));
    // SAFETY: as before; the bottom frame is the running one again.
    unsafe { vm.top.set(vm.base.offset(height)) };
    result.map_err(|_| vm.error.get())
}
