//! What a diagnosis says, in words that every output shares.
//!
//! The answers to the seven questions are worked out here once, so that the terminal, the page and the comment on a
//! pull request cannot disagree. Text from data goes out raw; each output escapes it.

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{
    Basis, Column, Diagnosis, Evidence, Finding, Impact, Interval, Number, Onset, OnsetBound, Severity, Verdict,
};

use crate::{date, number};

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

/// The summary with a true arrow.
pub(crate) fn summary(d: &Diagnosis) -> String {
    d.summary.replace(" -> ", " → ")
}

/// `accuracy 0.839 → 0.686`, where all three are known.
pub(crate) fn metric_moved(d: &Diagnosis) -> Option<String> {
    let name = d.metric.name.as_ref()?;
    let reference = known(d.metric.reference)?;
    let current = known(d.metric.current)?;
    Some(format!("{} {} → {}", name, number::metric(reference), number::metric(current)))
}

/// What the change is called: nothing is bad about a healthy model's.
pub(crate) fn change_question(d: &Diagnosis) -> &'static str {
    if d.verdict == Verdict::Decaying { "How bad" } else { "Change" }
}

/// How the change compares with what is tolerated.
pub(crate) fn how_bad(d: &Diagnosis) -> Option<String> {
    let change = known(d.metric.change)?;
    let mut text = number::change(change);
    if let Some(tolerance) = known(d.metric.tolerance).filter(|t| *t > 0.0) {
        let loss = if d.metric.higher_is_better { -change } else { change };
        let allowed = number::metric(tolerance);
        if loss > tolerance {
            let times = number::fixed(loss / tolerance, 1);
            text.push_str(&format!(", {times} times the tolerated loss of {allowed}"));
        } else if loss < -tolerance / 10.0 {
            text.push_str(&format!(", better than before (a loss of {allowed} is tolerated)"));
        } else {
            text.push_str(&format!(", within the tolerated loss of {allowed}"));
        }
    }
    Some(text)
}

/// What the number rests on.
pub(crate) fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Labels => "measured against labels",
        Basis::Estimate => "estimated from scores, without labels: blind to concept drift",
        Basis::Mixed => "measured where labels have come, estimated elsewhere",
        Basis::None => "not measured: neither labels nor scores",
    }
}

/// The interval of the change and what it rests on.
pub(crate) fn how_sure(d: &Diagnosis) -> String {
    let mut parts = Vec::new();
    if let Some((low, high)) = known_interval(d.metric.interval) {
        parts.push(format!("95\u{a0}% interval {}", number::change_interval(low, high)));
    }
    let rows: u64 = d.windows.iter().map(|w| w.rows).fold(0, u64::saturating_add);
    let labelled: u64 = d.windows.iter().map(|w| w.labelled).fold(0, u64::saturating_add);
    if matches!(d.metric.basis, Basis::Labels | Basis::Mixed) && labelled > 0 {
        let covered = number::percent(labelled as f64 / rows.max(1) as f64);
        let labels = number::count(labelled);
        let basis = match d.metric.basis {
            Basis::Mixed => {
                format!("measured on {labels} labels ({covered} of rows), estimated elsewhere")
            }
            _ => format!("measured on {labels} labels ({covered} of rows)"),
        };
        parts.push(basis);
    } else {
        parts.push(basis(d.metric.basis).to_owned());
    }
    parts.join("; ")
}

/// The onset of the whole decay: that of the metric's loss, else of the first harmful finding that has one.
pub(crate) fn onset(d: &Diagnosis) -> Option<&Onset> {
    let harmful = || d.findings.iter().filter(|f| f.severity == Severity::Harmful);
    harmful()
        .filter(|f| f.mode == Mode::PerformanceLoss)
        .chain(harmful())
        .filter_map(|f| f.onset.as_ref())
        .find(|onset| since(onset).is_some())
}

/// `4 Jul 2016`, `row 41,210` or `window 5`.
pub(crate) fn since(onset: &Onset) -> Option<String> {
    match (onset.at, onset.row, onset.window) {
        (Some(at), _, _) => Some(date::day(at)),
        (None, Some(row), _) => Some(format!("row {}", number::count(row))),
        (None, None, Some(window)) => Some(format!("window {}", number::count((window as u64).saturating_add(1)))),
        (None, None, None) => None,
    }
}

/// The onset's interval, `between 6 Jun and 1 Aug 2016`; nothing where both ends are the same.
pub(crate) fn since_interval(onset: &Onset) -> Option<String> {
    match onset.interval? {
        [OnsetBound::Time(low), OnsetBound::Time(high)] if low != high => Some(date::between(low, high)),
        [OnsetBound::Row(low), OnsetBound::Row(high)] if low != high => {
            Some(format!("between rows {} and {}", number::count(low), number::count(high)))
        }
        _ => None,
    }
}

/// Since when, with its interval.
pub(crate) fn since_when(onset: &Onset) -> Option<String> {
    let at = since(onset)?;
    Some(match since_interval(onset) {
        Some(interval) => format!("{at} ({interval})"),
        None => at,
    })
}

/// `−0.10 accuracy, −0.12 to −0.08, measured against labels`.
pub(crate) fn cost(impact: &Impact) -> Option<String> {
    if !impact.change.0.is_finite() {
        return None;
    }
    let mut text = format!("{} {}", number::change(impact.change.0), impact.metric);
    if let Some((low, high)) = known_interval(impact.interval) {
        text.push_str(&format!(" (95\u{a0}% {})", number::change_interval(low, high)));
    }
    if matches!(impact.basis, Basis::Estimate | Basis::Mixed) {
        text.push_str(", ");
        text.push_str(basis(impact.basis).split(':').next().unwrap_or_default());
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
    let another = of(d, Severity::Harmful).any(|f| !whole(f));
    of(d, Severity::Harmful).chain(of(d, Severity::Watch)).filter(|f| !(another && whole(f))).collect()
}

/// All columns, those that moved first, else in the diagnosis' order.
pub(crate) fn columns(d: &Diagnosis) -> Vec<&Column> {
    let (mut moved, rest): (Vec<&Column>, Vec<&Column>) = d.columns.iter().partition(|c| c.drifted);
    moved.extend(rest);
    moved
}

/// `12 columns moved without harm`: all harmless findings in one line.
pub(crate) fn harmless(d: &Diagnosis) -> Option<String> {
    let findings: Vec<&Finding> = of(d, Severity::Harmless).collect();
    let mut columns: Vec<&str> = findings.iter().flat_map(|f| f.subject.columns.iter().map(String::as_str)).collect();
    columns.sort_unstable();
    columns.dedup();
    match (findings.len(), columns.len()) {
        (0, _) => None,
        (n, 0) => Some(format!("{} without harm", number::counted(n, "change"))),
        (_, n) => Some(format!("{} moved without harm", number::counted(n, "column"))),
    }
}

/// What silence is worth.
pub(crate) fn power(d: &Diagnosis) -> Option<String> {
    let smallest = known(d.power.metric_change)?;
    let name = d.metric.name.as_deref().unwrap_or("the metric");
    Some(format!(
        "a loss of {name} under {} would have gone unseen ({} rows)",
        number::metric(smallest.abs()),
        number::count(d.power.rows)
    ))
}

/// The length of a window in words: `4w` is `4 weeks`; what is not of that form stays as it is.
pub(crate) fn window(d: &Diagnosis) -> String {
    let raw = d.inputs.window.as_str();
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
    format!(
        "{alarms} false alarm{} tolerated per {per}, shared by {} checks (α {} each)",
        if alarms == "1" { "" } else { "s" },
        number::count(d.budget.checks),
        number::p_value(d.budget.alpha_per_check.0)
    )
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

/// A detail as one line: numbers short, lists and maps in words.
pub(crate) fn detail(value: &dosimeter_core::diagnosis::Detail) -> String {
    use dosimeter_core::diagnosis::Detail;
    let text = match value {
        Detail::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Detail::Number(n) => number::plain(n.0),
        Detail::Text(text) => text.clone(),
        Detail::List(items) => items.iter().take(12).map(detail).collect::<Vec<_>>().join(", "),
        Detail::Map(map) => {
            let pairs: Vec<String> = map.iter().take(12).map(|(k, v)| format!("{k} {}", detail(v))).collect();
            pairs.join(", ")
        }
    };
    if text.is_empty() { number::UNKNOWN.to_owned() } else { text }
}
