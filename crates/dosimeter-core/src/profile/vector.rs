//! A column of vectors (embeddings) as a few columns of numbers.
//!
//! Nobody counts vectors on a grid. What is counted of each row is its norm, its coordinates along the leading principal
//! directions of the reference (Pearson 1901; Hotelling 1933), and its distance from their span: the *parts* of the
//! column. They are columns of numbers like all others, so that they merge exactly, wobble, have an onset, and are read
//! by the decomposition of a loss; and the sampled rows hold them, from which distances between vectors follow. The column
//! itself counts dimensions. Directions are frozen with the baseline.

use serde::{Deserialize, Serialize};

use super::sample::mix;

/// Leading directions that are followed, at most.
pub const DIRECTIONS: usize = 16;
/// Vectors that the directions are learned from, and the most numbers in all.
pub const LEARNED_ROWS: usize = 2_000;
/// The most numbers in the sample that the directions are learned from.
pub const LEARNED_NUMBERS: usize = 4_000_000;
/// The category that counts vectors whose elements are all 0, whatever their dimension.
pub const ZEROS: &str = "all zeros";

/// Rounds of subspace iteration: the error of a direction shrinks by the square of the ratio of eigenvalues in each.
const ROUNDS: usize = 10;
/// Directions carried along beyond those wanted, which makes the last wanted one converge as well.
const SPARE: usize = 6;

/// How one column of vectors is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorSpec {
    /// The position of the column of vectors.
    pub column: usize,
    /// The position of its first part; the others follow.
    pub first_part: usize,
    /// How many numbers a vector has.
    pub dimension: usize,
    /// The reference's mean vector.
    pub mean: Vec<f64>,
    /// Orthonormal directions, the one of most variance first.
    pub directions: Vec<Vec<f64>>,
}

impl VectorSpec {
    /// Learns the directions from vectors of one dimension.
    #[must_use]
    pub fn learn(dimension: usize, sample: &[&[f32]], seed: u64) -> VectorSpec {
        let n = sample.len();
        let mut mean = vec![0.0; dimension];
        for v in sample {
            mean.iter_mut().zip(*v).for_each(|(m, x)| *m += f64::from(*x) / n as f64);
        }
        let wanted = DIRECTIONS.min(dimension).min(n.saturating_sub(1));
        let carried = (wanted + SPARE).min(dimension).min(n);
        // Any start will do that is not orthogonal to what is sought.
        let start =
            |k: usize, i: usize| (mix(seed ^ mix((k as u64) << 32 | i as u64)) >> 11) as f64 / 2f64.powi(53) - 0.5;
        let mut directions: Vec<Vec<f64>> =
            (0..carried).map(|k| (0..dimension).map(|i| start(k, i)).collect()).collect();
        orthonormalise(&mut directions);
        for _ in 0..ROUNDS {
            let mut next = vec![vec![0.0; dimension]; directions.len()];
            let mut centred = vec![0.0; dimension];
            for v in sample {
                centred.iter_mut().zip(*v).zip(&mean).for_each(|((c, x), m)| *c = f64::from(*x) - m);
                for (direction, next) in directions.iter().zip(&mut next) {
                    let along = dot(direction, &centred);
                    next.iter_mut().zip(&centred).for_each(|(a, c)| *a += along * c);
                }
            }
            // By length, so that the one of most variance comes first.
            next.sort_by(|a, b| dot(b, b).total_cmp(&dot(a, a)));
            orthonormalise(&mut next);
            directions = next;
        }
        directions.truncate(wanted);
        for d in &mut directions {
            // The sign of a direction means nothing: the largest element is positive.
            let largest = d.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
            if largest < 0.0 {
                d.iter_mut().for_each(|x| *x = -*x);
            }
        }
        VectorSpec { column: 0, first_part: 0, dimension, mean, directions }
    }

    /// The names of the parts, in their order.
    #[must_use]
    pub fn part_names(&self, column: &str) -> Vec<String> {
        let mut names = vec![format!("{column}[norm]"), format!("{column}[beyond]")];
        names.extend((1..=self.directions.len()).map(|k| format!("{column}[direction {k}]")));
        names
    }

    /// How many parts there are.
    #[must_use]
    pub fn parts(&self) -> usize {
        2 + self.directions.len()
    }

    /// The positions of the parts.
    #[must_use]
    pub fn part_positions(&self) -> std::ops::Range<usize> {
        self.first_part..self.first_part + self.parts()
    }

    /// The parts of one vector: norm, distance from the span of the directions, and the coordinates along them; `None`
    /// for another dimension and for vectors with elements that are not finite.
    pub fn read(&self, vector: &[f32], into: &mut Vec<f64>) -> Option<()> {
        if vector.len() != self.dimension || vector.iter().any(|x| !x.is_finite()) {
            return None;
        }
        into.clear();
        let norm = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        let centred: Vec<f64> = vector.iter().zip(&self.mean).map(|(x, m)| f64::from(*x) - m).collect();
        let all = dot(&centred, &centred);
        into.extend([norm, 0.0]);
        let mut inside = 0.0;
        for direction in &self.directions {
            let along = dot(direction, &centred);
            inside += along * along;
            into.push(along);
        }
        if let Some(beyond) = into.get_mut(1) {
            *beyond = (all - inside).max(0.0).sqrt();
        }
        Some(())
    }
}

/// In lanes, as a single sum would have to wait for each addition.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (mut x, mut y) = (a.chunks_exact(4), b.chunks_exact(4));
    for (x, y) in (&mut x).zip(&mut y) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f64>() + rest
}

/// Gram-Schmidt, twice, as once is not enough in floating point; what depends on those before it becomes 0.
fn orthonormalise(vectors: &mut [Vec<f64>]) {
    for k in 0..vectors.len() {
        let (before, after) = vectors.split_at_mut(k);
        let Some(v) = after.first_mut() else { return };
        let length = dot(v, v).sqrt();
        for _ in 0..2 {
            for b in before.iter() {
                let along = dot(v, b);
                v.iter_mut().zip(b).for_each(|(v, b)| *v -= along * b);
            }
        }
        let left = dot(v, v).sqrt();
        let scale = if left > 1e-10 * length && left > 0.0 { 1.0 / left } else { 0.0 };
        v.iter_mut().for_each(|x| *x *= scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn directions_are_those_of_numpy() {
        let rows: Vec<Vec<f32>> = (0..12)
            .map(|i| {
                let i = i as f32;
                vec![i, (i * i) % 7.0, (3.0 * i) % 5.0, 1.0]
            })
            .collect();
        let sample: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let spec = VectorSpec::learn(4, &sample, 7);
        // x = np.array([[i, (i*i) % 7, (3*i) % 5, 1] for i in range(12)], float)
        // u, s, v = np.linalg.svd(x - x.mean(0), full_matrices=False)
        // v[:2] * np.sign(v[:2][range(2), abs(v[:2]).argmax(1)])[:, None]
        let expected = [
            [0.996309637, 0.068228361, 0.052076840, 0.000000000],
            [0.001038080, -0.616264979, 0.787538189, -0.000000000],
        ];
        for (d, e) in spec.directions.iter().zip(expected) {
            assert!(d.iter().zip(e).all(|(a, b)| close(*a, b)), "{:?}", spec.directions);
        }
        let mut parts = Vec::new();
        assert!(spec.read(&rows[3], &mut parts).is_some());
        // np.linalg.norm(x[3]); (x[3] - x.mean(0)) @ v[0]
        assert!(close(parts[0], 5.477225575) && close(parts[2], -2.376594980), "{parts:?}");
    }

    #[test]
    fn odd_vectors_have_no_parts_and_odd_samples_no_directions() {
        let spec = VectorSpec::learn(2, &[&[1.0, 2.0], &[1.0, 2.0]], 0);
        let mut parts = Vec::new();
        for odd in [&[1.0][..], &[1.0, f32::NAN], &[f32::INFINITY, 0.0], &[]] {
            assert!(spec.read(odd, &mut parts).is_none());
        }
        assert!(spec.read(&[1.0, 3.0], &mut parts).is_some_and(|()| parts.iter().all(|x| x.is_finite())));
        assert!(VectorSpec::learn(3, &[], 0).directions.is_empty());
        assert!(VectorSpec::learn(0, &[&[], &[]], 0).directions.is_empty());
    }
}
