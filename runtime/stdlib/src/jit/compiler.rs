//! What the library asks of a trace compiler.
//!
//! The library knows no compiler; the runtime puts one into [`JitState`](super::JitState). Where there is none, traces do not exist and
//! the questions are not asked.

use crate::io::Shared;
use abi::abort::Abort;
use heap::Vm;

/// Facts of a trace, as `jit.util.traceinfo` shows them.
#[derive(Clone, Debug)]
pub struct TraceInfo {
    /// Number of the last instruction.
    pub nins: u32,
    /// Number of constants.
    pub nk: u32,
    /// The trace behind its end: its own number for loops, 0 for none.
    pub link: u32,
    /// Number of exits.
    pub nexit: u32,
    /// How it ends: LuaJIT's word.
    pub linktype: &'static str,
    /// How often the interpreter has entered it.
    pub entries: u32,
    /// Where it comes from: `live` or `precompiled`.
    pub origin: &'static str,
}

/// A constant of a trace.
#[derive(Clone, Debug)]
pub enum TraceConst {
    /// nil
    Nil,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string, or the text of a symbol.
    Text(Vec<u8>),
}

/// What a dump shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DumpMode {
    /// Bits `1 << (letter - 'A')` for letters from `A` to `z`.
    letters: u64,
    /// How it is coloured.
    pub style: Style,
}

/// How a dump is coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Plain text.
    Text,
    /// Sequences of terminals.
    Ansi,
    /// HTML.
    Html,
}

impl DumpMode {
    /// What is shown without options.
    const DEFAULT: &'static str = "tbim";
    /// All letters but the styles.
    pub const LETTERS: &'static str = "tbirsmxXa";

    /// Reads options as `-jdump=` has them: letters, or changes of the default behind `+` or `-`. The error is the unknown letter.
    pub fn parse(options: &str, style: Style) -> Result<DumpMode, char> {
        let mut mode = DumpMode { letters: 0, style };
        let letters: String = options.chars().filter(|c| !mode.set_style(*c)).collect();
        let (change, letters) = match letters.as_bytes().first() {
            Some(b'+') => (Some(true), &letters[1..]),
            Some(b'-') => (Some(false), &letters[1..]),
            None => (Some(true), ""),
            _ => (None, &letters[..]),
        };
        if change.is_some() {
            DumpMode::DEFAULT.chars().for_each(|c| mode.letters |= bit(c));
        }
        for c in letters.chars() {
            if !DumpMode::LETTERS.contains(c) {
                return Err(c);
            }
            if change == Some(false) { mode.letters &= !bit(c) } else { mode.letters |= bit(c) }
        }
        Ok(mode)
    }

    fn set_style(&mut self, c: char) -> bool {
        self.style = match c {
            'T' => Style::Text,
            'A' => Style::Ansi,
            'H' => Style::Html,
            _ => return false,
        };
        true
    }

    /// Says whether a letter was given.
    pub fn has(&self, letter: char) -> bool {
        self.letters & bit(letter) != 0
    }
}

const fn bit(letter: char) -> u64 {
    1 << ((letter as u8).wrapping_sub(b'A') & 63)
}

/// A trace compiler.
pub trait Compiler: Sync {
    /// Returns the facts of a trace.
    fn info(&self, vm: &Vm, trace: u32) -> Option<TraceInfo>;
    /// Returns an instruction of a trace as `jit.util.traceir` does: operand modes, operation and type, operands, place.
    fn instruction(&self, vm: &Vm, trace: u32, index: u32) -> Option<[i32; 5]>;
    /// Returns constant `index` (from 0) of a trace and the number of its type.
    fn constant(&self, vm: &Vm, trace: u32, index: u32) -> Option<(TraceConst, u32)>;
    /// Returns a snapshot: instruction, slots, then entries.
    fn snapshot(&self, vm: &Vm, trace: u32, snapshot: u32) -> Option<Vec<i32>>;
    /// Returns code, address and offset of the loop (0: none).
    fn machine_code(&self, vm: &Vm, trace: u32) -> Option<(Vec<u8>, u64, u32)>;
    /// Returns the address of an exit's stub.
    fn exit_stub(&self, vm: &Vm, trace: u32, exit: u32) -> Option<u64>;
    /// Returns the address of a helper that traces call.
    fn helper(&self, vm: &Vm, index: u32) -> Option<u64>;
    /// Returns the trace whose code an address is in.
    fn trace_at(&self, vm: &Vm, address: u64) -> Option<u32>;
    /// Says whether the compiler works at this moment.
    fn is_recording(&self, vm: &Vm) -> bool;
    /// Gives up what is being recorded.
    fn give_up(&self, vm: &mut Vm, why: Abort);
    /// Frees a root trace and its side traces.
    fn flush_trace(&self, vm: &mut Vm, trace: u32);
    /// Frees all traces that begin in these prototypes.
    fn flush_protos(&self, vm: &mut Vm, protos: &[u64]);
    /// Forgets why these prototypes were not compiled.
    fn forgive(&self, vm: &mut Vm, protos: &[u64]);
    /// Says which events programs want from now on: bits of [`wants`](super::events::wants).
    fn listen(&self, vm: &mut Vm, wanted: u8);
    /// Writes a line for each trace from now on, or no longer.
    fn verbose(&self, vm: &mut Vm, out: Option<Shared>);
    /// Dumps each trace from now on, or no longer.
    fn dump(&self, vm: &mut Vm, out: Option<(DumpMode, Shared)>);
    /// Names of instructions, helpers, fields and functions: what `jit.vmdef` has of them.
    fn names(&self) -> Names;
}

/// Names that `jit.vmdef` shows.
#[derive(Default)]
pub struct Names {
    /// Operations, in the order of their numbers.
    pub operations: Vec<&'static str>,
    /// Helpers.
    pub helpers: Vec<&'static str>,
    /// Fields.
    pub fields: Vec<&'static str>,
    /// Functions of `FPMATH`.
    pub math: Vec<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_replace_or_change_the_default() {
        let shown = |o: &str| {
            let mode = DumpMode::parse(o, Style::Text).expect("parses");
            DumpMode::LETTERS.chars().filter(|c| mode.has(*c)).collect::<String>()
        };
        assert_eq!(shown(""), "tbim");
        assert_eq!(shown("T"), "tbim");
        assert_eq!(shown("is"), "is");
        assert_eq!(shown("+rsX"), "tbirsmX");
        assert_eq!(shown("-bt"), "im");
        assert_eq!(DumpMode::parse("iH", Style::Text).map(|m| m.style), Ok(Style::Html));
        assert_eq!(DumpMode::parse("iq", Style::Text), Err('q'));
    }
}
