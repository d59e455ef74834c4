//! sshd's process dies on an authentication request, and sshd 9.8 or later punishes the client for the crash.

use super::build::Detected;
use super::maxstartups_drop::NOT_ALLOWED;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::{CRASH_PENALTY, FAILURES_WITHOUT_PENALTY};
use crate::record::{Login, Outcome, Visit};
use crate::tcp::Side;

const ID: &str = "sshd-auth-crash";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::Authentication || case.ended.by != By::ServerApp {
        return None;
    }
    let close = case.closing_segment().filter(|fact| fact.from == Side::Server)?;
    let request = case.data_from(Side::Client).next_back()?;
    let answered = case.data_from(Side::Server).next_back().is_some_and(|answer| answer.time > request.time);
    let refused = |visit: &&Visit| {
        visit.text.as_deref() == Some(NOT_ALLOWED)
            && visit.start > close.time
            && visit.start - close.time <= CRASH_PENALTY
    };
    let first = case.own_visits().filter(refused).map(|visit| visit.start).min()?;
    // A single crash costs 90 s and refuses at once; failed logins (5 s each) must be four before they do.
    let recent = |visit: &&Visit| visit.end <= close.time && close.time - visit.end <= CRASH_PENALTY;
    let costly = |visit: &&Visit| !matches!(visit.login, Login::Granted) && visit.outcome == Outcome::Served;
    let others = case.own_visits().filter(recent).filter(costly).count();
    let served = case
        .own_visits()
        .any(|visit| visit.outcome == Outcome::Served && visit.start > close.time && visit.start < first);
    if answered || others >= FAILURES_WITHOUT_PENALTY || served {
        return None;
    }
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            "The server closed on an authentication request without an answer, and refused this client from then on: sshd's own process \
             crashed, and sshd punishes the address for it.",
        )
        .because(request, "the client's last request")
        .because(close, format!("the server's close, no answer before it; {} later this client is refused with \"Not allowed at this time\"", duration(first - close.time)))
        .against("a penalty that earlier connections, before this capture, had earned would look the same")
        .settle("server log: \"penalty: caused crash\" (LogLevel VERBOSE), \"killed by signal\", dmesg: segfault, seccomp")
        .remedy(Place::Server, "what crashed", "journalctl -k -u ssh -u sshd --since -1h | grep -i -E 'segfault|signal|seccomp|crash'; coredumpctl list sshd sshd-session sshd-auth")
        .advice(Place::Server, "update openssh, its libraries and PAM modules together, then restart sshd")
        .advice(Place::Client, "wait 90 seconds before the next try"),
    )
}
