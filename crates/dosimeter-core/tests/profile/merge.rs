//! `profile(a) + profile(b) = profile(a ++ b)`.

use dosimeter_core::profile::window::Moments;
use dosimeter_core::profile::{ColumnWindow, PeriodProfile};
use proptest::prelude::*;

use super::{Row, grids, profile};

fn row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![
        8 => -20.0..150.0,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(1e300),
    ];
    let text = prop_oneof![4 => "[abc]", 1 => "[x-z]{1,2}", 1 => Just(String::new())];
    (number, text).prop_map(|(number, text)| Row { number, text })
}

/// Rows, the part that each goes to, and an order of the parts.
fn split() -> impl Strategy<Value = (Vec<Row>, Vec<usize>, Vec<usize>)> {
    (1usize..400).prop_flat_map(|n| {
        let order = Just((0..5).collect::<Vec<usize>>()).prop_shuffle();
        (prop::collection::vec(row(), n), prop::collection::vec(0usize..5, n), order)
    })
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0) || (a.is_nan() && b.is_nan()),
        (a, b) => a == b,
    }
}

/// All that is counted, as text; what is summed in floating point is compared apart.
fn exact(p: &PeriodProfile) -> String {
    let windows: Vec<_> = p
        .windows
        .iter()
        .map(|w| {
            let column = |c: &ColumnWindow| {
                (c.counts.clone(), c.absent, c.moments.n, c.moments.min.to_bits(), c.moments.max.to_bits())
            };
            (w.rows, w.first_row, w.labels, w.columns.iter().map(column).collect::<Vec<_>>())
        })
        .collect();
    let keys = p.keys.as_ref().map(|k| (k.rows, k.repeated()));
    let sketches: Vec<_> = p
        .sketches
        .iter()
        .map(|s| (s.distinct.as_ref().map(|d| d.estimate()), s.unknown.as_ref().map(|u| u.top())))
        .collect();
    format!("{windows:?} {:?} {keys:?} {sketches:?} {:?} {:?} {}", p.sample, p.extras, p.layouts, p.undated)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_split_and_in_any_order((rows, parts, order) in split()) {
        let grids = grids();
        let numbered: Vec<(u64, Row)> = (0..).zip(rows).collect();
        let mut whole = profile(&grids, &numbered);
        whole.finish();
        let mut sum = PeriodProfile::default();
        for part in order {
            let of: Vec<(u64, Row)> = numbered.iter().zip(&parts).filter(|(_, p)| **p == part).map(|(r, _)| r.clone()).collect();
            sum.merge(profile(&grids, &of));
        }
        sum.finish();
        prop_assert_eq!(exact(&sum), exact(&whole));
        prop_assert_eq!(sum.rows(), numbered.len() as u64);
        let (centre, inverse) = grids[0].centre();
        for (a, b) in sum.windows.iter().zip(&whole.windows) {
            for (a, b) in a.columns.iter().zip(&b.columns) {
                prop_assert!(close(a.moments.mean(centre, inverse), b.moments.mean(centre, inverse)));
                prop_assert!(close(a.moments.standard_deviation(inverse), b.moments.standard_deviation(inverse)));
            }
        }
    }

    #[test]
    fn nothing_added_is_nothing_changed((rows, _, _) in split()) {
        let grids = grids();
        let numbered: Vec<(u64, Row)> = (0..).zip(rows).collect();
        let mut p = profile(&grids, &numbered);
        p.finish();
        let before = exact(&p);
        p.merge(PeriodProfile::default());
        p.finish();
        prop_assert_eq!(exact(&p), before.clone());
        let mut empty = PeriodProfile::default();
        empty.merge(p);
        empty.finish();
        prop_assert_eq!(exact(&empty), before);
    }

    #[test]
    fn moments_are_those_of_the_values(values in prop::collection::vec(-1e6f64..1e6, 1..200), offset in prop_oneof![Just(0.0), Just(1e9)]) {
        let moved: Vec<f64> = values.iter().map(|x| x + offset).collect();
        let mut m = Moments::default();
        m.add_all(&moved, |x| x, &vec![0; moved.len()], 1, (offset, 1e-3));
        let n = moved.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        prop_assert!((m.mean(offset, 1e-3).unwrap() - offset - mean).abs() < 1e-3);
        prop_assert!((m.standard_deviation(1e-3).unwrap() - variance.sqrt()).abs() < 1.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Windows profiled each by itself and put one after the other are the period: all but what a file is asked once
    /// (`distinct` is a sketch, whose estimate depends on how it was merged).
    #[test]
    fn windows_one_after_the_other_are_the_period(rows in prop::collection::vec(row(), 1usize..400)) {
        let grids = grids();
        let numbered: Vec<(u64, Row)> = rows.into_iter().enumerate().map(|(i, r)| (i as u64, r)).collect();
        let mut whole = profile(&grids, &numbered);
        whole.finish();
        let mut grown = PeriodProfile::default();
        for rows in numbered.chunks(50) {
            let mut window = profile(&grids, rows);
            // Alone it is its only window.
            window.windows = window.windows.split_off(window.windows.len() - 1);
            window.sample.windows.iter_mut().for_each(|w| *w = 0);
            window.extras.values_mut().for_each(|e| e.present = e.present.split_off(e.present.len() - 1));
            grown.append(window);
        }
        grown.finish();
        for p in [&mut whole, &mut grown] {
            p.sketches.iter_mut().for_each(|s| s.distinct = None);
        }
        prop_assert_eq!(exact(&whole), exact(&grown));
    }
}
