//! Estimates without labels, calibration and label shift, on data whose truth is known.

use dosimeter_core::metric::{
    BinaryTally, Calibrator, Metric, MulticlassTally, ScoreEdges, UnlabelledTally, calibration_in_the_large,
    calibration_test, estimate_binary, estimate_multiclass_accuracy, reliability, same_given_label, unit_edges,
};

use crate::metric::data::{self, Lcg};

const ESTIMATED: [Metric; 10] = [
    Metric::Accuracy,
    Metric::Precision,
    Metric::Recall,
    Metric::F1,
    Metric::Specificity,
    Metric::Auc,
    Metric::LogLoss,
    Metric::Brier,
    Metric::AveragePrecision,
    Metric::Mcc,
];

/// Rows whose inputs moved up: `data::binary` with x pulled towards 1, and the same P(Y | x).
fn shifted(seed: u64, n: usize) -> Vec<(bool, f64)> {
    let mut g = Lcg(seed);
    let row = |_| {
        let (x, u) = (1.0 - (1.0 - g.next()) * 0.6, g.next());
        (u < 0.05 + 0.9 * x, x * x * (3.0 - 2.0 * x))
    };
    (0..n).map(row).collect()
}

#[test]
fn follows_a_covariate_shift() {
    let reference = data::binary_tally(&data::binary(31, 50_000));
    let calibrator = Calibrator::fit(&reference).expect("scores");
    let edges = calibrator.edges();
    let truth = data::count(BinaryTally::new(edges.clone()), &shifted(32, 1_000_000));
    // z of the estimate against the truth, over windows that share nothing but the reference.
    let mut worst = 0.0f64;
    for seed in 0..20 {
        let mut current = UnlabelledTally::new(edges.clone());
        shifted(seed * 97 + 5, 20_000).iter().for_each(|(_, s)| current.add(Some(*s >= 0.5), Some(*s)));
        for metric in ESTIMATED {
            let estimated = estimate_binary(metric, &calibrator, &current).expect("scores");
            let truth = truth.estimate(metric).expect("labels");
            let then = reference.estimate(metric).expect("labels");
            let z = (estimated.value - truth.value) / estimated.se.hypot(truth.se);
            if seed == 0 {
                println!(
                    "{metric:?} was {:.4} is {:.4} estimated {:.4} +- {:.4}",
                    then.value, truth.value, estimated.value, estimated.se
                );
            }
            worst = worst.max(z.abs());
            assert!(z.abs() < 4.5, "{metric:?} {z}");
        }
    }
    println!("worst z {worst:.2}");
}

#[test]
fn the_calibration_error_is_that_of_as_many_labels() {
    let reference = data::binary_tally(&data::binary(31, 50_000));
    let calibrator = Calibrator::fit(&reference).expect("scores");
    let (mut estimated, mut realised) = (0.0, 0.0);
    for seed in 0..20 {
        let rows = shifted(seed * 97 + 5, 3_000);
        let mut current = UnlabelledTally::new(calibrator.edges().clone());
        rows.iter().for_each(|(_, s)| current.add(Some(*s >= 0.5), Some(*s)));
        estimated += estimate_binary(Metric::Ece, &calibrator, &current).expect("scores").value / 20.0;
        let labelled = data::count(BinaryTally::new(calibrator.edges().clone()), &rows);
        realised += labelled.estimate(Metric::Ece).expect("labels").value / 20.0;
    }
    println!("estimated {estimated:.4}, of labels {realised:.4}");
    assert!((estimated - realised).abs() < 0.006, "{estimated} {realised}");
}

#[test]
fn the_error_is_that_of_reference_and_window() {
    // Fresh reference and fresh window each time: the scatter of the estimate is what it claims.
    for metric in [Metric::Accuracy, Metric::F1, Metric::Auc, Metric::Brier] {
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for seed in 0..200 {
            let mut reference = BinaryTally::new(unit_edges(200));
            reference = data::count(reference, &data::binary(seed * 31 + 1, 4_000));
            let calibrator = Calibrator::fit(&reference).expect("scores");
            let mut current = UnlabelledTally::new(calibrator.edges().clone());
            shifted(seed * 37 + 2, 2_000).iter().for_each(|(_, s)| current.add(Some(*s >= 0.5), Some(*s)));
            let e = estimate_binary(metric, &calibrator, &current).expect("scores");
            values.push(e.value);
            errors.push(e.se);
        }
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let centre = mean(&values);
        let sd = (values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt();
        println!("{metric:?} ratio {:.3}", mean(&errors) / sd);
        assert!((mean(&errors) / sd - 1.0).abs() < 0.25, "{metric:?} {} {sd}", mean(&errors));
    }
}

#[test]
fn top_class_accuracy() {
    let edges = || ScoreEdges::Shared(unit_edges(50));
    let classes = data::CLASSES.map(String::from).to_vec();
    let mut reference = MulticlassTally::new(classes, edges());
    for (label, scores) in data::multiclass(41, 40_000) {
        reference.add(data::CLASSES[label], Some(data::CLASSES[data::argmax(&scores)]), Some(&scores));
    }
    let calibrator = Calibrator::fit_top_class(&reference).expect("scores");
    let mut current = UnlabelledTally::new(calibrator.edges().clone());
    let (mut right, mut n) = (0.0, 0.0);
    // Only the confident rows come: the accuracy rises.
    for (label, scores) in data::multiclass(42, 40_000) {
        let top = data::argmax(&scores);
        if scores[top] > 0.45 {
            current.add(Some(true), Some(scores[top]));
            n += 1.0;
            right += f64::from(u8::from(top == label));
        }
    }
    let e = estimate_multiclass_accuracy(&calibrator, &current).expect("scores");
    println!("estimated {:.4} +- {:.4}, is {:.4}", e.value, e.se, right / n);
    assert!((e.value - right / n).abs() < 4.0 * e.se.hypot(0.5 / f64::sqrt(n)));
    assert!(right / n > 0.55);
}

#[test]
fn calibration_is_compared_with_itself() {
    let draw = |seed: u64, n: u64, power: i32| {
        let mut g = Lcg(seed);
        let mut t = BinaryTally::new(unit_edges(100));
        for _ in 0..n {
            let (s, u) = (g.next(), g.next());
            t.add(u < s.powi(power), None, Some(s));
        }
        t
    };
    // Unchanged, though far from calibrated: p is uniform.
    let (mut rejected, mut rejected_far) = (0, 0);
    for seed in 0..1000 {
        let test = calibration_test(&draw(seed * 2 + 1, 2_000, 2), &draw(seed * 2 + 2, 500, 2)).expect("scores");
        rejected += u32::from(test.p < 0.05);
        rejected_far += u32::from(test.p < 0.005);
        assert!(test.dof >= 3 && test.p.is_finite());
    }
    println!("false alarms {rejected} and {rejected_far} of 1000 at 5 % and 0.5 %");
    assert!((30..=75).contains(&rejected) && rejected_far <= 15);
    let test = calibration_test(&draw(1, 4_000, 1), &draw(2, 4_000, 2)).expect("scores");
    assert!(test.p < 1e-10 && (test.mean_shift.value + 1.0 / 6.0).abs() < 0.03, "{test:?}");
    let large = calibration_in_the_large(&draw(2, 4_000, 2)).expect("scores");
    assert!((large.value + 1.0 / 6.0).abs() < 4.0 * large.se);
    assert_eq!(reliability(draw(1, 4_000, 1).reliability().expect("scores")).len(), 10);
    // Margins have no calibration.
    let mut margin = BinaryTally::new([].into());
    margin.add(true, None, Some(5.0));
    assert!(calibration_test(&margin, &margin).is_none() && calibration_in_the_large(&margin).is_none());
}

#[test]
fn prior_shift_and_more() {
    let thin = |seed, keep_negative: usize| {
        let mut i = 0;
        let rows: Vec<(bool, f64)> = data::binary(seed, 20_000)
            .into_iter()
            .filter(|row| {
                i += 1;
                row.0 || i % keep_negative == 0
            })
            .collect();
        data::count(BinaryTally::new(unit_edges(200)), &rows)
    };
    // Three of four negatives gone: another base rate, the same scores given the label.
    let (a, b) = (thin(51, 1), thin(52, 4));
    let (before, after) = (a.base_rate().expect("rows"), b.base_rate().expect("rows"));
    assert!(after.value - before.value > 0.2);
    let shift = same_given_label(&a, &b).expect("one grid");
    assert!(shift.p > 0.01, "{shift:?}");
    let moved = data::count(BinaryTally::new(unit_edges(200)), &shifted(53, 20_000));
    assert!(same_given_label(&a, &moved).is_some_and(|s| s.p < 1e-10));
    assert!(same_given_label(&a, &BinaryTally::new(unit_edges(3))).is_none());
}
