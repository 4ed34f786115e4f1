//! Small drawings in SVG, one kind a file.
//!
//! They hold shapes and classes alone; colours live in the page's style, so that light, dark and print need no second
//! drawing. Every drawing carries a title and, where it says more, a description for those who hear it. Numbers that
//! are not finite are not drawn.

mod bars_pair;
mod histogram_pair;
mod line_with_band;
mod sparkline;
mod strip;
mod waterfall;

pub use bars_pair::bars_pair;
pub use histogram_pair::histogram_pair;
pub use line_with_band::{Point, Timeline, line_with_band};
pub use sparkline::sparkline;
pub use strip::strip;
pub use waterfall::{Step, waterfall};

use std::fmt::Write as _;

/// A linear map from values to pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    from: (f64, f64),
    to: (f64, f64),
}

impl Scale {
    /// Maps `from` onto `to`; an empty `from` is widened, so that nothing divides by zero.
    pub(crate) fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        let (low, high) = from;
        let from = if high > low && (high - low).is_finite() { from } else { (low - 0.5, low + 0.5) };
        Scale { from, to }
    }

    /// The pixel of a value, held within the drawing.
    pub(crate) fn at(&self, v: f64) -> f64 {
        let t = (v - self.from.0) / (self.from.1 - self.from.0);
        let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
        self.to.0 + t * (self.to.1 - self.to.0)
    }
}

/// A pixel with at most one decimal.
pub(crate) fn px(v: f64) -> String {
    let text = format!("{v:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A path through points; a gap lifts the pen.
pub(crate) fn path(points: impl IntoIterator<Item = Option<(f64, f64)>>) -> String {
    let mut out = String::new();
    let mut down = false;
    for point in points {
        match point {
            Some((x, y)) => {
                let _ = write!(out, "{}{} {}", if down { 'L' } else { 'M' }, px(x), px(y));
                down = true;
            }
            None => down = false,
        }
    }
    out
}

/// Fractions fit to draw: finite, not negative, as many as there are cells.
pub(crate) fn fractions(values: &[f64], cells: usize) -> Vec<f64> {
    let fit = |v: f64| {
        if v.is_finite() && v > 0.0 { v.min(1.0) } else { 0.0 }
    };
    let mut out: Vec<f64> = values.iter().take(cells).map(|v| fit(*v)).collect();
    out.resize(cells, 0.0);
    out
}

/// The largest of all, never zero.
pub(crate) fn largest<'v>(values: impl IntoIterator<Item = &'v f64>) -> f64 {
    values.into_iter().copied().fold(1e-9, f64::max)
}

/// Three to six round values within an interval, and the decimals that show them apart.
pub(crate) fn ticks(low: f64, high: f64) -> (Vec<f64>, usize) {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return (Vec::new(), 0);
    }
    let power = 10f64.powf((span / 4.0).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| span / step <= 6.0)
        .unwrap_or(10.0 * power);
    let fine = if (step / power - 2.5).abs() < 1e-9 { 1.0 } else { 0.0 };
    let decimals = (-power.log10().round() + fine).clamp(0.0, 9.0) as usize;
    let first = (low / step).ceil();
    let values = (0..7).map(|i| (first + f64::from(i)) * step).filter(|v| *v <= high + step * 1e-6).collect();
    (values, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_hold_their_ground() {
        let scale = Scale::new((0.0, 10.0), (100.0, 0.0));
        assert_eq!([0.0, 5.0, 10.0, 99.0, f64::NAN].map(|v| scale.at(v)), [100.0, 50.0, 0.0, 0.0, 100.0]);
        assert!(Scale::new((1.0, 1.0), (0.0, 10.0)).at(1.0).is_finite());
        assert!(Scale::new((f64::NAN, 1.0), (0.0, 10.0)).at(1.0).is_finite());
        assert_eq!(path([Some((0.0, 1.0)), Some((2.04, 3.0)), None, Some((4.0, 5.0))]), "M0 1L2 3M4 5");
    }

    #[test]
    fn round_ticks() {
        let check = |low, high, expected: &[f64], decimals| {
            let (values, d) = ticks(low, high);
            assert_eq!(d, decimals);
            assert_eq!(values.len(), expected.len(), "{values:?}");
            assert!(values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{values:?}");
        };
        check(0.66, 0.86, &[0.7, 0.75, 0.8, 0.85], 2);
        check(0.0, 1.0, &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0], 1);
        check(0.0, 1234.0, &[0.0, 250.0, 500.0, 750.0, 1000.0], 0);
        assert!(ticks(1.0, 1.0).0.is_empty());
        assert!(ticks(f64::NAN, 1.0).0.is_empty());
    }
}
