//! Mean and variance of a stream, merged without loss.
//!
//! Welford 1962 for one more value, Chan, Golub & LeVeque 1979 for two streams: both keep the sum of squared
//! deviations instead of the sum of squares, so a large common offset costs no precision.

use serde::{Deserialize, Serialize};

/// Count, mean and sum of squared deviations from the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    n: u64,
    mean: f64,
    m2: f64,
}

impl Moments {
    /// Adds one value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.n += 1;
        let delta = value - self.mean;
        self.mean += delta / self.n as f64;
        self.m2 += delta * (value - self.mean);
    }

    /// Adds everything that `other` has seen.
    #[inline]
    pub fn merge(&mut self, other: &Moments) {
        if other.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *other;
            return;
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let delta = other.mean - self.mean;
        self.m2 += other.m2 + delta * delta * (a * b / (a + b));
        self.mean = (a * self.mean + b * other.mean) / (a + b);
        self.n = self.n.saturating_add(other.n);
    }

    /// What is left when some of the values seen are taken out again; `None` where `part` cannot be a part of them.
    #[must_use]
    pub(super) fn without(&self, part: &Moments) -> Option<Moments> {
        let n = self.n.checked_sub(part.n)?;
        if n == 0 || part.n == 0 {
            return Some(if n == 0 { Moments::default() } else { *self });
        }
        let (a, b, rest) = (self.n as f64, part.n as f64, n as f64);
        let mean = (a * self.mean - b * part.mean) / rest;
        let delta = part.mean - mean;
        Some(Moments { n, mean, m2: (self.m2 - part.m2 - delta * delta * (rest * b / a)).max(0.0) })
    }

    /// Values seen.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Their mean; `None` where none was seen or the sums overflowed.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0 && self.mean.is_finite()).then_some(self.mean)
    }

    /// Their variance, divided by n - 1; `None` for fewer than two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1 && self.m2.is_finite()).then(|| self.m2.max(0.0) / (self.n - 1) as f64)
    }

    /// The standard error of the mean; infinite where fewer than two values leave it open.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        self.variance().map_or(f64::INFINITY, |v| (v / self.n as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_is_the_whole_even_far_from_zero() {
        let values: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i * i % 97)).collect();
        let mut whole = Moments::default();
        values.iter().for_each(|v| whole.add(*v));
        let (mut a, mut b) = (Moments::default(), Moments::default());
        values.iter().take(337).for_each(|v| a.add(*v));
        values.iter().skip(337).for_each(|v| b.add(*v));
        let mut ab = a;
        ab.merge(&b);
        b.merge(&a);
        // numpy: np.var([(i*i) % 97 for i in range(1000)], ddof=1)
        let expected = 922.530_930_930_930_9;
        for m in [whole, ab, b] {
            assert_eq!(m.n(), 1000);
            assert!((m.variance().expect("two values") / expected - 1.0).abs() < 1e-9, "{m:?}");
        }
    }

    #[test]
    fn taking_a_part_out_again() {
        let (mut all, mut part, mut rest) = (Moments::default(), Moments::default(), Moments::default());
        for i in 0..100 {
            let value = 5.0 + f64::from(i * i % 13);
            all.add(value);
            if i % 3 == 0 { part.add(value) } else { rest.add(value) }
        }
        let left = all.without(&part).expect("a part");
        assert_eq!(left.n(), rest.n());
        assert!((left.mean().expect("rows") - rest.mean().expect("rows")).abs() < 1e-12);
        assert!((left.variance().expect("rows") - rest.variance().expect("rows")).abs() < 1e-9);
        assert!(part.without(&all).is_none());
    }

    #[test]
    fn nothing_and_one() {
        let mut m = Moments::default();
        assert_eq!((m.mean(), m.variance()), (None, None));
        m.add(3.0);
        assert_eq!((m.mean(), m.standard_error()), (Some(3.0), f64::INFINITY));
    }
}
