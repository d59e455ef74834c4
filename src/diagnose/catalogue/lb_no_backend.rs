//! A proxy or load balancer accepted the connection and found no server behind it.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{MULTIPLEXER_CLOSES, PROXY_RETRIES, PROXY_RETRIES_SLACK};
use crate::tcp::{SegmentFact, Side};
use crate::time::Span;

const ID: &str = "lb-no-backend";

/// How such a device behaves, where this one does.
fn manner(case: &Case<'_>, close: &SegmentFact) -> Option<String> {
    let took = case.server_took()?;
    let first = case.data_from(Side::Client).next()?;
    let way = case.halves.server.unwrap_or(Span::ZERO);
    let behind_bytes = Span((close.time - first.time).0.saturating_sub(way.0));
    if Span(took.0.saturating_sub(PROXY_RETRIES.0)).abs() <= PROXY_RETRIES_SLACK {
        Some(format!(
            "closes after {} without a byte of its own. A proxy that tries its backend again three times, a second apart, and finds none \
             does so",
            duration(took)
        ))
    } else if case.server_had_read() && behind_bytes <= MULTIPLEXER_CLOSES {
        Some(format!(
            "closes {} after them without a byte of its own. sshd speaks first; a multiplexer (sslh, haproxy) waits for the client's first \
             bytes, and closes at once where the server that they are meant for refuses",
            duration(behind_bytes)
        ))
    } else {
        None
    }
}

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close().filter(|_| case.server_is_mute())?;
    let manner = manner(case, close)?;
    let took = case.server_took()?;
    let heard = case.data_from(Side::Client).next().filter(|_| case.client_is_heard());
    Some(
        Detected::new(
            ID,
            Confidence::Possible,
            format!("Somebody accepts, takes the client's bytes and {manner}."),
        )
        .because_of(heard, "the client's bytes, acknowledged")
        .because(close, format!("closed {} after the handshake, nothing sent", duration(took)))
        .against("any program that closes in this way without a word would look the same")
        .settle("the proxy's log: haproxy writes \"SC\" in the termination state, \"no server is available\" when all checks fail")
        .remedy(Place::Server, "on the proxy: does it reach its backend?", "nc -vz -w 5 BACKEND 22; echo 'show servers state' | socat stdio /run/haproxy/admin.sock")
        .advice(Place::Network, "check the health checks, and whether the backend's firewall admits the proxy"),
    )
}
