//! `string.format`, and the same for buffers.

use super::directive::{self, Conversion, Directive, Piece};
use crate::buffer;
use crate::scratch;
use abi::metamethod::Mm;
use heap::{Raise, Val};
use interp::cx::{display, num_to_int};
use interp::{Cx, Ret};

/// Below this number all integers are exact.
const MAX_EXACT: f64 = 9007199254740992.0;

/// `string.format(format, ...)`
pub fn format(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let mut out = scratch::take();
    append_format(cx, &mut out, 0, false)?;
    cx.ret_str(&out)
}

/// Appends the arguments behind argument `format`, formatted by it. If `to_buffer`, argument 0 is a buffer that must not be among them.
pub fn append_format(cx: &mut Cx<'_>, out: &mut Vec<u8>, format: u32, to_buffer: bool) -> Result<(), Raise> {
    let mut at = 0;
    let mut arg = format;
    loop {
        // `__tostring` may have run: the text is read again.
        let text = cx.check_str(format)?.bytes();
        if !to_buffer
            && let Some([b'%', letter @ (b's' | b'd'), ..]) = text.get(at..)
            && put_plain(out, *letter, cx.arg(arg + 1))
        {
            arg += 1;
            at += 2;
            continue;
        }
        let Some((piece, next)) = directive::next_piece(text, at) else { return Ok(()) };
        at = next;
        match piece {
            Piece::Literal(text) => out.extend_from_slice(text),
            Piece::Invalid(text) => {
                let message = [b"invalid option '", text, b"' to 'format'"].concat();
                return Err(cx.error_bytes(&message));
            }
            Piece::Directive(d) => {
                arg += 1;
                if arg >= cx.nargs() {
                    return Err(cx.arg_error(arg, "value expected"));
                }
                let is_text = matches!(d.conversion, Conversion::Str | Conversion::Quoted);
                if to_buffer && is_text && cx.arg(arg).raw_eq(cx.arg(0)) {
                    // LuaJIT counts one too many here.
                    return Err(cx.arg_error(arg + 1, "cannot put buffer into itself"));
                }
                put_arg(cx, out, &d, arg)?;
            }
        }
    }
}

/// Does `%s` of a string and `%d` of a not negative integer, the most frequent cases; says whether it was one of them.
#[inline]
fn put_plain(out: &mut Vec<u8>, letter: u8, v: Val<'_>) -> bool {
    if letter == b's' {
        let Some(s) = v.as_str() else { return false };
        s.append_to(out);
        return true;
    }
    match v.as_num() {
        Some(n) if (0.0..MAX_EXACT).contains(&n) => {
            directive::put_decimal(out, n as u64);
            true
        }
        _ => false,
    }
}

fn put_arg(cx: &mut Cx<'_>, out: &mut Vec<u8>, d: &Directive, arg: u32) -> Result<(), Raise> {
    match d.conversion {
        Conversion::Int => directive::put_int(out, d, directive::to_i64(cx.check_num(arg)?) as u64),
        Conversion::Uint | Conversion::Hex | Conversion::Octal => {
            directive::put_int(out, d, directive::to_u64(cx.check_num(arg)?));
        }
        Conversion::FloatHex | Conversion::Exponent | Conversion::Fixed | Conversion::General => {
            directive::put_float(out, d, cx.check_num(arg)?);
        }
        Conversion::Char => directive::put_char(out, d, num_to_int(cx.check_num(arg)?) as u8),
        Conversion::Pointer => directive::put_pointer(out, cx.arg(arg).address().unwrap_or(0)),
        Conversion::Str | Conversion::Quoted => return put_text(cx, out, d, arg),
    }
    Ok(())
}

fn put_text(cx: &mut Cx<'_>, out: &mut Vec<u8>, d: &Directive, arg: u32) -> Result<(), Raise> {
    let put = |out: &mut Vec<u8>, text: &[u8]| match d.conversion {
        Conversion::Quoted => directive::put_quoted(out, text),
        _ => directive::put_str(out, d, text),
    };
    if let Some(s) = cx.arg(arg).as_str() {
        put(out, s.bytes());
        return Ok(());
    }
    if buffer::with_bytes(cx.arg(arg), |text| put(out, text)).is_some() {
        return Ok(());
    }
    let mm = cx.vm().metamethod(cx.arg(arg), Mm::Tostring);
    if !mm.is_nil() {
        cx.push(mm);
        cx.push(cx.arg(arg));
        cx.call(1, Some(1))?;
        cx.set_slot(arg, cx.slot(cx.height() - 1));
        cx.pop(1);
        if buffer::with_bytes(cx.arg(arg), |text| put(out, text)).is_some() {
            return Ok(());
        }
    }
    put(out, display(cx.vm(), cx.arg(arg))?.bytes());
    Ok(())
}
