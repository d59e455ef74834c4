//! What is known of a side's packets to compare a reset with.

use super::Context;
use crate::diagnose::policy::{ANSWERS_WITHIN, IP_ID_STEP};
use crate::diagnose::tap::initial_ttl;
use crate::tcp::{SegmentFact, Side};
use crate::time::{Span, Timestamp};

/// How a host chooses the IPv4 identification of its packets (`docs/reading-a-reset.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IpIds {
    /// Each one is a little larger than the one before: a counter, of the socket (Linux) or the host (Windows).
    Counter,
    /// Always 0 (FreeBSD, macOS with DF).
    Zero,
    /// In no order (OpenBSD, Cisco IOS), or too few packets to tell.
    Unknown,
}

/// The packets of one side before a reset.
#[derive(Debug)]
pub(super) struct Reference {
    /// TTLs with the number of packets, of this connection or, without any, of the address.
    pub ttls: Vec<(u8, u64)>,
    /// The last IP ID.
    pub last_id: Option<u16>,
    /// How IP IDs are chosen.
    pub ids: IpIds,
    /// The last TSval.
    pub timestamps: Option<u32>,
    /// Packets of this connection that are no resets, later ones included.
    pub packets: usize,
    /// When its last packet before the reset passed.
    pub last_time: Option<Timestamp>,
    /// Some packet of this side has a TOS: the path does not clear it in this direction.
    pub carries_tos: bool,
}

impl Context<'_> {
    pub(super) fn reference(&self, index: usize, side: Side) -> Reference {
        let mut ttls: Vec<(u8, u64)> = Vec::new();
        let own: Vec<&SegmentFact> = self.record.sent_by(side).filter(|f| !f.flags.rst()).collect();
        for fact in &own {
            match ttls.iter_mut().find(|(ttl, _)| *ttl == fact.ttl) {
                Some((_, count)) => *count += 1,
                None => ttls.push((fact.ttl, 1)),
            }
        }
        if ttls.is_empty() {
            let known = self.hosts.get(self.record.endpoint(side).address);
            ttls = known.map(|facts| facts.ttls.clone()).unwrap_or_default();
        }
        let before: Vec<&SegmentFact> =
            self.segments()[..index].iter().filter(|f| f.from == side && !f.flags.rst()).collect();
        Reference {
            ttls,
            last_id: before.iter().rev().find(|f| !f.flags.syn()).or(before.last()).and_then(|f| f.ip_id()),
            ids: ids(&before),
            timestamps: before.iter().rev().find_map(|f| f.timestamps()).map(|(value, _)| value),
            packets: own.len(),
            last_time: before.last().map(|f| f.time),
            carries_tos: own.iter().any(|f| f.tos & DSCP != 0),
        }
    }
}

/// The DSCP bits of the TOS byte; the others are ECN, which routers set on their own (RFC 2474, RFC 3168).
const DSCP: u8 = 0xfc;

fn ids(before: &[&SegmentFact]) -> IpIds {
    // A SYN+ACK of Linux has ID 0 whatever follows.
    let ids: Vec<u16> = before.iter().filter(|f| !f.flags.syn()).filter_map(|f| f.ip_id()).collect();
    let steps = || ids.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    if ids.len() < 2 {
        IpIds::Unknown
    } else if ids.iter().all(|&id| id == 0) {
        IpIds::Zero
    } else if steps().all(|step| (1..=IP_ID_STEP).contains(&step)) {
        IpIds::Counter
    } else {
        IpIds::Unknown
    }
}

impl Reference {
    /// Whether an IP ID is the next one; none where the IDs tell nothing.
    pub fn continues(&self, fact: &SegmentFact) -> Option<bool> {
        match (self.last_id, fact.ip_id()) {
            (Some(last), Some(id)) if last != 0 || id != 0 => {
                let next = (1..=IP_ID_STEP).contains(&id.wrapping_sub(last));
                // A host without a counter proves nothing by a number that is none.
                (next || self.ids == IpIds::Counter || id == 0).then_some(next)
            }
            _ => None,
        }
    }

    /// Whether timestamps are there and go on; none where none were agreed.
    pub fn clock(&self, fact: &SegmentFact) -> Option<bool> {
        match (self.timestamps, fact.timestamps()) {
            (Some(last), Some((value, _))) => Some(value.wrapping_sub(last).cast_signed() >= 0),
            (Some(_), None) => Some(false),
            (None, _) => None,
        }
    }

    /// How long the sender had been silent when the segment came that a reset may answer; zero where the reset does not follow it
    /// at once, but of itself.
    pub fn silent_before(&self, fact: &SegmentFact, trigger: Option<&SegmentFact>) -> Span {
        let (Some(last), Some(trigger)) = (self.last_time, trigger) else { return Span::ZERO };
        let prompt = fact.time - trigger.time <= ANSWERS_WITHIN;
        if prompt { trigger.time - last } else { Span::ZERO }
    }

    /// Its packets start from TTL 64, as those of the systems do that echo a TOS in their resets (Linux, macOS, FreeBSD).
    pub fn echoes_tos(&self) -> bool {
        !self.ttls.is_empty() && self.ttls.iter().all(|&(ttl, _)| initial_ttl(ttl) == 64)
    }

    /// It is a Linux: timestamps, a counter in each socket, TTL 64. It never answers a segment without state by RST+ACK.
    pub fn is_linux(&self) -> bool {
        self.echoes_tos() && self.ids == IpIds::Counter && self.timestamps.is_some()
    }
}
