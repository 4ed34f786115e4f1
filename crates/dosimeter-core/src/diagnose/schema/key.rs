//! The key is no longer unique.

use std::collections::BTreeSet;

use super::super::case::{Case, detail, evidence, finding};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::Number;
use crate::profile::schema::Role;
use crate::text::{percent, quoted};

/// The window in which sampled keys begin to repeat; `None` where the sample holds too few repeats to say.
fn first_repeat(case: &Case<'_>, column: usize) -> Option<usize> {
    let sample = &case.current.sample;
    let keys = sample.columns.get(column)?;
    let mut seen = BTreeSet::new();
    let mut repeats = keys
        .texts
        .iter()
        .filter(|(_, text)| !seen.insert(text.as_str()))
        .filter_map(|(i, _)| sample.windows.get(*i as usize).map(|w| *w as usize));
    let first = repeats.next()?;
    (repeats.count() >= 4).then_some(first)
}

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    let Some(column) = case.baseline.column_with(Role::Id) else {
        return;
    };
    let (Some(then), Some(now)) = (&case.baseline.reference.keys, &case.current.keys) else {
        return;
    };
    let ((before, _), (share, measured)) = (then.repeated(), now.repeated());
    let repeats = (share * measured as f64).round();
    // A key that repeats in the reference is a group, not a key.
    if before > 0.001 || share < 0.0005 || share < 5.0 * before || repeats < 3.0 {
        return;
    }
    let name = &case.spec(column).name;
    let mut f = finding(
        Mode::SchemaChange,
        Some("key_not_unique"),
        &[name.as_str()],
        format!("{} is no longer unique: {} of the rows repeat a key", quoted(name), percent(share)),
    );
    f.detail = detail([
        ("duplicates", (share * now.rows as f64).round().into()),
        ("reference", before.into()),
        ("current", share.into()),
    ]);
    let last = case.current.windows.len().saturating_sub(1);
    f.onset = Some(
        first_repeat(case, column)
            .map_or_else(|| case.onset_at(0, 0, last), |w| case.onset_at(w, w.saturating_sub(1), w)),
    );
    f.share = Some(Number(share));
    f.evidence = vec![evidence("repeated_share", share)];
    claims.claim(&[column], f);
}
