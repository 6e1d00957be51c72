//! Precompiled trees and live traces in one program: side traces, links, flushes, hooks, limits, reports, exit stress.

use crate::sandbox::{Ran, Sandbox, kiln};

/// A program, profiled and built.
struct Built {
    s: Sandbox,
}

impl Built {
    /// Profiles `text` with options and arguments, and builds it.
    fn new(text: &str, profiled: &[&str], options: &[&str]) -> Built {
        let s = Sandbox::new();
        s.file("app.lua", text);
        s.run(&kiln(), &[options, &["--profile-out", "app.kprof", "app.lua"], profiled].concat()).succeeds();
        s.build_real(&["app.lua", "-o", "app", "--profile", "app.kprof"]).succeeds();
        Built { s }
    }

    /// Runs the executable.
    fn run(&self, options: &str, arguments: &[&str]) -> Ran {
        self.s.run_with(options, &self.s.path("app"), arguments)
    }

    /// Runs the executable, and the program in the interpreter, which must print the same.
    fn agrees(&self, options: &str, arguments: &[&str]) -> Ran {
        let interpreted = self.s.run(&kiln(), &[&["-joff", "app.lua"], arguments].concat()).succeeds();
        let native = self.run(options, arguments);
        assert_eq!((native.status, &native.stdout), (0, &interpreted.stdout), "{arguments:?} {}", native.stderr);
        native
    }
}

/// Calls, loops and branches; what else happens is an argument. Modes other than `plain` are not in the profile.
const PROGRAM: &str = r#"
local mode = ...
local util = require "jit.util"
local function inner(t, n) local s = 0 for i = 1, n do s = s + t[i] end return s end
local function mixed(n)
  local s = 0
  for i = 1, n do
    local v = (mode == "strings" and i % 3 == 0) and "1" .. i % 7 or i
    if type(v) == "string" then s = s + #v else s = s + v end
  end
  return s
end
local t = {} for i = 1, 200 do t[i] = i end
local function outer(k)
  local s = 0
  for r = 1, k do
    s = s + inner(t, 200)
    if mode == "flush" and r % 50 == 0 then jit.flush() end
    if mode == "flush-numbers" and r % 50 == 0 then for n = 1, 5 do jit.flush(n) end end
    if mode == "flush-functions" and r % 50 == 0 then jit.flush(inner) jit.flush(outer) end
    if mode == "flush-inner" and r == 50 then jit.flush(inner) end
    if mode == "off-inner" and r == 60 then jit.off(inner, true) end
    if mode == "off-outer" and r == 60 then jit.off(outer) end
    if mode == "off" then if r == 60 then jit.off() elseif r == 90 then jit.on() end end
    if mode == "collect" and r % 10 == 0 then collectgarbage() end
  end
  return s
end
print(outer(400), outer(100), mixed(1000))
if mode == "info" then
  local seen = {}
  for n = 1, 10 do
    local i = util.traceinfo(n)
    if i and i.entries > 0 and i.nexit > 0 then seen[i.origin .. " " .. i.linktype] = true end
  end
  io.stderr:write(tostring(seen["precompiled loop"]), "\n")
end
-- A hook reaches into loops that run, and into those that would be entered.
local c = 0
local function hook() c = c + 1 if c > 20 then error("cancelled", 0) end end
print(pcall(function()
  debug.sethook(hook, "", 1000)
  local i = 0
  while true do i = i + 1 if i > 3000 and mode == "plain" then break end end
end))
debug.sethook()
local lines = 0
debug.sethook(function() lines = lines + 1 end, "l")
inner(t, 200)
debug.sethook()
local calls = 0
debug.sethook(function() calls = calls + 1 end, "c")
for i = 1, 300 do inner(t, 3) end
debug.sethook()
print(lines, calls)
"#;

#[test]
fn exits_grow_live_side_traces_that_link_back() {
    let b = Built::new(PROGRAM, &["plain"], &[]);
    // Beside precompiled trees little is hot at once; here it is.
    let ran = b.agrees("-jv -Ohotexit=2", &["strings"]);
    let line = |text: &str| ran.stderr.lines().find(|l| l.contains(text)).map(str::to_string);
    let root = line("app.lua:7 loop, precompiled").expect(&ran.stderr);
    let number = root.split_whitespace().nth(1).expect("a number");
    assert!(line(&format!("({number}/")).is_some_and(|l| l.contains(&format!("-> {number}]"))), "{}", ran.stderr);
    // The same seed gives the same traces.
    assert_eq!(
        b.agrees("-jv -Ohotexit=2 -Jseed=5", &["strings"]).stderr,
        b.agrees("-jv -Ohotexit=2 -Jseed=5", &["strings"]).stderr
    );
}

#[test]
fn switches_and_flushes_do_what_they_do_to_live_traces() {
    let b = Built::new(PROGRAM, &["plain"], &[]);
    for mode in [
        "plain",
        "flush",
        "flush-numbers",
        "flush-functions",
        "flush-inner",
        "off-inner",
        "off-outer",
        "off",
        "collect",
    ] {
        b.agrees("", &[mode]);
        b.agrees("-Ohotloop=2 -Ohotexit=2", &[mode]);
    }
    assert!(b.agrees("-jv", &["flush"]).stderr.contains("[TRACE flush]"));
    // What was flushed is recorded again.
    let flushed = b.agrees("-jv", &["flush-inner"]).stderr;
    assert!(flushed.contains("app.lua:4 loop, precompiled") && flushed.contains("app.lua:4 loop]"), "{flushed}");
    // Without the live compiler precompiled code runs all the same.
    assert!(b.agrees("-joff -jv", &["strings"]).stderr.contains("precompiled"));
}

#[test]
fn reports_show_where_traces_come_from() {
    let b = Built::new(PROGRAM, &["plain"], &[]);
    assert_eq!(b.agrees("", &["info"]).stderr, "true\n");
    let dump = b.run("-jdump=is", &["plain"]).stdout;
    assert!(dump.contains("precompiled app.lua:4\n") && dump.contains("snap #0") && !dump.contains("mcode"), "{dump}");
}

/// Machine code of a tree is shown with the names of what its table holds.
#[test]
#[cfg(target_arch = "x86_64")]
fn dumps_show_the_code_of_trees() {
    let b = Built::new(PROGRAM, &["plain"], &[]);
    let dump = b.run("-jdump=m", &["plain"]).stdout;
    let mut parts = dump.split("---- TRACE").skip_while(|t| !t.contains("precompiled app.lua:4\n"));
    let tree = parts.find(|t| t.contains(" mcode ")).expect(&dump);
    let size: usize = tree.lines().next().and_then(|l| l.rsplit(' ').next()?.parse().ok()).expect("its size");
    let lines: Vec<(u64, &str)> = tree
        .lines()
        .filter_map(|l| l.split_once("  "))
        .filter_map(|(at, code)| Some((u64::from_str_radix(at, 16).ok()?, code)))
        .collect();
    let (first, last) = (lines.first().expect("code").0, lines.last().expect("code").0);
    assert!(
        lines.len() > 20 && ((last - first) as usize) < size && size < last as usize - first as usize + 32,
        "{tree}"
    );
    assert!(lines.iter().any(|l| l.1.starts_with("addsd") || l.1.starts_with("vaddsd")), "{tree}");
    assert!(lines.iter().any(|l| l.1.contains("  ; ->")), "exits have names: {tree}");
    assert!(!tree.contains("(bad)"), "{tree}");
    // Loaded objects have it, too.
    b.s.build_real(&["app.lua", "--emit", "obj", "-o", "app.o", "--profile", "app.kprof"]).succeeds();
    let loaded = b.s.run(&kiln(), &["--aot", "app.o", "-jdump=m", "app.lua", "plain"]).succeeds().stdout;
    let code = |text: &str| text.lines().filter(|l| l.contains("addsd")).count();
    assert!(code(&loaded) > 0 && code(&loaded) <= code(&dump), "{loaded}");
}

/// What is known of the inside of a tree: which of its exits were taken, and where they led.
#[test]
fn explanations_tell_exits_of_trees_apart() {
    let text = "local function f(n, odd)
  local s = 0
  for i = 1, n do
    if i % 10 == 0 then
      s = s + (i % 20 == odd and #tostring(i) or 2)
    else
      s = s + 1
    end
  end
  return s
end
print(f(1000, ... and 0 or -1))";
    let b = Built::new(text, &[], &[]);
    b.s.build_real(&["app.lua", "--emit", "obj", "-o", "app.o", "--profile", "app.kprof"]).succeeds();
    let explain = |more: &[&str]| {
        let words = [&["explain", "--no-time"], more, &["--aot", "app.o", "-Ohotexit=1000", "app.lua", "x"]].concat();
        b.s.run(&kiln(), &words).succeeds().stdout
    };
    let report = explain(&[]);
    // Every 20th round leaves from the side trace of every tenth; the loop's end leaves once from somewhere.
    assert!(report.contains("app.lua:3 loop: precompiled; "), "{report}");
    assert!(report.contains("    left 50 times from its side trace 1, to app.lua:5\n"), "{report}");
    let json = explain(&["--json"]);
    assert!(json.contains("\"trace\": 1, ") && json.contains("\"times\": 50, \"to\": \"app.lua:5\" }"), "{json}");
}

#[test]
fn limits_reach_into_precompiled_loops() {
    let text = "local kind, n = ..., 0
local t = {}
for i = 1, kind and 1e12 or 1000 do
  n = n + i
  if kind == 'memory' then t[i] = { i } end
end
print(n)";
    let b = Built::new(text, &[], &[]);
    let stopped = |options: &str, kind: &str| b.run(options, &[kind]).fails_with("app.lua:").stderr;
    assert!(stopped("--timeout=0.3", "time").contains(": interrupted!\n"));
    assert!(stopped("--timeout=0.3 -joff", "time").contains(": interrupted!\n"));
    assert!(stopped("--max-instructions=100000", "time").contains("instruction"));
    let memory = b.run("--max-memory=4M", &["memory"]);
    assert!(memory.status == 1 && memory.stderr.contains("not enough memory"), "{}", memory.stderr);
    let script = "./app time & sleep 0.5; kill -INT $!; wait $!";
    let ran = b.s.run(std::path::Path::new("sh"), &["-c", script]);
    // A shell starts what is behind `&` with the signal ignored; the runtime sets its own handler.
    assert!(ran.stderr.contains("interrupted!"), "{}", ran.stderr);
    for (options, message) in
        [("-x", "KILN_OPTIONS: only"), ("-lx", "KILN_OPTIONS: only"), ("--timeout=x", "KILN_OPTIONS: --")]
    {
        b.run(options, &[]).fails_with(message);
    }
    b.run("-jnonsense", &[]).fails_with("unknown luaJIT command");
}

#[test]
fn trees_that_are_not_used_are_named() {
    let s = Sandbox::new();
    let library = "local M = {} function M.sum(n) local s = 0 for i = 1, n do s = s + i end return s end return M";
    s.file("lib.lua", library);
    s.file("app.lua", "if ... then print(require('lib').sum(1000)) else print(0) end");
    s.run(&kiln(), &["--profile-out", "app.kprof", "app.lua", "x"]).succeeds();
    s.build_real(&["app.lua", "-o", "app", "--profile", "app.kprof"]).succeeds();
    let unused = "not used -- its function was not loaded, or has changed]\n";
    let app = s.path("app");
    let with = s.run_with("-jv", &app, &["x"]).succeeds();
    assert!(with.stderr.contains("lib.lua:1 loop, precompiled]") && !with.stderr.contains(unused), "{}", with.stderr);
    let without = s.run_with("-jv", &app, &[]).succeeds();
    assert!(
        without.stderr.contains("[TRACE --- precompiled @") && without.stderr.ends_with(unused),
        "{}",
        without.stderr
    );
    assert_eq!(without.stdout, "0\n");
}

#[test]
fn exit_stress_compares_precompiled_exits_and_finds_spoilt_ones() {
    let b = Built::new(PROGRAM, &["plain"], &["-Jexit=stress"]);
    b.agrees("", &["strings"]);
    let stress = |spoil: &str| {
        let mut command = std::process::Command::new(b.s.path("app"));
        command.arg("plain").env("KILN_OPTIONS", "-Jexit=stress -joff").env("KILN_EXIT_LOG", "1");
        let out = command.env("KILN_SPOIL_EXIT", spoil).output().expect("start");
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (status, log) = stress("0");
    let equal = log.lines().filter(|l| l.contains(": equal")).count();
    assert!(status == Some(0) && equal >= 8, "{log}");
    let (status, log) = stress("4");
    assert!(status == Some(1) && log.contains("frames differ"), "{log}");
}

/// With `-O0` side traces are functions of their own, which the loader has to bind to their tree's and to its table.
#[test]
fn side_traces_in_functions_of_their_own_are_loaded() {
    let s = Sandbox::new();
    s.file("app.lua", PROGRAM);
    s.run(&kiln(), &["--profile-out", "app.kprof", "app.lua", "plain"]).succeeds();
    let build = ["app.lua", "-O0", "--emit", "obj", "-o", "app.o", "--profile", "app.kprof"];
    s.build_real(&build).succeeds();
    let object = s.read("app.o");
    let elf = goblin::elf::Elf::parse(&object).expect("an object");
    let names: Vec<&str> = elf.syms.iter().filter_map(|s| elf.strtab.get_at(s.st_name)).collect();
    assert!(names.iter().any(|n| n.contains(".side.")), "{names:?}");
    for mode in ["plain", "strings", "flush", "collect"] {
        let expected = s.run(&kiln(), &["-joff", "app.lua", mode]).succeeds().stdout;
        for option in ["-jv", "-Jexit=stress"] {
            let loaded = s.run(&kiln(), &["--aot", "app.o", option, "app.lua", mode]);
            assert_eq!((loaded.status, &loaded.stdout), (0, &expected), "{mode} {option} {}", loaded.stderr);
        }
    }
}

#[test]
fn objects_are_loaded_into_a_running_machine() {
    let s = Sandbox::new();
    s.file("app.lua", PROGRAM);
    s.run(&kiln(), &["--profile-out", "app.kprof", "app.lua", "plain"]).succeeds();
    s.build_real(&["app.lua", "--emit", "obj", "-o", "app.o", "--profile", "app.kprof"]).succeeds();
    for mode in ["plain", "strings", "flush", "collect"] {
        let interpreted = s.run(&kiln(), &["-joff", "app.lua", mode]).succeeds();
        let loaded = s.run(&kiln(), &["--aot", "app.o", "-jv", "app.lua", mode]);
        assert_eq!((loaded.status, &loaded.stdout), (0, &interpreted.stdout), "{mode} {}", loaded.stderr);
        assert!(loaded.stderr.contains("app.lua:4 loop, precompiled"), "{}", loaded.stderr);
    }
    let explained = s.run(&kiln(), &["explain", "--no-time", "--aot", "app.o", "app.lua", "plain"]).succeeds().stdout;
    assert!(explained.contains("app.lua:4 loop: precompiled; "), "{explained}");
    // Another program has no use for it.
    s.file("other.lua", "print(1)");
    let other = s.run(&kiln(), &["--aot", "app.o", "-jv", "other.lua"]).succeeds();
    assert!(
        other.stdout == "1\n" && other.stderr.contains("not used -- its function was not loaded"),
        "{}",
        other.stderr
    );
    // Whatever is missing at its end, it is an error, or nothing that was needed.
    let whole = s.read("app.o");
    let expected = s.run(&kiln(), &["-joff", "app.lua", "plain"]).succeeds().stdout;
    let mut refused = 0;
    for part in 0..60 {
        std::fs::write(s.path("cut.o"), &whole[..whole.len() * part / 60]).expect("write");
        let ran = s.run(&kiln(), &["--aot", "cut.o", "app.lua", "plain"]);
        match ran.status {
            0 => assert_eq!(ran.stdout, expected),
            1 => assert!(ran.stderr.contains(": --aot: 'cut.o': "), "{}", ran.stderr),
            status => panic!("status {status} for {part}/60 of the object: {}", ran.stderr),
        }
        refused += ran.status;
    }
    assert!(refused > 50, "{refused} of 60");
    // Of its header every byte.
    for at in 0..64 {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        std::fs::write(s.path("cut.o"), bytes).expect("write");
        let ran = s.run(&kiln(), &["--aot", "cut.o", "app.lua", "plain"]);
        let good = if ran.status == 0 { ran.stdout == expected } else { ran.stderr.contains(": --aot: 'cut.o': ") };
        assert!((0..2).contains(&ran.status) && good, "byte {at}: {} {}", ran.status, ran.stderr);
    }
    s.run(&kiln(), &["--aot", "app.lua", "app.lua"]).fails_with("--aot: 'app.lua': malformed object file: ");
    s.run(&kiln(), &["--aot", "none.o", "app.lua"]).fails_with("--aot: 'none.o': No such file");
}

/// An executable without the live compiler never asks for memory that is executable.
#[test]
fn without_the_live_compiler_no_memory_is_made_executable() {
    let text = "local n = 0
local calls = 0
for i = 1, 20000 do n = n + (i % 3 == 0 and #tostring(i) or i) end
for line in io.lines('/proc/self/maps') do
  if line:find(' ..x. ') or line:find(' rwx') then
    local range, rights, name = line:match('^(%S+) (%S+) %S+ %S+ %S+%s*(.*)$')
    if rights:find('x') and (name == '' or name:find('kiln') or name:find('deleted')) then print('executable', name) end
  end
end
print(n, (jit.status()))";
    let s = Sandbox::new();
    s.file("app.lua", text);
    s.run(&kiln(), &["--profile-out", "app.kprof", "app.lua"]).succeeds();
    // What has no trees yet records some, and needs memory for them.
    s.build_real(&["app.lua", "-o", "with"]).succeeds();
    s.build_real(&["app.lua", "-o", "without", "--no-jit", "--profile", "app.kprof"]).succeeds();
    let with = s.run_with("", &s.path("with"), &[]).succeeds().stdout;
    let without = s.run_with("-jv", &s.path("without"), &[]).succeeds();
    assert!(with.starts_with("executable"), "{with}");
    assert!(without.stdout.ends_with("\tfalse\n") && !without.stdout.contains("executable"), "{}", without.stdout);
    assert!(without.stderr.contains("precompiled"), "{}", without.stderr);
}
