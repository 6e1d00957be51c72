use super::*;
use crate::ll::{Compiler, Settings};
use crate::target::{TARGETS, Target};
use ir::tree::{Branch, RootKey};
use ir::{Link, Options, ProtoKey, Source, random};

fn sample(seed: u64, link: Link) -> Tree {
    let mut src = Source::seeded(seed);
    let options = Options { link, objects: seed % 2 == 0, strings: seed % 3 == 0, ..Options::default() };
    let trace = random(&mut src, &options);
    let exits = (0..trace.snaps.len()).map(|_| src.below(3) as u64).collect();
    let target = matches!(link, Link::Root(_)).then(|| RootKey { proto: ProtoKey { hash: 77, instance: 0 }, pc: 3 });
    let branch = Branch { trace, parent: None, target, entries: 3, exits };
    Tree { key: RootKey { proto: ProtoKey { hash: seed, instance: 0 }, pc: 1 }, branches: vec![branch] }
}

fn compile(target: &'static Target, text: &str) -> Result<Vec<u8>, String> {
    Compiler::new(Settings::of(target))?.compile(text)
}

/// LLVM accepts what is lowered, on every target, and the object needs nothing from elsewhere: addresses come from the table.
#[test]
fn random_trees_become_objects_that_need_nothing() {
    let mut lowered = 0;
    for seed in 0..60 {
        let link = [Link::Again, Link::Interp, Link::Root(0)][seed as usize % 3];
        let Ok(l) = lower(&sample(seed, link), "tree", &Lines::default()) else { continue };
        lowered += 1;
        let target = &TARGETS[seed as usize / 3 % TARGETS.len()];
        let object = compile(target, &l.text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", l.text));
        let elf = goblin::elf::Elf::parse(&object).expect("an object");
        assert_eq!(elf.header.e_machine, target.elf_machine);
        let undefined: Vec<&str> = elf
            .syms
            .iter()
            .filter(|s| s.st_shndx == 0 && s.st_name != 0)
            .filter_map(|s| elf.strtab.get_at(s.st_name))
            .collect();
        assert!(undefined.is_empty(), "seed {seed}, {}: {undefined:?}", target.triple);
    }
    assert!(lowered >= 40, "only {lowered} trees were lowered");
}

#[test]
fn equal_trees_give_equal_texts() {
    for seed in 0..20 {
        let tree = sample(seed, Link::Again);
        assert_eq!(lower(&tree, "a", &Lines::default()), lower(&tree, "a", &Lines::default()), "seed {seed}");
    }
}

/// What cannot be lowered is named, and the rest is.
#[test]
fn a_branch_that_cannot_be_lowered_becomes_an_exit() {
    let mut found = false;
    for seed in 0..40 {
        let mut tree = sample(seed, Link::Again);
        let mut side = sample(seed + 100, Link::Interp).branches.remove(0);
        side.trace.start = ir::Start::Side(0, 0);
        // It inherits a slot that its parent does not know.
        let slot = ir::Ins::new(Op::SLOAD, Ty::Num, Ref::lit(200), Ref::lit(ir::sload::PARENT));
        side.trace.ins.insert(1, slot);
        for ins in side.trace.ins.iter_mut().skip(2) {
            let (ma, mb) = ins.op.modes();
            for (m, r) in [(ma, &mut ins.a), (mb, &mut ins.b)] {
                if matches!(m, ir::Mode::Ref | ir::Mode::Opt) && r.is_ins() && r.index() >= 1 && *r != Ref::NONE {
                    *r = Ref::ins(r.index() + 1);
                }
            }
        }
        let root = &tree.branches[0].trace;
        let guard = root.ins.iter().position(|i| i.is_guard() && i.op.kind() == ir::Kind::Cmp);
        let Some(exit) = guard.and_then(|at| root.snap_at(at)) else { continue };
        side.parent = Some((0, exit as u32));
        tree.branches.push(side);
        if let Ok(l) = lower(&tree, "tree", &Lines::default())
            && let [(1, why)] = l.refused.as_slice()
        {
            assert!(why.0.contains("slot 200"), "{why:?}");
            compile(&TARGETS[0], &l.text).expect("the rest");
            found = true;
        }
    }
    assert!(found);
}
