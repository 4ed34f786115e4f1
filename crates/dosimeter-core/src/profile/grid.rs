//! The frozen cells on which every window of a column is counted.
//!
//! Numbers: ascending edges at the reference's quantiles. Cell `i` holds the values `x` with exactly `i` edges `<= x`,
//! so cell 0 lies below the reference's smallest value and the last value cell above its largest: one wild value
//! lands there and moves nothing else. A value that is heavy in the reference (an *atom*) gets a cell of its own, by an
//! edge at it and one at the next float. Categories: one cell per known value, most frequent first.
//!
//! Five special cells follow the value cells of every grid; see [`Special`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lookup::Lookup;
use crate::text::digits;

/// Cells after the value cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Text where a number was expected, or a category that the reference does not know.
    Other = 0,
    /// No value.
    Null = 1,
    /// Not a number.
    NaN = 2,
    /// Positive infinity.
    Infinity = 3,
    /// Negative infinity.
    NegativeInfinity = 4,
}

/// How many special cells a grid has.
pub const SPECIALS: usize = 5;

/// The most value cells of a number grid.
pub const NUMBER_CELLS: usize = 256;

/// The most categories that are counted by name.
pub const CATEGORY_CELLS: usize = 1024;

/// The frozen cells of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Grid {
    /// Ordered values cut at ascending edges.
    Number {
        /// Ascending, finite; the first is the reference's minimum, the last the float after its maximum.
        edges: Vec<f64>,
        /// A representative value for every value cell, for distances in the column's own unit.
        centers: Vec<f64>,
    },
    /// Unordered values by name.
    Category {
        /// The known values, most frequent first.
        values: Vec<String>,
    },
}

impl Grid {
    /// Cuts ordered values at the quantiles of a reference sample.
    ///
    /// `sample` need not be sorted and may hold non-finite values, which are left out; `min` and `max` are the
    /// exact extremes of the whole reference.
    #[must_use]
    pub fn number(sample: &[f64], min: f64, max: f64) -> Grid {
        let mut sorted: Vec<f64> = sample.iter().copied().filter(|x| x.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.is_empty() {
            return Grid::Number { edges: Vec::new(), centers: vec![0.0] };
        }
        let first = if min.is_finite() { min.min(sorted[0]) } else { sorted[0] };
        let largest = sorted[sorted.len() - 1];
        let last = if max.is_finite() { max.max(largest) } else { largest };
        let n = sorted.len();
        let wanted = (n / 8).clamp(4, NUMBER_CELLS - 4);
        let mut edges = vec![first, last.next_up()];
        let mut distinct = 0usize;
        let mut start = 0;
        while start < n {
            // A run of equal values that fills a whole cell is an atom.
            let value = sorted[start];
            let end = start + sorted[start..].partition_point(|x| *x <= value);
            distinct += 1;
            if (end - start) * wanted >= n && end - start > 1 {
                edges.push(value);
                edges.push(value.next_up());
            }
            start = end;
        }
        if distinct > wanted {
            edges.extend((1..wanted).map(|i| sorted[i * n / wanted]));
        } else {
            start = 0;
            while start < n {
                edges.push(sorted[start]);
                start += sorted[start..].partition_point(|x| *x <= sorted[start]);
            }
        }
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        // -0.0 and 0.0 compare equal: keep one edge for both.
        edges.dedup_by(|b, a| *a == *b);
        let centers = centers(&edges, &sorted);
        Grid::Number { edges, centers }
    }

    /// Known categories from reference counts: the most frequent [`CATEGORY_CELLS`], ties by name.
    #[must_use]
    pub fn category(counts: &BTreeMap<String, u64>) -> Grid {
        let mut by_count: Vec<(&String, &u64)> = counts.iter().collect();
        by_count.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        Grid::Category { values: by_count.into_iter().take(CATEGORY_CELLS).map(|(v, _)| v.clone()).collect() }
    }

    /// How many value cells there are.
    #[must_use]
    pub fn value_cells(&self) -> usize {
        match self {
            Grid::Number { edges, .. } => edges.len() + 1,
            Grid::Category { values } => values.len(),
        }
    }

    /// How many cells there are in all.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.value_cells() + SPECIALS
    }

    /// The index of a special cell.
    #[must_use]
    pub fn special(&self, special: Special) -> usize {
        self.value_cells() + special as usize
    }

    /// The cell of a number; of [`Special::Other`] if this is a grid of categories.
    #[must_use]
    pub fn cell_of_number(&self, x: f64) -> usize {
        match self {
            Grid::Number { edges, .. } if x.is_finite() => edges.partition_point(|e| *e <= x),
            Grid::Number { .. } if x.is_nan() => self.special(Special::NaN),
            Grid::Number { .. } if x > 0.0 => self.special(Special::Infinity),
            Grid::Number { .. } => self.special(Special::NegativeInfinity),
            Grid::Category { .. } => self.special(Special::Other),
        }
    }

    /// The cells of numbers, prepared for many of them; empty for a grid of categories.
    #[must_use]
    pub fn lookup(&self) -> Lookup {
        Lookup::new(if let Grid::Number { edges, .. } = self { edges } else { &[] })
    }

    /// The known categories by name, for looking up dictionaries; empty for a grid of numbers.
    #[must_use]
    pub fn category_index(&self) -> BTreeMap<&str, usize> {
        match self {
            Grid::Number { .. } => BTreeMap::new(),
            Grid::Category { values } => values.iter().enumerate().map(|(i, v)| (v.as_str(), i)).collect(),
        }
    }

    /// The centre and the inverse scale of a column's moments: its middle cell and the width of its middle half.
    #[must_use]
    pub fn centre(&self) -> (f64, f64) {
        match self {
            Grid::Number { centers, .. } if centers.len() >= 4 => {
                let at = |q: usize| centers[(centers.len() - 1) * q / 4];
                let width = at(3) - at(1);
                (at(2), if width.is_finite() && width > 1e-300 { 1.0 / width } else { 1.0 })
            }
            Grid::Number { centers, .. } => (centers.first().copied().unwrap_or(0.0), 1.0),
            Grid::Category { .. } => (0.0, 1.0),
        }
    }

    /// A name for a cell, for people: a range, a category, or the special's name.
    #[must_use]
    pub fn label(&self, cell: usize) -> String {
        let k = self.value_cells();
        if cell >= k {
            return match cell - k {
                0 => "other",
                1 => "null",
                2 => "NaN",
                3 => "Infinity",
                _ => "-Infinity",
            }
            .to_owned();
        }
        match self {
            Grid::Category { values } => values[cell].clone(),
            Grid::Number { edges, .. } => match (cell.checked_sub(1).and_then(|i| edges.get(i)), edges.get(cell)) {
                (None, Some(high)) => format!("below {}", digits(*high)),
                (Some(low), None) => format!("above {}", digits(low.next_down())),
                (Some(low), Some(high)) if low.next_up() == *high => digits(*low),
                (Some(low), Some(high)) => format!("{} – {}", digits(*low), digits(*high)),
                (None, None) => "any".to_owned(),
            },
        }
    }
}

/// The mean of the sample inside each cell, the midpoint of empty inner cells, the edge itself at the two ends.
fn centers(edges: &[f64], sorted: &[f64]) -> Vec<f64> {
    let mut centers = Vec::with_capacity(edges.len() + 1);
    let mut from = 0;
    for cell in 0..=edges.len() {
        let to = edges.get(cell).map_or(sorted.len(), |e| sorted.partition_point(|x| x < e));
        let inside = &sorted[from..to.max(from)];
        centers.push(match (inside.is_empty(), cell.checked_sub(1).map(|i| edges[i]), edges.get(cell)) {
            (false, _, _) => inside.iter().map(|x| x / inside.len() as f64).sum(),
            (true, Some(low), Some(high)) => low / 2.0 + high / 2.0,
            (true, Some(edge), None) => edge,
            (true, None, Some(edge)) => *edge,
            (true, None, None) => 0.0,
        });
        from = to.max(from);
    }
    centers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_and_extremes_have_cells_of_their_own() {
        let mut values: Vec<f64> = (1..=900).map(f64::from).collect();
        values.extend([0.0; 300]);
        let grid = Grid::number(&values, 0.0, 900.0);
        let zero = grid.cell_of_number(0.0);
        assert_eq!(grid.label(zero), "0");
        assert_ne!(zero, grid.cell_of_number(0.5));
        assert_eq!(grid.cell_of_number(-1.0), 0);
        assert_eq!(grid.cell_of_number(901.0), grid.value_cells() - 1);
        assert_ne!(grid.cell_of_number(900.0), grid.value_cells() - 1);
        assert_eq!(grid.cell_of_number(1e6), grid.value_cells() - 1);
        assert_eq!(grid.cell_of_number(f64::NAN), grid.special(Special::NaN));
    }

    #[test]
    fn degenerate_samples_make_a_grid() {
        for sample in [vec![], vec![f64::NAN], vec![1.0], vec![2.0; 50], vec![0.0, -0.0], vec![f64::MAX, f64::MIN]] {
            let grid = Grid::number(&sample, f64::INFINITY, f64::NEG_INFINITY);
            for x in [0.0, 1.0, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
                assert!(grid.cell_of_number(x) < grid.cells());
            }
            assert!((0..grid.cells()).all(|c| !grid.label(c).is_empty()));
        }
    }

    #[test]
    fn many_distinct_values_stay_bounded() {
        let values: Vec<f64> = (0..100_000).map(|i| f64::from(i) * 0.37).collect();
        let grid = Grid::number(&values, 0.0, 37_000.0);
        assert!(grid.value_cells() <= NUMBER_CELLS + 1, "{}", grid.value_cells());
    }
}
