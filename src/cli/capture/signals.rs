//! Signals as flags, to be looked at between packets.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What signals asked for.
pub struct Signals {
    end: Arc<AtomicBool>,
    summary: Arc<AtomicBool>,
}

impl Signals {
    /// Takes them over. A second request to end, while the first is being carried out, ends the program at once.
    pub fn take() -> io::Result<Self> {
        let signals = Self { end: Arc::default(), summary: Arc::default() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.end))?;
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        flag::register(SIGUSR1, Arc::clone(&signals.summary))?;
        Ok(signals)
    }

    /// What is set when somebody wants it to end.
    pub fn wanted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.end)
    }

    /// Somebody wants it to end.
    pub fn end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Somebody wants a summary; said once for each time.
    pub fn summary(&self) -> bool {
        self.summary.swap(false, Ordering::Relaxed)
    }
}
