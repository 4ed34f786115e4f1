//! The headline: which period it speaks of, what it calls a gain, what it says where there is no measurement.

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{Basis, Diagnosis, Number, Severity, Verdict};
use dosimeter_report::{Format, Style, render};

use crate::fixtures::{self, hotel, number};
use crate::style;

fn screen(d: &Diagnosis) -> String {
    render(Format::Terminal, d, &style(80, false, 0))
}

/// A fall to 0.686 since the onset, which the healthy time before it dilutes to 0.721.
fn diluted() -> Diagnosis {
    let mut d = hotel::decaying();
    d.metric.current = number(0.721);
    d.metric.change = number(-0.118);
    d.metric.interval = Some([Number(-0.126), Number(-0.110)]);
    d
}

#[test]
fn the_headline_is_since_the_onset() {
    let text = screen(&diluted());
    assert!(text.contains("accuracy 0.839 → 0.686 "), "{text}");
    assert!(text.contains("−0.153, 7.6 times the tolerated loss of 0.020; −0.118 over all\n"), "{text}");
    assert!(text.contains("95\u{a0}% interval −0.161 to −0.145"), "{text}");
    let text = render(Format::Markdown, &diluted(), &Style::default());
    assert!(
        text.contains("| What | accuracy 0.839 → 0.686 since 26 Sep 2016; 0.721 over the whole period |"),
        "{text}"
    );
    assert!(text.contains("−0.153 since then, 7.6 times the tolerated loss of 0.020; −0.118 over the whole period |"));
    assert!(text.contains("Where the whole period's change comes from"), "{text}");
    let page = render(Format::Html, &diluted(), &Style::default());
    assert!(page.contains(">−0.153<") && !page.contains(">−0.118<"), "the tile is since the onset");
    // JSON keeps the whole period.
    let json: serde_json::Value =
        serde_json::from_str(&render(Format::Json, &diluted(), &Style::default())).expect("JSON");
    assert_eq!(json["metric"]["current"], 0.721);
}

#[test]
fn figures_close() {
    let mut d = fixtures::healthy();
    // 0.867 → 0.774 is not −0.094 on paper, and 0.8672 → 0.7735 not −0.0936: then it is what the paper says.
    d.metric.reference = number(0.867_168_3);
    d.metric.current = number(0.773_530_3);
    d.metric.change = number(-0.093_638);
    assert!(screen(&d).contains("−0.093, "), "{}", screen(&d));
    // One digit more is enough here.
    d.metric.current = number(0.758_596_6);
    d.metric.change = number(-0.108_571_7);
    let text = screen(&d);
    assert!(text.contains("accuracy 0.8672 → 0.7586 ") && text.contains("−0.1086, "), "{text}");
}

#[test]
fn a_gain_is_a_gain_and_chance_is_not() {
    let mut d = fixtures::healthy();
    let change = |d: &mut Diagnosis, change: f64, low: f64, high: f64| {
        d.metric.current = number(0.839 + change);
        d.metric.change = number(change);
        d.metric.interval = Some([Number(low), Number(high)]);
    };
    change(&mut d, 0.001, -0.002, 0.004);
    assert!(screen(&d).contains("+0.001, no worse than before (a loss of 0.020 is tolerated)"), "{}", screen(&d));
    change(&mut d, 0.004, 0.001, 0.007);
    assert!(screen(&d).contains("+0.004, better than before (a loss of 0.020 is tolerated)"), "{}", screen(&d));
    change(&mut d, -0.030, -0.070, 0.010);
    assert!(screen(&d).contains("1.5 times the tolerated loss of 0.020, which may be chance"), "{}", screen(&d));
    change(&mut d, 0.004, 0.001, 0.007);
    // Of an error, less is better, and more is a rise.
    d.metric.name = Some("mae".into());
    d.metric.higher_is_better = false;
    let text = screen(&d);
    assert!(text.contains("+0.004, within the tolerated rise of 0.020"), "{text}");
    assert!(text.contains("a rise of 0.012 or more would have been noticed"), "{text}");
}

#[test]
fn a_smallest_loss_is_never_nothing() {
    let mut d = fixtures::healthy();
    d.power.metric_change = number(0.000_21);
    for format in [Format::Terminal, Format::Markdown, Format::Github, Format::Html] {
        let text = render(format, &d, &Style::default());
        assert!(text.contains("0.00021 or more") && !text.contains("0.000 or more"), "{}: {text}", format.id());
    }
}

#[test]
fn too_few_labels_are_not_none() {
    let mut d = fixtures::blind();
    d.metric.basis = Basis::None;
    let text = screen(&d);
    let few = "not measured: only 9 labelled rows in the current data, at least 30 are needed";
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(few), "{text}");
    for window in &mut d.reference_windows {
        window.labelled = 0;
    }
    assert!(screen(&d).contains("not measured: the reference has no labels"), "{}", screen(&d));
    assert!(screen(&d).contains("Give the reference labels"), "{}", screen(&d));
    d.power.metric_change = None;
    assert!(screen(&d).contains("yes: no change of accuracy could be seen"), "{}", screen(&d));
    // The same where a continuous-integration system asks.
    let mut d = fixtures::healthy();
    d.metric.basis = Basis::None;
    d.windows.truncate(1);
    d.windows[0].labelled = 19;
    let text = render(Format::Junit, &d, &Style::default());
    assert!(text.contains("<skipped message=\"only 19 labelled rows in the current data, at least 30 are needed\"/>"));
    assert!(
        text.contains("<skipped message=\"cannot be seen with only 19 labelled rows\"/>") && !text.contains("neither")
    );
}

#[test]
fn steps_are_those_of_the_causes() {
    let mut d = hotel::decaying();
    for finding in d.findings.iter_mut().filter(|f| f.mode == Mode::CalibrationLoss) {
        finding.severity = Severity::Harmful;
    }
    d.findings.retain(|f| f.mode != Mode::ConceptDrift);
    let text = screen(&d);
    // Neither what the fall as a whole says, nor a recalibration while an input arrives broken.
    assert!(text.contains("Multiply lead_time") && !text.contains("See the causes"), "{text}");
    assert!(!text.contains("Fit the calibration"), "{text}");
    d.findings.retain(|f| f.mode == Mode::PerformanceLoss);
    assert!(screen(&d).contains("See the causes"), "alone, its own step is the only one: {}", screen(&d));
}

#[test]
fn windows_concerned_are_counted() {
    let mut d = hotel::decaying();
    assert!(screen(&d).contains(", last 5 of 12 windows"), "{}", screen(&d));
    for window in &mut d.windows {
        window.rows = 1000;
    }
    // A quarter of twelve windows are three, of the five since the onset.
    for finding in &mut d.findings {
        finding.share = number(0.25);
    }
    assert!(screen(&d).contains(", in 3 of 5 windows\n"), "{}", screen(&d));
}

#[test]
fn dates_are_in_the_policys_zone() {
    let mut d = hotel::decaying();
    d.inputs.window = "4w (Europe/Lisbon)".into();
    // Days of Lisbon begin at 23:00 UTC in summer.
    for finding in &mut d.findings {
        if let Some(at) = finding.onset.as_mut().and_then(|o| o.at.as_mut()) {
            at.0 -= 3_600_000_000;
        }
    }
    d.summary = "accuracy 0.839 -> 0.686 since 2016-09-25".into();
    for format in [Format::Terminal, Format::Html, Format::Markdown, Format::Github, Format::Junit] {
        let text = render(format, &d, &Style::default());
        assert!(text.contains("26 Sep 2016") && !text.contains("25 Sep"), "{}: {text}", format.id());
    }
    assert!(render(Format::Json, &d, &Style::default()).contains("2016-09-25T23:00:00Z"));
}

#[test]
fn what_a_finding_names_has_moved() {
    let mut d = hotel::decaying();
    let total = d.columns.len();
    let named: Vec<String> = d.findings.iter().flat_map(|f| f.subject.columns.clone()).collect();
    for column in &mut d.columns {
        column.drifted = false;
    }
    let count = d.columns.iter().filter(|c| named.contains(&c.name)).count();
    assert!(count > 3 && count < total, "{count} of {total}");
    let text = render(Format::Terminal, &d, &style(80, false, 1));
    assert!(text.contains(&format!("Columns, {count} of {total} moved or named above")), "{text}");
    let page = render(Format::Html, &d, &Style::default());
    assert!(page.contains(&format!("{count} of {total} columns moved")), "{count}");
    assert_eq!(page.matches("as it was").count(), total - count);
    let metrics = render(Format::Prometheus, &d, &Style::default());
    assert!(metrics.contains(&format!("dosimeter_columns_drifted{{monitor=\"hotel-cancellations\"}} {count}\n")));
}

#[test]
fn nothing_found_is_no_0_where_nobody_looked() {
    let metrics = render(Format::Prometheus, &fixtures::healthy(), &Style::default());
    assert!(metrics.contains("severity=\"harmful\",mode=\"concept_drift\"} 0"), "{metrics}");
    assert!(!metrics.contains("model_retired") && !metrics.contains("corpus_stale"), "{metrics}");
    let mut d = fixtures::healthy();
    d.metric.basis = Basis::Estimate;
    let metrics = render(Format::Prometheus, &d, &Style::default());
    assert!(!metrics.contains("mode=\"concept_drift\"") && metrics.contains("mode=\"data_drift\""), "{metrics}");
    d.verdict = Verdict::Blind;
    d.findings.clear();
    let metrics = render(Format::Prometheus, &d, &Style::default());
    assert!(!metrics.contains("dosimeter_findings") && !metrics.contains("dosimeter_columns_drifted"), "{metrics}");
}

#[test]
fn the_budget_is_told_as_it_is_shared() {
    let mut d = hotel::decaying();
    (d.budget.false_alarms, d.budget.checks, d.budget.alpha_per_check) = (Number(0.05), 50, Number(0.001));
    d.budget.per = "run".into();
    let text = render(Format::Html, &d, &Style::default());
    // 0.05 by 40 % for two, by 20 % and by 40 % for 24 columns.
    for part in ["(α 0.010 each)", "24 columns (α 0.0004 each)", "distributions (α 0.0008 each)"] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn guessed_roles_take_one_line() {
    let mut d = hotel::decaying();
    d.warnings = vec![
        "roles guessed from names: prediction = prediction, score = score, time = arrival_date; say otherwise with \
         --label, --prediction, --score, --time, --id or --ignore"
            .into(),
    ];
    let text = screen(&d);
    assert!(
        text.contains("\n  ! roles guessed (--time overrides): prediction, score, time = arrival_date\n"),
        "{text}"
    );
    assert!(text.lines().count() <= 16, "{text}");
    assert!(render(Format::Terminal, &d, &style(80, false, 1)).contains("roles guessed from names: prediction ="));
}
