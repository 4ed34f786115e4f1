//! Outputs for machines, in whole where they are short.

use dosimeter_report::{Format, Style, render};

use crate::fixtures::{self, hotel};

fn written(format: Format, diagnosis: &dosimeter_core::diagnosis::Diagnosis) -> String {
    render(format, diagnosis, &Style::default())
}

#[test]
fn github() {
    let text = written(Format::Github, &fixtures::blind());
    assert_eq!(
        text,
        "::warning title=dosimeter%3A hotel-cancellations blind::85 current rows and 9 labels are too few: a fall of \
         accuracy by 0.210 would not have been seen\n\
         ::notice title=dosimeter::a loss of accuracy of 0.210 or more would have been noticed 4 times in 5 (85 rows)\n"
    );
    let text = written(Format::Github, &hotel::decaying());
    assert!(
        text.starts_with("::error title=dosimeter%3A hotel-cancellations decaying::accuracy 0.839 → 0.686"),
        "{text}"
    );
    assert!(text.contains("%0Asince 26 Sep 2016 (between 29 Aug and 24 Oct 2016)%0A"), "{text}");
    let text = written(Format::Github, &fixtures::hostile::hostile());
    for level in ["::error ", "::warning "] {
        assert_eq!(text.lines().filter(|line| line.starts_with(level)).count(), 10, "{level} in {text}");
    }
}

#[test]
fn junit() {
    let text = written(Format::Junit, &hotel::decaying());
    assert!(
        text.contains("<testsuite name=\"hotel-cancellations\" tests=\"8\" failures=\"3\" errors=\"0\" skipped=\"0\">"),
        "{text}"
    );
    assert!(
        text.contains("name=\"schema_change unit_changed: lead_time\">\n      <failure type=\"harmful\""),
        "{text}"
    );
    let text = written(Format::Junit, &fixtures::blind());
    assert!(text.contains("tests=\"8\" failures=\"0\" errors=\"1\" skipped=\"7\""), "{text}");
}

#[test]
fn no_labels_is_no_pass() {
    let mut d = fixtures::healthy();
    d.metric.basis = dosimeter_core::diagnosis::Basis::Estimate;
    let text = written(Format::Junit, &d);
    assert!(
        text.contains("name=\"concept_drift\">\n      <skipped message=\"cannot be seen without labels\"/>"),
        "{text}"
    );
}

#[test]
fn prometheus() {
    let text = written(Format::Prometheus, &hotel::decaying());
    for line in [
        "dosimeter_verdict{monitor=\"hotel-cancellations\",verdict=\"decaying\"} 1",
        "dosimeter_verdict{monitor=\"hotel-cancellations\",verdict=\"healthy\"} 0",
        "dosimeter_metric_change{monitor=\"hotel-cancellations\",metric=\"accuracy\"} -0.153",
        "dosimeter_findings{monitor=\"hotel-cancellations\",severity=\"harmful\",mode=\"schema_change\"} 1",
        "dosimeter_column_drifted{monitor=\"hotel-cancellations\",column=\"lead_time\"} 1",
        "dosimeter_onset_timestamp_seconds{monitor=\"hotel-cancellations\"} 1474848000",
        "dosimeter_power_metric_change{monitor=\"hotel-cancellations\"} 0.012",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
    }
    // What is not known has no line.
    let text = written(Format::Prometheus, &fixtures::blind());
    assert!(!text.contains("dosimeter_metric_current") && !text.contains("dosimeter_metric_change"), "{text}");
}

#[test]
fn prometheus_parses() {
    for (name, diagnosis) in fixtures::all() {
        let text = written(Format::Prometheus, &diagnosis);
        let mut families = Vec::new();
        let mut series = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                families.push(rest.split(' ').next().unwrap_or("").to_owned());
            } else if !line.starts_with("# HELP ") {
                let (key, value) = line.rsplit_once(' ').unwrap_or((line, ""));
                assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{name}: {line}");
                let family = key.split('{').next().unwrap_or("");
                // The samples of a family stand together, under its type.
                assert_eq!(families.last().map(String::as_str), Some(family), "{name}: {line}");
                assert!(labels_close(key), "{name}: {line}");
                series.push(key.to_owned());
            }
        }
        let all = series.len();
        series.sort();
        series.dedup();
        assert_eq!(all, series.len(), "{name}: a series came twice");
        let n = families.len();
        families.sort();
        families.dedup();
        assert_eq!(n, families.len(), "{name}: a family came twice");
    }
}

/// Whether the quotes in a series pair up and its last brace stands outside of them.
fn labels_close(key: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for c in key.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted => return key.ends_with('}'),
            _ => {}
        }
    }
    false
}

#[test]
fn markdown() {
    let text = written(Format::Markdown, &hotel::decaying());
    assert!(text.starts_with("## ❌ `hotel-cancellations` is decaying\n\n**accuracy 0.839 → 0.686"), "{text}");
    assert!(text.contains("| Since | 26 Sep 2016 (between 29 Aug and 24 Oct 2016) |"), "{text}");
    let longest = written(Format::Markdown, &fixtures::hostile::hostile()).len();
    assert!(longest < 65_536, "{longest}");
}
