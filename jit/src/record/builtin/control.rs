//! `pcall` and `xpcall`: their own frame and that of what they call, laid out as the interpreter does.
//!
//! The arguments become the callee's frame: function in the place of the first (behind the handler of `xpcall`), then the link of type
//! `PCALL`, whose distance leads back to slot 0 of `pcall` itself. Errors are not compiled: they leave the trace by exits, which restore these
//! frames, and the interpreter's unwinding finds them.

use super::{Rec, Res, Status};
use crate::record::Entry;
use abi::abort::Abort;
use abi::frame;
use ir::{Const, Ty};

impl Rec<'_> {
    /// Calls `pcall` (or `xpcall`) in slot `a` with `nargs` arguments.
    pub(super) fn rec_protect(&mut self, a: i32, nargs: i32, b: i32, handler: bool) -> Res<Status> {
        let lead = 1 + i32::from(handler);
        if nargs < lead {
            return self.stop_for(Abort::Error);
        }
        let (f, live) = (self.get(a + 2)?, self.s.slot(a + 2));
        let h = if handler { Some(self.get(a + 3)?) } else { None };
        if h.is_some_and(|h| h.ty != Ty::Func) {
            return self.stop_for(Abort::Error);
        }
        if f.ty != Ty::Func {
            return self.stop_for(Abort::NyiMeta);
        }
        let Some(p) = self.specialise_func(f, live)? else {
            // A builtin that is compiled leaves no frame; if it fails, the exit calls all of it again.
            return match self.compiled(f, live, a + 2 + lead, nargs - lead)? {
                Some(results) => {
                    let mut all = vec![self.pri(Ty::True)];
                    all.extend(results);
                    self.deliver(a, b, all);
                    Ok(Status::Go)
                }
                None => self.stop_for(Abort::NyiBuiltin),
            };
        };
        self.check_proto(p)?;
        let mut args = Vec::new();
        for i in lead..nargs {
            args.push(self.get(a + 2 + i)?);
        }
        let ret = self.t.pc + 1;
        let delta = lead + 1;
        let callee = a + 2 + delta;
        let link = self.konst(Const::Pc(self.key(), ret));
        let inner = self.konst(Const::Frame((delta as u64) << 3 | frame::PCALL));
        self.set(a + 1, link);
        if let Some(h) = h {
            self.set(a + 2, h);
        }
        self.set(callee - 2, f);
        self.set(callee - 1, inner);
        let n = args.len() as i32;
        for (i, v) in args.into_iter().enumerate() {
            self.set(callee + i as i32, v);
        }
        self.push_frame(p, callee, n, Entry::Pcall { delta, ret })?;
        Ok(Status::Go)
    }
}
