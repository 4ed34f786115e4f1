//! What a column of a text format is, from a sample of its cells.
//!
//! The first kind that fits all cells wins, from narrow to wide: integer, number, boolean, time, text. Two
//! exceptions keep real data useful. A few cells that are words for "nothing" (`N/A`, `-`, `?`), or a few strays
//! (under 5 %), do not make text of a column of numbers: they become unparsed cells, which is a signal. And codes
//! that only look like numbers stay text: leading zeros (`00123`), digits beyond `i64`.

use crate::build::Target;
use crate::field::Kind;
use crate::layout::{DateOrder, Layout, parse_time_in};
use crate::number::{parse_boolean, parse_integer, parse_number};
use crate::vectors::parse_vector;

/// Evidence about one column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guess {
    cells: u64,
    integers: u64,
    numbers: u64,
    commas: u64,
    booleans: u64,
    times: u64,
    compact: u64,
    codes: u64,
    strings: u64,
    nothings: u64,
    /// Slashed dates whose order shows, and those whose does not.
    day_first: u64,
    month_first: u64,
    ambiguous: u64,
    nulls: u64,
    nested: u64,
    /// Lists of numbers alone, and whether any number had a fraction: lists of whole numbers are mostly of things.
    vectors: u64,
    fractions: bool,
}

/// Words for "nothing" found in the columns of numbers of this world.
fn is_nothing(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 17] = [
        b"na",
        b"n/a",
        b"null",
        b"none",
        b"nil",
        b"nan",
        b"-",
        b"--",
        b"?",
        b".",
        b"#n/a",
        b"\\n",
        b"(null)",
        b"missing",
        b"unknown",
        b"<na>",
        b"undefined",
    ];
    text.len() <= 9 && WORDS.iter().any(|w| text.eq_ignore_ascii_case(w))
}

impl Guess {
    /// A null or empty cell.
    pub(crate) fn null(&mut self) {
        self.nulls += 1;
    }

    /// A list, or something nested that cannot be flattened.
    pub(crate) fn nested(&mut self) {
        self.cells += 1;
        self.nested += 1;
    }

    /// A list; with whether a number in it had a fraction where it holds numbers alone.
    pub(crate) fn list(&mut self, numbers: Option<bool>) {
        self.nested();
        self.vectors += u64::from(numbers.is_some());
        self.fractions |= numbers.unwrap_or(false);
    }

    /// Whether all but every cell was a vector.
    pub(crate) fn is_vector(&self) -> bool {
        self.fractions && self.vectors * 20 >= self.cells * 19
    }

    /// A typed whole number.
    pub(crate) fn integer(&mut self) {
        self.cells += 1;
        self.integers += 1;
    }

    /// A typed number.
    pub(crate) fn number(&mut self) {
        self.cells += 1;
        self.numbers += 1;
    }

    /// A typed boolean.
    pub(crate) fn boolean(&mut self) {
        self.cells += 1;
        self.booleans += 1;
    }

    /// A cell that is text, and may be written as anything.
    pub(crate) fn text(&mut self, cell: &[u8]) {
        let cell = cell.trim_ascii();
        if cell.is_empty() {
            self.null();
            return;
        }
        self.cells += 1;
        let unsigned = cell.strip_prefix(b"-").unwrap_or(cell);
        let digits = unsigned.iter().all(u8::is_ascii_digit) && !unsigned.is_empty();
        if digits && ((unsigned.len() > 1 && unsigned.starts_with(b"0")) || parse_integer(cell).is_none()) {
            self.codes += 1;
        } else if digits || parse_integer(cell).is_some() {
            self.integers += 1;
            if cell.len() == 8 && parse_time_in(cell, DateOrder::Unknown).is_some() {
                self.compact += 1;
            }
        } else if parse_number(cell, false).is_some() {
            self.numbers += 1;
        } else if parse_boolean(cell, false).is_some() {
            self.booleans += 1;
        } else {
            self.other(cell);
        }
    }

    /// A typed string: numbers in quotes are text, dates are times.
    pub(crate) fn string(&mut self, cell: &[u8]) {
        let cell = cell.trim_ascii();
        self.cells += 1;
        if is_nothing(cell) || parse_number(cell, true).is_none() {
            self.other(cell);
        } else if cell.iter().any(u8::is_ascii_digit) {
            self.strings += 1;
        } else {
            // An infinity: JSON has no other way to write it.
            self.numbers += 1;
        }
    }

    fn other(&mut self, cell: &[u8]) {
        if is_nothing(cell) {
            self.nothings += 1;
        } else if let Some((_, layout)) = parse_time_in(cell, DateOrder::Unknown) {
            self.times += 1;
            match layout {
                Layout::DayMonthSlash => self.day_first += 1,
                Layout::MonthDaySlash => self.month_first += 1,
                Layout::AmbiguousSlash => self.ambiguous += 1,
                _ => {}
            }
        } else if parse_number(cell, true).is_some() {
            self.commas += 1;
        } else if let Some((_, fraction)) = parse_vector(cell) {
            self.strings += 1;
            self.vectors += 1;
            self.fractions |= fraction;
        } else {
            self.strings += 1;
        }
    }

    /// Whether the sample held anything at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells == 0
    }

    /// Whether the sample held nulls.
    pub(crate) fn has_nulls(&self) -> bool {
        self.nulls > 0
    }

    /// Whether every cell was nested: not readable.
    pub(crate) fn is_nested(&self) -> bool {
        self.nested > 0 && self.nested * 2 >= self.cells && !self.is_vector()
    }

    /// Whether day and month were told apart by no cell.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.ambiguous > 0 && self.day_first == 0 && self.month_first == 0
    }

    /// Whether a sample was taken at all, be it of empty cells.
    pub(crate) fn is_sampled(&self) -> bool {
        self.cells + self.nulls > 0
    }

    /// Adds the evidence of another file.
    pub(crate) fn add(&mut self, other: &Self) {
        self.cells += other.cells;
        self.integers += other.integers;
        self.numbers += other.numbers;
        self.commas += other.commas;
        self.booleans += other.booleans;
        self.times += other.times;
        self.compact += other.compact;
        self.codes += other.codes;
        self.strings += other.strings;
        self.nothings += other.nothings;
        self.day_first += other.day_first;
        self.month_first += other.month_first;
        self.ambiguous += other.ambiguous;
        self.nulls += other.nulls;
        self.nested += other.nested;
        self.vectors += other.vectors;
        self.fractions |= other.fractions;
    }

    /// The kind that fits.
    fn kind(&self) -> Kind {
        if self.cells == 0 {
            return Kind::Text;
        }
        if self.is_vector() {
            return Kind::Vector;
        }
        let fits = |n: u64| {
            let rest = self.cells - n.min(self.cells);
            let strays = rest - self.nothings.min(rest);
            // Words for nothing may be many, strays must be rare in a sample that is large enough to say so.
            n > 0 && n * 10 >= self.cells && (strays == 0 || (self.cells >= 40 && strays * 20 < self.cells))
        };
        if self.codes == 0 {
            if self.compact >= 2 && self.compact == self.integers && fits(self.compact + self.times) {
                return Kind::Time;
            }
            if fits(self.integers) {
                return Kind::Integer;
            }
            if fits(self.integers + self.numbers) || (self.use_comma() && fits(self.numeric_with_commas())) {
                return Kind::Number;
            }
        }
        if fits(self.booleans) {
            return Kind::Boolean;
        }
        if fits(self.times) {
            return Kind::Time;
        }
        Kind::Text
    }

    fn numeric_with_commas(&self) -> u64 {
        self.integers + self.numbers + self.commas
    }

    /// Decimal commas, and hardly any decimal point to contradict them.
    fn use_comma(&self) -> bool {
        self.commas > 0 && self.numbers * 20 <= self.commas
    }

    /// What to read the column as: what is expected of it, or what fits.
    pub(crate) fn target(&self, expected: Option<Kind>) -> Target {
        let kind = expected.unwrap_or_else(|| self.kind());
        let order = match (self.day_first, self.month_first) {
            (0, 0) => DateOrder::Unknown,
            (day, month) if day >= month => DateOrder::DayFirst,
            _ => DateOrder::MonthFirst,
        };
        Target { kind, order, comma: kind.is_numeric() && self.use_comma() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(cells: &[&str]) -> Kind {
        let mut guess = Guess::default();
        for cell in cells {
            guess.text(cell.as_bytes());
        }
        guess.target(None).kind
    }

    #[test]
    fn narrow_before_wide() {
        assert_eq!(kind(&["1", "2", "", "-3"]), Kind::Integer);
        assert_eq!(kind(&["1", "2.5"]), Kind::Number);
        assert_eq!(kind(&["1", "nan", "inf"]), Kind::Number);
        assert_eq!(kind(&["True", "false"]), Kind::Boolean);
        assert_eq!(kind(&["2024-01-01", "2024-01-02T00:00:00Z"]), Kind::Time);
        assert_eq!(kind(&["20240101", "20240102"]), Kind::Time);
        assert_eq!(kind(&["20240101", "20249999"]), Kind::Integer);
        assert_eq!(kind(&["a", "1"]), Kind::Text);
        assert_eq!(kind(&[]), Kind::Text);
        assert_eq!(kind(&["", ""]), Kind::Text);
        assert_eq!(kind(&["1,5", "2,5", "3"]), Kind::Number);
    }

    #[test]
    fn codes_are_text() {
        assert_eq!(kind(&["00123", "12345"]), Kind::Text);
        assert_eq!(kind(&["12345678901234567890"]), Kind::Text);
        assert_eq!(kind(&["0", "10"]), Kind::Integer);
        assert_eq!(kind(&["0.5", "-0.25"]), Kind::Number);
    }

    #[test]
    fn nothings_do_not_make_text() {
        assert_eq!(kind(&["1", "2", "N/A", "-"]), Kind::Integer);
        assert_eq!(kind(&["-", "N/A"]), Kind::Text);
        let mut cells = vec!["1.5"; 100];
        cells.extend(["broken", "ERR"]);
        assert_eq!(kind(&cells), Kind::Number);
        cells.extend(["x"; 10]);
        assert_eq!(kind(&cells), Kind::Text);
    }

    #[test]
    fn slashed_dates_tell_their_order() {
        let mut guess = Guess::default();
        for cell in ["03/04/2024", "13/04/2024"] {
            guess.text(cell.as_bytes());
        }
        let target = guess.target(None);
        assert_eq!((target.kind, target.order), (Kind::Time, DateOrder::DayFirst));
    }
}
