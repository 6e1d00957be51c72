//! Every Lua file of the corpus: stock `luajit` as the oracle for dumps, listings and the verifier.

use bytecode::listing::{Detail, list, parse_line};
use bytecode::{Chunk, DumpOptions, GcConst, Proto, dump, load, undump, verify};
use filetest::corpus::{Answer, compile_with_luajit, dir, lua_files, root};
use filetest::source_fuzz::mutate;
use luac::{Options, compile};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The files of the corpus and of testdata, with luajit's answers.
fn files() -> (Vec<PathBuf>, Vec<Answer>) {
    let mut files = lua_files(&dir().expect("corpus")).expect("corpus can be read");
    files.extend(lua_files(&root().join("testdata")).expect("testdata can be read"));
    let answers = compile_with_luajit(&files).expect("luajit runs");
    (files, answers)
}

fn listing(chunk: &Chunk) -> Vec<u8> {
    let mut out = Vec::new();
    list(chunk, Detail::Plain, &mut out).expect("writing to memory");
    out
}

/// Compares by lines, so that a failure shows the first that differs.
fn assert_same_listing(ours: &[u8], stock: &[u8], file: &Path) {
    let (ours, stock) = (String::from_utf8_lossy(ours), String::from_utf8_lossy(stock));
    let differs = ours.lines().zip(stock.lines()).find(|(a, b)| a != b);
    assert_eq!(differs, None, "listing of {}", file.display());
    assert_eq!(ours.len(), stock.len(), "length of the listing of {}", file.display());
}

fn count_functions(proto: &Proto) -> usize {
    1 + (0..proto.kgc.len()).filter_map(|i| proto.child(i)).map(count_functions).sum::<usize>()
}

#[test]
fn stock_dumps_load_and_come_out_the_same() {
    let (files, answers) = files();
    let (mut compared, mut functions, mut instructions) = (0, 0, 0);
    for (file, answer) in files.iter().zip(&answers) {
        let Ok(stock) = answer else { continue };
        let name = [b"@", file.as_os_str().as_encoded_bytes()].concat();
        let full = load(&stock.full, b"=?").unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let stripped = load(&stock.stripped, &name).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!(full.name, name);
        assert!(dump(&full, &DumpOptions { strip: false }) == stock.full, "full dump of {}", file.display());
        assert!(dump(&stripped, &DumpOptions { strip: true }) == stock.stripped, "stripped dump of {}", file.display());
        let listing = listing(&full);
        assert_same_listing(&listing, &stock.listing, file);
        let mut printed = listing.split(|&c| c == b'\n');
        check_parse(&full.main, &mut printed, &mut instructions);
        functions += count_functions(&full.main);
        compared += 1;
    }
    println!(
        "corpus: {compared} files with {functions} functions and {instructions} instructions read, verified, listed and written"
    );
    assert!(compared > 700, "only {compared} files");
}

/// Sorts the hash parts of template tables, whose order in a stock dump depends on string hashes.
fn sort_templates(proto: &mut Proto) {
    for k in &mut proto.kgc {
        match k {
            GcConst::Tab(t) => t.hash.sort_by_key(|(key, _)| format!("{key:?}")),
            GcConst::Proto(child) => sort_templates(child),
            GcConst::Str(_) => {}
        }
    }
}

/// Writes what was compiled and reads both dumps again, so that only the order of template tables may differ.
fn assert_same_dump(ours: &Chunk, stock: &[u8], strip: bool, file: &Path) {
    let ours = dump(ours, &DumpOptions { strip });
    assert_eq!(ours.len(), stock.len(), "length of the dump of {}", file.display());
    if ours != stock {
        let mut ours = undump(&ours, b"=").expect("our own dump").main;
        let mut stock = undump(stock, b"=").expect("stock dump").main;
        sort_templates(&mut ours);
        sort_templates(&mut stock);
        assert!(ours == stock, "dump of {}", file.display());
    }
}

/// Compiles a source and compares with luajit's answer; says whether it compiles.
fn assert_compiles_alike(source: &[u8], name: &[u8], answer: &Answer, file: &Path) -> bool {
    match (compile(source, name, &Options::default()), answer) {
        (Ok(chunk), Ok(stock)) => {
            verify(&chunk).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            assert_same_listing(&listing(&chunk), &stock.listing, file);
            assert_same_dump(&chunk, &stock.stripped, true, file);
            assert_same_dump(&chunk, &stock.full, false, file);
            true
        }
        (Err(ours), _) if is_about_cdata(&ours.to_string()) => false,
        (Err(ours), Err(stock)) => {
            assert_eq!(ours.to_string(), String::from_utf8_lossy(stock), "{}", file.display());
            false
        }
        (Ok(_), Err(stock)) => panic!("luajit refuses {}: {}", file.display(), String::from_utf8_lossy(stock)),
        (Err(ours), Ok(_)) => panic!("luac refuses {}: {ours}", file.display()),
    }
}

/// Numbers like `1LL` and `2i` are malformed here and cdata there.
fn is_about_cdata(message: &str) -> bool {
    let number = message.split_once("malformed number near '").map(|(_, rest)| rest.to_ascii_lowercase());
    number.is_some_and(|n| n.ends_with("ll'") || n.ends_with("i'"))
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |v| v.parse().expect("a number"))
}

/// Mutants of small files, in batches; `FUZZ_SECONDS` and `FUZZ_SEED` as for bytecode. Those that differ are left in the
/// target folder.
#[test]
fn mutated_sources_compile_alike() {
    const BATCH: usize = 200;
    let mut sources: Vec<Vec<u8>> = lua_files(&dir().expect("corpus"))
        .expect("corpus can be read")
        .iter()
        .map(|file| std::fs::read(file).expect("corpus can be read"))
        .filter(|source| (200..6000).contains(&source.len()))
        .collect();
    sources.sort_by_key(Vec::len);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    std::fs::create_dir_all(&folder).expect("target can be written");
    let start = Instant::now();
    let limit = Duration::from_secs(number("FUZZ_SECONDS", 1));
    let mut seed = number("FUZZ_SEED", 1);
    let (mut compiled, mut refused) = (0, 0);
    while start.elapsed() < limit {
        let files: Vec<PathBuf> = (0..BATCH).map(|i| folder.join(format!("{}.lua", seed + i as u64))).collect();
        let mutants: Vec<Vec<u8>> =
            (seed..).take(BATCH).map(|seed| mutate(seed, &sources[seed as usize % sources.len()])).collect();
        for (file, mutant) in files.iter().zip(&mutants) {
            std::fs::write(file, mutant).expect("target can be written");
        }
        let answers = compile_with_luajit(&files).expect("luajit runs");
        for ((file, mutant), answer) in files.iter().zip(&mutants).zip(&answers) {
            let name = [b"@", file.as_os_str().as_encoded_bytes()].concat();
            match assert_compiles_alike(mutant, &name, answer, file) {
                true => compiled += 1,
                false => refused += 1,
            }
            std::fs::remove_file(file).expect("target can be written");
        }
        seed += BATCH as u64;
    }
    println!("source fuzz: {compiled} mutants compile alike, {refused} are refused with the same message");
    assert!(compiled > 0 && refused > 0);
}

#[test]
fn compiles_to_what_luajit_compiles_to() {
    let (files, answers) = files();
    let (mut compiled, mut refused) = (0, 0);
    for (file, answer) in files.iter().zip(&answers) {
        let source = std::fs::read(file).expect("corpus can be read");
        let name = [b"@", file.as_os_str().as_encoded_bytes()].concat();
        match assert_compiles_alike(&source, &name, answer, file) {
            true => compiled += 1,
            false => refused += 1,
        }
    }
    println!(
        "corpus: {compiled} files compile to the same listing and dumps, {refused} are refused with the same message"
    );
    assert!(compiled > 700, "only {compiled} files");
}

/// Reads each printed instruction back.
fn check_parse<'a>(proto: &Proto, lines: &mut impl Iterator<Item = &'a [u8]>, count: &mut usize) {
    for child in (0..proto.kgc.len()).filter_map(|i| proto.child(i)) {
        check_parse(child, lines, count);
    }
    assert!(lines.next().is_some_and(|l| l.starts_with(b"-- BYTECODE")));
    for (pc, ins) in proto.bc.iter().enumerate().skip(1) {
        let line = String::from_utf8_lossy(lines.next().expect("a line per instruction"));
        assert_eq!(parse_line(&line), Some((pc as u32, *ins)), "{line}");
        *count += 1;
    }
    assert_eq!(lines.next(), Some(&b""[..]));
}
