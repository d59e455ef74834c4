//! One connection prepared for diagnosis: everything that several detectors ask, worked out once.

use super::ending::{self, Close};
use super::finding::{By, Confidence, Ended, How, Phase, Tap};
use super::loss::{self, Stuck};
use super::policy::SESSION_BYTES;
use super::reset::{self, Reset};
use super::tap::{self, Halves};
use crate::record::{ConnectionRecord, HostFacts, Hosts, Mark, Milestones};
use crate::ssh::encrypted::{Basis, Seen as Directions};
use crate::ssh::negotiation::PerDirection;
use crate::ssh::{AuthOutcome, AuthenticationGuess, Circumstances, Negotiation, Software, Suite, Write};
use crate::tcp::{PerSide, Seen, SegmentFact, Side};
use crate::time::{Span, Timestamp};

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
    pub negotiation: Option<Negotiation>,
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
    pub fn new(record: &'a ConnectionRecord, hosts: &'a Hosts) -> Self {
        let software =
            PerSide::from_fn(|side| record.ssh[side].identification.as_ref().map(|seen| seen.parsed_software()));
        let negotiation = negotiation(record);
        let (authentication, writes) = guess_authentication(record, negotiation.as_ref(), &software);
        let mut case = Self {
            record,
            hosts,
            marks: record.milestones(),
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

    /// When the user was authenticated, if the sizes say so.
    pub fn authenticated_at(&self) -> Option<Mark> {
        let AuthOutcome::Succeeded { at } = self.authentication.outcome else { return None };
        self.write(at).map(|fact| Mark { time: fact.time, packet: fact.packet })
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

fn negotiation(record: &ConnectionRecord) -> Option<Negotiation> {
    let client = record.ssh.client.kexinit.as_ref().filter(|seen| seen.complete)?;
    let server = record.ssh.server.kexinit.as_ref().filter(|seen| seen.complete)?;
    Some(Negotiation::of(&client.kexinit.offer(), &server.kexinit.offer()))
}

/// Encrypted bytes that one segment added to its stream, in the order of the stream.
struct Delivered {
    bytes: u32,
    /// When they and all before them were there.
    time: Timestamp,
    /// Index of the segment in the record.
    index: usize,
    /// Bytes before them are not in the record.
    missing_before: bool,
}

/// Stream offset of a side's first encrypted byte. Where its NEWKEYS is missing (cut or lost), the peer's first encrypted bytes
/// tell: both directions are encrypted by then.
fn encrypted_from(record: &ConnectionRecord, side: Side) -> Option<i64> {
    if let Some(from) = record.ssh[side].encrypted_from {
        return Some(record.offset(side, from));
    }
    let peer = side.peer();
    let start = record.offset(peer, record.ssh[peer].encrypted_from?);
    let first = record.sent_by(peer).find(|fact| fact.len > 0 && fact.data_start() >= start)?;
    let sent = record.sent_by(side).filter(|fact| fact.time <= first.time && !fact.flags.rst());
    sent.map(SegmentFact::end).max()
}

/// The encrypted bytes of a side in stream order: a repeated or reordered segment counts where its bytes belong.
fn delivered(record: &ConnectionRecord, side: Side) -> Vec<Delivered> {
    let Some(start) = encrypted_from(record, side) else { return Vec::new() };
    let data =
        |fact: &SegmentFact| fact.from == side && fact.len > 0 && !fact.flags.rst() && fact.seen != Seen::KeepAlive;
    let mut facts: Vec<(usize, &SegmentFact)> =
        record.segments.iter().enumerate().filter(|(_, fact)| data(fact)).collect();
    facts.sort_by_key(|(_, fact)| (fact.data_start(), fact.time));
    let (mut next, mut time, mut writes) = (start, Timestamp(i64::MIN), Vec::new());
    for (index, fact) in facts {
        let (from, end) = (fact.data_start().max(next), fact.data_start() + i64::from(fact.len));
        if end <= from {
            continue;
        }
        time = time.max(fact.time);
        let bytes = u32::try_from(end - from).unwrap_or(u32::MAX);
        writes.push(Delivered { bytes, time, index, missing_before: from > next });
        next = end;
    }
    writes
}

/// The encrypted bytes of a side that was not captured, by what its peer acknowledged from its own first encrypted bytes on.
fn acknowledged(record: &ConnectionRecord, side: Side) -> Vec<Delivered> {
    let peer = side.peer();
    let Some(start) = record.ssh[peer].encrypted_from.map(|from| record.offset(peer, from)) else { return Vec::new() };
    let mut writes = Vec::new();
    let mut before: Option<i64> = None;
    for (index, fact) in record.segments.iter().enumerate().filter(|(_, fact)| fact.from == peer && fact.flags.ack()) {
        if fact.end() < start {
            continue;
        }
        let grown = before.map_or(0, |before| fact.ack - before);
        // A single byte is a FIN: no SSH packet is that short.
        if let Ok(bytes) = u32::try_from(grown)
            && bytes > 1
        {
            // It was sent before its acknowledgement; one step earlier puts it in front of the data that carries the ACK.
            writes.push(Delivered { bytes, time: fact.time - Span(1), index, missing_before: false });
        }
        before = Some(before.map_or(fact.ack, |before| before.max(fact.ack)));
    }
    writes
}

/// Sizes after NEWKEYS, as the inference of `ssh` wants them, and the segments that they come from.
fn guess_authentication(
    record: &ConnectionRecord,
    negotiation: Option<&Negotiation>,
    software: &PerSide<Option<Software>>,
) -> (AuthenticationGuess, Vec<usize>) {
    let mut found: Vec<(Delivered, Side)> = Vec::new();
    for side in Side::BOTH {
        let writes = if record.saw(side) { delivered(record, side) } else { acknowledged(record, side) };
        found.extend(writes.into_iter().map(|write| (write, side)));
    }
    found.sort_by_key(|(write, _)| (write.time, write.index));
    let missing_from = found.iter().position(|(write, _)| write.missing_before);
    let write = |(position, (write, side)): (usize, &(Delivered, Side))| Write {
        from_client: *side == Side::Client,
        bytes: write.bytes,
        time: write.time,
        index: position,
        after_gap: write.missing_before,
    };
    let writes: Vec<Write> = found.iter().enumerate().map(write).collect();
    let indices = found.iter().map(|(write, _)| write.index).collect();
    let suite = |cipher: &Option<String>, mac: &Option<String>| {
        Suite::of(cipher.as_deref()?, mac.as_deref().unwrap_or_default())
    };
    let suites = negotiation.map_or_else(PerDirection::default, |agreed| PerDirection {
        client_to_server: suite(&agreed.encryption.client_to_server, &agreed.mac.client_to_server),
        server_to_client: suite(&agreed.encryption.server_to_client, &agreed.mac.server_to_client),
    });
    let zlib = |method: &Option<String>| method.as_deref() == Some("zlib");
    let compressed =
        negotiation.is_some_and(|n| zlib(&n.compression.client_to_server) || zlib(&n.compression.server_to_client));
    let seen = match (record.saw(Side::Client), record.saw(Side::Server)) {
        (true, false) => Directions::ClientOnly,
        (false, true) => Directions::ServerOnly,
        _ => Directions::Both,
    };
    let circumstances = Circumstances {
        suites,
        compressed,
        seen,
        missing_from,
        client: software.client.as_ref(),
        server: software.server.as_ref(),
    };
    let mut guess = AuthenticationGuess::of(&writes, &circumstances);
    let encrypted = record.ssh.client.encrypted_from.is_some() || record.ssh.server.encrypted_from.is_some();
    if encrypted && record.bytes >= SESSION_BYTES && !matches!(guess.outcome, AuthOutcome::Succeeded { .. }) {
        // Whatever the sizes hide: no authentication exchanges so much.
        if let Some(at) = writes.len().checked_sub(1) {
            guess.outcome = AuthOutcome::Succeeded { at };
            guess.basis = Basis::Behaviour;
        }
    }
    (guess, indices)
}

impl Case<'_> {
    /// Other connections to this server that were open and had not sent encrypted bytes both ways when this one began.
    pub fn unauthenticated_at_start(&self) -> usize {
        let start = self.record.first.1;
        let open = |visit: &&crate::record::Visit| {
            visit.number != self.record.number && visit.start <= start && visit.end >= start && !visit.encrypted
        };
        self.host(Side::Server).map_or(0, |facts| facts.visits.iter().filter(open).count())
    }

    /// Earlier and later connections to this server and port, this one left out.
    pub fn neighbours(&self) -> impl Iterator<Item = &crate::record::Visit> {
        let (number, port) = (self.record.number, self.record.server.port);
        let facts = self.host(Side::Server);
        facts
            .into_iter()
            .flat_map(|facts| facts.visits.iter())
            .filter(move |visit| visit.number != number && visit.port == port)
    }
}
