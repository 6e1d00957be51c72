//! Flags of a table.

/// Has weak keys (`__mode` was seen by the collector).
pub const WEAK_KEY: u8 = 1;
/// Has weak values.
pub const WEAK_VAL: u8 = 2;
