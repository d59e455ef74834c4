//! The server ends a session that the client did not close.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::tcp::Side;

const ID: &str = "session-process-killed";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase < Phase::Session || case.ended.by != By::ServerApp {
        return None;
    }
    let close = case.closing_segment().filter(|fact| fact.from == Side::Server)?;
    Some(
        Detected::new(ID, Confidence::Possible, "The server closed the session; nothing shows that the client had asked for it.")
            .because(close, "the server's close")
            .against("a time-out on the server (TMOUT, ChannelTimeout, UnusedConnectionTimeout) and a logout seen near the server look alike")
            .settle("server log of that moment: killed, out of memory, shutdown, session closed")
            .remedy(Place::Server, "look for it", "journalctl --since -1h | grep -i -E 'sshd|oom|killed|session'"),
    )
}
