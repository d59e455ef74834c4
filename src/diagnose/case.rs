//! One connection prepared for diagnosis: everything that several detectors ask, worked out once.

use super::ending::{self, Close};
use super::finding::{By, Confidence, Ended, How, Phase, Tap};
use super::login::Reading;
use super::loss::{self, Stuck};
use super::reset::{self, Reset};
use super::tap::{self, Halves};
use crate::record::{ConnectionRecord, HostFacts, Hosts, Mark, Milestones, Visit};
use crate::ssh::{AuthOutcome, AuthenticationGuess, Negotiation, Software, Suite};
use crate::tcp::{PerSide, SegmentFact, Side};
use crate::time::Span;
use std::sync::Arc;

/// The port that `ssh` takes where none is named (RFC 4253 §4.1).
const SSH_PORT: u16 = 22;

/// A connection with its derived facts.
#[derive(Debug)]
pub struct Case<'a> {
    /// All that was seen.
    pub record: &'a ConnectionRecord,
    /// What other connections show.
    pub hosts: &'a Hosts,
    /// Steps reached, whenever.
    pub marks: Milestones,
    /// Halves of the round trip at the tap.
    pub halves: Halves,
    /// Where the tap was.
    pub tap: Tap,
    /// Every reset, judged.
    pub resets: Vec<Reset>,
    /// Agreed algorithms, where both KEXINIT are whole.
    pub negotiation: Option<Arc<Negotiation>>,
    /// Authentication by sizes.
    pub authentication: AuthenticationGuess,
    /// Segments that the indices of `authentication` stand for.
    pub writes: Vec<usize>,
    /// Software of each side, by its identification string.
    pub software: PerSide<Option<Software>>,
    /// What ended it.
    pub close: Close,
    /// Bytes that never got through, at that time.
    pub stuck: PerSide<Option<Stuck>>,
    /// The ending in words.
    pub ended: Ended,
}

impl<'a> Case<'a> {
    /// Works everything out.
    pub fn new(record: &'a ConnectionRecord, reading: Reading, hosts: &'a Hosts) -> Self {
        let Reading { marks, software, negotiation, authentication, writes } = reading;
        let mut case = Self {
            record,
            hosts,
            marks,
            halves: tap::halves(record),
            tap: tap::locate(record),
            resets: reset::judge(record, hosts),
            negotiation,
            authentication,
            writes,
            software,
            close: Close::Open,
            stuck: PerSide::default(),
            ended: Ended {
                phase: Phase::TcpConnect,
                phase_uncertain: false,
                how: How::None,
                by: By::None,
                forged: false,
                confidence: Confidence::Possible,
                packet: None,
                time: None,
                argument: String::new(),
            },
        };
        case.close = Close::find(&case);
        let until = case.close.mark(&case).map_or(record.observed_until, |mark| mark.time);
        case.stuck = PerSide::from_fn(|side| loss::stuck(record, side, until));
        case.ended = ending::describe(&case);
        case
    }

    /// The framing of the packets of a side under the agreed cipher and MAC, where they are known.
    pub fn suite(&self, from: Side) -> Option<Suite> {
        let Negotiation { encryption, mac, .. } = self.negotiation.as_deref()?;
        let (cipher, mac) = match from {
            Side::Client => (&encryption.client_to_server, &mac.client_to_server),
            Side::Server => (&encryption.server_to_client, &mac.server_to_client),
        };
        Suite::of(cipher.as_deref()?, mac.as_deref().unwrap_or_default())
    }

    /// The server as `ssh` takes it on its command line.
    pub fn destination(&self) -> String {
        let server = &self.record.server;
        if server.port == SSH_PORT {
            server.address.to_string()
        } else {
            format!("-p {} {}", server.port, server.address)
        }
    }

    /// The server as `known_hosts` has it, quoted for a shell.
    pub fn known_host(&self) -> String {
        let server = &self.record.server;
        if server.port == SSH_PORT {
            server.address.to_string()
        } else {
            format!("'[{}]:{}'", server.address, server.port)
        }
    }

    /// When the user was authenticated, if the sizes say so.
    pub fn authenticated_at(&self) -> Option<Mark> {
        let AuthOutcome::Succeeded { at } = self.authentication.outcome else { return None };
        self.write(at).map(|fact| Mark { time: fact.time, packet: fact.packet })
    }

    /// The sizes do not tell how the login went, and it may be done: the server has answered requests, or, where not even its answer
    /// to the service request is known by its size, has sent more than that and EXT_INFO.
    pub fn may_be_authenticated(&self) -> bool {
        let guess = &self.authentication;
        let of_server = |&&at: &&usize| self.record.segments.get(at).is_some_and(|fact| fact.from == Side::Server);
        let answered = match guess.server_service_accept {
            Some(_) => guess.answered >= 2,
            None => self.writes.iter().filter(of_server).count() >= 3,
        };
        matches!(guess.outcome, AuthOutcome::Unknown) && answered
    }

    /// The segment behind an index of the authentication guess.
    pub fn write(&self, index: usize) -> Option<&'a SegmentFact> {
        self.writes.get(index).and_then(|&at| self.record.segments.get(at))
    }

    /// Segments of a side that carried payload, up to the end.
    pub fn data_from(&self, side: Side) -> impl DoubleEndedIterator<Item = &'a SegmentFact> {
        let end = self.close.mark(self);
        self.record.sent_by(side).filter(move |fact| {
            fact.len > 0 && end.is_none_or(|end| Mark { time: fact.time, packet: fact.packet } <= end)
        })
    }

    /// The segment that ended it.
    pub fn closing_segment(&self) -> Option<&'a SegmentFact> {
        match self.close {
            Close::Reset(i) => self.record.segments.get(self.resets[i].index),
            Close::Fin(index) | Close::GaveUp { index, .. } => self.record.segments.get(index),
            _ => None,
        }
    }

    /// The judged reset that ended it.
    pub fn ending_reset(&self) -> Option<&Reset> {
        match self.close {
            Close::Reset(i) => self.resets.get(i),
            _ => None,
        }
    }

    /// From the handshake to the end.
    pub fn lasted(&self) -> Option<Span> {
        let end = self.close.mark(self)?;
        Some(end.time - self.marks.handshake?.time)
    }

    /// Whether TTLs of this side are known from packets that are no resets, in this connection or another.
    pub fn knows_distance(&self, side: Side) -> bool {
        let own = self.record.sent_by(side).any(|fact| !fact.flags.rst());
        own || self.host(side).is_some_and(|facts| !facts.ttls.is_empty())
    }

    /// What is known of the address of a side.
    pub fn host(&self, side: Side) -> Option<&'a HostFacts> {
        self.hosts.get(self.record.endpoint(side).address)
    }

    /// Payload was seen of which nothing could be decoded.
    pub fn saw_opaque_bytes(&self) -> bool {
        Side::BOTH.into_iter().any(|side| {
            let ssh = &self.record.ssh[side];
            self.record.tcp[side].bytes > 0
                && ssh.identification.is_none()
                && ssh.messages.is_empty()
                && ssh.other.is_none()
        })
    }

    /// It ended in silence: bytes went unanswered, whoever's timer closed at last.
    pub fn in_silence(&self) -> bool {
        matches!(self.close, Close::GaveUp { .. } | Close::Unanswered(_))
    }

    /// Only one direction was captured.
    pub fn one_sided(&self) -> bool {
        !self.record.saw(Side::Client) || !self.record.saw(Side::Server)
    }
}

impl Case<'_> {
    /// Other connections to this server that were open when this one began, and at which nobody ever logged in.
    pub fn unauthenticated_at_start(&self) -> usize {
        let start = self.record.first.1;
        let open = |visit: &&Visit| visit.start <= start && visit.end >= start && visit.without_login();
        self.others().filter(open).count()
    }

    /// Earlier and later connections to this server and port, this one left out.
    pub fn neighbours(&self) -> impl Iterator<Item = &Visit> {
        let port = self.record.server.port;
        self.others().filter(move |visit| visit.port == port)
    }

    /// Connections to this server, this one left out, and what a NAT made of it.
    fn others(&self) -> impl Iterator<Item = &Visit> {
        let (number, client) = (self.record.number, self.record.client.address);
        let visits = self.host(Side::Server).into_iter().flat_map(|facts| facts.visits.iter());
        visits.filter(move |visit| visit.number != number && visit.counts_beside(client))
    }
}
