//! Calls of the C library that have no safe wrapper in Rust's standard library.
//!
//! Invariant: every function here is safe to call with any arguments; the `unsafe` blocks rely on nothing outside of this file.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd};

/// Returns the index of the first `byte` in `bytes`.
#[inline]
pub fn memchr(byte: u8, bytes: &[u8]) -> Option<usize> {
    // SAFETY: memchr reads only within the slice.
    let p = unsafe { libc::memchr(bytes.as_ptr().cast(), i32::from(byte), bytes.len()) };
    if p.is_null() { None } else { Some(p as usize - bytes.as_ptr() as usize) }
}

/// Returns the message of an error number.
pub fn strerror(code: i32) -> Vec<u8> {
    let mut buf = [0u8; 256];
    // SAFETY: the buffer's length is passed; the XSI version ends the text with a NUL inside of it.
    let status = unsafe { libc::strerror_r(code, buf.as_mut_ptr().cast(), buf.len()) };
    match CStr::from_bytes_until_nul(&buf) {
        Ok(text) if status == 0 || !text.is_empty() => text.to_bytes().to_vec(),
        _ => format!("Unknown error {code}").into_bytes(),
    }
}

/// Returns standard input (0), output (1) or error (2) as a file that is never closed.
pub fn standard_file(number: i32) -> ManuallyDrop<File> {
    // SAFETY: the three standard descriptors belong to the process; ManuallyDrop never closes them.
    ManuallyDrop::new(unsafe { File::from_raw_fd(number) })
}

/// Says whether a file is a terminal.
pub fn is_terminal(file: &File) -> bool {
    // SAFETY: isatty takes any number.
    unsafe { libc::isatty(file.as_raw_fd()) == 1 }
}

/// Parses the number at the start of `text` as C's `strtod` does; `None` if there is none.
pub fn strtod(text: &[u8]) -> Option<f64> {
    let text = CString::new(text).ok()?;
    let mut end = std::ptr::null_mut();
    // SAFETY: the text ends with a NUL, `end` is written before it is read.
    let n = unsafe { libc::strtod(text.as_ptr(), &mut end) };
    if end.cast_const() == text.as_ptr() { None } else { Some(n) }
}

/// Creates and opens a new file in `/tmp`; returns it and its name.
pub fn make_temp_file() -> std::io::Result<(File, Vec<u8>)> {
    let mut name = *b"/tmp/lua_XXXXXX\0";
    // SAFETY: the template is writable and ends with a NUL.
    let fd = unsafe { libc::mkstemp(name.as_mut_ptr().cast()) };
    if fd < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and belongs to nobody else.
    let file = unsafe { File::from_raw_fd(fd) };
    Ok((file, name[..name.len() - 1].to_vec()))
}

/// Returns the processor time used, in seconds.
pub fn clock() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is valid for writing.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    // C's clock() counts microseconds.
    (t.tv_sec as f64 * 1e6 + (t.tv_nsec / 1000) as f64) / 1e6
}

/// Returns seconds since 1970, as C's `time` does: by the clock's last tick, which is cheaper than the exact time.
pub fn time() -> i64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is valid for writing.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &mut t) };
    t.tv_sec
}

/// Returns a calendar time with nothing set.
pub fn blank_tm() -> libc::tm {
    // SAFETY: zero is valid for all fields, the zone's name being a null pointer.
    unsafe { std::mem::zeroed() }
}

/// Splits seconds since 1970 into a calendar time, UTC or local; `None` where that is out of range.
pub fn calendar(seconds: i64, utc: bool) -> Option<libc::tm> {
    let mut tm = blank_tm();
    // SAFETY: both pointers are valid for the call.
    let p = unsafe { if utc { libc::gmtime_r(&seconds, &mut tm) } else { libc::localtime_r(&seconds, &mut tm) } };
    if p.is_null() { None } else { Some(tm) }
}

/// Joins a local calendar time (normalised in place) to seconds since 1970; -1 where that is out of range.
pub fn mktime(tm: &mut libc::tm) -> i64 {
    // SAFETY: the pointer is valid for the call.
    unsafe { libc::mktime(tm) }
}

/// Formats a calendar time into at most `size` bytes; empty if it does not fit.
pub fn strftime(format: &CStr, tm: &libc::tm, size: usize) -> Vec<u8> {
    let mut buf = vec![0u8; size];
    // SAFETY: the buffer's size is passed; format and time are valid for the call. The zone's name in `tm` is null or
    // what localtime_r stored, which lives as long as the process.
    let len = unsafe { libc::strftime(buf.as_mut_ptr().cast(), size, format.as_ptr(), tm) };
    buf.truncate(len);
    buf
}

/// Sets (or with `None` only returns) the locale of a category (`libc::LC_ALL`, …).
pub fn setlocale(category: i32, name: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: the name is null or a valid string.
    let p = unsafe { libc::setlocale(category, name.map_or(std::ptr::null(), CStr::as_ptr)) };
    if p.is_null() {
        return None;
    }
    // SAFETY: setlocale's result is a string that stays valid until the next call, and it is copied now.
    Some(unsafe { CStr::from_ptr(p) }.to_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_bytes() {
        assert_eq!(memchr(b'c', b"abcabc"), Some(2));
        assert_eq!(memchr(b'x', b"abc"), None);
        assert_eq!(memchr(b'x', b""), None);
    }

    #[test]
    fn names_errors() {
        assert_eq!(strerror(2), b"No such file or directory");
        assert_eq!(strerror(99999), b"Unknown error 99999");
    }

    #[test]
    fn parses_prefixes() {
        assert_eq!(strtod(b"0x1p4zz"), Some(16.0));
        assert_eq!(strtod(b"1e+"), Some(1.0));
        assert_eq!(strtod(b"."), None);
        assert_eq!(strtod(b""), None);
    }
}

/// Ticks of the profiler: a timer of processor time whose signal makes a machine look.
pub mod ticks {
    use heap::Vm;
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering};

    /// The machine that is profiled. Not null only between [`start`] and [`stop`].
    static TARGET: AtomicPtr<Vm> = AtomicPtr::new(null_mut());
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static ADDRESS: AtomicU64 = AtomicU64::new(0);
    static BASE: AtomicU64 = AtomicU64::new(0);
    static COLLECTING: AtomicU8 = AtomicU8::new(0);

    /// What happened since the last look.
    #[derive(Clone, Copy, Debug)]
    pub struct Ticks {
        /// Number of ticks.
        pub count: u32,
        /// Address of the instruction at the first, 0 if unknown.
        pub address: u64,
        /// Slot 0 of the frame that the machine showed then.
        pub base: u64,
        /// The collector worked.
        pub collecting: bool,
    }

    extern "C" fn tick(_signal: libc::c_int, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let vm = TARGET.load(Ordering::Acquire);
        if vm.is_null() {
            return;
        }
        if COUNT.fetch_add(1, Ordering::Relaxed) == 0 {
            ADDRESS.store(address_of(context), Ordering::Relaxed);
            // SAFETY: the machine is alive while it is the target, and this is its thread; the fields are read, not followed.
            unsafe {
                BASE.store((&raw const (*vm).base).read_volatile() as u64, Ordering::Relaxed);
                COLLECTING.store((*vm).heap.collecting.get().into(), Ordering::Relaxed);
            }
        }
        // SAFETY: as above.
        unsafe { interp::demand(vm) };
    }

    fn address_of(context: *mut libc::c_void) -> u64 {
        // SAFETY: a handler with SA_SIGINFO gets a `ucontext_t`.
        #[cfg(target_os = "linux")]
        let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        return registers.gregs[libc::REG_RIP as usize] as u64;
        #[cfg(all(target_os = "linux", target_arch = "aarch64"))]
        return registers.pc;
        #[cfg(all(target_os = "linux", target_arch = "loongarch64"))]
        return registers.__pc;
        #[allow(unreachable_code)]
        {
            0
        }
    }

    /// Starts the timer. The machine must be stopped being profiled ([`stop`]) before it is dropped; it stays where it is: in a box.
    pub fn start(vm: &mut Vm, milliseconds: u32) {
        COUNT.store(0, Ordering::Relaxed);
        TARGET.store(vm, Ordering::Release);
        // SAFETY: the structure is filled before it is used; the handler does only what signal handlers may.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = tick as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGPROF, &raw const action, null_mut());
        }
        set_timer(milliseconds.max(1));
    }

    /// Stops the timer.
    pub fn stop() {
        if TARGET.load(Ordering::Acquire).is_null() {
            return;
        }
        set_timer(0);
        // SAFETY: ignoring a signal is always possible.
        unsafe { libc::signal(libc::SIGPROF, libc::SIG_IGN) };
        TARGET.store(null_mut(), Ordering::Release);
        COUNT.store(0, Ordering::Relaxed);
    }

    fn set_timer(milliseconds: u32) {
        let period =
            libc::timeval { tv_sec: (milliseconds / 1000).into(), tv_usec: (milliseconds % 1000 * 1000).into() };
        let value = libc::itimerval { it_interval: period, it_value: period };
        // SAFETY: the structure is complete; the old value is not asked for.
        unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const value, null_mut()) };
    }

    /// Returns what happened since the last call.
    pub fn take() -> Option<Ticks> {
        let ticks = Ticks {
            count: 0,
            address: ADDRESS.load(Ordering::Relaxed),
            base: BASE.load(Ordering::Relaxed),
            collecting: COLLECTING.load(Ordering::Relaxed) != 0,
        };
        let count = COUNT.swap(0, Ordering::Relaxed);
        (count != 0).then_some(Ticks { count, ..ticks })
    }
}
