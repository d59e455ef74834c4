//! An unanswered SYN, kept small: scans are made of these.

use super::connection::Connection;
use super::facts::{FinishReason, FinishedConnection, SideFacts, SynFacts};
use super::ledger::{Seen, SegmentFact};
use super::side::{PerSide, Side};
use super::stream::Reader;
use super::table::Key;
use crate::packet::{PacketId, Segment};
use crate::time::Timestamp;

pub(super) struct HalfOpen {
    pub number: u64,
    /// Without its payload; it had none.
    segment: Segment<'static>,
}

impl HalfOpen {
    /// Of a SYN that carries nothing; none of any other segment.
    pub fn of(number: u64, segment: &Segment<'_>) -> Option<Self> {
        let flags = segment.flags;
        let bare = flags.syn() && !flags.ack() && !flags.fin() && !flags.rst() && segment.payload_len == 0;
        bare.then_some(Self { number, segment: Segment { payload: &[], ..*segment } })
    }

    pub fn key(&self) -> Key {
        Key::new(self.segment.source, self.segment.destination)
    }

    pub fn packet(&self) -> PacketId {
        self.segment.packet
    }

    pub fn segment(&self) -> &Segment<'static> {
        &self.segment
    }

    /// Whether a SYN of the same client asks for another connection.
    pub fn is_reused_by(&self, segment: &Segment<'_>) -> bool {
        let asks = segment.flags.syn() && !segment.flags.ack() && self.segment.source == segment.source;
        asks && self.segment.seq != segment.seq
    }

    /// More comes of it.
    pub fn open<R: Reader>(&self) -> Connection<R> {
        let mut connection = Connection::new(self.number, &self.segment, true, true);
        connection.push(&self.segment);
        connection
    }

    /// Nothing came of it: what [`Self::open`] and [`Connection::finish`] would give, without the way there; the reader of a
    /// stream without bytes is not begun.
    pub fn finish<R: Reader>(&self, reason: FinishReason, observed_until: Timestamp) -> FinishedConnection<R> {
        let segment = &self.segment;
        let fact = SegmentFact::new(segment, Side::Client, -1, 0, None, Seen::New);
        let client = SideFacts {
            syn: Some(SynFacts {
                packet: segment.packet,
                time: segment.time,
                isn: segment.seq,
                options: segment.options,
                window: segment.window,
                count: 1,
                ack: false,
            }),
            segments: 1,
            bad_checksums: u64::from(fact.bad_checksum),
            anchored: true,
            ..SideFacts::default()
        };
        FinishedConnection {
            number: self.number,
            client: segment.source,
            server: segment.destination,
            roles_observed: true,
            first: (segment.packet, segment.time),
            last: (segment.packet, segment.time),
            packets: 1,
            bytes: 0,
            segments: vec![fact],
            segments_omitted: 0,
            sides: PerSide { client, server: SideFacts::default() },
            readers: PerSide::default(),
            icmp: Vec::new(),
            incomplete: Vec::new(),
            history: if fact.bad_checksum { "SC" } else { "S" }.to_owned(),
            conn_state: "S0",
            tunneled: segment.tunneled,
            reason,
            observed_until: observed_until.max(segment.time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Checksum, Endpoint, Flags, IpFacts, TcpOptions};
    use crate::tcp::Piece;
    use std::net::{IpAddr, Ipv4Addr};

    #[derive(Debug, Clone, Default)]
    struct Begun(Option<bool>);

    impl Reader for Begun {
        fn begin(&mut self, anchored: bool) {
            self.0 = Some(anchored);
        }
        fn take(&mut self, _: Piece<'_>) {}
        fn wants_bytes(&self) -> bool {
            true
        }
        fn memory(&self) -> usize {
            0
        }
    }

    fn syn(flags: u8) -> Segment<'static> {
        let end = |last, port| Endpoint { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), port };
        Segment {
            packet: PacketId::new(0, 7),
            time: Timestamp(1_000_000_007),
            source: end(1, 40_000),
            destination: end(2, 22),
            ip: IpFacts {
                version: 4,
                ttl: 61,
                tos: 8,
                id: Some(9),
                dont_fragment: true,
                fragmented: false,
                options: false,
            },
            seq: 0xffff_fff0,
            ack: 0,
            flags: Flags(flags),
            window: 0,
            options: TcpOptions { mss: Some(1_460), timestamps: Some((5, 0)), length: 20, ..TcpOptions::default() },
            payload: &[],
            payload_len: 0,
            checksum: Checksum::Invalid,
            source_mac: 3,
            tunneled: true,
        }
    }

    #[test]
    fn the_short_way_ends_where_the_long_one_does() {
        for (flags, until) in [(2, 0), (2, 9_000_000_000), (0xc2, 1_000_000_007)] {
            let half = HalfOpen::of(4, &syn(flags)).expect("a bare SYN");
            let short = half.finish::<Begun>(FinishReason::Idle, Timestamp(until));
            let mut long = half.open::<Begun>().finish(FinishReason::Idle, Timestamp(until));
            assert_eq!(long.readers.client.0, Some(true));
            long.readers = PerSide::default();
            assert_eq!(format!("{short:?}"), format!("{long:?}"));
        }
    }

    #[test]
    fn other_segments_are_no_bare_syn() {
        for flags in [0x12, 3, 6, 0x10] {
            assert!(HalfOpen::of(0, &syn(flags)).is_none());
        }
    }
}
