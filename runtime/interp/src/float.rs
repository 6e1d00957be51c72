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
