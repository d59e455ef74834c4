//! The general ids: they say no more than where, how and by whom, for when the packets support no more.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, How, Phase, Place};
use crate::record::Mark;

/// One general id: the parties and ways of ending that it stands for.
pub(super) fn detect(case: &Case<'_>, id: &'static str, by: &[By], how: &[How]) -> Option<Detected> {
    if !by.contains(&case.ended.by) || !how.contains(&case.ended.how) || matches!(case.close, Close::Open) {
        return None;
    }
    let last = Mark { packet: case.record.last.0, time: case.record.last.1 };
    let mark = case.close.mark(case).unwrap_or(last);
    let confidence = match case.ended.confidence {
        Confidence::Certain => Confidence::Likely,
        other => other,
    };
    let mut detected =
        Detected::new(id, confidence, "The packets show where the connection ended and by whom, not why.")
            .because(&mark, case.ended.argument.clone());
    for against in case.ending_reset().into_iter().flat_map(|reset| &reset.against) {
        detected = detected.against(against.clone());
    }
    if case.ended.phase <= Phase::PreBanner && matches!(case.ended.by, By::ServerApp | By::ServerKernel) {
        detected = detected
            .settle("server log of that moment: MaxStartups, refused connect, fatal, Connection closed (journalctl -u ssh -u sshd)")
            .settle("a second try from this client and one from another: are all refused, or some?")
            .remedy(Place::Server, "check configuration, keys and log", "sshd -t; journalctl -u ssh -u sshd -n 50; cat /etc/hosts.deny");
    } else {
        detected = detected.settle("the log of the side that closed, for this second");
    }
    Some(detected.general())
}
