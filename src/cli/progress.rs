//! Progress on standard error: only on a terminal, and only once the work takes longer than a second.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Packets between two looks at the clock.
const EVERY: u64 = 1 << 15;
/// Work that is done within this time needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells how far the reading is.
pub(super) struct Progress {
    wanted: bool,
    started: Instant,
    bar: Option<ProgressBar>,
    packets: u64,
    captures: usize,
    current: usize,
}

impl Progress {
    /// For so many captures.
    pub fn new(wanted: bool, captures: usize) -> Self {
        let wanted = wanted && std::io::stderr().is_terminal();
        Self { wanted, started: Instant::now(), bar: None, packets: 0, captures, current: 0 }
    }

    /// The next capture begins.
    pub fn capture(&mut self) {
        self.current += 1;
    }

    /// One more packet was read.
    #[inline]
    pub fn packet(&mut self) {
        self.packets += 1;
        if self.packets.is_multiple_of(EVERY) {
            self.show();
        }
    }

    fn show(&mut self) {
        if !self.wanted || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        let packets = indicatif::HumanCount(self.packets);
        bar.set_message(format!("{packets} packets, capture {} of {}", self.current, self.captures));
        bar.tick();
    }

    /// Takes the line away before the report is written.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
