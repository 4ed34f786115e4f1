//! A long Parquet file is surveyed by an excerpt. What has to be exact is; a writer that leaves out the statistics makes
//! every row be read, and is what the excerpt is compared with.

use crate::kit::{Folder, text};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use dosimeter_scan::pass::column::ColumnSurvey;
use dosimeter_scan::pass::survey::{Survey, SurveyOptions, survey};
use dosimeter_scan::pass::{Cut, Part, Progress};
use dosimeter_scan::{Dataset, ReadOptions};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const ROWS: i64 = 400_000;
const DAY: i64 = 86_400_000_000;

/// Columns in which what matters happens in single rows.
fn columns() -> Vec<(&'static str, ArrayRef)> {
    let wave = |i: i64| ((i * 7919) % 10_007) as f64 / 3.0;
    let number = |i: i64| match i {
        123_456 => Some(-1e9),
        299_999 => Some(1e9),
        _ if i % 10 == 3 => None,
        _ => Some(wave(i)),
    };
    let category = |i: i64| match i {
        77_777 => "once",
        350_000 => "late",
        _ => ["a", "b", "c", "d"][(i * 31 % 7 % 4) as usize],
    };
    vec![
        ("at", Arc::new((0..ROWS).map(|i| Some(i * DAY / 1000)).collect::<TimestampMicrosecondArray>())),
        ("number", Arc::new((0..ROWS).map(number).collect::<Float64Array>())),
        // A fraction in the largest value alone, and nothing but whole numbers.
        (
            "half",
            Arc::new(
                (0..ROWS).map(|i| Some(if i == 5_000 { 99.5 } else { (i % 90) as f64 })).collect::<Float64Array>(),
            ),
        ),
        ("key", Arc::new((0..ROWS).map(Some).collect::<Int64Array>())),
        ("code", Arc::new((0..ROWS).map(|i| Some(i * 7 % 13)).collect::<Int64Array>())),
        ("flag", Arc::new((0..ROWS).map(|i| (i % 5 != 0).then_some(i % 3 == 0)).collect::<BooleanArray>())),
        ("category", Arc::new((0..ROWS).map(|i| Some(category(i))).collect::<StringArray>())),
        ("name", Arc::new((0..ROWS).map(|i| Some(format!("name {i}"))).collect::<StringArray>())),
    ]
}

fn write(path: &std::path::Path, statistics: EnabledStatistics) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns().into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(100_000))
        .set_statistics_enabled(statistics)
        .build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn of(path: &std::path::Path, part: Part, time: Option<&str>) -> (Survey, u64) {
    let data = Dataset::open(&[text(path)], &ReadOptions::default()).unwrap();
    let progress = Progress::default();
    let seen = survey(&data, &SurveyOptions { time, part, columns: true, seed: 3 }, &progress);
    (seen, progress.rows.load(Ordering::Relaxed))
}

fn exact(c: &ColumnSurvey) -> String {
    let names: Vec<&String> =
        if c.kind == dosimeter_scan::Kind::Text { c.texts.keys().take(9).collect() } else { vec![] };
    format!(
        "{} {:?} {} {} {:?} {:?} {} {} {names:?}",
        c.name, c.kind, c.present, c.unparsed, c.min, c.max, c.integer, c.overflow
    )
}

fn quantile(c: &ColumnSurvey, q: f64) -> f64 {
    let mut sorted = c.sample.clone();
    sorted.sort_by(f64::total_cmp);
    sorted[(q * (sorted.len() - 1) as f64) as usize]
}

#[test]
fn an_excerpt_knows_what_all_rows_know() {
    let folder = Folder::new();
    let (told, untold) = (folder.path("told.parquet"), folder.path("untold.parquet"));
    write(&told, EnabledStatistics::Chunk);
    write(&untold, EnabledStatistics::None);
    for part in [
        Part::All,
        Part::Before(Cut::Row(370_000)),
        Part::Before(Cut::Row(300_000)),
        Part::Before(Cut::Time(310_000 * DAY / 1000)),
    ] {
        for time in [Some("at"), None] {
            if time.is_none() && matches!(part, Part::Before(Cut::Time(_))) {
                continue;
            }
            let ((some, read), (all, all_read)) = (of(&told, part, time), of(&untold, part, time));
            // The time column is read for itself; beside it less than all.
            let for_times = if time.is_some() { ROWS as u64 } else { 0 };
            assert!(read - for_times < 260_000, "{part:?} {read}");
            assert!(all_read >= ROWS as u64 || time.is_none(), "{part:?} {all_read}");
            assert_eq!(
                (some.rows, some.span, some.rest, some.undated, &some.partition_rows, &some.part_rows),
                (all.rows, all.span, all.rest, all.undated, &all.partition_rows, &all.part_rows),
                "{part:?} {time:?}"
            );
            assert_eq!(some.columns.len(), 8);
            for (a, b) in some.columns.iter().zip(&all.columns) {
                if a.name != "name" {
                    assert_eq!(exact(a), exact(b), "{part:?}");
                }
                assert!(a.overflow == b.overflow && a.present == b.present, "{}", a.name);
                assert!(a.sample.len() * 2 >= b.sample.len(), "{} {}", a.sample.len(), b.sample.len());
                for q in [0.1, 0.5, 0.9].into_iter().filter(|_| !a.sample.is_empty()) {
                    let (x, y, wide) = (quantile(a, q), quantile(b, q), quantile(b, 0.95) - quantile(b, 0.05));
                    assert!((x - y).abs() <= 0.04 * wide, "{part:?} {} {q}: {x} {y}", a.name);
                }
            }
        }
    }
}

#[test]
fn a_category_of_the_other_side_of_the_cut_is_not_known() {
    let folder = Folder::new();
    let path = folder.path("t.parquet");
    write(&path, EnabledStatistics::Chunk);
    let category = |part| {
        let (seen, _) = of(&path, part, None);
        seen.columns.into_iter().find(|c| c.name == "category").unwrap().texts
    };
    assert!(category(Part::All).contains_key("late"));
    let before = category(Part::Before(Cut::Row(340_000)));
    assert!(before.contains_key("once") && !before.contains_key("late"));
}
