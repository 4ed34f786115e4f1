//! Values against scikit-learn 1.9.1's; `reference.py` prints them.

use dosimeter_core::metric::{BinaryTally, Metric, Tally, quantile_edges, same_given_label};

use crate::metric::data;

#[track_caller]
fn check(tally: &Tally, want: &[(Metric, f64, f64)]) {
    for (metric, value, tolerance) in want {
        let got = tally.estimate(*metric).map_or(f64::NAN, |e| e.value);
        assert!((got - value).abs() <= *tolerance * value.abs(), "{metric:?}: got {got}, want {value}");
    }
}

const EXACT: f64 = 1e-12;

#[test]
fn smooth_scores() {
    let tally = data::binary_tally(&data::binary(1, 50_000)).into();
    check(
        &tally,
        &[
            (Metric::Accuracy, 0.72216, EXACT),
            (Metric::Auc, 0.797_414_487_143_780_9, 1e-6),
            (Metric::AveragePrecision, 0.791_372_206_967_065_2, 1e-4),
            (Metric::LogLoss, 0.613_585_769_123_463_5, EXACT),
            (Metric::Brier, 0.192_953_764_265_098_47, EXACT),
            (Metric::Precision, 0.723_897_542_126_439_1, EXACT),
            (Metric::Recall, 0.723_033_461_982_254_4, EXACT),
            (Metric::F1, 0.723_465_244_048_093, EXACT),
            (Metric::Specificity, 0.721_277_194_675_674_6, EXACT),
            (Metric::Mcc, 0.444_308_140_032_524_4, EXACT),
            (Metric::Ece, 0.089_684_742_595_031_12, EXACT),
        ],
    );
}

#[test]
fn auc_on_edges_of_other_data() {
    // Edges from a reference that is not the window: the usual case.
    let reference: Vec<f64> = data::binary(99, 20_000).iter().map(|row| row.1).collect();
    let tally = data::count(BinaryTally::new(quantile_edges(&reference, 4096)), &data::binary(1, 50_000));
    check(
        &tally.into(),
        &[(Metric::Auc, 0.797_414_487_143_780_9, 1e-6), (Metric::AveragePrecision, 0.791_372_2, 2e-4)],
    );
}

#[test]
fn discrete_scores_are_exact() {
    let tally = data::binary_tally(&data::discrete(2, 3_000)).into();
    check(
        &tally,
        &[
            (Metric::Accuracy, 0.577, EXACT),
            (Metric::Auc, 0.728_929_927_275_367_3, EXACT),
            (Metric::AveragePrecision, 0.230_835_299_919_311_62, EXACT),
            (Metric::LogLoss, 0.806_403_575_131_663_4, EXACT),
            (Metric::Brier, 0.264_766_666_666_666_65, EXACT),
            (Metric::Precision, 0.192_333_557_498_318_76, EXACT),
            (Metric::Recall, 0.807_909_604_519_774, EXACT),
            (Metric::F1, 0.310_700_706_137_968_5, EXACT),
            (Metric::Specificity, 0.546_107_331_821_617_5, EXACT),
            (Metric::Mcc, 0.228_426_056_389_726_16, EXACT),
            (Metric::Ece, 0.353_866_666_666_666_66, EXACT),
        ],
    );
}

#[test]
fn many_classes() {
    let tally = data::multiclass_tally(&data::multiclass(3, 4_000));
    let f1 = [0.638_839_550_029_603_4, 0.557_406_573_615_488_5, 0.443_977_591_036_414_54, 0.256_937_307_297_019_5];
    let auc = [0.846_938_369_885_688_9, 0.838_429_771_990_736_1, 0.833_432_259_003_921_3, 0.836_697_705_432_808_7];
    for (metric, want) in [(Metric::F1, f1), (Metric::Auc, auc)] {
        let got = tally.per_class(metric);
        assert_eq!(got.len(), 4);
        for ((name, got), want) in got.iter().zip(want) {
            let got = got.as_ref().map_or(f64::NAN, |e| e.value);
            assert!((got - want).abs() < 1e-12, "{name} {metric:?} {got} {want}");
        }
    }
    check(
        &tally.into(),
        &[
            (Metric::Accuracy, 0.535, EXACT),
            (Metric::Auc, 0.838_874_526_578_288_8, EXACT),
            (Metric::LogLoss, 0.945_318_832_027_502_6, EXACT),
            (Metric::Brier, 0.547_991_788_893_732, EXACT),
            (Metric::Precision, 0.481_949_018_748_724_03, EXACT),
            (Metric::Recall, 0.541_127_582_759_279_4, EXACT),
            (Metric::F1, 0.474_290_255_494_631_5, EXACT),
            (Metric::Specificity, 0.846_665_796_793_218_5, EXACT),
            (Metric::Mcc, 0.358_704_005_232_088_2, EXACT),
            (Metric::Ece, 0.048_310_371_146_145_54, EXACT),
        ],
    );
}

#[test]
fn numbers() {
    let mut rows = data::regression(4, 3_000);
    check(
        &data::regression_tally(&rows).into(),
        &[
            (Metric::Mae, 2.709_753_103_896_926_3, EXACT),
            (Metric::Rmse, 3.693_667_487_472_119_6, EXACT),
            (Metric::Mape, 0.073_209_021_572_010_98, EXACT),
            (Metric::Rmsle, 0.081_340_416_678_270_8, EXACT),
            (Metric::Bias, 1.056_196_747_571_283_5, EXACT),
            (Metric::R2, 0.984_805_178_209_492_5, EXACT),
        ],
    );
    rows[7].0 = 0.0;
    let tally = data::regression_tally(&rows);
    assert_eq!(tally.zero_labels(), 1);
    assert!(tally.mape_nonzero().is_some_and(|e| (e.value - 0.0732).abs() < 1e-3));
    check(&tally.into(), &[(Metric::Mape, 94_206_196_685_551.08, EXACT)]);
}

#[test]
fn scores_given_the_label() {
    let edges: Vec<f64> = data::discrete(5, 3_000)
        .iter()
        .map(|row| row.1)
        .chain(data::discrete(6, 2_000).iter().map(|row| row.1 * row.1))
        .collect();
    let edges = quantile_edges(&edges, 4096);
    let a = data::count(BinaryTally::new(edges.clone()), &data::discrete(5, 3_000));
    let squared: Vec<(bool, f64)> = data::discrete(6, 2_000).iter().map(|row| (row.0, row.1 * row.1)).collect();
    let b = data::count(BinaryTally::new(edges), &squared);
    let shift = same_given_label(&a, &b).expect("one grid");
    let (positives, negatives) = (shift.positives.expect("positives"), shift.negatives.expect("negatives"));
    assert!((positives.distance - 0.276_923_076_923_076_94).abs() < 1e-12);
    assert!((negatives.distance - 0.266_385_521_687_392_93).abs() < 1e-12);
    // scipy.stats.ks_2samp(method="asymp"): 1.36e-10; Stephens' approximation is within a quarter of it this far out.
    assert!((positives.p / 1.359_192_822_821_876_7e-10 - 1.0).abs() < 0.25, "{}", positives.p);
}
