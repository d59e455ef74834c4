//! A device resets the connection when it recognises SSH by its identification string.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::DPI_REACTS_WITHIN;

const ID: &str = "dpi-reset-on-banner";

/// How sure it is what a device reacted to: that it was this, and not what came before or was not captured, is inferred from the order
/// alone. Two clocks are put right as far as the hosts' answers show, and a device is quicker.
pub(super) fn by_order(case: &Case<'_>) -> Confidence {
    if case.record.clocks_apart().is_some() { Confidence::Possible } else { Confidence::Likely }
}

pub(super) const TWO_CLOCKS: &str =
    "the two directions were captured by two clocks: what the reset followed is not sure";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.ending_reset().filter(|reset| reset.forged)?;
    let early = matches!(case.ended.phase, Phase::PreBanner | Phase::Banner);
    let before = case.record.segments.get(..reset.index)?;
    let trigger = before.iter().rev().find(|fact| fact.len > 0)?;
    let side = trigger.from;
    let identification = case.record.ssh[side].identification.as_ref()?;
    let fact = case.record.segments.get(reset.index)?;
    let is_trigger = trigger.end() >= case.record.offset(side, identification.range.start)
        && case.marks.kexinit_begun[side].is_none_or(|mark| mark.time > fact.time);
    if !early || !is_trigger || fact.time - trigger.time > DPI_REACTS_WITHIN {
        return None;
    }
    let after = duration(fact.time - trigger.time);
    let mut detected = Detected::new(
        ID,
        reset.confidence.min(by_order(case)),
        format!(
            "{after} after the {}'s identification a device between resets the connection in the {}'s name.",
            side.name(),
            reset.from.name()
        ),
    )
    .because(trigger, format!("the {}'s identification", side.name()))
    .because(fact, reset.reasons.join("; "))
    .ended_by(By::Middlebox);
    for against in &reset.against {
        detected = detected.against(against.clone());
    }
    Some(
        detected
            .against_if(case.record.clocks_apart().is_some(), TWO_CLOCKS)
            .against("that SSH was the reason is only likely: the device may reset whatever comes first")
            .settle("another program on the same port (nc on both sides): if its text passes, the device looks for SSH")
            .settle("a capture at the other end at the same time: it never sent this reset")
            .advice(Place::Network, "ask for SSH to be allowed by the application control of the firewall or IPS")
            .advice(
                Place::Client,
                "use the way that the network allows: its VPN, a jump host, SSH inside TLS if that is permitted",
            ),
    )
}
