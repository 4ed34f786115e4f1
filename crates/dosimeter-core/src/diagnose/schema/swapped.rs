//! Two columns changed places: each now looks like the other did.

use super::super::case::{Case, Sampled, detail, evidence, finding};
use super::{Claims, joint};
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::text::{percent, quoted};

/// More moved columns than this are not a swap but another world.
const MOST: usize = 300;

/// How far apart two columns must lie to be believed without any other sign where most columns moved.
const FAR_APART: f64 = 0.35;

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    let moved: Vec<usize> = (0..case.baseline.columns.len())
        .filter(|j| claims.open(*j) && case.spec(*j).role.is_input() && !super::super::case::is_text(case.spec(*j)))
        .filter(|j| case.values_moved(*j) || case.special_moved(*j, crate::profile::grid::Special::Other))
        .take(MOST)
        .collect();
    let inputs = (0..case.baseline.columns.len()).filter(|j| case.spec(*j).role.is_input()).count();
    let world_changed = moved.len() > 4 && 2 * moved.len() > inputs;
    let views: Vec<(usize, super::super::case::Affected, Sampled, Sampled)> = moved
        .iter()
        .filter_map(|j| {
            let series = loudest(case, *j)?;
            let affected = case.affected_by(series);
            let now = Sampled::of(case.spec(*j), case.current, *j, Some(&affected.inner())).thinned();
            Some((*j, affected, Sampled::of(case.spec(*j), &case.baseline.reference, *j, None).thinned(), now))
        })
        .collect();
    for (i, (a, affected, a_then, a_now)) in views.iter().enumerate() {
        for (b, _, b_then, b_now) in views.iter().skip(i + 1) {
            if !claims.open(*a) || !claims.open(*b) || a_now.present() < 20 || b_now.present() < 20 {
                continue;
            }
            let crossed = a_now.distance(b_then).0.max(b_now.distance(a_then).0);
            let straight = a_now.distance(a_then).0.min(b_now.distance(b_then).0);
            let fits = a_now.like(b_then, 0.01) && b_now.like(a_then, 0.01);
            let noise = a_now.distance(a_then).1.max(b_now.distance(b_then).1);
            // Among many columns some pair crosses by chance where rows are few: ask for far more than that.
            if !fits || straight < 3.0 * crossed || straight - crossed < 0.05 || straight < 2.0 * noise {
                continue;
            }
            let moved_places = match joint::relations_exchanged(case, *a, *b, &affected.inner()) {
                Some(exchanged) => exchanged,
                // Where the whole world changed, two of many columns may cross.
                None => !world_changed || straight >= FAR_APART,
            };
            if !moved_places {
                continue;
            }
            let (x, y) = (&case.spec(*a).name, &case.spec(*b).name);
            let share = case.share_of(&affected.windows);
            let mut f = finding(
                Mode::SchemaChange,
                Some("columns_swapped"),
                &[x.as_str(), y.as_str()],
                format!("{} and {} changed places ({} of the rows)", quoted(x), quoted(y), percent(share)),
            );
            let both = Detail::List(vec![x.as_str().into(), y.as_str().into()]);
            f.detail = detail([
                ("columns", both),
                ("distance_crossed", crossed.into()),
                ("distance_straight", straight.into()),
            ]);
            f.onset = Some(affected.onset.clone());
            f.share = Some(Number(share));
            f.evidence = vec![evidence("distance_straight", straight), evidence("distance_crossed", crossed)];
            claims.claim(&[*a, *b], f);
        }
    }
}

fn loudest<'c>(case: &'c Case<'_>, column: usize) -> Option<&'c crate::evidence::shift::Series> {
    let shift = case.shift(column)?;
    shift.values.iter().chain(&shift.specials).min_by(|a, b| a.p().total_cmp(&b.p()))
}
