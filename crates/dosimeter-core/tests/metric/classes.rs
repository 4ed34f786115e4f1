//! Estimates of many classes without labels, against the truth.

use dosimeter_core::metric::{
    Answered, ClassCalibrators, ExpectedTally, Metric, MulticlassTally, ScoreEdges, estimate_multiclass, unit_edges,
};

use crate::metric::data;

fn tally(rows: &[(usize, [f64; 4])]) -> MulticlassTally {
    let mut t = MulticlassTally::new(data::CLASSES.map(String::from).to_vec(), ScoreEdges::Shared(unit_edges(256)));
    for (label, scores) in rows {
        t.add(data::CLASSES[*label], Some(data::CLASSES[data::argmax(scores)]), Some(scores));
    }
    t
}

fn expected(calibrators: &ClassCalibrators, rows: &[(usize, [f64; 4])]) -> ExpectedTally {
    let mut t = ExpectedTally::new(calibrators);
    for (_, scores) in rows {
        let predicted = Some(data::argmax(scores));
        t.add(calibrators, &Answered { predicted, label: None, right: false, scores: Some(scores) });
    }
    t
}

const METRICS: [Metric; 9] = [
    Metric::Accuracy,
    Metric::Precision,
    Metric::Recall,
    Metric::F1,
    Metric::Specificity,
    Metric::Mcc,
    Metric::Auc,
    Metric::LogLoss,
    Metric::Brier,
];

/// Rows of confident scores only, or all: inputs moved, P(Y | scores) did not.
fn confident(seed: u64, n: usize, least: f64) -> Vec<(usize, [f64; 4])> {
    data::multiclass(seed, n).into_iter().filter(|(_, s)| s[data::argmax(s)] > least).collect()
}

#[test]
fn follows_a_covariate_shift() {
    let reference = tally(&data::multiclass(41, 40_000));
    let calibrators = ClassCalibrators::fit(&reference).expect("scores");
    let truth = tally(&confident(43, 600_000, 0.5));
    for metric in METRICS {
        let (was, is) = (reference.estimate(metric).expect("labels").value, truth.estimate(metric).expect("labels"));
        let current = expected(&calibrators, &confident(100, 40_000, 0.5));
        let e = estimate_multiclass(metric, &reference, &calibrators, &current).expect("scores");
        println!("{metric:?} was {was:.4} is {:.4} estimated {:.4} +- {:.4}", is.value, e.value, e.se);
        // One calibrator a class, divided by their sum, is near the truth and not the truth itself: of a large move it misses
        // some parts in a hundred.
        assert!((e.value - is.value).abs() < 0.2 * (was - is.value).abs() + 3.0 * e.se.hypot(is.se), "{metric:?}");
    }
}

#[test]
fn without_a_shift_it_is_the_reference() {
    let reference = tally(&data::multiclass(41, 40_000));
    let calibrators = ClassCalibrators::fit(&reference).expect("scores");
    for metric in METRICS {
        let (mut worst, was) = (0.0f64, reference.estimate(metric).expect("labels"));
        for seed in 0..20 {
            let current = expected(&calibrators, &data::multiclass(700 + seed, 5_000));
            let e = estimate_multiclass(metric, &reference, &calibrators, &current).expect("scores");
            worst = worst.max((e.value - was.value).abs() / e.se.hypot(was.se));
        }
        println!("{metric:?} worst z {worst:.2}");
        assert!(worst < 4.5, "{metric:?} {worst}");
    }
}

#[test]
fn the_error_is_that_of_reference_and_window() {
    for metric in [Metric::Accuracy, Metric::F1, Metric::Mcc, Metric::LogLoss, Metric::Auc] {
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for seed in 0..150 {
            let reference = tally(&data::multiclass(seed * 31 + 1, 3_000));
            let calibrators = ClassCalibrators::fit(&reference).expect("scores");
            let current = expected(&calibrators, &data::multiclass(seed * 37 + 2, 1_500));
            let e = estimate_multiclass(metric, &reference, &calibrators, &current).expect("scores");
            values.push(e.value);
            errors.push(e.se);
        }
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let centre = mean(&values);
        let sd = (values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt();
        println!("{metric:?} stated over true error {:.3}", mean(&errors) / sd);
        // The AUC and the losses take errors that are on the safe side.
        let most = if matches!(metric, Metric::Auc | Metric::LogLoss) { 3.0 } else { 1.5 };
        assert!((0.75..most).contains(&(mean(&errors) / sd)), "{metric:?} {} {sd}", mean(&errors));
    }
}

#[test]
fn parts_add_up_and_other_scores_are_refused() {
    let reference = tally(&data::multiclass(41, 5_000));
    let calibrators = ClassCalibrators::fit(&reference).expect("scores");
    let rows = data::multiclass(9, 2_000);
    let whole = expected(&calibrators, &rows);
    let (mut a, b) = (expected(&calibrators, &rows[..700]), expected(&calibrators, &rows[700..]));
    a.merge(&b).expect("alike");
    for metric in METRICS {
        let of = |t: &ExpectedTally| estimate_multiclass(metric, &reference, &calibrators, t).expect("scores");
        assert!((of(&a).value - of(&whole).value).abs() < 1e-9 && (of(&a).se / of(&whole).se - 1.0).abs() < 1e-6);
    }
    let mut strange = ExpectedTally::new(&calibrators);
    for scores in
        [None, Some([0.5, 0.5].as_slice()), Some([7.0, -3.0, 0.0, 0.0].as_slice()), Some([f64::NAN; 4].as_slice())]
    {
        strange.add(&calibrators, &Answered { predicted: None, label: None, right: false, scores });
    }
    assert_eq!((strange.rows(), strange.unscored()), (4, 4));
    assert!(estimate_multiclass(Metric::Accuracy, &reference, &calibrators, &strange).is_err());
    let chances = calibrators.chances(&[0.2, 0.3, 0.4, 0.1]).expect("scores");
    assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}
