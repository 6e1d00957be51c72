//! From a compiled chunk to a function, and from a Rust function to a builtin, without `unsafe` for the caller.

use crate::cx::BuiltinFn;
use crate::fast;
use heap::{Func, Raise, Tab, Vm, proto};

/// Makes a function of a chunk, with `env` as its environment.
pub fn load_chunk<'v>(vm: &'v Vm, chunk: bytecode::Sound, env: Tab<'v>) -> Result<Func<'v>, Raise> {
    // SAFETY: sound, as its type says; nothing collects between the two allocations, and the handle roots the result for 'v.
    unsafe {
        let pt = proto::load(vm, chunk)?;
        let f = proto::new_main(vm, pt, env.raw())?;
        (vm.jit.loaded)(vm, pt);
        Ok(Func::from_raw(f))
    }
}

/// Makes a builtin. `number` is its row of `abi::builtins`, from which its head comes too; 0 is a native function that no program can name.
pub fn new_builtin<'v>(vm: &'v Vm, number: u32, call: BuiltinFn, nup: u8) -> Result<Func<'v>, Raise> {
    let head = fast::head_of(number);
    // SAFETY: the head is static; FUNCC and the fast heads call a `BuiltinFn`; the global table is live.
    unsafe {
        let f = proto::new_builtin(vm, number, head, call as *const (), nup, vm.globals().raw())?;
        Ok(Func::from_raw(f))
    }
}

/// Makes `xpcall` for native code's own use: without its number, so that tracebacks show it as any native function.
pub fn new_xpcall(vm: &Vm) -> Result<Func<'_>, Raise> {
    // SAFETY: the head is static and never calls the body; the global table is live.
    unsafe {
        let body: BuiltinFn = crate::control::no_body;
        let f = proto::new_builtin(
            vm,
            0,
            fast::head_of(const { abi::builtins::number("xpcall") }),
            body as *const (),
            0,
            vm.globals().raw(),
        )?;
        Ok(Func::from_raw(f))
    }
}

/// Makes another function of the builtin that `f` is, with `nup` nil upvalues: cheaper than by name. `None` if `f` is no builtin.
pub fn same_builtin<'v>(vm: &'v Vm, f: Func<'v>, nup: u8) -> Result<Option<Func<'v>>, Raise> {
    if f.is_lua() {
        return Ok(None);
    }
    // SAFETY: `f` is a live builtin, so it is a `BuiltinObj`, whose head and function fit each other.
    unsafe {
        let model: *const heap::BuiltinObj = f.raw().cast();
        let (id, head, env) = ((*model).func.id, (*model).func.pc, (*model).func.env);
        let f = proto::new_builtin(vm, id, head, (*model).call, nup, env)?;
        Ok(Some(Func::from_raw(f)))
    }
}
