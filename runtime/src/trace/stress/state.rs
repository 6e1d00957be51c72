//! The state of a program as text: frames, live slots, and the objects that can be reached from them, nearest first.
//!
//! Two processes that came from one by `fork` write equal text if and only if their states are equal, as far as the text goes. Objects
//! that were there before ([`Known`]) are named by their address, later ones by the order in which they are met.

use super::live::Live;
use abi::hash::Sum;
use abi::{frame, tag};
use heap::{FuncObj, ProtoObj, StrObj, TabObj, Value, Vm};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write;

/// Frames described, from the running one down.
const FRAMES: usize = 40;
/// Objects described.
const OBJECTS: usize = 150;
/// Entries of a table described.
const ENTRIES: usize = 48;
/// Objects that are known by address.
const KNOWN: usize = 1500;

/// Objects that both processes have in common.
#[derive(Default)]
pub(super) struct Known(HashSet<u64>);

impl Known {
    /// Collects what can be reached from the live slots at the entry of a trace.
    pub fn new(vm: &Vm) -> Known {
        // SAFETY: `pc` is behind an instruction of the running Lua function.
        let (pc, ins) = unsafe {
            let at = vm.pc.sub(1);
            (at, bytecode::Ins(interp::jit::original(vm, *at)))
        };
        use bytecode::Op;
        let begins = matches!(ins.op(), Some(Op::ITERN | Op::RET | Op::RET0 | Op::RET1 | Op::RETM));
        // A numeric loop goes on at its head or behind its end: what both need is there.
        let pc = if begins { pc } else { vm.pc };
        Known(Text::written(vm, pc, &Known::default(), &mut Live::default(), None, KNOWN).ids.into_keys().collect())
    }
}

/// Says whether it is a table, function, userdata or coroutine.
fn is_object(v: Value) -> bool {
    v.is_tab() || v.is_func() || v.is_udata() || v.is_thread()
}

/// Writes a state.
pub(super) struct Text<'a> {
    vm: &'a Vm,
    known: &'a Known,
    ids: HashMap<u64, usize>,
    upvalues: HashMap<u64, usize>,
    queue: VecDeque<Value>,
    out: String,
}

impl<'a> Text<'a> {
    /// Returns the text of the machine's state: the next instruction is at `pc`.
    /// Stops early where it is not what `expected` says.
    pub fn of(vm: &Vm, pc: *const u32, known: &Known, live: &mut Live, expected: Option<&str>) -> String {
        Text::written(vm, pc, known, live, expected, OBJECTS).out
    }

    fn written(
        vm: &'a Vm,
        pc: *const u32,
        known: &'a Known,
        live: &mut Live,
        expected: Option<&str>,
        objects: usize,
    ) -> Text<'a> {
        let (ids, upvalues) = (HashMap::new(), HashMap::new());
        let mut t = Text { vm, known, ids, upvalues, queue: VecDeque::new(), out: String::new() };
        // SAFETY: the frames of the running coroutine are intact, and what they refer to is live.
        unsafe {
            t.frames(pc, live);
            if expected.is_some_and(|e| !e.starts_with(&t.out)) {
                return t;
            }
            let mut n = 0;
            while let Some(v) = t.queue.pop_front() {
                n += 1;
                if n > objects {
                    break;
                }
                t.object(v);
            }
        }
        t
    }

    fn line(&mut self, what: &str, v: Value) {
        let text = self.value(v);
        let _ = writeln!(self.out, "{what} = {text}");
    }

    fn value(&mut self, v: Value) -> String {
        if let Some(n) = v.as_num() {
            return if n.is_nan() { "nan".into() } else { format!("number {n:?}") };
        }
        if let Some(s) = v.as_str() {
            // SAFETY: the value is live.
            let bytes = unsafe { StrObj::bytes(s) };
            return format!("string {} {}", bytes.len(), masked(&bytes[..bytes.len().min(300)]));
        }
        if is_object(v) {
            let p = v.0 & tag::PTR_MASK;
            let next = self.ids.len();
            let new = !self.ids.contains_key(&p);
            let id = *self.ids.entry(p).or_insert(next);
            if new {
                self.queue.push_back(v);
            }
            return match self.known.0.contains(&p) {
                true => format!("{} at {p:x}", v.type_name()),
                false => format!("new {} {id}", v.type_name()),
            };
        }
        if v.is_nil() || v.is_bool() {
            return match v {
                Value::NIL => "nil".into(),
                Value::TRUE => "true".into(),
                _ => "false".into(),
            };
        }
        format!("word {:x}", v.0)
    }

    unsafe fn frames(&mut self, pc: *const u32, live: &mut Live) {
        // SAFETY: frame layout; see `abi::frame`.
        unsafe {
            let th = self.vm.cur;
            let stack = (*th).stack;
            let bottom = if th == self.vm.main { stack.add(2) } else { stack };
            let (mut base, mut pc, mut end) = (self.vm.base, pc, (*th).stack_max);
            for level in 0..FRAMES {
                if base <= bottom {
                    break;
                }
                let _ = writeln!(self.out, "frame {level} base = {}", base.offset_from(stack));
                self.line(&format!("frame {level} function"), Value(*base.sub(2)));
                let _ = writeln!(self.out, "frame {level} link = {:x}", *base.sub(1));
                self.slots(level, base, pc, end, live);
                let mut outer = base;
                let mut link = *base.sub(1);
                if link & frame::TYPE == frame::VARG {
                    outer = base.byte_sub((link & !frame::TYPE) as usize);
                    let fixed = match Value(*base.sub(2)).as_func() {
                        Some(f) => usize::from((*FuncObj::proto(f)).num_params),
                        None => 0,
                    };
                    let n = (base.offset_from(outer) as usize).saturating_sub(2);
                    for i in fixed..n {
                        self.line(&format!("frame {level} extra argument {}", i - fixed), Value(*outer.add(i)));
                    }
                    link = *outer.sub(1);
                    let _ = writeln!(self.out, "frame {level} outer link = {link:x}");
                }
                end = outer.sub(2);
                if link & frame::TYPE_LUA == frame::LUA {
                    pc = link as *const u32;
                    base = outer.sub(2 + (*pc.sub(1) >> 8) as u8 as usize);
                    continue;
                }
                pc = std::ptr::null();
                base = outer.byte_sub((link & !frame::TYPE) as usize);
                match link & frame::TYPE {
                    frame::COROUTINE => break,
                    frame::CONT | frame::NATIVE | frame::NATIVE_PROTECTED => {
                        end = outer.sub(4);
                        let lua = Value(*base.sub(2)).as_func().is_some_and(|f| (*f).builtin == 0);
                        if link & frame::TYPE == frame::CONT {
                            let _ = writeln!(self.out, "frame {level} continuation = {:x}", *outer.sub(4));
                        }
                        if lua {
                            pc = *outer.sub(3) as *const u32;
                            let _ = writeln!(self.out, "frame {level} resumes at {:x}", pc as u64);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Writes the slots of the frame at `base` that count, below `end`.
    unsafe fn slots(&mut self, level: usize, base: *mut u64, pc: *const u32, end: *mut u64, live: &mut Live) {
        // SAFETY: the frame is intact; `pc` is null or an instruction of its prototype.
        unsafe {
            let Some(f) = Value(*base.sub(2)).as_func() else { return };
            let room = (end.offset_from(base)).max(0) as usize;
            if (*f).builtin != 0 || pc.is_null() {
                let used = if level == 0 { self.vm.top.get().offset_from(base).max(0) as usize } else { room };
                for i in 0..used.min(room).min(64) {
                    self.line(&format!("frame {level} argument {i}"), Value(*base.add(i)));
                }
                return;
            }
            let p = FuncObj::proto(f);
            let at = pc.offset_from(ProtoObj::bc(p)) as u32;
            let op = bytecode::Ins(interp::jit::original_ins(self.vm, p, at)).op();
            let _ = writeln!(self.out, "frame {level} pc = {at} {op:?}");
            let slots = live.before(self.vm, p, at);
            // What the instruction under way in an outer frame writes has no value yet.
            let pending = (level > 0).then(|| bytecode::Ins(interp::jit::original_ins(self.vm, p, at - 1)));
            let pending = pending.filter(|i| i.op().is_some_and(|op| op.modes().a == bytecode::op::Mode::Dst));
            for i in 0..usize::from((*p).frame_size).min(room) {
                let named = pending.is_some_and(|ins| usize::from(ins.a()) == i);
                if slots.has(i) && !named {
                    self.line(&format!("frame {level} slot {i}"), Value(*base.add(i)));
                }
            }
            if level == 0 {
                self.multiple(base, bytecode::Ins(interp::jit::original_ins(self.vm, p, at)));
            }
        }
    }

    /// Writes multiple results, if the instruction takes them.
    unsafe fn multiple(&mut self, base: *mut u64, ins: bytecode::Ins) {
        use bytecode::Op;
        let first = match ins.op() {
            Some(Op::CALLM) => usize::from(ins.a()) + 2 + usize::from(ins.c()),
            Some(Op::CALLMT) => usize::from(ins.a()) + 2 + usize::from(ins.d()),
            Some(Op::RETM) => usize::from(ins.a()) + usize::from(ins.d()),
            Some(Op::TSETM) => usize::from(ins.a()),
            _ => return,
        };
        let n = self.vm.multres as usize;
        let _ = writeln!(self.out, "multiple results = {n}");
        for i in 0..n.min(64) {
            // SAFETY: the values are there (interpreter's invariant, which is what is compared).
            self.line(&format!("multiple result {i}"), Value(unsafe { *base.add(first + i) }));
        }
    }

    /// Describes a prototype by what it holds: those that were loaded since have other addresses in the other process.
    unsafe fn prototype(&self, p: *const ProtoObj) -> String {
        // SAFETY: the function that has it is live.
        unsafe {
            let code =
                (0..(*p).size_bc).fold(Sum::new(), |h, i| h.u64(interp::jit::original_ins(self.vm, p, i).into()));
            let numbers = (0..(*p).size_kn as usize).fold(code, |h, i| h.u64(*(*p).k.add(i)));
            let name = StrObj::bytes((*p).chunk_name);
            format!("{}:{} {:x}", masked(&name[..name.len().min(80)]), (*p).first_line, numbers.finish())
        }
    }

    unsafe fn object(&mut self, v: Value) {
        // SAFETY: the value is live.
        unsafe {
            let name = self.value(v);
            if let Some(t) = v.as_tab() {
                self.table(&name, t);
            } else if let Some(f) = v.as_func() {
                if (*f).builtin != 0 {
                    let _ = writeln!(self.out, "{name} builtin = {}", (*f).id);
                    return;
                }
                let _ = writeln!(self.out, "{name} prototype = {}", self.prototype(FuncObj::proto(f)));
                for i in 0..usize::from((*f).nup) {
                    let uv = *FuncObj::upvals(f).add(i);
                    let stack = (*self.vm.cur).stack;
                    let open = match (*uv).closed {
                        0 if (*uv).v >= stack && (*uv).v < (*self.vm.cur).stack_max => {
                            format!("open at {} ", (*uv).v.offset_from(stack))
                        }
                        0 => "open elsewhere ".to_string(),
                        _ => String::new(),
                    };
                    // Which upvalues are one counts, too.
                    let next = self.upvalues.len();
                    let id = *self.upvalues.entry(uv as u64).or_insert(next);
                    self.line(&format!("{name} upvalue {i} number {id} {open}"), Value(*(*uv).v));
                }
            }
        }
    }

    unsafe fn table(&mut self, name: &str, t: *mut TabObj) {
        // SAFETY: the table is live.
        unsafe {
            if !(*t).meta.is_null() {
                self.line(&format!("{name} metatable"), Value::from_tab((*t).meta));
            }
            if (*t).hmask > 512 || (*t).asize > 4096 {
                return;
            }
            let mut entries: Vec<(Vec<u8>, Value, Value)> = Vec::new();
            for i in 0..(*t).asize as usize {
                let v = Value(*(*t).array.add(i));
                entries.push((order(Value::from_num(i as f64)), Value::from_num(i as f64), v));
            }
            for i in 0..=(*t).hmask as usize {
                let n = &*(*t).node.add(i);
                // Keys that are objects have no order: only how many there are counts.
                entries.push((order(Value(n.key)), Value(n.key), Value(n.val)));
            }
            entries.retain(|e| !e.2.is_nil());
            let _ = writeln!(self.out, "{name} entries = {}", entries.len());
            entries.retain(|e| !e.0.is_empty());
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            for (_, k, v) in entries.into_iter().take(ENTRIES) {
                let k = self.value(k);
                self.line(&format!("{name} [{k}]"), v);
            }
        }
    }
}

/// A sort key; empty for what has no order that two processes share.
fn order(k: Value) -> Vec<u8> {
    if let Some(n) = k.as_num() {
        let bits = n.to_bits();
        let bits = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
        return [&[1][..], &bits.to_be_bytes()[..]].concat();
    }
    if let Some(s) = k.as_str() {
        // SAFETY: keys of entries with values are live.
        return [&[2][..], unsafe { StrObj::bytes(s) }].concat();
    }
    if k.is_bool() { vec![3, u8::from(k == Value::TRUE)] } else { Vec::new() }
}

/// A string for people; addresses in it do not count.
fn masked(bytes: &[u8]) -> String {
    let text = bytes.escape_ascii().to_string();
    let Some(at) = text.find("0x") else { return text };
    let rest = text[at + 2..].trim_start_matches(|c: char| c.is_ascii_hexdigit());
    format!("{}0x?{}", &text[..at], rest)
}
