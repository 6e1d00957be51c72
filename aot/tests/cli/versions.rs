//! What was made of other sources, by another version or with another library: it is not used, that is said, and the program runs.

use crate::sandbox::{self, Ran, Sandbox, kiln};
use abi::image::{FINGERPRINT, Image, MAGIC, ModuleKind, VERSION};

/// Two functions with a loop each, called by the program.
const LIBRARY: &str = "local m = {}
function m.sum(n)
  local s = 0
  for i = 1, n do s = s + i end
  return s
end
function m.product(n)
  local p = 1
  for i = 1, n do p = p * i % 1009 end
  return p
end
return m
";

const APP: &str = "local m = require('m')
print(m.sum(1000), m.product(1000))
";

/// A folder with the program, its profile and its object.
fn built() -> Sandbox {
    let s = Sandbox::new();
    s.file("app.lua", APP);
    s.file("m.lua", LIBRARY);
    s.run(&kiln(), &["--profile-interval", "0", "--profile-out", "app.kprof", "app.lua"]).succeeds();
    object(&s, "app.o").succeeds();
    s
}

fn object(s: &Sandbox, name: &str) -> Ran {
    s.build_real(&["app.lua", "--emit", "obj", "-o", name, "--profile", "app.kprof"])
}

/// What the interpreter prints.
fn expected(s: &Sandbox) -> String {
    s.run(&kiln(), &["-joff", "app.lua"]).succeeds().stdout
}

/// Writes the object with some of its bytes replaced wherever they are; returns how often they were.
fn altered(s: &Sandbox, name: &str, from: &[u8], to: &[u8]) -> usize {
    assert_eq!(from.len(), to.len());
    let (mut bytes, mut found, mut at) = (s.read("app.o"), 0, 0);
    while at + from.len() <= bytes.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
            found += 1;
        }
        at += 1;
    }
    std::fs::write(s.path(name), bytes).expect("write");
    found
}

/// Links an object with the real runtime.
fn link(s: &Sandbox, object: &str, program: &str) {
    let archive = sandbox::real_runtime().to_str().expect("text");
    let rest = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"];
    s.run(std::path::Path::new("cc"), &[&["-o", program, object, archive], &rest[..]].concat()).succeeds();
}

#[test]
fn of_an_object_only_what_did_not_change_is_used() {
    let s = built();
    let watched = || s.run(&kiln(), &["--aot", "app.o", "-jv", "app.lua"]).succeeds();
    let unused = "not used -- its function was not loaded, or has changed]";
    let all = watched();
    assert_eq!(all.stdout, expected(&s));
    for line in [4, 9] {
        assert!(all.stderr.contains(&format!("m.lua:{line} loop, precompiled]")), "{}", all.stderr);
    }
    assert!(!all.stderr.contains(unused), "{}", all.stderr);
    // One of the functions changes, and the other moves.
    s.file("m.lua", &LIBRARY.replace("local m = {}", "local m = {}\n-- a line more").replace("s + i", "s + i * 2"));
    let one = watched();
    assert_eq!(one.stdout, expected(&s));
    assert!(one.stdout.starts_with("1001000\t"), "{}", one.stdout);
    assert!(one.stderr.contains("m.lua:10 loop, precompiled]"), "{}", one.stderr);
    assert!(!one.stderr.contains("m.lua:5 loop, precompiled]"), "{}", one.stderr);
    assert_eq!(one.stderr.lines().filter(|l| l.ends_with(unused)).count(), 1, "{}", one.stderr);
    // A file that gives another module the same function: it is known by what it contains.
    s.file("app.lua", &APP.replace("require('m')", "require('other')"));
    s.file("other.lua", LIBRARY);
    let moved = watched();
    assert_eq!(moved.stdout, expected(&s));
    assert!(moved.stderr.contains("other.lua:4 loop, precompiled]"), "{}", moved.stderr);
}

/// Fields of objects, helpers and numbers of builtins are what the fingerprint stands for.
#[test]
fn trees_for_another_library_or_layout_are_not_used() {
    let s = built();
    let other = FINGERPRINT ^ 0x0101;
    let places = altered(&s, "other.o", &FINGERPRINT.to_le_bytes(), &other.to_le_bytes());
    assert_eq!(places, 2, "in the head and in the payload");
    s.run(&kiln(), &["--aot", "other.o", "app.lua"])
        .fails_with("--aot: 'other.o': object file of another version of kiln");
    link(&s, "other.o", "app");
    let ran = s.run_with("-jv", &s.path("app"), &[]).succeeds();
    assert_eq!(ran.stdout, expected(&s));
    let why = "[TRACE --- precompiled trees not used -- they were made for another version of the runtime]\n";
    assert!(ran.stderr.contains(why) && !ran.stderr.contains("precompiled]"), "{}", ran.stderr);
    let report = s.aot(&["inspect", "app"]).succeeds().stdout;
    assert!(report.contains(", another version's\n"), "{report}");
    // It is built again, without them; with a new profile they are back.
    let archive = sandbox::real_runtime().to_str().expect("text");
    let rebuild = |more: &[&str]| {
        let ran = s.aot(&[&["rebuild", "--runtime-lib", archive, "app", "-o", "new"], more].concat()).succeeds();
        let warning = "kiln rebuild: warning: app: 2 trees of another version are left out\n";
        assert!(ran.stderr.starts_with(warning), "{}", ran.stderr);
        let new = s.run_with("-jv", &s.path("new"), &[]).succeeds();
        assert_eq!(new.stdout, expected(&s));
        (ran.stderr, new.stderr.matches("precompiled]").count())
    };
    assert_eq!(rebuild(&[]).1, 0);
    let (said, used) = rebuild(&["--profile", "app.kprof"]);
    assert!(used == 2 && said.contains("100.0 % of the profiled work"), "{used}: {said}");
}

#[test]
fn an_image_of_another_format_is_refused() {
    let s = built();
    let head = |version: u32| [&MAGIC[..], &version.to_le_bytes()].concat();
    assert_eq!(altered(&s, "new.o", &head(VERSION), &head(VERSION + 1)), 2, "in the head and in the payload");
    link(&s, "new.o", "app");
    let ran = s.run(&s.path("app"), &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.ends_with(": image of another version of kiln\n"), "{}", ran.stderr);
    s.run(&kiln(), &["--aot", "new.o", "app.lua"]).fails_with("--aot: 'new.o': object file of another version of kiln");
    let message = format!("app: image version {}, this program reads version {VERSION}", VERSION + 1);
    s.aot(&["inspect", "app"]).fails_with(&message);
    s.aot(&["rebuild", "app", "-o", "two"]).fails_with(&message);
    assert!(!s.path("two").exists());
}

/// Programs may replace library functions and metatables; compiled code notices.
#[test]
fn library_functions_that_the_program_replaces() {
    let s = Sandbox::new();
    s.file(
        "app.lua",
        r#"local mode = ...
local floor, byte = math.floor, string.byte
local count = 0
if mode == "before" then
  math.floor = function(x) count = count + 1 return -floor(x) end
  string.byte = function(...) count = count + 1 return byte(...) + 1 end
end
local function work(n)
  local s = 0
  for i = 1, n do
    s = s + math.floor(i / 3) + string.byte("abc", i % 3 + 1) + #("x"):rep(i % 4) + math.max(i, 50)
    if i == 500 then
      if mode == "during" then
        math.floor = function(x) count = count + 1 return floor(x) * 2 end
        string.byte = nil
        string.byte = function() return 1 end
      elseif mode == "methods" then
        string.rep = function(text, n) return ("y"):lower() end
        debug.setmetatable("", { __index = setmetatable({}, { __index = string }) })
      elseif mode == "gone" then
        math.max = nil
      elseif mode == "table" then
        math = setmetatable({}, { __index = function(_, k) count = count + 1 return function() return 7 end end })
      elseif mode == "environment" then
        setfenv(2, setmetatable({ math = { floor = floor, max = math.max } }, { __index = _G }))
      end
    end
  end
  return s
end
print(pcall(work, 1000))
print(pcall(work, 1000))
print(count)
"#,
    );
    s.run(&kiln(), &["--profile-out", "app.kprof", "app.lua"]).succeeds();
    s.build_real(&["app.lua", "-o", "app", "--profile", "app.kprof"]).succeeds();
    for mode in ["as it was", "before", "during", "methods", "gone", "table", "environment"] {
        let interpreted = s.run(&kiln(), &["-joff", "app.lua", mode]).succeeds().stdout;
        for options in ["-jv", "-jv -joff", "-jv -Ohotloop=2 -Ohotexit=2"] {
            let ran = s.run_with(options, &s.path("app"), &[mode]).succeeds();
            assert_eq!(ran.stdout, interpreted, "{mode} with {options}");
            assert!(ran.stderr.contains("app.lua:10 loop, precompiled]"), "{mode}: {}", ran.stderr);
        }
    }
}

/// A tree whose outline was damaged is not used, the others are.
#[test]
fn trees_with_damaged_outlines_are_not_used() {
    let s = built();
    let bytes = s.read("app.o");
    let payloads = (0..bytes.len()).filter(|i| bytes[*i..].starts_with(&MAGIC));
    let image = payloads.filter_map(|at| Image::parse(&bytes[at..]).ok()).next().expect("a payload");
    let trees = image.modules.iter().find(|m| m.kind == ModuleKind::Traces).expect("trees").code;
    // Behind the rows of the trees, and one more, of what comes before them; that has no outline.
    let first = 4 + (trees[0] as usize + 1) * 32;
    let from = &trees[first..first + 24];
    let to: Vec<u8> = from.iter().enumerate().map(|(i, b)| if i == 20 { b ^ 1 } else { *b }).collect();
    assert_eq!(altered(&s, "other.o", from, &to), 1);
    let ran = s.run(&kiln(), &["--aot", "other.o", "-jv", "app.lua"]).succeeds();
    assert_eq!(ran.stdout, expected(&s));
    assert_eq!(ran.stderr.matches("not used -- its outline is damaged]").count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches(" loop, precompiled]").count(), 1, "{}", ran.stderr);
    link(&s, "other.o", "app");
    let ran = s.run_with("-jv", &s.path("app"), &[]).succeeds();
    assert_eq!(ran.stdout, expected(&s));
    assert!(ran.stderr.contains("its outline is damaged]"), "{}", ran.stderr);
    let again = s.aot(&["rebuild", "app", "-o", "new"]);
    assert!(again.status != 0 && again.stderr.contains("the text of the traces is damaged"), "{}", again.stderr);
}
