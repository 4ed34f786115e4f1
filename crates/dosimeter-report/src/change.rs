//! The change of the metric that a verdict speaks of, in figures that agree with each other.
//!
//! Where the metric fell, that is the fall since its onset: so are the findings' prices. The whole period, which dilutes it
//! with the healthy time before, is named beside it as what it is. Otherwise it is the whole period's change.

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{Basis, Diagnosis, Finding, Severity, Verdict};

use crate::{number, words};

/// Labels that a measurement needs, as the diagnosis has it.
const FEW_LABELS: u64 = 30;

/// The harmful finding that the metric itself fell.
pub(crate) fn fall(d: &Diagnosis) -> Option<&Finding> {
    words::of(d, Severity::Harmful)
        .find(|f| f.mode == Mode::PerformanceLoss && f.impact.as_ref().is_some_and(|i| i.change.0.is_finite()))
}

/// From what to what, and how that was rounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    reference: f64,
    current: f64,
    change: f64,
    interval: Option<(f64, f64)>,
    /// The metric over the whole period, where the change is one since an onset within it.
    whole: Option<f64>,
    decimals: usize,
    closes: bool,
}

impl Change {
    pub(crate) fn of(d: &Diagnosis) -> Option<Change> {
        let (reference, whole) = (words::known(d.metric.reference)?, words::known(d.metric.current)?);
        let change = words::known(d.metric.change)?;
        let since = fall(d).and_then(|f| f.impact.as_ref()).filter(|i| Some(&i.metric) == d.metric.name.as_ref());
        let (change, interval, whole, current) = match since {
            Some(i) if (i.change.0 - change).abs() > 1e-9 * change.abs() => {
                (i.change.0, words::known_interval(i.interval), Some(whole), reference + i.change.0)
            }
            _ => (change, words::known_interval(d.metric.interval), None, whole),
        };
        let fewest = number::metric_decimals(reference).min(number::metric_decimals(current));
        // One digit more where the rounded values would not differ by the rounded change.
        let closing = [fewest, fewest + 1].into_iter().find(|n| closes(reference, current, change, *n));
        let (decimals, closes) = closing.map_or((fewest, false), |n| (n, true));
        Some(Change { reference, current, change, interval, whole, decimals, closes })
    }

    /// Whether it is one since an onset within the period.
    pub(crate) fn is_since(&self) -> bool {
        self.whole.is_some()
    }

    fn figure(&self, v: f64) -> String {
        number::fixed(v, self.decimals)
    }

    fn difference(&self, to: f64) -> String {
        number::signed(rounded(to, self.decimals) - rounded(self.reference, self.decimals), self.decimals)
    }

    /// The change itself: `−0.153`.
    pub(crate) fn amount(&self) -> String {
        if self.closes { number::signed(self.change, self.decimals) } else { self.difference(self.current) }
    }

    /// Its 95 % interval: `−0.161 to −0.145`.
    pub(crate) fn interval(&self) -> Option<String> {
        self.interval.map(|(low, high)| number::change_interval(low, high))
    }
}

fn rounded(v: f64, decimals: usize) -> f64 {
    format!("{v:.decimals$}").parse().unwrap_or(v)
}

fn closes(from: f64, to: f64, change: f64, decimals: usize) -> bool {
    let off = rounded(to, decimals) - rounded(from, decimals) - rounded(change, decimals);
    off.abs() < 0.5 * 10f64.powi(-(decimals as i32))
}

/// `accuracy 0.839 → 0.686`, where all three are known.
pub(crate) fn moved(d: &Diagnosis) -> Option<String> {
    let (name, c) = (d.metric.name.as_ref()?, Change::of(d)?);
    Some(format!("{name} {} → {}", c.figure(c.reference), c.figure(c.current)))
}

/// [`moved`] with the period that it speaks of: `accuracy 0.867 → 0.759 since 11 Jul 2016; 0.774 over the whole period`.
pub(crate) fn moved_when(d: &Diagnosis) -> Option<String> {
    let (text, c) = (moved(d)?, Change::of(d)?);
    let Some(whole) = c.whole else {
        return Some(text);
    };
    let since = words::onset(d).and_then(|o| words::since(d, o)).map_or(String::new(), |at| format!(" since {at}"));
    Some(format!("{text}{since}; {} over the whole period", c.figure(whole)))
}

/// What a worsening of the metric is called.
pub(crate) fn way(d: &Diagnosis) -> &'static str {
    if d.metric.higher_is_better { "loss" } else { "rise" }
}

/// What the change is called: nothing is bad about a healthy model's.
pub(crate) fn question(d: &Diagnosis) -> &'static str {
    if d.verdict == Verdict::Decaying { "How bad" } else { "Change" }
}

/// How the change compares with what is tolerated.
pub(crate) fn against_tolerance(d: &Diagnosis) -> Option<String> {
    let c = Change::of(d)?;
    let tolerance = words::known(d.metric.tolerance).filter(|t| *t > 0.0)?;
    let loss = if d.metric.higher_is_better { -c.change } else { c.change };
    let (way, allowed) = (way(d), number::least(tolerance, c.decimals));
    let sure = c.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
    Some(if loss > tolerance {
        let chance = if sure || d.verdict == Verdict::Decaying { "" } else { ", which may be chance" };
        format!("{} times the tolerated {way} of {allowed}{chance}", number::fixed(loss / tolerance, 1))
    } else if loss > 0.0 {
        format!("within the tolerated {way} of {allowed}")
    } else if sure {
        format!("better than before (a {way} of {allowed} is tolerated)")
    } else {
        format!("no worse than before (a {way} of {allowed} is tolerated)")
    })
}

/// The change, against what is tolerated, and over which period: `−0.109 since then, 8.1 times the tolerated loss of 0.013;
/// −0.094 over the whole period`.
pub(crate) fn how_bad(d: &Diagnosis) -> Option<String> {
    let c = Change::of(d)?;
    let since = if c.is_since() { " since then" } else { "" };
    let mut text = format!("{}{since}", c.amount());
    text.extend(against_tolerance(d).map(|t| format!(", {t}")));
    text.extend(c.whole.map(|whole| format!("; {} over the whole period", c.difference(whole))));
    Some(text)
}

/// [`how_bad`] in one line of a terminal.
pub(crate) fn how_bad_short(d: &Diagnosis) -> Option<String> {
    Some(how_bad(d)?.replacen(" since then", "", 1).replace(" over the whole period", " over all"))
}

/// Rows, and those of them that are labelled, in the windows that the change speaks of.
fn covered(d: &Diagnosis) -> (u64, u64) {
    let from = Change::of(d).filter(Change::is_since).and_then(|_| fall(d)?.onset.as_ref()?.window).unwrap_or(0);
    let sum = |of: fn(&dosimeter_core::diagnosis::Window) -> u64| {
        d.windows.iter().skip(from).map(of).fold(0, u64::saturating_add)
    };
    (sum(|w| w.rows), sum(|w| w.labelled))
}

/// Current rows with a label.
fn labelled(d: &Diagnosis) -> u64 {
    d.windows.iter().map(|w| w.labelled).fold(0, u64::saturating_add)
}

/// What a number about the metric rests on.
pub(crate) fn basis(d: &Diagnosis, basis: Basis) -> String {
    match (basis, labelled(d)) {
        (Basis::Labels, _) => "measured against labels".to_owned(),
        (Basis::Estimate, 1..FEW_LABELS) => {
            let n = number::counted(labelled(d) as usize, "labelled row");
            format!("estimated from scores, as there are only {n}: blind to concept drift")
        }
        (Basis::Estimate, _) => "estimated from scores, without labels: blind to concept drift".to_owned(),
        (Basis::Mixed, _) => "measured where labels have come, estimated elsewhere".to_owned(),
        (Basis::None, _) => format!("not measured: {}", unmeasured(d)),
    }
}

/// Why there is neither a measurement nor an estimate.
pub(crate) fn unmeasured(d: &Diagnosis) -> String {
    let reference = d.reference_windows.iter().map(|w| w.labelled).fold(0, u64::saturating_add);
    match labelled(d) {
        _ if reference == 0 => "the reference has no labels".to_owned(),
        0 if d.inputs.roles.contains_key("score") => "no labels, and the scores cannot stand in for them".to_owned(),
        0 => "neither labels nor scores in the current data".to_owned(),
        n @ 1..FEW_LABELS => {
            let rows = number::counted(n as usize, "labelled row");
            format!("only {rows} in the current data, at least {FEW_LABELS} are needed")
        }
        _ => "the labelled rows do not give the metric".to_owned(),
    }
}

/// What a run lacks that saw too little.
pub(crate) fn remedy(d: &Diagnosis) -> &'static str {
    if d.metric.basis == Basis::None && d.reference_windows.iter().all(|w| w.labelled == 0) {
        "Give the reference labels and predictions: what it does not measure cannot fall."
    } else {
        "Give more labelled rows or a longer period: this run cannot tell well from ill."
    }
}

/// Why what only labels show cannot be seen.
pub(crate) fn unlabelled(d: &Diagnosis) -> String {
    match labelled(d) {
        n @ 1..FEW_LABELS => format!("cannot be seen with only {}", number::counted(n as usize, "labelled row")),
        _ => "cannot be seen without labels".to_owned(),
    }
}

/// What it rests on, with how much of it there is.
pub(crate) fn rests_on(d: &Diagnosis) -> String {
    let (rows, labelled) = covered(d);
    if !matches!(d.metric.basis, Basis::Labels | Basis::Mixed) || labelled == 0 {
        return basis(d, d.metric.basis);
    }
    let share = match number::percent(labelled as f64 / rows.max(1) as f64) {
        all if labelled >= rows => all.replace("100\u{a0}%", "all rows"),
        part => format!("{part} of rows"),
    };
    let elsewhere = if d.metric.basis == Basis::Mixed { ", estimated elsewhere" } else { "" };
    format!("measured on {} labels ({share}){elsewhere}", number::count(labelled))
}

/// The interval of the change and what it rests on.
pub(crate) fn how_sure(d: &Diagnosis) -> String {
    let interval = match Change::of(d) {
        Some(c) => c.interval(),
        None => words::known_interval(d.metric.interval).map(|(l, h)| number::change_interval(l, h)),
    };
    let interval = interval.map(|text| format!("95\u{a0}% interval {text}"));
    interval.into_iter().chain([rests_on(d)]).collect::<Vec<_>>().join("; ")
}

/// [`how_sure`] in one line of a terminal.
pub(crate) fn how_sure_short(d: &Diagnosis) -> String {
    how_sure(d).replace("; measured on ", ", from ")
}

/// What silence is worth.
pub(crate) fn power(d: &Diagnosis) -> Option<String> {
    let smallest = words::known(d.power.metric_change)?;
    let name = d.metric.name.as_deref().unwrap_or("the metric");
    Some(format!("a {} of {name} {} ({} rows)", way(d), noticed(smallest), number::count(d.power.rows)))
}

/// [`power`] without what the other lines of a first screen say.
pub(crate) fn power_short(d: &Diagnosis) -> Option<String> {
    Some(format!("a {} {}", way(d), noticed(words::known(d.power.metric_change)?)))
}

/// The same where a run sees too little.
pub(crate) fn unseen(d: &Diagnosis) -> Option<String> {
    let smallest = number::least(words::known(d.power.metric_change)?.abs(), 3);
    Some(format!("a {} below {smallest} would often go unseen", way(d)))
}

fn noticed(smallest: f64) -> String {
    format!("of {} or more would have been noticed 4 times in 5", number::least(smallest.abs(), 3))
}
