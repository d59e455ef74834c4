//! As little of a connection as it is counted and grouped by: of most a report tells no more.

use super::{Connection, Endpoint, Outcome, Time};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::{By, Confidence, Finding, How, Judgement, Phase};
use crate::packet::PacketId;
use crate::record::ConnectionRecord;
use crate::time::Timestamp;

/// A connection in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief<'a> {
    /// Its number in the report.
    pub id: u64,
    /// Index of the capture of its first packet.
    pub capture: u32,
    /// The client.
    pub client: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// Whether there is anything to repair.
    pub outcome: Outcome,
    /// Time of its first packet.
    pub start: Time,
    /// Time of its last packet.
    pub end: Time,
    /// Where it ended.
    pub phase: Phase,
    /// How.
    pub how: How,
    /// By whom.
    pub by: By,
    /// Id of the leading finding; `-` for none.
    pub verdict: &'static str,
    /// Its title, which may hold bytes of the wire; empty for none.
    pub title: &'a str,
    /// How sure that is.
    pub confidence: Option<Confidence>,
}

/// What names a connection, whatever is concluded of it.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// Its number in the report.
    pub id: u64,
    /// Client and server.
    pub ends: (crate::packet::Endpoint, crate::packet::Endpoint),
    /// First packet.
    pub first: (PacketId, Timestamp),
    /// Time of the last packet.
    pub last: Timestamp,
}

impl<'a> Brief<'a> {
    /// A connection and what is concluded of it.
    pub fn new(name: &Name, judgement: &'a Judgement) -> Self {
        let (verdict, ended) = (judgement.verdict(), &judgement.ended);
        Self {
            id: name.id,
            capture: name.first.0.capture(),
            client: name.ends.0.into(),
            server: name.ends.1.into(),
            outcome: outcome(judgement),
            start: Time(name.first.1),
            end: Time(name.last),
            phase: ended.phase,
            how: ended.how,
            by: ended.by,
            verdict: verdict.map_or(Connection::NO_VERDICT, |finding| finding.id),
            title: verdict.map_or("", Finding::title),
            confidence: verdict.map(|finding| finding.confidence),
        }
    }

    /// Whether there is anything to repair, or may be.
    pub fn is_told(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::Unclear)
    }
}

impl Name {
    /// That of a record.
    pub fn of(record: &ConnectionRecord) -> Self {
        Self { id: record.number, ends: (record.client, record.server), first: record.first, last: record.last.1 }
    }
}

impl<'a> From<&'a Connection> for Brief<'a> {
    fn from(connection: &'a Connection) -> Self {
        Self {
            id: connection.id,
            capture: connection.capture,
            client: connection.client,
            server: connection.server,
            outcome: connection.outcome,
            start: connection.start,
            end: connection.end,
            phase: connection.ended.phase,
            how: connection.ended.how,
            by: connection.ended.by,
            verdict: connection.verdict_id(),
            title: connection.verdict.as_ref().map_or("", |verdict| verdict.title.as_str()),
            confidence: connection.verdict.as_ref().map(|verdict| verdict.confidence),
        }
    }
}

impl From<crate::packet::Endpoint> for Endpoint {
    fn from(endpoint: crate::packet::Endpoint) -> Self {
        Self { address: endpoint.address, port: endpoint.port }
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
