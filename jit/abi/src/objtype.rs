//! Types of collectable objects, the byte at offset 0. They are the low numbers behind the value tags.

/// String
pub const STR: u8 = 4;
/// Upvalue
pub const UPVAL: u8 = 5;
/// Coroutine
pub const THREAD: u8 = 6;
/// Prototype
pub const PROTO: u8 = 7;
/// Function
pub const FUNC: u8 = 8;
/// Table
pub const TAB: u8 = 11;
/// Userdata
pub const UDATA: u8 = 12;
