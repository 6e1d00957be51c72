//! The outline of a compiled tree as bytes: what is read when the tree is entered first, so reading it must cost little.
//!
//! ```text
//! outline = sum:u64 maps:u32 protos texts shapes facts items exits starts maps
//! ```
//!
//! Numbers are varints ([`crate::exits`]). Prototypes, texts and shapes are named by their index in the first lists, as trees name the same ones again and
//! again; a shape names its keys in the same way. What was read once is shared, so that whoever binds it can tell that it is the same. `starts` are the places of the branches in the text,
//! so that who needs one does not look for it. `maps` (their place comes first) say what exits restore that make objects: as
//! [`crate::exits`] has it, but for addresses, which only a process knows. They are found out by building each map twice, with different
//! stand-ins for addresses: what differs is one.
//!
//! `sum` is a hash of all that follows. So what was damaged is told from what is sound, and no damage makes a reader panic, or take more
//! memory than a small multiple of the bytes.
//!
//! Invariant: [`decode`] and [`encode`] are inverses.

use super::{Item, Leaving, Outline, RootKey, Tree};
use crate::exitmap::{self, Places};
use crate::exits::{Bytes, Exits, signed, varint};
use crate::konst::{Const, ProtoKey, Shape};
use crate::sunk::{self, Name, Names};
use crate::trace::{Link, Ref, Trace};
use crate::ty::Ty;
use abi::abort::Abort;
use abi::exit::{Loc, SnapMap};
use abi::support::Helper;
use abi::tag::PTR_MASK;
use std::sync::Arc;

/// Bytes of the sum.
const SUM: usize = 8;

/// Flags of the outline.
const LOOPS: u8 = 1;
const TARGET: u8 = 2;

/// Flags of an exit.
mod exit {
    pub const ENDED: u8 = 1;
    pub const OBJECTS: u8 = 2;
    pub const EARLY: u8 = 4;
    pub const PC: u8 = 8;
    pub const MULTRES: u8 = 16;
    pub const MAP: u8 = 32;
}

/// Links by their numbers.
const LINKS: [Link; 5] = [Link::Open, Link::Loop, Link::Again, Link::Interp, Link::Root(0)];

/// What an exit restores that makes objects, but for what a process binds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objects<'a> {
    /// Words that compiled code leaves for it.
    pub words: usize,
    pool: Vec<Piece>,
    bytes: &'a [u8],
}

/// A word of the pool.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Bits(u64),
    /// The bits of a constant; of an address, with a tag.
    Of(Const, u64),
}

impl Objects<'_> {
    /// Returns the map; `bind` knows the bits of constants. Its `pc` is 0.
    pub fn map(&self, mut bind: impl FnMut(&Const) -> Option<u64>) -> Option<SnapMap> {
        let mut pool = Vec::with_capacity(self.pool.len());
        for piece in &self.pool {
            pool.push(match piece {
                Piece::Bits(bits) => *bits,
                Piece::Of(c, 0) => bind(c)?,
                Piece::Of(c, tag) => bind(c)? & PTR_MASK | tag,
            });
        }
        let mut map = SnapMap::default();
        Bytes(self.bytes).map(&pool, &mut map)?;
        Some(map)
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let step = |h: u64, n: u64| (h ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let words = bytes.chunks(8).map(|c| {
        let mut word = [0; 8];
        word[..c.len()].copy_from_slice(c);
        u64::from_le_bytes(word)
    });
    words.fold(step(0, bytes.len() as u64), step)
}

// ---- writing ----

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    lists: Lists,
}

/// What is named by an index.
#[derive(Default)]
struct Lists {
    protos: Vec<ProtoKey>,
    texts: Vec<Arc<[u8]>>,
    shapes: Vec<Arc<Shape>>,
}

/// Returns the index of a value in a list, which gets it if it lacks it.
fn index_of<T: PartialEq + Clone>(list: &mut Vec<T>, value: &T) -> u64 {
    let at = list.iter().position(|x| x == value).unwrap_or_else(|| {
        list.push(value.clone());
        list.len() - 1
    });
    at as u64
}

impl Writer {
    fn number(&mut self, n: impl Into<u64>) {
        varint(&mut self.out, n.into());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    fn word(&mut self, n: u64) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }

    fn proto(&mut self, key: ProtoKey) {
        let at = index_of(&mut self.lists.protos, &key);
        self.number(at);
    }

    fn text(&mut self, text: &Arc<[u8]>) {
        let at = index_of(&mut self.lists.texts, text);
        self.number(at);
    }

    fn place(&mut self, key: RootKey) {
        self.proto(key.proto);
        self.number(key.pc);
    }

    fn shape(&mut self, s: &Arc<Shape>) {
        let at = index_of(&mut self.lists.shapes, s);
        self.number(at);
    }

    fn constant(&mut self, c: &Const) {
        self.out.push(kind(c));
        match c {
            Const::Pri(t) | Const::BaseMeta(t) => {
                self.out.push(Ty::ALL.iter().position(|x| x == t).unwrap_or_default() as u8);
            }
            Const::Num(n) | Const::Frame(n) | Const::Cont(n) => self.word(*n),
            Const::Int(n) => signed(&mut self.out, i64::from(*n)),
            Const::Str(s) => self.text(s),
            Const::Proto(k) => self.proto(*k),
            Const::Pc(proto, pc) | Const::Templ(proto, pc) => self.place(RootKey { proto: *proto, pc: *pc }),
            Const::Builtin(n) => self.number(*n),
            Const::Shape(s) => self.shape(s),
            Const::Slot(key, n) => {
                self.text(key);
                self.number(*n);
            }
            Const::Null | Const::NilSlot => {}
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Const(c) => self.constant(c),
            Item::Rounds => self.out.push(ITEMS),
            Item::Helper(h) => {
                self.out.push(ITEMS + 1);
                self.number(*h as u64);
            }
            Item::Root(key) => {
                self.out.push(ITEMS + 2);
                self.place(*key);
            }
            Item::Exit(n) => {
                self.out.push(ITEMS + 3);
                self.number(*n);
            }
            Item::Cell(n) => {
                self.out.push(ITEMS + 4);
                self.number(*n);
            }
            Item::Offset(shape, key) => {
                self.out.push(ITEMS + 5);
                self.shape(shape);
                self.text(key);
            }
        }
    }

    fn leaving(&mut self, l: &Leaving, map: Option<u32>) {
        let flags = [
            (l.ended, exit::ENDED),
            (l.objects, exit::OBJECTS),
            (l.early, exit::EARLY),
            (l.pc.is_some(), exit::PC),
            (l.multres.is_some(), exit::MULTRES),
            (map.is_some(), exit::MAP),
        ];
        self.out.push(flags.iter().filter(|f| f.0).fold(0, |n, f| n | f.1));
        self.number(l.from.0);
        self.number(l.from.1);
        signed(&mut self.out, l.base.into());
        self.number(l.work);
        if let Some(pc) = l.pc {
            self.place(pc);
        }
        if let Some(n) = l.multres {
            self.number(n);
        }
        if let Some(at) = map {
            self.number(at);
        }
    }
}

impl Lists {
    fn encode(mut self) -> Vec<u8> {
        // Keys are texts, so shapes are written before the list of these is whole.
        let mut shapes = Writer::default();
        shapes.number(self.shapes.len() as u64);
        for s in &self.shapes {
            shapes.number(s.nodes);
            shapes.number(s.keys.len() as u64);
            for k in &s.keys {
                shapes.number(index_of(&mut self.texts, k));
            }
        }
        let mut w = Writer::default();
        w.number(self.protos.len() as u64);
        for p in &self.protos {
            w.word(p.hash);
            w.number(p.instance);
        }
        w.number(self.texts.len() as u64);
        self.texts.iter().for_each(|t| w.bytes(t));
        w.out.append(&mut shapes.out);
        w.out
    }
}

/// Items that are no constants, by numbers above those of constants.
const ITEMS: u8 = 32;

fn kind(c: &Const) -> u8 {
    match c {
        Const::Pri(_) => 0,
        Const::Num(_) => 1,
        Const::Int(_) => 2,
        Const::Str(_) => 3,
        Const::Proto(_) => 4,
        Const::Pc(..) => 5,
        Const::Frame(_) => 6,
        Const::Cont(_) => 7,
        Const::Builtin(_) => 8,
        Const::Shape(_) => 9,
        Const::Slot(..) => 10,
        Const::Templ(..) => 11,
        Const::BaseMeta(_) => 12,
        Const::Null => 13,
        Const::NilSlot => 14,
    }
}

/// Writes an outline; `tree` has the traces whose exits make objects, and `starts` says where its branches lie in the text.
pub(super) fn encode(o: &Outline, tree: Option<&Tree>, starts: &[u32]) -> Vec<u8> {
    let mut maps = Writer::default();
    let mut places: Vec<((u32, u32), u32)> = Vec::new();
    for l in o.exits.iter().filter(|l| l.objects) {
        let trace = tree.and_then(|t| t.branches.get(l.from.0 as usize)).map(|b| &b.trace);
        if let Some(t) = trace
            && !places.iter().any(|p| p.0 == l.from)
            && let Some((words, pool, bytes)) = objects(t, l.from.1 as usize)
        {
            places.push((l.from, maps.out.len() as u32));
            maps.number(words as u64);
            maps.number(pool.len() as u64);
            for piece in &pool {
                match piece {
                    Piece::Bits(bits) => {
                        maps.out.push(0);
                        maps.word(*bits);
                    }
                    Piece::Of(c, tag) => {
                        maps.out.push(1);
                        maps.word(*tag);
                        maps.constant(c);
                    }
                }
            }
            maps.bytes(&bytes);
        }
    }
    let mut w = Writer { out: Vec::new(), lists: maps.lists };
    signed(&mut w.out, o.slots.into());
    w.number(o.branches);
    let same = |l: &Link| std::mem::discriminant(l) == std::mem::discriminant(&o.link);
    w.out.push(LINKS.iter().position(same).unwrap_or(0) as u8);
    w.out.push(if o.loops { LOOPS } else { 0 } | if o.target.is_some() { TARGET } else { 0 });
    if let Some(key) = o.target {
        w.place(key);
    }
    w.number(o.items.len() as u64);
    o.items.iter().for_each(|i| w.item(i));
    w.number(o.exits.len() as u64);
    for l in &o.exits {
        w.leaving(l, places.iter().find(|p| p.0 == l.from && l.objects).map(|p| p.1));
    }
    w.number(starts.len() as u64);
    starts.iter().for_each(|s| w.number(*s));
    let lists = w.lists.encode();
    let mut out = vec![0; SUM];
    out.extend_from_slice(&((SUM + 4 + lists.len() + w.out.len()) as u32).to_le_bytes());
    out.extend([lists, w.out, maps.out].concat());
    let sum = hash(&out[SUM..]);
    out[..SUM].copy_from_slice(&sum.to_le_bytes());
    out
}

/// What a snapshot's map is made of when no address is known: `base` and the index of a constant stand for its address.
struct StandIns<'a> {
    trace: &'a Trace,
    base: u64,
    consts: Vec<Const>,
    spilled: Vec<Name>,
}

impl StandIns<'_> {
    fn stand_in(&mut self, c: Const) -> u64 {
        let at = self.consts.iter().position(|k| *k == c).unwrap_or_else(|| {
            self.consts.push(c);
            self.consts.len() - 1
        });
        self.base + at as u64
    }
}

impl Places for StandIns<'_> {
    fn bits(&mut self, r: Ref) -> Result<u64, Abort> {
        let c = self.trace.as_const(r).ok_or(Abort::Inconsistent)?.clone();
        Ok(self.stand_in(c))
    }

    fn key(&mut self, r: Ref) -> Result<u64, Abort> {
        match self.trace.as_const(r) {
            Some(Const::Slot(key, _)) => {
                let key = Const::Str(key.clone());
                Ok(self.stand_in(key))
            }
            _ => Err(Abort::Inconsistent),
        }
    }

    fn place(&mut self, name: Name) -> Result<Loc, Abort> {
        let n = self.spilled.iter().position(|n| *n == name).ok_or(Abort::Inconsistent)?;
        u16::try_from(n).map(Loc::Spill).map_err(|_| Abort::Inconsistent)
    }
}

/// Describes the objects that a snapshot makes; nothing if that is not possible.
fn objects(t: &Trace, snap: usize) -> Option<(usize, Vec<Piece>, Box<[u8]>)> {
    let values = Names::new(t);
    let spilled = sunk::spilled(t, &values, snap).ok()?;
    // A number of the program may look like a stand-in (if it is below 10^-309): then others are taken.
    let bases = (0..15).map(|n| [(8 * n + 1) << 40, (8 * n + 6) << 40]);
    let mut found = bases.filter_map(|bases| pieces(t, snap, &values, &spilled, bases));
    found.next().map(|(pieces, bytes)| (spilled.len(), pieces, bytes))
}

/// Describes them with two sorts of stand-ins. What differs is one.
fn pieces(
    t: &Trace,
    snap: usize,
    values: &Names,
    spilled: &[Name],
    bases: [u64; 2],
) -> Option<(Vec<Piece>, Box<[u8]>)> {
    let s = t.snaps.get(snap)?;
    let mut built = Vec::new();
    let mut consts = Vec::new();
    for base in bases {
        let mut map = SnapMap { base: s.base, top: s.top, multres: s.multres, ..SnapMap::default() };
        let mut here = StandIns { trace: t, base, consts: Vec::new(), spilled: spilled.to_vec() };
        exitmap::build(t, values, snap, &mut here, &mut map, |r| sunk::is_sunk(t, r)).ok()?;
        built.push(Exits::new(vec![map]).into_parts());
        consts = here.consts;
    }
    let (bytes, pool) = built.pop()?;
    let (other_bytes, other) = built.pop()?;
    if bytes != other_bytes || pool.len() != other.len() {
        return None;
    }
    let piece = |(&a, &b): (&u64, &u64)| {
        if a == b {
            return Some(Piece::Bits(a));
        }
        let index = (a & PTR_MASK).checked_sub(bases[1])?;
        let same = (b & PTR_MASK).checked_sub(bases[0])? == index && a & !PTR_MASK == b & !PTR_MASK;
        same.then_some(Piece::Of(consts.get(index as usize)?.clone(), a & !PTR_MASK))
    };
    Some((pool.iter().zip(&other).map(piece).collect::<Option<_>>()?, bytes))
}

// ---- reading ----

/// What the outline shares: where each stands, and what was made of those that were read.
type Shared<W, T> = Vec<(W, Option<Arc<T>>)>;

struct Input<'a> {
    bytes: Bytes<'a>,
    protos: Vec<ProtoKey>,
    texts: Shared<&'a [u8], [u8]>,
    shapes: Shared<Bytes<'a>, Shape>,
}

impl<'a> Input<'a> {
    /// Begins to read an outline that is whole: its prototypes.
    fn new(bytes: &'a [u8]) -> Option<Input<'a>> {
        let mut bytes = Bytes(bytes.get(SUM + 4..)?);
        let mut protos = Vec::new();
        for _ in 0..bytes.varint()? {
            protos.push(ProtoKey { hash: bytes.word()?, instance: bytes.small()? });
        }
        let (mut texts, mut shapes) = (Vec::new(), Vec::new());
        for _ in 0..bytes.varint()? {
            let n = bytes.small()?;
            texts.push((bytes.take(n)?, None));
        }
        for _ in 0..bytes.varint()? {
            shapes.push((Bytes(bytes.0), None));
            bytes.varint()?;
            for _ in 0..bytes.varint()? {
                bytes.varint()?;
            }
        }
        Some(Input { bytes, protos, texts, shapes })
    }

    fn number<T: TryFrom<u64>>(&mut self) -> Option<T> {
        self.bytes.small()
    }

    fn signed(&mut self) -> Option<i32> {
        self.bytes.signed()?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let n = self.number()?;
        self.bytes.take(n)
    }

    fn proto(&mut self) -> Option<ProtoKey> {
        let n: usize = self.number()?;
        self.protos.get(n).copied()
    }

    fn place(&mut self) -> Option<RootKey> {
        Some(RootKey { proto: self.proto()?, pc: self.number()? })
    }

    /// Text `n` of the list.
    fn listed(&mut self, n: usize) -> Option<Arc<[u8]>> {
        let (bytes, made) = self.texts.get_mut(n)?;
        Some(made.get_or_insert_with(|| (*bytes).into()).clone())
    }

    fn shared(&mut self) -> Option<Arc<[u8]>> {
        let n = self.number()?;
        self.listed(n)
    }

    fn shape(&mut self) -> Option<Arc<Shape>> {
        let n: usize = self.number()?;
        let (bytes, made) = self.shapes.get(n)?;
        if let Some(made) = made {
            return Some(made.clone());
        }
        let mut bytes = Bytes(bytes.0);
        let (nodes, mut keys) = (bytes.small()?, Vec::new());
        for _ in 0..bytes.varint()? {
            keys.push(self.listed(bytes.small()?)?);
        }
        let shape = Arc::new(Shape { nodes, keys });
        self.shapes[n].1 = Some(shape.clone());
        Some(shape)
    }

    fn ty(&mut self) -> Option<Ty> {
        Ty::ALL.get(self.bytes.byte()? as usize).copied()
    }

    fn constant(&mut self, kind: u8) -> Option<Const> {
        Some(match kind {
            0 => Const::Pri(self.ty().filter(|t| t.is_pri())?),
            1 => Const::Num(self.bytes.word()?),
            2 => Const::Int(self.signed()?),
            3 => Const::Str(self.shared()?),
            4 => Const::Proto(self.proto()?),
            5 => Const::Pc(self.proto()?, self.number()?),
            6 => Const::Frame(self.bytes.word()?),
            7 => Const::Cont(self.bytes.word()?),
            8 => Const::Builtin(self.number()?),
            9 => Const::Shape(self.shape()?),
            10 => Const::Slot(self.shared()?, self.number()?),
            11 => Const::Templ(self.proto()?, self.number()?),
            12 => Const::BaseMeta(self.ty()?),
            13 => Const::Null,
            14 => Const::NilSlot,
            _ => return None,
        })
    }

    fn item(&mut self) -> Option<Item> {
        let kind = self.bytes.byte()?;
        Some(match kind.checked_sub(ITEMS) {
            None => Item::Const(self.constant(kind)?),
            Some(0) => Item::Rounds,
            Some(1) => {
                let n: usize = self.number()?;
                Item::Helper(*Helper::ALL.get(n)?)
            }
            Some(2) => Item::Root(self.place()?),
            Some(3) => Item::Exit(self.number()?),
            Some(4) => Item::Cell(self.number()?),
            Some(5) => Item::Offset(self.shape()?, self.shared()?),
            Some(_) => return None,
        })
    }

    fn leaving(&mut self) -> Option<Leaving> {
        let flags = self.bytes.byte()?;
        let is = |flag| flags & flag != 0;
        Some(Leaving {
            from: (self.number()?, self.number()?),
            base: self.signed()?,
            work: self.number()?,
            pc: if is(exit::PC) { Some(self.place()?) } else { None },
            multres: if is(exit::MULTRES) { Some(self.number()?) } else { None },
            ended: is(exit::ENDED),
            objects: is(exit::OBJECTS),
            early: is(exit::EARLY),
            map: if is(exit::MAP) { Some(self.number()?) } else { None },
        })
    }
}

/// Reads an outline. `None`: it is damaged.
pub(super) fn decode(bytes: &[u8]) -> Option<Outline> {
    let (sum, rest) = bytes.split_first_chunk::<SUM>()?;
    if hash(rest) != u64::from_le_bytes(*sum) {
        return None;
    }
    let mut r = Input::new(bytes)?;
    let (slots, branches) = (r.signed()?, r.number()?);
    let link = *LINKS.get(r.bytes.byte()? as usize)?;
    let flags = r.bytes.byte()?;
    let target = if flags & TARGET != 0 { Some(r.place()?) } else { None };
    let (items, exits, starts) = (Vec::new(), Vec::new(), Vec::new());
    let mut out = Outline { link, target, items, exits, slots, branches, loops: flags & LOOPS != 0, starts };
    for _ in 0..r.bytes.varint()? {
        out.items.push(r.item()?);
    }
    for _ in 0..r.bytes.varint()? {
        out.exits.push(r.leaving()?);
    }
    for _ in 0..r.bytes.varint()? {
        out.starts.push(r.number()?);
    }
    Some(out)
}

/// The maps of an outline that has been read.
pub struct Maps<'a> {
    all: &'a [u8],
    r: Input<'a>,
}

impl<'a> Maps<'a> {
    /// Finds the maps.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Maps<'a>> {
        let r = Input::new(bytes)?;
        let maps = u32::from_le_bytes(*bytes.get(SUM..)?.first_chunk()?) as usize;
        Some(Maps { all: bytes.get(maps..)?, r })
    }

    /// Reads the map at a place ([`Leaving::map`]).
    pub fn at(&mut self, map: u32) -> Option<Objects<'a>> {
        let r = &mut self.r;
        r.bytes = Bytes(self.all.get(map as usize..)?);
        let words = r.number()?;
        let mut pool = Vec::new();
        for _ in 0..r.bytes.varint()? {
            pool.push(match r.bytes.byte()? {
                0 => Piece::Bits(r.bytes.word()?),
                _ => {
                    let tag = r.bytes.word()?;
                    let kind = r.bytes.byte()?;
                    Piece::Of(r.constant(kind)?, tag)
                }
            });
        }
        Some(Objects { words, pool, bytes: r.text()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_look_like_stand_ins_are_told_from_them() {
        let text = "trace root pc=@1:1 slots=9 link=interp\n0 ptr base\n.... snap pc=@1:1 base=0 top=9 []\n1 > num sload #1\n2 >} tab tnew #2 #0\n3 } ptr fload 2 tab.array\n4 } ptr aref 3 +1\n5 } str astore 4 \"s\"\n\
                    6 } ptr aref 3 +2\n7 } num astore 6 +2.5\n.... snap pc=@1:3 base=0 top=9 [3:2]";
        let found = |number: u64| {
            let mut t = Trace::parse(text).expect("a trace");
            for c in t.consts.iter_mut().filter(|c| matches!(c, Const::Num(_))) {
                *c = Const::Num(number);
            }
            let (words, pieces, _) = objects(&t, 1).expect("a description");
            let of_string = |p: &Piece| matches!(p, Piece::Of(Const::Str(s), _) if &**s == b"s");
            assert_eq!((words, pieces.iter().filter(|p| of_string(p)).count()), (0, 1), "{number:x}");
            pieces.iter().filter(|p| matches!(p, Piece::Bits(b) if *b == number)).count()
        };
        for number in [1 << 40, 6 << 40, 9 << 40, 1.5f64.to_bits()] {
            assert_eq!(found(number), 1, "{number:x}");
        }
    }
}
