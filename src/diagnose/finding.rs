//! What a diagnosis says: the words of the report's `ended`, `tap`, `findings[]` and `verdict`.

use super::reset::Reset;
use crate::packet::PacketId;
use crate::record::{Mark, Milestones};
use crate::tcp::Side;
use crate::time::Timestamp;
use std::borrow::Cow;

/// Words of a finding: most are the same in every one of its kind.
pub type Text = Cow<'static, str>;

/// How sure a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The packets fit, but fit other explanations about as well.
    Possible,
    /// Other explanations are left, but they need a coincidence.
    Likely,
    /// The packets leave no other explanation.
    Certain,
}

/// The milestone that had not been reached when the connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Until the three-way handshake is complete (RFC 9293 §3.5).
    TcpConnect,
    /// Until the server sends anything that begins an identification string, or another protocol's bytes in its place.
    PreBanner,
    /// Until both identification strings are complete and one KEXINIT is begun.
    Banner,
    /// Until both KEXINIT are complete and can be negotiated.
    Kexinit,
    /// Until one side sends NEWKEYS.
    KeyExchange,
    /// Until both sides have sent NEWKEYS.
    NewKeys,
    /// Until the user is authenticated (inferred from sizes).
    Authentication,
    /// Afterwards.
    Session,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// A reset that took effect.
    Rst,
    /// A FIN.
    Fin,
    /// Retransmissions without answer, or a peer so silent that the other side gave up.
    Timeout,
    /// An ICMP error.
    Icmp,
    /// It was open when the capture ended, nothing unanswered.
    None,
}

/// Who ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The client's process or kernel.
    Client,
    /// The process at the server's end (a proxy that terminates TCP included).
    ServerApp,
    /// The server's kernel: closed port, reset for an unknown connection, host firewall.
    ServerKernel,
    /// A device between.
    Middlebox,
    /// Loss, MTU, routing.
    Network,
    /// Each side by itself.
    Both,
    /// Nobody: it goes on.
    None,
    /// The packets fit several.
    Unknown,
}

/// Where, how and by whom a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Where.
    pub phase: Phase,
    /// The tap cannot tell it from the neighbouring phase.
    pub phase_uncertain: bool,
    /// How.
    pub how: How,
    /// By whom.
    pub by: By,
    /// A RST or FIN in this capture was sent by someone else than its source address.
    pub forged: bool,
    /// How sure `by` and `how` are.
    pub confidence: Confidence,
    /// The packet that ended it, where one did.
    pub packet: Option<PacketId>,
    /// When.
    pub time: Option<Timestamp>,
    /// The argument in one or two clauses: "RST in packet 9, 18.2 ms after the handshake, from the live socket (…)".
    pub argument: String,
}

/// Where the capture was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TapPosition {
    /// On the client or within its link.
    Client,
    /// On the server or within its link.
    Server,
    /// On the path between.
    Between,
    /// The packets do not tell.
    Unknown,
}

/// The tap's position. What speaks for it is told by [`Words`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    /// Where.
    pub position: TapPosition,
    /// How sure.
    pub confidence: Confidence,
}

/// A packet that supports a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The packet.
    pub packet: PacketId,
    /// Its time.
    pub time: Timestamp,
    /// What it shows. May hold bytes from the wire, already escaped for display.
    pub text: Text,
}

/// Where a remedy is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// On the client.
    Client,
    /// On the server.
    Server,
    /// On a device between.
    Network,
}

/// Something to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Where.
    pub place: Place,
    /// What, in words.
    pub text: Text,
    /// A command or configuration line that can be pasted.
    pub command: Option<Text>,
}

/// One explanation of what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Id of the catalogue.
    pub id: &'static str,
    /// What happened, in one line, if it is another than the title of the page.
    pub title: Option<Text>,
    /// How sure.
    pub confidence: Confidence,
    /// The reasoning, a sentence or two.
    pub explanation: Text,
    /// Packets that support it; never empty.
    pub evidence: Vec<Evidence>,
    /// What speaks against it, or what else would look the same.
    pub against: Vec<Text>,
    /// What would settle it: a log line, another capture.
    pub settle: Vec<Text>,
    /// What to do, the least harmful first.
    pub remedies: Vec<Remedy>,
}

impl Finding {
    /// What happened, in one line.
    pub fn title(&self) -> &str {
        let page = || super::catalogue::find(self.id).map_or(self.id, super::catalogue::Diagnosis::title);
        self.title.as_deref().unwrap_or_else(page)
    }
}

/// A milestone or event that a person needs to follow the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The packet.
    pub packet: PacketId,
    /// Its time.
    pub time: Timestamp,
    /// Who sent it; none for a third party (ICMP) and for what nobody sent.
    pub side: Option<Side>,
    /// What happens, short enough for a column: `SYN`, `KEXINIT`, `SSH-2.0-OpenSSH_9.6`, `RST`. Escaped for display.
    pub what: String,
    /// A remark on it: `mss 1460, ttl 62, 2 hops away`.
    pub note: String,
}

/// Whether the user was authenticated, as far as sizes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthOutcome {
    /// Yes.
    Succeeded,
    /// It was tried and refused.
    Failed,
    /// The sizes do not carry it, or it was not reached.
    Unknown,
}

/// Authentication as inferred from sizes and timing after NEWKEYS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// Outcome.
    pub outcome: AuthOutcome,
    /// Requests that were answered with a failure.
    pub attempts: u32,
    /// When the user was let in.
    pub granted_at: Option<Timestamp>,
}

/// Everything concluded about one connection.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Where the tap was.
    pub tap: Tap,
    /// Where, how and by whom the connection ended.
    pub ended: Ended,
    /// All findings, the leading one first; empty only for a connection without anything to say.
    pub findings: Vec<Finding>,
    /// The agreed algorithms and the slots without a common one, where both KEXINIT are known.
    pub negotiation: Option<std::sync::Arc<crate::ssh::Negotiation>>,
    /// Authentication, once NEWKEYS was reached.
    pub authentication: Option<Authentication>,
    /// Steps reached, whenever.
    pub marks: Milestones,
    /// When the user was let in, if the sizes say so.
    pub authenticated_at: Option<Mark>,
    /// Every reset, judged.
    pub resets: Vec<Reset>,
}

/// What is told of a connection beside its judgement, worked out from it when somebody asks: of most connections nobody does.
#[derive(Debug, Clone)]
pub struct Words {
    /// Why the tap is taken to be where it is, a clause each.
    pub tap: Vec<String>,
    /// Weak or broken algorithms in use, exposure to known attacks: id and text.
    pub weaknesses: Vec<(String, String)>,
    /// What the user's client will have printed, the likeliest first, at most three lines.
    pub client_says: Vec<String>,
    /// What the client had sent when resets or silence ended it, in the grammar of SIGCOMM 2023; none for other endings.
    pub stage_signature: Option<String>,
    /// Milestones and events, in time order, capped.
    pub timeline: Vec<Moment>,
    /// Moments left out of the middle of the timeline.
    pub timeline_omitted: u64,
}

impl Judgement {
    /// The leading finding.
    pub fn verdict(&self) -> Option<&Finding> {
        self.findings.first()
    }
}

macro_rules! words {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word of the report.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}

words!(Confidence { Possible = "possible", Likely = "likely", Certain = "certain" });
words!(Phase {
    TcpConnect = "tcp-connect", PreBanner = "pre-banner", Banner = "banner", Kexinit = "kexinit",
    KeyExchange = "key-exchange", NewKeys = "new-keys", Authentication = "authentication", Session = "session",
});
words!(How { Rst = "rst", Fin = "fin", Timeout = "timeout", Icmp = "icmp", None = "none" });
words!(By {
    Client = "client", ServerApp = "server-app", ServerKernel = "server-kernel", Middlebox = "middlebox",
    Network = "network", Both = "both", None = "none", Unknown = "unknown",
});
words!(TapPosition { Client = "client", Server = "server", Between = "between", Unknown = "unknown" });
words!(Place { Client = "client", Server = "server", Network = "network" });
words!(AuthOutcome { Succeeded = "succeeded", Failed = "failed", Unknown = "unknown" });
