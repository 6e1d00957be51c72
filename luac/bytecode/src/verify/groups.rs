//! Groups of slots and of instructions: calls, returns, ranges, loops.

use super::{Flow, Function, Result, flow, quick};
use crate::op::Op;
use crate::proto::MAX_INS;

/// The high word of `2^52 + index`.
const BIAS_HIGH_WORD: u64 = 0x4330_0000;
/// Iterators are called with state and control variable: `C` is one more.
const ITER_ARGS: u8 = 3;

pub(super) fn check(f: &Function) -> Result {
    (1..f.len()).try_for_each(|pc| check_at(f, pc))?;
    if f.classes & quick::LOOP != 0 { check_loop_entries(f) } else { Ok(()) }
}

/// Checks the group that begins with, or has, instruction `pc`.
pub(super) fn check_at(f: &Function, pc: usize) -> Result {
    let ins = f.ins(pc);
    let size = f.frame_size();
    let (a, b, c, d) = (usize::from(ins.a()), usize::from(ins.b()), usize::from(ins.c()), usize::from(ins.d()));
    let slots_ok = match f.ops[pc] {
        Op::CALL => c >= 1 && a + 1 < size && a + c < size && results_fit(a, b, size),
        Op::CALLM => a + c + 1 < size && results_fit(a, b, size),
        Op::CALLT => d >= 1 && a + 1 < size && a + d < size,
        Op::CALLMT => a + d + 1 < size,
        Op::ITERC | Op::ITERN => a >= 3 && b >= 2 && ins.c() == ITER_ARGS && a + 3 < size && results_fit(a, b, size),
        Op::ISNEXT => a >= 3 && a + 3 < size,
        Op::ITERL => a >= 3,
        Op::VARG => f.proto.is_vararg() && c == usize::from(f.proto.num_params) && results_fit(a, b, size),
        Op::RET => d >= 1 && a + d < size + 2,
        Op::RETM => a + d <= size,
        Op::RET0 => d == 1,
        Op::RET1 => d == 2 && a < size,
        Op::KNIL => a <= d && d < size,
        Op::CAT => b < c && c < size,
        Op::FORI | Op::FORL => a + 3 < size,
        Op::TSETM => a >= 1 && first_index_ok(f.proto.knum[d]),
        Op::TNEW => table_hint_ok(f, d),
        _ => true,
    };
    if !slots_ok {
        return f.bad(pc, "wrong operands");
    }
    match f.ops[pc] {
        Op::FORI | Op::FORL => check_numeric_loop(f, pc),
        Op::ISNEXT => check_next_loop(f, pc),
        Op::ITERN | Op::ITERC | Op::ITERL => check_generic_loop(f, pc),
        _ => Ok(()),
    }
}

/// Says whether the `b - 1` results of a call fit; multiple results (`b` = 0) find their own space.
fn results_fit(a: usize, b: usize, size: usize) -> bool {
    b == 0 || a + b < size + 2
}

/// Says whether a number is `2^52 + index`, with an index that a constructor in a source file can reach.
fn first_index_ok(n: f64) -> bool {
    n.to_bits() >> 32 == BIAS_HIGH_WORD && n.to_bits() & 0xffff_ffff <= MAX_INS as u64
}

/// Says whether a size hint is one the compiler can give: each hash entry takes at least an instruction to fill.
fn table_hint_ok(f: &Function, d: usize) -> bool {
    let hash_bits = d >> 11;
    hash_bits == 0 || 1usize << (hash_bits - 1) <= f.len()
}

/// `FORI` jumps behind the `FORL`, which jumps behind the `FORI`.
fn check_numeric_loop(f: &Function, pc: usize) -> Result {
    let (fori, forl) = match f.ops[pc] {
        Op::FORI => (pc, f.target(pc) - 1),
        _ => (f.target(pc) - 1, pc),
    };
    let paired = fori < forl
        && f.ops[fori] == Op::FORI
        && f.ops[forl] == Op::FORL
        && f.ins(fori).a() == f.ins(forl).a()
        && f.target(fori) == forl + 1
        && f.target(forl) == fori + 1;
    if paired { Ok(()) } else { f.bad(pc, "half of a numeric loop") }
}

/// `ISNEXT` jumps forward to its `ITERN`.
fn check_next_loop(f: &Function, pc: usize) -> Result {
    let end = f.target(pc);
    if end > pc && f.ops[end] == Op::ITERN && f.ins(end).a() == f.ins(pc).a() {
        check_generic_loop(f, end)
    } else {
        f.bad(pc, "part of a generic loop")
    }
}

/// `ISNEXT` or `JMP` leads to `ITERN` or `ITERC`, followed by an `ITERL` that jumps behind the former.
fn check_generic_loop(f: &Function, pc: usize) -> Result {
    let iter = if f.ops[pc] == Op::ITERL { pc - 1 } else { pc };
    let entry_op = match f.ops[iter] {
        Op::ITERN => Op::ISNEXT,
        Op::ITERC => Op::JMP,
        _ => return f.bad(pc, "part of a generic loop"),
    };
    let whole = f.ops.get(iter + 1) == Some(&Op::ITERL) && f.ins(iter).a() == f.ins(iter + 1).a() && {
        let entry = f.target(iter + 1) - 1;
        // The entry's target is looked at only where its opcode says that it has one.
        entry >= 1
            && entry < iter
            && f.ops[entry] == entry_op
            && f.target(entry) == iter
            && (entry_op == Op::JMP || f.ins(entry).a() == f.ins(iter).a())
    };
    if whole { Ok(()) } else { f.bad(pc, "part of a generic loop") }
}

/// Loops nest, and nothing jumps into a numeric or `next` loop but its entry.
pub(super) fn check_loop_entries(f: &Function) -> Result {
    // For each instruction the entry of the innermost loop around it; the entry knows the end of its loop.
    let mut entry_of = vec![0u32; f.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (pc, innermost) in entry_of.iter_mut().enumerate().skip(1) {
        while open.last().is_some_and(|&(_, end)| end < pc) {
            open.pop();
        }
        *innermost = open.last().map_or(0, |&(entry, _)| entry as u32);
        if let Some(end) = loop_end(f, pc) {
            if open.last().is_some_and(|&(_, outer)| end > outer) {
                return f.bad(pc, "loops overlap");
            }
            open.push((pc, end));
        }
    }
    for pc in 1..f.len() {
        if matches!(flow(f.ops[pc]), Flow::Jump | Flow::Branch) {
            let target = f.target(pc);
            let entry = entry_of[target] as usize;
            if entry != 0 && loop_end(f, entry).is_some_and(|end| pc < entry || pc > end) {
                return f.bad(pc, "jump into a loop");
            }
        }
    }
    Ok(())
}

/// Returns the last instruction of the loop that starts at `pc`.
fn loop_end(f: &Function, pc: usize) -> Option<usize> {
    match f.ops[pc] {
        Op::FORI => Some(f.target(pc) - 1),
        Op::ISNEXT => Some(f.target(pc) + 1),
        _ => None,
    }
}
