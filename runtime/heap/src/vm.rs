//! The state of a virtual machine: dispatch table, the running frame, roots, heap, hooks.
//!
//! Invariant: `dispatch` is at offset 0 (handlers jump through it).
//! Invariant: `base`, `pc`, `top` are those of the running frame whenever Rust code other than a handler runs.
//! Fields that `&Vm` must be able to change (allocation, the pending error, the top of the stack) are `Cell`s.

use crate::alloc::Heap;
use crate::object::{ProtoObj, StrObj, TabObj, ThreadObj};
use crate::value::Value;
use abi::abort::Abort;
use abi::{metamethod, vmfield};
use std::any::{Any, TypeId};
use std::cell::Cell;
use std::collections::HashMap;

/// An instruction handler: `(base, pc, insn, vm, kbase)`.
pub type Handler = unsafe extern "C" fn(*mut u64, *const u32, u64, *mut Vm, *const u64);

/// Says that an error was raised; its value is in [`Vm::error`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "an error that was raised has to reach a caller"]
pub struct Raise(());

/// State of `debug.sethook`.
pub struct Hook {
    /// Events that call the hook: bits of [`hookmask`].
    pub mask: u8,
    /// Set while the hook function runs.
    pub active: bool,
    /// Instructions between two count events.
    pub count: u32,
    /// Instructions left until the next count event.
    pub left: u32,
    /// The hook function (nil: none).
    pub func: Cell<Value>,
    /// Instruction at which the last line event happened.
    pub last_pc: *const u32,
}

/// Bits of [`Hook::mask`].
pub mod hookmask {
    /// Function entry.
    pub const CALL: u8 = 1;
    /// Function return.
    pub const RETURN: u8 = 2;
    /// New line.
    pub const LINE: u8 = 4;
    /// Every `count` instructions.
    pub const COUNT: u8 = 8;
}

/// One trace as the interpreter sees it.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct TraceEntry {
    /// Its code; `None` where it cannot be entered (any more).
    pub entry: Option<unsafe extern "C" fn(*mut Vm, *mut u64) -> u64>,
    /// The instruction that the trace's own replaced.
    pub start_ins: u32,
    /// Entries from the interpreter, and from native code that calls the function.
    pub entries: u32,
    /// How many of them were native code's.
    pub calls: u32,
}

/// The code of a trace: called with the machine and slot 0 of the running frame.
pub type TraceCode = unsafe extern "C" fn(*mut Vm, *mut u64) -> u64;

/// What [`JitHooks::around`] answers if the trace is not to be entered.
pub const NOT_ENTERED: u64 = u64::MAX;

/// Number of hot counters.
pub const HOT_COUNTERS: usize = 64;

/// What the trace compiler and the interpreter know of each other. The functions do nothing until the compiler sets them.
#[repr(C)]
pub struct JitHooks {
    /// Traces by number; the compiler owns the table.
    pub traces: *const TraceEntry,
    /// Numbers in the table.
    pub ntraces: u32,
    /// Start value of the counters behind a loop that became hot: loops count down by 2, so twice the number of rounds.
    pub hotloop: u16,
    /// The same for a function that became hot: calls count down by 1.
    pub hotcall: u16,
    /// Counters by the address of the instruction behind the counting one, divided by 4.
    pub hotcount: [u16; HOT_COUNTERS],
    /// Numbers of the traces that begin with `ITERN`; 0 is none. (Written by `interp::jit` alone.)
    pub next_loops: [Cell<u16>; 256],
    /// The compiler's own state.
    pub data: *mut (),
    /// Asked for the code of a trace that has none when it is to be entered.
    pub bind: fn(&mut Vm, u32) -> Option<TraceCode>,
    /// Number of traces that run on the native stack.
    pub depth: u32,
    /// They all have to be left before any other is entered: `interp::jit::request_attention`.
    pub leaving: Cell<bool>,
    /// Loops and calls are counted. Only `interp::set_jit` changes it.
    pub on: bool,
    /// A trace is being recorded. Only `interp::set_recording` changes it.
    pub recording: bool,
    /// A counter ran out. `base` and `pc` are set, `pc` behind the instruction, which runs
    /// afterwards and is not shown to `record`. At a function head `multres` is the number of arguments.
    pub hot: fn(&mut Vm),
    /// Called before each instruction while recording; `base` and `pc` as for `hot`. Function heads have the number of arguments
    /// in the high half (and in `multres`).
    pub record: fn(&mut Vm, u64),
    /// The recording has to end: recording is switched off behind it.
    pub abort: fn(&mut Vm, Abort),
    /// Called instead of a trace's code, if set, with the trace's number and its code: for tests of the compiler. Answers as the code does,
    /// or [`NOT_ENTERED`]. Behind a change `interp::jit::refresh` has to be called.
    pub around: Option<unsafe fn(*mut Vm, u32, TraceCode) -> u64>,
    /// Told of the main prototype of every chunk that is loaded, before it runs.
    pub loaded: fn(&Vm, *mut ProtoObj),
    /// Hands all values that traces refer to, and their prototypes (tag `PROTO`), to the collector. Returns how many bytes are counted for the traces.
    pub mark: fn(&Vm, &mut dyn FnMut(Value)) -> usize,
    /// The collector has marked and is about to free: says whether the object at an address stays. (Asked of prototypes.)
    pub sweep: fn(&Vm, &dyn Fn(u64) -> bool),
    /// Something waits for [`JitHooks::deliver`]: events of the compiler, a tick of the profiler. Also set by signal handlers.
    pub pending: std::sync::atomic::AtomicBool,
    /// Called before an instruction of a Lua function once something is pending. It may run Lua code above `top`.
    pub deliver: fn(&mut Vm, *mut u64),
}

impl JitHooks {
    fn new() -> JitHooks {
        JitHooks {
            traces: std::ptr::null(),
            ntraces: 0,
            hotloop: 112,
            hotcall: 112,
            hotcount: [112; HOT_COUNTERS],
            next_loops: std::array::from_fn(|_| Cell::new(0)),
            leaving: Cell::new(false),
            data: std::ptr::null_mut(),
            bind: |_, _| None,
            depth: 0,
            on: false,
            recording: false,
            hot: |_| {},
            record: |_, _| {},
            abort: |_, _| {},
            around: None,
            loaded: |_, _| {},
            mark: |_, _| 0,
            sweep: |_, _| {},
            pending: std::sync::atomic::AtomicBool::new(false),
            deliver: |_, _| {},
        }
    }

    /// Returns a trace, if there is one of that number.
    pub fn trace(&self, number: u32) -> Option<&TraceEntry> {
        // SAFETY: the table has `ntraces` rows (the compiler keeps both in step).
        (number < self.ntraces).then(|| unsafe { &*self.traces.add(number as usize) })
    }
}

/// What the next handler is called with, where handlers cannot call each other.
pub struct Bounce {
    /// The handler.
    pub handler: Option<Handler>,
    /// Slot 0.
    pub base: *mut u64,
    /// The next instruction.
    pub pc: *const u32,
    /// The instruction.
    pub insn: u64,
    /// Number constant 0.
    pub k: *const u64,
}

/// Values of [`Vm::exit`].
pub mod exit {
    /// The run loop is not left.
    pub const NONE: u32 = 0;
    /// The function that native code called has returned.
    pub const RETURNED: u32 = 1;
    /// An error was raised.
    pub const FAILED: u32 = 2;
}

/// A virtual machine.
#[repr(C)]
pub struct Vm {
    /// Handlers by opcode; swapped while hooks are active.
    pub dispatch: [Handler; 256],
    /// Slot 0 of the running frame.
    pub base: *mut u64,
    /// The instruction after the running one.
    pub pc: *const u32,
    /// End of the running builtin's arguments and results.
    pub top: Cell<*mut u64>,
    /// Number of multiple results.
    pub multres: u64,
    /// End of what frames of the running coroutine may use.
    pub stack_max: *mut u64,
    /// The running coroutine.
    pub cur: *mut ThreadObj,
    /// Metatables of the base types by [`Value::type_index`]; booleans share index 1.
    pub base_meta: [*mut TabObj; 16],
    /// Where precompiled code left, see `vmfield::LEFT`.
    pub left: *mut u8,
    /// Allocation state.
    pub heap: Heap,
    /// The error value that is on its way.
    pub error: Cell<Value>,
    /// The main coroutine.
    pub main: *mut ThreadObj,
    /// The registry.
    pub registry: *mut TabObj,
    /// Keys of metamethods.
    pub mm_names: [*mut StrObj; metamethod::COUNT],
    /// The hook.
    pub hook: Hook,
    /// Where the trampoline goes on.
    pub bounce: Bounce,
    /// Names of the types by [`Value::type_index`], as `type` returns them.
    pub type_names: [Value; 16],
    /// Why the run loop was left: an [`exit`].
    pub exit: u32,
    /// The error handler has already seen the pending error.
    pub handled: Cell<bool>,
    /// An error handler runs.
    pub in_handler: bool,
    /// Instructions that may still run; `u64::MAX` is no limit.
    pub budget: u64,
    /// Depth of native calls into the interpreter.
    pub native_depth: u32,
    /// Set from a signal handler or another thread: the next safe moment raises "interrupted!".
    pub interrupt: std::sync::atomic::AtomicBool,
    /// "not enough memory", allocated in advance.
    pub(crate) oom: *mut StrObj,
    /// The pending error is a message that the heap raised and that still lacks its position.
    pub bare: Cell<bool>,
    /// The trace compiler.
    pub jit: JitHooks,
    /// State of libraries, by type.
    host: HashMap<TypeId, Box<dyn Any>>,
}

// What compiled code relies on.
const _: () = {
    use std::mem::offset_of;
    const fn is(at: usize, field: i32) -> bool {
        at == field as usize
    }
    assert!(offset_of!(Vm, dispatch) == 0);
    assert!(is(offset_of!(Vm, base), vmfield::BASE) && is(offset_of!(Vm, pc), vmfield::PC));
    assert!(is(offset_of!(Vm, top), vmfield::TOP) && is(offset_of!(Vm, multres), vmfield::MULTRES));
    assert!(is(offset_of!(Vm, stack_max), vmfield::STACK_MAX) && is(offset_of!(Vm, cur), vmfield::CUR));
    assert!(is(offset_of!(Vm, left), vmfield::LEFT));
    assert!(is(offset_of!(Vm, base_meta), vmfield::BASE_META));
    assert!(is(offset_of!(Vm, heap.gc_epoch), vmfield::GC_EPOCH) && is(offset_of!(Vm, heap.due), vmfield::ATTENTION));
    assert!(is(offset_of!(Vm, heap.attention), vmfield::ATTENTION + 1));
    assert!(is(offset_of!(Vm, heap.barred), vmfield::ATTENTION + 2) && vmfield::ATTENTION % 4 == 1);
    // What `Heap::is_quiet` reads as one word.
    assert!(offset_of!(Heap, gc_epoch) == 0 && offset_of!(Heap, due) == 1 && align_of::<Heap>().is_multiple_of(4));
    assert!(offset_of!(Heap, attention) == 2 && offset_of!(Heap, barred) == 3);
    assert!(is(offset_of!(Vm, heap.shape_records), vmfield::SHAPES));
    assert!(is(offset_of!(Vm, heap.chars), vmfield::CHARS));
    assert!(is(offset_of!(Vm, heap.runs), vmfield::RUNS) && offset_of!(crate::alloc::Run, end) == 8);
};

/// Limits and modes of a virtual machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// Bytes the heap may hold at most; 0 is no limit.
    pub max_memory: usize,
    /// Collects at every safepoint.
    pub gc_stress: bool,
    /// Seed of the string hash; 0 draws one from the system.
    pub hash_seed: u64,
    /// Bytes that a program may allocate between two collections, however little of it is live: 0 saves memory, more saves time.
    /// If it is not 0, large pages are used from a smaller size of the heap on.
    pub room: usize,
}

impl Vm {
    /// Creates a machine with an empty global table. Its dispatch table traps until the interpreter fills it.
    pub fn new(config: Config) -> Box<Vm> {
        unsafe extern "C" fn trap(_: *mut u64, _: *const u32, _: u64, _: *mut Vm, _: *const u64) {
            std::process::abort()
        }
        // Written where it stays: on the stack it would touch pages of its own.
        let mut vm = Box::write(
            Box::new_uninit(),
            Vm {
                dispatch: [trap; 256],
                base: std::ptr::null_mut(),
                pc: std::ptr::null(),
                top: Cell::new(std::ptr::null_mut()),
                multres: 0,
                stack_max: std::ptr::null_mut(),
                cur: std::ptr::null_mut(),
                left: std::ptr::null_mut(),
                heap: Heap::new(config),
                error: Cell::new(Value::NIL),
                main: std::ptr::null_mut(),
                registry: std::ptr::null_mut(),
                base_meta: [std::ptr::null_mut(); 16],
                mm_names: [std::ptr::null_mut(); metamethod::COUNT],
                hook: Hook {
                    mask: 0,
                    active: false,
                    count: 0,
                    left: 0,
                    func: Cell::new(Value::NIL),
                    last_pc: std::ptr::null(),
                },
                bounce: Bounce {
                    handler: None,
                    base: std::ptr::null_mut(),
                    pc: std::ptr::null(),
                    insn: 0,
                    k: std::ptr::null(),
                },
                type_names: [Value::NIL; 16],
                exit: exit::NONE,
                handled: Cell::new(false),
                in_handler: false,
                budget: u64::MAX,
                native_depth: 0,
                interrupt: std::sync::atomic::AtomicBool::new(false),
                oom: std::ptr::null_mut(),
                bare: Cell::new(false),
                jit: JitHooks::new(),
                host: HashMap::new(),
            },
        );
        vm.init_roots();
        vm
    }

    /// Returns the state of a library, made on first use.
    pub fn host<T: Default + 'static>(&mut self) -> &mut T {
        let slot = self.host.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        match slot.downcast_mut() {
            Some(state) => state,
            None => unreachable!("host state is keyed by its own type"),
        }
    }

    /// Returns the state of a library, if it exists.
    pub fn host_ref<T: 'static>(&self) -> Option<&T> {
        self.host.get(&TypeId::of::<T>()).and_then(|s| s.downcast_ref())
    }

    /// Raises `value`.
    pub fn raise(&self, value: Value) -> Raise {
        self.error.set(value);
        self.handled.set(false);
        self.bare.set(false);
        Raise(())
    }

    /// Raises "not enough memory".
    #[cold]
    pub fn raise_oom(&self) -> Raise {
        self.raise(if self.oom.is_null() { Value::NIL } else { Value::from_str(self.oom) })
    }

    /// Raises a message without a position; whoever knows the position may add it ([`Vm::bare`]).
    #[cold]
    pub fn raise_msg(&self, message: &str) -> Raise {
        match crate::strtab::intern(self, message.as_bytes()) {
            Ok(s) => {
                let raise = self.raise(Value::from_str(s));
                self.bare.set(true);
                raise
            }
            Err(raise) => raise,
        }
    }

    /// Says again that the pending error is on its way.
    pub fn reraise(&self) -> Raise {
        Raise(())
    }
}
