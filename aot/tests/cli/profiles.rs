//! Executables write profiles, of their own trees as well as of what the live compiler has added.

use crate::sandbox::{Ran, Sandbox};
use ir::profile::Profile;
use std::process::{Command, Stdio};

/// Runs an executable with variables in its environment.
pub fn run(s: &Sandbox, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut words: Vec<String> = environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
    words.push(s.path(program).display().to_string());
    words.extend(arguments.iter().map(|a| a.to_string()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    s.run(std::path::Path::new("env"), &words)
}

fn profile(s: &Sandbox, name: &str) -> Profile {
    let (p, wrong) = Profile::read(&s.read(name)).expect("a profile");
    assert_eq!(wrong, []);
    p
}

/// Returns entries and exits of the root traces.
fn counts(p: &Profile) -> Vec<(u64, u64)> {
    let count = |t: ir::tree::Tree| (t.branches[0].entries, t.branches[0].exits.iter().sum());
    p.trees().into_iter().map(count).collect()
}

const PROGRAM: &str = "local n = tonumber((...))
local function go(n)
  local s = 0
  for i = 1, n do
    if i % 3 == 0 then s = s + i else s = s - 1 end
  end
  return s
end
local sum = 0
for r = 1, 200 do sum = sum + go(n) end
print(sum)
if arg[2] == 'exit' then os.exit(4) elseif arg[2] then error(arg[2], 0) end";

#[test]
fn profiles_of_executables_are_built_again() {
    let s = Sandbox::new();
    s.file("app.lua", PROGRAM);
    s.build_real(&["app.lua", "-o", "plain"]).succeeds();
    let out = run(&s, "plain", &["300"], &[("KILN_PROFILE_OUT", "one.kprof")]).succeeds().stdout;
    let one = profile(&s, "one.kprof");
    assert!(!one.trees().is_empty() && one.modules.len() == 1);
    // The source need not be there.
    s.build_real(&["app.lua", "-o", "app", "--profile", "one.kprof"]).succeeds();
    std::fs::remove_file(s.path("app.lua")).expect("removed");
    assert_eq!(run(&s, "app", &["300"], &[("KILN_PROFILE_OUT", "two-%p.kprof")]).succeeds().stdout, out);
    let names: Vec<String> = std::fs::read_dir(s.path(".")).expect("list").map(|e| name(&e.expect("entry"))).collect();
    let two = names.iter().find(|n| n.starts_with("two-") && n.ends_with(".kprof")).expect("a profile");
    assert!(!two.contains('%') && !names.iter().any(|n| n.ends_with(".part")), "{names:?}");
    let two = profile(&s, two);
    // Its own trees: the same code as they were made of, counted in this run.
    let roots: Vec<_> = one.roots().collect();
    assert!(two.roots().any(|k| roots.contains(&k)), "no tree of its own");
    assert!(counts(&two).iter().any(|(entries, exits)| *entries >= 100 && *exits > 0), "{:?}", counts(&two));
    let mut both = one.clone();
    both.merge(two.clone());
    let shared = one.trees().len() + two.trees().len() - both.trees().len();
    assert!(shared > 0, "trees of the executable have the content of those it was made of");
}

fn name(entry: &std::fs::DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

#[test]
fn however_the_program_ends() {
    let s = Sandbox::new();
    s.file("app.lua", PROGRAM);
    s.build_real(&["app.lua", "-o", "app"]).succeeds();
    for (how, status) in [("exit", 4), ("failed", 1)] {
        let out = format!("{how}.kprof");
        assert_eq!(run(&s, "app", &["300", how], &[("KILN_PROFILE_OUT", &out)]).status, status);
        assert!(!profile(&s, &out).trees().is_empty(), "{how}");
    }
    // While it waits for input.
    s.file("wait.lua", "local s = 0 for i = 1, 1000 do s = s + i end print(s) io.stdout:flush() io.read() print('no')");
    s.build_real(&["wait.lua", "-o", "wait"]).succeeds();
    let mut child = Command::new(s.path("wait"))
        .env("KILN_PROFILE_OUT", s.path("term.kprof"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    // Waiting for a child closes what it reads.
    let _input = child.stdin.take();
    let mut line = [0; 7];
    std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut line).expect("its first line");
    let killed = Command::new("kill").arg(child.id().to_string()).status().expect("kill");
    assert!(killed.success());
    let status = child.wait().expect("ended");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
    assert!(!profile(&s, "term.kprof").trees().is_empty());
}

#[test]
fn what_is_wrong_with_the_environment_is_said_and_the_program_runs() {
    let s = Sandbox::new();
    s.file("app.lua", "print('ran')");
    s.build_real(&["app.lua", "-o", "app"]).succeeds();
    for (environment, message) in [
        (&[("KILN_PROFILE_OUT", "none/x.kprof")][..], "cannot write profile 'none/x.kprof': No such file or directory"),
        (&[("KILN_PROFILE_OUT", "x"), ("KILN_PROFILE_EVERY", "often")], "KILN_PROFILE_EVERY needs seconds, such as 60"),
        (&[("KILN_PROFILE_OUT", "x"), ("KILN_PROFILE_INTERVAL", "-1")], "KILN_PROFILE_INTERVAL needs milliseconds"),
    ] {
        let ran = run(&s, "app", &[], environment).succeeds();
        assert_eq!(ran.stdout, "ran\n");
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
    assert_eq!(run(&s, "app", &[], &[("KILN_PROFILE_OUT", "")]).succeeds().stderr, "");
}
