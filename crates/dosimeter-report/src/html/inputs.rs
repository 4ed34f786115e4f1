//! What silence is worth, and what was read: the two things a careful reader asks last.

use dosimeter_core::diagnosis::{Basis, Diagnosis, Input, Severity, Verdict};
use maud::{Markup, html};

use super::{severity_shape, shown};
use crate::{change, number, words};

/// Files, warnings and columns of a role listed.
const LISTED: usize = 100;

pub(super) fn silence(d: &Diagnosis) -> Markup {
    html! {
        section #silence aria-labelledby="silence-title" {
            h2 #silence-title { "What silence is worth" }
            p.plain {
                @match change::power(d) {
                    Some(power) => { (shown(&words::words_first(&power), 300)) "." }
                    None if d.power.note.is_empty() => { "How small a loss would have been seen is not known." }
                    None => { (shown(&words::words_first(&d.power.note), 400)) "." }
                }
            }
            @if d.verdict == Verdict::Blind {
                p.plain { "This run could not tell a healthy model from a decaying one. Its silence means nothing." }
            }
            @if matches!(d.metric.basis, Basis::Estimate | Basis::None) {
                p.plain { "Without labels, a change of what the same inputs mean cannot be seen." }
            }
            p.plain { (shown(&words::words_first(&words::budget(d)), 300)) "." }
        }
    }
}

pub(super) fn section(d: &Diagnosis) -> Markup {
    html! {
        section #inputs aria-labelledby="inputs-title" {
            h2 #inputs-title { "What was read" }
            @if !d.warnings.is_empty() {
                ul.warnings aria-label="Warnings" {
                    @for warning in d.warnings.iter().take(LISTED) {
                        li { (severity_shape(Severity::Watch)) span { (shown(warning, 400)) } }
                    }
                    @if d.warnings.len() > LISTED { li { (number::counted(d.warnings.len() - LISTED, "more warning")) } }
                }
            }
            dl.facts {
                dt { "Reference" } dd { (input(&d.inputs.reference)) }
                dt { "Current" } dd { (input(&d.inputs.current)) }
                @if let Some(labels) = words::labels(d) { dt { "Labels" } dd { (labels) } }
                dt { "Window" } dd { (shown(&words::window(d), 60)) }
                @for (role, columns) in d.inputs.roles.iter().take(LISTED) {
                    dt { (shown(&words::words(role), 40)) }
                    dd { @for (i, column) in columns.iter().take(LISTED).enumerate() {
                        @if i > 0 { ", " } (shown(column, 120))
                    } }
                }
                dt { "Seed" } dd { (d.inputs.seed) }
            }
        }
    }
}

fn input(input: &Input) -> Markup {
    html! {
        (number::count(input.rows)) " rows"
        @if !input.files.is_empty() {
            " from "
            @for (i, file) in input.files.iter().take(LISTED).enumerate() {
                @if i > 0 { ", " } code { (shown(file, 120)) }
            }
            @if input.files.len() > LISTED { " and " (number::counted(input.files.len() - LISTED, "more file")) }
        }
    }
}
