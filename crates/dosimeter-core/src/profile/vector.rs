//! A column of vectors (embeddings) as a few columns of numbers.
//!
//! Nobody counts vectors on a grid. What is counted of each row is its norm, its coordinates along some orthonormal
//! directions, and its distance from their span: the *parts* of the column. They are columns of numbers like all others,
//! so that they merge exactly, wobble, have an onset, and are read by the decomposition of a loss; and the sampled rows
//! hold them, from which distances between vectors follow (Johnson and Lindenstrauss 1984). The column itself counts
//! dimensions. Directions are drawn with a seed and frozen with the baseline. They are not the reference's principal
//! ones: what fits the reference lies closer to its rows than to any others, which then look as if they had moved.

use serde::{Deserialize, Serialize};

use super::sample::mix;

/// Directions that are followed, at most.
pub const DIRECTIONS: usize = 16;
/// The category that counts vectors whose elements are all 0, whatever their dimension.
pub const ZEROS: &str = "all zeros";

/// How one column of vectors is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorSpec {
    /// The position of the column of vectors.
    pub column: usize,
    /// The position of its first part; the others follow.
    pub first_part: usize,
    /// How many numbers a vector has.
    pub dimension: usize,
    /// Orthonormal directions.
    pub directions: Vec<Vec<f64>>,
}

impl VectorSpec {
    /// Directions for vectors of one dimension, drawn with a seed.
    #[must_use]
    pub fn draw(dimension: usize, seed: u64) -> VectorSpec {
        let wanted = DIRECTIONS.min(dimension);
        let uniform = |k: usize, i: usize, turn: u64| {
            ((mix(seed ^ mix(((k as u64) << 32 | i as u64) << 1 | turn)) >> 11) as f64 + 0.5) / 2f64.powi(53)
        };
        // Normal numbers (Box and Muller) have no preferred direction.
        let normal = |k: usize, i: usize| {
            (-2.0 * uniform(k, i, 0).ln()).sqrt() * (std::f64::consts::TAU * uniform(k, i, 1)).cos()
        };
        let mut directions: Vec<Vec<f64>> =
            (0..wanted).map(|k| (0..dimension).map(|i| normal(k, i)).collect()).collect();
        orthonormalise(&mut directions);
        VectorSpec { column: 0, first_part: 0, dimension, directions }
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
        let vector: Vec<f64> = vector.iter().copied().map(f64::from).collect();
        into.extend([norm, 0.0]);
        let mut inside = 0.0;
        for direction in &self.directions {
            let along = dot(direction, &vector);
            inside += along * along;
            into.push(along);
        }
        if let Some(beyond) = into.get_mut(1) {
            // Where the directions span everything, nothing is left but rounding.
            let spanned = self.directions.len() == self.dimension;
            *beyond = if spanned { 0.0 } else { (norm * norm - inside).max(0.0).sqrt() };
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

    #[test]
    fn directions_are_orthonormal_and_parts_add_up() {
        let spec = VectorSpec::draw(40, 7);
        assert_eq!(spec.directions.len(), DIRECTIONS);
        for (i, a) in spec.directions.iter().enumerate() {
            for (j, b) in spec.directions.iter().enumerate() {
                assert!((dot(a, b) - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
        let vector: Vec<f32> = (0..40).map(|i| (i * i % 7) as f32).collect();
        let mut parts = Vec::new();
        assert!(spec.read(&vector, &mut parts).is_some() && parts.len() == spec.parts());
        // np.linalg.norm([i * i % 7 for i in range(40)])
        assert!((parts[0] - 15.329709716756).abs() < 1e-9, "{parts:?}");
        let rest: f64 = parts.iter().skip(1).map(|x| x * x).sum();
        assert!((rest - parts[0] * parts[0]).abs() < 1e-9, "{parts:?}");
        assert_ne!(VectorSpec::draw(40, 8).directions, spec.directions);
    }

    #[test]
    fn odd_vectors_have_no_parts() {
        let spec = VectorSpec::draw(2, 0);
        let mut parts = Vec::new();
        for odd in [&[1.0][..], &[1.0, f32::NAN], &[f32::INFINITY, 0.0], &[]] {
            assert!(spec.read(odd, &mut parts).is_none());
        }
        assert!(spec.read(&[1.0, 3.0], &mut parts).is_some() && parts.get(1) == Some(&0.0));
        assert!(VectorSpec::draw(0, 0).directions.is_empty());
    }
}
