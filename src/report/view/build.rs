//! A record and its judgement in, the view out. Everything that came from the wire is made visible here.

use super::{Connection, Ended, Endpoint, Evidence, Finding, Icmp, Moment, Outcome, Remedy, Roles, Tap, Time};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::{self, How, Judgement, Phase};
use crate::packet::{self, PacketId};
use crate::record::{self, ConnectionRecord};
use crate::report::escape::visible_text;

impl Connection {
    /// The view of a connection.
    pub fn new(record: &ConnectionRecord, judgement: &Judgement) -> Self {
        let home = Home::of(record);
        let mut view = Self::outline(record, judgement);
        view.findings = judgement.findings.iter().map(|finding| home.finding(finding)).collect();
        view.verdict = view.findings.first().cloned();
        let words = judgement.words(record);
        view.tap.evidence = all_visible(&words.tap);
        view.ended.argument = visible_text(&judgement.ended.argument);
        view.client_says = all_visible(&words.client_says);
        view.timeline = words.timeline.iter().map(|moment| home.moment(moment)).collect();
        view.timeline_omitted = words.timeline_omitted;
        super::build_ssh::fill(&mut view.ssh, record, judgement, &words, home);
        view.tcp = super::build_tcp::tcp(record, judgement, &words, home);
        view
    }

    /// What is counted and grouped by: its verdict is named, what is said in words and lists is left out. Of most connections a
    /// report tells no more than that.
    pub fn outline(record: &ConnectionRecord, judgement: &Judgement) -> Self {
        let home = Home::of(record);
        let (last_packet, last_capture) = home.place(record.last.0);
        Self {
            id: record.number,
            capture: home.0,
            client: endpoint(record.client),
            server: endpoint(record.server),
            roles: match record.roles {
                record::Roles::Observed => Roles::Observed,
                record::Roles::Inferred => Roles::Inferred,
            },
            outcome: outcome(judgement),
            start: Time(record.first.1),
            end: Time(record.last.1),
            duration_s: (record.last.1 - record.first.1).as_secs_f64(),
            packets: record.packets,
            bytes: record.bytes,
            first_packet: record.first.0.number(),
            last_packet,
            last_capture,
            tap: Tap { position: judgement.tap.position, confidence: judgement.tap.confidence, evidence: Vec::new() },
            ended: home.ended(&judgement.ended),
            client_says: Vec::new(),
            verdict: judgement.verdict().map(Finding::outline),
            findings: Vec::new(),
            timeline: Vec::new(),
            timeline_omitted: 0,
            ssh: super::build_ssh::outline(record),
            tcp: super::build_tcp::outline(record),
            icmp: record.icmp.iter().map(|error| home.icmp(error)).collect(),
        }
    }
}

impl Finding {
    fn outline(finding: &diagnose::Finding) -> Self {
        Self {
            id: finding.id,
            title: String::new(),
            confidence: finding.confidence,
            explanation: String::new(),
            evidence: Vec::new(),
            against: Vec::new(),
            settle: Vec::new(),
            remedies: Vec::new(),
        }
    }
}

/// Whether there is anything to repair.
fn outcome(judgement: &Judgement) -> Outcome {
    let ended = &judgement.ended;
    match judgement.verdict().map(|verdict| Severity::of(verdict.id)) {
        Some(Severity::Healthy) => Outcome::Healthy,
        Some(Severity::Open) => Outcome::Open,
        Some(Severity::Unclear) => Outcome::Unclear,
        Some(Severity::Failure) => Outcome::Failed,
        None if ended.how == How::None => Outcome::Open,
        None if ended.how == How::Fin && ended.phase == Phase::Session => Outcome::Healthy,
        None => Outcome::Failed,
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
            argument: String::new(),
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

fn endpoint(endpoint: packet::Endpoint) -> Endpoint {
    Endpoint { address: endpoint.address, port: endpoint.port }
}

/// A command may have several lines; all else is one.
fn remedy(remedy: &diagnose::Remedy) -> Remedy {
    let lines = |command: &diagnose::Text| command.lines().map(visible_text).collect::<Vec<_>>().join("\n");
    Remedy { place: remedy.place, text: visible_text(&remedy.text), command: remedy.command.as_ref().map(lines) }
}

fn all_visible(texts: &[impl AsRef<str>]) -> Vec<String> {
    texts.iter().map(|text| visible_text(text.as_ref())).collect()
}
