//! The tables of `-v`: windows with the metric on a common scale, columns with their trend.

use dosimeter_core::diagnosis::{Column, Diagnosis, Window};

use super::detail::{heading, spark};
use super::text::{Line, Page, Tone};
use crate::date::{self, Zone};
use crate::words::Moved;
use crate::{Style, escape, number, words};

/// Windows listed by `-v`, the last ones; `-vv` lists all.
const WINDOWS: usize = 40;

/// A lower and an upper end.
type Ends = (f64, f64);

/// The metric's scale over all windows, drawn in so many columns.
struct Scale {
    low: f64,
    high: f64,
    room: usize,
}

impl Scale {
    fn of(d: &Diagnosis, room: usize) -> Option<Scale> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for window in d.reference_windows.iter().chain(&d.windows) {
            if let Some((value, interval, _)) = value(window) {
                let (l, h) = interval.unwrap_or((value, value));
                (low, high) = (low.min(l), high.max(h));
            }
        }
        (low < high && room > 2).then_some(Scale { low, high, room })
    }

    fn at(&self, v: f64) -> usize {
        let last = self.room.saturating_sub(1);
        (((v - self.low) / (self.high - self.low)).clamp(0.0, 1.0) * last as f64).round() as usize
    }

    /// `   ╶──●──╴   `: the value with its interval.
    fn draw(&self, v: f64, interval: Option<(f64, f64)>) -> String {
        let (low, high) = interval.unwrap_or((v, v));
        let (low, high, v) = (self.at(low), self.at(high), self.at(v));
        let mark = |i: usize| match i {
            i if i == v => '●',
            i if i < low || i > high => ' ',
            _ => '─',
        };
        (0..self.room).map(mark).collect()
    }
}

/// The metric, or its estimate where no label has come; then its interval, and whether it is an estimate.
fn value(window: &Window) -> Option<(f64, Option<Ends>, bool)> {
    match (words::known(window.metric), words::known(window.estimate)) {
        (Some(v), _) => Some((v, words::known_interval(window.interval), false)),
        (None, Some(v)) => Some((v, words::known_interval(window.estimate_interval), true)),
        (None, None) => None,
    }
}

pub(super) fn windows(page: &mut Page, d: &Diagnosis, style: &Style) {
    if d.windows.is_empty() {
        return;
    }
    heading(page, &format!("Windows of {}", escape::clip(&words::window(d), 30)));
    page.blank();
    let name = escape::clip(d.metric.name.as_deref().unwrap_or("metric"), 20);
    let header = format!("  {:<24}{:>9}{:>10}  {name}", "", "rows", "labelled");
    page.line(&Line::of(Tone::Dim, &header), 2);
    let scale = Scale::of(d, page.width().saturating_sub(64).clamp(16, 48));
    let onset = words::onset(d).and_then(|onset| onset.window);
    let reference = d.reference_windows.iter().map(|w| (w, true, false));
    let current = d.windows.iter().enumerate().map(|(i, w)| (w, false, onset == Some(i)));
    let all: Vec<(&Window, bool, bool)> = reference.chain(current).collect();
    let left_out = if style.verbose > 1 { 0 } else { all.len().saturating_sub(WINDOWS) };
    if left_out > 0 {
        let text = format!("  · {} (-vv)", number::counted(left_out, "earlier window"));
        page.line(&Line::of(Tone::Dim, &text), 4);
    }
    let zone = Zone::of(d);
    for (window, reference, onset) in all.into_iter().skip(left_out) {
        let at = window.start.map_or(format!("window {}", window.index.saturating_add(1)), |at| date::day(at, &zone));
        self::window(page, window, &at, reference, onset, scale.as_ref());
    }
}

fn window(page: &mut Page, window: &Window, at: &str, reference: bool, onset: bool, scale: Option<&Scale>) {
    let tone = if reference { Tone::Dim } else { Tone::Plain };
    let period = if reference { "reference" } else { "current" };
    let mut line = Line::of(tone, &format!("  {period:<10}{at:<14}"));
    let (rows, labelled) = (number::count(window.rows), number::count(window.labelled));
    line.push(tone, &format!("{rows:>9}{labelled:>10}  "));
    match value(window) {
        Some((v, interval, estimated)) => {
            line.push(tone, &format!("{}{}  ", number::metric(v), if estimated { "~" } else { " " }));
            if let Some(scale) = scale {
                line.push(if onset { Tone::Harmful } else { tone }, &scale.draw(v, interval));
            }
            if onset {
                line.push(Tone::Harmful, " ◂ since");
            }
        }
        None => line.push(Tone::Dim, number::UNKNOWN),
    }
    page.line(&line, 12);
}

pub(super) fn columns(page: &mut Page, d: &Diagnosis, style: &Style) {
    if d.columns.is_empty() {
        return;
    }
    let moved = Moved::of(d);
    let drifted = moved.count(d);
    heading(page, &format!("Columns, {drifted} of {} moved or named above", d.columns.len()));
    page.blank();
    let most = if style.verbose > 1 { usize::MAX } else { drifted.max(12) };
    let shown = words::columns(d);
    let name_width = shown.iter().take(most).map(|c| escape::width(&escape::clip(&c.name, 32))).max().unwrap_or(8);
    for column in shown.iter().take(most) {
        self::column(page, column, moved.has(column), name_width, style);
    }
    if d.columns.len() > most {
        let rest = number::counted(d.columns.len() - most, "more column");
        page.line(&Line::of(Tone::Dim, &format!("  · {rest} as they were (-vv)")), 4);
    }
}

fn column(page: &mut Page, column: &Column, moved: bool, name_width: usize, style: &Style) {
    let mut line = Line::of(if moved { Tone::Watch } else { Tone::Dim }, if moved { "  ~ " } else { "    " });
    line.push(if moved { Tone::Plain } else { Tone::Dim }, &escape::clip(&column.name, 32));
    line.pad_to(name_width + 6);
    let roomy = page.width() >= 100;
    if roomy {
        line.push(Tone::Dim, &format!("{:<10}", escape::clip(&column.kind, 8)));
    }
    if let Some(picture) = column.picture.as_ref().filter(|p| p.trend.len() > 1) {
        let trend: Vec<Option<f64>> = picture.trend.iter().map(|v| words::known(*v)).collect();
        let mut spark = spark(&trend, picture.trend_reference, if moved { Tone::Watch } else { Tone::Dim });
        spark.pad_to(24);
        line.append(spark);
    }
    if let Some(evidence) = words::strongest(&column.evidence) {
        let value = format!("{} {}", escape::clip(&evidence.statistic, 30), number::plain(evidence.value.0));
        let text = match words::known(evidence.p_value).map(number::p_value) {
            Some(p) if roomy => format!("{value}  p {p}"),
            Some(p) => format!("p {p}"),
            None => value,
        };
        line.push(Tone::Dim, &text);
    }
    page.line(&line, name_width + 6);
    if style.verbose > 1 {
        for evidence in &column.evidence {
            let line = Line::of(Tone::Dim, &format!("{}{}", " ".repeat(name_width + 6), words::evidence(evidence)));
            page.line(&line, name_width + 8);
        }
        if let Some(text) = words::column_power(column) {
            page.line(&Line::of(Tone::Dim, &format!("{}{text}", " ".repeat(name_width + 6))), name_width + 8);
        }
    }
}
