//! A packet filter rejects with an ICMP error (RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3.1).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::policy::REFUSES_WITHIN;
use crate::diagnose::tap::initial_ttl;
use crate::packet::IcmpError;
use crate::tcp::Side;

const ID: &str = "fw-reject-icmp";

/// Whether an error says "forbidden" (or "no such port", which no kernel says of a TCP port).
pub(super) fn is_prohibition(error: &IcmpError) -> bool {
    match error.version {
        4 => error.kind == 3 && matches!(error.code, 2 | 3 | 9 | 10 | 13),
        _ => error.kind == 1 && matches!(error.code, 1 | 4 | 5 | 6),
    }
}

/// "Host unreachable" at once and for each SYN: a router that looks for the host waits for an answer first (Linux and the BSDs
/// about three seconds; their TTL starts at 64). A rule does not wait.
pub(super) fn is_prompt_refusal(case: &Case<'_>, error: &IcmpError) -> bool {
    let host = matches!((error.version, error.kind, error.code), (4, 3, 1) | (6, 1, 3));
    let prompt = |error: &IcmpError| {
        let syn = case.record.sent_by(Side::Client).rfind(|fact| fact.flags.syn() && fact.time <= error.time);
        syn.is_some_and(|syn| error.time - syn.time <= REFUSES_WITHIN)
    };
    let alike = case
        .record
        .icmp
        .iter()
        .filter(|other| (other.from, other.kind, other.code) == (error.from, error.kind, error.code));
    let mut syns = case.record.sent_by(Side::Client).filter(|fact| fact.flags.syn() && fact.time <= error.time);
    let first_answered = syns.next().is_some() && syns.next().is_none();
    host && first_answered
        && initial_ttl(error.ttl) == 64
        && alike.clone().count() >= 2
        && alike.into_iter().all(prompt)
}

/// Name of the code, in the words of the standards.
fn name(error: &IcmpError) -> &'static str {
    match (error.version, error.code) {
        (4, 2) => "protocol unreachable",
        (4, 3) | (6, 4) => "port unreachable",
        (4, 9) => "network administratively prohibited",
        (4, 10) => "host administratively prohibited",
        (6, 5) => "source address failed policy",
        (6, 6) => "reject route",
        (4, 1) | (6, 3) => "host unreachable",
        _ => "administratively prohibited",
    }
}

/// The error that ended the attempt, or that answers bytes which stay unacknowledged.
fn rejection<'a>(case: &Case<'a>) -> Option<&'a IcmpError> {
    match case.close {
        Close::Icmp(index) => {
            case.record.icmp.get(index).filter(|error| is_prohibition(error) || is_prompt_refusal(case, error))
        }
        Close::Unanswered(_) | Close::GaveUp { .. } => {
            let side =
                |error: &IcmpError| if error.quoted.source == case.record.client { Side::Client } else { Side::Server };
            let concerned = |error: &&IcmpError| case.marks.handshake.is_none() || case.stuck[side(error)].is_some();
            case.record.icmp.iter().find(|error| is_prohibition(error) && concerned(error))
        }
        _ => None,
    }
}

/// Who sent the error.
pub(super) fn sender(case: &Case<'_>, error: &IcmpError) -> By {
    if error.from == case.record.server.address {
        By::ServerKernel
    } else if error.from == case.record.client.address {
        By::Client
    } else {
        By::Middlebox
    }
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let error = rejection(case)?;
    let by = sender(case, error);
    let confidence = if is_prohibition(error) { Confidence::Certain } else { Confidence::Likely };
    let where_ = match by {
        By::ServerKernel => "on the server itself: the error bears its address".to_string(),
        By::Client => "on the client itself".to_string(),
        _ => format!("at {}, which is not the server", error.from),
    };
    let what = if case.marks.handshake.is_some() { "packets of the open connection" } else { "the SYN" };
    let place = if by == By::ServerKernel { Place::Server } else { Place::Network };
    let text = format!(
        "ICMP type {} code {} ({}) from {}, quoting the segment",
        error.kind,
        error.code,
        name(error),
        error.from
    );
    Some(
        Detected::new(
            ID,
            confidence,
            format!("A packet filter rejects {what} with an ICMP error. It stands {where_}."),
        )
        .because_of(case.marks.syn.as_ref(), "SYN")
        .because(error, text)
        .ended_by(by)
        .against_if(
            confidence != Confidence::Certain,
            "a router may also say so of a host that does not exist; this one did not wait for the host",
        )
        .settle(
            "the rule set of the host that the error came from: nft list ruleset, iptables -S, firewall-cmd --list-all",
        )
        .settle("fail2ban rejects with \"port unreachable\": fail2ban-client status sshd lists banned addresses")
        .remedy(
            place,
            "look for a ban of this client and lift it",
            "fail2ban-client status sshd; fail2ban-client set sshd unbanip CLIENT",
        )
        .remedy(
            place,
            "firewalld: allow the service",
            "firewall-cmd --permanent --add-service=ssh && firewall-cmd --reload",
        )
        .remedy(place, "ufw: allow the client", "ufw allow from CLIENT to any port 22 proto tcp"),
    )
}
