//! Performance metrics: against scikit-learn, against the bootstrap, and as state.

mod data;
mod errors;
mod sklearn;
mod state;
mod unlabelled;
