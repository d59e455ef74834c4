//! One identification string is swallowed while other packets of the same direction pass: a device recognises SSH.

use super::build::Detected;
use super::stateful_fw_late_drop::first_bytes_stuck;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::tcp::Side;

const ID: &str = "dpi-silent-drop";

/// The side whose identification is swallowed although its acknowledgements arrive: the peer does not repeat what they confirm.
fn swallowed(case: &Case<'_>) -> Option<Side> {
    Side::BOTH.into_iter().find(|&side| {
        let peer = side.peer();
        let identification = case.record.ssh[peer].identification.as_ref();
        let answered = identification.is_some_and(|seen| {
            case.acknowledged_by(side) >= case.record.offset(peer, seen.range.end)
                && case.record.tcp[peer].retransmissions == 0
        });
        first_bytes_stuck(case, side).is_some() && answered
    })
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let silence = matches!(case.close, Close::GaveUp { .. } | Close::Unanswered(_));
    let early = matches!(case.ended.phase, Phase::PreBanner | Phase::Banner);
    if !silence || !early || !case.opening_seen() || !case.record.icmp.is_empty() {
        return None;
    }
    let side = swallowed(case)?;
    let stuck = first_bytes_stuck(case, side)?;
    let (first, last) = (stuck.copies.first()?, stuck.copies.last()?);
    let (sender, peer) = (side.name(), side.peer().name());
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            format!(
                "The {sender}'s identification never arrives although its acknowledgements do: the {peer} sees no need to repeat its own. \
                 With {} bytes it is too small for an MTU problem; a device drops it for what it says.",
                stuck.len
            ),
        )
        .because(first, format!("the {sender}'s identification"))
        .because(last, format!("for the {}th time, {} later, never acknowledged", stuck.copies.len(), duration(last.time - first.time)))
        .ended_by(By::Middlebox)
        .ended_how(How::Timeout)
        .against("plain loss that hits every copy of one small segment and no other would look the same")
        .settle("another program on the same port (nc on both sides): if its text passes, the device looks for SSH")
        .settle("captures at both ends at the same time")
        .advice(Place::Network, "ask for SSH to be allowed by the application control of the firewall or IPS")
        .advice(Place::Client, "use the way that the network allows: its VPN, a jump host, SSH inside TLS if that is permitted"),
    )
}
