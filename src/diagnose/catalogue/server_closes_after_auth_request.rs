//! The server closes on an authentication request instead of answering it.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::tcp::Side;

const ID: &str = "server-closes-after-auth-request";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::Authentication || case.ended.by != By::ServerApp {
        return None;
    }
    let close = case.closing_segment().filter(|fact| fact.from == Side::Server)?;
    let request = case.data_from(Side::Client).next_back()?;
    if super::auth_denied::parting(case, close).is_some() {
        return None;
    }
    if case.data_from(Side::Server).next_back().is_some_and(|answer| answer.time > request.time) {
        return None;
    }
    Some(
        Detected::new(ID, Confidence::Possible, "The server closed on an authentication request without answering it.")
            .because(request, "the client's last request")
            .because(close, "the server's close, no answer before it")
            .against("a crash of the session process, a RefuseConnection rule and a PAM account rule look alike")
            .settle("server log: \"Access denied for user … by PAM account configuration\", \"administratively prohibited connection\", \"killed by signal\"")
            .remedy(Place::Server, "look at the log of that moment", "journalctl -u ssh -u sshd --since -10min"),
    )
}
