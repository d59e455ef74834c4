//! IP fragments of the connection never complete: a device drops those without a TCP header, or they are too large as well.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Place};
use crate::tcp::Side;

const ID: &str = "fragment-lost";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if !case.in_silence() {
        return None;
    }
    seen_incomplete(case).or_else(|| allowed_to_fragment(case))
}

fn seen_incomplete(case: &Case<'_>) -> Option<Detected> {
    let first = case.record.incomplete.first()?;
    let times = case.record.incomplete.len();
    let confidence = if times >= 2 { Confidence::Certain } else { Confidence::Likely };
    let missing = match (first.has_first, first.has_last) {
        (true, false) => "its last fragment",
        (false, true) => "its first fragment",
        _ => "a fragment",
    };
    let detected = Detected::new(
        ID,
        confidence,
        format!("{times} IP datagrams of this connection were sent in fragments and never became complete: {missing} is missing."),
    )
    .because(first, format!("{} fragments with {} bytes, {missing} never came", first.fragments, first.bytes));
    Some(finish(detected, "a second capture nearer to the sender: are all fragments there?"))
}

/// No fragment is seen, but the sender lets routers fragment (DF clear): a full-size segment is lost nonetheless.
fn allowed_to_fragment(case: &Case<'_>) -> Option<Detected> {
    let stuck = Side::BOTH.into_iter().find_map(|side| case.stuck[side].as_ref())?;
    if stuck.dont_fragment || stuck.mtu_confidence().is_none() {
        return None;
    }
    let first = stuck.first()?;
    let detected = Detected::new(
        ID,
        Confidence::Likely,
        "Full-size segments whose DF bit is clear are lost while small ones pass: a router may cut them, and the pieces do not arrive.",
    )
    .because(&first, format!("{} bytes with DF clear, never acknowledged", stuck.len));
    Some(finish(detected, "a capture behind the narrow link: do fragments appear there, and which are missing?"))
}

fn finish(detected: Detected, settle: &'static str) -> Detected {
    detected
        .ended_by(By::Network)
        
        .settle(settle)
        .remedy(Place::Network, "let IP fragments pass the packet filter (they carry no ports); on Linux connection tracking reassembles them", "nft list ruleset | grep -n -i frag")
        .remedy(Place::Network, "keep segments small enough that nothing is fragmented", "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu")
        .remedy(Place::Client, "lower the MTU of the interface that leads there (test)", "ip link set dev IFACE mtu 1400")
}
