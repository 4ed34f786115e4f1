//! From profiles to evidence: is a difference more than the reference's own variation, since when, and what could
//! have been seen at all.
//!
//! The null of every test is the reference's own window-to-window variation. [`component`] reduces a column to a few
//! scalar series (a mean score per window), [`dispersion`] learns how much such series wobble beyond sampling error,
//! borrowing strength across columns, [`shift`] tests the current windows against that, [`onset`] dates a change,
//! [`trend`] extrapolates a decline, [`budget`] shares the tolerated false alarms among all tests.

pub mod budget;
pub mod component;
pub mod dispersion;
pub mod metric_wobble;
pub mod natural;
pub mod onset;
pub mod power;
pub mod season;
pub mod shift;
pub mod trend;
