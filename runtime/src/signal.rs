//! Ctrl-C becomes a Lua error; a request to terminate, for those who have something to write first, a flag.
//!
//! The handler tells the machine and resets itself: a second Ctrl-C kills the process.
//!
//! Invariant: while [`TARGET`] is not null it points to a machine that the maker of an [`Interrupt`] guard borrows.
//! Invariant: Kiln has one thread, so the handler runs on the machine's.

use heap::Vm;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

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

/// The machine that is told of a request to terminate. It lives as long as the process.
static WRITER: AtomicPtr<Vm> = AtomicPtr::new(null_mut());
static TERMINATED: AtomicBool = AtomicBool::new(false);

/// Milliseconds after which the process ends although it has not come to an instruction: it waits for something.
const PATIENCE: u64 = 500;

extern "C" fn terminated(signal: libc::c_int) {
    // The next one kills.
    set(signal, libc::SIG_DFL);
    TERMINATED.store(true, Ordering::Release);
    stdlib::io::stream::stop_waiting();
    let vm = WRITER.load(Ordering::Acquire);
    if !vm.is_null() {
        // SAFETY: the machine lives as long as the process, and this is its thread.
        unsafe { interp::demand(vm) };
    }
    set(libc::SIGALRM, waited as *const () as libc::sighandler_t);
    alarm(PATIENCE);
}

extern "C" fn waited(_: libc::c_int) {
    set(libc::SIGTERM, libc::SIG_DFL);
    // SAFETY: both may be called in handlers; the signal comes once the handler has returned, or at once.
    unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
}

/// Has a request to terminate (SIGTERM) noticed before the next instruction ([`is_terminated`]), unless the process ignores them. The machine must live
/// as long as the process.
pub(crate) fn catch_termination(vm: &mut Vm) {
    WRITER.store(vm, Ordering::Release);
    // SAFETY: the structures are complete; the handler does only what handlers may. It interrupts what waits.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGTERM, std::ptr::null(), &raw mut old);
        if old.sa_sigaction == libc::SIG_DFL {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = terminated as *const () as libc::sighandler_t;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGTERM, &raw const action, null_mut());
        }
    }
}

/// Says whether the process was asked to terminate.
pub(crate) fn is_terminated() -> bool {
    TERMINATED.load(Ordering::Acquire)
}

/// Ends the process as the request to terminate does.
pub(crate) fn terminate() -> ! {
    waited(0);
    std::process::exit(128 + libc::SIGTERM)
}

/// Says whether the process has rights that who started it has not.
pub(crate) fn is_privileged() -> bool {
    // SAFETY: it reads a vector that the kernel gave the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Interrupts the machine that runs in so many milliseconds from now; a second later the process ends.
pub fn limit_time(milliseconds: u64) {
    set(libc::SIGALRM, out_of_time as *const () as libc::sighandler_t);
    alarm(milliseconds);
}

/// Has SIGALRM come in so many milliseconds, and every second after that.
fn alarm(milliseconds: u64) {
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
