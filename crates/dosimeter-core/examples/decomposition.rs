//! Recovered against true parts, on worlds whose decomposition is known.
//!
//! `cargo run --release -p dosimeter-core --example decomposition -- [WORLDS] [METHOD]`
//!
//! Per kind of world and number of rows: the mean true part, the bias and the root mean square error of the estimate,
//! and how often the 95 % interval covers the truth. All but the coverage in points (hundredths) of the error rate.
// A program may read its arguments and the clock; the library may not.

// A program around the core, which itself has no clock and no arguments.
#![allow(clippy::disallowed_methods)]

use dosimeter_core::decompose::{self, Method, Options, Parts, Sample};
use dosimeter_core::learn;

#[path = "../src/decompose/worlds.rs"]
mod worlds;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let repeats: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(20);
    let method = match arguments.next().as_deref() {
        Some("plug-in") => Method::PlugIn,
        Some("weighting") => Method::Weighting,
        _ => Method::DoublyRobust,
    };
    let only: Option<usize> = arguments.next().and_then(|a| a.parse().ok());
    println!("{method:?}, {repeats} worlds a line; points of the error rate");
    println!("{:<10}{:>6}  |{:^29}|{:^29}|{:^29}| unseen", "world", "rows", "common", "unseen", "concept");
    println!("{:<10}{:>6}  |{h}|{h}|{h}| share  auc", "", "", h = "  truth   bias   rmse  cover ");
    let mut seconds = Vec::new();
    for kind in worlds::KINDS {
        for rows in [1000, 5000, 20_000] {
            if only.is_some_and(|o| o != rows) {
                continue;
            }
            let mut sums = [[0.0; 4]; 3];
            let (mut unseen, mut auc) = (0.0, 0.0);
            let mut timing = 0.0;
            let n = repeats as f64;
            for seed in 0..repeats {
                let world = worlds::World::new(kind, seed);
                let options = Options { method, ..Options::new(seed) };
                let truth = world.truth(options.support_ratio, 200_000);
                let drawn = world.draw(rows, seed + 1000);
                let started = std::time::Instant::now();
                let Some(parts) = parts(&drawn, &options) else {
                    continue;
                };
                timing += started.elapsed().as_secs_f64() / n;
                unseen += 100.0 * parts.unseen_share / n;
                auc += parts.domain_auc / n;
                let found = [parts.inputs_common, parts.inputs_unseen, parts.concept];
                for ((sum, part), truth) in sums.iter_mut().zip(found).zip(truth) {
                    let error = 100.0 * (part.value - truth);
                    let [low, high] = part.interval();
                    // Both are exactly 0 where nothing is unseen; allow the truth its own Monte Carlo error.
                    let covered = low - 5e-4 <= truth && truth <= high + 5e-4;
                    sum[0] += 100.0 * truth / n;
                    sum[1] += error / n;
                    sum[2] += error * error / n;
                    sum[3] += f64::from(covered) / n;
                }
            }
            let cell = |s: [f64; 4]| format!("{:>7.2}{:>7.2}{:>7.2}{:>7.2} ", s[0], s[1], s[2].sqrt(), s[3]);
            let [common, beyond, concept] = sums.map(cell);
            println!("{:<10}{rows:>6}  |{common}|{beyond}|{concept}|{unseen:>6.1} {auc:.3}", format!("{kind:?}"));
            seconds.push((rows, timing));
        }
    }
    for rows in [1000, 5000, 20_000] {
        let own: Vec<f64> = seconds.iter().filter(|s| s.0 == rows).map(|s| s.1).collect();
        println!("{rows} rows: {:.2} s a decomposition", own.iter().sum::<f64>() / own.len().max(1) as f64);
    }
}

fn parts(drawn: &worlds::Drawn, options: &Options) -> Option<Parts> {
    let reference = Sample { inputs: &drawn.reference, loss: &drawn.reference_loss };
    let current = Sample { inputs: &drawn.current, loss: &drawn.current_loss };
    decompose::decompose(reference, current, options).ok()
}
