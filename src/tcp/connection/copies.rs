//! Further captures of a packet: by another interface of the same machine, or by another tap, whose clock may be another and whose
//! capture was merged with this one.

use super::{Connection, Reader};
use crate::packet::{IcmpError, PacketId, Segment};
use crate::tcp::ledger::{COPY_SEARCH, SegmentFact};
use crate::tcp::side::Side;
use crate::time::{Span, Timestamp};

/// Two captures of one packet lie within this time where the packet itself does not prove it (no IP ID, no TCP
/// timestamps): less than any retransmission timer, more than a router or a `-i any` capture takes.
const WITHOUT_PROOF: Span = Span::from_millis(2);
/// Two captures of one packet by one machine whose IP ID or TSval proves it.
const WITH_PROOF: Span = Span::from_secs(1);
/// Hops between two places of one machine at which a packet is captured.
const HOPS_WITHIN: u8 = 2;
/// Hops between two taps: paths of the Internet have up to 30.
const HOPS_BETWEEN: u8 = 32;
/// By no more than this the way from one tap to the other varies between a connection's packets, and by a quarter of it if it is short:
/// queues on the way; resets that follow one another are mostly further apart.
const LAG_VARIES: Span = Span::from_millis(100);
/// Packets that a host sends between two of one connection, at most, if it counts them all (IP ID). Larger, it would only hide copies
/// from hosts that choose the number at random: one of sixteen now.
const COUNTED_AHEAD: u16 = 4_096;

/// Where a packet was captured that the capture has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copied {
    /// By the same machine, as far as its time tells.
    Here,
    /// By another tap: its time says nothing about the connection.
    Elsewhere,
}

impl<R: Reader> Connection<R> {
    /// Whether the capture has this packet already, and where this one was taken.
    pub(super) fn copy(&mut self, segment: &Segment<'_>, from: Side) -> Option<Copied> {
        self.near_copy(segment, from).or_else(|| {
            let old = self.tells_nothing_new(segment, from);
            old.then(|| self.late_copy(segment, from)).flatten()
        })
    }

    /// Whether a segment of another capture is a packet that this one has, by another tap.
    pub fn was_captured(&self, segment: &Segment<'_>) -> bool {
        let from = self.side_of(segment.source);
        let same = |fact: &SegmentFact| is_same(fact, segment, from) && may_be_elsewhere(segment, fact.time);
        self.tells_nothing_new(segment, from) && self.ledger.all().any(same)
    }

    fn near_copy(&mut self, segment: &Segment<'_>, from: Side) -> Option<Copied> {
        if !self.ledger.may_hold_copy(segment) {
            return None;
        }
        let reach = if can_prove(segment) != (false, false) { WITH_PROOF } else { WITHOUT_PROOF };
        let same =
            |fact: &&SegmentFact| is_same(fact, segment, from) && fact.ttl.abs_diff(segment.ip.ttl) <= HOPS_WITHIN;
        let first = self.ledger.recent().take(COPY_SEARCH).find(same)?;
        let (packet, lag, hops) = (first.packet, segment.time - first.time, first.ttl.abs_diff(segment.ip.ttl));
        // Resets that a device makes up may all be alike.
        let by_itself = segment.flags.rst() && self.lag(from).is_none();
        if lag.abs() > reach {
            None
        } else if by_itself {
            self.ledger.mark_copied(packet, false);
            Some(Copied::Here)
        } else {
            Some(self.note_copy(segment, from, packet, (lag, hops)))
        }
    }

    fn note_copy(&mut self, segment: &Segment<'_>, from: Side, first: PacketId, (lag, hops): (Span, u8)) -> Copied {
        let facts = &mut self.sides[from].facts;
        let here = lag.abs() <= WITHOUT_PROOF && hops <= HOPS_WITHIN;
        if here && hops == 0 {
            return Copied::Here;
        }
        self.ledger.mark_copied(first, !here);
        if hops > 0 {
            facts.second_ttl = Some(segment.ip.ttl);
        }
        if here {
            return Copied::Here;
        }
        facts.second_tap = Some(lag);
        Copied::Elsewhere
    }

    /// Its sender had said and acknowledged as much before: a repetition, a late packet, or a copy.
    fn tells_nothing_new(&self, segment: &Segment<'_>, from: Side) -> bool {
        let own = &self.sides[from];
        if segment.flags.syn() {
            return own.facts.syn.is_some_and(|syn| syn.isn == segment.seq);
        }
        if segment.flags.rst() {
            return own.facts.resets > 0;
        }
        let reaches = |base: Option<u32>, offset: Option<i64>, number: u32| {
            let known = base.zip(offset).map(|(base, offset)| base.wrapping_add(offset as u32));
            known.is_some_and(|known| number.wrapping_sub(known).cast_signed() <= 0)
        };
        // What comes late may fill a hole.
        if segment.payload_len > 0 && !own.seen.holes.is_empty() {
            return false;
        }
        let end = segment.seq.wrapping_add(segment.payload_len).wrapping_add(u32::from(segment.flags.fin()));
        reaches(own.base, own.seen.next, end) && reaches(self.sides[from.peer()].base, own.facts.acked, segment.ack)
    }

    /// Whether a segment that tells nothing new is the packet of another tap, by what no repetition has: the IP identification or the
    /// clock of its sender (TSval, RFC 7323 §3) of one that was captured, or that clock as it was before.
    fn late_copy(&mut self, segment: &Segment<'_>, from: Side) -> Option<Copied> {
        // Of a capture whose times had to be put right, they do not tell which came first.
        if self.clock != Span(0) || self.is_new_by_its_header(segment, from) {
            return None;
        }
        if can_prove(segment) == (false, false) && self.lag(from).is_none() {
            return None;
        }
        let same =
            |fact: &&SegmentFact| is_same(fact, segment, from) && fact.ttl.abs_diff(segment.ip.ttl) <= HOPS_BETWEEN;
        // Several resets may look the same: the one whose copy is due.
        let due = |fact: &&SegmentFact| {
            let lag = self.lag(from).unwrap_or_default();
            (fact.copied(), (segment.time - fact.time).0.abs_diff(lag.0))
        };
        let first = self.ledger.all().filter(same).min_by_key(due);
        let first = first.map(|first| (first.packet, first.time, first.ttl));
        if let Some((packet, time, ttl)) = first {
            let (lag, hops) = (segment.time - time, ttl.abs_diff(segment.ip.ttl));
            let is_copy = proves(segment, lag, hops > 0) || self.fits_second_tap(from, lag);
            return is_copy.then(|| self.note_copy(segment, from, packet, (lag, hops)));
        }
        // The first one may be among those that are not kept. Without another tap it is a late packet, whose bytes are compared.
        let clock = segment.options.timestamps.zip(self.ledger.newest_stamp(from));
        let behind = clock.is_some_and(|((stamp, _), (newest, _))| stamp.wrapping_sub(newest).cast_signed() < 0);
        (behind && self.lag(from).is_some()).then_some(Copied::Elsewhere)
    }

    /// Its sender's clock, or counter of packets, stands further than in the newest of its packets: what nearly every repetition shows
    /// without a search.
    fn is_new_by_its_header(&self, segment: &Segment<'_>, from: Side) -> bool {
        let Some(newest) = self.ledger.recent().find(|fact| fact.from == from) else { return true };
        let ahead = match (segment.options.timestamps, newest.timestamps()) {
            (Some((stamp, _)), Some((before, _))) => return stamp.wrapping_sub(before).cast_signed() > 0,
            _ => segment.ip.id.zip(newest.ip_id()).map(|(id, before)| id.wrapping_sub(before)),
        };
        ahead.is_some_and(|ahead| (1..=COUNTED_AHEAD).contains(&ahead))
    }

    /// The same for an ICMP error: the second tap has it too.
    pub(super) fn is_icmp_copy(&self, error: &IcmpError) -> bool {
        let alike = |known: &IcmpError| IcmpError { packet: known.packet, time: known.time, ttl: known.ttl, ..*error };
        let side = self.side_of(error.quoted.source);
        let mut same = self.icmp.iter().filter(|known| alike(known) == **known);
        same.any(|known| self.fits_second_tap(side, error.time - known.time))
    }

    /// It comes as much later than the first one as other copies did.
    fn fits_second_tap(&self, from: Side, lag: Span) -> bool {
        self.lag(from).is_some_and(|known| {
            let varies = Span(known.abs().0 / 4).clamp(WITHOUT_PROOF, LAG_VARIES);
            lag.0.abs_diff(known.0) <= varies.0.unsigned_abs()
        })
    }

    /// How much later the last copy of a side's packets came, or of its peer's.
    fn lag(&self, side: Side) -> Option<Span> {
        self.sides[side].facts.second_tap.or(self.sides[side.peer()].facts.second_tap)
    }
}

/// Whether a segment like another one is the same packet: a repetition has another identification and time, and no other TTL.
fn proves(segment: &Segment<'_>, lag: Span, elsewhere: bool) -> bool {
    let (has_id, has_stamp) = can_prove(segment);
    has_id && (has_stamp || elsewhere) || has_stamp && (elsewhere || lag.abs() > WITH_PROOF)
}

/// Whether a segment that is like one of this time, and as it shows the same packet, was captured by another tap.
pub(in crate::tcp) fn may_be_elsewhere(segment: &Segment<'_>, first: Timestamp) -> bool {
    can_prove(segment) != (false, false) && segment.time - first > WITHOUT_PROOF
}

/// Whether a segment has an identification that tells, and timestamps.
fn can_prove(segment: &Segment<'_>) -> (bool, bool) {
    (segment.ip.id.is_some_and(|id| id != 0), segment.options.timestamps.is_some())
}

/// All that two captures of one packet have in common, but for what the way changes.
fn is_same(fact: &SegmentFact, segment: &Segment<'_>, from: Side) -> bool {
    fact.from == from
        && fact.raw_seq == segment.seq
        && fact.raw_ack == segment.ack
        && fact.flags == segment.flags
        && fact.len == segment.payload_len
        && fact.window == segment.window
        && fact.ip_id() == segment.ip.id
        && fact.timestamps() == segment.options.timestamps
}
