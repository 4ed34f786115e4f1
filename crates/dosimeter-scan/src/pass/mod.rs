//! The two passes over the data.
//!
//! [`survey`] looks first: how many rows, since when until when, and, of the reference, what each column is. [`fit`]
//! turns that into roles, grids and windows; [`profile`] counts everything on them in one pass. Partitions are read
//! by a few threads, each with a profile of its own that is merged in the end, so the result does not depend on how the
//! work was shared out.

mod cells;
mod classes;
pub mod column;
mod excerpt;
pub mod fit;
pub mod labels;
pub mod outcome;
pub mod parts;
pub mod profile;
pub mod roles;
pub mod survey;
mod vectors;
pub mod window;

pub(crate) use cells::{text_of, times};

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use crate::{Batch, Dataset, Partition, ReadError};
use excerpt::Rows;

/// Where the reference ends and the current data begin, in one history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// At an instant, microseconds UTC.
    Time(i64),
    /// At a row.
    Row(u64),
}

/// Which rows of a data set a pass is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// All of them.
    All,
    /// Those before the cut.
    Before(Cut),
    /// Those from the cut on.
    From(Cut),
}

impl Part {
    /// Whether a row belongs to it; a row without a time belongs to neither side of a cut in time.
    #[must_use]
    pub fn takes(&self, row: u64, time: Option<i64>) -> bool {
        match self {
            Part::All => true,
            Part::Before(Cut::Row(cut)) => row < *cut,
            Part::From(Cut::Row(cut)) => row >= *cut,
            Part::Before(Cut::Time(cut)) => time.is_some_and(|t| t < *cut),
            Part::From(Cut::Time(cut)) => time.is_some_and(|t| t >= *cut),
        }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Files are opened.
    Opening,
    /// Rows and columns are looked at.
    Survey,
    /// Rows are counted.
    Profile,
    /// The counts are compared.
    Diagnosis,
}

/// What happens while the passes run, for a progress line.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows read so far, over all passes.
    pub rows: AtomicU64,
    /// Those that were read when the phase began.
    before: AtomicU64,
    phase: AtomicU8,
}

impl Progress {
    /// Begins a phase.
    pub fn begin(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.before.store(self.rows.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Rows read so far in this phase.
    #[must_use]
    pub fn rows_of_phase(&self) -> u64 {
        self.rows.load(Ordering::Relaxed).saturating_sub(self.before.load(Ordering::Relaxed))
    }

    /// The phase that was begun last.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let phases = [Phase::Opening, Phase::Survey, Phase::Profile, Phase::Diagnosis];
        phases.get(usize::from(self.phase.load(Ordering::Relaxed))).copied().unwrap_or(Phase::Opening)
    }
}

/// States that a pass is folded into. Which partition goes into which is fixed, whatever the machine and whoever is
/// faster: sums of floating-point numbers depend on their order, and the same input has to give the same bytes.
const LANES: usize = 16;

/// Reads every partition and folds its batches into at most [`LANES`] states, handed back in order.
///
/// `offsets` has the number of each partition's first row, and `only` the rows to read of each; empty means all. A partition that fails is reported and its rows are lost to
/// the pass; the others go on.
pub(crate) fn fold<S: Send>(
    dataset: &Dataset,
    columns: Option<&[String]>,
    offsets: &[u64],
    only: &[Rows],
    progress: &Progress,
    start: impl Fn() -> S + Sync,
    step: impl Fn(&mut S, usize, u64, &Batch) + Sync,
) -> (Vec<S>, Vec<ReadError>) {
    let partitions = dataset.partitions();
    let lanes = partitions.len().clamp(1, LANES);
    let next = AtomicUsize::new(0);
    let errors = Mutex::new(Vec::new());
    let states = Mutex::new(BTreeMap::new());
    let read = |state: &mut S, i: usize, partition: &Partition| -> Result<(), ReadError> {
        let mut row = offsets.get(i).copied().unwrap_or(0);
        let only = only.get(i).and_then(Rows::only);
        if only.is_some_and(<[_]>::is_empty) {
            return Ok(());
        }
        for batch in dataset.read_only(partition, columns, only)? {
            let batch = batch?;
            step(state, i, row, &batch);
            row += batch.rows as u64;
            progress.rows.fetch_add(batch.rows as u64, Ordering::Relaxed);
        }
        Ok(())
    };
    let worker = || {
        loop {
            let lane = next.fetch_add(1, Ordering::Relaxed);
            if lane >= lanes {
                break;
            }
            let mut state = start();
            for (i, partition) in partitions.iter().enumerate().skip(lane).step_by(lanes) {
                if let Err(e) = read(&mut state, i, partition)
                    && let Ok(mut errors) = errors.lock()
                {
                    errors.push(e);
                }
            }
            if let Ok(mut states) = states.lock() {
                states.insert(lane, state);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(lanes);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(worker);
        }
        worker();
    });
    let mut errors = errors.into_inner().unwrap_or_default();
    errors.sort_by_key(ToString::to_string);
    (states.into_inner().unwrap_or_default().into_values().collect(), errors)
}
