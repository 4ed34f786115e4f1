//! Why did the metric fall? The loss is split between inputs that moved and P(Y|X) that moved, and every finding is weighed
//! by what it carries.

use std::collections::BTreeMap;

use super::case::{Case, detail, evidence, finding};
use super::performance::{Performance, impact};
use super::schema::Claims;
use crate::catalogue::Mode;
use crate::decompose::{Codes, Options, Parts, Sample, SegmentLoss, decompose, worst_segments};
use crate::diagnosis::{Basis, Decomposition, Detail, Finding, Number, Severity};
use crate::learn::Matrix;
use crate::metric::RowLoss;
use crate::profile::grid::{Grid, Special};
use crate::profile::{ColumnKind, PeriodProfile};
use crate::text::{digits, percent, quoted};

/// Cells that a learner sees of a column of numbers.
const LEARNER_CELLS: usize = 32;
/// Categories that a learner sees by name.
const LEARNER_CATEGORIES: usize = 64;
/// Cells of the sample that the learners may read: rows are left out beyond.
const LEARNER_BUDGET: usize = 2_000_000;

/// The decomposition and what it rests on.
pub(crate) struct Causes {
    pub(crate) decomposition: Option<Decomposition>,
    parts: Option<Parts>,
    /// Columns of the matrix, as positions in the baseline.
    columns: Vec<usize>,
    segments: Vec<(String, String, SegmentLoss)>,
    /// From a change of mean row loss to a loss of the metric.
    scale: f64,
    /// Whether the damage of a broken format was taken out of the concept's part.
    schema: bool,
}

/// Decomposes the loss over the affected windows; `None` where there is no loss or too little to split.
pub(crate) fn decompose_loss(case: &Case<'_>, performance: &Performance, claims: &Claims) -> Option<Causes> {
    if performance.basis != Basis::Labels || !performance.real || performance.loss <= 0.0 {
        return None;
    }
    // A column whose format broke tells the periods apart perfectly: what it does is the schema's part.
    let columns: Vec<usize> = (0..case.baseline.columns.len())
        .filter(|j| {
            case.spec(*j).role.is_input() && case.spec(*j).kind != ColumnKind::Text && !claims.explained.contains(j)
        })
        .collect();
    let rows = (LEARNER_BUDGET / columns.len().max(1)).max(2_000);
    let affected = &performance.affected.windows;
    let (then, then_loss) = matrix(case, &case.baseline.reference, &columns, None, rows)?;
    let (now, now_loss) = matrix(case, case.current, &columns, Some(affected), rows)?;
    let parts = decompose(
        Sample { inputs: &then, loss: &then_loss },
        Sample { inputs: &now, loss: &now_loss },
        &Options::new(case.baseline.watch.seed),
    )
    .ok()?;
    let segments = worst_segments(&then, &then_loss, &now, &now_loss)
        .into_iter()
        // "Nearly everywhere" is no place.
        .filter(|s| s.share <= 0.6)
        .take(5)
        .filter_map(|s| {
            Some((
                case.spec(*columns.get(s.column)?).name.clone(),
                codes_label(case, *columns.get(s.column)?, &s.codes),
                s,
            ))
        })
        .collect();
    // The row loss may only stand for the metric (AUC, F1): then its parts are taken in proportion.
    let direct = RowLoss::is_metric(performance.metric);
    let scale = if direct {
        1.0
    } else if parts.total.value > 2.0 * parts.total.se {
        performance.loss / parts.total.value
    } else {
        return Some(Causes { decomposition: None, parts: None, columns, segments, scale: 0.0, schema: false });
    };
    let broken = claims.findings.iter().any(|f| breaks_inputs(case, f) && overlaps(f, performance));
    let sign = if performance.metric.higher_is_better() { -scale } else { scale };
    let zero = Number(0.0);
    // The parts were measured since the onset; they are stated of the whole period's change, diluted by the healthy
    // rows before it. What the sample says and what all rows say differ by sampling: that is unexplained.
    let whole = performance.change().map_or(0.0, |c| c.0);
    let since = performance.after.map_or(0.0, |a| a.value - performance.reference.value);
    let dilution = if since != 0.0 && (whole / since).is_finite() { (whole / since).clamp(0.0, 1.0) } else { 1.0 };
    let sign = sign * dilution;
    let number = |x: f64| Number(sign * x);
    let interval = |p: crate::decompose::Part| {
        let [a, b] = p.interval();
        [Number((sign * a).min(sign * b)), Number((sign * a).max(sign * b))]
    };
    let named =
        [&parts.inputs_common, &parts.inputs_unseen, &parts.concept].iter().map(|p| sign * p.value).sum::<f64>();
    let mut intervals = BTreeMap::from([
        ("inputs_common".to_owned(), interval(parts.inputs_common)),
        ("inputs_unseen".to_owned(), interval(parts.inputs_unseen)),
    ]);
    intervals.insert(if broken { "schema" } else { "concept" }.to_owned(), interval(parts.concept));
    let decomposition = Decomposition {
        inputs_common: number(parts.inputs_common.value),
        inputs_unseen: number(parts.inputs_unseen.value),
        concept: if broken { zero } else { number(parts.concept.value) },
        schema: if broken { number(parts.concept.value) } else { zero },
        unexplained: Number(whole - named),
        interval: intervals,
    };
    Some(Causes { decomposition: Some(decomposition), parts: Some(parts), columns, segments, scale, schema: broken })
}

/// Whether a schema finding damages what the model reads.
fn breaks_inputs(case: &Case<'_>, f: &Finding) -> bool {
    let breaking = !matches!(
        f.kind.as_deref(),
        Some(
            "range_left"
                | "column_awoke"
                | "null_rate_fell"
                | "column_new"
                | "key_not_unique"
                | "volume_changed"
                | "predictions_stopped"
                | "labels_stopped"
        )
    );
    breaking
        && f.subject.columns.iter().any(|c| case.baseline.position(c).is_some_and(|j| case.spec(j).role.is_input()))
}

/// Whether a finding began about when the loss did: within two windows.
fn overlaps(f: &Finding, performance: &Performance) -> bool {
    match (f.onset.as_ref().and_then(|o| o.window), performance.affected.onset.window) {
        (Some(a), Some(b)) => a.abs_diff(b) <= 2 || a <= b,
        _ => true,
    }
}

/// Sampled rows as learners read them, with their losses.
fn matrix(
    case: &Case<'_>,
    period: &PeriodProfile,
    columns: &[usize],
    windows: Option<&[usize]>,
    most: usize,
) -> Option<(Matrix, Vec<f64>)> {
    let sample = &period.sample;
    let inside: Vec<usize> = (0..sample.len())
        .filter(|i| windows.is_none_or(|w| w.binary_search(&(sample.windows[*i] as usize)).is_ok()))
        .collect();
    let step = inside.len().div_ceil(most).max(1);
    let rows: Vec<usize> = inside.into_iter().step_by(step).collect();
    let losses = rows.iter().map(|i| f64::from(sample.losses[*i])).collect();
    let (mut codes, mut cardinality, mut ordered) = (Vec::new(), Vec::new(), Vec::new());
    for j in columns {
        let grid = &case.spec(*j).grid;
        let map = learner_codes(case, *j);
        let most = map.iter().copied().max().unwrap_or(0) + 1;
        let column = sample.columns.get(*j)?;
        codes.push(rows.iter().map(|i| map.get(usize::from(column.codes[*i])).copied().unwrap_or(0)).collect());
        cardinality.push(most);
        ordered.push(matches!(grid, Grid::Number { .. }));
    }
    Matrix::new(codes, cardinality, ordered).ok().map(|m| (m, losses))
}

/// The code of a rank in 0..=1: equal cells, and ever finer ones in both tails, where inputs move to and models fail.
fn rank_code(rank: f64) -> u16 {
    let cells = LEARNER_CELLS as f64;
    let tail = |distance: f64| {
        if distance * cells >= 1.0 {
            0
        } else {
            (-(distance * cells).log2()).ceil().clamp(0.0, f64::from(TAIL_CELLS)) as u16
        }
    };
    let (low, high) = (tail(rank), tail(1.0 - rank));
    let middle = (rank * cells).floor().clamp(0.0, cells - 1.0) as u16;
    TAIL_CELLS + middle + high - low
}

/// Cells added in each tail.
const TAIL_CELLS: u16 = 3;
const LAST_RANK_CODE: u16 = 2 * TAIL_CELLS + LEARNER_CELLS as u16 - 1;

/// From a grid's cell to a learner's code; 0 is missing.
fn learner_codes(case: &Case<'_>, column: usize) -> Vec<u16> {
    let grid = &case.spec(column).grid;
    let k = grid.value_cells();
    let counts = case.reference_counts(column);
    let total: u64 = counts.iter().take(k).sum::<u64>().max(1);
    let mut map = Vec::with_capacity(grid.cells());
    match grid {
        Grid::Number { .. } => {
            let mut below = 0u64;
            for cell in 0..k {
                let n = counts.get(cell).copied().unwrap_or(0);
                map.push(2 + rank_code((below as f64 + n as f64 / 2.0) / total as f64));
                below += n;
            }
            // Beyond the reference's range is a place of its own, at either end.
            if let Some(first) = map.first_mut() {
                *first = 1;
            }
            if let Some(last) = map.last_mut().filter(|_| k > 1) {
                *last = 3 + LAST_RANK_CODE;
            }
            map.extend([0; crate::profile::grid::SPECIALS]);
        }
        Grid::Category { .. } => {
            map.extend((0..k).map(|cell| 2 + cell.min(LEARNER_CATEGORIES) as u16));
            map.extend([1, 0, 0, 0, 0]);
            debug_assert_eq!(grid.special(Special::Other), k);
        }
    }
    map
}

fn codes_label(case: &Case<'_>, column: usize, codes: &Codes) -> String {
    let grid = &case.spec(column).grid;
    let map = learner_codes(case, column);
    let cells =
        |inside: &dyn Fn(u16) -> bool| (0..grid.value_cells()).filter(|c| inside(map[*c])).collect::<Vec<usize>>();
    match codes {
        Codes::Range { first, last } => {
            let inside = cells(&|c| c >= *first && c <= *last);
            match (grid, inside.first(), inside.last()) {
                (Grid::Number { edges, .. }, Some(a), Some(b)) => {
                    let low = a.checked_sub(1).and_then(|i| edges.get(i));
                    match (low, edges.get(*b)) {
                        (Some(l), Some(h)) => {
                            format!("{} to {}", digits(*l), digits(h.next_down()))
                        }
                        (None, Some(h)) => format!("below {}", digits(*h)),
                        (Some(l), None) => format!("{} and above", digits(*l)),
                        (None, None) => "any".to_owned(),
                    }
                }
                _ => "missing".to_owned(),
            }
        }
        Codes::Set(set) => {
            let names: Vec<String> = cells(&|c| set.contains(&c)).iter().take(3).map(|c| grid.label(*c)).collect();
            if names.is_empty() {
                if set.contains(&0) { "missing" } else { "other" }.to_owned()
            } else {
                names.join(", ")
            }
        }
    }
}

impl Causes {
    /// Loss of the metric carried by the movement of a column.
    fn carried_by(&self, column: usize) -> Option<f64> {
        let parts = self.parts.as_ref()?;
        let position = self.columns.iter().position(|c| *c == column)?;
        let harder = parts.harder_columns.iter().find(|(c, _)| *c == position).map_or(0.0, |(_, v)| *v);
        // Rows beyond the reference are there because of the columns that tell them apart.
        let telling = parts.telling_columns.iter().find(|(c, _)| *c == position).map_or(0.0, |(_, v)| *v);
        Some((harder + telling * parts.inputs_unseen.value) * self.scale)
    }

    fn inputs(&self) -> f64 {
        self.parts.as_ref().map_or(0.0, |p| (p.inputs_common.value + p.inputs_unseen.value) * self.scale)
    }
}

/// Gives every finding its severity and price, and adds the concept's own finding.
pub(crate) fn weigh(
    case: &Case<'_>,
    performance: Option<&Performance>,
    causes: Option<&Causes>,
    prior_alone: bool,
    findings: &mut Vec<Finding>,
) {
    let measured = performance.filter(|p| p.basis != Basis::None);
    let loss = measured.is_some_and(Performance::is_harmful);
    for f in findings.iter_mut() {
        f.severity = match f.mode {
            Mode::PerformanceLoss | Mode::CalibrationLoss | Mode::ConceptDrift => f.severity,
            Mode::SchemaChange if f.kind.as_deref() == Some("range_left") => input_severity(case, f, measured, causes),
            Mode::SchemaChange | Mode::FeedStalled => schema_severity(case, f, measured),
            // Where only the base rate moved, inputs move because classes do.
            Mode::DataDrift | Mode::CategoryShift if prior_alone => {
                input_severity(case, f, measured, causes).max(Severity::Watch)
            }
            Mode::DataDrift | Mode::CategoryShift => input_severity(case, f, measured, causes),
            Mode::PriorShift => match measured {
                Some(p) if !loss => {
                    if p.basis == Basis::Labels {
                        Severity::Harmless
                    } else {
                        Severity::Watch
                    }
                }
                Some(_) if f.kind.as_deref() == Some("label") && prior_alone => Severity::Harmful,
                _ => Severity::Watch,
            },
            _ => f.severity,
        };
        if f.impact.is_none()
            && let Some(p) = measured.filter(|_| matches!(f.mode, Mode::DataDrift | Mode::CategoryShift))
        {
            let column = f.subject.columns.first().and_then(|c| case.baseline.position(c));
            if let (Some(carried), Some(_)) = (column.zip(causes).and_then(|(j, c)| c.carried_by(j)), causes) {
                let mut i = impact(p, carried, [carried, carried]);
                i.interval = None;
                f.impact = Some(i);
            }
        }
    }
    if let (Some(p), Some(c)) = (measured, causes) {
        price_schema(case, p, c, findings);
        findings.extend(concept(case, p, c, prior_alone));
        attach_segments(p, c, findings);
    }
}

/// One broken format among the inputs carries the schema's part of the loss; of several, none can be told apart.
fn price_schema(case: &Case<'_>, p: &Performance, c: &Causes, findings: &mut [Finding]) {
    let Some(parts) = c.parts.as_ref().filter(|_| c.schema) else {
        return;
    };
    let mut broken = findings
        .iter_mut()
        .filter(|f| f.mode == Mode::SchemaChange && f.severity == Severity::Harmful && breaks_inputs(case, f));
    if let (Some(f), None) = (broken.next(), broken.next()) {
        f.impact = Some(impact(p, parts.concept.value * c.scale, parts.concept.interval().map(|x| x * c.scale)));
    }
}

/// A broken format is harmful until labels show that it costs nothing.
fn schema_severity(case: &Case<'_>, f: &Finding, measured: Option<&Performance>) -> Severity {
    let share = f.share.map_or(1.0, |s| s.0);
    match f.kind.as_deref() {
        Some(
            "column_new" | "null_rate_fell" | "volume_changed" | "labels_stopped" | "column_awoke" | "freshness_broken",
        ) => Severity::Watch,
        Some("predictions_stopped") => Severity::Watch,
        _ => match measured {
            Some(p) if p.basis == Basis::Labels && (p.is_harmful() && overlaps(f, p)) => Severity::Harmful,
            Some(p) if p.basis == Basis::Labels && labelled_after(case, f) => Severity::Watch,
            _ if share < 0.01 => Severity::Watch,
            _ => Severity::Harmful,
        },
    }
}

/// Whether the rows since a finding's onset have labels enough to show its price.
fn labelled_after(case: &Case<'_>, f: &Finding) -> bool {
    let from = f.onset.as_ref().and_then(|o| o.window).unwrap_or(0);
    let labels: u64 = case.current.windows.iter().skip(from).map(|w| w.labels).sum();
    labels >= 100
}

fn input_severity(
    case: &Case<'_>,
    f: &mut Finding,
    measured: Option<&Performance>,
    causes: Option<&Causes>,
) -> Severity {
    let Some(p) = measured else {
        return Severity::Watch;
    };
    if !p.is_harmful() {
        return if p.basis == Basis::Labels { Severity::Harmless } else { Severity::Watch };
    }
    let Some(causes) = causes else {
        return Severity::Watch;
    };
    let Some(carried) =
        f.subject.columns.first().and_then(|c| case.baseline.position(c)).and_then(|j| causes.carried_by(j))
    else {
        return Severity::Harmless;
    };
    // A column is to blame for at least a fifth of an inputs' part that itself matters, and is worth watching from a fifth of
    // what is tolerated.
    let noticeable = carried > 0.2 * p.tolerance;
    if causes.inputs() > 0.5 * p.tolerance && carried > 0.2 * causes.inputs() && noticeable {
        Severity::Harmful
    } else if noticeable {
        Severity::Watch
    } else {
        Severity::Harmless
    }
}

/// The finding that P(Y|X) moved, where the inputs' movement leaves that much of the loss unexplained.
fn concept(case: &Case<'_>, p: &Performance, c: &Causes, prior_alone: bool) -> Option<Finding> {
    let parts = c.parts.as_ref()?;
    let carried = parts.concept.value * c.scale;
    let [low, high] = parts.concept.interval().map(|x| x * c.scale);
    if c.schema
        || prior_alone
        || !p.is_harmful()
        || !parts.identified
        || low <= 0.0
        || carried < (0.5 * p.tolerance).max(0.3 * p.loss)
    {
        return None;
    }
    let share = (carried / p.loss).clamp(0.0, 1.0);
    let mut f = finding(
        Mode::ConceptDrift,
        None,
        &[],
        format!(
            "the same inputs now mean something else: {} of the loss is not explained by inputs that moved",
            percent(share)
        ),
    );
    f.severity = Severity::Harmful;
    f.onset = Some(p.affected.onset.clone());
    f.share = Some(Number(case.share_of(&p.affected.windows)));
    f.impact = Some(impact(p, carried, [low, high]));
    let mut e = evidence("concept_part", carried);
    e.effect = Some(Number(share));
    let mut domain = evidence("domain_auc", parts.domain_auc);
    domain.effect = Some(Number(parts.domain_auc - 0.5));
    f.evidence = vec![e, domain];
    f.detail = detail([("share_of_loss", share.into()), ("unseen_share", parts.unseen_share.into())]);
    Some(f)
}

/// Says where the loss lives, on the finding that speaks of the loss.
fn attach_segments(p: &Performance, c: &Causes, findings: &mut [Finding]) {
    let list: Vec<Detail> = c
        .segments
        .iter()
        .map(|(column, value, s)| {
            Detail::Map(detail([
                ("column", column.as_str().into()),
                ("value", value.as_str().into()),
                ("share", s.share.into()),
                ("loss_reference", Detail::Number(Number(s.loss_reference.unwrap_or(f64::NAN)))),
                ("loss_current", s.loss_current.into()),
                ("contribution", s.contribution.into()),
            ]))
        })
        .collect();
    let Some((column, value, s)) = c.segments.first() else {
        return;
    };
    let worst = format!("worst where {} is {} ({} of the rows)", quoted(column), quoted(value), percent(s.share));
    for f in findings
        .iter_mut()
        .filter(|f| matches!(f.mode, Mode::PerformanceLoss | Mode::ConceptDrift) && f.severity == Severity::Harmful)
    {
        f.detail.insert("segments".to_owned(), Detail::List(list.clone()));
        f.subject.segment = Some(BTreeMap::from([(column.clone(), value.clone())]));
        if f.mode == Mode::PerformanceLoss {
            f.message = format!("{}; {worst}", f.message);
        }
    }
    let _ = p;
}
