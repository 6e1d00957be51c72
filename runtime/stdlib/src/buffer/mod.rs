//! `string.buffer`: mutable strings with a read end and a write end, and serialisation of values.
//!
//! A buffer is a userdata with a [`Buffer`] as payload. Dictionaries for serialisation are tables and hang at its environment, where
//! the collector finds them. Text that callbacks produce is formatted elsewhere and appended afterwards, so that no borrow of the
//! bytes lasts while Lua runs.
//!
//! Absent: what needs the FFI (`reserve`, `commit` of reserved bytes, `ref`, `putcdata`), which raises an error; `set` copies its string.

mod dictionary;
mod serialize;

use crate::string::format::append_format;
use crate::string::{MAX_LEN, bare_error};
use crate::{register, scratch};
use abi::metamethod::Mm;
use heap::handle::Kind;
use heap::{Raise, Val, Vm};
use interp::cx::num_to_int;
use interp::{Cx, Ret};
use std::cell::{Cell, RefCell};

register::library!(buffer);

/// Consumed bytes from which on they are removed for good.
const COMPACT: usize = 4096;

/// The contents of a buffer.
#[derive(Default)]
struct Buffer {
    bytes: RefCell<Vec<u8>>,
    /// Bytes already read.
    read: Cell<usize>,
}

impl Buffer {
    fn len(&self) -> usize {
        self.bytes.borrow().len() - self.read.get()
    }

    fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(&self.bytes.borrow()[self.read.get()..])
    }

    #[inline]
    fn append(&self, vm: &Vm, text: &[u8]) -> Result<(), Raise> {
        let mut bytes = self.bytes.borrow_mut();
        let read = self.read.get();
        if read > COMPACT && read > bytes.len() / 2 {
            bytes.drain(..read);
            self.read.set(0);
        }
        if text.len() > bytes.capacity() - bytes.len() {
            grow(vm, &mut bytes, text.len())?;
        }
        bytes.extend_from_slice(text);
        Ok(())
    }

    /// Takes up to `n` bytes from the read end.
    fn skip(&self, n: usize) {
        let left = self.len();
        if n < left {
            self.read.set(self.read.get() + n);
        } else {
            self.clear();
        }
    }

    fn clear(&self) {
        self.bytes.borrow_mut().clear();
        self.read.set(0);
    }
}

/// Makes room for more bytes and lets the heap know.
#[cold]
fn grow(vm: &Vm, bytes: &mut Vec<u8>, more: usize) -> Result<(), Raise> {
    let max = vm.heap.config.max_memory;
    let len = bytes.len() + more;
    // The capacity doubles at least.
    let growth = more.max(bytes.capacity());
    if len > MAX_LEN || (max != 0 && len > max) || !vm.heap.account(growth) || bytes.try_reserve(more).is_err() {
        return Err(bare_error(vm, "not enough memory"));
    }
    Ok(())
}

/// Calls `f` with the bytes of a buffer; `None` if the value is none.
pub fn with_bytes<R>(v: Val<'_>, f: impl FnOnce(&[u8]) -> R) -> Option<R> {
    v.as_udata()?.payload::<Buffer>().map(|buffer| buffer.with(f))
}

/// Loads the library: returns its table.
pub fn load(cx: &Cx<'_>) -> Result<Ret, Raise> {
    let vm = cx.vm();
    let methods = vm.new_table(0, 32)?;
    register::fill(vm, methods, ROWS, "method:", &[])?;
    methods.set_name(vm, "tostring", methods.get_name(vm, "__tostring")?)?;
    methods.set_name(vm, "__index", methods.val())?;
    methods.set_name(vm, "__metatable", vm.str(b"buffer")?.val())?;
    let library = vm.new_table(0, 4)?;
    register::fill(vm, library, ROWS, "", &["new"])?;
    let new = register::function(vm, ROWS, "new", 1)?;
    new.set_upvalue(vm, 0, methods.val());
    library.set_name(vm, "new", new.val())?;
    cx.ret(library.val())
}

fn this<'c>(cx: &'c Cx<'_>) -> Result<&'c Buffer, Raise> {
    cx.arg(0).as_udata().and_then(|u| u.payload()).ok_or_else(|| cx.type_error(0, "buffer"))
}

/// Returns the buffer itself, for chains of calls.
fn chain(cx: &Cx<'_>) -> Result<Ret, Raise> {
    cx.ret(cx.arg(0))
}

/// Requires a number of bytes; strings do not convert.
fn check_size(cx: &Cx<'_>, i: u32) -> Result<usize, Raise> {
    let n = cx.arg(i).as_num().ok_or_else(|| cx.type_error(i, "number"))?;
    let n = usize::try_from(num_to_int(n)).ok().filter(|n| *n <= MAX_LEN);
    n.ok_or_else(|| cx.arg_error(i, "number out of range"))
}

/// `buffer.new([size,] [options])`
pub fn new(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (mut size, mut options_at) = (0, 0);
    if cx.nargs() > 0 && cx.arg(0).as_tab().is_none() {
        options_at = 1;
        if !cx.arg(0).is_nil() {
            size = check_size(cx, 0)?;
        }
    }
    let env = if cx.nargs() > options_at { dictionary::prepare(cx, cx.check_tab(options_at)?)? } else { None };
    let buffer = Buffer::default();
    if size > 0 {
        grow(cx.vm(), &mut buffer.bytes.borrow_mut(), size)?;
    }
    let object = cx.vm().new_userdata(Some(Box::new(buffer)))?;
    object.set_metatable(cx.vm(), cx.upvalue(0).as_tab());
    if let Some(env) = env {
        object.set_env(cx.vm(), env);
    }
    cx.ret(object.val())
}

/// `buffer.encode(v)`
pub fn encode(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let mut out = scratch::take();
    serialize::put(cx, &mut out, cx.check_any(0)?, None)?;
    cx.ret_str(&out)
}

/// `buffer.decode(s)`
pub fn decode(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let s = cx.arg(0).as_str().ok_or_else(|| cx.type_error(0, "string"))?;
    let (v, used) = serialize::get(cx, s.bytes(), None)?;
    if used != s.len() {
        return Err(cx.error("left-over data in buffer"));
    }
    cx.ret(v)
}

/// `buf:put(...)`
pub fn put(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let buffer = this(cx)?;
    let mut first = 1;
    while let Some(s) = cx.arg(first).as_str() {
        buffer.append(cx.vm(), s.bytes())?;
        first += 1;
    }
    for i in first..cx.nargs() {
        if put_plain(cx, i)? {
            continue;
        }
        let mm = cx.vm().metamethod(cx.arg(i), Mm::Tostring);
        if !mm.is_nil() {
            cx.push(mm);
            cx.push(cx.arg(i));
            cx.call(1, Some(1))?;
            cx.set_slot(i, cx.slot(cx.height() - 1));
            cx.pop(1);
            if put_plain(cx, i)? {
                continue;
            }
        }
        return Err(cx.type_error(i, "string/number/__tostring"));
    }
    chain(cx)
}

/// Appends argument `i`, if it is text, a number or a buffer.
fn put_plain(cx: &Cx<'_>, i: u32) -> Result<bool, Raise> {
    let buffer = this(cx)?;
    match cx.arg(i).kind() {
        Kind::Str(s) => buffer.append(cx.vm(), s.bytes())?,
        Kind::Num(n) => {
            let mut text = [0; 32];
            let len = heap::number::format(n, &mut text);
            buffer.append(cx.vm(), &text[..len])?;
        }
        Kind::Udata(u) => {
            let Some(other) = u.payload::<Buffer>() else { return Ok(false) };
            if std::ptr::eq(other, buffer) {
                return Err(cx.arg_error(i, "cannot put buffer into itself"));
            }
            other.with(|text| buffer.append(cx.vm(), text))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `buf:putf(format, ...)`
pub fn putf(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    this(cx)?;
    let mut out = scratch::take();
    let formatted = append_format(cx, &mut out, 1, true);
    this(cx)?.append(cx.vm(), &out)?;
    formatted?;
    chain(cx)
}

#[cold]
fn no_ffi(cx: &Cx<'_>) -> Raise {
    cx.error("string buffers have no raw memory access without the FFI library")
}

/// `buf:putcdata(…)`: needs the FFI.
pub fn putcdata(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    this(cx)?;
    Err(cx.type_error(1, "cdata"))
}

/// `buf:reserve(n)`: needs the FFI.
pub fn reserve(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    this(cx)?;
    check_size(cx, 1)?;
    Err(no_ffi(cx))
}

/// `buf:commit(n)`: nothing is ever reserved.
pub fn commit(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    this(cx)?;
    if check_size(cx, 1)? > 0 {
        return Err(cx.arg_error(1, "number out of range"));
    }
    chain(cx)
}

/// `buf:ref()`: needs the FFI.
pub fn ref_(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    this(cx)?;
    Err(no_ffi(cx))
}

/// `buf:set(s)`
pub fn set(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let buffer = this(cx)?;
    let s = cx.arg(1).as_str().ok_or_else(|| cx.type_error(1, "string"))?;
    buffer.clear();
    buffer.append(cx.vm(), s.bytes())?;
    chain(cx)
}

/// `buf:skip(n)`
pub fn skip(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let buffer = this(cx)?;
    buffer.skip(check_size(cx, 1)?);
    chain(cx)
}

/// `buf:reset()`
pub fn reset(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    this(cx)?.clear();
    chain(cx)
}

/// `buf:free()`
pub fn free(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let buffer = this(cx)?;
    buffer.bytes.take();
    buffer.read.set(0);
    chain(cx)
}

/// `buf:get([n, ...])`
pub fn get(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let count = cx.nargs().saturating_sub(1).max(1);
    cx.reserve(count)?;
    let buffer = this(cx)?;
    for i in 1..=count {
        let n = if cx.arg(i).is_nil() { MAX_LEN } else { check_size(cx, i)? };
        buffer.with(|text| cx.push_str(&text[..n.min(text.len())]))?;
        buffer.skip(n);
    }
    cx.ret_last(count)
}

/// `buf:encode(v)`
pub fn m_encode(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let buffer = this(cx)?;
    let mut out = scratch::take();
    let env = cx.arg(0).as_udata().and_then(|u| u.env());
    serialize::put(cx, &mut out, cx.check_any(1)?, env)?;
    buffer.append(cx.vm(), &out)?;
    chain(cx)
}

/// `buf:decode()`
pub fn m_decode(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let buffer = this(cx)?;
    let env = cx.arg(0).as_udata().and_then(|u| u.env());
    let (v, used) = buffer.with(|text| serialize::get(cx, text, env))?;
    buffer.skip(used);
    cx.ret(v)
}

/// `tostring(buf)`
pub fn tostring(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    this(cx)?.with(|text| cx.ret_str(text))
}

/// `#buf`
pub fn len(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.ret(Val::num(this(cx)?.len() as f64))
}

/// `a .. b` where one is a buffer: a string.
pub fn concat(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let mut out = scratch::take();
    for i in 0..2 {
        let v = cx.arg(i);
        if with_bytes(v, |text| out.extend_from_slice(text)).is_some() {
            continue;
        }
        match v.kind() {
            Kind::Str(s) => s.append_to(&mut out),
            Kind::Num(n) => heap::number::append(&mut out, n),
            _ => return concat_other(cx, i),
        }
    }
    cx.ret_str(&out)
}

/// Leaves the concatenation to operand `i`, which is neither text nor buffer.
fn concat_other(cx: &mut Cx<'_>, i: u32) -> Result<Ret, Raise> {
    let mm = cx.vm().metamethod(cx.arg(i), Mm::Concat);
    if mm.is_nil() {
        // The first operand gets the blame, unless it is text.
        let first = cx.arg(0);
        let culprit = if first.as_str().is_some() || first.as_num().is_some() { cx.arg(1) } else { first };
        return Err(cx.error(&format!("attempt to concatenate a {} value", culprit.type_name())));
    }
    cx.push(mm);
    cx.push(cx.arg(0));
    cx.push(cx.arg(1));
    cx.call(2, Some(1))?;
    cx.ret_last(1)
}
