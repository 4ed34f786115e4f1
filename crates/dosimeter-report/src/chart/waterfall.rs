//! How parts add up from one value to another: a bar a part, each beginning where the one before ended.

use maud::{Markup, html};

use super::{Scale, px};

/// One bar: from, to, and whether it makes things worse.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Whether it is a loss.
    pub loss: bool,
}

/// Draws each step 320 by 22, all on one scale. They stand in the rows of a table, which says them in words and
/// numbers, so they are hidden from those who hear the page.
#[must_use]
pub fn waterfall(steps: &[Step]) -> Vec<Markup> {
    let ends = steps.iter().flat_map(|s| [s.from, s.to]).filter(|v| v.is_finite());
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let x = Scale::new((low, high), (4.0, 316.0));
    let draw = |step: &Step| {
        let (a, b) = (x.at(step.from), x.at(step.to));
        let (left, wide) = (a.min(b), (a - b).abs().max(1.5));
        html! {
            svg.fall viewBox="0 0 320 22" aria-hidden="true" {
                rect.loss[step.loss].gain[!step.loss] x=(px(left)) y="4" width=(px(wide)) height="14" rx="2" {}
            }
        }
    };
    steps.iter().map(draw).collect()
}
