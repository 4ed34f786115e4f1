//! The shape of the catalogue's lines, and how to look one up.

use super::{CATEGORY_KINDS, Mode, OTHER_KINDS, SCHEMA_KINDS};

/// One mode of decay, in words for people.
#[derive(Clone, Copy, Debug)]
pub struct ModeEntry {
    /// The mode.
    pub mode: Mode,
    /// Its id, as [`Mode::id`].
    pub id: &'static str,
    /// Its name for people, as `Schema change`.
    pub title: &'static str,
    /// What happened, in one sentence.
    pub what: &'static str,
    /// How it degrades a model.
    pub degrades: &'static str,
    /// The evidence that shows it.
    pub evidence: &'static str,
    /// What it is confused with or cannot be told from, and what tells them apart.
    pub confused_with: &'static str,
    /// The command of this program that detects it; `None` where no command does yet.
    pub detected_by: Option<&'static str>,
    /// How it is detected; where [`ModeEntry::detected_by`] is `None`, how it can be done by hand.
    pub how: &'static str,
    /// What is not seen.
    pub not_seen: &'static str,
    /// What to do, in this order.
    pub next_steps: &'static [&'static str],
}

/// One sub-kind of a mode: the `kind` of a finding.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The word that stands in results, as `unit_changed`.
    pub id: &'static str,
    /// The mode it belongs to.
    pub mode: Mode,
    /// Its name for people.
    pub title: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// The keys of the finding's `detail` that this kind fills.
    pub detail: &'static [DetailKey],
    /// What to do.
    pub next_step: &'static str,
    /// Whether it damages what the model reads, where its subject is an input.
    pub breaks_inputs: bool,
    /// Whether it is worth watching at most, whatever else is known: it is about the delivery, or costs the model nothing.
    pub watch_only: bool,
}

impl Kind {
    /// A kind that leaves what the model reads as it was.
    pub(super) const fn beside_inputs(self) -> Kind {
        Kind { breaks_inputs: false, ..self }
    }

    /// A kind that is to be watched at most.
    pub(super) const fn to_watch(self) -> Kind {
        Kind { watch_only: true, ..self }
    }
}

/// One documented key of a finding's `detail`.
#[derive(Clone, Copy, Debug)]
pub struct DetailKey {
    /// The key.
    pub key: &'static str,
    /// What its value is.
    pub meaning: &'static str,
}

/// A detail key, written short for the tables.
pub(super) const fn key(key: &'static str, meaning: &'static str) -> DetailKey {
    DetailKey { key, meaning }
}

/// Every kind of every mode, in the order of the tables.
pub(super) fn all_kinds() -> impl Iterator<Item = &'static Kind> {
    SCHEMA_KINDS.iter().chain(&CATEGORY_KINDS).chain(OTHER_KINDS)
}

/// The kind of an id, of whatever mode; spelling is forgiven as in [`Mode::parse`].
#[must_use]
pub fn kind(id: &str) -> Option<&'static Kind> {
    let id = normal(id);
    all_kinds().find(|kind| kind.id == id)
}

/// The kind of [`Mode::SchemaChange`] of an id; spelling is forgiven as in [`Mode::parse`].
#[must_use]
pub fn schema_kind(id: &str) -> Option<&'static Kind> {
    kind(id).filter(|kind| kind.mode == Mode::SchemaChange)
}

/// An id as it stands in the tables: lower case, underscores.
pub(super) fn normal(text: &str) -> String {
    text.trim().to_lowercase().replace(['-', ' '], "_")
}
