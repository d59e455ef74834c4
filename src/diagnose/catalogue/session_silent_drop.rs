//! A session falls silent: packets are repeated and never answered, as when a NAT or firewall entry expires.

use super::build::Detected;
use super::session_loss::unanswered;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, Place};
use crate::diagnose::policy::IDLE_TIMER_MIN;

const ID: &str = "session-silent-drop";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let stuck = unanswered(case)?;
    let first = stuck.first()?;
    let idle = case.record.segments.iter().rev().find(|fact| fact.time < first.time).map(|fact| first.time - fact.time)?;
    let after_idle = idle >= IDLE_TIMER_MIN;
    let mut detected = Detected::new(
        ID,
        if after_idle { Confidence::Likely } else { Confidence::Possible },
        format!("The session worked, then {} bytes of the {} were sent {} times and never answered.", stuck.len, stuck.from.name(), stuck.copies.len().max(1)),
    )
    .ended_by(By::Middlebox)
    .because(&first, format!("the first unanswered bytes, after {} of silence", duration(idle)));
    if let Some(last) = stuck.copies.last().filter(|_| stuck.copies.len() > 1) {
        detected = detected.because(last, format!("still repeated {} later", duration(last.time - first.time)));
    }
    Some(
        detected
            .against_if(!after_idle, "there was no long silence before it: an outage of the path or of the other host looks the same")
            .settle("a capture at the other end: do the repetitions arrive there?")
            .remedy(Place::Client, "keep the entry alive", "ssh -o ServerAliveInterval=60 -o ServerAliveCountMax=3 HOST")
            .remedy(Place::Server, "the same from the server: ClientAliveInterval 60 in /etc/ssh/sshd_config, then", "sshd -t && systemctl reload ssh")
            .advice(Place::Network, "raise the idle timer for established TCP on the firewall or NAT between"),
    )
}
