//! Helpers of compiled code against the library functions that they stand for.

use abi::{frame, tag};
use bytecode::{Ins, Op};
use heap::vm::Config;
use heap::{FuncObj, StrObj, Val, Value, Vm, table};
use interp::support as h;

fn machine() -> Box<Vm> {
    let mut vm = interp::new_vm(Config::default());
    stdlib::open_libs(&mut vm).expect("libraries");
    // The tests hold raw values.
    vm.gc_stop(true);
    vm
}

/// A generator of numbers and texts, from a seed that failures print.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
    fn num(&mut self) -> f64 {
        const ODD: [f64; 12] =
            [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e300, -1e300, 5e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        match self.below(4) {
            0 => Value::from_foreign_num(ODD[self.below(12) as usize]).as_num().expect("a number"),
            1 => self.below(2000) as f64 - 1000.0,
            2 => (self.below(1 << 40) as f64 - 5e11) / 1024.0,
            _ => Value::from_foreign_num(f64::from_bits(self.next())).as_num().expect("a number"),
        }
    }
    fn text(&mut self) -> Vec<u8> {
        let n = self.below(90);
        (0..n).map(|_| b"aAbBzZ09 .%\xe4"[self.below(12) as usize]).collect()
    }
}

/// The function that `name` is, as `library.function`.
fn function(vm: &mut Vm, name: &str) -> Value {
    let chunk = luac::compile(format!("return {name}").as_bytes(), b"=f", &luac::Options::default()).expect("valid");
    interp::with_cx(vm, |cx| {
        let main = interp::load::load_chunk(cx.vm(), chunk, cx.vm().globals()).expect("verified");
        cx.push(main.val());
        cx.call(0, Some(1))?;
        Ok(cx.slot(cx.height() - 1).raw())
    })
    .expect("a value")
}

/// Calls a function natively; nil for an error.
fn call(vm: &mut Vm, f: Value, args: &[Value]) -> Value {
    interp::with_cx(vm, |cx| {
        for v in [f].iter().chain(args) {
            // SAFETY: the machine is live and collects nothing; arguments are of the types that the rows say.
            cx.push(unsafe { Val::from_raw(*v) });
        }
        cx.call(args.len() as u32, Some(1))?;
        Ok(cx.slot(cx.height() - 1).raw())
    })
    .unwrap_or(Value::NIL)
}

const SEED: u64 = 0x5eed_0000_0000_0001;

#[test]
fn numbers() {
    let mut vm = machine();
    let mut random = Random(SEED);
    type Unary = unsafe extern "C" fn(f64) -> f64;
    type Binary = unsafe extern "C" fn(f64, f64) -> f64;
    let unary: [(&str, Unary); 14] = [
        ("math.sin", h::sin),
        ("math.cos", h::cos),
        ("math.tan", h::tan),
        ("math.asin", h::asin),
        ("math.acos", h::acos),
        ("math.atan", h::atan),
        ("math.sinh", h::sinh),
        ("math.cosh", h::cosh),
        ("math.tanh", h::tanh),
        ("math.exp", h::exp),
        ("math.log", h::log),
        ("math.log10", h::log10),
        ("math.floor", h::floor),
        ("math.ceil", h::ceil),
    ];
    for (name, helper) in unary {
        let f = function(&mut vm, name);
        for _ in 0..2000 {
            let x = random.num();
            // SAFETY: the machine is live and collects nothing; arguments are of the types that the rows say.
            let (ours, theirs) = (unsafe { helper(x) }, call(&mut vm, f, &[Value::from_num(x)]));
            assert_eq!(Value::from_num(ours), theirs, "{name}({x:e}), seed {SEED:x}");
        }
    }
    let binary: [(&str, Binary); 6] = [
        ("math.atan2", h::atan2),
        ("math.fmod", h::fmod),
        ("math.pow", h::pow),
        ("math.ldexp", h::ldexp),
        ("function(x, y) return x ^ y end", h::pow),
        ("function(x, y) return x % y end", h::modulo),
    ];
    for (name, helper) in binary {
        let f = function(&mut vm, name);
        for _ in 0..4000 {
            let (x, y) = (random.num(), random.num());
            // SAFETY: the machine is live and collects nothing; arguments are of the types that the rows say.
            let ours = unsafe { helper(x, y) };
            let theirs = call(&mut vm, f, &[Value::from_num(x), Value::from_num(y)]);
            assert_eq!(Value::from_num(ours), theirs, "{name}({x:e}, {y:e}), seed {SEED:x}");
        }
    }
    let tobit = function(&mut vm, "bit.tobit");
    for _ in 0..4000 {
        let x = random.num();
        let theirs = call(&mut vm, tobit, &[Value::from_num(x)]);
        // SAFETY: as above.
        assert_eq!(Some(f64::from(unsafe { h::tobit(x) })), theirs.as_num(), "{x:e}");
    }
}

#[test]
fn strings() {
    let mut vm = machine();
    let m: *mut Vm = &mut *vm;
    let mut random = Random(SEED);
    // SAFETY: the machine is live and collects nothing; arguments are of the types that the rows say.
    let f = |name: &str| function(unsafe { &mut *m }, name);
    let (lower, upper, reverse) = (f("string.lower"), f("string.upper"), f("string.reverse"));
    let (rep, find, tostring, tonumber) = (f("string.rep"), f("string.find"), f("tostring"), f("tonumber"));
    let (less, concat, char) = (
        f("function(a, b) return a < b and -1 or a > b and 1 or 0 end"),
        f("function(a, b, c, d, e) return a .. b .. c .. d .. e end"),
        f("string.char"),
    );
    // SAFETY: as above.
    unsafe {
        for round in 0..2000 {
            let at = format!("round {round}, seed {SEED:x}");
            let text = random.text();
            let s = heap::strtab::intern(&*m, &text).expect("memory");
            let v = Value::from_str(s);
            let t = heap::strtab::intern(&*m, &random.text()).expect("memory");
            let call = |f: Value, args: &[Value]| call(&mut *m, f, args);
            let same = |ours: *mut StrObj, theirs: Value| assert_eq!(Value::from_str(ours), theirs, "{at}");
            same(h::str_lower(m, s), call(lower, &[v]));
            same(h::str_upper(m, s), call(upper, &[v]));
            same(h::str_reverse(m, s), call(reverse, &[v]));
            let n = random.below(20) as i32 - 3;
            same(h::str_rep(m, s, n), call(rep, &[v, Value::from_num(n.into())]));
            let c = random.below(256) as i32;
            same(h::str_char(m, c), call(char, &[Value::from_num(c.into())]));
            let x = random.num();
            same(h::str_of_num(m, x), call(tostring, &[Value::from_num(x)]));
            same(h::str_of_int(m, x as i32), call(tostring, &[Value::from_num((x as i32).into())]));
            assert_eq!(Some(f64::from(h::str_cmp(s, t))), call(less, &[v, Value::from_str(t)]).as_num(), "{at}");
            let digits = h::str_of_num(m, x);
            for s in [s, digits] {
                assert_eq!(h::str_to_num(s).to_bits(), call(tonumber, &[Value::from_str(s)]).0, "{at}");
            }
            let len = text.len() as u64;
            let (from, until) = (random.below(len + 1), random.below(len + 1));
            let needle = if from < until { &text[from as usize..until as usize] } else { b"A" };
            let needle = heap::strtab::intern(&*m, needle).expect("memory");
            let init = random.below(len + 1) as i32;
            let plain = [v, Value::from_str(needle), Value::from_num(f64::from(init) + 1.0), Value::TRUE];
            let theirs = call(find, &plain).as_num().map_or(-1, |n| n as i32 - 1);
            assert_eq!(h::str_find(s, needle, init), theirs, "{at}");
            let mut parts = [v.0, Value::from_num(x).0, Value::from_str(t).0, v.0, Value::from_num(7.0).0];
            same(h::cat(m, parts.as_mut_ptr(), 5), call(concat, &parts.map(Value)));
            assert_eq!(h::cat(m, parts.as_mut_ptr(), 1), s);
        }
    }
}

#[test]
fn tables() {
    let mut vm = machine();
    let m: *mut Vm = &mut *vm;
    let mut random = Random(SEED);
    // SAFETY: the machine is live and collects nothing; arguments are of the types that the rows say.
    unsafe {
        for _ in 0..200 {
            let (ours, theirs) = (h::tab_new(m, 4, random.below(4) as i32), table::new(&*m, 4, 0).expect("memory"));
            for _ in 0..random.below(60) {
                let k = match random.below(3) {
                    0 => Value::from_num(random.below(12) as f64),
                    1 => Value::from_num(random.below(100) as f64 / 4.0 - 3.0),
                    _ => Value::from_str(
                        heap::strtab::intern(&*m, format!("k{}", random.below(12)).as_bytes()).expect("memory"),
                    ),
                };
                let v = Value::from_num(random.below(9) as f64);
                let v = if random.below(5) == 0 { Value::NIL } else { v };
                let mut slot = h::tab_get(ours, k.0);
                if slot as u64 == h::nil_slot() {
                    slot = h::tab_newkey(m, ours, k.0);
                }
                *slot = v.0;
                table::set(&*m, theirs, k, v).expect("memory");
                assert_eq!(*h::tab_get(ours, k.0), v.0);
                if let Some(s) = k.as_str() {
                    assert_eq!(h::tab_get_str(ours, s), slot);
                    assert_eq!(h::node_of(ours, k), Some((slot as usize - (*ours).node as usize) as u32 / 24));
                } else if k.as_num().is_some_and(|n| n == n.trunc()) {
                    assert_eq!(h::tab_get_int(ours, k.as_num().expect("a number") as i32), slot);
                }
            }
            let entries = |t| {
                let (mut at, mut all) = (0, Vec::new());
                while let next @ 0.. = h::tab_next(t, at) {
                    let (behind, k, v) = table::entry_from(t, next as u32).expect("an entry");
                    assert_eq!(behind as i32, next + 1);
                    all.push((k.0, v.0));
                    at = next + 1;
                }
                all.sort_unstable();
                all
            };
            assert_eq!(entries(ours), entries(theirs), "seed {SEED:x}");
            assert_eq!(h::tab_len(ours), table::len(ours) as i32);
            assert_eq!(*(h::nil_slot() as *const u64), tag::NIL_BITS);
            assert_eq!(entries(h::tab_dup(m, ours)), entries(ours));
            h::tab_clear(m, ours);
            assert!(entries(ours).is_empty());
        }
    }
}

#[test]
fn every_row_has_an_address() {
    let all = h::addresses();
    assert_eq!(all.len(), abi::support::Helper::ALL.len());
    assert!(all.iter().all(|a| *a != 0));
}

/// Lays out a call of `f` in slot 1 of a Lua frame, as compiled code does, and calls; returns the answer and what the slots from 1 on hold.
unsafe fn call_from_lua(vm: &mut Vm, caller: Value, f: Value, args: &[Value], want: u8) -> (i32, Vec<Value>) {
    // SAFETY: the machine is live and collects nothing; arguments are of the types that the rows say.
    unsafe {
        let bottom = vm.base;
        *bottom = caller.0;
        *bottom.add(1) = 2 << 3 | frame::NATIVE;
        let lua = bottom.add(2);
        for i in 0..30 {
            *lua.add(i) = tag::NIL_BITS;
        }
        // The instruction of the caller that compiled code is at: a CALL with slot 1 as its function.
        let pt = FuncObj::proto(caller.as_func().expect("a function"));
        let code = heap::ProtoObj::bc(pt).cast_mut();
        *code.add(1) = Ins::abc(Op::CALL, 1, want, args.len() as u8 + 1).0;
        let callee = lua.add(3);
        *callee.sub(2) = f.0;
        *callee.sub(1) = code.add(2) as u64;
        for (i, v) in args.iter().enumerate() {
            *callee.add(i) = v.0;
        }
        vm.base = lua;
        vm.pc = std::ptr::null();
        let answer = h::call_builtin(vm, callee, args.len() as i32);
        let base = vm.base;
        if answer == 0 {
            assert_eq!(vm.pc, code.add(2).cast_const());
            assert_eq!(Value(*base.sub(2)), caller);
        }
        let slots = (1..12).map(|i| Value(*base.add(i))).collect();
        (answer, slots)
    }
}

#[test]
fn builtins_are_called_like_from_the_interpreter() {
    let num = |n: i32| Value::from_num(n.into());
    let mut vm = machine();
    let caller = function(&mut vm, "function(a, b) local x, y, z = a(b) return x, y, z end");
    let list = function(&mut vm, "(function() local t = {} for i = 1, 3000 do t[i] = i end return t end)()");
    let fresh = |vm: &mut Vm| {
        // SAFETY: the machine is live and collects nothing; arguments are of the types that the rows say.
        let bottom = unsafe { (*vm.main).stack.add(2) };
        vm.base = bottom;
        vm.top.set(bottom);
    };
    let mut at = |name: &str, args: &[Value], want: u8| {
        let f = function(&mut vm, name);
        let saved = vm.base;
        // SAFETY: as above.
        assert_eq!(saved, unsafe { (*vm.main).stack.add(2) });
        // SAFETY: as above.
        let r = unsafe { call_from_lua(&mut vm, caller, f, args, want) };
        // SAFETY: as above.
        let state = (vm.multres, unsafe { Value(*vm.base.sub(2)) } == f);
        fresh(&mut vm);
        (r.0, r.1, state)
    };
    let (answer, slots, _) = at("math.floor", &[Value::from_num(2.5)], 2);
    assert_eq!((answer, slots[0]), (0, num(2)));
    let (answer, slots, _) = at("select", &[num(2), num(7), num(8), num(9)], 4);
    assert_eq!((answer, &slots[..3]), (0, &[num(8), num(9), Value::NIL][..]));
    let (answer, slots, (multres, _)) = at("select", &[num(2), num(7), num(8), num(9)], 0);
    assert_eq!((answer, &slots[..2], multres), (0, &[num(8), num(9)][..], 2));
    let (answer, slots, (multres, _)) = at("unpack", &[list], 0);
    assert_eq!((answer, slots[10], multres), (0, num(11), 3000), "on a stack that moved");
    let (answer, _, (multres, at_callee)) = at("pcall", &[num(1)], 2);
    assert_eq!((answer, multres, at_callee), (2, 1, true), "the interpreter calls it");
    let (answer, _, (multres, at_callee)) = at("function() end", &[num(1), num(2)], 2);
    assert_eq!((answer, multres, at_callee), (2, 2, true), "the interpreter calls it");
    let (answer, _, _) = at("math.floor", &[Value::TRUE], 2);
    assert_eq!(answer, 3, "an error");
    let (answer, _, _) = at("5", &[], 2);
    assert_eq!(answer, 3, "an error");
    let (answer, _, (multres, _)) = at("setmetatable({}, {__call = function() end})", &[num(3)], 2);
    assert_eq!((answer, multres), (2, 2), "the metamethod, by the interpreter");
}
