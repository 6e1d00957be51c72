//! Tables from runs of cells and keys that a shape knows, on memory that stands for the allocator's.

use super::objects::{Heap, assemble_with, boxed, calls, finish, guard, sload};
use super::{SLOT0, Vm, arena, new_trace, snap};
use crate::backend::Template;
use abi::layout::{offset, size};
use abi::vmfield::run;
use abi::{objtype, shape, tabflag, tag, vmfield};
use ir::{Closure, Const, Ins, Op, ProtoKey, Ref, Trace, Ty};

const KEY: ProtoKey = ProtoKey { hash: 1, instance: 0 };

/// Memory of `cells` cells for things of `bytes` bytes, which the machine's run of that size becomes.
fn lend(vm: &mut Vm, memory: &mut Heap, bytes: u32, cells: u32) -> u64 {
    let r = run(bytes);
    memory.object(16);
    let at = memory.object((r.cell as u32 * cells) as usize);
    for k in 0..(r.cell as u32 * cells / 8) as usize {
        *memory.word(at, k * 8) = 0x1111_2222_3333_4444;
    }
    vm.fields[r.cur as usize / 8] = at;
    vm.fields[r.end as usize / 8] = at + u64::from(r.cell as u32 * cells);
    at
}

fn trace(make: impl Fn(&mut Trace) -> Ins) -> Trace {
    let mut t = new_trace();
    snap(&mut t, &[]);
    let x = sload(&mut t, Ty::Num, 0);
    let ins = make(&mut t);
    let r = t.push(ins);
    finish(&mut t, &[(1, r), (2, x)]);
    t
}

fn field(m: &mut Heap, t: u64, f: &str) -> u64 {
    let at = offset("TabObj", f);
    let word = *m.word(t, at & !7);
    if matches!(f, "array" | "node" | "meta") { word } else { word >> (at % 8 * 8) & 0xffff_ffff }
}

/// Checks header and parts of a table; `parts` says what is in slots and nodes (value, key, rest).
fn check(m: &mut Heap, t: u64, made: &Template, nomm: u8, parts: (&[u64], &[[u64; 3]])) {
    let inner = made.asize > 0 && made.asize <= tabflag::MAX_INNER;
    let flags = if inner { tabflag::INNER_ARRAY } else { 0 };
    let head = u32::from_le_bytes([objtype::TAB, 0, nomm, flags]);
    assert_eq!(field(m, t, "gct"), u64::from(head), "{made:?}");
    for (f, want) in [
        ("shape", made.shape),
        ("asize", made.asize),
        ("hmask", made.nodes.saturating_sub(1)),
        ("freetop", made.freetop),
        ("border", 0),
    ] {
        assert_eq!(field(m, t, f), u64::from(want), "{f} of {made:?}");
    }
    assert_eq!(field(m, t, "meta"), 0);
    let (array, node) = (field(m, t, "array"), field(m, t, "node"));
    assert_eq!(array == t + 48, inner, "{made:?}");
    assert_eq!(array == 0, made.asize == 0);
    assert_eq!(node == 0, made.nodes == 0, "{made:?}");
    for (i, v) in parts.0.iter().enumerate() {
        assert_eq!(*m.word(array, i * 8), *v, "slot {i} of {made:?}");
    }
    for (i, n) in parts.1.iter().flatten().enumerate() {
        assert_eq!(*m.word(node, i * 8), *n, "word {i} of the nodes of {made:?}");
    }
}

#[test]
fn small_tables_come_from_runs() {
    for (asize, hbits) in
        [(0, 0), (1, 0), (3, 0), (8, 0), (9, 0), (16, 0), (0, 1), (0, 2), (0, 3), (3, 1), (8, 3), (4, 2)]
    {
        let t = trace(|_| Ins::guard(Op::TNEW, Ty::Tab, Ref::lit(asize), Ref::lit(hbits)));
        let mut a = arena();
        let (code, at) = assemble_with(&mut a, &t, &|_| (0, 0), &[]);
        let mut m = Heap::new();
        let mut vm = Vm::new(&[2.5f64.to_bits()]);
        let (asize, nodes) = (asize as u32, if hbits == 0 { 0 } else { 1 << hbits });
        let inner = if asize <= tabflag::MAX_INNER { asize } else { 0 };
        let (first, second) = (48 + inner * 8, (asize - inner) * 8 + nodes * 24);
        let same = second > 0 && run(first) == run(second);
        let cells = if same { 2 } else { 1 };
        let at_first = lend(&mut vm, &mut m, first, cells);
        if second > 0 && !same {
            lend(&mut vm, &mut m, second, 1);
        }
        calls(0x5550);
        assert_eq!(vm.run(&a, &code, at).1, Some(1));
        assert!(calls(0x5550).is_empty(), "{asize} {nodes}");
        assert_eq!((vm.slot(1), vm.slot(2)), (boxed(at_first, Ty::Tab), 2.5f64.to_bits()));
        let made = Template {
            table: 0,
            asize,
            nodes,
            shape: shape::root(nodes.saturating_sub(1)),
            keys: 0,
            freetop: nodes,
            array: 0,
            node: 0,
        };
        let nil = [tag::NIL_BITS, tag::NIL_BITS, 0];
        check(&mut m, at_first, &made, !0, (&vec![tag::NIL_BITS; asize as usize], &vec![nil; nodes as usize]));
        // Now the runs have ended: the helper does it. The same if only one of them has.
        for refill in [None, Some(first), Some(second)] {
            let refilled = match refill {
                Some(bytes) if second > 0 && !same => Some((bytes, lend(&mut vm, &mut m, bytes, 1))),
                Some(_) => continue,
                None => None,
            };
            assert_eq!(vm.run(&a, &code, at).1, Some(1));
            assert_eq!(calls(0x5550)[0][1..3], [u64::from(asize), hbits as u64], "{asize} {nodes}");
            assert_eq!((vm.slot(1), vm.slot(2)), (boxed(0x5550, Ty::Tab), 2.5f64.to_bits()));
            if let Some((bytes, start)) = refilled {
                let r = run(bytes);
                assert_eq!(vm.fields[r.cur as usize / 8], start, "nothing was taken");
                vm.fields[r.end as usize / 8] = start;
            }
        }
        calls(0);
        assert_eq!(vm.run(&a, &code, at).1, Some(0), "memory is short");
    }
}

#[test]
fn templates_are_copied() {
    for (asize, nodes) in [(0u32, 2u32), (1, 0), (4, 0), (7, 4), (8, 8), (0, 4)] {
        let mut m = Heap::new();
        let values: Vec<u64> = (0..u64::from(asize)).map(|i| (i as f64).to_bits()).collect();
        let filled: Vec<[u64; 3]> = (0..u64::from(nodes)).map(|i| [100 + i, 200 + i, 300 + i]).collect();
        let (array, node) = (m.object(64), m.object(8 * 24));
        for (i, v) in values.iter().enumerate() {
            *m.word(array, i * 8) = *v;
        }
        for (i, v) in filled.iter().flatten().enumerate() {
            *m.word(node, i * 8) = *v;
        }
        let made = Template { table: 0x8880, asize, nodes, shape: 77, keys: 1, freetop: 1, array, node };
        let t = trace(|t| Ins::guard(Op::TDUP, Ty::Tab, t.konst(Const::Templ(KEY, 0)), Ref::NONE));
        let mut a = arena();
        let (code, at) =
            assemble_with(&mut a, &t, &|c| (if matches!(c, Const::Templ(..)) { 0x8880 } else { 0 }, 0), &[made]);
        let mut vm = Vm::new(&[2.5f64.to_bits()]);
        let at_first = lend(&mut vm, &mut m, 48 + asize * 8, 2);
        if nodes > 0 && run(48 + asize * 8) != run(nodes * 24) {
            lend(&mut vm, &mut m, nodes * 24, 1);
        }
        assert_eq!(vm.run(&a, &code, at).1, Some(1));
        assert!(calls(0).is_empty());
        assert_eq!((vm.slot(1), vm.slot(2)), (boxed(at_first, Ty::Tab), 2.5f64.to_bits()));
        check(&mut m, at_first, &made, 0, (&values, &filled));
    }
}

#[test]
fn a_shape_knows_where_a_key_goes() {
    let key = boxed(0x9990, Ty::Str);
    let mut t = new_trace();
    snap(&mut t, &[]);
    let tab = sload(&mut t, Ty::Tab, 0);
    let x = sload(&mut t, Ty::Num, 1);
    let k = t.konst(Const::Str(b"k"[..].into()));
    let r = guard(&mut t, Op::NEWREF, Ty::Ptr, tab, k);
    t.push(Ins::new(Op::HSTORE, Ty::Num, r, x));
    finish(&mut t, &[(2, x)]);
    let mut a = arena();
    let (code, at) = assemble_with(&mut a, &t, &|c| (if matches!(c, Const::Str(_)) { key } else { 0 }, 0), &[]);
    // `(key of the record, its link, epoch of the table)`: whether the helper is called.
    for (last, link, marked, called) in [
        (key, shape::NO_LINK, 0, false),
        (key, shape::NO_LINK, 9, true),
        (key, 24, 0, true),
        (key, shape::MOVED, 0, true),
        (key + 16, shape::NO_LINK, 0, true),
        (0, shape::NO_LINK, 0, true),
    ] {
        let mut m = Heap::new();
        let nil = tag::NIL_BITS;
        let table = m.table(&[], &[(nil, nil), (nil, nil), (nil, nil), (nil, nil)]);
        let node = *m.word(table, offset("TabObj", "node"));
        m.set32(table, offset("TabObj", "shape"), 3);
        m.set32(table, offset("TabObj", "freetop"), 4);
        m.set8(table, offset("TabObj", "nomm"), 0xff);
        m.set8(table, offset("TabObj", "marked"), marked);
        let records = m.object(4 * shape::RECORD);
        let record = records + 3 * shape::RECORD as u64;
        *m.word(record, offset("ShapeRecord", "last_key")) = last;
        for (f, v) in [("last", 12345), ("last_freetop", 2), ("last_at", 48), ("last_link", link)] {
            m.set32(record, offset("ShapeRecord", f), v);
        }
        let spare = m.object(24);
        let mut vm = Vm::new(&[boxed(table, Ty::Tab), 2.5f64.to_bits()]);
        vm.fields[vmfield::SHAPES as usize / 8] = records;
        vm.fields[vmfield::GC_EPOCH as usize / 8] |= 9 << (vmfield::GC_EPOCH % 8 * 8);
        calls(spare);
        assert_eq!(vm.run(&a, &code, at).1, Some(1));
        let made = calls(0);
        let (shape, freetop) = (field(&mut m, table, "shape"), field(&mut m, table, "freetop"));
        if called {
            assert_eq!(made[0][1..3], [table, key]);
            assert_eq!((shape, freetop, *m.word(spare, 0)), (3, 4, 2.5f64.to_bits()));
            assert_eq!(*m.word(node, 56), nil);
            assert_eq!(vm.run(&a, &code, at).1, Some(0), "memory is short");
        } else {
            assert!(made.is_empty());
            assert_eq!((shape, freetop), (12345, 2));
            assert_eq!((*m.word(node, 48), *m.word(node, 56)), (2.5f64.to_bits(), key));
            assert_eq!(*m.word(table, 0) & 0xff_0000, 0, "absent metamethods are forgotten");
        }
    }
}

/// Slot of the trace that a number of the stack is.
fn slot(vm: &Vm, n: i32) -> u64 {
    (vm.stack.as_ptr() as u64).wrapping_add_signed((i64::from(n) + SLOT0 as i64) * 8)
}

#[test]
fn closures_come_from_runs() {
    // What is captured: slots of the frame at slot 2, upvalues of the parent.
    const LOCAL: i32 = Closure::LOCAL;
    const FIXED: i32 = Closure::LOCAL | Closure::IMMUTABLE;
    for captures in
        [&[][..], &[1], &[1, 0], &[LOCAL], &[FIXED | 1, 0], &[LOCAL | 2, 1, FIXED], &[LOCAL, LOCAL | 1, 0, 1]]
    {
        let mut t = new_trace();
        snap(&mut t, &[]);
        let x = sload(&mut t, Ty::Num, 0);
        let parent = sload(&mut t, Ty::Func, 1);
        let base = t.kint(2);
        let mut list = t.push(Ins::new(Op::CARG, Ty::Void, parent, base));
        for &c in captures {
            let c = t.kint(c);
            list = t.push(Ins::new(Op::CARG, Ty::Void, list, c));
        }
        let proto = t.konst(Const::Proto(KEY));
        let f = guard(&mut t, Op::FNEW, Ty::Func, proto, list);
        finish(&mut t, &[(5, f), (6, x), (7, parent)]);
        let mut a = arena();
        let (code, at) =
            assemble_with(&mut a, &t, &|c| (if matches!(c, Const::Proto(_)) { 0x7770 } else { 0 }, 0), &[]);
        let new: Vec<i32> = captures.iter().filter(|c| *c & LOCAL != 0).map(|c| c & 255).collect();
        let (bytes, opens) = (24 + captures.len() as u32 * 8, new.len() as u32);
        let lowest = new.iter().min().map(|s| s + 2);
        // `(slot of the first open upvalue, the collector's list has the coroutine, cells are there)`: whether that needs the helper.
        for (first, listed, cells, called) in [
            (None, 1, true, false),
            (Some(1), 1, true, false),
            (Some(20), 1, true, opens > 0),
            (lowest, 1, true, opens > 0),
            (None, 0, true, opens > 0),
            (None, 1, false, true),
        ] {
            let mut m = Heap::new();
            let mut vm = Vm::new(&[2.5f64.to_bits(), 0]);
            let (thread, old) = (m.object(size("ThreadObj")), m.object(32));
            let function = m.object(40);
            for (at, v) in [(16, 0xe0e0), (24, 0xa0a0), (32, 0xb0b0)] {
                *m.word(function, at) = v;
            }
            vm.stack[SLOT0 + 1] = boxed(function, Ty::Func);
            vm.fields[vmfield::CUR as usize / 8] = thread;
            m.set32(thread, offset("ThreadObj", "listed"), listed);
            if let Some(s) = first {
                *m.word(thread, offset("ThreadObj", "open_upvals")) = old;
                *m.word(old, offset("UpvalObj", "v")) = slot(&vm, s);
            }
            let same = run(bytes) == run(32);
            let made = if cells { lend(&mut vm, &mut m, bytes, if same { 1 + opens } else { 1 }) } else { 0 };
            let ups = match (same, opens) {
                (true, _) => made + 32,
                (false, 0) => 0,
                _ => lend(&mut vm, &mut m, 32, opens),
            };
            calls(0x5550);
            assert_eq!(vm.run(&a, &code, at).1, Some(1));
            let helped = calls(0);
            assert_eq!((vm.slot(6), vm.slot(7)), (2.5f64.to_bits(), boxed(function, Ty::Func)));
            let open = *m.word(thread, offset("ThreadObj", "open_upvals"));
            if called {
                assert_eq!(helped[0][1..4], [0x7770, function, slot(&vm, 2)], "{captures:?} {first:?}");
                assert_eq!(vm.slot(5), boxed(0x5550, Ty::Func));
                assert_eq!(open, if first.is_some() { old } else { 0 }, "nothing was opened");
                assert_eq!(vm.run(&a, &code, at).1, Some(0), "memory is short");
                continue;
            }
            assert!(helped.is_empty(), "{captures:?} {first:?}");
            assert_eq!(vm.slot(5), boxed(made, Ty::Func));
            let head = u32::from_le_bytes([objtype::FUNC, 0, 0, captures.len() as u8]);
            assert_eq!((*m.word(made, 0), *m.word(made, 8), *m.word(made, 16)), (head.into(), 0x7770 + 72, 0xe0e0));
            let mut sorted = new.clone();
            sorted.sort_unstable();
            for (n, &c) in captures.iter().enumerate() {
                let got = *m.word(made, 24 + n * 8);
                let Some(k) = sorted.iter().position(|s| c & LOCAL != 0 && *s == c & 255) else {
                    assert_eq!(got, [0xa0a0, 0xb0b0][c as usize]);
                    continue;
                };
                assert_eq!(got, ups + k as u64 * 32);
                let head = u32::from_le_bytes([objtype::UPVAL, 0, 0, u8::from(c & Closure::IMMUTABLE != 0)]);
                let below = match k {
                    0 if first.is_some() => old,
                    0 => 0,
                    _ => got - 32,
                };
                let want = [u64::from(head), slot(&vm, 2 + (c & 255)), tag::NIL_BITS, below];
                assert_eq!([0, 8, 16, 24].map(|o| *m.word(got, o)), want, "{captures:?} {n}");
            }
            let highest = ups + u64::from(opens.saturating_sub(1)) * 32;
            assert_eq!(
                open,
                if opens > 0 {
                    highest
                } else if first.is_some() {
                    old
                } else {
                    0
                }
            );
            assert_eq!(*m.word(old, 0), 0);
        }
    }
}
