//! Flags of a table.

/// Has weak keys (`__mode` was seen by the collector).
pub const WEAK_KEY: u8 = 1;
/// Has weak values.
pub const WEAK_VAL: u8 = 2;
/// Some string key without a value was declared dead by the collector: it matches nothing.
pub const DEAD_KEYS: u8 = 4;
/// It had a shape until a key that is no string came into the hash part.
pub const MIXED_KEYS: u8 = 8;
/// The array part lies behind the table in the same cell.
pub const INNER_ARRAY: u8 = 16;

/// Slots of the largest array part that lies there.
pub const MAX_INNER: u32 = 8;
