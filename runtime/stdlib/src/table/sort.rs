//! `table.sort`.
//!
//! With a comparator, or where elements may have `__lt`, this is the quicksort of Lua: median of three, the smaller half first, reads
//! and writes of the table in the same order. So a comparator sees the same calls, and an inconsistent one gets the same error.
//! Numbers alone and strings alone have one sorted order only, so any algorithm does: they are copied out, sorted and put back.
//! Numbers that can be told apart though they are equal (`-0`) or have no order (NaN) go the long way.
//!
//! Invariant: elements under comparison are in slots, so they are roots; recursion is at most logarithmic.

use heap::Tab;
use heap::handle::Kind;
use heap::{Raise, Str, Val, Vm};
use interp::{Cx, Ret};

/// `table.sort(t [, comparator])`
pub fn sort(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let len = t.len() as i32;
    if cx.arg(1).is_nil() {
        if sort_plain(cx.vm(), t, len)? {
            return cx.ret0();
        }
        if cx.nargs() == 1 {
            cx.push(Val::NIL);
        }
    } else {
        cx.check_func(1)?;
    }
    cx.reserve(32)?;
    let first = cx.height();
    (0..3).for_each(|_| cx.push(Val::NIL));
    Sorter { a: first, b: first + 1, pivot: first + 2, by_function: !cx.slot(1).is_nil() }.range(cx, 1, len)?;
    cx.ret0()
}

/// Sorts a list of nothing but numbers or nothing but strings; says whether it was one.
fn sort_plain<'v>(vm: &Vm, t: Tab<'v>, len: i32) -> Result<bool, Raise> {
    let indices = 1..=i64::from(len);
    match t.get_int(1).kind() {
        Kind::Num(_) => {
            let plain = |n: &f64| !n.is_nan() && (*n != 0.0 || n.is_sign_positive());
            let numbers: Option<Vec<f64>> = indices.clone().map(|i| t.get_int(i).as_num().filter(plain)).collect();
            let Some(mut numbers) = numbers else { return Ok(false) };
            numbers.sort_unstable_by(f64::total_cmp);
            for (i, n) in indices.zip(numbers) {
                t.set_int(vm, i, Val::num(n))?;
            }
        }
        Kind::Str(_) => {
            // Mostly the first bytes decide, so they stand beside the string.
            let keyed = |s: Str<'v>| (s.word().swap_bytes(), s);
            let strings: Option<Vec<_>> = indices.clone().map(|i| t.get_int(i).as_str().map(keyed)).collect();
            let Some(mut strings) = strings else { return Ok(false) };
            strings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.compare(b.1)));
            for (i, (_, s)) in indices.zip(strings) {
                t.set_int(vm, i, s.val())?;
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Slots of the elements at work; the table is slot 0, the comparator slot 1.
#[derive(Clone, Copy)]
struct Sorter {
    a: u32,
    b: u32,
    pivot: u32,
    by_function: bool,
}

impl Sorter {
    #[inline]
    fn load(self, cx: &Cx<'_>, slot: u32, i: i32) -> Result<(), Raise> {
        cx.set_slot(slot, cx.check_tab(0)?.get_int(i64::from(i)));
        Ok(())
    }

    #[inline]
    fn store(self, cx: &Cx<'_>, i: i32, slot: u32) -> Result<(), Raise> {
        cx.check_tab(0)?.set_int(cx.vm(), i64::from(i), cx.slot(slot))
    }

    #[inline]
    fn less(self, cx: &mut Cx<'_>, x: u32, y: u32) -> Result<bool, Raise> {
        if !self.by_function {
            return cx.less_than(x, y);
        }
        cx.call_predicate(1, x, y)
    }

    /// Sorts elements `low` to `high`.
    fn range(self, cx: &mut Cx<'_>, mut low: i32, mut high: i32) -> Result<(), Raise> {
        let Sorter { a, b, pivot, .. } = self;
        while low < high {
            self.load(cx, a, low)?;
            self.load(cx, b, high)?;
            if self.less(cx, b, a)? {
                self.store(cx, low, b)?;
                self.store(cx, high, a)?;
            }
            if high - low == 1 {
                break;
            }
            let middle = (low + high) / 2;
            self.load(cx, a, middle)?;
            self.load(cx, b, low)?;
            if self.less(cx, a, b)? {
                self.store(cx, middle, b)?;
                self.store(cx, low, a)?;
            } else {
                self.load(cx, b, high)?;
                if self.less(cx, b, a)? {
                    self.store(cx, middle, b)?;
                    self.store(cx, high, a)?;
                }
            }
            if high - low == 2 {
                break;
            }
            // The pivot waits next to the end.
            self.load(cx, pivot, middle)?;
            self.load(cx, b, high - 1)?;
            self.store(cx, middle, b)?;
            self.store(cx, high - 1, pivot)?;
            let i = self.partition(cx, low, high)?;
            self.load(cx, a, high - 1)?;
            self.load(cx, b, i)?;
            self.store(cx, high - 1, b)?;
            self.store(cx, i, a)?;
            if i - low < high - i {
                self.range(cx, low, i - 1)?;
                low = i + 1;
            } else {
                self.range(cx, i + 1, high)?;
                high = i - 1;
            }
        }
        Ok(())
    }

    /// Moves what is less than the pivot to the left of the returned index and what is greater to the right.
    fn partition(self, cx: &mut Cx<'_>, low: i32, high: i32) -> Result<i32, Raise> {
        let Sorter { a, b, pivot, .. } = self;
        let (mut i, mut j) = (low, high - 1);
        loop {
            loop {
                i += 1;
                self.load(cx, a, i)?;
                if !self.less(cx, a, pivot)? {
                    break;
                }
                if i >= high {
                    return Err(cx.error("invalid order function for sorting"));
                }
            }
            loop {
                j -= 1;
                self.load(cx, b, j)?;
                if !self.less(cx, pivot, b)? {
                    break;
                }
                if j <= low {
                    return Err(cx.error("invalid order function for sorting"));
                }
            }
            if j < i {
                return Ok(i);
            }
            self.store(cx, i, b)?;
            self.store(cx, j, a)?;
        }
    }
}
