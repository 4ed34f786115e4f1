//! Where the change of the metric comes from: the parts as a waterfall in the rows of a table.

use dosimeter_core::diagnosis::Diagnosis;
use maud::{Markup, html};

use super::shown;
use crate::chart::{Step, waterfall};
use crate::{number, words};

pub(super) fn section(d: &Diagnosis) -> Markup {
    let parts = words::parts(d);
    if parts.is_empty() {
        return html! {};
    }
    let start = words::known(d.metric.reference).unwrap_or(0.0);
    let mut at = start;
    let mut steps = Vec::new();
    for (_, _, value) in &parts {
        let loss = (*value < 0.0) == d.metric.higher_is_better;
        steps.push(Step { from: at, to: at + value, loss });
        at += value;
    }
    let bars = waterfall(&steps);
    let name = d.metric.name.as_deref().unwrap_or("the metric");
    let interval = |id: &str| {
        let interval = d.decomposition.as_ref().and_then(|parts| parts.interval.get(id)).copied();
        words::known_interval(interval).map_or(String::new(), |(l, h)| number::change_interval(l, h))
    };
    let ends = |title: &str, value: Option<f64>| {
        html! {
            @if let Some(value) = value {
                tr.total { th scope="row" { (title) } td.bar {} td.num { (number::metric(value)) } td.num.interval {} }
            }
        }
    };
    html! {
        section #parts aria-labelledby="parts-title" {
            h2 #parts-title { (words::parts_title(d)) }
            p.about { "Drift is not decay: only what costs " (shown(name, 40)) " is counted here. The parts add up to the change from the reference to the current data as a whole." }
            table.parts {
                caption.sr { "Parts of the change of " (shown(name, 40)) }
                thead { tr {
                    th scope="col" { "Part" } th scope="col" { span.sr { "Drawing" } } th.num scope="col" { "Change" }
                    th.num.interval scope="col" { "95\u{a0}% interval" }
                } }
                tbody {
                    (ends("Reference", words::known(d.metric.reference)))
                    @for ((id, title, value), bar) in parts.iter().zip(bars) { tr {
                        th scope="row" { (title) }
                        td.bar { (bar) }
                        td.num { (number::change(*value)) }
                        td.num.interval { (interval(id)) }
                    } }
                    (ends("Current", words::known(d.metric.current)))
                }
            }
        }
    }
}
