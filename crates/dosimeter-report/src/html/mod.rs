//! One self-contained page: no script, no external request, readable in the dark, on paper, on a telephone and aloud.
//!
//! Its order is that of the questions: the verdict with the metric over time, what was found, where the change comes
//! from, what silence is worth, then every column and what was read. `maud` escapes every splice; text from data comes
//! through [`shown`] as well, and never into a style, a URL or an id.

mod columns;
mod findings;
mod inputs;
mod parts;
mod verdict;

use dosimeter_core::diagnosis::{Diagnosis, Severity, Verdict};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::escape::clip;
use crate::{Style, words};

const CSS: &str = include_str!("style.css");
/// Nothing is loaded, nothing runs; even a slip in the escaping could reach nobody.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub(crate) fn render(d: &Diagnosis, _style: &Style) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "dosimeter " (d.version) };
                title { (clip(&d.monitor, 80)) ": " (d.verdict.as_str()) }
                style { (PreEscaped(CSS)) }
            }
            body {
                a.skip href="#main" { "Skip to the verdict" }
                (top(d))
                main #main.wrap tabindex="-1" {
                    (verdict::section(d))
                    (findings::section(d))
                    (parts::section(d))
                    (inputs::silence(d))
                    (columns::section(d))
                    (inputs::section(d))
                }
                footer.wrap {
                    "dosimeter " (d.version) " · " (d.format) " · aggregates only, no rows of the data"
                }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

fn top(d: &Diagnosis) -> Markup {
    let links = [
        ("#findings", "Findings", !d.findings.is_empty()),
        ("#parts", "Causes", !words::parts(d).is_empty()),
        ("#silence", "Silence", true),
        ("#columns", "Columns", !d.columns.is_empty()),
        ("#inputs", "Inputs", true),
    ];
    html! {
        header.wrap.top {
            b { "dosimeter" }
            nav aria-label="Sections" {
                @for (href, title, there) in links { @if there { a href=(href) { (title) } } }
            }
        }
    }
}

/// Text from data in its own direction, hidden characters written out.
fn shown(text: &str, columns: usize) -> Markup {
    html! { bdi { (clip(text, columns)) } }
}

/// The sign of a verdict: a shape of its own beside the word.
fn verdict_shape(verdict: Verdict) -> Markup {
    html! {
        svg.shape viewBox="0 0 16 16" aria-hidden="true" {
            @match verdict {
                Verdict::Healthy => { circle cx="8" cy="8" r="8" {} path.mark d="M4.5 8.3l2.4 2.4 4.6-5" {} }
                Verdict::Decaying => { path d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z" {} path.mark d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" {} }
                Verdict::Blind => { path d="M8 0l8 8-8 8-8-8z" {} path.mark d="M4.8 8h6.4" {} }
            }
        }
    }
}

/// The sign of a severity: octagon, triangle, ring.
fn severity_shape(severity: Severity) -> Markup {
    html! {
        svg.shape viewBox="0 0 16 16" aria-hidden="true" {
            @match severity {
                Severity::Harmful => { path d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z" {} path.mark d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" {} }
                Severity::Watch => { path d="M8 .8l8 14.4H0z" {} path.mark d="M8 6v4M8 12.6v.01" {} }
                Severity::Harmless => { circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2" {} }
            }
        }
    }
}
