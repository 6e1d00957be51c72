//! Medians, deviations, spreads and geometric means.

/// Returns the median; NaN for no values.
pub fn median(values: &[f64]) -> f64 {
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    match v.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => v[n / 2],
        n => (v[n / 2 - 1] + v[n / 2]) / 2.0,
    }
}

/// Returns the distance of the farthest value from the median, in fractions of the median.
pub fn spread(values: &[f64]) -> f64 {
    let m = median(values);
    values.iter().map(|v| (v - m).abs() / m).fold(0.0, f64::max)
}

/// Returns the median distance from the median, in fractions of the median: half of the values are as near as that.
pub fn deviation(values: &[f64]) -> f64 {
    let m = median(values);
    median(&values.iter().map(|v| (v - m).abs() / m).collect::<Vec<_>>())
}

/// Returns the geometric mean; NaN for no values.
pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|v| v.ln()).sum::<f64>() / values.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn spread_is_the_farthest() {
        assert_eq!(spread(&[2.0, 2.0, 3.0]), 0.5);
        assert_eq!(spread(&[7.0]), 0.0);
    }

    #[test]
    fn deviation_is_that_of_most() {
        assert_eq!(deviation(&[2.0, 2.0, 9.0]), 0.0);
        assert_eq!(deviation(&[2.0, 3.0, 9.0]), 1.0 / 3.0);
        assert_eq!(deviation(&[7.0]), 0.0);
    }

    #[test]
    fn geometric_means() {
        assert!((geometric_mean(&[2.0, 8.0]) - 4.0).abs() < 1e-12);
        assert!(geometric_mean(&[]).is_nan());
    }
}
