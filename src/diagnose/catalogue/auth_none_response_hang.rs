//! The server takes an authentication request and does not answer it for long.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::{Close, duration};
use crate::diagnose::finding::{Confidence, Phase, Place};
use crate::diagnose::policy::AUTH_ANSWER_LATE;
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

const ID: &str = "auth-none-response-hang";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    unanswered(case).or_else(|| late(case))
}

/// The connection ends, or the capture, while the answer is owed.
fn unanswered(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::Authentication {
        return None;
    }
    let ended = matches!(case.close, Close::Fin(_) | Close::Reset(_) | Close::GaveUp { .. } | Close::Open);
    let forged = case.ending_reset().is_some_and(|reset| reset.forged);
    let request = case.data_from(Side::Client).next_back()?;
    let answer = case.data_from(Side::Server).next_back()?;
    let heard = case.acknowledged_by(Side::Server) >= request.end();
    if !ended || forged || answer.time > request.time || !heard || !case.authentication.last_from_client {
        return None;
    }
    let until = case.close.mark(case).map_or(case.record.observed_until, |mark| mark.time);
    let waited = until - request.time;
    if waited < AUTH_ANSWER_LATE {
        return None;
    }
    let detected = Detected::new(
        ID,
        if matches!(case.close, Close::Open) { Confidence::Possible } else { Confidence::Likely },
        format!(
            "The server takes an authentication request and does not answer it for {}: something it asks takes long.",
            duration(waited)
        ),
    )
    .because(request, "the client's request, acknowledged by the server's kernel")
    .because_of(case.closing_segment(), "the connection ends, no answer before it");
    Some(advice(detected))
}

/// The answer comes, after long.
fn late(case: &Case<'_>) -> Option<Detected> {
    let (request, answer) = slowest(case)?;
    let took = answer.time - request.time;
    let lost = Side::BOTH.into_iter().any(|side| case.record.tcp[side].retransmissions > 0);
    if took < AUTH_ANSWER_LATE || lost {
        return None;
    }
    let text = format!("The server took {} to answer an authentication request.", duration(took));
    let detected = Detected::new(ID, Confidence::Possible, text)
        .because(request, "the client's request")
        .because(answer, "the server's answer");
    Some(advice(detected).aside())
}

/// The encrypted request that waited longest for its answer, up to the success.
fn slowest<'a>(case: &Case<'a>) -> Option<(&'a SegmentFact, &'a SegmentFact)> {
    let end = case.authenticated_at()?;
    let facts: Vec<&SegmentFact> = (0..case.writes.len()).filter_map(|index| case.write(index)).collect();
    let pairs = facts.windows(2).filter_map(|pair| match *pair {
        [request, answer] if request.from == Side::Client && answer.from == Side::Server => Some((request, answer)),
        _ => None,
    });
    pairs
        .filter(|(_, answer)| answer.time <= end.time)
        .max_by_key(|(request, answer)| Span((answer.time - request.time).0))
}

fn advice(detected: Detected) -> Detected {
    detected
        .against("a second factor that a person confirms elsewhere (a push message) keeps the server waiting in the same way")
        .settle("server log with LogLevel DEBUG: the last line before the gap names the step (PAM, AuthorizedKeysCommand, GSSAPI, reverse DNS)")
        .remedy(Place::Server, "measure what sshd asks", "time getent passwd USER; time id USER; time getent hosts CLIENT; sshd -T | grep -i -E 'authorizedkeyscommand|gssapi|usedns|usepam'")
        .remedy(Place::Client, "leave out GSSAPI for a try", "ssh -o GSSAPIAuthentication=no SERVER")
        .advice(Place::Server, "repair the directory service (LDAP, SSSD, winbind) or its name server; restart the one that hangs")
}
