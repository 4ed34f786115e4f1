//! Standard errors against the bootstrap, and intervals against the truth.

use dosimeter_core::metric::{BinaryTally, Metric, Tally, Task, quantile_edges};

use crate::metric::data::{self, Lcg};

/// The standard deviation of every metric over resampled rows, over the claimed error.
fn bootstrap_ratio<R: Copy>(rows: &[R], tally: impl Fn(&[R]) -> Tally) -> Vec<(Metric, f64)> {
    let mut g = Lcg(77);
    let claimed = tally(rows).others();
    let mut replicates: Vec<Vec<f64>> = vec![Vec::new(); claimed.len()];
    for _ in 0..1000 {
        let resampled: Vec<R> = (0..rows.len()).map(|_| rows[g.below(rows.len())]).collect();
        let again = tally(&resampled);
        for ((metric, _), values) in claimed.iter().zip(&mut replicates) {
            values.push(again.estimate(*metric).map_or(f64::NAN, |e| e.value));
        }
    }
    let ratio = |values: &[f64], se: f64| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
        se / variance.sqrt()
    };
    claimed.iter().zip(&replicates).map(|((metric, e), values)| (*metric, ratio(values, e.se))).collect()
}

#[test]
fn errors_are_the_bootstraps() {
    let mut ratios = bootstrap_ratio(&data::binary(11, 1_500), |rows| data::binary_tally(rows).into());
    ratios.extend(bootstrap_ratio(&data::discrete(12, 2_000), |rows| data::binary_tally(rows).into()));
    ratios.extend(bootstrap_ratio(&data::multiclass(13, 1_500), |rows| data::multiclass_tally(rows).into()));
    ratios.extend(bootstrap_ratio(&data::regression(14, 1_500), |rows| data::regression_tally(rows).into()));
    for (metric, ratio) in &ratios {
        println!("{metric:?} {ratio:.3}");
    }
    for (metric, ratio) in &ratios {
        // The macro AUC's error is on the safe side.
        let most = if *metric == Metric::Auc { 1.5 } else { 1.1 };
        assert!(*ratio > 0.9 && *ratio < most, "{metric:?} {ratio}");
    }
}

type Draw<'a> = dyn Fn(u64, usize) -> Tally + 'a;

#[test]
fn intervals_cover() {
    let grid = quantile_edges(&data::binary(1, 20_000).iter().map(|row| row.1).collect::<Vec<f64>>(), 4096);
    let binary = |seed, n| Tally::from(data::count(BinaryTally::new(grid.clone()), &data::binary(seed, n)));
    let multiclass = |seed, n| Tally::from(data::multiclass_tally(&data::multiclass(seed, n)));
    let regression = |seed, n| Tally::from(data::regression_tally(&data::regression(seed, n)));
    let draws: [(&Draw, usize); 3] = [(&binary, 200), (&multiclass, 300), (&regression, 200)];
    for (draw, n) in draws {
        let truth = draw(5, 1_000_000).others();
        let mut covered = vec![0u32; truth.len()];
        let rounds = 1000u32;
        for seed in 0..rounds {
            let sample = draw(1_000_003 * (u64::from(seed) + 1), n);
            for ((metric, truth), hits) in truth.iter().zip(&mut covered) {
                let [low, high] = sample.estimate(*metric).map_or([f64::NAN; 2], |e| e.interval(0.95));
                *hits += u32::from(low <= truth.value && truth.value <= high);
            }
        }
        for ((metric, _), hits) in truth.iter().zip(&covered) {
            println!("{metric:?} {:.3}", f64::from(*hits) / f64::from(rounds));
        }
        for ((metric, _), hits) in truth.iter().zip(&covered) {
            let share = f64::from(*hits) / f64::from(rounds);
            // The calibration error is biased upwards at this size, and says so.
            let least = if *metric == Metric::Ece { 0.5 } else { 0.925 };
            assert!(share > least && (share < 0.985 || *metric == Metric::Auc), "{metric:?} covers {share}");
        }
    }
}

#[test]
fn calibration_error_of_fresh_samples() {
    // The bootstrap inherits the bias, so the error is held against fresh samples: rows with true chance s, and with
    // chance s^2, where the true calibration error is 1/6.
    for (name, miscalibrated, truth) in [("calibrated", false, 0.0), ("not", true, 1.0 / 6.0)] {
        let (mut values, mut errors, mut debiased) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 0..400 {
            let mut g = Lcg(seed * 7_919 + 13);
            let mut tally = BinaryTally::new([].into());
            for _ in 0..1_000 {
                let (s, u) = (g.next(), g.next());
                tally.add(u < if miscalibrated { s * s } else { s }, None, Some(s));
            }
            let ece = tally.estimate(Metric::Ece).expect("scores");
            values.push(ece.value);
            errors.push(ece.se);
            debiased.push(tally.ece_debiased().expect("scores").value);
        }
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let centre = mean(&values);
        let sd = (values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt();
        let ratio = mean(&errors) / sd;
        println!("{name}: ece {centre:.4} debiased {:.4} truth {truth:.4} se ratio {ratio:.3}", mean(&debiased));
        assert!(ratio > 0.85 && ratio < 1.2, "{name} {ratio}");
        assert!((mean(&debiased) - truth).abs() < 0.6 * (centre - truth).abs().max(0.01), "{name}");
    }
}

#[test]
fn default_metrics_exist() {
    for task in [Task::Binary, Task::Multiclass, Task::Regression] {
        assert!(Metric::default_for(task).tasks().contains(&task));
    }
}
