//! Random Lua programs for the trace compiler: a few functions with hot loops, each called several times with other arguments.
//!
//! Where [`randprog`](crate::randprog) asks for much of the language, this asks for what traces assume: types that change in a loop, tables
//! whose shape, metatable or array part changes, metamethods, calls that raise, coroutines that yield inside hot loops, closures over loop
//! variables, varargs, strings that grow. Some variables may come to hold anything (they are *wild*). Reading one mostly repairs what it holds;
//! now and then it does not, and the operation may fail. Many statements that may fail stand in `pcall` in the loop, and their messages are
//! printed.
//!
//! Every loop is bounded and nothing but a leaf is called in a loop, so programs end without a budget: a counter in each loop would make all
//! traces alike. What the language leaves open is avoided: the order of `pairs`, the length of arrays with holes, addresses.
//!
//! Invariant: the program is a function of the seed, and each statement starts a line.

use crate::random::Random;

/// Output without addresses, objects with metamethods, repairs of values.
pub const PRELUDE: &str = r##"local function show(v, d)
  if type(v) == "number" then return v ~= v and "nan" or ("%.14g"):format(v) .. (v == 0 and 1 / v < 0 and "!" or "") end
  if type(v) == "string" then return ("%q"):format(#v > 200 and v:sub(1, 100) .. #v or v) end
  if type(v) ~= "table" then return (type(v) == "nil" or type(v) == "boolean") and tostring(v) or type(v) end
  if (d or 0) > 2 then return "..." end
  local keys, parts = {}, {}
  for k in next, v do if type(k) == "number" or type(k) == "string" then keys[#keys + 1] = k end end
  table.sort(keys, function(a, b) if type(a) ~= type(b) then return type(a) < type(b) end return a < b end)
  for i, k in ipairs(keys) do if i < 30 then parts[#parts + 1] = show(k) .. "=" .. show(rawget(v, k), (d or 0) + 1) end end
  return "{" .. table.concat(parts, ",") .. "}"
end
local function emit(...) local t = {} for i = 1, select("#", ...) do t[i] = show((select(i, ...))) end print(table.concat(t, " ")) end
local function clip(s) return #s > 40 and s:sub(-20) or s end
local function val(v) return type(v) == "table" and rawget(v, "v") or tonumber(v) or 1 end
local function int(n) n = tonumber(n) if not n or n ~= n or n > 1e9 or n < -1e9 then return 7 end return math.floor(n) end
local function num(v) return tonumber(v) or 1 end
local function str(v) return type(v) == "string" and v or tostring(num(v)) end
local function tab(v) return type(v) == "table" and not getmetatable(v) and v or {} end
local meta, meta2, calls = {}, {}, 0
meta.__index = function(t, k) calls = calls + 1 if k == "no" then error("no " .. k, 2) end return type(k) == "string" and #k or k end
meta.__newindex = function(t, k, v) rawset(t, k == "w" and "u" or "w", v) end
meta.__call = function(self, a, ...) return (a or 1), select("#", ...), self.v end
meta.__add = function(a, b) return val(a) + val(b) end
meta.__sub = function(a, b) return setmetatable({ v = val(a) - val(b) }, meta) end
meta.__mul = function(a, b) if val(b) == 3 then error({ code = val(a) }) end return val(a) * val(b) end
meta.__div = function(a, b) return val(a) / val(b), "second" end
meta.__mod = function(a, b) return "mod" end
meta.__unm = function(a) return -val(a) end
meta.__concat = function(a, b) return "<" .. tostring(val(a)) .. "|" .. tostring(val(b)) .. ">" end
meta.__eq = function(a, b) return val(a) == val(b) end
meta.__lt = function(a, b) return val(a) < val(b) end
meta.__le = function(a, b) return val(a) <= val(b) end
meta.__tostring = function(a) return "obj" .. tostring(val(a)) end
for k, v in pairs(meta) do meta2[k] = v end
meta2.__index = { v = 5, key = "inherited", f = function(self, a) return val(a) + 1 end }
meta2.__newindex = nil
meta2.__le = nil
local function object(v) return setmetatable({ v = v }, meta) end
local function derived(v) return setmetatable({ x = v }, meta2) end
local function obj(v) return type(v) == "table" and getmetatable(v) and v or object(2) end
local proxy = newproxy(true)
getmetatable(proxy).__index = function(p, k) return k end
getmetatable(proxy).__len = function() return 3 end
getmetatable(proxy).__call = function(p, ...) return ... end
"##;

/// What a local was declared as: a hint, for values change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    String,
    /// An array of numbers.
    Array,
    /// A table with string keys.
    Record,
    /// A table with metamethods.
    Object,
}

const KEYS: [&str; 6] = ["a", "b", "key", "x", "v", "w"];
const ARITH: [&str; 6] = ["+", "-", "*", "/", "%", "+"];

struct Variable {
    name: String,
    kind: Kind,
    /// A loop variable, say, which is not assigned to.
    constant: bool,
    /// It may hold anything.
    wild: bool,
}

struct Generator {
    random: Random,
    lines: Vec<String>,
    scope: Vec<Variable>,
    /// Functions without loops, called from loops: name, and whether it takes `...`.
    leaves: Vec<String>,
    /// Names of coroutines made by `coroutine.wrap`, in scope everywhere.
    wraps: Vec<String>,
    /// Loop variables, innermost last.
    counters: Vec<String>,
    indent: usize,
    names: usize,
    vararg: bool,
    yields: bool,
}

/// Writes the program of a seed.
pub fn program(seed: u64) -> String {
    let mut g = Generator {
        random: Random::new(seed ^ 0x686f_745f),
        lines: PRELUDE.lines().map(String::from).collect(),
        scope: Vec::new(),
        leaves: Vec::new(),
        wraps: Vec::new(),
        counters: Vec::new(),
        indent: 0,
        names: 0,
        vararg: false,
        yields: false,
    };
    for (name, kind) in [("up1", Kind::Number), ("up2", Kind::String), ("up3", Kind::Record), ("up4", Kind::Number)] {
        let value = g.value(kind);
        g.line(&format!("local {name} = {value}"));
        g.add_wild(name, kind);
    }
    for _ in 0..g.random.below(3) + 1 {
        g.leaf();
    }
    for _ in 0..g.random.below(2) {
        g.generator();
    }
    for _ in 0..g.random.below(3) + 1 {
        g.hot_function();
    }
    g.line("emit(up1, up2, up3, up4, calls)");
    g.lines.join("\n") + "\n"
}

impl Generator {
    fn line(&mut self, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(self.indent)));
    }

    fn block(&mut self, body: impl FnOnce(&mut Generator)) {
        let outer = self.scope.len();
        self.indent += 1;
        body(self);
        self.indent -= 1;
        self.scope.truncate(outer);
    }

    fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    fn add(&mut self, name: &str, kind: Kind, constant: bool) {
        self.scope.push(Variable { name: name.into(), kind, constant, wild: false });
    }

    /// Adds a variable that may hold anything.
    fn add_wild(&mut self, name: &str, kind: Kind) {
        self.scope.push(Variable { name: name.into(), kind, constant: false, wild: true });
    }

    /// Reads a variable as a value of a kind; seldom without repair.
    fn read(&mut self, kind: Kind) -> Option<String> {
        let name = self.variable(Some(kind), false)?;
        let wild = self.scope.iter().any(|v| v.name == name && v.wild);
        if !wild || self.random.once_in(9) {
            return Some(name);
        }
        let repair = match kind {
            Kind::Number => "num",
            Kind::String => "str",
            Kind::Array | Kind::Record => "tab",
            Kind::Object => "obj",
        };
        Some(format!("{repair}({name})"))
    }

    /// What may be assigned to a variable: a value of its kind, or anything if it is wild.
    fn fitting(&mut self, name: &str) -> String {
        let found = self.scope.iter().find(|v| v.name == name).map(|v| (v.kind, v.wild));
        match found {
            Some((_, true)) | None => self.any(),
            Some((Kind::Number, _)) => self.constant(),
            Some((kind, _)) => self.value(kind),
        }
    }

    fn variable(&mut self, kind: Option<Kind>, assign: bool) -> Option<String> {
        let fits = |v: &&Variable| kind.is_none_or(|k| v.kind == k) && !(assign && v.constant);
        let count = self.scope.iter().filter(fits).count();
        if count == 0 {
            return None;
        }
        let at = if self.random.once_in(3) { count - 1 } else { self.random.below(count) };
        self.scope.iter().filter(fits).nth(at).map(|v| v.name.clone())
    }

    /// A fresh value of a kind.
    fn value(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Number => self.constant(),
            Kind::String => {
                self.random.pick(&["\"\"", "\"abc\"", "\"10\"", "\"0x1F\"", "\"a\\0b\"", "\"x y z\""]).into()
            }
            Kind::Array => {
                let items: Vec<String> = (0..self.random.below(6)).map(|_| self.constant()).collect();
                format!("{{ {} }}", items.join(", "))
            }
            Kind::Record => {
                let n = self.random.below(5);
                let fields: Vec<String> = (0..n).map(|at| format!("{} = {}", KEYS[at], self.constant())).collect();
                format!("{{ {} }}", fields.join(", "))
            }
            Kind::Object => {
                let make = self.random.pick(&["object", "object", "derived"]);
                format!("{make}({})", self.constant())
            }
        }
    }

    fn kind(&mut self) -> Kind {
        [Kind::Number, Kind::Number, Kind::String, Kind::Array, Kind::Record, Kind::Object][self.random.below(6)]
    }

    /// Any value at all.
    fn any(&mut self) -> String {
        match self.random.below(12) {
            0 => "nil".into(),
            1 => self.random.pick(&["true", "false"]).into(),
            2 => self.random.pick(&["proxy", "print", "math.abs"]).into(),
            3..=5 => self.variable(None, false).unwrap_or_else(|| "nil".into()),
            _ => {
                let kind = self.kind();
                self.value(kind)
            }
        }
    }

    fn constant(&mut self) -> String {
        match self.random.below(8) {
            0 => self
                .random
                .pick(&["0.5", "-0.0", "1e300", "2^31", "2147483647", "-2147483648", "0/0", "1/0", "1e15"])
                .into(),
            1 => self.random.pick(&["0", "-1", "255", "1.5", "-2.25", "65536"]).into(),
            _ => format!("{}", self.random.below(12)),
        }
    }

    // ---- functions ----

    /// A function without loops that is called from loops.
    fn leaf(&mut self) {
        let (name, p, q) = (self.name("leaf"), self.name("p"), self.name("q"));
        let vararg = self.random.once_in(3);
        let recursive = !vararg && self.random.once_in(4);
        if recursive {
            let (op, c) = (self.random.pick(&ARITH), self.constant());
            let deep = self.random.pick(&["3", "8", "20"]);
            self.line(&format!("local function {name}({p}, {q})"));
            self.line(&format!("  {p}, {q} = int({p}) % {deep}, tonumber({q}) or 1"));
            self.line(&format!("  if {p} <= 0 then return {q} end"));
            match self.random.below(3) {
                0 => self.line(&format!("  return {name}({p} - 1, {q} {op} {c})")),
                1 => self.line(&format!("  return 1 + {name}({p} - 1, {q} {op} {c})")),
                _ => self.line(&format!("  return {name}({p} - 1, {name}({p} % 2 - 1, {q}) {op} 1) - 1")),
            }
            self.line("end");
            self.leaves.push(name);
            return;
        }
        let list = if vararg { format!("{p}, ...") } else { format!("{p}, {q}") };
        self.line(&format!("local function {name}({list})"));
        let outer = std::mem::replace(&mut self.vararg, vararg);
        self.block(|g| {
            g.add_wild(&p, Kind::Number);
            if !vararg {
                g.add_wild(&q, Kind::Number);
            }
            for _ in 0..g.random.below(3) {
                g.statement(0);
            }
            if g.random.once_in(4) {
                let (what, when) = (g.any(), g.random.below(7) + 2);
                let level = g.random.below(3);
                g.line(&format!("if int({p}) % {when} == 1 then error({what}, {level}) end"));
            }
            let (a, b) = (g.number(2), g.any());
            let result = match g.random.below(6) {
                0 => format!("{a}, {b}"),
                1 if vararg => "...".into(),
                2 if vararg => format!("{a}, ..."),
                3 => b,
                _ => a,
            };
            g.line(&format!("return {result}"));
        });
        self.vararg = outer;
        self.line("end");
        self.leaves.push(name);
    }

    /// A coroutine that yields in a hot loop.
    fn generator(&mut self) {
        let (name, p, i) = (self.name("wrap"), self.name("p"), self.name("i"));
        let rounds = [5, 30, 200][self.random.below(3)];
        self.line(&format!("local {name} = coroutine.wrap(function({p})"));
        let yields = std::mem::replace(&mut self.yields, true);
        self.block(|g| {
            g.add_wild(&p, Kind::Number);
            g.line(&format!("for {i} = 1, {rounds} do"));
            g.counters.push(i.clone());
            g.block(|g| {
                g.add(&i, Kind::Number, true);
                for _ in 0..g.random.below(3) {
                    g.statement(0);
                }
                let value = g.number(2);
                g.line(&format!("{p} = coroutine.yield({value}, {p})"));
            });
            g.counters.pop();
            g.line("end");
            let value = g.any();
            g.line(&format!("return {value}"));
        });
        self.yields = yields;
        self.line("end)");
        self.wraps.push(name);
    }

    fn hot_function(&mut self) {
        let name = self.name("hot");
        let parameters = [self.name("p"), self.name("p"), self.name("p")];
        let kinds = [self.kind(), self.kind(), self.kind()];
        let vararg = self.random.once_in(3);
        let more = if vararg { ", ..." } else { "" };
        self.line(&format!("local function {name}({}{more})", parameters.join(", ")));
        let outer = std::mem::replace(&mut self.vararg, vararg);
        let mut results = Vec::new();
        self.block(|g| {
            for (p, k) in parameters.iter().zip(kinds) {
                g.add_wild(p, k);
            }
            for _ in 0..g.random.below(4) + 2 {
                let (kind, name) = (g.kind(), g.name("x"));
                let value = g.value(kind);
                g.line(&format!("local {name} = {value}"));
                if g.random.once_in(3) { g.add_wild(&name, kind) } else { g.add(&name, kind, false) }
            }
            for _ in 0..g.random.below(2) + 1 {
                g.hot_loop(2);
            }
            results = g.scope.iter().map(|v| v.name.clone()).collect();
            let list = results[results.len().saturating_sub(6)..].join(", ");
            g.line(&format!("return {list}"));
        });
        self.vararg = outer;
        self.line("end");
        for _ in 0..self.random.below(4) + 1 {
            let arguments: Vec<String> =
                kinds.iter().map(|k| if self.random.once_in(4) { self.any() } else { self.value(*k) }).collect();
            let extra = if vararg { format!(", {}, {}", self.constant(), self.any()) } else { String::new() };
            self.line(&format!("emit(pcall({name}, {}{extra}))", arguments.join(", ")));
        }
    }

    // ---- loops ----

    fn hot_loop(&mut self, depth: usize) {
        let i = self.name("i");
        // The outer loop is long enough for side traces, inner ones are short.
        let rounds =
            if depth == 2 { [20, 40, 70, 110][self.random.below(4)] } else { [1, 3, 5, 9][self.random.below(4)] };
        let head = match self.random.below(12) {
            0 => format!("for {i} = {rounds}, 1, -1 do"),
            1 => format!("for {i} = 0, {}, 0.25 do", rounds / 4),
            2 => format!("for {i} = 2147483640, {} do", 2_147_483_640u64 + rounds as u64),
            3 => format!("for {i} = -2147483648 + {rounds}, -2147483648, -1 do"),
            4 => {
                self.line(&format!("local {i} = 0"));
                format!("while {i} < {rounds} do")
            }
            5 => {
                self.line(&format!("local {i} = 0"));
                "repeat".into()
            }
            6 => {
                let array = self.name("t");
                let items: Vec<String> = (0..rounds.min(24)).map(|_| self.constant()).collect();
                self.line(&format!("local {array} = {{ {} }}", items.join(", ")));
                self.add(&array, Kind::Array, false);
                let v = self.name("v");
                let how = self.random.pick(&["ipairs(T)", "pairs(T)", "next, T", "ipairs(T)"]).replace('T', &array);
                format!("for {i}, {v} in {how} do")
            }
            7 if !self.yields => {
                let v = self.constant();
                format!(
                    "for {i} in coroutine.wrap(function() for j = 1, {rounds} do coroutine.yield(j, {v}) end end) do"
                )
            }
            8 => format!("for {i} in function(s, c) if c < s then return c + 1 end end, {rounds}, 0 do"),
            _ => format!("for {i} = 1, {rounds} do"),
        };
        let (is_while, is_repeat) = (head.starts_with("while"), head == "repeat");
        self.line(&head);
        self.counters.push(i.clone());
        self.block(|g| {
            g.add(&i, Kind::Number, true);
            if is_while || is_repeat {
                g.line(&format!("{i} = {i} + 1"));
            }
            for _ in 0..g.random.below(4) + 2 {
                g.statement(depth);
            }
            if g.random.once_in(8) {
                let label = g.name("next");
                let condition = g.condition();
                g.line(&format!("if {condition} then goto {label} end"));
                g.line("do");
                g.block(|g| g.statement(0));
                g.line("end");
                g.line(&format!("::{label}::"));
            } else if g.random.once_in(10) {
                let n = g.random.below(9) + 9;
                g.line(&format!("if {i} % {n} == {} then break end", n - 1));
            }
        });
        self.counters.pop();
        self.line(&if is_repeat { format!("until {i} >= {rounds}") } else { "end".into() });
    }

    /// Something that holds in some rounds.
    fn condition(&mut self) -> String {
        let Some(i) = self.counters.last().cloned() else { return self.compare() };
        match self.random.below(6) {
            0 => format!("{i} % {} == {}", self.random.below(9) + 2, self.random.below(3)),
            1 => format!("{i} > {}", self.random.below(40)),
            2 => format!("{i} == {}", self.random.below(30)),
            3 => format!("{i} % 2 < 1"),
            _ => self.compare(),
        }
    }

    fn compare(&mut self) -> String {
        let operator = self.random.pick(&["<", "<=", ">", ">=", "==", "~=", "==", "<"]);
        match self.random.below(9) {
            0 => self.variable(None, false).unwrap_or_else(|| "true".into()),
            1 => format!("not {}", self.variable(None, false).unwrap_or_else(|| "nil".into())),
            2 => format!("{} == {}", self.any(), self.any()),
            3 => format!("type({}) == {}", self.any(), self.random.pick(&["\"number\"", "\"string\"", "\"table\""])),
            4 => format!("{} {operator} {}", self.object(), self.object()),
            5 => format!("{} {operator} {}", self.string(1), self.string(1)),
            _ => format!("{} {operator} {}", self.number(1), self.number(1)),
        }
    }

    fn object(&mut self) -> String {
        match self.read(Kind::Object) {
            Some(name) if !self.random.once_in(4) => name,
            _ => self.value(Kind::Object),
        }
    }

    // ---- statements ----

    fn statement(&mut self, depth: usize) {
        let n = self.random.below(if depth > 0 { 28 } else { 22 });
        match n {
            0..=2 => {
                let Some(x) = self.variable(Some(Kind::Number), true) else { return };
                let value = self.number(2);
                let operator = self.random.pick(&ARITH);
                let wild = self.scope.iter().any(|v| v.name == x && v.wild) && !self.random.once_in(6);
                let text = match self.random.below(3) {
                    0 => format!("{x} = {value}"),
                    _ if wild => format!("{x} = num({x}) {operator} {value}"),
                    _ => format!("{x} = {x} {operator} {value}"),
                };
                self.guarded(&text);
            }
            3 => {
                let Some(x) = self.variable(Some(Kind::String), true) else { return };
                let value = self.string(2);
                let wild = self.scope.iter().any(|v| v.name == x && v.wild) && !self.random.once_in(6);
                let old = if wild { format!("str({x})") } else { x.clone() };
                self.guarded(&format!("{x} = clip({old} .. {value})"));
            }
            4 | 5 => {
                // The type changes, once or now and then.
                let Some(x) = self.variable(None, true) else { return };
                let (condition, value) = (self.condition(), self.fitting(&x));
                self.line(&format!("if {condition} then {x} = {value} end"));
            }
            6 | 7 => self.array(),
            8 | 9 => self.record(),
            10 => {
                let (o, key) = (self.object(), self.random.pick(&KEYS));
                let (value, operator) = (self.number(1), self.random.pick(&ARITH));
                let name = self.name("y");
                let text = match self.random.below(6) {
                    0 => format!("{o} {operator} {value}"),
                    1 => format!("{value} {operator} {o}"),
                    2 => format!("{o}.{key}"),
                    3 => format!("{o}[{value}]"),
                    4 => format!("- {o}"),
                    _ => format!("{o} .. {value} .. {o}"),
                };
                self.bind(&name, Kind::Number, &text);
            }
            11 => {
                let (o, value) = (self.object(), self.number(1));
                let name = self.name("y");
                match self.random.below(3) {
                    0 => self.bind(&name, Kind::Number, &format!("{o}({value}, {value})")),
                    1 => self.bind(&name, Kind::Number, &format!("derived({value}):f({value})")),
                    _ => {
                        let Some(x) = self.variable(Some(Kind::Object), true) else { return };
                        let wild = self.scope.iter().any(|v| v.name == x && v.wild);
                        let with = self.random.pick(if wild { &["meta", "meta2", "nil"] } else { &["meta", "meta2"] });
                        let condition = self.condition();
                        self.line(&format!(
                            "if type({x}) == \"table\" and {condition} then setmetatable({x}, {with}) end"
                        ));
                    }
                }
            }
            12 => self.closure(),
            13 => {
                let name = self.name("y");
                let text = self.vararg_use();
                self.bind(&name, Kind::Number, &text);
            }
            14 | 15 => self.protected(),
            16 => {
                let name = self.name("y");
                let call = self.call(1);
                self.bind(&name, Kind::Number, &call);
            }
            17 => {
                let text = match self.random.below(3) {
                    0 => self
                        .random
                        .pick(&["up1 = num(up1) + 1", "up4 = num(up4) * 0.5 + 1", "up2 = clip(str(up2) .. \"u\")"])
                        .into(),
                    1 => {
                        let (condition, value) = (self.condition(), self.any());
                        format!("if {condition} then up{} = {value} end", self.random.pick(&["1", "2", "4"]))
                    }
                    _ => {
                        let (key, value) = (self.random.pick(&KEYS), self.number(1));
                        format!("if type(up3) == \"table\" then up3.{key} = {value} end")
                    }
                };
                self.guarded(&text);
            }
            18 => {
                let i = self.counters.last().cloned().unwrap_or_else(|| "7".into());
                let (a, b) = (self.any(), self.variable(None, false).unwrap_or_else(|| "nil".into()));
                self.line(&format!("if {i} % 13 == 5 then emit({a}, {b}) end"));
            }
            19 => {
                let Some(wrap) = self.wraps.last().cloned().filter(|_| !self.yields) else { return };
                let (a, b) = (self.name("y"), self.number(1));
                self.line(&format!("local ok{a}, {a}, b{a} = pcall({wrap}, {b})"));
                self.add_wild(&a, Kind::Number);
            }
            20 => {
                let (name, kind) = (self.name("y"), self.kind());
                let value = self.value(kind);
                self.line(&format!("local {name} = {value}"));
                self.add(&name, kind, false);
            }
            21 => {
                let name = self.name("y");
                let text = self.string(2);
                self.bind(&name, Kind::String, &text);
            }
            22..=24 => {
                let condition = self.condition();
                self.line(&format!("if {condition} then"));
                self.block(|g| {
                    for _ in 0..g.random.below(2) + 1 {
                        g.statement(depth - 1);
                    }
                });
                if self.random.once_in(2) {
                    self.line("else");
                    self.block(|g| g.statement(depth - 1));
                }
                self.line("end");
            }
            25 | 26 => {
                self.line("do");
                self.block(|g| g.hot_loop(depth - 1));
                self.line("end");
            }
            _ => self.coroutine(depth - 1),
        }
    }

    /// A statement that may fail: in a function of its own under `pcall`, or as it is, or after a test.
    fn guarded(&mut self, text: &str) {
        if self.yields || text.contains("...") {
            return self.line(text);
        }
        match self.random.below(6) {
            0 => {
                let e = self.name("e");
                self.line(&format!("local ok{e}, {e} = pcall(function() {text} end)"));
                let i = self.counters.last().cloned().unwrap_or_else(|| "5".into());
                self.line(&format!("if not ok{e} and {i} % 7 < 2 then emit({e}) end"));
            }
            _ => self.line(text),
        }
    }

    /// Declares a local with the value of an expression that may fail.
    fn bind(&mut self, name: &str, kind: Kind, text: &str) {
        if self.random.once_in(4) && !text.contains("...") {
            self.line(&format!("local ok{name}, {name} = pcall(function() return {text} end)"));
            if self.random.once_in(2) {
                let i = self.counters.last().cloned().unwrap_or_else(|| "5".into());
                self.line(&format!("if {i} % 11 == 3 then emit({name}) end"));
            }
        } else {
            self.line(&format!("local {name} = {text}"));
        }
        self.add_wild(name, kind);
    }

    fn array(&mut self) {
        let Some(t) = self.read(Kind::Array) else { return };
        let value = if self.random.once_in(8) { self.any() } else { self.number(1) };
        let i = self.counters.last().cloned().unwrap_or_else(|| "3".into());
        let text = match self.random.below(11) {
            0 => format!("if #{t} < 60 and ({value}) ~= nil then {t}[#{t} + 1] = {value} end"),
            1 => format!("if #{t} < 60 then table.insert({t}, {i}) end"),
            2 => format!("if #{t} < 60 then table.insert({t}, 1, {i}) end"),
            3 => format!("table.remove({t})"),
            4 => format!("if #{t} > 4 then table.remove({t}, {} ) end", self.random.below(4) + 1),
            5 => format!("if #{t} > 0 then {t}[({i} - {i} % 1) % #{t} + 1] = ({}) or 0 end", self.number(1)),
            6 => {
                let name = self.name("y");
                let how = self.random.pick(&["pairs", "ipairs"]);
                self.line(&format!("local {name} = 0"));
                self.add(&name, Kind::Number, false);
                format!(
                    "for k, v in {how}({t}) do if type(v) == \"number\" and v == v and v < 1e9 then {name} = {name} + math.floor(v) {t}[k] = v + 1 end end"
                )
            }
            7 => {
                let name = self.name("y");
                self.bind(&name, Kind::Number, &format!("{t}[{i} % 5]"));
                return;
            }
            8 => {
                let name = self.name("y");
                self.bind(&name, Kind::Number, &format!("(#{t} + select(\"#\", unpack({t})))"));
                return;
            }
            9 => {
                let name = self.name("y");
                self.bind(&name, Kind::String, &format!("clip(table.concat({t}, \",\"))"));
                return;
            }
            _ => {
                let (a, b) = (self.random.below(4) + 1, self.random.below(4) + 1);
                format!("if #{t} >= 4 then {t}[{a}], {t}[{b}] = {t}[{b}], {t}[{a}] end")
            }
        };
        self.guarded(&text);
    }

    fn record(&mut self) {
        let Some(r) = self.read(Kind::Record) else { return };
        let (key, other) = (self.random.pick(&KEYS), self.random.pick(&KEYS));
        let value = if self.random.once_in(4) { self.any() } else { self.number(1) };
        let text = match self.random.below(8) {
            0 | 1 => format!("{r}.{key} = {value}"),
            2 => format!("{r}.{key} = num({r}.{key}) + 1"),
            3 => {
                let name = self.name("y");
                self.bind(&name, Kind::Number, &format!("{r}.{key}"));
                return;
            }
            4 => format!("{r}.{key}, {r}.{other} = {r}.{other}, {r}.{key}"),
            5 => {
                let name = self.name("y");
                self.line(&format!("local {name} = 0"));
                self.add(&name, Kind::Number, false);
                format!(
                    "for k, v in pairs({r}) do {name} = {name} + #tostring(k) if type(v) == \"number\" then {r}[k] = v + 1 else {r}[k] = nil end end"
                )
            }
            6 => format!("{r}[{}] = {value}", self.string(1)),
            _ => {
                let condition = self.condition();
                format!("if {condition} then {r}.{key} = nil end")
            }
        };
        self.guarded(&text);
    }

    fn closure(&mut self) {
        let (f, y) = (self.name("fn"), self.name("y"));
        let x = self.variable(Some(Kind::Number), true).unwrap_or_else(|| "up1".into());
        let old = if self.random.once_in(6) { x.clone() } else { format!("num({x})") };
        let i = self.counters.last().cloned().unwrap_or_else(|| "1".into());
        let (value, operator) = (self.number(1), self.random.pick(&ARITH));
        match self.random.below(4) {
            0 => {
                self.line(&format!("local {f} = function(d) {x} = {old} {operator} num(d) return {i} end"));
                self.bind(&y, Kind::Number, &format!("{f}({value})"));
            }
            1 => {
                let n = self.name("y");
                self.line(&format!("local {n} = {i}"));
                self.line(&format!("local {f} = function() {n} = {n} + 1 return {n} end"));
                self.line(&format!("{f}()"));
                self.bind(&y, Kind::Number, &format!("{f}() {operator} {n}"));
            }
            2 => {
                let Some(t) = self.read(Kind::Array) else { return };
                self.line(&format!("local {f} = function() return {i}, {x} end"));
                self.bind(&y, Kind::Number, &format!("select(2, {f}())"));
                self.guarded(&format!("if #{t} < 60 then {t}[#{t} + 1] = ({f}()) end"));
            }
            _ => {
                self.line(&format!("local {f} = {{ }}"));
                self.line(&format!("for j = 1, 3 do {f}[j] = function(d) {x} = d return j end end"));
                self.bind(&y, Kind::Number, &format!("{f}[1]({value}) + {f}[3]({value})"));
            }
        }
    }

    fn vararg_use(&mut self) -> String {
        if !self.vararg || self.yields {
            let call = self.call(1);
            return format!("select(\"#\", {call})");
        }
        let i = self.counters.last().cloned().unwrap_or_else(|| "1".into());
        match self.random.below(6) {
            0 => "select(\"#\", ...)".into(),
            1 => format!("(select(int({i}) % 2 + 1, ...))"),
            2 => "(...)".into(),
            3 => "#{ ... }".into(),
            4 => match self.leaves.last().cloned() {
                Some(leaf) => format!("{leaf}(...)"),
                None => "math.max(1, ...)".into(),
            },
            _ => "select(-1, 0, ...)".into(),
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let (a, b) = (self.number(depth), self.number(depth));
        let at = self.random.below(self.leaves.len().max(1));
        match self.leaves.get(at).cloned() {
            Some(leaf) => match self.random.below(4) {
                0 => format!("{leaf}({a})"),
                1 => format!("{leaf}({}, {b})", self.any()),
                _ => format!("{leaf}({a}, {b})"),
            },
            None => format!("math.max({a}, {b})"),
        }
    }

    fn protected(&mut self) {
        let (ok, y) = (self.name("ok"), self.name("y"));
        let (a, b) = (self.number(1), self.any());
        let i = self.counters.last().cloned().unwrap_or_else(|| "3".into());
        let leaf = self.leaves.last().cloned().unwrap_or_else(|| "tostring".into());
        let x = self.variable(None, false).unwrap_or_else(|| "nil".into());
        let text = match self.random.below(10) {
            0 => format!("pcall({leaf}, {a}, {b})"),
            1 => format!("pcall(error, {b})"),
            2 => format!("pcall(error, {{ code = {i} }})"),
            3 => format!("pcall(function() error(\"m\" .. {i} % 3, {}) end)", self.random.below(3)),
            4 => format!("pcall(function() return {x}.field.other end)"),
            5 => format!("pcall(function() local t = {b} return t + {i} end)"),
            6 => format!("xpcall(function() return {x} .. {a} end, function(m) return show(m) .. \"!\" end)"),
            7 => format!("xpcall({leaf}, function(m) return m end, {a}, {b})"),
            8 => format!("pcall(pcall, {leaf}, {a})"),
            _ => format!("pcall(function() if {} then error({b}) end return {a} end)", self.condition()),
        };
        self.line(&format!("local {ok}, {y} = {text}"));
        if self.random.once_in(2) {
            self.line(&format!(
                "if {i} % 9 == 4 or type({y}) == \"boolean\" and {i} % 5 == 1 then emit({ok}, {y}) end"
            ));
        }
        self.add_wild(&y, Kind::Number);
    }

    /// A coroutine of its own: resumed a few times, perhaps beyond its end.
    fn coroutine(&mut self, depth: usize) {
        let (co, p, y) = (self.name("co"), self.name("p"), self.name("y"));
        let outer = (std::mem::replace(&mut self.yields, true), std::mem::replace(&mut self.vararg, false));
        self.line(&format!("local {co} = coroutine.create(function({p})"));
        self.block(|g| {
            g.add_wild(&p, Kind::Number);
            if depth > 0 {
                g.line("for j = 1, 12 do");
            } else {
                g.line("do");
            }
            g.block(|g| {
                g.statement(0);
                let value = g.number(1);
                g.line(&format!("{p} = coroutine.yield({value})"));
            });
            g.line("end");
            let value = g.any();
            g.line(&format!("return {value}"));
        });
        (self.yields, self.vararg) = outer;
        self.line("end)");
        let (n, value) = (self.random.below(5) + 2, self.number(1));
        self.line(&format!("local {y}"));
        self.line(&format!("for j = 1, {n} do local ok, v = coroutine.resume({co}, {value}) {y} = v end"));
        self.add_wild(&y, Kind::Number);
    }

    // ---- expressions ----

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.once_in(4) {
            return match self.random.below(5) {
                0 => self.constant(),
                1 => self.counters.last().cloned().unwrap_or_else(|| "2".into()),
                // Now and then anything.
                2 if self.random.once_in(30) => self.variable(None, false).unwrap_or_else(|| "nil".into()),
                _ => self.read(Kind::Number).unwrap_or_else(|| "1".into()),
            };
        }
        let d = depth - 1;
        match self.random.below(16) {
            0..=4 => format!("({} {} {})", self.number(d), self.random.pick(&ARITH), self.number(d)),
            5 => format!("(- {})", self.number(d)),
            6 => format!("int({})", self.number(d)),
            7 => {
                // The software rounding of stock LuaJIT drops the sign of zero: hence the sum.
                let f = self.random.pick(&["math.floor", "math.abs", "math.sqrt", "tonumber", "math.ceil"]);
                format!("({f}({}) + 0)", self.number(d))
            }
            8 => format!("math.{}({}, {})", self.random.pick(&["min", "max", "fmod"]), self.number(d), self.number(d)),
            9 => {
                let f = self.random.pick(&["band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror"]);
                format!("bit.{f}(int({}), int({}))", self.number(d), self.number(d))
            }
            10 => format!("#{}", self.string(d)),
            11 => format!("(tonumber({}) or 3)", self.string(d)),
            12 => format!("(({}):byte({}) or 0)", self.string(d), self.random.below(4)),
            13 => format!("({} and {} or {})", self.compare(), self.number(d), self.number(d)),
            14 => format!("val({})", self.object()),
            _ => match self.variable(Some(Kind::Record), false) {
                Some(r) => format!("num(tab({r}).{})", self.random.pick(&KEYS)),
                None => "calls".into(),
            },
        }
    }

    fn string(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.once_in(4) {
            return match self.random.below(3) {
                0 => {
                    let text = self.value(Kind::String);
                    format!("({text})")
                }
                1 if self.random.once_in(20) => self.variable(None, false).unwrap_or_else(|| "\"q\"".into()),
                _ => self.read(Kind::String).unwrap_or_else(|| "(\"s\")".into()),
            };
        }
        let d = depth - 1;
        match self.random.below(9) {
            0 | 1 => format!("({} .. {})", self.string(d), self.string(d)),
            2 => format!("({} .. {} .. {})", self.string(d), self.number(d), self.string(d)),
            3 => format!("({}):sub(int({}), int({}))", self.string(d), self.number(d), self.number(d)),
            4 => format!("({}):{}()", self.string(d), self.random.pick(&["upper", "lower", "reverse"])),
            5 => format!("({}):rep({})", self.string(d), self.random.below(3)),
            6 => format!("tostring({})", self.number(d)),
            7 => format!("string.char(int({}) % 256)", self.number(d)),
            _ => format!("(({}):gsub(\"%w\", \"<%0>\", 2))", self.string(d)),
        }
    }
}
