//! How well changes are dated, on series whose change is known; and the change points of a series on standard input.
//!
//! `cargo run --release -p dosimeter-core --example onset -- simulate [REPEATS]`
//! `cargo run --release -p dosimeter-core --example onset -- segment < SERIES`, one number a line; prints where levels begin
//!
//! `simulate` prints a line per world and strength (in standard errors of a window): how often a change is found, the mean
//! and the spread of the error of its date in windows, how often the 95 % interval covers the truth, and how often its shape is
//! named right; then how often a trend is called steady and its interval covers the time at which a level is reached.
// A program around the core, which itself has no clock and no arguments.
#![allow(clippy::disallowed_methods)]

use std::io::Read;

use dosimeter_core::evidence::onset::{Stretch, levels, onset_interval, stretches_and_ramps};
use dosimeter_core::evidence::trend::trend;
use dosimeter_core::simulate::Rng;

const WINDOWS: usize = 48;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("segment") => segment(),
        _ => simulate(arguments.next().and_then(|a| a.parse().ok()).unwrap_or(400)),
    }
}

/// Levels of a series of which no part is known to be healthy: noise is what differs from one value to the next.
fn segment() {
    let mut text = String::new();
    if std::io::stdin().read_to_string(&mut text).is_err() {
        return;
    }
    let values: Vec<f64> = text.split_whitespace().filter_map(|v| v.parse().ok()).collect();
    let mut steps: Vec<f64> = values.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    steps.sort_by(f64::total_cmp);
    // The median of absolute differences of normal noise is 0.954 of its standard deviation.
    let typical = steps.get(steps.len() / 2).copied().unwrap_or(1.0) / 0.954;
    let first = &values[..values.len().min(10)];
    let base = first.iter().sum::<f64>() / first.len().max(1) as f64;
    let deviations: Vec<f64> = values.iter().map(|v| v - base).collect();
    let variances = vec![typical.max(1e-9).powi(2); values.len()];
    let list = stretches_and_ramps(&deviations, &variances);
    for level in levels(&deviations, &variances, &list, 0.0, 0.0).iter().skip(1) {
        println!("{}", level.from);
    }
}

/// Noise of variance 1 a window: sampling alone, or half of it wobble that lasts.
fn noise(rng: &mut Rng, lasting: Option<f64>, wobble: &mut f64) -> f64 {
    let Some(rho) = lasting else { return rng.standard_normal() };
    *wobble = rho * *wobble + (1.0 - rho * rho).sqrt() * rng.standard_normal();
    (*wobble + rng.standard_normal()) * 0.5f64.sqrt()
}

fn simulate(repeats: u64) {
    println!("{WINDOWS} windows, {repeats} series a line");
    println!("world     change   size  found   bias spread  width  cover  shape");
    for (world, lasting) in [("iid", None), ("wobbling", Some(0.5))] {
        for (change, length) in [("none", 0.0), ("step", 0.0), ("ramp", 10.0)] {
            for size in [2.0, 4.0, 8.0, 16.0] {
                if change == "none" && size > 2.0 {
                    continue;
                }
                let line = dated(repeats, lasting, if change == "none" { 0.0 } else { size }, length);
                println!("{world:<10}{change:<8}{size:>5}{line}");
            }
        }
    }
    println!("\nworld     course   steady  cover");
    for (world, lasting) in [("iid", None), ("wobbling", Some(0.5))] {
        for course in ["still", "step", "ended", "line"] {
            println!("{world:<10}{course:<8}{}", extrapolated(repeats, lasting, course));
        }
    }
}

fn dated(repeats: u64, lasting: Option<f64>, size: f64, length: f64) -> String {
    let (mut found, mut covered, mut named, mut width, mut errors) = (0u64, 0u64, 0u64, 0.0, Vec::new());
    for seed in 0..repeats {
        let mut rng = Rng::of(seed, (size * 10.0 + length) as u64);
        // Anywhere inside a window.
        let start = 14.0 + 10.0 * rng.uniform();
        let mut wobble = rng.standard_normal();
        let y: Vec<f64> = (0..WINDOWS)
            .map(|i| {
                let mean: f64 = (0..20)
                    .map(|k| {
                        let past = i as f64 + (f64::from(k) + 0.5) / 20.0 - start;
                        if length > 0.0 { (past / length).clamp(0.0, 1.0) } else { f64::from(u8::from(past >= 0.0)) }
                    })
                    .sum::<f64>()
                    / 20.0;
                size * mean + noise(&mut rng, lasting, &mut wobble)
            })
            .collect();
        let variances = [1.0; WINDOWS];
        let list = stretches_and_ramps(&y, &variances);
        let Some(at) = list.iter().position(|s| s.shifted) else { continue };
        let (low, high) = onset_interval(&y, &variances, &list, at);
        found += 1;
        width += high - low;
        covered += u64::from((low..=high).contains(&start));
        named += u64::from(list.get(at).is_some_and(Stretch::is_ramp) == (length > 0.0));
        errors.push(list.get(at).map_or(0, |s| s.from) as f64 - start);
    }
    let n = found.max(1) as f64;
    let bias = errors.iter().sum::<f64>() / n;
    let spread = (errors.iter().map(|e| (e - bias).powi(2)).sum::<f64>() / n).sqrt();
    format!(
        "{:>7.3}{bias:>7.2}{spread:>7.2}{:>7.1}{:>7.3}{:>7.3}",
        found as f64 / repeats as f64,
        width / n,
        covered as f64 / n,
        named as f64 / n
    )
}

fn extrapolated(repeats: u64, lasting: Option<f64>, course: &str) -> String {
    let (mut said, mut covered) = (0u64, 0u64);
    for seed in 0..repeats {
        let mut rng = Rng::of(seed, 977);
        let mut wobble = rng.standard_normal();
        let x: Vec<f64> = (0..24).map(|i| f64::from(i) + 0.5).collect();
        let y: Vec<f64> = x
            .iter()
            .map(|x| {
                let mean = match course {
                    "line" => 0.25 * x,
                    "step" => 6.0 * f64::from(u8::from(*x > 12.0)),
                    "ended" => 0.6 * x.min(10.0),
                    _ => 0.0,
                };
                mean + noise(&mut rng, lasting, &mut wobble)
            })
            .collect();
        let (sampling, of_wobble) = if lasting.is_some() { (0.5, 0.5) } else { (1.0, 0.0) };
        let Some(t) = trend(&x, &y, &[sampling; 24], of_wobble, lasting.unwrap_or(0.0)) else { continue };
        if !t.steady || t.p_rising() >= 0.0025 {
            continue;
        }
        said += 1;
        // The line comes to 9 at 36.
        covered += u64::from(t.reaches(9.0).is_some_and(|(_, [low, high])| (low..=high).contains(&36.0)));
    }
    let cover = if course == "line" { format!("{:>7.3}", covered as f64 / said.max(1) as f64) } else { String::new() };
    format!("{:>7.3}{cover}", said as f64 / repeats as f64)
}
