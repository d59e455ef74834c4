//! What the user sees while a capture runs: lines with a status line below them, or the full screen.

#[cfg(feature = "tui")]
use super::full_screen::FullScreen;
use super::status::{Figures, StatusLine};
use crate::analyzer::{Analyzer, Judged};
use crate::cli::complain;
use crate::report::view::Outcome;
use crate::time::Timestamp;

/// Everything that is said while the capture runs is said through this.
pub struct Face {
    line: StatusLine,
    #[cfg(feature = "tui")]
    full: Option<FullScreen>,
}

impl Face {
    /// Lines; `quiet`: without a status line.
    pub fn lines(quiet: bool) -> Self {
        Self {
            line: StatusLine::new(!quiet),
            #[cfg(feature = "tui")]
            full: None,
        }
    }

    /// The full screen; the terminal is taken over when it is attended first.
    #[cfg(feature = "tui")]
    pub fn full(full: FullScreen) -> Self {
        Self { line: StatusLine::new(false), full: Some(full) }
    }

    /// One line that the user should know.
    pub fn say(&mut self, line: &str) {
        #[cfg(feature = "tui")]
        if let Some(full) = &mut self.full {
            return full.notice(line);
        }
        self.line.aside(|| complain(line));
    }

    /// Does something that prints a report.
    pub fn aside<T>(&self, act: impl FnOnce() -> T) -> T {
        self.line.aside(act)
    }

    /// How the capture stands.
    pub fn show(&mut self, place: &str, figures: &Figures) {
        #[cfg(feature = "tui")]
        if let Some(full) = &mut self.full {
            return full.note(place, figures);
        }
        self.line.show(place, figures);
    }

    /// A connection was judged.
    #[cfg_attr(not(feature = "tui"), allow(clippy::unused_self, unused_variables))]
    pub fn judged(&mut self, judged: &Judged, outcome: Outcome) {
        #[cfg(feature = "tui")]
        if let Some(full) = &mut self.full {
            full.judged(judged, outcome);
        }
    }

    /// Takes keys and draws, where there is a full screen. True: the user wants the capture to end.
    #[cfg_attr(not(feature = "tui"), allow(clippy::unused_self, unused_variables))]
    pub fn attend(&mut self, analyzer: &Analyzer, now: Timestamp) -> bool {
        #[cfg(feature = "tui")]
        if let Some(full) = &mut self.full {
            // A terminal that is gone takes no more keys.
            return full.attend(analyzer, now).unwrap_or(true);
        }
        false
    }

    /// Whether reports cannot be printed meanwhile.
    pub fn is_full(&self) -> bool {
        #[cfg(feature = "tui")]
        return self.full.is_some();
        #[cfg(not(feature = "tui"))]
        false
    }

    /// Gives the terminal back. True: it was a full screen.
    pub fn finish(&mut self) -> bool {
        self.line.finish();
        let full = self.is_full();
        #[cfg(feature = "tui")]
        drop(self.full.take());
        full
    }
}
