//! Segments in which the loss rose most beyond the rest.
//!
//! A rise of two points over everybody may be a rise of twenty points for a tenth. For every column each cell is
//! compared with all other rows: did the loss rise more inside than outside (a difference of differences, so that a
//! segment that was always hard is not blamed, nor one that shares in a general rise)? Adjacent cells of ordered columns
//! are tried in every merge. Many are tried, so what is reported had to pass a bar that all of them together pass by
//! chance once in twenty times (Bonferroni; merges overlap, so it is less often than that).

use statrs::distribution::{ContinuousCDF, Normal};

use crate::learn::Matrix;

/// The chance that anything at all is reported when the loss rose alike everywhere.
const LEVEL: f64 = 0.05;
/// Fewer labelled rows than this, or than this share of them, are no segment.
const LEAST_ROWS: f64 = 20.0;
const LEAST_SHARE: f64 = 0.01;
/// A cell's variance is pulled to everybody's as if by this many rows: twenty rows without an error are not certain.
const PRIOR_ROWS: f64 = 10.0;
/// Ordered columns with more cells are joined to about this many before their merges are tried.
const MOST_GROUPS: usize = 48;

/// Which codes of a column make a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// Adjacent codes of an ordered column, both ends included.
    Range {
        /// The lowest.
        first: u16,
        /// The highest.
        last: u16,
    },
    /// Single codes, ascending: categories, or the code 0 of an ordered column for missing.
    Set(Vec<u16>),
}

/// A segment and what the loss did in it.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentLoss {
    /// The column's index.
    pub column: usize,
    /// Its codes.
    pub codes: Codes,
    /// The part of all current rows, 0 to 1.
    pub share: f64,
    /// Mean loss in the reference; `None` when it has next to no such rows.
    pub loss_reference: Option<f64>,
    /// Mean loss now.
    pub loss_current: f64,
    /// What its rise adds to the mean loss over all current rows: share times rise. Where the reference has no such
    /// rows, the rise is over the reference's mean.
    pub contribution: f64,
    /// Standard errors by which the rise inside exceeds the rise outside.
    pub z: f64,
}

/// The segments that pass, one per column at most, the surest first.
///
/// Losses that are not finite are labels that have not come; rows beyond the shorter of inputs and losses are ignored.
/// Empty when the two periods are not cut alike.
#[must_use]
pub fn worst_segments(
    reference: &Matrix,
    reference_loss: &[f64],
    current: &Matrix,
    current_loss: &[f64],
) -> Vec<SegmentLoss> {
    if !reference.same_cells(current) {
        return Vec::new();
    }
    let finite = |loss: &[f64]| loss.iter().filter(|l| l.is_finite()).fold(0.0, |m: f64, l| l.abs().max(m));
    let scale = finite(reference_loss).max(finite(current_loss));
    if scale <= 0.0 {
        return Vec::new();
    }
    let mut tried = 0;
    let mut columns = Vec::new();
    for column in 0..current.width() {
        let cells = tally(
            usize::from(current.cardinality(column)),
            [(reference.column(column), reference_loss), (current.column(column), current_loss)],
            scale,
        );
        let all = cells.iter().fold(Cell::default(), |sum, cell| sum.plus(cell, 1.0));
        let candidates = if current.is_ordered(column) { ranges(&cells, &all) } else { singles(&cells, &all) };
        tried += candidates.len();
        columns.push((column, cells, all, candidates));
    }
    let Ok(normal) = Normal::new(0.0, 1.0) else {
        return Vec::new();
    };
    let bar = normal.inverse_cdf(1.0 - LEVEL / tried.max(1) as f64);
    let rows = current.rows().max(1) as f64;
    let mut found = Vec::new();
    for (column, cells, all, candidates) in columns {
        let passed: Vec<Candidate> = candidates.into_iter().filter(|c| c.z > bar).collect();
        let best = passed.iter().max_by(|a, b| a.z.total_cmp(&b.z));
        let segment = match best.map(|b| &b.codes) {
            None => continue,
            // Every category that passes by itself belongs to the same story.
            Some(Codes::Set(_)) if !current.is_ordered(column) => {
                let mut codes: Vec<u16> = passed.iter().flat_map(|c| c.codes.list()).collect();
                codes.sort_unstable();
                Codes::Set(codes)
            }
            Some(codes) => codes.clone(),
        };
        let list = segment.list();
        let own = list.iter().filter_map(|&c| cells.get(usize::from(c))).fold(Cell::default(), |s, c| s.plus(c, 1.0));
        let Some(z) = own.z(&all) else { continue };
        let before = own.known().then(|| own.then.mean());
        let share = own.rows_now / rows;
        let rise = own.now.mean() - before.unwrap_or(all.then.mean());
        found.push(SegmentLoss {
            column,
            codes: segment,
            share,
            loss_reference: before.map(|b| b * scale),
            loss_current: own.now.mean() * scale,
            contribution: share * rise * scale,
            z,
        });
    }
    found.sort_by(|a, b| b.z.total_cmp(&a.z).then(a.column.cmp(&b.column)));
    found
}

impl Codes {
    /// The codes one by one, ascending.
    #[must_use]
    pub fn list(&self) -> Vec<u16> {
        match self {
            Codes::Range { first, last } => (*first..=*last).collect(),
            Codes::Set(codes) => codes.clone(),
        }
    }
}

/// Count, sum and sum of squares of losses.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    n: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn plus(self, other: Moments, sign: f64) -> Moments {
        Moments {
            n: self.n + sign * other.n,
            sum: self.sum + sign * other.sum,
            squares: self.squares + sign * other.squares,
        }
    }

    fn mean(self) -> f64 {
        if self.n > 0.0 { self.sum / self.n } else { 0.0 }
    }

    /// The variance of the mean, with everybody's variance as a prior.
    fn noise(self, all: Moments) -> f64 {
        let spread = |m: Moments| (m.squares - m.sum * m.mean()).max(0.0);
        let prior = spread(all) / all.n.max(1.0);
        (spread(self) + PRIOR_ROWS * prior) / (self.n + PRIOR_ROWS) / self.n.max(1.0)
    }
}

/// Both periods' losses in some codes.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    then: Moments,
    now: Moments,
    /// Current rows, labelled or not.
    rows_now: f64,
}

impl Cell {
    fn plus(mut self, other: &Cell, sign: f64) -> Cell {
        self.then = self.then.plus(other.then, sign);
        self.now = self.now.plus(other.now, sign);
        self.rows_now += sign * other.rows_now;
        self
    }

    /// Whether the reference has rows enough to compare with.
    fn known(&self) -> bool {
        self.then.n >= LEAST_ROWS
    }

    /// The rise inside beyond the rise outside, in standard errors; `None` when one of the two is too small.
    fn z(&self, all: &Cell) -> Option<f64> {
        let rest = all.plus(self, -1.0);
        let least = LEAST_ROWS.max(LEAST_SHARE * all.now.n);
        if self.now.n < least || rest.now.n < least || !rest.known() {
            return None;
        }
        let before = if self.known() { self.then } else { all.then };
        let rise = self.now.mean() - before.mean() - (rest.now.mean() - rest.then.mean());
        let noise =
            self.now.noise(all.now) + before.noise(all.then) + rest.now.noise(all.now) + rest.then.noise(all.then);
        (noise > 0.0).then(|| rise / noise.sqrt())
    }
}

struct Candidate {
    codes: Codes,
    z: f64,
}

fn tally(cardinality: usize, [then, now]: [(&[u16], &[f64]); 2], scale: f64) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); cardinality];
    for (period, (codes, losses)) in [then, now].into_iter().enumerate() {
        for (&code, &loss) in codes.iter().zip(losses) {
            let Some(cell) = cells.get_mut(usize::from(code)) else {
                continue;
            };
            if period == 1 {
                cell.rows_now += 1.0;
            }
            if loss.is_finite() {
                let loss = loss / scale;
                let moments = if period == 1 { &mut cell.now } else { &mut cell.then };
                *moments = moments.plus(Moments { n: 1.0, sum: loss, squares: loss * loss }, 1.0);
            }
        }
    }
    cells
}

fn singles(cells: &[Cell], all: &Cell) -> Vec<Candidate> {
    let one = |(code, cell): (usize, &Cell)| Some(Candidate { codes: Codes::Set(vec![code as u16]), z: cell.z(all)? });
    cells.iter().enumerate().filter_map(one).collect()
}

fn ranges(cells: &[Cell], all: &Cell) -> Vec<Candidate> {
    let mut candidates = singles(cells.get(..1).unwrap_or(&[]), all);
    // Join neighbours until each group holds its share of rows.
    let enough = (all.now.n + all.then.n) / MOST_GROUPS as f64;
    let mut groups: Vec<(u16, u16, Cell)> = Vec::new();
    for (code, cell) in cells.iter().enumerate().skip(1) {
        match groups.last_mut() {
            Some((_, last, sum)) if sum.now.n + sum.then.n + cell.now.n + cell.then.n <= enough => {
                *last = code as u16;
                *sum = sum.plus(cell, 1.0);
            }
            _ => groups.push((code as u16, code as u16, *cell)),
        }
    }
    for (i, (first, _, _)) in groups.iter().enumerate() {
        let mut sum = Cell::default();
        for (_, last, cell) in groups.iter().skip(i) {
            sum = sum.plus(cell, 1.0);
            if let Some(z) = sum.z(all) {
                candidates.push(Candidate { codes: Codes::Range { first: *first, last: *last }, z });
            }
        }
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{MatrixError, SplitMix};

    /// 4000 and 3000 rows of an ordered column, a category and a bystander; a loss of 1 by the given chance in percent.
    fn world(seed: u64, chance: impl Fn(bool, u16, u16) -> usize) -> Result<Vec<SegmentLoss>, MatrixError> {
        let mut rng = SplitMix::new(seed, 0);
        let mut period = |rows: usize, now: bool| {
            let mut draw = |n: usize| -> Vec<u16> { (0..rows).map(|_| rng.below(n) as u16).collect() };
            let columns = vec![draw(21), draw(5), draw(40)];
            let flat: Vec<usize> = (0..rows).map(|_| rng.below(100)).collect();
            let loss: Vec<f64> =
                (0..rows).map(|r| f64::from(flat[r] < chance(now, columns[0][r], columns[1][r]))).collect();
            Matrix::new(columns, vec![21, 5, 40], vec![true, false, true]).map(|m| (m, loss))
        };
        let ((a, la), (b, lb)) = (period(4000, false)?, period(3000, true)?);
        Ok(worst_segments(&a, &la, &b, &lb))
    }

    #[test]
    fn finds_the_range_where_the_loss_rose() -> Result<(), MatrixError> {
        let found = world(1, |now, a, _| if now && (6..=9).contains(&a) { 45 } else { 10 })?;
        assert_eq!(found.len(), 1, "{found:?}");
        let first = &found[0];
        assert_eq!((first.column, &first.codes), (0, &Codes::Range { first: 6, last: 9 }));
        assert!((first.share - 4.0 / 21.0).abs() < 0.03, "{first:?}");
        assert!((first.contribution - 4.0 / 21.0 * 0.35).abs() < 0.02, "{first:?}");
        Ok(())
    }

    #[test]
    fn finds_the_set_of_categories() -> Result<(), MatrixError> {
        let found = world(2, |now, _, b| if now && (b == 1 || b == 4) { 40 } else { 12 })?;
        assert_eq!(found.first().map(|f| (f.column, f.codes.clone())), Some((1, Codes::Set(vec![1, 4]))));
        Ok(())
    }

    #[test]
    fn hard_segments_and_general_rises_are_not_news() -> Result<(), MatrixError> {
        let mut false_finds = 0;
        for seed in 0..100 {
            let found = world(seed, |now, a, _| 10 + if a > 15 { 30 } else { 0 } + if now { 10 } else { 0 })?;
            false_finds += usize::from(!found.is_empty());
        }
        assert!(false_finds <= 9, "{false_finds} of 100");
        Ok(())
    }

    #[test]
    fn a_new_category_is_compared_with_the_reference_mean() -> Result<(), MatrixError> {
        let column = |from: u16, rows: u16| (0..rows).map(|r| from + r % 4).collect::<Vec<u16>>();
        let a = Matrix::new(vec![column(0, 400)], vec![5], vec![false])?;
        let b = Matrix::new(vec![column(1, 400)], vec![5], vec![false])?;
        let loss_b: Vec<f64> = b.column(0).iter().map(|c| f64::from(*c == 4)).collect();
        let found = worst_segments(&a, &[0.0; 400], &b, &loss_b);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].codes.clone(), found[0].loss_reference), (Codes::Set(vec![4]), None));
        assert!((found[0].contribution - 0.25).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn corners() -> Result<(), MatrixError> {
        let empty = Matrix::default();
        assert_eq!(worst_segments(&empty, &[], &empty, &[]), []);
        let one = Matrix::new(vec![vec![0; 50]], vec![1], vec![true])?;
        assert_eq!(worst_segments(&one, &[f64::NAN; 50], &one, &[f64::INFINITY; 50]), []);
        assert_eq!(worst_segments(&one, &[0.0; 50], &one, &[1e308; 50]), []);
        assert_eq!(worst_segments(&one, &[0.0; 50], &empty, &[]), []);
        Ok(())
    }
}
