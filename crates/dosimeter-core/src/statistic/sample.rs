//! Raw samples, made fit for a statistic.
//!
//! Every statistic of this folder treats raw values by one rule: **NaN and the two infinities are ignored**, here and
//! nowhere else, and a side that has no finite value left gives no answer (`None`). Missing and infinite values are
//! news of their own; they are counted by the profile, and a jump of their rate is a finding of its own, so a distance
//! between distributions must not be bent by them.
//!
//! Rank statistics need nothing of a sample but the distinct values and how often each side has them. [`Pooled`] holds
//! that, so a statistic is written once, on counts over ordered cells, and the exact statistic on raw samples is the
//! same code where every distinct value is a cell.

/// The finite values, ascending. NaN and infinities are left out; `-0.0` and `0.0` are one value.
///
/// ```
/// use dosimeter_core::statistic::sample::finite_sorted;
/// assert_eq!(finite_sorted(&[2.0, f64::NAN, -1.0, f64::INFINITY]), [-1.0, 2.0]);
/// ```
pub fn finite_sorted(values: &[f64]) -> Vec<f64> {
    // Adding 0.0 turns -0.0 into 0.0, so that total_cmp agrees with ==.
    let mut kept: Vec<f64> = values.iter().filter(|v| v.is_finite()).map(|v| v + 0.0).collect();
    kept.sort_unstable_by(f64::total_cmp);
    kept
}

/// Two samples as counts over their distinct values, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    /// The distinct finite values of both samples, strictly ascending.
    pub values: Vec<f64>,
    /// How often the reference has each value.
    pub reference: Vec<u64>,
    /// How often the current sample has each value.
    pub current: Vec<u64>,
}

impl Pooled {
    /// Pools two samples; `None` if either has no finite value.
    pub fn new(reference: &[f64], current: &[f64]) -> Option<Self> {
        let (a, b) = (finite_sorted(reference), finite_sorted(current));
        if a.is_empty() || b.is_empty() {
            return None;
        }
        let mut pooled = Pooled { values: Vec::new(), reference: Vec::new(), current: Vec::new() };
        let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
        loop {
            let value = match (a.peek(), b.peek()) {
                (Some(&x), Some(&y)) => x.min(y),
                (Some(&x), None) => x,
                (None, Some(&y)) => y,
                (None, None) => break,
            };
            let (mut r, mut c) = (0, 0);
            while a.next_if(|&x| x == value).is_some() {
                r += 1;
            }
            while b.next_if(|&x| x == value).is_some() {
                c += 1;
            }
            pooled.values.push(value);
            pooled.reference.push(r);
            pooled.current.push(c);
        }
        Some(pooled)
    }
}

/// Count, mean and spread of the finite values of a sample, or the same kept by a profile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// How many values.
    pub count: u64,
    /// Their mean, in the column's unit.
    pub mean: f64,
    /// Sum of squared deviations from the mean, in the unit squared.
    pub squares: f64,
}

impl Moments {
    /// Two-pass moments; `None` if nothing is finite.
    pub fn new(values: &[f64]) -> Option<Self> {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let count = finite().count() as u64;
        if count == 0 {
            return None;
        }
        let n = count as f64;
        // Dividing before adding keeps the mean finite for values near the largest double.
        let rough: f64 = finite().map(|v| v / n).sum();
        let mean = rough + finite().map(|v| (v - rough) / n).sum::<f64>();
        let squares = finite().map(|v| (v - mean) * (v - mean)).sum();
        Some(Moments { count, mean, squares })
    }

    /// Population variance (divisor `n`).
    pub fn variance(&self) -> f64 {
        self.squares / self.count as f64
    }

    /// Sample variance (divisor `n - 1`); NaN for fewer than two values.
    pub fn sample_variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }
}
