//! Executables with the real runtime: they do what `kiln` does with the source, alone.

use crate::sandbox::{Ran, Sandbox, kiln};

/// Runs the program with `kiln` and as an executable that was started elsewhere; returns both.
fn both(s: &Sandbox, arguments: &[&str]) -> [Ran; 2] {
    s.build_real(&["app.lua", "-o", "app"]).succeeds();
    let interpreted = s.run(&kiln(), &[&["app.lua"], arguments].concat());
    // The sources must not be needed.
    std::fs::create_dir(s.path("elsewhere")).expect("folder");
    std::fs::rename(s.path("app"), s.path("elsewhere/app")).expect("move");
    let native = s.run_in("elsewhere", &s.path("elsewhere/app"), arguments);
    [interpreted, native]
}

/// Drops what has to differ: the program's own name, and addresses.
fn comparable(text: &str) -> String {
    let text = text.split_once(": ").map_or(text, |(_, rest)| rest);
    let lines = text.lines().map(|l| l.split_once(" at 0x").map_or(l, |(head, _)| head));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn arguments_and_exit_status() {
    let s = Sandbox::new();
    s.file("app.lua", "io.write(select('#', ...), ' ', table.concat(arg, '|'), '\\n') os.exit(3)");
    let [interpreted, native] = both(&s, &["a b", "", "c"]);
    assert_eq!((native.status, &*native.stdout), (3, "3 a b||c\n"));
    assert_eq!((interpreted.status, interpreted.stdout), (native.status, native.stdout));
}

#[test]
fn arg_zero_is_the_executable() {
    let s = Sandbox::new();
    s.file("app.lua", "print(arg[0], arg[-1])");
    let [_, native] = both(&s, &[]);
    assert_eq!(native.stdout, format!("{}\tnil\n", s.path("elsewhere/app").display()));
}

#[test]
fn errors_have_the_original_positions() {
    let s = Sandbox::new();
    s.file("app.lua", "local m = require 'lib.m'\nlocal function go()\n  m.fail(nil)\nend\n\ngo()");
    s.file("lib/m.lua", "local M = {}\nfunction M.fail(x)\n  return x.field\nend\nreturn M");
    let [interpreted, native] = both(&s, &[]);
    assert_eq!((interpreted.status, native.status), (1, 1));
    assert!(native.stderr.contains("./lib/m.lua:3: attempt to index local 'x' (a nil value)"), "{}", native.stderr);
    assert!(native.stderr.contains("app.lua:3: in function 'go'"), "{}", native.stderr);
    assert_eq!(comparable(&native.stderr), comparable(&interpreted.stderr));
}

#[test]
fn error_values_that_are_no_strings() {
    let s = Sandbox::new();
    s.file("app.lua", "error(setmetatable({}, { __tostring = function() return 'an object' end }))");
    let [interpreted, native] = both(&s, &[]);
    assert!(native.stderr.contains(": an object\n"), "{}", native.stderr);
    assert_eq!(comparable(&native.stderr), comparable(&interpreted.stderr));
}

#[test]
fn modules_are_inside_and_run_once() {
    let s = Sandbox::new();
    s.file("app.lua", "local a, b = require 'a', require 'a'\nprint(a == b, a.name, package.loaded.a == a)\nprint(pcall(require, 'b'))");
    s.file("a.lua", "local name = ...\nreturn { name = name }");
    s.file("b.lua", "error('in b', 0)");
    let [interpreted, native] = both(&s, &[]);
    assert!(native.stdout.starts_with("true\ta\ttrue\nfalse\t"), "{}", native.stdout);
    assert_eq!(native.stdout, interpreted.stdout);
}

#[test]
fn a_module_that_is_not_inside_is_looked_for_when_it_runs() {
    let s = Sandbox::new();
    s.file("app.lua", "print(require(arg[1]).value)");
    s.file("elsewhere-not/late.lua", "");
    s.build_real(&["app.lua", "-o", "app"]).succeeds();
    s.file("late.lua", "return { value = 42 }");
    assert_eq!(s.run(&s.path("app"), &["late"]).stdout, "42\n");
    let failed = s.run(&s.path("app"), &["never"]);
    assert_eq!(failed.status, 1);
    assert!(failed.stderr.contains("module 'never' not found:"), "{}", failed.stderr);
}

#[test]
fn output_to_a_closed_pipe_or_a_full_disk_ends_quietly() {
    let s = Sandbox::new();
    s.file("app.lua", "for i = 1, 100000 do print(i) end");
    s.build_real(&["app.lua", "-o", "app"]).succeeds();
    let shell = s.run(std::path::Path::new("sh"), &["-c", "./app | head -1; ./app >/dev/full; echo $?"]);
    assert_eq!(shell.stdout, "1\n0\n", "as luajit does");
    assert_eq!(shell.stderr, "");
}

#[test]
fn hello_world_is_small() {
    let s = Sandbox::new();
    s.file("app.lua", "print('Hello, world')");
    s.build_real(&["app.lua", "-o", "app"]).succeeds();
    let size = s.read("app").len();
    // What an optimised runtime may take; without optimisation it is larger.
    let limit = if cfg!(debug_assertions) { 6_000_000 } else { 2_500_000 };
    assert!(size <= limit, "{size} bytes");
}
