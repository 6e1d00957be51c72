//! Where a native executable starts: `main` of the object that `kiln build` makes calls [`rt_main`] with its image.
//!
//! Invariant: what an image says is checked before it is used; an image that does not fit is one clear line, never a crash.

use crate::machine::{self, Limits};
use crate::{chunk, compiler, options, program};
use abi::cpu;
use abi::image::{self, AotImage, Image, ModuleKind};
use heap::Raise;
use interp::Cx;
use ir::tree::Packed;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;
use stdlib::package::EmbeddedModules;

/// Bytes that a program may allocate between two collections, at least (`--gc-room` sets another number). The interpreter collects as often as Lua
/// does, to take no more memory; an executable is to be fast. More gains nothing:
/// over fifteen programs that allocate much, one megabyte took 8 % off their time, two 7 %, and three and five 6 %.
const ROOM: usize = 1 << 20;

/// The modules of this executable by name.
static EMBEDDED: OnceLock<BTreeMap<&'static [u8], &'static [u8]>> = OnceLock::new();

/// Runs the program of an image with the process's arguments; returns the exit status.
///
/// # Safety
/// `argv` holds `argc` C strings; `image` points to an image whose payload is readable for its length and never changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_main(argc: c_int, argv: *const *const c_char, image: *const AotImage) -> c_int {
    let count = usize::try_from(argc).unwrap_or(0);
    // SAFETY: the caller promises `argc` C strings.
    let arguments = (0..count).map(|i| unsafe { CStr::from_ptr(*argv.add(i)) }.to_bytes().to_vec()).collect();
    // SAFETY: the caller promises a valid image.
    let head = unsafe { *image };
    if head.magic != image::MAGIC_WORD || head.version != image::VERSION {
        return c_int::from(refuse(arguments, "image of another version of kiln"));
    }
    // SAFETY: the caller promises that the payload is readable and constant.
    let payload = unsafe { std::slice::from_raw_parts(head.payload, head.payload_len as usize) };
    c_int::from(run(arguments, payload, &head))
}

fn refuse(arguments: Vec<Vec<u8>>, message: &str) -> u8 {
    program::complain(arguments.first().map(Vec::as_slice), message.as_bytes());
    1
}

fn run(arguments: Vec<Vec<u8>>, payload: &'static [u8], head: &AotImage) -> u8 {
    let image = match Image::parse(payload) {
        Ok(image) => image,
        Err(e) => return refuse(arguments, &e.to_string()),
    };
    let options = match options::from_environment() {
        Ok(options) => options,
        Err(message) => return refuse(arguments, &message),
    };
    let no_jit = head.flags & image::flag::NO_JIT != 0;
    let mut vm = match machine::open(Limits {
        max_memory: options.max_memory,
        room: options.room.unwrap_or(ROOM),
        no_jit,
        ..Limits::default()
    }) {
        Ok(vm) => vm,
        Err(message) => return refuse(arguments, &message),
    };
    let traces = image.modules.iter().find(|m| m.kind == ModuleKind::Traces);
    let for_this_cpu = cpu::runs(cpu::of_manifest(image.manifest));
    if let Some(texts) = traces.and_then(|m| Packed::parse(m.code))
        && head.fingerprint == image::FINGERPRINT
        && for_this_cpu
    {
        // SAFETY: the image was made by the compiler of this version (fingerprint) for this machine, whose table and text belong together.
        unsafe {
            crate::trace::aot::install(&mut vm, head.traces.cast(), head.trace_count as usize, &texts, image.manifest)
        };
    } else if head.trace_count != 0 {
        let why = if for_this_cpu {
            "they were made for another version of the runtime"
        } else {
            "this CPU lacks what they were compiled for"
        };
        crate::trace::aot::refuse(&mut vm, why);
    }
    if options.max_instructions != 0 {
        interp::set_budget(&mut vm, options.max_instructions);
    }
    if options.timeout != 0 {
        crate::limit_time(options.timeout);
    }
    let name = arguments.first().cloned();
    if let Err(message) = crate::trace::profile::start_from_environment(&mut vm) {
        // The program matters more.
        program::complain(name.as_deref(), message.as_bytes());
    }
    let status = machine::enter(&mut vm, name.as_deref(), |cx| {
        for action in &options.actions {
            if let Err(message) = compiler::act(cx, action)? {
                program::complain(name.as_deref(), &message.unwrap_or_default());
                return Ok(1);
            }
        }
        main(cx, &image, &arguments)
    });
    machine::exit(vm, status)
}

fn main(cx: &mut Cx<'_>, image: &Image<'static>, arguments: &[Vec<u8>]) -> Result<u8, Raise> {
    let name = arguments.first().map(Vec::as_slice);
    EMBEDDED
        .get_or_init(|| image.modules.iter().filter(|m| m.kind == ModuleKind::Lua).map(|m| (m.name, m.code)).collect());
    cx.vm_mut().host::<EmbeddedModules>().find = Some(|name| EMBEDDED.get()?.get(name).copied());
    program::set_arg(cx, arguments, 0)?;
    // The parser promises that the first module is the program.
    let program = image.modules[0];
    let chunk_name = [b"@", program.name].concat();
    if chunk::load(cx, program.code, &chunk_name)?.is_err() {
        program::report(cx, name);
        return Ok(1);
    }
    let nargs = program::push_args(cx)?;
    match program::call(cx, nargs)? {
        Ok(_) => Ok(0),
        Err(()) => {
            program::report(cx, name);
            Ok(1)
        }
    }
}
