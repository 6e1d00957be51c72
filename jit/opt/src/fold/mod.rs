//! Folding: an instruction becomes a simpler one, an earlier value or a constant by the rules of [`table`].
//!
//! A rule is a law, a pattern (operations, types, what defines the operands) and a function. The rules of an operation are tried in order of
//! the table; what a rule rewrites is folded again. Patterns are sets of classes, so a look at one bit says whether an operand fits;
//! the index from operations to rules is computed at compile time.
//!
//! Laws hold bit for bit for every operand, -0, infinities and subnormals included; only the sign of a NaN may change, which no program sees.
//! So `x + 0`, `0 - x` and `x * 0` stay, and nothing is reassociated. `x ^ 2` is not `x * x`: the runtime's power differs from the
//! product in the last bit for one number in some thousand. Integers are taken modulo 2^32 freely; operations with an overflow guard keep it
//! exactly, or have none left. A comparison is not moved before an addition (`x + 1 < k` as `x < k - 1`): then both values live on,
//! and loops need one more register.
//!
//! Invariant: rules look at what defines an operand through [`Builder::look`] or the pattern alone, which do not see through PHIs.

mod bits;
mod cmp;
mod conv;
mod eval;
mod int;
mod num;
mod string;
mod table;

use table::RULES;

use crate::Builder;
use abi::abort::Abort;
use ir::{Const, Ins, Mode, Op, Ref, Ty, flag};

/// Number of rules.
pub(crate) const COUNT: usize = table::COUNT;

/// Returns the names of all rules.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|r| r.name)
}

/// What folding makes of an instruction.
pub(crate) enum Folded {
    /// A value that exists (meaningless for guards that are known to hold).
    Into(Ref),
    /// An instruction, not foldable further.
    Remains(Ins),
}

/// What a rule answers.
pub(crate) enum Out {
    /// It does not apply.
    Next,
    /// This value.
    Is(Ref),
    /// This instruction, to be folded again.
    Again(Ins),
    /// The guard holds.
    Holds,
    /// The guard fails.
    Fails,
    /// What it emitted was refused.
    Stop(Abort),
}

impl Out {
    /// The outcome of a guard.
    fn guard(holds: bool) -> Out {
        if holds { Out::Holds } else { Out::Fails }
    }
}

/// A set of classes of operands.
pub(crate) type Set = u128;

/// A row of the table.
pub(crate) struct Rule {
    /// Its name, and that of its test file.
    pub(crate) name: &'static str,
    /// Operations.
    ops: Set,
    /// Types of the instruction, by `Ty`.
    types: u32,
    /// Classes of the first operand.
    a: Set,
    /// Classes of the second operand.
    b: Set,
    run: fn(&mut Builder, &Ins) -> Out,
}

/// Classes beyond those of instructions, which are their operations.
mod class {
    pub(super) const KNUM: u8 = 120;
    pub(super) const KINT: u8 = 121;
    pub(super) const KSTR: u8 = 122;
    pub(super) const KOTHER: u8 = 123;
    /// Literals, no operand, PHIs.
    pub(super) const OPAQUE: u8 = 124;
}
const _: () = assert!(Op::COUNT <= class::KNUM as usize);

fn class(b: &Builder, mode: Mode, r: Ref) -> u8 {
    if matches!(mode, Mode::None | Mode::Lit) || r == Ref::NONE {
        return class::OPAQUE;
    }
    match b.trace().as_const(r) {
        Some(Const::Num(_)) => class::KNUM,
        Some(Const::Int(_)) => class::KINT,
        Some(Const::Str(_)) => class::KSTR,
        Some(_) => class::KOTHER,
        None => {
            let ins = &b.trace().ins[r.index()];
            if ins.flags & flag::PHI != 0 { class::OPAQUE } else { ins.op as u8 }
        }
    }
}

/// Rules of one operation at most.
const MAX_PER_OP: usize = 24;
const NO_RULE: u8 = u8::MAX;

/// The rules of each operation in order of the table.
static BY_OP: [[u8; MAX_PER_OP]; Op::COUNT] = index();

const fn index() -> [[u8; MAX_PER_OP]; Op::COUNT] {
    let mut out = [[NO_RULE; MAX_PER_OP]; Op::COUNT];
    let mut op = 0;
    while op < Op::COUNT {
        let mut n = 0;
        let mut i = 0;
        while i < RULES.len() {
            if RULES[i].ops >> op & 1 != 0 {
                out[op][n] = i as u8;
                n += 1;
            }
            i += 1;
        }
        // The last entry stays free and ends the list.
        assert!(n < MAX_PER_OP);
        op += 1;
    }
    out
}
const _: () = assert!(COUNT < NO_RULE as usize);

/// Rewrites of one instruction at most; no chain of rules is near it.
const MAX_STEPS: u32 = 32;

/// Folds an instruction.
pub(crate) fn fold(b: &mut Builder, ins: Ins) -> Result<Folded, Abort> {
    let mut ins = ins;
    'again: for _ in 0..MAX_STEPS {
        let rules = &BY_OP[ins.op as usize];
        if rules[0] == NO_RULE {
            break;
        }
        let (ma, mb) = ins.op.modes();
        let (ca, cb) = (class(b, ma, ins.a), class(b, mb, ins.b));
        for &n in rules {
            if n == NO_RULE {
                break;
            }
            let rule = &RULES[n as usize];
            let fits = rule.a >> ca & 1 != 0 && rule.b >> cb & 1 != 0 && rule.types >> ins.ty as u8 & 1 != 0;
            let out = if fits { (rule.run)(b, &ins) } else { Out::Next };
            if cfg!(debug_assertions) {
                let (fired, declined) = &mut b.hits[n as usize];
                *(if matches!(out, Out::Next) { declined } else { fired }) += 1;
            }
            match out {
                Out::Next => {}
                Out::Is(r) => return Ok(Folded::Into(r)),
                Out::Again(new) => {
                    ins = new;
                    continue 'again;
                }
                Out::Holds => return Ok(Folded::Into(Ref::NONE)),
                Out::Fails => return Err(Abort::GuardFails),
                Out::Stop(abort) => return Err(abort),
            }
        }
        break;
    }
    Ok(Folded::Remains(ins))
}

/// The same instruction with other operands.
fn with(ins: &Ins, a: Ref, b: Ref) -> Out {
    Out::Again(Ins { a, b, ..*ins })
}

/// An instruction without guard.
fn plain(op: Op, ty: Ty, a: Ref, b: Ref) -> Out {
    Out::Again(Ins::new(op, ty, a, b))
}

/// An int constant.
fn int(b: &mut Builder, n: i32) -> Out {
    Out::Is(b.trace_mut().kint(n))
}

/// A num constant.
fn num(b: &mut Builder, n: f64) -> Out {
    Out::Is(b.trace_mut().knum(n))
}
