//! Packets of OpenSSH that their size gives away: keepalive requests, so that a silence can be told from lost user data, and the
//! DISCONNECT of a logout.

use super::case::Case;
use crate::tcp::{SegmentFact, Side};

/// Payload of OpenSSH's keepalive from the client: a global request `keepalive@openssh.com` (clientloop.c).
const CLIENT_KEEPALIVE: u32 = 1 + 4 + 21 + 1;
/// Payload of OpenSSH's keepalive from the server: a channel request, or a global one where no channel is open (serverloop.c).
const SERVER_KEEPALIVE: [u32; 2] = [1 + 4 + 4 + 21 + 1, 1 + 4 + 21 + 1];

/// Payload of OpenSSH's DISCONNECT at a logout: code 11, "disconnected by user", no language (packet.c, RFC 4253 §11.1).
const LOGOUT: u32 = 1 + 4 + 4 + 20 + 4;

/// Whether a segment of the client has the size of the DISCONNECT that ends a logout.
pub fn is_logout(case: &Case<'_>, len: u32) -> bool {
    case.suite(Side::Client).is_some_and(|suite| suite.packet(LOGOUT) == len)
}

/// Payloads of what ends a channel on the server's side: the exit status, EOF and CLOSE (RFC 4254 §5.3, §6.10).
const EXIT_STATUS: u32 = 1 + 4 + 4 + 11 + 1 + 4;
const EOF_OR_CLOSE: u32 = 1 + 4;

/// Whether the last bytes of the server before a moment have the size of what ends a channel: the command is over.
pub fn ends_a_channel(case: &Case<'_>, segment: &SegmentFact) -> bool {
    let Some(suite) = case.suite(Side::Server) else { return false };
    let (status, end) = (suite.packet(EXIT_STATUS), suite.packet(EOF_OR_CLOSE));
    [end, 2 * end, status + end, status + 2 * end].contains(&segment.len)
}

/// Payload of the shortest authentication request: `none` for a user of one letter (RFC 4252 §5).
const SHORTEST_REQUEST: u32 = 1 + 4 + 1 + 4 + 14 + 4 + 4;

/// Whether a segment of the client is too short for any authentication request, or has the size of OpenSSH's DISCONNECT: before the
/// login that leaves a DISCONNECT.
pub fn is_parting(case: &Case<'_>, len: u32) -> bool {
    is_logout(case, len) || case.suite(Side::Client).is_some_and(|suite| len < suite.packet(SHORTEST_REQUEST))
}

/// Whether a segment has the size of its sender's keepalive request under the agreed cipher and MAC.
pub fn is_keepalive(case: &Case<'_>, from: Side, len: u32) -> bool {
    let payloads: &[u32] = if from == Side::Client { &[CLIENT_KEEPALIVE] } else { &SERVER_KEEPALIVE };
    case.suite(from).is_some_and(|suite| payloads.iter().any(|&payload| suite.packet(payload) == len))
}
