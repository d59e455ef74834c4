//! A packet filter admits a client's first connections within a time and turns the next ones away.

use super::banned_by_fail2ban::turned_away;
use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::policy::{RATE_LIMIT_ADMITS, RATE_LIMIT_ADMITS_AROUND, RATE_LIMIT_REFUSES, RATE_LIMIT_WINDOW};
use crate::record::{Outcome, Visit};

const ID: &str = "rate-limit-drop";

/// What this client's other connections of that time say.
struct Rate {
    /// Those that were answered shortly before.
    admitted: usize,
    /// From the first of them to this one.
    within: crate::time::Span,
    /// Those that were turned away, this one counted.
    refused: usize,
    /// One that was answered later.
    again: bool,
    /// Other clients were served meanwhile.
    others: bool,
}

fn answered(visit: &Visit) -> bool {
    matches!(visit.outcome, Outcome::Served | Outcome::ClosedBeforeIdentification)
}

fn rate(case: &Case<'_>) -> Option<Rate> {
    let start = case.record.first.1;
    let near = |visit: &&Visit| (visit.start - start).abs() <= RATE_LIMIT_WINDOW;
    let refused = |visit: &&Visit| matches!(visit.outcome, Outcome::Unanswered | Outcome::Refused);
    let before = || case.own_visits().filter(near).filter(|visit| visit.start < start && answered(visit));
    let first = before().map(|visit| visit.start).min()?;
    let again = |visit: &Visit| visit.start > start && answered(visit);
    Some(Rate {
        admitted: before().count(),
        within: start - first,
        refused: 1 + case.own_visits().filter(near).filter(refused).count(),
        again: case.own_visits().any(again),
        others: case.others_visits().any(|visit| answered(visit) && visit.start >= first && near(&visit)),
    })
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (_, mark, how, answered) = turned_away(case)?;
    let rate = rate(case)?;
    let around = rate.again && rate.admitted >= RATE_LIMIT_ADMITS_AROUND;
    if rate.refused < RATE_LIMIT_REFUSES || !(around || rate.admitted >= RATE_LIMIT_ADMITS) {
        return None;
    }
    let others_pass = rate.others || rate.again;
    let confidence =
        if others_pass && rate.admitted >= RATE_LIMIT_ADMITS { Confidence::Likely } else { Confidence::Possible };
    let detected = Detected::new(
        ID,
        confidence,
        format!(
            "{} connections of this client were answered within {}, then {} were turned away: what a rule does that counts new connections.",
            rate.admitted,
            duration(rate.within),
            rate.refused
        ),
    )
    .because(&mark, format!("{how}; {} connections of this client were answered shortly before", rate.admitted))
    .against_if(!others_pass, "no other client was seen to be served meanwhile, nor this one later: the server may have gone away for all")
    .against("a ban after failed logins turns a client away in the same manner")
    .settle("wait two minutes without a try, then try once: a rate limit lets it pass")
    .settle("server: ufw status shows LIMIT, iptables -S | grep -E 'recent|hashlimit', nft list ruleset | grep 'limit rate', firewall-cmd --list-rich-rules")
    .advice(Place::Client, "open fewer connections: ControlMaster auto and ControlPersist, one rsync instead of many; do not repeat at once, each try may renew the time")
    .remedy(Place::Server, "admit the known client before the limit", "ufw insert 1 allow from CLIENT to any port 22 proto tcp")
    .remedy(
        Place::Server,
        "or lift the limit for all, which takes away a protection against guessing",
        "ufw delete limit ssh && ufw allow ssh",
    );
    let dropped_at_server = !answered && case.tap_is_at_server();
    Some(if dropped_at_server { detected.ended_by(By::ServerKernel) } else { detected })
}
