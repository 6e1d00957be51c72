//! Executables with the traces of a profile: they do what the program does without.

use crate::sandbox::{Sandbox, kiln};

/// Profiles a program, builds it with its profile and without, runs all three with `arguments`.
fn agree(s: &Sandbox, profiled: &[&str], arguments: &[&str]) -> String {
    s.run(&kiln(), &[&["--profile-out", "app.kprof", "app.lua"], profiled].concat()).succeeds();
    let profile = std::fs::read_to_string(s.path("app.kprof")).expect("profile");
    assert!(profile.contains("\ntree @"), "nothing was hot:\n{profile}");
    s.build_real(&["app.lua", "-o", "app", "--profile", "app.kprof"]).succeeds();
    let image = std::fs::read(s.path("app")).expect("executable");
    assert!(image.windows(6).any(|w| w == b"tree @"), "no tree was compiled");
    let interpreted = s.run(&kiln(), &[&["-joff", "app.lua"], arguments].concat());
    let native = s.run(&s.path("app"), arguments);
    assert_eq!((native.status, &native.stdout), (interpreted.status, &interpreted.stdout));
    // The program's own name differs, and addresses do.
    let tail = |e: &str| {
        let text = e.split_once("app.lua:").map_or("", |(_, t)| t);
        text.lines().map(|l| l.split(" at 0x").next().unwrap_or(l)).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(tail(&native.stderr), tail(&interpreted.stderr), "{}", native.stderr);
    native.stdout
}

#[test]
fn loops_branches_calls_and_closures() {
    let s = Sandbox::new();
    s.file(
        "app.lua",
        "local n = tonumber((...))
local P = {} P.__index = P
function P.new(x, y) return setmetatable({ x = x, y = y }, P) end
function P:add(o) self.x = self.x + o.x self.y = self.y * 0.5 + o.y return self end
local function fib(k) if k < 2 then return k end return fib(k - 1) + fib(k - 2) end
local t, acc, words = {}, P.new(0, 0), {}
for i = 1, n do
  t[i] = i % 7 == 0 and i / 3 or i * 2
  acc:add({ x = t[i], y = -i })
  if i % 100 == 0 then words[#words + 1] = ('%d:%s'):format(i, tostring(acc.x)) end
end
local sum = 0
for _, v in ipairs(t) do sum = sum + v end
for k, v in pairs({ a = 1, b = 2, c = 3 }) do sum = sum + v + #k end
local counters = {}
for i = 1, n do counters[i] = function() i = i + 1 return i end end
for i = 1, n do sum = sum + counters[i]() end
print(fib(18), sum, acc.x, acc.y, table.concat(words, ' '))",
    );
    let out = agree(&s, &["300"], &["2000"]);
    assert!(out.starts_with("2584\t"), "{out}");
}

#[test]
fn errors_in_compiled_loops_have_their_positions() {
    let s = Sandbox::new();
    s.file(
        "app.lua",
        "local t = {}
for i = 1, 500 do t[i] = { v = i } end
if ... then t[400].v = {} end
local sum = 0
for r = 1, 3 do
  for i = 1, #t do
    sum = sum + t[i].v
  end
end
print(sum)",
    );
    agree(&s, &[], &["break it"]);
}

/// Objects that no round keeps are made by exits alone: tables with metatables, in tables, from templates; closures; strings. Side traces begin
/// at such exits, and errors show them.
#[test]
fn exits_make_objects() {
    let s = Sandbox::new();
    s.file(
        "app.lua",
        "local n = tonumber((...))
local P = {}
P.__index = P
P.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y, of = { a.x, b.x } }, P) end
local function p(x, y) return setmetatable({ x = x, y = y, of = false }, P) end
local acc, kept = p(0, 0), {}
for i = 1, n do
  local here = acc + p(i, 1 / i)
  if i % 97 == 0 then kept[#kept + 1] = here end
  acc = here
end
local text = {}
for i = 1, n do
  local tag = ('abcdefgh'):sub(i % 5 + 1, i % 5 + 3)
  if i % 89 == 0 then text[#text + 1] = tag end
end
local late
for i = 1, n do
  local k = i * 2
  local function get() return k + i end
  if i % 101 == 0 then late = get end
end
for i, v in ipairs(kept) do print(i, v.x, v.y, v.of[1], v.of[2], getmetatable(v) == P) end
print(table.concat(text, ' '), late and late(), acc.x)
for i = 1, n do
  local pair = { first = i, second = i < 1900 and i or nil }
  if pair.first + pair.second < 0 then print(pair) end
end",
    );
    agree(&s, &["300"], &["1500"]);
    agree(&s, &["1899"], &["2500"]);
}

#[test]
fn what_is_no_profile_is_said() {
    let s = Sandbox::new();
    s.file("app.lua", "print(1)");
    s.file("app.kprof", "something else");
    s.build_real(&["app.lua", "-o", "app", "--profile", "app.kprof"])
        .fails_with("'app.kprof': this is no profile of kiln");
}
