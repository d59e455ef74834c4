//! Somebody else answered the SYN: a SYN proxy completes the handshake with the client, and the server behind it does not follow.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::tap::hops;
use crate::tcp::{SegmentFact, Side};

const ID: &str = "syn-proxy-then-rst";

/// Packets of the server from which their TTL is no chance.
const STEADY: usize = 2;

/// Why the SYN+ACK is not the server's own, and whether a server stands behind it.
fn stranger(case: &Case<'_>, syn_ack: &SegmentFact) -> Option<String> {
    let own: Vec<&SegmentFact> =
        case.record.sent_by(Side::Server).filter(|fact| !fact.flags.syn() && !fact.flags.rst()).collect();
    // netfilter's SYNPROXY announces no window until the server behind it has answered.
    if syn_ack.window == 0 && own.iter().all(|fact| fact.window == 0) {
        return Some(
            "window 0: a SYN proxy lets nothing pass until the server behind it answers, and it never did".into(),
        );
    }
    let other = own.first().map(|fact| fact.ttl).filter(|&ttl| hops(ttl) != hops(syn_ack.ttl))?;
    let steady = own.len() >= STEADY && own.iter().all(|fact| fact.ttl == other);
    steady.then(|| format!("TTL {} where the {} later packets of that address have {other}", syn_ack.ttl, own.len()))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::PreBanner || !case.server_is_mute() {
        return None;
    }
    let syn_ack = case.record.sent_by(Side::Server).find(|fact| fact.flags.syn() && fact.flags.ack())?;
    let why = stranger(case, syn_ack)?;
    let close = case.closing_segment();
    let by_server = close.is_some_and(|fact| fact.from == Side::Server);
    if !by_server && !case.in_silence() {
        return None;
    }
    let end = if by_server {
        "the connection is closed in the server's name, nothing sent"
    } else {
        "the client leaves; nothing was sent to it"
    };
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            "The SYN+ACK did not come from the server: a SYN proxy, a filter against floods or a load balancer answered in its name, \
             and the connection to the server behind it did not come about.",
        )
        .because(syn_ack, why)
        .because_of(close, end)
        .ended_by(By::Middlebox)
        .against("a host whose receive buffer is exhausted may announce window 0 as well; it would hardly accept connections")
        .settle("a capture on the server: does a SYN arrive at all, and what is the answer?")
        .remedy(Place::Network, "netfilter: see whether SYNs are proxied, and for which port", "nft list ruleset | grep -i synproxy; iptables -t raw -S; iptables -S | grep -i SYNPROXY")
        .remedy(Place::Server, "is the server itself up and reachable from the proxy?", "ss -ltnp 'sport = :22'")
        .advice(Place::Network, "with a provider's protection against floods: ask whether the port is served behind it"),
    )
}
