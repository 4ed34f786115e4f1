use super::blocks::{Null, compare, lasting};
use super::copula::{Copula, block_rows, polynomial};
use super::domain::domain;
use super::pca::Components;
use super::reconstruction::reconstruction;
use super::relation::{relations, tested};
use super::{Blocks, Shift};
use crate::evidence::dispersion::Dispersion;
use crate::learn::SplitMix;
use crate::statistic::tail;

struct World(SplitMix);

impl World {
    fn new(seed: u64) -> World {
        World(SplitMix::new(seed, 77))
    }

    fn uniform(&mut self) -> f64 {
        ((self.0.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        tail::normal_isf(self.uniform())
    }

    /// Columns that correlate with the first by `rho`.
    fn table(&mut self, rows: usize, width: usize, rho: f64) -> Vec<Vec<f64>> {
        let first: Vec<f64> = (0..rows).map(|_| self.normal()).collect();
        let mut one = || first.iter().map(|x| rho * x + (1.0 - rho * rho).sqrt() * self.normal()).collect();
        let others: Vec<Vec<f64>> = (1..width).map(|_| one()).collect();
        std::iter::once(first).chain(others).collect()
    }
}

fn ranked(columns: &[Vec<f64>], per_window: usize, seed: u64) -> Copula {
    let rows = columns[0].len();
    Copula::new(columns, (0..rows).map(|i| (i / per_window) as u32).collect(), 100, seed)
}

#[test]
fn every_block_has_the_same_margin() {
    let values = vec![vec![5.0, 1.0, 1.0, 1.0, f64::NAN, 9.0, f64::NAN, -0.0, 0.0, 7.0], vec![1.0; 10]];
    let c = Copula::new(&values, vec![0, 0, 0, 1, 1, 1, 1, 1, 2, 2], 5, 3);
    // Five rows are reached with window 1; the two of window 2 are less than half a block.
    assert!(c.blocks.len() == 1 && c.blocks[0] == (0..10), "{:?}", c.blocks);
    for ranks in &c.ranks {
        let mut sorted = ranks.clone();
        sorted.sort_by(f64::total_cmp);
        let even: Vec<f64> = (0..10).map(|i| (f64::from(i) + 0.5) / 10.0).collect();
        assert_eq!(sorted, even);
    }
    let u = &c.ranks[0];
    assert!(u[5] > u[9] && u[9] > u[0] && u[0] > u[1] && u[1] > u[7].max(u[8]), "{u:?}");
    assert_eq!(c, Copula::new(&values, c.windows.clone(), 5, 3));
}

#[test]
fn windows_become_blocks() {
    let c = Copula::new(&[], vec![0, 0, 0, 2, 2, 7, 8, 8, 8, 8], 3, 0);
    assert_eq!(c.blocks, [0..3, 3..6, 6..10]);
    assert_eq!(Copula::new(&[], vec![], 3, 0).blocks, []);
    assert_eq!((block_rows(0), block_rows(20_000)), (50, 500));
}

#[test]
fn polynomials_are_orthonormal() {
    let n = 20_000;
    for (r, s) in [(1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3)] {
        let at = |i: usize| (i as f64 + 0.5) / n as f64;
        let mean = (0..n).map(|i| polynomial(r, at(i)) * polynomial(s, at(i))).sum::<f64>() / n as f64;
        assert!((mean - f64::from(u8::from(r == s))).abs() < 1e-6, "{r} {s}: {mean}");
    }
}

#[test]
fn components_are_those_of_scikit_learn() {
    // i = numpy.arange(12); x = numpy.column_stack([i * 7 % 12, i * i % 11, i + i * 5 % 7, (i % 3) ** 2]).astype(float)
    // z = StandardScaler().fit_transform(x); p = PCA(n_components=0.65).fit(z); p.n_components_
    // numpy.linalg.norm(z - p.inverse_transform(p.transform(z)), axis=1)
    let i = 0..12u32;
    let columns: Vec<Vec<f64>> = vec![
        i.clone().map(|i| f64::from(i * 7 % 12)).collect(),
        i.clone().map(|i| f64::from(i * i % 11)).collect(),
        i.clone().map(|i| f64::from(i + i * 5 % 7)).collect(),
        i.map(|i| f64::from((i % 3).pow(2))).collect(),
    ];
    let model = Components::fit(&columns, |_| true, 0.65);
    let expected = [
        0.6530197057588228,
        1.0472026296699475,
        1.8432137349299833,
        0.47725114428526905,
        0.7618321917249758,
        1.3399109570274175,
        0.8143951758423145,
        1.0519937067623875,
        0.9834056436171165,
        1.3966212923377006,
        1.565451250824252,
        0.5394254337764935,
    ];
    assert_eq!(model.kept, 2);
    for (found, expected) in model.errors(&columns).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }
}

#[test]
fn a_constant_column_and_no_rows_do_no_harm() {
    let model = Components::fit(&[vec![3.0; 5], vec![1.0, 2.0, 3.0, 4.0, 5.0]], |_| true, 0.65);
    assert!(model.errors(&[vec![3.0], vec![9.0]]).iter().all(|e| e.is_finite()));
    assert!(Components::fit(&[], |_| true, 0.65).errors(&[]).is_empty());
    let empty = Copula::default();
    assert!(relations(&empty, &empty, true).pairs.is_empty());
    assert!(reconstruction(&empty, &empty, 0.0, true).is_none());
    assert!(domain(&empty, &empty, 0.0, true, 0.01, 1).is_none());
}

#[test]
fn relations_are_spearmans() {
    let columns = World::new(5).table(4_000, 3, 0.5);
    let c = Copula::new(&columns, vec![0; 2_000].into_iter().chain(vec![1; 2_000]).collect(), 2_000, 1);
    let found = relations(&c, &c, true);
    assert_eq!(found.pairs.len(), tested(3));
    let of = |a: usize, b: usize| found.pairs.iter().find(|p| p.columns == [a, b] && p.is_correlation()).unwrap();
    // 6 / pi asin(rho / 2), Pearson 1907: of two columns that correlate by 0.5 with the first, and so by 0.25 with each other.
    for (a, b, rho) in [(0, 1, 0.5f64), (0, 2, 0.5), (1, 2, 0.25)] {
        let truth = 6.0 / std::f64::consts::PI * (rho / 2.0).asin();
        assert!((of(a, b).reference - truth).abs() < 0.04, "{:?}", of(a, b));
    }
    // The very same data did not change.
    assert!(found.pairs.iter().all(|p| p.shift.change == 0.0 && p.shift.p > 0.99));
}

#[test]
fn a_broken_relation_is_named_and_dated_to_its_part() {
    let mut world = World::new(8);
    let then = ranked(&world.table(6_000, 4, 0.6), 200, 1);
    let mut columns = world.table(6_000, 4, 0.6);
    // The last quarter of column 2 goes with nothing any more.
    columns[2][4_500..].reverse();
    let now = ranked(&columns, 200, 2);
    let found = relations(&then, &now, true);
    let first = found.pairs[0];
    assert!(first.columns == [0, 2] && first.is_correlation(), "{first:?}");
    assert!(first.shift.p < 1e-12 && first.current() < 0.1 && first.shift.since >= 20, "{first:?}");
    let off = reconstruction(&then, &now, found.lasts, true).unwrap();
    assert!(off.shift.p < 1e-6 && off.shift.change > 0.0, "{:?}", off.shift);
}

#[test]
fn what_no_pair_shows_the_learner_sees() {
    let mut world = World::new(21);
    let then = world.table(6_000, 5, 0.0);
    let mut now = world.table(6_000, 5, 0.0);
    let odd: Vec<bool> =
        (0..6_000).map(|row| now[..3].iter().map(|c| c[row].signum()).product::<f64>() < 0.0).collect();
    for (x, _) in now[2].iter_mut().zip(odd).filter(|(_, odd)| *odd) {
        *x *= if world.uniform() < 0.8 { -1.0 } else { 1.0 };
    }
    let (then, now) = (ranked(&then, 150, 1), ranked(&now, 150, 2));
    let pairs = relations(&then, &now, false);
    assert!(pairs.pairs[0].shift.p * pairs.pairs.len() as f64 > 0.01, "{:?}", pairs.pairs[0]);
    let told = domain(&then, &now, pairs.lasts, false, 1e-3, 7).unwrap();
    assert!(told.p < 1e-6 && told.auc.value > 0.53, "{} {:?}", told.p, told.auc);
    assert!(told.auc_reference.is_some_and(|own| own < told.auc.value));
    let mut named: Vec<usize> = told.columns.iter().take(3).map(|c| c.0).collect();
    named.sort_unstable();
    assert_eq!(named, [0, 1, 2]);
}

/// p-values of 60 pairs of periods of one world may be small as often as they say, and a little more by chance.
#[test]
fn nothing_is_found_where_nothing_changed() {
    let (mut pairs, mut error, mut told) = (0, 0, 0);
    let runs = 60;
    for run in 0..runs {
        let mut world = World::new(1_000 + run);
        // Every second run wobbles: its windows' relations differ, in both periods alike.
        let mut period = |windows: usize, salt: u64| {
            let mut columns = vec![Vec::new(); 5];
            for _ in 0..windows {
                let rho = 0.5 + if run % 2 == 0 { 0.1 * world.normal() } else { 0.0 };
                let shift = world.normal();
                for (all, own) in columns.iter_mut().zip(world.table(100, 5, rho.clamp(-0.95, 0.95))) {
                    all.extend(own.iter().map(|x| x + shift));
                }
            }
            ranked(&columns, 100, salt)
        };
        let (then, now) = (period(20, 1), period(20, 2));
        let found = relations(&then, &now, true);
        pairs += u32::from(found.pairs[0].shift.p * (found.pairs.len() as f64) < 0.05);
        error += u32::from(reconstruction(&then, &now, found.lasts, true).is_some_and(|r| r.shift.p < 0.05));
        told += u32::from(domain(&then, &now, found.lasts, true, 0.05, run).is_some_and(|d| d.p < 0.05));
    }
    // Three of 60 are expected; nine or more come in 1 of 250 cases at that rate.
    assert!(pairs <= 8 && error <= 8 && told <= 8, "pairs {pairs}, reconstruction {error}, domain {told}");
}

#[test]
fn a_wobble_that_lasts_is_worth_fewer_blocks() {
    let blocks = |means: Vec<f64>| Blocks { rows: vec![100.0; means.len()], means };
    let then = blocks((0..40).map(|i| if i % 2 == 0 { 0.3 } else { -0.3 }).collect());
    let now = blocks(vec![0.3; 20]);
    let p = |lasts: f64| -> Shift { compare(&then, &now, 1.0, &Null::new(9.0, 39.0, lasts, 40), false) };
    assert!(p(0.0).p < 1e-3 && p(0.8).p > 0.05, "{:?} {:?}", p(0.0), p(0.8));
    assert_eq!(lasting((1.2, 39.0), Some(0.5)), None);
    assert_eq!(lasting((3.0, 39.0), Some(0.5)), Some(0.75));
    // scipy.stats.norm.sf(0.1 / sqrt(1 / 400 + 1 / 600)) * 2
    let plain = Null { dispersion: Dispersion { factor: 1.0, freedom: f64::INFINITY }, lasts: 0.0 };
    let big = |n: f64, mean: f64| Blocks { means: vec![mean], rows: vec![n * 1e4] };
    let found = compare(&big(400.0, 0.0), &big(600.0, 0.001), 1.0, &plain, false);
    assert!((found.p - 0.12133525035848204).abs() < 1e-6, "{found:?}");
}
