//! Streams with known decay: data on which any claim about drift can be tested, because the answer comes along.
//!
//! Two things live here. [`lesson`] runs the demo that everybody starts with, as written, says what it really shows,
//! and sets beside it the worlds in which accuracy does fall. [`generate`] makes a data set of one of [`SCENARIOS`]:
//! 26 weeks of scored orders, of which the first ten are a healthy reference, with a [`Truth`] that says what
//! happens, from which row on, to which columns, and what it costs. The cost is computed from the formulas of the
//! world and not from the rows, so that it can be compared with what a check measures on the rows.
//!
//! Two scenarios are negative controls in which nothing happens, and two drift without any cost. A check that cries
//! there is as wrong as one that is silent elsewhere.
//!
//! To add a scenario: one entry in [`SCENARIOS`], and what it does in the scenario's `state` (if the world changes) or
//! as a fault (if the pipe does).

mod expected;
mod fault;
mod generate;
mod lesson;
mod lesson_text;
mod rng;
mod scenario;
mod scenarios;
mod stream;
#[cfg(test)]
mod tests;
mod world;

pub use generate::{DEFAULT_ROWS, generate};
pub use lesson::{AlarmVerdict, Lesson, Week, World, lesson, lesson_of};
pub use rng::Rng;
pub use scenario::{REFERENCE_WEEKS, Scenario, WEEKS, scenario};
pub use scenarios::SCENARIOS;
pub use stream::{ExpectedMetric, Position, SimColumn, SimValues, Stream, Truth};
