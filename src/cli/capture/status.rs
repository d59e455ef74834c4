//! The line on a terminal that tells how the capture goes.

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// What the line shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Connections under way.
    pub open: usize,
    /// Connections that ended.
    pub ended: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Packets that passed the filter.
    pub packets: u64,
    /// Packets that were lost.
    pub dropped: u64,
}

/// The line; nothing where standard error is no terminal.
pub struct StatusLine {
    bar: Option<ProgressBar>,
    begun: Instant,
    last: (Instant, u64),
}

impl StatusLine {
    pub fn new(wanted: bool) -> Self {
        let bar = (wanted && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        let now = Instant::now();
        Self { bar, begun: now, last: (now, 0) }
    }

    /// Shows these figures. `place` is where it captures, or why it does not at the moment.
    pub fn show(&mut self, place: &str, figures: &Figures) {
        let Some(bar) = &self.bar else { return };
        let (since, packets) = self.last;
        let seconds = since.elapsed().as_secs_f64().max(0.001);
        #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = figures.packets.saturating_sub(packets) as f64 / seconds;
        self.last = (Instant::now(), figures.packets);
        bar.set_message(words(place, figures, rate, self.begun.elapsed()));
        bar.tick();
    }

    /// Does something that prints, with the line out of the way.
    pub fn aside<T>(&self, act: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(act),
            None => act(),
        }
    }

    /// Takes the line away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn words(place: &str, figures: &Figures, rate: f64, age: Duration) -> String {
    let seconds = age.as_secs();
    let clock = format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let Figures { open, ended, failed, packets, dropped } = *figures;
    format!(
        "{place} {clock}  open {open}  ended {ended}  failed {failed}  packets {} ({rate:.0}/s)  dropped {dropped}",
        HumanCount(packets)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_all_figures() {
        let figures = Figures { open: 3, ended: 12, failed: 2, packets: 48_211, dropped: 0 };
        assert_eq!(
            words("eth0", &figures, 1_200.4, Duration::from_secs(3_725)),
            "eth0 1:02:05  open 3  ended 12  failed 2  packets 48,211 (1200/s)  dropped 0"
        );
    }
}
