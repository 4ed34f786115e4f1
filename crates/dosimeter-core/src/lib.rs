//! The pure core of dosimeter: profiles, evidence and diagnosis.
//!
//! Nothing here reads a file, looks at a clock, starts a thread or draws an unseeded random number. Data comes in
//! as slices, a [`diagnosis::Diagnosis`] goes out.

pub mod catalogue;
pub mod decompose;
pub mod diagnose;
pub mod diagnosis;
pub mod evidence;
pub mod joint;
pub mod learn;
pub mod metric;
pub mod profile;
pub mod replay;
pub mod simulate;
pub mod statistic;
pub mod text;
pub mod time;
