//! Several connections at different steps are closed by the server at one moment: sshd or its machine was stopped.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::{CLOSED_TOGETHER, CLOSED_TOGETHER_CONNECTIONS, STARTED_APART};
use crate::record::Visit;

const ID: &str = "server-restart-during-kex";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let before_login = case.ended.phase > Phase::PreBanner && case.ended.phase < Phase::Authentication;
    let close = case.server_close().filter(|_| before_login)?;
    let together = |visit: &&Visit| visit.server_close.is_some_and(|at| (at - close.time).abs() <= CLOSED_TOGETHER);
    let starts: Vec<_> = case.neighbours().filter(together).map(|visit| visit.start).collect();
    let (start, count) = (case.record.first.1, starts.len() + 1);
    let first = starts.iter().copied().fold(start, Ord::min);
    let last = starts.iter().copied().fold(start, Ord::max);
    // Connections that begin together also end together, refused alike; only a common end of different ages is an event.
    if count < CLOSED_TOGETHER_CONNECTIONS || last - first < STARTED_APART {
        return None;
    }
    let failed = case.negotiation.as_ref().is_some_and(|negotiation| !negotiation.failing.is_empty());
    if failed || case.record.ssh.server.disconnect.is_some() {
        return None;
    }
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            format!("The server closed {count} connections of different age at one moment, this one in the middle of its key exchange: sshd or its machine was stopped or restarted."),
        )
        .because(close, format!("the server closes, and {} other connections within 0.1 s of it", count - 1))
        .ended_by(By::ServerApp)
        .against("a proxy or load balancer in front that is restarted cuts its connections in the same way")
        .settle("server: systemctl show ssh sshd -p ActiveEnterTimestamp; journalctl --list-boots; last -x | head")
        .advice(Place::Client, "try again: nothing is wrong with this connection")
        .remedy(Place::Server, "who stopped it", "journalctl -u ssh -u sshd --since -1h; grep -E 'upgrade|install' /var/log/dpkg.log | tail"),
    )
}
