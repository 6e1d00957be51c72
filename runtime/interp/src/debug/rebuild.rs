//! Prototypes of live functions as plain data again, for `string.dump` and listings.

use crate::jit;
use abi::tag;
use bytecode::proto::{ProtoFlags, TabConst, TabTemplate, UpvalDesc};
use bytecode::{Chunk, GcConst, Ins, Proto};
use heap::{Func, FuncObj, Node, ProtoObj, StrObj, TabObj, Value, Vm};

/// Returns the prototype of a Lua function.
pub fn proto_of(f: Func<'_>) -> Option<*const ProtoObj> {
    if f.is_lua() {
        // SAFETY: the handle's function is live.
        Some(unsafe { FuncObj::proto(f.raw()) }.cast_const())
    } else {
        None
    }
}

/// Rebuilds the plain chunk of a Lua function: what was loaded.
pub fn to_chunk(vm: &Vm, f: Func<'_>) -> Option<Chunk> {
    chunk_by(f, &|insn| jit::original(vm, insn))
}

/// Rebuilds the plain chunk of a Lua function with the instructions that enter traces. Not for loading.
pub fn to_live_chunk(vm: &Vm, f: Func<'_>) -> Option<Chunk> {
    chunk_by(f, &|insn| jit::shown(vm, insn))
}

/// How an instruction is shown.
type Show<'a> = &'a dyn Fn(u32) -> u32;

fn chunk_by(f: Func<'_>, show: Show<'_>) -> Option<Chunk> {
    let pt = proto_of(f)?;
    // SAFETY: the prototype of a live function, and all it refers to, is live.
    unsafe { Some(Chunk { name: StrObj::bytes((*pt).chunk_name).to_vec(), main: rebuild(pt, show) }) }
}

unsafe fn rebuild(pt: *const ProtoObj, show: Show<'_>) -> Proto {
    // SAFETY: sizes and pointers of a prototype describe its own memory.
    unsafe {
        let p = &*pt;
        let bc =
            std::slice::from_raw_parts(ProtoObj::bc(pt), p.size_bc as usize).iter().map(|w| Ins(show(*w))).collect();
        let upvalues = std::slice::from_raw_parts(p.uv, p.nup.into()).iter().map(|u| UpvalDesc(*u)).collect();
        let kgc = (0..p.size_kgc as usize).map(|i| constant(Value(*p.k.sub(1 + i)), show)).collect();
        let knum = (0..p.size_kn as usize).map(|i| f64::from_bits(*p.k.add(i))).collect();
        Proto {
            flags: ProtoFlags(p.flags & ProtoFlags::DUMPED),
            num_params: p.num_params,
            frame_size: p.frame_size,
            bc,
            upvalues,
            kgc,
            knum,
            debug: p.debug.as_ref().cloned(),
        }
    }
}

unsafe fn constant(v: Value, show: Show<'_>) -> GcConst {
    // SAFETY: constants of a live prototype are live.
    unsafe {
        if let Some(s) = v.as_str() {
            GcConst::Str(StrObj::bytes(s).into())
        } else if let Some(t) = v.as_tab() {
            GcConst::Tab(template(t))
        } else {
            GcConst::Proto(Box::new(rebuild((v.0 & tag::PTR_MASK) as *const ProtoObj, show)))
        }
    }
}

unsafe fn template(t: *const TabObj) -> TabTemplate {
    // SAFETY: templates are live tables that nobody changes.
    unsafe {
        let array = (0..(*t).asize as usize).map(|i| element(Value(*(*t).array.add(i)))).collect();
        let mut hash = Vec::new();
        for i in 0..=(*t).hmask as usize {
            let node: *const Node = (*t).node.add(i);
            if (*node).key != tag::NIL_BITS && (*node).val != tag::NIL_BITS {
                hash.push((element(Value((*node).key)), element(Value((*node).val))));
            }
        }
        TabTemplate { array, hash }
    }
}

unsafe fn element(v: Value) -> TabConst {
    match (v.as_num(), v.as_str()) {
        (Some(n), _) => TabConst::Num(n),
        // SAFETY: strings of live tables are live.
        (_, Some(s)) => TabConst::Str(unsafe { StrObj::bytes(s) }.into()),
        _ if v.is_nil() => TabConst::Nil,
        _ if v.is_true() => TabConst::True,
        _ => TabConst::False,
    }
}
