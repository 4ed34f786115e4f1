//! What was found, worst first: sentence, date, price, next step, and a small picture of the movement.

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{Column, Diagnosis, Finding, Picture, Severity};
use maud::{Markup, html};

use super::{severity_shape, shown};
use crate::chart::{bars_pair, histogram_pair, sparkline};
use crate::escape::clip;
use crate::{number, words};

/// Findings told in full; the rest is counted.
const TOLD: usize = 40;
/// Harmless findings listed.
const LISTED: usize = 300;

pub(super) fn section(d: &Diagnosis) -> Markup {
    if d.findings.is_empty() {
        return html! {};
    }
    let loud: Vec<&Finding> = words::of(d, Severity::Harmful).chain(words::of(d, Severity::Watch)).collect();
    let harmful = words::of(d, Severity::Harmful).count();
    html! {
        section #findings aria-labelledby="findings-title" {
            h2 #findings-title { "Findings" }
            p.about {
                @if loud.is_empty() {
                    "What moved costs nothing that matters."
                } @else {
                    (number::count(harmful as u64)) " harmful, "
                    (number::count((loud.len() - harmful) as u64)) " to watch, "
                    (number::count((d.findings.len() - loud.len()) as u64)) " harmless. What to look at first comes first."
                }
            }
            @for (i, finding) in loud.iter().take(TOLD).enumerate() { (article(d, finding, i)) }
            @if loud.len() > TOLD { p.about { (number::counted(loud.len() - TOLD, "more finding")) " in the JSON result." } }
            (harmless(d))
        }
    }
}

fn article(d: &Diagnosis, finding: &Finding, index: usize) -> Markup {
    let pictures = pictures(d, finding);
    let id = format!("finding-{}", index + 1);
    html! {
        article.finding.alone[pictures.is_none()] aria-labelledby=(id) {
            div {
                p.tag.(finding.severity.as_str()) {
                    (severity_shape(finding.severity)) (words::words(finding.severity.as_str()))
                    span.mode { (shown(&words::mode_title(finding), 80)) }
                }
                h3 id=(id) { (shown(&finding.message, 400)) }
                (facts(d, finding))
                @if !finding.next_step.is_empty() {
                    p.next { b { "What to do" } (shown(&finding.next_step, 600)) }
                }
                (evidence(finding))
            }
            @if let Some(pictures) = pictures { div.pictures { (pictures) } }
        }
    }
}

fn facts(d: &Diagnosis, finding: &Finding) -> Markup {
    let onset = finding.onset.as_ref();
    let rows = [
        ("Since", onset.and_then(|o| words::since_when(d, o))),
        ("Cost", finding.impact.as_ref().and_then(|i| words::cost(d, i))),
        ("Segment", words::segment(finding)),
        ("Concerns", words::known(finding.share).map(|share| format!("{} of current rows", number::percent(share)))),
    ];
    html! {
        dl.facts {
            @for (title, text) in rows {
                @if let Some(text) = text { dt { (title) } dd { (shown(&text, 300)) } }
            }
        }
    }
}

fn evidence(finding: &Finding) -> Markup {
    let show = |v| words::known(v).map_or(number::UNKNOWN.to_owned(), number::plain);
    html! {
        @if !finding.evidence.is_empty() || !finding.detail.is_empty() {
            details {
                summary { "Evidence" }
                @if !finding.evidence.is_empty() { div.scroll { table {
                    caption.sr { "Evidence of this finding" }
                    thead { tr {
                        th scope="col" { "Statistic" } th.num scope="col" { "Value" } th.num scope="col" { "Threshold" }
                        th.num scope="col" { "p" } th.num scope="col" { "Effect" } th.num scope="col" { "Window" }
                    } }
                    tbody {
                        @for e in finding.evidence.iter().take(50) { tr {
                            th scope="row" { code { (shown(&e.statistic, 60)) } }
                            td.num { (number::plain(e.value.0)) }
                            td.num { (show(e.threshold)) }
                            td.num { (words::known(e.p_value).map_or(number::UNKNOWN.to_owned(), number::p_value)) }
                            td.num { (show(e.effect)) }
                            td.num { (e.window.map_or("all".to_owned(), |w| w.saturating_add(1).to_string())) }
                        } }
                    }
                } } }
                (segments(finding))
                @let details = || finding.detail.iter().filter(|(name, _)| *name != "segments").take(30);
                @if details().next().is_some() {
                    dl.facts {
                        @for (name, value) in details() {
                            dt { (shown(&words::words(name), 60)) } dd { (shown(&words::detail(value), 400)) }
                        }
                    }
                }
            }
        }
    }
}

/// Where the model lost, worst first.
fn segments(finding: &Finding) -> Markup {
    let segments = words::segments(finding);
    html! {
        @if !segments.is_empty() { div.scroll { table {
            caption { "Where it is worst" }
            thead { tr {
                th scope="col" { "Rows where" } th.num scope="col" { "Share of rows" } th.num scope="col" { "Mean loss" }
                th.num scope="col" { "Adds to the loss" }
            } }
            tbody {
                @for s in &segments { tr {
                    th scope="row" { (shown(&s.place, 120)) } td.num { (s.share) } td.num { (s.loss) } td.num { (s.part) }
                } }
            }
        } } }
    }
}

/// The metric by window, for a finding that speaks of it and of no column.
fn metric_picture(d: &Diagnosis, finding: &Finding) -> Option<Markup> {
    if !matches!(finding.mode, Mode::PerformanceLoss | Mode::ConceptDrift) {
        return None;
    }
    let name = clip(d.metric.name.as_deref().unwrap_or("metric"), 40);
    let windows = d.reference_windows.iter().chain(&d.windows);
    let trend: Vec<Option<f64>> = windows.map(|w| words::known(w.metric).or(words::known(w.estimate))).collect();
    let reference = d.reference_windows.len();
    let onset = finding.onset.as_ref().and_then(|o| o.window).map(|w| reference.saturating_add(w));
    let spark = sparkline(&trend, reference, onset, (280.0, 72.0), &format!("{name} by window"))?;
    Some(html! {
        figure {
            figcaption { (shown(&name, 40)) " by window, the reference shaded" }
            (spark)
        }
    })
}

/// The distribution in both periods and the trend, or the metric where no column is meant.
fn pictures(d: &Diagnosis, finding: &Finding) -> Option<Markup> {
    let Some(column) = words::pictured(d, finding) else {
        return metric_picture(d, finding);
    };
    let picture = column.picture.as_ref()?;
    let onset = finding.onset.as_ref().and_then(|o| o.window).map(|w| picture.trend_reference.saturating_add(w));
    let trend: Vec<Option<f64>> = picture.trend.iter().map(|v| words::known(*v)).collect();
    let name = clip(&column.name, 40);
    let label = clip(&picture.trend_label, 40);
    let spark =
        sparkline(&trend, picture.trend_reference, onset, (280.0, 56.0), &format!("{label} of {name} by window"));
    Some(html! {
        figure {
            figcaption {
                (shown(&name, 40)) br;
                span.key { i {} "reference" } span.key { i.now.solid[!picture.ordered] {} "current" }
            }
            (distribution(column, picture))
        }
        @if let Some(spark) = spark {
            figure {
                figcaption { (shown(&label, 40)) " by window" }
                (spark)
            }
        }
    })
}

fn numbers(values: &[dosimeter_core::diagnosis::Number]) -> Vec<f64> {
    values.iter().map(|v| v.0).collect()
}

fn distribution(column: &Column, picture: &Picture) -> Markup {
    let (reference, current) = (numbers(&picture.reference), numbers(&picture.current));
    let title = format!("{}: reference against current", clip(&column.name, 40));
    let description = in_words(picture);
    if !picture.ordered {
        return bars_pair(&picture.cells, &reference, &current, &title, &description);
    }
    let apart = picture
        .cells
        .iter()
        .rev()
        .take_while(|cell| matches!(cell.as_str(), "null" | "other" | "NaN" | "Infinity" | "-Infinity"))
        .count();
    let ranges = picture.cells.len().saturating_sub(apart);
    html! {
        (histogram_pair(&reference, &current, apart, &title, &description))
        div.ends aria-hidden="true" {
            span { (shown(picture.cells.first().map_or("", String::as_str), 18)) }
            span {
                (shown(ranges.checked_sub(1).and_then(|at| picture.cells.get(at)).map_or("", String::as_str), 18))
                @for cell in picture.cells.iter().skip(ranges) { " · " (shown(cell, 10)) }
            }
        }
    }
}

/// The three cells that moved most, for those who hear the page.
pub(super) fn in_words(picture: &Picture) -> String {
    let cells = picture.cells.iter().zip(&picture.reference).zip(&picture.current);
    let mut moved: Vec<(&String, f64, f64)> = cells
        .map(|((cell, was), now)| (cell, was.0, now.0))
        .filter(|(_, was, now)| was.is_finite() && now.is_finite())
        .collect();
    moved.sort_by(|a, b| (b.1 - b.2).abs().total_cmp(&(a.1 - a.2).abs()));
    let told: Vec<String> = moved
        .iter()
        .take(3)
        .map(|(cell, was, now)| {
            format!("{} from {} to {}", clip(cell, 30), number::percent(*was), number::percent(*now))
        })
        .collect();
    told.join("; ")
}

fn harmless(d: &Diagnosis) -> Markup {
    let Some(summary) = words::harmless(d) else {
        return html! {};
    };
    let findings: Vec<&Finding> = words::of(d, Severity::Harmless).collect();
    html! {
        details.finding.alone {
            summary { span.tag.harmless { (severity_shape(Severity::Harmless)) (summary) } }
            div.scroll { table {
                caption.sr { "Harmless findings" }
                thead { tr { th scope="col" { "What" } th scope="col" { "Since" } th.num scope="col" { "Cost" } } }
                tbody {
                    @for f in findings.iter().take(LISTED) { tr {
                        th scope="row" { (shown(&f.message, 200)) }
                        td { (f.onset.as_ref().and_then(|o| words::since(d, o)).unwrap_or_default()) }
                        td.num { (f.impact.as_ref().map_or(number::UNKNOWN.to_owned(), |i| number::change(i.change.0))) }
                    } }
                }
            } }
            @if findings.len() > LISTED { p { (number::counted(findings.len() - LISTED, "more")) } }
        }
    }
}
