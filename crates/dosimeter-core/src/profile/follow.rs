//! Periods one after the other: the profile of a longer period from those of its windows.
//!
//! Where [`PeriodProfile::merge`] adds parts of the same windows, [`PeriodProfile::append`] adds the windows that come
//! next. A period that grew so is the one that a pass over all its rows would have made: counts are the same numbers, and
//! samples are those of the longer period once they are thinned, because what a longer period samples is a part of what a
//! shorter one does.

use super::period::PeriodProfile;
use super::sample::Chooser;
use super::schema::Role;
use super::{Baseline, WindowProfile};
use crate::profile::baseline::WindowSpec;
use crate::profile::grid::Special;

impl PeriodProfile {
    /// Adds the period that follows this one, profiled on the same baseline.
    pub fn append(&mut self, next: PeriodProfile) {
        let before = self.windows.len();
        let mut shifted = PeriodProfile { windows: vec![WindowProfile::default(); before], ..next };
        shifted.sample.windows.iter_mut().for_each(|w| *w += before as u32);
        for extra in shifted.extras.values_mut() {
            extra.present.splice(0..0, std::iter::repeat_n(0, before));
        }
        self.merge(shifted);
        self.windows.extend(next.windows);
        let windows = self.windows.len();
        self.extras.values_mut().for_each(|e| e.present.resize(windows, 0));
    }

    /// Reduces the samples to those of a period of as many rows as this one has by now.
    pub fn thin(&mut self, baseline: &Baseline) {
        let rows = self.rows();
        let chooser = Chooser::of_period(baseline.watch.seed, baseline.columns.len(), rows);
        self.sample.retain(|row| chooser.takes(row));
        for extra in self.extras.values_mut() {
            extra.numbers.retain(|(row, _)| chooser.takes(*row));
            extra.texts.retain(|(row, _)| chooser.takes(*row));
        }
        if let Some(keys) = &mut self.keys {
            keys.thin(rows);
        }
    }

    /// What a pass does last: drops the empty windows at the end, which data that end before do not have, puts samples in
    /// order, and takes back times that follow nothing.
    pub fn settle(&mut self, baseline: &Baseline) {
        while self.windows.last().is_some_and(|w| w.rows == 0) {
            self.windows.pop();
        }
        let windows = self.windows.len();
        self.extras.values_mut().for_each(|e| e.present.resize(windows, 0));
        self.finish();
        if matches!(baseline.window, WindowSpec::Rows(_)) {
            self.keep_sound_times();
        }
    }

    /// Takes away the labels of the windows from `from` on, as if they had not come yet: the label's column is null there,
    /// no outcome is known, and no sampled row has a loss. Scores and predictions stay.
    pub fn withhold_labels(&mut self, baseline: &Baseline, from: usize) {
        let label = baseline.column_with(Role::Label);
        let spec = label.and_then(|j| baseline.columns.get(j));
        for window in self.windows.iter_mut().skip(from) {
            window.labels = 0;
            window.outcome = None;
            if let (Some(j), Some(spec)) = (label, spec)
                && let Some(column) = window.columns.get_mut(j)
            {
                let absent = column.absent;
                *column = super::ColumnWindow::default();
                column.add_absent(&spec.grid, window.rows);
                column.absent = absent;
            }
        }
        let young: Vec<usize> = (0..self.sample.len())
            .filter(|i| self.sample.windows.get(*i).is_some_and(|w| *w as usize >= from))
            .collect();
        for i in &young {
            if let Some(loss) = self.sample.losses.get_mut(*i) {
                *loss = f32::NAN;
            }
        }
        if let (Some(j), Some(spec)) = (label, spec)
            && let Some(column) = self.sample.columns.get_mut(j)
        {
            let null = spec.grid.special(Special::Null) as u16;
            for i in &young {
                if let Some(code) = column.codes.get_mut(*i) {
                    *code = null;
                }
                if let Some(number) = column.numbers.get_mut(*i) {
                    *number = f64::NAN;
                }
                column.texts.remove(&(*i as u32));
            }
        }
    }
}
