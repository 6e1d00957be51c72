//! Dictionaries of a buffer: common strings and metatables that serialised data refers to by number.
//!
//! The environment of a buffer with dictionaries is a table: the user's list and its inverse (value to number, from 0) of strings
//! in 1 and 2, of metatables in 3 and 4.

use heap::{Raise, Tab, Val};
use interp::Cx;

/// Which dictionary: the index of its list in the environment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dictionary {
    /// Strings.
    Strings = 1,
    /// Metatables.
    Metatables = 3,
}

/// Makes the environment for an options table; `None` if there is no dictionary in it.
pub fn prepare<'c>(cx: &'c Cx<'_>, options: Tab<'c>) -> Result<Option<Tab<'c>>, Raise> {
    let vm = cx.vm();
    let mut env = None;
    for (which, name) in [(Dictionary::Strings, "dict"), (Dictionary::Metatables, "metatable")] {
        let Some(list) = options.get_name(vm, name)?.as_tab() else { continue };
        let len = i64::from(list.len());
        let inverse = vm.new_table(0, len as u32)?;
        for i in 1..=len {
            let v = list.get_int(i);
            let fits = match which {
                Dictionary::Strings => v.as_str().is_some(),
                Dictionary::Metatables => v.as_tab().is_some(),
            };
            if fits {
                // Of equal entries the first counts.
                if inverse.get(v).is_nil() {
                    inverse.set(vm, v, Val::num((i - 1) as f64))?;
                }
            } else if !v.raw_eq(Val::FALSE) {
                return Err(cx.error("bad options table"));
            }
        }
        let env = match env {
            Some(env) => env,
            None => *env.insert(vm.new_table(5, 0)?),
        };
        env.set_int(vm, which as i64, list.val())?;
        env.set_int(vm, which as i64 + 1, inverse.val())?;
    }
    Ok(env)
}

/// Returns the number of `v`, from 0.
pub fn number_of(env: Option<Tab<'_>>, which: Dictionary, v: Val<'_>) -> Option<u32> {
    let inverse = env?.get_int(which as i64 + 1).as_tab()?;
    inverse.get(v).as_num().map(|n| n as u32)
}

/// Returns entry `i`, from 1, if it is one.
pub fn entry<'c>(env: Option<Tab<'c>>, which: Dictionary, i: u32) -> Option<Val<'c>> {
    let v = env?.get_int(which as i64).as_tab()?.get_int(i64::from(i));
    let fits = match which {
        Dictionary::Strings => v.as_str().is_some(),
        Dictionary::Metatables => v.as_tab().is_some(),
    };
    fits.then_some(v)
}
