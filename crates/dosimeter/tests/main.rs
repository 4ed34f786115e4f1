//! One binary for all integration tests of the program: it links once.

mod kit;

mod bad_input;
mod scenarios;
