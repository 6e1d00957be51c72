//! The interpreter under a trace compiler that compiles nothing: instructions are patched, "traces" entered and left at once, and whatever a
//! program prints or returns must be as without.

use abi::abort::Abort;
use abi::exit::outcome;
use bytecode::{Ins, Op};
use heap::vm::{Config, TraceEntry};
use heap::{Val, Vm};
use std::collections::HashMap;

/// What the compiler of these tests remembers.
#[derive(Default)]
struct Fake {
    traces: Vec<TraceEntry>,
    places: Vec<*mut u32>,
    enterable: bool,
    entered: HashMap<u8, u32>,
    hot: u32,
    records: bool,
    recorded: u64,
    heads: u64,
    nested: u32,
    aborts: Vec<Abort>,
    leaves: bool,
    left: u32,
}

/// Enters nothing: goes on where a trace that begins behind `pc` would begin.
unsafe extern "C" fn entry(vm: *mut Vm, base: *mut u64) -> u64 {
    // SAFETY: the machine is live, its frame is a Lua function's, and places are instructions of prototypes that live.
    unsafe {
        let vm = &mut *vm;
        assert_eq!(vm.base, base);
        assert_eq!((vm.jit.depth, vm.jit.leaving.get(), vm.heap.attention.get()), (1, false, 0));
        if vm.host::<Fake>().leaves {
            interp::jit::request_attention(vm);
            interp::jit::refresh(vm);
            assert_eq!(vm.heap.attention.get(), 1);
            vm.host::<Fake>().left += 1;
        }
        let insn = *vm.pc.sub(1);
        let start = Ins(interp::jit::original(vm, insn));
        *vm.host::<Fake>().entered.entry(insn as u8).or_default() += 1;
        match start.op() {
            Some(Op::FORL | Op::ITERL) => vm.pc = vm.pc.offset(start.jump() as isize),
            Some(Op::ITERN | Op::RET1) => vm.pc = vm.pc.sub(1),
            Some(Op::FORI | Op::LOOP | Op::FUNCF | Op::FUNCV) => {}
            op => panic!("a trace at {op:?}"),
        }
        outcome::NEXT
    }
}

fn hot(vm: &mut Vm) {
    // SAFETY: the machine is live, its frame is a Lua function's, and places are instructions of prototypes that live.
    unsafe {
        let pc = vm.pc.sub(1).cast_mut();
        let op = Ins(*pc).op().expect("an instruction of the program");
        assert!(matches!(op, Op::FORL | Op::LOOP | Op::ITERL | Op::ITERN | Op::FUNCF | Op::FUNCV), "{op:?}");
        assert!(!vm.jit.recording);
        let fake = vm.host::<Fake>();
        fake.hot += 1;
        if fake.records && (!fake.enterable || fake.hot % 2 == 0) {
            fake.nested = 0;
            return interp::set_recording(vm, true);
        }
        let number = fake.traces.len();
        fake.traces.push(TraceEntry {
            entry: fake.enterable.then_some(entry as _),
            start_ins: *pc,
            ..TraceEntry::default()
        });
        fake.places.push(pc);
        let (traces, n) = (fake.traces.as_ptr(), fake.traces.len() as u32);
        (vm.jit.traces, vm.jit.ntraces) = (traces, n);
        assert!(interp::jit::can_patch(vm, pc));
        assert!(interp::jit::patch(vm, pc, number as u16));
        assert_eq!(interp::jit::original(vm, *pc), vm.host_ref::<Fake>().expect("made").traces[number].start_ins);
    }
}

fn record(vm: &mut Vm, insn: u64) {
    // SAFETY: the machine is live, its frame is a Lua function's, and places are instructions of prototypes that live.
    unsafe {
        let head = insn as u8 >= Op::FUNCF as u8 && insn as u8 != interp::jit::JITERN;
        let depth = vm.native_depth;
        if head {
            assert_eq!(vm.multres, insn >> 32);
        } else {
            assert_eq!(*vm.pc.sub(1), insn as u32, "{:?}", Ins(insn as u32).op());
        }
        let fake = vm.host::<Fake>();
        fake.heads += u64::from(head);
        fake.recorded += 1;
        fake.nested = fake.nested.max(depth);
        if fake.recorded % 97 == 0 {
            interp::set_recording(vm, false);
        }
    }
}

fn abort(vm: &mut Vm, why: Abort) {
    vm.host::<Fake>().aborts.push(why);
}

fn machine(fake: Option<Fake>) -> Box<Vm> {
    configured(Config::default(), fake)
}

fn configured(config: Config, fake: Option<Fake>) -> Box<Vm> {
    let mut vm = interp::new_vm(config);
    stdlib::open_libs(&mut vm).expect("libraries");
    if let Some(fake) = fake {
        *vm.host::<Fake>() = Fake { traces: vec![TraceEntry::default()], places: vec![std::ptr::null_mut()], ..fake };
        vm.jit.hot = hot;
        vm.jit.record = record;
        vm.jit.abort = abort;
        vm.jit.hotloop = 3;
        vm.jit.hotcall = 3;
        interp::set_jit(&mut vm, true);
    }
    vm
}

/// Runs a program; returns the text of its first result, or of its error.
fn run(vm: &mut Vm, source: &str) -> String {
    let chunk = luac::compile(source.as_bytes(), b"=test", &luac::Options::default()).expect("a valid program");
    let text = |v: Val<'_>| match (v.as_num(), v.as_str()) {
        (Some(n), _) => n.to_string(),
        (_, Some(s)) => String::from_utf8_lossy(s.bytes()).into_owned(),
        _ => v.raw().type_name().to_owned(),
    };
    let result = interp::with_cx(vm, |cx| {
        let main = interp::load::load_chunk(cx.vm(), chunk, cx.vm().globals()).expect("verified");
        cx.push(main.val());
        cx.call(0, Some(1))?;
        Ok(text(cx.slot(cx.height() - 1)))
    });
    match result {
        Ok(s) => s,
        // SAFETY: the machine is live, its frame is a Lua function's, and places are instructions of prototypes that live.
        Err(e) => text(unsafe { Val::from_raw(e) }),
    }
}

/// Loops and calls of all kinds, errors with names and lines, coroutines, `__index` chains, deep stacks.
const PROGRAM: &str = r#"
    local out = {}
    local function put(...) for i = 1, select('#', ...) do out[#out + 1] = tostring((select(i, ...))) end end
    local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
    local function sum(...) local s = 0 for _, v in ipairs({...}) do s = s + v end return s end
    local function tail(n, ...) if n == 0 then return ... end return tail(n - 1, n, ...) end
    for i = 1, 12 do
        put(i, fib(i % 7), sum(i, i + 1, i + 2), tail(3))
        for j = 10, 1, -3 do put(j * i) end
        for j = '1', '3' do put(j) end
        local w = 0
        while w < 5 do w = w + 1 if w == 4 then break end end
        repeat w = w - 1 until w < 0
        put(w)
    end
    local t = {}
    for i = 1, 9 do t[i] = i * i t['k' .. i] = i end
    for round = 1, 7 do
        local n, s = 0, 0
        for k, v in pairs(t) do n = n + 1 s = s + v end
        for k, v in next, t do n = n + 1 s = s - v end
        put(n, s)
    end
    -- One loop, now with `next`, now with another function, also while an outer run of it is inside that function.
    local function each(iter, state, first, depth)
        local n = 0
        local pairs = function() return iter, state, first end
        for k, v in pairs(state) do n = n + k + (v or 0) end
        return n
    end
    local function counter(limit)
        return function(s, c)
            if (c or 0) >= limit then return nil end
            if limit == 5 then each(next, {1, 2, 3, 4, 5, 6, 7, 8}, nil) end
            return (c or 0) + 1, 1, 2, 3
        end
    end
    for i = 1, 6 do
        put(each(next, {5, 6, 7, 8, 9, 10, 11, 12}, nil), each(counter(5), {}, 0), each(next, {1, 2, 3}, nil))
    end
    local co = coroutine.wrap(function() for i = 1, 20 do local got = coroutine.yield(i) put(got) end end)
    for i = 1, 15 do put(co(i * 2)) end
    local function fails(x) local y = x.field.deeper return y end
    for i = 1, 8 do put(select(2, pcall(fails, {})), select(2, pcall(fails))) end
    for i = 1, 8 do local ok, e = pcall(function() for k in pairs(t) do local z = nothing.here end end) put(e) end
    local function deep(n, ...) if n == 0 then return select('#', ...) end return (deep(n - 1, n, ...)) end
    put(deep(150))
    table.sort(t, function(a, b) return a > b end)
    put(table.concat(t, ' '), (('abc'):rep(9):gsub('b', function(c) return c:upper() end)))
    put(string.dump(fib), string.dump(each), string.dump(sum))
    put(debug.traceback('x'), debug.getinfo(1, 'l').currentline)
    return table.concat(out, ',')
"#;

#[test]
fn entering_and_leaving_changes_nothing() {
    let plain = run(&mut machine(None), PROGRAM);
    assert!(plain.len() > 1000, "{plain}");
    let mut vm = machine(Some(Fake { enterable: true, ..Fake::default() }));
    assert_eq!(run(&mut vm, PROGRAM), plain);
    assert_eq!(run(&mut vm, PROGRAM), plain, "again");
    let fake = vm.host::<Fake>();
    for op in [Op::JFORI, Op::JFORL, Op::JITERL, Op::JLOOP, Op::JFUNCF, Op::JFUNCV] {
        assert!(fake.entered.contains_key(&(op as u8)), "{op:?} was not entered: {:?}", fake.entered);
    }
    assert!(fake.entered.contains_key(&interp::jit::JITERN), "no loop over a table was entered");
}

#[test]
fn traces_without_code_are_the_instructions_they_replaced() {
    let plain = run(&mut machine(None), PROGRAM);
    let mut vm = machine(Some(Fake::default()));
    assert_eq!(run(&mut vm, PROGRAM), plain);
    let fake = vm.host::<Fake>();
    assert!(fake.entered.is_empty() && fake.traces.len() > 10);
}

#[test]
fn unpatching_restores_the_bytecode() {
    let mut vm = machine(Some(Fake { enterable: true, ..Fake::default() }));
    run(&mut vm, "function f(t) local n = 0 for k in pairs(t) do n = n + 1 for i = 1, n do end end while n > 0 do n = n - 1 end end
        for i = 1, 20 do f({1, 2, 3, 4, 5}) end");
    let live = |vm: &mut Vm| {
        run(
            vm,
            "local s = '' for i = 0, 40 do local b = require('jit.util').funcbc(f, i) if b then s = s .. b % 256 .. ' ' end end return s",
        )
    };
    let patched = live(&mut vm);
    let (traces, places): (Vec<_>, Vec<_>) = {
        let f = vm.host::<Fake>();
        (f.traces.clone(), f.places.clone())
    };
    for (number, (t, pc)) in traces.iter().zip(&places).enumerate().skip(1) {
        // SAFETY: the machine is live, its frame is a Lua function's, and places are instructions of prototypes that live.
        unsafe {
            assert!(!interp::jit::unpatch(&vm, *pc, number as u16 + 1));
            assert!(interp::jit::unpatch(&vm, *pc, number as u16));
            assert_eq!(**pc, t.start_ins);
        }
    }
    interp::set_jit(&mut vm, false);
    assert!(vm.jit.next_loops.iter().all(|n| n.get() == 0));
    let restored = live(&mut vm);
    for op in [Op::JFUNCF, Op::JFORI, Op::JFORL, Op::JLOOP] {
        let byte = format!("{} ", op as u8);
        assert!(patched.contains(&byte) && !restored.contains(&byte), "{op:?}: {patched}; {restored}");
    }
}

#[test]
fn hooks_and_budgets_keep_compiled_code_out() {
    let mut vm = machine(Some(Fake { enterable: true, ..Fake::default() }));
    let source = "local n = 0 for i = 1, 50 do n = n + i end for k in pairs({1, 2, 3, 4, 5, 6, 7, 8, 9}) do n = n + k end return n";
    let hooked = format!("local lines = 0 debug.sethook(function() lines = lines + 1 end, '', 1) {source}");
    interp::set_budget(&mut vm, 100_000);
    assert_eq!(vm.heap.attention.get(), 1);
    assert_eq!(run(&mut vm, source), "1320");
    assert_eq!(vm.host::<Fake>().hot, 0);
    interp::set_budget(&mut vm, u64::MAX);
    assert_eq!(vm.heap.attention.get(), 0);
    // Patched first, then hooked.
    let twice = "local function f() local n = 0 for i = 1, 50 do n = n + i end
        for k in pairs({1, 2, 3, 4, 5, 6, 7, 8, 9}) do n = n + k end return n end
        local a = f() f() f() f() debug.sethook(function() end, '', 1) local b = f() mark() debug.sethook() return a + b + f()";
    run(&mut vm, "function mark() end");
    assert_eq!(run(&mut vm, twice), "3960");
    assert!(!vm.host::<Fake>().entered.is_empty());
    vm.host::<Fake>().entered.clear();
    interp::set_budget(&mut vm, 100_000);
    assert_eq!(run(&mut vm, &hooked), "1320");
    assert!(vm.host::<Fake>().entered.is_empty());
}

#[test]
fn recording_sees_instructions_and_changes_nothing() {
    let plain = run(&mut machine(None), PROGRAM);
    let mut vm = machine(Some(Fake { records: true, ..Fake::default() }));
    assert_eq!(run(&mut vm, PROGRAM), plain);
    assert!(!vm.jit.recording || vm.host::<Fake>().recorded > 0);
    let fake = vm.host::<Fake>();
    assert!(fake.recorded > 1000 && fake.heads > 50 && fake.hot > 10, "{} {} {}", fake.recorded, fake.heads, fake.hot);
    assert!(fake.aborts.contains(&Abort::Error), "{:?}", fake.aborts);
}

#[test]
fn recording_ends_with_coroutines_hooks_and_errors() {
    let ends = |source: &str, why: Abort| {
        let mut vm = machine(Some(Fake { records: true, ..Fake::default() }));
        run(&mut vm, source);
        let fake = vm.host::<Fake>();
        assert!(fake.aborts.contains(&why), "{why:?} not in {:?}", fake.aborts);
        assert!(fake.hot > 0);
    };
    ends(
        "local c = coroutine.wrap(function() while true do coroutine.yield() end end) for i = 1, 9 do c() end",
        Abort::Coroutine,
    );
    ends("for i = 1, 9 do coroutine.resume(coroutine.create(function() end)) end", Abort::Coroutine);
    ends("for i = 1, 9 do pcall(error) end", Abort::Error);
    ends("for i = 1, 9 do if i == 6 then local x = {} + 1 end end", Abort::Error);
    ends("for i = 1, 9 do if i > 5 then debug.sethook(function() end, 'l') end end", Abort::Hook);
}

#[test]
fn recordings_among_traces_and_collections_everywhere() {
    let plain = run(&mut machine(None), PROGRAM);
    let fake = || Some(Fake { records: true, enterable: true, ..Fake::default() });
    let mut vm = machine(fake());
    assert_eq!(run(&mut vm, PROGRAM), plain);
    assert_eq!(run(&mut vm, PROGRAM), plain, "again");
    let f = vm.host::<Fake>();
    assert!(f.recorded > 1000 && f.entered.len() > 4, "{} {:?}", f.recorded, f.entered);
    let mut vm = configured(Config { gc_stress: true, ..Config::default() }, fake());
    assert_eq!(run(&mut vm, PROGRAM), plain, "collecting at every safepoint");
}

#[test]
fn a_request_to_leave_compiled_code_ends_with_it() {
    let mut vm = machine(Some(Fake { enterable: true, leaves: true, ..Fake::default() }));
    interp::jit::request_attention(&vm);
    assert_eq!(vm.heap.attention.get(), 0, "nothing is running");
    assert_eq!(run(&mut vm, "local n = 0 for i = 1, 20 do n = n + i end return n"), "210");
    assert!(vm.host::<Fake>().left > 10);
    assert_eq!((vm.jit.depth, vm.jit.leaving.get(), vm.heap.attention.get()), (0, false, 0));
}
