//! How one instruction leads to the next: threaded handlers by tail calls.
//!
//! A handler has the signature `(base, pc, insn, vm, k)`: slot 0, the next instruction, the running instruction (with transient
//! data, such as an argument count, in its high half), the machine, and number constant 0. It ends by jumping through the
//! dispatch table at offset 0 of the machine, so the table can be swapped. What is not simple is tail-called as a cold
//! function of the same signature, which writes `base` and `pc` to the machine, calls an ordinary worker and goes on
//! from what the worker says: a [`Step`].
//!
//! Invariant: a handler holds no address of a local and nothing with a destructor across its end, else the jump becomes a call.
//! Invariant: handlers run only verified bytecode, so operands are in range for their frame and constants are of their kind.
//! Built with `cfg(trampoline)` a handler writes where to go on and returns; the run loop calls the next one.

/// What goes on after a worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Step {
    /// The frame and program counter in the machine.
    Next,
    /// The function below `vm.base`, with `vm.multres` arguments.
    Call,
    /// The error in `vm.error`.
    Fail,
    /// Native code that called.
    Leave,
}

/// Hides a counter's value from the compiler: a loop over slots has one or two rounds mostly, and one whose end cannot be
/// foreseen is not unrolled. Unrolled it would need registers that a handler has to save.
#[inline(always)]
pub(crate) fn opaque(i: usize) -> usize {
    #[cfg(not(any(miri, trampoline)))]
    {
        let mut i = i;
        // SAFETY: no instruction at all.
        unsafe { std::arch::asm!("/* {0} */", inout(reg) i, options(pure, nomem, nostack, preserves_flags)) };
        i
    }
    #[cfg(any(miri, trampoline))]
    i
}

/// Defines handlers.
macro_rules! handlers {
    ($($(#[$meta:meta])* fn $name:ident($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident) $body:block)*) => {$(
        $(#[$meta])*
        #[allow(unused_variables, unused_mut, unused_unsafe, clippy::missing_safety_doc)]
        pub(crate) unsafe extern "C" fn $name(
            mut $base: *mut u64, mut $pc: *const u32, $insn: u64, $vm: *mut heap::Vm, $k: *const u64,
        ) {
            // SAFETY: verified bytecode on a live frame of the running coroutine (dispatch invariants).
            unsafe { $body }
        }
    )*};
}

/// Goes on with handler `h`.
#[cfg(not(trampoline))]
macro_rules! jump {
    ($h:expr, $base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr) => {
        return $h($base, $pc, $insn, $vm, $k)
    };
}
#[cfg(trampoline)]
macro_rules! jump {
    ($h:expr, $base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr) => {{
        (*$vm).bounce = heap::vm::Bounce { handler: Some($h), base: $base, pc: $pc, insn: $insn, k: $k };
        return;
    }};
}

/// Goes on with the instruction at `pc`.
macro_rules! next {
    ($base:expr, $pc:expr, $vm:expr, $k:expr) => {{
        let pc = $pc;
        let insn = *pc;
        let h = *$vm.cast::<heap::vm::Handler>().add((insn & 0xff) as usize);
        jump!(h, $base, pc.add(1), u64::from(insn), $vm, $k)
    }};
}

/// Goes on behind the call before `pc`, whose results are in place: they begin below the frame at `base`, which returned them.
macro_rules! next_in_caller {
    ($base:expr, $pc:expr, $vm:expr) => {{
        let caller = $base.sub(load_a!($pc)).sub(2);
        let k = crate::dispatch::constants_of(caller);
        next!(caller, $pc, $vm, k)
    }};
}

/// Takes the jump at `pc`, which follows a comparison.
macro_rules! take_jump {
    ($base:expr, $pc:expr, $vm:expr, $k:expr) => {{
        let j = *$pc;
        next!($base, $pc.offset((j >> 16) as isize - 0x7fff), $vm, $k)
    }};
}

/// Goes on as a worker says, reloading everything from the machine.
macro_rules! go {
    ($step:expr, $vm:expr) => {
        match $step {
            crate::dispatch::Step::Next => {
                jump!(crate::dispatch::resume, std::ptr::null_mut(), std::ptr::null(), 0, $vm, std::ptr::null())
            }
            crate::dispatch::Step::Call => {
                jump!(crate::dispatch::enter, std::ptr::null_mut(), std::ptr::null(), 0, $vm, std::ptr::null())
            }
            crate::dispatch::Step::Fail => {
                (*$vm).exit = heap::vm::exit::FAILED;
                return;
            }
            crate::dispatch::Step::Leave => {
                (*$vm).exit = heap::vm::exit::RETURNED;
                return;
            }
        }
    };
}

/// Operand `A`.
macro_rules! a {
    ($insn:expr) => {
        ($insn >> 8) as u8 as usize
    };
}
/// Operand `B`; the high half of `insn` must be 0.
macro_rules! b {
    ($insn:expr) => {
        ($insn >> 24) as usize
    };
}
/// Operand `C`.
macro_rules! c {
    ($insn:expr) => {
        ($insn >> 16) as u8 as usize
    };
}
/// Operand `D`; the high half of `insn` must be 0.
macro_rules! d {
    ($insn:expr) => {
        ($insn >> 16) as usize
    };
}
/// Operand `A` of the instruction before `$pc`. Where a handler needs several operands, loading them again is less than copying and shifting
/// the word it got. Not for instructions that have another form while there is a trace: what a handler got may be the one that was replaced.
macro_rules! load_a {
    ($pc:expr) => {
        crate::dispatch::byte_of($pc, 1)
    };
}
/// Operand `B` of that instruction.
macro_rules! load_b {
    ($pc:expr) => {
        crate::dispatch::byte_of($pc, 3)
    };
}
/// Operand `C` of that instruction.
macro_rules! load_c {
    ($pc:expr) => {
        crate::dispatch::byte_of($pc, 2)
    };
}
/// Operand `D` of that instruction.
macro_rules! load_d {
    ($pc:expr) => {
        crate::dispatch::half_of($pc)
    };
}
/// Writes the frame to the machine.
macro_rules! spill {
    ($vm:expr, $base:expr, $pc:expr) => {{
        (*$vm).base = $base;
        (*$vm).pc = $pc;
    }};
}

handlers! {
    /// Goes on in the frame of the machine, a Lua function's.
    #[inline(never)]
    fn resume(_base, _pc, _insn, vm, _k) {
        let base = (*vm).base;
        let k = constants_of(base);
        next!(base, (*vm).pc, vm, k)
    }
    /// Enters the function below `vm.base`.
    #[inline(never)]
    fn enter(_base, _pc, _insn, vm, k) {
        let base = (*vm).base;
        let f = function_of(base);
        let pc = (*f).pc;
        let insn = *pc;
        let h = *vm.cast::<heap::vm::Handler>().add((insn & 0xff) as usize);
        jump!(h, base, pc.add(1), u64::from(insn) | (*vm).multres << 32, vm, k)
    }
}

/// Returns byte `i`, from the lowest, of the instruction before `pc`.
///
/// # Safety
/// `pc` is behind an instruction.
#[inline(always)]
pub(crate) unsafe fn byte_of(pc: *const u32, i: usize) -> usize {
    let at = if cfg!(target_endian = "little") { i } else { 3 - i };
    // SAFETY: see the contract.
    unsafe { usize::from(*pc.sub(1).cast::<u8>().add(at)) }
}

/// Returns the upper half of the instruction before `pc`.
///
/// # Safety
/// `pc` is behind an instruction.
#[inline(always)]
pub(crate) unsafe fn half_of(pc: *const u32) -> usize {
    let at = if cfg!(target_endian = "little") { 1 } else { 0 };
    // SAFETY: see the contract.
    unsafe { usize::from(*pc.sub(1).cast::<u16>().add(at)) }
}

/// Returns the function of the frame at `base`.
///
/// # Safety
/// `base` is a frame.
#[inline(always)]
pub(crate) unsafe fn function_of(base: *mut u64) -> *mut heap::FuncObj {
    // SAFETY: base[-2] is the frame's function (frame layout).
    unsafe { (*base.sub(2) & abi::tag::PTR_MASK) as *mut heap::FuncObj }
}

/// Returns the prototype of the frame at `base`.
///
/// # Safety
/// `base` is a Lua function's frame.
#[inline(always)]
pub(crate) unsafe fn proto_of(base: *mut u64) -> *mut heap::ProtoObj {
    // SAFETY: see the contract.
    unsafe { heap::FuncObj::proto(function_of(base)) }
}

/// Returns number constant 0 of the frame at `base`.
///
/// # Safety
/// `base` is a Lua function's frame.
#[inline(always)]
pub(crate) unsafe fn constants_of(base: *mut u64) -> *const u64 {
    // SAFETY: see the contract.
    unsafe { (*proto_of(base)).k }
}

/// Runs from `step` until native code that called is returned to (`true`) or an error is raised (`false`).
pub(crate) fn run(vm: *mut heap::Vm, step: Step) -> bool {
    // SAFETY: `vm` is a live machine whose frame is what `step` needs (callers in this crate).
    unsafe {
        let start = match step {
            Step::Next => resume,
            Step::Call => enter,
            Step::Fail => return false,
            Step::Leave => return true,
        };
        run_from(vm, start)
    }
}

/// Runs like [`run`] from a handler that takes everything from the machine.
///
/// # Safety
/// The machine is live, and its frame is what the handler needs.
pub(crate) unsafe fn run_from(vm: *mut heap::Vm, start: heap::vm::Handler) -> bool {
    use heap::vm::exit;
    // SAFETY: see the contract.
    unsafe {
        (*vm).exit = exit::NONE;
        start(std::ptr::null_mut(), std::ptr::null(), 0, vm, std::ptr::null());
        #[cfg(trampoline)]
        while let Some(h) = (*vm).bounce.handler.take() {
            let to = &(*vm).bounce;
            let (base, pc, insn, k) = (to.base, to.pc, to.insn, to.k);
            h(base, pc, insn, vm, k);
        }
        (*vm).exit == exit::RETURNED
    }
}
