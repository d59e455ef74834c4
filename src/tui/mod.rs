//! `--tui`: a running capture on a full screen. The run loop gives a [`Snapshot`] now and then, [`Tui`] shows it and takes keys.
//!
//! What is drawn is a function of the snapshot and of what was selected ([`Screen`]); nothing here knows of packets.

mod draw;
mod keys;
mod screen;
mod terminal;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests;

pub use screen::{Asked, Screen, Subject};
pub use terminal::Tui;

use std::time::Duration;

/// How the capture stands. Texts are shown in one line each; what is not printable in them is escaped.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The interface and its state: `eth0`, `eth0 (down)`.
    pub place: String,
    /// Since the capture began.
    pub elapsed: Duration,
    /// Packets so far.
    pub packets: u64,
    /// Packets in the last second.
    pub rate: u64,
    /// Packets that the kernel dropped.
    pub dropped: u64,
    /// Connections judged.
    pub ended: u64,
    /// Those that failed.
    pub failed: u64,
    /// Connections under way, those listed in `open` and others.
    pub under_way: u64,
    /// Connections under way, the first ones to be shown first.
    pub open: Vec<Open>,
    /// The last verdicts, the newest first.
    pub verdicts: Vec<Verdict>,
    /// What the user should know, such as that the interface went down; may be empty.
    pub notice: String,
    /// The report of the connection that [`Screen::subject`] names, line by line.
    pub detail: Vec<String>,
}

/// A connection under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// Its number, see [`Subject::Open`].
    pub number: u64,
    /// Address and port.
    pub client: String,
    /// Address and port.
    pub server: String,
    /// How far it has come.
    pub phase: String,
    /// Since its first packet.
    pub age: Duration,
    /// Since its last packet.
    pub silent: Duration,
    /// Packets so far.
    pub packets: u64,
    /// One side repeats bytes without an answer.
    pub stalled: bool,
}

/// A connection that was judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Its number, see [`Subject::Ended`].
    pub number: u64,
    /// When it ended, as a clock says it.
    pub time: String,
    /// Address and port.
    pub client: String,
    /// Address and port.
    pub server: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Id of the leading finding.
    pub id: String,
    /// How sure that is.
    pub confidence: String,
}

/// What became of a connection, as far as its colour goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It failed.
    Failed,
    /// Nothing went wrong.
    Healthy,
    /// Too little was seen to say.
    #[default]
    Unclear,
}
