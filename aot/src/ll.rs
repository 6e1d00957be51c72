//! Everything that touches LLVM: an image becomes an object file.
//!
//! The object holds the payload in its own section, the head that points to it, and `main`, which calls the runtime with both.
//! The head's fields are expanded from `abi`'s table, so a field that nothing gives a value does not compile.
//!
//! Invariant: the bytes of the object depend on the arguments alone.

use crate::target::Target;
use abi::image::{self, AotImage};
use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::{Linkage, Module};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{
    CodeModel, FileType, InitializationConfig, RelocMode, Target as LlvmTarget, TargetMachine, TargetMachineOptions,
    TargetTriple,
};
use inkwell::values::{BasicValue, BasicValueEnum, GlobalValue};
use std::sync::Once;

/// Makes the object file of an image with this payload. Errors are LLVM's, and mean a broken installation.
pub fn emit_object(target: &Target, payload: &[u8], trees: &[String]) -> Result<Vec<u8>, String> {
    let machine = machine(target)?;
    let cx = Context::create();
    let module = cx.create_module("kiln");
    module.set_triple(&machine.get_triple());
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    let payload = add_payload(&cx, &module, payload);
    let rows = add_rows(&cx, &module, trees);
    let head = add_head(&cx, &module, payload, (rows, trees.len()));
    add_main(&cx, &module, head).map_err(|e| e.to_string())?;
    module.verify().map_err(|e| e.to_string())?;
    let object = machine.write_to_memory_buffer(&module, FileType::Object).map_err(|e| e.to_string())?;
    Ok(object.as_slice().to_vec())
}

/// Returns the version of LLVM that is linked in.
pub fn version() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("{major}.{minor}.{patch}")
}

fn machine(target: &Target) -> Result<TargetMachine, String> {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        let config = InitializationConfig::default();
        LlvmTarget::initialize_x86(&config);
        LlvmTarget::initialize_aarch64(&config);
        LlvmTarget::initialize_loongarch(&config);
    });
    let triple = TargetTriple::create(target.llvm_triple);
    let llvm = LlvmTarget::from_triple(&triple).map_err(|e| e.to_string())?;
    let options = TargetMachineOptions::new()
        .set_cpu(target.cpu)
        .set_features(target.features)
        .set_abi(target.abi)
        .set_level(OptimizationLevel::Default)
        .set_reloc_mode(RelocMode::PIC)
        .set_code_model(CodeModel::Default);
    llvm.create_target_machine_from_options(&triple, options)
        .ok_or_else(|| format!("LLVM {} has no code generator for {}", version(), target.triple))
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

/// Compiles a module in LLVM's assembly language.
pub fn compile(target: &Target, text: &str) -> Result<Vec<u8>, String> {
    let machine = machine(target)?;
    let cx = Context::create();
    let buffer = MemoryBuffer::create_from_memory_range_copy(text.as_bytes(), "tree");
    let module = cx.create_module_from_ir(buffer).map_err(|e| format!("LLVM does not read what was lowered: {e}"))?;
    module.set_triple(&machine.get_triple());
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    module.verify().map_err(|e| e.to_string())?;
    let options = PassBuilderOptions::create();
    options.set_loop_slp_vectorization(false);
    options.set_merge_functions(false);
    module.run_passes("default<O2>", &machine, options).map_err(|e| e.to_string())?;
    let object = machine.write_to_memory_buffer(&module, FileType::Object).map_err(|e| e.to_string())?;
    Ok(object.as_slice().to_vec())
}

/// Adds the head of the image.
fn add_head<'c>(
    cx: &'c Context,
    module: &Module<'c>,
    (payload, payload_len): (GlobalValue<'c>, u64),
    (rows, count): (Option<GlobalValue<'c>>, usize),
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
            value!($k, count as u64)
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

/// Adds `int main(int argc, char **argv) { return rt_main(argc, argv, &kiln_image); }`.
fn add_main<'c>(
    cx: &'c Context,
    module: &Module<'c>,
    head: GlobalValue<'c>,
) -> Result<(), inkwell::builder::BuilderError> {
    let (int, ptr) = (cx.i32_type(), cx.ptr_type(Default::default()));
    let entry = int.fn_type(&[int.into(), ptr.into(), ptr.into()], false);
    let entry = module.add_function(image::ENTRY, entry, Some(Linkage::External));
    let main = module.add_function("main", int.fn_type(&[int.into(), ptr.into()], false), None);
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
            let object = emit_object(target, &payload, &[]).expect(target.triple);
            let elf = goblin::elf::Elf::parse(&object).expect(target.triple);
            assert_eq!(elf.header.e_machine, target.elf_machine, "{}", target.triple);
            let section = elf
                .section_headers
                .iter()
                .find(|s| elf.shdr_strtab.get_at(s.sh_name) == Some(image::SECTION))
                .expect("payload section");
            assert_eq!(&object[section.file_range().expect("has bytes")], &payload[..]);
            assert_eq!(object, emit_object(target, &payload, &[]).expect(target.triple), "emitted twice");
        }
    }
}
