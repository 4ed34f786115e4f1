//! The metric over time: reference shaded, interval as a band, tolerance as a line, onset marked.

use maud::{Markup, html};

use super::{Scale, path, px, ticks};
use crate::number;

/// One window.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// The measured metric.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Whether the value is an estimate; drawn hollow.
    pub estimated: bool,
    /// A label for the axis, shown where there is room.
    pub label: String,
}

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Reference windows, then current ones.
    pub points: Vec<Point>,
    /// How many of them belong to the reference.
    pub reference: usize,
    /// The value at which the loss is no longer tolerated.
    pub limit: Option<f64>,
    /// The index of the point at which it began, and its date.
    pub onset: Option<(usize, String)>,
    /// The drawing's name.
    pub title: String,
    /// The drawing in words.
    pub description: String,
}

/// Draws it `width` by `height`; `None` where no window has a value.
#[must_use]
pub fn line_with_band(t: &Timeline, width: f64, height: f64, class: &str) -> Option<Markup> {
    let (left, right, top, bottom) = (52.0, 12.0, 26.0, 28.0);
    let seen = t.points.iter().flat_map(|p| {
        let (low, high) = p.interval.unzip();
        [p.value, low, high]
    });
    let finite = seen.chain([t.limit]).flatten().filter(|v| v.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high || !t.points.iter().any(|p| p.value.is_some()) {
        return None;
    }
    let pad = ((high - low) * 0.08).max(high.abs() * 0.01);
    let (low, high) = (low - pad, high + pad);
    let y = Scale::new((low, high), (height - bottom, top));
    let step = (width - left - right) / t.points.len().max(1) as f64;
    let x = |i: usize| left + (i as f64 + 0.5) * step;
    let (values, decimals) = ticks(low, high);
    let reference = left + t.reference.min(t.points.len()) as f64 * step;
    let at = |i: usize, v: Option<f64>| v.filter(|v| v.is_finite()).map(|v| (x(i), y.at(v)));
    let line = path(t.points.iter().enumerate().map(|(i, p)| at(i, p.value)));
    // Labels take about 70 pixels; the last one must not run out of the drawing.
    let every = (76.0 / step).ceil().max(1.0) as usize;
    let mut labels: Vec<(usize, &str)> = t.points.iter().map(|p| p.label.as_str()).enumerate().step_by(every).collect();
    labels.retain(|(i, label)| !label.is_empty() && x(*i) < width - right - 20.0);
    labels.dedup_by_key(|(_, label)| *label);
    Some(html! {
        svg class=(class) role="img" viewBox={ "0 0 " (px(width)) " " (px(height)) } {
            title { (t.title) }
            desc { (t.description) }
            @if t.reference > 0 {
                rect.zone x=(px(left)) y=(px(top)) width=(px(reference - left)) height=(px(height - top - bottom)) {}
                text.note x=(px(left + 8.0)) y=(px(height - bottom - 9.0)) { "reference" }
            }
            @for v in values {
                line.grid x1=(px(left)) x2=(px(width - right)) y1=(px(y.at(v))) y2=(px(y.at(v))) {}
                text.tick x=(px(left - 8.0)) y=(px(y.at(v) + 4.0)) text-anchor="end" { (number::fixed(v, decimals)) }
            }
            @if let Some(limit) = t.limit.filter(|v| v.is_finite()) {
                line.limit x1=(px(left)) x2=(px(width - right)) y1=(px(y.at(limit))) y2=(px(y.at(limit))) {}
                text.note x=(px(width - right)) y=(px(y.at(limit) - 6.0)) text-anchor="end" { "tolerated" }
            }
            path.band d=(band(t, &x, &y)) {}
            path.line d=(line) {}
            @for (i, p) in t.points.iter().enumerate() {
                @if let Some((cx, cy)) = at(i, p.value) {
                    circle.dot.hollow[p.estimated] cx=(px(cx)) cy=(px(cy)) r="3" {}
                }
            }
            @for (i, label) in labels {
                text.tick x=(px(x(i))) y=(px(height - 8.0)) text-anchor="middle" { (label) }
            }
            @if let Some((i, date)) = &t.onset {
                @let at = x(*i) - step / 2.0;
                line.onset x1=(px(at)) x2=(px(at)) y1=(px(top - 6.0)) y2=(px(height - bottom)) {}
                @let end = at > width * 0.7;
                text.since x=(px(if end { at - 6.0 } else { at + 6.0 })) y=(px(top - 6.0)) text-anchor=[end.then_some("end")] {
                    "since " (date)
                }
            }
        }
    })
}

/// The interval as closed shapes, one for each run of windows that have one.
fn band(t: &Timeline, x: &impl Fn(usize) -> f64, y: &Scale) -> String {
    let mut out = String::new();
    let mut run: Vec<(f64, f64, f64)> = Vec::new();
    let mut close = |run: &mut Vec<(f64, f64, f64)>| {
        if run.len() > 1 {
            let upper = run.iter().map(|(x, _, high)| Some((*x, *high)));
            let lower = run.iter().rev().map(|(x, low, _)| Some((*x, *low)));
            out.push_str(&path(upper.chain(lower)));
            out.push('Z');
        }
        run.clear();
    };
    for (i, p) in t.points.iter().enumerate() {
        match p.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            Some((low, high)) => run.push((x(i), y.at(low), y.at(high))),
            None => close(&mut run),
        }
    }
    close(&mut run);
    out
}
