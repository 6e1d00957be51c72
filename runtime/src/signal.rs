//! Ctrl-C becomes a Lua error.
//!
//! The handler tells the machine and resets itself: a second Ctrl-C kills the process.
//!
//! Invariant: while [`TARGET`] is not null it points to a machine that the maker of an [`Interrupt`] guard borrows.
//! Invariant: Kiln has one thread, so the handler runs on the machine's.

use heap::Vm;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The machine that Ctrl-C interrupts.
static TARGET: AtomicPtr<Vm> = AtomicPtr::new(null_mut());

/// Ends the handling of Ctrl-C when dropped.
#[must_use]
#[derive(Debug)]
pub struct Interrupt {
    outer: *mut Vm,
}

extern "C" fn interrupted(signal: libc::c_int) {
    set(signal, libc::SIG_DFL);
    let vm = TARGET.load(Ordering::Acquire);
    if !vm.is_null() {
        // SAFETY: not null means that the machine is alive, and this is its thread (module invariants).
        unsafe { interp::interrupt(vm) };
    }
}

extern "C" fn out_of_time(_: libc::c_int) {
    // Whoever does not stop now is killed by the next signal.
    set(libc::SIGALRM, libc::SIG_DFL);
    let vm = TARGET.load(Ordering::Acquire);
    if !vm.is_null() {
        // SAFETY: not null means that the machine is alive, and this is its thread (module invariants).
        unsafe { interp::interrupt(vm) };
    }
}

/// Interrupts the machine that runs in so many milliseconds from now; a second later the process ends.
pub fn limit_time(milliseconds: u64) {
    set(libc::SIGALRM, out_of_time as *const () as libc::sighandler_t);
    let time = |ms: u64| libc::timeval {
        tv_sec: (ms / 1000) as libc::time_t,
        tv_usec: (ms % 1000 * 1000) as libc::suseconds_t,
    };
    let timer = libc::itimerval { it_interval: time(1000), it_value: time(milliseconds) };
    // SAFETY: the timer is valid; the handler was set before.
    unsafe {
        libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut());
    }
}

/// Makes Ctrl-C raise an error in the machine until the guard is dropped. The guard must not outlive the machine: callers
/// hold it around a call into the machine and no longer.
pub(crate) fn catch_interrupt(vm: &mut Vm) -> Interrupt {
    let outer = TARGET.swap(vm, Ordering::AcqRel);
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

fn set(signal: libc::c_int, handler: libc::sighandler_t) {
    // SAFETY: the handler is the default action or `interrupted`, which only stores and calls `signal`.
    unsafe {
        libc::signal(signal, handler);
    }
}
