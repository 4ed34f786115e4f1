//! A baseline that somebody wrote by hand: its checksum is right, its content is not. It is refused or used, and nothing
//! panics.

use std::panic::catch_unwind;

use dosimeter_core::diagnose::{Context, diagnose};
use dosimeter_core::profile::file::decode;

use crate::kit::{Folder, Rng, run};

/// Header before the payload, checksum after it; see `docs/baseline-format.md`.
const HEADER: usize = 20;

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn a_forged_baseline_is_refused_or_used() {
    let folder = Folder::new();
    let table = folder.file("t.csv", table(600));
    let file = folder.join("m.baseline");
    run(&["fit", &table, "--label", "y", "--score", "p", "--time", "at", "--window", "1d", "-o", &file]);
    let honest = std::fs::read(&file).unwrap();
    let current = decode(&honest).unwrap().reference;
    let payload = honest.len() - HEADER - 4;
    let (mut used, mut refused) = (0, 0);
    let mut rng = Rng(7);
    let mut random = move || (rng.bits() >> 1) as usize;
    for round in 0..3_000 {
        let mut bytes = honest.clone();
        // The front has names, kinds, edges; every second forgery is made there.
        let reach = if round % 2 == 0 { payload.min(3_000) } else { payload };
        for _ in 0..=random() % 3 {
            bytes[HEADER + random() % reach] = [0, 1, 2, 127, 128, 255, random() as u8][random() % 7];
        }
        match decode(&sealed(bytes)) {
            Err(_) => refused += 1,
            Ok(baseline) => {
                used += 1;
                let outcome = catch_unwind(|| diagnose(&baseline, &current, Context::default()));
                assert!(outcome.is_ok(), "forgery {round}");
            }
        }
    }
    assert!(used > 100 && refused > 100, "{used} used, {refused} refused");
}

fn table(rows: u32) -> String {
    let mut text = "at,x,kind,p,y\n".to_owned();
    for i in 0..rows {
        let (x, p) = (f64::from(i * 7919 % 1009) / 7.0, f64::from(i * 31 % 100) / 100.0);
        let kind = ["a", "b", "c"][(i % 7 % 3) as usize];
        text += &format!("2024-01-{:02}T{:02}:00:00Z,{x},{kind},{p},{}\n", 1 + i / 24, i % 24, u8::from(p > 0.4));
    }
    text
}
