//! The trees of an image: packed one by one, so that a program unpacks those it runs.
//!
//! ```text
//! packed = count:u32 row * (count + 1) outline of each, bytes of each
//! row    = hash:u64 instance:u32 pc:u32 flags:u32 len:u32 packed_len:u32 outline_len:u32
//! ```
//!
//! The bytes are blocks of LZ4, which takes such text to a fifth of its size and codes no entropy: unpacking is nothing but copying.
//! A tree's outline is no text (`outline.rs`), and the other text is without it.
//!
//! Row 0 is what comes before the first tree. The rows say what there is to know of a tree before it is entered, and the outline what there is
//! to know until it is left on a way that nobody has compiled, so that most texts are not even paged in.
//!
//! Invariant: [`Packed::text`] of what [`pack`] made is its argument.

use super::outline::{self, Maps};
use super::text::{Reader, write_outline};
use super::{Branch, Outline, RootKey};
use crate::konst::ProtoKey;
use lz4_flex::block;

const ROW: usize = 32;
/// A byte of a block of LZ4 makes at most so many bytes.
const MOST_PER_BYTE: usize = 255;
/// Flag: the root leads to the interpreter.
const RETURNS: u32 = 1;

/// The trees of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed<'a> {
    head: PackedTree<'a>,
    /// The trees.
    pub trees: Vec<PackedTree<'a>>,
}

/// A tree of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedTree<'a> {
    /// Its root.
    pub key: RootKey,
    /// Its root leads to the interpreter.
    pub returns: bool,
    len: u32,
    bytes: &'a [u8],
    outline: &'a [u8],
}

/// Packs a text of trees.
pub fn pack(text: &str) -> Vec<u8> {
    let starts = text.match_indices("tree ").map(|(at, _)| at);
    let starts: Vec<usize> = starts.filter(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n').collect();
    let first = starts.first().copied().unwrap_or(text.len());
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let parts: Vec<&str> =
        std::iter::once(&text[..first]).chain(starts.iter().zip(ends).map(|(a, b)| &text[*a..b])).collect();
    let split: Vec<(String, Vec<u8>)> = parts.iter().map(|part| split(part)).collect();
    let packed: Vec<Vec<u8>> = split.iter().map(|(part, _)| block::compress(part.as_bytes())).collect();
    let mut out = (starts.len() as u32).to_le_bytes().to_vec();
    for ((part, outline), bytes) in split.iter().zip(&packed) {
        let key = part.lines().next().and_then(|l| RootKey::parse(l.strip_prefix("tree ")?));
        let key = key.unwrap_or(RootKey { proto: ProtoKey { hash: 0, instance: 0 }, pc: 0 });
        let root = part.lines().find(|l| l.starts_with("  trace "));
        let flags = if root.is_some_and(|l| l.contains(" link=interp")) { RETURNS } else { 0 };
        out.extend_from_slice(&key.proto.hash.to_le_bytes());
        let lens = [part.len(), bytes.len(), outline.len()].map(|n| n as u32);
        for n in [key.proto.instance, key.pc, flags].into_iter().chain(lens) {
            out.extend_from_slice(&n.to_le_bytes());
        }
    }
    split.iter().for_each(|(_, outline)| out.extend_from_slice(outline));
    out.extend(packed.concat());
    out
}

/// Takes the outline out of a tree's text; where there is none, or it would not come back as it is, the text stays whole.
fn split(part: &str) -> (String, Vec<u8>) {
    let whole = || (part.to_string(), Vec::new());
    let Some((first, rest)) = part.split_once('\n') else { return whole() };
    let branches = if rest.starts_with("branch ") { 0 } else { rest.find("\nbranch ").map_or(rest.len(), |at| at + 1) };
    let (lines, branches) = rest.split_at(branches);
    let Ok(o) = Reader::new(part).outline() else { return whole() };
    let mut again = String::new();
    write_outline(&mut again, &o);
    if again != lines {
        return whole();
    }
    let text = format!("{first}\n{branches}");
    let starts = text.match_indices("\nbranch ").map(|(at, _)| at as u32 + 1).collect::<Vec<_>>();
    let tree = Reader::new(&text).tree().and_then(Result::ok).map(|c| c.tree);
    let bytes = outline::encode(&o, tree.as_ref(), &starts);
    (text, bytes)
}

impl<'a> Packed<'a> {
    /// Finds the trees in what [`pack`] made; no bytes are no trees.
    pub fn parse(bytes: &'a [u8]) -> Option<Packed<'a>> {
        let Some((count, rest)) = bytes.split_first_chunk() else {
            let none = PackedTree {
                key: RootKey { proto: ProtoKey { hash: 0, instance: 0 }, pc: 0 },
                returns: false,
                len: 0,
                bytes,
                outline: bytes,
            };
            return bytes.is_empty().then_some(Packed { head: none, trees: Vec::new() });
        };
        let rows = (u32::from_le_bytes(*count) as usize).checked_add(1)?.checked_mul(ROW)?;
        let (rows, rest) = rest.split_at_checked(rows)?;
        let word = |row: &[u8], i: usize| u32::from_le_bytes([row[i], row[i + 1], row[i + 2], row[i + 3]]);
        let outlines = rows.chunks_exact(ROW).try_fold(0usize, |n, row| n.checked_add(word(row, 28) as usize))?;
        let (mut outlines, mut rest) = rest.split_at_checked(outlines)?;
        let mut all = rows.chunks_exact(ROW).map(|row| {
            let word = |i: usize| word(row, i);
            let hash = u64::from(word(0)) | u64::from(word(4)) << 32;
            let key = RootKey { proto: ProtoKey { hash, instance: word(8) }, pc: word(12) };
            let (bytes, tail) = rest.split_at_checked(word(24) as usize)?;
            rest = tail;
            let (outline, tail) = outlines.split_at_checked(word(28) as usize)?;
            outlines = tail;
            Some(PackedTree { key, returns: word(16) & RETURNS != 0, len: word(20), bytes, outline })
        });
        let head = all.next()??;
        let trees = all.collect::<Option<Vec<_>>>()?;
        Some(Packed { head, trees })
    }

    /// Returns what comes before the first tree.
    pub fn head(&self) -> Option<String> {
        self.head.text()
    }

    /// Returns the whole text.
    pub fn text(&self) -> Option<String> {
        let parts = std::iter::once(&self.head).chain(&self.trees).map(PackedTree::text);
        parts.collect::<Option<Vec<String>>>().map(|parts| parts.concat())
    }
}

impl<'a> PackedTree<'a> {
    /// Returns what there is to know before it is entered; `None` if that is damaged.
    pub fn outline(&self) -> Option<Outline> {
        outline::decode(self.outline)
    }

    /// Returns what exits of an outline restore that make objects ([`Leaving::map`](super::Leaving::map)).
    pub fn maps(&self) -> Option<Maps<'a>> {
        Maps::new(self.outline)
    }

    /// Reads the branch that begins at a place ([`Outline::starts`]).
    pub fn branch(&self, start: u32) -> Option<Branch> {
        Reader::new(self.stored()?.get(start as usize..)?).branch_of(self.key)
    }

    /// Returns its text; `None` if it is damaged.
    pub fn text(&self) -> Option<String> {
        let stored = self.stored()?;
        if self.outline.is_empty() {
            return Some(stored);
        }
        let (first, branches) = stored.split_once('\n')?;
        let mut out = format!("{first}\n");
        write_outline(&mut out, &self.outline()?);
        out.push_str(branches);
        Some(out)
    }

    #[cfg(test)]
    pub(super) fn outline_len(&self) -> usize {
        self.outline.len()
    }

    /// Unpacks the text without the outline.
    fn stored(&self) -> Option<String> {
        let len = self.len as usize;
        if len == 0 {
            return Some(String::new());
        }
        // What claims more than the format can say is damaged, and gets no memory.
        if len / MOST_PER_BYTE > self.bytes.len() {
            return None;
        }
        let bytes = block::decompress(self.bytes, len).ok().filter(|b| b.len() == len)?;
        String::from_utf8(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_and_rows_know_the_roots() {
        let tree = |n: u32, link: &str| format!("tree @00000000000000a1:{n}\nbranch root\n  trace root link={link}\n");
        for head in ["", "facts about all\n"] {
            let text = [head, &tree(7, "interp"), &tree(8, "loop"), "  a tree of words: tree \n"].concat();
            let bytes = pack(&text);
            let packed = Packed::parse(&bytes).expect("well-formed");
            assert_eq!((packed.text().as_deref(), packed.head().as_deref()), (Some(&*text), Some(head)));
            let rows: Vec<(u32, bool)> = packed.trees.iter().map(|t| (t.key.pc, t.returns)).collect();
            assert_eq!(rows, [(7, true), (8, false)]);
            assert_eq!(packed.trees[0].key.proto.hash, 0xa1);
            for end in 1..bytes.len() {
                assert_eq!(Packed::parse(&bytes[..end]), None, "{end}");
            }
            // Damage is an error or another text, and takes no more memory than the block can fill.
            for i in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[i] ^= 0xff;
                let _ = Packed::parse(&damaged).and_then(|p| p.text());
            }
        }
        assert_eq!(Packed::parse(b"").and_then(|p| p.text()).as_deref(), Some(""));
    }
}
