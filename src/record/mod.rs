//! All that was seen of a connection, nothing concluded: the contract between decoding and diagnosis.

mod hosts;
mod milestones;
mod reader;
mod roles;

pub use hosts::{HostFacts, Hosts, Login, Outcome, View, Visit};
pub use milestones::{Mark, Milestones};
pub use reader::SshReader;

use crate::packet::{Endpoint, IcmpError, IncompleteDatagram, PacketId};
use crate::ssh::SshSide;
use crate::tcp::{FinishReason, FinishedConnection, PerSide, SegmentFact, Side, SideFacts};
use crate::time::{Span, Timestamp};

/// How the roles of client and server are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roles {
    /// A SYN or SYN+ACK was seen.
    Observed,
    /// From ports, or from what the sides said.
    Inferred,
}

/// One connection: all that was seen.
#[derive(Debug, Clone)]
pub struct ConnectionRecord {
    /// Order of its first packet among all connections of the run, from 0.
    pub number: u64,
    /// The client.
    pub client: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// How that is known.
    pub roles: Roles,
    /// First packet.
    pub first: (PacketId, Timestamp),
    /// Last packet.
    pub last: (PacketId, Timestamp),
    /// Packets, further copies of one packet included.
    pub packets: u64,
    /// TCP payload bytes, repetitions included.
    pub bytes: u64,
    /// First and last segments in time order, copies left out.
    pub segments: Vec<SegmentFact>,
    /// Segments between them that were not kept.
    pub segments_omitted: u64,
    /// TCP facts by sender.
    pub tcp: PerSide<SideFacts>,
    /// SSH facts by sender. Their ranges count from the first byte that was decoded: see [`ConnectionRecord::offset`].
    pub ssh: PerSide<SshSide>,
    /// ICMP errors about the connection, in time order.
    pub icmp: Vec<IcmpError>,
    /// IP datagrams of it that never became complete.
    pub incomplete: Vec<IncompleteDatagram>,
    /// Zeek's `history`.
    pub history: String,
    /// Zeek's `conn_state`.
    pub conn_state: &'static str,
    /// Some of its packets came out of a tunnel.
    pub tunneled: bool,
    /// Why it is no longer tracked.
    pub reason: FinishReason,
    /// The capture it ended in goes on until here.
    pub observed_until: Timestamp,
    /// The capture it began in starts here.
    pub observed_from: Timestamp,
}

impl ConnectionRecord {
    /// Whether one segment stands for certain behind another: of two taps merged, what only one of them has may stand in the wrong
    /// place, but what both have was captured first by the same one.
    pub fn is_behind(&self, later: &SegmentFact, earlier: &SegmentFact) -> bool {
        let apart = later.time - earlier.time;
        apart > Span::ZERO && (later.copied() && earlier.copied() || self.second_tap().is_none_or(|lag| apart > lag))
    }

    /// How far from those of the first the captures of a second tap stand in the capture, if there are some.
    pub fn second_tap(&self) -> Option<Span> {
        Side::BOTH.iter().filter_map(|&side| self.tcp[side].second_tap).map(Span::abs).max()
    }

    /// The side whose packets were captured by a clock that was behind that of its peer's, and by how much, at least.
    pub fn clocks_apart(&self) -> Option<(Side, Span)> {
        let late = |side: Side| Some((side, self.tcp[side].put_later)).filter(|(_, late)| *late > Span::ZERO);
        late(Side::Client).or_else(|| late(Side::Server))
    }

    /// Takes over a connection that is over. `observed_from` is the time of the first packet of its capture.
    pub fn new(finished: FinishedConnection<SshReader>, observed_from: Timestamp) -> Self {
        Self {
            number: finished.number,
            client: finished.client,
            server: finished.server,
            roles: if finished.roles_observed { Roles::Observed } else { Roles::Inferred },
            first: finished.first,
            last: finished.last,
            packets: finished.packets,
            bytes: finished.bytes,
            segments: finished.segments,
            segments_omitted: finished.segments_omitted,
            tcp: finished.sides,
            ssh: finished.readers.map(SshReader::into_facts),
            icmp: finished.icmp,
            incomplete: finished.incomplete,
            history: finished.history,
            conn_state: finished.conn_state,
            tunneled: finished.tunneled,
            reason: finished.reason,
            observed_until: finished.observed_until,
            observed_from,
        }
    }

    /// The endpoint of a side.
    pub fn endpoint(&self, side: Side) -> Endpoint {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// Stream offset of a byte that the decoder counts from where it began.
    pub fn offset(&self, side: Side, decoded: u64) -> i64 {
        self.tcp[side].origin.saturating_add(i64::try_from(decoded).unwrap_or(i64::MAX))
    }

    /// Segments of one side, in time order.
    pub fn sent_by(&self, side: Side) -> impl DoubleEndedIterator<Item = &SegmentFact> {
        self.segments.iter().filter(move |fact| fact.from == side)
    }

    /// Whether any packet of this side was seen.
    pub fn saw(&self, side: Side) -> bool {
        self.tcp[side].segments > 0
    }
}
