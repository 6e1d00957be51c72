//! The view a builtin has of its call: arguments, results, errors, calls back into Lua.
//!
//! Arguments and pushed values live on the var stack, so they are roots. A `Val` borrowed from a `Cx` cannot be held across
//! [`Cx::call`] or any other `&mut` method: read it again from its slot afterwards.
//!
//! Invariant: `vm.base` is slot 0 of the builtin's frame and `vm.top` the end of what is pushed; both stay so while the builtin runs.

use crate::{call, debug, meta};
use abi::metamethod::Mm;
use heap::handle::Kind;
use heap::{Func, Raise, Str, Tab, Val, Value, Vm};

/// A builtin function. It returns how many of the last pushed values are its results.
pub type BuiltinFn = fn(&mut Cx<'_>) -> Result<Ret, Raise>;

/// Number of results, the last values pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Ret(pub(crate) u64);

/// Bit of a [`Ret`] that says: call the function below the last values instead of returning them.
pub(crate) const TAIL_CALL: u64 = 1 << 32;
/// Bit of a [`Ret`] that says: enter the continuation frame that is laid out, with the last values as arguments.
pub(crate) const CALL_THEN: u64 = 1 << 33;

/// The running call of a builtin.
pub struct Cx<'a> {
    vm: &'a mut Vm,
    nargs: u32,
}

impl<'a> Cx<'a> {
    /// Opens the running builtin frame of `vm` with `nargs` arguments.
    pub(crate) fn new(vm: &'a mut Vm, nargs: u32) -> Cx<'a> {
        Cx { vm, nargs }
    }

    /// Returns the machine, for reading and allocating.
    #[inline(always)]
    pub fn vm(&self) -> &Vm {
        self.vm
    }

    /// Returns the machine, for everything.
    pub fn vm_mut(&mut self) -> &mut Vm {
        self.vm
    }

    /// Returns the number of arguments.
    #[inline(always)]
    pub fn nargs(&self) -> u32 {
        self.nargs
    }

    fn pushed_raw(&self) -> u32 {
        // SAFETY: both pointers are into the running stack (module invariant).
        unsafe { self.vm.top.get().offset_from(self.vm.base) as u32 }
    }

    /// Returns slot `i` of the frame: arguments first, then pushed values. nil beyond.
    #[inline(always)]
    pub fn slot(&self, i: u32) -> Val<'_> {
        if i < self.pushed_raw() {
            // SAFETY: slots below top hold live values.
            unsafe { Val::from_raw(Value(*self.vm.base.add(i as usize))) }
        } else {
            Val::NIL
        }
    }

    /// Stores into slot `i`, which must exist.
    #[inline(always)]
    pub fn set_slot(&self, i: u32, v: Val<'_>) {
        assert!(i < self.pushed_raw(), "slot {i} is not there");
        // SAFETY: the slot is below top; stacks need no barrier.
        unsafe { *self.vm.base.add(i as usize) = v.raw().0 }
    }

    /// Returns argument `i` (from 0), nil if absent.
    #[inline(always)]
    pub fn arg(&self, i: u32) -> Val<'_> {
        if i < self.nargs { self.slot(i) } else { Val::NIL }
    }

    /// Returns argument `i` (from 0), `None` if absent.
    #[inline(always)]
    pub fn arg_opt(&self, i: u32) -> Option<Val<'_>> {
        if i < self.nargs { Some(self.slot(i)) } else { None }
    }

    /// Returns the number of values pushed, arguments included: the index of the next push.
    pub fn height(&self) -> u32 {
        self.pushed_raw()
    }

    /// Pushes a value. A builtin may push 20 values; more need [`Cx::reserve`] first.
    #[inline(always)]
    pub fn push(&self, v: Val<'_>) {
        let top = self.vm.top.get();
        // Builtin frames end with a reserve, so the limit is checked against the end of the whole stack.
        assert!(
            (top as usize) < self.vm.stack_max as usize + 8 * heap::stack::RESERVE as usize - 64,
            "no room to push"
        );
        // SAFETY: the slot is inside the stack (just checked).
        unsafe {
            *top = v.raw().0;
            self.vm.top.set(top.add(1));
        }
    }

    /// Interns and pushes a string.
    pub fn push_str(&self, bytes: &[u8]) -> Result<(), Raise> {
        let s = self.vm.str(bytes)?;
        self.push(s.val());
        Ok(())
    }

    /// Drops the last `n` pushed values.
    pub fn pop(&self, n: u32) {
        assert!(n <= self.pushed_raw(), "pops more than was pushed");
        // SAFETY: stays at or above base (just checked).
        unsafe { self.vm.top.set(self.vm.top.get().sub(n as usize)) }
    }

    /// Makes room for `n` more pushes. Raises "stack overflow".
    pub fn reserve(&mut self, n: u32) -> Result<(), Raise> {
        let top = self.vm.top.get();
        heap::stack::ensure(self.vm, top, n)
    }

    /// Returns no results.
    pub fn ret0(&self) -> Result<Ret, Raise> {
        Ok(Ret(0))
    }

    /// Returns one result.
    #[inline(always)]
    pub fn ret(&self, v: Val<'_>) -> Result<Ret, Raise> {
        self.push(v);
        Ok(Ret(1))
    }

    /// Returns a string.
    pub fn ret_str(&self, bytes: &[u8]) -> Result<Ret, Raise> {
        self.push_str(bytes)?;
        Ok(Ret(1))
    }

    /// Returns the last `n` pushed values.
    pub fn ret_last(&self, n: u32) -> Result<Ret, Raise> {
        assert!(n <= self.pushed_raw(), "returns more than was pushed");
        Ok(Ret(n.into()))
    }

    /// Returns nil, `message` (and `code`): the way of library functions to fail.
    pub fn ret_fail(&self, message: &[u8], code: Option<i32>) -> Result<Ret, Raise> {
        self.push(Val::NIL);
        self.push_str(message)?;
        if let Some(code) = code {
            self.push(Val::num(f64::from(code)));
        }
        Ok(Ret(2 + u64::from(code.is_some())))
    }

    /// Returns the running builtin.
    pub fn callee(&self) -> Func<'_> {
        // SAFETY: base[-2] is the running function (frame layout).
        unsafe { Func::from_raw((*self.vm.base.sub(2) & abi::tag::PTR_MASK) as *mut heap::FuncObj) }
    }

    /// Returns upvalue `i` of the running builtin (nil if there is none).
    pub fn upvalue(&self, i: u32) -> Val<'_> {
        self.callee().upvalue(i).unwrap_or(Val::NIL)
    }

    /// Stores upvalue `i` of the running builtin.
    pub fn set_upvalue(&self, i: u32, v: Val<'_>) {
        self.callee().set_upvalue(self.vm, i, v);
    }

    // ---- checked arguments: all raise "bad argument #i to 'name' (…)" ----

    /// Raises "bad argument #i+1 to 'name' (message)".
    #[cold]
    pub fn arg_error(&self, i: u32, message: &str) -> Raise {
        debug::arg_error(self.vm, i, message)
    }

    /// Raises "bad argument … (expected expected, got …)".
    #[cold]
    pub fn type_error(&self, i: u32, expected: &str) -> Raise {
        let got = self.arg_opt(i).map_or("no value", |v| v.type_name());
        self.arg_error(i, &format!("{expected} expected, got {got}"))
    }

    /// Raises `message` with the position of the calling Lua code before it.
    #[cold]
    pub fn error(&self, message: &str) -> Raise {
        debug::error_at(self.vm, 1, message.as_bytes())
    }

    /// Raises bytes with the position of the calling Lua code before them.
    #[cold]
    pub fn error_bytes(&self, message: &[u8]) -> Raise {
        debug::error_at(self.vm, 1, message)
    }

    /// Requires an argument of any type, nil included.
    pub fn check_any(&self, i: u32) -> Result<Val<'_>, Raise> {
        self.arg_opt(i).ok_or_else(|| self.arg_error(i, "value expected"))
    }

    /// Requires a number or a string that converts to one.
    #[inline]
    pub fn check_num(&self, i: u32) -> Result<f64, Raise> {
        let v = self.arg(i);
        match v.as_num() {
            Some(n) => Ok(n),
            None => match v.as_str().and_then(|s| heap::number::parse(s.bytes())) {
                Some(n) => Ok(n),
                None => Err(self.type_error(i, "number")),
            },
        }
    }

    /// Requires a number, truncated to a 32-bit integer as LuaJIT's libraries do.
    #[inline]
    pub fn check_int(&self, i: u32) -> Result<i32, Raise> {
        self.check_num(i).map(num_to_int)
    }

    /// Returns the number, or `default` if absent or nil.
    pub fn opt_num(&self, i: u32, default: f64) -> Result<f64, Raise> {
        if self.arg(i).is_nil() { Ok(default) } else { self.check_num(i) }
    }

    /// Returns the integer, or `default` if absent or nil.
    #[inline]
    pub fn opt_int(&self, i: u32, default: i32) -> Result<i32, Raise> {
        if self.arg(i).is_nil() { Ok(default) } else { self.check_int(i) }
    }

    /// Requires a string; a number is converted, in its slot.
    #[inline]
    pub fn check_str(&self, i: u32) -> Result<Str<'_>, Raise> {
        match self.arg(i).as_str() {
            Some(s) => Ok(s),
            None => self.coerce_str(i),
        }
    }

    #[cold]
    fn coerce_str(&self, i: u32) -> Result<Str<'_>, Raise> {
        let Some(n) = self.arg(i).as_num() else { return Err(self.type_error(i, "string")) };
        let mut buf = [0; 32];
        let len = heap::number::format(n, &mut buf);
        let s = self.vm.str(&buf[..len])?;
        self.set_slot(i, s.val());
        Ok(s)
    }

    /// Returns the string, or `None` if absent or nil.
    pub fn opt_str(&self, i: u32) -> Result<Option<Str<'_>>, Raise> {
        if self.arg(i).is_nil() { Ok(None) } else { self.check_str(i).map(Some) }
    }

    /// Requires a table.
    #[inline]
    pub fn check_tab(&self, i: u32) -> Result<Tab<'_>, Raise> {
        self.arg(i).as_tab().ok_or_else(|| self.type_error(i, "table"))
    }

    /// Requires a function.
    pub fn check_func(&self, i: u32) -> Result<Func<'_>, Raise> {
        self.arg(i).as_func().ok_or_else(|| self.type_error(i, "function"))
    }

    /// Requires one of `names` (or nothing, if there is a default); returns its index.
    pub fn check_option(&self, i: u32, default: Option<usize>, names: &[&str]) -> Result<usize, Raise> {
        if let (Some(d), true) = (default, self.arg(i).is_nil()) {
            return Ok(d);
        }
        let s = self.check_str(i)?;
        names.iter().position(|n| n.as_bytes() == s.bytes()).ok_or_else(|| {
            let shown = s.bytes().split(|&c| c == 0).next().unwrap_or_default();
            self.arg_error(i, &format!("invalid option '{}'", String::from_utf8_lossy(shown)))
        })
    }

    // ---- calls and operations that may run Lua ----

    /// Ends the builtin by calling the function below the last `nargs` pushed values: its results are the builtin's, and
    /// coroutines can yield inside it.
    pub fn tail_call(&self, nargs: u32) -> Result<Ret, Raise> {
        assert!(nargs < self.pushed_raw(), "calls more than was pushed");
        Ok(Ret(TAIL_CALL | u64::from(nargs)))
    }

    /// Ends this part of the builtin by calling the function below the last `nargs` pushed values, and goes on with `then` in the
    /// same frame afterwards: there [`Cx::nargs`] counts everything below the results, which are the last values. Coroutines can
    /// yield inside the call.
    pub fn call_then(&mut self, nargs: u32, then: BuiltinFn) -> Result<Ret, Raise> {
        assert!(nargs < self.pushed_raw(), "calls more than was pushed");
        call::lay_out_continued(self.vm, nargs, then)?;
        Ok(Ret(CALL_THEN | u64::from(nargs)))
    }

    /// Calls the function below the last `nargs` pushed values; both are replaced by the results: `nresults` of them, or all
    /// if `None`. Returns how many. The call runs on the native stack: coroutines cannot yield across it.
    pub fn call(&mut self, nargs: u32, nresults: Option<u32>) -> Result<u32, Raise> {
        call::call_native(self.vm, nargs, nresults)
    }

    /// Calls slot `f` with slots `a` and `b`; says whether the first result is true. Cheaper than [`Cx::call`].
    pub fn call_predicate(&mut self, f: u32, a: u32, b: u32) -> Result<bool, Raise> {
        assert!(f.max(a).max(b) < self.pushed_raw(), "slots exist");
        call::call_predicate(self.vm, f, a, b)
    }

    /// Calls like [`Cx::call`], but an error is returned as `Ok(Err(()))`: the function and its arguments are gone and
    /// the error value is pushed instead.
    pub fn pcall(&mut self, nargs: u32, nresults: Option<u32>) -> Result<Result<u32, ()>, Raise> {
        call::pcall_native(self.vm, nargs, nresults)
    }

    /// Calls the finalisers that a collection found due.
    pub fn run_finalizers(&mut self) -> Result<(), Raise> {
        call::run_finalizers(self.vm)
    }

    /// Pushes slot `obj` indexed by slot `key`, with metamethods.
    pub fn index(&mut self, obj: u32, key: u32) -> Result<(), Raise> {
        let (o, k) = (self.slot(obj).raw(), self.slot(key).raw());
        let v = meta::index_native(self.vm, o, k)?;
        // SAFETY: just read from a live object or returned by a call; nothing collected since.
        self.push(unsafe { Val::from_raw(v) });
        Ok(())
    }

    /// Stores slot `value` into slot `obj` at slot `key`, with metamethods.
    pub fn store(&mut self, obj: u32, key: u32, value: u32) -> Result<(), Raise> {
        let (o, k, v) = (self.slot(obj).raw(), self.slot(key).raw(), self.slot(value).raw());
        meta::store_native(self.vm, o, k, v)
    }

    /// Compares slots `a == b`, with metamethods.
    pub fn equal(&mut self, a: u32, b: u32) -> Result<bool, Raise> {
        let (a, b) = (self.slot(a).raw(), self.slot(b).raw());
        meta::equal_native(self.vm, a, b)
    }

    /// Compares slots `a < b`, with metamethods.
    pub fn less_than(&mut self, a: u32, b: u32) -> Result<bool, Raise> {
        let (a, b) = (self.slot(a).raw(), self.slot(b).raw());
        meta::less_than_native(self.vm, a, b)
    }

    /// Pushes the string form of slot `i`, as `tostring` does, with `__tostring`; raises if that returns no string.
    pub fn push_tostring(&mut self, i: u32) -> Result<(), Raise> {
        let v = self.slot(i);
        let mm = self.vm.metamethod(v, Mm::Tostring);
        if mm.is_nil() {
            let s = display(self.vm, v)?;
            self.push(s.val());
            return Ok(());
        }
        self.push(mm);
        self.push(v);
        self.call(1, Some(1))?;
        let top = self.height() - 1;
        if let Some(n) = self.slot(top).as_num() {
            let mut buf = [0; 32];
            let len = heap::number::format(n, &mut buf);
            self.pop(1);
            return self.push_str(&buf[..len]);
        }
        if self.slot(top).as_str().is_none() {
            return Err(self.error("'tostring' must return a string to 'print'"));
        }
        Ok(())
    }
}

/// Returns the string form of a value without metamethods.
pub fn display<'v>(vm: &'v Vm, v: Val<'v>) -> Result<Str<'v>, Raise> {
    match v.kind() {
        Kind::Str(s) => Ok(s),
        Kind::Num(n) => {
            let mut buf = [0; 32];
            let len = heap::number::format(n, &mut buf);
            vm.str(&buf[..len])
        }
        Kind::Nil => vm.str(b"nil"),
        Kind::Bool(b) => vm.str(if b { b"true" } else { b"false" }),
        Kind::Func(f) if f.builtin_id() != 0 => vm.str(format!("function: builtin#{}", f.builtin_id()).as_bytes()),
        _ => {
            let mut text = format!("{}: ", v.type_name()).into_bytes();
            put_address(&mut text, v.address().unwrap_or(0));
            vm.str(&text)
        }
    }
}

/// Appends an address as `tostring` and `%p` show it: whole bytes, four at least; 0 is `NULL`.
pub fn put_address(out: &mut Vec<u8>, address: u64) {
    if address == 0 {
        return out.extend_from_slice(b"NULL");
    }
    let digits = 2 * (8 - address.leading_zeros() as usize / 8).max(4);
    out.extend_from_slice(b"0x");
    out.extend((0..digits).rev().map(|i| b"0123456789abcdef"[(address >> (4 * i) & 15) as usize]));
}

/// Converts as LuaJIT's libraries do: truncates towards zero, out of range gives `i32::MIN`.
#[inline(always)]
pub fn num_to_int(n: f64) -> i32 {
    // The hardware conversion's answer for everything out of range.
    if n > -2147483649.0 && n < 2147483648.0 { n as i32 } else { i32::MIN }
}
