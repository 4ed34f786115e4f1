//! An upstream source changed its format: the checks, most specific first.
//!
//! Each check looks at the columns that no earlier check has explained and claims those that it can name, so that one
//! fault is one finding. A new check is a file here and a line in [`CHECKS`].

mod constant;
mod dates;
mod feed;
mod form;
mod joint;
mod key;
mod missing;
mod nulls;
mod range;
mod recoded;
mod sentinel;
mod shape;
mod spelling;
mod swapped;
mod unit;
mod unit_map;
mod units;
mod vectors;
mod within;

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use crate::diagnosis::Finding;

pub(super) use nulls::LEAST as LEAST_NULLS;

/// What the checks have found so far.
#[derive(Default)]
pub(crate) struct Claims {
    /// The findings, in the order of the checks.
    pub(crate) findings: Vec<Finding>,
    /// Columns whose movement is explained, by position.
    pub(crate) explained: BTreeSet<usize>,
    /// The parts of columns of vectors, and whose: no format of theirs can change.
    parts: BTreeMap<usize, usize>,
}

impl Claims {
    fn claim(&mut self, columns: &[usize], finding: Finding) {
        self.explained.extend(columns);
        self.explained.extend(self.parts.iter().filter(|(_, whole)| columns.contains(whole)).map(|(part, _)| part));
        self.findings.push(finding);
    }

    fn open(&self, column: usize) -> bool {
        !self.explained.contains(&column) && !self.parts.contains_key(&column)
    }
}

/// One check.
type Check = fn(&Case<'_>, &mut Claims);

/// Every check, in the order in which they may claim a column.
const CHECKS: [(&str, Check); 13] = [
    ("missing, new and renamed columns", missing::check),
    ("vectors", vectors::check),
    ("swapped columns", swapped::check),
    ("frozen and awoken columns", constant::check),
    ("types, layouts and spellings", form::check),
    ("recoded answers", recoded::check),
    ("dates", dates::check),
    ("sentinel values", sentinel::check),
    ("units", unit::check),
    ("null rates", nulls::check),
    ("ranges", range::check),
    ("keys", key::check),
    ("volume and freshness", feed::check),
];

/// Runs every check.
pub(crate) fn check(case: &Case<'_>) -> Claims {
    let parts = case.baseline.vectors.iter().flat_map(|v| v.part_positions().map(|part| (part, v.column)));
    let mut claims = Claims { parts: parts.collect(), ..Claims::default() };
    for (_, check) in CHECKS {
        check(case, &mut claims);
    }
    claims
}
