//! Faults, put into healthy rows: what the fire drill rehearses.
//!
//! A fault is a pure change of a batch from a row on, at a strength, with a seed. Each family is a file and each fault a line of
//! [`FAULTS`]; the drill knows nothing else of them. The model is frozen and cannot be asked again: where inputs are broken its
//! predictions stay as they were logged, so what a broken input would cost is not rehearsed, only whether the breakage is
//! seen. Faults of the outcome (labels, scores) change what is compared with the predictions, and so cost what they would.

mod category;
mod edit;
mod gather;
mod null;
mod numeric;
mod outcome;
mod pick;
mod resample;
mod rows;
mod shape;

pub use gather::{Gathered, gather};
pub use pick::{candidates, segment_of};

use crate::batch::Batch;
use dosimeter_core::profile::Baseline;
use dosimeter_core::simulate::Rng;

/// What a fault is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// A column of numbers.
    Number,
    /// A column of categories.
    Category,
    /// Any input.
    Any,
    /// Two columns of numbers.
    Pair,
    /// The outcome of rows with one value of a category.
    Segment,
    /// Labels, scores or predictions.
    Outcome,
    /// Whole rows.
    Rows,
}

/// A known way for a model's data to break.
#[derive(Clone, Copy)]
pub struct Fault {
    /// As `unit_x1000`.
    pub id: &'static str,
    /// In words.
    pub title: &'static str,
    /// What it is put into.
    pub on: On,
    /// From weak to strong.
    pub strengths: &'static [f64],
    /// A strength in words.
    pub words: fn(f64, &Baseline) -> String,
    /// The modes or kinds that name it right.
    pub right: &'static [&'static str],
    /// Those that name it right where it strikes some of the rows only, or that are its symptoms.
    pub near: &'static [&'static str],
    /// The change; `None` where it would change nothing.
    pub apply: fn(&mut Injection<'_>) -> Option<Batch>,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fault").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One fault about to happen.
#[derive(Clone, Debug)]
pub struct Injection<'a> {
    /// The healthy rows, in order.
    pub batch: &'a Batch,
    /// Roles, task and classes.
    pub baseline: &'a Baseline,
    /// The columns concerned, by name.
    pub columns: &'a [String],
    /// The first row that it strikes.
    pub from: usize,
    /// How strong, in the fault's own unit.
    pub strength: f64,
    /// Which rows.
    pub rng: Rng,
}

/// What strikes a share of the rows, in words.
fn share_of_rows(share: f64, _: &Baseline) -> String {
    if share >= 1.0 { "all rows".to_owned() } else { format!("{} of rows", percent(share)) }
}

/// A share in percent, as short as it can be said.
fn percent(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

fn from_then_on(_: f64, _: &Baseline) -> String {
    "from then on".to_owned()
}

const PARTS: &[f64] = &[0.05, 0.2, 1.0];

/// Every fault, in the order of the table that a drill prints.
pub const FAULTS: &[Fault] = &[
    Fault { id: "unit_x1000", title: "unit x 1000", apply: numeric::times_1000, ..UNIT },
    Fault { id: "unit_1_24", title: "unit / 24 (hours to days)", apply: numeric::by_24, ..UNIT },
    Fault { id: "unit_0.62", title: "unit x 0.62 (km to miles)", apply: numeric::km_to_miles, ..UNIT },
    Fault { id: "unit_f_to_c", title: "Fahrenheit to Celsius", apply: numeric::f_to_c, ..UNIT },
    Fault {
        id: "rename",
        title: "column renamed",
        on: On::Any,
        strengths: &[1.0],
        words: from_then_on,
        right: &["column_renamed"],
        near: &[],
        apply: shape::rename,
    },
    Fault {
        id: "nulls",
        title: "null burst",
        on: On::Any,
        strengths: &[0.01, 0.05, 0.2, 1.0],
        words: share_of_rows,
        right: &["null_rate_jumped", "column_missing"],
        near: &[],
        apply: null::burst,
    },
    Fault {
        id: "sentinel_number",
        title: "sentinel -999",
        on: On::Number,
        strengths: &[0.005, 0.02, 0.1],
        words: share_of_rows,
        right: &["sentinel_appeared"],
        near: &["range_left"],
        apply: null::sentinel_number,
    },
    Fault {
        id: "sentinel_text",
        title: "sentinel N/A",
        on: On::Category,
        strengths: &[0.005, 0.02, 0.1],
        words: share_of_rows,
        right: &["sentinel_appeared"],
        near: &["category_new"],
        apply: null::sentinel_text,
    },
    Fault {
        id: "category_surge",
        title: "rare value surges",
        on: On::Category,
        strengths: &[0.02, 0.05, 0.1, 0.2, 0.4],
        words: share_of_rows,
        right: &["rare_became_common"],
        near: &["mix_changed"],
        apply: category::surge,
    },
    Fault {
        id: "category_new",
        title: "new value",
        on: On::Category,
        strengths: &[0.005, 0.02, 0.1, 0.3],
        words: share_of_rows,
        right: &["category_new"],
        near: &[],
        apply: category::new_value,
    },
    Fault {
        id: "casing",
        title: "casing changed",
        on: On::Category,
        strengths: PARTS,
        words: share_of_rows,
        right: &["casing_changed"],
        near: &["category_new"],
        apply: category::casing,
    },
    Fault {
        id: "padding",
        title: "padded with blanks",
        on: On::Category,
        strengths: PARTS,
        words: share_of_rows,
        right: &["padding_changed"],
        near: &["category_new"],
        apply: category::padding,
    },
    Fault {
        id: "frozen",
        title: "column frozen",
        on: On::Any,
        strengths: &[1.0],
        words: from_then_on,
        right: &["column_frozen"],
        near: &[],
        apply: shape::frozen,
    },
    Fault {
        id: "swapped",
        title: "columns swapped",
        on: On::Pair,
        strengths: &[1.0],
        words: from_then_on,
        right: &["columns_swapped"],
        near: &[],
        apply: shape::swapped,
    },
    Fault {
        id: "tilt",
        title: "covariate tilt",
        on: On::Number,
        strengths: &[0.1, 0.2, 0.4, 0.8, 1.6],
        words: resample::tilt_words,
        right: &["data_drift"],
        near: &["prior_shift"],
        apply: resample::tilt,
    },
    Fault {
        id: "concept_segment",
        title: "concept moves in a segment",
        on: On::Segment,
        strengths: &[0.1, 0.2, 0.4, 0.8],
        words: outcome::concept_words,
        right: &["concept_drift", "segment_fell"],
        near: &["performance_loss", "calibration_loss", "prior_shift"],
        apply: outcome::concept_in_segment,
    },
    Fault {
        id: "concept",
        title: "concept moves everywhere",
        on: On::Outcome,
        strengths: &[0.01, 0.02, 0.05, 0.1, 0.2, 0.4],
        words: outcome::concept_words,
        right: &["concept_drift"],
        near: &["performance_loss", "calibration_loss", "prior_shift"],
        apply: outcome::concept,
    },
    Fault {
        id: "prior",
        title: "label prior shift",
        on: On::Outcome,
        strengths: &[1.1, 1.25, 1.5, 2.0, 4.0],
        words: resample::prior_words,
        right: &["prior_shift"],
        near: &["performance_loss", "calibration_loss"],
        apply: resample::prior,
    },
    Fault {
        id: "miscalibrated",
        title: "score miscalibrated",
        on: On::Outcome,
        strengths: &[1.1, 1.25, 1.5, 2.0, 3.0],
        words: outcome::calibration_words,
        right: &["calibration_loss"],
        near: &["prior_shift", "performance_loss"],
        apply: outcome::miscalibrated,
    },
    Fault {
        id: "labels_stop",
        title: "labels stop",
        on: On::Outcome,
        strengths: &[0.5, 0.9, 1.0],
        words: outcome::missing_words,
        right: &["labels_stopped"],
        near: &[],
        apply: outcome::labels_stop,
    },
    Fault {
        id: "feed_falls",
        title: "feed falls",
        on: On::Rows,
        strengths: &[0.3, 0.6, 0.9],
        words: rows::fewer_words,
        right: &["volume_changed", "predictions_stopped"],
        near: &[],
        apply: rows::feed_falls,
    },
    Fault {
        id: "duplicates",
        title: "rows repeated",
        on: On::Rows,
        strengths: &[0.01, 0.05, 0.2],
        words: rows::repeated_words,
        right: &["key_not_unique"],
        near: &["volume_changed"],
        apply: rows::duplicates,
    },
];

/// What all changes of a unit share.
const UNIT: Fault = Fault {
    id: "",
    title: "",
    on: On::Number,
    strengths: PARTS,
    words: share_of_rows,
    right: &["unit_changed"],
    near: &["range_left", "data_drift"],
    apply: numeric::times_1000,
};

#[cfg(test)]
mod tests;
