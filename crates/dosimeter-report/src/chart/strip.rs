//! Two distributions in one table cell: the current one stands on the line, the reference hangs below it.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{Scale, fractions, largest, px};

/// Cells drawn; a longer picture loses its tail, which holds least.
const MOST: usize = 32;

/// Draws it 128 by 36.
#[must_use]
pub fn strip(reference: &[f64], current: &[f64], title: &str) -> Markup {
    let (width, half) = (128.0, 18.0);
    let cells = reference.len().max(current.len()).min(MOST);
    let (reference, current) = (fractions(reference, cells), fractions(current, cells));
    let size = Scale::new((0.0, largest(reference.iter().chain(&current))), (0.0, half - 1.0));
    // A handful of categories must not become a wall.
    let step = (width / cells.max(1) as f64).min(14.0);
    let bars = |values: &[f64], up: f64| {
        let mut out = String::new();
        for (i, v) in values.iter().enumerate().filter(|(_, v)| **v > 0.0) {
            let (x, wide) = (px(i as f64 * step), px((step - 1.0).max(0.5)));
            let tall = size.at(*v).max(0.5);
            let _ = write!(out, "M{x} {}h{wide}v{}h-{wide}z", px(half - up * 0.5), px(-up * tall));
        }
        out
    };
    html! {
        svg.strip role="img" preserveAspectRatio="xMinYMid" viewBox={ "0 0 " (px(width)) " " (px(2.0 * half)) } {
            title { (title) }
            path.now d=(bars(&current, 1.0)) {}
            path.was d=(bars(&reference, -1.0)) {}
        }
    }
}
