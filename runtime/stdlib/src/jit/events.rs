//! Events of the trace compiler on their way to the program's handlers (`jit.attach`).
//!
//! The compiler posts plain data while it works; it never calls Lua. Once no recording is under way, and before the next instruction of a Lua
//! function ([`deliver`]), the handlers are called with LuaJIT's arguments. Handlers may do anything. While they run nothing is recorded and
//! nothing is posted, as in LuaJIT; their errors are reported on standard error and go no further.
//!
//! Invariant: functions in the queue are marked by the compiler's roots ([`mark`]).

use super::JitState;
use super::util::ProtoRef;
use crate::io::Shared;
use abi::abort::Abort;
use abi::grow::Growth;
use heap::{Raise, Tab, Value, Vm};
use luac::bytecode::Chunk;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write;

/// Events that programs want.
pub mod wants {
    /// `trace`
    pub const TRACE: u8 = 1;
    /// `record`
    pub const RECORD: u8 = 2;
    /// `texit`
    pub const EXIT: u8 = 4;
    /// `bc`
    pub const BC: u8 = 8;
}

/// Name and bit of each event.
const NAMES: [(&str, u8); 4] =
    [("trace", wants::TRACE), ("record", wants::RECORD), ("texit", wants::EXIT), ("bc", wants::BC)];

/// Longest queue; what happens beyond is not told, nor what memory is short for.
const MAX_QUEUE: usize = 200_000;

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A recording began, at an exit of another trace or not.
    Start {
        /// Number that the trace will have.
        trace: u32,
        /// Function and instruction.
        at: (Value, u32),
        /// Parent and exit.
        parent: Option<(u32, u32)>,
    },
    /// A trace is finished.
    Stop {
        /// Its number.
        trace: u32,
        /// Function and instruction where it ends.
        at: (Value, u32),
    },
    /// A recording was given up.
    Abort {
        /// Number it would have had.
        trace: u32,
        /// Function and instruction where.
        at: (Value, u32),
        /// Why.
        why: Abort,
        /// The whole message, where it says more than the reason's.
        message: Option<String>,
    },
    /// All traces were freed.
    Flush,
    /// An instruction was recorded.
    Record {
        /// Number that the trace will have.
        trace: u32,
        /// Function and instruction; none for builtins.
        at: (Value, Option<u32>),
        /// Depth of inlined calls.
        depth: u32,
    },
    /// An exit was taken.
    Exit {
        /// Trace and exit.
        from: (u32, u32),
        /// General registers.
        gpr: Box<[u64; 16]>,
        /// Floating-point registers.
        fpr: Box<[u64; 16]>,
    },
    /// A function was compiled to bytecode.
    Bytecode(ProtoRef),
}

/// The queue and who reads it.
#[derive(Default)]
pub struct Events {
    queue: VecDeque<Event>,
    /// Who decides whether the queue may grow.
    growth: Growth,
    wanted: u8,
    delivering: bool,
    /// Chunks that were compiled and not told yet.
    chunks: RefCell<Vec<ProtoRef>>,
    /// Where functions are listed.
    listing: Option<Shared>,
}

/// Says which events are wanted, of [`wants`]; none while handlers run.
pub fn wanted(vm: &Vm) -> u8 {
    vm.host_ref::<Events>().map_or(0, |e| if e.delivering { 0 } else { e.wanted })
}

/// Says whether handlers run: nothing is recorded then.
pub fn is_delivering(vm: &Vm) -> bool {
    vm.host_ref::<Events>().is_some_and(|e| e.delivering)
}

/// Takes an event, if it is wanted. It is delivered some time after `interp::jit::announce`.
pub fn post(vm: &mut Vm, event: Event) {
    let bit = match event {
        Event::Start { .. } | Event::Stop { .. } | Event::Abort { .. } | Event::Flush => wants::TRACE,
        Event::Record { .. } => wants::RECORD,
        Event::Exit { .. } => wants::EXIT,
        Event::Bytecode(_) => wants::BC,
    };
    let events: &mut Events = vm.host();
    if !events.delivering
        && events.wanted & bit != 0
        && events.queue.len() < MAX_QUEUE
        && events.growth.room_behind(&mut events.queue).is_ok()
    {
        events.queue.push_back(event);
    }
}

/// Lets somebody decide whether the queue may grow.
pub fn grow_by(vm: &mut Vm, growth: Growth) {
    vm.host::<Events>().growth = growth;
}

/// Says whether something waits to be delivered.
pub fn are_waiting(vm: &Vm) -> bool {
    vm.host_ref::<Events>().is_some_and(|e| !e.queue.is_empty() && !e.delivering)
}

/// Shows the functions in the queue to the collector.
pub fn mark(vm: &Vm, visit: &mut dyn FnMut(Value)) {
    let Some(events) = vm.host_ref::<Events>() else { return };
    for event in &events.queue {
        match event {
            Event::Start { at, .. } | Event::Stop { at, .. } | Event::Abort { at, .. } => visit(at.0),
            Event::Record { at, .. } => visit(at.0),
            Event::Flush | Event::Exit { .. } | Event::Bytecode(_) => {}
        }
    }
}

/// Stores a handler of an event of any name.
pub(super) fn attach(vm: &mut Vm, event: &[u8]) {
    if let Some((_, bit)) = NAMES.iter().find(|(name, _)| name.as_bytes() == event) {
        let wanted = vm.host::<Events>().wanted | bit;
        listen(vm, wanted);
    }
}

/// Takes over which handlers are left in the table.
pub(super) fn detached(vm: &mut Vm) -> Result<(), Raise> {
    let mut wanted = 0;
    for (name, bit) in NAMES {
        if !handler(vm, name)?.is_nil() {
            wanted |= bit;
        }
    }
    listen(vm, wanted);
    Ok(())
}

fn listen(vm: &mut Vm, wanted: u8) {
    vm.host::<Events>().wanted = wanted;
    if let Some(compiler) = vm.host::<JitState>().compiler {
        compiler.listen(vm, wanted);
    }
}

/// Returns the table of handlers.
pub(super) fn handlers(vm: &Vm) -> Result<Tab<'_>, Raise> {
    crate::register::registry_table(vm, "_VMEVENTS")
}

fn handler(vm: &Vm, event: &str) -> Result<Value, Raise> {
    Ok(handlers(vm)?.get_name(vm, event)?.raw())
}

/// Calls the handlers of everything that waits, above `top` of the running frame.
pub fn deliver(vm: &mut Vm, top: &mut *mut u64) {
    if !are_waiting(vm) {
        return;
    }
    vm.host::<Events>().delivering = true;
    while let Some(event) = vm.host::<Events>().queue.pop_front() {
        if !send(vm, &event, top).unwrap_or(false) {
            // No memory or no stack: the program goes on without these events.
            vm.error.set(Value::NIL);
            vm.host::<Events>().queue.clear();
        }
    }
    vm.host::<Events>().delivering = false;
}

fn number(n: impl Into<f64>) -> Value {
    Value::from_num(n.into())
}

/// Sends one event; says whether there was room.
fn send(vm: &mut Vm, event: &Event, top: &mut *mut u64) -> Result<bool, Raise> {
    let text = |s: &str| vm.str(s.as_bytes()).map(|s| s.val().raw());
    let (name, arguments): (&str, Vec<Value>) = match event {
        Event::Start { trace, at, parent } => {
            let mut list = vec![text("start")?, number(*trace), at.0, number(at.1)];
            list.extend(parent.iter().flat_map(|(t, e)| [number(*t), number(*e)]));
            ("trace", list)
        }
        Event::Stop { trace, at } => ("trace", vec![text("stop")?, number(*trace), at.0]),
        Event::Abort { trace, at, why, message } => {
            let what = match message {
                Some(message) => text(message)?,
                None => number(*why as u8),
            };
            ("trace", vec![text("abort")?, number(*trace), at.0, number(at.1), what, Value::NIL])
        }
        Event::Flush => ("trace", vec![text("flush")?]),
        Event::Record { trace, at, depth } => {
            ("record", vec![number(*trace), at.0, at.1.map_or(number(-1), number), number(*depth)])
        }
        Event::Exit { from, gpr, fpr } => {
            let mut list = vec![number(from.0), number(from.1), number(16), number(16)];
            // As LuaJIT shows them: integers as numbers, which may round.
            list.extend(gpr.iter().map(|r| Value::from_num(*r as i64 as f64)));
            list.extend(fpr.iter().map(|r| Value::from_foreign_num(f64::from_bits(*r))));
            ("texit", list)
        }
        Event::Bytecode(p) => ("bc", vec![super::util::new_proto(vm, p.clone())?.raw()]),
    };
    let f = handler(vm, name)?;
    if !f.is_func() {
        return Ok(true);
    }
    Ok(call(vm, top, f, &arguments))
}

/// Calls a handler; reports its error. Says whether there was room.
pub(super) fn call(vm: &mut Vm, top: &mut *mut u64, f: Value, arguments: &[Value]) -> bool {
    match interp::call_delivered(vm, top, f, arguments) {
        None => false,
        Some(Ok(())) => true,
        Some(Err(error)) => {
            let bytes = error_text(vm, error);
            // If standard error is gone there is nobody to tell.
            let _ = std::io::stderr().write_all(&[b"VM handler failed: ", &bytes[..], b"\n"].concat());
            true
        }
    }
}

fn error_text(vm: &mut Vm, error: Value) -> Vec<u8> {
    // The error is a root again, so that its handle is sound.
    vm.error.set(error);
    let text = vm.error_value().as_str().map_or_else(|| b"?".to_vec(), |s: heap::Str<'_>| s.bytes().to_vec());
    vm.error.set(Value::NIL);
    text
}

/// Notes a chunk that was compiled from text, if somebody wants to know.
pub(crate) fn note_chunk(vm: &Vm, chunk: &Chunk) {
    if let Some(events) = vm.host_ref::<Events>()
        && (events.wanted & wants::BC != 0 && !events.delivering || events.listing.is_some())
    {
        events.chunks.borrow_mut().push(ProtoRef::main(chunk.clone()));
    }
}

/// Tells of the functions in chunks that were noted, inner ones first. Called by everybody who loads chunks.
pub fn compiled(vm: &mut Vm) {
    let Some(events) = vm.host_ref::<Events>() else { return };
    let chunks = events.chunks.take();
    let mut protos = Vec::new();
    chunks.into_iter().for_each(|c| c.inside_out(&mut protos));
    if protos.is_empty() {
        return;
    }
    if let Some(out) = vm.host::<Events>().listing.clone() {
        protos.iter().for_each(|p| super::bc::write_list(p, &out));
    }
    for p in protos {
        post(vm, Event::Bytecode(p));
    }
    interp::jit::announce(vm);
}

/// Lists all functions that are compiled from now on, or no longer.
pub(super) fn list(vm: &mut Vm, out: Option<Shared>) {
    vm.host::<Events>().listing = out;
}
