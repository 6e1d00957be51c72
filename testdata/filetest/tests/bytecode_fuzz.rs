//! Mutated dumps against the reader and the verifier: a second of them, or `FUZZ_SECONDS`, from seed `FUZZ_SEED`. And dumps
//! that are run: `FUZZ_INPUTS` of them (default 20,000), in a process of their own. `testdata/bytecode/fuzz.sh` runs a million with
//! a sanitizer.

use bytecode::{DumpOptions, Op, Proto, dump};
use filetest::bytecode_fuzz::{check, mutate};
use filetest::bytecode_gen::generate;
use filetest::corpus::{lua_files, root};
use luac::{Options, compile};
use std::collections::HashSet;
use std::time::{Duration, Instant};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |v| v.parse().expect("a number"))
}

fn collect_ops(proto: &Proto, ops: &mut HashSet<Op>) {
    ops.extend(proto.bc.iter().skip(1).filter_map(|ins| ins.op()));
    (0..proto.kgc.len()).filter_map(|i| proto.child(i)).for_each(|child| collect_ops(child, ops));
}

#[test]
fn generated_dumps_are_accepted() {
    let mut ops = HashSet::new();
    let accepted =
        (1..=100).filter_map(|seed| check(&generate(seed))).map(|chunk| collect_ops(&chunk.main, &mut ops)).count();
    println!("bytecode generator: {accepted} of 100 functions are accepted, with {} different instructions", ops.len());
    assert!(accepted == 100 && ops.len() == 77);
}

#[test]
fn mutated_dumps_are_refused_or_round_trip() {
    let files = lua_files(&root().join("testdata/bytecode")).expect("testdata can be read");
    let mut dumps = Vec::new();
    for file in files {
        let source = std::fs::read(&file).expect("testdata can be read");
        let chunk = compile(&source, b"@fuzz.lua", &Options::default()).expect("valid programs");
        dumps.extend([true, false].map(|strip| dump(&chunk, &DumpOptions { strip })));
    }
    let mut ops = HashSet::new();
    for bytes in &dumps {
        collect_ops(&check(bytes).expect("the start is valid").main, &mut ops);
    }
    assert_eq!(ops.len(), 77, "every instruction a dump can hold");
    let start = Instant::now();
    let limit = Duration::from_secs(number("FUZZ_SECONDS", 1));
    let mut seed = number("FUZZ_SEED", 1);
    let (mut tried, mut passed) = (0u64, 0u64);
    while start.elapsed() < limit {
        let input = mutate(seed, &dumps[seed as usize % dumps.len()]);
        let outcome = std::panic::catch_unwind(|| check(&input).is_some());
        passed += u64::from(outcome.unwrap_or_else(|_| panic!("seed {seed}")));
        seed += 1;
        tried += 1;
    }
    println!("bytecode fuzz: {tried} inputs, {passed} valid");
    assert!(passed > 0 && passed < tried);
}

#[test]
fn what_the_verifier_accepts_runs_without_a_crash() {
    let inputs = number("FUZZ_INPUTS", 20_000);
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_bytecode_fuzz"))
        .args([inputs.to_string(), number("FUZZ_SEED", 1).to_string()])
        .output()
        .expect("the fuzzer starts");
    let text = String::from_utf8_lossy(&run.stdout);
    print!("{text}");
    assert!(run.status.success(), "{}: {}", run.status, String::from_utf8_lossy(&run.stderr));
    assert!(text.contains(&inputs.to_string()), "the fuzzer says how many inputs it ran");
}
