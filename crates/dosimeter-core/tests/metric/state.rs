//! Tallies as state: merging, order, files, and any data at all.

use dosimeter_core::metric::{
    BinaryTally, Calibrator, MergeError, Metric, MulticlassTally, RegressionTally, ScoreEdges, Tally, UnlabelledTally,
    calibration_in_the_large, calibration_test, estimate_binary, reliability, same_given_label, unit_edges,
};
use proptest::prelude::*;

use crate::metric::data;

fn binary(rows: &[(bool, f64)]) -> Tally {
    data::count(BinaryTally::new(unit_edges(50)), rows).into()
}

fn multiclass(rows: &[(usize, [f64; 4])]) -> Tally {
    let mut t = MulticlassTally::new(data::CLASSES.map(String::from).to_vec(), ScoreEdges::Shared(unit_edges(50)));
    for (label, scores) in rows {
        t.add(data::CLASSES[*label], Some(data::CLASSES[data::argmax(scores)]), Some(scores));
    }
    t.into()
}

#[track_caller]
fn same(a: &Tally, b: &Tally) {
    assert_eq!(a.rows(), b.rows());
    let (a, b) = (a.others(), b.others());
    assert_eq!(a.len(), b.len());
    for ((metric, x), (_, y)) in a.iter().zip(&b) {
        let near = |p: f64, q: f64| p == q || (p - q).abs() <= 1e-11 * p.abs().max(q.abs()).max(1e-3);
        assert!(near(x.value, y.value) && near(x.se, y.se) && x.n == y.n, "{metric:?} {x:?} {y:?}");
    }
}

#[track_caller]
fn merges<R: Copy>(rows: &[R], tally: impl Fn(&[R]) -> Tally) {
    let whole = tally(rows);
    for cut in [0, 1, rows.len() / 3, rows.len()] {
        let (a, b) = (tally(&rows[..cut]), tally(&rows[cut..]));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b).expect("one grid");
        ba.merge(&a).expect("one grid");
        same(&ab, &whole);
        same(&ba, &whole);
    }
    let bytes = postcard::to_stdvec(&whole).expect("serialises");
    assert_eq!(postcard::from_bytes::<Tally>(&bytes).expect("reads"), whole);
}

#[test]
fn parts_are_the_whole_and_survive_a_file() {
    merges(&data::binary(21, 3_000), binary);
    merges(&data::multiclass(22, 2_000), multiclass);
    merges(&data::regression(23, 2_000), |rows| data::regression_tally(rows).into());
}

#[test]
fn unlike_tallies_are_refused() {
    let mut a = binary(&[(true, 0.5)]);
    let before = a.clone();
    assert_eq!(a.merge(&BinaryTally::new(unit_edges(49)).into()), Err(MergeError::Grid));
    assert_eq!(a.merge(&RegressionTally::new().into()), Err(MergeError::Task));
    assert_eq!(a, before);
    let shared = || ScoreEdges::Shared(unit_edges(4));
    let mut a = MulticlassTally::new(vec!["x".into()], shared());
    assert_eq!(a.merge(&MulticlassTally::new(vec!["y".into()], shared())), Err(MergeError::Classes));
    let per_class = ScoreEdges::PerClass(vec![unit_edges(5)]);
    assert_eq!(a.merge(&MulticlassTally::new(vec!["x".into()], per_class)), Err(MergeError::Grid));
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        0.0..1.0f64,
        Just(0.0),
        Just(1.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::MAX),
        Just(-1.0)
    ]
}

proptest! {
    #[test]
    fn nothing_panics(
        rows in prop::collection::vec((any::<bool>(), any::<Option<bool>>(), any_number(), any_number()), 0..40),
        edges in prop::collection::vec(any_number(), 0..8),
        level in any_number(),
    ) {
        let mut b = BinaryTally::new(edges.clone().into());
        let mut u = UnlabelledTally::new(b.cells().edges().clone());
        let mut r = RegressionTally::new();
        let mut m = MulticlassTally::new(vec!["x".into(), "y".into()], ScoreEdges::Shared(edges.into()));
        for (label, predicted, s, t) in &rows {
            b.add(*label, *predicted, Some(*s));
            u.add(*predicted, Some(*s));
            r.add(*s, Some(*t));
            let class = if *label { "x" } else { "z" };
            m.add(class, predicted.map(|p| if p { "x" } else { "y" }), Some(&[*s, *t]));
        }
        if let Some(calibrator) = Calibrator::fit(&b) {
            prop_assert!(calibrator.chances().iter().all(|c| (0.0..=1.0).contains(c)));
            prop_assert!(calibrator.chances().is_sorted());
            for metric in Metric::all() {
                if let Ok(e) = estimate_binary(metric, &calibrator, &u) {
                    prop_assert!(e.value.is_finite() && e.se >= 0.0, "{metric:?} {e:?}");
                }
            }
        }
        let _ = (calibration_test(&b, &b), calibration_in_the_large(&b), same_given_label(&b, &b), b.ece_debiased());
        let _ = b.reliability().map(reliability);
        let _ = Metric::all().map(|metric| m.per_class(metric).len()).sum::<usize>();
        for tally in [Tally::from(b), Tally::from(m), Tally::from(r)] {
            let mut twice = tally.clone();
            prop_assert!(twice.merge(&tally).is_ok());
            for (metric, e) in tally.others().into_iter().chain(twice.others()) {
                prop_assert!(e.value.is_finite() && e.se >= 0.0, "{metric:?} {e:?}");
                let [low, high] = e.interval(level);
                prop_assert!(low <= e.value && e.value <= high, "{metric:?} {e:?} {low} {high}");
            }
            let bytes = postcard::to_stdvec(&tally);
            prop_assert!(bytes.is_ok_and(|b| postcard::from_bytes::<Tally>(&b).is_ok()));
        }
    }
}
