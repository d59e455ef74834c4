//! Who sent a reset: its shape, its distance, its timing and what its alleged sender does afterwards (RFC 9293 §3.5.2,
//! RFC 5961; Weaver et al., NDSS 2009). The argument is kept, for and against.

use super::finding::Confidence;
use super::policy::{FASTER_THAN_RTT_PERCENT, IP_ID_STEP, RTT_THAT_TELLS};
use super::tap::{Halves, halves, hops, initial_ttl};
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

struct Context<'a> {
    record: &'a ConnectionRecord,
    hosts: &'a Hosts,
    halves: Halves,
}

/// What is known of a side's packets to compare a reset with.
struct Reference {
    ttls: Vec<(u8, u64)>,
    last_id: Option<u16>,
    ids_are_zero: bool,
    timestamps: Option<u32>,
    packets: usize,
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
        let closed_before = self.segments()[..index].iter().any(|f| f.from == fact.from && f.flags.fin());
        let bare = !fact.flags.ack();
        if closed_before && bare {
            return Effect::AfterClose;
        }
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
        let exact = expected.is_none_or(|ack| ack == fact.seq) || sent == Some(fact.seq);
        let alive = |f: &SegmentFact| {
            f.from == receiver && !f.flags.rst() && !(f.flags.syn() && fact.flags.ack() && !f.flags.ack())
        };
        // In line with what its sender had sent: what still comes for a round trip acknowledges that, it does not challenge.
        let own = self.segments()[..index].iter().filter(|f| f.from == fact.from && !f.flags.rst());
        let in_line = own.map(SegmentFact::end).max() == Some(fact.seq);
        let challenged = !exact && !in_line && after.iter().any(|f| alive(f) && f.is_pure_ack() && f.ack <= fact.seq);
        let went_on = after.iter().any(|f| alive(f) && f.time - fact.time > reach);
        challenged || went_on
    }

    fn reference(&self, index: usize, side: Side) -> Reference {
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
        let data: Vec<&&SegmentFact> = before.iter().filter(|f| !f.flags.syn()).collect();
        Reference {
            ttls,
            last_id: before.iter().rev().find(|f| !f.flags.syn()).or(before.last()).and_then(|f| f.ip_id),
            ids_are_zero: data.len() >= 2 && data.iter().all(|f| f.ip_id == Some(0)),
            timestamps: before.iter().rev().find_map(|f| f.timestamps).map(|(value, _)| value),
            packets: own.len(),
        }
    }

    fn judge(&self, index: usize, fact: &SegmentFact, effect: Effect) -> Reset {
        let mut reset = Reset {
            index,
            from: fact.from,
            effect,
            maker: Maker::Unknown,
            confidence: Confidence::Possible,
            forged: false,
            reasons: Vec::new(),
            against: Vec::new(),
        };
        let reference = self.reference(index, fact.from);
        if effect == Effect::AfterClose {
            reset.set(Maker::NoSocket, Confidence::Likely, "it answers data that came after the close".into());
        }
        let trigger = self.trigger(index, fact);
        if self.by_distance(fact, &reference, &mut reset) {
            // An appliance may use another initial TTL for its resets, but it cannot answer faster than the way there and back.
            if !reset.forged && effect != Effect::AfterClose && !self.by_contradiction(index, fact, &mut reset) {
                self.by_timing(fact, trigger, &mut reset);
            }
            return reset;
        }
        if self.by_contradiction(index, fact, &mut reset) || effect == Effect::AfterClose {
            return reset;
        }
        let answers_syn = trigger.is_some_and(|t| t.flags.syn() && !t.flags.ack()) && !self.established(index);
        if answers_syn {
            self.answer_to_syn(fact, trigger, &reference, &mut reset);
        } else if fact.flags.ack() {
            self.with_ack(fact, trigger, &reference, &mut reset);
        } else {
            self.bare(fact, trigger, &reference, &mut reset);
        }
        self.by_timing(fact, trigger, &mut reset);
        reset
    }

    fn established(&self, index: usize) -> bool {
        self.segments()[..index].iter().any(|f| f.from == Side::Server && !f.flags.rst())
    }

    /// Another distance than the host's other packets: another machine (RST.md §7.3).
    fn by_distance(&self, fact: &SegmentFact, reference: &Reference, reset: &mut Reset) -> bool {
        if reference.ttls.is_empty() || reference.ttls.iter().any(|&(ttl, _)| ttl == fact.ttl) {
            if let Some((ttl, packets)) = reference.ttls.first().filter(|(ttl, _)| *ttl == fact.ttl) {
                reset.reasons.push(format!("TTL {ttl} as on {packets} other packets of that address"));
            }
            return false;
        }
        let Some(&(usual, count)) = reference.ttls.iter().max_by_key(|(_, count)| *count) else { return false };
        let steady = reference.ttls.len() == 1 && count >= 2;
        let text = format!("TTL {} where its other {count} packets have {usual}", fact.ttl);
        let scanner =
            fact.from == Side::Client && !self.record.sent_by(Side::Client).any(|f| !f.flags.syn() && !f.flags.rst());
        if scanner {
            reset.set(
                Maker::NoSocket,
                Confidence::Likely,
                format!("{text}: the SYN came from a raw socket, the reset from the kernel"),
            );
            return true;
        }
        let same_distance = hops(fact.ttl) == hops(usual) && initial_ttl(fact.ttl) != initial_ttl(usual);
        if same_distance && self.is_appliance(fact.from) {
            reset.set(Maker::NoSocket, Confidence::Possible, text);
            reset.against.push("a device at the same distance with another initial TTL looks the same".into());
            return true;
        }
        if same_distance {
            reset.against.push("some appliances reset with another initial TTL than they otherwise use".into());
        }
        let confidence = if steady && !same_distance { Confidence::Certain } else { Confidence::Likely };
        reset.set(Maker::Device, confidence, text);
        reset.forged = true;
        true
    }

    /// Linux, BSD and Windows never change their initial TTL; some switches, printers and load balancers do.
    fn is_appliance(&self, side: Side) -> bool {
        let identification = self.record.ssh[side].identification.as_ref();
        identification.is_some_and(|seen| seen.parsed_software().is_network_gear)
    }

    /// The alleged sender goes on as if it had sent no reset: it did not (RST.md §7.4).
    fn by_contradiction(&self, index: usize, fact: &SegmentFact, reset: &mut Reset) -> bool {
        let before = &self.segments()[..index];
        let last = before.iter().rev().find(|f| f.from == fact.from && !f.flags.rst());
        let later_than_last = |f: &SegmentFact| {
            let clock = |f: &SegmentFact| f.timestamps.map(|(value, _)| value);
            match (last.and_then(clock), clock(f)) {
                (Some(then), Some(now)) => now.wrapping_sub(then).cast_signed() > 0,
                _ => match (last.and_then(|l| l.ip_id), f.ip_id) {
                    (Some(then), Some(now)) if then != 0 && now != 0 => now.wrapping_sub(then).cast_signed() > 0,
                    _ => f.end() > fact.seq,
                },
            }
        };
        let goes_on = |f: &&SegmentFact| {
            f.from == fact.from && !f.flags.rst() && !f.flags.syn() && f.end() >= fact.seq && later_than_last(f)
        };
        let Some(live) = self.segments()[index + 1..].iter().find(goes_on) else { return false };
        let what = if live.len > 0 { "sends data" } else { "still acknowledges" };
        let sender = fact.from.name();
        let text = format!("the {sender} {what} in packet {}, after its own reset", live.packet.number());
        reset.set(Maker::Device, Confidence::Certain, text);
        reset.forged = true;
        if !fact.flags.ack() || fact.window == 0 {
            reset.reasons.push(shape(fact));
        }
        true
    }

    fn answer_to_syn(
        &self,
        fact: &SegmentFact,
        trigger: Option<&SegmentFact>,
        reference: &Reference,
        reset: &mut Reset,
    ) {
        let tos = trigger.map_or(0, |t| t.tos);
        let near = !reference.ttls.is_empty();
        let echoed = tos != 0 && fact.tos == tos;
        if echoed {
            let confidence = if near { Confidence::Certain } else { Confidence::Likely };
            reset.set(
                Maker::ClosedPort,
                confidence,
                format!("it answers the SYN and echoes its TOS 0x{tos:02x}, as a kernel does for a closed port"),
            );
        } else if tos != 0 && fact.tos == 0 {
            let text = format!(
                "its TOS is 0 although the SYN's is 0x{tos:02x}: a packet filter's rejection; a kernel echoes the TOS"
            );
            reset.set(Maker::Filter, Confidence::Likely, text);
            reset.against.push("a router that clears the TOS would leave the same".into());
        } else {
            reset.set(
                Maker::ClosedPort,
                if near { Confidence::Likely } else { Confidence::Possible },
                "it answers the SYN".into(),
            );
            reset
                .against
                .push("a packet filter that rejects with a reset looks the same when the SYN has TOS 0".into());
        }
    }

    fn with_ack(&self, fact: &SegmentFact, trigger: Option<&SegmentFact>, reference: &Reference, reset: &mut Reset) {
        let next_id = match (reference.last_id, fact.ip_id) {
            (Some(last), Some(id)) if last != 0 || id != 0 => Some((1..=IP_ID_STEP).contains(&id.wrapping_sub(last))),
            _ => None,
        };
        let clock = match (reference.timestamps, fact.timestamps) {
            (Some(last), Some((value, _))) => Some(value.wrapping_sub(last).cast_signed() >= 0),
            (Some(_), None) => Some(false),
            (None, _) => None,
        };
        let swapped = trigger.is_some_and(|t| {
            t.window == fact.window && t.raw_ack == fact.raw_seq && t.raw_seq.wrapping_add(t.len) != fact.raw_ack
        });
        if fact.window > 0 && clock == Some(true) && next_id != Some(false) {
            let id = if next_id == Some(true) { ", IP ID next in line" } else { "" };
            let confidence =
                if next_id == Some(true) || fact.ip_id.is_none() { Confidence::Certain } else { Confidence::Likely };
            reset.set(
                Maker::LiveSocket,
                confidence,
                format!("from the live socket (timestamps, window {}{id})", fact.window),
            );
        } else if fact.window > 0 && clock.is_none() && next_id == Some(true) {
            reset.set(
                Maker::LiveSocket,
                Confidence::Likely,
                format!("from the live socket (window {}, IP ID next in line)", fact.window),
            );
        } else if swapped && fact.window > 0 && clock == Some(false) {
            reset.set(
                Maker::Device,
                Confidence::Likely,
                "it is its trigger's header turned round, window included, as some firewalls do".into(),
            );
            reset.forged = true;
        } else if reference.ids_are_zero && (clock == Some(true) || fact.window > 0) {
            let system = if clock == Some(true) { "FreeBSD" } else { "macOS" };
            reset.set(
                Maker::LiveSocket,
                Confidence::Likely,
                format!("from the live socket (as {system} sends it: IP ID 0 throughout)"),
            );
        } else if next_id == Some(true) || clock == Some(true) {
            reset.set(Maker::LiveSocket, Confidence::Likely, "IP ID or timestamps continue those of the host".into());
        } else if reference.packets == 0 {
            reset.reasons.push("no other packet of that address to compare it with".into());
        } else if clock == Some(false) && next_id == Some(false) {
            reset.set(
                Maker::Device,
                Confidence::Likely,
                format!("no timestamps although they were agreed, IP ID out of line ({})", shape(fact)),
            );
            reset.forged = true;
        } else {
            reset.set(Maker::LiveSocket, Confidence::Possible, format!("RST+ACK in sequence ({})", shape(fact)));
        }
    }

    fn bare(&self, fact: &SegmentFact, trigger: Option<&SegmentFact>, reference: &Reference, reset: &mut Reset) {
        let tos = trigger.map_or(0, |t| t.tos);
        let next_id = matches!((reference.last_id, fact.ip_id), (Some(last), Some(id)) if id != 0 && last != 0 && (1..=IP_ID_STEP).contains(&id.wrapping_sub(last)));
        if next_id {
            reset.set(
                Maker::LiveSocket,
                Confidence::Likely,
                "its IP ID is next in line after the host's other packets".into(),
            );
        } else if tos != 0 && fact.tos == tos {
            let text = format!(
                "it echoes the TOS 0x{tos:02x} of what it answers, as a kernel does for a connection it does not know"
            );
            reset.set(Maker::NoSocket, Confidence::Likely, text);
        } else if tos != 0 && fact.tos == 0 && fact.window == 0 {
            let text =
                format!("its TOS is 0 although that of what it answers is 0x{tos:02x}: a packet filter's rejection");
            reset.set(Maker::Filter, Confidence::Likely, text);
            reset.forged = true;
            reset.against.push("a router that clears the TOS would leave the same".into());
        } else {
            reset.set(Maker::NoSocket, Confidence::Possible, format!("a reset without state ({})", shape(fact)));
            reset.against.push("a packet filter or a device with the same distance looks the same".into());
        }
    }

    /// Faster than the way to its alleged sender and back (RST.md §7.8).
    fn by_timing(&self, fact: &SegmentFact, trigger: Option<&SegmentFact>, reset: &mut Reset) {
        let half = match fact.from {
            Side::Client => self.halves.client,
            Side::Server => self.halves.server,
        };
        let (Some(half), Some(trigger)) = (half.filter(|half| *half >= RTT_THAT_TELLS), trigger) else { return };
        let answered = fact.time - trigger.time;
        // A live socket resets when its program closes; what came before it at the tap then was no trigger.
        let unprovoked = reset.maker == Maker::LiveSocket;
        if unprovoked
            || answered.0 < 0
            || answered.0.saturating_mul(100) >= half.0.saturating_mul(FASTER_THAN_RTT_PERCENT)
        {
            return;
        }
        let ms = |span: Span| span.as_secs_f64() * 1e3;
        let text = format!(
            "it follows packet {} after {:.2} ms; the way there and back takes {:.2} ms",
            trigger.packet.number(),
            ms(answered),
            ms(half)
        );
        let answers = !fact.flags.ack() && fact.raw_seq == trigger.raw_ack || trigger.flags.syn();
        if answers || matches!(reset.maker, Maker::Filter | Maker::Unknown) {
            reset.set(Maker::Device, Confidence::Likely, text);
            reset.forged = true;
        } else {
            reset.reasons.push(text);
        }
    }

    /// Several resets that differ where one end's kernel would repeat itself (RST_SEQ_CHANGE, RST_ACK_CHANGE).
    fn compare_series(&self, resets: &mut [Reset]) {
        for side in Side::BOTH {
            let closed = self.record.tcp[side].fin.is_some();
            let own: Vec<usize> = (0..resets.len()).filter(|&i| resets[i].from == side).collect();
            let of = |i: usize| &self.segments()[resets[i].index];
            let differing: Vec<usize> = own
                .iter()
                .copied()
                .filter(|&i| {
                    let this = of(i);
                    let answered =
                        self.segments()[..resets[i].index].iter().any(|f| f.from != side && f.raw_ack == this.raw_seq);
                    own.iter().any(|&j| of(j).raw_seq != this.raw_seq) && (this.flags.ack() || !answered)
                })
                .collect();
            if closed || differing.len() < 2 {
                continue;
            }
            let confidence = if differing.len() >= 3 { Confidence::Certain } else { Confidence::Likely };
            let text = format!("{} resets with different sequence numbers: whoever sent them had to guess", own.len());
            for i in own {
                resets[i].set(Maker::Device, confidence, text.clone());
                resets[i].forged = true;
            }
        }
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
    let id = fact.ip_id.map_or(String::new(), |id| format!(", IP ID {id}"));
    let stamps = if fact.timestamps.is_some() { ", timestamps" } else { "" };
    let flags = if fact.flags.ack() { "RST+ACK" } else { "RST without ACK" };
    format!("{flags}, window {}{id}{stamps}, TOS 0x{:02x}, TTL {}", fact.window, fact.tos, fact.ttl)
}
