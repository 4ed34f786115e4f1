//! Profiles: however the rows were split and in whatever order the parts came, the sum is the same.

mod file;
mod merge;

use std::collections::BTreeMap;

use dosimeter_core::profile::grid::Special;
use dosimeter_core::profile::keys::KeySample;
use dosimeter_core::profile::period::{ColumnSketch, Notation};
use dosimeter_core::profile::sample::{Chooser, ExtraColumn, SampleColumn, hash_bytes};
use dosimeter_core::profile::sketch::{Distinct, HeavyHitters};
use dosimeter_core::profile::{Grid, PeriodProfile, RowSample, WindowProfile};

/// One row of two columns: a number, perhaps not finite or missing, and a text.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) number: f64,
    pub(crate) text: String,
}

pub(crate) fn grids() -> [Grid; 2] {
    let sample: Vec<f64> = (0..1_000).map(|i| f64::from(i) / 10.0).collect();
    let known: BTreeMap<String, u64> = ["a", "b", "c"].iter().map(|n| ((*n).to_owned(), 10)).collect();
    [Grid::number(&sample, 0.0, 99.9), Grid::category(&known)]
}

/// Profiles some of the rows, which keep their numbers; windows are of 50 rows.
pub(crate) fn profile(grids: &[Grid; 2], rows: &[(u64, Row)]) -> PeriodProfile {
    let chooser = Chooser::new(1, 100, 400);
    let mut p = PeriodProfile { keys: Some(KeySample::new(400)), ..PeriodProfile::default() };
    p.sketches = vec![
        ColumnSketch::default(),
        ColumnSketch { distinct: Some(Distinct::default()), unknown: Some(HeavyHitters::default()) },
    ];
    p.layouts = vec![BTreeMap::new(); 2];
    p.natives = vec![None; 2];
    p.sample.columns = vec![SampleColumn::default(), SampleColumn::default()];
    for (number, row) in rows {
        let at = (*number / 50) as usize;
        if p.windows.len() <= at {
            p.windows.resize(at + 1, WindowProfile::default());
        }
        let w = &mut p.windows[at];
        w.rows += 1;
        w.first_row = Some(w.first_row.map_or(*number, |f| f.min(*number)));
        w.columns.resize(2, dosimeter_core::profile::ColumnWindow::default());
        let numeric = grids[0].cell_of_number(row.number);
        w.columns[0].counts_mut(grids[0].cells())[numeric] += 1;
        if row.number.is_finite() {
            let cells = grids[0].value_cells() as u16;
            w.columns[0].moments.add_all(&[row.number], |x| x, &[numeric as u16], cells, grids[0].centre());
        }
        let index = grids[1].category_index();
        let known = index.get(row.text.as_str()).copied();
        let cell = known.unwrap_or(grids[1].special(Special::Other));
        if row.text.is_empty() {
            w.columns[1].add_absent(&grids[1], 1);
        } else {
            w.columns[1].counts_mut(grids[1].cells())[cell] += 1;
            let sketch = &mut p.sketches[1];
            if let Some(d) = &mut sketch.distinct {
                d.add(hash_bytes(row.text.as_bytes()));
            }
            if let Some(u) = sketch.unknown.as_mut().filter(|_| known.is_none()) {
                u.add(&row.text, 1);
            }
        }
        if let Some(keys) = &mut p.keys {
            keys.add(hash_bytes(row.text.as_bytes()));
        }
        p.layouts[1]
            .entry("padded".to_owned())
            .or_insert(Notation { rows: 0, first_row: u64::MAX })
            .merge(Notation { rows: 1, first_row: *number });
        p.undated += 1;
        let extra: &mut ExtraColumn = p.extras.entry("extra".to_owned()).or_default();
        extra.texts.push((*number, row.text.clone()));
        extra.present.resize(extra.present.len().max(at + 1), 0);
        extra.present[at] += 1;
        if chooser.takes(*number) {
            let s: &mut RowSample = &mut p.sample;
            if known.is_none() {
                s.columns[1].texts.insert(s.rows.len() as u32, row.text.clone());
            }
            s.rows.push(*number);
            s.windows.push(at as u32);
            s.losses.push(*number as f32);
            s.positive.push(u8::from(*number > 0));
            s.columns[0].codes.push(numeric as u16);
            s.columns[0].numbers.push(row.number);
            s.columns[1].codes.push(cell as u16);
        }
    }
    p
}
