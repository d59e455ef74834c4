//! The client leaves at once on the server's reply: its check of the signature, or its crypto library, failed.

use super::build::Detected;
use super::hostkey_rejected_by_client::left_at_reply;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::LEAVES_AT_REPLY;
use crate::ssh::software::Product;
use crate::time::Span;

const ID: &str = "kex-signature-or-libcrypto-failure";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (mark, close) = left_at_reply(case)?;
    let way = case.halves.client.unwrap_or(Span::ZERO);
    let took = Span((close.time - mark.time).0.saturating_sub(way.0));
    let scanner = case.software.client.as_ref().is_some_and(|software| software.is_scanner);
    // Some clients say that it was the key: HOST_KEY_NOT_VERIFIABLE (RFC 4253 §11.1).
    let said = case.record.ssh.client.disconnect.as_ref().is_some_and(|said| said.code == 9);
    if took > LEAVES_AT_REPLY || scanner || said {
        return None;
    }
    let accepted = accepted_elsewhere(case);
    let agreed = |name: Option<&String>, one_of: &[&str]| name.is_some_and(|name| one_of.contains(&name.as_str()));
    let negotiated = case.negotiation.as_ref();
    let sha1 = agreed(negotiated.and_then(|agreed| agreed.host_key.as_ref()), &["ssh-rsa", "ssh-dss"]);
    let hybrid = agreed(negotiated.and_then(|agreed| agreed.kex.as_ref()), &["mlkem768x25519-sha256"]);
    let erlang = hybrid && case.software.server.as_ref().is_some_and(|software| software.product == Product::Erlang);
    let why = match (sha1, erlang) {
        (true, _) => " The key's signature uses SHA-1, which newer crypto policies forbid.",
        (_, true) => " Erlang's server signs wrongly in about 1 of 512 such exchanges.",
        _ => "",
    };
    let text =
        format!("The client left {} after the server's signed reply, too fast for a person.{why}", duration(took));
    let detected = Detected::new(ID, if accepted { Confidence::Likely } else { Confidence::Possible }, text)
        .because(&mark, "the key exchange reply with host key and signature")
        .because(close, "the client leaves at once, no NEWKEYS")
        .against_if(!accepted, "a host key that the client does not accept ends at the same packet")
        .settle("the client's own words: \"error in libcrypto\", \"incorrect signature\", \"Invalid key length\"; if none, \"Host key verification failed\"")
        .settle("try again: a fault that comes and goes is no rejected key")
        .remedy(Place::Client, "another key exchange and host key", "ssh -o KexAlgorithms=curve25519-sha256 -o HostKeyAlgorithms=ssh-ed25519,rsa-sha2-512 SERVER")
        .remedy(Place::Server, "a host key that every policy accepts, if one is missing", "ssh-keygen -A && systemctl restart ssh");
    // The rejected key is the commoner reason; only where the same client took the same key elsewhere it is ruled out.
    Some(if accepted { detected } else { detected.aside() })
}

/// Whether the same client went on with the same key in another connection: the key itself is accepted there.
pub(super) fn accepted_elsewhere(case: &Case<'_>) -> bool {
    let Some(key) = case.record.ssh.server.host_key.as_ref() else { return false };
    case.own_visits().any(|visit| visit.encrypted && visit.host_key.as_ref().is_some_and(|other| other.fingerprint == key.fingerprint))
}
