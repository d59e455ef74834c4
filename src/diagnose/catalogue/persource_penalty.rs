//! sshd 9.8 and later refuses a source for a while after failed authentication (PerSourcePenalties, srclimit.c). The text is that
//! of MaxStartups; what tells them apart is whom it hits.

use super::build::Detected;
use super::maxstartups_drop::NOT_ALLOWED;
use crate::diagnose::case::Case;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{MAXSTARTUPS_BEGIN, PENALTY_MAX, TRIES_ALIKE};
use crate::record::{Login, Outcome, Visit};
use crate::tcp::Side;
use crate::time::Timestamp;

const ID: &str = "persource-penalty";

/// What the other connections say.
struct History {
    /// Other tries of this client that were refused in the same words.
    refused: usize,
    /// Connections of this client that were served without a login, and over, before the first refusal.
    served_before: usize,
    /// Connections of other clients that were served between the first and the last refusal.
    others_served: usize,
}

fn history(case: &Case<'_>) -> Option<History> {
    let start = case.record.first.1;
    let is_refused =
        |visit: &&Visit| visit.text.as_deref() == Some(NOT_ALLOWED) && (visit.start - start).abs() <= PENALTY_MAX;
    let first = case.own_visits().filter(is_refused).map(|visit| visit.start).fold(start, Timestamp::min);
    let last = case.own_visits().filter(is_refused).map(|visit| visit.start).fold(start, Timestamp::max);
    let between = |visit: &&Visit| visit.outcome == Outcome::Served && visit.start >= first && visit.start <= last;
    if case.own_visits().any(|visit| between(&visit)) {
        return None;
    }
    let before =
        |visit: &&Visit| visit.outcome == Outcome::Served && visit.login != Login::Granted && visit.end <= first && first - visit.end <= PENALTY_MAX;
    Some(History {
        refused: case.own_visits().filter(is_refused).count(),
        served_before: case.own_visits().filter(before).count(),
        others_served: case.others_visits().filter(between).count(),
    })
}

/// Whether the text means a penalty rather than MaxStartups: every try of this client is refused for a while, after connections of
/// its own that were served, or while others are served.
pub(super) fn fits_better(case: &Case<'_>) -> bool {
    if case.unauthenticated_at_start() >= MAXSTARTUPS_BEGIN {
        return false;
    }
    let Some(history) = history(case) else { return false };
    let repeated = history.refused >= 1 && (history.served_before >= 1 || history.others_served >= 1);
    let first_of_them = history.served_before >= TRIES_ALIKE;
    repeated || first_of_them
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let server = &case.record.ssh.server;
    let line = server.pre_identification.iter().find(|line| line.text == NOT_ALLOWED)?;
    if server.identification.is_some() || !fits_better(case) {
        return None;
    }
    let history = history(case)?;
    let mark = case.record.first_mark_behind(Side::Server, line.range.start)?;
    let seen = format!(
        "\"Not allowed at this time\", in {} connections of this client; {} of it were served before, {} of other clients meanwhile",
        history.refused + 1,
        history.served_before,
        history.others_served
    );
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            "sshd punishes this source address: after failed or unfinished logins it refuses every connection from it for some time, \
             from 15 seconds up to 10 minutes. Other clients are not concerned.",
        )
        .because(&mark, seen)
        .against("MaxStartups uses the same words; it hits all clients, by chance")
        .settle("server log: \"drop connection #… penalty: …\" (LogLevel VERBOSE), \"activating … penalty of … seconds\"")
        .advice(Place::Client, "wait, without further tries, for up to 10 minutes; then repair what made the logins fail")
        .remedy(Place::Server, "see which penalties are set", "sshd -T | grep -i persource")
        .advice(Place::Server, "exempt trusted networks and health checks in /etc/ssh/sshd_config: PerSourcePenaltyExemptList 192.0.2.0/24")
        .advice(Place::Server, "or weaken it: PerSourcePenalties authfail:1s"),
    )
}
