//! What is handed out of a connection that is over.

use super::ledger::{Seen, SegmentFact};
use super::seen::Hole;
use super::side::PerSide;
use super::stream::{Chunk, StreamGap};
use crate::packet::{Endpoint, IcmpError, IncompleteDatagram, PacketId, TcpOptions};
use crate::time::{Span, Timestamp};

/// Why a connection is no longer tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// Both sides closed it, or a reset ended it, and nothing more came.
    Closed,
    /// Nothing was seen for a long time.
    Idle,
    /// The same addresses and ports were used anew.
    PortReused,
    /// A limit was reached: it was judged early.
    Evicted,
    /// The capture ended.
    EndOfCapture,
}

/// The SYN (or SYN+ACK) of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SynFacts {
    /// The first one's packet.
    pub packet: PacketId,
    /// Its time.
    pub time: Timestamp,
    /// Initial sequence number as on the wire.
    pub isn: u32,
    /// Its options.
    pub options: TcpOptions,
    /// Its window, unscaled.
    pub window: u16,
    /// How many were seen, repetitions included.
    pub count: u32,
    /// SYN+ACK.
    pub ack: bool,
}

/// Facts about one side of a connection.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub struct SideFacts {
    // What each segment changes stands together.
    /// Segments sent, copies not counted.
    pub segments: u64,
    /// Payload bytes sent, repetitions included.
    pub bytes: u64,
    /// Highest stream offset of the peer that this side acknowledged.
    pub acked: Option<i64>,
    /// Its SYN, if seen.
    pub syn: Option<SynFacts>,
    /// Segments whose payload had been seen before.
    pub retransmissions: u64,
    /// Segments that filled a hole at once.
    pub out_of_order: u64,
    /// Keep-alive segments.
    pub keepalives: u64,
    /// Segments that advertised a window of 0 (SYN and RST apart).
    pub zero_windows: u64,
    /// RST segments.
    pub resets: u64,
    /// Segments with a wrong TCP checksum.
    pub bad_checksums: u64,
    /// Segments that the capture cut.
    pub cut_segments: u64,
    /// Further copies of packets that were captured more than once.
    pub copies: u64,
    /// Another tap's captures of its packets stand in the capture too: how much later the last of them was captured (less than 0:
    /// earlier), by the way from one to the other and by what their clocks differ.
    pub second_tap: Option<Span>,
    /// Its packets were captured so much later than their times said, which are put right: by another clock than its peer's.
    pub put_later: Span,
    /// The TTL that further captures of its packets have, if it is another one: of that tap, or of another interface.
    pub second_ttl: Option<u8>,
    /// Segments far outside anything plausible, kept out of the stream.
    pub implausible: u64,
    /// Stream offset behind the highest byte seen; a FIN counts one.
    pub seen_end: i64,
    /// Stream offset of the first FIN and its packet.
    pub fin: Option<(i64, PacketId, Timestamp)>,
    /// Bytes of this side never seen although later ones were.
    pub holes: Vec<Hole>,
    /// Bytes of this side that were not delivered to the decoder.
    pub gaps: Vec<StreamGap>,
    /// Further holes and gaps beyond the limit.
    pub gaps_omitted: u64,
    /// Which packet brought which delivered bytes, for the first of them.
    pub chunks: Vec<Chunk>,
    /// First place where a repetition differs from what was seen before.
    pub conflict: Option<(i64, PacketId)>,
    /// How many segments differ so.
    pub conflicts: u64,
    /// Stream offset of the first byte that the decoder got.
    pub origin: i64,
    /// The decoder got the stream from its first byte.
    pub anchored: bool,
}

impl SideFacts {
    /// Puts all its times later, where they stand by a clock that is behind.
    pub(super) fn put_later(&mut self, late: Span) {
        if late == Span::ZERO {
            return;
        }
        self.put_later = late;
        if let Some(syn) = &mut self.syn {
            syn.time = syn.time + late;
        }
        if let Some((_, _, time)) = &mut self.fin {
            *time = *time + late;
        }
        for hole in &mut self.holes {
            hole.opened = hole.opened + late;
        }
        for chunk in &mut self.chunks {
            chunk.time = chunk.time + late;
        }
    }

    /// Counts what is not ordinary in a segment.
    pub(super) fn count(&mut self, fact: &SegmentFact) {
        let add = |counter: &mut u64, is: bool| *counter += u64::from(is);
        let seen = fact.seen();
        add(&mut self.retransmissions, matches!(seen, Seen::Retransmission | Seen::FillsHole));
        add(&mut self.out_of_order, seen == Seen::OutOfOrder);
        add(&mut self.keepalives, seen == Seen::KeepAlive);
        add(&mut self.resets, fact.flags.rst());
        add(&mut self.bad_checksums, fact.bad_checksum());
        add(&mut self.cut_segments, fact.cut());
        add(&mut self.zero_windows, fact.window == 0 && !fact.flags.rst() && !fact.flags.syn());
        if fact.flags.fin() && self.fin.is_none_or(|(_, _, time)| fact.time < time) {
            self.fin = Some((fact.end() - 1, fact.packet, fact.time));
        }
    }
}

/// A connection that is over, or is judged as if it were.
#[derive(Debug)]
pub struct FinishedConnection<R> {
    /// Order of its first packet among all connections of the run.
    pub number: u64,
    /// The client.
    pub client: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// The SYN or SYN+ACK showed who is who; otherwise it was inferred from the port.
    pub roles_observed: bool,
    /// First packet.
    pub first: (PacketId, Timestamp),
    /// Last packet.
    pub last: (PacketId, Timestamp),
    /// Packets, copies included.
    pub packets: u64,
    /// TCP payload bytes, repetitions included.
    pub bytes: u64,
    /// First and last segments, in time order.
    pub segments: Vec<SegmentFact>,
    /// Segments between them that were not kept.
    pub segments_omitted: u64,
    /// Facts of each side.
    pub sides: PerSide<SideFacts>,
    /// What the decoder of each side's stream has.
    pub readers: PerSide<R>,
    /// ICMP errors about it.
    pub icmp: Vec<IcmpError>,
    /// IP datagrams of it that were never complete.
    pub incomplete: Vec<IncompleteDatagram>,
    /// Zeek's history.
    pub history: String,
    /// Zeek's `conn_state`.
    pub conn_state: &'static str,
    /// Some of its packets came out of a tunnel.
    pub tunneled: bool,
    /// Why it is no longer tracked.
    pub reason: FinishReason,
    /// The capture goes on until here; silence after the last packet is known until then.
    pub observed_until: Timestamp,
}
