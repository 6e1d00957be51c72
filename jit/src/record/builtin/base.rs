//! The basic functions.

use super::{Args, Rec, Results};
use crate::record::{Res, Tr};
use ir::{Field, Op as I, Ref, Ty};

/// Most values `unpack` gives here.
const MAX_UNPACK: u32 = 32;

/// `assert(v [, message])`: the type of the first argument is known, so a true one needs no test.
pub(super) fn assert(_: &mut Rec<'_>, args: &Args) -> Results {
    let Some((v, _)) = args.at(0) else { return Ok(None) };
    if matches!(v.ty, Ty::Nil | Ty::False) {
        return Ok(None);
    }
    Ok(Some(args.values.iter().map(|(tr, _)| *tr).collect()))
}

/// `type(v)`
pub(super) fn type_of(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((v, _)) = args.at(0) else { return Ok(None) };
    let name = match v.ty {
        Ty::Nil => "nil",
        Ty::False | Ty::True => "boolean",
        Ty::Num | Ty::Int => "number",
        Ty::Str => "string",
        Ty::Func => "function",
        Ty::Tab => "table",
        Ty::Thread => "thread",
        Ty::Udata | Ty::Lightud => "userdata",
        _ => return Ok(None),
    };
    Ok(Some(vec![r.text(name.as_bytes())]))
}

impl Rec<'_> {
    /// Upvalue 0 of a builtin, of a type.
    pub(super) fn own_upvalue(&mut self, f: Tr, ty: Ty) -> Res<Tr> {
        let at = self.emit(I::FREF, Ty::Ptr, f.r, Ref::lit(Field::FuncUp0 as i32))?;
        self.guard(I::ULOAD, ty, at.r, Ref::NONE)
    }

    fn iterator_of(&mut self, args: &Args, start: Tr) -> Results {
        let Some((t, _)) = args.tab(0) else { return Ok(None) };
        Ok(Some(vec![self.own_upvalue(args.f, Ty::Func)?, t, start]))
    }
}

/// `pairs(t)`
pub(super) fn pairs(r: &mut Rec<'_>, args: &Args) -> Results {
    let nil = r.pri(Ty::Nil);
    r.iterator_of(args, nil)
}

/// `ipairs(t)`
pub(super) fn ipairs(r: &mut Rec<'_>, args: &Args) -> Results {
    let zero = r.knumint(0.0);
    r.iterator_of(args, zero)
}

/// The iterator of `ipairs`.
pub(super) fn ipairs_aux(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, tv)) = args.tab(0) else { return Ok(None) };
    let Some((i, live)) = r.int_arg(args, 1)? else { return Ok(None) };
    let Some(live) = live.checked_add(1) else { return Ok(None) };
    let i = r.int_add_k(i, 1)?;
    let v = r.element(t, tv, i, live)?;
    Ok(Some(if v.ty == Ty::Nil { Vec::new() } else { vec![i, v] }))
}

/// `next(t)`: the first entry. With a key it is called.
pub(super) fn next(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, tv)) = args.tab(0) else { return Ok(None) };
    if args.given(1).is_some() {
        return Ok(None);
    }
    let zero = r.kint(0);
    let at = r.next_position(t, zero)?;
    let Some((live, key, value)) = r.s.next(tv, 0) else {
        r.int_is(I::LT, at, 0)?;
        return Ok(Some(vec![r.pri(Ty::Nil)]));
    };
    let (k, v) = r.entry((t, tv), at, live, (key, value), true)?;
    Ok(Some(vec![k, v]))
}

/// `rawget(t, k)`
pub(super) fn rawget(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((t, tv)), Some((k, kv))) = (args.tab(0), args.at(1)) else { return Ok(None) };
    Ok(Some(vec![r.raw_get((t, tv), (k, kv))?.0]))
}

/// `rawset(t, k, v)`; a nil for a key that is absent is left to the builtin, as are keys that are errors.
pub(super) fn rawset(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some(t), Some(k), Some((v, _))) = (args.tab(0), args.at(1), args.at(2)) else { return Ok(None) };
    let absent = r.s.get(t.1, k.1).is_nil();
    if k.0.ty == Ty::Nil || k.1.num().is_some_and(f64::is_nan) || absent && v.ty == Ty::Nil {
        return Ok(None);
    }
    r.raw_set(t, k, v)?;
    Ok(Some(vec![t.0]))
}

/// `rawequal(a, b)`
pub(super) fn rawequal(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((a, av)), Some((b, bv))) = (args.at(0), args.at(1)) else { return Ok(None) };
    let same = if a.ty.is_number() && b.ty.is_number() {
        let same = av.num() == bv.num();
        let (a, b, ty) = r.same_numbers(a, b)?;
        r.compare(if same { I::EQ } else { I::NE }, ty, a.r, b.r)?;
        same
    } else if a.ty != b.ty {
        false
    } else if a.ty.is_pri() {
        true
    } else {
        r.compare(if av == bv { I::EQ } else { I::NE }, a.ty, a.r, b.r)?;
        av == bv
    };
    Ok(Some(vec![r.pri(if same { Ty::True } else { Ty::False })]))
}

/// `select(n, ...)` and `select('#', ...)`
pub(super) fn select(r: &mut Rec<'_>, args: &Args) -> Results {
    let rest = args.count() as i32;
    if let Some((s, text)) = r.str_arg(args, 0) {
        if &*text != b"#" {
            return Ok(None);
        }
        r.is_text(s, &text)?;
        return Ok(Some(vec![r.knumint(f64::from(rest - 1))]));
    }
    let Some((n, live)) = r.int_arg(args, 0)? else { return Ok(None) };
    let first = if live < 0 { rest.wrapping_add(live) } else { live.min(rest) };
    if first < 1 {
        return Ok(None);
    }
    r.int_is(I::EQ, n, live)?;
    Ok(Some(args.values[first as usize..].iter().map(|(tr, _)| *tr).collect()))
}

/// `tonumber(v [, 10])`
pub(super) fn tonumber(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((v, live)) = args.at(0) else { return Ok(None) };
    if let Some((_, base)) = args.given(1)
        && base.int() != Some(10)
    {
        return Ok(None);
    }
    if args.given(1).is_some() {
        let Some((base, _)) = r.int_arg(args, 1)? else { return Ok(None) };
        r.int_is(I::EQ, base, 10)?;
    }
    Ok(match v.ty {
        Ty::Num | Ty::Int => Some(vec![v]),
        Ty::Str if bytecode::parse_number(&r.s.bytes(live)).is_some() => {
            Some(vec![r.guard(I::STRTO, Ty::Num, v.r, Ref::NONE)?])
        }
        Ty::Str => None,
        _ => Some(vec![r.pri(Ty::Nil)]),
    })
}

/// `tostring(v)` of strings, numbers, nil and booleans without metamethods.
pub(super) fn tostring(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((v, live)) = args.at(0) else { return Ok(None) };
    if v.ty != Ty::Str {
        if !r.s.metatable(live).is_nil() {
            return Ok(None);
        }
        if v.ty.is_number() || v.ty.is_pri() {
            r.base_metatable(v.ty, live)?;
        }
    }
    Ok(r.plain_text(v)?.map(|s| vec![s]))
}

impl Rec<'_> {
    /// What `tostring` gives for a value that has no metatable, if it is no object.
    pub(super) fn plain_text(&mut self, v: Tr) -> Res<Option<Tr>> {
        Ok(match v.ty {
            Ty::Str => Some(v),
            Ty::Num | Ty::Int => Some(self.guard(I::TOSTR, Ty::Str, v.r, Ref::NONE)?),
            Ty::Nil => Some(self.text(b"nil")),
            Ty::False => Some(self.text(b"false")),
            Ty::True => Some(self.text(b"true")),
            _ => None,
        })
    }
}

/// `unpack(t [, i [, j]])`: as many values as now.
pub(super) fn unpack(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, tv)) = args.tab(0) else { return Ok(None) };
    let (first_tr, first) = match args.given(1) {
        None => (r.kint(1), 1),
        Some(_) => match r.int_arg(args, 1)? {
            Some(x) => x,
            None => return Ok(None),
        },
    };
    let (last_tr, last) = match args.given(2) {
        None => (r.tab_len(t)?, r.s.len(tv) as i32),
        Some(_) => match r.int_arg(args, 2)? {
            Some(x) => x,
            None => return Ok(None),
        },
    };
    if first > last {
        r.compare(I::GT, Ty::Int, first_tr.r, last_tr.r)?;
        return Ok(Some(Vec::new()));
    }
    if first < 0 || (last as u32).wrapping_sub(first as u32) >= MAX_UNPACK || last == i32::MAX {
        return Ok(None);
    }
    r.int_is(I::EQ, first_tr, first)?;
    r.int_is(I::EQ, last_tr, last)?;
    let mut values = Vec::new();
    for i in first..=last {
        let k = r.kint(i);
        values.push(r.element(t, tv, k, i)?);
    }
    Ok(Some(values))
}
