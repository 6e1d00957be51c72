//! Calls and returns: Lua functions are inlined, builtins recorded or called; varargs; frames of the shadow stack.
//!
//! A callee's frame lies on the caller's: function at `A`, link at `A + 1`, arguments from `A + 2` on. The recorder writes function and link into
//! the shadow stack as values, so snapshots restore frames like other slots.

use super::{Begin, Entry, Frame, Rec, Res, Status, Tr};
use crate::subject::{P, V};
use abi::abort::Abort;
use abi::frame::{self, Cont};
use bytecode::Op;
use ir::{Const, Field, Link, Op as I, Ref, Slot, Ty};

/// Inlined frames at most.
const MAX_DEPTH: usize = 60;
/// Slots of the hidden frame of a vararg function, if a return from it is followed.
const MAX_HIDDEN: Slot = 100;

impl Rec<'_> {
    /// Rebuilds the frames of a side trace from the links in memory, down to the parent's base; the running frame is at `base`.
    pub(super) fn walk_frames(&mut self, base: Slot) -> Res<()> {
        let (proto, _) = self.s.at().ok_or(Abort::Inconsistent)?;
        let mut out = Vec::new();
        let mut at = base;
        let mut proto_here = Some(proto);
        while at > 0 {
            let link = self.s.slot(at - base - 1).0;
            let p = proto_here.or_else(|| self.s.proto(self.s.slot(at - base - 2))).ok_or(Abort::NyiReturn)?;
            let delta = (link & !frame::TYPE) as i64 / 8;
            let (kind, below) = match link & frame::TYPE {
                t if t & frame::TYPE_LUA == frame::LUA => {
                    let call = self.s.call_before(link);
                    let below = at - 2 - i32::from(call.a());
                    let caller = self.s.slot(below - base - 2);
                    let (_, ret) = self.s.pc_of(link, caller).ok_or(Abort::Inconsistent)?;
                    (Entry::Lua { ret }, below)
                }
                frame::VARG => (Entry::Vararg { size: delta as i32 }, at - delta as i32),
                frame::CONT => {
                    let below = at - delta as i32;
                    let cont = self.s.slot(at - base - 4).0;
                    let ret = self.s.slot(at - base - 3).0;
                    let caller = self.s.slot(below - base - 2);
                    let (_, ret) = self.s.pc_of(ret, caller).ok_or(Abort::NyiReturn)?;
                    (Entry::Cont { ret, cont }, below)
                }
                frame::PCALL => {
                    // The frame of the builtin itself has none here: its caller's is the next.
                    let own = at - delta as i32;
                    let link = self.s.slot(own - base - 1).0;
                    if link & frame::TYPE_LUA != frame::LUA {
                        return Err(Abort::NyiReturn);
                    }
                    let below = own - 2 - i32::from(self.s.call_before(link).a());
                    let caller = self.s.slot(below - base - 2);
                    let (_, ret) = self.s.pc_of(link, caller).ok_or(Abort::Inconsistent)?;
                    (Entry::Pcall { delta: delta as i32, ret }, below)
                }
                _ => return Err(Abort::NyiReturn),
            };
            out.push(Frame { base: at, kind, proto: p });
            at = below;
            proto_here = None;
            if let Entry::Vararg { .. } = kind {
                // The function of the hidden frame is the same.
                proto_here = Some(p);
            }
            if out.len() > MAX_DEPTH * 2 {
                return Err(Abort::CallDepth);
            }
        }
        if at != 0 {
            return Err(Abort::NyiReturn);
        }
        let p = match proto_here {
            Some(p) => p,
            None => self.s.proto(self.s.slot(-base - 2)).ok_or(Abort::NyiReturn)?,
        };
        out.push(Frame { base: 0, kind: Entry::Bottom, proto: p });
        out.reverse();
        self.t.frames = out;
        Ok(())
    }

    /// Makes sure a function value is the one called now: by its prototype, or builtin number.
    pub(super) fn specialise_func(&mut self, f: Tr, live: V) -> Res<Option<P>> {
        if let Some(p) = self.s.proto(live) {
            let k = self.konst(Const::Proto(self.s.key(p)));
            let pc = self.emit(I::FLOAD, Ty::Proto, f.r, Ref::lit(Field::FuncPc as i32))?;
            self.guard_eq(pc, k.r)?;
            return Ok(Some(p));
        }
        let id = self.s.builtin(live);
        if id == 0 {
            return Err(Abort::NyiBuiltin);
        }
        let k = self.konst(Const::Builtin(id));
        let r = self.emit(I::FLOAD, Ty::Int, f.r, Ref::lit(Field::FuncId as i32))?;
        self.guard_eq(r, k.r)?;
        Ok(None)
    }

    pub(super) fn rec_call(&mut self, op: Op, a: i32, b: i32, c: i32) -> Res<Status> {
        let nargs = match op {
            Op::CALLM => c + self.take_multres()? as i32,
            _ => c - 1,
        };
        self.call_at(a, nargs, b)
    }

    /// First slot of the multiple results that the running instruction takes, if it takes any.
    pub(super) fn first_result(&self) -> Option<Slot> {
        let ins = self.s.code(self.t.proto, self.t.pc);
        let a = self.base() + i32::from(ins.a());
        match ins.op()? {
            Op::CALLM => Some(a + 2 + i32::from(ins.c())),
            Op::CALLMT => Some(a + 2 + i32::from(ins.d())),
            Op::RETM => Some(a + i32::from(ins.d())),
            Op::TSETM => Some(a),
            _ => None,
        }
    }

    /// Number of multiple results that the running instruction takes.
    pub(super) fn take_multres(&mut self) -> Res<u32> {
        let n = self.s.multres();
        let first = self.first_result().ok_or(Abort::Inconsistent)?;
        match self.t.multres {
            Some(known) if known == (first, n) => Ok(n),
            Some(_) => Err(Abort::Inconsistent),
            None => {
                // From before the trace.
                let k = self.kint(n as i32);
                let m = self.emit(I::MRES, Ty::Int, Ref::NONE, Ref::NONE)?;
                self.guard_eq(m, k.r)?;
                self.t.multres = Some((first, n));
                Ok(n)
            }
        }
    }

    /// Calls slot `a` with `nargs` arguments from slot `a + 2` on; `b - 1` results are wanted, all if 0.
    fn call_at(&mut self, a: i32, nargs: i32, b: i32) -> Res<Status> {
        let mut live = self.s.slot(a);
        let mut f = self.get(a)?;
        let mut nargs = nargs;
        if f.ty != Ty::Func {
            // `__call` gets the value as the first argument.
            let mo = self.rec_call_meta(f, live)?;
            let n = nargs;
            let mut args = Vec::with_capacity(n as usize + 1);
            args.push(f);
            for i in 0..n {
                args.push(self.get(a + 2 + i)?);
            }
            (f, live) = mo;
            let proto = self.specialise_func(f, live)?;
            let Some(p) = proto else { return Err(Abort::NyiMeta) };
            self.check_proto(p)?;
            for (i, v) in args.into_iter().enumerate() {
                self.set(a + 2 + i as i32, v);
            }
            nargs += 1;
            self.set(a, f);
            return self.enter_lua(p, a, nargs).map(|()| Status::Go);
        }
        let (f, proto) = self.callee(f, live)?;
        match proto {
            Some(p) => {
                self.check_proto(p)?;
                for i in 0..nargs {
                    self.get(a + 2 + i)?;
                }
                self.set(a, f);
                self.enter_lua(p, a, nargs)?;
                Ok(Status::Go)
            }
            None => self.rec_builtin(a, nargs, b, live),
        }
    }

    /// Makes sure which function is called: its value, and the prototype of a Lua function. If it is the running one itself, that is guarded, which
    /// is cheaper than a look at its prototype: what is known of the one is known of the other, its upvalues above all.
    fn callee(&mut self, f: Tr, live: V) -> Res<(Tr, Option<P>)> {
        if live != self.live_func() || self.s.proto(live).is_none() {
            return Ok((f, self.specialise_func(f, live)?));
        }
        let own = self.func()?;
        if own.r != f.r {
            self.guard_eq(f, own.r)?;
        }
        Ok((own, Some(self.t.proto)))
    }

    /// Pushes the frame of a Lua function whose value is in slot `a`, called by the running CALL.
    fn enter_lua(&mut self, p: P, a: i32, nargs: i32) -> Res<()> {
        let ret = self.t.pc + 1;
        let link = self.konst(Const::Pc(self.key(), ret));
        self.set(a + 1, link);
        self.push_frame(p, a + 2, nargs, Entry::Lua { ret })
    }

    /// Pushes a frame at slot `at` of the running one; function, link and arguments are in place.
    pub(super) fn push_frame(&mut self, p: P, at: i32, nargs: i32, kind: Entry) -> Res<()> {
        if self.depth() >= MAX_DEPTH {
            return Err(Abort::CallDepth);
        }
        let base = self.base() + at;
        self.t.multres = None;
        self.t.frames.push(Frame { base, kind, proto: p });
        self.forget_above(nargs);
        self.t.args = nargs as u32;
        let info = self.s.info(p);
        self.need_slots(base + i32::from(info.frame_size) + nargs + 30)
    }

    /// The head of a function with fixed arguments.
    pub(super) fn rec_funcf(&mut self) -> Res<Status> {
        let proto = self.t.proto;
        let nargs = self.t.args as i32;
        let params = i32::from(self.s.info(proto).params);
        let nil = self.pri(Ty::Nil);
        for i in nargs..params {
            self.set(i, nil);
        }
        self.forget_above(params);
        self.function_head()
    }

    /// The head of a vararg function: another frame above the arguments.
    pub(super) fn rec_funcv(&mut self) -> Res<Status> {
        let proto = self.t.proto;
        let info = self.s.info(proto);
        let n = self.t.args as i32;
        let params = i32::from(info.params);
        let f = self.func()?;
        let mut args = Vec::new();
        let nil = self.pri(Ty::Nil);
        for i in 0..params {
            args.push(if i < n { self.get(i)? } else { nil });
        }
        for i in 0..params.min(n) {
            self.set(i, nil);
        }
        let size = n + 2;
        let link = self.konst(Const::Frame(((size as u64) * 8) | frame::VARG));
        self.set(n, f);
        self.set(n + 1, link);
        let base = self.base() + size;
        self.t.frames.push(Frame { base, kind: Entry::Vararg { size }, proto });
        self.forget_above(0);
        for (i, v) in args.into_iter().enumerate() {
            self.set(i as i32, v);
        }
        self.need_slots(base + i32::from(info.frame_size) + 30)?;
        self.function_head()
    }

    /// Recursion and links at a function's head.
    fn function_head(&mut self) -> Res<Status> {
        let proto = self.t.proto;
        let mut count = 0;
        let n = self.t.frames.len();
        for f in self.t.frames[..n - 1].iter() {
            if f.proto == proto && !matches!(f.kind, Entry::Vararg { .. }) {
                count += 1;
            }
        }
        if matches!(self.t.frames[n - 1].kind, Entry::Vararg { .. }) {
            count = count.max(1) - 1;
        }
        let at_start = self.t.begin == Begin::Func && !self.t.side && proto == self.t.start.0;
        // The head was executed in the interpreter: what follows begins behind it.
        self.t.pc = 1;
        if at_start {
            if count + self.t.tail_called > self.t.params.recunroll {
                return self.stop(Link::Again);
            }
            return Ok(Status::Go);
        }
        if let Some(no) = self.s.trace_at(proto, 0)
            && !self.s.returns(no)
        {
            return self.stop(Link::Root(no));
        }
        if count > self.t.params.callunroll {
            return Err(Abort::Unroll);
        }
        Ok(Status::Go)
    }

    pub(super) fn rec_tail_call(&mut self, op: Op, a: i32, d: i32) -> Res<Status> {
        let nargs = match op {
            Op::CALLMT => d + self.take_multres()? as i32,
            _ => d - 1,
        };
        let mut live = self.s.slot(a);
        let mut f = self.get(a)?;
        let mut args = Vec::new();
        if f.ty != Ty::Func {
            args.push(f);
            (f, live) = self.rec_call_meta(f, live)?;
        }
        for i in 0..nargs {
            args.push(self.get(a + 2 + i)?);
        }
        let top = self.t.frames.len() - 1;
        let kind = self.t.frames[top].kind;
        if kind == Entry::Bottom && self.s.slot(-1).0 & frame::TYPE == frame::VARG {
            // The callee's frame would begin below the trace's.
            return self.return_below();
        }
        let (f, proto) = self.callee(f, live)?;
        match proto {
            Some(p) => {
                self.check_proto(p)?;
                let kind = if let Entry::Vararg { .. } = kind {
                    self.t.frames.pop();
                    match self.t.frames.last() {
                        Some(f) => f.kind,
                        None => return Err(Abort::NyiLowerFrame),
                    }
                } else {
                    kind
                };
                let base = self.base();
                let last = self.t.frames.len() - 1;
                self.t.frames[last] = Frame { base, kind, proto: p };
                self.put(base - 2, f, false);
                let n = args.len();
                for (i, v) in args.into_iter().enumerate() {
                    self.set(i as i32, v);
                }
                self.forget_above(n as i32);
                self.t.args = n as u32;
                self.t.multres = None;
                self.t.tail_called += 1;
                if self.t.tail_called > 2 * self.t.params.loopunroll {
                    return Err(Abort::LoopUnroll);
                }
                let info = self.s.info(p);
                self.need_slots(base + i32::from(info.frame_size) + n as i32 + 30)?;
                Ok(Status::Go)
            }
            None => {
                // A builtin: its results are this function's. Where the return is not part of the trace, the interpreter does both.
                let below = self.t.frames.len().checked_sub(2).map(|i| self.t.frames[i].kind);
                let leaves = match kind {
                    Entry::Vararg { .. } => below.unwrap_or(Entry::Bottom),
                    kind => kind,
                };
                // What goes on after the metamethod of a comparison or a concatenation may have exits, which would call it again.
                let leaves = match leaves {
                    Entry::Bottom | Entry::Vararg { .. } => true,
                    Entry::Cont { cont, .. } => {
                        !matches!(Cont::ALL.get((cont & 0xff) as usize), Some(Cont::StoreA | Cont::Drop))
                    }
                    Entry::Lua { .. } | Entry::Pcall { .. } => false,
                };
                let results = if leaves { None } else { self.rec_builtin_results(a, nargs, live)? };
                match results {
                    Some(r) => self.return_values(r),
                    None => self.stop_for(Abort::NyiBuiltin),
                }
            }
        }
    }

    /// Ends the trace before the running instruction: the interpreter executes it. Where there is nothing yet to compile, gives up with a reason.
    pub(super) fn stop_for(&mut self, abort: Abort) -> Res<Status> {
        if !self.t.started && !self.t.side {
            return Err(abort);
        }
        self.stop(Link::Interp)
    }

    pub(super) fn rec_ret(&mut self, op: Op, a: i32, d: i32) -> Res<Status> {
        let n = match op {
            Op::RETM => d + self.take_multres()? as i32,
            _ => d - 1,
        };
        let mut values = Vec::with_capacity(n as usize);
        for i in 0..n {
            values.push(self.get(a + i)?);
        }
        self.return_values(values)
    }

    /// Returns from the running Lua frame.
    pub(super) fn return_values(&mut self, values: Vec<Tr>) -> Res<Status> {
        let mut kind = match self.t.frames.last() {
            Some(f) => f.kind,
            None => return Err(Abort::Inconsistent),
        };
        if let Entry::Vararg { size } = kind {
            kind = match self.t.frames.len() {
                1 => return self.return_below(),
                n => self.t.frames[n - 2].kind,
            };
            match kind {
                // What stops the trace here needs the frames as they are.
                Entry::Bottom | Entry::Vararg { .. } => return self.return_to_lower(values, size),
                Entry::Cont { cont, .. } => self.snapshot_for(cont)?,
                _ => {}
            }
            self.t.frames.pop();
        }
        match kind {
            Entry::Lua { ret } => {
                let from = self.base();
                self.t.frames.pop();
                let base = self.base();
                let caller = self.frame_proto();
                let call = self.s.code(caller, ret - 1);
                let a = i32::from(call.a());
                debug_assert_eq!(base + a + 2, from);
                self.deliver(a, i32::from(call.b()), values);
                self.t.proto = caller;
                self.t.pc = ret;
                Ok(Status::Go)
            }
            Entry::Cont { ret, cont } => {
                self.snapshot_for(cont)?;
                self.t.frames.pop();
                self.rec_continue(ret, cont, values)
            }
            Entry::Pcall { delta, ret } => {
                // `true` and the results are what the builtin returns to its caller, a Lua function.
                let from = self.base();
                self.t.frames.pop();
                let a = from - delta - 2 - self.base();
                let caller = self.frame_proto();
                let call = self.s.code(caller, ret - 1);
                debug_assert_eq!(i32::from(call.a()), a);
                let mut all = vec![self.pri(Ty::True)];
                all.extend(values);
                self.deliver(a, i32::from(call.b()), all);
                self.t.proto = caller;
                self.t.pc = ret;
                Ok(Status::Go)
            }
            Entry::Bottom | Entry::Vararg { .. } => self.return_to_lower(values, 0),
        }
    }

    /// What goes on may need guards (concatenation does); their exit returns once more.
    fn snapshot_for(&mut self, cont: u64) -> Res<()> {
        if cont & 0xff != frame::Cont::Concat as u64 || !self.t.need_snap {
            return Ok(());
        }
        // A builtin that was called last must not run twice.
        if self.t.effect { Err(Abort::NyiReturn) } else { self.snapshot() }
    }

    /// Puts results where the CALL with `a`, `b` wants them.
    pub(super) fn deliver(&mut self, a: i32, b: i32, values: Vec<Tr>) {
        let n = values.len() as i32;
        self.forget_above(a);
        let nil = self.pri(Ty::Nil);
        if b == 0 {
            self.t.multres = Some((self.base() + a, n as u32));
            let top = self.base() + a + n;
            let t = self.t.b.trace_mut();
            t.slots = t.slots.max(top + 2);
        } else {
            self.t.multres = None;
        }
        let want = if b == 0 { n } else { b - 1 };
        for i in 0..want {
            let v = values.get(i as usize).copied().unwrap_or(nil);
            self.set(a + i, v);
        }
    }

    /// A return from the frame the trace began in, or from its hidden frame that lies `inner` slots higher.
    fn return_to_lower(&mut self, values: Vec<Tr>, inner: i32) -> Res<Status> {
        let mut link = self.s.slot(-1 - inner).0;
        let root = !self.t.side;
        // The trace may have begun in a hidden frame itself.
        let mut above = 0;
        let hidden = (inner == 0 && link & frame::TYPE == frame::VARG).then_some(link);
        if let Some(hidden) = hidden.filter(|_| !root) {
            above = (hidden >> 3) as i32;
            if above > MAX_HIDDEN {
                return self.return_below();
            }
            link = self.s.slot(-1 - above).0;
        }
        if link & frame::TYPE_LUA != frame::LUA || root {
            if root && matches!(self.t.begin, Begin::Loop(_)) {
                return Err(Abort::LeftLoop);
            }
            return self.return_below();
        }
        // A side trace follows the return, with a guard for where it goes.
        let call = self.s.call_before(link);
        let a = i32::from(call.a());
        let delta = above + a + 2;
        let caller = self.s.slot(-inner - delta - 2);
        let Some((p, ret)) = self.s.pc_of(link, caller) else { return Err(Abort::Inconsistent) };
        self.check_proto(p)?;
        if self.t.ret_depth > 20 {
            return Err(Abort::NyiLowerFrame);
        }
        self.snapshot_if_wanted()?;
        let k = self.konst(Const::Pc(self.s.key(p), ret));
        match hidden {
            None => self.guard(I::RETF, Ty::Void, k.r, Ref::lit(delta))?,
            Some(hidden) => {
                // How far below the function's own frame lies, and where that returns to; what leaves both asks for the former once more.
                let size = self.konst(Const::Frame(hidden));
                self.frame_link(-1, size)?;
                self.frame_link(-1 - above, k)?;
                self.guard(I::RETF, Ty::Void, size.r, Ref::lit(delta))?
            }
        };
        self.t.ret_depth += 1;
        // Slots count from the caller's base from now on.
        self.t.origin -= i64::from(delta);
        self.t.slots.clear();
        self.t.slots.resize(64, None);
        self.t.frames = vec![Frame { base: 0, kind: Entry::Bottom, proto: p }];
        self.t.proto = p;
        self.t.pc = ret;
        self.deliver(a, i32::from(call.b()), values);
        self.extent();
        self.want_snapshot();
        Ok(Status::Go)
    }

    /// Guards that a slot has this link.
    fn frame_link(&mut self, slot: Slot, link: Tr) -> Res<()> {
        let l = match self.known(slot) {
            Some(l) => l,
            None => self.load(slot, Ty::Link, 0)?,
        };
        if l.r == link.r { Ok(()) } else { self.guard_eq(l, link.r) }
    }

    /// Ends the trace before a return that it cannot follow. A side trace that would be nothing else is none.
    fn return_below(&mut self) -> Res<Status> {
        if !self.t.started {
            return Err(Abort::NyiReturn);
        }
        self.stop(Link::Interp)
    }

    pub(super) fn rec_varg(&mut self, a: i32, b: i32, c: i32) -> Res<()> {
        let link = self.s.slot(-1).0;
        if link & frame::TYPE != frame::VARG {
            return Err(Abort::Inconsistent);
        }
        let size = (link >> 3) as i32;
        let total = size - 2;
        let extra = (total - c).max(0);
        if !matches!(self.t.frames.last().map(|f| f.kind), Some(Entry::Vararg { .. })) {
            // The frame is from before the trace: the number of arguments is a guard.
            let k = self.konst(Const::Frame(link));
            self.frame_link(self.base() - 1, k)?;
        }
        let want = if b == 0 { extra } else { b - 1 };
        if want > 200 {
            return Err(Abort::NyiVararg);
        }
        let nil = self.pri(Ty::Nil);
        let mut values = Vec::new();
        for i in 0..want {
            values.push(if i < extra { self.get(c + i - size)? } else { nil });
        }
        if b == 0 {
            self.t.multres = Some((self.base() + a, extra as u32));
            let top = self.base() + a + extra + 2;
            self.need_slots(top)?;
        }
        for (i, v) in values.into_iter().enumerate() {
            self.set(a + i as i32, v);
        }
        Ok(())
    }

    /// Calls the iterator of a generic loop.
    pub(super) fn rec_iterc(&mut self, a: i32, b: i32) -> Res<Status> {
        let [f, s, c] = [self.get(a - 3)?, self.get(a - 2)?, self.get(a - 1)?];
        let live = self.s.slot(a - 3);
        if f.ty != Ty::Func {
            return Err(Abort::NyiMeta);
        }
        match self.specialise_func(f, live)? {
            Some(p) => {
                self.check_proto(p)?;
                self.set(a, f);
                self.set(a + 2, s);
                self.set(a + 3, c);
                self.enter_lua(p, a, 2)?;
                Ok(Status::Go)
            }
            None => self.rec_builtin_iterator(a, b, f, s, c, live),
        }
    }
}
