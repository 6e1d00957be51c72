//! The checker catches wrong allocations.

use super::new_request;
use crate::asm::alloc::{Allocation, Copy, Src, Step, allocate};
use crate::asm::check::check;
use crate::asm::place::{Place, Reg};
use crate::asm::select::{Selection, select};
use crate::asm::snapmap;
use crate::asm::x64::{MACHINE, X64};
use abi::grow::Growth;
use ir::{Link, Options, Source, Trace, random};

fn other(src: &mut Source<'_>, p: Place) -> Place {
    loop {
        let n = src.below(15) as u8;
        let q = match p {
            Place::Reg(r) if r.is_fpr() => Place::Reg(Reg::fpr(n)),
            Place::Reg(_) => Place::Reg(src.pick(MACHINE.gprs)),
            Place::Slot(_) => Place::Slot(u16::from(n)),
        };
        if q != p {
            return q;
        }
    }
}

/// Damages an allocation; says how, or nothing if there was nothing of the kind.
fn damage(src: &mut Source<'_>, a: &mut Allocation) -> Option<&'static str> {
    let i = src.below(a.steps.len());
    match &mut a.steps[i] {
        Step::Node { uses, def, .. } => match (src.below(3), def) {
            (0, Some(d)) => {
                *d = other(src, Place::Reg(*d)).reg()?;
                Some("result")
            }
            (1, _) => {
                a.steps.remove(i);
                Some("node")
            }
            _ => {
                let k = src.below(uses.len());
                let u = uses.get_mut(k)?;
                *u = other(src, *u);
                Some("use")
            }
        },
        Step::Move { .. } => {
            a.steps.remove(i);
            Some("move")
        }
        Step::Copies(c) => {
            let k = src.below(c.len());
            let Copy { dst, src: from } = &mut c[k];
            match from {
                Src::Place(p) if src.chance(50) => *p = other(src, *p),
                _ => *dst = other(src, *dst),
            }
            Some("copy")
        }
    }
}

fn allocation(t: &Trace) -> Option<(Selection, Allocation)> {
    let sel = select(&super::new_request(t, &vec![0; t.consts.len()]), X64::new().cpu).ok()?;
    let a = allocate(t, &sel, &MACHINE, &Growth::default()).ok()?;
    Some((sel, a))
}

fn verdict(t: &Trace, sel: &Selection, a: &Allocation) -> Result<(), String> {
    let bits = vec![0; t.consts.len()];
    let maps = snapmap::build(&new_request(t, &bits), sel, a).map_err(|e| e.name().to_string())?;
    check(t, sel, a, &maps, &MACHINE)
}

#[test]
fn damage_is_found() {
    let mut src = Source::seeded(7);
    let mut counts = std::collections::BTreeMap::<&str, (u32, u32)>::new();
    for seed in 0..300 {
        let o = Options { steps: 30, link: Link::Loop, objects: false, strings: false, calls: true };
        let t = random(&mut Source::seeded(seed), &o);
        let Ok(t) = opt::replay(&t, opt::Passes::level(3)).and_then(opt::optimise) else { continue };
        let Some((sel, good)) = allocation(&t) else { continue };
        assert_eq!(verdict(&t, &sel, &good), Ok(()), "{t}");
        for _ in 0..20 {
            let mut bad = good.clone();
            let Some(kind) = damage(&mut src, &mut bad) else { continue };
            let c = counts.entry(kind).or_default();
            c.0 += 1;
            c.1 += u32::from(verdict(&t, &sel, &bad).is_err());
        }
        // Exits.
        for s in 0..good.snaps.len() {
            if !sel.taken[s] || good.snaps[s].is_empty() {
                continue;
            }
            let mut bad = good.clone();
            let k = src.below(bad.snaps[s].len());
            bad.snaps[s][k] = other(&mut src, bad.snaps[s][k]);
            let c = counts.entry("exit").or_default();
            c.0 += 1;
            c.1 += u32::from(verdict(&t, &sel, &bad).is_err());
        }
    }
    println!("{counts:?}");
    for kind in ["result", "node", "use", "move", "copy", "exit"] {
        let (all, found) = counts[kind];
        // What is not found does no harm: a place that happens to hold the value too, a move nobody needs.
        assert!(all > 20 && found * 100 >= all * 90, "{kind}: {found} of {all}");
    }
}
