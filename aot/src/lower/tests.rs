//! Trees that are made up: what their text has, and that LLVM takes it.

use super::*;
use crate::ll::{Compiler, Form, Level, Settings};
use crate::target::{TARGETS, Target};
use ir::tree::{Branch, RootKey};
use ir::{Link, Options, ProtoKey, Source, random};

fn sample(seed: u64, link: Link) -> Tree {
    let mut src = Source::seeded(seed);
    let options =
        Options { link, objects: seed.is_multiple_of(2), strings: seed.is_multiple_of(3), ..Options::default() };
    let trace = random(&mut src, &options);
    let exits = (0..trace.snaps.len()).map(|_| src.below(3) as u64).collect();
    let target = matches!(link, Link::Root(_)).then(|| RootKey { proto: ProtoKey { hash: 77, instance: 0 }, pc: 3 });
    let branch = Branch { trace, parent: None, target, entries: 3, exits };
    Tree { key: RootKey { proto: ProtoKey { hash: seed, instance: 0 }, pc: 1 }, branches: vec![branch] }
}

/// Lowers a tree without cold side traces.
fn lower(tree: &Tree, name: &str, lines: &Lines) -> Result<Lowered, Refusal> {
    super::lower(Member { tree, name, cold: &[] }, lines)
}

pub(super) fn compile(target: &'static Target, text: &str) -> Result<Vec<u8>, String> {
    Compiler::new(Settings::of(target))?.compile(text, Level::O2)
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
        let level = if seed % 2 == 0 { Level::O1 } else { Level::O2 };
        let object = Compiler::new(Settings::of(target)).and_then(|c| c.compile(&l.text, level));
        let object = object.unwrap_or_else(|e| panic!("seed {seed}, {level:?}: {e}\n{}", l.text));
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

pub(super) fn tree(texts: &[(&str, Option<(usize, u32)>)]) -> Tree {
    let key = RootKey { proto: ProtoKey { hash: 1, instance: 0 }, pc: 1 };
    let branch = |&(text, parent): &(&str, Option<(usize, u32)>)| {
        let trace = ir::Trace::parse(text).expect("a trace");
        let exits = vec![0; trace.snaps.len()];
        Branch { target: matches!(trace.link, Link::Root(_)).then_some(key), trace, parent, entries: 1, exits }
    };
    Tree { key, branches: texts.iter().map(branch).collect() }
}

/// A loop that makes a table in each round; an exit wants it.
pub(super) const SUNK: &str = "trace root pc=@0000000000000001:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   num sload   #0
0002  }  tab tnew    #2 #0
0003  }  ptr fload   0002 tab.array
0004  }  ptr aref    0003 +1
0005  }  num astore  0004 0001
....         snap #1 pc=@0000000000000001:4 base=0 top=5 [ 1:0002 ]
0006 >   num lt      0001 +8.0
0007     num add     0001 +1.0
....         snap #2 pc=@0000000000000001:1 base=0 top=5 [ 0:0007 ]
0008 >   --- gcstep
";

/// The side trace of that exit makes the table of the inherited part.
pub(super) const SIDE: &str = "trace side:0/0 pc=@0000000000000001:4 slots=9 link=interp
0000     ptr base
....         snap #0 pc=@0000000000000001:4 base=0 top=5 [ ]
0001     num sload   #65536 p
0002 >   tab tnew    #2 #0
0003     ptr fload   0002 tab.array
0004     ptr aref    0003 +1
0005     num astore  0004 0001
....         snap #1 pc=@0000000000000001:5 base=0 top=5 [ 1:0002 ]
";

/// An exit that makes objects stores what they are made of behind the constants.
#[test]
fn exits_spill_the_parts_of_sunk_objects() {
    let l = lower(&tree(&[(SUNK, None)]), "tree", &Lines::default()).expect("lowered");
    assert!(l.text.contains("%tree.k = type { ["), "{}", l.text);
    assert!(l.text.contains("], [1 x i64] }"), "one word is spilled:\n{}", l.text);
    assert_eq!(l.text.matches("@tree.k, i64 0, i32 1, i64 0").count(), 1, "{}", l.text);
    assert!(l.items.iter().any(|i| matches!(i, Item::Exit(n) if l.exits[*n as usize] == (0, 1))), "{:?}", l.items);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// Its side trace has the part as a value: nothing is spilled.
#[test]
fn side_traces_inherit_parts_as_values() {
    let l = lower(&tree(&[(SUNK, None), (SIDE, Some((0, 1)))]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(l.refused, []);
    assert!(l.text.contains("], [0 x i64] }"), "{}", l.text);
    assert!(l.items.contains(&Item::Helper(abi::support::Helper::tab_new)), "{:?}", l.items);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// Behind LOOP the left operand of a PHI is this round's value, but an object made before has that of its time.
#[test]
fn objects_made_before_a_loop_keep_their_parts() {
    let text = "trace root pc=@0000000000000001:1 slots=9 link=loop
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >+  num sload   #0
0002  }  tab tnew    #2 #0
0003  }  ptr fload   0002 tab.array
0004  }  ptr aref    0003 +1
0005  }  num astore  0004 0001
....         snap #1 pc=@0000000000000001:2 base=0 top=5 [ 1:0002 ]
0006     --- loop
....         snap #2 pc=@0000000000000001:3 base=0 top=5 [ 0:0001 1:0002 ]
0007 >   num lt      0001 +8.0
0008  +  num add     0001 +1.0
....         snap #3 pc=@0000000000000001:1 base=0 top=5 [ 0:0008 1:0002 ]
0009 >   --- gcstep
0010     num phi     0001 0008
";
    let l = lower(&tree(&[(text, None)]), "tree", &Lines::default()).expect("lowered");
    let load = l.text.lines().find(|l| l.contains("load double")).expect("the slot is loaded");
    let value = load.trim().split(' ').next().expect("a name");
    let spilled: Vec<&str> = l.text.lines().filter(|l| l.contains("store double") && l.contains(value)).collect();
    assert_eq!(spilled.len(), 2, "both exits spill the value from before the loop:\n{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// What signals write is read in each round.
#[test]
fn attention_is_asked_each_time() {
    let l = lower(&tree(&[(SUNK, None)]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(l.text.matches("load volatile i16").count(), 1, "{}", l.text);
}

/// Returns the text of a block.
pub(super) fn block<'a>(text: &'a str, label: &str) -> &'a str {
    let label = format!("\n{label}:\n");
    let rest = &text[text.find(&label).expect("the block") + label.len()..];
    rest.find(":\n").map_or(rest, |end| &rest[..end])
}

/// What goes round is a value: only the way in loads the slot and looks at its type.
#[test]
fn slots_go_round_as_values() {
    let l = lower(&tree(&[(SUNK, None)]), "tree", &Lines::default()).expect("lowered");
    let loads = |b: &str| b.matches("load double").count();
    assert_eq!((loads(&l.text), loads(block(&l.text, "start"))), (1, 0), "{}", l.text);
    assert!(block(&l.text, "start").contains("%c0.ok = phi i1 [ true, "), "{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// What a way round does not say has changed is what it was; a slot of another type is asked at its load.
#[test]
fn slots_that_do_not_change_are_asked_once() {
    let root = SUNK.replace("[ 0:0007 ]", "[ 3:0007 ]");
    let l = lower(&tree(&[(&root, None)]), "tree", &Lines::default()).expect("lowered");
    assert!(block(&l.text, "start").contains("[ %c0, %"), "{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
    let root = SUNK.replace("[ 0:0007 ]", "[ 0:nil ]");
    let l = lower(&tree(&[(&root, None)]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(block(&l.text, "start").matches("br i1 %c0.ok").count(), 1, "{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// A frame above this one: its slots are looked at once there is room for them.
#[test]
fn slots_of_another_frame_are_loaded_behind_the_look_for_room() {
    let root = SUNK.replace("base=0 top=5 [ 0:0007 ]", "base=4 top=9 [ 3:0007 ]");
    let l = lower(&tree(&[(&root, None)]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(l.text.matches("icmp ule ptr").count(), 2, "the way in and the way round ask:\n{}", l.text);
    // The way round stores first what it has.
    assert_eq!(l.text.matches("label %back, !prof").count(), 1, "{}", l.text);
    assert_eq!(l.text.matches("br label %back").count(), 1, "{}", l.text);
    let room = l.text.find("icmp ule ptr").expect("asked");
    let load = l.text.find("load double").expect("loaded");
    assert!(room < load, "{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// A counted loop that calls nothing.
const COUNTED: &str = "trace root pc=@0000000000000001:1 slots=9 link=loop
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   int sload   #3 c
0002 >   int sload   #2 c
0003 >   int le      0001 +2147483646
0004 >   num sload   #0
0005  +  num add     0004 +1.0
0006  +  int add     0002 +1
....         snap #1 pc=@0000000000000001:3 base=0 top=5 [ 0:0005 ]
0007 >   int le      0006 0001
....         snap #2 pc=@0000000000000001:1 base=0 top=5 [ 0:0005 2:0006 ]
0008 >   --- gcstep
....         snap #3 pc=@0000000000000001:1 base=0 top=5 [ 0:0005 2:0006 ]
0009     --- loop
0010  +  num add     0005 +1.0
0011  +  int add     0006 +1
....         snap #4 pc=@0000000000000001:3 base=0 top=5 [ 0:0010 ]
0012 >   int le      0011 0001
....         snap #5 pc=@0000000000000001:1 base=0 top=5 [ 0:0010 2:0011 ]
0013 >   --- gcstep
0014     num phi     0005 0010
0015     int phi     0006 0011
";

/// Within a strip nobody is asked; what counts down or to something that varies has no strips.
#[test]
fn counted_loops_ask_once_a_strip() {
    let l = lower(&tree(&[(COUNTED, None)]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(l.text.matches("load volatile i16").count(), 2, "{}", l.text);
    let bound = l.text.find("@llvm.smin.i64(i64 %").expect("a bound");
    let body = &l.text[bound..];
    assert!(body.find("fadd double").expect("the body") < body.find("load volatile i16").expect("the look"));
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
    let without = |from: &str, to: &str| {
        let text = COUNTED.replace(from, to);
        assert_ne!(text, COUNTED);
        let l = lower(&tree(&[(&text, None)]), "tree", &Lines::default()).expect("lowered");
        assert!(!l.text.contains("@llvm.smin.i64(i64 %"), "{}", l.text);
    };
    without("0013 >   --- gcstep", "0013     --- nop");
    without("0011  +  int add     0006 +1", "0011  +  int add     0006 -1");
    without("0012 >   int le      0011 0001", "0012 >   int lt      0011 0001");
    without("0012 >   int le      0011 0001", "0012 >   int le      0011 0006");
}

/// Where a step is not known to go up, the bound of a strip is saturated.
#[test]
fn strips_of_unknown_steps_end_where_integers_do() {
    let text = COUNTED.replace("0002 +1", "0002 0001").replace("0006 +1", "0006 0001");
    let l = lower(&tree(&[(&text, None)]), "tree", &Lines::default()).expect("lowered");
    assert!(l.text.contains("@llvm.sadd.sat.i32(i32 %") && l.text.contains("@llvm.smin.i32(i32 %"), "{}", l.text);
    assert!(!l.text.contains("@llvm.smin.i64(i64 %"), "{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// Fields of two tables are read, multiplied and written.
const FIELDS: &str = "trace root pc=@0000000000000001:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   tab sload   #0
0002     int fload   0001 tab.shape
0003 >   int eq      0002 kshape 2[\"x\",\"y\"]
0004     ptr fload   0001 tab.node
0005     ptr hrefk   0004 kslot \"x\" 0
0006 >   num hload   0005
0007     ptr hrefk   0004 kslot \"y\" 1
0008 >   num hload   0007
0009     num mul     0006 0008
0010     num hstore  0005 0009
....         snap #1 pc=@0000000000000001:4 base=0 top=5 [ 1:0009 ]
0011     tab fload   0001 tab.meta
0012 >   tab eq      0011 null
....         snap #2 pc=@0000000000000001:1 base=0 top=5 [ 1:0009 ]
0013 >   --- gcstep
";

/// Counts comparisons of two numbers, and looks at the type of one.
fn asked(text: &str) -> (usize, usize) {
    let limit = format!(", {}, ", (abi::tag::NUM_LIMIT >> 32) as u32);
    let looks = text.lines().filter(|l| l.contains("icmp ult i32") && l.contains(&limit));
    (text.matches("fcmp ord double").count(), looks.count())
}

/// Numbers of one result are asked by one comparison before anything is written; one alone is asked as ever.
#[test]
fn numbers_are_asked_together() {
    let l = lower(&tree(&[(FIELDS, None)]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(asked(&l.text), (1, 2), "both are looked at where one is no number:\n{}", l.text);
    let (mul, ord) = (l.text.find("fmul").expect("a product"), l.text.find("fcmp ord").expect("asked"));
    let store = l.text.find("store double").expect("stored");
    assert!(mul < ord && ord < store, "{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
    let l = lower(&tree(&[(&FIELDS.replace("0006 0008", "0006 +2.0"), None)]), "tree", &Lines::default());
    assert_eq!(asked(&l.expect("lowered").text), (1, 2), "two that have no result together are a pair");
    let alone = FIELDS.replace("0008 >   num hload   0007", "0008     num hload   0007");
    let l = lower(&tree(&[(&alone, None)]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(asked(&l.text), (0, 1), "{}", l.text);
}

/// An exit that programs took is asked where it is: it may be for the type.
#[test]
fn numbers_of_exits_in_use_are_asked_one_by_one() {
    let mut t = tree(&[(FIELDS, None)]);
    t.branches[0].exits[0] = 1;
    let l = lower(&t, "tree", &Lines::default()).expect("lowered");
    assert_eq!(asked(&l.text), (0, 2), "{}", l.text);
}

/// A field that is read behind a write of another is read before it; behind a write of the same it is not.
#[test]
fn fields_are_read_before_writes_of_others() {
    let late = |key: &str| {
        let first = "0008 >   num hload   0007\n0009     num mul     0006 0008\n0010     num hstore  0005 0009\n";
        let then = "0008     num mul     0006 0006\n0009     num hstore  0005 0008\n0010 >   num hload   0007\n";
        let text = FIELDS.replace(first, then).replace("1:0009", "1:0008");
        let text = text.replace("kslot \"y\" 1", &format!("kslot \"{key}\" 1"));
        assert_ne!(text, FIELDS);
        lower(&tree(&[(&text, None)]), "tree", &Lines::default()).expect("lowered").text
    };
    let text = late("y");
    let loads = |t: &str| t[..t.find("store double").expect("stored")].matches("load double").count();
    assert_eq!((asked(&text), loads(&text)), ((1, 2), 2), "{text}");
    compile(&TARGETS[0], &text).expect("LLVM takes it");
    let text = late("x");
    assert_eq!((asked(&text), loads(&text)), ((0, 2), 1), "{text}");
}

/// Types are asked on the way in as loads ask them; frames below are read where the trace reads them.
#[test]
fn the_way_in_asks_types_of_its_own_frame() {
    let text = "trace root pc=@0000000000000001:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   key sload   #0
0002 >   num sload   #-9
....         snap #1 pc=@0000000000000001:1 base=0 top=5 [ 1:0002 ]
0003 >   --- gcstep
";
    let l = lower(&tree(&[(text, None)]), "tree", &Lines::default()).expect("lowered");
    let asked = format!(", {},", abi::tag::KEY_INDEX as u32);
    assert_eq!(l.text.lines().filter(|l| l.contains("icmp eq i64") && l.contains(&asked)).count(), 1, "{}", l.text);
    assert!(!block(&l.text, "start").contains("load i64"), "{}", l.text);
    let (below, start) = (l.text.find("i64 -72").expect("a slot below"), l.text.find("\nstart:").expect("start"));
    assert!(start < below, "{}", l.text);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// A copy of the first constant of a prototype, of which one key is set.
const COPY: &str = "trace root pc=@PROTO:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@PROTO:1 base=0 top=5 [ ]
0001 >   tab tdup    ktempl @PROTO:0
0002     ptr fload   0001 tab.node
0003     ptr hrefk   0002 kslot \"y\" 1
0004     num hstore  0003 +1.0
....         snap #1 pc=@PROTO:1 base=0 top=5 [ 0:0001 ]
0005 >   --- gcstep
";

/// Lowers [`COPY`] with what is known of a program.
fn copy(program: &str, trace: &str) -> String {
    let chunk = luac::compile(program.as_bytes(), b"@a.lua", &luac::Options::default()).expect("Lua");
    let mut p = crate::content::Program::default();
    p.add(&chunk);
    let proto = p.hashes().find(|h| p.template(*h, 0).is_some()).unwrap_or(1);
    let text = trace.replace("PROTO", &format!("{proto:016x}"));
    let lines = Lines::new(p, &ir::profile::Profile::default());
    let l = lower(&tree(&[(&text, None)]), "tree", &lines).expect("lowered");
    for target in TARGETS {
        compile(target, &l.text).expect("LLVM takes it");
    }
    l.text
}

/// Says whether a cell of 48 bytes is taken in line.
fn in_line(text: &str) -> bool {
    text.contains(&format!("i64 {}", abi::vmfield::run(48).cur))
}

/// Copies of templates that the program has are made in line, and their keys are where the shape has them; of others nothing is known.
#[test]
fn copies_of_known_templates_are_made_in_line() {
    let known = copy("return { x = x, y = y }", COPY);
    assert!(in_line(&known), "{known}");
    assert!(!known.contains("mul nuw nsw i64"), "no key is searched:\n{known}");
    let unknown = copy("return 1", COPY);
    assert!(!in_line(&unknown), "{unknown}");
    assert!(unknown.contains("mul nuw nsw i64"), "the key is searched:\n{unknown}");
    let other = copy("return { x = x, z = z }", COPY);
    assert!(in_line(&other) && other.contains("mul nuw nsw i64"), "the template lacks the key:\n{other}");
    let large = copy("return { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, y = y }", COPY);
    assert!(!in_line(&large), "{large}");
}

/// Where a key was inserted meanwhile, the part may be another.
#[test]
fn keys_of_copies_that_changed_are_searched() {
    let insert = "0002 >   ptr newref  0001 \"z\"\n0003     num hstore  0002 +1.0\n0004     ptr fload   0001 tab.node
0005     ptr hrefk   0004 kslot \"y\" 1\n0006     num hstore  0005 +1.0";
    let at = COPY.find("0002").expect("the load");
    let end = COPY.find("\n....         snap #1").expect("the second snapshot");
    let text = format!("{}{insert}{}", &COPY[..at], &COPY[end..].replace("0005 >", "0007 >"));
    let known = copy("return { x = x, y = y }", &text);
    assert!(in_line(&known) && known.contains("mul nuw nsw i64"), "{known}");
}

/// Functions with equal contents may have templates that keep places for other keys.
#[test]
fn templates_that_differ_in_nils_are_not_known() {
    let two =
        "return function(y) local t = { x = 1, y = nil } t.y = y end, function(y) local t = { x = 1 } t.y = y end";
    let text = copy(two, COPY);
    assert!(!in_line(&text), "{text}");
}

/// A closure, its own variable and the parent's.
const MADE: &str = "trace root pc=@0000000000000001:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   fun sload   #-2
0002     --- carg    0001 +0
0003     --- carg    0002 +32770
0004     --- carg    0003 +1
0005 >   fun fnew    kproto @b1 0004
....         snap #1 pc=@0000000000000001:1 base=0 top=5 [ 0:0005 ]
0006 >   --- gcstep
";

#[test]
fn closures_are_made_in_line() {
    let l = lower(&tree(&[(MADE, None)]), "tree", &Lines::default()).expect("lowered");
    let thread = format!("ptr %vm, i64 {}", abi::vmfield::CUR);
    assert!(l.text.contains(&thread), "the list of open variables is changed:\n{}", l.text);
    assert!(in_line(&l.text), "{}", l.text);
    for target in TARGETS {
        compile(target, &l.text).expect("LLVM takes it");
    }
}

/// The second closure finds the variable that the first one has opened, and what it opens itself comes before: nobody is called for that.
#[test]
fn closures_share_open_variables_in_line() {
    let text = MADE.replace(
        "0006 >   --- gcstep
",
        "0006     --- carg    0001 +32770
0007     --- carg    0006 +32769
0008     --- carg    0007 +1
0009 >   fun fnew    kproto @b1 0008
0010     --- uclo    #1 #0
0011 >   --- gcstep
",
    );
    let l = lower(&tree(&[(&text, None)]), "tree", &Lines::default()).expect("lowered");
    let listed = format!(", i64 {}\n", abi::layout::offset("ThreadObj", "listed"));
    let places = l.text.lines().filter(|l| format!("{}\n", l.split(", !dbg").next().unwrap_or(l)).contains(&listed));
    assert_eq!(places.count(), 2, "both look through the list:\n{}", l.text);
    // While the collector marks the runtime closes.
    let idle = format!(", {}", abi::vmfield::IDLE as i8);
    assert!(l.text.lines().any(|l| l.contains("icmp eq i8") && l.contains(&idle)), "{}", l.text);
    assert!(l.items.contains(&Item::Helper(abi::support::Helper::upvals_close)), "{:?}", l.items);
    for target in TARGETS {
        compile(target, &l.text).expect("LLVM takes it");
    }
}

/// Where a run has ended a cell is asked for, and the object is made all the same: only without memory the helper makes it, and fails.
#[test]
fn cells_are_asked_for_where_a_run_has_ended() {
    let l = lower(&tree(&[(MADE, None)]), "tree", &Lines::default()).expect("lowered");
    let cell = l.items.iter().position(|i| *i == Item::Helper(abi::support::Helper::cell)).expect("asked for");
    let load = format!("getelementptr (i8, ptr @tree.k, i64 {})", cell * 8);
    assert_eq!(l.text.matches(&load).count(), 2, "for the closure and its variable:\n{}", l.text);
}

/// A string that is not constant is searched in two nodes before the runtime is asked.
#[test]
fn strings_are_searched_in_line() {
    let text = "trace root pc=@0000000000000001:1 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   tab sload   #0
0002 >   str sload   #1
0003     ptr href    0001 0002
0004 >   ptr ne      0003 nilslot
....         snap #1 pc=@0000000000000001:1 base=0 top=5 [ ]
0005 >   --- gcstep
";
    let l = lower(&tree(&[(text, None)]), "tree", &Lines::default()).expect("lowered");
    let keys = l.text.lines().filter(|l| l.contains("icmp eq i64") && !l.contains(", 0")).count();
    assert_eq!(keys, 2, "{}", l.text);
    assert!(l.items.contains(&Item::Helper(abi::support::Helper::tab_get_str)), "{:?}", l.items);
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// A loop that another is in: where it is left the other goes on.
const OUTER: &str = "trace root pc=@0000000000000001:1 slots=9 link=root:0
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   int sload   #0 c
0002 >   num sload   #2
....         snap #1 pc=@0000000000000001:4 base=0 top=5 [ ]
0003 >   int lt      0001 +8
0004     int add     0001 +1
....         snap #2 pc=@0000000000000001:5 base=0 top=5 [ 0:0004 1:+0 ]
";

/// The loop in it.
pub(super) const INNER: &str = "trace root pc=@0000000000000001:5 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:5 base=0 top=5 [ ]
0001 >   int sload   #1 c
0002 >   num sload   #2
....         snap #1 pc=@0000000000000001:7 base=0 top=5 [ ]
0003 >   int lt      0001 +8
0004     int add     0001 +1
0005     num add     0002 +0.5
....         snap #2 pc=@0000000000000001:5 base=0 top=5 [ 1:0004 2:0005 ]
0006 >   --- gcstep
";

/// Its end.
pub(super) const LEAVES: &str = "trace side:0/1 pc=@0000000000000001:7 slots=9 link=root:0
0000     ptr base
....         snap #0 pc=@0000000000000001:7 base=0 top=5 [ ]
0001 >   --- gcstep
....         snap #1 pc=@0000000000000001:1 base=0 top=5 [ ]
";

fn nest() -> [Tree; 2] {
    let (mut outer, mut inner) = (tree(&[(OUTER, None)]), tree(&[(INNER, None), (LEAVES, Some((0, 1)))]));
    inner.key.pc = 5;
    outer.branches[0].target = Some(inner.key);
    inner.branches[1].target = Some(outer.key);
    [inner, outer]
}

/// The function of the first has both loops; the word of the link says whether that may be used. Exits have the numbers of the tree alone.
#[test]
fn links_of_a_group_go_to_copies() {
    let [inner, outer] = nest();
    let members =
        [Member { tree: &inner, name: "inner", cold: &[] }, Member { tree: &outer, name: "outer", cold: &[] }];
    let both = group(&members, &Lines::default());
    let [Ok(i), Ok(o)] = both.as_slice() else { panic!("{both:?}") };
    let alone = lower(&outer, "outer", &Lines::default()).expect("lowered");
    assert_eq!(o, &alone, "the copy needs nothing that the tree does not need");
    assert!(i.text.contains("@outer.k = external hidden global"), "{}", i.text);
    for name in ["inner", "outer"] {
        let asked = i.text.lines().filter(|l| l.contains("icmp eq ptr %") && l.contains(&format!(", @{name},")));
        assert_eq!(asked.count(), 1, "{}", i.text);
    }
    let mut texts = [i.text.clone(), o.text.clone()];
    for target in TARGETS {
        texts.iter().for_each(|t| drop(compile(target, t).expect(target.triple)));
    }
    texts.reverse();
    let all = [(texts[0].as_str(), Level::O1), (texts[1].as_str(), Level::O2)];
    Compiler::new(Settings::of(&TARGETS[0])).and_then(|c| c.text(&all, crate::ll::Form::Ir)).expect("one module");
    assert_eq!(group(&members, &Lines::default()), both);
}

/// Slots in values: the inner loop does not look at what the outer one has made.
#[test]
fn links_of_a_group_carry_values() {
    let [inner, outer] = nest();
    let members =
        [Member { tree: &inner, name: "inner", cold: &[] }, Member { tree: &outer, name: "outer", cold: &[] }];
    let lowered = group(&members, &Lines::default()).remove(0).expect("lowered");
    let phis: Vec<&str> = lowered.text.lines().filter(|l| l.contains(" = phi i32 ")).collect();
    assert!(phis.iter().any(|l| l.contains("[ 0, %")), "the outer loop sets slot 1 to 0: {phis:?}");
}

/// Reads an upvalue of a frame below, returns to that, and calls again.
const RETURNS: &str = "trace root pc=@0000000000000001:5 slots=9 link=again
0000     ptr base
....         snap #0 pc=@0000000000000001:5 base=0 top=5 [ ]
0001 >   fun sload   #-2
0002 >   ptr urefo   0001 #0
0003 >   num uload   0002
....         snap #1 pc=@0000000000000001:7 base=0 top=5 [ 1:0003 ]
0004 >   --- retf    kpc @0000000000000002:3 #4
....         snap #2 pc=@0000000000000002:3 base=BASE top=9 [ 0:+1.0 5:0003 ]
0005 >   --- gcstep
";

/// Open variables are no slots of the frame of each round, where all rounds begin with one base; they may be slots below.
#[test]
fn frames_are_apart_from_open_variables() {
    let text = |base: &str| {
        let l = lower(&tree(&[(&RETURNS.replace("BASE", base), None)]), "tree", &Lines::default()).expect("lowered");
        compile(&TARGETS[0], &l.text).expect("LLVM takes it");
        l.text
    };
    let uses = |text: &str, class: usize| text.matches(&format!("!tbaa !{class}")).count();
    let level = text("4");
    assert!(uses(&level, block::OUTER) == 2 && uses(&level, block::FRAME) >= 1, "{level}");
    assert!(level.contains("i64 -32"), "slot 0 of the frame below:\n{level}");
    let below = level.lines().skip_while(|l| !l.contains("i64 -32")).find(|l| l.contains("store")).expect("stored");
    assert!(below.contains(&format!("!tbaa !{},", block::STACK)), "{below}");
    assert_eq!(uses(&text("5"), block::OUTER) + uses(&text("5"), block::FRAME), 0, "each round is a slot higher");
}

/// Its other way round.
const CALLS: &str = "trace side:0/1 pc=@0000000000000001:7 slots=9 link=root:1
0000     ptr base
....         snap #0 pc=@0000000000000001:7 base=0 top=5 [ ]
0001 >   fun sload   #3
....         snap #1 pc=@0000000000000001:5 base=0 top=5 [ SLOT:0001 ]
0002 >   --- gcstep
";

/// A way round with another function begins with the first round: what that asks of it the other rounds know.
#[test]
fn another_function_has_a_first_round() {
    for (slot, expected) in [("-2", (3, 2)), ("1", (1, 4))] {
        let mut t = tree(&[(INNER, None), (&CALLS.replace("SLOT", slot), Some((0, 1)))]);
        t.key.pc = 5;
        t.branches[1].target = Some(t.key);
        let l = lower(&t, "tree", &Lines::default()).expect("lowered");
        let ways = |start: &str| l.text.lines().filter(|l| l.contains(&format!("br label %{start},"))).count();
        assert_eq!((ways("start"), ways("start1")), expected, "the roots of both parts go to the second:\n{}", l.text);
        compile(&TARGETS[0], &l.text).expect("LLVM takes it");
    }
}

/// The first round of a small tree is other code: rounds behind it ask nothing that it has asked.
#[test]
fn first_rounds_are_apart() {
    let again = LEAVES.replace("link=root:0", "link=root:1");
    let mut t = tree(&[(INNER, None), (&again, Some((0, 1)))]);
    t.key.pc = 5;
    t.branches[1].target = Some(t.key);
    let l = lower(&t, "tree", &Lines::default()).expect("lowered");
    assert!(l.text.contains("\nstart:") && l.text.contains("\nstart1:"), "{}", l.text);
    assert_eq!(l.text.matches("br label %start,").count(), 1, "one way in:\n{}", l.text);
    assert_eq!(l.exits, [(0, 0), (0, 0), (0, 2), (1, 0)], "the other rounds leave by the exits of the first");
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
}

/// Where the baseline lacks an instruction that rounds, a tree that rounds demands it; others do not.
#[test]
fn trees_that_round_demand_the_instruction() {
    let plain = lower(&tree(&[(COUNTED, None)]), "tree", &Lines::default()).expect("lowered");
    assert!(!plain.items.contains(&Item::Rounds) && !plain.text.contains(crate::prelude::ROUNDS), "{}", plain.text);
    let l = lower(&tree(&[(ROUNDING, None)]), "tree", &Lines::default()).expect("lowered");
    assert_eq!(l.items.iter().filter(|i| **i == Item::Rounds).count(), 1);
    for target in TARGETS {
        let asm = Compiler::new(Settings::of(target))
            .and_then(|c| c.text(&[(&l.text, Level::O2)], Form::Asm))
            .expect("assembly");
        let asm = String::from_utf8(asm).expect("text");
        let instruction = match target.arch {
            "x86_64" => "roundsd",
            "aarch64" => "frintm",
            _ => "fcopysign",
        };
        assert!(asm.contains(instruction) && !asm.contains("floor"), "{asm}");
    }
}

/// A loop that sums what it rounds down.
const ROUNDING: &str = "trace root pc=@0000000000000001:1 slots=9 link=loop
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   num sload   #3
0002 >   num sload   #4
0003     num mul     0002 0001
0004     num fpmath  0003 floor
0005  +  num add     0004 0001
....         snap #1 pc=@0000000000000001:1 base=0 top=5 [ 3:0005 ]
0006     --- loop
0007     num mul     0002 0005
0008     num fpmath  0007 floor
0009  +  num add     0008 0005
....         snap #2 pc=@0000000000000001:1 base=0 top=5 [ 3:0009 ]
0010 >   num lt      0009 0002
0011     num phi     0005 0009
";

/// A trace that asks three things, and leaves by the same exit if one is not so.
pub(super) const ASKS: &str = "trace root pc=@0000000000000001:1 slots=9 link=interp
0000     ptr base
....         snap #0 pc=@0000000000000001:1 base=0 top=5 [ ]
0001 >   num sload   #2
0002     num add     0001 +1.0
....         snap #1 pc=@0000000000000001:2 base=0 top=5 [ 2:0002 ]
0003 >   tab sload   #0
0004     tab fload   0003 tab.meta
0005 >   tab eq      0004 null
0006 >   num sload   #1
....         snap #2 pc=@0000000000000001:4 base=0 top=5 [ 2:0002 ]
";

/// The side trace of that exit asks the first two again.
pub(super) const ASKS_AGAIN: &str = "trace side:0/1 pc=@0000000000000001:2 slots=9 link=interp
0000     ptr base
....         snap #0 pc=@0000000000000001:2 base=0 top=5 [ 2:0001 ]
0001     num sload   #2 p
0002 >   tab sload   #0
0003     tab fload   0002 tab.meta
0004 >   tab eq      0003 null
0005 >   str sload   #1
....         snap #1 pc=@0000000000000001:4 base=0 top=5 [ 2:0001 ]
";

/// Where these three guards lead when they fail: first label, second label, … as numbers; and the exits of side traces.
fn led_to(sides: &[(&str, Option<(usize, u32)>)]) -> ([usize; 3], Vec<(u32, u32)>) {
    let l = lower(&tree(&[&[(ASKS, None)], sides].concat()), "tree", &Lines::default()).expect("lowered");
    compile(&TARGETS[0], &l.text).expect("LLVM takes it");
    let from = l.text.find("fadd").expect("the sum");
    let guards = l.text[from..].lines().filter_map(|l| l.strip_prefix("  br i1 "));
    let labels: Vec<&str> =
        guards.take(3).filter_map(|l| l.split([' ', ',']).filter(|w| w.starts_with('%')).nth(2)).collect();
    let number = |i: usize| labels.iter().position(|l| *l == labels[i]).expect("itself");
    ([number(0), number(1), number(2)], l.exits.into_iter().filter(|e| e.0 > 0).collect())
}

/// A guard that the side trace has, too, leaves by the exit of that if it fails. What the side trace asks otherwise leads to it.
#[test]
fn what_side_traces_ask_again_leaves_by_their_exits() {
    let (ways, exits) = led_to(&[(ASKS_AGAIN, Some((0, 1)))]);
    assert_eq!((ways, exits), ([0, 0, 2], vec![(1, 0), (1, 0)]));
    // Behind a write the metatable could be another.
    let write = "0003 >   --- gcstep\n0004     tab fload   0002 tab.meta\n0005 >   tab eq      0004 null\n0006 >   str sload   #1\n";
    let from = ASKS_AGAIN.find("0003").expect("the load");
    let to = ASKS_AGAIN.find("....         snap #1").expect("the end");
    let write = [&ASKS_AGAIN[..from], write, &ASKS_AGAIN[to..]].concat();
    assert_eq!(led_to(&[(&write, Some((0, 1)))]).0, [0, 1, 1]);
    // Where the side trace goes on by its exit, that is followed.
    let next = ASKS_AGAIN.replace("side:0/1", "side:1/0").replace("tab eq ", "tab ne ");
    let (ways, exits) = led_to(&[(ASKS_AGAIN, Some((0, 1))), (&next, Some((1, 0)))]);
    assert_eq!((ways, exits), ([0, 1, 1], vec![(2, 0), (2, 0), (2, 0)]));
    // What comes before the snapshot of the question could lead elsewhere.
    let late = ASKS_AGAIN
        .replace("num sload   #2 p\n", "num sload   #2 p\n0002 >   num lt      0001 +9.0\nSNAP")
        .replace("snap #1", "snap #2");
    let late = late.replace("0005 >", "0006 >").replace("0004 >   tab eq      0003", "0005 >   tab eq      0004");
    let late = late.replace("0003     tab fload   0002", "0004     tab fload   0003").replace("SNAP0002", "SNAP0003");
    let ways = |snap: &str| {
        let text = late.replace("SNAP", snap).replace("snap #2", if snap.is_empty() { "snap #1" } else { "snap #2" });
        led_to(&[(&text, Some((0, 1)))]).0
    };
    assert_eq!(ways(""), [0, 0, 2]);
    assert_eq!(ways("....         snap #1 pc=@0000000000000001:3 base=0 top=5 [ 2:0001 ]\n"), [0, 0, 0]);
    // Without a side trace there is one way.
    assert_eq!(led_to(&[]), ([0, 0, 0], vec![]));
}
