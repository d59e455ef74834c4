//! The one serializable shape of a report: what `json` and `jsonl` write and all other formats read.
//!
//! Rules that hold everywhere (they are part of the public promise, see `docs/report.schema.json`):
//! - A field is always there. What is not known is `null`, what is empty is `[]`. The one exception is `capture` beside a
//!   packet number: it is there only if the packet lies in another capture than the first packet of the connection.
//! - Packet numbers count from 1 within their capture, as in Wireshark.
//! - Times are the capture's, RFC 3339 in UTC with nanoseconds. Lengths of time are seconds, their names end in `_s`.
//! - Text from the wire is visible text, see [`super::escape`].

mod brief;
mod build;
mod build_ssh;
mod build_tcp;
mod capture;
mod finding;
mod host;
mod names;
mod ssh;
mod summary;
mod tcp;
mod words;

pub use brief::{Brief, Name};
pub use capture::{Capture, Warning};
pub use finding::{Evidence, Finding, Remedy};
pub use host::{Host, HostKeySeen, Interval};
pub use ssh::{
    Agreed, Authentication, Disconnect, HostKey, KexInit, NoneInCommon, PerDirection, Ssh, SshSide, Weakness,
};
pub(in crate::report) use summary::Kind;
pub use summary::{OtherTraffic, Summary, Undecodable};
pub use tcp::{Gap, Handshake, Icmp, Reset, ResetVerdict, SeqFit, Tcp, TcpSide};
pub use words::{Time, word_list};

use crate::diagnose::{By, Confidence, How, Phase, TapPosition};
use crate::tcp::Side;
use schemars::JsonSchema;
use serde::Serialize;

/// The version of this shape. Fields may be added under one version; a renamed or removed one changes it.
pub const SCHEMA: &str = "sshwire-report/1";

/// A whole report. The order of its keys means nothing: `json` writes `connections` while it still reads.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// Always `sshwire-report/1`.
    pub schema: String,
    /// Version of the program.
    pub sshwire: String,
    /// The captures that were read.
    pub captures: Vec<Capture>,
    /// Every connection, healthy ones included, in the order in which they were judged.
    pub connections: Vec<Connection>,
    /// What only several connections show, a server each.
    pub hosts: Vec<Host>,
    /// Counts over all connections.
    pub summary: Summary,
}

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Endpoint {
    /// IP address.
    pub address: std::net::IpAddr,
    /// TCP port.
    pub port: u16,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::net::SocketAddr::new(self.address, self.port).fmt(f)
    }
}

/// How the roles of client and server are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Roles {
    /// A SYN or SYN+ACK showed them.
    Observed,
    /// From ports, or from what the sides said.
    Inferred,
}

/// Whether there is anything to repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It ended in another way than its user wanted.
    Failed,
    /// The capture shows too little of it to say.
    Unclear,
    /// It goes on when the capture ends, nothing unanswered.
    Open,
    /// It did what it was opened for, and was closed in good order.
    Healthy,
}

/// One connection.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Connection {
    /// Its number in this report: the order of first packets, from 0.
    pub id: u64,
    /// Index into `captures` of its first packet.
    pub capture: u32,
    /// The client.
    pub client: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// How the roles are known.
    pub roles: Roles,
    /// Whether there is anything to repair: `failed` counts for the exit status.
    pub outcome: Outcome,
    /// Time of its first packet.
    pub start: Time,
    /// Time of its last packet.
    pub end: Time,
    /// From the first to the last packet.
    pub duration_s: f64,
    /// Packets, further copies of one packet included.
    pub packets: u64,
    /// TCP payload bytes, repetitions included.
    pub bytes: u64,
    /// Its first packet.
    pub first_packet: u64,
    /// Its last packet.
    pub last_packet: u64,
    /// Index of the capture of the last packet, if that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_capture: Option<u32>,
    /// Where the capture was taken.
    pub tap: Tap,
    /// Where, how and by whom it ended.
    pub ended: Ended,
    /// What its client's user will have read, the likeliest first, at most three lines.
    pub client_says: Vec<String>,
    /// The leading finding.
    pub verdict: Option<Finding>,
    /// All findings, the leading one first.
    pub findings: Vec<Finding>,
    /// What a person needs to follow it, capped.
    pub timeline: Vec<Moment>,
    /// Moments left out of the middle of the timeline.
    pub timeline_omitted: u64,
    /// SSH as far as it was in clear.
    pub ssh: Ssh,
    /// TCP as seen at the tap.
    pub tcp: Tcp,
    /// ICMP errors about it.
    pub icmp: Vec<Icmp>,
}

impl Connection {
    /// In the place of a verdict's id where there is none.
    pub(super) const NO_VERDICT: &'static str = "-";

    /// Id of the leading finding; a dash where there is none.
    pub fn verdict_id(&self) -> &'static str {
        self.verdict.as_ref().map_or(Self::NO_VERDICT, |finding| finding.id)
    }
}

/// Where the capture was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tap {
    /// Where.
    pub position: TapPosition,
    /// How sure.
    pub confidence: Confidence,
    /// What speaks for it.
    pub evidence: Vec<String>,
}

/// Where, how and by whom a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ended {
    /// The milestone that had not been reached.
    pub phase: Phase,
    /// The tap cannot tell it from the neighbouring phase.
    pub phase_uncertain: bool,
    /// How.
    pub how: How,
    /// By whom.
    pub by: By,
    /// A RST or FIN in this capture was sent by someone else than its source address.
    pub forged: bool,
    /// How sure `how` and `by` are.
    pub confidence: Confidence,
    /// The packet that ended it, where one did.
    pub packet: Option<u64>,
    /// Index of its capture, if that is another one than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
    /// When.
    pub time: Option<Time>,
    /// The argument for it.
    pub argument: String,
}

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Moment {
    /// The packet.
    pub packet: u64,
    /// Index of its capture, if that is another one than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
    /// Its time.
    pub time: Time,
    /// Who sent it, `client` or `server`; null for a third party.
    #[serde(serialize_with = "words::side")]
    #[schemars(with = "Option<words::SideWord>")]
    pub side: Option<Side>,
    /// What happens.
    pub what: String,
    /// A remark on it; may be empty.
    pub note: String,
}
