//! What the diagnoses of an established session that falls silent share.

use crate::diagnose::case::Case;
use crate::diagnose::finding::{How, Phase};
use crate::diagnose::loss::Stuck;
use crate::ssh::Suite;
use crate::tcp::{SegmentFact, Side};

/// The unanswered bytes of a session that ended in silence.
pub(super) fn unanswered<'a>(case: &'a Case<'_>) -> Option<&'a Stuck> {
    if case.ended.phase < Phase::Session || case.ended.how != How::Timeout {
        return None;
    }
    Side::BOTH.into_iter().filter_map(|side| case.stuck[side].as_ref()).max_by_key(|stuck| stuck.copies.len())
}

/// Payload of OpenSSH's keepalive from the client: a global request `keepalive@openssh.com` (clientloop.c).
const CLIENT_KEEPALIVE: u32 = 1 + 4 + 21 + 1;
/// Payload of OpenSSH's keepalive from the server: a channel request, or a global one where no channel is open (serverloop.c).
const SERVER_KEEPALIVE: [u32; 2] = [1 + 4 + 4 + 21 + 1, 1 + 4 + 21 + 1];

/// Whether a segment has the size of its sender's keepalive request.
pub(super) fn is_keepalive(case: &Case<'_>, from: Side, len: u32) -> bool {
    let Some(negotiation) = &case.negotiation else { return false };
    let (cipher, mac) = (&negotiation.encryption, &negotiation.mac);
    let (cipher, mac) = match from {
        Side::Client => (&cipher.client_to_server, &mac.client_to_server),
        Side::Server => (&cipher.server_to_client, &mac.server_to_client),
    };
    let suite = cipher.as_deref().and_then(|cipher| Suite::of(cipher, mac.as_deref().unwrap_or_default()));
    let payloads: &[u32] = if from == Side::Client { &[CLIENT_KEEPALIVE] } else { &SERVER_KEEPALIVE };
    suite.is_some_and(|suite| payloads.iter().any(|&payload| suite.packet(payload) == len))
}

/// The last segments with payload of a side, newest first.
pub(super) fn last_data<'a>(case: &Case<'a>, from: Side) -> impl Iterator<Item = &'a SegmentFact> {
    case.record.sent_by(from).rev().filter(|fact| fact.len > 0)
}
