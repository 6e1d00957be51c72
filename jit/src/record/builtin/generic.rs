//! Calls of builtins as they are: the frame goes to memory, CALLB runs the builtin.
//!
//! ```text
//! SSTORE …           every slot that memory lacks: the frames below, the function, the link, the arguments
//! CALLB  a + 2, n
//! ---- snapshot: behind the call, nothing to restore
//! GCSTEP             keeps that snapshot apart from those of later instructions
//! ```
//!
//! The recorder forgets all it knew about slots, for the builtin may run Lua that changes them (captured variables). Then it waits until the interpreter
//! is behind the call. What the builtin returned is in memory; its number of results, where the call wants all, is read (MRES) and guarded by
//! the instruction that takes them.

use super::{Rec, Res, Status};
use ir::{Const, Op as I, Ref, Ty};

/// Arguments at most.
const MAX_ARGS: i32 = 200;
/// Slots a builtin may use above its arguments without asking.
const RESERVE: i32 = 30;

impl Rec<'_> {
    /// Calls the function in slot `a`, known to be a builtin, with `nargs` arguments from slot `a + 2` on. How many results are wanted the builtin's return
    /// reads from the calling instruction.
    pub(super) fn call_generic(&mut self, a: i32, nargs: i32) -> Res<Status> {
        self.require(nargs <= MAX_ARGS)?;
        self.get(a)?;
        let ret = self.t.pc + 1;
        let link = self.konst(Const::Pc(self.key(), ret));
        let at = self.base() + a + 2;
        self.need_slots(at + nargs + RESERVE)?;
        self.set(a + 1, link);
        self.forget_above(a + 2 + nargs);
        self.store_all()?;
        let call = ir::Ins::guard(I::CALLB, Ty::Void, Ref::lit(at), Ref::lit(nargs));
        self.t.b.emit(call)?;
        // Results are where function and link were.
        self.forget_above(a);
        self.forget_all();
        self.t.multres = None;
        self.t.pc = ret;
        self.want_snapshot();
        self.gcstep()?;
        self.t.resume = Some((self.s.base(), ret));
        Ok(Status::Go)
    }
}
