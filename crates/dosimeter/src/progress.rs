//! A line on stderr for what takes over a second, on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dosimeter_scan::pass::Progress;

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
            let rows = progress.rows.load(Ordering::Relaxed);
            let _ = write!(std::io::stderr(), "\r{rows} rows read, {} s \x1b[K", elapsed.as_secs());
            shown = true;
        }
    }
    if shown {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
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
