//! A category's shares in both periods: two thin bars a value, the reference above, the current below.

use maud::{Markup, html};

use super::{Scale, fractions, largest, px};
use crate::{escape, number};

/// Values drawn; the rest is summed.
const MOST: usize = 6;

/// Draws it 280 wide, a row for each of the values that hold or moved most.
#[must_use]
pub fn bars_pair(cells: &[String], reference: &[f64], current: &[f64], title: &str, description: &str) -> Markup {
    // A share that is not known has no bar, and no figure either.
    let shown = |i: usize| {
        let known = current.get(i).is_some_and(|v| v.is_finite());
        if known { None } else { Some(number::UNKNOWN.to_owned()) }
    };
    let unknown: Vec<Option<String>> = (0..cells.len()).map(shown).collect();
    let (reference, current) = (fractions(reference, cells.len()), fractions(current, cells.len()));
    let mut rows: Vec<(String, f64, f64, String)> = cells
        .iter()
        .zip(reference)
        .zip(current)
        .zip(unknown)
        .map(|(((cell, was), now), unknown)| {
            let figure = unknown.unwrap_or_else(|| number::percent(now));
            (escape::clip(cell, 16), was, now, figure)
        })
        .collect();
    rows.sort_by(|a, b| b.1.max(b.2).total_cmp(&a.1.max(a.2)));
    if rows.len() > MOST {
        let rest = rows.split_off(MOST - 1);
        let sum = |f: fn(&(String, f64, f64, String)) -> f64| rest.iter().map(f).sum::<f64>();
        let (was, now) = (sum(|r| r.1), sum(|r| r.2));
        rows.push((format!("{} others", rest.len()), was, now, number::percent(now)));
    }
    let x = Scale::new((0.0, largest(rows.iter().flat_map(|r| [&r.1, &r.2]))), (0.0, 106.0));
    let height = rows.len() as f64 * 26.0 + 2.0;
    html! {
        svg.pair role="img" viewBox={ "0 0 280 " (px(height)) } {
            title { (title) }
            desc { (description) }
            @for (i, (cell, was, now, figure)) in rows.iter().enumerate() {
                @let y = i as f64 * 26.0 + 4.0;
                text.cell x="108" y=(px(y + 13.0)) text-anchor="end" { (cell) }
                rect.was x="116" y=(px(y)) width=(px(x.at(*was))) height="8" {}
                rect.now x="116" y=(px(y + 9.0)) width=(px(x.at(*now))) height="8" {}
                text.cell x="280" y=(px(y + 13.0)) text-anchor="end" { (figure) }
            }
        }
    }
}
