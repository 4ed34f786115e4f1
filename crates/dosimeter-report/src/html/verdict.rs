//! The first screen: the verdict, four answers, and the metric over time.

use dosimeter_core::diagnosis::{Diagnosis, Verdict, Window};
use maud::{Markup, html};

use super::{shown, verdict_shape};
use crate::change::{self, Change};
use crate::chart::{Point, Timeline, line_with_band};
use crate::date::{self, Axis, Zone};
use crate::escape::clip;
use crate::{number, words};

/// Windows in the table beside the chart; the last ones.
const ROWS: usize = 200;

pub(super) fn section(d: &Diagnosis) -> Markup {
    let word = words::words(d.verdict.as_str());
    html! {
        section aria-labelledby="verdict" style="margin-top:0" {
            h1 #verdict {
                span.monitor { (shown(&d.monitor, 120)) }
                span.verdict.(d.verdict.as_str()) { (verdict_shape(d.verdict)) (word) }
            }
            p.lead { (shown(&words::summary(d), 600)) }
            (answers(d))
            (timeline(d))
            (others(d))
        }
    }
}

fn answer(question: &str, big: &str, small: &str) -> Markup {
    html! {
        div {
            dt { (question) }
            dd { span.big { (big) } @if !small.is_empty() { span.small { (small) } } }
        }
    }
}

fn answers(d: &Diagnosis) -> Markup {
    let onset = words::onset(d);
    let change = Change::of(d);
    let interval = change.and_then(|c| c.interval());
    let confidence = if interval.is_some() { "95\u{a0}% interval, " } else { "" };
    let smallest = words::known(d.power.metric_change);
    let least = smallest.map(|v| format!("a {} of {} or more", change::way(d), number::least(v.abs(), 3)));
    let noticed = if smallest.is_some() { "noticed 4 times in 5, on " } else { "" };
    html! {
        dl.answers {
            @if let Some(at) = onset.and_then(|o| words::since(d, o)) {
                (answer("Since", &at, &onset.and_then(|o| words::since_interval(d, o)).unwrap_or_default()))
            }
            @if let (Some(c), Some(bad)) = (change, change::how_bad(d)) {
                (answer(change::question(d), &c.amount(), bad.strip_prefix(&c.amount()).unwrap_or(&bad).trim_start_matches([',', ' '])))
            }
            @if let Some(text) = words::forecast(d) {
                (answer("If it goes on", "", text))
            }
            (answer(
                "How sure",
                &interval.clone().unwrap_or_else(|| "not known".to_owned()),
                &format!("{confidence}{}", change::rests_on(d)),
            ))
            (answer(
                "What would be noticed",
                &least.unwrap_or_else(|| "not known".to_owned()),
                &clip(&format!("{noticed}{} rows{}", number::count(d.power.rows), late(d)), 200),
            ))
        }
    }
}

/// The labels that have not come, as they limit what can be seen.
fn late(d: &Diagnosis) -> String {
    match &d.inputs.labels {
        Some(labels) if labels.missing > 0 => format!("; {} labels have not come yet", number::count(labels.missing)),
        _ => String::new(),
    }
}

fn point(window: &Window, label: String) -> Point {
    match (words::known(window.metric), words::known(window.estimate)) {
        (None, Some(estimate)) => Point {
            value: Some(estimate),
            interval: words::known_interval(window.estimate_interval),
            estimated: true,
            label,
        },
        (value, _) => Point { value, interval: words::known_interval(window.interval), estimated: false, label },
    }
}

/// The labels of the axis: dates of one form, else the windows' numbers.
fn ticks(d: &Diagnosis) -> Vec<String> {
    let windows = || d.reference_windows.iter().chain(&d.windows);
    let (first, last) = (windows().find_map(|w| w.start), windows().rev().find_map(|w| w.end.or(w.start)));
    let axis = first.zip(last).map(|(low, high)| Axis::over(low, high));
    let zone = Zone::of(d);
    let label = |w: &Window| match (w.start, axis) {
        (Some(start), Some(axis)) => axis.label(start, &zone),
        _ => format!("{}", w.index.saturating_add(1)),
    };
    windows().map(label).collect()
}

fn timeline(d: &Diagnosis) -> Markup {
    let name = clip(d.metric.name.as_deref().unwrap_or("metric"), 60);
    let loss = words::known(d.metric.tolerance).zip(words::known(d.metric.reference));
    let limit = loss.map(|(loss, at)| if d.metric.higher_is_better { at - loss } else { at + loss });
    let reference = d.reference_windows.len();
    let onset = words::onset(d)
        .and_then(|o| Some((reference + o.window.filter(|w| *w < d.windows.len())?, words::since(d, o)?)));
    let chart = Timeline {
        points: d.reference_windows.iter().chain(&d.windows).zip(ticks(d)).map(|(w, label)| point(w, label)).collect(),
        reference,
        limit,
        onset,
        title: format!("{name} over time"),
        description: format!("{}. The table below has every value.", clip(&words::summary(d), 300)),
    };
    if chart.points.len() < 2 {
        return html! {};
    }
    let estimated = chart.points.iter().any(|p| p.estimated);
    let wide = line_with_band(&chart, 960.0, 300.0, "wide");
    let narrow = line_with_band(&chart, 400.0, 260.0, "narrow");
    html! {
        @if let (Some(wide), Some(narrow)) = (wide, narrow) {
            figure.timeline {
                figcaption {
                    (shown(&name, 60)) " by windows of " (shown(&words::window(d), 40)) ", with 95\u{a0}% intervals"
                    @if estimated { "; hollow points are estimates without labels" }
                }
                (wide) (narrow)
            }
            (table(d, &name))
        }
    }
}

fn table(d: &Diagnosis, name: &str) -> Markup {
    let all: Vec<(&str, &Window)> =
        d.reference_windows.iter().map(|w| ("reference", w)).chain(d.windows.iter().map(|w| ("current", w))).collect();
    let left_out = all.len().saturating_sub(ROWS);
    let zone = Zone::of(d);
    let show = |v| words::known(v).map_or(number::UNKNOWN.to_owned(), number::metric);
    html! {
        details {
            summary { "The same as a table" }
            div.scroll { table {
                caption { (shown(name, 60)) " by window" @if left_out > 0 { ", the last " (ROWS) } }
                thead { tr {
                    th scope="col" { "Window" } th scope="col" { "Period" } th.num scope="col" { "Rows" }
                    th.num scope="col" { "Labelled" } th.num scope="col" { "Measured" } th.num scope="col" { "95\u{a0}% interval" }
                    th.num scope="col" { "Estimate" }
                } }
                tbody {
                    @for (period, w) in all.into_iter().skip(left_out) {
                        tr {
                            th scope="row" { (w.start.map_or_else(|| format!("{}", w.index.saturating_add(1)), |at| date::day(at, &zone))) }
                            td { (period) }
                            td.num { (number::count(w.rows)) }
                            td.num { (number::count(w.labelled)) }
                            td.num { (show(w.metric)) }
                            td.num { (words::known_interval(w.interval).map_or(String::new(), |(l, h)| number::interval(l, h))) }
                            td.num { (show(w.estimate)) }
                        }
                    }
                }
            } }
        }
    }
}

fn others(d: &Diagnosis) -> Markup {
    let show = |v| words::known(v).map_or(number::UNKNOWN.to_owned(), number::metric);
    html! {
        @if !d.metric.others.is_empty() && d.verdict != Verdict::Blind {
            p.about.over { (words::others_title(d)) }
            ul.others aria-label="Other metrics" {
                @for other in d.metric.others.iter().take(12) {
                    li { (shown(words::metric_name(&other.name), 40)) " " b { (show(other.reference)) " → " (show(other.current)) } }
                }
            }
        }
    }
}
