//! Side traces and links.

use super::{SLOT0, Vm, arena, build, new_trace, restore, snap};
use crate::asm::x64::X64;
use crate::backend::{Backend, Code};
use crate::mcode::Arena;
use abi::exit::{Form, Loc, SlotMap, SnapMap};
use abi::tag;
use ir::{Ins, Link, Op, Ref, Snap, Start, Trace, Ty, sload};

/// Makes a side trace that takes over everything from a parent's exit and adds 1 to all numbers.
pub(super) fn plus_one(parent: &Trace, exit: usize) -> Trace {
    let mut t = new_trace();
    t.start = Start::Side(1, exit as u32);
    t.slots = parent.slots;
    let from = &parent.snaps[exit];
    let mut entries = Vec::new();
    for &(slot, r) in &from.entries {
        let v = match parent.as_const(r) {
            Some(c) => t.konst(c.clone()),
            None => t.push(Ins::new(Op::SLOAD, parent.ty(r), Ref::lit(slot), Ref::lit(sload::PARENT))),
        };
        entries.push((slot, v));
    }
    let base = |t: &mut Trace, entries: &[(i32, Ref)]| {
        let at = t.ins.len() as u32;
        let pc = Some(t.pc);
        t.snaps.push(Snap { at, pc, base: from.base, top: from.top, multres: None, entries: entries.to_vec() });
    };
    base(&mut t, &entries);
    t.push(Ins::guard(Op::GCSTEP, Ty::Void, Ref::NONE, Ref::NONE));
    for e in &mut entries {
        e.1 = match t.ty(e.1) {
            Ty::Num => {
                let one = t.knum(1.0);
                t.push(Ins::new(Op::ADD, Ty::Num, e.1, one))
            }
            Ty::Int => {
                let one = t.kint(1);
                t.push(Ins::new(Op::ADD, Ty::Int, e.1, one))
            }
            _ => e.1,
        };
    }
    base(&mut t, &entries);
    t.link = Link::Interp;
    t
}

/// Links an exit of published code to a side trace.
pub(super) fn link(a: &mut Arena, code: &Code, at: u64, exit: u32, target: u64) {
    for (_, site) in code.patches.iter().filter(|p| p.0 == exit) {
        let site = at + *site as u64;
        let bytes = X64::new().link_exit(site, target).unwrap();
        assert!(a.patch(site, &bytes));
    }
}

fn num(x: f64) -> u64 {
    x.to_bits()
}

#[test]
fn values_go_from_any_place_to_any() {
    // Sixty numbers and objects from everywhere, a parent's integer as number, a rotation of registers.
    let mut t = new_trace();
    t.start = Start::Side(1, 0);
    t.slots = 100;
    let mut map = SnapMap::default();
    let mut entries = Vec::new();
    for k in 0..60u16 {
        let (loc, form, ty) = match k {
            0..15 => (Loc::Fpr((k as u8 + 1) % 15), Form::Raw, Ty::Num),
            15 => (Loc::Gpr(1), Form::Int, Ty::Num),
            16..20 => (Loc::Gpr(k as u8 - 10), Form::Gc(tag::TAB as u32), Ty::Tab),
            20 => (Loc::Const(tag::TAB << tag::SHIFT | 0x1230), Form::Raw, Ty::Tab),
            21 => (Loc::Const(num(3.5)), Form::Raw, Ty::Num),
            22 => (Loc::Const(num(7.0)), Form::Int, Ty::Int),
            23 => (Loc::Gpr(12), Form::Key, Ty::Key),
            24 => (Loc::Gpr(1), Form::Int, Ty::Int),
            _ => (Loc::Spill(k - 25), Form::Raw, Ty::Num),
        };
        map.slots.push(SlotMap { slot: i32::from(k), loc, form });
        let v = t.push(Ins::new(Op::SLOAD, ty, Ref::lit(i32::from(k)), Ref::lit(sload::PARENT)));
        entries.push((i32::from(k), v));
    }
    snap(&mut t, &entries);
    for e in &mut entries {
        if t.ty(e.1) == Ty::Num {
            let k = t.knum(0.5);
            e.1 = t.push(Ins::new(Op::ADD, Ty::Num, e.1, k));
        }
    }
    snap(&mut t, &entries);
    t.link = Link::Interp;
    let mut a = arena();
    let (code, at) = build(&mut a, &t, Some(&map), None);
    // A parent: fills registers and slots, then jumps to the side trace.
    let mut state = Box::new(abi::exit::ExitState { fpr: [0; 32], gpr: [0; 32], spill: [0; 256] });
    for k in 0..32 {
        state.fpr[k] = num(k as f64 * 10.0);
        state.gpr[k] = 0x1000 * (k as u64 + 1);
    }
    for k in 0..256 {
        state.spill[k] = num(k as f64 + 1000.0);
    }
    let mut vm = Vm::new(&[]);
    vm.run_from(&mut a, &state, at + code.inner as u64);
    let expected = restore(&map, &state);
    let (_, exit, _, found) = vm.last().unwrap();
    assert_eq!(exit, 1);
    for ((slot, want), (_, got)) in expected.iter().zip(restore(&code.exits[1], &found)) {
        let ty = t.ty(t.snaps[0].entries[*slot as usize].1);
        let want = if ty == Ty::Num { num(f64::from_bits(*want) + 0.5) } else { *want };
        assert_eq!(got, want, "slot {slot}");
    }
}

/// A root trace that leaves at once.
fn target() -> Trace {
    let mut t = new_trace();
    snap(&mut t, &[]);
    t.push(Ins::guard(Op::GCSTEP, Ty::Void, Ref::NONE, Ref::NONE));
    t.link = Link::Interp;
    t.slots = 4;
    t
}

#[test]
fn a_link_to_a_root_stores_the_last_snapshot_and_moves_the_base() {
    let mut a = arena();
    let (root, root_at) = build(&mut a, &target(), None, None);
    let mut t = new_trace();
    snap(&mut t, &[]);
    let x = t.push(Ins::guard(Op::SLOAD, Ty::Num, Ref::lit(0), Ref::lit(0)));
    let i = t.push(Ins::guard(Op::SLOAD, Ty::Int, Ref::lit(1), Ref::lit(sload::CONVERT)));
    let f = t.push(Ins::guard(Op::SLOAD, Ty::Tab, Ref::lit(2), Ref::lit(0)));
    let k = t.push(Ins::guard(Op::SLOAD, Ty::Key, Ref::lit(3), Ref::lit(0)));
    let n = t.push(Ins::guard(Op::SLOAD, Ty::Nil, Ref::lit(4), Ref::lit(0)));
    let c = t.knum(2.5);
    let entries = [(5, x), (6, i), (7, f), (8, k), (9, n), (10, c)];
    snap(&mut t, &entries);
    t.snaps[1].base = 3;
    t.snaps[1].multres = Some(6);
    t.link = Link::Root(2);
    t.slots = 16;
    let (code, at) = build(&mut a, &t, None, Some(root_at + root.inner as u64));
    let slots = [num(1.5), num(-7.0), tag::TAB << tag::SHIFT | 0x1230, tag::KEY_INDEX << 32 | 9, tag::NIL_BITS];
    let mut vm = Vm::new(&slots);
    assert_eq!(vm.enter(&a, at + code.entry as u64), 7);
    let (_, exit, base, _) = vm.last().unwrap();
    assert_eq!((exit, base), (0, vm.stack.as_ptr() as usize + (SLOT0 + 3) * 8));
    assert_eq!(vm.stack[SLOT0 + 5..SLOT0 + 11], [slots[0], slots[1], slots[2], slots[3], slots[4], num(2.5)]);
    assert_eq!(vm.fields[abi::vmfield::MULTRES as usize / 8], 6);
    // A type that does not fit leaves before anything happened.
    for (slot, bad) in [
        (0, tag::TRUE_BITS),
        (1, num(0.5)),
        (2, num(1.0)),
        (2, tag::STR << tag::SHIFT),
        (3, tag::TAB << tag::SHIFT),
        (4, tag::FALSE_BITS),
    ] {
        let mut wrong = slots;
        wrong[slot] = bad;
        let mut vm = Vm::new(&wrong);
        vm.enter(&a, at);
        assert_eq!(vm.last().map(|l| l.1), Some(0), "slot {slot}");
        assert_eq!(vm.stack[SLOT0 + 5], tag::NIL_BITS);
    }
}
