//! Everything that touches LLVM: an image becomes an object file.
//!
//! The object holds the payload in its own section, the head that points to it (`kiln_image`), and `main`, which calls the runtime with both.
//! The head's fields are expanded from `abi`'s table, so a field that nothing gives a value does not compile.
//!
//! Invariant: the bytes of the object depend on the arguments alone.
//!
//! An island of `unsafe` code: LLVM's options for those who work on it can be set only by its plain interface.

use crate::cpu::Cpu;
use crate::prelude;
use crate::target::Target;
use abi::image::{self, AotImage};
use inkwell::context::Context;
use inkwell::llvm_sys::support::LLVMParseCommandLineOptions;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::{Linkage, Module};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{
    CodeModel, FileType, InitializationConfig, RelocMode, Target as LlvmTarget, TargetMachine, TargetMachineOptions,
    TargetTriple,
};
use inkwell::values::{BasicValue, BasicValueEnum, GlobalValue, InstructionOpcode, Operand};
use inkwell::{AtomicOrdering, OptimizationLevel};
use std::cell::OnceCell;
use std::ffi::{CStr, c_int};
use std::sync::Once;

/// For whom code is generated, and how hard LLVM tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The target.
    pub target: &'static Target,
    /// The CPU, one of the target's.
    pub cpu: &'static Cpu,
    /// How hard it tries for what time is spent in.
    pub level: Level,
}

impl Settings {
    /// Returns the defaults of a target.
    pub fn of(target: &'static Target) -> Settings {
        Settings { target, cpu: Cpu::baseline(target), level: Level::O2 }
    }
}

/// How hard LLVM tries: a pipeline, and a code generator.
///
/// The optimiser of traces has done its part before (`opt`): what is left for LLVM is what it cannot know, first of all that a side trace
/// begins with what its parent has. A tree has hundreds of exits, and LLVM's own pipelines spend most of their time in passes that look back
/// from each load over all of them (`gvn` takes half of `default<O2>`). Code of `O2` ran as fast as that of `default<O2>` within 2 % (one
/// program of ten 9 % slower). No pass looks for dead stores, which took a tenth of the time of large functions: what is stored on ways out
/// was not stored before. Without that, and without what ran twice to little effect, each of 65 programs took within a hundredth as many
/// instructions as before, and in the mean as many. Parts of programs that the profile spent next to nothing in are compiled with `O1`,
/// unless `O3` is asked for (`select::efforts`): its code is half as large again and is made in a quarter of the time.
///
/// Measured over the profiles of `testdata/bench` (65 programs, 3,339 traces), one core, processor time: 25.4 ms a trace for objects, 27.2
/// for executables; 57 µs a line of what was lowered with `O2`, 14 with `O1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Level {
    /// What every tree is worth; each side trace is a function of its own.
    O0,
    /// What every tree is worth.
    O1,
    /// What is worth its time.
    #[default]
    O2,
    /// More.
    O3,
}

impl Level {
    /// Returns its number.
    pub const fn number(self) -> u8 {
        match self {
            Level::O0 => 0,
            Level::O1 => 1,
            Level::O2 => 2,
            Level::O3 => 3,
        }
    }

    const fn passes(self) -> &'static str {
        match self {
            Level::O0 | Level::O1 => FEW_PASSES,
            Level::O2 => PASSES,
            Level::O3 => "default<O3>",
        }
    }

    const fn generator(self) -> OptimizationLevel {
        match self {
            Level::O0 | Level::O1 => OptimizationLevel::None,
            Level::O2 => OptimizationLevel::Default,
            Level::O3 => OptimizationLevel::Aggressive,
        }
    }
}

macro_rules! simplify {
    () => {
        "simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-lookup;keep-loops;\
         no-hoist-common-insts;no-sink-common-insts;speculate-blocks>"
    };
}
macro_rules! combine {
    () => {
        "instcombine<max-iterations=1;no-verify-fixpoint>"
    };
}

/// The passes of [`Level::O2`]: loads are found again by dominators (`early-cse<memssa>`), not by looking back.
const PASSES: &str = concat!(
    "always-inline,function<eager-inv>(",
    simplify!(),
    ",early-cse<memssa>,jump-threading,correlated-propagation,",
    simplify!(),
    ",",
    combine!(),
    ",reassociate,constraint-elimination,loop-mssa(loop-instsimplify,licm<no-allowspeculation>,loop-rotate<header-duplication>,\
     licm<allowspeculation>,indvars,loop-deletion),",
    simplify!(),
    ",",
    combine!(),
    ",gvn<no-memdep>,sccp,bdce,correlated-propagation,adce,early-cse<memssa>,",
    simplify!(),
    ",",
    combine!(),
    ",loop-unroll<O2>,loop-mssa(licm<allowspeculation>),loop-sink,instsimplify,div-rem-pairs,simplifycfg),\
     globaldce"
);

/// The passes of [`Level::O1`]: what makes the code smaller that is left to generate.
const FEW_PASSES: &str =
    concat!("always-inline,function(", simplify!(), ",early-cse<memssa>,", combine!(), ",", simplify!(), "),globaldce");

/// What is made of compiled trees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// An object file.
    Object,
    /// Assembly of the target.
    Asm,
    /// LLVM's assembly, optimised.
    Ir,
}

/// LLVM at work: one a thread. Its memory is used again from module to module.
pub struct Compiler {
    cx: Context,
    settings: Settings,
    machine: TargetMachine,
    /// The one of [`Level::O1`] and below, once there is need of it.
    simple: OnceCell<TargetMachine>,
    prelude: String,
}

impl Compiler {
    /// Makes one for all levels up to that of the settings.
    pub fn new(settings: Settings) -> Result<Compiler, String> {
        let prelude = prelude::of(settings.cpu.rounding);
        Ok(Compiler { machine: machine(settings)?, simple: OnceCell::new(), cx: Context::create(), settings, prelude })
    }

    /// Compiles a module in LLVM's assembly language to an object file.
    pub fn compile(&self, text: &str, level: Level) -> Result<Vec<u8>, String> {
        let module = self.optimised(text, level)?;
        let machine = match level {
            Level::O0 | Level::O1 => match self.simple.get() {
                Some(simple) => simple,
                None => {
                    let made = machine(Settings { level, ..self.settings })?;
                    self.simple.get_or_init(|| made)
                }
            },
            Level::O2 | Level::O3 => &self.machine,
        };
        let object = machine.write_to_memory_buffer(&module, FileType::Object).map_err(|e| e.to_string())?;
        Ok(object.as_slice().to_vec())
    }

    /// Compiles modules one by one, then makes one text of them. The code generator is that of the settings' level for all.
    pub fn text(&self, texts: &[(&str, Level)], form: Form) -> Result<Vec<u8>, String> {
        let all = self.cx.create_module("kiln");
        self.prepare(&all);
        for (t, level) in texts {
            all.link_in_module(self.optimised(t, *level)?).map_err(|e| e.to_string())?;
        }
        if form == Form::Ir {
            return Ok(all.print_to_string().to_bytes().to_vec());
        }
        let kind = if form == Form::Asm { FileType::Assembly } else { FileType::Object };
        let out = self.machine.write_to_memory_buffer(&all, kind).map_err(|e| e.to_string())?;
        Ok(out.as_slice().to_vec())
    }

    fn prepare(&self, module: &Module<'_>) {
        module.set_triple(&self.machine.get_triple());
        module.set_data_layout(&self.machine.get_target_data().get_data_layout());
    }

    fn optimised(&self, text: &str, level: Level) -> Result<Module<'_>, String> {
        let text = text.to_string() + &self.prelude;
        let buffer = MemoryBuffer::create_from_memory_range_copy(text.as_bytes(), "tree");
        let read = self.cx.create_module_from_ir(buffer);
        let module = read.map_err(|e| format!("LLVM does not read what was lowered: {e}"))?;
        self.prepare(&module);
        module.verify().map_err(|e| e.to_string())?;
        let options = PassBuilderOptions::create();
        options.set_loop_slp_vectorization(false);
        options.set_merge_functions(false);
        module.run_passes(level.passes(), &self.machine, options).map_err(|e| e.to_string())?;
        self.mark_words(&module)?;
        Ok(module)
    }

    /// Says of words of tables that they never change. They were lowered so, but passes that move such a load to where it need not be executed forget
    /// it; and what may change stays in a register or on the stack, where it could be loaded again for nothing. (Words that do change are loaded
    /// by atomic loads.)
    fn mark_words(&self, module: &Module<'_>) -> Result<(), String> {
        let (kind, nothing) = (self.cx.get_kind_id("invariant.load"), self.cx.metadata_node(&[]));
        let blocks = module.get_functions().flat_map(|f| f.get_basic_block_iter());
        for ins in blocks.flat_map(|b| b.get_instructions()).filter(|i| i.get_opcode() == InstructionOpcode::Load) {
            let plain = ins.get_atomic_ordering() == Ok(AtomicOrdering::NotAtomic) && ins.get_volatile() == Ok(false);
            if let Some(Operand::Value(BasicValueEnum::PointerValue(p))) = ins.get_operand(0)
                && plain
                && p.is_const()
            {
                ins.set_metadata(nothing, kind).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }
}

/// Returns what becomes of a module, as a part of names of what was made of it.
pub fn recipe(level: Level) -> String {
    format!("{} words", level.passes())
}

/// What an image is made of, besides the code of its trees.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// The payload.
    pub payload: &'a [u8],
    /// Symbols of the trees' functions, in the order of their text.
    pub trees: &'a [String],
    /// Bits of `abi::image::flag`.
    pub flags: u64,
    /// The function that runs the program: `main`, or another name in libraries.
    pub entry: &'a str,
}

/// Makes the object file of an image. Errors are LLVM's, and mean a broken installation.
pub fn emit_object(settings: Settings, parts: Parts<'_>) -> Result<Vec<u8>, String> {
    let machine = machine(settings)?;
    let cx = Context::create();
    let module = cx.create_module("kiln");
    module.set_triple(&machine.get_triple());
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    let payload = add_payload(&cx, &module, parts.payload);
    let rows = add_rows(&cx, &module, parts.trees);
    let head = add_head(&cx, &module, payload, rows, parts);
    add_main(&cx, &module, head, parts.entry).map_err(|e| e.to_string())?;
    module.verify().map_err(|e| e.to_string())?;
    let object = machine.write_to_memory_buffer(&module, FileType::Object).map_err(|e| e.to_string())?;
    Ok(object.as_slice().to_vec())
}

/// Returns the version of LLVM that is linked in.
pub fn version() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("{major}.{minor}.{patch}")
}

fn machine(settings: Settings) -> Result<TargetMachine, String> {
    let Settings { target, cpu, level } = settings;
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        let config = InitializationConfig::default();
        LlvmTarget::initialize_x86(&config);
        LlvmTarget::initialize_aarch64(&config);
        LlvmTarget::initialize_loongarch(&config);
        set_options();
    });
    let triple = TargetTriple::create(target.llvm_triple);
    let llvm = LlvmTarget::from_triple(&triple).map_err(|e| e.to_string())?;
    let options = TargetMachineOptions::new()
        .set_cpu(cpu.llvm)
        .set_features(cpu.features)
        .set_abi(target.abi)
        .set_level(level.generator())
        .set_reloc_mode(RelocMode::PIC)
        .set_code_model(CodeModel::Default);
    llvm.create_target_machine_from_options(&triple, options)
        .ok_or_else(|| format!("LLVM {} has no code generator for {}", version(), target.triple))
}

/// Options of LLVM that its interface has no other way to set.
///
/// Lowered code has lines, but no variables. LLVM's newer analysis of where variables are follows all registers through the function before it
/// sees that there are none (43 % of the code generator's time for the largest tree of `deltablue`); the older one looks for variables first.
///
/// Where the register allocator splits live ranges it is to make few copies of them (`size`), not to hoist copies out of loops (`speed`): the
/// search for better places takes 13 % of the code generator's time in trees of hundreds of exits.
///
/// Blocks that end alike are looked for among the predecessors of a block, each with each: a loop of a hundred ways back to its head took a
/// fifth of the code generator's time. Exits share what they store already, so only smaller groups are looked at.
const OPTIONS: [&CStr; 4] =
    [c"kiln", c"-experimental-debug-variable-locations=false", c"-split-spill-mode=size", c"-tail-merge-threshold=32"];

#[allow(unsafe_code)]
fn set_options() {
    let words = OPTIONS.map(CStr::as_ptr);
    // SAFETY: `words` are as many strings as is said, with a zero at their ends, and outlive the call; LLVM keeps no pointer to them. It is called
    // once, before any other part of LLVM is in use (`Once` in `machine`), since options are variables that LLVM reads without locks.
    unsafe { LLVMParseCommandLineOptions(words.len() as c_int, words.as_ptr(), std::ptr::null()) };
}

/// Adds the payload; returns it and its length.
fn add_payload<'c>(cx: &'c Context, module: &Module<'c>, bytes: &[u8]) -> (GlobalValue<'c>, u64) {
    let data = cx.const_string(bytes, false);
    let global = module.add_global(data.get_type(), None, "kiln_payload");
    global.set_initializer(&data);
    global.set_constant(true);
    global.set_linkage(Linkage::Internal);
    global.set_alignment(16);
    global.set_section(Some(image::SECTION));
    (global, bytes.len() as u64)
}

/// Adds the trace table: code and table of constants of each tree, by its name.
fn add_rows<'c>(cx: &'c Context, module: &Module<'c>, trees: &[String]) -> Option<GlobalValue<'c>> {
    let ptr = cx.ptr_type(Default::default());
    let row = cx.struct_type(&[ptr.into(), ptr.into()], false);
    let code = cx.i64_type().fn_type(&[ptr.into(), ptr.into()], false);
    let rows: Vec<_> = trees
        .iter()
        .map(|name| {
            let code = module.add_function(name, code, Some(Linkage::External));
            let table = module.add_global(cx.i64_type(), None, &format!("{name}.k"));
            let code = code.as_global_value().as_pointer_value();
            row.const_named_struct(&[code.into(), table.as_pointer_value().into()])
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let rows = row.const_array(&rows);
    let global = module.add_global(rows.get_type(), None, "kiln_trees");
    global.set_initializer(&rows);
    global.set_constant(true);
    global.set_linkage(Linkage::Internal);
    Some(global)
}

/// Adds the head of the image.
fn add_head<'c>(
    cx: &'c Context,
    module: &Module<'c>,
    (payload, payload_len): (GlobalValue<'c>, u64),
    rows: Option<GlobalValue<'c>>,
    parts: Parts<'_>,
) -> GlobalValue<'c> {
    let ptr = cx.ptr_type(Default::default());
    let null = ptr.const_null();
    let number = |n: u64, bits: u32| -> BasicValueEnum<'c> {
        if bits == 32 { cx.i32_type().const_int(n, false).into() } else { cx.i64_type().const_int(n, false).into() }
    };
    macro_rules! value {
        (U32, $n:expr) => {
            number($n, 32)
        };
        (U64, $n:expr) => {
            number($n, 64)
        };
        (Ptr, $p:expr) => {
            $p.as_basic_value_enum()
        };
    }
    macro_rules! field {
        (magic, $k:ident) => {
            value!($k, image::MAGIC_WORD)
        };
        (version, $k:ident) => {
            value!($k, u64::from(image::VERSION))
        };
        (trace_count, $k:ident) => {
            value!($k, parts.trees.len() as u64)
        };
        (fingerprint, $k:ident) => {
            value!($k, image::FINGERPRINT)
        };
        (payload, $k:ident) => {
            value!($k, payload.as_pointer_value())
        };
        (payload_len, $k:ident) => {
            value!($k, payload_len)
        };
        (traces, $k:ident) => {
            value!($k, rows.map_or(null, |r| r.as_pointer_value()))
        };
        (flags, $k:ident) => {
            value!($k, parts.flags)
        };
    }
    macro_rules! fields {
        ($($(#[$doc:meta])* $name:ident: $t:ty, $off:literal, $kind:ident;)*) => { [$(field!($name, $kind)),*] };
    }
    let head = cx.const_struct(&abi::for_each_image_field!(fields), false);
    let global = module.add_global(head.get_type(), None, "kiln_image");
    global.set_initializer(&head);
    global.set_constant(true);
    global.set_linkage(Linkage::Internal);
    global.set_alignment(align_of::<AotImage>() as u32);
    global
}

/// Adds `int main(int argc, char **argv) { return rt_main(argc, argv, &kiln_image); }`, under the name `name`.
fn add_main<'c>(
    cx: &'c Context,
    module: &Module<'c>,
    head: GlobalValue<'c>,
    name: &str,
) -> Result<(), inkwell::builder::BuilderError> {
    let (int, ptr) = (cx.i32_type(), cx.ptr_type(Default::default()));
    let entry = int.fn_type(&[int.into(), ptr.into(), ptr.into()], false);
    let entry = module.add_function(image::ENTRY, entry, Some(Linkage::External));
    let main = module.add_function(name, int.fn_type(&[int.into(), ptr.into()], false), None);
    let builder = cx.create_builder();
    builder.position_at_end(cx.append_basic_block(main, ""));
    let argument = |i| main.get_nth_param(i).map(Into::into);
    let arguments: Vec<_> =
        [argument(0), argument(1), Some(head.as_pointer_value().into())].into_iter().flatten().collect();
    let status = builder.build_call(entry, &arguments, "")?.try_as_basic_value().basic();
    builder.build_return(status.as_ref().map(|v| v as &dyn BasicValue))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::TARGETS;

    #[test]
    fn every_target_gets_an_object_with_its_payload() {
        let payload: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for target in TARGETS {
            let emit = || {
                let parts = Parts { payload: &payload, entry: "main", ..Parts::default() };
                emit_object(Settings::of(target), parts).expect(target.triple)
            };
            let object = emit();
            let elf = goblin::elf::Elf::parse(&object).expect(target.triple);
            assert_eq!(elf.header.e_machine, target.elf_machine, "{}", target.triple);
            let section = elf
                .section_headers
                .iter()
                .find(|s| elf.shdr_strtab.get_at(s.sh_name) == Some(image::SECTION))
                .expect("payload section");
            assert_eq!(&object[section.file_range().expect("has bytes")], &payload[..]);
            assert_eq!(object, emit(), "emitted twice");
        }
    }
}
