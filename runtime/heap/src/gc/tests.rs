//! Collections of random graphs, weak tables, finalisers, coroutines and upvalues against what must survive.

use crate::alloc::IDLE;
use crate::handle::Val;
use crate::object::{StrObj, TabObj};
use crate::value::Value;
use crate::vm::{Config, Vm};
use crate::{gc, proto, stack, strtab, table};
use abi::metamethod::Mm;
use std::cell::Cell;
use std::rc::Rc;

fn machine() -> Box<Vm> {
    Vm::new(Config { hash_seed: 3, ..Config::default() })
}

fn push(vm: &Vm, v: Value) {
    let top = vm.top.get();
    // SAFETY: tests push few values.
    unsafe { *top = v.0 };
    vm.top.set(top.wrapping_add(1));
}

fn pop(vm: &Vm, n: usize) {
    vm.top.set(vm.top.get().wrapping_sub(n));
}

fn new_table(vm: &Vm) -> *mut TabObj {
    table::new(vm, 0, 0).unwrap()
}

fn text(vm: &Vm, s: &str) -> Value {
    Value::from_str(strtab::intern(vm, s.as_bytes()).unwrap())
}

fn set(vm: &Vm, t: *mut TabObj, k: Value, v: Value) {
    // SAFETY: tests pass live objects.
    unsafe { table::set(vm, t, k, v).unwrap() }
}

fn get(t: *mut TabObj, k: Value) -> Value {
    // SAFETY: tests pass live objects.
    unsafe { table::get(t, k) }
}

fn num(n: f64) -> Value {
    Value::from_num(n)
}

fn meta_with(vm: &Vm, mm: Mm, v: Value) -> *mut TabObj {
    let m = new_table(vm);
    set(vm, m, text(vm, mm.key()), v);
    m
}

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

/// What a node of the model graph holds: edges and a text.
#[derive(Clone)]
struct Model {
    edges: [Option<usize>; 4],
    text: String,
}

/// Compares the graph under a table with the model.
fn check(vm: &Vm, t: *mut TabObj, at: usize, model: &[Model], seen: &mut Vec<Option<*mut TabObj>>) {
    match seen[at] {
        Some(p) => return assert_eq!(p, t),
        None => seen[at] = Some(t),
    }
    let s = get(t, text(vm, "text")).as_str().unwrap();
    // SAFETY: the string is live.
    assert_eq!(unsafe { StrObj::bytes(s) }, model[at].text.as_bytes());
    for (i, e) in model[at].edges.iter().enumerate() {
        let v = get(t, num(i as f64));
        match e {
            Some(to) => check(vm, v.as_tab().unwrap(), *to, model, seen),
            None => assert!(v.is_nil()),
        }
    }
}

fn graph(stress: bool, seed: u64, steps: usize) {
    let mut vm = Vm::new(Config { gc_stress: stress, hash_seed: seed, ..Config::default() });
    let vm = &mut *vm;
    let mut rng = Rng(seed);
    let mut model = vec![Model { edges: [None; 4], text: "root".into() }];
    let root = new_table(vm);
    push(vm, Value::from_tab(root));
    set(vm, root, text(vm, "text"), text(vm, "root"));
    for step in 0..steps {
        // Walk to a random node.
        let (mut at, mut t) = (0, root);
        for _ in 0..rng.below(12) {
            let i = rng.below(4);
            if let Some(to) = model[at].edges[i] {
                at = to;
                t = get(t, num(i as f64)).as_tab().unwrap();
            }
        }
        let i = rng.below(4);
        match rng.below(8) {
            0..=3 => {
                let n = new_table(vm);
                let s = format!("node {} {}", rng.below(50), "x".repeat(rng.below(3) * 40));
                set(vm, n, text(vm, "text"), text(vm, &s));
                set(vm, t, num(i as f64), Value::from_tab(n));
                model[at].edges[i] = Some(model.len());
                model.push(Model { edges: [None; 4], text: s });
            }
            4 if rng.below(4) == 0 => {
                set(vm, t, num(i as f64), Value::NIL);
                model[at].edges[i] = None;
            }
            5 => {
                // An edge between two nodes near the root.
                let (mut at2, mut t2) = (0, root);
                for i in 0..4 {
                    if let Some(to) = model[at2].edges[i] {
                        at2 = to;
                        t2 = get(t2, num(i as f64)).as_tab().unwrap();
                    }
                }
                set(vm, t, num(i as f64), Value::from_tab(t2));
                model[at].edges[i] = Some(at2);
            }
            _ => {
                // Garbage.
                for k in 0..20 {
                    let g = table::new(vm, k * 3, k).unwrap();
                    set(vm, g, text(vm, &format!("garbage {step} {k}")), num(1.0));
                }
            }
        }
        vm.safepoint();
        if step % 1000 == 999 {
            vm.collect_full();
        }
        if step % 97 == 96 {
            vm.gc_step(1);
        }
        if step % 500 == 0 {
            check(vm, root, 0, &model, &mut vec![None; model.len()]);
        }
    }
    check(vm, root, 0, &model, &mut vec![None; model.len()]);
    pop(vm, 1);
    vm.collect_full();
    vm.collect_full();
    // Shapes keep their keys.
    assert!(vm.heap_bytes() < 200_000, "{}", vm.heap_bytes());
}

#[test]
fn keeps_what_is_reachable() {
    for seed in 0..8 {
        graph(false, seed, 20_000);
    }
}

#[test]
fn keeps_what_is_reachable_under_stress() {
    graph(true, 99, 1500);
}

/// A heap grows across the size from which on it asks for large pages, wherever the system has put it.
#[test]
fn large_heaps_grow() {
    for _ in 0..4 {
        let mut vm = machine();
        let vm = &mut *vm;
        let list = new_table(vm);
        push(vm, Value::from_tab(list));
        for i in 1..(24 << 20) / 240 {
            let t = crate::table::new(vm, 24, 0).expect("memory");
            set(vm, list, num(f64::from(i)), Value::from_tab(t));
        }
        assert!(vm.heap_bytes() > 20 << 20);
        pop(vm, 1);
        vm.collect_full();
        assert!(vm.heap_bytes() < 8 << 20);
    }
}

#[test]
fn interns_across_collections() {
    let mut vm = machine();
    let vm = &mut *vm;
    let keep = new_table(vm);
    push(vm, Value::from_tab(keep));
    for round in 0..40u32 {
        for i in 0..2000u32 {
            let s = format!("string {} {}", i % 700, round % 3);
            let v = text(vm, &s);
            assert_eq!(v, text(vm, &s));
            if i % 5 == 0 {
                set(vm, keep, num(f64::from(i % 700)), v);
            }
            vm.safepoint();
            if i % 333 == 0 {
                vm.gc_step(1);
            }
        }
        for i in (0..700u32).step_by(5) {
            let v = get(keep, num(f64::from(i)));
            // SAFETY: the string is live.
            let bytes = unsafe { StrObj::bytes(v.as_str().unwrap()) };
            assert_eq!(text(vm, std::str::from_utf8(bytes).unwrap()), v);
        }
        if round % 7 == 6 {
            vm.collect_full();
        }
    }
}

/// Joins strings.
fn join(vm: &Vm, parts: &[&[u8]]) -> Option<*mut StrObj> {
    let parts: Vec<u64> = parts.iter().map(|p| Value::from_str(strtab::intern(vm, p).unwrap()).0).collect();
    // SAFETY: nothing collects here.
    unsafe { strtab::join::join(vm, parts.as_ptr(), parts.len()).ok() }
}

/// Every way of joining gives the string of all bytes: in a word, on the stack, in the object; numbers among them.
#[test]
fn joins_pieces_of_all_lengths() {
    let mut vm = machine();
    let vm = &mut *vm;
    let lengths = [0usize, 1, 3, 7, 8, 9, 15, 16, 17, 31, 40, 64, 65, 200, 480, 511, 512, 513, 2000];
    let numbers = [0.0, -0.0, 7.0, 123_456_789.0, 0.1, -1.5e-7, 99_999_999.0];
    for (i, &a) in lengths.iter().enumerate() {
        for &b in &lengths {
            for (k, &n) in numbers.iter().enumerate() {
                let (x, y) = ("x".repeat(a), format!("{}\0", "y".repeat(b)));
                let mut buf = [0; 32];
                let len = crate::number::format(n, &mut buf);
                let number = std::str::from_utf8(&buf[..len]).unwrap();
                let (whole, values) = match (i + k) % 3 {
                    0 => (format!("{number}{x}{y}"), [Value::from_num(n), text(vm, &x), text(vm, &y)]),
                    1 => (format!("{x}{number}{y}"), [text(vm, &x), Value::from_num(n), text(vm, &y)]),
                    _ => (format!("{x}{y}{number}"), [text(vm, &x), text(vm, &y), Value::from_num(n)]),
                };
                let values = values.map(|v| v.0);
                // SAFETY: nothing collects here.
                let joined = unsafe { strtab::join::join(vm, values.as_ptr(), 3).ok().unwrap() };
                // SAFETY: as above.
                assert_eq!(unsafe { StrObj::bytes(joined) }, whole.as_bytes());
                assert_eq!(text(vm, &whole), Value::from_str(joined));
            }
        }
    }
}

/// Strings are compared by all of their bytes, as bytes without sign, zeros among them; two are joined as any number is.
#[test]
fn compares_and_joins_two() {
    let mut vm = machine();
    let vm = &mut *vm;
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for n in [0usize, 1, 2, 7, 8, 9, 15, 16, 17, 33] {
        for last in [0u8, 1, 0x7f, 0x80, 0xff] {
            for fill in [0u8, b'a', 0xff] {
                let mut text = vec![fill; n];
                text.push(last);
                texts.push(text);
            }
        }
    }
    texts.push(Vec::new());
    for a in &texts {
        for b in &texts {
            let (x, y) = (strtab::intern(vm, a).unwrap(), strtab::intern(vm, b).unwrap());
            // SAFETY: nothing collects here.
            unsafe {
                assert_eq!(StrObj::compare(x, y), a.cmp(b), "{a:?} {b:?}");
                let joined = strtab::join::join_two(vm, x, y).unwrap();
                assert_eq!(StrObj::bytes(joined), [&a[..], b].concat());
                assert_eq!(strtab::intern(vm, &[&a[..], b].concat()), Ok(joined));
            }
        }
    }
}

/// Strings of one byte are noted, whether they are made or found; and again once a collection has forgotten them.
#[test]
fn notes_strings_of_one_byte() {
    let mut vm = machine();
    let vm = &mut *vm;
    for c in 0..=255u8 {
        if c % 2 == 0 {
            // Kept, so that it is found after a collection.
            push(vm, Value::from_str(strtab::intern(vm, &[c]).unwrap()));
            vm.collect_full();
        }
        for _ in 0..2 {
            let s = strtab::intern(vm, &[c]).unwrap();
            assert_eq!(vm.heap.chars[usize::from(c)].get(), s);
            // SAFETY: nothing has collected since.
            assert_eq!(unsafe { StrObj::bytes(s) }, [c]);
            vm.collect_full();
        }
        if c % 2 == 0 {
            pop(vm, 1);
        }
    }
}

/// Strings of the same words differ by their lengths, and each byte counts.
#[test]
fn interns_by_all_bytes() {
    let mut vm = machine();
    let vm = &mut *vm;
    let mut seen = std::collections::HashMap::new();
    for n in 0..40usize {
        for at in 0..=n {
            let mut bytes = vec![b'a'; n];
            if let Some(b) = bytes.get_mut(at) {
                *b = b'b';
            }
            let s = strtab::intern(vm, &bytes).unwrap();
            // SAFETY: the string is live: nothing collects here.
            assert_eq!(unsafe { StrObj::bytes(s) }, bytes);
            assert_eq!(strtab::intern(vm, &bytes), Ok(s));
            assert_eq!(join(vm, &[&bytes[..n / 3], &bytes[n / 3..]]), Some(s));
            assert_eq!(seen.insert(s, bytes), None);
        }
    }
}

#[test]
fn joins_strings() {
    let mut vm = machine();
    let vm = &mut *vm;
    for n in [0usize, 10, 100, 300, 5000, 40_000, 400_000] {
        let (a, b) = ("a".repeat(n), "b".repeat(n / 2));
        let joined = join(vm, &[a.as_bytes(), b"-", b.as_bytes()]).unwrap();
        push(vm, Value::from_str(joined));
        vm.collect_full();
        assert_eq!(text(vm, &format!("{a}-{b}")), Value::from_str(joined));
        assert_eq!(join(vm, &[a.as_bytes(), b"-", b.as_bytes()]), Some(joined));
        pop(vm, 1);
    }
    vm.collect_full();
    assert!(vm.heap_bytes() < 100_000);
}

#[test]
fn clears_weak_tables() {
    let mut vm = machine();
    let vm = &mut *vm;
    for mode in ["k", "v", "kv"] {
        let t = new_table(vm);
        push(vm, Value::from_tab(t));
        // SAFETY: both are live.
        unsafe { table::set_metatable(vm, t, meta_with(vm, Mm::Mode, text(vm, mode))) };
        let kept = Value::from_tab(new_table(vm));
        push(vm, kept);
        let dead = |vm: &Vm| Value::from_tab(new_table(vm));
        set(vm, t, text(vm, "string"), text(vm, "value"));
        set(vm, t, text(vm, "kept"), kept);
        set(vm, t, kept, num(1.0));
        set(vm, t, text(vm, "dead"), dead(vm));
        set(vm, t, num(1.0), dead(vm));
        set(vm, t, num(2.0), kept);
        set(vm, t, dead(vm), num(2.0));
        set(vm, t, dead(vm), kept);
        vm.collect_full();
        let (weak_key, weak_val) = (mode.contains('k'), mode.contains('v'));
        assert_eq!(get(t, text(vm, "string")), text(vm, "value"));
        assert_eq!(get(t, text(vm, "kept")), kept);
        assert_eq!(get(t, kept), num(1.0));
        assert_eq!(get(t, text(vm, "dead")).is_nil(), weak_val);
        assert_eq!(get(t, num(1.0)).is_nil(), weak_val);
        assert_eq!(get(t, num(2.0)), kept);
        let (mut count, mut at) = (0, 0);
        // SAFETY: the table is live.
        while let Some((next, ..)) = unsafe { table::entry_from(t, at) } {
            (count, at) = (count + 1, next);
        }
        assert_eq!(count, 4 + if weak_val { 0 } else { 2 } + if weak_key { 0 } else { 2 });
        pop(vm, 2);
    }
}

/// Counts its drops.
struct Payload(Rc<Cell<u32>>);

impl Drop for Payload {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn finalises_newest_first_and_once() {
    let mut vm = machine();
    let vm = &mut *vm;
    let drops = Rc::new(Cell::new(0));
    let meta = meta_with(vm, Mm::Gc, Value::TRUE);
    push(vm, Value::from_tab(meta));
    let made: Vec<_> = (0..5)
        .map(|i| {
            let u = gc::new_userdata(vm, Some(Box::new(Payload(drops.clone())))).unwrap();
            if i != 2 {
                // SAFETY: both are live; the userdata is new, so it needs no barrier.
                unsafe { (*u).meta = meta };
            }
            u
        })
        .collect();
    push(vm, Value::from_udata(made[4]));
    vm.collect_full();
    let mut order = Vec::new();
    while let Some(u) = vm.next_finalizer() {
        order.push(u);
    }
    assert_eq!(order, [made[3], made[1], made[0]]);
    assert_eq!(drops.get(), 1);
    vm.collect_full();
    assert!(vm.next_finalizer().is_none());
    assert_eq!(drops.get(), 4);
    vm.finalize_all();
    assert_eq!(vm.next_finalizer(), Some(made[4]));
    assert!(vm.next_finalizer().is_none());
    vm.finalize_all();
    assert!(vm.next_finalizer().is_none());
}

#[test]
fn finalised_userdata_leaves_weak_values_only() {
    let mut vm = machine();
    let vm = &mut *vm;
    let t = new_table(vm);
    push(vm, Value::from_tab(t));
    // SAFETY: all objects are live.
    unsafe {
        table::set_metatable(vm, t, meta_with(vm, Mm::Mode, text(vm, "kv")));
        let u = gc::new_userdata(vm, None).unwrap();
        (*u).meta = meta_with(vm, Mm::Gc, Value::TRUE);
        set(vm, t, num(1.0), Value::from_udata(u));
        set(vm, t, Value::from_udata(u), num(2.0));
        vm.collect_full();
        assert!(get(t, num(1.0)).is_nil());
        assert_eq!(get(t, Value::from_udata(u)), num(2.0));
        assert_eq!(vm.next_finalizer(), Some(u));
        vm.collect_full();
        let (mut at, mut count) = (0, 0);
        while let Some((next, ..)) = table::entry_from(t, at) {
            (at, count) = (next, count + 1);
        }
        assert_eq!(count, 0);
    }
}

#[test]
fn upvalues_outlive_their_coroutine() {
    let mut vm = machine();
    let vm = &mut *vm;
    // SAFETY: all objects are live where they are used; the coroutine is made the running one as the interpreter does.
    unsafe {
        let holder = proto::new_builtin(vm, 0, std::ptr::null(), std::ptr::null(), 1, (*vm.main).env).unwrap();
        push(vm, Value::from_func(holder));
        let th = stack::new_thread(vm).unwrap();
        let main = vm.cur;
        vm.cur = th;
        let slot = (*th).base;
        *slot = Value::from_tab(new_table(vm)).0;
        *slot.add(1) = num(5.0).0;
        (*th).top = slot.add(2);
        let low = stack::find_upvalue(vm, slot).unwrap();
        let high = stack::find_upvalue(vm, slot.add(1)).unwrap();
        assert_eq!(stack::find_upvalue(vm, slot), Ok(low));
        assert!((*th).open_upvals == high && (*high).next == low);
        vm.cur = main;
        // A Lua function would hold it; any object that marks it will do.
        let f = fake_closure(vm, low);
        push(vm, Value::from_func(f));
        vm.collect_full();
        assert_eq!((*low).closed, 1);
        let t = Value((*low).tv).as_tab().unwrap();
        set(vm, t, num(1.0), num(2.0));
        vm.collect_full();
        assert_eq!(get(t, num(1.0)), num(2.0));
    }
}

/// Makes a Lua function of an empty prototype with one upvalue.
unsafe fn fake_closure(vm: &Vm, uv: *mut crate::UpvalObj) -> *mut crate::FuncObj {
    // SAFETY: everything is live.
    unsafe {
        let f = proto::new_main(vm, empty_proto(vm), (*vm.main).env).unwrap();
        *crate::FuncObj::upvals(f) = uv;
        f
    }
}

fn empty_proto(vm: &Vm) -> *mut crate::ProtoObj {
    use bytecode::Op;
    use bytecode::proto::{DebugInfo, Proto, ProtoFlags, TabConst, TabTemplate, UpvalDesc};
    let template = TabTemplate {
        array: vec![TabConst::Nil, TabConst::Num(1.0)],
        hash: vec![
            (TabConst::Str(b"x"[..].into()), TabConst::True),
            (TabConst::Str(b"y"[..].into()), TabConst::Nil),
            (TabConst::Num(0.5), TabConst::Str(b"half"[..].into())),
        ],
    };
    let main = Proto {
        flags: ProtoFlags(0),
        num_params: 0,
        frame_size: 3,
        bc: vec![bytecode::Ins::ad(Op::FUNCF, 3, 0), bytecode::Ins::ad(Op::RET0, 0, 1)],
        upvalues: vec![UpvalDesc(0)],
        kgc: vec![bytecode::GcConst::Str(b"constant"[..].into()), bytecode::GcConst::Tab(template)],
        knum: vec![1.5, -2.0],
        debug: Some(DebugInfo {
            first_line: 3,
            num_lines: 4,
            lines: vec![5],
            upvalue_names: vec![b"up"[..].into()],
            vars: Vec::new(),
        }),
    };
    let chunk = bytecode::Sound::verified(bytecode::Chunk { name: b"@test".to_vec(), main }).unwrap();
    proto::load(vm, chunk).unwrap()
}

#[test]
fn loads_prototypes() {
    let mut vm = machine();
    let vm = &mut *vm;
    // SAFETY: the prototype is rooted by its function.
    unsafe {
        let p = empty_proto(vm);
        let f = proto::new_main(vm, p, (*vm.main).env).unwrap();
        push(vm, Value::from_func(f));
        vm.collect_full();
        assert_eq!(crate::FuncObj::proto(f), p);
        assert_eq!(((*p).frame_size, (*p).nup, (*p).size_bc, (*p).first_line), (3, 1, 2, 3));
        assert_eq!(*crate::ProtoObj::bc(p).add(1), bytecode::Ins::ad(bytecode::Op::RET0, 0, 1).0);
        assert_eq!(Value(*(*p).k.sub(1)), text(vm, "constant"));
        assert_eq!(*(*p).k.add(1), num(-2.0).0);
        assert_eq!((*(*p).debug).num_lines, 4);
        let t = table::dup(vm, Value(*(*p).k.sub(2)).as_tab().unwrap()).unwrap();
        assert_eq!(get(t, num(1.0)), num(1.0));
        assert_eq!(get(t, text(vm, "x")), Value::TRUE);
        assert_eq!(get(t, num(0.5)), text(vm, "half"));
        // The collector has declared the key `y` dead, but its node waits for it.
        assert!(get(t, text(vm, "y")).is_nil());
        let before = ((*t).freetop, (*t).hmask);
        set(vm, t, text(vm, "y"), num(7.0));
        assert_eq!(((*t).freetop, (*t).hmask), before);
        assert_eq!((get(t, text(vm, "y")), get(t, text(vm, "x"))), (num(7.0), Value::TRUE));
        assert_eq!((**crate::FuncObj::upvals(f)).closed, 1);
    }
}

#[test]
fn grows_stacks_until_they_overflow() {
    let mut vm = machine();
    let vm = &mut *vm;
    push(vm, num(1.0));
    let base = vm.base;
    let mut overflows = 0;
    // SAFETY: pointers into the stack are taken anew after each growth.
    unsafe {
        let uv = stack::find_upvalue(vm, base).unwrap();
        set(vm, vm.registry, num(1.0), Value::from_func(fake_closure(vm, uv)));
        for round in 0..3 {
            let mut at = vm.base.wrapping_add(1);
            loop {
                let offset = at.offset_from(vm.base);
                match stack::ensure(vm, at, 100) {
                    Ok(()) => at = vm.base.offset(offset + 100),
                    Err(_) => break overflows += 1,
                }
                *at = num(offset as f64).0;
                vm.top.set(at);
            }
            let s = vm.error.get().as_str().unwrap();
            assert_eq!(StrObj::bytes(s), b"stack overflow", "round {round}");
            // Error handling has some room.
            let at = vm.top.get();
            assert!(stack::ensure(vm, at, 2000).is_ok());
            assert!(stack::ensure(vm, vm.top.get(), 20_000).is_err());
            assert_eq!(StrObj::bytes(vm.error.get().as_str().unwrap()), b"error in error handling");
            vm.top.set(vm.base.add(1));
            stack::relimit(vm);
            vm.collect_full();
            assert_eq!(*(*uv).v, num(1.0).0);
            assert_eq!((*uv).v, vm.base);
            assert!(Value(*vm.base.add(200)).is_nil());
        }
        stack::close_upvalues(vm, vm.base);
        assert_eq!(((*uv).closed, (*uv).tv), (1, num(1.0).0));
        assert!((*vm.cur).open_upvals.is_null());
    }
    assert_eq!(overflows, 3);
}

#[test]
fn obeys_the_memory_limit() {
    let mut vm = Vm::new(Config { max_memory: 4 << 20, hash_seed: 1, ..Config::default() });
    let vm = &mut *vm;
    let keep = new_table(vm);
    push(vm, Value::from_tab(keep));
    for i in 0.. {
        vm.safepoint();
        let Ok(t) = table::new(vm, 100, 0) else { break };
        // SAFETY: both are live.
        if unsafe { table::set_int(vm, keep, i, Value::from_tab(t)) }.is_err() {
            break;
        }
    }
    assert_eq!(vm.error.get(), text_of(vm.oom));
    assert!(vm.heap_bytes() > 2 << 20 && vm.heap_bytes() <= 5 << 20);
    assert!(strtab::intern(vm, &[b'x'; 1 << 22]).is_err());
    pop(vm, 1);
    vm.collect_full();
    for _ in 0..100_000 {
        vm.safepoint();
        assert!(table::new(vm, 100, 0).is_ok());
    }
}

fn text_of(s: *mut StrObj) -> Value {
    Value::from_str(s)
}

#[test]
fn large_objects_come_and_go() {
    let mut vm = machine();
    let vm = &mut *vm;
    let t = new_table(vm);
    push(vm, Value::from_tab(t));
    for i in 1..200_000 {
        // SAFETY: the table is live.
        unsafe { table::set_int(vm, t, i, num(i as f64)).unwrap() };
        vm.safepoint();
    }
    set(vm, t, text(vm, "s"), text(vm, &"long".repeat(20_000)));
    vm.collect_full();
    assert!(vm.heap_bytes() > 1_600_000);
    // SAFETY: the table is live.
    assert_eq!(unsafe { table::len(t) }, 199_999);
    assert_eq!(get(t, text(vm, "s")), text(vm, &"long".repeat(20_000)));
    assert_eq!(get(t, num(123_456.0)), num(123_456.0));
    pop(vm, 1);
    vm.collect_full();
    assert!(vm.heap_bytes() < 100_000);
}

#[test]
fn room_is_what_may_be_allocated_between_collections() {
    for (room, most) in [(0, 1 << 20), (8 << 20, 9 << 20)] {
        let mut vm = Vm::new(Config { hash_seed: 1, room, ..Config::default() });
        for round in 0..3 {
            let before = vm.heap_bytes();
            while !vm.gc_due() {
                new_table(&vm);
            }
            // What is asked counts whole blocks of memory, and the machine's own objects in the first round.
            let allocated = vm.heap_bytes() - before;
            assert!(room <= allocated + (64 << 10) && allocated < most, "room {room}, round {round}: {allocated}");
            vm.collect_full();
        }
    }
    // No number is too large.
    let mut vm = Vm::new(Config { hash_seed: 1, room: usize::MAX, ..Config::default() });
    new_table(&vm);
    vm.collect_full();
    assert!(!vm.gc_due());
}

#[test]
fn steps_end_a_cycle_and_settings_return_the_old() {
    let mut vm = machine();
    assert_eq!((vm.gc_set_pause(150), vm.gc_set_pause(200)), (200, 150));
    assert_eq!((vm.gc_set_stepmul(0), vm.gc_set_stepmul(200)), (200, 0));
    let mut steps = 1;
    while !vm.gc_step(1) {
        steps += 1;
        assert!(steps < 1000);
    }
    assert_eq!(vm.heap.gc_epoch.get(), IDLE);
    vm.gc_stop(true);
    assert!(!vm.gc_due());
    for _ in 0..100_000 {
        new_table(&vm);
    }
    assert!(!vm.gc_due() && vm.heap_bytes() > 4_000_000);
    vm.gc_stop(false);
    assert!(vm.gc_due());
    while vm.gc_due() {
        vm.safepoint();
        for _ in 0..500 {
            new_table(&vm);
        }
        if vm.heap_bytes() < 1_000_000 {
            break;
        }
    }
    assert!(vm.heap_bytes() < 1_000_000);
}

#[test]
fn handles_see_live_objects() {
    let vm = machine();
    let t = vm.new_table(3, 2).unwrap();
    t.set_name(&vm, "name", Val::num(4.0)).unwrap();
    assert_eq!(t.get_name(&vm, "name").unwrap().as_num(), Some(4.0));
    assert_eq!(t.len(), 0);
}

#[test]
fn what_traces_refer_to_survives() {
    thread_local! {
        static ROOT: Cell<Value> = const { Cell::new(Value::NIL) };
    }
    let mut vm = machine();
    vm.jit.mark = |_, visit| {
        visit(ROOT.get());
        0
    };
    let (t, kept) = (new_table(&vm), text(&vm, "kept by a trace only"));
    set(&vm, t, num(1.0), kept);
    ROOT.set(Value::from_tab(t));
    for round in 0..3 {
        vm.collect_full();
        for i in 0..100 {
            let other = new_table(&vm);
            set(&vm, other, num(1.0), text(&vm, &format!("{round} {i}")));
        }
        for _ in 0..50 {
            vm.gc_step(1);
        }
        assert_eq!(get(t, num(1.0)), kept);
        assert_eq!(text(&vm, "kept by a trace only"), kept);
    }
    let before = vm.heap_bytes();
    ROOT.set(Value::NIL);
    vm.collect_full();
    assert!(vm.heap_bytes() < before);
}

/// Lists are passed in blocks: an object is found at each place of them, beside what is none.
#[test]
fn an_object_anywhere_in_a_list_survives() {
    let mut vm = machine();
    let vm = &mut *vm;
    let plain = [Value::NIL, Value::TRUE, Value::FALSE, num(-0.0), num(f64::NAN), num(f64::NEG_INFINITY)];
    let all = new_table(vm);
    push(vm, Value::from_tab(all));
    for n in 1..40 {
        for at in 1..=n {
            let list = new_table(vm);
            set(vm, all, num(f64::from(n * 40 + at)), Value::from_tab(list));
            for i in 1..=n {
                set(vm, list, num(f64::from(i)), plain[i as usize % plain.len()]);
            }
            let kept = if at % 2 == 0 { Value::from_tab(new_table(vm)) } else { text(vm, &format!("{n} {at}")) };
            set(vm, list, num(f64::from(at)), kept);
        }
    }
    vm.collect_full();
    let with = vm.heap_bytes();
    for n in 1..40 {
        for at in 1..=n {
            let list = get(all, num(f64::from(n * 40 + at))).as_tab().expect("a list");
            let kept = get(list, num(f64::from(at)));
            match kept.as_tab() {
                Some(t) => set(vm, t, num(1.0), Value::TRUE),
                None => assert_eq!(kept, text(vm, &format!("{n} {at}"))),
            }
        }
    }
    pop(vm, 1);
    vm.collect_full();
    assert!(vm.heap_bytes() < with / 2);
}

#[test]
fn high_halves_tell_objects() {
    use abi::tag;
    let edges = [tag::NUM_LIMIT, tag::STR << tag::SHIFT, tag::UDATA << tag::SHIFT, tag::LIGHTUD << tag::SHIFT];
    for bits in edges.into_iter().chain([0, tag::NIL_BITS, tag::TRUE_BITS, f64::NAN.to_bits()]) {
        for near in [bits.wrapping_sub(1), bits, bits.wrapping_add(1), bits | tag::PTR_MASK] {
            assert_eq!(Value(near).has_gc_tag(), Value(near).is_gc(), "{near:#x}");
        }
    }
}
