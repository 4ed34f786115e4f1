//! The rate of false alarms of every p-value on counts, measured where nothing changed.
//!
//! Draws are seeded, so this is a measurement that never flickers. A test may be conservative (coarse grids make the
//! Kolmogorov-Smirnov law so); it may not alarm more often than promised beyond the noise of the count of draws.

use super::*;

/// Marsaglia-style multiply and shift (splitmix64): enough for a test, the same everywhere.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn counts(&mut self, rows: usize, shares: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; shares.len()];
        for _ in 0..rows {
            let mut u = self.uniform();
            let cell = shares.iter().position(|s| {
                u -= s;
                u < 0.0
            });
            if let Some(count) = counts.get_mut(cell.unwrap_or(0)) {
                *count += 1;
            }
        }
        counts
    }
}

/// Name, p-value, and whether it must also spend most of its allowance (not merely stay below).
const FACES: [(&str, OnCounts, bool); 8] = [
    ("ks asymptotic", |r, c| ks::counts(r, c).map(|t| t.p_asymptotic()), false),
    ("ks exact given ties", ks::p_exact_ties, false),
    ("cramer_von_mises", |r, c| cramer_von_mises::counts(r, c).map(|t| t.p), true),
    ("anderson_darling", |r, c| anderson_darling::counts(r, c).map(|t| t.p), true),
    ("mann_whitney", |r, c| mann_whitney::counts(r, c).map(|t| t.p), true),
    ("chi_square", |r, c| chi_square::contingency(r, c).map(|t| t.p), true),
    ("g", |r, c| chi_square::g_test(r, c).map(|t| t.p), true),
    (
        "psi",
        |r, c| {
            let (n, m) = cells::totals(r, c)?;
            psi::p(psi::counts(r, c)?, r.len(), n, m)
        },
        true,
    ),
];

#[test]
fn false_alarms_stay_within_the_promise() {
    let grids: [(&str, Vec<f64>); 3] =
        [("binary", vec![0.7, 0.3]), ("five cells", vec![0.4, 0.25, 0.2, 0.1, 0.05]), ("twenty cells", vec![0.05; 20])];
    const REPEATS: usize = 3_000;
    for (grid, shares) in grids {
        let mut draws = Draws(7);
        let pairs: Vec<_> = (0..REPEATS).map(|_| (draws.counts(400, &shares), draws.counts(300, &shares))).collect();
        for (name, face, spends) in FACES {
            // The exact one costs a lattice a draw.
            let used = if name == "ks exact given ties" { 300 } else { REPEATS };
            let p: Vec<f64> = pairs.iter().take(used).filter_map(|(r, c)| face(r, c)).collect();
            for level in [0.1, 0.01] {
                let alarms = p.iter().filter(|&&p| p <= level).count();
                let (rate, noise) = (alarms as f64 / used as f64, (level * (1.0 - level) / used as f64).sqrt());
                assert!(rate <= 1.15 * level + 3.5 * noise, "{grid}, {name} at {level}: {rate}");
                assert!(!spends || rate >= 0.6 * level - 3.5 * noise, "{grid}, {name} at {level}: {rate} wastes power");
            }
        }
    }
}
