//! One binary for all integration tests: it links once.

mod golden_statistic;
mod metric;
mod profile;
