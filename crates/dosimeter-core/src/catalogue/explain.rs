//! The tables as text for people: `dosimeter explain [MODE]`.
//!
//! The text comes in blocks, not lines: whoever prints it knows the width of the page.

use super::overview;
use super::{Kind, Mode, ModeEntry};

/// A piece of text, to be laid out by whoever prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading, without mark-up.
    Heading(String),
    /// Running text, to be wrapped.
    Paragraph(String),
    /// A list, each item to be wrapped with a hanging indent.
    Bullets(Vec<String>),
    /// Lines to be printed exactly as they are, as in a table.
    Lines(Vec<String>),
}

impl Block {
    pub(crate) fn heading(text: impl Into<String>) -> Block {
        Block::Heading(text.into())
    }

    pub(crate) fn paragraph(text: impl Into<String>) -> Block {
        Block::Paragraph(text.into())
    }

    pub(crate) fn bullets<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Block {
        Block::Bullets(items.into_iter().map(Into::into).collect())
    }
}

/// What a mode is and what to do about it; without a mode, why models decay at all, the modes, and how they differ.
///
/// ```
/// use dosimeter_core::catalogue::{Block, Mode, explain};
/// let blocks = explain(Some(Mode::ConceptDrift));
/// assert_eq!(blocks[0], Block::Heading("Concept drift (concept_drift)".into()));
/// ```
#[must_use]
pub fn explain(mode: Option<Mode>) -> Vec<Block> {
    match mode {
        Some(mode) => one(mode.entry()),
        None => overview::blocks(),
    }
}

/// Blocks as unwrapped plain text: one line a paragraph, `- ` before an item, an empty line between blocks.
#[must_use]
pub fn plain(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        if !text.is_empty() {
            text.push('\n');
        }
        match block {
            Block::Heading(line) | Block::Paragraph(line) => {
                text.push_str(line);
                text.push('\n');
            }
            Block::Bullets(items) => items.iter().for_each(|item| {
                text.push_str("- ");
                text.push_str(item);
                text.push('\n');
            }),
            Block::Lines(lines) => lines.iter().for_each(|line| {
                text.push_str(line);
                text.push('\n');
            }),
        }
    }
    text
}

fn one(entry: &ModeEntry) -> Vec<Block> {
    let mut blocks = vec![
        Block::heading(format!("{} ({})", entry.title, entry.id)),
        Block::paragraph(entry.what),
        Block::heading("How it degrades a model"),
        Block::paragraph(entry.degrades),
        Block::heading("What shows it"),
        Block::paragraph(entry.evidence),
        Block::heading("What it is confused with, and how to tell"),
        Block::paragraph(entry.confused_with),
        Block::heading(match entry.detected_by {
            Some(command) => format!("How `{command}` detects it"),
            None => "How it is detected: not yet by this program".to_owned(),
        }),
        Block::paragraph(entry.how),
        Block::paragraph(format!("Not seen: {}", lower_first(entry.not_seen))),
    ];
    let kinds: Vec<&Kind> = entry.mode.kinds().collect();
    if !kinds.is_empty() {
        blocks.push(Block::heading("Its kinds"));
        blocks.push(Block::bullets(kinds.iter().map(|kind| format!("{}: {}", kind.id, kind.meaning))));
    }
    blocks.push(Block::heading("What to do"));
    blocks.push(Block::bullets(entry.next_steps.iter().copied()));
    blocks
}

/// A sentence that follows a colon; words in capitals or in code keep their form.
pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_explained() {
        for mode in Mode::ALL {
            let text = plain(&explain(Some(mode)));
            assert!(text.contains(mode.entry().what));
            assert!(text.contains("Not seen: "));
            for kind in mode.kinds() {
                assert!(text.contains(kind.id));
            }
            let honest = mode.entry().how.starts_with("This version does not");
            assert_eq!(mode.entry().detected_by.is_none(), honest, "{mode}");
        }
    }

    #[test]
    fn overview_names_every_mode() {
        let text = plain(&explain(None));
        for mode in Mode::ALL {
            assert!(text.contains(mode.id()), "{mode}");
        }
    }

    #[test]
    fn plain_separates_blocks() {
        let blocks = [Block::heading("A"), Block::bullets(["b", "c"]), Block::Lines(vec!["  d".into()])];
        assert_eq!(plain(&blocks), "A\n\n- b\n- c\n\n  d\n");
        assert_eq!(lower_first("A loss"), "a loss");
        assert_eq!(lower_first("LLM"), "LLM");
    }
}
