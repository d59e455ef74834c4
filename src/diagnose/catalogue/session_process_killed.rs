//! The server ends a session that the client did not close.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::CLOSED_TOGETHER;
use crate::tcp::Side;

const ID: &str = "session-process-killed";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase < Phase::Session || case.ended.by != By::ServerApp {
        return None;
    }
    let close = case.closing_segment().filter(|fact| fact.from == Side::Server)?;
    let together = |visit: &&crate::record::Visit| visit.server_close.is_some_and(|at| (at - close.time).abs() <= CLOSED_TOGETHER);
    let others = case.neighbours().filter(together).count();
    let moment = if others > 0 { format!("the server's close, and {others} more to other connections within 0.1 s of it: one event ended them all") } else { "the server's close".to_string() };
    Some(
        Detected::new(ID, Confidence::Possible, "The server closed the session; nothing shows that the client had asked for it.")
            .because(close, moment)
            .against("a time-out on the server (TMOUT, ChannelTimeout, UnusedConnectionTimeout) and a logout seen near the server look alike")
            .settle("server log of that moment: killed, out of memory, shutdown, session closed")
            .remedy(Place::Server, "look for it", "journalctl --since -1h | grep -i -E 'sshd|oom|killed|session'"),
    )
}
