//! Instructions, constants, lines and names are LuaJIT's.

mod oracle;
use oracle::compare;
#[path = "oracle/generate.rs"]
mod generate;

use generate::Random;
use std::time::{Duration, Instant};

#[test]
fn instructions_are_known() {
    use bytecode::{Ins, Op};
    let chunk = oracle::compile(b"local a = 1 return a + 1.5, {a = 2}, f(...)").unwrap();
    let expected = [
        Ins::ad(Op::FUNCV, 6, 0),
        Ins::ad(Op::KSHORT, 0, 1),
        Ins::abc(Op::ADDVN, 1, 0, 0),
        Ins::ad(Op::TDUP, 2, 0),
        Ins::ad(Op::GGET, 3, 1),
        Ins::abc(Op::VARG, 5, 0, 0),
        Ins::abc(Op::CALLM, 3, 0, 0),
        Ins::ad(Op::RETM, 1, 2),
    ];
    assert_eq!(chunk.main.bc, expected);
    assert_eq!(chunk.main.knum, [1.5]);
    let stripped = luac::compile(b"local a", b"=x", &luac::Options { strip: true }).unwrap();
    assert!(stripped.main.debug.is_none() && chunk.main.debug.is_some());
}

#[test]
fn constants() {
    compare(&[
        "return 0, 1, -1, 32767, 32768, -32768, -32769, 65535, 1.5, -0, 0.0, 1e5, 1e400, -1e400, 2^53, 0x7fffffff, -2^31",
        "return 1+2, 3*4-5, 7%3, -7%3, 7%-3, 5.5%2, 2^10, 2^0.5, 1/3, 1/0, -1/0, 0/0, 0*-1, -(0), - -0, -(-5), 5-5, (2)^(3)",
        "return 1 == 1, 1 < 2, 'a' .. 'b', 'a' < 'b', not nil, not 0, not 'x', not {}, #'abc', -'2', 1 + '2', nil == false",
        "local a = nil, false, true local b, c, d local e = nil local f, g = nil, nil",
        "local a = 1 local b, c do local d end local e, f if x then end local g, h",
        "x = nil y = true z = false w = 'str' v = 70000 u = 1.5",
        "local a function f() a = nil a = true a = 's' a = 1 a = 1.5 a = b a = a a = f() a = a == b a = not a a = {} end",
        "return 0x.8p1, 0x1p-1074, 0xffffffffffffffff, 0x1.fffffffffffffp1023, 0b101, 5e-324, 1.7976931348623157e308, 123456789012345678",
        "x.a = x.a x['a'] = x['b c'] x[1] = x[255] x[256] = x[-1] x[1.5] = x[true] x[nil] = x[0]",
    ]);
}

#[test]
fn operators() {
    let ops = ["+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">="];
    let operands = [
        "a", "g", "1", "'s'", "nil", "true", "t.x", "t[a]", "f()", "(f())", "...", "{}", "a.b.c", "not a", "-a",
        "a == 1", "0/0",
    ];
    let mut sources = Vec::new();
    for op in ops {
        for left in operands {
            let all: Vec<_> = operands.iter().map(|right| format!("{left} {op} {right}")).collect();
            sources.push(format!("local a, t = ... return {}", all.join(",\n")));
            sources.push(format!(
                "local a, t = ... {}",
                all.iter().map(|e| format!("if {e} then f() end x = {e} ")).collect::<String>()
            ));
        }
    }
    compare(&sources);
}

#[test]
fn conditions() {
    let atoms = [
        "a",
        "g",
        "nil",
        "false",
        "true",
        "1",
        "'s'",
        "f()",
        "a == b",
        "a < 1",
        "not a",
        "not (a == b)",
        "a.b",
        "(a and b)",
        "{}",
    ];
    let mut sources = Vec::new();
    for x in atoms {
        for y in atoms {
            for (first, second) in [("and", "or"), ("or", "and"), ("and", "and"), ("or", "or")] {
                let e = format!("{x} {first} {y} {second} b");
                sources.push(format!(
                    "local a, b = ... local c = {e} a = {e} g = {e} a.b = {e} f({e}) if {e} then f() elseif not ({e}) then h() else i() end
                     while {e} do f() end repeat f() until {e} return not ({e}), ({e}) == a, ({e}) + 1, ({e}) .. a, ({e}).x, {e}"
                ));
            }
        }
    }
    compare(&sources);
}

#[test]
fn assignments() {
    compare(&[
        "local a, b, c, t t[a], a = 1, 2 t[1], t = 1, 2 t.x, t = 1, 2 t[a], t[b], a, b, t = 1, 2, 3, 4, 5 a, a = 1, 2",
        "local a, b a, b = b, a a, b = b a, b = f() a, b = 1, f() a, b = f(), 1 a, b, c = f(), g() a = 1, 2, 3 a, b = 1, 2, f()",
        "local a a = a a, g, t.x = a, g, t.x a, b = ... a = ... local x, y = ... local z = ... a, b = (...), 1 a = (f())",
        "local function f() f() end function g() g() end function a.b.c() end function a.b:c() self.x = self end function a:b(...) end",
        "local a <x> = 1",
        "local a a.x, a.y = a.y, a.x a[1], a[2] = a[2], a[1] a[f()], a[g()] = h(), i()",
        "f() f(1) f(1, 2) f(f()) f(1, f()) f((f())) f(...) f(1, ...) f((...)) f'x' f{} f{1} f[[x]] f'x'.y = 1 f'x':y'z'",
        "a:b() a:b(1) a.b:c(f()) a:b'x' a:b{} a:b():c() ('x'):rep(3) a.b.c.d() a[1][2][3]() f()() f()[1].x()",
        "local a, b = 1 local c, d = f() local e, f = 1, 2, 3 local g, h, i = 1, f() local j = f(), g() local k = f(), 1",
    ]);
}

#[test]
fn control() {
    compare(&[
        "for i = 1, 2 do end for i = 1, 2, 3 do f(i) end for i = a, b, c do local j = i end for i = 1, #t do if i then break end end",
        "for k in f do end for k, v in pairs(t) do end for k, v in next, t do end for k, v, w in pairs(t) do end for i, v in ipairs(t) do end",
        "local pairs for k in pairs(t) do end local function f() for k in pairs(t) do end for k in next, t do end end for k in x.pairs(t) do end",
        "local next = next for k in next, t do end for k in (next), t do end for k in a, next do end for k in pairs{} do end",
        "while true do end while false do end while nil do end while 1 do break end while x do if y then break end z() end while not x do end",
        "repeat until true repeat until false repeat until nil repeat local x until x repeat local x = f() if x then break end until y",
        "repeat local x local function f() return x end until x repeat local x local f = function() x = 1 end if f then break end until x",
        "while x do local y local function f() return y end if f then break end end for i = 1, 2 do local function f() return i end end",
        "if a then b() elseif c then d() else e() end if a then elseif b then else end if nil then f() end if 1 then f() else g() end",
        "do local a function f() return a end end do local a end do return end",
        "local function f(a) if a then return end return function() return a end end",
        "local function f(a) if a then return 1 end if a then return f() end if a then return 1, 2 end if a then return ... end g = function() a = 1 end end",
        "return f()",
        "return f(), 1",
        "return (f())",
        "return ...",
        "return 1, ...",
        "return",
        "return a.b:c(1, ...)",
        "return function() end",
        "do return f(...) end",
        "if x then return else return 1 end",
        "while 1 do return end",
    ]);
}

#[test]
fn gotos() {
    compare(&[
        "goto a ::a::",
        "::a:: goto a",
        "::a:: f() goto a",
        "do goto a end ::a::",
        "do ::a:: goto a end",
        "::a:: do goto a end f()",
        "goto a local x ::a::",
        "goto a local x ::a:: ; ",
        "goto a; local x; ::a:: ::b::",
        "do goto a local x ::a:: end f()",
        "while x do goto c f() ::c:: end",
        "for i = 1, 2 do if i then goto c end f() ::c:: end",
        "repeat goto c local x ::c:: until 1",
        "repeat goto c; local x; ::c:: f() until x",
        "repeat if x then goto c end local y = function() return x end ::c:: until z",
        "::a:: local x local f = function() return x end goto a",
        "do local x goto a local f = function() return x end end ::a:: f()",
        "::a:: do local x f = function() return x end if y then goto a end end g()",
        "goto a do local x ::b:: f = function() return x end end ::a::",
        "while 1 do local x f = function() return x end goto out end ::out::",
        "for i = 1, 2 do for j = 1, 2 do if x then goto next end f() end ::next:: end",
        "do goto a; ::b:: goto c; ::a:: goto b; ::c:: end",
        "::a:: ::b:: ::c:: goto a goto b goto c",
        "::a:: do ::a:: end",
        "do ::a:: end ::a::",
        "goto a; goto a; goto a; ::a::",
        "if x then goto a else goto b end ::a:: f() ::b:: g()",
        "::a:: if x then goto a end if y then goto a end f()",
        "function f() goto a end ::a::",
        "goto continue ::continue::",
        "local goto_ = 1 goto a ::a::",
        "goto = 1 goto() goto.x = goto",
        "local function goto() end",
        "x = {goto = 1} x.goto = 2 function x.goto() end x:goto()",
        "for goto = 1, 2 do end for goto in x do end",
    ]);
}

#[test]
fn closures() {
    compare(&[
        "local a, b, c = 1, 2 local function f() return a, b end local function g() a = b end c = 1 return function() return c, f, g end",
        "local a local function f() local b return function() local c return function() a, b, c = c, b, a end end end",
        "local a = 1 return function() return function() return function() return a end end end",
        "local a local function f(x, y, ...) x = 1 return function() return x, y, a end end a = 1",
        "for i = 1, 2 do local x = i t[i] = function() return i, x end end for k, v in pairs(t) do t[k] = function() k = v end end",
        "local function fact(n) if n == 0 then return 1 else return n * fact(n - 1) end end",
        "local a do local b do local c function f() return a, b, c end end function g() b = 1 end end",
        "local x = x local function f() local x = x return x end return function(x) return x end",
        "function f(a, b) end function f(...) local a, b = ... end function f(a, ...) return a, ... end function o:m(self) return self end",
        "\n\nfunction f(\na,\nb\n)\n\nreturn\na\n,\nb\nend\n\nlocal\nfunction\ng\n(\n)\nend",
    ]);
}

#[test]
fn tables() {
    compare(&[
        "return {}, {1}, {1, 2, 3}, {nil}, {nil, 1}, {1, nil}, {f()}, {1, f()}, {f(), 1}, {...}, {1, ...}, {(...)}, {a}, {a, 1}, {1, a}",
        "return {a = 1}, {a = 1, b = 2, c = 3, d = 4, e = 5}, {a = x}, {a = 1, b = x}, {a = x, b = 1}, {['a'] = 1}, {['a'] = x}, {[x] = 1}, {[x] = y}",
        "return {[1] = 1}, {[1] = 1, [2] = 2}, {[1] = 1, [2] = 2, [3] = 3, [4] = 4}, {[3] = 1}, {[0] = 1}, {[0] = x}, {[-1] = 1}, {[1.5] = 1}",
        "return {[1] = x}, {[2] = 'b', 'a'}, {'a', [2] = 'b'}, {[true] = 1, [false] = 2}, {[nil] = 1}, {[x == y] = 1}, {[not x] = 1}, {[x and y] = z}",
        "return {x, y, z, 1, 2, 3}, {f(), 1, 2, 3, 4, 5, 6, 7, 8, 9}, {a = 1, 1, b = 2, 2, [7] = 3, 3}, {1, 2, 3, a = f()}, {a = f(), 1, 2, 3}",
        "return {a = 1, a = 2}, {a = 1, a = x}, {a = x, a = 1}, {1, [1] = 2}, {[1] = 2, 1}, {[1] = x, 1}, {a = true, b = false, c = 's', d = 1.5}",
        "return {{1}, {2, {3}}, a = {b = {c = 1}}}, {function() end}, {a == b}, {not a}, {a and b}, {a or 1}, {-1, - -1, 2^3}, {0/0, 1/0}",
        "local t = {} t = {1} t.x = {a = 1} f{1} f{a = 1}.x = {} t = {} or {} t = {1}.x",
        "return {\n1,\nx,\n{\n},\na\n=\ny\n}",
        "return {[1e300] = 1, [2^31] = 2, [2^53] = 3, [0x80000000] = 1, [-0] = 1}",
        "return {a, b, c; d, e; f()}",
        "return {['x'] = 1; [\"y\"] = 2; z = 3,}",
    ]);
    let array = |n: usize, item: &dyn Fn(usize) -> String| {
        format!("return {{{}}}", (0..n).map(item).collect::<Vec<_>>().join(","))
    };
    for n in [1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 33, 100, 255, 256, 257, 300, 2046, 2047, 2048, 2049, 40_000] {
        compare(&[
            array(n, &|i| i.to_string()),
            array(n, &|_| "x".into()),
            array(n + 1, &|i| if i < n { "x".into() } else { "f()".into() }),
            array(n + 1, &|i| if i < n { "1".into() } else { "...".into() }),
            array(n, &|i| if i % 3 == 0 { "x".into() } else { i.to_string() }),
            array(n, &|i| format!("k{i} = {i}")),
            array(n, &|i| format!("[{}] = {i}", i + 1)),
            array(n, &|i| format!("[{}] = {i}", n - i)),
            array(n, &|i| format!("[{}] = {i}", i * 3)),
            array(n, &|i| format!("[{}] = {i}", i * i % 37)),
            array(n, &|i| if i % 2 == 0 { format!("k{i} = x") } else { format!("[{i}] = 1") }),
        ]);
    }
}

#[test]
fn strings() {
    compare(&[
        r#"return 'a\nb', "a\tb", '\a\b\f\v\r\\\'\"', '\0', '\00', '\000', '\65\066\0067', '\255', '\x41\x7f\xfF', '\u{41}\u{e4}\u{20ac}\u{1f600}\u{0}'"#,
        "return 'a\\\nb', 'a\\\r\nb', 'a\\\n\rb', 'a\\z   \n\n\t b', 'a\\z', '\\z\\z', [[a]], [[\na]], [[\n\na]], [=[a]]]=], [==[]=]]==], [[a\\n]]",
        "return [[a\r\nb\rc\n\rd\n\n]], [[\r\n\r\n]], [[\n\r]] --[[ x ]] --[==[ ]] ]==] -- x\n--[=x",
        "return \"'\", '\"', '', \"\", [[]], [[ ]], [[[]], [[]]",
        "return 'ä€', \u{e4}, \u{20ac}_1",
        "return '\u{feff}'",
    ]);
    compare(&[&b"return '\0\x01\xff', [[\0]], \x80\xff"[..], b"return '\\0\0'", b"\n\r\r\n\nreturn 1\x0b\x0c\t "]);
}

#[test]
fn numerals() {
    let mut random = Random(7);
    let mut digits =
        |n: usize, set: &str| -> String { (0..n).map(|_| set.as_bytes()[random.below(set.len())] as char).collect() };
    let mut all = Vec::new();
    for n in 1..25 {
        for m in [0, 1, 3, 20] {
            let (a, b, e) = (digits(n, "0123456789"), digits(m, "0123456789"), digits(1 + n % 3, "0123456789"));
            let (h, k) = (digits(n, "0123456789abcdefABCDEF"), digits(m, "0123456789abcdef08"));
            all.extend([
                a.clone(),
                format!("{a}.{b}"),
                format!("{a}e{e}"),
                format!("{a}.{b}e-{e}"),
                format!("{a}e+{e}"),
            ]);
            all.extend([
                format!("0x{h}"),
                format!("0x{h}.{k}"),
                format!("0x{h}.{k}p{e}"),
                format!("0x{h}p-{e}"),
                format!("0x.{h}p-10{}", n * 3),
            ]);
            all.push(format!("0b{}", digits(n, "01")));
        }
    }
    for n in [700, 800, 900] {
        all.push(format!("0.{}1", "0".repeat(n)));
        all.push(format!("{}e-{n}", digits(n, "0123456789")));
    }
    for exact in [
        "9007199254740993",
        "9007199254740992.99999999999999999999999999999999",
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "0x1p-1075",
        "0x1.8p-1075",
        "0x1.00000000000008p0",
        "0x1.000000000000080000001p0",
        "0x0.0000000000001p-1022",
        "0x3p-1075",
        "0x1.fffffffffffff8p1023",
    ] {
        all.push(exact.to_owned());
    }
    let sources: Vec<String> = all.chunks(50).map(|c| format!("return {{{}}}", c.join(","))).collect();
    compare(&sources);
}

#[test]
fn random_programs() {
    let deadline = Instant::now() + Duration::from_secs(1);
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
    let mut random = Random(seed);
    while Instant::now() < deadline {
        let sources: Vec<String> = (0..500)
            .map(|i| {
                let program = generate::program(&mut random);
                if i % 4 == 0 { generate::mutate(&mut random, &program) } else { program }
            })
            .collect();
        compare(&sources);
    }
}
