//! Decodes files and drops the batches: the reader's own speed, without any statistics.
//!
//! `cargo run --release -p dosimeter-scan --example decode -- FILE...`

use dosimeter_scan::{Dataset, ReadError, ReadOptions};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

fn main() -> Result<(), ReadError> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let start = Instant::now();
    let data = Dataset::open(&paths, &ReadOptions::default())?;
    let opened = start.elapsed();
    let parts = data.partitions();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(parts.len());
    let (next, rows, cells) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = data.read(part, None).and_then(|reader| {
                        for batch in reader {
                            let batch = batch?;
                            rows.fetch_add(batch.rows, Ordering::Relaxed);
                            cells.fetch_add(batch.rows * batch.columns.len(), Ordering::Relaxed);
                        }
                        Ok(())
                    });
                    if let Err(e) = outcome {
                        eprintln!("{e}");
                    }
                }
            });
        }
    });
    let took = start.elapsed();
    let bytes: u64 = data.files.iter().map(|f| f.bytes).sum();
    let rate = bytes as f64 / 1e6 / took.as_secs_f64();
    println!(
        "opened in {opened:.3?}, decoded {rows:?} rows, {cells:?} cells on {threads} threads in {took:.3?}, {rate:.0} MB/s"
    );
    for problem in data.problems() {
        println!("{problem}");
    }
    Ok(())
}
