//! Puts an object into memory.
//!
//! Invariant: pages with code are not writable once they are executable. They stay until the process ends.

use super::{Laid, find, malformed};
use heap::Vm;
use ir::tree::Packed;

/// Maps an object and gives its trees to a machine; returns how many there are.
pub(super) fn install(vm: &mut Vm, object: &Laid) -> Result<usize, String> {
    let len = object.bytes.len();
    let failed = |what: &str| format!("cannot {what}: {}", std::io::Error::last_os_error());
    // SAFETY: asks for memory of its own.
    let base = unsafe {
        let (prot, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        libc::mmap(std::ptr::null_mut(), len, prot, flags, -1, 0)
    };
    if base == libc::MAP_FAILED {
        return Err(failed("get memory"));
    }
    let memory = match object.at(base as u64) {
        Ok(memory) => memory,
        Err(why) => {
            // SAFETY: the mapping that was just made.
            unsafe { libc::munmap(base, len) };
            return Err(why);
        }
    };
    let found = match find(&memory, base as u64, object.head, object.code) {
        Ok(found) => found,
        Err(why) => {
            // SAFETY: as above.
            unsafe { libc::munmap(base, len) };
            return Err(why);
        }
    };
    // SAFETY: the mapping has `len` bytes, and its first pages are the code. It is never unmapped, so references into it stay; `find` has looked
    // at the text and where rows, code and tables lie. That code does what the text says is what loading an object trusts.
    unsafe {
        std::ptr::copy_nonoverlapping(memory.as_ptr(), base.cast(), len);
        if libc::mprotect(base, object.code, libc::PROT_READ | libc::PROT_EXEC) != 0 {
            return Err(failed("make code executable"));
        }
        let bytes = std::slice::from_raw_parts(base.cast::<u8>().add(found.text.0), found.text.1);
        let texts = Packed::parse(bytes).ok_or_else(|| malformed("text of the trees"))?;
        let rows = base.cast::<u8>().add(found.rows).cast();
        Ok(crate::trace::aot::install(vm, rows, found.count, &texts))
    }
}
