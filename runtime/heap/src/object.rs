//! Object layouts as structs, expanded from `abi`'s table and checked against it.

macro_rules! define_structs {
    ($($(#[$doc:meta])* $name:ident: $size:literal { $($(#[$fdoc:meta])* $f:ident: $t:ty, $off:literal, $class:ident;)* })*) => {$(
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $name { $($(#[$fdoc])* pub $f: $t),* }
        const _: () = {
            assert!(size_of::<$name>() == $size);
            $(assert!(std::mem::offset_of!($name, $f) == $off);)*
        };
    )*};
}
abi::for_each_layout!(define_structs);

impl StrObj {
    /// Returns the bytes.
    ///
    /// # Safety
    /// `s` is a live string, and stays live for `'a`.
    #[inline(always)]
    pub unsafe fn bytes<'a>(s: *const StrObj) -> &'a [u8] {
        // SAFETY: a string's bytes follow its header; they never change (heap::strtab).
        unsafe { std::slice::from_raw_parts(s.add(1).cast::<u8>(), (*s).len as usize) }
    }
}

impl FuncObj {
    /// Returns where the upvalues of a Lua function are.
    ///
    /// # Safety
    /// `f` is a live Lua function.
    #[inline(always)]
    pub unsafe fn upvals(f: *mut FuncObj) -> *mut *mut UpvalObj {
        // SAFETY: they follow the header (heap::proto::new_closure).
        unsafe { f.add(1).cast() }
    }

    /// Returns where the upvalues of a builtin are.
    ///
    /// # Safety
    /// `f` is a live builtin.
    #[inline(always)]
    pub unsafe fn builtin_upvals(f: *mut FuncObj) -> *mut u64 {
        // SAFETY: they follow the header (heap::proto::new_builtin).
        unsafe { f.cast::<BuiltinObj>().add(1).cast() }
    }

    /// Returns the prototype of a Lua function.
    ///
    /// # Safety
    /// `f` is a live Lua function.
    #[inline(always)]
    pub unsafe fn proto(f: *const FuncObj) -> *mut ProtoObj {
        // SAFETY: instructions follow the prototype's header (heap::proto::load).
        unsafe { (*f).pc.cast::<ProtoObj>().sub(1).cast_mut() }
    }
}

impl ProtoObj {
    /// Returns the first instruction.
    ///
    /// # Safety
    /// `p` is a live prototype.
    #[inline(always)]
    pub unsafe fn bc(p: *const ProtoObj) -> *const u32 {
        // SAFETY: instructions follow the header (heap::proto::load).
        unsafe { p.add(1).cast() }
    }
}
