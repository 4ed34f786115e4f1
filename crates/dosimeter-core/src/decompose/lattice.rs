//! The lattice of places that are tried: ranges and categories of one column, and crossings of two.
//!
//! A column is cut finely by itself (every merge of up to 48 neighbouring groups) and coarsely in a pair (every merge of
//! eight, or its ten most frequent categories); what the coarse grid finds is then moved to the fine cells' borders. Sums over a
//! rectangle come from four corners of a table of running sums, so all rectangles of a pair cost one look at its rows.

use super::moments::{Cell, Crossing, LEAST_SHARE};
use super::slices::{Codes, Condition, Rows};

/// Ordered columns with more cells are joined to about this many before their merges are tried.
const MOST_GROUPS: usize = 48;
/// Parts of an ordered column, and categories, that are tried in pairs.
const PAIR_GROUPS: usize = 8;
const PAIR_CATEGORIES: usize = 10;
/// Standard errors from which on a place is worth a second look.
pub(super) const PROMISING: f64 = 3.0;
/// A place holds no more of the rows than this: "nearly everywhere" is none.
const MOST_SHARE: f64 = 0.6;

/// A place and by how many standard errors its loss rose beyond the rest.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) conditions: Vec<Condition>,
    pub(super) z: f64,
}

fn z(cell: &Cell, all: &Cell) -> Option<f64> {
    if cell.rows_now > MOST_SHARE * all.rows_now { None } else { cell.z(all) }
}

/// The best place of one column, if any can be judged at all.
pub(super) fn one_column(rows: &Rows, column: usize, all: &Cell) -> Option<Candidate> {
    let (codes, z) = best(&rows.by_code(column, |_, _| true), rows.is_ordered(column), all, true)?;
    Some(Candidate { conditions: vec![Condition { column, codes }], z })
}

/// The best codes of a column whose losses by code are given; `joined`: with every category that passes by itself.
fn best(cells: &[Cell], ordered: bool, all: &Cell, joined: bool) -> Option<(Codes, f64)> {
    let found = if ordered { ranges(cells, all) } else { singles(cells, all) };
    let top = found.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    if ordered || !joined || top.1 < PROMISING {
        return Some(top);
    }
    let mut set: Vec<u16> = found.iter().filter(|c| c.1 >= PROMISING).flat_map(|c| c.0.list()).collect();
    set.sort_unstable();
    let sum = set.iter().filter_map(|c| cells.get(usize::from(*c))).fold(Cell::default(), |s, c| s.plus(c, 1.0));
    match z(&sum, all) {
        Some(of_all) if of_all >= top.1 => Some((Codes::Set(set), of_all)),
        _ => Some(top),
    }
}

fn singles(cells: &[Cell], all: &Cell) -> Vec<(Codes, f64)> {
    let one = |(code, cell): (usize, &Cell)| Some((Codes::Set(vec![code as u16]), z(cell, all)?));
    cells.iter().enumerate().filter_map(one).collect()
}

fn ranges(cells: &[Cell], all: &Cell) -> Vec<(Codes, f64)> {
    let mut found = singles(cells.get(..1).unwrap_or(&[]), all);
    let groups = groups(cells, MOST_GROUPS);
    for (i, (first, _, _)) in groups.iter().enumerate() {
        let mut sum = Cell::default();
        for (_, last, cell) in groups.iter().skip(i) {
            sum = sum.plus(cell, 1.0);
            if let Some(z) = z(&sum, all) {
                found.push((Codes::Range { first: *first, last: *last }, z));
            }
        }
    }
    found
}

/// Neighbouring codes from 1 on, joined until each group holds its share of the rows.
fn groups(cells: &[Cell], most: usize) -> Vec<(u16, u16, Cell)> {
    let rows = |c: &Cell| c.now.n + c.then.n;
    let enough = cells.iter().skip(1).map(rows).sum::<f64>() / most as f64;
    let mut groups: Vec<(u16, u16, Cell)> = Vec::new();
    for (code, cell) in cells.iter().enumerate().skip(1) {
        match groups.last_mut() {
            Some((_, last, sum)) if rows(sum) + rows(cell) <= enough || rows(cell) == 0.0 => {
                *last = code as u16;
                *sum = sum.plus(cell, 1.0);
            }
            _ => groups.push((code as u16, code as u16, *cell)),
        }
    }
    groups
}

/// A column as it is cut in a pair.
pub(super) struct Axis {
    column: usize,
    ordered: bool,
    /// The part of each code.
    part: Vec<u8>,
    parts: usize,
    /// First and last part of what is tried, with its codes.
    spans: Vec<(usize, usize, Codes)>,
}

impl Axis {
    pub(super) fn new(rows: &Rows, column: usize) -> Axis {
        let cells = rows.by_code(column, |_, _| true);
        let ordered = rows.is_ordered(column);
        let mut part = vec![0u8; cells.len()];
        let mut spans = Vec::new();
        // Part 0 holds what is not tried; of an ordered column it is what is missing.
        let parts = if ordered {
            let groups = groups(&cells, PAIR_GROUPS);
            for (i, (first, last, _)) in groups.iter().enumerate() {
                part.iter_mut().take(usize::from(*last) + 1).skip(usize::from(*first)).for_each(|p| *p = 1 + i as u8);
                for (j, (_, last, _)) in groups.iter().enumerate().skip(i) {
                    if j + 1 - i < groups.len() {
                        spans.push((1 + i, 1 + j, Codes::Range { first: *first, last: *last }));
                    }
                }
            }
            spans.push((0, 0, Codes::Set(vec![0])));
            1 + groups.len()
        } else {
            let all: f64 = cells.iter().map(|c| c.rows_now).sum();
            let mut common: Vec<usize> = (0..cells.len()).filter(|c| cells[*c].rows_now > LEAST_SHARE * all).collect();
            common.sort_by(|a, b| cells[*b].rows_now.total_cmp(&cells[*a].rows_now).then(a.cmp(b)));
            common.truncate(PAIR_CATEGORIES);
            for (i, code) in common.iter().enumerate() {
                part[*code] = 1 + i as u8;
                spans.push((1 + i, 1 + i, Codes::Set(vec![*code as u16])));
            }
            1 + common.len()
        };
        Axis { column, ordered, part, parts, spans }
    }
}

/// Running sums over a grid of two columns' parts.
struct Running {
    width: usize,
    height: usize,
    sums: Vec<Cell>,
}

impl Running {
    fn new(rows: &Rows, a: &Axis, b: &Axis) -> Running {
        let (width, height) = (a.parts + 1, b.parts + 1);
        let mut sums = vec![Cell::default(); width * height];
        rows.each_pair(a.column, b.column, |now, x, y, loss| {
            let at = |axis: &Axis, code: u16| usize::from(axis.part.get(usize::from(code)).copied().unwrap_or(0)) + 1;
            if let Some(cell) = sums.get_mut(at(a, x) * height + at(b, y)) {
                cell.add(now, loss);
            }
        });
        let mut running = Running { width, height, sums };
        for x in 1..width {
            for y in 1..height {
                let sum = running
                    .at(x, y)
                    .plus(&running.at(x - 1, y), 1.0)
                    .plus(&running.at(x, y - 1), 1.0)
                    .plus(&running.at(x - 1, y - 1), -1.0);
                if let Some(slot) = running.sums.get_mut(x * height + y) {
                    *slot = sum;
                }
            }
        }
        running
    }

    fn at(&self, x: usize, y: usize) -> Cell {
        self.sums.get(x * self.height + y).copied().unwrap_or_default()
    }

    /// Parts `x.0..=x.1` by `y.0..=y.1`.
    fn of(&self, x: (usize, usize), y: (usize, usize)) -> Cell {
        self.at(x.1 + 1, y.1 + 1)
            .plus(&self.at(x.0, y.1 + 1), -1.0)
            .plus(&self.at(x.1 + 1, y.0), -1.0)
            .plus(&self.at(x.0, y.0), 1.0)
    }

    fn crossing(&self, x: (usize, usize), y: (usize, usize), all: &Cell) -> Crossing {
        let (every_x, every_y) = ((0, self.width - 2), (0, self.height - 2));
        let both = self.of(x, y);
        let first_only = self.of(x, every_y).plus(&both, -1.0);
        let second_only = self.of(every_x, y).plus(&both, -1.0);
        let neither = all.plus(&both, -1.0).plus(&first_only, -1.0).plus(&second_only, -1.0);
        Crossing { both, first_only, second_only, neither }
    }
}

/// The best crossing of two columns that says more than either of them.
pub(super) fn two_columns(rows: &Rows, a: &Axis, b: &Axis, all: &Cell) -> Option<Candidate> {
    let running = Running::new(rows, a, b);
    let mut top: Option<(f64, &Codes, &Codes)> = None;
    for (x0, x1, x) in &a.spans {
        for (y0, y1, y) in &b.spans {
            let cell = running.of((*x0, *x1), (*y0, *y1));
            let Some(z) = z(&cell, all).filter(|z| *z >= PROMISING && top.is_none_or(|t| *z > t.0)) else {
                continue;
            };
            if running.crossing((*x0, *x1), (*y0, *y1), all).says_more(all) {
                top = Some((z, x, y));
            }
        }
    }
    let (z, x, y) = top?;
    let condition = |axis: &Axis, codes: &Codes| Condition { column: axis.column, codes: codes.clone() };
    let coarse = Candidate { conditions: vec![condition(a, x), condition(b, y)], z };
    Some(refined(rows, coarse.clone(), [a.ordered, b.ordered], all).unwrap_or(coarse))
}

/// A crossing with its borders moved to the fine cells, one column after the other; `None` where it then says no more.
fn refined(rows: &Rows, mut candidate: Candidate, ordered: [bool; 2], all: &Cell) -> Option<Candidate> {
    for turn in [0, 1, 0, 1] {
        let other = candidate.conditions.get(1 - turn)?.clone();
        let own = candidate.conditions.get_mut(turn)?;
        if ordered.get(turn) == Some(&true) && matches!(own.codes, Codes::Range { .. }) {
            let cells = rows.by_code(own.column, |now, row| rows.holds(now, row, &other));
            let (codes, z) = best(&cells, true, all, false)?;
            (own.codes, candidate.z) = (codes, z);
        }
    }
    rows.crossing(&candidate.conditions)?.says_more(all).then_some(candidate)
}
