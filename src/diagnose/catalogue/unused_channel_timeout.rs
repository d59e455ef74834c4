//! The server closes a session that was idle for a round time: its own timer for idle connections.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::{IDLE_TIMER_LEAST, IDLE_TIMER_SLACK, IDLE_TIMER_STEP};
use crate::ssh::algorithms::OpenSshVersion;
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "unused-channel-timeout";
/// ChannelTimeout and UnusedConnectionTimeout came with OpenSSH 9.2.
const SINCE: OpenSshVersion = OpenSshVersion { major: 9, minor: 2 };

/// Whether a length of time is what somebody would set a timer to.
fn is_round(idle: Span) -> bool {
    let beyond = idle.0.rem_euclid(IDLE_TIMER_STEP.0);
    idle >= IDLE_TIMER_LEAST && (beyond <= IDLE_TIMER_SLACK.0 || IDLE_TIMER_STEP.0 - beyond <= Span::from_millis(100).0)
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase < Phase::Session || case.ended.by != By::ServerApp {
        return None;
    }
    let Close::Fin(index) = case.close else { return None };
    let fin = case.record.segments.get(index).filter(|fact| fact.from == Side::Server)?;
    let version = case.software.server.as_ref()?.openssh_version()?;
    // What the timer sends (a DISCONNECT, a close of the channel) leaves together with the FIN.
    let farewell = |time| fin.time - time <= Span::from_millis(100);
    let last =
        case.record.segments.iter().rev().find(|fact| fact.len > 0 && !fin.precedes(fact) && !farewell(fact.time))?;
    let idle = fin.time - last.time;
    if version < SINCE || !is_round(idle) {
        return None;
    }
    Some(
        Detected::new(
            ID,
            Confidence::Possible,
            format!("The session was idle for {}, a round time, when the server closed it: a timer of the server for idle connections.", duration(idle)),
        )
        .because(last, "the last bytes of the session")
        .because(fin, format!("the server closes, {} later", duration(idle)))
        .against("a session that somebody ended just then would look the same")
        .settle("sshd -T | grep -i -E 'timeout|clientalive'; server log: \"terminating inactive connection\"")
        .settle("does it happen after the same time again?")
        .remedy(Place::Server, "see the timers that apply", "sshd -T -C user=USER,addr=CLIENT | grep -i timeout; grep -r TMOUT /etc/profile /etc/profile.d /etc/bash.bashrc")
        .advice(Place::Server, "raise UnusedConnectionTimeout or ChannelTimeout in /etc/ssh/sshd_config if idle sessions are meant to live")
        .advice(Place::Client, "run long work in tmux or screen; a keepalive does not help against these timers"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_round() {
        for round in [30, 60, 90, 300, 600, 3_600] {
            assert!(is_round(Span::from_secs(round)), "{round} s");
            assert!(
                is_round(Span::from_millis(round * 1_000 + 800)),
                "{round} s and a bit: the timer is looked at once a second"
            );
        }
        for odd in [5, 17, 44, 100, 315] {
            assert!(!is_round(Span::from_secs(odd)), "{odd} s");
        }
    }
}
