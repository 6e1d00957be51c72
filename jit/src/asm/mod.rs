//! From IR to machine code.
//!
//! 1. [`select`]: which instructions become code, with which operands; folding of addresses and loads. The result is a list of nodes.
//! 2. [`alloc`]: registers and spill slots, a reverse linear scan. The result is a list of steps.
//! 3. [`check`]: a proof, step by step, that every use reads the place that holds its value. It shares no code with the allocator.
//! 4. `x64`: steps become bytes.
//! 5. [`snapmap`]: what exits restore.
//!
//! The first three know registers only as a [`place::Machine`]: another CPU brings its own table and its own emitter.

pub mod alloc;
pub mod check;
pub mod few;
pub mod place;
pub mod quiet;
pub mod select;
pub mod snapmap;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
pub mod x64;

/// Values that the native frame has room for besides spill slots: the longest concatenation.
pub const SCRATCH: usize = 64;

/// Disassembles nothing: of another processor than x86-64 nothing is known, and where no code is made it is not worth its size.
#[cfg(any(not(target_arch = "x86_64"), feature = "no-live"))]
pub fn disasm(_bytes: &[u8], _at: u64) -> Vec<(u64, String)> {
    Vec::new()
}

/// Disassembles x86-64 code that lies at `at`.
#[cfg(all(target_arch = "x86_64", not(feature = "no-live")))]
pub fn disasm(bytes: &[u8], at: u64) -> Vec<(u64, String)> {
    use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};
    let mut decoder = Decoder::with_ip(64, bytes, at, DecoderOptions::NONE);
    let mut formatter = IntelFormatter::new();
    formatter.options_mut().set_space_after_operand_separator(true);
    formatter.options_mut().set_branch_leading_zeros(false);
    let mut ins = Instruction::default();
    let mut out = Vec::new();
    while decoder.can_decode() {
        decoder.decode_out(&mut ins);
        let mut text = String::new();
        formatter.format(&ins, &mut text);
        out.push((ins.ip(), text));
    }
    out
}
