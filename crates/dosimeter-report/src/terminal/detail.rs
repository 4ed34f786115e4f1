//! What `-v` and `-vv` add: findings with their evidence, the parts of the loss, windows, columns, inputs.

use dosimeter_core::diagnosis::{Column, Diagnosis, Finding, Severity, Window};

use super::severity_tone;
use super::text::{Line, Page, Tone};
use crate::{Style, date, escape, number, words};

const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// One block a window, a bar between reference and current; a window without a value is a dot.
pub(super) fn spark(values: &[Option<f64>], reference: usize, tone: Tone) -> Line {
    let known = || values.iter().flatten();
    let low = known().copied().fold(f64::INFINITY, f64::min);
    let high = known().copied().fold(f64::NEG_INFINITY, f64::max);
    // Noise around one level must not look like mountains: the scale spans at least 2 % of the level.
    let span = (high - low).max(high.abs() * 0.02);
    let mut line = Line::new();
    for (i, value) in values.iter().enumerate() {
        if i == reference && reference > 0 {
            line.push(Tone::Dim, "┊");
        }
        let block = match value {
            Some(v) if span > 0.0 => {
                let step = ((v - high + span) / span * 7.0).round().clamp(0.0, 7.0) as usize;
                BLOCKS.get(step).copied().unwrap_or("▁")
            }
            Some(_) => "▄",
            None => "·",
        };
        line.push(if i < reference { Tone::Dim } else { tone }, block);
    }
    line
}

pub(super) fn write(page: &mut Page, d: &Diagnosis, style: &Style) {
    findings(page, d, style);
    decomposition(page, d);
    windows(page, d);
    columns(page, d, style);
    others(page, d);
    if style.verbose > 1 {
        inputs(page, d);
    }
    warnings(page, d);
}

fn heading(page: &mut Page, title: &str) {
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
    let mut shown: Vec<&Finding> = words::of(d, Severity::Harmful)
        .chain(words::of(d, Severity::Watch))
        .collect();
    if style.verbose > 1 {
        shown.extend(words::of(d, Severity::Harmless));
    }
    if !shown.is_empty() {
        heading(page, "Findings");
    }
    for finding in shown {
        page.blank();
        self::finding(page, finding, style);
    }
    if style.verbose == 1 {
        harmless(page, d);
    }
}

fn finding(page: &mut Page, finding: &Finding, style: &Style) {
    let tone = severity_tone(finding.severity);
    let mut title = Line::of(
        tone,
        &format!(
            "  {} {}",
            words::severity_sign(finding.severity),
            finding.severity.as_str()
        ),
    );
    title.push(Tone::Dim, &format!("  {}", words::mode_title(finding)));
    page.line(&title, 4);
    page.line(
        &Line::of(
            Tone::Bold,
            &format!("    {}", escape::clip(&finding.message, 400)),
        ),
        4,
    );
    if let Some(at) = finding.onset.as_ref().and_then(words::since_when) {
        field(page, "since", &at);
    }
    if let Some(cost) = finding.impact.as_ref().and_then(words::cost) {
        field(page, "cost", &cost);
    }
    if let Some(segment) = words::segment(finding) {
        field(page, "segment", &escape::clip(&segment, 200));
    }
    if let Some(share) = words::known(finding.share) {
        field(
            page,
            "share",
            &format!("{} of current rows", number::percent(share)),
        );
    }
    let most = if style.verbose > 1 { usize::MAX } else { 3 };
    for (i, evidence) in finding.evidence.iter().take(most).enumerate() {
        field(
            page,
            if i == 0 { "evidence" } else { "" },
            &words::evidence(evidence),
        );
    }
    if style.verbose > 1 {
        for (name, value) in &finding.detail {
            let text = format!(
                "{}: {}",
                escape::clip(name, 40),
                escape::clip(&words::detail(value), 300)
            );
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

/// Horizontal bars to the left or right of a common zero.
fn decomposition(page: &mut Page, d: &Diagnosis) {
    let parts = words::parts(d);
    if parts.is_empty() {
        return;
    }
    heading(page, "Where the change comes from");
    page.blank();
    let largest = parts
        .iter()
        .map(|p| p.2.abs())
        .fold(f64::MIN_POSITIVE, f64::max);
    let room = page.width().saturating_sub(52).clamp(8, 40);
    for (id, title, value) in &parts {
        let filled = (value.abs() / largest * room as f64).round() as usize;
        let loss = (*value < 0.0) == d.metric.higher_is_better;
        let mut line = Line::of(Tone::Plain, &format!("  {title}"));
        line.pad_to(40);
        line.push(Tone::Bold, &format!("{:>7}  ", number::change(*value)));
        line.push(
            if loss { Tone::Harmful } else { Tone::Dim },
            &"█".repeat(filled.min(room)),
        );
        page.line(&line, 4);
        let interval = d
            .decomposition
            .as_ref()
            .and_then(|parts| parts.interval.get(*id))
            .copied();
        if let Some((low, high)) = words::known_interval(interval) {
            let mut line = Line::new();
            line.pad_to(40);
            line.push(
                Tone::Dim,
                &format!("{:>7}  {}", "95\u{a0}%", number::change_interval(low, high)),
            );
            page.line(&line, 49);
        }
    }
}

fn windows(page: &mut Page, d: &Diagnosis) {
    if d.windows.is_empty() {
        return;
    }
    heading(
        page,
        &format!("Windows of {}", escape::clip(&d.inputs.window, 30)),
    );
    page.blank();
    let name = d.metric.name.as_deref().unwrap_or("metric");
    let header = format!(
        "  {:<24}{:>9}{:>10}  {}",
        "",
        "rows",
        "labelled",
        escape::clip(name, 30)
    );
    page.line(&Line::of(Tone::Dim, &header), 2);
    let values = || {
        d.reference_windows
            .iter()
            .chain(&d.windows)
            .filter_map(|w| words::known(w.metric.or(w.estimate)))
    };
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    });
    let onset = words::onset(d).and_then(|onset| onset.window);
    for (windows, reference) in [(&d.reference_windows, true), (&d.windows, false)] {
        for (i, window) in windows.iter().enumerate() {
            self::window(
                page,
                window,
                reference,
                !reference && onset == Some(i),
                (low, high),
            );
        }
    }
}

fn window(page: &mut Page, window: &Window, reference: bool, onset: bool, (low, high): (f64, f64)) {
    let tone = if reference { Tone::Dim } else { Tone::Plain };
    let at = window
        .start
        .map_or(format!("window {}", window.index + 1), date::day);
    let period = if reference { "reference" } else { "current" };
    let mut line = Line::of(tone, &format!("  {period:<10}{at:<14}"));
    line.push(
        tone,
        &format!(
            "{:>9}{:>10}  ",
            number::count(window.rows),
            number::count(window.labelled)
        ),
    );
    let estimated = words::known(window.metric).is_none();
    match words::known(window.metric).or(words::known(window.estimate)) {
        Some(v) => {
            line.push(
                tone,
                &format!(
                    "{}{} ",
                    number::metric(v),
                    if estimated { "~" } else { " " }
                ),
            );
            let span = (high - low).max(high.abs() * 0.02);
            let room = page.width().saturating_sub(70).clamp(6, 24);
            let filled = if span > 0.0 {
                ((v - high + span) / span * room as f64).round() as usize
            } else {
                room
            };
            line.push(Tone::Dim, &"▪".repeat(filled.min(room)));
            if onset {
                line.pad_to(55 + room);
                line.push(Tone::Harmful, " ◂ since");
            }
        }
        None => line.push(Tone::Dim, number::UNKNOWN),
    }
    page.line(&line, 12);
}

fn columns(page: &mut Page, d: &Diagnosis, style: &Style) {
    if d.columns.is_empty() {
        return;
    }
    let drifted = d.columns.iter().filter(|c| c.drifted).count();
    heading(
        page,
        &format!("Columns, {drifted} of {} moved", d.columns.len()),
    );
    page.blank();
    let most = if style.verbose > 1 {
        usize::MAX
    } else {
        drifted.max(12)
    };
    let name_width = d
        .columns
        .iter()
        .take(most)
        .map(|c| escape::width(&escape::clip(&c.name, 32)))
        .max()
        .unwrap_or(8);
    for column in d.columns.iter().take(most) {
        self::column(page, column, name_width, style);
    }
    if d.columns.len() > most {
        let rest = number::counted(d.columns.len() - most, "more column");
        page.line(
            &Line::of(Tone::Dim, &format!("  · {rest} as they were (-vv)")),
            4,
        );
    }
}

fn column(page: &mut Page, column: &Column, name_width: usize, style: &Style) {
    let mut line = Line::of(
        if column.drifted {
            Tone::Watch
        } else {
            Tone::Dim
        },
        if column.drifted { "  ~ " } else { "    " },
    );
    line.push(
        if column.drifted {
            Tone::Plain
        } else {
            Tone::Dim
        },
        &escape::clip(&column.name, 32),
    );
    line.pad_to(name_width + 6);
    line.push(Tone::Dim, &format!("{:<9}", escape::clip(&column.kind, 8)));
    if let Some(picture) = column
        .picture
        .as_ref()
        .filter(|p| (2..=24).contains(&p.trend.len()))
    {
        let trend: Vec<Option<f64>> = picture.trend.iter().map(|v| words::known(*v)).collect();
        let mut spark = spark(
            &trend,
            picture.trend_reference,
            if column.drifted {
                Tone::Watch
            } else {
                Tone::Dim
            },
        );
        spark.pad_to(26);
        line.append(spark);
    }
    if let Some(evidence) = words::strongest(&column.evidence) {
        let mut text = format!("{} {}", evidence.statistic, number::plain(evidence.value.0));
        if let Some(p) = words::known(evidence.p_value) {
            text.push_str(&format!("  p {}", number::p_value(p)));
        }
        line.push(Tone::Dim, &text);
    }
    page.line(&line, name_width + 6);
    if style.verbose > 1 {
        for evidence in &column.evidence {
            let line = Line::of(
                Tone::Dim,
                &format!(
                    "{}{}",
                    " ".repeat(name_width + 6),
                    words::evidence(evidence)
                ),
            );
            page.line(&line, name_width + 8);
        }
    }
}

fn others(page: &mut Page, d: &Diagnosis) {
    if d.metric.others.is_empty() {
        return;
    }
    heading(page, "Other metrics");
    page.blank();
    for other in &d.metric.others {
        let show = |v| words::known(v).map_or(number::UNKNOWN.to_owned(), number::metric);
        let mut line = Line::of(Tone::Plain, &format!("  {}", escape::clip(&other.name, 30)));
        line.pad_to(24);
        line.push(
            Tone::Plain,
            &format!("{} → {}", show(other.reference), show(other.current)),
        );
        page.line(&line, 4);
    }
}

fn inputs(page: &mut Page, d: &Diagnosis) {
    heading(page, "Read");
    page.blank();
    for (name, input) in [
        ("reference", &d.inputs.reference),
        ("current", &d.inputs.current),
    ] {
        let files: Vec<String> = input
            .files
            .iter()
            .take(20)
            .map(|f| escape::clip(f, 100))
            .collect();
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
    if !d.power.note.is_empty() {
        field(page, "power", &d.power.note);
    }
    field(page, "seed", &d.inputs.seed.to_string());
    field(page, "version", d.version);
}

fn warnings(page: &mut Page, d: &Diagnosis) {
    if d.warnings.is_empty() {
        return;
    }
    heading(page, "Warnings");
    page.blank();
    for warning in &d.warnings {
        page.line(
            &Line::of(Tone::Watch, "  ! ").with(Tone::Plain, &escape::clip(warning, 400)),
            4,
        );
    }
}
