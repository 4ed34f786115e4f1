//! Which rows a survey reads of a long reference.
//!
//! A grid needs some rows from everywhere, and three things exactly: how many values there are, the extremes, and which
//! categories occur. Where a file says the first two itself, and hands out the dictionary of its texts with any of their
//! rows, reading some runs of rows from every partition is as good as reading all of them, at a fraction of the cost.

use std::ops::Range;

use dosimeter_core::profile::sample::mix;

use super::survey::{Survey, SurveyOptions};
use super::{Cut, Part};
use crate::format::Facts;
use crate::{Dataset, Kind};

/// Rows read of a long reference, by runs of about [`RUN`].
const READ: u64 = 131_072;
const RUN: usize = 8_192;

/// Rows to read of a partition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rows {
    /// All of them.
    All,
    /// Those in ascending ranges.
    Only(Vec<Range<usize>>),
}

impl Rows {
    /// The ranges, where not all are wanted.
    pub(super) fn only(&self) -> Option<&[Range<usize>]> {
        match self {
            Rows::All => None,
            Rows::Only(ranges) => Some(ranges),
        }
    }
}

/// What is read of every partition, and what is known without.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The rows to read.
    pub(super) rows: Vec<Rows>,
    /// By partition that is read in runs: what its file says of each column.
    pub(super) facts: Vec<Option<Vec<Facts>>>,
    /// One row in so many is read of those partitions.
    pub(super) stride: u64,
}

impl Excerpt {
    /// With fewer rows there is nothing to be gained.
    pub(super) const LEAST: u64 = 2 * READ;

    /// What to read, if not everything: `look` has the rows by partition, `names` the columns.
    pub(super) fn choose(
        dataset: &Dataset,
        names: &[String],
        look: &Survey,
        options: &SurveyOptions<'_>,
    ) -> Option<Excerpt> {
        let stride = look.rows / READ;
        if look.rows < Self::LEAST {
            return None;
        }
        let schema = dataset.schema();
        let ordered: Vec<bool> = names
            .iter()
            .map(|n| schema.iter().any(|f| f.name == *n && !matches!(f.kind, Kind::Text | Kind::Boolean)))
            .collect();
        let (mut rows, mut facts) = (Vec::new(), Vec::new());
        for (i, partition) in dataset.partitions().iter().enumerate() {
            let all = usize::try_from(partition.rows?).ok()?;
            let inside = usize::try_from(*look.part_rows.get(i)?).ok()?;
            let (read, known) = if inside == all && all > RUN {
                let known = names.iter().zip(&ordered).map(|(name, ordered)| {
                    let facts = dataset.facts(partition, name)?;
                    (!ordered || facts.extremes.is_some() || facts.present == 0).then_some(facts)
                });
                (Rows::Only(runs(all, stride, options.seed ^ i as u64)), Some(known.collect::<Option<Vec<_>>>()?))
            } else if inside < all && !matches!(options.part, Part::Before(Cut::Time(_))) {
                // The part begins with the data.
                (Rows::Only(vec![0..inside; usize::from(inside > 0)]), None)
            } else {
                (if inside == 0 { Rows::Only(Vec::new()) } else { Rows::All }, None)
            };
            rows.push(read);
            facts.push(known);
        }
        Some(Excerpt { rows, facts, stride })
    }
}

/// One row in `stride` of `all`, in runs that are spread evenly but not in step with anything.
fn runs(all: usize, stride: u64, seed: u64) -> Vec<Range<usize>> {
    let wanted = (all / usize::try_from(stride).unwrap_or(usize::MAX)).max(1);
    let many = wanted.div_ceil(RUN).max(1);
    let (length, part) = ((wanted / many).max(1), all / many);
    (0..many)
        .map(|k| {
            let slack = (part - length.min(part)) as u64 + 1;
            let start = k * part + usize::try_from(mix(seed ^ ((k as u64) << 32)) % slack).unwrap_or(0);
            start..(start + length).min(all)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_apart_and_from_everywhere() {
        for (all, stride) in [(250_000, 7), (1_000_000, 2), (9_000, 76), (8_193, 5_000_000), (123_457, 3)] {
            let runs = runs(all, stride, 7);
            assert!(runs.iter().all(|r| !r.is_empty() && r.end <= all), "{runs:?}");
            assert!(runs.iter().zip(runs.iter().skip(1)).all(|(a, b)| a.end <= b.start), "{runs:?}");
            let read: usize = runs.iter().map(ExactSizeIterator::len).sum();
            let wanted = (all as u64 / stride).max(1) as f64;
            assert!((read as f64 / wanted - 1.0).abs() < 0.05, "{read} of {wanted}");
            assert!(runs.iter().all(|r| r.len() <= RUN));
        }
    }
}
