//! Borrowed handles: what code without `unsafe` sees of the heap.
//!
//! A handle borrows `&Vm`; collecting needs `&mut Vm`. So a handle held across a safepoint does not compile, and everything
//! a handle points to is alive and in place for as long as the handle exists. Reading and writing through handles needs only
//! `&Vm`; no reference into a table's memory is ever given out, so writes cannot invalidate anything.
//!
//! Invariant: a `Val` is made only from live values (slots, table contents, new objects), never from stored bits.

use crate::object::{FuncObj, StrObj, TabObj, ThreadObj, UdataObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
use crate::{metatable, strtab, table};
use abi::metamethod::Mm;
use std::any::Any;
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

/// A value of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Val<'v>(Value, PhantomData<&'v Vm>);

/// What a value is, opened for a `match`.
#[derive(Clone, Copy)]
pub enum Kind<'v> {
    /// nil
    Nil,
    /// A boolean.
    Bool(bool),
    /// An opaque 47-bit number.
    LightUd(u64),
    /// A number.
    Num(f64),
    /// A string.
    Str(Str<'v>),
    /// A table.
    Tab(Tab<'v>),
    /// A function.
    Func(Func<'v>),
    /// A userdata.
    Udata(Udata<'v>),
    /// A coroutine.
    Thread(Thread<'v>),
}

macro_rules! object_handles {
    ($($(#[$doc:meta])* $name:ident $obj:ty, $from:ident, $as_:ident, $get:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name<'v>(*mut $obj, PhantomData<&'v Vm>);
        impl<'v> $name<'v> {
            /// Makes a handle of a live object.
            ///
            /// # Safety
            /// `p` is live and stays so while `'v` borrows the machine.
            #[inline(always)]
            pub unsafe fn from_raw(p: *mut $obj) -> Self { $name(p, PhantomData) }
            /// Returns the object.
            #[inline(always)]
            pub fn raw(self) -> *mut $obj { self.0 }
            /// Returns the handle as a value.
            #[inline(always)]
            pub fn val(self) -> Val<'v> { Val(Value::$from(self.0), PhantomData) }
        }
        impl<'v> From<$name<'v>> for Val<'v> { fn from(h: $name<'v>) -> Val<'v> { h.val() } }
        impl<'v> Val<'v> {
            #[doc = concat!("Returns the `", stringify!($name), "`, if it is one.")]
            #[inline(always)]
            pub fn $get(self) -> Option<$name<'v>> { self.0.$as_().map(|p| $name(p, PhantomData)) }
        }
    )*};
}
object_handles! {
    /// A string: immutable bytes, equal strings are the same object.
    Str StrObj, from_str, as_str, as_str;
    /// A table.
    Tab TabObj, from_tab, as_tab, as_tab;
    /// A function, Lua's or a builtin.
    Func FuncObj, from_func, as_func, as_func;
    /// A userdata.
    Udata UdataObj, from_udata, as_udata, as_udata;
    /// A coroutine.
    Thread ThreadObj, from_thread, as_thread, as_thread;
}

impl<'v> Val<'v> {
    /// nil
    pub const NIL: Val<'static> = Val(Value::NIL, PhantomData);
    /// true
    pub const TRUE: Val<'static> = Val(Value::TRUE, PhantomData);
    /// false
    pub const FALSE: Val<'static> = Val(Value::FALSE, PhantomData);

    /// Makes a handle of a live value.
    ///
    /// # Safety
    /// What `v` refers to is live and stays so while `'v` borrows the machine.
    #[inline(always)]
    pub unsafe fn from_raw(v: Value) -> Val<'v> {
        Val(v, PhantomData)
    }

    /// Returns the bits.
    #[inline(always)]
    pub fn raw(self) -> Value {
        self.0
    }

    /// Makes a number; any NaN becomes the canonical one.
    #[inline(always)]
    pub fn num(n: f64) -> Val<'static> {
        Val(Value::from_foreign_num(n), PhantomData)
    }

    /// Makes a boolean.
    #[inline(always)]
    pub fn bool(b: bool) -> Val<'static> {
        Val(Value::from_bool(b), PhantomData)
    }

    /// Makes a light userdata from the low 47 bits of `p`.
    pub fn lightud(p: u64) -> Val<'static> {
        Val(Value::from_lightud(p), PhantomData)
    }

    /// Opens the value for a `match`.
    #[inline]
    pub fn kind(self) -> Kind<'v> {
        match self.0.type_index() {
            0 => Kind::Nil,
            1 => Kind::Bool(false),
            2 => Kind::Bool(true),
            3 => Kind::LightUd(self.0.0 & abi::tag::PTR_MASK),
            13 => Kind::Num(f64::from_bits(self.0.0)),
            _ => {
                if let Some(s) = self.as_str() {
                    Kind::Str(s)
                } else if let Some(t) = self.as_tab() {
                    Kind::Tab(t)
                } else if let Some(f) = self.as_func() {
                    Kind::Func(f)
                } else if let Some(u) = self.as_udata() {
                    Kind::Udata(u)
                } else if let Some(t) = self.as_thread() {
                    Kind::Thread(t)
                } else {
                    Kind::Nil
                }
            }
        }
    }

    /// Returns the number, if it is one (no coercion).
    #[inline(always)]
    pub fn as_num(self) -> Option<f64> {
        self.0.as_num()
    }

    /// Says whether it is nil.
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        self.0.is_nil()
    }

    /// Says whether it is neither nil nor false.
    #[inline(always)]
    pub fn is_true(self) -> bool {
        self.0.is_true()
    }

    /// Returns the name of the type, as `type` does.
    pub fn type_name(self) -> &'static str {
        self.0.type_name()
    }

    /// Compares as `rawequal` does.
    #[inline(always)]
    pub fn raw_eq(self, other: Val<'_>) -> bool {
        self.0.raw_eq(other.0)
    }

    /// Returns the address that identifies a collectable value (`%p`), or `None`.
    pub fn address(self) -> Option<u64> {
        if self.0.is_gc() || self.0.is_lightud() { Some(self.0.0 & abi::tag::PTR_MASK) } else { None }
    }
}

impl fmt::Debug for Val<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Num(n) => write!(f, "{n}"),
            Kind::Str(s) => write!(f, "{:?}", String::from_utf8_lossy(s.bytes())),
            _ => f.write_str(self.type_name()),
        }
    }
}

impl<'v> Str<'v> {
    /// Returns the bytes.
    #[inline(always)]
    pub fn bytes(self) -> &'v [u8] {
        // SAFETY: a handle's object is live for 'v (handle invariant).
        unsafe { StrObj::bytes(self.0) }
    }

    /// Returns the number of bytes.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.bytes().len()
    }

    /// Returns the first 16 bytes, the first one lowest; zeros behind the end.
    #[inline(always)]
    pub fn word(self) -> u128 {
        // SAFETY: as above.
        unsafe { StrObj::word(self.0) }
    }

    /// Compares byte by byte.
    #[inline]
    pub fn compare(self, other: Str<'_>) -> Ordering {
        // SAFETY: as above.
        unsafe { StrObj::compare(self.0, other.0) }
    }

    /// Appends the bytes: short ones are stored as a word, of which the rest is cut off.
    #[inline(always)]
    pub fn append_to(self, out: &mut Vec<u8>) {
        let n = self.len();
        if n > strtab::SHORT {
            return out.extend_from_slice(self.bytes());
        }
        let end = out.len() + n;
        out.extend_from_slice(&self.word().to_le_bytes());
        out.truncate(end);
    }

    /// Says whether there are no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl<'v> Tab<'v> {
    /// Returns `t[key]`, raw.
    #[inline]
    pub fn get(self, key: Val<'_>) -> Val<'v> {
        // SAFETY: the handle's table is live (handle invariant), so are its contents.
        unsafe { Val(table::get(self.0, key.0), PhantomData) }
    }

    /// Returns `t[key]`, raw.
    #[inline]
    pub fn get_str(self, key: Str<'_>) -> Val<'v> {
        // SAFETY: as in `get`.
        unsafe { Val(table::get_str(self.0, key.0), PhantomData) }
    }

    /// Returns `t[i]`, raw.
    #[inline]
    pub fn get_int(self, i: i64) -> Val<'v> {
        // SAFETY: as in `get`.
        unsafe { Val(table::get_int(self.0, i), PhantomData) }
    }

    /// Returns `t[name]`, raw, for a name that need not be a string object yet.
    pub fn get_name(self, vm: &'v Vm, name: &str) -> Result<Val<'v>, Raise> {
        Ok(self.get_str(vm.str(name.as_bytes())?))
    }

    /// Stores `t[key] = value`, raw. Raises "table index is nil"/"table index is NaN", or out of memory.
    #[inline]
    pub fn set(self, vm: &Vm, key: Val<'_>, value: Val<'_>) -> Result<(), Raise> {
        // SAFETY: as in `get`; key and value are live.
        unsafe { table::set(vm, self.0, key.0, value.0) }
    }

    /// Stores `t[key] = value`, raw.
    #[inline]
    pub fn set_str(self, vm: &Vm, key: Str<'_>, value: Val<'_>) -> Result<(), Raise> {
        // SAFETY: as in `set`.
        unsafe { table::set_str(vm, self.0, key.0, value.0) }
    }

    /// Stores `t[i] = value`, raw.
    #[inline]
    pub fn set_int(self, vm: &Vm, i: i64, value: Val<'_>) -> Result<(), Raise> {
        // SAFETY: as in `set`.
        unsafe { table::set_int(vm, self.0, i, value.0) }
    }

    /// Copies the elements at `from` to `to` and above, which may overlap. Says whether it could: all places have to be in the array part.
    pub fn move_within(self, vm: &Vm, from: std::ops::Range<i64>, to: i64) -> bool {
        // SAFETY: as in `set`.
        unsafe { table::move_within(vm, self.0, from, to) }
    }

    /// Stores `t[name] = value`, raw.
    pub fn set_name(self, vm: &Vm, name: &str, value: Val<'_>) -> Result<(), Raise> {
        self.set_str(vm, vm.str(name.as_bytes())?, value)
    }

    /// Returns a border, as `#t` does without metamethods.
    #[inline]
    pub fn len(self) -> u32 {
        // SAFETY: as in `get`.
        unsafe { table::len(self.0) }
    }

    /// Says whether the border [`Tab::len`] finds is 0.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the entry after `key` (nil: the first), `Ok(None)` at the end; raises on an unknown key.
    pub fn next(self, vm: &'v Vm, key: Val<'_>) -> Result<Option<(Val<'v>, Val<'v>)>, Raise> {
        // SAFETY: as in `get`.
        let next = unsafe { table::next(vm, self.0, key.0)? };
        Ok(next.map(|(k, v)| (Val(k, PhantomData), Val(v, PhantomData))))
    }

    /// Returns the entry at traversal position `at` or after it, and the position behind it. Position 0 starts.
    pub fn entry_from(self, at: u32) -> Option<(u32, Val<'v>, Val<'v>)> {
        // SAFETY: as in `get`.
        let next = unsafe { table::entry_from(self.0, at) };
        next.map(|(i, k, v)| (i, Val(k, PhantomData), Val(v, PhantomData)))
    }

    /// Removes all entries; keeps the memory.
    pub fn clear(self) {
        // SAFETY: as in `get`.
        unsafe { table::clear(self.0) }
    }

    /// Makes room for `narray` array slots (index 0 included) and `nhash` hash entries, as `table.new` does.
    pub fn reserve(self, vm: &Vm, narray: u32, nhash: u32) -> Result<(), Raise> {
        // SAFETY: as in `get`.
        unsafe { table::reserve(vm, self.0, narray, nhash) }
    }

    /// Returns the metatable.
    pub fn metatable(self) -> Option<Tab<'v>> {
        // SAFETY: as in `get`.
        let m = unsafe { (*self.0).meta };
        if m.is_null() { None } else { Some(Tab(m, PhantomData)) }
    }

    /// Sets or removes the metatable.
    pub fn set_metatable(self, vm: &Vm, meta: Option<Tab<'_>>) {
        // SAFETY: as in `get`.
        unsafe { table::set_metatable(vm, self.0, meta.map_or(std::ptr::null_mut(), |m| m.0)) }
    }
}

impl<'v> Func<'v> {
    /// Says whether it is a Lua function (not a builtin).
    pub fn is_lua(self) -> bool {
        // SAFETY: the handle's object is live.
        unsafe { (*self.0).builtin == 0 }
    }

    /// Returns the number of upvalues.
    pub fn num_upvalues(self) -> u32 {
        // SAFETY: the handle's object is live.
        u32::from(unsafe { (*self.0).nup })
    }

    /// Returns upvalue `i` (from 0) of either kind of function.
    pub fn upvalue(self, i: u32) -> Option<Val<'v>> {
        if i >= self.num_upvalues() {
            return None;
        }
        // SAFETY: `i` is in range; upvalues of live functions are live.
        unsafe {
            let v = if self.is_lua() {
                *(**FuncObj::upvals(self.0).add(i as usize)).v
            } else {
                *FuncObj::builtin_upvals(self.0).add(i as usize)
            };
            Some(Val(Value(v), PhantomData))
        }
    }

    /// Stores upvalue `i` (from 0); says whether it exists.
    pub fn set_upvalue(self, vm: &Vm, i: u32, value: Val<'_>) -> bool {
        if i >= self.num_upvalues() {
            return false;
        }
        // SAFETY: `i` is in range; the barrier follows the store.
        unsafe {
            if self.is_lua() {
                let uv = *FuncObj::upvals(self.0).add(i as usize);
                *(*uv).v = value.0.0;
                crate::gc::barrier_upvalue(vm, uv, value.0);
            } else {
                *FuncObj::builtin_upvals(self.0).add(i as usize) = value.0.0;
                crate::gc::barrier_forward(vm, self.0.cast(), value.0);
            }
        }
        true
    }

    /// Returns the environment.
    pub fn env(self) -> Tab<'v> {
        // SAFETY: the handle's object is live; every function has an environment.
        unsafe { Tab((*self.0).env, PhantomData) }
    }

    /// Sets the environment.
    pub fn set_env(self, vm: &Vm, env: Tab<'_>) {
        // SAFETY: the handles' objects are live; the barrier follows the store.
        unsafe {
            (*self.0).env = env.0;
            crate::gc::barrier_forward(vm, self.0.cast(), Value::from_tab(env.0));
        }
    }

    /// Returns the builtin number (0 for Lua functions).
    pub fn builtin_id(self) -> u32 {
        // SAFETY: the handle's object is live.
        unsafe { (*self.0).id }
    }
}

impl<'v> Udata<'v> {
    /// Returns the metatable.
    pub fn metatable(self) -> Option<Tab<'v>> {
        // SAFETY: the handle's object is live.
        let m = unsafe { (*self.0).meta };
        if m.is_null() { None } else { Some(Tab(m, PhantomData)) }
    }

    /// Sets or removes the metatable. A metatable with `__gc` makes the collector call it once.
    pub fn set_metatable(self, vm: &Vm, meta: Option<Tab<'_>>) {
        // SAFETY: the handles' objects are live; the barrier follows the store.
        unsafe {
            (*self.0).meta = meta.map_or(std::ptr::null_mut(), |m| m.0);
            if let Some(m) = meta {
                crate::gc::barrier_forward(vm, self.0.cast(), m.val().0);
            }
        }
    }

    /// Returns the environment.
    pub fn env(self) -> Option<Tab<'v>> {
        // SAFETY: the handle's object is live.
        let e = unsafe { (*self.0).env };
        if e.is_null() { None } else { Some(Tab(e, PhantomData)) }
    }

    /// Sets the environment.
    pub fn set_env(self, vm: &Vm, env: Tab<'_>) {
        // SAFETY: the handles' objects are live; the barrier follows the store.
        unsafe {
            (*self.0).env = env.0;
            crate::gc::barrier_forward(vm, self.0.cast(), env.val().0);
        }
    }

    /// Returns the payload, if it is a `T`. Use a `Cell`/`RefCell` inside for changes.
    pub fn payload<T: 'static>(self) -> Option<&'v T> {
        // SAFETY: the payload lives as long as the userdata (UdataObj::host); only shared references are given out.
        unsafe {
            let host = (*self.0).host;
            if host.is_null() { None } else { (&**host as &dyn Any).downcast_ref() }
        }
    }
}

impl<'v> Thread<'v> {
    /// Returns the environment: the global table of code that the coroutine loads.
    pub fn env(self) -> Tab<'v> {
        // SAFETY: the handle's object is live; every coroutine has an environment.
        unsafe { Tab((*self.0).env, PhantomData) }
    }

    /// Sets the environment.
    pub fn set_env(self, vm: &Vm, env: Tab<'_>) {
        // SAFETY: the handles' objects are live; the barrier follows the store.
        unsafe {
            (*self.0).env = env.0;
            crate::gc::barrier_forward(vm, self.0.cast(), env.val().0);
        }
    }
}

/// Allocation: never collects; raises "not enough memory" where the limit is reached.
impl Vm {
    /// Interns a string.
    #[inline]
    pub fn str(&self, bytes: &[u8]) -> Result<Str<'_>, Raise> {
        Ok(Str(strtab::intern(self, bytes)?, PhantomData))
    }

    /// Creates a table with room for `narray` array slots (index 0 included; 0 for none) and `nhash` hash entries.
    pub fn new_table(&self, narray: u32, nhash: u32) -> Result<Tab<'_>, Raise> {
        Ok(Tab(table::new(self, narray, nhash)?, PhantomData))
    }

    /// Creates a userdata with a payload of the library's own (dropped when it is collected).
    pub fn new_userdata(&self, payload: Option<Box<dyn Any>>) -> Result<Udata<'_>, Raise> {
        Ok(Udata(crate::gc::new_userdata(self, payload)?, PhantomData))
    }

    /// Returns the registry.
    pub fn registry(&self) -> Tab<'_> {
        Tab(self.registry, PhantomData)
    }

    /// Returns the global table (the running coroutine's environment).
    pub fn globals(&self) -> Tab<'_> {
        // SAFETY: `cur` is the running coroutine; every coroutine has an environment.
        unsafe { Tab((*self.cur).env, PhantomData) }
    }

    /// Returns the pending error value.
    pub fn error_value(&self) -> Val<'_> {
        Val(self.error.get(), PhantomData)
    }

    /// Raises `value`.
    pub fn raise_val(&self, value: Val<'_>) -> Raise {
        self.raise(value.0)
    }

    /// Returns the metatable of any value.
    pub fn metatable_of<'v>(&'v self, v: Val<'v>) -> Option<Tab<'v>> {
        let m = metatable::of(self, v.0);
        if m.is_null() { None } else { Some(Tab(m, PhantomData)) }
    }

    /// Returns the metamethod of any value, nil where absent.
    pub fn metamethod<'v>(&'v self, v: Val<'v>, mm: Mm) -> Val<'v> {
        Val(metatable::lookup(self, v.0, mm), PhantomData)
    }

    /// Sets the metatable that all values of a base type share (`debug.setmetatable`); `sample` names the type.
    pub fn set_base_metatable(&mut self, type_index: usize, meta: Option<*mut TabObj>) {
        let i = if type_index == 2 { 1 } else { type_index };
        if let Some(slot) = self.base_meta.get_mut(i) {
            *slot = meta.unwrap_or(std::ptr::null_mut());
        }
    }
}
