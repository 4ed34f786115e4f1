//! One binary for all integration tests of the program: it links once.

// Helpers of tests are not functions under #[test]; a test that cannot go on panics.
#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

mod kit;
#[path = "../../dosimeter-report/tests/check/validator.rs"]
mod validator;

mod backtest;
mod bad_input;
mod causes;
mod drill;
mod embeddings;
mod estimates;
mod faults;
mod forged;
mod formats;
mod hostile;
mod house;
mod inputs;
mod joint;
mod labels;
mod null;
mod one_fault;
mod panics;
mod periods;
mod real_data;
mod real_faults;
mod robust;
mod scenarios;
mod screen;
mod settings;
mod ways;
