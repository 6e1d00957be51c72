//! Mutated bytecode, run: whatever the verifier lets through must not crash the machine.
//!
//! Each input is a mutation (by its number) of a valid dump. What loads is run with a small budget of instructions and memory, on a
//! machine with the libraries that touch nothing outside. Errors of the program are fine; only a crash (or, in a build with
//! a sanitizer, a report) fails.
//!
//! Environment: `FUZZ_INPUTS` (how many; default 20,000), `FUZZ_SEED` (first number; default 0).

use filetest::bytecode_fuzz::mutate;
use heap::vm::Config;
use std::path::Path;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Dumps of the test programs, the smaller ones: many shapes of code, quick to run.
fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let mut dumps = Vec::new();
    for folder in ["regress", "lua/stat", "lua/meta", "lua/coro", "lua/expr", "lua/func", "lua/table", "lua/string", "lua/err"] {
        let mut files: Vec<_> = std::fs::read_dir(root.join(folder))
            .expect("the test programs are there")
            .map(|e| e.expect("a folder entry").path())
            .filter(|p| p.extension().is_some_and(|e| e == "lua"))
            .collect();
        files.sort();
        for file in files {
            let source = std::fs::read(&file).expect("a readable program");
            if let Ok(chunk) = luac::compile(&source, b"=fuzz", &luac::Options::default()) {
                let dump = bytecode::dump(&chunk, &bytecode::DumpOptions::default());
                if dump.len() < 6000 {
                    dumps.push(dump);
                }
            }
        }
    }
    assert!(dumps.len() > 30, "only {} programs to start from", dumps.len());
    dumps
}

/// Loads and runs an input; says whether it got as far as running.
fn run(input: &[u8], stress: bool) -> bool {
    let Ok(chunk) = bytecode::load(input, b"=fuzz") else { return false };
    let config = Config { max_memory: 32 << 20, gc_stress: stress, hash_seed: 1 };
    let mut vm = interp::new_vm(config);
    let opened = stdlib::base::open(&mut vm)
        .and_then(|()| interp::control::open(&mut vm))
        .and_then(|()| stdlib::table::open(&mut vm))
        .and_then(|()| stdlib::string::open(&mut vm))
        .and_then(|()| stdlib::math::open(&mut vm))
        .and_then(|()| stdlib::debug::open(&mut vm))
        .and_then(|()| stdlib::bit::open(&mut vm));
    assert!(opened.is_ok(), "a machine with libraries fits into the memory limit");
    let outcome = interp::with_cx(&mut vm, |cx| {
        let globals = cx.vm().globals();
        for name in ["print", "dofile", "loadfile", "collectgarbage"] {
            globals.set_name(cx.vm(), name, heap::Val::NIL)?;
        }
        if let Some(debug) = globals.get_name(cx.vm(), "debug")?.as_tab() {
            // It reads standard input.
            debug.set_name(cx.vm(), "debug", heap::Val::NIL)?;
        }
        Ok(())
    });
    assert!(outcome.is_ok());
    let mut ran = false;
    let _ = interp::with_cx(&mut vm, |cx| {
        let Ok(main) = interp::load::load_chunk(cx.vm(), &chunk, cx.vm().globals()) else { return Ok(()) };
        ran = true;
        cx.push(main.val());
        interp::set_budget(cx.vm_mut(), if stress { 300 } else { 3000 });
        cx.call(0, Some(0)).map(|_| ())
    });
    interp::set_budget(&mut vm, u64::MAX);
    vm.collect_full();
    ran
}

#[test]
fn mutated_bytecode_does_not_crash() {
    let corpus = corpus();
    let (inputs, first) = (number("FUZZ_INPUTS", 20_000), number("FUZZ_SEED", 0));
    let mut ran = 0u64;
    for i in first..first + inputs {
        if std::env::var_os("FUZZ_VERBOSE").is_some() {
            eprintln!("input {i}");
        }
        let input = mutate(i, &corpus[(i % corpus.len() as u64) as usize]);
        ran += u64::from(run(&input, i % 16 == 0));
    }
    println!("{inputs} mutated dumps from {first} on, {ran} of them passed the verifier and ran, no crash");
    assert!(inputs < 1000 || ran > inputs / 50, "only {ran} inputs ran: the mutations are too wild to test anything");
}
