//! Builds with profiles: what is compiled, kept, left out and said; what an executable is rebuilt from.

use crate::sandbox::{self, Ran, Sandbox, kiln};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const APP: &str = "local m = require('m')
local n = tonumber((...)) or 300
local sum = 0
for i = 1, n do
  sum = sum + m.step(i)
end
local t = {}
for i = 1, n do t[i] = i * 2 end
print(sum, #t)
";

const MODULE: &str = "local m = {}
function m.step(i)
  if i % 3 == 0 then return i end
  return -i / 2
end
return m
";

/// A folder with a program of two files and its profile.
fn profiled() -> Sandbox {
    let s = Sandbox::new();
    s.file("app.lua", APP);
    s.file("m.lua", MODULE);
    // Without samples, so that the profile depends on the program alone.
    s.run(&kiln(), &["--profile-interval", "0", "--profile-out", "app.kprof", "app.lua"]).succeeds();
    s
}

/// The one line that a build says.
fn summary(ran: &Ran) -> &str {
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!((ran.status, lines.len()), (0, 1), "{}", ran.stderr);
    lines[0]
}

/// The number before a word of a summary.
fn number(summary: &str, word: &str) -> usize {
    let before = summary.split(word).next().unwrap_or_default();
    let digits = before.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or_else(|_| panic!("no number before '{word}': {summary}"))
}

const PROFILE: &[&str] = &["app.lua", "--profile", "app.kprof", "-o", "app"];

#[test]
fn the_cache_saves_work_and_changes_nothing() {
    let s = profiled();
    let first = s.build_real(PROFILE);
    let line = summary(&first);
    let traces = number(line, "traces compiled");
    assert!(line.starts_with("kiln build: app: program and 1 module, ") && traces >= 2, "{line}");
    assert!(line.contains(", 0 dropped, 100.0 % of the profiled work, "), "{line}");
    let bytes = s.read("app");
    let again = s.build_real(PROFILE);
    assert_eq!(number(summary(&again), "from the cache"), traces);
    assert!(s.read("app") == bytes, "the cache changed the executable");
    for options in [&["--no-cache", "-j", "1"][..], &["--no-cache", "-j", "5"], &["--cache-dir", "other", "-j", "2"]] {
        let ran = s.build_real(&[PROFILE, options].concat());
        assert!(!summary(&ran).contains("from the cache"), "{}", ran.stderr);
        assert!(s.read("app") == bytes, "{options:?} changed the executable");
    }
    let entries: Vec<_> =
        std::fs::read_dir(s.path("other")).expect("a cache").map(|e| e.expect("entry").path()).collect();
    assert!(!entries.is_empty());
    for (i, e) in entries.iter().enumerate() {
        let mut entry = std::fs::read(e).expect("entry");
        let at = entry.len() - 1 - i;
        entry[at] ^= 1;
        std::fs::write(e, entry).expect("write");
    }
    let other = [PROFILE, &["--cache-dir", "other"]].concat();
    assert!(!summary(&s.build_real(&other)).contains("from the cache"), "damaged entries were used");
    assert!(s.read("app") == bytes);
    assert!(summary(&s.build_real(&other)).contains("from the cache"), "they were not written anew");
    let ran = s.build_real(&[PROFILE, &["--cache-dir", "m.lua"]].concat()).succeeds();
    assert!(ran.stderr.starts_with("kiln build: warning: cache 'm.lua': "), "{}", ran.stderr);
    assert!(s.read("app") == bytes);
}

#[test]
fn only_what_changed_is_compiled_again_or_left_out() {
    let s = profiled();
    let traces = number(summary(&s.build_real(PROFILE)), "traces compiled");
    // The loop over `m.step` names the function that changes; the other loop does not.
    s.file("m.lua", &MODULE.replace("-i / 2", "-i / 4"));
    let ran = s.build_real(PROFILE);
    let line = summary(&ran);
    let (now, stale) = (number(line, "traces compiled"), number(line, "stale"));
    assert!(now >= 1 && stale >= 1 && now + stale == traces, "{line}");
    assert_eq!(number(line, "from the cache"), now);
    let expected = s.run(&kiln(), &["-joff", "app.lua", "1000"]).succeeds().stdout;
    assert_eq!(s.run(&s.path("app"), &["1000"]).succeeds().stdout, expected);
    // Lines moved, and nothing else: all of it applies, and line tables are new.
    s.file("m.lua", &format!("-- a line more\n{MODULE}"));
    let ran = s.build_real(PROFILE);
    assert!(summary(&ran).contains(", 0 dropped, 100.0 %"), "{}", ran.stderr);
    s.file("app.lua", "print('another program')");
    let ran = s.build_real(PROFILE);
    assert_eq!(number(summary(&ran), "traces compiled"), 0);
    assert!(summary(&ran).contains("0.0 % of the profiled work"), "{}", ran.stderr);
    assert_eq!(s.run(&s.path("app"), &[]).succeeds().stdout, "another program\n");
}

#[test]
fn objects_libraries_and_texts() {
    let s = profiled();
    let expected = s.run(&kiln(), &["-joff", "app.lua", "1000"]).succeeds().stdout;
    let archive = sandbox::real_runtime().to_str().expect("text");
    let cc = |arguments: &[&str]| {
        let rest = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"];
        s.run(std::path::Path::new("cc"), &[arguments, &rest].concat()).succeeds();
    };
    s.file("main.c", "int kiln_main(int, char **); int main(int c, char **v) { return kiln_main(c, v); }");
    // With side traces in their trees' functions, and in functions of their own.
    for (level, aside) in [("-O2", 0), ("-O0", 2)] {
        let profile = ["-q", "app.lua", "--profile", "app.kprof"];
        let make =
            |emit: &str, file: &str| s.build_real(&[&profile[..], &[level, "--emit", emit, "-o", file]].concat());
        make("obj", "app.o").succeeds_silently();
        cc(&["-o", "by-hand", "app.o", archive]);
        assert_eq!(s.run(&s.path("by-hand"), &["1000"]).succeeds().stdout, expected);
        make("lib", "libapp.a").succeeds_silently();
        cc(&["-o", "from-c", "main.c", "libapp.a"]);
        assert_eq!(s.run(&s.path("from-c"), &["1000"]).succeeds().stdout, expected);
        make("ll", "app.ll").succeeds_silently();
        make("asm", "app.s").succeeds_silently();
        for (file, begin) in [("app.ll", "define hidden i64 @lua.app_lua_"), ("app.s", "lua.app_lua_")] {
            let text = String::from_utf8(s.read(file)).expect("text");
            let functions: Vec<&str> = text.lines().filter(|l| l.starts_with(begin)).collect();
            let sides = functions.iter().filter(|l| l.contains(".side.")).count();
            assert!(functions.len() > sides && sides == aside, "{level}: {functions:?}");
        }
        cc(&["-c", "-Wa,--gdwarf-5", "-o", "from-text.o", "app.s"]);
    }
}

/// Relocations that the three linkers, and the loader of `kiln run --aot`, know.
const RELOCATIONS: &[(&str, &[u32])] = &[
    // 64, PC32, PLT32, GOTPCREL, 32 (in line tables), GOTPCRELX, REX_GOTPCRELX
    ("x86_64", &[1, 2, 4, 9, 10, 41, 42]),
    // ABS64, ABS32, PREL32; ADR_PREL_PG_HI21, ADD_ABS_LO12_NC, LDST8/16/32/64_ABS_LO12_NC, CALL26, JUMP26, LDST128, GOT pages
    ("aarch64", &[257, 258, 261, 275, 277, 278, 282, 283, 284, 285, 286, 299, 311, 312]),
    // 32, 64; ADD/SUB 6 to 64 (in line tables), B26, ABS, PCALA, GOT_PC, RELAX, ALIGN, 32_PCREL, ULEB128, CALL36
    (
        "loongarch64",
        &[1, 2, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 66, 71, 72, 75, 76, 99, 100, 102, 105, 106, 107, 108, 110],
    ),
];

#[test]
fn one_object_for_each_target() {
    let s = profiled();
    for ((target, known), level) in RELOCATIONS.iter().flat_map(|t| [(t, "-O0"), (t, "-O2")]) {
        let profile = ["build", "-q", "app.lua", "--profile", "app.kprof", "--emit", "obj", "-o", "app.o"];
        s.aot(&[&profile[..], &["--target", target, level]].concat()).succeeds_silently();
        let bytes = s.read("app.o");
        let elf = goblin::elf::Elf::parse(&bytes).expect("ELF");
        let machine = aot::target::Target::find(target).expect("a target").elf_machine;
        assert_eq!((elf.header.e_type, elf.header.e_machine), (goblin::elf::header::ET_REL, machine));
        assert_eq!(
            elf.header.e_flags & 7,
            if *target == "loongarch64" { 3 } else { 0 },
            "floats are passed in registers"
        );
        let named = |s: &goblin::elf::Sym| elf.strtab.get_at(s.st_name).unwrap_or_default().to_string();
        let undefined: Vec<_> =
            elf.syms.iter().filter(|s| s.st_shndx == 0 && s.st_name != 0).map(|s| named(&s)).collect();
        assert_eq!(undefined, ["rt_main"], "{target}");
        let functions = elf.syms.iter().filter(|s| s.is_function() && named(s).starts_with("lua.")).count();
        assert!(functions >= 2, "{target}");
        for r in elf.shdr_relocs.iter().flat_map(|(_, list)| list.iter()) {
            assert!(known.contains(&r.r_type), "{target}: relocation {}", r.r_type);
        }
        let report = s.aot(&["inspect", "app.o"]).succeeds().stdout;
        assert!(report.contains(&format!("bytes of code for {target}-unknown-linux-gnu")), "{report}");
    }
}

#[test]
fn line_tables_name_lua_lines() {
    let s = profiled();
    // The places of all functions, and of some.
    let places = |level: &str, of: &dyn Fn(&str) -> bool| {
        s.build_real(&[PROFILE, &["-q", "--symbols", level]].concat()).succeeds_silently();
        let bytes = s.read("app");
        let elf = goblin::elf::Elf::parse(&bytes).expect("ELF");
        let mut addresses = Vec::new();
        for f in elf.syms.iter().filter(|s| s.is_function()) {
            let name = elf.strtab.get_at(f.st_name).unwrap_or_default();
            if name.starts_with("lua.") && of(name) {
                addresses.extend((f.st_value..f.st_value + f.st_size).step_by(3).map(|a| format!("{a:#x}")));
            }
        }
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let ran = s.run(std::path::Path::new("addr2line"), &[&["-e", "app"], &addresses[..]].concat()).succeeds();
        let mut places: Vec<String> =
            ran.stdout.lines().filter_map(|l| l.rsplit('/').next()).map(str::to_string).collect();
        places.dedup();
        places
    };
    let has = |places: &[String], line: &str| places.iter().any(|p| p == line);
    // The first loop and its call, the inlined function, the second loop.
    let all = places("-O2", &|_| true);
    for line in ["app.lua:4", "app.lua:5", "m.lua:4", "app.lua:8"] {
        assert!(has(&all, line), "no instruction is of {line}: {all:?}");
    }
    // The function of the side trace has lines of its own.
    let side = places("-O0", &|name| name.contains(".side."));
    assert!(has(&side, "m.lua:3") || has(&side, "m.lua:4"), "{side:?}");
    let others = places("-O0", &|name| !name.contains(".side."));
    assert!(has(&others, "app.lua:4") && has(&others, "app.lua:8"), "{others:?}");
}

/// gdb stops at Lua lines of compiled code, and goes up from there.
#[test]
fn gdb_stops_at_lua_lines() {
    let s = profiled();
    let gdb = std::path::Path::new("gdb");
    let there = Command::new(gdb).arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    assert!(there, "this test needs gdb: .ci/setup test installs it");
    s.build_real(&[PROFILE, &["-q", "--symbols"]].concat()).succeeds_silently();
    // Line 4 is of the module that was inlined into the loop.
    let words =
        ["-q", "-nx", "-batch", "-ex", "break m.lua:4", "-ex", "run 1000", "-ex", "info symbol $pc", "-ex", "bt 2"];
    let more = ["-ex", "delete", "-ex", "continue", "./app"];
    let ran = s.run(gdb, &[&words[..], &more].concat());
    let said = format!("{}{}", ran.stdout, ran.stderr);
    if said.contains("ptrace: Operation not permitted") || said.contains("Cannot PTRACE_TRACEME") {
        eprintln!("skipped: programs may not be traced here");
        return;
    }
    let stop = said.lines().find(|l| l.starts_with("Breakpoint 1, ")).expect(&said);
    assert!(stop.contains("lua.app_lua_4.") && stop.ends_with("m.lua:4"), "{said}");
    // The line itself, read from the source.
    assert!(said.contains("\n4\t  return -i / 2\n"), "{said}");
    assert!(said.contains("\n#0  ") && said.contains("\n#1  "), "{said}");
    assert!(!said.contains("warning: Section .debug"), "{said}");
    assert!(said.contains("exited normally"), "{said}");
}

#[test]
fn training_runs_the_program_and_says_so() {
    let s = Sandbox::new();
    s.file("app.lua", &APP.replace("'m'", "'computed'"));
    s.file("else/where.lua", MODULE);
    let module = ["--module", "computed=else/where.lua"];
    let built = s.build_real(&[&["app.lua", "-o", "app", "--train"], &module[..], &["--", "400"]].concat()).succeeds();
    assert!(built.stderr.starts_with("kiln build: training: app.lua 400\n"), "{}", built.stderr);
    assert!(number(&built.stderr, "traces compiled") >= 2, "{}", built.stderr);
    assert_eq!(built.stdout.lines().count(), 1, "the program's own output is seen");
    assert_eq!(s.temporary_files(), Vec::<String>::new());
    s.remove("app");
    s.file("bad.lua", "error('no input')");
    let failed = s.build_real(&["bad.lua", "-o", "app", "--train", "--", "x"]);
    assert_eq!(failed.status, 1);
    let message = "kiln build: the training run failed (exit status: 1), nothing is built: bad.lua x";
    assert!(failed.stderr.lines().any(|l| l == message), "{}", failed.stderr);
    assert!(!s.path("app").exists());
    assert_eq!(s.temporary_files(), Vec::<String>::new());
    let wrong = s.build_real(&["app.lua", "-o", "app", "--", "x"]);
    assert!(wrong.status == 1 && wrong.stderr.contains("--train"), "{}", wrong.stderr);
}

#[test]
fn rebuilding_needs_the_executable_alone() {
    let s = profiled();
    s.build_real(&["-q", "app.lua", "-o", "plain", "--strip", "--static"]).succeeds_silently();
    s.build_real(&[PROFILE, &["-q"]].concat()).succeeds_silently();
    let expected = s.run(&kiln(), &["-joff", "app.lua", "1000"]).succeeds().stdout;
    for file in ["app.lua", "m.lua"] {
        s.remove(file);
    }
    let archive = sandbox::real_runtime().to_str().expect("text");
    let rebuild = |arguments: &[&str]| s.aot(&[&["rebuild", "--runtime-lib", archive], arguments].concat());
    let ran = rebuild(&["plain", "--profile", "app.kprof", "-o", "two"]);
    let line = summary(&ran);
    assert!(line.starts_with("kiln rebuild: two: program and 1 module, ") && line.contains("100.0 %"), "{line}");
    assert_eq!(s.run(&s.path("two"), &["1000"]).succeeds().stdout, expected);
    let manifest = s.aot(&["inspect", "--manifest", "two"]).succeeds().stdout;
    for fact in ["option strip yes\n", "option static yes\n", "source lua m ./m.lua ", "\ntree lua.app_lua_4."] {
        assert!(manifest.contains(fact), "{fact} is missing: {manifest}");
    }
    // The traces that it was built with are still there, and rebuilding with nothing new makes the same.
    rebuild(&["app", "-q", "-o", "three"]).succeeds_silently();
    assert!(s.read("three") == s.read("app"), "nothing was new");
    let ran = rebuild(&["app", "--profile", "app.kprof", "-O3", "--cpu", "native", "--no-jit", "-o", "four"]);
    assert!(summary(&ran).contains("100.0 %"), "{}", ran.stderr);
    assert_eq!(s.run(&s.path("four"), &["1000"]).succeeds().stdout, expected);
    let report = s.aot(&["inspect", "four"]).succeeds().stdout;
    assert!(report.contains("jit no") && report.contains("level 3"), "{report}");
    s.aot(&["rebuild", "plain", "-o", "five", "--profile", "nothing"]).fails_with("cannot read 'nothing'");
    s.file("no.lua", "print(1)");
    s.aot(&["rebuild", "no.lua", "-o", "five"]).fails_with("no.lua: not an executable that kiln built");
    let bytes = s.read("app");
    std::fs::write(s.path("cut"), &bytes[..bytes.len() / 2]).expect("write");
    assert_eq!(rebuild(&["cut", "-o", "five"]).status, 1);
    assert!(!s.path("five").exists());
}

/// Where a profile has samples, shares are of processor time.
#[test]
fn shares_are_of_time_where_there_are_samples() {
    let s = profiled();
    let text = String::from_utf8(s.read("app.kprof")).expect("text");
    let roots: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("tree ")).collect();
    assert_eq!(roots.len(), 2, "{text}");
    let place = |root: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(&format!("line {root} ")));
        line.expect("its line").to_string()
    };
    // The loop that calls the module has most of the work; now it gets little of the time.
    let (calls, other) = if place(roots[0]) == "4" { (roots[0], roots[1]) } else { (roots[1], roots[0]) };
    let samples = format!("time {calls} 100\ntime {other} 600\ntime interpreted 250\ntime collector 50\n");
    let at = text.find("\ntree ").expect("a tree") + 1;
    let (head, tail) = text.split_at(at);
    let body = tail.rsplit_once("end ").expect("its end").0;
    let lines = head.lines().chain(body.lines()).count() + 4;
    s.file("time.kprof", &format!("{head}{samples}{body}end {lines}\n"));
    let build = |profile: &str| s.build_real(&["app.lua", "--profile", profile, "-o", "app"]);
    assert!(summary(&build("app.kprof")).contains(", 100.0 % of the profiled work, "));
    let ran = build("time.kprof");
    assert!(summary(&ran).contains(", 70.0 % of the profiled time (100.0 % of that in traces), "), "{}", ran.stderr);
    let report = s.aot(&["inspect", "app"]).succeeds().stdout;
    assert!(
        report.contains("\nprofile: 70.0 % of its time is compiled (100.0 % of that in traces), 0 traces left out\n"),
        "{report}"
    );
    let of = |line: &str| report.lines().find(|l| l.trim_start().starts_with(line)).expect(&report).to_string();
    assert!(of("app.lua:8 ").ends_with(" 60.0 %") && of("app.lua:4 ").ends_with(" 10.0 %"), "{report}");
    // They stay with the executable.
    let archive = sandbox::real_runtime().to_str().expect("text");
    s.aot(&["rebuild", "-q", "--runtime-lib", archive, "app", "-o", "again"]).succeeds_silently();
    assert!(s.read("again") == s.read("app"), "nothing was new");
    // What is stale has its share.
    s.file("m.lua", &MODULE.replace("-i / 2", "-i / 4"));
    let ran = build("time.kprof");
    let line = summary(&ran);
    let share: f64 = line.split(" % of").next().and_then(|l| l.rsplit(' ').next()?.parse().ok()).expect(line);
    assert!((60.0..70.0).contains(&share) && line.contains("stale"), "{line}");
}

/// What is rebuilt is as if it had been built with all profiles at once, in any number of steps.
#[test]
fn rebuilding_in_steps() {
    let s = Sandbox::new();
    s.file("app.lua", APP);
    s.file("m.lua", MODULE);
    // The second profile has a side trace that the first lacks, the third the same again.
    for (name, n) in [("one", "40"), ("two", "500"), ("three", "700")] {
        let out = format!("{name}.kprof");
        let options = ["-Ohotloop=2", "-Ohotexit=10", "--profile-interval", "0", "--profile-out", &out, "app.lua", n];
        s.run(&kiln(), &options).succeeds();
    }
    let profiles = ["--profile", "one.kprof", "--profile", "two.kprof", "--profile", "three.kprof"];
    s.build_real(&[&["-q", "app.lua", "-o", "at-once"], &profiles[..]].concat()).succeeds_silently();
    s.build_real(&["-q", "app.lua", "-o", "first", "--profile", "one.kprof"]).succeeds_silently();
    let archive = sandbox::real_runtime().to_str().expect("text");
    let rebuild = |from: &str, profile: &str, to: &str| {
        let words = ["rebuild", "-q", "--runtime-lib", archive, from, "--profile", profile, "-o", to];
        s.aot(&words).succeeds_silently();
    };
    rebuild("first", "two.kprof", "second");
    rebuild("second", "three.kprof", "third");
    let trees = |program: &str| {
        let manifest = s.aot(&["inspect", "--manifest", program]).succeeds().stdout;
        let mut trees: Vec<String> = manifest.lines().filter(|l| l.starts_with("tree ")).map(String::from).collect();
        trees.sort();
        trees
    };
    assert_ne!(trees("first"), trees("third"));
    assert_eq!(trees("third"), trees("at-once"));
    assert!(s.read("third") == s.read("at-once"), "the bytes differ");
    let expected = s.run(&kiln(), &["-joff", "app.lua", "1000"]).succeeds().stdout;
    assert_eq!(s.run(&s.path("third"), &["1000"]).succeeds().stdout, expected);
    // An output that is the input is replaced as a whole.
    rebuild("first", "two.kprof", "first");
    rebuild("first", "three.kprof", "first");
    assert!(s.read("first") == s.read("third"), "the bytes differ");
}

#[test]
fn damaged_executables_to_rebuild() {
    let s = profiled();
    s.aot(&["build", "-q", "app.lua", "--profile", "app.kprof", "--emit", "obj", "-o", "app.o"]).succeeds_silently();
    let whole = s.read("app.o");
    assert!(aot::rebuild::parse(&whole).is_ok());
    let mut src = ir::Source::seeded(5);
    let (mut read, mut refused) = (0, 0);
    for _ in ir::rounds(300) {
        let mut bytes = whole.clone();
        for _ in 0..=src.below(4) {
            let at = src.below(bytes.len());
            bytes[at] = [0xff, 0, b'9', src.below(256) as u8][src.below(4)];
        }
        match aot::rebuild::parse(&bytes) {
            Ok(_) => read += 1,
            Err(message) => refused += usize::from(!message.is_empty()),
        }
    }
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}

#[test]
fn what_is_said_of_an_executable() {
    let s = profiled();
    s.build_real(&[PROFILE, &["-q", "-O3"]].concat()).succeeds_silently();
    let report = s.aot(&["inspect", "app"]).succeeds().stdout;
    assert!(report.contains("\n2 modules, "), "{report}");
    let trees: Vec<&str> = report.lines().filter(|l| l.starts_with("  app.lua:")).collect();
    assert!(trees.len() >= 2 && trees.iter().all(|l| l.ends_with(" %") && l.contains(" exits ")), "{report}");
    assert!(report.contains("\nprofile: 100.0 % of its work is compiled, 0 traces left out\n"), "{report}");
    assert!(
        report.contains("\noptions: strip no, static auto, symbols no, jit yes, cpu baseline, level 3\n"),
        "{report}"
    );
    let json = s.aot(&["inspect", "--json", "app"]).succeeds().stdout;
    for part in ["\"name\":\"m\"", "\"place\":\"app.lua:4\"", "\"code_bytes\":", "\"compiled\":", "\"level\":\"3\"}}\n"]
    {
        assert!(json.contains(part), "{part} is missing: {json}");
    }
    assert_eq!((json.lines().count(), json.matches(['{', '[']).count()), (1, json.matches(['}', ']']).count()));
}

#[test]
fn levels_and_processors_are_from_a_list() {
    let s = Sandbox::new();
    s.file("app.lua", "");
    s.build(&["app.lua", "-o", "app", "--cpu", "+avx"])
        .fails_with("unknown CPU '+avx' for x86_64: there are baseline, x86-64-v2, x86-64-v3, native");
    s.build(&["app.lua", "-o", "app.o", "--emit", "obj", "--target", "aarch64", "--cpu", "native"])
        .fails_with("--cpu native is for builds for this machine, not for aarch64");
    let wrong = s.build(&["app.lua", "-O9"]);
    assert!(wrong.status == 1 && wrong.stderr.contains("there are -O0 to -O3"), "{}", wrong.stderr);
    s.has_only(&["app.lua", "libruntime.a"]);
}

#[test]
fn traces_for_a_cpu_that_is_not_here_are_not_used() {
    let s = profiled();
    s.build_real(&[PROFILE, &["-q", "--cpu", "x86-64-v2"]].concat()).succeeds_silently();
    let expected = s.run(&kiln(), &["-joff", "app.lua", "1000"]).succeeds().stdout;
    let watched = || {
        let ran = s.command(&s.path("app"), &["1000"]).env("KILN_OPTIONS", "-jv").output().expect("start");
        assert_eq!(String::from_utf8_lossy(&ran.stdout), expected);
        String::from_utf8_lossy(&ran.stderr).into_owned()
    };
    assert!(!watched().contains("this CPU lacks"));
    let mut bytes = s.read("app");
    let fact = b"option cpu x86-64-v2";
    let at = bytes.windows(fact.len()).position(|w| w == fact).expect("the manifest");
    bytes[at + fact.len() - 1] = b'9';
    std::fs::write(s.path("app"), bytes).expect("write");
    let said = watched();
    assert!(said.contains("this CPU lacks what they were compiled for"), "{said}");
}

#[test]
fn an_interrupted_build_leaves_nothing() {
    let s = Sandbox::new();
    s.file("app.lua", "");
    s.file("app", "what was there before");
    s.file("cc", "#!/bin/sh\ntouch linking\nexec sleep 20\n");
    Command::new("chmod").arg("+x").arg(s.path("cc")).status().expect("chmod");
    for (signal, number) in [("INT", 2), ("TERM", 15), ("KILL", 9)] {
        // Whoever runs the tests may have signals ignored, which programs inherit.
        let program = ["--default-signal=INT,TERM", env!("CARGO_BIN_EXE_kiln-aot")];
        let arguments = ["build", "app.lua", "-o", "app", "--runtime-lib", "libruntime.a", "--linker", "./cc"];
        let mut child = s
            .command(std::path::Path::new("/usr/bin/env"), &[&program[..], &arguments].concat())
            .stderr(Stdio::null())
            .spawn()
            .expect("start");
        let start = Instant::now();
        while !s.path("linking").exists() {
            assert!(start.elapsed() < Duration::from_secs(60), "the linker was not started");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(s.temporary_files().len(), 1);
        assert_eq!(s.read("app"), b"what was there before");
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        assert_eq!(child.wait().expect("wait").signal(), Some(number));
        if signal != "KILL" {
            assert_eq!(s.temporary_files(), Vec::<String>::new());
        }
        assert_eq!(s.read("app"), b"what was there before");
        s.remove("linking");
    }
    s.has_only(&["app", "app.lua", "cc", "libruntime.a"]);
}
