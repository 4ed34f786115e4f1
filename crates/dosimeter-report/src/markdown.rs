//! GitHub-flavoured Markdown for a comment on a pull request or a wiki page.
//!
//! Names stand in code spans, everything else goes through [`markdown`]: no link, image, mention, issue reference or HTML
//! comes from data. What is long is folded.

use dosimeter_core::diagnosis::{Diagnosis, Finding, Severity, Verdict};

use crate::escape::{clip, markdown, markdown_code};
use crate::{Style, change, number, words};

/// A comment on GitHub ends at 65,536 characters, so lists are cut well before.
const ROWS: usize = 60;

pub(crate) fn render(d: &Diagnosis, _style: &Style) -> String {
    let mut out = String::new();
    let sign = match d.verdict {
        Verdict::Healthy => "✅",
        Verdict::Decaying => "❌",
        Verdict::Blind => "❔",
    };
    let monitor = markdown_code(&clip(&d.monitor, 80));
    out.push_str(&format!("## {sign} {monitor} is {}\n\n", d.verdict.as_str()));
    out.push_str(&format!("**{}**\n\n", text(&words::summary(d), 400)));
    answers(&mut out, d);
    findings(&mut out, d);
    decomposition(&mut out, d);
    columns(&mut out, d);
    warnings(&mut out, d);
    out.push_str(&format!("<sub>dosimeter {}</sub>\n", markdown(d.version)));
    out
}

fn text(raw: &str, columns: usize) -> String {
    markdown(&clip(raw, columns))
}

fn answers(out: &mut String, d: &Diagnosis) {
    out.push_str("| | |\n|---|---|\n");
    let mut row = |question: &str, answer: Option<String>| {
        if let Some(answer) = answer {
            out.push_str(&format!("| {question} | {} |\n", text(&answer, 400)));
        }
    };
    row("What", change::moved_when(d));
    row("Since", words::onset(d).and_then(|o| words::since_when(d, o)));
    row(change::question(d), change::how_bad(d));
    row("How sure", Some(change::how_sure(d)));
    row("Missed", change::power(d).or(Some(d.power.note.clone()).filter(|note| !note.is_empty())));
    out.push('\n');
}

fn findings(out: &mut String, d: &Diagnosis) {
    let causes = words::causes(d);
    for finding in causes.iter().take(ROWS) {
        self::finding(out, d, finding);
    }
    if causes.len() > ROWS {
        out.push_str(&format!("- {}\n", number::counted(causes.len() - ROWS, "more finding")));
    }
    if let Some(harmless) = words::harmless(d) {
        out.push_str(&format!("- ⚪ {}\n", markdown(&harmless)));
    }
    if !d.findings.is_empty() {
        out.push('\n');
    }
}

fn finding(out: &mut String, d: &Diagnosis, finding: &Finding) {
    let sign = if finding.severity == Severity::Harmful { "🔴" } else { "🟡" };
    let severity = finding.severity.as_str();
    out.push_str(&format!(
        "- {sign} **{severity}** · {} — {}\n",
        text(&words::mode_title(finding), 80),
        text(&finding.message, 300)
    ));
    let mut facts = Vec::new();
    facts.extend(finding.onset.as_ref().and_then(|o| words::since_when(d, o)).map(|at| format!("since {at}")));
    facts.extend(finding.impact.as_ref().and_then(|i| words::cost(d, i)));
    if !facts.is_empty() {
        out.push_str(&format!("  <br>{}\n", text(&facts.join(" · "), 300)));
    }
    if !finding.next_step.is_empty() {
        out.push_str(&format!("  <br>→ {}\n", text(&finding.next_step, 300)));
    }
}

fn decomposition(out: &mut String, d: &Diagnosis) {
    let parts = words::parts(d);
    if parts.is_empty() {
        return;
    }
    out.push_str(&format!("| {} | | 95 % |\n|---|---:|---|\n", words::parts_title(d)));
    for (id, title, value) in parts {
        let interval = d.decomposition.as_ref().and_then(|p| p.interval.get(id)).copied();
        let interval = words::known_interval(interval).map_or(String::new(), |(l, h)| number::change_interval(l, h));
        out.push_str(&format!("| {title} | {} | {interval} |\n", number::change(value)));
    }
    out.push('\n');
}

fn columns(out: &mut String, d: &Diagnosis) {
    let all = words::Moved::of(d);
    let moved: Vec<_> = words::columns(d).into_iter().filter(|c| all.has(c)).collect();
    if moved.is_empty() {
        return;
    }
    out.push_str(&format!(
        "<details><summary>{} of {} columns moved or are named above</summary>\n\n",
        moved.len(),
        d.columns.len()
    ));
    out.push_str("| Column | Role | Strongest evidence |\n|---|---|---|\n");
    for column in moved.iter().take(ROWS) {
        let evidence = words::strongest(&column.evidence).map_or(String::new(), words::evidence);
        out.push_str(&format!(
            "| {} | {} | {} |\n",
            markdown_code(&clip(&column.name, 60)),
            text(&column.role, 20),
            text(&evidence, 120)
        ));
    }
    if moved.len() > ROWS {
        out.push_str(&format!("| and {} more | | |\n", moved.len() - ROWS));
    }
    out.push_str("\n</details>\n\n");
}

fn warnings(out: &mut String, d: &Diagnosis) {
    if d.warnings.is_empty() {
        return;
    }
    let n = number::counted(d.warnings.len(), "warning");
    out.push_str(&format!("<details><summary>{n}</summary>\n\n"));
    for warning in d.warnings.iter().take(ROWS) {
        out.push_str(&format!("- ⚠️ {}\n", text(warning, 400)));
    }
    out.push_str("\n</details>\n\n");
}
