//! The kinds of category shift: which part of the world became bigger, smaller, or is new.

use super::Mode;
use super::entry::{DetailKey, Kind, key};

const fn category(
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    detail: &'static [DetailKey],
    next_step: &'static str,
) -> Kind {
    Kind { id, mode: Mode::CategoryShift, title, meaning, detail, next_step, breaks_inputs: false, watch_only: false }
}

/// Every kind of [`Mode::CategoryShift`].
pub static CATEGORY_KINDS: [Kind; 4] = [
    category(
        "category_new",
        "Category new",
        "A value arrives that the reference does not have.",
        &[
            key("value", "the category"),
            key("reference", "its share of the reference rows"),
            key("current", "its share of the affected rows"),
            key("movers", "{value, reference, current} of the eight that moved most: their shares"),
        ],
        "See whether it is a new part of the business or a new spelling of a known one. The model has never seen it: \
         check how its encoder treats the unknown, and label some of these rows first.",
    ),
    category(
        "category_vanished",
        "Category vanished",
        "A value that the reference has at a steady share no longer arrives.",
        &[
            key("value", "the category"),
            key("reference", "its share of the reference rows"),
            key("current", "its share of the affected rows"),
            key("movers", "{value, reference, current} of the eight that moved most: their shares"),
        ],
        "See whether it ended in the world or was lost on the way: a filter, a tenant not delivered, a renamed code.",
    ),
    category(
        "rare_became_common",
        "Rare became common",
        "A value that was rare in the reference now makes up a considerable part of the rows.",
        &[
            key("value", "the category"),
            key("reference", "its share of the reference rows"),
            key("current", "its share of the affected rows"),
            key("movers", "{value, reference, current} of the eight that moved most: their shares"),
        ],
        "Compare the metric inside this category with the rest. The model learned it from few rows: if it is worse \
         there, collect labels for it and retrain with its new weight.",
    ),
    category(
        "mix_changed",
        "Mix changed",
        "The shares of known values moved against each other, none of them new, gone or formerly rare.",
        &[
            key("value", "the one that moved most"),
            key("reference", "its share of the reference rows"),
            key("current", "its share of the affected rows"),
            key("movers", "{value, reference, current} of the eight that moved most: their shares"),
        ],
        "Compare the metric by category. Where it is equal in all of them, the new mix costs nothing.",
    ),
];
