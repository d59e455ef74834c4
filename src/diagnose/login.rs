//! How the login of one connection went, by the sizes after NEWKEYS: what a case asks, and what its neighbours are told.

use super::policy::SESSION_BYTES;
use crate::record::{ConnectionRecord, Login, Milestones};
use crate::ssh::encrypted::{Basis, Seen as Directions};
use crate::ssh::negotiation::PerDirection;
use crate::ssh::{AuthOutcome, AuthenticationGuess, Circumstances, Negotiation, Software, Suite, Write, negotiated};
use crate::tcp::{PerSide, Seen, SegmentFact, Side};
use crate::time::{Span, Timestamp};
use std::sync::Arc;

/// What a record alone tells, whatever other connections show; worked out once, when the connection is over.
#[derive(Debug)]
pub struct Reading {
    /// Steps reached, whenever.
    pub marks: Milestones,
    /// Software of each side, by its identification string.
    pub software: PerSide<Option<Software>>,
    /// Agreed algorithms, where both KEXINIT are whole.
    pub negotiation: Option<Arc<Negotiation>>,
    /// Authentication by sizes.
    pub authentication: AuthenticationGuess,
    /// Segments that the indices of `authentication` stand for.
    pub writes: Vec<usize>,
}

impl Reading {
    /// Reads a record.
    pub fn of(record: &ConnectionRecord) -> Self {
        let software = software(record);
        let negotiation = negotiation(record);
        let (authentication, writes) = guess(record, negotiation.as_deref(), &software);
        Self { marks: record.milestones(), software, negotiation, authentication, writes }
    }

    /// How the login of the connection went, for those who look at it as a neighbour.
    pub fn login(&self, record: &ConnectionRecord) -> Login {
        if Side::BOTH.into_iter().all(|side| record.ssh[side].encrypted_from.is_none()) {
            return Login::NotReached;
        }
        match self.authentication.outcome {
            AuthOutcome::Succeeded { .. } => Login::Granted,
            AuthOutcome::Failed => Login::Refused(self.authentication.attempts.max(1)),
            AuthOutcome::Unknown => Login::Unclear,
        }
    }
}

/// Software of each side, by its identification string.
fn software(record: &ConnectionRecord) -> PerSide<Option<Software>> {
    PerSide::from_fn(|side| record.ssh[side].identification.as_ref().map(|seen| seen.parsed_software()))
}

/// The agreed algorithms, where both KEXINIT are whole.
fn negotiation(record: &ConnectionRecord) -> Option<Arc<Negotiation>> {
    let client = record.ssh.client.kexinit.as_ref().filter(|seen| seen.complete)?;
    let server = record.ssh.server.kexinit.as_ref().filter(|seen| seen.complete)?;
    Some(negotiated(&client.kexinit, &server.kexinit))
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
    // They may come behind NEWKEYS in the same segment.
    let encrypted = |fact: &&SegmentFact| fact.data_start().saturating_add(i64::from(fact.len)) > start;
    let first = record.sent_by(peer).find(|fact| fact.len > 0 && encrypted(fact))?;
    let sent = record.sent_by(side).filter(|fact| fact.time <= first.time && !fact.flags.rst());
    sent.map(SegmentFact::end).max()
}

/// The encrypted bytes of a side in stream order: a repeated or reordered segment counts where its bytes belong.
fn delivered(record: &ConnectionRecord, side: Side) -> Vec<Delivered> {
    let Some(start) = encrypted_from(record, side) else { return Vec::new() };
    let data =
        |fact: &SegmentFact| fact.from == side && fact.len > 0 && !fact.flags.rst() && fact.seen() != Seen::KeepAlive;
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
fn guess(
    record: &ConnectionRecord,
    negotiation: Option<&Negotiation>,
    software: &PerSide<Option<Software>>,
) -> (AuthenticationGuess, Vec<usize>) {
    if Side::BOTH.into_iter().all(|side| record.ssh[side].encrypted_from.is_none()) {
        return (AuthenticationGuess::not_reached(), Vec::new());
    }
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
