//! Everything a check looks at: the baseline, the current profile, and the evidence on each column.

use std::collections::BTreeMap;
use std::ops::Range;

pub(crate) use super::affected::Affected;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Evidence, Finding, Number, Severity, Subject};
use crate::evidence::budget::Budget;
use crate::evidence::component::Kind;
use crate::evidence::shift::{ColumnShift, Series};
use crate::profile::grid::{Grid, Special};
use crate::profile::schema::{ColumnKind, ColumnSpec};
use crate::profile::{Baseline, PeriodProfile};

/// Whether a finding says that an input moved, and not that its form broke: values beyond a range do the first more often.
pub(crate) fn moves_input(f: &Finding) -> bool {
    matches!(f.mode, Mode::DataDrift | Mode::CategoryShift) || f.kind.as_deref() == Some("range_left")
}

/// The material of one diagnosis.
pub(crate) struct Case<'a> {
    pub(crate) baseline: &'a Baseline,
    pub(crate) current: &'a PeriodProfile,
    pub(crate) shifts: Vec<ColumnShift>,
    pub(crate) budget: Budget,
    /// Whether the metric fell for real: then what moved beyond sampling error is named as its context, though the
    /// reference wobbled as much.
    pub(crate) lossy: bool,
    /// The instant as of which the data should be fresh.
    pub(crate) as_of: Option<i64>,
}

impl<'a> Case<'a> {
    pub(crate) fn spec(&self, column: usize) -> &'a ColumnSpec {
        &self.baseline.columns[column]
    }

    /// The current window that holds a row.
    pub(crate) fn window_of_row(&self, row: u64) -> usize {
        let starts = self.current.windows.iter().enumerate().filter_map(|(i, w)| Some((i, w.first_row?)));
        starts.filter(|(_, first)| *first <= row).max_by_key(|(_, first)| *first).map_or(0, |(i, _)| i)
    }

    /// The share of the current rows that lie in these windows.
    pub(crate) fn share_of(&self, windows: &[usize]) -> f64 {
        let rows: u64 = windows.iter().filter_map(|w| self.current.windows.get(*w)).map(|w| w.rows).sum();
        let all = self.current.rows();
        if all == 0 { 0.0 } else { rows as f64 / all as f64 }
    }

    /// The counts of a column over some current windows.
    pub(crate) fn counts_in(&self, column: usize, windows: &[usize]) -> Vec<u64> {
        let mut sum = crate::profile::ColumnWindow::default();
        for c in windows.iter().filter_map(|w| self.current.windows.get(*w)).filter_map(|w| w.columns.get(column)) {
            sum.merge(c);
        }
        sum.counts
    }

    /// The reference's counts of a column.
    pub(crate) fn reference_counts(&self, column: usize) -> Vec<u64> {
        self.baseline.reference.counts(column, 0..self.baseline.reference.windows.len())
    }

    /// The evidence on a column, where it was tested.
    pub(crate) fn shift(&self, column: usize) -> Option<&ColumnShift> {
        self.shifts.iter().find(|s| s.column == column)
    }

    /// The series of a special cell.
    pub(crate) fn special(&self, column: usize, special: Special) -> Option<&Series> {
        let cell = self.spec(column).grid.special(special);
        self.shift(column)?.specials.iter().find(|s| s.component.kind == Kind::Share(cell))
    }

    /// Whether a special cell's share moved for real.
    pub(crate) fn special_moved(&self, column: usize, special: Special) -> bool {
        let moved = self.special(column, special).is_some_and(|s| s.p() * 4.0 < self.budget.schema_per_column);
        moved && (special != Special::Other || self.unknown_beyond_luck(column))
    }

    /// Whether values unknown to the reference are more than a sample of it would miss.
    ///
    /// A category of share `b` is missed by all `n` rows of the reference with the chance `(1 - b)^n`, whatever else there is; rows of
    /// one category come and stay away together, which a test by rows does not know.
    fn unknown_beyond_luck(&self, column: usize) -> bool {
        let Grid::Category { values } = &self.spec(column).grid else {
            return true;
        };
        let Some(series) = self.special(column, Special::Other) else {
            return false;
        };
        let (p, n) = (series.component.reference_mean, series.component.reference_n);
        if p + series.effect() > 3.0 * p + 0.2 {
            return true;
        }
        let rows = self.current.rows().max(1) as f64;
        let unknown =
            self.current.sketches.get(column).and_then(|s| s.unknown.as_ref()).map(|u| u.top()).unwrap_or_default();
        let categories = (values.len() + unknown.len()) as f64;
        let missed = |count: u64| categories * (-(count as f64) / rows * n).exp();
        unknown.iter().any(|(_, count)| missed(*count) < self.budget.schema_per_column)
    }

    /// Whether a column is to be named: it moved for real, or moved noticeably while the metric fell.
    pub(crate) fn worth_naming(&self, column: usize) -> bool {
        let noticeable = |s: &Series| match s.component.kind {
            Kind::Rank(1) => s.deviation.abs() >= 0.2,
            Kind::Rank(_) => false,
            Kind::Share(_) => s.deviation.abs() >= 0.02,
        };
        let context = |s: &Series| noticeable(s) && s.sampling_z().abs() > 6.0;
        self.values_moved(column) || self.lossy && self.shift(column).is_some_and(|s| s.values.iter().any(context))
    }

    /// Whether the distribution of the values moved for real and by more than a trifle.
    pub(crate) fn values_moved(&self, column: usize) -> bool {
        self.shift(column).is_some_and(|s| {
            s.p_values() < self.budget.drift_per_column
                && s.values.iter().any(|v| v.p() < 0.01 && v.effect().abs() >= least_effect(v))
        })
    }
}

/// The smallest movement worth a word: 0.02 standard deviations of the rank; for a share a fifth of a point, and a
/// tenth of itself.
pub(crate) fn least_effect(series: &Series) -> f64 {
    match series.component.kind {
        Kind::Rank(_) => 0.02,
        Kind::Share(_) => (series.component.reference_mean * 0.1).clamp(0.002, 0.05),
    }
}

/// Values of one column among sampled rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sampled {
    /// Finite numbers, ascending.
    pub(crate) numbers: Vec<f64>,
    /// Texts and categories with how often.
    pub(crate) texts: BTreeMap<String, u64>,
    /// Rows without a value.
    pub(crate) nulls: u64,
    /// All rows.
    pub(crate) rows: u64,
}

impl Sampled {
    /// From the sampled rows of a period that lie in the given windows (`None`: in all).
    pub(crate) fn of(spec: &ColumnSpec, period: &PeriodProfile, column: usize, windows: Option<&[usize]>) -> Sampled {
        let mut out = Sampled::default();
        let Some(sampled) = period.sample.columns.get(column) else {
            return out;
        };
        let null = spec.grid.special(Special::Null) as u16;
        for (i, code) in sampled.codes.iter().enumerate() {
            if windows.is_some_and(|w| w.binary_search(&(period.sample.windows[i] as usize)).is_err()) {
                continue;
            }
            out.rows += 1;
            if *code == null {
                out.nulls += 1;
            } else if let Some(text) = sampled.texts.get(&(i as u32)) {
                *out.texts.entry(text.clone()).or_insert(0) += 1;
            } else if let Some(x) = sampled.numbers.get(i).filter(|x| x.is_finite()) {
                out.numbers.push(*x);
            } else if let Grid::Category { values } = &spec.grid
                && let Some(value) = values.get(usize::from(*code))
            {
                *out.texts.entry(value.clone()).or_insert(0) += 1;
            }
        }
        out.numbers.sort_by(f64::total_cmp);
        out
    }

    /// At most a few thousand of the numbers, evenly: enough to tell columns apart in pairs.
    pub(crate) fn thinned(mut self) -> Sampled {
        const MOST: usize = 2_000;
        if self.numbers.len() > MOST && self.texts.is_empty() {
            let step = self.numbers.len().div_ceil(MOST);
            self.numbers = self.numbers.iter().copied().step_by(step).collect();
            self.nulls /= step as u64;
            self.rows = self.numbers.len() as u64 + self.nulls;
        }
        self
    }

    /// How many rows have a value.
    pub(crate) fn present(&self) -> u64 {
        self.rows - self.nulls
    }

    /// A distance in 0..=1 with the value below which two samples of the same thing stay in 999 of 1,000 cases:
    /// Kolmogorov-Smirnov for numbers, total variation for texts.
    pub(crate) fn distance(&self, other: &Sampled) -> (f64, f64) {
        let (a, b) = (self.present() as f64, other.present() as f64);
        if a == 0.0 || b == 0.0 {
            return (1.0, 0.0);
        }
        let numeric = (self.numbers.len() as f64 / a, other.numbers.len() as f64 / b);
        if numeric.0 > 0.5 && numeric.1 > 0.5 {
            return (ks(&self.numbers, &other.numbers), 1.95 * (1.0 / a + 1.0 / b).sqrt());
        }
        if numeric.0 > 0.5 || numeric.1 > 0.5 {
            return (1.0, 0.0);
        }
        let keys: std::collections::BTreeSet<&String> = self.texts.keys().chain(other.texts.keys()).collect();
        let (mut tv, mut noise) = (0.0, 0.0);
        for k in keys {
            let (p, q) = (*self.texts.get(k).unwrap_or(&0) as f64 / a, *other.texts.get(k).unwrap_or(&0) as f64 / b);
            tv += (p - q).abs() / 2.0;
            let pooled = (p * a + q * b) / (a + b);
            noise += (pooled * (1.0 - pooled) * (1.0 / a + 1.0 / b)).sqrt() * 0.4;
        }
        (tv, noise + 1.6 * (1.0 / a + 1.0 / b).sqrt())
    }

    /// Whether two samples look like the same thing, with a slack for harmless drift.
    pub(crate) fn like(&self, other: &Sampled, slack: f64) -> bool {
        let (distance, noise) = self.distance(other);
        distance <= noise + slack
    }
}

/// The two-sample Kolmogorov-Smirnov statistic of ascending samples.
pub(crate) fn ks(a: &[f64], b: &[f64]) -> f64 {
    let (mut i, mut j, mut most) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let x = a[i].min(b[j]);
        i += a[i..].partition_point(|v| *v <= x);
        j += b[j..].partition_point(|v| *v <= x);
        most = most.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    most
}

/// A finding to be filled in.
pub(crate) fn finding(mode: Mode, kind: Option<&str>, columns: &[&str], message: String) -> Finding {
    Finding {
        mode,
        kind: kind.map(str::to_owned),
        severity: Severity::Watch,
        subject: Subject { columns: columns.iter().map(|c| (*c).to_owned()).collect(), segment: None },
        onset: None,
        share: None,
        evidence: Vec::new(),
        impact: None,
        detail: BTreeMap::new(),
        message,
        next_step: String::new(),
    }
}

/// One piece of evidence.
pub(crate) fn evidence(statistic: &str, value: f64) -> Evidence {
    Evidence {
        statistic: statistic.to_owned(),
        value: Number(value),
        threshold: None,
        p_value: None,
        effect: None,
        window: None,
    }
}

/// The evidence that a series gives.
pub(crate) fn series_evidence(case: &Case<'_>, column: usize, series: &Series) -> Evidence {
    let name = match series.component.kind {
        Kind::Rank(1) => "rank_location".to_owned(),
        Kind::Rank(2) => "rank_scale".to_owned(),
        Kind::Rank(3) => "rank_skewness".to_owned(),
        Kind::Rank(_) => "rank_kurtosis".to_owned(),
        Kind::Share(cell) => format!("share of {}", case.spec(column).grid.label(cell)),
    };
    let whole = series.p_overall <= series.p_window.0;
    Evidence {
        p_value: Some(Number(series.p())),
        effect: Some(Number(series.effect())),
        window: (!whole).then_some(series.p_window.1),
        ..evidence(&name, series.effect())
    }
}

/// Shorthand for a detail map.
pub(crate) fn detail<const N: usize>(pairs: [(&str, Detail); N]) -> BTreeMap<String, Detail> {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

/// The range of all current windows.
pub(crate) fn all(case: &Case<'_>) -> Range<usize> {
    0..case.current.windows.len()
}

/// Whether a column's own values are no distribution to watch: texts, and vectors, which are watched by their parts.
pub(crate) fn is_text(spec: &ColumnSpec) -> bool {
    matches!(spec.kind, ColumnKind::Text | ColumnKind::Vector)
}
