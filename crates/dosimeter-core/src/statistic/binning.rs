//! Bins: where they come from decides what a binned distance says.
//!
//! The same two samples give a Jensen-Shannon distance of 0.13 or of 0.17 depending on who cut the bins, so a golden
//! number is only reproducible with its edges. Here are the edges of numpy's `histogram_bin_edges` (rules of Sturges,
//! 1926, and Doane, 1976), reference quantiles (numpy's linear ones, Hyndman and Fan's type 7), and two whole recipes:
//! Evidently's ([`pooled_sturges`]) and NannyML's ([`reference_doane`]).
//!
//! All of them ignore what is not finite. An equal-width rule looks at the extremes, so one wild value stretches the
//! bins until everything else shares one; that is why the product's own grid is reference quantiles with open ends.

use super::sample::{Moments, Pooled, finite_sorted};

/// Ascending bin edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Edges(Vec<f64>);

/// What falls where: closed bins and the two outsides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Values below the first edge.
    pub below: u64,
    /// Values in each bin `[e_i, e_(i+1))`; the last bin also holds its upper edge.
    pub inside: Vec<u64>,
    /// Values above the last edge.
    pub above: u64,
}

impl Edges {
    /// Edges given by hand; `None` unless finite and ascending.
    pub fn new(edges: Vec<f64>) -> Option<Self> {
        let ascending = edges.iter().zip(edges.iter().skip(1)).all(|(a, b)| a < b);
        (ascending && edges.iter().all(|e| e.is_finite())).then_some(Edges(edges))
    }

    /// The edges, ascending.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// Sturges' rule: bins of width `range / (1 + log2 n)`. `None` for an empty sample.
    pub fn sturges(values: &[f64]) -> Option<Self> {
        let sorted = finite_sorted(values);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        equal_width(low, high, (high - low) / ((sorted.len() as f64).log2() + 1.0))
    }

    /// Doane's rule: Sturges' with more bins the more skewed the sample. `None` for an empty sample.
    pub fn doane(values: &[f64]) -> Option<Self> {
        let sorted = finite_sorted(values);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let n = sorted.len() as f64;
        let moments = Moments::new(&sorted)?;
        let sigma = moments.variance().sqrt();
        let width = if sorted.len() > 2 && sigma > 0.0 {
            let spread = (6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))).sqrt();
            let skew = sorted.iter().map(|x| ((x - moments.mean) / sigma).powi(3)).sum::<f64>() / n;
            (high - low) / (1.0 + n.log2() + (1.0 + skew.abs() / spread).log2())
        } else {
            0.0
        };
        equal_width(low, high, width)
    }

    /// The inner edges that cut the reference into `cells` equally full cells; equal quantiles become one edge. Use
    /// them with [`Edges::open_cells`]. `None` for an empty sample or no cells.
    ///
    /// ```
    /// use dosimeter_core::statistic::binning::Edges;
    /// let edges = Edges::quantiles(&[1.0, 2.0, 3.0, 4.0, 5.0], 4).unwrap();
    /// assert_eq!(edges.as_slice(), [2.0, 3.0, 4.0]);
    /// assert_eq!(edges.open_cells(&[-9.0, 2.0, 2.5, 1e6]), [1, 2, 0, 1]);
    /// ```
    pub fn quantiles(reference: &[f64], cells: usize) -> Option<Self> {
        let sorted = finite_sorted(reference);
        if sorted.is_empty() || cells == 0 {
            return None;
        }
        let mut edges: Vec<f64> = (1..cells).filter_map(|i| quantile(&sorted, i as f64 / cells as f64)).collect();
        edges.dedup();
        Some(Edges(edges))
    }

    /// Counts per closed bin, numpy's `histogram`, with what lies outside kept apart.
    pub fn histogram(&self, values: &[f64]) -> Histogram {
        let bins = self.0.len().saturating_sub(1);
        let mut out = Histogram { below: 0, inside: vec![0; bins], above: 0 };
        let last = self.0.last().copied();
        for &v in values.iter().filter(|v| v.is_finite()) {
            let at = self.0.partition_point(|&e| e <= v);
            if at == 0 {
                out.below += 1;
            } else if let Some(cell) = out.inside.get_mut(at - 1) {
                *cell += 1;
            } else if last == Some(v)
                && let Some(cell) = out.inside.last_mut()
            {
                *cell += 1;
            } else {
                out.above += 1;
            }
        }
        out
    }

    /// Counts per cell `(-inf, e_0), [e_0, e_1), ..., [e_last, inf)`: one more cell than edges, numpy's `digitize`.
    pub fn open_cells(&self, values: &[f64]) -> Vec<u64> {
        let mut out = vec![0; self.0.len() + 1];
        for &v in values.iter().filter(|v| v.is_finite()) {
            if let Some(cell) = out.get_mut(self.0.partition_point(|&e| e <= v)) {
                *cell += 1;
            }
        }
        out
    }
}

/// The linear quantile of an ascending sample (numpy's default, Hyndman and Fan's type 7); `q` is held to `[0, 1]`.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let top = sorted.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * top as f64;
    let (low, t) = (at.floor() as usize, at - at.floor());
    let a = *sorted.get(low.min(top))?;
    let b = *sorted.get((low + 1).min(top))?;
    // Numpy takes the nearer end as the anchor; so do we, to the last bit.
    Some(if t < 0.5 { a + (b - a) * t } else { b - (b - a) * (1.0 - t) })
}

/// More bins than any rule asks of real data: a bound on memory where values are wild.
const MOST_BINS: f64 = 65_536.0;

fn equal_width(low: f64, high: f64, width: f64) -> Option<Edges> {
    let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
    let range = high - low;
    if !range.is_finite() || low >= high {
        return None;
    }
    let bins = if width > 0.0 { (range / width).ceil().clamp(1.0, MOST_BINS) as usize } else { 1 };
    let step = range / bins as f64;
    let mut edges: Vec<f64> = (0..bins).map(|i| i as f64 * step + low).collect();
    edges.push(high);
    Some(Edges(edges))
}

/// Reference and current counts over the same cells.
pub type CountPair = (Vec<u64>, Vec<u64>);

/// Evidently's cells: Sturges' bins of both samples together when the reference has more than 20 distinct values, else
/// one cell per distinct value of either.
pub fn pooled_sturges(reference: &[f64], current: &[f64]) -> Option<CountPair> {
    let pooled = Pooled::new(reference, current)?;
    if pooled.reference.iter().filter(|&&r| r > 0).count() <= 20 {
        return Some((pooled.reference, pooled.current));
    }
    let both: Vec<f64> = reference.iter().chain(current).copied().collect();
    let edges = Edges::sturges(&both)?;
    Some((edges.histogram(reference).inside, edges.histogram(current).inside))
}

/// The cells of Evidently's Hellinger distance: Sturges' bins of the *distinct* values of both samples, each value
/// counting once towards the number of bins.
pub fn distinct_sturges(reference: &[f64], current: &[f64]) -> Option<CountPair> {
    let edges = Edges::sturges(&Pooled::new(reference, current)?.values)?;
    Some((edges.histogram(reference).inside, edges.histogram(current).inside))
}

/// NannyML's cells: Doane's bins of the reference alone, and one extra cell for all that lies outside them; one cell
/// per distinct value instead when the reference has at most 50 of them and they are at most a tenth of its rows.
pub fn reference_doane(reference: &[f64], current: &[f64]) -> Option<CountPair> {
    let pooled = Pooled::new(reference, current)?;
    let distinct = pooled.reference.iter().filter(|&&r| r > 0).count();
    let rows: u64 = pooled.reference.iter().sum();
    if distinct <= 50 && distinct as f64 / rows as f64 <= 0.1 {
        return Some((pooled.reference, pooled.current));
    }
    let edges = Edges::doane(reference)?;
    let cells = |values| {
        let mut h = edges.histogram(values);
        h.inside.push(h.below + h.above);
        h.inside
    };
    Some((cells(reference), cells(current)))
}
