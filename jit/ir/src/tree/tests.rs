use super::*;
use crate::konst::Const;
use crate::trace::Link;
use crate::{Options, Source, random};

pub(crate) fn key(hash: u64, pc: u32) -> RootKey {
    RootKey { proto: ProtoKey { hash, instance: (hash % 3) as u32 }, pc }
}

/// A tree of a random root and random side traces, with random counts.
pub(crate) fn sample(seed: u64) -> Tree {
    let mut src = Source::seeded(seed);
    let options = Options { link: Link::Loop, ..Options::default() };
    let mut tree = Tree { key: key(seed, 7), branches: Vec::new() };
    for i in 0..1 + src.below(4) {
        let mut trace = random(&mut src, &options);
        let parent = (i > 0).then(|| {
            let p = src.below(i);
            (p, src.below(tree.branches[p].trace.snaps.len()) as u32)
        });
        let mut target = None;
        if parent.is_some() {
            trace.start = Start::Side(0, 0);
            trace.link = Link::Root(0);
            target = Some(key(src.bits(), 3));
        }
        let exits = (0..trace.snaps.len()).map(|_| src.below(3) as u64).collect();
        tree.branches.push(Branch { trace: trace.canonical(), parent, target, entries: src.bits() >> 1, exits });
    }
    tree
}

#[test]
fn texts_read_back() {
    for seed in 0..200 {
        let tree = sample(seed);
        tree.check().expect("a tree");
        let shape = Arc::new(Shape { nodes: 2, keys: vec![b"x\n".as_slice().into(), b"y".as_slice().into()] });
        let items = vec![
            Item::Leave,
            Item::Helper(Helper::pow),
            Item::Root(key(9, 1)),
            Item::Exit(1),
            Item::Cell(7),
            Item::Const(Const::Str(b"a \"quoted\" b".as_slice().into())),
            Item::Offset(shape, b"y".as_slice().into()),
        ];
        let compiled = Compiled { tree, items, exits: vec![(0, 1), (0, 0)] };
        let mut text = String::new();
        write_compiled(&mut text, &compiled);
        write(&mut text, &compiled.tree);
        let mut reader = Reader::new(&text);
        assert_eq!(reader.tree(), Some(Ok(compiled.clone())), "seed {seed}\n{text}");
        let plain = Compiled { items: Vec::new(), exits: Vec::new(), ..compiled };
        assert_eq!(reader.tree(), Some(Ok(plain)), "seed {seed}");
        assert_eq!(reader.tree(), None);
    }
}

#[test]
fn what_is_malformed_is_told_and_skipped() {
    let mut good = String::new();
    write(&mut good, &sample(1));
    for bad in ["tree 12", "tree @1:2\nbranch root entries=1", "tree @1:2\nnonsense", "tree @1:2"] {
        let text = format!("{bad}\n{good}");
        let mut reader = Reader::new(&text);
        assert!(matches!(reader.tree(), Some(Err(_))), "{bad}");
        reader.skip();
        assert!(matches!(reader.tree(), Some(Ok(_))), "{bad}");
    }
}

#[test]
fn any_damage_is_an_error_or_a_tree() {
    let mut text = String::new();
    write(&mut text, &sample(3));
    let mut src = Source::seeded(5);
    for _ in 0..400 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..1 + src.below(3) {
            let i = src.below(bytes.len());
            bytes[i] = b" \n0a@/:=x"[src.below(9)];
        }
        let damaged = String::from_utf8(bytes).expect("ascii");
        let mut reader = Reader::new(&damaged);
        while let Some(t) = reader.tree() {
            match t {
                Ok(c) => c.tree.check().expect("what was read is a tree"),
                Err(_) => reader.skip(),
            }
        }
    }
}
