//! The table of scenarios.

use super::fault::Fault;
use super::scenario::{Plan, Scenario};
use crate::catalogue::Mode;
use crate::diagnosis::Severity::{Harmful, Harmless};

/// A negative control, to be filled in by the table.
const NONE: Scenario = Scenario {
    id: "",
    title: "",
    mode: None,
    kind: None,
    summary: "",
    columns: &[],
    severity: None,
    note: "",
    onset_week: None,
    plan: Plan::Still,
};

const fn broken(id: &'static str, title: &'static str, fault: Fault, kind: &'static str) -> Scenario {
    Scenario {
        id,
        title,
        mode: Some(Mode::SchemaChange),
        kind: Some(kind),
        severity: Some(Harmful),
        onset_week: Some(16),
        plan: Plan::Broken(fault),
        ..NONE
    }
}

/// Every scenario.
pub static SCENARIOS: [Scenario; 20] = [
    Scenario {
        id: "lesson",
        title: "The lesson's demo",
        mode: Some(Mode::DataDrift),
        summary: "Inputs drift by 0.04 a week; the model is the truth, so accuracy is 1.000 throughout.",
        columns: &["x"],
        severity: Some(Harmless),
        note: "The demo as written: harmless data drift. The base rate of predictions and labels moves along with \
               the inputs, which a check may name as well, as harmless.",
        onset_week: Some(13),
        plan: Plan::Lesson,
        ..NONE
    },
    Scenario {
        id: "healthy",
        title: "Nothing happens",
        summary: "A negative control: every week is drawn from the same distribution.",
        note: "Any alarm is false.",
        ..NONE
    },
    Scenario {
        id: "healthy_wobble",
        title: "Nothing happens, unquietly",
        summary: "A negative control: weekends differ from weekdays, and weeks differ by chance, around the same mean.",
        note: "Any alarm is false. A test that takes rows for independent finds every column moved; the reference \
               shows the same variation, and that is the measure.",
        plan: Plan::Wobble,
        ..NONE
    },
    Scenario {
        id: "harmless_drift",
        title: "Drift without decay",
        mode: Some(Mode::DataDrift),
        summary: "Distances and driving times grow by half within four weeks; the model reads their ratio.",
        columns: &["distance_km", "drive_minutes"],
        severity: Some(Harmless),
        note: "Both columns matter to the model, and both move far; the metric stays where it was.",
        onset_week: Some(16),
        plan: Plan::Harmless,
        ..NONE
    },
    Scenario {
        id: "data_drift",
        title: "Drift that hurts",
        mode: Some(Mode::DataDrift),
        summary: "Waiting times double within three weeks, into a region where the model learned the wrong thing.",
        columns: &["wait_hours"],
        severity: Some(Harmful),
        note: "P(Y|X) never moves. Above 130 hours the model is wrong, in the reference as now; six rows in a \
               thousand lay there, and now one in eight does.",
        onset_week: Some(16),
        plan: Plan::Tail,
        ..NONE
    },
    Scenario {
        id: "concept_abrupt",
        title: "The concept changes overnight",
        mode: Some(Mode::ConceptDrift),
        summary: "From one row to the next, driving time over distance counts the other way round.",
        columns: &["label"],
        severity: Some(Harmful),
        note: "No input moves, and neither do score and prediction: without labels nothing can be seen.",
        onset_week: Some(16),
        plan: Plan::Abrupt,
        ..NONE
    },
    Scenario {
        id: "concept_gradual",
        title: "The concept changes over eight weeks",
        mode: Some(Mode::ConceptDrift),
        summary: "Row by row the new concept becomes more likely, from never to always within eight weeks.",
        columns: &["label"],
        severity: Some(Harmful),
        note: "The onset is the week in which it begins; its first days cost next to nothing.",
        onset_week: Some(14),
        plan: Plan::Gradual,
        ..NONE
    },
    Scenario {
        id: "concept_recurring",
        title: "The concept comes and goes",
        mode: Some(Mode::ConceptDrift),
        summary: "Three weeks of the new concept, three of the old one, and again.",
        columns: &["label"],
        severity: Some(Harmful),
        note: "The onset is the first time. In the last week the new concept is in force.",
        onset_week: Some(13),
        plan: Plan::Recurring,
        ..NONE
    },
    Scenario {
        id: "regression_growth",
        title: "A regression is outgrown",
        mode: Some(Mode::ConceptDrift),
        summary: "Delivery takes longer for the same order, by 30 % after six weeks; prediction and label are hours.",
        columns: &["label"],
        severity: Some(Harmful),
        note: "The metric is the mean absolute error. The predictions are too low ever after.",
        onset_week: Some(16),
        plan: Plan::Growth,
        ..NONE
    },
    Scenario {
        id: "rare_category",
        title: "A rare category becomes common",
        mode: Some(Mode::CategoryShift),
        kind: Some("rare_became_common"),
        summary: "Orders through `partner`, where the model knows next to nothing, go from 2 % to 35 %.",
        columns: &["channel"],
        severity: Some(Harmful),
        note: "Within each channel the model is as good or as bad as ever.",
        onset_week: Some(16),
        plan: Plan::Rare,
    },
    Scenario {
        id: "label_shift",
        title: "The base rate moves",
        mode: Some(Mode::PriorShift),
        summary: "Late orders become far more frequent, and each class looks as it always did.",
        columns: &["label"],
        severity: Some(Harmful),
        note: "P(X|Y) stays, so that inputs, scores and predictions move as the mix of the classes does.",
        onset_week: Some(16),
        plan: Plan::Prior,
        ..NONE
    },
    Scenario {
        summary: "`wait_hours` is delivered in days; the model goes on reading hours.",
        columns: &["wait_hours"],
        note: "The model is fed the wrong unit and its score is what it makes of it.",
        ..broken("unit_change", "Hours become days", Fault::Days, "unit_changed")
    },
    Scenario {
        summary: "`tenure_days` arrives as `customer_age_days`; the model reads 0 in its place.",
        columns: &["tenure_days", "customer_age_days"],
        note: "Both columns are in the file: the old one is null after the onset, the new one before it.",
        ..broken("renamed_column", "A column is renamed", Fault::Renamed, "column_renamed")
    },
    Scenario {
        summary: "`wait_hours` is missing in 45 % of the rows; the model reads 0 instead.",
        columns: &["wait_hours"],
        note: "Missing at random.",
        ..broken("null_burst", "A join fails", Fault::Nulls, "null_rate_jumped")
    },
    Scenario {
        summary: "`distance_km` and `drive_minutes` change places.",
        columns: &["distance_km", "drive_minutes"],
        note: "Each has the other's distribution after the onset.",
        ..broken("column_swap", "Two columns change places", Fault::Swapped, "columns_swapped")
    },
    Scenario {
        summary: "`tenure_days` is -999 in 35 % of the rows, and the model takes it for a number of days.",
        columns: &["tenure_days"],
        note: "Missing at random.",
        ..broken("sentinel", "A code for missing", Fault::Sentinel, "sentinel_appeared")
    },
    Scenario {
        summary: "`drive_minutes` stands at 30 in every row.",
        columns: &["drive_minutes"],
        note: "The model divides it by the distance, and takes every far order for a fast one.",
        ..broken("frozen_column", "A service repeats itself", Fault::Frozen, "column_frozen")
    },
    Scenario {
        summary: "The text column `member_since` changes from 2016-07-04 to 04/07/2016; the model reads 0 days.",
        columns: &["member_since"],
        note: "The column stands in place of `tenure_days` and says the same, counted back from 4 January 2016.",
        ..broken("date_layout", "Dates are written otherwise", Fault::DateLayout, "date_layout_changed")
    },
    Scenario {
        summary: "The text column `fee` changes from 12.50 to 12,50; the model reads 0.",
        columns: &["fee"],
        note: "The column is text throughout.",
        ..broken("decimal_comma", "A decimal comma", Fault::DecimalComma, "decimal_comma")
    },
    Scenario {
        summary: "`carrier` arrives in capitals, and the model's encoder knows none of the values.",
        columns: &["carrier"],
        note: "Four values go and four come, with the same shares.",
        ..broken("casing", "Capitals", Fault::Casing, "casing_changed")
    },
];
