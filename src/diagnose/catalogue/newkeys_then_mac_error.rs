//! The first encrypted packet makes its receiver leave: it could not be verified.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::tcp::Side;

const ID: &str = "newkeys-then-mac-error";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let authentication = &case.authentication;
    if case.ended.phase != Phase::Authentication || authentication.answered > 0 {
        return None;
    }
    let close = case.closing_segment()?;
    let by = if close.from == Side::Server { By::ServerApp } else { By::Client };
    let encrypted = |side: Side| case.writes.iter().filter_map(|&at| case.record.segments.get(at)).filter(move |fact| fact.from == side);
    let trigger = encrypted(close.from.peer()).next()?;
    // The server's SERVICE_ACCEPT shows that it could read the client's first packet.
    let accepted = encrypted(Side::Server).any(|answer| encrypted(Side::Client).next().is_some_and(|first| answer.time > first.time));
    if case.ended.by != by || trigger.time > close.time || (close.from == Side::Server && accepted) || encrypted(close.from.peer()).count() > 1 {
        return None;
    }
    // Whoever goes on with a further packet behind it could read it.
    let went_on = encrypted(close.from).skip(1).any(|fact| fact.time > trigger.time && fact.ack >= trigger.end());
    if went_on {
        return None;
    }
    let conflict = case.record.tcp[close.from.peer()].conflict;
    let confidence = if conflict.is_some() { Confidence::Likely } else { Confidence::Possible };
    let mut detected = Detected::new(
        ID,
        confidence,
        format!("The {} left at the first encrypted packet of the {}: it could not decrypt or verify it.", close.from.name(), close.from.peer().name()),
    )
    .because(trigger, "the first encrypted packet")
    .because(close, "the close that answers it");
    if let Some((_, packet)) = conflict {
        let at = case.record.segments.iter().find(|fact| fact.packet == packet);
        detected = detected.because_of(at, "the same bytes were sent again with another content: something changes them");
    }
    Some(
        detected
            .against_if(conflict.is_none(), "a crash of the process at this point looks the same")
            .settle("the log of the side that left: \"Corrupted MAC on input\", \"message authentication code incorrect\", \"Bad packet length\"")
            .settle("captures at both ends: are the bytes of that packet the same?")
            .remedy(Place::Client, "try another cipher and MAC", format!("ssh -c aes256-ctr -m hmac-sha2-256 {}", case.destination()))
            .remedy(Place::Server, "turn checksum and segmentation offload off for a test (it costs speed)", "ethtool -K IFACE tso off gso off gro off rx off tx off"),
    )
}
