//! Builtins: recorded as IR, called with their frame in memory, or the end of the trace.
//!
//! The table [`ROWS`] says which it is. A builtin without a row is *called* ([`generic`]): its frame is written to memory as the interpreter
//! would lay it out, and CALLB runs it. A row with a function is *compiled*: the function emits IR for the arguments it sees
//! and returns the results; where it returns `None` the builtin is called after all. A row with an abort *stops* the trace before the
//! call, because the builtin leaves the frames that the trace knows.
//!
//! Invariant: a function that returns `None` has emitted no effect (guards and pure instructions are harmless).
//! Invariant: guards come before the first effect, as everywhere.
//! Absent: builtins that run Lua functions (`table.sort`, `string.gsub` with a function) are called; their callbacks run in the interpreter or in
//! traces of their own.

mod args;
mod base;
mod bit;
mod control;
mod format;
mod generic;
mod math;
mod meta;
mod string;
mod table;
#[cfg(test)]
mod tests;

use super::{Rec, Res, Status, Tr};
use crate::subject::V;
use abi::abort::Abort;
use args::Args;

/// Results of a compiled builtin; `None`: not compiled with these arguments.
type Results = Res<Option<Vec<Tr>>>;

/// How a builtin is recorded.
#[derive(Clone, Copy)]
enum How {
    /// As IR.
    Compile(fn(&mut Rec<'_>, &Args) -> Results),
    /// `pcall`, and `xpcall` with a handler: the callee's frame is pushed.
    Protect { handler: bool },
    /// The trace ends before it.
    Stop(Abort),
}

/// A row of the table.
struct Row {
    id: u32,
    how: How,
    /// Arguments with which a compiled one is called, besides those of wrong types.
    #[cfg_attr(not(test), allow(dead_code))]
    but: &'static str,
}

macro_rules! rows {
    (compile { $($c:literal $f:path [$but:literal];)* } protect { $($p:literal $handler:literal;)* } stop { $($s:literal $abort:ident;)* }) => {
        /// Builtins that are not just called.
        const ROWS: &[Row] = &[
            $(Row { id: abi::builtins::number($c), how: How::Compile($f), but: $but },)*
            $(Row { id: abi::builtins::number($p), how: How::Protect { handler: $handler }, but: "" },)*
            $(Row { id: abi::builtins::number($s), how: How::Stop(Abort::$abort), but: "" },)*
        ];
    };
}
rows! {
    compile {
        "assert" base::assert ["a first argument that is nil or false"];
        "getmetatable" meta::getmetatable ["other values than tables"];
        "ipairs" base::ipairs [""];
        "ipairs_aux" base::ipairs_aux [""];
        "next" base::next ["a key"];
        "pairs" base::pairs [""];
        "rawequal" base::rawequal [""];
        "rawget" base::rawget [""];
        "rawset" base::rawset ["nil for an absent key"];
        "select" base::select ["an index out of range"];
        "setmetatable" meta::setmetatable ["a protected metatable"];
        "tonumber" base::tonumber ["a base other than 10; strings that are no numerals"];
        "tostring" base::tostring ["tables, userdata, functions, coroutines; values with a metatable"];
        "type" base::type_of [""];
        "unpack" base::unpack ["more than 32 values"];
        "string.byte" string::byte ["more than 8 results"];
        "string.char" string::char ["more than 16 arguments"];
        "string.find" string::find ["patterns with special characters, unless `plain` is true"];
        "string.format" format::format ["other directives than plain `%s`, `%d`, `%%`; `%s` of other values than strings, numbers, nil, booleans"];
        "string.len" string::len [""];
        "string.lower" string::lower [""];
        "string.rep" string::rep ["a separator"];
        "string.reverse" string::reverse [""];
        "string.sub" string::sub [""];
        "string.upper" string::upper [""];
        "table.clear" table::clear [""];
        "table.getn" table::getn [""];
        "table.insert" table::insert ["a position; nil"];
        "table.new" table::new ["more than 2^20 slots"];
        "table.remove" table::remove ["a position"];
        "math.abs" math::abs [""];
        "math.acos" math::acos [""];
        "math.asin" math::asin [""];
        "math.atan" math::atan [""];
        "math.atan2" math::atan2 [""];
        "math.ceil" math::ceil [""];
        "math.cos" math::cos [""];
        "math.cosh" math::cosh [""];
        "math.deg" math::deg [""];
        "math.exp" math::exp [""];
        "math.floor" math::floor [""];
        "math.fmod" math::fmod [""];
        "math.ldexp" math::ldexp [""];
        "math.log" math::log [""];
        "math.log10" math::log10 [""];
        "math.max" math::max [""];
        "math.min" math::min [""];
        "math.modf" math::modf ["zeros, infinities, NaN"];
        "math.pow" math::pow [""];
        "math.rad" math::rad [""];
        "math.random" math::random [""];
        "math.sin" math::sin [""];
        "math.sinh" math::sinh [""];
        "math.sqrt" math::sqrt [""];
        "math.tan" math::tan [""];
        "math.tanh" math::tanh [""];
        "bit.arshift" bit::arshift [""];
        "bit.band" bit::band [""];
        "bit.bnot" bit::bnot [""];
        "bit.bor" bit::bor [""];
        "bit.bswap" bit::bswap [""];
        "bit.bxor" bit::bxor [""];
        "bit.lshift" bit::lshift [""];
        "bit.rol" bit::rol [""];
        "bit.ror" bit::ror [""];
        "bit.rshift" bit::rshift [""];
        "bit.tobit" bit::tobit [""];
    }
    protect {
        "pcall" false;
        "xpcall" true;
    }
    stop {
        "error" Error;
        "coroutine.resume" Coroutine;
        "coroutine.wrap_aux" Coroutine;
        "coroutine.yield" Coroutine;
        "table.foreach" NyiBuiltin;
        "table.foreachi" NyiBuiltin;
        "debug.setlocal" NyiBuiltin;
    }
}

/// Every row names a builtin, and no two the same.
const _: () = {
    let mut i = 0;
    while i < ROWS.len() {
        assert!(ROWS[i].id != 0, "no builtin has this name");
        let mut j = 0;
        while j < i {
            assert!(ROWS[i].id != ROWS[j].id, "a builtin has two rows");
            j += 1;
        }
        i += 1;
    }
};

/// Returns how builtin `id` is recorded; `None`: called.
fn how(id: u32) -> Option<How> {
    ROWS.iter().find(|row| row.id == id).map(|row| row.how)
}

impl Rec<'_> {
    /// Calls the builtin in slot `a` of the running CALL, whose `b` says how many results it wants.
    pub(super) fn rec_builtin(&mut self, a: i32, nargs: i32, b: i32, live: V) -> Res<Status> {
        match how(self.s.builtin(live)) {
            Some(How::Stop(abort)) => self.stop_for(abort),
            Some(How::Protect { handler }) => self.rec_protect(a, nargs, b, handler),
            _ => match self.rec_builtin_results(a, nargs, live)? {
                Some(results) => {
                    self.deliver(a, b, results);
                    Ok(Status::Go)
                }
                None => self.call_generic(a, nargs),
            },
        }
    }

    /// Calls a builtin and returns its results, where their number is known; `None`: not compiled.
    pub(super) fn rec_builtin_results(&mut self, a: i32, nargs: i32, live: V) -> Res<Option<Vec<Tr>>> {
        let f = self.get(a)?;
        self.compiled(f, live, a + 2, nargs)
    }

    /// Results of builtin `live` with `nargs` arguments in slots from `first` on, if it is compiled with them.
    fn compiled(&mut self, f: Tr, live: V, first: i32, nargs: i32) -> Results {
        let Some(How::Compile(record)) = how(self.s.builtin(live)) else { return Ok(None) };
        let mut values = Vec::with_capacity(nargs as usize);
        for i in first..first + nargs {
            values.push((self.get(i)?, self.s.slot(i)));
        }
        record(self, &Args { f, values })
    }

    /// Calls a builtin iterator of a generic loop.
    pub(super) fn rec_builtin_iterator(&mut self, a: i32, b: i32, f: Tr, s: Tr, c: Tr, live: V) -> Res<Status> {
        match how(self.s.builtin(live)) {
            Some(How::Stop(abort)) => return self.stop_for(abort),
            Some(How::Protect { .. }) => return self.stop_for(Abort::NyiBuiltin),
            Some(How::Compile(record)) => {
                let values = vec![(s, self.s.slot(a - 2)), (c, self.s.slot(a - 1))];
                if let Some(results) = record(self, &Args { f, values })? {
                    self.deliver(a, b, results);
                    return Ok(Status::Go);
                }
            }
            None => {}
        }
        for (i, v) in [(a, f), (a + 2, s), (a + 3, c)] {
            self.set(i, v);
        }
        self.call_generic(a, 2)
    }
}
