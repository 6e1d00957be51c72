//! What compiled code and the runtime agree on: object layouts, value tags, frame links, builtins, the image.
//!
//! The crate is plain numbers and tables: it knows no heap and no machine.
#![forbid(unsafe_code)]

pub mod builtins;
pub mod costatus;
pub mod frame;
pub mod hash;
pub mod image;
pub mod layout;
pub mod metamethod;
pub mod objtype;
pub mod paths;
pub mod tabflag;
pub mod tag;
