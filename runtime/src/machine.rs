//! Opens a machine with all libraries, enters it, and ends the process with it.

use crate::program;
use heap::vm::Config;
use heap::{Raise, Vm};
use interp::Cx;

/// Limits of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Bytes the heap may hold at most; 0 is no limit.
    pub max_memory: usize,
    /// `LUA_PATH` and `LUA_CPATH` do not count.
    pub ignore_environment: bool,
    /// Bytes to allocate between two collections, at least.
    pub room: usize,
    /// Nothing is compiled while programs run, and no memory for code is asked for.
    pub no_jit: bool,
}

/// Opens a machine. `RT_GC=stress` in the environment makes it collect at every safepoint. The error is a message.
pub fn open(limits: Limits) -> Result<Box<Vm>, String> {
    heap::keep_freed_memory();
    let gc_stress = std::env::var_os("RT_GC").is_some_and(|v| v == "stress");
    let mut vm = interp::new_vm(Config { max_memory: limits.max_memory, gc_stress, hash_seed: 0, room: limits.room });
    let prepared = match limits.ignore_environment {
        true => vm.registry().set_name(&vm, "LUA_NOENV", heap::Val::bool(true)),
        false => Ok(()),
    };
    let opened = prepared.and_then(|()| stdlib::open_libs(&mut vm));
    match opened {
        Ok(()) => crate::trace::install(&mut vm, !limits.no_jit).map(|()| vm),
        Err(_raise) => Err("cannot create state: not enough memory".to_string()),
    }
}

/// Runs `body` at the bottom of the machine's stack. An error that it lets through is reported after `name` and counts as
/// exit status 1.
pub fn enter(vm: &mut Vm, name: Option<&[u8]>, body: impl FnOnce(&mut Cx<'_>) -> Result<u8, Raise>) -> u8 {
    interp::with_cx(vm, body).unwrap_or_else(|_| {
        if let Some(text) = program::message(vm.error_value()) {
            program::complain(name, &text);
        }
        1
    })
}

/// Ends the process: calls all finalizers, writes out what files buffer.
pub fn exit(mut vm: Box<Vm>, status: u8) -> ! {
    stdlib::exit_process(&mut vm, i32::from(status), true)
}
