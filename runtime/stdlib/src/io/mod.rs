//! Library `io`: files as userdata over buffered streams.
//!
//! The functions share one table as their upvalue: element 1 is the default input, 2 the default output. A file is a userdata whose payload
//! is a counted reference to its stream; the machine's list of streams is what `flush_all` walks at the end of the program.
//!
//! Differences from C's library: lines with NULs are read whole, and buffers are flushed before `os.execute` starts a program.

pub mod scan;
pub mod stream;

use crate::register::{self, fill_with, library};
use crate::scratch;
use crate::system::{c_bytes, file_result, message};
use heap::{Raise, Tab, Val, Vm};
use interp::{Cx, Ret};
use std::cell::RefCell;
use std::io::SeekFrom;
use std::rc::{Rc, Weak};
use stream::{Buffering, Kind, Stream};

library!(io);

/// Most upvalues of an iterator: the file and its formats.
const MAX_UPVALUES: u32 = 60;
/// Keys of the table that all functions of the library share.
const INPUT: i64 = 1;
const OUTPUT: i64 = 2;
/// Where the registry keeps the files' metatable.
const METATABLE: &str = "FILE*";
/// Message for files that are closed.
const CLOSED: &str = "attempt to use a closed file";

/// A stream as several owners see it.
pub type Shared = Rc<RefCell<Stream>>;

/// The payload of a file.
struct LuaFile(Shared);

/// The machine's streams.
#[derive(Default)]
struct Streams {
    standard: [Option<Shared>; 3],
    open: Vec<Weak<RefCell<Stream>>>,
    /// Length of `open` at which dead entries are dropped.
    prune_at: usize,
}

/// Returns standard input (0), output (1) or error (2).
pub fn standard(vm: &mut Vm, number: usize) -> Shared {
    let streams: &mut Streams = vm.host();
    let stdout = streams.standard[1].get_or_insert_with(|| Rc::new(RefCell::new(Stream::standard(1)))).clone();
    let slot = &mut streams.standard[number];
    slot.get_or_insert_with(|| {
        let mut s = Stream::standard(number as i32);
        if number == 0 && s.is_terminal() {
            s.prompt = Some(Rc::downgrade(&stdout));
        }
        Rc::new(RefCell::new(s))
    })
    .clone()
}

/// Writes what all open files have buffered, standard output first. Errors are lost: it is the end of the program, or another runs.
pub fn flush_all(vm: &mut Vm) {
    let streams: &mut Streams = vm.host();
    let others = streams.open.iter().filter_map(Weak::upgrade);
    for s in streams.standard.iter().flatten().cloned().chain(others) {
        if let Ok(mut s) = s.try_borrow_mut() {
            let _ = s.flush();
        }
    }
}

/// Makes a userdata of a stream.
fn wrap<'v>(vm: &'v Vm, s: Shared) -> Result<heap::Udata<'v>, Raise> {
    let ud = vm.new_userdata(Some(Box::new(LuaFile(s))))?;
    let meta = vm.registry().get_name(vm, METATABLE)?.as_tab();
    ud.set_metatable(vm, meta);
    Ok(ud)
}

/// Makes a stream one of the machine's.
fn adopt(vm: &mut Vm, s: Stream) -> Shared {
    let writes = s.can_write();
    let s = Rc::new(RefCell::new(s));
    if writes {
        let streams: &mut Streams = vm.host();
        if streams.open.len() >= streams.prune_at {
            streams.open.retain(|w| w.strong_count() > 0);
            streams.prune_at = 2 * streams.open.len() + 16;
        }
        streams.open.push(Rc::downgrade(&s));
    }
    s
}

/// Creates a file, or empties it. The error is the system's number.
pub fn create(vm: &mut Vm, name: &[u8]) -> Result<Shared, i32> {
    Ok(adopt(vm, Stream::open(name, b"w")?))
}

/// Pushes a new file.
fn push_file(cx: &mut Cx<'_>, s: Stream) -> Result<(), Raise> {
    let s = adopt(cx.vm_mut(), s);
    let ud = wrap(cx.vm(), s)?;
    cx.push(ud.val());
    Ok(())
}

/// Returns the stream of a value.
pub(crate) fn stream_of(v: Val<'_>) -> Option<&Shared> {
    v.as_udata()?.payload::<LuaFile>().map(|f| &f.0)
}

/// Requires the first argument to be a file.
fn file_arg<'c>(cx: &'c Cx<'_>) -> Result<&'c Shared, Raise> {
    stream_of(cx.arg(0)).ok_or_else(|| cx.type_error(0, "FILE*"))
}

/// Requires the first argument to be an open file.
fn open_file_arg<'c>(cx: &'c Cx<'_>) -> Result<&'c Shared, Raise> {
    let s = file_arg(cx)?;
    if s.borrow().is_closed() { Err(cx.error(CLOSED)) } else { Ok(s) }
}

/// Returns default input or output as a value.
fn default_file<'c>(cx: &'c Cx<'_>, which: i64) -> Val<'c> {
    cx.upvalue(0).as_tab().map_or(Val::NIL, |t| t.get_int(which))
}

/// Requires default input or output to be open.
fn open_default<'c>(cx: &'c Cx<'_>, which: i64) -> Result<&'c Shared, Raise> {
    match stream_of(default_file(cx, which)) {
        Some(s) if !s.borrow().is_closed() => Ok(s),
        _ => Err(cx.error("standard file is closed")),
    }
}

// ---- reading ----

/// What one format read.
enum Item {
    /// Something: it was pushed.
    Done,
    /// Nothing: the end, or no number.
    Nothing,
}

fn read_line(cx: &Cx<'_>, s: &mut Stream, keep_newline: bool) -> Result<Result<Item, i32>, Raise> {
    let mut spill = Vec::new();
    let line = match s.line(&mut spill) {
        Ok(Some(line)) => line,
        Ok(None) => return Ok(Ok(Item::Nothing)),
        Err(code) => return Ok(Err(code)),
    };
    cx.push_str(if keep_newline { line } else { line.strip_suffix(b"\n").unwrap_or(line) })?;
    Ok(Ok(Item::Done))
}

fn read_bytes(cx: &Cx<'_>, s: &mut Stream, limit: usize) -> Result<Result<Item, i32>, Raise> {
    if let Some(bytes) = s.ready(limit) {
        cx.push_str(bytes)?;
        return Ok(Ok(Item::Done));
    }
    let mut bytes = scratch::take();
    if let Err(code) = s.take(limit, &mut bytes) {
        return Ok(Err(code));
    }
    let done = !bytes.is_empty() || limit == usize::MAX;
    if done {
        cx.push_str(&bytes)?;
    }
    Ok(Ok(if done { Item::Done } else { Item::Nothing }))
}

/// Reads by one format, which is argument `i` (from 0) for messages; pushes what it read.
fn read_item(cx: &Cx<'_>, s: &mut Stream, format: Val<'_>, i: u32) -> Result<Result<Item, i32>, Raise> {
    if let Some(text) = format.as_str() {
        let text = text.bytes();
        return match text.strip_prefix(b"*").unwrap_or(text).first() {
            Some(b'l') => read_line(cx, s, false),
            Some(b'L') => read_line(cx, s, true),
            Some(b'a') => read_bytes(cx, s, usize::MAX),
            Some(b'n') => Ok(scan::number(s).map(|n| match n {
                Some(n) => {
                    cx.push(Val::num(n));
                    Item::Done
                }
                None => Item::Nothing,
            })),
            _ => Err(cx.arg_error(i, "invalid format")),
        };
    }
    let Some(count) = format.as_num() else { return Err(cx.arg_error(i, "invalid option")) };
    match usize::try_from(interp::cx::num_to_int(count)) {
        Ok(0) => match s.peek() {
            Ok(Some(_)) => {
                cx.push_str(b"")?;
                Ok(Ok(Item::Done))
            }
            Ok(None) => Ok(Ok(Item::Nothing)),
            Err(code) => Ok(Err(code)),
        },
        Ok(count) => read_bytes(cx, s, count),
        Err(_) => Err(cx.vm().raise_val(cx.vm().str(b"not enough memory")?.val())),
    }
}

/// Reads by `count` formats (none: a line), pushing what each of them read up to the first that read nothing, for which nil is pushed.
/// Returns how many values were pushed. `format` gives the formats.
fn read_items<'c>(
    cx: &'c Cx<'_>,
    s: &Shared,
    count: u32,
    first: u32,
    format: impl Fn(u32) -> Val<'c>,
) -> Result<Result<u32, i32>, Raise> {
    let mut s = s.borrow_mut();
    s.clear_eof();
    let mut pushed = 0;
    for i in 0..count.max(1) {
        let item =
            if count == 0 { read_line(cx, &mut s, false)? } else { read_item(cx, &mut s, format(i), first + i)? };
        pushed += 1;
        match item {
            Ok(Item::Done) => {}
            Ok(Item::Nothing) => {
                cx.push(Val::NIL);
                break;
            }
            Err(code) => return Ok(Err(code)),
        }
    }
    Ok(Ok(pushed))
}

/// Reads by the arguments from `first` on.
fn read_args(cx: &Cx<'_>, s: &Shared, first: u32) -> Result<Ret, Raise> {
    match read_items(cx, s, cx.nargs().saturating_sub(first), first, |i| cx.arg(first + i))? {
        Ok(pushed) => cx.ret_last(pushed),
        Err(code) => cx.ret_fail(&message(None, code), Some(code)),
    }
}

fn read(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.reserve(cx.nargs() + 4)?;
    read_args(cx, open_default(cx, INPUT)?, 0)
}

fn file_read(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.reserve(cx.nargs() + 4)?;
    read_args(cx, open_file_arg(cx)?, 1)
}

// ---- lines ----

/// Pushes the iterator over a file: the builtin `lines_aux` with the file and the arguments from 1 on as upvalues.
fn push_iterator(cx: &Cx<'_>, file: u32) -> Result<Ret, Raise> {
    let count = cx.nargs().max(1);
    if count > MAX_UPVALUES {
        return Err(cx.error("too many results to unpack"));
    }
    let mut upvalues = vec![cx.slot(file)];
    upvalues.extend((1..count).map(|i| cx.arg(i)));
    let f = register::function_with(cx.vm(), ROWS, "lines_aux", &upvalues)?;
    cx.ret(f.val())
}

fn lines(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    if cx.arg(0).is_nil() {
        cx.push(default_file(cx, INPUT));
    } else {
        let mut s = open_named(cx, b"r")?;
        s.close_at_end = true;
        push_file(cx, s)?;
    }
    push_iterator(cx, cx.height() - 1)
}

fn file_lines(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    open_file_arg(cx)?;
    push_iterator(cx, 0)
}

/// The iterator: upvalue 0 is the file, the others are formats.
fn lines_aux(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let count = cx.callee().num_upvalues().saturating_sub(1);
    cx.reserve(count + 4)?;
    let cx = &*cx;
    let Some(s) = stream_of(cx.upvalue(0)).filter(|s| !s.borrow().is_closed()) else { return Err(cx.error(CLOSED)) };
    let first_result = cx.height();
    match read_items(cx, s, count, 0, |i| cx.upvalue(i + 1))? {
        Ok(pushed) => {
            let mut s = s.borrow_mut();
            if s.close_at_end && cx.slot(first_result).is_nil() {
                // The end of the loop has no place for an error.
                let _ = s.close();
                return cx.ret0();
            }
            cx.ret_last(pushed)
        }
        Err(code) => Err(cx.error_bytes(&message(None, code))),
    }
}

// ---- writing ----

fn write_args(cx: &Cx<'_>, s: &Shared, first: u32) -> Result<Ret, Raise> {
    let mut s = s.borrow_mut();
    let mut result = Ok(());
    for i in first..cx.nargs() {
        let v = cx.arg(i);
        let written = if let Some(text) = v.as_str() {
            s.write(text.bytes())
        } else if let Some(n) = v.as_num() {
            let mut buf = [0; 32];
            let len = heap::number::format(n, &mut buf);
            s.write(&buf[..len])
        } else if let Some(written) = crate::buffer::with_bytes(v, |bytes| s.write(bytes)) {
            written
        } else {
            return Err(cx.type_error(i, "string"));
        };
        result = result.and(written);
    }
    file_result(cx, result, None)
}

fn write(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    write_args(cx, open_default(cx, OUTPUT)?, 0)
}

fn file_write(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    write_args(cx, open_file_arg(cx)?, 1)
}

fn flush(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let result = open_default(cx, OUTPUT)?.borrow_mut().flush();
    file_result(cx, result, None)
}

fn file_flush(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let result = open_file_arg(cx)?.borrow_mut().flush();
    file_result(cx, result, None)
}

// ---- position, buffering ----

fn file_seek(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let s = open_file_arg(cx)?;
    let whence = cx.check_option(1, Some(1), &["set", "cur", "end"])?;
    let offset = match cx.arg(2) {
        v if v.is_nil() => 0,
        v => v.as_num().ok_or_else(|| cx.type_error(2, "number"))? as i64,
    };
    let at = match (whence, u64::try_from(offset)) {
        (0, Ok(offset)) => s.borrow_mut().seek(SeekFrom::Start(offset)),
        (0, Err(_)) => Err(libc::EINVAL),
        (1, _) => s.borrow_mut().seek(SeekFrom::Current(offset)),
        _ => s.borrow_mut().seek(SeekFrom::End(offset)),
    };
    match at {
        Ok(at) => cx.ret(Val::num(at as f64)),
        Err(code) => cx.ret_fail(&message(None, code), Some(code)),
    }
}

fn file_setvbuf(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let s = open_file_arg(cx)?;
    let buffering = [Buffering::Full, Buffering::Line, Buffering::No];
    let which = cx.check_option(1, None, &["full", "line", "no"])?;
    // The size is checked and ignored, as C's library does where it is given no buffer.
    cx.opt_int(2, 0)?;
    let result = s.borrow_mut().set_buffering(buffering[which]);
    file_result(cx, result, None)
}

// ---- opening and closing ----

/// Opens the file that the first argument names; raises if that fails.
fn open_named(cx: &Cx<'_>, mode: &[u8]) -> Result<Stream, Raise> {
    let name = c_bytes(cx.check_str(0)?.bytes());
    Stream::open(name, mode).map_err(|code| cx.arg_error(0, &String::from_utf8_lossy(&message(Some(name), code))))
}

/// Returns a new file, or nil and why not.
fn ret_opened(cx: &mut Cx<'_>, opened: Result<Stream, i32>, named: bool) -> Result<Ret, Raise> {
    match opened {
        Ok(s) => {
            push_file(cx, s)?;
            cx.ret_last(1)
        }
        Err(code) => {
            let name = if named { Some(c_bytes(cx.check_str(0)?.bytes())) } else { None };
            cx.ret_fail(&message(name, code), Some(code))
        }
    }
}

/// Returns the strings of the first two arguments, up to a NUL: name and mode.
fn name_and_mode<'c>(cx: &'c Cx<'_>) -> Result<(&'c [u8], &'c [u8]), Raise> {
    let name = c_bytes(cx.check_str(0)?.bytes());
    Ok((name, cx.opt_str(1)?.map_or(b"r", |mode| c_bytes(mode.bytes()))))
}

fn open_(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (name, mode) = name_and_mode(cx)?;
    let opened = Stream::open(name, mode);
    ret_opened(cx, opened, true)
}

fn popen(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    name_and_mode(cx)?;
    flush_all(cx.vm_mut());
    let (name, mode) = name_and_mode(cx)?;
    let opened = Stream::popen(name, mode);
    ret_opened(cx, opened, true)
}

fn tmpfile(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let opened = crate::sys::make_temp_file()
        .and_then(|(file, name)| {
            use std::os::unix::ffi::OsStrExt;
            std::fs::remove_file(std::ffi::OsStr::from_bytes(&name)).map(|()| Stream::from_file(file))
        })
        .map_err(|e| crate::system::errno(&e));
    ret_opened(cx, opened, false)
}

fn close_stream(cx: &Cx<'_>, s: &Shared) -> Result<Ret, Raise> {
    let mut s = s.borrow_mut();
    if s.kind() == Kind::Standard {
        return cx.ret_fail(b"cannot close standard file", None);
    }
    let result = s.close();
    file_result(cx, result, None)
}

fn close(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    if cx.nargs() > 0 {
        return file_close(cx);
    }
    match stream_of(default_file(cx, OUTPUT)) {
        Some(s) if !s.borrow().is_closed() => close_stream(cx, s),
        _ => Err(cx.error(CLOSED)),
    }
}

fn file_close(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    close_stream(cx, open_file_arg(cx)?)
}

fn file_gc(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let mut s = file_arg(cx)?.borrow_mut();
    if s.kind() != Kind::Standard && !s.is_closed() {
        // A collected file has nobody to tell of an error.
        let _ = s.close();
    }
    cx.ret0()
}

fn file_tostring(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    if file_arg(cx)?.borrow().is_closed() {
        return cx.ret_str(b"file (closed)");
    }
    cx.ret_str(format!("file ({:#010x})", cx.arg(0).address().unwrap_or(0)).as_bytes())
}

fn type_of(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    match stream_of(cx.check_any(0)?) {
        None => cx.ret(Val::NIL),
        Some(s) if s.borrow().is_closed() => cx.ret_str(b"closed file"),
        Some(_) => cx.ret_str(b"file"),
    }
}

/// Sets (or with no argument only returns) default input or output.
fn default_access(cx: &mut Cx<'_>, which: i64, mode: &[u8]) -> Result<Ret, Raise> {
    if cx.arg(0).is_nil() {
        return cx.ret(default_file(cx, which));
    }
    if cx.arg(0).as_udata().is_some() {
        open_file_arg(cx)?;
        cx.push(cx.arg(0));
    } else {
        let s = open_named(cx, mode)?;
        push_file(cx, s)?;
    }
    let file = cx.slot(cx.height() - 1);
    if let Some(defaults) = cx.upvalue(0).as_tab() {
        defaults.set_int(cx.vm(), which, file)?;
    }
    cx.ret_last(1)
}

fn input(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    default_access(cx, INPUT, b"r")
}

fn output(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    default_access(cx, OUTPUT, b"w")
}

/// Makes a userdata of a stream that only a builtin sees.
pub(crate) fn private_file(vm: &Vm, s: Shared) -> Result<heap::Udata<'_>, Raise> {
    vm.new_userdata(Some(Box::new(LuaFile(s))))
}

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let streams = [standard(vm, 0), standard(vm, 1), standard(vm, 2)];
    let vm = &*vm;
    let meta: Tab<'_> = vm.new_table(0, 16)?;
    let defaults = vm.new_table(3, 0)?;
    vm.registry().set_name(vm, METATABLE, meta.val())?;
    fill_with(vm, meta, ROWS, "file:", &[], &[])?;
    meta.set_name(vm, "__index", meta.val())?;
    let lib = register::new_library(vm, "io", 16)?;
    fill_with(vm, lib, ROWS, "", &["lines_aux"], &[defaults.val()])?;
    for (i, name) in ["stdin", "stdout", "stderr"].into_iter().enumerate() {
        let file = wrap(vm, streams[i].clone())?;
        lib.set_name(vm, name, file.val())?;
        if i < 2 {
            defaults.set_int(vm, i as i64 + 1, file.val())?;
        }
    }
    Ok(())
}
