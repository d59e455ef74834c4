//! A device on the path resets the connection when it sees the KEXINIT.

use super::build::Detected;
use super::dpi_reset_on_banner::{TWO_CLOCKS, by_order};
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Phase, Place};
use crate::diagnose::reset::shape;
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "dpi-reset-on-kexinit";
/// A device answers what it sees at once; later resets have another reason. Generous for a busy one.
const AT_ONCE: Span = Span::from_millis(300);

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.ending_reset().filter(|reset| reset.forged)?;
    if !matches!(case.ended.phase, Phase::Kexinit | Phase::KeyExchange) {
        return None;
    }
    let fact = case.record.segments.get(reset.index)?;
    let trigger = Side::BOTH.into_iter().filter_map(|side| case.marks.kexinit_begun[side]).filter(|mark| mark.time <= fact.time).max()?;
    if fact.time - trigger.time > AT_ONCE {
        return None;
    }
    let mut detected = Detected::new(ID, reset.confidence, "A device on the path let the identification strings pass and reset the connection when it saw the key exchange begin.")
        .ended_by(By::Middlebox)
        .because(&trigger, "the last KEXINIT before the reset")
        .because(fact, shape(fact));
    for reason in &reset.reasons {
        detected = detected.because(fact, reason.clone());
    }
    detected.finding.confidence = detected.finding.confidence.min(by_order(case));
    Some(
        detected
            .against_if(case.record.clocks_apart().is_some(), TWO_CLOCKS)
            .against("that the KEXINIT is the reason, and not the time or the address, is inferred from the order alone")
            .settle("the same client with a short offer: ssh -o KexAlgorithms=curve25519-sha256 -o Ciphers=aes128-ctr; is it reset as well?")
            .advice(Place::Network, "ask the network's owner for an exception in the firewall or IPS (application control, SSH signature)")
            .remedy(Place::Client, "try an offer that fits one segment", format!("ssh -o KexAlgorithms=curve25519-sha256 {}", case.destination())),
    )
}
