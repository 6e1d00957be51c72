//! Equal histories give equal shapes, and a shape says the truth about every table that has it.

use super::*;
use crate::table;
use crate::vm::Config;
use std::collections::HashMap;

fn machine() -> Box<Vm> {
    Vm::new(Config { hash_seed: 5, ..Config::default() })
}

fn text(vm: &Vm, s: &str) -> *mut StrObj {
    crate::strtab::intern(vm, s.as_bytes()).unwrap()
}

fn build(vm: &Vm, nodes: u32, names: &[&str]) -> *mut TabObj {
    let t = table::new(vm, 0, nodes).unwrap();
    for (i, n) in names.iter().enumerate() {
        // SAFETY: table and keys are live.
        unsafe { table::set_str(vm, t, text(vm, n), Value::from_num(i as f64)).unwrap() };
    }
    t
}

/// Compares the layouts of two tables.
unsafe fn same_layout(a: *const TabObj, b: *const TabObj) -> bool {
    // SAFETY: both are live.
    unsafe {
        (*a).hmask == (*b).hmask
            && (*a).freetop == (*b).freetop
            && ((*a).hmask == 0
                || (0..=(*a).hmask as usize).all(|i| {
                    let (m, n) = ((*a).node.add(i), (*b).node.add(i));
                    (*m).key == (*n).key && (*m).next == (*n).next
                }))
    }
}

#[test]
fn equal_histories_give_equal_shapes() {
    let vm = machine();
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    // SAFETY: the tables are live.
    unsafe {
        for n in 0..=7 {
            let grown: Vec<_> = (0..5).map(|_| build(&vm, 0, &names[..n])).collect();
            let nodes = (*grown[4]).hmask + 1;
            let made = build(&vm, if n == 0 { 0 } else { nodes }, &names[..n]);
            for t in grown {
                if (*t).hmask == (*made).hmask {
                    assert_eq!((*t).shape, (*made).shape);
                    assert!(same_layout(t, made));
                }
                for (i, k) in names[..n].iter().enumerate() {
                    assert_eq!(table::get_str(t, text(&vm, k)), Value::from_num(i as f64));
                }
            }
            let copy = table::dup(&vm, made).unwrap();
            assert_eq!((*copy).shape, (*made).shape);
        }
        assert_ne!((*build(&vm, 4, &["a", "b"])).shape, (*build(&vm, 4, &["b", "a"])).shape);
    }
}

#[test]
fn shapes_never_lie() {
    let mut vm = machine();
    let mut x = 9u64;
    let mut below = |n: u64| {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (x >> 33) % n
    };
    let mut first: HashMap<u32, *mut TabObj> = HashMap::new();
    let keep = table::new(&vm, 0, 0).unwrap();
    // SAFETY: all tables are kept alive by the registry.
    unsafe {
        table::set_int(&vm, vm.registry, 1, Value::from_tab(keep)).unwrap();
        for round in 0..4000 {
            let t = table::new(&vm, 0, below(3) as u32 * 3).unwrap();
            table::set_int(&vm, keep, round % 500, Value::from_tab(t)).unwrap();
            let class = below(6);
            let mut model = HashMap::new();
            for step in 0..below(90) {
                let name = format!("f{class}_{}", if below(5) == 0 { below(70) } else { step });
                let v = if below(6) == 0 { Value::NIL } else { Value::from_num(step as f64) };
                table::set_str(&vm, t, text(&vm, &name), v).unwrap();
                model.insert(name, v);
                if below(200) == 0 {
                    table::set(&vm, t, Value::from_num(step as f64 + 1.0), Value::TRUE).unwrap();
                }
            }
            for (name, v) in &model {
                assert_eq!(table::get_str(t, text(&vm, name)), *v);
            }
            if (*t).shape != NONE {
                match first.get(&(*t).shape) {
                    Some(&other) => assert!(same_layout(t, other)),
                    None => {
                        first.insert((*t).shape, table::dup(&vm, t).unwrap());
                        let copy = first[&(*t).shape];
                        let n = first.len() as i64;
                        table::set_int(&vm, keep, 500 + n, Value::from_tab(copy)).unwrap();
                    }
                }
            }
            if round % 1000 == 999 {
                vm.collect_full();
            }
        }
    }
    assert!(first.len() > 50, "{}", first.len());
}

#[test]
fn shapes_have_names() {
    let vm = machine();
    let names = ["one", "two", "three", "four", "five"];
    // SAFETY: the tables are live.
    unsafe {
        let t = build(&vm, 0, &names);
        let (nodes, keys) = keys(&vm, (*t).shape).unwrap();
        assert_eq!(nodes, 8);
        assert_eq!(keys, names.map(|n| text(&vm, n)));
        let (id, at) = from_keys(&vm, nodes, &keys).unwrap().unwrap();
        assert_eq!(id, (*t).shape);
        for (k, at) in keys.iter().zip(at) {
            assert_eq!((*(*t).node.add(at as usize)).key, Value::from_str(*k).0);
        }
        assert_eq!(from_keys(&vm, 4, &keys), Ok(None));
        assert_eq!(from_keys(&vm, 8, &[keys[0], keys[0]]), Ok(None));
        assert_eq!(from_keys(&vm, 0, &[]).unwrap().unwrap().0, (*build(&vm, 0, &[])).shape);
    }
}

#[test]
fn other_keys_end_a_shape_until_the_array_takes_them() {
    let vm = machine();
    // SAFETY: the tables are live.
    unsafe {
        let t = build(&vm, 0, &["x", "y", "z"]);
        assert_ne!((*t).shape, NONE);
        table::set_int(&vm, t, 1, Value::TRUE).unwrap();
        assert_eq!((*t).shape, NONE);
        for i in 2..9 {
            table::set_int(&vm, t, i, Value::TRUE).unwrap();
        }
        assert!((*t).asize > 8 && (*t).shape != NONE);
        assert_eq!(table::get_str(t, text(&vm, "z")), Value::from_num(2.0));
        table::set(&vm, t, Value::TRUE, Value::TRUE).unwrap();
        assert_eq!((*t).shape, NONE);
        assert_eq!(table::get_str(t, text(&vm, "y")), Value::from_num(1.0));
        assert_eq!(table::len(t), 8);
    }
}

#[test]
fn tables_like_others_begin_large_enough() {
    let vm = machine();
    let names = ["p", "q", "r", "s", "t", "u"];
    // SAFETY: the tables are live.
    unsafe {
        for _ in 0..50 {
            build(&vm, 0, &names);
        }
        assert_eq!((*build(&vm, 0, &["p"])).hmask, 7);
        assert_eq!((*build(&vm, 0, &["q"])).hmask, 1);
    }
}
