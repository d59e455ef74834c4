//! What the five diagnoses of a failed negotiation share (RFC 4253 §7.1).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::shown::shown;
use crate::ssh::remedy::{self, Target};
use crate::ssh::{NoneInCommon, Slot, Software};
use crate::tcp::Side;

/// A slot of this diagnosis without a common algorithm.
pub(super) fn detect(case: &Case<'_>, id: &'static str, slots: &[Slot]) -> Option<Detected> {
    let negotiation = case.negotiation.as_ref()?;
    let failing: Vec<&NoneInCommon> = negotiation.failing.iter().filter(|none| slots.contains(&none.slot)).collect();
    let first = failing.first()?;
    if went_on(case) {
        return None;
    }
    let words = first.slot.openssh_words();
    let mut detected = Detected::new(
        id,
        Confidence::Certain,
        format!(
            "Client and server offer no {words} that the other one offers too, so both must give up (RFC 4253 §7.1)."
        ),
    )
    .ended_in(Phase::Kexinit);
    for none in &failing {
        detected = cite(case, detected, Side::Client, none);
        detected = cite(case, detected, Side::Server, none);
    }
    detected = detected.settle(format!(
        "the client prints \"no matching {words} found. Their offer: …\"; the server's log has the same sentence with the client's offer"
    ));
    Some(remedies(case, detected))
}

/// Messages of the key exchange were sent and answered: whatever the lists say, the sides agreed.
fn went_on(case: &Case<'_>) -> bool {
    let replied = |side: Side| case.record.ssh[side].messages.iter().any(|message| matches!(message.number, 31 | 33));
    case.marks.newkeys.client.is_some() || case.marks.newkeys.server.is_some() || replied(Side::Server)
}

fn cite(case: &Case<'_>, detected: Detected, side: Side, none: &NoneInCommon) -> Detected {
    let mark = case.marks.kexinit[side];
    let offer = if side == Side::Client { &none.client_offer_as_printed } else { &none.server_offer_as_printed };
    let offer = if offer.is_empty() { "nothing".to_string() } else { shown(offer.as_bytes()) };
    detected.because_of(mark.as_ref(), format!("the {} offers for {}: {offer}", side.name(), none.slot.as_str()))
}

/// The least harmful lines for both sides, by software and version; they mend all failing slots together.
fn remedies(case: &Case<'_>, mut detected: Detected) -> Detected {
    let unknown = Software::unknown();
    let software = |side: Side| case.software[side].as_ref().unwrap_or(&unknown);
    let failing = case.negotiation.as_ref().map_or(&[][..], |negotiation| &negotiation.failing);
    let destination = format!("user@{}", case.record.server.address);
    let target = Target { destination: &destination, port: case.record.server.port };
    for line in remedy::remedies(failing, software(Side::Client), software(Side::Server), &target) {
        let place = if line.side == Side::Client { Place::Client } else { Place::Server };
        detected = match line.command {
            Some(command) => detected.remedy(place, line.text, command),
            None => detected.advice(place, line.text),
        };
    }
    detected
}
