//! A client that connects, says nothing and leaves: a health check, a port check.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::PROBE;
use crate::tcp::Side;

const ID: &str = "health-check-probe";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if !matches!(case.close, Close::Fin(_) | Close::Reset(_))
        || !matches!(case.ended.phase, Phase::PreBanner | Phase::Banner)
    {
        return None;
    }
    let genuine = case.ended.by == By::Client && !case.ending_reset().is_some_and(|reset| reset.forged);
    let close = case.closing_segment().filter(|fact| fact.from == Side::Client && genuine)?;
    let lasted = case.lasted().filter(|lasted| *lasted <= PROBE)?;
    if !case.client_is_mute() {
        return None;
    }
    let before = case.own_visits().count();
    let often = if before > 0 { format!("; {before} other connections of this client") } else { String::new() };
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            "The client connects, sends not a single byte and leaves at once. It does not want SSH: load balancers, monitoring and port \
             scanners check in this way whether the port is open. Nothing failed.",
        )
        .because_of(case.marks.handshake.as_ref(), "the handshake is complete")
        .because(close, format!("the client closes {} later without having sent anything{often}", duration(lasted)))
        .against("an ssh client that was interrupted within this time could look the same; most speak at once")
        .settle("server log: \"Connection closed by CLIENT port …\", before 8.0 \"Did not receive identification string from CLIENT\"")
        .advice(Place::Server, "sshd 9.8 and later counts such visits against their source: PerSourcePenaltyExemptList for the checker")
        .advice(Place::Client, "let the check read the identification before it closes"),
    )
}
