//! The size of a keepalive request, so that a silence can be told from lost user data.

use super::case::Case;
use crate::tcp::Side;

/// Payload of OpenSSH's keepalive from the client: a global request `keepalive@openssh.com` (clientloop.c).
const CLIENT_KEEPALIVE: u32 = 1 + 4 + 21 + 1;
/// Payload of OpenSSH's keepalive from the server: a channel request, or a global one where no channel is open (serverloop.c).
const SERVER_KEEPALIVE: [u32; 2] = [1 + 4 + 4 + 21 + 1, 1 + 4 + 21 + 1];

/// Whether a segment has the size of its sender's keepalive request under the agreed cipher and MAC.
pub fn is_keepalive(case: &Case<'_>, from: Side, len: u32) -> bool {
    let payloads: &[u32] = if from == Side::Client { &[CLIENT_KEEPALIVE] } else { &SERVER_KEEPALIVE };
    case.suite(from).is_some_and(|suite| payloads.iter().any(|&payload| suite.packet(payload) == len))
}
