//! Verdicts in, reports out: one shape ([`view`]), a writer for each format. Nothing is concluded here.

pub mod algorithms;
pub mod escape;
pub mod explanation;
pub mod groups;
pub mod interfaces;
pub mod json;
pub mod jsonl;
pub mod moment;
mod schema;
mod series;
pub mod tally;
pub mod text;
pub mod view;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod samples;

pub use schema::schema;

use crate::time::Span;
use std::io;
use view::{Brief, Capture, Connection, Host, Summary};

/// What is known when everything has been read.
#[derive(Debug, Clone, Default)]
pub struct Tail {
    /// The captures that were read.
    pub captures: Vec<Capture>,
    /// What only several connections show.
    pub hosts: Vec<Host>,
    /// The counts.
    pub summary: Summary,
}

/// Writes a report while the captures are read: each connection as it is judged, the rest at the end.
pub trait Reporter {
    /// A capture is opened; connections name it by its index from now on.
    fn capture(&mut self, _index: u32, _path: &str) -> io::Result<()> {
        Ok(())
    }

    /// A connection was judged. False where this report takes more of it than that: [`Self::connection`] follows.
    fn brief(&mut self, _brief: &Brief<'_>) -> io::Result<bool> {
        Ok(false)
    }

    /// A connection was judged, and its brief was not enough.
    fn connection(&mut self, connection: &Connection) -> io::Result<()>;

    /// Nothing more is to be said at the moment: readers see what was written so far.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// A connection is stuck: `what` says how, the connection is as if it ended now. It follows again when it has ended.
    fn stuck(&mut self, _connection: &Connection, _what: &str) -> io::Result<()> {
        Ok(())
    }

    /// A connection that was stuck goes on after so long.
    fn goes_on(&mut self, _client: view::Endpoint, _server: view::Endpoint, _after: Span) -> io::Result<()> {
        Ok(())
    }

    /// All captures were read. Nothing follows.
    fn finish(&mut self, tail: &Tail) -> io::Result<()>;
}

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people.
    Text,
    /// One document.
    Json,
    /// A line for each connection, then one for the summary.
    Jsonl,
}

impl Format {
    /// All formats with name and what they are for.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Text, "text", "for people"),
        (Self::Json, "json", "one document, see docs/report.schema.json"),
        (Self::Jsonl, "jsonl", "one connection a line as it is judged, then one summary line"),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }

    /// The format that a file's extension asks for; `.txt` is text as well.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "text" | "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}
