//! Runs mutated dumps: what the verifier accepts must not harm the machine, whatever it computes.
//!
//! `bytecode_fuzz COUNT [SEED]` mutates the programs of `testdata/bytecode`, loads each mutant with the base libraries only, and runs
//! what passes, with a limit of instructions and memory. Before each mutant its seed is written to the file that `FUZZ_TRACE` names,
//! so that a crash can be repeated with `bytecode_fuzz 1 SEED`.
#![forbid(unsafe_code)]

use filetest::bytecode_fuzz::mutate;
use filetest::bytecode_gen::generate;
use filetest::corpus::{lua_files, root};
use heap::vm::Config;
use std::io::{Seek, Write};

/// Instructions a mutant may execute.
const BUDGET: u64 = 20_000;
/// Bytes its heap may take.
const MEMORY: usize = 64 << 20;

fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>().expect("a number"));
    let count = args.next().expect("the number of mutants");
    let start = args.next().unwrap_or(1);
    let dumps: Vec<Vec<u8>> = lua_files(&root().join("testdata/bytecode"))
        .expect("testdata can be read")
        .iter()
        .flat_map(|file| {
            let source = std::fs::read(file).expect("testdata can be read");
            let chunk = luac::compile(&source, b"@fuzz.lua", &luac::Options::default()).expect("valid programs");
            [true, false].map(|strip| bytecode::dump(&chunk, &bytecode::DumpOptions { strip }))
        })
        .collect();
    let mut trace =
        std::env::var_os("FUZZ_TRACE").map(|path| std::fs::File::create(path).expect("trace can be written"));
    let (mut accepted, mut finished) = (0u64, 0u64);
    let mut generated = (u64::MAX, Vec::new());
    for seed in start..start + count {
        if let Some(trace) = &mut trace {
            trace.rewind().and_then(|()| writeln!(trace, "{seed:20}")).expect("trace can be written");
        }
        // Generating costs far more than mutating, so 16 neighbouring seeds share a generated function.
        let family = seed - seed % 16;
        if generated.0 != family {
            generated = (family, generate(family));
        }
        let mutant = match seed % 16 {
            0 => generated.1.clone(),
            1..4 => mutate(seed, &dumps[seed as usize / 16 % dumps.len()]),
            _ => mutate(seed, &generated.1),
        };
        let Ok(chunk) = bytecode::load(&mutant, b"=fuzz") else { continue };
        accepted += 1;
        finished += u64::from(run(chunk));
    }
    println!("bytecode fuzz: {count} inputs, {accepted} accepted and run, {finished} to the end without an error");
}

/// Runs a chunk in a machine of its own; says whether it ends without an error.
fn run(chunk: bytecode::Sound) -> bool {
    let mut vm = interp::new_vm(Config {
        max_memory: MEMORY,
        gc_stress: std::env::var_os("RT_GC").is_some(),
        hash_seed: 0,
        room: 0,
    });
    if stdlib::open_libs(&mut vm).is_err() {
        return false;
    }
    interp::set_budget(&mut vm, BUDGET);
    let result = interp::with_cx(&mut vm, |cx| {
        let f = match interp::load::load_chunk(cx.vm(), chunk, cx.vm().globals()) {
            Ok(f) => f.val(),
            Err(_) => return Ok(()),
        };
        cx.push(f);
        cx.call(0, Some(0)).map(|_| ())
    });
    interp::set_budget(&mut vm, u64::MAX);
    vm.collect_full();
    result.is_ok()
}
