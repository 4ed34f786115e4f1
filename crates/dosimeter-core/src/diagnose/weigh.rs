//! Every finding's severity and price: what it carries of the loss, and where nobody can say, what its kind is worth.

use std::collections::BTreeMap;

use super::case::{Case, detail, evidence, finding};
use super::causes::Causes;
use super::performance::{Performance, impact};
use super::schema_part::{breaks, overlaps};
use crate::catalogue::{Mode, kind};
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
            Mode::SchemaChange if f.kind.as_deref() == Some("range_left") => input_severity(case, f, measured, causes),
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
        {
            let column = f.subject.columns.first().and_then(|c| case.baseline.position(c));
            if let (Some(carried), Some(_)) = (column.zip(causes).and_then(|(j, c)| c.carried(case, j)), causes) {
                let mut i = impact(p, carried, [carried, carried]);
                i.interval = None;
                f.impact = Some(i);
            }
        }
    }
    if let (Some(p), Some(c)) = (measured, causes) {
        price_schema(case, p, c, findings);
        findings.extend(concept(case, p, c, prior_alone));
        findings.extend(together(case, p, c, prior_alone, findings));
        attach_segments(c, findings);
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
    let Some(carried) =
        f.subject.columns.first().and_then(|c| case.baseline.position(c)).and_then(|j| causes.carried(case, j))
    else {
        return Severity::Harmless;
    };
    // A column is to blame for at least a fifth of an inputs' part that itself matters, and is worth watching from a fifth of
    // what is tolerated.
    let noticeable = carried > NOTICEABLE * p.tolerance;
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
    let carried = c.concept.value * c.scale;
    let [low, high] = c.concept.interval().map(|x| x * c.scale);
    // Where inputs alone tell the periods apart nearly always, two large parts that cancel are one thing of which the learners
    // know too little.
    let cancels = parts.domain_auc > 0.97 && carried > 1.25 * p.loss && c.inputs() < -0.25 * p.loss;
    if cancels
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
    let blamed = |f: &Finding| {
        f.severity == Severity::Harmful
            && (matches!(f.mode, Mode::DataDrift | Mode::CategoryShift) || f.kind.as_deref() == Some("range_left"))
    };
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
        list.iter().filter_map(|j| Some((c.carried(case, *j)?, *j))).filter(|(x, _)| *x > 0.0).collect();
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
fn attach_segments(c: &Causes, findings: &mut [Finding]) {
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
        .filter(|f| matches!(f.mode, Mode::PerformanceLoss | Mode::ConceptDrift) && f.severity != Severity::Harmless)
    {
        f.detail.insert("segments".to_owned(), Detail::List(list.clone()));
        f.subject.segment = Some(BTreeMap::from([(column.clone(), value.clone())]));
        if f.mode == Mode::PerformanceLoss {
            f.message = format!("{}; {worst}", f.message);
        }
    }
}
