//! Login after login of one client is refused: somebody guesses, or a program holds a wrong key.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{
    BRUTE_FORCE_CERTAINLY_MANY, BRUTE_FORCE_CONNECTIONS, BRUTE_FORCE_REQUESTS, BRUTE_FORCE_WINDOW,
};
use crate::record::{Login, Mark, Visit};
use crate::ssh::AuthOutcome;

const ID: &str = "brute-force";

/// Refused requests of a connection.
fn refused(visit: &Visit) -> u32 {
    match visit.login {
        Login::Refused(requests) => requests,
        _ => 0,
    }
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if !matches!(case.authentication.outcome, AuthOutcome::Failed) {
        return None;
    }
    let start = case.record.first.1;
    let near = |visit: &&Visit| (visit.start - start).abs() <= BRUTE_FORCE_WINDOW && refused(visit) > 0;
    let visits: Vec<&Visit> = case.own_visits().filter(near).collect();
    let requests = case.authentication.attempts.max(1) + visits.iter().map(|visit| refused(visit)).sum::<u32>();
    let connections = visits.len() + 1;
    if requests < BRUTE_FORCE_REQUESTS || connections < BRUTE_FORCE_CONNECTIONS {
        return None;
    }
    let first = visits.iter().map(|visit| visit.start).fold(start, Ord::min);
    let last = visits.iter().map(|visit| visit.start).fold(start, Ord::max);
    let granted = case.own_visits().any(|visit| visit.login == Login::Granted);
    let many = requests >= BRUTE_FORCE_CERTAINLY_MANY && !granted;
    let mark = Mark { time: start, packet: case.record.first.0 };
    Some(
        Detected::new(
            ID,
            if many { Confidence::Likely } else { Confidence::Possible },
            format!("{requests} login requests of this client were refused in {connections} connections within {}.", duration(last - first)),
        )
        .because(&mark, format!("one of {connections} connections of this client whose logins were refused"))
        .against_if(!many || granted, "a script with a wrong key or password, repeated by a timer, looks the same")
        .settle("server log: many user names point to guessing (Invalid user …), always the same one to a program with an outdated key")
        .remedy(Place::Server, "who tries, and for which users", "journalctl -u ssh -u sshd --since -1h | grep -E 'Invalid user|Failed password' | awk '{print $NF, $0}' | tail -50")
        .advice(Place::Server, "against guessing: keys only (PasswordAuthentication no), and admit known networks alone; fail2ban or PerSourcePenalties for the rest")
        .aside(),
    )
}
