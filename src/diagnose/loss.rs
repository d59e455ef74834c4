//! What did not get through: the byte range of a direction that its receiver never acknowledged, and what tells a hole in the
//! path MTU from plain loss or an outage (RFC 1191, 2923, 8899).

use super::finding::Confidence;
use super::policy::{
    FULL_SIZE_PERCENT, MTU_CERTAIN, MTU_LIKELY, MTU_POSSIBLE, MTU_SMALLEST, STUCK_REPETITIONS, UNANSWERED,
};
use crate::packet::IcmpError;
use crate::record::{ConnectionRecord, Mark};
use crate::tcp::{Seen, SegmentFact, Side};
use crate::time::{Span, Timestamp};

/// What a direction's stuck bytes look like.
#[derive(Debug, Clone)]
pub struct Stuck {
    /// Who sent the bytes.
    pub from: Side,
    /// Stream offset of the first byte that was never acknowledged.
    pub at: i64,
    /// Payload length of the segment that holds it (of the hole, where no copy was seen), in bytes.
    pub len: u32,
    /// Copies seen: the first and its repetitions. Empty where the tap is behind the hole.
    pub copies: Vec<Mark>,
    /// The packet that showed the hole, where no copy was seen.
    pub hole: Option<Mark>,
    /// Largest payload that a segment of this direction may have: the receiver's MSS less the options.
    pub mss: Option<u32>,
    /// The receiver reported later bytes as received (SACK, or a repeated ACK): its packet.
    pub tail_arrived: Option<Mark>,
    /// The first packet of the receiver, later than a round trip after the first copy.
    pub peer_heard: Option<Mark>,
    /// Points for a hole in the path MTU (`docs/path-mtu.md` has the table).
    pub score: i32,
    /// What the points are for.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// DF is set on the sender's segments (or it is IPv6).
    pub dont_fragment: bool,
    /// It lasted until here: the end of the connection or of the capture.
    pub until: Timestamp,
}

impl Stuck {
    /// How sure it is that segments of this size do not pass.
    pub fn mtu_confidence(&self) -> Option<Confidence> {
        if self.len < MTU_SMALLEST {
            return None;
        }
        match self.score {
            MTU_CERTAIN.. => Some(Confidence::Certain),
            MTU_LIKELY.. => Some(Confidence::Likely),
            MTU_POSSIBLE.. => Some(Confidence::Possible),
            _ => None,
        }
    }

    /// First sign of it.
    pub fn first(&self) -> Option<Mark> {
        self.copies.first().copied().or(self.hole)
    }
}

/// Bytes of one side that were not acknowledged by `until`, if the silence about them is long enough to mean something.
pub fn stuck(record: &ConnectionRecord, from: Side, until: Timestamp) -> Option<Stuck> {
    let stray = || record.sent_by(from).find(|fact| fact.len > 0 && record.is_stray(from)).map(SegmentFact::data_start);
    let acked = acked_by(record, from.peer(), until).or_else(stray)?;
    let copies: Vec<&SegmentFact> = record
        .sent_by(from)
        .filter(|fact| {
            fact.time <= until && fact.len > 0 && fact.data_start() <= acked && fact.end() > acked && !fact.flags.rst()
        })
        .collect();
    let hole =
        record.tcp[from].holes.iter().find(|hole| hole.start <= acked && hole.end > acked && hole.opened <= until);
    let mut stuck = match (copies.first(), hole) {
        (Some(first), _) => {
            let repeated = copies.iter().skip(1).map(|fact| fact.len).max();
            let silent = until - first.time;
            if copies.len() <= 1 && silent < UNANSWERED && sacked_behind(record, from, acked).is_none() {
                return None;
            }
            Stuck::new(
                from,
                acked,
                repeated.unwrap_or(first.len),
                copies.iter().map(|f| mark(f)).collect(),
                None,
                until,
            )
        }
        (None, Some(hole)) => {
            let seen_at = Mark { time: hole.opened, packet: hole.packet };
            let len = u32::try_from(hole.end - acked).unwrap_or(u32::MAX);
            Stuck::new(from, acked, len, Vec::new(), Some(seen_at), until)
        }
        (None, None) => return None,
    };
    stuck.weigh(record, acked);
    Some(stuck)
}

/// A hole that the sender healed by smaller segments (RFC 8899): the full-size repetitions, and the smaller one that passed.
pub fn healed(record: &ConnectionRecord, from: Side) -> Option<(Vec<Mark>, Mark, u32, u32)> {
    // What is not sent again was not healed by sending it again; nearly always that is all.
    record.sent_by(from).find(|fact| fact.seen() == Seen::Retransmission)?;
    let facts: Vec<&SegmentFact> = record.sent_by(from).filter(|fact| fact.len > 0).collect();
    for (i, first) in facts.iter().enumerate() {
        let same: Vec<&&SegmentFact> =
            facts[i..].iter().filter(|fact| fact.seq == first.seq && fact.len >= first.len.min(1_000)).collect();
        let Some(repeated) = same.iter().skip(1).map(|fact| fact.len.min(first.len)).max() else { continue };
        let smaller = facts[i..].iter().find(|fact| fact.seq == first.seq && fact.len < repeated && fact.len > 256);
        if let Some(smaller) = smaller
            && same.iter().filter(|fact| fact.time < smaller.time).count() > STUCK_REPETITIONS
            && record.sent_by(from.peer()).any(|fact| fact.ack >= smaller.end() && fact.time >= smaller.time)
        {
            return Some((same.iter().map(|fact| mark(fact)).collect(), mark(smaller), repeated, smaller.len));
        }
    }
    None
}

fn mark(fact: &SegmentFact) -> Mark {
    Mark { time: fact.time, packet: fact.packet }
}

/// The highest offset that a side has acknowledged by a time; SYN-only connections have none.
fn acked_by(record: &ConnectionRecord, receiver: Side, until: Timestamp) -> Option<i64> {
    let of = |fact: &SegmentFact| (fact.flags.ack() && !fact.flags.rst() && fact.time <= until).then_some(fact.ack);
    let kept = record.sent_by(receiver).filter_map(of).max();
    // Between the first and the last segments there may be more: the tracker's own maximum covers them.
    let all = record.tcp[receiver].acked.filter(|_| record.segments_omitted > 0);
    kept.max(all)
}

/// The first acknowledgement that reports bytes behind `acked` as received.
fn sacked_behind(record: &ConnectionRecord, from: Side, acked: i64) -> Option<Mark> {
    let reports = |fact: &&SegmentFact| fact.ack == acked && fact.sacks_beyond();
    record.sent_by(from.peer()).find(reports).map(mark)
}

/// Largest payload of a segment: the receiver's MSS less the options that data segments carry (RFC 9293 §3.7.1).
pub fn largest_payload(record: &ConnectionRecord, from: Side) -> Option<u32> {
    let mss = record.tcp[from.peer()].syn?.options.mss.map_or(536, u32::from);
    let options = record.sent_by(from).find(|fact| fact.len > 0).map_or(0, |fact| u32::from(fact.options_len()));
    Some(mss.saturating_sub(options.min(12)))
}

impl Stuck {
    fn new(from: Side, at: i64, len: u32, copies: Vec<Mark>, hole: Option<Mark>, until: Timestamp) -> Self {
        Self {
            from,
            at,
            len,
            copies,
            hole,
            mss: None,
            tail_arrived: None,
            peer_heard: None,
            score: 0,
            reasons: Vec::new(),
            against: Vec::new(),
            dont_fragment: true,
            until,
        }
    }

    fn add(&mut self, points: i32, reason: String) {
        self.score += points;
        if points > 0 { &mut self.reasons } else { &mut self.against }.push(reason);
    }

    fn weigh(&mut self, record: &ConnectionRecord, acked: i64) {
        self.mss = largest_payload(record, self.from);
        if let Some(mss) = self.mss {
            self.len = if self.copies.is_empty() { self.len } else { self.len.min(mss.max(1)) };
        }
        self.tail_arrived = sacked_behind(record, self.from, acked);
        self.peer_heard = self.heard(record);
        self.dont_fragment = record.sent_by(self.from).filter(|fact| fact.len > 0).all(|fact| fact.dont_fragment());
        let passed = largest_passed(record, self.from, acked);
        self.weigh_size(passed);
        if let Some(tail) = self.tail_arrived {
            self.add(3, format!("bytes behind it arrived (SACK in packet {})", tail.packet.number()));
        } else if let Some(small) = small_after(record, self.from, acked, self.first()) {
            self.add(
                3,
                format!("a smaller segment sent later arrived (acknowledged in packet {})", small.packet.number()),
            );
        }
        if passed.0 > 0 && passed.1 >= 2 && u64::from(passed.0) * 100 <= u64::from(self.len) * 93 {
            self.add(2, format!("{} smaller segments passed, the largest of {} bytes", passed.1, passed.0));
        }
        if let Some(icmp) = too_big(record, self.from) {
            self.add(4, format!("ICMP in packet {} says that it is too big", icmp.packet.number()));
        }
        if self.dont_fragment && self.score > 0 {
            self.add(2, "no router may fragment it (DF)".into());
        }
        self.weigh_against(record, acked, passed);
    }

    fn weigh_size(&mut self, passed: (u32, usize)) {
        // A hole may be as long as sequence numbers reach.
        let full =
            self.mss.is_some_and(|mss| u64::from(self.len) * 100 >= u64::from(mss) * u64::from(FULL_SIZE_PERCENT));
        let repetitions = self.copies.len().saturating_sub(1);
        if self.copies.is_empty() {
            if self.mss.is_some_and(|mss| self.len.abs_diff(mss) <= 12) {
                self.add(4, format!("the missing bytes are exactly one full-size segment ({} bytes)", self.len));
                if self.tail_arrived.is_some() || self.hole.is_some() {
                    self.add(2, "no copy of it ever reached this tap, what follows it did".into());
                }
            } else if self.mss.is_some_and(|mss| self.len > mss / 4 && self.len > 400) {
                self.add(2, format!("{} bytes never reached this tap, what follows them did", self.len));
            }
        } else if full && repetitions >= STUCK_REPETITIONS {
            self.add(3, format!("a full-size segment of {} bytes was repeated {repetitions} times", self.len));
        } else if full && repetitions > 0 {
            self.add(1, format!("a full-size segment of {} bytes was repeated", self.len));
        } else if repetitions >= STUCK_REPETITIONS && self.len > passed.0 && self.len > 400 && self.peer_heard.is_some()
        {
            self.add(
                3,
                format!("{} bytes, more than anything that passed, were repeated {repetitions} times", self.len),
            );
        }
    }

    fn weigh_against(&mut self, record: &ConnectionRecord, acked: i64, passed: (u32, usize)) {
        let first = self.first();
        if passed.0 >= self.len && self.len > 0 {
            self.add(-4, format!("a segment of {} bytes passed in the same direction", passed.0));
        }
        let small_lost = record.sent_by(self.from).filter(|fact| {
            fact.seq > acked
                && fact.len > 0
                && fact.len < self.len / 2
                && self.tail_arrived.is_none()
                && fact.seen() == Seen::Retransmission
        });
        if small_lost.count() >= 2 {
            self.add(-3, "small segments were lost as well".into());
        }
        let later = |fact: &&SegmentFact| first.is_some_and(|first| fact.time >= first.time);
        let windows: Vec<u16> = record.sent_by(self.from.peer()).filter(later).map(|fact| fact.window).collect();
        if !windows.is_empty() && windows.iter().all(|&window| window == 0) {
            self.add(-3, "the receiver's window was closed".into());
        }
        if self.peer_heard.is_none() && self.tail_arrived.is_none() {
            self.add(-6, "nothing at all came back after it: an outage looks the same".into());
        }
    }

    /// Any packet of the receiver later than a round trip after the first copy.
    fn heard(&self, record: &ConnectionRecord) -> Option<Mark> {
        let first = self.first()?;
        let rtt = super::tap::halves(record).rtt().unwrap_or(Span::from_millis(100));
        let after = first.time + rtt + Span::from_millis(1);
        record.sent_by(self.from.peer()).find(|fact| fact.time > after && !fact.flags.rst()).map(mark)
    }
}

/// Payload of the largest segment that was acknowledged, cut to the MSS, and how many were.
fn largest_passed(record: &ConnectionRecord, from: Side, acked: i64) -> (u32, usize) {
    let mss = largest_payload(record, from).unwrap_or(u32::MAX);
    let passed = record.sent_by(from).filter(|fact| fact.len > 0 && fact.end() <= acked);
    let sizes: Vec<u32> = passed.map(|fact| fact.len.min(mss)).collect();
    (sizes.iter().copied().max().unwrap_or(0), sizes.len())
}

/// A segment that left after the stuck one, smaller, and is known to have arrived: the peer acknowledged by SACK, or answered a FIN.
fn small_after(record: &ConnectionRecord, from: Side, acked: i64, first: Option<Mark>) -> Option<Mark> {
    let first = first?;
    let duplicate = |fact: &&SegmentFact| fact.is_pure_ack() && fact.ack == acked && fact.time > first.time;
    let sent_small = record.sent_by(from).any(|fact| fact.time > first.time && fact.seq > acked && fact.len < 1_000);
    record.sent_by(from.peer()).find(duplicate).filter(|_| sent_small).map(mark)
}

/// "Fragmentation needed" or "packet too big" about a segment of this side.
pub fn too_big(record: &ConnectionRecord, from: Side) -> Option<&IcmpError> {
    let about = |error: &&IcmpError| error.quoted.source == record.endpoint(from) && is_too_big(error);
    record.icmp.iter().find(about)
}

/// ICMP 3/4 (RFC 1191) or ICMPv6 type 2 (RFC 4443 §3.2).
pub fn is_too_big(error: &IcmpError) -> bool {
    match error.version {
        4 => (error.kind, error.code) == (3, 4),
        _ => error.kind == 2,
    }
}
