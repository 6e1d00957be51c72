//! Cold side traces in functions of their own.
//!
//! ```text
//! function of the tree:  … ─guard fails─► store all slots ─► tail call ┐
//! function of the trace: load what it inherits ◄───────────────────────┘ … ─► exit, another tree, or the function of its tree
//! ```
//!
//! LLVM takes more than linear time for a function, and what it does for the hot parts of a tree is lost on the cold ones, which are most
//! of it. So side traces that programs seldom go to are left out of their tree's function, with all that grows from them. The way there is
//! that of an exit: all slots are stored. The function of the side trace loads what it inherits again; of that the types are known. It uses
//! its tree's table of constants and numbers of exits, so the runtime cannot tell where a side trace is. The functions of a tree's cold
//! side traces are a module, so that LLVM can be told to do less for it.
//!
//! A side trace that inherits parts of objects which its parent does not make stays where it is.
//!
//! Invariant: a side trace of one that is apart is in the same function.
//! Invariant: whoever enters the tree has asked for the room on the stack that all its branches need.

use super::carried::Carried;
use super::exits::{Known, State};
use super::parts::Table;
use super::{Code, Lowerer, Text};
use crate::lines::{FIRST, Lines};
use ir::sunk;
use ir::tree::Tree;

/// A side trace in a function of its own.
pub(crate) struct Aside {
    /// Its index in the tree.
    pub branch: usize,
    /// What its parent's exit knows: of values, only the types count.
    state: State,
}

/// Names the function of a side trace.
pub(super) fn symbol(tree: &str, branch: usize) -> String {
    format!("{tree}.side.{branch}")
}

/// Says which branches of a tree are in other functions than its root, given those that are cold.
pub(super) fn of(tree: &Tree, cold: &[bool]) -> Vec<bool> {
    let mut apart: Vec<bool> = Vec::new();
    for (i, b) in tree.branches.iter().enumerate() {
        let is_apart = match b.parent {
            Some((p, _)) if apart[p] => true,
            Some((p, exit)) if cold.get(i) == Some(&true) => {
                let t = &tree.branches[p].trace;
                t.snaps.get(exit as usize).is_some_and(|s| !s.entries.iter().any(|(_, r)| sunk::is_sunk(t, *r)))
            }
            _ => false,
        };
        apart.push(is_apart);
    }
    apart
}

/// Lowers the side traces of a member that functions go to; there is nothing to be lowered if there are none.
pub(super) fn lower<'a>(tables: &mut Vec<Table<'a>>, member: usize, lines: &'a Lines) -> Option<Text> {
    let asides = std::mem::take(&mut tables[member].asides);
    let mut text = Text { functions: Vec::new(), members: vec![member], has_table: false, refused: Vec::new() };
    for aside in &asides {
        let mut l = Lowerer::new(tables, &[member], lines);
        l.first_place = FIRST + text.functions.iter().map(|f| f.places.len()).sum::<usize>();
        text.functions.push(l.aside(aside));
        text.refused.append(&mut l.refused);
        *tables = l.tables;
    }
    tables[member].asides = asides;
    (!text.functions.is_empty()).then_some(text)
}

impl Lowerer<'_> {
    /// Says whether a side trace of the open part is in another function.
    pub(super) fn is_apart(&self, side: usize) -> bool {
        !self.is_aside && self.tables[self.parts[self.open].member].apart[side]
    }

    /// Notes that a function goes to a side trace in a function of its own. Copies of its parent know the same.
    pub(super) fn put_aside(&mut self, branch: usize, state: &State) {
        let asides = &mut self.table().asides;
        if asides.iter().all(|a| a.branch != branch) {
            asides.push(Aside { branch, state: State { under: None, ..state.clone() } });
        }
    }

    /// Lowers the function of a side trace.
    fn aside(&mut self, aside: &Aside) -> Code {
        self.is_aside = true;
        self.parts.truncate(1);
        self.parts[0].first = true;
        self.parts[0].lowered = true;
        self.enter(0);
        self.come_from(self.tree.key.proto, self.tree.key.pc);
        self.f.begin("entry");
        let mut slots: Vec<_> = aside.state.slots.iter().collect();
        slots.sort_by_key(|s| *s.0);
        let mut state = State::default();
        for (slot, known) in slots {
            let known = match known {
                Known::Val(v) => Known::Val(self.look_again(*slot, v.ty)),
                other => other.clone(),
            };
            state.slots.insert(*slot, known);
        }
        let label = self.f.label();
        self.f.line(format_args!("br label %{label}"));
        self.pending.push(super::Pending { branch: aside.branch, label, base: "%base".into(), quiet: false, state });
        self.sides(0);
        self.write_leaves();
        self.finish(symbol(self.name, aside.branch))
    }

    /// Loads a slot that has a value of a type.
    fn look_again(&mut self, slot: i32, ty: ir::Ty) -> super::Val {
        let (text, _) = self.look(&Carried::sure(slot, ty), "%base");
        super::Val::new(text, ty)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ASKS, ASKS_AGAIN, INNER, LEAVES, SIDE, SUNK, compile, tree};
    use super::super::{Lowered, Member, group, lower};
    use crate::lines::Lines;
    use crate::ll::{Compiler, Form, Level, Settings};
    use crate::target::{TARGETS, Target};
    use ir::tree::Tree;
    use ir::{Op, Ref};

    fn lowered(tree: &Tree, cold: &[bool]) -> Lowered {
        lower(Member { tree, name: "tree", cold }, &Lines::default()).expect("lowered")
    }

    /// Lists the functions of a text.
    fn functions(text: &str) -> Vec<&str> {
        let begin = "define hidden i64 @";
        text.lines().filter_map(|l| l.strip_prefix(begin)?.split('(').next()).collect()
    }

    /// A tree with a side trace, and one that grows from that.
    fn three() -> Tree {
        let next = ASKS_AGAIN.replace("side:0/1", "side:1/0").replace("tab eq ", "tab ne ");
        tree(&[(ASKS, None), (ASKS_AGAIN, Some((0, 1))), (&next, Some((1, 0)))])
    }

    fn undefined(target: &'static Target, text: &str) -> Vec<String> {
        undefined_in(&compile(target, text).unwrap_or_else(|e| panic!("{}: {e}\n{text}", target.triple)))
    }

    fn undefined_in(object: &[u8]) -> Vec<String> {
        let elf = goblin::elf::Elf::parse(object).expect("an object");
        let names = elf.syms.iter().filter(|s| s.st_shndx == 0 && s.st_name != 0);
        let mut names: Vec<String> = names.filter_map(|s| elf.strtab.get_at(s.st_name)).map(str::to_string).collect();
        names.sort_unstable();
        names
    }

    /// The parent stores all and goes there; what is inherited is loaded again, without a look at its type. Exits are those of the tree.
    #[test]
    fn cold_side_traces_are_functions_of_their_own() {
        let t = three();
        let (plain, l) = (lowered(&t, &[]), lowered(&t, &[false, true, false]));
        assert_eq!(plain.aside, None);
        let aside = l.aside.expect("another module");
        assert_eq!((functions(&l.text), functions(&aside)), (vec!["tree"], vec!["tree.side.1"]));
        let jumps = l.text.lines().filter(|l| l.contains("tail call") && l.contains("@tree.side.1("));
        assert_eq!(jumps.count(), 1, "{}", l.text);
        let inherited: Vec<&str> = aside.lines().filter(|l| l.contains("load double")).collect();
        assert_eq!(inherited.len(), 1, "{aside}");
        let looks = |t: &str| t.contains(&format!("{}", abi::tag::NUM_LIMIT >> 32));
        assert_eq!((looks(&l.text), looks(&aside)), (true, false), "{}{aside}", l.text);
        let (mut of_plain, mut of_both) = (plain.exits.clone(), l.exits.clone());
        of_plain.sort_unstable();
        of_plain.dedup();
        of_both.sort_unstable();
        of_both.dedup();
        assert_eq!(of_plain, of_both);
        let external = |t: &str, has: bool| assert_eq!(t.contains("@tree.k = external hidden global"), has, "{t}");
        external(&l.text, false);
        external(&aside, true);
        for target in TARGETS {
            assert_eq!(undefined(target, &l.text), ["tree.side.1"], "{}", target.triple);
            assert_eq!(undefined(target, &aside), ["tree.k"], "{}", target.triple);
        }
    }

    /// Only the last is cold: the way there is from the function of the tree. Both are cold: one function has both.
    #[test]
    fn what_grows_from_a_cold_side_trace_is_with_it() {
        let t = three();
        assert_eq!(super::of(&t, &[false, false, true]), [false, false, true]);
        assert_eq!(super::of(&t, &[false, true, false]), [false, true, true]);
        let aside = |cold: &[bool]| lowered(&t, cold).aside.expect("another module");
        assert_eq!(functions(&aside(&[false, true, true])), ["tree.side.1"]);
        assert_eq!(functions(&aside(&[false, false, true])), ["tree.side.2"]);
    }

    /// A side trace that links to its root enters the tree again.
    #[test]
    fn the_way_back_is_the_entry_of_the_tree() {
        let mut t = tree(&[(INNER, None), (LEAVES, Some((0, 1)))]);
        t.key.pc = 5;
        t.branches[1].target = Some(t.key);
        let l = lowered(&t, &[false, true]);
        let aside = l.aside.expect("another module");
        assert_eq!(aside.matches("@tree(ptr").count(), 2, "declared and entered:\n{aside}");
        for target in TARGETS {
            assert_eq!(undefined(target, &aside), ["tree", "tree.k"], "{}", target.triple);
        }
    }

    /// Parts of objects are nowhere in memory.
    #[test]
    fn side_traces_that_inherit_parts_stay() {
        let t = tree(&[(SUNK, None), (SIDE, Some((0, 1)))]);
        assert_eq!(lowered(&t, &[true, true]), lowered(&t, &[]));
    }

    /// What cannot be lowered leaves the function, and is named.
    #[test]
    fn a_side_trace_that_cannot_be_lowered_leaves() {
        let mut t = three();
        let load = t.branches[1].trace.ins.iter_mut().find(|i| i.op == Op::SLOAD).expect("a load");
        load.a = Ref::lit(200);
        let l = lowered(&t, &[false, true, true]);
        assert!(matches!(l.refused.as_slice(), [(1, why)] if why.0.contains("slot 200")), "{:?}", l.refused);
        let aside = l.aside.expect("another module");
        assert_eq!(l.exits.iter().filter(|e| **e == (0, 1)).count(), 1, "{:?}", l.exits);
        assert_eq!(undefined(&TARGETS[0], &aside), ["tree.k"]);
    }

    /// A copy of the parent goes to the same function; all modules of a group become one text.
    #[test]
    fn copies_go_to_the_function_of_what_they_copy() {
        let (mut outer, mut inner) = (three(), three());
        (outer.key.pc, inner.key.pc) = (1, 5);
        let keys = (outer.key, inner.key);
        for (t, to) in [(&mut outer, keys.1), (&mut inner, keys.0)] {
            t.branches[0].trace.link = ir::Link::Root(0);
            t.branches[0].target = Some(to);
        }
        let cold = [false, true, true];
        let members = [("inner", &inner), ("outer", &outer)].map(|(name, tree)| Member { tree, name, cold: &cold });
        let both = group(&members, &Lines::default());
        let [Ok(i), Ok(o)] = both.as_slice() else { panic!("{both:?}") };
        assert!(i.text.contains("@outer.side.1(ptr") && i.text.contains("@inner.side.1(ptr"), "{}", i.text);
        assert!(!o.text.contains("@inner.side.1"), "{}", o.text);
        let modules: Vec<(&str, Level)> = both
            .iter()
            .flatten()
            .flat_map(|l| [(l.text.as_str(), Level::O2), (l.aside.as_deref().expect("cold"), Level::O1)])
            .collect();
        let text = Compiler::new(Settings::of(&TARGETS[0])).and_then(|c| c.text(&modules, Form::Ir));
        let text = String::from_utf8(text.expect("one module")).expect("text");
        let mut names = functions(&text);
        names.sort_unstable();
        assert_eq!(names, ["inner", "inner.side.1", "outer", "outer.side.1"]);
        let objects: Vec<Vec<u8>> = modules.iter().map(|m| compile(&TARGETS[0], m.0).expect("LLVM takes it")).collect();
        let merged = crate::objfile::merge(&objects.iter().map(Vec::as_slice).collect::<Vec<_>>()).expect("merged");
        assert_eq!(undefined_in(&merged), [""; 0], "what one module lacks another has");
    }
}
