//! Loads, stores, allocations and calls, on objects of plain memory with the layouts of `abi::layout`.

use super::{SLOT0, Vm, arena, env, new_trace, snap};
use crate::asm::x64::X64;
use crate::backend::{Backend, Code, Env, Request, Template};
use crate::mcode::Arena;
use abi::grow::Growth;
use abi::layout::offset;
use abi::support::Helper;
use abi::{tag, vmfield};
use ir::{Const, Field, Ins, Link, Op, ProtoKey, Ref, Trace, Ty};
use std::cell::RefCell;

thread_local! {
    /// Arguments of the last call, and what calls return.
    static CALL: RefCell<(Vec<[u64; 4]>, u64)> = const { RefCell::new((Vec::new(), 0)) };
}

extern "C" fn noted(a: u64, b: u64, c: u64, d: u64) -> u64 {
    crate::mcode::harness::clobber();
    CALL.with(|l| {
        l.borrow_mut().0.push([a, b, c, d]);
        l.borrow().1
    })
}

extern "C" fn noted_num(a: u64) -> f64 {
    f64::from_bits(noted(a, 0, 0, 0))
}

fn noting() -> Env {
    let mut e = env();
    for h in e.helpers.iter_mut().filter(|h| **h == 0) {
        *h = noted as *const () as u64;
    }
    e.helpers[Helper::str_to_num as usize] = noted_num as *const () as u64;
    e
}

pub(super) fn calls(returns: u64) -> Vec<[u64; 4]> {
    CALL.with(|l| {
        let mut l = l.borrow_mut();
        l.1 = returns;
        std::mem::take(&mut l.0)
    })
}

/// Memory for objects.
pub(super) struct Heap(Vec<u64>);

impl Heap {
    pub(super) fn new() -> Heap {
        Heap(Vec::with_capacity(4096))
    }
    pub(super) fn object(&mut self, bytes: usize) -> u64 {
        let at = self.0.len();
        self.0.resize(at + bytes.div_ceil(8), 0);
        assert!(self.0.len() <= 4096);
        self.0.as_ptr() as u64 + at as u64 * 8
    }
    pub(super) fn word(&mut self, at: u64, off: usize) -> &mut u64 {
        let k = (at - self.0.as_ptr() as u64) as usize + off;
        assert_eq!(k % 8, 0);
        &mut self.0[k / 8]
    }
    pub(super) fn set32(&mut self, at: u64, off: usize, v: u32) {
        let (word, shift) = (off & !7, off % 8 * 8);
        let w = self.word(at, word);
        *w = *w & !(0xffff_ffff << shift) | u64::from(v) << shift;
    }
    pub(super) fn set8(&mut self, at: u64, off: usize, v: u8) {
        let (word, shift) = (off & !7, off % 8 * 8);
        let w = self.word(at, word);
        *w = *w & !(0xff << shift) | u64::from(v) << shift;
    }
    /// A table with an array part and nodes.
    pub(super) fn table(&mut self, array: &[u64], nodes: &[(u64, u64)]) -> u64 {
        let t = self.object(48);
        let a = self.object(array.len().max(1) * 8);
        for (i, v) in array.iter().enumerate() {
            *self.word(a, i * 8) = *v;
        }
        let n = self.object(nodes.len().max(1) * 24);
        for (i, (k, v)) in nodes.iter().enumerate() {
            *self.word(n, i * 24) = *v;
            *self.word(n, i * 24 + 8) = *k;
        }
        *self.word(t, offset("TabObj", "array")) = a;
        *self.word(t, offset("TabObj", "node")) = n;
        self.set32(t, offset("TabObj", "asize"), array.len() as u32);
        self.set32(t, offset("TabObj", "hmask"), nodes.len().max(1) as u32 - 1);
        t
    }
}

fn num(x: f64) -> u64 {
    x.to_bits()
}

pub(super) fn boxed(p: u64, ty: Ty) -> u64 {
    p | ty.tag() << tag::SHIFT
}

/// What constants are bound to.
pub(super) type Bind<'a> = &'a dyn Fn(&Const) -> (u64, u64);

fn assemble(a: &mut Arena, t: &Trace, bind: Bind<'_>) -> (Code, u64) {
    assemble_with(a, t, bind, &[])
}

pub(super) fn assemble_with(a: &mut Arena, t: &Trace, bind: Bind<'_>, templates: &[Template]) -> (Code, u64) {
    let (bits, keys): (Vec<u64>, Vec<u64>) = t.consts.iter().map(bind).unzip();
    let at = a.cursor();
    let request = Request {
        trace: t,
        number: 1,
        bits: &bits,
        keys: &keys,
        templates,
        parent: None,
        target: None,
        fuse: true,
        stress: false,
        at,
        growth: Growth::default(),
    };
    let code = X64::new().assemble(&noting(), &request).unwrap();
    if std::env::var_os("SHOW").is_some() {
        println!("{t}");
        for (a, s) in crate::asm::disasm(&code.bytes, at) {
            println!("{a:x} {s}");
        }
    }
    assert_eq!(a.publish(&code.bytes), Ok(at));
    (code, at)
}

fn nothing(_: &Const) -> (u64, u64) {
    (0, 0)
}

fn ins(t: &mut Trace, op: Op, ty: Ty, a: Ref, b: Ref) -> Ref {
    t.push(Ins::new(op, ty, a, b))
}

pub(super) fn guard(t: &mut Trace, op: Op, ty: Ty, a: Ref, b: Ref) -> Ref {
    t.push(Ins::guard(op, ty, a, b))
}

pub(super) fn sload(t: &mut Trace, ty: Ty, slot: i32) -> Ref {
    guard(t, Op::SLOAD, ty, Ref::lit(slot), Ref::lit(0))
}

fn field(t: &mut Trace, o: Ref, f: Field) -> Ref {
    ins(t, Op::FLOAD, f.ty(), o, Ref::lit(f as i32))
}

pub(super) fn finish(t: &mut Trace, entries: &[(i32, Ref)]) {
    snap(t, entries);
    t.link = Link::Interp;
    t.slots = 32;
}

#[test]
fn an_array_is_summed_up_to_its_end_or_a_hole() {
    let mut t = new_trace();
    snap(&mut t, &[]);
    let tab = sload(&mut t, Ty::Tab, 0);
    let s0 = sload(&mut t, Ty::Num, 1);
    let array = field(&mut t, tab, Field::TabArray);
    let asize = field(&mut t, tab, Field::TabAsize);
    let zero = t.kint(1);
    snap(&mut t, &[]);
    ins(&mut t, Op::LOOP, Ty::Void, Ref::NONE, Ref::NONE);
    let i0 = zero;
    let loop_at = t.ins.len() - 1;
    // PHIs name instructions of before: the counter begins as a slot.
    t.ins.truncate(loop_at);
    let i0v = guard(&mut t, Op::SLOAD, Ty::Int, Ref::lit(2), Ref::lit(ir::sload::CONVERT));
    let _ = i0;
    snap(&mut t, &[(1, s0), (2, i0v)]);
    ins(&mut t, Op::LOOP, Ty::Void, Ref::NONE, Ref::NONE);
    guard(&mut t, Op::ABC, Ty::Int, asize, i0v);
    let adr = ins(&mut t, Op::AREF, Ty::Ptr, array, i0v);
    let v = guard(&mut t, Op::ALOAD, Ty::Num, adr, Ref::NONE);
    let s1 = ins(&mut t, Op::ADD, Ty::Num, s0, v);
    let one = t.kint(1);
    let i1 = ins(&mut t, Op::ADD, Ty::Int, i0v, one);
    ins(&mut t, Op::PHI, Ty::Num, s0, s1);
    ins(&mut t, Op::PHI, Ty::Int, i0v, i1);
    t.link = Link::Loop;
    t.slots = 8;
    let mut a = arena();
    let (code, at) = assemble(&mut a, &t, &nothing);
    let mut h = Heap::new();
    let tab = h.table(&[tag::NIL_BITS, num(1.5), num(2.0), num(3.0), num(10.0)], &[]);
    let mut vm = Vm::new(&[boxed(tab, Ty::Tab), num(0.25), num(1.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(2));
    assert_eq!((vm.num(1), vm.num(2)), (16.75, 5.0));
    let array = *h.word(tab, offset("TabObj", "array"));
    *h.word(array, 24) = boxed(tab, Ty::Str);
    let mut vm = Vm::new(&[boxed(tab, Ty::Tab), num(0.25), num(1.0)]);
    vm.run(&a, &code, at);
    assert_eq!((vm.num(1), vm.num(2)), (3.75, 3.0));
}

#[test]
fn every_type_is_loaded_stored_and_guarded() {
    let mut h = Heap::new();
    let obj = h.object(16);
    let values = [
        (Ty::Nil, tag::NIL_BITS),
        (Ty::False, tag::FALSE_BITS),
        (Ty::True, tag::TRUE_BITS),
        (Ty::Str, boxed(obj, Ty::Str)),
        (Ty::Tab, boxed(obj, Ty::Tab)),
        (Ty::Func, boxed(obj, Ty::Func)),
        (Ty::Thread, boxed(obj, Ty::Thread)),
        (Ty::Udata, boxed(obj, Ty::Udata)),
        (Ty::Lightud, boxed(0x1234_5678, Ty::Lightud)),
        (Ty::Num, num(-2.5)),
        (Ty::Num, num(f64::NAN)),
        (Ty::Num, num(f64::NEG_INFINITY)),
    ];
    for (ty, bits) in values {
        let mut t = new_trace();
        snap(&mut t, &[]);
        let tab = sload(&mut t, Ty::Tab, 0);
        let array = field(&mut t, tab, Field::TabArray);
        let two = t.kint(2);
        let adr = ins(&mut t, Op::AREF, Ty::Ptr, array, two);
        let v = guard(&mut t, Op::ALOAD, ty, adr, Ref::NONE);
        let three = t.kint(3);
        let adr = ins(&mut t, Op::AREF, Ty::Ptr, array, three);
        ins(&mut t, Op::ASTORE, ty, adr, v);
        ins(&mut t, Op::SSTORE, ty, Ref::lit(6), v);
        // The same guard alone.
        let one = t.kint(1);
        let adr = ins(&mut t, Op::AREF, Ty::Ptr, array, one);
        guard(&mut t, Op::ALOAD, ty, adr, Ref::NONE);
        finish(&mut t, &[(5, v)]);
        let mut a = arena();
        let (code, at) = assemble(&mut a, &t, &nothing);
        let run = |h: &mut Heap, first: u64, second: u64| {
            let tab = h.table(&[0, second, first, 0], &[]);
            let mut vm = Vm::new(&[boxed(tab, Ty::Tab)]);
            let exit = vm.run(&a, &code, at).1;
            let array = *h.word(tab, offset("TabObj", "array"));
            (exit, vm.slot(5), vm.slot(6), *h.word(array, 24))
        };
        assert_eq!(run(&mut h, bits, bits), (Some(1), bits, bits, bits), "{}", ty.name());
        for (other, wrong) in values {
            if other != ty {
                assert_eq!(run(&mut h, wrong, bits).0, Some(0), "{} for {}", other.name(), ty.name());
                assert_eq!(run(&mut h, bits, wrong).0, Some(0), "{} for {}", other.name(), ty.name());
            }
        }
    }
}

#[test]
fn nodes_are_found_by_key_and_stores_pass_the_barrier() {
    let mut h = Heap::new();
    let (x, y) = (boxed(h.object(24), Ty::Str), boxed(h.object(24), Ty::Str));
    let bind = move |c: &Const| match c {
        Const::Slot(k, i) => (u64::from(*i) * 24, if k[0] == b'x' { x } else { y }),
        Const::Str(_) => (y, 0),
        _ => (0, 0),
    };
    let mut t = new_trace();
    snap(&mut t, &[]);
    let tab = sload(&mut t, Ty::Tab, 0);
    let live = sload(&mut t, Ty::Num, 1);
    let node = field(&mut t, tab, Field::TabNode);
    let hmask = field(&mut t, tab, Field::TabHmask);
    let one = t.kint(1);
    guard(&mut t, Op::EQ, Ty::Int, hmask, one);
    let meta = field(&mut t, tab, Field::TabMeta);
    let null = t.konst(Const::Null);
    guard(&mut t, Op::EQ, Ty::Tab, meta, null);
    let kx = t.konst(Const::Slot(b"x"[..].into(), 1));
    let ky = t.konst(Const::Slot(b"y"[..].into(), 0));
    let px = guard(&mut t, Op::HREFK, Ty::Ptr, node, kx);
    let v = guard(&mut t, Op::HLOAD, Ty::Num, px, Ref::NONE);
    let k = guard(&mut t, Op::HKLOAD, Ty::Str, px, Ref::NONE);
    let py = guard(&mut t, Op::HREFK, Ty::Ptr, node, ky);
    let sum = ins(&mut t, Op::ADD, Ty::Num, v, live);
    ins(&mut t, Op::HSTORE, Ty::Num, py, sum);
    let s = t.konst(Const::Str(b"y"[..].into()));
    ins(&mut t, Op::HSTORE, Ty::Str, px, s);
    ins(&mut t, Op::TBAR, Ty::Void, tab, Ref::NONE);
    let i = t.kint(1);
    let pi = ins(&mut t, Op::HREFI, Ty::Ptr, node, i);
    let again = guard(&mut t, Op::HLOAD, Ty::Str, pi, Ref::NONE);
    finish(&mut t, &[(4, sum), (5, live), (6, again), (7, k)]);
    let mut a = arena();
    let (code, at) = assemble(&mut a, &t, &bind);
    for marked in [0u8, 3] {
        calls(0);
        let tab = h.table(&[], &[(y, num(0.0)), (x, num(2.0))]);
        h.set8(tab, 1, marked);
        let mut vm = Vm::new(&[boxed(tab, Ty::Tab), num(5.0)]);
        vm.fields[vmfield::GC_EPOCH as usize / 8] |= 3 << (vmfield::GC_EPOCH % 8 * 8);
        assert_eq!(vm.run(&a, &code, at).1, Some(1));
        assert_eq!((vm.num(4), vm.num(5), vm.slot(6), vm.slot(7)), (7.0, 5.0, y, x));
        let expected = if marked == 3 { vec![[vm.fields.as_ptr() as u64, tab]] } else { vec![] };
        let found: Vec<[u64; 2]> = calls(0).iter().map(|c| [c[0], c[1]]).collect();
        assert_eq!(found, expected);
    }
    // Another key, size, a metatable.
    let tab = h.table(&[], &[(x, num(0.0)), (y, num(2.0))]);
    let mut vm = Vm::new(&[boxed(tab, Ty::Tab), num(5.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
    let tab = h.table(&[], &[(y, num(0.0)), (x, num(2.0)), (0, 0), (0, 0)]);
    let mut vm = Vm::new(&[boxed(tab, Ty::Tab), num(5.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
    let tab = h.table(&[], &[(y, num(0.0)), (x, num(2.0))]);
    *h.word(tab, offset("TabObj", "meta")) = tab;
    let mut vm = Vm::new(&[boxed(tab, Ty::Tab), num(5.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
}

#[test]
fn upvalues_open_closed_and_in_slots() {
    let mut h = Heap::new();
    let uv = |s| offset("UpvalObj", s);
    let f = h.object(24 + 3 * 8);
    let (closed, open) = (h.object(32), h.object(32));
    *h.word(f, 24) = closed;
    *h.word(f, 32) = open;
    h.set8(closed, uv("closed"), 1);
    *h.word(closed, uv("v")) = closed + uv("tv") as u64;
    *h.word(closed, uv("tv")) = num(4.0);
    h.set8(closed, 1, 9);
    let mut outside = [num(8.0)];
    *h.word(open, uv("v")) = outside.as_mut_ptr() as u64;
    let mut t = new_trace();
    snap(&mut t, &[]);
    let fun = sload(&mut t, Ty::Func, 0);
    let o = sload(&mut t, Ty::Tab, 1);
    let uc = guard(&mut t, Op::UREFC, Ty::Ptr, fun, Ref::lit(0));
    let uo = guard(&mut t, Op::UREFO, Ty::Ptr, fun, Ref::lit(1));
    let a1 = guard(&mut t, Op::ULOAD, Ty::Num, uc, Ref::NONE);
    let b1 = guard(&mut t, Op::ULOAD, Ty::Num, uo, Ref::NONE);
    let s = ins(&mut t, Op::SUB, Ty::Num, a1, b1);
    ins(&mut t, Op::USTORE, Ty::Num, uo, s);
    ins(&mut t, Op::USTORE, Ty::Tab, uc, o);
    ins(&mut t, Op::OBAR, Ty::Void, uc, o);
    finish(&mut t, &[(3, s)]);
    let mut a = arena();
    let (code, at) = assemble(&mut a, &t, &nothing);
    let tab = boxed(h.object(48), Ty::Tab);
    let mut vm = Vm::new(&[boxed(f, Ty::Func), tab]);
    vm.fields[vmfield::GC_EPOCH as usize / 8] |= 9 << (vmfield::GC_EPOCH % 8 * 8);
    calls(0);
    assert_eq!(vm.run(&a, &code, at).1, Some(1));
    assert_eq!((vm.num(3), f64::from_bits(outside[0])), (-4.0, -4.0));
    let made = calls(0);
    assert_eq!(made[0][..3], [vm.fields.as_ptr() as u64, closed + uv("tv") as u64, tab]);
    assert_eq!(*h.word(closed, uv("tv")), tab);
    // Open in a slot of the trace; closed where it was open; open where it was closed.
    *h.word(closed, uv("tv")) = num(4.0);
    *h.word(open, uv("v")) = vm.stack.as_ptr() as u64 + (SLOT0 as u64 + 2) * 8;
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
    *h.word(open, uv("v")) = outside.as_mut_ptr() as u64;
    h.set8(open, uv("closed"), 1);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
    h.set8(open, uv("closed"), 0);
    h.set8(closed, uv("closed"), 0);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));

    let mut t = new_trace();
    snap(&mut t, &[]);
    let fun = sload(&mut t, Ty::Func, 0);
    guard(&mut t, Op::UREFS, Ty::Void, fun, Ref::lit(-3 << 8 | 1));
    finish(&mut t, &[]);
    let (code, at) = assemble(&mut a, &t, &nothing);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
    *h.word(open, uv("v")) = vm.stack.as_ptr() as u64 + (SLOT0 as u64 - 3) * 8;
    assert_eq!(vm.run(&a, &code, at).1, Some(1));
}

#[test]
fn helpers_get_their_arguments_and_failures_leave() {
    let mut h = Heap::new();
    let obj = h.object(48);
    let key = ProtoKey { hash: 1, instance: 0 };
    let bind = |c: &Const| match c {
        Const::Proto(_) => (0x7770, 0),
        Const::Templ(..) => (0x8880, 0),
        Const::Str(_) => (boxed(0x9990, Ty::Str), 0),
        _ => (0, 0),
    };
    let vm_at = |vm: &Vm| vm.fields.as_ptr() as u64;
    // Each makes an instruction from `(trace, tab, num, int, str)` and says what the helper gets.
    type Make = fn(&mut Trace, [Ref; 4], ProtoKey) -> (Ins, bool);
    let cases: [(Make, &[Option<u64>]); 13] = [
        (|_, _, _| (Ins::guard(Op::TNEW, Ty::Tab, Ref::lit(3), Ref::lit(2)), true), &[None, Some(3), Some(2)]),
        (
            |t, _, k| (Ins::guard(Op::TDUP, Ty::Tab, t.konst(Const::Templ(k, 0)), Ref::NONE), true),
            &[None, Some(0x8880)],
        ),
        (
            |t, _, k| {
                let f = ins(t, Op::SLOAD, Ty::Func, Ref::lit(-2), Ref::lit(0));
                let base = t.kint(2);
                let list = ins(t, Op::CARG, Ty::Void, f, base);
                (Ins::guard(Op::FNEW, Ty::Func, t.konst(Const::Proto(k)), list), true)
            },
            &[None, Some(0x7770), None, None],
        ),
        (|_, v, _| (Ins::guard(Op::TOSTR, Ty::Str, v[2], Ref::NONE), true), &[None, Some(7)]),
        (|_, v, _| (Ins::guard(Op::NEWREF, Ty::Ptr, v[0], v[1]), true), &[None, None, Some(4608308318706860032)]),
        (|_, v, _| (Ins::guard(Op::NEWREF, Ty::Ptr, v[0], v[2]), true), &[None, None, Some(4619567317775286272)]),
        (|_, v, _| (Ins::new(Op::HREF, Ty::Ptr, v[0], v[2]), false), &[None, Some(7)]),
        (|_, v, _| (Ins::new(Op::HREF, Ty::Ptr, v[0], v[3]), false), &[None, None]),
        (|_, v, _| (Ins::new(Op::HREF, Ty::Ptr, v[0], v[1]), false), &[None, Some(4608308318706860032)]),
        (|_, v, _| (Ins::new(Op::HREF, Ty::Ptr, v[0], v[0]), false), &[None, None]),
        (
            |t, v, _| (Ins::guard(Op::SNEW, Ty::Str, ins(t, Op::STRREF, Ty::Ptr, v[3], v[2]), v[2]), true),
            &[None, None, Some(7)],
        ),
        (|_, v, _| (Ins::guard(Op::STRTO, Ty::Num, v[3], Ref::NONE), true), &[None]),
        (
            |t, v, _| {
                let l = ins(t, Op::CARG, Ty::Void, v[3], v[1]);
                let l = ins(t, Op::CARG, Ty::Void, l, v[2]);
                let s = t.konst(Const::Str(b"s"[..].into()));
                let l = ins(t, Op::CARG, Ty::Void, l, s);
                (Ins::guard(Op::CAT, Ty::Str, l, Ref::NONE), true)
            },
            &[None, None, Some(4)],
        ),
    ];
    for (make, expected) in cases {
        let mut t = new_trace();
        snap(&mut t, &[]);
        let tab = sload(&mut t, Ty::Tab, 0);
        let x = sload(&mut t, Ty::Num, 1);
        let i = guard(&mut t, Op::SLOAD, Ty::Int, Ref::lit(2), Ref::lit(ir::sload::CONVERT));
        let s = sload(&mut t, Ty::Str, 3);
        let (what, fails) = make(&mut t, [tab, x, i, s], key);
        let r = t.push(what);
        let twice = ins(&mut t, Op::ADD, Ty::Num, x, x);
        ins(&mut t, Op::USE, Ty::Void, r, Ref::NONE);
        let shown = if what.ty == Ty::Ptr { i } else { r };
        finish(&mut t, &[(4, shown), (5, twice), (6, i), (7, tab), (8, s)]);
        let mut a = arena();
        let (code, at) = assemble(&mut a, &t, &bind);
        let name = what.op.name();
        let slots = [boxed(obj, Ty::Tab), num(1.25), num(7.0), boxed(obj + 16, Ty::Str)];
        let mut vm = Vm::new(&slots);
        calls(if what.ty == Ty::Num { num(42.0) } else { 0x5550 });
        assert_eq!(vm.run(&a, &code, at).1, Some(1), "{name}");
        let made = calls(if what.ty == Ty::Num { tag::NIL_BITS } else { 0 });
        assert_eq!(made.len(), 1, "{name}");
        for (k, want) in expected.iter().enumerate() {
            if let Some(w) = want {
                assert_eq!(made[0][k], *w, "{name}, argument {k}");
            }
        }
        assert_eq!((vm.num(5), vm.num(6), vm.slot(7), vm.slot(8)), (2.5, 7.0, slots[0], slots[3]), "{name}");
        match what.op {
            Op::CAT => {}
            Op::STRTO => assert_eq!((vm.num(4), made[0][0]), (42.0, obj + 16)),
            Op::HREF => assert_eq!(made[0][0], obj, "{name}"),
            _ => assert_eq!(made[0][0], vm_at(&vm), "{name}"),
        }
        if what.ty.is_gc() {
            assert_eq!(vm.slot(4), boxed(0x5550, what.ty), "{name}");
        }
        if what.op == Op::FNEW {
            assert_eq!(made[0][3], vm.stack.as_ptr() as u64 + (SLOT0 as u64 + 2) * 8);
        }
        if fails {
            let mut vm = Vm::new(&slots);
            assert_eq!(vm.run(&a, &code, at).1, Some(0), "{name} fails");
        }
    }
}

#[test]
fn a_called_builtin_may_move_the_stack_or_fail() {
    let mut t = new_trace();
    snap(&mut t, &[]);
    let x = sload(&mut t, Ty::Num, 0);
    ins(&mut t, Op::SSTORE, Ty::Num, Ref::lit(6), x);
    guard(&mut t, Op::CALLB, Ty::Void, Ref::lit(6), Ref::lit(1));
    snap(&mut t, &[]);
    t.snaps[1].base = 2;
    let y = sload(&mut t, Ty::Num, 4);
    let s = ins(&mut t, Op::ADD, Ty::Num, x, y);
    finish(&mut t, &[(1, s)]);
    t.snaps[2].base = 2;
    let mut a = arena();
    let (code, at) = assemble(&mut a, &t, &nothing);
    let mut vm = Vm::new(&[num(1.0), 0, 0, 0, num(7.0)]);
    let moved = Vm::new(&[num(0.0), 0, 0, 0, num(30.0)]);
    vm.fields[vmfield::BASE as usize / 8] = moved.stack.as_ptr() as u64 + (SLOT0 as u64 + 2) * 8;
    calls(0);
    assert_eq!(vm.enter(&a, at), 7);
    let (_, exit, base, state) = vm.last().unwrap();
    assert_eq!((exit, base), (2, moved.stack.as_ptr() as usize + SLOT0 * 8));
    assert_eq!(super::restore(&code.exits[2], &state), [(1, num(31.0))]);
    let made = calls(3);
    assert_eq!(made[0][..3], [vm.fields.as_ptr() as u64, vm.stack.as_ptr() as u64 + (SLOT0 as u64 + 6) * 8, 1]);
    // Not returned normally: out at once, with what it said less one.
    assert_eq!(vm.enter(&a, at), 2);
    assert!(vm.last().is_none());
    // Attention behind the call.
    calls(0);
    vm.fields[vmfield::ATTENTION as usize / 8] |= 1 << (vmfield::ATTENTION % 8 * 8 + 8);
    vm.enter(&a, at);
    assert_eq!(vm.last().unwrap().1, 1);
}

#[test]
fn a_return_to_a_lower_frame_compares_the_link() {
    let mut t = new_trace();
    snap(&mut t, &[]);
    let x = sload(&mut t, Ty::Num, 0);
    let pc = t.konst(Const::Pc(ProtoKey { hash: 1, instance: 0 }, 5));
    guard(&mut t, Op::RETF, Ty::Void, pc, Ref::lit(3));
    let y = ins(&mut t, Op::NEG, Ty::Num, x, Ref::NONE);
    finish(&mut t, &[(1, y)]);
    let bind = |c: &Const| match c {
        Const::Pc(_, 5) => (0x1234_5678_9abc, 0),
        _ => (0, 0),
    };
    let mut a = arena();
    let (code, at) = assemble(&mut a, &t, &bind);
    let mut vm = Vm::new(&[num(2.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
    vm.stack[SLOT0 - 1] = 0x1234_5678_9abc;
    assert_eq!(vm.run(&a, &code, at).1, Some(1));
    assert_eq!(vm.num(1 - 3), -2.0);
}

#[test]
fn bytes_fields_and_their_stores() {
    let mut h = Heap::new();
    let s = h.object(32);
    h.set32(s, offset("StrObj", "len"), 5);
    *h.word(s, 16) = u64::from_le_bytes(*b"hello\0\0\0");
    let tab = h.table(&[], &[]);
    h.set8(tab, offset("TabObj", "nomm"), 0x81);
    h.set32(tab, offset("TabObj", "shape"), 77);
    let mut t = new_trace();
    snap(&mut t, &[]);
    let st = sload(&mut t, Ty::Str, 0);
    let tb = sload(&mut t, Ty::Tab, 1);
    let i = guard(&mut t, Op::SLOAD, Ty::Int, Ref::lit(2), Ref::lit(ir::sload::CONVERT));
    let len = field(&mut t, st, Field::StrLen);
    guard(&mut t, Op::ULT, Ty::Int, i, len);
    let p = ins(&mut t, Op::STRREF, Ty::Ptr, st, i);
    let c = ins(&mut t, Op::XLOAD, Ty::Int, p, Ref::NONE);
    let nomm = field(&mut t, tb, Field::TabNomm);
    let shape = field(&mut t, tb, Field::TabShape);
    let sum = ins(&mut t, Op::ADD, Ty::Int, nomm, shape);
    let f = ins(&mut t, Op::FREF, Ty::Ptr, tb, Ref::lit(Field::TabMeta as i32));
    ins(&mut t, Op::FSTORE, Ty::Tab, f, tb);
    let f = ins(&mut t, Op::FREF, Ty::Ptr, tb, Ref::lit(Field::TabNomm as i32));
    let zero = t.kint(0);
    ins(&mut t, Op::FSTORE, Ty::Int, f, zero);
    let m = field(&mut t, tb, Field::TabMeta);
    finish(&mut t, &[(3, c), (4, sum), (5, m), (6, len)]);
    let mut a = arena();
    let (code, at) = assemble(&mut a, &t, &nothing);
    let mut vm = Vm::new(&[boxed(s, Ty::Str), boxed(tab, Ty::Tab), num(1.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(1));
    assert_eq!((vm.num(3), vm.num(4), vm.slot(5), vm.num(6)), (101.0, 206.0, boxed(tab, Ty::Tab), 5.0));
    assert_eq!(*h.word(tab, 0) >> 16 & 0xff, 0);
    let mut vm = Vm::new(&[boxed(s, Ty::Str), boxed(tab, Ty::Tab), num(5.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(0));
}
