//! What the diagnoses of an MTU hole share: segments above some size do not pass, and nobody says so (RFC 2923 §2.1).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::loss::{Stuck, healed, too_big};
use crate::diagnose::policy::MTU_SETTLED;
use crate::tcp::Side;
use crate::time::Span;

pub(super) fn detect(case: &Case<'_>, id: &'static str, from: Side) -> Option<Detected> {
    if case.in_silence() && !case.record.incomplete.iter().any(|d| d.source == case.record.endpoint(from).address) {
        let found = case.stuck[from].as_ref().and_then(|stuck| open(case, id, stuck));
        if found.is_some() {
            return found;
        }
    }
    self_healed(case, id, from)
}

fn open(case: &Case<'_>, id: &'static str, stuck: &Stuck) -> Option<Detected> {
    let confidence = stuck.mtu_confidence()?.min(settled(case, stuck));
    if !stuck.dont_fragment || too_big(case.record, stuck.from).is_some() {
        return None;
    }
    let direction = direction(stuck.from);
    let text = format!(
        "Segments of {} bytes from the {direction} do not pass and no router says so; smaller ones do: somewhere the MTU is smaller and ICMP is lost.",
        stuck.len
    );
    let mut detected = Detected::new(id, confidence, text).ended_by(By::Network);
    detected = match (stuck.copies.first(), stuck.copies.last()) {
        (Some(first), Some(last)) if stuck.copies.len() > 1 => {
            detected.because(first, format!("{} bytes, never acknowledged", stuck.len)).because(
                last,
                format!(
                    "the same bytes for the {}. time, {} later",
                    stuck.copies.len(),
                    duration(last.time - first.time)
                ),
            )
        }
        (Some(first), _) => detected.because(first, format!("{} bytes, never acknowledged", stuck.len)),
        _ => detected
            .because_of(stuck.hole.as_ref(), format!("{} bytes before this segment never reached the tap", stuck.len)),
    };
    if let Some(tail) = &stuck.tail_arrived {
        detected = detected.because(tail, "the receiver reports the bytes behind as received (SACK)");
    }
    if !stuck.reasons.is_empty() {
        detected.finding.explanation.to_mut().push_str(&format!(" What speaks for it: {}.", stuck.reasons.join("; ")));
    }
    for against in &stuck.against {
        detected = detected.against(against.clone());
    }
    Some(remedies(case, detected, stuck.len))
}

/// While it goes on, a router's ICMP or smaller segments may still get through.
fn settled(case: &Case<'_>, stuck: &Stuck) -> Confidence {
    let lasted = stuck.first().map_or(Span::ZERO, |first| stuck.until - first.time);
    let over = matches!(case.close, Close::GaveUp { .. });
    if over || lasted >= MTU_SETTLED { Confidence::Certain } else { Confidence::Likely }
}

/// The sender found the way out by itself: the connection was late, not dead.
fn self_healed(case: &Case<'_>, id: &'static str, from: Side) -> Option<Detected> {
    let (copies, smaller, len, passed) = healed(case.record, from)?;
    let first = copies.first()?;
    let text = format!(
        "Segments of {len} bytes from the {} were lost until the sender tried {passed} bytes: it cost {}.",
        direction(from),
        duration(smaller.time - first.time)
    );
    let detected = Detected::new(id, Confidence::Likely, text)
        .because(first, format!("{len} bytes, sent {} times without answer", copies.len()))
        .because(&smaller, format!("the same bytes in a segment of {passed} bytes are acknowledged"))
        .against("the connection went on: this is not what ended it")
        .aside();
    Some(remedies(case, detected, len))
}

fn direction(from: Side) -> &'static str {
    match from {
        Side::Client => "client to the server",
        Side::Server => "server to the client",
    }
}

pub(super) fn remedies(case: &Case<'_>, detected: Detected, len: u32) -> Detected {
    let address = case.record.server.address;
    detected
        .settle(format!(
            "from the client: ping -M do -s 1372 {address} (and smaller until it passes); tracepath {address}"
        ))
        .settle(format!("a second capture at the other end: do the segments of {len} bytes arrive there?"))
        .remedy(
            Place::Client,
            "test, not a cure: smaller key exchange messages",
            format!(
                "ssh -o KexAlgorithms=curve25519-sha256 -o Ciphers=aes128-ctr -o MACs=hmac-sha2-256 {}",
                case.destination()
            ),
        )
        .remedy(
            Place::Client,
            "lower the MTU of the interface or VPN that leads there (test)",
            "ip link set dev IFACE mtu 1400",
        )
        .remedy(
            Place::Network,
            "let ICMP \"fragmentation needed\" (type 3 code 4; ICMPv6 type 2) through, or clamp the MSS on the router",
            "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
        )
        .remedy(Place::Server, "let TCP find the path MTU without ICMP", "sysctl -w net.ipv4.tcp_mtu_probing=1")
}
