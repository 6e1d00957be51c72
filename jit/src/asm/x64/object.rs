//! Small tables, known keys and closures in line: see [`ir::inline`].

use super::emit::{ARRAY, Cc, Cold, Emit, PROTO_HEAD, Word, register_bits, slot_bits};
use super::encode::{BASE, Ea, RSP, TMP, VM, XTMP, lea, mi, mr, rm};
use crate::asm::place::Place;
use crate::asm::select::{Arg, Node};
use abi::abort::Abort;
use abi::layout::{offset, size};
use abi::support::Helper;
use abi::vmfield::{self, Run, run};
use abi::{objtype, shape, tag};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use ir::inline::{self, Func, HEAD, NODE, SLOT, Table};
use ir::{Ins, Op};

/// Offset of a table's field.
const fn tab(f: &str) -> i32 {
    offset("TabObj", f) as i32
}

/// Offset of a function's field.
const fn func(f: &str) -> i32 {
    offset("FuncObj", f) as i32
}

/// Offset of an upvalue's field.
const fn upval(f: &str) -> i32 {
    offset("UpvalObj", f) as i32
}

/// Offset of a coroutine's field.
const fn thread(f: &str) -> i32 {
    offset("ThreadObj", f) as i32
}

/// Bytes of an upvalue.
const UPVAL: i32 = size("UpvalObj") as i32;
/// A function's upvalues are behind it.
const UPVALS: i32 = size("FuncObj") as i32;

/// Offset of a field of a shape's record.
const fn record(f: &str) -> i32 {
    offset("ShapeRecord", f) as i32
}

impl Emit<'_> {
    /// TNEW and TDUP. Only the scratch registers are written besides the result.
    pub(super) fn new_table(&mut self, n: &Node, ins: Ins, d: u8) -> Result<(), Abort> {
        let table = inline::table(ins, self.req.bits, self.req.templates).ok_or(Abort::Inconsistent)?;
        let snap = n.snap.ok_or(Abort::Inconsistent)?;
        let (entry, back) = (self.a.o.new_dynamic_label(), self.a.o.new_dynamic_label());
        self.take_cells(&table, d, entry);
        self.fill(&table, d);
        dynasm!(self.a.o; .arch x64; =>back);
        let (helper, args) = match ins.op {
            Op::TNEW => (Helper::tab_new, [Word::Bits(u64::from(ins.a.0)), Word::Bits(u64::from(ins.b.0)), Word::None]),
            _ => (Helper::tab_dup, [Word::Bits(register_bits(self.t, self.req, ins.a)), Word::None, Word::None]),
        };
        self.cold.push(Cold::Helper { entry, back, helper, args, d, snap });
        Ok(())
    }

    /// Takes the table's cell, whose address goes to `d`, and the second one, whose end goes to scratch. Nothing is taken if one of the runs has ended.
    fn take_cells(&mut self, table: &Table, d: u8, entry: DynamicLabel) {
        let (first, second) = table.cells();
        let one = run(first);
        let reach = |e: &mut Self, r: Run| {
            rm!(e.a.o, cmp, Rq(TMP), QWORD, Ea::Base(VM, r.end));
            e.jcc(Cc::A, entry);
        };
        rm!(self.a.o, mov, Rq(d), QWORD, Ea::Base(VM, one.cur));
        let two = (second > 0).then(|| run(second));
        match two {
            Some(two) if two != one => {
                lea!(self.a.o, Rq(TMP), Ea::Base(d, one.cell));
                reach(self, one);
                rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(VM, two.cur));
                dynasm!(self.a.o; .arch x64; add rax, two.cell);
                reach(self, two);
                mi!(self.a.o, add, QWORD, Ea::Base(VM, one.cur), DWORD one.cell);
                mr!(self.a.o, mov, QWORD, Ea::Base(VM, two.cur), Rq(TMP));
            }
            _ => {
                let bytes = if two.is_some() { one.cell * 2 } else { one.cell };
                lea!(self.a.o, Rq(TMP), Ea::Base(d, bytes));
                reach(self, one);
                mr!(self.a.o, mov, QWORD, Ea::Base(VM, one.cur), Rq(TMP));
            }
        }
    }

    /// Fills a table at `d`, whose second cell ends at scratch.
    fn fill(&mut self, table: &Table, d: u8) {
        let second = match table.cells().1 {
            0 => 0,
            bytes => run(bytes).cell,
        };
        let at = |f| Ea::Base(d, tab(f));
        let outer = Ea::Base(TMP, -second);
        if table.from.is_none() && (table.nodes > 0 || table.asize > 1) {
            dynasm!(self.a.o; .arch x64; pcmpeqd Rx(XTMP), Rx(XTMP));
        }
        // What is at the end of scratch comes first.
        if second > 0 {
            if table.nodes > 0 {
                self.nodes(table, d);
            } else {
                self.slots(outer, table.asize);
            }
            dynasm!(self.a.o; .arch x64; sub rax, second);
            mr!(self.a.o, mov, QWORD, at(if table.nodes > 0 { "node" } else { "array" }), Rq(TMP));
        }
        if table.nodes == 0 {
            self.a.imm(TMP, self.env.nil_slot);
            mr!(self.a.o, mov, QWORD, at("node"), Rq(TMP));
        }
        if table.is_inner() {
            let inner = Ea::Base(d, HEAD as i32);
            match table.from {
                Some((array, _)) => {
                    self.a.imm(TMP, array);
                    self.copy(inner, Ea::Base(TMP, 0), table.asize * SLOT);
                }
                None => self.slots(inner, table.asize),
            }
            lea!(self.a.o, Rq(TMP), inner);
            mr!(self.a.o, mov, QWORD, at("array"), Rq(TMP));
        } else if table.asize == 0 {
            mi!(self.a.o, mov, QWORD, at("array"), DWORD 0);
        }
        mi!(self.a.o, mov, DWORD, at("gct"), DWORD table.head as i32);
        mi!(self.a.o, mov, DWORD, at("shape"), DWORD table.shape as i32);
        mi!(self.a.o, mov, QWORD, at("meta"), DWORD 0);
        mi!(self.a.o, mov, DWORD, at("asize"), DWORD table.asize as i32);
        mi!(self.a.o, mov, DWORD, at("hmask"), DWORD table.nodes.saturating_sub(1) as i32);
        // `border` follows.
        const { assert!(tab("border") == tab("freetop") + 4) };
        mi!(self.a.o, mov, QWORD, at("freetop"), DWORD table.freetop as i32);
    }

    /// Fills the nodes that end where the second cell does, at scratch.
    fn nodes(&mut self, table: &Table, d: u8) {
        let cell = run(table.nodes * NODE).cell;
        match table.from {
            Some((_, node)) => {
                mr!(self.a.o, mov, QWORD, Ea::Base(RSP, ARRAY), Rq(d));
                self.a.imm(d, node);
                self.copy(Ea::Base(TMP, -cell), Ea::Base(d, 0), table.nodes * NODE);
                rm!(self.a.o, mov, Rq(d), QWORD, Ea::Base(RSP, ARRAY));
            }
            None => {
                const { assert!(offset("Node", "val") == 0 && offset("Node", "key") == 8 && offset("Node", "next") == 16) };
                for k in 0..table.nodes {
                    let at = Ea::Base(TMP, (k * NODE) as i32 - cell);
                    mr!(self.a.o, movups, OWORD, at, Rx(XTMP));
                    mi!(self.a.o, mov, QWORD, at.plus(16), DWORD 0);
                }
            }
        }
    }

    /// Stores nils; the vector scratch register has two of them, if there are two.
    fn slots(&mut self, at: Ea, n: u32) {
        for k in 0..n / 2 {
            mr!(self.a.o, movups, OWORD, at.plus(k as i32 * 16), Rx(XTMP));
        }
        if n % 2 == 1 {
            self.a.store_bits(at.plus((n - 1) as i32 * 8), tag::NIL_BITS);
        }
    }

    /// Copies `n` bytes, a multiple of 8.
    fn copy(&mut self, to: Ea, from: Ea, n: u32) {
        for k in 0..n / 16 {
            let k = k as i32 * 16;
            rm!(self.a.o, movups, Rx(XTMP), OWORD, from.plus(k));
            mr!(self.a.o, movups, OWORD, to.plus(k), Rx(XTMP));
        }
        if !n.is_multiple_of(16) {
            let k = n as i32 - 8;
            rm!(self.a.o, movsd, Rx(XTMP), QWORD, from.plus(k));
            mr!(self.a.o, movsd, QWORD, to.plus(k), Rx(XTMP));
        }
    }

    /// NEWREF of a constant string: repeats the latest transition of the table's shape, if it is the key's and concerns its node alone.
    pub(super) fn new_key(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) -> Result<(), Abort> {
        let Arg::Use(u) = n.a else { return Err(Abort::Inconsistent) };
        let snap = n.snap.ok_or(Abort::Inconsistent)?;
        let t = self.use_reg(uses, u);
        let key = slot_bits(self.t, self.req, ins.b);
        let (entry, back) = (self.a.o.new_dynamic_label(), self.a.o.new_dynamic_label());
        rm!(self.a.o, movzx, Rd(TMP), BYTE, Ea::Base(VM, vmfield::GC_EPOCH));
        mr!(self.a.o, cmp, BYTE, Ea::Base(t, tab("marked")), Rb(TMP));
        self.jcc(Cc::E, entry);
        rm!(self.a.o, mov, Rd(TMP), DWORD, Ea::Base(t, tab("shape")));
        dynasm!(self.a.o; .arch x64; shl rax, BYTE shape::RECORD_BITS as i8);
        rm!(self.a.o, add, Rq(TMP), QWORD, Ea::Base(VM, vmfield::SHAPES));
        self.a.imm(d, key);
        mr!(self.a.o, cmp, QWORD, Ea::Base(TMP, record("last_key")), Rq(d));
        self.jcc(Cc::Ne, entry);
        mi!(self.a.o, cmp, DWORD, Ea::Base(TMP, record("last_link")), DWORD shape::NO_LINK as i32);
        self.jcc(Cc::Ne, entry);
        for (from, to) in [("last", "shape"), ("last_freetop", "freetop")] {
            rm!(self.a.o, movd, Rx(XTMP), DWORD, Ea::Base(TMP, record(from)));
            mr!(self.a.o, movd, DWORD, Ea::Base(t, tab(to)), Rx(XTMP));
        }
        mi!(self.a.o, mov, BYTE, Ea::Base(t, tab("nomm")), BYTE 0);
        rm!(self.a.o, mov, Rd(TMP), DWORD, Ea::Base(TMP, record("last_at")));
        rm!(self.a.o, add, Rq(TMP), QWORD, Ea::Base(t, tab("node")));
        mr!(self.a.o, mov, QWORD, Ea::Base(TMP, offset("Node", "key") as i32), Rq(d));
        dynasm!(self.a.o; .arch x64; mov Rq(d), rax; =>back);
        let args = [Word::Reg(t), Word::Bits(key), Word::None];
        self.cold.push(Cold::Helper { entry, back, helper: Helper::tab_newkey, args, d, snap });
        Ok(())
    }

    /// FNEW. Only the scratch registers are written besides the result.
    pub(super) fn new_func(&mut self, n: &Node, ins: Ins, uses: &[Place], d: u8) -> Result<(), Abort> {
        let made = inline::func(self.t, n.at).ok_or(Abort::Inconsistent)?;
        let snap = n.snap.ok_or(Abort::Inconsistent)?;
        let Arg::Use(u) = n.a else { return Err(Abort::Inconsistent) };
        let parent = self.use_reg(uses, u);
        let proto = register_bits(self.t, self.req, ins.a);
        let (entry, back) = (self.a.o.new_dynamic_label(), self.a.o.new_dynamic_label());
        if let Some(&(lowest, ..)) = made.new.first() {
            self.would_be_first(lowest, entry);
        }
        self.take_func(&made, d, entry);
        for &(from, to) in &made.shared {
            self.copy(Ea::Base(d, UPVALS + to as i32 * 8), Ea::Base(parent, UPVALS + from as i32 * 8), 8);
        }
        self.copy(Ea::Base(d, func("env")), Ea::Base(parent, func("env")), 8);
        // At scratch is the first of the upvalues.
        for (k, &(_, _, at)) in (0..).zip(&made.new) {
            if k > 0 {
                dynasm!(self.a.o; .arch x64; add rax, BYTE UPVAL as i8);
            }
            mr!(self.a.o, mov, QWORD, Ea::Base(d, UPVALS + at as i32 * 8), Rq(TMP));
        }
        const { assert!(func("gct") == 0 && func("marked") == 1 && func("builtin") == 2 && func("nup") == 3) };
        const { assert!(func("id") == 4) };
        let nup = (made.shared.len() + made.new.len()) as u8;
        let head = u32::from_le_bytes([objtype::FUNC, 0, 0, nup]);
        mi!(self.a.o, mov, QWORD, Ea::Base(d, 0), DWORD head as i32);
        self.open(&made, d);
        self.a.imm(TMP, proto + PROTO_HEAD as u64);
        mr!(self.a.o, mov, QWORD, Ea::Base(d, func("pc")), Rq(TMP));
        dynasm!(self.a.o; .arch x64; =>back);
        let args = [Word::Bits(proto), Word::Reg(parent), Word::Slot(made.base)];
        self.cold.push(Cold::Helper { entry, back, helper: Helper::func_new, args, d, snap });
        Ok(())
    }

    /// Goes to `entry` if an upvalue of a slot would not be the first of the open ones, or the collector does not look for them here yet.
    fn would_be_first(&mut self, slot: i32, entry: DynamicLabel) {
        let none = self.a.o.new_dynamic_label();
        rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(VM, vmfield::CUR));
        mi!(self.a.o, cmp, DWORD, Ea::Base(TMP, thread("listed")), DWORD 0);
        self.jcc(Cc::E, entry);
        rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(TMP, thread("open_upvals")));
        dynasm!(self.a.o; .arch x64; test rax, rax; jz =>none);
        rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(TMP, upval("v")));
        dynasm!(self.a.o; .arch x64; sub rax, rbp; cmp rax, DWORD slot * 8);
        self.jcc(Cc::Ge, entry);
        dynasm!(self.a.o; .arch x64; =>none);
    }

    /// Takes the cells of a closure, whose address goes to `d`, and of its new upvalues, whose address goes to scratch. Nothing is taken if one
    /// of the runs has ended.
    fn take_func(&mut self, made: &Func, d: u8, entry: DynamicLabel) {
        let (one, two, new) = (run(made.bytes()), run(UPVAL as u32), made.new.len() as i32);
        let reach = |e: &mut Self, r: Run| {
            rm!(e.a.o, cmp, Rq(TMP), QWORD, Ea::Base(VM, r.end));
            e.jcc(Cc::A, entry);
        };
        rm!(self.a.o, mov, Rq(d), QWORD, Ea::Base(VM, one.cur));
        let bytes = if one == two { one.cell * (1 + new) } else { one.cell };
        lea!(self.a.o, Rq(TMP), Ea::Base(d, bytes));
        reach(self, one);
        if one == two || new == 0 {
            mr!(self.a.o, mov, QWORD, Ea::Base(VM, one.cur), Rq(TMP));
            if new > 0 {
                lea!(self.a.o, Rq(TMP), Ea::Base(d, one.cell));
            }
            return;
        }
        rm!(self.a.o, mov, Rq(TMP), QWORD, Ea::Base(VM, two.cur));
        dynasm!(self.a.o; .arch x64; add rax, two.cell * new);
        reach(self, two);
        mr!(self.a.o, mov, QWORD, Ea::Base(VM, two.cur), Rq(TMP));
        mi!(self.a.o, add, QWORD, Ea::Base(VM, one.cur), DWORD one.cell);
        dynasm!(self.a.o; .arch x64; sub rax, two.cell * new);
    }

    /// Fills the new upvalues, the last of which is at scratch, and puts them before the open ones.
    fn open(&mut self, made: &Func, d: u8) {
        const { assert!(upval("gct") == 0 && upval("marked") == 1 && upval("closed") == 2 && upval("immutable") == 3) };
        if made.new.is_empty() {
            return;
        }
        mr!(self.a.o, mov, QWORD, Ea::Base(RSP, ARRAY), Rq(d));
        for (k, &(slot, immutable, _)) in made.new.iter().rev().enumerate() {
            let at = Ea::Base(TMP, -(k as i32) * UPVAL);
            let head = u32::from_le_bytes([objtype::UPVAL, 0, 0, immutable.into()]);
            mi!(self.a.o, mov, QWORD, at, DWORD head as i32);
            self.a.store_bits(at.plus(upval("tv")), tag::NIL_BITS);
            lea!(self.a.o, Rq(d), Ea::Base(BASE, slot * 8));
            mr!(self.a.o, mov, QWORD, at.plus(upval("v")), Rq(d));
            if k + 1 < made.new.len() {
                lea!(self.a.o, Rq(d), at.plus(-UPVAL));
                mr!(self.a.o, mov, QWORD, at.plus(upval("next")), Rq(d));
            } else {
                rm!(self.a.o, mov, Rq(d), QWORD, Ea::Base(VM, vmfield::CUR));
                self.copy(at.plus(upval("next")), Ea::Base(d, thread("open_upvals")), 8);
                mr!(self.a.o, mov, QWORD, Ea::Base(d, thread("open_upvals")), Rq(TMP));
            }
        }
        rm!(self.a.o, mov, Rq(d), QWORD, Ea::Base(RSP, ARRAY));
    }
}
