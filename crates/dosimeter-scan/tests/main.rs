//! What the readers promise, format by format, and what they refuse.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "cases/csv.rs"]
mod csv;
#[path = "cases/kit.rs"]
mod kit;
#[path = "cases/parquet.rs"]
mod parquet;
#[path = "cases/sources.rs"]
mod sources;
