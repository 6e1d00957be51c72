//! Modules inside an executable: `require` finds them before any file.
//!
//! A searcher stands second in `package.loaders`, behind `package.preload`: it gives the function of an embedded module, so
//! that `require` runs it as it runs a file's. A module is loaded when it is first required.

use crate::chunk;
use heap::Raise;
use interp::load::new_builtin;
use interp::{Cx, Ret};
use std::collections::BTreeMap;

/// The modules by name: bytecode dumps that live as long as the process.
#[derive(Debug, Default)]
struct Embedded(BTreeMap<&'static [u8], &'static [u8]>);

/// Makes `require` find these modules.
pub fn register(cx: &mut Cx<'_>, modules: impl Iterator<Item = (&'static [u8], &'static [u8])>) -> Result<(), Raise> {
    let table = &mut cx.vm_mut().host::<Embedded>().0;
    table.extend(modules);
    if table.is_empty() {
        return Ok(());
    }
    let vm = cx.vm();
    let package = vm.globals().get_name(vm, "package")?.as_tab();
    let loaders = match package {
        Some(package) => package.get_name(vm, "loaders")?.as_tab(),
        None => None,
    };
    let Some(loaders) = loaders else { return Err(cx.error("'package.loaders' must be a table")) };
    let searcher = new_builtin(vm, "searcher of embedded modules", search, 0)?;
    for i in (2..=i64::from(loaders.len())).rev() {
        loaders.set_int(vm, i + 1, loaders.get_int(i))?;
    }
    loaders.set_int(vm, 2, searcher.val())
}

/// The searcher: the module's function, or what `require` says if nobody has the module.
fn search(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = cx.check_str(0)?.bytes().to_vec();
    let found = cx.vm().host_ref::<Embedded>().and_then(|e| e.0.get(name.as_slice()).copied());
    let Some(code) = found else {
        return cx.ret_str(&[b"\n\tno embedded module '", &*name, b"'"].concat());
    };
    let chunk_name = [b"@", &*name].concat();
    match chunk::load(cx, code, &chunk_name)? {
        Ok(()) => cx.ret_last(1),
        Err(()) => {
            let why = cx.check_str(cx.height() - 1)?.bytes().to_vec();
            Err(cx.error_bytes(&[b"error loading embedded module '", &*name, b"':\n\t", &*why].concat()))
        }
    }
}
