//! From registers back to frames: what an exit of compiled code restores.
//!
//! First all objects that the trace has not created are created, then filled (so they may refer to each other), then the slots are
//! written. A closure's upvalues are there before it: those of slots are found or made, as FNEW does. Nothing collects in between, and slots need no barrier: stacks are traversed again at the end of a mark phase. New objects are
//! white, as always.
//!
//! Where memory is short the error is raised at the instruction that goes on: all slots are as they should be, but those of objects that could
//! not be rebuilt are nil.
//!
//! Invariant: the stack has room up to the map's `top` (compiled code checks that where it is entered).

use crate::object::{FuncObj, ProtoObj, StrObj, UpvalObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
use crate::{proto, stack, strtab, table};
use abi::exit::{ExitState, Form, Loc, SnapMap, Sunk, SunkUp, SunkValue};
use abi::tag;

/// Makes the bits of a slot of what was at a location.
#[inline]
pub const fn boxed(bits: u64, form: Form) -> u64 {
    match form {
        Form::Raw => bits,
        Form::Int => (bits as u32 as i32 as f64).to_bits(),
        Form::Key => tag::KEY_INDEX << 32 | bits & 0xffff_ffff,
        Form::Gc(tag) => bits | (tag as u64) << tag::SHIFT,
    }
}

/// Returns the bits for a slot, `None` where they are in the slot already.
#[inline]
fn read(state: &ExitState, objects: &[Value], loc: Loc, form: Form) -> Option<u64> {
    let bits = match loc {
        Loc::Gpr(r) => state.gpr[usize::from(r)],
        Loc::Fpr(r) => state.fpr[usize::from(r)],
        Loc::Spill(i) => state.spill[usize::from(i)],
        Loc::Const(bits) => return Some(bits),
        Loc::Sunk(i) => return Some(objects.get(usize::from(i)).map_or(tag::NIL_BITS, |v| v.0)),
        Loc::Memory => return None,
    };
    Some(boxed(bits, form))
}

/// Returns a value of a sunk object; these are never in a slot.
fn value(state: &ExitState, objects: &[Value], v: SunkValue) -> Value {
    Value(read(state, objects, v.loc, v.form).unwrap_or(tag::NIL_BITS))
}

/// Returns an address or integer that is a field of a sunk object, not a value of the program.
fn word(state: &ExitState, v: SunkValue) -> u64 {
    read(state, &[], v.loc, Form::Raw).unwrap_or(0)
}

/// Creates a sunk object, without what refers to others.
unsafe fn create(vm: &Vm, base: *mut u64, state: &ExitState, objects: &[Value], sunk: &Sunk) -> Result<Value, Raise> {
    // SAFETY: templates are constants of live prototypes; a string's bytes are readable (the compiler's invariant).
    unsafe {
        match sunk {
            Sunk::Table { template: Some(t), .. } => {
                table::dup(vm, (*t & tag::PTR_MASK) as *const crate::TabObj).map(Value::from_tab)
            }
            Sunk::Table { asize, hbits, .. } => {
                table::new(vm, *asize, if *hbits == 0 { 0 } else { 1 << *hbits }).map(Value::from_tab)
            }
            Sunk::Upval { value: v, immutable } => {
                let uv = proto::new_closed(vm, value(state, objects, *v))?;
                (*uv).immutable = (*immutable).into();
                // No value of the program, but as all objects it is live until the exit is done: nothing collects.
                Ok(Value(uv as u64))
            }
            Sunk::Func { proto, parent, upvals } => {
                let Some(parent) = value(state, objects, *parent).as_func() else { return Ok(Value::NIL) };
                let pointer = |up: &SunkUp| match *up {
                    SunkUp::Open(slot, immutable) => {
                        let uv = stack::find_upvalue(vm, base.offset(slot as isize))?;
                        (*uv).immutable = immutable.into();
                        Ok(uv)
                    }
                    SunkUp::Of(f, k) => match value(state, objects, f).as_func() {
                        Some(f) => Ok(*FuncObj::upvals(f).add(k as usize)),
                        None => proto::new_closed(vm, Value::NIL),
                    },
                    SunkUp::Closed(i) => match objects.get(usize::from(i)) {
                        Some(v) if *v != Value::NIL => Ok(v.0 as *mut UpvalObj),
                        _ => proto::new_closed(vm, Value::NIL),
                    },
                };
                proto::rebuild_closure(vm, *proto as *mut ProtoObj, (*parent).env, upvals.iter().map(pointer))
                    .map(Value::from_func)
            }
            Sunk::Str { ptr, len } => {
                let (p, n) = (word(state, *ptr) as *const u8, word(state, *len) as u32 as usize);
                let bytes = if n == 0 { &[][..] } else { std::slice::from_raw_parts(p, n) };
                strtab::intern(vm, bytes).map(|s: *mut StrObj| Value::from_str(s))
            }
        }
    }
}

/// Does the stores of a sunk object, in order, then sets its metatable.
unsafe fn fill(vm: &Vm, state: &ExitState, objects: &[Value], at: usize, sunk: &Sunk) -> Result<(), Raise> {
    let (Sunk::Table { stores, meta, .. }, Some(t)) = (sunk, objects[at].as_tab()) else { return Ok(()) };
    // SAFETY: the table was just made; values refer to live objects (the compiler's invariant).
    unsafe {
        for (k, v) in stores {
            table::set(vm, t, value(state, objects, *k), value(state, objects, *v))?;
        }
        if let Some(m) = meta {
            let m = value(state, objects, *m).as_tab();
            table::set_metatable(vm, t, m.unwrap_or(std::ptr::null_mut()));
        }
    }
    Ok(())
}

/// Restores the frames of an exit from the registers and sets the machine on the instruction that goes on. Raises "not enough memory".
///
/// # Safety
/// `base` is slot 0 of the frame in which the trace began, on the running stack; `map` is the map of the exit that `state` was saved
/// at.
pub unsafe fn restore(vm: &mut Vm, base: *mut u64, state: &ExitState, map: &SnapMap) -> Result<(), Raise> {
    let mut failed = None;
    let mut objects = Vec::new();
    // SAFETY: see `create` and `fill`; slots of the map are below its top, for which there is room.
    unsafe {
        if !map.sunk.is_empty() {
            objects.reserve_exact(map.sunk.len());
            for s in &map.sunk {
                let made = create(vm, base, state, &objects, s);
                failed = failed.or(made.err());
                objects.push(made.unwrap_or(Value::NIL));
            }
            for (i, s) in map.sunk.iter().enumerate() {
                if let Err(raise) = fill(vm, state, &objects, i, s) {
                    failed = Some(raise);
                    objects[i] = Value::NIL;
                }
            }
        }
        for s in &map.slots {
            if let Some(bits) = read(state, &objects, s.loc, s.form) {
                *base.offset(s.slot as isize) = bits;
            }
        }
        vm.base = base.offset(map.base as isize);
        vm.pc = map.pc as *const u32;
        if let Some(n) = map.multres {
            vm.multres = n.into();
        }
    }
    match failed {
        None => Ok(()),
        Some(raise) => {
            // As where an instruction fails: `pc` is behind it.
            vm.pc = vm.pc.wrapping_add(1);
            Err(raise)
        }
    }
}

/// One slot of [`Moves`]: the word `from` of the state, with `bits` added.
#[derive(Clone, Copy)]
struct Move {
    bits: u64,
    to: i32,
    from: u16,
}

/// An exit that creates nothing, ready to be done many times: what [`restore`] does, without looking at locations and forms.
pub struct Moves {
    /// Constants, then words as they are or with a tag, then integers and positions (these have bits).
    moves: Box<[Move]>,
    tagged: usize,
    ints: usize,
    base: i32,
    pc: u64,
    multres: Option<u32>,
}

impl Moves {
    /// Prepares an exit; `None` if it creates objects.
    pub fn new(map: &SnapMap) -> Option<Moves> {
        if !map.sunk.is_empty() {
            return None;
        }
        let (mut constants, mut tagged, mut ints) = (Vec::new(), Vec::new(), Vec::new());
        for s in &map.slots {
            let from = match s.loc {
                Loc::Const(bits) => {
                    constants.push(Move { bits, to: s.slot, from: 0 });
                    continue;
                }
                Loc::Memory => continue,
                Loc::Sunk(_) => return None,
                Loc::Fpr(r) => u16::from(r),
                Loc::Gpr(r) => GPR + u16::from(r),
                Loc::Spill(i) => SPILL + i,
            };
            match s.form {
                Form::Raw => tagged.push(Move { bits: 0, to: s.slot, from }),
                Form::Gc(tag) => tagged.push(Move { bits: u64::from(tag) << tag::SHIFT, to: s.slot, from }),
                Form::Int => ints.push(Move { bits: 0, to: s.slot, from }),
                Form::Key => ints.push(Move { bits: tag::KEY_INDEX << 32, to: s.slot, from }),
            }
        }
        let (first, second) = (constants.len(), constants.len() + tagged.len());
        let moves = constants.into_iter().chain(tagged).chain(ints).collect();
        Some(Moves { moves, tagged: first, ints: second, base: map.base, pc: map.pc, multres: map.multres })
    }

    /// Does what [`restore`] does.
    ///
    /// # Safety
    /// As for [`restore`], with the map that this was made of.
    #[inline]
    pub unsafe fn restore(&self, vm: &mut Vm, base: *mut u64, state: &ExitState) {
        let words = std::ptr::from_ref(state).cast::<u64>();
        // SAFETY: slots as for `restore`; the state is nothing but words, and locations are inside of it.
        unsafe {
            let (constants, rest) = self.moves.split_at_unchecked(self.tagged);
            let (tagged, ints) = rest.split_at_unchecked(self.ints - self.tagged);
            for m in constants {
                *base.offset(m.to as isize) = m.bits;
            }
            for m in tagged {
                *base.offset(m.to as isize) = m.bits | *words.add(usize::from(m.from));
            }
            for m in ints {
                let form = if m.bits == 0 { Form::Int } else { Form::Key };
                *base.offset(m.to as isize) = boxed(*words.add(usize::from(m.from)), form);
            }
            vm.base = base.offset(self.base as isize);
            vm.pc = self.pc as *const u32;
            if let Some(n) = self.multres {
                vm.multres = n.into();
            }
        }
    }
}

/// Indices of the first general register and the first spill slot among the words of a state.
const GPR: u16 = (std::mem::offset_of!(ExitState, gpr) / 8) as u16;
const SPILL: u16 = (std::mem::offset_of!(ExitState, spill) / 8) as u16;

#[cfg(test)]
mod tests;
