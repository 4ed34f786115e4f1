//! What the readers promise, format by format, and what they refuse.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "cases/coerce.rs"]
mod coerce;
#[path = "cases/csv.rs"]
mod csv;
#[path = "cases/inputs.rs"]
mod inputs;
#[path = "cases/ipc.rs"]
mod ipc;
#[path = "cases/json.rs"]
mod json;
#[path = "cases/kit.rs"]
mod kit;
#[path = "cases/parquet.rs"]
mod parquet;
#[path = "cases/sources.rs"]
mod sources;
#[path = "cases/survey.rs"]
mod survey;
#[path = "cases/vectors.rs"]
mod vectors;
