//! What `-v` and `-vv` add: findings with their evidence, the parts of the loss, windows, columns, inputs.

use dosimeter_core::diagnosis::{Diagnosis, Finding, Severity};

use super::text::{Line, Page, Tone};
use super::{severity_tone, table};
use crate::{Style, change, escape, number, words};

const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// At most this many blocks; longer histories are drawn as means of neighbours.
const BLOCKS_SHOWN: usize = 40;

/// One block a window, a bar between reference and current; a window without a value is a dot.
pub(super) fn spark(values: &[Option<f64>], reference: usize, tone: Tone) -> Line {
    let (reference, current) = values.split_at(reference.min(values.len()));
    let group = values.len().div_ceil(BLOCKS_SHOWN).max(1);
    let (reference, current) = (grouped(reference, group), grouped(current, group));
    let (low, high) = range(reference.iter().chain(&current));
    // Noise must not look like mountains: the scale spans a tenth of the level, and three times what the reference
    // itself wobbles.
    let wobble = match range(reference.iter()) {
        (low, high) if low <= high => 3.0 * (high - low),
        _ => 0.0,
    };
    let span = (high - low).max(high.abs() * 0.1).max(wobble);
    let middle = (high + low) / 2.0;
    let block = |value: &Option<f64>| match value {
        Some(v) if span > 0.0 => {
            let step = ((v - middle) / span * 7.0 + 3.5).round().clamp(0.0, 7.0) as usize;
            BLOCKS.get(step).copied().unwrap_or("▁")
        }
        Some(_) => "▄",
        None => "·",
    };
    let mut line = Line::of(Tone::Dim, &reference.iter().map(block).collect::<String>());
    if !reference.is_empty() {
        line.push(Tone::Dim, "┊");
    }
    line.push(tone, &current.iter().map(block).collect::<String>());
    line
}

fn range<'v>(values: impl Iterator<Item = &'v Option<f64>>) -> (f64, f64) {
    values.flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

fn grouped(values: &[Option<f64>], group: usize) -> Vec<Option<f64>> {
    let mean = |chunk: &[Option<f64>]| {
        let known: Vec<f64> = chunk.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    values.chunks(group).map(mean).collect()
}

pub(super) fn write(page: &mut Page, d: &Diagnosis, style: &Style) {
    findings(page, d, style);
    decomposition(page, d);
    forecast(page, d);
    table::windows(page, d, style);
    table::columns(page, d, style);
    others(page, d);
    if style.verbose > 1 {
        inputs(page, d);
    }
    warnings(page, d);
}

pub(super) fn heading(page: &mut Page, title: &str) {
    page.blank();
    page.line(&Line::of(Tone::Bold, title), 0);
}

/// A dim word, then text that wraps under itself.
fn field(page: &mut Page, name: &str, text: &str) {
    let mut line = Line::of(Tone::Dim, &format!("    {name}"));
    line.pad_to(15);
    line.push(Tone::Plain, text);
    page.line(&line, 15);
}

fn findings(page: &mut Page, d: &Diagnosis, style: &Style) {
    let mut shown: Vec<&Finding> = words::of(d, Severity::Harmful).chain(words::of(d, Severity::Watch)).collect();
    if style.verbose > 1 {
        shown.extend(words::of(d, Severity::Harmless));
    }
    if !shown.is_empty() {
        heading(page, "Findings");
    }
    for finding in shown {
        page.blank();
        self::finding(page, d, finding, style);
    }
    if style.verbose == 1 {
        harmless(page, d);
    }
}

fn finding(page: &mut Page, d: &Diagnosis, finding: &Finding, style: &Style) {
    let tone = severity_tone(finding.severity);
    let mut title =
        Line::of(tone, &format!("  {} {}", words::severity_sign(finding.severity), finding.severity.as_str()));
    title.push(Tone::Dim, &format!("  {}", words::mode_title(finding)));
    page.line(&title, 4);
    page.line(&Line::of(Tone::Bold, &format!("    {}", escape::clip(&finding.message, 400))), 4);
    if let Some(at) = finding.onset.as_ref().and_then(|o| words::since_when(d, o)) {
        field(page, "since", &at);
    }
    if let Some(cost) = finding.impact.as_ref().and_then(|i| words::cost(d, i)) {
        field(page, "cost", &cost);
    }
    if let Some(segment) = words::segment(finding) {
        field(page, "segment", &escape::clip(&segment, 200));
    }
    if let Some(share) = words::known(finding.share) {
        field(page, "share", &format!("{} of current rows", number::percent(share)));
    }
    let most = if style.verbose > 1 { usize::MAX } else { 3 };
    for (i, evidence) in finding.evidence.iter().take(most).enumerate() {
        field(page, if i == 0 { "evidence" } else { "" }, &words::evidence(evidence));
    }
    if style.verbose > 1 {
        for segment in words::segments(finding) {
            field(page, "worst", &escape::clip(&segment.text(), 300));
        }
        for (name, value) in finding.detail.iter().filter(|(name, _)| *name != "segments") {
            let text =
                format!("{}: {}", escape::clip(&name.replace('_', " "), 40), escape::clip(&words::detail(value), 300));
            field(page, "detail", &text);
        }
    }
    if !finding.next_step.is_empty() {
        field(page, "do", &escape::clip(&finding.next_step, 400));
    }
}

fn harmless(page: &mut Page, d: &Diagnosis) {
    let Some(summary) = words::harmless(d) else {
        return;
    };
    let mut names: Vec<String> = Vec::new();
    for name in words::of(d, Severity::Harmless).flat_map(|f| &f.subject.columns) {
        let name = escape::clip(name, 40);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    page.blank();
    let mut line = Line::of(Tone::Dim, &format!("  · {summary}"));
    if !names.is_empty() {
        line.push(Tone::Dim, &format!(": {}", names.join(", ")));
    }
    page.line(&line, 4);
}

/// The parts of the loss, each with its interval and a bar.
fn decomposition(page: &mut Page, d: &Diagnosis) {
    let parts = words::parts(d);
    if parts.is_empty() {
        return;
    }
    heading(page, words::parts_title(d));
    page.blank();
    let interval = |id: &str| {
        let parts = d.decomposition.as_ref()?;
        let (low, high) = words::known_interval(parts.interval.get(id).copied())?;
        Some(number::change_interval(low, high))
    };
    let largest = parts.iter().map(|p| p.2.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let aside = parts.iter().filter_map(|p| interval(p.0)).map(|text| escape::width(&text) + 3).max();
    let bars = 49 + aside.unwrap_or(0);
    let room = page.width().saturating_sub(bars).min(40);
    for (id, title, value) in &parts {
        let filled = (value.abs() / largest * room as f64).round() as usize;
        let loss = (*value < 0.0) == d.metric.higher_is_better;
        let mut line = Line::of(Tone::Plain, &format!("  {title}"));
        line.pad_to(40);
        line.push(Tone::Bold, &format!("{:>7}  ", number::change(*value)));
        line.push(Tone::Dim, &interval(id).unwrap_or_default());
        line.pad_to(bars);
        line.push(if loss { Tone::Harmful } else { Tone::Dim }, &"█".repeat(filled.min(room)));
        page.line(&line, 4);
    }
}

fn others(page: &mut Page, d: &Diagnosis) {
    if d.metric.others.is_empty() {
        return;
    }
    heading(page, words::others_title(d));
    page.blank();
    for other in &d.metric.others {
        let show = |v| words::known(v).map_or(number::UNKNOWN.to_owned(), number::metric);
        let mut line = Line::of(Tone::Plain, &format!("  {}", escape::clip(words::metric_name(&other.name), 30)));
        line.pad_to(24);
        line.push(Tone::Plain, &format!("{} → {}", show(other.reference), show(other.current)));
        page.line(&line, 4);
    }
}

fn inputs(page: &mut Page, d: &Diagnosis) {
    heading(page, "Read");
    page.blank();
    for (name, input) in [("reference", &d.inputs.reference), ("current", &d.inputs.current)] {
        let files: Vec<String> = input.files.iter().take(20).map(|f| escape::clip(f, 100)).collect();
        let mut text = format!("{} rows", number::count(input.rows));
        if !files.is_empty() {
            text.push_str(&format!(" from {}", files.join(", ")));
        }
        if input.files.len() > files.len() {
            text.push_str(&format!(" and {} more", input.files.len() - files.len()));
        }
        field(page, name, &text);
    }
    if let Some(labels) = words::labels(d) {
        field(page, "labels", &labels);
    }
    for (role, columns) in &d.inputs.roles {
        let columns: Vec<String> = columns.iter().map(|c| escape::clip(c, 100)).collect();
        field(page, &escape::clip(role, 10), &columns.join(", "));
    }
    field(page, "budget", &words::budget(d));
    if let Some(power) = change::power(d).or(Some(d.power.note.clone()).filter(|note| !note.is_empty())) {
        field(page, "power", &power);
    }
    field(page, "seed", &d.inputs.seed.to_string());
    field(page, "version", d.version);
}

fn forecast(page: &mut Page, d: &Diagnosis) {
    if let Some(text) = words::forecast(d) {
        heading(page, "Forecast");
        page.blank();
        page.line(&Line::of(Tone::Plain, "  ").with(Tone::Plain, text), 2);
    }
}

fn warnings(page: &mut Page, d: &Diagnosis) {
    if d.warnings.is_empty() {
        return;
    }
    heading(page, "Warnings");
    page.blank();
    for warning in &d.warnings {
        page.line(&Line::of(Tone::Watch, "  ! ").with(Tone::Plain, &escape::clip(warning, 400)), 4);
    }
}
