//! A client that was served, and from one moment on is not: its address was banned.

use super::build::Detected;
use super::fw_reject_icmp::{is_prohibition, sender};
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::policy::{BAN_FINDTIME, TRIES_ALIKE};
use crate::diagnose::reset::Maker;
use crate::record::{Login, Mark, Outcome, Visit};

const ID: &str = "banned-by-fail2ban";

/// How the attempt was turned away: by whom (if the packets say more than `ended`), where, in words; and whether something answered.
pub(super) fn turned_away(case: &Case<'_>) -> Option<(Option<By>, Mark, &'static str, bool)> {
    if let Close::Icmp(index) = case.close {
        let error = case.record.icmp.get(index).filter(|error| is_prohibition(error))?;
        let mark = Mark { time: error.time, packet: error.packet };
        return Some((
            Some(sender(case, error)),
            mark,
            "the SYN is rejected with an ICMP error, as fail2ban does by default",
            true,
        ));
    }
    if let Some(reset) = case.refusal() {
        let fact = case.record.segments.get(reset.index).filter(|_| reset.maker != Maker::ClosedPort)?;
        let mark = Mark { time: fact.time, packet: fact.packet };
        return Some((None, mark, "the SYN is rejected with a packet filter's reset", true));
    }
    let (first, ..) = super::syn_no_answer::unanswered(case)?;
    let mark = Mark { time: first.time, packet: first.packet };
    Some((Some(By::ServerKernel), mark, "the SYN is dropped", false))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let (by, mark, how, answered) = turned_away(case)?;
    let start = case.record.first.1;
    let tried = |visit: &&Visit| {
        let failed = visit.encrypted && visit.login != Login::Granted;
        visit.outcome == Outcome::Served && failed && visit.start < start && start - visit.end <= BAN_FINDTIME
    };
    let tries = case.own_visits().filter(tried).count();
    let last = case.own_visits().filter(tried).map(|visit| visit.end).max()?;
    let served_again = case.own_visits().any(|visit| visit.outcome == Outcome::Served && visit.start > last);
    let others = case.others_visits().any(|visit| visit.outcome == Outcome::Served && visit.start >= last);
    // Where nothing answers, the server must be known to be up.
    let up = answered || others || case.tap_is_at_server();
    if tries < TRIES_ALIKE || served_again {
        return None;
    }
    let detected = Detected::new(
        ID,
        if up { Confidence::Likely } else { Confidence::Possible },
        format!(
            "This client was served and reached authentication {tries} times; {} after the last of these nothing of it is let through \
             any more. That is what a ban after failed logins looks like (fail2ban, sshguard, CrowdSec).",
            duration(start - last)
        ),
    )
    .because(&mark, format!("{how}; {tries} earlier connections of this client were served until {} before", duration(mark.time - last)))
    .against_if(!up, "nothing answers, and nothing shows that the server is still up")
    .against_if(!others, "no other client was seen to be served meanwhile: the change may concern everybody")
    .against("a rate limit of the packet filter turns a client away in the same manner after several connections")
    .settle("server: journalctl -u fail2ban | grep \"Ban CLIENT\", or /var/log/fail2ban.log")
    .settle("server: nft list ruleset | grep CLIENT, cscli decisions list, sshguard's set in nft or ipset")
    .remedy(Place::Server, "see whether the address is banned", "fail2ban-client status sshd")
    .remedy(Place::Server, "lift the ban", "fail2ban-client set sshd unbanip CLIENT")
    .remedy(Place::Client, "find out why the logins failed before you try again", "ssh -v -o IdentitiesOnly=yes -i KEY SERVER")
    .advice(Place::Server, "put trusted networks into ignoreip of /etc/fail2ban/jail.local");
    if !up {
        return Some(detected.aside());
    }
    Some(match by {
        Some(by) => detected.ended_by(by),
        None => detected,
    })
}
