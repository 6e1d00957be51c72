//! Taking floats apart and putting them together: the interpreter's, since compiled code needs it, too.

pub use interp::float::{frexp, ldexp, modf};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{Random, luajit};

    #[test]
    fn edges() {
        assert_eq!(frexp(5e-324), (0.5, -1073));
        assert_eq!(frexp(-3.0), (-0.75, 2));
        assert_eq!(ldexp(1.5, -1075.0), 5e-324);
        assert_eq!(ldexp(1.0, 1.9), 2.0);
        assert_eq!(ldexp(5e-324, 2000.0), 2f64.powi(926));
        assert_eq!(ldexp(0.0, 1e300).to_bits(), 0);
        assert!(ldexp(0.0, f64::INFINITY).is_nan());
        assert_eq!(modf(-3.5), (-3.0, -0.5));
        assert_eq!(modf(f64::NEG_INFINITY).1.to_bits(), (-0.0f64).to_bits());
    }

    #[test]
    fn random_numbers_are_scaled_like_the_oracle_does() {
        let mut random = Random(0x7777_1234_abcd_0001);
        let mut program = "local function p(m, e) print(('%.17g %d'):format(m, e)) end\n".to_owned();
        let mut ours = Vec::new();
        for _ in 0..2000 {
            let x = f64::from_bits(random.below(1 << 53) << 11 | random.below(1 << 11));
            if !x.is_finite() {
                continue;
            }
            let n = random.below(4400) as f64 - 2200.0;
            program += &format!("p(math.frexp({x:e})) p(math.ldexp({x:e}, {n}), 0)\n");
            ours.push((frexp(x).0, frexp(x).1));
            ours.push((ldexp(x, n), 0));
        }
        let Some(theirs) = luajit(&program) else { return };
        let theirs = String::from_utf8(theirs).expect("numbers");
        for (line, (m, e)) in theirs.lines().zip(&ours) {
            let (their_m, their_e) = line.split_once(' ').expect("two numbers");
            assert_eq!((their_m.parse(), their_e.parse()), (Ok(*m), Ok(*e)));
        }
        assert_eq!(theirs.lines().count(), ours.len());
    }
}
