//! Traces written by hand, assembled and run in this process against a machine made of plain memory.

use super::x64::X64;
use crate::backend::{Backend, Code, Env, Request};
use crate::mcode::Arena;
use crate::mcode::harness::{self, clobber};
use abi::exit::{ExitState, Form, Loc, SnapMap};
use abi::grow::Growth;
use abi::support::Helper;
use abi::{tag, vmfield};
use ir::{Const, Conv, Ins, Link, Op, ProtoKey, Ref, Snap, Start, Trace, Ty, sload};
use std::cell::RefCell;

/// Trace, exit, base, registers.
type Last = (u32, u32, usize, Box<ExitState>);

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

extern "C" fn on_exit(_vm: *mut u8, state: *const ExitState, trace: u32, exit: u32, base: *mut u64) -> u64 {
    let copy = harness::state(state);
    LAST.with(|l| *l.borrow_mut() = Some((trace, exit, base as usize, copy)));
    7
}

macro_rules! helpers {
    ($($name:ident |$($x:ident),*| $e:expr;)*) => {
        $(extern "C" fn $name($($x: f64),*) -> f64 {
            clobber();
            $e
        })*
        pub(super) fn env() -> Env {
            let mut helpers = vec![0; Helper::ALL.len()];
            $(helpers[Helper::$name as usize] = $name as *const () as u64;)*
            helpers[Helper::tobit as usize] = tobit as *const () as u64;
            made(helpers)
        }
    };
}
helpers! {
    sin |x| x.sin();
    exp |x| x.exp();
    log |x| x.ln();
    atan2 |x, y| x.atan2(y);
    fmod |x, y| x % y;
    pow |x, y| x.powf(y);
    modulo |x, y| x - (x / y).floor() * y;
    floor |x| x.floor();
    ceil |x| x.ceil();
    trunc |x| x.trunc();
    ldexp |x, y| {
        let n = y.trunc();
        let n = if (-2147483648.0..2147483648.0).contains(&n) { n as i32 } else { i32::MIN };
        scale(x, n)
    };
}

/// `x` times a power of two, in steps that do not round twice.
fn scale(x: f64, n: i32) -> f64 {
    let mut x = x;
    let mut n = n.clamp(-2200, 2200);
    while n > 1000 {
        x *= 2f64.powi(1000);
        n -= 1000;
    }
    while n < -1000 {
        x *= 2f64.powi(-1000);
        n += 1000;
    }
    x * 2f64.powi(n)
}

extern "C" fn tobit(x: f64) -> i32 {
    clobber();
    (x + 6755399441055744.0).to_bits() as i32
}

fn made(helpers: Vec<u64>) -> Env {
    Env { helpers, trace_exit: on_exit as *const () as u64, nil_slot: 0 }
}

/// A machine of plain memory.
pub(super) struct Vm {
    pub fields: Vec<u64>,
    pub stack: Vec<u64>,
}

/// Index of slot 0 in the stack.
pub(super) const SLOT0: usize = 8;

impl Vm {
    pub fn new(slots: &[u64]) -> Vm {
        let mut vm = Vm {
            fields: vec![0; abi::vmfield::run(abi::vmfield::MAX_CELL).end as usize / 8 + 1],
            stack: vec![tag::NIL_BITS; 256],
        };
        vm.stack[SLOT0..SLOT0 + slots.len()].copy_from_slice(slots);
        vm.fields[vmfield::STACK_MAX as usize / 8] = vm.stack.as_ptr_range().end as u64;
        vm
    }

    /// Runs code; returns the exit and the slots after it restored them.
    pub fn run(&mut self, arena: &Arena, code: &Code, at: u64) -> (u64, Option<u32>) {
        let out = self.enter(arena, at);
        let Some((_, exit, base, state)) = self.last() else { return (out, None) };
        let slot0 = (base - self.stack.as_ptr() as usize) / 8;
        for (slot, bits) in restore(&code.exits[exit as usize], &state) {
            self.stack[(slot0 as i64 + i64::from(slot)) as usize] = bits;
        }
        (out, Some(exit))
    }

    /// Enters code; returns what it returns.
    pub fn enter(&mut self, arena: &Arena, at: u64) -> u64 {
        LAST.with(|l| *l.borrow_mut() = None);
        harness::enter(arena, at, &mut self.fields, &mut self.stack, SLOT0)
    }

    /// Fills the registers, then enters code behind its prologue.
    pub fn run_from(&mut self, arena: &mut Arena, state: &ExitState, inner: u64) {
        let stub = super::x64::enter_with(state, inner);
        let at = arena.publish(&stub).unwrap();
        self.enter(arena, at);
    }

    /// Returns the last exit.
    pub fn last(&self) -> Option<Last> {
        LAST.with(|l| l.borrow_mut().take())
    }

    pub fn slot(&self, k: i32) -> u64 {
        self.stack[(SLOT0 as i64 + i64::from(k)) as usize]
    }

    pub fn num(&self, k: i32) -> f64 {
        f64::from_bits(self.slot(k))
    }
}

pub(super) fn restore(map: &SnapMap, state: &ExitState) -> Vec<(i32, u64)> {
    map.slots
        .iter()
        .map(|m| {
            let raw = match m.loc {
                Loc::Gpr(r) => state.gpr[r as usize],
                Loc::Fpr(r) => state.fpr[r as usize],
                Loc::Spill(s) => state.spill[s as usize],
                Loc::Const(b) => return (m.slot, b),
                Loc::Sunk(_) | Loc::Memory => return (m.slot, 0xdead),
            };
            let bits = match m.form {
                Form::Raw => raw,
                Form::Int => f64::from(raw as u32 as i32).to_bits(),
                Form::Key => 0xfffe_7fff << 32 | raw & 0xffff_ffff,
                Form::Gc(t) => raw | u64::from(t) << tag::SHIFT,
            };
            (m.slot, bits)
        })
        .collect()
}

pub(super) fn new_trace() -> Trace {
    Trace::new(Start::Root, Const::Pc(ProtoKey { hash: 1, instance: 0 }, 0))
}

pub(super) fn snap(t: &mut Trace, entries: &[(i32, Ref)]) {
    let pc = Some(t.pc);
    t.snaps.push(Snap { at: t.ins.len() as u32, pc, base: 0, top: 16, multres: None, entries: entries.to_vec() });
}

/// Assembles into an arena.
pub(super) fn build(arena: &mut Arena, t: &Trace, parent: Option<&SnapMap>, target: Option<u64>) -> (Code, u64) {
    let bits: Vec<u64> = t.consts.iter().map(random::const_bits).collect();
    let at = arena.cursor();
    let request = Request {
        trace: t,
        number: 1,
        bits: &bits,
        keys: &bits,
        templates: &[],
        parent,
        target,
        fuse: true,
        stress: false,
        at,
        growth: Growth::default(),
    };
    // By turns with everything the CPU has and an exit of its own, and with the least CPU and a shared exit.
    let mut backend = X64::new();
    let mut request = request;
    if t.ins.len() % 2 == 1 {
        backend = X64::baseline();
        let shared = backend.exit_code(&env());
        backend.share_exit(Some(arena.publish(&shared).unwrap()));
    }
    let at = arena.cursor();
    request.at = at;
    let code = backend.assemble(&env(), &request).unwrap();
    assert_eq!(arena.publish(&code.bytes), Ok(at));
    if std::env::var_os("SHOW").is_some() {
        for (a, s) in super::disasm(&code.bytes, at) {
            println!("{a:x} {s}");
        }
    }
    (code, at)
}

pub(super) fn new_request<'a>(t: &'a Trace, bits: &'a [u64]) -> Request<'a> {
    Request {
        trace: t,
        number: 1,
        bits,
        keys: bits,
        templates: &[],
        parent: None,
        target: None,
        fuse: true,
        stress: false,
        at: 0,
        growth: Growth::default(),
    }
}

fn arena() -> Arena {
    Arena::new(1 << 20).unwrap()
}

fn guard(t: &mut Trace, op: Op, ty: Ty, a: Ref, b: Ref) -> Ref {
    t.push(Ins::guard(op, ty, a, b))
}

fn ins(t: &mut Trace, op: Op, ty: Ty, a: Ref, b: Ref) -> Ref {
    t.push(Ins::new(op, ty, a, b))
}

/// `for i = i, n do s = s + i * k end` with int `i`, peeled.
#[test]
fn a_loop_with_conversions_leaves_with_the_interpreters_slots() {
    let mut t = new_trace();
    snap(&mut t, &[]);
    let i0 = guard(&mut t, Op::SLOAD, Ty::Int, Ref::lit(0), Ref::lit(sload::CONVERT));
    let n = guard(&mut t, Op::SLOAD, Ty::Int, Ref::lit(1), Ref::lit(sload::CONVERT));
    let s0 = guard(&mut t, Op::SLOAD, Ty::Num, Ref::lit(2), Ref::lit(0));
    let k = guard(&mut t, Op::SLOAD, Ty::Num, Ref::lit(3), Ref::lit(0));
    let conv = Conv::NumInt as i32;
    let f0 = ins(&mut t, Op::CONV, Ty::Num, i0, Ref::lit(conv));
    let m0 = ins(&mut t, Op::MUL, Ty::Num, f0, k);
    let s1 = ins(&mut t, Op::ADD, Ty::Num, s0, m0);
    let one = t.kint(1);
    let i1 = guard(&mut t, Op::ADDOV, Ty::Int, i0, one);
    snap(&mut t, &[(0, i1), (2, s1)]);
    guard(&mut t, Op::LE, Ty::Int, i1, n);
    snap(&mut t, &[(0, i1), (2, s1)]);
    ins(&mut t, Op::LOOP, Ty::Void, Ref::NONE, Ref::NONE);
    let f1 = ins(&mut t, Op::CONV, Ty::Num, i1, Ref::lit(conv));
    let m1 = ins(&mut t, Op::MUL, Ty::Num, f1, k);
    let s2 = ins(&mut t, Op::ADD, Ty::Num, s1, m1);
    let i2 = guard(&mut t, Op::ADDOV, Ty::Int, i1, one);
    snap(&mut t, &[(0, i2), (2, s2)]);
    guard(&mut t, Op::LE, Ty::Int, i2, n);
    ins(&mut t, Op::PHI, Ty::Int, i1, i2);
    ins(&mut t, Op::PHI, Ty::Num, s1, s2);
    t.link = Link::Loop;
    t.slots = 8;
    let mut a = arena();
    let (code, at) = build(&mut a, &t, None, None);
    let b = |x: f64| x.to_bits();
    let mut vm = Vm::new(&[b(1.0), b(100.0), b(0.5), b(2.0)]);
    assert_eq!(vm.run(&a, &code, at), (7, Some(3)));
    assert_eq!((vm.num(0), vm.num(2)), (101.0, 0.5 + 2.0 * 5050.0));
    let mut vm = Vm::new(&[b(1.0), b(1.0), b(0.5), b(2.0)]);
    assert_eq!(vm.run(&a, &code, at), (7, Some(1)));
    assert_eq!((vm.num(0), vm.num(2)), (2.0, 2.5));
    // Wrong types, a fraction, -0: nothing happened.
    for slots in [
        [tag::NIL_BITS, b(1.0), b(1.0), b(1.0)],
        [b(1.5), b(1.0), b(1.0), b(1.0)],
        [b(-0.0), b(1.0), b(1.0), b(1.0)],
        [b(1.0), b(1.0), tag::TRUE_BITS, b(0.0)],
    ] {
        let mut vm = Vm::new(&slots);
        assert_eq!(vm.run(&a, &code, at), (7, Some(0)));
    }
    // Overflow leaves with the old value: the instruction is executed again.
    let mut vm = Vm::new(&[b(2147483646.0), b(2147483647.0), b(0.0), b(0.0)]);
    assert_eq!(vm.run(&a, &code, at).1, Some(2));
    assert_eq!(vm.num(0), 2147483647.0);
    // No stack.
    let mut vm = Vm::new(&[b(1.0), b(1.0), b(1.0), b(1.0)]);
    vm.fields[vmfield::STACK_MAX as usize / 8] = vm.stack.as_ptr() as u64 + 8 * 8;
    assert_eq!(vm.run(&a, &code, at), (7, Some(0)));
}

mod inline;
mod objects;
mod random;
mod side;
mod wrong;

/// Under stress every guard fails the first time it is reached, and never again.
#[test]
fn stress_takes_every_exit_once() {
    let mut t = new_trace();
    snap(&mut t, &[]);
    let x = guard(&mut t, Op::SLOAD, Ty::Num, Ref::lit(0), Ref::lit(0));
    let y = ins(&mut t, Op::ADD, Ty::Num, x, x);
    snap(&mut t, &[(1, y)]);
    let ten = t.knum(10.0);
    guard(&mut t, Op::LT, Ty::Num, x, ten);
    snap(&mut t, &[(1, x)]);
    guard(&mut t, Op::GCSTEP, Ty::Void, Ref::NONE, Ref::NONE);
    snap(&mut t, &[(1, y), (2, y)]);
    t.link = Link::Interp;
    t.slots = 4;
    let mut a = arena();
    let bits = vec![0; t.consts.len()];
    let request = Request { stress: true, at: a.cursor(), ..new_request(&t, &bits) };
    let code = X64::new().assemble(&env(), &request).unwrap();
    let at = a.publish(&code.bytes).unwrap();
    let mut exits = Vec::new();
    for _ in 0..6 {
        let mut vm = Vm::new(&[3f64.to_bits()]);
        exits.push(vm.run(&a, &code, at).1.unwrap());
        if exits.len() > 2 {
            assert_eq!(vm.num(1), if exits.last() == Some(&2) { 3.0 } else { 6.0 });
        }
    }
    // The stack check, the load, the comparison, the request; then the end.
    assert_eq!(exits, [0, 0, 1, 2, 3, 3]);
}
