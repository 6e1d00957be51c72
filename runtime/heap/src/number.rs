//! Numbers and strings: exact conversion both ways.
//!
//! Output is C's `%.14g` by way of `snprintf`; input is LuaJIT's grammar: decimal, hex, hex floats, surrounding white space,
//! `inf`/`nan` refused.

/// Writes a number as `tostring` does into `buf`; returns the length.
pub fn format(n: f64, buf: &mut [u8; 32]) -> usize {
    let _ = (n, buf);
    unimplemented!()
}

/// Parses a number as `tonumber` does.
pub fn parse(s: &[u8]) -> Option<f64> {
    let _ = s;
    unimplemented!()
}

/// Converts to an integer as LuaJIT's `lj_num2int`/`bit` operations do: modulo 2^32.
#[inline(always)]
pub fn to_bit(n: f64) -> i32 {
    // Adding 2^52 + 2^51 leaves the rounded integer in the low bits.
    (n + 6755399441055744.0).to_bits() as i32
}
