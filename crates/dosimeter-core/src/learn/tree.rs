//! One shallow tree, grown on histograms of gradients.
//!
//! Per node and column the gradients and curvatures of the node's rows are summed by code; a split is then a scan over
//! codes, whatever the number of rows. Of two siblings only the smaller one is summed, the larger is its parent minus
//! the smaller (Ke et al., "LightGBM", NeurIPS 2017). Ordered columns split at a threshold, with the missing code tried
//! on both sides; categories are sorted by their mean gradient and then split as if that were an order, which finds the
//! best two-way grouping without trying them all (Fisher, "On grouping for maximum homogeneity", JASA 1958).

use super::bins::Matrix;

/// A row's, a cell's or a node's sums of gradient and curvature.
pub(crate) type Pair = [f64; 2];

/// A category with less than this many rows in the node is too rare to be ranked; it stays with "the rest".
const CATEGORY_ROWS: f64 = 10.0;
/// Rows are counted by their share of the curvature; ten equal rows must not count as 9.999….
const ROUNDING: f64 = 1e-9;

/// How a tree may grow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) depth: usize,
    pub(crate) min_child_weight: f64,
    pub(crate) l2: f64,
    pub(crate) min_gain: f64,
}

/// Which rows go to the first child.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Split {
    /// Codes from 1 to `last`; code 0 where `missing` says so.
    Threshold { last: u16, missing: bool },
    /// The codes whose bit is set.
    Subset(Vec<u64>),
}

impl Split {
    /// Whether a code goes to the first child.
    #[inline]
    pub(crate) fn first(&self, code: u16) -> bool {
        match self {
            Split::Threshold { last, missing } => {
                if code == 0 {
                    *missing
                } else {
                    code <= *last
                }
            }
            Split::Subset(bits) => bits.get(usize::from(code) / 64).is_some_and(|b| b >> (code % 64) & 1 == 1),
        }
    }
}

/// A node; a leaf has no fork.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// What the tree adds for a row that ends here.
    pub(crate) value: f64,
    pub(crate) fork: Option<Fork>,
}

/// Where a node divides.
#[derive(Clone, Debug)]
pub(crate) struct Fork {
    pub(crate) column: usize,
    pub(crate) split: Split,
    /// What the split took off the loss (twice the drop of its quadratic approximation).
    pub(crate) gain: f64,
    pub(crate) children: [usize; 2],
}

/// A grown tree; node 0 is the root, children come after their parents.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

impl Tree {
    /// What the tree says of one row.
    #[inline]
    pub(crate) fn value(&self, matrix: &Matrix, row: usize) -> f64 {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let Some(fork) = &node.fork else {
                return node.value;
            };
            let code = matrix.column(fork.column).get(row).copied().unwrap_or(0);
            at = fork.children[usize::from(!fork.split.first(code))];
        }
        0.0
    }
}

/// A node that may still divide: its rows, its sums, its histograms.
struct Open {
    node: usize,
    depth: usize,
    rows: std::ops::Range<usize>,
    sum: Pair,
    cells: Vec<Pair>,
}

/// The best split of a node so far.
struct Best {
    gain: f64,
    column: usize,
    split: Split,
    first: Pair,
}

/// Grows trees on one training set; keeps its buffers between trees.
pub(crate) struct Grower<'a> {
    matrix: &'a Matrix,
    limits: Limits,
    rows: Vec<u32>,
    spare: Vec<u32>,
    local: Vec<Pair>,
    pool: Vec<Vec<Pair>>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(matrix: &'a Matrix, limits: Limits) -> Self {
        Grower { matrix, limits, rows: Vec::new(), spare: Vec::new(), local: Vec::new(), pool: Vec::new() }
    }

    /// Grows a tree on the gradients of all rows over the given columns, times `rate`; adds its values to `scores`.
    pub(crate) fn grow(&mut self, gradients: &[Pair], columns: &[usize], rate: f64, scores: &mut [f64]) -> Tree {
        self.rows.clear();
        self.rows.extend(0..self.matrix.rows().min(gradients.len()) as u32);
        let sum = gradients.iter().fold([0.0, 0.0], |s, g| [s[0] + g[0], s[1] + g[1]]);
        let mut nodes = vec![Node { value: self.leaf(sum) * rate, fork: None }];
        let all = 0..self.rows.len();
        let mut open = Vec::new();
        let mut leaves = Vec::new();
        if self.limits.depth > 0 {
            let cells = self.histogram(&all, gradients, columns);
            open.push(Open { node: 0, depth: 0, rows: all, sum, cells });
        } else {
            leaves.push((0, all));
        }
        while let Some(mut at) = open.pop() {
            let Some(best) = self.best(&at, columns) else {
                leaves.push((at.node, at.rows));
                self.pool.push(at.cells);
                continue;
            };
            let middle = self.divide(&at.rows, best.column, &best.split);
            let sums = [best.first, [at.sum[0] - best.first[0], at.sum[1] - best.first[1]]];
            let parts = [at.rows.start..middle, middle..at.rows.end];
            let children = [nodes.len(), nodes.len() + 1];
            nodes.extend(sums.iter().map(|s| Node { value: self.leaf(*s) * rate, fork: None }));
            if let Some(node) = nodes.get_mut(at.node) {
                node.fork = Some(Fork { column: best.column, split: best.split, gain: best.gain, children });
            }
            let [first, second] = parts;
            if at.depth + 1 >= self.limits.depth {
                leaves.extend([(children[0], first), (children[1], second)]);
                self.pool.push(at.cells);
                continue;
            }
            let first_is_smaller = first.len() <= second.len();
            let smaller = self.histogram(if first_is_smaller { &first } else { &second }, gradients, columns);
            for (parent, small) in at.cells.iter_mut().zip(&smaller) {
                parent[0] -= small[0];
                parent[1] -= small[1];
            }
            let (a, b) = if first_is_smaller { (smaller, at.cells) } else { (at.cells, smaller) };
            let depth = at.depth + 1;
            open.push(Open { node: children[1], depth, rows: second, sum: sums[1], cells: b });
            open.push(Open { node: children[0], depth, rows: first, sum: sums[0], cells: a });
        }
        for (node, range) in leaves {
            let value = nodes.get(node).map_or(0.0, |n| n.value);
            for &row in self.rows.get(range).unwrap_or(&[]) {
                if let Some(score) = scores.get_mut(row as usize) {
                    *score += value;
                }
            }
        }
        Tree { nodes }
    }

    fn leaf(&self, [g, h]: Pair) -> f64 {
        let value = -g / (h + self.limits.l2);
        if value.is_finite() { value } else { 0.0 }
    }

    fn score(&self, [g, h]: Pair) -> f64 {
        g * g / (h + self.limits.l2)
    }

    /// Sums the gradients of some rows by column and code, all columns' cells one after the other.
    fn histogram(&mut self, range: &std::ops::Range<usize>, gradients: &[Pair], columns: &[usize]) -> Vec<Pair> {
        let length = columns.iter().map(|&c| usize::from(self.matrix.cardinality(c))).sum();
        let mut cells = self.pool.pop().unwrap_or_default();
        cells.clear();
        cells.resize(length, [0.0, 0.0]);
        let rows = self.rows.get(range.clone()).unwrap_or(&[]);
        let whole = rows.len() == self.matrix.rows();
        // Gathered once per node, read once per column.
        self.local.clear();
        self.local.extend(rows.iter().filter_map(|&r| gradients.get(r as usize)));
        let mut left = cells.as_mut_slice();
        for &column in columns {
            let (own, rest) = left.split_at_mut(usize::from(self.matrix.cardinality(column)).min(left.len()));
            left = rest;
            let codes = self.matrix.column(column);
            // All rows are still in order at the root: no detour over row numbers.
            if whole {
                for (&code, g) in codes.iter().zip(&self.local) {
                    add(own, code, g);
                }
            } else {
                for (&row, g) in rows.iter().zip(&self.local) {
                    if let Some(&code) = codes.get(row as usize) {
                        add(own, code, g);
                    }
                }
            }
        }
        cells
    }

    /// Moves the rows of the first child to the front, keeping their order; returns where the second child begins.
    fn divide(&mut self, range: &std::ops::Range<usize>, column: usize, split: &Split) -> usize {
        let codes = self.matrix.column(column);
        let Some(rows) = self.rows.get_mut(range.clone()) else {
            return range.start;
        };
        self.spare.clear();
        let mut kept = 0;
        for i in 0..rows.len() {
            let row = rows[i];
            if codes.get(row as usize).is_some_and(|&code| split.first(code)) {
                rows[kept] = row;
                kept += 1;
            } else {
                self.spare.push(row);
            }
        }
        for (slot, row) in rows.iter_mut().skip(kept).zip(&self.spare) {
            *slot = *row;
        }
        range.start + kept
    }

    /// The split of a node that gains most; `None` when none is allowed.
    fn best(&self, at: &Open, columns: &[usize]) -> Option<Best> {
        let mut best: Option<Best> = None;
        let mut left = at.cells.as_slice();
        for &column in columns {
            let (own, rest) = left.split_at(usize::from(self.matrix.cardinality(column)).min(left.len()));
            left = rest;
            if self.matrix.is_ordered(column) {
                self.thresholds(at, column, own, &mut best);
            } else {
                self.subsets(at, column, own, &mut best);
            }
        }
        best
    }

    /// The gain of a split when it is allowed and better than the best so far.
    fn better(&self, at: &Open, first: Pair, best: &Option<Best>) -> Option<f64> {
        let second = [at.sum[0] - first[0], at.sum[1] - first[1]];
        if !(first[1] >= self.limits.min_child_weight && second[1] >= self.limits.min_child_weight) {
            return None;
        }
        let gain = self.score(first) + self.score(second) - self.score(at.sum);
        let bar = best.as_ref().map_or(self.limits.min_gain, |b| b.gain);
        (gain > bar && gain.is_finite()).then_some(gain)
    }

    fn thresholds(&self, at: &Open, column: usize, cells: &[Pair], best: &mut Option<Best>) {
        let Some((missing, values)) = cells.split_first() else {
            return;
        };
        // What subtraction leaves of an empty cell is not a row.
        let empty = 1e-9 * at.sum[1];
        let any_missing = missing[1] > empty;
        let mut below = [0.0, 0.0];
        for (code, cell) in cells.iter().enumerate() {
            if code > 0 {
                if cell[1] <= empty {
                    continue;
                }
                below = [below[0] + cell[0], below[1] + cell[1]];
                if let Some(gain) = self.better(at, below, best) {
                    // Rows whose value is missing later on, though none was here, follow the larger child.
                    let missing = !any_missing && below[1] > at.sum[1] / 2.0;
                    let split = Split::Threshold { last: code as u16, missing };
                    *best = Some(Best { gain, column, split, first: below });
                }
            }
            if any_missing && code < values.len() {
                let first = [below[0] + missing[0], below[1] + missing[1]];
                if let Some(gain) = self.better(at, first, best) {
                    let split = Split::Threshold { last: code as u16, missing: true };
                    *best = Some(Best { gain, column, split, first });
                }
            }
        }
    }

    fn subsets(&self, at: &Open, column: usize, cells: &[Pair], best: &mut Option<Best>) {
        let rows_per_weight = at.rows.len() as f64 / at.sum[1];
        let mut ranked: Vec<(f64, usize, &Pair)> = cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell[1] * rows_per_weight >= CATEGORY_ROWS - ROUNDING)
            .map(|(code, cell)| (cell[0] / (cell[1] + CATEGORY_ROWS), code, cell))
            .collect();
        ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let half = ranked.len().div_ceil(2);
        let mut found = None;
        for backwards in [false, true] {
            let mut first = [0.0, 0.0];
            for taken in 0..half {
                let i = if backwards { ranked.len() - 1 - taken } else { taken };
                let Some((_, _, cell)) = ranked.get(i) else {
                    break;
                };
                first = [first[0] + cell[0], first[1] + cell[1]];
                if let Some(gain) = self.better(at, first, best) {
                    *best = Some(Best { gain, column, split: Split::Subset(Vec::new()), first });
                    found = Some((backwards, taken));
                }
            }
        }
        if let (Some((backwards, taken)), Some(best)) = (found, best.as_mut()) {
            let mut bits = vec![0_u64; cells.len().div_ceil(64)];
            let chosen = if backwards { ranked.get(ranked.len() - 1 - taken..) } else { ranked.get(..=taken) };
            for (_, code, _) in chosen.unwrap_or(&[]) {
                if let Some(word) = bits.get_mut(code / 64) {
                    *word |= 1 << (code % 64);
                }
            }
            best.split = Split::Subset(bits);
        }
    }
}

#[inline]
fn add(cells: &mut [Pair], code: u16, g: &Pair) {
    if let Some(cell) = cells.get_mut(usize::from(code)) {
        cell[0] += g[0];
        cell[1] += g[1];
    }
}
