//! Table access. Hits are inline; misses, metamethods, new keys and barriers are tail-called.

use crate::worker;
use abi::metamethod::Mm;
use abi::tag;
use heap::{Node, StrObj, TabObj};

/// Goes on in `slow` unless the value is a table; else gives the table.
macro_rules! table_or {
    ($v:expr, $slow:ident, $base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr) => {{
        let t = $v ^ (tag::TAB << tag::SHIFT);
        if t >> tag::SHIFT != 0 {
            jump!($slow, $base, $pc, $insn, $vm, $k)
        }
        t as *mut TabObj
    }};
}

/// The node where the chain of a string key starts.
macro_rules! main_node {
    ($t:expr, $key:expr) => {{
        let s = ($key & tag::PTR_MASK) as *const StrObj;
        (*$t).node.add(((*s).hash & (*$t).hmask) as usize)
    }};
}

/// Walks the chain of a string key; runs `$hit` with its node, or falls through.
macro_rules! walk_str {
    ($t:expr, $key:expr, |$node:ident| $hit:block) => {{
        let key: u64 = $key;
        let s = (key & tag::PTR_MASK) as *const StrObj;
        let mut $node: *mut Node = (*$t).node.add(((*s).hash & (*$t).hmask) as usize);
        loop {
            if (*$node).key == key $hit
            let next = (*$node).next;
            if next == 0 {
                break;
            }
            $node = $node.byte_offset(next as isize);
        }
    }};
}

/// Gets field `$key`, a string, of table `$t` if it is in its main position; handler `$chained` looks elsewhere.
macro_rules! get_field {
    ($t:expr, $key:expr, $chained:ident, $base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr) => {{
        let key: u64 = $key;
        let node = main_node!($t, key);
        // Volatile: loaded beside the key, from an address that is not computed again.
        let v = std::ptr::read_volatile(&raw const (*node).val);
        if (*node).key == key && v != tag::NIL_BITS {
            *$base.add(a!($insn)) = v;
            next!($base, $pc, $vm, $k)
        }
        jump!($chained, $base, $pc, $insn, $vm, $k)
    }};
}

/// Gets field `$key`, a string, of table `$t` from wherever it is; goes on behind itself if there is none.
macro_rules! get_field_or_go_on {
    ($t:expr, $key:expr, $base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr) => {
        walk_str!($t, $key, |node| {
            let v = (*node).val;
            if v == tag::NIL_BITS {
                break;
            }
            *$base.add(a!($insn)) = v;
            next!($base, $pc, $vm, $k)
        })
    };
}

/// Says whether metamethod `$mm` of table `$t` is known to be absent.
macro_rules! no_meta {
    ($t:expr, $mm:ident) => {{
        let m = (*$t).meta;
        m.is_null() || (*m).nomm & (1 << Mm::$mm as u8) != 0
    }};
}

/// Stores the instruction's value at `$at` in table `$t`, and ends the instruction; a table that the collector has marked goes on at `$barrier`.
macro_rules! store {
    ($t:expr, $at:expr, $barrier:ident, $base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr) => {{
        *$at = *$base.add(a!($insn));
        if heap::inline::is_black($vm, $t.cast()) {
            jump!($barrier, $base, $pc, $insn, $vm, $k)
        }
        next!($base, $pc, $vm, $k)
    }};
}

/// Sets field `$key`, a string, of table `$t` where it is; goes on behind itself if it is nowhere, or if a metamethod may be asked.
macro_rules! set_field_or_go_on {
    ($t:expr, $key:expr, $barrier:ident, $base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr) => {
        walk_str!($t, $key, |node| {
            if (*node).val == tag::NIL_BITS && !no_meta!($t, Newindex) {
                break;
            }
            (*$t).nomm = 0;
            store!($t, &raw mut (*node).val, $barrier, $base, $pc, $insn, $vm, $k)
        })
    };
}

/// Array index of a number, if it is an integer: saturation and wrap-around make others miss.
macro_rules! array_index {
    ($x:expr) => {
        to_i32($x)
    };
}

/// Truncates; what is out of range gives a number that does not convert back to `x`.
#[inline(always)]
fn to_i32(x: f64) -> i32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_cvttsd_si32, _mm_set_sd};
        // SAFETY: SSE2 is part of x86-64.
        unsafe { _mm_cvttsd_si32(_mm_set_sd(x)) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        x as i32
    }
}

handlers! {
    fn TGETV(base, pc, insn, vm, k) {
        let t = table_or!(*base.add(load_b!(pc)), slow_get, base, pc, insn, vm, k);
        let key = base.add(load_c!(pc));
        let x: f64 = std::ptr::read_volatile(key.cast::<f64>());
        let i = array_index!(x);
        if f64::from(i) == x {
            if (i as u32) < (*t).asize {
                let v = *(*t).array.add(i as u32 as usize);
                if v != tag::NIL_BITS || no_meta!(t, Index) {
                    *base.add(a!(insn)) = v;
                    next!(base, pc, vm, k)
                }
            }
            jump!(get_int_hashed, base, pc, insn, vm, k)
        }
        jump!(get_str_var, base, pc, insn, vm, k)
    }
    // An integer key that is not in the array part, or has no value there.
    #[inline(never)]
    fn get_int_hashed(base, pc, insn, vm, k) {
        let t = (*base.add(b!(insn)) & tag::PTR_MASK) as *mut TabObj;
        let mut v = tag::NIL_BITS;
        if (*t).hmask != 0 {
            v = heap::table::get_int(t, to_i32(*base.add(c!(insn)).cast::<f64>()) as i64).0;
        }
        if v != tag::NIL_BITS || no_meta!(t, Index) {
            *base.add(a!(insn)) = v;
            next!(base, pc, vm, k)
        }
        jump!(slow_get, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn get_str_var(base, pc, insn, vm, k) {
        let key = *base.add(c!(insn));
        if key >> tag::SHIFT != tag::STR {
            jump!(slow_get, base, pc, insn, vm, k)
        }
        let t = (*base.add(b!(insn)) & tag::PTR_MASK) as *mut TabObj;
        walk_str!(t, key, |node| {
            let v = (*node).val;
            if v == tag::NIL_BITS {
                break;
            }
            *base.add(a!(insn)) = v;
            next!(base, pc, vm, k)
        });
        if no_meta!(t, Index) {
            *base.add(a!(insn)) = tag::NIL_BITS;
            next!(base, pc, vm, k)
        }
        jump!(slow_get, base, pc, insn, vm, k)
    }
    fn TGETS(base, pc, insn, vm, k) {
        let t = table_or!(*base.add(load_b!(pc)), get_of_string, base, pc, insn, vm, k);
        get_field!(t, *k.sub(1 + load_c!(pc)), get_chained, base, pc, insn, vm, k)
    }
    // A method of a string: a field of the table that the strings' metatable names as `__index`.
    #[inline(never)]
    fn get_of_string(base, pc, insn, vm, k) {
        let m = (*vm).base_meta[abi::objtype::STR as usize];
        if *base.add(b!(insn)) >> tag::SHIFT != tag::STR || m.is_null() {
            jump!(slow_get, base, pc, insn, vm, k)
        }
        let name = (*vm).mm_names[Mm::Index as usize];
        walk_str!(m, name as u64 | tag::STR << tag::SHIFT, |node| {
            let t = (*node).val ^ (tag::TAB << tag::SHIFT);
            if t >> tag::SHIFT != 0 {
                break;
            }
            let t = t as *mut TabObj;
            let key = *k.sub(1 + c!(insn));
            let node = main_node!(t, key);
            if (*node).key == key && (*node).val != tag::NIL_BITS {
                *base.add(a!(insn)) = (*node).val;
                next!(base, pc, vm, k)
            }
            let v = heap::table::get_str(t, (key & tag::PTR_MASK) as *const StrObj).0;
            if v != tag::NIL_BITS {
                *base.add(a!(insn)) = v;
                next!(base, pc, vm, k)
            }
            break;
        });
        jump!(slow_get, base, pc, insn, vm, k)
    }
    // The key is not in its main position.
    #[inline(never)]
    fn get_chained(base, pc, insn, vm, k) {
        let t = (*base.add(load_b!(pc)) & tag::PTR_MASK) as *mut TabObj;
        get_field_or_go_on!(t, *k.sub(1 + load_c!(pc)), base, pc, insn, vm, k);
        if (*t).meta.is_null() {
            *base.add(a!(insn)) = tag::NIL_BITS;
            next!(base, pc, vm, k)
        }
        jump!(get_inherited, base, pc, insn, vm, k)
    }
    // A method or default found through a chain of `__index` tables, without leaving the handlers.
    #[inline(never)]
    fn get_inherited(base, pc, insn, vm, k) {
        let mut t = (*base.add(b!(insn)) & tag::PTR_MASK) as *mut TabObj;
        let key = *k.sub(1 + c!(insn));
        let mut depth = 0;
        loop {
            let m = (*t).meta;
            if m.is_null() || (*m).nomm & (1 << Mm::Index as u8) != 0 {
                *base.add(a!(insn)) = tag::NIL_BITS;
                next!(base, pc, vm, k)
            }
            let mut index = tag::NIL_BITS;
            let name = (*vm).mm_names[Mm::Index as usize];
            walk_str!(m, name as u64 | tag::STR << tag::SHIFT, |node| {
                index = (*node).val;
                break;
            });
            let next_table = index ^ (tag::TAB << tag::SHIFT);
            depth += 1;
            if next_table >> tag::SHIFT != 0 || depth == 90 {
                jump!(slow_get, base, pc, insn, vm, k)
            }
            t = next_table as *mut TabObj;
            get_field_or_go_on!(t, key, base, pc, insn, vm, k);
        }
    }
    fn TGETB(base, pc, insn, vm, k) {
        let t = table_or!(*base.add(load_b!(pc)), slow_get, base, pc, insn, vm, k);
        let i = load_c!(pc);
        if i < (*t).asize as usize {
            let v = *(*t).array.add(i);
            if v != tag::NIL_BITS || no_meta!(t, Index) {
                *base.add(a!(insn)) = v;
                next!(base, pc, vm, k)
            }
        }
        jump!(slow_get, base, pc, insn, vm, k)
    }
    fn GGET(base, pc, insn, vm, k) {
        let t = (*crate::dispatch::function_of(base)).env;
        get_field!(t, *k.sub(1 + load_d!(pc)), global_chained, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn global_chained(base, pc, insn, vm, k) {
        let t = (*crate::dispatch::function_of(base)).env;
        get_field_or_go_on!(t, *k.sub(1 + load_d!(pc)), base, pc, insn, vm, k);
        jump!(slow_get, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn slow_get(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::index::get(&mut *vm, insn as u32), vm)
    }

    fn TSETV(base, pc, insn, vm, k) {
        let t = table_or!(*base.add(load_b!(pc)), slow_set, base, pc, insn, vm, k);
        let x: f64 = std::ptr::read_volatile(base.add(load_c!(pc)).cast::<f64>());
        let i = array_index!(x);
        if f64::from(i) == x {
            if (i as u32) < (*t).asize {
                let slot = (*t).array.add(i as u32 as usize);
                if *slot != tag::NIL_BITS || no_meta!(t, Newindex) {
                    store!(t, slot, set_barrier, base, pc, insn, vm, k)
                }
            }
            jump!(set_int_hashed, base, pc, insn, vm, k)
        }
        jump!(set_str_var, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn set_str_var(base, pc, insn, vm, k) {
        let key = *base.add(c!(insn));
        if key >> tag::SHIFT != tag::STR {
            jump!(slow_set, base, pc, insn, vm, k)
        }
        let t = (*base.add(b!(insn)) & tag::PTR_MASK) as *mut TabObj;
        set_field_or_go_on!(t, key, set_barrier, base, pc, insn, vm, k);
        jump!(slow_set, base, pc, insn, vm, k)
    }
    fn TSETS(base, pc, insn, vm, k) {
        let t = table_or!(*base.add(load_b!(pc)), slow_set, base, pc, insn, vm, k);
        let key = *k.sub(1 + load_c!(pc));
        let node = main_node!(t, key);
        if (*node).key == key && (*node).val != tag::NIL_BITS {
            (*t).nomm = 0;
            store!(t, &raw mut (*node).val, set_barrier, base, pc, insn, vm, k)
        }
        jump!(set_chained, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn set_chained(base, pc, insn, vm, k) {
        let t = (*base.add(load_b!(pc)) & tag::PTR_MASK) as *mut TabObj;
        set_field_or_go_on!(t, *k.sub(1 + load_c!(pc)), set_barrier, base, pc, insn, vm, k);
        if no_meta!(t, Newindex) {
            let key = (*k.sub(1 + load_c!(pc)) & tag::PTR_MASK) as *mut StrObj;
            let at = heap::inline::add_known(vm, t, key);
            if !at.is_null() {
                (*t).nomm = 0;
                store!(t, at, set_barrier, base, pc, insn, vm, k)
            }
        }
        jump!(slow_set, base, pc, insn, vm, k)
    }
    fn TSETB(base, pc, insn, vm, k) {
        let t = table_or!(*base.add(load_b!(pc)), slow_set, base, pc, insn, vm, k);
        let i = load_c!(pc);
        if i < (*t).asize as usize {
            let slot = (*t).array.add(i);
            if *slot != tag::NIL_BITS || no_meta!(t, Newindex) {
                store!(t, slot, set_barrier, base, pc, insn, vm, k)
            }
        }
        jump!(slow_set, base, pc, insn, vm, k)
    }
    fn GSET(base, pc, insn, vm, k) {
        let t = (*crate::dispatch::function_of(base)).env;
        set_field_or_go_on!(t, *k.sub(1 + d!(insn)), global_barrier, base, pc, insn, vm, k);
        jump!(slow_set, base, pc, insn, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn set_barrier(base, pc, insn, vm, k) {
        heap::gc::barrier_back(&*vm, (*base.add(b!(insn)) & tag::PTR_MASK) as *mut TabObj);
        next!(base, pc, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn global_barrier(base, pc, insn, vm, k) {
        heap::gc::barrier_back(&*vm, (*crate::dispatch::function_of(base)).env);
        next!(base, pc, vm, k)
    }
    #[inline(never)]
    fn set_int_hashed(base, pc, insn, vm, k) {
        let t = (*base.add(b!(insn)) & tag::PTR_MASK) as *mut TabObj;
        if (*t).meta.is_null() && !(*vm).gc_due() {
            let i = to_i32(*base.add(c!(insn)).cast::<f64>()) as i64;
            if heap::inline::set_int(&*vm, t, i, heap::Value(*base.add(a!(insn)))) {
                next!(base, pc, vm, k)
            }
            jump!(out_of_memory, base, pc, insn, vm, k)
        }
        jump!(slow_set, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn slow_set(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::index::set(&mut *vm, insn as u32), vm)
    }
    #[inline(never)]
    fn TSETM(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::index::set_multiple(&mut *vm, insn as u32), vm)
    }
    fn TNEW(base, pc, insn, vm, k) {
        if (*vm).gc_due() {
            jump!(slow_new, base, pc, insn, vm, k)
        }
        let d = d!(insn) as u32;
        let asize = d & 0x7ff;
        // 0x7ff stands for "unknown, small".
        let asize = if asize == 0x7ff { 0x801 } else { asize };
        match heap::inline::new_table(&*vm, asize, d >> 11) {
            Some(t) => {
                *base.add(a!(insn)) = heap::Value::from_tab(t.as_ptr()).0;
                next!(base, pc, vm, k)
            }
            None => jump!(out_of_memory, base, pc, insn, vm, k),
        }
    }
    fn TDUP(base, pc, insn, vm, k) {
        if (*vm).gc_due() {
            jump!(slow_new, base, pc, insn, vm, k)
        }
        let template = (*k.sub(1 + d!(insn)) & tag::PTR_MASK) as *const TabObj;
        match heap::inline::dup_table(&*vm, template) {
            Some(t) => {
                *base.add(a!(insn)) = heap::Value::from_tab(t.as_ptr()).0;
                next!(base, pc, vm, k)
            }
            None => jump!(out_of_memory, base, pc, insn, vm, k),
        }
    }
    #[cold]
    #[inline(never)]
    fn slow_new(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::create::table(&mut *vm, insn as u32), vm)
    }
    #[cold]
    #[inline(never)]
    fn out_of_memory(base, pc, _insn, vm, _k) {
        spill!(vm, base, pc);
        go!(crate::dispatch::Step::Fail, vm)
    }
}
