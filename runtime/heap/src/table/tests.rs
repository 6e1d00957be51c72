//! Tables against a model, with collections in between.

use super::*;
use crate::vm::Config;
use std::collections::HashMap;

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
}

fn machine() -> Box<Vm> {
    Vm::new(Config { hash_seed: 7, ..Config::default() })
}

fn num(n: f64) -> Value {
    Value::from_num(n)
}

fn text(vm: &Vm, s: &str) -> Value {
    Value::from_str(crate::strtab::intern(vm, s.as_bytes()).unwrap())
}

fn message(vm: &Vm) -> String {
    let s = vm.error.get().as_str().unwrap();
    // SAFETY: the error is live.
    String::from_utf8_lossy(unsafe { StrObj::bytes(s) }).into_owned()
}

/// Puts a table where the collector finds it.
unsafe fn root(vm: &Vm, t: *mut TabObj) {
    // SAFETY: the table is live.
    unsafe { set_int(vm, vm.registry, 1, Value::from_tab(t)).unwrap() }
}

fn key(vm: &Vm, rng: &mut Rng, range: u64) -> Value {
    match rng.below(8) {
        0..=2 => num(rng.below(range) as f64),
        3 => num(rng.below(range) as f64 * 0.5 - 7.0),
        4 => num(-(rng.below(range) as f64)),
        5 => Value::from_bool(rng.below(2) == 0),
        _ => text(vm, &format!("key{}", rng.below(range))),
    }
}

/// What a key is called in the model.
fn name(k: Value) -> String {
    match k.as_str() {
        // SAFETY: keys are live.
        Some(s) => String::from_utf8_lossy(unsafe { StrObj::bytes(s) }).into_owned(),
        None => match k.as_num() {
            Some(n) => format!("{}", n + 0.0),
            None => format!("{:x}", k.0),
        },
    }
}

unsafe fn check(vm: &Vm, t: *mut TabObj, model: &HashMap<String, f64>) {
    // SAFETY: the table is live.
    unsafe {
        let mut seen = HashMap::new();
        let (mut k, mut at) = (Value::NIL, 0);
        while let Some((key, v)) = next(vm, t, k).unwrap() {
            let (position, key2, v2) = entry_from(t, at).unwrap();
            assert!(key2 == key && v2 == v);
            assert!(seen.insert(name(key), v.as_num().unwrap()).is_none());
            assert_eq!(get(t, key), v);
            (k, at) = (key, position);
        }
        assert!(entry_from(t, at).is_none());
        assert_eq!(&seen, model);
        let n = len(t);
        assert!(n == 0 || !get_int(t, n.into()).is_nil());
        assert!(get_int(t, i64::from(n) + 1).is_nil());
    }
}

#[test]
fn behaves_like_a_map() {
    for seed in 0..30 {
        let mut vm = machine();
        let mut rng = Rng(seed);
        let range = [3, 20, 300][seed as usize % 3];
        let t = new(&vm, rng.below(5) as u32, rng.below(9) as u32).unwrap();
        let mut model = HashMap::new();
        for step in 0..3000 {
            let k = key(&vm, &mut rng, range);
            // SAFETY: table and keys are live.
            unsafe {
                root(&vm, t);
                assert_eq!(get(t, k).as_num(), model.get(&name(k)).copied());
                if rng.below(3) == 0 {
                    set(&vm, t, k, Value::NIL).unwrap();
                    model.remove(&name(k));
                } else {
                    let v = step as f64;
                    match (k.as_str(), k.as_num()) {
                        (Some(s), _) => set_str(&vm, t, s, num(v)).unwrap(),
                        (_, Some(n)) if n as i64 as f64 == n => set_int(&vm, t, n as i64, num(v)).unwrap(),
                        _ => set(&vm, t, k, num(v)).unwrap(),
                    }
                    model.insert(name(k), v);
                }
                if step % 500 == 499 {
                    check(&vm, t, &model);
                }
                if step % 700 == 699 {
                    vm.collect_full();
                    check(&vm, t, &model);
                }
                if step == 2000 && seed % 5 == 0 {
                    clear(t);
                    model.clear();
                }
            }
        }
    }
}

#[test]
fn refuses_bad_keys() {
    let vm = machine();
    // SAFETY: the table is live.
    unsafe {
        let t = new(&vm, 0, 0).unwrap();
        assert!(set(&vm, t, Value::NIL, num(1.0)).is_err());
        assert_eq!(message(&vm), "table index is nil");
        assert!(set(&vm, t, Value::from_foreign_num(f64::NAN), num(1.0)).is_err());
        assert_eq!(message(&vm), "table index is NaN");
        assert!(vm.bare.get());
        assert!(next(&vm, t, num(1.0)).is_err());
        assert_eq!(message(&vm), "invalid key to 'next'");
        assert!(get(t, Value::NIL).is_nil() && get(t, Value::from_foreign_num(f64::NAN)).is_nil());
        assert!(next(&vm, t, Value::NIL).unwrap().is_none());
    }
}

#[test]
fn minus_zero_is_zero() {
    let vm = machine();
    // SAFETY: the table is live.
    unsafe {
        let t = new(&vm, 0, 0).unwrap();
        set(&vm, t, num(-0.0), num(1.0)).unwrap();
        assert_eq!(get_int(t, 0), num(1.0));
        assert_eq!(get(t, num(0.0)), num(1.0));
        let (k, _) = next(&vm, t, Value::NIL).unwrap().unwrap();
        assert_eq!(k.0, 0);
    }
}

#[test]
fn keeps_deleted_keys_for_traversal() {
    let mut vm = machine();
    // SAFETY: the table is live and rooted.
    unsafe {
        let t = new(&vm, 0, 0).unwrap();
        root(&vm, t);
        for i in 0..100 {
            set(&vm, t, text(&vm, &format!("k{i}")), num(f64::from(i))).unwrap();
        }
        let (mut k, mut count) = (Value::NIL, 0);
        while let Some((key, _)) = next(&vm, t, k).unwrap() {
            set(&vm, t, key, Value::NIL).unwrap();
            set_int(&vm, vm.registry, 2, key).unwrap();
            if count % 10 == 0 {
                vm.collect_full();
            }
            count += 1;
            k = key;
        }
        assert_eq!(count, 100);
        assert!(entry_from(t, 0).is_none());
    }
}

#[test]
fn array_sizes_are_luajits() {
    let vm = machine();
    // SAFETY: the tables are live.
    unsafe {
        let t = new(&vm, 0, 0).unwrap();
        let mut sizes = Vec::new();
        for i in 1..=20 {
            set_int(&vm, t, i, num(1.0)).unwrap();
            sizes.push((*t).asize);
        }
        assert_eq!(sizes, [3, 3, 5, 5, 9, 9, 9, 9, 17, 17, 17, 17, 17, 17, 17, 17, 33, 33, 33, 33]);
        assert_eq!(len(t), 20);
        let t = new(&vm, 0, 4).unwrap();
        for i in (1..=8).rev() {
            set_int(&vm, t, i, num(1.0)).unwrap();
        }
        assert_eq!(len(t), 8);
    }
}

#[test]
fn copies_are_equal_and_separate() {
    let vm = machine();
    // SAFETY: the tables are live.
    unsafe {
        let t = new(&vm, 3, 5).unwrap();
        let mut model = HashMap::new();
        for k in ["x", "y", "z", "a", "b", "c", "d"] {
            set(&vm, t, text(&vm, k), num(1.0)).unwrap();
            model.insert(k.to_string(), 1.0);
        }
        set_int(&vm, t, 1, num(2.0)).unwrap();
        model.insert("1".into(), 2.0);
        let d = dup(&vm, t).unwrap();
        check(&vm, d, &model);
        set(&vm, d, text(&vm, "more"), num(3.0)).unwrap();
        set(&vm, d, text(&vm, "x"), Value::NIL).unwrap();
        check(&vm, t, &model);
        model.insert("more".into(), 3.0);
        model.remove("x");
        check(&vm, d, &model);
    }
}

#[test]
fn reserves_room() {
    let vm = machine();
    // SAFETY: the table is live.
    unsafe {
        let t = new(&vm, 0, 0).unwrap();
        set(&vm, t, text(&vm, "x"), num(1.0)).unwrap();
        reserve(&vm, t, 101, 40).unwrap();
        assert_eq!(((*t).asize, (*t).hmask), (101, 63));
        assert_eq!(get(t, text(&vm, "x")), num(1.0));
        assert!(reserve(&vm, t, 1 << 30, 0).is_err());
        assert_eq!(message(&vm), "table overflow");
        assert!(new(&vm, 0, u32::MAX).is_err());
        assert_eq!(get(t, text(&vm, "x")), num(1.0));
    }
}

/// The border of a list is the one that halving finds, whatever the last border was: also where there are holes.
#[test]
fn remembered_borders_are_those_of_halving() {
    let vm = machine();
    let mut rng = Rng(5);
    for size in [16u32, 17, 18, 31, 33, 64, 65, 100, 257, 1025] {
        let t = new(&vm, size, 0).unwrap();
        // SAFETY: the table is live: nothing collects here.
        unsafe {
            for round in 0..400 {
                for _ in 0..rng.below(4) {
                    let at = 1 + rng.below(u64::from(size) - 1);
                    let filled = rng.below(3) > 0;
                    // A list that grows and shrinks, now and then with holes.
                    let (from, to) = if round % 5 == 0 { (at, at) } else { (1, size as u64 - 1) };
                    for i in from..=to {
                        let is = if from == to { filled } else { i <= at };
                        set_int(&vm, t, i as i64, if is { num(i as f64) } else { Value::NIL }).unwrap();
                    }
                }
                let (mut lo, mut hi) = (0, size - 1);
                if !Value(*(*t).array.add(hi as usize)).is_nil() {
                    continue;
                }
                while hi - lo > 1 {
                    let mid = (lo + hi) / 2;
                    if Value(*(*t).array.add(mid as usize)).is_nil() { hi = mid } else { lo = mid }
                }
                assert_eq!(len(t), lo, "of {size} in round {round}");
            }
        }
    }
}

/// Moving entries to a part of another size leaves the nodes that inserting them one after the other leaves.
#[test]
fn moved_entries_are_where_inserting_puts_them() {
    for seed in 0..60 {
        let vm = machine();
        let mut rng = Rng(seed);
        let range = [8, 40, 300, 3000][seed as usize % 4];
        let t = new(&vm, 0, 0).unwrap();
        for _ in 0..range * 3 {
            let k = match rng.below(if seed % 3 == 0 { 2 } else { 4 }) {
                0 => num(-1.0 - rng.below(range) as f64),
                1 => num(rng.below(range) as f64 + 0.25),
                2 => text(&vm, &format!("key{}", rng.below(range))),
                _ => Value::from_bool(rng.below(2) == 0),
            };
            let v = if rng.below(3) == 0 { Value::NIL } else { num(rng.below(100) as f64) };
            // SAFETY: tables and keys are live: nothing collects here.
            unsafe { set(&vm, t, k, v).unwrap() };
        }
        for more in [0, range as u32, 4 * range as u32, 70_000] {
            // SAFETY: as above. The model has no shape and room for all.
            unsafe {
                let nodes = node_count(((*t).hmask + 1).max(more));
                let model = new(&vm, 0, nodes).unwrap();
                ((*model).shape, (*t).shape) = (shape::NONE, shape::NONE);
                let mut at = 0;
                while let Some((behind, k, v)) = entry_from(t, at) {
                    *insert::insert(&vm, model, k).unwrap() = v.0;
                    at = behind;
                }
                resize::resize(&vm, t, 0, nodes).unwrap();
                assert_eq!(((*t).hmask, (*t).freetop), ((*model).hmask, (*model).freetop), "{seed} {more}");
                for i in 0..=(*t).hmask as usize {
                    let (a, b) = (&*(*t).node.add(i), &*(*model).node.add(i));
                    assert_eq!((a.key, a.val, a.next), (b.key, b.val, b.next), "{seed} {more} {i}");
                }
            }
        }
    }
}

/// Sizes of array parts follow from the keys alone: counted here one by one.
#[test]
fn lists_grow_as_counting_says() {
    let vm = machine();
    let mut rng = Rng(11);
    for round in 0..4000u32 {
        let size = rng.below([4, 20, 300][round as usize % 3]) as u32;
        let t = new(&vm, size, 0).unwrap();
        let holes = rng.below(5);
        let mut keys = Vec::new();
        // SAFETY: the table is live: nothing collects here.
        unsafe {
            for i in 0..size {
                if rng.below(4) >= holes {
                    set_int(&vm, t, i.into(), num(1.0)).unwrap();
                    keys.push(u64::from(i));
                }
            }
            let k = u64::from(size) + [0, 0, 1, 2, rng.below(3 * u64::from(size) + 5)][round as usize % 5];
            set_int(&vm, t, k as i64, num(2.0)).unwrap();
            keys.push(k);
            // More than half as many keys as the last of the slices has slots.
            let best = (0..20).rev().find(|b| {
                let within = keys.iter().filter(|&&k| k <= 2 << b).count();
                let last = keys.iter().filter(|&&k| k <= 2 << b && (*b == 0 || k > 1 << b)).count();
                last > 0 && 2 * within > 1 << b
            });
            let expected = best.map_or(0, |b| (2u32 << b) + 1);
            assert_eq!((*t).asize, expected, "{size} slots, key {k}, {keys:?}");
            for &i in &keys {
                assert_eq!(get_int(t, i as i64), num(if i == k { 2.0 } else { 1.0 }), "{size} {k} {i}");
            }
            assert_eq!((*t).hmask, if k < expected.into() { 0 } else { 1.max((*t).hmask) });
        }
    }
}

#[test]
fn libraries_and_basic_functions_are_in_their_main_positions() {
    let vm = machine();
    // SAFETY: the table and the strings are live: nothing is collected.
    unsafe {
        let t = (*vm.main).env;
        for name in abi::builtins::GLOBALS {
            let Some(s) = text(&vm, name).as_str() else { panic!("a string") };
            set_str(&vm, t, s, num(1.0)).unwrap();
        }
        for name in abi::builtins::GLOBALS {
            let key = text(&vm, name);
            assert_eq!((*main_node(t, hash(key))).key, key.0, "{name}");
        }
        assert!(abi::builtins::GLOBALS.len() > 30);
        assert_ne!((*t).shape, crate::shape::NONE);
    }
}
