//! What the diagnoses of an established session that falls silent share.

use crate::diagnose::case::Case;
use crate::diagnose::finding::{How, Phase};
use crate::diagnose::loss::Stuck;
use crate::ssh::keepalive_sizes;
use crate::tcp::{SegmentFact, Side};

/// The unanswered bytes of a session that ended in silence.
pub(super) fn unanswered<'a>(case: &'a Case<'_>) -> Option<&'a Stuck> {
    if case.ended.phase < Phase::Session || case.ended.how != How::Timeout {
        return None;
    }
    Side::BOTH.into_iter().filter_map(|side| case.stuck[side].as_ref()).max_by_key(|stuck| stuck.copies.len())
}

/// Whether a segment has the size of its sender's keepalive request (OpenSSH: keepalive@openssh.com as a global request from the
/// client, as a channel request from the server).
pub(super) fn is_keepalive(case: &Case<'_>, from: Side, len: u32) -> bool {
    let Some(negotiation) = &case.negotiation else { return false };
    let cipher = if from == Side::Client { &negotiation.encryption.client_to_server } else { &negotiation.encryption.server_to_client };
    let mac = if from == Side::Client { &negotiation.mac.client_to_server } else { &negotiation.mac.server_to_client };
    let (Some(cipher), Some(mac)) = (cipher, mac) else { return false };
    keepalive_sizes(cipher, mac, from == Side::Client).contains(&len)
}

/// The last segments with payload of a side, newest first.
pub(super) fn last_data<'a>(case: &Case<'a>, from: Side) -> impl Iterator<Item = &'a SegmentFact> {
    case.record.sent_by(from).rev().filter(|fact| fact.len > 0)
}
