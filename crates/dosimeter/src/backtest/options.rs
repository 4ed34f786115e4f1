//! What was asked for: how often one looks, at how much, and what else is tried.

use dosimeter_core::replay::Span;
use dosimeter_core::time::DAY;

use crate::args::BacktestArgs;
use crate::error::Failure;
use crate::plan;

/// How a history is replayed.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) every: Span,
    pub(crate) every_text: String,
    pub(crate) trailing: Option<Span>,
    pub(crate) trailing_text: Option<String>,
    pub(crate) delay: Option<Span>,
    pub(crate) delay_text: Option<String>,
    pub(crate) hysteresis: usize,
    pub(crate) healthy: bool,
    pub(crate) tolerances: Vec<f64>,
    /// Per 90 days.
    pub(crate) rates: Vec<f64>,
}

impl Options {
    pub(crate) fn of(args: &BacktestArgs) -> Result<Options, Failure> {
        let spanned = |text: &Option<String>, flag: &str| text.as_deref().map(|t| span(t, flag)).transpose();
        let shown = |text: &Option<String>| text.as_deref().map(in_words);
        if let Some(t) = args.try_tolerances.iter().find(|t| !t.is_finite() || **t < 0.0) {
            return Err(Failure::new(format!("a tolerance of {t}: --try-tolerances"))
                .hint("give losses of the metric that are 0 or more, as 0.01,0.02"));
        }
        let rates = args.try_false_alarms.iter().map(|r| plan::false_alarms(r)).collect::<Result<Vec<_>, _>>();
        Ok(Options {
            every: spanned(&args.watch.every, "--every")?.unwrap_or(Span::Windows(1)),
            every_text: shown(&args.watch.every).unwrap_or_else(|| "1 window".to_owned()),
            trailing: spanned(&args.trailing, "--trailing")?,
            trailing_text: shown(&args.trailing),
            delay: spanned(&args.label_delay, "--label-delay")?,
            delay_text: shown(&args.label_delay),
            hysteresis: args.hysteresis.max(1),
            healthy: args.healthy,
            tolerances: args.try_tolerances.clone(),
            rates: rates.map_err(|_| {
                Failure::new("no list of rates: --try-false-alarms")
                    .hint("write numbers per days, as \"1 per 30d,1 per 365d\"")
            })?,
        })
    }

    /// The spans that were asked for in time, with their flags.
    pub(crate) fn timed(&self) -> Vec<&'static str> {
        let all = [(Some(self.every), "--every"), (self.trailing, "--trailing"), (self.delay, "--label-delay")];
        all.iter().filter(|(s, _)| matches!(s, Some(Span::Time(_)))).map(|(_, flag)| *flag).collect()
    }
}

/// A number alone is of windows.
fn in_words(text: &str) -> String {
    match text.trim().parse::<usize>() {
        Ok(1) => "1 window".to_owned(),
        Ok(n) => format!("{n} windows"),
        Err(_) => text.trim().to_owned(),
    }
}

/// `4w`, `30d`, `6h`, `1mo`, or a number of windows. Months and years are of their mean length.
fn span(text: &str, flag: &str) -> Result<Span, Failure> {
    let bad = || {
        Failure::new(format!("{text:?} is no span: {flag}"))
            .hint("write a time as 6h, 1d, 4w or 1mo, or a number of windows")
    };
    let t = text.trim();
    let split = t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len());
    let (number, unit) = t.split_at(split);
    let count: i64 = if number.is_empty() && !unit.is_empty() { 1 } else { number.parse().map_err(|_| bad())? };
    let micros = match unit.trim() {
        "" => return usize::try_from(count).ok().filter(|n| *n > 0).map(Span::Windows).ok_or_else(bad),
        "h" | "hour" | "hours" => DAY / 24,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7 * DAY,
        "mo" | "month" | "months" => 2_629_746 * 1_000_000,
        "y" | "year" | "years" => 31_556_952 * 1_000_000,
        _ => return Err(bad()),
    };
    count.checked_mul(micros).filter(|m| *m > 0).map(Span::Time).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_of_time_or_windows() {
        let of = |t: &str| span(t, "--every").ok();
        assert_eq!(of("3"), Some(Span::Windows(3)));
        assert_eq!(of("1d"), Some(Span::Time(DAY)));
        assert_eq!(of(" 4 w"), Some(Span::Time(28 * DAY)));
        assert_eq!(of("d"), Some(Span::Time(DAY)));
        for bad in ["", "0", "0d", "-1d", "1fortnight", "99999999999999999999", "9223372036854775807y"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!([in_words("1"), in_words("3"), in_words("4w")], ["1 window", "3 windows", "4w"]);
    }
}
