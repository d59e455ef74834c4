//! One side speaks SSH-1 alone, the other SSH-2 alone.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::ssh::identification::Identification;
use crate::tcp::Side;

const ID: &str = "protocol-major-mismatch";

/// What OpenSSH sends before it closes.
const ANSWER: &[u8] = b"Protocol major versions differ.";

/// 1.99 speaks both (RFC 4253 §5.1).
fn speaks_both(seen: &Identification) -> bool {
    seen.protocol == b"1.99"
}

/// Whether two sides have no major version in common.
fn differ(a: &Identification, b: &Identification) -> bool {
    let old = |seen: &Identification| !seen.speaks_ssh2();
    !speaks_both(a) && !speaks_both(b) && old(a) != old(b)
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (client, server) = (&case.record.ssh.client, &case.record.ssh.server);
    let said = server.invalid_packet.as_ref().filter(|invalid| invalid.text() == Some(ANSWER));
    let both = client.identification.as_ref().zip(server.identification.as_ref());
    let one = client.identification.as_ref().xor(server.identification.as_ref());
    let certain = said.is_some() || both.is_some_and(|(a, b)| differ(a, b));
    // Most SSH-1 servers speak first, and a client that reads "SSH-1.5" may leave before it says its own.
    let likely = one.is_some_and(|seen| seen.ssh1_only()) && case.close.mark(case).is_some();
    if !certain && !likely {
        return None;
    }
    let mut detected = Detected::new(
        ID,
        if certain { Confidence::Certain } else { Confidence::Likely },
        "The two sides have no version of the protocol in common: one speaks SSH-1 alone, which is broken and was removed from OpenSSH \
         in 7.6.",
    );
    for side in Side::BOTH {
        let Some(seen) = case.record.ssh[side].identification.as_ref() else { continue };
        let Some(mark) = case.record.first_mark_behind(side, seen.range.start) else { continue };
        detected = detected.because(&mark, format!("the {}'s identification: \"{}\"", side.name(), shown(&seen.raw)));
    }
    let answer = said.and_then(|invalid| case.record.first_mark_behind(Side::Server, invalid.offset));
    Some(
        detected
            .ended_in(Phase::Banner)
            .because_of(answer.as_ref(), "the server says \"Protocol major versions differ.\"")
            .settle("the client prints \"Protocol major versions differ: 2 vs. 1\"")
            .remedy(
                Place::Server,
                "Cisco IOS: a key of at least 2048 bits, then version 2",
                "crypto key generate rsa modulus 2048\nip ssh version 2",
            )
            .advice(Place::Client, "replace or update the client or device that speaks SSH-1"),
    )
}
