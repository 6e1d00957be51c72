//! Calls from native code into the interpreter.
use heap::{Raise, Vm};
pub(crate) fn call_native(vm: &mut Vm, nargs: u32, nresults: Option<u32>) -> Result<u32, Raise> {
    let _ = (vm, nargs, nresults);
    unimplemented!()
}
pub(crate) fn pcall_native(vm: &mut Vm, nargs: u32, nresults: Option<u32>) -> Result<Result<u32, ()>, Raise> {
    let _ = (vm, nargs, nresults);
    unimplemented!()
}
