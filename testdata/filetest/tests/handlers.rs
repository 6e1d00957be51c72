//! Audit of the interpreter's machine code: handlers must end in jumps, never in calls of the next handler.
//!
//! A handler that calls the next one still computes the right result, only slower and with a native stack that grows with
//! every instruction. So no other test would notice.
//!
//! Needs an optimised build with symbols, and `objdump`. Only x86-64 listings are understood.

use bytecode::Op;
use filetest::subject::Subject;
use std::collections::BTreeMap;
use std::process::Command;

/// Disassembled functions by symbol.
fn disassemble(file: &std::path::Path) -> BTreeMap<String, Vec<String>> {
    let out = Command::new("objdump")
        .args(["-d", "--no-show-raw-insn", "-M", "intel"])
        .arg(file)
        .output()
        .expect("objdump runs (package binutils)");
    let mut functions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = None;
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        if let Some(name) = line.strip_suffix(">:").and_then(|l| l.split_once('<')).map(|p| p.1) {
            current = name.contains("interp").then(|| name.to_string());
        } else if let (Some(name), Some((_, text))) = (&current, line.split_once(":\t")) {
            functions.entry(name.clone()).or_default().push(text.to_string());
        }
    }
    functions
}

/// Says whether the code calls through a register or table and then only returns: a jump that became a call.
fn dispatches_by_call(body: &[String]) -> bool {
    body.iter().enumerate().any(|(i, line)| {
        let indirect = line.starts_with("call") && !line.contains('<') && !line.contains("rip");
        let after =
            body[i + 1..].iter().find(|l| !["pop", "add    rsp", "lea    rsp"].iter().any(|p| l.starts_with(p)));
        indirect && after.is_some_and(|l| l.starts_with("ret"))
    })
}

/// Says whether the code of a handler of `interp::jit` calls a handler, or what it cannot know. What runs compiled code is a function beside.
fn calls_on(body: &[String], handlers: &[&str]) -> bool {
    let on = |name: &str| ["3jit", "8dispatch"].map(|module| format!("{module}{}{name}17h", name.len()));
    let known: Vec<String> = handlers.iter().chain(&["resume"]).flat_map(|name| on(name)).collect();
    let dispatch = "8dispatch5enter17h";
    body.iter().filter(|l| l.starts_with("call")).any(|l| {
        !l.contains('<') && !l.contains("rip") || l.contains(dispatch) || known.iter().any(|k| l.contains(k.as_str()))
    })
}

#[test]
#[cfg(target_arch = "x86_64")]
fn handlers_end_in_jumps() {
    let subject = Subject::under_test().expect("a built interpreter");
    let functions = disassemble(&subject.kiln);
    let mut seen = 0;
    let mut bad = Vec::new();
    let others = ["JITERN", "hot_FORL", "hot_ITERL", "hot_ITERN", "hot_LOOP", "hot_FUNCF", "hot_FUNCV"];
    let at_traces = [
        "hot_loop",
        "hot_call",
        "recorded",
        "enter_trace",
        "enter_next_trace",
        "enter_for_trace",
        "enter_number",
        "left_trace",
        "replaced",
    ];
    let names = Op::ALL.iter().map(|op| op.name()).chain(others).map(|name| ("ops", name));
    for (module, name) in names.chain(at_traces.map(|name| ("jit", name))) {
        // In mangled names an identifier follows its length.
        let mangled = format!("{}{name}", name.len());
        let Some((symbol, body)) = functions.iter().find(|(n, _)| n.contains(module) && n.contains(&mangled)) else {
            continue;
        };
        seen += 1;
        let by_call = dispatches_by_call(body) || module == "jit" && calls_on(body, &at_traces);
        if by_call || !body.iter().any(|l| l.starts_with("jmp")) {
            bad.push(symbol.clone());
        }
    }
    println!("{seen} handlers audited");
    assert!(seen >= 75, "only {seen} handlers found: the build has no symbols, or is not optimised");
    assert!(bad.is_empty(), "handlers that do not end in a jump:\n{}", bad.join("\n"));
}

/// Returns the address of a local of its own: how deep the native stack is.
fn depth(cx: &mut interp::Cx<'_>) -> Result<interp::Ret, heap::Raise> {
    let here = 0u8;
    cx.ret(heap::Val::num((&raw const here).addr() as f64))
}

#[test]
fn the_native_stack_does_not_grow_with_instructions() {
    // Loops, calls, returns, comparisons, metamethods and a coroutine, 1000 times as many before the second look.
    let source = b"local depth, N = ...
        local mt = { __index = function(t, k) return k end, __add = function(a, b) return a end }
        local t = setmetatable({}, mt)
        local function f(a, ...) if a > 2 then return a, ... end return f(a + 1, ...) end
        local function work(n)
            for i = 1, n do
                local x, y = f(i % 3, i), t[i]
                local _ = t + x; _ = x .. y
                for k, v in pairs({ 1, 2 }) do _ = k < v end
            end
            return depth()
        end
        local co = coroutine.wrap(function() while true do coroutine.yield(work(3)) end end)
        return work(10), co(), work(10000), co()";
    let chunk = luac::compile(source, b"=depth", &luac::Options::default()).expect("a valid program");
    let mut vm = interp::new_vm(heap::vm::Config::default());
    stdlib::open_libs(&mut vm).expect("libraries");
    let depths = interp::with_cx(&mut vm, |cx| {
        let main = interp::load::load_chunk(cx.vm(), chunk, cx.vm().globals()).expect("verified");
        cx.push(main.val());
        let probe = interp::load::new_builtin(cx.vm(), 0, depth, 0)?;
        cx.push(probe.val());
        let n = cx.call(1, None)?;
        Ok((0..n).map(|i| cx.slot(cx.height() - n + i).as_num()).collect::<Vec<_>>())
    });
    let Ok(depths) = depths else { panic!("the program failed") };
    assert_eq!(depths.len(), 4);
    assert!(depths.iter().all(|d| *d == depths[0]), "the native stack moves: {depths:?}");
}
