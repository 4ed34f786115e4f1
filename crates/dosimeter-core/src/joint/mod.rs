//! Do columns still go with each other as they did? A shift that no single column shows.
//!
//! Margins are taken out first: [`copula`] turns every column into ranks within short blocks of rows, so that what each
//! column does by itself, its seasons and trends included, cannot be seen any more, and only the relations are left. Three
//! tests look at those, each best at another kind of change: [`relation`] at pairs, [`pca`] at many weak changes that
//! point one way, [`domain`] at whatever boosted trees can find. The null of all three is the reference's own variation
//! between blocks ([`blocks`]), as it is for single columns.

pub mod blocks;
pub mod copula;
pub mod domain;
pub mod pca;
pub mod reconstruction;
pub mod relation;
#[cfg(test)]
mod tests;

pub use blocks::{Blocks, Shift};
pub use copula::Copula;
