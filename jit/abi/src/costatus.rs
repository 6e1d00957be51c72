//! States of a coroutine.

/// Created or yielded: can be resumed.
pub const SUSPENDED: u8 = 0;
/// Runs now.
pub const RUNNING: u8 = 1;
/// Has resumed another one.
pub const NORMAL: u8 = 2;
/// Returned or failed.
pub const DEAD: u8 = 3;
