//! Builtins: recorded as IR, called with their frame in memory, or the end of the trace.
use super::{Rec, Res, Status, Tr};
use crate::subject::V;
use abi::abort::Abort;

impl Rec<'_> {
    /// Calls the builtin in slot `a` of the running CALL, whose `b` says how many results it wants.
    pub(super) fn rec_builtin(&mut self, _a: i32, _nargs: i32, _b: i32, _live: V) -> Res<Status> {
        Err(Abort::NyiBuiltin)
    }
    /// Calls a builtin and returns its results, where their number is known; `None`: not compiled.
    pub(super) fn rec_builtin_results(&mut self, _a: i32, _nargs: i32, _live: V) -> Res<Option<Vec<Tr>>> {
        Ok(None)
    }
    /// Calls a builtin iterator of a generic loop.
    pub(super) fn rec_builtin_iterator(&mut self, _a: i32, _b: i32, _f: Tr, _s: Tr, _c: Tr, _live: V) -> Res<Status> {
        Err(Abort::NyiBuiltin)
    }
}
