//! The world behind the scenarios: orders that are delivered late or in time.
//!
//! A row is an order. The model is a logistic function of eight features, frozen. The truth is built from the model's
//! own score `s`, so that the model is calibrated in the reference by construction and still not right:
//!
//! - `P(late) = s + s (1 - s) c`, where `c` depends on the channel, which the model does not read, and averages to 0:
//!   whatever the score, the mean of the truth is the score;
//! - two per cent of orders come from `partner`, where the model knows next to nothing;
//! - orders that wait longer than [`REROUTED`] hours are sent by another way and are rarely late; the model, which saw
//!   few of them, believes the opposite.
//!
//! The last two are the weak places to which a scenario can move its rows. What [`State`] holds can change by week;
//! everything else is fixed.

use super::rng::Rng;

/// Hours from which on orders are sent by another way.
pub(super) const REROUTED: f64 = 130.0;
/// The carriers and their shares.
pub(super) const CARRIERS: [&str; 4] = ["Alder", "Birch", "Cedar", "Dune"];
/// What the model adds for each carrier.
const CARRIER_EFFECT: [f64; 4] = [-1.4, 0.4, 2.2, 3.0];
/// The channels; the last one is the rare one.
pub(super) const CHANNELS: [&str; 4] = ["web", "app", "phone", "partner"];
/// `c` by channel: averages to 0 over the first three at their shares of 50, 38 and 10.
const CHANNEL_TILT: [f64; 3] = [-0.6, 0.6 * 50.0 / 38.0, 0.0];

/// What may change from week to week. The default is the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct State {
    /// Mean waiting time against the reference's.
    pub(super) wait: f64,
    /// Distances, and with them driving times, against the reference's.
    pub(super) distance: f64,
    /// Mean of items beyond the first.
    pub(super) items: f64,
    /// Shares of [`CARRIERS`].
    pub(super) carriers: [f64; 4],
    /// Share of the channel `partner`.
    pub(super) partner: f64,
    /// Probability that a row follows the new concept.
    pub(super) concept: f64,
    /// Base rate of late orders, where it is set: then each class keeps its inputs.
    pub(super) prior: Option<f64>,
    /// Growth of the delivery time (the regression's target) against the reference.
    pub(super) growth: f64,
    /// Whether the fault of the scenario is in force.
    pub(super) faulty: bool,
}

impl Default for State {
    fn default() -> State {
        State {
            wait: 1.0,
            distance: 1.0,
            items: 1.6,
            carriers: [0.52, 0.27, 0.15, 0.06],
            partner: 0.02,
            concept: 0.0,
            prior: None,
            growth: 1.0,
            faulty: false,
        }
    }
}

/// An order as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) wait_hours: f64,
    pub(super) items: i64,
    pub(super) distance_km: f64,
    pub(super) drive_minutes: f64,
    pub(super) fee: f64,
    pub(super) tenure_days: i64,
    pub(super) express: bool,
    pub(super) carrier: usize,
    pub(super) channel: usize,
}

/// An order as the model reads it. What is `None` arrived as nothing, or as something that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) wait_hours: Option<f64>,
    pub(super) items: i64,
    pub(super) distance_km: f64,
    pub(super) drive_minutes: f64,
    pub(super) fee: Option<f64>,
    pub(super) tenure_days: Option<i64>,
    pub(super) express: bool,
    pub(super) carrier: Option<usize>,
    pub(super) channel: usize,
}

impl From<&Order> for Seen {
    fn from(order: &Order) -> Seen {
        Seen {
            wait_hours: Some(order.wait_hours),
            items: order.items,
            distance_km: order.distance_km,
            drive_minutes: order.drive_minutes,
            fee: Some(order.fee),
            tenure_days: Some(order.tenure_days),
            express: order.express,
            carrier: Some(order.carrier),
            channel: order.channel,
        }
    }
}

/// The inputs of an order.
pub(super) fn order(state: &State, rng: &mut Rng) -> Order {
    let distance_km = tenths(40.0 * state.distance * (0.55 * rng.standard_normal()).exp()).max(0.5);
    let pace = 1.8 * (0.35 * rng.standard_normal()).exp();
    let web = 1.0 - state.partner;
    Order {
        wait_hours: tenths(rng.gamma(2.0, 18.0 * state.wait)),
        items: 1 + rng.poisson(state.items) as i64,
        distance_km,
        drive_minutes: tenths(distance_km * pace).max(0.5),
        fee: (100.0 * rng.gamma(4.0, 3.0)).round() / 100.0,
        tenure_days: (rng.gamma(3.0, 400.0)).round() as i64,
        express: rng.chance(0.3),
        carrier: rng.categorical(&state.carriers),
        // 50, 38 and 10 of 98 parts of what is not `partner`.
        channel: rng.categorical(&[50.0 * web, 38.0 * web, 10.0 * web, 98.0 * state.partner]),
    }
}

/// The terms of the model's logit: everything but driving time over distance, and that.
fn terms(seen: &Seen) -> (f64, f64) {
    // What is missing becomes 0, and an unknown category no effect, as it is in many a pipeline.
    let wait = seen.wait_hours.unwrap_or(0.0);
    let tenure = seen.tenure_days.unwrap_or(0) as f64;
    let carrier = seen.carrier.and_then(|index| CARRIER_EFFECT.get(index)).copied().unwrap_or(0.0);
    let rest = -1.0
        + 1.9 * (wait - 36.0) / 25.0
        + 0.7 * (seen.items as f64 - 2.6)
        + 1.5 * (seen.fee.unwrap_or(0.0) - 12.0) / 6.0
        - 1.5 * (tenure - 1200.0) / 700.0
        - if seen.express { 1.6 } else { 0.0 }
        + carrier;
    let pace = 4.5 * (seen.drive_minutes / seen.distance_km / 1.8).ln();
    (rest, pace)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The model's probability that an order will be late, to six digits.
pub(super) fn score(seen: &Seen) -> f64 {
    let (rest, pace) = terms(seen);
    (1e6 * sigmoid(rest + pace)).round() / 1e6
}

/// The true probability that an order is late, given whether it follows the new concept.
pub(super) fn truth(order: &Order, new_concept: bool) -> f64 {
    let (rest, pace) = terms(&Seen::from(order));
    // The new concept: slow roads are now served first, so that pace counts the other way round.
    let s = sigmoid(if new_concept { rest - pace } else { rest + pace });
    let Some(tilt) = CHANNEL_TILT.get(order.channel) else {
        return 0.5 + 0.1 * (s - 0.5);
    };
    if order.wait_hours > REROUTED { 0.1 } else { s + s * (1.0 - s) * tilt }
}

/// An order, and whether it is late.
pub(super) fn labelled(state: &State, rng: &mut Rng) -> (Order, bool) {
    let draw = |rng: &mut Rng| {
        let order = order(state, rng);
        let new_concept = rng.chance(state.concept);
        (order, rng.chance(truth(&order, new_concept)))
    };
    let Some(prior) = state.prior else {
        return draw(rng);
    };
    // P(X|Y) stays: the label first, then orders until one has it. The bound is never met: both classes are common.
    let wanted = rng.chance(prior);
    let mut drawn = draw(rng);
    for _ in 0..10_000 {
        if drawn.1 == wanted {
            break;
        }
        drawn = draw(rng);
    }
    drawn
}

/// The regression's prediction: hours until delivery.
pub(super) fn predicted_hours(seen: &Seen) -> f64 {
    let carrier = seen.carrier.and_then(|index| CARRIER_EFFECT.get(index)).copied().unwrap_or(0.0);
    tenths(
        24.0 + 0.5 * seen.wait_hours.unwrap_or(0.0)
            + 0.2 * seen.drive_minutes
            + 2.0 * seen.items as f64
            + 3.0 * carrier
            - if seen.express { 12.0 } else { 0.0 },
    )
}

/// The regression's truth, with its noise.
pub(super) fn true_hours(order: &Order, growth: f64, rng: &mut Rng) -> f64 {
    // A slight curve that the model does not have, of mean 0 at the reference's variance of the waiting time.
    let curve = 2.0 * (((order.wait_hours - 36.0) / 25.456).powi(2) - 1.0);
    let hours = growth * (predicted_hours(&Seen::from(order)) + curve) + rng.normal(0.0, 5.0);
    tenths(hours)
}

fn tenths(x: f64) -> f64 {
    (10.0 * x).round() / 10.0
}
