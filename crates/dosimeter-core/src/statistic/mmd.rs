//! Maximum mean discrepancy and the energy distance of vectors, by window.
//!
//! **What.** How differently two samples of vectors look to a kernel: the squared distance of their mean embeddings.
//!
//! **Definition.** The unbiased estimate `mean k(x, x') + mean k(y, y') - 2 mean k(x, y)` over different rows, with
//! `k(x, y) = exp(-|x - y|² / (2 h²))`, `h` the median distance of all rows. With `k = -|x - y|` the same sum is the
//! energy distance (the square of the other module's).
//!
//! **Guarantees.** Sums over pairs are kept by window: relabelling whole windows costs as many steps as there are pairs of
//! them, and p by relabelling is exact where windows are exchangeable, however rows within one depend on each other.
//!
//! **Papers.** Gretton, Borgwardt, Rasch, Schölkopf and Smola, *A kernel two-sample test* (2012); Székely and Rizzo, *Energy
//! statistics* (2013); Besag and Clifford, *Sequential Monte Carlo p-values* (1991); Schilling, *Multivariate two-sample
//! tests based on nearest neighbors* (1986).

use crate::profile::sample::mix;

/// Exceedances after which relabelling stops: p is then known to about a fifth of itself.
const EXCEEDANCES: u32 = 25;

/// How alike two rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Gaussian, as wide as the median distance.
    Gaussian,
    /// The negative distance: the energy distance.
    Energy,
}

/// Sums of a kernel over the pairs of rows, by pair of windows.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// Rows of each window.
    rows: Vec<f64>,
    /// Over ordered pairs of different rows, `windows × windows`.
    sums: Vec<f64>,
    /// The nearest other row of each row.
    nearest: Vec<usize>,
}

impl Pairs {
    /// From points, `windows` of which each has its own; `None` for fewer than two points or any that is not finite.
    #[must_use]
    pub fn new(points: &[Vec<f64>], window: &[usize], kernel: Kernel) -> Option<Pairs> {
        let n = points.len();
        if n < 2 || window.len() != n || points.iter().flatten().any(|x| !x.is_finite()) {
            return None;
        }
        let windows = window.iter().max()? + 1;
        let mut squares = Vec::with_capacity(n * (n - 1) / 2);
        for (i, a) in points.iter().enumerate() {
            squares.extend(points.iter().take(i).map(|b| a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>()));
        }
        let mut middle = squares.clone();
        let (_, median, _) = middle.select_nth_unstable_by((squares.len() - 1) / 2, f64::total_cmp);
        let width = if *median > 0.0 { *median } else { 1.0 };
        let mut pairs = Pairs { rows: vec![0.0; windows], sums: vec![0.0; windows * windows], nearest: vec![0; n] };
        let mut closest = vec![f64::INFINITY; n];
        let mut square = squares.into_iter();
        for (i, u) in window.iter().enumerate() {
            *pairs.rows.get_mut(*u)? += 1.0;
            for (j, v) in window.iter().enumerate().take(i) {
                let d = square.next()?;
                let k = match kernel {
                    Kernel::Gaussian => (-d / (2.0 * width)).exp(),
                    Kernel::Energy => -d.sqrt(),
                };
                *pairs.sums.get_mut(u * windows + v)? += k;
                *pairs.sums.get_mut(v * windows + u)? += k;
                for (a, b) in [(i, j), (j, i)] {
                    let slot = closest.get_mut(a)?;
                    if d < *slot {
                        *slot = d;
                        *pairs.nearest.get_mut(a)? = b;
                    }
                }
            }
        }
        Some(pairs)
    }

    /// The discrepancy of the windows marked `true` from the others; `None` where a side has fewer than two rows.
    #[must_use]
    pub fn discrepancy(&self, current: &[bool]) -> Option<f64> {
        let windows = self.rows.len();
        let (mut n, mut within, mut across) = ([0.0; 2], [0.0; 2], 0.0);
        for (u, row) in self.sums.chunks_exact(windows).enumerate() {
            let side = usize::from(*current.get(u)?);
            *n.get_mut(side)? += self.rows.get(u)?;
            for (k, other) in row.iter().zip(current) {
                if usize::from(*other) == side {
                    *within.get_mut(side)? += k;
                } else {
                    across += k;
                }
            }
        }
        let [a, b] = n;
        let [x, y] = within;
        (a >= 2.0 && b >= 2.0).then(|| x / (a * (a - 1.0)) + y / (b * (b - 1.0)) - across / (a * b))
    }

    /// The share of relabellings of whole blocks of windows that show at least the discrepancy seen (Besag and Clifford
    /// stop it early where that is often). Blocks are of `length` neighbouring windows.
    #[must_use]
    pub fn p_value(&self, current: &[bool], length: usize, most: u32, seed: u64) -> Option<f64> {
        let seen = self.discrepancy(current)?;
        // Blocks do not cross from one period to the other.
        let mut blocks: Vec<Vec<usize>> = Vec::new();
        for side in [false, true] {
            let own: Vec<usize> = (0..current.len()).filter(|w| current.get(*w) == Some(&side)).collect();
            blocks.extend(own.chunks(length.max(1)).map(<[usize]>::to_vec));
        }
        let marked = blocks.iter().filter(|b| b.first().is_some_and(|w| current.get(*w) == Some(&true))).count();
        let (mut state, mut exceeded, mut tried) = (seed, 0u32, 0u32);
        while tried < most && exceeded < EXCEEDANCES {
            // Fisher and Yates, as far as it is needed.
            for i in 0..marked.min(blocks.len().saturating_sub(1)) {
                state = mix(state);
                let j = i + (state % (blocks.len() - i) as u64) as usize;
                blocks.swap(i, j);
            }
            let mut labels = vec![false; current.len()];
            for w in blocks.iter().take(marked).flatten() {
                *labels.get_mut(*w)? = true;
            }
            tried += 1;
            if self.discrepancy(&labels).is_none_or(|d| d >= seen - 1e-12 * seen.abs()) {
                exceeded += 1;
            }
        }
        if exceeded >= EXCEEDANCES {
            return Some(f64::from(exceeded) / f64::from(tried));
        }
        Some(f64::from(exceeded + 1) / f64::from(tried + 1))
    }

    /// How often the nearest row is of the row's own side, the mean of both sides: about the share of each where they are
    /// alike, 1 where they are apart.
    #[must_use]
    pub fn own_neighbours(&self, side: &[bool]) -> Option<f64> {
        let share = |which: bool| {
            let own: Vec<usize> = (0..side.len()).filter(|i| side.get(*i) == Some(&which)).collect();
            let same = own.iter().filter(|i| self.nearest.get(**i).and_then(|j| side.get(*j)) == Some(&which)).count();
            (!own.is_empty()).then(|| same as f64 / own.len() as f64)
        };
        Some((share(false)? + share(true)?) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x[i] = ((3 i) % 7, (5 i) % 11), y[i] = ((2 i) % 7 + 1, (4 i) % 11), for i in 0..8.
    fn points() -> (Vec<Vec<f64>>, Vec<usize>) {
        let x = (0..8).map(|i| vec![f64::from((3 * i) % 7), f64::from((5 * i) % 11)]);
        let y = (0..8).map(|i| vec![f64::from((2 * i) % 7 + 1), f64::from((4 * i) % 11)]);
        (x.chain(y).collect(), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3].to_vec())
    }

    const PERIODS: [bool; 4] = [false, false, true, true];

    #[test]
    fn discrepancies_are_those_of_numpy() {
        let (points, window) = points();
        let of =
            |kernel| Pairs::new(&points, &window, kernel).and_then(|p| p.discrepancy(&PERIODS)).unwrap_or(f64::NAN);
        // d = squareform(pdist(z)); h2 = np.median(pdist(z, "sqeuclidean")) by the lower of two middles
        // k = exp(-d**2 / 2 / h2); m = lambda k: (k[:8,:8].sum() - 8*k[0,0]) / 56 + (k[8:,8:].sum() - 8*k[0,0]) / 56
        //                                        - 2 * k[:8,8:].mean()
        assert!((of(Kernel::Gaussian) - (-0.040054922735)).abs() < 1e-9, "{}", of(Kernel::Gaussian));
        // m(-d)
        assert!((of(Kernel::Energy) - (-0.490429381496)).abs() < 1e-9, "{}", of(Kernel::Energy));
    }

    #[test]
    fn p_is_the_share_of_relabellings() {
        let (points, window) = points();
        let pairs = Pairs::new(&points, &window, Kernel::Gaussian);
        // All six ways to call two windows of four current: sum(m(perm) >= m(seen)) / 6 by itertools.combinations.
        let p = pairs.and_then(|p| p.p_value(&PERIODS, 1, 100_000, 7)).unwrap_or(f64::NAN);
        assert!((p - 0.333333).abs() < 0.15, "{p}");
    }

    #[test]
    fn p_holds_and_separation_shows() {
        // Windows with a level of their own: rows alone would find them all different.
        let mut state = 1u64;
        let mut draw = || {
            let mut uniform = || {
                state = mix(state);
                ((state >> 11) as f64 + 0.5) / 2f64.powi(53)
            };
            (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
        };
        let mut low = 0;
        for run in 0..200 {
            let (mut points, mut window) = (Vec::new(), Vec::new());
            for w in 0..12 {
                let level = draw();
                for _ in 0..6 {
                    points.push(vec![level + draw(), draw()]);
                    window.push(w);
                }
            }
            let current: Vec<bool> = (0..12).map(|w| w >= 6).collect();
            let p = Pairs::new(&points, &window, Kernel::Gaussian).and_then(|p| p.p_value(&current, 1, 400, run));
            low += usize::from(p.is_some_and(|p| p <= 0.05));
        }
        // 10 of 200 are expected; 20 is beyond three standard errors.
        assert!((2..=20).contains(&low), "{low}");
        let apart: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i % 10) + if i < 10 { 0.0 } else { 1e3 }]).collect();
        let window: Vec<usize> = (0..20).map(|i| i / 10).collect();
        let side: Vec<bool> = window.iter().map(|w| *w == 1).collect();
        let pairs = Pairs::new(&apart, &window, Kernel::Gaussian);
        assert_eq!(pairs.and_then(|p| p.own_neighbours(&side)), Some(1.0));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert!(Pairs::new(&[], &[], Kernel::Gaussian).is_none());
        assert!(Pairs::new(&[vec![f64::NAN], vec![0.0]], &[0, 1], Kernel::Gaussian).is_none());
        let same = Pairs::new(&vec![vec![1.0]; 8], &[0, 0, 0, 0, 1, 1, 1, 1], Kernel::Gaussian);
        assert_eq!(same.as_ref().and_then(|p| p.discrepancy(&[false, true])), Some(0.0));
        assert!(same.and_then(|p| p.discrepancy(&[true, true])).is_none());
    }
}
