//! The client closed in good order after the encryption began, and the sizes do not tell whether it was logged in.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};

const ID: &str = "closed-login-unclear";

/// Whether this is all that can be said of a close by the client.
pub(super) fn applies(case: &Case<'_>) -> bool {
    let ended = &case.ended;
    (ended.by, ended.how, ended.phase) == (By::Client, How::Fin, Phase::Authentication) && case.may_be_authenticated()
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.closing_segment().filter(|_| applies(case))?;
    Some(
        Detected::new(ID, Confidence::Likely, "The client closed in good order. The sizes of the encrypted packets fit no software that is known here, so they do not tell whether the user had been logged in.")
            .because_of(case.marks.encrypted.client.as_ref(), "the client's first encrypted bytes")
            .because(close, "the client's close")
            .settle("server log: \"Accepted …\" or \"Failed …\" for this client's port")
            .remedy(Place::Server, "look for it", format!("journalctl -u ssh -u sshd | grep 'port {}'", case.record.client.port))
            .general(),
    )
}
