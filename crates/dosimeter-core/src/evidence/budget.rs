//! The alarm budget and its shares.
//!
//! The policy tolerates one false alarm per 90 days of data over everything that is watched, and never more than a 5 % chance
//! of one in a single run. Expected false alarms add up whatever the dependence, so shares that add up to the budget
//! keep it (Bonferroni 1936). Performance and the schema get the larger shares, because theirs are the alarms that one
//! would least like to miss.
//!
//! A check that is run every day over the last month looks at the same data thirty times; its looks are as many chances of a
//! false alarm, and how they depend on each other is nobody's to say. So what a run may spend is the rate times the
//! time until the next look, where that is known: over 90 days of looks the spendings add up to the policy's number. Only where
//! nobody says how often a check is run is its data taken to be looked at once.

use crate::time::DAY;

/// The chance of a false alarm that any single run may have.
pub const PER_RUN: f64 = 0.05;

/// The budget of one run, divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Tolerated false alarms in this run.
    pub run: f64,
    /// For the watched metric and calibration.
    pub performance: f64,
    /// For each column's structure: nulls, types, ranges.
    pub schema_per_column: f64,
    /// For each column's distribution.
    pub drift_per_column: f64,
    /// For relations between columns.
    pub joint: f64,
    /// How many checks share it.
    pub checks: u64,
}

impl Budget {
    /// Divides the budget of a run over `columns`.
    ///
    /// `time` in microseconds is the time between two looks, or, for data that are looked at once, the time they cover; `None`
    /// where neither is known.
    #[must_use]
    pub fn new(false_alarms_per_90_days: f64, time: Option<i64>, columns: usize) -> Budget {
        let run = match time {
            Some(span) if span > 0 => (false_alarms_per_90_days * span as f64 / (90.0 * DAY as f64)).min(PER_RUN),
            _ => PER_RUN * false_alarms_per_90_days.min(1.0),
        };
        let columns = columns.max(1);
        Budget {
            run,
            performance: run * 0.4,
            schema_per_column: run * 0.2 / columns as f64,
            drift_per_column: run * 0.35 / columns as f64,
            joint: run * 0.05,
            checks: 2 * columns as u64 + 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_budget() {
        for columns in [1, 7, 200] {
            let b = Budget::new(1.0, None, columns);
            let sum = b.performance + b.joint + columns as f64 * (b.schema_per_column + b.drift_per_column);
            assert!((sum - b.run).abs() < 1e-12);
        }
    }

    #[test]
    fn looks_add_up_to_the_policy() {
        for (every, rate) in [(DAY / 24, 1.0), (DAY, 1.0), (7 * DAY, 0.5)] {
            let looks = 90.0 * DAY as f64 / every as f64;
            assert!((looks * Budget::new(rate, Some(every), 7).run - rate).abs() < 1e-9);
        }
        // Never more than 5 % a run, though then the policy is not spent.
        assert_eq!(Budget::new(1.0, Some(30 * DAY), 7).run, PER_RUN);
    }

    #[test]
    fn a_short_run_spends_its_part_of_90_days() {
        let b = Budget::new(1.0, Some(DAY), 10);
        assert!((b.run - 1.0 / 90.0).abs() < 1e-12);
        assert_eq!(Budget::new(1.0, Some(400 * DAY), 10).run, PER_RUN);
    }
}
