//! Slices in which the loss rose most beyond the rest: of one column, or where two columns cross.
//!
//! A rise of two points over everybody may be a rise of twenty points for a tenth. Every place of the lattice is compared with
//! all other rows: did the loss rise more inside than outside (a difference of differences, so that a place that was always
//! hard is not blamed, nor one that shares in a general rise)? A crossing of two columns is a place only where neither of the two
//! says as much by itself, and a further slice only where it rose beyond the rest outside those already named.
//!
//! Thousands of places are tried and the best of many looks better than it is. So the rows are dealt into two halves:
//! one chooses at most [`MOST`] places; the other, which had no part in the choice, tests each of them at its share of the level
//! (Bonferroni over those few) and says how much they lost (Cox 1975, "A note on data-splitting for the evaluation of
//! significance levels"). That holds however many places were tried and however they overlap.

use super::lattice::{Axis, Candidate, PROMISING, one_column, two_columns};
use super::moments::{Cell, Crossing};
use super::{Part, Sample};
use crate::learn::{Matrix, SplitMix};
use crate::statistic::tail;

/// Slices that are named.
const MOST: usize = 5;
/// Columns of which all pairs are tried; of more, those whose own best place is most telling.
const PAIRED_COLUMNS: usize = 24;
/// Places that compete for being named.
const POOL: usize = 40;

/// Which codes of a column make a slice.
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

impl Codes {
    /// The codes one by one, ascending.
    #[must_use]
    pub fn list(&self) -> Vec<u16> {
        match self {
            Codes::Range { first, last } => (*first..=*last).collect(),
            Codes::Set(codes) => codes.clone(),
        }
    }

    fn has(&self, code: u16) -> bool {
        match self {
            Codes::Range { first, last } => (*first..=*last).contains(&code),
            Codes::Set(codes) => codes.contains(&code),
        }
    }
}

/// A column and its codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The column's index.
    pub column: usize,
    /// Its codes.
    pub codes: Codes,
}

/// A slice and what the loss did in it, on rows that did not choose it.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// One or two, of different columns; rows that meet all are in the slice.
    pub conditions: Vec<Condition>,
    /// The part of all current rows, 0 to 1.
    pub share: f64,
    /// Mean loss in the reference; `None` when it has next to no such rows.
    pub loss_reference: Option<f64>,
    /// Mean loss now.
    pub loss_current: f64,
    /// The rise of the mean loss inside, over the reference's mean where that has no such rows.
    pub rise: Part,
    /// What its rise adds to the mean loss over all current rows: share times rise.
    pub contribution: Part,
    /// Standard errors by which the rise inside exceeds the rise outside, slices named before left out.
    pub z: f64,
}

impl Slice {
    /// Whether a row is in the slice.
    #[must_use]
    pub fn holds(&self, rows: &Matrix, row: usize) -> bool {
        self.conditions.iter().all(|c| meets(rows, row, c))
    }
}

fn meets(rows: &Matrix, row: usize, condition: &Condition) -> bool {
    rows.column(condition.column).get(row).is_some_and(|code| condition.codes.has(*code))
}

/// Which rows test the slices that the others chose, by row: a half, dealt by the seed.
#[must_use]
pub fn held_out(seed: u64, current: bool, rows: usize) -> Vec<bool> {
    let mut rng = SplitMix::new(seed, 71 + u64::from(current));
    (0..rows).map(|_| rng.next() & 1 == 1).collect()
}

/// The slices whose loss rose beyond the rest, the surest first: the chance that any is named where the loss rose alike
/// everywhere is `level` at most.
///
/// Losses that are not finite are labels that have not come. Empty when the two periods are not cut alike.
#[must_use]
pub fn worst_slices(reference: Sample<'_>, current: Sample<'_>, level: f64, seed: u64) -> Vec<Slice> {
    let fits = |s: &Sample<'_>| s.inputs.rows() == s.loss.len();
    if !reference.inputs.same_cells(current.inputs) || !fits(&reference) || !fits(&current) {
        return Vec::new();
    }
    let finite = |loss: &[f64]| loss.iter().filter(|l| l.is_finite()).fold(0.0, |m: f64, l| l.abs().max(m));
    let scale = finite(reference.loss).max(finite(current.loss));
    if scale <= 0.0 {
        return Vec::new();
    }
    let half = |held: bool| Rows::new(reference, current, scale, seed, held);
    let chosen = choose(&half(false));
    let tests = half(true);
    let bar = tail::normal_isf(level / chosen.len().max(1) as f64);
    let all = tests.sum(|_, _| true);
    let mut named: Vec<Slice> = Vec::new();
    for conditions in chosen {
        let before: Vec<&[Condition]> = named.iter().map(|s| s.conditions.as_slice()).collect();
        let left = |now, row| !before.iter().any(|c| tests.inside(now, row, c));
        let rest = tests.sum(left);
        let own = tests.sum(|now, row| tests.inside(now, row, &conditions));
        let further = tests.sum(|now, row| left(now, row) && tests.inside(now, row, &conditions));
        if let Some(z) = further.z(&rest).filter(|z| *z > bar) {
            named.push(measured(conditions, &own, &all, z, scale));
        }
    }
    named
}

fn measured(conditions: Vec<Condition>, own: &Cell, all: &Cell, z: f64, scale: f64) -> Slice {
    let rows = all.rows_now.max(1.0);
    let share = own.rows_now / rows;
    let (rise, variance) = own.rise(all);
    let variance_of_share = share * (1.0 - share) / rows;
    Slice {
        conditions,
        share,
        loss_reference: own.known().then(|| own.then.mean() * scale),
        loss_current: own.now.mean() * scale,
        rise: Part { value: rise * scale, se: variance.sqrt() * scale },
        contribution: Part {
            value: share * rise * scale,
            se: (share * share * variance + rise * rise * variance_of_share).sqrt() * scale,
        },
        z,
    }
}

/// At most [`MOST`] places, the most telling first, each telling outside those before it.
fn choose(rows: &Rows) -> Vec<Vec<Condition>> {
    let all = rows.sum(|_, _| true);
    let single: Vec<Candidate> = (0..rows.width()).filter_map(|column| one_column(rows, column, &all)).collect();
    let mut order: Vec<&Candidate> = single.iter().collect();
    order.sort_by(|a, b| b.z.total_cmp(&a.z));
    let mut paired: Vec<usize> =
        order.iter().filter_map(|c| c.conditions.first()).map(|c| c.column).take(PAIRED_COLUMNS).collect();
    paired.sort_unstable();
    let axes: Vec<Axis> = paired.iter().map(|column| Axis::new(rows, *column)).collect();
    let mut pool: Vec<Candidate> = Vec::new();
    for (i, a) in axes.iter().enumerate() {
        pool.extend(axes.iter().skip(i + 1).filter_map(|b| two_columns(rows, a, b, &all)));
    }
    pool.extend(single);
    pool.retain(|c| c.z >= PROMISING);
    pool.sort_by(|a, b| b.z.total_cmp(&a.z));
    pool.truncate(POOL);
    let mut chosen: Vec<Vec<Condition>> = Vec::new();
    let mut outside = [false, true].map(|now| vec![true; rows.period(now).1.len()]);
    while chosen.len() < MOST {
        let left = |now, row: usize| outside[usize::from(now)].get(row).is_some_and(|out| *out);
        let rest = rows.sum(left);
        let further =
            |c: &Candidate| rows.sum(|now, row| left(now, row) && rows.inside(now, row, &c.conditions)).z(&rest);
        let best = pool
            .iter()
            .enumerate()
            .filter_map(|(at, c)| Some((at, further(c).filter(|z| *z >= PROMISING)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((at, _)) = best else { break };
        let conditions = pool.swap_remove(at).conditions;
        for now in [false, true] {
            for (row, out) in outside[usize::from(now)].iter_mut().enumerate() {
                *out = *out && !rows.inside(now, row, &conditions);
            }
        }
        chosen.push(conditions);
        pool.sort_by(|a, b| b.z.total_cmp(&a.z));
    }
    chosen
}

/// One half of the rows of both periods.
pub(super) struct Rows {
    then: Matrix,
    now: Matrix,
    loss: [Vec<f64>; 2],
}

impl Rows {
    fn new(reference: Sample<'_>, current: Sample<'_>, scale: f64, seed: u64, held: bool) -> Rows {
        let pick = |sample: Sample<'_>, current: bool| -> (Matrix, Vec<f64>) {
            let half = held_out(seed, current, sample.inputs.rows());
            let rows: Vec<u32> = half.iter().enumerate().filter(|(_, h)| **h == held).map(|(r, _)| r as u32).collect();
            let loss = half.iter().zip(sample.loss).filter(|(h, _)| **h == held).map(|(_, l)| l / scale).collect();
            (sample.inputs.select(&rows), loss)
        };
        let ((then, before), (now, after)) = (pick(reference, false), pick(current, true));
        Rows { then, now, loss: [before, after] }
    }

    pub(super) fn width(&self) -> usize {
        self.now.width()
    }

    pub(super) fn is_ordered(&self, column: usize) -> bool {
        self.now.is_ordered(column)
    }

    fn period(&self, now: bool) -> (&Matrix, &[f64]) {
        let [before, after] = &self.loss;
        if now { (&self.now, after) } else { (&self.then, before) }
    }

    /// The losses of the rows that pass.
    fn sum(&self, test: impl Fn(bool, usize) -> bool) -> Cell {
        let mut sum = Cell::default();
        for now in [false, true] {
            for (_, loss) in self.period(now).1.iter().enumerate().filter(|(row, _)| test(now, *row)) {
                sum.add(now, *loss);
            }
        }
        sum
    }

    /// The losses of the rows that pass, by a column's code.
    pub(super) fn by_code(&self, column: usize, test: impl Fn(bool, usize) -> bool) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); usize::from(self.now.cardinality(column))];
        for now in [false, true] {
            let (matrix, losses) = self.period(now);
            for (row, (code, loss)) in matrix.column(column).iter().zip(losses).enumerate() {
                if test(now, row)
                    && let Some(cell) = cells.get_mut(usize::from(*code))
                {
                    cell.add(now, *loss);
                }
            }
        }
        cells
    }

    /// Shows every row's period, its codes of two columns, and its loss.
    pub(super) fn each_pair(&self, a: usize, b: usize, mut see: impl FnMut(bool, u16, u16, f64)) {
        for now in [false, true] {
            let (matrix, losses) = self.period(now);
            for ((x, y), loss) in matrix.column(a).iter().zip(matrix.column(b)).zip(losses) {
                see(now, *x, *y, *loss);
            }
        }
    }

    pub(super) fn holds(&self, now: bool, row: usize, condition: &Condition) -> bool {
        meets(self.period(now).0, row, condition)
    }

    fn inside(&self, now: bool, row: usize, conditions: &[Condition]) -> bool {
        conditions.iter().all(|c| self.holds(now, row, c))
    }

    /// The four parts that two conditions make.
    pub(super) fn crossing(&self, conditions: &[Condition]) -> Option<Crossing> {
        let [a, b] = conditions else { return None };
        let part = |in_a: bool, in_b: bool| {
            self.sum(|now, row| self.holds(now, row, a) == in_a && self.holds(now, row, b) == in_b)
        };
        Some(Crossing {
            both: part(true, true),
            first_only: part(true, false),
            second_only: part(false, true),
            neither: part(false, false),
        })
    }
}

#[cfg(test)]
#[path = "slices_tests.rs"]
mod tests;
