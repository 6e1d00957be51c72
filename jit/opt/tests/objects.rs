//! Loops that make many small tables: read, written, nested, carried around. After the passes they do what they did, and most of the tables are
//! made by exits alone.
//!
//! `KILN_SEED` is the first seed, `KILN_CASES` the number of traces.

use ir::Source;
use ir::eval::{Verdict, World, refines};
use ir::{Op, Trace};
use opt::{PASSES, Passes, replay, run};
use std::fmt::Write;

/// A loop in the making, as text.
struct Gen {
    src: Source<'static>,
    out: String,
    next: usize,
    pc: usize,
    nums: Vec<String>,
    /// Tables with fields `x`, `y`.
    points: Vec<String>,
    /// Arrays made in the loop with what was stored in elements 1 and 2: points (`true`) or numbers.
    arrays: Vec<(String, [Option<bool>; 2])>,
}

impl Gen {
    fn ins(&mut self, text: &str) -> String {
        let name = format!("{:04}", self.next);
        self.next += 1;
        writeln!(self.out, "{name} {text}").unwrap();
        name
    }

    fn num(&mut self) -> String {
        self.src.pick(&self.nums)
    }

    fn snap(&mut self) {
        self.pc += 1;
        let mut line = format!("snap pc=@a1:{} base=0 top=9 [ ", self.pc);
        for slot in 2..8 {
            let v = if slot < 6 { self.num() } else { self.src.pick(&self.points) };
            if slot >= 6 || self.src.chance(60) {
                write!(line, "{slot}:{v} ").unwrap();
            }
        }
        if let Some((a, _)) = self.arrays.last().cloned() {
            write!(line, "8:{a} ").unwrap();
        }
        writeln!(self.out, "{line}]").unwrap();
    }

    fn field(&mut self, point: &str) -> String {
        let (name, node) = self.src.pick(&[("x", 0), ("y", 1)]);
        let s = self.ins(&format!("int fload {point} tab.shape"));
        self.ins(&format!("> int eq {s} kshape 2[\"x\",\"y\"]"));
        let n = self.ins(&format!("ptr fload {point} tab.node"));
        self.ins(&format!("ptr hrefk {n} kslot \"{name}\" {node}"))
    }

    fn element(&mut self, array: &str, n: usize) -> String {
        let size = self.ins(&format!("int fload {array} tab.asize"));
        self.ins(&format!("> int abc {size} +{n}"));
        let p = self.ins(&format!("ptr fload {array} tab.array"));
        self.ins(&format!("ptr aref {p} +{n}"))
    }

    fn step(&mut self) {
        match self.src.below(12) {
            0 | 1 => {
                let (a, b) = (self.num(), self.num());
                let op = self.src.pick(&["add", "sub", "mul"]);
                let r = self.ins(&format!("num {op} {a} {b}"));
                self.nums.push(r);
            }
            2 | 3 => {
                let (a, b) = (self.num(), self.num());
                let t = self.ins("> tab tnew #0 #1");
                let x = self.ins(&format!("> ptr newref {t} \"x\""));
                self.ins(&format!("num hstore {x} {a}"));
                let y = self.ins(&format!("> ptr newref {t} \"y\""));
                self.ins(&format!("num hstore {y} {b}"));
                self.points.push(t);
            }
            4..=6 => {
                let p = self.src.pick(&self.points);
                let at = self.field(&p);
                let r = self.ins(&format!("> num hload {at}"));
                self.nums.push(r);
            }
            7 => {
                let p = self.src.pick(&self.points);
                let (at, v) = (self.field(&p), self.num());
                self.ins(&format!("num hstore {at} {v}"));
                self.snap();
            }
            8 => {
                let a = self.ins("> tab tnew #3 #0");
                self.arrays.push((a, [None; 2]));
            }
            9 | 10 if !self.arrays.is_empty() => {
                let i = self.src.below(self.arrays.len());
                let n = self.src.below(2);
                let (array, _) = self.arrays[i].clone();
                let at = self.element(&array, n + 1);
                match self.arrays[i].1[n] {
                    Some(true) => {
                        let p = self.ins(&format!("> tab aload {at}"));
                        self.points.push(p);
                    }
                    Some(false) => {
                        let v = self.ins(&format!("> num aload {at}"));
                        self.nums.push(v);
                    }
                    None => {
                        let point = self.src.chance(50);
                        let v = if point { self.src.pick(&self.points) } else { self.num() };
                        self.ins(&format!("{} astore {at} {v}", if point { "tab" } else { "num" }));
                        self.arrays[i].1[n] = Some(point);
                        self.snap();
                    }
                }
            }
            _ => {
                self.snap();
                let a = self.num();
                self.ins(&format!("> num lt {a} +300.0"));
            }
        }
    }
}

fn make(seed: u64) -> Trace {
    let head = "trace root pc=@a1:1 slots=10 link=loop\n0000 ptr base\nsnap pc=@a1:1 base=0 top=9 [ ]\n";
    let src = Source::seeded(seed);
    let mut g =
        Gen { src, out: head.into(), next: 1, pc: 1, nums: vec!["+1.0".into()], points: vec![], arrays: vec![] };
    let counter = g.ins("> int sload #1 c");
    for slot in 2..6 {
        let r = g.ins(&format!("> num sload #{slot}"));
        g.nums.push(r);
    }
    for slot in 6..8 {
        let p = g.ins(&format!("> tab sload #{slot}"));
        // So that the world has such tables in the slots.
        let at = g.field(&p);
        let v = g.ins(&format!("> num hload {at}"));
        g.nums.push(v);
        g.points.push(p);
    }
    for _ in 0..4 + g.src.below(16) {
        g.step();
    }
    g.snap();
    let next = g.ins(&format!("int add {counter} +1"));
    g.ins(&format!("> int le {next} +9"));
    let (a, b) = (g.src.pick(&g.points), g.src.pick(&g.points));
    let v = g.num();
    writeln!(g.out, "snap pc=@a1:1 base=0 top=8 [ 1:{next} 3:{v} 6:{a} 7:{b} ]").unwrap();
    Trace::parse(&g.out).unwrap_or_else(|e| panic!("{e}\n{}", g.out))
}

#[test]
fn objects_made_by_exits_are_as_they_were() {
    let env = |name: &str, or: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    let first = env("KILN_SEED", 1);
    let (mut traces, mut tables, mut sunk, mut same, mut earlier, mut aborts) = (0, 0, 0, 0, 0, 0);
    for seed in first..first + env("KILN_CASES", 200) {
        let t = make(seed);
        ir::verify(&t).unwrap_or_else(|e| panic!("{e}\n{t}"));
        let whole = |looped: bool| -> Option<Trace> {
            let mut passes = Passes::default();
            passes.set("loop", looped);
            let mut b = replay(&t, passes).ok()?;
            for pass in PASSES.iter().filter(|p| passes.get(p.name) == Some(true)) {
                run(pass.name, &mut b).ok()?;
            }
            Some(b.finish())
        };
        for new in [whole(true), whole(false)] {
            let Some(new) = new else {
                aborts += 1;
                continue;
            };
            traces += 1;
            tables += new.ins.iter().filter(|i| i.op == Op::TNEW).count();
            sunk += new.ins.iter().filter(|i| i.op == Op::TNEW && i.is_sunk()).count();
            for n in 0..4 {
                let world = if n < 3 { World::lucky(seed * 4 + n, &t) } else { World::random(seed * 4 + n, &t) };
                match refines(&t, &new, &world) {
                    Ok(Verdict::Earlier) => earlier += 1,
                    Ok(_) => same += 1,
                    Err(e) => panic!("seed {seed}, world {n}: {e}\n{t}\nbecame\n{new}"),
                }
            }
        }
    }
    eprintln!("{traces} traces, {tables} tables, {sunk} sunk; {same} same, {earlier} earlier; {aborts} aborts");
    assert!(sunk * 3 > tables && earlier * 10 < same && aborts < traces, "{sunk} of {tables} tables sunk");
}
