//! Library `jit`: control of the compiler, reflection (`util`), listings (`bc`), events, profiles, dumps.
//!
//! The wishes of a program (`jit.off`, `jit.opt.start`) are kept in [`JitState`], which the runtime reads; without a compiler they are
//! accepted and `jit.status` says `false`. What only a compiler can tell or do is asked of it ([`compiler`]).

mod bc;
pub mod compiler;
pub mod events;
pub mod profile;
mod report;
mod tools;
mod traces;
pub mod util;

use crate::register::{self, fill, function, library, registry_table, set_loaded};
use bc::{bc_dump, bc_line, bc_off, bc_start, bc_targets};
use compiler::Compiler;
use heap::{Func, Raise, Tab, Val, Vm};
use interp::{Cx, Ret, debug};
use profile::{profile_dumpstack, profile_start, profile_stop};
use tools::{dump_off, dump_start, p_start, p_stop, v_off, v_start, zone_call, zone_flush, zone_get};
use traces::{
    util_ircalladdr, util_traceexitstub, util_traceinfo, util_traceir, util_tracek, util_tracemc, util_tracesnap,
};
use util::{util_funcbc, util_funcinfo, util_funck, util_funcuvname};

library!(jit);

/// The version of LuaJIT whose language, bytecode and libraries these are.
const VERSION: &[u8] = b"LuaJIT 2.1.0-beta3";
/// The same as a number.
const VERSION_NUM: f64 = 20100.0;

/// Modules that `require` finds in `package.preload`.
const PRELOADED: &[&str] = &["jit.util", "jit.profile"];
/// Modules that `require` finds because LuaJIT installs them as files.
const BUILT_IN: &[&[u8]] = &[b"jit.bc", b"jit.vmdef", b"jit.v", b"jit.dump", b"jit.p", b"jit.zone"];

/// Optimisations in the order of `jit.status`.
pub const FLAGS: [&str; 10] = ["fold", "cse", "dce", "fwd", "dse", "narrow", "loop", "abc", "sink", "fuse"];
/// The flags of levels 0 to 3, as bits in the order of [`FLAGS`].
const LEVELS: [u16; 4] = [0, 0b111, 0b110_0111, 0x3ff];

/// Parameters with their defaults.
const PARAMS: [(&str, i32); 15] = [
    ("maxtrace", 1000),
    ("maxrecord", 4000),
    ("maxirconst", 500),
    ("maxside", 100),
    ("maxsnap", 500),
    ("minstitch", 0),
    ("hotloop", 56),
    ("hotexit", 10),
    ("tryside", 4),
    ("instunroll", 4),
    ("loopunroll", 15),
    ("callunroll", 3),
    ("recunroll", 2),
    ("sizemcode", 32),
    ("maxmcode", 2048),
];

/// What programs asked the compiler for: host state that the runtime reads and, if it has a compiler, marks as available.
#[derive(Clone)]
pub struct JitState {
    /// There is a compiler for this processor.
    pub available: bool,
    /// It is wanted.
    pub on: bool,
    /// Optimisations as bits in the order of [`FLAGS`].
    pub flags: u16,
    /// Values of the parameters.
    params: [i32; PARAMS.len()],
    /// Called by `jit.flush()`.
    pub flush: Option<fn(&mut Vm)>,
    /// Called when a switch, flag or parameter has changed.
    pub changed: Option<fn(&mut Vm)>,
    /// The compiler.
    pub compiler: Option<&'static dyn Compiler>,
}

impl Default for JitState {
    fn default() -> JitState {
        JitState {
            available: false,
            on: true,
            flags: LEVELS[3],
            params: PARAMS.map(|(_, default)| default),
            flush: None,
            changed: None,
            compiler: None,
        }
    }
}

impl JitState {
    /// Returns the value of a parameter (`hotloop`, …).
    pub fn param(&self, name: &str) -> Option<i32> {
        PARAMS.iter().position(|(n, _)| *n == name).map(|i| self.params[i])
    }

    /// Says whether an optimisation is on.
    pub fn flag(&self, name: &str) -> Option<bool> {
        FLAGS.iter().position(|n| *n == name).map(|i| self.flags >> i & 1 != 0)
    }

    /// Takes one option of `jit.opt.start` (or of `-O`): a level, a flag or a parameter; says whether it is one.
    pub fn set_option(&mut self, option: &str) -> bool {
        self.set_level(option) || self.set_flag(option) || self.set_param(option)
    }

    fn set_level(&mut self, option: &str) -> bool {
        match option.as_bytes() {
            [level @ b'0'..=b'9'] => {
                self.flags = LEVELS[usize::from(level - b'0').min(3)];
                true
            }
            _ => false,
        }
    }

    fn set_flag(&mut self, option: &str) -> bool {
        let (name, set) = if let Some(name) = option.strip_prefix('+') {
            (name, true)
        } else if let Some(name) = option.strip_prefix('-').or(option.strip_prefix("no-")).or(option.strip_prefix("no"))
        {
            (name, false)
        } else {
            (option, true)
        };
        let Some(i) = FLAGS.iter().position(|flag| *flag == name) else { return false };
        if set {
            self.flags |= 1 << i
        } else {
            self.flags &= !(1 << i)
        }
        true
    }

    fn set_param(&mut self, option: &str) -> bool {
        let Some((name, value)) = option.split_once('=') else { return false };
        let Some(i) = PARAMS.iter().position(|(n, _)| *n == name) else { return false };
        if !value.bytes().all(|c| c.is_ascii_digit()) {
            return false;
        }
        self.params[i] = if value.is_empty() { 0 } else { value.parse().unwrap_or(i32::MAX) };
        true
    }
}

// ---- control ----

/// What `on`, `off` and `flush` are about.
enum Target {
    /// Everything.
    All,
    /// These prototypes.
    Protos(Vec<u64>),
}

/// Reads the arguments of `on`, `off` and `flush`: nothing, or a function (`true`: the caller) and whether functions inside of it are
/// meant, too (`true`), or only these (`false`).
fn check_target(cx: &Cx<'_>) -> Result<Target, Raise> {
    let v = cx.arg(0);
    if v.is_nil() {
        return Ok(Target::All);
    }
    // `true` stands for the calling function.
    let caller = || debug::frame(cx.vm(), debug::current_thread(cx.vm()), 1).map(|f| f.func);
    let function = if v.raw_eq(Val::TRUE) { caller() } else { v.as_func() };
    let inner = cx.arg(1);
    let (itself, children) = match () {
        () if inner.raw_eq(Val::TRUE) => (true, true),
        () if inner.raw_eq(Val::FALSE) => (false, true),
        () => (true, false),
    };
    match function.filter(|f| f.is_lua()) {
        Some(f) => Ok(Target::Protos(interp::jit::protos(f, itself, children))),
        None => match v.as_udata().and_then(util::live_protos) {
            Some(f) => Ok(Target::Protos(f(itself, children))),
            None => Err(cx.type_error(0, "function")),
        },
    }
}

/// Lets the compiler know of changes.
pub fn apply(vm: &mut Vm) {
    if let Some(changed) = vm.host::<JitState>().changed {
        changed(vm);
    }
}

fn switch(cx: &mut Cx<'_>, on: bool) -> Result<Ret, Raise> {
    match check_target(cx)? {
        Target::All => {
            cx.vm_mut().host::<JitState>().on = on;
            apply(cx.vm_mut());
        }
        Target::Protos(protos) => {
            let compiler = cx.vm_mut().host::<JitState>().compiler;
            interp::jit::allow(&protos, on);
            if let Some(compiler) = compiler {
                if on {
                    compiler.forgive(cx.vm_mut(), &protos);
                } else {
                    compiler.flush_protos(cx.vm_mut(), &protos);
                }
            }
        }
    }
    cx.ret0()
}

fn on(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    switch(cx, true)
}

fn off(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    switch(cx, false)
}

fn flush(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let (compiler, flush) = {
        let state: &JitState = cx.vm_mut().host();
        (state.compiler, state.flush)
    };
    if cx.arg(0).as_num().is_some() {
        let trace = cx.check_int(0)?;
        if let (Some(compiler), Ok(trace)) = (compiler, u32::try_from(trace)) {
            compiler.flush_trace(cx.vm_mut(), trace);
        }
        return cx.ret0();
    }
    match check_target(cx)? {
        Target::All => {
            if let Some(flush) = flush {
                flush(cx.vm_mut());
            }
        }
        Target::Protos(protos) => {
            if let Some(compiler) = compiler {
                compiler.flush_protos(cx.vm_mut(), &protos);
            }
        }
    }
    cx.ret0()
}

/// Returns the features of the processor that `jit.status` names.
fn cpu_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let features = [
            ("SSE3", std::arch::is_x86_feature_detected!("sse3")),
            ("SSE4.1", std::arch::is_x86_feature_detected!("sse4.1")),
            ("BMI2", std::arch::is_x86_feature_detected!("bmi2")),
        ];
        features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

fn status(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let state: &JitState = cx.vm_mut().host();
    let (on, flags) = (state.on && state.available, state.flags);
    let height = cx.height();
    cx.push(Val::bool(on));
    for feature in cpu_features() {
        cx.push_str(feature.as_bytes())?;
    }
    for (i, flag) in FLAGS.iter().enumerate() {
        if flags >> i & 1 != 0 {
            cx.push_str(flag.as_bytes())?;
        }
    }
    cx.ret_last(cx.height() - height)
}

/// Stores a handler of an event, or removes one from all events.
fn attach(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let f = cx.check_func(0)?;
    let handlers = events::handlers(cx.vm())?;
    if let Some(event) = cx.opt_str(1)? {
        handlers.set_str(cx.vm(), event, f.val())?;
        let event = event.bytes().to_vec();
        events::attach(cx.vm_mut(), &event);
        return cx.ret0();
    }
    let mut at = 0;
    while let Some((next, event, handler)) = handlers.entry_from(at) {
        if handler.raw_eq(f.val()) {
            handlers.set(cx.vm(), event, Val::NIL)?;
        }
        at = next;
    }
    events::detached(cx.vm_mut())?;
    cx.ret0()
}

fn security(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.check_option(0, None, &["prng", "strhash", "strid", "mcode"])?;
    cx.ret(Val::num(1.0))
}

fn opt_start(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    if cx.nargs() == 0 {
        cx.vm_mut().host::<JitState>().flags = LEVELS[3];
        apply(cx.vm_mut());
        return cx.ret0();
    }
    for i in 0..cx.nargs() {
        let option = String::from_utf8_lossy(crate::system::c_bytes(cx.check_str(i)?.bytes())).into_owned();
        if !cx.vm_mut().host::<JitState>().set_option(&option) {
            return Err(cx.error(&format!("unknown or malformed optimization flag '{option}'")));
        }
    }
    apply(cx.vm_mut());
    cx.ret0()
}

/// Delivers what is pending: ticks of the profiler, then events of the compiler.
fn deliver(vm: &mut Vm, mut top: *mut u64) {
    profile::look(vm, &mut top);
    events::deliver(vm, &mut top);
}

/// Delivers what is left when the program is over.
fn deliver_last(vm: &mut Vm) {
    let top = vm.top.get();
    deliver(vm, top);
}

// ---- modules ----

/// Makes a table of one section of the rows.
fn section<'v>(vm: &'v Vm, prefix: &str) -> Result<Tab<'v>, Raise> {
    let t = vm.new_table(0, 16)?;
    fill(vm, t, ROWS, prefix, &[])?;
    Ok(t)
}

/// Loads the module that argument 0 names: what `require` calls.
fn module_loader(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = cx.check_str(0)?.bytes();
    let t = match name {
        b"jit.util" => section(cx.vm(), "util.")?,
        b"jit.bc" => {
            let t = section(cx.vm(), "bc.")?;
            started(cx.vm(), t)?
        }
        b"jit.v" => started(cx.vm(), section(cx.vm(), "v.")?)?,
        b"jit.dump" => started(cx.vm(), section(cx.vm(), "dump.")?)?,
        b"jit.p" => section(cx.vm(), "p.")?,
        b"jit.zone" => zone(cx.vm())?,
        b"jit.profile" => section(cx.vm(), "profile.")?,
        b"jit.vmdef" => {
            let names = cx.vm().host_ref::<JitState>().and_then(|s| s.compiler).map(Compiler::names);
            vmdef(cx.vm(), &names.unwrap_or_default())?
        }
        _ => return Err(cx.error(&format!("no module '{}'", String::from_utf8_lossy(name)))),
    };
    cx.ret(t.val())
}

/// Adds `on`, the other name of `start`.
fn started<'v>(vm: &'v Vm, t: Tab<'v>) -> Result<Tab<'v>, Raise> {
    let start = t.get_name(vm, "start")?;
    t.set_name(vm, "on", start)?;
    Ok(t)
}

/// Makes `jit.zone`: a list that can be called, and has methods beside its elements.
fn zone(vm: &Vm) -> Result<Tab<'_>, Raise> {
    let t = section(vm, "zone.")?;
    let call = t.get_name(vm, "call")?;
    t.set_name(vm, "call", Val::NIL)?;
    let meta = vm.new_table(0, 1)?;
    meta.set_name(vm, "__call", call)?;
    t.set_metatable(vm, Some(meta));
    Ok(t)
}

/// Makes `jit.vmdef`: names of opcodes and operations, six bytes each, of builtins, reasons, helpers and fields.
fn vmdef<'v>(vm: &'v Vm, names: &compiler::Names) -> Result<Tab<'v>, Raise> {
    let six = |names: &[&str]| names.iter().map(|n| format!("{n:<6}")).collect::<String>();
    let t = vm.new_table(0, 4)?;
    let opcodes: Vec<&str> = luac::bytecode::Op::ALL.iter().map(|op| op.name()).collect();
    t.set_name(vm, "bcnames", vm.str(six(&opcodes).as_bytes())?.val())?;
    let builtins = vm.new_table(0, 0)?;
    for (i, name) in (0..).zip(abi::builtins::NAMES) {
        builtins.set_int(vm, i, vm.str(name.as_bytes())?.val())?;
    }
    t.set_name(vm, "ffnames", builtins.val())?;
    t.set_name(vm, "irnames", vm.str(six(&names.operations).as_bytes())?.val())?;
    let reasons: Vec<&str> = abi::abort::Abort::ALL.iter().map(|a| a.message()).collect();
    for (name, list) in
        [("traceerr", &reasons), ("ircall", &names.helpers), ("irfpm", &names.math), ("irfield", &names.fields)]
    {
        let inner = vm.new_table(list.len() as u32, 0)?;
        for (i, text) in (0..).zip(list) {
            inner.set_int(vm, i, vm.str(text.as_bytes())?.val())?;
        }
        t.set_name(vm, name, inner.val())?;
    }
    Ok(t)
}

/// Returns LuaJIT's name of the processor.
fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Returns LuaJIT's name of the operating system.
fn os() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "OSX",
        "windows" => "Windows",
        "freebsd" | "netbsd" | "openbsd" | "dragonfly" => "BSD",
        "illumos" | "solaris" => "POSIX",
        _ => "Other",
    }
}

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    vm.jit.deliver = deliver;
    vm.host::<crate::AtExit>().actions.push(deliver_last);
    let vm = &*vm;
    let lib = register::new_library(vm, "jit", 16)?;
    fill(vm, lib, ROWS, "", &["module_loader"])?;
    let strings = [("os", os().as_bytes()), ("arch", arch().as_bytes()), ("version", VERSION)];
    for (name, text) in strings {
        lib.set_name(vm, name, vm.str(text)?.val())?;
    }
    lib.set_name(vm, "version_num", Val::num(VERSION_NUM))?;
    let opt = section(vm, "opt.")?;
    lib.set_name(vm, "opt", opt.val())?;
    set_loaded(vm, "jit.opt", opt)?;
    let loader = function(vm, ROWS, "module_loader", 0)?;
    let preload = registry_table(vm, "_PRELOAD")?;
    for name in PRELOADED {
        preload.set_name(vm, name, loader.val())?;
    }
    Ok(())
}

/// Returns what loads the built-in module `name`, if there is one.
pub(crate) fn loader<'v>(vm: &'v Vm, name: &[u8]) -> Result<Option<Func<'v>>, Raise> {
    if BUILT_IN.contains(&name) { function(vm, ROWS, "module_loader", 0).map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_levels_flags_and_parameters() {
        let mut s = JitState::default();
        assert!(s.set_option("0") && s.flags == 0);
        assert!(s.set_option("+loop") && s.set_option("fold") && s.flags == 0b100_0001);
        assert!(s.set_option("-fold") && s.set_option("no-loop") && s.flags == 0);
        assert!(s.set_option("9") && s.set_option("nofuse") && s.flags == 0x1ff);
        assert!(s.set_option("hotloop=3") && s.param("hotloop") == Some(3));
        for bad in ["zz", "hotloop=x", "hotloop", "10", "", "+", "nope=1"] {
            assert!(!s.set_option(bad), "{bad}");
        }
        assert_eq!(s.param("hotloop"), Some(3));
        assert_eq!(s.param("nope"), None);
    }
}
