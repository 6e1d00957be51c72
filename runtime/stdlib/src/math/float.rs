//! Taking floats apart and putting them together, by bits.

/// Returns a fraction (0.5 to 1, with the sign) and a power of two whose product is `x`; zeros, infinities and NaN with 0.
pub fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // A subnormal is scaled to a normal number first.
    let subnormal = x.abs() < f64::MIN_POSITIVE;
    let (y, offset) = if subnormal { (x * 18014398509481984.0, 54) } else { (x, 0) };
    let bits = y.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1022 - offset;
    (f64::from_bits(bits & !(0x7ff << 52) | 0x3fe << 52), exponent)
}

/// Returns `x` times two to the power of `n`, truncated, rounded once.
pub fn ldexp(x: f64, n: f64) -> f64 {
    if n.is_nan() || x.is_nan() {
        return f64::NAN;
    }
    if n.is_infinite() {
        return match (n > 0.0, x == 0.0, x.is_infinite()) {
            (true, true, _) | (false, _, true) => f64::NAN,
            (true, ..) => f64::INFINITY.copysign(x),
            (false, ..) => 0f64.copysign(x),
        };
    }
    if x == 0.0 || x.is_infinite() {
        return x;
    }
    let (fraction, exponent) = frexp(x);
    let total = n.trunc().clamp(-10000.0, 10000.0) as i32 + exponent;
    // Two factors at most lose nothing but in the last product.
    if total > 1024 {
        return fraction * f64::INFINITY;
    }
    if total >= -1021 {
        return fraction * 2.0 * power_of_two(total - 1);
    }
    if total < -1080 {
        return 0f64.copysign(x);
    }
    fraction * power_of_two(total + 100) * power_of_two(-100)
}

/// Returns a normal power of two.
fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// Returns whole part and fraction, both with the sign of `x`.
pub fn modf(x: f64) -> (f64, f64) {
    let whole = x.trunc();
    let fraction = if x.is_infinite() { 0.0 } else { x - whole };
    (whole, if x.is_nan() { x } else { fraction.copysign(x) })
}

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
