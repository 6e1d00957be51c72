//! Ctrl-C becomes a Lua error; a closed pipe ends the program, as it does every C program.
//!
//! The handler only stores to two atomics and resets itself: a second Ctrl-C kills the process.
//!
//! Invariant: while [`TARGET`] is not null it points to the `interrupt` flag of a machine that is borrowed by the [`Interrupt`] guard's maker.

use heap::Vm;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The flag that Ctrl-C sets.
static TARGET: AtomicPtr<AtomicBool> = AtomicPtr::new(null_mut());

/// Ends the handling of Ctrl-C when dropped.
#[must_use]
#[derive(Debug)]
pub struct Interrupt {
    outer: *mut AtomicBool,
}

extern "C" fn interrupted(signal: libc::c_int) {
    let flag = TARGET.load(Ordering::Acquire);
    // SAFETY: not null means that the flag's machine is alive (module invariant); storing to an atomic and `signal` are
    // allowed in signal handlers.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        if let Some(flag) = flag.as_ref() {
            flag.store(true, Ordering::Release);
        }
    }
}

/// Makes Ctrl-C raise an error in the machine until the guard is dropped. The guard must not outlive the machine: callers
/// hold it around a call into the machine and no longer.
pub fn catch_interrupt(vm: &mut Vm) -> Interrupt {
    let outer = TARGET.swap(&raw mut vm.interrupt, Ordering::AcqRel);
    set(libc::SIGINT, interrupted as *const () as libc::sighandler_t);
    Interrupt { outer }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        TARGET.store(self.outer, Ordering::Release);
        if self.outer.is_null() {
            set(libc::SIGINT, libc::SIG_DFL);
        }
    }
}

/// Makes writing to a closed pipe end the process, which Rust's start-up code turned off.
pub fn restore_pipe() {
    set(libc::SIGPIPE, libc::SIG_DFL);
}

fn set(signal: libc::c_int, handler: libc::sighandler_t) {
    // SAFETY: the handler is a default action or `interrupted`, which only does what handlers may.
    unsafe {
        libc::signal(signal, handler);
    }
}
