//! Running compiled code in tests, on machines of plain memory.
//!
//! Absent: safety against code that is wrong. That is what the tests are for.

use super::Arena;
use abi::exit::ExitState;

/// Enters code that was assembled for a machine made of `fields`, with slot 0 at `stack[slot0]`.
pub fn enter(arena: &Arena, at: u64, fields: &mut [u64], stack: &mut [u64], slot0: usize) -> u64 {
    assert!(slot0 < stack.len());
    // SAFETY: the code was assembled for such a machine and lies at `at`.
    unsafe { arena.entry(at)(fields.as_mut_ptr().cast(), stack.as_mut_ptr().add(slot0)) }
}

/// Copies the registers an exit passes.
#[allow(clippy::not_unsafe_ptr_arg_deref)]
pub fn state(state: *const ExitState) -> Box<ExitState> {
    // SAFETY: an exit's code passes the state it made on its stack.
    unsafe { Box::new(std::ptr::read(state)) }
}

/// Changes the registers a call may change.
pub fn clobber() {
    // SAFETY: the registers are declared as changed.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!(
            "mov rcx, 0x5a5a", "mov rdx, rcx", "mov rsi, rcx", "mov rdi, rcx", "mov r8, rcx", "mov r9, rcx", "mov r10, rcx",
            "mov r11, rcx", "movq xmm0, rcx", "movq xmm1, rcx", "movq xmm2, rcx", "movq xmm3, rcx", "movq xmm7, rcx",
            "movq xmm8, rcx", "movq xmm13, rcx", "movq xmm15, rcx",
            out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _, out("r8") _, out("r9") _, out("r10") _, out("r11") _,
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm7") _, out("xmm8") _, out("xmm13") _, out("xmm15") _,
        );
    }
}
