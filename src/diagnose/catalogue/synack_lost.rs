//! The server answers, its SYN+ACK does not reach the client (or the client's own filter drops it).

use super::build::Detected;
use crate::diagnose::case::Case;
use crate::diagnose::ending::Close;
use crate::diagnose::finding::{By, Confidence, How, Place, TapPosition};
use crate::tcp::Side;

const ID: &str = "synack-lost";

pub(super) fn detect(case: &Case<'_>) -> Option<Detected> {
    let syn_ack = case.record.tcp.server.syn.filter(|syn| syn.ack)?;
    let open = matches!(case.close, Close::Unanswered(_));
    if !open || case.marks.handshake.is_some() || case.record.tcp.client.resets > 0 {
        return None;
    }
    let mut again = case.record.sent_by(Side::Client).filter(|fact| fact.flags.syn() && fact.time > syn_ack.time);
    let repeated = again.next_back();
    if repeated.is_none() && syn_ack.count < 2 {
        return None;
    }
    let at_client = case.tap.position == TapPosition::Client;
    let at_server = case.tap.position == TapPosition::Server || case.tap_is_at_server();
    let confidence = match (repeated.is_some(), at_server) {
        (true, true) => Confidence::Certain,
        (true, false) => Confidence::Likely,
        (false, _) => Confidence::Possible,
    };
    let text = if at_client {
        "The server's SYN+ACK passes this tap beside the client, which goes on as if it had not come: the client's own filter drops it."
    } else {
        "The server answers the SYN, but the answer does not arrive: the way back is another one or is filtered."
    };
    let mark = crate::record::Mark { time: syn_ack.time, packet: syn_ack.packet };
    Some(
        Detected::new(ID, confidence, text)
            .because(&mark, format!("SYN+ACK, sent {} times, never acknowledged", syn_ack.count))
            .because_of(repeated, "the client repeats its SYN: it has not got the SYN+ACK")
            .ended_by(if at_client { By::Client } else { By::Middlebox })
            .ended_how(How::Timeout)
            .against_if(repeated.is_none(), "the client never repeats its SYN: a forged source address or a scanner would look the same")
            .settle("a capture at the client: does the SYN+ACK arrive?")
            .remedy(Place::Client, "look for a filter that drops answers, and for rp_filter", "nft list ruleset; sysctl net.ipv4.conf.all.rp_filter")
            .remedy(Place::Server, "see which way the answer takes", "ip route get CLIENT; ip rule")
            .advice(Place::Network, "asymmetric routing: let both directions pass the same stateful firewall; allow answers in network ACLs"),
    )
}
