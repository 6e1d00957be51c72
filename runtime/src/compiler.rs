//! What options say to the compiler: `-j`, `-O`, `-J`.

use crate::options::Action;
use crate::program;
use heap::Raise;
use interp::Cx;

/// What an option did, or a message of what is wrong with it.
type Step = Result<Result<(), Option<Vec<u8>>>, Raise>;

/// Does what an option says. Options that do not concern the compiler do nothing.
pub fn act(cx: &mut Cx<'_>, action: &Action) -> Step {
    match action {
        Action::Execute(_) | Action::Require(_) => Ok(Ok(())),
        Action::Jit(command) => jit_command(cx, command),
        Action::Optimise(flags) => {
            push_loaded(cx, b"jit.opt")?;
            push_field(cx, "start")?;
            call_plain(cx, flags)
        }
        Action::Seed(seed) => {
            crate::trace::set_seed(cx.vm_mut(), *seed);
            Ok(Ok(()))
        }
        Action::ExitStress => Ok(crate::trace::set_stress(cx.vm_mut()).map_err(|message| Some(message.into()))),
    }
}

/// Runs `-j command` or `-j command=a,b`: a function of the library `jit`, or `start` of the module `jit.command`.
fn jit_command(cx: &mut Cx<'_>, text: &[u8]) -> Step {
    let (command, arguments) = match text.iter().position(|&b| b == b'=') {
        Some(i) => (&text[..i], &text[i + 1..]),
        None => (text, &b""[..]),
    };
    let height = cx.height();
    push_loaded(cx, b"jit")?;
    push_field(cx, &String::from_utf8_lossy(command))?;
    if cx.slot(cx.height() - 1).as_func().is_none() {
        cx.pop(cx.height() - height);
        push_global(cx, "require")?;
        cx.push_str(&[b"jit.", command].concat())?;
        if cx.pcall(1, Some(1))?.is_err() {
            let message = program::message(cx.slot(cx.height() - 1));
            if !message.as_ref().is_some_and(|m| m.starts_with(b"module ")) {
                return Ok(failed(cx));
            }
            return unknown_command(cx);
        }
        push_field(cx, "start")?;
        if cx.slot(cx.height() - 1).is_nil() {
            return unknown_command(cx);
        }
    }
    call_plain(cx, arguments)
}

fn unknown_command(cx: &mut Cx<'_>) -> Step {
    cx.pop(1);
    Ok(Err(Some(b"unknown luaJIT command or jit.* modules not installed".to_vec())))
}

/// Takes the error value on top for a message.
fn failed(cx: &mut Cx<'_>) -> Result<(), Option<Vec<u8>>> {
    let message = program::message(cx.slot(cx.height() - 1));
    cx.pop(1);
    Err(message)
}

/// Calls the function on top with the comma-separated `arguments` (an empty one is nil), without a traceback.
fn call_plain(cx: &mut Cx<'_>, arguments: &[u8]) -> Step {
    let mut nargs = 0;
    if !arguments.is_empty() {
        for text in arguments.split(|&b| b == b',') {
            cx.reserve(1)?;
            if text.is_empty() {
                cx.push(heap::Val::NIL);
            } else {
                cx.push_str(text)?;
            }
            nargs += 1;
        }
    }
    match cx.pcall(nargs, Some(0))? {
        Ok(_) => Ok(Ok(())),
        Err(()) => Ok(failed(cx)),
    }
}

fn push_global(cx: &mut Cx<'_>, name: &str) -> Result<(), Raise> {
    cx.push(cx.vm().globals().get_name(cx.vm(), name)?);
    Ok(())
}

/// Pushes what `package.loaded` has for a module, nil if nothing.
fn push_loaded(cx: &mut Cx<'_>, module: &[u8]) -> Result<(), Raise> {
    let vm = cx.vm();
    let value = match vm.registry().get_name(vm, "_LOADED")?.as_tab() {
        Some(loaded) => loaded.get_str(vm.str(module)?),
        None => heap::Val::NIL,
    };
    cx.push(value);
    Ok(())
}

/// Replaces the table on top by its field, nil if there is none.
fn push_field(cx: &mut Cx<'_>, name: &str) -> Result<(), Raise> {
    let top = cx.height() - 1;
    let value = match cx.slot(top).as_tab() {
        Some(table) => table.get_name(cx.vm(), name)?,
        None => heap::Val::NIL,
    };
    cx.set_slot(top, value);
    Ok(())
}
