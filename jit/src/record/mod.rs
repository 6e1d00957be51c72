//! The recorder: turns the instructions that the interpreter is about to execute into IR.
//!
//! It is asked before each instruction ([`Recorder::step`]), looks at the live values through [`Subject`], and writes only its own buffers: a
//! shadow stack of IR references, the IR, snapshots. The interpreter then executes the instruction as ever. What the recorder assumes (types,
//! directions of branches, callees) becomes guards; a guard that fails goes back to a state the interpreter can go on from.
//!
//! Invariant: within an instruction all guards come before the first effect, for an exit executes the whole instruction again.
//! Invariant: slots of the shadow stack change only after the last guard of an instruction, for a snapshot shows the state before it.
//! What is not compiled is an [`Abort`].

mod arith;
mod builtin;
mod call;
mod compare;
mod concat;
mod create;
mod index;
mod live;
mod loops;
mod meta;
mod replay;
mod slots;
mod upval;

use crate::params::Params;
use crate::subject::{P, Subject, V};
use abi::abort::Abort;
use abi::exit::{SlotMap, SnapMap};
use bytecode::{Ins, Op};
use ir::{Const, Ins as Ir, Kind, Link, Op as I, ProtoKey, Ref, Slot, Start, Trace, Ty, flag};
use opt::Builder;

type Res<T> = Result<T, Abort>;

/// A reference with its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tr {
    /// The value.
    pub r: Ref,
    /// Its type.
    pub ty: Ty,
}

/// A slot of the shadow stack.
#[derive(Clone, Copy, Debug)]
struct Shadow {
    tr: Tr,
    /// Memory holds the value already.
    mem: bool,
}

/// How an inlined frame returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entry {
    /// The frame the trace began in.
    Bottom,
    /// Called by the CALL before this instruction of the caller.
    Lua { ret: u32 },
    /// The hidden frame of a vararg function: slots below it.
    Vararg { size: i32 },
    /// A metamethod's continuation; the instruction that goes on, and what becomes of the result.
    Cont { ret: u32, cont: u64 },
    /// Called by pcall or xpcall, whose own frame is so many slots below; the instruction that goes on behind it.
    Pcall { delta: i32, ret: u32 },
}

/// An inlined frame.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Slot 0, from the trace's base.
    base: Slot,
    kind: Entry,
    proto: P,
}

/// What begins a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begin {
    /// A loop: the index of its closing FORL or ITERL, or of its LOOP. The instruction was executed already.
    Loop(u32),
    /// A function head (executed already).
    Func,
}

/// What the interpreter goes on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// The recording.
    Go,
    /// The recording is complete: call [`Recorder::finish`].
    Done,
}

/// Frames that an instruction may add.
const FRAMES: usize = 4;
/// Slots that an instruction mostly adds at most.
const SLOTS: usize = 16;

/// A recording.
pub struct Recorder {
    b: Builder,
    params: Params,
    slots: Vec<Option<Shadow>>,
    /// Slot of the trace that `slots[0]` is.
    low: Slot,
    frames: Vec<Frame>,
    /// Distance of the trace's base from the bottom of the coroutine's stack.
    origin: i64,
    thread: u64,
    begin: Begin,
    side: bool,
    /// Prototype and index of the instruction at which a root trace's loop closes.
    close: (P, u32),
    start: (P, u32),
    /// Number of multiple results, where the last instruction left some: the slot of the first, and how many.
    multres: Option<(Slot, u32)>,
    need_snap: bool,
    effect: bool,
    pc: u32,
    proto: P,
    /// Where the recording goes on after a call of something that is not recorded.
    resume: Option<(i64, u32)>,
    loop_unroll: i32,
    /// Rounds that did not close.
    unrolled: u32,
    /// The instruction that begins and closes the loop did not close it, and is to be recorded for what else it does.
    passes_head: bool,
    /// Parts of the parent's sunk objects, as pseudo slots.
    parts: Vec<SlotMap>,
    loop_ref: Option<usize>,
    /// First and last instruction of the loop that is recorded.
    range: Option<(u32, u32)>,
    /// A side trace begins with all slots in memory, as its root trace does.
    fresh: bool,
    /// A side trace's loop: the root trace it began in.
    root: Option<u32>,
    /// The root trace that a side trace goes on with at once.
    at_once: Option<u32>,
    tail_called: u32,
    /// Arguments of the function whose head comes next.
    args: u32,
    ret_depth: u32,
    started: bool,
    /// Number of frames the trace began with.
    inherited: usize,
    /// Instructions recorded.
    count: u32,
}

impl Recorder {
    /// Begins a root trace at the instruction that is about to run.
    pub fn root(s: &dyn Subject, begin: Begin, params: &Params) -> Res<Recorder> {
        let (proto, pc) = s.at().ok_or(Abort::Inconsistent)?;
        let key = s.key(proto);
        let mut rec = Recorder::new(s, begin, params, Trace::new(Start::Root, Const::Pc(key, pc)), (proto, pc));
        rec.frames.push(Frame { base: 0, kind: Entry::Bottom, proto });
        rec.close = match begin {
            Begin::Loop(at) => (proto, at),
            Begin::Func => (proto, 0),
        };
        let mut r = Rec { s, t: &mut rec };
        r.check_proto(proto)?;
        r.extent();
        r.snapshot()?;
        r.begin_root()?;
        Ok(rec)
    }

    /// Begins a side trace at an exit (number of the trace, of the exit) that leaves through snapshot `snap` of `parent`; the frames have been
    /// restored and the interpreter is about to go on.
    pub fn side(
        s: &dyn Subject,
        parent: &Trace,
        snap: u32,
        map: &SnapMap,
        (number, exit): (u32, u32),
        params: &Params,
    ) -> Res<Recorder> {
        let (proto, pc) = s.at().ok_or(Abort::Inconsistent)?;
        let key = s.key(proto);
        let trace = Trace::new(Start::Side(number, exit), Const::Pc(key, pc));
        let at = snap as usize;
        let mut rec = Recorder::new(s, Begin::Func, params, trace, (proto, pc));
        rec.side = true;
        let snap = parent.snaps.get(at).ok_or(Abort::Inconsistent)?;
        rec.origin = s.base() - i64::from(snap.base);
        rec.fresh = exit == 0 && snap.base == 0 && snap.entries.is_empty();
        let mut r = Rec { s, t: &mut rec };
        r.walk_frames(snap.base)?;
        r.t.inherited = r.t.frames.len();
        r.check_proto(proto)?;
        r.extent();
        r.replay(parent, at, map)?;
        r.begin_body()?;
        r.t.at_once = r.goes_on(parent, at);
        Ok(rec)
    }

    fn new(s: &dyn Subject, begin: Begin, params: &Params, mut trace: Trace, start: (P, u32)) -> Recorder {
        trace.repeats = params.stress;
        Recorder {
            b: Builder::new(trace, params.passes, params.limits()).growing(params.growth.clone()),
            params: params.clone(),
            slots: vec![None; 32],
            low: -2,
            frames: Vec::new(),
            origin: s.base(),
            thread: s.thread(),
            begin,
            side: false,
            close: start,
            start,
            multres: None,
            need_snap: true,
            effect: false,
            pc: start.1,
            proto: start.0,
            resume: None,
            loop_unroll: params.loopunroll as i32,
            unrolled: 0,
            passes_head: false,
            parts: Vec::new(),
            loop_ref: None,
            range: None,
            fresh: false,
            root: None,
            at_once: None,
            tail_called: 0,
            args: 0,
            ret_depth: 0,
            started: false,
            inherited: 1,
            count: 0,
        }
    }

    /// Records the instruction that is about to run.
    pub fn step(&mut self, s: &dyn Subject) -> Res<Status> {
        if s.thread() != self.thread {
            return if self.resume.is_some() { Ok(Status::Go) } else { Err(Abort::Coroutine) };
        }
        let at = s.at();
        if let Some((base, pc)) = self.resume {
            if at.is_none_or(|(_, i)| i != pc) || s.base() != base {
                return Ok(Status::Go);
            }
            self.resume = None;
        }
        // Heads of builtins run in frames of their own: the CALL was recorded with all it does.
        let Some((proto, pc)) = at else { return Ok(Status::Go) };
        self.count += 1;
        self.params.growth.room(&mut self.frames, FRAMES)?;
        self.params.growth.room(&mut self.slots, SLOTS)?;
        let mut r = Rec { s, t: self };
        if let Some(root) = r.t.at_once.take() {
            return r.stop(Link::Root(root));
        }
        r.step(proto, pc)
    }

    /// Optimises the finished recording; it may go on afterwards. A side trace that came back to where it began is a loop if it can be peeled,
    /// otherwise it goes on with the loop it began in.
    pub fn finish(&mut self) -> Res<Trace> {
        if let Some(root) = self.root.filter(|_| self.b.trace().link == Link::Loop) {
            match opt::optimise(self.b.attempt()?) {
                Ok(trace) if trace.loop_at().is_some() => return Ok(trace),
                _ => self.b.trace_mut().link = Link::Root(root),
            }
        }
        let trace = opt::optimise(self.b.attempt()?)?;
        debug_assert_eq!(
            trace.snaps[0].pc,
            Some(trace.pc),
            "through the first exit the check for room leaves\n{trace}"
        );
        Ok(trace)
    }

    /// Goes on with a recording whose loop could not be closed: the round is unrolled. Says whether it may.
    pub fn unroll(&mut self, s: &dyn Subject) -> bool {
        self.unrolled += 1;
        self.b.trace_mut().link = Link::Open;
        self.passes_head = s.code(self.proto, self.pc).op() == Some(Op::ITERN);
        self.unrolled <= self.params.instunroll && !self.side
    }

    /// Says whether the instruction at which an unrolled round ended is to be shown again: it closed the round before it did its own work.
    pub fn wants_again(&self) -> bool {
        self.passes_head
    }

    /// Returns the trace so far, for dumps of aborted recordings.
    pub fn trace(&self) -> &Trace {
        self.b.trace()
    }

    /// Returns what a side trace inherits besides the slots of its parent's exit.
    pub fn parts(&self) -> &[SlotMap] {
        &self.parts
    }

    /// Says where the recording is.
    pub fn position(&self) -> (P, u32) {
        (self.proto, self.pc)
    }

    /// Says where it began.
    pub fn start(&self) -> (P, u32) {
        self.start
    }

    /// Returns the number of inlined frames.
    pub fn depth(&self) -> u32 {
        self.frames.len().saturating_sub(1) as u32
    }

    /// Returns the number of instructions recorded.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// A step of a recording: the program and the recording together.
struct Rec<'a> {
    s: &'a dyn Subject,
    t: &'a mut Recorder,
}

impl Rec<'_> {
    fn check_proto(&self, p: P) -> Res<()> {
        if self.s.info(p).no_jit { Err(Abort::JitOff) } else { Ok(()) }
    }

    /// Slot 0 of the running frame, from the trace's base.
    fn base(&self) -> Slot {
        self.t.frames.last().map_or(0, |f| f.base)
    }

    /// Number of frames above the one the trace began in.
    fn depth(&self) -> usize {
        self.t.frames.len() - 1
    }

    fn step(&mut self, proto: P, pc: u32) -> Res<Status> {
        if self.s.base() != self.t.origin + i64::from(self.base())
            || self.t.frames.last().is_none_or(|f| f.proto != proto)
        {
            return Err(Abort::Inconsistent);
        }
        if self.depth() == 0 && self.t.range.is_some_and(|(first, last)| !(first..=last).contains(&pc)) {
            return Err(Abort::LeftLoop);
        }
        (self.t.proto, self.t.pc, self.t.effect) = (proto, pc, false);
        let ins = self.s.code(proto, pc);
        let Some(op) = ins.op() else { return Err(Abort::Inconsistent) };
        let status = self.instruction(op, ins)?;
        self.t.started = true;
        if self.t.b.trace().ins.len() > self.t.params.maxrecord as usize {
            return Err(Abort::TooLong);
        }
        Ok(status)
    }

    fn instruction(&mut self, op: Op, ins: Ins) -> Res<Status> {
        let (a, b, c, d) = (i32::from(ins.a()), i32::from(ins.b()), i32::from(ins.c()), i32::from(ins.d()));
        match op {
            Op::ISLT | Op::ISGE | Op::ISLE | Op::ISGT => self.rec_order(op, a, d)?,
            Op::ISEQV | Op::ISNEV | Op::ISEQS | Op::ISNES | Op::ISEQN | Op::ISNEN | Op::ISEQP | Op::ISNEP => {
                self.rec_equal(op, a, d)?
            }
            Op::ISTC | Op::ISFC | Op::IST | Op::ISF => self.rec_truth(op, a, d)?,
            Op::ISTYPE | Op::ISNUM => return Err(Abort::NyiOp),
            Op::MOV => {
                let v = self.get(d)?;
                self.set(a, v);
            }
            Op::NOT => {
                let v = self.get(d)?;
                let r = self.pri(if matches!(v.ty, Ty::Nil | Ty::False) { Ty::True } else { Ty::False });
                self.set(a, r);
            }
            Op::UNM => self.rec_unm(a, d)?,
            Op::LEN => self.rec_len(a, d)?,
            Op::ADDVN | Op::SUBVN | Op::MULVN | Op::DIVVN | Op::MODVN => {
                let (l, n) = (self.get(b)?, self.s.knum(self.t.proto, c as u32));
                let r = self.knumint(n);
                self.rec_arith(op, a, (l, self.s.slot(b)), (r, V::from_num(n)))?;
            }
            Op::ADDNV | Op::SUBNV | Op::MULNV | Op::DIVNV | Op::MODNV => {
                let (r, n) = (self.get(b)?, self.s.knum(self.t.proto, c as u32));
                let l = self.knumint(n);
                self.rec_arith(op, a, (l, V::from_num(n)), (r, self.s.slot(b)))?;
            }
            Op::ADDVV | Op::SUBVV | Op::MULVV | Op::DIVVV | Op::MODVV | Op::POW => {
                let (l, r) = (self.get(b)?, self.get(c)?);
                self.rec_arith(op, a, (l, self.s.slot(b)), (r, self.s.slot(c)))?;
            }
            Op::CAT => self.rec_cat(ins)?,
            Op::KSTR => {
                let v = self.kstr(d as u32);
                self.set(a, v);
            }
            Op::KCDATA => return Err(Abort::NyiOp),
            Op::KSHORT => {
                let v = self.knumint(f64::from(ins.d() as i16));
                self.set(a, v);
            }
            Op::KNUM => {
                let n = self.s.knum(self.t.proto, d as u32);
                let v = self.knumint(n);
                self.set(a, v);
            }
            Op::KPRI => {
                let v = self.pri(pri(d));
                self.set(a, v);
            }
            Op::KNIL => {
                let v = self.pri(Ty::Nil);
                for i in a..=d {
                    self.set(i, v);
                }
            }
            Op::UGET => self.rec_uget(a, d as u32)?,
            Op::USETV => {
                let v = self.get(d)?;
                self.rec_uset(a as u32, v)?;
            }
            Op::USETS => {
                let v = self.kstr(d as u32);
                self.rec_uset(a as u32, v)?;
            }
            Op::USETN => {
                let n = self.s.knum(self.t.proto, d as u32);
                let v = self.knumint(n);
                self.rec_uset(a as u32, v)?;
            }
            Op::USETP => {
                let v = self.pri(pri(d));
                self.rec_uset(a as u32, v)?;
            }
            Op::UCLO => self.rec_uclo(a)?,
            Op::FNEW => self.rec_fnew(a, d as u32)?,
            Op::TNEW => self.rec_tnew(a, d)?,
            Op::TDUP => self.rec_tdup(a, d as u32)?,
            Op::GGET
            | Op::GSET
            | Op::TGETV
            | Op::TGETS
            | Op::TGETB
            | Op::TGETR
            | Op::TSETV
            | Op::TSETS
            | Op::TSETB
            | Op::TSETM
            | Op::TSETR => self.rec_index(op, ins)?,
            Op::CALLM | Op::CALL => return self.rec_call(op, a, b, c),
            Op::CALLMT | Op::CALLT => return self.rec_tail_call(op, a, d),
            Op::ITERC => return self.rec_iterc(a, b),
            Op::ITERN => {
                // A `pairs` loop begins and closes at its ITERN.
                if self.t.started && !std::mem::take(&mut self.t.passes_head) {
                    let status = self.loop_event(self.t.pc, loops::Event::Enter)?;
                    if status == Status::Done {
                        return Ok(status);
                    }
                }
                return self.rec_itern(a, b);
            }
            Op::VARG => self.rec_varg(a, b, c)?,
            Op::ISNEXT => self.rec_isnext(a)?,
            Op::RETM | Op::RET | Op::RET0 | Op::RET1 => return self.rec_ret(op, a, d),
            Op::FORI | Op::JFORI => return self.rec_fori(ins),
            Op::FORL | Op::IFORL | Op::JFORL => return self.rec_forl(ins),
            Op::ITERL | Op::IITERL | Op::JITERL => return self.rec_iterl(ins),
            Op::LOOP | Op::ILOOP | Op::JLOOP => return self.rec_loop(a),
            Op::JMP => {}
            Op::FUNCF | Op::IFUNCF | Op::JFUNCF => return self.rec_funcf(),
            Op::FUNCV | Op::IFUNCV | Op::JFUNCV => return self.rec_funcv(),
            Op::FUNCC | Op::FUNCCW => return Err(Abort::Inconsistent),
        }
        Ok(Status::Go)
    }

    // ---- emission ----

    /// Emits an instruction; a guard gets a snapshot of the state before the running instruction if effects came since the last.
    fn ins(&mut self, ins: Ir) -> Res<Ref> {
        if ins.is_guard() {
            if self.t.effect {
                return Err(Abort::Inconsistent);
            }
            self.snapshot_if_wanted()?;
        }
        let r = self.t.b.emit(ins)?;
        if ins.op.kind() == Kind::Store {
            self.t.need_snap = true;
            self.t.effect = true;
        }
        Ok(r)
    }

    fn emit(&mut self, op: I, ty: Ty, a: Ref, b: Ref) -> Res<Tr> {
        let r = self.ins(Ir::new(op, ty, a, b))?;
        Ok(Tr { r, ty })
    }

    fn guard(&mut self, op: I, ty: Ty, a: Ref, b: Ref) -> Res<Tr> {
        let r = self.ins(Ir { op, ty, flags: flag::GUARD, a, b })?;
        Ok(Tr { r, ty })
    }

    /// Guards that two values of one type are equal.
    fn guard_eq(&mut self, a: Tr, b: Ref) -> Res<()> {
        self.guard(I::EQ, a.ty, a.r, b).map(|_| ())
    }

    /// Calls a helper. The result's type is the helper's; it is a guard if the helper can fail.
    fn call_helper(&mut self, h: abi::support::Helper, args: &[Tr]) -> Res<Tr> {
        use abi::support::{Arg, Effect};
        let row = h.row();
        let list = self.arg_list(args)?;
        let ty = match row.ret {
            Arg::num => Ty::Num,
            Arg::int => Ty::Int,
            Arg::str => Ty::Str,
            Arg::tab => Ty::Tab,
            Arg::fun => Ty::Func,
            Arg::void => Ty::Void,
            _ => Ty::Ptr,
        };
        let op = match row.effect {
            Effect::N => I::CALLN,
            Effect::A => I::CALLA,
            Effect::L => I::CALLL,
            Effect::S => I::CALLS,
        };
        let ins = Ir { op, ty, flags: if row.fails { flag::GUARD } else { 0 }, a: list, b: Ref::lit(h as i32) };
        Ok(Tr { r: self.ins(ins)?, ty })
    }

    /// Makes a list of arguments: nothing, one value, or a CARG.
    fn arg_list(&mut self, args: &[Tr]) -> Res<Ref> {
        let Some((first, rest)) = args.split_first() else { return Ok(Ref::NONE) };
        let mut list = first.r;
        for a in rest {
            list = self.emit(I::CARG, Ty::Void, list, a.r)?.r;
        }
        Ok(list)
    }

    fn knum(&mut self, n: f64) -> Tr {
        Tr { r: self.t.b.trace_mut().knum(n), ty: Ty::Num }
    }
    fn kint(&mut self, n: i32) -> Tr {
        Tr { r: self.t.b.trace_mut().kint(n), ty: Ty::Int }
    }
    fn pri(&mut self, ty: Ty) -> Tr {
        Tr { r: self.t.b.trace_mut().kpri(ty), ty }
    }
    /// String constant `i` of the running prototype.
    fn kstr(&mut self, i: u32) -> Tr {
        let v = self.s.kstr(self.t.proto, i);
        self.kstr_of(v)
    }
    /// A live string as a constant.
    fn kstr_of(&mut self, v: V) -> Tr {
        let bytes = self.s.bytes(v);
        Tr { r: self.t.b.konst(Const::Str(bytes)), ty: Ty::Str }
    }
    fn konst(&mut self, c: Const) -> Tr {
        let ty = c.ty();
        Tr { r: self.t.b.konst(c), ty }
    }
    fn key(&self) -> ProtoKey {
        self.s.key(self.t.proto)
    }

    /// Narrows or widens a number to `num`.
    fn as_num(&mut self, v: Tr) -> Res<Tr> {
        match v.ty {
            Ty::Int => self.emit(I::CONV, Ty::Num, v.r, Ref::lit(ir::Conv::NumInt as i32)),
            _ => Ok(v),
        }
    }

    /// Ends the recording with a link.
    fn stop(&mut self, link: Link) -> Res<Status> {
        if link == Link::Loop && self.t.b.trace().ins.iter().any(|i| i.op == I::CALLB) {
            // The call in the next round may look at any slot.
            self.store_all()?;
        }
        if !matches!(link, Link::Interp) {
            self.gcstep()?;
        } else if self.t.effect {
            // The interpreter would do it again.
            return Err(Abort::Inconsistent);
        }
        self.snapshot()?;
        self.t.b.trace_mut().link = link;
        Ok(Status::Done)
    }

    /// Lets whoever wants attention have it at the end of a round.
    fn gcstep(&mut self) -> Res<()> {
        self.t.effect = false;
        self.guard(I::GCSTEP, Ty::Void, Ref::NONE, Ref::NONE).map(|_| ())
    }
}

/// Primitive `d` of KPRI.
fn pri(d: i32) -> Ty {
    match d {
        0 => Ty::Nil,
        1 => Ty::False,
        _ => Ty::True,
    }
}
