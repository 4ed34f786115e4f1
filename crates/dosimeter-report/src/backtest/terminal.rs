//! A replay for a person at a terminal: how often, when first, was it right, and what each alarm said.

use dosimeter_core::replay::{Alarm, Backtest, Replayed};

use super::strip::{Sign, strip};
use super::words;
use crate::date::Axis;
use crate::number;
use crate::terminal::text::{Line, Page, Tone};
use crate::{Style, escape};

/// Columns of the question words on the left.
const LABEL: usize = 12;
/// Alarms on the first screen.
const SHOWN: usize = 8;
/// The widest strip.
const STRIP: usize = 100;

pub(super) fn render(b: &Backtest, style: &Style) -> String {
    let mut page = Page::new(style);
    let mut head = Line::of(Tone::Bold, &escape::clip(&b.monitor, 60));
    if let Some(span) = words::spanned(b) {
        head.push(Tone::Plain, &format!("  {span}"));
    }
    page.line(&head, 0);
    page.blank();
    time(&mut page, b, &b.replay, "");
    let mut rings = vec![Sign::Quiet; 0];
    rings.extend(b.replay.looks.iter().map(Sign::of));
    if let Some(late) = &b.delayed {
        time(&mut page, b, &late.replay, &format!("labels after {}", b.policy.label_delay.as_deref().unwrap_or("")));
        rings.extend(late.replay.looks.iter().map(Sign::of));
    }
    key(&mut page, &rings);
    page.blank();
    answers(&mut page, b);
    alternatives(&mut page, b);
    list(&mut page, b, style);
    for warning in b.warnings.iter().take(if style.verbose > 0 { usize::MAX } else { 1 }) {
        let text = if style.verbose > 0 { escape::clip(warning, 400) } else { page.brief(warning, 4) };
        page.line(&Line::of(Tone::Watch, "  ! ").with(Tone::Plain, &text), 4);
    }
    if style.verbose == 0 {
        page.line(&Line::of(Tone::Dim, "  -v for every alarm and notice in full; --format json for every look"), 2);
    }
    page.finish()
}

fn tone(sign: Sign) -> Tone {
    match sign {
        Sign::Quiet => Tone::Good,
        Sign::Blind => Tone::Blind,
        Sign::Notice => Tone::Watch,
        Sign::Decaying | Sign::Alarm => Tone::Harmful,
    }
}

/// The strip, with the dates of its ends below.
fn time(page: &mut Page, b: &Backtest, r: &Replayed, title: &str) {
    let room = page.width().saturating_sub(4).min(STRIP);
    let (signs, each) = strip(&r.looks, room);
    if !title.is_empty() {
        page.line(&Line::of(Tone::Dim, &format!("  {title}")), 2);
    }
    let mut line = Line::of(Tone::Plain, "  ");
    for sign in &signs {
        line.push(tone(*sign), sign.shown());
    }
    page.line(&line, 2);
    let (Some(first), Some(last)) = (r.looks.first(), r.looks.last()) else { return };
    let label = |l: &dosimeter_core::replay::LookLine| match (first.at, last.at, l.at) {
        (Some(low), Some(high), Some(at)) => Axis::over(low, high).label(at, &words::zone(b)),
        _ => format!("{} rows", number::count(l.rows)),
    };
    let (left, right) = (label(first), label(last));
    let mut below = Line::of(Tone::Dim, &format!("  {left}"));
    if r.looks.len() > 1 {
        let at = (2 + signs.len()).saturating_sub(right.chars().count()).max(left.chars().count() + 4);
        below.pad_to(at);
        below.push(Tone::Dim, &right);
    }
    if each > 1 {
        below.push(Tone::Dim, &format!("   each sign {each} looks, the worst shown"));
    }
    page.line(&below, 2);
}

/// What the signs mean that are there.
fn key(page: &mut Page, signs: &[Sign]) {
    let mut line = Line::of(Tone::Plain, "  ");
    for sign in Sign::ALL.into_iter().filter(|s| signs.contains(s)) {
        line.push(tone(sign), sign.shown());
        line.push(Tone::Dim, &format!(" {}   ", sign.word()));
    }
    page.line(&line, 2);
}

fn answer(page: &mut Page, question: &str, tone: Tone, text: &str) {
    let mut line = Line::of(Tone::Dim, &format!("  {question:<width$}", width = LABEL - 2));
    line.push(tone, text);
    page.line(&line, LABEL);
}

fn answers(page: &mut Page, b: &Backtest) {
    answer(page, "Looks", Tone::Plain, &words::looks(b));
    answer(page, "Alarms", Tone::Bold, &words::alarms(&b.replay));
    answer(page, "Tolerated", Tone::Plain, &format!("false alarms: {}", words::budget(b)));
    if let Some(first) = &b.replay.first {
        answer(page, "First", Tone::Plain, &words::first(first, &words::zone(b)));
        let message = page.brief(&first.message, LABEL);
        answer(page, "", Tone::Plain, &message);
    }
    answer(page, "Blind", Tone::Plain, &words::blind(&b.replay));
    if let Some([at_once, late]) = words::delay(b) {
        answer(page, "Delay", Tone::Plain, &at_once);
        answer(page, "", Tone::Plain, &late);
    }
    if let Some(h) = &b.health {
        let tone = if h.exceeded { Tone::Harmful } else { Tone::Good };
        answer(page, "Healthy", tone, &words::health(h));
    }
}

fn alternatives(page: &mut Page, b: &Backtest) {
    if b.alternatives.is_empty() {
        return;
    }
    page.blank();
    let head = format!(
        "  {:<12}{:<16}{:>7}{:>9}{:>8}  first alarm",
        "tolerance", "false alarms", "alarms", "notices", "blind"
    );
    page.line(&Line::of(Tone::Dim, &head), 2);
    let zone = words::zone(b);
    for a in &b.alternatives {
        let tolerance = a.tolerance.map_or(number::UNKNOWN.to_owned(), |t| number::plain(t.0));
        let rate = words::policy_rate(a.false_alarms_per_90_days.0);
        let first = match (a.first, a.first_look) {
            (Some(at), _) => crate::date::day(at, &zone),
            (None, Some(look)) => format!("look {}", look + 1),
            (None, None) => "none".to_owned(),
        };
        let own = if a.own { "  (the policy)" } else { "" };
        let blind = number::percent(a.blind.0);
        let row = format!("  {tolerance:<12}{rate:<16}{:>7}{:>9}{blind:>8}  {first}{own}", a.alarms, a.notices);
        page.line(&Line::of(if a.own { Tone::Bold } else { Tone::Plain }, &row), 2);
    }
}

fn list(page: &mut Page, b: &Backtest, style: &Style) {
    let groups: &[(&str, &[Alarm], Tone)] = &[
        ("alarms", &b.replay.alarms, Tone::Harmful),
        ("notices", if style.verbose > 0 { &b.replay.notices } else { &[] }, Tone::Watch),
    ];
    for (name, alarms, tone) in groups {
        if alarms.is_empty() {
            continue;
        }
        page.blank();
        if *name == "notices" {
            page.line(&Line::of(Tone::Dim, "  notices: new, to be watched, and no alarm"), 2);
        }
        let shown = if style.verbose > 0 { alarms.len() } else { SHOWN };
        alarms.iter().take(shown).for_each(|a| alarm(page, b, a, *tone, style));
        if alarms.len() > shown {
            let rest = number::counted(alarms.len() - shown, &format!("more {}", name.trim_end_matches('s')));
            page.line(&Line::of(Tone::Dim, &format!("  {rest}")), 2);
        }
    }
}

fn alarm(page: &mut Page, b: &Backtest, a: &Alarm, tone: Tone, style: &Style) {
    let zone = words::zone(b);
    let sign = if tone == Tone::Harmful { Sign::Alarm } else { Sign::Notice };
    let when = words::when(a.at, a.rows, &zone);
    let width = when.chars().count().max(11);
    let indent = width + 6;
    let last = b.replay.looks.len();
    let shown = if style.verbose > 0 { a.findings.len() } else { 1 };
    for (i, finding) in a.findings.iter().take(shown).enumerate() {
        let mut line = Line::new();
        if i == 0 {
            line.push(tone, &format!("  {} ", sign.shown()));
            line.push(Tone::Bold, &format!("{when:<width$}  "));
        } else {
            line.push(Tone::Plain, &" ".repeat(indent));
        }
        let message =
            if style.verbose > 0 { escape::clip(&finding.message, 300) } else { page.brief(&finding.message, indent) };
        line.push(Tone::Plain, &message);
        page.line(&line, indent);
        let mut under = Line::of(Tone::Plain, &" ".repeat(indent));
        under.push(Tone::Dim, &words::fate(finding, last, &zone));
        if let Some(more) = words::more(a).filter(|_| style.verbose == 0) {
            under.push(Tone::Dim, &format!("; {more}"));
        }
        page.line(&under, indent);
    }
}
