//! Library `os`: time, environment, programs, files by name.

use crate::io;
use crate::register::{self, fill, library};
use crate::sys;
use crate::system::{c_bytes, errno, file_result, shell, to_i64};
use heap::{Raise, Tab, Val, Vm};
use interp::{Cx, Ret};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;

library!(os);

// ---- programs and environment ----

fn execute(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let Some(command) = cx.opt_str(0)?.map(|s| c_bytes(s.bytes()).to_vec()) else {
        let there = std::path::Path::new("/bin/sh").exists();
        return cx.ret(Val::num(f64::from(u8::from(there))));
    };
    io::flush_all(cx.vm_mut());
    let status = shell(&command).status();
    // The status word of wait(), as C's system() returns it.
    cx.ret(Val::num(f64::from(status.map_or(-1, ExitStatusExt::into_raw))))
}

fn exit(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let code = match cx.arg(0) {
        v if v.raw_eq(Val::TRUE) => 0,
        v if v.raw_eq(Val::FALSE) => 1,
        _ => cx.opt_int(0, 0)?,
    };
    let close = cx.arg(1).is_true();
    crate::exit_process(cx.vm_mut(), code, close)
}

fn getenv(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = c_bytes(cx.check_str(0)?.bytes());
    // Names that cannot be in an environment must not reach the standard library, which would panic.
    let value = if name.is_empty() || name.contains(&b'=') { None } else { std::env::var_os(OsStr::from_bytes(name)) };
    match value {
        Some(value) => cx.ret_str(&value.into_vec()),
        None => cx.ret(Val::NIL),
    }
}

fn setlocale(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    const NAMES: &[&str] = &["ctype", "numeric", "time", "collate", "monetary", "all"];
    const CATEGORIES: &[i32] =
        &[libc::LC_CTYPE, libc::LC_NUMERIC, libc::LC_TIME, libc::LC_COLLATE, libc::LC_MONETARY, libc::LC_ALL];
    let name = cx.opt_str(0)?.map(|s| c_string(s.bytes()));
    let category = CATEGORIES[cx.check_option(1, Some(5), NAMES)?];
    match sys::setlocale(category, name.as_deref()) {
        Some(name) => cx.ret_str(&name),
        None => cx.ret(Val::NIL),
    }
}

/// Makes a string for C of the bytes before the first NUL.
fn c_string(bytes: &[u8]) -> CString {
    CString::new(c_bytes(bytes)).unwrap_or_default()
}

// ---- files by name ----

fn remove(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = c_bytes(cx.check_str(0)?.bytes());
    let path = OsStr::from_bytes(name);
    // As C's remove(): unlink, or rmdir for directories.
    let result = std::fs::remove_file(path).or_else(|e| match e.raw_os_error() {
        Some(libc::EISDIR) => std::fs::remove_dir(path),
        _ => Err(e),
    });
    file_result(cx, result.map_err(|e| errno(&e)), Some(name))
}

fn rename(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let from = c_bytes(cx.check_str(0)?.bytes());
    let to = c_bytes(cx.check_str(1)?.bytes());
    let result = std::fs::rename(OsStr::from_bytes(from), OsStr::from_bytes(to));
    file_result(cx, result.map_err(|e| errno(&e)), Some(from))
}

fn tmpname(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    match sys::make_temp_file() {
        Ok((_, name)) => cx.ret_str(&name),
        Err(_) => Err(cx.error("unable to generate a unique filename")),
    }
}

// ---- time ----

fn clock(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.ret(Val::num(sys::clock()))
}

fn difftime(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    // The order in which stock LuaJIT finds fault.
    let b = to_i64(cx.opt_num(1, 0.0)?);
    let a = to_i64(cx.check_num(0)?);
    cx.ret(Val::num(a as f64 - b as f64))
}

fn time(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    if cx.arg(0).is_nil() {
        return cx.ret(Val::num(sys::time() as f64));
    }
    cx.check_tab(0)?;
    let mut tm = sys::blank_tm();
    tm.tm_sec = field(cx, "sec", Some(0))?;
    tm.tm_min = field(cx, "min", Some(0))?;
    tm.tm_hour = field(cx, "hour", Some(12))?;
    tm.tm_mday = field(cx, "day", None)?;
    tm.tm_mon = field(cx, "month", None)?.wrapping_sub(1);
    tm.tm_year = field(cx, "year", None)?.wrapping_sub(1900);
    push_field(cx, "isdst")?;
    let dst = cx.slot(cx.height() - 1);
    tm.tm_isdst = if dst.is_nil() { -1 } else { i32::from(dst.is_true()) };
    match sys::mktime(&mut tm) {
        -1 => cx.ret(Val::NIL),
        t => cx.ret(Val::num(t as f64)),
    }
}

/// Pushes a field of argument 0, with metamethods.
fn push_field(cx: &mut Cx<'_>, name: &str) -> Result<(), Raise> {
    let key = cx.height();
    cx.push_str(name.as_bytes())?;
    cx.index(0, key)
}

/// Returns an integer field of argument 0.
fn field(cx: &mut Cx<'_>, name: &str, default: Option<i32>) -> Result<i32, Raise> {
    push_field(cx, name)?;
    let v = cx.slot(cx.height() - 1);
    let n = v.as_num().or_else(|| v.as_str().and_then(|s| heap::number::parse(s.bytes())));
    cx.pop(2);
    n.map(|n| to_i64(n) as i32).or(default).ok_or_else(|| cx.error(&format!("field '{name}' missing in date table")))
}

fn date(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let format = match cx.opt_str(0)? {
        Some(s) => c_bytes(s.bytes()).to_vec(),
        None => b"%c".to_vec(),
    };
    let time = if cx.arg(1).is_nil() { sys::time() } else { to_i64(cx.check_num(1)?) };
    let (utc, format) = match format.strip_prefix(b"!") {
        Some(rest) => (true, rest),
        None => (false, &format[..]),
    };
    let Some(tm) = sys::calendar(time, utc) else { return cx.ret(Val::NIL) };
    match format {
        b"*t" => {
            let t = date_table(cx.vm(), &tm)?;
            cx.ret(t.val())
        }
        b"" => cx.ret_str(b""),
        _ => cx.ret_str(&format_date(format, &tm)),
    }
}

fn date_table<'v>(vm: &'v Vm, tm: &libc::tm) -> Result<Tab<'v>, Raise> {
    let t = vm.new_table(0, 9)?;
    let numbers = [
        ("sec", tm.tm_sec),
        ("min", tm.tm_min),
        ("hour", tm.tm_hour),
        ("day", tm.tm_mday),
        ("month", tm.tm_mon + 1),
        ("wday", tm.tm_wday + 1),
        ("yday", tm.tm_yday + 1),
    ];
    for (name, n) in numbers {
        t.set_name(vm, name, Val::num(f64::from(n)))?;
    }
    t.set_name(vm, "year", Val::num(f64::from(tm.tm_year) + 1900.0))?;
    if tm.tm_isdst >= 0 {
        t.set_name(vm, "isdst", Val::bool(tm.tm_isdst > 0))?;
    }
    Ok(t)
}

/// Formats with growing room: an empty result may mean that it did not fit. Gives up after a few times.
fn format_date(format: &[u8], tm: &libc::tm) -> Vec<u8> {
    let percents = format.iter().filter(|&&c| c == b'%').count();
    let mut size = format.len() + 29 * percents;
    let format = c_string(format);
    for _ in 0..4 {
        let text = sys::strftime(&format, tm, size);
        if !text.is_empty() {
            return text;
        }
        size += size | 1;
    }
    Vec::new()
}

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let vm = &*vm;
    fill(vm, register::new_library(vm, "os", 16)?, ROWS, "", &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_formatted() {
        let tm = sys::calendar(0, true).expect("1970");
        assert_eq!(format_date(b"%Y-%m-%d %H:%M:%S", &tm), b"1970-01-01 00:00:00");
        assert_eq!(format_date(b"%%", &tm), b"%");
        assert!(sys::calendar(i64::MIN, true).is_none());
    }
}
