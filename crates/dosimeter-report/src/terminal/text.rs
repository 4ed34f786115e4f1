//! Lines of toned text that wrap by display columns.
//!
//! [`Line::push`] is the only way in, and it escapes: no byte from data can reach the terminal as a control code. Tones
//! become colours at the very end, or nothing.

use crate::Style;
use crate::escape::{char_width, clip, visible, width};

/// What a piece of text means; colour follows meaning, and a sign or word always stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Bold,
    Dim,
    Good,
    Harmful,
    Watch,
    Blind,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Bold => "\u{1b}[1m",
            Tone::Dim => "\u{1b}[2m",
            Tone::Good => "\u{1b}[1;32m",
            Tone::Harmful => "\u{1b}[1;31m",
            Tone::Watch => "\u{1b}[33m",
            Tone::Blind => "\u{1b}[1;35m",
        }
    }
}

/// A line before it is wrapped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Vec<(Tone, String)>);

impl Line {
    pub(crate) fn new() -> Self {
        Line::default()
    }

    pub(crate) fn of(tone: Tone, text: &str) -> Self {
        Line::new().with(tone, text)
    }

    pub(crate) fn with(mut self, tone: Tone, text: &str) -> Self {
        self.push(tone, text);
        self
    }

    /// Adds text from anywhere; what hides is made visible.
    pub(crate) fn push(&mut self, tone: Tone, text: &str) {
        self.0.push((tone, visible(text)));
    }

    pub(crate) fn append(&mut self, other: Line) {
        self.0.extend(other.0);
    }

    /// Fills with spaces up to a column.
    pub(crate) fn pad_to(&mut self, column: usize) {
        let used: usize = self.0.iter().map(|(_, text)| width(text)).sum();
        self.push(Tone::Plain, &" ".repeat(column.saturating_sub(used)));
    }

    fn chars(&self) -> impl Iterator<Item = (Tone, char)> {
        self.0.iter().flat_map(|(tone, text)| text.chars().map(|c| (*tone, c)))
    }
}

/// The text written so far.
pub(crate) struct Page {
    out: String,
    width: usize,
    color: bool,
}

impl Page {
    pub(crate) fn new(style: &Style) -> Self {
        Page { out: String::new(), width: style.width.clamp(40, 200), color: style.color }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// A text in what is left of one line after `indent` columns. What does not fit ends where a clause does, if one does in
    /// the second half, else a word, and in `…` either way.
    pub(crate) fn brief(&self, text: &str, indent: usize) -> String {
        let room = self.width.saturating_sub(indent.min(self.width / 2));
        // Six times the room is more than any line shows, and bounds what a text of a million characters costs.
        let shown = clip(text, room.saturating_mul(6));
        if width(&shown) <= room {
            return shown;
        }
        let fits = |at: &usize| shown.get(..*at).is_some_and(|kept| width(kept) + 2 <= room);
        let ends = |marks: &[&str]| {
            let all = marks.iter().flat_map(|mark| shown.match_indices(mark).map(|(at, _)| at));
            all.filter(fits).max().and_then(|at| shown.get(..at))
        };
        let clause = ends(&[": ", "; ", ", ", " (", ". "]).filter(|kept| 2 * width(kept) >= room);
        let word = || ends(&[" "]).map_or_else(|| clip(&shown, room.saturating_sub(2)), str::to_owned);
        let kept = clause.map_or_else(word, str::to_owned);
        let kept = kept.trim_end_matches([' ', '→', '…']);
        format!("{kept} …")
    }

    pub(crate) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Writes a line; what does not fit goes on below, indented by `indent` columns. Words break only where one alone
    /// is wider than the room.
    pub(crate) fn line(&mut self, line: &Line, indent: usize) {
        let indent = indent.min(self.width / 2);
        let mut row: Vec<(Tone, char)> = Vec::new();
        let mut used = 0;
        let mut first = true;
        // Where the row may be cut: just after its last space beyond the indent.
        let mut cut: Option<usize> = None;
        for (tone, c) in line.chars() {
            let w = char_width(c);
            if used + w > self.width {
                let rest = match cut.take() {
                    Some(at) if c != ' ' => row.split_off(at),
                    _ => Vec::new(),
                };
                self.emit(&row);
                first = false;
                row = vec![(Tone::Plain, ' '); indent];
                row.extend(rest);
                used = row.iter().map(|(_, c)| char_width(*c)).sum();
            }
            // A continued row does not begin with a space.
            if c == ' ' && !first && row.len() == indent {
                continue;
            }
            row.push((tone, c));
            used += w;
            if c == ' ' && used > indent {
                cut = Some(row.len());
            }
        }
        self.emit(&row);
    }

    fn emit(&mut self, row: &[(Tone, char)]) {
        let end = row.iter().rposition(|(_, c)| *c != ' ').map_or(0, |at| at + 1);
        let mut tone = Tone::Plain;
        for &(next, c) in row.iter().take(end) {
            // A space looks the same in every tone, so it changes none.
            if next != tone && self.color && c != ' ' {
                if tone != Tone::Plain {
                    self.out.push_str("\u{1b}[0m");
                }
                self.out.push_str(next.code());
                tone = next;
            }
            self.out.push(c);
        }
        if tone != Tone::Plain {
            self.out.push_str("\u{1b}[0m");
        }
        self.out.push('\n');
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }
}
