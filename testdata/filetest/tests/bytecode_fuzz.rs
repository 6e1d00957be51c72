//! Mutated dumps against the reader and the verifier: a second of them, or `FUZZ_SECONDS`, from seed `FUZZ_SEED`.

use bytecode::{Op, Proto};
use filetest::bytecode_fuzz::{check, mutate};
use filetest::corpus::{compile_with_luajit, lua_files, root};
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
fn mutated_dumps_are_refused_or_round_trip() {
    let files = lua_files(&root().join("testdata/bytecode")).expect("testdata can be read");
    let mut dumps = Vec::new();
    for answer in compile_with_luajit(&files).expect("luajit runs") {
        let compiled = answer.expect("valid programs");
        dumps.extend([compiled.stripped, compiled.full]);
    }
    let mut ops = HashSet::new();
    for dump in &dumps {
        collect_ops(&check(dump).expect("the start is valid").main, &mut ops);
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
