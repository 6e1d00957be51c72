//! Errors of the machine and of builtins: their texts and positions.

use super::frames::{current_line, current_thread, frame, line_of};
use super::names::{frame_name, func_info, slot_name};
use crate::dispatch::{function_of, proto_of};
use heap::{Func, ProtoObj, Raise, Value, Vm};

/// Returns the position `chunk:line: ` of the Lua function at `level`, or nothing.
pub fn position(vm: &Vm, level: u32) -> Vec<u8> {
    frame(vm, current_thread(vm), level)
        .and_then(|f| {
            let line = current_line(&f)?;
            let mut text = func_info(f.func).short_src;
            text.extend_from_slice(format!(":{line}: ").as_bytes());
            Some(text)
        })
        .unwrap_or_default()
}

fn raise(vm: &Vm, text: &[u8]) -> Raise {
    match vm.str(text) {
        Ok(s) => vm.raise_val(s.val()),
        Err(raise) => raise,
    }
}

/// Raises `message` behind the position of `level` (0: none).
pub fn error_at(vm: &Vm, level: u32, message: &[u8]) -> Raise {
    let mut text = if level == 0 { Vec::new() } else { position(vm, level) };
    text.extend_from_slice(message);
    raise(vm, &text)
}

/// Raises `message` at the running function's instruction, if it is a Lua function.
pub(crate) fn error_here(vm: &Vm, message: &[u8]) -> Raise {
    let mut text = position(vm, 0);
    text.extend_from_slice(message);
    raise(vm, &text)
}

/// Raises `message` as [`error_here`] does; for callers that answer with a status of their own.
pub(crate) fn raise_here(vm: &Vm, message: &str) {
    let _ = error_here(vm, message.as_bytes());
}

/// The running Lua function and the index of its running instruction.
fn running(vm: &Vm) -> Option<(Func<'_>, u32)> {
    // SAFETY: the running frame is in the machine.
    unsafe {
        let f = function_of(vm.base);
        if (*f).builtin != 0 {
            return None;
        }
        let at = vm.pc.offset_from(ProtoObj::bc(proto_of(vm.base))) as u32;
        Some((Func::from_raw(f), at.saturating_sub(1)))
    }
}

/// Raises "attempt to <what> <kind> 'name' (a <type> value)" for the value in slot `at`.
pub(crate) fn operand_error(vm: &Vm, what: &str, culprit: Value, at: Option<u8>) -> Raise {
    let name = running(vm).and_then(|(f, i)| slot_name(vm, f, i, at?.into()));
    let mut text = format!("attempt to {what} ").into_bytes();
    match name {
        Some((kind, name)) => {
            text.extend_from_slice(format!("{kind} '").as_bytes());
            text.extend_from_slice(&name);
            text.extend_from_slice(format!("' (a {} value)", culprit.type_name()).as_bytes());
        }
        None => text.extend_from_slice(format!("a {} value", culprit.type_name()).as_bytes()),
    }
    error_here(vm, &text)
}

/// Raises the error of indexing something that cannot be.
pub(crate) fn index_error(vm: &Vm, culprit: Value, at: Option<u8>) -> Raise {
    operand_error(vm, "index", culprit, at)
}

/// Raises the error of calling something that cannot be.
pub(crate) fn call_error(vm: &Vm, culprit: Value, at: Option<u8>) -> Raise {
    operand_error(vm, "call", culprit, at)
}

/// Raises the error of comparing what has no order.
pub(crate) fn compare_error(vm: &Vm, a: Value, b: Value) -> Raise {
    let (x, y) = (a.type_name(), b.type_name());
    let text =
        if x == y { format!("attempt to compare two {x} values") } else { format!("attempt to compare {x} with {y}") };
    error_here(vm, text.as_bytes())
}

/// Raises "bad argument #i+1 to 'name' (message)" for the running builtin.
pub fn arg_error(vm: &Vm, i: u32, message: &str) -> Raise {
    let name = frame(vm, current_thread(vm), 0).and_then(|f| frame_name(vm, &f));
    let mut text = Vec::new();
    match name {
        Some(("method", name)) if i == 0 => {
            text.extend_from_slice(b"calling '");
            text.extend_from_slice(&name);
            text.extend_from_slice(format!("' on bad self ({message})").as_bytes());
        }
        Some((kind, name)) => {
            let n = if kind == "method" { i } else { i + 1 };
            text.extend_from_slice(format!("bad argument #{n} to '").as_bytes());
            text.extend_from_slice(&name);
            text.extend_from_slice(format!("' ({message})").as_bytes());
        }
        None => text.extend_from_slice(format!("bad argument #{} to '?' ({message})", i + 1).as_bytes()),
    }
    error_at(vm, 1, &text)
}

/// Raises "stack overflow" for a function that found no room for its frame; its caller is where it happens.
pub(crate) fn overflow_at_entry(vm: &mut Vm) {
    // SAFETY: the callee's frame has its link; where the caller is a Lua function, it becomes the running one.
    unsafe {
        let link = *vm.base.sub(1);
        let callee = function_of(vm.base);
        let mut text = Vec::new();
        if (*callee).builtin == 0 {
            let f = Func::from_raw(callee);
            if let Some(line) = line_of(f, 0) {
                text = func_info(f).short_src;
                text.extend_from_slice(format!(":{line}: ").as_bytes());
            }
            vm.pc = ProtoObj::bc(heap::FuncObj::proto(callee)).add(1);
        } else if link & abi::frame::TYPE_LUA == abi::frame::LUA {
            text = position(vm, 1);
        }
        text.extend_from_slice(b"stack overflow");
        let _ = raise(vm, &text);
    }
}
