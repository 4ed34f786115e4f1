//! The scenarios: one table, and what each does to the world week by week.

use super::fault::{FROZEN_AT, Fault, NULL_RATE, SENTINEL, SENTINEL_RATE};
use super::rng::Rng;
use super::world::State;
use crate::catalogue::Mode;
use crate::diagnosis::Severity;

/// Weeks in a stream.
pub const WEEKS: u64 = 26;
/// The weeks at the start that are healthy in every scenario.
pub const REFERENCE_WEEKS: u64 = 10;

/// One scenario: a stream with known decay, or with none.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The word on the command line.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The mode that it shows; `None` for a negative control.
    pub mode: Option<Mode>,
    /// The mode's kind.
    pub kind: Option<&'static str>,
    /// What happens, in one line.
    pub summary: &'static str,
    /// The columns it happens to, at most four.
    pub columns: &'static [&'static str],
    /// Whether it costs; `None` for a negative control.
    pub severity: Option<Severity>,
    /// What to know about it beyond the summary.
    pub note: &'static str,
    pub(super) onset_week: Option<u64>,
    pub(super) plan: Plan,
}

/// What a scenario does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    Lesson,
    Still,
    Wobble,
    Harmless,
    Tail,
    Abrupt,
    Gradual,
    Recurring,
    Growth,
    Rare,
    Prior,
    Broken(Fault),
}

impl Scenario {
    /// The state of the world `week` weeks after the start, the fraction included.
    pub(super) fn state(&self, seed: u64, week: f64) -> State {
        let still = State::default();
        let since = match self.onset_week {
            Some(onset) => week - onset as f64,
            None => {
                return if self.plan == Plan::Wobble { wobble(seed, week) } else { still };
            }
        };
        if since < 0.0 {
            return still;
        }
        match self.plan {
            Plan::Lesson | Plan::Still | Plan::Wobble => still,
            Plan::Harmless => State { distance: 1.0 + 0.5 * (since / 4.0).min(1.0), ..still },
            Plan::Tail => State { wait: 1.0 + (since / 3.0).min(1.0), ..still },
            Plan::Abrupt => State { concept: 1.0, ..still },
            Plan::Gradual => State { concept: (since / 8.0).min(1.0), ..still },
            // Three weeks of the new concept, three of the old one, and so on.
            Plan::Recurring => State { concept: f64::from(u8::from(since % 6.0 < 3.0)), ..still },
            Plan::Growth => State { growth: 1.0 + 0.3 * (since / 6.0).min(1.0), ..still },
            Plan::Rare => State { partner: 0.35, ..still },
            Plan::Prior => State { prior: Some(0.72), ..still },
            Plan::Broken(_) => State { faulty: true, ..still },
        }
    }

    pub(super) fn fault(&self, state: &State) -> Fault {
        match self.plan {
            Plan::Broken(fault) if state.faulty => fault,
            _ => Fault::Nothing,
        }
    }

    /// Whether the target is a number and the metric an error.
    pub(super) fn is_regression(&self) -> bool {
        self.plan == Plan::Growth
    }

    /// The keys that the catalogue documents for the kind.
    pub(super) fn details(&self) -> Vec<(&'static str, crate::diagnosis::Detail)> {
        use crate::diagnosis::Detail;
        let map =
            |pairs: &[(&str, Detail)]| Detail::Map(pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect());
        match self.plan {
            Plan::Rare => vec![("value", "partner".into()), ("reference", 0.02.into()), ("current", 0.35.into())],
            Plan::Broken(Fault::Days) => vec![
                ("map", map(&[("scale", (1.0 / 24.0).into()), ("offset", 0.0.into())])),
                ("unit", "hours -> days".into()),
            ],
            Plan::Broken(Fault::Renamed) => {
                vec![("from", "tenure_days".into()), ("to", "customer_age_days".into())]
            }
            Plan::Broken(Fault::Nulls) => {
                vec![("reference", 0.0.into()), ("current", NULL_RATE.into())]
            }
            Plan::Broken(Fault::Swapped) => {
                vec![("columns", Detail::List(vec!["distance_km".into(), "drive_minutes".into()]))]
            }
            Plan::Broken(Fault::Sentinel) => {
                vec![("value", (SENTINEL as f64).into()), ("rate", SENTINEL_RATE.into())]
            }
            Plan::Broken(Fault::Frozen) => vec![("value", FROZEN_AT.into())],
            Plan::Broken(Fault::DateLayout) => {
                vec![("from", "%Y-%m-%d".into()), ("to", "%d/%m/%Y".into())]
            }
            Plan::Broken(Fault::DecimalComma) => vec![("from", ".".into()), ("to", ",".into())],
            Plan::Broken(Fault::Casing) => vec![("example", map(&[("Alder", "ALDER".into())]))],
            _ => Vec::new(),
        }
    }
}

/// Weekends and weeks that differ a little by chance, around the same mean throughout.
fn wobble(seed: u64, week: f64) -> State {
    let still = State::default();
    let mut rng = Rng::of(seed ^ 0x0077_6f62_626c_6500, week.max(0.0) as u64);
    let mut near = |sd: f64| 1.0 + sd * rng.standard_normal().clamp(-2.5, 2.5);
    // The stream starts on a Monday.
    let weekend = week.rem_euclid(1.0) >= 5.0 / 7.0;
    let mut state = State {
        wait: near(0.03) * if weekend { 1.15 } else { 0.94 },
        distance: near(0.05) * if weekend { 0.9 } else { 1.04 },
        items: still.items * near(0.04) * if weekend { 1.1 } else { 0.96 },
        partner: still.partner * near(0.15),
        ..still
    };
    state.carriers = still.carriers.map(|share| share * near(0.06));
    state
}

/// The scenario of an id; hyphens and case do not matter.
#[must_use]
pub fn scenario(id: &str) -> Option<&'static Scenario> {
    let id = id.trim().to_lowercase().replace(['-', ' '], "_");
    super::SCENARIOS.iter().find(|scenario| scenario.id == id)
}
