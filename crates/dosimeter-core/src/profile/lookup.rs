//! From a number to its cell, without a search.
//!
//! The span between the edges is cut into many equal buckets, and each remembers how many edges lie before it. A value
//! then needs its bucket, which is one multiplication, and a comparison with the one or two edges inside. As the bucket
//! is a non-decreasing function of the value, edges in earlier buckets are below it and those in later ones above,
//! whatever was rounded: the answer is that of the search, for every number.

/// Buckets for each edge, and the most of them: a lookup has to stay in the nearest cache.
const BUCKETS_PER_EDGE: usize = 16;
const BUCKETS: usize = 4096;

/// Edges compared without asking how many there are.
const COMPARED: usize = 2;

/// Finds how many of some ascending edges are not above a value.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The edges, and after them [`COMPARED`] that nothing reaches.
    edges: Vec<f64>,
    low: f64,
    /// Buckets per unit.
    scale: f64,
    /// Edges before each bucket, and after the last all of them.
    before: Vec<u16>,
}

impl Lookup {
    /// Prepares finite, ascending edges, at most 65,535 of them.
    #[must_use]
    pub fn new(edges: &[f64]) -> Lookup {
        let known = edges.len().min(usize::from(u16::MAX));
        let mut padded = edges.get(..known).unwrap_or_default().to_vec();
        // The buckets share the bulk; the few edges of long tails crowd in the first and the last.
        let tail = known / 64;
        let (low, high) = match (padded.get(tail), padded.get(known.saturating_sub(1 + tail))) {
            (Some(low), Some(high)) => (*low, *high),
            _ => (0.0, 0.0),
        };
        let buckets = (known * BUCKETS_PER_EDGE).clamp(1, BUCKETS);
        let scale = (buckets - 1) as f64 / (high - low);
        let scale = if scale.is_finite() { scale } else { 0.0 };
        let mut lookup = Lookup { edges: Vec::new(), low, scale, before: vec![0; buckets + 1] };
        for edge in &padded {
            let after = lookup.bucket(*edge) + 1;
            lookup.before[after] += 1;
        }
        for b in 1..=buckets {
            lookup.before[b] += lookup.before[b - 1];
        }
        padded.extend([f64::INFINITY; COMPARED]);
        lookup.edges = padded;
        lookup
    }

    /// How many edges are not above a finite `x`.
    #[must_use]
    #[inline]
    pub fn find(&self, x: f64) -> u16 {
        let bucket = self.bucket(x);
        let (Some(first), Some(next)) = (self.before.get(bucket), self.before.get(bucket + 1)) else {
            return 0;
        };
        let at = usize::from(*first);
        let inside = usize::from(next - first);
        if inside > COMPARED {
            return first + self.edges[at..at + inside].partition_point(|e| *e <= x) as u16;
        }
        // Those of later buckets are above it, so that comparing with them adds nothing.
        match self.edges.get(at..at + COMPARED) {
            Some(near) => first + near.iter().map(|e| u16::from(*e <= x)).sum::<u16>(),
            None => *first,
        }
    }

    /// The bucket of a value: never lower for a larger one. What is no number falls into the first.
    #[inline]
    fn bucket(&self, x: f64) -> usize {
        (((x - self.low) * self.scale) as usize).min(self.before.len() - 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(edges: &[f64], values: &[f64]) {
        let lookup = Lookup::new(edges);
        let near = edges.iter().flat_map(|e| [*e, e.next_up(), e.next_down()]);
        let far = [0.0, -0.0, 1.0, -1.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -5e-324];
        for x in values.iter().copied().chain(near).chain(far).filter(|x| x.is_finite()) {
            let searched = edges.partition_point(|e| *e <= x);
            assert_eq!(usize::from(lookup.find(x)), searched, "{x:e} among {edges:?}");
        }
    }

    #[test]
    fn odd_edges_are_searched_as_well() {
        for edges in [
            vec![],
            vec![1.0],
            vec![0.0, 0.0f64.next_up()],
            vec![f64::MIN, 0.0, f64::MAX],
            vec![-1e300, -1.0, 0.0, 1e-300, 1.0, 1e300],
            vec![5e-324, 1e-323, 1.5e-323],
            (0..1000).map(|i| 1e9 + f64::from(i) * 1e-7).collect(),
            (-300..300).map(|i| 10f64.powi(i)).collect(),
        ] {
            agrees(&edges, &[1e9, 0.5, 1e-200]);
        }
    }

    proptest! {
        #[test]
        fn it_is_the_search(
            mut edges in prop::collection::vec(-1e3f64..1e3, 0..400),
            values in prop::collection::vec(-2e3f64..2e3, 0..100),
            power in 1i32..6,
        ) {
            edges.iter_mut().for_each(|e| *e = e.powi(power));
            edges.sort_by(f64::total_cmp);
            edges.dedup();
            agrees(&edges, &values);
        }

        #[test]
        fn it_is_the_search_for_any_numbers(
            mut edges in prop::collection::vec(any::<f64>().prop_filter("finite", |x| x.is_finite()), 0..50),
            values in prop::collection::vec(any::<f64>(), 0..100),
        ) {
            edges.sort_by(f64::total_cmp);
            edges.dedup_by(|a, b| a == b);
            agrees(&edges, &values);
        }
    }
}
