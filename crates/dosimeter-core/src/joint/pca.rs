//! Principal components, and how far rows lie off them.
//!
//! Columns that go together span fewer directions than there are columns. Rows of another world, whose columns go together
//! otherwise, lie off those directions: the distance between a row and its projection grows (Jackson and Mudholkar 1979, the
//! residual or Q statistic; NannyML's "reconstruction error" is its root). Components are taken until they hold a given share
//! of the variance, as scikit-learn's `PCA(n_components=share)` does.

/// Standardised columns' directions of least variance: what projection on the others loses.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    mean: Vec<f64>,
    scale: Vec<f64>,
    /// The directions that are not kept, of unit length.
    lost: Vec<Vec<f64>>,
    /// How many are kept.
    pub kept: usize,
}

impl Components {
    /// Fits to the rows of `columns` for which `take` holds; the components kept hold more than `share` of the variance.
    #[must_use]
    pub fn fit(columns: &[Vec<f64>], take: impl Fn(usize) -> bool, share: f64) -> Components {
        let rows: Vec<usize> = (0..columns.first().map_or(0, Vec::len)).filter(|i| take(*i)).collect();
        let n = rows.len().max(1) as f64;
        let pick = |c: &Vec<f64>| -> Vec<f64> { rows.iter().filter_map(|i| c.get(*i).copied()).collect() };
        let mut z: Vec<Vec<f64>> = columns.iter().map(pick).collect();
        let (mut mean, mut scale) = (Vec::new(), Vec::new());
        for column in &mut z {
            let m = column.iter().sum::<f64>() / n;
            let s = (column.iter().map(|x| (x - m).powi(2)).sum::<f64>() / n).sqrt();
            // A constant column stays where it is.
            let s = if s > 1e-12 * m.abs().max(1e-300) { s } else { 1.0 };
            column.iter_mut().for_each(|x| *x = (*x - m) / s);
            mean.push(m);
            scale.push(s);
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / n;
        let mut matrix = vec![vec![0.0; z.len()]; z.len()];
        for i in 0..z.len() {
            for j in i..z.len() {
                let c = dot(&z[i], &z[j]);
                matrix[i][j] = c;
                matrix[j][i] = c;
            }
        }
        let directions = eigen(matrix);
        let total: f64 = directions.iter().map(|d| d.0.max(0.0)).sum();
        let mut held = 0.0;
        let within = directions.iter().take_while(|d| {
            held += d.0.max(0.0) / total.max(f64::MIN_POSITIVE);
            held <= share
        });
        let kept = (within.count() + 1).min(directions.len());
        let lost = directions.into_iter().skip(kept).map(|d| d.1).collect();
        Components { mean, scale, lost, kept }
    }

    /// The distance between each row of `columns` and its projection, in standard deviations.
    #[must_use]
    pub fn errors(&self, columns: &[Vec<f64>]) -> Vec<f64> {
        let rows = columns.first().map_or(0, Vec::len);
        let mut squares = vec![0.0; rows];
        let mut along = vec![0.0; rows];
        for direction in &self.lost {
            along.fill(0.0);
            for (((column, w), mean), scale) in columns.iter().zip(direction).zip(&self.mean).zip(&self.scale) {
                let w = w / scale;
                along.iter_mut().zip(column).for_each(|(sum, x)| *sum += w * (x - mean));
            }
            squares.iter_mut().zip(&along).for_each(|(sum, a)| *sum += a * a);
        }
        squares.iter_mut().for_each(|s| *s = s.sqrt());
        squares
    }
}

/// Eigenvalues, the largest first, with their unit vectors, of a symmetric matrix, by Jacobi's rotations (Golub and Van Loan,
/// "Matrix computations", 8.5).
fn eigen(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let n = a.len();
    // Row k of `v` is the k-th vector.
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..60 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if off < 1e-20 * n as f64 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, p, q);
            }
        }
    }
    let mut list: Vec<(f64, Vec<f64>)> = v.into_iter().enumerate().map(|(k, vector)| (a[k][k], vector)).collect();
    list.sort_by(|a, b| b.0.total_cmp(&a.0));
    list
}

/// Turns the plane of `p` and `q` so that their common entry vanishes.
fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    let apq = a[p][q];
    if apq.abs() < 1e-18 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for row in a.iter_mut() {
        let (x, y) = (row[p], row[q]);
        row[p] = c * x - s * y;
        row[q] = s * x + c * y;
    }
    turn(a, p, q, c, s);
    turn(v, p, q, c, s);
}

fn turn(m: &mut [Vec<f64>], p: usize, q: usize, c: f64, s: f64) {
    let (low, high) = m.split_at_mut(q);
    for (x, y) in low[p].iter_mut().zip(&mut high[0]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}
