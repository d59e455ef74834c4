//! A reset in this capture was not sent by its source address, or one that the tap did not see killed an end.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::diagnose::reset::{Maker, Reset, shape};
use crate::diagnose::unseen::{all_but_flags, none_was_heard_of};
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "rst-injected";
/// A receiver that had not accepted the reset would challenge it within a round trip (RFC 5961 §3.2); this covers any path.
const STAYS_SILENT: Span = Span::from_millis(500);

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let ended = case.ending_reset().filter(|reset| reset.forged && case.marks.handshake.is_some());
    ended
        .and_then(|reset| forged(case, reset))
        .or_else(|| unseen(case))
        .or_else(|| unseen_while_silent(case))
}

fn forged(case: &Case<'_>, reset: &Reset) -> Option<Detected> {
    let fact = case.record.segments.get(reset.index)?;
    let name = reset.from.name();
    let text = format!("Somebody between ended the connection with a reset in the {name}'s name; the {name} did not send it.");
    // Whether its receiver took it, only what comes later shows: RSTs in answer to late data, or silence where it had spoken.
    let receiver = reset.from.peer();
    let dead = case.record.sent_by(receiver).any(|later| later.flags.rst() && later.time > fact.time);
    let watched = case.record.saw(receiver) && !all_but_flags(case) && case.record.observed_until - fact.time >= STAYS_SILENT;
    let confidence = if dead || watched { reset.confidence } else { reset.confidence.min(Confidence::Likely) };
    let mut detected = Detected::new(ID, confidence, text).because(fact, shape(fact));
    for reason in &reset.reasons {
        detected = detected.because(fact, reason.clone());
    }
    for against in &reset.against {
        detected = detected.against(against.clone());
    }
    Some(advice(case, detected).ended_by(By::Middlebox))
}

/// A reset without state from an end that was alive and had closed nothing: something unseen destroyed its socket.
fn unseen(case: &Case<'_>) -> Option<Detected> {
    let reset = case.ending_reset()?;
    if case.ended.by != By::Middlebox || reset.forged || reset.maker != Maker::NoSocket {
        return None;
    }
    let fact = case.record.segments.get(reset.index)?;
    // A busy tap may have lost the close of that end: only its peer's last acknowledgement speaks against that.
    let heard_none = none_was_heard_of(case, fact);
    let sure = case.ended.phase < Phase::Session && heard_none;
    let confidence = if sure { Confidence::Likely } else { Confidence::Possible };
    let missed = format!("the {} may have closed in a packet that the capture lost", reset.from.name());
    Some(echo(case, reset, confidence).against_if(!heard_none, missed).ended_by(By::Middlebox))
}

/// The same, found out only when the client gave up: the server answers its FIN with a reset without state.
fn unseen_while_silent(case: &Case<'_>) -> Option<Detected> {
    let Close::GaveUp { index, side: Side::Client, .. } = case.close else { return None };
    if case.record.tcp.server.fin.is_some() || case.ended.phase >= Phase::Authentication {
        return None;
    }
    let reset = case.resets.iter().find(|reset| {
        let fact = &case.record.segments[reset.index];
        reset.from == Side::Server && reset.index > index && !fact.flags.ack() && !reset.forged
    })?;
    let heard = case.record.sent_by(Side::Server).any(|fact| !fact.flags.syn() && !fact.flags.rst());
    let aborted = case.record.sent_by(Side::Server).any(|fact| fact.flags.rst() && fact.flags.ack());
    if !heard || aborted {
        return None;
    }
    Some(
        echo(case, reset, Confidence::Likely)
            .against("a proxy that drops its state without a word leaves the same packets")
            .ended_by(By::Middlebox)
            .ended_how(How::Timeout),
    )
}

fn echo(case: &Case<'_>, reset: &Reset, confidence: Confidence) -> Detected {
    let fact = &case.record.segments[reset.index];
    let name = reset.from.name();
    let text = format!(
        "The {name}'s kernel no longer knows a connection that it had acknowledged and never closed: a reset that this tap did not see reached it."
    );
    let known = case.record.sent_by(reset.from).rfind(|f| !f.flags.rst() && f.time < fact.time && !f.flags.syn());
    let detected = Detected::new(ID, confidence, text)
        .because(fact, format!("a reset without state from the {name} ({})", shape(fact)))
        .because_of(known, format!("the {name} still took part here"))
        .against(format!("a crash or restart of the {name} in between looks the same"));
    advice(case, detected)
}

fn advice(case: &Case<'_>, detected: Detected) -> Detected {
    detected
        .settle("captures at both ends at the same time: which end receives a reset that the other one never sent?")
        .advice(Place::Network, "ask who runs a firewall, IPS or traffic policy on this path for its log at this time")
        .remedy(Place::Client, "see where the path's hops are", format!("tcptraceroute {} {}", case.record.server.address, case.record.server.port))
}
