//! The kinds of schema change: what upstream did to the form of a value, while its meaning stayed.

use super::Mode;
use super::entry::{DetailKey, Kind, key};

const fn schema(
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    detail: &'static [DetailKey],
    next_step: &'static str,
) -> Kind {
    Kind { id, mode: Mode::SchemaChange, title, meaning, detail, next_step, breaks_inputs: true, watch_only: false }
}

/// Every kind of [`Mode::SchemaChange`].
pub static SCHEMA_KINDS: [Kind; 24] = [
    schema(
        "column_missing",
        "Column missing",
        "A column of the reference no longer arrives, or arrives with nothing in it, and no new column resembles it.",
        &[key("role", "the role of the column")],
        "Ask the owner of the source whether it was dropped on purpose. Until it is back, the model reads a default \
         in its place: route around the model or retrain it without the column.",
    ),
    schema(
        "column_new",
        "Column new",
        "A column arrives that the reference does not have, and no missing column resembles it.",
        &[key("type", "the type of the new column")],
        "The model does not read it, so nothing is lost. If it should be watched, freeze a new baseline.",
    )
    .beside_inputs()
    .to_watch(),
    schema(
        "column_renamed",
        "Column renamed",
        "A column went and another came in the same window, with the same distribution: the same thing under a new name.",
        &[key("from", "the name in the reference"), key("to", "the name now")],
        "Map the new name to the old one where the model's inputs are read, and recompute the predictions since the \
         onset.",
    ),
    schema(
        "columns_swapped",
        "Columns swapped",
        "Two columns changed places: each now has the distribution that the other had in the reference.",
        &[
            key("columns", "the two names"),
            key("distance_straight", "distance from its own reference, of the column that has less of it"),
            key("distance_crossed", "distance from the other's reference, of the column that has more of it"),
        ],
        "Look for a positional read (a CSV without header, SELECT *, a reordered struct) and address columns by name.",
    ),
    schema(
        "type_changed",
        "Type changed",
        "The column's type is another one, as number to text, or its values have another form or other names.",
        &[
            key("from", "the type, form or list of values in the reference"),
            key("to", "the type, form or list of values now"),
            key("example", "a value as it arrives now; of categories a map of known values to their new spelling"),
        ],
        "Look at a few raw values and cast at the source. A silent cast on the way to the model often turned what it \
         could not read into nulls.",
    ),
    schema(
        "date_layout_changed",
        "Date layout changed",
        "A date written as text has another layout, as 2016-07-04 to 04/07/2016.",
        &[key("from", "the layout in the reference"), key("to", "the layout now")],
        "Parse with the layout stated, never guessed: 04/07 is read without complaint as 7 April or as 4 July. \
         Recompute what was derived from the date since the onset.",
    ),
    schema(
        "decimal_comma",
        "Decimal comma",
        "A number written as text uses a comma where the reference has a point, or the reverse.",
        &[
            key("from", "how numbers were written in the reference, where that was counted"),
            key("to", "how they are written now, where that was counted"),
            key("example", "a value as it arrives now, where it is no longer read as a number"),
        ],
        "Fix the locale of the export. Check whether 1,234 was read as one and a bit, as a thousand, or as missing.",
    ),
    schema(
        "casing_changed",
        "Casing changed",
        "Categories arrive in other casing, and are the known ones once casing is ignored.",
        &[
            key("example", "a map of known values to their new spelling, where there are known values"),
            key("from", "a known value, or its shape"),
            key("to", "the same value, or its shape, as it arrives now"),
        ],
        "Normalise casing where the model's inputs are read: to an encoder, `Web` and `WEB` are two categories, and \
         the new one is unknown.",
    ),
    schema(
        "padding_changed",
        "Padding changed",
        "Values arrive with blanks or leading zeros that the reference does not have, or without those it has.",
        &[
            key("example", "a map of known values to their new spelling, where there are known values"),
            key("from", "a known value, or its shape"),
            key("to", "the same value, or its shape, as it arrives now"),
        ],
        "Trim where the model's inputs are read. Lost leading zeros mean that a code was stored as a number on the \
         way.",
    ),
    schema(
        "encoding_changed",
        "Encoding changed",
        "Text was decoded with the wrong character set: what was `é` is now `Ã©`, or the replacement character.",
        &[
            key("example", "a map of known values to their new spelling, where there are known values"),
            key("from", "a known value, or its shape"),
            key("to", "the same value, or its shape, as it arrives now"),
        ],
        "State the encoding where the file is written and where it is read. Values with the replacement character \
         are lost and must be delivered again.",
    ),
    schema(
        "unit_changed",
        "Unit changed",
        "One straight line maps the reference's quantiles to the current ones: the same quantity in another unit.",
        &[
            key("map", "{scale, offset}: current = scale x reference + offset"),
            key(
                "unit",
                "the conversion in words, as `× 24, as from days to hours`; the factor alone where nobody names it",
            ),
        ],
        "Confirm the unit with the owner of the source, convert where the model's inputs are read, and recompute the \
         predictions since the onset.",
    ),
    schema(
        "sentinel_appeared",
        "Sentinel appeared",
        "One value that the reference does not have, as -999 or `N/A`, now stands in many rows: a code for missing.",
        &[
            key("value", "the value"),
            key("rate", "its share of the current rows"),
            key("rate_reference", "its share of the reference rows"),
        ],
        "Turn the code into a null before the model reads it, and find out why the value is missing.",
    ),
    schema(
        "null_rate_jumped",
        "Null rate jumped",
        "More values are missing than the reference ever had in a window.",
        &[
            key("value", "what stands for a missing value: null, NaN, Infinity or -Infinity"),
            key("reference", "its share in the reference"),
            key("current", "its share of the affected rows"),
        ],
        "Look for a failing join, an optional field or a source that stopped.",
    ),
    schema(
        "null_rate_fell",
        "Null rate fell",
        "Far fewer values are missing than the reference ever had in a window.",
        &[
            key("value", "what stands for a missing value: null, NaN, Infinity or -Infinity"),
            key("reference", "its share in the reference"),
            key("current", "its share of the affected rows"),
        ],
        "Look for a default that was filled in silently. If the values are real, the model is better informed than it \
         was trained to be: see whether it was trained on rows that lacked them.",
    )
    .beside_inputs()
    .to_watch(),
    schema(
        "column_frozen",
        "Column frozen",
        "A column that varied in the reference has one value only.",
        &[key("value", "the value at which it stands")],
        "Look for a sensor, cache or service that repeats its last answer, or for a default. The model reads it as \
         news.",
    ),
    schema(
        "column_awoke",
        "Column awoke",
        "A column that was constant in the reference now varies.",
        &[key("reference", "the constant that it was"), key("values", "how many values it takes now")],
        "The model never learned what this column means: it could not, from a constant. Retrain once there is enough \
         of it, and see that no weight on it was left to chance.",
    )
    .beside_inputs()
    .to_watch(),
    schema(
        "range_left",
        "Range left",
        "Values lie where the reference has none.",
        &[
            key("reference", "[lowest, highest] of the reference"),
            key("current", "[lowest, highest] now"),
            key("share_outside", "the share of the affected rows that lie outside"),
        ],
        "See whether the values can be true. If they can, the model extrapolates there; if not, reject them at the \
         source.",
    )
    .beside_inputs(),
    schema(
        "key_not_unique",
        "Key no longer unique",
        "Ids repeat that did not repeat in the reference.",
        &[
            key("duplicates", "how many rows carry an id that was seen before"),
            key("reference", "the share of such rows in the reference"),
            key("current", "the share of such rows now"),
        ],
        "Look for a job that ran twice, a retry without idempotence or a join that multiplies rows. Every count here \
         is off by as much.",
    )
    .beside_inputs(),
    schema(
        "volume_changed",
        "Volume changed",
        "A window has far more or far fewer rows than the reference's windows had.",
        &[key("ratio", "rows of an affected window over those of a usual one")],
        "Fewer: look for a partition or a tenant that was not delivered. More: look for duplicates, a backfill, bots.",
    )
    .beside_inputs()
    .to_watch(),
    schema(
        "freshness_broken",
        "Freshness broken",
        "The newest row is older than the reference's own gaps between rows allow.",
        &[
            key("lag_days", "days since the newest row"),
            key("pause_days_reference", "the longest pause in the reference, in days"),
        ],
        "See whether the job that delivers the data ran. What is shown for the days since then is the past.",
    )
    .to_watch(),
    schema(
        "dimension_changed",
        "Dimension changed",
        "A column of vectors holds vectors of another length than in the reference.",
        &[
            key("from", "how many numbers a vector had"),
            key("to", "how many most of the others have"),
            key("reference", "the share of vectors of another length in the reference"),
            key("current", "the share of them in the affected rows"),
        ],
        "Ask which embedding model writes the column now. Pin the old one until the model downstream has been trained \
         on the new vectors.",
    ),
    schema(
        "embedding_constant",
        "Vectors constant",
        "Vectors are all zeros, or one and the same, which the reference did not have: what an embedding service gives when it fails.",
        &[
            key("reference", "the share of such vectors in the reference"),
            key("current", "the share of them in the affected rows"),
            key("value", "what they are"),
        ],
        "Look at the errors and timeouts of the embedding service, and embed the affected rows again.",
    ),
    schema(
        "embedding_rescaled",
        "Vectors rescaled",
        "Vectors point where they did and have another length: they are normalised now, or no longer.",
        &[
            key("reference", "the median norm in the reference"),
            key("current", "the median norm now"),
            key("factor", "the one over the other"),
        ],
        "Bring back the old scale, or normalise on both sides. Cosines do not mind; distances, dot products and models do.",
    ),
    schema(
        "embedding_replaced",
        "Vectors replaced",
        "Vectors of the same length that have next to nothing in common with the reference's.",
        &[
            key("own_neighbours_reference", "how often the nearest vector is of the own half of the reference"),
            key("own_neighbours", "how often the nearest vector is of the own period"),
        ],
        "Ask whether the embedding model or its version changed, or the order of the elements. Vectors of two models cannot \
         be compared, nor read by a model trained on the others.",
    ),
];
