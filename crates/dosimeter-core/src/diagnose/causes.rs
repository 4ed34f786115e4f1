//! Why did the metric fall? The loss is split between inputs that moved, formats that broke, and P(Y|X) that moved.

use std::collections::BTreeMap;

use super::case::{Case, moves_input};
use super::learner::{codes_label, matrix, rows_for, rows_in};
use super::performance::Performance;
use super::schema::Claims;
use super::schema_part::{SchemaPart, breaks, overlaps, schema_part};
use crate::decompose::{Condition, Options, Part, Parts, Sample, Slice, decompose, worst_slices};
use crate::diagnosis::{Basis, Decomposition, Finding, Number};
use crate::metric::RowLoss;
use crate::profile::Role;

/// The chance that any slice is named where the loss rose alike everywhere.
const LEVEL_OF_SLICES: f64 = 0.05;

/// Columns of a slice with their values, in words.
pub(super) type Place = Vec<(String, String)>;

/// The decomposition and what it rests on.
pub(crate) struct Causes {
    pub(crate) decomposition: Option<Decomposition>,
    pub(super) parts: Option<Parts>,
    /// Columns of the matrix, as positions in the baseline.
    pub(super) columns: Vec<usize>,
    /// Where the loss rose most beyond the rest: columns with their values, and what was measured.
    pub(super) slices: Vec<(Place, Slice)>,
    /// From a change of mean row loss to a loss of the metric.
    pub(super) scale: f64,
    /// The part that neither inputs nor broken formats explain: P(Y|X) moved.
    pub(super) concept: Part,
    /// Labelled rows behind the parts, of the smaller period.
    pub(super) labelled: usize,
    /// What broken formats carry, where any did.
    pub(super) schema: Option<SchemaPart>,
}

/// Decomposes the loss over the affected windows; `None` where there is no loss or too little to split.
pub(crate) fn decompose_loss(case: &Case<'_>, performance: &Performance, claims: &Claims) -> Option<Causes> {
    if !matches!(performance.basis, Basis::Labels | Basis::Mixed) || !performance.real || performance.loss <= 0.0 {
        return None;
    }
    // A column whose format broke tells the periods apart perfectly: what it does is the schema's part. One whose values went
    // beyond its range says what it always said.
    let names = |f: &Finding, j: &usize| f.subject.columns.contains(&case.spec(*j).name);
    let beyond = |j: &usize| claims.findings.iter().any(|f| moves_input(f) && names(f, j));
    let readable = |j: &usize| !super::case::is_text(case.spec(*j)) && (!claims.explained.contains(j) || beyond(j));
    let with = |test: fn(Role) -> bool| -> Vec<usize> {
        (0..case.baseline.columns.len()).filter(|j| test(case.spec(*j).role)).filter(readable).collect()
    };
    let inputs = with(Role::is_input);
    // What a model made of a broken column is no function of the readable ones: its score moved because of the fault.
    let broken = claims.findings.iter().any(|f| breaks(case, f) && overlaps(f, performance));
    let outputs = if broken { Vec::new() } else { with(|r| matches!(r, Role::Score | Role::Prediction)) };
    let columns: Vec<usize> = inputs.iter().chain(&outputs).copied().collect();
    let most = rows_for(columns.len());
    let rows_then = rows_in(&case.baseline.reference, None, most);
    let rows_now = rows_in(case.current, Some(&performance.affected.windows), most);
    let (then, then_loss) = matrix(case, &case.baseline.reference, &columns, &rows_then)?;
    let (now, now_loss) = matrix(case, case.current, &columns, &rows_now)?;
    let parts = decompose(
        Sample { inputs: &then, loss: &then_loss },
        Sample { inputs: &now, loss: &now_loss },
        &Options { outputs: outputs.len(), ..Options::new(case.baseline.watch.seed) },
    )
    .ok()?;
    // A slice is a place among the inputs.
    let places: Vec<bool> = (0..columns.len()).map(|column| column < inputs.len()).collect();
    let (then, now) = (then.only(&places), now.only(&places));
    let slices = worst_slices(
        Sample { inputs: &then, loss: &then_loss },
        Sample { inputs: &now, loss: &now_loss },
        LEVEL_OF_SLICES,
        case.baseline.watch.seed,
    )
    .into_iter()
    .map(|s| (place(case, &columns, &s), s))
    .collect();
    let known = |losses: &[f64]| losses.iter().filter(|l| l.is_finite()).count();
    let labelled = known(&then_loss).min(known(&now_loss));
    // The row loss may only stand for the metric (AUC, F1): then its parts are taken in proportion.
    let direct = RowLoss::is_metric(performance.metric);
    let scale = if direct {
        1.0
    } else if parts.total.value > 2.0 * parts.total.se {
        performance.loss / parts.total.value
    } else {
        let concept = Part::default();
        return Some(Causes {
            decomposition: None,
            parts: None,
            columns,
            slices,
            scale: 0.0,
            concept,
            labelled,
            schema: None,
        });
    };
    let schema = schema_part(case, performance, claims, &rows_now, &now_loss, parts.concept);
    let broken = schema.as_ref().map_or(Part::default(), |s| s.part);
    let concept = match &schema {
        Some(s) if s.whole => Part::default(),
        Some(s) => Part { value: parts.concept.value - broken.value, se: parts.concept.se.hypot(s.part.se) },
        None => parts.concept,
    };
    let sign = if performance.metric.higher_is_better() { -scale } else { scale };
    // The parts were measured since the onset; they are stated of the whole period's change, diluted by the healthy
    // rows before it. What the sample says and what all rows say differ by sampling: that is unexplained.
    let whole = performance.change().map_or(0.0, |c| c.0);
    let since = performance.after.map_or(0.0, |a| a.value - performance.reference.value);
    let dilution = if since != 0.0 && (whole / since).is_finite() { (whole / since).clamp(0.0, 1.0) } else { 1.0 };
    let sign = sign * dilution;
    // No part is nought from below.
    let number = |x: f64| Number(sign * x + 0.0);
    let interval = |p: Part| {
        let [a, b] = p.interval();
        [Number((sign * a).min(sign * b)), Number((sign * a).max(sign * b))]
    };
    let named =
        [&parts.inputs_common, &parts.inputs_unseen, &parts.concept].iter().map(|p| sign * p.value).sum::<f64>();
    let mut intervals = BTreeMap::from([
        ("inputs_common".to_owned(), interval(parts.inputs_common)),
        ("inputs_unseen".to_owned(), interval(parts.inputs_unseen)),
    ]);
    if schema.as_ref().is_none_or(|s| !s.whole) {
        intervals.insert("concept".to_owned(), interval(concept));
    }
    if schema.is_some() {
        intervals.insert("schema".to_owned(), interval(broken));
    }
    let decomposition = Decomposition {
        inputs_common: number(parts.inputs_common.value),
        inputs_unseen: number(parts.inputs_unseen.value),
        concept: number(concept.value),
        schema: number(broken.value),
        unexplained: Number(whole - named),
        interval: intervals,
    };
    Some(Causes {
        decomposition: Some(decomposition),
        parts: Some(parts),
        columns,
        slices,
        scale,
        concept,
        labelled,
        schema,
    })
}

/// A slice in words; `columns` are those of the matrix, as positions in the baseline.
pub(super) fn place(case: &Case<'_>, columns: &[usize], slice: &Slice) -> Place {
    let word = |condition: &Condition| {
        let column = *columns.get(condition.column)?;
        Some((case.spec(column).name.clone(), codes_label(case, column, &condition.codes)))
    };
    slice.conditions.iter().filter_map(word).collect()
}

impl Causes {
    /// Loss of the metric carried by the movement of a column.
    pub(super) fn carried_by(&self, column: usize) -> Option<Part> {
        let parts = self.parts.as_ref()?;
        let position = self.columns.iter().position(|c| *c == column)?;
        let harder = parts.harder_columns.iter().find(|(c, _)| *c == position).map_or(Part::default(), |(_, v)| *v);
        // Rows beyond the reference are there because of the columns that tell them apart.
        let telling = parts.telling_columns.iter().find(|(c, _)| *c == position).map_or(0.0, |(_, v)| *v);
        let unseen = parts.inputs_unseen;
        Some(Part {
            value: (harder.value + telling * unseen.value) * self.scale,
            se: harder.se.hypot(telling * unseen.se) * self.scale.abs(),
        })
    }

    /// [`Causes::carried_by`], of a column of vectors what its parts carry together.
    pub(super) fn carried(&self, case: &Case<'_>, column: usize) -> Option<Part> {
        match case.baseline.vectors_in(column) {
            Some(vectors) => vectors.part_positions().filter_map(|j| self.carried_by(j)).reduce(Part::with),
            None => self.carried_by(column),
        }
    }

    pub(super) fn inputs(&self) -> f64 {
        self.parts.as_ref().map_or(0.0, |p| (p.inputs_common.value + p.inputs_unseen.value) * self.scale)
    }
}
