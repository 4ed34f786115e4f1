//! `dosimeter explain`: the catalogue as text.

use dosimeter_core::catalogue::{Block, Mode, explain};

use crate::args::ExplainArgs;
use crate::error::{Failure, Outcome};
use crate::output;

pub(crate) fn run(args: &ExplainArgs) -> Outcome {
    let mode = match args.mode.as_deref() {
        None => None,
        Some(name) => Some(Mode::parse(name).ok_or_else(|| {
            let known = Mode::ALL.iter().map(|m| m.id()).collect::<Vec<_>>().join(", ");
            Failure::new(format!("unknown mode {name:?}")).hint(format!("one of {known}"))
        })?),
    };
    output::print(&layout(&explain(mode), output::width().min(100)))?;
    Ok(0)
}

/// Blocks as wrapped text.
pub(crate) fn layout(blocks: &[Block], width: usize) -> String {
    let mut text = String::new();
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        match block {
            Block::Heading(h) => text.push_str(&format!("{h}\n{}\n", "─".repeat(h.chars().count().min(width)))),
            Block::Paragraph(p) => wrap(&mut text, p, width, "", ""),
            Block::Bullets(items) => items.iter().for_each(|item| wrap(&mut text, item, width, "  • ", "    ")),
            Block::Lines(lines) => lines.iter().for_each(|l| text.push_str(&format!("  {l}\n"))),
        }
    }
    text
}

fn wrap(out: &mut String, text: &str, width: usize, first: &str, rest: &str) {
    let mut line = String::from(first);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(line.trim_end());
            out.push('\n');
            line = String::from(rest);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}
