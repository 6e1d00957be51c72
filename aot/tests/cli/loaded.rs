//! Code that a program loads when it runs: its trees are compiled too, and used once it is there.

use crate::profiles;
use crate::sandbox::{self, Sandbox, kiln};

/// Loads plugins; the loop knows nothing of them.
const APP: &str = "local function run(f, n)
  local s = 0
  for i = 1, n do s = s + f(i) end
  return s
end
local own = function(i) return i % 7 end
print(run(own, 300))
for _, name in ipairs(arg) do
  local plugin = assert(loadfile(name))()
  print(name, run(plugin.step, 500), run(own, 200), plugin.sum(1000))
end
local text = load('local s = 0 for i = 1, 500 do s = s + i end return s')
print(text())
";

const PLUGIN: &str = "local plugin = {}
function plugin.step(i) if i % 3 == 0 then return i end local t = { i = -i / 2 } return t.i end
function plugin.sum(n) local s = 0 for i = 1, n do s = s + plugin.step(i) end return s end
return plugin
";

/// A folder with the program, its plugins and the profile of a run with both.
fn profiled() -> Sandbox {
    let s = Sandbox::new();
    s.file("app.lua", APP);
    s.file("p.lua", PLUGIN);
    s.file("q.lua", &PLUGIN.replace("/ 2", "/ 4").replace("% 3", "% 5").replace("s = 0", "s = 1"));
    s.run(&kiln(), &["--profile-out", "app.kprof", "app.lua", "p.lua", "q.lua"]).succeeds();
    s
}

const BUILD: &[&str] = &["app.lua", "--profile", "app.kprof", "-o", "app"];

#[test]
fn trees_of_loaded_code_are_compiled_counted_and_used() {
    let s = profiled();
    let line = s.build_real(BUILD).succeeds().stderr;
    assert!(line.contains(" of code loaded at run time, 0 dropped, 100.0 %"), "{line}");
    let report = s.aot(&["inspect", "app"]).succeeds().stdout;
    assert!(report.contains(" traces of code that is loaded when it runs\n"), "{report}");
    assert!(report.contains("\n  p.lua:3 ") && report.contains("\n  [string]:1 "), "{report}");
    let json = s.aot(&["inspect", "--json", "app"]).succeeds().stdout;
    assert!(json.contains("\"loaded\":1}"), "{json}");
    let app = s.path("app");
    for plugins in [&["p.lua", "q.lua"][..], &["q.lua"], &["q.lua", "p.lua", "q.lua"], &[]] {
        let expected = s.run(&kiln(), &[&["-joff", "app.lua"], plugins].concat()).succeeds().stdout;
        let ran = s.run_with("-jv", &app, plugins).succeeds();
        assert_eq!(ran.stdout, expected, "{plugins:?}");
        for plugin in ["p.lua", "q.lua"] {
            let used = ran.stderr.contains(&format!(" {plugin}:3 loop, precompiled"));
            assert_eq!(used, plugins.contains(&plugin), "{plugin} of {plugins:?}: {}", ran.stderr);
        }
        assert!(ran.stderr.contains(" (string):1 loop, precompiled]"), "{}", ran.stderr);
        let stressed = s.run_with("-Jexit=stress", &app, plugins).succeeds();
        assert_eq!(stressed.stdout, expected, "{plugins:?}");
    }
}

#[test]
fn a_changed_plugin_has_no_trees() {
    let s = profiled();
    s.build_real(BUILD).succeeds();
    s.file("p.lua", &PLUGIN.replace("/ 2", "/ 8").replace("s + ", "s - "));
    let expected = s.run(&kiln(), &["-joff", "app.lua", "p.lua"]).succeeds().stdout;
    let ran = s.run_with("-jv", &s.path("app"), &["p.lua"]).succeeds();
    assert_eq!(ran.stdout, expected);
    assert!(!ran.stderr.contains(" p.lua:3 loop, precompiled"), "{}", ran.stderr);
    // In the program itself it is stale, by whatever name the file is called.
    for module in ["p=p.lua", "p=./p.lua"] {
        let line = s.build_real(&[BUILD, &["--module", module]].concat()).succeeds().stderr;
        assert!(line.contains(" stale)") && line.contains(" of code loaded at run time"), "{line}");
    }
}

#[test]
fn rebuilding_keeps_them() {
    let s = profiled();
    s.build_real(&[BUILD, &["-q"]].concat()).succeeds_silently();
    let archive = sandbox::real_runtime().to_str().expect("text");
    let rebuild = |to: &str| s.aot(&["rebuild", "--runtime-lib", archive, "app", "-q", "-o", to]);
    rebuild("two").succeeds_silently();
    assert!(s.read("two") == s.read("app"), "nothing was new");
    // The profile of the executable names them as well.
    profiles::run(&s, "app", &["p.lua"], &[("KILN_PROFILE_OUT", "own.kprof")]).succeeds();
    let ran = s.aot(&["rebuild", "--runtime-lib", archive, "app", "--profile", "own.kprof", "-o", "three"]).succeeds();
    assert!(ran.stderr.contains(" of code loaded at run time, 0 dropped, 100.0 %"), "{}", ran.stderr);
}
