//! Who sent a reset: its shape, its distance, its timing and what its alleged sender does afterwards (RFC 9293 §3.5.2,
//! RFC 5961; Weaver et al., NDSS 2009). The argument is kept, for and against.

mod maker;
mod reference;

use super::finding::Confidence;
use super::tap::{Halves, halves};
use crate::record::{ConnectionRecord, Hosts};
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

/// What a reset did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It ended the connection (or would have, had it been alive).
    Ended,
    /// Its receiver went on: out of sequence, answered by a challenge ACK (RFC 5961 §3), or never accepted.
    Ignored,
    /// It answers stragglers of a connection that its sender had closed before.
    AfterClose,
}

/// Who made a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The kernel of its sender, from the live socket: the process closed with unread bytes, or was killed.
    LiveSocket,
    /// The kernel of its sender, for a connection that it does not (or no longer) know.
    NoSocket,
    /// The kernel of its sender, for a port on which nothing listens.
    ClosedPort,
    /// A packet filter's rejection, on the host itself or on the way.
    Filter,
    /// A device between that spoke in its sender's name.
    Device,
    /// The packets do not tell.
    Unknown,
}

/// One reset, judged.
#[derive(Debug, Clone)]
pub struct Reset {
    /// Index in the record's segments.
    pub index: usize,
    /// Its alleged sender.
    pub from: Side,
    /// What it did.
    pub effect: Effect,
    /// Who made it.
    pub maker: Maker,
    /// How sure `maker` is.
    pub confidence: Confidence,
    /// It was sent by someone else than its source address (at least likely).
    pub forged: bool,
    /// What speaks for it, a clause each.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
}

/// Judges every reset of a connection, in time order.
pub fn judge(record: &ConnectionRecord, hosts: &Hosts) -> Vec<Reset> {
    let context = Context { record, hosts, halves: halves(record) };
    let mut resets: Vec<Reset> = Vec::new();
    for (index, fact) in record.segments.iter().enumerate().filter(|(_, fact)| fact.flags.rst()) {
        let effect = context.effect(index, fact, &resets);
        resets.push(context.judge(index, fact, effect));
    }
    context.compare_series(&mut resets);
    resets
}

/// A connection whose resets are judged.
struct Context<'a> {
    record: &'a ConnectionRecord,
    hosts: &'a Hosts,
    halves: Halves,
}

impl Context<'_> {
    fn segments(&self) -> &[SegmentFact] {
        &self.record.segments
    }

    /// The last segment of the other side before a reset: what it may answer.
    fn trigger(&self, index: usize, fact: &SegmentFact) -> Option<&SegmentFact> {
        let before = self.segments().get(..index)?;
        let fits = |f: &&SegmentFact| f.from != fact.from && (fact.flags.ack() || f.raw_ack == fact.raw_seq);
        let last = || before.iter().rev().find(|f| f.from != fact.from);
        before.iter().rev().find(fits).or_else(last)
    }

    fn effect(&self, index: usize, fact: &SegmentFact, earlier: &[Reset]) -> Effect {
        // Whatever its flags (OpenBSD and others answer late data with RST+ACK): the FIN was the close.
        let closed_before = self.segments()[..index].iter().any(|f| f.from == fact.from && f.flags.fin());
        if closed_before {
            return Effect::AfterClose;
        }
        let bare = !fact.flags.ack();
        if self.receiver_went_on(index, fact) {
            return Effect::Ignored;
        }
        let ended = earlier.iter().any(|reset| reset.effect == Effect::Ended);
        if ended && bare { Effect::AfterClose } else { Effect::Ended }
    }

    /// Whether the receiver sent anything but resets once the reset had reached it. What it had sent before may still pass
    /// the tap for one trip from there and back.
    fn receiver_went_on(&self, index: usize, fact: &SegmentFact) -> bool {
        let receiver = fact.from.peer();
        let half = match receiver {
            Side::Client => self.halves.client,
            Side::Server => self.halves.server,
        };
        let reach =
            half.map_or(Span::from_millis(50), |half| Span(half.0.saturating_mul(3) / 2)).max(Span::from_millis(2));
        let after = &self.segments()[index + 1..];
        let before = &self.segments()[..index];
        let sent = before.iter().filter(|f| f.from == fact.from && !f.flags.rst()).map(SegmentFact::end).max();
        let expected =
            before.iter().rev().find(|f| f.from == receiver && f.flags.ack() && !f.flags.rst()).map(|f| f.ack);
        // In line with what its sender had sent: what still comes for a round trip acknowledges that, it does not challenge.
        let exact = expected.is_none_or(|ack| ack == fact.seq) || sent == Some(fact.seq);
        let alive = |f: &SegmentFact| {
            f.from == receiver && !f.flags.rst() && !(f.flags.syn() && fact.flags.ack() && !f.flags.ack())
        };
        // A challenge repeats what was acknowledged before; an ACK that goes further answers data on the way (RFC 5961 §3.2).
        let repeats = |f: &SegmentFact| f.is_pure_ack() && Some(f.ack) == expected;
        let advances = after.iter().any(|f| alive(f) && expected.is_some_and(|ack| f.ack > ack && f.ack <= fact.seq));
        let challenged = !exact && !advances && after.iter().any(|f| alive(f) && repeats(f));
        let went_on = after.iter().any(|f| alive(f) && f.time - fact.time > reach && self.is_behind(f, fact));
        challenged || went_on
    }

    /// Several resets of which some lie beyond all that was sent: whoever sent them had to guess (RST_SEQ_CHANGE). A kernel that
    /// answers late data repeats the acknowledgment numbers that it gets, however many.
    fn compare_series(&self, resets: &mut [Reset]) {
        for side in Side::BOTH {
            let own: Vec<usize> = (0..resets.len()).filter(|&i| resets[i].from == side).collect();
            let guessed = own.iter().skip(1).filter(|&&i| self.is_beyond(resets[i].index)).count();
            let first = own.first().map(|&i| resets[i].index);
            if self.record.tcp[side].fin.is_some() || guessed == 0 || first.is_some_and(|first| self.knows_more(first))
            {
                continue;
            }
            let whole = self.record.tcp[side].holes.is_empty() && self.record.tcp[side.peer()].holes.is_empty();
            let confidence = if guessed >= 2 && whole { Confidence::Certain } else { Confidence::Likely };
            let text = format!("{} resets with different sequence numbers: whoever sent them had to guess", own.len());
            for i in own {
                resets[i].set(Maker::Device, confidence, text.clone());
                resets[i].forged = true;
            }
        }
    }

    /// Whether the capture has packets of two taps, and this one of one of them alone.
    fn alone(&self, fact: &SegmentFact) -> bool {
        self.record.second_tap().is_some() && !fact.copied()
    }

    /// Whether a segment stands behind a reset, also if the capture has packets of two taps.
    fn is_behind(&self, later: &SegmentFact, reset: &SegmentFact) -> bool {
        self.record.second_tap().is_none() || self.record.is_behind(later, reset)
    }

    /// Whether a reset acknowledges bytes that the capture does not have: its sender need not guess.
    fn knows_more(&self, index: usize) -> bool {
        let fact = &self.segments()[index];
        let sent = self.segments().iter().filter(|f| f.from != fact.from && !f.flags.rst()).map(SegmentFact::end).max();
        fact.flags.ack() && sent.is_some_and(|end| fact.ack > end.saturating_add(1))
    }

    /// Whether a reset lies beyond everything that its sender had sent and its receiver had acknowledged.
    fn is_beyond(&self, index: usize) -> bool {
        let fact = &self.segments()[index];
        let before = || self.segments()[..index].iter().filter(|f| !f.flags.rst());
        let sent = before().filter(|f| f.from == fact.from).map(SegmentFact::end).max();
        let acked = before().filter(|f| f.from != fact.from && f.flags.ack()).map(|f| f.ack).max();
        // One byte further is a FIN that the capture lost.
        sent.max(acked).is_some_and(|end| sent.is_some() && fact.seq > end.saturating_add(1))
    }
}

impl Reset {
    fn set(&mut self, maker: Maker, confidence: Confidence, reason: String) {
        if self.maker != maker {
            self.confidence = confidence;
        }
        self.maker = maker;
        self.confidence = self.confidence.max(confidence);
        self.reasons.insert(0, reason);
    }
}

/// The shape of a reset, in the header's words.
pub fn shape(fact: &SegmentFact) -> String {
    let id = fact.ip_id().map_or(String::new(), |id| format!(", IP ID {id}"));
    let stamps = if fact.timestamps().is_some() { ", timestamps" } else { "" };
    let flags = if fact.flags.ack() { "RST+ACK" } else { "RST without ACK" };
    format!("{flags}, window {}{id}{stamps}, TOS 0x{:02x}, TTL {}", fact.window, fact.tos, fact.ttl)
}
