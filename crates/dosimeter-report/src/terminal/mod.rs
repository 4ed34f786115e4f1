//! Text for a person at a terminal.
//!
//! The first screen is a dozen lines that answer, in the order in which someone just paged asks: what decayed, since
//! when, how bad, how sure, where, what do I do, could I have missed something. `-v` goes deeper ([`detail`]).

mod detail;
mod table;
pub(crate) mod text;

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{Diagnosis, Finding, Severity, Verdict};

use crate::{Style, change, number, words};
use text::{Line, Page, Tone};

/// Findings on the first screen before the rest is only counted, each in one line.
const SHOWN: usize = 3;
/// Steps on the first screen, each in one line; a single one may take as many.
const STEPS: usize = 2;
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
        && let Some(at) = words::since(d, onset)
    {
        let mut line = Line::of(Tone::Bold, &at);
        if let Some(interval) = words::since_interval(d, onset) {
            line.push(Tone::Plain, &format!(" ({interval})"));
        }
        let dated = d.findings.iter().find(|f| f.onset.as_ref() == Some(onset));
        if let Some(part) = dated.and_then(|f| words::windows_since(d, f)) {
            line.push(Tone::Plain, &format!(", {part}"));
        }
        answer(page, "Since", line);
    }
    if let Some(text) = change::how_bad_short(d) {
        answer(page, change::question(d), Line::of(Tone::Plain, &text));
    }
    answer(page, "How sure", Line::of(Tone::Plain, &change::how_sure_short(d)));
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
    match change::moved(d) {
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

/// The first findings, worst first: sign, cost, sentence; one line each, as `-v` has them in full.
fn place(page: &mut Page, d: &Diagnosis) {
    let ranked: Vec<&Finding> = words::causes(d);
    let shown = SHOWN;
    let priced = ranked.iter().take(shown).any(|f| f.impact.is_some());
    let mut question = "Where";
    for finding in ranked.iter().take(shown) {
        answer_finding(page, std::mem::take(&mut question), finding, priced, ranked.len() > 1);
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

fn answer_finding(page: &mut Page, question: &str, finding: &Finding, priced: bool, among: bool) {
    let tone = severity_tone(finding.severity);
    let mut line = Line::new();
    line.push(Tone::Dim, &format!("  {question:<width$}", width = LABEL - 2));
    line.push(tone, &format!("{} ", words::severity_sign(finding.severity)));
    let mut indent = LABEL + 2;
    // The metric's own fall stands in the lines above; here it is only where it is worst.
    let whole = finding.mode == Mode::PerformanceLoss && finding.severity == Severity::Harmful && among;
    if priced {
        let price = finding
            .impact
            .as_ref()
            .filter(|impact| impact.change.0.is_finite() && !whole)
            .map_or(String::new(), |impact| number::change(impact.change.0));
        line.push(tone, &format!("{price:>6}  "));
        indent += 8;
    }
    let message = match finding.message.split_once("; ") {
        Some((_, worst)) if whole && worst.starts_with("worst where") => worst,
        _ => &finding.message,
    };
    line.push(Tone::Plain, &page.brief(message, indent));
    page.line(&line, indent);
}

fn todo(page: &mut Page, d: &Diagnosis) {
    let mut steps: Vec<&str> = words::steps(d);
    // Who cannot see needs more data first.
    if steps.is_empty() && d.verdict == Verdict::Blind {
        steps.push(change::remedy(d));
    }
    let mut question = "Do";
    for (i, step) in steps.iter().take(STEPS).enumerate() {
        let number = if steps.len() > 1 { format!("{}. ", i + 1) } else { String::new() };
        let indent = LABEL + number.len();
        let step = if steps.len() > 1 { page.brief(step, indent) } else { crate::escape::clip(step, 120) };
        let mut line = Line::new();
        line.push(Tone::Dim, &format!("  {:<width$}", std::mem::take(&mut question), width = LABEL - 2));
        line.push(Tone::Plain, &format!("{number}{step}"));
        page.line(&line, indent);
    }
}

fn missed(page: &mut Page, d: &Diagnosis, style: &Style) {
    let text = match change::power_short(d) {
        Some(power) if d.verdict == Verdict::Blind => format!("yes: {}", change::unseen(d).unwrap_or(power)),
        Some(power) => power,
        None if d.verdict == Verdict::Blind => {
            format!("yes: no change of {} could be seen", d.metric.name.as_deref().unwrap_or("any metric"))
        }
        None if d.power.note.is_empty() => "unknown: there was nothing to measure".to_owned(),
        None => d.power.note.clone(),
    };
    answer(page, "Missed", Line::of(Tone::Plain, &text));
    if style.verbose == 0 && !d.warnings.is_empty() {
        let text = match d.warnings.as_slice() {
            [only] => page.brief(&words::brief_warning(only), 4),
            many => format!("{} about the input (-v lists them)", number::counted(many.len(), "warning")),
        };
        page.line(&Line::of(Tone::Watch, "  ! ").with(Tone::Plain, &text), 4);
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
    if style.verbose > 0 {
        page.blank();
    }
    page.line(&Line::of(Tone::Dim, &format!("  {text}")), 2);
}
