//! Ids of shapes, and what compiled code reads of their records (layout `ShapeRecord`).

/// Id of tables without a shape.
pub const NONE: u32 = 0;
/// Binary logarithm of the nodes of the largest shaped part.
pub const MAX_BITS: u32 = 6;
/// Binary logarithm of the bytes of a record.
pub const RECORD_BITS: u32 = 6;
/// Bytes of a record.
pub const RECORD: usize = 1 << RECORD_BITS;
/// A record's link where inserting the key changes no other node.
pub const NO_LINK: u32 = u32::MAX;
/// The same where it moves another key: the record does not suffice.
pub const MOVED: u32 = u32::MAX - 1;

/// Returns the shape of an empty part of `hmask + 1` nodes.
#[inline(always)]
pub const fn root(hmask: u32) -> u32 {
    let bits = 32 - hmask.leading_zeros();
    if bits <= MAX_BITS { bits + 1 } else { NONE }
}
