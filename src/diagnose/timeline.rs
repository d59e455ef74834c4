//! The milestones that a person needs to follow a connection, in time order, capped.

use super::ending::duration;
use super::finding::{Judgement, Moment};
use super::shown::shown;
use super::tap::hops;
use crate::limits::TIMELINE;
use crate::record::{ConnectionRecord, Mark};
use crate::ssh::{Range, SshSide};
use crate::tcp::{Seen, SegmentFact, Side};
use std::collections::BTreeMap;

/// Builds the timeline; the packets that the leading finding cites are in it. Returns the number of moments left out.
pub fn of(record: &ConnectionRecord, judgement: &Judgement) -> (Vec<Moment>, u64) {
    let mut builder = Builder { record, judgement, moments: BTreeMap::new() };
    for fact in &record.segments {
        builder.segment(fact);
    }
    for side in Side::BOTH {
        builder.messages(side);
    }
    for error in &record.icmp {
        let mtu = error.mtu.map_or(String::new(), |mtu| format!(", MTU {mtu}"));
        let what = format!("ICMP type {} code {}", error.kind, error.code);
        let mark = Mark { time: error.time, packet: error.packet };
        builder.add(mark, None, what, format!("from {}{mtu}", error.from));
    }
    builder.encrypted();
    for evidence in judgement.verdict().into_iter().flat_map(|finding| &finding.evidence) {
        builder.cite(evidence.packet);
    }
    cap(builder.moments.into_values().collect())
}

struct Builder<'a> {
    record: &'a ConnectionRecord,
    judgement: &'a Judgement,
    moments: BTreeMap<(Mark, u8), Moment>,
}

impl Builder<'_> {
    fn add(&mut self, mark: Mark, side: Option<Side>, what: String, note: String) {
        let place = (0..=u8::MAX).find(|&place| !self.moments.contains_key(&(mark, place)));
        let Some(place) = place else { return };
        self.moments.insert((mark, place), Moment { packet: mark.packet, time: mark.time, side, what, note });
    }

    /// What the TCP header alone shows: SYN, FIN, RST, repetitions, the handshake.
    fn segment(&mut self, fact: &SegmentFact) {
        let mark = Mark { time: fact.time, packet: fact.packet };
        let (what, note) = if fact.flags.rst() {
            (if fact.flags.ack() { "RST, ACK" } else { "RST" }.to_string(), self.reset_note(fact))
        } else if fact.flags.syn() {
            (if fact.flags.ack() { "SYN, ACK" } else { "SYN" }.to_string(), self.syn_note(fact))
        } else if fact.seen() == Seen::Retransmission && fact.len > 0 {
            (format!("retransmission, {} bytes", fact.len), String::new())
        } else if fact.seen() == Seen::KeepAlive {
            ("TCP keep-alive".into(), String::new())
        } else if fact.flags.fin() {
            ("FIN".into(), String::new())
        } else {
            return;
        };
        self.add(mark, Some(fact.from), what, note);
    }

    fn syn_note(&self, fact: &SegmentFact) -> String {
        let mut parts = Vec::new();
        if fact.seen() == Seen::Retransmission {
            parts.push("repeated".to_string());
        } else if let Some(mss) = self.record.tcp[fact.from].syn.and_then(|syn| syn.options.mss) {
            parts.push(format!("mss {mss}"));
        }
        let away = match hops(fact.ttl) {
            0 => String::new(),
            1 => ", 1 hop away".into(),
            n => format!(", {n} hops away"),
        };
        parts.push(format!("ttl {}{away}", fact.ttl));
        parts.join(", ")
    }

    fn reset_note(&self, fact: &SegmentFact) -> String {
        let reset = self.judgement.resets.iter().find(|reset| self.record.segments[reset.index].packet == fact.packet);
        match reset {
            Some(reset) if reset.forged => format!("not from the {}", reset.from.name()),
            Some(reset) if reset.effect == super::Effect::Ignored => "ignored by its receiver".into(),
            Some(reset) if reset.effect == super::Effect::AfterClose => "answers late data".into(),
            _ => String::new(),
        }
    }

    /// What was said in clear.
    fn messages(&mut self, side: Side) {
        let record = self.record;
        let ssh: &SshSide = &record.ssh[side];
        for line in &ssh.pre_identification {
            self.say(side, line.range, format!("\"{}\"", shown(&line.text)), "text in place of an identification");
        }
        if let Some(seen) = &ssh.identification {
            self.say(side, seen.range, shown(&seen.raw), "");
        }
        if let Some(other) =
            ssh.other.as_ref().filter(|_| ssh.identification.is_none() && ssh.pre_identification.is_empty())
        {
            self.say(side, other.range, format!("\"{}\"", shown(&other.bytes)), "not SSH");
        }
        for message in &ssh.messages {
            let note = format!("{} bytes", message.range.end - message.range.start);
            let cut = if message.complete { "" } else { ", incomplete" };
            self.say(side, message.range, self.message_name(message.number), &format!("{note}{cut}"));
        }
        if let Some(invalid) = &ssh.invalid_packet {
            let range = Range { start: invalid.offset, end: invalid.offset + 1 };
            let what = invalid.text().map_or("no SSH packet".to_string(), |text| format!("\"{}\"", shown(text)));
            self.say(side, range, what, "where a packet must stand");
        }
    }

    fn message_name(&self, number: u8) -> String {
        let gex = self
            .judgement
            .negotiation
            .as_ref()
            .and_then(|n| n.kex.as_deref())
            .is_some_and(|kex| kex.contains("group-exchange"));
        let name = match (number, gex) {
            (1, _) => "DISCONNECT",
            (2, _) => "IGNORE",
            (3, _) => "UNIMPLEMENTED",
            (4, _) => "DEBUG",
            (5, _) => "SERVICE_REQUEST",
            (7, _) => "EXT_INFO",
            (20, _) => "KEXINIT",
            (21, _) => "NEWKEYS",
            (34, true) => "KEX_DH_GEX_REQUEST",
            (31, true) => "KEX_DH_GEX_GROUP",
            (32, true) => "KEX_DH_GEX_INIT",
            (33, true) => "KEX_DH_GEX_REPLY",
            (30, _) => "KEX INIT",
            (31, _) => "KEX REPLY",
            _ => return format!("message {number}"),
        };
        name.into()
    }

    fn say(&mut self, side: Side, range: Range, what: String, note: &str) {
        if let Some(mark) = self.record.first_mark_behind(side, range.start) {
            self.add(mark, Some(side), what, note.into());
        }
    }

    /// Authentication, as far as sizes tell.
    fn encrypted(&mut self) {
        for side in Side::BOTH {
            if let Some(mark) = self.judgement.marks.encrypted[side] {
                self.add(mark, Some(side), "encrypted".into(), String::new());
            }
        }
        if let Some(mark) = self.judgement.authenticated_at {
            self.add(mark, Some(Side::Server), "authenticated".into(), "inferred from the sizes".into());
        }
    }

    /// A packet that a finding cites is in the timeline, if only by its size.
    fn cite(&mut self, packet: crate::packet::PacketId) {
        if self.moments.values().any(|moment| moment.packet == packet) {
            return;
        }
        let Some(fact) = self.record.segments.iter().find(|fact| fact.packet == packet) else { return };
        let what = if fact.len > 0 { format!("{} bytes", fact.len) } else { "ACK".to_string() };
        self.add(Mark { time: fact.time, packet }, Some(fact.from), what, String::new());
    }
}

/// Keeps the beginning and the end of a long timeline; runs of the same event become one line before that.
fn cap(moments: Vec<Moment>) -> (Vec<Moment>, u64) {
    let mut merged: Vec<(Moment, u64)> = Vec::new();
    for moment in moments {
        match merged.last_mut() {
            Some((last, more))
                if last.what == moment.what
                    && last.side == moment.side
                    && moment.what.starts_with("retransmission") =>
            {
                *more += 1;
                let waited = duration(moment.time - last.time);
                last.note = format!("and {more} more within {waited}, the last in packet {}", moment.packet.number());
            }
            _ => merged.push((moment, 0)),
        }
    }
    let mut moments: Vec<Moment> = merged.into_iter().map(|(moment, _)| moment).collect();
    let omitted = moments.len().saturating_sub(TIMELINE);
    if omitted > 0 {
        moments.drain(TIMELINE / 2..TIMELINE / 2 + omitted);
    }
    (moments, omitted as u64)
}
