//! What an upstream source does to an order before the model reads it.

use super::rng::Rng;
use super::world::{Order, Seen};

/// A fault of the pipe. Each touches the columns that the scenario names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// None: the model reads what is.
    Nothing,
    /// `wait_hours` is delivered in days.
    Days,
    /// `tenure_days` is now called `customer_age_days`.
    Renamed,
    /// `wait_hours` is null in many rows.
    Nulls,
    /// `distance_km` and `drive_minutes` change places.
    Swapped,
    /// `tenure_days` is -999 in many rows.
    Sentinel,
    /// `drive_minutes` stands still.
    Frozen,
    /// `member_since` comes as 04/07/2016, which the model's parser cannot read.
    DateLayout,
    /// `fee` comes as 12,50, which the model's parser cannot read.
    DecimalComma,
    /// `carrier` comes in capitals, which the model's encoder does not know.
    Casing,
}

/// Share of rows that lose `wait_hours` under [`Fault::Nulls`].
pub(super) const NULL_RATE: f64 = 0.45;
/// Share of rows in which `tenure_days` is [`SENTINEL`] under [`Fault::Sentinel`].
pub(super) const SENTINEL_RATE: f64 = 0.35;
/// The code for missing.
pub(super) const SENTINEL: i64 = -999;
/// Where `drive_minutes` stands under [`Fault::Frozen`].
pub(super) const FROZEN_AT: f64 = 30.0;

/// The order as the model reads it.
pub(super) fn apply(fault: Fault, order: &Order, rng: &mut Rng) -> Seen {
    let mut seen = Seen::from(order);
    match fault {
        Fault::Nothing => {}
        Fault::Days => seen.wait_hours = Some((1e4 * order.wait_hours / 24.0).round() / 1e4),
        Fault::Nulls if rng.chance(NULL_RATE) => seen.wait_hours = None,
        Fault::Swapped => {
            seen.distance_km = order.drive_minutes;
            seen.drive_minutes = order.distance_km;
        }
        Fault::Sentinel if rng.chance(SENTINEL_RATE) => seen.tenure_days = Some(SENTINEL),
        Fault::Frozen => seen.drive_minutes = FROZEN_AT,
        Fault::Renamed | Fault::DateLayout => seen.tenure_days = None,
        Fault::DecimalComma => seen.fee = None,
        Fault::Casing => seen.carrier = None,
        Fault::Nulls | Fault::Sentinel => {}
    }
    seen
}
