//! A JUnit test report: one suite, a test case per mode of decay and per finding.
//!
//! A harmful finding is a failure, a watched one a passing case that says what to watch. Nothing is shown as passed
//! that was not looked at: without labels concept drift is *skipped*, and a blind run is an *error* with every quiet
//! mode skipped.

use dosimeter_core::catalogue::Mode;
use dosimeter_core::diagnosis::{Diagnosis, Finding, Severity, Verdict};

use crate::escape::{clip, xml};
use crate::{Style, change, words};

/// The modes that any table of predictions is checked for; the others appear where they were found.
const ALWAYS: [Mode; 7] = [
    Mode::SchemaChange,
    Mode::CategoryShift,
    Mode::DataDrift,
    Mode::PriorShift,
    Mode::ConceptDrift,
    Mode::PerformanceLoss,
    Mode::CalibrationLoss,
];

enum Outcome {
    Passed(String),
    Failed(String, String),
    Skipped(String),
    Error(String),
}

struct Case {
    name: String,
    outcome: Outcome,
}

pub(crate) fn render(d: &Diagnosis, _style: &Style) -> String {
    let mut cases = vec![evidence(d)];
    for mode in Mode::ALL {
        let found: Vec<&Finding> = d.findings.iter().filter(|f| f.mode == mode).collect();
        let loud = found.iter().filter(|f| f.severity != Severity::Harmless);
        let before = cases.len();
        cases.extend(loud.map(|f| finding(d, f)));
        if cases.len() == before && (ALWAYS.contains(&mode) || !found.is_empty()) {
            cases.push(Case { name: mode.id().to_owned(), outcome: quiet(d, mode, &found) });
        }
    }
    write(d, &cases)
}

/// Whether there was enough to judge by.
fn evidence(d: &Diagnosis) -> Case {
    let outcome = match d.verdict {
        Verdict::Blind => Outcome::Error(clip(&d.summary, 400)),
        _ => Outcome::Passed(change::power(d).unwrap_or_default()),
    };
    Case { name: "enough_evidence".to_owned(), outcome }
}

fn finding(d: &Diagnosis, finding: &Finding) -> Case {
    let mut name = finding.mode.id().to_owned();
    if let Some(kind) = &finding.kind {
        name.push_str(&format!(" {}", clip(kind, 60)));
    }
    let subject = finding.subject.columns.first().cloned().or_else(|| words::segment(finding));
    if let Some(subject) = subject {
        name.push_str(&format!(": {}", clip(&subject, 100)));
    }
    let mut lines = vec![clip(&finding.message, 400)];
    let mut field = |title: &str, text: Option<String>| {
        lines.extend(text.filter(|t| !t.is_empty()).map(|t| format!("{title}: {}", clip(&t, 400))));
    };
    field("since", finding.onset.as_ref().and_then(|o| words::since_when(d, o)));
    field("cost", finding.impact.as_ref().and_then(|i| words::cost(d, i)));
    field("segment", words::segment(finding));
    for evidence in finding.evidence.iter().take(10) {
        field("evidence", Some(words::evidence(evidence)));
    }
    field("do", Some(finding.next_step.clone()));
    // Each line is escaped by itself: the breaks between them are ours.
    let body = lines.iter().map(|line| xml(line)).collect::<Vec<_>>().join("\n");
    let outcome = match finding.severity {
        Severity::Harmful => Outcome::Failed(clip(&finding.message, 400), body),
        _ => Outcome::Passed(format!("watch: {}", lines.join("; "))),
    };
    Case { name, outcome }
}

/// A mode in which nothing, or only what is harmless, was found.
fn quiet(d: &Diagnosis, mode: Mode, found: &[&Finding]) -> Outcome {
    if let Err(why) = words::looked_for(d, mode) {
        return Outcome::Skipped(why);
    }
    let messages: Vec<String> = found.iter().take(50).map(|f| clip(&f.message, 200)).collect();
    Outcome::Passed(if messages.is_empty() { String::new() } else { format!("harmless: {}", messages.join("; ")) })
}

fn write(d: &Diagnosis, cases: &[Case]) -> String {
    let count = |of: fn(&Outcome) -> bool| cases.iter().filter(|c| of(&c.outcome)).count();
    let failures = count(|o| matches!(o, Outcome::Failed(..)));
    let errors = count(|o| matches!(o, Outcome::Error(_)));
    let skipped = count(|o| matches!(o, Outcome::Skipped(_)));
    let monitor = xml(&clip(&d.monitor, 100));
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", cases.len());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"dosimeter\" {counts}>\n"));
    out.push_str(&format!("  <testsuite name=\"{monitor}\" {counts} skipped=\"{skipped}\">\n"));
    out.push_str("    <properties>\n");
    for (name, value) in [("verdict", d.verdict.as_str()), ("version", d.version), ("summary", &d.summary)] {
        out.push_str(&format!("      <property name=\"{name}\" value=\"{}\"/>\n", xml(&clip(value, 400))));
    }
    out.push_str("    </properties>\n");
    for case in cases {
        let open = format!("    <testcase classname=\"dosimeter.{monitor}\" name=\"{}\"", xml(&case.name));
        match &case.outcome {
            Outcome::Passed(text) if text.is_empty() => out.push_str(&format!("{open}/>\n")),
            Outcome::Passed(text) => {
                out.push_str(&format!("{open}>\n      <system-out>{}</system-out>\n    </testcase>\n", xml(text)));
            }
            Outcome::Failed(message, body) => out.push_str(&format!(
                "{open}>\n      <failure type=\"harmful\" message=\"{}\">{body}</failure>\n    </testcase>\n",
                xml(message)
            )),
            Outcome::Skipped(text) => {
                out.push_str(&format!("{open}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(text)));
            }
            Outcome::Error(text) => {
                out.push_str(&format!(
                    "{open}>\n      <error type=\"blind\" message=\"{}\"/>\n    </testcase>\n",
                    xml(text)
                ));
            }
        }
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}
