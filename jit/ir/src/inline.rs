//! Which allocations and insertions are done in line.
//!
//! Small tables are taken from the allocator's runs by moving a pointer, their parts filled by stores. A key whose insertion the table's shape
//! has recorded (`heap::shape`) is inserted by repeating the record. Closures and the upvalues of slots that no other closure has captured come
//! from runs, too; the upvalues become the first of the open ones. Where a run has ended, the record is another's, the collector has
//! traversed the table, or a slot's upvalue would not be the first, a subroutine calls the helper; it keeps all registers, so none of these is a
//! call for the register allocator.
//!
//! Absent: strings (SNEW looks through the intern table) and closures that share a variable with one made before on the trace are calls; their
//! helpers allocate from the same runs. A key that is linked behind another one takes the subroutine. (Precompiled code looks for such
//! variables itself: `aot::lower::objects`.)

use crate::{Capture, Closure, Const, Ins, Op, Ref, Slot, Trace};
use abi::layout::{offset, size};
use abi::{objtype, shape, tabflag, vmfield};

/// Nodes of the largest hash part that is filled in line.
const MAX_NODES: u32 = 8;
/// Slots of the largest array part in a cell of its own that is filled in line.
const MAX_ARRAY: u32 = 16;
/// Upvalues of the largest closure that is made in line, and how many of them may be new.
const MAX_UPVALUES: usize = 8;
const MAX_NEW: usize = 4;
/// Bytes of a table without parts.
pub const HEAD: u32 = size("TabObj") as u32;
/// Bytes of a node.
pub const NODE: u32 = size("Node") as u32;
/// Bytes of a slot.
pub const SLOT: u32 = 8;
const _: () = assert!(HEAD + tabflag::MAX_INNER * SLOT <= vmfield::MAX_CELL);
const _: () = assert!(MAX_NODES * NODE <= vmfield::MAX_CELL && MAX_ARRAY * SLOT <= vmfield::MAX_CELL);
// One word of flags, type, epoch and metamethods.
const _: () = assert!(offset("TabObj", "gct") == 0 && offset("TabObj", "marked") == 1);
const _: () = assert!(offset("TabObj", "nomm") == 2 && offset("TabObj", "flags") == 3);

/// A table that is copied, and that nobody changes. It has a shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Template {
    /// Its address, as `Request::bits` has it.
    pub table: u64,
    /// Array slots.
    pub asize: u32,
    /// Nodes.
    pub nodes: u32,
    /// Shape.
    pub shape: u32,
    /// Keys.
    pub keys: u32,
    /// First of the nodes taken.
    pub freetop: u32,
    /// Address of the array part.
    pub array: u64,
    /// Address of the hash part.
    pub node: u64,
}

/// A table that is made in line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Table {
    /// First four bytes.
    pub head: u32,
    /// Array slots.
    pub asize: u32,
    /// Nodes.
    pub nodes: u32,
    /// Shape.
    pub shape: u32,
    /// First of the nodes taken.
    pub freetop: u32,
    /// Where array part and nodes are copied from; otherwise they are nil.
    pub from: Option<(u64, u64)>,
}

impl Table {
    fn new(nomm: u8, asize: u32, nodes: u32) -> Table {
        let inner = asize > 0 && asize <= tabflag::MAX_INNER;
        let flags = if inner { tabflag::INNER_ARRAY } else { 0 };
        let head = u32::from_le_bytes([objtype::TAB, 0, nomm, flags]);
        Table { head, asize, nodes, shape: shape::root(nodes.saturating_sub(1)), freetop: nodes, from: None }
    }

    /// Bytes of the cell of the table, and of the second cell (0: there is none).
    pub fn cells(&self) -> (u32, u32) {
        match (self.is_inner(), self.nodes) {
            (true, n) => (HEAD + self.asize * SLOT, n * NODE),
            (false, 0) => (HEAD, self.asize * SLOT),
            (false, n) => (HEAD, n * NODE),
        }
    }

    /// Says whether it is made in line: of two cells at most.
    fn is_small(&self) -> bool {
        let one = self.is_inner() || self.asize == 0 || self.nodes == 0;
        self.nodes <= MAX_NODES && self.asize <= MAX_ARRAY && one
    }

    /// Says whether the array part lies behind the table.
    pub fn is_inner(&self) -> bool {
        self.asize > 0 && self.asize <= tabflag::MAX_INNER
    }
}

/// Returns the table that TNEW or TDUP makes, if that is done in line.
pub fn table(ins: Ins, bits: &[u64], templates: &[Template]) -> Option<Table> {
    let made = if ins.op == Op::TNEW {
        let (asize, hbits) = (u32::try_from(ins.a.as_lit()).ok()?, ins.b.as_lit());
        let nodes = match hbits {
            0 => 0,
            1..=3 => 1 << hbits,
            _ => return None,
        };
        Table::new(!0, asize, nodes)
    } else {
        let at = *bits.get(ins.a.index())?;
        let t = templates.iter().find(|t| t.table == at)?;
        let made = copy(t.asize, t.nodes)?;
        Table { shape: t.shape, freetop: t.freetop, from: Some((t.array, t.node)), ..made }
    };
    made.is_small().then_some(made)
}

/// Returns the copy of a template with these sizes, if it is made in line. What is not said by the sizes is in the template.
pub fn copy(asize: u32, nodes: u32) -> Option<Table> {
    let made = Table::new(0, asize, nodes);
    (asize <= tabflag::MAX_INNER && made.is_small()).then_some(made)
}

/// A closure that is made in line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Func {
    /// Slot 0 of the frame it is made in.
    pub base: Slot,
    /// Upvalues of the parent: which one it gets as which.
    pub shared: Vec<(u32, u32)>,
    /// Upvalues of slots from the lowest one on: slot, never assigned again, which one it is.
    pub new: Vec<(Slot, bool, u32)>,
}

impl Func {
    /// Bytes of the cell of the closure.
    pub fn bytes(&self) -> u32 {
        size("FuncObj") as u32 + (self.shared.len() + self.new.len()) as u32 * 8
    }
}

/// Returns the closure that a list describes, if it is small enough to be made in line by whoever looks for the upvalues of its slots.
pub fn captures(c: &Closure) -> Option<Func> {
    if c.captures.len() > MAX_UPVALUES {
        return None;
    }
    let mut made = Func { base: c.base, shared: Vec::new(), new: Vec::new() };
    for (n, capture) in (0..).zip(&c.captures) {
        match *capture {
            Capture::Parent(k) => made.shared.push((k, n)),
            Capture::Local { slot, immutable } => made.new.push((slot, immutable, n)),
        }
    }
    made.new.sort_unstable();
    let twice = made.new.windows(2).any(|w| w[0].0 == w[1].0);
    (!twice && made.new.len() <= MAX_NEW).then_some(made)
}

/// Returns the closure that FNEW at `i` makes, if that is done in line and the upvalues of its slots will all be new.
pub fn func(t: &Trace, i: usize) -> Option<Func> {
    let made = captures(&t.closure(Ref::ins(i))?)?;
    let Some(&(lowest, ..)) = made.new.first() else { return Some(made) };
    // What a closure of before has captured is open.
    for j in (1..i).rev() {
        match t.ins[j].op {
            Op::UFREE | Op::UCLO if t.ins[j].a.as_lit() <= lowest => break,
            Op::RETF => break,
            Op::FNEW
                if !t.ins[j].is_sunk() && t.closure(Ref::ins(j)).is_none_or(|c| c.slots().any(|s| s >= lowest)) =>
            {
                return None;
            }
            _ => {}
        }
    }
    Some(made)
}

/// Says whether NEWREF at `i` inserts a string that the table's shape may know. In a table that is full the key makes room first, which no record
/// does: where that is seen to come, it is a call.
pub fn has_known_key(t: &Trace, i: usize, bits: &[u64], templates: &[Template]) -> bool {
    let ins = t.ins[i];
    if !ins.a.is_ins() || !matches!(t.as_const(ins.b), Some(Const::Str(_))) {
        return false;
    }
    let (at, made) = (ins.a.index(), t.ins[ins.a.index()]);
    let (nodes, keys) = match made.op {
        Op::TNEW if made.b.as_lit() == 0 => (0, 0),
        Op::TNEW => (1 << made.b.as_lit().min(31), 0),
        Op::TDUP => match templates.iter().find(|t| Some(&t.table) == bits.get(made.a.index())) {
            Some(t) => (t.nodes, t.keys),
            None => return true,
        },
        _ => return true,
    };
    let new = t.ins[at..i].iter().filter(|n| n.op == Op::NEWREF && n.a == ins.a).count() as u32;
    // How many nodes a table gets with its first key is not known here; then their number doubles.
    let full = if nodes == 0 { new == 0 } else { keys + new >= nodes && (keys + new).is_power_of_two() };
    !full
}
