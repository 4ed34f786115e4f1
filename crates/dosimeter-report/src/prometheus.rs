//! The text exposition format, for the node exporter's textfile collector or a push gateway.
//!
//! What is not known has no line: a scrape never sees a made-up zero or a NaN. Columns are capped, as every one is a
//! time series; no label holds a file name, a message or an id. A series that came twice would make the collector
//! refuse the whole file, so the first one stays.

use std::collections::{BTreeMap, BTreeSet};

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{Diagnosis, Severity, Verdict};

use crate::escape::{clip, prometheus_label};
use crate::{Style, words};

/// Columns with a series of their own; those that moved come first.
const COLUMNS: usize = 200;
/// Findings with a series of their own.
const FINDINGS: usize = 50;

pub(crate) fn render(d: &Diagnosis, _style: &Style) -> String {
    let mut out = Metrics { out: String::new(), monitor: clip(&d.monitor, 100), seen: BTreeSet::new() };
    verdict(&mut out, d);
    metric(&mut out, d);
    findings(&mut out, d);
    columns(&mut out, d);
    rest(&mut out, d);
    out.out
}

/// The text so far; every series carries the monitor.
struct Metrics {
    out: String,
    monitor: String,
    seen: BTreeSet<String>,
}

impl Metrics {
    fn family(&mut self, name: &str, help: &str) {
        self.out.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        if !value.is_finite() {
            return;
        }
        let mut series = format!("{name}{{monitor=\"{}\"", prometheus_label(&self.monitor));
        for (label, text) in labels {
            series.push_str(&format!(",{label}=\"{}\"", prometheus_label(&clip(text, 100))));
        }
        series.push('}');
        if self.seen.insert(series.clone()) {
            self.out.push_str(&format!("{series} {value}\n"));
        }
    }

    /// A family of one sample, left out where it is not known.
    fn single(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value.filter(|v| v.is_finite()) {
            self.family(name, help);
            self.sample(name, labels, value);
        }
    }
}

fn verdict(out: &mut Metrics, d: &Diagnosis) {
    out.single(
        "dosimeter_info",
        "The program and the format of its result.",
        &[("version", d.version), ("format", d.format)],
        Some(1.0),
    );
    out.family("dosimeter_verdict", "1 for the verdict that holds, 0 for the others.");
    for verdict in [Verdict::Healthy, Verdict::Decaying, Verdict::Blind] {
        let holds = f64::from(u8::from(d.verdict == verdict));
        out.sample("dosimeter_verdict", &[("verdict", verdict.as_str())], holds);
    }
    out.single(
        "dosimeter_exit_code",
        "The exit code: 0 healthy, 1 decaying, 3 blind.",
        &[],
        Some(f64::from(d.verdict.exit_code())),
    );
    let onset = words::onset(d).and_then(|onset| onset.at).map(|at| at.0 as f64 / 1e6);
    out.single("dosimeter_onset_timestamp_seconds", "Since when it decays.", &[], onset);
}

fn metric(out: &mut Metrics, d: &Diagnosis) {
    let watched = d.metric.name.as_deref().unwrap_or("none");
    let families = [
        ("dosimeter_metric_reference", "The metric on the reference.", d.metric.reference, true),
        ("dosimeter_metric_current", "The metric on the current data.", d.metric.current, false),
    ];
    for (name, help, value, reference) in families {
        let mut samples: Vec<(&str, f64)> = words::known(value).map(|v| (watched, v)).into_iter().collect();
        for other in &d.metric.others {
            let value = if reference { other.reference } else { other.current };
            samples.extend(words::known(value).map(|v| (other.name.as_str(), v)));
        }
        if !samples.is_empty() {
            out.family(name, help);
        }
        for (metric, value) in samples {
            out.sample(name, &[("metric", metric)], value);
        }
    }
    let label = [("metric", watched)];
    let interval = words::known_interval(d.metric.interval);
    let change = words::known(d.metric.change);
    out.single("dosimeter_metric_change", "Current minus reference.", &label, change);
    out.single("dosimeter_metric_change_lower", "The lower end of its 95 % interval.", &label, interval.map(|i| i.0));
    out.single("dosimeter_metric_change_upper", "The upper end of its 95 % interval.", &label, interval.map(|i| i.1));
    let tolerance = words::known(d.metric.tolerance);
    out.single("dosimeter_metric_tolerance", "The loss that the policy tolerates.", &label, tolerance);
    let basis = [("metric", watched), ("basis", d.metric.basis.as_str())];
    out.single("dosimeter_metric_basis", "What the metric rests on.", &basis, Some(1.0));
    let parts = words::parts(d);
    if !parts.is_empty() {
        out.family("dosimeter_metric_change_part", "The parts of the change, by cause.");
    }
    for (id, _, value) in parts {
        out.sample("dosimeter_metric_change_part", &[("metric", watched), ("part", id)], value);
    }
}

fn findings(out: &mut Metrics, d: &Diagnosis) {
    // Every mode that was looked for has its series at every severity, so that an alert resolves by a 0 rather than by a gap.
    // A mode that was not looked for has none: its 0 would say that it is well.
    let mut counts: BTreeMap<(Severity, &str), u32> = BTreeMap::new();
    for severity in [Severity::Harmful, Severity::Watch, Severity::Harmless] {
        for mode in Mode::ALL.into_iter().filter(|mode| words::looked_for(d, *mode).is_ok()) {
            counts.insert((severity, mode.id()), 0);
        }
    }
    for finding in &d.findings {
        *counts.entry((finding.severity, finding.mode.id())).or_default() += 1;
    }
    if counts.is_empty() {
        return;
    }
    out.family("dosimeter_findings", "Findings by severity and mode of decay.");
    for ((severity, mode), n) in counts {
        out.sample("dosimeter_findings", &[("severity", severity.as_str()), ("mode", mode)], f64::from(n));
    }
    let mut shown: Vec<_> = words::of(d, Severity::Harmful).chain(words::of(d, Severity::Watch)).collect();
    shown.truncate(FINDINGS);
    if shown.is_empty() {
        return;
    }
    out.family("dosimeter_finding_info", "Harmful and watched findings, one series each.");
    for finding in shown {
        let mode = finding.mode.id();
        let column = finding.subject.columns.first().map_or("", String::as_str);
        let segment = words::segment(finding).unwrap_or_default();
        let labels = [
            ("severity", finding.severity.as_str()),
            ("mode", mode),
            ("kind", finding.kind.as_deref().unwrap_or("")),
            ("column", column),
            ("segment", &segment),
        ];
        out.sample("dosimeter_finding_info", &labels, 1.0);
    }
}

fn columns(out: &mut Metrics, d: &Diagnosis) {
    let moved = words::Moved::of(d);
    // A blind run may say what it has seen; that it has seen nothing means nothing.
    let blind = d.verdict == Verdict::Blind;
    let count = moved.count(d);
    out.single("dosimeter_columns", "Columns looked at.", &[], Some(d.columns.len() as f64));
    let drifted = Some(count as f64).filter(|_| !blind);
    out.single("dosimeter_columns_drifted", "Columns that moved or that a finding names.", &[], drifted);
    let shown: Vec<_> = words::columns(d).into_iter().filter(|c| !blind || moved.has(c)).take(COLUMNS).collect();
    if shown.is_empty() {
        return;
    }
    out.family(
        "dosimeter_column_drifted",
        "Whether the column moved beyond the reference's own variation, or a finding names it.",
    );
    for column in shown {
        let drifted = f64::from(u8::from(moved.has(column)));
        out.sample("dosimeter_column_drifted", &[("column", &column.name)], drifted);
    }
}

fn rest(out: &mut Metrics, d: &Diagnosis) {
    out.single(
        "dosimeter_power_metric_change",
        "The smallest worsening that would have been seen 4 times in 5.",
        &[],
        words::known(d.power.metric_change),
    );
    out.single("dosimeter_power_rows", "The rows that the power rests on.", &[], Some(d.power.rows as f64));
    out.family("dosimeter_rows", "Rows read.");
    for (period, input) in [("reference", &d.inputs.reference), ("current", &d.inputs.current)] {
        out.sample("dosimeter_rows", &[("period", period)], input.rows as f64);
    }
    if let Some(labels) = &d.inputs.labels {
        out.family("dosimeter_labels", "Labels by how they joined.");
        let states = [
            ("matched", labels.matched),
            ("missing", labels.missing),
            ("duplicated", labels.duplicated),
            ("unknown", labels.unknown),
        ];
        for (state, n) in states {
            out.sample("dosimeter_labels", &[("state", state)], n as f64);
        }
    }
    out.single("dosimeter_checks", "Checks that shared the alarm budget.", &[], Some(d.budget.checks as f64));
    out.single("dosimeter_warnings", "Warnings about the input.", &[], Some(d.warnings.len() as f64));
}
