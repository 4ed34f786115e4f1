//! One file per promise.

mod change;
mod extreme;
mod hostile;
mod html;
mod machine;
mod schema;
mod terminal;
mod validator;
