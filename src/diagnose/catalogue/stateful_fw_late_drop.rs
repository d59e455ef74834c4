//! The handshake passes, data does not: a stateful device lost track of the connection.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::loss::Stuck;
use crate::diagnose::policy::{SMALL_SEGMENT, STUCK_REPETITIONS};
use crate::tcp::Side;

const ID: &str = "stateful-fw-late-drop";

/// The first bytes of a side, small, repeated and never acknowledged.
pub(super) fn first_bytes_stuck<'a>(case: &'a Case<'_>, side: Side) -> Option<&'a Stuck> {
    let stuck = case.stuck[side].as_ref()?;
    (stuck.at == 0 && stuck.copies.len() >= STUCK_REPETITIONS && stuck.len <= SMALL_SEGMENT).then_some(stuck)
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let silence = matches!(case.close, Close::GaveUp { .. } | Close::Unanswered(_));
    if !silence || case.ended.phase != Phase::PreBanner || !case.opening_seen() || !case.record.icmp.is_empty() {
        return None;
    }
    let client = first_bytes_stuck(case, Side::Client);
    let server = first_bytes_stuck(case, Side::Server);
    let stuck = match (client, server) {
        (Some(stuck), _) => stuck,
        (None, Some(stuck)) if case.record.tcp.client.bytes == 0 => stuck,
        _ => return None,
    };
    let (first, last) = (stuck.copies.first()?, stuck.copies.last()?);
    let handshake = case.marks.handshake?;
    // Anything that still comes from the other side is plain loss, or a server that does not take the connection.
    let alive = case.record.sent_by(stuck.from.peer()).any(|fact| {
        let fresh = fact.len > 0 && server.is_none() || fact.is_pure_ack() || fact.flags.syn();
        fact.time > first.time && fact.time > handshake.time && !fact.flags.rst() && !fact.flags.fin() && fresh
    });
    if alive {
        return None;
    }
    let sender = stuck.from.name();
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            format!(
                "The handshake passes and not a single byte after it: the {sender}'s {} bytes are repeated and never acknowledged. A \
                 stateful firewall that saw only one direction, or forgot the connection, drops the rest.",
                stuck.len
            ),
        )
        .because(&handshake, "the handshake is complete")
        .because(first, format!("{} bytes of the {sender}", stuck.len))
        .because(last, format!("the same bytes for the {}th time, {} later", stuck.copies.len(), duration(last.time - first.time)))
        .ended_by(By::Middlebox)
        .ended_how(How::Timeout)
        .against("an outage that begins right after the handshake looks the same; a second try tells")
        .against("a device that recognises SSH and drops it looks the same when it drops both directions")
        .settle("captures at both ends at the same time: where do the bytes vanish?")
        .settle("on the firewall: conntrack -S (invalid, drop), its log of packets without state")
        .remedy(Place::Network, "see whether both directions pass the same firewall", "traceroute -n -T -p 22 SERVER")
        .remedy(Place::Network, "Linux firewall: is the table full?", "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; conntrack -S"),
    )
}
