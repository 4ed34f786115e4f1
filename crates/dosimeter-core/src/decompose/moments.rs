//! Both periods' losses of some rows, as sums that add and subtract, and what they say of a rise.

/// Fewer labelled rows than this, or than this share of them, are no place.
pub(super) const LEAST_ROWS: f64 = 20.0;
pub(super) const LEAST_SHARE: f64 = 0.01;
/// A place's variance is pulled to everybody's as if by this many rows: twenty rows without an error are not certain.
const PRIOR_ROWS: f64 = 10.0;

/// Count, sum and sum of squares of losses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub(super) n: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn plus(self, other: Moments, sign: f64) -> Moments {
        Moments {
            n: self.n + sign * other.n,
            sum: self.sum + sign * other.sum,
            squares: self.squares + sign * other.squares,
        }
    }

    fn add(&mut self, loss: f64) {
        self.n += 1.0;
        self.sum += loss;
        self.squares += loss * loss;
    }

    pub(super) fn mean(self) -> f64 {
        if self.n > 0.0 { self.sum / self.n } else { 0.0 }
    }

    /// The variance of the mean, with everybody's variance as a prior.
    fn noise(self, all: Moments) -> f64 {
        let spread = |m: Moments| (m.squares - m.sum * m.mean()).max(0.0);
        let prior = spread(all) / all.n.max(1.0);
        (spread(self) + PRIOR_ROWS * prior) / (self.n + PRIOR_ROWS) / self.n.max(1.0)
    }
}

/// Both periods' losses in some rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) then: Moments,
    pub(super) now: Moments,
    /// Current rows, labelled or not.
    pub(super) rows_now: f64,
}

impl Cell {
    pub(super) fn plus(mut self, other: &Cell, sign: f64) -> Cell {
        self.then = self.then.plus(other.then, sign);
        self.now = self.now.plus(other.now, sign);
        self.rows_now += sign * other.rows_now;
        self
    }

    /// One row more; a loss that is not finite is a label that has not come.
    pub(super) fn add(&mut self, now: bool, loss: f64) {
        if now {
            self.rows_now += 1.0;
        }
        if loss.is_finite() {
            (if now { &mut self.now } else { &mut self.then }).add(loss);
        }
    }

    /// Whether the reference has rows enough to compare with.
    pub(super) fn known(&self) -> bool {
        self.then.n >= LEAST_ROWS
    }

    /// What the reference says of these rows; of all rows where it has next to none of these.
    fn before(&self, all: &Cell) -> Moments {
        if self.known() { self.then } else { all.then }
    }

    /// The rise of the mean loss, and its variance.
    pub(super) fn rise(&self, all: &Cell) -> (f64, f64) {
        let before = self.before(all);
        (self.now.mean() - before.mean(), self.now.noise(all.now) + before.noise(all.then))
    }

    /// Whether there are current rows enough to say anything of them.
    pub(super) fn enough(&self, all: &Cell) -> bool {
        self.now.n >= LEAST_ROWS.max(LEAST_SHARE * all.now.n)
    }

    /// Standard errors by which these rows' rise exceeds that of others.
    pub(super) fn beyond(&self, other: &Cell, all: &Cell) -> Option<f64> {
        let ((rise, noise), (usual, noise_usual)) = (self.rise(all), other.rise(all));
        let variance = noise + noise_usual;
        (variance > 0.0).then(|| (rise - usual) / variance.sqrt())
    }

    /// The rise inside beyond the rise outside, in standard errors; `None` when one of the two is too small.
    pub(super) fn z(&self, all: &Cell) -> Option<f64> {
        let rest = all.plus(self, -1.0);
        if !self.enough(all) || !rest.enough(all) || !rest.known() {
            return None;
        }
        self.beyond(&rest, all)
    }
}

/// A crossing of two conditions: the rows inside both, inside one only, and inside neither.
pub(super) struct Crossing {
    pub(super) both: Cell,
    pub(super) first_only: Cell,
    pub(super) second_only: Cell,
    pub(super) neither: Cell,
}

/// Standard errors by which the crossing must rise beyond the rest of either condition, where it is sought.
const CROSSING: f64 = 3.0;
/// The most that either condition alone may explain of the crossing's rise, and the least that only both together do.
const ALONE: f64 = 0.5;
const TOGETHER: f64 = 0.25;

impl Crossing {
    /// Whether the loss lives in the crossing, and not in one of the two conditions, nor in each by itself.
    pub(super) fn says_more(&self, all: &Cell) -> bool {
        let strips = [&self.first_only, &self.second_only];
        if strips.iter().any(|s| s.now.n < LEAST_ROWS || !s.known()) || !self.neither.known() {
            return false;
        }
        let usual = self.neither.rise(all).0;
        let [both, first, second] = [&self.both, &self.first_only, &self.second_only].map(|c| c.rise(all).0 - usual);
        let sure = strips.iter().all(|s| self.both.beyond(s, all).is_some_and(|z| z >= CROSSING));
        sure && first.max(second) <= ALONE * both && both - first - second >= TOGETHER * both
    }
}
