//! Prints instructions as `luajit -bl` does, and reads such lines back.
//!
//! A line is `pc`, a mark on jump targets, the opcode, its operands by mode, and the constant an operand names as a comment:
//! `0003 => TGETS    1   0   2  ; "name"`. Functions are listed children first. Higher levels of detail add what LuaJIT does not show.
//!
//! Invariant: reading a printed line gives back the instruction, but for operands whose mode says they are not used.

use crate::ins::Ins;
use crate::op::{JUMP_BIAS, Mode, Op};
use crate::proto::{Chunk, GcConst, InternalVar, Proto, TabConst, VarName};
use std::fmt::{self, Write as _};
use std::io::{self, Write};

/// How much a listing shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Detail {
    /// What `luajit -bl` shows.
    #[default]
    Plain,
    /// And the tables of each function: constants, locals, upvalues.
    Tables,
    /// And the line and the encoding of each instruction.
    Encoding,
}

/// Lists all functions of a chunk, children first.
pub fn list(chunk: &Chunk, detail: Detail, out: &mut impl Write) -> io::Result<()> {
    list_function(&chunk.name, &chunk.main, detail, out)
}

/// Lists a function, its children first.
pub fn list_function(chunk_name: &[u8], proto: &Proto, detail: Detail, out: &mut impl Write) -> io::Result<()> {
    for k in &proto.kgc {
        if let GcConst::Proto(child) = k {
            list_function(chunk_name, child, detail, out)?;
        }
    }
    out.write_all(b"-- BYTECODE -- ")?;
    out.write_all(&location(chunk_name, proto))?;
    let (first, count) = proto.debug.as_ref().map_or((0, 0), |d| (d.first_line, d.num_lines));
    writeln!(out, "-{}", first.wrapping_add(count) as i32)?;
    let mut targets = vec![false; proto.bc.len() + 1];
    for (pc, ins) in proto.bc.iter().enumerate().skip(1) {
        if ins.op().is_some_and(|op| op.modes().c == Mode::Jump)
            && let Some(target) =
                (pc as i64 + 1 + i64::from(ins.jump())).try_into().ok().and_then(|t: usize| targets.get_mut(t))
        {
            *target = true;
        }
    }
    for (pc, &target) in targets.iter().enumerate().take(proto.bc.len()).skip(1) {
        let mut line = line(chunk_name, proto, pc, target);
        if detail == Detail::Encoding {
            let number = proto.debug.as_ref().and_then(|d| d.lines.get(pc - 1)).map_or("-".to_string(), u32::to_string);
            write!(out, "{:08x} [{number}]\t", proto.bc[pc].0)?;
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    if detail >= Detail::Tables {
        list_tables(chunk_name, proto, out)?;
    }
    out.write_all(b"\n")
}

/// Returns one line of a listing (without its end): instruction `pc` of `proto`; `target` says whether something jumps to it.
pub fn line(chunk_name: &[u8], proto: &Proto, pc: usize, target: bool) -> Vec<u8> {
    let Some(&ins) = proto.bc.get(pc) else { return Vec::new() };
    let mark = if target { "=>" } else { "  " };
    let Some(op) = ins.op() else { return format!("{pc:04} {mark} ?      {:08x}", ins.0).into_bytes() };
    let modes = op.modes();
    let mut s = format!("{pc:04} {mark} {:<6} ", op.name());
    // Writing to a string cannot fail.
    let _ = if modes.a == Mode::None { write!(s, "    ") } else { write!(s, "{:>3} ", ins.a()) };
    if modes.c == Mode::Jump {
        let _ = write!(s, "=> {:04}", pc as i64 + 1 + i64::from(ins.jump()));
        return s.into_bytes();
    }
    if modes.b == Mode::None && modes.c == Mode::None {
        return s.into_bytes();
    }
    let d = if modes.b == Mode::None { ins.d() } else { u16::from(ins.c()) };
    let mut comment = operand_comment(chunk_name, proto, op, modes.c, d);
    if modes.a == Mode::Uv {
        let mut name = upvalue_name(proto, u16::from(ins.a())).unwrap_or_default().to_vec();
        if let Some(value) = comment {
            name.extend_from_slice(b" ; ");
            name.extend_from_slice(&value);
        }
        comment = Some(name);
    }
    let _ = match (modes.b, &comment) {
        (Mode::None, Some(_)) => write!(s, "{d:>3}      ; "),
        (Mode::None, None) if modes.c == Mode::Lits => write!(s, "{:>3}", d as i16),
        (Mode::None, None) => write!(s, "{d:>3}"),
        (_, Some(_)) => write!(s, "{:>3} {d:>3}  ; ", ins.b()),
        (_, None) => write!(s, "{:>3} {d:>3}", ins.b()),
    };
    let mut line = s.into_bytes();
    line.extend_from_slice(&comment.unwrap_or_default());
    line
}

/// Returns what the comment shows for operand `d`.
fn operand_comment(chunk_name: &[u8], proto: &Proto, op: Op, mode: Mode, d: u16) -> Option<Vec<u8>> {
    match mode {
        Mode::Str => match proto.kgc.get(usize::from(d)) {
            Some(GcConst::Str(s)) => Some(quoted(s)),
            _ => None,
        },
        Mode::Num => {
            let n = *proto.knum.get(usize::from(d))?;
            // The number of a TSETM holds the index in its low word, under the exponent of 2^52.
            let n = if op == Op::TSETM { n - 4_503_599_627_370_496.0 } else { n };
            Some(Number(n).to_string().into_bytes())
        }
        Mode::Func => Some(location(chunk_name, proto.child(usize::from(d))?)),
        Mode::Uv => Some(upvalue_name(proto, d)?.to_vec()),
        _ => None,
    }
}

fn upvalue_name(proto: &Proto, index: u16) -> Option<&[u8]> {
    proto.upvalues.get(usize::from(index))?;
    match &proto.debug {
        Some(debug) => debug.upvalue_names.get(usize::from(index)).map(|name| &name[..]),
        None => Some(b""),
    }
}

/// Returns the string as a listing shows it: control characters escaped, cut after 40 bytes.
fn quoted(s: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &c in &s[..s.len().min(40)] {
        match c {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=31 | 127 => out.extend_from_slice(format!("\\{c:03}").as_bytes()),
            _ => out.push(c),
        }
    }
    if s.len() > 40 {
        // Only a string that is too long itself is cut, not one that escapes make longer.
        out.truncate(41);
        out.extend_from_slice(b"\"~");
    } else {
        out.push(b'"');
    }
    out
}

/// Returns `file:line` of a function's definition: the last component of a file name, `=` names as they are, source text in quotes.
pub fn location(chunk_name: &[u8], proto: &Proto) -> Vec<u8> {
    place(chunk_name, proto.debug.as_ref().map_or(0, |d| d.first_line))
}

/// Returns `file:line` as LuaJIT's reports have it.
pub fn place(chunk_name: &[u8], line: u32) -> Vec<u8> {
    let line = line as i32;
    let name = chunk_name.split(|&c| c == 0).next().unwrap_or_default();
    let mut out = match name {
        [b'@', file @ ..] => match file.iter().rposition(|&c| c == b'/' || c == b'\\') {
            Some(i) if i > 0 => file[i + 1..].to_vec(),
            _ => file.to_vec(),
        },
        // LuaJIT shows an address here.
        _ if chunk_name.len() > 40 => b"(string)".to_vec(),
        [b'=', name @ ..] => name.to_vec(),
        text => [b"\"", text, b"\""].concat(),
    };
    out.extend_from_slice(format!(":{line}").as_bytes());
    out
}

/// A number as LuaJIT's `%.14g` prints it, which rounds a tie away from zero (C libraries round it to even).
pub struct Number(pub f64);

/// Significant digits of a printed number.
const DIGITS: i32 = 14;
/// More significant digits than any double has.
const ALL_DIGITS: usize = 770;

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut n = self.0;
        if !n.is_finite() {
            let text = if n.is_nan() { "nan" } else { "inf" };
            return write!(f, "{}{text}", if n < 0.0 { "-" } else { "" });
        }
        if is_tie(n) {
            // The neighbour lies on the right side of the tie.
            n = f64::from_bits(n.to_bits() + 1);
        }
        let text = format!("{:.*e}", DIGITS as usize - 1, n);
        let Some((mantissa, exponent)) = text.split_once('e') else { return Err(fmt::Error) };
        let exponent: i32 = exponent.parse().map_err(|_| fmt::Error)?;
        let trimmed = |s: &str| match s.contains('.') {
            true => s.trim_end_matches('0').trim_end_matches('.').to_string(),
            false => s.to_string(),
        };
        if (-4..DIGITS).contains(&exponent) {
            f.write_str(&trimmed(&format!("{n:.*}", (DIGITS - 1 - exponent) as usize)))
        } else {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(f, "{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
        }
    }
}

/// Says whether the decimal expansion ends in a 5 right behind the digits that are printed.
fn is_tie(n: f64) -> bool {
    let one_more = format!("{:.*e}", DIGITS as usize, n);
    let mantissa_len = one_more.find('e').unwrap_or(0);
    if !one_more[..mantissa_len].ends_with('5') {
        return false;
    }
    let all = format!("{n:.ALL_DIGITS$e}");
    all[..mantissa_len] == one_more[..mantissa_len] && all[mantissa_len..].trim_start_matches('0').starts_with('e')
}

fn list_tables(chunk_name: &[u8], proto: &Proto, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "-- {} params, {} slots{}",
        proto.num_params,
        proto.frame_size,
        if proto.is_vararg() { ", vararg" } else { "" }
    )?;
    writeln!(out, "-- constants ({})", proto.kgc.len())?;
    for (i, k) in proto.kgc.iter().enumerate() {
        write!(out, "--\t{i}\t")?;
        match k {
            GcConst::Str(s) => out.write_all(&quoted(s))?,
            GcConst::Proto(child) => {
                out.write_all(b"function ")?;
                out.write_all(&location(chunk_name, child))?;
            }
            GcConst::Tab(t) => {
                out.write_all(b"{")?;
                for (i, v) in t.array.iter().enumerate() {
                    write!(out, "{}[{i}]=", if i > 0 { ", " } else { "" })?;
                    out.write_all(&item(v))?;
                }
                for (i, (k, v)) in t.hash.iter().enumerate() {
                    write!(out, "{}[", if i > 0 || !t.array.is_empty() { ", " } else { "" })?;
                    out.write_all(&[&item(k)[..], b"]=", &item(v)].concat())?;
                }
                out.write_all(b"}")?;
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "-- numbers ({})", proto.knum.len())?;
    for (i, &n) in proto.knum.iter().enumerate() {
        writeln!(out, "--\t{i}\t{}", Number(n))?;
    }
    let vars = proto.debug.as_ref().map_or(&[][..], |d| &d.vars);
    writeln!(out, "-- locals ({})", vars.len())?;
    for (i, var) in vars.iter().enumerate() {
        write!(out, "--\t{i}\t")?;
        match &var.name {
            VarName::Name(name) => out.write_all(name)?,
            VarName::Internal(kind) => out.write_all(kind.name().as_bytes())?,
        }
        writeln!(out, "\t{}\t{}", var.start, var.end)?;
    }
    writeln!(out, "-- upvalues ({})", proto.upvalues.len())?;
    for (i, uv) in proto.upvalues.iter().enumerate() {
        write!(out, "--\t{i}\t")?;
        out.write_all(upvalue_name(proto, i as u16).unwrap_or_default())?;
        let kind = if uv.is_local() { "local" } else { "upvalue" };
        writeln!(out, "\t{kind} {}{}", uv.index(), if uv.is_immutable() { " immutable" } else { "" })?;
    }
    Ok(())
}

fn item(v: &TabConst) -> Vec<u8> {
    match v {
        TabConst::Nil => b"nil".to_vec(),
        TabConst::False => b"false".to_vec(),
        TabConst::True => b"true".to_vec(),
        TabConst::Num(n) => Number(*n).to_string().into_bytes(),
        TabConst::Str(s) => quoted(s),
    }
}

impl InternalVar {
    /// Returns the name `debug.getlocal` shows.
    pub const fn name(self) -> &'static str {
        match self {
            InternalVar::ForIdx => "(for index)",
            InternalVar::ForStop => "(for limit)",
            InternalVar::ForStep => "(for step)",
            InternalVar::ForGen => "(for generator)",
            InternalVar::ForState => "(for state)",
            InternalVar::ForCtl => "(for control)",
        }
    }
}

/// Reads a line of a listing: its number and instruction. `None` for lines of another form, such as headers.
pub fn parse_line(line: &str) -> Option<(u32, Ins)> {
    let mut rest = line.split_once(';').map_or(line, |(code, _)| code);
    let (pc, tail) = rest.trim_start().split_once(' ')?;
    let pc: u32 = pc.parse().ok()?;
    rest = tail.trim_start();
    rest = rest.strip_prefix("=>").unwrap_or(rest);
    let mut words = rest.split_whitespace();
    let name = words.next()?;
    let op = *Op::ALL.iter().find(|op| op.name() == name)?;
    let modes = op.modes();
    let a = if modes.a == Mode::None { 0 } else { words.next()?.parse().ok()? };
    let ins = match (modes.b, modes.c) {
        (Mode::None, Mode::None) => Ins::ad(op, a, 0),
        (Mode::None, Mode::Jump) => {
            let target: i64 = words.next().filter(|w| *w == "=>").and(words.next())?.parse().ok()?;
            let offset = target - i64::from(pc) - 1;
            let biased = offset + i64::from(JUMP_BIAS);
            Ins::ad(op, a, u16::try_from(biased).ok()?)
        }
        (Mode::None, Mode::Lits) => Ins::ad(op, a, words.next()?.parse::<i16>().ok()? as u16),
        (Mode::None, _) => Ins::ad(op, a, words.next()?.parse().ok()?),
        _ => {
            let b = words.next()?.parse().ok()?;
            Ins::abc(op, a, b, words.next()?.parse().ok()?)
        }
    };
    words.next().is_none().then_some((pc, ins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_fourteen_digits_and_ties_go_up() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (1e14, "1e+14"),
            (99999999999999.0, "99999999999999"),
            (123456789012345.0, "1.2345678901235e+14"),
            (123456789012335.0, "1.2345678901234e+14"),
            (-123456789012345.0, "-1.2345678901235e+14"),
            (123456789012344.9, "1.2345678901234e+14"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e300, "1e+300"),
            (5e-324, "4.9406564584125e-324"),
            (f64::MAX, "1.7976931348623e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (n, text) in cases {
            assert_eq!(Number(n).to_string(), text);
        }
    }

    #[test]
    fn strings_are_escaped_and_cut() {
        assert_eq!(quoted(b"a\nb\0\x7f\xff"), b"\"a\\nb\\000\\127\xff\"");
        assert_eq!(quoted(&[b'x'; 40]).len(), 42);
        assert_eq!(quoted(&[b'x'; 41]), [b"\"", &[b'x'; 40][..], b"\"~"].concat());
        // A string that is short itself is not cut, however long its escapes.
        assert_eq!(quoted(&[1; 40]).len(), 2 + 4 * 40);
        assert_eq!(quoted(&[1; 41]).len(), 1 + 40 + 2);
    }

    #[test]
    fn locations_show_the_end_of_a_file_name() {
        let location = |name: &[u8]| {
            let proto = Proto {
                flags: Default::default(),
                num_params: 0,
                frame_size: 1,
                bc: Vec::new(),
                upvalues: Vec::new(),
                kgc: Vec::new(),
                knum: Vec::new(),
                debug: None,
            };
            String::from_utf8(location(name, &proto)).unwrap()
        };
        assert_eq!(location(b"@dir/file.lua"), "file.lua:0");
        assert_eq!(location(b"@/file.lua"), "/file.lua:0");
        assert_eq!(location(b"=stdin"), "stdin:0");
        assert_eq!(location(b"return 1"), "\"return 1\":0");
        assert_eq!(location(&[b'x'; 41]), "(string):0");
    }

    #[test]
    fn lines_that_are_no_instructions_do_not_parse() {
        for line in [
            "",
            "-- BYTECODE -- x:0-1",
            "0001    NOOP     1",
            "0001    MOV      1",
            "0001    MOV      1   2   3",
            "x    MOV 1 2",
        ] {
            assert_eq!(parse_line(line), None, "{line}");
        }
        assert_eq!(parse_line("0002 => JMP      1 => 0001"), Some((2, Ins::aj(Op::JMP, 1, -2))));
        assert_eq!(parse_line("0001    KSHORT   0  -5"), Some((1, Ins::ad(Op::KSHORT, 0, 0xfffb))));
    }
}
