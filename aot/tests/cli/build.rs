//! `kiln-aot build` and `inspect` as their users see them: what is found, what is written, and one clear line for everything
//! that can be missing or broken. The runtime archive is a small one made here, so these tests need no Lua machine.

use crate::sandbox::Sandbox;
use std::process::Command;

#[test]
fn the_executable_runs_and_gets_its_arguments() {
    let s = Sandbox::new();
    s.file("app.lua", "print(1)");
    s.build(&["app.lua", "-o", "app"]).succeeds();
    let run = s.run(&s.path("app"), &["one", "two words"]);
    assert_eq!(run.status, 7, "the runtime's result is the exit status");
    assert_eq!(run.stdout, "KilnImg one|two words|\n");
}

#[test]
fn modules_are_found_through_require() {
    let s = Sandbox::new();
    s.file(
        "src/app.lua",
        "local a = require 'a'; local r = require; local b = r('pkg.b')\nlocal ok = pcall(require, 'none')",
    );
    s.file("src/a.lua", "return function() return require'pkg' end");
    s.file("src/pkg/init.lua", "local require = require\nreturn function() return require('deep') end");
    s.file("src/pkg/b.lua", "return _G.require 'string'");
    s.file("src/deep.lua", "return require('a')");
    s.build(&["src/app.lua", "--path", "./?.lua;./?/init.lua", "-o", "app"]).succeeds_silently();
    let report = s.aot(&["inspect", "app"]).succeeds();
    let modules: Vec<_> = report.stdout.lines().filter(|l| l.starts_with("  ")).collect();
    let names: Vec<_> = modules.iter().map(|l| l.split_whitespace().nth(1).expect("a name")).collect();
    assert_eq!(names, ["app.lua", "a", "deep", "pkg", "pkg.b"], "{}", report.stdout);
    assert!(modules[3].contains("from src/pkg/init.lua"), "{}", modules[3]);
    assert!(report.stdout.contains("missing none src/app.lua 2"), "{}", report.stdout);
}

#[test]
fn modules_can_be_named_and_included() {
    let s = Sandbox::new();
    s.file("app.lua", "local n = ...; return require(n)");
    s.file("plug/x/init.lua", "return 1");
    s.file("plug/y.lua", "return require 'z'");
    s.file("plug/notes.txt", "not Lua at all (");
    s.file("else where.lua", "return 2");
    s.build(&["app.lua", "-o", "app", "--include", "plug", "--module", "z=else where.lua"]).succeeds_silently();
    let text = s.aot(&["inspect", "--manifest", "app"]).succeeds().stdout;
    assert!(text.contains("source lua x plug/x/init.lua"), "{text}");
    assert!(text.contains("source lua z else\\x20where.lua"), "{text}");
    assert_eq!(text.matches("source lua").count(), 3, "{text}");
}

#[test]
fn a_missing_module_is_a_warning_or_strictly_an_error() {
    let s = Sandbox::new();
    s.file("app.lua", "\nrequire 'lost'");
    let warned = s.build(&["app.lua", "-o", "app"]).succeeds();
    assert_eq!(warned.stderr.lines().count(), 1, "{}", warned.stderr);
    assert!(warned.stderr.starts_with("kiln build: warning: app.lua:2: module 'lost' not found"), "{}", warned.stderr);
    assert!(warned.stderr.contains("--module lost=FILE or --include"), "{}", warned.stderr);
    s.remove("app");
    s.build(&["app.lua", "-o", "app", "--strict"]).fails_with("app.lua:2: module 'lost' not found");
    s.has_only(&["app.lua", "libruntime.a"]);
}

#[test]
fn a_module_that_pcall_protects_is_no_warning() {
    let s = Sandbox::new();
    s.file("app.lua", "pcall(require, 'lost')");
    s.build(&["app.lua", "-o", "app", "--strict"]).succeeds_silently();
    s.file("app.lua", "pcall(require, 'lost')\nrequire('lost')");
    s.build(&["app.lua", "-o", "app", "--strict"]).fails_with("app.lua:2: module 'lost' not found");
}

#[test]
fn errors_of_the_program_name_its_file() {
    let s = Sandbox::new();
    s.file("app.lua", "require 'bad'");
    s.file("bad.lua", "\nx = = 1");
    s.build(&["app.lua", "-o", "app"]).fails_with("./bad.lua:2: unexpected symbol near '='");
    s.build(&["nothing.lua", "-o", "app"]).fails_with("cannot read 'nothing.lua': No such file or directory");
    s.build(&[".", "-o", "app"]).fails_with("cannot read '.': Is a directory");
    s.file("cut.luac", "\x1bLJ\x02");
    s.build(&["cut.luac", "-o", "app"]).fails_with("cut.luac: ");
    s.has_only(&["app.lua", "bad.lua", "cut.luac", "libruntime.a"]);
}

#[test]
fn a_missing_linker_or_archive_says_what_to_pass() {
    let s = Sandbox::new();
    s.file("app.lua", "");
    s.build(&["app.lua", "-o", "app", "--linker", "no-such-cc"])
        .fails_with("linker 'no-such-cc' not found: install it (Debian: apt install gcc) or name one with --linker");
    s.build(&["app.lua", "-o", "app", "--linker", "./app.lua"])
        .fails_with("cannot start linker './app.lua': Permission denied");
    s.aot(&["build", "app.lua", "-o", "app", "--runtime-lib", "lost.a"])
        .fails_with("cannot read runtime archive 'lost.a': No such file or directory");
    s.aot(&["build", "app.lua", "-o", "app", "--target", "loongarch64"])
        .fails_with("no runtime archive for loongarch64-unknown-linux-gnu");
    s.aot(&["build", "app.lua", "-o", "app", "--target", "z80"])
        .fails_with("unknown target 'z80': there are x86_64, aarch64, loongarch64");
    s.has_only(&["app.lua", "libruntime.a"]);
}

#[test]
fn a_failing_linker_leaves_nothing_behind() {
    let s = Sandbox::new();
    s.file("app.lua", "");
    s.file("empty.a", "!<arch>\n");
    s.file("app", "what was there before");
    let failed = s.aot(&["build", "app.lua", "-o", "app", "--runtime-lib", "empty.a"]).fails_with("linker 'cc' failed");
    assert!(failed.stderr.contains("rt_main"), "the linker's own words are shown: {}", failed.stderr);
    assert_eq!(s.read("app"), b"what was there before");
    s.build(&["app.lua", "-o", "app", "--linker", "/bin/false"]).fails_with("linker '/bin/false' failed");
    s.build(&["app.lua", "-o", "app", "--linker", "/bin/true"]).fails_with("the linker made nothing");
    s.has_only(&["app", "app.lua", "empty.a", "libruntime.a"]);
    assert_eq!(s.temporary_files(), Vec::<String>::new());
}

#[test]
fn output_that_cannot_be_written() {
    let s = Sandbox::new();
    s.file("app.lua", "");
    s.build(&["app.lua", "-o", "no/such/app"]).fails_with("cannot write 'no/such/app': No such file or directory");
    s.build(&["app.lua", "-o", "app.lua/x"]).fails_with("cannot write 'app.lua/x': Not a directory");
    s.build(&["app.lua", "-o", "."]).fails_with("cannot write '.': is a directory");
    s.build(&["app.lua", "-o", "/dev/full"]).fails_with("cannot write '/dev/full': No space left on device");
    s.build(&["app.lua", "-o", "/dev/full", "--emit", "obj"])
        .fails_with("cannot write '/dev/full': No space left on device");
    assert!(std::fs::metadata("/dev/full").is_ok_and(|m| !m.is_file()), "the device is still one");
    // What nobody may write, whoever runs the tests.
    let ran = s.build(&["app.lua", "-o", "/proc/version"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("cannot write '/proc/version': "), "{}", ran.stderr);
    let ran = s.build(&["app.lua", "-o", "/sys/app"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("cannot write '/sys/app': "), "{}", ran.stderr);
    s.file("script", "");
    s.build(&["script"]).fails_with("'script' has no extension: name the result with --output");
    s.has_only(&["app.lua", "libruntime.a", "script"]);
    assert_eq!(s.temporary_files(), Vec::<String>::new());
}

/// A file that may not be written is replaced, as linkers do; in a folder that may not be written nothing is.
#[test]
fn output_that_is_read_only() {
    let s = Sandbox::new();
    s.file("app.lua", "");
    s.file("app", "what was there before");
    s.file("closed/app", "what was there before");
    let chmod = |mode: &str, name: &str| s.run(std::path::Path::new("chmod"), &[mode, name]).succeeds_silently();
    chmod("444", "app");
    s.build(&["app.lua", "-o", "app"]).succeeds_silently();
    assert_eq!(s.run(&s.path("app"), &["x"]).stdout, "KilnImg x|\n");
    chmod("555", "closed");
    // The superuser may.
    if std::fs::write(s.path("closed/x"), "").is_err() {
        s.build(&["app.lua", "-o", "closed/app"]).fails_with("cannot write 'closed/app': Permission denied");
        assert_eq!(s.read("closed/app"), b"what was there before");
    }
    chmod("755", "closed");
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let s = Sandbox::new();
    s.file("app.lua", "local t = { a = 1, b = { 2, 'x' } }; require 'm'; return function() return t end");
    s.file("m.lua", "return {}");
    s.build(&["app.lua", "-o", "one"]).succeeds();
    s.build(&["app.lua", "-o", "two"]).succeeds();
    assert!(s.read("one") == s.read("two"), "two executables differ");
    for target in ["x86_64", "aarch64", "loongarch64"] {
        let object = |name: &str| {
            s.aot(&["build", "-q", "app.lua", "--emit", "obj", "--target", target, "-o", name]).succeeds_silently();
            s.read(name)
        };
        assert!(object("one.o") == object("two.o"), "two objects for {target} differ");
        let report = s.aot(&["inspect", "one.o"]).succeeds().stdout;
        assert!(report.contains(&format!("for {target}-unknown-linux-gnu")), "{report}");
    }
}

#[test]
fn libc_is_linked_in_where_there_is_one() {
    let s = Sandbox::new();
    s.file("app.lua", "");
    let interpreter = |options: &[&str]| {
        let done =
            s.aot(&[&["build", "app.lua", "-o", "app", "--runtime-lib", "libruntime.a"], options].concat()).succeeds();
        assert_eq!(s.run(&s.path("app"), &["x"]).stdout, "KilnImg x|\n");
        let shared = goblin::elf::Elf::parse(&s.read("app")).expect("ELF").interpreter.is_some();
        (shared, done.stderr.contains("note: libc is not linked in, since"))
    };
    assert_eq!(interpreter(&[]), (false, false));
    assert_eq!(interpreter(&["--static"]), (false, false));
    assert_eq!(interpreter(&["--dynamic"]), (true, false));
    assert_eq!(interpreter(&["--no-jit"]), (true, false));
    assert_eq!(interpreter(&["--no-jit", "--static"]), (false, false));
    assert_ne!(s.build(&["app.lua", "-o", "app", "--static", "--dynamic"]).status, 0);
    // A compiler without a libc to link in: as none is there, or as it says that there is one.
    for says in ["libc.a", "/libc.a"] {
        let text = format!(
            "#!/bin/sh\ncase \"$*\" in *-print-file-name*) echo {says};; *-static*) echo no libc >&2; exit 1;; *) exec cc \"$@\";; esac\n"
        );
        s.file("cc", &text);
        Command::new("chmod").arg("+x").arg(s.path("cc")).status().expect("chmod");
        assert_eq!(interpreter(&["--linker", "./cc"]), (true, true), "{says}");
        s.build(&["app.lua", "-o", "app", "--linker", "./cc", "--static"]).fails_with("linker './cc' failed");
    }
}

#[test]
fn strip_leaves_debug_information_out() {
    let s = Sandbox::new();
    s.file("app.lua", "local some_local_name = 1; return some_local_name");
    let has_name = |options: &[&str]| {
        s.build(&[&["app.lua", "-o", "app"], options].concat()).succeeds();
        s.read("app").windows(15).any(|w| w == b"some_local_name")
    };
    assert!(has_name(&[]));
    assert!(!has_name(&["--strip"]));
}

#[test]
fn hostile_files_to_inspect() {
    let s = Sandbox::new();
    s.file("app.lua", "require 'm'");
    s.file("m.lua", "");
    s.build(&["app.lua", "-o", "app.o", "--emit", "obj"]).succeeds();
    s.aot(&["inspect", "nothing"]).fails_with("nothing: No such file or directory");
    s.aot(&["inspect", "."]).fails_with(".: not a regular file");
    s.aot(&["inspect", "/dev/zero"]).fails_with("/dev/zero: not a regular file");
    s.aot(&["inspect", "app.lua"]).fails_with("app.lua: not an executable that kiln built");
    s.aot(&["inspect", "/bin/true"]).fails_with("/bin/true: not an executable that kiln built");
    let object = s.read("app.o");
    // Every prefix and every damaged byte is a report or a refusal, in this process, so that a panic fails the test.
    for n in 0..object.len() {
        assert!(aot::inspect::find_image(&object[..n]).is_err() || n > object.len() / 2, "prefix of {n} bytes");
    }
    let mut refused = 0;
    for i in 0..object.len() {
        for value in [0, 0x7f, 0xff, object[i] ^ 1] {
            let mut bytes = object.clone();
            bytes[i] = value;
            refused += usize::from(aot::inspect::find_image(&bytes).is_err());
        }
    }
    assert!(refused > 100, "only {refused} of {} damaged files were refused", 4 * object.len());
    s.aot_full(&["inspect", "app.o"]).fails_with("cannot write to standard output: No space left on device");
}

#[test]
fn damaged_executables_to_inspect() {
    let s = Sandbox::new();
    s.file("app.lua", "require 'm'");
    s.file("m.lua", "");
    s.build(&["app.lua", "-o", "app"]).succeeds();
    let whole = s.read("app");
    let sections = u64::from_le_bytes(whole[40..48].try_into().expect("eight bytes")) as usize;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let (mut refused, mut read) = (0, 0);
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..=random(6) {
            // The headers, where all offsets are, more often than the rest.
            let at = match random(4) {
                0 => random(64),
                1 => random(4096),
                2 => sections + random(whole.len() - sections),
                _ => random(whole.len()),
            };
            bytes[at.min(whole.len() - 1)] = [0xff, 0, 0x7f, random(256) as u8][random(4)];
        }
        match aot::inspect::find_image(&bytes) {
            Ok(found) => read += found.image.modules.len(),
            Err(message) => refused += usize::from(!message.is_empty()),
        }
    }
    assert!(refused > 100 && read > 100, "{refused} refused, {read} modules read");
}

#[test]
fn help_names_every_option_and_has_examples() {
    let s = Sandbox::new();
    let help = s.aot(&["help", "build"]).succeeds().stdout;
    for word in ["Usage: kiln build", "--output", "--include", "--linker", "--runtime-lib", "Examples:", "KILN_LIB"] {
        assert!(help.contains(word), "{word} is missing: {help}");
    }
    assert!(s.aot(&["help", "inspect"]).succeeds().stdout.contains("Examples:"));
    let wrong = s.aot(&["build", "--no-such-option"]);
    assert_eq!(wrong.status, 1);
    assert!(wrong.stderr.contains("--no-such-option"), "{}", wrong.stderr);
}
