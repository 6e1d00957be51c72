//! Text of a function: blocks, names, metadata.

use ir::Ty;
use std::fmt::Write;

/// A block.
#[derive(Clone, Default)]
struct Block {
    label: String,
    /// Lines that come first although they are known last.
    phis: String,
    body: String,
}

/// A function under way. One block is open at any time.
#[derive(Default)]
pub struct Function {
    blocks: Vec<Block>,
    open: usize,
    next: usize,
    /// Number of the place that lines come from.
    pub place: Option<usize>,
}

impl Function {
    /// Begins a block; what follows goes into it.
    pub fn begin(&mut self, label: &str) {
        self.blocks.push(Block { label: label.into(), ..Block::default() });
        self.open = self.blocks.len() - 1;
    }

    /// Returns the label of the open block.
    pub fn current(&self) -> String {
        self.blocks[self.open].label.clone()
    }

    /// Goes on with the block that was open at a mark.
    pub fn reopen(&mut self, label: &str) {
        if let Some(i) = self.blocks.iter().rposition(|b| b.label == label) {
            self.open = i;
        }
    }

    /// Makes a label.
    pub fn label(&mut self) -> String {
        self.next += 1;
        format!("b{}", self.next)
    }

    /// Adds a line.
    pub fn line(&mut self, text: std::fmt::Arguments<'_>) {
        let body = &mut self.blocks[self.open].body;
        // Writing to a string cannot fail.
        let _ = match self.place {
            Some(n) => writeln!(body, "  {text}, !dbg !{n}"),
            None => writeln!(body, "  {text}"),
        };
    }

    /// Adds a line that names its result; returns the name.
    pub fn let_(&mut self, text: std::fmt::Arguments<'_>) -> String {
        self.next += 1;
        let name = format!("%v{}", self.next);
        self.line(format_args!("{name} = {text}"));
        name
    }

    /// Adds a line that opens a block.
    pub fn phi(&mut self, label: &str, text: std::fmt::Arguments<'_>) {
        if let Some(b) = self.blocks.iter_mut().find(|b| b.label == label) {
            let _ = writeln!(b.phis, "  {text}");
        }
    }

    /// Makes a name.
    pub fn name(&mut self) -> String {
        self.next += 1;
        format!("%v{}", self.next)
    }

    /// Remembers where the text ends.
    pub fn mark(&self) -> usize {
        self.blocks.len()
    }

    /// Forgets the blocks behind a mark.
    pub fn reset(&mut self, mark: usize) {
        self.blocks.truncate(mark);
    }

    /// Returns the text.
    pub fn finish(&self) -> String {
        let mut out = String::new();
        for b in &self.blocks {
            let _ = writeln!(out, "{}:", b.label);
            out += &b.phis;
            out += &b.body;
        }
        out
    }
}

/// Metadata of a module, in the order of their numbers.
const CLASSES: [&str; 11] =
    ["kiln", "vm", "stack", "value", "array", "node", "header", "upvalue", "string", "outer", "frame"];
/// Number of the first access tag.
const TAGS: usize = 20;

/// Access tags.
pub const VM: usize = TAGS + 1;
/// Slots of the stack, whichever.
pub const STACK: usize = TAGS + 2;
/// A value of a table, in whichever part.
pub const VALUE: usize = TAGS + 3;
/// Array slots.
pub const ARRAY: usize = TAGS + 4;
/// Values of nodes.
pub const NODE: usize = TAGS + 5;
/// Fields of objects.
pub const HEADER: usize = TAGS + 6;
/// Closed upvalues.
pub const UPVALUE: usize = TAGS + 7;
/// Bytes of strings.
pub const STRING: usize = TAGS + 8;
/// Slots outside of the frames that start where the function's does: open upvalues.
pub const OUTER: usize = TAGS + 9;
/// Slots of those frames.
pub const FRAME: usize = TAGS + 10;
/// Numbers of branch weights.
const WEIGHTS: usize = 40;

/// Returns the number of the branch weights of a guard that fails `n` times of 1024.
pub fn weight(n: u64) -> usize {
    WEIGHTS + (64 - n.clamp(1, 512).leading_zeros() as usize)
}

/// Returns the metadata that the text of functions refers to.
pub fn metadata() -> String {
    let mut out = String::from("!0 = !{}\n");
    for (i, c) in CLASSES.iter().enumerate() {
        let parent = match *c {
            "kiln" => 0,
            "array" | "node" => 4,
            "outer" | "frame" => 3,
            _ => 1,
        };
        let _ = match parent {
            0 => writeln!(out, "!1 = !{{!\"kiln\"}}"),
            p => writeln!(out, "!{} = !{{!\"{c}\", !{p}, i64 0}}", i + 1),
        };
        let _ = writeln!(out, "!{} = !{{!{}, !{}, i64 0}}", TAGS + i, i + 1, i + 1);
    }
    for bits in 1..=10u32 {
        let n = (1u32 << (bits - 1)).min(512);
        let _ = writeln!(out, "!{} = !{{!\"branch_weights\", i32 {}, i32 {n}}}", WEIGHTS + bits as usize, 1024 - n);
    }
    out
}

/// Returns the LLVM type of values of an IR type.
pub fn llvm(ty: Ty) -> &'static str {
    match ty {
        Ty::Num => "double",
        Ty::Int | Ty::Key => "i32",
        Ty::Link | Ty::Lightud => "i64",
        ty if ty.is_pri() => "i64",
        _ => "ptr",
    }
}

/// Returns a boxed nil, false or true.
pub fn pri(ty: Ty) -> String {
    let bits = match ty {
        Ty::Nil => abi::tag::NIL_BITS,
        Ty::False => abi::tag::FALSE_BITS,
        _ => abi::tag::TRUE_BITS,
    };
    (bits as i64).to_string()
}

/// Returns a number as LLVM writes it.
pub fn double(bits: u64) -> String {
    format!("0x{bits:016X}")
}
