//! Counts on the frozen grid for one window of time or rows.

use serde::{Deserialize, Serialize};

use super::grid::{Grid, Special};
use crate::metric::{ExpectedTally, Tally, UnlabelledTally};

/// Sums around a frozen centre, so that windows merge by addition and large offsets lose no digits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Finite values.
    pub n: u64,
    /// Sum of `(x - centre) / scale`.
    sum: f64,
    /// Sum of its squares.
    squares: f64,
    /// Smallest finite value.
    pub min: f64,
    /// Largest finite value.
    pub max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Moments { n: 0, sum: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Moments {
    /// Adds the values that lie in one of the first `value_cells` cells, and so are finite, around a grid's centre.
    pub fn add_all<T: Copy>(
        &mut self,
        values: &[T],
        number: impl Fn(T) -> f64,
        cells: &[u16],
        value_cells: u16,
        (centre, inverse_scale): (f64, f64),
    ) {
        // Lanes, as a single sum would have to wait for each addition; no branches, as no value says what the next is.
        let mut lanes = [Moments::default(); 4];
        let mut add = |values: &[T], cells: &[u16]| {
            for ((value, cell), lane) in values.iter().zip(cells).zip(&mut lanes) {
                let (x, counts) = (number(*value), *cell < value_cells);
                let z = if counts { (x - centre) * inverse_scale } else { 0.0 };
                lane.n += u64::from(counts);
                lane.sum += z;
                lane.squares += z * z;
                lane.min = if counts && x < lane.min { x } else { lane.min };
                lane.max = if counts && x > lane.max { x } else { lane.max };
            }
        };
        let (mut fours, mut beside) = (values.chunks_exact(4), cells.chunks_exact(4));
        for (values, cells) in (&mut fours).zip(&mut beside) {
            add(values, cells);
        }
        add(fours.remainder(), beside.remainder());
        lanes.iter().for_each(|lane| self.merge(lane));
    }

    /// Adds another window's sums.
    pub fn merge(&mut self, other: &Moments) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The mean in the column's unit.
    #[must_use]
    pub fn mean(&self, centre: f64, inverse_scale: f64) -> Option<f64> {
        (self.n > 0).then(|| centre + self.sum / self.n as f64 / inverse_scale)
    }

    /// The standard deviation (divisor n) in the column's unit.
    #[must_use]
    pub fn standard_deviation(&self, inverse_scale: f64) -> Option<f64> {
        let n = self.n as f64;
        (self.n > 0).then(|| (self.squares / n - (self.sum / n).powi(2)).max(0.0).sqrt() / inverse_scale)
    }
}

/// One column in one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnWindow {
    /// Rows by cell; empty until the first row.
    pub counts: Vec<u64>,
    /// Moments of the finite numbers; empty for categories.
    pub moments: Moments,
    /// Rows whose file did not have the column; they also count as null.
    pub absent: u64,
}

impl ColumnWindow {
    /// The counts, made on first use.
    pub fn counts_mut(&mut self, cells: usize) -> &mut Vec<u64> {
        if self.counts.len() < cells {
            self.counts.resize(cells, 0);
        }
        &mut self.counts
    }

    /// Adds rows that the column has no value for because its file lacks it.
    pub fn add_absent(&mut self, grid: &Grid, rows: u64) {
        let null = grid.special(Special::Null);
        self.counts_mut(grid.cells())[null] += rows;
        self.absent += rows;
    }

    /// Adds another window's counts of the same column on the same grid.
    pub fn merge(&mut self, other: &ColumnWindow) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (a, b) in self.counts.iter_mut().zip(&other.counts) {
            *a += b;
        }
        self.moments.merge(&other.moments);
        self.absent += other.absent;
    }

    /// Rows in one cell.
    #[must_use]
    pub fn count(&self, cell: usize) -> u64 {
        self.counts.get(cell).copied().unwrap_or(0)
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Where a window of at most a day stands in the calendar of the policy's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The day, counted from 1970-01-01.
    pub day: i32,
    /// The part of the day, from 0.
    pub part: u16,
    /// Parts of a day; 1 where a window is a day.
    pub parts: u16,
}

impl Slot {
    /// The day of the week, Monday being 0.
    #[must_use]
    pub fn weekday(self) -> usize {
        // 1970-01-01 was a Thursday.
        self.day.saturating_add(3).rem_euclid(7) as usize
    }

    /// The week, which begins on Monday.
    #[must_use]
    pub fn week(self) -> i32 {
        self.day.saturating_add(3).div_euclid(7)
    }
}

/// Everything kept of one window.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WindowProfile {
    /// Start in microseconds: the border where windows are of time, else the earliest row where rows have times.
    pub start: Option<i64>,
    /// End, exclusive.
    pub end: Option<i64>,
    /// The smallest row number seen in it.
    pub first_row: Option<u64>,
    /// Rows.
    pub rows: u64,
    /// Rows with a label.
    pub labels: u64,
    /// By column, in the baseline's order.
    pub columns: Vec<ColumnWindow>,
    /// Predictions against labels, where there are both.
    pub outcome: Option<Tally>,
    /// Scores and predictions of all rows, labelled or not, for the estimate without labels.
    pub scored: Option<UnlabelledTally>,
    /// Its place in the calendar, where it is a part of a day or a whole one.
    pub slot: Option<Slot>,
    /// The same for models of many classes; only in current windows, as the reference's labels have to be known first.
    pub expected: Option<ExpectedTally>,
}

impl WindowProfile {
    /// Adds the same window from another part of the data. A tally on another grid is refused by leaving it out,
    /// which cannot happen for profiles of one baseline.
    pub fn merge(&mut self, other: &WindowProfile) {
        self.first_row = match (self.first_row, other.first_row) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.slot = self.slot.or(other.slot);
        self.rows += other.rows;
        self.labels += other.labels;
        if self.columns.len() < other.columns.len() {
            self.columns.resize(other.columns.len(), ColumnWindow::default());
        }
        for (a, b) in self.columns.iter_mut().zip(&other.columns) {
            a.merge(b);
        }
        match (&mut self.outcome, &other.outcome) {
            (Some(a), Some(b)) => {
                let _ = a.merge(b);
            }
            (a @ None, Some(b)) => *a = Some(b.clone()),
            _ => {}
        }
        match (&mut self.scored, &other.scored) {
            (Some(a), Some(b)) => {
                let _ = a.merge(b);
            }
            (a @ None, Some(b)) => *a = Some(b.clone()),
            _ => {}
        }
        match (&mut self.expected, &other.expected) {
            (Some(a), Some(b)) => {
                let _ = a.merge(b);
            }
            (a @ None, Some(b)) => *a = Some(b.clone()),
            _ => {}
        }
    }
}
