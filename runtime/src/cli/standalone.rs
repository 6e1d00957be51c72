//! A run of the standalone program: `LUA_INIT`, options in their order, the script, the interactive mode.

use super::repl;
use heap::Raise;
use interp::Cx;
use runtime::machine::{self, Limits};
use runtime::options::{Action, Options};
use runtime::{chunk, compiler, program};
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStringExt;

/// What a step of the run says: the error was reported already.
type Step = Result<Result<(), ()>, Raise>;

/// Runs what the options say; returns the exit status.
pub fn run(all: &[Vec<u8>], o: &Options) -> u8 {
    let name = all.first().map(Vec::as_slice).filter(|n| !n.is_empty());
    let room = o.room.unwrap_or(0);
    let limits = Limits { max_memory: o.max_memory, room, ignore_environment: o.no_environment, ..Limits::default() };
    let mut vm = match machine::open(limits) {
        Ok(vm) => vm,
        Err(message) => {
            program::complain(name, message.as_bytes());
            return 1;
        }
    };
    if let Some(options) = &o.explain
        && !runtime::trace::explain::start(&mut vm, options.clone())
    {
        program::complain(name, b"explain: there is no trace compiler for this processor");
        return 1;
    }
    if !o.profile.path.is_empty()
        && let Err(message) = runtime::trace::profile::start(&mut vm, &o.profile)
    {
        program::complain(name, format!("--profile-out: {message}").as_bytes());
        return 1;
    }
    if !o.aot.is_empty()
        && let Err(message) = load_traces(&mut vm, &o.aot)
    {
        let text = format!("--aot: '{}': {message}", String::from_utf8_lossy(&o.aot));
        program::complain(name, text.as_bytes());
        return 1;
    }
    if o.max_instructions != 0 {
        interp::set_budget(&mut vm, o.max_instructions);
    }
    if o.timeout != 0 {
        runtime::limit_time(o.timeout);
    }
    let status = machine::enter(&mut vm, name, |cx| Ok(u8::from(steps(cx, all, o, name)?.is_err())));
    machine::exit(vm, status)
}

fn load_traces(vm: &mut heap::Vm, path: &[u8]) -> Result<usize, String> {
    let path = std::ffi::OsString::from_vec(path.to_vec());
    let file = std::fs::read(path).map_err(|e| e.to_string())?;
    runtime::trace::object::load(vm, &file)
}

macro_rules! step {
    ($step:expr) => {
        if $step?.is_err() {
            return Ok(Err(()));
        }
    };
}

fn steps(cx: &mut Cx<'_>, all: &[Vec<u8>], o: &Options, name: Option<&[u8]>) -> Step {
    program::set_arg(cx, all, o.script)?;
    if !o.no_environment
        && let Some(init) = std::env::var_os("LUA_INIT").map(OsStringExt::into_vec)
    {
        let loaded = match init.strip_prefix(b"@") {
            Some(path) => chunk::load_file(cx, Some(path))?,
            None => chunk::load(cx, &init, b"=LUA_INIT")?,
        };
        step!(call_loaded(cx, loaded, 0, name));
    }
    if o.version {
        print_line(VERSION);
        let state: &stdlib::jit::JitState = cx.vm_mut().host();
        if !state.available {
            print_line(&without_compiler());
        }
    }
    for action in &o.actions {
        step!(act(cx, action, name));
    }
    let has_script = o.script < all.len();
    if has_script {
        let path = (!o.script_is_stdin).then(|| all[o.script].as_slice());
        let loaded = chunk::load_file(cx, path)?;
        let nargs = if loaded.is_ok() { program::push_args(cx)? } else { 0 };
        step!(call_loaded(cx, loaded, nargs, name));
    }
    if o.interactive {
        print_line(&jit_status(cx));
        repl::run(cx)?;
    } else if !has_script && !o.executes && !o.version {
        if std::io::stdin().is_terminal() {
            print_line(VERSION);
            print_line(&jit_status(cx));
            repl::run(cx)?;
        } else {
            let loaded = chunk::load_file(cx, None)?;
            step!(call_loaded(cx, loaded, 0, name));
        }
    }
    Ok(Ok(()))
}

const VERSION: &str =
    concat!("Kiln ", env!("CARGO_PKG_VERSION"), " -- Lua 5.1 with the language, bytecode and libraries of LuaJIT 2.1");

/// Returns what the version says where nothing is compiled while a program runs.
fn without_compiler() -> String {
    format!(
        "No trace compiler for {}: interpreter, and traces that `kiln build --profile` compiled",
        std::env::consts::ARCH
    )
}

/// Returns the line that LuaJIT prints in the interactive mode.
fn jit_status(cx: &mut Cx<'_>) -> String {
    let state: &stdlib::jit::JitState = cx.vm_mut().host();
    let on = if state.available && state.on { "ON" } else { "OFF" };
    let flags = stdlib::jit::FLAGS.iter().filter(|f| state.flag(f) == Some(true)).map(|f| format!(" {f}"));
    format!("JIT: {on}{}", flags.collect::<String>())
}

fn print_line(text: &str) {
    // A closed pipe ends the process by a signal; a full disk is noticed by what the script writes.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Calls what [`chunk::load`] pushed, with the `nargs` values above it; reports its error, or the message why it was not loaded.
fn call_loaded(cx: &mut Cx<'_>, loaded: Result<(), ()>, nargs: u32, name: Option<&[u8]>) -> Step {
    if loaded.is_ok()
        && let Ok(n) = program::call(cx, nargs)?
    {
        cx.pop(n);
        return Ok(Ok(()));
    }
    program::report(cx, name);
    Ok(Err(()))
}

fn act(cx: &mut Cx<'_>, action: &Action, name: Option<&[u8]>) -> Step {
    match action {
        Action::Execute(text) => {
            let loaded = chunk::load(cx, text, b"=(command line)")?;
            call_loaded(cx, loaded, 0, name)
        }
        Action::Require(module) => {
            push_global(cx, "require")?;
            cx.push_str(module)?;
            call_loaded(cx, Ok(()), 1, name)
        }
        other => match compiler::act(cx, other)? {
            Ok(()) => Ok(Ok(())),
            Err(message) => {
                if let Some(message) = message {
                    program::complain(name, &message);
                }
                Ok(Err(()))
            }
        },
    }
}

fn push_global(cx: &mut Cx<'_>, name: &str) -> Result<(), Raise> {
    cx.push(cx.vm().globals().get_name(cx.vm(), name)?);
    Ok(())
}
