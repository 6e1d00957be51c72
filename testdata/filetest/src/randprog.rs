//! Random Lua programs: valid, terminating, deterministic, and printing what they compute.
//!
//! The generator keeps a kind for each variable in scope (number, string, array, record, object, function), and builds
//! expressions by kind, so that most operations succeed; now and then it slips in an operand of a wrong kind, whose error
//! message is then part of the output. Every loop and every function counts down a budget, which ends what would run too
//! long. What the language leaves open is avoided: the order of `pairs`, the length of arrays with holes, addresses.
//!
//! Invariant: the program is a function of the seed.
//! Invariant: each statement starts a line, so that removing lines is a way to shrink a program.

use crate::random::Random;

/// What a variable holds for its whole life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Number,
    String,
    /// A table of numbers without holes.
    Array,
    /// A table with a few string keys and scalar values, which may be absent.
    Record,
    /// A table with metamethods.
    Object,
    /// A function from numbers to a number.
    Function,
}

const KINDS: [Kind; 6] = [Kind::Number, Kind::String, Kind::Array, Kind::Record, Kind::Object, Kind::Function];
const KEYS: [&str; 4] = ["a", "b", "key", "x"];

struct Variable {
    name: String,
    kind: Kind,
    /// A loop variable, say, which is not assigned to.
    constant: bool,
}

struct Generator {
    random: Random,
    lines: Vec<String>,
    scope: Vec<Variable>,
    indent: usize,
    /// Names given out so far.
    names: usize,
    /// Nesting of loops and functions.
    depth: usize,
    in_coroutine: bool,
    in_vararg: bool,
}

/// What every program starts with: the budget, output without addresses, and repairs of values.
pub const PRELUDE: &str = r##"local budget = 3000
local function tick() budget = budget - 1 if budget < 0 then error("budget", 0) end return true end
local function show(v, d)
  if type(v) == "number" and v ~= v then return "nan" end
  if type(v) ~= "table" then return type(v) == "function" and "function" or type(v) == "thread" and "thread" or type(v) == "string" and ("%q"):format(v) or tostring(v) end
  if (d or 0) > 3 then return "..." end
  local keys, parts = {}, {}
  for k in next, v do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) if type(a) ~= type(b) then return type(a) < type(b) end return a < b end)
  for i, k in ipairs(keys) do parts[i] = tostring(k) .. "=" .. show(rawget(v, k), (d or 0) + 1) end
  return "{" .. table.concat(parts, ",") .. "}"
end
local function emit(...) local t = {} for i = 1, select("#", ...) do t[i] = show((select(i, ...))) end print(table.concat(t, " ")) end
local function idx(a, n) if n ~= n or n == 1 / 0 or n == -1 / 0 or #a == 0 then return 1 end return math.floor(n) % #a + 1 end
local function clip(s) return #s > 60 and s:sub(1, 60) or s end
local function num(v) return tonumber(v) or 0 end
local function int(n) if n ~= n or n > 1e9 or n < -1e9 then return 7 end return math.floor(n) end
local function val(v) return type(v) == "table" and rawget(v, "v") or tonumber(v) or 1 end
local meta = {}
meta.__index = function(t, k) tick() return type(k) == "string" and #k + rawget(t, "v") or 0 end
meta.__newindex = function(t, k, v) tick() rawset(t, "v", val(v)) end
meta.__call = function(t, ...) tick() return rawget(t, "v") + select("#", ...) + val((...)) end
meta.__add = function(a, b) return val(a) + val(b) end
meta.__sub = function(a, b) return val(a) - val(b) end
meta.__mul = function(a, b) tick() return val(a) * val(b) + 1 end
meta.__unm = function(a) return -val(a) end
meta.__concat = function(a, b) return "<" .. tostring(val(a)) .. "|" .. tostring(val(b)) .. ">" end
meta.__eq = function(a, b) return val(a) == val(b) end
meta.__lt = function(a, b) return val(a) < val(b) end
meta.__tostring = function(a) return "obj" .. val(a) end
local function object(v) return setmetatable({ v = v }, meta) end"##;

/// Writes the program of a seed.
pub fn program(seed: u64) -> String {
    let mut generator = Generator {
        random: Random::new(seed),
        lines: PRELUDE.lines().map(String::from).collect(),
        scope: Vec::new(),
        indent: 0,
        names: 0,
        depth: 0,
        in_coroutine: false,
        in_vararg: false,
    };
    for kind in KINDS {
        generator.declare(kind);
    }
    for _ in 0..generator.random.below(12) + 6 {
        // Most errors are caught here; one that is not ends the program, which is compared as well.
        if generator.random.once_in(8) {
            generator.statement();
        } else {
            generator.line("emit(pcall(function()");
            generator.block(|generator| {
                for _ in 0..generator.random.below(5) + 2 {
                    generator.statement();
                }
                let result = generator.any();
                generator.line(&format!("return {result}"));
            });
            generator.line("end))");
        }
    }
    let names: Vec<String> = generator.scope.iter().map(|variable| variable.name.clone()).collect();
    generator.line(&format!("emit({})", names.join(", ")));
    generator.lines.join("\n") + "\n"
}

impl Generator {
    fn line(&mut self, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(self.indent)));
    }

    fn block(&mut self, body: impl FnOnce(&mut Generator)) {
        let outer = self.scope.len();
        self.indent += 1;
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.indent -= 1;
        self.scope.truncate(outer);
    }

    fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    fn add(&mut self, name: &str, kind: Kind, constant: bool) {
        self.scope.push(Variable { name: name.into(), kind, constant });
    }

    /// A variable of a kind that is in scope, if there is one.
    fn variable(&mut self, kind: Kind, assign: bool) -> Option<String> {
        let fitting: Vec<&Variable> = self.scope.iter().filter(|v| v.kind == kind && !(assign && v.constant)).collect();
        let count = fitting.len();
        if count == 0 {
            return None;
        }
        // Recent variables are more interesting: among them are locals and parameters.
        let at = if self.random.once_in(2) { count - 1 } else { self.random.below(count) };
        self.scope.iter().filter(|v| v.kind == kind && !(assign && v.constant)).nth(at).map(|v| v.name.clone())
    }

    fn declare(&mut self, kind: Kind) {
        let name = self.name(match kind {
            Kind::Number => "n",
            Kind::String => "s",
            Kind::Array => "a",
            Kind::Record => "r",
            Kind::Object => "o",
            Kind::Function => "f",
        });
        if kind == Kind::Function {
            return self.function(&name);
        }
        let value = self.expression(kind, 2);
        self.line(&format!("local {name} = {value}"));
        self.add(&name, kind, false);
    }

    fn function(&mut self, name: &str) {
        let vararg = self.random.once_in(3);
        let parameters = [self.name("p"), self.name("p")];
        let list = if vararg { format!("{}, ...", parameters[0]) } else { parameters.join(", ") };
        self.line(&format!("local function {name}({list})"));
        let (coroutine, outer_vararg) = (self.in_coroutine, self.in_vararg);
        self.in_coroutine = self.random.once_in(6);
        self.in_vararg = vararg;
        self.block(|generator| {
            generator.line("tick()");
            for parameter in parameters.iter().take(if vararg { 1 } else { 2 }) {
                generator.line(&format!("{parameter} = num({parameter})"));
                generator.add(parameter, Kind::Number, false);
            }
            if generator.random.once_in(3) {
                // Visible to itself: recursion, which the budget ends.
                generator.add(name, Kind::Function, true);
            }
            for _ in 0..generator.random.below(4) {
                generator.statement();
            }
            let result = generator.number(3);
            let more = if generator.random.once_in(3) { format!(", {}", generator.number(1)) } else { String::new() };
            generator.line(&format!("return {result}{more}"));
        });
        (self.in_coroutine, self.in_vararg) = (coroutine, outer_vararg);
        self.line("end");
        self.add(name, Kind::Function, false);
    }

    fn statement(&mut self) {
        let simple = self.depth > 4 || self.lines.len() > 220;
        match self.random.below(if simple { 7 } else { 16 }) {
            0 | 1 => {
                let kind = KINDS[self.random.below(5)];
                self.declare(kind);
            }
            2 | 3 => self.assignment(),
            4 => self.table_update(),
            5 => {
                let (first, second) = (self.any(), self.any());
                self.line(&format!("emit({first}, {second})"));
            }
            6 => self.swap(),
            7 => self.conditional(),
            8 | 9 => self.numeric_loop(),
            10 => self.while_loop(),
            11 => self.generic_loop(),
            12 => self.protected(),
            13 => self.coroutine(),
            14 => {
                let name = self.name("f");
                self.function(&name);
            }
            _ => self.callback(),
        }
    }

    fn assignment(&mut self) {
        let kind = [Kind::Number, Kind::Number, Kind::String, Kind::Object, Kind::Array][self.random.below(5)];
        let Some(name) = self.variable(kind, true) else { return self.declare(kind) };
        let value = self.expression(kind, 3);
        self.line(&format!("{name} = {value}"));
    }

    fn swap(&mut self) {
        let (Some(first), Some(second)) = (self.variable(Kind::Number, true), self.variable(Kind::Number, true)) else {
            return;
        };
        let (a, b) = (self.number(1), self.number(1));
        match self.random.below(2) {
            0 => self.line(&format!("{first}, {second} = {second}, {first}")),
            _ if first != second => self.line(&format!("{first}, {second} = {a}, {b}")),
            _ => self.line(&format!("{first} = {a}")),
        }
    }

    fn table_update(&mut self) {
        match self.random.below(6) {
            0 | 1 => {
                let Some(array) = self.variable(Kind::Array, false) else { return };
                let value = self.number(2);
                self.line(&format!("if #{array} < 40 then {array}[#{array} + 1] = {value} end"));
            }
            2 => {
                let Some(array) = self.variable(Kind::Array, false) else { return };
                let (at, value) = (self.number(1), self.number(2));
                self.line(&format!("{array}[idx({array}, {at})] = {value}"));
            }
            3 => {
                let Some(array) = self.variable(Kind::Array, false) else { return };
                let at = self.number(1);
                let text = match self.random.below(2) {
                    0 => format!("table.remove({array}, idx({array}, {at}))"),
                    _ => format!("if #{array} < 40 then table.insert({array}, idx({array}, {at}), {at}) end"),
                };
                self.line(&text);
            }
            4 => {
                let Some(record) = self.variable(Kind::Record, false) else { return };
                let key = self.random.pick(&KEYS);
                let value = if self.random.once_in(5) { "nil".into() } else { self.scalar() };
                self.line(&format!("{record}.{key} = {value}"));
            }
            _ => {
                let Some(object) = self.variable(Kind::Object, false) else { return };
                let (key, value) = (self.random.pick(&["v", "w", "field"]), self.number(2));
                self.line(&format!("{object}.{key} = {value}"));
            }
        }
    }

    fn conditional(&mut self) {
        let condition = self.boolean(2);
        self.line(&format!("if {condition} then"));
        self.block(|generator| generator.statements());
        if self.random.once_in(3) {
            let condition = self.boolean(2);
            self.line(&format!("elseif {condition} then"));
            self.block(|generator| generator.statements());
        }
        if self.random.once_in(2) {
            self.line("else");
            self.block(|generator| generator.statements());
        }
        self.line("end");
    }

    fn statements(&mut self) {
        for _ in 0..self.random.below(3) + 1 {
            self.statement();
        }
    }

    /// A loop body, in which `break` and a `goto` to its end may stand.
    fn body(&mut self) {
        let label = self.name("continue");
        let uses_label = self.random.once_in(3);
        self.statements();
        if uses_label {
            let condition = self.boolean(1);
            self.line(&format!("if {condition} then goto {label} end"));
        }
        if self.random.once_in(5) {
            let condition = self.boolean(1);
            self.line(&format!("if {condition} then break end"));
        }
        // In a block of its own: a goto may not enter the scope of a local.
        self.line("do");
        self.block(|generator| generator.statements());
        self.line("end");
        if uses_label {
            self.line(&format!("::{label}::"));
        }
    }

    fn numeric_loop(&mut self) {
        let variable = self.name("i");
        let range = match self.random.below(6) {
            0 => "3, 1, -1".into(),
            1 => "0, 1, 0.25".into(),
            2 => format!("1, idx({{ 1, 2, 3, 4 }}, {})", self.number(1)),
            3 => format!("{0}, {0} + 2", self.random.below(5)),
            4 => "1, 60".into(),
            _ => format!("1, {}", self.random.below(6)),
        };
        self.line(&format!("for {variable} = {range} do"));
        self.block(|generator| {
            generator.line("tick()");
            generator.add(&variable, Kind::Number, generator.names % 2 == 0);
            generator.body();
        });
        self.line("end");
    }

    fn while_loop(&mut self) {
        let condition = self.boolean(2);
        if self.random.once_in(2) {
            self.line(&format!("while tick() and {condition} do"));
            self.block(Generator::body);
            self.line("end");
        } else {
            let counter = self.name("n");
            self.line(&format!("local {counter} = 0"));
            self.add(&counter, Kind::Number, true);
            self.line("repeat");
            self.block(|generator| {
                generator.line(&format!("{counter} = {counter} + 1"));
                generator.statements();
            });
            self.line(&format!("until not tick() or {counter} > 3 or {condition}"));
        }
    }

    fn generic_loop(&mut self) {
        let (key, value) = (self.name("k"), self.name("v"));
        let source = match self.random.below(4) {
            0 => format!("ipairs({})", self.expression(Kind::Array, 1)),
            1 => {
                let value = self.outside_vararg(2);
                format!("coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, {value}) end end)")
            }
            2 => "function(s, i) if i < s then return i + 1, s end end, 3, 0".to_string(),
            // One key, so that the order is known.
            _ => format!("pairs({{ {} }})", self.number(2)),
        };
        self.line(&format!("for {key}, {value} in {source} do"));
        self.block(|generator| {
            generator.line("tick()");
            generator.add(&key, Kind::Number, true);
            generator.add(&value, Kind::Number, false);
            generator.body();
        });
        self.line("end");
    }

    fn protected(&mut self) {
        let handler = self.random.once_in(3);
        self.line(if handler { "emit(xpcall(function(...)" } else { "emit(pcall(function(...)" });
        let outer = std::mem::replace(&mut self.in_vararg, true);
        self.block(|generator| {
            generator.statements();
            if generator.random.once_in(3) {
                let value = generator.any();
                let level = generator.random.below(3);
                generator.line(&format!("error({value}, {level})"));
            } else {
                let value = generator.any();
                generator.line(&format!("return {value}, ..."));
            }
        });
        self.in_vararg = outer;
        let argument = self.number(1);
        self.line(&if handler {
            format!("end, function(m) return \"handled \" .. show(m) end, {argument}))")
        } else {
            format!("end, {argument}))")
        });
    }

    fn coroutine(&mut self) {
        let (name, parameter) = (self.name("co"), self.name("p"));
        self.line(&format!("local {name} = coroutine.create(function({parameter})"));
        let outer = std::mem::replace(&mut self.in_coroutine, true);
        let outer_vararg = std::mem::replace(&mut self.in_vararg, false);
        self.block(|generator| {
            generator.line("tick()");
            generator.line(&format!("{parameter} = num({parameter})"));
            generator.add(&parameter, Kind::Number, false);
            for _ in 0..2 {
                generator.statement();
                let value = generator.number(2);
                generator.line(&format!("{parameter} = num(coroutine.yield({value}))"));
            }
            let value = generator.number(2);
            generator.line(&format!("return {value}"));
        });
        (self.in_coroutine, self.in_vararg) = (outer, outer_vararg);
        self.line("end)");
        for _ in 0..self.random.below(4) + 1 {
            let value = self.number(1);
            self.line(&format!("emit(coroutine.resume({name}, {value}))"));
        }
        self.line(&format!("emit(coroutine.status({name}))"));
    }

    /// A library function that calls back.
    fn callback(&mut self) {
        let text = match self.random.below(4) {
            0 => {
                let array = self.expression(Kind::Array, 1);
                let name = self.name("t");
                self.line(&format!("local {name} = {array}"));
                self.line(&format!("for i = 1, #{name} do {name}[i] = int({name}[i]) end"));
                let order = self.random.pick(&[
                    "",
                    ", function(x, y) return x > y end",
                    ", function(x, y) tick() return x < y end",
                ]);
                format!("table.sort({name}{order}) emit({name})")
            }
            1 => {
                let (subject, result) = (self.string(2), self.outside_vararg(2));
                format!("emit((({subject}):gsub(\"%w\", function(c) tick() return c .. int({result}) % 10 end, 5)))")
            }
            2 => {
                let (subject, pattern) =
                    (self.string(2), self.random.pick(&["%a+", "%d", "(.)(.)", "[^a]*", "^.-x", "%s*(%w)"]));
                format!("for c, d in ({subject}):gmatch(\"{pattern}\") do tick() emit(c, d) end")
            }
            _ => {
                let (number, text) = (self.number(2), self.string(1));
                format!("emit((\"%5.2f|%s|%d|%x\"):format({number}, {text}, int({number}), int({number}) % 4096))")
            }
        };
        self.line(&text);
    }

    fn expression(&mut self, kind: Kind, depth: usize) -> String {
        match kind {
            Kind::Number => self.number(depth),
            Kind::String => self.string(depth),
            Kind::Array => match self.random.below(3) {
                0 => self.variable(Kind::Array, false).unwrap_or_else(|| "{}".into()),
                1 => {
                    let items: Vec<String> = (0..self.random.below(5)).map(|_| self.number(1)).collect();
                    format!("{{ {} }}", items.join(", "))
                }
                _ => {
                    let call = self.call(1);
                    format!("{{ {}, {call} }}", self.number(1))
                }
            },
            Kind::Record => {
                let fields: Vec<String> =
                    (0..self.random.below(4)).map(|at| format!("{} = {}", KEYS[at], self.scalar())).collect();
                format!("{{ {} }}", fields.join(", "))
            }
            Kind::Object => match self.variable(Kind::Object, false) {
                Some(name) if self.random.once_in(2) => name,
                _ => format!("object({})", self.number(1)),
            },
            Kind::Function => self.variable(Kind::Function, false).unwrap_or_else(|| "num".into()),
        }
    }

    fn scalar(&mut self) -> String {
        match self.random.below(5) {
            0 => self.string(1),
            1 => self.boolean(1),
            _ => self.number(1),
        }
    }

    fn any(&mut self) -> String {
        match self.random.below(8) {
            0 => "nil".into(),
            1 => self.boolean(2),
            2 | 3 => self.string(2),
            4 => {
                let kind = KINDS[self.random.below(KINDS.len())];
                self.variable(kind, false).unwrap_or_else(|| "nil".into())
            }
            _ => self.number(3),
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let (a, b) = (self.number(depth), self.number(depth));
        match self.variable(Kind::Function, false) {
            Some(name) if self.random.once_in(3) => format!("{name}({a})"),
            Some(name) => format!("{name}({a}, {b})"),
            None => format!("math.max({a}, {b})"),
        }
    }

    /// A number for the body of a function without `...`.
    fn outside_vararg(&mut self, depth: usize) -> String {
        let outer = std::mem::replace(&mut self.in_vararg, false);
        let text = self.number(depth);
        self.in_vararg = outer;
        text
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.once_in(4) {
            return match self.random.below(4) {
                0 => self
                    .random
                    .pick(&[
                        "0",
                        "1",
                        "2",
                        "3",
                        "-1",
                        "0.5",
                        "10",
                        "255",
                        "1e15",
                        "2147483647",
                        "-0",
                        "1e308",
                        "0x10",
                        "7",
                    ])
                    .into(),
                _ => self.variable(Kind::Number, false).unwrap_or_else(|| "4".into()),
            };
        }
        // An operand of a wrong kind: the error names it.
        if self.random.once_in(60) {
            let kind = [Kind::Array, Kind::Record, Kind::Function][self.random.below(3)];
            let wrong = self.variable(kind, false).unwrap_or_else(|| "nothing".into());
            return match self.random.below(4) {
                0 => format!("({wrong} + 1)"),
                1 => format!("({wrong}.nothing.x or 1)"),
                2 => format!("{wrong}:method(1)"),
                _ => format!("(1 - nothing{})", self.random.below(3)),
            };
        }
        let below = depth - 1;
        match self.random.below(20) {
            0..=5 => {
                let operator = self.random.pick(&["+", "-", "*", "/", "%", "+", "-"]);
                format!("({} {operator} {})", self.number(below), self.number(below))
            }
            6 => format!("(- {})", self.number(below)),
            7 => format!("#{}", self.variable(Kind::Array, false).unwrap_or_else(|| "\"four\"".into())),
            8 => format!("#({})", self.string(below)),
            9 => {
                let array = self.variable(Kind::Array, false).unwrap_or_else(|| "({ 1 })".into());
                format!("num({array}[{}])", self.number(below))
            }
            10 => {
                let record = self.expression(Kind::Record, below);
                let record = self.variable(Kind::Record, false).unwrap_or(format!("({record})"));
                format!("num({record}.{})", self.random.pick(&KEYS))
            }
            11 | 12 => format!("({})", self.call(below)),
            13 => format!("({} and {} or {})", self.boolean(below), self.number(below), self.number(below)),
            14 => {
                let object = self.expression(Kind::Object, below);
                let operator = self.random.pick(&["+", "-", "*"]);
                format!("({object} {operator} {})", self.number(below))
            }
            15 => {
                let object = self.variable(Kind::Object, false).unwrap_or_else(|| "object(1)".into());
                match self.random.below(3) {
                    0 => format!("{object}({})", self.number(below)),
                    1 => format!("{object}.{}", self.random.pick(&["v", "w", "field"])),
                    _ => format!("(-{object})"),
                }
            }
            16 => {
                let function =
                    self.random.pick(&["math.floor", "math.abs", "num", "bit.tobit", "bit.bnot", "math.ceil"]);
                // The software rounding of stock LuaJIT drops the sign of zero.
                if function == "math.ceil" {
                    format!("(math.ceil({}) + 0)", self.number(below))
                } else {
                    format!("{function}(int({}))", self.number(below))
                }
            }
            17 => format!(
                "bit.{}(int({}), int({}))",
                self.random.pick(&["band", "bor", "bxor", "lshift", "rshift", "arshift", "rol"]),
                self.number(below),
                self.number(below)
            ),
            18 if self.in_coroutine => format!("num(coroutine.yield({}))", self.number(below)),
            18 if self.in_vararg => {
                self.random.pick(&["select(\"#\", ...)", "num((...))", "num((select(-1, 0, ...)))"]).into()
            }
            _ => format!("num({})", self.string(below)),
        }
    }

    fn string(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.once_in(4) {
            return match self.random.below(3) {
                0 => self
                    .random
                    .pick(&["\"\"", "\"abc\"", "\"10\"", "\"x y\"", "\"0x1F\"", "\"a\\0b\"", "\"1e2\"", "[[long]]"])
                    .into(),
                _ => self.variable(Kind::String, false).unwrap_or_else(|| "\"s\"".into()),
            };
        }
        let below = depth - 1;
        match self.random.below(9) {
            0 | 1 => format!("clip({} .. {})", self.string(below), self.string(below)),
            2 => format!("clip({} .. int({}) .. {})", self.string(below), self.number(below), self.string(below)),
            3 => format!("({}):sub(int({}), int({}))", self.string(below), self.number(below), self.number(below)),
            4 => format!("({}):{}()", self.string(below), self.random.pick(&["upper", "lower", "reverse"])),
            5 => format!("clip(({}):rep({}))", self.string(below), self.random.below(3)),
            6 => format!("clip({} .. {})", self.expression(Kind::Object, below), self.string(below)),
            7 => format!("tostring({})", self.boolean(below)),
            _ => format!("({} and {} or {})", self.boolean(below), self.string(below), self.string(below)),
        }
    }

    fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.random.pick(&["true", "false", "(1 < 2)"]).into();
        }
        let below = depth - 1;
        match self.random.below(8) {
            0..=2 => {
                let operator = self.random.pick(&["<", "<=", ">", ">=", "==", "~="]);
                format!("({} {operator} {})", self.number(below), self.number(below))
            }
            3 => {
                let operator = self.random.pick(&["<", "==", "~=", ">="]);
                format!("({} {operator} {})", self.string(below), self.string(below))
            }
            4 => {
                let operator = self.random.pick(&["<", "<=", "==", "~="]);
                format!(
                    "({} {operator} {})",
                    self.expression(Kind::Object, below),
                    self.expression(Kind::Object, below)
                )
            }
            5 => format!("({} and {})", self.boolean(below), self.boolean(below)),
            6 => format!("({} or {})", self.boolean(below), self.boolean(below)),
            _ => format!("(not {})", self.boolean(below)),
        }
    }
}
