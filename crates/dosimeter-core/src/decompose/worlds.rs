//! Worlds whose decomposition is known: shared by the tests and the `decomposition` example.
//!
//! A frozen linear classifier meets data from a logistic truth that it does not quite match and that is noisier where
//! the second column is large. Densities and chances are known in closed form, so the true parts come from a large Monte
//! Carlo sample of the very definition: the common ground has density min(q, R p).

#![allow(unreachable_pub, reason = "shared with an example, where this module is private too")]

use crate::learn::{Cutter, Matrix};

/// What happens between the two periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// Columns move that the loss does not depend on.
    Harmless,
    /// Inputs move to the noisier side.
    Harmful,
    /// The truth's coefficients move.
    Concept,
    /// Inputs and truth move.
    Both,
    /// A sixth of the rows moves to where the reference has none.
    Unseen,
    /// The truth turns round in one segment only.
    Segment,
    /// A category appears that the model gets wrong.
    Category,
}

/// Every kind.
pub const KINDS: [Kind; 8] =
    [Kind::Null, Kind::Harmless, Kind::Harmful, Kind::Concept, Kind::Both, Kind::Unseen, Kind::Segment, Kind::Category];

/// One drawn world.
pub struct World {
    numbers: usize,
    truth: Vec<f64>,
    truth_now: Vec<f64>,
    model: Vec<f64>,
    shift: Vec<f64>,
    far: f64,
    turned: bool,
    new_category: f64,
}

/// The true parts, as changes of the error rate: common, unseen, concept.
pub type Truth = [f64; 3];

/// A sample of both periods.
pub struct Drawn {
    pub reference: Matrix,
    pub reference_loss: Vec<f64>,
    pub current: Matrix,
    pub current_loss: Vec<f64>,
}

/// Where the far rows lie in the first column.
const FAR: (f64, f64) = (6.0, 0.5);

/// SplitMix64 again, with a normal draw.
pub struct Draws(u64);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Draws(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x1234_5678)
    }

    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        let u = 1.0 - self.uniform();
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A row: numbers, then the category (1 to 4, 5 is new).
struct Row {
    x: Vec<f64>,
    category: u16,
}

impl World {
    /// Draws a world of a kind: 5 to 15 columns, the first three and the category matter.
    pub fn new(kind: Kind, seed: u64) -> World {
        let mut draws = Draws::new(seed);
        let numbers = 4 + (draws.uniform() * 11.0) as usize;
        let truth: Vec<f64> = (0..3).map(|_| 1.0 + draws.uniform()).collect();
        let model = truth.iter().map(|b| b + 0.5 * draws.normal()).collect();
        let mut truth_now = truth.clone();
        if matches!(kind, Kind::Concept | Kind::Both) {
            truth_now[0] -= 1.2 + draws.uniform();
        }
        let mut shift = vec![0.0; numbers];
        if matches!(kind, Kind::Harmful | Kind::Both) {
            shift[1] = 0.6 + 0.6 * draws.uniform();
            shift[2] = 0.5 * draws.normal();
        }
        if kind == Kind::Harmless {
            // The last column follows the second; moving it without that would be another world.
            for column in shift.iter_mut().take(numbers - 1).skip(3) {
                *column = 1.0;
            }
            if numbers == 4 {
                shift[3] = 1.0;
            }
        }
        World {
            numbers,
            truth,
            truth_now,
            model,
            shift,
            far: if kind == Kind::Unseen { 1.0 / 6.0 } else { 0.0 },
            turned: kind == Kind::Segment,
            new_category: if kind == Kind::Category { 0.15 } else { 0.0 },
        }
    }

    fn row(&self, now: bool, draws: &mut Draws) -> Row {
        let mut x: Vec<f64> = (0..self.numbers).map(|_| draws.normal()).collect();
        if now {
            x.iter_mut().zip(&self.shift).for_each(|(x, s)| *x += s);
            if draws.uniform() < self.far {
                x[0] = FAR.0 + FAR.1 * draws.normal();
            }
        }
        if self.numbers > 4 {
            // A bystander that goes along with the column that matters.
            let last = self.numbers - 1;
            x[last] = 0.8 * x[1] + 0.6 * x[last];
        }
        let category = if now && draws.uniform() < self.new_category { 5 } else { 1 + (draws.uniform() * 4.0) as u16 };
        Row { x, category }
    }

    /// q(x) / p(x).
    fn ratio(&self, row: &Row) -> f64 {
        if row.category == 5 {
            return f64::INFINITY;
        }
        let mut log = 0.0;
        for (j, (x, m)) in row.x.iter().zip(&self.shift).enumerate() {
            // The bystander's law given the second column is the same in both periods.
            if j < self.numbers - 1 || self.numbers == 4 {
                log += m * x - m * m / 2.0;
            }
        }
        let normal = |z: f64| (-z * z / 2.0).exp();
        let far = normal((row.x[0] - FAR.0) / FAR.1) / FAR.1 / normal(row.x[0]);
        (1.0 - self.new_category) * log.exp() * (1.0 - self.far + self.far * far)
    }

    /// The chance that the frozen model errs.
    fn error(&self, row: &Row, now: bool) -> f64 {
        let dot = |b: &[f64]| b.iter().zip(&row.x).map(|(b, x)| b * x).sum::<f64>();
        let mut of_category = [0.0, 0.8, -0.8, 0.3, 0.0][usize::from(row.category.min(5)) - 1];
        let mut odds = dot(if now { &self.truth_now } else { &self.truth });
        // Far out the truth bends, which a model fitted to the middle cannot know.
        if row.x[0] > 4.0 {
            odds *= -0.3;
        }
        let sharp = if row.x[1] > 0.8 { 0.4 } else { 1.6 };
        if row.category == 5 {
            odds = -odds;
            of_category = 0.0;
        }
        if now && self.turned && row.x[2] > 0.9 {
            odds = -odds;
        }
        let chance = 1.0 / (1.0 + (-(sharp * odds + of_category)).exp());
        if dot(&self.model) > 0.0 { 1.0 - chance } else { chance }
    }

    /// The true parts by Monte Carlo with `rows` rows a period.
    pub fn truth(&self, most: f64, rows: usize) -> Truth {
        let mut draws = Draws::new(99);
        let mut before = 0.0;
        for _ in 0..rows {
            before += self.error(&self.row(false, &mut draws), false) / rows as f64;
        }
        let (mut weight, mut then, mut now, mut everywhere) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..rows {
            let row = self.row(true, &mut draws);
            let common = (most / self.ratio(&row)).min(1.0);
            weight += common;
            then += common * self.error(&row, false);
            now += common * self.error(&row, true);
            everywhere += self.error(&row, true) / rows as f64;
        }
        [then / weight - before, everywhere - now / weight, (now - then) / weight]
    }

    /// A sample of `rows` rows a period, cut by the reference's quantiles.
    pub fn draw(&self, rows: usize, seed: u64) -> Drawn {
        let mut draws = Draws::new(seed);
        let mut period = |now: bool| -> (Vec<Row>, Vec<f64>) {
            (0..rows)
                .map(|_| {
                    let row = self.row(now, &mut draws);
                    let loss = f64::from(draws.uniform() < self.error(&row, now));
                    (row, loss)
                })
                .unzip()
        };
        let ((then, reference_loss), (now, current_loss)) = (period(false), period(true));
        let number = |rows: &[Row], j: usize| -> Vec<f64> { rows.iter().map(|r| r.x[j]).collect() };
        let cutters: Vec<Cutter> = (0..self.numbers).map(|j| Cutter::new(&number(&then, j), 32)).collect();
        let matrix = |rows: &[Row]| {
            let mut columns: Vec<Vec<u16>> =
                cutters.iter().enumerate().map(|(j, c)| c.codes(&number(rows, j))).collect();
            let mut cardinality: Vec<u16> = cutters.iter().map(Cutter::cardinality).collect();
            columns.push(rows.iter().map(|r| r.category).collect());
            cardinality.push(6);
            let mut ordered = vec![true; self.numbers];
            ordered.push(false);
            Matrix::new(columns, cardinality, ordered).unwrap_or_default()
        };
        Drawn { reference: matrix(&then), reference_loss, current: matrix(&now), current_loss }
    }
}
