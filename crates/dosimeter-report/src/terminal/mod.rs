//! Text for a person at a terminal.
//!
//! The first screen is about ten lines that answer, in the order in which someone just paged asks: what decayed, since
//! when, how bad, how sure, where, what do I do, could I have missed something. `-v` goes deeper ([`detail`]).

mod detail;
mod table;
mod text;

use dosimeter_core::diagnosis::{Diagnosis, Finding, Severity, Verdict};

use crate::{Style, number, words};
use text::{Line, Page, Tone};

/// Findings on the first screen before the rest is only counted.
const SHOWN: usize = 4;
/// Columns of the question words on the left.
const LABEL: usize = 12;

pub(crate) fn render(d: &Diagnosis, style: &Style) -> String {
    let mut page = Page::new(style);
    headline(&mut page, d);
    answers(&mut page, d, style);
    if style.verbose > 0 {
        detail::write(&mut page, d, style);
    }
    hint(&mut page, d, style);
    page.finish()
}

fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Healthy => Tone::Good,
        Verdict::Decaying => Tone::Harmful,
        Verdict::Blind => Tone::Blind,
    }
}

pub(crate) fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Harmful => Tone::Harmful,
        Severity::Watch => Tone::Watch,
        Severity::Harmless => Tone::Dim,
    }
}

fn headline(page: &mut Page, d: &Diagnosis) {
    let word = d.verdict.as_str().to_uppercase();
    let line = Line::new()
        .with(verdict_tone(d.verdict), &format!("{} {word}", words::verdict_sign(d.verdict)))
        .with(Tone::Plain, "  ")
        .with(Tone::Bold, &crate::escape::clip(&d.monitor, 60));
    page.line(&line, 0);
    page.blank();
}

/// One answer: the question word, then text that wraps under itself.
fn answer(page: &mut Page, question: &str, answer: Line) {
    let mut line = Line::new();
    line.push(Tone::Dim, &format!("  {question:<width$}", width = LABEL - 2));
    line.append(answer);
    page.line(&line, LABEL);
}

fn answers(page: &mut Page, d: &Diagnosis, style: &Style) {
    what(page, d);
    if let Some(onset) = words::onset(d)
        && let Some(at) = words::since(onset)
    {
        let mut line = Line::of(Tone::Bold, &at);
        let mut notes = Vec::new();
        notes.extend(words::since_interval(onset));
        if let Some(window) = onset.window {
            let since = d.windows.len().saturating_sub(window);
            notes.push(format!("the last {since} of {}", number::counted(d.windows.len(), "window")));
        }
        if !notes.is_empty() {
            line.push(Tone::Plain, &format!(", {}", notes.join(", ")));
        }
        answer(page, "Since", line);
    }
    if let Some(text) = words::how_bad(d) {
        answer(page, words::change_question(d), Line::of(Tone::Plain, &text));
    }
    answer(page, "How sure", Line::of(Tone::Plain, &words::how_sure(d)));
    place(page, d);
    todo(page, d);
    missed(page, d, style);
}

fn what(page: &mut Page, d: &Diagnosis) {
    let trend: Vec<Option<f64>> = d
        .reference_windows
        .iter()
        .chain(&d.windows)
        .map(|w| words::known(w.metric).or(words::known(w.estimate)))
        .collect();
    match words::metric_moved(d) {
        Some(moved) if d.verdict != Verdict::Blind => {
            let mut line = Line::of(Tone::Bold, &moved);
            if trend.len() > 2 {
                line.push(Tone::Plain, "   ");
                line.append(detail::spark(&trend, d.reference_windows.len(), verdict_tone(d.verdict)));
            }
            answer(page, "What", line);
        }
        _ => answer(page, "What", Line::of(Tone::Plain, &words::summary(d))),
    }
}

/// The first findings, worst first: sign, cost, sentence.
fn place(page: &mut Page, d: &Diagnosis) {
    let ranked: Vec<&Finding> = words::causes(d);
    let shown = SHOWN;
    let priced = ranked.iter().take(shown).any(|f| f.impact.is_some());
    let mut question = "Where";
    for finding in ranked.iter().take(shown) {
        answer_finding(page, std::mem::take(&mut question), finding, priced);
    }
    let mut rest = Vec::new();
    if ranked.len() > shown {
        rest.push(format!("{} more", number::count((ranked.len() - shown) as u64)));
    }
    rest.extend(words::harmless(d));
    if !rest.is_empty() {
        answer(page, question, Line::of(Tone::Dim, &format!("· {}", rest.join("; "))));
    } else if ranked.is_empty() && d.verdict == Verdict::Healthy {
        answer(page, question, Line::of(Tone::Plain, "nothing moved beyond the reference's own variation"));
    }
}

fn answer_finding(page: &mut Page, question: &str, finding: &Finding, priced: bool) {
    let tone = severity_tone(finding.severity);
    let mut line = Line::new();
    line.push(Tone::Dim, &format!("  {question:<width$}", width = LABEL - 2));
    line.push(tone, &format!("{} ", words::severity_sign(finding.severity)));
    let mut indent = LABEL + 2;
    if priced {
        let price = finding
            .impact
            .as_ref()
            .filter(|impact| impact.change.0.is_finite())
            .map_or(String::new(), |impact| number::change(impact.change.0));
        line.push(tone, &format!("{price:>6}  "));
        indent += 8;
    }
    line.push(Tone::Plain, &crate::escape::clip(&finding.message, 240));
    page.line(&line, indent);
}

/// The next steps of the first harmful findings, each said once.
fn todo(page: &mut Page, d: &Diagnosis) {
    let mut steps: Vec<&str> = Vec::new();
    for finding in words::of(d, Severity::Harmful).chain(words::of(d, Severity::Watch)) {
        let step = finding.next_step.trim();
        if !step.is_empty() && !steps.contains(&step) && (steps.is_empty() || finding.severity == Severity::Harmful) {
            steps.push(step);
        }
    }
    // Who cannot see needs more data first; the power analysis says how much.
    if steps.is_empty() && d.verdict == Verdict::Blind && !d.power.note.is_empty() {
        steps.push(&d.power.note);
    }
    let mut question = "Do";
    for (i, step) in steps.iter().take(2).enumerate() {
        let number = if steps.len() > 1 { format!("{}. ", i + 1) } else { String::new() };
        let mut line = Line::of(Tone::Plain, &number);
        line.push(Tone::Plain, &crate::escape::clip(step, 240));
        let mut full = Line::new();
        full.push(Tone::Dim, &format!("  {:<width$}", std::mem::take(&mut question), width = LABEL - 2));
        full.append(line);
        page.line(&full, LABEL + number.len());
    }
}

fn missed(page: &mut Page, d: &Diagnosis, style: &Style) {
    let text = match words::power(d) {
        Some(power) if d.verdict == Verdict::Blind => format!("yes: {power}"),
        Some(power) => power,
        None if d.power.note.is_empty() => "unknown: there was nothing to measure".to_owned(),
        None => d.power.note.clone(),
    };
    answer(page, "Missed", Line::of(Tone::Plain, &text));
    if style.verbose == 0 && !d.warnings.is_empty() {
        let text = match d.warnings.as_slice() {
            [only] => crate::escape::clip(only, 200),
            many => format!("{} about the input (-v lists them)", number::counted(many.len(), "warning")),
        };
        answer(page, "", Line::of(Tone::Watch, "! ").with(Tone::Plain, &text));
    }
}

fn hint(page: &mut Page, d: &Diagnosis, style: &Style) {
    let text = match style.verbose {
        0 if d.findings.is_empty() => "-v for every window and column",
        0 if d.decomposition.is_none() => "-v for the evidence, every window and every column",
        0 => "-v for the evidence, the parts of the loss and every column",
        1 => "-vv for all statistics, roles and inputs; --format html for the page",
        _ => return,
    };
    page.blank();
    page.line(&Line::of(Tone::Dim, &format!("  {text}")), 2);
}
