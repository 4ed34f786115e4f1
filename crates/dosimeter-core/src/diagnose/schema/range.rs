//! Values left the reference's range though the body of the column stayed.

use super::super::case::{Case, Sampled, detail, finding, series_evidence};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::evidence::component::Kind;
use crate::profile::{ColumnKind, Grid, Role};
use crate::text::{digits, percent, quoted};

/// The share of rows beyond the range from which on a column moved as a whole.
const MOST: f64 = 0.5;

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let spec = case.spec(column);
        let Grid::Number { edges, .. } = &spec.grid else {
            continue;
        };
        if !claims.open(column)
            || spec.kind != ColumnKind::Number
            || !(spec.role.is_input() || spec.role == Role::Score)
        {
            continue;
        }
        let (Some(low), Some(high)) = (edges.first(), edges.last()) else {
            continue;
        };
        let width = high - low;
        let k = spec.grid.value_cells();
        let Some(shift) = case.shift(column) else {
            continue;
        };
        for series in &shift.specials {
            let below = match series.component.kind {
                Kind::Share(0) => true,
                Kind::Share(c) if c + 1 == k => false,
                _ => continue,
            };
            if series.p() * 4.0 >= case.budget.schema_per_column {
                continue;
            }
            let affected = case.affected_by(series);
            let now = Sampled::of(spec, case.current, column, Some(&affected.windows)).numbers;
            let outside: Vec<f64> = now.iter().copied().filter(|x| if below { x < low } else { x >= high }).collect();
            let counts = case.counts_in(column, &affected.windows);
            let share = counts.get(if below { 0 } else { k - 1 }).copied().unwrap_or(0) as f64
                / counts.iter().sum::<u64>().max(1) as f64;
            let Some(middle) = outside.get(outside.len() / 2) else {
                continue;
            };
            let beyond = if below { low - middle } else { middle - high };
            // A column that drifts as a whole drags its ends along: that is drift. A sign that was never seen is not.
            let sign = below && *low >= 0.0 && *middle < 0.0;
            // Nor is a probability beyond 0 to 1: such a score is none any more.
            let probability = spec.role == Role::Score && *low >= 0.0 && high.next_down() <= 1.0;
            let none = probability && if below { *middle < 0.0 } else { *middle > 1.0 };
            // Where most rows lie beyond it the body did not stay either.
            let whole = share > MOST && case.worth_naming(column);
            if share < 0.005 || (!none && (beyond < 0.1 * width || whole || (case.values_moved(column) && !sign))) {
                continue;
            }
            let reach = if below { outside.first() } else { outside.last() }.copied().unwrap_or(*middle);
            let mut f = finding(
                Mode::SchemaChange,
                Some("range_left"),
                &[spec.name.as_str()],
                format!(
                    "{} left its range {} to {}: {} of the rows lie {}, as far as {}",
                    quoted(&spec.name),
                    digits(*low),
                    digits(high.next_down()),
                    percent(share),
                    if below { "below" } else { "above" },
                    digits(reach)
                ),
            );
            let pair = |a: f64, b: f64| Detail::List(vec![a.into(), b.into()]);
            let (first, last) = (now.first().copied().unwrap_or(*low), now.last().copied().unwrap_or(*high));
            f.detail = detail([
                ("reference", pair(*low, high.next_down())),
                ("current", pair(first, last)),
                ("share_outside", share.into()),
            ]);
            f.share = Some(Number(share * case.share_of(&affected.windows)));
            f.onset = Some(affected.onset.clone());
            f.evidence = vec![series_evidence(case, column, series)];
            claims.claim(&[column], f);
            break;
        }
    }
}
