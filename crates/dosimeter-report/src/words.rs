//! What a diagnosis says, in words that every output shares.
//!
//! The answers to the seven questions are worked out here once, so that the terminal, the page and the comment on a
//! pull request cannot disagree. Text from data goes out raw; each output escapes it.

use std::collections::BTreeSet;

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{
    Basis, Column, Detail, Diagnosis, Evidence, Finding, Impact, Interval, Number, Onset, OnsetBound, Severity, Verdict,
};

use crate::date::Zone;
use crate::{change, date, number};

/// An id as words: `schema_change` becomes `Schema change`.
pub(crate) fn words(id: &str) -> String {
    words_first(&id.replace('_', " "))
}

/// A sentence with a capital.
pub(crate) fn words_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The mode and its kind: `Schema change · unit changed`.
pub(crate) fn mode_title(finding: &Finding) -> String {
    let mode = words(finding.mode.id());
    match &finding.kind {
        Some(kind) => format!("{mode} · {}", kind.replace('_', " ")),
        None => mode,
    }
}

/// The sign that stands beside a verdict's word, so that colour never stands alone.
pub(crate) fn verdict_sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "✓",
        Verdict::Decaying => "✗",
        Verdict::Blind => "?",
    }
}

/// The sign that stands beside a severity's word.
pub(crate) fn severity_sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Harmful => "✗",
        Severity::Watch => "!",
        Severity::Harmless => "·",
    }
}

/// A finite number, or nothing.
pub(crate) fn known(number: Option<Number>) -> Option<f64> {
    number.map(|n| n.0).filter(|v| v.is_finite())
}

/// A finite interval, or nothing.
pub(crate) fn known_interval(interval: Option<Interval>) -> Option<(f64, f64)> {
    let [low, high] = interval?;
    (low.0.is_finite() && high.0.is_finite()).then_some((low.0, high.0))
}

/// The summary with a true arrow, and with its date as all others are written.
pub(crate) fn summary(d: &Diagnosis) -> String {
    let mut text = d.summary.replace(" -> ", " → ");
    for at in d.findings.iter().filter_map(|f| f.onset.as_ref()?.at) {
        let raw = format!(" since {}", at.to_date_string());
        text = text.replace(&raw, &format!(" since {}", date::day(at, &Zone::of(d))));
    }
    text
}

/// The onset of the whole decay: that of the metric's loss, else of the first harmful finding that has one.
pub(crate) fn onset(d: &Diagnosis) -> Option<&Onset> {
    let harmful = || d.findings.iter().filter(|f| f.severity == Severity::Harmful);
    harmful()
        .filter(|f| f.mode == Mode::PerformanceLoss)
        .chain(harmful())
        .filter_map(|f| f.onset.as_ref())
        .find(|onset| since(d, onset).is_some())
}

/// `4 Jul 2016`, `row 41,210` or `window 5`.
pub(crate) fn since(d: &Diagnosis, onset: &Onset) -> Option<String> {
    match (onset.at, onset.row, onset.window) {
        (Some(at), _, _) => Some(date::day(at, &Zone::of(d))),
        (None, Some(row), _) => Some(format!("row {}", number::count(row))),
        (None, None, Some(window)) => Some(format!("window {}", number::count((window as u64).saturating_add(1)))),
        (None, None, None) => None,
    }
}

/// The onset's interval, `between 6 Jun and 1 Aug 2016`; nothing where both ends are the same.
pub(crate) fn since_interval(d: &Diagnosis, onset: &Onset) -> Option<String> {
    match onset.interval? {
        [OnsetBound::Time(low), OnsetBound::Time(high)] if low != high => Some(date::between(low, high, &Zone::of(d))),
        [OnsetBound::Row(low), OnsetBound::Row(high)] if low != high => {
            Some(format!("between rows {} and {}", number::count(low), number::count(high)))
        }
        _ => None,
    }
}

/// Since when, with its interval.
pub(crate) fn since_when(d: &Diagnosis, onset: &Onset) -> Option<String> {
    let at = since(d, onset)?;
    Some(match since_interval(d, onset) {
        Some(interval) => format!("{at} ({interval})"),
        None => at,
    })
}

/// Where a steady decline leads, in one sentence.
pub(crate) fn forecast(d: &Diagnosis) -> Option<&str> {
    d.forecast.as_ref().map(|f| f.note.as_str())
}

/// How much of the time since the onset is concerned: `last 60 of 75 windows`, `in 7 of 13 windows`.
pub(crate) fn windows_since(d: &Diagnosis, finding: &Finding) -> Option<String> {
    let from = finding.onset.as_ref()?.window.filter(|from| *from < d.windows.len())?;
    let (all, since) = (d.windows.len(), d.windows.len() - from);
    let rows = |skip: usize| d.windows.iter().skip(skip).map(|w| w.rows as f64).sum::<f64>();
    let last = if since == all { format!("all {all} windows") } else { format!("last {since} of {all} windows") };
    // The share is one of all rows; it is less than that of the rows since where the metric was well again in between.
    let part = known(finding.share).map_or(1.0, |share| share * rows(0) / rows(from).max(1.0));
    if !part.is_finite() || part > 0.99 {
        return Some(last);
    }
    let (least, most) = d.windows.iter().skip(from).fold((u64::MAX, 0), |(l, m), w| (l.min(w.rows), m.max(w.rows)));
    Some(if least as f64 > 0.9 * most as f64 {
        format!("in {} of {since} windows", number::fixed((part * since as f64).round(), 0))
    } else {
        format!("in {} of the rows since", number::percent(part))
    })
}

/// `−0.10 accuracy, −0.12 to −0.08, measured against labels`.
pub(crate) fn cost(d: &Diagnosis, impact: &Impact) -> Option<String> {
    if !impact.change.0.is_finite() {
        return None;
    }
    let mut text = format!("{} {}", number::change(impact.change.0), impact.metric);
    if let Some((low, high)) = known_interval(impact.interval) {
        text.push_str(&format!(" (95\u{a0}% {})", number::change_interval(low, high)));
    }
    if matches!(impact.basis, Basis::Estimate | Basis::Mixed) {
        text.push_str(", ");
        text.push_str(change::basis(d, impact.basis).split(':').next().unwrap_or_default());
    }
    Some(text)
}

/// One statistic against its null: `jensen_shannon 0.41 (threshold 0.05, p 1e-12, window 5)`.
pub(crate) fn evidence(e: &Evidence) -> String {
    let mut text = format!("{} {}", e.statistic, number::plain(e.value.0));
    let mut notes = Vec::new();
    if let Some(threshold) = known(e.threshold) {
        notes.push(format!("threshold {}", number::plain(threshold)));
    }
    if let Some(p) = known(e.p_value) {
        notes.push(format!("p {}", number::p_value(p)));
    }
    if let Some(effect) = known(e.effect).filter(|effect| *effect != e.value.0) {
        notes.push(format!("effect {}", number::plain(effect)));
    }
    if let Some(window) = e.window {
        notes.push(format!("window {}", window.saturating_add(1)));
    }
    if !notes.is_empty() {
        text.push_str(&format!(" ({})", notes.join(", ")));
    }
    text
}

/// The one statistic that says most: the smallest p-value, else the largest excess over its threshold.
pub(crate) fn strongest(evidence: &[Evidence]) -> Option<&Evidence> {
    let rank = |e: &Evidence| -> (f64, f64) {
        let excess = match known(e.threshold) {
            Some(threshold) if threshold > 0.0 && e.value.0.is_finite() => e.value.0 / threshold,
            _ => 0.0,
        };
        (known(e.p_value).unwrap_or(1.0), -excess)
    };
    evidence.iter().min_by(|a, b| {
        let (a, b) = (rank(a), rank(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    })
}

/// The findings of one severity.
pub(crate) fn of(d: &Diagnosis, severity: Severity) -> impl Iterator<Item = &Finding> {
    d.findings.iter().filter(move |f| f.severity == severity)
}

/// What to look at, worst first: the harmful and the watched. The metric's loss itself is no place, so it is left out
/// where anything else harmful is found.
pub(crate) fn causes(d: &Diagnosis) -> Vec<&Finding> {
    let whole =
        |f: &Finding| f.mode == Mode::PerformanceLoss && f.subject.columns.is_empty() && f.subject.segment.is_none();
    // A later fall has a date of its own, which nothing else tells.
    let whole = |f: &Finding| whole(f) && f.kind.as_deref() != Some("metric_fell_again");
    let another = of(d, Severity::Harmful).any(|f| !whole(f));
    of(d, Severity::Harmful).chain(of(d, Severity::Watch)).filter(|f| !(another && whole(f))).collect()
}

/// The columns that moved or that a finding names, and whether that is so of a column: the one place that counts them.
pub(crate) struct Moved<'d>(BTreeSet<&'d str>);

impl<'d> Moved<'d> {
    pub(crate) fn of(d: &'d Diagnosis) -> Self {
        let named = d.findings.iter().flat_map(|f| &f.subject.columns);
        let drifted = d.columns.iter().filter(|c| c.drifted).map(|c| &c.name);
        Moved(named.chain(drifted).map(String::as_str).collect())
    }

    pub(crate) fn has(&self, column: &Column) -> bool {
        self.0.contains(column.name.as_str())
    }

    pub(crate) fn count(&self, d: &Diagnosis) -> usize {
        d.columns.iter().filter(|c| self.has(c)).count()
    }
}

/// All columns, those that moved first, else in the diagnosis' order.
pub(crate) fn columns(d: &Diagnosis) -> Vec<&Column> {
    let all = Moved::of(d);
    let (mut moved, rest): (Vec<&Column>, Vec<&Column>) = d.columns.iter().partition(|c| all.has(c));
    moved.extend(rest);
    moved
}

/// `12 columns moved without harm`: all harmless findings in one line.
pub(crate) fn harmless(d: &Diagnosis) -> Option<String> {
    let findings: Vec<&Finding> = of(d, Severity::Harmless).collect();
    let mut columns: Vec<&str> = findings.iter().flat_map(|f| f.subject.columns.iter().map(String::as_str)).collect();
    // A column that something louder names did not move without harm.
    let louder = |c: &str| {
        d.findings.iter().any(|f| f.severity != Severity::Harmless && f.subject.columns.iter().any(|name| name == c))
    };
    columns.retain(|c| !louder(c));
    columns.sort_unstable();
    columns.dedup();
    match (findings.len(), columns.len()) {
        (0, _) => None,
        (n, 0) => Some(format!("{} without harm", number::counted(n, "change"))),
        (_, n) => Some(format!("{} moved without harm", number::counted(n, "column"))),
    }
}

/// The length of a window in words: `4w` is `4 weeks`; what is not of that form stays as it is.
pub(crate) fn window(d: &Diagnosis) -> String {
    let raw = d.inputs.window.as_str();
    if let Some((span, zone)) = raw.strip_suffix(')').and_then(|w| w.rsplit_once(" (")) {
        return format!("{} ({zone})", length(span));
    }
    length(raw)
}

fn length(raw: &str) -> String {
    let split = raw.find(|c: char| !c.is_ascii_digit()).unwrap_or(raw.len());
    let (digits, unit) = raw.split_at(split);
    let unit = match unit {
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        _ => return raw.to_owned(),
    };
    match digits.parse::<usize>() {
        Ok(n) => number::counted(n, unit),
        Err(_) => raw.to_owned(),
    }
}

/// The alarm budget in words.
pub(crate) fn budget(d: &Diagnosis) -> String {
    let per = match d.budget.per.as_str() {
        "run" => "run".to_owned(),
        per => match per.strip_suffix('d') {
            Some(days) => format!("{days} days"),
            None => per.to_owned(),
        },
    };
    let alarms = known(Some(d.budget.false_alarms)).map_or(number::UNKNOWN.to_owned(), number::plain);
    let plural = if alarms == "1" { "" } else { "s" };
    let every = known(d.budget.every_days)
        .map_or(String::new(), |days| format!(", which is run every {} days", number::plain(days)));
    let tolerated = format!("{alarms} false alarm{plural} tolerated per {per}{every}");
    // Two checks a column, its format and its distribution, and two of the metric: the metric itself and calibration.
    let columns = d.budget.checks.saturating_sub(2) / 2;
    let run = d.budget.alpha_per_check.0 * d.budget.checks as f64;
    if columns == 0 || !run.is_finite() {
        return tolerated;
    }
    let each = |share: f64, parts: f64| number::p_value(run * share / parts);
    let n = columns as f64;
    format!(
        "{tolerated}: 40\u{a0}% of that for the metric and calibration (α {} each), 20\u{a0}% for the format of {} (α {} each), \
         40\u{a0}% for their distributions (α {} each)",
        each(0.4, 2.0),
        number::counted(columns as usize, "column"),
        each(0.2, n),
        each(0.4, n)
    )
}

/// What to do, first things first: the steps of harmful findings, or that of the first to watch where none is harmful.
///
/// The fall of the metric is the sum of its causes, so theirs are the steps where there are any; a score is not recalibrated
/// while its inputs arrive broken.
pub(crate) fn steps(d: &Diagnosis) -> Vec<&str> {
    let harmful: Vec<&Finding> = of(d, Severity::Harmful).collect();
    let broken = harmful.iter().any(|f| f.mode == Mode::SchemaChange);
    let cause = |f: &&Finding| !(f.mode == Mode::PerformanceLoss || broken && f.mode == Mode::CalibrationLoss);
    let mut told: Vec<&Finding> =
        harmful.iter().copied().filter(|f| cause(f) && !f.next_step.trim().is_empty()).collect();
    if told.is_empty() {
        told = harmful;
    }
    if told.is_empty() {
        told = of(d, Severity::Watch).filter(|f| !f.next_step.trim().is_empty()).take(1).collect();
    }
    let mut steps: Vec<&str> = Vec::new();
    for step in told.iter().map(|f| f.next_step.trim()) {
        if !step.is_empty() && !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

/// Whether a mode was looked for, so that nothing found means something; else why not.
pub(crate) fn looked_for(d: &Diagnosis, mode: Mode) -> Result<(), String> {
    let labelled = matches!(d.metric.basis, Basis::Labels | Basis::Mixed);
    match mode {
        _ if mode.entry().detected_by.is_none() => Err("not detected yet".to_owned()),
        _ if d.verdict == Verdict::Blind => Err("too little evidence to say".to_owned()),
        Mode::ConceptDrift | Mode::CalibrationLoss if !labelled => Err(change::unlabelled(d)),
        Mode::PerformanceLoss if d.metric.basis == Basis::None => Err(change::unmeasured(d)),
        _ => Ok(()),
    }
}

/// What a metric is called beside others: one estimator, one name.
pub(crate) fn metric_name(id: &str) -> &str {
    // The calibration finding gives the debiased error.
    if id == "ece" { "ece (not debiased)" } else { id }
}

/// A warning for one line; the guess of roles without what the command line says at length.
pub(crate) fn brief_warning(warning: &str) -> String {
    let Some(guesses) = warning.strip_prefix("roles guessed from names: ").and_then(|rest| rest.split(';').next())
    else {
        return warning.to_owned();
    };
    let pairs = guesses.split(", ").map(|pair| match pair.split_once(" = ") {
        Some((role, name)) if role == name => role,
        _ => pair,
    });
    let flag = guesses.rsplit(", ").next().and_then(|pair| pair.split_once(" = ")).map_or("label", |(role, _)| role);
    format!("roles guessed (--{flag} overrides): {}", pairs.collect::<Vec<_>>().join(", "))
}

/// Labels that have not come, were given twice or belong to nothing.
pub(crate) fn labels(d: &Diagnosis) -> Option<String> {
    let labels = d.inputs.labels.as_ref()?;
    let mut parts = vec![format!("{} predictions matched", number::count(labels.matched))];
    for (n, what) in [
        (labels.missing, "still without a label"),
        (labels.duplicated, "labels given more than once (the last counts)"),
        (labels.unknown, "labels of no known prediction"),
    ] {
        if n > 0 {
            parts.push(format!("{} {what}", number::count(n)));
        }
    }
    Some(parts.join("; "))
}

/// The parts of the metric's change by id, title and value, in the order in which they are told.
pub(crate) fn parts(d: &Diagnosis) -> Vec<(&'static str, &'static str, f64)> {
    let Some(parts) = &d.decomposition else {
        return Vec::new();
    };
    [
        ("schema", "Format changed upstream", parts.schema),
        ("inputs_common", "Inputs moved to harder regions", parts.inputs_common),
        ("inputs_unseen", "Inputs never seen before", parts.inputs_unseen),
        ("concept", "The same inputs mean something else", parts.concept),
        ("unexplained", "Unexplained", parts.unexplained),
    ]
    .into_iter()
    .filter(|(_, _, value)| value.0.is_finite())
    .map(|(id, title, value)| (id, title, value.0))
    .collect()
}

/// What the parts are parts of: they are measured since the onset and stated of the whole period.
pub(crate) fn parts_title(d: &Diagnosis) -> &'static str {
    if change::Change::of(d).is_some_and(|c| c.is_since()) {
        "Where the whole period's change comes from"
    } else {
        "Where the change comes from"
    }
}

/// The other metrics' title: they have no onset of their own.
pub(crate) fn others_title(d: &Diagnosis) -> &'static str {
    if change::Change::of(d).is_some_and(|c| c.is_since()) {
        "Other metrics, over the whole period"
    } else {
        "Other metrics"
    }
}

/// The column a finding is mostly about, where it has a picture.
pub(crate) fn pictured<'d>(d: &'d Diagnosis, finding: &Finding) -> Option<&'d Column> {
    let name = finding.subject.columns.first()?;
    d.columns.iter().find(|c| &c.name == name && c.picture.is_some())
}

/// `hotel = City, deposit = None`.
pub(crate) fn segment(finding: &Finding) -> Option<String> {
    let segment = finding.subject.segment.as_ref()?;
    let parts: Vec<String> = segment.iter().map(|(column, value)| format!("{column} = {value}")).collect();
    Some(parts.join(", "))
}

/// A segment in which the model lost.
pub(crate) struct Segment {
    pub(crate) place: String,
    pub(crate) share: String,
    pub(crate) loss: String,
    pub(crate) part: String,
}

impl Segment {
    pub(crate) fn text(&self) -> String {
        format!("{}: {} of the rows, mean loss {}, which adds {}", self.place, self.share, self.loss, self.part)
    }
}

/// The segments in a finding's detail, worst first.
pub(crate) fn segments(finding: &Finding) -> Vec<Segment> {
    let Some(Detail::List(list)) = finding.detail.get("segments") else {
        return Vec::new();
    };
    let maps = list.iter().filter_map(|item| if let Detail::Map(map) = item { Some(map) } else { None });
    let of = |map: &std::collections::BTreeMap<String, Detail>| {
        let text = |key: &str| map.get(key).map_or(number::UNKNOWN.to_owned(), detail);
        let value = |key: &str| match map.get(key) {
            Some(Detail::Number(n)) => known(Some(*n)),
            _ => None,
        };
        let figure = |key: &str| value(key).map_or(number::UNKNOWN.to_owned(), number::metric);
        Segment {
            place: match map.get("segment") {
                Some(Detail::Map(columns)) => {
                    columns.iter().map(|(c, v)| format!("{c} = {}", detail(v))).collect::<Vec<_>>().join(", ")
                }
                _ => format!("{} = {}", text("column"), text("value")),
            },
            share: value("share").map_or(number::UNKNOWN.to_owned(), number::percent),
            loss: format!("{} → {}", figure("loss_reference"), figure("loss_current")),
            part: figure("contribution"),
        }
    };
    maps.take(20).map(of).collect()
}

/// A detail as one line: numbers short, lists and maps in words.
pub(crate) fn detail(value: &Detail) -> String {
    let text = match value {
        Detail::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Detail::Number(n) => number::plain(n.0),
        Detail::Text(text) => text.clone(),
        Detail::List(items) => items.iter().take(12).map(detail).collect::<Vec<_>>().join(", "),
        Detail::Map(map)
            if map.len() == 3 && ["value", "reference", "current"].iter().all(|key| map.contains_key(*key)) =>
        {
            let part = |key: &str| map.get(key).map_or(String::new(), detail);
            format!("{} {} → {}", part("value"), part("reference"), part("current"))
        }
        Detail::Map(map) => {
            let pairs: Vec<String> = map.iter().take(12).map(|(k, v)| format!("{k} {}", detail(v))).collect();
            pairs.join(", ")
        }
    };
    if text.is_empty() { number::UNKNOWN.to_owned() } else { text }
}

/// The smallest movements of a column that would have been noticed, in words.
pub(crate) fn column_power(column: &Column) -> Option<String> {
    let power = column.power.as_ref()?;
    let mut parts = Vec::new();
    if let Some(d) = known(power.rank_location) {
        parts.push(format!("a shift by {} standard deviations of the rank", number::plain(d)));
    }
    if let (Some(d), Some(of)) = (known(power.share), &power.share_of) {
        parts.push(format!("{} more {}", points(d), crate::escape::clip(of, 30)));
    }
    if let Some(d) = known(power.nulls) {
        parts.push(format!("{} more nulls", points(d)));
    }
    (!parts.is_empty()).then(|| format!("would have noticed {}", parts.join(", ")))
}

/// A difference of shares in points of a percent.
fn points(share: f64) -> String {
    format!("{} points", number::plain(share * 100.0))
}
