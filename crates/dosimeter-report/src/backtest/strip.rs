//! Looks as a strip over time: one sign a look, or one for several where there are more than fit.

use dosimeter_core::diagnosis::Verdict;
use dosimeter_core::replay::LookLine;

/// What a sign says, best first: of several looks in one sign the last of these is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Quiet,
    Blind,
    Notice,
    Decaying,
    Alarm,
}

impl Sign {
    pub(super) const ALL: [Sign; 5] = [Sign::Quiet, Sign::Blind, Sign::Notice, Sign::Decaying, Sign::Alarm];

    pub(super) fn of(look: &LookLine) -> Sign {
        match look.verdict {
            _ if look.alarms > 0 => Sign::Alarm,
            Verdict::Decaying => Sign::Decaying,
            _ if look.notices > 0 => Sign::Notice,
            Verdict::Blind => Sign::Blind,
            Verdict::Healthy => Sign::Quiet,
        }
    }

    pub(super) fn shown(self) -> &'static str {
        match self {
            Sign::Quiet => "·",
            Sign::Blind => "?",
            Sign::Notice => "▵",
            Sign::Decaying => "█",
            Sign::Alarm => "▲",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Sign::Quiet => "healthy",
            Sign::Blind => "blind",
            Sign::Notice => "notice",
            Sign::Decaying => "decaying",
            Sign::Alarm => "alarm",
        }
    }
}

/// The signs of all looks in at most `room` of them, and how many looks one stands for.
pub(super) fn strip(looks: &[LookLine], room: usize) -> (Vec<Sign>, usize) {
    let each = looks.len().div_ceil(room.max(1)).max(1);
    let worst = |some: &[LookLine]| some.iter().map(Sign::of).max();
    (looks.chunks(each).filter_map(worst).collect(), each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dosimeter_core::diagnosis::Basis;

    fn look(verdict: Verdict, alarms: usize, notices: usize) -> LookLine {
        LookLine {
            look: 0,
            at: None,
            rows: 1,
            verdict,
            basis: Basis::Labels,
            metric: None,
            harmful: alarms,
            watch: notices,
            alarms,
            notices,
            findings: Vec::new(),
        }
    }

    #[test]
    fn an_alarm_is_never_folded_away() {
        let mut looks = vec![look(Verdict::Healthy, 0, 0); 100];
        looks[37] = look(Verdict::Decaying, 1, 0);
        looks[38] = look(Verdict::Decaying, 0, 0);
        looks[90] = look(Verdict::Blind, 0, 0);
        let (signs, each) = strip(&looks, 10);
        assert_eq!((signs.len(), each), (10, 10));
        assert_eq!(signs[3], Sign::Alarm);
        assert_eq!(signs[9], Sign::Blind);
        let (signs, each) = strip(&looks[..3], 60);
        assert_eq!((signs, each), (vec![Sign::Quiet; 3], 1));
        assert_eq!(strip(&[], 60).0, []);
    }
}
