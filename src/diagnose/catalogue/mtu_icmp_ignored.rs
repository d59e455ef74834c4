//! A router says that segments are too big and the sender goes on sending them (RFC 1191 §6.3 demands otherwise).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::loss::too_big;
use crate::tcp::{SegmentFact, Side};

const ID: &str = "mtu-icmp-ignored";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if !case.in_silence() {
        return None;
    }
    Side::BOTH.into_iter().find_map(|from| in_direction(case, from))
}

fn in_direction(case: &Case<'_>, from: Side) -> Option<Detected> {
    let error = too_big(case.record, from)?;
    let limit = error.mtu.filter(|mtu| *mtu > 0).map_or(1_280, |mtu| mtu.saturating_sub(40));
    // What was acknowledged has passed: it was smaller on the wire, cut by the sender's network card behind this tap (TSO).
    let acked = case.record.tcp[from.peer()].acked;
    let lost = |fact: &SegmentFact| acked.is_none_or(|acked| fact.end() > acked);
    let ignores = |fact: &&SegmentFact| fact.time > error.time && fact.len > limit && lost(fact);
    let again: Vec<&SegmentFact> = case.record.sent_by(from).filter(ignores).collect();
    let last = again.last()?;
    let confidence = if again.len() >= 2 { Confidence::Certain } else { Confidence::Likely };
    let mtu = error.mtu.map_or("unknown".to_string(), |mtu| mtu.to_string());
    let sender = from.name();
    Some(
        Detected::new(ID, confidence, format!("A router told the {sender} that the next link takes {mtu} bytes; the {sender} went on sending larger segments."))
            .ended_by(By::Network)
            .because(error, format!("ICMP from {}: too big, MTU {mtu}", error.from))
            .because(*last, format!("still {} bytes, {} times after the ICMP", last.len, again.len()))
            .settle(format!("on the {sender}: is ICMP dropped by its firewall before it reaches TCP? nstat -az IcmpInDestUnreachs"))
            .remedy(if from == Side::Client { Place::Client } else { Place::Server }, "accept ICMP destination unreachable (IPv6: packet too big)", "nft list ruleset | grep -n icmp")
            .remedy(if from == Side::Client { Place::Client } else { Place::Server }, "let TCP find the path MTU without ICMP", "sysctl -w net.ipv4.tcp_mtu_probing=1"),
    )
}
