//! Readers: files of any supported format become uniform column batches.
//!
//! Everything that touches user data from the outside lives here: finding files, telling their format, bounding
//! what they may cost, and turning their cells into a handful of column shapes ([`Values`]). What comes out has the
//! same shape whether it came from Parquet, Arrow IPC, CSV or JSON Lines, so that the profiler above is written once.
//!
//! Two rules hold throughout:
//!
//! - **One bad cell is a finding, not a failure.** A cell of a text format that does not parse as its column's kind
//!   is kept with its text in [`Column::unparsed`]; a rising rate of them is decay, and aborting would hide it.
//! - **One bad file is one error with its name.** Corrupt, truncated, lying or oversized input ends that file with a
//!   [`ReadError`]; panics of the decoders below are caught and become one too.
//!
//! ```
//! use dosimeter_scan::{Dataset, Kind, ReadOptions, WriteColumn, write_parquet};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("day.parquet");
//! write_parquet(&path, &[("amount", WriteColumn::Number(vec![Some(1.5), None]))])?;
//!
//! let data = Dataset::open(&[path.display().to_string()], &ReadOptions::default())?;
//! assert_eq!(data.schema()[0].kind, Kind::Number);
//! for partition in data.partitions() {
//!     for batch in data.read(&partition, None)? {
//!         let batch = batch?;
//!         assert_eq!((batch.rows, batch.columns[0].null_count(batch.rows)), (2, 1));
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod batch;
pub mod coerce;
pub mod error;
pub mod field;
pub mod inject;
pub mod layout;
pub mod pass;
pub mod problem;
pub mod source;
pub mod write;

mod build;
mod discover;
mod format;
mod guard;
mod infer;
mod input;
mod intern;
mod number;
mod sniff;
mod vectors;

pub use batch::{Batch, Column, Values};
pub use coerce::coerce;
pub use error::{Place, ReadError};
pub use field::{Field, Kind, ReadOptions};
pub use layout::{Layout, parse_time};
pub use problem::{Problem, ProblemKind};
pub use source::{BatchReader, DataFile, Dataset, Format, Partition};
pub use vectors::Vectors;
pub use write::{WriteColumn, write_parquet};
