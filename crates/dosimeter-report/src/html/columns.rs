//! All columns, those that moved first: two small pictures and the strongest evidence each, the rest folded.

use dosimeter_core::diagnosis::{Column, Diagnosis, Severity};
use maud::{Markup, html};

use super::findings::in_words;
use super::shown;
use crate::chart::{sparkline, strip};
use crate::escape::clip;
use crate::{number, words};

/// Columns drawn.
const DRAWN: usize = 200;
/// Columns listed at all.
const LISTED: usize = 2000;

pub(super) fn section(d: &Diagnosis) -> Markup {
    if d.columns.is_empty() {
        return html! {};
    }
    let columns = words::columns(d);
    let all = words::Moved::of(d);
    let moved = all.count(d);
    html! {
        section #columns aria-labelledby="columns-title" {
            h2 #columns-title { "Columns" }
            p.about {
                (number::count(moved as u64)) " of " (number::counted(columns.len(), "column"))
                " moved beyond the reference's own variation or are named in a finding. In the drawings the current data stand on the line, the \
                 reference hangs below it."
            }
            table.columns {
                caption.sr { "All columns with their distributions, trends and strongest evidence" }
                thead { tr {
                    th scope="col" { "Column" } th scope="col" { "Distribution" } th scope="col" { "Trend" }
                    th scope="col" { "Strongest evidence" }
                } }
                tbody { @for (i, column) in columns.iter().take(LISTED).enumerate() { (row(d, column, all.has(column), i < DRAWN)) } }
            }
            @if columns.len() > LISTED { p.about { (number::counted(columns.len() - LISTED, "more column")) " in the JSON result." } }
        }
    }
}

fn row(d: &Diagnosis, column: &Column, moved: bool, drawn: bool) -> Markup {
    let picture = column.picture.as_ref().filter(|_| drawn);
    html! {
        tr.same[!moved] {
            th scope="row" {
                span.name { (shown(&column.name, 60)) }
                span.sub { (shown(&column.role, 20)) " · " (shown(&column.kind, 20)) }
            }
            td.dist { @if let Some(p) = picture {
                (strip(
                    &p.reference.iter().map(|v| v.0).collect::<Vec<_>>(),
                    &p.current.iter().map(|v| v.0).collect::<Vec<_>>(),
                    &in_words(p),
                ))
            } }
            td.trend { @if let Some(p) = picture {
                @let trend: Vec<Option<f64>> = p.trend.iter().map(|v| words::known(*v)).collect();
                @let title = clip(&p.trend_label, 40);
                @if let Some(spark) = sparkline(&trend, p.trend_reference, onset(d, column, p.trend_reference), (128.0, 36.0), &title) {
                    (spark)
                }
            } }
            td.stat {
                @if column.drifted { span.moved { (dot()) "moved" } } @else if moved { span.moved { (dot()) "in a finding" } } @else { span.sub { "as it was" } }
                (evidence(column))
            }
        }
    }
}

/// The mark of a column that moved; not a severity, as drift is not decay.
fn dot() -> Markup {
    html! { svg.shape viewBox="0 0 16 16" aria-hidden="true" { circle cx="8" cy="8" r="8" {} } }
}

/// The onset of the first finding about the column.
fn onset(d: &Diagnosis, column: &Column, reference: usize) -> Option<usize> {
    let about = |f: &&dosimeter_core::diagnosis::Finding| {
        f.severity != Severity::Harmless && f.subject.columns.first() == Some(&column.name)
    };
    let window = d.findings.iter().find(about)?.onset.as_ref()?.window?;
    Some(reference.saturating_add(window))
}

fn evidence(column: &Column) -> Markup {
    let Some(strongest) = words::strongest(&column.evidence) else {
        return html! {};
    };
    let p = words::known(strongest.p_value).map_or(String::new(), |p| format!(", p {}", number::p_value(p)));
    let line = html! { code { (shown(&strongest.statistic, 40)) } " " (number::plain(strongest.value.0)) (p) };
    html! {
        @if column.evidence.len() > 1 {
            details {
                summary { (line) }
                ul { @for e in column.evidence.iter().take(30) { li { (shown(&words::evidence(e), 200)) } } }
            }
        } @else {
            span.sub { (line) }
        }
    }
}
