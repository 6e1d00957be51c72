//! Restoring from maps made by hand.

use super::*;
use crate::vm::Config;
use abi::exit::{SPILLS, SlotMap};

fn state() -> ExitState {
    ExitState { fpr: [0; 32], gpr: [0; 32], spill: [0; SPILLS] }
}

fn slot(slot: i32, loc: Loc, form: Form) -> SlotMap {
    SlotMap { slot, loc, form }
}

fn raw(loc: Loc) -> SunkValue {
    SunkValue { loc, form: Form::Raw }
}

fn num(n: f64) -> Loc {
    Loc::Const(Value::from_num(n).0)
}

fn string(vm: &Vm, s: &[u8]) -> Value {
    Value::from_str(strtab::intern(vm, s).expect("memory"))
}

#[test]
fn every_location_and_form() {
    let mut vm = Vm::new(Config::default());
    let base = vm.base;
    let mut st = state();
    st.fpr[15] = 2.5f64.to_bits();
    st.gpr[3] = 0xffff_ffff_ffff_fff9; // -7; the high half is not the integer's
    st.gpr[12] = 0x7777_0000_0005;
    st.spill[255] = Value::TRUE.0;
    let s = string(&vm, b"text");
    st.spill[0] = s.0 & tag::PTR_MASK;
    let map = SnapMap {
        slots: vec![
            slot(0, Loc::Fpr(15), Form::Raw),
            slot(1, Loc::Gpr(3), Form::Int),
            slot(2, Loc::Gpr(12), Form::Key),
            slot(3, Loc::Spill(255), Form::Raw),
            slot(4, Loc::Spill(0), Form::Gc(tag::STR as u32)),
            slot(5, Loc::Const(17), Form::Int),
            slot(6, Loc::Memory, Form::Raw),
        ],
        sunk: vec![],
        base: 3,
        top: 8,
        pc: 0x1234,
        multres: Some(2),
    };
    // SAFETY: a new stack has room for these slots; `base` is its bottom frame.
    unsafe {
        *base.add(6) = 99;
        restore(&mut vm, base, &st, &map).expect("memory");
        assert_eq!(*base, 2.5f64.to_bits());
        assert_eq!(Value(*base.add(1)).as_num(), Some(-7.0));
        assert_eq!(*base.add(2), tag::KEY_INDEX << 32 | 5);
        assert_eq!(Value(*base.add(3)), Value::TRUE);
        assert_eq!(Value(*base.add(4)), s);
        assert_eq!(*base.add(5), 17);
        assert_eq!(*base.add(6), 99);
        assert_eq!((vm.base, vm.pc as u64, vm.multres), (base.add(3), 0x1234, 2));
        // As moves, from nothing.
        let slots: Vec<u64> = (0..8).map(|i| *base.add(i)).collect();
        (0..6).for_each(|i| *base.add(i) = 1);
        (vm.base, vm.pc, vm.multres) = (base, std::ptr::null(), 0);
        Moves::new(&map).expect("nothing is created").restore(&mut vm, base, &st);
        assert_eq!((0..8).map(|i| *base.add(i)).collect::<Vec<_>>(), slots);
        assert_eq!((vm.base, vm.pc as u64, vm.multres), (base.add(3), 0x1234, 2));
    }
}

#[test]
fn sunk_objects_may_refer_to_each_other() {
    let mut vm = Vm::new(Config::default());
    let base = vm.base;
    let (k, v) = (string(&vm, b"k"), string(&vm, b"v"));
    let mut st = state();
    st.gpr[1] = 2;
    st.gpr[2] = b"hello".as_ptr() as u64;
    st.gpr[3] = 4 | 0xabcd << 32;
    let object = SnapMap { sunk: vec![Sunk::Str { ptr: raw(Loc::Gpr(2)), len: raw(num(1.0)) }], ..SnapMap::default() };
    assert!(Moves::new(&object).is_none());
    let table = |asize, hbits, stores, meta| Sunk::Table { asize, hbits, template: None, stores, meta };
    let map = SnapMap {
        slots: vec![
            slot(0, Loc::Sunk(0), Form::Raw),
            slot(1, Loc::Sunk(2), Form::Raw),
            slot(2, Loc::Sunk(0), Form::Raw),
        ],
        sunk: vec![
            table(
                3,
                1,
                vec![
                    (raw(num(1.0)), raw(Loc::Sunk(1))),
                    (SunkValue { loc: Loc::Gpr(1), form: Form::Int }, raw(num(20.0))),
                    (raw(Loc::Const(k.0)), raw(Loc::Const(v.0))),
                    (raw(Loc::Const(k.0)), raw(Loc::Sunk(0))),
                ],
                Some(raw(Loc::Sunk(1))),
            ),
            table(
                0,
                0,
                vec![(raw(Loc::Sunk(2)), raw(Loc::Const(tag::TRUE_BITS)))],
                Some(raw(Loc::Const(tag::NIL_BITS))),
            ),
            Sunk::Str { ptr: raw(Loc::Gpr(2)), len: raw(Loc::Gpr(3)) },
        ],
        ..SnapMap::default()
    };
    // SAFETY: as above; the objects are live: nothing collects before the checks.
    unsafe {
        restore(&mut vm, base, &st, &map).expect("memory");
        let t = Value(*base).as_tab().expect("a table");
        assert_eq!(Value(*base.add(2)).as_tab(), Some(t));
        let hell = Value(*base.add(1));
        assert_eq!(hell, string(&vm, b"hell"));
        let inner = table::get_int(t, 1).as_tab().expect("a table");
        assert_eq!(table::get_int(t, 2).as_num(), Some(20.0));
        assert_eq!(table::get(t, k).as_tab(), Some(t));
        assert_eq!(((*t).meta, (*inner).meta), (inner, std::ptr::null_mut()));
        assert_eq!(((*t).asize, (*t).hmask), (3, 1));
        assert!(table::get(inner, hell).is_true());
        // They are garbage like any others afterwards.
        *base = tag::NIL_BITS;
        *base.add(2) = tag::NIL_BITS;
        vm.top.set(base.add(2));
        vm.collect_full();
        assert_eq!(StrObj::bytes(hell.as_str().expect("a string")), b"hell");
    }
}

#[test]
fn templates_are_copied_and_marking_finds_what_was_rebuilt() {
    let mut vm = Vm::new(Config::default());
    let base = vm.base;
    let template = table::new(&vm, 4, 0).expect("memory");
    // SAFETY: as above.
    unsafe {
        table::set_int(&vm, template, 1, Value::from_num(5.0)).expect("memory");
        *base.add(1) = Value::from_tab(template).0;
        vm.top.set(base.add(2));
        // So much to mark that the phase does not end in one step.
        let many = table::new(&vm, 5000, 0).expect("memory");
        *base.add(2) = Value::from_tab(many).0;
        vm.top.set(base.add(3));
        for i in 0..5000 {
            let t = table::new(&vm, 4, 0).expect("memory");
            table::set_int(&vm, many, i, Value::from_tab(t)).expect("memory");
        }
        while vm.heap.gc_epoch.get() == crate::alloc::IDLE {
            vm.gc_step(1);
        }
        let map = SnapMap {
            slots: vec![slot(0, Loc::Sunk(0), Form::Raw)],
            sunk: vec![
                Sunk::Table {
                    asize: 4,
                    hbits: 0,
                    template: Some(Value::from_tab(template).0),
                    stores: vec![(raw(num(2.0)), raw(Loc::Sunk(1)))],
                    meta: None,
                },
                Sunk::Table {
                    asize: 0,
                    hbits: 0,
                    template: None,
                    stores: vec![(raw(num(7.0)), raw(num(8.0)))],
                    meta: None,
                },
            ],
            ..SnapMap::default()
        };
        restore(&mut vm, base, &state(), &map).expect("memory");
        vm.top.set(base.add(3));
        for _ in 0..1000 {
            vm.gc_step(64);
        }
        vm.collect_full();
        let t = Value(*base).as_tab().expect("a table");
        assert_ne!(t, template);
        assert_eq!(table::get_int(t, 1).as_num(), Some(5.0));
        let inner = table::get_int(t, 2).as_tab().expect("a table");
        assert_eq!(table::get_int(inner, 7).as_num(), Some(8.0));
        assert!(table::get_int(template, 2).is_nil());
    }
}

#[test]
fn short_memory_is_an_error_with_all_other_slots_restored() {
    let mut vm = Vm::new(Config { max_memory: 1 << 20, ..Config::default() });
    let base = vm.base;
    let map = SnapMap {
        slots: vec![slot(0, Loc::Sunk(0), Form::Raw), slot(1, num(3.0), Form::Raw), slot(2, Loc::Sunk(1), Form::Raw)],
        sunk: vec![
            Sunk::Table { asize: 1 << 20, hbits: 0, template: None, stores: vec![], meta: None },
            Sunk::Table {
                asize: 2,
                hbits: 0,
                template: None,
                stores: vec![(raw(num(1.0)), raw(Loc::Sunk(0)))],
                meta: None,
            },
        ],
        base: 0,
        top: 3,
        pc: 0x40,
        multres: None,
    };
    // SAFETY: as above.
    unsafe {
        assert!(restore(&mut vm, base, &state(), &map).is_err());
        assert!(Value(*base).is_nil());
        assert_eq!(Value(*base.add(1)).as_num(), Some(3.0));
        let t = Value(*base.add(2)).as_tab().expect("a table");
        assert!(table::get_int(t, 1).is_nil());
        assert_eq!(vm.pc as u64, 0x44);
        assert_eq!(StrObj::bytes(vm.error.get().as_str().expect("a message")), b"not enough memory");
    }
}
