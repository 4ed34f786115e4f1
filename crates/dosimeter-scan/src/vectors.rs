//! Vectors of numbers by row: the cells of a column of embeddings.
//!
//! Elements are kept as 32-bit floats, which is what models hand out; a null element is NaN, which makes the whole
//! vector one that cannot be read.

/// The vectors of some rows, of any length each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    elements: Vec<f32>,
    /// Where each vector ends.
    ends: Vec<usize>,
}

impl Vectors {
    /// Empty vectors.
    #[must_use]
    pub fn empty(rows: usize) -> Vectors {
        Vectors { elements: Vec::new(), ends: vec![0; rows] }
    }

    /// Adds the vector of one more row.
    pub fn push(&mut self, vector: &[f32]) {
        self.elements.extend_from_slice(vector);
        self.ends.push(self.elements.len());
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The vector of a row; empty where the row is null.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&[f32]> {
        let start = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.elements.get(start..*self.ends.get(row)?)
    }

    /// The vectors of these rows; empty where there is no such row.
    #[must_use]
    pub(crate) fn picked(&self, rows: impl Iterator<Item = usize>) -> Vectors {
        let mut picked = Vectors::empty(0);
        rows.for_each(|row| picked.push(self.get(row).unwrap_or(&[])));
        picked
    }

    /// Takes back the vectors from a row on.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.elements.truncate(self.ends.last().copied().unwrap_or(0));
    }
}

/// Fewer numbers in brackets are no embedding.
const LEAST: usize = 2;

/// A vector written as text, `[0.1, -2]` or as numpy prints it, `[0.1 -2. ]`; with whether a number had a fraction.
pub(crate) fn parse_vector(text: &[u8]) -> Option<(Vec<f32>, bool)> {
    let inner = text.trim_ascii().strip_prefix(b"[")?.strip_suffix(b"]")?;
    let inner = std::str::from_utf8(inner).ok()?;
    let mut vector = Vec::new();
    for word in inner.split([',', ' ', '\n', '\t']).filter(|w| !w.is_empty()) {
        let number = match word {
            "null" | "None" => f32::NAN,
            word => word.parse::<f32>().ok()?,
        };
        vector.push(number);
    }
    let fraction = vector.iter().any(|x| x.fract() != 0.0);
    (vector.len() >= LEAST).then_some((vector, fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in() {
        let mut v = Vectors::default();
        v.push(&[1.0, 2.0]);
        v.push(&[]);
        v.push(&[3.0]);
        assert_eq!(
            (v.get(0), v.get(1), v.get(2), v.get(3)),
            (Some(&[1.0, 2.0][..]), Some(&[][..]), Some(&[3.0][..]), None)
        );
        v.truncate(1);
        v.push(&[4.0]);
        assert_eq!((v.len(), v.get(1)), (2, Some(&[4.0][..])));
    }

    #[test]
    fn text_is_a_vector_or_is_not() {
        assert_eq!(parse_vector(b"[0.5, -2]"), Some((vec![0.5, -2.0], true)));
        assert_eq!(parse_vector(b" [1. 2.]\n"), Some((vec![1.0, 2.0], false)));
        assert!(parse_vector(b"[0.5, null]").is_some_and(|(v, _)| v.len() == 2 && v.iter().any(|x| x.is_nan())));
        for text in ["", "[", "[]", "[1]", "1,2", "[a, b]", "[1, [2]]", "{1, 2}"] {
            assert_eq!(parse_vector(text.as_bytes()), None, "{text}");
        }
    }
}
