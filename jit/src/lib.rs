//! The trace compiler: recorder, register allocation, machine code, linking.
//!
//! The crate sees the running program only through [`subject::Subject`], whose methods take `&self`: recording cannot change
//! anything. It knows no heap: values are bits with tags (`abi::tag`), objects are what the subject says about them.
//! `unsafe` is confined to [`mcode`], the memory of machine code.

#![deny(unsafe_code)]

pub mod asm;
pub mod backend;
#[allow(unsafe_code)]
pub mod mcode;
pub mod params;
pub mod record;
pub mod subject;
