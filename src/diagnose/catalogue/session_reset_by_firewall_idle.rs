//! A device between answers a packet of an established session with a reset: it has forgotten the connection.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::{IDLE_TIMER_MIN, SILENT_BEFORE_REJECTION};
use crate::diagnose::reset::shape;

const ID: &str = "session-reset-by-firewall-idle";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let reset = case.ending_reset().filter(|reset| reset.forged && case.ended.phase >= Phase::Session)?;
    let fact = case.record.segments.get(reset.index)?;
    let before = case.record.segments.get(..reset.index)?;
    let trigger = before.iter().rev().find(|f| f.from != fact.from)?;
    let answers = fact.raw_seq == trigger.raw_ack;
    let idle = before.iter().rev().find(|f| f.packet != trigger.packet).map(|f| trigger.time - f.time)?;
    if !answers || trigger.len == 0 || idle < SILENT_BEFORE_REJECTION || fact.flags.ack() && fact.window != 0 {
        return None;
    }
    let after_idle = idle >= IDLE_TIMER_MIN;
    Some(
        Detected::new(
            ID,
            if after_idle { Confidence::Likely } else { Confidence::Possible },
            format!("After {} of silence the next packet drew a reset from a device between: it no longer knows the connection.", duration(idle)),
        )
        .ended_by(By::Middlebox)
        .because(trigger, format!("the first packet after {} of silence", duration(idle)))
        .because(fact, reset.reasons.first().map_or_else(|| shape(fact), Clone::clone))
        .against_if(!after_idle, "the silence was short for an idle timer: a rule that changed, or a restarted firewall, fits as well")
        .settle("does it happen after the same silence each time? 240, 350, 600, 900 and 3,600 s are usual timers")
        .remedy(Place::Client, "keep the entry alive", "ssh -o ServerAliveInterval=60 -o ServerAliveCountMax=3 HOST")
        .remedy(Place::Server, "the same from the server: ClientAliveInterval 60 in /etc/ssh/sshd_config, then", "sshd -t && systemctl reload ssh")
        .advice(Place::Network, "raise the idle timer for established TCP on the firewall, NAT or load balancer between"),
    )
}
