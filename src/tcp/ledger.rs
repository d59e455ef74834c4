//! The headers of a connection's first and last segments, as facts to reason over once it has ended.
//!
//! Everything that a diagnosis asks of single segments ("what did the server send after that reset?", "how often was this
//! one repeated?") is answered from here, in time order, whatever order the file had.

use super::side::Side;
use crate::limits::{FIRST_SEGMENTS, LAST_SEGMENTS, RESETS};
use crate::packet::{Checksum, Flags, PacketId, Segment};
use crate::time::{Span, Timestamp};

/// What the tracker saw in a segment when it came, compared with what it had seen of that side before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// In order, or the first of its kind.
    New,
    /// Begins behind bytes that have not been seen (Wireshark: "previous segment not captured").
    AfterHole,
    /// Fills a hole shortly after it opened: the path or the capture reordered segments.
    OutOfOrder,
    /// Fills a hole long after it opened: the first copy was lost before the tap (or by the capture).
    FillsHole,
    /// Brings bytes that have all been seen before.
    Retransmission,
    /// At most one byte just before the next one expected (RFC 9293 §3.8.4).
    KeepAlive,
}

impl Seen {
    /// In the order of their numbers.
    const ALL: [Self; 6] =
        [Self::New, Self::AfterHole, Self::OutOfOrder, Self::FillsHole, Self::Retransmission, Self::KeepAlive];
}

fn sacks_beyond(segment: &Segment<'_>) -> bool {
    let behind_ack = |number: u32| number.wrapping_sub(segment.ack).cast_signed();
    segment.options.sack.is_some_and(|(left, right)| behind_ack(left) > 0 && behind_ack(right) > behind_ack(left))
}

/// The header of one segment. Sequence numbers are stream offsets: 0 is the first byte after the SYN, the SYN itself is -1.
///
/// These are most of what is kept of a connection and are read again and again. Each fills a line of the processor's cache, no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentFact {
    /// Capture and number.
    pub packet: PacketId,
    /// Time stamp.
    pub time: Timestamp,
    /// Stream offset of the first byte (or of the SYN, FIN or RST itself).
    pub seq: i64,
    /// Stream offset in the peer's stream that is acknowledged; meaningless without the ACK bit.
    pub ack: i64,
    /// Acknowledgment field as on the wire: on a RST without ACK it should be 0.
    pub raw_ack: u32,
    /// Sequence field as on the wire.
    pub raw_seq: u32,
    /// Payload length on the wire in bytes.
    pub len: u32,
    stamps: (u32, u32),
    /// Hash of the source MAC address, 0 where there is none.
    pub source_mac: u16,
    /// Window field, unscaled.
    pub window: u16,
    id: u16,
    /// Sender.
    pub from: Side,
    /// Control bits.
    pub flags: Flags,
    /// TTL or hop limit.
    pub ttl: u8,
    /// TOS or traffic class.
    pub tos: u8,
    marks: u8,
    /// Length of the options in words of four bytes, [`Seen`] from bit 4 on, and [`COPIED_HERE`].
    form: u8,
}

const _: () = assert!(size_of::<SegmentFact>() == 64);

/// Bits of [`SegmentFact::marks`].
const DONT_FRAGMENT: u8 = 1;
const IP_OPTIONS: u8 = 2;
const BAD_CHECKSUM: u8 = 4;
const CUT: u8 = 8;
const SACKS_BEYOND: u8 = 16;
const HAS_STAMPS: u8 = 32;
const HAS_ID: u8 = 64;
const COPIED: u8 = 128;
/// Bit of [`SegmentFact::form`].
const COPIED_HERE: u8 = 128;

impl SegmentFact {
    pub(super) fn new(segment: &Segment<'_>, from: Side, seq: i64, ack: i64, seen: Seen) -> Self {
        let (ip, options) = (&segment.ip, &segment.options);
        let mark = |bit: u8, is: bool| if is { bit } else { 0 };
        let cut = (segment.payload.len() as u64) < u64::from(segment.payload_len);
        let marks = mark(DONT_FRAGMENT, ip.dont_fragment)
            | mark(IP_OPTIONS, ip.options)
            | mark(BAD_CHECKSUM, segment.checksum == Checksum::Invalid)
            | mark(CUT, cut)
            | mark(SACKS_BEYOND, sacks_beyond(segment))
            | mark(HAS_STAMPS, options.timestamps.is_some())
            | mark(HAS_ID, ip.id.is_some());
        Self {
            packet: segment.packet,
            time: segment.time,
            seq,
            ack,
            raw_ack: segment.ack,
            raw_seq: segment.seq,
            len: segment.payload_len,
            stamps: options.timestamps.unwrap_or_default(),
            source_mac: segment.source_mac,
            window: segment.window,
            id: ip.id.unwrap_or_default(),
            from,
            flags: segment.flags,
            ttl: ip.ttl,
            tos: ip.tos,
            marks,
            form: (options.length >> 2) & 0x0f | (seen as u8) << 4,
        }
    }

    /// How it relates to what came before.
    pub fn seen(&self) -> Seen {
        Seen::ALL[usize::from(self.form >> 4 & 7) % Seen::ALL.len()]
    }

    pub(super) fn set_seen(&mut self, seen: Seen) {
        self.form = self.form & (0x0f | COPIED_HERE) | (seen as u8) << 4;
    }

    /// Length of the TCP options in bytes, 0 to 40.
    pub fn options_len(&self) -> u8 {
        (self.form & 0x0f) << 2
    }

    /// IPv4 identification; none for IPv6.
    pub fn ip_id(&self) -> Option<u16> {
        self.is(HAS_ID).then_some(self.id)
    }

    /// DF (always true for IPv6).
    pub fn dont_fragment(&self) -> bool {
        self.is(DONT_FRAGMENT)
    }

    /// IPv4 options were present.
    pub fn ip_options(&self) -> bool {
        self.is(IP_OPTIONS)
    }

    /// TSval and TSecr.
    pub fn timestamps(&self) -> Option<(u32, u32)> {
        self.is(HAS_STAMPS).then_some(self.stamps)
    }

    /// Its first SACK block reports bytes behind `ack` as received (RFC 2018 §3; before it, they were received twice: RFC 2883).
    pub fn sacks_beyond(&self) -> bool {
        self.is(SACKS_BEYOND)
    }

    /// The TCP checksum does not fit.
    pub fn bad_checksum(&self) -> bool {
        self.is(BAD_CHECKSUM)
    }

    /// The capture kept only part of the payload.
    pub fn cut(&self) -> bool {
        self.is(CUT)
    }

    /// A second tap captured it too, later.
    pub fn copied(&self) -> bool {
        self.is(COPIED)
    }

    /// It was captured again, by whatever: a second tap, another interface of the same machine.
    pub fn captured_again(&self) -> bool {
        self.copied() || self.form & COPIED_HERE != 0
    }

    /// In order, whole and with a fitting checksum, of neither beginning nor end, and its sender takes more: as most are.
    pub(super) fn is_ordinary(&self) -> bool {
        let begins_or_ends = self.flags.0 & (Flags::SYN | Flags::FIN | Flags::RST) != 0;
        let damaged = self.marks & (BAD_CHECKSUM | CUT) != 0;
        self.form >> 4 & 7 == Seen::New as u8 && !begins_or_ends && !damaged && self.window != 0
    }

    fn is(&self, bit: u8) -> bool {
        self.marks & bit != 0
    }

    /// Stands before another one: by time, and where the clock tells no difference as the capture has them.
    pub fn precedes(&self, other: &Self) -> bool {
        (self.time, self.packet) < (other.time, other.packet)
    }

    /// Stream offset behind the last byte; SYN and FIN count one (RFC 9293 §3.4).
    pub fn end(&self) -> i64 {
        self.seq
            .saturating_add(i64::from(self.len))
            .saturating_add(i64::from(self.flags.syn()))
            .saturating_add(i64::from(self.flags.fin()))
    }

    /// No payload and neither SYN, FIN nor RST.
    pub fn is_pure_ack(&self) -> bool {
        self.len == 0 && self.flags.ack() && !self.flags.syn() && !self.flags.fin() && !self.flags.rst()
    }

    /// Stream offset of the first payload byte (a SYN may carry data, RFC 7413).
    pub fn data_start(&self) -> i64 {
        self.seq.saturating_add(i64::from(self.flags.syn()))
    }
}

/// How many of the newest segments are searched for the first copy.
pub(super) const COPY_SEARCH: usize = 12;

/// Room for more: eight are a handshake and its end, 32 a handshake with a login, and then by halves: doubling would leave a third
/// of it unused, and these are most of a connection's memory. Says how many bytes it took.
fn grow(facts: &mut Vec<SegmentFact>, most: usize) -> usize {
    if facts.len() < facts.capacity() {
        return 0;
    }
    let before = facts.capacity();
    let further = if facts.is_empty() { 8 } else { (facts.len() / 2).max(24) };
    facts.reserve_exact(further.min(most - facts.len()));
    (facts.capacity() - before) * size_of::<SegmentFact>()
}

/// The first and the last segments of a connection.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub(super) struct Ledger {
    /// Marks of the newest segments: whether one of them may be the same packet is asked for each that comes, and their headers
    /// together are too large to be read every time.
    recent: [u32; COPY_SEARCH],
    pushed: usize,
    first: Vec<SegmentFact>,
    /// Memory held, in bytes.
    bytes: usize,
    last: Vec<SegmentFact>,
    /// Where the next one goes in `last`, once that is full.
    turn: usize,
    omitted: u64,
    /// FINs and RSTs that newer segments pushed out of `last`: closes are never forgotten.
    closes: Vec<SegmentFact>,
}

/// What two copies of a packet have in common, mixed.
fn mark(seq: u32, ack: u32, len: u32) -> u32 {
    seq ^ ack.rotate_left(11) ^ len.rotate_left(22)
}

impl Ledger {
    /// Whether one of the newest segments may have these numbers; false is certain.
    pub fn may_hold_copy(&self, segment: &Segment<'_>) -> bool {
        self.recent.contains(&mark(segment.seq, segment.ack, segment.payload_len))
    }

    /// When a side was first seen to send what ends at this sequence number, as far as its segments are kept.
    pub fn first_to_end(&self, side: Side, end: u32) -> Option<Timestamp> {
        let length = |fact: &SegmentFact| fact.len + u32::from(fact.flags.syn()) + u32::from(fact.flags.fin());
        let ends = |fact: &&SegmentFact| {
            fact.from == side && length(fact) > 0 && fact.raw_seq.wrapping_add(length(fact)) == end
        };
        self.all().filter(ends).map(|fact| fact.time).min()
    }

    /// TSval and time of the newest segment of a side that has one.
    pub fn newest_stamp(&self, side: Side) -> Option<(u32, Timestamp)> {
        self.recent().filter(|fact| fact.from == side).find_map(|fact| Some((fact.timestamps()?.0, fact.time)))
    }

    pub fn push(&mut self, fact: SegmentFact) {
        self.recent[self.pushed % COPY_SEARCH] = mark(fact.raw_seq, fact.raw_ack, fact.len);
        self.pushed = self.pushed.wrapping_add(1);
        if self.first.len() < FIRST_SEGMENTS {
            self.bytes += grow(&mut self.first, FIRST_SEGMENTS);
            self.first.push(fact);
        } else if self.last.len() < LAST_SEGMENTS {
            self.bytes += grow(&mut self.last, LAST_SEGMENTS);
            self.last.push(fact);
        } else if let Some(slot) = self.last.get_mut(self.turn) {
            let pushed_out = std::mem::replace(slot, fact);
            if (pushed_out.flags.fin() || pushed_out.flags.rst()) && self.closes.len() < RESETS {
                self.bytes += grow(&mut self.closes, RESETS);
                self.closes.push(pushed_out);
            } else {
                self.omitted += 1;
            }
            self.turn = (self.turn + 1) % LAST_SEGMENTS;
        }
    }

    /// All entries that are kept.
    pub fn all(&self) -> impl Iterator<Item = &SegmentFact> {
        self.first.iter().chain(&self.last).chain(&self.closes)
    }

    /// Notes that this packet was captured a second time: by another tap, or by the same machine.
    pub fn mark_copied(&mut self, packet: PacketId, elsewhere: bool) {
        let mut all = self.first.iter_mut().chain(&mut self.last).chain(&mut self.closes);
        match all.find(|fact| fact.packet == packet) {
            Some(fact) if elsewhere => fact.marks |= COPIED,
            Some(fact) => fact.form |= COPIED_HERE,
            None => {}
        }
    }

    /// The newest entries first.
    pub fn recent(&self) -> impl Iterator<Item = &SegmentFact> {
        let turn = self.turn.min(self.last.len());
        let (newer, older) = self.last.split_at(turn);
        newer.iter().rev().chain(older.iter().rev()).chain(self.first.iter().rev())
    }

    /// The roles turned out to be the other way round.
    pub fn swap_sides(&mut self) {
        for fact in self.first.iter_mut().chain(&mut self.last).chain(&mut self.closes) {
            fact.from = fact.from.peer();
        }
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// All entries in time order and the number of those between that were not kept. `shift` is added to the
    /// stream offsets of each side, for the case that its SYN came late in the file, `later` to its times.
    pub fn into_sorted(self, shift: impl Fn(Side) -> i64, later: impl Fn(Side) -> Span) -> (Vec<SegmentFact>, u64) {
        let mut all = self.first;
        all.extend(self.last);
        all.extend(self.closes);
        for fact in &mut all {
            let (own, other) = (shift(fact.from), shift(fact.from.peer()));
            fact.seq = fact.seq.saturating_add(own);
            fact.ack = fact.ack.saturating_add(other);
            fact.time = fact.time + later(fact.from);
        }
        all.sort_by_key(|fact| (fact.time, fact.packet));
        (all, self.omitted)
    }
}
