//! Every statistic against the number that another tool gives on the same rows.
//!
//! `golden/two_sample.csv` has 500 reference and 400 current rows of four numeric columns and one category;
//! `golden/univariate_*.json` hold what scipy, NannyML, Evidently and Alibi make of them, with each definition beside it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "fixtures are known; a failed test should say where"
)]

use dosimeter_core::statistic::anderson_darling::{self, Ties};
use dosimeter_core::statistic::binning::{self, Edges};
use dosimeter_core::statistic::cells::ZeroRule;
use dosimeter_core::statistic::chi_square::{self, Correction};
use dosimeter_core::statistic::jensen_shannon::LogBase;
use dosimeter_core::statistic::sample::Moments;
use dosimeter_core::statistic::{
    cramer_von_mises, energy, hellinger, jensen_shannon, kl, ks, l_infinity, mann_whitney, psi, total_variation,
    two_proportion, wasserstein, welch_t,
};
use serde_json::Value;

const NUMERIC: [&str; 4] = ["norm", "logn", "count", "null_same"];
const CSV: &str = include_str!("../golden/two_sample.csv");

fn golden(text: &str) -> Value {
    let mut all: Value = serde_json::from_str(text).unwrap();
    all["values"].take()
}

fn rows(part: &str, column: &str) -> Vec<&'static str> {
    let at = CSV.lines().next().unwrap().split(',').position(|c| c == column).unwrap();
    CSV.lines()
        .map(|l| l.split(','))
        .filter(|l| l.clone().next() == Some(part))
        .map(|mut l| l.nth(at).unwrap())
        .collect()
}

fn column(name: &str) -> (Vec<f64>, Vec<f64>) {
    let numbers = |part| rows(part, name).iter().map(|v| v.parse().unwrap()).collect();
    (numbers("ref"), numbers("cur"))
}

/// Counts of A to F; without F the current rows that have it are left out.
fn categories(with_f: bool) -> (Vec<u64>, Vec<u64>) {
    let last = if with_f { b'F' } else { b'E' };
    let count = |part| {
        let values = rows(part, "cat");
        (b'A'..=last).map(|k| values.iter().filter(|v| v.as_bytes() == [k]).count() as u64).collect()
    };
    (count("ref"), count("cur"))
}

#[track_caller]
fn check(what: &str, got: f64, want: &Value, relative: f64) {
    check_to(what, got, want, relative, 0.0);
}

#[track_caller]
fn check_to(what: &str, got: f64, want: &Value, relative: f64, absolute: f64) {
    let want = want.as_f64().unwrap_or_else(|| panic!("{what}: no golden number, {want}"));
    let error = (got - want).abs();
    assert!(error <= relative * want.abs() + absolute, "{what}: got {got:e}, want {want:e}, off by {error:e}");
}

const TIGHT: f64 = 1e-9;

/// Scipy's p of Cramér-von Mises is one minus a series that stops at terms of 1e-7: absolute errors near 1e-13. The law
/// itself is checked against the same series with all its terms.
const SCIPY_CVM: f64 = 1e-12;

#[test]
fn scipy_tests() {
    let golden = golden(include_str!("../golden/univariate_scipy.json"));
    for name in NUMERIC {
        let ((r, c), want) = (column(name), &golden[name]);
        let test = ks::samples(&r, &c).unwrap();
        check(name, test.statistic, &want["ks_stat"], TIGHT);
        check(name, test.p_asymptotic(), &want["ks_p_asymp"], TIGHT);
        check(name, test.p_exact().unwrap(), &want["ks_p_exact"], TIGHT);
        check(name, test.p(), &want["ks_p_auto"], TIGHT);
        check(name, test.location.unwrap(), &want["ks_location"], 0.0);
        check(name, f64::from(test.sign), &want["ks_sign"], 0.0);

        check(name, wasserstein::samples(&r, &c).unwrap(), &want["wasserstein"], TIGHT);
        check(name, wasserstein::normalised(&r, &c).unwrap(), &want["wasserstein_norm"], TIGHT);
        check(name, energy::samples(&r, &c).unwrap(), &want["energy"], TIGHT);

        let test = cramer_von_mises::samples(&r, &c).unwrap();
        check(name, test.statistic, &want["cvm"]["stat"], TIGHT);
        check_to(name, test.p, &want["cvm"]["p"], TIGHT, SCIPY_CVM);

        for (key, ties) in [("anderson_ksamp", Ties::Midrank), ("anderson_ksamp_right", Ties::Right)] {
            let test = anderson_darling::samples(&r, &c, ties).unwrap();
            check(name, test.statistic, &want[key]["stat"], TIGHT);
            check(name, test.p_clipped, &want[key]["p"], TIGHT);
        }

        let test = mann_whitney::samples(&r, &c).unwrap();
        check(name, test.u, &want["mannwhitney"]["U"], 0.0);
        check(name, test.p, &want["mannwhitney"]["p"], TIGHT);

        let test = welch_t::samples(&r, &c).unwrap();
        check(name, test.t, &want["welch_t"]["t"], TIGHT);
        check(name, test.dof, &want["welch_t"]["df"], TIGHT);
        check(name, test.p, &want["welch_t"]["p"], TIGHT);
    }
}

#[test]
fn scipy_distances_on_bins() {
    let golden = golden(include_str!("../golden/univariate_scipy.json"));
    for name in NUMERIC {
        let ((r, c), want) = (column(name), &golden[name]);
        let deciles = Edges::quantiles(&r, 10).unwrap();
        let expected: Vec<f64> =
            want["psi_q10"]["edges"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        same_edges(name, deciles.as_slice(), &expected);
        let index = psi::counts(&deciles.open_cells(&r), &deciles.open_cells(&c)).unwrap();
        check(name, index, &want["psi_q10"]["psi"], TIGHT);

        let both: Vec<f64> = r.iter().chain(&c).copied().collect();
        let sturges = Edges::sturges(&both).unwrap();
        let expected: Vec<f64> =
            want["sturges"]["edges"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        same_edges(name, sturges.as_slice(), &expected);
        let (p, q) = (sturges.histogram(&r).inside, sturges.histogram(&c).inside);
        distances(name, &p, &q, &want["sturges"]);
    }
}

/// As near as the JSON reader, which may miss the last bit.
fn same_edges(name: &str, got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{name}");
    got.iter().zip(want).for_each(|(g, w)| assert!((g - w).abs() <= 4e-16 * w.abs(), "{name}: {g} {w}"));
}

fn distances(name: &str, p: &[u64], q: &[u64], want: &Value) {
    check(name, jensen_shannon::counts(p, q, LogBase::Natural).unwrap(), &want["js"], TIGHT);
    check(name, jensen_shannon::counts(p, q, LogBase::Two).unwrap(), &want["js_base2"], TIGHT);
    check(name, hellinger::counts(p, q).unwrap(), &want["hellinger"], TIGHT);
    check(name, total_variation::counts(p, q).unwrap(), &want["tv"], TIGHT);
    check(name, l_infinity::counts(p, q).unwrap().distance, &want["linf"], TIGHT);
}

#[test]
fn scipy_categories() {
    let golden = golden(include_str!("../golden/univariate_scipy.json"));
    for (name, with_f) in [("cat", true), ("cat_noF", false)] {
        let ((r, c), want) = (categories(with_f), &golden[name]);
        distances(name, &r, &c, want);
        check(name, psi::counts(&r, &c).unwrap(), &want["psi"], TIGHT);
        let test = chi_square::contingency(&r, &c).unwrap();
        check(name, test.statistic, &want["chi2_contingency"]["stat"], TIGHT);
        check(name, test.p, &want["chi2_contingency"]["p"], TIGHT);
        check(name, test.dof as f64, &want["chi2_contingency"]["dof"], 0.0);
        let test = chi_square::g_test(&r, &c).unwrap();
        check(name, test.statistic, &want["g_test"]["stat"], TIGHT);
        check(name, test.p, &want["g_test"]["p"], TIGHT);
    }
    let (r, c) = categories(false);
    let test = chi_square::one_sample(&r, &c).unwrap();
    check("one sample", test.statistic, &golden["cat_noF"]["chi2_one_sample"]["stat"], TIGHT);
    check("one sample", test.p, &golden["cat_noF"]["chi2_one_sample"]["p"], TIGHT);
    // scipy.stats.chi2_contingency([[10, 20], [25, 15]]), which corrects by default.
    let test = chi_square::contingency_with(&[10, 20], &[25, 15], Correction::Yates).unwrap();
    check("Yates", test.statistic, &4.7250000000000005.into(), TIGHT);
    check("Yates", test.p, &0.029727183306054655.into(), TIGHT);
}

#[test]
fn nannyml() {
    let golden = golden(include_str!("../golden/univariate_nannyml.json"));
    for name in NUMERIC {
        let (r, c) = column(name);
        let want = |method: &str| &golden[format!("{name}_{method}_value")];
        let (p, q) = binning::reference_doane(&r, &c).unwrap();
        check(name, jensen_shannon::counts(&p, &q, LogBase::Two).unwrap(), want("jensen_shannon"), TIGHT);
        check(name, hellinger::counts(&p, &q).unwrap(), want("hellinger"), TIGHT);
        check(name, wasserstein::samples(&r, &c).unwrap(), want("wasserstein"), TIGHT);
        check(name, ks::samples(&r, &c).unwrap().statistic, want("kolmogorov_smirnov"), TIGHT);
    }
    let (r, c) = categories(true);
    check("cat", jensen_shannon::counts(&r, &c, LogBase::Two).unwrap(), &golden["cat_jensen_shannon_value"], TIGHT);
    check("cat", hellinger::counts(&r, &c).unwrap(), &golden["cat_hellinger_value"], TIGHT);
    check("cat", chi_square::contingency(&r, &c).unwrap().statistic, &golden["cat_chi2_value"], TIGHT);
    check("cat", l_infinity::counts(&r, &c).unwrap().distance, &golden["cat_l_infinity_value"], TIGHT);
}

#[test]
fn evidently() {
    let golden = golden(include_str!("../golden/univariate_evidently.json"));
    for name in NUMERIC {
        let ((r, c), want) = (column(name), |method: &str| &golden[name][method][0]);
        let (p, q) = binning::pooled_sturges(&r, &c).unwrap();
        evidently_binned(name, &p, &q, want);
        let (p, q) = binning::distinct_sturges(&r, &c).unwrap();
        check(name, hellinger::counts(&p, &q).unwrap(), want("hellinger"), TIGHT);
        check(name, anderson_darling::samples(&r, &c, Ties::Midrank).unwrap().p_clipped, want("anderson"), TIGHT);
        check_to(name, cramer_von_mises::samples(&r, &c).unwrap().p, want("cramer_von_mises"), TIGHT, SCIPY_CVM);
        check(name, energy::samples(&r, &c).unwrap(), want("ed"), TIGHT);
        check(name, ks::samples(&r, &c).unwrap().p(), want("ks"), TIGHT);
        check(name, mann_whitney::samples(&r, &c).unwrap().p_less, want("mannw"), TIGHT);
        let (a, b) = (Moments::new(&r).unwrap(), Moments::new(&c).unwrap());
        check(name, welch_t::pooled(&a, &b).unwrap().p, want("t_test"), TIGHT);
        check(name, wasserstein::normalised(&r, &c).unwrap(), want("wasserstein"), TIGHT);
    }
    for (name, with_f) in [("cat", true), ("cat_noF", false)] {
        let ((r, c), want) = (categories(with_f), |method: &str| &golden[name][method][0]);
        evidently_binned(name, &r, &c, want);
        check(name, hellinger::counts(&r, &c).unwrap(), want("hellinger"), TIGHT);
        check(name, chi_square::one_sample(&r, &c).unwrap().p, want("chisquare"), TIGHT);
        let test = two_proportion::counts(r[0], r.iter().sum(), c[0], c.iter().sum()).unwrap();
        check(name, test.p, want("z"), TIGHT);
    }
}

fn evidently_binned<'a>(name: &str, p: &[u64], q: &[u64], want: impl Fn(&str) -> &'a Value) {
    check(name, jensen_shannon::counts(p, q, LogBase::Natural).unwrap(), want("jensenshannon"), TIGHT);
    check(name, kl::counts(p, q, ZeroRule::Fill).unwrap(), want("kl_div"), TIGHT);
    check(name, psi::counts_with(p, q, ZeroRule::Fill).unwrap(), want("psi"), TIGHT);
}

#[test]
fn alibi() {
    let golden = golden(include_str!("../golden/univariate_alibi.json"));
    let single = 1e-6; // Alibi rounds to 32 bits.
    for (i, name) in NUMERIC.into_iter().enumerate() {
        let (r, c) = column(name);
        let test = ks::samples(&r, &c).unwrap();
        check(name, test.statistic, &golden["ks"]["stat"][i], single);
        // This version of Alibi asked scipy for the asymptotic law.
        check(name, test.p_asymptotic(), &golden["ks"]["p"][i], single);
        let test = cramer_von_mises::samples(&r, &c).unwrap();
        check(name, test.statistic, &golden["cvm"]["stat"][i], single);
        check(name, test.p, &golden["cvm"]["p"][i], single);
    }
    for (name, with_f) in [("chi2_cat", true), ("chi2_cat_noF", false)] {
        let (r, c) = categories(with_f);
        let test = chi_square::contingency(&r, &c).unwrap();
        check(name, test.statistic, &golden[name]["stat"][0], single);
        check(name, test.p, &golden[name]["p"][0], single);
    }
}

mod blindness {
    //! Equal-width bins and means are blinded by one wild value: a single 1e6 among 5,000 rows stretches the bins until
    //! all else shares one, and hides a shift of a whole standard deviation. On a frozen grid it is one row in the cell
    //! `above`, which must neither hide a shift nor raise an alarm by itself.
    use super::*;
    use dosimeter_core::statistic::tail::normal_isf;

    const ROWS: usize = 5_000;

    /// Normal scores in an even spread: a sample without luck. `turn` picks another sample of the same law.
    fn normal(turn: f64, shift: f64) -> Vec<f64> {
        let step = |i: usize| (i as f64 + 0.5) * 0.618_033_988_749_894_9 + turn;
        (0..ROWS).map(|i| shift - normal_isf(step(i).fract().clamp(1e-9, 1.0 - 1e-9))).collect()
    }

    fn grid() -> (Edges, Vec<u64>, Vec<f64>) {
        let reference = normal(0.0, 0.0);
        let edges = Edges::quantiles(&reference, 50).unwrap();
        let cells = edges.open_cells(&reference);
        let mut positions: Vec<f64> = edges.as_slice().windows(2).map(|e| 0.5 * (e[0] + e[1])).collect();
        positions.insert(0, edges.as_slice()[0]);
        positions.push(*edges.as_slice().last().unwrap());
        (edges, cells, positions)
    }

    fn p_values(r: &[u64], c: &[u64]) -> Vec<(&'static str, f64)> {
        vec![
            ("ks", ks::counts(r, c).unwrap().p_asymptotic()),
            ("cramer_von_mises", cramer_von_mises::counts(r, c).unwrap().p),
            ("anderson_darling", anderson_darling::counts(r, c).unwrap().p),
            ("chi_square", chi_square::contingency(r, c).unwrap().p),
            ("g", chi_square::g_test(r, c).unwrap().p),
            ("mann_whitney", mann_whitney::counts(r, c).unwrap().p),
            ("psi", psi::p(psi::counts(r, c).unwrap(), r.len(), ROWS as u64, ROWS as u64).unwrap()),
        ]
    }

    #[test]
    fn one_wild_value_does_not_alarm() {
        let (edges, reference, positions) = grid();
        let mut current = normal(0.3, 0.0);
        current[17] = 1e6;
        let cells = edges.open_cells(&current);
        for (name, p) in p_values(&reference, &cells) {
            assert!(p > 0.5, "{name}: {p}");
        }
        assert!(wasserstein::counts(&reference, &cells, &positions).unwrap() < 0.01);
        assert!(energy::counts(&reference, &cells, &positions).unwrap() < 0.01);
        assert!(jensen_shannon::counts(&reference, &cells, LogBase::Two).unwrap() < 0.02);
        // On raw values the mean transport is ruined by that one row: 1e6 / 5,000.
        assert!(wasserstein::samples(&normal(0.0, 0.0), &current).unwrap() > 199.0);
    }

    #[test]
    fn one_wild_value_does_not_hide_a_shift() {
        let (edges, reference, positions) = grid();
        let mut current = normal(0.3, 1.0);
        current[17] = 1e6;
        let cells = edges.open_cells(&current);
        for (name, p) in p_values(&reference, &cells) {
            assert!(p < 1e-100, "{name}: {p}");
        }
        assert!((wasserstein::counts(&reference, &cells, &positions).unwrap() - 0.9).abs() < 0.1);
        assert!(jensen_shannon::counts(&reference, &cells, LogBase::Two).unwrap() > 0.3);
        // What the tools with equal-width bins see: everything in one bin, no distance to speak of.
        let (p, q) = binning::pooled_sturges(&normal(0.0, 0.0), &current).unwrap();
        assert!(jensen_shannon::counts(&p, &q, LogBase::Two).unwrap() < 0.02);
    }
}
