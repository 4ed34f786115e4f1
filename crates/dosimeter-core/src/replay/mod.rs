//! A policy replayed over a history: what a monitor would have said, look after look, and when it would have rung.
//!
//! A monitor that runs every day sees the same fault every day, and rings once. [`Ledger`] is that memory: it turns a
//! sequence of diagnoses into episodes that open, worsen, ease and resolve. [`Looks`] hands out what each look sees, from
//! one profile per window; [`rate`] says how often alarms came with an honest interval; [`Backtest`] is the result, which is
//! its JSON. Whoever watches a model as it runs keeps a [`Ledger`] too: it is plain state that can be stored.

mod identity;
mod ledger;
mod looks;
pub mod rate;
mod result;
mod seen;

pub use identity::Identity;
pub use ledger::{Episode, Event, EventKind, Ledger, Stamp, Telling};
pub use looks::{Look, Looks, Span, schedule};
pub use result::{
    Alarm, Alternative, Backtest, Delayed, FORMAT, First, Health, LookLine, Policy, Present, Replayed, Told, replayed,
};
pub use seen::{Seen, see};
