//! sshd's child dies between fork and banner: broken binary, library, configuration or resources.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{CHILD_DIES_WITHIN, LISTENER_CLOSES_WITHIN, TRIES_ALIKE};
use crate::record::{Outcome, Visit};
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "child-dies-before-banner";

/// Whether what is known of the server is another program than sshd.
fn is_other_software(case: &Case<'_>) -> bool {
    case.neighbours().any(|visit: &Visit| visit.software.is_some_and(|software| !software.is_openssh()))
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close()?;
    let took = case.server_took()?;
    // The child dies before it reads; a FIN behind acknowledged bytes comes from a program that has read them.
    if !case.server_is_mute() || case.server_had_read() || took > CHILD_DIES_WITHIN || is_other_software(case) {
        return None;
    }
    if case.record.sent_by(Side::Client).any(|fact| fact.ip_options()) {
        return None;
    }
    let way = case.halves.server.unwrap_or(Span::ZERO);
    let quick = |visit: &&Visit| {
        let alike = visit.outcome == Outcome::ClosedBeforeIdentification && visit.text.is_none();
        alike && visit.closed_after.is_some_and(|after| after.0 <= CHILD_DIES_WITHIN.0.saturating_add(way.0))
    };
    let alike = case.neighbours().filter(quick).count();
    let other_clients = case.others_visits().filter(quick).count();
    let start = case.record.first.1;
    let first = case.neighbours().filter(quick).map(|visit| visit.start).fold(start, Ord::min);
    let last = case.neighbours().filter(quick).map(|visit| visit.start).fold(start, Ord::max);
    let always = !case.somebody_is_served(first, last);
    let shown_often = always && (other_clients >= 1 || alike + 1 >= TRIES_ALIKE);
    if !shown_often && took < LISTENER_CLOSES_WITHIN {
        return None;
    }
    let confidence = if shown_often { Confidence::Likely } else { Confidence::Possible };
    let heard = case.data_from(Side::Client).next().filter(|_| case.client_is_heard());
    let often = if alike > 0 {
        format!("; {alike} other connections ended alike, {other_clients} of them of other clients")
    } else {
        String::new()
    };
    Some(
        Detected::new(
            ID,
            confidence,
            "The server accepts and closes a moment later without a byte: long enough to start a process, too short for anything else. \
             sshd's child dies when its binary, a library, its configuration or a resource is not in order.",
        )
        .because_of(heard, "the client's identification, acknowledged and not read")
        .because(close, format!("the server closes {} after the handshake, nothing sent{often}", duration(took)))
        .against_if(!always, "other connections of that time were served")
        .against_if(!shown_often, "one connection alone: a listener that refuses this client, or a proxy without a backend, looks the same")
        .settle("server log at that second: \"OpenSSL version mismatch\", \"rexec version mismatch\", \"no hostkeys available\", \"Missing privilege separation directory\"")
        .remedy(Place::Server, "read what it says when it dies", "journalctl -u ssh -u sshd --since -1h; sshd -t; ausearch -m AVC -ts recent")
        .remedy(Place::Server, "after a package upgrade the old listener must be replaced; sessions are kept", "sshd -t && systemctl restart ssh")
        .remedy(Place::Server, "SELinux: restore labels", "restorecon -Rv /etc/ssh /usr/sbin/sshd /usr/libexec/openssh"),
    )
}
