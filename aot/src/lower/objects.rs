//! Small tables, closures, and keys that a shape has recorded, in line ([`ir::inline`] says which): cells are taken from the allocator's runs, or where a
//! run has ended, from the allocator. Where the record is another's or the collector has traversed the table, the helper does it. It does so too where
//! there is no memory, and so fails at its place; cells taken before are lost until the next sweep.
//!
//! A template is taken to be what the program's bytecode says (of what is loaded when the program runs nothing is known, its copies are calls), and
//! that is asked: contents that are equal leave out nils. Keys of a copy are then where the template's shape has them.

use super::block::{self, HEADER, NODE as NODE_CLASS, UPVALUE, VM};
use super::memory::PROTO_HEAD;
use super::{Branching, Lowerer, Refusal, Val};
use crate::content::Layout;
use abi::layout::{offset, size};
use abi::support::Helper;
use abi::vmfield::{self, Run, run};
use abi::{objtype, shape, tag};
use ir::inline::{self, HEAD, NODE, SLOT, Table};
use ir::{Const, Ins, Op, Ref, Shape, Ty};
use std::sync::Arc;

const fn tab(field: &str) -> i64 {
    offset("TabObj", field) as i64
}

const fn record(field: &str) -> i64 {
    offset("ShapeRecord", field) as i64
}

const fn func(field: &str) -> i64 {
    offset("FuncObj", field) as i64
}

const fn upval(field: &str) -> i64 {
    offset("UpvalObj", field) as i64
}

/// Bytes of an upvalue.
const UPVAL: u32 = size("UpvalObj") as u32;
/// A function's upvalues are behind it.
const UPVALS: i64 = size("FuncObj") as i64;
const SLOT_BYTES: i64 = SLOT as i64;

impl Lowerer<'_> {
    /// TNEW.
    pub(super) fn new_table(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let args = ["%vm".into(), ins.a.as_lit().to_string(), ins.b.as_lit().to_string()];
        let Some(table) = inline::table(ins, &[], &[]) else {
            return self.call_with(b, at, Helper::tab_new, &args);
        };
        let (slow, on) = (self.f.label(), self.f.label());
        let (t, second) = self.take_cells(&table, &slow);
        self.fill(&table, &t, &second);
        let filled = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&slow);
        self.call_with(b, at, Helper::tab_new, &args)?;
        self.join(b, at, &on, (&t, &filled))
    }

    /// TDUP.
    pub(super) fn copy_table(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let from = self.val(b, ins.a)?.text;
        let args = ["%vm".into(), from.to_string()];
        let Some(table) = self.copied(b, ins) else {
            return self.call_with(b, at, Helper::tab_dup, &args);
        };
        let shape = self.fixed(&from, tab("shape"), "i32");
        let shaped = match self.layout(b, ins).and_then(|l| l.shape.clone()) {
            Some(s) => {
                let s = self.konst(&Const::Shape(s)).text;
                let same = self.f.let_(format_args!("icmp eq i32 {shape}, {s}"));
                self.fails(b, at, &same)?;
                None
            }
            // The collector writes to templates without a shape.
            None => Some(self.f.let_(format_args!("icmp ne i32 {shape}, {}", shape::NONE))),
        };
        let (slow, on) = (self.f.label(), self.f.label());
        let sizes = [("asize", table.asize), ("hmask", table.nodes.saturating_sub(1))];
        for (field, expected) in sizes.into_iter().take(if shaped.is_some() { 2 } else { 1 }) {
            let is = self.fixed(&from, tab(field), "i32");
            let same = self.f.let_(format_args!("icmp eq i32 {is}, {expected}"));
            self.guard(&same, &slow, 1);
        }
        if let Some(shaped) = shaped {
            self.guard(&shaped, &slow, 1);
        }
        let (t, second) = self.take_cells(&table, &slow);
        self.fill_copy(&table, &from, &shape, &t, &second);
        let filled = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&slow);
        self.call_with(b, at, Helper::tab_dup, &args)?;
        self.join(b, at, &on, (&t, &filled))
    }

    /// Returns what TDUP makes, if that is known and done in line.
    fn copied(&self, b: &Branching, ins: Ins) -> Option<Table> {
        let l = self.layout(b, ins)?;
        inline::copy(l.slots, l.nodes)
    }

    /// Returns what is known of what TDUP copies.
    fn layout(&self, b: &Branching, ins: Ins) -> Option<&Layout> {
        let Some(&Const::Templ(proto, n)) = self.tree.branches[b.branch].trace.as_const(ins.a) else { return None };
        self.lines.program().template(proto.hash, n)
    }

    /// Returns the shape of a table that was copied in line on this trace, before instruction `at`, if nothing has changed it since.
    pub(super) fn shape_of_copy(&self, b: &Branching, at: usize, table: Ref) -> Option<Arc<Shape>> {
        let t = &self.tree.branches[b.branch].trace;
        let made = t.ins.get(table.index()).filter(|i| i.op == Op::TDUP && !i.is_sunk())?;
        self.copied(b, *made)?;
        let changes = |i: &Ins| match i.op {
            // Another table that was made here is not this one.
            Op::NEWREF => i.a == table || !i.a.is_ins() || !matches!(t.ins[i.a.index()].op, Op::TNEW | Op::TDUP),
            Op::CALLS | Op::CALLB | Op::LOOP => true,
            _ => false,
        };
        let since = t.ins.get(table.index() + 1..at)?;
        (!since.iter().any(changes)).then(|| self.layout(b, *made)?.shape.clone())?
    }

    /// Loads a field of a template: nobody changes it.
    fn fixed(&mut self, from: &str, off: i64, ty: &str) -> String {
        let at = self.at_offset(from, off);
        self.f.let_(format_args!("load {ty}, ptr {at}, align {}, !tbaa !{HEADER}, !invariant.load !0", align_of(ty)))
    }

    /// Fills a copy of the template `from`.
    fn fill_copy(&mut self, table: &Table, from: &str, shape: &str, t: &str, second: &str) {
        if table.nodes > 0 {
            let nodes = self.fixed(from, tab("node"), "ptr");
            self.copy_words(&nodes, second, table.nodes * NODE / SLOT, NODE_CLASS);
        }
        let array = table.is_inner().then(|| self.at_offset(t, i64::from(HEAD)));
        if let Some(array) = &array {
            let slots = self.fixed(from, tab("array"), "ptr");
            self.copy_words(&slots, array, table.asize, block::ARRAY);
        }
        let second = if table.nodes > 0 { second.into() } else { self.konst(&Const::NilSlot).text };
        let free = self.fixed(from, tab("freetop"), "i32");
        self.head(table, t, (&second, array.as_deref()), (shape, &free));
    }

    /// Copies words that are not aligned to more than themselves.
    fn copy_words(&mut self, from: &str, to: &str, n: u32, class: usize) {
        for k in (0..n).step_by(2) {
            let ty = if k + 1 < n { "<2 x i64>" } else { "i64" };
            let off = i64::from(k * SLOT);
            let (x, y) = (self.at_offset(from, off), self.at_offset(to, off));
            let v = self.f.let_(format_args!("load {ty}, ptr {x}, align 8, !tbaa !{class}, !invariant.load !0"));
            self.f.line(format_args!("store {ty} {v}, ptr {y}, align 8, !tbaa !{class}"));
        }
    }

    /// Goes on at `on` with what was made there, or what the helper gave for instruction `at` here.
    pub(super) fn join(&mut self, b: &mut Branching, at: usize, on: &str, made: (&str, &str)) -> Result<(), Refusal> {
        self.join_as(b, at, on, made, "ptr")
    }

    /// The same with results of another type.
    pub(super) fn join_as(
        &mut self,
        b: &mut Branching,
        at: usize,
        on: &str,
        (made, there): (&str, &str),
        ty: &str,
    ) -> Result<(), Refusal> {
        let v = b.vals[at].clone().ok_or_else(|| Refusal("a helper gave nothing".into()))?;
        let here = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(on);
        let text = self.f.let_(format_args!("phi {ty} [ {made}, %{there} ], [ {}, %{here} ]", v.text));
        b.vals[at] = Some(Val::new(text, v.ty));
        Ok(())
    }

    /// Takes the table's cell and the second one, if there is one (else the second is the first). `slow` goes on if there is no memory.
    fn take_cells(&mut self, table: &Table, slow: &str) -> (String, String) {
        let (first, second) = table.cells();
        let one = run(first);
        let two = (second > 0).then(|| run(second));
        let cells = if two == Some(one) { self.take(one, 2, slow) } else { self.take(one, 1, slow) };
        let last = match two {
            Some(two) if two != one => self.take(two, 1, slow).remove(0),
            _ => cells[cells.len() - 1].clone(),
        };
        (cells[0].clone(), last)
    }

    /// Takes `n` cells of a size. The run has them, or the allocator is asked; `slow` goes on if there is no memory.
    fn take(&mut self, run: Run, n: i32, slow: &str) -> Vec<String> {
        let p = self.vm_load("ptr", run.cur);
        let to = self.at_offset(&p, i64::from(run.cell * n));
        let end = self.vm_load("ptr", run.end);
        let fits = self.f.let_(format_args!("icmp ule ptr {to}, {end}"));
        let (ended, on) = (self.f.label(), self.f.label());
        self.guard(&fits, &ended, 1);
        self.vm_store("ptr", &to, run.cur);
        let cells: Vec<String> = (0..n).map(|k| self.at_offset(&p, i64::from(run.cell * k))).collect();
        let there = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&ended);
        let mut others = Vec::new();
        for _ in 0..n {
            let cell = self.helper(Helper::cell, &["%vm".into(), run.cell.to_string()]);
            let ok = self.f.let_(format_args!("icmp ne ptr {cell}, null"));
            self.guard(&ok, slow, 1);
            others.push(cell);
        }
        let here = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        let both = cells.iter().zip(&others);
        both.map(|(c, o)| self.f.let_(format_args!("phi ptr [ {c}, %{there} ], [ {o}, %{here} ]"))).collect()
    }

    fn fill(&mut self, table: &Table, t: &str, second: &str) {
        let nodes = if table.nodes > 0 {
            for k in 0..table.nodes {
                let at = i64::from(k * NODE);
                self.put(second, at + offset("Node", "val") as i64, "i64", tag::NIL_BITS as i64, NODE_CLASS);
                self.put(second, at + offset("Node", "key") as i64, "i64", tag::NIL_BITS as i64, NODE_CLASS);
                self.put(second, at + offset("Node", "next") as i64, "i64", 0, NODE_CLASS);
            }
            second.into()
        } else {
            self.konst(&Const::NilSlot).text
        };
        let array = if table.is_inner() { self.at_offset(t, i64::from(HEAD)) } else { second.to_string() };
        for k in 0..table.asize {
            self.put(&array, i64::from(k * SLOT), "i64", tag::NIL_BITS as i64, block::ARRAY);
        }
        let array = (table.asize > 0).then_some(array);
        let (shape, free) = (table.shape.to_string(), table.freetop.to_string());
        self.head(table, t, (&nodes, array.as_deref()), (&shape, &free));
    }

    /// Fills the head of a table.
    fn head(&mut self, table: &Table, t: &str, (nodes, array): (&str, Option<&str>), (shape, free): (&str, &str)) {
        self.put_ptr(t, tab("node"), nodes);
        self.put_ptr(t, tab("array"), array.unwrap_or("null"));
        self.put(t, tab("gct"), "i32", i64::from(table.head as i32), HEADER);
        self.put_text(t, tab("shape"), "i32", shape, HEADER);
        self.put_ptr(t, tab("meta"), "null");
        self.put(t, tab("asize"), "i32", i64::from(table.asize), HEADER);
        self.put(t, tab("hmask"), "i32", i64::from(table.nodes.saturating_sub(1)), HEADER);
        self.put_text(t, tab("freetop"), "i32", free, HEADER);
        self.put(t, tab("border"), "i32", 0, HEADER);
    }

    /// FNEW: upvalues of slots are looked for in the list of open ones, and put there where they are not.
    pub(super) fn new_func(&mut self, b: &mut Branching, at: usize) -> Result<(), Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let c = t.closure(Ref::ins(at)).ok_or_else(|| Refusal("FNEW without a list".into()))?;
        let proto = self.val(b, t.ins[at].a)?.text.to_string();
        let parent = self.val(b, c.parent)?.text.to_string();
        let frame = self.at_offset(&b.base.clone(), i64::from(c.base) * SLOT_BYTES);
        let args = ["%vm".into(), proto.clone(), parent.clone(), frame];
        let Some(made) = inline::captures(&c) else { return self.call_with(b, at, Helper::func_new, &args) };
        let (slow, on) = (self.f.label(), self.f.label());
        let mut link = if made.new.is_empty() { String::new() } else { self.list_of_open(&slow) };
        let f = self.take(run(made.bytes()), 1, &slow).remove(0);
        // The list has the highest slot first.
        for &(slot, immutable, to) in made.new.iter().rev() {
            let slot = self.at_offset(&b.base.clone(), i64::from(slot) * SLOT_BYTES);
            let u = self.find_open(&link, &slot, immutable, &slow);
            self.put_ptr(&f, UPVALS + i64::from(to) * SLOT_BYTES, &u);
            link = self.at_offset(&u, upval("next"));
        }
        for &(from, to) in &made.shared {
            let u = self.get(&parent, UPVALS + i64::from(from) * SLOT_BYTES, "ptr", HEADER);
            self.put_ptr(&f, UPVALS + i64::from(to) * SLOT_BYTES, &u);
        }
        const { assert!(func("gct") == 0 && func("marked") == 1 && func("builtin") == 2 && func("nup") == 3) };
        let nup = (made.shared.len() + made.new.len()) as u8;
        let head = u32::from_le_bytes([objtype::FUNC, 0, 0, nup]);
        self.put(&f, func("gct"), "i32", i64::from(head as i32), HEADER);
        self.put(&f, func("id"), "i32", 0, HEADER);
        let pc = self.at_offset(&proto, PROTO_HEAD);
        self.put_ptr(&f, func("pc"), &pc);
        let env = self.get(&parent, func("env"), "ptr", HEADER);
        self.put_ptr(&f, func("env"), &env);
        let filled = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&slow);
        self.call_with(b, at, Helper::func_new, &args)?;
        self.join(b, at, &on, (&f, &filled))
    }

    /// Returns the address of the link to the first open upvalue; `slow` goes on if the collector does not look for them here yet.
    fn list_of_open(&mut self, slow: &str) -> String {
        let t = self.vm_load("ptr", vmfield::CUR);
        let listed = self.get(&t, offset("ThreadObj", "listed") as i64, "i32", HEADER);
        let listed = self.f.let_(format_args!("icmp ne i32 {listed}, 0"));
        self.guard(&listed, slow, 1);
        self.at_offset(&t, offset("ThreadObj", "open_upvals") as i64)
    }

    /// Returns the open upvalue of a slot, from a link on, or a new one that was put there; `slow` goes on if there is no memory.
    fn find_open(&mut self, link: &str, slot: &str, immutable: bool, slow: &str) -> String {
        const { assert!(upval("gct") == 0 && upval("marked") == 1 && upval("closed") == 2 && upval("immutable") == 3) };
        let (head, look, step) = (self.f.label(), self.f.label(), self.f.label());
        let (reached, new, on) = (self.f.label(), self.f.label(), self.f.label());
        let from = self.f.current();
        let behind = self.f.name();
        self.f.line(format_args!("br label %{head}"));
        self.f.begin(&head);
        let link = self.f.let_(format_args!("phi ptr [ {link}, %{from} ], [ {behind}, %{step} ]"));
        let u = self.get(&link, 0, "ptr", HEADER);
        let any = self.f.let_(format_args!("icmp ne ptr {u}, null"));
        self.f.line(format_args!("br i1 {any}, label %{look}, label %{new}"));
        self.f.begin(&look);
        let v = self.get(&u, upval("v"), "ptr", HEADER);
        let passed = self.f.let_(format_args!("icmp ule ptr {v}, {slot}"));
        let w = block::weight(32);
        self.f.line(format_args!("br i1 {passed}, label %{reached}, label %{step}, !prof !{w}"));
        self.f.begin(&step);
        self.f.line(format_args!("{behind} = getelementptr i8, ptr {u}, i64 {}", upval("next")));
        self.f.line(format_args!("br label %{head}"));
        self.f.begin(&reached);
        let same = self.f.let_(format_args!("icmp eq ptr {v}, {slot}"));
        self.f.line(format_args!("br i1 {same}, label %{on}, label %{new}"));
        self.f.begin(&new);
        let n = self.take(run(UPVAL), 1, slow).remove(0);
        let bits = u32::from_le_bytes([objtype::UPVAL, 0, 0, immutable.into()]);
        self.put(&n, upval("gct"), "i32", i64::from(bits as i32), HEADER);
        self.put(&n, upval("tv"), "i64", tag::NIL_BITS as i64, UPVALUE);
        self.put_ptr(&n, upval("v"), slot);
        self.put_ptr(&n, upval("next"), &u);
        self.put_ptr(&link, 0, &n);
        let made = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        self.f.let_(format_args!("phi ptr [ {u}, %{reached} ], [ {n}, %{made} ]"))
    }

    fn put(&mut self, base: &str, off: i64, ty: &str, bits: i64, class: usize) {
        self.put_text(base, off, ty, &bits.to_string(), class);
    }

    fn put_text(&mut self, base: &str, off: i64, ty: &str, text: &str, class: usize) {
        let at = self.at_offset(base, off);
        self.f.line(format_args!("store {ty} {text}, ptr {at}, !tbaa !{class}"));
    }

    fn put_ptr(&mut self, base: &str, off: i64, p: &str) {
        let at = self.at_offset(base, off);
        self.f.line(format_args!("store ptr {p}, ptr {at}, !tbaa !{HEADER}"));
    }

    /// NEWREF of a constant string: repeats the latest transition of the table's shape, if it is the key's and concerns its node alone.
    pub(super) fn new_key(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let (table, key) = (self.val(b, ins.a)?, self.val(b, ins.b)?);
        let trace = &self.tree.branches[b.branch].trace;
        if !inline::has_known_key(trace, at, &[], &[]) || table.ty != Ty::Tab {
            return self.helper_into(b, at, Helper::tab_newkey, &[table, key]);
        }
        let (slow, on) = (self.f.label(), self.f.label());
        let t = table.text.clone();
        let marked = self.at_offset(&t, tab("marked"));
        let marked = self.f.let_(format_args!("load i8, ptr {marked}, !tbaa !{HEADER}"));
        let epoch = self.vm_load("i8", vmfield::GC_EPOCH);
        let fresh = self.f.let_(format_args!("icmp ne i8 {marked}, {epoch}"));
        self.guard(&fresh, &slow, 1);
        let id = self.get(&t, tab("shape"), "i32", HEADER);
        let id = self.f.let_(format_args!("zext i32 {id} to i64"));
        let off = self.f.let_(format_args!("shl i64 {id}, {}", shape::RECORD_BITS));
        let records = self.vm_load("ptr", vmfield::SHAPES);
        let r = self.f.let_(format_args!("getelementptr i8, ptr {records}, i64 {off}"));
        let boxed = self.boxed(&key);
        let last = self.get(&r, record("last_key"), "i64", VM);
        let same = self.f.let_(format_args!("icmp eq i64 {last}, {boxed}"));
        self.guard(&same, &slow, 32);
        let link = self.get(&r, record("last_link"), "i32", VM);
        let alone = self.f.let_(format_args!("icmp eq i32 {link}, {}", shape::NO_LINK as i32));
        self.guard(&alone, &slow, 32);
        for (from, to) in [("last", "shape"), ("last_freetop", "freetop")] {
            let v = self.get(&r, record(from), "i32", VM);
            let to = self.at_offset(&t, tab(to));
            self.f.line(format_args!("store i32 {v}, ptr {to}, !tbaa !{HEADER}"));
        }
        self.put(&t, tab("nomm"), "i8", 0, HEADER);
        let place = self.get(&r, record("last_at"), "i32", VM);
        let place = self.f.let_(format_args!("zext i32 {place} to i64"));
        let nodes = self.get(&t, tab("node"), "ptr", HEADER);
        let node = self.f.let_(format_args!("getelementptr i8, ptr {nodes}, i64 {place}"));
        let k = self.at_offset(&node, offset("Node", "key") as i64);
        self.f.line(format_args!("store i64 {boxed}, ptr {k}, !tbaa !{NODE_CLASS}"));
        let done = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&slow);
        self.helper_into(b, at, Helper::tab_newkey, &[table, key])?;
        self.join(b, at, &on, (&node, &done))
    }

    fn get(&mut self, base: &str, off: i64, ty: &str, class: usize) -> String {
        let at = self.at_offset(base, off);
        self.f.let_(format_args!("load {ty}, ptr {at}, !tbaa !{class}"))
    }
}

/// Returns the alignment of a field by its LLVM type.
fn align_of(ty: &str) -> u32 {
    if ty == "i32" { 4 } else { 8 }
}
