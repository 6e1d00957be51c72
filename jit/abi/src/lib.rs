//! What compiled code and the runtime agree on: object layouts, value tags, frame links, builtins, the image.
//!
//! The crate is plain numbers and tables: it knows no heap and no machine.
#![forbid(unsafe_code)]

pub mod abort;
pub mod builtins;
pub mod content;
pub mod costatus;
pub mod cpu;
pub mod exit;
pub mod frame;
pub mod grow;
pub mod hash;
pub mod image;
pub mod layout;
pub mod metamethod;
pub mod objtype;
pub mod paths;
pub mod shape;
pub mod support;
#[doc(hidden)]
pub use support as helpers;
pub mod tabflag;
pub mod tag;
pub mod vmfield;

/// Compares names at compile time.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
