//! A proxy or load balancer accepted the connection and found no server behind it.

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::diagnose::policy::{PROXY_RETRIES, PROXY_RETRIES_SLACK};
use crate::tcp::Side;
use crate::time::Span;

const ID: &str = "lb-no-backend";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close().filter(|_| case.server_is_mute())?;
    let took = case.server_took()?;
    let retried = Span(took.0.saturating_sub(PROXY_RETRIES.0)).abs() <= PROXY_RETRIES_SLACK;
    if !retried {
        return None;
    }
    let heard = case.data_from(Side::Client).next().filter(|_| case.client_is_heard());
    Some(
        Detected::new(
            ID,
            Confidence::Possible,
            format!(
                "Somebody accepts, takes the client's bytes and closes after {} without one of its own. A proxy that tries its backend \
                 again three times, a second apart, and finds none does so.",
                duration(took)
            ),
        )
        .because_of(heard, "the client's bytes, acknowledged")
        .because(close, format!("closed {} after the handshake, nothing sent", duration(took)))
        .against("any server that closes after three seconds without a word would look the same")
        .settle("the proxy's log: haproxy writes \"SC\" in the termination state, \"no server is available\" when all checks fail")
        .remedy(Place::Server, "on the proxy: does it reach its backend?", "nc -vz -w 5 BACKEND 22; echo 'show servers state' | socat stdio /run/haproxy/admin.sock")
        .advice(Place::Network, "check the health checks, and whether the backend's firewall admits the proxy"),
    )
}
