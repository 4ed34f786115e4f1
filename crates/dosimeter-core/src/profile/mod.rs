//! Mergeable summaries: what is kept of the data once its rows are gone.
//!
//! The baseline freezes a [`Grid`] per column. A window's profile is counts on that grid, plus moments, so that
//! `profile(a) + profile(b) = profile(a ++ b)` holds exactly for every count, in any order and on any machine.
//! A period also keeps a seeded, bounded [`RowSample`] (chosen by row number, so it too merges exactly), which answers
//! what counts on a grid cannot: did the unit change, did two columns swap, which text does not parse.
//!
//! Data flows: [`schema`] names the columns, [`grid`] cuts them, [`window`] counts, [`sample`] and [`keys`] and
//! [`sketch`] keep the little else, [`vector`] makes numbers of vectors, [`period`] holds all windows of one period,
//! [`follow`] puts periods one after the other, [`baseline`] what healthy looks like,
//! [`file`] writes it down.

pub mod baseline;
pub mod file;
pub mod follow;
pub mod grid;
pub mod keys;
pub mod lookup;
pub mod period;
pub mod sample;
pub mod schema;
pub mod sketch;
pub mod vector;
pub mod window;

pub use baseline::Baseline;
pub use grid::Grid;
pub use lookup::Lookup;
pub use period::PeriodProfile;
pub use sample::RowSample;
pub use schema::{ColumnKind, ColumnSpec, Role};
pub use vector::VectorSpec;
pub use window::{ColumnWindow, Slot, WindowProfile};
