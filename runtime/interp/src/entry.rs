//! The way into a machine from outside: make it, enter it, close it.

use crate::Cx;
use heap::Vm;
use heap::vm::Config;

/// Makes a machine without libraries.
pub fn new_vm(config: Config) -> Box<Vm> {
    Vm::new(config)
}

/// Runs `body` as the outermost builtin of the main coroutine. An error that it lets through is the machine's error value.
pub fn enter<R>(vm: &mut Vm, body: impl FnOnce(&mut Cx<'_>) -> R) -> R {
    body(&mut Cx::new(vm, 0))
}

/// Calls the finalisers of all userdata.
pub fn close(vm: &mut Vm) {
    vm.finalize_all();
}
