//! The metric that a scenario should show, from the world's formulas and not from the rows that were generated.
//!
//! The weeks are sampled with a seed that no stream uses. What is averaged is not whether a prediction was right but
//! the probability that it is, given the order: that leaves the spread of the probabilities and removes that of the
//! labels. All weeks of a scenario use the same random numbers (but where weeks differ by chance anyway), so that
//! their differences are far more precise than `error` says, and a scenario in which nothing changes has exactly the
//! same expectation throughout.

use super::fault::apply;
use super::rng::Rng;
use super::scenario::{Plan, REFERENCE_WEEKS, Scenario, WEEKS};
use super::stream::ExpectedMetric;
use super::world::{self, State};

/// Orders sampled for a week that differs from those before it.
const SAMPLES: usize = 60_000;
/// The same where every week differs by chance, and the samples are independent.
const WOBBLE_SAMPLES: usize = 8_000;
/// Seed of the samples: far from what people type.
const SEED: u64 = 0x6578_7065_6374_6564;

/// A mean and its standard error.
#[derive(Clone, Copy)]
struct Sampled {
    mean: f64,
    error: f64,
}

/// The expected metric of a scenario; `seed` matters only where the weeks themselves differ by chance.
pub(super) fn metric(scenario: &Scenario, seed: u64) -> ExpectedMetric {
    let by_week = weeks(scenario, seed);
    let onset = scenario.onset_week.unwrap_or(REFERENCE_WEEKS) as usize;
    // Six digits are more than the samples can tell, and leave no trace of the order of summation.
    let round = |x: f64| (1e6 * x).round() / 1e6;
    let part = |from: usize, to: usize| by_week.get(from..to).unwrap_or_default();
    let mean = |from: usize, to: usize| round(average(part(from, to).iter().map(|week| week.mean)));
    let error = |from: usize, to: usize| {
        let errors = part(from, to).iter().map(|week| week.error);
        if scenario.plan == Plan::Wobble {
            // Independent samples: their errors average out.
            average(errors.map(|error| error * error)).sqrt() / ((to - from).max(1) as f64).sqrt()
        } else {
            average(errors)
        }
    };
    let end = by_week.len();
    ExpectedMetric {
        name: if scenario.is_regression() { "mae" } else { "accuracy" },
        higher_is_better: !scenario.is_regression(),
        before: mean(0, onset),
        after: mean(onset, end),
        current: mean(REFERENCE_WEEKS as usize, end),
        by_week: by_week.iter().map(|week| round(week.mean)).collect(),
        error: round(error(0, onset).max(error(onset, end))),
    }
}

fn average(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len().max(1) as f64;
    values.sum::<f64>() / n
}

/// Each week's metric.
fn weeks(scenario: &Scenario, seed: u64) -> Vec<Sampled> {
    let count = WEEKS as usize;
    if scenario.plan == Plan::Lesson {
        // The model is the truth.
        return vec![Sampled { mean: 1.0, error: 0.0 }; count];
    }
    // The state once a day tells weeks that stand still, and weeks alike, from weeks that move.
    let path = |week: usize| -> [State; 7] {
        std::array::from_fn(|day| scenario.state(seed, week as f64 + (day as f64 + 0.5) / 7.0))
    };
    let paths: Vec<[State; 7]> = (0..count).map(path).collect();
    let mut sampled: Vec<Sampled> = Vec::with_capacity(count);
    for (week, path) in paths.iter().enumerate() {
        let alike = paths.iter().position(|other| other == path);
        let known = alike.and_then(|first| sampled.get(first)).copied();
        sampled.push(known.unwrap_or_else(|| sample(scenario, seed, week)));
    }
    sampled
}

fn sample(scenario: &Scenario, seed: u64, week: usize) -> Sampled {
    let (samples, stream) = if scenario.plan == Plan::Wobble { (WOBBLE_SAMPLES, week as u64) } else { (SAMPLES, 0) };
    let late_rate = base_rate(scenario, seed, week);
    let (mut sum, mut squares) = (0.0, 0.0);
    for index in 0..samples {
        let mut rng = Rng::of(SEED ^ stream, index as u64);
        let within = (index as f64 + 0.5) / samples as f64;
        let state = scenario.state(seed, week as f64 + within);
        let value = one(scenario, &state, late_rate, &mut rng);
        sum += value;
        squares += value * value;
    }
    let n = samples as f64;
    let mean = sum / n;
    Sampled { mean, error: ((squares / n - mean * mean).max(0.0) / n).sqrt() }
}

/// The base rate of the reference, where the scenario moves it; otherwise it is not needed.
fn base_rate(scenario: &Scenario, seed: u64, week: usize) -> f64 {
    if scenario.state(seed, week as f64).prior.is_none() {
        return 0.5;
    }
    let late = |index: usize| {
        let order = world::order(&State::default(), &mut Rng::of(SEED, index as u64));
        world::truth(&order, false)
    };
    average((0..SAMPLES).map(late))
}

/// The expected metric of one order.
fn one(scenario: &Scenario, state: &State, late_rate: f64, rng: &mut Rng) -> f64 {
    let order = world::order(state, rng);
    let seen = apply(scenario.fault(state), &order, rng);
    if scenario.is_regression() {
        return (world::true_hours(&order, state.growth, rng) - world::predicted_hours(&seen)).abs();
    }
    let late = state.concept * world::truth(&order, true) + (1.0 - state.concept) * world::truth(&order, false);
    // Where the base rate is moved, each class weighs as much more as it has become more frequent.
    let [late, in_time] = match state.prior {
        Some(prior) => [late * prior / late_rate, (1.0 - late) * (1.0 - prior) / (1.0 - late_rate)],
        None => [late, 1.0 - late],
    };
    if world::score(&seen) >= 0.5 { late } else { in_time }
}
