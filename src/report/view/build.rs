//! A record and its judgement in, the view out. Everything that came from the wire is made visible here.

use super::{Brief, Connection, Ended, Evidence, Finding, Icmp, Moment, Name, Remedy, Roles, Tap, Time};
use crate::diagnose::{self, Judgement};
use crate::packet::{self, PacketId};
use crate::record::{self, ConnectionRecord};
use crate::report::escape::visible_text;

impl Connection {
    /// The view of a connection.
    pub fn new(record: &ConnectionRecord, judgement: &Judgement) -> Self {
        let home = Home::of(record);
        let (last_packet, last_capture) = home.place(record.last.0);
        let findings: Vec<Finding> = judgement.findings.iter().map(|finding| home.finding(finding)).collect();
        let words = judgement.words(record);
        let brief = Brief::new(&Name::of(record), judgement);
        Self {
            id: brief.id,
            capture: brief.capture,
            client: brief.client,
            server: brief.server,
            roles: match record.roles {
                record::Roles::Observed => Roles::Observed,
                record::Roles::Inferred => Roles::Inferred,
            },
            outcome: brief.outcome,
            start: brief.start,
            end: brief.end,
            duration_s: (record.last.1 - record.first.1).as_secs_f64(),
            packets: record.packets,
            bytes: record.bytes,
            first_packet: record.first.0.number(),
            last_packet,
            last_capture,
            tap: Tap {
                position: judgement.tap.position,
                confidence: judgement.tap.confidence,
                evidence: all_visible(&words.tap),
            },
            ended: home.ended(&judgement.ended),
            client_says: all_visible(&words.client_says),
            verdict: findings.first().cloned(),
            findings,
            timeline: words.timeline.iter().map(|moment| home.moment(moment)).collect(),
            timeline_omitted: words.timeline_omitted,
            ssh: super::build_ssh::ssh(record, judgement, &words, home),
            tcp: super::build_tcp::tcp(record, judgement, &words, home),
            icmp: record.icmp.iter().map(|error| home.icmp(error)).collect(),
        }
    }
}

/// The capture of a connection's first packet: packets in it are named by their number alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home(u32);

impl Home {
    fn of(record: &ConnectionRecord) -> Self {
        Self(record.first.0.capture())
    }

    /// A packet's number, and its capture if that is another one.
    pub fn place(self, packet: PacketId) -> (u64, Option<u32>) {
        let capture = packet.capture();
        (packet.number(), (capture != self.0).then_some(capture))
    }

    fn ended(self, ended: &diagnose::Ended) -> Ended {
        let place = ended.packet.map(|packet| self.place(packet));
        Ended {
            phase: ended.phase,
            phase_uncertain: ended.phase_uncertain,
            how: ended.how,
            by: ended.by,
            forged: ended.forged,
            confidence: ended.confidence,
            packet: place.map(|(number, _)| number),
            capture: place.and_then(|(_, capture)| capture),
            time: ended.time.map(Time),
            argument: visible_text(&ended.argument),
        }
    }

    fn finding(self, finding: &diagnose::Finding) -> Finding {
        Finding {
            id: finding.id,
            title: visible_text(finding.title()),
            confidence: finding.confidence,
            explanation: visible_text(&finding.explanation),
            evidence: finding.evidence.iter().map(|evidence| self.evidence(evidence)).collect(),
            against: all_visible(&finding.against),
            settle: all_visible(&finding.settle),
            remedies: finding.remedies.iter().map(remedy).collect(),
        }
    }

    fn evidence(self, evidence: &diagnose::Evidence) -> Evidence {
        let (packet, capture) = self.place(evidence.packet);
        Evidence { packet, capture, time: Time(evidence.time), text: visible_text(&evidence.text) }
    }

    fn moment(self, moment: &diagnose::Moment) -> Moment {
        let (packet, capture) = self.place(moment.packet);
        let (what, note) = (visible_text(&moment.what), visible_text(&moment.note));
        Moment { packet, capture, time: Time(moment.time), side: moment.side, what, note }
    }

    fn icmp(self, error: &packet::IcmpError) -> Icmp {
        let (packet, capture) = self.place(error.packet);
        Icmp {
            packet,
            capture,
            time: Time(error.time),
            from: error.from,
            version: error.version,
            kind: error.kind,
            code: error.code,
            meaning: super::build_tcp::icmp_meaning(error.version, error.kind, error.code).to_owned(),
            mtu: error.mtu,
        }
    }
}

/// A command may have several lines; all else is one.
fn remedy(remedy: &diagnose::Remedy) -> Remedy {
    let lines = |command: &diagnose::Text| command.lines().map(visible_text).collect::<Vec<_>>().join("\n");
    Remedy { place: remedy.place, text: visible_text(&remedy.text), command: remedy.command.as_ref().map(lines) }
}

fn all_visible(texts: &[impl AsRef<str>]) -> Vec<String> {
    texts.iter().map(|text| visible_text(text.as_ref())).collect()
}
