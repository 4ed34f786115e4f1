//! Workflow commands, one a line, that GitHub shows as annotations: `::error title=…::…`.
//!
//! GitHub shows ten of each level a step and drops the rest in silence, so the tenth says how many there are.

use dosimeter_core::diagnosis::{Diagnosis, Finding, Severity, Verdict};

use crate::escape::{clip, github_message, github_property};
use crate::{Style, change, number, words};

/// Annotations of a level that GitHub shows.
const MOST: usize = 10;

pub(crate) fn render(d: &Diagnosis, _style: &Style) -> String {
    let mut out = String::new();
    let level = match d.verdict {
        Verdict::Healthy => "notice",
        Verdict::Decaying => "error",
        Verdict::Blind => "warning",
    };
    let title = format!("dosimeter: {} {}", clip(&d.monitor, 80), d.verdict.as_str());
    command(&mut out, level, &title, &[clip(&words::summary(d), 400)]);
    let harmful: Vec<&Finding> = words::of(d, Severity::Harmful).collect();
    let watch: Vec<&Finding> = words::of(d, Severity::Watch).collect();
    findings(&mut out, d, "error", &harmful, usize::from(level == "error"));
    findings(&mut out, d, "warning", &watch, usize::from(level == "warning"));
    let notes = words::harmless(d).into_iter().chain(change::power(d)).collect::<Vec<_>>();
    if !notes.is_empty() {
        command(&mut out, "notice", "dosimeter", &notes);
    }
    out
}

fn findings(out: &mut String, d: &Diagnosis, level: &str, findings: &[&Finding], before: usize) {
    let room = MOST.saturating_sub(before);
    let shown = if findings.len() > room { room.saturating_sub(1) } else { findings.len() };
    for finding in findings.iter().take(shown) {
        let mut lines = vec![clip(&finding.message, 400)];
        let since = finding.onset.as_ref().and_then(|o| words::since_when(d, o));
        lines.extend(since.map(|at| format!("since {at}")));
        let cost = finding.impact.as_ref().and_then(|i| words::cost(d, i));
        lines.extend(cost.map(|cost| format!("cost {}", clip(&cost, 200))));
        if !finding.next_step.is_empty() {
            lines.push(clip(&finding.next_step, 400));
        }
        command(out, level, &format!("dosimeter: {}", clip(&words::mode_title(finding), 100)), &lines);
    }
    if findings.len() > shown {
        let rest = number::counted(findings.len() - shown, "more finding");
        command(out, level, "dosimeter", &[rest]);
    }
}

fn command(out: &mut String, level: &str, title: &str, lines: &[String]) {
    let lines: Vec<String> = lines.iter().map(|line| github_message(line)).collect();
    out.push_str(&format!("::{level} title={}::{}\n", github_property(title), lines.join("%0A")));
}
