//! A side says in a DISCONNECT in clear text (RFC 4253 §11.1) why it ends the connection.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::shown::shown;
use crate::ssh::message::Disconnect;
use crate::tcp::Side;

const ID: &str = "disconnect-in-clear";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    Side::BOTH.into_iter().find_map(|side| said(case, side, case.record.ssh[side].disconnect.as_ref()?))
}

fn said(case: &Case<'_>, side: Side, said: &Disconnect) -> Option<Detected> {
    let mark = case.record.mark(side, said.range)?;
    let closed = matches!(case.ended.how, How::Fin | How::Rst);
    let by = if side == Side::Client { By::Client } else { By::ServerApp };
    // Somebody else ended it before the message, or a device did.
    if case.ended.by == By::Middlebox || case.close.mark(case).is_some_and(|close| close < mark) {
        return None;
    }
    let name = side.name();
    let text = if said.text.is_empty() { String::new() } else { format!(": \"{}\"", shown(&said.text)) };
    // Whether the offers have anything in common says more than that the exchange failed, where both can be read.
    let exchange_failed = said.name == "KEY_EXCHANGE_FAILED";
    let offers_unread = exchange_failed && case.negotiation.is_none();
    if exchange_failed && case.negotiation.as_ref().is_some_and(|negotiation| !negotiation.failing.is_empty()) {
        return None;
    }
    let whole = closed && !offers_unread && !super::capture_truncated::is_incomplete(case);
    let confidence = if whole { Confidence::Certain } else { Confidence::Likely };
    let detected = Detected::new(ID, confidence, format!("The {name} ended the connection and gave its reason: {}.", reason(said.name)))
        .because(&mark, format!("DISCONNECT of the {name}, code {} ({}){text}", said.code, said.name))
        .because_of(case.closing_segment(), "the close behind it")
        .settle(format!("the log of the {name} at this moment has more words than the message"));
    let detected = detected.ended_in(case.ended.phase.max(Phase::Kexinit));
    let detected = if closed { detected.ended_by(by) } else { detected };
    Some(remedies(case, detected, side, said.name))
}

/// What a reason of RFC 4250 §4.2.2 says, in a clause.
fn reason(name: &str) -> &'static str {
    match name {
        "HOST_NOT_ALLOWED_TO_CONNECT" => "it does not take connections of this host",
        "PROTOCOL_ERROR" => "the other side broke the protocol",
        "KEY_EXCHANGE_FAILED" => "the key exchange failed",
        "MAC_ERROR" => "a packet came damaged",
        "SERVICE_NOT_AVAILABLE" => "it does not offer the service that was asked for",
        "PROTOCOL_VERSION_NOT_SUPPORTED" => "it does not speak this version of the protocol",
        "HOST_KEY_NOT_VERIFIABLE" => "it could not verify the host key",
        "CONNECTION_LOST" => "it lost the connection behind it",
        "BY_APPLICATION" => "its program or user wanted it",
        "TOO_MANY_CONNECTIONS" => "it has too many connections",
        _ => "the code and the text of the message say which",
    }
}

fn remedies(case: &Case<'_>, detected: Detected, side: Side, name: &str) -> Detected {
    match name {
        "KEY_EXCHANGE_FAILED" => detected
            .against_if(
                case.negotiation.as_ref().is_some_and(|agreed| agreed.failing.is_empty()),
                "the two offers have algorithms in common: what failed is behind the lists (a key that cannot be loaded, a policy, a library)",
            )
            .remedy(Place::Client, "see what the two would agree on", "sshwire algorithms --client ssh.pcap --server ssh.pcap")
            .remedy(Place::Server, "look for the reason", "journalctl -u ssh -u sshd --since -10min; sshd -t"),
        "TOO_MANY_CONNECTIONS" | "HOST_NOT_ALLOWED_TO_CONNECT" => detected
            .remedy(Place::Server, "see who is connected", "ss -tnp state established '( sport = :ssh )'")
            .advice(Place::Server, "raise the limit of sessions, or let this client in, where the server's own configuration says so"),
        _ if side == Side::Server => {
            detected.remedy(Place::Server, "look for the reason", "journalctl -u ssh -u sshd --since -10min")
        }
        _ => detected.advice(Place::Client, "read what the client printed or logged; run it with more words (ssh -vvv)"),
    }
}
