//! A connection as the tracker keeps it, in outline, and as it is left when it is over.

use super::connection::{Connection, Standing};
use super::facts::{FinishReason, FinishedConnection};
use super::half_open::{HalfOpen, Unanswered};
use super::stream::Reader;
use super::table::Key;
use crate::packet::{Endpoint, PacketId};
use crate::time::{Span, Timestamp};

/// A connection under way, in outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenConnection {
    /// Order of its first packet among all connections of the run.
    pub number: u64,
    /// The client.
    pub client: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// Time of its first packet.
    pub first: Timestamp,
    /// Time of its last packet.
    pub last: Timestamp,
    /// Packets so far.
    pub packets: u64,
}

/// A connection in the table.
pub(super) enum Entry<R> {
    HalfOpen(Box<HalfOpen>),
    Full(Box<Connection<R>>),
}

/// A connection that is no longer tracked, as it was left.
pub struct Over<R> {
    pub(super) key: Key,
    pub(super) entry: Entry<R>,
    pub(super) reason: FinishReason,
    pub(super) observed_until: Timestamp,
}

impl<R: Reader> Over<R> {
    /// Index of the capture of its first packet.
    pub fn first_capture(&self) -> u32 {
        match &self.entry {
            Entry::HalfOpen(half) => half.packet().capture(),
            Entry::Full(connection) => connection.first_packet().capture(),
        }
    }

    /// Memory that it holds, in bytes, about.
    pub fn memory(&self) -> usize {
        self.entry.memory()
    }

    /// If nothing came but a SYN.
    pub fn unanswered(&self) -> Option<Unanswered<'_>> {
        let Entry::HalfOpen(half) = &self.entry else { return None };
        Some(Unanswered { half, key: self.key, reason: self.reason, observed_until: self.observed_until })
    }

    /// What is to be known of it.
    pub fn finish(self) -> FinishedConnection<R> {
        match self.entry {
            Entry::HalfOpen(half) => half.finish(self.key, self.reason, self.observed_until),
            Entry::Full(connection) => connection.finish(self.reason, self.observed_until),
        }
    }
}

impl<R: Reader> Entry<R> {
    pub fn last_packet(&self) -> PacketId {
        match self {
            Self::HalfOpen(half) => half.packet(),
            Self::Full(connection) => connection.last_packet(),
        }
    }

    pub fn number(&self) -> u64 {
        match self {
            Self::HalfOpen(half) => half.number,
            Self::Full(connection) => connection.number(),
        }
    }

    pub fn outline(&self, key: Key) -> OpenConnection {
        match self {
            Self::HalfOpen(half) => {
                let (client, server) = half.ends(key);
                let (first, last) = (half.time(), half.time());
                OpenConnection { number: half.number, client, server, first, last, packets: 1 }
            }
            Self::Full(connection) => connection.outline(),
        }
    }

    pub fn standing(&self) -> Standing {
        match self {
            Self::HalfOpen(_) => Standing::HalfOpen,
            Self::Full(connection) => connection.standing(),
        }
    }

    /// See [`Connection::clock`].
    pub fn clock(&self) -> Span {
        match self {
            Self::HalfOpen(_) => Span::default(),
            Self::Full(connection) => connection.clock(),
        }
    }

    pub fn memory(&self) -> usize {
        match self {
            Self::HalfOpen(_) => size_of::<HalfOpen>(),
            Self::Full(connection) => connection.counted(),
        }
    }
}
