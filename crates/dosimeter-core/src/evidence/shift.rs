//! Has a column moved beyond the reference's own variation?
//!
//! Every component of a column gives one mean per window. The current period as a whole is tested, and each of its
//! windows, with variance = sampling error of both samples + the wobble that the reference showed between its own windows.
//! A wobble that lasts averages out over fewer windows than there are: as many as its autocorrelation leaves. Rare shares are
//! tested by the exact conditional binomial, since the normal approximation invents alarms there.

use super::component::{Component, Kind, components};
use super::dispersion::{Dispersion, Prior, effective};
use super::natural::{Common, Natural, common_excess};
use super::season::{Point, Season};
use crate::profile::grid::{Grid, SPECIALS, Special};
use crate::profile::schema::{ColumnKind, Role};
use crate::profile::{Baseline, PeriodProfile, WindowProfile};
use crate::statistic::tail;

/// One component over the current windows, against the reference.
#[derive(Clone, Debug)]
pub struct Series {
    /// What is measured.
    pub component: Component,
    /// Window means.
    pub means: Vec<f64>,
    /// Rows behind each.
    pub rows: Vec<f64>,
    /// Variance of each window's deviation from the reference: sampling error and wobble.
    pub variances: Vec<f64>,
    /// What each window would show if nothing had changed: the reference's mean, at this hour and on this day.
    pub expected: Vec<f64>,
    /// Mean over the most telling recent windows minus what was expected of them.
    pub deviation: f64,
    /// p of the period: of its most telling recent part (all of it, its last half, quarter, ...), times the parts tried.
    pub p_overall: f64,
    /// The first window of that part.
    pub since: usize,
    /// The smallest p of a single window, times the number of windows, and which.
    pub p_window: (f64, usize),
    /// What the test of the whole period rests on; `None` where the period has no rows for it.
    pub whole: Option<Whole>,
}

/// What the test of a component over the whole current period rests on.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Current rows.
    pub rows: f64,
    /// Variance of a single row's score.
    pub variance: f64,
    /// What some windows do by themselves.
    pub chance: Chance,
    /// Parts of the period that are tried.
    pub parts: usize,
}

/// What the mean of a component over some windows does when nothing has changed, beyond the luck of sampling.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// By how much the season puts it off the reference.
    pub offset: f64,
    /// What wobble, and what is not known of the season, add to the variance of the difference.
    pub wobble: f64,
    /// Degrees of freedom behind that.
    pub freedom: f64,
    /// Excess kurtosis of the wobble of a window.
    excess: f64,
    /// Independent windows that the mean is of.
    windows: f64,
}

impl Series {
    /// p of this component: of the period or of its most deviating window, each at half the budget.
    #[must_use]
    pub fn p(&self) -> f64 {
        (2.0 * self.p_overall.min(self.p_window.0)).min(1.0)
    }

    /// How many standard errors the period is off if rows were independent, wobble left out.
    #[must_use]
    pub fn sampling_z(&self) -> f64 {
        let n: f64 = self.rows.iter().skip(self.since).sum();
        let c = &self.component;
        if n <= 0.0 {
            return 0.0;
        }
        self.deviation / (sampling_variance(c, c.reference_mean + self.deviation, n) * (1.0 + n / c.reference_n)).sqrt()
    }

    /// Deviations from the reference by window.
    #[must_use]
    pub fn deviations(&self) -> Vec<f64> {
        self.means.iter().zip(&self.expected).map(|(m, e)| m - e).collect()
    }

    /// The largest deviation that some part of the current period shows, for judging its size.
    #[must_use]
    pub fn effect(&self) -> f64 {
        if self.p_overall <= self.p_window.0 {
            self.deviation
        } else {
            self.means.get(self.p_window.1).zip(self.expected.get(self.p_window.1)).map_or(0.0, |(m, e)| m - e)
        }
    }
}

/// The evidence on one column.
#[derive(Clone, Debug)]
pub struct ColumnShift {
    /// Position in the baseline.
    pub column: usize,
    /// How the values themselves moved.
    pub values: Vec<Series>,
    /// How the shares outside the range, of nulls, unknown values, NaN and infinities moved.
    pub specials: Vec<Series>,
}

impl ColumnShift {
    /// p that the distribution of values moved, over all its components.
    #[must_use]
    pub fn p_values(&self) -> f64 {
        combine(&self.values)
    }

    /// The component of the values that speaks loudest; of several that leave no doubt the simplest, a location before a
    /// shape, for it is the one that dates a change.
    #[must_use]
    pub fn loudest(&self) -> Option<&Series> {
        let degree = |s: &Series| if let Kind::Rank(d) = s.component.kind { d } else { 0 };
        let doubt = |s: &Series| s.p().max(1e-12);
        self.values.iter().min_by(|a, b| {
            let size = b.deviation.abs().total_cmp(&a.deviation.abs());
            doubt(a).total_cmp(&doubt(b)).then(degree(a).cmp(&degree(b))).then(size)
        })
    }
}

fn combine(series: &[Series]) -> f64 {
    let least = series.iter().map(Series::p).fold(1.0, f64::min);
    (least * series.len() as f64).min(1.0)
}

/// Tests every watched column. Columns without reference rows are left out.
#[must_use]
pub fn test_columns(baseline: &Baseline, current: &PeriodProfile) -> Vec<ColumnShift> {
    let reference = &baseline.reference;
    let watched: Vec<usize> = (0..baseline.columns.len())
        .filter(|j| !matches!(baseline.columns[*j].role, Role::Ignore | Role::Id | Role::Time))
        .collect();
    let parts: Vec<(usize, Vec<Component>, Option<Vec<u64>>)> = watched
        .iter()
        .map(|j| {
            let spec = &baseline.columns[*j];
            let counts = reference.counts(*j, 0..reference.windows.len());
            let mut list = components(&spec.grid, &counts);
            let unseen = unseen_by_window(&spec.grid, reference, *j);
            if let (Some(unseen), Some(c)) =
                (&unseen, list.iter_mut().find(|c| c.kind == Kind::Share(spec.grid.special(Special::Other))))
            {
                let p = unseen.iter().sum::<u64>() as f64 / c.reference_n.max(1.0);
                (c.reference_mean, c.variance) = (p, p * (1.0 - p));
            }
            let special = |s: Special| Kind::Share(spec.grid.special(s));
            match spec.kind {
                // Every text is unknown to the grid; only nulls can be compared.
                ColumnKind::Text => list.retain(|c| c.kind == special(Special::Null)),
                // Vectors move by their parts.
                ColumnKind::Vector => list.retain(|c| {
                    [Special::Null, Special::NaN, Special::Infinity, Special::NegativeInfinity]
                        .map(special)
                        .contains(&c.kind)
                }),
                // Time moves on by itself.
                ColumnKind::Time => {
                    list.retain(|c| c.kind == special(Special::Null) || c.kind == special(Special::Other))
                }
                _ => {}
            }
            (*j, list, unseen)
        })
        .collect();

    let by_series: Vec<Vec<Option<Natural>>> = parts
        .iter()
        .map(|(j, list, unseen)| list.iter().map(|c| natural(c, baseline, *j, unseen.as_deref())).collect())
        .collect();
    // Locations wobble more than shapes and shares do, so each family of components has a prior of its own, where it has
    // members enough to fit one.
    // The parts of vectors wobble together: they would outvote all other columns, and agree with each other without knowing more.
    let whole = |j: usize| baseline.part_of(j).is_none();
    let of = |wholes: bool| {
        let chosen = parts.iter().zip(&by_series).filter(move |((j, _, _), _)| whole(*j) == wholes);
        Common::of(&chosen.map(|(_, naturals)| naturals).collect::<Vec<_>>())
    };
    // How long wobble lasts is hard to see in one column: much of what is believed comes from all of them.
    let (common, common_of_parts) = (of(true), of(false));
    let ratio = |n: &Natural, common: Common| n.ratio(n.persistence(common.persistence));
    let known = |family: Option<Family>| -> Vec<(f64, f64)> {
        let columns = parts.iter().zip(&by_series).filter(|((j, _, _), _)| whole(*j));
        let all = columns.flat_map(|((_, list, _), naturals)| list.iter().zip(naturals));
        let of_family = all.filter(|(c, _)| family.is_none_or(|f| Family::of(c) == f));
        of_family.filter_map(|(_, n)| n.as_ref()).map(|n| ratio(n, common)).collect()
    };
    let common_prior = Prior::fit(&known(None));
    let priors = Family::ALL.map(|family| {
        let members = known(Some(family));
        if members.len() < Family::LEAST { common_prior } else { Prior::fit(&members) }
    });

    // So have windows that go far off: a shape is moved by the square of what moves the location.
    let tails = Family::ALL.map(|family| {
        let all = parts.iter().zip(&by_series).flat_map(|((_, list, _), naturals)| list.iter().zip(naturals));
        common_excess(all.filter(|(c, _)| Family::of(c) == family).filter_map(|(_, n)| n.as_ref()))
    });
    let of_parts: Vec<f64> = parts
        .iter()
        .zip(&by_series)
        .filter(|((j, _, _), _)| !whole(*j))
        .flat_map(|(_, naturals)| naturals.iter().flatten().map(|n| ratio(n, common_of_parts).0))
        .collect();
    let typical = of_parts.iter().sum::<f64>() / of_parts.len().max(1) as f64;

    parts
        .into_iter()
        .zip(by_series)
        .filter(|((_, list, _), _)| !list.is_empty())
        .map(|((column, list, _), naturals)| {
            let cells = baseline.columns[column].grid.value_cells();
            let mut shift = ColumnShift { column, values: Vec::new(), specials: Vec::new() };
            let location = list.iter().find(|c| c.kind == Kind::Rank(1)).cloned();
            for (component, natural) in list.into_iter().zip(naturals) {
                let prior = priors[Family::of(&component) as usize];
                let excess = tails[Family::of(&component) as usize];
                let location = location.as_ref().filter(|_| matches!(component.kind, Kind::Rank(2..)));
                let common = if whole(column) { common } else { common_of_parts };
                let null = match natural {
                    Some(n) => {
                        let (ratio, freedom) = ratio(&n, common);
                        let dispersion = if whole(column) {
                            prior.shrink(ratio, freedom)
                        } else {
                            Dispersion { factor: ratio.max((ratio + typical) / 2.0).max(1.0), freedom }
                        };
                        let lasts = n.persistence(common.persistence);
                        Null { dispersion, lasts, common, excess, location, season: n.season }
                    }
                    None => Null {
                        common,
                        excess,
                        location,
                        dispersion: prior.shrink(prior.typical, 0.0),
                        lasts: common.persistence,
                        season: Season::default(),
                    },
                };
                // Shares of special cells, and of the two ends of a range of numbers, speak of the format.
                let ordered = baseline.columns[column].kind.is_ordered();
                let special =
                    matches!(component.kind, Kind::Share(c) if ordered || (cells..cells + SPECIALS).contains(&c));
                let series = series(component, &null, baseline, current, column);
                if special { shift.specials.push(series) } else { shift.values.push(series) }
            }
            shift
        })
        .collect()
}

/// Rows of each reference window whose category no other reference window has: what "unknown to the reference" looks
/// like when nothing changed (Good 1953, leaving out windows in place of rows). `None` for numbers.
fn unseen_by_window(grid: &Grid, reference: &PeriodProfile, column: usize) -> Option<Vec<u64>> {
    let Grid::Category { values } = grid else {
        return None;
    };
    let of = |w: &WindowProfile, cell: usize| w.columns.get(column).map_or(0, |c| c.count(cell));
    let several = reference.windows.iter().filter(|w| w.rows > 0).count() > 1;
    let mut rows: Vec<u64> = reference.windows.iter().map(|w| of(w, values.len())).collect();
    for cell in 0..values.len() {
        let mut holders = reference.windows.iter().enumerate().filter(|(_, w)| of(w, cell) > 0);
        if let (Some((i, w)), None) = (holders.next(), holders.next()) {
            // With one window alone, a category met once is one that might not have been met.
            let n = of(w, cell);
            if several || n == 1 {
                rows[i] += n;
            }
        }
    }
    Some(rows)
}

/// Components that wobble alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Location,
    Shape,
    Share,
}

impl Family {
    const ALL: [Family; 3] = [Family::Location, Family::Shape, Family::Share];
    /// Fewer members than this share the prior of all.
    const LEAST: usize = 4;

    fn of(component: &Component) -> Family {
        match component.kind {
            Kind::Rank(1) => Family::Location,
            Kind::Rank(_) => Family::Shape,
            Kind::Share(_) => Family::Share,
        }
    }
}

/// What a component does when nothing has changed.
struct Null<'a> {
    dispersion: Dispersion,
    lasts: f64,
    common: Common,
    /// Excess kurtosis of the wobble of a window.
    excess: f64,
    /// Of a shape, the location of the same column.
    location: Option<&'a Component>,
    season: Season,
}

/// A location that moves by `m` moves a shape by up to about so many times `m²` (a normal column's scale by 0.5): that is no change
/// of shape.
const BY_LOCATION: f64 = 0.6;

impl Null<'_> {
    /// What windows worth `windows` independent ones do, which the season puts off by `offset`.
    fn chance(&self, offset: f64, wobble: f64, windows: f64) -> Chance {
        let freedom = self.dispersion.freedom.min(self.common.freedom);
        Chance { offset, wobble, freedom, excess: self.excess, windows }
    }

    /// The mean square of the location over some windows, by their rows.
    fn square(&self, windows: &[WindowProfile], column: usize) -> f64 {
        let Some(location) = self.location else {
            return 0.0;
        };
        let of = |w: &WindowProfile| w.columns.get(column).map_or((0.0, 0.0), |c| location.mean(&c.counts));
        let (sum, rows) = windows.iter().map(of).fold((0.0, 0.0), |(sum, rows), (m, n)| (sum + n * m * m, rows + n));
        if rows > 0.0 { sum / rows } else { 0.0 }
    }
}

/// How a component varied over the reference windows; `None` where its shares are too rare to tell wobble from luck.
fn natural(component: &Component, baseline: &Baseline, column: usize, unseen: Option<&[u64]>) -> Option<Natural> {
    let other = component.kind == Kind::Share(baseline.columns[column].grid.special(Special::Other));
    let mut points = Vec::new();
    for (i, window) in baseline.reference.windows.iter().enumerate() {
        let counts = window.columns.get(column).map(|c| c.counts.as_slice()).unwrap_or(&[]);
        let (mut mean, n) = component.mean(counts);
        if let Some(rows) = unseen.filter(|_| other).and_then(|u| u.get(i)) {
            mean = *rows as f64 / n.max(1.0);
        }
        if n < 10.0 || (matches!(component.kind, Kind::Share(_)) && n * component.variance < 3.0) {
            continue;
        }
        points.push(Point { slot: window.slot.filter(|_| baseline.ordered), mean, variance: component.variance / n });
    }
    Natural::of(&points)
}

fn series(
    component: Component,
    null: &Null<'_>,
    baseline: &Baseline,
    current: &PeriodProfile,
    column: usize,
) -> Series {
    let reference = &baseline.reference;
    let (dispersion, lasts) = (null.dispersion, null.lasts);
    // Wobble as a variance of its own: what a typical reference window showed beyond its sampling error.
    let of = |w: &WindowProfile| w.columns.get(column).map_or(0.0, |c| component.mean(&c.counts).1);
    let typical_n = harmonic_mean(reference.windows.iter().map(of));
    let wobble = if typical_n > 0.0 { (dispersion.factor - 1.0) * component.variance / typical_n } else { 0.0 };
    let known = effective(reference.windows.iter().filter(|w| of(w) > 0.0).count() as f64, lasts);
    let of_window = wobble * (1.0 + 1.0 / known);

    let usual = null.square(&reference.windows, column);
    let by_location = |windows: &[WindowProfile]| (BY_LOCATION * (null.square(windows, column) - usual)).powi(2);
    let (mut means, mut rows, mut variances) = (Vec::new(), Vec::new(), Vec::new());
    let mut expected = Vec::new();
    let mut worst = (1.0f64, 0usize);
    let mut tested = 0.0f64;
    let whole = whole_windows(current);
    for (i, window) in current.windows.iter().enumerate() {
        let counts = window.columns.get(column).map(|c| c.counts.as_slice()).unwrap_or(&[]);
        let (mean, n) = component.mean(counts);
        let sampling = if n > 0.0 { sampling_variance(&component, mean, n) } else { f64::INFINITY };
        let (offset, unknown) = null.season.over(std::iter::once((window.slot, 1.0)));
        let unknown = unknown + by_location(std::slice::from_ref(window));
        means.push(if n > 0.0 { mean } else { f64::NAN });
        expected.push(component.reference_mean + offset);
        rows.push(n);
        variances.push(sampling + of_window + unknown + component.variance / component.reference_n);
        if n >= 1.0 && baseline.ordered && whole.contains(&i) {
            tested += 1.0;
            let p = p_value(&component, counts, &null.chance(offset, of_window + unknown, 1.0));
            if p < worst.0 {
                worst = (p, i);
            }
        }
    }
    let (mut deviation, mut p_overall, mut since) = (0.0, 1.0f64, 0);
    let parts = if baseline.ordered { recent_parts(current.windows.len()) } else { vec![0] };
    let mut whole = None;
    for from in &parts {
        let counts = current.counts(column, *from..current.windows.len());
        let (mean, n) = component.mean(&counts);
        if n < 1.0 {
            continue;
        }
        let seen = effective(rows.iter().skip(*from).filter(|n| **n > 0.0).count() as f64, lasts);
        let windows = current.windows.iter().zip(&rows).skip(*from);
        let (offset, unknown) = null.season.over(windows.map(|(w, n)| (w.slot, *n)));
        let unknown = unknown + by_location(current.windows.get(*from..).unwrap_or(&[]));
        let chance = null.chance(offset, wobble * (1.0 / seen + 1.0 / known) + unknown, seen);
        let p = p_value(&component, &counts, &chance);
        if *from == 0 {
            let variance = component.pooled_variance(&counts);
            whole = Some(Whole { rows: n, variance, chance, parts: parts.len() });
        }
        if *from == 0 || p < p_overall {
            (deviation, p_overall, since) = (mean - component.reference_mean - offset, p, *from);
        }
    }
    Series {
        deviation,
        component,
        means,
        rows,
        variances,
        expected,
        p_overall: (p_overall * parts.len() as f64).min(1.0),
        since,
        p_window: ((worst.0 * tested.max(1.0)).min(1.0), worst.1),
        whole,
    }
}

/// The windows that may be judged one by one: not the first or the last where it was cut short, for a part of a window
/// wobbles more than a whole one does.
#[must_use]
pub fn whole_windows(period: &PeriodProfile) -> std::ops::Range<usize> {
    let mut rows: Vec<u64> = period.windows.iter().map(|w| w.rows).filter(|n| *n > 0).collect();
    rows.sort_unstable();
    let usual = rows.get(rows.len() / 2).copied().unwrap_or(0);
    let short = |w: Option<&WindowProfile>| w.is_some_and(|w| w.rows * 2 < usual);
    let (first, end) = (usize::from(short(period.windows.first())), period.windows.len());
    first..(if short(period.windows.last()) { end - 1 } else { end }).max(first)
}

/// Where the recent parts of a period of `windows` begin: all of it, its last half, quarter and so on.
#[must_use]
pub fn recent_parts(windows: usize) -> Vec<usize> {
    let lengths = std::iter::successors(Some(windows), |n| (*n >= 4).then_some(n / 2));
    lengths.filter(|n| *n > 0 || windows == 0).map(|n| windows - n).collect()
}

/// Variance of a window mean, with the share pooled so that a share of 0 in the reference has an error too.
fn sampling_variance(component: &Component, mean: f64, n: f64) -> f64 {
    match component.kind {
        Kind::Rank(_) => component.variance / n,
        Kind::Share(_) => {
            let r = component.reference_n;
            let pooled = (component.reference_mean * r + mean * n + 0.5) / (r + n + 1.0);
            pooled * (1.0 - pooled) / n
        }
    }
}

/// Two-sided p of the mean of these counts against the reference's.
fn p_value(component: &Component, counts: &[u64], chance: &Chance) -> f64 {
    p_of_mean(component, component.mean(counts), component.pooled_variance(counts), chance)
}

/// Two-sided p of a mean of `n` rows against the reference's; `variance` is that of one row's score.
pub(super) fn p_of_mean(component: &Component, (mean, n): (f64, f64), variance: f64, chance: &Chance) -> f64 {
    let (offset, wobble) = (chance.offset, chance.wobble);
    let r = component.reference_n;
    let rank = variance * (1.0 / n + 1.0 / r);
    let z = match component.kind {
        Kind::Rank(_) => (mean - component.reference_mean - offset) / rank.sqrt(),
        Kind::Share(_) => share_z(mean * n, n, (component.reference_mean + offset).clamp(0.0, 1.0) * r, r),
    };
    let sampling = match component.kind {
        Kind::Rank(_) => rank,
        Kind::Share(_) => sampling_variance(component, mean, n) * (1.0 + n / r),
    };
    let total = sampling + wobble;
    if !(z.is_finite() && total > 0.0) {
        return if z.is_nan() { 1.0 } else { 0.0 };
    }
    let scaled = z * (sampling / total).sqrt();
    // Satterthwaite: only the wobble is uncertain, and only as far as its share of the variance. Few rows add their own.
    let share = (wobble / total).max(f64::MIN_POSITIVE);
    let freedom = (chance.freedom / share.powi(2)).min(match component.kind {
        Kind::Rank(_) => (n - 1.0).max(1.0),
        Kind::Share(_) => f64::INFINITY,
    });
    tail::student_two_sided(scaled, freedom)
        .max(heavy_two_sided(scaled, chance.excess * share.powi(2) / chance.windows))
}

/// Two-sided p of a standardised deviation whose law has this excess kurtosis: Student's law of the same variance and kurtosis,
/// `6 / (f - 4)`; where single windows go far off it does as they do, and means of many windows less so.
#[must_use]
pub(super) fn heavy_two_sided(deviation: f64, excess: f64) -> f64 {
    if excess < 0.01 {
        return 0.0;
    }
    let law = 4.0 + 6.0 / excess;
    tail::student_two_sided(deviation * (law / (law - 2.0)).sqrt(), law)
}

/// The deviation that [`heavy_two_sided`] gives this p; 0 where it gives none.
#[must_use]
pub(super) fn heavy_two_sided_isf(p: f64, excess: f64) -> f64 {
    if excess < 0.01 {
        return 0.0;
    }
    let law = 4.0 + 6.0 / excess;
    tail::student_two_sided_isf(p, law) / (law / (law - 2.0)).sqrt()
}

/// A z-score for `x` of `n` against `y` of `m`: exact conditional binomial where counts are small, else normal.
fn share_z(x: f64, n: f64, y: f64, m: f64) -> f64 {
    let (total, rate) = (x + y, n / (n + m));
    if total < 0.5 || total > n + m - 0.5 {
        return 0.0;
    }
    let expected = total * rate;
    let pooled = total / (n + m);
    if expected.min(total - expected) > 30.0 && expected.min(n - expected) > 30.0 {
        return (x / n - y / m) / (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    }
    let (k, all) = (x.round() as u64, total.round() as u64);
    if x >= expected {
        let at_least = k.checked_sub(1).map_or(1.0, |below| tail::binomial_sf(below, all, rate));
        tail::normal_isf(at_least.clamp(1e-300, 0.5))
    } else {
        -tail::normal_isf(tail::binomial_cdf(k, all, rate).clamp(1e-300, 0.5))
    }
}

fn harmonic_mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut n, mut sum) = (0.0, 0.0);
    for v in values.filter(|v| *v > 0.0) {
        n += 1.0;
        sum += 1.0 / v;
    }
    if n > 0.0 { n / sum } else { 0.0 }
}
