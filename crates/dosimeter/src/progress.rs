//! A line on stderr for what takes over a second, on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dosimeter_report::number::count;
use dosimeter_scan::pass::{Phase, Progress};

/// Shows how many rows were read, until it is dropped.
pub(crate) struct Ticker {
    progress: Arc<Progress>,
    done: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    pub(crate) fn start(quiet: bool) -> Ticker {
        let progress = Arc::new(Progress::default());
        let done = Arc::new(AtomicBool::new(false));
        let thread = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let (progress, done) = (Arc::clone(&progress), Arc::clone(&done));
            std::thread::spawn(move || tick(&progress, &done))
        });
        Ticker { progress, done, thread }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }
}

fn tick(progress: &Progress, done: &AtomicBool) {
    let start = Instant::now();
    let mut shown = false;
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        let elapsed = start.elapsed();
        if elapsed > Duration::from_secs(1) {
            let rows = progress.rows_of_phase();
            let line = line(progress.phase(), rows, elapsed.as_secs());
            let _ = write!(std::io::stderr(), "\r{line} \x1b[K");
            shown = true;
        }
    }
    if shown {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

/// What is done, how far it is, and since when.
fn line(phase: Phase, rows: u64, seconds: u64) -> String {
    match phase {
        Phase::Opening => format!("opening the files, {seconds} s"),
        Phase::Survey => format!("survey: {} rows, {seconds} s", count(rows)),
        Phase::Profile => format!("profile: {} rows, {seconds} s", count(rows)),
        Phase::Diagnosis => format!("diagnosis, {seconds} s"),
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(t) = self.thread.take() {
            let _ = t.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, line};

    #[test]
    fn names_the_phase_and_groups_digits() {
        assert_eq!(line(Phase::Survey, 123_564, 1), "survey: 123,564 rows, 1 s");
        assert_eq!(line(Phase::Profile, 999, 2), "profile: 999 rows, 2 s");
        assert_eq!(line(Phase::Profile, 1_000_000, 2), "profile: 1,000,000 rows, 2 s");
        assert_eq!(line(Phase::Diagnosis, 0, 3), "diagnosis, 3 s");
    }
}
