//! Checks of numbers that something else makes superfluous.
//!
//! A tagged value is a quiet NaN, and loading it as a number does no harm. So a load need not check its type itself if a later instruction fails for
//! a NaN and leaves through the *same exit*, with nothing in between that has an effect. A checked conversion to an integer does so. If its
//! result is an array index that is checked, it need not even look: the conversion of NaN is -2^31, which is out of bounds.
//!
//! Absent: one look at the result of an operation on several loads (NaN if one of them is). Measured: `ucomisd` and its jump take more time than two
//! comparisons with memory.
//!
//! Invariant: from a load without check to where it is made up for, all exits are those of the load's snapshot, where the load was not done yet.
//! Invariant: array parts have at most 2^30 slots.

use ir::{Const, Conv, Ins, Kind, Op, Ref, Trace, Ty, sload};

/// How far apart a load and its check may be.
const REACH: usize = 24;
/// Largest constant added to an index.
const MAX_OFFSET: i32 = 1 << 28;

struct Plan<'a> {
    t: &'a Trace,
    /// Number of instructions up to each that end a region: effects and snapshots.
    region: Vec<u32>,
    omit: Vec<bool>,
}

/// Says of each instruction whether a check is left out: of a load that of its type, of a conversion that for NaN.
pub fn plan(t: &Trace) -> Vec<bool> {
    let n = t.ins.len();
    let mut region = vec![0; n];
    let (mut now, mut snaps) = (0, t.snaps.iter().peekable());
    for (i, ins) in t.ins.iter().enumerate() {
        while snaps.next_if(|s| s.at as usize <= i).is_some() {
            now += 1;
        }
        let harmless = match ins.op.kind() {
            Kind::Norm | Kind::Comm | Kind::Cmp | Kind::Refer => {
                !matches!(ins.op, Op::CALLN | Op::CARG | Op::RETF | Op::HREF)
            }
            Kind::Load => ins.op != Op::CALLL,
            Kind::Mark => ins.op == Op::GCSTEP,
            Kind::Store | Kind::Alloc => false,
        };
        now += u32::from(!harmless);
        region[i] = now;
    }
    let mut p = Plan { t, region, omit: vec![false; n] };
    (0..n).for_each(|i| p.look(i));
    p.omit
}

impl Plan<'_> {
    /// Says whether nothing between two instructions has an effect or takes a snapshot.
    fn near(&self, from: usize, to: usize) -> bool {
        from < to && to - from <= REACH && self.region[from] == self.region[to]
    }

    /// Says whether an instruction is a load of a number that checks its type.
    fn checks(&self, i: usize) -> bool {
        let ins = self.t.ins[i];
        let plain = match ins.op {
            Op::ALOAD | Op::HLOAD | Op::ULOAD => true,
            Op::SLOAD => ins.b.as_lit() & (sload::PARENT | sload::CONVERT) == 0,
            _ => false,
        };
        plain && ins.ty == Ty::Num && ins.is_guard() && !ins.is_sunk()
    }

    /// A checked conversion of a load, or a bounds check of a conversion's result.
    fn look(&mut self, i: usize) {
        let ins = self.t.ins[i];
        if !ins.is_guard() || ins.is_sunk() {
            return;
        }
        let conv = |ins: Ins| ins.conv().filter(|c| matches!(c, Conv::IntNum | Conv::IntNumIndex));
        if conv(ins).is_some() && ins.a.is_ins() {
            let load = ins.a.index();
            if self.near(load, i) && self.checks(load) {
                self.omit[load] = true;
            }
        }
        if ins.op == Op::ABC && ins.b.is_ins() {
            let at = self.without_offset(ins.b).index();
            let of = self.t.ins[at];
            if of.is_guard() && conv(of) == Some(Conv::IntNumIndex) && self.near(at, i) {
                self.omit[at] = true;
            }
        }
    }

    /// The int that a small constant was added to.
    fn without_offset(&self, r: Ref) -> Ref {
        match self.t.ins[r.index()] {
            Ins { op: Op::ADD, ty: Ty::Int, a, b, .. }
                if a.is_ins()
                    && matches!(self.t.as_const(b), Some(Const::Int(k)) if (-MAX_OFFSET..=MAX_OFFSET).contains(k)) =>
            {
                a
            }
            _ => r,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plan;
    use ir::Trace;

    /// Returns the instructions of a trace's body that lose a check.
    fn omitted(body: &str) -> Vec<usize> {
        let text =
            format!("trace root pc=@a1:1 slots=9 link=open\n0000     ptr base\nsnap pc=@a1:1 base=0 top=9 [ ]\n{body}");
        let t = Trace::parse(&text).expect("a trace");
        (0..t.ins.len()).filter(|&i| plan(&t)[i]).collect()
    }

    const LOAD: &str = "0001 >   tab sload   #1\n0002     int fload   0001 tab.asize\n0003 >   num sload   #2\n";

    #[test]
    fn what_is_converted_behind_the_same_exit_checks_nothing() {
        let index = "0004 >   int conv    0003 int.num index\n";
        assert_eq!(omitted(&format!("{LOAD}{index}")), [3]);
        assert_eq!(omitted(&format!("{LOAD}{index}0005 >   int abc     0002 0004\n")), [3, 4]);
        assert_eq!(
            omitted(&format!("{LOAD}{index}0005     int add     0004 -1\n0006 >   int abc     0002 0005\n")),
            [3, 4]
        );
        // A checked conversion of another kind looks itself.
        assert_eq!(omitted(&format!("{LOAD}0004 >   int conv    0003 int.num\n0005 >   int abc     0002 0004\n")), [3]);
    }

    #[test]
    fn other_exits_effects_and_other_bounds_keep_the_checks() {
        let snap = "snap pc=@a1:2 base=0 top=9 [ ]\n";
        let index = "0004 >   int conv    0003 int.num index\n";
        assert_eq!(omitted(&format!("{LOAD}{snap}{index}")), [0; 0]);
        assert_eq!(omitted(&format!("{LOAD}{index}{snap}0005 >   int abc     0002 0004\n")), [3]);
        assert_eq!(
            omitted(&format!("{LOAD}0004     num sstore  #3 0003\n0005 >   int conv    0003 int.num index\n")),
            [0; 0]
        );
        assert_eq!(omitted(&format!("{LOAD}{index}0005 >   int lt      0004 +10\n")), [3]);
        let far = "0005     int add     0004 +1000000000\n0006 >   int abc     0002 0005\n";
        assert_eq!(omitted(&format!("{LOAD}{index}{far}")), [3]);
    }
}
