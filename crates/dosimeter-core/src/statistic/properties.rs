//! What every statistic owes, whatever the data: checked over the table, so a new line is covered by being there.
#![allow(clippy::unwrap_used, reason = "a failed test should say where")]

use super::*;
use proptest::prelude::*;

/// Names of the statistics whose sign or side depends on the order of the samples.
const ORDERED: [&str; 3] = ["kl", "mann_whitney", "welch_t"];

/// Distances that cannot grow when neighbouring cells are merged.
const SHRINKING: [&str; 4] = ["hellinger", "jensen_shannon", "ks", "total_variation"];

fn cells() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![Just(0), 0..40u64, 0..4000u64], 0..12)
}

fn sample() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => -9.0..9.0f64,
        2 => (-3..3i32).prop_map(f64::from),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e6, 1e300, -1e300, 5e-324]),
    ];
    prop::collection::vec(value, 0..25)
}

fn same(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            a == b || (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs())) || a.is_nan() && b.is_nan()
        }
        (None, None) => true,
        _ => false,
    }
}

proptest! {
    #[test]
    fn symmetric_on_counts(r in cells(), c in cells()) {
        for s in STATISTICS.iter().filter(|s| !ORDERED.contains(&s.id)) {
            if let Some(f) = s.on_counts {
                prop_assert!(same(f(&r, &c), f(&c, &r)), "{}: {:?} {:?}", s.id, f(&r, &c), f(&c, &r));
            }
        }
    }

    #[test]
    fn symmetric_on_samples(r in sample(), c in sample()) {
        for s in STATISTICS.iter().filter(|s| !ORDERED.contains(&s.id)) {
            if let Some(f) = s.on_samples {
                prop_assert!(same(f(&r, &c), f(&c, &r)), "{}: {:?} {:?}", s.id, f(&r, &c), f(&c, &r));
            }
        }
    }

    #[test]
    fn empty_cells_say_nothing(r in cells(), c in cells(), at in 0..12usize) {
        // KL and PSI floor a cell that is empty on both sides alike, but KL then rescales.
        for s in STATISTICS.iter().filter(|s| s.id != "kl") {
            if let Some(f) = s.on_counts {
                let with_gap = |side: &[u64]| {
                    let mut side = side.to_vec();
                    side.resize(12, 0);
                    side.insert(at, 0);
                    side
                };
                prop_assert!(same(f(&r, &c), f(&with_gap(&r), &with_gap(&c))), "{}", s.id);
            }
        }
    }

    #[test]
    fn nothing_on_identical_shares(r in cells(), times in 1..5u64) {
        let c: Vec<u64> = r.iter().map(|x| x * times).collect();
        for id in ["chi_square", "cramer_von_mises", "hellinger", "jensen_shannon", "kl", "ks", "l_infinity", "psi", "total_variation"] {
            let f = by_id(id).unwrap().on_counts.unwrap();
            prop_assert!(f(&r, &c).is_none_or(|v| v.abs() < 1e-9), "{id}: {:?}", f(&r, &c));
        }
    }

    #[test]
    fn bounded(r in cells(), c in cells()) {
        for id in ["hellinger", "jensen_shannon", "ks", "l_infinity", "mann_whitney", "total_variation"] {
            let f = by_id(id).unwrap().on_counts.unwrap();
            prop_assert!(f(&r, &c).is_none_or(|v| (0.0..=1.0 + 1e-12).contains(&v)), "{id}: {:?}", f(&r, &c));
        }
        let tests = [
            ks::counts(&r, &c).map(|t| t.p_asymptotic()),
            cramer_von_mises::counts(&r, &c).map(|t| t.p),
            anderson_darling::counts(&r, &c).map(|t| t.p),
            mann_whitney::counts(&r, &c).map(|t| t.p),
            chi_square::contingency(&r, &c).map(|t| t.p),
            chi_square::g_test(&r, &c).map(|t| t.p),
        ];
        for (i, p) in tests.into_iter().enumerate() {
            prop_assert!(p.is_none_or(|p| (0.0..=1.0).contains(&p)), "{i}: {p:?}");
        }
    }

    #[test]
    fn merging_never_adds(r in cells(), c in cells(), at in 0..11usize) {
        let merge = |side: &[u64]| {
            let mut side = side.to_vec();
            side.resize(12, 0);
            let moved = side.remove(at);
            side[at] += moved;
            side
        };
        for id in SHRINKING {
            let f = by_id(id).unwrap().on_counts.unwrap();
            let (fine, coarse) = (f(&r, &c), f(&merge(&r), &merge(&c)));
            prop_assert!(coarse.unwrap_or(0.0) <= fine.unwrap_or(0.0) + 1e-9, "{id}: {fine:?} {coarse:?}");
        }
    }

    #[test]
    fn sparse_merging_keeps_rows(r in cells(), c in cells(), least in 0.0..20.0f64) {
        for merged in [chi_square::merge_sparse(&r, &c, least), chi_square::pool_sparse(&r, &c, least)].into_iter().flatten() {
            prop_assert_eq!(cells::total(&merged.0), cells::total(&r));
            prop_assert_eq!(cells::total(&merged.1), cells::total(&c));
        }
    }

    #[test]
    fn both_faces_agree(r in sample(), c in sample()) {
        if let Some(pooled) = sample::Pooled::new(&r, &c) {
            let exact = ks::samples(&r, &c).unwrap();
            prop_assert_eq!(exact.statistic, ks::counts(&pooled.reference, &pooled.current).unwrap().statistic);
            let given_ties = ks::p_exact_ties(&pooled.reference, &pooled.current).unwrap();
            prop_assert!(given_ties <= exact.p_exact().unwrap() + 1e-12);
            prop_assert_eq!(
                anderson_darling::samples(&r, &c, anderson_darling::Ties::Midrank),
                anderson_darling::k_samples(&[&r, &c], anderson_darling::Ties::Midrank)
            );
        }
    }

    #[test]
    fn any_sample_has_bins(r in sample(), c in sample()) {
        for pair in [binning::pooled_sturges(&r, &c), binning::reference_doane(&r, &c)].into_iter().flatten() {
            prop_assert_eq!(pair.0.len(), pair.1.len());
        }
        if let Some(edges) = binning::Edges::quantiles(&r, 10) {
            let finite = c.iter().filter(|v| v.is_finite()).count() as u64;
            prop_assert_eq!(cells::total(&edges.open_cells(&c)), finite);
        }
    }
}

#[test]
fn the_table_is_sorted_and_complete() {
    assert!(STATISTICS.is_sorted_by(|a, b| a.id < b.id));
    for s in STATISTICS {
        assert!([s.title, s.meaning, s.range, s.definition, s.paper].iter().all(|t| !t.is_empty()), "{}", s.id);
        assert!(s.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", s.id);
    }
}

#[test]
fn no_data_is_not_no_change() {
    for s in STATISTICS {
        if let Some(f) = s.on_counts {
            for (r, c) in [(&[][..], &[1u64][..]), (&[1], &[]), (&[0, 0], &[1, 2]), (&[], &[])] {
                assert_eq!(f(r, c), None, "{}", s.id);
            }
        }
        if let Some(f) = s.on_samples {
            for (r, c) in [(&[][..], &[1.0][..]), (&[1.0], &[f64::NAN]), (&[f64::INFINITY], &[1.0])] {
                assert_eq!(f(r, c), None, "{}", s.id);
            }
        }
    }
}
