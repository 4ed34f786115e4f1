//! Every finding's severity and price: what it carries of the loss, and where nobody can say, what its kind is worth.

use super::case::{Case, detail, evidence, finding, moves_input};
use super::causes::{Causes, Place};
use super::performance::{Performance, impact};
use super::schema_part::{breaks, overlaps};
use crate::catalogue::{Mode, kind};
use crate::decompose::Part;
use crate::decompose::Slice;
use crate::diagnosis::{Basis, Detail, Finding, Number, Severity};
use crate::text::{percent, quoted};

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
    for (at, f) in findings.iter_mut().enumerate() {
        f.severity = match f.mode {
            Mode::PerformanceLoss | Mode::CalibrationLoss | Mode::ConceptDrift => f.severity,
            Mode::SchemaChange if moves_input(f) => input_severity(case, f, measured, causes),
            Mode::SchemaChange | Mode::FeedStalled => schema_severity(case, f, measured, own_part(causes, at)),
            // Where only the base rate moved, inputs move because classes do.
            Mode::DataDrift | Mode::CategoryShift if prior_alone => {
                input_severity(case, f, measured, causes).max(Severity::Watch)
            }
            Mode::DataDrift | Mode::CategoryShift => input_severity(case, f, measured, causes),
            Mode::PriorShift => match measured {
                Some(p) if !loss => {
                    if shown_harmless(case, f, p) {
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
            && let Some(carried) = causes.and_then(|c| carried(case, f, c))
        {
            f.impact = Some(impact(p, carried.value, carried.interval()));
        }
    }
    // What a base rate that moved alone does to the scores is its own price.
    let calibration = findings.iter().find(|f| f.mode == Mode::CalibrationLoss).map(|f| f.severity);
    if let Some(severity) = calibration.filter(|_| prior_alone)
        && let Some(f) = findings.iter_mut().find(|f| f.mode == Mode::PriorShift && f.kind.as_deref() == Some("label"))
    {
        f.severity = f.severity.min(severity);
    }
    if let (Some(p), Some(c)) = (measured, causes) {
        price_schema(case, p, c, findings);
        findings.extend(concept(case, p, c, prior_alone));
        findings.extend(together(case, p, c, prior_alone, findings));
        attach_slices(c, findings);
    }
}

/// What a format that broke some of the rows carries of the metric's loss; the findings of formats come first, in order.
fn own_part(causes: Option<&Causes>, at: usize) -> Option<f64> {
    let causes = causes?;
    causes.schema.as_ref()?.own.get(&at).map(|part| part.value * causes.scale)
}

/// A format that broke some rows costs what those lose beyond the others. Of those that broke every row, one alone carries
/// the schema's part of the loss; of several, none can be told apart.
fn price_schema(case: &Case<'_>, p: &Performance, c: &Causes, findings: &mut [Finding]) {
    let Some(schema) = &c.schema else {
        return;
    };
    let scaled = |part: &crate::decompose::Part| impact(p, part.value * c.scale, part.interval().map(|x| x * c.scale));
    for (at, part) in &schema.own {
        if let Some(f) = findings.get_mut(*at) {
            f.impact = Some(scaled(part));
        }
    }
    if schema.whole {
        let mut broken = findings.iter_mut().enumerate().filter(|(at, f)| {
            f.mode == Mode::SchemaChange
                && f.severity == Severity::Harmful
                && breaks(case, f)
                && !schema.own.contains_key(at)
        });
        if let (Some((_, f)), None) = (broken.next(), broken.next()) {
            f.impact = Some(scaled(&schema.part));
        }
    }
}

/// A broken format is harmful until labels show that it costs nothing; `carried` is what it costs, where that is known.
fn schema_severity(case: &Case<'_>, f: &Finding, measured: Option<&Performance>, carried: Option<f64>) -> Severity {
    let share = f.share.map_or(1.0, |s| s.0);
    if f.kind.as_deref().and_then(kind).is_some_and(|k| k.watch_only) {
        return Severity::Watch;
    }
    match measured {
        Some(p) if p.basis != Basis::Estimate && p.is_harmful() && overlaps(f, p) => match carried {
            Some(carried) if carried <= NOTICEABLE * p.tolerance => Severity::Watch,
            _ => Severity::Harmful,
        },
        Some(p) if p.basis != Basis::Estimate && labelled_after(case, f) => Severity::Watch,
        _ if share < 0.01 => Severity::Watch,
        _ => Severity::Harmful,
    }
}

/// The part of the tolerated loss from which on a cause is worth a word.
const NOTICEABLE: f64 = 0.2;

/// Whether labels show that a movement cost nothing: the metric kept, over rows since the movement began.
fn shown_harmless(case: &Case<'_>, f: &Finding, p: &Performance) -> bool {
    p.basis != Basis::Estimate && !p.is_doubtful() && labelled_after(case, f)
}

/// Whether the rows since a finding's onset have labels enough to show its price.
fn labelled_after(case: &Case<'_>, f: &Finding) -> bool {
    let from = f.onset.as_ref().and_then(|o| o.window).unwrap_or(0);
    let labels: u64 = case.current.windows.iter().skip(from).map(|w| w.labels).sum();
    labels >= 100
}

/// Loss of the metric that the columns of a finding carry together; `None` where nobody can say of any of them.
fn carried(case: &Case<'_>, f: &Finding, causes: &Causes) -> Option<Part> {
    let known = f.subject.columns.iter().filter_map(|c| causes.carried(case, case.baseline.position(c)?));
    known.reduce(Part::with)
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
        return if shown_harmless(case, f, p) { Severity::Harmless } else { Severity::Watch };
    }
    let Some(causes) = causes else {
        return Severity::Watch;
    };
    let Some(carried) = carried(case, f, causes) else {
        return Severity::Harmless;
    };
    // A column is to blame for at least a fifth of an inputs' part that itself matters, and is worth watching where it may
    // carry a fifth of what is tolerated: harmless is what has been seen to be.
    let noticeable = NOTICEABLE * p.tolerance;
    let [_, most] = carried.interval();
    if causes.inputs() > 0.5 * p.tolerance && carried.value > (0.2 * causes.inputs()).max(noticeable) {
        Severity::Harmful
    } else if carried.value > 0.0 && most > noticeable {
        Severity::Watch
    } else {
        Severity::Harmless
    }
}

/// Labelled rows that each period needs before anything is said of P(Y|X): with fewer, what the learners do not know of the
/// inputs looks like it.
const LEAST_LABELS: usize = 200;
/// The standard errors that the concept's part must have: so large a part is seen in four of five cases.
const POWER: f64 = 2.8;

/// The finding that P(Y|X) moved, where the inputs' movement leaves that much of the loss unexplained.
fn concept(case: &Case<'_>, p: &Performance, c: &Causes, prior_alone: bool) -> Option<Finding> {
    let parts = c.parts.as_ref()?;
    let carried = c.concept.value * c.scale;
    let [low, high] = c.concept.interval().map(|x| x * c.scale);
    // Where inputs alone tell the periods apart nearly always, two large parts that cancel are one thing of which the learners
    // know too little.
    let powerless = c.labelled < LEAST_LABELS || c.concept.value < POWER * c.concept.se;
    let cancels = parts.domain_auc > 0.97 && carried > 1.25 * p.loss && c.inputs() < -0.25 * p.loss;
    if cancels
        || powerless
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

/// The finding that inputs moved together to harder rows, where that carries the loss and no single column does.
fn together(case: &Case<'_>, p: &Performance, c: &Causes, prior_alone: bool, findings: &[Finding]) -> Option<Finding> {
    let parts = c.parts.as_ref()?;
    let carried = c.inputs();
    let blamed = |f: &Finding| f.severity == Severity::Harmful && moves_input(f);
    let error = parts.inputs_common.se.hypot(parts.inputs_unseen.se) * c.scale;
    if prior_alone
        || !p.is_harmful()
        || carried < (0.5 * p.tolerance).max(0.3 * p.loss)
        || carried < 1.96 * error
        || findings.iter().any(blamed)
    {
        return None;
    }
    let whole = |j: usize| case.baseline.part_of(j).map_or(j, |v| v.column);
    let mut list: Vec<usize> = c.columns.iter().map(|j| whole(*j)).collect();
    list.sort_unstable();
    list.dedup();
    let mut columns: Vec<(f64, usize)> =
        list.iter().filter_map(|j| Some((c.carried(case, *j)?.value, *j))).filter(|(x, _)| *x > 0.0).collect();
    columns.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let names: Vec<&str> = columns.iter().take(MOST_TOGETHER).map(|(_, j)| case.spec(*j).name.as_str()).collect();
    let share = (carried / p.loss).clamp(0.0, 1.0);
    let most = names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ");
    let mut f = finding(
        Mode::DataDrift,
        Some("inputs_moved_together"),
        &names,
        format!(
            "the inputs moved together to harder rows: {} of the loss, which no single column carries{}",
            percent(share),
            if most.is_empty() { String::new() } else { format!(" (most: {most})") }
        ),
    );
    f.severity = Severity::Harmful;
    f.onset = Some(p.affected.onset.clone());
    f.share = Some(Number(case.share_of(&p.affected.windows)));
    f.impact = Some(impact(p, carried, [carried - 1.96 * error, carried + 1.96 * error]));
    let mut domain = evidence("domain_auc", parts.domain_auc);
    domain.effect = Some(Number(parts.domain_auc - 0.5));
    f.evidence = vec![domain];
    f.detail = detail([("share_of_loss", share.into()), ("unseen_share", parts.unseen_share.into())]);
    Some(f)
}

/// Columns that a joint movement is said to be mostly in.
const MOST_TOGETHER: usize = 4;

/// Says where the loss lives, on the finding that speaks of the loss.
fn attach_slices(c: &Causes, findings: &mut [Finding]) {
    let Some((first, s)) = c.slices.first() else {
        return;
    };
    let list: Vec<Detail> = c.slices.iter().map(|(place, slice)| slice_detail(place, slice)).collect();
    let worst = format!("worst where {} ({} of the rows)", in_words(first), percent(s.share));
    for f in findings
        .iter_mut()
        .filter(|f| matches!(f.mode, Mode::PerformanceLoss | Mode::ConceptDrift) && f.severity != Severity::Harmless)
    {
        f.detail.insert("segments".to_owned(), Detail::List(list.clone()));
        f.subject.segment = Some(first.iter().cloned().collect());
        if f.mode == Mode::PerformanceLoss {
            f.message = format!("{}; {worst}", f.message);
        }
    }
}

/// `plan is "vip" and hours is "8 to 12"`.
pub(super) fn in_words(place: &Place) -> String {
    place
        .iter()
        .map(|(column, value)| format!("{} is {}", quoted(column), quoted(value)))
        .collect::<Vec<_>>()
        .join(" and ")
}

/// A slice and what was measured in it, on rows that did not choose it.
fn slice_detail(place: &Place, s: &Slice) -> Detail {
    let segment = place.iter().map(|(column, value)| (column.clone(), value.as_str().into())).collect();
    let mut map = detail([
        ("segment", Detail::Map(segment)),
        ("share", s.share.into()),
        ("loss_reference", Detail::Number(Number(s.loss_reference.unwrap_or(f64::NAN)))),
        ("loss_current", s.loss_current.into()),
        ("contribution", s.contribution.value.into()),
        ("interval", Detail::List(s.contribution.interval().map(Detail::from).to_vec())),
    ]);
    if let [(column, value)] = place.as_slice() {
        map.extend(detail([("column", column.as_str().into()), ("value", value.as_str().into())]));
    }
    Detail::Map(map)
}
