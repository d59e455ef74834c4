//! The server's LoginGraceTime runs out: it closes while it waits for the client.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::policy::SERVER_TIMER_WAIT;
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "login-grace-timeout";

/// Defaults: OpenSSH 120 s (up to 4 s more since 9.9), dropbear 300 s.
const DEFAULTS: [(Span, Span); 2] =
    [(Span::from_millis(119_500), Span::from_millis(125_000)), (Span::from_millis(299_500), Span::from_millis(301_500))];

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let Close::Fin(index) = case.close else { return None };
    let close = case.record.segments.get(index).filter(|fact| fact.from == Side::Server)?;
    if !(Phase::Kexinit..=Phase::Authentication).contains(&case.ended.phase) {
        return None;
    }
    let before = |side: Side| case.record.sent_by(side).rfind(|fact| fact.len > 0 && fact.time < close.time);
    let (answer, asked) = (before(Side::Server)?, before(Side::Client));
    let waited = close.time - answer.time.max(asked.map_or(answer.time, |fact| fact.time));
    let owes = asked.is_some_and(|asked| asked.time > answer.time && case.ended.phase == Phase::Authentication);
    if waited < SERVER_TIMER_WAIT || owes {
        return None;
    }
    let lasted = case.lasted()?;
    let default = DEFAULTS.iter().any(|&(from, to)| (from..=to).contains(&lasted));
    Some(
        Detected::new(
            ID,
            if default { Confidence::Certain } else { Confidence::Likely },
            format!("The server had answered everything and waited for the client; it closed {} after the handshake by its own timer.", duration(lasted)),
        )
        .ended_by(By::ServerApp)
        .because(answer, "the server's last answer; it is the client's turn")
        .because(close, format!("the server's FIN, {} later", duration(waited)))
        .against_if(!default, format!("{} is no default (OpenSSH 120 s, dropbear 300 s): a configured LoginGraceTime, or another reason to close", duration(lasted)))
        .settle("server log: \"Timeout before authentication\"")
        .settle("sshd -T | grep -i logingracetime")
        .advice(Place::Client, "answer the prompt in time, or use keys; a script that waits here lacks a password or an agent")
        .remedy(Place::Server, "a longer LoginGraceTime in /etc/ssh/sshd_config (it holds MaxStartups slots for as long), then", "sshd -t && systemctl reload ssh"),
    )
}
