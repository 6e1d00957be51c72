//! The basic functions, but for those that change frames (`error`, `pcall`, coroutines), which are the interpreter's.

use crate::io;
use crate::load::{self, Failure};
use crate::register::{self, fill, library};
use crate::system::c_bytes;
use abi::metamethod::Mm;
use heap::handle::Kind;
use heap::{Func, Raise, Tab, Val, Vm};
use interp::cx::{display, num_to_int};
use interp::{Cx, Ret, debug};

library!(base);

/// Most values `unpack` returns.
const MAX_UNPACK: u32 = 8000;
/// Most bytes a reader function may deliver.
const MAX_SOURCE: usize = 1 << 28;

// ---- checks and types ----

fn assert(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    if cx.check_any(0)?.is_true() {
        return cx.ret_last(cx.nargs());
    }
    match cx.arg_opt(1) {
        None => Err(cx.error("assertion failed!")),
        Some(v) => match v.kind() {
            Kind::Str(_) | Kind::Num(_) => Err(cx.error_bytes(cx.check_str(1)?.bytes())),
            _ => Err(cx.vm().raise_val(v)),
        },
    }
}

fn type_of(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.ret_str(cx.check_any(0)?.type_name().as_bytes())
}

// ---- traversal ----

fn next(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    match t.next(cx.vm(), cx.arg(1))? {
        Some((k, v)) => {
            cx.push(k);
            cx.push(v);
            cx.ret_last(2)
        }
        None => cx.ret(Val::NIL),
    }
}

/// Returns iterator (the builtin's upvalue), table and start.
fn ret_iterator(cx: &Cx<'_>, start: Val<'_>) -> Result<Ret, Raise> {
    cx.check_any(0)?;
    let t = cx.check_tab(0)?;
    cx.push(cx.upvalue(0));
    cx.push(t.val());
    cx.push(start);
    cx.ret_last(3)
}

fn pairs(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    ret_iterator(cx, Val::NIL)
}

fn ipairs(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    ret_iterator(cx, Val::num(0.0))
}

fn ipairs_aux(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let i = cx.check_int(1)?.wrapping_add(1);
    let v = t.get_int(i64::from(i));
    if v.is_nil() {
        return cx.ret0();
    }
    cx.push(Val::num(f64::from(i)));
    cx.push(v);
    cx.ret_last(2)
}

// ---- getters and setters ----

fn getmetatable(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let v = cx.check_any(0)?;
    let Some(meta) = cx.vm().metatable_of(v) else { return cx.ret(Val::NIL) };
    match cx.vm().metamethod(v, Mm::Metatable) {
        guard if guard.is_nil() => cx.ret(meta.val()),
        guard => cx.ret(guard),
    }
}

/// Requires a table or nil (and an argument).
pub(crate) fn check_tab_or_nil<'c>(cx: &'c Cx<'_>, i: u32) -> Result<Option<Tab<'c>>, Raise> {
    match cx.arg_opt(i) {
        Some(v) if v.is_nil() => Ok(None),
        Some(v) if v.as_tab().is_some() => Ok(v.as_tab()),
        _ => Err(cx.arg_error(i, "nil or table expected")),
    }
}

fn setmetatable(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let meta = check_tab_or_nil(cx, 1)?;
    if !cx.vm().metamethod(t.val(), Mm::Metatable).is_nil() {
        return Err(cx.error("cannot change a protected metatable"));
    }
    t.set_metatable(cx.vm(), meta);
    cx.ret(t.val())
}

/// Returns the function of an active level that argument 0 gives.
fn func_at_level<'c>(cx: &'c Cx<'_>, level: i32) -> Result<Func<'c>, Raise> {
    let thread = debug::current_thread(cx.vm());
    let frame = u32::try_from(level).ok().and_then(|level| debug::frame(cx.vm(), thread, level));
    frame.map(|f| f.func).ok_or_else(|| cx.arg_error(0, "invalid level"))
}

fn getfenv(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let f = match cx.arg(0).as_func() {
        Some(f) => f,
        None => func_at_level(cx, cx.opt_int(0, 1)?)?,
    };
    let env = if f.is_lua() { f.env() } else { cx.vm().globals() };
    cx.ret(env.val())
}

fn setfenv(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let env = cx.check_tab(1)?;
    let f = match cx.arg(0).as_func() {
        Some(f) => f,
        None => {
            let level = cx.check_int(0)?;
            if level == 0 {
                debug::current_thread(cx.vm()).set_env(cx.vm(), env);
                return cx.ret0();
            }
            func_at_level(cx, level)?
        }
    };
    if !f.is_lua() {
        return Err(cx.error("'setfenv' cannot change environment of given object"));
    }
    f.set_env(cx.vm(), env);
    cx.ret(f.val())
}

fn rawget(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    cx.ret(t.get(cx.check_any(1)?))
}

fn rawset(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let key = cx.check_any(1)?;
    t.set(cx.vm(), key, cx.check_any(2)?)?;
    cx.ret(t.val())
}

fn rawequal(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let a = cx.check_any(0)?;
    let same = a.raw_eq(cx.check_any(1)?);
    cx.ret(Val::bool(same))
}

fn unpack(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let first = cx.opt_int(1, 1)?;
    let last = if cx.arg(2).is_nil() { t.len() as i32 } else { cx.check_int(2)? };
    if first > last {
        return cx.ret0();
    }
    let count = (last as u32).wrapping_sub(first as u32);
    if count >= MAX_UNPACK || cx.reserve(count + 1).is_err() {
        return Err(cx.error("too many results to unpack"));
    }
    let t = cx.check_tab(0)?;
    for i in first..=last {
        cx.push(t.get_int(i64::from(i)));
    }
    cx.ret_last(count + 1)
}

fn select(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let n = cx.nargs() as i32;
    if cx.arg(0).as_str().is_some_and(|s| s.bytes().first() == Some(&b'#')) {
        return cx.ret(Val::num(f64::from(n - 1)));
    }
    let i = match cx.check_int(0)? {
        i if i < 0 => n.wrapping_add(i),
        i => i.min(n),
    };
    match u32::try_from(n - i) {
        Ok(count) if i >= 1 => cx.ret_last(count),
        _ => Err(cx.arg_error(0, "index out of range")),
    }
}

// ---- conversions ----

/// Parses an integer in `base` as C's `strtoul` does, between white space and behind a sign; too great numbers give 2^64-1.
fn parse_integer(text: &[u8], base: u32) -> Option<f64> {
    let space = |c: &u8| matches!(c, b' ' | b'\t'..=b'\r');
    let text = c_bytes(text);
    let start = text.iter().position(|c| !space(c))?;
    let end = text.iter().rposition(|c| !space(c))?;
    let text = &text[start..=end];
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let digits = match digits {
        [b'0', b'x' | b'X', rest @ ..] if base == 16 && rest.first().is_some_and(u8::is_ascii_hexdigit) => rest,
        other => other,
    };
    if digits.is_empty() {
        return None;
    }
    let mut n: u64 = 0;
    for c in digits {
        let digit = char::from(*c).to_digit(base)?;
        n = n.checked_mul(u64::from(base)).and_then(|n| n.checked_add(u64::from(digit))).unwrap_or(u64::MAX);
    }
    Some(if negative { -(n as f64) } else { n as f64 })
}

fn tonumber(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let base = cx.opt_int(1, 10)?;
    let n = if base == 10 {
        let v = cx.check_any(0)?;
        v.as_num().or_else(|| v.as_str().and_then(|s| heap::number::parse(s.bytes())))
    } else {
        let text = cx.check_str(0)?;
        match u32::try_from(base) {
            Ok(base @ 2..=36) => parse_integer(text.bytes(), base),
            _ => return Err(cx.arg_error(1, "base out of range")),
        }
    };
    cx.ret(n.map_or(Val::NIL, Val::num))
}

fn tostring(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let v = cx.check_any(0)?;
    // A string is itself, whatever the metatable of strings has.
    let mm = if v.as_str().is_some() { Val::NIL } else { cx.vm().metamethod(v, Mm::Tostring) };
    if mm.is_nil() {
        let s = display(cx.vm(), v)?;
        return cx.ret(s.val());
    }
    cx.push(mm);
    cx.push(v);
    cx.tail_call(1)
}

// ---- output ----

/// Writes to standard output (the userdata in upvalue 1).
fn write_out(cx: &Cx<'_>, bytes: &[u8]) {
    if let Some(out) = io::stream_of(cx.upvalue(1)) {
        // As in C, `print` does not report errors of the device.
        let _ = out.borrow_mut().write(bytes);
    }
}

/// Writes a string, number or string buffer as `tostring` shows it; says whether it was one.
fn write_plain(cx: &Cx<'_>, v: Val<'_>) -> bool {
    if let Some(s) = v.as_str() {
        write_out(cx, s.bytes());
        return true;
    }
    if let Some(n) = v.as_num() {
        let mut buf = [0; 32];
        let len = heap::number::format(n, &mut buf);
        write_out(cx, &buf[..len]);
        return true;
    }
    crate::buffer::with_bytes(v, |bytes| write_out(cx, bytes)).is_some()
}

/// Upvalue 0 is the string `tostring`, 1 standard output.
fn print(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.reserve(8)?;
    let convert = cx.height();
    let found = match cx.upvalue(0).as_str() {
        Some(name) => cx.vm().globals().get_str(name),
        None => Val::NIL,
    };
    if found.is_nil() {
        cx.push(cx.vm().globals().val());
        cx.push(cx.upvalue(0));
        cx.index(convert, convert + 1)?;
        cx.set_slot(convert, cx.slot(cx.height() - 1));
        cx.pop(2);
    } else {
        cx.push(found);
    }
    let builtin = const { abi::builtins::number("tostring") };
    let plain = cx.slot(convert).as_func().is_some_and(|f| f.builtin_id() == builtin)
        && cx.vm().metatable_of(Val::num(0.0)).is_none();
    for i in 0..cx.nargs() {
        if i > 0 {
            write_out(cx, b"\t");
        }
        if plain && write_plain(cx, cx.slot(i)) {
            continue;
        }
        if plain {
            cx.push_tostring(i)?;
        } else {
            cx.push(cx.slot(convert));
            cx.push(cx.slot(i));
            cx.call(1, Some(1))?;
        }
        if !write_plain(cx, cx.slot(cx.height() - 1)) {
            return Err(cx.error("'tostring' must return a string to 'print'"));
        }
        cx.pop(1);
    }
    write_out(cx, b"\n");
    cx.ret0()
}

// ---- loading ----

/// Returns the function, or nil and the message.
/// Returns the function that was pushed, or nil and why there is none.
fn ret_loaded(cx: &mut Cx<'_>, loaded: Result<(), Failure>) -> Result<Ret, Raise> {
    match loaded {
        Ok(()) => {
            crate::jit::events::compiled(cx.vm_mut());
            cx.ret_last(1)
        }
        Err(Failure::Message(text)) => cx.ret_fail(&text, None),
        Err(Failure::Raised(raise)) => Err(raise),
    }
}

/// Texts of up to this length are looked at after each piece.
const SHORT: usize = 64;

/// What a reader function delivered.
enum Source {
    Text(Vec<u8>),
    /// It failed: the error is pushed.
    Failed,
}

/// Calls the function in argument 0 until it returns nil, nothing or an empty string, or the text so far has an error
/// that more of it cannot mend.
fn call_reader(cx: &mut Cx<'_>) -> Result<Source, Raise> {
    let mut text = Vec::new();
    // Compiling the text at a third of its length, a ninth and so on costs half as much as compiling it once.
    let mut look_at = 1;
    loop {
        cx.push(cx.arg(0));
        if cx.pcall(0, Some(1))?.is_err() {
            return Ok(Source::Failed);
        }
        let piece = cx.height() - 1;
        let start = text.len();
        match cx.slot(piece).kind() {
            Kind::Nil => {}
            Kind::Str(s) => text.extend_from_slice(s.bytes()),
            Kind::Num(n) => {
                let mut buf = [0; 32];
                let len = heap::number::format(n, &mut buf);
                text.extend_from_slice(&buf[..len]);
            }
            _ => {
                let _ = cx.error("reader function must return a string");
                cx.push(cx.vm().error_value());
                return Ok(Source::Failed);
            }
        }
        cx.pop(1);
        if text.len() == start {
            return Ok(Source::Text(text));
        }
        if start > 0 && text.len() >= look_at {
            if load::is_hopeless(&text) {
                return Ok(Source::Text(text));
            }
            look_at = text.len() + 1 + text.len().saturating_sub(SHORT) * 2;
        }
        if text.len() > MAX_SOURCE {
            cx.push_str(b"not enough memory")?;
            return Ok(Source::Failed);
        }
    }
}

fn load(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.opt_str(1)?;
    cx.opt_str(2)?;
    cx.reserve(8)?;
    let buffer = crate::buffer::with_bytes(cx.arg(0), <[u8]>::to_vec);
    let default_name: &[u8] = if buffer.is_some() { b"" } else { b"=(load)" };
    let text = match cx.arg(0).kind() {
        Kind::Str(_) | Kind::Num(_) => {
            cx.check_str(0)?;
            None
        }
        Kind::Udata(_) if buffer.is_some() => buffer,
        _ => {
            cx.check_func(0)?;
            match call_reader(cx)? {
                Source::Text(text) => Some(text),
                Source::Failed => {
                    let error = cx.height() - 1;
                    cx.push(Val::NIL);
                    cx.push(cx.slot(error));
                    return cx.ret_last(2);
                }
            }
        }
    };
    let mode = cx.opt_str(2)?.map(heap::Str::bytes);
    let name = cx.opt_str(1)?.map(heap::Str::bytes);
    let loaded = match &text {
        Some(text) => load::load_bytes(cx.vm(), text, name.unwrap_or(default_name), mode, cx.arg(3).as_tab()),
        None => {
            let text = cx.check_str(0)?.bytes();
            load::load_bytes(cx.vm(), text, name.unwrap_or(text), mode, cx.arg(3).as_tab())
        }
    };
    let loaded = loaded.map(|f| cx.push(f.val()));
    ret_loaded(cx, loaded)
}

fn loadstring(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    load(cx)
}

fn loadfile(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = cx.opt_str(0)?.map(|s| s.bytes().to_vec());
    cx.opt_str(1)?;
    let (bytes, chunk_name) = match load::read_file(cx.vm_mut(), name.as_deref()) {
        Ok(read) => read,
        Err(text) => return cx.ret_fail(&text, None),
    };
    let mode = cx.opt_str(1)?.map(heap::Str::bytes);
    let loaded = load::load_bytes(cx.vm(), &bytes, &chunk_name, mode, cx.arg(2).as_tab());
    let loaded = loaded.map(|f| cx.push(f.val()));
    ret_loaded(cx, loaded)
}

fn dofile(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = cx.opt_str(0)?.map(|s| s.bytes().to_vec());
    let read = load::read_file(cx.vm_mut(), name.as_deref());
    let loaded = read
        .map_err(Failure::Message)
        .and_then(|(bytes, chunk_name)| load::load_bytes(cx.vm(), &bytes, &chunk_name, None, None));
    match loaded {
        Ok(f) => cx.push(f.val()),
        Err(failure) => return Err(failure.raise(cx.vm())),
    }
    crate::jit::events::compiled(cx.vm_mut());
    let count = cx.call(0, None)?;
    cx.ret_last(count)
}

// ---- collector ----

fn kbytes(vm: &Vm) -> f64 {
    vm.heap_bytes() as f64 / 1024.0
}

fn gcinfo(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.ret(Val::num(f64::from(num_to_int(kbytes(cx.vm())))))
}

fn collectgarbage(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    const OPTIONS: &[&str] = &["stop", "restart", "collect", "count", "step", "setpause", "setstepmul", "isrunning"];
    let option = OPTIONS[cx.check_option(0, Some(2), OPTIONS)?];
    let data = cx.opt_int(1, 0)?;
    let result = match option {
        "count" => Val::num(kbytes(cx.vm())),
        "stop" | "restart" => {
            cx.vm_mut().gc_stop(option == "stop");
            Val::num(0.0)
        }
        "collect" => {
            cx.vm_mut().collect_full();
            cx.run_finalizers()?;
            Val::num(0.0)
        }
        "step" => {
            let ended = cx.vm_mut().gc_step(data.max(0) as u32);
            cx.run_finalizers()?;
            Val::bool(ended)
        }
        "setpause" => Val::num(f64::from(cx.vm_mut().gc_set_pause(data.max(0) as u32))),
        "setstepmul" => Val::num(f64::from(cx.vm_mut().gc_set_stepmul(data.max(0) as u32))),
        _ => Val::bool(cx.vm().gc_running()),
    };
    cx.ret(result)
}

/// Upvalue 0 is the weak table of the metatables this function made.
fn newproxy(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let vm = cx.vm();
    let made = cx.upvalue(0).as_tab();
    let meta = match cx.arg(0).kind() {
        Kind::Nil | Kind::Bool(false) => None,
        Kind::Bool(true) => {
            let meta = vm.new_table(0, 0)?;
            if let Some(made) = made {
                made.set(vm, meta.val(), Val::TRUE)?;
            }
            Some(meta)
        }
        _ => {
            let meta = vm.metatable_of(cx.arg(0));
            let known = meta.filter(|m| made.is_some_and(|made| made.get(m.val()).is_true()));
            Some(known.ok_or_else(|| cx.arg_error(0, "boolean or proxy expected"))?)
        }
    };
    let proxy = vm.new_userdata(None)?;
    proxy.set_metatable(vm, meta);
    cx.ret(proxy.val())
}

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let stdout = io::standard(vm, 1);
    let vm = &*vm;
    let g = vm.globals();
    g.set_name(vm, "_G", g.val())?;
    g.set_name(vm, "_VERSION", vm.str(b"Lua 5.1")?.val())?;
    register::set_loaded(vm, "_G", g)?;
    fill(vm, g, ROWS, "", &["ipairs_aux", "ipairs", "pairs", "print", "newproxy"])?;
    let with_upvalues = |key, upvalues: &[Val<'_>]| -> Result<(), Raise> {
        g.set_name(vm, key, register::function_with(vm, ROWS, key, upvalues)?.val())
    };
    with_upvalues("pairs", &[g.get_name(vm, "next")?])?;
    with_upvalues("ipairs", &[register::function_with(vm, ROWS, "ipairs_aux", &[])?.val()])?;
    with_upvalues("print", &[vm.str(b"tostring")?.val(), io::private_file(vm, stdout)?.val()])?;
    let made = vm.new_table(0, 1)?;
    made.set_name(vm, "__mode", vm.str(b"kv")?.val())?;
    made.set_metatable(vm, Some(made));
    with_upvalues("newproxy", &[made.val()])
}

#[cfg(test)]
mod tests {
    use super::parse_integer;

    #[test]
    fn integers_parse_as_strtoul_does() {
        assert_eq!(parse_integer(b"zz", 36), Some(1295.0));
        assert_eq!(parse_integer(b"8", 8), None);
        assert_eq!(parse_integer(b" \x0b-ff \n", 16), Some(-255.0));
        assert_eq!(parse_integer(b"0x10", 16), Some(16.0));
        assert_eq!(parse_integer(b"0x", 16), None);
        assert_eq!(parse_integer(b"", 2), None);
        assert_eq!(parse_integer(b"- 1", 2), None);
        assert_eq!(parse_integer(b"1 1", 2), None);
        assert_eq!(parse_integer(b"7fffffffffffffffffff", 16), Some(18446744073709551615.0));
        assert_eq!(parse_integer(b"101\0zz", 2), Some(5.0));
    }
}
