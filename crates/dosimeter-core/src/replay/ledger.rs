//! What a monitor remembers between looks, so that one fault rings once.
//!
//! A finding of a look belongs to the episode with its [`Identity`]. An episode opens when its finding is first seen as
//! `watch` (a notice) or `harmful` (an alarm); it worsens when its price leaves the interval that was last told; it eases
//! when it has not been harmful, and resolves when it has not been seen, for `hysteresis` looks in a row. What comes back
//! sooner is the same episode and does not ring again; what comes back later rings anew. Harmless findings are no
//! episodes.
//!
//! The verdict is decaying exactly where a finding is harmful, so a verdict that turns is an alarm here as well, unless
//! it turned back only for a moment.

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use crate::diagnosis::{Finding, Severity};

/// When a look was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Which look, counted from 0.
    pub look: usize,
    /// The time up to which it saw, microseconds UTC; `None` where the data have no time.
    pub at: Option<i64>,
    /// The rows of the period that had come.
    pub rows: u64,
}

/// What was said of an episode at a look: that it is new, harmful, or dearer than was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// When.
    pub when: Stamp,
    /// [`EventKind::Notice`], [`EventKind::Alarm`] or [`EventKind::Worsened`].
    pub kind: EventKind,
    /// The finding's sentence then.
    pub message: String,
    /// Its onset as it was dated then, microseconds UTC.
    pub onset: Option<i64>,
    /// The change of the metric that it was priced at, with the end of its interval that is farther from 0.
    pub price: Option<(f64, f64)>,
}

/// The life of one finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// What it is.
    pub identity: Identity,
    /// When it was first seen.
    pub opened: Stamp,
    /// What was told of it, and when: never empty.
    pub told: Vec<Telling>,
    /// When it was last seen.
    pub seen: Stamp,
    /// When it was last seen harmful.
    pub harmful: Option<Stamp>,
    /// Looks at which it was seen.
    pub looks: usize,
    /// The first look without it, once enough looks have passed.
    pub resolved: Option<Stamp>,
    /// The first look at which it was absent since it was last seen.
    absent: Option<Stamp>,
    /// Whether it is at present harmful, or was not long ago.
    alarming: bool,
}

/// What happened to an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It was seen for the first time and is to be watched.
    Notice,
    /// It is harmful, and was not before: this rings.
    Alarm,
    /// Its price left the interval that was last told.
    Worsened,
    /// It is still there, but has not been harmful for a while.
    Eased,
    /// It has not been seen for a while.
    Resolved,
}

/// One thing that happened at a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Which of the ledger's episodes.
    pub episode: usize,
    /// What.
    pub kind: EventKind,
}

/// The memory: every episode so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Looks without a finding after which it is over.
    hysteresis: usize,
    /// In the order in which they opened.
    episodes: Vec<Episode>,
}

impl Ledger {
    /// An empty one. A `hysteresis` of 0 is 1: what is absent at one look is over.
    #[must_use]
    pub fn new(hysteresis: usize) -> Ledger {
        Ledger { hysteresis: hysteresis.max(1), episodes: Vec::new() }
    }

    /// Every episode so far, in the order in which they opened.
    #[must_use]
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// Takes the findings of the next look, worst first, and says what is new. Looks come in order.
    pub fn look(&mut self, now: Stamp, findings: &[Finding]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut present = vec![false; self.episodes.len()];
        for finding in findings.iter().filter(|f| f.severity != Severity::Harmless) {
            let identity = Identity::of(finding);
            let open = |e: &Episode| e.resolved.is_none() && e.identity == identity;
            let (i, new) = match self.episodes.iter().position(open) {
                Some(i) => (i, false),
                None => {
                    self.episodes.push(Episode::new(identity, now));
                    present.push(false);
                    (self.episodes.len() - 1, true)
                }
            };
            let (Some(episode), Some(present)) = (self.episodes.get_mut(i), present.get_mut(i)) else { continue };
            // Two findings of one identity at one look are one thing; the first is the worst.
            if std::mem::replace(present, true) {
                continue;
            }
            if let Some(kind) = episode.meet(finding, now, new) {
                events.push(Event { episode: i, kind });
            }
        }
        for (i, episode) in self.episodes.iter_mut().enumerate().filter(|(_, e)| e.resolved.is_none()) {
            let seen = present.get(i).copied().unwrap_or(false);
            if let Some(kind) = episode.miss(now, seen, self.hysteresis) {
                events.push(Event { episode: i, kind });
            }
        }
        events
    }
}

fn price(finding: &Finding) -> Option<(f64, f64)> {
    let impact = finding.impact.as_ref()?;
    let change = impact.change.0;
    let far = match impact.interval {
        Some([low, high]) if change < 0.0 => low.0.min(high.0),
        Some([low, high]) => low.0.max(high.0),
        None => change,
    };
    (change.is_finite() && far.is_finite()).then_some((change, far))
}

impl Episode {
    fn new(identity: Identity, now: Stamp) -> Episode {
        Episode {
            identity,
            opened: now,
            told: Vec::new(),
            seen: now,
            harmful: None,
            looks: 0,
            resolved: None,
            absent: None,
            alarming: false,
        }
    }

    /// What was told of it last at or before a look.
    #[must_use]
    pub fn told_at(&self, look: usize) -> Option<&Telling> {
        self.told.iter().rev().find(|t| t.when.look <= look)
    }

    /// The finding is there at this look.
    fn meet(&mut self, finding: &Finding, now: Stamp, new: bool) -> Option<EventKind> {
        self.seen = now;
        self.looks += 1;
        self.absent = None;
        let harmful = finding.severity == Severity::Harmful;
        if harmful {
            self.harmful = Some(now);
        }
        let price = price(finding);
        let before = self.told.iter().rev().find_map(|t| t.price);
        let dearer = match (before, price) {
            (Some((then, far)), Some((now, _))) => now.abs() > far.abs() && now.signum() == then.signum(),
            _ => false,
        };
        let kind = match (harmful && !self.alarming, new, dearer) {
            (true, ..) => EventKind::Alarm,
            (_, true, _) => EventKind::Notice,
            (.., true) => EventKind::Worsened,
            _ => return None,
        };
        self.alarming |= kind == EventKind::Alarm;
        self.told.push(Telling {
            when: now,
            kind,
            message: finding.message.clone(),
            onset: finding.onset.as_ref().and_then(|o| o.at).map(|t| t.0),
            price,
        });
        Some(kind)
    }

    /// What its absence, or that it is harmful no more, comes to.
    fn miss(&mut self, now: Stamp, seen: bool, hysteresis: usize) -> Option<EventKind> {
        if !seen {
            let since = *self.absent.get_or_insert(now);
            if now.look + 1 - since.look >= hysteresis {
                self.resolved = Some(since);
                self.alarming = false;
                return Some(EventKind::Resolved);
            }
            return None;
        }
        let quiet = self.harmful.is_some_and(|h| now.look - h.look >= hysteresis);
        if self.alarming && quiet {
            self.alarming = false;
            return Some(EventKind::Eased);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalogue::Mode;
    use crate::diagnosis::{Basis, Impact, Number, Subject};

    fn finding(column: &str, severity: Severity, change: f64) -> Finding {
        Finding {
            mode: Mode::DataDrift,
            kind: None,
            severity,
            subject: Subject { columns: vec![column.into()], segment: None },
            onset: None,
            share: None,
            evidence: Vec::new(),
            impact: Some(Impact {
                metric: "accuracy".into(),
                change: Number(change),
                interval: Some([Number(change - 0.03125), Number(change + 0.03125)]),
                basis: Basis::Labels,
            }),
            detail: BTreeMap::new(),
            message: format!("{column} {change}"),
            next_step: String::new(),
        }
    }

    /// One letter a look: `H` harmful, `w` watch, `l` harmless, `.` nothing. What is said at each: `A`larm, `N`otice,
    /// `W`orsened, `E`ased, `R`esolved, `.` nothing.
    fn play(hysteresis: usize, looks: &str) -> String {
        let mut ledger = Ledger::new(hysteresis);
        looks
            .chars()
            .enumerate()
            .map(|(look, c)| {
                let severity = match c {
                    'H' | 'D' => Some(Severity::Harmful),
                    'w' => Some(Severity::Watch),
                    'l' => Some(Severity::Harmless),
                    _ => None,
                };
                let change = if c == 'D' { -0.1 } else { -0.05 };
                let findings: Vec<Finding> = severity.map(|s| finding("x", s, change)).into_iter().collect();
                let events = ledger.look(Stamp { look, at: None, rows: look as u64 }, &findings);
                assert!(events.len() <= 1);
                match events.first().map(|e| e.kind) {
                    Some(EventKind::Alarm) => 'A',
                    Some(EventKind::Notice) => 'N',
                    Some(EventKind::Worsened) => 'W',
                    Some(EventKind::Eased) => 'E',
                    Some(EventKind::Resolved) => 'R',
                    None => '.',
                }
            })
            .collect()
    }

    #[test]
    fn one_fault_rings_once() {
        assert_eq!(play(3, ".HHHHHH"), ".A.....");
        // Two looks of silence are not three.
        assert_eq!(play(3, "H..H..H"), "A......");
        assert_eq!(play(3, "H...H.."), "A..RA..");
        assert_eq!(play(1, "H.H.H."), "ARARAR");
        assert_eq!(play(0, "H.H"), "ARA");
    }

    #[test]
    fn what_is_watched_is_a_notice_until_it_harms() {
        assert_eq!(play(3, "wwHHwHH"), "N.A....");
        assert_eq!(play(3, "HwwwwH"), "A..E.A");
        assert_eq!(play(3, "llllHlll"), "....A..R");
    }

    #[test]
    fn a_price_beyond_the_interval_is_told_once() {
        assert_eq!(play(3, "HHDDD"), "A.W..");
    }

    #[test]
    fn what_resolved_says_when_it_went() {
        let mut ledger = Ledger::new(2);
        let stamp = |look: usize| Stamp { look, at: Some(look as i64 * 100), rows: 0 };
        ledger.look(stamp(0), &[finding("x", Severity::Harmful, -0.1), finding("y", Severity::Watch, -0.1)]);
        ledger.look(stamp(1), &[finding("y", Severity::Watch, -0.1)]);
        ledger.look(stamp(2), &[finding("y", Severity::Watch, -0.1)]);
        let [x, y] = ledger.episodes() else { panic!() };
        assert_eq!((x.resolved, x.seen, x.looks), (Some(stamp(1)), stamp(0), 1));
        assert_eq!((y.resolved, y.looks), (None, 3));
    }

    #[test]
    fn it_can_be_stored_between_looks() {
        let mut ledger = Ledger::new(3);
        ledger.look(Stamp { look: 0, at: Some(5), rows: 9 }, &[finding("x", Severity::Harmful, -0.125)]);
        let bytes = postcard::to_stdvec(&ledger).unwrap();
        let mut read: Ledger = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(read, ledger);
        let json: Ledger = serde_json::from_str(&serde_json::to_string(&ledger).unwrap()).unwrap();
        assert_eq!(json, ledger);
        assert!(read.look(Stamp { look: 1, at: None, rows: 9 }, &[finding("x", Severity::Harmful, -0.125)]).is_empty());
    }
}
