//! Messages of syntax errors and limits are LuaJIT's.

mod oracle;
use oracle::{compare, expect_message};

#[test]
fn messages_are_known() {
    expect_message("x = = 1", "test.lua:1: unexpected symbol near '='");
    expect_message("x = (1", "test.lua:1: ')' expected near '<eof>'");
    expect_message("if x then\n\nf()", "test.lua:3: 'end' expected (to close 'if' at line 1) near '<eof>'");
    expect_message("x = 'abc", "test.lua:1: unfinished string near '<eof>'");
    expect_message("x = 'abc\n'", "test.lua:1: unfinished string near ''abc'");
    expect_message("x = 3x", "test.lua:1: malformed number near '3x'");
    expect_message("goto l", "test.lua:1: undefined label 'l'");
    expect_message("break", "test.lua:1: no loop to break");
    expect_message("f\n()", "test.lua:2: ambiguous syntax (function call x new statement) near '('");
    expect_message("x = \x01", "test.lua:1: unexpected symbol near 'char(1)'");
    expect_message(b"x = \0", "test.lua:1: unexpected symbol");
}

#[test]
fn cdata_literals_are_malformed() {
    for literal in ["1LL", "1ull", "0x1ULL", "1i", "1.5i", "0x1.8p1i"] {
        expect_message(format!("x = {literal}"), &format!("test.lua:1: malformed number near '{literal}'"));
    }
}

#[test]
fn chunk_names_are_shortened() {
    let message = |name: &str| luac::compile(b"=", name.as_bytes(), &Default::default()).unwrap_err().to_string();
    assert_eq!(message("=stdin"), "stdin:1: unexpected symbol near '='");
    assert_eq!(message("@a/b.lua"), "a/b.lua:1: unexpected symbol near '='");
    assert_eq!(message("= 1\n2"), " 1\n2:1: unexpected symbol near '='");
    assert_eq!(message("x = 1\n2"), "[string \"x = 1...\"]:1: unexpected symbol near '='");
}

#[test]
fn incomplete_input_is_told_from_wrong_input() {
    let incomplete = |s: &str| luac::compile(s.as_bytes(), b"=stdin", &Default::default()).unwrap_err().is_incomplete();
    for source in ["if x then", "x =", "f(", "x = [[a", "--[[ a", "return function()", "x = 'a\\\n", "for i = 1,2 do"] {
        assert!(incomplete(source), "{source}");
    }
    for source in ["x = = 1", "x = 'a", "end", "goto l", "1"] {
        // A string that ends with its line does not go on.
        assert_eq!(incomplete(source), source == "x = 'a", "{source}");
    }
}

#[test]
fn headers() {
    let ok = |s: &[u8]| luac::compile(s, b"=x", &Default::default()).is_ok();
    assert!(ok(b"\xef\xbb\xbfreturn 1") && ok(b"#!/bin/lua\nreturn 1") && ok(b"\xef\xbb\xbf#x\nreturn 1") && ok(b"#"));
    let error = luac::compile(b"#x\n\x1bLJ", b"=x", &Default::default()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.line()), ("cannot load malformed bytecode", 0));
    compare(&[
        &b"\xef\xbb\xbfreturn 1"[..],
        b"#!/bin/lua\nx = = 1",
        b"\xef\xbb\xbf#x\r\n\r\nreturn",
        b"#",
        b"#\n=",
        b"\xef\xbb",
    ]);
}

#[test]
fn statements() {
    compare(&[
        "x",
        "x y",
        "x.",
        "x.1",
        "x:y",
        "x:y = 1",
        "x[1",
        "x[1] 2",
        "f() = 1",
        "(f()) = 1",
        "(x) = 1",
        "x, f() = 1",
        "x, = 1",
        "x, y",
        "x = ",
        "x = 1 2",
        "x = 1,",
        "local",
        "local 1",
        "local x = ",
        "local x, = 1",
        "local x.y = 1",
        "local function",
        "local function x.y() end",
        "function",
        "function x",
        "function x() ",
        "function x.() end",
        "function x:y.z() end",
        "function x:y",
        "function(x) end",
        "f(",
        "f(1,",
        "f(1 2)",
        "f{1 2}",
        "f{1,",
        "f{[1 = 2}",
        "f{[1] 2}",
        "f{a = }",
        "{}",
        "'x'",
        "'x':y()",
        "return return",
        "return 1,",
        "return 1 x = 2",
        "return; x = 1",
        "break x = 1",
        "while",
        "while x",
        "while x do",
        "while x do until",
        "repeat",
        "repeat until",
        "repeat x = 1",
        "if",
        "if x",
        "if x then",
        "if x then else",
        "if x then elseif",
        "if x then elseif y",
        "if x then else elseif y then end",
        "for",
        "for 1",
        "for x",
        "for x =",
        "for x = 1",
        "for x = 1, do",
        "for x = 1,2,3,4 do",
        "for x = 1,2",
        "for x.y = 1,2 do end",
        "for x, y = 1,2 do end",
        "for x in",
        "for x in y",
        "for x, in y do",
        "for x, 1 in y do end",
        "do",
        "do end end",
        "end",
        "else",
        "until",
        ")",
        "]",
        "}",
        ";",
        ";;",
        "x = 1;;",
        "goto",
        "goto 1",
        "goto = 1",
        "goto end",
        "::",
        "::x",
        "::x:",
        "::1::",
        "::x:: ::x::",
        "do ::x:: end goto x",
        "goto x; local a; ::x:: f()",
        "goto = goto",
        "break",
        "do break end",
        "while 1 do function f() break end end",
        "repeat local x; goto l; local y; ::l:: until y",
        "x = function",
        "x = function(",
        "x = function(1)",
        "x = function(a,",
        "x = function(a b) end",
        "x = function(...,a) end",
        "x = function(a) return ... end",
        "function f() x = {...} end",
        "x = a.b.",
        "x = not",
        "x = -",
        "x = #",
        "x = 1 +",
        "x = 1 + + 1",
        "x = a b",
        "x = ..",
        "x = ~1",
        "x = 1 ~ 2",
        "x = 1 // 2",
        "x = a!",
        "x = @",
        "x = $",
        "x = \x7f",
        "x = `",
        "x = a ? b",
        "f\n(1)",
        "f\n\n'x'\n(1)",
        "x = f\n(1)",
        "x = (\n\n1",
        "x = {\n\n1",
        "f(\n\n1",
        "for i = 1,2 do\n\nx = 1",
        "while 1 do\n\nx = 1",
        "repeat\n\nx = 1",
        "function f()\n\nx = 1",
        "x = function()\n\nx = 1",
        "do\n\nx = 1",
        "if 1 then\n\nx = 1\nelse\ny = 1",
        "local function f()\n\nx=1",
        "and",
        "x = and",
        "x = nil.x",
        "nil = 1",
        "true()",
        "x = {a, b = }",
        "x = {goto = 1, goto}",
        "x = {a\n.b c}",
        "x = {a\n= 1 b}",
    ]);
}

#[test]
fn tokens() {
    compare(&[
        "x = '",
        "x = \"",
        "x = 'a",
        "x = 'a\n",
        "x = \"a'\n",
        "x = 'a\\",
        "x = 'a\\\n",
        "x = 'a\\\nb",
        "x = 'a\\q'",
        "x = 'ab\\300c'",
        "x = '\\256'",
        "x = '\\1x\\xg'",
        "x = '\\x1'",
        "x = '\\x",
        "x = '\\u'",
        "x = '\\u{'",
        "x = '\\u{}'",
        "x = '\\u{g}'",
        "x = '\\u{110000}'",
        "x = '\\u{d800}'",
        "x = '\\u{1234'",
        "x = '\\u{123456789}'",
        "x = '\\z",
        "x = '\\z \n\n",
        "x = 'a\\z \n\n b\nc'",
        "x = [[",
        "x = [[\n\n",
        "x = [=[ ]]",
        "x = [=[ ]==]",
        "x = [=",
        "x = [==",
        "x = [=x",
        "x = [=]",
        "x = [",
        "--[[",
        "--[==[ \n ]]",
        "--[=",
        "--[=x\n=",
        "x = [[a\r\nb\n\rc\rd\n\ne]] y",
        "x = [=[\r\na]=] y",
        "x = 'a\\65b\\n' y",
        "x = 'a\\0b' y",
        "x = 'a\0b' y",
        "x = [[a\0b]] y",
        "x = 12 y z",
        "x = 1..2",
        "x = 1.2.3",
        "x = 1e",
        "x = 1e+",
        "x = 1e+x",
        "x = 1a",
        "x = 0x",
        "x = 0xg",
        "x = 0x1p",
        "x = 0x1.8p+",
        "x = .5.5",
        "x = 0b2",
        "x = 0b1.0",
        "x = 1_000",
        "x = 1e1048576",
        "x = .0x1p+1",
        "x = 3..x",
        "x = 3 ..",
        "x = 08 y z",
        "x = \u{e4}\u{f6} \u{fc} z",
        "x = a \u{2260} b",
        "\r\n\r\n\n\r\n\rx = = 1",
        "-- \r-- \nx = = 1",
        "x = 1 --[[ \n ]] y",
        "\u{c}\u{b}\tx = =",
    ]);
    compare(&[&b"x = \0"[..], b"\0", b"x = 1 \0", b"x\0 = 1", b"\x80\xff = = 1", b"x = 'a\xff' 1 2"]);
}

/// Returns the sources with `n` parts for each `n`.
fn around(counts: &[usize], make: impl Fn(usize) -> String) -> Vec<String> {
    counts.iter().map(|n| make(*n)).collect()
}

fn join(n: usize, separator: &str, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect::<Vec<_>>().join(separator)
}

#[test]
fn limits_of_variables() {
    compare(&around(&[199, 200, 201], |n| format!("local {}", join(n, ",", |i| format!("a{i}")))));
    compare(&around(&[199, 200, 201], |n| format!("function f({}) end", join(n, ",", |i| format!("a{i}")))));
    compare(&around(&[190, 195, 196, 197, 198], |n| {
        format!("local {}\nfor i = 1,2 do end for x,y in z do end", join(n, ",", |i| format!("a{i}")))
    }));
    compare(&around(&[59, 60, 61], |n| {
        let names = join(n, ",", |i| format!("a{i}"));
        format!("local {names}\nlocal function f()\nreturn function() return {names} end end")
    }));
    compare(&around(&[100, 198, 199, 200, 230], |n| format!("{} = 1", join(n, ",", |i| format!("a{i}")))));
    let many = |n: usize| join(n, "\n", |i| format!("do local a{i} = 1 end"));
    compare(&around(&[65_475, 65_476, 65_477], many));
}

#[test]
fn limits_of_slots() {
    compare(&around(&[240, 246, 247, 248, 249, 250, 251, 260], |n| format!("f({})", join(n, ",", |_| "x".into()))));
    compare(&around(&[240, 248, 249, 250, 260], |n| format!("x = {}", join(n, "..", |_| "x".into()))));
    compare(&around(&[240, 250, 260], |n| format!("local t = {{{}}}", join(n, ",", |i| format!("x{i}")))));
    compare(&around(&[240, 260], |n| format!("return {}", join(n, ",", |i| format!("x{i}")))));
}

#[test]
fn limits_of_nesting() {
    let counts = [60, 98, 99, 100, 190, 196, 197, 198, 199, 200, 201, 1000];
    compare(&around(&counts, |n| format!("x = {}1{}", "(".repeat(n), ")".repeat(n))));
    compare(&around(&counts, |n| format!("x = {}{}", "{".repeat(n), "}".repeat(n))));
    compare(&around(&counts, |n| format!("x = {}1", "not ".repeat(n))));
    compare(&around(&counts, |n| format!("x = {}1", "- -".repeat(n))));
    compare(&around(&counts, |n| format!("x = {}x", "x..".repeat(n))));
    compare(&around(&counts, |n| format!("x = {}x", "x^".repeat(n))));
    compare(&around(&counts, |n| format!("{}{}", "do ".repeat(n), "end ".repeat(n))));
    compare(&around(&counts, |n| format!("{}{}", "while x do ".repeat(n), "end ".repeat(n))));
    compare(&around(&counts, |n| format!("{}{}", "if x then ".repeat(n), "end ".repeat(n))));
    compare(&around(&counts, |n| format!("{}{}", "local x = function() ".repeat(n), "end ".repeat(n))));
    compare(&around(&counts, |n| format!("{}{}", "f(".repeat(n), ")".repeat(n))));
    compare(&around(&counts, |n| format!("x = a{}{}", "[a".repeat(n), "]".repeat(n))));
    compare(&around(&counts, |n| join(n, " ", |i| format!("::a{i}::"))));
    compare(&around(&[150, 250, 100_000], |n| format!("x = x{}", ".x".repeat(n))));
    compare(&around(&[150, 250, 100_000], |n| format!("x = x{}", "()".repeat(n))));
    compare(&around(&[150, 250, 100_000], |n| format!("x = x{}", "+x".repeat(n))));
}

#[test]
fn limits_of_constants() {
    compare(&around(&[255, 256, 257, 300], |n| {
        join(n, "\n", |i| format!("x.a{i} = y.a{i} + {i}.5 x.a{i}() x:a{i}(1 + y)"))
    }));
    compare(&around(&[255, 256, 257, 300], |n| {
        join(n, "\n", |i| format!("x = y + {i}.5 y = {i}.5 - z z = {i}.5 == x w = a == 's{i}'"))
    }));
    compare(&around(&[65_535, 65_536, 65_537], |n| {
        format!("return {{{}}}", join(n, ",", |i| format!("f, {i}.5"))) + ""
    }));
    compare(&around(&[65_535, 65_536, 65_537], |n| join(n, " ", |i| format!("x = {i}.5"))));
    compare(&around(&[65_534, 65_535, 65_536], |n| {
        format!("function f() {} end", join(n, " ", |i| format!("x = 's{i}'")))
    }));
}

#[test]
fn limits_of_jumps() {
    for n in [10_921, 10_922, 10_923, 32_765, 32_766, 32_767, 32_768, 40_000] {
        let body = "x = y ".repeat(n / 2);
        compare(&[
            format!("while x do {body} end"),
            format!("if x then {body} end"),
            format!("for i = 1,2 do {body} end"),
            format!("for i in x do {body} end"),
            format!("repeat {body} until x"),
            format!("goto l {body} ::l::"),
            format!("function f(a) if a then return end {body} return function() return a end end"),
        ]);
    }
}
