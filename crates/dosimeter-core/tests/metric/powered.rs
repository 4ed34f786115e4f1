//! Labels and estimates put together: the interval covers as often as it says, with few labels, and though P(Y | score) moved.

use dosimeter_core::metric::{
    Answered, BinaryTally, Calibrator, ClassCalibrators, Estimate, ExpectedTally, Guessed, Joint, Metric, Moments,
    MulticlassTally, ScoreEdges, UnlabelledTally, combine_binary, combine_multiclass, quantile_edges, unit_edges,
};

use crate::metric::data::{self, Lcg};

/// Rows of a world: `flip` of the labels say the opposite, which the score does not know.
fn rows(seed: u64, n: usize, flip: f64) -> Vec<(bool, f64)> {
    let mut g = Lcg(seed);
    let row = |_| {
        let (x, u, v) = (g.next(), g.next(), g.next());
        ((u < 0.05 + 0.9 * x) != (v < flip * x), x * x * (3.0 - 2.0 * x))
    };
    (0..n).map(row).collect()
}

/// Covered of all, the same of the labels alone, and the mean width against theirs.
struct Trial {
    covered: f64,
    alone: f64,
    width: f64,
}

/// As the diagnosis does it: both together where that is narrower, else the labels alone.
fn trial(metric: Metric, labels: usize, flip: f64, runs: u64) -> Trial {
    let scores: Vec<f64> = rows(7, 5_000, 0.0).iter().map(|r| r.1).collect();
    let edges = quantile_edges(&scores, 256);
    let reference = data::count(BinaryTally::new(edges.clone()), &rows(1, 20_000, 0.0));
    let calibrator = Calibrator::fit(&reference).expect("scores");
    let truth = data::count(BinaryTally::new(edges.clone()), &rows(2, 1_000_000, flip));
    let truth = truth.estimate(metric).expect("labels").value;
    let (mut covered, mut by_labels, mut width, mut alone_width) = (0, 0, 0.0, 0.0);
    for run in 0..runs {
        let window = rows(1_000 + run * 17, 2_000, flip);
        let mut tally = BinaryTally::new(edges.clone());
        let mut all = UnlabelledTally::new(edges.clone());
        for (i, (label, score)) in window.iter().enumerate() {
            let predicted = Some(*score >= 0.5);
            all.add(predicted, Some(*score));
            if i < labels {
                tally.add(*label, predicted, Some(*score));
                all.label(*label, predicted, Some(*score));
            }
        }
        let Some(alone) = tally.estimate(metric) else { continue };
        let both = combine_binary(metric, &calibrator, &all).ok().filter(|e| e.se < alone.se).unwrap_or(alone);
        let holds = |e: &Estimate| u64::from(e.interval(0.95)[0] <= truth && truth <= e.interval(0.95)[1]);
        covered += holds(&both);
        by_labels += holds(&alone);
        let size = |e: &Estimate| e.interval(0.95)[1] - e.interval(0.95)[0];
        width += size(&both);
        alone_width += size(&alone);
    }
    let share = |n: u64| n as f64 / runs as f64;
    Trial { covered: share(covered), alone: share(by_labels), width: width / alone_width }
}

#[test]
fn two_classes_are_covered() {
    for metric in [Metric::Accuracy, Metric::Brier, Metric::LogLoss, Metric::Auc, Metric::F1, Metric::Recall] {
        for labels in [30, 60, 100, 200] {
            for flip in [0.0, 0.7] {
                let t = trial(metric, labels, flip, 1_000);
                println!(
                    "{metric:?} {labels} labels, flip {flip}: covered {:.3}, labels alone {:.3}, width {:.3}",
                    t.covered, t.alone, t.width
                );
                // 1,000 runs: 0.95 has a standard error of 0.007. The log loss of few labels has a long tail that they do not
                // show: the labels alone cover as rarely.
                let least = (t.alone - 0.015).min(0.925);
                assert!(t.covered > least && t.covered < 0.985, "{metric:?} {labels} {flip} {}", t.covered);
                assert!(t.width < 1.001, "never wider than the labels alone: {metric:?} {labels} {flip} {}", t.width);
            }
        }
    }
}

#[test]
fn a_guess_that_follows_the_loss_narrows_and_one_that_does_not_is_left() {
    // Loss = guess + noise, in 400 trials of 80 labels and 4,000 rows without.
    for (follows, narrower) in [(1.0, true), (0.0, false), (-1.0, false)] {
        let (mut covered, mut used, mut ratio) = (0, 0, 0.0);
        for run in 0..400u64 {
            let mut g = Lcg(run * 7 + 3);
            let mut normal = move || (0..12).map(|_| g.next()).sum::<f64>() - 6.0;
            let (mut labels, mut both, mut rest) = (Moments::default(), Joint::default(), Moments::default());
            for i in 0..4_080 {
                let guess = normal();
                let loss = 5.0 + follows * guess + 0.5 * normal();
                if i < 80 {
                    labels.add(loss);
                    both.add(loss, guess);
                } else {
                    rest.add(guess);
                }
            }
            let alone = (labels.mean().expect("rows"), labels.standard_error());
            let found = Guessed { labels: &labels, both: &both, rest: &rest }.combine().filter(|f| f.1 < alone.1);
            used += u32::from(found.is_some());
            let (mean, se) = found.map_or(alone, |f| (f.0, f.1));
            covered += u32::from((mean - 5.0).abs() < 1.99 * se);
            ratio += se / alone.1 / 400.0;
        }
        println!("follows {follows}: covered {covered} of 400, used {used}, error {ratio:.3} of the labels'");
        assert!((368..=392).contains(&covered), "{covered}");
        // sqrt(0.25 / 1.25) = 0.447 with all of the guess's part taken off.
        assert!(if narrower { ratio < 0.5 } else { ratio > 0.97 }, "{follows} {ratio}");
    }
}

#[test]
fn many_classes_are_covered() {
    let classes = data::CLASSES.map(String::from).to_vec();
    let mut reference = MulticlassTally::new(classes.clone(), ScoreEdges::Shared(unit_edges(256)));
    for (label, scores) in data::multiclass(41, 20_000) {
        reference.add(data::CLASSES[label], Some(data::CLASSES[data::argmax(&scores)]), Some(&scores));
    }
    let calibrators = ClassCalibrators::fit(&reference).expect("scores");
    // Labels that moved: every second row of the first class is now of the last.
    let moved = |rows: Vec<(usize, [f64; 4])>, moved: bool| -> Vec<(usize, [f64; 4])> {
        let last = data::CLASSES.len() - 1;
        let change = |(i, (label, scores)): (usize, (usize, [f64; 4]))| {
            (if moved && label == 0 && i % 2 == 0 { last } else { label }, scores)
        };
        rows.into_iter().enumerate().map(change).collect()
    };
    for concept in [false, true] {
        let tally = |rows: &[(usize, [f64; 4])]| {
            let mut t = MulticlassTally::new(classes.clone(), ScoreEdges::Shared(unit_edges(256)));
            for (label, scores) in rows {
                t.add(data::CLASSES[*label], Some(data::CLASSES[data::argmax(scores)]), Some(scores));
            }
            t
        };
        let truth = tally(&moved(data::multiclass(77, 300_000), concept));
        for metric in [Metric::Accuracy, Metric::LogLoss, Metric::Brier] {
            let truth = truth.estimate(metric).expect("labels").value;
            let (mut covered, mut width, mut alone_width) = (0, 0.0, 0.0);
            for run in 0..500 {
                let window = moved(data::multiclass(5_000 + run * 13, 1_000), concept);
                let mut all = ExpectedTally::new(&calibrators);
                for (i, (label, scores)) in window.iter().enumerate() {
                    let top = data::argmax(scores);
                    let label = (i < 100).then_some(Some(*label));
                    let right = label == Some(Some(top));
                    all.add(&calibrators, &Answered { predicted: Some(top), label, right, scores: Some(scores) });
                }
                let alone = tally(&window[..100]).estimate(metric).expect("labels");
                let both = combine_multiclass(metric, &all).ok().filter(|e| e.se < alone.se).unwrap_or(alone);
                let [low, high] = both.interval(0.95);
                covered += u32::from(low <= truth && truth <= high);
                width += both.se;
                alone_width += alone.se;
            }
            println!("{metric:?} concept {concept}: covered {covered} of 500, width {:.3}", width / alone_width);
            assert!((460..=492).contains(&covered), "{metric:?} {concept} {covered}");
            assert!(width <= alone_width);
        }
    }
}
