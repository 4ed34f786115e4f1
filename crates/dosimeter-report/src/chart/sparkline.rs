//! One figure over the windows, small: reference shaded, onset marked, the last value dotted.

use maud::{Markup, html};

use super::{Scale, path, px};

/// Draws it `width` by `height`; `None` with fewer than two values. `onset` counts from the first reference window.
#[must_use]
pub fn sparkline(
    values: &[Option<f64>],
    reference: usize,
    onset: Option<usize>,
    (width, height): (f64, f64),
    title: &str,
) -> Option<Markup> {
    let known: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    if known.len() < 2 {
        return None;
    }
    let (low, high) = range(known.iter().copied());
    // Noise is not drawn as mountains: the scale spans a tenth of the level at least, and three times what the
    // reference itself wobbles.
    let (was_low, was_high) = range(values.iter().take(reference).flatten().copied().filter(|v| v.is_finite()));
    let span = (high - low).max(high.abs().max(low.abs()) * 0.1).max(3.0 * (was_high - was_low));
    let middle = low / 2.0 + high / 2.0;
    let y = Scale::new((middle - span / 2.0, middle + span / 2.0), (height - 4.0, 4.0));
    let step = width / values.len() as f64;
    let at = |i: usize, v: f64| ((i as f64 + 0.5) * step, y.at(v));
    let points = || values.iter().enumerate().map(|(i, v)| v.filter(|v| v.is_finite()).map(|v| at(i, v)));
    let last = points().flatten().last();
    Some(html! {
        svg.spark role="img" preserveAspectRatio="xMinYMid" viewBox={ "0 0 " (px(width)) " " (px(height)) } {
            title { (title) }
            @if reference > 0 {
                rect.zone x="0" y="0" width=(px(reference.min(values.len()) as f64 * step)) height=(px(height)) {}
            }
            @if let Some(onset) = onset.filter(|at| *at < values.len()) {
                line.onset x1=(px(onset as f64 * step)) x2=(px(onset as f64 * step)) y1="0" y2=(px(height)) {}
            }
            path.line d=(path(points())) {}
            @if let Some((cx, cy)) = last { circle.dot cx=(px(cx)) cy=(px(cy)) r="2.5" {} }
        }
    })
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}
