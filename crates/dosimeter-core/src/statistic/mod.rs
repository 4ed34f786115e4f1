//! Two-sample statistics: how far apart two windows are, and how surprising that is.
//!
//! One file a statistic; [`STATISTICS`] is the table that names them all, and drives names and documentation. To add a
//! statistic, add a file and a line there.
//!
//! Each has up to two faces. On **raw samples** (`samples(&[f64], &[f64])`) it is the textbook's, and equals other tools'
//! numbers; what is not finite is ignored (the rule is in [`sample`]). On **counts over shared cells**
//! (`counts(&[u64], &[u64])`) it works on what a profile keeps: the product's own path, in which rows are long gone.
//! Cells are ordered where the statistic needs an order. A distance in the column's unit takes the cells' representative
//! positions besides. An empty side gives `None`: no data is not "no change".
//!
//! A *distance* says how much; a *test* says how surely. Neither says whether it matters: that is for the diagnosis.
//!
//! A number means little without its definition. The same two samples have a Jensen-Shannon distance of 0.134 or 0.166
//! by bins and logarithm alone, so each line of the table spells out bins, base and smoothing, and which tool uses which;
//! the golden tests hold every definition to that tool's own output.

pub mod anderson_darling;
pub mod binning;
pub mod cells;
pub mod chi_square;
pub mod cramer_von_mises;
pub mod energy;
pub mod hellinger;
pub mod jensen_shannon;
pub mod kl;
pub mod ks;
pub mod l_infinity;
pub mod mann_whitney;
pub mod mmd;
pub mod psi;
pub mod sample;
pub mod tail;
pub mod total_variation;
pub mod two_proportion;
pub mod wasserstein;
pub mod welch_t;

#[cfg(test)]
mod calibration;
#[cfg(test)]
mod properties;

/// A statistic and the chance of one as large without change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestResult {
    /// The statistic.
    pub statistic: f64,
    /// Its p-value.
    pub p: f64,
}

/// A statistic's value on reference and current counts over shared cells.
pub type OnCounts = fn(&[u64], &[u64]) -> Option<f64>;

/// A statistic's value on reference and current rows.
pub type OnSamples = fn(&[f64], &[f64]) -> Option<f64>;

/// One line of the table.
#[derive(Debug)]
pub struct Statistic {
    /// Stable name in files, flags and results.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What it says, in one line.
    pub meaning: &'static str,
    /// The values it can take.
    pub range: &'static str,
    /// The formula, with bins, base of logarithms and smoothing, and which tool uses which.
    pub definition: &'static str,
    /// Where it comes from.
    pub paper: &'static str,
    /// Its value on counts over shared cells, in the default definition, where no more is needed.
    pub on_counts: Option<OnCounts>,
    /// Its value on raw samples, in the default definition.
    pub on_samples: Option<OnSamples>,
}

/// The line with this id.
///
/// ```
/// use dosimeter_core::statistic::by_id;
/// assert_eq!(by_id("ks").unwrap().title, "Kolmogorov-Smirnov");
/// assert!(by_id("magic").is_none());
/// ```
pub fn by_id(id: &str) -> Option<&'static Statistic> {
    STATISTICS.iter().find(|s| s.id == id)
}

/// All statistics, by id.
pub const STATISTICS: &[Statistic] = &[
    Statistic {
        id: "anderson_darling",
        title: "Anderson-Darling",
        meaning: "The gap of two distributions averaged over all rows, the tails weighing as much as the middle.",
        range: "about -1.3 to unbounded (normalised); p 0 to 1, or 0.001 to 0.25 clipped",
        definition: "Scholz and Stephens' k-sample rank statistic, normalised; midranks (scipy's default, Evidently) or \
                     right ends. p: limiting law, not clipped; p_clipped: their table, as scipy and Evidently report.",
        paper: "Scholz and Stephens 1987",
        on_counts: Some(|r, c| anderson_darling::counts(r, c).map(|t| t.statistic)),
        on_samples: Some(|r, c| anderson_darling::samples(r, c, anderson_darling::Ties::Midrank).map(|t| t.statistic)),
    },
    Statistic {
        id: "chi_square",
        title: "Chi-square",
        meaning: "Could the category counts of both windows come from one distribution?",
        range: "0 to unbounded; p 0 to 1",
        definition: "Pearson's on the 2 x K table, no correction (scipy's chi2_contingency for K > 2, NannyML, Alibi); \
                     also G. Evidently takes the reference as exact: one_sample.",
        paper: "Pearson 1900",
        on_counts: Some(|r, c| chi_square::contingency(r, c).map(|t| t.statistic)),
        on_samples: None,
    },
    Statistic {
        id: "cramer_von_mises",
        title: "Cramér-von Mises",
        meaning: "The squared gap of two distributions, averaged over all rows.",
        range: "0 to unbounded; p 0 to 1",
        definition: "Raw: midranks and Anderson's asymptotic p (scipy, Evidently, Alibi). Counts: \
                     gap at cell ends, standardised given the ties.",
        paper: "Anderson 1962",
        on_counts: Some(|r, c| cramer_von_mises::counts(r, c).map(|t| t.statistic)),
        on_samples: Some(|r, c| cramer_von_mises::samples(r, c).map(|t| t.statistic)),
    },
    Statistic {
        id: "energy",
        title: "Energy distance",
        meaning: "How much farther apart rows of different windows are than rows of the same.",
        range: "0 to unbounded, in the square root of the column's unit",
        definition: "sqrt(2 ∫ (F - G)²) (scipy; Evidently's ed). On counts: rows stand at the cells' positions.",
        paper: "Székely and Rizzo 2013",
        on_counts: None,
        on_samples: Some(energy::samples),
    },
    Statistic {
        id: "hellinger",
        title: "Hellinger distance",
        meaning: "Distance of the square roots of the shares; fair to rare cells, always finite.",
        range: "0 to 1",
        definition: "sqrt(Σ (√r - √c)² / 2). Bins: NannyML Doane of the reference and one cell outside; Evidently \
                     Sturges of the distinct values of both.",
        paper: "Hellinger 1909",
        on_counts: Some(hellinger::counts),
        on_samples: None,
    },
    Statistic {
        id: "jensen_shannon",
        title: "Jensen-Shannon distance",
        meaning: "Bounded, symmetric distance of two sets of shares; empty cells need no special rule.",
        range: "0 to 1 in bits, 0 to 0.8326 in nats",
        definition: "Square root of the mean KL to the middle. Base 2 (NannyML; the default) or natural (Evidently, \
                     scipy). Bins: NannyML as for Hellinger; Evidently Sturges of both, or one per value up to 20.",
        paper: "Lin 1991; Endres and Schindelin 2003",
        on_counts: Some(|r, c| jensen_shannon::counts(r, c, jensen_shannon::LogBase::Two)),
        on_samples: None,
    },
    Statistic {
        id: "kl",
        title: "Kullback-Leibler divergence",
        meaning: "Extra surprise of one who expects the current shares while the reference's hold.",
        range: "0 to infinite, in nats",
        definition: "Σ r ln(r / c) after shares below 1e-4 become 1e-4 and sums are made 1. Evidently fills only exact \
                     zeros (1e-4, or smallest share / 1e6).",
        paper: "Kullback and Leibler 1951",
        on_counts: Some(|r, c| kl::counts(r, c, cells::ZeroRule::Floor(cells::ZERO_FLOOR))),
        on_samples: None,
    },
    Statistic {
        id: "ks",
        title: "Kolmogorov-Smirnov",
        meaning: "The largest gap of the two distribution functions, and where it is.",
        range: "0 to 1; p 0 to 1",
        definition: "max |F - G|. p exact up to 10,000 rows a side, else the one-sample law at nm/(n+m) (scipy, \
                     Evidently, Alibi); NannyML thresholds the gap.",
        paper: "Smirnov 1939; Hodges 1958",
        on_counts: Some(|r, c| ks::counts(r, c).map(|t| t.statistic)),
        on_samples: Some(|r, c| ks::samples(r, c).map(|t| t.statistic)),
    },
    Statistic {
        id: "l_infinity",
        title: "Largest share change",
        meaning: "By how much the category that moved most has moved.",
        range: "0 to 1",
        definition: "max |r - c| over categories (NannyML, TensorFlow Data Validation).",
        paper: "Breck et al. 2019",
        on_counts: Some(|r, c| l_infinity::counts(r, c).map(|t| t.distance)),
        on_samples: None,
    },
    Statistic {
        id: "mann_whitney",
        title: "Mann-Whitney",
        meaning: "The chance that a current row exceeds a reference row; 0.5 without a shift.",
        range: "0 to 1; p 0 to 1",
        definition: "U with ties as half, normal p with tie and continuity corrections (scipy's asymptotic; Evidently's \
                     mannw is one-sided). The value listed is the chance, 1 - U/nm.",
        paper: "Mann and Whitney 1947",
        on_counts: Some(|r, c| mann_whitney::counts(r, c).map(|t| t.superiority)),
        on_samples: Some(|r, c| mann_whitney::samples(r, c).map(|t| t.superiority)),
    },
    Statistic {
        id: "psi",
        title: "Population stability index",
        meaning: "Change of shares weighted by its logarithm; credit's rule of thumb: 0.1 look, 0.25 act.",
        range: "0 to unbounded",
        definition: "Σ (c - r) ln(c / r), shares below 1e-4 become 1e-4, not rescaled; usual bins: reference deciles with \
                     open ends. Evidently: its Sturges bins, fills only exact zeros.",
        paper: "Jeffreys 1946; Yurdakul and Naranjo 2020",
        on_counts: Some(psi::counts),
        on_samples: None,
    },
    Statistic {
        id: "total_variation",
        title: "Total variation",
        meaning: "The share of rows that would have to change cell to undo the difference.",
        range: "0 to 1",
        definition: "Σ |r - c| / 2; no smoothing.",
        paper: "Le Cam 1986",
        on_counts: Some(total_variation::counts),
        on_samples: None,
    },
    Statistic {
        id: "two_proportion",
        title: "Two-proportion z",
        meaning: "Did a rate move?",
        range: "unbounded, signed; p 0 to 1",
        definition: "Difference of rates over its pooled standard error (Evidently's z). Takes hits and rows.",
        paper: "Pearson 1900",
        on_counts: None,
        on_samples: None,
    },
    Statistic {
        id: "wasserstein",
        title: "Wasserstein distance",
        meaning: "How far the average row has to move, in the column's own unit.",
        range: "0 to unbounded, in the column's unit",
        definition: "∫ |F - G| (scipy, NannyML); Evidently divides by the reference's standard deviation, at least \
                     0.001. On counts: rows stand at the cells' positions.",
        paper: "Kantorovich 1942; Vallender 1974",
        on_counts: None,
        on_samples: Some(wasserstein::samples),
    },
    Statistic {
        id: "welch_t",
        title: "Welch's t",
        meaning: "Did the mean move?",
        range: "unbounded, signed; p 0 to 1",
        definition: "Difference of means over its standard error, variances not taken for equal (scipy's \
                     equal_var=False); Evidently's t_test takes them for equal: pooled.",
        paper: "Welch 1947",
        on_counts: None,
        on_samples: Some(|r, c| welch_t::samples(r, c).map(|t| t.t)),
    },
];
