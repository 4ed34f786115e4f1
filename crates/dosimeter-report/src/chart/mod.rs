//! Small drawings.
