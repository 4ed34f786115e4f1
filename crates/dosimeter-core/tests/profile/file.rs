//! The baseline's file: what is written is what is read, and damage is refused by name.

use dosimeter_core::profile::baseline::{Watch, WindowSpec};
use dosimeter_core::profile::file::{FileError, VERSION, decode, encode};
use dosimeter_core::profile::{Baseline, ColumnKind, ColumnSpec, Role};
use proptest::prelude::*;

use super::{Row, grids, profile};

fn baseline() -> Baseline {
    let grids = grids();
    let rows: Vec<(u64, Row)> = (0..400)
        .map(|i| (i, Row { number: (i * 7 % 130) as f64 - 5.0, text: ["a", "b", "zz", ""][i as usize % 4].to_owned() }))
        .collect();
    let mut reference = profile(&grids, &rows);
    reference.finish();
    let spec = |name: &str, kind, grid| ColumnSpec {
        name: name.into(),
        role: Role::Feature,
        kind,
        native: "text".into(),
        integer: false,
        layout: None,
        grid,
    };
    let [number, category] = grids;
    Baseline {
        watch: Watch {
            monitor: "m \u{1f6e1}".into(),
            task: None,
            positive: Some("yes".into()),
            classes: vec!["no".into(), "yes".into()],
            class_scores: Vec::new(),
            metric: None,
            tolerance: Some(0.01),
            threshold: 0.5,
            false_alarms_per_90_days: 1.0,
            every: None,
            seed: u64::MAX,
        },
        window: WindowSpec::Time { span: "1d".into(), zone: "Europe/Lisbon".into() },
        ordered: true,
        columns: vec![spec("x", ColumnKind::Number, number), spec("c", ColumnKind::Category, category)],
        score_edges: vec![0.0, 0.5, 1.0],
        reference,
        files: vec!["a.parquet".into()],
        inferred: vec!["x".into()],
        ignored: vec!["z".into()],
        vectors: Vec::new(),
    }
}

#[test]
fn what_is_written_is_read() {
    let bytes = encode(&baseline()).unwrap();
    let read = decode(&bytes).unwrap();
    assert_eq!(format!("{:?}", read.watch), format!("{:?}", baseline().watch));
    assert_eq!((&read.window, &read.columns), (&baseline().window, &baseline().columns));
    assert_eq!(read.ignored, baseline().ignored);
    assert_eq!(format!("{:?}", read.reference.sample), format!("{:?}", baseline().reference.sample));
    assert_eq!(format!("{:?}", read.reference.windows), format!("{:?}", baseline().reference.windows));
    assert_eq!(encode(&read).unwrap(), bytes, "written again, other bytes");
}

#[test]
fn every_cut_and_every_flipped_bit_is_refused() {
    let bytes = encode(&baseline()).unwrap();
    for length in (0..bytes.len()).step_by(7).chain(0..40) {
        assert!(decode(&bytes[..length]).is_err(), "{length}");
    }
    for bit in (0..bytes.len() * 8).step_by(13).chain(0..200) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn damage_has_a_name() {
    let bytes = encode(&baseline()).unwrap();
    let after = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut b = bytes.clone();
        change(&mut b);
        decode(&b).unwrap_err()
    };
    assert_eq!(after(&|b| b[0] = b'X'), FileError::NotABaseline);
    assert_eq!(after(&|b| b.clear()), FileError::NotABaseline);
    assert_eq!(after(&|b| b[8] = 99), FileError::Version { found: 99 });
    assert_eq!(after(&|b| b.truncate(10)), FileError::NotABaseline);
    assert!(matches!(after(&|b| b.truncate(b.len() - 1)), FileError::Length { .. }));
    assert!(matches!(after(&|b| b.push(0)), FileError::Length { .. }));
    assert!(matches!(after(&|b| b[12..20].fill(0xff)), FileError::Length { .. }));
    assert_eq!(after(&|b| b[30] ^= 1), FileError::Checksum);
    assert!(FileError::Version { found: 99 }.to_string().contains(&VERSION.to_string()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// A payload that lies behind a true checksum: an error or a baseline, never a crash.
    #[test]
    fn lies_behind_a_true_checksum(at in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 1..16)) {
        let mut bytes = encode(&baseline()).unwrap();
        let end = bytes.len() - 4;
        let at = 20 + at.index(end - 20);
        for (b, n) in bytes[at..end].iter_mut().zip(&noise) {
            *b = *n;
        }
        let checksum = crc32fast::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(&checksum.to_le_bytes());
        let _ = decode(&bytes);
    }
}
