//! Helpers, as far as they need no raw memory.

use super::machine::{Addr, Eval, Machine, Val};
use super::number;
use super::world::{Table, Value};
use crate::trace::Ref;
use abi::support::Helper;
use std::cmp::Ordering;

impl Machine<'_> {
    /// Calls a helper; nothing if it fails.
    pub(super) fn helper(&mut self, h: Helper, args: &[Ref]) -> Eval<Option<Val>> {
        let arg = |i: usize| args.get(i).copied().ok_or_else(|| format!("argument {} is missing", i + 1));
        let num = |i| self.num(arg(i)?);
        let int = |i| self.int(arg(i)?);
        let s = |i| self.text(arg(i)?);
        let tab = |i| self.table(arg(i)?);
        let n = |n: f64| Val::Boxed(Value::Num(n));
        let text = |s: &[u8]| Val::Boxed(Value::str(s));
        Ok(Some(match h {
            Helper::sin => n(num(0)?.sin()),
            Helper::cos => n(num(0)?.cos()),
            Helper::tan => n(num(0)?.tan()),
            Helper::asin => n(num(0)?.asin()),
            Helper::acos => n(num(0)?.acos()),
            Helper::atan => n(num(0)?.atan()),
            Helper::sinh => n(num(0)?.sinh()),
            Helper::cosh => n(num(0)?.cosh()),
            Helper::tanh => n(num(0)?.tanh()),
            Helper::exp => n(num(0)?.exp()),
            Helper::log => n(num(0)?.ln()),
            Helper::log10 => n(num(0)?.log10()),
            Helper::log2 => n(num(0)?.log2()),
            Helper::atan2 => n(num(0)?.atan2(num(1)?)),
            Helper::fmod => n(num(0)? % num(1)?),
            Helper::pow => n(num(0)?.powf(num(1)?)),
            Helper::modulo => n(number::modulo(num(0)?, num(1)?)),
            Helper::ldexp => n(scale(num(0)?, number::truncate(num(1)?))),
            Helper::floor => n(num(0)?.floor()),
            Helper::ceil => n(num(0)?.ceil()),
            Helper::trunc => n(num(0)?.trunc()),
            Helper::tobit => Val::Int(number::to_bit(num(0)?)),
            Helper::random => return Err("random numbers are not evaluated".into()),
            Helper::str_cmp => Val::Int(match s(0)?.cmp(&s(1)?) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }),
            Helper::str_new => match self.addr(arg(0)?)? {
                Addr::Byte(s, from) => Val::Boxed(Value::Str(self.slice(&s, from, int(1)?)?)),
                x => return Err(format!("{x:?} is no byte")),
            },
            Helper::str_of_num => text(number::format(num(0)?).as_bytes()),
            Helper::str_of_int => text(int(0)?.to_string().as_bytes()),
            Helper::str_to_num => return Ok(number::parse(&s(0)?).map(n)),
            Helper::str_char => text(&[int(0)? as u8]),
            Helper::str_lower => text(&s(0)?.to_ascii_lowercase()),
            Helper::str_upper => text(&s(0)?.to_ascii_uppercase()),
            Helper::str_reverse => text(&s(0)?.iter().rev().copied().collect::<Vec<_>>()),
            Helper::str_rep => {
                let (s, n) = (s(0)?, int(1)?.max(0) as usize);
                if s.len().saturating_mul(n) > super::step::MAX_STRING {
                    return Ok(None);
                }
                text(&s.repeat(n))
            }
            Helper::str_find => {
                let (s, p, at) = (s(0)?, s(1)?, int(2)?);
                let from =
                    usize::try_from(at).ok().filter(|a| *a <= s.len()).ok_or("a search from outside the string")?;
                let found = (from..=s.len()).find(|i| s[*i..].starts_with(&p));
                Val::Int(found.map_or(-1, |i| i as i32))
            }
            Helper::tab_new => {
                let (asize, hbits) = (int(0)?, int(1)?);
                if !(0..1 << 16).contains(&asize) || !(0..16).contains(&hbits) {
                    return Ok(None);
                }
                let cap = if hbits == 0 { 0 } else { 1 << hbits };
                Val::Boxed(self.world.add_table(Table::new(asize as usize, cap)))
            }
            Helper::tab_dup => {
                let t = tab(0)?;
                let copy = self.world.tables[t].clone();
                Val::Boxed(self.world.add_table(Table { meta: None, moved: 0, ..copy }))
            }
            Helper::tab_get | Helper::tab_get_str | Helper::tab_get_int => {
                let key = self.boxed(arg(1)?)?;
                Val::Addr(self.look_up(tab(0)?, &key))
            }
            Helper::tab_newkey => {
                let (t, key) = (tab(0)?, self.boxed(arg(1)?)?);
                Val::Addr(self.insert(t, key)?)
            }
            Helper::tab_len => {
                let t = &self.world.tables[tab(0)?];
                let present = |i: i32| !t.get(&Value::Num(f64::from(i))).is_nil();
                let mut n = 0;
                while present(n + 1) {
                    n += 1;
                }
                Val::Int(n)
            }
            Helper::tab_next => {
                let (t, at) = (&self.world.tables[tab(0)?], int(1)?);
                let values = t.array.iter().chain(t.nodes.iter().map(|n| &n.1)).enumerate();
                let found = values.skip(at.max(0) as usize).find(|(_, v)| !v.is_nil());
                Val::Int(found.map_or(-1, |(i, _)| i as i32))
            }
            Helper::tab_clear => {
                let t = tab(0)?;
                let t = &mut self.world.tables[t];
                t.array.fill(Value::Nil);
                t.nodes.clear();
                Val::None
            }
            Helper::tab_reserve => {
                let (t, n) = (tab(0)?, int(1)?);
                let array = &mut self.world.tables[t].array;
                let n = usize::try_from(n).unwrap_or(0).max(array.len());
                array.resize(n, Value::Nil);
                Val::Int(0)
            }
            Helper::tab_barrier | Helper::upval_barrier => Val::None,
            Helper::cat
            | Helper::cat_two
            | Helper::cell
            | Helper::func_new
            | Helper::upvals_close
            | Helper::call_builtin => {
                return Err(format!("{} needs raw memory", h.row().name));
            }
        }))
    }
}

/// `m * 2^e`, rounded once: the steps before the last are exact, or do not matter.
fn scale(m: f64, e: i32) -> f64 {
    let power = |e: i32| f64::from_bits(if e >= -1022 { ((e + 1023) as u64) << 52 } else { 1 << (e + 1074) });
    match e.clamp(-2200, 2200) {
        e @ 1024.. => scale(m * power(1023), e - 1023),
        e @ ..-1074 => scale(m * power(-1000), e + 1000),
        e => m * power(e),
    }
}
