//! One file per promise.

mod hostile;
mod html;
mod machine;
mod schema;
mod terminal;
