//! From trace trees to LLVM: one function a tree, as text of LLVM's assembly language. Trees that link to each other in circles share one
//! ([`parts`]); cold side traces have functions of their own ([`aside`]).
//!
//! ```text
//! entry ─► start (root) ─► loop ⟲ ─guard fails─► exit: a side trace's code, or store the slots and leave
//! ```
//!
//! The function has the interface of all compiled code, `i64 (vm, base)`. Values are in SSA form across root and side traces: what a side
//! trace inherits is the value its parent has. A side trace that links to its own root stores its slots and goes to `start`, where what the
//! root needs are phis ([`carried`]).
//! An exit stores its slots, notes what it is in the machine ([`vmfield::LEFT`]) and ends in the runtime's `leave` by a tail call, so that no
//! register is saved on the hot path.
//!
//! Text, because it can be read, tested and checked by LLVM's own parser; and what Rust's bindings lack (metadata, debug information) is as
//! easy as the rest.
//!
//! Invariant: the text depends on the trees of the group alone: equal groups give equal bytes.
//! Invariant: nothing of this process is in it; addresses come from the table of constants.
//!
//! An exit that rebuilds sunk objects stores what they are made of behind the table of constants ([`ir::sunk::spilled`]); `leave` makes them. A
//! side trace inherits it as values, like slots. Behind LOOP a value has another name ([`ir::sunk::Names`]).

mod again;
mod aside;
mod block;
mod calls;
mod carried;
mod exits;
mod held;
mod joined;
mod leaves;
mod library;
mod memory;
mod numbers;
mod objects;
mod ops;
mod parts;
mod strip;
#[cfg(test)]
mod tests;
mod unasked;
mod whole;

use crate::lines::{self, Lines};
use crate::prelude;
use block::Function;
use exits::State;
use ir::sunk::{Name, Names};
use ir::tree::{Item, Tree};
use ir::{Const, Op, ProtoKey, Ref, Ty};
use leaves::Leave;
use parts::{Part, Table};
use std::collections::HashMap;
use std::rc::Rc;

/// Bytes of the machine that compiled code knows.
const VM_BYTES: i32 = abi::vmfield::run(abi::vmfield::MAX_CELL).end + 8;
/// LLVM's own functions.
const DECLARATIONS: &str = "\
declare double @llvm.fabs.f64(double)
declare double @llvm.copysign.f64(double, double)
declare double @llvm.sqrt.f64(double)
declare i32 @llvm.bswap.i32(i32)
declare i64 @llvm.bswap.i64(i64)
declare i32 @llvm.fshl.i32(i32, i32, i32)
declare i32 @llvm.fshr.i32(i32, i32, i32)
declare i32 @llvm.fptosi.sat.i32.f64(double)
declare i32 @llvm.sadd.sat.i32(i32, i32)
declare i32 @llvm.sshl.sat.i32(i32, i32)
declare i32 @llvm.smin.i32(i32, i32)
declare i64 @llvm.smin.i64(i64, i64)
declare { i32, i1 } @llvm.sadd.with.overflow.i32(i32, i32)
declare { i32, i1 } @llvm.ssub.with.overflow.i32(i32, i32)
declare { i32, i1 } @llvm.smul.with.overflow.i32(i32, i32)
";

/// Why a branch cannot be lowered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub String);

/// A lowered tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lowered {
    /// The function and its table of constants, as LLVM assembly.
    pub text: String,
    /// The functions of cold side traces, if there are any.
    pub aside: Option<String>,
    /// What the table of constants must hold.
    pub items: Vec<Item>,
    /// Which exit of which branch each exit number means.
    pub exits: Vec<(u32, u32)>,
    /// Branches that were left out, and why.
    pub refused: Vec<(usize, Refusal)>,
}

/// A value: its text in LLVM's language.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Val {
    /// Text of the operand.
    pub text: Rc<str>,
    /// IR type.
    pub ty: Ty,
    /// The integer that a number is, if that is known.
    pub whole: Option<whole::Whole>,
}

impl Val {
    fn new(text: impl Into<Rc<str>>, ty: Ty) -> Val {
        Val { text: text.into(), ty, whole: None }
    }
}

/// Slots of all branches' frames: the machine is asked once for room.
fn slots(tree: &Tree) -> i32 {
    tree.branches.iter().map(|b| b.trace.slots).max().unwrap_or(0)
}

/// A tree and the symbol of its function.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// The symbol; its table has `.k` behind it.
    pub name: &'a str,
    /// Which side traces programs seldom go to: they get functions of their own ([`aside`]). None are cold if it is empty.
    pub cold: &'a [bool],
}

/// Lowers a tree to a function with its table; `lines` says where its code comes from.
pub fn lower(member: Member<'_>, lines: &Lines) -> Result<Lowered, Refusal> {
    group(&[member], lines).pop().unwrap_or_else(|| Err(Refusal("the tree is empty".into())))
}

/// Lowers trees that link to each other. Each becomes a function; that of the first has copies of the others behind its links.
pub fn group(members: &[Member<'_>], lines: &Lines) -> Vec<Result<Lowered, Refusal>> {
    let mut tables: Vec<Table<'_>> = members.iter().map(|m| Table::new(*m)).collect();
    let mut texts: Vec<Result<Text, Refusal>> = Vec::new();
    // The others come first, so that exits have the same numbers in copies.
    let mut whole = vec![0];
    for i in (0..members.len()).rev() {
        let parts = if i == 0 { whole.clone() } else { vec![i] };
        let mut made = function(&mut tables, &parts, lines);
        if made.is_err() && parts.len() > 1 {
            tables[i].clear();
            made = function(&mut tables, &[i], lines);
        }
        if made.is_ok() {
            whole.insert(1, i);
        }
        texts.push(made);
    }
    texts.reverse();
    // Tables grow until the last function of theirs is lowered.
    let asides: Vec<_> = (0..members.len()).map(|i| aside::lower(&mut tables, i, lines)).collect();
    let finish = |(t, mut aside): (Result<Text, Refusal>, Option<Text>)| {
        t.map(|mut t| {
            t.refused.extend(aside.iter_mut().flat_map(|a| std::mem::take(&mut a.refused)));
            (t.whole(&tables, lines), aside.map(|a| a.whole(&tables, lines)), t.refused)
        })
    };
    let finished: Vec<_> = texts.into_iter().zip(asides).map(finish).collect();
    let done = finished.into_iter().zip(tables);
    let whole = |(text, aside, refused), k: Table<'_>| Lowered { text, aside, items: k.items, exits: k.exits, refused };
    done.map(|(t, k)| t.map(|t| whole(t, k))).collect()
}

/// Lowers the function of the first of some members, with copies of the others.
fn function<'a>(tables: &mut Vec<Table<'a>>, members: &[usize], lines: &'a Lines) -> Result<Text, Refusal> {
    let Some(&first) = members.first() else { return Err(Refusal("the tree is empty".into())) };
    tables[first].tree.check().map_err(Refusal)?;
    let mut l = Lowerer::new(tables, members, lines);
    if l.is_level() {
        l.depths = l.parts.iter().map(|p| (p.base.clone(), 0)).collect();
        l.depths.insert("%base".into(), 0);
    }
    let done = l.run();
    let name = l.tables[first].name.to_string();
    let made = done.map(|()| Text::of(l.finish(name), &mut l));
    *tables = l.tables;
    made
}

/// A branch under way.
pub(crate) struct Branching {
    /// Its index in the tree.
    pub branch: usize,
    /// Values by name.
    pub vals: Vec<Option<Val>>,
    /// Which names values have.
    pub names: Rc<Names>,
    /// LOOP is behind.
    pub looped: bool,
    /// Text of its base.
    pub base: String,
    /// Nothing since `start` wrote the stack.
    pub quiet: bool,
    /// Values of the parent's exit by slot.
    pub parent: State,
    /// The strips of its loop.
    pub strip: Option<strip::Strip>,
    /// Exits that have a block: branch, number of the snapshot, and label.
    pub blocks: HashMap<(usize, usize), String>,
    /// Numbers whose types nobody has asked yet.
    pub unasked: unasked::Unasked,
}

/// A side trace that waits for its turn.
struct Pending {
    branch: usize,
    label: String,
    base: String,
    quiet: bool,
    state: State,
}

pub(crate) struct Lowerer<'a> {
    /// The tree of the open part.
    pub tree: &'a Tree,
    /// Its symbol.
    name: &'a str,
    /// The part that is lowered.
    open: usize,
    parts: Vec<Part>,
    /// Tables of the group's members.
    tables: Vec<Table<'a>>,
    lines: &'a Lines,
    /// Number of the first place.
    first_place: usize,
    /// Prototype and instruction of each numbered place.
    places: Vec<(ProtoKey, u32)>,
    pub f: Function,
    refused: Vec<(usize, Refusal)>,
    pending: Vec<Pending>,
    /// Exits to be written.
    leaves: Vec<Leave>,
    /// Ways to starts.
    ways: Vec<carried::Way>,
    /// Who leaves before anything was done: part, label and base.
    turned: Vec<(usize, String, String)>,
    /// Slots from the function's base to others by their text, where all rounds begin with that.
    depths: HashMap<String, i32>,
    /// What a base was before it returned, and by how many slots.
    returned: HashMap<String, (String, i32)>,
    /// Words of an array on the native stack.
    scratch: usize,
    /// It rounds numbers.
    rounds: bool,
    /// Integers that there are as numbers of 64 bits, too.
    wide: HashMap<String, String>,
    /// The function is that of a cold side trace.
    is_aside: bool,
}

impl<'a> Lowerer<'a> {
    /// Begins the function of the first of some members.
    fn new(tables: &mut Vec<Table<'a>>, members: &[usize], lines: &'a Lines) -> Lowerer<'a> {
        Lowerer {
            tree: tables[members[0]].tree,
            name: tables[members[0]].name,
            open: 0,
            parts: parts::of(tables, members),
            tables: std::mem::take(tables),
            lines,
            first_place: lines::FIRST,
            places: Vec::new(),
            f: Function::default(),
            refused: Vec::new(),
            pending: Vec::new(),
            leaves: Vec::new(),
            ways: Vec::new(),
            turned: Vec::new(),
            depths: HashMap::new(),
            returned: HashMap::new(),
            scratch: 0,
            rounds: false,
            wide: HashMap::new(),
            is_aside: false,
        }
    }

    fn run(&mut self) -> Result<(), Refusal> {
        self.f.begin("entry");
        self.part(0)?;
        self.way_in();
        // Parts that nobody goes to are not made.
        while let Some(next) = self.ways.iter().map(|w| w.to).find(|to| !self.parts[*to].lowered) {
            self.part(next)?;
        }
        let idle = |p: &&Part| !self.turned.iter().any(|t| self.parts[t.0].back == p.back);
        let idle: Vec<String> = self.parts.iter().filter(idle).map(|p| p.back.clone()).collect();
        self.leaves.retain(|l| !idle.contains(&l.label));
        self.write_leaves();
        self.starts();
        Ok(())
    }

    /// Makes a part the one that is lowered.
    fn enter(&mut self, part: usize) {
        self.open = part;
        let member = self.parts[part].member;
        (self.tree, self.name) = (self.tables[member].tree, self.tables[member].name);
    }

    /// Lowers a part.
    fn part(&mut self, part: usize) -> Result<(), Refusal> {
        self.enter(part);
        self.parts[part].lowered = true;
        self.begin()?;
        let mut root = self.branching(0, self.parts[part].base.clone(), State::default(), true);
        self.branch(&mut root)?;
        self.sides(part);
        Ok(())
    }

    /// Lowers the side traces that wait.
    fn sides(&mut self, part: usize) {
        while let Some(p) = self.pending.pop() {
            let mark =
                (self.f.mark(), self.table().exits.len(), self.pending.len(), self.ways.len(), self.turned.len());
            let (cells, leaves) = (self.table().cells, self.leaves.len());
            self.f.begin(&p.label);
            let mut side = self.branching(p.branch, p.base.clone(), p.state.clone(), p.quiet);
            if let Err(why) = self.branch(&mut side) {
                // The exit becomes one that leaves.
                self.f.reset(mark.0);
                self.table().exits.truncate(mark.1);
                self.table().cells = cells;
                self.pending.truncate(mark.2);
                self.ways.truncate(mark.3);
                self.turned.truncate(mark.4);
                self.leaves.truncate(leaves);
                if self.parts[part].first {
                    self.refused.push((p.branch, why));
                }
                if let Some((parent, exit)) = self.tree.branches[p.branch].parent {
                    self.leave(&p.label, (parent, exit as usize), &p.base, &p.state);
                }
            }
        }
    }

    fn branching(&self, branch: usize, base: String, parent: State, quiet: bool) -> Branching {
        let n = self.tree.branches[branch].trace.ins.len();
        let names = Rc::new(Names::new(&self.tree.branches[branch].trace));
        Branching {
            branch,
            vals: vec![None; n],
            names,
            looped: false,
            base,
            quiet,
            parent,
            strip: None,
            blocks: HashMap::new(),
            unasked: unasked::Unasked::default(),
        }
    }

    /// Says which instruction of the program what follows is for.
    fn come_from(&mut self, proto: ProtoKey, pc: u32) {
        let at = self.places.iter().rposition(|p| *p == (proto, pc)).unwrap_or_else(|| {
            self.places.push((proto, pc));
            self.places.len() - 1
        });
        self.f.place = Some(self.first_place + at);
    }

    /// Loads a word of the table as `ty` (`i64` or `ptr`).
    pub fn constant(&mut self, item: Item, ty: &str) -> String {
        // Loads that are not atomic are taken to be of words that stay (`ll`).
        let (atomic, order, fixed) =
            if item.is_fixed() { ("", "", ", !invariant.load !0") } else { ("atomic ", " monotonic", "") };
        let n = self.table().item(item);
        let at = format!("getelementptr (i8, ptr @{}.k, i64 {})", self.name, n * 8);
        self.f.let_(format_args!("load {atomic}{ty}, ptr {at}{order}, align 8{fixed}"))
    }

    /// Returns the address some bytes behind another.
    pub fn at_offset(&mut self, base: &str, bytes: i64) -> String {
        if bytes == 0 {
            return base.to_string();
        }
        self.f.let_(format_args!("getelementptr i8, ptr {base}, i64 {bytes}"))
    }

    /// Returns an array of `n` words.
    pub fn scratch(&mut self, n: usize) -> String {
        self.scratch = self.scratch.max(n);
        "%scratch".into()
    }

    /// Loads a field of the machine.
    pub fn vm_load(&mut self, ty: &str, field: i32) -> String {
        let at = self.at_offset("%vm", field.into());
        self.f.let_(format_args!("load {ty}, ptr {at}, !tbaa !{}", block::VM))
    }

    /// Stores to a field of the machine.
    pub fn vm_store(&mut self, ty: &str, value: &str, field: i32) {
        let at = self.at_offset("%vm", field.into());
        self.f.line(format_args!("store {ty} {value}, ptr {at}, !tbaa !{}", block::VM));
    }

    /// Goes on if `holds`, else to `label`, which happens `weight` of 1024 times.
    pub fn guard(&mut self, holds: &str, label: &str, weight: u64) {
        let on = self.f.label();
        let w = block::weight(weight);
        self.f.line(format_args!("br i1 {holds}, label %{on}, label %{label}, !prof !{w}"));
        self.f.begin(&on);
    }

    /// Lowers the instructions of a branch; what comes behind them too.
    fn branch(&mut self, b: &mut Branching) -> Result<(), Refusal> {
        let tree = self.tree;
        let t = &tree.branches[b.branch].trace;
        let mut head = None;
        for i in 1..t.ins.len() {
            if let Some(Const::Pc(p, pc)) = t.snap_at(i).and_then(|s| t.as_const(t.snaps[s].pc?)) {
                self.come_from(*p, *pc);
            }
            if b.unasked.is_early(i) {
                continue;
            }
            self.ask_before(b, i)?;
            if t.ins[i].op == Op::LOOP {
                head = Some(self.loop_head(b, i)?);
                continue;
            }
            if b.quiet && carried::writes_stack(t, t.ins[i]) {
                self.flush(b);
            }
            if t.ins[i].op == Op::UCLO {
                self.sync(b);
            }
            self.op(b, i)?;
            self.covers(b, i);
        }
        self.ask(b)?;
        self.end(b, head)
    }

    /// Returns the operand behind a reference.
    pub fn val(&mut self, b: &Branching, r: Ref) -> Result<Val, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let ty = t.ty(r);
        match t.as_const(r) {
            Some(c) => Ok(self.konst(&c.clone())),
            None if ty.is_pri() => Ok(Val::new(block::pri(ty), ty)),
            None => self.named(b, b.names.name(r, if b.looped { usize::MAX } else { 0 })),
        }
    }

    /// Returns the value with a name.
    pub fn named(&self, b: &Branching, name: Name) -> Result<Val, Refusal> {
        let ins = &self.tree.branches[b.branch].trace.ins;
        let val = b.vals[name as usize].clone();
        val.ok_or_else(|| Refusal(format!("{} has no value here", ins[name as usize].op.name())))
    }

    /// Ends the function.
    fn finish(&mut self, symbol: String) -> Code {
        let own = self.parts[0].member;
        if self.rounds {
            // Its own tree is not used where it cannot run, whichever member rounds.
            self.tables[own].item(Item::Rounds);
        }
        if self.scratch > 0 {
            self.f.phi("entry", format_args!("%scratch = alloca [{} x i64], align 8", self.scratch));
        }
        Code { symbol, body: self.f.finish(), rounds: self.rounds, places: std::mem::take(&mut self.places) }
    }
}

/// A lowered function.
struct Code {
    symbol: String,
    body: String,
    /// It rounds numbers.
    rounds: bool,
    /// Where it comes from, in the order of the numbers that it names places by.
    places: Vec<(ProtoKey, u32)>,
}

/// Functions of a module, without the tables they use, which may grow.
struct Text {
    functions: Vec<Code>,
    /// Members that are in it, its own first.
    members: Vec<usize>,
    /// The table of its own member is in it.
    has_table: bool,
    refused: Vec<(usize, Refusal)>,
}

impl Text {
    /// Makes one of the function of a member.
    fn of(code: Code, l: &mut Lowerer<'_>) -> Text {
        let mut members: Vec<usize> = l.parts.iter().filter(|p| p.lowered).map(|p| p.member).collect();
        members.dedup();
        Text { functions: vec![code], members, has_table: true, refused: std::mem::take(&mut l.refused) }
    }

    /// Returns the text with its tables.
    fn whole(&self, tables: &[Table<'_>], lines: &Lines) -> String {
        let mut out = String::new();
        for (i, m) in self.members.iter().enumerate() {
            let Table { name, items, spills, asides, .. } = &tables[*m];
            out += &format!("%{name}.k = type {{ [{} x i64], [{spills} x i64] }}\n", items.len().max(1));
            out += &match i == 0 && self.has_table {
                true => format!("@{name}.k = hidden global %{name}.k zeroinitializer, align 8\n"),
                false => format!(
                    "@{name}.k = external hidden global %{name}.k, align 8\ndeclare hidden i64 @{name}(ptr, ptr)\n"
                ),
            };
            let elsewhere = asides.iter().map(|a| aside::symbol(name, a.branch));
            for symbol in elsewhere.filter(|s| self.functions.iter().all(|f| f.symbol != *s)) {
                out += &format!("declare hidden i64 @{symbol}(ptr, ptr)\n");
            }
        }
        let places: Vec<&[(ProtoKey, u32)]> = self.functions.iter().map(|f| f.places.as_slice()).collect();
        let numbers = lines::functions(&places);
        for (Code { symbol, body, rounds, .. }, number) in self.functions.iter().zip(numbers) {
            let rounds = if *rounds { prelude::ROUNDS } else { "" };
            out += &format!(
                "define hidden i64 @{symbol}(ptr noundef dereferenceable({VM_BYTES}) %vm, ptr noundef %base) nounwind {rounds} \
                 !dbg !{number} {{\n{body}}}\n"
            );
        }
        out += DECLARATIONS;
        out += &block::metadata();
        out + &lines.metadata(tables[self.members[0]].tree.key, &places)
    }
}
