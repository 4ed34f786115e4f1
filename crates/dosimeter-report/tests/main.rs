//! What every output promises, over diagnoses good, bad, blind, wide and hostile.

mod fixtures;
