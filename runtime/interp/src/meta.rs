//! Operations with metamethods, from native code.
use heap::{Raise, Value, Vm};
pub(crate) fn index_native(vm: &mut Vm, o: Value, k: Value) -> Result<Value, Raise> {
    let _ = (vm, o, k);
    unimplemented!()
}
pub(crate) fn less_than_native(vm: &mut Vm, a: Value, b: Value) -> Result<bool, Raise> {
    let _ = (vm, a, b);
    unimplemented!()
}
