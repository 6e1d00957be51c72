//! `-jdump`: what the compiler makes of each trace, step by step: bytecode, IR, snapshots, registers, machine code, exits.
//!
//! The order and the headings are LuaJIT's; the IR is printed as its text form has it (`ir::Trace`).

use super::engine::Live;
use super::place;
use super::report::write;
use abi::exit::ExitState;
use abi::support::Helper;
use bytecode::{Chunk, Op, listing};
use heap::{Func, Value, Vm};
use ir::tree::{Compiled, Item};
use ir::{Trace, Ty};
use jit::asm::place::Place;
use jit::backend::Env;
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;
use stdlib::io::Shared;
use stdlib::jit::compiler::{DumpMode, Style};

/// A dump under way.
pub(crate) struct Dump {
    /// What is shown.
    pub mode: DumpMode,
    out: Shared,
    /// Prototypes as plain data, by address; as long as a recording lasts.
    protos: HashMap<u64, Rc<Chunk>>,
    /// Exits were shown since the last trace.
    exits: bool,
}

const HTML_HEAD: &str = "<style type=\"text/css\">\n\
    pre.kiln { background: #f4f6fb; border: 1px solid #c5cbdc; padding: 0.5em; margin: 0 2em 1em; }\n\
    span.str { color: #00803a; }\nspan.tab { color: #b02020; }\nspan.num { color: #3040c0; }\nspan.int { color: #a03aa0; }\n\
    span.fun { font-weight: bold; }\n</style>\n";

impl Dump {
    /// Begins a dump.
    pub fn new(mode: DumpMode, out: Shared) -> Dump {
        if mode.style == Style::Html {
            write(&out, HTML_HEAD);
        }
        Dump { mode, out, protos: HashMap::new(), exits: false }
    }

    fn put(&self, text: &str) {
        if self.mode.style != Style::Html {
            return write(&self.out, text);
        }
        write(&self.out, &text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    }

    fn shows_traces(&self) -> bool {
        "tbism".chars().any(|c| self.mode.has(c))
    }

    /// A recording begins.
    pub fn start(&mut self, number: u32, parent: Option<(u32, u32)>, at: &str) {
        self.protos.clear();
        if !self.shows_traces() {
            return;
        }
        if self.mode.style == Style::Html {
            write(&self.out, "<pre class=\"kiln\">\n");
        }
        let parent = parent.map_or_else(String::new, |(t, e)| format!(" {t}/{e}"));
        let gap = if std::mem::take(&mut self.exits) { "\n" } else { "" };
        self.put(&format!("{gap}---- TRACE {number} start{parent} {at}\n"));
    }

    /// An instruction is about to be recorded.
    pub fn instruction(&mut self, vm: &Vm, func: Value, pc: Option<u32>, depth: u32) {
        if !self.mode.has('b') {
            return;
        }
        let prefix = " .".repeat(depth as usize);
        let (Some(proto), Some(pc)) = (place::proto_of(func), pc) else {
            let name = place::builtin_name(func).unwrap_or("?");
            return self.put(&format!("0000 {prefix} FUNCC               ; {name}\n"));
        };
        let chunk = match self.protos.get(&(proto as u64)) {
            Some(chunk) => chunk.clone(),
            None => {
                let f = func.as_func().and_then(|f| {
                    // SAFETY: the function runs.
                    interp::debug::to_chunk(vm, unsafe { Func::from_raw(f) })
                });
                let Some(chunk) = f.map(Rc::new) else { return };
                self.protos.insert(proto as u64, chunk.clone());
                chunk
            }
        };
        let line = |pc: u32| {
            let mut line = listing::line(&chunk.name, &chunk.main, pc as usize, false);
            // Two blanks behind the number are where the prefix goes.
            if let Some(at) = line.iter().position(|c| *c == b' ') {
                line.splice(at + 1..at + 3, prefix.bytes());
            }
            String::from_utf8_lossy(&line).into_owned()
        };
        let mut text = line(pc);
        if pc == 0 {
            let _ = write!(text, "         ; {}", place::text(proto, 0));
        }
        text.push('\n');
        let op = chunk.main.bc.get(pc as usize).and_then(|i| i.op());
        if op.is_some_and(|op| (op as u8) < 16) {
            // The jump of a comparison.
            text.push_str(&line(pc + 1));
            text.push('\n');
        }
        self.put(&text);
    }

    /// A recording was given up.
    pub fn abort(&mut self, number: u32, at: &str, message: &str, trace: Option<&Trace>) {
        self.protos.clear();
        if let Some(trace) = trace.filter(|_| self.mode.has('a')) {
            self.ir(number, trace, &[]);
        }
        if self.shows_traces() {
            self.put(&format!("---- TRACE {number} abort {at} -- {message}\n"));
            self.end();
        }
    }

    /// A trace is finished.
    pub fn stop(&mut self, number: u32, live: &Live, linktype: &str, link: u32, env: &Env) {
        self.protos.clear();
        self.ir(number, &live.trace.unpack(), &live.trace.places());
        if self.mode.has('m') {
            self.put(&code_text(number, live, env));
        }
        if self.shows_traces() {
            let to = match linktype {
                "root" if link != number => link.to_string(),
                _ => linktype.to_string(),
            };
            self.put(&format!("---- TRACE {number} stop -> {to}\n"));
            self.end();
        }
    }

    /// A precompiled tree is used from now on; `code` is its machine code, and where its table lies.
    pub fn bound(&mut self, number: u32, at: &str, whole: &Compiled, code: Option<(&[u8], u64)>, linktype: &str) {
        if !self.shows_traces() {
            return;
        }
        if self.mode.style == Style::Html {
            write(&self.out, "<pre class=\"kiln\">\n");
        }
        let gap = if std::mem::take(&mut self.exits) { "\n" } else { "" };
        self.put(&format!("{gap}---- TRACE {number} precompiled {at}\n"));
        for (i, b) in whole.tree.branches.iter().enumerate() {
            if let Some((parent, exit)) = b.parent {
                self.put(&format!("---- TRACE {number} branch {i} at {parent}/{exit}\n"));
            }
            self.ir(number, &b.trace, &[]);
        }
        if let Some((code, table)) = code {
            self.put(&tree_text(number, code, table, whole));
        }
        self.put(&format!("---- TRACE {number} stop -> {linktype}\n"));
        self.end();
    }

    fn end(&self) {
        write(&self.out, if self.mode.style == Style::Html { "</pre>\n\n" } else { "\n" });
    }

    /// All traces were freed.
    pub fn flush(&self) {
        if self.shows_traces() {
            self.put("---- TRACE flush\n\n");
        }
    }

    /// An exit was taken.
    pub fn exit(&mut self, trace: u32, exit: u32, state: Option<&ExitState>) {
        if !self.mode.has('x') && !self.mode.has('X') {
            return;
        }
        self.exits = true;
        let mut text = format!("---- TRACE {trace} exit {exit}\n");
        if self.mode.has('X')
            && let Some(state) = state
        {
            for four in state.gpr[..16].chunks(4) {
                for r in four {
                    let _ = write!(text, " {r:016x}");
                }
                text.push('\n');
            }
            for four in state.fpr[..16].chunks(4) {
                for r in four {
                    let mut digits = [0; 32];
                    let n = f64::from_bits(*r);
                    let len = heap::number::format(n, &mut digits);
                    let sign = if n.is_sign_negative() || n.is_nan() { "" } else { "+" };
                    let number = format!("{sign}{}", String::from_utf8_lossy(&digits[..len]));
                    let _ = write!(text, " {number:>17}");
                }
                text.push('\n');
            }
        }
        self.put(&text);
    }

    fn ir(&self, number: u32, trace: &Trace, regs: &[Option<Place>]) {
        if self.mode.has('i') {
            self.put(&format!("---- TRACE {number} IR\n"));
            let (snaps, with_regs) = (self.mode.has('s'), self.mode.has('r') && !regs.is_empty());
            let mut next = 0;
            for i in 0..=trace.ins.len() {
                while snaps && next < trace.snaps.len() && (trace.snaps[next].at as usize <= i || i == trace.ins.len())
                {
                    self.put(&format!("{}\n", trace.show_snap(next)));
                    next += 1;
                }
                let Some(ins) = trace.ins.get(i).filter(|_| i > 0) else { continue };
                let text = match ins.op {
                    ir::Op::NOP => continue,
                    ir::Op::LOOP => format!("{i:04} ------ LOOP ------------"),
                    _ => trace.show_ins(i),
                };
                self.line(
                    &text,
                    with_regs
                        .then(|| regs.get(i).copied().flatten().map_or_else(String::new, jit::asm::x64::name))
                        .as_deref(),
                    ins.ty,
                );
            }
        } else if self.mode.has('s') {
            self.put(&format!("---- TRACE {number} snapshots\n"));
            for n in 0..trace.snaps.len() {
                self.put(&format!("{:04} {}\n", trace.snaps[n].at, trace.show_snap(n)));
            }
        }
    }

    /// Writes a line of IR: the register behind the number, the type coloured.
    fn line(&self, text: &str, reg: Option<&str>, ty: Ty) {
        let (number, rest) = text.split_at(4.min(text.len()));
        let reg = reg.map_or_else(String::new, |r| format!(" {r:<6}"));
        let name = ty.name();
        // Number, three marks, the type.
        let at = rest.find(name).filter(|at| *at == 5);
        let (before, after) = at.map_or((rest, ""), |at| (&rest[..at], &rest[at + name.len()..]));
        let shown = if at.is_some() { name } else { "" };
        match self.mode.style {
            Style::Ansi if at.is_some() && colour(ty) != 0 => {
                self.put(&format!("{number}{reg}{before}\x1b[{}m{shown}\x1b[m{after}\n", colour(ty)));
            }
            Style::Html if at.is_some() => {
                self.put(&format!("{number}{reg}{before}"));
                write(&self.out, &format!("<span class=\"{}\">{shown}</span>", shown.trim()));
                self.put(&format!("{after}\n"));
            }
            _ => self.put(&format!("{number}{reg}{before}{shown}{after}\n")),
        }
    }
}

/// Returns the colour of a type on terminals, 0 for none.
fn colour(ty: Ty) -> u8 {
    match ty {
        Ty::Str => 32,
        Ty::Tab => 31,
        Ty::Num => 34,
        Ty::Int => 35,
        Ty::Udata | Ty::Lightud => 36,
        Ty::Func | Ty::Thread => 1,
        _ => 0,
    }
}

/// Returns a trace's machine code.
pub(crate) fn code_bytes(live: &Live) -> Vec<u8> {
    // SAFETY: the block is the trace's as long as the trace lives.
    unsafe { std::slice::from_raw_parts(live.code.0 as *const u8, live.code.1) }.to_vec()
}

/// Disassembles a trace as far as the stubs of its exits: exits, helpers and the loop's head have names.
fn code_text(number: u32, live: &Live, env: &Env) -> String {
    let bytes = code_bytes(live);
    let mut text = format!("---- TRACE {number} mcode {}\n", bytes.len());
    let lines = jit::asm::disasm(&bytes, live.code.0);
    let stubs = live.patches.iter().filter_map(|(_, site)| jump_target(&bytes, live.code.0, *site as usize)).min();
    let lines = &lines[..lines.iter().position(|(at, _)| Some(*at) == stubs).unwrap_or(lines.len())];
    let head = loop_head(lines);
    for (i, (address, line)) in lines.iter().enumerate() {
        if head == Some(*address) {
            text.push_str("->LOOP:\n");
        }
        let end = lines.get(i + 1).map(|(at, _)| *at).or(stubs);
        // A jump to an exit ends with the distance that linking patches.
        let exit = live.patches.iter().find(|(_, site)| end == Some(live.code.0 + *site as u64 + 4));
        let jump = line.split_once(' ').filter(|(name, _)| name.starts_with('j'));
        let shown = match (exit, jump, head) {
            (Some((exit, _)), Some((name, _)), _) => format!("{name} ->{exit}"),
            (_, Some((name, to)), Some(head)) if hex(to) == Some(head) => format!("{name} ->LOOP"),
            _ => line.clone(),
        };
        let helper = env.helpers.iter().position(|h| *h != 0 && names_address(line, *h));
        let note = helper.and_then(|i| Helper::ALL.get(i)).map_or(String::new(), |h| format!("  ; {}", h.row().name));
        let _ = writeln!(text, "{address:012x}  {shown}{note}");
    }
    text
}

/// Disassembles a precompiled tree: words of its table have names.
fn tree_text(number: u32, code: &[u8], table: u64, whole: &Compiled) -> String {
    let mut text = format!("---- TRACE {number} mcode {}\n", code.len());
    let lines = jit::asm::disasm(code, code.as_ptr() as u64);
    if lines.is_empty() {
        text.push_str(
            "(this runtime has no disassembler: objdump shows the code of executables built with --symbols)\n",
        );
    }
    for (address, line) in lines {
        let items = whole.items.iter().enumerate();
        let item = items.rev().find(|(n, _)| names_address(&line, table + *n as u64 * 8)).map(|(_, item)| item);
        let note = item.map_or(String::new(), |item| match line.starts_with("lea ") {
            true => "  ; the table".to_string(),
            false => format!("  ; {}", word(item, whole)),
        });
        let _ = writeln!(text, "{address:012x}  {line}{note}");
    }
    text
}

/// Names a word of a tree's table.
fn word(item: &Item, whole: &Compiled) -> String {
    match item {
        Item::Rounds => "rounds".to_string(),
        Item::Helper(h) => h.row().name.to_string(),
        Item::Root(key) => format!("root {key}"),
        Item::Exit(n) => match whole.exits.get(*n as usize) {
            Some((0, exit)) => format!("->{exit}"),
            Some((branch, exit)) => format!("->{branch}/{exit}"),
            None => format!("exit {n}"),
        },
        Item::Cell(n) => format!("cell {n}"),
        Item::Const(c) => c.to_string(),
        Item::Offset(_, key) => format!("offset of {:?}", String::from_utf8_lossy(key)),
    }
}

/// Returns where the distance at offset `site` leads.
pub(crate) fn jump_target(bytes: &[u8], at: u64, site: usize) -> Option<u64> {
    let distance = i32::from_le_bytes(bytes.get(site..site + 4)?.try_into().ok()?);
    Some((at + site as u64 + 4).wrapping_add_signed(distance.into()))
}

/// Returns where the last jump back leads.
fn loop_head(lines: &[(u64, String)]) -> Option<u64> {
    let first = lines.first()?.0;
    lines.iter().rev().find_map(|(at, line)| hex(line.strip_prefix("jmp ")?).filter(|to| (first..*at).contains(to)))
}

/// Reads an address as the disassembler writes it.
fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim().strip_suffix('h')?, 16).ok()
}

/// Says whether a line of assembly has an address as a number.
fn names_address(line: &str, address: u64) -> bool {
    address > 0xffff && line.contains(&format!("{address:X}h"))
}

/// Returns where the loop's code begins.
pub(crate) fn loop_offset(live: &Live) -> Option<usize> {
    live.trace.unpack().ins.iter().find(|i| i.op == ir::Op::LOOP)?;
    let lines = jit::asm::disasm(&code_bytes(live), live.code.0);
    loop_head(&lines).map(|at| (at - live.code.0) as usize)
}

const _: () = assert!((Op::ISLT as u8) < 16 && (Op::ISF as u8) < 16 && (Op::ISTYPE as u8) >= 16);
