//! Who made a reset, by its contradictions, distance, shape and timing, the strongest first: the order of
//! `docs/reading-a-reset.md`.

use super::reference::{IpIds, Reference};
use super::{Context, Effect, Maker, Reset, shape};
use crate::diagnose::finding::Confidence;
use crate::diagnose::policy::{
    ANSWERS_THAT_MEASURE, ANSWERS_WITHIN, FASTER_THAN_RTT_PERCENT, OVERTAKEN_WITHIN, PATH_CHANGE_HOPS, RTT_THAT_TELLS,
    SILENT_BEFORE_RESTART,
};
use crate::diagnose::tap::{hops, initial_ttl};
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

impl Context<'_> {
    pub(super) fn judge(&self, index: usize, fact: &SegmentFact, effect: Effect) -> Reset {
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
        let trigger = self.trigger(index, fact);
        if effect == Effect::AfterClose {
            reset.set(Maker::NoSocket, Confidence::Likely, "it answers data that came after the close".into());
        }
        if self.by_contradiction(index, fact, &reference, &mut reset) {
            return reset;
        }
        if self.by_distance(fact, trigger, &reference, &mut reset) {
            // An appliance may use another initial TTL for its resets, but it cannot answer faster than the way there and back.
            if !reset.forged && effect != Effect::AfterClose {
                self.by_timing(index, fact, trigger, &reference, &mut reset);
            }
            return reset;
        }
        if effect == Effect::AfterClose {
            return reset;
        }
        let answers_syn = trigger.is_some_and(|t| t.flags.syn() && !t.flags.ack()) && !self.established(index);
        if answers_syn {
            answer_to_syn(fact, trigger, &reference, &mut reset);
        } else if fact.flags.ack() {
            with_ack(fact, trigger, &reference, &mut reset);
        } else {
            bare(fact, trigger, &reference, &mut reset);
        }
        self.by_timing(index, fact, trigger, &reference, &mut reset);
        self.by_early_acknowledgment(index, fact, &mut reset);
        reset
    }

    /// It acknowledges bytes that cannot have reached its alleged sender yet: the one thing that even a perfect copy of the
    /// sender's header cannot hide.
    fn by_early_acknowledgment(&self, index: usize, fact: &SegmentFact, reset: &mut Reset) {
        let before = &self.segments()[..index];
        let answers = self.answers(index, fact.from);
        let Some(shortest) = answers.shortest.filter(|half| *half >= RTT_THAT_TELLS && !self.alone(fact)) else {
            return;
        };
        let covers = |f: &&SegmentFact| f.from != fact.from && f.len > 0 && f.end() == fact.ack && fact.flags.ack();
        let Some(data) = before.iter().find(covers) else { return };
        let known = before.iter().any(|f| f.from == fact.from && f.flags.ack() && f.ack >= data.end());
        let passed = fact.time - data.time;
        if known || passed.0 < 0 || passed.0.saturating_mul(100) >= shortest.0.saturating_mul(FASTER_THAN_RTT_PERCENT) {
            return;
        }
        let text = too_soon("acknowledges", data, passed, shortest);
        reset.set(Maker::Device, Confidence::Likely, text);
        reset.forged = true;
        reset.against.push("its header is that of the live socket in every other respect".into());
    }

    /// How fast a side answered anything before a reset, as the tap saw it: no shorter way there and back is known.
    fn answers(&self, index: usize, side: Side) -> Answers {
        let mut answers = Answers::default();
        let mut waiting: Option<(i64, crate::time::Timestamp)> = None;
        for fact in self.segments()[..index].iter().filter(|fact| !fact.flags.rst()) {
            if fact.from != side && (fact.len > 0 || fact.flags.syn()) {
                waiting.get_or_insert((fact.end(), fact.time));
            } else if fact.from == side
                && let Some((_, sent)) = waiting.take_if(|(end, _)| fact.flags.ack() && fact.ack >= *end)
            {
                answers.count += 1;
                answers.shortest = Some(answers.shortest.map_or(fact.time - sent, |known| known.min(fact.time - sent)));
            }
        }
        answers
    }

    fn established(&self, index: usize) -> bool {
        self.segments()[..index].iter().any(|f| f.from == Side::Server && !f.flags.rst())
    }

    /// The alleged sender goes on as if it had sent no reset: it did not (RST_SEQ_DATA).
    fn by_contradiction(&self, index: usize, fact: &SegmentFact, reference: &Reference, reset: &mut Reset) -> bool {
        let before = &self.segments()[..index];
        let own = || before.iter().filter(|f| f.from == fact.from && !f.flags.rst());
        let last = own().next_back();
        let sent = own().map(SegmentFact::end).max();
        let counts = reference.ids == IpIds::Counter;
        let sent_later = |f: &SegmentFact| {
            let clock = |f: &SegmentFact| f.timestamps().map(|(value, _)| value);
            match (last.and_then(clock), clock(f)) {
                (Some(then), Some(now)) => now.wrapping_sub(then).cast_signed() > 0,
                _ => match (last.and_then(|l| l.ip_id()), f.ip_id()) {
                    (Some(then), Some(now)) if counts => now.wrapping_sub(then).cast_signed() > 0,
                    _ => false,
                },
            }
        };
        // Bytes behind a reset that stood at the end of all that was sent cannot have left before it; anything else can.
        let behind = |f: &SegmentFact| sent == Some(fact.seq) && f.len > 0 && f.end() > fact.seq;
        let goes_on = |f: &&SegmentFact| {
            let live = f.from == fact.from && !f.flags.rst() && !f.flags.syn() && self.is_behind(f, fact);
            // A segment that the reset overtook ends where the reset stands, and comes right behind it.
            let overtaken = f.time - fact.time <= OVERTAKEN_WITHIN;
            live && (behind(f) || (f.end() >= fact.seq && !overtaken && sent_later(f)))
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

    /// Another distance than the host's other packets: another machine, unless the path changed.
    fn by_distance(
        &self,
        fact: &SegmentFact,
        trigger: Option<&SegmentFact>,
        reference: &Reference,
        reset: &mut Reset,
    ) -> bool {
        if reference.ttls.is_empty() || reference.ttls.iter().any(|&(ttl, _)| ttl == fact.ttl) {
            if let Some((ttl, packets)) = reference.ttls.iter().find(|(ttl, _)| *ttl == fact.ttl) {
                reset.reasons.push(format!("TTL {ttl} as on {packets} other packets of that address"));
            }
            return false;
        }
        if self.record.tcp[fact.from].second_ttl == Some(fact.ttl) && !fact.captured_again() {
            let place = if self.record.second_tap().is_some() { "second tap" } else { "second interface" };
            reset.reasons.push(format!("TTL {} as on other packets of that address at the {place}", fact.ttl));
            return false;
        }
        let Some(&(usual, count)) = reference.ttls.iter().max_by_key(|(_, count)| *count) else { return false };
        let text = format!("TTL {} where its other {count} packets have {usual}", fact.ttl);
        let same_class = initial_ttl(fact.ttl) == initial_ttl(usual);
        let apart = hops(fact.ttl).abs_diff(hops(usual));
        if same_class && apart <= PATH_CHANGE_HOPS && is_own(fact, trigger, reference) {
            reset.against.push(format!("{text}: the path may have changed"));
            return false;
        }
        if self.is_raw_scanner(fact) {
            let text = format!("{text}: the SYN came from a raw socket, the reset from the kernel");
            reset.set(Maker::NoSocket, Confidence::Likely, text);
            return true;
        }
        if !same_class && apart == 0 && self.is_appliance(fact.from) {
            reset.set(Maker::NoSocket, Confidence::Possible, text);
            reset.against.push("a device at the same distance with another initial TTL looks the same".into());
            return true;
        }
        if !same_class && apart == 0 {
            reset.against.push("some appliances reset with another initial TTL than they otherwise use".into());
        } else if same_class && apart <= PATH_CHANGE_HOPS {
            reset.against.push("a path that changed by a hop at this moment would look the same".into());
        }
        let steady = reference.ttls.len() == 1 && count >= 2;
        let far = if same_class { apart > PATH_CHANGE_HOPS } else { apart > 0 };
        let confidence = if steady && far { Confidence::Certain } else { Confidence::Likely };
        reset.set(Maker::Device, confidence, text);
        reset.forged = true;
        true
    }

    /// A client of which only SYNs were seen may be a scanner with a raw socket: its kernel resets what it knows nothing of.
    fn is_raw_scanner(&self, fact: &SegmentFact) -> bool {
        fact.from == Side::Client && !self.record.sent_by(Side::Client).any(|f| !f.flags.syn() && !f.flags.rst())
    }

    /// Linux, BSD and Windows never change their initial TTL; some switches, printers and load balancers do.
    fn is_appliance(&self, side: Side) -> bool {
        let identification = self.record.ssh[side].identification.as_ref();
        identification.is_some_and(|seen| seen.parsed_software().is_network_gear)
    }

    /// Faster than the way to its alleged sender and back: made nearer to the tap than that.
    fn by_timing(
        &self,
        index: usize,
        fact: &SegmentFact,
        trigger: Option<&SegmentFact>,
        reference: &Reference,
        reset: &mut Reset,
    ) {
        let half = match fact.from {
            Side::Client => self.halves.client,
            Side::Server => self.halves.server,
        };
        if self.alone(fact) {
            return;
        }
        let (Some(half), Some(trigger)) = (half.filter(|half| *half >= RTT_THAT_TELLS), trigger) else { return };
        let answered = fact.time - trigger.time;
        // A live socket resets when its program closes; what came before it at the tap then was no trigger.
        let unprovoked = reset.maker == Maker::LiveSocket;
        let answers = self.answers(index, fact.from);
        let half = answers.shortest.map_or(half, |shortest| half.min(shortest));
        let fast = answered.0.saturating_mul(100) < half.0.saturating_mul(FASTER_THAN_RTT_PERCENT);
        if unprovoked || answered.0 < 0 || !fast {
            return;
        }
        let text = too_soon("follows", trigger, answered, half);
        // The host's own counter: what looks like the trigger only passed while the reset was on its way. And one answer is no
        // measure of the round trip: a busy host or a wireless link may have delayed it.
        if reference.continues(fact) == Some(true) || answers.count < ANSWERS_THAT_MEASURE {
            reset.against.push(text);
            return;
        }
        let answers = !fact.flags.ack() && fact.raw_seq == trigger.raw_ack || trigger.flags.syn();
        if answers || matches!(reset.maker, Maker::Filter | Maker::Unknown) {
            reset.set(Maker::Device, Confidence::Likely, text);
            reset.forged = true;
        } else {
            reset.reasons.push(text);
        }
    }
}

/// Answers of a side: how many, and the shortest.
#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    count: usize,
    shortest: Option<Span>,
}

fn too_soon(does: &str, earlier: &SegmentFact, after: Span, way: Span) -> String {
    let ms = |span: Span| span.as_secs_f64() * 1e3;
    let packet = earlier.packet.number();
    format!("it {does} packet {packet} after {:.2} ms; the way there and back takes {:.2} ms", ms(after), ms(way))
}

/// Signs that a reset is its sender's own, stronger than a TTL that is a hop or two off: the shape of a live socket, a TOS that
/// only a kernel echoes, or that it answers nothing (a device on the path resets because of something it has just seen).
fn is_own(fact: &SegmentFact, trigger: Option<&SegmentFact>, reference: &Reference) -> bool {
    let (next, clock) = (reference.continues(fact), reference.clock(fact));
    let live = clock == Some(true) && fact.window > 0 && (next == Some(true) || fact.ip_id().is_none());
    let counted = clock != Some(false) && next == Some(true) && fact.ip_id() != Some(0);
    let unprovoked = clock != Some(false) && trigger.is_some_and(|t| fact.time - t.time > ANSWERS_WITHIN);
    let echo = fact.tos != 0 && trigger.is_some_and(|t| t.tos == fact.tos && t.flags.ack());
    if fact.flags.ack() { live || counted || unprovoked } else { echo || counted }
}

fn answer_to_syn(fact: &SegmentFact, trigger: Option<&SegmentFact>, reference: &Reference, reset: &mut Reset) {
    let tos = trigger.map_or(0, |t| t.tos);
    let known = !reference.ttls.is_empty();
    // Systems that start from another TTL are not known to echo the TOS.
    let may_not_echo = initial_ttl(fact.ttl) != 64;
    if tos != 0 && fact.tos == tos {
        let confidence = if known { Confidence::Certain } else { Confidence::Likely };
        let text = format!("it answers the SYN and echoes its TOS 0x{tos:02x}, as a kernel does for a closed port");
        reset.set(Maker::ClosedPort, confidence, text);
    } else if tos != 0 && fact.tos == 0 && !may_not_echo {
        let text = format!(
            "its TOS is 0 although the SYN's is 0x{tos:02x}: a packet filter's rejection; a kernel echoes the TOS"
        );
        reset.set(Maker::Filter, Confidence::Likely, text);
        reset.against.push("a router that clears the TOS would leave the same".into());
    } else {
        let confidence = if known { Confidence::Likely } else { Confidence::Possible };
        reset.set(Maker::ClosedPort, confidence, "it answers the SYN".into());
        reset.against.push("a packet filter that rejects with a reset looks the same here".into());
    }
}

fn with_ack(fact: &SegmentFact, trigger: Option<&SegmentFact>, reference: &Reference, reset: &mut Reset) {
    let (next_id, clock) = (reference.continues(fact), reference.clock(fact));
    // Its acknowledgment number is the data's own sequence number: no socket gives back what it was just sent.
    let swapped = trigger.is_some_and(|t| {
        t.len > 0 && t.window == fact.window && t.raw_ack == fact.raw_seq && t.raw_seq == fact.raw_ack
    });
    let mut live = |confidence, text: String| reset.set(Maker::LiveSocket, confidence, text);
    if fact.window > 0 && clock == Some(true) && next_id != Some(false) {
        let proven = next_id == Some(true) || fact.ip_id().is_none();
        let id = if next_id == Some(true) { ", IP ID next in line" } else { "" };
        let confidence = if proven { Confidence::Certain } else { Confidence::Likely };
        live(confidence, format!("from the live socket (timestamps, window {}{id})", fact.window));
    } else if swapped && fact.window > 0 {
        let text = "it is its trigger's header turned round, window included, as some firewalls do";
        reset.set(Maker::Device, Confidence::Likely, text.into());
        reset.forged = true;
    } else if fact.window > 0 && clock.is_none() && next_id == Some(true) {
        live(Confidence::Likely, format!("from the live socket (window {}, IP ID next in line)", fact.window));
    } else if reference.ids == IpIds::Zero && (clock == Some(true) || fact.window > 0) {
        let system = if clock == Some(true) { "FreeBSD" } else { "macOS" };
        live(Confidence::Likely, format!("from the live socket (as {system} sends it: IP ID 0 throughout)"));
    } else if next_id == Some(true) || clock == Some(true) {
        live(Confidence::Likely, "IP ID or timestamps continue those of the host".into());
    } else if reference.packets == 0 {
        reset.reasons.push("no other packet of that address to compare it with".into());
    } else if reference.is_linux() {
        let text = format!("no timestamps although they were agreed, IP ID out of line ({})", shape(fact));
        reset.set(Maker::Device, Confidence::Likely, text);
        reset.forged = true;
    } else if is_stateless(fact, trigger, reference.silent_before(fact, trigger)) {
        let text = format!("a reply without state, as OpenBSD, lwIP and others make it with ACK ({})", shape(fact));
        reset.set(Maker::NoSocket, Confidence::Possible, text);
        reset.against.push("a packet filter or a device with the same distance looks the same".into());
    } else {
        live(Confidence::Possible, format!("RST+ACK in sequence ({})", shape(fact)));
    }
}

/// A reply to one segment from its header alone (OpenBSD, lwIP, load balancers): no options, its numbers are the trigger's. A live
/// socket's reset looks alike where nothing was unread on the way; it would acknowledge the trigger's bytes, though, and it
/// does not come as an answer after a long silence.
fn is_stateless(fact: &SegmentFact, trigger: Option<&SegmentFact>, silent: Span) -> bool {
    trigger.is_some_and(|t| {
        let echo = t.len > 0 && fact.raw_ack == t.raw_seq;
        let acks = [t.raw_seq.wrapping_add(t.len), t.raw_seq.wrapping_add(t.len).wrapping_add(1)];
        let after_silence = silent >= SILENT_BEFORE_RESTART && acks.contains(&fact.raw_ack);
        fact.options_len() == 0 && fact.raw_seq == t.raw_ack && (echo || after_silence)
    })
}

fn bare(fact: &SegmentFact, trigger: Option<&SegmentFact>, reference: &Reference, reset: &mut Reset) {
    let tos = trigger.map_or(0, |t| t.tos);
    let next_id = reference.continues(fact) == Some(true) && fact.ip_id() != Some(0);
    if next_id {
        let text = "its IP ID is next in line after the host's other packets: its own kernel, without a socket for it";
        reset.set(Maker::NoSocket, Confidence::Likely, text.into());
    } else if tos != 0 && fact.tos == tos {
        let text = format!(
            "it echoes the TOS 0x{tos:02x} of what it answers, as a kernel does for a connection it does not know"
        );
        reset.set(Maker::NoSocket, Confidence::Likely, text);
    } else if tos != 0 && fact.tos == 0 && fact.window == 0 && reference.echoes_tos() {
        let text = format!("its TOS is 0 although that of what it answers is 0x{tos:02x}: a packet filter's rejection");
        // Where no packet of this direction bears a TOS, something on the way may clear it; and after a long silence a restarted
        // host answers just so if the TOS of what reaches it was cleared.
        let kept = reference.carries_tos && reference.silent_before(fact, trigger) < SILENT_BEFORE_RESTART;
        reset.set(Maker::Filter, if kept { Confidence::Likely } else { Confidence::Possible }, text);
        reset.forged = kept;
        reset.against.push("a router that clears the TOS would leave the same".into());
    } else {
        reset.set(Maker::NoSocket, Confidence::Possible, format!("a reset without state ({})", shape(fact)));
        reset.against.push("a packet filter or a device with the same distance looks the same".into());
    }
}
