//! Which joins are of whole numbers: PHIs of loops, and slots that starts carry.
//!
//! What a loop joins is whole if what comes into it is and every round makes it so again, as is known when all guards of the round have held
//! ([`AtEnd`]). That is assumed of all that may be, and whatever turns out not to be is taken out, until nothing changes.
//!
//! A start takes slots as whole numbers ([`Carried::whole`]) that its root converts to integers behind guards, if all ways to it bring such. The way
//! in asks, and leaves by exit 0 if one is not. So that no program goes that way for long, it asks only for what the root would ask
//! first anyway, or what the root would ask at all and some way counts. So do links, of what their target would ask first.
//!
//! [`Carried::whole`]: super::carried::Carried::whole

use super::carried::{self, LOWEST};
use super::exits::Phi;
use super::held;
use super::parts::{Part, Table};
use super::whole::{AtEnd, Size};
use super::{Branching, Lowerer};
use ir::sunk::{Name, Names};
use ir::tree::Tree;
use ir::{Conv, Op, Ref, Trace, Ty, sload};
use std::collections::{BTreeSet, HashMap};

type Sizes = HashMap<Name, Size>;

/// Returns the PHIs, of those given, that join whole numbers in the loop at `at`, with what is known before it.
fn phis(t: &Trace, names: &Names, at: usize, known: &Sizes, mut phis: Vec<usize>) -> Vec<usize> {
    loop {
        let mut given = known.clone();
        given.extend(phis.iter().map(|p| (*p as Name, Size::JOINED)));
        let mut end = AtEnd::new(t, names, at, t.ins.len(), given);
        let before = phis.len();
        phis.retain(|p| end.size(t.ins[*p].b, usize::MAX).is_some_and(Size::joins));
        if phis.len() == before {
            return phis;
        }
    }
}

impl Lowerer<'_> {
    /// Decides which PHIs of a loop that begins at `at` join whole numbers, of those whose left values are whole.
    pub(super) fn whole_phis(&self, b: &Branching, at: usize, all: &mut [Phi]) {
        let t = &self.tree.branches[b.branch].trace;
        let vals = b.vals.iter().enumerate();
        let known = vals.filter_map(|(i, v)| Some((i as Name, v.as_ref()?.whole.as_ref()?.size))).collect();
        let of = all.iter().filter(|p| p.whole).map(|p| p.at).collect();
        let joined = phis(t, &b.names, at, &known, of);
        all.iter_mut().for_each(|p| p.whole = joined.contains(&p.at));
    }
}

/// What is known of the branches of a tree whose start takes some slots as whole numbers.
struct Facts<'t> {
    tree: &'t Tree,
    names: &'t [Names],
    starts: &'t BTreeSet<i32>,
    /// Of each branch, what is known but for its guards.
    given: HashMap<usize, Sizes>,
}

impl<'t> Facts<'t> {
    /// Says what is known of a branch but for its guards.
    fn given(&mut self, n: usize) -> &Sizes {
        if !self.given.contains_key(&n) {
            let made = self.make(n);
            self.given.insert(n, made);
        }
        &self.given[&n]
    }

    fn make(&mut self, n: usize) -> Sizes {
        let b = &self.tree.branches[n];
        let (t, names) = (&b.trace, &self.names[n]);
        let mut inherited = HashMap::new();
        let mut quiet = true;
        if let Some((parent, exit)) = b.parent {
            quiet = held::is_quiet(self.tree, parent);
            inherited = self.at_exit(parent, exit as usize);
        }
        let mut given = Sizes::new();
        for (i, ins) in t.ins.iter().enumerate() {
            quiet &= !carried::writes_stack(t, *ins) && (ins.op != Op::LOOP || carried::is_quiet(t));
            if ins.op != Op::SLOAD || ins.ty != Ty::Num || ins.is_sunk() {
                continue;
            }
            let slot = ins.a.as_lit();
            if ins.b.as_lit() & sload::PARENT != 0 {
                given.extend(inherited.get(&slot).map(|s| (i as Name, *s)));
            } else if quiet && self.starts.contains(&slot) {
                given.insert(i as Name, Size::JOINED);
            }
        }
        if let Some(at) = t.loop_at() {
            let mut before = AtEnd::new(t, names, 0, at, given.clone());
            let may = |i: &usize| t.ins[*i].op == Op::PHI && t.ins[*i].ty == Ty::Num && !t.ins[*i].is_sunk();
            let left = |i: &usize| before.size(t.ins[*i].a, 0).is_some_and(Size::joins);
            let all = (at..t.ins.len()).filter(may).filter(left).collect();
            let joined = phis(t, names, at, before.known(), all);
            given.extend(joined.into_iter().map(|p| (p as Name, Size::JOINED)));
        }
        given
    }

    /// Returns the sizes of slots that hold whole numbers as an exit is taken.
    fn at_exit(&mut self, n: usize, exit: usize) -> HashMap<i32, Size> {
        let snap = &self.tree.branches[n].trace.snaps[exit];
        let refs = snap.entries.iter().map(|(slot, r)| (*slot, *r));
        self.of(n, snap.at as usize, refs.collect())
    }

    /// Returns the sizes of those values that are whole before instruction `at`.
    fn of(&mut self, n: usize, at: usize, refs: Vec<(i32, Ref)>) -> HashMap<i32, Size> {
        let (tree, names) = (self.tree, self.names);
        let t = &tree.branches[n].trace;
        let mut end = AtEnd::new(t, &names[n], 0, at, self.given(n).clone());
        let size = |(slot, r): (i32, Ref)| Some((slot, end.number(r, at)?));
        refs.into_iter().filter_map(size).collect()
    }
}

/// Slots of a tree that starts may take as whole numbers: its root converts them. Says of each whether that is asked first of all.
fn candidates(tree: &Tree) -> HashMap<i32, bool> {
    let t = &tree.branches[0].trace;
    let sides = tree.branches.iter().filter_map(|b| b.parent).filter(|p| p.0 == 0).map(|p| p.1 as usize);
    let first_side = sides.min().unwrap_or(usize::MAX);
    let mut out = HashMap::new();
    let mut quiet = true;
    for (i, ins) in t.ins.iter().enumerate() {
        quiet &= !carried::writes_stack(t, *ins) && ins.op != Op::LOOP;
        let converts = matches!(ins.conv(), Some(Conv::IntNum | Conv::IntNumIndex)) && ins.op == Op::CONV;
        if !quiet || !converts || !ins.is_guard() || !ins.a.is_ins() {
            continue;
        }
        let load = t.ins[ins.a.index()];
        let own = load.op == Op::SLOAD && load.ty == Ty::Num && load.b.as_lit() & sload::PARENT == 0;
        if own && load.a.as_lit() >= LOWEST {
            let first = t.snap_at(i).is_some_and(|s| s < first_side);
            *out.entry(load.a.as_lit()).or_default() |= first;
        }
    }
    out
}

/// Decides which slots starts take as whole numbers.
pub(super) fn plan(tables: &[Table<'_>], parts: &mut [Part]) {
    let tree = |p: usize, parts: &[Part]| tables[parts[p].member].tree;
    let asked: Vec<HashMap<i32, bool>> = (0..parts.len()).map(|p| candidates(tree(p, parts))).collect();
    let is_carried = |p: &Part, s: i32| p.carried.iter().any(|c| c.slot == s && c.ty == Ty::Num);
    let wanted: BTreeSet<i32> = asked.iter().flat_map(|a| a.keys().copied()).collect();
    let mut slots: Vec<BTreeSet<i32>> =
        parts.iter().map(|part| wanted.iter().copied().filter(|s| is_carried(part, *s)).collect()).collect();
    if slots.iter().all(BTreeSet::is_empty) {
        return;
    }
    let paths = held::paths(tables, parts);
    let names: Vec<Vec<Names>> =
        (0..parts.len()).map(|p| tree(p, parts).branches.iter().map(|b| Names::new(&b.trace)).collect()).collect();
    let mut wrong = true;
    while std::mem::take(&mut wrong) {
        let mut counted = BTreeSet::new();
        let before = slots.clone();
        let mut facts: Vec<Facts<'_>> = (before.iter().zip(&names).enumerate())
            .map(|(p, (starts, names))| Facts { tree: tree(p, parts), names, starts, given: HashMap::new() })
            .collect();
        for w in &paths {
            let t = &facts[w.from].tree.branches[w.branch].trace;
            let Some(snap) = t.snaps.last() else { continue };
            let wanted = |s: &(i32, Ref)| before[w.to].contains(&(s.0 - snap.base));
            let refs: Vec<(i32, Ref)> = snap.entries.iter().copied().filter(wanted).collect();
            let brought: BTreeSet<i32> = refs.iter().map(|s| s.0 - snap.base).collect();
            let whole = facts[w.from].of(w.branch, t.ins.len(), refs);
            let is_link = parts[w.from].member != parts[w.to].member;
            for s in &before[w.to] {
                let asks = is_link && asked[w.to].get(s) == Some(&true);
                let brings = match brought.contains(s) {
                    true => whole.get(&(s + snap.base)).is_some_and(|size| size.comes()),
                    false => w.quiet && w.moved == 0 && before[w.from].contains(s),
                };
                if !asks && !brings {
                    slots[w.to].remove(s);
                } else if brings && brought.contains(s) {
                    counted.insert(*s);
                }
            }
        }
        // Only the first part has a way in.
        slots[0].retain(|s| asked[0].get(s).is_some_and(|first| *first || counted.contains(s)));
        wrong = slots != before;
    }
    for (part, slots) in parts.iter_mut().zip(slots) {
        let whole = |c: &&mut carried::Carried| c.ty == Ty::Num && slots.contains(&c.slot);
        part.carried.iter_mut().filter(whole).for_each(|c| c.whole = true);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{block, compile, tree};
    use super::super::{Lowered, Member, lower};
    use crate::lines::Lines;
    use crate::target::TARGETS;

    /// A local variable that counts in a loop, and is converted in each round.
    const COUNTS: &str = "trace root pc=@0000000000000001:1 slots=9 link=loop
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   num sload   #0
0002 >   int conv    0001 int.num index
0003  +  num add     0001 +1.0
....         snap #1 pc=@0000000000000001:3 base=0 top=5 [ 0:0003 ]
0004 >   num lt      0003 +100.0
....         snap #2 pc=@0000000000000001:1 base=0 top=5 [ 0:0003 ]
0005     --- loop
0006  +  num add     0003 +1.0
0007 >   int conv    0003 int.num index
....         snap #3 pc=@0000000000000001:3 base=0 top=5 [ 0:0006 ]
0008 >   num lt      0006 +100.0
....         snap #4 pc=@0000000000000001:1 base=0 top=5 [ 0:0006 ]
0009     num phi     0003 0006
";

    /// The same, in a tree whose rounds begin at its start.
    const STARTS: &str = "trace root pc=@0000000000000001:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   num sload   #0
0002 >   int conv    0001 int.num
0003     num add     0001 +1.0
....         snap #1 pc=@0000000000000001:3 base=0 top=5 [ 0:0003 ]
0004 >   num lt      0003 +100.0
....         snap #2 pc=@0000000000000001:1 base=0 top=5 [ 0:0003 ]
0005 >   --- gcstep
";

    fn lowered(text: &str) -> Lowered {
        let tree = tree(&[(text, None)]);
        let l = lower(Member { tree: &tree, name: "tree", cold: &[] }, &Lines::default()).expect("lowered");
        for target in TARGETS {
            compile(target, &l.text).unwrap_or_else(|e| panic!("{}: {e}\n{}", target.triple, l.text));
        }
        l
    }

    /// Returns the types of what the loop joins.
    fn joins(text: &str) -> Vec<String> {
        let text = lowered(text).text;
        let phi = |l: &str| l.split_once(" = phi ").map(|p| p.1.split(' ').next().unwrap_or("").to_string());
        text.lines().filter_map(phi).filter(|ty| ty == "i64" || ty == "double").collect()
    }

    fn with(text: &str, changes: &[(&str, &str)]) -> String {
        changes.iter().fold(text.to_string(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        })
    }

    #[test]
    fn loops_join_integers_where_every_round_asks() {
        assert_eq!(joins(COUNTS), ["i64"]);
        // Without a guard it may grow beyond all bounds.
        assert_eq!(
            joins(&with(COUNTS, &[("0007 >   int conv    0003 int.num index", "0007     nil nop")])),
            ["double"]
        );
        // Halves, products, and what is no number's own sum.
        assert_eq!(joins(&with(COUNTS, &[("0003 +1.0", "0003 +0.5")])), ["double"]);
        assert_eq!(
            joins(&with(COUNTS, &[("0006  +  num add     0003 +1.0", "0006  +  num mul     0003 -1.0")])),
            ["double"]
        );
        assert_eq!(
            joins(&with(COUNTS, &[("0006  +  num add     0003 +1.0", "0006  +  num div     0003 +2.0")])),
            ["double"]
        );
    }

    /// An index may be -0, and nothing is subtracted from that but something else than 0.
    #[test]
    fn minus_zero_is_not_an_integer() {
        let minus = |of: &str| {
            with(COUNTS, &[("0001 +1.0", of), ("0006  +  num add     0003 +1.0", "0006  +  num sub     0003 +1.0")])
        };
        assert_eq!(joins(&minus("0001 +0.0")), ["i64"]);
        let same = with(COUNTS, &[("0003  +  num add     0001 +1.0", "0003  +  num sub     0001 +0.0")]);
        assert_eq!(joins(&same), ["double"]);
        assert_eq!(joins(&same.replace("0001 int.num index", "0001 int.num")), ["i64"]);
    }

    /// A remainder by a constant is what the recorder made of it: a quotient, rounded down.
    #[test]
    fn quotients_and_remainders_are_integers() {
        let remainder = |by: &str, of: &str| {
            let text = format!(
                "trace root pc=@0000000000000001:1 slots=9 link=interp
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   num sload   #0
0002 >   int conv    0001 int.num
0003     num {by}
0004     num fpmath  0003 floor
0005     num mul     0004 {of}
0006     num sub     0001 0005
....         snap #1 pc=@0000000000000001:2 base=0 top=5 [ ]
0007 >   num eq      0006 +3.0
....         snap #2 pc=@0000000000000001:3 base=0 top=5 [ 1:0006 ]
"
            );
            lowered(&text).text.lines().any(|l| l.contains("icmp eq i64 %") && l.contains(", 3"))
        };
        assert!(remainder("mul     0001 +0.0625", "+16.0"));
        assert!(remainder("div     0001 +10.0", "+10.0"));
        assert!(!remainder("mul     0001 +0.1", "+10.0"));
        assert!(!remainder("div     0001 -10.0", "+10.0"));
        assert!(!remainder("div     0001 0001", "+10.0"));
    }

    /// Rounds compare and convert integers; exits make the double of them.
    #[test]
    fn exits_make_doubles() {
        let text = lowered(COUNTS).text;
        let head = text.find(" = phi i64 ").expect("a PHI");
        let body = &text[head..];
        let round = &body[..body.find("\n  br label").expect("its end")];
        assert!(!round.contains("fptosi") && !round.contains("fcmp"), "{round}");
        assert!(round.contains("icmp slt i64"), "{round}");
        let stores = text.lines().filter(|l| l.contains("store double"));
        let made = |l: &str| {
            let name = l.trim().trim_start_matches("store double ").split(',').next().unwrap_or("").to_string();
            text.contains(&format!("{name} = sitofp i64 "))
        };
        assert!(stores.clone().count() > 0 && stores.clone().all(made), "{text}");
    }

    /// The way in asks once; who brings something else makes it a double again.
    #[test]
    fn starts_take_integers_that_all_ways_bring() {
        let text = lowered(STARTS).text;
        assert!(block(&text, "start").contains("%c0.int = phi i64 [ "), "{text}");
        assert_eq!(text.matches("fptosi double").count(), 1, "{text}");
        let text = lowered(&with(STARTS, &[("num add     0001 +1.0", "num add     0001 +0.5")])).text;
        assert!(block(&text, "start").contains("%c0 = phi double [ "), "{text}");
    }

    /// What is asked behind the way to a side trace is asked on the way in only if some way counts it.
    #[test]
    fn the_way_in_asks_for_what_counts() {
        let side = |keeps: &str| {
            format!(
                "trace root pc=@0000000000000001:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   num sload   #0
0002 >   num sload   #1
....         snap #1 pc=@0000000000000001:2 base=0 top=5 [ ]
0003 >   num lt      0002 +100.0
....         snap #2 pc=@0000000000000001:3 base=0 top=5 [ ]
0004 >   int conv    0001 int.num
0005     num add     0001 +1.0
0006     num add     0002 +1.0
....         snap #3 pc=@0000000000000001:1 base=0 top=5 [ {keeps}1:0006 ]
0007 >   --- gcstep
"
            )
        };
        let leaves = "trace side:0/1 pc=@0000000000000001:2 slots=9 link=root:0
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ 1:+1.0 ]
";
        for (keeps, whole) in [("0:0005 ", true), ("", false)] {
            let tree = tree(&[(&side(keeps), None), (leaves, Some((0, 1)))]);
            let l = lower(Member { tree: &tree, name: "tree", cold: &[] }, &Lines::default()).expect("lowered");
            compile(&TARGETS[0], &l.text).expect("LLVM takes it");
            assert_eq!(l.text.contains(".int = phi i64"), whole, "{}", l.text);
        }
    }
}
