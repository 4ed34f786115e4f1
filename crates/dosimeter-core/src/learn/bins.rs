//! Rows as codes: what every learner here reads.
//!
//! A column is a cell number per row. Ordered columns (numbers, times) keep their order in the code, and code 0 is
//! kept for "missing", which has no place in the order; unordered ones (categories) give every category a code, one
//! of which may mean "missing" and one "never seen in the reference". Columns lie one after the other in memory, as
//! the scan over a split candidate reads them.

use thiserror::Error;

/// Binned inputs, column by column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    columns: Vec<Vec<u16>>,
    cardinality: Vec<u16>,
    ordered: Vec<bool>,
    rows: usize,
}

/// Why columns do not make a [`Matrix`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MatrixError {
    /// The three lists differ in length.
    #[error(
        "{columns} columns, {cardinality} cardinalities and {ordered} order flags: one of each per column is needed"
    )]
    Lists {
        /// Columns given.
        columns: usize,
        /// Cardinalities given.
        cardinality: usize,
        /// Order flags given.
        ordered: usize,
    },
    /// A column is longer or shorter than the first one.
    #[error("column {column} has {found} rows where the first has {expected}")]
    Rows {
        /// The column, 0-based.
        column: usize,
        /// Its rows.
        found: usize,
        /// The first column's rows.
        expected: usize,
    },
    /// A code is not below its column's cardinality.
    #[error("column {column} holds the code {code}, beyond its cardinality {cardinality}")]
    Code {
        /// The column, 0-based.
        column: usize,
        /// The first such code.
        code: u16,
        /// How many codes the column declares.
        cardinality: u16,
    },
    /// Two matrices were to be joined whose columns differ in number, order or cardinality.
    #[error("the two samples are not cut into the same columns and cells")]
    Mismatch,
}

impl Matrix {
    /// Columns of codes, each below its column's `cardinality`; `ordered` says which are ranges of a number.
    ///
    /// # Errors
    /// When the lists or the columns differ in length, or a code is out of its column's range.
    pub fn new(columns: Vec<Vec<u16>>, cardinality: Vec<u16>, ordered: Vec<bool>) -> Result<Self, MatrixError> {
        if columns.len() != cardinality.len() || columns.len() != ordered.len() {
            let (columns, cardinality, ordered) = (columns.len(), cardinality.len(), ordered.len());
            return Err(MatrixError::Lists { columns, cardinality, ordered });
        }
        let rows = columns.first().map_or(0, Vec::len);
        for (column, (codes, &cardinality)) in columns.iter().zip(&cardinality).enumerate() {
            if codes.len() != rows {
                return Err(MatrixError::Rows { column, found: codes.len(), expected: rows });
            }
            if let Some(&code) = codes.iter().find(|&&code| code >= cardinality) {
                return Err(MatrixError::Code { column, code, cardinality });
            }
        }
        Ok(Matrix { columns, cardinality, ordered, rows })
    }

    /// `rows` rows that say nothing: one column with one code. Stands in where there are no inputs.
    #[must_use]
    pub fn constant(rows: usize) -> Self {
        Matrix { columns: vec![vec![0; rows]], cardinality: vec![1], ordered: vec![false], rows }
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The codes of a column; empty for a column that is not there.
    #[must_use]
    pub fn column(&self, column: usize) -> &[u16] {
        self.columns.get(column).map_or(&[], Vec::as_slice)
    }

    /// How many codes a column has; 0 for a column that is not there.
    #[must_use]
    pub fn cardinality(&self, column: usize) -> u16 {
        self.cardinality.get(column).copied().unwrap_or(0)
    }

    /// Whether a column's codes are ordered ranges (with code 0 for missing).
    #[must_use]
    pub fn is_ordered(&self, column: usize) -> bool {
        self.ordered.get(column).copied().unwrap_or(false)
    }

    /// Whether both are cut into the same columns and cells.
    #[must_use]
    pub fn same_cells(&self, other: &Matrix) -> bool {
        self.cardinality == other.cardinality && self.ordered == other.ordered
    }

    /// The given rows, in the given order; rows that are not there are left out.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Matrix {
        let kept: Vec<u32> = rows.iter().copied().filter(|&r| (r as usize) < self.rows).collect();
        let pick = |codes: &Vec<u16>| kept.iter().filter_map(|&r| codes.get(r as usize).copied()).collect();
        Matrix {
            columns: self.columns.iter().map(pick).collect(),
            cardinality: self.cardinality.clone(),
            ordered: self.ordered.clone(),
            rows: kept.len(),
        }
    }

    /// The columns whose flag is set; columns without a flag are left out.
    #[must_use]
    pub fn only(&self, flags: &[bool]) -> Matrix {
        fn keep<T: Clone>(all: &[T], flags: &[bool]) -> Vec<T> {
            all.iter().zip(flags).filter(|(_, keep)| **keep).map(|(one, _)| one.clone()).collect()
        }
        Matrix {
            columns: keep(&self.columns, flags),
            cardinality: keep(&self.cardinality, flags),
            ordered: keep(&self.ordered, flags),
            rows: self.rows,
        }
    }

    /// These rows, then the other's.
    ///
    /// # Errors
    /// When the two are not cut into the same columns and cells.
    pub fn stack(&self, other: &Matrix) -> Result<Matrix, MatrixError> {
        if !self.same_cells(other) {
            return Err(MatrixError::Mismatch);
        }
        let mut both = self.clone();
        for (mine, theirs) in both.columns.iter_mut().zip(&other.columns) {
            mine.extend_from_slice(theirs);
        }
        both.rows += other.rows;
        Ok(both)
    }
}

/// Cuts numbers into ordered codes by the quantiles of the reference.
///
/// Code 0 is missing (NaN), code 1 lies below everything in the reference, the last code above everything in it.
/// Those two cells matter: without them a value far outside shares a cell with the reference's own largest values and
/// nobody can tell that it is new. The outermost hundredth on both sides is cut finer than the middle.
#[derive(Clone, Debug, PartialEq)]
pub struct Cutter {
    /// A value's cell begins after every edge that is below it.
    edges: Vec<f64>,
}

impl Cutter {
    /// Edges at `cells` quantiles of the finite reference values, two finer ones in each tail, and both extremes.
    #[must_use]
    pub fn new(reference: &[f64], cells: u16) -> Self {
        let mut sorted: Vec<f64> = reference.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let Some(&smallest) = sorted.first() else {
            return Cutter { edges: Vec::new() };
        };
        let last = sorted.len() - 1;
        let cells = f64::from(cells.clamp(2, 1024));
        let inner = (1..cells as usize).map(|i| i as f64 / cells);
        let mut shares: Vec<f64> = [0.001, 0.005, 0.995, 0.999, 1.0].into_iter().chain(inner).collect();
        shares.sort_unstable_by(f64::total_cmp);
        // The next number below the smallest value: that value itself belongs to the reference.
        let mut edges = vec![smallest.next_down()];
        edges.extend(shares.iter().filter_map(|s| sorted.get((s * last as f64).round() as usize)));
        edges.dedup();
        Cutter { edges }
    }

    /// How many codes there are: one per cell, and the one for missing.
    #[must_use]
    pub fn cardinality(&self) -> u16 {
        self.edges.len() as u16 + 2
    }

    /// The code of a value.
    #[must_use]
    pub fn code(&self, value: f64) -> u16 {
        if value.is_nan() { 0 } else { self.edges.partition_point(|edge| *edge < value) as u16 + 1 }
    }

    /// The codes of a column.
    #[must_use]
    pub fn codes(&self, values: &[f64]) -> Vec<u16> {
        values.iter().map(|v| self.code(*v)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_checked_once() {
        assert!(matches!(Matrix::new(vec![vec![0]], vec![], vec![true]), Err(MatrixError::Lists { .. })));
        let ragged = Matrix::new(vec![vec![0], vec![0, 0]], vec![1, 1], vec![true, true]);
        assert_eq!(ragged, Err(MatrixError::Rows { column: 1, found: 2, expected: 1 }));
        let beyond = Matrix::new(vec![vec![0, 3]], vec![3], vec![true]);
        assert_eq!(beyond, Err(MatrixError::Code { column: 0, code: 3, cardinality: 3 }));
        assert_eq!(Matrix::new(vec![], vec![], vec![]).map(|m| m.rows()), Ok(0));
    }

    #[test]
    fn cutting_keeps_the_outside_apart() {
        let cut = Cutter::new(&[1.0, 2.0, 3.0, 4.0, f64::NAN, f64::INFINITY], 4);
        assert_eq!(cut.code(f64::NAN), 0);
        assert_eq!(cut.code(0.9), 1);
        assert_eq!(cut.code(f64::NEG_INFINITY), 1);
        assert_eq!(cut.code(1.0), 2);
        assert!(cut.code(4.0) > cut.code(3.0));
        assert_eq!(cut.code(4.1), cut.code(4.0) + 1);
        assert_eq!(cut.code(f64::INFINITY) + 1, cut.cardinality());
        for none in [vec![], vec![f64::NAN]] {
            let cut = Cutter::new(&none, 8);
            assert_eq!((cut.cardinality(), cut.code(5.0), cut.code(f64::NAN)), (2, 1, 0));
        }
        let same = Cutter::new(&[7.0; 20], 16);
        assert_eq!((same.code(6.0), same.code(7.0), same.code(8.0), same.cardinality()), (1, 2, 3, 4));
    }

    #[test]
    fn selecting_and_stacking() -> Result<(), MatrixError> {
        let m = Matrix::new(vec![vec![0, 1, 2], vec![5, 4, 3]], vec![3, 6], vec![true, false])?;
        let s = m.select(&[2, 0, 9]);
        assert_eq!((s.column(0), s.column(1), s.rows()), ([2, 0].as_slice(), [3, 5].as_slice(), 2));
        assert_eq!(m.stack(&s)?.column(1), [5, 4, 3, 3, 5]);
        assert_eq!(m.stack(&Matrix::constant(2)), Err(MatrixError::Mismatch));
        Ok(())
    }
}
