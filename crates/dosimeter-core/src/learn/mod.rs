//! Small learners that the diagnosis stands on.
//!
//! Three questions need a model of the data: can the two periods be told apart (a domain classifier), where is the
//! watched model wrong (a loss regression), and how far can either be trusted (out-of-fold predictions, an exact AUC
//! with its standard error). One learner answers them all: gradient boosting of shallow trees over columns that are
//! already cut into cells, because the profile's grid has cut them anyway. Cells make it fast (a split is a scan over
//! counts), indifferent to units, outliers and missing values, and the same to the last bit on every machine.
//!
//! Nothing here is meant to win a contest. The learners are nuisance models: what is built on them corrects for their
//! bias, so they need to be stable, quick, and never fitted and judged on the same row.

mod attribution;
pub mod auc;
mod bins;
mod boost;
mod cross_fit;
mod rng;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use attribution::Weighted;
pub use auc::{Auc, auc, auc_within};
pub use bins::{Cutter, Matrix, MatrixError};
pub use boost::{Config, Loss, Model, fit};
pub use cross_fit::{CrossFit, cross_fit};
pub(crate) use rng::SplitMix;
