//! A connection that is stuck while it lasts: one side repeats bytes, and the other does not acknowledge them.

use super::super::entry::OpenConnection;
use super::{Connection, Reader, Seen, SegmentFact, Side};
use crate::time::Timestamp;

/// Bytes that one side repeats without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// Whose bytes they are.
    pub from: Side,
    /// Repetitions of the first byte that is not acknowledged.
    pub repetitions: u32,
    /// Payload length of the segment that is repeated, in bytes.
    pub len: u32,
    /// It is a SYN or SYN+ACK.
    pub syn: bool,
    /// It is as large as this connection's segments can be.
    pub full_size: bool,
    /// When it was sent first.
    pub since: Timestamp,
    /// When it was sent last.
    pub last: Timestamp,
}

/// TCP options in a segment with payload: time stamps, padded (RFC 7323 §3.2).
const TIMESTAMPS: u32 = 12;

impl<R: Reader> Connection<R> {
    /// What is repeated without an answer at the moment.
    pub fn stall(&self) -> Option<Stall> {
        Side::BOTH.into_iter().filter_map(|side| self.stall_of(side)).max_by_key(|stall| stall.repetitions)
    }

    fn stall_of(&self, from: Side) -> Option<Stall> {
        let (own, peer) = (&self.sides[from], &self.sides[from.peer()]);
        let repeated = own.facts.retransmissions > 0;
        // Without any acknowledgment the SYN is the first byte that lacks one.
        let unacknowledged = peer.facts.acked.or(own.start.map(|start| start - 1));
        let (Some(first), Some(next), true) = (unacknowledged, own.seen.next, repeated) else { return None };
        if first >= next {
            return None;
        }
        let holds = |fact: &&SegmentFact| fact.from == from && fact.seq <= first && first < fact.end();
        let mut sent = self.ledger.recent().filter(holds);
        let last = sent.next()?;
        let (mut repetitions, mut since) = (u32::from(last.seen() == Seen::Retransmission), last.time);
        for fact in sent {
            repetitions += u32::from(fact.seen() == Seen::Retransmission);
            since = fact.time;
        }
        let full_size = !last.flags.syn() && self.largest_payload().is_some_and(|most| last.len + TIMESTAMPS >= most);
        Some(Stall { from, repetitions, len: last.len, syn: last.flags.syn(), full_size, since, last: last.time })
    }

    /// The smaller MSS of both sides.
    fn largest_payload(&self) -> Option<u32> {
        let mss = |side: Side| self.sides[side].facts.syn.and_then(|syn| syn.options.mss);
        Some(u32::from(mss(Side::Client)?.min(mss(Side::Server)?)))
    }

    /// What is shown of it while it lasts.
    pub fn outline(&self) -> OpenConnection {
        OpenConnection {
            number: self.number,
            client: self.client,
            server: self.server,
            first: self.first.1,
            last: self.last.1,
            packets: self.packets,
        }
    }
}
