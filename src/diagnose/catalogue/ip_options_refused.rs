//! sshd refuses connections whose packets bear IPv4 options (check_ip_options in sshd.c, sshd-session.c).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::duration;
use crate::diagnose::finding::{Confidence, Place};
use crate::tcp::Side;

const ID: &str = "ip-options-refused";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let close = case.server_close().filter(|_| case.server_is_mute())?;
    let took = case.server_took()?;
    let marked = case.record.sent_by(Side::Client).find(|fact| fact.ip_options())?;
    Some(
        Detected::new(
            ID,
            Confidence::Likely,
            "The client's packets bear IPv4 options. sshd refuses that before it sends a byte, as source routing among them could forge \
             the client's address.",
        )
        .because(marked, "a packet of the client with IPv4 options in its header")
        .because(close, format!("the server closes {} after the handshake, nothing sent", duration(took)))
        .against("a server that closes for another reason at this point would look the same")
        .settle("server log: \"Connection from CLIENT port … with IP opts: …\"")
        .remedy(Place::Network, "find who adds the options", "tcpdump -vni IF 'ip[0] & 0xf > 5 and tcp port 22'")
        .advice(Place::Client, "a security module (CIPSO, CALIPSO), a tracing tool or a VPN may add them: switch that off for this way"),
    )
}
