//! Tests of trees and their text, with random trees for others.

use super::*;
use crate::konst::Const;
use crate::trace::Link;
use crate::{Options, Source, random, rounds};

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

/// Compiled code of a tree, with words of all kinds.
fn compiled(tree: Tree) -> Compiled {
    let shape = Arc::new(Shape { nodes: 2, keys: vec![b"x\n".as_slice().into(), b"y".as_slice().into()] });
    let items = vec![
        Item::Rounds,
        Item::Helper(Helper::pow),
        Item::Root(key(9, 1)),
        Item::Exit(1),
        Item::Cell(7),
        Item::Const(Const::Str(b"a \"quoted\" b".as_slice().into())),
        Item::Offset(shape, b"y".as_slice().into()),
    ];
    Compiled { tree, items, exits: vec![(0, 1), (0, 0)] }
}

/// Sets the sums of branches right, so that what lies behind them is reached.
pub(crate) fn reseal(text: &str) -> String {
    let mut out = String::new();
    let mut k = key(0, 0);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("tree ").and_then(RootKey::parse) {
            k = found;
        }
        let Some(head) = line.strip_prefix("branch ").and_then(|h| Some(h.rsplit_once(" sum=")?.0)) else {
            out += line;
            out.push('\n');
            continue;
        };
        let mut body = String::new();
        while let Some(l) = lines.next_if(|l| l.starts_with("  ")) {
            body += &l[2..];
            body.push('\n');
        }
        out += &format!("branch {head} sum={:016x}\n", sum(k, head, &body));
        body.lines().for_each(|l| out += &format!("  {l}\n"));
    }
    out
}

#[test]
fn texts_read_back() {
    for seed in 0..200 {
        let tree = sample(seed);
        tree.check().expect("a tree");
        let compiled = compiled(tree);
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
    let (mut read, mut refused) = (0, 0);
    for seed in rounds(600) {
        let mut src = Source::seeded(seed);
        let mut text = String::new();
        write_compiled(&mut text, &compiled(sample(seed % 50)));
        let mut bytes = text.into_bytes();
        // Any byte by any other, which is hardly ever a tree, or digits by digits, which often are one.
        let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
        for _ in 0..1 + src.below(2) {
            if seed % 2 == 0 {
                bytes[digits[src.below(digits.len())]] = b'0' + src.below(10) as u8;
            } else {
                let i = src.below(bytes.len());
                bytes[i] = b" \n0a@/:=x9"[src.below(10)];
            }
        }
        let mut damaged = String::from_utf8(bytes).expect("ascii");
        if src.chance(70) {
            damaged = reseal(&damaged);
        }
        let _ = Reader::new(&damaged).outline();
        // What is packed says the same, or nothing.
        let packed = pack(&damaged);
        let packed = Packed::parse(&packed).expect("what was just packed");
        assert_eq!(packed.text().as_deref(), Some(&*damaged));
        let mut reader = Reader::new(&damaged);
        while let Some(t) = reader.tree() {
            match t {
                Ok(c) => {
                    c.tree.check().expect("what was read is a tree");
                    read += 1;
                }
                Err(_) => {
                    reader.skip();
                    refused += 1;
                }
            }
        }
    }
    assert!(read > 100 && refused > 300, "{read} {refused}");
}

/// An outline says the same as the whole text.
#[test]
fn outlines_agree_with_trees() {
    for seed in 0..40 {
        let c = compiled(sample(seed));
        let mut text = String::new();
        write_compiled(&mut text, &c);
        let o = Reader::new(&text).outline().expect("an outline");
        assert_eq!((o.target, &o.items), (c.tree.branches[0].target, &c.items), "{text}");
        assert_eq!(
            format!("{:?}", o.link).split('(').next(),
            format!("{:?}", c.tree.branches[0].trace.link).split('(').next()
        );
        assert_eq!((o.branches as usize, o.exits.len()), (c.tree.branches.len(), c.exits.len()));
        let work = c.tree.work();
        for (l, &(b, s)) in o.exits.iter().zip(&c.exits) {
            let snap = &c.tree.branches[b as usize].trace.snaps[s as usize];
            assert_eq!((l.from, l.base, l.multres), ((b, s), snap.base, snap.multres));
            assert_eq!(l.work, work[b as usize][s as usize]);
        }
        let bytes = pack(&text);
        let packed = Packed::parse(&bytes).expect("packed").trees[0];
        let o = packed.outline().expect("an outline");
        assert_eq!(packed.text().as_ref(), Some(&text));
        assert_eq!(o.starts.len(), c.tree.branches.len());
        for (start, b) in o.starts.iter().zip(&c.tree.branches) {
            assert_eq!(packed.branch(*start).as_ref(), Some(b), "{text}");
            assert_eq!(packed.branch(start + 1), None);
        }
        assert_eq!(packed.branch(text.len() as u32), None);
    }
}

/// Of a packed tree, whose outline has items of all kinds and exits of all kinds.
fn packed_outline(seed: u64) -> Vec<u8> {
    let consts = crate::text::tests::everything().consts;
    let mut c = compiled(sample(seed));
    c.items.extend(consts.into_iter().map(Item::Const));
    let mut text = String::new();
    write_compiled(&mut text, &c);
    let bytes = pack(&text);
    let outline = Packed::parse(&bytes).expect("packed").trees[0].outline().expect("an outline");
    assert_eq!(outline.items, c.items);
    bytes
}

/// Each byte of an outline, damaged, is found out.
#[test]
fn damaged_outlines_are_refused() {
    for seed in 0..4 {
        let bytes = packed_outline(seed);
        let packed = Packed::parse(&bytes).expect("packed");
        let len = packed.trees[0].outline_len();
        // Two rows, then the outline of what comes before the tree, which is empty.
        let start = 4 + 2 * 32;
        for i in start..start + len {
            let mut damaged = bytes.clone();
            damaged[i] ^= 1 << (i % 8);
            let tree = Packed::parse(&damaged).expect("rows are sound").trees[0];
            assert_eq!((tree.outline(), tree.text()), (None, None), "{i} of {len}");
            // Who does not look at the sum meets no panic either.
            let Some(mut maps) = tree.maps() else { continue };
            (0..len as u32 + 9).for_each(|at| drop(maps.at(at).and_then(|o| o.map(|_| Some(1)))));
        }
    }
}

#[test]
fn what_comes_before_the_trees_of_an_image_comes_back() {
    let given_up = vec![(key(0xa1, 7), 3, "inner-loop".to_string()), (key(0xb2, 0), 1, "left-loop".to_string())];
    for head in [Head { sizes: vec![0], given_up: Vec::new() }, Head { sizes: vec![4, 90], given_up }] {
        let text = head.write() + "tree @00000000000000a1:7\n";
        assert_eq!(Head::take(&text), (head, "tree @00000000000000a1:7\n"));
    }
    // Lines that say nothing sensible are passed over.
    let (head, rest) = Head::take("given-up @zz 1 x\ngiven-up @00000000000000a1:7\nsizes a 5\nrest");
    assert_eq!((head.sizes, head.given_up.len(), rest), (vec![5], 0, "rest"));
}
