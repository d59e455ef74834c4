//! The login is refused and the client leaves. Keys, passwords, AllowUsers, locked accounts: all look alike by design.

use super::build::Detected;
use super::normal_close::answers_the_client;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{By, Confidence, Phase, Place};
use crate::diagnose::keepalive::is_parting;
use crate::ssh::AuthOutcome;
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

const ID: &str = "auth-denied";
/// A refusal is printed at once; a client that leaves later than this was waiting for a person.
const LEAVES_AT_ONCE: Span = Span::from_secs(2);

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    if case.ended.phase != Phase::Authentication || !matches!(case.authentication.outcome, AuthOutcome::Failed) {
        return None;
    }
    let close = case.closing_segment()?;
    let parting = parting(case, close);
    if parting.is_none() && (close.from != Side::Client || case.ended.by != By::Client) {
        return None;
    }
    let refused = case.data_from(Side::Server).next_back()?;
    let waited = close.time - refused.time;
    let attempts = case.authentication.attempts;
    let tries = if attempts == 1 { "1 request was".to_string() } else { format!("{attempts} requests were") };
    let user = "USER";
    let address = case.record.client.address;
    Some(
        Detected::new(ID, Confidence::Likely, format!("The transport is in order; {tries} answered with a failure and the client left."))
            .because(refused, "the server's last answer, of the size of a failure")
            .because_of(parting, "too short for another request: the client's DISCONNECT, which the server answers with its FIN")
            .because(close, if parting.is_some() { format!("the server's FIN {} after its answer", duration(waited)) } else { format!("the client leaves {} later", duration(waited)) })
            .ended_by(By::Client)
            .against_if(waited > LEAVES_AT_ONCE, "it waited before it left: a person may have given up at the password prompt")
            .settle("server log: Failed password, Invalid user, not allowed because, Authentication refused (journalctl -u ssh -u sshd; /var/log/auth.log, /var/log/secure)")
            .remedy(Place::Server, "what the server allows for this user from this address (AllowUsers, DenyUsers, AllowGroups, Match)", format!("sshd -T -C user={user},host={address},addr={address} | grep -i -E 'allow|deny|auth'"))
            .remedy(Place::Client, "which keys and methods the client tries", format!("ssh -v {}", case.destination())),
    )
}

/// The client's DISCONNECT, where the server closed on it before the client did itself.
pub(super) fn parting<'a>(case: &Case<'a>, close: &SegmentFact) -> Option<&'a SegmentFact> {
    if !matches!(case.authentication.outcome, AuthOutcome::Failed) {
        return None;
    }
    let last = case.data_from(Side::Client).next_back()?;
    let leaves = close.from == Side::Server && is_parting(case, last.len) && answers_the_client(case, close);
    leaves.then_some(last)
}
