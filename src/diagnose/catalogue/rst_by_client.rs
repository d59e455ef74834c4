//! The client's own end aborted: its process closed with unread bytes, or was killed.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::reset::{Effect, Maker, shape};
use crate::tcp::Side;

const ID: &str = "rst-by-client";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.ending_reset().filter(|reset| reset.from == Side::Client && reset.maker == Maker::LiveSocket)?;
    if reset.forged || reset.effect != Effect::Ended || case.ended.by != By::Client || case.marks.handshake.is_none() {
        return None;
    }
    // A probe that says nothing and leaves with a reset is told as such.
    if case.client_is_mute() {
        return None;
    }
    let fact = case.record.segments.get(reset.index)?;
    let unread = case.data_from(Side::Server).next_back();
    let incomplete = super::capture_truncated::is_incomplete(case);
    let mut detected = Detected::new(
        ID,
        if incomplete { Confidence::Possible } else { reset.confidence },
        "The client's own kernel aborted the connection: its ssh ended, or was killed, while bytes of the server were waiting to be read.",
    )
    .because_of(unread, "the server's last bytes")
    .because(fact, reset.reasons.first().map_or_else(|| shape(fact), Clone::clone));
    detected = detected.against_if(incomplete, "the capture is incomplete: a logout before the reset may be missing");
    for against in &reset.against {
        detected = detected.against(against.clone());
    }
    let settle = if case.ended.phase >= Phase::Session {
        "at the client: was a transfer interrupted (Ctrl-C, a closed window, a time-out of the program around it, the OOM killer)?"
    } else {
        "the client's own words: ssh -vvv; a client that does not like what it was sent says so"
    };
    Some(detected.settle(settle).settle("server log of that moment: \"Connection reset by CLIENT port …\"").remedy(
        Place::Client,
        "what ended it",
        "journalctl --since -10min | grep -i -E 'ssh|oom|killed'; ssh -vvv SERVER",
    ))
}
