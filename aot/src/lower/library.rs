//! Beginnings of runtime functions in line: what most calls end with. The helper does the rest.
//!
//! Strings of one byte are in a table of the machine. Most strings that are compared differ in their first bytes. Most steps of a traversal go to the
//! next place. Number keys are in the array, or the first of their chain.

use super::block::{self, ARRAY, HEADER, NODE, STRING, VM};
use super::{Branching, Lowerer, Refusal, Val};
use abi::layout::{offset, size};
use abi::support::Helper;
use abi::{tag, vmfield};
use ir::Ty;

/// Bytes of a string before its first byte.
const STR_HEAD: i64 = size("StrObj") as i64;
const NODE_SIZE: i64 = size("Node") as i64;

impl Lowerer<'_> {
    /// SNEW: of one byte from the table.
    pub(super) fn part_of_string(&mut self, b: &mut Branching, at: usize, vals: &[Val]) -> Result<(), Refusal> {
        let [from, n] = vals else { return Err(Refusal("SNEW lacks operands".into())) };
        let args = ["%vm".into(), from.text.to_string(), n.text.to_string()];
        let one = match n.text.parse::<i32>() {
            Ok(1) => None,
            Ok(_) => return self.call_with(b, at, Helper::str_new, &args),
            Err(_) => Some(self.f.let_(format_args!("icmp eq i32 {}, 1", n.text))),
        };
        let (slow, on) = (self.f.label(), self.f.label());
        if let Some(one) = one {
            let byte = self.f.label();
            self.f.line(format_args!("br i1 {one}, label %{byte}, label %{slow}"));
            self.f.begin(&byte);
        }
        let c = self.f.let_(format_args!("load i8, ptr {}, !tbaa !{STRING}", from.text));
        let c = self.f.let_(format_args!("zext i8 {c} to i64"));
        self.known_or(b, at, &c, (&slow, &on), Helper::str_new, &args)
    }

    /// `str_char`.
    pub(super) fn string_of_byte(&mut self, b: &mut Branching, at: usize, vals: &[Val]) -> Result<(), Refusal> {
        let [c] = vals else { return Err(Refusal("a helper lacks arguments".into())) };
        let args = ["%vm".into(), c.text.to_string()];
        let (slow, on) = (self.f.label(), self.f.label());
        let c = self.f.let_(format_args!("and i32 {}, 255", c.text));
        let c = self.f.let_(format_args!("zext i32 {c} to i64"));
        self.known_or(b, at, &c, (&slow, &on), Helper::str_char, &args)
    }

    /// Gives instruction `at` the string of the byte `c`; where there is none, and at `slow`, what the helper makes.
    fn known_or(
        &mut self,
        b: &mut Branching,
        at: usize,
        c: &str,
        (slow, on): (&str, &str),
        h: Helper,
        args: &[String],
    ) -> Result<(), Refusal> {
        let chars = self.at_offset("%vm", vmfield::CHARS.into());
        let place = self.f.let_(format_args!("getelementptr ptr, ptr {chars}, i64 {c}"));
        let known = self.f.let_(format_args!("load ptr, ptr {place}, !tbaa !{VM}"));
        let there = self.f.let_(format_args!("icmp ne ptr {known}, null"));
        let from = self.f.current();
        self.f.line(format_args!("br i1 {there}, label %{on}, label %{slow}, !prof !{}", block::weight(16)));
        self.f.begin(slow);
        self.call_with(b, at, h, args)?;
        self.join(b, at, on, (&known, &from))
    }

    /// `str_cmp`: first bytes that differ decide; behind the last byte are zeros.
    pub(super) fn compare_strings(&mut self, b: &mut Branching, at: usize, vals: &[Val]) -> Result<(), Refusal> {
        let [x, y] = vals else { return Err(Refusal("a helper lacks arguments".into())) };
        let first = |l: &mut Self, v: &Val| {
            let p = l.at_offset(&v.text, STR_HEAD);
            l.f.let_(format_args!("load i64, ptr {p}, align 8, !tbaa !{STRING}"))
        };
        let (p, q) = (first(self, x), first(self, y));
        let differ = self.f.let_(format_args!("icmp ne i64 {p}, {q}"));
        let turned = |l: &mut Self, w: &str| l.f.let_(format_args!("call i64 @llvm.bswap.i64(i64 {w})"));
        let (p, q) = (turned(self, &p), turned(self, &q));
        let below = self.f.let_(format_args!("icmp ult i64 {p}, {q}"));
        let less = self.f.let_(format_args!("select i1 {below}, i32 -1, i32 1"));
        let (same, on) = (self.f.label(), self.f.label());
        let from = self.f.current();
        self.f.line(format_args!("br i1 {differ}, label %{on}, label %{same}"));
        self.f.begin(&same);
        self.call_with(b, at, Helper::str_cmp, &[x.text.to_string(), y.text.to_string()])?;
        self.join_as(b, at, &on, (&less, &from), "i32")
    }

    /// `tab_next`: the place itself, or the next node with a value.
    pub(super) fn next_entry(&mut self, b: &mut Branching, at: usize, vals: &[Val]) -> Result<(), Refusal> {
        let [t, from] = vals else { return Err(Refusal("a helper lacks arguments".into())) };
        let (array, nodes, look, more) = (self.f.label(), self.f.label(), self.f.label(), self.f.label());
        let (slow, on) = (self.f.label(), self.f.label());
        let asize = self.header(&t.text, "asize", "i32");
        let inside = self.f.let_(format_args!("icmp ult i32 {}, {asize}", from.text));
        self.f.line(format_args!("br i1 {inside}, label %{array}, label %{nodes}"));
        self.f.begin(&array);
        let slots = self.header(&t.text, "array", "ptr");
        let i = self.f.let_(format_args!("zext i32 {} to i64", from.text));
        let slot = self.f.let_(format_args!("getelementptr i64, ptr {slots}, i64 {i}"));
        let v = self.f.let_(format_args!("load i64, ptr {slot}, !tbaa !{ARRAY}"));
        let some = self.f.let_(format_args!("icmp ne i64 {v}, {}", tag::NIL_BITS as i64));
        self.f.line(format_args!("br i1 {some}, label %{on}, label %{slow}"));
        self.f.begin(&nodes);
        let mask = self.header(&t.text, "hmask", "i32");
        let end = self.f.let_(format_args!("add i32 {asize}, {mask}"));
        let first = self.header(&t.text, "node", "ptr");
        self.f.line(format_args!("br label %{look}"));
        self.f.begin(&look);
        let (place, next) = (self.f.name(), self.f.name());
        self.f.line(format_args!("{place} = phi i32 [ {}, %{nodes} ], [ {next}, %{more} ]", from.text));
        let over = self.f.let_(format_args!("icmp ugt i32 {place}, {end}"));
        let read = self.f.label();
        self.f.line(format_args!("br i1 {over}, label %{on}, label %{read}"));
        self.f.begin(&read);
        let j = self.f.let_(format_args!("sub i32 {place}, {asize}"));
        let node = self.node_at(&first, &j);
        let v = self.f.let_(format_args!("load i64, ptr {node}, !tbaa !{NODE}"));
        let some = self.f.let_(format_args!("icmp ne i64 {v}, {}", tag::NIL_BITS as i64));
        self.f.line(format_args!("br i1 {some}, label %{on}, label %{more}"));
        self.f.begin(&more);
        self.f.line(format_args!("{next} = add i32 {place}, 1"));
        self.f.line(format_args!("br label %{look}"));
        self.f.begin(&slow);
        self.call_with(b, at, Helper::tab_next, &[t.text.to_string(), from.text.to_string()])?;
        let v = b.vals[at].clone().ok_or_else(|| Refusal("a helper gave nothing".into()))?;
        let behind = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        let text = self.f.let_(format_args!(
            "phi i32 [ {}, %{array} ], [ -1, %{look} ], [ {place}, %{read} ], [ {}, %{behind} ]",
            from.text, v.text
        ));
        b.vals[at] = Some(Val::new(text, v.ty));
        Ok(())
    }

    /// HREF of a number.
    pub(super) fn get_number(&mut self, b: &mut Branching, at: usize, table: &Val, key: &Val) {
        let t = &table.text;
        let (array, hash, slow, on) = (self.f.label(), self.f.label(), self.f.label(), self.f.label());
        let asize = self.header(t, "asize", "i32");
        // Adding 0 makes -0 normal.
        let (index, wide, whole) = match key.ty {
            Ty::Int => {
                let wide = self.f.let_(format_args!("sitofp i32 {} to double", key.text));
                (key.text.to_string(), wide, None)
            }
            _ => {
                let i = self.integer(&key.text);
                let back = self.f.let_(format_args!("sitofp i32 {i} to double"));
                let whole = self.f.let_(format_args!("fcmp oeq double {back}, {}", key.text));
                let wide = self.f.let_(format_args!("fadd double {}, 0.0", key.text));
                (i, wide, Some(whole))
            }
        };
        let mut inside = self.f.let_(format_args!("icmp ult i32 {index}, {asize}"));
        if let Some(whole) = whole {
            inside = self.f.let_(format_args!("and i1 {inside}, {whole}"));
        }
        self.f.line(format_args!("br i1 {inside}, label %{array}, label %{hash}"));
        self.f.begin(&array);
        let slots = self.header(t, "array", "ptr");
        let i = self.f.let_(format_args!("zext i32 {index} to i64"));
        let slot = self.f.let_(format_args!("getelementptr i64, ptr {slots}, i64 {i}"));
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&hash);
        let bits = self.f.let_(format_args!("bitcast double {wide} to i64"));
        let node = self.node_of_number(t, &bits);
        let k = self.at_offset(&node, offset("Node", "key") as i64);
        let k = self.f.let_(format_args!("load i64, ptr {k}, !tbaa !{NODE}"));
        let same = self.f.let_(format_args!("icmp eq i64 {k}, {bits}"));
        let first = self.f.current();
        self.f.line(format_args!("br i1 {same}, label %{on}, label %{slow}"));
        self.f.begin(&slow);
        let other = match key.ty {
            Ty::Int => self.helper(Helper::tab_get_int, &[t.to_string(), key.text.to_string()]),
            _ => {
                let boxed = self.boxed(key);
                self.helper(Helper::tab_get, &[t.to_string(), boxed])
            }
        };
        let far = self.f.current();
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        let text = self.f.let_(format_args!("phi ptr [ {slot}, %{array} ], [ {node}, %{first} ], [ {other}, %{far} ]"));
        b.vals[at] = Some(Val::new(text, Ty::Ptr));
    }

    /// Returns the first node of the chain of a number (its bits): `heap::table` has the same hash.
    fn node_of_number(&mut self, t: &str, bits: &str) -> String {
        let rotate = |l: &mut Self, x: &str, n: u32| {
            l.f.let_(format_args!("call i32 @llvm.fshl.i32(i32 {x}, i32 {x}, i32 {n})"))
        };
        let lo = self.f.let_(format_args!("trunc i64 {bits} to i32"));
        let hi = self.f.let_(format_args!("lshr i64 {bits}, 32"));
        let hi = self.f.let_(format_args!("trunc i64 {hi} to i32"));
        let hi = self.f.let_(format_args!("shl i32 {hi}, 1"));
        let lo = self.f.let_(format_args!("xor i32 {lo}, {hi}"));
        let hi = rotate(self, &hi, 14);
        let lo = self.f.let_(format_args!("sub i32 {lo}, {hi}"));
        let hi = rotate(self, &hi, 5);
        let hi = self.f.let_(format_args!("xor i32 {hi}, {lo}"));
        let lo = rotate(self, &lo, 13);
        let hash = self.f.let_(format_args!("sub i32 {hi}, {lo}"));
        let nodes = self.header(t, "node", "ptr");
        self.node_of_hash(t, &nodes, &hash)
    }

    /// Returns the first node of the chain of a hash.
    pub(super) fn node_of_hash(&mut self, t: &str, nodes: &str, hash: &str) -> String {
        let mask = self.header(t, "hmask", "i32");
        let i = self.f.let_(format_args!("and i32 {hash}, {mask}"));
        self.node_at(nodes, &i)
    }

    fn node_at(&mut self, nodes: &str, i: &str) -> String {
        let i = self.f.let_(format_args!("zext i32 {i} to i64"));
        let off = self.f.let_(format_args!("mul nuw nsw i64 {i}, {NODE_SIZE}"));
        self.f.let_(format_args!("getelementptr i8, ptr {nodes}, i64 {off}"))
    }

    /// UCLO: nothing, if the first of the open upvalues is below. While the collector marks, what is closed needs a barrier, so the runtime does it.
    pub(super) fn close_upvalues(&mut self, base: &str, off: i64) -> Result<(), Refusal> {
        let uv = |f| offset("UpvalObj", f) as i64;
        let slot = self.at_offset(base, off);
        let thread = self.vm_load("ptr", vmfield::CUR);
        let list = self.at_offset(&thread, offset("ThreadObj", "open_upvals") as i64);
        let first = self.f.let_(format_args!("load ptr, ptr {list}, !tbaa !{HEADER}"));
        let any = self.f.let_(format_args!("icmp ne ptr {first}, null"));
        let (look, some, call, round) = (self.f.label(), self.f.label(), self.f.label(), self.f.label());
        let (more, done, on) = (self.f.label(), self.f.label(), self.f.label());
        self.f.line(format_args!("br i1 {any}, label %{look}, label %{on}"));
        self.f.begin(&look);
        let v = self.at_offset(&first, uv("v"));
        let v = self.f.let_(format_args!("load ptr, ptr {v}, !tbaa !{HEADER}"));
        let below = self.f.let_(format_args!("icmp ult ptr {v}, {slot}"));
        self.f.line(format_args!("br i1 {below}, label %{on}, label %{some}"));
        self.f.begin(&some);
        let epoch = self.vm_load("i8", vmfield::GC_EPOCH);
        let idle = self.f.let_(format_args!("icmp eq i8 {epoch}, {}", vmfield::IDLE as i8));
        self.f.line(format_args!("br i1 {idle}, label %{round}, label %{call}, !prof !{}", block::weight(128)));
        self.f.begin(&call);
        self.helper(Helper::upvals_close, &["%vm".into(), slot.clone()]);
        self.f.line(format_args!("br label %{on}"));
        // Names of what the round before leaves.
        let (next, there) = (self.f.name(), self.f.name());
        self.f.begin(&round);
        let u = self.f.let_(format_args!("phi ptr [ {first}, %{some} ], [ {next}, %{more} ]"));
        let v = self.f.let_(format_args!("phi ptr [ {v}, %{some} ], [ {there}, %{more} ]"));
        // The variable may have been written as a slot or through another upvalue: these have no class here.
        let x = self.f.let_(format_args!("load i64, ptr {v}, align 8"));
        let tv = self.at_offset(&u, uv("tv"));
        self.f.line(format_args!("store i64 {x}, ptr {tv}, align 8"));
        let to = self.at_offset(&u, uv("v"));
        self.f.line(format_args!("store ptr {tv}, ptr {to}, !tbaa !{HEADER}"));
        let closed = self.at_offset(&u, uv("closed"));
        self.f.line(format_args!("store i8 1, ptr {closed}, !tbaa !{HEADER}"));
        let link = self.at_offset(&u, uv("next"));
        self.f.line(format_args!("{next} = load ptr, ptr {link}, !tbaa !{HEADER}"));
        self.f.line(format_args!("store ptr null, ptr {link}, !tbaa !{HEADER}"));
        let last = self.f.let_(format_args!("icmp eq ptr {next}, null"));
        self.f.line(format_args!("br i1 {last}, label %{done}, label %{more}"));
        self.f.begin(&more);
        let v = self.at_offset(&next, uv("v"));
        self.f.line(format_args!("{there} = load ptr, ptr {v}, !tbaa !{HEADER}"));
        let below = self.f.let_(format_args!("icmp ult ptr {there}, {slot}"));
        self.f.line(format_args!("br i1 {below}, label %{done}, label %{round}"));
        self.f.begin(&done);
        self.f.line(format_args!("store ptr {next}, ptr {list}, !tbaa !{HEADER}"));
        self.f.line(format_args!("br label %{on}"));
        self.f.begin(&on);
        Ok(())
    }

    /// Loads a field of a table.
    fn header(&mut self, t: &str, field: &str, ty: &str) -> String {
        let at = self.at_offset(t, offset("TabObj", field) as i64);
        self.f.let_(format_args!("load {ty}, ptr {at}, !tbaa !{HEADER}"))
    }
}
