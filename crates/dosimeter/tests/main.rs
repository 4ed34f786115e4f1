//! One binary for all integration tests of the program: it links once.

// Helpers of tests are not functions under #[test]; a test that cannot go on panics.
#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

mod kit;

mod bad_input;
mod faults;
mod forged;
mod formats;
mod hostile;
mod house;
mod labels;
mod null;
mod real_data;
mod robust;
mod scenarios;
