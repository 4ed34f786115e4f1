//! One profile a window, from one pass over the history.

use dosimeter_core::profile::{Baseline, PeriodProfile};
use dosimeter_core::replay::Span;
use dosimeter_scan::pass::labels::Labels;
use dosimeter_scan::pass::parts;
use dosimeter_scan::pass::profile::{ProfileOptions, profile_windows};
use dosimeter_scan::pass::window::Windows;

use super::options::Options;
use crate::error::Failure;
use crate::notes::Notes;
use crate::progress::Ticker;
use crate::source::{self, Following};

/// How the history is profiled for these looks.
pub(crate) fn observe(
    options: &Options,
) -> impl Fn(&Baseline, &Following<'_>, Option<&Labels>, &Ticker, &mut Notes) -> Result<Vec<PeriodProfile>, Failure> {
    let trailing = options.trailing;
    move |baseline, following, labels, ticker, notes| {
        let windows = source::windows_of(baseline, following, notes)?;
        let Following { dataset, part, rows, offsets, .. } = following;
        let sizes = parts::sizes(dataset, baseline, &windows, *part, *rows, offsets, ticker.progress());
        let split = match sizes {
            Some(sizes) => parts::shortest(&sizes, |look| first_of(look, &windows, trailing)),
            // Few enough to be kept whole.
            None => vec![(0, 1); windows.len()],
        };
        let options = ProfileOptions { split: Some(&split), ..following.options(baseline, &windows, labels) };
        let (profiles, errors) = profile_windows(dataset, &options, ticker.progress());
        source::read(profiles.iter().map(PeriodProfile::rows).sum(), &errors, notes)?;
        Ok(profiles)
    }
}

/// The first window that the look at a window sees.
fn first_of(look: usize, windows: &Windows, trailing: Option<Span>) -> usize {
    match (trailing, windows) {
        (None, _) => 0,
        (Some(Span::Windows(n)), _) => (look + 1).saturating_sub(n.max(1)),
        (Some(Span::Time(span)), Windows::Time(edges)) => {
            let end = edges.get(look + 1).copied().unwrap_or(i64::MAX);
            edges.partition_point(|start| *start < end.saturating_sub(span)).min(look)
        }
        // Windows of rows know their times only once they are read: they may be seen alone.
        (Some(Span::Time(_)), Windows::Rows { .. }) => look,
    }
}
