//! Numbers that are none, lists that are empty, lengths that disagree, and far too much of everything.

use std::collections::BTreeMap;

use dosimeter_core::diagnosis::{Diagnosis, Number, Onset, OnsetBound};
use dosimeter_core::time::Timestamp;
use dosimeter_report::{Format, render};

use crate::fixtures::{columns, hotel};
use crate::style;

fn all(d: &Diagnosis) {
    for &format in Format::ALL {
        for width in [40, 80, 200] {
            let text = render(format, d, &style(width, true, 2));
            assert!(text.ends_with('\n'));
            // JSON holds numbers in full; for people no figure is longer than its meaning.
            assert!(
                !["NaN", "inf"].iter().any(|bad| text.split([' ', '"', '>']).any(|word| word == *bad)),
                "{}",
                format.id()
            );
        }
    }
}

/// The hotel's diagnosis with every number that can be anything set to one value.
fn with(v: f64) -> Diagnosis {
    let n = Number(v);
    let both = Some([n, n]);
    let mut d = hotel::decaying();
    d.metric.reference = Some(n);
    d.metric.current = Some(n);
    d.metric.change = Some(n);
    d.metric.interval = both;
    d.metric.tolerance = Some(n);
    d.power.metric_change = Some(n);
    d.budget.false_alarms = n;
    d.budget.alpha_per_check = n;
    if let Some(parts) = &mut d.decomposition {
        (parts.concept, parts.schema, parts.inputs_common) = (n, n, n);
        parts.interval = BTreeMap::from([("concept".to_owned(), [n, n])]);
    }
    for window in d.windows.iter_mut().chain(&mut d.reference_windows) {
        window.metric = Some(n);
        window.interval = both;
        window.estimate = Some(n);
        window.estimate_interval = both;
    }
    for finding in &mut d.findings {
        finding.share = Some(n);
        for e in &mut finding.evidence {
            (e.value, e.threshold, e.p_value, e.effect) = (n, Some(n), Some(n), Some(n));
        }
        if let Some(impact) = &mut finding.impact {
            (impact.change, impact.interval) = (n, both);
        }
    }
    for picture in d.columns.iter_mut().filter_map(|c| c.picture.as_mut()) {
        picture.reference.fill(n);
        picture.current.fill(n);
        picture.trend.fill(Some(n));
    }
    d
}

#[test]
fn any_number() {
    for v in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, -0.0, 1.0, -1e15] {
        all(&with(v));
    }
}

#[test]
fn nothing_at_all() {
    let mut d = hotel::decaying();
    d.monitor.clear();
    d.summary.clear();
    d.metric.name = None;
    d.metric.others.clear();
    d.findings.clear();
    d.decomposition = None;
    d.windows.clear();
    d.reference_windows.clear();
    d.columns.clear();
    d.inputs.roles.clear();
    d.inputs.window.clear();
    d.inputs.reference.files.clear();
    d.inputs.labels = None;
    d.power.note.clear();
    d.warnings.clear();
    all(&d);
    all(&Diagnosis { metric: with(f64::NAN).metric, ..d });
}

#[test]
fn lengths_and_places_that_disagree() {
    let mut d = hotel::decaying();
    let far = Onset {
        at: Some(Timestamp(i64::MAX)),
        row: Some(u64::MAX),
        window: Some(usize::MAX),
        interval: Some([OnsetBound::Time(Timestamp(i64::MIN)), OnsetBound::Time(Timestamp(i64::MAX))]),
        shape: None,
    };
    for finding in &mut d.findings {
        finding.onset = Some(far.clone());
        for e in &mut finding.evidence {
            e.window = Some(usize::MAX);
        }
        finding.next_step.clear();
        finding.message.clear();
    }
    for (i, window) in d.windows.iter_mut().enumerate() {
        window.index = usize::MAX;
        window.start = Some(Timestamp(i64::MAX));
        window.end = Some(Timestamp(if i % 2 == 0 { i64::MIN } else { i64::MAX }));
        window.rows = u64::MAX;
        window.labelled = u64::MAX;
    }
    for (i, picture) in d.columns.iter_mut().filter_map(|c| c.picture.as_mut()).enumerate() {
        match i % 4 {
            0 => picture.cells.clear(),
            1 => picture.reference.clear(),
            2 => picture.trend.clear(),
            _ => picture.trend_reference = usize::MAX,
        }
    }
    all(&d);
}

#[test]
fn far_too_much() {
    let mut d = hotel::decaying();
    d.columns = columns::numbered(10_000);
    let window = d.windows[0].clone();
    d.windows = vec![window; 5000];
    let finding = d.findings[0].clone();
    d.findings.extend(vec![finding; 2000]);
    d.warnings = vec!["x".repeat(100_000); 500];
    d.inputs.current.files = vec!["f".repeat(10_000); 2000];
    for &format in Format::ALL {
        let text = render(format, &d, &style(80, false, 1));
        let most = match format {
            Format::Json => usize::MAX,
            Format::Markdown => 65_536,
            _ => 5_000_000,
        };
        assert!(text.len() < most, "{}: {} bytes", format.id(), text.len());
    }
}
