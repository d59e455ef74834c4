//! The client leaves when it has seen the server's host key.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::shown::shown;
use crate::record::Mark;
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

const ID: &str = "hostkey-rejected-by-client";
/// Reason of a DISCONNECT (RFC 4253 §11.1).
const PROTOCOL_ERROR: u32 = 2;
/// A person reads and answers the question about an unknown key for longer than this.
const THINK_TIME: Span = Span::from_secs(1);

/// The server's signed reply and the close of a client that left after it without NEWKEYS.
pub(super) fn left_at_reply<'a>(case: &Case<'a>) -> Option<(Mark, &'a SegmentFact)> {
    if !matches!(case.ended.phase, Phase::KeyExchange | Phase::NewKeys) || case.ended.by != By::Client {
        return None;
    }
    // It waited for the server: what it had sent, its NEWKEYS too, is not in this capture.
    if case.ended.how == How::Timeout {
        return None;
    }
    // It says that the peer broke the protocol: not that it dislikes the key.
    if case.record.ssh.client.disconnect.as_ref().is_some_and(|said| said.code == PROTOCOL_ERROR) {
        return None;
    }
    let server = &case.record.ssh.server;
    let group = server.gex_prime_bits.is_some();
    let signed = |number: u8| if group { number == 33 } else { matches!(number, 31 | 33) };
    let reply = server.messages.iter().find(|message| signed(message.number) && message.complete)?;
    if server.host_key.is_none() && reply.number != 33 || case.marks.newkeys.client.is_some() {
        return None;
    }
    Some((case.record.mark(Side::Server, reply.range)?, case.closing_segment()?))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (mark, close) = left_at_reply(case)?;
    let key = case.record.ssh.server.host_key.as_ref();
    let accepted = super::kex_signature_or_libcrypto_failure::accepted_elsewhere(case);
    let waited = close.time - mark.time;
    let shows = key.map_or("the server's host key".to_string(), |key| format!("{} {} bits {}", shown(key.kind.as_bytes()), key.bits.map_or("?".into(), |bits| bits.to_string()), key.fingerprint));
    let scanner = case.software.client.as_ref().is_some_and(|software| software.is_scanner);
    let said = case.record.ssh.client.disconnect.as_ref();
    let mut detected = Detected::new(
        ID,
        if scanner || accepted { Confidence::Possible } else { Confidence::Likely },
        "The client closed after it had received the server's host key and its signature, and sent no NEWKEYS: it did not accept the key.",
    )
    .because(&mark, format!("key exchange reply with {shows}"))
    .because(close, format!("the client leaves {} later", duration(waited)));
    if let Some(said) = said
        && let Some(at) = case.record.mark(Side::Client, said.range)
    {
        detected = detected.because(&at, format!("its DISCONNECT says \"{}\"", shown(&said.text)));
    }
    let changed = case.neighbours().filter_map(|visit| visit.host_key.as_ref()).find(|other| key.is_some_and(|key| other.fingerprint != key.fingerprint));
    if let Some(other) = changed {
        detected = detected.because(&mark, format!("other connections to this server got another key: {}", shown(other.fingerprint.as_bytes())));
    }
    Some(
        detected
            .against_if(scanner, "the client's software is a scanner, which leaves at this point by design")
            .against_if(accepted, "the same client took the same key in another connection")
            .against_if(waited > THINK_TIME, "it waited: a person may have answered no, or interrupted")
            .against("a failed check of the signature (error in libcrypto, incorrect signature) ends at the same packet")
            .settle("the client's own words: REMOTE HOST IDENTIFICATION HAS CHANGED, Host key verification failed, Invalid key length")
            .settle("on the server: for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done")
            .remedy(Place::Client, "compare the fingerprint with the server's own first; only then remove the old entry", format!("ssh-keygen -R {}", case.known_host())),
    )
}
