//! The null rate jumped; NaN and infinities count as values that went missing.

use super::super::case::{Case, detail, finding, series_evidence};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::profile::grid::Special;
use crate::profile::schema::Role;
use crate::text::{percent, quoted};

/// A smaller jump than this is not worth a word.
pub(crate) const LEAST: f64 = 0.01;

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let spec = case.spec(column);
        // Labels come late; the label feed has a check of its own.
        if !claims.open(column) || matches!(spec.role, Role::Label | Role::Ignore | Role::Time) {
            continue;
        }
        for (special, what) in [
            (Special::Null, "null"),
            (Special::NaN, "NaN"),
            (Special::Infinity, "Infinity"),
            (Special::NegativeInfinity, "-Infinity"),
        ] {
            let Some(series) = case.special(column, special).filter(|_| case.special_moved(column, special)) else {
                continue;
            };
            let affected = case.affected_by(series);
            let counts = case.counts_in(column, &affected.windows);
            let cell = spec.grid.special(special);
            let now = counts.get(cell).copied().unwrap_or(0) as f64 / counts.iter().sum::<u64>().max(1) as f64;
            let then = series.component.reference_mean;
            if (now - then).abs() < LEAST {
                continue;
            }
            let rose = now > then;
            let mut f = finding(
                Mode::SchemaChange,
                Some(if rose { "null_rate_jumped" } else { "null_rate_fell" }),
                &[spec.name.as_str()],
                format!(
                    "{} is {what} in {} of the rows, {} in the reference",
                    quoted(&spec.name),
                    percent(now),
                    percent(then)
                ),
            );
            f.detail = detail([("reference", then.into()), ("current", now.into()), ("value", Detail::from(what))]);
            f.share = Some(Number(now * case.share_of(&affected.windows)));
            f.onset = Some(affected.onset);
            f.evidence = vec![series_evidence(case, column, series)];
            // The values that are left may still move for a reason of their own, so the column stays open where they do.
            if case.values_moved(column) {
                claims.findings.push(f)
            } else {
                claims.claim(&[column], f)
            }
            break;
        }
    }
}
