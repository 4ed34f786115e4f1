//! Performance metrics: against scikit-learn, against the bootstrap, and as state.

mod classes;
mod data;
mod errors;
mod powered;
mod sklearn;
mod state;
mod unlabelled;
