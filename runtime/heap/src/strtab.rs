//! The intern table: equal strings are one object.

use crate::object::StrObj;
use crate::vm::{Raise, Vm};

/// Returns the string object with these bytes.
pub fn intern(vm: &Vm, bytes: &[u8]) -> Result<*mut StrObj, Raise> {
    let _ = (vm, bytes);
    unimplemented!()
}

/// Returns the string that joins `parts`, without an intermediate copy where it is new and large.
pub fn concat(vm: &Vm, parts: &[&[u8]]) -> Result<*mut StrObj, Raise> {
    let _ = (vm, parts);
    unimplemented!()
}
