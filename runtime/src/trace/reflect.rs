//! What `jit.util`, `jit.v` and the like ask of the compiler (`stdlib::jit::compiler`).

use super::dump::{Dump, code_bytes, jump_target, loop_offset};
use super::engine::Live;
use super::{engine, report};
use abi::abort::Abort;
use abi::support::Helper;
use heap::Vm;
use ir::{Const, Mode, Ref, Trace, Ty, flag};
use jit::asm::place::Place as Spot;
use std::borrow::Cow;
use stdlib::io::Shared;
use stdlib::jit::compiler::{Compiler, DumpMode, Names, TraceConst, TraceInfo};

/// The compiler as the library knows it.
pub(crate) struct Reflection;

/// The one there is: all state is in the machine.
pub(crate) static REFLECTION: Reflection = Reflection;

/// Returns a trace, or the recording that was given up last while its event is told.
fn trace(vm: &Vm, number: u32) -> Option<Cow<'_, Trace>> {
    let e = engine(vm)?;
    match e.traces.get(number as usize).and_then(Option::as_ref) {
        Some(live) if live.aot => {
            let mut root = e.read_branch(e.row_of(number)?, 0)?.trace;
            root.link = live.trace.link;
            Some(Cow::Owned(root))
        }
        Some(live) => Some(Cow::Owned(live.trace.unpack())),
        None => e.watch.aborted.as_ref().filter(|(n, _)| *n == number).map(|(_, t)| Cow::Borrowed(t)),
    }
}

fn live(vm: &Vm, number: u32) -> Option<&Live> {
    engine(vm)?.traces.get(number as usize)?.as_deref()
}

/// Returns LuaJIT's number of a type.
fn type_number(ty: Ty) -> i32 {
    match ty {
        Ty::Num => 14,
        Ty::Int => 19,
        Ty::Ptr | Ty::Link => 9,
        Ty::Key => 22,
        Ty::Void => 0,
        ty => ty as i32,
    }
}

/// Returns LuaJIT's bits of an operand's mode.
fn mode_bits(mode: Mode) -> i32 {
    match mode {
        Mode::Ref | Mode::Opt => 0,
        Mode::Lit => 1,
        Mode::Cst => 0,
        Mode::None => 3,
    }
}

/// Returns an operand as `jit.util` counts: constants below 0.
fn operand(mode: Mode, r: Ref) -> i32 {
    match mode {
        Mode::Lit => r.as_lit(),
        _ if r == Ref::NONE => -1,
        _ if r.is_const() => !(r.index() as i32),
        _ => r.index() as i32,
    }
}

/// Returns what LuaJIT calls `ridsp`: a register's number, or a spill slot times 256; 128 for neither.
fn place_number(live: Option<&Live>, index: usize) -> i32 {
    let Some(spot) = live.and_then(|l| *l.trace.places().get(index)?) else { return 128 };
    match spot {
        Spot::Reg(r) if r.is_fpr() => 16 + i32::from(r.number()),
        Spot::Reg(r) => i32::from(r.number()),
        Spot::Slot(s) => (i32::from(s) + 1) << 8 | 128,
    }
}

impl Compiler for Reflection {
    fn info(&self, vm: &Vm, number: u32) -> Option<TraceInfo> {
        let t = trace(vm, number)?;
        let e = engine(vm)?;
        let linktype = match live(vm, number) {
            Some(live) => live.link_type(&e.names.borrow(), vm),
            None => report::link_type(&t, None),
        };
        Some(TraceInfo {
            nins: t.ins.len() as u32 - 1,
            nk: t.consts.len() as u32,
            link: report::link(number, t.link),
            nexit: t.snaps.len() as u32,
            linktype,
            entries: e.entries.get(number as usize).map_or(0, |e| e.entries),
            origin: if e.row_of(number).is_some() { "precompiled" } else { "live" },
        })
    }

    fn instruction(&self, vm: &Vm, number: u32, index: u32) -> Option<[i32; 5]> {
        let trace = trace(vm, number)?;
        let ins = trace.ins.get(index as usize)?;
        let (a, b) = ins.op.modes();
        let mark = |bit: u8, value: i32| if ins.flags & bit != 0 { value } else { 0 };
        let ot = (ins.op as i32) << 8 | type_number(ins.ty) | mark(flag::GUARD, 0x80) | mark(flag::PHI, 0x40);
        let mut place = place_number(live(vm, number), index as usize);
        if ins.is_sunk() {
            place = 253;
        }
        Some([mode_bits(a) | mode_bits(b) << 2, ot, operand(a, ins.a), operand(b, ins.b), place])
    }

    fn constant(&self, vm: &Vm, number: u32, index: u32) -> Option<(TraceConst, u32)> {
        let trace = trace(vm, number)?;
        let c = trace.consts.get(index as usize)?;
        let value = match c {
            Const::Pri(Ty::Nil) => TraceConst::Nil,
            Const::Pri(ty) => TraceConst::Bool(*ty == Ty::True),
            Const::Num(n) => TraceConst::Number(f64::from_bits(*n)),
            Const::Int(n) => TraceConst::Number((*n).into()),
            Const::Str(s) => TraceConst::Text(s.to_vec()),
            c => TraceConst::Text(c.to_string().into_bytes()),
        };
        Some((value, type_number(c.ty()) as u32))
    }

    fn snapshot(&self, vm: &Vm, number: u32, snapshot: u32) -> Option<Vec<i32>> {
        let trace = trace(vm, number)?;
        let s = trace.snaps.get(snapshot as usize)?;
        // Slots count from the function, as in LuaJIT: slot 0 of the frame is 2.
        let mut list = vec![s.at as i32, s.top + 2];
        for (slot, r) in &s.entries {
            let r = if r.is_const() { 0x8000 - 1 - r.index() as i32 } else { 0x8000 + r.index() as i32 };
            list.push((slot + 2).clamp(0, 254) << 24 | r & 0xffff);
        }
        list.push(255 << 24);
        Some(list)
    }

    fn machine_code(&self, vm: &Vm, number: u32) -> Option<(Vec<u8>, u64, u32)> {
        // Precompiled code is not in the compiler's memory.
        let live = live(vm, number).filter(|l| !l.aot)?;
        Some((code_bytes(live), live.code.0, loop_offset(live).unwrap_or(0) as u32))
    }

    fn exit_stub(&self, vm: &Vm, number: u32, exit: u32) -> Option<u64> {
        let live = live(vm, number)?;
        let (_, at) = live.patches.iter().find(|(e, _)| *e == exit)?;
        // The jump at the place that linking patches leads to the stub (or to the side trace).
        jump_target(&code_bytes(live), live.code.0, *at as usize)
    }

    fn helper(&self, vm: &Vm, index: u32) -> Option<u64> {
        engine(vm)?.env.helpers.get(index as usize).copied()
    }

    fn trace_at(&self, vm: &Vm, address: u64) -> Option<u32> {
        let e = engine(vm)?;
        let inside = |live: &Live| (live.code.0..live.code.0 + live.code.1 as u64).contains(&address);
        let found = e.traces.iter().position(|t| t.as_ref().is_some_and(|live| inside(live)));
        found.map(|n| n as u32)
    }

    fn is_recording(&self, vm: &Vm) -> bool {
        super::is_recording(vm)
    }

    fn give_up(&self, vm: &mut Vm, why: Abort) {
        super::give_up(vm, why);
    }

    fn flush_trace(&self, vm: &mut Vm, number: u32) {
        super::give_up(vm, Abort::Flushed);
        if let Some(e) = engine(vm) {
            e.drop_root(vm, number);
        }
        super::announce(vm);
    }

    fn flush_protos(&self, vm: &mut Vm, protos: &[u64]) {
        super::give_up(vm, Abort::Flushed);
        if let Some(e) = engine(vm) {
            let numbers: Vec<u32> = e.roots.iter().filter(|((p, _), _)| protos.contains(p)).map(|(_, t)| t.0).collect();
            for number in numbers {
                e.drop_root(vm, number);
            }
        }
        super::announce(vm);
    }

    fn forgive(&self, vm: &mut Vm, protos: &[u64]) {
        if let Some(e) = engine(vm) {
            e.penalties.forget(|p| protos.contains(&p));
        }
    }

    fn listen(&self, vm: &mut Vm, wanted: u8) {
        if let Some(e) = engine(vm) {
            e.watch.wanted = wanted;
        }
    }

    fn verbose(&self, vm: &mut Vm, out: Option<Shared>) {
        if let Some(e) = engine(vm) {
            e.watch.verbose = out;
        }
    }

    fn dump(&self, vm: &mut Vm, out: Option<(DumpMode, Shared)>) {
        if let Some(e) = engine(vm) {
            e.watch.dump = out.map(|(mode, out)| Box::new(Dump::new(mode, out)));
        }
    }

    fn names(&self) -> Names {
        Names {
            operations: ir::Op::ALL.iter().map(|op| op.name()).collect(),
            helpers: Helper::ALL.iter().map(|h| h.row().name).collect(),
            fields: ir::Field::ALL.iter().map(|f| f.name()).collect(),
            math: ir::FpMath::ALL.iter().map(|f| f.name()).collect(),
        }
    }
}
