//! A number's two distributions over the same cells: the reference as a filled shape, the current one as an outline.

use maud::{Markup, html};

use super::{Scale, fractions, largest, px};

/// Draws it 280 by 96. The last `apart` cells are no ranges (`null`, `other`) and stand apart.
#[must_use]
pub fn histogram_pair(reference: &[f64], current: &[f64], apart: usize, title: &str, description: &str) -> Markup {
    let (width, height, floor) = (280.0, 96.0, 90.0);
    let cells = reference.len().max(current.len());
    let (reference, current) = (fractions(reference, cells), fractions(current, cells));
    let y = Scale::new((0.0, largest(reference.iter().chain(&current))), (floor, 6.0));
    let ranges = cells.saturating_sub(apart);
    let gap = if apart > 0 && ranges > 0 { 10.0 } else { 0.0 };
    let step = (width - gap) / cells.max(1) as f64;
    let x = |i: usize| i as f64 * step + if i >= ranges { gap } else { 0.0 };
    let (head, tail) = (|v: &[f64]| v.iter().take(ranges).copied().collect::<Vec<_>>(), ranges..cells);
    html! {
        svg.pair role="img" viewBox={ "0 0 " (px(width)) " " (px(height)) } {
            title { (title) }
            desc { (description) }
            path.was d=(steps(&head(&reference), step, &y, floor)) {}
            path.now d=(steps(&head(&current), step, &y, floor)) {}
            @for i in tail {
                @let (was, now) = (reference.get(i).copied().unwrap_or(0.0), current.get(i).copied().unwrap_or(0.0));
                rect.was x=(px(x(i) + 1.0)) y=(px(y.at(was))) width=(px(step - 2.0)) height=(px(floor - y.at(was))) {}
                rect.now x=(px(x(i) + 1.0)) y=(px(y.at(now))) width=(px(step - 2.0)) height=(px(floor - y.at(now))) {}
            }
            line.axis x1="0" x2=(px(width)) y1=(px(floor)) y2=(px(floor)) {}
        }
    }
}

/// The outline of a histogram: up, along and down again.
fn steps(values: &[f64], step: f64, y: &Scale, floor: f64) -> String {
    let mut out = format!("M0 {}", px(floor));
    for (i, v) in values.iter().enumerate() {
        out.push_str(&format!("V{}H{}", px(y.at(*v)), px((i + 1) as f64 * step)));
    }
    out.push_str(&format!("V{}", px(floor)));
    out
}
