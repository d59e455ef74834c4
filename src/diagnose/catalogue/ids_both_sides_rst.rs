//! Resets in the name of either end, made by neither: a device between cuts the connection at both ends.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Place};
use crate::diagnose::reset::{Effect, Reset, shape};
use crate::tcp::Side;

const ID: &str = "ids-both-sides-rst";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    case.marks.handshake?;
    let forged = |side: Side| {
        let of_side = case.resets.iter().filter(move |reset| reset.forged && reset.from == side);
        of_side.max_by_key(|reset| (reset.effect == Effect::Ended, reset.confidence))
    };
    let (client, server): (&Reset, &Reset) = (forged(Side::Client)?, forged(Side::Server)?);
    let confidence = client.confidence.min(server.confidence);
    let mut detected = Detected::new(
        ID,
        confidence,
        "Both ends were sent a reset in the other's name, and neither sent one itself: a device between cut the connection.",
    );
    for reset in [client, server] {
        let fact = case.record.segments.get(reset.index)?;
        let why = reset.reasons.first().map_or_else(|| shape(fact), Clone::clone);
        detected = detected.because(fact, format!("a reset in the {}'s name: {why}", reset.from.name()));
    }
    let ended = case.ending_reset().is_some_and(|reset| reset.forged);
    let detected = detected
        .settle("the log of the firewall, IPS or session controller on this path for this second")
        .settle("does it depend on the content? the same after the same step each time speaks for a signature, after the same time for a timer")
        .advice(Place::Network, "find the device: IPS in reset mode, application control, session limits; its log names the rule")
        .remedy(Place::Client, "see where the path's hops are", format!("tcptraceroute {} {}", case.record.server.address, case.record.server.port));
    Some(if ended { detected.ended_by(By::Middlebox) } else { detected.aside() })
}
