//! An unanswered SYN, kept small: scans are made of these.

use super::connection::{Connection, copies};
use super::facts::{FinishReason, FinishedConnection, SideFacts, SynFacts};
use super::ledger::{Seen, SegmentFact};
use super::side::{PerSide, Side};
use super::stream::Reader;
use super::table::Key;
use crate::packet::{Checksum, Endpoint, Flags, IpFacts, PacketId, Segment, TcpOptions};
use crate::time::Timestamp;

/// The SYN without what its key says. With its place in the table it takes less than 200 bytes.
pub(super) struct HalfOpen {
    pub number: u64,
    packet: PacketId,
    time: Timestamp,
    seq: u32,
    source_mac: u16,
    timestamps: Option<(u32, u32)>,
    ip: IpFacts,
    mss: Option<u16>,
    window: u16,
    window_scale: Option<u8>,
    flags: Flags,
    options_length: u8,
    checksum: Checksum,
    sack_permitted: bool,
    malformed: bool,
    tunneled: bool,
    /// The sender is the lower endpoint of the key.
    from_lower: bool,
}

impl HalfOpen {
    /// Of a SYN that carries nothing; none of any other segment.
    pub fn of(number: u64, segment: &Segment<'_>) -> Option<Self> {
        let (flags, options) = (segment.flags, &segment.options);
        let bare = flags.syn() && !flags.ack() && !flags.fin() && !flags.rst() && segment.payload_len == 0;
        // An acknowledgment number or SACK blocks have no place in a SYN and none here.
        (bare && segment.ack == 0 && options.sack.is_none()).then(|| Self {
            number,
            packet: segment.packet,
            time: segment.time,
            seq: segment.seq,
            source_mac: segment.source_mac,
            timestamps: options.timestamps,
            ip: segment.ip,
            mss: options.mss,
            window: segment.window,
            window_scale: options.window_scale,
            flags,
            options_length: options.length,
            checksum: segment.checksum,
            sack_permitted: options.sack_permitted,
            malformed: options.malformed,
            tunneled: segment.tunneled,
            from_lower: segment.source <= segment.destination,
        })
    }

    pub fn packet(&self) -> PacketId {
        self.packet
    }

    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Client and server.
    pub fn ends(&self, key: Key) -> (Endpoint, Endpoint) {
        if self.from_lower { (key.lower(), key.higher()) } else { (key.higher(), key.lower()) }
    }

    pub fn segment(&self, key: Key) -> Segment<'static> {
        let (source, destination) = self.ends(key);
        Segment {
            packet: self.packet,
            time: self.time,
            source,
            destination,
            ip: self.ip,
            seq: self.seq,
            ack: 0,
            flags: self.flags,
            window: self.window,
            options: TcpOptions {
                mss: self.mss,
                window_scale: self.window_scale,
                sack_permitted: self.sack_permitted,
                sack: None,
                timestamps: self.timestamps,
                length: self.options_length,
                malformed: self.malformed,
            },
            payload: &[],
            payload_len: 0,
            checksum: self.checksum,
            source_mac: self.source_mac,
            tunneled: self.tunneled,
        }
    }

    /// Whether a SYN asks for another connection than this one between the same endpoints.
    pub fn is_reused_by(&self, segment: &Segment<'_>) -> bool {
        let same_source = (segment.source <= segment.destination) == self.from_lower;
        segment.flags.syn() && !segment.flags.ack() && same_source && self.seq != segment.seq
    }

    /// Whether a SYN is this one, captured by another tap.
    pub fn was_captured(&self, segment: &Segment<'_>) -> bool {
        let same = (self.seq, self.timestamps, self.ip.id) == (segment.seq, segment.options.timestamps, segment.ip.id);
        same && segment.flags == self.flags && copies::may_be_elsewhere(segment, self.time)
    }

    /// More comes of it.
    pub fn open<R: Reader>(&self, key: Key) -> Connection<R> {
        let segment = self.segment(key);
        let mut connection = Connection::new(self.number, &segment, true, true);
        connection.push(&segment);
        connection
    }

    /// Nothing came of it: what [`Self::open`] and [`Connection::finish`] would give, without the way there; the reader of a
    /// stream without bytes is not begun.
    pub fn finish<R: Reader>(
        &self,
        key: Key,
        reason: FinishReason,
        observed_until: Timestamp,
    ) -> FinishedConnection<R> {
        let segment = &self.segment(key);
        let fact = SegmentFact::new(segment, Side::Client, -1, 0, Seen::New);
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
            bad_checksums: u64::from(fact.bad_checksum()),
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
            history: if fact.bad_checksum() { "SC" } else { "S" }.to_owned(),
            conn_state: "S0",
            tunneled: segment.tunneled,
            reason,
            observed_until: observed_until.max(segment.time),
        }
    }
}

/// An unanswered SYN that is over.
pub struct Unanswered<'a> {
    pub(super) half: &'a HalfOpen,
    pub(super) key: Key,
    pub(super) reason: FinishReason,
    pub(super) observed_until: Timestamp,
}

impl Unanswered<'_> {
    /// Order of it among all connections of the run.
    pub fn number(&self) -> u64 {
        self.half.number
    }

    /// The client and the server.
    pub fn ends(&self) -> (Endpoint, Endpoint) {
        self.half.ends(self.key)
    }

    /// Its packet and time.
    pub fn first(&self) -> (PacketId, Timestamp) {
        (self.half.packet, self.half.time)
    }

    /// The SYN.
    pub fn segment(&self) -> Segment<'static> {
        self.half.segment(self.key)
    }

    /// TTL or hop limit of the SYN.
    pub fn ttl(&self) -> u8 {
        self.half.ip.ttl
    }

    /// Why it is no longer tracked.
    pub fn reason(&self) -> FinishReason {
        self.reason
    }

    /// The capture goes on until here.
    pub fn observed_until(&self) -> Timestamp {
        self.observed_until.max(self.half.time)
    }

    /// All that is to be known of it.
    pub fn finish<R: Reader>(&self) -> FinishedConnection<R> {
        self.half.finish(self.key, self.reason, self.observed_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::crafted::{Begun, segment};

    #[test]
    fn the_short_way_ends_where_the_long_one_does() {
        for (flags, until) in [(2, 0), (2, 9_000_000_000), (0xc2, 1_000_000_007)] {
            let syn = segment(flags);
            let key = Key::new(syn.source, syn.destination);
            let half = HalfOpen::of(4, &syn).expect("a bare SYN");
            assert_eq!(format!("{:?}", half.segment(key)), format!("{syn:?}"));
            let short = half.finish::<Begun>(key, FinishReason::Idle, Timestamp(until));
            let mut long = half.open::<Begun>(key).finish(FinishReason::Idle, Timestamp(until));
            assert_eq!(long.readers.client.0, Some(true));
            long.readers = PerSide::default();
            assert_eq!(format!("{short:?}"), format!("{long:?}"));
        }
    }

    #[test]
    fn other_segments_are_no_bare_syn() {
        for flags in [0x12, 3, 6, 0x10] {
            assert!(HalfOpen::of(0, &segment(flags)).is_none());
        }
    }
}
