//! Loads, stores, addresses: how Lua values are in memory.

use super::block::{self, ARRAY, HEADER, NODE, OUTER, STACK, STRING, UPVALUE, VALUE};
use super::{Branching, Lowerer, Refusal, Val};
use abi::{tag, vmfield};
use ir::tree::Item;
use ir::{Const, Field, Ins, Op, Ref, Ty, sload};

/// Bytes of a string before its first byte.
const STR_HEAD: i64 = abi::layout::size("StrObj") as i64;
/// Bytes of a prototype before its first instruction.
pub(super) const PROTO_HEAD: i64 = abi::layout::size("ProtoObj") as i64;
/// Bytes of a node; its value is the first word, its key the second.
const NODE_SIZE: i64 = abi::layout::size("Node") as i64;
/// Bytes of a function before its upvalues.
const FUNC_UPVALS: i64 = abi::layout::size("FuncObj") as i64;

impl Lowerer<'_> {
    /// Stores a value as a slot has it.
    pub fn store_boxed(&mut self, v: &Val, at: &str, class: usize) {
        let (ty, text) = match v.ty {
            Ty::Num => ("double", v.text.to_string()),
            _ => ("i64", self.boxed(v)),
        };
        self.f.line(format_args!("store {ty} {text}, ptr {at}, align 8, !tbaa !{class}"));
    }

    /// Returns the bits of a value as a slot has them.
    pub fn boxed(&mut self, v: &Val) -> String {
        match v.ty {
            Ty::Num => self.f.let_(format_args!("bitcast double {} to i64", v.text)),
            Ty::Int => {
                let d = self.double_of(&v.text);
                self.f.let_(format_args!("bitcast double {d} to i64"))
            }
            Ty::Key => {
                let w = self.f.let_(format_args!("zext i32 {} to i64", v.text));
                self.f.let_(format_args!("or i64 {w}, {}", (tag::KEY_INDEX << 32) as i64))
            }
            Ty::Link => v.text.to_string(),
            Ty::Lightud => self.f.let_(format_args!("or i64 {}, {}", v.text, (Ty::Lightud.tag() << tag::SHIFT) as i64)),
            ty if ty.is_pri() => v.text.to_string(),
            Ty::Ptr => self.f.let_(format_args!("ptrtoint ptr {} to i64", v.text)),
            ty => {
                let w = self.f.let_(format_args!("ptrtoint ptr {} to i64", v.text));
                self.f.let_(format_args!("or i64 {w}, {}", (ty.tag() << tag::SHIFT) as i64))
            }
        }
    }

    /// Loads a value of a type from where a Lua value is; a guard checks the type.
    fn load(&mut self, b: &mut Branching, at: usize, adr: &str, class: usize) -> Result<(), Refusal> {
        let ins = self.tree.branches[b.branch].trace.ins[at];
        let (ty, guard) = (ins.ty, ins.is_guard());
        let tbaa = format!("!tbaa !{class}");
        let text = match ty {
            Ty::Num => {
                if guard && !self.asks_later(b, at, adr, class)? {
                    let ok = self.is_number(adr, class);
                    self.fails(b, at, &ok)?;
                }
                self.f.let_(format_args!("load double, ptr {adr}, align 8, {tbaa}"))
            }
            Ty::Key => {
                if guard {
                    let hi = self.high(adr, &tbaa);
                    let ok = self.f.let_(format_args!("icmp eq i32 {hi}, {}", tag::KEY_INDEX as u32));
                    self.fails(b, at, &ok)?;
                }
                self.f.let_(format_args!("load i32, ptr {adr}, align 8, {tbaa}"))
            }
            Ty::Nil | Ty::False | Ty::True => {
                if guard {
                    let w = self.f.let_(format_args!("load i64, ptr {adr}, align 8, {tbaa}"));
                    let ok = self.f.let_(format_args!("icmp eq i64 {w}, {}", block::pri(ty)));
                    self.fails(b, at, &ok)?;
                }
                block::pri(ty)
            }
            Ty::Int => self.f.let_(format_args!("load i32, ptr {adr}, align 8, {tbaa}")),
            Ty::Link => self.f.let_(format_args!("load i64, ptr {adr}, align 8, {tbaa}")),
            Ty::Ptr => self.f.let_(format_args!("load ptr, ptr {adr}, align 8, {tbaa}")),
            ty => {
                let w = self.f.let_(format_args!("load i64, ptr {adr}, align 8, {tbaa}"));
                let bits = self.f.let_(format_args!("xor i64 {w}, {}", (ty.tag() << tag::SHIFT) as i64));
                if guard {
                    let ok = self.f.let_(format_args!("icmp ult i64 {bits}, {}", 1u64 << tag::SHIFT));
                    self.fails(b, at, &ok)?;
                }
                match ty {
                    Ty::Lightud => bits,
                    _ => self.f.let_(format_args!("inttoptr i64 {bits} to ptr")),
                }
            }
        };
        b.vals[at] = Some(Val::new(text, ty));
        Ok(())
    }

    /// Says whether the value at an address is a number.
    pub(super) fn is_number(&mut self, adr: &str, class: usize) -> String {
        let hi = self.high(adr, &format!("!tbaa !{class}"));
        self.f.let_(format_args!("icmp ult i32 {hi}, {}", (tag::NUM_LIMIT >> 32) as u32))
    }

    fn high(&mut self, adr: &str, tbaa: &str) -> String {
        let hi = self.at_offset(adr, 4);
        self.f.let_(format_args!("load i32, ptr {hi}, align 4, {tbaa}"))
    }

    /// Returns the access tag of the values behind an address.
    fn class_of(&self, b: &Branching, r: Ref) -> usize {
        let t = &self.tree.branches[b.branch].trace;
        if !r.is_ins() {
            return VALUE;
        }
        match t.ins[r.index()].op {
            Op::AREF => ARRAY,
            Op::HREFK | Op::HREFI => NODE,
            Op::UREFC => UPVALUE,
            // An open upvalue is a slot of some frame: the guard says, not of one of the tree.
            Op::UREFO if t.ins[r.index()].is_guard() && self.depth(&b.base) == Some(0) => OUTER,
            Op::UREFO => STACK,
            Op::FREF => HEADER,
            _ => VALUE,
        }
    }

    fn ptr(&mut self, b: &Branching, r: Ref) -> Result<String, Refusal> {
        let v = self.val(b, r)?;
        match block::llvm(v.ty) {
            "ptr" => Ok(v.text.to_string()),
            _ => Err(Refusal(format!("{} is no address", v.ty.name()))),
        }
    }

    /// Address instructions.
    pub(super) fn address(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let base = self.ptr(b, ins.a)?;
        let text = match ins.op {
            Op::FREF => {
                let f = ins.field().ok_or_else(|| Refusal("unknown field".into()))?;
                self.at_offset(&base, f.offset() as i64)
            }
            Op::HREFK => {
                let Some(Const::Slot(key, _)) = t.as_const(ins.b).cloned() else {
                    return Err(Refusal("HREFK without a key".into()));
                };
                let node = t.ins.get(ins.a.index()).filter(|i| i.op == Op::FLOAD);
                let copy = node.and_then(|load| self.shape_of_copy(b, at, load.a)).filter(|s| s.keys.contains(&key));
                match self.shape_of(b, at, ins.a).filter(|_| !ins.is_guard()).or(copy) {
                    Some(shape) => {
                        let off = self.constant(Item::Offset(shape, key), "i64");
                        self.f.let_(format_args!("getelementptr i8, ptr {base}, i64 {off}"))
                    }
                    None => self.look_up(b, at, &base, key)?,
                }
            }
            Op::AREF | Op::HREFI | Op::STRREF => {
                let (scale, head) = match ins.op {
                    Op::AREF => (8, 0),
                    Op::HREFI => (NODE_SIZE, 0),
                    _ => (1, STR_HEAD),
                };
                if let Some(&Const::Int(k)) = t.as_const(ins.b) {
                    self.at_offset(&base, i64::from(k) * scale + head)
                } else {
                    let wide = if ins.op == Op::AREF { self.wide(b, ins.b) } else { None };
                    let i = self.val(b, ins.b)?;
                    // Positions are bounds-checked as unsigned numbers.
                    let extend = if ins.op == Op::STRREF { "sext" } else { "zext" };
                    let w = wide.unwrap_or_else(|| self.f.let_(format_args!("{extend} i32 {} to i64", i.text)));
                    let off = if scale == 1 { w } else { self.f.let_(format_args!("mul nsw i64 {w}, {scale}")) };
                    let adr = self.f.let_(format_args!("getelementptr i8, ptr {base}, i64 {off}"));
                    self.at_offset(&adr, head)
                }
            }
            op => return Err(Refusal(format!("{} is no address", op.name()))),
        };
        b.vals[at] = Some(Val::new(text, Ty::Ptr));
        Ok(())
    }

    /// HREFK of a table whose shape is not known: which node has the key differs from process to process.
    fn look_up(
        &mut self,
        b: &mut Branching,
        at: usize,
        node: &str,
        key: std::sync::Arc<[u8]>,
    ) -> Result<String, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let load = t.ins.get(t.ins[at].a.index()).filter(|i| i.op == Op::FLOAD);
        let table = load.map(|i| i.a).ok_or_else(|| Refusal("HREFK without its table".into()))?;
        let table = self.ptr(b, table)?;
        let k = self.konst(&Const::Str(key));
        let wanted = self.boxed(&k);
        let on = self.f.label();
        let mut found = Vec::new();
        let other = self.probe(&table, node, (&k.text, &wanted), &on, &mut found);
        let nil = self.konst(&Const::NilSlot);
        let there = self.f.let_(format_args!("icmp ne ptr {other}, {}", nil.text));
        if t.ins[at].is_guard() {
            self.fails(b, at, &there)?;
            found.push((other, self.f.current()));
        } else {
            // A table from a template: dumps lack keys whose values are nil.
            let new = self.f.label();
            found.push((other, self.f.current()));
            self.f.line(format_args!("br i1 {there}, label %{on}, label %{new}"));
            self.f.begin(&new);
            let made = self.helper(abi::support::Helper::tab_newkey, &["%vm".into(), table, wanted]);
            let ok = self.f.let_(format_args!("icmp ne ptr {made}, null"));
            self.fails(b, at, &ok)?;
            found.push((made, self.f.current()));
        }
        Ok(self.join_found(&on, &found))
    }

    /// HREF of a string.
    pub(super) fn get_str(&mut self, b: &mut Branching, at: usize, table: &Val, key: &Val) {
        let node = self.at_offset(&table.text, abi::layout::offset("TabObj", "node") as i64);
        let node = self.f.let_(format_args!("load ptr, ptr {node}, !tbaa !{HEADER}"));
        let wanted = self.boxed(key);
        let on = self.f.label();
        let mut found = Vec::new();
        let other = self.probe(&table.text, &node, (&key.text, &wanted), &on, &mut found);
        found.push((other, self.f.current()));
        let text = self.join_found(&on, &found);
        b.vals[at] = Some(Val::new(text, Ty::Ptr));
    }

    /// Goes on at `on` with one of what was found, each by its last block; returns which.
    fn join_found(&mut self, on: &str, found: &[(String, String)]) -> String {
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(on);
        let list: Vec<String> = found.iter().map(|(p, at)| format!("[ {p}, %{at} ]")).collect();
        self.f.let_(format_args!("phi ptr {}", list.join(", ")))
    }

    /// Looks for a string (its address and its bits) in a table's hash part: in its own node and in the next of the chain, which go to `found` and on
    /// at `on`; the runtime finds others. Returns what is found then, or the nil that absent keys have.
    fn probe(
        &mut self,
        table: &str,
        nodes: &str,
        (key, bits): (&str, &str),
        on: &str,
        found: &mut Vec<(String, String)>,
    ) -> String {
        let field = |o: &str, f: &str| abi::layout::offset(o, f) as i64;
        let hash = self.at_offset(key, field("StrObj", "hash"));
        let hash = self.f.let_(format_args!("load i32, ptr {hash}, !tbaa !{HEADER}"));
        let first = self.node_of_hash(table, nodes, &hash);
        self.has_key(&first, bits, on, found);
        let next = self.at_offset(&first, field("Node", "next"));
        let next = self.f.let_(format_args!("load i32, ptr {next}, !tbaa !{NODE}"));
        let ends = self.f.let_(format_args!("icmp eq i32 {next}, 0"));
        let (more, last, out) = (self.f.label(), self.f.label(), self.f.label());
        let nil = self.konst(&Const::NilSlot).text;
        self.f.line(format_args!("br i1 {ends}, label %{last}, label %{more}"));
        self.f.begin(&last);
        self.f.line(format_args!("br label %{out}"));
        self.f.begin(&more);
        let next = self.f.let_(format_args!("sext i32 {next} to i64"));
        let second = self.f.let_(format_args!("getelementptr i8, ptr {first}, i64 {next}"));
        self.has_key(&second, bits, on, found);
        let far = self.helper(abi::support::Helper::tab_get_str, &[table.into(), key.into()]);
        let behind = self.f.current();
        self.f.line(format_args!("br label %{out}"));
        self.f.begin(&out);
        self.f.let_(format_args!("phi ptr [ {nil}, %{last} ], [ {far}, %{behind} ]"))
    }

    /// Goes on at `on` with a node that has a key.
    fn has_key(&mut self, node: &str, bits: &str, on: &str, found: &mut Vec<(String, String)>) {
        let there = self.at_offset(node, abi::layout::offset("Node", "key") as i64);
        let there = self.f.let_(format_args!("load i64, ptr {there}, !tbaa !{NODE}"));
        let same = self.f.let_(format_args!("icmp eq i64 {there}, {bits}"));
        let far = self.f.label();
        found.push((node.into(), self.f.current()));
        self.f.line(format_args!("br i1 {same}, label %{on}, label %{far}"));
        self.f.begin(&far);
    }

    /// Finds the shape of the table whose hash part `node` is, as the guards before say.
    pub(super) fn shape_of(&self, b: &Branching, at: usize, node: Ref) -> Option<std::sync::Arc<ir::Shape>> {
        let t = &self.tree.branches[b.branch].trace;
        let ins = t.ins.get(node.index()).filter(|i| i.op == Op::FLOAD)?;
        let table = ins.a;
        t.ins[..at].iter().rev().find_map(|i| {
            let load = t.ins.get(i.a.index())?;
            let shape = i.op == Op::EQ && i.a.is_ins() && load.op == Op::FLOAD && load.a == table;
            match t.as_const(i.b) {
                Some(Const::Shape(s)) if shape && load.field() == Some(Field::TabShape) => Some(s.clone()),
                _ => None,
            }
        })
    }

    /// Upvalue instructions.
    pub(super) fn upvalue(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        // Slots of the other branches' frames may be in values.
        let slots = self.frame_slots();
        let uv = |s| abi::layout::offset("UpvalObj", s) as i64;
        let f = self.ptr(b, ins.a)?;
        let n = ins.b.as_lit();
        let number = if ins.op == Op::UREFS { n & 255 } else { n };
        let cell = self.at_offset(&f, FUNC_UPVALS + i64::from(number) * 8);
        let u = self.f.let_(format_args!("load ptr, ptr {cell}, !tbaa !{HEADER}"));
        if ins.op == Op::UREFC {
            self.is_closed(b, at, ins, &u, "ne")?;
            let text = self.at_offset(&u, uv("tv"));
            b.vals[at] = Some(Val::new(text, Ty::Ptr));
            return Ok(());
        }
        if ins.op == Op::UREFO {
            self.is_closed(b, at, ins, &u, "eq")?;
        }
        let v = self.at_offset(&u, uv("v"));
        let v = self.f.let_(format_args!("load ptr, ptr {v}, !tbaa !{HEADER}"));
        if ins.op == Op::UREFO && !ins.is_guard() {
            b.vals[at] = Some(Val::new(v, Ty::Ptr));
            return Ok(());
        }
        let x = self.f.let_(format_args!("ptrtoint ptr {v} to i64"));
        let y = self.f.let_(format_args!("ptrtoint ptr {} to i64", b.base));
        let d = self.f.let_(format_args!("sub i64 {x}, {y}"));
        let ok = match ins.op {
            Op::UREFS => self.f.let_(format_args!("icmp eq i64 {d}, {}", i64::from(n >> 8) * 8)),
            _ => self.f.let_(format_args!("icmp uge i64 {d}, {}", i64::from(slots) * 8)),
        };
        self.fails(b, at, &ok)?;
        b.vals[at] = Some(Val::new(v, Ty::Ptr));
        Ok(())
    }

    /// UFREE: the list of open upvalues has the highest slot first.
    pub(super) fn none_open(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let thread = self.vm_load("ptr", vmfield::CUR);
        let list = self.at_offset(&thread, abi::layout::offset("ThreadObj", "open_upvals") as i64);
        let u = self.f.let_(format_args!("load ptr, ptr {list}, !tbaa !{HEADER}"));
        let any = self.f.let_(format_args!("icmp ne ptr {u}, null"));
        let (look, on) = (self.f.label(), self.f.label());
        self.f.line(format_args!("br i1 {any}, label %{look}, label %{on}"));
        self.f.begin(&look);
        let v = self.at_offset(&u, abi::layout::offset("UpvalObj", "v") as i64);
        let v = self.f.let_(format_args!("load ptr, ptr {v}, !tbaa !{HEADER}"));
        let x = self.f.let_(format_args!("ptrtoint ptr {v} to i64"));
        let y = self.f.let_(format_args!("ptrtoint ptr {} to i64", b.base));
        let d = self.f.let_(format_args!("sub i64 {x}, {y}"));
        let ok = self.f.let_(format_args!("icmp slt i64 {d}, {}", i64::from(ins.a.as_lit()) * 8));
        self.fails(b, at, &ok)?;
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        Ok(())
    }

    /// BMETA: the metatable of a base type.
    pub(super) fn base_metatable(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let has = self.vm_load("ptr", vmfield::BASE_META + (ins.a.as_lit() & 15) * 8);
        let expected = self.val(b, ins.b)?;
        let ok = self.f.let_(format_args!("icmp eq ptr {has}, {}", expected.text));
        self.fails(b, at, &ok)
    }

    fn is_closed(&mut self, b: &mut Branching, at: usize, ins: Ins, u: &str, cmp: &str) -> Result<(), Refusal> {
        if !ins.is_guard() {
            return Ok(());
        }
        let closed = self.at_offset(u, abi::layout::offset("UpvalObj", "closed") as i64);
        let c = self.f.let_(format_args!("load i8, ptr {closed}, !tbaa !{HEADER}"));
        let ok = self.f.let_(format_args!("icmp {cmp} i8 {c}, 0"));
        self.fails(b, at, &ok)
    }

    /// Loads.
    pub(super) fn loads(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        match ins.op {
            Op::ALOAD | Op::HLOAD | Op::ULOAD => {
                let adr = self.ptr(b, ins.a)?;
                let class = self.class_of(b, ins.a);
                self.load(b, at, &adr, class)
            }
            Op::HKLOAD => {
                let adr = self.ptr(b, ins.a)?;
                let adr = self.at_offset(&adr, 8);
                self.load(b, at, &adr, NODE)
            }
            Op::SLOAD => self.slot(b, at, ins),
            Op::XLOAD => {
                let adr = self.ptr(b, ins.a)?;
                let c = self.f.let_(format_args!("load i8, ptr {adr}, !tbaa !{STRING}"));
                let v = self.f.let_(format_args!("zext i8 {c} to i32"));
                b.vals[at] = Some(Val::new(v, Ty::Int));
                Ok(())
            }
            Op::MRES => {
                let v = self.vm_load("i32", vmfield::MULTRES);
                b.vals[at] = Some(Val::new(v, Ty::Int));
                Ok(())
            }
            _ => {
                let f = ins.field().ok_or_else(|| Refusal("unknown field".into()))?;
                let obj = self.ptr(b, ins.a)?;
                let adr = self.at_offset(&obj, f.offset() as i64);
                let text = match f {
                    Field::TabNomm => {
                        let c = self.f.let_(format_args!("load i8, ptr {adr}, !tbaa !{HEADER}"));
                        self.f.let_(format_args!("zext i8 {c} to i32"))
                    }
                    Field::FuncPc => {
                        let p = self.f.let_(format_args!("load ptr, ptr {adr}, !tbaa !{HEADER}"));
                        self.at_offset(&p, -PROTO_HEAD)
                    }
                    f => self.f.let_(format_args!("load {}, ptr {adr}, !tbaa !{HEADER}", block::llvm(f.ty()))),
                };
                b.vals[at] = Some(Val::new(text, f.ty()));
                Ok(())
            }
        }
    }

    fn slot(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<(), Refusal> {
        let (slot, flags) = (ins.a.as_lit(), ins.b.as_lit());
        if flags & sload::PARENT != 0 {
            let absent = || Refusal(format!("slot {slot} is not inherited"));
            let known = b.parent.inherited(slot).ok_or_else(absent)?;
            let v = self.materialise(&known).ok_or_else(absent)?;
            let v = match (v.ty, ins.ty) {
                (x, y) if x == y => v,
                (Ty::Num, Ty::Int) => match &known {
                    super::exits::Known::Const(Const::Num(bits)) => {
                        Val::new((f64::from_bits(*bits) as i32).to_string(), Ty::Int)
                    }
                    _ => return Err(Refusal("a number is inherited as an integer".into())),
                },
                (Ty::Int, Ty::Num) => Val::new(self.double_of(&v.text), Ty::Num),
                (x, y) => return Err(Refusal(format!("{} is inherited as {}", x.name(), y.name()))),
            };
            b.vals[at] = Some(v);
            return Ok(());
        }
        if let Some((v, ok)) = self.carried(b, ins) {
            if ins.is_guard() {
                self.fails(b, at, &ok)?;
            }
            b.vals[at] = Some(v);
            return Ok(());
        }
        if let Some((v, ok)) = self.held(b, slot, (ins.ty, flags & sload::CONVERT != 0), ins.is_guard()) {
            if ins.is_guard() && ok != "true" {
                self.fails(b, at, &ok)?;
            }
            b.vals[at] = Some(Val::new(v, ins.ty));
            return Ok(());
        }
        let adr = self.at_offset(&b.base.clone(), i64::from(slot) * 8);
        if flags & sload::CONVERT == 0 {
            return self.load(b, at, &adr, self.slot_class(&b.base, slot));
        }
        let class = self.slot_class(&b.base, slot);
        let d = self.f.let_(format_args!("load double, ptr {adr}, align 8, !tbaa !{class}"));
        let i = self.integer(&d);
        if ins.is_guard() {
            // Equal bits: integral, in range, not -0, and a number at all.
            let back = self.f.let_(format_args!("sitofp i32 {i} to double"));
            let x = self.f.let_(format_args!("bitcast double {back} to i64"));
            let y = self.f.let_(format_args!("bitcast double {d} to i64"));
            let ok = self.f.let_(format_args!("icmp eq i64 {x}, {y}"));
            self.fails(b, at, &ok)?;
        }
        b.vals[at] = Some(Val::new(i, Ty::Int));
        Ok(())
    }

    /// Stores.
    pub(super) fn stores(&mut self, b: &mut Branching, ins: Ins) -> Result<(), Refusal> {
        match ins.op {
            Op::SSTORE | Op::CSTORE => {
                let adr = self.at_offset(&b.base.clone(), i64::from(ins.a.as_lit()) * 8);
                let v = self.val(b, ins.b)?;
                self.store_boxed(&v, &adr, self.slot_class(&b.base, ins.a.as_lit()));
            }
            Op::MSTORE => {
                let v = self.val(b, ins.a)?;
                let w = self.f.let_(format_args!("zext i32 {} to i64", v.text));
                self.vm_store("i64", &w, vmfield::MULTRES);
            }
            Op::FSTORE => {
                let t = &self.tree.branches[b.branch].trace;
                let f = t.ins.get(ins.a.index()).and_then(|i| i.field());
                let f = f.ok_or_else(|| Refusal("FSTORE without FREF".into()))?;
                let adr = self.ptr(b, ins.a)?;
                let v = self.val(b, ins.b)?;
                let (ty, text) = match f {
                    Field::TabNomm => ("i8", self.f.let_(format_args!("trunc i32 {} to i8", v.text))),
                    f => (block::llvm(f.ty()), v.text.to_string()),
                };
                self.f.line(format_args!("store {ty} {text}, ptr {adr}, !tbaa !{HEADER}"));
            }
            _ => {
                let adr = self.ptr(b, ins.a)?;
                let v = self.val(b, ins.b)?;
                let class = self.class_of(b, ins.a);
                self.store_boxed(&v, &adr, class);
            }
        }
        Ok(())
    }
}
