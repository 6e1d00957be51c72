//! Library `debug`: looking into functions, frames and hooks. What is known about frames comes from `interp::debug`.

use crate::base::check_tab_or_nil;
use crate::io;
use crate::load::load_bytes;
use crate::register::{self, fill, library};
use crate::system::{c_bytes, to_i64};
use heap::handle::Kind;
use heap::vm::hookmask;
use heap::{Func, Raise, Tab, Thread, Val, Vm};
use interp::debug::{self as inspect, Frame};
use interp::{Cx, Ret};

library!(debug);

/// Message for environments of what has none.
const NO_ENV: &str = "'setfenv' cannot change environment of given object";

/// Returns the coroutine to look at and the index of the next argument: a coroutine may come first.
fn thread_arg<'c>(cx: &'c Cx<'_>) -> (Thread<'c>, u32) {
    match cx.arg(0).as_thread() {
        Some(thread) => (thread, 1),
        None => (inspect::current_thread(cx.vm()), 0),
    }
}

/// Returns an active function.
fn frame_at<'c>(cx: &'c Cx<'_>, thread: Thread<'c>, level: i32) -> Option<Frame<'c>> {
    inspect::frame(cx.vm(), thread, u32::try_from(level).ok()?)
}

// ---- metatables, environments, registry ----

fn getregistry(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.ret(cx.vm().registry().val())
}

fn getmetatable(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let meta = cx.vm().metatable_of(cx.check_any(0)?);
    cx.ret(meta.map_or(Val::NIL, Tab::val))
}

fn setmetatable(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let meta = check_tab_or_nil(cx, 1)?;
    match cx.arg(0).kind() {
        Kind::Tab(t) => t.set_metatable(cx.vm(), meta),
        Kind::Udata(u) => u.set_metatable(cx.vm(), meta),
        _ => {
            let (kind, meta) = (cx.arg(0).raw().type_index(), meta.map(Tab::raw));
            cx.vm_mut().set_base_metatable(kind, meta);
        }
    }
    cx.ret(Val::TRUE)
}

fn getfenv(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let env = match cx.check_any(0)?.kind() {
        Kind::Func(f) => Some(f.env()),
        Kind::Udata(u) => u.env(),
        Kind::Thread(t) => Some(t.env()),
        _ => None,
    };
    cx.ret(env.map_or(Val::NIL, Tab::val))
}

fn setfenv(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let env = cx.check_tab(1)?;
    match cx.arg(0).kind() {
        Kind::Func(f) => f.set_env(cx.vm(), env),
        Kind::Udata(u) => u.set_env(cx.vm(), env),
        Kind::Thread(t) => t.set_env(cx.vm(), env),
        _ => return Err(cx.error(NO_ENV)),
    }
    cx.ret(cx.arg(0))
}

// ---- functions and frames ----

/// Returns a number, or a string that converts to one.
fn as_level(v: Val<'_>) -> Option<i32> {
    v.as_num().or_else(|| v.as_str().and_then(|s| heap::number::parse(s.bytes()))).map(|n| to_i64(n) as i32)
}

/// Returns the line for `currentline`: -1 where there is none to know, 0 in stripped functions.
fn current_line(frame: Option<&Frame<'_>>) -> f64 {
    match frame {
        Some(f) if f.func.is_lua() => inspect::current_line(f).map_or(0.0, f64::from),
        _ => -1.0,
    }
}

/// Fills `t` with what one option letter asks for; `None` for letters that mean nothing.
fn describe(vm: &Vm, t: Tab<'_>, letter: u8, func: Func<'_>, frame: Option<&Frame<'_>>) -> Option<Result<(), Raise>> {
    let fields = || -> Result<(), Raise> {
        let set = |name: &str, v: Val<'_>| t.set_name(vm, name, v);
        let set_str = |name: &str, s: &[u8]| t.set_name(vm, name, vm.str(s)?.val());
        match letter {
            b'S' => {
                let info = inspect::func_info(func);
                set_str("source", info.source)?;
                set_str("short_src", &info.short_src)?;
                set("linedefined", Val::num(f64::from(info.first_line)))?;
                set("lastlinedefined", Val::num(f64::from(info.last_line)))?;
                set_str("what", info.what.as_bytes())
            }
            b'l' => set("currentline", Val::num(current_line(frame))),
            b'u' => {
                let info = inspect::func_info(func);
                set("nups", Val::num(f64::from(info.nups)))?;
                set("nparams", Val::num(f64::from(info.nparams)))?;
                set("isvararg", Val::bool(info.is_vararg))
            }
            b'n' => match frame.and_then(|f| inspect::frame_name(vm, f)) {
                Some((kind, name)) => {
                    set_str("name", &name)?;
                    set_str("namewhat", kind.as_bytes())
                }
                None => set_str("namewhat", b""),
            },
            b'f' => set("func", func.val()),
            _ => match inspect::active_lines(func) {
                Some(lines) => {
                    let active = vm.new_table(0, lines.len() as u32)?;
                    for line in lines {
                        active.set_int(vm, i64::from(line), Val::TRUE)?;
                    }
                    set("activelines", active.val())
                }
                None if func.is_lua() => set("activelines", vm.new_table(0, 0)?.val()),
                None => Ok(()),
            },
        }
    };
    if b"SlunfL".contains(&letter) { Some(fields()) } else { None }
}

fn getinfo(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let first = thread_arg(cx).1;
    cx.opt_str(first + 1)?;
    let cx = &*cx;
    let (thread, what) = (thread_arg(cx).0, first);
    let options = cx.opt_str(what + 1)?.map_or(&b"flnSu"[..], heap::Str::bytes);
    let (func, frame) = if let Some(level) = as_level(cx.arg(what)) {
        let Some(frame) = frame_at(cx, thread, level) else { return cx.ret(Val::NIL) };
        (frame.func, Some(frame))
    } else if let Some(func) = cx.arg(what).as_func() {
        (func, None)
    } else {
        return Err(cx.arg_error(what, "function or level expected"));
    };
    let t = cx.vm().new_table(0, 16)?;
    for letter in c_bytes(options) {
        match describe(cx.vm(), t, *letter, func, frame.as_ref()) {
            Some(described) => described?,
            None => return Err(cx.arg_error(what + 1, "invalid option")),
        }
    }
    cx.ret(t.val())
}

/// Requires the level in argument `i`.
fn check_frame<'c>(cx: &'c Cx<'_>, thread: Thread<'c>, i: u32) -> Result<Frame<'c>, Raise> {
    let level = cx.check_int(i)?;
    frame_at(cx, thread, level).ok_or_else(|| cx.arg_error(i, "level out of range"))
}

fn getlocal(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (thread, what) = thread_arg(cx);
    let n = cx.check_int(what + 1)?;
    if let Some(f) = cx.arg(what).as_func() {
        return match u32::try_from(n).ok().and_then(|n| inspect::parameter_name(f, n)) {
            Some(name) => cx.ret_str(&name),
            None => cx.ret(Val::NIL),
        };
    }
    let frame = check_frame(cx, thread, what)?;
    match inspect::local(cx.vm(), &frame, n) {
        Some((name, v)) => {
            cx.push_str(&name)?;
            cx.push(v);
            cx.ret_last(2)
        }
        None => cx.ret(Val::NIL),
    }
}

fn setlocal(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (thread, what) = thread_arg(cx);
    let frame = check_frame(cx, thread, what)?;
    let v = cx.check_any(what + 2)?;
    match inspect::set_local(cx.vm(), &frame, cx.check_int(what + 1)?, v) {
        Some(name) => cx.ret_str(&name),
        None => cx.ret(Val::NIL),
    }
}

// ---- upvalues ----

/// Returns the function in argument 0, the index (from 0) of the upvalue in argument 1 and its name.
fn upvalue_arg<'c>(cx: &'c Cx<'_>) -> Result<Option<(Func<'c>, u32, Vec<u8>)>, Raise> {
    let n = cx.check_int(1)?;
    let f = cx.check_func(0)?;
    let i = u32::try_from(n).ok().and_then(|n| n.checked_sub(1));
    Ok(i.and_then(|i| inspect::upvalue_name(f, i).map(|name| (f, i, name))))
}

fn getupvalue(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let Some((f, i, name)) = upvalue_arg(cx)? else { return cx.ret0() };
    cx.push_str(&name)?;
    cx.push(f.upvalue(i).unwrap_or(Val::NIL));
    cx.ret_last(2)
}

fn setupvalue(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let v = cx.check_any(2)?;
    let Some((f, i, name)) = upvalue_arg(cx)? else { return cx.ret0() };
    f.set_upvalue(cx.vm(), i, v);
    cx.ret_str(&name)
}

/// Requires function and upvalue in arguments `i` and `i + 1`; returns the index from 0.
fn check_upvalue<'c>(cx: &'c Cx<'_>, i: u32, lua: bool) -> Result<(Func<'c>, u32), Raise> {
    let f = cx.check_func(i)?;
    if lua && !f.is_lua() {
        return Err(cx.arg_error(i, "Lua function expected"));
    }
    let n = cx.check_int(i + 1)?.wrapping_sub(1) as u32;
    if n >= inspect::visible_upvalues(f) {
        return Err(cx.arg_error(i + 1, "index out of range"));
    }
    Ok((f, n))
}

fn upvalueid(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (f, i) = check_upvalue(cx, 0, false)?;
    cx.ret(inspect::upvalue_id(f, i).map_or(Val::NIL, Val::lightud))
}

fn upvaluejoin(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (f, i) = check_upvalue(cx, 0, true)?;
    let (g, j) = check_upvalue(cx, 2, true)?;
    inspect::upvalue_join(cx.vm(), f, i, g, j);
    cx.ret0()
}

// ---- hooks ----

/// Letters of hook masks.
const MASKS: [(u8, u8); 3] = [(b'c', hookmask::CALL), (b'r', hookmask::RETURN), (b'l', hookmask::LINE)];

fn sethook(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let hook = thread_arg(cx).1;
    if cx.arg(hook).is_nil() {
        inspect::set_hook(cx.vm_mut(), None, 0, 0);
        return cx.ret0();
    }
    let letters = cx.check_str(hook + 1)?.bytes();
    let mut mask = 0;
    for (letter, bit) in MASKS {
        if letters.contains(&letter) {
            mask |= bit;
        }
    }
    cx.check_func(hook)?;
    let count = cx.opt_int(hook + 2, 0)?;
    if count > 0 {
        mask |= hookmask::COUNT;
    }
    let func = cx.arg(hook).raw();
    inspect::set_hook(cx.vm_mut(), Some(func), mask, count.max(0) as u32);
    cx.ret0()
}

fn gethook(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (func, mask, count) = inspect::hook(cx.vm());
    let letters: Vec<u8> = MASKS.iter().filter(|(_, bit)| mask & bit != 0).map(|(letter, _)| *letter).collect();
    cx.push(func);
    cx.push_str(&letters)?;
    cx.push(Val::num(f64::from(count)));
    cx.ret_last(3)
}

// ---- tracebacks and the prompt ----

fn traceback(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (thread, what) = thread_arg(cx);
    let message = match cx.arg_opt(what) {
        None => None,
        Some(v) => match v.kind() {
            Kind::Str(_) | Kind::Num(_) => Some(cx.check_str(what)?),
            _ => return cx.ret(v),
        },
    };
    let own = thread == inspect::current_thread(cx.vm());
    let level = cx.opt_int(what + 1, i32::from(own))?;
    // There is nothing at a level below 0, as behind the last one.
    let level = if level < 0 { i32::MAX as u32 } else { level as u32 };
    let text = inspect::traceback(cx.vm(), thread, message.map(|s| c_bytes(s.bytes())), level);
    cx.ret_str(&text)
}

/// Runs commands from standard input until `cont` or its end.
fn debug(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let stderr = io::standard(cx.vm_mut(), 2);
    let stdin = io::standard(cx.vm_mut(), 0);
    let say = |text: &[u8]| {
        // Nobody is left to hear of an error of standard error.
        let _ = stderr.borrow_mut().write(text);
    };
    loop {
        say(b"lua_debug> ");
        let mut spill = Vec::new();
        stdin.borrow_mut().clear_eof();
        let line = match stdin.borrow_mut().line(&mut spill) {
            Ok(Some(line)) if line != b"cont\n" => line.to_vec(),
            _ => return cx.ret0(),
        };
        let message = match load_bytes(cx.vm(), &line, b"=(debug command)", None, None) {
            Ok(f) => {
                cx.push(f.val());
                match cx.pcall(0, Some(0))? {
                    Ok(_) => continue,
                    Err(()) => {
                        let text = match cx.slot(cx.height() - 1).kind() {
                            Kind::Str(s) => s.bytes().to_vec(),
                            Kind::Num(_) => {
                                cx.push_tostring(cx.height() - 1)?;
                                let top = cx.height() - 1;
                                let text = cx.slot(top).as_str().map_or(Vec::new(), |s| s.bytes().to_vec());
                                cx.pop(1);
                                text
                            }
                            _ => b"(error object is not a string)".to_vec(),
                        };
                        cx.pop(1);
                        text
                    }
                }
            }
            Err(crate::load::Failure::Message(text)) => text,
            Err(crate::load::Failure::Raised(raise)) => return Err(raise),
        };
        say(&message);
        say(b"\n");
    }
}

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let vm = &*vm;
    fill(vm, register::new_library(vm, "debug", 32)?, ROWS, "", &[])
}
