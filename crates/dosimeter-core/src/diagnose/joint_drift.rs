//! Inputs that each stayed as they were and no longer go together as they did.
//!
//! Only what no other finding explains: a column that broke or drifted goes with nothing as it did, and that is one fault. The
//! others are judged by their relations alone ([`crate::joint`]), at a share of the alarm budget of their own, a third for each
//! of the three tests.

use super::case::{Affected, Case, detail, evidence, finding};
use super::schema::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Evidence, Finding, Number, Onset};
use crate::joint::copula::block_rows;
use crate::joint::domain::{Domain, domain};
use crate::joint::reconstruction::{Reconstruction, reconstruction};
use crate::joint::relation::{Pair, Relations, relations, tested};
use crate::joint::{Copula, Shift};
use crate::profile::grid::{Grid, Special};
use crate::profile::{ColumnKind, PeriodProfile};
use crate::text::{count, digits, quoted};

/// Columns that are looked at; further ones are left out.
const MOST_COLUMNS: usize = 100;
/// Rows times pairs that one period may cost.
const PAIR_BUDGET: usize = 50_000_000;
/// The most and the fewest sampled rows of a period that are read.
const MOST_ROWS: usize = 20_000;
const FEWEST_ROWS: usize = 2_000;
/// Blocks that a reference needs to show how much its relations wobble.
const LEAST_BLOCKS: usize = 4;
/// Columns that a finding names at most.
const NAMED: usize = 4;
/// Changes not worth a word: of a correlation, of the reconstruction error in its own standard deviations, and of the AUC.
const LEAST_CHANGE: f64 = 0.05;
const LEAST_ERROR: f64 = 0.05;
const LEAST_AUC: f64 = 0.02;
/// How many tests share the budget.
const TESTS: f64 = 3.0;

/// What the three tests say of one table.
struct Joint {
    columns: Vec<usize>,
    reference: Copula,
    current: Copula,
    relations: Relations,
    reconstruction: Option<Reconstruction>,
    domain: Option<Domain>,
}

/// The finding that relations changed, where they did.
pub(crate) fn find(case: &Case<'_>, claims: &Claims, findings: &[Finding]) -> Option<Finding> {
    let joint = examine(case, claims, findings)?;
    let alpha = case.budget.joint / TESTS;
    let pairs = joint.relations.pairs.len() as f64;
    let certain = |p: &&Pair| p.shift.p * pairs < alpha && p.shift.change.abs() >= LEAST_CHANGE;
    let changed: Vec<&Pair> = joint.relations.pairs.iter().filter(certain).collect();
    let off = joint
        .reconstruction
        .as_ref()
        .filter(|r| r.shift.p < alpha && r.shift.change.abs() >= LEAST_ERROR * r.shift.variance.sqrt());
    let apart = joint.domain.as_ref().filter(|d| d.p < alpha && d.auc.value - 0.5 >= LEAST_AUC);
    // A correlation says more to people than other relations do: it leads wherever it is as certain.
    let lead = changed.iter().find(|p| p.is_correlation()).or(changed.first());
    let mut f = match (lead, apart, off) {
        (Some(_), _, _) if scattered(&changed) => of_many(case, &joint, &changed),
        (Some(pair), _, _) => of_pair(case, &joint, pair, &changed),
        (None, Some(told), _) => of_domain(case, &joint, told),
        (None, None, Some(off)) => of_error(case, &joint, off),
        (None, None, None) => return None,
    };
    f.evidence = all_evidence(&joint, pairs);
    f.detail.insert("rows_reference".to_owned(), (joint.reference.rows() as f64).into());
    f.detail.insert("rows_current".to_owned(), (joint.current.rows() as f64).into());
    f.detail.insert("columns".to_owned(), (joint.columns.len() as f64).into());
    Some(f)
}

fn examine(case: &Case<'_>, claims: &Claims, findings: &[Finding]) -> Option<Joint> {
    let columns = open_columns(case, claims, findings);
    if columns.len() < 2 {
        return None;
    }
    let most = (PAIR_BUDGET / tested(columns.len()).max(1)).clamp(FEWEST_ROWS, MOST_ROWS);
    let rows = [&case.baseline.reference, case.current].map(|period| rows_by_window(period, most));
    let least = block_rows(rows[0].len());
    let seed = case.baseline.watch.seed;
    let copula = |period: &PeriodProfile, rows: &[usize], salt: u64| {
        let values: Vec<Vec<f64>> = columns.iter().map(|j| values(case, period, *j, rows)).collect();
        let windows = rows.iter().filter_map(|i| period.sample.windows.get(*i)).copied().collect();
        Copula::new(&values, windows, least, seed.wrapping_add(salt))
    };
    let reference = copula(&case.baseline.reference, &rows[0], 0);
    if reference.blocks.len() < LEAST_BLOCKS || rows[1].len() < crate::joint::copula::LEAST_ROWS {
        return None;
    }
    let current = copula(case.current, &rows[1], 1);
    let ordered = case.baseline.ordered;
    let relations = relations(&reference, &current, ordered);
    let reconstruction = reconstruction(&reference, &current, relations.lasts, ordered);
    let alpha = case.budget.joint / TESTS;
    let domain = domain(&reference, &current, relations.lasts, ordered, alpha, seed);
    Some(Joint { columns, reference, current, relations, reconstruction, domain })
}

/// Inputs with several values of which no finding speaks yet.
fn open_columns(case: &Case<'_>, claims: &Claims, findings: &[Finding]) -> Vec<usize> {
    let named = |name: &String| findings.iter().any(|f| f.subject.columns.contains(name));
    let varies = |j: usize| {
        let counts = case.reference_counts(j);
        let values = counts.get(..case.spec(j).grid.value_cells()).unwrap_or(&[]);
        let most = values.iter().copied().max().unwrap_or(0);
        (most as f64) < 0.95 * counts.iter().sum::<u64>() as f64 && values.iter().filter(|n| **n > 0).count() > 1
    };
    (0..case.baseline.columns.len())
        .filter(|j| case.spec(*j).role.is_input() && !claims.explained.contains(j) && !named(&case.spec(*j).name))
        .filter(|j| case.baseline.part_of(*j).is_none())
        .filter(|j| matches!(case.spec(*j).kind, ColumnKind::Number | ColumnKind::Boolean | ColumnKind::Category))
        .filter(|j| varies(*j))
        .take(MOST_COLUMNS)
        .collect()
}

/// Positions of sampled rows that lie in a window, by window, at most about `most`, evenly.
fn rows_by_window(period: &PeriodProfile, most: usize) -> Vec<usize> {
    let window = |i: &usize| period.sample.windows.get(*i).copied().unwrap_or(u32::MAX);
    let mut rows: Vec<usize> =
        (0..period.sample.len()).filter(|i| (window(i) as usize) < period.windows.len()).collect();
    rows.sort_by_key(window);
    let step = rows.len().div_ceil(most).max(1);
    rows.into_iter().step_by(step).collect()
}

/// A column's values among some rows, as something that can be ranked; NaN where there is none. Categories stand in the order
/// of the grid.
fn values(case: &Case<'_>, period: &PeriodProfile, column: usize, rows: &[usize]) -> Vec<f64> {
    let grid = &case.spec(column).grid;
    let sampled = period.sample.columns.get(column);
    let other = grid.special(Special::Other);
    let value = |i: &usize| -> Option<f64> {
        let sampled = sampled?;
        match grid {
            Grid::Number { .. } => sampled.numbers.get(*i).copied().filter(|x| x.is_finite()),
            Grid::Category { .. } => {
                sampled.codes.get(*i).map(|c| usize::from(*c)).filter(|c| *c <= other).map(|c| c as f64)
            }
        }
    };
    rows.iter().map(|i| value(i).unwrap_or(f64::NAN)).collect()
}

/// A score of the current rows that moved, and against what.
struct Moved<'a> {
    scores: &'a [f64],
    reference: f64,
    variance: f64,
    wobble: f64,
    since: usize,
}

/// Where a score of the current rows is off, and since when.
fn dated(case: &Case<'_>, joint: &Joint, moved: &Moved<'_>) -> Affected {
    if !case.baseline.ordered {
        return case.everywhere();
    }
    let windows = case.current.windows.len();
    let (mut sums, mut rows) = (vec![0.0; windows], vec![0.0; windows]);
    for (score, window) in moved.scores.iter().zip(&joint.current.windows) {
        if let (Some(sum), Some(n)) = (sums.get_mut(*window as usize), rows.get_mut(*window as usize)) {
            *sum += score - moved.reference;
            *n += 1.0;
        }
    }
    let deviations: Vec<f64> = sums.iter().zip(&rows).map(|(s, n)| if *n > 0.0 { s / n } else { f64::NAN }).collect();
    let error = |n: &f64| if *n > 0.0 { moved.variance / n + moved.wobble } else { f64::INFINITY };
    let variances: Vec<f64> = rows.iter().map(error).collect();
    let found = case.affected(&deviations, &variances, 0.0);
    if found.sharp {
        return found;
    }
    let block = joint.current.blocks.get(moved.since).map_or(0, |b| b.start);
    let since = joint.current.windows.get(block).map_or(0, |w| *w as usize);
    let onset = case.onset_at(since, 0, windows.saturating_sub(1));
    Affected { windows: (since..windows).collect(), onset, sharp: false, border: None }
}

fn fill(case: &Case<'_>, affected: Affected, f: &mut Finding) {
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.onset = Some(affected.onset).filter(|o| *o != Onset::default());
}

fn name<'a>(case: &'a Case<'_>, joint: &Joint, column: usize) -> &'a str {
    joint.columns.get(column).map_or("", |j| case.spec(*j).name.as_str())
}

/// Columns from which on a change is one of the whole table, unless one column is in most of the pairs.
const SCATTERED: usize = 8;

fn scattered(changed: &[&Pair]) -> bool {
    let mut times = std::collections::BTreeMap::new();
    changed.iter().flat_map(|p| p.columns).for_each(|c| *times.entry(c).or_insert(0) += 1);
    times.len() >= SCATTERED && times.values().all(|n| n * 2 < changed.len())
}

fn of_many(case: &Case<'_>, joint: &Joint, changed: &[&Pair]) -> Finding {
    let correlations = || changed.iter().filter(|p| p.is_correlation());
    let n = correlations().count().max(1) as f64;
    let size = |of: fn(&Pair) -> f64| correlations().map(|p| of(p).abs()).sum::<f64>() / n;
    let (then, now) = (size(|p| p.reference), size(Pair::current));
    let columns = most_changed(changed.iter().copied());
    let names: Vec<&str> = columns.iter().map(|c| name(case, joint, *c)).collect();
    let mut partners: Vec<[usize; 2]> = changed.iter().map(|p| p.columns).collect();
    partners.sort_unstable();
    partners.dedup();
    let sizes = match correlations().count() {
        0 => String::new(),
        _ => format!(", rank correlations of a mean size of {} → {}", digits(round(then)), digits(round(now))),
    };
    let message = format!(
        "the inputs go together otherwise than before though each stayed: {} pairs changed{sizes}{}",
        count(partners.len() as u64),
        most(&names)
    );
    let mut f = finding(Mode::DataDrift, Some("joint_shift"), &names, message);
    f.detail = detail([("pairs", pairs_detail(case, joint, changed))]);
    // One series of all of them: each pair's score in the direction of its change.
    if let Some(lead) = changed.first() {
        let mut scores = vec![0.0; joint.current.rows()];
        for p in changed.iter().take(MOST_DATED) {
            let sign = p.shift.change.signum();
            let own = p.scores(&joint.current);
            scores.iter_mut().zip(own).for_each(|(sum, s)| *sum += sign * (s - p.reference));
        }
        let n = changed.len().min(MOST_DATED) as f64;
        scores.iter_mut().for_each(|s| *s /= n);
        let variance = scores.iter().map(|s| s * s).sum::<f64>() / scores.len().max(1) as f64;
        let moved =
            Moved { scores: &scores, reference: 0.0, variance, wobble: lead.shift.wobble, since: lead.shift.since };
        fill(case, dated(case, joint, &moved), &mut f);
    }
    f
}

/// Pairs that date a change of the whole table.
const MOST_DATED: usize = 50;

/// The columns of the surest pairs.
fn most_changed<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Vec<usize> {
    let mut columns: Vec<usize> = Vec::new();
    for c in pairs.flat_map(|p| p.columns) {
        if !columns.contains(&c) && columns.len() < NAMED {
            columns.push(c);
        }
    }
    columns
}

fn pairs_detail(case: &Case<'_>, joint: &Joint, changed: &[&Pair]) -> Detail {
    let entry = |p: &&Pair| {
        let [a, b] = p.columns.map(|c| name(case, joint, c));
        let kind = if p.is_correlation() { "rank_correlation" } else { "shape" };
        let mut map = detail([("first", a.into()), ("second", b.into()), ("relation", kind.into())]);
        map.extend(detail([("reference", p.reference.into()), ("current", p.current().into())]));
        Detail::Map(map)
    };
    Detail::List(changed.iter().take(8).map(entry).collect())
}

fn of_pair(case: &Case<'_>, joint: &Joint, lead: &Pair, changed: &[&Pair]) -> Finding {
    // The columns of the lead, then of the others as they come: those of one fault share a column.
    let mut columns: Vec<usize> = lead.columns.to_vec();
    for pair in changed {
        let shared = pair.columns.iter().any(|c| columns.contains(c));
        for c in pair.columns {
            if shared && !columns.contains(&c) && columns.len() < NAMED {
                columns.push(c);
            }
        }
    }
    let mut partners: Vec<[usize; 2]> = changed.iter().map(|p| p.columns).collect();
    partners.sort_unstable();
    partners.dedup();
    let more = partners.len() - 1;
    let [a, b] = lead.columns.map(|c| quoted(name(case, joint, c)));
    let what = if lead.is_correlation() {
        let (x, y) = (lead.reference, lead.current());
        format!("rank correlation {} → {}", digits(round(x)), digits(round(y)))
    } else {
        "no correlation shows it".to_owned()
    };
    let others = match more {
        0 => String::new(),
        1 => ", and so did one other pair".to_owned(),
        n => format!(", and so did {} other pairs", count(n as u64)),
    };
    let names: Vec<&str> = columns.iter().map(|c| name(case, joint, *c)).collect();
    let message = format!("the relation of {a} and {b} changed though neither did alone: {what}{others}");
    let mut f = finding(Mode::DataDrift, Some("relation_changed"), &names, message);
    f.detail = detail([("pairs", pairs_detail(case, joint, changed))]);
    let scores = lead.scores(&joint.current);
    fill(case, dated(case, joint, &moved(&scores, lead.reference, &lead.shift)), &mut f);
    f
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0 + 0.0
}

fn moved<'a>(scores: &'a [f64], reference: f64, shift: &Shift) -> Moved<'a> {
    Moved { scores, reference, variance: shift.variance, wobble: shift.wobble, since: shift.since }
}

fn of_domain(case: &Case<'_>, joint: &Joint, told: &Domain) -> Finding {
    let columns: Vec<usize> = told.columns.iter().filter(|c| c.1 >= 0.1).take(NAMED).map(|c| c.0).collect();
    let names: Vec<&str> = columns.iter().map(|c| name(case, joint, *c)).collect();
    let message = format!(
        "the inputs go together otherwise than before though each stayed: relations alone tell the periods apart with an \
         AUC of {}{}",
        digits(round(told.auc.value)),
        most(&names)
    );
    let mut f = finding(Mode::DataDrift, Some("joint_shift"), &names, message);
    let telling =
        |c: &(usize, f64)| Detail::Map(detail([("column", name(case, joint, c.0).into()), ("share", c.1.into())]));
    f.detail = detail([("telling", Detail::List(told.columns.iter().take(8).map(telling).collect()))]);
    let moved = Moved {
        scores: &told.scores,
        reference: told.reference,
        variance: told.variance,
        wobble: told.wobble,
        since: told.since,
    };
    fill(case, dated(case, joint, &moved), &mut f);
    f
}

fn of_error(case: &Case<'_>, joint: &Joint, off: &Reconstruction) -> Finding {
    let columns = most_changed(joint.relations.pairs.iter().filter(|p| p.is_correlation()));
    let names: Vec<&str> = columns.iter().map(|c| name(case, joint, *c)).collect();
    let message = format!(
        "the inputs go together otherwise than before though each stayed: their distance from the reference's principal \
         components {} from {} to {}{}",
        if off.shift.change > 0.0 { "rose" } else { "fell" },
        digits(round(off.reference)),
        digits(round(off.reference + off.shift.change)),
        most(&names)
    );
    let mut f = finding(Mode::DataDrift, Some("joint_shift"), &names, message);
    fill(case, dated(case, joint, &moved(&off.errors, off.reference, &off.shift)), &mut f);
    f
}

fn most(names: &[&str]) -> String {
    let list = names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ");
    if list.is_empty() { list } else { format!(" (most: {list})") }
}

/// What each of the three tests says; p after all that it tried.
fn all_evidence(joint: &Joint, pairs: f64) -> Vec<Evidence> {
    let mut list = Vec::new();
    if let Some(pair) = joint.relations.pairs.first() {
        list.push(Evidence {
            p_value: Some(Number((pair.shift.p * pairs).min(1.0))),
            effect: Some(Number(pair.shift.change)),
            ..evidence("relation_change", pair.shift.change)
        });
    }
    if let Some(r) = &joint.reconstruction {
        list.push(Evidence {
            p_value: Some(Number(r.shift.p)),
            effect: Some(Number(r.shift.change)),
            ..evidence("reconstruction_error", r.reference + r.shift.change)
        });
    }
    if let Some(d) = &joint.domain {
        list.push(Evidence {
            p_value: Some(Number(d.p)),
            threshold: d.auc_reference.map(Number),
            effect: Some(Number(d.auc.value - 0.5)),
            ..evidence("relation_auc", d.auc.value)
        });
    }
    list
}
