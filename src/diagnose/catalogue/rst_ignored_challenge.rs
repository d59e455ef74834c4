//! A reset that its receiver did not accept: out of sequence (RFC 5961 §3), or for a connection that went on regardless.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::reset::{Effect, shape};

const ID: &str = "rst-ignored-challenge";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.resets.iter().find(|reset| reset.effect == Effect::Ignored)?;
    let fact = case.record.segments.get(reset.index)?;
    let receiver = reset.from.peer();
    let after = case.record.segments.get(reset.index + 1..)?;
    let answer = after.iter().find(|later| later.from == receiver && !later.flags.rst())?;
    let name = reset.from.name();
    let (text, confidence) = if reset.forged {
        (
            format!(
                "Somebody between sent a reset in the {name}'s name; its receiver did not accept it and the connection went on."
            ),
            reset.confidence,
        )
    } else {
        (format!("A reset of the {name} was not accepted by its receiver; the connection went on."), Confidence::Likely)
    };
    let mut detected = Detected::new(ID, confidence, text).because(fact, shape(fact));
    for reason in &reset.reasons {
        detected = detected.because(fact, reason.clone());
    }
    let what = if answer.is_pure_ack() { "answers with an acknowledgement" } else { "goes on" };
    Some(
        detected
            .because(answer, format!("the {} {what}", receiver.name()))
            .settle("captures at both ends at the same time: which end sent this reset?")
            .advice(
                Place::Network,
                "it ended nothing; if connections do get cut, a device on this path is worth a look",
            )
            .aside(),
    )
}
