//! The command line of `luac` and of `kiln -b`, as processes see it: output, messages, exit status and what is left on disk.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A fresh folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // It may be there from an earlier run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("good.lua"), "local t = { 1, 2, k = 'v' }\nreturn function() return t end\n").unwrap();
    fs::write(folder.join("bad.lua"), "x =\n").unwrap();
    folder
}

fn luac(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_luac")).current_dir(folder).args(args).output().unwrap()
}

fn luac_fed(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_luac"))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn assert_fails(output: &Output, message: &str) {
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with(message), "{stderr}");
}

#[track_caller]
fn assert_silent(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b""[..], &b""[..]));
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const LISTING: &str = "-- BYTECODE -- good.lua:2-2
0001    UGET     0   0      ; t
0002    RET1     0   2

-- BYTECODE -- good.lua:0-3
0001    TDUP     0   0
0002    FNEW     1   1      ; good.lua:2
0003    UCLO     0 => 0004
0004 => RET1     1   2

";

#[test]
fn writes_luac_out_with_debug_information() {
    let folder = folder("default");
    assert_silent(&luac(&folder, &["good.lua"]));
    assert!(fs::read(folder.join("luac.out")).unwrap().starts_with(b"\x1bLJ\x02\x08\x09@good.lua"));
    // Without arguments but -l the default output is listed.
    assert_eq!(String::from_utf8(luac(&folder, &["-l"]).stdout).unwrap(), LISTING);
    assert_eq!(names(&folder), ["bad.lua", "good.lua", "luac.out"]);
}

#[test]
fn lists() {
    let folder = folder("lists");
    assert_eq!(String::from_utf8(luac(&folder, &["-l", "-p", "good.lua"]).stdout).unwrap(), LISTING);
    let tables = String::from_utf8(luac(&folder, &["-l", "-l", "-p", "good.lua"]).stdout).unwrap();
    assert!(tables.contains("--\t0\t{[0]=nil, [1]=1, [2]=2, [\"k\"]=\"v\"}\n"), "{tables}");
    assert!(tables.contains("--\t0\tt\tlocal 0 immutable\n"), "{tables}");
    let encodings = String::from_utf8(luac(&folder, &["-lllp", "good.lua"]).stdout).unwrap();
    assert!(encodings.contains("0000002d [2]\t0001    UGET     0   0      ; t\n"), "{encodings}");
    assert_eq!(names(&folder), ["bad.lua", "good.lua"]);
}

#[test]
fn strips_source_and_bytecode() {
    let folder = folder("strips");
    assert_silent(&luac(&folder, &["-s", "-o", "stripped", "good.lua"]));
    assert_silent(&luac(&folder, &["-g", "-o", "full", "good.lua"]));
    assert_silent(&luac(&folder, &["-s", "-o", "again", "full"]));
    let stripped = fs::read(folder.join("stripped")).unwrap();
    assert!(stripped.starts_with(b"\x1bLJ\x02\x0a"));
    assert_eq!(fs::read(folder.join("again")).unwrap(), stripped);
}

#[test]
fn reads_standard_input_and_text() {
    let folder = folder("stdin");
    let fed = luac_fed(&folder, &["-l", "-p", "-"], b"return 1");
    assert!(fed.stdout.starts_with(b"-- BYTECODE -- stdin:0-1\n"));
    let text = luac(&folder, &["-l", "-p", "-e", "return 1"]);
    assert!(text.stdout.starts_with(b"-- BYTECODE -- \"return 1\":0-1\n"));
    let out = luac_fed(&folder, &["-o", "-", "-"], b"return 1");
    assert!(out.stdout.starts_with(b"\x1bLJ\x02\x08\x06=stdin"));
}

#[test]
fn combines_files() {
    let folder = folder("combines");
    fs::write(folder.join("other.lua"), "return 2").unwrap();
    let both = luac(&folder, &["-l", "-p", "good.lua", "other.lua"]);
    let text = String::from_utf8(both.stdout).unwrap();
    let main = "-- BYTECODE -- (luac):0-0
0001    FNEW     0   0      ; (luac):0
0002    CALL     0   1   1
0003    FNEW     0   1      ; (luac):0
0004    CALL     0   1   1
0005    RET0     0   1

";
    assert!(text.ends_with(main), "{text}");
    assert_silent(&luac(&folder, &["good.lua", "other.lua"]));
    assert_silent(&luac(&folder, &["-p", "luac.out"]));
}

#[test]
fn reports_every_bad_file_and_writes_nothing() {
    let folder = folder("errors");
    let output = luac(&folder, &["-o", "out", "bad.lua", "missing.lua", "good.lua"]);
    assert_fails(
        &output,
        "luac: bad.lua:2: unexpected symbol near '<eof>'\nluac: cannot open missing.lua: No such file or directory\n",
    );
    assert_eq!(names(&folder), ["bad.lua", "good.lua"]);
}

#[test]
fn wrong_arguments() {
    let folder = folder("usage");
    assert_fails(&luac(&folder, &[]), "luac: no input files given\n\nUsage: luac ");
    assert_fails(&luac(&folder, &["-x"]), "luac: unexpected argument '-x' found");
    assert_fails(&luac(&folder, &["-t", "exe", "good.lua"]), "luac: unknown file type\n");
    assert_fails(&luac(&folder, &["-n", "a b", "good.lua"]), "luac: bad module name\n");
    assert_fails(&luac(&folder, &["-t", "c", "-e", "return"]), "luac: cannot derive module name, use -n name\n");
    assert_fails(&luac(&folder, &["--", "-p"]), "luac: cannot open -p: No such file or directory\n");
    let version = luac(&folder, &["-v"]);
    assert!(version.status.success() && version.stdout.starts_with(b"Kiln "));
    assert_eq!(names(&folder), ["bad.lua", "good.lua"]);
}

#[test]
fn bad_bytecode_is_named() {
    let folder = folder("bytecode");
    assert_silent(&luac(&folder, &["good.lua"]));
    let mut bytes = fs::read(folder.join("luac.out")).unwrap();
    bytes.pop();
    fs::write(folder.join("cut"), &bytes).unwrap();
    assert_fails(&luac(&folder, &["-p", "cut"]), "luac: cut: bad bytecode: unexpected end at byte ");
    bytes[3] = 1;
    fs::write(folder.join("old"), &bytes).unwrap();
    assert_fails(&luac(&folder, &["-p", "old"]), "luac: old: cannot load incompatible bytecode\n");
}

#[test]
fn output_is_replaced_whole_or_not_at_all() {
    let folder = folder("output");
    fs::write(folder.join("out"), "before").unwrap();
    assert_fails(&luac(&folder, &["-o", "out", "bad.lua"]), "luac: bad.lua:2:");
    assert_eq!(fs::read(folder.join("out")).unwrap(), b"before");
    assert_silent(&luac(&folder, &["-o", "out", "good.lua"]));
    assert!(fs::read(folder.join("out")).unwrap().starts_with(b"\x1bLJ"));
    assert_fails(
        &luac(&folder, &["-o", "no/out", "good.lua"]),
        "luac: cannot write no/out: No such file or directory\n",
    );
    assert_eq!(names(&folder), ["bad.lua", "good.lua", "out"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_closed_pipe() {
    let folder = folder("full");
    assert_fails(
        &luac(&folder, &["-o", "/dev/full", "good.lua"]),
        "luac: cannot write /dev/full: No space left on device\n",
    );
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_luac"));
    let output = command.current_dir(&folder).args(["-l", "-p", "good.lua"]).stdout(full).output().unwrap();
    assert_fails(&output, "luac: cannot write standard output: No space left on device\n");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_luac"));
    let output = command.current_dir(&folder).args(["-l", "-p", "good.lua"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(141), &b""[..]));
}

#[test]
fn compiles_a_tree_and_goes_on_after_errors() {
    let folder = folder("tree");
    fs::create_dir_all(folder.join("src/sub")).unwrap();
    fs::copy(folder.join("good.lua"), folder.join("src/a.lua")).unwrap();
    fs::copy(folder.join("bad.lua"), folder.join("src/b.lua")).unwrap();
    fs::copy(folder.join("good.lua"), folder.join("src/sub/c.lua")).unwrap();
    fs::write(folder.join("src/notes.txt"), "text").unwrap();
    let output = luac(&folder, &["-o", "out/", "src/"]);
    assert_fails(&output, "luac: src/b.lua:2: unexpected symbol near '<eof>'\nluac: 1 of 3 files failed\n");
    assert_eq!(names(&folder.join("out")), ["a.luac", "sub"]);
    assert_eq!(names(&folder.join("out/sub")), ["c.luac"]);
    assert!(fs::read(folder.join("out/sub/c.luac")).unwrap().starts_with(b"\x1bLJ\x02\x08\x0e@src/sub/c.lua"));
    assert_silent(&luac(&folder, &["-t", "c", "-o", "c", "src/sub", "good.lua"]));
    assert_eq!(names(&folder.join("c")), ["c.c", "good.c"]);
    assert_fails(&luac(&folder, &["src"]), "luac: a folder as input needs an output folder: -o FOLDER\n");
    assert_fails(&luac(&folder, &["-o", "bad.lua", "src"]), "luac: bad.lua is not a folder\n");
    assert_fails(&luac(&folder, &["-p", "out"]), "luac: no *.lua files in out\n");
    assert_fails(&luac(&folder, &["-n", "m", "-o", "x/", "src"]), "luac: -n names one module");
    assert_fails(
        &luac(&folder, &["-o", "x/", "src/sub", "src/sub/c.lua"]),
        "luac: src/sub/c.lua is not the only source of its output file\n",
    );
}

#[test]
fn the_command_line_of_luajit_b() {
    let folder = folder("save");
    let path = |name: &str| folder.join(name).into_os_string().into_string().unwrap();
    let save = |args: &[&str]| {
        let args = ["kiln"].iter().chain(args).map(std::ffi::OsString::from);
        luac::cli::run_save("kiln", args) == 0
    };
    // Strips unless told otherwise; the type comes from the output's name.
    assert!(save(&["-b", &path("good.lua"), &path("raw")]));
    assert!(fs::read(folder.join("raw")).unwrap().starts_with(b"\x1bLJ\x02\x0a"));
    assert!(save(&["-bg", &path("good.lua"), &path("full")]));
    assert!(fs::read(folder.join("full")).unwrap().starts_with(b"\x1bLJ\x02\x08"));
    assert!(save(&["-bn", "name", "-e", "return 1", &path("x.h")]));
    assert!(fs::read(folder.join("x.h")).unwrap().starts_with(b"#define luaJIT_BC_name_SIZE "));
    assert!(save(&["-b", &path("good.lua"), &path("good.o")]));
    assert!(fs::read(folder.join("good.o")).unwrap().starts_with(b"\x7fELF"));
    assert!(save(&["-bl", &path("good.lua"), &path("list")]));
    assert_eq!(fs::read_to_string(folder.join("list")).unwrap(), LISTING);
    assert!(!save(&["-b"]));
    assert!(!save(&["-b", &path("good.lua")]));
    assert!(!save(&["-b", &path("bad.lua"), &path("never")]));
    assert!(!save(&["-b", "-o", "windows", &path("good.lua"), &path("never.o")]));
    assert!(!folder.join("never").exists() && !folder.join("never.o").exists());
}

#[test]
fn source_and_object_files() {
    let folder = folder("targets");
    let module = ["-s", "-n", "my.mod-ule", "-e", "return 1"];
    assert_silent(&luac(&folder, &[&["-t", "raw", "-o", "raw"], &module[..]].concat()));
    let raw = fs::read(folder.join("raw")).unwrap();
    let numbers = |text: &str| -> Vec<u8> {
        let body = text.split_once("[] = {\n").unwrap().1.strip_suffix("\n};\n").unwrap();
        assert!(body.lines().all(|line| line.len() <= 78));
        body.split(',').map(|n| n.trim().parse().unwrap()).collect()
    };
    assert_silent(&luac(&folder, &[&["-t", "c", "-o", "c"], &module[..]].concat()));
    let c = fs::read_to_string(folder.join("c")).unwrap();
    assert!(c.contains("const unsigned char luaJIT_BC_my_mod_ule[] = {\n"));
    assert_eq!(numbers(&c), raw);
    assert_silent(&luac(&folder, &[&["-t", "h", "-o", "h"], &module[..]].concat()));
    let h = fs::read_to_string(folder.join("h")).unwrap();
    assert!(h.starts_with(&format!("#define luaJIT_BC_my_mod_ule_SIZE {}\nstatic const unsigned char", raw.len())));
    assert_eq!(numbers(&h), raw);
    for (arch, machine) in [("x64", 62u16), ("arm64", 183), ("loongarch64", 258)] {
        assert_silent(&luac(&folder, &[&["-t", "o", "-a", arch, "-o", "o"], &module[..]].concat()));
        let o = fs::read(folder.join("o")).unwrap();
        assert!(o.starts_with(b"\x7fELF\x02\x01"));
        assert_eq!(o[18..20], machine.to_le_bytes());
        assert!(o.windows(raw.len()).any(|w| w == raw));
        assert!(o.windows(21).any(|w| w == b"luaJIT_BC_my_mod_ule\0"));
    }
}
