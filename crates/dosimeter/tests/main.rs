//! One binary for all integration tests of the program: it links once.

mod kit;

mod bad_input;
mod formats;
mod hostile;
mod house;
mod labels;
mod null;
mod real_data;
mod robust;
mod scenarios;
