//! The demo that everybody starts with, run as written, and beside it the worlds in which accuracy does fall.
//!
//! The demo announces concept drift and a falling accuracy. Its model and its truth are the same function, so accuracy
//! cannot fall, and what it shows is data drift without decay. Four more worlds of the same size, each changed in one
//! line, show what does make it fall, and a plain input-drift alarm looks at all of them: it cries in the one world in
//! which nothing is wrong, and is silent in the one in which the meaning of the data moved.
//!
//! Nothing here is written down beforehand: each accuracy is counted over 5,000 rows a week.

use super::rng::Rng;

/// Rows a week.
const ROWS: usize = 5000;
/// The weeks that are shown.
const WEEKS: [u32; 4] = [0, 3, 6, 9];
/// False alarms of the alarm per test.
const ALPHA: f64 = 0.001;
/// Accuracy that has to go before one speaks of a fall.
const FALL: f64 = 0.02;

/// All the worlds of the lesson, the demo first.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The demo as written, then the worlds in which accuracy falls.
    pub worlds: Vec<World>,
    /// The seed.
    pub seed: u64,
}

/// One world: what moves in it, and its weeks.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// A name for tables, as `concept drift`.
    pub name: &'static str,
    /// What happens in it.
    pub what: &'static str,
    /// Its weeks.
    pub weeks: Vec<Week>,
}

/// One line of a world's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Week {
    /// The week.
    pub week: u32,
    /// Mean of what the model reads; in the demo the mean that was asked for, as the demo prints it.
    pub mean: f64,
    /// What else changed, as `boundary=0.62`; empty in the demo.
    pub changed: String,
    /// Share of right answers.
    pub accuracy: f64,
    /// The largest Kolmogorov-Smirnov distance of an input from the training sample.
    pub distance: f64,
    /// Whether that rings an input-drift alarm.
    pub alarm: bool,
}

/// What an input-drift alarm is worth in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmVerdict {
    /// It rang and accuracy fell.
    Caught,
    /// It was silent and accuracy fell.
    Missed,
    /// It rang and accuracy stood.
    FalseAlarm,
    /// It was silent and accuracy stood.
    Quiet,
}

impl AlarmVerdict {
    /// The words for tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AlarmVerdict::Caught => "caught",
            AlarmVerdict::Missed => "MISSED",
            AlarmVerdict::FalseAlarm => "FALSE ALARM",
            AlarmVerdict::Quiet => "rightly quiet",
        }
    }
}

impl World {
    /// Accuracy in the last week minus accuracy in the first.
    #[must_use]
    pub fn change(&self) -> f64 {
        match (self.weeks.first(), self.weeks.last()) {
            (Some(first), Some(last)) => last.accuracy - first.accuracy,
            _ => 0.0,
        }
    }

    /// Whether accuracy fell, and whether the alarm rang.
    #[must_use]
    pub fn verdict(&self) -> AlarmVerdict {
        match (self.weeks.iter().any(|week| week.alarm), self.change() < -FALL) {
            (true, true) => AlarmVerdict::Caught,
            (false, true) => AlarmVerdict::Missed,
            (true, false) => AlarmVerdict::FalseAlarm,
            (false, false) => AlarmVerdict::Quiet,
        }
    }
}

/// One row of a world.
struct Case {
    /// What the model reads.
    input: f64,
    /// A category that the model does not read, coded 0 or 1.
    rare: f64,
    /// The truth.
    label: bool,
}

/// The model of every world. It learned its line from data centred at 0.5 and never changes.
fn model(x: f64) -> bool {
    x > 0.5
}

/// The demo's input: normal around `mean`, cut to 0 to 1.
fn input(rng: &mut Rng, mean: f64) -> f64 {
    rng.normal(mean, 0.15).clamp(0.0, 1.0)
}

/// The lesson with seed 0, as in the demo.
///
/// ```
/// let lesson = dosimeter_core::simulate::lesson();
/// assert!(lesson.demo_lines()[3].ends_with("accuracy=1.000"));
/// ```
#[must_use]
pub fn lesson() -> Lesson {
    lesson_of(0)
}

/// The lesson with a seed of choice.
#[must_use]
pub fn lesson_of(seed: u64) -> Lesson {
    let demo = world(
        seed,
        "the demo",
        "Inputs drift upward. The model and the truth are the same function, x > 0.5.",
        |week, rng| {
            let x = input(rng, drifting(week));
            Case { input: x, rare: 0.0, label: x > 0.5 }
        },
        |_, _| String::new(),
    );
    // The demo prints the mean it asked for, not the one it got.
    let demo = World { weeks: demo.weeks.into_iter().map(|w| Week { mean: drifting(w.week), ..w }).collect(), ..demo };
    let worlds = vec![
        demo,
        world(
            seed,
            "data drift",
            "The same inputs drift, and the truth is not quite the line that was learned: above 0.85 the answer turns \
             back to 0. In training one row in a hundred lay there.",
            |week, rng| {
                let x = input(rng, drifting(week));
                Case { input: x, rare: 0.0, label: x > 0.5 && x <= 0.85 }
            },
            |_, cases| format!("above 0.85={:.2}", share(cases, |case| case.input > 0.85)),
        ),
        world(
            seed,
            "concept drift",
            "Inputs stay as they were. The true boundary moves upward by 0.04 a week.",
            |week, rng| {
                let x = input(rng, 0.5);
                Case { input: x, rare: 0.0, label: x > drifting(week) }
            },
            |week, _| format!("boundary={:.2}", drifting(week)),
        ),
        world(
            seed,
            "schema change",
            "Inputs and truth stay as they were. From week 6 on the source delivers percent instead of a fraction.",
            |week, rng| {
                let x = input(rng, 0.5);
                let scale = if week < 6 { 1.0 } else { 100.0 };
                Case { input: x * scale, rare: 0.0, label: x > 0.5 }
            },
            |week, _| format!("unit={}", if week < 6 { "fraction" } else { "percent" }),
        ),
        world(
            seed,
            "category shift",
            "Inputs stay as they were. For a rare kind of customer the boundary is 0.7, which the model never learned; \
             that kind becomes common.",
            |week, rng| {
                let x = input(rng, 0.5);
                let rare = rng.chance(0.02 + 0.07 * f64::from(week));
                let boundary = if rare { 0.7 } else { 0.5 };
                Case { input: x, rare: f64::from(u8::from(rare)), label: x > boundary }
            },
            |_, cases| format!("rare kind={:.2}", share(cases, |case| case.rare > 0.0)),
        ),
    ];
    Lesson { worlds, seed }
}

/// The demo's drift: 0.04 a week upward from 0.5.
fn drifting(week: u32) -> f64 {
    0.5 + 0.04 * f64::from(week)
}

fn share(cases: &[Case], test: impl Fn(&Case) -> bool) -> f64 {
    cases.iter().filter(|case| test(case)).count() as f64 / cases.len().max(1) as f64
}

/// Runs a world: a training sample as in week 0, then the weeks.
fn world(
    seed: u64,
    name: &'static str,
    what: &'static str,
    case: impl Fn(u32, &mut Rng) -> Case,
    changed: impl Fn(u32, &[Case]) -> String,
) -> World {
    let draw = |week: u32, stream: u64| -> Vec<Case> {
        let mut rng = Rng::of(seed, stream);
        (0..ROWS).map(|_| case(week, &mut rng)).collect()
    };
    let training = draw(0, u64::MAX);
    let weeks = WEEKS.into_iter().map(|week| {
        let cases = draw(week, u64::from(week));
        let distance = f64::max(
            kolmogorov_smirnov(&training, &cases, |case| case.input),
            kolmogorov_smirnov(&training, &cases, |case| case.rare),
        );
        Week {
            week,
            mean: cases.iter().map(|case| case.input).sum::<f64>() / ROWS as f64,
            changed: changed(week, &cases),
            accuracy: share(&cases, |case| model(case.input) == case.label),
            distance,
            alarm: distance > critical_distance(),
        }
    });
    World { name, what, weeks: weeks.collect() }
}

/// The largest difference of the two empirical distribution functions.
fn kolmogorov_smirnov(a: &[Case], b: &[Case], value: impl Fn(&Case) -> f64) -> f64 {
    let sorted = |cases: &[Case]| {
        let mut values: Vec<f64> = cases.iter().map(&value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (a, b) = (sorted(a), sorted(b));
    let below = |values: &[f64], x: f64| values.partition_point(|v| *v <= x) as f64 / values.len().max(1) as f64;
    a.iter().chain(&b).map(|&x| (below(&a, x) - below(&b, x)).abs()).fold(0.0, f64::max)
}

/// The distance that two samples of one distribution exceed with probability [`ALPHA`] at most (Smirnov's limit).
pub(super) fn critical_distance() -> f64 {
    (-(ALPHA / 2.0).ln() / 2.0).sqrt() * (2.0 / ROWS as f64).sqrt()
}
