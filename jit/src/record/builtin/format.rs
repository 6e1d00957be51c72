//! `string.format` of constant formats that only put texts and integers behind each other.
//!
//! Absent: every directive with flags, width or precision, and all but `%s`, `%d`, `%%`: then it is called.

use super::{Args, Rec, Results};
use crate::record::Tr;
use ir::{Op as I, Ref, Ty};

/// A piece of a format.
#[derive(PartialEq, Eq, Debug)]
enum Piece {
    /// Text as it is.
    Text(Vec<u8>),
    /// `%s`
    Str,
    /// `%d`
    Int,
}

/// Splits a format; `None` if it has a directive that is not compiled.
fn split(format: &[u8]) -> Option<Vec<Piece>> {
    let mut out = Vec::new();
    let mut text = Vec::new();
    let mut bytes = format.iter();
    while let Some(&c) = bytes.next() {
        let piece = match (c, c == b'%') {
            (_, false) => {
                text.push(c);
                continue;
            }
            _ => match bytes.next()? {
                b'%' => {
                    text.push(b'%');
                    continue;
                }
                b's' => Piece::Str,
                b'd' => Piece::Int,
                _ => return None,
            },
        };
        if !text.is_empty() {
            out.push(Piece::Text(std::mem::take(&mut text)));
        }
        out.push(piece);
    }
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
    Some(out)
}

/// `string.format(format, ...)`
pub(super) fn format(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((f, bytes)) = r.str_arg(args, 0) else { return Ok(None) };
    let Some(pieces) = split(&bytes) else { return Ok(None) };
    for (next, piece) in (1..).zip(pieces.iter().filter(|p| !matches!(p, Piece::Text(_)))) {
        let Some((tr, live)) = args.at(next) else { return Ok(None) };
        let good = match piece {
            Piece::Int => tr.ty.is_number() && live.int().is_some(),
            _ => tr.ty == Ty::Str || (tr.ty.is_number() || tr.ty.is_pri()) && r.s.metatable(live).is_nil(),
        };
        if !good {
            return Ok(None);
        }
    }
    r.is_text(f, &bytes)?;
    let mut parts: Vec<Tr> = Vec::new();
    let mut next = 1;
    for piece in pieces {
        let part = match piece {
            Piece::Text(text) => r.text(&text),
            Piece::Str => {
                next += 1;
                let (v, live) = args.values[next - 1];
                if v.ty != Ty::Str {
                    r.base_metatable(v.ty, live)?;
                }
                match r.plain_text(v)? {
                    Some(s) => s,
                    None => return Ok(None),
                }
            }
            Piece::Int => {
                next += 1;
                let v = args.values[next - 1].0;
                let i = if v.ty == Ty::Int {
                    v
                } else {
                    r.guard(I::CONV, Ty::Int, v.r, Ref::lit(ir::Conv::IntNum as i32))?
                };
                r.guard(I::TOSTR, Ty::Str, i.r, Ref::NONE)?
            }
        };
        parts.push(part);
    }
    Ok(Some(vec![r.joined(&parts)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_split() {
        let text = |s: &str| Piece::Text(s.into());
        assert_eq!(split(b"a%%%s=%d\n"), Some(vec![text("a%"), Piece::Str, text("="), Piece::Int, text("\n")]));
        assert_eq!(split(b""), Some(vec![]));
        assert_eq!(split(b"%5d"), None);
        assert_eq!(split(b"%"), None);
        assert_eq!(split(b"%.3f"), None);
    }
}
